package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/internal/notices"
	"madoguchi/internal/vault"
	"madoguchi/policy"
)

// letterExtra is what a notice says beside what every notice says.
type letterExtra struct {
	ReplyBy        time.Time
	Reason         string // an enum of the catalogue
	Said           string // what a member of staff wrote, in their words
	Items          []notices.ItemText
	OldTarget      time.Time
	OldOn, NewOn   string      // their civil dates in the zones of their rules
	NewTarget      time.Time   // in place of the case's target
	Extended       *clock.Rule // the clock that an extension puts off
	Code           string
	AvailableUntil time.Time
	Downloads      int
	Outcome        dsr.Outcome
	// ToFiler writes to who filed, wherever the answer goes: the papers of a
	// representative are asked of them. To writes to somebody else.
	ToFiler bool
	To      *postal
	// Where says who is responsible instead; NewKind and NewReference are the
	// case with which a request goes on.
	Where        string
	NewKind      dsr.Kind
	NewReference string
	// StopLink stops an erasure that begins at ReplyBy, without signing in. It is
	// a secret of this letter and its mail.
	StopLink string
	// HoldFields are the disputed fields in the letter's voice, held since then.
	HoldFields []string
	HeldSince  time.Time
	// Recipients received the data, with what came of telling them.
	Recipients []notices.RecipientLine
	// Decided counts the agreed decisions by measure: a letter that misses one is
	// not written. Preview is what staff read before anything was done.
	Decided map[dsr.Measure]int
	Preview bool
	// PageOnly is a letter without a mail of its own: another one points to it.
	PageOnly bool
}

// postal is who a letter goes to when that is not settled by the submission.
type postal struct{ Name, Mail, Address string }

// String hides the address.
func (postal) String() string { return "postal(…)" }

// deskLines are how to reach the desk, as published and as text.
func deskLines(p *policy.Pack, voice string) (lines []string) {
	for _, l := range []struct{ word, text string }{{"", p.Text(p.Desk.Name, voice)}, {"word.phone", p.Desk.Phone},
		{"word.fax", p.Desk.Fax}, {"word.mail", p.Desk.Mail}, {"word.post", p.Text(p.Desk.Post, voice)},
		{"word.hours", p.Text(p.Desk.Hours, voice)}} {
		switch {
		case l.text == "":
		case l.word == "":
			lines = append(lines, l.text)
		default:
			lines = append(lines, locales.T(dsr.Voice(voice), l.word)+": "+l.text)
		}
	}
	return lines
}

// complaintLines are where a person may complain (Order 10(ii), (iii)).
func complaintLines(p *policy.Pack, voice string) (lines []string) {
	for _, b := range p.WhereToComplain() {
		line := p.Text(b.Name, voice)
		if a := p.Text(b.Address, voice); a != "" {
			line += ", " + a
		}
		lines = append(lines, line)
	}
	return lines
}

// lawTexts are the texts of a pack's law that stand in for the catalogue's.
func lawTexts(p *policy.Pack, voice string) map[string]string {
	own := map[string]string{}
	for _, key := range policy.LawTexts {
		if text := p.Law.Own(key, voice); text != "" {
			own[key] = text
		}
	}
	if len(own) > 0 {
		for _, k := range p.Law.Kinds {
			own["kind."+k.Kind+".letter"] = p.Text(k.Title, voice)
		}
	}
	return own
}

// lawArticles are the places of a pack's law that letters about a kind cite.
func lawArticles(p *policy.Pack, kind string) map[string]string {
	places := map[string]string{}
	for _, k := range p.Law.Kinds {
		places["basis."+k.Kind], places["answer."+k.Kind] = k.Article, k.AnsweredBy
	}
	for _, e := range p.Law.Exemptions {
		if e.Effect == policy.EffectRedact && slices.Contains(e.Kinds, kind) {
			places["redact"] = e.Article
		}
	}
	return places
}

