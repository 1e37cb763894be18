package store

import (
	"context"
	"slices"

	"madoguchi/dsr"
)

// appointable are the roles that count only with an appointment where a policy
// asks for one. A clerk takes requests down and opens nothing; an auditor and an
// admin have ends and limits of their own.
var appointable = []dsr.Role{dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager}

// appoints reports whether the organisation's policy asks for appointments.
func (o *Organisation) appoints() (bool, error) {
	p, err := o.current()
	return err == nil && p.Roles != nil && p.Roles.Appointments, err
}

// appointmentsOf are the roles in which somebody is appointed at this instant.
func (t *tx) appointmentsOf(staff string) (roles []string, err error) {
	return roles, t.db.Raw(`SELECT role FROM appointments WHERE organisation = ? AND staff = ? AND from_at <= ?
		AND (until_at = 0 OR until_at > ?) AND ended_at = 0`, t.o.id, staff, micros(t.now), micros(t.now)).Scan(&roles).Error
}

// appointed refuses a member of staff whose appointment is not there or ended:
// every role that they act in must have one, at the instant of the transaction,
// whatever their session said when the page was opened.
func (t *tx) appointed(actor dsr.Actor) error {
	if actor.Kind != dsr.ActorStaff {
		return nil
	}
	if needed, err := t.o.appoints(); err != nil || !needed {
		return err
	}
	var roles []string
	for _, r := range appointable {
		if !actor.Has(r) {
			continue
		}
		if roles == nil {
			var err error
			if roles, err = t.appointmentsOf(actor.ID); err != nil {
				return err
			}
			roles = append(roles, "") // asked once
		}
		if !slices.Contains(roles, string(r)) {
			return dsr.Fail(dsr.Forbidden, "error.not-appointed")
		}
	}
	return nil
}

// rolesNow are the roles of a list that count at this instant.
func (t *tx) rolesNow(staff string, roles []dsr.Role) ([]dsr.Role, error) {
	needed, err := t.o.appoints()
	if err != nil || !needed {
		return roles, err
	}
	held, err := t.appointmentsOf(staff)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(roles), func(r dsr.Role) bool {
		return slices.Contains(appointable, r) && !slices.Contains(held, string(r))
	}), nil
}

// Appointments lists who may open cases, and who might, newest first.
func (o *Organisation) Appointments(ctx context.Context, actor dsr.Actor) (out []dsr.Appointment, err error) {
	if err := needRole(actor, dsr.RoleAdmin, dsr.RoleManager, dsr.RoleAuditor); err != nil {
		return nil, err
	}
	err = o.view(ctx, func(t *tx) error {
		if err := t.appointed(actor); err != nil {
			return err
		}
		var rows []appointmentRow
		if err := t.db.Where("organisation = ?", o.id).Order("created_at DESC, id DESC").Find(&rows).Error; err != nil {
			return err
		}
		for _, r := range rows {
			a := dsr.Appointment{ID: r.ID, Staff: r.Staff, Role: dsr.Role(r.Role), FromAt: r.FromAt, UntilAt: r.UntilAt, EndedAt: r.EndedAt}
			for _, n := range []struct {
				to *string
				id string
			}{{&a.StaffName, r.Staff}, {&a.By, r.AppointedBy}, {&a.EndedBy, r.EndedBy}} {
				if *n.to, err = t.staffName(n.id); err != nil {
					return err
				}
			}
			out = append(out, a)
		}
		return nil
	})
	return out, err
}

// Appoint lets a member of staff open cases in a role that they hold, from an
// instant (now, when none is given) to another or without end. Nobody appoints
// themselves: "error.same-person".
func (o *Organisation) Appoint(ctx context.Context, actor dsr.Actor, a dsr.Appointment) error {
	if err := needRole(actor, dsr.RoleAdmin, dsr.RoleManager); err != nil {
		return err
	}
	if a.Staff == actor.ID {
		return dsr.Fail(dsr.Forbidden, "error.same-person")
	}
	if !slices.Contains(appointable, a.Role) {
		return dsr.Fail(dsr.Invalid, "error.role-unknown")
	}
	return o.write(ctx, func(t *tx) error {
		if err := t.appointed(actor); err != nil {
			return err
		}
		now := micros(t.now)
		if a.FromAt == 0 {
			a.FromAt = now
		}
		if a.UntilAt != 0 && (a.UntilAt <= a.FromAt || a.UntilAt <= now) {
			return dsr.Fail(dsr.Invalid, "error.appointment-over")
		}
		// The account's role is given apart: an appointment lets it count.
		var holds, has int64
		if err := t.db.Raw(`SELECT COUNT(*) FROM staff_roles r JOIN staff s ON s.id = r.staff WHERE r.organisation = ? AND r.staff = ? AND r.role = ?
			AND s.disabled_at = 0 AND (r.until_at = 0 OR r.until_at > ?)`, o.id, a.Staff, string(a.Role), now).Scan(&holds).Error; err != nil {
			return err
		}
		if holds == 0 {
			return dsr.Fail(dsr.Invalid, "error.colleague-unknown")
		}
		q := t.db.Model(&appointmentRow{}).Where("organisation = ? AND staff = ? AND role = ? AND ended_at = 0 AND (until_at = 0 OR until_at > ?)",
			o.id, a.Staff, string(a.Role), a.FromAt)
		if a.UntilAt != 0 {
			q = q.Where("from_at < ?", a.UntilAt)
		}
		if err := q.Count(&has).Error; err != nil {
			return err
		}
		if has > 0 {
			return dsr.Fail(dsr.Conflict, "error.exists")
		}
		return t.db.Create(&appointmentRow{Organisation: o.id, ID: newID(), Staff: a.Staff, Role: string(a.Role), AppointedBy: actor.ID,
			FromAt: a.FromAt, UntilAt: a.UntilAt, CreatedAt: now}).Error
	})
}

