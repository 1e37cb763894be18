package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"madoguchi/dsr"
)

// The stages that kinds of request share, in the order of the procedure. Each
// returns at once when its facts are recorded, when the request has ended, and
// when the case is past it; none moves a case backward but review and
// identity, after a proposal was sent back.

// triage: what is asked for, and of whom? A person classifies what did not come
// by a form. What is somebody else's to answer is referred there, which is
// proposed and decided like every other answer.
func (r *run) triage(ctx workflow.Context) {
	r.pass(ctx, dsr.StageTriage)
	known := func() bool { return r.facts.Classified || r.decided() }
	for r.missing(ctx, known) {
		switch {
		case r.facts.Proposed():
			r.decision(ctx)
		case dsr.CanMove(r.facts.Stage, dsr.StageTriage): // sent back, or reopened after a referral
			r.enter(ctx, dsr.StageTriage)
		default:
			r.idle(ctx)
		}
	}
}

// identity: who are you? Candidates are looked up in the connected systems, the
// person sends what the pack asks for, a handler compares. When it cannot be
// proven, a rejection is proposed and decided like every other one.
func (r *run) identity(ctx workflow.Context) {
	known := func() bool { return r.facts.IdentityProven || r.decided() }
	for r.missing(ctx, known) {
		switch {
		case r.facts.Proposed():
			r.decision(ctx)
		case dsr.CanMove(r.facts.Stage, dsr.StageIdentity):
			r.enter(ctx, dsr.StageIdentity)
		default:
			r.idle(ctx)
		}
	}
}

// authority: may you ask for somebody else? A handler sees relationship and
// mandate, a second person admits the representative. When it cannot be shown, a
// rejection is proposed and decided like every other one.
func (r *run) authority(ctx workflow.Context) {
	shown := func() bool { return !r.facts.AuthorityNeeded || r.facts.AuthorityProven || r.decided() }
	for r.missing(ctx, shown) {
		switch {
		case r.facts.Proposed():
			r.decision(ctx)
		case dsr.CanMove(r.facts.Stage, dsr.StageAuthority):
			r.enter(ctx, dsr.StageAuthority)
		default:
			r.idle(ctx)
		}
	}
}

// fee: what does it cost? Most policies ask for nothing.
func (r *run) fee(ctx workflow.Context) {
	paid := func() bool { return !r.facts.FeeDue || r.facts.FeePaid || r.decided() }
	if r.missing(ctx, paid) {
		r.enter(ctx, dsr.StageFee)
		r.await(ctx, paid)
	}
}

// accept: form, identity, authority and fee are complete. A rejection that was
// proposed before a sibling's request brought the proof is decided first.
func (r *run) accept(ctx workflow.Context) {
	early := func() bool { return r.facts.Proposed() && !r.facts.Collected }
	for r.missing(ctx, r.decided) && early() {
		r.decision(ctx)
	}
	if !r.missing(ctx, r.decided) {
		return
	}
	r.pass(ctx, dsr.StageAccepted)
	if r.facts.Stage == dsr.StageDecision && !r.facts.Collected { // sent back, and proven meanwhile
		r.enter(ctx, dsr.StageAccepted)
	}
}

// search: what do we hold? Every connected system is asked; for one that does
// not answer a person is told, and it is asked again.
func (r *run) search(ctx workflow.Context) {
	if !r.missing(ctx, r.decided) {
		return
	}
	r.pass(ctx, dsr.StageSearch)
	if r.missing(ctx, func() bool { return r.facts.Preserved && r.facts.Collected }) {
		r.enter(ctx, dsr.StageSearch) // a reopened case searches again
		// Before anything is looked at: what is looked for must not be disposed of.
		r.until(ctx, dsr.ActionPreserve, func() bool { return r.facts.Preserved || r.decided() })
		r.until(ctx, dsr.ActionCollect, func() bool { return r.facts.Collected || r.decided() })
	}
}

// investigation: is the record wrong, is there a ground? It lasts until a person
// has written down what was looked at and what it showed.
func (r *run) investigation(ctx workflow.Context) {
	found := func() bool { return r.facts.Investigated || r.decided() }
	if r.missing(ctx, found) {
		r.enter(ctx, dsr.StageInvestigation)
		r.await(ctx, found)
	}
}

// review: what is exempt? It lasts until somebody proposes an answer.
func (r *run) review(ctx workflow.Context) {
	proposed := func() bool { return r.facts.Proposed() || r.decided() }
	if r.missing(ctx, proposed) {
		r.enter(ctx, dsr.StageReview)
		r.await(ctx, proposed)
	}
}

