package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/evidence"
	"madoguchi/policy"
)

// shell is a case without the person. A case whose target had passed before it
// began to wait for the person is late, not paused.
func (t *tx) shell(s *submissionRow, c *caseRow) dsr.Shell {
	sh := dsr.Shell{Case: c.ID, Submission: c.Submission, Reference: caseReference(s.Reference, c.Number), Kind: dsr.Kind(c.Kind),
		Stage: dsr.Stage(c.Stage), StageSince: c.StageSince, Outcome: dsr.Outcome(c.Outcome), Channel: dsr.Channel(s.Channel),
		Voice: dsr.Voice(s.Voice), ArrivedAt: c.ArrivedAt, ReceivedAt: c.ReceivedAt, TargetAt: c.TargetAt, TargetOn: c.TargetOn,
		GuardAt: c.GuardAt, Paused: c.PausedFor != "" && c.TargetAt == 0, PausedFor: c.PausedFor, PausedAt: c.PausedAt, UnitsLeft: int(c.UnitsLeft),
		Escalated: int(c.Escalated), AnsweredAt: c.AnsweredAt, ClosedAt: c.ClosedAt, Withdrawn: c.WithdrawnAt != 0,
		Pending: int(c.LastCommand - c.AppliedCommand), Epoch: int(c.Epoch), Transition: int(c.Transition),
		Proposal: int(c.Proposal), Agreed: int(c.Agreed)}
	if c.AnsweredAt != 0 {
		sh.TargetAt = c.AnsweredTargetAt
		sh.Late = c.AnsweredAt > c.AnsweredTargetAt
	} else {
		sh.Late = c.TargetAt != 0 && c.TargetAt < micros(t.now)
	}
	return sh
}

// badge is how urgent a case is, at this instant, in the organisation's days.
func (t *tx) badge(p *policy.Pack, sh dsr.Shell) dsr.Badge {
	switch {
	case sh.AnsweredAt != 0 && !sh.Late:
		return dsr.BadgeInTime
	case sh.AnsweredAt != 0:
		return dsr.BadgeWasLate
	case sh.Stage == dsr.StageClosed:
		return dsr.BadgeNoAnswer
	case sh.Paused:
		return dsr.BadgePaused
	case sh.TargetAt == 0:
		return dsr.BadgeOnTrack
	case sh.TargetAt <= micros(t.now):
		return dsr.BadgeOverdue
	}
	loc := zone(p)
	if clock.DateOf(instant(sh.TargetAt).Add(-time.Microsecond).In(loc)) == clock.DateOf(t.now.In(loc)) {
		return dsr.BadgeToday
	}
	// Less than a quarter of the office time left, or three open days.
	if sh.Escalated >= 75 {
		return dsr.BadgeSoon
	}
	if cal, err := t.o.calendar(p); err == nil {
		if at, err := clock.CloseBefore(cal, instant(sh.TargetAt), 3); err == nil && !t.now.Before(at) {
			return dsr.BadgeSoon
		}
	}
	return dsr.BadgeOnTrack
}

// row is one line of a query that joins cases and submissions.
type listRow struct {
	Case         caseRow `gorm:"embedded"` // GORM passes over a field without a capital
	SReference   string  `gorm:"column:s_reference"`
	SChannel     string  `gorm:"column:s_channel"`
	SVoice       string  `gorm:"column:s_voice"`
	SPack        string  `gorm:"column:s_pack"`
	TaskID       string  `gorm:"column:task_id"`
	TaskKind     string  `gorm:"column:task_kind"`
	TaskState    string  `gorm:"column:task_state"`
	TaskDueAt    int64   `gorm:"column:task_due_at"`
	Assignee     string  `gorm:"column:assignee"`
	AssigneeName string  `gorm:"column:assignee_name"`
}

const listColumns = `c.*, s.reference AS s_reference, s.channel AS s_channel, s.voice AS s_voice, s.pack_digest AS s_pack`

const listJoin = ` FROM cases c JOIN submissions s ON s.organisation = c.organisation AND s.id = c.submission`

const taskColumns = `, k.id AS task_id, k.kind AS task_kind, k.state AS task_state, k.due_at AS task_due_at, k.assignee AS assignee,
	COALESCE((SELECT name FROM staff WHERE staff.id = k.assignee), '') AS assignee_name`

const taskJoin = ` JOIN tasks k ON k.organisation = c.organisation AND k.case_id = c.id AND k.state IN ('open', 'claimed')`

// byTimeLeft sorts by the time left: the target where the clock runs, the guard
// where it waits, what has neither last.
const byTimeLeft = ` ORDER BY CASE WHEN c.target_at > 0 THEN c.target_at WHEN c.guard_at > 0 THEN c.guard_at ELSE 9223372036854775807 END, c.arrived_at, c.id`

func (t *tx) rows(q string, args ...any) ([]dsr.QueueRow, error) {
	var rows []listRow
	if err := t.db.Raw(q, args...).Scan(&rows).Error; err != nil {
		return nil, err
	}
	out := []dsr.QueueRow{}
	for i := range rows {
		r := &rows[i]
		s := &submissionRow{Reference: r.SReference, Channel: r.SChannel, Voice: r.SVoice, PackDigest: r.SPack, ArrivedAt: r.Case.ArrivedAt}
		p, err := t.o.pinned(s) // for the calendar of the badge: the target is in its column
		if err != nil {
			return nil, err
		}
		row := dsr.QueueRow{Shell: t.shell(s, &r.Case), Task: r.TaskID, TaskKind: dsr.TaskKind(r.TaskKind), TaskState: r.TaskState,
			TaskDueAt: r.TaskDueAt, Assignee: r.Assignee, AssigneeName: r.AssigneeName}
		row.Badge = t.badge(p, row.Shell)
		out = append(out, row)
	}
	return out, nil
}

