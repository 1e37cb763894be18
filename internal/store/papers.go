package store

import (
	"context"

	"madoguchi/dsr"
)

func (o *Organisation) PapersArrived(ctx context.Context, actor dsr.Actor, caseID string, kinds []string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}
