package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// A case counts by the versions of the calendars that it arrived under. A newer
// version moves its clocks here alone, once, and with a record (C.2 rule 8).

// calendarMove is what a newer version would do to a case, and does.
type calendarMove struct {
	calendarMoveRow
	pins string            // the newest versions of all its calendars
	held []calendarMoveRow // the dates that hold, of other clocks than the row's own
}

// calendarMove computes what the newest calendars do to an open case; nil when it
// counts by them already. It changes nothing.
func (t *tx) calendarMove(p *policy.Pack, c *caseRow) (*calendarMove, error) {
	events, err := t.clockEvents(c)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	pins, kept := t.o.pins(p, c, events)
	newest := t.o.newest(p, c.Kind, events)
	if pins == newest {
		return nil, nil
	}
	// The notice of an extension that is on its way names a date by the calendars of
	// its order; where they are kept, the newer ones wait for it.
	if x, err := t.sending(c); err != nil || x != nil && kept {
		return nil, err
	}
	m := &calendarMove{pins: newest}
	m.Organisation, m.CaseID, m.At, m.ToldAt, m.Occasion = t.o.id, c.ID, micros(t.now), c.ToldAt, c.Occasion
	m.FromVersion, m.ToVersion = differ(pins, newest)

	then, now := *c, *c
	then.CalendarVersion, now.CalendarVersion = pins, newest
	is, wrong := t.o.read(p, &now, unheld(events))
	if wrong != nil && c.ToldAt == 0 {
		return nil, wrong
	}
	m.Rule = is.target.rule.ID
	if won, ok := is.answer(); ok {
		m.Rule, m.NewAt = won.rule.ID, micros(won.result.DueAt)
	}
	// What the person was told, put off by the pauses that they know of: by what runs,
	// and by what ran when a pause that is still open began.
	for i, events := range [][]clock.Event{events, unpaused(events)} {
		was, ok, err := t.answered(p, &then, events, kept)
		if err != nil {
			return nil, err
		}
		if i == 0 && ok {
			m.OldAt = micros(was.result.DueAt)
		}
		if !ok || c.ToldAt == 0 {
			continue
		}
		if err := t.hold(p, &now, m, was, events); err != nil {
			return nil, err
		}
	}
	// The row's own clock is the one whose date holds where it is among them.
	for i, h := range m.held {
		if h.Rule == m.Rule {
			m.HeldAt, m.held = h.HeldAt, slices.Delete(m.held, i, i+1)
			break
		}
	}
	stands, err := t.o.read(p, &now, append(slices.Clone(events), m.holds()...))
	if err != nil {
		return nil, cmp.Or(wrong, err)
	}
	m.TargetAt = stands.due().targetAt
	return m, nil
}

// answered is the clock that gave the answer target by the calendars that the case
// counts by; ok is false when none ran. Where a version is gone the case's columns
// are what is left of it.
func (t *tx) answered(p *policy.Pack, c *caseRow, events []clock.Event, kept bool) (won *clocked, ok bool, err error) {
	if !kept {
		won = &clocked{rule: clock.Rule{ID: c.TargetRule}, result: clock.Result{State: clock.Due, DueAt: instant(c.TargetAt)}}
		return won, c.TargetAt != 0, nil
	}
	r, err := t.o.read(p, c, events)
	if err != nil {
		return nil, false, err
	}
	won, ok = r.answer()
	return won, ok, nil
}

// hold lets the date of a clock that was told hold under the newest calendars,
// where they give another: as an event of that clock, so that a pause or an
// extension goes on from it. A law's due that comes earlier comes earlier.
func (t *tx) hold(p *policy.Pack, c *caseRow, m *calendarMove, was *clocked, events []clock.Event) error {
	is, _ := t.o.read(p, c, unheld(events)) // what can't be computed holds as it was
	x := is.by(was.rule.ID)
	if x == nil {
		return nil
	}
	target := was.result.DueAt
	if x.runs() {
		target = clock.Moved(was.result, x.result, target, x.name == dsr.ClockLegal).Target
	}
	stands, _ := t.o.read(p, c, events)
	if y := stands.by(was.rule.ID); y.runs() && y.result.DueAt.Equal(target) {
		return nil
	}
	row := m.calendarMoveRow
	row.Rule, row.OldAt, row.NewAt, row.TargetAt, row.HeldAt = was.rule.ID, micros(was.result.DueAt), micros(x.result.DueAt), micros(target), micros(target)
	if !slices.ContainsFunc(m.held, func(h calendarMoveRow) bool { return h.Rule == row.Rule }) {
		m.held = append(m.held, row)
	}
	return nil
}

