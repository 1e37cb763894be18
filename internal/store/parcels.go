package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/notices"
	"madoguchi/policy"
)

func packageRowID(caseID string, version int64) string { return fmt.Sprintf("%s/%d", caseID, version) }

// record opens an item's record.
func (t *tx) itemRecord(row *itemRow) (r dsr.Record, err error) {
	return r, t.unseal(row.CaseID, "items", "record_sealed", row.ID, row.RecordSealed, &r)
}

// ground is the article of the law and the clause of the policy behind an
// exemption, as letters name them.
func ground(p *policy.Pack, kind, exemption string) (article, clauseNo string) {
	e, ok := p.Exemption(kind, exemption)
	if !ok {
		return "", ""
	}
	return e.Article, e.Clause
}

// PackageInputs opens what the package is built from: the agreed decisions and
// the items, in the person's voice. Only an agreed proposal gets here.
func (o *Organisation) PackageInputs(ctx context.Context, caseID string, epoch int) (parcel dsr.Parcel, err error) {
	err = o.write(ctx, func(t *tx) error {
		s, c, err := t.lockCase(caseID)
		if err != nil {
			return err
		}
		switch {
		case int64(epoch) != c.Epoch:
			return dsr.Fail(dsr.Conflict, "error.superseded")
		case c.WithdrawnAt != 0:
			return dsr.Fail(dsr.Forbidden, "error.withdrawn")
		case c.Agreed == 0:
			return dsr.Fail(dsr.Forbidden, "error.not-agreed")
		}
		if err := t.opened(s.ID, c.ID, dsr.Engine, "package", "items"); err != nil {
			return err
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		row, content, err := t.proposal(c, c.Agreed)
		if err != nil {
			return err
		}
		voice := string(dsr.Voice(s.Voice).Letter())
		parcel = dsr.Parcel{Organisation: p.Text(p.Entity.Name, voice), Reference: caseReference(s.Reference, c.Number),
			Voice: dsr.Voice(voice), ArrivedAt: c.ArrivedAt, DecidedAt: row.DecidedAt, Zone: p.Zone,
			PolicyName: p.Text(p.Entity.Name, voice) + " " + p.Version, Desk: deskLines(p, voice)}
		var redact []string
		for _, d := range content.Decisions {
			for _, r := range d.Redactions {
				if r.Accepted {
					redact = append(redact, r.Text)
				}
			}
		}
		for _, d := range content.Decisions {
			var it itemRow
			if err := t.db.Where("organisation = ? AND case_id = ? AND id = ?", o.id, c.ID, d.Item).Take(&it).Error; err != nil {
				return err
			}
			rec, err := t.itemRecord(&it)
			if err != nil {
				return err
			}
			pi := dsr.ParcelItem{System: systemTitle(p, it.System, voice), Title: p.Text(rec.Title, voice),
				Source: p.Text(rec.Source, voice), Measure: d.Measure, Redactions: redact, ReasonCode: d.ReasonCode, Reason: d.Reason}
			if d.Measure == dsr.MeasureDisclose {
				// Rows without the matched identifier are not given out, whatever a
				// reviewer ticked.
				if it.Quarantine != 0 {
					return dsr.Fail(dsr.Forbidden, "error.quarantine")
				}
				for _, col := range rec.Columns {
					pi.Names = append(pi.Names, col.Name)
					pi.Columns = append(pi.Columns, p.Text(col.Title, voice))
				}
				pi.Rows = rec.Rows
			} else {
				article, cl := ground(p, c.Kind, d.Exemption)
				pi.Ground = notices.Ground(dsr.Voice(voice), article, cl, lawTexts(p, voice))
			}
			parcel.Items = append(parcel.Items, pi)
		}
		return nil
	})
	return parcel, err
}

// systemTitle is a connected system's name for people.
func systemTitle(p *policy.Pack, id, voice string) string {
	for _, s := range p.Systems {
		if s.ID == id {
			return p.Text(s.Title, voice)
		}
	}
	return id
}

// SavePackage seals the package under the case's key. The same digest again is
// the same package; permission is the agreed proposal and no withdrawal.
func (o *Organisation) SavePackage(ctx context.Context, caseID string, epoch int, digest string, bytes []byte) (dsr.Facts, error) {
	return o.staged(ctx, caseID, epoch, func(t *tx, s *submissionRow, c *caseRow) error {
		switch {
		case c.WithdrawnAt != 0:
			return t.refused(c, dsr.Engine, "package", dsr.Fail(dsr.Forbidden, "error.withdrawn"))
		case c.Agreed == 0:
			return t.refused(c, dsr.Engine, "package", dsr.Fail(dsr.Forbidden, "error.not-agreed"))
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		row := packageRow{Organisation: o.id, CaseID: c.ID, Version: c.PlanVersion, Digest: digest, Size: int64(len(bytes)),
			ReadyAt: micros(t.now), MaxDownloads: int64(max(p.Times.MaxDownloads, 1))}
		if row.DataSealed, err = t.sealBytes(c.ID, "packages", "data_sealed", packageRowID(c.ID, row.Version), bytes); err != nil {
			return err
		}
		res := t.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			var was packageRow
			if err := t.db.Where("organisation = ? AND case_id = ? AND version = ?", o.id, c.ID, row.Version).Take(&was).Error; err != nil {
				return err
			}
			if was.Digest != digest {
				return dsr.Errorf(dsr.Internal, "error.internal", "case %s: the same inputs gave another package", c.ID)
			}
			return nil
		}
		c.PackageAt = micros(t.now)
		if err := t.record(c, dsr.Engine, "package-ready", data{"version": row.Version, "digest": digest, "size": row.Size,
			"proposal": c.Agreed}); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// Download checks a fresh code and gives the package. The first time it is the
// command delivered; an attempt after withdrawal or expiry is recorded.
func (o *Organisation) Download(ctx context.Context, submission, caseID, code string) (name string, bytes []byte, err error) {
	err = o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if err := ofSubmission(s, submission); err != nil {
			return err
		}
		var row packageRow
		if err := t.db.Where("organisation = ? AND case_id = ?", o.id, c.ID).Order("version DESC").Limit(1).Take(&row).Error; err != nil {
			return err
		}
		switch {
		case c.WithdrawnAt != 0 || c.AnsweredAt == 0:
			return t.refused(c, asPerson(s), "download", dsr.Fail(dsr.Forbidden, "error.not-now"))
		case len(row.DataSealed) == 0:
			return dsr.Fail(dsr.NotFound, "error.data-destroyed")
		case row.AvailableUntil <= micros(t.now) || row.Downloads >= row.MaxDownloads:
			return dsr.Fail(dsr.Conflict, "error.package-expired")
		}
		if err := t.redeem(p, s, codeDownload, code); err != nil || t.refusal != nil {
			return err
		}
		if err := t.opened(s.ID, c.ID, asPerson(s), "download", "package"); err != nil {
			return err
		}
		if bytes, err = t.unsealBytes(c.ID, "packages", "data_sealed", packageRowID(c.ID, row.Version), row.DataSealed); err != nil {
			return err
		}
		res := t.db.Model(&packageRow{}).Where("organisation = ? AND case_id = ? AND version = ? AND downloads = ?", o.id, c.ID, row.Version, row.Downloads).
			Updates(map[string]any{"downloads": gorm.Expr("downloads + 1"), "last_at": micros(t.now)})
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected != 1 {
			return dsr.Fail(dsr.Conflict, "error.changed-meanwhile")
		}
		name = caseReference(s.Reference, c.Number) + ".zip"
		if c.DeliveredAt != 0 || !dsr.CommandDelivered.Accepts(dsr.Stage(c.Stage)) {
			if err := t.record(c, asPerson(s), "downloaded", data{"version": row.Version, "digest": row.Digest, "download": row.Downloads + 1}); err != nil {
				return err
			}
			return t.save(c, c.ID)
		}
		if _, err := t.command(c, asPerson(s), dsr.CommandDelivered, data{"version": row.Version, "digest": row.Digest, "by": "download"}); err != nil {
			return err
		}
		c.DeliveredAt = micros(t.now)
		return t.save(c, c.ID)
	})
	return name, bytes, err
}

// OpenAgain makes an expired package available once more: a delivery, not a
// reopening.
func (o *Organisation) OpenAgain(ctx context.Context, submission, caseID string) error {
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if err := ofSubmission(s, submission); err != nil {
			return err
		}
		var row packageRow
		if err := t.db.Where("organisation = ? AND case_id = ?", o.id, c.ID).Order("version DESC").Limit(1).Take(&row).Error; err != nil {
			return err
		}
		if len(row.DataSealed) == 0 {
			return dsr.Fail(dsr.NotFound, "error.data-destroyed")
		}
		if c.AnsweredAt == 0 || row.AvailableUntil > micros(t.now) && row.Downloads < row.MaxDownloads {
			return nil
		}
		until, err := t.after(p, c, p.Times.Availability)
		if err != nil {
			return err
		}
		res := t.db.Model(&packageRow{}).Where("organisation = ? AND case_id = ? AND version = ?", o.id, c.ID, row.Version).
			Updates(map[string]any{"available_until": micros(until), "downloads": 0})
		if res.Error != nil {
			return res.Error
		}
		if err := t.record(c, asPerson(s), "package-opened-again", data{"version": row.Version, "until": micros(until)}); err != nil {
			return err
		}
		if err := t.notify(p, s, c, "N-16", "again/"+fmt.Sprint(c.EvidenceSeq), letterExtra{AvailableUntil: until,
			Downloads: p.Times.MaxDownloads}); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// HandedOver is the command delivered for an answer that went by post or over
// the counter.
func (o *Organisation) HandedOver(ctx context.Context, actor dsr.Actor, caseID, task string) error {
	if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler); err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		row, err := t.takeTask(c, actor, task, dsr.TaskHandOver)
		if err != nil {
			return err
		}
		result := "handed-over"
		if c.Delivery == "post" {
			result = "posted"
		}
		if err := t.closeTask(row, actor.ID, result); err != nil {
			return err
		}
		if _, err := t.command(c, actor, dsr.CommandDelivered, data{"by": c.Delivery}); err != nil {
			return err
		}
		c.DeliveredAt = micros(t.now)
		return t.save(c, c.ID)
	})
}

