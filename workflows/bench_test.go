package workflows_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"madoguchi/activities"
	"madoguchi/activities/officetest"
	"madoguchi/dsr"
	"madoguchi/internal/engine"
	"madoguchi/workflows"
)

const (
	organisation = "org-1"
	hour         = time.Hour
	day          = 24 * time.Hour
)

// filedAt is when every test case is filed.
var filedAt = time.Date(2026, time.April, 6, 1, 0, 0, 0, time.UTC)

// bench is one case on Temporal's test clock: the workflow under test, the
// office in memory, a connected system, and a relay that hands commands over
// strictly in order.
type bench struct {
	t       *testing.T
	house   *officetest.House
	system  *officetest.System // "sample", which every house has
	systems officetest.Systems
	acts    *activities.Activities
	caseID  string
	kind    dsr.Kind
	slow    time.Duration // how long every activity takes
	prepare func(*testsuite.TestWorkflowEnvironment)

	env      *testsuite.TestWorkflowEnvironment
	now      time.Time // of the last run's end
	keeping  sync.Mutex
	crossed  bytes.Buffer     // what went to Temporal
	handed   map[string]error // outcome of every delivered command
	autoplay bool             // people do whatever is theirs to do
	mute     bool             // the relay is away
	bare     bool             // without the translation of faults
	overlaps []string         // changes of facts that were under way at once
}

func newBench(t *testing.T) *bench { return newBenchOf(t, dsr.KindDisclosure, nil) }

// newBenchOf is a bench for a case of a kind, in a house made ready first.
func newBenchOf(t *testing.T, kind dsr.Kind, ready func(*officetest.House)) *bench {
	t.Helper()
	b := &bench{t: t, kind: kind, slow: 7 * time.Second, now: filedAt, system: &officetest.System{}, handed: map[string]error{}}
	b.house = officetest.New(func() time.Time {
		if b.env != nil {
			return b.env.Now()
		}
		return b.now
	})
	if ready != nil {
		ready(b.house)
	}
	b.caseID = b.house.File(organisation, kind)
	systems := officetest.Systems{}
	for _, id := range b.house.Systems {
		systems[id] = &officetest.System{}
	}
	systems["sample"] = b.system
	b.systems = systems
	b.acts = &activities.Activities{Offices: b.house, Connectors: systems, Parcels: officetest.Parcels{}}
	return b
}

// at lets something happen some time after the start of the next run.
type at struct {
	after time.Duration
	do    func()
}

// tell is a command that somebody gives, and the relay's try at once.
func (b *bench) tell(after time.Duration, kind dsr.CommandKind) at {
	return at{after, func() {
		if err := b.house.Tell(b.caseID, kind); err != nil {
			b.t.Errorf("%s after %s: %v", kind, after, err)
		}
		b.relay()
	}}
}

// when does something at the first look, a few seconds apart, that finds the
// case as it should be.
func (b *bench) when(after time.Duration, is func(dsr.Facts) bool, do func()) at {
	var look func()
	look = func() {
		if is(b.house.Known(b.caseID)) {
			do()
		} else if !b.env.IsWorkflowCompleted() {
			b.env.RegisterDelayedCallback(look, 2*time.Second)
		}
	}
	return at{after, look}
}

// start runs the case's current epoch to the run's end.
func (b *bench) start(script ...at) (workflows.Result, error) {
	b.t.Helper()
	return b.startEpoch(b.house.Known(b.caseID).Epoch, script...)
}

func (b *bench) startEpoch(epoch int, script ...at) (workflows.Result, error) {
	b.t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	around := []interceptor.WorkerInterceptor{&witness{b: b}}
	if !b.bare {
		around = append(around, engine.NewInterceptor(zerolog.Nop()))
	}
	env.SetWorkerOptions(sdkworker.Options{Interceptors: around})
	env.SetTestTimeout(30 * time.Second)
	env.SetStartTime(b.now)
	workflows.Register(env)
	env.RegisterActivity(b.acts)
	if b.slow > 0 { // mocks that return at once hide races
		for _, real := range []any{b.acts.Begin, b.acts.Facts, b.acts.Apply, b.acts.FallDue, b.acts.Enter, b.acts.Close,
			b.acts.PlanEffects, b.acts.LookUp, b.acts.Collect, b.acts.Act, b.acts.GiveUp, b.acts.BuildPackage} {
			env.OnActivity(real, mock.Anything, mock.Anything).After(b.slow).Return(real)
		}
	}
	b.listen(env)
	if b.prepare != nil {
		b.prepare(env)
	}
	b.env = env
	for _, s := range script {
		env.RegisterDelayedCallback(s.do, s.after)
	}
	ticks := 0
	var tick func()
	tick = func() {
		if ticks++; ticks > 4000 || env.IsWorkflowCompleted() {
			return
		}
		if b.autoplay {
			if kind, err := b.house.Play(b.caseID); err != nil {
				b.t.Errorf("%s: %v", kind, err)
			}
		}
		b.relay()
		env.RegisterDelayedCallback(tick, 31*time.Minute)
	}
	env.RegisterDelayedCallback(tick, 31*time.Minute)
	name, ok := workflows.Type(b.kind)
	if !ok {
		b.t.Fatalf("%s has no workflow", b.kind)
	}
	env.ExecuteWorkflow(name, workflows.Start{
		Run:  activities.Run{Organisation: organisation, Case: b.caseID, Epoch: epoch},
		Kind: b.kind,
	})
	b.now = env.Now()
	b.env = nil
	if !env.IsWorkflowCompleted() {
		b.t.Fatalf("the run did not end; the case is at %s", b.house.Known(b.caseID).Stage)
	}
	var result workflows.Result
	err := env.GetWorkflowError()
	if err == nil {
		err = env.GetWorkflowResult(&result)
	}
	if faults := b.house.Faults(); len(faults) > 0 {
		b.t.Errorf("the workflow asked for what the table does not have: %q", faults)
	}
	if len(b.overlaps) > 0 && b.house.Down == nil { // a failed try tells no end
		b.t.Errorf("two changes at once: %q", b.overlaps)
	}
	if b.leaked() && !b.bare {
		b.t.Error("personal data crossed into the history")
	}
	return result, err
}

