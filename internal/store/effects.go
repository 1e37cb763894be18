package store

import (
	"context"
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

// PlanEffects writes the ledger rows of an action that are not there yet, one
// per connected system, and gives all of them.
func (o *Organisation) PlanEffects(ctx context.Context, caseID string, epoch int, action dsr.Action) (out []dsr.Effect, err error) {
	_, err = o.staged(ctx, caseID, epoch, func(t *tx, s *submissionRow, c *caseRow) error {
		p, err := o.pack(s.PackDigest)
		if err != nil {
			return err
		}
		chosen, err := t.candidate(s)
		if err != nil {
			return err
		}
		plan := planOf(s, c, action)
		planned := 0
		for _, sys := range p.Systems {
			row := effectRow{Organisation: o.id, ID: effectID(c.ID, sys.ID, action, s.ID, plan), CaseID: c.ID, Connector: sys.ID,
				Action: string(action), Object: s.ID, PlanVersion: plan, State: dsr.EffectPlanned, Epoch: c.Epoch, PlannedAt: micros(t.now)}
			if action == dsr.ActionCollect && (chosen == nil || chosen.Connector != sys.ID) {
				// A person found nothing of theirs in this system: nothing is asked for.
				row.State, row.ErrorCode = dsr.EffectWaived, "no-record"
			}
			res := t.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
			if res.Error != nil {
				return res.Error
			}
			planned += int(res.RowsAffected)
		}
		if planned > 0 {
			if err := t.record(c, dsr.Engine, "effects-planned", data{"action": string(action), "plan": plan, "count": planned}); err != nil {
				return err
			}
		}
		if err := t.settle(p, s, c, action); err != nil {
			return err
		}
		var rows []effectRow
		if err := t.db.Where("organisation = ? AND case_id = ? AND action = ? AND plan_version = ?", o.id, c.ID, string(action), plan).
			Order("connector").Find(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			out = append(out, r.toEffect())
		}
		return t.save(c, c.ID)
	})
	return out, err
}

// effectsSettled reports whether every system was asked under a plan, and has
// answered or was waived by a person. One that failed is asked again until
// then: a system that is away must not look like one that holds nothing.
func (t *tx) effectsSettled(c *caseRow, action dsr.Action, plan int64) (bool, error) {
	var all, open int64
	q := "SELECT COUNT(*), COALESCE(SUM(CASE WHEN state NOT IN ('verified', 'waived') THEN 1 ELSE 0 END), 0) FROM effects WHERE organisation = ? AND case_id = ? AND action = ? AND plan_version = ?"
	if err := t.db.Raw(q, t.o.id, c.ID, string(action), plan).Row().Scan(&all, &open); err != nil {
		return false, err
	}
	if all == 0 {
		p, err := t.o.current()
		return err == nil && len(p.Systems) == 0, err
	}
	return open == 0, nil
}

// settle notes when the last system has been collected from. Systems that
// failed for good wait for a person.
func (t *tx) settle(p *policy.Pack, s *submissionRow, c *caseRow, action dsr.Action) error {
	if action != dsr.ActionCollect || c.CollectedAt != 0 {
		return nil
	}
	var open int64
	err := t.db.Model(&effectRow{}).Where("organisation = ? AND case_id = ? AND action = ? AND plan_version = ? AND state NOT IN ('verified', 'waived')",
		t.o.id, c.ID, string(action), c.PlanVersion).Count(&open).Error
	if err != nil || open > 0 {
		return err
	}
	var items int64
	if err := t.db.Model(&itemRow{}).Where("organisation = ? AND case_id = ? AND plan_version = ?", t.o.id, c.ID, c.PlanVersion).Count(&items).Error; err != nil {
		return err
	}
	c.CollectedAt = micros(t.now)
	return t.record(c, dsr.Engine, "collected", data{"plan": c.PlanVersion, "items": items})
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
		if why := forbids(s, c, row, epoch); why != "" {
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
		if row.PermittedAt == 0 {
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
func forbids(s *submissionRow, c *caseRow, row *effectRow, epoch int) string {
	switch {
	case int64(epoch) != c.Epoch:
		return "error.superseded"
	case c.WithdrawnAt != 0:
		return "error.withdrawn"
	case !dsr.Stage(c.Stage).Open():
		return "error.case-closed"
	}
	switch dsr.Action(row.Action) {
	case dsr.ActionLookup:
		return ""
	case dsr.ActionCollect:
		if !proven(s) {
			return "error.identity-unproven"
		}
		return ""
	}
	return "error.not-now"
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
		chosen, err := t.candidate(s)
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
		p, err := o.pack(s.PackDigest)
		if err != nil {
			return err
		}
		var number int64
		if err := t.db.Raw("SELECT COALESCE(MAX(number), 0) FROM items WHERE organisation = ? AND case_id = ? AND plan_version = ?",
			o.id, c.ID, c.PlanVersion).Scan(&number).Error; err != nil {
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
