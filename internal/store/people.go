package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// newToken is 256 random bits for a cookie or a link, and their hash, which is
// all that the database keeps.
func newToken() (token, hash string, err error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", "", err
	}
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, hashToken(token), nil
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// NewDraft begins an unsent form under a key of its own.
func (o *Organisation) NewDraft(ctx context.Context, voice dsr.Voice) (d dsr.Draft, err error) {
	err = o.write(ctx, func(t *tx) error {
		p, err := o.current()
		if err != nil {
			return err
		}
		token, hash, err := newToken()
		if err != nil {
			return err
		}
		form, _, err := newToken()
		if err != nil {
			return err
		}
		d = dsr.Draft{Token: token, FormToken: form, Voice: voice, Answers: map[string]string{}}
		row := draftRow{Organisation: o.id, TokenHash: hash, ID: newID(), FormToken: form, Voice: string(voice),
			CreatedAt: micros(t.now), ExpiresAt: micros(clock.DaysAfter(t.now, max(p.Times.DraftDays, 1)))}
		if err := t.newKey(row.ID); err != nil {
			return err
		}
		if row.AnswersSealed, err = t.seal(row.ID, "drafts", "answers_sealed", row.ID, d.Answers); err != nil {
			return err
		}
		return t.db.Create(&row).Error
	})
	return d, err
}

func (t *tx) draftRow(token string) (row draftRow, err error) {
	err = t.db.Where("organisation = ? AND token_hash = ? AND ended_at = 0 AND expires_at > ?", t.o.id, hashToken(token), micros(t.now)).
		Take(&row).Error
	if dsr.FaultOf(fault(err)) == dsr.NotFound {
		return row, dsr.Fail(dsr.NotFound, "error.draft-ended")
	}
	return row, err
}

// Draft gives a draft's answers back to whoever holds its token.
func (o *Organisation) Draft(ctx context.Context, token string) (d dsr.Draft, err error) {
	err = o.view(ctx, func(t *tx) error {
		row, err := t.draftRow(token)
		if err != nil {
			return err
		}
		d = dsr.Draft{Token: token, FormToken: row.FormToken, Voice: dsr.Voice(row.Voice)}
		return t.unseal(row.ID, "drafts", "answers_sealed", row.ID, row.AnswersSealed, &d.Answers)
	})
	return d, err
}

// SaveDraft seals the answers so far.
func (o *Organisation) SaveDraft(ctx context.Context, d dsr.Draft) error {
	return o.write(ctx, func(t *tx) error {
		row, err := t.draftRow(d.Token)
		if err != nil {
			return err
		}
		sealed, err := t.seal(row.ID, "drafts", "answers_sealed", row.ID, d.Answers)
		if err != nil {
			return err
		}
		form := row.FormToken
		if d.FormToken != "" {
			form = d.FormToken
		}
		return t.db.Model(&draftRow{}).Where("organisation = ? AND token_hash = ?", o.id, row.TokenHash).
			Updates(map[string]any{"answers_sealed": sealed, "voice": string(d.Voice), "form_token": form}).Error
	})
}

// endDraft ends a draft that was filed. It stays readable for an hour, so that
// a client that lost our answer can send the same form again; then its key is
// destroyed.
func (t *tx) endDraft(token string) error {
	return t.db.Model(&draftRow{}).Where("organisation = ? AND token_hash = ? AND ended_at = 0", t.o.id, hashToken(token)).
		Update("expires_at", t.later(time.Hour)).Error
}

// AddDocument seals an upload at once.
func (o *Organisation) AddDocument(ctx context.Context, submission, kind, mediaType string, bytes []byte) (d dsr.Document, err error) {
	err = o.orderAll(ctx, submission, func(t *tx, p *policy.Pack, s *submissionRow, open []*caseRow) error {
		if proven(s) && !needsAuthority(s) || len(open) == 0 {
			return dsr.Fail(dsr.Conflict, "error.not-now")
		}
		switch {
		case len(bytes) == 0:
			return dsr.Fail(dsr.Invalid, "error.file-empty")
		case len(bytes) > p.Times.UploadMB<<20:
			return dsr.Fail(dsr.Invalid, "error.file-too-large", "limit", strconv.Itoa(p.Times.UploadMB))
		}
		var n int64
		if err := t.db.Model(&documentRow{}).Where("organisation = ? AND submission = ? AND deleted_at = 0", o.id, s.ID).Count(&n).Error; err != nil {
			return err
		}
		if n >= int64(p.Times.UploadFiles) {
			return dsr.Fail(dsr.Invalid, "error.files-too-many", "limit", strconv.Itoa(p.Times.UploadFiles))
		}
		row := documentRow{Organisation: o.id, ID: newID(), Submission: s.ID, Kind: kind, MediaType: mediaType, Size: int64(len(bytes)),
			UploadedAt: micros(t.now)}
		if row.DataSealed, err = t.sealBytes(s.ID, "documents", "data_sealed", row.ID, bytes); err != nil {
			return err
		}
		d = row.toDocument()
		return t.db.Create(&row).Error
	})
	return d, err
}

