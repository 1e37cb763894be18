package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"madoguchi/dsr"
	"madoguchi/internal/evidence"
)

// claimFor is how long a claim lasts: longer than any delivery, short enough
// that a killed worker's claims come back soon.
const claimFor = 15 * time.Second

// Delivery is one command to hand to its case's workflow; see worker.Delivery.
type Delivery struct {
	Organisation, Case string
	Kind               dsr.Kind
	Stage              dsr.Stage
	Command            string
	Number             int
	What               dsr.CommandKind
	Epoch, Acked       int
	Tries              int
}

// Organisations lists the IDs for relay and sweep, which go through them one
// by one. It is outside the walls: IDs only.
func (s *Store) Organisations(ctx context.Context) ([]string, error) {
	var ids []string
	err := s.read.WithContext(ctx).Raw("SELECT id FROM organisations ORDER BY slug").Scan(&ids).Error
	return ids, fault(err)
}

// nextCommands finds, per case, the lowest command that is not applied.
const nextCommands = `SELECT m.id FROM commands m JOIN cases c ON c.organisation = m.organisation AND c.id = m.case_id
	WHERE m.organisation = ? AND m.applied_at = 0 AND m.number = c.applied_command + 1
	AND m.next_try_at <= ? AND m.claimed_until <= ?`

// ClaimDeliveries claims up to limit commands, the lowest unapplied of each
// case. PostgreSQL skips rows that another relay holds; on SQLite there is one
// process.
func (o *Organisation) ClaimDeliveries(ctx context.Context, limit int) ([]Delivery, error) {
	return o.claim(ctx, "", limit)
}

// ClaimDelivery claims one case's next command.
func (o *Organisation) ClaimDelivery(ctx context.Context, caseID string) (d Delivery, ok bool, err error) {
	ds, err := o.claim(ctx, caseID, 1)
	if err != nil || len(ds) == 0 {
		return d, false, err
	}
	return ds[0], true, nil
}

func (o *Organisation) claim(ctx context.Context, caseID string, limit int) (out []Delivery, err error) {
	// A look without a write first: an idle relay must not hold SQLite's lock.
	idle := true
	if err := o.view(ctx, func(t *tx) error {
		ids, err := t.claimable(caseID, 1, false)
		idle = len(ids) == 0
		return err
	}); err != nil || idle {
		return nil, err
	}
	err = o.write(ctx, func(t *tx) error {
		ids, err := t.claimable(caseID, limit, true)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := t.db.Model(&commandRow{}).Where("organisation = ? AND id IN ?", o.id, ids).
			Updates(map[string]any{"claimed_until": t.later(claimFor), "tries": gormAdd("tries")}).Error; err != nil {
			return err
		}
		rows, err := t.db.Raw(`SELECT m.id, m.case_id, m.number, m.kind, m.tries, c.kind, c.stage, c.epoch, c.acked_epoch
			FROM commands m JOIN cases c ON c.organisation = m.organisation AND c.id = m.case_id
			WHERE m.organisation = ? AND m.id IN ? ORDER BY m.at`, o.id, ids).Rows()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			d := Delivery{Organisation: o.id}
			if err := rows.Scan(&d.Command, &d.Case, &d.Number, &d.What, &d.Tries, &d.Kind, &d.Stage, &d.Epoch, &d.Acked); err != nil {
				return err
			}
			out = append(out, d)
		}
		return rows.Err()
	})
	return out, err
}

func (t *tx) claimable(caseID string, limit int, lock bool) (ids []string, err error) {
	q, args := nextCommands, []any{t.o.id, micros(t.now), micros(t.now)}
	if caseID != "" {
		q, args = q+" AND m.case_id = ?", append(args, caseID)
	}
	q, args = q+" ORDER BY m.at LIMIT ?", append(args, limit)
	if lock && t.o.s.Postgres() {
		q += " FOR UPDATE OF m SKIP LOCKED"
	}
	return ids, t.db.Raw(q, args...).Scan(&ids).Error
}

// Undelivered gives a claim back for a later try: half a second, then longer,
// at most half a minute, for as long as it takes.
func (o *Organisation) Undelivered(ctx context.Context, command, code string) error {
	return o.write(ctx, func(t *tx) error {
		var row commandRow
		if err := t.db.Where("organisation = ? AND id = ?", o.id, command).Take(&row).Error; err != nil {
			return err
		}
		wait := 500 * time.Millisecond << min(row.Tries, 6)
		return t.db.Model(&commandRow{}).Where("organisation = ? AND id = ? AND applied_at = 0", o.id, command).
			Updates(map[string]any{"claimed_until": 0, "next_try_at": t.later(min(wait, 30*time.Second))}).Error
	})
}

// IsApplied reports whether a command carries the applied mark.
func (o *Organisation) IsApplied(ctx context.Context, command string) (applied bool, err error) {
	err = o.view(ctx, func(t *tx) error {
		var at int64
		err := t.db.Raw("SELECT applied_at FROM commands WHERE organisation = ? AND id = ?", o.id, command).Scan(&at).Error
		applied = at != 0
		return err
	})
	return applied, err
}

// DueMilestone is a milestone that fell due.
type DueMilestone struct{ Case, Milestone string }

// DueMilestones lists what fell due and has not fired: what the sweep finds
// with Temporal down.
func (o *Organisation) DueMilestones(ctx context.Context, limit int) (out []DueMilestone, err error) {
	err = o.view(ctx, func(t *tx) error {
		rows, err := t.db.Raw(`SELECT m.case_id, m.id FROM milestones m JOIN cases c ON c.organisation = m.organisation AND c.id = m.case_id
			WHERE m.organisation = ? AND m.fired_at = 0 AND m.cancelled_at = 0 AND m.due_at <= ? AND c.stage <> 'closed'
			ORDER BY m.due_at LIMIT ?`, o.id, micros(t.now), limit).Rows()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var d DueMilestone
			if err := rows.Scan(&d.Case, &d.Milestone); err != nil {
				return err
			}
			out = append(out, d)
		}
		return rows.Err()
	})
	return out, err
}

