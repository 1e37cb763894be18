package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/notices"
	"madoguchi/policy"
)

// tests are the exemptions that the policy puts to an item: those that stand
// against the measure that was asked for. Whether something is held at all, and
// whose name stands in it, are asked by measure and redaction.
func (by rules) tests(it dsr.Item) []policy.Asked {
	return slices.DeleteFunc(by.p.Asked(by.request, asItem(it.System, it.Record)), func(e policy.Asked) bool {
		return e.Effect == policy.EffectRedact || e.Effect == policy.EffectNotHeld
	})
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

// rules are what an item is judged by beside what stands in it.
type rules struct {
	p        *policy.Pack
	kind     dsr.Kind
	request  policy.Request
	findings []dsr.Finding
	today    clock.Date // in the organisation's zone
}

func (t *tx) rules(p *policy.Pack, s *submissionRow, c *caseRow) (rules, error) {
	asked, err := t.request(p, s, c)
	if err != nil {
		return rules{}, err
	}
	found, err := t.findings(c)
	return rules{p: p, kind: dsr.Kind(c.Kind), request: asked, findings: found, today: clock.DateOf(t.now.In(zone(p)))}, err
}

// items are the items of the case's present plan, opened, each with every test
// of the pack and every proposed redaction.
func (t *tx) items(p *policy.Pack, s *submissionRow, c *caseRow) ([]dsr.Item, error) {
	by, err := t.rules(p, s, c)
	if err != nil {
		return nil, err
	}
	var rows []itemRow
	err = t.db.Where("organisation = ? AND case_id = ? AND plan_version = ?", t.o.id, c.ID, c.PlanVersion).Order("number").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	var out []dsr.Item
	for _, r := range rows {
		it, err := t.item(by, c, &r)
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, nil
}

func (t *tx) item(by rules, c *caseRow, r *itemRow) (dsr.Item, error) {
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
	for _, e := range by.tests(it) {
		test := dsr.ItemTest{Exemption: e.ID}
		for _, a := range answered {
			if a.Exemption == e.ID {
				test = a
			}
		}
		test.Because = e.Because()
		it.Tests = append(it.Tests, test)
	}
	// The mapping's pointers to other people are proposals: software never
	// decides them, and none may be left open. They matter where the item is
	// given to somebody.
	for _, name := range it.Record.ThirdParties {
		if by.kind == dsr.KindDisclosure && !slices.ContainsFunc(it.Decision.Redactions, func(x dsr.Redaction) bool { return x.Text == name }) {
			it.Decision.Redactions = append(it.Decision.Redactions, dsr.Redaction{Text: name, Proposed: true})
		}
	}
	it.Answered = by.complete(it) == nil
	return it, nil
}

// complete says what an item still lacks; nil when nothing is left open.
func (by rules) complete(it dsr.Item) error {
	d := it.Decision
	if !slices.Contains(by.kind.Measures(), d.Measure) {
		if d.Measure == "" {
			return dsr.Fail(dsr.Invalid, "error.measure-empty")
		}
		return dsr.Fail(dsr.Invalid, "error.measure-unknown")
	}
	if d.Measure == dsr.MeasureOutside {
		return nil // what a request does not concern is not put to any test
	}
	applies := map[string]bool{} // by exemption
	effects := map[string]bool{} // of those that apply
	for _, x := range it.Tests {
		switch x.Answer {
		case dsr.AnswerApplies:
			if strings.TrimSpace(x.Evidence) == "" {
				return dsr.Fail(dsr.Invalid, "error.evidence-empty")
			}
			applies[x.Exemption] = true
			if e, ok := by.p.Exemption(string(by.kind), x.Exemption); ok {
				effects[e.Effect] = true
			}
		case dsr.AnswerDoesNot:
		default:
			return dsr.Fail(dsr.Invalid, "error.test-open")
		}
	}
	for _, r := range d.Redactions {
		if !r.Answered {
			return dsr.Fail(dsr.Invalid, "error.redaction-open")
		}
	}
	if d.Measure.Granted() || d.Measure == dsr.MeasureKeep {
		if it.Quarantine { // perhaps somebody else's
			return dsr.Fail(dsr.Invalid, "error.quarantine")
		}
		if by.kind.Against(d.Measure, effects) {
			return dsr.Fail(dsr.Invalid, "error.disclose-against-ground")
		}
	}
	switch d.Measure {
	case dsr.MeasureWithhold:
		if !applies[d.Exemption] || strings.TrimSpace(d.Reason) == "" {
			return dsr.Fail(dsr.Invalid, "error.withhold-needs-ground")
		}
	case dsr.MeasureRefuse:
		if !applies[d.Exemption] || strings.TrimSpace(d.Reason) == "" {
			return dsr.Fail(dsr.Invalid, "error.refuse-needs-ground")
		}
	case dsr.MeasureCorrect, dsr.MeasureDelete:
		return by.changes(it)
	case dsr.MeasureKeep:
		if !slices.Contains(by.schedules(it), dsr.Schedule{Rule: d.Schedule, Until: d.Until}) {
			return dsr.Fail(dsr.Invalid, "error.keep-needs-schedule")
		}
	case dsr.MeasureAlternative:
		if strings.TrimSpace(d.Alternative) == "" || d.Until == "" {
			return dsr.Fail(dsr.Invalid, "error.alternative-needs-text")
		}
		if until, err := clock.ParseDate(d.Until); err != nil || until.Before(by.today) {
			return dsr.Fail(dsr.Invalid, "error.date-unreadable")
		}
	}
	return nil
}

// changes says what the values of a correction still lack. Each is a value of
// this record that the system lets us write, and differs from what stands there.
func (by rules) changes(it dsr.Item) error {
	d := it.Decision
	if len(d.Changes) == 0 {
		return dsr.Fail(dsr.Invalid, "error.change-needs-value")
	}
	seen := map[[2]string]bool{}
	for _, ch := range d.Changes {
		before, col, ok := valueAt(it.Record, ch.Row, ch.Column)
		at := [2]string{ch.Row, ch.Column}
		switch {
		case !ok || !col.Writable || col.Opinion || seen[at]:
			// An evaluation is no fact that could be wrong (Art. 34(1)).
			return dsr.Fail(dsr.Invalid, "error.change-not-writable")
		case before != ch.Before:
			return dsr.Fail(dsr.Conflict, "error.changed-meanwhile")
		case ch.After == before, d.Measure == dsr.MeasureCorrect && strings.TrimSpace(ch.After) == "", d.Measure == dsr.MeasureDelete && ch.After != "":
			return dsr.Fail(dsr.Invalid, "error.change-needs-value")
		}
		seen[at] = true
		field, known := by.p.FieldAt(policy.Place{System: it.System, Category: it.Record.Category, Column: ch.Column})
		if known && field.Fixed && !slices.ContainsFunc(by.findings, func(f dsr.Finding) bool {
			return f.Item == it.ID && f.Result == dsr.FindingWrong
		}) {
			// The policy says that it cannot be changed. Only a written finding that
			// it is not factual overrides that (Art. 34(2)).
			return dsr.Fail(dsr.Invalid, "error.change-not-writable")
		}
	}
	return nil
}

// valueAt is the value of a record at a row's key and a column.
func valueAt(r dsr.Record, row, column string) (value string, col dsr.Column, ok bool) {
	i := slices.Index(r.RowKeys, row)
	j := slices.IndexFunc(r.Columns, func(c dsr.Column) bool { return c.Name == column })
	if i < 0 || j < 0 || i >= len(r.Rows) || j >= len(r.Rows[i]) {
		return "", col, false
	}
	return r.Rows[i][j], r.Columns[j], true
}

// schedules are the periods of statutes that ask for an item to be kept, with
// the day on which each ends: Years after the newest date of the record, by the
// Civil Code (Art. 140, 143). The engine proposes them, a person decides.
func (by rules) schedules(it dsr.Item) (out []dsr.Schedule) {
	for _, r := range by.p.RetentionFor(policy.Place{System: it.System, Category: it.Record.Category}) {
		if len(r.Statute) == 0 || r.Years <= 0 {
			continue // the policy's own period keeps nothing from the person
		}
		j := slices.IndexFunc(it.Record.Columns, func(c dsr.Column) bool { return c.Name == r.From })
		var from clock.Date
		for _, row := range it.Record.Rows {
			if j < 0 || j >= len(row) || len(row[j]) < len(time.DateOnly) {
				continue
			}
			if at, err := clock.ParseDate(row[j][:len(time.DateOnly)]); err == nil && from.Before(at) {
				from = at
			}
		}
		if from.IsZero() {
			continue
		}
		if until := clock.KeptUntil(from, r.Years); !until.Before(by.today) {
			out = append(out, dsr.Schedule{Rule: r.ID, Until: until.String()})
		}
	}
	return out
}

// concerned reports whether a request concerns an item at all.
func concerned(d dsr.Decision) bool { return d.Measure != dsr.MeasureOutside }

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
		by, err := t.rules(p, s, c)
		if err != nil {
			return err
		}
		if err := t.notCarriedOut(c, row.ID); err != nil {
			return err
		}
		it, err := t.item(by, c, &row)
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
		it.Decision = by.decided(it, in.Decision, string(dsr.Voice(s.Voice).Letter()))
		if err := by.complete(it); err != nil {
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
			"reason_code": row.ReasonCode, "tests": answers, "redactions": len(it.Decision.Redactions), "changes": len(it.Decision.Changes),
			"schedule": it.Decision.Schedule, "until": it.Decision.Until}); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// notCarriedOut refuses to decide anew about an item with which something was
// done already: what is done stays done.
func (t *tx) notCarriedOut(c *caseRow, item string) error {
	var n, kept int64
	if err := t.db.Model(&effectRow{}).Where("organisation = ? AND case_id = ? AND object = ? AND action IN ? AND fence > 0 AND state <> 'waived'",
		t.o.id, c.ID, item, changing).Count(&n).Error; err != nil {
		return err
	}
	if err := t.db.Model(&scheduledRow{}).Where("organisation = ? AND case_id = ? AND item = ? AND state <> 'waived'", t.o.id, c.ID, item).
		Count(&kept).Error; err != nil {
		return err
	}
	if n+kept > 0 {
		return dsr.Fail(dsr.Conflict, "error.carried-out")
	}
	return nil
}

// decided is what a reviewer decided about an item, with what the engine knows
// better than a form: what stands in the record, and when a period ends.
func (by rules) decided(it dsr.Item, in dsr.Decision, voice string) dsr.Decision {
	d := dsr.Decision{Item: it.ID, Measure: in.Measure, Reason: strings.TrimSpace(in.Reason), Difficulty: strings.TrimSpace(in.Difficulty)}
	if by.kind == dsr.KindDisclosure {
		d.Redactions = redactions(it, in.Redactions)
	}
	on := func(e policy.Exemption) {
		d.Exemption, d.ReasonCode = e.ID, e.ReasonCode
		if d.Reason == "" {
			d.Reason = by.p.Text(e.Reason, voice)
		}
	}
	// byTest is the first ground of an effect that was said to apply.
	byTest := func(effect string) {
		for _, x := range it.Tests {
			if e, ok := by.p.Exemption(string(by.kind), x.Exemption); ok && x.Answer == dsr.AnswerApplies && e.Effect == effect && d.Exemption == "" {
				on(e)
			}
		}
	}
	switch d.Measure {
	case dsr.MeasureWithhold, dsr.MeasureRefuse:
		d.Exemption = in.Exemption
		if e, ok := by.p.Exemption(string(by.kind), in.Exemption); ok {
			on(e)
		}
		if d.Measure == dsr.MeasureRefuse {
			d.Alternative = strings.TrimSpace(in.Alternative)
		}
	case dsr.MeasureNotHeld:
		if e, ok := byEffect(by.p, string(by.kind), policy.EffectNotHeld); ok {
			on(e)
		}
	case dsr.MeasureDisclose:
		d.Reason = ""
		for _, r := range d.Redactions {
			if e, ok := byEffect(by.p, string(by.kind), policy.EffectRedact); ok && r.Accepted {
				// Given with parts covered: the letter says why (RC-21).
				d.ReasonCode, d.Exemption, d.Reason = e.ReasonCode, e.ID, by.p.Text(e.Reason, voice)
			}
		}
	case dsr.MeasureCorrect, dsr.MeasureDelete:
		d.Reason = ""
		for _, ch := range in.Changes {
			ch.Before, _, _ = valueAt(it.Record, ch.Row, ch.Column)
			if ch.After = strings.TrimSpace(ch.After); d.Measure == dsr.MeasureDelete {
				ch.After = ""
			}
			d.Changes = append(d.Changes, ch)
		}
	case dsr.MeasureKeep:
		for _, x := range by.schedules(it) {
			if x.Rule == in.Schedule {
				d.Schedule, d.Until = x.Rule, x.Until
			}
		}
		byTest(policy.EffectKeep)
	case dsr.MeasureAlternative:
		d.Alternative, d.Until = strings.TrimSpace(in.Alternative), strings.TrimSpace(in.Until)
		byTest(policy.EffectAlternative)
		byTest(policy.EffectWithhold)
	case dsr.MeasureSuspend, dsr.MeasureErase, dsr.MeasureOutside:
		d.Reason = ""
	}
	return d
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
	if page.Items, err = t.items(p, s, c); err != nil {
		return page, err
	}
	for _, it := range page.Items {
		if !it.Answered {
			page.Open++
		}
	}
	page.Outcome = dsr.OutcomeOf(dsr.Kind(c.Kind), decisionsOf(page.Items))
	if page.Claims, err = t.claims(c); err != nil {
		return page, err
	}
	by, err := t.rules(p, s, c)
	if err != nil {
		return page, err
	}
	page.Ground, page.Findings = c.Ground, by.findings
	for _, it := range page.Items {
		if periods := by.schedules(it); len(periods) > 0 && slices.Contains(by.kind.Measures(), dsr.MeasureKeep) {
			if page.Schedules == nil {
				page.Schedules = map[string][]dsr.Schedule{}
			}
			page.Schedules[it.ID] = periods
		}
	}
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
			items, err = t.items(p, s, c)
			for _, it := range items {
				if it.Answered {
					content.Decisions = append(content.Decisions, it.Decision)
				}
			}
			if err == nil {
				content.Decisions, err = t.carriedOut(c, content.Decisions)
			}
			content.Outcome = dsr.OutcomeOf(dsr.Kind(c.Kind), content.Decisions)
		}
		if err != nil {
			return err
		}
		x, err := t.decisionLetter(p, s, c, content)
		if err != nil {
			return err
		}
		x.Preview = true
		voice := dsr.Voice(s.Voice).Letter()
		data := t.letterData(p, s, c, voice, x)
		if content.Outcome == dsr.OutcomeRedirected {
			data.Where = content.Reason
		}
		letter, err = notices.Letter(dsr.Kind(c.Kind).Letter(content.Outcome), voice, data)
		return err
	})
	return letter, err
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
		case !actor.Has(dsr.MayAgree(dsr.ApproverOf(p, dsr.Kind(c.Kind), content.Decisions))...):
			page.Why = "error.manager-agrees"
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
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		return fn(t, p, s, c)
	})
}
