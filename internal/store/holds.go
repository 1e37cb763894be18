package store

import (
	"cmp"
	"slices"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// holdRows are what this case holds, or held, in connected systems, as its
// ledger says.
func holdRows(c *caseRow, rows []effectRow) (out []dsr.HoldRow) {
	kinds := map[string]dsr.HoldKind{string(dsr.ActionPreserve): dsr.HoldPreservation, string(dsr.ActionFreeze): dsr.HoldFreeze,
		string(dsr.ActionSuspend): dsr.HoldSuspension}
	for _, r := range rows {
		kind, holds := kinds[r.Action]
		if !holds || r.Fence == 0 {
			continue
		}
		x := dsr.HoldRow{System: r.Connector, Kind: kind, Provisional: r.Object == provisional(c), PlacedAt: r.VerifiedAt, State: r.State}
		for _, release := range rows {
			if kind != dsr.HoldSuspension && release.Action == string(dsr.ActionRelease) && release.Connector == r.Connector &&
				release.PlanVersion >= r.PlanVersion && release.VerifiedAt != 0 {
				x.ReleasedAt = release.VerifiedAt
			}
		}
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(a, b dsr.HoldRow) int { return cmp.Compare(a.PlacedAt, b.PlacedAt) })
	return out
}

// actState fills what the case page shows of holds, recipients and erasures;
// the words are in the voice of the member of staff who reads it.
func (t *tx) actState(page *dsr.CasePage, p *policy.Pack, c *caseRow, actor dsr.Actor, effects []effectRow) (err error) {
	page.CoolingOffUntil, page.StoppedAt, page.Holds = c.CoolingUntil, c.StoppedAt, holdRows(c, effects)
	voice := p.Language
	if actor.Kind == dsr.ActorStaff {
		if err := t.db.Raw("SELECT COALESCE((SELECT voice FROM staff WHERE id = ?), ?)", actor.ID, voice).Scan(&voice).Error; err != nil {
			return err
		}
	}
	if page.Recipients, err = t.recipientList(p, c, voice); err != nil {
		return err
	}
	page.Scheduled, err = t.scheduledList(c)
	return err
}

// scheduledList are the erasures of a case that wait, or waited, for the end of
// a statute's period.
func (t *tx) scheduledList(c *caseRow) (out []dsr.ScheduledRow, err error) {
	var rows []scheduledRow
	if err := t.db.Omit("locator_sealed").Where("organisation = ? AND case_id = ? AND state <> 'waived'", t.o.id, c.ID).Order("due_at, id").
		Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		out = append(out, dsr.ScheduledRow{ID: r.ID, System: r.Connector, Category: r.Category, Rule: r.Rule, DueOn: r.DueOn, DoneAt: r.VerifiedAt})
	}
	return out, nil
}

// statusActs fills what the person sees of the same. Nothing about what will be
// done is shown before they were told of it by a notice.
func (t *tx) statusActs(sc *dsr.StatusCase, s *submissionRow, c *caseRow) error {
	open := dsr.Stage(c.Stage).Open()
	sc.Frozen = c.FrozenAt != 0 && c.ReleasedAt == 0 && c.AnsweredAt == 0 && open
	sc.Stopped = c.StoppedAt != 0 && open
	if c.AnsweredAt == 0 {
		if c.CoolingUntil != 0 && !sc.Stopped && open {
			sc.CoolingOffUntil = c.CoolingUntil
		}
		return nil
	}
	p, err := t.pack(s)
	if err != nil {
		return err
	}
	if sc.Recipients, err = t.recipientList(p, c, s.Voice); err != nil {
		return err
	}
	for i := range sc.Recipients {
		sc.Recipients[i].Task = "" // the desk's
	}
	if sc.Scheduled, err = t.scheduledList(c); err != nil {
		return err
	}
	if c.Agreed == 0 || destroyed(t, c.ID) {
		return nil
	}
	_, content, err := t.proposal(c, c.Agreed)
	if err != nil {
		return err
	}
	decisions, err := t.carriedOut(c, content.Decisions)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		if d.Measure == dsr.MeasureOutside {
			continue
		}
		if sc.Measures == nil {
			sc.Measures = map[dsr.Measure]int{}
		}
		sc.Measures[d.Measure]++
	}
	return nil
}
