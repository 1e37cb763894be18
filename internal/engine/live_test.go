package engine_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	sdkworker "go.temporal.io/sdk/worker"

	"madoguchi/activities"
	"madoguchi/activities/officetest"
	"madoguchi/dsr"
	"madoguchi/internal/engine"
	"madoguchi/internal/temporalproc"
	"madoguchi/worker"
	"madoguchi/workflows"
	"madoguchi/workflows/historytest"
)

var record = flag.Bool("record", false, "keep the histories in workflows/testdata/histories")

const organisation = "org-1"

// backlog gives the worker what the house in memory has.
type backlog struct {
	house   *officetest.House
	mu      sync.Mutex
	claimed map[string]time.Time
}

func (b *backlog) Organisations(context.Context) ([]string, error) {
	return []string{organisation}, nil
}

func (b *backlog) ClaimDelivery(_ context.Context, _, caseID string) (worker.Delivery, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.house.Next(caseID)
	if !ok || time.Since(b.claimed[c.ID]) < time.Second {
		return worker.Delivery{}, false, nil
	}
	b.claimed[c.ID] = time.Now()
	known := b.house.Known(caseID)
	d := worker.Delivery{Organisation: organisation, Case: caseID, Kind: known.Kind, Stage: known.Stage,
		Command: c.ID, Number: c.Number, What: c.Kind, Epoch: c.Epoch, Acked: c.Epoch}
	if c.Start {
		d.Acked--
	}
	return d, true, nil
}

func (b *backlog) ClaimDeliveries(ctx context.Context, o string, limit int) ([]worker.Delivery, error) {
	var out []worker.Delivery
	for _, id := range b.house.Cases() {
		if d, ok, _ := b.ClaimDelivery(ctx, o, id); ok && len(out) < limit {
			out = append(out, d)
		}
	}
	return out, nil
}

func (b *backlog) Undelivered(_ context.Context, _, command, _ string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claimed[command] = time.Now().Add(-700 * time.Millisecond)
	return nil
}

func (b *backlog) IsApplied(_ context.Context, _, command string) (bool, error) {
	return b.house.IsApplied(command), nil
}

func (b *backlog) DueMilestones(context.Context, string, int) ([]worker.DueMilestone, error) {
	b.house.Sweep()
	return nil, nil
}
func (b *backlog) FallDue(context.Context, string, string, string, string) error { return nil }
func (b *backlog) ClaimNotices(context.Context, string, int) ([]worker.Outgoing, error) {
	return nil, nil
}
func (b *backlog) NoticeAccepted(context.Context, string, string) error       { return nil }
func (b *backlog) NoticeFailed(context.Context, string, string, string) error { return nil }
func (b *backlog) ClaimErasures(context.Context, string, int) ([]worker.Erasure, error) {
	return nil, nil
}
func (b *backlog) ErasureDone(context.Context, string, string, int, int) error      { return nil }
func (b *backlog) ErasureFailed(context.Context, string, string, int, string) error { return nil }
func (b *backlog) Tidy(context.Context, string) error                               { return nil }
func (b *backlog) Checkpoint(context.Context) error                                 { return nil }
func (b *backlog) Beat(context.Context, string) error                               { return nil }

type noPost struct{}

func (noPost) Send(context.Context, worker.Outgoing) error { return nil }

// story is one case on a real server: what happens when the case stands at a
// stage, each once and in order, beside what people do anyway.
type story struct {
	kind    dsr.Kind // "" for a disclosure
	outcome dsr.Outcome
	// measures are what is decided of the items; none for what was asked for.
	measures []dsr.Measure
	events   map[dsr.Stage][]dsr.CommandKind
	// wait moves the port's clock by this much at that stage.
	wait map[dsr.Stage]time.Duration
	// idle means that people do nothing by themselves.
	idle bool
	// unclassified came without a form; represented by somebody else;
	// recipients received what the case changes.
	unclassified, represented bool
	recipients                int
}

// events is one stage with what happens there.
func events(at dsr.Stage, kinds ...dsr.CommandKind) map[dsr.Stage][]dsr.CommandKind {
	return map[dsr.Stage][]dsr.CommandKind{at: kinds}
}

var (
	cooled   = map[dsr.Stage]time.Duration{dsr.StageExecution: 73 * time.Hour}
	byMeans  = []dsr.Measure{dsr.MeasureSuspend, dsr.MeasureErase, dsr.MeasureKeep}
	stoppers = []dsr.CommandKind{dsr.CommandErasureStopped, dsr.CommandReconsidered}
)