// letterData is what every notice says.
func (t *tx) letterData(p *policy.Pack, s *submissionRow, c *caseRow, voice dsr.Voice, x letterExtra) notices.Data {
	v := string(voice)
	d := notices.Data{Organisation: p.Text(p.Entity.Name, v), DeskLines: deskLines(p, v), ComplaintLines: complaintLines(p, v),
		Reference: s.Reference, ArrivedAt: instant(s.ArrivedAt), Zone: zone(p), PolicyName: p.Text(p.Entity.Name, v),
		PolicyVersion: p.Version, Link: t.o.s.BaseURL + "/o/" + p.Slug + "/find", ReplyBy: x.ReplyBy, Reason: x.Reason, Said: x.Said,
		Items: x.Items, OldTarget: x.OldTarget, Code: x.Code, AvailableUntil: x.AvailableUntil, Downloads: x.Downloads,
		Law: lawTexts(p, v), WrittenAt: t.now, WithTime: p.Demonstration, Question: x.Said}
	d.Where, d.NewKind, d.NewReference = x.Where, x.NewKind, x.NewReference
	d.HoldFields, d.HeldSince, d.Recipients, d.Decided, d.Preview = x.HoldFields, x.HeldSince, x.Recipients, x.Decided, x.Preview
	if x.StopLink != "" {
		d.StopLink, d.EraseAt = x.StopLink, x.ReplyBy
	}
	if p.Recording != nil && s.Channel == string(dsr.ChannelTelephone) {
		d.Recording = p.Text(p.Recording.Text, v)
	}
	if c != nil {
		d.Reference = caseReference(s.Reference, c.Number)
		d.Kind, d.Articles = dsr.Kind(c.Kind), lawArticles(p, c.Kind)
		d.TargetAt, d.TargetOn, d.OldOn = instant(c.TargetAt), c.TargetOn, x.OldOn
		if told, err := t.promised(p, c); err == nil && told != nil && c.TargetAt != 0 && told.result.DueAt.After(d.TargetAt) {
			d.TargetAt, d.TargetOn = told.result.DueAt, told.result.DueOn.String()
		}
		d.Outcome, d.Delivery = dsr.Outcome(c.Decided), c.Delivery
		if !x.NewTarget.IsZero() {
			d.TargetAt, d.TargetOn = x.NewTarget, x.NewOn
		}
		if x.Extended != nil {
			d.Extends, d.Basis = true, t.o.provision(*x.Extended, voice)
		}
		if x.Outcome != "" {
			d.Outcome = x.Outcome
		}
		if c.ClosedAt != 0 {
			if until, err := t.o.ends(p, c, p.Times.Reopening, instant(c.ClosedAt)); err == nil {
				d.ReopenUntil = until.Add(-time.Microsecond) // the last day, which it ends
			}
		}
		for _, sys := range p.Systems {
			d.Systems = append(d.Systems, p.Text(sys.Title, v))
		}
		id, err := t.identityFor(p, s, c.Kind)
		if err != nil {
			id = p.IdentityFor(c.Kind, s.Channel, false) // the key is gone, and what hangs on the person with it
		}
		for _, doc := range id.Documents {
			d.Documents = append(d.Documents, notices.DocumentText{Title: p.Text(doc.Title, v), Mask: p.Text(doc.Mask, v)})
		}
	}
	return d
}

// dated are the notices that name the answer target: from then on the person has
// been told it. The notice of an extension counts when the extension is in force.
var dated = []string{"N-01", "N-01b", "N-22", "N-30"}

// provision names the law's rule that a date rests on, in a voice; "" for a rule
// of our own.
func (o *Organisation) provision(r clock.Rule, voice dsr.Voice) string {
	if r.Regime == "" {
		return ""
	}
	name := r.Regime
	for _, regime := range o.s.Packs.Rules().Regimes() {
		if regime.ID == r.Regime {
			name = cmp.Or(titleIn(regime.Name, voice), name)
		}
	}
	return strings.TrimSpace(name + " " + r.Article)
}

