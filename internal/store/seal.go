package store

import (
	"encoding/hex"
	"encoding/json"

	"madoguchi/dsr"
	"madoguchi/internal/vault"
)

// newKey makes the key of a submission, a case or a draft: its own 256 bits,
// wrapped by the organisation's.
func (t *tx) newKey(id string) error {
	wrapped, err := t.o.s.Vault.NewKey(t.o.id, t.kek(), id)
	if err != nil {
		return err
	}
	t.keys[id] = wrapped
	return t.db.Create(&keyRow{Organisation: t.o.id, ID: id, Wrapped: wrapped, CreatedAt: micros(t.now)}).Error
}

// kek is the organisation's wrapped key.
func (t *tx) kek() []byte {
	t.o.s.mu.Lock()
	defer t.o.s.mu.Unlock()
	return t.o.s.orgs[t.o.id]
}

// key is the wrapped key of an ID, read once a transaction.
func (t *tx) key(id string) ([]byte, error) {
	if k, ok := t.keys[id]; ok {
		return k, nil
	}
	var row keyRow
	if err := t.db.Where("organisation = ? AND id = ?", t.o.id, id).Take(&row).Error; err != nil {
		return nil, err
	}
	if len(row.Wrapped) == 0 {
		return nil, dsr.Fail(dsr.NotFound, "error.data-destroyed")
	}
	t.keys[id] = row.Wrapped
	return row.Wrapped, nil
}

// destroyKey ends everything that was sealed under a key.
func (t *tx) destroyKey(id string) error {
	t.forget = append(t.forget, id)
	delete(t.keys, id)
	return t.db.Model(&keyRow{}).Where("organisation = ? AND id = ? AND destroyed_at = 0", t.o.id, id).
		Updates(map[string]any{"wrapped": nil, "destroyed_at": micros(t.now)}).Error
}

// seal puts v, as JSON, under a key at one place. A place is a table, a column
// and a row, so that sealed bytes cannot be put elsewhere.
func (t *tx) seal(keyID, table, column, row string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return t.sealBytes(keyID, table, column, row, plain)
}

func (t *tx) sealBytes(keyID, table, column, row string, plain []byte) ([]byte, error) {
	key, err := t.key(keyID)
	if err != nil {
		return nil, err
	}
	return t.o.s.Vault.Seal(t.o.id, t.kek(), key, keyID, vault.Place{Table: table, Column: column, Row: row}, plain)
}

// unseal reads what seal wrote. Who opens it and why is written by the caller
// before, in opened, where the reader is a person or a connected system.
func (t *tx) unseal(keyID, table, column, row string, sealed []byte, v any) error {
	plain, err := t.unsealBytes(keyID, table, column, row, sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, v)
}

func (t *tx) unsealBytes(keyID, table, column, row string, sealed []byte) ([]byte, error) {
	key, err := t.key(keyID)
	if err != nil {
		return nil, err
	}
	return t.o.s.Vault.Open(t.o.id, t.kek(), key, keyID, vault.Place{Table: table, Column: column, Row: row}, sealed)
}

// fingerprint is the keyed hash by which a sealed value is found: exact, of
// the normalised value, of this organisation only. "" for an empty value.
func (t *tx) fingerprint(purpose, normalised string) (string, error) {
	if normalised == "" {
		return "", nil
	}
	f, err := t.o.s.Vault.Fingerprint(t.o.id, t.kek(), purpose, normalised)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(f), nil
}

// opened records that somebody opens personal data. The caller gives nothing
// out before this has committed.
func (t *tx) opened(submission, caseID string, actor dsr.Actor, purpose, class string) error {
	return t.db.Create(&openingRow{Organisation: t.o.id, ID: newID(), Submission: submission, CaseID: caseID,
		ActorKind: string(actor.Kind), Actor: actor.ID, Purpose: purpose, Class: class, At: micros(t.now)}).Error
}

// person, contact: the sealed columns of a submission.
func (t *tx) person(s *submissionRow) (p dsr.Person, err error) {
	return p, t.unseal(s.ID, "submissions", "person_sealed", s.ID, s.PersonSealed, &p)
}

func (t *tx) contact(s *submissionRow) (c dsr.Contact, err error) {
	return c, t.unseal(s.ID, "submissions", "contact_sealed", s.ID, s.ContactSealed, &c)
}

// delivery is the contact that the identity check settled on: where the answer
// goes. Nothing before that check.
func (t *tx) delivery(s *submissionRow) (c dsr.Contact, err error) {
	return c, t.unseal(s.ID, "submissions", "delivery_sealed", s.ID, s.DeliverySealed, &c)
}
