package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"madoguchi/dsr"
	"madoguchi/internal/vault"
	"madoguchi/policy"
)

// fingerprintOf is what the content of a filing is recognised by when its form
// token comes again (invariant I2). Draft and times do not belong to the
// content.
func fingerprintOf(f dsr.Filing) (string, error) {
	f.FormToken, f.Draft, f.ArrivedAt = "", "", 0
	text, err := json.Marshal(f)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// File is the first command: submission, cases, keys, clocks, evidence and the
// receipt's notice, in one transaction. When it returns the request is
// accepted, with everything else down (invariant I1).
//
// The same form token with the same content gives the first receipt again;
// with other content Conflict "error.form-token-used" and nothing is lost.
func (o *Organisation) File(ctx context.Context, actor dsr.Actor, f dsr.Filing) (dsr.Filed, error) {
	p, err := o.current()
	if err != nil {
		return dsr.Filed{}, err
	}
	if f.FormToken == "" || len(f.Wishes) == 0 {
		return dsr.Filed{}, dsr.Fail(dsr.Invalid, "error.nothing-chosen")
	}
	if !f.Voice.Valid() {
		f.Voice = dsr.Voice(p.Language)
	}
	for _, w := range f.Wishes {
		if !dsr.Takes(p, w.Kind, f.Channel) {
			return dsr.Filed{}, dsr.Fail(dsr.Invalid, "error.kind-not-offered", "kind", string(w.Kind))
		}
	}
	f.Wishes = slices.Clone(f.Wishes)
	for i, w := range f.Wishes {
		if err := wishWhole(w); err != nil {
			return dsr.Filed{}, err
		}
		f.Wishes[i].Claims = slices.DeleteFunc(slices.Clone(w.Claims), emptyClaim)
	}
	if f.Representative != nil {
		if !slices.Contains(representatives, f.Representative.Kind) || !slices.Contains(dsr.Relations, f.Representative.Relation) {
			return dsr.Filed{}, dsr.Fail(dsr.Invalid, "error.relation-unknown")
		}
		if strings.TrimSpace(f.Representative.Person.Name) == "" {
			return dsr.Filed{}, dsr.Fail(dsr.Invalid, "error.name-empty")
		}
	}
	if f.Channel == dsr.ChannelTelephone && p.Recording != nil && !f.RecordingTold {
		// Whoever is recorded is told first, and for what alone; without it the
		// call is not taken down.
		return dsr.Filed{}, dsr.Fail(dsr.Invalid, "error.recording-notice")
	}
	if f.Channel != dsr.ChannelPortal {
		if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler); err != nil {
			return dsr.Filed{}, err
		}
	}
	print, err := fingerprintOf(f)
	if err != nil {
		return dsr.Filed{}, err
	}
	token := sha256.Sum256([]byte(f.FormToken))
	intake := hex.EncodeToString(token[:])

	var filed dsr.Filed
	again := func(t *tx) (bool, error) {
		var s submissionRow
		err := t.db.Where("organisation = ? AND channel = ? AND intake_key = ?", o.id, string(f.Channel), intake).
			Limit(1).Find(&s).Error
		if err != nil || s.ID == "" {
			return false, err
		}
		if s.Fingerprint != print {
			return true, dsr.Fail(dsr.Conflict, "error.form-token-used")
		}
		filed, err = t.receipt(&s)
		filed.Again = true
		return true, err
	}
	err = o.write(ctx, func(t *tx) error {
		if done, err := again(t); done || err != nil {
			return err
		}
		p, err := t.arriving(f)
		if err != nil {
			return err
		}
		s, err := t.newSubmission(p, actor, f, intake, print)
		if err != nil {
			return err
		}
		for i, w := range f.Wishes {
			c, err := t.newCase(p, s, i+1, w, p.Entrusted(f.Person.Population))
			if err != nil {
				return err
			}
			if _, err := t.command(c, actor, dsr.CommandFiled, filedData(s, c, f.Representative)); err != nil {
				return err
			}
			if err := t.startClocks(s, c); err != nil {
				return err
			}
			if err := t.reclock(c, p); err != nil {
				return err
			}
			if err := t.notify(p, s, c, dsr.StageReceived.Notice(), "1", letterExtra{}); err != nil {
				return err
			}
			if err := t.save(c, c.ID); err != nil {
				return err
			}
		}
		if err := t.db.Create(&acceptedRow{Organisation: o.id, Submission: s.ID, At: s.ReceivedAt, Cases: int64(len(f.Wishes))}).Error; err != nil {
			return err
		}
		if f.Draft != "" {
			if err := t.endDraft(f.Draft); err != nil {
				return err
			}
		}
		filed, err = t.receipt(s)
		return err
	})
	if dsr.FaultOf(err) == dsr.Conflict && dsr.CodeOf(err) == "error.exists" {
		// Two with one token at the same instant: the other one was first.
		err = o.view(ctx, func(t *tx) error {
			done, err := again(t)
			if err == nil && !done {
				// Something else was taken, the reference: nothing was accepted.
				return dsr.Fail(dsr.Unavailable, "error.unavailable")
			}
			return err
		})
	}
	return filed, err
}