// EndAppointment ends an appointment at once. What the person holds and may no
// longer do goes back into the queue in the same transaction; ending it again is
// not an error.
func (o *Organisation) EndAppointment(ctx context.Context, actor dsr.Actor, appointment string) error {
	if err := needRole(actor, dsr.RoleAdmin, dsr.RoleManager); err != nil {
		return err
	}
	return o.write(ctx, func(t *tx) error {
		if err := t.appointed(actor); err != nil {
			return err
		}
		var row appointmentRow
		if err := t.db.Where("organisation = ? AND id = ?", o.id, appointment).Take(&row).Error; err != nil {
			return err
		}
		if row.EndedAt != 0 {
			return nil
		}
		if err := t.db.Model(&appointmentRow{}).Where("organisation = ? AND id = ? AND ended_at = 0", o.id, row.ID).
			Updates(map[string]any{"ended_at": micros(t.now), "ended_by": actor.ID}).Error; err != nil {
			return err
		}
		return t.releaseTasks(actor, row)
	})
}

// lapsed ends the appointments whose time is over. They count for nothing since
// then; what the person still holds goes back into the queue.
func (t *tx) lapsed() error {
	var over []appointmentRow
	if err := t.db.Where("organisation = ? AND ended_at = 0 AND until_at > 0 AND until_at <= ?", t.o.id, micros(t.now)).Order("id").
		Limit(50).Find(&over).Error; err != nil {
		return err
	}
	for _, row := range over {
		if err := t.db.Model(&appointmentRow{}).Where("organisation = ? AND id = ? AND ended_at = 0", t.o.id, row.ID).
			Updates(map[string]any{"ended_at": row.UntilAt, "ended_by": dsr.Engine.ID}).Error; err != nil {
			return err
		}
		if err := t.releaseTasks(dsr.Engine, row); err != nil {
			return err
		}
	}
	return nil
}

// releaseTasks gives back what somebody claimed and may no longer do.
func (t *tx) releaseTasks(actor dsr.Actor, ended appointmentRow) error {
	var all []string
	if err := t.db.Raw("SELECT role FROM staff_roles WHERE organisation = ? AND staff = ? AND since_at <= ? AND (until_at = 0 OR until_at > ?)",
		t.o.id, ended.Staff, micros(t.now), micros(t.now)).Scan(&all).Error; err != nil {
		return err
	}
	left := dsr.Actor{Kind: dsr.ActorStaff, ID: ended.Staff}
	for _, r := range all {
		left.Roles = append(left.Roles, dsr.Role(r))
	}
	var err error
	if left.Roles, err = t.rolesNow(ended.Staff, left.Roles); err != nil {
		return err
	}
	// In one order everywhere, so that two who end appointments at once never
	// wait for each other.
	var held []taskRow
	if err := t.db.Raw(`SELECT k.* FROM tasks k JOIN cases c ON c.organisation = k.organisation AND c.id = k.case_id
		WHERE k.organisation = ? AND k.assignee = ? AND k.state = 'claimed' ORDER BY c.submission, k.case_id, k.id`, t.o.id, ended.Staff).
		Scan(&held).Error; err != nil {
		return err
	}
	for _, h := range held {
		if left.Has(dsr.TaskKind(h.Kind).Roles()...) {
			continue
		}
		_, c, err := t.lockCase(h.CaseID)
		if err != nil {
			return err
		}
		var row taskRow
		if err := t.db.Where("organisation = ? AND id = ?", t.o.id, h.ID).Take(&row).Error; err != nil {
			return err
		}
		if row.State != "claimed" || row.Assignee != ended.Staff {
			continue // settled while we waited for the lock
		}
		row.State, row.Assignee, row.ClaimedAt = "open", "", 0
		by := actor
		if by.ID == ended.Staff {
			by = dsr.Engine // whoever ends their own has no word in a case any more
		}
		if err := t.moved(c, by, &row, "task-released", data{"from": ended.Staff, "cause": "appointment-ended"}); err != nil {
			return err
		}
	}
	return nil
}
