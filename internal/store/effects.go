package store

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// ledger is the namespace of effect IDs.
var ledger = uuid.MustParse("6d61646f-6775-4368-8c65-646765720000")

// effectID is derived and never random, so that a rebuilt or restored case
// issues the same key (invariant I6).
func effectID(caseID, connector string, action dsr.Action, object string, plan int64) string {
	return uuid.NewSHA1(ledger, []byte(caseID+"\x00"+connector+"\x00"+string(action)+"\x00"+object+"\x00"+strconv.FormatInt(plan, 10))).String()
}

func (r effectRow) toEffect() dsr.Effect {
	return dsr.Effect{ID: r.ID, Case: r.CaseID, Connector: r.Connector, Action: dsr.Action(r.Action), Object: r.Object,
		PlanVersion: int(r.PlanVersion), State: r.State, Fence: int(r.Fence)}
}

// planOf is the version under which an action is planned: lookups follow the
// times that proof was asked for, collecting follows the case's plan.
func planOf(s *submissionRow, c *caseRow, action dsr.Action) int64 {
	if action == dsr.ActionLookup {
		return s.IdentityAsked + 1
	}
	return c.PlanVersion
}

// planned is one ledger row to be: on what, and why it will not happen ("" when
// it will).
type planned struct{ connector, object, waived string }

// PlanEffects writes the ledger rows of an action that are not there yet and
// gives those that the case asks for now: a row that an earlier proposal asked
// for stays in the ledger and is not carried out.
func (o *Organisation) PlanEffects(ctx context.Context, caseID string, epoch int, action dsr.Action) (out []dsr.Effect, err error) {
	_, err = o.staged(ctx, caseID, epoch, func(t *tx, s *submissionRow, c *caseRow) error {
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		wanted, err := t.wanted(p, s, c, action)
		if err != nil {
			return err
		}
		plan := planOf(s, c, action)
		var ids []string
		written := 0
		for _, w := range wanted {
			row := effectRow{Organisation: o.id, ID: effectID(c.ID, w.connector, action, w.object, plan), CaseID: c.ID, Connector: w.connector,
				Action: string(action), Object: w.object, PlanVersion: plan, State: dsr.EffectPlanned, Epoch: c.Epoch, PlannedAt: micros(t.now)}
			if w.waived != "" {
				row.State, row.ErrorCode = dsr.EffectWaived, w.waived
			}
			res := t.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
			if res.Error != nil {
				return res.Error
			}
			written += int(res.RowsAffected)
			ids = append(ids, row.ID)
		}
		if written > 0 {
			if err := t.record(c, dsr.Engine, "effects-planned", data{"action": string(action), "plan": plan, "count": written}); err != nil {
				return err
			}
		}
		if err := t.settle(p, s, c, action); err != nil {
			return err
		}
		var rows []effectRow
		if err := t.db.Where("organisation = ? AND id IN ?", o.id, ids).Order("connector, object").Find(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			out = append(out, r.toEffect())
		}
		return t.save(c, c.ID)
	})
	return out, err
}

// wanted are the ledger rows that an action has in this case now.
func (t *tx) wanted(p *policy.Pack, s *submissionRow, c *caseRow, action dsr.Action) (out []planned, err error) {
	switch action {
	case dsr.ActionLookup:
		for _, sys := range p.Systems {
			out = append(out, planned{sys.ID, s.ID, ""})
		}
	case dsr.ActionCollect, dsr.ActionPreserve:
		for _, sys := range p.Systems {
			w := planned{sys.ID, s.ID, ""}
			if action == dsr.ActionPreserve {
				w.object = c.ID
			}
			chosen, err := t.chosenIn(s, sys.ID)
			switch {
			case err != nil:
				return nil, err
			case chosen == nil:
				// A person found nothing of theirs in this system: nothing is asked for.
				w.waived = "no-record"
			case action == dsr.ActionPreserve && !sys.Holds:
				w.waived = "no-holds"
			}
			out = append(out, w)
		}
	case dsr.ActionFreeze:
		return t.freezes(p, s, c)
	case dsr.ActionSuspend, dsr.ActionCorrect, dsr.ActionErase:
		items, err := t.agreedItems(c, action)
		for _, it := range items {
			out = append(out, planned{it.System, it.ID, ""})
		}
		return out, err
	case dsr.ActionRelease:
		systems, err := t.standing(c)
		for _, id := range systems {
			out = append(out, planned{id, c.ID, ""})
		}
		if err != nil {
			return nil, err
		}
		// What was let go under this plan is given too, so that a second call
		// finds it done.
		var done []string
		err = t.db.Model(&effectRow{}).Where("organisation = ? AND case_id = ? AND action = ? AND plan_version = ?", t.o.id, c.ID,
			string(action), c.PlanVersion).Order("connector").Pluck("connector", &done).Error
		for _, id := range done {
			if !slices.Contains(systems, id) {
				out = append(out, planned{id, c.ID, ""})
			}
		}
		return out, err
	}
	return out, nil
}