// representatives are the two kinds of Order 13: by law, and by mandate.
var representatives = []string{"statutory", "delegated"}

func emptyClaim(c dsr.Claim) bool {
	return c.Field == "" && strings.TrimSpace(c.Now) == "" && strings.TrimSpace(c.Should) == ""
}

// wishWhole says what a wish lacks. A correction says what is wrong, field by
// field or in the person's own words; a ground is one of the law's or none.
func wishWhole(w dsr.Wish) error {
	if w.Kind.Freezes() && strings.TrimSpace(w.Scope) == "" && !slices.ContainsFunc(w.Claims, func(c dsr.Claim) bool { return !emptyClaim(c) }) {
		return dsr.Fail(dsr.Invalid, "error.claims-empty")
	}
	if w.Ground != "" && !slices.Contains(dsr.Grounds, w.Ground) {
		return dsr.Fail(dsr.Invalid, "error.nothing-chosen")
	}
	return nil
}

// filedData is what the record says of a filing: the three days of a letter,
// that the caller heard of the recording, in what role somebody asks.
func filedData(s *submissionRow, c *caseRow, r *dsr.Representative) data {
	d := data{"kind": c.Kind, "channel": s.Channel, "voice": s.Voice, "arrived_at": s.ArrivedAt, "entered_at": s.EnteredAt,
		"pack": s.PackDigest, "law": s.LawVersion, "calendar": s.CalendarVersion}
	if s.PostedOn != "" {
		d["posted_on"], d["deemed_at"] = s.PostedOn, s.DeemedAt
	}
	if s.RecordingToldAt != 0 {
		d["recording_told_at"] = s.RecordingToldAt
	}
	if c.Ground != "" {
		d["ground"] = c.Ground
	}
	if r != nil {
		d["representative"], d["relation"] = r.Kind, r.Relation
	}
	return d
}

func (t *tx) newSubmission(p *policy.Pack, actor dsr.Actor, f dsr.Filing, intake, print string) (*submissionRow, error) {
	arrived := micros(t.now)
	if f.ArrivedAt != 0 {
		if f.ArrivedAt > arrived {
			return nil, dsr.Fail(dsr.Invalid, "error.arrival-in-future")
		}
		arrived = f.ArrivedAt
	}
	level := "L0"
	for _, w := range f.Wishes {
		id, _ := p.IdentityOf(askedBy(p, string(w.Kind), string(f.Channel), f.Person, f.Representative, arrived))
		level = max(level, id.Level)
	}
	cal, err := t.o.calendar(p)
	if err != nil {
		return nil, err
	}
	s := &submissionRow{Organisation: t.o.id, ID: newID(), Channel: string(f.Channel), IntakeKey: intake, Fingerprint: print,
		Voice: string(f.Voice), ReceivedAt: micros(t.now), ArrivedAt: arrived, EnteredAt: micros(t.now),
		IdentityNeeded: level, PackDigest: p.Digest, CalendarVersion: cal.ID + "@" + cal.Version, Version: 1}
	if p.Law != nil {
		s.LawVersion = p.Law.Regime + "@" + p.Law.Version
	}
	if actor.Kind == dsr.ActorStaff {
		s.EnteredBy = actor.ID
	}
	if f.PostedOn != "" {
		deemed, err := dsr.DeemedArrival(p, f.PostedOn, instant(arrived), t.now)
		if err != nil {
			return nil, err
		}
		s.PostedOn, s.DeemedAt = f.PostedOn, micros(deemed)
	}
	if f.Channel == dsr.ChannelTelephone && f.RecordingTold {
		s.RecordingToldAt = micros(t.now)
	}
	if f.Contact.ByPost || f.Contact.Mail == "" {
		s.ByPost = 1
	}
	if s.Reference, err = t.newReference(); err != nil {
		return nil, err
	}
	if err := t.newKey(s.ID); err != nil {
		return nil, err
	}
	if s.PersonSealed, err = t.seal(s.ID, "submissions", "person_sealed", s.ID, f.Person); err != nil {
		return nil, err
	}
	if s.ContactSealed, err = t.seal(s.ID, "submissions", "contact_sealed", s.ID, f.Contact); err != nil {
		return nil, err
	}
	if f.Representative != nil {
		if s.RepresentativeSealed, err = t.seal(s.ID, "submissions", "representative_sealed", s.ID, f.Representative); err != nil {
			return nil, err
		}
	}
	for _, h := range []struct {
		to             *string
		purpose, value string
	}{
		{&s.ContactHash, "mail", vault.NormaliseMail(f.Contact.Mail)},
		{&s.PhoneHash, "phone", vault.NormalisePhone(f.Contact.Phone)},
		{&s.NameHash, "name", vault.NormaliseName(f.Person.Name)},
	} {
		if *h.to, err = t.fingerprint(h.purpose, h.value); err != nil {
			return nil, err
		}
	}
	return s, t.db.Create(s).Error
}

