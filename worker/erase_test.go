package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"madoguchi/activities"
	"madoguchi/dsr"
	"madoguchi/worker"
	"madoguchi/workflows"
)

// scheduled is one erasure that fell due, as the database keeps it.
type scheduled struct {
	fence   int
	claimed bool
	done    bool
	rows    int
	codes   []string // of the failures, in order
}

func (b *backlog) ClaimErasures(_ context.Context, organisation string, limit int) ([]worker.Erasure, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []worker.Erasure
	for id, e := range b.scheduled {
		if organisation != "org-1" || e.claimed || e.done || len(out) == limit {
			continue
		}
		e.claimed = true
		e.fence++
		out = append(out, worker.Erasure{ID: id, Connector: "ledger", Fence: e.fence,
			Instruction: dsr.Instruction{Action: dsr.ActionErase, Token: "case-0", Record: "record of " + secret}})
	}
	return out, nil
}

func (b *backlog) ErasureDone(_ context.Context, _, id string, fence, rows int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.scheduled[id]; e.fence == fence {
		e.done, e.rows = true, e.rows+rows
	}
	return nil
}

func (b *backlog) ErasureFailed(_ context.Context, _, id string, fence int, code string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.scheduled[id]; e.fence == fence {
		e.claimed, e.codes = false, append(e.codes, code)
	}
	return nil
}

const secret = "Nguyễn Thị Bí Mật"

// ledger is a connected system that carries a key out once.
type ledger struct {
	activities.Connector

	mu    sync.Mutex
	calls int
	keys  map[string]int // rows erased, by key
	fail  func(call int) error
	hang  chan struct{} // calls wait for their context's end, and then have been carried out all the same
}

func (l *ledger) Act(ctx context.Context, key string, in dsr.Instruction) (dsr.Acted, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if l.fail != nil {
		if err := l.fail(l.calls); err != nil {
			return dsr.Acted{}, err
		}
	}
	if in.Action != dsr.ActionErase {
		return dsr.Acted{}, dsr.Fail(dsr.Invalid, "connector.unsupported")
	}
	_, again := l.keys[key]
	if !again {
		l.keys[key] = 3
	}
	if l.hang != nil {
		close(l.hang)
		<-ctx.Done()
		l.hang = nil
		return dsr.Acted{}, ctx.Err()
	}
	return dsr.Acted{Rows: l.keys[key], Again: again}, nil
}

type ledgers struct{ *ledger }

func (l ledgers) Connector(_, id string) (activities.Connector, error) {
	if id != "ledger" {
		return nil, dsr.Fail(dsr.Invalid, "error.no-connector")
	}
	return l.ledger, nil
}

// eraser runs a worker with one connected system until the test is over.
func eraser(t *testing.T, b *backlog, l *ledger, said *bytes.Buffer) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	w := worker.New(worker.Options{Engine: &runs{b: b, dead: true}, Activities: &activities.Activities{Connectors: ledgers{l}},
		Backlog: b, Post: &postbox{}, Log: zerolog.New(zerolog.SyncWriter(said)),
		Pace: worker.Pace{Sweep: 2 * time.Millisecond, Beat: time.Millisecond}})
	go func() { defer close(done); w.Run(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func TestAScheduledErasureIsDoneOnceAndOneThatFailsIsGivenBack(t *testing.T) {
	b := newBacklog(0, 0)
	b.scheduled = map[string]*scheduled{}
	for n := range 20 {
		b.scheduled[fmt.Sprintf("erasure-%d", n)] = &scheduled{}
	}
	l := &ledger{keys: map[string]int{}}
	l.fail = func(call int) error {
		switch call {
		case 1:
			return errors.New("no connection while erasing " + secret)
		case 2:
			return dsr.Fail(dsr.Conflict, "connector.held")
		}
		return nil
	}
	var said bytes.Buffer
	stop := eraser(t, b, l, &said)
	b.until(t, "erasing all", func() bool {
		for _, e := range b.scheduled {
			if !e.done {
				return false
			}
		}
		return true
	})
	b.until(t, "beating", func() bool { return b.beats["erase"] > 0 })
	stop()
	var codes []string
	for id, e := range b.scheduled {
		codes = append(codes, e.codes...)
		if e.rows != 3 || l.keys[id] != 3 {
			t.Errorf("%s: %d rows erased, %d recorded", id, l.keys[id], e.rows)
		}
	}
	slices.Sort(codes)
	if want := []string{"connector.held", activities.CodeSystemAway}; !slices.Equal(codes, want) {
		t.Errorf("given back with %q, want %q", codes, want)
	}
	if l.calls != 22 {
		t.Errorf("%d calls for 20 erasures, two of which failed once", l.calls)
	}
	if strings.Contains(said.String(), secret) || !strings.Contains(said.String(), "erasure-") {
		t.Errorf("the log: %s", said.String())
	}
}

func TestAnErasureWhoseWorkerStopsIsTakenUpByAnotherAndErasesOnce(t *testing.T) {
	b := newBacklog(0, 0)
	b.scheduled = map[string]*scheduled{"erasure-1": {}}
	l := &ledger{keys: map[string]int{}, hang: make(chan struct{})}
	hanging := l.hang
	var said bytes.Buffer
	stop := eraser(t, b, l, &said)
	<-hanging
	stop()
	e := b.scheduled["erasure-1"]
	if e.done || len(e.codes) > 0 || !e.claimed {
		t.Fatalf("of a call that nobody heard of it was recorded: %+v", e)
	}
	e.claimed = false // the claim has run out
	eraser(t, b, l, &said)
	b.until(t, "erasing", func() bool { return e.done })
	if err := b.ErasureDone(t.Context(), "org-1", "erasure-1", 1, 3); err != nil { // the dead one's word comes late
		t.Fatal(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.fence != 2 || e.rows != 3 || len(l.keys) != 1 {
		t.Errorf("%+v, keys %v", e, l.keys)
	}
}

// registry notes what is registered.
type registry struct {
	sdkworker.Registry
	workflows  []string
	activities int
}

func (r *registry) RegisterWorkflowWithOptions(_ any, o workflow.RegisterOptions) {
	r.workflows = append(r.workflows, o.Name)
}

func (r *registry) RegisterActivity(any) { r.activities++ }

func TestAWorkerCarriesEveryKindThatHasAProcedure(t *testing.T) {
	r := &registry{}
	worker.Register(r, &activities.Activities{})
	for _, k := range dsr.Kinds {
		name, ok := workflows.Type(k)
		if ok != k.Carried() || ok != slices.Contains(r.workflows, name) {
			t.Errorf("%s: carried %v, registered %v", k, k.Carried(), ok)
		}
	}
	if r.activities != 1 {
		t.Errorf("%d sets of activities", r.activities)
	}
	t.Logf("counts: %d workflows", len(r.workflows))
}

func TestTheRelayHandsOverEveryKindInOrder(t *testing.T) {
	b := newBacklog(len(dsr.Kinds), 3)
	for n, k := range dsr.Kinds {
		for i := range b.commands[fmt.Sprintf("case-%d", n)] {
			b.commands[fmt.Sprintf("case-%d", n)][i].Kind = k
		}
	}
	r := &runs{b: b}
	heard := map[dsr.Kind]int{}
	r.deliver = func(d worker.Delivery) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if heard[d.Kind]++; heard[d.Kind] != d.Number {
			t.Errorf("%s heard %d as number %d", d.Kind, d.Number, heard[d.Kind])
		}
		return nil
	}
	work(t, b, r, &postbox{})
	b.until(t, "applying all", func() bool { return len(b.applied) == 3*len(dsr.Kinds) })
}