// mailOnly are notices that have no letter: a code is never kept.
var mailOnly = map[string]bool{"N-26": true, "N-31": true}

// notify stores a letter and queues the mail that points to it, in the
// transaction that made it due. The same (code, occasion) of a case is one
// notice, however often its cause is carried out.
func (t *tx) notify(p *policy.Pack, s *submissionRow, c *caseRow, code, occasion string, x letterExtra) error {
	caseID, keyID := "", s.ID
	if c != nil {
		caseID, keyID = c.ID, c.ID
	}
	var n int64
	err := t.db.Model(&noticeRow{}).Where("organisation = ? AND submission = ? AND case_id = ? AND code = ? AND occasion = ?",
		t.o.id, s.ID, caseID, code, occasion).Count(&n).Error
	if err != nil || n > 0 {
		return err
	}
	if x.To == nil && needsAuthority(s) {
		// Until a representative is admitted everything is between us and them: the
		// person on file did not ask, and first hears of it by N-33.
		x.ToFiler = true
	}
	to, byPost, err := t.addressee(s, x)
	if err != nil {
		return err
	}
	row := &noticeRow{Organisation: t.o.id, ID: newID(), Submission: s.ID, CaseID: caseID, Code: code, Occasion: occasion,
		Voice: s.Voice, Channel: "mail", State: "queued", QueuedAt: micros(t.now)}
	row.MessageID = row.ID + "@" + t.o.s.MailDomain
	voice := dsr.Voice(s.Voice)
	d := t.letterData(p, s, c, voice.Letter(), x)
	if code == "N-23" && d.Where == "" {
		d.Where = x.Said // what the proposal said, word for word
	}
	if code == "N-03" || code == "N-33" {
		if err := t.ofRepresentative(p, s, c, &d); err != nil {
			return err
		}
	}
	if !mailOnly[code] {
		letter, err := notices.Letter(code, voice.Letter(), d)
		if err != nil {
			return err
		}
		row.LetterKey = keyID
		if row.LetterSealed, err = t.seal(keyID, "notices", "letter_sealed", row.ID, letter); err != nil {
			return err
		}
	}
	switch {
	case x.PageOnly:
		row.Channel, row.State = "page", "none"
	case byPost:
		row.Channel, row.State = "post", "none"
		if x.ToFiler || x.To != nil {
			// Elsewhere than the answer: the address is settled now.
			if row.ToSealed, err = t.seal(s.ID, "notices", "to_sealed", row.ID, to); err != nil {
				return err
			}
		}
	default:
		if err := t.sealMail(row, s, code, voice, d, to.Mail); err != nil {
			return err
		}
	}
	if err := t.db.Create(row).Error; err != nil {
		return err
	}
	if c == nil {
		return nil
	}
	about := data{"notice": row.ID, "code": code, "channel": row.Channel, "voice": row.Voice}
	if slices.Contains(dated, code) && c.TargetAt != 0 {
		c.ToldAt = max(c.TargetAt, micros(d.TargetAt))
		about["told_at"] = c.ToldAt
	}
	if err := t.record(c, dsr.Engine, "notice", about); err != nil {
		return err
	}
	if row.Channel != "post" || c.Delivery != "download" && c.PackageAt != 0 && (code == "N-12" || code == "N-13") {
		return nil // what decides about a package lies in its envelope
	}
	// No machine posts a letter: somebody prints and sends it (rulings: notices).
	return t.openTask(c, dsr.TaskPostLetter, "notice/"+row.ID, code)
}

