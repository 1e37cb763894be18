package faults

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"madoguchi/dsr"
)

// asked are the connected system's own two counts: every call that reached it,
// and each effect key that it carried out. Nobody else writes them.
type asked struct{ calls, changes map[string]int }

func (r *rig) asked() asked {
	r.Helper()
	return r.askedAt(r.system())
}

// shut holds the connected system shut, so that whoever asks it waits, until
// open is called.
func (r *rig) shut() (open func()) { return r.shutAt(r.system()) }

func (r *rig) shutAt(path string) (open func()) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(15000)")
	if err != nil {
		r.Error(err)
		return func() {}
	}
	conn, err := db.Conn(r.Context())
	if err == nil {
		_, err = conn.ExecContext(r.Context(), "BEGIN EXCLUSIVE")
	}
	if err != nil {
		r.Error(err)
		db.Close()
		return func() {}
	}
	return func() {
		if _, err := conn.ExecContext(r.Context(), "ROLLBACK"); err != nil {
			r.Error(err)
		}
		conn.Close()
		db.Close()
	}
}

// wrong compares the system's counts with the plan in the ledger: each verified
// effect carried out once and called at least once, and nothing else.
func (a asked) wrong(plan []string) (out []string) {
	planned := map[string]bool{}
	for _, key := range plan {
		planned[key] = true
		if a.changes[key] != 1 {
			out = append(out, fmt.Sprintf("effect %s was carried out %d times", key, a.changes[key]))
		}
		if a.calls[key] < a.changes[key] {
			out = append(out, fmt.Sprintf("effect %s was called %d times", key, a.calls[key]))
		}
	}
	for key := range a.changes {
		if !planned[key] {
			out = append(out, "the system did "+key+", which nobody planned")
		}
	}
	for key := range a.calls {
		if !planned[key] {
			out = append(out, "the system was called for "+key+", which nobody planned")
		}
	}
	if len(plan) == 0 {
		out = append(out, "nothing was planned")
	}
	return out
}

func TestTheSystemsCountsAreComparedWithThePlan(t *testing.T) {
	healthy := func() asked {
		return asked{map[string]int{"a": 1, "b": 3}, map[string]int{"a": 1, "b": 1}}
	}
	plan := []string{"a", "b"}
	if w := healthy().wrong(plan); len(w) > 0 {
		t.Fatal(w)
	}
	for what, plant := range map[string]func(a asked){
		"carried out twice": func(a asked) { a.changes["a"] = 2; a.calls["a"] = 2 },
		"not carried out":   func(a asked) { delete(a.changes, "b") },
		"not planned":       func(a asked) { a.changes["c"] = 1; a.calls["c"] = 1 },
		"called unplanned":  func(a asked) { a.calls["c"] = 1 },
		"never called":      func(a asked) { delete(a.calls, "a") },
	} {
		a := healthy()
		if plant(a); len(a.wrong(plan)) == 0 {
			t.Errorf("%s is not found", what)
		}
	}
	if len(healthy().wrong(nil)) == 0 {
		t.Error("no plan is not found")
	}
}

// Ten cases go through lookup, preservation and collecting while the worker is killed again
// and again: each effect is carried out once, and the record says so once.
func TestEffectsHappenOnceWhileTheWorkerIsKilled(t *testing.T) {
	t.Parallel()
	const cases, kills = 10, 6
	began := time.Now()
	r := onPostgres(t, "development")
	r.makeSystem()
	c := r.start().desk()
	rnd := rand.New(rand.NewPCG(seed, cases))
	stop := make(chan struct{})
	killed := 0
	var killing sync.WaitGroup
	killing.Go(func() {
		for {
			select {
			case <-stop:
				if killed >= kills {
					return
				}
			case <-time.After(time.Duration(500+rnd.IntN(1500)) * time.Millisecond):
			}
			if killed < kills && r.worker.ready() {
				r.worker.kill()
				killed++
				time.Sleep(time.Duration(rnd.IntN(400)) * time.Millisecond)
				if err := r.worker.start(); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	all := make([]filed, cases)
	for i := range all {
		all[i] = c.file(i)
	}
	for _, f := range all {
		c.stage(f, dsr.StageIdentity)
		c.prove(f)
	}
	last := all[cases-1]
	for _, f := range all[:cases-1] {
		c.verify(f)
	}
	close(stop)
	killing.Wait()
	until(t, time.Minute, "the worker is ready", r.worker.ready)
	// The last kill strikes inside an effect: the system is held shut until then.
	var open func()
	c.before = func() { open = r.shut() }
	c.verify(last)
	const attempting = "SELECT COUNT(*) FROM effects WHERE case_id = ? AND action = 'preserve' AND state = 'attempting'"
	for limit := time.Now().Add(time.Minute); r.number(attempting, last.id()) == 0 && time.Now().Before(limit); {
		time.Sleep(5 * time.Millisecond)
	}
	r.worker.kill()
	killed++
	open()
	r.launch(r.worker)
	for _, f := range all {
		c.stage(f, dsr.StageReview)
	}
	r.settled()

	plan := r.texts("SELECT id FROM effects WHERE state = 'verified'")
	if n := r.number("SELECT COUNT(*) FROM effects WHERE state <> 'verified'"); n != 0 || len(plan) != 3*cases {
		t.Errorf("%d effects verified, %d not, of %d", len(plan), n, 3*cases)
	}
	if n := r.number("SELECT COUNT(*) FROM evidence WHERE kind = 'effect-verified'"); n != len(plan) {
		t.Errorf("%d effects and %d entries in the record that say so", len(plan), n)
	}
	a := r.asked()
	report(t, a.wrong(plan))
	delete(a.changes, plan[0])
	if len(a.wrong(plan)) == 0 {
		t.Error("a change taken away is not seen")
	}
	calls := 0
	for _, n := range a.calls {
		calls += n
	}
	r.whole()
	tries := r.number("SELECT SUM(tries) FROM effects")
	if tries <= len(plan) {
		t.Errorf("%d tries of %d effects: nothing was interrupted", tries, len(plan))
	}
	t.Logf("counts: %d cases, %d worker kills, the last inside an effect, %d effects planned, %d tries, %d calls, %d changes, %d items, %.0f s", cases, killed, len(plan), tries, calls,
		len(a.changes)+1, r.number("SELECT COUNT(*) FROM items"), time.Since(began).Seconds())
}