// holds are the events of the dates that hold.
func (m *calendarMove) holds() (out []clock.Event) {
	for _, r := range append([]calendarMoveRow{m.calendarMoveRow}, m.held...) {
		if r.HeldAt != 0 {
			out = append(out, clock.Event{Kind: clock.Held, At: instant(r.At), Rule: r.Rule, Until: instant(r.HeldAt)})
		}
	}
	return out
}

// unheld are events without the dates that hold: what the calendars alone give.
func unheld(events []clock.Event) []clock.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e clock.Event) bool { return e.Kind == clock.Held })
}

// unpaused are events without the pause that is still open.
func unpaused(events []clock.Event) []clock.Event {
	out := slices.Clone(events)
	for i := len(out) - 1; i >= 0; i-- {
		open := out[i].Kind == clock.Pause && !slices.ContainsFunc(out[i:], func(e clock.Event) bool { return e.Kind == clock.Resume && e.Cause == out[i].Cause })
		if open {
			out = slices.Delete(out, i, i+1)
		}
	}
	return out
}

// differ are the versions that differ between two lists of the same calendars.
func differ(from, to string) (older, newer string) {
	a, b := strings.Fields(from), strings.Fields(to)
	a = slices.DeleteFunc(a, func(x string) bool {
		at := slices.Index(b, x)
		if at >= 0 {
			b = slices.Delete(b, at, at+1)
		}
		return at >= 0
	})
	return strings.Join(a, " "), strings.Join(b, " ")
}

// moveCalendars lets a case count by the newest calendars from now on: row,
// record, columns, milestones, and a word to its run. The caller holds the
// lock and saves the case. It gives nil when nothing was to be done.
func (t *tx) moveCalendars(p *policy.Pack, c *caseRow) (*calendarMove, error) {
	m, err := t.calendarMove(p, c)
	if err != nil || m == nil {
		return nil, err
	}
	if m.AfterSeq, err = t.lastEvent(c); err != nil {
		return nil, err
	}
	if err := t.db.Raw("SELECT COALESCE(MAX(seq), 0) + 1 FROM calendar_moves WHERE organisation = ? AND case_id = ?", t.o.id, c.ID).
		Scan(&m.Seq).Error; err != nil {
		return nil, err
	}
	if err := t.db.Create(&m.calendarMoveRow).Error; err != nil {
		return nil, err
	}
	for i := range m.held {
		row := &m.held[i]
		row.Seq, row.AfterSeq = m.Seq+int64(i)+1, m.AfterSeq
		if err := t.db.Create(row).Error; err != nil {
			return nil, err
		}
	}
	c.CalendarVersion = m.pins
	if err := t.record(c, dsr.Engine, "calendar-moved", data{"from": m.FromVersion, "to": m.ToVersion, "rule": m.Rule, "old_at": m.OldAt,
		"new_at": m.NewAt, "told_at": m.ToldAt, "target_at": m.TargetAt}); err != nil {
		return nil, err
	}
	if err := t.reclock(c, p); err != nil {
		return nil, err
	}
	return m, t.reclocked(c, data{"from": m.FromVersion, "to": m.ToVersion})
}

// MoveCalendars finds the open cases of every organisation whose calendar has a
// newer version and computes their clocks by it. With apply the clocks move, as
// far as they may; without it the result is a report and nothing changes. A case
// that can't be moved stays as it is and does not stop the others: the error
// names it.
func (s *Store) MoveCalendars(ctx context.Context, apply bool) (out []dsr.CalendarMove, err error) {
	ids, err := s.Organisations(ctx)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, id := range ids {
		if s.For(id).gone() {
			continue // its pack is not here: nobody can compute its clocks
		}
		moves, err := s.For(id).moveCalendars(ctx, apply)
		out = append(out, moves...)
		if err != nil {
			failed = append(failed, err)
		}
	}
	return out, errors.Join(failed...)
}

