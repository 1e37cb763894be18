package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"madoguchi/dsr"
	"madoguchi/internal/notices"
	"madoguchi/policy"
)

// milestoneRecipient is by when one recipient should have been told; a manager
// hears of one that was not.
const milestoneRecipient = "recipient-due"

// maxAttempts is how often a recipient is tried (T20).
const maxAttempts = 3

// noAnswer is an attempt in vain; the other results settle a recipient.
const noAnswer = "no-answer"

// changedPlaces are the places whose data this plan changed, read back.
func (t *tx) changedPlaces(c *caseRow) (out []policy.Place, err error) {
	var items []itemRow
	if err := t.db.Raw(`SELECT DISTINCT i.* FROM items i JOIN effects e ON e.organisation = i.organisation AND e.case_id = i.case_id AND e.object = i.id
		AND e.plan_version = i.plan_version WHERE i.organisation = ? AND i.case_id = ? AND i.plan_version = ? AND e.action IN ? AND e.state = 'verified'
		ORDER BY i.number`, t.o.id, c.ID, c.PlanVersion, changing).Scan(&items).Error; err != nil || len(items) == 0 {
		return nil, err
	}
	_, content, err := t.proposal(c, c.Agreed)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		var columns []string
		for _, d := range content.Decisions {
			for _, ch := range d.Changes {
				if d.Item == it.ID && !slices.Contains(columns, ch.Column) {
					columns = append(columns, ch.Column)
				}
			}
		}
		if len(columns) == 0 {
			columns = []string{""} // all of it
		}
		for _, col := range columns {
			out = append(out, policy.Place{System: it.System, Category: it.Category, Column: col})
		}
	}
	return out, nil
}

// askRecipients gives a person one task for each recipient of what was changed.
// A case that is told twice asks once.
func (t *tx) askRecipients(p *policy.Pack, s *submissionRow, c *caseRow) error {
	places, err := t.changedPlaces(c)
	if err != nil || len(places) == 0 {
		return err
	}
	occasion := strconv.FormatInt(c.Occasion, 10)
	until, err := t.after(p, c, p.Times.Recipient)
	if err != nil {
		return err
	}
	asked, err := t.request(p, s, c)
	if err != nil {
		return err
	}
	for _, r := range p.Tells(asked, places) {
		var n int64
		if err := t.db.Model(&recipientRow{}).Where("organisation = ? AND case_id = ? AND recipient = ? AND occasion = ?", t.o.id, c.ID, r.ID, occasion).
			Count(&n).Error; err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		row := recipientRow{Organisation: t.o.id, ID: newID(), CaseID: c.ID, Recipient: r.ID, Occasion: occasion, State: "open",
			OpenedAt: micros(t.now), Version: 1}
		if err := t.db.Create(&row).Error; err != nil {
			return err
		}
		if err := t.openTask(c, dsr.TaskRecipient, row.ID, r.ID); err != nil {
			return err
		}
		if err := t.arm(c, milestoneRecipient, row.ID, until); err != nil {
			return err
		}
	}
	return nil
}

