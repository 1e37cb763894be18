package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/vault"
	"madoguchi/policy"
)

// A case is carried out by the version of the policy that it arrived under, and
// by what another version promises where that binds too: policy.Protection says
// which. What it depends on is fixed at the arrival (version, day, what the person
// had agreed to by then) or recorded later (amendments), so that one case is
// never answered by two policies without a record of why.

// consentRow is one entry of the consent log.
type consentRow struct {
	Organisation string `gorm:"column:organisation;primaryKey"`
	ID           string `gorm:"column:id;primaryKey"`
	Subject      string `gorm:"column:subject"` // fingerprint of the person's mail address
	Version      string `gorm:"column:version"`
	Source       string `gorm:"column:source"`
	GivenAt      int64  `gorm:"column:given_at"`
	RecordedAt   int64  `gorm:"column:recorded_at"`
	RecordedBy   string `gorm:"column:recorded_by"`
}

func (consentRow) TableName() string { return "consents" }

// amendmentRow is an amendment that an open submission is carried out by.
type amendmentRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	Submission   string `gorm:"column:submission;primaryKey;autoIncrement:false"`
	Seq          int64  `gorm:"column:seq;primaryKey;autoIncrement:false"`
	Version      string `gorm:"column:version"`
	PackDigest   string `gorm:"column:pack_digest"`
	At           int64  `gorm:"column:at"`
}

func (amendmentRow) TableName() string { return "amendments" }

// pack is the policy by which a submission's cases are carried out.
func (t *tx) pack(s *submissionRow) (*policy.Pack, error) {
	x, err := t.protection(s)
	return x.Pack, err
}

// protection is the same with the versions that bind, and why.
func (t *tx) protection(s *submissionRow) (x policy.Protection, err error) {
	p, err := t.o.pinned(s)
	if err != nil || len(t.o.s.Packs.Versions(p.Slug)) == 1 {
		return policy.Protection{Pack: p, Receipt: p}, err
	}
	var last amendmentRow
	if s.ID != "" {
		if err := t.db.Where("organisation = ? AND submission = ?", t.o.id, s.ID).Order("seq DESC").Limit(1).Find(&last).Error; err != nil {
			return x, err
		}
	}
	var until clock.Date
	if v, ok := t.o.s.Packs.ByDigest(last.PackDigest); ok && v.ID == t.o.id {
		until, _ = clock.ParseDate(v.InForceFrom)
	}
	return t.protectionUntil(p, s, until)
}

// protectionUntil looks at amendments up to a day; the zero date at none. When
// data was acquired no connected system says, so that every version counts that
// the person did not agree to replace.
func (t *tx) protectionUntil(p *policy.Pack, s *submissionRow, until clock.Date) (x policy.Protection, err error) {
	h := policy.Held{Pinned: p.Digest, Received: dayOf(p, s.ArrivedAt), Until: until}
	if s.ContactHash != "" {
		// What was recorded after the request was taken in does not reach it.
		var rows []consentRow
		if err := t.db.Where("organisation = ? AND subject = ? AND recorded_at < ?", t.o.id, s.ContactHash, s.ReceivedAt).
			Order("given_at, id").Find(&rows).Error; err != nil {
			return x, err
		}
		for _, r := range rows {
			h.Consents = append(h.Consents, policy.Given{Version: r.Version, On: dayOf(p, r.GivenAt), Source: r.Source})
		}
	}
	x, ok := t.o.s.Packs.Protection(p.Slug, h)
	if !ok { // the library has the digest: it gave the pack
		return x, fmt.Errorf("store: no version of %s has the digest of its own pack", p.Slug)
	}
	return x, nil
}

func dayOf(p *policy.Pack, us int64) clock.Date { return clock.DateOf(instant(us).In(zone(p))) }

// pinned is the version that a submission arrived under; when that text is no
// longer kept, the one in force on the day of arrival by those that are.
func (o *Organisation) pinned(s *submissionRow) (*policy.Pack, error) {
	if p, ok := o.s.Packs.ByDigest(s.PackDigest); ok && p.ID == o.id {
		return p, nil
	}
	p, err := o.current()
	if err != nil {
		return nil, err
	}
	if then, ok := o.s.Packs.At(p.Slug, dayOf(p, s.ArrivedAt)); ok {
		return then, nil
	}
	return p, nil
}