var stories = map[string]story{
	"straight":          {outcome: dsr.OutcomePartial},
	"sent-back":         {outcome: dsr.OutcomePartial, events: events(dsr.StageDecision, dsr.CommandSentBack)},
	"question":          {outcome: dsr.OutcomePartial, events: events(dsr.StageReview, dsr.CommandQuestionAsked)},
	"rejected-identity": {outcome: dsr.OutcomeRejectedIdentity, events: events(dsr.StageIdentity, dsr.CommandProposed)},
	"no-response":       {outcome: dsr.OutcomeNoResponse, idle: true, wait: map[dsr.Stage]time.Duration{dsr.StageIdentity: 16 * 24 * time.Hour}},
	"withdrawn": {outcome: dsr.OutcomeWithdrawn, events: events(dsr.StageReview, dsr.CommandWithdrawn),
		wait: map[dsr.Stage]time.Duration{dsr.StageReview: 25 * time.Hour}},
	"represented": {outcome: dsr.OutcomePartial, represented: true},
	"redirected":  {outcome: dsr.OutcomeRedirected, unclassified: true, events: events(dsr.StageTriage, dsr.CommandProposed)},

	"correction": {kind: dsr.KindCorrection, outcome: dsr.OutcomeFulfilled, recipients: 2,
		events: events(dsr.StageIdentity, dsr.CommandHoldPlaced)},
	"correction-refused": {kind: dsr.KindCorrection, outcome: dsr.OutcomeRefused, measures: []dsr.Measure{dsr.MeasureRefuse}},
	"deletion":           {kind: dsr.KindDeletion, outcome: dsr.OutcomePartial, measures: byMeans, recipients: 1, wait: cooled},
	"deletion-stopped":   {kind: dsr.KindDeletion, outcome: dsr.OutcomePartial, measures: byMeans, events: events(dsr.StageExecution, dsr.CommandErasureStopped), wait: cooled},
	"erasure-reconsidered": {kind: dsr.KindErasure, outcome: dsr.OutcomeFulfilled, measures: []dsr.Measure{dsr.MeasureErase},
		events: events(dsr.StageExecution, stoppers...), wait: cooled},
	"suspension": {kind: dsr.KindSuspension, outcome: dsr.OutcomeFulfilled},
}