func (o *Organisation) gone() bool {
	_, err := o.current()
	return err != nil
}

// countable are the cases whose clocks still run: an answered one keeps the
// calendar by which it was in time or late.
const countable = "organisation = ? AND stage <> 'closed' AND answered_at = 0"

func (o *Organisation) moveCalendars(ctx context.Context, apply bool) (out []dsr.CalendarMove, err error) {
	var cases []string
	if err := o.view(ctx, func(t *tx) error {
		// At most starts no calendar is newer: then no case is looked at.
		var pinned []string
		if err := t.db.Model(&caseRow{}).Where(countable, o.id).Distinct().Pluck("calendar_version", &pinned).Error; err != nil {
			return err
		}
		older := slices.DeleteFunc(pinned, func(pins string) bool { return o.shelf(pins).newest() })
		if len(older) == 0 {
			return nil
		}
		return t.db.Model(&caseRow{}).Where(countable+" AND calendar_version IN ?", o.id, older).Order("arrived_at, id").Pluck("id", &cases).Error
	}); err != nil {
		return nil, err
	}
	var failed []error
	for _, id := range cases {
		m, err := o.moveCase(ctx, id, apply)
		switch {
		case err != nil:
			failed = append(failed, fmt.Errorf("case %s: %w", id, err))
		case m != nil:
			out = append(out, *m)
		}
	}
	return out, errors.Join(failed...)
}

// moveCase looks at one case, and moves it with apply.
func (o *Organisation) moveCase(ctx context.Context, id string, apply bool) (out *dsr.CalendarMove, err error) {
	look := func(t *tx, s *submissionRow, c *caseRow, by func(p *policy.Pack, c *caseRow) (*calendarMove, error)) (bool, error) {
		out = nil
		if !dsr.Stage(c.Stage).Open() || c.AnsweredAt != 0 {
			return false, nil // meanwhile
		}
		p, err := t.pack(s)
		if err != nil {
			return false, err
		}
		m, err := by(p, c)
		if err != nil || m == nil {
			return false, err
		}
		x := m.shown(caseReference(s.Reference, c.Number))
		out = &x
		return true, nil
	}
	// Most cases count by the newest already: they are not locked.
	err = o.view(ctx, func(t *tx) error {
		s, c, err := t.find(id)
		if err != nil {
			return err
		}
		if _, err = look(t, s, c, t.calendarMove); out != nil {
			out.At = 0
		}
		return err
	})
	if err != nil || out == nil || !apply {
		return out, err
	}
	err = o.write(ctx, func(t *tx) error {
		s, c, err := t.lockCase(id)
		if err != nil {
			return err
		}
		if moved, err := look(t, s, c, t.moveCalendars); err != nil || !moved {
			return err
		}
		return t.save(c, c.ID)
	})
	return out, err
}

func (r *calendarMoveRow) shown(reference string) dsr.CalendarMove {
	return dsr.CalendarMove{CaseID: r.CaseID, Reference: reference, Organisation: r.Organisation, RuleID: r.Rule, From: r.FromVersion,
		To: r.ToVersion, Old: r.OldAt, New: r.NewAt, Told: r.ToldAt, Target: r.TargetAt, At: r.At}
}

// promised is the answer target as the person may be told it: where a newer
// calendar brought a law's due before the date that they know, the office works
// to the earlier one and they keep theirs (C.2 rule 8). x is the clock that gives
// the date, nil where none is promised.
func (t *tx) promised(p *policy.Pack, c *caseRow) (x *clocked, err error) {
	var told int64
	if err := t.db.Raw(`SELECT COALESCE(MAX(old_at), 0) FROM calendar_moves WHERE organisation = ? AND case_id = ? AND occasion = ?
		AND told_at > 0 AND target_at > 0 AND target_at < old_at`, t.o.id, c.ID, c.Occasion).Scan(&told).Error; err != nil {
		return nil, err
	}
	r, events, err := t.reading(p, c)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	won, ok := r.answer()
	if !ok {
		return nil, nil
	}
	if x = won; told > micros(x.result.DueAt) {
		x.stays(instant(told))
	}
	return x, nil
}

