package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"madoguchi/clock"
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
		if proven(s) && !needsAuthority(s) {
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
		id, err := t.identityFor(p, s, firstKind(open))
		if err != nil {
			return err
		}
		if id.Contact && s.ContactConfirmedAt == 0 && s.ByPost == 0 {
			return dsr.Fail(dsr.Invalid, "error.contact-unconfirmed")
		}
		if err := t.db.Model(&documentRow{}).Where("organisation = ? AND submission = ? AND submitted_at = 0", o.id, s.ID).
			Update("submitted_at", micros(t.now)).Error; err != nil {
			return err
		}
		return t.papersCame(p, s, open, asPerson(s), data{"documents": n})
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
	submission, err := o.submissionOf(ctx, caseID)
	if err != nil {
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
		doc, listed := p.Document(conf.Document)
		if !listed || doc.For != "" || doc.How == policy.HowCode && (conf.Level > "L1" || s.ContactConfirmedAt == 0) || !slices.Contains(levels, conf.Level) || conf.Level < s.IdentityNeeded || len(conf.Agreed) == 0 {
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
			// A voice on the telephone proves as much as a paper only where the answer
			// goes to the address on file (rulings); what a representative filed is
			// their own, and nothing goes there unless a person says so.
			heard := doc.How == policy.HowDesk && s.Channel == string(dsr.ChannelTelephone)
			if heard && !sameContact(contact, chosen.Person) {
				conf.Delivery = "file"
			}
			if represented(s) && (chosen.Person.Mail != "" || strings.TrimSpace(chosen.Person.Address) != "") {
				// Only a mandate that covers receiving sends the answer to who acts for
				// the person, and that takes two people.
				conf.Delivery = "file"
			}
			delivery, where, differs = deliverTo(s, contact, chosen.Person, conf.Delivery, heard || represented(s))
			if where == "filed" && !sameContact(contact, chosen.Person) && (heard || represented(s) && conf.Delivery != "filed") {
				return dsr.Fail(dsr.Invalid, "error.delivery-none")
			}
		}
		if where == "file" && !represented(s) {
			// A representative keeps their way in until they are admitted, or not.
			if err := t.wayIn(s, delivery); err != nil {
				return err
			}
		}
		if s.DeliverySealed, err = t.seal(s.ID, "submissions", "delivery_sealed", s.ID, delivery); err != nil {
			return err
		}
		if represented(s) && s.AuthorityAt != 0 { // proven anew after a representative was admitted
			row, err := t.authority(s)
			if err != nil {
				return err
			}
			if err := t.settleDelivery(s, row != nil && row.MayReceive == 1); err != nil {
				return err
			}
			if delivery, err = t.delivery(s); err != nil {
				return err
			}
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
			if !needsAuthority(s) {
				postalDelivery(c, delivery)
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
		// Rulings: images go 24 hours after the identity decision. A mandate has
		// still to be looked at.
		if err := t.imagesGo(p, s, !needsAuthority(s)); err != nil {
			return err
		}
		return t.save(s, s.ID)
	})
}

// deliverTo settles where the answer goes: to the contact on file, by mail or,
// for who asks by post and who has no mail there, to the address on file; to the
// contact that was filed only when a person decided so (design 11). onlyFile
// prefers the address on file to what was filed. differs says that the one on
// file is another one.
func deliverTo(s *submissionRow, filed dsr.Contact, file dsr.Person, wish string, onlyFile bool) (to dsr.Contact, where string, differs bool) {
	to, where = filed, "filed"
	switch {
	case s.ByPost == 1 && strings.TrimSpace(file.Address) != "":
		differs = !sameAddress(file.Address, filed.Address)
		if wish != "filed" {
			return dsr.Contact{Address: file.Address, Phone: file.Phone, ByPost: true}, "file", differs
		}
	case file.Mail != "":
		differs = vault.NormaliseMail(file.Mail) != vault.NormaliseMail(filed.Mail)
		// The address goes along: what is printed of the answer is posted there.
		if differs && wish != "filed" {
			return dsr.Contact{Mail: file.Mail, Phone: file.Phone, Address: file.Address}, "file", differs
		}
		if wish != "filed" && strings.TrimSpace(file.Address) != "" {
			to.Address = file.Address
		}
	case onlyFile && strings.TrimSpace(file.Address) != "" && wish != "filed" && !sameContact(filed, file):
		return dsr.Contact{Address: file.Address, Phone: file.Phone, ByPost: true}, "file", true
	}
	return to, where, differs
}

// postalDelivery makes the answer of a case a thing to post where the contact
// that it goes to has no other way: nobody there can download it.
func postalDelivery(c *caseRow, to dsr.Contact) {
	if c.Delivery == "download" && (to.ByPost || to.Mail == "") {
		c.Delivery = "post"
	}
}

// sameAddress compares two addresses as they are written, without their spaces.
func sameAddress(a, b string) bool {
	return strings.Join(strings.Fields(vault.NormaliseName(a)), "") == strings.Join(strings.Fields(vault.NormaliseName(b)), "")
}

// sameContact reports whether a filed contact is the one on file.
func sameContact(filed dsr.Contact, file dsr.Person) bool {
	return file.Mail != "" && vault.NormaliseMail(file.Mail) == vault.NormaliseMail(filed.Mail) ||
		strings.TrimSpace(file.Address) != "" && sameAddress(file.Address, filed.Address)
}

// wayIn makes a contact the request's: codes, letters and the way in. Whoever
// only filed in somebody's name is out.
func (t *tx) wayIn(s *submissionRow, to dsr.Contact) (err error) {
	if to.Mail != "" {
		s.ContactConfirmedAt = micros(t.now)
	}
	if s.ContactHash, err = t.fingerprint("mail", vault.NormaliseMail(to.Mail)); err != nil {
		return err
	}
	return t.db.Model(&sessionRow{}).Where("organisation = ? AND submission = ? AND ended_at = 0", t.o.id, s.ID).
		Update("ended_at", micros(t.now)).Error
}

// imagesGo sets the end of the pictures of papers; with authority also of those
// that show a representative's.
func (t *tx) imagesGo(p *policy.Pack, s *submissionRow, authority bool) error {
	q := t.db.Model(&documentRow{}).Where("organisation = ? AND submission = ? AND deleted_at = 0 AND delete_at = 0", t.o.id, s.ID)
	if !authority {
		var mandates []string
		for _, kind := range representatives {
			for _, d := range p.AuthorityDocuments(kind) {
				mandates = append(mandates, d.ID)
			}
		}
		if len(mandates) > 0 {
			q = q.Where("kind NOT IN ?", mandates)
		}
	}
	return q.Update("delete_at", t.later(time.Duration(max(p.Times.ImageHours, 1))*time.Hour)).Error
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
	return o.proposeEnd(ctx, actor, caseID, task, typed, ending{dsr.TaskVerifyIdentity, "rejection-proposed", dsr.OutcomeRejectedIdentity, proven})
}

// askIdentity begins the identity step: the clock waits while the person acts,
// unless their papers are here already or none are needed.
func (t *tx) askIdentity(p *policy.Pack, s *submissionRow, c *caseRow) error {
	if proven(s) {
		return nil
	}
	open, err := t.hasOpenTask(c, dsr.TaskVerifyIdentity)
	if err != nil || open {
		return err
	}
	// A call back, a paper at the counter, the address on file: it is our turn.
	// Once that was not enough the person is asked, and the clock waits.
	if s.IdentityAsked == 0 {
		desk, err := t.atDesk(p, s)
		if err != nil {
			return err
		}
		if desk {
			return t.openTask(c, dsr.TaskVerifyIdentity, "0", "desk")
		}
	}
	return t.waitForProof(p, s, c, dsr.StageIdentity.Notice(), letterExtra{})
}

// contactConfirmed lets the identity step go on where the confirmed contact is
// all the proof that is needed.
func (t *tx) contactConfirmed(p *policy.Pack, s *submissionRow, c *caseRow) error {
	if proven(s) || s.IdentityAsked > 0 || c.WithdrawnAt != 0 || c.Stage != string(dsr.StageIdentity) {
		return nil
	}
	desk, err := t.atDesk(p, s)
	if err != nil || !desk {
		return err
	}
	return t.evidenceCame(p, s, c)
}

// waiting is a step in which the person has to act.
type waiting struct {
	code, cause    string // of the notice, of the pause
	occasion       string
	reminder, over string // names of milestones
	reminders      []clock.Rule
	expiry         clock.Rule
}

// waitFor asks the person for something: a notice, a pause, the reminders and
// the expiry.
func (t *tx) waitFor(p *policy.Pack, s *submissionRow, c *caseRow, w waiting, extra letterExtra) error {
	expiry, err := t.after(p, c, w.expiry)
	if err != nil {
		return err
	}
	extra.ReplyBy = expiry
	if err := t.notify(p, s, c, w.code, w.occasion, extra); err != nil {
		return err
	}
	for i, rule := range w.reminders {
		at, err := t.after(p, c, rule)
		if err != nil {
			return err
		}
		if err := t.arm(c, w.reminder, fmt.Sprintf("%s/%d", w.occasion, i+1), at); err != nil {
			return err
		}
	}
	if err := t.arm(c, w.over, w.occasion, expiry); err != nil {
		return err
	}
	return t.pause(c, p, w.cause)
}

// waitForProof asks for proof of identity.
func (t *tx) waitForProof(p *policy.Pack, s *submissionRow, c *caseRow, code string, extra letterExtra) error {
	return t.waitFor(p, s, c, waiting{code: code, cause: "identity", occasion: strconv.FormatInt(s.IdentityAsked, 10),
		reminder: milestoneReminder, over: milestoneIdentityExpiry, reminders: p.Times.IdentityReminders, expiry: p.Times.IdentityExpiry}, extra)
}