func (r documentRow) toDocument() dsr.Document {
	return dsr.Document{ID: r.ID, Kind: r.Kind, MediaType: r.MediaType, Size: int(r.Size), UploadedAt: r.UploadedAt,
		Submitted: r.SubmittedAt != 0, DeletedAt: r.DeletedAt}
}

func (t *tx) documents(s *submissionRow) (out []dsr.Document, err error) {
	var rows []documentRow
	err = t.db.Select("organisation", "id", "submission", "kind", "media_type", "size", "uploaded_at", "submitted_at", "delete_at", "deleted_at").
		Where("organisation = ? AND submission = ?", t.o.id, s.ID).Order("uploaded_at, id").Find(&rows).Error
	for _, r := range rows {
		out = append(out, r.toDocument())
	}
	return out, err
}

// RemoveDocument takes an upload back that has not been sent yet.
func (o *Organisation) RemoveDocument(ctx context.Context, submission, document string) error {
	return o.orderAll(ctx, submission, func(t *tx, p *policy.Pack, s *submissionRow, _ []*caseRow) error {
		res := t.db.Model(&documentRow{}).Where("organisation = ? AND submission = ? AND id = ? AND submitted_at = 0 AND deleted_at = 0", o.id, s.ID, document).
			Updates(map[string]any{"data_sealed": nil, "deleted_at": micros(t.now)})
		if res.Error == nil && res.RowsAffected == 0 {
			return dsr.Fail(dsr.NotFound, "error.unknown")
		}
		return res.Error
	})
}

// Document opens one uploaded paper for the handler who compares it.
func (o *Organisation) Document(ctx context.Context, actor dsr.Actor, caseID, document string) (mediaType string, bytes []byte, err error) {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return "", nil, err
	}
	err = o.openCase(ctx, actor, caseID, "verify-identity", "document", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		var row documentRow
		if err := t.db.Where("organisation = ? AND submission = ? AND id = ? AND deleted_at = 0", o.id, s.ID, document).Take(&row).Error; err != nil {
			return err
		}
		mediaType = row.MediaType
		bytes, err = t.unsealBytes(s.ID, "documents", "data_sealed", row.ID, row.DataSealed)
		return err
	})
	return mediaType, bytes, err
}

