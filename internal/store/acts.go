package store

import (
	"context"
	"slices"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// heldAlready marks a freeze that the desk's own hold on the same record stands
// for.
const heldAlready = "held"

// provisional is the object of a freeze that the desk placed before identity
// was proven: the person's own freeze is another effect, because it may be on
// another record.
func provisional(c *caseRow) string { return c.ID + "/provisional" }

// ended reports whether the case ends without, or beside, a decision about its
// items; see dsr.Facts.Ended.
func ended(c *caseRow) bool {
	switch dsr.Outcome(c.Decided) {
	case dsr.OutcomeReclassified, dsr.OutcomeDuplicate, dsr.OutcomeMerged:
		return true
	}
	return c.WithdrawalFinalAt != 0 || c.ExpiredAt != 0
}

// claims are what a correction disputes, opened.
func (t *tx) claims(c *caseRow) (out []dsr.Claim, err error) {
	if len(c.ClaimsSealed) == 0 {
		return nil, nil
	}
	return out, t.unseal(c.ID, "cases", "claims_sealed", c.ID, c.ClaimsSealed, &out)
}

// disputed are the places in connected systems that hold a field which the
// person disputes. A freeze is on these and no others (D.7).
func (t *tx) disputed(p *policy.Pack, c *caseRow) (out []policy.Place, err error) {
	fields, err := t.claimed(c)
	return p.Disputed(fields), err
}

// claimed are the fields that a correction disputes, each once.
func (t *tx) claimed(c *caseRow) (fields []string, err error) {
	claims, err := t.claims(c)
	for _, x := range claims {
		if x.Field != "" && !slices.Contains(fields, x.Field) {
			fields = append(fields, x.Field)
		}
	}
	return fields, err
}

// heldRecord is the record in which the desk froze before identity was proven;
// nil for none.
func (t *tx) heldRecord(c *caseRow) (*dsr.Candidate, error) {
	if len(c.HoldSealed) == 0 {
		return nil, nil
	}
	var on dsr.Candidate
	return &on, t.unseal(c.ID, "cases", "hold_sealed", c.ID, c.HoldSealed, &on)
}

// freezes are the ledger rows of a freeze: before identity is proven the one
// that the desk placed, after it one for every system, of which those without a
// disputed field, or without a record of the person, have nothing to do. A
// system that cannot hold says so itself, and a person sees to it.
func (t *tx) freezes(p *policy.Pack, s *submissionRow, c *caseRow) (out []planned, err error) {
	places, err := t.disputed(p, c)
	if err != nil {
		return nil, err
	}
	held, err := t.heldRecord(c)
	if err != nil {
		return nil, err
	}
	if !proven(s) {
		if held != nil && c.HoldAt != 0 {
			out = append(out, planned{held.Connector, provisional(c), ""})
		}
		return out, nil
	}
	for _, sys := range p.Systems {
		w := planned{sys.ID, c.ID, ""}
		chosen, err := t.chosenIn(s, sys.ID)
		if err != nil {
			return nil, err
		}
		switch {
		case !slices.ContainsFunc(places, func(x policy.Place) bool { return x.System == sys.ID }):
			w.waived = "no-field"
		case chosen == nil:
			w.waived = "no-record"
		case held != nil && held.Connector == sys.ID && held.Key == chosen.Key:
			done, err := t.verifiedOn(c, dsr.ActionFreeze, provisional(c))
			if err != nil {
				return nil, err
			}
			if done {
				w.waived = heldAlready
			}
		}
		out = append(out, w)
	}
	return out, nil
}

// verifiedOn reports whether an act on an object was read back under the
// present plan.
func (t *tx) verifiedOn(c *caseRow, action dsr.Action, object string) (bool, error) {
	var n int64
	err := t.db.Model(&effectRow{}).Where("organisation = ? AND case_id = ? AND action = ? AND object = ? AND plan_version = ? AND state = 'verified'",
		t.o.id, c.ID, string(action), object, c.PlanVersion).Count(&n).Error
	return n > 0, err
}

// holdWanted reports whether a disputed field is to be frozen and is not yet:
// because the policy promises it to everybody who is proven to be the person,
// or because the desk placed it.
func (t *tx) holdWanted(s *submissionRow, c *caseRow) (bool, error) {
	if !dsr.Kind(c.Kind).Freezes() || c.Decided != "" || c.FrozenAt != 0 || c.AnsweredAt != 0 || !dsr.Stage(c.Stage).Open() {
		return false, nil
	}
	object := c.ID
	if !proven(s) {
		if c.HoldAt == 0 {
			return false, nil
		}
		object = provisional(c)
	} else if c.HoldAt == 0 {
		p, err := t.pack(s)
		if err != nil {
			return false, err
		}
		if dsr.FreezeOf(p, dsr.Kind(c.Kind)) != dsr.FreezePromised {
			return false, nil
		}
	}
	done, err := t.settledOn(c, dsr.ActionFreeze, c.PlanVersion, object)
	return !done, err
}

// standing are the connected systems in which this case may still hold
// something: what was tried there and not let go since. A try that nobody heard
// of counts too, because it may have been carried out.
func (t *tx) standing(c *caseRow) (out []string, err error) {
	var rows []effectRow
	if err := t.db.Where("organisation = ? AND case_id = ? AND action IN ?", t.o.id, c.ID,
		[]string{string(dsr.ActionPreserve), string(dsr.ActionFreeze), string(dsr.ActionRelease)}).Order("connector").Find(&rows).Error; err != nil {
		return nil, err
	}
	return standing(rows), nil
}

// standing is that of the ledger's rows; fsck asks it of all cases.
func standing(rows []effectRow) (out []string) {
	held, released := map[string]int64{}, map[string]int64{}
	for _, r := range rows {
		done := r.State == dsr.EffectVerified
		switch dsr.Action(r.Action) {
		case dsr.ActionRelease:
			if done || r.State == dsr.EffectWaived {
				released[r.Connector] = max(released[r.Connector], r.PlanVersion)
			}
		case dsr.ActionPreserve, dsr.ActionFreeze:
			if done || r.Fence > 0 && r.ErrorCode != codeUnsupported {
				held[r.Connector] = max(held[r.Connector], r.PlanVersion)
			}
		}
	}
	for _, r := range rows {
		if held[r.Connector] > released[r.Connector] && !slices.Contains(out, r.Connector) {
			out = append(out, r.Connector)
		}
	}
	return out
}

// codeUnsupported is what a connected system answers to an act that its
// mapping does not have: nothing was held there.
const codeUnsupported = "connector.unsupported"

// agreedItems are the items that the agreed proposal wants an act for, in their
// order.
func (t *tx) agreedItems(c *caseRow, action dsr.Action) (out []itemRow, err error) {
	if c.Agreed == 0 || c.Decided == "" {
		return nil, nil
	}
	_, content, err := t.proposal(c, c.Agreed)
	if err != nil {
		return nil, err
	}
	for _, d := range content.Decisions {
		if d.Measure.Action() != action || action == "" {
			continue
		}
		var it itemRow
		if err := t.db.Where("organisation = ? AND case_id = ? AND id = ? AND plan_version = ?", t.o.id, c.ID, d.Item, c.PlanVersion).
			Take(&it).Error; err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, nil
}

// todo is the next act of the agreed plan, what can be undone first; erases
// says that an erasure is still to come, now or after its cooling-off.
func (t *tx) todo(c *caseRow) (next dsr.Action, erases bool, err error) {
	if c.Agreed == 0 || c.Decided == "" || !dsr.Stage(c.Stage).Open() || dsr.Kind(c.Kind) == dsr.KindDisclosure {
		return "", false, nil
	}
	_, content, err := t.proposal(c, c.Agreed)
	if err != nil {
		return "", false, err
	}
	var settled []string
	if err := t.db.Model(&effectRow{}).Where("organisation = ? AND case_id = ? AND plan_version = ? AND action IN ? AND state IN ('verified', 'waived')",
		t.o.id, c.ID, c.PlanVersion, changing).Pluck("id", &settled).Error; err != nil {
		return "", false, err
	}
	var items []itemRow
	if err := t.db.Select("id", "system").Where("organisation = ? AND case_id = ? AND plan_version = ?", t.o.id, c.ID, c.PlanVersion).
		Find(&items).Error; err != nil {
		return "", false, err
	}
	system := map[string]string{}
	for _, it := range items {
		system[it.ID] = it.System
	}
	open := map[dsr.Action]bool{}
	for _, d := range content.Decisions {
		if a := d.Measure.Action(); a != "" && !slices.Contains(settled, effectID(c.ID, system[d.Item], a, d.Item, c.PlanVersion)) {
			open[a] = true
		}
	}
	for _, a := range []dsr.Action{dsr.ActionSuspend, dsr.ActionCorrect} {
		if open[a] {
			return a, open[dsr.ActionErase], nil
		}
	}
	if !open[dsr.ActionErase] {
		return "", false, nil
	}
	over, err := t.cooledOff(c)
	if err != nil || !over {
		return "", true, err
	}
	return dsr.ActionErase, true, nil
}

// changing are the acts that carry a decision out.
var changing = []string{string(dsr.ActionSuspend), string(dsr.ActionCorrect), string(dsr.ActionErase)}

// irreversible reports whether something that cannot be undone was begun:
// nothing can be taken back then (T22).
func (t *tx) irreversible(c *caseRow) (bool, error) {
	var n int64
	err := t.db.Model(&effectRow{}).Where("organisation = ? AND case_id = ? AND plan_version = ? AND action IN ? AND fence > 0",
		t.o.id, c.ID, c.PlanVersion, []string{string(dsr.ActionCorrect), string(dsr.ActionErase)}).Count(&n).Error
	return n > 0, err
}

// Instruction opens what an act on a connected system needs; the opening
// commits with it, or nothing is given.
func (o *Organisation) Instruction(ctx context.Context, effect string) (in dsr.Instruction, err error) {
	err = o.write(ctx, func(t *tx) error {
		s, c, row, err := t.effect(effect)
		if err != nil {
			return err
		}
		if row.State != dsr.EffectAttempting {
			return dsr.Fail(dsr.Conflict, "error.not-now")
		}
		if err := t.opened(s.ID, c.ID, dsr.Engine, row.Action, "record"); err != nil {
			return err
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		in, err = t.instruction(p, s, c, row)
		return err
	})
	if err != nil {
		return dsr.Instruction{}, err
	}
	return in, nil
}

func (t *tx) instruction(p *policy.Pack, s *submissionRow, c *caseRow, row *effectRow) (in dsr.Instruction, err error) {
	in = dsr.Instruction{Action: dsr.Action(row.Action), Token: c.ID}
	on, err := t.chosenIn(s, row.Connector)
	if err != nil {
		return in, err
	}
	if row.Object == provisional(c) || on == nil && in.Action == dsr.ActionRelease {
		if on, err = t.heldRecord(c); err != nil {
			return in, err
		}
	}
	if on == nil || on.Connector != row.Connector {
		return in, dsr.Fail(dsr.Conflict, "error.no-record")
	}
	in.Record = on.Key
	switch in.Action {
	case dsr.ActionFreeze:
		places, err := t.disputed(p, c)
		if err != nil {
			return in, err
		}
		for _, x := range places {
			if x.System == row.Connector {
				in.Fields = append(in.Fields, dsr.Field{Category: x.Category, Column: x.Column})
			}
		}
		if row.Object == c.ID {
			held, err := t.heldRecord(c)
			if err != nil {
				return in, err
			}
			in.Moves = held != nil && held.Connector == row.Connector && held.Key != on.Key
		}
		if len(in.Fields) == 0 { // none would mean all of the record
			return in, dsr.Fail(dsr.Conflict, "error.no-field")
		}
	case dsr.ActionSuspend, dsr.ActionCorrect, dsr.ActionErase:
		var it itemRow
		if err := t.db.Where("organisation = ? AND case_id = ? AND id = ?", t.o.id, c.ID, row.Object).Take(&it).Error; err != nil {
			return in, err
		}
		rec, err := t.itemRecord(&it)
		if err != nil {
			return in, err
		}
		_, content, err := t.proposal(c, c.Agreed)
		if err != nil {
			return in, err
		}
		in.Category, in.Rows = it.Category, rec.RowKeys
		for _, d := range content.Decisions {
			if d.Item == it.ID && in.Action == dsr.ActionCorrect {
				in.Changes = d.Changes
			}
		}
		switch in.Action {
		case dsr.ActionCorrect:
			var more int64
			err = t.db.Raw(`SELECT COUNT(*) FROM effects e JOIN items i ON i.organisation = e.organisation AND i.id = e.object
				WHERE e.organisation = ? AND e.case_id = ? AND e.connector = ? AND e.action = ? AND e.plan_version = ? AND e.id <> ?
				AND e.state NOT IN ('verified', 'waived') AND i.category = ?`,
				t.o.id, c.ID, row.Connector, row.Action, row.PlanVersion, row.ID, it.Category).Scan(&more).Error
			in.Stays = more > 0
		case dsr.ActionErase:
			err = t.db.Model(&caseRow{}).Where("organisation = ? AND submission = ? AND id <> ? AND collected_at <> 0", t.o.id, s.ID, c.ID).
				Pluck("id", &in.Beside).Error
		}
		if err != nil {
			return in, err
		}
	}
	return in, nil
}

// SaveActed verifies an act with what the system read back: counts only. What
// the case waits for as a whole is noted with the last one.
func (o *Organisation) SaveActed(ctx context.Context, effect string, fence int, acted dsr.Acted) error {
	return o.write(ctx, func(t *tx) error {
		s, c, row, err := t.effect(effect)
		if err != nil {
			return err
		}
		ok, err := t.verified(row, fence)
		if err != nil || !ok {
			return err
		}
		d := data{"effect": row.ID, "action": row.Action, "connector": row.Connector, "rows": acted.Rows, "again": acted.Again}
		if slices.Contains(changing, row.Action) {
			d["item"] = row.Object
		}
		if err := t.record(c, dsr.Engine, "effect-verified", d); err != nil {
			return err
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		if err := t.settle(p, s, c, dsr.Action(row.Action)); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// PlaceHold is the command hold-placed: a handler who holds the identity task
// freezes the disputed fields in the record of a candidate, before identity is
// proven. It ends with the case, however that ends; nobody outside is told.
func (o *Organisation) PlaceHold(ctx context.Context, actor dsr.Actor, caseID, task string, candidate int) error {
	if err := needRole(actor, dsr.RoleHandler); err != nil {
		return err
	}
	return o.order(ctx, caseID, func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		if err := notWithdrawn(c); err != nil {
			return err
		}
		if !dsr.Kind(c.Kind).Freezes() {
			return dsr.Fail(dsr.Invalid, "error.hold-nothing")
		}
		if proven(s) || c.HoldAt != 0 {
			return dsr.Fail(dsr.Conflict, "error.task-done")
		}
		if _, err := t.takeTask(c, actor, task, dsr.TaskVerifyIdentity); err != nil {
			return err
		}
		found, err := t.candidates(s)
		if err != nil {
			return err
		}
		if candidate < 0 || candidate >= len(found) {
			return dsr.Fail(dsr.Invalid, "error.candidate-unknown")
		}
		on := found[candidate]
		places, err := t.disputed(p, c)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(places, func(x policy.Place) bool { return x.System == on.Connector }) {
			return dsr.Fail(dsr.Invalid, "error.hold-nothing") // no disputed field is there
		}
		if c.HoldSealed, err = t.seal(c.ID, "cases", "hold_sealed", c.ID, on); err != nil {
			return err
		}
		c.HoldAt = micros(t.now)
		if _, err := t.command(c, actor, dsr.CommandHoldPlaced, data{"connector": on.Connector}); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}
