package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// order is one command on one case under its lock: what almost every method of
// this file is.
func (o *Organisation) order(ctx context.Context, caseID string, fn func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error) error {
	return o.write(ctx, func(t *tx) error {
		s, c, err := t.lockCase(caseID)
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

// orderAll is one command on every open case of a submission: siblings share
// the identity check and the contact.
func (o *Organisation) orderAll(ctx context.Context, submission string, fn func(t *tx, p *policy.Pack, s *submissionRow, open []*caseRow) error) error {
	return o.write(ctx, func(t *tx) error {
		s, cases, err := t.lock(submission)
		if err != nil {
			return err
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		var open []*caseRow
		for _, c := range cases {
			if dsr.Stage(c.Stage).Open() {
				open = append(open, c)
			}
		}
		return fn(t, p, s, open)
	})
}

// ofSubmission refuses a case that is not the submission's: a customer's
// session reaches one submission and no other.
func ofSubmission(s *submissionRow, submission string) error {
	if s.ID != submission {
		return dsr.Fail(dsr.NotFound, "error.case-unknown")
	}
	return nil
}

// asPerson is the person of a submission as an actor.
func asPerson(s *submissionRow) dsr.Actor { return dsr.Actor{Kind: dsr.ActorPerson, ID: s.ID} }

// text trims what somebody typed and refuses nothing and too much.
func text(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	switch {
	case typed == "":
		return "", dsr.Fail(dsr.Invalid, "error.text-empty")
	case len([]rune(typed)) > 4000:
		return "", dsr.Fail(dsr.Invalid, "error.text-too-long", "limit", "4000")
	}
	return typed, nil
}

// ConfirmContact is the command contact-confirmed.
func (o *Organisation) ConfirmContact(ctx context.Context, submission, code string) error {
	return o.orderAll(ctx, submission, func(t *tx, p *policy.Pack, s *submissionRow, open []*caseRow) error {
		if s.ContactConfirmedAt != 0 {
			return nil
		}
		if err := t.redeem(p, s, "confirm", code); err != nil || t.refusal != nil {
			return err
		}
		s.ContactConfirmedAt = micros(t.now)
		for _, c := range open {
			if _, err := t.command(c, asPerson(s), dsr.CommandContactConfirmed, nil); err != nil {
				return err
			}
			if err := t.contactConfirmed(p, s, c); err != nil {
				return err
			}
			if err := t.save(c, c.ID); err != nil {
				return err
			}
		}
		return t.save(s, s.ID)
	})
}

// notWithdrawn refuses what would ask or tell a person about a request that
// they took back.
func notWithdrawn(c *caseRow) error {
	if c.WithdrawnAt != 0 {
		return dsr.Fail(dsr.Conflict, "error.withdrawn")
	}
	return nil
}

func firstKind(cases []*caseRow) string {
	if len(cases) == 0 {
		return ""
	}
	return cases[0].Kind
}

// ending is how a case may end before anything is decided about its items.
type ending struct {
	task    dsr.TaskKind // whose claimer proposes it
	result  string       // of the task
	outcome dsr.Outcome
	settled func(s *submissionRow) bool // what the task is about was shown meanwhile
}

// proposeEnd proposes such an end, with what the person will read. An approver
// agrees or sends back; nothing is said about whether anything is held.
func (o *Organisation) proposeEnd(ctx context.Context, actor dsr.Actor, caseID, task, typed string, e ending) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	typed, err := text(typed)
	if err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if e.settled(s) {
			return dsr.Fail(dsr.Conflict, "error.task-done")
		}
		if err := notWithdrawn(c); err != nil {
			return err
		}
		row, err := t.takeTask(c, actor, task, e.task)
		if err != nil {
			return err
		}
		if err := t.closeTask(row, actor.ID, e.result); err != nil {
			return err
		}
		return t.propose(c, actor, proposalContent{Outcome: e.outcome, Reason: typed})
	})
}

// proposalContent is what an approver agrees with, word for word.
type proposalContent struct {
	Outcome   dsr.Outcome    `json:"outcome"`
	Reason    string         `json:"reason,omitempty"`
	Decisions []dsr.Decision `json:"decisions,omitempty"`
}

func proposalRowID(c *caseRow, version int64) string { return fmt.Sprintf("%s/%d", c.ID, version) }

// propose is the command proposed: the next version, and a task for somebody
// else.
func (t *tx) propose(c *caseRow, actor dsr.Actor, content proposalContent) error {
	plain, err := json.Marshal(content)
	if err != nil {
		return err
	}
	version := c.Proposal + 1
	sealed, err := t.sealBytes(c.ID, "proposals", "content_sealed", proposalRowID(c, version), plain)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append([]byte(c.ID), plain...))
	row := proposalRow{Organisation: t.o.id, CaseID: c.ID, Version: version, Outcome: string(content.Outcome),
		ContentSealed: sealed, Digest: hex.EncodeToString(sum[:]), Proposer: actor.ID, ProposedAt: micros(t.now)}
	if _, err := t.command(c, actor, dsr.CommandProposed, data{"version": version, "outcome": row.Outcome, "digest": row.Digest,
		"items": len(content.Decisions)}); err != nil {
		return err
	}
	if err := t.db.Create(&row).Error; err != nil {
		return err
	}
	c.Proposal = version
	if err := t.openTask(c, dsr.TaskApprove, strconv.FormatInt(version, 10), "proposal"); err != nil {
		return err
	}
	return t.save(c, c.ID)
}