// effectsSettled reports whether every system was asked under a plan, and has
// answered or was waived by a person. One that failed is asked again until
// then: a system that is away must not look like one that holds nothing.
func (t *tx) effectsSettled(c *caseRow, action dsr.Action, plan int64) (bool, error) {
	return t.settledOn(c, action, plan, "")
}

// settledOn is effectsSettled for one object; "" for all.
func (t *tx) settledOn(c *caseRow, action dsr.Action, plan int64, object string) (bool, error) {
	var all, open int64
	q := `SELECT COUNT(*), COALESCE(SUM(CASE WHEN state NOT IN ('verified', 'waived') THEN 1 ELSE 0 END), 0) FROM effects
		WHERE organisation = ? AND case_id = ? AND action = ? AND plan_version = ? AND (object = ? OR ? = '')`
	if err := t.db.Raw(q, t.o.id, c.ID, string(action), plan, object, object).Row().Scan(&all, &open); err != nil {
		return false, err
	}
	if all == 0 {
		p, err := t.o.current()
		return err == nil && len(p.Systems) == 0, err
	}
	return open == 0, nil
}

// settle notes when the last system has done an action that the case waits for
// as a whole. Systems that failed for good wait for a person.
func (t *tx) settle(p *policy.Pack, s *submissionRow, c *caseRow, action dsr.Action) error {
	// What the desk held before the proof is no part of it: perhaps it was tried
	// in vain, or in somebody else's record.
	count := func(q string, args ...any) (n int64, err error) {
		err = t.db.Model(&effectRow{}).Where("organisation = ? AND case_id = ? AND action = ? AND plan_version = ? AND object <> ? AND "+q,
			append([]any{t.o.id, c.ID, string(action), c.PlanVersion, provisional(c)}, args...)...).Count(&n).Error
		return n, err
	}
	var noted *int64
	switch action {
	case dsr.ActionCollect:
		noted = &c.CollectedAt
	case dsr.ActionPreserve:
		noted = &c.PreservedAt
	case dsr.ActionFreeze:
		if !proven(s) {
			return nil // what the desk froze meanwhile tells the person nothing yet
		}
		noted = &c.FrozenAt
	case dsr.ActionRelease:
		noted = &c.ReleasedAt
	default:
		return nil
	}
	if *noted != 0 {
		return nil
	}
	if open, err := count("state NOT IN ('verified', 'waived')"); err != nil || open > 0 {
		return err
	}
	switch action {
	case dsr.ActionCollect:
		var items int64
		if err := t.db.Model(&itemRow{}).Where("organisation = ? AND case_id = ? AND plan_version = ?", t.o.id, c.ID, c.PlanVersion).Count(&items).Error; err != nil {
			return err
		}
		c.CollectedAt = micros(t.now)
		return t.record(c, dsr.Engine, "collected", data{"plan": c.PlanVersion, "items": items})
	case dsr.ActionPreserve:
		systems, err := count("state = 'verified'")
		if err != nil {
			return err
		}
		c.PreservedAt = micros(t.now)
		return t.record(c, dsr.Engine, "preserved", data{"plan": c.PlanVersion, "systems": systems})
	case dsr.ActionFreeze:
		// A waived row counts when the desk's own hold stands in its place.
		systems, err := count("(state = 'verified' OR error_code = ?)", heldAlready)
		if err != nil || systems == 0 {
			return err
		}
		c.FrozenAt = micros(t.now)
		if err := t.record(c, dsr.Engine, "frozen", data{"plan": c.PlanVersion, "systems": systems}); err != nil {
			return err
		}
		return t.tellFrozen(p, s, c)
	}
	if left, err := t.standing(c); err != nil || len(left) > 0 {
		return err
	}
	systems, err := count("state = 'verified'")
	if err != nil || systems == 0 {
		return err
	}
	c.ReleasedAt = micros(t.now)
	return t.record(c, dsr.Engine, "released", data{"plan": c.PlanVersion, "systems": systems})
}

