package activities

import (
	"context"

	"madoguchi/dsr"
)

// EnterInput asks for one stage change. Transition is the number that the
// change will have in the case: the key that makes a second try harmless.
type EnterInput struct {
	Run
	Transition int       `json:"transition"`
	To         dsr.Stage `json:"to"`
}

// Enter makes a stage change with everything that belongs to it (tasks,
// milestones, clocks, notices) in one transaction. When the facts no longer
// allow it, it changes nothing and the run sees why in the facts.
func (a *Activities) Enter(ctx context.Context, in EnterInput) (dsr.Facts, error) {
	return a.Offices.Office(in.Organisation).Enter(ctx, in.Case, in.Epoch, in.Transition, in.To)
}

// CloseInput asks for the closing change. The outcome is not in it: the
// database takes it from what was recorded.
type CloseInput struct {
	Run
	Transition int `json:"transition"`
}

// Close closes the case. Conflict CodePending while a command is recorded and
// not yet applied.
func (a *Activities) Close(ctx context.Context, in CloseInput) (dsr.Facts, error) {
	return a.Offices.Office(in.Organisation).Close(ctx, in.Case, in.Epoch, in.Transition)
}