// moves are what newer calendars did, the newest first.
func (t *tx) moves(where string, args ...any) ([]dsr.CalendarMove, error) {
	var rows []struct {
		Move      calendarMoveRow `gorm:"embedded"`
		Reference string          `gorm:"column:reference"`
		Number    int64           `gorm:"column:number"`
	}
	err := t.db.Raw(`SELECT m.*, s.reference, c.number FROM calendar_moves m JOIN cases c ON c.organisation = m.organisation AND c.id = m.case_id
		JOIN submissions s ON s.organisation = c.organisation AND s.id = c.submission
		WHERE m.organisation = ? AND `+where+` ORDER BY m.at DESC, m.case_id, m.seq DESC LIMIT 200`, append([]any{t.o.id}, args...)...).Scan(&rows).Error
	var out []dsr.CalendarMove
	for i := range rows {
		out = append(out, rows[i].Move.shown(caseReference(rows[i].Reference, rows[i].Number)))
	}
	return out, err
}

// Calendars are those by which the organisation's cases count: the newest of its
// own and of its laws', and each older one that an open case still counts by.
func (o *Organisation) Calendars(ctx context.Context, actor dsr.Actor) (out []dsr.CalendarLine, err error) {
	if err := needRole(actor, dsr.RoleManager, dsr.RoleAuditor); err != nil {
		return nil, err
	}
	p, err := o.current()
	if err != nil {
		return nil, err
	}
	err = o.view(ctx, func(t *tx) error {
		open := map[string]int{}
		var pinned []string
		if err := t.db.Model(&caseRow{}).Where("organisation = ? AND stage <> 'closed'", o.id).Pluck("calendar_version", &pinned).Error; err != nil {
			return err
		}
		var versions []string
		for _, id := range calendarIDs(p) {
			if cal := o.s.Calendars[id]; cal != nil {
				versions = append(versions, versionOf(cal))
			}
		}
		for _, pins := range pinned {
			for _, v := range strings.Fields(pins) {
				open[v]++
				if !slices.Contains(versions, v) {
					versions = append(versions, v)
				}
			}
		}
		for _, v := range versions {
			id, version, _ := strings.Cut(v, "@")
			line := dsr.CalendarLine{ID: id, Version: version, OpenCases: open[v]}
			if cal, kept := o.shelf(v).take(id); cal != nil && kept {
				line.Zone, line.Digest, line.From, line.To, line.HoursAssumed = cal.Zone, cal.Digest, cal.From.String(), cal.To.String(), cal.HoursAssumed
				line.ProvisionalFrom = cal.ProvisionalFrom(clock.DateOf(t.now.In(zone(p)))).String()
			}
			if line.Moves, err = t.moves("' ' || m.to_version || ' ' LIKE ?", "% "+v+" %"); err != nil {
				return err
			}
			out = append(out, line)
		}
		return nil
	})
	return out, err
}

// calendarIDs are the organisation's own calendar and those of the laws beside.
func calendarIDs(p *policy.Pack) []string {
	ids := []string{p.Calendar}
	for _, b := range p.Also {
		if b.Calendar != "" && !slices.Contains(ids, b.Calendar) {
			ids = append(ids, b.Calendar)
		}
	}
	return ids
}

// DateRules are the rules that Explain takes: the pack's own times, then those of
// the laws that the organisation stands under.
func (o *Organisation) DateRules(ctx context.Context, actor dsr.Actor) (out []dsr.ClockLine, err error) {
	if err := needRole(actor, dsr.RoleManager, dsr.RoleAuditor); err != nil {
		return nil, err
	}
	p, err := o.current()
	if err != nil {
		return nil, err
	}
	for _, r := range p.Rules() {
		out = append(out, (&clocked{name: dsr.ClockTarget, rule: r}).line())
	}
	for _, r := range o.laws(p) {
		name := dsr.ClockLegal
		if r.Kind == clock.Exposure {
			name = dsr.ClockExposure
		}
		out = append(out, (&clocked{name: name, rule: r}).line())
	}
	return out, nil
}

