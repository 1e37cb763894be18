package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/internal/vault"
	"madoguchi/policy"
)

// SubmitIdentity is the command identity-evidence: the papers are sent, and it
// is our turn. The clock runs again.
func (o *Organisation) SubmitIdentity(ctx context.Context, submission string) error {
	return o.orderAll(ctx, submission, func(t *tx, p *policy.Pack, s *submissionRow, open []*caseRow) error {
		if len(open) == 0 { // papers that nobody would look at are not taken
			return dsr.Fail(dsr.Conflict, "error.case-closed")
		}
		if proven(s) {
			return nil
		}
		var n int64
		if err := t.db.Model(&documentRow{}).Where("organisation = ? AND submission = ? AND deleted_at = 0 AND submitted_at = 0",
			o.id, s.ID).Count(&n).Error; err != nil {
			return err
		}
		if n == 0 {
			return dsr.Fail(dsr.Invalid, "error.documents-none")
		}
		if p.IdentityFor(firstKind(open), s.Channel, false).Contact && s.ContactConfirmedAt == 0 && s.ByPost == 0 {
			return dsr.Fail(dsr.Invalid, "error.contact-unconfirmed")
		}
		if err := t.db.Model(&documentRow{}).Where("organisation = ? AND submission = ? AND submitted_at = 0", o.id, s.ID).
			Update("submitted_at", micros(t.now)).Error; err != nil {
			return err
		}
		// Nobody is told that papers were sent when no case takes them.
		var none error = dsr.Fail(dsr.Conflict, "error.not-now")
		for _, c := range open {
			if c.WithdrawnAt != 0 {
				none = dsr.Fail(dsr.Conflict, "error.withdrawn")
				continue
			}
			if !dsr.CommandIdentityEvidence.Accepts(dsr.Stage(c.Stage)) {
				continue
			}
			none = nil
			if _, err := t.command(c, asPerson(s), dsr.CommandIdentityEvidence, data{"documents": n}); err != nil {
				return err
			}
			if err := t.evidenceCame(p, s, c); err != nil {
				return err
			}
			if err := t.save(c, c.ID); err != nil {
				return err
			}
		}
		return none
	})
}

// evidenceCame gives the papers to a handler and lets the clock run.
func (t *tx) evidenceCame(p *policy.Pack, s *submissionRow, c *caseRow) error {
	for _, m := range []string{milestoneReminder, milestoneIdentityExpiry} {
		if err := t.disarm(c, m, ""); err != nil {
			return err
		}
	}
	c.ExpiredAt = 0 // the person did answer before the case was closed
	if err := t.resume(c, p, "identity"); err != nil {
		return err
	}
	return t.openTask(c, dsr.TaskVerifyIdentity, strconv.FormatInt(s.IdentityAsked, 10), "identity")
}

// AskMoreProof is the command identity-more: too little was shown, and the
// person is told what and why, in their voice.
func (o *Organisation) AskMoreProof(ctx context.Context, actor dsr.Actor, caseID, task, reason, typed string) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if proven(s) {
			return dsr.Fail(dsr.Conflict, "error.task-done")
		}
		if err := notWithdrawn(c); err != nil {
			return err
		}
		row, err := t.takeTask(c, actor, task, dsr.TaskVerifyIdentity)
		if err != nil {
			return err
		}
		if !locales.Has("identity.more." + reason) {
			return dsr.Fail(dsr.Invalid, "error.nothing-chosen") // the reason goes into the record, which takes codes only
		}
		if err := t.closeTask(row, actor.ID, "more"); err != nil {
			return err
		}
		s.IdentityAsked++
		// The systems are asked anew with the next papers.
		s.CandidatesSealed = nil
		if _, err := t.command(c, actor, dsr.CommandIdentityMore, data{"reason": reason, "asked": s.IdentityAsked}); err != nil {
			return err
		}
		typed = strings.TrimSpace(typed)
		// The page says why in the person's voice, as the letter does; what the
		// handler added stands behind it.
		why := strings.TrimSpace(locales.T(dsr.Voice(s.Voice), "identity.more."+reason) + "\n" + typed)
		if _, err := t.message(c, "reason", true, actor.ID, "", why); err != nil {
			return err
		}
		if err := t.waitForProof(p, s, c, "N-02m", letterExtra{Reason: reason, Said: typed}); err != nil {
			return err
		}
		if err := t.save(s, s.ID); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// ConfirmIdentity is the command identity-confirmed: a handler compared papers
