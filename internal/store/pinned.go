package store

import "context"

// Pinned are the references of an organisation's open cases that arrived under a
// version of its policy, by the version's digest, in the order of their arrival:
// references and nothing of anybody. It is for the machine's own commands.
func (s *Store) Pinned(ctx context.Context, organisation, digest string) (references []string, err error) {
	o := s.For(organisation)
	err = o.view(ctx, func(t *tx) error {
		var rows []struct {
			Reference string `gorm:"column:reference"`
			Number    int64  `gorm:"column:number"`
		}
		err := t.db.Raw(`SELECT s.reference, c.number`+listJoin+` WHERE c.organisation = ? AND c.stage <> 'closed' AND s.pack_digest = ?
			ORDER BY c.arrived_at, c.id`, o.id, digest).Scan(&rows).Error
		for _, r := range rows {
			references = append(references, caseReference(r.Reference, r.Number))
		}
		return err
	})
	return references, err
}
