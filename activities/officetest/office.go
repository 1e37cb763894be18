package officetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"madoguchi/activities"
	"madoguchi/dsr"
)

// Canary is the personal data of this house: no history, error or log may hold
// it.
const Canary = "Nguyễn Thị Canary"

// office is the port's side of the house.
type office struct {
	house        *House
	organisation string
}

var _ activities.Office = (*office)(nil)

// with runs one transaction on a case, fenced by the epoch (0 for no fence).
func (o *office) with(ctx context.Context, caseID string, epoch int, do func(f *file) error) (dsr.Facts, error) {
	h := o.house
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.gone(ctx); err != nil {
		return dsr.Facts{}, err
	}
	f := h.cases[caseID]
	if f == nil || f.organisation != o.organisation {
		return dsr.Facts{}, dsr.Fail(dsr.NotFound, "error.not-found")
	}
	if epoch != 0 && epoch < f.facts.Epoch {
		facts := f.facts
		facts.Superseded = true
		return facts, nil
	}
	if do != nil {
		if err := do(f); err != nil {
			return dsr.Facts{}, err
		}
	}
	h.settle(f)
	h.arm(f)
	return f.facts, nil
}

func (o *office) Begin(ctx context.Context, caseID string, epoch int) (dsr.Facts, error) {
	return o.with(ctx, caseID, epoch, func(f *file) error {
		if f.acked < epoch {
			f.acked = epoch
			if n := f.starts[epoch]; n > f.facts.Applied {
				if n != f.facts.Applied+1 {
					return dsr.Fail(dsr.Conflict, activities.CodeOrder)
				}
				f.apply(n)
			}
			if f.facts.Stage == dsr.StageClosed && f.facts.Occasion > 1 {
				f.move(dsr.StageReopened)
				f.facts.Outcome = ""
			}
		}
		return nil
	})
}

func (o *office) Apply(ctx context.Context, caseID string, epoch, number int) (dsr.Facts, error) {
	return o.with(ctx, caseID, epoch, func(f *file) error {
		switch {
		case number <= f.facts.Applied:
			return nil
		case number != f.facts.Applied+1:
			return dsr.Fail(dsr.Conflict, activities.CodeOrder)
		}
		f.apply(number)
		return nil
	})
}

func (o *office) Facts(ctx context.Context, caseID string, epoch int) (dsr.Facts, error) {
	return o.with(ctx, caseID, epoch, nil)
}

func (o *office) Enter(ctx context.Context, caseID string, epoch, transition int, to dsr.Stage) (dsr.Facts, error) {
	return o.with(ctx, caseID, epoch, func(f *file) error {
		h, x := o.house, &f.facts
		switch {
		case transition <= x.Transition, x.Withdrawn, x.Ended():
			return nil
		case transition != x.Transition+1:
			h.fault("change %d of %s when %d was the last", transition, caseID, x.Transition)
			return dsr.Fail(dsr.Conflict, "error.transition")
		case !dsr.CanMove(x.Stage, to) || to == dsr.StageClosed:
			h.fault("%s to %s of %s", x.Stage, to, caseID)
			return dsr.Fail(dsr.Invalid, "error.stage")
		}
		if to == dsr.StageNotified && (x.Todo != "" || x.CoolingOff || x.Stopped) {
			h.fault("%s told before everything was done: %q", caseID, x.Todo)
		}
		f.cancel("identity-reminder", "identity-expiry", "authority-expiry", "availability-end")
		f.move(to)
		switch to {
		case dsr.StageIdentity:
			if x.LookupOccasion < x.Occasion {
				x.LookupWanted, x.LookupOccasion = true, x.Occasion
			}
			h.add(f, "identity-reminder", 5*24*time.Hour)
			h.add(f, "identity-expiry", 15*24*time.Hour)
		case dsr.StageAuthority:
			h.add(f, "authority-expiry", 15*24*time.Hour)
		case dsr.StageExecution:
			if x.CoolingOff {
				h.add(f, "cooling-off", h.CoolingOff)
			}
		case dsr.StageDelivery:
			h.add(f, "availability-end", 7*24*time.Hour)
		case dsr.StageNotified:
			for _, a := range f.acts {
				if change(a.Action) {
					x.RecipientsOpen = h.Recipients
				}
			}
		}
		return nil
	})
}

func (o *office) FallDue(ctx context.Context, caseID, milestone, by string) (dsr.Facts, error) {
	return o.with(ctx, caseID, 0, func(f *file) error {
		o.house.asked++
		for _, m := range f.milestones {
			if m.ID == milestone {
				o.house.fire(f, m, by)
			}
		}
		return nil
	})
}

