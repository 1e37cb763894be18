package store

import (
	"context"
	"slices"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// paper is the media type of a paper that somebody at the desk saw, heard or
// got by post: of such a one the kind and the day are kept, and no picture.
const paper = "paper"

// represented reports whether somebody asks for the person.
func represented(s *submissionRow) bool { return len(s.RepresentativeSealed) > 0 }

// needsAuthority reports whether a representative has still to be admitted.
func needsAuthority(s *submissionRow) bool { return represented(s) && s.AuthorityAt == 0 }

// kinds are the kinds of a submission's cases that are still to be answered.
func (t *tx) kinds(s *submissionRow) (kinds []string, err error) {
	return kinds, t.db.Raw("SELECT kind FROM cases WHERE organisation = ? AND submission = ? AND stage <> 'closed' ORDER BY number",
		t.o.id, s.ID).Scan(&kinds).Error
}

// proofFor is what a submission must show: the rule of the kind that asks for
// most, by the channel that it came by.
func (t *tx) proofFor(p *policy.Pack, s *submissionRow) (most policy.Identity, err error) {
	kinds, err := t.kinds(s)
	for i, k := range kinds {
		id, e := t.identityFor(p, s, k)
		if e != nil {
			return most, e
		}
		if i == 0 || id.Level > most.Level {
			most = id
		}
	}
	return most, err
}

// atDesk reports whether the proof can be seen to without anything that the
// person would have to send: by a member of staff (a call back, a paper shown
// at the counter, the address on file), or because the contact was confirmed
// by a code. Who comes by a way on which no code can be sent to them is asked
// for no more than that.
func (t *tx) atDesk(p *policy.Pack, s *submissionRow) (bool, error) {
	id, err := t.proofFor(p, s)
	if err != nil {
		return false, err
	}
	return dsr.ProvenAtDesk(id, s.ContactConfirmedAt != 0, s.ByPost == 1), nil
}

// PapersArrived is the command identity-evidence for papers that came by post,
// were shown at the counter or told in a call. The clock runs again, and a
// handler gets the task.
func (o *Organisation) PapersArrived(ctx context.Context, actor dsr.Actor, caseID string, kinds []string) error {
	if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler); err != nil {
		return err
	}
	submission, err := o.submissionOf(ctx, caseID)
	if err != nil {
		return err
	}
	return o.orderAll(ctx, submission, func(t *tx, p *policy.Pack, s *submissionRow, open []*caseRow) error {
		if !slices.ContainsFunc(open, func(c *caseRow) bool { return c.ID == caseID }) {
			return dsr.Fail(dsr.Conflict, "error.case-closed")
		}
		if len(kinds) == 0 {
			return dsr.Fail(dsr.Invalid, "error.documents-none")
		}
		for _, k := range kinds {
			if _, ok := p.Document(k); !ok { // the record takes codes only
				return dsr.Fail(dsr.Invalid, "error.nothing-chosen")
			}
		}
		if proven(s) && !needsAuthority(s) {
			return dsr.Fail(dsr.Conflict, "error.not-now")
		}
		for _, k := range kinds {
			row := documentRow{Organisation: o.id, ID: newID(), Submission: s.ID, Kind: k, MediaType: paper, UploadedAt: micros(t.now),
				SubmittedAt: micros(t.now), DeletedAt: micros(t.now)}
			if err := t.db.Omit("data_sealed").Create(&row).Error; err != nil {
				return err
			}
		}
		return t.papersCame(p, s, open, actor, data{"documents": int64(len(kinds)), "kinds": kinds, "by": "desk"})
	})
}

// papersCame is the command identity-evidence on every case that waits for
// papers: of the person while identity is unproven, of the representative
// afterwards.
func (t *tx) papersCame(p *policy.Pack, s *submissionRow, open []*caseRow, actor dsr.Actor, d data) error {
	// Nobody is told that papers were sent when no case takes them.
	var none error = dsr.Fail(dsr.Conflict, "error.not-now")
	for _, c := range open {
		if c.WithdrawnAt != 0 {
			none = dsr.Fail(dsr.Conflict, "error.withdrawn")
			continue
		}
		if !dsr.CommandIdentityEvidence.Accepts(dsr.Stage(c.Stage)) {
			continue
		}
		none = nil
		own := data{}
		for k, v := range d {
			own[k] = v
		}
		if _, err := t.command(c, actor, dsr.CommandIdentityEvidence, own); err != nil {
			return err
		}
		came := t.evidenceCame
		if proven(s) {
			came = t.authorityCame
		}
		if err := came(p, s, c); err != nil {
			return err
		}
		if err := t.save(c, c.ID); err != nil {
			return err
		}
	}
	return none
}

// submissionOf is the submission of a case.
func (o *Organisation) submissionOf(ctx context.Context, caseID string) (submission string, err error) {
	err = o.view(ctx, func(t *tx) error {
		s, _, err := t.find(caseID)
		if err == nil {
			submission = s.ID
		}
		return err
	})
	return submission, err
}

// intakeState fills what the case page says about the intake: the three days of
// a letter, the recording notice, the representative. It opens nothing.
func (t *tx) intakeState(page *dsr.CasePage, p *policy.Pack, s *submissionRow, c *caseRow) (err error) {
	page.PostedOn, page.DeemedAt, page.EnteredAt, page.RecordingToldAt = s.PostedOn, s.DeemedAt, s.EnteredAt, s.RecordingToldAt
	page.Authority, err = t.authorityState(p, s, c)
	return err
}
