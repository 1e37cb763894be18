package store

import (
	"context"
	"slices"
	"strings"

	"madoguchi/dsr"
	"madoguchi/internal/notices"
	"madoguchi/policy"
)

// tests are the exemptions of the pack that are put to every item: those that
// would withhold it. Whether something is held at all, and whose name stands
// in it, are asked by measure and redaction.
func tests(p *policy.Pack, kind string) []policy.Exemption {
	return slices.DeleteFunc(p.ExemptionsFor(kind), func(e policy.Exemption) bool { return e.Effect != "withhold" })
}

// byEffect is the pack's exemption for a fact: "redact" or "not-held".
func byEffect(p *policy.Pack, kind, effect string) (policy.Exemption, bool) {
	for _, e := range p.ExemptionsFor(kind) {
		if e.Effect == effect {
			return e, true
		}
	}
	return policy.Exemption{}, false
}

// items are the items of the case's present plan, opened, each with every test
// of the pack and every proposed redaction.
func (t *tx) items(p *policy.Pack, c *caseRow) ([]dsr.Item, error) {
	var rows []itemRow
	err := t.db.Where("organisation = ? AND case_id = ? AND plan_version = ?", t.o.id, c.ID, c.PlanVersion).Order("number").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	var out []dsr.Item
	for _, r := range rows {
		it, err := t.item(p, c, &r)
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, nil
}

func (t *tx) item(p *policy.Pack, c *caseRow, r *itemRow) (dsr.Item, error) {
	it := dsr.Item{ID: r.ID, System: r.System, Quarantine: r.Quarantine != 0}
	var err error
	if it.Record, err = t.itemRecord(r); err != nil {
		return it, err
	}
	var answered []dsr.ItemTest
	if len(r.TestsSealed) > 0 {
		if err := t.unseal(c.ID, "items", "tests_sealed", r.ID, r.TestsSealed, &answered); err != nil {
			return it, err
		}
	}
	if len(r.DecisionSealed) > 0 {
		if err := t.unseal(c.ID, "items", "decision_sealed", r.ID, r.DecisionSealed, &it.Decision); err != nil {
			return it, err
		}
	}
	it.Decision.Item = r.ID
	for _, e := range tests(p, c.Kind) {
		test := dsr.ItemTest{Exemption: e.ID}
		for _, a := range answered {
			if a.Exemption == e.ID {
				test = a
			}
		}
		it.Tests = append(it.Tests, test)
	}
	// The mapping's pointers to other people are proposals: software never
	// decides them, and none may be left open.
	for _, name := range it.Record.ThirdParties {
		if !slices.ContainsFunc(it.Decision.Redactions, func(x dsr.Redaction) bool { return x.Text == name }) {
			it.Decision.Redactions = append(it.Decision.Redactions, dsr.Redaction{Text: name, Proposed: true})
		}
	}
	it.Answered = complete(p, c.Kind, it) == nil
	return it, nil
}

// complete says what an item still lacks; nil when nothing is left open.
func complete(p *policy.Pack, kind string, it dsr.Item) error {
	applies := map[string]bool{}
	for _, x := range it.Tests {
		switch x.Answer {
		case dsr.AnswerApplies:
			if strings.TrimSpace(x.Evidence) == "" {
				return dsr.Fail(dsr.Invalid, "error.evidence-empty")
			}
			applies[x.Exemption] = true
		case dsr.AnswerDoesNot:
		default:
			return dsr.Fail(dsr.Invalid, "error.test-open")
		}
	}
	for _, r := range it.Decision.Redactions {
		if !r.Answered {
			return dsr.Fail(dsr.Invalid, "error.redaction-open")
		}
	}
	switch it.Decision.Measure {
	case dsr.MeasureDisclose:
		if it.Quarantine {
			return dsr.Fail(dsr.Invalid, "error.quarantine")
		}
		if len(applies) > 0 {
			return dsr.Fail(dsr.Invalid, "error.disclose-against-ground")
		}
	case dsr.MeasureWithhold:
		if !applies[it.Decision.Exemption] || strings.TrimSpace(it.Decision.Reason) == "" {
			return dsr.Fail(dsr.Invalid, "error.withhold-needs-ground")
		}
	case dsr.MeasureNotHeld:
		// Somebody else's rows, or nothing: the reason is the pack's own.
	default:
		return dsr.Fail(dsr.Invalid, "error.measure-empty")
	}
	return nil
}

// AnswerItem records tests, redactions and measure of one item.
func (o *Organisation) AnswerItem(ctx context.Context, actor dsr.Actor, caseID string, in dsr.Item) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if _, err := t.takeTask(c, actor, "", dsr.TaskReview); err != nil {
			return err
		}
		var row itemRow
		if err := t.db.Where("organisation = ? AND case_id = ? AND id = ? AND plan_version = ?", o.id, c.ID, in.ID, c.PlanVersion).
			Take(&row).Error; err != nil {
			return err
		}
		it, err := t.item(p, c, &row)
		if err != nil {
			return err
		}
		for i := range it.Tests {
			it.Tests[i].Answer, it.Tests[i].Evidence, it.Tests[i].AnsweredBy = "", "", actor.ID
			for _, x := range in.Tests {
				if x.Exemption == it.Tests[i].Exemption {
					it.Tests[i].Answer, it.Tests[i].Evidence = x.Answer, strings.TrimSpace(x.Evidence)
				}
			}
		}
		it.Decision.Measure, it.Decision.Exemption, it.Decision.Reason = in.Decision.Measure, in.Decision.Exemption, strings.TrimSpace(in.Decision.Reason)
		it.Decision.Redactions = redactions(it, in.Decision.Redactions)
		voice := string(dsr.Voice(s.Voice).Letter())
		it.Decision.ReasonCode = ""
		switch it.Decision.Measure {
		case dsr.MeasureWithhold:
			if e, ok := p.Exemption(c.Kind, it.Decision.Exemption); ok {
				it.Decision.ReasonCode = e.ReasonCode
				if it.Decision.Reason == "" {
					it.Decision.Reason = p.Text(e.Reason, voice)
				}
			}
		case dsr.MeasureNotHeld:
			it.Decision.Exemption = ""
			if e, ok := byEffect(p, c.Kind, "not-held"); ok {
				it.Decision.Exemption, it.Decision.ReasonCode = e.ID, e.ReasonCode
				if it.Decision.Reason == "" {
					it.Decision.Reason = p.Text(e.Reason, voice)
				}
			}
		case dsr.MeasureDisclose:
			it.Decision.Exemption, it.Decision.Reason = "", ""
			for _, r := range it.Decision.Redactions {
				if e, ok := byEffect(p, c.Kind, "redact"); ok && r.Accepted {
					// Given with parts covered: the letter says why (RC-21).
					it.Decision.ReasonCode, it.Decision.Exemption, it.Decision.Reason = e.ReasonCode, e.ID, p.Text(e.Reason, voice)
				}
			}
		}
		if err := complete(p, c.Kind, it); err != nil {
			return err
		}
		if row.TestsSealed, err = t.seal(c.ID, "items", "tests_sealed", row.ID, it.Tests); err != nil {
			return err
		}
		if row.DecisionSealed, err = t.seal(c.ID, "items", "decision_sealed", row.ID, it.Decision); err != nil {
			return err
		}
		row.Measure, row.Exemption, row.ReasonCode = string(it.Decision.Measure), it.Decision.Exemption, it.Decision.ReasonCode
		row.AnsweredBy, row.AnsweredAt = actor.ID, micros(t.now)
		if err := t.save(&row, row.ID); err != nil {
			return err
		}
		answers := data{}
		for _, x := range it.Tests {
			answers[x.Exemption] = string(x.Answer)
		}
		if err := t.record(c, actor, "item-answered", data{"item": row.ID, "measure": row.Measure, "exemption": row.Exemption,
			"reason_code": row.ReasonCode, "tests": answers, "redactions": len(it.Decision.Redactions)}); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// redactions joins what was proposed with what the reviewer answered and added.
func redactions(it dsr.Item, given []dsr.Redaction) (out []dsr.Redaction) {
	for _, name := range it.Record.ThirdParties {
		r := dsr.Redaction{Text: name, Proposed: true}
		for _, g := range given {
			if g.Text == name {
				r.Accepted, r.Answered = g.Accepted, g.Answered
			}
		}
		out = append(out, r)
	}
	for _, g := range given {
		g.Text = strings.TrimSpace(g.Text)
		if g.Text == "" || slices.Contains(it.Record.ThirdParties, g.Text) {
			continue
		}
		out = append(out, dsr.Redaction{Text: g.Text, Accepted: true, Answered: true})
	}
	return out
}

// Review gives the decide screen; the opening is recorded first.
func (o *Organisation) Review(ctx context.Context, actor dsr.Actor, caseID string) (page dsr.ReviewPage, err error) {
	if err := needRole(actor, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return page, err
	}
	err = o.openCase(ctx, actor, caseID, "review", "items", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		page, err = t.reviewPage(p, s, c)
		return err
	})
	return page, err
}

