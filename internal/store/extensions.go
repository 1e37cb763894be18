package store

import (
	"context"
	"slices"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/policy"
)

// The states of an extension.
const (
	extensionSending   = "sending" // ordered; its notice is on its way
	extensionInForce   = "in-force"
	extensionLate      = "late" // its notice was sent too late: nothing moved
	extensionCancelled = "cancelled"
)

// extensible reports whether the case still owes an answer that can come later.
func extensible(c *caseRow) bool {
	return dsr.Stage(c.Stage).Open() && c.AnsweredAt == 0 && c.WithdrawnAt == 0 && c.ExpiredAt == 0
}

// extendable is why the clock cannot be prolonged now, as a code; "" when it can.
// What is paused has no due instant before which a notice could come.
func (x *clocked) extendable(now time.Time) string {
	switch {
	case x.rule.Extension == nil, x.unknown != "", x.result.NoticeBy.IsZero():
		return "error.extension-none"
	case !now.Before(x.result.NoticeBy):
		return "error.extension-late"
	}
	return ""
}

// grounded reports whether the rule allows the ground and a letter can say it.
func (x *clocked) grounded(ground string) bool {
	allowed := x.rule.Extension.Grounds
	return ground != "" && locales.Has("letter.late."+ground) && (len(allowed) == 0 || slices.Contains(allowed, ground))
}

// prolonged is the event of an extension.
func (row extensionRow) prolonged(at time.Time) clock.Event {
	return clock.Event{Kind: clock.Prolonged, At: at, N: int(row.N), Rule: row.Rule, Ground: row.Ground}
}

