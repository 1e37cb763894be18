package worker

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"madoguchi/activities"
	"madoguchi/dsr"
	"madoguchi/workflows"
)

// Engine is what the worker needs of Temporal. Implemented by internal/engine,
// wired by cmd.
type Engine interface {
	Client() client.Client
	// Prepare makes what our workflows need there (search attributes).
	Prepare(ctx context.Context) error
	// Deliver hands over one command; see Relay for what its errors mean.
	Deliver(ctx context.Context, d Delivery) error
}

// CodeAway is the code of a delivery that failed because Temporal does not
// answer at all: there is no use in trying the next one.
const CodeAway = "engine.away"

// Pace is how often the loops look for work. A zero field takes the default.
type Pace struct {
	Relay      time.Duration // 200 ms
	Sweep      time.Duration // 1 s
	Post       time.Duration // 500 ms
	Tidy       time.Duration // 1 min
	Checkpoint time.Duration // 1 h
	Beat       time.Duration // 5 s: between two heartbeats of a loop
}

// Options are the parts of a worker. All are required but Pace.
type Options struct {
	Engine     Engine
	Activities *activities.Activities
	Backlog    Backlog
	Post       Post
	Log        zerolog.Logger
	Pace       Pace
}

// Worker runs until its context ends.
type Worker struct {
	Options
	relay *Relay
}

// New makes a worker. Nothing happens before Run.
func New(o Options) *Worker {
	for _, p := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.Pace.Relay, 200 * time.Millisecond}, {&o.Pace.Sweep, time.Second}, {&o.Pace.Post, 500 * time.Millisecond},
		{&o.Pace.Tidy, time.Minute}, {&o.Pace.Checkpoint, time.Hour}, {&o.Pace.Beat, 5 * time.Second},
	} {
		if *p.field <= 0 {
			*p.field = p.value
		}
	}
	return &Worker{Options: o, relay: NewRelay(o.Backlog, o.Engine, o.Log)}
}

// Relay is the worker's own relay, for handlers in the same process.
func (w *Worker) Relay() *Relay { return w.relay }

// stopping is how long Run waits for what is under way when its context ends.
const stopping = 8 * time.Second

// Run works until ctx ends, then stops within ten seconds. What was under way
// and could not finish is claimed again later: nothing depends on a clean stop.
func (w *Worker) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, l := range []loop{
		{"relay", w.Pace.Relay, w.relay.pass},
		{"sweep", w.Pace.Sweep, w.sweep},
		{"post", w.Pace.Post, w.post},
		{"tidy", w.Pace.Tidy, w.tidy},
		{"erase", w.Pace.Sweep, w.erase},
		{"checkpoint", w.Pace.Checkpoint, w.checkpoint},
	} {
		running.Go(func() { w.loop(ctx, l) })
	}
	running.Go(func() { w.temporal(ctx) })
	<-ctx.Done()
	done := make(chan struct{})
	go func() { running.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(stopping):
		w.Log.Warn().Msg("worker stopped with work under way")
	}
}

// loop is one thing done again and again. do reports whether it found so much
// that it should look again at once.
type loop struct {
	name  string
	every time.Duration
	do    func(ctx context.Context) (more bool, err error)
}

func (w *Worker) loop(ctx context.Context, l loop) {
	var beaten time.Time
	for ctx.Err() == nil {
		more, err := w.turn(ctx, l)
		if err != nil && ctx.Err() == nil {
			w.Log.Warn().Str("loop", l.name).Str("fault", string(dsr.FaultOf(err))).Str("code", dsr.CodeOf(err)).Msg("loop")
		}
		// A loop that cannot do its work does not beat: readiness shows it.
		if err == nil && time.Since(beaten) >= w.Pace.Beat {
			if w.Backlog.Beat(ctx, l.name) == nil {
				beaten = time.Now()
			}
		}
		if more && err == nil {
			continue
		}
		pause := time.NewTimer(l.every)
		select {
		case <-ctx.Done():
		case <-pause.C:
		case <-w.woken(l.name):
		}
		pause.Stop()
	}
}

// turn does one pass of a loop; a panic ends the pass and not the worker.
func (w *Worker) turn(ctx context.Context, l loop) (more bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			more, err = false, dsr.Errorf(dsr.Internal, activities.CodeInternal, "panic %T", p)
		}
	}()
	return l.do(ctx)
}

func (w *Worker) woken(name string) <-chan struct{} {
	if name == "relay" {
		return w.relay.woken
	}
	return nil
}

// temporal keeps a Temporal worker running: it waits until Temporal is there,
// and begins anew when the worker ends with a fatal error.
func (w *Worker) temporal(ctx context.Context) {
	wait := time.Second
	for ctx.Err() == nil {
		err := w.serve(ctx)
		if ctx.Err() != nil {
			return
		}
		w.Log.Warn().Str("type", fmt.Sprintf("%T", err)).Str("code", dsr.CodeOf(err)).Msg("waiting for Temporal")
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, 10*time.Second)
	}
}

// serve works on the task queue until ctx ends or the worker dies.
func (w *Worker) serve(ctx context.Context) error {
	if err := w.Engine.Prepare(ctx); err != nil {
		return err
	}
	died := make(chan error, 1)
	sdk := sdkworker.New(w.Engine.Client(), workflows.TaskQueue, sdkworker.Options{
		// Few enough for one SQLite file and two cores, and enough that systems
		// which think for a minute do not stand in the way of commands.
		MaxConcurrentActivityExecutionSize:      64,
		MaxConcurrentLocalActivityExecutionSize: 32,
		WorkerStopTimeout:                       5 * time.Second,
		OnFatalError: func(err error) {
			select {
			case died <- err:
			default:
			}
		},
	})
	Register(sdk, w.Activities)
	if err := sdk.Start(); err != nil {
		return err
	}
	w.Log.Info().Str("queue", workflows.TaskQueue).Msg("working")
	select {
	case <-ctx.Done():
		sdk.Stop()
		return nil
	case err := <-died: // the SDK has stopped it already
		return err
	}
}

// Register registers every workflow and activity under its name on the wire.
func Register(r sdkworker.Registry, a *activities.Activities) {
	workflows.Register(r)
	r.RegisterActivity(a)
}
