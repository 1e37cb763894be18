package store

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"madoguchi/dsr"
	"madoguchi/internal/evidence"
)

// newID is a UUIDv7: it sorts by time, and a restored backup never gives it
// out a second time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// data are the details of a command or an event: IDs, enums, counts, times and
// the steps of an arithmetic. Never a person.
type data = map[string]any

// record appends an event to the case's chain, in the transaction that made it
// true.
//
// Whatever a member of staff does to a case is recorded, so that here is also
// where an appointment that ended takes effect.
func (t *tx) record(c *caseRow, actor dsr.Actor, kind string, d data) error {
	if err := t.appointed(actor); err != nil {
		return err
	}
	head := evidence.Head{Organisation: t.o.id, Case: c.ID, Seq: c.EvidenceSeq, At: instant(c.EvidenceAt)}
	if c.EvidenceHead != "" {
		h, err := hex.DecodeString(c.EvidenceHead)
		if err != nil {
			return fmt.Errorf("store: head of case %s: %w", c.ID, err)
		}
		head.Hash = h
	}
	e, next, err := evidence.Append(head, evidence.Event{Organisation: t.o.id, Case: c.ID, At: t.now, Kind: kind,
		Actor: actor.ID, ActorKind: string(actor.Kind), Data: d})
	if err != nil {
		return err
	}
	text, err := evidence.CanonicalData(e.Data)
	if err != nil {
		return err
	}
	c.EvidenceSeq, c.EvidenceHead, c.EvidenceAt = next.Seq, hex.EncodeToString(next.Hash), micros(next.At)
	return t.db.Create(&evidenceRow{Organisation: t.o.id, CaseID: c.ID, Seq: e.Seq, At: micros(e.At), Kind: e.Kind,
		ActorKind: e.ActorKind, Actor: e.Actor, Data: string(text), PrevHash: hex.EncodeToString(e.PrevHash),
		Hash: hex.EncodeToString(e.Hash)}).Error
}