// proposal reads a version of a case's proposals, opened.
func (t *tx) proposal(c *caseRow, version int64) (*proposalRow, proposalContent, error) {
	var row proposalRow
	var content proposalContent
	if err := t.db.Where("organisation = ? AND case_id = ? AND version = ?", t.o.id, c.ID, version).Take(&row).Error; err != nil {
		return nil, content, err
	}
	return &row, content, t.unseal(c.ID, "proposals", "content_sealed", proposalRowID(c, version), row.ContentSealed, &content)
}

// Propose is the command proposed for a reviewed case: what the items add up
// to. Nothing can be left unanswered.
func (o *Organisation) Propose(ctx context.Context, actor dsr.Actor, caseID, task string) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if c.WithdrawnAt != 0 {
			return dsr.Fail(dsr.Conflict, "error.withdrawn")
		}
		if c.Question != "" {
			return dsr.Fail(dsr.Conflict, "error.question-open") // the answer may change what is found
		}
		row, err := t.takeTask(c, actor, task, dsr.TaskReview)
		if err != nil {
			return err
		}
		items, err := t.items(p, s, c)
		if err != nil {
			return err
		}
		for _, it := range items {
			if !it.Answered {
				return dsr.Fail(dsr.Invalid, "error.items-open")
			}
		}
		content := proposalContent{}
		// An act that was given up stands as refused, for a second person to agree.
		if content.Decisions, err = t.carriedOut(c, decisionsOf(items)); err != nil {
			return err
		}
		content.Outcome = dsr.OutcomeOf(dsr.Kind(c.Kind), content.Decisions)
		if len(items) > 0 && !slices.ContainsFunc(content.Decisions, concerned) {
			// A request that concerns nothing of what is held is not answered by silence.
			return dsr.Fail(dsr.Invalid, "error.measure-empty")
		}
		if err := t.closeTask(row, actor.ID, "proposed"); err != nil {
			return err
		}
		return t.propose(c, actor, content)
	})
}

