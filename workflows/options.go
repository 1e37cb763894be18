package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Patience has names; nobody writes a timeout inline.
//
// Steps of the main line in our own database run as local activities first
// (near), because an ordinary activity costs six events and a local one costs one: a
// plain disclosure keeps a history of about 105 events instead of 180. They may: a
// worker that dies between the transaction and the marker does the step again,
// and every step is keyed. But a local activity that is retried keeps its
// workflow task alive with three events every few seconds, so when the
// database is away after the first tries the step becomes an ordinary activity
// (quick), whose retries write nothing for as long as it takes.
//
// Apply, inside the update handler, is never local. The acceptance of an
// update reaches the history together with the first command after it; with a
// local activity the applied mark could commit and the worker die before the
// acceptance is written. The update would be lost, the relay would see the
// mark and never deliver again, and the run would sleep on old facts.
const (
	// troubled is how long a run waits before it asks again for a step that
	// was refused for a reason which no retry changes.
	troubled = 10 * time.Minute
	// polling is the first pause between two rounds at systems that a person has been
	// told of: they may be back, or the person may have found another way.
	polling = 5 * time.Minute
	// seldom is the longest such pause, for systems that are away for days.
	seldom = 2 * time.Hour
	// soonest is the shortest timer: the port's clock and Temporal's may differ
	// by a little, and a milestone that is not due yet is asked for again.
	soonest = time.Second
	// latest is the longest pause between two such asks, for a port's clock
	// that stands far behind (tests on a real server move it by hand).
	latest = time.Hour
)

// near is for steps of the main line in our own database: three tries at once.
func near(ctx workflow.Context) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout:    4 * time.Second,
		ScheduleToCloseTimeout: 8 * time.Second, // under the 10 s of a workflow task
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    50 * time.Millisecond,
			BackoffCoefficient: 4,
			MaximumAttempts:    3,
		},
	})
}

// quick is for our own database: tried until it is there.
func quick(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    500 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    time.Minute,
		},
	})
}

// patient is for other people's systems: some eight tries in about two
// minutes, then a person is told.
func patient(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    time.Minute,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    time.Second,
			BackoffCoefficient: 2,
			MaximumInterval:    30 * time.Second,
			MaximumAttempts:    8,
		},
	})
}
