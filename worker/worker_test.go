package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"

	"madoguchi/activities"
	"madoguchi/dsr"
	"madoguchi/worker"
)

// backlog is a database in memory that keeps the contract of worker.Backlog:
// of each case only the lowest command that is not applied, and claimed once.
type backlog struct {
	mu        sync.Mutex
	commands  map[string][]worker.Delivery // by case, in order
	applied   map[string]bool
	claimed   map[string]bool
	back      []string // "command code", in the order of giving back
	due       []worker.DueMilestone
	fired     []string
	mails     []worker.Outgoing
	outcomes  []string
	beats     map[string]int
	tidied    int
	checks    int
	unmarked  map[string]bool // commands whose mark does not show
	panicOnce bool
	scheduled map[string]*scheduled // erasures that fell due, by ID
}

func newBacklog(cases, each int) *backlog {
	b := &backlog{commands: map[string][]worker.Delivery{}, applied: map[string]bool{}, claimed: map[string]bool{},
		beats: map[string]int{}, unmarked: map[string]bool{}}
	for c := range cases {
		id := fmt.Sprintf("case-%d", c)
		for n := range each {
			b.commands[id] = append(b.commands[id], worker.Delivery{Organisation: "org-1", Case: id, Kind: dsr.KindDisclosure,
				Command: fmt.Sprintf("%s/%d", id, n+1), Number: n + 1, Epoch: 1, Acked: 1})
		}
	}
	return b
}

func (b *backlog) Organisations(context.Context) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.panicOnce {
		b.panicOnce = false
		panic("a panic in the database driver")
	}
	return []string{"org-0", "org-1"}, nil
}

func (b *backlog) next(caseID string) (worker.Delivery, bool) {
	for _, d := range b.commands[caseID] {
		if !b.applied[d.Command] {
			ok := !b.claimed[d.Command]
			b.claimed[d.Command] = true
			return d, ok
		}
	}
	return worker.Delivery{}, false
}

func (b *backlog) ClaimDeliveries(_ context.Context, organisation string, limit int) ([]worker.Delivery, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []worker.Delivery
	for id := range b.commands {
		if d, ok := b.next(id); ok && organisation == d.Organisation && len(out) < limit {
			out = append(out, d)
		} else if ok {
			b.claimed[d.Command] = false
		}
	}
	return out, nil
}

func (b *backlog) ClaimDelivery(_ context.Context, _, caseID string) (worker.Delivery, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d, ok := b.next(caseID)
	return d, ok, nil
}

func (b *backlog) Undelivered(_ context.Context, _, command, code string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claimed[command] = false
	b.back = append(b.back, command+" "+code)
	return nil
}

func (b *backlog) IsApplied(_ context.Context, _, command string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.applied[command] && !b.unmarked[command], nil
}

func (b *backlog) DueMilestones(_ context.Context, organisation string, _ int) ([]worker.DueMilestone, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if organisation == "org-0" {
		return nil, dsr.Fail(dsr.Unavailable, "error.one-organisation-is-away")
	}
	return slices.Clone(b.due), nil
}

func (b *backlog) FallDue(_ context.Context, _, caseID, milestone, by string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fired = append(b.fired, caseID+" "+milestone+" "+by)
	b.due = slices.DeleteFunc(b.due, func(m worker.DueMilestone) bool { return m.Milestone == milestone })
	return nil
}

func (b *backlog) ClaimNotices(_ context.Context, organisation string, _ int) ([]worker.Outgoing, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if organisation == "org-0" {
		return nil, nil
	}
	out := b.mails
	b.mails = nil
	return out, nil
}

func (b *backlog) NoticeAccepted(_ context.Context, _, notice string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outcomes = append(b.outcomes, notice+" accepted")
	return nil
}

func (b *backlog) NoticeFailed(_ context.Context, _, notice, code string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outcomes = append(b.outcomes, notice+" "+code)
	return nil
}

func (b *backlog) Tidy(context.Context, string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tidied++
	return nil
}

func (b *backlog) Checkpoint(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.checks++
	return nil
}

func (b *backlog) Beat(_ context.Context, loop string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.beats[loop]++
	return nil
}

// until waits for something that a loop will do.
func (b *backlog) until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		b.mu.Lock()
		ok := is()
		b.mu.Unlock()
		if ok {
			return
		}
	}
	t.Fatalf("%s did not happen", what)
}

// runs stands for Temporal: it applies what it is handed, and remembers.
type runs struct {
	b       *backlog
	mu      sync.Mutex
	heard   []string
	now     map[string]int // deliveries under way, by case
	most    int            // cases side by side
	deliver func(d worker.Delivery) error
	dead    bool
}

func (r *runs) Client() client.Client { panic("nobody may ask a dead Temporal for its client") }

func (r *runs) Prepare(context.Context) error { return dsr.Fail(dsr.Unavailable, worker.CodeAway) }

func (r *runs) Deliver(ctx context.Context, d worker.Delivery) error {
	r.mu.Lock()
	if r.now == nil {
		r.now = map[string]int{}
	}
	r.now[d.Case]++
	if r.now[d.Case] > 1 {
		r.heard = append(r.heard, "two at once in "+d.Case)
	}
	r.most = max(r.most, len(r.now))
	r.mu.Unlock()
	time.Sleep(time.Millisecond)
	var err error
	if r.deliver != nil {
		err = r.deliver(d)
	}
	if r.dead {
		err = dsr.Fail(dsr.Unavailable, worker.CodeAway)
	}
	if err == nil {
		r.b.mu.Lock()
		r.b.applied[d.Command] = true
		r.b.mu.Unlock()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.now, d.Case)
	if err == nil {
		r.heard = append(r.heard, d.Command)
	}
	return err
}