// judged is what approving and sending back share: the version as it was seen,
// and a different person than the proposer. An attempt by the proposer is
// recorded as refused.
func (t *tx) judged(c *caseRow, actor dsr.Actor, task string, version int, what string) (*proposalRow, *taskRow, error) {
	if int64(version) != c.Proposal {
		return nil, nil, dsr.Fail(dsr.Conflict, "error.changed-meanwhile")
	}
	row, _, err := t.proposal(c, int64(version))
	if err != nil {
		return nil, nil, err
	}
	if row.Verdict != "" {
		return nil, nil, dsr.Fail(dsr.Conflict, "error.task-done")
	}
	if row.Proposer == actor.ID {
		return nil, nil, t.refused(c, actor, what, dsr.Fail(dsr.Forbidden, "error.same-person"))
	}
	// Who looks at a reopened case again had no part in what was decided before.
	var earlier int64
	err = t.db.Model(&proposalRow{}).Where(`organisation = ? AND case_id = ? AND version < ? AND verdict = 'approved' AND (approver = ? OR proposer = ?)
		AND decided_at <= (SELECT COALESCE(MAX(m.at), 0) FROM commands m WHERE m.organisation = ? AND m.case_id = ? AND m.kind = 'objected')`,
		t.o.id, c.ID, row.Version, actor.ID, actor.ID, t.o.id, c.ID).Count(&earlier).Error
	if err != nil {
		return nil, nil, err
	}
	if earlier > 0 {
		return nil, nil, t.refused(c, actor, what, dsr.Fail(dsr.Forbidden, "error.decided-before"))
	}
	if c.WithdrawnAt != 0 {
		return nil, nil, t.refused(c, actor, what, dsr.Fail(dsr.Conflict, "error.withdrawn"))
	}
	tr, err := t.takeTask(c, actor, task, dsr.TaskApprove)
	return row, tr, err
}

// Approve is the command approved: exactly that version is agreed.
func (o *Organisation) Approve(ctx context.Context, actor dsr.Actor, caseID, task string, version int) error {
	if err := needRole(actor, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		row, task, err := t.judged(c, actor, task, version, "approve")
		if err != nil || t.refusal != nil {
			return err
		}
		_, content, err := t.proposal(c, row.Version)
		if err != nil {
			return err
		}
		if !actor.Has(dsr.MayAgree(dsr.ApproverOf(p, dsr.Kind(c.Kind), content.Decisions))...) {
			return t.refused(c, actor, "approve", dsr.Fail(dsr.Forbidden, "error.manager-agrees"))
		}
		if _, err := t.command(c, actor, dsr.CommandApproved, data{"version": row.Version, "outcome": row.Outcome,
			"digest": row.Digest, "proposer": row.Proposer}); err != nil {
			return err
		}
		if err := t.verdict(row, actor, "approved", nil); err != nil {
			return err
		}
		if err := t.closeTask(task, actor.ID, "approved"); err != nil {
			return err
		}
		c.Agreed, c.Decided = row.Version, row.Outcome
		return t.save(c, c.ID)
	})
}

// verdict writes an approver's word; the database's own constraint stands
// behind it.
func (t *tx) verdict(row *proposalRow, actor dsr.Actor, verdict string, comment []byte) error {
	res := t.db.Model(&proposalRow{}).Where("organisation = ? AND case_id = ? AND version = ? AND verdict = ''",
		t.o.id, row.CaseID, row.Version).Updates(map[string]any{"approver": actor.ID, "verdict": verdict,
		"decided_at": micros(t.now), "comment_sealed": comment})
	if res.Error == nil && res.RowsAffected != 1 {
		return dsr.Fail(dsr.Conflict, "error.task-done")
	}
	return res.Error
}

