package store

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"math/big"
	"strings"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/vault"
	"madoguchi/policy"
)

// newCode draws eight digits.
func newCode() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%08d", n), nil
}

// digits keeps the digits of what somebody typed, full-width ones too.
func digits(typed string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		}
		return -1
	}, typed)
}

// codeDownload is the purpose of a code that gives the package out.
const codeDownload = "download"

// codeAddress is the keyed hash of the address that a code of a purpose goes to
// and counts for; "" for none.
func (t *tx) codeAddress(s *submissionRow, purpose string) (string, error) {
	if purpose != codeDownload || len(s.DeliverySealed) == 0 {
		return s.ContactHash, nil
	}
	to, err := t.delivery(s)
	if err != nil {
		return "", err
	}
	return t.fingerprint("mail", vault.NormaliseMail(to.Mail))
}

// sendCode makes a one-time code and queues its mail. Not more often than every
// half minute, and three an hour and address (rulings: numbers). The code for a
// download goes where the identity check settled that the answer goes: whoever
// only filed in somebody's name reads their own page and not that person's data
// (design 11). The caller holds the submission's lock, or two would be counted
// as one.
func (t *tx) sendCode(p *policy.Pack, s *submissionRow, purpose string) error {
	address, err := t.codeAddress(s, purpose)
	if err != nil {
		return err
	}
	if address == "" {
		return dsr.Fail(dsr.Invalid, "error.no-mail")
	}
	var recent []codeRow
	err = t.db.Where("organisation = ? AND address_hash = ? AND sent_at > ?", t.o.id, address, t.later(-time.Hour)).
		Order("sent_at DESC").Find(&recent).Error
	if err != nil {
		return err
	}
	if len(recent) > 0 && recent[0].SentAt > t.later(-time.Duration(p.Times.CodeResendSeconds)*time.Second) {
		return dsr.Fail(dsr.Invalid, "error.code-too-soon", "seconds", fmt.Sprint(p.Times.CodeResendSeconds))
	}
	if len(recent) >= p.Times.CodesPerHour {
		return dsr.Fail(dsr.Invalid, "error.code-too-many")
	}
	code, err := newCode()
	if err != nil {
		return err
	}
	row := codeRow{Organisation: t.o.id, ID: newID(), Submission: s.ID, Purpose: purpose, AddressHash: address,
		SentAt: micros(t.now), ExpiresAt: t.later(time.Duration(p.Times.CodeMinutes) * time.Minute)}
	if row.CodeHash, err = t.fingerprint("code/"+row.ID, code); err != nil {
		return err
	}
	if err := t.db.Create(&row).Error; err != nil {
		return err
	}
	return t.notify(p, s, nil, "N-26", row.ID, letterExtra{Code: code[:4] + " " + code[4:]})
}

// redeem checks a code of a purpose: single use, five tries, ten minutes. A
// wrong one is counted, so the transaction commits and the caller is told by
// the refusal.
func (t *tx) redeem(p *policy.Pack, s *submissionRow, purpose, typed string) error {
	address, err := t.codeAddress(s, purpose)
	if err != nil {
		return err
	}
	var row codeRow
	// A code that went to another address, before this one was settled on, counts for nothing.
	err = t.db.Where("organisation = ? AND submission = ? AND purpose = ? AND address_hash = ?", t.o.id, s.ID, purpose, address).
		Order("sent_at DESC").Limit(1).Find(&row).Error
	if err != nil {
		return err
	}
	switch {
	case row.ID == "" || row.UsedAt != 0 || row.ExpiresAt <= micros(t.now):
		return dsr.Fail(dsr.Invalid, "error.code-expired")
	case row.Tries >= int64(p.Times.CodeTries):
		return dsr.Fail(dsr.Invalid, "error.code-spent")
	}
	hash, err := t.fingerprint("code/"+row.ID, digits(typed))
	if err != nil {
		return err
	}
	update := map[string]any{"tries": gormAdd("tries")}
	right := subtle.ConstantTimeCompare([]byte(hash), []byte(row.CodeHash)) == 1
	if right {
		update["used_at"] = micros(t.now)
	}
	res := t.db.Model(&codeRow{}).Where("organisation = ? AND id = ? AND used_at = 0 AND tries = ?", t.o.id, row.ID, row.Tries).Updates(update)
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected != 1 {
		return dsr.Fail(dsr.Invalid, "error.code-expired")
	}
	if !right {
		t.refusal = dsr.Fail(dsr.Invalid, "error.code-wrong")
		if row.Tries+1 >= int64(p.Times.CodeTries) {
			t.refusal = dsr.Fail(dsr.Invalid, "error.code-spent")
		}
	}
	return nil
}

