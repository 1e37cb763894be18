package store

import (
	"context"
	"slices"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// Investigation opens the screen on which it is looked into whether the record
// is wrong, or a ground is there (Art. 34(2), 35).
func (o *Organisation) Investigation(ctx context.Context, actor dsr.Actor, caseID string) (page dsr.InvestigationPage, err error) {
	if err := needRole(actor, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return page, err
	}
	err = o.openCase(ctx, actor, caseID, "investigation", "items", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		r, err := t.reviewPage(p, s, c)
		if err != nil {
			return err
		}
		page = dsr.InvestigationPage{CasePage: r.CasePage, Person: r.Person, Scope: r.Scope, Ground: r.Ground, Claims: r.Claims,
			Items: r.Items, Findings: r.Findings, Messages: r.Messages, Notes: r.Notes}
		return nil
	})
	if err != nil {
		return dsr.InvestigationPage{}, err
	}
	return page, nil
}

// findings are what the investigation found, opened.
func (t *tx) findings(c *caseRow) (out []dsr.Finding, err error) {
	if len(c.FindingsSealed) == 0 {
		return nil, nil
	}
	return out, t.unseal(c.ID, "cases", "findings_sealed", c.ID, c.FindingsSealed, &out)
}

// Investigated is the command of that name: every item has a finding, and what
// was looked at is written down. The texts are sealed; the results stand in the
// record.
func (o *Organisation) Investigated(ctx context.Context, actor dsr.Actor, caseID, task string, given []dsr.Finding) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if err := notWithdrawn(c); err != nil {
			return err
		}
		if c.Question != "" {
			return dsr.Fail(dsr.Conflict, "error.question-open") // the answer may change what is found
		}
		row, err := t.takeTask(c, actor, task, dsr.TaskInvestigate)
		if err != nil {
			return err
		}
		var items []string
		if err := t.db.Model(&itemRow{}).Where("organisation = ? AND case_id = ? AND plan_version = ?", o.id, c.ID, c.PlanVersion).
			Order("number").Pluck("id", &items).Error; err != nil {
			return err
		}
		offer, _ := p.Offer(c.Kind)
		var found []dsr.Finding
		results := data{}
		for _, id := range items {
			at := slices.IndexFunc(given, func(f dsr.Finding) bool { return f.Item == id })
			if at < 0 || !slices.Contains(dsr.Kind(c.Kind).Findings(), given[at].Result) ||
				given[at].Result == dsr.FindingPromised && !offer.NoGround { // no policy promises what its pack does not say
				return dsr.Fail(dsr.Invalid, "error.finding-open")
			}
			f := given[at]
			if f.Checked, err = text(f.Checked); err != nil {
				return err
			}
			f.By = actor.ID
			found = append(found, f)
			results[id] = string(f.Result)
		}
		if c.FindingsSealed, err = t.seal(c.ID, "cases", "findings_sealed", c.ID, found); err != nil {
			return err
		}
		c.InvestigatedAt = micros(t.now)
		if _, err := t.command(c, actor, dsr.CommandInvestigated, data{"items": len(found), "results": results}); err != nil {
			return err
		}
		if err := t.closeTask(row, actor.ID, "investigated"); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}
