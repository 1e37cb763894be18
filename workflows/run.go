package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"madoguchi/activities"
	"madoguchi/dsr"
)

// a names activities; its methods are never called here.
var a *activities.Activities

// run is the state of one run of one case. Nothing of it crosses
// continue-as-new but in.
type run struct {
	in     Start
	facts  dsr.Facts // as the last activity gave them
	loaded bool      // the first activity has answered
	turn   int       // changes of facts so far: what a wait compares
	early  int       // times that the port's clock said "not yet" to the timer
	vain   int       // rounds in vain while somebody else must act
	mu     workflow.Mutex
	err    error // why the run ends without an outcome: continue-as-new, cancelled
}

// listen makes the run and registers its handlers, before anything blocks.
func listen(ctx workflow.Context, in Start) (*run, error) {
	r := &run{in: in, mu: workflow.NewMutex(ctx)}
	if err := workflow.SetQueryHandler(ctx, QueryFacts, func() (dsr.Facts, error) { return r.facts, nil }); err != nil {
		return nil, err
	}
	return r, workflow.SetUpdateHandlerWithOptions(ctx, UpdateDeliver, r.deliver,
		workflow.UpdateHandlerOptions{Validator: r.canDeliver})
}

// canDeliver checks shape and epoch only: it cannot wait, and a refused update
// leaves no trace. What was decided was decided in the database.
func (r *run) canDeliver(_ workflow.Context, c Command) error {
	if c.Command == "" || c.Number < 1 || !slices.Contains(dsr.CommandKinds, c.Kind) {
		return activities.Outward(dsr.Fail(dsr.Invalid, "error.command-shape"))
	}
	if c.Epoch != r.in.Epoch {
		return activities.Outward(dsr.Fail(dsr.Conflict, activities.CodeSuperseded))
	}
	return nil
}

// deliver applies one command. It waits until the run has loaded its case and
// every lower command is applied: an update that failed for its order would be
// remembered by its ID and never judged again in this run.
func (r *run) deliver(ctx workflow.Context, c Command) error {
	seen := -1
	for {
		err := workflow.Await(ctx, func() bool {
			return r.turn != seen && (r.gone() || r.loaded && r.facts.Applied >= c.Number-1)
		})
		if err != nil {
			return err
		}
		seen = r.turn
		refused := r.change(ctx, func() (dsr.Facts, *dsr.Error) {
			if r.gone() || r.facts.Applied >= c.Number {
				return r.facts, nil
			}
			var facts dsr.Facts // decoded apart: a query must not see half of it
			in := activities.ApplyInput{Run: r.in.Run, Number: c.Number}
			err := workflow.ExecuteActivity(quick(ctx), a.Apply, in).Get(ctx, &facts)
			return facts, activities.Inward(err)
		})
		switch {
		case refused != nil && refused.Code == activities.CodeOrder:
			continue
		case refused != nil:
			return activities.Outward(refused)
		case r.facts.Applied >= c.Number:
			return nil
		default:
			return activities.Outward(dsr.Fail(dsr.Conflict, activities.CodeSuperseded))
		}
	}
}

// load lets the first activity say where the case stands.
func (r *run) load(ctx workflow.Context) {
	for !r.loaded && r.err == nil {
		refused := r.change(ctx, func() (dsr.Facts, *dsr.Error) { return step[dsr.Facts](ctx, a.Begin, r.in.Run) })
		if refused != nil {
			r.complain(ctx, refused)
			r.newsSince(ctx, r.turn, troubled)
		}
	}
}

// gone reports whether there is nothing left that a command could change here.
func (r *run) gone() bool {
	return r.err != nil || r.facts.Superseded || r.loaded && !r.facts.Stage.Open()
}

// open reports whether this run has still to bring the case to its end.
func (r *run) open() bool { return !r.gone() }

// over reports whether every stage returns at once: the case is to be closed,
// or it is no longer this run's.
func (r *run) over() bool { return r.gone() || r.facts.Ended() }