// laws are the rules of the regimes that the pack stands under that can be
// computed, one of each ID: the newest.
func (o *Organisation) laws(p *policy.Pack) (out []clock.Rule) {
	for _, regime := range o.s.Packs.Rules().Regimes() {
		if regime.ID != p.LawName && !slices.ContainsFunc(p.Also, func(b policy.Beside) bool { return b.Regime == regime.ID }) {
			continue
		}
		for _, r := range regime.Rules {
			if r.Mark != "" || r.Unit == clock.NoFigure {
				continue
			}
			if at := slices.IndexFunc(out, func(x clock.Rule) bool { return x.ID == r.ID }); at >= 0 {
				out[at] = r
				continue
			}
			out = append(out, r)
		}
	}
	return out
}

// Explain computes a date for nobody's case.
func (o *Organisation) Explain(ctx context.Context, actor dsr.Actor, q dsr.DateQuestion) (line dsr.ClockLine, err error) {
	if err := needRole(actor, dsr.RoleManager, dsr.RoleAuditor); err != nil {
		return line, err
	}
	p, err := o.current()
	if err != nil {
		return line, err
	}
	x := &clocked{name: dsr.ClockTarget}
	if q.Start == 0 {
		return line, question("start", "is missing")
	}
	id := q.Calendar
	if id == "" {
		id = p.Calendar
	}
	if x.cal = o.s.Calendars[id]; x.cal == nil {
		return line, question("calendar", "is not known: "+id)
	}
	ours := slices.IndexFunc(p.Rules(), func(r clock.Rule) bool { return r.ID == q.Rule })
	if ours >= 0 {
		x.rule = p.Rules()[ours]
		if id != p.Calendar { // asked for another office
			x.rule.Calendar, x.rule.Zone = "", ""
		}
	} else {
		x.name = dsr.ClockLegal
		if x.rule, err = o.s.Packs.Rules().RuleAt(q.Rule, instant(q.Start), zone(p)); err != nil {
			return line, asked(err)
		}
		if q.Calendar == "" {
			x.cal = o.lawCalendar(p, x.rule)
		}
		if x.rule.Zone == "" && (x.cal == nil || x.rule.Regime == p.LawName) {
			x.rule.Zone = p.Zone
		}
	}
	if x.rule.Kind == clock.Exposure {
		x.name = dsr.ClockExposure
	}
	x.events = append(x.events, clock.Event{Kind: clock.Start, At: instant(q.Start)})
	for _, pause := range q.Pauses {
		x.events = append(x.events, clock.Event{Kind: clock.Pause, At: instant(pause[0]), Cause: q.Cause})
		if pause[1] != 0 {
			x.events = append(x.events, clock.Event{Kind: clock.Resume, At: instant(pause[1]), Cause: q.Cause})
		}
	}
	if q.Extended != 0 {
		e := clock.Event{Kind: clock.Prolonged, At: instant(q.Extended), Rule: x.rule.ID}
		if ext := x.rule.Extension; ext != nil && len(ext.Grounds) > 0 {
			e.Ground = ext.Grounds[0]
		} else if ext != nil && ext.ReasonsRequired {
			e.Ground = "searching"
		}
		x.events = append(x.events, e)
	}
	if err := x.compute(); err != nil {
		return line, asked(err)
	}
	return x.line(), nil
}

// lawCalendar is the calendar by which a law's dates are rolled here.
func (o *Organisation) lawCalendar(p *policy.Pack, r clock.Rule) *clock.Calendar {
	if r.Calendar != "" {
		return o.s.Calendars[r.Calendar]
	}
	for _, b := range p.Also {
		if b.Regime == r.Regime && b.Calendar != "" {
			return o.s.Calendars[b.Calendar]
		}
	}
	return o.s.Calendars[p.Calendar]
}

// question refuses what was asked. field and reason name no person: the question
// is about nobody's case.
func question(field, reason string) error {
	return dsr.Fail(dsr.Invalid, "error.date-question", "field", field, "reason", reason)
}

// asked is what package clock found wrong with a question.
func asked(err error) error {
	var e *clock.Error
	if errors.As(err, &e) {
		return question(e.Field, e.Message)
	}
	return question("rule", err.Error())
}
