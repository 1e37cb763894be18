package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// facts are what a run may know of its case: recorded values only.
func (t *tx) facts(s *submissionRow, c *caseRow, epoch int) (dsr.Facts, error) {
	f := dsr.Facts{Organisation: t.o.id, Submission: s.ID, Case: c.ID, Kind: dsr.Kind(c.Kind), Stage: dsr.Stage(c.Stage),
		Before: dsr.Stage(c.StageBefore), Epoch: int(c.Epoch), Transition: int(c.Transition), Applied: int(c.AppliedCommand), Occasion: int(c.Occasion),
		PlanVersion: int(c.PlanVersion), Classified: c.ClassifiedAt != 0, IdentityProven: proven(s),
		AuthorityNeeded: len(s.RepresentativeSealed) > 0, AuthorityProven: s.AuthorityAt != 0, QuestionOpen: c.Question != "", Collected: c.CollectedAt != 0,
		Proposal: int(c.Proposal), Agreed: int(c.Agreed), SentBack: int(c.SentBack), Decided: dsr.Outcome(c.Decided),
		PackageReady: c.PackageAt != 0, Delivered: c.DeliveredAt != 0, Withdrawn: c.WithdrawnAt != 0,
		WithdrawalFinal: c.WithdrawalFinalAt != 0, Expired: c.ExpiredAt != 0, Superseded: int64(epoch) != c.Epoch,
		Outcome: dsr.Outcome(c.Outcome), LookupOccasion: int(s.IdentityAsked) + 1}
	if !f.IdentityProven && f.Stage.Open() {
		open, err := t.hasOpenTask(c, dsr.TaskVerifyIdentity)
		if err != nil {
			return f, err
		}
		if open {
			done, err := t.effectsSettled(c, dsr.ActionLookup, int64(f.LookupOccasion))
			if err != nil {
				return f, err
			}
			f.LookupWanted = !done
		}
	}
	if err := t.actFacts(&f, s, c); err != nil {
		return f, err
	}
	var next milestoneRow
	err := t.db.Where("organisation = ? AND case_id = ? AND fired_at = 0 AND cancelled_at = 0", t.o.id, c.ID).
		Order("due_at, id").Limit(1).Find(&next).Error
	f.Milestone, f.MilestoneAt = next.ID, next.DueAt
	return f, err
}

// actFacts are the facts about what is done in connected systems and what
// follows from it.
func (t *tx) actFacts(f *dsr.Facts, s *submissionRow, c *caseRow) (err error) {
	f.Preserved, f.Investigated, f.Stopped = c.PreservedAt != 0, c.InvestigatedAt != 0, c.StoppedAt != 0
	if !f.Stage.Open() {
		return nil
	}
	if f.HoldWanted, err = t.holdWanted(s, c); err != nil {
		return err
	}
	erases := false
	if f.Todo, erases, err = t.todo(c); err != nil {
		return err
	}
	f.CoolingOff = erases && !f.Stopped && f.Todo != dsr.ActionErase
	var open int64
	if err := t.db.Model(&recipientRow{}).Where("organisation = ? AND case_id = ? AND state = 'open'", t.o.id, c.ID).Count(&open).Error; err != nil {
		return err
	}
	f.RecipientsOpen = int(open)
	if c.AnsweredAt != 0 || ended(c) {
		held, err := t.standing(c)
		if err != nil {
			return err
		}
		f.ReleaseWanted = len(held) > 0
	}
	return nil
}

// proven reports whether the level that is needed was reached.
func proven(s *submissionRow) bool {
	return s.IdentityNeeded == "L0" || s.IdentityLevel != "" && s.IdentityLevel >= s.IdentityNeeded
}

// staged runs fn under the case's lock for a run of an epoch and gives the
// facts after it. An older run changes nothing: it is told that it is
// superseded.
func (o *Organisation) staged(ctx context.Context, caseID string, epoch int, fn func(t *tx, s *submissionRow, c *caseRow) error) (f dsr.Facts, err error) {
	err = o.write(ctx, func(t *tx) error {
		s, c, err := t.lockCase(caseID)
		if err != nil {
			return err
		}
		if int64(epoch) == c.Epoch {
			if err := fn(t, s, c); err != nil {
				return err
			}
		}
		f, err = t.facts(s, c, epoch)
		return err
	})
	return f, err
}