// tabs of the queue, beside one for each kind of task.
const (
	tabMine    = "mine"
	tabWaiting = "waiting" // for the person
	tabAll     = "all"
	tabClosed  = "closed"
)

// Queue gives a page of the desk's queue, sorted by time left, and the counts
// of every tab. Shells only.
func (o *Organisation) Queue(ctx context.Context, actor dsr.Actor, f dsr.QueueFilter) (q dsr.Queue, err error) {
	if err := needRole(actor, dsr.Roles...); err != nil {
		return q, err
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	if f.Tab == "" {
		f.Tab = tabAll
	}
	q.Counts = map[string]int{}
	err = o.view(ctx, func(t *tx) error {
		rows, err := t.db.Raw(`SELECT k.kind, COUNT(*)`+listJoin+taskJoin+` WHERE c.organisation = ? GROUP BY k.kind`, o.id).Rows()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var kind string
			var n int
			if err := rows.Scan(&kind, &n); err != nil {
				return err
			}
			q.Counts[kind] = n
		}
		for _, k := range dsr.TaskKinds {
			q.Tabs = append(q.Tabs, string(k))
		}
		q.Tabs = append(q.Tabs, tabMine, tabWaiting, tabAll, tabClosed)
		where := map[string]string{
			tabMine:    taskJoin + ` WHERE c.organisation = ? AND k.assignee = ?`,
			tabWaiting: ` WHERE c.organisation = ? AND c.stage <> 'closed' AND c.paused_for <> ''`,
			tabAll:     ` WHERE c.organisation = ? AND c.stage <> 'closed'`,
			tabClosed:  ` WHERE c.organisation = ? AND c.stage = 'closed'`,
		}
		args := func(tab string) []any {
			if tab == tabMine {
				return []any{o.id, actor.ID}
			}
			return []any{o.id}
		}
		for tab, w := range where {
			var n int
			if err := t.db.Raw(`SELECT COUNT(*)`+listJoin+w, args(tab)...).Scan(&n).Error; err != nil {
				return err
			}
			q.Counts[tab] = n
		}
		q.Total = q.Counts[f.Tab]
		columns, order := listColumns, byTimeLeft
		w, known := where[f.Tab]
		a := args(f.Tab)
		if !known {
			w, a = taskJoin+` WHERE c.organisation = ? AND k.kind = ?`, []any{o.id, f.Tab}
		}
		if !known || f.Tab == tabMine {
			columns += taskColumns
		}
		if f.Tab == tabClosed {
			order = ` ORDER BY c.closed_at DESC, c.id`
		}
		q.Rows, err = t.rows(`SELECT `+columns+listJoin+w+order+` LIMIT ? OFFSET ?`, append(a, f.Limit, max(f.Offset, 0))...)
		return err
	})
	return q, err
}

// FindByReference gives the cases of a reference, or none.
func (o *Organisation) FindByReference(ctx context.Context, actor dsr.Actor, reference string) (out []dsr.Shell, err error) {
	if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager, dsr.RoleAuditor); err != nil {
		return nil, err
	}
	ref, ok := dsr.ParseReference(reference)
	if !ok {
		return nil, nil
	}
	err = o.view(ctx, func(t *tx) error {
		rows, err := t.rows(`SELECT `+listColumns+listJoin+` WHERE c.organisation = ? AND s.reference = ? ORDER BY c.number`, o.id, ref)
		for _, r := range rows {
			out = append(out, r.Shell)
		}
		return err
	})
	return out, err
}

// Case gives the case page: shells, tasks, clocks and record, and nothing that
// names the person.
func (o *Organisation) Case(ctx context.Context, actor dsr.Actor, caseID string) (page dsr.CasePage, err error) {
	if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager, dsr.RoleAuditor); err != nil {
		return page, err
	}
	err = o.view(ctx, func(t *tx) error {
		s, c, err := t.find(caseID)
		if err != nil {
			return err
		}
		if err := t.appointed(actor); err != nil {
			return err
		}
		p, err := t.pack(s)
		if err != nil {
			return err
		}
		page, err = t.casePage(p, s, c, actor)
		return err
	})
	return page, err
}