// effect reads a ledger row with its case, under the case's lock.
func (t *tx) effect(id string) (*submissionRow, *caseRow, *effectRow, error) {
	var row effectRow
	if err := t.db.Where("organisation = ? AND id = ?", t.o.id, id).Take(&row).Error; err != nil {
		return nil, nil, nil, err
	}
	s, c, err := t.lockCase(row.CaseID)
	if err != nil {
		return nil, nil, nil, err
	}
	err = t.db.Where("organisation = ? AND id = ?", t.o.id, id).Take(&row).Error
	return s, c, &row, err
}

// Permit takes the permission for an effect at the last moment, under the lock
// of the case row that a withdrawal takes too (design 8, invariant I7). The
// workflow's memory is never the permission.
func (o *Organisation) Permit(ctx context.Context, effect string, epoch int) (e dsr.Effect, err error) {
	err = o.write(ctx, func(t *tx) error {
		s, c, row, err := t.effect(effect)
		if err != nil {
			return err
		}
		if row.State == dsr.EffectVerified || row.State == dsr.EffectWaived {
			e = row.toEffect()
			return nil
		}
		why, err := t.forbids(s, c, row, epoch)
		if err != nil {
			return err
		}
		if why != "" {
			return t.refused(c, dsr.Engine, "permit/"+row.Action, dsr.Fail(dsr.Forbidden, why))
		}
		if row.Action == string(dsr.ActionLookup) {
			open, err := t.hasOpenTask(c, dsr.TaskVerifyIdentity)
			if err != nil {
				return err
			}
			if !open {
				return t.refused(c, dsr.Engine, "permit/lookup", dsr.Fail(dsr.Forbidden, "error.no-identity-task"))
			}
		}
		row.State, row.Epoch = dsr.EffectAttempting, c.Epoch
		row.Fence++
		row.Tries++
		// The first permission counts, but of an erasure the last: it may have been
		// stopped, and cooled off anew, between two tries.
		if row.PermittedAt == 0 || row.Action == string(dsr.ActionErase) {
			row.PermittedAt = micros(t.now)
		}
		if err := t.updateEffect(row); err != nil {
			return err
		}
		if err := t.record(c, dsr.Engine, "effect-permitted", data{"effect": row.ID, "action": row.Action, "connector": row.Connector,
			"fence": row.Fence, "epoch": c.Epoch}); err != nil {
			return err
		}
		e = row.toEffect()
		return t.save(c, c.ID)
	})
	return e, err
}

// forbids is the table of conditions for each action (design 8); "" permits.
func (t *tx) forbids(s *submissionRow, c *caseRow, row *effectRow, epoch int) (string, error) {
	action := dsr.Action(row.Action)
	switch {
	case int64(epoch) != c.Epoch:
		return "error.superseded", nil
	case action == dsr.ActionRelease && (c.AnsweredAt != 0 || ended(c)) && dsr.Stage(c.Stage).Open():
		return "", nil // a hold that nothing needs harms the person, however the case ends
	case c.WithdrawnAt != 0:
		return "error.withdrawn", nil
	case !dsr.Stage(c.Stage).Open():
		return "error.case-closed", nil
	}
	switch {
	case action == dsr.ActionLookup:
		return "", nil
	case action == dsr.ActionFreeze && row.Object == provisional(c):
		if c.HoldAt == 0 || proven(s) { // the person's own stands in its place, perhaps elsewhere
			return "error.not-now", nil
		}
		return "", nil // a person of the desk placed it; it gives nothing away
	case !proven(s):
		return "error.identity-unproven", nil
	case needsAuthority(s):
		return "error.authority-unproven", nil
	}
	switch action {
	case dsr.ActionCollect, dsr.ActionPreserve, dsr.ActionFreeze:
		return "", nil
	case dsr.ActionSuspend, dsr.ActionCorrect, dsr.ActionErase:
		return t.forbidsChange(c, row)
	}
	return "error.not-now", nil
}

