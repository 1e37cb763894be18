package store

import (
	"context"

	"madoguchi/dsr"
)

func (o *Organisation) StopPage(ctx context.Context, token string) (page dsr.StopPage, err error) {
	return page, dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) StopErasure(ctx context.Context, token string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) ResumeErasure(ctx context.Context, actor dsr.Actor, caseID, task string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) Reconsider(ctx context.Context, actor dsr.Actor, caseID, task string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}
