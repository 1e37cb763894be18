package store

import (
	"context"
	"strings"

	"madoguchi/dsr"
)

// A letter by post is printed and posted by somebody: no machine posts it. Until
// then the notice has not gone out, whatever the case does.

// toPost lists the letters that wait for print and post, oldest first, with the
// task of each. By its ID also the letter that lies in the envelope of a package
// is found: it is printed for the hand-over and posted with it, also when
// the person was told by mail that the answer is on its way.
func (t *tx) toPost(notices ...string) (out []dsr.PostedLetter, rows []noticeRow, err error) {
	q := t.db.Table("notices n").Select("n.*").Where("n.organisation = ? AND n.posted_at = 0", t.o.id)
	const todo = `n.channel = 'post' AND EXISTS (SELECT 1 FROM tasks k WHERE k.organisation = n.organisation AND k.case_id = n.case_id AND k.state IN ('open', 'claimed')
		AND k.kind = 'post-letter' AND k.occasion = 'notice/' || n.id)`
	const enclosed = `n.code IN ('N-12', 'N-13') AND EXISTS (SELECT 1 FROM tasks k WHERE k.organisation = n.organisation AND k.case_id = n.case_id
		AND k.state IN ('open', 'claimed') AND k.kind = 'hand-over')`
	if len(notices) > 0 {
		q = q.Where("n.id IN ? AND ("+todo+" OR "+enclosed+")", notices)
	} else {
		q = q.Where(todo)
	}
	if err := q.Order("n.queued_at, n.id").Limit(500).Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		x := dsr.PostedLetter{Notice: r.ID, Case: r.CaseID, Code: r.Code, Voice: dsr.Voice(r.Voice), QueuedAt: r.QueuedAt, PrintedAt: r.PrintedAt}
		s, c, err := t.find(r.CaseID)
		if err != nil {
			return nil, nil, err
		}
		x.Reference = caseReference(s.Reference, c.Number)
		if err := t.db.Raw("SELECT id FROM tasks WHERE organisation = ? AND case_id = ? AND kind = ? AND occasion = ?", t.o.id, c.ID,
			string(dsr.TaskPostLetter), "notice/"+r.ID).Scan(&x.Task).Error; err != nil {
			return nil, nil, err
		}
		out = append(out, x)
	}
	return out, rows, nil
}

// LettersToPost lists the letters that wait for print and post, without opening
// them.
func (o *Organisation) LettersToPost(ctx context.Context, actor dsr.Actor) (out []dsr.PostedLetter, err error) {
	if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler, dsr.RoleManager); err != nil {
		return nil, err
	}
	err = o.view(ctx, func(t *tx) error {
		if err := t.appointed(actor); err != nil {
			return err
		}
		out, _, err = t.toPost()
		return err
	})
	return out, err
}

// PrintLetters opens letters for one print, with name and address. Who opened
// them is recorded first, and that they were printed.
func (o *Organisation) PrintLetters(ctx context.Context, actor dsr.Actor, notices []string) (out []dsr.PostedLetter, err error) {
	if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler); err != nil {
		return nil, err
	}
	if len(notices) == 0 {
		return nil, dsr.Fail(dsr.Invalid, "error.nothing-chosen")
	}
	if err := o.write(ctx, func(t *tx) error {
		if err := t.appointed(actor); err != nil {
			return err
		}
		waiting, rows, err := t.toPost(notices...)
		if err != nil {
			return err
		}
		if len(waiting) < len(notices) { // another organisation's, or posted already
			return dsr.Fail(dsr.NotFound, "error.unknown")
		}
		for _, r := range rows {
			if err := t.opened(r.Submission, r.CaseID, actor, "print-letter", "letter"); err != nil {
				return err
			}
			if err := t.db.Model(&noticeRow{}).Where("organisation = ? AND id = ? AND posted_at = 0", o.id, r.ID).
				Update("printed_at", micros(t.now)).Error; err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	err = o.view(ctx, func(t *tx) error {
		waiting, rows, err := t.toPost(notices...)
		if err != nil {
			return err
		}
		for i := range waiting {
			if err := t.openLetter(&waiting[i], rows[i]); err != nil {
				return err
			}
		}
		out = waiting
		return nil
	})
	return out, err
}

// openLetter opens one letter and where it goes: the address that was settled
// when it was written, else the one that the answer goes to now.
func (t *tx) openLetter(x *dsr.PostedLetter, r noticeRow) error {
	s, _, err := t.find(r.CaseID)
	if err != nil {
		return err
	}
	if err := t.unseal(r.LetterKey, "notices", "letter_sealed", r.ID, r.LetterSealed, &x.Letter); err != nil {
		return err
	}
	var to postal
	if len(r.ToSealed) > 0 && r.Channel == "post" { // of a mail it is the mail address
		if err := t.unseal(s.ID, "notices", "to_sealed", r.ID, r.ToSealed, &to); err != nil {
			return err
		}
	} else if to, _, err = t.addressee(s, letterExtra{}); err != nil {
		return err
	}
	if to.Name == "" {
		// Before the check only what was filed is known, also the name.
		if to.Name, err = t.addressed(s, needsAuthority(s)); err != nil {
			return err
		}
	}
	x.Name, x.Address = to.Name, strings.TrimSpace(to.Address)
	return nil
}

// LetterPosted records that a printed letter was posted, by whom and when, and
// ends its task.
func (o *Organisation) LetterPosted(ctx context.Context, actor dsr.Actor, notice string) error {
	if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler); err != nil {
		return err
	}
	return o.write(ctx, func(t *tx) error {
		var row noticeRow
		if err := t.db.Where("organisation = ? AND id = ? AND channel = 'post' AND case_id <> ''", o.id, notice).Take(&row).Error; err != nil {
			return err
		}
		s, c, err := t.lockCase(row.CaseID)
		if err != nil {
			return err
		}
		// Read again: somebody may have been first while we waited for the lock.
		if err := t.db.Where("organisation = ? AND id = ?", o.id, notice).Take(&row).Error; err != nil {
			return err
		}
		if row.PostedAt != 0 {
			return dsr.Fail(dsr.Conflict, "error.letter-done")
		}
		if row.PrintedAt == 0 {
			return dsr.Fail(dsr.Conflict, "error.letter-not-printed")
		}
		var task taskRow
		if err := t.db.Where("organisation = ? AND case_id = ? AND kind = ? AND occasion = ? AND state IN ('open', 'claimed')", o.id, c.ID,
			string(dsr.TaskPostLetter), "notice/"+row.ID).Limit(1).Find(&task).Error; err != nil {
			return err
		}
		switch {
		case task.ID == "":
			return dsr.Fail(dsr.Conflict, "error.letter-done")
		case task.Assignee != "" && task.Assignee != actor.ID:
			return t.taken(&task)
		}
		if err := t.closeTask(&task, actor.ID, "posted"); err != nil {
			return err
		}
		if err := t.db.Model(&noticeRow{}).Where("organisation = ? AND id = ? AND posted_at = 0", o.id, row.ID).Updates(map[string]any{
			"state": "accepted", "accepted_at": micros(t.now), "sends": 1, "posted_at": micros(t.now), "posted_by": actor.ID}).Error; err != nil {
			return err
		}
		if err := t.record(c, actor, "letter-posted", data{"notice": row.ID, "code": row.Code, "printed_at": row.PrintedAt}); err != nil {
			return err
		}
		if err := t.extensionTold(s, c, row.ID); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}