// forbidsChange is the part of the table about what carries a decision out:
// agreed word for word by a second person, and an erasure only after the time
// in which everybody on file could stop it.
func (t *tx) forbidsChange(c *caseRow, row *effectRow) (string, error) {
	if c.Agreed == 0 || c.Decided == "" || c.Stage != string(dsr.StageExecution) {
		return "error.not-agreed", nil
	}
	pr, content, err := t.proposal(c, c.Agreed)
	if err != nil {
		return "", err
	}
	agreed := pr.Verdict == "approved" && pr.Approver != "" && pr.Approver != pr.Proposer
	asked := slices.ContainsFunc(content.Decisions, func(d dsr.Decision) bool {
		return d.Item == row.Object && d.Measure.Action() == dsr.Action(row.Action)
	})
	if !agreed || !asked {
		return "error.not-agreed", nil
	}
	if dsr.Action(row.Action) != dsr.ActionErase {
		return "", nil
	}
	over, err := t.cooledOff(c)
	switch {
	case err != nil:
		return "", err
	case c.StoppedAt != 0:
		return "error.erasure-stopped", nil
	case !over:
		return "error.cooling-off", nil
	}
	return "", nil
}

func (t *tx) updateEffect(row *effectRow) error {
	return t.db.Model(&effectRow{}).Where("organisation = ? AND id = ?", t.o.id, row.ID).
		Select("state", "fence", "epoch", "tries", "error_code", "permitted_at", "verified_at").Updates(row).Error
}

// Identifiers opens what a lookup asks by: what the person filed.
func (o *Organisation) Identifiers(ctx context.Context, effect string) (ids dsr.Identifiers, err error) {
	err = o.write(ctx, func(t *tx) error {
		s, c, row, err := t.effect(effect)
		if err != nil {
			return err
		}
		if err := t.opened(s.ID, c.ID, dsr.Engine, row.Action, "identifiers"); err != nil {
			return err
		}
		ids, err = t.identifiers(s)
		return err
	})
	return ids, err
}

func (t *tx) identifiers(s *submissionRow) (dsr.Identifiers, error) {
	p, err := t.person(s)
	if err != nil {
		return dsr.Identifiers{}, err
	}
	c, err := t.contact(s)
	if err != nil {
		return dsr.Identifiers{}, err
	}
	return dsr.Identifiers{Name: p.Name, Kana: p.Kana, BornOn: p.BornOn, Number: p.Number, Mail: c.Mail, Phone: c.Phone}, nil
}

// Locator opens what a collect asks by: the key of the record that a person
// chose.
func (o *Organisation) Locator(ctx context.Context, effect string) (key string, ids dsr.Identifiers, err error) {
	err = o.write(ctx, func(t *tx) error {
		s, c, row, err := t.effect(effect)
		if err != nil {
			return err
		}
		if err := t.opened(s.ID, c.ID, dsr.Engine, row.Action, "locator"); err != nil {
			return err
		}
		chosen, err := t.chosenIn(s, row.Connector)
		if err != nil {
			return err
		}
		if chosen == nil {
			return dsr.Fail(dsr.Conflict, "error.no-record")
		}
		key = chosen.Key
		ids, err = t.identifiers(s)
		return err
	})
	return key, ids, err
}

// verified marks an effect as done and read back, unless its fence is an older
// one: a zombie neither permits nor records (invariant I8).
func (t *tx) verified(row *effectRow, fence int) (bool, error) {
	if row.State != dsr.EffectAttempting || row.Fence != int64(fence) {
		return false, nil
	}
	row.State, row.VerifiedAt, row.ErrorCode = dsr.EffectVerified, micros(t.now), ""
	// The system answered after all: nobody has to see to it any more.
	err := t.db.Model(&taskRow{}).Where("organisation = ? AND case_id = ? AND kind = ? AND occasion LIKE ? AND state IN ('open', 'claimed')",
		t.o.id, row.CaseID, string(dsr.TaskCollect), row.ID+"/%").
		Updates(map[string]any{"state": "cancelled", "closed_at": micros(t.now), "closed_by": dsr.Engine.ID, "version": gormAdd("version")}).Error
	if err != nil {
		return false, err
	}
	return true, t.updateEffect(row)
}