func (t *tx) reviewPage(p *policy.Pack, s *submissionRow, c *caseRow) (page dsr.ReviewPage, err error) {
	if page.CasePage, err = t.casePage(p, s, c, dsr.Actor{}); err != nil {
		return page, err
	}
	if page.Person, err = t.person(s); err != nil {
		return page, err
	}
	if err = t.unseal(c.ID, "cases", "scope_sealed", c.ID, c.ScopeSealed, &page.Scope); err != nil {
		return page, err
	}
	if page.Items, err = t.items(p, c); err != nil {
		return page, err
	}
	for _, it := range page.Items {
		if !it.Answered {
			page.Open++
		}
	}
	page.Outcome = outcomeOf(page.Items)
	if c.SentBack > 0 {
		var row proposalRow
		if err = t.db.Where("organisation = ? AND case_id = ? AND version = ?", t.o.id, c.ID, c.SentBack).Limit(1).Find(&row).Error; err != nil {
			return page, err
		}
		if len(row.CommentSealed) > 0 {
			if err = t.unseal(c.ID, "proposals", "comment_sealed", proposalRowID(c, row.Version), row.CommentSealed, &page.Comment); err != nil {
				return page, err
			}
		}
	}
	page.Messages, page.Notes, err = t.correspondence(c)
	return page, err
}

