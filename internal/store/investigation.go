package store

import (
	"context"

	"madoguchi/dsr"
)

func (o *Organisation) Investigation(ctx context.Context, actor dsr.Actor, caseID string) (page dsr.InvestigationPage, err error) {
	return page, dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) Investigated(ctx context.Context, actor dsr.Actor, caseID, task string, findings []dsr.Finding) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}