// SendBack is the command sent-back: the handler gets it again, with a comment.
func (o *Organisation) SendBack(ctx context.Context, actor dsr.Actor, caseID, task string, version int, comment string) error {
	if err := needRole(actor, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return err
	}
	comment, err := text(comment)
	if err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		row, task, err := t.judged(c, actor, task, version, "send-back")
		if err != nil || t.refusal != nil {
			return err
		}
		sealed, err := t.seal(c.ID, "proposals", "comment_sealed", proposalRowID(c, row.Version), comment)
		if err != nil {
			return err
		}
		if _, err := t.command(c, actor, dsr.CommandSentBack, data{"version": row.Version, "outcome": row.Outcome,
			"proposer": row.Proposer}); err != nil {
			return err
		}
		if err := t.verdict(row, actor, "sent-back", sealed); err != nil {
			return err
		}
		if err := t.closeTask(task, actor.ID, "sent-back"); err != nil {
			return err
		}
		c.SentBack = row.Version
		if err := t.proposedAgain(s, c, row); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// message seals a message between person and desk.
func (t *tx) message(c *caseRow, kind string, fromDesk bool, author, question, typed string) (string, error) {
	id := newID()
	sealed, err := t.seal(c.ID, "messages", "text_sealed", id, typed)
	if err != nil {
		return "", err
	}
	row := messageRow{Organisation: t.o.id, ID: id, CaseID: c.ID, Kind: kind, Author: author, Question: question,
		TextSealed: sealed, At: micros(t.now)}
	if fromDesk {
		row.FromDesk = 1
	}
	return id, t.db.Create(&row).Error
}

// Ask is the command question-asked: the answer helps to find the data and
// never has to narrow the request (Art. 37(2)). The clock waits.
func (o *Organisation) Ask(ctx context.Context, actor dsr.Actor, caseID, typed string) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	typed, err := text(typed)
	if err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if c.Question != "" {
			return dsr.Fail(dsr.Conflict, "error.question-open")
		}
		if err := notWithdrawn(c); err != nil {
			return err
		}
		if c.Decided != "" || c.Proposal > c.Agreed && c.Proposal > c.SentBack {
			// A decided request must not end because nobody answered a question.
			return dsr.Fail(dsr.Conflict, "error.not-now", "stage", c.Stage)
		}
		id, err := t.message(c, "question", true, actor.ID, "", typed)
		if err != nil {
			return err
		}
		if _, err := t.command(c, actor, dsr.CommandQuestionAsked, data{"question": id}); err != nil {
			return err
		}
		c.Question = id
		expiry, err := t.after(p, c, p.Times.ClarificationExpiry)
		if err != nil {
			return err
		}
		reminder, err := t.after(p, c, p.Times.ClarificationReminder)
		if err != nil {
			return err
		}
		if err := t.arm(c, milestoneQuestionReminder, id, reminder); err != nil {
			return err
		}
		if err := t.arm(c, milestoneQuestionExpiry, id, expiry); err != nil {
			return err
		}
		if err := t.notify(p, s, c, "N-06", id, letterExtra{Said: typed, ReplyBy: expiry}); err != nil {
			return err
		}
		if err := t.pause(c, p, "clarification"); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// Answer is the command question-answered.
func (o *Organisation) Answer(ctx context.Context, submission, caseID, question, typed string) error {
	typed, err := text(typed)
	if err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if err := ofSubmission(s, submission); err != nil {
			return err
		}
		if c.Question == "" || question != "" && c.Question != question {
			return dsr.Fail(dsr.Conflict, "error.question-answered")
		}
		question := c.Question
		if _, err := t.message(c, "answer", false, "", question, typed); err != nil {
			return err
		}
		if _, err := t.command(c, asPerson(s), dsr.CommandQuestionAnswered, data{"question": question}); err != nil {
			return err
		}
		c.Question, c.ExpiredAt = "", 0
		for _, m := range []string{milestoneQuestionReminder, milestoneQuestionExpiry} {
			if err := t.disarm(c, m, ""); err != nil {
				return err
			}
		}
		if err := t.resume(c, p, "clarification"); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// Withdraw is the command withdrawn: permissions stop at once; it may be taken
// back for 24 hours, and then holds are released and the case closes.
func (o *Organisation) Withdraw(ctx context.Context, submission, caseID string) error {
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if err := ofSubmission(s, submission); err != nil {
			return err
		}
		return t.withdraw(p, s, c, asPerson(s))
	})
}

// WithdrawFor records a withdrawal told to the desk.
func (o *Organisation) WithdrawFor(ctx context.Context, actor dsr.Actor, caseID string) error {
	if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler); err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		return t.withdraw(p, s, c, actor)
	})
}