// Preview renders the decision letter as it would be sent: of the newest
// proposal while one waits for an approver, of the items as they stand
// otherwise.
func (o *Organisation) Preview(ctx context.Context, actor dsr.Actor, caseID string) (letter dsr.Letter, err error) {
	if err := needRole(actor, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return letter, err
	}
	err = o.openCase(ctx, actor, caseID, "preview", "items", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		var content proposalContent
		if c.Proposal > c.SentBack {
			_, content, err = t.proposal(c, c.Proposal)
		} else {
			var items []dsr.Item
			items, err = t.items(p, c)
			content.Outcome = outcomeOf(items)
			for _, it := range items {
				if it.Answered {
					d := it.Decision
					d.Item = it.ID
					content.Decisions = append(content.Decisions, d)
				}
			}
		}
		if err != nil {
			return err
		}
		texts, err := t.itemTexts(p, s, c, content)
		if err != nil {
			return err
		}
		voice := dsr.Voice(s.Voice).Letter()
		letter, err = notices.Letter(letterOf(content.Outcome), voice, t.letterData(p, s, c, voice, letterExtra{Items: texts, Outcome: content.Outcome}))
		return err
	})
	return letter, err
}

// letterOf is the notice that tells an outcome.
func letterOf(o dsr.Outcome) string {
	switch o {
	case dsr.OutcomeFulfilled:
		return "N-12"
	case dsr.OutcomePartial:
		return "N-13"
	case dsr.OutcomeNotHeld:
		return "N-15"
	case dsr.OutcomeRefused, dsr.OutcomeRejectedIdentity:
		return "N-14"
	}
	return ""
}

// Approval gives the approver's screen: the newest proposal as it stands.
func (o *Organisation) Approval(ctx context.Context, actor dsr.Actor, caseID string) (page dsr.ApprovePage, err error) {
	if err := needRole(actor, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return page, err
	}
	err = o.openCase(ctx, actor, caseID, "approval", "items", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if page.ReviewPage, err = t.reviewPage(p, s, c); err != nil {
			return err
		}
		if c.Proposal == 0 {
			return dsr.Fail(dsr.NotFound, "error.proposal-none")
		}
		row, content, err := t.proposal(c, c.Proposal)
		if err != nil {
			return err
		}
		for _, pr := range page.Proposals {
			if pr.Version == int(row.Version) {
				page.Proposal = pr
			}
		}
		page.Outcome, page.Previous = content.Outcome, page.Comment
		// The items as proposed, word for word.
		for i := range page.Items {
			for _, d := range content.Decisions {
				if d.Item == page.Items[i].ID {
					page.Items[i].Decision = d
				}
			}
		}
		switch {
		case row.Verdict != "":
			page.Why = "error.task-done"
		case row.Proposer == actor.ID:
			page.Why = "error.same-person"
		case !actor.Has(dsr.RoleApprover, dsr.RoleManager):
			page.Why = "error.forbidden"
		case c.WithdrawnAt != 0:
			page.Why = "error.withdrawn"
		default:
			page.MayApprove = true
		}
		return nil
	})
	return page, err
}

// openCase runs fn after the record of the opening is committed: the record
// first, or nothing is given (fail closed).
func (o *Organisation) openCase(ctx context.Context, actor dsr.Actor, caseID, purpose, class string, fn func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error) error {
	err := o.write(ctx, func(t *tx) error {
		s, c, err := t.find(caseID)
		if err != nil {
			return err
		}
		if err := t.appointed(actor); err != nil {
			return err
		}
		return t.opened(s.ID, c.ID, actor, purpose, class)
	})
	if err != nil {
		return err
	}
	return o.view(ctx, func(t *tx) error {
		s, c, err := t.find(caseID)
		if err != nil {
			return err
		}
		p, err := o.pack(s.PackDigest)
		if err != nil {
			return err
		}
		return fn(t, p, s, c)
	})
}