func (o *office) Close(ctx context.Context, caseID string, epoch, transition int) (dsr.Facts, error) {
	return o.with(ctx, caseID, epoch, func(f *file) error {
		x := &f.facts
		switch {
		case !x.Stage.Open():
			return nil
		case len(f.commands) > x.Applied:
			return dsr.Fail(dsr.Conflict, activities.CodePending)
		case transition != x.Transition+1:
			o.house.fault("closing as change %d of %s when %d was the last", transition, caseID, x.Transition)
			return dsr.Fail(dsr.Conflict, "error.transition")
		}
		switch {
		case x.WithdrawalFinal:
			x.Outcome = dsr.OutcomeWithdrawn
		case x.Expired:
			x.Outcome = dsr.OutcomeNoResponse
		case x.Decided != "" && (x.Stage == dsr.StageNotified || x.Ended()):
			x.Outcome = x.Decided
		default:
			o.house.fault("closing %s at %s without an end", caseID, x.Stage)
			return dsr.Fail(dsr.Invalid, "error.stage")
		}
		if len(f.standing()) > 0 {
			o.house.fault("%s closed with a hold in %q", caseID, f.standing())
		}
		if x.RecipientsOpen > 0 && !x.Ended() {
			o.house.fault("%s closed with %d recipients to tell", caseID, x.RecipientsOpen)
		}
		f.move(dsr.StageClosed)
		for _, m := range f.milestones {
			m.Gone = m.FiredBy == ""
		}
		return nil
	})
}

func (o *office) PlanEffects(ctx context.Context, caseID string, epoch int, action dsr.Action) ([]dsr.Effect, error) {
	var out []dsr.Effect
	facts, err := o.with(ctx, caseID, epoch, func(f *file) error {
		for _, w := range o.house.wanted(f, action) {
			w.Case, w.Action, w.PlanVersion = caseID, action, f.facts.PlanVersion
			w.ID = fmt.Sprintf("%s/%s/%s/%s/%d", caseID, w.Connector, action, w.Object, w.PlanVersion)
			e := f.effect(w.ID)
			if e == nil {
				e = &w
				f.effects = append(f.effects, e)
			}
			out = append(out, *e)
		}
		f.asked = append(f.asked, action)
		return nil
	})
	if facts.Superseded {
		out = nil
	}
	return out, err
}

// wanted are the ledger rows that an action has in a case now.
func (h *House) wanted(f *file, action dsr.Action) (out []dsr.Effect) {
	row := func(system, object string) {
		out = append(out, dsr.Effect{Connector: system, Object: object, State: dsr.EffectPlanned})
	}
	switch action {
	case dsr.ActionLookup, dsr.ActionCollect:
		for _, system := range h.Systems {
			row(system, f.facts.Submission)
		}
	case dsr.ActionPreserve, dsr.ActionFreeze:
		for _, system := range h.Systems {
			row(system, f.facts.Case)
			if slices.Contains(h.NoHolds, system) {
				out[len(out)-1].State = dsr.EffectWaived
			}
		}
	case dsr.ActionRelease:
		for _, system := range f.standing() {
			row(system, f.facts.Case)
		}
	default:
		for _, it := range f.plan {
			if it.action == action {
				row(it.system, it.id)
			}
		}
	}
	return out
}

func (o *office) Permit(ctx context.Context, effect string, epoch int) (dsr.Effect, error) {
	var out dsr.Effect
	facts, err := o.with(ctx, caseOf(effect), epoch, func(f *file) error {
		e := f.effect(effect)
		if e.State == dsr.EffectVerified || e.State == dsr.EffectWaived {
			out = *e
			return nil
		}
		if !f.permits(e) {
			return dsr.Fail(dsr.Forbidden, "error.not-permitted")
		}
		if e.Action == dsr.ActionCollect && (!f.facts.Preserved || f.facts.HoldWanted) {
			o.house.fault("%s searched before anything was held", f.facts.Case)
		}
		e.Fence++
		e.State = dsr.EffectAttempting
		out = *e
		return nil
	})
	if err == nil && facts.Superseded {
		err = dsr.Fail(dsr.Forbidden, activities.CodeSuperseded)
	}
	return out, err
}

// permits is the table of conditions for each action (design 8).
func (f *file) permits(e *dsr.Effect) bool {
	x := f.facts
	if e.Action == dsr.ActionRelease {
		return x.ReleaseWanted
	}
	if x.Withdrawn || !x.Stage.Open() {
		return false
	}
	switch e.Action {
	case dsr.ActionLookup:
		return true
	case dsr.ActionCollect, dsr.ActionPreserve:
		return x.IdentityProven
	case dsr.ActionFreeze:
		return x.IdentityProven || f.provisional
	case dsr.ActionErase:
		return f.agreed(e) && !x.CoolingOff && !x.Stopped
	}
	return f.agreed(e)
}

// agreed reports whether the agreed plan has the effect.
func (f *file) agreed(e *dsr.Effect) bool {
	for _, it := range f.plan {
		if it.id == e.Object && it.system == e.Connector && it.action == e.Action {
			return f.facts.Stage == dsr.StageExecution && f.facts.Decided != "" && f.facts.Agreed > 0
		}
	}
	return false
}

func (o *office) Identifiers(ctx context.Context, effect string) (dsr.Identifiers, error) {
	return dsr.Identifiers{Name: Canary}, o.house.gone(ctx)
}

func (o *office) Locator(ctx context.Context, effect string) (string, dsr.Identifiers, error) {
	return "record of " + Canary, dsr.Identifiers{Name: Canary}, o.house.gone(ctx)
}

