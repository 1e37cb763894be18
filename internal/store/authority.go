package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/internal/vault"
	"madoguchi/policy"
)

// A representative is admitted before anything is searched: a handler sees
// relationship and mandate, a different person admits (Art. 37(3), Order 13). Their authority belongs to the submission, as identity
// does: siblings share it.

// mandateMonths is how old a mandate may be when a handler looks at it.
const mandateMonths = 3

// representative opens who acts for the person; nil when they act themselves.
func (t *tx) representative(s *submissionRow) (*dsr.Representative, error) {
	if !represented(s) {
		return nil, nil
	}
	var r dsr.Representative
	return &r, t.unseal(s.ID, "submissions", "representative_sealed", s.ID, s.RepresentativeSealed, &r)
}

// authority is the newest record of what a handler saw; nil for none.
func (t *tx) authority(s *submissionRow) (*authorityRow, error) {
	var row authorityRow
	err := t.db.Where("organisation = ? AND submission = ?", t.o.id, s.ID).Order("version DESC").Limit(1).Find(&row).Error
	if err != nil || row.Version == 0 {
		return nil, err
	}
	return &row, nil
}

// askAuthority begins the authority step. Papers that were shown at the desk, or
// came with the filing, are looked at at once; for others the clock waits.
func (t *tx) askAuthority(p *policy.Pack, s *submissionRow, c *caseRow) error {
	if !needsAuthority(s) {
		return nil
	}
	for _, kind := range []dsr.TaskKind{dsr.TaskAuthority, dsr.TaskAdmit} {
		if open, err := t.hasOpenTask(c, kind); err != nil || open {
			return err
		}
	}
	row, err := t.authority(s)
	if err != nil {
		return err
	}
	if row != nil && row.Verdict == "" { // a sibling's handler has seen them
		return t.openTask(c, dsr.TaskAdmit, strconv.FormatInt(row.Version, 10), "authority")
	}
	if row != nil && s.AuthorityAsked == 0 { // returned while a question was open
		return t.authorityAgain(s, c, row.Version)
	}
	here, err := t.mandateHere(p, s)
	if err != nil {
		return err
	}
	if here && s.AuthorityAsked == 0 {
		return t.openTask(c, dsr.TaskAuthority, "0", "desk")
	}
	return t.waitForAuthority(p, s, c, letterExtra{})
}

// mandateHere reports whether something that could show authority lies with us:
// the representative spoke or wrote to the desk itself, or sent a paper of that
// sort.
func (t *tx) mandateHere(p *policy.Pack, s *submissionRow) (bool, error) {
	if dsr.Channel(s.Channel).AtDesk() {
		return true, nil
	}
	var kinds []string
	if err := t.db.Raw("SELECT kind FROM documents WHERE organisation = ? AND submission = ? AND submitted_at > 0", t.o.id, s.ID).
		Scan(&kinds).Error; err != nil {
		return false, err
	}
	return slices.ContainsFunc(kinds, func(k string) bool { d, ok := p.Document(k); return ok && d.For != "" }), nil
}

// waitForAuthority asks the representative for papers.
func (t *tx) waitForAuthority(p *policy.Pack, s *submissionRow, c *caseRow, extra letterExtra) error {
	extra.ToFiler = true
	return t.waitFor(p, s, c, waiting{code: dsr.StageAuthority.Notice(), cause: "authority", occasion: strconv.FormatInt(s.AuthorityAsked, 10),
		reminder: milestoneAuthorityReminder, over: milestoneAuthorityExpiry, reminders: p.Times.AuthorityReminders, expiry: p.Times.AuthorityExpiry}, extra)
}

// authorityCame gives the representative's papers to a handler and lets the
// clock run.
func (t *tx) authorityCame(p *policy.Pack, s *submissionRow, c *caseRow) error {
	if c.Stage != string(dsr.StageAuthority) {
		return nil // on entering the stage they are found
	}
	if err := t.authorityOver(p, c); err != nil {
		return err
	}
	c.ExpiredAt = 0 // they did answer before the case was closed
	return t.openTask(c, dsr.TaskAuthority, strconv.FormatInt(s.AuthorityAsked, 10), "authority")
}

