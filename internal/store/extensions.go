package store

import (
	"context"

	"madoguchi/dsr"
)

// Extend orders an extension of one clock of a case.
func (o *Organisation) Extend(ctx context.Context, actor dsr.Actor, caseID string, e dsr.Extension) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}