func (t *tx) casePage(p *policy.Pack, s *submissionRow, c *caseRow, actor dsr.Actor) (page dsr.CasePage, err error) {
	page.Shell = t.shell(s, c)
	page.Badge = t.badge(p, page.Shell)
	if page.Identity, err = t.identityState(p, s, c); err != nil {
		return page, err
	}
	if err = t.intakeState(&page, p, s, c); err != nil {
		return page, err
	}
	if page.Documents, err = t.documents(s); err != nil {
		return page, err
	}
	if page.Identity.EvidenceSent, err = t.evidenceSent(s); err != nil {
		return page, err
	}
	var siblings []caseRow
	if err = t.db.Where("organisation = ? AND submission = ? AND id <> ?", t.o.id, s.ID, c.ID).Order("number").Find(&siblings).Error; err != nil {
		return page, err
	}
	for i := range siblings {
		page.Siblings = append(page.Siblings, t.shell(s, &siblings[i]))
	}
	if page.Tasks, err = t.tasks(c.ID); err != nil {
		return page, err
	}
	if page.Timeline, err = t.timeline(c, false); err != nil {
		return page, err
	}
	if page.Notices, err = t.notices(s.ID, c.ID); err != nil {
		return page, err
	}
	if page.Clocks, err = t.clockLines(p, c); err != nil {
		return page, err
	}
	if page.Extensions, err = t.extensions(c.ID); err != nil {
		return page, err
	}
	if page.Moves, err = t.moves("m.case_id = ?", c.ID); err != nil {
		return page, err
	}
	var n int64
	if err = t.db.Model(&itemRow{}).Where("organisation = ? AND case_id = ? AND plan_version = ?", t.o.id, c.ID, c.PlanVersion).Count(&n).Error; err != nil {
		return page, err
	}
	page.Items = int(n)
	var effects []effectRow
	if err = t.db.Where("organisation = ? AND case_id = ?", t.o.id, c.ID).Order("planned_at, connector").Find(&effects).Error; err != nil {
		return page, err
	}
	for _, e := range effects {
		x := e.toEffect()
		if e.State == dsr.EffectFailed {
			x.Code = e.ErrorCode
		}
		page.Effects = append(page.Effects, x)
		if e.Action == string(dsr.ActionCollect) && e.PlanVersion == c.PlanVersion {
			page.ToCollect++
			if e.State == dsr.EffectVerified || e.State == dsr.EffectWaived {
				page.Collected++
			}
		}
	}
	if err = t.actState(&page, p, c, actor, effects); err != nil {
		return page, err
	}
	if page.Proposals, err = t.proposals(c.ID); err != nil {
		return page, err
	}
	var ms []milestoneRow
	if err = t.db.Where("organisation = ? AND case_id = ?", t.o.id, c.ID).Order("due_at, id").Find(&ms).Error; err != nil {
		return page, err
	}
	for _, m := range ms {
		page.Milestones = append(page.Milestones, dsr.MilestoneRow{ID: m.ID, Name: m.Name, Occasion: m.Occasion, DueAt: m.DueAt,
			FiredAt: m.FiredAt, FiredBy: m.FiredBy, Cancelled: m.CancelledAt != 0})
		if m.Name == milestoneWithdrawal && m.FiredAt == 0 && m.CancelledAt == 0 {
			page.WithdrawnFinalAt = m.DueAt
		}
	}
	return page, nil
}

// evidenceSent reports whether papers lie with us: whether any were sent after
// the last time that they were asked for anew.
func (t *tx) evidenceSent(s *submissionRow) (bool, error) {
	cases := t.db.Model(&caseRow{}).Select("id").Where("organisation = ? AND submission = ?", t.o.id, s.ID)
	var asked int64
	if err := t.db.Model(&commandRow{}).Where("organisation = ? AND kind IN ? AND case_id IN (?)", t.o.id,
		[]string{string(dsr.CommandIdentityMore), string(dsr.CommandObjected)}, cases).
		Select("COALESCE(MAX(at), 0)").Scan(&asked).Error; err != nil {
		return false, err
	}
	var n int64
	err := t.db.Model(&documentRow{}).Where("organisation = ? AND submission = ? AND submitted_at > ?", t.o.id, s.ID, asked).Count(&n).Error
	return n > 0, err
}

func (t *tx) identityState(p *policy.Pack, s *submissionRow, c *caseRow) (dsr.IdentityState, error) {
	on := dsr.IdentityState{Needed: s.IdentityNeeded, Proven: s.IdentityLevel, ProvenAt: s.IdentityAt, Checker: s.IdentityBy,
		Method: s.IdentityMethod, ContactConfirmed: s.ContactConfirmedAt != 0, Asked: int(s.IdentityAsked), Proofs: map[dsr.Kind]policy.Identity{}}
	kinds, err := t.kinds(s)
	for _, k := range kinds {
		if id, e := t.identityFor(p, s, k); e == nil { // while the key is there
			on.Proofs[dsr.Kind(k)] = id
		}
	}
	return on, err
}