// authorityOver ends the wait for a representative's papers.
func (t *tx) authorityOver(p *policy.Pack, c *caseRow) error {
	for _, m := range []string{milestoneAuthorityReminder, milestoneAuthorityExpiry} {
		if err := t.disarm(c, m, ""); err != nil {
			return err
		}
	}
	return t.resume(c, p, "authority")
}

// leaveAuthority ends the authority step.
func (t *tx) leaveAuthority(p *policy.Pack, s *submissionRow, c *caseRow, to dsr.Stage) error {
	if to == dsr.StageClarification {
		return nil // it comes back
	}
	if err := t.authorityOver(p, c); err != nil {
		return err
	}
	if needsAuthority(s) {
		return nil
	}
	return t.cancelTasks(c, dsr.TaskAuthority, dsr.TaskAdmit)
}

// authorityFellDue is what follows when a milestone of the authority step fires;
// done is false for any other one.
func (t *tx) authorityFellDue(p *policy.Pack, s *submissionRow, c *caseRow, m milestoneRow) (done bool, err error) {
	switch m.Name {
	case milestoneAuthorityReminder:
		by, err := t.milestoneAt(c, milestoneAuthorityExpiry)
		if err != nil {
			return true, err
		}
		return true, t.notify(p, s, c, "N-27", "authority/"+m.Occasion, letterExtra{Reason: "authority", ReplyBy: by, ToFiler: true})
	case milestoneAuthorityExpiry:
		told, err := t.remindersAccepted(s, c, m)
		if err != nil {
			return true, err
		}
		if !told && !strings.HasSuffix(m.Occasion, "/reached") {
			return true, t.openTask(c, dsr.TaskReachPerson, m.Name+"/"+m.Occasion, m.Name)
		}
		c.ExpiredAt = micros(t.now)
		return true, nil
	}
	return false, nil
}

// authorityState is what is known of a representative's authority, without the
// person; nil when they act themselves.
func (t *tx) authorityState(p *policy.Pack, s *submissionRow, c *caseRow) (*dsr.AuthorityState, error) {
	if !represented(s) {
		return nil, nil
	}
	offer, _ := p.Offer(c.Kind)
	st := &dsr.AuthorityState{Asked: int(s.AuthorityAsked), Exception: offer.PersonOnly}
	// The codes stand in the record of the filing; who it is stays closed.
	var filed commandRow
	if err := t.db.Where("organisation = ? AND case_id = ? AND kind = ?", t.o.id, c.ID, string(dsr.CommandFiled)).Limit(1).Find(&filed).Error; err != nil {
		return nil, err
	}
	var said struct{ Representative, Relation string }
	if filed.Data != "" {
		if err := json.Unmarshal([]byte(filed.Data), &said); err != nil {
			return nil, err
		}
	}
	st.Kind, st.Relation = said.Representative, said.Relation
	row, err := t.authority(s)
	if err != nil || row == nil {
		return st, err
	}
	st.Kind, st.Relation, st.Document, st.DatedOn, st.MayReceive = row.Kind, row.Relation, row.Document, row.DatedOn, row.MayReceive == 1
	st.RecordedAt = row.RecordedAt
	if st.RecordedBy, err = t.staffName(row.RecordedBy); err != nil {
		return nil, err
	}
	if row.Verdict == "admitted" {
		st.AdmittedAt = row.DecidedAt
		st.AdmittedBy, err = t.staffName(row.AdmittedBy)
	}
	return st, err
}

