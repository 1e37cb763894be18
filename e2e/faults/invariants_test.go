package faults

import (
	"database/sql"
	"maps"
	"slices"
	"syscall"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/engine"
	"madoguchi/internal/sample"
	"madoguchi/worker"
)

// filingTables are what a filing writes.
var filingTables = []string{"submissions", "cases", "keys", "commands", "evidence", "clock_events", "milestones", "notices"}

func (r *rig) counts() map[string]int {
	r.Helper()
	n := map[string]int{}
	for _, table := range filingTables {
		n[table] = r.number("SELECT COUNT(*) FROM " + table)
	}
	return n
}

// I1: a receipt is given only after the commit of everything that belongs to it.
func TestAReceiptIsGivenOnlyAfterTheCommit(t *testing.T) {
	t.Parallel()
	r := onPostgres(t, "development")
	r.env["TEMPORAL_ADDRESS"] = freeAddress(t) // nobody there: a filing needs the database only
	r.launch(r.server)
	walked := walk(t, r.base)
	const kills = 5
	for i := range kills {
		ref, _, err := walked.fill(i).once(r.base)
		r.server.kill() // at once
		must(t, err)
		if ref == "" {
			t.Fatal("no receipt from a healthy server")
		}
		if n := r.number(`SELECT COUNT(*) FROM submissions s JOIN cases c ON c.organisation = s.organisation AND c.submission = s.id
			JOIN commands m ON m.organisation = c.organisation AND m.case_id = c.id AND m.number = 1
			JOIN evidence e ON e.organisation = c.organisation AND e.case_id = c.id AND e.seq = 1
			WHERE s.reference = ? AND c.target_at > 0`, ref); n != 1 {
			t.Errorf("%s was given out and is there %d times", ref, n)
		}
		r.launch(r.server)
	}

	// The record cannot be written: no receipt, and nothing half-written.
	_, err := r.db.Exec(`CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$ LANGUAGE plpgsql;
		CREATE TRIGGER broken BEFORE INSERT ON evidence FOR EACH ROW EXECUTE FUNCTION broken()`)
	must(t, err)
	before := r.counts()
	f := walked.fill(100)
	ref, status, err := f.once(r.base)
	if ref != "" || err != nil || status < 500 {
		t.Errorf("without a record: reference %q, status %d, %v", ref, status, err)
	}
	if after := r.counts(); !maps.Equal(before, after) {
		t.Errorf("a refused filing left something: %v, then %v", before, after)
	}
	_, err = r.db.Exec("DROP FUNCTION broken() CASCADE")
	must(t, err)
	ref, _, err = f.once(r.base)
	must(t, err)
	after := r.counts()
	if ref == "" || after["submissions"] != before["submissions"]+1 {
		t.Errorf("the same form is not accepted when the record is back: %q", ref)
	}
	for _, table := range filingTables {
		if after[table] == before[table] {
			t.Errorf("a filing wrote nothing into %s: the comparison above looked at nothing", table)
		}
	}
	t.Logf("counts: %d receipts with a kill right after, 1 refused filing over %d tables, 1 accepted after it", kills, len(filingTables))
}

