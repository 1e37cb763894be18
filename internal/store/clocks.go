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

func (o *Organisation) calendar(p *policy.Pack) (*clock.Calendar, error) {
	cal, ok := o.s.Calendars[p.Calendar]
	if !ok {
		return nil, dsr.Errorf(dsr.Internal, "error.internal", "calendar %s of pack %s is not there", p.Calendar, p.Slug)
	}
	return cal, nil
}

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
	var seq int64
	if err := t.db.Raw("SELECT COALESCE(MAX(seq), 0) FROM clock_events WHERE organisation = ? AND case_id = ?",
		t.o.id, c.ID).Scan(&seq).Error; err != nil {
		return err
	}
	return t.db.Create(&clockEventRow{Organisation: t.o.id, CaseID: c.ID, Seq: seq + 1, Kind: string(kind), Cause: cause,
		At: micros(at)}).Error
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

// clockEvents are the happenings of the case's clocks, in order.
func (t *tx) clockEvents(caseID string) ([]clock.Event, error) {
	var rows []clockEventRow
	if err := t.db.Where("organisation = ? AND case_id = ? AND kind <> 'stop'", t.o.id, caseID).Order("seq").Find(&rows).Error; err != nil {
		return nil, err
	}
	var out []clock.Event
	for _, r := range rows {
		out = append(out, clock.Event{Kind: clock.EventKind(r.Kind), At: instant(r.At), Cause: r.Cause})
	}
	return out, nil
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

// clockResults computes the answer target and the exposure of a case from what
// happened: a pure function of rule, calendar and events (invariant I11). The
// exposure begins at the earlier of arrival and deemed arrival.
func clockResults(p *policy.Pack, cal *clock.Calendar, kind string, events []clock.Event) (target, exposure clock.Result, guard time.Time, err error) {
	var counted, starts []clock.Event
	for _, e := range events {
		switch {
		case e.Cause == causeDeemed:
			starts = append(starts, e)
			continue
		case e.Kind == clock.Start && len(starts) == 0:
			starts = append(starts, e)
		}
		counted = append(counted, e)
	}
	if target, err = clock.Compute(p.TargetFor(kind), cal, counted); err != nil {
		return
	}
	offer, _ := p.Offer(kind)
	if !offer.Exposure {
		return
	}
	if exposure, err = clock.Compute(p.Times.Exposure, cal, starts); err != nil {
		return
	}
	guard, err = clock.Guard(exposure, cal)
	return
}

// reclock computes the case's clocks anew, records the arithmetic, and moves
// the milestones that hang on them (rulings: recomputed after each pause or
// extension).
func (t *tx) reclock(c *caseRow, p *policy.Pack) error {
	cal, err := t.o.calendar(p)
	if err != nil {
		return err
	}
	events, err := t.clockEvents(c.ID)
	if err != nil {
		return err
	}
	target, exposure, guard, err := clockResults(p, cal, c.Kind, events)
	if err != nil {
		return dsr.Errorf(dsr.Internal, "error.internal", "clock of case %s: %v", c.ID, err)
	}
	c.UnitsLeft = int64(target.UnitsLeft)
	if target.State == clock.Paused {
		c.TargetAt, c.TargetOn = 0, ""
	} else {
		c.TargetAt, c.TargetOn = micros(target.DueAt), target.DueOn.String()
	}
	c.ExposureAt, c.GuardAt = micros(exposure.FromAt), micros(guard)
	d := data{"rule": target.RuleID, "calendar": target.CalendarID, "calendar_version": target.CalendarVersion,
		"state": string(target.State), "target_at": c.TargetAt, "target_on": c.TargetOn, "units_left": int64(target.UnitsLeft),
		"exposure_at": c.ExposureAt, "guard_at": c.GuardAt, "steps": len(target.Steps)}
	if err := t.record(c, dsr.Engine, "clock", d); err != nil {
		return err
	}
	if c.AnsweredAt != 0 {
		return nil
	}
	occasion := strconv.FormatInt(c.Occasion, 10)
	if c.GuardAt != 0 {
		if err := t.arm(c, milestoneGuard, occasion, guard); err != nil {
			return err
		}
	}
	names := []string{milestoneDue, milestoneBeforeDue}
	for _, share := range p.Times.EscalationShares {
		names = append(names, fmt.Sprintf("%s-%d", milestoneEscalation, share))
	}
	if target.State == clock.Paused {
		for _, n := range names {
			if err := t.disarm(c, n, occasion); err != nil {
				return err
			}
		}
		return t.disarm(c, milestoneStage, "")
	}
	start := started(events)
	for _, n := range names {
		at := target.DueAt
		switch {
		case n == milestoneBeforeDue:
			if at, err = clock.CloseBefore(cal, target.DueAt, p.Times.EscalationOpenDaysBefore); err != nil {
				return dsr.Errorf(dsr.Internal, "error.internal", "milestone of case %s: %v", c.ID, err)
			}
			if at.Before(start) {
				continue // a target of minutes has no open days before it
			}
		case n != milestoneDue:
			share, _ := strconv.Atoi(n[len(milestoneEscalation)+1:])
			if at, err = t.share(cal, events, target.DueAt, share); err != nil {
				return err
			}
		}
		if err := t.arm(c, n, occasion, at); err != nil {
			return err
		}
	}
	return t.armStageTarget(c, p, cal, events, target.DueAt)
}

// started is when the newest clock of the case began.
func started(events []clock.Event) time.Time {
	var at time.Time
	for _, e := range events {
		if e.Kind == clock.Start && e.Cause != causeDeemed {
			at = e.At
		}
	}
	return at
}

// share is the instant at which a share of the office time to the answer
// target has passed. The time of pauses counts for neither side, so the share
// is taken of what ran.
func (t *tx) share(cal *clock.Calendar, events []clock.Event, due time.Time, percent int) (time.Time, error) {
	start := started(events)
	// What lies between start and due without the pauses: shift the start past
	// them, which leaves the same office time to run.
	var paused time.Duration
	var since time.Time
	for _, e := range events {
		switch e.Kind {
		case clock.Pause:
			since = e.At
		case clock.Resume:
			if !since.IsZero() {
				paused += e.At.Sub(since)
				since = time.Time{}
			}
		}
	}
	from := start.Add(paused)
	if !from.Before(due) {
		from = start
	}
	at, err := clock.Share(cal, from, due, percent)
	if err != nil {
		return at, dsr.Errorf(dsr.Internal, "error.internal", "share: %v", err)
	}
	return at, nil
}

// armStageTarget sets when the present stage should be over.
func (t *tx) armStageTarget(c *caseRow, p *policy.Pack, cal *clock.Calendar, events []clock.Event, due time.Time) error {
	if err := t.disarm(c, milestoneStage, ""); err != nil {
		return err
	}
	share, ok := p.Times.StageShares[c.Stage]
	if !ok {
		return nil
	}
	at, err := t.share(cal, events, due, share)
	if err != nil {
		return err
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

// after is the instant at which a rule that starts now falls due.
func (t *tx) after(p *policy.Pack, rule clock.Rule) (time.Time, error) {
	cal, err := t.o.calendar(p)
	if err != nil {
		return time.Time{}, err
	}
	r, err := clock.Compute(rule, cal, []clock.Event{{Kind: clock.Start, At: t.now}})
	if err != nil {
		return time.Time{}, dsr.Errorf(dsr.Internal, "error.internal", "rule %s: %v", rule.ID, err)
	}
	return r.DueAt, nil
}