// Extend orders an extension of one clock: its notice (N-07) is written, and when
// that was sent in time the extension is in force (T25).
func (o *Organisation) Extend(ctx context.Context, actor dsr.Actor, caseID string, e dsr.Extension) error {
	if err := needRole(actor, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if err := notWithdrawn(c); err != nil {
			return err
		}
		if !extensible(c) {
			return wrongStage(c, dsr.CommandReclocked)
		}
		if n, err := t.sending(c); err != nil || n != nil {
			if err == nil {
				err = dsr.Fail(dsr.Conflict, "error.extension-ordered")
			}
			return err
		}
		events, err := t.clockEvents(c)
		if err != nil {
			return err
		}
		now, err := o.read(p, c, events)
		if err != nil {
			return err
		}
		x := now.by(e.Clock)
		if x == nil {
			return dsr.Fail(dsr.Invalid, "error.extension-none")
		}
		if code := x.extendable(t.now); code != "" {
			return dsr.Fail(dsr.Invalid, code)
		}
		if e.N < 0 || e.N > x.rule.Extension.Amount {
			return dsr.Fail(dsr.Invalid, "error.extension-none")
		}
		if !x.grounded(e.Ground) {
			return dsr.Fail(dsr.Invalid, "error.extension-ground")
		}
		if e.N == 0 {
			e.N = x.rule.Extension.Amount
		}
		row := extensionRow{Organisation: o.id, ID: newID(), CaseID: c.ID, Rule: e.Clock, N: int64(e.N), Ground: e.Ground, OrderedBy: actor.ID,
			OrderedAt: micros(t.now), NoticeBy: micros(x.result.NoticeBy), State: extensionSending}
		would, err := o.read(p, c, append(slices.Clone(events), row.prolonged(t.now)))
		if err != nil {
			return err
		}
		after := would.by(e.Clock)
		if !after.runs() { // the calendar ends before the later date
			return dsr.Fail(dsr.Invalid, "error.extension-none")
		}
		row.tell(&now, &would)
		occasion := "extension/" + row.ID
		if err := t.notify(p, s, c, "N-07", occasion, letterExtra{OldTarget: instant(row.FromAt), NewTarget: instant(row.ToAt), OldOn: row.FromOn, NewOn: row.ToOn, Reason: e.Ground,
			Extended: &x.rule}); err != nil {
			return err
		}
		if err := t.db.Raw("SELECT id FROM notices WHERE organisation = ? AND case_id = ? AND code = 'N-07' AND occasion = ?", o.id, c.ID, occasion).
			Scan(&row.Notice).Error; err != nil {
			return err
		}
		if err := t.db.Create(&row).Error; err != nil {
			return err
		}
		if err := t.record(c, actor, "extension-ordered", row.data()); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// tell takes down the dates that the notice of the extension names, each in the
// zone of its rule: the answer target, where the extension moves it, else the
// clock's own due. An office's target that is put off never lets it promise a day
// after a law's due.
func (row *extensionRow) tell(now, would *reading) {
	if is, will := now.due(), would.due(); is.targetAt != 0 && will.targetAt != is.targetAt {
		row.FromAt, row.ToAt, row.FromOn, row.ToOn = is.targetAt, will.targetAt, is.targetOn, will.targetOn
		return
	}
	is, will := now.by(row.Rule).result, would.by(row.Rule).result
	row.FromAt, row.ToAt, row.FromOn, row.ToOn = micros(is.DueAt), micros(will.DueAt), is.DueOn.String(), will.DueOn.String()
}

// data is what the record says of an extension.
func (row *extensionRow) data() data {
	return data{"extension": row.ID, "rule": row.Rule, "n": row.N, "ground": row.Ground, "notice": row.Notice, "notice_by": row.NoticeBy,
		"from_at": row.FromAt, "to_at": row.ToAt}
}

// sending is the extension whose notice is on its way, nil for none.
func (t *tx) sending(c *caseRow) (*extensionRow, error) {
	var row extensionRow
	err := t.db.Where("organisation = ? AND case_id = ? AND state = ?", t.o.id, c.ID, extensionSending).Limit(1).Find(&row).Error
	if err != nil || row.ID == "" {
		return nil, err
	}
	return &row, nil
}

// extensionTold puts the extension whose notice was sent just now into force, or
// finds that it was sent too late. notice is what was accepted for sending, was
// posted, or was told by other means. The caller holds the case's lock and saves
// the case.
func (t *tx) extensionTold(s *submissionRow, c *caseRow, notice string) error {
	row, err := t.sending(c)
	if err != nil || row == nil || row.Notice != notice {
		return err
	}
	p, err := t.pack(s)
	if err != nil {
		return err
	}
	if !dsr.Stage(c.Stage).Open() || c.AnsweredAt != 0 {
		return t.cancelExtension(c)
	}
	events, err := t.clockEvents(c)
	if err != nil {
		return err
	}
	now, err := t.o.read(p, c, events)
	if err != nil {
		return err
	}
	would, err := t.o.read(p, c, append(slices.Clone(events), row.prolonged(t.now)))
	row.SentAt, row.State = micros(t.now), extensionInForce
	x := now.by(row.Rule)
	// A clock that was paused meanwhile has no due instant that could be missed.
	late := x == nil || x.unknown != "" || x.result.State == clock.Due && !t.now.Before(x.result.DueAt)
	if late || err != nil || would.by(row.Rule).unknown != "" {
		return t.extensionLate(c, row)
	}
	if x.result.State == clock.Due {
		row.tell(&now, &would)
	}
	if err := t.saveExtension(row); err != nil {
		return err
	}
	if err := t.happened(c, row.prolonged(t.now)); err != nil {
		return err
	}
	c.ToldAt = row.ToAt
	d := row.data()
	d["told_at"] = c.ToldAt
	if err := t.record(c, dsr.Engine, "extension-in-force", d); err != nil {
		return err
	}
	if err := t.reclock(c, p); err != nil {
		return err
	}
	return t.reclocked(c, data{"extension": row.ID, "rule": row.Rule})
}

// extensionLate ends an order whose notice was not sent in time: the letter names a
// date that does not hold, and somebody must know.
func (t *tx) extensionLate(c *caseRow, row *extensionRow) error {
	row.State = extensionLate
	if err := t.saveExtension(row); err != nil {
		return err
	}
	if err := t.record(c, dsr.Engine, "extension-late", row.data()); err != nil {
		return err
	}
	return t.openTask(c, dsr.TaskEscalation, "extension/"+row.ID, "extension-late")
}

// extensionMissed ends the order whose clock fell due before its notice was sent.
func (t *tx) extensionMissed(p *policy.Pack, c *caseRow) error {
	row, err := t.sending(c)
	if err != nil || row == nil {
		return err
	}
	events, err := t.clockEvents(c)
	if err != nil {
		return err
	}
	r, err := t.o.read(p, c, events)
	if err != nil {
		return err
	}
	if x := r.by(row.Rule); x == nil || !x.runs() || t.now.Before(x.result.DueAt) {
		return nil
	}
	return t.extensionLate(c, row)
}

// reclocked tells the case's run that its clocks moved, if it is still at a stage
// that has one.
func (t *tx) reclocked(c *caseRow, d data) error {
	if !dsr.CommandReclocked.Accepts(dsr.Stage(c.Stage)) || c.AnsweredAt != 0 {
		return nil
	}
	d["target_at"] = c.TargetAt
	_, err := t.command(c, dsr.Engine, dsr.CommandReclocked, d)
	return err
}

// cancelExtension ends an order whose notice was not sent before the case was
// answered or closed: nothing is put off any more.
func (t *tx) cancelExtension(c *caseRow) error {
	row, err := t.sending(c)
	if err != nil || row == nil {
		return err
	}
	row.State = extensionCancelled
	if err := t.saveExtension(row); err != nil {
		return err
	}
	return t.record(c, dsr.Engine, "extension-cancelled", row.data())
}

func (t *tx) saveExtension(row *extensionRow) error {
	return t.db.Model(&extensionRow{}).Where("organisation = ? AND id = ? AND state = ?", t.o.id, row.ID, extensionSending).
		Select("sent_at", "state", "from_at", "to_at", "from_on", "to_on").Updates(row).Error
}

// extensions are those that were ordered for a case, the oldest first.
func (t *tx) extensions(caseID string) (out []dsr.ExtensionRow, err error) {
	var rows []extensionRow
	if err := t.db.Where("organisation = ? AND case_id = ?", t.o.id, caseID).Order("ordered_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		x := dsr.ExtensionRow{Clock: r.Rule, Ground: r.Ground, N: int(r.N), State: r.State, OrderedAt: r.OrderedAt, SentAt: r.SentAt, From: r.FromAt, To: r.ToAt, FromOn: r.FromOn, ToOn: r.ToOn}
		if x.By, err = t.staffName(r.OrderedBy); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}