// arriving is the policy of a request that arrives at an instant: its row, as far
// as it says which version that is, and what is carried out.
func (t *tx) arriving(f dsr.Filing) (*policy.Pack, error) {
	p, err := t.o.current()
	if err != nil {
		return nil, err
	}
	s := &submissionRow{ReceivedAt: micros(t.now), ArrivedAt: micros(t.now)}
	if f.ArrivedAt != 0 {
		s.ArrivedAt = f.ArrivedAt
	}
	if v, ok := t.o.s.Packs.At(p.Slug, dayOf(p, s.ArrivedAt)); ok {
		s.PackDigest = v.Digest
	}
	if s.ContactHash, err = t.fingerprint("mail", vault.NormaliseMail(f.Contact.Mail)); err != nil {
		return nil, err
	}
	return t.pack(s)
}

// Agree records that a person agreed to a version of the policy: the person of a
// mail address, on a day not in the future (microseconds), by one of
// policy.ConsentSources. What a policy deems from use is Invalid
// "error.consent-deemed"; a version that there is not "error.version-unknown".
// It counts for requests that arrive from then on.
func (o *Organisation) Agree(ctx context.Context, actor dsr.Actor, mail, version, source string, given int64) error {
	if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler, dsr.RoleManager); err != nil {
		return err
	}
	if !slices.Contains(policy.ConsentSources, source) {
		return dsr.Fail(dsr.Invalid, "error.consent-deemed")
	}
	p, err := o.current()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(o.s.Packs.Versions(p.Slug), func(v *policy.Pack) bool { return v.Version == version }) {
		return dsr.Fail(dsr.Invalid, "error.version-unknown")
	}
	return o.write(ctx, func(t *tx) error {
		if err := t.appointed(actor); err != nil {
			return err
		}
		row := consentRow{Organisation: o.id, ID: newID(), Version: version, Source: source, GivenAt: given, RecordedAt: micros(t.now), RecordedBy: actor.ID}
		if given <= 0 || given > row.RecordedAt {
			return dsr.Fail(dsr.Invalid, "error.given-in-future")
		}
		if row.Subject, err = t.fingerprint("mail", vault.NormaliseMail(mail)); err != nil {
			return err
		}
		if row.Subject == "" {
			return dsr.Fail(dsr.Invalid, "error.mail-bad")
		}
		return t.db.Create(&row).Error
	})
}

// Amended is a submission that an amendment reached.
type Amended struct {
	Organisation, Submission string
	// Version is the newest one that helps. Duties are the codes of what it
	// improves (policy.DutyNames).
	Version string
	Duties  []string
	// Cases are those of it that are open.
	Cases int
}

// MoveAmendments finds the open requests of every organisation for which a newer
// version of the policy is better than what they are carried out by. With apply
// they are carried out by it from then on, with a record in each case, and the
// clocks that it shortens move; without it the result is a report. A version that
// is worse changes nothing. A request that can't be moved does not stop the others:
// the error names it.
func (s *Store) MoveAmendments(ctx context.Context, apply bool) (out []Amended, err error) {
	ids, err := s.Organisations(ctx)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, id := range ids {
		p, ok := s.Packs.ByID(id)
		if !ok || len(s.Packs.Versions(p.Slug)) == 1 {
			continue
		}
		o := s.For(id)
		var open []string
		if err := o.view(ctx, func(t *tx) error {
			return t.db.Model(&caseRow{}).Where(countable, o.id).Distinct().Order("submission").Pluck("submission", &open).Error
		}); err != nil {
			failed = append(failed, err)
		}
		for _, submission := range open {
			a, err := o.amend(ctx, submission, apply)
			switch {
			case err != nil:
				failed = append(failed, fmt.Errorf("submission %s: %w", submission, err))
			case a != nil:
				out = append(out, *a)
			}
		}
	}
	return out, errors.Join(failed...)
}