// change is how facts change: one change at a time, so that an answer which was
// read earlier cannot overwrite a later one. do looks again at the facts,
// because the world moved while it waited for its turn.
func (r *run) change(ctx workflow.Context, do func() (dsr.Facts, *dsr.Error)) *dsr.Error {
	if err := r.mu.Lock(ctx); err != nil {
		r.err = err
		return activities.Inward(err)
	}
	defer r.mu.Unlock()
	facts, refused := do()
	if refused != nil {
		if ctx.Err() != nil {
			r.err = ctx.Err()
		}
		return refused
	}
	facts.Superseded = facts.Superseded || facts.Epoch > r.in.Epoch
	if r.loaded && facts == r.facts {
		return nil
	}
	if shown, _ := workflow.GetTypedSearchAttributes(ctx).GetKeyword(AttributeStage); !facts.Superseded && shown != string(facts.Stage) {
		if err := workflow.UpsertTypedSearchAttributes(ctx, AttributeStage.ValueSet(string(facts.Stage))); err != nil {
			workflow.GetLogger(ctx).Warn("stage not shown", "case", r.in.Case)
		}
	}
	r.facts, r.loaded, r.early = facts, true, 0
	r.turn++ // last: whoever wakes on it finds the change whole
	return nil
}

// step does one keyed step in our own database from the main line (options.go
// says why here first, and when it goes elsewhere).
func step[T any](ctx workflow.Context, activity, in any) (T, *dsr.Error) {
	var out T
	err := workflow.ExecuteLocalActivity(near(ctx), activity, in).Get(ctx, &out)
	if refused := activities.Inward(err); refused == nil || !refused.Fault.Retryable() || ctx.Err() != nil {
		return out, refused
	}
	var late T
	err = workflow.ExecuteActivity(quick(ctx), activity, in).Get(ctx, &late)
	return late, activities.Inward(err)
}

// refresh reads the facts anew.
func (r *run) refresh(ctx workflow.Context) *dsr.Error {
	return r.change(ctx, func() (dsr.Facts, *dsr.Error) { return step[dsr.Facts](ctx, a.Facts, r.in.Run) })
}

// enter moves the case to a stage, if the table has that change. The database
// may know something that this run has not heard yet and decline; then it
// waits for the news.
func (r *run) enter(ctx workflow.Context, to dsr.Stage) {
	can := func() bool { return !r.over() && !r.facts.Withdrawn && dsr.CanMove(r.facts.Stage, to) }
	if !can() {
		return
	}
	seen := r.turn
	refused := r.change(ctx, func() (dsr.Facts, *dsr.Error) {
		if !can() {
			return r.facts, nil
		}
		in := activities.EnterInput{Run: r.in.Run, Transition: r.facts.Transition + 1, To: to}
		return step[dsr.Facts](ctx, a.Enter, in)
	})
	if refused != nil {
		r.trouble(ctx, refused)
	} else if r.turn == seen {
		r.newsSince(ctx, seen, troubled)
	}
}

// hold stands still while the request is interrupted: withdrawn but not for
// good yet, under a fraud check, or waiting for the answer to a question. Then
// it returns to where the interruption began. Permissions for other systems
// stopped in the transaction that recorded it, without this run.
func (r *run) hold(ctx workflow.Context) {
	for !r.over() {
		stage := r.facts.Stage
		switch {
		case r.facts.Withdrawn:
			r.news(ctx)
		case r.facts.FraudOpen && stage == dsr.StageFraud:
			r.news(ctx)
		case r.facts.FraudOpen && dsr.CanMove(stage, dsr.StageFraud):
			r.enter(ctx, dsr.StageFraud)
		case r.facts.QuestionOpen && stage == dsr.StageClarification:
			r.idle(ctx)
		case r.facts.QuestionOpen && dsr.CanMove(stage, dsr.StageClarification):
			r.enter(ctx, dsr.StageClarification)
		case stage == dsr.StageFraud, stage == dsr.StageClarification:
			if !dsr.CanMove(stage, r.facts.Before) {
				r.newsSince(ctx, r.turn, troubled)
			}
			r.enter(ctx, r.facts.Before)
		default:
			return
		}
	}
}

// await waits until the facts say so, or the request has ended.
func (r *run) await(ctx workflow.Context, until func() bool) {
	for r.missing(ctx, until) {
		r.news(ctx)
	}
}

