package store

import (
	"context"

	"madoguchi/dsr"
)

func (o *Organisation) RecipientPage(ctx context.Context, actor dsr.Actor, caseID, recipient string) (page dsr.RecipientPage, err error) {
	return page, dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) TellRecipient(ctx context.Context, actor dsr.Actor, caseID, recipient, result string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}
