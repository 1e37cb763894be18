package workflows

import (
	"go.temporal.io/sdk/workflow"

	"madoguchi/dsr"
)

// Disclosure answers a person who asks what is held about them (APPI Art. 33(1)
// and the policies' own promise of it), from the day the request is filed to
// the day it is closed.
//
// The line is walked once. It is walked again when something arrives while the
// case is closing: whatever is done returns at once.
func Disclosure(ctx workflow.Context, in Start) (Result, error) {
	r, err := listen(ctx, in)
	if err != nil {
		return Result{}, err
	}
	r.load(ctx)
	for r.open() {
		r.triage(ctx)    // what is asked for?
		r.identity(ctx)  // who are you?
		r.authority(ctx) // may you ask for somebody else?
		r.fee(ctx)       // what does it cost?
		r.accept(ctx)
		r.search(ctx) // what do we hold?

		for undecided := true; undecided; undecided = r.undecided() {
			r.review(ctx)   // what is exempt? One person proposes
			r.decision(ctx) // who agrees? Another one, or it is sent back
		}

		r.execution(ctx) // do it: build the package
		r.delivery(ctx)  // hand it over
		r.notified(ctx)  // the person has been told
		r.carry(ctx, dsr.ActionRelease)
		r.close(ctx)
	}
	return r.end(ctx)
}
