package activities

import (
	"context"

	"madoguchi/dsr"
)

// Begin acknowledges the run in the database and gives what is recorded of the
// case: the first activity of every workflow.
func (a *Activities) Begin(ctx context.Context, in Run) (dsr.Facts, error) {
	return a.Offices.Office(in.Organisation).Begin(ctx, in.Case, in.Epoch)
}

// Facts reads the case anew.
func (a *Activities) Facts(ctx context.Context, in Run) (dsr.Facts, error) {
	return a.Offices.Office(in.Organisation).Facts(ctx, in.Case, in.Epoch)
}

// ApplyInput names one command of a case by its number.
type ApplyInput struct {
	Run
	Number int `json:"number"`
}

// Apply writes the applied mark of a command: what makes a second delivery of
// it harmless (design: How a command travels, 2). Conflict CodeOrder while a
// lower command is not applied.
func (a *Activities) Apply(ctx context.Context, in ApplyInput) (dsr.Facts, error) {
	return a.Offices.Office(in.Organisation).Apply(ctx, in.Case, in.Epoch, in.Number)
}

// FallDueInput names a milestone.
type FallDueInput struct {
	Run
	Milestone string `json:"milestone"`
}

// FallDue records that the run's timer for a milestone went off. The sweep may
// have been first; then it finds the work done. Before the milestone's time by
// the port's clock nothing changes.
//
// The port's FallDue has no fence, because the sweep has no epoch. A run of an
// older epoch must change nothing, so the facts are read with the fence first.
func (a *Activities) FallDue(ctx context.Context, in FallDueInput) (dsr.Facts, error) {
	office := a.Offices.Office(in.Organisation)
	facts, err := office.Facts(ctx, in.Case, in.Epoch)
	if err != nil || facts.Superseded {
		return facts, err
	}
	return office.FallDue(ctx, in.Case, in.Milestone, ByTimer)
}

// ByTimer is who fired a milestone when the run's own timer did.
const ByTimer = "timer"
