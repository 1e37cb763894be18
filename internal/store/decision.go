package store

import (
	"cmp"
	"fmt"
	"slices"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/internal/notices"
	"madoguchi/policy"
)

// decisionsOf are the decisions of items that have one.
func decisionsOf(items []dsr.Item) (out []dsr.Decision) {
	for _, it := range items {
		if it.Decision.Measure != "" {
			d := it.Decision
			d.Item = it.ID
			out = append(out, d)
		}
	}
	return out
}

// undone are the acts on items that were waived: a person said that they will
// not be carried out. No letter may claim that they were. An item that was
// decided anew may have had another act since.
func (t *tx) undone(c *caseRow) ([]effectRow, error) {
	var acts []effectRow
	err := t.db.Select("object", "action").Where("organisation = ? AND case_id = ? AND plan_version = ? AND action IN ? AND state = 'waived'",
		t.o.id, c.ID, c.PlanVersion, changing).Find(&acts).Error
	return acts, err
}

// carriedOut are the agreed decisions as they came true: what was waived is
// refused, or an alternative where one was decided on beside it.
func (t *tx) carriedOut(c *caseRow, decisions []dsr.Decision) ([]dsr.Decision, error) {
	undone, err := t.undone(c)
	if err != nil || len(undone) == 0 {
		return decisions, err
	}
	out := slices.Clone(decisions)
	for i, d := range out {
		if !slices.ContainsFunc(undone, func(e effectRow) bool { return e.Object == d.Item && dsr.Action(e.Action) == d.Measure.Action() }) {
			continue
		}
		out[i].Changes, out[i].Exemption, out[i].Reason = nil, "", ""
		if out[i].Measure = dsr.MeasureRefuse; d.Alternative != "" && d.Until != "" {
			out[i].Measure = dsr.MeasureAlternative
		}
	}
	return out, nil
}

// outcome is how the case is answered: as agreed, less what could not be
// carried out.
func (t *tx) outcome(c *caseRow) (dsr.Outcome, error) {
	decided := dsr.Outcome(c.Decided)
	if c.Agreed == 0 || dsr.Kind(c.Kind) == dsr.KindDisclosure {
		return decided, nil
	}
	undone, err := t.undone(c)
	if err != nil || len(undone) == 0 {
		return decided, err
	}
	_, content, err := t.proposal(c, c.Agreed)
	if err != nil || len(content.Decisions) == 0 {
		return decided, err
	}
	decisions, err := t.carriedOut(c, content.Decisions)
	if err != nil {
		return decided, err
	}
	return dsr.OutcomeOf(dsr.Kind(c.Kind), decisions), nil
}

// decidedItems are the agreed decisions as the letter at the end tells them.
func (t *tx) decidedItems(p *policy.Pack, s *submissionRow, c *caseRow) (x letterExtra, err error) {
	if c.Agreed == 0 {
		return x, nil
	}
	_, content, err := t.proposal(c, c.Agreed)
	if err != nil {
		return x, err
	}
	if content.Decisions, err = t.carriedOut(c, content.Decisions); err != nil {
		return x, err
	}
	if x, err = t.decisionLetter(p, s, c, content); err != nil || dsr.Kind(c.Kind) == dsr.KindDisclosure {
		return x, err
	}
	voice := string(dsr.Voice(s.Voice).Letter())
	if c.FrozenAt != 0 {
		if x.HoldFields, err = t.holdFields(p, c, voice); err != nil {
			return x, err
		}
	}
	places, err := t.changedPlaces(c)
	if err != nil || len(places) == 0 {
		return x, err
	}
	asked, err := t.request(p, s, c)
	for _, r := range p.Tells(asked, places) {
		x.Recipients = append(x.Recipients, notices.RecipientLine{Name: p.Text(r.Text, voice)})
	}
	return x, err
}

// decisionLetter is what the letter of a decision says beside what every letter
// says.
func (t *tx) decisionLetter(p *policy.Pack, s *submissionRow, c *caseRow, content proposalContent) (x letterExtra, err error) {
	x.Outcome = content.Outcome
	switch content.Outcome {
	case dsr.OutcomeRejectedIdentity:
		return x, nil // the letter says that identity was not shown, and nothing of what is held
	case dsr.OutcomeRejectedForm, dsr.OutcomeRedirected:
		x.Said = content.Reason
		return x, nil
	}
	x.Decided = map[dsr.Measure]int{}
	for _, d := range content.Decisions {
		x.Decided[d.Measure]++
	}
	x.Items, err = t.itemTexts(p, c, dsr.Voice(s.Voice).Letter(), content.Decisions)
	return x, err
}