// recipientText is what a recipient is to be sent, in the language of the
// organisation: whose data, and what is to be done with it there too.
func (t *tx) recipientText(p *policy.Pack, s *submissionRow, c *caseRow, row recipientRow) (string, error) {
	_, content, err := t.proposal(c, c.Agreed)
	if err != nil {
		return "", err
	}
	if content.Decisions, err = t.carriedOut(c, content.Decisions); err != nil {
		return "", err
	}
	var receives []policy.Place
	x := letterExtra{}
	name := row.Recipient
	for _, r := range p.Recipients {
		if r.ID == row.Recipient {
			receives, name = r.Receives, p.Text(r.Text, p.Language)
		}
	}
	var theirs []dsr.Decision
	for _, d := range content.Decisions {
		var it itemRow
		if err := t.db.Where("organisation = ? AND case_id = ? AND id = ?", t.o.id, c.ID, d.Item).Take(&it).Error; err != nil {
			return "", err
		}
		at := policy.Place{System: it.System, Category: it.Category}
		if !slices.ContainsFunc(receives, func(r policy.Place) bool { return r.Has(at) }) {
			continue
		}
		// A recipient hears of the columns that they were given, and of no others.
		d.Changes = slices.DeleteFunc(slices.Clone(d.Changes), func(ch dsr.Change) bool {
			at.Column = ch.Column
			return !slices.ContainsFunc(receives, func(r policy.Place) bool { return r.Has(at) })
		})
		if d.Measure.Action() != dsr.ActionCorrect || len(d.Changes) > 0 {
			theirs = append(theirs, d)
		}
	}
	voice := dsr.Voice(p.Language).Letter()
	if x.Items, err = t.itemTexts(p, c, voice, theirs); err != nil {
		return "", err
	}
	if x.ReplyBy, err = t.milestoneAt(c, milestoneRecipient); err != nil {
		return "", err
	}
	d := t.letterData(p, s, c, voice, x)
	person, err := t.person(s)
	if err != nil {
		return "", err
	}
	d.Person, d.Recipient = person.Name, name
	return notices.RecipientText(voice, d)
}

// recipientRows are the recipients of a case's present occasion.
func (t *tx) recipientRows(c *caseRow) (rows []recipientRow, err error) {
	err = t.db.Where("organisation = ? AND case_id = ? AND occasion = ?", t.o.id, c.ID, strconv.FormatInt(c.Occasion, 10)).
		Order("recipient").Find(&rows).Error
	return rows, err
}

// recipientList is those of a case as pages and letters show them, in a voice.
func (t *tx) recipientList(p *policy.Pack, c *caseRow, voice string) (out []dsr.RecipientRow, err error) {
	rows, err := t.recipientRows(c)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		x := r.toRow(p, voice)
		if err := t.db.Raw(`SELECT COALESCE((SELECT id FROM tasks WHERE organisation = ? AND case_id = ? AND kind = ? AND occasion = ?
			AND state IN ('open', 'claimed') LIMIT 1), '')`, t.o.id, c.ID, string(dsr.TaskRecipient), r.ID).Scan(&x.Task).Error; err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

func (r recipientRow) toRow(p *policy.Pack, voice string) dsr.RecipientRow {
	x := dsr.RecipientRow{ID: r.ID, Name: r.Recipient, State: r.State, Attempts: int(r.Attempts), Result: dsr.RecipientResult(r.Result), At: r.OpenedAt}
	if r.SettledAt != 0 {
		x.At = r.SettledAt
	}
	for _, known := range p.Recipients {
		if known.ID == r.Recipient {
			x.Name, x.Role = p.Text(known.Text, voice), known.Role
		}
	}
	return x
}

// RecipientPage opens a recipient's task: the text to send, in the language of
// the organisation's policy, and what came of it so far.
func (o *Organisation) RecipientPage(ctx context.Context, actor dsr.Actor, caseID, recipient string) (page dsr.RecipientPage, err error) {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return page, err
	}
	err = o.openCase(ctx, actor, caseID, "recipient", "items", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		var row recipientRow
		if err := t.db.Where("organisation = ? AND id = ? AND case_id = ?", o.id, recipient, c.ID).Take(&row).Error; err != nil {
			return err
		}
		if page.CasePage, err = t.casePage(p, s, c, actor); err != nil {
			return err
		}
		page.Recipient, page.Max = row.toRow(p, p.Language), maxAttempts
		for _, r := range page.Recipients { // with its task, by which the page is worked on
			if r.ID == row.ID {
				page.Recipient = r
			}
		}
		var attempts []recipientAttemptRow
		if err := t.db.Where("organisation = ? AND recipient_id = ?", o.id, row.ID).Order("number").Find(&attempts).Error; err != nil {
			return err
		}
		for _, a := range attempts {
			x := dsr.RecipientAttempt{At: a.At, Result: a.Result}
			if x.By, err = t.staffName(a.Staff); err != nil {
				return err
			}
			page.Attempts = append(page.Attempts, x)
		}
		page.Text, err = t.recipientText(p, s, c, row)
		return err
	})
	if err != nil {
		return dsr.RecipientPage{}, err
	}
	return page, nil
}