// SaveCandidates seals what a lookup found, beside what the other systems
// found.
func (o *Organisation) SaveCandidates(ctx context.Context, effect string, fence int, found []dsr.Candidate) error {
	return o.write(ctx, func(t *tx) error {
		s, c, row, err := t.effect(effect)
		if err != nil {
			return err
		}
		ok, err := t.verified(row, fence)
		if err != nil || !ok {
			return err
		}
		all, err := t.candidates(s)
		if err != nil {
			return err
		}
		for i := range found {
			found[i].Connector = row.Connector
		}
		if s.CandidatesSealed, err = t.seal(s.ID, "submissions", "candidates_sealed", s.ID, append(all, found...)); err != nil {
			return err
		}
		if err := t.record(c, dsr.Engine, "effect-verified", data{"effect": row.ID, "action": row.Action, "candidates": len(found)}); err != nil {
			return err
		}
		if err := t.save(s, s.ID); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// SaveRecords seals what a system held, one item a record set, and notes when
// it was the last system.
func (o *Organisation) SaveRecords(ctx context.Context, effect string, fence int, records []dsr.Record) error {
	return o.write(ctx, func(t *tx) error {
		s, c, row, err := t.effect(effect)
		if err != nil {
			return err
		}
		ok, err := t.verified(row, fence)
		if err != nil || !ok {
			return err
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		var number int64
		if err := t.db.Raw("SELECT COALESCE(MAX(number), 0) FROM items WHERE organisation = ? AND case_id = ? AND plan_version = ?",
			o.id, c.ID, c.PlanVersion).Scan(&number).Error; err != nil {
			return err
		}
		if records, err = t.concerning(p, c, row.Connector, records); err != nil {
			return err
		}
		quarantined := 0
		for _, r := range records {
			number++
			it := itemRow{Organisation: o.id, ID: newID(), CaseID: c.ID, Number: number, PlanVersion: c.PlanVersion,
				System: row.Connector, Category: r.Category, Version: 1}
			if r.Matched == "" || r.Doubtful {
				// Without the matched identifier nothing is released before a person looked.
				it.Quarantine = 1
				quarantined++
			}
			if it.RecordSealed, err = t.seal(c.ID, "items", "record_sealed", it.ID, r); err != nil {
				return err
			}
			if err := t.db.Create(&it).Error; err != nil {
				return err
			}
		}
		if err := t.record(c, dsr.Engine, "effect-verified", data{"effect": row.ID, "action": row.Action, "items": len(records),
			"quarantined": quarantined}); err != nil {
			return err
		}
		if err := t.settle(p, s, c, dsr.ActionCollect); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// FailEffect records that a try failed. After the last one a person gets a
// task: a request never waits for a system without anybody knowing.
func (o *Organisation) FailEffect(ctx context.Context, effect string, fence int, code string, last bool) error {
	return o.write(ctx, func(t *tx) error {
		_, c, row, err := t.effect(effect)
		if err != nil {
			return err
		}
		if row.State != dsr.EffectAttempting || row.Fence != int64(fence) {
			return nil
		}
		row.ErrorCode = code
		if last {
			row.State = dsr.EffectFailed
			if err := t.record(c, dsr.Engine, "effect-failed", data{"effect": row.ID, "action": row.Action,
				"connector": row.Connector, "code": code, "tries": row.Tries}); err != nil {
				return err
			}
			var told int64
			if err := t.db.Model(&taskRow{}).Where("organisation = ? AND case_id = ? AND kind = ? AND occasion LIKE ? AND state IN ('open', 'claimed')",
				o.id, c.ID, string(dsr.TaskCollect), row.ID+"/%").Count(&told).Error; err != nil {
				return err
			}
			if told == 0 { // once told, until somebody has answered
				if err := t.openTask(c, dsr.TaskCollect, row.ID+"/"+strconv.FormatInt(row.Tries, 10), row.Action+"/"+row.Connector); err != nil {
					return err
				}
			}
		}
		if err := t.updateEffect(row); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}