// SendCode sends a code within a submission: "confirm" or "download".
func (o *Organisation) SendCode(ctx context.Context, submission, purpose string) error {
	if purpose != "confirm" && purpose != codeDownload {
		return dsr.Fail(dsr.Invalid, "error.internal")
	}
	return o.orderAll(ctx, submission, func(t *tx, p *policy.Pack, s *submissionRow, _ []*caseRow) error {
		return t.sendCode(p, s, purpose)
	})
}

// byContact finds a submission when reference and contact belong together; nil
// otherwise, without saying which of the two did not fit.
func (t *tx) byContact(reference, contact string) (*submissionRow, error) {
	ref, ok := dsr.ParseReference(reference)
	if !ok {
		ref = "M-0000-0000" // the same work for a number that can't be one
	}
	hash, err := t.fingerprint("mail", vault.NormaliseMail(contact))
	if err != nil {
		return nil, err
	}
	var s submissionRow
	err = t.db.Where("organisation = ? AND reference = ? AND contact_hash = ? AND contact_hash <> ''", t.o.id, ref, hash).
		Limit(1).Find(&s).Error
	if err != nil || s.ID == "" {
		return nil, err
	}
	return &s, nil
}

// SendSignInCode sends a code when reference and contact belong together. It
// answers the same either way.
func (o *Organisation) SendSignInCode(ctx context.Context, reference, contact string) error {
	return o.write(ctx, func(t *tx) error {
		s, err := t.byContact(reference, contact)
		if err != nil || s == nil {
			return err
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		if s, _, err = t.lock(s.ID); err != nil {
			return err
		}
		if err := t.sendCode(p, s, "sign-in"); dsr.FaultOf(err) != dsr.Invalid {
			return err
		}
		return nil // too soon or too many: the code that was sent still holds
	})
}

// SignIn checks a sign-in code and gives the submission.
func (o *Organisation) SignIn(ctx context.Context, reference, contact, code string) (submission string, err error) {
	err = o.write(ctx, func(t *tx) error {
		s, err := t.byContact(reference, contact)
		if err != nil {
			return err
		}
		if s == nil {
			return dsr.Fail(dsr.Invalid, "error.code-wrong")
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		if err := t.redeem(p, s, "sign-in", code); err != nil || t.refusal != nil {
			return err
		}
		submission = s.ID
		if s.ContactConfirmedAt == 0 {
			// Who read the code holds the address: that is what confirming means.
			s, cases, err := t.lock(s.ID)
			if err != nil {
				return err
			}
			s.ContactConfirmedAt = micros(t.now)
			for _, c := range cases {
				if !dsr.CommandContactConfirmed.Accepts(dsr.Stage(c.Stage)) {
					continue
				}
				if _, err := t.command(c, asPerson(s), dsr.CommandContactConfirmed, nil); err != nil {
					return err
				}
				if err := t.contactConfirmed(p, s, c); err != nil {
					return err
				}
				if err := t.save(c, c.ID); err != nil {
					return err
				}
			}
			return t.save(s, s.ID)
		}
		return nil
	})
	return submission, err
}
