package activities

import (
	"context"

	"madoguchi/dsr"
)

// Act carries out one effect that changes something in a connected system: a
// hold, a correction, a suspension, an erasure, a release. The permission is
// taken at the last moment, and what the system read back is recorded.
func (a *Activities) Act(ctx context.Context, in EffectInput) (EffectOutput, error) {
	return a.attempt(ctx, in, func(office Office, system Connector, e dsr.Effect) (int, error) {
		instruction, err := office.Instruction(ctx, e.ID)
		if err != nil {
			return 0, err
		}
		acted, err := system.Act(ctx, e.ID, instruction)
		if err != nil {
			return 0, a.failed(ctx, office, e, err)
		}
		return acted.Rows, office.SaveActed(ctx, e.ID, e.Fence, acted)
	})
}