func (t *tx) withdraw(p *policy.Pack, s *submissionRow, c *caseRow, actor dsr.Actor) error {
	if c.WithdrawnAt != 0 {
		return nil // pressing twice withdraws once
	}
	if c.AnsweredAt != 0 {
		return wrongStage(c, dsr.CommandWithdrawn)
	}
	if begun, err := t.irreversible(c); err != nil || begun {
		return errors.Join(err, dsr.Fail(dsr.Conflict, "error.irreversible"))
	}
	if _, err := t.command(c, actor, dsr.CommandWithdrawn, nil); err != nil {
		return err
	}
	c.WithdrawnAt = micros(t.now)
	until, err := t.after(p, c, p.Times.WithdrawalWindow)
	if err != nil {
		return err
	}
	if err := t.arm(c, milestoneWithdrawal, strconv.FormatInt(c.LastCommand, 10), until); err != nil {
		return err
	}
	// Nobody is reminded of a request that they took back, and it does not expire
	// while it may still be gone on with: what waits for the person waits longer.
	if err := t.db.Model(&milestoneRow{}).Where("organisation = ? AND case_id = ? AND name IN ? AND fired_at = 0 AND cancelled_at = 0", t.o.id, c.ID,
		[]string{milestoneReminder, milestoneIdentityExpiry, milestoneQuestionReminder, milestoneQuestionExpiry, milestoneAuthorityReminder,
			milestoneAuthorityExpiry}).
		Update("due_at", gorm.Expr("due_at + ?", micros(until)-micros(t.now))).Error; err != nil {
		return err
	}
	if err := t.notify(p, s, c, "N-21", strconv.FormatInt(c.LastCommand, 10), letterExtra{ReplyBy: until}); err != nil {
		return err
	}
	return t.save(c, c.ID)
}

// TakeBackWithdrawal is the command withdrawal-taken-back.
func (o *Organisation) TakeBackWithdrawal(ctx context.Context, submission, caseID string) error {
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if err := ofSubmission(s, submission); err != nil {
			return err
		}
		if c.WithdrawnAt == 0 || c.WithdrawalFinalAt != 0 {
			return wrongStage(c, dsr.CommandWithdrawalTakenBack)
		}
		if _, err := t.command(c, asPerson(s), dsr.CommandWithdrawalTakenBack, nil); err != nil {
			return err
		}
		c.WithdrawnAt = 0
		if err := t.disarm(c, milestoneWithdrawal, ""); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// Object is the command objected: it reopens a closed case for review, with a
// new run, a new occasion and new clocks (T24).
func (o *Organisation) Object(ctx context.Context, submission, caseID, typed string) error {
	typed, err := text(typed)
	if err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if err := ofSubmission(s, submission); err != nil {
			return err
		}
		if dsr.Stage(c.Stage).Open() {
			return dsr.Fail(dsr.Conflict, "error.not-now", "stage", c.Stage)
		}
		until, err := t.reopenUntil(p, c)
		if err != nil {
			return err
		}
		if !t.now.Before(until) {
			return dsr.Fail(dsr.Conflict, "error.reopening-over")
		}
		if _, err := t.message(c, "message", false, "", "", typed); err != nil {
			return err
		}
		return t.reopen(p, s, c, asPerson(s))
	})
}

// reopenUntil is when the window to reopen a closed case ends. It is days of
// the person's calendar: who reads a date in the letter has all of that day.
func (t *tx) reopenUntil(p *policy.Pack, c *caseRow) (time.Time, error) {
	return t.o.ends(p, c, p.Times.Reopening, instant(c.ClosedAt))
}