// I3: each open case has one workflow of its epoch, after Temporal was down and
// after a rebuild; a run of the old epoch ends as superseded.
func TestEachOpenCaseHasOneWorkflow(t *testing.T) {
	t.Parallel()
	r := onPostgres(t, "development").start()
	walked := walk(t, r.base)
	var references []string
	file := func(n int) {
		ref, _, err := walked.fill(n).once(r.base)
		must(t, err)
		references = append(references, ref)
	}
	all := func() seen {
		r.settled()
		var s seen
		until(t, 2*time.Minute, "each case is at identity with one run", func() bool {
			s = r.look(references, runs(t, r.temporal.Address()))
			maps.DeleteFunc(s.runs, func(_ string, states []string) bool { return slices.Equal(states, []string{"Completed"}) })
			return len(s.wrong("identity")) == 0
		})
		return s
	}
	for n := range 3 {
		file(n)
	}
	all()
	must(t, r.temporal.Down(t.Context()))
	for n := range 3 {
		file(10 + n)
	}
	must(t, r.temporal.Up(t.Context()))
	s := all()

	out, err := r.run("rebuild")
	must(t, err)
	t.Log(out)
	e := connect(t, r.temporal.Address())
	until(t, 2*time.Minute, "each case answers in epoch 2", func() bool {
		return r.number("SELECT COUNT(*) FROM cases WHERE epoch = 2 AND acked_epoch = 2 AND applied_command = last_command") == len(references)
	})
	for _, c := range s.rows {
		// A relay that slept through the rebuild hands a command to the old run.
		err := e.Deliver(t.Context(), worker.Delivery{Organisation: r.organ, Case: c.id, Kind: dsr.KindDisclosure, Command: "late", Number: 2,
			What: dsr.CommandContactConfirmed, Epoch: 1, Acked: 1})
		if err != nil && dsr.CodeOf(err) != engine.CodeRefused {
			t.Errorf("a command for the old epoch: %v", err)
		}
		var result struct{ Superseded bool }
		must(t, e.Client().GetWorkflow(t.Context(), "dsr/"+c.id+"/1", "").Get(t.Context(), &result))
		if !result.Superseded {
			t.Errorf("the old run of case %s did not end as superseded", c.id)
		}
	}
	after := all()
	if len(after.runs) != len(references) {
		t.Errorf("%d open runs for %d cases", len(after.runs), len(references))
	}
	if n := r.number("SELECT COUNT(*) FROM notices WHERE code = 'N-02'"); n != len(references) {
		t.Errorf("after a rebuild %d requests for proof went out to %d people", n, len(references))
	}
	if n := r.number("SELECT COUNT(*) FROM commands WHERE applied_epoch <> number"); n != 0 {
		t.Errorf("%d commands were not applied once, by the run of their epoch", n)
	}
	r.whole()
	t.Logf("counts: %d cases, 3 of them filed while Temporal was down, all rebuilt: %d old runs superseded, %d open", len(references), len(s.rows), len(after.runs))
}

// I7: a withdrawal between plan and permission stops the effect; the worker's
// memory is never the permission.
func TestAWithdrawalBetweenPlanAndPermissionStopsTheEffect(t *testing.T) {
	t.Parallel()
	r := onPostgres(t, "development")
	r.makeSystem()
	c := r.start().desk()
	f := c.file(0)
	c.stage(f, dsr.StageIdentity)
	c.prove(f)
	c.before = r.worker.kill // the lookup is done; nobody carries out what comes now
	c.verify(f)
	effects, err := c.o.PlanEffects(t.Context(), f.id(), 1, dsr.ActionCollect)
	must(t, err)
	if len(effects) != 1 || effects[0].State != dsr.EffectPlanned {
		t.Fatalf("planned: %v", effects)
	}
	collect := effects[0].ID
	must(t, c.o.Withdraw(t.Context(), f.Submission, f.id()))
	if _, err := c.o.Permit(t.Context(), collect, 1); dsr.FaultOf(err) != dsr.Forbidden || dsr.CodeOf(err) != "error.withdrawn" {
		t.Errorf("permission after the withdrawal: %v", err)
	}
	r.launch(r.worker)
	r.settled()
	if n := r.asked().calls[collect]; n != 0 {
		t.Errorf("the system was called %d times for a withdrawn request", n)
	}
	if n := r.number("SELECT COUNT(*) FROM effects WHERE id = ? AND state = 'planned' AND fence = 0", collect); n != 1 {
		t.Error("the effect is not as planned any more")
	}
	// Taken back, the same effect goes through: what was looked for above can be seen.
	must(t, c.o.TakeBackWithdrawal(t.Context(), f.Submission, f.id()))
	c.stage(f, dsr.StageReview)
	if n := r.asked().calls[collect]; n != 1 {
		t.Errorf("the system was called %d times after the withdrawal was taken back", n)
	}
	r.settled()
	r.whole()
	t.Log("counts: 1 effect planned, 1 permission refused, 0 calls; 1 call after the withdrawal was taken back")
}