// itemTexts puts decisions into the words of a letter. What the request does
// not concern is in none.
func (t *tx) itemTexts(p *policy.Pack, c *caseRow, voice dsr.Voice, decisions []dsr.Decision) (out []notices.ItemText, err error) {
	for _, d := range decisions {
		if d.Measure == dsr.MeasureOutside {
			continue
		}
		var it itemRow
		if err := t.db.Where("organisation = ? AND case_id = ? AND id = ?", t.o.id, c.ID, d.Item).Take(&it).Error; err != nil {
			return nil, err
		}
		rec, err := t.itemRecord(&it)
		if err != nil {
			return nil, err
		}
		x := notices.ItemText{Title: p.Text(rec.Title, string(voice)), System: systemTitle(p, it.System, string(voice)), Measure: d.Measure,
			ReasonText: d.Reason, Alternative: d.Alternative}
		for _, r := range d.Redactions {
			x.Redacted = x.Redacted || r.Accepted
		}
		if d.Exemption != "" {
			article, cl := ground(p, c.Kind, d.Exemption)
			x.Ground = notices.Ground(voice, article, cl, lawTexts(p, string(voice)))
		}
		for _, ch := range d.Changes {
			title := ch.Column
			for _, col := range rec.Columns {
				if col.Name == ch.Column {
					title = p.Text(col.Title, string(voice))
				}
			}
			x.Changes = append(x.Changes, notices.ChangeText{Field: title, Before: ch.Before, After: ch.After})
		}
		switch d.Measure {
		case dsr.MeasureKeep:
			x.Until = d.Until
			for _, r := range p.Retention {
				if r.ID == d.Schedule {
					x.Statute = p.Text(r.Statute, string(voice))
				}
			}
		case dsr.MeasureAlternative:
			x.Until = d.Until
		}
		if action := d.Measure.Action(); action != "" {
			var done effectRow
			if err := t.db.Where("organisation = ? AND id = ?", t.o.id, effectID(c.ID, it.System, action, it.ID, it.PlanVersion)).
				Limit(1).Find(&done).Error; err != nil {
				return nil, err
			}
			x.DoneAt = instant(done.VerifiedAt)
		}
		if d.Measure == dsr.MeasureRefuse && x.Ground == "" {
			// What was agreed and could not be carried out: the decision is told by
			// its article, and so is that it was not done.
			offer, _ := p.Offer(c.Kind)
			x.Ground = notices.Ground(voice, cmp.Or(offer.Basis, "34(2)"), offer.Clause, lawTexts(p, string(voice)))
		}
		if d.Measure == dsr.MeasureRefuse && x.ReasonText == "" {
			x.ReasonText = locales.T(voice, "letter.undone")
		}
		out = append(out, x)
	}
	return out, nil
}

// holdFields are the disputed fields that a freeze is on, in a voice.
func (t *tx) holdFields(p *policy.Pack, c *caseRow, voice string) (out []string, err error) {
	var held []string
	if err := t.db.Model(&effectRow{}).Where("organisation = ? AND case_id = ? AND action = ? AND plan_version = ? AND state = 'verified'",
		t.o.id, c.ID, string(dsr.ActionFreeze), c.PlanVersion).Pluck("connector", &held).Error; err != nil {
		return nil, err
	}
	claims, err := t.claims(c)
	for _, f := range p.Fields {
		if slices.ContainsFunc(claims, func(x dsr.Claim) bool { return x.Field == f.ID }) &&
			slices.ContainsFunc(f.Places, func(x policy.Place) bool { return slices.Contains(held, x.System) }) {
			out = append(out, p.Text(f.Text, voice))
		}
	}
	return out, err
}

// tellFrozen tells the person that the freeze is in force (N-10).
func (t *tx) tellFrozen(p *policy.Pack, s *submissionRow, c *caseRow) error {
	fields, err := t.holdFields(p, c, string(dsr.Voice(s.Voice).Letter()))
	if err != nil {
		return err
	}
	return t.notify(p, s, c, dsr.NoticeFrozen, fmt.Sprintf("%d/%d", c.Occasion, c.PlanVersion), letterExtra{HoldFields: fields, HeldSince: instant(c.FrozenAt)})
}
