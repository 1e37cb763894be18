package officetest

import (
	"context"

	"madoguchi/dsr"
)

// Instruction gives what an act needs.
func (o *office) Instruction(_ context.Context, effect string) (dsr.Instruction, error) {
	return dsr.Instruction{}, dsr.Fail(dsr.Internal, "error.internal")
}

// SaveActed verifies the effect.
func (o *office) SaveActed(_ context.Context, effect string, fence int, acted dsr.Acted) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}

// Act carries one instruction out.
func (s *System) Act(_ context.Context, key string, in dsr.Instruction) (dsr.Acted, error) {
	return dsr.Acted{}, dsr.Fail(dsr.Internal, "error.internal")
}