// addressee is who a notice goes to, and whether by post: the contact that the
// identity check settled on, before it the one that was filed, unless the notice
// names another one.
func (t *tx) addressee(s *submissionRow, x letterExtra) (to postal, byPost bool, err error) {
	if x.To != nil {
		return *x.To, x.To.Mail == "", nil
	}
	contact, err := t.contact(s)
	if err != nil {
		return to, false, err
	}
	byPost = s.ByPost == 1
	if len(s.DeliverySealed) > 0 && !x.ToFiler {
		if contact, err = t.delivery(s); err != nil {
			return to, false, err
		}
		byPost = contact.ByPost
	}
	to = postal{Mail: contact.Mail, Address: contact.Address}
	byPost = byPost || to.Mail == ""
	if byPost {
		to.Name, err = t.addressed(s, x.ToFiler)
	}
	return to, byPost, err
}

// addressed is the name on an envelope: of the person, or of who filed for them.
func (t *tx) addressed(s *submissionRow, filer bool) (string, error) {
	if filer {
		r, err := t.representative(s)
		if err != nil || r != nil {
			return r.Person.Name, err
		}
	}
	person, err := t.person(s)
	return person.Name, err
}

// ofRepresentative fills what a letter about a representative says: in what
// role, by which papers it can be shown, and by which law they are admitted.
func (t *tx) ofRepresentative(p *policy.Pack, s *submissionRow, c *caseRow, d *notices.Data) error {
	r, err := t.representative(s)
	if err != nil || r == nil {
		return err
	}
	voice := string(dsr.Voice(s.Voice).Letter())
	d.Representative, d.Relation = r.Kind, r.Relation
	offer, _ := p.Offer(c.Kind)
	d.PersonOnly = offer.PersonOnly
	d.Documents = nil
	for _, doc := range p.AuthorityDocuments(r.Kind) {
		d.Documents = append(d.Documents, notices.DocumentText{Title: p.Text(doc.Title, voice), Mask: p.Text(doc.Mask, voice)})
	}
	return nil
}

// sealMail renders the pointer and seals it with its address.
func (t *tx) sealMail(row *noticeRow, s *submissionRow, code string, voice dsr.Voice, d notices.Data, to string) error {
	subject, body, err := notices.Mail(code, voice, d)
	if err != nil {
		return err
	}
	if row.ToSealed, err = t.seal(s.ID, "notices", "to_sealed", row.ID, to); err != nil {
		return err
	}
	row.MailSealed, err = t.seal(s.ID, "notices", "mail_sealed", row.ID, mailText{Subject: subject, Text: body})
	return err
}

type mailText struct{ Subject, Text string }

// notifyFile tells the person on file that a request was made in their name
// (N-28), at the address that the system held before: by mail, or by post where
// the file has no other.
func (t *tx) notifyFile(p *policy.Pack, s *submissionRow, c *caseRow, on dsr.Candidate) error {
	switch {
	case on.Person.Mail != "":
	case strings.TrimSpace(on.Person.Address) != "":
		return t.notify(p, s, c, "N-28", "1", letterExtra{To: &postal{Name: on.Person.Name, Address: on.Person.Address}})
	default:
		return nil
	}
	voice := dsr.Voice(s.Voice)
	d := t.letterData(p, s, c, voice.Letter(), letterExtra{})
	row := &noticeRow{Organisation: t.o.id, ID: newID(), Submission: s.ID, CaseID: c.ID, Code: "N-28", Occasion: "1",
		Voice: s.Voice, Channel: "mail", State: "queued", QueuedAt: micros(t.now)}
	row.MessageID = row.ID + "@" + t.o.s.MailDomain
	if err := t.sealMail(row, s, "N-28", voice, d, on.Person.Mail); err != nil {
		return err
	}
	if err := t.db.Create(row).Error; err != nil {
		return err
	}
	return t.record(c, dsr.Engine, "notice", data{"notice": row.ID, "code": "N-28", "channel": "mail", "voice": row.Voice})
}

// Outgoing is one mail to send; see worker.Outgoing.
type Outgoing struct {
	Notice, To, From, Subject, Text, MessageID string
	Voice                                      dsr.Voice
}

// String hides the address and the text.
func (o Outgoing) String() string { return "mail(" + o.Notice + ")" }

const maxSends = 3