// news waits for the next change, however long that takes.
func (r *run) news(ctx workflow.Context) { r.newsSince(ctx, r.turn, 0) }

// newsSince waits until something changed since turn seen. There is one timer,
// on the earliest milestone; when it goes off the milestone falls due. With a
// limit, it waits no longer than that. On the way out of a completed change it
// goes on in a new run when the history has grown long.
func (r *run) newsSince(ctx workflow.Context, seen int, limit time.Duration) {
	changed := func() bool { return r.turn != seen || r.err != nil }
	wait, milestone := r.earliest(ctx)
	if limit > 0 && (milestone == "" || limit < wait) {
		wait, milestone = limit, ""
	}
	var err error
	told := true
	if wait == 0 {
		err = workflow.Await(ctx, changed)
	} else {
		told, err = workflow.AwaitWithTimeout(ctx, wait, changed)
	}
	if err != nil {
		r.err = err
		return
	}
	if !told && milestone != "" {
		r.fallDue(ctx, milestone)
	}
	r.goOn(ctx)
}

// earliest is the wait to the earliest milestone. A milestone that was not due
// yet by the port's clock is asked for again, later and later.
func (r *run) earliest(ctx workflow.Context) (time.Duration, string) {
	if r.facts.Milestone == "" {
		return 0, ""
	}
	pause := min(soonest<<min(r.early, 12), latest)
	return max(pause, time.UnixMicro(r.facts.MilestoneAt).Sub(workflow.Now(ctx))), r.facts.Milestone
}

// fallDue says in the database that a milestone fell due.
func (r *run) fallDue(ctx workflow.Context, milestone string) {
	seen := r.turn
	refused := r.change(ctx, func() (dsr.Facts, *dsr.Error) {
		if r.over() || r.facts.Milestone != milestone {
			return r.facts, nil
		}
		return step[dsr.Facts](ctx, a.FallDue, activities.FallDueInput{Run: r.in.Run, Milestone: milestone})
	})
	if refused != nil {
		r.complain(ctx, refused)
	}
	if r.turn == seen {
		r.early++
	}
}

// goOn continues in a new run when Temporal suggests it. Only here: a command
// that is being applied must have finished, or its effect would be lost to
// whoever waits for it.
func (r *run) goOn(ctx workflow.Context) {
	if r.gone() || !workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
		return
	}
	if r.err = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); r.err == nil {
		r.err = workflow.NewContinueAsNewError(ctx, workflow.GetInfo(ctx).WorkflowType.Name, r.in)
	}
}

// until puts an action to every connected system that it concerns until the
// facts say that it is done.
func (r *run) until(ctx workflow.Context, action dsr.Action, done func() bool) {
	r.ask(ctx, action, func() bool { return r.missing(ctx, done) })
}

// ask makes rounds of an action for as long as it is wanted. After a round that
// failed a person has been told; the next comes with the next news, or after a
// while, which grows with every round in vain: each one writes into the history
// and into the case's record.
func (r *run) ask(ctx workflow.Context, action dsr.Action, wanted func() bool) {
	for vain := 0; wanted(); {
		applied := r.facts.Applied
		r.round(ctx, action)
		if wanted() && r.facts.Applied == applied {
			r.newsSince(ctx, r.turn, pause(vain))
			vain++
		}
	}
}

// idle waits for the next change while somebody else must act. What is wanted
// of connected systems meanwhile is put to them side by side, so that one that
// is away keeps no other waiting: a search for records that may be the
// person's, a hold that the desk placed before the identity is proven.
func (r *run) idle(ctx workflow.Context) {
	lookup, hold := r.facts.LookupWanted, r.facts.HoldWanted
	if !lookup && !hold {
		r.vain = 0
		r.news(ctx)
		return
	}
	applied := r.facts.Applied
	if hold {
		r.round(ctx, dsr.ActionFreeze)
	}
	if lookup {
		r.round(ctx, dsr.ActionLookup)
	}
	done := lookup && !r.facts.LookupWanted || hold && !r.facts.HoldWanted
	if !done && !r.over() && r.facts.Applied == applied {
		r.newsSince(ctx, r.turn, pause(r.vain))
		r.vain++
	}
}

// pause is how long to wait after so many rounds in vain.
func pause(vain int) time.Duration { return min(polling<<min(vain, 8), seldom) }

