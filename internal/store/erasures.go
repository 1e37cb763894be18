package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// Erasure is one scheduled erasure; see worker.Erasure.
type Erasure struct {
	ID          string
	Connector   string
	Fence       int
	Instruction dsr.Instruction
}

// String hides what is erased.
func (e Erasure) String() string { return "erasure(" + e.ID + ")" }

// locator is where the rows of a scheduled erasure are; sealed under a key of
// their own, which outlives the case's.
type locator struct {
	Record   string   `json:"record"`
	Category string   `json:"category"`
	Rows     []string `json:"rows"`
}

// scheduledID is derived like every key that another system is given.
func scheduledID(caseID, item string) string {
	return uuid.NewSHA1(ledger, []byte(caseID+"\x00scheduled\x00"+item)).String()
}

// schedule writes what the agreed plan keeps until a statute's period ends. An
// earlier plan of a reopened case no longer counts: the new one was decided
// over the same data.
func (t *tx) schedule(p *policy.Pack, s *submissionRow, c *caseRow) error {
	if c.Agreed == 0 {
		return nil
	}
	row, content, err := t.proposal(c, c.Agreed)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, d := range content.Decisions {
		if d.Measure != dsr.MeasureKeep {
			continue
		}
		kept[d.Item] = true
		if err := t.keep(p, s, c, row, d); err != nil {
			return err
		}
	}
	return t.dropScheduled(c, func(x scheduledRow) bool { return !kept[x.Item] })
}

// dropScheduled drops the erasures of a case that wait and that nothing asks for
// any more.
func (t *tx) dropScheduled(c *caseRow, which func(x scheduledRow) bool) error {
	var rows []scheduledRow
	if err := t.db.Where("organisation = ? AND case_id = ? AND state IN ('planned', 'failed')", t.o.id, c.ID).Find(&rows).Error; err != nil {
		return err
	}
	for _, x := range rows {
		if !which(x) {
			continue
		}
		x.State, x.ErrorCode = dsr.EffectWaived, "decided-anew"
		if err := t.endScheduled(&x); err != nil {
			return err
		}
		if err := t.record(c, dsr.Engine, "erasure-dropped", data{"erasure": x.ID, "item": x.Item}); err != nil {
			return err
		}
	}
	return nil
}

// dropPlan drops what the present plan scheduled; an earlier one of a reopened
// case stands as it was agreed.
func (t *tx) dropPlan(c *caseRow) error {
	var items []string
	if err := t.db.Model(&itemRow{}).Where("organisation = ? AND case_id = ? AND plan_version = ?", t.o.id, c.ID, c.PlanVersion).
		Pluck("id", &items).Error; err != nil {
		return err
	}
	return t.dropScheduled(c, func(x scheduledRow) bool { return slices.Contains(items, x.Item) })
}

// keep schedules the erasure of one item; again is not an error.
func (t *tx) keep(p *policy.Pack, s *submissionRow, c *caseRow, agreed *proposalRow, d dsr.Decision) error {
	id := scheduledID(c.ID, d.Item)
	var n int64
	if err := t.db.Model(&scheduledRow{}).Where("organisation = ? AND id = ?", t.o.id, id).Count(&n).Error; err != nil || n > 0 {
		return err
	}
	var it itemRow
	if err := t.db.Where("organisation = ? AND case_id = ? AND id = ?", t.o.id, c.ID, d.Item).Take(&it).Error; err != nil {
		return err
	}
	rec, err := t.itemRecord(&it)
	if err != nil {
		return err
	}
	on, err := t.chosenIn(s, it.System)
	if err != nil {
		return err
	}
	if on == nil {
		return dsr.Fail(dsr.Conflict, "error.no-record")
	}
	until, err := clock.ParseDate(d.Until)
	if err != nil {
		return dsr.Errorf(dsr.Internal, "error.internal", "case %s: a period without an end", c.ID)
	}
	row := scheduledRow{Organisation: t.o.id, ID: id, CaseID: c.ID, Item: it.ID, Connector: it.System, Category: it.Category, Rule: d.Schedule,
		DueOn: d.Until, DueAt: micros(clock.EndOf(until, zone(p))), State: dsr.EffectPlanned, Proposer: agreed.Proposer, Approver: agreed.Approver,
		PlannedAt: micros(t.now)}
	if row.Subject, err = t.subjectHash(it.System, on.Key); err != nil {
		return err
	}
	if err := t.newKey(id); err != nil {
		return err
	}
	if row.LocatorSealed, err = t.seal(id, "scheduled_erasures", "locator_sealed", id, locator{on.Key, it.Category, rec.RowKeys}); err != nil {
		return err
	}
	if err := t.db.Create(&row).Error; err != nil {
		return err
	}
	return t.record(c, dsr.Engine, "erasure-scheduled", data{"erasure": id, "item": it.ID, "connector": it.System, "rule": row.Rule, "due_on": row.DueOn})
}

// endScheduled writes the end of a scheduled erasure and destroys what is only
// needed to carry it out.
func (t *tx) endScheduled(x *scheduledRow) error {
	if err := t.destroyKey(x.ID); err != nil {
		return err
	}
	x.LocatorSealed = []byte{}
	return t.db.Model(&scheduledRow{}).Where("organisation = ? AND id = ?", t.o.id, x.ID).
		Select("state", "error_code", "locator_sealed", "verified_at").Updates(x).Error
}

// erasureLease is how long a claim of a scheduled erasure lasts.
const erasureLease = 2 * time.Minute