// AuthorityPage gives the screen on which a representative's papers are seen;
// the opening is recorded first.
func (o *Organisation) AuthorityPage(ctx context.Context, actor dsr.Actor, caseID string) (page dsr.AuthorityPage, err error) {
	if err := needRole(actor, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return page, err
	}
	err = o.openCase(ctx, actor, caseID, "verify-authority", "authority", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if page.CasePage, err = t.casePage(p, s, c, actor); err != nil {
			return err
		}
		if page.Person, err = t.person(s); err != nil {
			return err
		}
		r, err := t.representative(s)
		if err != nil {
			return err
		}
		if r == nil {
			return dsr.Fail(dsr.NotFound, "error.unknown")
		}
		page.Representative, page.Documents = *r, page.CasePage.Documents
		row, err := t.authority(s)
		if err != nil {
			return err
		}
		page.Why = "error.authority-open"
		if row == nil {
			return nil
		}
		if len(row.CommentSealed) > 0 {
			if err := t.unseal(s.ID, "authorities", "comment_sealed", fmt.Sprintf("%s/%d", s.ID, row.Version), row.CommentSealed, &page.Comment); err != nil {
				return err
			}
		}
		seen := dsr.Authority{Relation: row.Relation, Document: row.Document, DatedOn: row.DatedOn, MayReceive: row.MayReceive == 1, Checked: row.Checked}
		if err := json.Unmarshal([]byte(row.Covers), &seen.Covers); err != nil {
			return err
		}
		page.Proposed = &seen
		switch {
		case row.Verdict == "returned":
		case row.Verdict != "":
			page.Why = "error.task-done"
		case row.RecordedBy == actor.ID:
			page.Why = "error.same-person"
		case !actor.Has(dsr.RoleApprover, dsr.RoleManager):
			page.Why = "error.forbidden"
		case c.WithdrawnAt != 0:
			page.Why = "error.withdrawn"
		default:
			page.MayAdmit, page.Why = true, ""
		}
		return nil
	})
	return page, err
}

// AskAuthority is the command authority-asked: what was shown does not do, and
// the representative is told what and why, in their voice.
func (o *Organisation) AskAuthority(ctx context.Context, actor dsr.Actor, caseID, task, reason, typed string) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if !needsAuthority(s) {
			return dsr.Fail(dsr.Conflict, "error.task-done")
		}
		if err := notWithdrawn(c); err != nil {
			return err
		}
		row, err := t.takeTask(c, actor, task, dsr.TaskAuthority)
		if err != nil {
			return err
		}
		if !locales.Has("authority.more." + reason) {
			return dsr.Fail(dsr.Invalid, "error.nothing-chosen") // the record takes codes only
		}
		if err := t.closeTask(row, actor.ID, "more"); err != nil {
			return err
		}
		s.AuthorityAsked++
		if _, err := t.command(c, actor, dsr.CommandAuthorityAsked, data{"reason": reason, "asked": s.AuthorityAsked}); err != nil {
			return err
		}
		typed = strings.TrimSpace(typed)
		why := strings.TrimSpace(locales.T(dsr.Voice(s.Voice), "authority.more."+reason) + "\n" + typed)
		if _, err := t.message(c, "reason", true, actor.ID, "", why); err != nil {
			return err
		}
		if err := t.waitForAuthority(p, s, c, letterExtra{Reason: reason, Said: typed}); err != nil {
			return err
		}
		if err := t.save(s, s.ID); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// shows says whether what a handler recorded can show a representative's
// authority for the kinds of the open cases; nil when it can.
func shows(p *policy.Pack, r *dsr.Representative, a dsr.Authority, open []*caseRow, today clock.Date) error {
	if d, ok := p.Document(a.Document); !ok || d.For != r.Kind {
		return dsr.Fail(dsr.Invalid, "error.authority-document")
	}
	if d, ok := p.Document(a.Checked); !ok || d.For != "" {
		return dsr.Fail(dsr.Invalid, "error.authority-checked")
	}
	if !slices.Contains(dsr.Relations, a.Relation) {
		return dsr.Fail(dsr.Invalid, "error.relation-unknown")
	}
	if a.DatedOn != "" || r.Kind == "delegated" {
		on, err := clock.ParseDate(a.DatedOn)
		if err != nil || on.After(today) {
			return dsr.Fail(dsr.Invalid, "error.authority-date")
		}
		if r.Kind == "delegated" && clock.FreshUntil(on, mandateMonths).Before(today) {
			return dsr.Fail(dsr.Invalid, "error.mandate-too-old")
		}
	}
	if r.Kind == "statutory" {
		return nil // what the law gives covers every kind
	}
	for _, c := range open {
		if !slices.Contains(a.Covers, dsr.Kind(c.Kind)) {
			return dsr.Fail(dsr.Invalid, "error.mandate-covers", "kind", c.Kind)
		}
	}
	return nil
}

