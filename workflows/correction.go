package workflows

import (
	"go.temporal.io/sdk/workflow"

	"madoguchi/dsr"
)

// Correction puts right what is not factual, or adds what is missing (APPI
// Art. 34(1) and the policies' own promise). What is in dispute is neither used
// nor handed over until it is settled; the correction lets it go in the same
// act, a refusal when the person has been told.
func Correction(ctx workflow.Context, in Start) (Result, error) {
	r, err := listen(ctx, in)
	if err != nil {
		return Result{}, err
	}
	r.load(ctx)
	for r.open() {
		r.triage(ctx)
		r.identity(ctx)
		r.authority(ctx)
		r.carry(ctx, dsr.ActionFreeze) // nobody uses or hands over what is in dispute
		r.accept(ctx)
		r.search(ctx)
		r.investigation(ctx) // is it a fact, and is it wrong? (Art. 34(2))

		for undecided := true; undecided; undecided = r.undecided() {
			r.review(ctx)
			r.decision(ctx)
			r.execution(ctx)
			r.carry(ctx, dsr.ActionCorrect) // while every value is as it was decided on; read back
		}

		r.notified(ctx)                 // what was corrected (Art. 34(3))
		r.recipients(ctx)               // those who received it are told
		r.carry(ctx, dsr.ActionRelease) // after the person was told of a refusal
		r.close(ctx)
	}
	return r.end(ctx)
}