// amend looks at one submission, and moves it with apply.
func (o *Organisation) amend(ctx context.Context, submission string, apply bool) (out *Amended, err error) {
	look := func(t *tx, s *submissionRow) (to *policy.Pack, x policy.Protection, err error) {
		was, err := t.protection(s)
		if err != nil {
			return nil, x, err
		}
		if x, err = t.protectionUntil(was.Receipt, s, dayOf(was.Receipt, micros(t.now))); err != nil {
			return nil, x, err
		}
		better := policy.Compare(was.Pack, x.Pack)
		if len(better) == 0 {
			return nil, x, nil
		}
		to = x.Amendments[len(x.Amendments)-1]
		out = &Amended{Organisation: o.id, Submission: s.ID, Version: to.Version}
		for _, d := range better {
			if !slices.Contains(out.Duties, d.Name) {
				out.Duties = append(out.Duties, d.Name)
			}
		}
		return to, x, nil
	}
	if !apply {
		return out, o.view(ctx, func(t *tx) error {
			var s submissionRow
			if err := t.db.Where("organisation = ? AND id = ?", o.id, submission).Take(&s).Error; err != nil {
				return err
			}
			_, _, err := look(t, &s)
			return err
		})
	}
	err = o.write(ctx, func(t *tx) error {
		out = nil
		s, cases, err := t.lock(submission)
		if err != nil {
			return err
		}
		to, x, err := look(t, s)
		if err != nil || to == nil {
			return err
		}
		row := amendmentRow{Organisation: o.id, Submission: s.ID, Version: to.Version, PackDigest: to.Digest, At: micros(t.now)}
		if err := t.db.Raw("SELECT COALESCE(MAX(seq), 0) + 1 FROM amendments WHERE organisation = ? AND submission = ?", o.id, s.ID).Scan(&row.Seq).Error; err != nil {
			return err
		}
		if err := t.db.Create(&row).Error; err != nil {
			return err
		}
		for _, c := range cases {
			if !dsr.Stage(c.Stage).Open() || c.AnsweredAt != 0 {
				continue
			}
			out.Cases++
			if err := t.record(c, dsr.Engine, "policy-amended", data{"from": s.PackDigest, "to": to.Digest, "version": to.Version, "duties": out.Duties}); err != nil {
				return err
			}
			before := c.TargetAt
			if err := t.reclock(c, x.Pack); err != nil {
				return err
			}
			if c.TargetAt != before {
				if err := t.reclocked(c, data{"policy": to.Version}); err != nil {
					return err
				}
			}
			if err := t.save(c, c.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// versions is the part of I9 about policies: whatever a case is carried out by
// stands in its record, and nothing deemed stands among the consents.
func (k *checker) versions() error {
	if err := k.count("I9", "consents", "amendments"); err != nil {
		return err
	}
	if err := k.find("I9", "it is carried out by an amendment that its record does not name", `SELECT (SELECT MIN(c.id) FROM cases c
		WHERE c.organisation = a.organisation AND c.submission = a.submission) FROM amendments a WHERE a.organisation = ? AND NOT EXISTS (SELECT 1
		FROM cases c JOIN evidence e ON e.organisation = c.organisation AND e.case_id = c.id WHERE c.organisation = a.organisation
		AND c.submission = a.submission AND e.kind = 'policy-amended' AND e.data LIKE '%' || a.pack_digest || '%')`); err != nil {
		return err
	}
	if err := k.find("I9", "its record names an amendment that it is not carried out by", `SELECT DISTINCT c.id FROM cases c JOIN evidence e
		ON e.organisation = c.organisation AND e.case_id = c.id AND e.kind = 'policy-amended' WHERE c.organisation = ? AND NOT EXISTS (SELECT 1
		FROM amendments a WHERE a.organisation = c.organisation AND a.submission = c.submission AND e.data LIKE '%' || a.pack_digest || '%')`); err != nil {
		return err
	}
	var consents []consentRow
	if err := k.t.db.Where("organisation = ?", k.id).Order("id").Find(&consents).Error; err != nil {
		return err
	}
	p, known := k.s.Packs.ByID(k.id)
	for _, c := range consents {
		if !slices.Contains(policy.ConsentSources, c.Source) {
			k.wrong("I9", "", "the consent %s was never given: %q", c.ID, c.Source)
		}
		if known && !slices.ContainsFunc(k.s.Packs.Versions(p.Slug), func(v *policy.Pack) bool { return v.Version == c.Version }) {
			k.wrong("I9", "", "the consent %s is to version %q, which nobody keeps", c.ID, c.Version)
		}
	}
	return nil
}