// ClaimErasures claims erasures whose statutory period ended by the port's
// clock. The recorded approval permits them. None is given while a request about
// the same record is open: what is asked for must not be disposed of meanwhile.
func (o *Organisation) ClaimErasures(ctx context.Context, limit int) (out []Erasure, err error) {
	const due = `e.organisation = ? AND e.state IN ('planned', 'attempting', 'failed') AND e.due_at <= ? AND e.next_try_at <= ?
		AND NOT EXISTS (SELECT 1 FROM cases c JOIN subjects x ON x.organisation = c.organisation AND x.submission = c.submission
		WHERE c.organisation = e.organisation AND c.stage <> 'closed' AND x.hash = e.subject)`
	var ids []string
	if err := o.view(ctx, func(t *tx) error {
		return t.db.Raw("SELECT e.id FROM scheduled_erasures e WHERE "+due+" ORDER BY e.due_at, e.id LIMIT ?", o.id, micros(t.now), micros(t.now), limit).
			Scan(&ids).Error
	}); err != nil {
		return nil, err
	}
	for _, id := range ids {
		// Each in a transaction of its own, under its case's lock first.
		var e *Erasure
		err := o.scheduled(ctx, id, func(t *tx, s *submissionRow, c *caseRow, x *scheduledRow) error {
			e = nil
			var still int64
			if err := t.db.Raw("SELECT COUNT(*) FROM scheduled_erasures e WHERE e.id = ? AND "+due, id, o.id, micros(t.now), micros(t.now)).
				Scan(&still).Error; err != nil || still == 0 {
				return err
			}
			if err := t.opened(c.Submission, c.ID, dsr.Engine, "erase", "locator"); err != nil {
				return err
			}
			var at locator
			if err := t.unseal(x.ID, "scheduled_erasures", "locator_sealed", x.ID, x.LocatorSealed, &at); err != nil {
				return err
			}
			x.State = dsr.EffectAttempting
			x.Fence++
			x.Tries++
			if err := t.db.Model(&scheduledRow{}).Where("organisation = ? AND id = ?", o.id, x.ID).Updates(map[string]any{"state": x.State,
				"fence": x.Fence, "tries": x.Tries, "next_try_at": t.later(erasureLease)}).Error; err != nil {
				return err
			}
			e = &Erasure{ID: x.ID, Connector: x.Connector, Fence: int(x.Fence), Instruction: dsr.Instruction{Action: dsr.ActionErase, Token: c.ID,
				Record: at.Record, Category: at.Category, Rows: at.Rows}}
			return t.record(c, dsr.Engine, "erasure-permitted", data{"erasure": x.ID, "connector": x.Connector, "fence": x.Fence,
				"proposer": x.Proposer, "approver": x.Approver, "due_on": x.DueOn})
		})
		if err != nil {
			return out, err
		}
		if e != nil {
			out = append(out, *e)
		}
	}
	return out, nil
}

// scheduled runs fn on a scheduled erasure under its case's lock, and saves the
// case when something was recorded.
func (o *Organisation) scheduled(ctx context.Context, id string, fn func(t *tx, s *submissionRow, c *caseRow, x *scheduledRow) error) error {
	return o.write(ctx, func(t *tx) error {
		var x scheduledRow
		find := func() error { return t.db.Where("organisation = ? AND id = ?", o.id, id).Take(&x).Error }
		if err := find(); err != nil {
			return err
		}
		s, c, err := t.lockCase(x.CaseID)
		if err != nil {
			return err
		}
		x = scheduledRow{}
		if err := find(); err != nil { // somebody may have been first while we waited for the lock
			return err
		}
		seq := c.EvidenceSeq
		if err := fn(t, s, c, &x); err != nil || c.EvidenceSeq == seq {
			return err
		}
		return t.save(c, c.ID)
	})
}

// ErasureDone records what the system read back: in the case's chain, though
// the case be closed for years. The key goes, and with it the last way to the
// rows that are no more.
func (o *Organisation) ErasureDone(ctx context.Context, erasure string, fence, rows int) error {
	return o.scheduled(ctx, erasure, func(t *tx, s *submissionRow, c *caseRow, x *scheduledRow) error {
		if x.State != dsr.EffectAttempting || x.Fence != int64(fence) {
			return nil // a zombie neither permits nor records
		}
		x.State, x.ErrorCode, x.VerifiedAt = dsr.EffectVerified, "", micros(t.now)
		if err := t.endScheduled(x); err != nil {
			return err
		}
		return t.record(c, dsr.Engine, "erasure-done", data{"erasure": x.ID, "item": x.Item, "connector": x.Connector, "rows": rows, "tries": x.Tries})
	})
}

// erasureTries is after how many tries in vain a person hears of a scheduled
// erasure. It is tried on all the same.
const erasureTries = 3

// ErasureFailed gives an erasure back for a later try, later and later up to a
// day.
func (o *Organisation) ErasureFailed(ctx context.Context, erasure string, fence int, code string) error {
	return o.scheduled(ctx, erasure, func(t *tx, s *submissionRow, c *caseRow, x *scheduledRow) error {
		if x.State != dsr.EffectAttempting || x.Fence != int64(fence) {
			return nil
		}
		wait := min(time.Minute<<min(x.Tries, 11), 24*time.Hour)
		err := t.db.Model(&scheduledRow{}).Where("organisation = ? AND id = ?", o.id, x.ID).Updates(map[string]any{
			"state": dsr.EffectFailed, "error_code": code, "next_try_at": t.later(wait)}).Error
		if x.Tries >= erasureTries {
			err = errors.Join(err, t.record(c, dsr.Engine, "erasure-failed", data{"erasure": x.ID, "connector": x.Connector, "code": code, "tries": x.Tries}),
				t.openTask(c, dsr.TaskEscalation, fmt.Sprintf("erasure/%s/%d", x.ID, x.Tries/erasureTries), "scheduled-erasure"))
		}
		return err
	})
}