// TellRecipient records one attempt to tell a recipient. Whoever did not answer
// three times counts as unreachable; the letter at the end says so.
func (o *Organisation) TellRecipient(ctx context.Context, actor dsr.Actor, caseID, recipient, result string) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	if !slices.Contains([]string{string(dsr.RecipientInformed), string(dsr.RecipientDeclined), noAnswer}, result) {
		return dsr.Fail(dsr.Invalid, "error.nothing-chosen")
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		var row recipientRow
		if err := t.db.Where("organisation = ? AND id = ? AND case_id = ?", o.id, recipient, c.ID).Take(&row).Error; err != nil {
			return err
		}
		if row.State != "open" {
			return dsr.Fail(dsr.Conflict, "error.task-done")
		}
		var id string
		if err := t.db.Raw(`SELECT COALESCE((SELECT id FROM tasks WHERE organisation = ? AND case_id = ? AND kind = ? AND occasion = ?
			AND state IN ('open', 'claimed') LIMIT 1), '')`, o.id, c.ID, string(dsr.TaskRecipient), row.ID).Scan(&id).Error; err != nil {
			return err
		}
		if id == "" {
			return dsr.Fail(dsr.Conflict, "error.task-done")
		}
		task, err := t.takeTask(c, actor, id, dsr.TaskRecipient)
		if err != nil {
			return err
		}
		row.Attempts++
		if err := t.db.Create(&recipientAttemptRow{Organisation: o.id, RecipientID: row.ID, Number: row.Attempts, At: micros(t.now),
			Staff: actor.ID, Result: result}).Error; err != nil {
			return err
		}
		switch {
		case result != noAnswer:
			row.Result = result
		case row.Attempts >= maxAttempts:
			row.Result = string(dsr.RecipientUnreachable)
		}
		d := data{"recipient": row.Recipient, "attempt": row.Attempts, "result": result}
		if row.Result == "" {
			if err := t.record(c, actor, "recipient-tried", d); err != nil {
				return err
			}
		} else {
			row.State, row.SettledAt = "done", micros(t.now)
			d["result"] = row.Result
			if _, err := t.command(c, actor, dsr.CommandRecipientSettled, d); err != nil {
				return err
			}
			if err := t.closeTask(task, actor.ID, row.Result); err != nil {
				return err
			}
			if err := t.disarm(c, milestoneRecipient, row.ID); err != nil {
				return err
			}
		}
		if err := t.save(&row, row.ID); err != nil {
			return err
		}
		if row.Result != "" {
			if err := t.tellRecipients(p, s, c); err != nil {
				return err
			}
		}
		return t.save(c, c.ID)
	})
}

func (r *recipientRow) bump() int64 { r.Version++; return r.Version - 1 }

// tellRecipients tells the person what came of telling the recipients, once all
// of them are settled (N-19).
func (t *tx) tellRecipients(p *policy.Pack, s *submissionRow, c *caseRow) error {
	voice := string(dsr.Voice(s.Voice).Letter())
	rows, err := t.recipientList(p, c, voice)
	if err != nil {
		return err
	}
	var x letterExtra
	for _, r := range rows {
		if r.State == "open" {
			return nil
		}
		x.Recipients = append(x.Recipients, notices.RecipientLine{Name: r.Name, Result: r.Result, Attempts: r.Attempts})
	}
	return t.notify(p, s, c, dsr.NoticeRecipients, fmt.Sprint(c.Occasion), x)
}
