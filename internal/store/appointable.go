package store

import (
	"context"

	"madoguchi/dsr"
)

// Appointable are the members of staff who have a role here that counts only
// with an appointment, whether or not they have one: those among whom a
// manager or an admin chooses.
func (o *Organisation) Appointable(ctx context.Context, actor dsr.Actor) (out []dsr.Staff, err error) {
	if err := needRole(actor, dsr.RoleManager, dsr.RoleAdmin); err != nil {
		return nil, err
	}
	err = o.view(ctx, func(t *tx) error {
		var rows []staffRow
		if err := t.db.Raw(`SELECT * FROM staff WHERE disabled_at = 0 AND id IN (SELECT staff FROM staff_roles WHERE organisation = ?
			AND role IN ? AND since_at <= ? AND (until_at = 0 OR until_at > ?)) ORDER BY name, login`,
			o.id, appointable, micros(t.now), micros(t.now)).Scan(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			out = append(out, dsr.Staff{ID: r.ID, Login: r.Login, Name: r.Name, Voice: dsr.Voice(r.Voice)})
		}
		return nil
	})
	return out, err
}