// reopen begins a closed case again: a new epoch, occasion and plan, the same
// person and identity. Everything that was decided stays in the record.
func (t *tx) reopen(p *policy.Pack, s *submissionRow, c *caseRow, actor dsr.Actor) error {
	if _, err := t.command(c, actor, dsr.CommandObjected, data{"outcome": c.Outcome, "closed_at": c.ClosedAt}); err != nil {
		return err
	}
	from := c.Stage
	c.Epoch++
	c.Occasion++
	c.PlanVersion++
	c.Transition++
	c.StageBefore, c.Stage, c.StageSince = from, string(dsr.StageReopened), micros(t.now)
	c.Outcome, c.Decided, c.ClosedAt, c.AnsweredAt, c.AnsweredTargetAt = "", "", 0, 0, 0
	c.Agreed, c.SentBack = 0, c.Proposal // what was proposed before is settled
	c.CollectedAt, c.PackageAt, c.DeliveredAt = 0, 0, 0
	// What is held, looked into and waited for is so anew, under the new plan.
	c.PreservedAt, c.FrozenAt, c.ReleasedAt, c.InvestigatedAt, c.CoolingUntil, c.StoppedAt = 0, 0, 0, 0, 0, 0
	c.HoldAt, c.HoldSealed, c.FindingsSealed = 0, nil, nil
	c.WithdrawnAt, c.WithdrawalFinalAt, c.ExpiredAt, c.Escalated = 0, 0, 0, 0
	c.PausedFor, c.PausedAt, c.Question = "", 0, ""
	if needsAuthority(s) && proven(s) { // what was shown before did not do
		s.AuthorityAsked++
		if err := t.save(s, s.ID); err != nil {
			return err
		}
	}
	if !proven(s) {
		// Proof is asked for anew, as another time: letter, reminders, expiry and
		// task of the first time are over. The papers that were sent are disputed.
		s.IdentityAsked++
		s.CandidatesSealed = nil
		if err := t.db.Model(&documentRow{}).Where("organisation = ? AND submission = ? AND deleted_at = 0", t.o.id, s.ID).
			Update("delete_at", 0).Error; err != nil {
			return err
		}
		if err := t.save(s, s.ID); err != nil {
			return err
		}
	}
	if err := t.record(c, dsr.Engine, "stage", data{"from": from, "to": c.Stage, "transition": c.Transition}); err != nil {
		return err
	}
	// A reopened case has new clocks (T24); what went before is history.
	if err := t.db.Where("organisation = ? AND case_id = ?", t.o.id, c.ID).Delete(&clockEventRow{}).Error; err != nil {
		return err
	}
	if err := t.clockEvent(c, clock.Start, "reopened", t.now); err != nil {
		return err
	}
	c.ToldAt, c.CalendarVersion = 0, "" // by the newest calendars
	if err := t.reclock(c, p); err != nil {
		return err
	}
	if err := t.notify(p, s, c, "N-22", strconv.FormatInt(c.Occasion, 10), letterExtra{}); err != nil {
		return err
	}
	return t.save(c, c.ID)
}

// Rebuild starts a case's process anew from the record: the next epoch, at the
// same stage. The old run, wherever it is, is fenced (design 9).
func (o *Organisation) Rebuild(ctx context.Context, caseID string) error {
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if !dsr.Stage(c.Stage).Open() {
			return dsr.Fail(dsr.Conflict, "error.case-closed")
		}
		c.Epoch++
		if _, err := t.command(c, dsr.Engine, dsr.CommandRebuilt, data{"epoch": c.Epoch}); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// RebuildAll rebuilds one case, or every open case of every organisation, and
// says how many.
func (s *Store) RebuildAll(ctx context.Context, only string) (n int, err error) {
	ids, err := s.Organisations(ctx)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		var cases []string
		o := s.For(id)
		if err := o.view(ctx, func(t *tx) error {
			return t.db.Raw("SELECT id FROM cases WHERE organisation = ? AND stage <> 'closed' AND (id = ? OR ? = '') ORDER BY arrived_at",
				id, only, only).Scan(&cases).Error
		}); err != nil {
			return n, err
		}
		for _, c := range cases {
			if err := o.Rebuild(ctx, c); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}