// decision: who agrees? It lasts until a different person agrees with the
// proposal or sends it back.
func (r *run) decision(ctx workflow.Context) {
	if r.decided() || r.facts.Proposed() {
		r.pass(ctx, dsr.StageDecision)
	}
	r.await(ctx, func() bool { return !r.facts.Proposed() })
}

// execution: do what was decided. A disclosure builds its package; what the
// other kinds do, their lines say.
func (r *run) execution(ctx workflow.Context) {
	if !r.facts.GivesPackage() && !r.facts.Changes() {
		return
	}
	r.pass(ctx, dsr.StageExecution)
	for r.missing(ctx, func() bool { return !r.facts.GivesPackage() || r.facts.PackageReady }) {
		r.build(ctx)
	}
}

// carry does one action of the plan on every connected system that it concerns,
// and returns at once when there is nothing of it to do, or when the plan is no
// longer agreed. An erasure that somebody stops is let be between two rounds.
func (r *run) carry(ctx workflow.Context, action dsr.Action) {
	switch action {
	case dsr.ActionFreeze:
		r.until(ctx, action, func() bool { return !r.facts.HoldWanted || r.decided() })
	case dsr.ActionErase:
		r.until(ctx, action, func() bool { return r.facts.Todo != action || r.waits() || !r.decided() })
	case dsr.ActionRelease:
		// Also when the request ended without a decision, and as long as a system
		// is away: a hold that nothing needs harms the person.
		r.ask(ctx, action, func() bool { return r.open() && r.facts.ReleaseWanted })
	default:
		r.until(ctx, action, func() bool { return r.facts.Todo != action || !r.decided() })
	}
}

// coolingOff waits while the agreed erasure can be stopped, and longer when
// somebody stopped it: until a person has said how it goes on, which may be a
// new review.
func (r *run) coolingOff(ctx workflow.Context) {
	r.await(ctx, func() bool { return !r.waits() || !r.decided() })
}

// waits reports whether the agreed erasure may not begin yet.
func (r *run) waits() bool { return r.facts.CoolingOff || r.facts.Stopped }

// recipients: those who received the data are told by people, each with up to
// three attempts. It keeps the case open, not the answer.
func (r *run) recipients(ctx workflow.Context) {
	r.await(ctx, func() bool { return r.facts.RecipientsOpen == 0 })
}

// delivery: until it is downloaded or handed over, or its availability ends.
func (r *run) delivery(ctx workflow.Context) {
	if !r.facts.GivesPackage() {
		return
	}
	r.pass(ctx, dsr.StageDelivery)
	r.await(ctx, func() bool { return r.facts.Delivered })
}

// notified: the person has been told. A decision without a package is told by
// its letter. Nothing that comes later happens before.
func (r *run) notified(ctx workflow.Context) {
	told := func() bool { return place(r.facts.Stage) >= place(dsr.StageNotified) }
	for r.missing(ctx, told) && dsr.CanMove(r.facts.Stage, dsr.StageNotified) {
		r.enter(ctx, dsr.StageNotified)
	}
}

// decided reports whether an agreed proposal says how the case ends.
func (r *run) decided() bool { return r.facts.Decided != "" }

// undecided reports whether review and decision must be gone through again.
func (r *run) undecided() bool { return !r.over() && !r.decided() }

// unfinished reports whether the case must be decided again, or what was
// decided is still to be carried out: an erasure that was stopped goes on here,
// or back to review.
func (r *run) unfinished() bool {
	switch r.facts.Todo {
	case dsr.ActionSuspend, dsr.ActionCorrect, dsr.ActionErase:
		return !r.over()
	}
	return r.undecided() || !r.over() && r.waits()
}

// missing reports whether the procedure has still to see to something. It
// stands still first while the request is interrupted.
func (r *run) missing(ctx workflow.Context, there func() bool) bool {
	r.hold(ctx)
	return !r.over() && !there()
}

// pass enters a stage when the case is before it, and does nothing when the
// case is there or past it.
func (r *run) pass(ctx workflow.Context, to dsr.Stage) {
	if r.missing(ctx, func() bool { return place(r.facts.Stage) >= place(to) }) {
		r.enter(ctx, to)
	}
}

// place is where a stage stands in the order of the procedure. A reopened case
// is past everything: what it must repeat it finds by its facts.
func place(s dsr.Stage) int { return slices.Index(dsr.Stages, s) }
