package store

import (
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// Names of milestones. They are recorded with each case: add, never rename.
const (
	milestoneReminder             = "identity-reminder" // occasion n/k
	milestoneIdentityExpiry       = "identity-expiry"
	milestoneQuestionReminder     = "clarification-reminder"
	milestoneQuestionExpiry       = "clarification-expiry"
	milestoneEscalation           = "escalation" // escalation-50, -75, -90
	milestoneBeforeDue            = "before-due" // two open days before
	milestoneDue                  = "due"
	milestoneGuard                = "exposure-guard"
	milestoneStage                = "stage-target"
	milestoneWithdrawal           = "withdrawal-final"
	milestoneAvailability         = "availability-end"
	milestoneAvailabilityReminder = "availability-reminder"
	milestoneAuthorityReminder    = "authority-reminder" // occasion n/k
	milestoneAuthorityExpiry      = "authority-expiry"
)

// gormAdd is column + 1.
func gormAdd(column string) any { return gorm.Expr(column + " + 1") }

// zone is where the organisation's days begin and end.
func zone(p *policy.Pack) *time.Location {
	loc, err := clock.Zone(p.Zone)
	if err != nil {
		return time.UTC // the pack was checked when it was loaded
	}
	return loc
}

// clockEvent appends what happened to the case's clocks.
func (t *tx) clockEvent(c *caseRow, kind clock.EventKind, cause string, at time.Time) error {
	return t.happened(c, clock.Event{Kind: kind, Cause: cause, At: at})
}

func (t *tx) happened(c *caseRow, e clock.Event) error {
	seq, err := t.lastEvent(c)
	if err != nil {
		return err
	}
	return t.db.Create(&clockEventRow{Organisation: t.o.id, CaseID: c.ID, Seq: seq + 1, Kind: string(e.Kind), Cause: e.Cause,
		At: micros(e.At), N: int64(e.N), Rule: e.Rule, Ground: e.Ground}).Error
}

// lastEvent is the number of the newest of the case's clock events.
func (t *tx) lastEvent(c *caseRow) (seq int64, err error) {
	return seq, t.db.Raw("SELECT COALESCE(MAX(seq), 0) FROM clock_events WHERE organisation = ? AND case_id = ?", t.o.id, c.ID).Scan(&seq).Error
}

// causeDeemed marks the start at which a letter should have arrived. It begins
// the exposure (Art. 39(2)) and no answer target, which runs from the arrival.
const causeDeemed = clock.CauseDeemed

// startClocks records when a case's clocks begin: at the arrival, and for a
// letter that should have come earlier also then.
func (t *tx) startClocks(s *submissionRow, c *caseRow) error {
	if s.DeemedAt != 0 && s.DeemedAt < s.ArrivedAt {
		if err := t.clockEvent(c, clock.Start, causeDeemed, instant(s.DeemedAt)); err != nil {
			return err
		}
	}
	return t.clockEvent(c, clock.Start, "arrival", instant(s.ArrivedAt))
}

// pause stops the answer target while the person acts. The exposure guard
// never stops.
func (t *tx) pause(c *caseRow, p *policy.Pack, cause string) error {
	if c.PausedFor != "" {
		return nil
	}
	if err := t.clockEvent(c, clock.Pause, cause, t.now); err != nil {
		return err
	}
	c.PausedFor, c.PausedAt = cause, micros(t.now)
	return t.reclock(c, p)
}

// resume lets the answer target run again.
func (t *tx) resume(c *caseRow, p *policy.Pack, cause string) error {
	if c.PausedFor == "" || c.PausedFor != cause {
		return nil
	}
	if err := t.clockEvent(c, clock.Resume, cause, t.now); err != nil {
		return err
	}
	c.PausedFor, c.PausedAt = "", 0
	return t.reclock(c, p)
}

// reclock computes the case's clocks anew, records the arithmetic, and moves
// the milestones that hang on them (rulings: recomputed after each pause or
// extension).
func (t *tx) reclock(c *caseRow, p *policy.Pack) error {
	events, err := t.clockEvents(c)
	if err != nil {
		return err
	}
	pins, kept := t.o.pins(p, c, events)
	if !kept && c.AnsweredAt == 0 {
		// The version that it counted by is no longer here: it goes on by the newest.
		if _, err := t.moveCalendars(p, c); err != nil {
			return err
		}
		if events, err = t.clockEvents(c); err != nil {
			return err
		}
		pins, _ = t.o.pins(p, c, events)
	}
	c.CalendarVersion = pins
	r, err := t.o.read(p, c, events)
	if err != nil {
		return err
	}
	r.due().into(c)
	if err := t.record(c, dsr.Engine, "clock", r.data()); err != nil {
		return err
	}
	if c.AnsweredAt != 0 {
		return nil
	}
	// What is still to do is due when the answer is.
	if err := t.db.Model(&taskRow{}).Where("organisation = ? AND case_id = ? AND state IN ('open', 'claimed')", t.o.id, c.ID).
		Update("due_at", c.TargetAt).Error; err != nil {
		return err
	}
	occasion := strconv.FormatInt(c.Occasion, 10)
	if c.GuardAt != 0 {
		if err := t.arm(c, milestoneGuard, occasion, r.guard); err != nil {
			return err
		}
	}
	names := []string{milestoneDue, milestoneBeforeDue}
	for _, share := range p.Times.EscalationShares {
		names = append(names, fmt.Sprintf("%s-%d", milestoneEscalation, share))
	}
	won, ok := r.answer()
	if !ok {
		for _, n := range names {
			if err := t.disarm(c, n, occasion); err != nil {
				return err
			}
		}
		return t.disarm(c, milestoneStage, "")
	}
	for _, n := range names {
		at, ok := won.result.DueAt, true
		switch {
		case n == milestoneBeforeDue:
			at, ok = won.before(r.office, p.Times.EscalationOpenDaysBefore)
		case n != milestoneDue:
			share, _ := strconv.Atoi(n[len(milestoneEscalation)+1:])
			at, ok = won.milestone(r.office, share)
		}
		if !ok {
			if err := t.disarm(c, n, occasion); err != nil {
				return err
			}
			continue
		}
		if err := t.arm(c, n, occasion, at); err != nil {
			return err
		}
	}
	return t.armStageTarget(c, p, r)
}

// armStageTarget sets when the present stage should be over.
func (t *tx) armStageTarget(c *caseRow, p *policy.Pack, r reading) error {
	if err := t.disarm(c, milestoneStage, ""); err != nil {
		return err
	}
	share, ok := p.Times.StageShares[c.Stage]
	won, due := r.answer()
	if !ok || !due {
		return nil
	}
	at, ok := won.milestone(r.office, share)
	if !ok {
		return nil
	}
	return t.arm(c, milestoneStage, fmt.Sprintf("%s/%d", c.Stage, c.Transition), at)
}

// arm sets a milestone or moves it. One that has fired stays fired: (case,
// milestone, occasion) happens once.
func (t *tx) arm(c *caseRow, name, occasion string, at time.Time) error {
	var row milestoneRow
	err := t.db.Where("organisation = ? AND case_id = ? AND name = ? AND occasion = ?", t.o.id, c.ID, name, occasion).
		Limit(1).Find(&row).Error
	if err != nil {
		return err
	}
	if row.ID == "" {
		return t.db.Create(&milestoneRow{Organisation: t.o.id, ID: newID(), CaseID: c.ID, Name: name, Occasion: occasion,
			DueAt: micros(at), ArmedAt: micros(t.now)}).Error
	}
	if row.FiredAt != 0 {
		return nil
	}
	return t.db.Model(&milestoneRow{}).Where("organisation = ? AND id = ? AND fired_at = 0", t.o.id, row.ID).
		Updates(map[string]any{"due_at": micros(at), "cancelled_at": 0}).Error
}

// disarm cancels a milestone that has not fired; "" is every occasion.
func (t *tx) disarm(c *caseRow, name, occasion string) error {
	q := t.db.Model(&milestoneRow{}).Where("organisation = ? AND case_id = ? AND name = ? AND fired_at = 0 AND cancelled_at = 0",
		t.o.id, c.ID, name)
	if occasion != "" {
		q = q.Where("occasion = ?", occasion)
	}
	return q.Update("cancelled_at", micros(t.now)).Error
}

// disarmAll cancels everything that has not fired.
func (t *tx) disarmAll(c *caseRow) error {
	return t.db.Model(&milestoneRow{}).Where("organisation = ? AND case_id = ? AND fired_at = 0 AND cancelled_at = 0",
		t.o.id, c.ID).Update("cancelled_at", micros(t.now)).Error
}

// after is the instant at which a rule that starts now falls due, by the
// calendar that the case counts by.
func (t *tx) after(p *policy.Pack, c *caseRow, rule clock.Rule) (time.Time, error) {
	return t.o.ends(p, c, rule, t.now)
}

// ends is the instant at which a rule of the case that starts at an instant
// falls due.
func (o *Organisation) ends(p *policy.Pack, c *caseRow, rule clock.Rule, start time.Time) (time.Time, error) {
	cal, _ := o.shelf(c.CalendarVersion).take(p.Calendar)
	r, err := clock.Compute(rule, cal, []clock.Event{{Kind: clock.Start, At: start}})
	if err != nil {
		return time.Time{}, dsr.Errorf(dsr.Internal, "error.internal", "rule %s: %v", rule.ID, err)
	}
	return r.DueAt, nil
}
