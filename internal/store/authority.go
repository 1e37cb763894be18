package store

import (
	"context"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// askAuthority begins the authority step.
func (t *tx) askAuthority(p *policy.Pack, s *submissionRow, c *caseRow) error { return nil }

// leaveAuthority ends it.
func (t *tx) leaveAuthority(p *policy.Pack, s *submissionRow, c *caseRow, to dsr.Stage) error {
	return nil
}

func (o *Organisation) AuthorityPage(ctx context.Context, actor dsr.Actor, caseID string) (page dsr.AuthorityPage, err error) {
	return page, dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) AskAuthority(ctx context.Context, actor dsr.Actor, caseID, task, reason, typed string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) RecordAuthority(ctx context.Context, actor dsr.Actor, caseID, task string, a dsr.Authority) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) Admit(ctx context.Context, actor dsr.Actor, caseID, task string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) ReturnAuthority(ctx context.Context, actor dsr.Actor, caseID, task, comment string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) ProposeFormRejection(ctx context.Context, actor dsr.Actor, caseID, task, typed string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}