// command writes the next command of a case and its evidence. The caller holds
// the lock, has checked the actor, and saves the case.
func (t *tx) command(c *caseRow, actor dsr.Actor, kind dsr.CommandKind, d data) (*commandRow, error) {
	if kind != dsr.CommandFiled && !kind.Accepts(dsr.Stage(c.Stage)) {
		return nil, wrongStage(c, kind)
	}
	if d == nil {
		d = data{}
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	c.LastCommand++
	row := &commandRow{Organisation: t.o.id, ID: newID(), CaseID: c.ID, Number: c.LastCommand, Kind: string(kind),
		ActorKind: string(actor.Kind), Actor: actor.ID, Data: string(text), At: micros(t.now)}
	if err := t.db.Create(row).Error; err != nil {
		return nil, err
	}
	t.wrote = append(t.wrote, c.ID)
	d["command"] = c.LastCommand
	return row, t.record(c, actor, string(kind), d)
}

// wrongStage says in words why a command is not taken.
func wrongStage(c *caseRow, kind dsr.CommandKind) error {
	code := "error.not-now"
	switch {
	case c.Stage == string(dsr.StageClosed):
		code = "error.case-closed"
	case kind == dsr.CommandWithdrawn:
		code = "error.withdrawal-too-late"
	}
	return dsr.Fail(dsr.Conflict, code, "stage", c.Stage)
}

// refused records an attempt that was not allowed and tells the caller so; the
// transaction commits, because an auditor would want to know.
func (t *tx) refused(c *caseRow, actor dsr.Actor, what string, err error) error {
	if e := t.record(c, actor, "refused", data{"what": what, "code": dsr.CodeOf(err)}); e != nil {
		return e
	}
	if e := t.save(c, c.ID); e != nil {
		return e
	}
	t.refusal = err
	return nil
}

// needRole checks that the actor is staff with one of the roles here.
func needRole(actor dsr.Actor, roles ...dsr.Role) error {
	if actor.Kind != dsr.ActorStaff || !actor.Has(roles...) {
		return dsr.Fail(dsr.Forbidden, "error.forbidden")
	}
	return nil
}

// openTask opens a task once an occasion; again is not an error.
func (t *tx) openTask(c *caseRow, kind dsr.TaskKind, occasion, cause string) error {
	var n int64
	err := t.db.Model(&taskRow{}).Where("organisation = ? AND case_id = ? AND kind = ? AND occasion = ?",
		t.o.id, c.ID, string(kind), occasion).Count(&n).Error
	if err != nil || n > 0 {
		return err
	}
	row := taskRow{Organisation: t.o.id, ID: newID(), CaseID: c.ID, Kind: string(kind), Occasion: occasion, State: "open",
		Cause: cause, OpenedAt: micros(t.now), DueAt: c.TargetAt, Version: 1}
	if err := t.db.Create(&row).Error; err != nil {
		return err
	}
	return t.record(c, dsr.Engine, "task-opened", data{"task": row.ID, "kind": string(kind), "cause": cause})
}

// takeTask checks that the task is this case's, of this kind, still to do, and
// claimed by the actor.
func (t *tx) takeTask(c *caseRow, actor dsr.Actor, id string, kinds ...dsr.TaskKind) (*taskRow, error) {
	var row taskRow
	q := t.db.Where("organisation = ? AND case_id = ? AND state IN ('open', 'claimed')", t.o.id, c.ID)
	if id != "" {
		q = q.Where("id = ?", id)
	} else {
		q = q.Where("kind = ?", string(kinds[0]))
	}
	if err := q.Order("opened_at DESC").Limit(1).Take(&row).Error; err != nil {
		if f := fault(err); dsr.FaultOf(f) == dsr.NotFound {
			return nil, dsr.Fail(dsr.Conflict, "error.task-done")
		}
		return nil, err
	}
	ok := false
	for _, k := range kinds {
		ok = ok || row.Kind == string(k)
	}
	if !ok {
		return nil, dsr.Fail(dsr.Conflict, "error.task-done")
	}
	if row.State != "claimed" || row.Assignee != actor.ID {
		name, err := t.staffName(row.Assignee)
		if err != nil {
			return nil, err
		}
		if row.Assignee == "" {
			return nil, dsr.Fail(dsr.Conflict, "error.task-not-claimed")
		}
		return nil, dsr.Fail(dsr.Conflict, "error.task-taken", "name", name)
	}
	return &row, nil
}

// closeTask ends a task.
func (t *tx) closeTask(row *taskRow, by, result string) error {
	row.State, row.ClosedAt, row.ClosedBy, row.Result = "done", micros(t.now), by, result
	return t.save(row, row.ID)
}

// cancelTasks ends the open tasks of the kinds; none means every kind.
func (t *tx) cancelTasks(c *caseRow, kinds ...dsr.TaskKind) error {
	q := t.db.Model(&taskRow{}).Where("organisation = ? AND case_id = ? AND state IN ('open', 'claimed')", t.o.id, c.ID)
	if len(kinds) > 0 {
		var ks []string
		for _, k := range kinds {
			ks = append(ks, string(k))
		}
		q = q.Where("kind IN ?", ks)
	}
	return q.Updates(map[string]any{"state": "cancelled", "closed_at": micros(t.now), "closed_by": dsr.Engine.ID,
		"version": gormAdd("version")}).Error
}

// endings are the notices that a person must get although the case is closed:
// decisions, the data, and that the case ended.
var endings = []string{"N-12", "N-13", "N-14", "N-15", "N-16", "N-17", "N-18", "N-19", "N-20", "N-21", "N-23", "N-34"}

// cancelAtEnd ends the tasks that closing makes needless. What the person wrote
// is still to be read, who did not get the answer is still to be reached, and a
// letter that was written is posted: somebody may hold it in their hands.
func (t *tx) cancelAtEnd(c *caseRow) error {
	return t.db.Model(&taskRow{}).Where("organisation = ? AND case_id = ? AND state IN ('open', 'claimed') AND kind NOT IN ? AND NOT (kind = ? AND cause IN ?)",
		t.o.id, c.ID, []string{string(dsr.TaskAnswerMessage), string(dsr.TaskPostLetter)}, string(dsr.TaskReachPerson), endings).
		Updates(map[string]any{"state": "cancelled", "closed_at": micros(t.now), "closed_by": dsr.Engine.ID, "version": gormAdd("version")}).Error
}

// hasOpenTask reports whether a task of the kind is to be done.
func (t *tx) hasOpenTask(c *caseRow, kind dsr.TaskKind) (bool, error) {
	var n int64
	err := t.db.Model(&taskRow{}).Where("organisation = ? AND case_id = ? AND kind = ? AND state IN ('open', 'claimed')",
		t.o.id, c.ID, string(kind)).Count(&n).Error
	return n > 0, err
}

// staffName is a colleague's display name, "" for none.
func (t *tx) staffName(id string) (string, error) {
	if id == "" {
		return "", nil
	}
	var name string
	err := t.db.Raw("SELECT name FROM staff WHERE id = ?", id).Scan(&name).Error
	return name, err
}

// later is now plus d, in microseconds.
func (t *tx) later(d time.Duration) int64 { return micros(t.now.Add(d)) }
