package storetest

import (
	"crypto/ed25519"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/store"
)

// Run checks every promise of the suite; open gives a fresh house each time.
func Run(t *testing.T, open func(t *testing.T) *House) {
	for _, list := range [][]promise{commandPromises, dataPromises, wallPromises, fsckPromises, safetyPromises, intakePromises, actPromises, triedPromises, clockPromises, coursePromises, versionPromises} {
		for _, p := range list {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				p.keep(t, open(t))
			})
		}
	}
}

// promise is one thing that the store does, whatever the database.
type promise struct {
	name string
	keep func(t *testing.T, h *House)
}

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// want checks fault and code of an error; "" for any code.
func want(t testing.TB, err error, fault dsr.Fault, code string) {
	t.Helper()
	if dsr.FaultOf(err) != fault || code != "" && dsr.CodeOf(err) != code {
		t.Fatalf("got %v, want %s %s", err, fault, code)
	}
}

// equal compares two values.
func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// atOnce runs do n times side by side.
func atOnce(n int, do func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			errs[i] = do(i)
		})
	}
	done.Wait()
	return errs
}

// won counts the calls without an error.
func won(errs []error) (n int) {
	for _, err := range errs {
		if err == nil {
			n++
		}
	}
	return n
}

// Break makes every insert into a table fail until mend is called.
func (h *House) Break(t testing.TB, table string) (mend func()) {
	t.Helper()
	if h.postgres {
		h.Exec(t, "CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$ LANGUAGE plpgsql")
		h.Exec(t, "CREATE TRIGGER broken BEFORE INSERT ON "+table+" FOR EACH ROW EXECUTE FUNCTION broken()")
		return func() { h.Exec(t, "DROP FUNCTION broken() CASCADE") }
	}
	h.Exec(t, "CREATE TRIGGER broken BEFORE INSERT ON "+table+" BEGIN SELECT RAISE(ABORT, 'broken'); END")
	return func() { h.Exec(t, "DROP TRIGGER broken") }
}

// Unlock takes away what keeps records append-only on SQLite, so that a test
// can do what nobody may.
func (h *House) Unlock(t testing.TB) {
	t.Helper()
	if h.postgres {
		return // the superuser may
	}
	for _, name := range []string{"evidence_stays", "evidence_remains", "openings_stay", "openings_remain", "cases_remain", "submissions_remain",
		"consents_stay", "consents_remain", "amendments_stay", "amendments_remain"} {
		h.Exec(t, "DROP TRIGGER IF EXISTS "+name)
	}
}

// unchanged fails when do changes any row of the database.
func (h *House) unchanged(t testing.TB, what string, do func()) {
	t.Helper()
	tables := h.Tables(t)
	before := h.Digest(t, "", tables...)
	do()
	after := h.Digest(t, "", tables...)
	for _, table := range tables {
		if before[table] != after[table] {
			t.Errorf("%s changed %s: %s, then %s", what, table, before[table], after[table])
		}
	}
}

// sweep lets everything of a case fall due that did, and counts.
func (c *Case) sweep(t testing.TB) (n int) {
	t.Helper()
	due, err := c.o.DueMilestones(t.Context(), 100)
	must(t, err)
	for _, m := range due {
		if m.Case == c.ID {
			_, err := c.o.FallDue(t.Context(), m.Case, m.Milestone, "sweep")
			must(t, err)
			n++
		}
	}
	return n
}

// milestone is the ID of a milestone that has neither fired nor been
// cancelled; "" for none.
func (c *Case) milestone(t testing.TB, name string) string {
	t.Helper()
	return c.h.Text(t, `SELECT COALESCE((SELECT id FROM milestones WHERE case_id = ? AND name = ? AND fired_at = 0 AND cancelled_at = 0
		ORDER BY due_at LIMIT 1), '')`, c.ID, name)
}

// dueAt is when a milestone is due; the zero time for none.
func (c *Case) dueAt(t testing.TB, name string) time.Time {
	t.Helper()
	us := c.h.Int(t, `SELECT COALESCE((SELECT due_at FROM milestones WHERE case_id = ? AND name = ? AND fired_at = 0 AND cancelled_at = 0
		ORDER BY due_at LIMIT 1), 0)`, c.ID, name)
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// waitFor moves the clock to a milestone and lets it fall due.
func (c *Case) waitFor(t testing.TB, name string) {
	t.Helper()
	at := c.dueAt(t, name)
	if at.IsZero() {
		t.Fatalf("no milestone %s is armed", name)
	}
	c.h.Clock.Set(at)
	c.sweep(t)
}

// recorded counts the events of a kind in a case's record.
func (c *Case) recorded(t testing.TB, kind string) int64 {
	t.Helper()
	return c.h.Int(t, "SELECT COUNT(*) FROM evidence WHERE case_id = ? AND kind = ?", c.ID, kind)
}

// Fsck signs the record and checks every invariant.
func (h *House) Fsck(t testing.TB) store.FsckReport {
	t.Helper()
	must(t, h.Store.Checkpoint(t.Context(), h.Signer, 0))
	r, err := h.Store.Fsck(t.Context(), store.FsckOptions{Keys: []ed25519.PublicKey{h.Signer.Public()}})
	must(t, err)
	return r
}

// whole fails when fsck finds a problem.
func (h *House) whole(t testing.TB) {
	t.Helper()
	if r := h.Fsck(t); !r.OK() {
		t.Fatalf("fsck:\n%s", r)
	}
}

// stages are the stages that a case entered, in order.
func (c *Case) stages(t testing.TB) (out []dsr.Stage) {
	t.Helper()
	rows, err := c.h.DB.Query(c.h.bind("SELECT data FROM evidence WHERE case_id = ? AND kind = 'stage' ORDER BY seq"), c.ID)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var text string
		var d struct{ To dsr.Stage }
		must(t, rows.Scan(&text))
		must(t, json.Unmarshal([]byte(text), &d))
		out = append(out, d.To)
	}
	return out
}