// Begin acknowledges a run of an epoch: only now does its start count
// (invariant I4). It applies every command recorded so far, because the run
// loads the case as it stands, with all of them in it.
func (o *Organisation) Begin(ctx context.Context, caseID string, epoch int) (dsr.Facts, error) {
	return o.staged(ctx, caseID, epoch, func(t *tx, s *submissionRow, c *caseRow) error {
		if c.AckedEpoch == c.Epoch && c.AppliedCommand == c.LastCommand {
			return nil
		}
		if c.AckedEpoch != c.Epoch {
			c.AckedEpoch = c.Epoch
			if err := t.record(c, dsr.Engine, "run-began", data{"epoch": c.Epoch}); err != nil {
				return err
			}
		}
		if err := t.applied(c, c.LastCommand); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// applied marks the commands up to number n; never before they were given, even
// if two machines' clocks differ.
func (t *tx) applied(c *caseRow, n int64) error {
	err := t.db.Model(&commandRow{}).Where("organisation = ? AND case_id = ? AND number <= ? AND applied_at = 0", t.o.id, c.ID, n).
		Updates(map[string]any{"applied_at": gorm.Expr("CASE WHEN at > ? THEN at ELSE ? END", micros(t.now), micros(t.now)),
			"applied_epoch": c.Epoch, "claimed_until": 0}).Error
	c.AppliedCommand = n
	return err
}

// Apply is the applied mark of one command: what makes a second delivery
// harmless. A command is applied only after all lower ones.
func (o *Organisation) Apply(ctx context.Context, caseID string, epoch, number int) (dsr.Facts, error) {
	return o.staged(ctx, caseID, epoch, func(t *tx, s *submissionRow, c *caseRow) error {
		n := int64(number)
		switch {
		case n <= c.AppliedCommand:
			return nil
		case n != c.AppliedCommand+1 || n > c.LastCommand:
			return dsr.Fail(dsr.Conflict, "error.command-order")
		}
		if err := t.applied(c, n); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// Facts reads the facts anew.
func (o *Organisation) Facts(ctx context.Context, caseID string, epoch int) (f dsr.Facts, err error) {
	err = o.view(ctx, func(t *tx) error {
		s, c, err := t.find(caseID)
		if err != nil {
			return err
		}
		f, err = t.facts(s, c, epoch)
		return err
	})
	return f, err
}

// Enter makes the transition-th stage change of a case. A second call finds it
// made. What belongs to the old stage ends, what belongs to the new one
// begins: tasks, milestones, pauses, notices.
func (o *Organisation) Enter(ctx context.Context, caseID string, epoch, transition int, to dsr.Stage) (dsr.Facts, error) {
	return o.staged(ctx, caseID, epoch, func(t *tx, s *submissionRow, c *caseRow) error {
		// A run that has not heard of a withdrawal or an expiry yet must not
		// move on: the facts tell it.
		if int64(transition) <= c.Transition || c.WithdrawnAt != 0 || c.ExpiredAt != 0 {
			return nil
		}
		if int64(transition) != c.Transition+1 || to == dsr.StageClosed || !dsr.CanMove(dsr.Stage(c.Stage), to) {
			return dsr.Errorf(dsr.Conflict, "error.transition", "case %s: %s to %s as number %d of %d", c.ID, c.Stage, to, transition, c.Transition)
		}
		if to == dsr.StageSearch && !proven(s) {
			// Searching without an identity would end as "nothing is held".
			return dsr.Fail(dsr.Forbidden, "error.identity-unproven")
		}
		if err := t.mayEnter(c, to); err != nil {
			return err
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		if err := t.leave(p, s, c, to); err != nil {
			return err
		}
		from := c.Stage
		if dsr.Stage(from) != dsr.StageClarification && dsr.Stage(from) != dsr.StageFraud {
			c.StageBefore = from // an interruption of an interruption returns to where the first began
		}
		c.Stage, c.StageSince, c.Transition = string(to), micros(t.now), int64(transition)
		if err := t.record(c, dsr.Engine, "stage", data{"from": from, "to": c.Stage, "transition": c.Transition}); err != nil {
			return err
		}
		if err := t.arrive(p, s, c); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// mayEnter is what the table of stages cannot say: nothing is carried out
// that nobody agreed, and nobody is told before it is done.
func (t *tx) mayEnter(c *caseRow, to dsr.Stage) error {
	switch to {
	case dsr.StageExecution:
		if c.Agreed == 0 {
			return dsr.Fail(dsr.Forbidden, "error.not-agreed")
		}
	case dsr.StageNotified:
		next, erases, err := t.todo(c)
		if err != nil {
			return err
		}
		if next != "" || erases {
			return dsr.Errorf(dsr.Conflict, "error.transition", "case %s: %s is still to be done", c.ID, next)
		}
	}
	return nil
}

// leave ends what belongs to the stage that a case leaves.
func (t *tx) leave(p *policy.Pack, s *submissionRow, c *caseRow, to dsr.Stage) error {
	switch dsr.Stage(c.Stage) {
	case dsr.StageIdentity:
		if to == dsr.StageClarification {
			return nil // it comes back
		}
		for _, m := range []string{milestoneReminder, milestoneIdentityExpiry} {
			if err := t.disarm(c, m, ""); err != nil {
				return err
			}
		}
		return t.resume(c, p, "identity")
	case dsr.StageAuthority:
		return t.leaveAuthority(p, s, c, to)
	case dsr.StageClarification:
		for _, m := range []string{milestoneQuestionReminder, milestoneQuestionExpiry} {
			if err := t.disarm(c, m, ""); err != nil {
				return err
			}
		}
		return t.resume(c, p, "clarification")
	case dsr.StageDecision:
		return t.cancelTasks(c, dsr.TaskApprove)
	case dsr.StageExecution:
		return t.endCooling(c)
	}
	return nil
}

// arrive begins what belongs to the stage that a case enters.
func (t *tx) arrive(p *policy.Pack, s *submissionRow, c *caseRow) error {
	switch dsr.Stage(c.Stage) {
	case dsr.StageTriage:
		if c.ClassifiedAt == 0 {
			if err := t.openTask(c, dsr.TaskClassify, fmt.Sprint(c.Occasion), "triage"); err != nil {
				return err
			}
		}
	case dsr.StageIdentity:
		if err := t.askIdentity(p, s, c); err != nil {
			return err
		}
	case dsr.StageAuthority:
		if err := t.askAuthority(p, s, c); err != nil {
			return err
		}
	case dsr.StageAccepted:
		if c.TargetAt != 0 { // a letter that promises a date needs one
			if err := t.notify(p, s, c, dsr.StageAccepted.Notice(), strconv.FormatInt(c.Occasion, 10), letterExtra{}); err != nil {
				return err
			}
		}
	case dsr.StageReview:
		// One review for each plan, and one more for each sending back.
		if err := t.openTask(c, dsr.TaskReview, fmt.Sprintf("%d/%d/%d", c.Occasion, c.PlanVersion, c.SentBack), "review"); err != nil {
			return err
		}
	case dsr.StageInvestigation:
		if c.InvestigatedAt == 0 {
			if err := t.openTask(c, dsr.TaskInvestigate, fmt.Sprintf("%d/%d", c.Occasion, c.PlanVersion), "investigation"); err != nil {
				return err
			}
		}
	case dsr.StageExecution:
		if err := t.execute(p, s, c); err != nil {
			return err
		}
	case dsr.StageDelivery:
		return t.deliver(p, s, c)
	case dsr.StageNotified:
		if c.AnsweredAt == 0 {
			if err := t.answer(p, s, c); err != nil {
				return err
			}
		}
		return t.askRecipients(p, s, c)
	}
	if c.AnsweredAt == 0 && c.PausedFor == "" {
		return t.reclock(c, p) // the stage target is this stage's now
	}
	return nil
}

// Close makes the closing transition. It declines while a recorded command has
// not been applied: nothing that a person did is lost because the process was
// ending.
func (o *Organisation) Close(ctx context.Context, caseID string, epoch, transition int) (dsr.Facts, error) {
	return o.staged(ctx, caseID, epoch, func(t *tx, s *submissionRow, c *caseRow) error {
		if int64(transition) <= c.Transition {
			return nil
		}
		if c.AppliedCommand != c.LastCommand {
			return dsr.Fail(dsr.Conflict, "error.commands-pending")
		}
		if int64(transition) != c.Transition+1 || !dsr.CanMove(dsr.Stage(c.Stage), dsr.StageClosed) {
			return dsr.Errorf(dsr.Conflict, "error.transition", "case %s: %s to closed as number %d of %d", c.ID, c.Stage, transition, c.Transition)
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		outcome, err := t.outcome(c)
		if err != nil {
			return err
		}
		switch {
		case c.WithdrawnAt != 0: // also when a wait expired before the time to take it back
			outcome = dsr.OutcomeWithdrawn
		case c.ExpiredAt != 0:
			outcome = dsr.OutcomeNoResponse
		}
		if outcome == "" {
			return dsr.Errorf(dsr.Conflict, "error.transition", "case %s: nothing was decided", c.ID)
		}
		if outcome.TwoPeople() && c.Agreed == 0 {
			return dsr.Fail(dsr.Forbidden, "error.same-person")
		}
		// Nothing stays held for a request that is over (T22).
		if held, err := t.standing(c); err != nil || len(held) > 0 {
			return errors.Join(err, dsr.Errorf(dsr.Conflict, "error.transition", "case %s: %d systems hold something for it", c.ID, len(held)))
		}
		var untold int64
		if err := t.db.Model(&recipientRow{}).Where("organisation = ? AND case_id = ? AND state = 'open'", o.id, c.ID).Count(&untold).Error; err != nil {
			return err
		}
		if untold > 0 {
			return dsr.Errorf(dsr.Conflict, "error.transition", "case %s: %d recipients are to be told", c.ID, untold)
		}
		if outcome == dsr.OutcomeWithdrawn {
			// What was promised with a day in the plan that was taken back, also when
			// it was being reconsidered.
			if err := t.dropPlan(c); err != nil {
				return err
			}
		}
		from := c.Stage
		if err := t.leave(p, s, c, dsr.StageClosed); err != nil {
			return err
		}
		if err := t.cancelAtEnd(c); err != nil {
			return err
		}
		if err := t.papersGo(p, s, c); err != nil {
			return err
		}
		if err := t.disarmAll(c); err != nil {
			return err
		}
		if err := t.cancelExtension(c); err != nil {
			return err
		}
		c.StageBefore, c.Stage, c.StageSince, c.Transition = from, string(dsr.StageClosed), micros(t.now), int64(transition)
		c.Outcome, c.ClosedAt, c.TargetAt, c.PausedFor = string(outcome), micros(t.now), 0, ""
		if err := t.record(c, dsr.Engine, "closed", data{"from": from, "outcome": c.Outcome, "transition": c.Transition,
			"answered_at": c.AnsweredAt, "target_at": c.AnsweredTargetAt}); err != nil {
			return err
		}
		occasion := strconv.FormatInt(c.Occasion, 10)
		switch outcome {
		case dsr.OutcomeNoResponse:
			missing := "identity"
			switch dsr.Stage(from) {
			case dsr.StageClarification:
				missing = "clarification"
			case dsr.StageAuthority:
				missing = "authority"
			}
			err = t.notify(p, s, c, outcome.Ending(), occasion, letterExtra{Reason: missing})
		case dsr.OutcomeWithdrawn:
			var done letterExtra // what was carried out before stays, and is named
			if done, err = t.decidedItems(p, s, c); err == nil {
				err = t.notify(p, s, c, outcome.Ending(), "final/"+occasion, letterExtra{Items: done.Items})
			}
		}
		if err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// papersGo sets the end of the identity papers when the last case of a
// submission closes without an identity decision that did: 24 hours later too.
func (t *tx) papersGo(p *policy.Pack, s *submissionRow, c *caseRow) error {
	var open int64
	if err := t.db.Model(&caseRow{}).Where("organisation = ? AND submission = ? AND id <> ? AND stage <> 'closed'", t.o.id, s.ID, c.ID).
		Count(&open).Error; err != nil || open > 0 {
		return err
	}
	return t.db.Model(&documentRow{}).Where("organisation = ? AND submission = ? AND deleted_at = 0 AND delete_at = 0", t.o.id, s.ID).
		Update("delete_at", t.later(time.Duration(max(p.Times.ImageHours, 1))*time.Hour)).Error
}

// answer gives the decision letter: from here on the target is met or missed.
func (t *tx) answer(p *policy.Pack, s *submissionRow, c *caseRow) error {
	outcome, err := t.outcome(c)
	if err != nil {
		return err
	}
	code := dsr.Kind(c.Kind).Letter(outcome)
	c.AnsweredAt, c.AnsweredTargetAt = micros(t.now), c.TargetAt
	if c.AnsweredTargetAt == 0 {
		c.AnsweredTargetAt = micros(t.now) // answered while the clock waited for the person
	}
	if err := t.disarmAll(c); err != nil {
		return err
	}
	if err := t.cancelExtension(c); err != nil {
		return err
	}
	if err := t.record(c, dsr.Engine, "answered", data{"outcome": string(outcome), "notice": code, "target_at": c.AnsweredTargetAt}); err != nil {
		return err
	}
	if code == "" {
		return nil
	}
	extra, err := t.decidedItems(p, s, c)
	if err != nil {
		return err
	}
	extra.Outcome, extra.PageOnly = outcome, c.PackageAt != 0 && c.Delivery == "download"
	return t.notify(p, s, c, code, fmt.Sprintf("%d/%d", c.Occasion, c.Agreed), extra)
}

// deliver makes the package available, or gives it to a person to post.
func (t *tx) deliver(p *policy.Pack, s *submissionRow, c *caseRow) error {
	if err := t.answer(p, s, c); err != nil {
		return err
	}
	until, err := t.after(p, c, p.Times.Availability)
	if err != nil {
		return err
	}
	var pkg packageRow
	if err := t.db.Where("organisation = ? AND case_id = ?", t.o.id, c.ID).Order("version DESC").Limit(1).Take(&pkg).Error; err != nil {
		return err
	}
	if c.Delivery != "download" {
		return t.openTask(c, dsr.TaskHandOver, fmt.Sprintf("%d/%d", c.Occasion, pkg.Version), c.Delivery)
	}
	err = t.db.Model(&packageRow{}).Where("organisation = ? AND case_id = ? AND version = ?", t.o.id, c.ID, pkg.Version).
		Update("available_until", micros(until)).Error
	if err != nil {
		return err
	}
	occasion := fmt.Sprintf("%d/%d", c.Occasion, pkg.Version)
	if err := t.arm(c, milestoneAvailability, occasion, until); err != nil {
		return err
	}
	return t.notify(p, s, c, dsr.NoticeReady, occasion, letterExtra{AvailableUntil: until, Downloads: p.Times.MaxDownloads})
}

// FallDue records that a milestone fell due. Timer and sweep call the same;
// whoever comes first wins and the other finds it done (design 6). Before its
// time, by the port's clock, nothing happens.
func (o *Organisation) FallDue(ctx context.Context, caseID, milestone, by string) (f dsr.Facts, err error) {
	err = o.write(ctx, func(t *tx) error {
		s, c, err := t.lockCase(caseID)
		if err != nil {
			return err
		}
		var m milestoneRow
		if err := t.db.Where("organisation = ? AND case_id = ? AND id = ?", o.id, caseID, milestone).Take(&m).Error; err != nil {
			return err
		}
		if m.FiredAt == 0 && m.CancelledAt == 0 && m.DueAt <= micros(t.now) && dsr.Stage(c.Stage).Open() {
			res := t.db.Model(&milestoneRow{}).Where("organisation = ? AND id = ? AND fired_at = 0", o.id, m.ID).
				Updates(map[string]any{"fired_at": micros(t.now), "fired_by": by})
			if res.Error != nil {
				return res.Error
			}
			if _, err := t.command(c, dsr.Actor{Kind: dsr.ActorClock, ID: m.Name}, dsr.CommandFellDue,
				data{"milestone": m.Name, "occasion": m.Occasion, "due_at": m.DueAt, "by": by}); err != nil {
				return err
			}
			p, err := t.pack(s)
			if err != nil {
				return err
			}
			if err := t.fellDue(p, s, c, m); err != nil {
				return err
			}
			if err := t.save(c, c.ID); err != nil {
				return err
			}
		}
		f, err = t.facts(s, c, int(c.Epoch))
		return err
	})
	return f, err
}

// fellDue is what follows when a milestone fires.
func (t *tx) fellDue(p *policy.Pack, s *submissionRow, c *caseRow, m milestoneRow) error {
	contactProven := s.ContactConfirmedAt != 0 || proven(s)
	if done, err := t.authorityFellDue(p, s, c, m); done || err != nil {
		return err
	}
	escalate := func(cause string) error {
		return t.openTask(c, dsr.TaskEscalation, cause+"/"+m.Occasion, cause)
	}
	switch {
	case m.Name == milestoneReminder, m.Name == milestoneQuestionReminder:
		what := "identity"
		if m.Name == milestoneQuestionReminder {
			what = "clarification"
		}
		by, err := t.milestoneAt(c, strings.Replace(m.Name, "reminder", "expiry", 1))
		if err != nil {
			return err
		}
		return t.notify(p, s, c, "N-27", what+"/"+m.Occasion, letterExtra{Reason: what, ReplyBy: by})
	case m.Name == milestoneIdentityExpiry, m.Name == milestoneQuestionExpiry:
		told, err := t.remindersAccepted(s, c, m)
		if err != nil {
			return err
		}
		if !told && !strings.HasSuffix(m.Occasion, "/reached") {
			// Nobody loses a request because our mails did not arrive.
			return t.openTask(c, dsr.TaskReachPerson, m.Name+"/"+m.Occasion, m.Name)
		}
		c.ExpiredAt = micros(t.now)
		return nil
	case strings.HasPrefix(m.Name, milestoneEscalation+"-"):
		share, _ := strconv.ParseInt(strings.TrimPrefix(m.Name, milestoneEscalation+"-"), 10, 64)
		c.Escalated = max(c.Escalated, share)
		if share >= 90 {
			return escalate(m.Name)
		}
		return nil
	case m.Name == milestoneDue:
		c.Escalated = 100
		if err := t.extensionMissed(p, c); err != nil {
			return err
		}
		if err := escalate(m.Name); err != nil {
			return err
		}
		if contactProven && c.WithdrawnAt == 0 {
			x := letterExtra{OldTarget: instant(m.DueAt), Reason: whyLate(c)}
			if m.DueAt == c.TargetAt {
				x.OldOn = c.TargetOn
			}
			return t.notify(p, s, c, "N-07", m.Occasion, x)
		}
		return nil
	case m.Name == milestoneGuard:
		if c.WithdrawnAt != 0 {
			return nil
		}
		if contactProven {
			return t.notify(p, s, c, "N-30", m.Occasion, letterExtra{Reason: whyLate(c)})
		}
		return escalate(m.Name)
	case m.Name == milestoneWithdrawal:
		if c.WithdrawnAt != 0 {
			c.WithdrawalFinalAt = micros(t.now)
		}
		return nil
	case m.Name == milestoneCooling:
		return nil // the facts say that the erasure may begin
	case m.Name == milestoneRecipient:
		return escalate(m.Name)
	case m.Name == milestoneAvailability:
		if c.DeliveredAt != 0 {
			return nil
		}
		c.DeliveredAt = micros(t.now)
		return t.notify(p, s, c, "N-16e", m.Occasion, letterExtra{})
	}
	return nil // before-due, stage-target: recorded, and seen on the board
}

// milestoneAt is when a milestone that has not fired is due; the zero time for none.
func (t *tx) milestoneAt(c *caseRow, name string) (at time.Time, err error) {
	var m milestoneRow
	err = t.db.Where("organisation = ? AND case_id = ? AND name = ? AND fired_at = 0 AND cancelled_at = 0", t.o.id, c.ID, name).
		Order("due_at").Limit(1).Find(&m).Error
	return instant(m.DueAt), err
}

// remindersAccepted reports whether every reminder that the rule lists was
// accepted for sending (rulings: expiry of a waiting step).
func (t *tx) remindersAccepted(s *submissionRow, c *caseRow, m milestoneRow) (bool, error) {
	prefix, want := "identity/"+m.Occasion+"/", 0
	name := milestoneReminder
	switch m.Name {
	case milestoneQuestionExpiry:
		prefix, name = "clarification/"+m.Occasion, milestoneQuestionReminder
	case milestoneAuthorityExpiry:
		prefix, name = "authority/"+m.Occasion+"/", milestoneAuthorityReminder
	}
	var fired int64
	if err := t.db.Model(&milestoneRow{}).Where("organisation = ? AND case_id = ? AND name = ? AND occasion LIKE ? AND cancelled_at = 0",
		t.o.id, c.ID, name, m.Occasion+"%").Count(&fired).Error; err != nil {
		return false, err
	}
	want = int(fired)
	var accepted int64
	err := t.db.Model(&noticeRow{}).Where("organisation = ? AND submission = ? AND case_id = ? AND code = 'N-27' AND occasion LIKE ? AND state = 'accepted'",
		t.o.id, s.ID, c.ID, prefix+"%").Count(&accepted).Error
	return want > 0 && int(accepted) >= want, err
}

// whyLate is the reason that a letter about a late answer gives: what is being
// done, as a code of the catalogue.
func whyLate(c *caseRow) string {
	switch dsr.Stage(c.Stage) {
	case dsr.StageReview:
		return "checking"
	case dsr.StageDecision, dsr.StageExecution:
		return "approval"
	}
	return "searching"
}