// Beat records that a loop is alive.
func (s *Store) Beat(ctx context.Context, loop string) error {
	at, err := s.now(s.db.WithContext(ctx))
	if err != nil {
		return fault(err)
	}
	return fault(s.db.WithContext(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}},
		DoUpdates: clause.AssignmentColumns([]string{"at"})}).Create(&heartbeatRow{Name: loop, At: micros(at)}).Error)
}

// Beats are when each loop was last alive.
func (s *Store) Beats(ctx context.Context) (map[string]time.Time, time.Time, error) {
	var rows []heartbeatRow
	db := s.read.WithContext(ctx)
	if err := db.Find(&rows).Error; err != nil {
		return nil, time.Time{}, fault(err)
	}
	out := map[string]time.Time{}
	for _, r := range rows {
		out[r.Name] = instant(r.At)
	}
	at, err := s.now(db)
	return out, at, fault(err)
}

// chain reads a case's chain as evidence has it.
func (t *tx) chain(caseID string) ([]evidence.Event, error) {
	var rows []evidenceRow
	if err := t.db.Where("organisation = ? AND case_id = ?", t.o.id, caseID).Order("seq").Find(&rows).Error; err != nil {
		return nil, err
	}
	return events(rows)
}

func events(rows []evidenceRow) ([]evidence.Event, error) {
	var out []evidence.Event
	for _, r := range rows {
		d, err := evidence.ParseData([]byte(r.Data))
		if err != nil {
			d = map[string]any{"unreadable": true} // the hash will not fit, which is what the verifier must say
		}
		prev, err1 := hex.DecodeString(r.PrevHash)
		hash, err2 := hex.DecodeString(r.Hash)
		if err := errors.Join(err1, err2); err != nil {
			prev, hash = nil, nil
		}
		out = append(out, evidence.Event{Organisation: r.Organisation, Case: r.CaseID, Seq: r.Seq, At: instant(r.At), Kind: r.Kind,
			Actor: r.Actor, ActorKind: r.ActorKind, Data: d, PrevHash: prev, Hash: hash})
	}
	return out, nil
}

// Chains gives every chain of every organisation, organisation by
// organisation, to whoever verifies them.
func (s *Store) Chains(ctx context.Context, yield func([]evidence.Event, error) bool) {
	ids, err := s.Organisations(ctx)
	if err != nil {
		yield(nil, err)
		return
	}
	for _, id := range ids {
		var cases []string
		o := s.For(id)
		err := o.view(ctx, func(t *tx) error {
			return t.db.Raw("SELECT DISTINCT case_id FROM evidence WHERE organisation = ? ORDER BY case_id", id).Scan(&cases).Error
		})
		if err != nil {
			yield(nil, err)
			return
		}
		for _, c := range cases {
			var es []evidence.Event
			err := o.view(ctx, func(t *tx) (err error) {
				es, err = t.chain(c)
				return err
			})
			if !yield(es, err) || err != nil {
				return
			}
		}
	}
}

// Checkpoints are the signed statements so far, oldest first.
func (s *Store) Checkpoints(ctx context.Context) ([]evidence.Checkpoint, error) {
	var rows []checkpointRow
	if err := s.read.WithContext(ctx).Order("seq").Find(&rows).Error; err != nil {
		return nil, fault(err)
	}
	var out []evidence.Checkpoint
	for _, r := range rows {
		var cp evidence.Checkpoint
		if err := json.Unmarshal([]byte(r.Body), &cp); err != nil {
			return nil, err
		}
		out = append(out, cp)
	}
	return out, nil
}

// Checkpoint signs all heads of all organisations and their number, if the
// last one is older than every. Heads are read from the evidence itself, not
// from the cases, so that a signature never covers up a loss.
func (s *Store) Checkpoint(ctx context.Context, signer *evidence.Signer, every time.Duration) error {
	all, err := s.Checkpoints(ctx)
	if err != nil {
		return err
	}
	at, err := s.now(s.db.WithContext(ctx))
	if err != nil {
		return fault(err)
	}
	var last *evidence.Checkpoint
	if len(all) > 0 {
		last = &all[len(all)-1]
		if at.Sub(last.At) < every {
			return nil
		}
	}
	ids, err := s.Organisations(ctx)
	if err != nil {
		return err
	}
	var heads []evidence.Head
	for _, id := range ids {
		err := s.For(id).view(ctx, func(t *tx) error {
			var rows []evidenceRow
			err := t.db.Raw(`SELECT e.* FROM evidence e JOIN (SELECT case_id, MAX(seq) AS seq FROM evidence WHERE organisation = ? GROUP BY case_id) h
				ON h.case_id = e.case_id AND h.seq = e.seq WHERE e.organisation = ?`, id, id).Scan(&rows).Error
			if err != nil {
				return err
			}
			es, err := events(rows)
			for _, e := range es {
				heads = append(heads, evidence.HeadOf(e))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if len(heads) == 0 && last == nil {
		return nil // nothing has happened yet
	}
	cp, err := signer.Sign(last, heads, at)
	if err != nil {
		return err
	}
	body, err := json.Marshal(cp)
	if err != nil {
		return err
	}
	err = s.db.WithContext(ctx).Create(&checkpointRow{Seq: cp.Number, At: micros(cp.At), Heads: int64(cp.Cases), Body: string(body),
		Signature: hex.EncodeToString(cp.Signature)}).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return nil // another worker signed this hour
	}
	return fault(err)
}