// ClaimNotices claims mails to send. The send is counted before it happens, so
// that a mail server that took it and a worker that died make at most three,
// always with one Message-ID (invariant I12).
func (o *Organisation) ClaimNotices(ctx context.Context, limit int) (out []Outgoing, err error) {
	const due = `organisation = ? AND state IN ('queued', 'sending') AND next_try_at <= ? AND claimed_until <= ? AND sends < 3`
	idle := true
	var spent, unreadable []string
	if err := o.view(ctx, func(t *tx) error {
		if err := t.db.Raw("SELECT id FROM notices WHERE organisation = ? AND state = 'sending' AND sends >= ? AND claimed_until <= ?",
			o.id, maxSends, micros(t.now)).Scan(&spent).Error; err != nil {
			return err
		}
		var n int64
		err := t.db.Model(&noticeRow{}).Where(due, o.id, micros(t.now), micros(t.now)).Limit(1).Count(&n).Error
		idle = n == 0
		return err
	}); err != nil {
		return nil, err
	}
	for _, id := range spent {
		// Whoever claimed the last send died: nobody knows whether it went, so
		// a person must.
		if err := o.NoticeFailed(ctx, id, "mail.unknown"); err != nil {
			return nil, err
		}
	}
	if idle {
		return nil, nil
	}
	err = o.write(ctx, func(t *tx) error {
		q := "SELECT * FROM notices WHERE " + due + " ORDER BY queued_at LIMIT ?"
		if o.s.Postgres() {
			q += " FOR UPDATE SKIP LOCKED"
		}
		var rows []noticeRow
		if err := t.db.Raw(q, o.id, micros(t.now), micros(t.now), limit).Scan(&rows).Error; err != nil {
			return err
		}
		p, err := o.current()
		if err != nil {
			return err
		}
		for _, r := range rows {
			if gone, err := t.withdrawn(r); err != nil {
				return err
			} else if gone {
				continue
			}
			if err := t.db.Model(&noticeRow{}).Where("organisation = ? AND id = ?", o.id, r.ID).Updates(map[string]any{
				"state": "sending", "sends": gormAdd("sends"), "claimed_until": t.later(time.Minute)}).Error; err != nil {
				return err
			}
			var to string
			var m mailText
			err := t.unseal(r.Submission, "notices", "to_sealed", r.ID, r.ToSealed, &to)
			if err == nil {
				err = t.unseal(r.Submission, "notices", "mail_sealed", r.ID, r.MailSealed, &m)
			}
			if errors.Is(err, vault.ErrDestroyed) || errors.Is(err, vault.ErrSealed) {
				// Never readable again: a person is told, and the other mails go out.
				unreadable = append(unreadable, r.ID)
				continue
			} else if err != nil {
				return err
			}
			out = append(out, Outgoing{Notice: r.ID, To: to, From: p.Text(p.Entity.Name, r.Voice), Subject: m.Subject, Text: m.Text,
				MessageID: r.MessageID, Voice: dsr.Voice(r.Voice)})
		}
		return nil
	})
	for _, id := range unreadable {
		if err == nil {
			err = o.NoticeFailed(ctx, id, codeUnreadable)
		}
	}
	return out, err
}

// codeWithdrawn: what the mail says does not hold any more.
const codeWithdrawn = "withdrawn"

// withdrawn takes back the notice of an extension that ended before the mail was
// sent: it names a date that does not hold, so it must not go out, nor stand
// among the person's letters.
func (t *tx) withdrawn(r noticeRow) (bool, error) {
	if r.Code != "N-07" {
		return false, nil
	}
	var ended int64
	if err := t.db.Model(&extensionRow{}).Where("organisation = ? AND notice = ? AND state IN ?", t.o.id, r.ID,
		[]string{extensionLate, extensionCancelled}).Count(&ended).Error; err != nil || ended == 0 {
		return false, err
	}
	return true, t.db.Model(&noticeRow{}).Where("organisation = ? AND id = ?", t.o.id, r.ID).Updates(map[string]any{
		"state": "failed", "error_code": codeWithdrawn, "claimed_until": 0}).Error
}