// round tries every effect of an action that is still to be done, side by side.
// It holds no lock: commands are heard while other people's systems think.
func (r *run) round(ctx workflow.Context, action dsr.Action) {
	plan := activities.PlanInput{Run: r.in.Run, Action: action}
	ledger, refused := step[activities.Plan](ctx, a.PlanEffects, plan)
	if refused != nil {
		r.trouble(ctx, refused)
		return
	}
	var errand any = a.Act
	switch action {
	case dsr.ActionLookup:
		errand = a.LookUp
	case dsr.ActionCollect:
		errand = a.Collect
	}
	var effects []string
	var tries []workflow.Future
	for _, e := range ledger.Effects {
		if e.State != dsr.EffectVerified && e.State != dsr.EffectWaived {
			effects = append(effects, e.ID)
			tries = append(tries, workflow.ExecuteActivity(patient(ctx), errand, activities.EffectInput{Run: r.in.Run, Effect: e.ID}))
		}
	}
	for i, try := range tries {
		failed := activities.Inward(try.Get(ctx, nil))
		if failed == nil || failed.Fault == dsr.Forbidden { // withdrawn, superseded: the facts will say
			continue
		}
		in := activities.GiveUpInput{PlanInput: plan, Effect: effects[i], Code: failed.Code}
		if _, refused := step[struct{}](ctx, a.GiveUp, in); refused != nil {
			r.complain(ctx, refused)
		}
	}
	if refused := r.refresh(ctx); refused != nil {
		r.complain(ctx, refused)
	}
}

// build builds the package.
func (r *run) build(ctx workflow.Context) {
	seen := r.turn
	refused := activities.Inward(workflow.ExecuteActivity(quick(ctx), a.BuildPackage, r.in.Run).Get(ctx, nil))
	if refused == nil {
		refused = r.refresh(ctx)
	}
	if refused != nil {
		r.trouble(ctx, refused)
	} else if r.turn == seen {
		r.newsSince(ctx, seen, troubled)
	}
}

// close makes the closing change. It is declined while a command is recorded
// and not applied: then the case waits for it, and the line is walked again
// with what it brought.
func (r *run) close(ctx workflow.Context) {
	may := func() bool { return r.open() && (r.facts.Ended() || r.facts.Stage == dsr.StageNotified) }
	seen := r.turn
	refused := r.change(ctx, func() (dsr.Facts, *dsr.Error) {
		if !may() {
			return r.facts, nil
		}
		return step[dsr.Facts](ctx, a.Close, activities.CloseInput{Run: r.in.Run, Transition: r.facts.Transition + 1})
	})
	switch {
	case r.gone():
	case refused != nil && refused.Code == activities.CodePending:
		r.newsSince(ctx, seen, polling)
	case refused != nil:
		r.trouble(ctx, refused)
	case r.turn == seen:
		r.newsSince(ctx, seen, troubled)
	}
}

// end lets the handlers finish, so that nobody who handed over a command gets
// an error for an answer.
func (r *run) end(ctx workflow.Context) (Result, error) {
	if r.err == nil {
		r.err = workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
	}
	if r.err != nil {
		return Result{}, r.err
	}
	return Result{Outcome: r.facts.Outcome, Superseded: r.facts.Superseded}, nil
}

// trouble is for a step that was refused for a reason which no retry changes:
// the run looks again at the facts, and if they say nothing new it waits. It
// never fails: the person is still owed an answer.
func (r *run) trouble(ctx workflow.Context, refused *dsr.Error) {
	r.complain(ctx, refused)
	seen := r.turn
	if refused := r.refresh(ctx); refused != nil {
		r.complain(ctx, refused)
	}
	r.newsSince(ctx, seen, troubled)
}

// complain writes a refusal into the log: IDs and codes.
func (r *run) complain(ctx workflow.Context, refused *dsr.Error) {
	if ctx.Err() != nil {
		r.err = ctx.Err()
		return
	}
	workflow.GetLogger(ctx).Warn("step refused", "case", r.in.Case, "epoch", r.in.Epoch,
		"stage", string(r.facts.Stage), "fault", string(refused.Fault), "code", refused.Code)
}
