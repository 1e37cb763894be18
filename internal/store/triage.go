package store

import (
	"context"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// Classify is the command classified: a member of staff said what is asked for.
// Another kind than the filed one closes nothing here: it needs the case's own
// reclassification, which comes with the other kinds.
func (o *Organisation) Classify(ctx context.Context, actor dsr.Actor, caseID, task string, kind dsr.Kind) (sibling string, err error) {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return "", err
	}
	return "", o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		row, err := t.takeTask(c, actor, task, dsr.TaskClassify)
		if err != nil {
			return err
		}
		if string(kind) != c.Kind {
			return dsr.Fail(dsr.Invalid, "error.kind-not-offered", "kind", string(kind))
		}
		if _, err := t.command(c, actor, dsr.CommandClassified, data{"kind": c.Kind}); err != nil {
			return err
		}
		c.ClassifiedAt = micros(t.now)
		if err := t.closeTask(row, actor.ID, "classified"); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// ProposeRedirect proposes to refer the person to whoever is responsible.
func (o *Organisation) ProposeRedirect(ctx context.Context, actor dsr.Actor, caseID, task, where string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}
