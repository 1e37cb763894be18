package workflows

import (
	"go.temporal.io/sdk/workflow"

	"madoguchi/dsr"
)

// Deletion takes away content that is not factual (APPI Art. 34(1)) or does the
// measure that a policy promises under that name: the measure belongs to the
// item, so that one may be suspended, another erased and a third kept until a
// statute's period ends.
func Deletion(ctx workflow.Context, in Start) (Result, error) { return erasing(ctx, in) }

// Erasure makes irrecoverable what may no longer be held (APPI Art. 35(1), (5)).
func Erasure(ctx workflow.Context, in Start) (Result, error) { return erasing(ctx, in) }

// erasing is the line of both: what can be undone first, what cannot be undone
// last, after the time in which it can be stopped.
func erasing(ctx workflow.Context, in Start) (Result, error) {
	r, err := listen(ctx, in)
	if err != nil {
		return Result{}, err
	}
	r.load(ctx)
	for r.open() {
		r.triage(ctx)
		r.identity(ctx)
		r.authority(ctx)
		r.accept(ctx)
		r.search(ctx)
		r.investigation(ctx) // is there a ground, where one is needed?

		for unfinished := true; unfinished; unfinished = r.unfinished() {
			r.review(ctx)
			r.decision(ctx)
			r.execution(ctx)
			r.carry(ctx, dsr.ActionSuspend)
			r.carry(ctx, dsr.ActionCorrect)
			r.coolingOff(ctx) // everybody on file was told; a link stops it without signing in
			r.carry(ctx, dsr.ActionErase)
		}

		r.notified(ctx) // which measure each item got (Art. 34(3), 35(7))
		r.recipients(ctx)
		r.carry(ctx, dsr.ActionRelease)
		r.close(ctx)
	}
	return r.end(ctx)
}