// codeUnreadable: the mail's key is gone, or its bytes were altered.
const codeUnreadable = "mail.unreadable"

// NoticeAccepted records that the mail server took a mail. A code is removed; an
// extension whose notice this is comes into force.
func (o *Organisation) NoticeAccepted(ctx context.Context, notice string) error {
	return o.write(ctx, func(t *tx) error {
		var row noticeRow
		if err := t.db.Where("organisation = ? AND id = ?", o.id, notice).Take(&row).Error; err != nil {
			return err
		}
		update := map[string]any{"state": "accepted", "accepted_at": micros(t.now), "claimed_until": 0, "error_code": ""}
		if row.Code == "N-26" || row.Code == "N-32" { // a code, a link: secrets of the mail
			update["mail_sealed"] = nil
		}
		accept := func() (bool, error) {
			res := t.db.Model(&noticeRow{}).Where("organisation = ? AND id = ? AND state = 'sending'", o.id, notice).Updates(update)
			return res.RowsAffected > 0, res.Error
		}
		if row.Code != "N-07" || row.CaseID == "" {
			_, err := accept()
			return err
		}
		s, c, err := t.lockCase(row.CaseID) // the case first, as everywhere
		if err != nil {
			return err
		}
		update["accepted_at"] = micros(t.now)
		if done, err := accept(); err != nil || !done {
			return err
		}
		if err := t.extensionTold(s, c, notice); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// NoticeFailed gives a mail back for a later send, or to a person after the
// last. It never changes the case.
func (o *Organisation) NoticeFailed(ctx context.Context, notice, code string) error {
	return o.write(ctx, func(t *tx) error {
		var row noticeRow
		if err := t.db.Where("organisation = ? AND id = ?", o.id, notice).Take(&row).Error; err != nil {
			return err
		}
		if row.State != "sending" {
			return nil
		}
		if row.Sends < maxSends && code != "mail.refused" && code != codeUnreadable {
			wait := time.Duration(row.Sends*row.Sends) * 20 * time.Second
			if code == "mail.away" && row.Sends > 0 {
				// Nobody took it, so it was not sent: the server being away costs no send.
				return t.db.Model(&noticeRow{}).Where("organisation = ? AND id = ?", o.id, notice).Updates(map[string]any{
					"state": "queued", "sends": row.Sends - 1, "error_code": code, "claimed_until": 0, "next_try_at": t.later(5 * time.Second)}).Error
			}
			return t.db.Model(&noticeRow{}).Where("organisation = ? AND id = ?", o.id, notice).Updates(map[string]any{
				"state": "queued", "error_code": code, "claimed_until": 0, "next_try_at": t.later(wait)}).Error
		}
		if err := t.db.Model(&noticeRow{}).Where("organisation = ? AND id = ?", o.id, notice).Updates(map[string]any{
			"state": "failed", "error_code": code, "claimed_until": 0}).Error; err != nil {
			return err
		}
		// A person is told, on whichever case of the submission is there.
		var caseID string
		if err := t.db.Raw("SELECT id FROM cases WHERE organisation = ? AND submission = ? AND (id = ? OR ? = '') ORDER BY number LIMIT 1",
			o.id, row.Submission, row.CaseID, row.CaseID).Scan(&caseID).Error; err != nil || caseID == "" {
			return err
		}
		_, c, err := t.lockCase(caseID)
		if err != nil {
			return err
		}
		if row.Code == "N-26" || !dsr.Stage(c.Stage).Open() && row.Code != "N-31" && !slices.Contains(endings, row.Code) {
			return nil // a lost code is asked for again; a reminder of what is over misses nobody
		}
		if err := t.openTask(c, dsr.TaskReachPerson, "notice/"+row.ID, row.Code); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}