// TestRecordStoriesOnARealServer carries every story through Temporal's real
// server, the worker and the engine. The histories must replay; with -record
// they are kept for workflows/replay_test.go.
func TestRecordStoriesOnARealServer(t *testing.T) {
	if testing.Short() {
		return // make test-short: no server
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	server, err := temporalproc.Start(ctx, temporalproc.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatalf("this test needs Temporal's server, which make test builds: %v", err)
	}
	defer server.Stop()
	var said bytes.Buffer
	log := zerolog.New(&said).Level(zerolog.InfoLevel)
	e, err := engine.Open(server.Address(), "madoguchi", log)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Ready(ctx); err != nil {
		t.Fatal(err)
	}

	clock := &movable{}
	house := officetest.New(clock.now)
	var away atomic.Bool
	house.Down = away.Load
	desk := &backlog{house: house, claimed: map[string]time.Time{}}
	w := worker.New(worker.Options{Engine: e, Log: log, Backlog: desk, Post: noPost{},
		Activities: &activities.Activities{Offices: house, Connectors: officetest.Systems{"sample": &officetest.System{}}, Parcels: officetest.Parcels{}},
		Pace:       worker.Pace{Relay: 10 * time.Millisecond, Sweep: 10 * time.Millisecond}})
	working, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.Run(working) }()

	theDoor(ctx, t, e)
	code := filepath.Join("..", "..", "workflows")
	digest, err := historytest.Digest(code)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(code, "testdata", "histories", digest[:12])
	for name, s := range stories {
		house.Arrange(func(h *officetest.House) {
			h.Measures, h.Represented, h.Recipients = s.measures, s.represented, s.recipients
		})
		if s.kind == "" {
			s.kind = dsr.KindDisclosure
		}
		id := house.File(organisation, s.kind)
		if s.unclassified {
			house.Place(id, func(f *dsr.Facts) { f.Classified = false })
		}
		play(ctx, t, desk, w.Relay(), id, name, s, clock)
		var text bytes.Buffer
		if err := e.Record(ctx, id, 1, &text); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Logf("%s: %d events", name, strings.Count(text.String(), `"eventId"`))
		if n := strings.Count(text.String(), `"eventId"`); name == "straight" && n > 120 {
			t.Errorf("a plain disclosure writes %d events", n)
		}
		clear := payloads(t, text.Bytes())
		if !strings.Contains(clear, id) {
			t.Errorf("%s: the search in the history is blind", name)
		}
		if strings.Contains(clear, "Canary") || strings.Contains(text.String(), "Canary") {
			t.Errorf("%s: personal data in the history", name)
		}
		about, err := e.Client().DescribeWorkflowExecution(ctx, workflows.ID(id, 1), "")
		if err != nil {
			t.Fatal(err)
		}
		shown := about.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()["MadoguchiStage"].GetData()
		if string(shown) != `"closed"` {
			t.Errorf("%s: found in Temporal at stage %s", name, shown)
		}
		replayer := sdkworker.NewWorkflowReplayer()
		workflows.Register(replayer)
		file := filepath.Join(t.TempDir(), name+".json")
		if *record {
			file = filepath.Join(folder, name+".json")
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		host, err := os.Hostname() // part of the sticky queue's name, and nobody's business
		if err != nil {
			t.Fatal(err)
		}
		kept := bytes.ReplaceAll(text.Bytes(), []byte(`"`+host+`:`), []byte(`"host:`))
		if err := os.WriteFile(file, kept, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := replayer.ReplayWorkflowHistoryFromJSONFile(nil, file); err != nil {
			t.Errorf("%s does not replay: %v", name, err)
		}
	}
	if *record {
		if err := os.WriteFile(filepath.Join(folder, "digest"), []byte(digest+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The database is away for longer than the tries at once: the steps go on as
	// activities that are retried, within seconds of its return.
	away.Store(true)
	time.AfterFunc(1200*time.Millisecond, func() { away.Store(false) })
	house.Arrange(func(h *officetest.House) { h.Represented = false })
	begun, id := time.Now(), house.File(organisation, dsr.KindDisclosure)
	play(ctx, t, desk, w.Relay(), id, "filed while the database goes away", story{outcome: dsr.OutcomePartial}, clock)
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("a second without the database cost %s", took)
	}
	temporalAway(ctx, t, e, server, desk, w.Relay(), clock)
	stop()
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Error("the worker did not stop within ten seconds")
	}
	if faults := house.Faults(); len(faults) > 0 {
		t.Errorf("the workflow asked for what the table does not have: %q", faults)
	}
	if strings.Contains(said.String(), "Canary") {
		t.Error("personal data in the log")
	}
}

// payloads are the inputs and results of a history, which its JSON holds in
// base64.
func payloads(t *testing.T, text []byte) string {
	t.Helper()
	var out strings.Builder
	for _, field := range regexp.MustCompile(`"data": *"([^"]*)"`).FindAllSubmatch(text, -1) {
		clear, err := base64.StdEncoding.DecodeString(string(field[1]))
		if err != nil {
			t.Fatal(err)
		}
		out.Write(clear)
	}
	return out.String()
}

// theDoor tries what the engine promises of a run that is not there.
func theDoor(ctx context.Context, t *testing.T, e *engine.Engine) {
	t.Helper()
	begun := time.Now()
	d := worker.Delivery{Organisation: organisation, Case: "0193-none", Kind: dsr.KindDisclosure, Command: "c", Number: 2,
		What: dsr.CommandProposed, Epoch: 1, Acked: 1}
	if err := e.Deliver(ctx, d); dsr.FaultOf(err) != dsr.Unavailable || dsr.CodeOf(err) != engine.CodeNotThere {
		t.Errorf("a command for no run: %v", err)
	}
	if err := e.Prepare(ctx); err != nil {
		t.Errorf("preparing what is prepared: %v", err)
	}
	if took := time.Since(begun); took > 6*time.Second {
		t.Errorf("took %s", took)
	}
}

// temporalAway files a case while Temporal is down: nothing is lost, nobody
// waits long, and the same worker carries it to its end when Temporal is back.
func temporalAway(ctx context.Context, t *testing.T, e *engine.Engine, server *temporalproc.Server, desk *backlog, relay *worker.Relay, clock *movable) {
	t.Helper()
	if err := server.Down(ctx); err != nil {
		t.Fatal(err)
	}
	if err := e.Ready(ctx); dsr.FaultOf(err) != dsr.Unavailable {
		t.Errorf("ready without Temporal: %v", err)
	}
	id := desk.house.File(organisation, dsr.KindDisclosure)
	begun := time.Now()
	if relay.Nudge(ctx, organisation, id) {
		t.Error("a nudge carried out a command without Temporal")
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("a nudge without Temporal took %s", took)
	}
	if err := server.Up(ctx); err != nil {
		t.Fatal(err)
	}
	play(ctx, t, desk, relay, id, "filed while Temporal was away", story{outcome: dsr.OutcomePartial}, clock)
}

// play carries one case to its end.
func play(ctx context.Context, t *testing.T, desk *backlog, relay *worker.Relay, id, name string, s story, clock *movable) {
	t.Helper()
	house, happened, waited := desk.house, map[dsr.Stage]int{}, map[dsr.Stage]bool{}
	for {
		f := house.Known(id)
		if f.Stage == dsr.StageClosed {
			if f.Outcome != s.outcome {
				t.Errorf("%s closed as %s, want %s", name, f.Outcome, s.outcome)
			}
			return
		}
		c, pending := house.Next(id)
		switch kinds := s.events[f.Stage]; {
		case ctx.Err() != nil:
			t.Fatalf("%s hangs at %s with %+v", name, f.Stage, c)
		case pending:
			relay.Nudge(ctx, organisation, id)
		case happened[f.Stage] < len(kinds):
			happened[f.Stage]++
			if err := house.Tell(id, kinds[happened[f.Stage]-1]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case !waited[f.Stage] && s.wait[f.Stage] > 0 && f.MilestoneAt > 0:
			waited[f.Stage] = true
			clock.move(s.wait[f.Stage])
		case !s.idle:
			if _, err := house.Play(id); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// movable is the port's clock: real time, moved forward by hand.
type movable struct {
	mu sync.Mutex
	by time.Duration
}

func (m *movable) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.by)
}

func (m *movable) move(by time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.by += by
}
