package store

import (
	"context"
	"errors"
	"fmt"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// Classify is the command classified: a member of staff said what is asked for.
// Another kind than the filed one ends this case as reclassified, and a sibling
// with the same arrival goes on with it; its ID is given.
func (o *Organisation) Classify(ctx context.Context, actor dsr.Actor, caseID, task string, kind dsr.Kind) (sibling string, err error) {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return "", err
	}
	return sibling, o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		sibling = ""
		row, err := t.takeTask(c, actor, task, dsr.TaskClassify)
		if err != nil {
			return err
		}
		if err := notWithdrawn(c); err != nil {
			return err
		}
		if string(kind) != c.Kind {
			next, err := t.reclassify(p, s, c, actor, row, kind)
			if err == nil {
				sibling = next.ID
			}
			return err
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

// reclassify ends a case because it asks for something else, and opens a
// sibling for that: the same words, arrival and clocks' start, and a process,
// target and letter of its own.
func (t *tx) reclassify(p *policy.Pack, s *submissionRow, c *caseRow, actor dsr.Actor, task *taskRow, kind dsr.Kind) (*caseRow, error) {
	if !dsr.Takes(p, kind, "") {
		return nil, dsr.Fail(dsr.Invalid, "error.kind-not-offered", "kind", string(kind))
	}
	if seen, err := t.authority(s); err != nil || represented(s) && !needsAuthority(s) && seen != nil && !covers(seen, kind) {
		// Who was admitted for something else was not admitted for this.
		return nil, errors.Join(err, dsr.Fail(dsr.Invalid, "error.mandate-covers", "kind", string(kind)))
	}
	var number int64
	if err := t.db.Raw("SELECT COALESCE(MAX(number), 0) + 1 FROM cases WHERE organisation = ? AND submission = ?", t.o.id, s.ID).
		Scan(&number).Error; err != nil {
		return nil, err
	}
	w := dsr.Wish{Kind: kind, Delivery: c.Delivery, Ground: c.Ground}
	if err := t.unseal(c.ID, "cases", "scope_sealed", c.ID, c.ScopeSealed, &w.Scope); err != nil {
		return nil, err
	}
	if len(c.ClaimsSealed) > 0 {
		if err := t.unseal(c.ID, "cases", "claims_sealed", c.ID, c.ClaimsSealed, &w.Claims); err != nil {
			return nil, err
		}
	}
	next, err := t.newCase(p, s, int(number), w, false) // a person classified it
	if err != nil {
		return nil, err
	}
	r, err := t.representative(s)
	if err != nil {
		return nil, err
	}
	d := filedData(s, next, r)
	d["from"] = c.ID
	if _, err := t.command(next, actor, dsr.CommandFiled, d); err != nil {
		return nil, err
	}
	events, err := t.clockEvents(c)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if e.Kind == clock.Start {
			if err := t.clockEvent(next, e.Kind, e.Cause, e.At); err != nil {
				return nil, err
			}
		}
	}
	if err := t.reclock(next, p); err != nil {
		return nil, err
	}
	if _, err := t.command(c, actor, dsr.CommandReclassified, data{"from": c.Kind, "to": next.Kind, "sibling": next.ID}); err != nil {
		return nil, err
	}
	c.Decided = string(dsr.OutcomeReclassified)
	if err := t.closeTask(task, actor.ID, "reclassified"); err != nil {
		return nil, err
	}
	if err := t.levelAgain(p, s, c); err != nil {
		return nil, err
	}
	// The receipt of the new case, and beside it what changed and why a second
	// number appears.
	if err := t.notify(p, s, next, "N-01", "1", letterExtra{PageOnly: true}); err != nil {
		return nil, err
	}
	if err := t.notify(p, s, c, "N-34", "1", letterExtra{NewKind: kind, NewReference: caseReference(s.Reference, next.Number)}); err != nil {
		return nil, err
	}
	if err := t.save(next, next.ID); err != nil {
		return nil, err
	}
	return next, t.save(c, c.ID)
}

// levelAgain computes the level of identity anew: that of the kinds that are
// asked for now. Nobody shows more than their request needs (Art. 37(4)), and
// what was shown for less does not do for more.
func (t *tx) levelAgain(p *policy.Pack, s *submissionRow, ended *caseRow) error {
	level := "L0"
	var kinds []string
	if err := t.db.Raw("SELECT kind FROM cases WHERE organisation = ? AND submission = ? AND id <> ? AND stage <> 'closed'", t.o.id, s.ID, ended.ID).
		Scan(&kinds).Error; err != nil {
		return err
	}
	for _, k := range kinds {
		id, err := t.identityFor(p, s, k)
		if err != nil {
			return err
		}
		level = max(level, id.Level)
	}
	if level == s.IdentityNeeded {
		return nil
	}
	s.IdentityNeeded = level
	return t.save(s, s.ID)
}

// ProposeRedirect proposes to refer the person to whoever is responsible. where
// is what they will read. An approver agrees or sends back; nothing is said
// about whether anything is held.
func (o *Organisation) ProposeRedirect(ctx context.Context, actor dsr.Actor, caseID, task, where string) error {
	return o.proposeEnd(ctx, actor, caseID, task, where, ending{dsr.TaskClassify, "redirect-proposed", dsr.OutcomeRedirected,
		func(*submissionRow) bool { return false }})
}

// proposedAgain opens the task from which a proposal came once more, when it was
// sent back. What came from a review goes back there by its stage.
func (t *tx) proposedAgain(s *submissionRow, c *caseRow, row *proposalRow) error {
	switch dsr.Outcome(row.Outcome) {
	case dsr.OutcomeRejectedIdentity:
		return t.openTask(c, dsr.TaskVerifyIdentity, fmt.Sprintf("%d/back/%d", s.IdentityAsked, row.Version), "sent-back")
	case dsr.OutcomeRejectedForm:
		return t.authorityAgain(s, c, row.Version)
	case dsr.OutcomeRedirected:
		return t.openTask(c, dsr.TaskClassify, fmt.Sprintf("%d/back/%d", c.Occasion, row.Version), "sent-back")
	}
	return nil
}