// PackageForPost gives the package to the clerk who prints it.
func (o *Organisation) PackageForPost(ctx context.Context, actor dsr.Actor, caseID, task string) (name string, bytes []byte, err error) {
	if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler); err != nil {
		return "", nil, err
	}
	err = o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if _, err := t.takeTask(c, actor, task, dsr.TaskHandOver); err != nil {
			return err
		}
		var row packageRow
		if err := t.db.Where("organisation = ? AND case_id = ?", o.id, c.ID).Order("version DESC").Limit(1).Take(&row).Error; err != nil {
			return err
		}
		if err := t.opened(s.ID, c.ID, actor, "hand-over", "package"); err != nil {
			return err
		}
		name = caseReference(s.Reference, c.Number) + ".zip"
		bytes, err = t.unsealBytes(c.ID, "packages", "data_sealed", packageRowID(c.ID, row.Version), row.DataSealed)
		return err
	})
	return name, bytes, err
}

// Tidy deletes what is due: identity papers 24 hours after the decision,
// packages and keys at the end of retention, ended drafts.
func (o *Organisation) Tidy(ctx context.Context) error {
	if err := o.s.tidyAccounts(ctx); err != nil {
		return err
	}
	return o.write(ctx, func(t *tx) error {
		now := micros(t.now)
		err := t.db.Model(&documentRow{}).Where("organisation = ? AND deleted_at = 0 AND delete_at > 0 AND delete_at <= ?", o.id, now).
			Updates(map[string]any{"data_sealed": nil, "deleted_at": now}).Error
		if err != nil {
			return err
		}
		var ended []draftRow
		if err := t.db.Where("organisation = ? AND (expires_at <= ? OR (ended_at > 0 AND ended_at <= ?))", o.id, now, t.later(-time.Hour)).
			Limit(200).Find(&ended).Error; err != nil {
			return err
		}
		for _, d := range ended {
			if err := t.destroyKey(d.ID); err != nil {
				return err
			}
			if err := t.db.Where("organisation = ? AND token_hash = ?", o.id, d.TokenHash).Delete(&draftRow{}).Error; err != nil {
				return err
			}
		}
		if err := t.lapsed(); err != nil {
			return err
		}
		return t.retire()
	})
}