func (t *tx) tasks(caseID string) (out []dsr.Task, err error) {
	var rows []taskRow
	if err := t.db.Where("organisation = ? AND case_id = ?", t.o.id, caseID).Order("opened_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		x := dsr.Task{ID: r.ID, Case: r.CaseID, Kind: dsr.TaskKind(r.Kind), State: r.State, Assignee: r.Assignee, OpenedAt: r.OpenedAt,
			DueAt: r.DueAt, ClosedAt: r.ClosedAt, ClosedBy: r.ClosedBy, Result: r.Result, Cause: r.Cause}
		if x.AssigneeName, err = t.staffName(r.Assignee); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

func (t *tx) proposals(caseID string) (out []dsr.ProposalRow, err error) {
	var rows []proposalRow
	if err := t.db.Where("organisation = ? AND case_id = ?", t.o.id, caseID).Order("version").Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		x := dsr.ProposalRow{Version: int(r.Version), Outcome: dsr.Outcome(r.Outcome), Proposer: r.Proposer, ProposedAt: r.ProposedAt,
			Approver: r.Approver, DecidedAt: r.DecidedAt, Verdict: r.Verdict}
		if x.ProposerName, err = t.staffName(r.Proposer); err != nil {
			return nil, err
		}
		if x.ApproverName, err = t.staffName(r.Approver); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

func (t *tx) notices(submission, caseID string) (out []dsr.NoticeRow, err error) {
	var rows []noticeRow
	q := t.db.Select("id", "case_id", "code", "occasion", "voice", "channel", "state", "sends", "queued_at", "letter_key", "error_code").
		Where("organisation = ? AND submission = ?", t.o.id, submission)
	if caseID != "" {
		q = q.Where("case_id IN ?", []string{caseID, ""})
	}
	if err := q.Order("queued_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		out = append(out, dsr.NoticeRow{ID: r.ID, Case: r.CaseID, Code: r.Code, Voice: dsr.Voice(r.Voice), Occasion: r.Occasion,
			Channel: r.Channel, State: r.State, Sends: int(r.Sends), At: r.QueuedAt, Public: r.LetterKey != "" && r.ErrorCode != codeWithdrawn})
	}
	return out, nil
}

// clockLines are the clocks of a case with the steps of their arithmetic.
func (t *tx) clockLines(p *policy.Pack, c *caseRow) ([]dsr.ClockLine, error) {
	r, events, err := t.reading(p, c)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	won, _ := r.answer()
	var ordered int64
	if err := t.db.Model(&extensionRow{}).Where("organisation = ? AND case_id = ? AND state = 'sending'", t.o.id, c.ID).Count(&ordered).Error; err != nil {
		return nil, err
	}
	var out []dsr.ClockLine
	for _, x := range r.dues() {
		l := x.line()
		l.Wins = x == won && c.AnsweredAt == 0 && dsr.Stage(c.Stage).Open()
		l.Extendable = ordered == 0 && x.extendable(t.now) == "" && extensible(c)
		out = append(out, l)
	}
	if r.exposure != nil {
		l := r.exposure.line()
		// The day on which a suit becomes possible; what is due is due before it.
		l.DueAt = micros(r.guard)
		out = append(out, l)
	}
	return out, nil
}

// line is a clock as the pages show it.
func (x *clocked) line() dsr.ClockLine {
	r, loc := x.result, x.zone()
	l := dsr.ClockLine{Name: x.name, RuleID: x.rule.ID, Regime: x.rule.Regime, Article: x.rule.Article, Source: x.rule.Source,
		DueAt: micros(r.DueAt), Paused: r.State == clock.Paused, Left: r.UnitsLeft, Unit: string(r.LeftUnit), Zone: x.rule.Zone,
		Provisional: r.Provisional, RuleUnit: string(x.rule.Unit), Unknown: x.unknown}
	switch {
	case !r.DueOn.IsZero():
		l.DueOn = r.DueOn.String()
	case !r.FromOn.IsZero():
		l.DueAt, l.DueOn = micros(r.FromAt), r.FromOn.String()
	}
	if l.Zone == "" && x.cal != nil {
		l.Zone = x.cal.Zone
	}
	if r.CalendarID != "" {
		l.Calendar = r.CalendarID + "@" + r.CalendarVersion
	}
	if e := x.rule.Extension; e != nil && x.unknown == "" {
		l.NoticeBy, l.MostUnits, l.Grounds = micros(r.NoticeBy), e.Amount, e.Grounds
	}
	l.TitleIn = func(voice dsr.Voice) string { return titleIn(x.rule.Title, voice) }
	l.StepsIn = func(voice dsr.Voice) []string { return clock.Explain(r.Steps, string(voice), loc) }
	return l
}

// titleIn is a title in a voice: plain Japanese falls back to Japanese, and what
// is not written in a voice to English. It is "" for a rule without one.
func titleIn(title map[string]string, voice dsr.Voice) string {
	return cmp.Or(title[string(voice)], title[string(voice.Letter())], title["en"])
}

// publicEvents are what a person sees of their case's record.
var publicEvents = map[string]bool{string(dsr.CommandFiled): true, string(dsr.CommandContactConfirmed): true,
	string(dsr.CommandIdentityEvidence): true, string(dsr.CommandIdentityMore): true, string(dsr.CommandIdentityConfirmed): true,
	string(dsr.CommandQuestionAsked): true, string(dsr.CommandQuestionAnswered): true, string(dsr.CommandWithdrawn): true,
	string(dsr.CommandWithdrawalTakenBack): true, string(dsr.CommandDelivered): true, string(dsr.CommandObjected): true,
	string(dsr.CommandErasureStopped): true, string(dsr.CommandErasureResumed): true, string(dsr.CommandRecipientSettled): true,
	"frozen": true, "cooling-off": true, "erasure-scheduled": true, "erasure-done": true,
	"collected": true, "answered": true, "downloaded": true, "package-opened-again": true, "closed": true, "extension-in-force": true}

