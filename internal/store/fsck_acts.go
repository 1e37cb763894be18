package store

import "madoguchi/dsr"

// actChecks are the invariants about what is done in connected systems and what
// follows from it.
var actChecks = []struct{ invariant, text string }{
	{"holds", "nothing stays held for a case that is closed"},
	{"acts", "what was decided was carried out; what cannot be undone by two people's word, after its cooling-off"},
	{"scheduled", "what is kept has its day, its key and its two people, and is erased then"},
	{"recipients", "whoever received what was changed was told, or tried three times"},
}

// acts checks them. Each looks at every case, so that none is passed over
// because nothing of its sort is there.
func (k *checker) acts() error {
	for _, x := range actChecks {
		k.rows[x.invariant] += len(k.cases)
	}
	for table, invariant := range map[string]string{"scheduled_erasures": "scheduled", "recipients": "recipients", "effects": "acts"} {
		if err := k.count(invariant, table); err != nil {
			return err
		}
	}
	for _, c := range k.cases {
		if dsr.Stage(c.Stage).Open() {
			continue
		}
		for _, system := range standing(k.effects[c.ID]) {
			k.wrong("holds", c.ID, "it is closed, and system %s may still hold something for it", system)
		}
	}
	now := micros(k.t.now)
	const ofCase = `SELECT c.id FROM cases c WHERE c.organisation = ? AND `
	const ofEffect = `SELECT DISTINCT e.case_id FROM effects e JOIN cases c ON c.organisation = e.organisation AND c.id = e.case_id WHERE e.organisation = ? AND `
	const agreed = `EXISTS (SELECT 1 FROM proposals p WHERE p.organisation = e.organisation AND p.case_id = e.case_id AND p.verdict = 'approved'
		AND p.approver <> '' AND p.approver <> p.proposer AND p.decided_at <= e.permitted_at)`
	const ofScheduled = `SELECT x.case_id FROM scheduled_erasures x WHERE x.organisation = ? AND `
	const key = `EXISTS (SELECT 1 FROM keys y WHERE y.organisation = x.organisation AND y.id = x.id AND y.destroyed_at = 0)`
	for _, x := range []struct {
		invariant, what, query string
		args                   []any
	}{
		{"acts", "something was changed in a connected system, and no two people had agreed",
			ofEffect + "e.action IN ('suspend', 'correct', 'erase') AND e.fence > 0 AND NOT " + agreed, nil},
		{"acts", "it erased before its cooling-off was over", ofEffect + `e.action = 'erase' AND e.state IN ('attempting', 'verified')
			AND e.plan_version = c.plan_version AND (c.cooling_until = 0 OR e.permitted_at < c.cooling_until AND NOT (
			EXISTS (SELECT 1 FROM milestones m WHERE m.organisation = c.organisation AND m.case_id = c.id AND m.name = 'cooling-off' AND m.fired_at > 0 AND m.fired_at <= e.permitted_at)
			AND EXISTS (SELECT 1 FROM milestones m WHERE m.organisation = c.organisation AND m.case_id = c.id AND m.name = 'cooling-off' AND m.armed_at > e.permitted_at)))`, nil},
		{"acts", "it erased what somebody had stopped", ofEffect + "e.action = 'erase' AND e.state = 'verified' AND e.plan_version = c.plan_version AND c.stopped_at > 0", nil},
		{"acts", "it was answered, and what was decided about an item was neither carried out nor waived by a person",
			ofCase + `c.answered_at > 0 AND c.agreed > 0 AND c.decided IN ('fulfilled', 'partial', 'alternative')
			AND EXISTS (SELECT 1 FROM items i WHERE i.organisation = c.organisation AND i.case_id = c.id AND i.plan_version = c.plan_version
			AND i.measure IN ('correct', 'delete', 'suspend', 'erase') AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.organisation = i.organisation
			AND e.case_id = i.case_id AND e.object = i.id AND e.plan_version = i.plan_version AND e.state IN ('verified', 'waived')
			AND e.action = CASE i.measure WHEN 'delete' THEN 'correct' ELSE i.measure END))`, nil},
		{"acts", "it says that fields are held, and no freeze was read back", ofCase + `c.frozen_at > 0 AND NOT EXISTS (SELECT 1 FROM effects e
			WHERE e.organisation = c.organisation AND e.case_id = c.id AND e.action = 'freeze' AND e.state = 'verified')`, nil},
		{"scheduled", "an item is kept, and nothing says until when", ofCase + `c.answered_at > 0 AND c.agreed > 0 AND c.decided = 'partial'
			AND EXISTS (SELECT 1 FROM items i WHERE i.organisation = c.organisation AND i.case_id = c.id AND i.plan_version = c.plan_version AND i.measure = 'keep'
			AND NOT EXISTS (SELECT 1 FROM scheduled_erasures x WHERE x.organisation = i.organisation AND x.case_id = i.case_id AND x.item = i.id AND x.state <> 'waived'))`, nil},
		{"scheduled", "one person agreed with their own erasure", ofScheduled + "(x.approver = x.proposer OR x.approver = '')", nil},
		{"scheduled", "an erasure waits for its day, and its key or its way to the rows is gone",
			ofScheduled + "x.state IN ('planned', 'attempting', 'failed') AND (COALESCE(length(x.locator_sealed), 0) = 0 OR NOT " + key + ")", nil},
		{"scheduled", "an erasure is over, and what is only needed for it is still there",
			ofScheduled + "x.state IN ('verified', 'waived') AND (COALESCE(length(x.locator_sealed), 0) > 0 OR " + key + ")", nil},
		{"scheduled", "an erasure came before its day, or says nothing of when", ofScheduled + "x.state = 'verified' AND x.verified_at < x.due_at", nil},
		{"scheduled", "an erasure is due since more than a day, and nobody was told why it is not done", ofScheduled + `x.state IN ('planned', 'attempting', 'failed')
			AND x.due_at < ? AND NOT EXISTS (SELECT 1 FROM cases o JOIN subjects u ON u.organisation = o.organisation AND u.submission = o.submission
			WHERE o.organisation = x.organisation AND o.stage <> 'closed' AND u.hash = x.subject)
			AND NOT EXISTS (SELECT 1 FROM tasks k WHERE k.organisation = x.organisation AND k.case_id = x.case_id AND k.kind = 'escalation'
			AND k.occasion LIKE 'erasure/' || x.id || '/%')`, []any{now - 24*3600*1e6}},
		{"recipients", "it is closed, and a recipient was never told", `SELECT c.id FROM cases c JOIN recipients r ON r.organisation = c.organisation AND r.case_id = c.id
			WHERE c.organisation = ? AND c.stage = 'closed' AND r.state <> 'done'`, nil},
		{"recipients", "it counts other attempts to tell a recipient than there were", `SELECT r.case_id FROM recipients r WHERE r.organisation = ?
			AND r.attempts <> (SELECT COUNT(*) FROM recipient_attempts a WHERE a.organisation = r.organisation AND a.recipient_id = r.id)`, nil},
		{"recipients", "a recipient counts as settled otherwise than the attempts say", `SELECT r.case_id FROM recipients r WHERE r.organisation = ? AND r.state = 'done'
			AND NOT (r.result = 'unreachable' AND r.attempts >= 3 OR EXISTS (SELECT 1 FROM recipient_attempts a WHERE a.organisation = r.organisation
			AND a.recipient_id = r.id AND a.result = r.result))`, nil},
		{"recipients", "a recipient is to be told, and nobody has the task", `SELECT r.case_id FROM recipients r WHERE r.organisation = ? AND r.state = 'open'
			AND NOT EXISTS (SELECT 1 FROM tasks k WHERE k.organisation = r.organisation AND k.case_id = r.case_id AND k.kind = 'inform-recipient'
			AND k.occasion = r.id AND k.state IN ('open', 'claimed'))`, nil},
	} {
		if err := k.find(x.invariant, x.what, x.query, x.args...); err != nil {
			return err
		}
	}
	return nil
}

// failedUnseen reports whether an act of the present plan failed for good and
// nobody has the task to see to it.
func (k *checker) failedUnseen(c *caseRow, actions ...dsr.Action) bool {
	for _, e := range k.effects[c.ID] {
		for _, a := range actions {
			if e.Action == string(a) && e.PlanVersion == c.PlanVersion && e.State == dsr.EffectFailed && !k.tasks[c.ID][string(dsr.TaskCollect)] {
				return true
			}
		}
	}
	return false
}