// and record and is satisfied. The images go 24 hours later; that they were
// seen, by whom and when, stays.
func (o *Organisation) ConfirmIdentity(ctx context.Context, actor dsr.Actor, caseID string, conf dsr.IdentityConfirmation) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	var submission string
	if err := o.view(ctx, func(t *tx) error {
		s, _, err := t.find(caseID)
		if err == nil {
			submission = s.ID
		}
		return err
	}); err != nil {
		return err
	}
	return o.orderAll(ctx, submission, func(t *tx, p *policy.Pack, s *submissionRow, open []*caseRow) error {
		if proven(s) {
			return dsr.Fail(dsr.Conflict, "error.task-done")
		}
		var here *caseRow
		for _, c := range open {
			if c.ID == caseID {
				here = c
			}
		}
		if here == nil {
			return dsr.Fail(dsr.Conflict, "error.case-closed")
		}
		if err := notWithdrawn(here); err != nil {
			return err
		}
		row, err := t.takeTask(here, actor, conf.Task, dsr.TaskVerifyIdentity)
		if err != nil {
			return err
		}
		done, err := t.effectsSettled(here, dsr.ActionLookup, s.IdentityAsked+1)
		if err != nil {
			return err
		}
		if !done {
			return dsr.Fail(dsr.Conflict, "error.lookup-pending")
		}
		if conf.Level == "" {
			conf.Level = s.IdentityNeeded
		}
		// Level and document stand in the clear: codes, not what somebody typed.
		_, listed := p.Document(conf.Document)
		if !listed || !slices.Contains(levels, conf.Level) || conf.Level < s.IdentityNeeded || len(conf.Agreed) == 0 {
			return dsr.Fail(dsr.Invalid, "error.compare-first")
		}
		var chosen *dsr.Candidate
		candidates, err := t.candidates(s)
		if err != nil {
			return err
		}
		if conf.Candidate >= len(candidates) {
			return dsr.Fail(dsr.Invalid, "error.candidate-unknown")
		}
		contact, err := t.contact(s)
		if err != nil {
			return err
		}
		delivery, where, differs := contact, "filed", false
		if conf.Candidate >= 0 {
			chosen = &candidates[conf.Candidate]
			list, err := chosenOf(candidates, conf)
			if err != nil {
				return err
			}
			if s.CandidateSealed, err = t.seal(s.ID, "submissions", "candidate_sealed", s.ID, list); err != nil {
				return err
			}
			if err := t.keepSubjects(s, list); err != nil {
				return err
			}
			// Delivery goes to the contact on file; to another one only when
			// a person decided so (design 11).
			differs = chosen.Person.Mail != "" && vault.NormaliseMail(chosen.Person.Mail) != vault.NormaliseMail(contact.Mail)
			if differs && conf.Delivery != "filed" {
				delivery, where = dsr.Contact{Mail: chosen.Person.Mail, Phone: chosen.Person.Phone}, "file"
			}
		}
		if where == "file" {
			// From here on the request is the contact's on file: codes, letters
			// and the way in. Whoever only filed in somebody's name is out.
			if s.ContactHash, err = t.fingerprint("mail", vault.NormaliseMail(delivery.Mail)); err != nil {
				return err
			}
			s.ContactConfirmedAt = micros(t.now)
			if err := t.db.Model(&sessionRow{}).Where("organisation = ? AND submission = ? AND ended_at = 0", o.id, s.ID).
				Update("ended_at", micros(t.now)).Error; err != nil {
				return err
			}
		}
		if s.DeliverySealed, err = t.seal(s.ID, "submissions", "delivery_sealed", s.ID, delivery); err != nil {
			return err
		}
		s.IdentityLevel, s.IdentityAt, s.IdentityBy, s.IdentityMethod = conf.Level, micros(t.now), actor.ID, conf.Document
		if err := t.closeTask(row, actor.ID, "confirmed"); err != nil {
			return err
		}
		for _, c := range open {
			if !dsr.CommandIdentityConfirmed.Accepts(dsr.Stage(c.Stage)) {
				continue
			}
			if _, err := t.command(c, actor, dsr.CommandIdentityConfirmed, data{"level": conf.Level, "method": conf.Document,
				"agreed": conf.Agreed, "held": chosen != nil, "delivery": where}); err != nil {
				return err
			}
			if err := t.cancelTasks(c, dsr.TaskVerifyIdentity); err != nil {
				return err
			}
			if differs { // the one on file hears of it, wherever the answer goes
				if err := t.notifyFile(p, s, c, *chosen); err != nil {
					return err
				}
			}
			if err := t.save(c, c.ID); err != nil {
				return err
			}
		}
		// Rulings: images go 24 hours after the identity decision.
		if err := t.db.Model(&documentRow{}).Where("organisation = ? AND submission = ? AND deleted_at = 0", o.id, s.ID).
			Update("delete_at", t.later(time.Duration(max(p.Times.ImageHours, 1))*time.Hour)).Error; err != nil {
			return err
		}
		return t.save(s, s.ID)
	})
}

// chosenOf are the candidates that a confirmation names, the main one first:
// one person may have a record in several systems, and never two in one.
func chosenOf(candidates []dsr.Candidate, conf dsr.IdentityConfirmation) (list []dsr.Candidate, err error) {
	for _, i := range append([]int{conf.Candidate}, conf.Also...) {
		if i < 0 || i >= len(candidates) {
			return nil, dsr.Fail(dsr.Invalid, "error.candidate-unknown")
		}
		for _, c := range list {
			if c.Connector == candidates[i].Connector {
				return nil, dsr.Fail(dsr.Invalid, "error.candidate-twice")
			}
		}
		list = append(list, candidates[i])
	}
	return list, nil
}