// timeline reads a case's chain as people read it.
func (t *tx) timeline(c *caseRow, public bool) (out []dsr.TimelineEntry, err error) {
	var rows []evidenceRow
	if err := t.db.Where("organisation = ? AND case_id = ?", t.o.id, c.ID).Order("seq").Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		if public && !publicEvents[r.Kind] {
			continue
		}
		e := dsr.TimelineEntry{At: r.At, Code: "timeline." + r.Kind, Args: map[string]string{}, Actor: dsr.ActorKind(r.ActorKind),
			Public: publicEvents[r.Kind], Seq: int(r.Seq)}
		d, err := evidence.ParseData([]byte(r.Data))
		if err != nil {
			return nil, err
		}
		for k, v := range d {
			switch x := v.(type) {
			case string:
				e.Args[k] = x
			case json.Number:
				e.Args[k] = x.String()
			case int64:
				e.Args[k] = strconv.FormatInt(x, 10)
			case bool:
				e.Args[k] = strconv.FormatBool(x)
			}
		}
		if r.ActorKind == string(dsr.ActorStaff) && !public {
			if e.ActorName, err = t.staffName(r.Actor); err != nil {
				return nil, err
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// Claim gives a task to the actor; of two at once, one gets it and the other
// learns who has it.
func (o *Organisation) Claim(ctx context.Context, actor dsr.Actor, task string) error {
	return o.task(ctx, actor, task, func(t *tx, c *caseRow, row *taskRow) error {
		if !actor.Has(dsr.TaskKind(row.Kind).Roles()...) {
			return dsr.Fail(dsr.Forbidden, "error.forbidden")
		}
		if dsr.TaskKind(row.Kind) == dsr.TaskApprove {
			// A proposer who held the task would keep it from everybody who may.
			p, _, err := t.proposal(c, c.Proposal)
			if err != nil {
				return err
			}
			if p.Proposer == actor.ID {
				return t.refused(c, actor, "claim", dsr.Fail(dsr.Forbidden, "error.same-person"))
			}
		}
		if dsr.TaskKind(row.Kind) == dsr.TaskAdmit {
			own, err := t.ownAuthority(c, actor)
			if err != nil {
				return err
			}
			if own {
				return t.refused(c, actor, "claim", dsr.Fail(dsr.Forbidden, "error.same-person"))
			}
		}
		if row.State == "claimed" {
			if row.Assignee == actor.ID {
				return nil
			}
			return t.taken(row)
		}
		row.State, row.Assignee, row.ClaimedAt = "claimed", actor.ID, micros(t.now)
		return t.moved(c, actor, row, "task-claimed", data{})
	})
}

// Release gives a task back to the queue.
func (o *Organisation) Release(ctx context.Context, actor dsr.Actor, task string) error {
	return o.task(ctx, actor, task, func(t *tx, c *caseRow, row *taskRow) error {
		if row.State == "open" {
			return nil
		}
		if row.Assignee != actor.ID && !actor.Has(dsr.RoleManager) {
			return t.taken(row)
		}
		row.State, row.Assignee, row.ClaimedAt = "open", "", 0
		return t.moved(c, actor, row, "task-released", data{})
	})
}

// HandOver gives a task to a colleague who may do it; who handed what to whom
// is recorded.
func (o *Organisation) HandOver(ctx context.Context, actor dsr.Actor, task, to string) error {
	return o.task(ctx, actor, task, func(t *tx, c *caseRow, row *taskRow) error {
		if row.State == "claimed" && row.Assignee != actor.ID && !actor.Has(dsr.RoleManager) {
			return t.taken(row)
		}
		colleagues, err := t.colleagues(dsr.TaskKind(row.Kind))
		if err != nil {
			return err
		}
		for _, s := range colleagues {
			if s.ID == to {
				from := row.Assignee
				row.State, row.Assignee, row.ClaimedAt = "claimed", to, micros(t.now)
				return t.moved(c, actor, row, "task-handed-over", data{"from": from, "to": to})
			}
		}
		return dsr.Fail(dsr.Invalid, "error.colleague-unknown")
	})
}

// CloseTask ends a task that has no page of its own.
func (o *Organisation) CloseTask(ctx context.Context, actor dsr.Actor, task, result string) error {
	return o.task(ctx, actor, task, func(t *tx, c *caseRow, row *taskRow) error {
		switch dsr.TaskKind(row.Kind) {
		case dsr.TaskReachPerson, dsr.TaskEscalation, dsr.TaskAnswerMessage, dsr.TaskCollect:
		default:
			return dsr.Fail(dsr.Invalid, "error.task-has-page")
		}
		if row.State != "claimed" || row.Assignee != actor.ID {
			if row.Assignee == "" {
				return dsr.Fail(dsr.Conflict, "error.task-not-claimed")
			}
			return t.taken(row)
		}
		if dsr.TaskKind(row.Kind) == dsr.TaskCollect {
			if err := t.systemSettled(c, actor, row, result); err != nil {
				return err
			}
		}
		if dsr.TaskKind(row.Kind) == dsr.TaskReachPerson {
			if err := t.waitAgain(c, row, result); err != nil {
				return err
			}
			if err := t.toldByHand(c, row, result); err != nil {
				return err
			}
		}
		if err := t.closeTask(row, actor.ID, result); err != nil {
			return err
		}
		if err := t.record(c, actor, "task-done", data{"task": row.ID, "kind": row.Kind, "result": result}); err != nil {
			return err
		}
		return t.save(c, c.ID)
	})
}

// toldByHand puts an extension into force whose mail did not go, when a person
// told it by other means.
func (t *tx) toldByHand(c *caseRow, task *taskRow, result string) error {
	notice, ok := strings.CutPrefix(task.Occasion, "notice/")
	if !ok || result != "reached" {
		return nil
	}
	s, _, err := t.find(c.ID)
	if err != nil {
		return err
	}
	return t.extensionTold(s, c, notice)
}

// waitAgain gives a wait that did not expire, because our mails did not arrive,
// a new end: a person tried by other means to reach whoever it waits for. Only
// somebody who was reached can let it expire.
func (t *tx) waitAgain(c *caseRow, task *taskRow, result string) error {
	waits := map[string]string{milestoneIdentityExpiry: "identity", milestoneQuestionExpiry: "clarification", milestoneAuthorityExpiry: "authority"}
	if c.PausedFor == "" || waits[task.Cause] != c.PausedFor {
		return nil
	}
	s, _, err := t.find(c.ID)
	if err != nil {
		return err
	}
	p, err := t.pack(s)
	if err != nil {
		return err
	}
	rule := p.Times.IdentityExpiry
	if task.Cause == milestoneQuestionExpiry {
		rule = p.Times.ClarificationExpiry
	}
	at, err := t.after(p, c, rule)
	if err != nil {
		return err
	}
	return t.arm(c, task.Cause, strings.TrimPrefix(task.Occasion, task.Cause+"/")+"/"+result, at)
}

// systemSettled is the command system-settled: a person says whether a system
// that failed is asked again ("again") or done without ("without").
func (t *tx) systemSettled(c *caseRow, actor dsr.Actor, task *taskRow, result string) error {
	effect, _, _ := strings.Cut(task.Occasion, "/")
	var row effectRow
	if err := t.db.Where("organisation = ? AND id = ? AND case_id = ?", t.o.id, effect, c.ID).Take(&row).Error; err != nil {
		return err
	}
	switch result {
	case "again":
		row.State = dsr.EffectPlanned
	case "without":
		// With no system asked at all, the letter would say that nothing is
		// held, which nobody knows.
		var answered int64
		if err := t.db.Model(&effectRow{}).Where("organisation = ? AND case_id = ? AND action = ? AND plan_version = ? AND state = ?",
			t.o.id, c.ID, row.Action, row.PlanVersion, dsr.EffectVerified).Count(&answered).Error; err != nil {
			return err
		}
		if answered == 0 && (row.Action == string(dsr.ActionCollect) || row.Action == string(dsr.ActionLookup)) {
			return dsr.Fail(dsr.Conflict, "error.without-nothing")
		}
		if row.State == dsr.EffectAttempting && slices.Contains(changing, row.Action) {
			// It is being tried at this instant: the letter would say that nothing
			// was done, and the system might have done it.
			return dsr.Fail(dsr.Conflict, "error.not-now", "stage", c.Stage)
		}
		row.State = dsr.EffectWaived
	default:
		return dsr.Fail(dsr.Invalid, "error.nothing-chosen")
	}
	if err := t.updateEffect(&row); err != nil {
		return err
	}
	s, _, err := t.find(c.ID)
	if err != nil {
		return err
	}
	p, err := t.pack(s)
	if err != nil {
		return err
	}
	if err := t.settle(p, s, c, dsr.Action(row.Action)); err != nil {
		return err
	}
	if _, err := t.command(c, actor, dsr.CommandSystemSettled, data{"effect": row.ID, "action": row.Action, "result": result}); err != nil {
		return err
	}
	if row.State != dsr.EffectWaived || !slices.Contains(changing, row.Action) || c.Agreed == 0 || c.Stage != string(dsr.StageExecution) {
		return nil
	}
	// What two people agreed, one does not take back: the case goes to review
	// again, and a different person agrees with what it ends as now.
	return t.undecide(c)
}

// task runs fn on an open task under its case's lock, for staff.
func (o *Organisation) task(ctx context.Context, actor dsr.Actor, id string, fn func(t *tx, c *caseRow, row *taskRow) error) error {
	if err := needRole(actor, dsr.RoleClerk, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return err
	}
	return o.write(ctx, func(t *tx) error {
		var row taskRow
		if err := t.db.Where("organisation = ? AND id = ?", o.id, id).Take(&row).Error; err != nil {
			return err
		}
		_, c, err := t.lockCase(row.CaseID)
		if err != nil {
			return err
		}
		// Read again: somebody may have been first while we waited for the lock.
		if err := t.db.Where("organisation = ? AND id = ?", o.id, id).Take(&row).Error; err != nil {
			return err
		}
		if row.State != "open" && row.State != "claimed" {
			return dsr.Fail(dsr.Conflict, "error.task-done")
		}
		return fn(t, c, &row)
	})
}

func (t *tx) taken(row *taskRow) error {
	name, err := t.staffName(row.Assignee)
	if err != nil {
		return err
	}
	return dsr.Fail(dsr.Conflict, "error.task-taken", "name", name)
}

func (t *tx) moved(c *caseRow, actor dsr.Actor, row *taskRow, kind string, d data) error {
	if err := t.save(row, row.ID); err != nil {
		return err
	}
	d["task"], d["kind"] = row.ID, row.Kind
	if err := t.record(c, actor, kind, d); err != nil {
		return err
	}
	return t.save(c, c.ID)
}

// Board counts per kind. Each figure and its list come from one condition, so
// that a number always opens a list of that length.
func (o *Organisation) Board(ctx context.Context, actor dsr.Actor) (out []dsr.BoardRow, err error) {
	if err := needRole(actor, dsr.RoleManager, dsr.RoleAuditor); err != nil {
		return nil, err
	}
	err = o.view(ctx, func(t *tx) error {
		sum := dsr.BoardRow{}
		for _, kind := range dsr.Kinds {
			row := dsr.BoardRow{Kind: kind}
			for _, f := range []struct {
				figure dsr.Figure
				n, sum *int
			}{
				{dsr.FigureOpen, &row.Open, &sum.Open}, {dsr.FigureDueSoon, &row.DueSoon, &sum.DueSoon},
				{dsr.FigureOverdue, &row.Overdue, &sum.Overdue}, {dsr.FigurePaused, &row.Paused, &sum.Paused},
				{dsr.FigureAnswered, &row.Answered, &sum.Answered}, {dsr.FigureInTime, &row.InTime, &sum.InTime},
			} {
				where, args := t.counted(kind, f.figure)
				if err := t.db.Raw(`SELECT COUNT(*)`+listJoin+where, args...).Scan(f.n).Error; err != nil {
					return err
				}
				*f.sum += *f.n
			}
			if row != (dsr.BoardRow{Kind: kind}) {
				out = append(out, row)
			}
		}
		out = append(out, sum)
		return nil
	})
	return out, err
}

// counted is the condition of a figure: the definition that the board prints.
func (t *tx) counted(kind dsr.Kind, f dsr.Figure) (where string, args []any) {
	now := micros(t.now)
	where, args = ` WHERE c.organisation = ?`, []any{t.o.id}
	if kind != "" {
		where, args = where+` AND c.kind = ?`, append(args, string(kind))
	}
	const unanswered = ` AND c.stage <> 'closed' AND c.answered_at = 0`
	switch f {
	case dsr.FigureOpen:
		where += ` AND c.stage <> 'closed'`
	case dsr.FigureDueSoon:
		where, args = where+unanswered+` AND c.target_at > ? AND c.target_at <= ?`, append(args, now, micros(clock.DaysAfter(t.now, 7)))
	case dsr.FigureOverdue:
		where, args = where+unanswered+` AND c.target_at > 0 AND c.target_at <= ?`, append(args, now)
	case dsr.FigurePaused:
		where += unanswered + ` AND c.paused_for <> '' AND c.target_at = 0`
	case dsr.FigureAnswered:
		where += ` AND c.answered_at > 0`
	case dsr.FigureInTime:
		where += ` AND c.answered_at > 0 AND c.answered_at <= c.answered_target_at`
	default:
		where += ` AND 1 = 0`
	}
	return where, args
}

// BoardList gives the cases that a figure counts.
func (o *Organisation) BoardList(ctx context.Context, actor dsr.Actor, kind dsr.Kind, figure dsr.Figure) (out []dsr.QueueRow, err error) {
	if err := needRole(actor, dsr.RoleManager, dsr.RoleAuditor); err != nil {
		return nil, err
	}
	err = o.view(ctx, func(t *tx) error {
		where, args := t.counted(kind, figure)
		out, err = t.rows(`SELECT `+listColumns+listJoin+where+byTimeLeft, args...)
		return err
	})
	return out, err
}

// Status gives the person's page: the five answers of each case.
func (o *Organisation) Status(ctx context.Context, submission string) (page dsr.StatusPage, err error) {
	p, err := o.current()
	if err != nil {
		return page, err
	}
	err = o.view(ctx, func(t *tx) error {
		var s submissionRow
		if err := t.db.Where("organisation = ? AND id = ?", o.id, submission).Take(&s).Error; err != nil {
			return err
		}
		var cases []caseRow
		if err := t.db.Where("organisation = ? AND submission = ?", o.id, submission).Order("number").Find(&cases).Error; err != nil {
			return err
		}
		page = dsr.StatusPage{Submission: s.ID, Reference: s.Reference, Voice: dsr.Voice(s.Voice), ContactConfirmed: s.ContactConfirmedAt != 0,
			ByPost: s.ByPost == 1}
		if page.Documents, err = t.documents(&s); err != nil {
			return err
		}
		if page.Notices, err = t.notices(s.ID, ""); err != nil {
			return err
		}
		for i := range cases {
			c := &cases[i]
			if page.Identity, err = t.identityState(p, &s, c); err != nil {
				return err
			}
			if page.Identity.EvidenceSent, err = t.evidenceSent(&s); err != nil {
				return err
			}
			if page.Authority, err = t.authorityState(p, &s, c); err != nil {
				return err
			}
			sc, err := t.statusCase(&s, c)
			if err != nil {
				return err
			}
			page.Cases = append(page.Cases, sc)
			if destroyed(t, c.ID) {
				continue
			}
			ms, err := t.messages(c)
			if err != nil {
				return err
			}
			page.Messages = append(page.Messages, ms...)
			for j := range ms {
				if ms[j].ID == c.Question {
					page.Cases[i].Question = &ms[j]
				}
			}
		}
		return nil
	})
	return page, err
}

// destroyed reports whether a key is gone: the shell is still shown.
func destroyed(t *tx, keyID string) bool {
	_, err := t.key(keyID)
	return err != nil
}

func (t *tx) statusCase(s *submissionRow, c *caseRow) (sc dsr.StatusCase, err error) {
	sc = dsr.StatusCase{Shell: t.shell(s, c), StageShown: dsr.Stage(c.Stage)}
	if sc.StageShown == dsr.StageFraud {
		sc.StageShown = dsr.Stage(c.StageBefore)
	}
	sc.Step = sc.StageShown.Step()
	if sc.Timeline, err = t.timeline(c, true); err != nil {
		return sc, err
	}
	begun, err := t.irreversible(c)
	if err != nil {
		return sc, err
	}
	if err = t.statusActs(&sc, s, c); err != nil {
		return sc, err
	}
	if err = t.whyThen(&sc, s, c); err != nil {
		return sc, err
	}
	sc.CanWithdraw = c.WithdrawnAt == 0 && c.AnsweredAt == 0 && !begun && dsr.CommandWithdrawn.Accepts(dsr.Stage(c.Stage))
	sc.CanTakeBack = c.WithdrawnAt != 0 && c.WithdrawalFinalAt == 0 && dsr.Stage(c.Stage).Open()
	sc.CanObject = !dsr.Stage(c.Stage).Open() && !destroyed(t, c.ID)
	var ms []milestoneRow
	if err = t.db.Where("organisation = ? AND case_id = ? AND fired_at = 0 AND cancelled_at = 0", t.o.id, c.ID).Find(&ms).Error; err != nil {
		return sc, err
	}
	for _, m := range ms {
		switch m.Name {
		case milestoneIdentityExpiry, milestoneQuestionExpiry:
			sc.WaitingUntil = m.DueAt
		case milestoneWithdrawal:
			sc.WithdrawnFinalAt = m.DueAt
		}
	}
	var pkg packageRow
	err = t.db.Select("organisation", "case_id", "version", "digest", "size", "ready_at", "available_until", "downloads", "max_downloads", "last_at", "deleted_at").
		Where("organisation = ? AND case_id = ?", t.o.id, c.ID).Order("version DESC").Limit(1).Find(&pkg).Error
	if err == nil && pkg.CaseID != "" && c.AnsweredAt != 0 {
		sc.Package = &dsr.PackageRow{Case: c.ID, Version: int(pkg.Version), Size: int(pkg.Size), Digest: pkg.Digest, ReadyAt: pkg.ReadyAt,
			AvailableUntil: pkg.AvailableUntil, Downloads: int(pkg.Downloads), MaxDownloads: int(pkg.MaxDownloads), LastAt: pkg.LastAt,
			Expired: pkg.AvailableUntil <= micros(t.now) || pkg.Downloads >= pkg.MaxDownloads}
	}
	return sc, err
}

// whyThen says by which clock the person has their date, and what put it off.
func (t *tx) whyThen(sc *dsr.StatusCase, s *submissionRow, c *caseRow) error {
	if !dsr.Stage(c.Stage).Open() || c.AnsweredAt != 0 {
		return nil
	}
	p, err := t.pack(s)
	if err != nil {
		return err
	}
	x, err := t.promised(p, c)
	if err != nil {
		return err
	}
	if x != nil {
		l := x.line()
		l.Wins, sc.Why = true, &l
		sc.TargetAt, sc.TargetOn = l.DueAt, l.DueOn
	}
	rows, err := t.extensions(c.ID)
	for i := range rows {
		if rows[i].State == extensionInForce && rows[i].OrderedAt >= c.ArrivedAt {
			rows[i].By = ""
			sc.Prolonged = &rows[i]
		}
	}
	return err
}

// letter opens a stored letter.
func (t *tx) letter(notice string) (s *submissionRow, row noticeRow, l dsr.Letter, err error) {
	if err = t.db.Where("organisation = ? AND id = ? AND letter_key <> ''", t.o.id, notice).Take(&row).Error; err != nil {
		return nil, row, l, err
	}
	s = &submissionRow{}
	if err = t.db.Where("organisation = ? AND id = ?", t.o.id, row.Submission).Take(s).Error; err != nil {
		return nil, row, l, err
	}
	return s, row, l, t.unseal(row.LetterKey, "notices", "letter_sealed", row.ID, row.LetterSealed, &l)
}

// Letter gives a letter to the person to whom it was written.
func (o *Organisation) Letter(ctx context.Context, submission, notice string) (l dsr.Letter, err error) {
	err = o.view(ctx, func(t *tx) error {
		s, _, letter, err := t.letter(notice)
		if err != nil {
			return err
		}
		l = letter
		return ofSubmission(s, submission)
	})
	if err != nil {
		l = dsr.Letter{}
	}
	return l, err
}

// LetterOfCase opens a letter for staff.
func (o *Organisation) LetterOfCase(ctx context.Context, actor dsr.Actor, caseID, notice string) (l dsr.Letter, err error) {
	if err := needRole(actor, dsr.RoleHandler, dsr.RoleClerk, dsr.RoleApprover, dsr.RoleManager); err != nil {
		return l, err
	}
	err = o.openCase(ctx, actor, caseID, "letter", "letter", func(t *tx, p *policy.Pack, s *submissionRow, c *caseRow) error {
		owner, row, letter, err := t.letter(notice)
		if err != nil {
			return err
		}
		if owner.ID != s.ID || row.CaseID != "" && row.CaseID != c.ID {
			return dsr.Fail(dsr.NotFound, "error.unknown")
		}
		l = letter
		return nil
	})
	return l, err
}

// String names an organisation in logs by its ID.
func (o *Organisation) String() string { return fmt.Sprintf("organisation(%s)", o.id) }