// Write sends a message from the person to the desk and gives somebody a task.
func (o *Organisation) Write(ctx context.Context, submission, caseID, typed string) error {
	typed, err := text(typed)
	if err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if err := ofSubmission(s, submission); err != nil {
			return err
		}
		id, err := t.message(c, "message", false, "", "", typed)
		if err != nil {
			return err
		}
		if err := t.record(c, asPerson(s), "message", data{"message": id}); err != nil {
			return err
		}
		if err := t.openTask(c, dsr.TaskAnswerMessage, id, "message"); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// Tell sends a message from the desk to the person: on the page, and a mail
// that points there.
func (o *Organisation) Tell(ctx context.Context, actor dsr.Actor, caseID, typed string) error {
	if err := needRole(actor, dsr.RoleHandler, dsr.RoleClerk); err != nil {
		return err
	}
	typed, err := text(typed)
	if err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		id, err := t.message(c, "message", true, actor.ID, "", typed)
		if err != nil {
			return err
		}
		if err := t.record(c, actor, "message", data{"message": id}); err != nil {
			return err
		}
		if err := t.notify(p, s, c, "N-31", id, letterExtra{Said: typed}); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// AddNote keeps a note of the staff. The person never sees it.
func (o *Organisation) AddNote(ctx context.Context, actor dsr.Actor, caseID, typed string) error {
	if err := needRole(actor, dsr.RoleHandler, dsr.RoleClerk, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return err
	}
	typed, err := text(typed)
	if err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		id := newID()
		sealed, err := t.seal(c.ID, "notes", "text_sealed", id, typed)
		if err != nil {
			return err
		}
		if err := t.db.Create(&noteRow{Organisation: o.id, ID: id, CaseID: c.ID, Author: actor.ID, TextSealed: sealed, At: micros(t.now)}).Error; err != nil {
			return err
		}
		if err := t.record(c, actor, "note", data{"note": id}); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// Correspondence opens messages and notes of a case.
func (o *Organisation) Correspondence(ctx context.Context, actor dsr.Actor, caseID string) (ms []dsr.Message, ns []dsr.Note, err error) {
	if err := needRole(actor, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return nil, nil, err
	}
	err = o.openCase(ctx, actor, caseID, "correspondence", "messages", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		ms, ns, err = t.correspondence(c)
		return err
	})
	return ms, ns, err
}

func (t *tx) messages(c *caseRow) (ms []dsr.Message, err error) {
	var rows []messageRow
	if err := t.db.Where("organisation = ? AND case_id = ?", t.o.id, c.ID).Order("at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	answered := map[string]bool{}
	for _, r := range rows {
		answered[r.Question] = r.Kind == "answer" || answered[r.Question]
	}
	for _, r := range rows {
		m := dsr.Message{ID: r.ID, At: r.At, FromDesk: r.FromDesk == 1, Kind: r.Kind, Question: r.Question, Answered: answered[r.ID]}
		if err := t.unseal(c.ID, "messages", "text_sealed", r.ID, r.TextSealed, &m.Text); err != nil {
			return nil, err
		}
		if m.Author, err = t.staffName(r.Author); err != nil {
			return nil, err
		}
		ms = append(ms, m)
	}
	return ms, nil
}

func (t *tx) correspondence(c *caseRow) (ms []dsr.Message, ns []dsr.Note, err error) {
	if ms, err = t.messages(c); err != nil {
		return nil, nil, err
	}
	var rows []noteRow
	if err := t.db.Where("organisation = ? AND case_id = ?", t.o.id, c.ID).Order("at, id").Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		n := dsr.Note{ID: r.ID, At: r.At}
		if err := t.unseal(c.ID, "notes", "text_sealed", r.ID, r.TextSealed, &n.Text); err != nil {
			return nil, nil, err
		}
		if n.Author, err = t.staffName(r.Author); err != nil {
			return nil, nil, err
		}
		ns = append(ns, n)
	}
	return ms, ns, nil
}

// IdentityPage gives the verify-identity screen; the opening is recorded first.
func (o *Organisation) IdentityPage(ctx context.Context, actor dsr.Actor, caseID string) (page dsr.IdentityPage, err error) {
	if err := needRole(actor, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return page, err
	}
	err = o.openCase(ctx, actor, caseID, "verify-identity", "identity", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if page.CasePage, err = t.casePage(p, s, c, actor); err != nil {
			return err
		}
		if page.Claimed, err = t.person(s); err != nil {
			return err
		}
		if page.Contact, err = t.contact(s); err != nil {
			return err
		}
		page.Documents = page.CasePage.Documents
		if page.Candidates, err = t.candidates(s); err != nil {
			return err
		}
		page.Chosen = -1
		chosen, err := t.candidate(s)
		if err != nil {
			return err
		}
		for i, x := range page.Candidates {
			if chosen != nil && x.Connector == chosen.Connector && x.Key == chosen.Key {
				page.Chosen = i
			}
		}
		if page.LookedUp, err = t.effectsSettled(c, dsr.ActionLookup, s.IdentityAsked+1); err != nil {
			return err
		}
		if page.Messages, err = t.messages(c); err != nil {
			return err
		}
		if err := t.unseal(c.ID, "cases", "scope_sealed", c.ID, c.ScopeSealed, &page.Scope); err != nil {
			return err
		}
		page.Claims, err = t.claims(c)
		return err
	})
	return page, err
}

// SetVoice changes the voice of later notices.
func (o *Organisation) SetVoice(ctx context.Context, submission string, voice dsr.Voice) error {
	if !voice.Valid() {
		return dsr.Fail(dsr.Invalid, "error.voice-unknown")
	}
	return o.orderAll(ctx, submission, func(t *tx, p *policy.Pack, s *submissionRow, _ []*caseRow) error {
		s.Voice = string(voice)
		return t.save(s, s.ID)
	})
}