// retire destroys the keys of cases whose retention is over: the later of 30
// days after delivery and the end of the reopening window (rulings: numbers). A
// mail that is still to be sent keeps them: it could not be read any more.
// Evidence stays; what was sealed can never be read again.
func (t *tx) retire() error {
	current, err := t.o.current()
	if err != nil {
		return err
	}
	// No case is looked at before the shortest retention of any pack could be over.
	shortest := min(current.Times.RetentionDays, 30)
	var cases []caseRow
	err = t.db.Raw(`SELECT c.* FROM cases c JOIN keys k ON k.organisation = c.organisation AND k.id = c.id
		WHERE c.organisation = ? AND c.stage = 'closed' AND k.destroyed_at = 0 AND c.closed_at <= ?
		AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.organisation = c.organisation AND n.submission = c.submission AND n.state IN ('queued', 'sending'))
		ORDER BY c.closed_at LIMIT 50`,
		t.o.id, micros(clock.DaysAfter(t.now, -shortest))).Scan(&cases).Error
	if err != nil {
		return err
	}
	for _, row := range cases {
		s, c, err := t.lockCase(row.ID)
		if err != nil {
			return err
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		until, err := t.reopenUntil(p, c)
		if err != nil {
			return err
		}
		keep := until
		for _, end := range []int64{c.DeliveredAt, c.ClosedAt} {
			if at := clock.DaysAfter(instant(end), p.Times.RetentionDays); end != 0 && at.After(keep) {
				keep = at
			}
		}
		if dsr.Stage(c.Stage).Open() || keep.After(t.now) {
			continue
		}
		if err := t.destroyKey(c.ID); err != nil {
			return err
		}
		if err := t.empty(c.ID, caseBytes); err != nil {
			return err
		}
		c.ScopeSealed, c.ClaimsSealed, c.FindingsSealed, c.HoldSealed = nil, nil, nil, nil
		if err := t.record(c, dsr.Engine, "key-destroyed", data{"key": c.ID}); err != nil {
			return err
		}
		if err := t.save(c, c.ID); err != nil {
			return err
		}
		var left int64
		if err := t.db.Raw(`SELECT COUNT(*) FROM cases c JOIN keys k ON k.organisation = c.organisation AND k.id = c.id
			WHERE c.organisation = ? AND c.submission = ? AND k.destroyed_at = 0`, t.o.id, s.ID).Scan(&left).Error; err != nil {
			return err
		}
		if left == 0 {
			if err := t.destroyKey(s.ID); err != nil {
				return err
			}
			if err := t.empty(s.ID, submissionBytes); err != nil {
				return err
			}
		}
	}
	return nil
}

// caseBytes and submissionBytes are the columns that hold what was sealed under
// a case's or a submission's key, each with the column that names its owner.
var (
	caseBytes = [][3]string{{"items", "record_sealed", "case_id"}, {"items", "tests_sealed", "case_id"},
		{"items", "decision_sealed", "case_id"}, {"cases", "scope_sealed", "id"}, {"cases", "claims_sealed", "id"},
		{"cases", "findings_sealed", "id"}, {"cases", "hold_sealed", "id"}, {"proposals", "content_sealed", "case_id"}, {"proposals", "comment_sealed", "case_id"},
		{"packages", "data_sealed", "case_id"}, {"messages", "text_sealed", "case_id"}, {"notes", "text_sealed", "case_id"},
		{"notices", "letter_sealed", "case_id"}}
	submissionBytes = [][3]string{{"submissions", "person_sealed", "id"}, {"submissions", "contact_sealed", "id"},
		{"submissions", "representative_sealed", "id"}, {"submissions", "candidates_sealed", "id"}, {"submissions", "candidate_sealed", "id"},
		{"submissions", "delivery_sealed", "id"}, {"notices", "letter_sealed", "submission"}, {"notices", "to_sealed", "submission"},
		{"notices", "mail_sealed", "submission"}, {"authorities", "comment_sealed", "submission"}}
)

// empty takes the sealed bytes themselves away: a destroyed key makes them
// unreadable, and nothing that is not needed is kept.
func (t *tx) empty(owner string, columns [][3]string) error {
	for _, c := range columns {
		err := t.db.Table(c[0]).Where("organisation = ? AND "+c[2]+" = ? AND "+c[1]+" IS NOT NULL", t.o.id, owner).
			Update(c[1], []byte{}).Error
		if err != nil {
			return err
		}
	}
	return nil
}