type postbox struct {
	mu   sync.Mutex
	sent []string
	say  map[string]error
	hang bool
}

func (p *postbox) Send(ctx context.Context, o worker.Outgoing) error {
	if p.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, o.Notice)
	return p.say[o.Notice]
}

// work runs a worker until the test is over, and checks that it stops.
func work(t *testing.T, b *backlog, e worker.Engine, p worker.Post) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	w := worker.New(worker.Options{Engine: e, Activities: &activities.Activities{}, Backlog: b, Post: p, Log: zerolog.Nop(),
		Pace: worker.Pace{Relay: 2 * time.Millisecond, Sweep: 2 * time.Millisecond, Post: 2 * time.Millisecond, Beat: time.Millisecond}})
	go func() { defer close(done); w.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case <-done:
			case <-time.After(10 * time.Second):
				t.Error("the worker did not stop within ten seconds")
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func TestTheRelayHandsACasesCommandsOverInOrderAndOneAtATime(t *testing.T) {
	b := newBacklog(6, 5)
	r := &runs{b: b}
	failed := map[string]int{}
	r.deliver = func(d worker.Delivery) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if failed[d.Command]++; failed[d.Command]%3 != 0 { // every command fails twice
			return dsr.Fail(dsr.Unavailable, "engine.later")
		}
		return nil
	}
	work(t, b, r, &postbox{})
	b.until(t, "applying all", func() bool { return len(b.applied) == 30 })
	r.mu.Lock()
	defer r.mu.Unlock()
	last := map[string]int{}
	for _, command := range r.heard {
		var c, n int
		if _, err := fmt.Sscanf(command, "case-%d/%d", &c, &n); err != nil {
			t.Fatal(command)
		}
		id := fmt.Sprint(c)
		if n != last[id]+1 {
			t.Errorf("case %s heard %d after %d", id, n, last[id])
		}
		last[id] = n
	}
	if len(r.heard) != 30 || r.most < 2 || r.most > 4 {
		t.Errorf("%d commands heard, %d cases side by side", len(r.heard), r.most)
	}
}

func TestACommandWithoutItsMarkComesAgain(t *testing.T) {
	b := newBacklog(1, 1)
	b.unmarked["case-0/1"] = true
	r := &runs{b: b}
	if worker.NewRelay(b, r, zerolog.Nop()).Nudge(t.Context(), "org-1", "case-0") {
		t.Error("a command without its mark counts as carried out")
	}
	if len(b.back) != 1 || b.back[0] != "case-0/1 engine.not-applied" {
		t.Errorf("given back: %v", b.back)
	}
}

func TestANudgeCarriesOutWhatWasJustWrittenOrSaysThatItIsOnItsWay(t *testing.T) {
	b := newBacklog(1, 2)
	r := &runs{b: b}
	relay := worker.NewRelay(b, r, zerolog.Nop())
	if !relay.Nudge(t.Context(), "org-1", "case-0") || len(r.heard) != 2 {
		t.Errorf("heard %v", r.heard)
	}
	b = newBacklog(1, 2)
	r = &runs{b: b, dead: true}
	begun := time.Now()
	if worker.NewRelay(b, r, zerolog.Nop()).Nudge(t.Context(), "org-1", "case-0") || time.Since(begun) > 3*time.Second {
		t.Errorf("with Temporal dead a nudge took %s", time.Since(begun))
	}
	if len(b.back) != 1 {
		t.Errorf("the claim was not given back: %v", b.back)
	}
}

func TestClocksFallDueAndMailsGoWithTemporalDead(t *testing.T) {
	b := newBacklog(8, 1)
	b.panicOnce = true
	b.due = []worker.DueMilestone{{Case: "case-0", Milestone: "m-1"}, {Case: "case-1", Milestone: "m-2"}}
	b.mails = []worker.Outgoing{{Notice: "n-1"}, {Notice: "n-2"}, {Notice: "n-3"}}
	p := &postbox{say: map[string]error{"n-2": dsr.Fail(dsr.Unavailable, "mail.later"), "n-3": errors.New("about an@example.test")}}
	stop := work(t, b, &runs{b: b, dead: true}, p)
	b.until(t, "falling due", func() bool { return len(b.fired) == 2 })
	b.until(t, "sending", func() bool { return len(b.outcomes) == 3 })
	b.until(t, "beating", func() bool { return b.beats["relay"] > 0 && b.beats["post"] > 0 && b.tidied > 0 && b.checks > 0 })
	stop()
	if want := []string{"n-1 accepted", "n-2 mail.later", "n-3 error.internal"}; !slices.Equal(b.outcomes, want) {
		t.Errorf("%v, want %v", b.outcomes, want)
	}
	if b.beats["sweep"] != 0 {
		t.Error("a sweep that cannot read one organisation beats as if all were well")
	}
	for _, f := range b.fired {
		if f != "case-0 m-1 sweep" && f != "case-1 m-2 sweep" {
			t.Error(f)
		}
	}
	if len(b.applied) != 0 || len(b.back) == 0 {
		t.Errorf("%d applied, %d given back", len(b.applied), len(b.back))
	}
}

func TestAMailThatIsUnderWayWhenTheWorkerStopsIsNeitherSentNorFailed(t *testing.T) {
	b := newBacklog(0, 0)
	b.mails = []worker.Outgoing{{Notice: "n-1"}}
	stop := work(t, b, &runs{b: b, dead: true}, &postbox{hang: true})
	b.until(t, "claiming", func() bool { return b.mails == nil })
	stop()
	if len(b.outcomes) != 0 {
		t.Errorf("%v", b.outcomes)
	}
}