// newReference draws references until one is free in this organisation; the
// 35 random bits make a second draw rare.
func (t *tx) newReference() (string, error) {
	for {
		var random [7]byte
		if _, err := rand.Read(random[:]); err != nil {
			return "", err
		}
		ref := dsr.NewReference(random)
		var n int64
		if err := t.db.Model(&submissionRow{}).Where("organisation = ? AND reference = ?", t.o.id, ref).Count(&n).Error; err != nil {
			return "", err
		}
		if n == 0 {
			return ref, nil
		}
	}
}

func (t *tx) newCase(p *policy.Pack, s *submissionRow, number int, w dsr.Wish, entrusted bool) (*caseRow, error) {
	c := &caseRow{Organisation: t.o.id, ID: newID(), Submission: s.ID, Number: int64(number), Kind: string(w.Kind), Ground: w.Ground,
		Stage: string(dsr.StageReceived), StageSince: micros(t.now), Epoch: 1, Occasion: 1, PlanVersion: 1,
		Delivery: w.Delivery, ReceivedAt: s.ReceivedAt, ArrivedAt: s.ArrivedAt, Version: 1}
	if c.Delivery == "" {
		c.Delivery = "download"
	}
	if s.ByPost == 1 {
		c.Delivery = "post"
	}
	// Somebody who chose a kind has classified it; "I am not sure" is an
	// inquiry and is classified at the desk, and so is what may be a client's to
	// answer.
	if w.Kind != dsr.KindInquiry && !entrusted {
		c.ClassifiedAt = micros(t.now)
	}
	if err := t.newKey(c.ID); err != nil {
		return nil, err
	}
	var err error
	if c.ScopeSealed, err = t.seal(c.ID, "cases", "scope_sealed", c.ID, w.Scope); err != nil {
		return nil, err
	}
	if len(w.Claims) > 0 {
		if c.ClaimsSealed, err = t.seal(c.ID, "cases", "claims_sealed", c.ID, w.Claims); err != nil {
			return nil, err
		}
	}
	return c, t.db.Create(c).Error
}

// receipt is what the person gets at once, and again whenever they ask.
func (t *tx) receipt(s *submissionRow) (dsr.Filed, error) {
	f := dsr.Filed{Submission: s.ID, Reference: s.Reference, ReceivedAt: s.ReceivedAt, ArrivedAt: s.ArrivedAt}
	var cases []caseRow
	if err := t.db.Where("organisation = ? AND submission = ?", t.o.id, s.ID).Order("number").Find(&cases).Error; err != nil {
		return f, err
	}
	for _, c := range cases {
		f.Cases = append(f.Cases, c.ID)
		if f.TargetAt == 0 || c.TargetAt != 0 && c.TargetAt < f.TargetAt {
			f.TargetAt, f.TargetOn = c.TargetAt, c.TargetOn
		}
	}
	return f, nil
}

// Receipt is the receipt again.
func (o *Organisation) Receipt(ctx context.Context, submission string) (f dsr.Filed, err error) {
	err = o.view(ctx, func(t *tx) error {
		var s submissionRow
		if err := t.db.Where("organisation = ? AND id = ?", o.id, submission).Take(&s).Error; err != nil {
			return err
		}
		f, err = t.receipt(&s)
		return err
	})
	return f, err
}

// caseReference is M-XXXX-XXXX-1.
func caseReference(reference string, number int64) string {
	return reference + "-" + strconv.FormatInt(number, 10)
}
