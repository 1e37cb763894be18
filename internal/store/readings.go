package store

import (
	"errors"
	"slices"
	"strings"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// clockEvents are the happenings of the case's clocks, in order. Where a newer
// calendar came, the dates that were told go on to hold (C.2 rule 8): they are read
// from the table of moves.
func (t *tx) clockEvents(c *caseRow) (out []clock.Event, err error) {
	var rows []clockEventRow
	if err := t.db.Where("organisation = ? AND case_id = ? AND kind <> 'stop'", t.o.id, c.ID).Order("seq").Find(&rows).Error; err != nil {
		return nil, err
	}
	var moves []calendarMoveRow
	if err := t.db.Where("organisation = ? AND case_id = ? AND occasion = ?", t.o.id, c.ID, c.Occasion).Order("seq").Find(&moves).Error; err != nil {
		return nil, err
	}
	held := func(upTo int64) {
		for len(moves) > 0 && moves[0].AfterSeq < upTo {
			if m := moves[0]; m.HeldAt != 0 {
				out = append(out, clock.Event{Kind: clock.Held, At: instant(m.At), Rule: m.Rule, Until: instant(m.HeldAt)})
			}
			moves = moves[1:]
		}
	}
	for _, r := range rows {
		held(r.Seq)
		out = append(out, clock.Event{Kind: clock.EventKind(r.Kind), At: instant(r.At), Cause: r.Cause, N: int(r.N), Rule: r.Rule, Ground: r.Ground})
	}
	if len(rows) > 0 {
		held(rows[len(rows)-1].Seq + 1)
	}
	return out, nil
}

// shelf is every version of every calendar, and which of them a case counts by:
// "ID@version" each, the organisation's own first.
type shelf struct {
	all  map[string]*clock.Calendar
	pins []string
}

func (o *Organisation) shelf(pinned string) shelf {
	return shelf{o.s.Calendars, strings.Fields(pinned)}
}

func versionOf(cal *clock.Calendar) string { return cal.ID + "@" + cal.Version }

// pin is the version of a calendar that the case counts by, "" for none.
func (s shelf) pin(id string) string {
	for _, p := range s.pins {
		if strings.HasPrefix(p, id+"@") {
			return p
		}
	}
	return ""
}

// take gives a calendar in the version that the case counts by. kept is false
// when that version is not here any more and the newest stands in; the calendar
// is nil when there is none of that ID.
func (s shelf) take(id string) (cal *clock.Calendar, kept bool) {
	newest, pin := s.all[id], s.pin(id)
	if pin == "" || newest != nil && versionOf(newest) == pin {
		return newest, true
	}
	if cal, ok := s.all[pin]; ok {
		return cal, true
	}
	return newest, false
}

// newest reports whether every calendar that the case counts by is in its newest
// version.
func (s shelf) newest() bool {
	return !slices.ContainsFunc(s.pins, func(pin string) bool {
		id, _, _ := strings.Cut(pin, "@")
		return s.all[id] == nil || versionOf(s.all[id]) != pin
	})
}

// calendar is the organisation's own in the newest version.
func (o *Organisation) calendar(p *policy.Pack) (*clock.Calendar, error) {
	cal, ok := o.s.Calendars[p.Calendar]
	if !ok {
		return nil, dsr.Errorf(dsr.Internal, "error.internal", "calendar %s of pack %s is not there", p.Calendar, p.Slug)
	}
	return cal, nil
}

// pins are the calendars that the case counts by: those it has, and the newest of
// each that it has not yet. kept is false when one of its versions is gone.
func (o *Organisation) pins(p *policy.Pack, c *caseRow, events []clock.Event) (pins string, kept bool) {
	s, out := o.shelf(c.CalendarVersion), []string{}
	kept = true
	for _, id := range calendarsOf(p, c.Kind, events) {
		_, here := s.take(id)
		kept = kept && here
		pin := s.pin(id)
		if newest := s.all[id]; pin == "" && newest != nil {
			pin = versionOf(newest)
		}
		if pin != "" {
			out = append(out, pin)
		}
	}
	return strings.Join(out, " "), kept
}

// calendarsOf are the calendars of a case's clocks, the organisation's own first.
func calendarsOf(p *policy.Pack, kind string, events []clock.Event) []string {
	ids := []string{p.Calendar}
	for _, l := range dsr.ClocksOf(p, kind, events) {
		if l.Calendar != "" && !slices.Contains(ids, l.Calendar) {
			ids = append(ids, l.Calendar)
		}
	}
	return ids
}

// newest are the newest versions of the case's calendars.
func (o *Organisation) newest(p *policy.Pack, kind string, events []clock.Event) string {
	pins, _ := o.pins(p, &caseRow{Kind: kind}, events)
	return pins
}

// Why a clock can't be computed, as the record and the pages name it.
const (
	unknownCalendar = "calendar"  // it ends before the clock does, or it is not there
	unknownFigure   = "no-figure" // the law gives no number
	unknownRule     = "rule"      // the rule does not go with what happened
)

// whyUnknown is the code of an error of package clock.
func whyUnknown(err error) string {
	var e *clock.Error
	switch {
	case !errors.As(err, &e):
		return unknownRule
	case e.Field == "unit":
		return unknownFigure
	case e.Field == "calendar", e.Field == "exposure", strings.HasPrefix(e.Field, "events[") && strings.HasSuffix(e.Field, ".at"):
		return unknownCalendar
	}
	return unknownRule
}

// clocked is one clock of a case: its rule, what happened to it, where it stands.
type clocked struct {
	name    string // dsr.ClockTarget, ClockLegal, ClockExposure
	rule    clock.Rule
	cal     *clock.Calendar // nil for none
	events  []clock.Event
	result  clock.Result
	unknown string // why there is no result, "" when there is one
}

// compute fills in the result.
func (x *clocked) compute() error {
	r, err := clock.Compute(x.rule, x.cal, x.events)
	if err != nil {
		x.result, x.unknown = clock.Result{RuleID: x.rule.ID}, whyUnknown(err)
		return err
	}
	x.result = r
	return nil
}

// runs reports whether the clock has a due instant.
func (x *clocked) runs() bool {
	return x.unknown == "" && x.result.State == clock.Due && !x.result.DueAt.IsZero()
}

// ran are the events by which the time that runs is shared out: pauses that do
// not stop this clock are none of its own.
func (x *clocked) ran() []clock.Event {
	return slices.DeleteFunc(slices.Clone(x.events), func(e clock.Event) bool {
		return (e.Kind == clock.Pause || e.Kind == clock.Resume) && x.rule.PausedBy(e.Cause) == clock.PauseNone
	})
}

// milestone is the instant at which a share of the office's time to the due
// instant has passed; ok is false when the office's calendar ends before it.
func (x *clocked) milestone(office *clock.Calendar, percent int) (at time.Time, ok bool) {
	at, err := clock.MilestoneAt(office, x.ran(), x.result.DueAt, percent)
	return at, err == nil
}

// before is the close of the office's day so many open days before the due
// instant; ok is false when that is before the start: a target of minutes has no
// open days before it.
func (x *clocked) before(office *clock.Calendar, openDays int) (at time.Time, ok bool) {
	at, err := clock.CloseBefore(office, x.result.DueAt, openDays)
	return at, err == nil && !at.Before(x.result.StartAt)
}

// reading is what all clocks of a case say: a pure function of pack, calendars
// and what happened (invariant I11).
type reading struct {
	office *clock.Calendar
	target clocked
	legal  []clocked
	// exposure is nil where the person can't sue for it; guard is the last open
	// instant before it.
	exposure *clocked
	guard    time.Time
}

// read computes every clock of a case. Only the office's own must be there: a
// law's that can't be computed is named with its reason, and holds nothing up. The
// others are there also with an error.
func (o *Organisation) read(p *policy.Pack, c *caseRow, events []clock.Event) (r reading, err error) {
	shelf := o.shelf(c.CalendarVersion)
	if r.office, _ = shelf.take(p.Calendar); r.office == nil {
		_, err := o.calendar(p)
		return r, err
	}
	for _, run := range dsr.ClocksOf(p, c.Kind, events) {
		x := clocked{name: run.Name, rule: run.Rule, events: run.Events}
		x.cal, _ = shelf.take(run.Calendar)
		wrong := x.compute() // of all but ours its reason is kept
		switch run.Name {
		case dsr.ClockTarget:
			if r.target = x; wrong != nil {
				err = dsr.Errorf(dsr.Internal, "error.internal", "clock of case %s: %v", c.ID, wrong)
			}
		case dsr.ClockLegal:
			r.legal = append(r.legal, x)
		case dsr.ClockExposure:
			if wrong == nil {
				if r.guard, wrong = clock.Guard(x.result, r.office); wrong != nil {
					x.unknown, r.guard = whyUnknown(wrong), time.Time{}
				}
			}
			r.exposure = &x
		}
	}
	if r.target.name == "" {
		return r, dsr.Errorf(dsr.Internal, "error.internal", "clock of case %s: nothing has begun", c.ID)
	}
	return r, err
}

// reading computes every clock of a case from what happened to it, and gives that
// too; nothing happened to a case that has no clock yet.
func (t *tx) reading(p *policy.Pack, c *caseRow) (r reading, events []clock.Event, err error) {
	if events, err = t.clockEvents(c); err != nil || len(events) == 0 {
		return r, nil, err
	}
	r, err = t.o.read(p, c, events)
	return r, events, err
}

// stays puts a date that was told in place of the computed one, and says so.
func (x *clocked) stays(told time.Time) {
	x.result.DueAt = told
	// An end of day belongs to the day that it ends.
	x.result.DueOn = clock.DateOf(x.result.DueAt.Add(-time.Nanosecond).In(x.zone()))
	if !x.result.NoticeBy.IsZero() {
		x.result.NoticeBy = x.result.DueAt
	}
	x.result.Steps = append(slices.Clone(x.result.Steps), clock.Step{Code: clock.StepHeld, On: x.result.DueOn, At: x.result.DueAt})
}

// zone is that of the clock's dates.
func (x *clocked) zone() *time.Location {
	name := x.rule.Zone
	if name == "" && x.cal != nil {
		name = x.cal.Zone
	}
	loc, err := clock.Zone(name)
	if err != nil {
		return time.UTC // such a rule has no dates
	}
	return loc
}

// answer is the clock whose due is the answer target: the earliest of ours and
// every law's. Paused ones do not compete; ok is false when all are.
func (r *reading) answer() (won *clocked, ok bool) {
	for _, x := range r.running() {
		if won == nil || x.result.DueAt.Before(won.result.DueAt) {
			won = x
		}
	}
	return won, won != nil
}

// running are the clocks that compete for the answer target, ours first.
func (r *reading) running() (out []*clocked) {
	for _, x := range r.dues() {
		if x.runs() {
			out = append(out, x)
		}
	}
	return out
}

// dues are the clocks that give an answer target, ours first.
func (r *reading) dues() []*clocked {
	out := []*clocked{&r.target}
	for i := range r.legal {
		out = append(out, &r.legal[i])
	}
	return out
}

// by is the clock of a rule that gives an answer target, nil for none.
func (r *reading) by(rule string) *clocked {
	for _, x := range r.dues() {
		if x.rule.ID == rule {
			return x
		}
	}
	return nil
}

// due is what a case's clocks say, in the columns that keep it.
type due struct {
	targetAt            int64
	targetOn            string
	targetRule          string
	unitsLeft           int64
	exposureAt, guardAt int64
}

func (r *reading) due() due {
	d := due{unitsLeft: int64(r.target.result.UnitsLeft), guardAt: micros(r.guard)}
	if r.exposure != nil {
		d.exposureAt = micros(r.exposure.result.FromAt)
	}
	if won, ok := r.answer(); ok {
		d.targetAt, d.targetOn, d.targetRule = micros(won.result.DueAt), won.result.DueOn.String(), won.rule.ID
	}
	return d
}

// into writes the columns.
func (d due) into(c *caseRow) {
	c.TargetAt, c.TargetOn, c.TargetRule, c.UnitsLeft = d.targetAt, d.targetOn, d.targetRule, d.unitsLeft
	c.ExposureAt, c.GuardAt = d.exposureAt, d.guardAt
}

// data is what the record says of the clocks: every rule with its calendar and
// where it stands, and which one won.
func (r *reading) data() data {
	d := r.due()
	state := clock.Paused
	if d.targetAt != 0 {
		state = clock.Due
	}
	all := r.dues()
	if r.exposure != nil {
		all = append(all, r.exposure)
	}
	var lines []data
	for _, x := range all {
		line := data{"name": x.name, "rule": x.rule.ID}
		if x.result.CalendarID != "" {
			line["calendar"] = x.result.CalendarID + "@" + x.result.CalendarVersion
		}
		switch {
		case x.unknown != "":
			line["unknown"] = x.unknown
		case x.result.State == clock.Paused:
			line["units_left"], line["unit"] = int64(x.result.UnitsLeft), string(x.result.LeftUnit)
		case x.name == dsr.ClockExposure:
			line["from_at"] = micros(x.result.FromAt)
		default:
			line["due_at"] = micros(x.result.DueAt)
		}
		lines = append(lines, line)
	}
	return data{"rule": d.targetRule, "calendar": r.office.ID, "calendar_version": r.office.Version, "state": state,
		"target_at": d.targetAt, "target_on": d.targetOn, "units_left": d.unitsLeft, "exposure_at": d.exposureAt, "guard_at": d.guardAt,
		"steps": len(r.target.result.Steps), "clocks": lines}
}
