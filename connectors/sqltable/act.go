package sqltable

import (
	"context"

	"madoguchi/dsr"
)

// Act carries out one instruction in one transaction and reads it back.
func (s *System) Act(ctx context.Context, key string, in dsr.Instruction) (dsr.Acted, error) {
	return dsr.Acted{}, dsr.Fail(dsr.Internal, "error.internal")
}