// covers reports whether a representative who was admitted may ask for a kind:
// what the law gives covers every one, a mandate those that it names.
func covers(row *authorityRow, kind dsr.Kind) bool {
	var kinds []dsr.Kind
	return row.Kind == "statutory" || json.Unmarshal([]byte(row.Covers), &kinds) == nil && slices.Contains(kinds, kind)
}

// RecordAuthority is the command authority-shown: a handler saw relationship and
// mandate, by kind and date. A different person admits.
func (o *Organisation) RecordAuthority(ctx context.Context, actor dsr.Actor, caseID, task string, a dsr.Authority) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	return o.onAuthority(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, here *caseRow, open []*caseRow) error {
		row, err := t.takeTask(here, actor, task, dsr.TaskAuthority)
		if err != nil {
			return err
		}
		r, err := t.representative(s)
		if err != nil {
			return err
		}
		if a.Relation == "" {
			a.Relation = r.Relation
		}
		if err := shows(p, r, a, open, clock.DateOf(t.now.In(zone(p)))); err != nil {
			return err
		}
		last, err := t.authority(s)
		if err != nil {
			return err
		}
		seen := authorityRow{Organisation: o.id, Submission: s.ID, Version: 1, Kind: r.Kind, Relation: a.Relation, Document: a.Document,
			DatedOn: a.DatedOn, Checked: a.Checked, RecordedBy: actor.ID, RecordedAt: micros(t.now)}
		switch {
		case last == nil:
		case last.Verdict == "":
			return dsr.Fail(dsr.Conflict, "error.task-done") // a second person has it
		default:
			seen.Version = last.Version + 1
		}
		if a.MayReceive {
			seen.MayReceive = 1
		}
		covers, err := json.Marshal(append([]dsr.Kind{}, a.Covers...))
		if err != nil {
			return err
		}
		seen.Covers = string(covers)
		if err := t.db.Create(&seen).Error; err != nil {
			return err
		}
		if err := t.closeTask(row, actor.ID, "shown"); err != nil {
			return err
		}
		for _, c := range open {
			if !dsr.CommandAuthorityShown.Accepts(dsr.Stage(c.Stage)) {
				continue
			}
			if _, err := t.command(c, actor, dsr.CommandAuthorityShown, data{"version": seen.Version, "kind": seen.Kind,
				"relation": seen.Relation, "document": seen.Document, "dated_on": seen.DatedOn, "checked": seen.Checked,
				"may_receive": a.MayReceive}); err != nil {
				return err
			}
			if err := t.cancelTasks(c, dsr.TaskAuthority); err != nil {
				return err
			}
			if err := t.authorityOver(p, c); err != nil {
				return err
			}
			if c.Stage == string(dsr.StageAuthority) {
				if err := t.openTask(c, dsr.TaskAdmit, strconv.FormatInt(seen.Version, 10), "authority"); err != nil {
					return err
				}
			}
			if err := t.save(c, c.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// onAuthority is a command on the authority of a submission, given on one of
// its cases.
func (o *Organisation) onAuthority(ctx context.Context, caseID string, fn func(t *tx, p *policy.Pack, s *submissionRow, here *caseRow, open []*caseRow) error) error {
	submission, err := o.submissionOf(ctx, caseID)
	if err != nil {
		return err
	}
	return o.orderAll(ctx, submission, func(t *tx, p *policy.Pack, s *submissionRow, open []*caseRow) error {
		i := slices.IndexFunc(open, func(c *caseRow) bool { return c.ID == caseID })
		switch {
		case i < 0:
			return dsr.Fail(dsr.Conflict, "error.case-closed")
		case !needsAuthority(s):
			return dsr.Fail(dsr.Conflict, "error.task-done")
		}
		if err := notWithdrawn(open[i]); err != nil {
			return err
		}
		return fn(t, p, s, open[i], open)
	})
}

// second is what admitting and returning share: what was recorded, and a
// different person than who recorded it. An attempt by that person is recorded
// as refused; the caller returns when the row is nil.
func (t *tx) second(s *submissionRow, c *caseRow, actor dsr.Actor, task, what string) (*authorityRow, *taskRow, error) {
	row, err := t.authority(s)
	if err != nil {
		return nil, nil, err
	}
	if row == nil || row.Verdict != "" {
		return nil, nil, dsr.Fail(dsr.Conflict, "error.task-done")
	}
	if row.RecordedBy == actor.ID {
		return nil, nil, t.refused(c, actor, what, dsr.Fail(dsr.Forbidden, "error.same-person"))
	}
	tr, err := t.takeTask(c, actor, task, dsr.TaskAdmit)
	return row, tr, err
}

// ownAuthority reports whether the actor recorded what waits for a second
// person: who held that task would keep it from everybody who may.
func (t *tx) ownAuthority(c *caseRow, actor dsr.Actor) (bool, error) {
	row, err := t.authority(&submissionRow{ID: c.Submission})
	return err == nil && row != nil && row.Verdict == "" && row.RecordedBy == actor.ID, err
}

// judge writes the second person's word; the database's own constraint stands
// behind it.
func (t *tx) judge(row *authorityRow, actor dsr.Actor, verdict string, comment []byte) error {
	res := t.db.Model(&authorityRow{}).Where("organisation = ? AND submission = ? AND version = ? AND verdict = ''",
		t.o.id, row.Submission, row.Version).Updates(map[string]any{"admitted_by": actor.ID, "verdict": verdict,
		"decided_at": micros(t.now), "comment_sealed": comment})
	if res.Error == nil && res.RowsAffected != 1 {
		return dsr.Fail(dsr.Conflict, "error.task-done")
	}
	return res.Error
}

// Admit is the command authority-admitted: a second person agrees that the
// representative may ask. The person on file hears of it, and gets the answer,
// unless the mandate covers receiving it.
func (o *Organisation) Admit(ctx context.Context, actor dsr.Actor, caseID, task string) error {
	if err := needRole(actor, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return err
	}
	return o.onAuthority(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, here *caseRow, open []*caseRow) error {
		row, tr, err := t.second(s, here, actor, task, "admit")
		if err != nil || row == nil {
			return err
		}
		if err := t.judge(row, actor, "admitted", nil); err != nil {
			return err
		}
		if err := t.closeTask(tr, actor.ID, "admitted"); err != nil {
			return err
		}
		s.AuthorityAt = micros(t.now)
		asked, err := t.asking(p, s, here.Kind)
		if err != nil {
			return err
		}
		if err := t.settleDelivery(s, dsr.AnswerTo(p, asked, row.MayReceive == 1) == "filer"); err != nil {
			return err
		}
		to, err := t.contact(s)
		if err == nil && len(s.DeliverySealed) > 0 {
			to, err = t.delivery(s)
		}
		if err != nil {
			return err
		}
		for _, c := range open {
			if !dsr.CommandAuthorityAdmitted.Accepts(dsr.Stage(c.Stage)) {
				continue
			}
			postalDelivery(c, to)
			if _, err := t.command(c, actor, dsr.CommandAuthorityAdmitted, data{"version": row.Version, "recorded_by": row.RecordedBy,
				"may_receive": row.MayReceive == 1}); err != nil {
				return err
			}
			if err := t.cancelTasks(c, dsr.TaskAuthority, dsr.TaskAdmit); err != nil {
				return err
			}
			if c.ID == here.ID {
				if err := t.tellPerson(p, s, c); err != nil {
					return err
				}
			}
			if err := t.save(c, c.ID); err != nil {
				return err
			}
		}
		if err := t.imagesGo(p, s, true); err != nil {
			return err
		}
		return t.save(s, s.ID)
	})
}

// settleDelivery says where the letters of a represented case go from now on: to
// the representative when the mandate covers receiving, else to the person on
// file, who has the way in too.
func (t *tx) settleDelivery(s *submissionRow, mayReceive bool) error {
	if len(s.DeliverySealed) == 0 {
		return nil // identity comes later, and settles it then
	}
	if !mayReceive {
		to, err := t.delivery(s)
		if err != nil {
			return err
		}
		filed, err := t.contact(s)
		if err != nil || to.Mail != "" && vault.NormaliseMail(to.Mail) == vault.NormaliseMail(filed.Mail) {
			return err
		}
		return t.wayIn(s, to)
	}
	filed, err := t.contact(s)
	if err != nil {
		return err
	}
	s.DeliverySealed, err = t.seal(s.ID, "submissions", "delivery_sealed", s.ID, filed)
	return err
}

// tellPerson tells the person on file that somebody acts for them (N-33): by
// mail, by post, or by a call when the file has nothing else.
func (t *tx) tellPerson(p *policy.Pack, s *submissionRow, c *caseRow) error {
	on, err := t.candidate(s)
	if err != nil || on == nil {
		return err // nothing is held, so nobody is on file
	}
	if on.Person.Mail == "" && strings.TrimSpace(on.Person.Address) == "" {
		return t.openTask(c, dsr.TaskReachPerson, "authority/"+strconv.FormatInt(s.AuthorityAsked, 10), "N-33")
	}
	return t.notify(p, s, c, dsr.NoticeRepresented, "1", letterExtra{To: &postal{Name: on.Person.Name, Mail: on.Person.Mail, Address: on.Person.Address}})
}

// ReturnAuthority gives a recorded authority back to a handler, with a comment.
func (o *Organisation) ReturnAuthority(ctx context.Context, actor dsr.Actor, caseID, task, comment string) error {
	if err := needRole(actor, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return err
	}
	comment, err := text(comment)
	if err != nil {
		return err
	}
	return o.onAuthority(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, here *caseRow, open []*caseRow) error {
		row, tr, err := t.second(s, here, actor, task, "return-authority")
		if err != nil || row == nil {
			return err
		}
		sealed, err := t.seal(s.ID, "authorities", "comment_sealed", fmt.Sprintf("%s/%d", s.ID, row.Version), comment)
		if err != nil {
			return err
		}
		if err := t.judge(row, actor, "returned", sealed); err != nil {
			return err
		}
		if err := t.closeTask(tr, actor.ID, "returned"); err != nil {
			return err
		}
		if err := t.record(here, actor, "authority-returned", data{"version": row.Version, "recorded_by": row.RecordedBy}); err != nil {
			return err
		}
		for _, c := range open {
			if err := t.cancelTasks(c, dsr.TaskAdmit); err != nil {
				return err
			}
			if c.Stage == string(dsr.StageAuthority) {
				if err := t.authorityAgain(s, c, row.Version); err != nil {
					return err
				}
			}
			if err := t.save(c, c.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// authorityAgain opens the task once more after somebody sent it back.
func (t *tx) authorityAgain(s *submissionRow, c *caseRow, version int64) error {
	return t.openTask(c, dsr.TaskAuthority, fmt.Sprintf("%d/back/%d", s.AuthorityAsked, version), "sent-back")
}

// ProposeFormRejection proposes to close because authority was not shown
// (RC-02). An approver agrees or sends back; nothing is said about whether
// anything is held.
func (o *Organisation) ProposeFormRejection(ctx context.Context, actor dsr.Actor, caseID, task, typed string) error {
	return o.proposeEnd(ctx, actor, caseID, task, typed, ending{dsr.TaskAuthority, "rejection-proposed", dsr.OutcomeRejectedForm,
		func(s *submissionRow) bool { return !needsAuthority(s) }})
}
