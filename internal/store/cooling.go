package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/vault"
	"madoguchi/policy"
)

// milestoneCooling is when an agreed erasure may begin.
const milestoneCooling = "cooling-off"

// execute begins the execution of an agreed plan: what is kept gets its date,
// and what cannot be undone waits while everybody on file is told.
func (t *tx) execute(p *policy.Pack, s *submissionRow, c *caseRow) error {
	if dsr.Kind(c.Kind) == dsr.KindDisclosure {
		return nil
	}
	if err := t.schedule(p, s, c); err != nil {
		return err
	}
	_, erases, err := t.todo(c)
	if err != nil || !erases {
		return err
	}
	var cooled int64 // once for each agreement, however often the stage is entered
	err = t.db.Model(&milestoneRow{}).Where("organisation = ? AND case_id = ? AND name = ? AND occasion LIKE ?", t.o.id, c.ID, milestoneCooling,
		fmt.Sprintf("%d/%d/%%", c.Occasion, c.Agreed)).Count(&cooled).Error
	if err != nil || cooled > 0 && c.CoolingUntil != 0 {
		return err
	}
	return t.cool(p, s, c)
}

// cooledOff reports whether the time in which the agreed erasure can be stopped
// is over: it has passed by the port's clock, and its end has been recorded.
func (t *tx) cooledOff(c *caseRow) (bool, error) {
	if c.CoolingUntil == 0 || c.CoolingUntil > micros(t.now) {
		return false, nil
	}
	at, err := t.milestoneAt(c, milestoneCooling)
	return at.IsZero(), err
}

// cool begins the cooling-off. Every contact on file hears of it with a link of
// its own that stops it without signing in: whoever filed in somebody's name
// has no power over the contacts that were there before.
func (t *tx) cool(p *policy.Pack, s *submissionRow, c *caseRow) error {
	until, err := t.after(p, c, p.Times.CoolingOff)
	if err != nil {
		return err
	}
	c.CoolingUntil, c.StoppedAt = micros(until), 0
	occasion := fmt.Sprintf("%d/%d/%d", c.Occasion, c.Agreed, c.LastCommand)
	if err := t.arm(c, milestoneCooling, occasion, until); err != nil {
		return err
	}
	if err := t.record(c, dsr.Engine, "cooling-off", data{"until": c.CoolingUntil, "proposal": c.Agreed}); err != nil {
		return err
	}
	link, err := t.stopLink(p, c, occasion, until)
	if err != nil {
		return err
	}
	x, err := t.decidedItems(p, s, c) // the letter lists what is to be erased
	if err != nil {
		return err
	}
	x = letterExtra{ReplyBy: until, StopLink: link, Items: x.Items}
	if err := t.notify(p, s, c, dsr.NoticeCoolingOff, occasion, x); err != nil {
		return err
	}
	others, err := t.otherContacts(s)
	if err != nil {
		return err
	}
	for i, to := range others {
		if x.StopLink, err = t.stopLink(p, c, occasion, until); err != nil {
			return err
		}
		if err := t.mailTo(p, s, c, dsr.NoticeCoolingOff, fmt.Sprintf("%s/%d", occasion, i+1), to, x); err != nil {
			return err
		}
	}
	return nil
}

// endCooling ends what the execution waited for, however it ends.
func (t *tx) endCooling(c *caseRow) error {
	if err := t.cancelTasks(c, dsr.TaskErasureStopped); err != nil {
		return err
	}
	return t.disarm(c, milestoneCooling, "")
}

// stopLink makes a link with 256 random bits, of which only the hash is kept.
func (t *tx) stopLink(p *policy.Pack, c *caseRow, occasion string, until time.Time) (string, error) {
	token, hash, err := newToken()
	if err != nil {
		return "", err
	}
	row := stopLinkRow{Organisation: t.o.id, TokenHash: hash, CaseID: c.ID, Occasion: occasion, ExpiresAt: micros(until)}
	return t.o.s.BaseURL + "/o/" + p.Slug + "/stop/" + token, t.db.Create(&row).Error
}