func (o *office) SaveCandidates(ctx context.Context, effect string, fence int, _ []dsr.Candidate) error {
	return o.verify(ctx, effect, fence)
}

func (o *office) SaveRecords(ctx context.Context, effect string, fence int, _ []dsr.Record) error {
	return o.verify(ctx, effect, fence)
}

func (o *office) verify(ctx context.Context, effect string, fence int) error {
	_, err := o.with(ctx, caseOf(effect), 0, func(f *file) error {
		if e := f.effect(effect); e.Fence == fence {
			e.State = dsr.EffectVerified
		}
		return nil
	})
	return err
}

func (o *office) FailEffect(ctx context.Context, effect string, fence int, _ string, last bool) error {
	_, err := o.with(ctx, caseOf(effect), 0, func(f *file) error {
		if e := f.effect(effect); e.Fence == fence && e.State != dsr.EffectVerified && last {
			e.State = dsr.EffectFailed
			f.task(dsr.TaskCollect)
		}
		return nil
	})
	return err
}

func (o *office) PackageInputs(ctx context.Context, caseID string, epoch int) (dsr.Parcel, error) {
	_, err := o.with(ctx, caseID, epoch, func(f *file) error {
		if f.facts.Withdrawn {
			return dsr.Fail(dsr.Forbidden, "error.not-permitted")
		}
		return nil
	})
	return dsr.Parcel{Organisation: Canary}, err
}

func (o *office) SavePackage(ctx context.Context, caseID string, epoch int, digest string, _ []byte) (dsr.Facts, error) {
	return o.with(ctx, caseID, epoch, func(f *file) error {
		f.packages[digest] = true
		f.facts.PackageReady = true
		return nil
	})
}

func (f *file) apply(n int) {
	f.commands[n-1].applied = true
	f.facts.Applied = n
}

// move makes the change and remembers where an interruption began.
func (f *file) move(to dsr.Stage) {
	x := &f.facts
	aside := func(s dsr.Stage) bool { return s == dsr.StageClarification || s == dsr.StageFraud }
	if aside(to) && !aside(x.Stage) {
		x.Before = x.Stage
	} else if !aside(to) {
		x.Before = ""
	}
	x.Stage = to
	x.Transition++
	f.path = append(f.path, to)
}

// settle writes what the ledger adds up to.
func (h *House) settle(f *file) {
	x := &f.facts
	x.LookupWanted = x.LookupWanted && !f.settled(dsr.ActionLookup)
	x.Preserved = x.Preserved || f.settled(dsr.ActionPreserve)
	x.Collected = x.Collected || f.settled(dsr.ActionCollect)
	may := f.provisional || x.IdentityProven && !f.unauthorised()
	x.HoldWanted = x.Kind.Freezes() && may && x.Stage.Open() && !x.Ended() && x.Decided == "" && x.Classified && !f.settled(dsr.ActionFreeze)
	x.Todo = "" // an erasure that waits for its time is not next yet
	for _, action := range []dsr.Action{dsr.ActionErase, dsr.ActionCorrect, dsr.ActionSuspend} {
		for _, w := range h.wanted(f, action) {
			if !f.done(action, w.Object) && (action != dsr.ActionErase || !x.CoolingOff && !x.Stopped) {
				x.Todo = action
			}
		}
	}
	x.ReleaseWanted = len(f.standing()) > 0 && x.Stage.Open() && (x.Ended() || x.Stage == dsr.StageNotified)
}

// settled reports whether every system did an action, or a person said why not.
// One that failed is asked again until then.
func (f *file) settled(action dsr.Action) bool {
	if !slices.Contains(f.asked, action) {
		return false
	}
	for _, e := range f.effects {
		over := e.State == dsr.EffectVerified || e.State == dsr.EffectWaived
		if e.Action == action && e.PlanVersion == f.facts.PlanVersion && !over {
			return false
		}
	}
	return true
}

// done reports whether an act on an item was read back, or a person does
// without it.
func (f *file) done(action dsr.Action, object string) bool {
	for _, e := range f.effects {
		if e.Action == action && e.Object == object && e.PlanVersion == f.facts.PlanVersion {
			return e.State == dsr.EffectVerified || e.State == dsr.EffectWaived
		}
	}
	return false
}

// standing are the systems in which this case holds something, or may: of a
// call that did not come back nobody knows.
func (f *file) standing() (out []string) {
	for system, holds := range f.holds {
		if len(holds) > 0 {
			out = append(out, system)
		}
	}
	slices.Sort(out)
	return out
}

// change reports whether an action carries a decision out.
func change(action dsr.Action) bool {
	return action == dsr.ActionSuspend || action == dsr.ActionCorrect || action == dsr.ActionErase
}

func (f *file) task(kind dsr.TaskKind) {
	for _, k := range f.tasks {
		if k == kind {
			return
		}
	}
	f.tasks = append(f.tasks, kind)
}

func (f *file) effect(id string) *dsr.Effect {
	for _, e := range f.effects {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// caseOf reads the case from an effect's ID, which here begins with it.
func caseOf(effect string) string { return strings.SplitN(effect, "/", 2)[0] }