// I8: a worker that froze in the middle of an effect and wakes up after its
// time records nothing.
func TestAWorkerThatWakesUpTooLateRecordsNothing(t *testing.T) {
	t.Parallel()
	r := onPostgres(t, "development")
	r.makeSystem()
	// The worker that will freeze asks a copy of the system, which the test can hold shut.
	copied := r.system() + ".frozen"
	must(t, sample.Create(t.Context(), sample.Setting, copied))
	mine := maps.Clone(r.env)
	r.startTemporal()
	mine["TEMPORAL_ADDRESS"], mine["CENTRE_RECORDS"] = r.env["TEMPORAL_ADDRESS"], copied
	r.launch(r.server)
	frozen := r.worker
	frozen.env = mine
	r.launch(frozen)
	c := r.desk()
	f := c.file(0)
	c.stage(f, dsr.StageIdentity)
	c.prove(f)
	db, err := sql.Open("sqlite", "file:"+copied+"?_pragma=busy_timeout(15000)")
	must(t, err)
	defer db.Close()
	shut, err := db.Conn(t.Context())
	must(t, err)
	defer shut.Close()
	c.before = func() {
		_, err := shut.ExecContext(t.Context(), "BEGIN EXCLUSIVE")
		must(t, err)
	}
	c.verify(f)
	const attempting = "SELECT COUNT(*) FROM effects WHERE action = 'preserve' AND state = 'attempting' AND fence = 1"
	for deadline := time.Now().Add(time.Minute); r.number(attempting) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the worker does not begin to act")
		}
	}
	must(t, syscall.Kill(frozen.pid(), syscall.SIGSTOP))
	_, err = shut.ExecContext(t.Context(), "ROLLBACK")
	must(t, err)
	froze := time.Now()

	other := r.part("worker", nil)
	other.log += "-2"
	other.ready = func() bool { return r.beating(other) }
	r.launch(other)
	until(t, 5*time.Minute, "another worker has acted", func() bool {
		return r.number("SELECT COUNT(*) FROM effects WHERE action = 'preserve' AND state = 'verified'") == 1
	})
	took := time.Since(froze)
	c.stage(f, dsr.StageReview)
	effect := r.texts("SELECT id FROM effects WHERE action = 'preserve'")[0]
	items := r.number("SELECT COUNT(*) FROM items")
	if n := r.asked().calls[effect]; n != 1 || items == 0 {
		t.Errorf("the second worker called %d times and brought %d items", n, items)
	}

	must(t, syscall.Kill(frozen.pid(), syscall.SIGCONT))
	until(t, time.Minute, "the first worker lives again", func() bool { return r.beating(frozen) })
	late := func() int {
		var n int
		must(t, db.QueryRow("SELECT COUNT(*) FROM calls WHERE key = ?", effect).Scan(&n))
		return n
	}
	// It goes on where it froze. Whether it still asks depends on which of its
	// own limits it notices first; what it brings is not taken either way.
	for deadline := time.Now().Add(5 * time.Second); late() == 0 && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	must(t, c.o.SaveActed(t.Context(), effect, 1, dsr.Acted{Rows: 1})) // what its last step would do
	collect := r.texts("SELECT id FROM effects WHERE action = 'collect'")[0]
	must(t, c.o.SaveRecords(t.Context(), collect, 0, []dsr.Record{{Category: "person", Matched: "number"}}))
	if n := r.number("SELECT COUNT(*) FROM items"); n != items {
		t.Errorf("%d items, then %d", items, n)
	}
	if n := r.number("SELECT COUNT(*) FROM evidence WHERE kind = 'effect-verified' AND data LIKE ?", "%"+effect+"%"); n != 1 {
		t.Errorf("the record says %d times that the effect was verified", n)
	}
	if fence := r.number("SELECT fence FROM effects WHERE id = ?", effect); fence != 2 {
		t.Errorf("the fence is %d", fence)
	}
	r.settled()
	r.whole()
	t.Logf("counts: 1 worker frozen %.0f s, %d late calls of it, 2 tries, %d items, 1 entry in the record", took.Seconds(), late(), items)
}