// otherContacts are the mail addresses on file beside the one that notices go
// to: of the filing, of every record that was chosen, of a representative.
func (t *tx) otherContacts(s *submissionRow) (out []string, err error) {
	filed, err := t.contact(s)
	if err != nil {
		return nil, err
	}
	main := filed
	if len(s.DeliverySealed) > 0 {
		if main, err = t.delivery(s); err != nil {
			return nil, err
		}
	}
	all := []string{filed.Mail}
	chosen, err := t.chosen(s)
	if err != nil {
		return nil, err
	}
	for _, x := range chosen {
		all = append(all, x.Person.Mail)
	}
	if len(s.RepresentativeSealed) > 0 {
		var r dsr.Representative
		if err := t.unseal(s.ID, "submissions", "representative_sealed", s.ID, s.RepresentativeSealed, &r); err != nil {
			return nil, err
		}
		all = append(all, r.Person.Mail)
	}
	seen := []string{"", vault.NormaliseMail(main.Mail)}
	if s.ByPost == 1 {
		seen = seen[:1] // the notice itself goes by post; the address is another way
	}
	for _, to := range all {
		if n := vault.NormaliseMail(to); !slices.Contains(seen, n) {
			seen = append(seen, n)
			out = append(out, to)
		}
	}
	return out, nil
}

// mailTo queues a mail without a letter to an address beside the one that
// notices go to.
func (t *tx) mailTo(p *policy.Pack, s *submissionRow, c *caseRow, code, occasion, to string, x letterExtra) error {
	voice := dsr.Voice(s.Voice)
	row := &noticeRow{Organisation: t.o.id, ID: newID(), Submission: s.ID, CaseID: c.ID, Code: code, Occasion: occasion,
		Voice: s.Voice, Channel: "mail", State: "queued", QueuedAt: micros(t.now)}
	row.MessageID = row.ID + "@" + t.o.s.MailDomain
	if err := t.sealMail(row, s, code, voice, t.letterData(p, s, c, voice.Letter(), x), to); err != nil {
		return err
	}
	if err := t.db.Create(row).Error; err != nil {
		return err
	}
	return t.record(c, dsr.Engine, "notice", data{"notice": row.ID, "code": code, "channel": row.Channel, "voice": row.Voice})
}

// stopLinkOf finds the case of a stop link.
func (t *tx) stopLinkOf(token string) (row stopLinkRow, err error) {
	err = t.db.Where("organisation = ? AND token_hash = ?", t.o.id, hashToken(token)).Take(&row).Error
	if dsr.FaultOf(fault(err)) == dsr.NotFound {
		return row, dsr.Fail(dsr.NotFound, "error.link-unknown")
	}
	return row, err
}

// tooLate reports whether the erasure has begun, or there is none to stop. A
// link stops as long as nothing was erased, also after its time: what a machine
// was late to begin, a person may still be early to stop; and so it is between
// two tries that a system refused, or was not there for.
func (t *tx) tooLate(c *caseRow) (bool, error) {
	if c.Stage != string(dsr.StageExecution) || c.CoolingUntil == 0 {
		return true, nil
	}
	var n int64
	err := t.db.Model(&effectRow{}).Where("organisation = ? AND case_id = ? AND plan_version = ? AND action = ? AND fence > 0 AND state <> ?",
		t.o.id, c.ID, c.PlanVersion, string(dsr.ActionErase), dsr.EffectFailed).Count(&n).Error
	return n > 0, err
}

// StopPage shows what the link of a cooling-off is for: no name, no content.
func (o *Organisation) StopPage(ctx context.Context, token string) (page dsr.StopPage, err error) {
	err = o.view(ctx, func(t *tx) error {
		link, err := t.stopLinkOf(token)
		if err != nil {
			return err
		}
		s, c, err := t.find(link.CaseID)
		if err != nil {
			return err
		}
		page = dsr.StopPage{Organisation: o.id, Reference: caseReference(s.Reference, c.Number), Until: c.CoolingUntil, Stopped: c.StoppedAt != 0}
		page.Over, err = t.tooLate(c)
		return err
	})
	return page, err
}

