package faults

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"madoguchi/internal/temporalproc"
)

// seed makes the same moments in every run; the machine's own timing differs
// all the same.
const seed = 20

// ahead is how many forms may be under way beyond the next kill, so that every
// kill strikes while requests come in.
const ahead = 8

// victim is a part that can be killed: kill returns when it is gone, and what
// starts it again must be called unless it starts by itself.
type victim struct {
	name  string
	ready func() bool
	kill  func()
	again func() error // nil: it is started by its own keeper
}

// storm files forms, four at a time, while the victims are killed one by one.
// It returns the client's references when every form has one.
func storm(t testing.TB, base string, forms int, victims []victim) (references []string, sent int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, uint64(forms)))
	r.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
	moments := make([]int, len(victims))
	for i := range moments {
		moments[i] = r.IntN(forms - ahead - 1)
	}
	slices.Sort(moments)
	type pause struct{ before, down time.Duration }
	pauses := make([]pause, len(victims))
	for i := range pauses {
		pauses[i] = pause{time.Duration(r.IntN(60)) * time.Millisecond, time.Duration(r.IntN(700)) * time.Millisecond}
	}

	walked := walk(t, base)
	references = make([]string, forms)
	var accepted, killed, sendings atomic.Int64
	failed := make(chan error, forms)
	var filing, killing sync.WaitGroup
	next := make(chan int)
	for range 4 {
		filing.Go(func() {
			for i := range next {
				ref, n, err := walked.fill(i).persist(base, 3*time.Minute)
				if sendings.Add(int64(n)); err != nil {
					failed <- err
				}
				references[i] = ref
				accepted.Add(1)
			}
		})
	}
	stop := make(chan struct{})
	killing.Go(func() {
		for k, v := range victims {
			for accepted.Load() < int64(moments[k]) || !v.ready() {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
			time.Sleep(pauses[k].before)
			v.kill()
			killed.Add(1)
			if v.again == nil {
				continue
			}
			killing.Go(func() {
				time.Sleep(pauses[k].down)
				if err := v.again(); err != nil {
					failed <- err
				}
			})
		}
	})
	limit := time.Now().Add(5 * time.Minute)
	for i := range forms {
		for k, m := range moments {
			for m <= i-ahead && killed.Load() <= int64(k) && time.Now().Before(limit) {
				time.Sleep(20 * time.Millisecond)
			}
		}
		next <- i
	}
	close(next)
	filing.Wait()
	close(stop)
	killing.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	if n := killed.Load(); n != int64(len(victims)) {
		t.Fatalf("%d of %d kills came about", n, len(victims))
	}
	return references, int(sendings.Load())
}

// process is a part as a victim.
func (p *part) victim() victim { return victim{p.name, p.ready, p.kill, p.start} }

func TestRequestsSurviveKillsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	const forms, kills = 200, 20
	began := time.Now()
	r := onPostgres(t, "development").start()
	temporal := victim{"Temporal", func() bool { return r.temporal.PID() != 0 && ready(t, r.temporal) },
		func() { _ = r.temporal.Kill() }, nil} // it may be gone already
	var victims []victim
	for i := range kills {
		victims = append(victims, []victim{temporal, r.worker.victim(), r.server.victim()}[i%3])
	}
	references, sent := storm(t, r.base, forms, victims)
	stormed := time.Since(began)
	until(t, 2*time.Minute, "server and worker are ready", func() bool { return r.server.ready() && r.worker.ready() })
	r.settled()

	var s seen
	var wrong []string
	// Temporal's list follows its histories within moments.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
		s = r.look(references, runs(t, r.temporal.Address()))
		if wrong = s.wrong("identity"); len(wrong) == 0 || time.Now().After(deadline) {
			break
		}
	}
	report(t, wrong)
	r.whole()
	planted(t, s)
	t.Logf("counts: PostgreSQL, seed %d: %d requests, %d sendings, %d kills (Temporal 7, worker 7, server 6), %d cases, %d workflows, %d at identity, %.0f s storm, %.0f s in all",
		seed, len(references), sent, kills, len(s.rows), len(s.runs), len(s.rows)-len(wrong), stormed.Seconds(), time.Since(began).Seconds())
}

func TestRequestsSurviveKillsOnSQLite(t *testing.T) {
	t.Parallel()
	const forms, kills = 200, 20
	began := time.Now()
	r := onSQLite(t)
	temporal := victim{"Temporal", func() bool { return len(children(t, r.up.pid())) > 0 && r.allReady() },
		func() {
			for _, pid := range children(t, r.up.pid()) {
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone already
			}
		}, nil}
	var victims []victim
	for i := range kills {
		victims = append(victims, []victim{temporal, r.up.victim()}[i%2])
	}
	references, sent := storm(t, r.base, forms, victims)
	stormed := time.Since(began)
	until(t, 2*time.Minute, "everything is ready", r.allReady)
	r.settled()
	r.up.kill()

	// The same file under a server whose address we know.
	var s seen
	var server *temporalproc.Server
	until(t, 30*time.Second, "Temporal's file is free", func() (ok bool) {
		var err error
		server, err = temporalproc.Start(t.Context(), temporalproc.Options{DataDir: filepath.Join(r.dir, "data", "temporal")})
		return err == nil
	})
	defer server.Stop()
	var wrong []string
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
		s = r.look(references, runs(t, server.Address()))
		if wrong = s.wrong("identity"); len(wrong) == 0 || time.Now().After(deadline) {
			break
		}
	}
	report(t, wrong)
	r.whole()
	planted(t, s)
	t.Logf("counts: SQLite, seed %d: %d requests, %d sendings, %d kills (up 10, its Temporal 10), %d cases, %d workflows, %.0f s storm, %.0f s in all",
		seed, len(references), sent, kills, len(s.rows), len(s.runs), stormed.Seconds(), time.Since(began).Seconds())
}

// report fails with the first differences.
func report(t testing.TB, wrong []string) {
	t.Helper()
	for i, w := range wrong {
		if t.Error(w); i > 20 {
			t.Fatalf("and %d more", len(wrong)-i)
		}
	}
}

// planted spoils what was seen on the real run, and the comparison must say so.
func planted(t testing.TB, s seen) {
	t.Helper()
	less, more := s, s
	less.references = s.references[1:]
	more.rows = append(slices.Clone(s.rows), s.rows[0])
	if len(less.wrong("identity")) == 0 || len(more.wrong("identity")) == 0 {
		t.Error("the comparison does not see a reference taken away or a case added")
	}
}

// ready reports whether Temporal answers now.
func ready(t testing.TB, s *temporalproc.Server) bool {
	return connectOnce(t, s.Address()).Ready(t.Context()) == nil
}