// levels are the levels of identity, lowest first.
var levels = []string{"L0", "L1", "L2", "L3"}

// candidates are what the lookups found, opened.
func (t *tx) candidates(s *submissionRow) (found []dsr.Candidate, err error) {
	if len(s.CandidatesSealed) == 0 {
		return nil, nil
	}
	return found, t.unseal(s.ID, "submissions", "candidates_sealed", s.ID, s.CandidatesSealed, &found)
}

// chosen are the records that a person chose as the subject's, the main one
// first and at most one a system; none when nothing is held. The caller has
// recorded the opening.
func (t *tx) chosen(s *submissionRow) (list []dsr.Candidate, err error) {
	if len(s.CandidateSealed) == 0 {
		return nil, nil
	}
	plain, err := t.unsealBytes(s.ID, "submissions", "candidate_sealed", s.ID, s.CandidateSealed)
	if err != nil {
		return nil, err
	}
	if len(plain) > 0 && plain[0] == '{' { // written when one person had one record
		list = make([]dsr.Candidate, 1)
		return list, json.Unmarshal(plain, &list[0])
	}
	return list, json.Unmarshal(plain, &list)
}

// candidate is the main record that a person chose, whose contact on file is
// where the answer goes; nil when nothing is held.
func (t *tx) candidate(s *submissionRow) (*dsr.Candidate, error) {
	list, err := t.chosen(s)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// chosenIn is the chosen record in one connected system; nil when nothing of
// the person's is there.
func (t *tx) chosenIn(s *submissionRow, connector string) (*dsr.Candidate, error) {
	list, err := t.chosen(s)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Connector == connector {
			return &list[i], nil
		}
	}
	return nil, nil
}

// keepSubjects writes whose records the chosen ones are, as keyed hashes of
// system and key: an erasure that falls due later asks whether a request about
// the same record is open, when nobody can read the keys any more.
func (t *tx) keepSubjects(s *submissionRow, list []dsr.Candidate) error {
	if err := t.db.Where("organisation = ? AND submission = ?", t.o.id, s.ID).Delete(&subjectRow{}).Error; err != nil {
		return err
	}
	for _, c := range list {
		hash, err := t.subjectHash(c.Connector, c.Key)
		if err != nil {
			return err
		}
		if err := t.db.Create(&subjectRow{Organisation: t.o.id, Submission: s.ID, Connector: c.Connector, Hash: hash}).Error; err != nil {
			return err
		}
	}
	return nil
}

// subjectHash is the keyed hash of one record in one system.
func (t *tx) subjectHash(connector, record string) (string, error) {
	return t.fingerprint("subject", connector+"\x00"+record)
}

// ProposeRejection proposes to close for want of identity. An approver agrees
// or sends back; nothing is said about whether anything is held (T06).
func (o *Organisation) ProposeRejection(ctx context.Context, actor dsr.Actor, caseID, task, typed string) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	typed, err := text(typed)
	if err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if proven(s) {
			return dsr.Fail(dsr.Conflict, "error.task-done")
		}
		if err := notWithdrawn(c); err != nil {
			return err
		}
		row, err := t.takeTask(c, actor, task, dsr.TaskVerifyIdentity)
		if err != nil {
			return err
		}
		if err := t.closeTask(row, actor.ID, "rejection-proposed"); err != nil {
			return err
		}
		content := proposalContent{Outcome: dsr.OutcomeRejectedIdentity, Reason: typed}
		return t.propose(c, actor, content)
	})
}

// askIdentity begins the identity step: the clock waits while the person acts,
// unless their papers are here already.
func (t *tx) askIdentity(p *policy.Pack, s *submissionRow, c *caseRow) error {
	if proven(s) {
		return nil
	}
	open, err := t.hasOpenTask(c, dsr.TaskVerifyIdentity)
	if err != nil || open {
		return err
	}
	return t.waitForProof(p, s, c, "N-02", letterExtra{})
}

// waitForProof asks for proof: a notice, a pause, the reminders and the expiry.
func (t *tx) waitForProof(p *policy.Pack, s *submissionRow, c *caseRow, code string, extra letterExtra) error {
	asked := strconv.FormatInt(s.IdentityAsked, 10)
	expiry, err := t.after(p, p.Times.IdentityExpiry)
	if err != nil {
		return err
	}
	extra.ReplyBy = expiry
	if err := t.notify(p, s, c, code, asked, extra); err != nil {
		return err
	}
	for i, rule := range p.Times.IdentityReminders {
		at, err := t.after(p, rule)
		if err != nil {
			return err
		}
		if err := t.arm(c, milestoneReminder, fmt.Sprintf("%s/%d", asked, i+1), at); err != nil {
			return err
		}
	}
	if err := t.arm(c, milestoneIdentityExpiry, asked, expiry); err != nil {
		return err
	}
	return t.pause(c, p, "identity")
}