// StopErasure is the command erasure-stopped, by the link alone. It parks the
// erasure for a person and ends nothing; pressing twice stops once.
func (o *Organisation) StopErasure(ctx context.Context, token string) error {
	var link stopLinkRow
	if err := o.view(ctx, func(t *tx) (err error) {
		link, err = t.stopLinkOf(token)
		return err
	}); err != nil {
		return err
	}
	return o.order(ctx, link.CaseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if c.StoppedAt != 0 {
			return nil
		}
		late, err := t.tooLate(c)
		if err != nil {
			return err
		}
		if late {
			return t.refused(c, asPerson(s), "stop", dsr.Fail(dsr.Conflict, "error.erasure-begun"))
		}
		if _, err := t.command(c, asPerson(s), dsr.CommandErasureStopped, data{"by": "link", "proposal": c.Agreed}); err != nil {
			return err
		}
		c.StoppedAt = micros(t.now)
		if err := t.disarm(c, milestoneCooling, ""); err != nil {
			return err
		}
		if err := t.db.Model(&stopLinkRow{}).Where("organisation = ? AND token_hash = ?", o.id, link.TokenHash).
			Update("used_at", micros(t.now)).Error; err != nil {
			return err
		}
		if err := t.openTask(c, dsr.TaskErasureStopped, fmt.Sprintf("%d/%d", c.Occasion, c.LastCommand), "stopped"); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// ResumeErasure is the command erasure-resumed: the cooling-off begins anew,
// with new links to everybody.
func (o *Organisation) ResumeErasure(ctx context.Context, actor dsr.Actor, caseID, task string) error {
	return o.unpark(ctx, actor, caseID, task, dsr.CommandErasureResumed, "resumed", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		return t.cool(p, s, c)
	})
}

// Reconsider is the command reconsidered: the agreed proposal no longer counts,
// and the case goes back to review. What was carried out stays done.
func (o *Organisation) Reconsider(ctx context.Context, actor dsr.Actor, caseID, task string) error {
	return o.unpark(ctx, actor, caseID, task, dsr.CommandReconsidered, "reconsidered", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		return t.undecide(c)
	})
}

// undecide makes the agreed proposal count no longer, so that the case goes back
// to review. What waits for its cooling-off waits for a new agreement.
func (t *tx) undecide(c *caseRow) error {
	c.Agreed, c.Decided, c.SentBack, c.StoppedAt = 0, "", c.Proposal, 0
	var erased int64
	if err := t.db.Model(&effectRow{}).Where("organisation = ? AND case_id = ? AND plan_version = ? AND action = ? AND state IN ('attempting', 'verified')",
		t.o.id, c.ID, c.PlanVersion, string(dsr.ActionErase)).Count(&erased).Error; err != nil {
		return err
	}
	if erased == 0 { // else it stays known when that could have been stopped
		c.CoolingUntil = 0
	}
	return t.endCooling(c)
}

// unpark is what both answers to a stopped erasure share.
func (o *Organisation) unpark(ctx context.Context, actor dsr.Actor, caseID, task string, kind dsr.CommandKind, result string,
	then func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if c.StoppedAt == 0 {
			return dsr.Fail(dsr.Conflict, "error.task-done")
		}
		if err := notWithdrawn(c); err != nil {
			return err
		}
		row, err := t.takeTask(c, actor, task, dsr.TaskErasureStopped)
		if err != nil {
			return err
		}
		if _, err := t.command(c, actor, kind, data{"proposal": c.Agreed, "stopped_at": c.StoppedAt}); err != nil {
			return err
		}
		if err := t.closeTask(row, actor.ID, result); err != nil {
			return err
		}
		if err := then(t, p, s, c); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}