// relay hands over the case's next command, if its run has answered.
func (b *bench) relay() {
	if c, ok := b.house.Next(b.caseID); ok && !c.Start && !b.mute {
		b.hand(c)
	}
}

// hand hands over one command, in order or not.
func (b *bench) hand(c officetest.Command) {
	b.env.UpdateWorkflow(workflows.UpdateDeliver, c.ID, &testsuite.TestUpdateCallback{
		OnAccept:   func() {},
		OnReject:   func(err error) { b.handed[c.ID] = err },
		OnComplete: func(_ any, err error) { b.handed[c.ID] = err },
	}, workflows.Command{Command: c.ID, Number: c.Number, Kind: c.Kind, Epoch: c.Epoch})
}

// listen keeps whatever crosses the border between workflow and activities.
func (b *bench) listen(env *testsuite.TestWorkflowEnvironment) {
	keep := func(get func(...any) error) {
		var raw json.RawMessage
		if get(&raw) == nil {
			b.keeping.Lock()
			b.crossed.Write(raw)
			b.keeping.Unlock()
		}
	}
	// Whatever changes the facts must happen one after the other.
	changing := map[string]string{}
	begins := func(id, what string) {
		b.keeping.Lock()
		defer b.keeping.Unlock()
		for _, other := range changing {
			b.overlaps = append(b.overlaps, other+" and "+what)
		}
		changing[id] = what
	}
	ends := func(id string) {
		b.keeping.Lock()
		defer b.keeping.Unlock()
		delete(changing, id)
	}
	env.SetOnActivityStartedListener(func(about *activity.Info, _ context.Context, args converter.EncodedValues) {
		keep(args.Get)
		switch name := about.ActivityType.Name; name {
		case "LookUp", "Collect", "Act", "PlanEffects", "GiveUp", "BuildPackage": // they give no facts
		default:
			begins(about.ActivityID, name)
		}
	})
	env.SetOnLocalActivityStartedListener(func(about *activity.Info, _ context.Context, args []any) {
		switch args[0].(type) { // the test environment does not tell the name of a local activity
		case activities.PlanInput, activities.GiveUpInput:
		default:
			begins(about.ActivityID, fmt.Sprintf("%T", args[0]))
		}
	})
	env.SetOnActivityCompletedListener(func(about *activity.Info, result converter.EncodedValue, _ error) {
		ends(about.ActivityID)
		if result != nil && result.HasValue() {
			keep(func(v ...any) error { return result.Get(v[0]) })
		}
	})
	env.SetOnLocalActivityCompletedListener(func(about *activity.Info, result converter.EncodedValue, _ error) {
		ends(about.ActivityID)
		if result != nil && result.HasValue() {
			keep(func(v ...any) error { return result.Get(v[0]) })
		}
	})
}

// witness stands between every activity and Temporal and keeps the errors of
// all tries: Temporal writes the last one into the history too.
type witness struct {
	interceptor.InterceptorBase
	b *bench
}

type witnessed struct {
	interceptor.ActivityInboundInterceptorBase
	b *bench
}

func (w *witness) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	out := &witnessed{b: w.b}
	out.Next = next
	return out
}

func (w *witnessed) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	result, err := w.Next.ExecuteActivity(ctx, in)
	if err != nil {
		w.b.keeping.Lock()
		w.b.crossed.WriteString(err.Error())
		w.b.keeping.Unlock()
	}
	return result, err
}

// leaked reports whether personal data crossed into what Temporal keeps.
func (b *bench) leaked() bool { return bytes.Contains(b.crossed.Bytes(), []byte(officetest.Canary)) }

// want checks how the case ended.
func (b *bench) want(result workflows.Result, err error, outcome dsr.Outcome, path ...dsr.Stage) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("the run failed: %v", err)
	}
	if got := b.house.Known(b.caseID); got.Stage != dsr.StageClosed || got.Outcome != outcome || result.Outcome != outcome {
		b.t.Fatalf("closed as %q (run says %q) at %s, want %q", got.Outcome, result.Outcome, got.Stage, outcome)
	}
	if c, pending := b.house.Next(b.caseID); pending {
		b.t.Errorf("closed with command %d (%s) not applied", c.Number, c.Kind)
	}
	if len(path) > 0 {
		if got, _ := json.Marshal(b.house.Path(b.caseID)); string(got) != asJSON(path) {
			b.t.Errorf("path %s, want %s", got, asJSON(path))
		}
	}
	for id, err := range b.handed {
		if err != nil {
			b.t.Errorf("command %s was refused: %v", id, err)
		}
	}
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// continued gives the input of the next run when the run continued as new.
func continued(t *testing.T, err error) workflows.Start {
	t.Helper()
	var next *workflow.ContinueAsNewError
	if !errors.As(err, &next) {
		t.Fatalf("the run did not continue as new: %v", err)
	}
	var in workflows.Start
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
		t.Fatal(err)
	}
	return in
}
