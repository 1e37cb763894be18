package clock

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// EventKind is what happened to a clock.
type EventKind string

// The kinds of event.
const (
	Start     EventKind = "start"
	Pause     EventKind = "pause"
	Resume    EventKind = "resume"
	Prolonged EventKind = "extension"
	// Held is when a newer calendar began to count and a date that was told went on
	// to hold (C.2 rule 8): the clock ends Until from here on, and what happens later
	// moves it from there. One inside a pause holds from before the pause. It is no
	// event of a file.
	Held EventKind = "held"
)

// Event is one thing that happened to a case's clock. A list of events is in the
// order in which they were recorded; pauses of one cause do not nest.
type Event struct {
	Kind  EventKind `yaml:"kind" json:"kind"`
	At    time.Time `yaml:"at" json:"at"`                           // of an extension: when its notice was sent
	Cause string    `yaml:"cause,omitempty" json:"cause,omitempty"` // of a pause, a resume, a start's condition
	N     int       `yaml:"n,omitempty" json:"n,omitempty"`         // of an extension: units asked; 0 is the whole amount
	Rule  string    `yaml:"rule,omitempty" json:"rule,omitempty"`   // of an extension, a held date: ID of its rule; every rule when left out
	// Ground is why an extension is needed: one of the rule's own grounds, and
	// needed where the rule asks for reasons.
	Ground string `yaml:"ground,omitempty" json:"ground,omitempty"`
	// Until is the due instant that holds, of a held date.
	Until time.Time `yaml:"-" json:"until,omitzero"`
}

// CauseDeemed marks a start at which a letter should ordinarily have arrived
// (APPI Art. 39(2)), so that the explanation can say so.
const CauseDeemed = "deemed"

// The states of a result.
const (
	Due    = "due"    // DueAt, or FromAt, is known
	Paused = "paused" // a pause is open: no due instant, UnitsLeft instead
)

// Result is where a clock stands, and why. Instants are in UTC.
type Result struct {
	RuleID          string    `json:"rule_id"`
	CalendarID      string    `json:"calendar_id,omitempty"`      // only when the calendar was used
	CalendarVersion string    `json:"calendar_version,omitempty"` // likewise
	CalendarDigest  string    `json:"calendar_digest,omitempty"`  // likewise
	StartAt         time.Time `json:"start_at,omitzero"`          // the instant that counting started from
	DueOn           Date      `json:"due_on,omitzero"`            // last day, in the rule's zone
	DueAt           time.Time `json:"due_at,omitzero"`            // END_OF_DAY is the next day 00:00
	FromOn          Date      `json:"from_on,omitzero"`           // of start-of-next-day rules, instead of DueOn
	FromAt          time.Time `json:"from_at,omitzero"`           // likewise
	UnrolledOn      Date      `json:"unrolled_on,omitzero"`       // last day before rolling over closed days
	State           string    `json:"state"`                      // Due or Paused
	UnitsLeft       int       `json:"units_left,omitempty"`       // when paused
	LeftUnit        Unit      `json:"left_unit,omitempty"`        // what UnitsLeft counts: weeks, months and years are left in calendar days
	// NoticeBy is the instant before which the notice of an extension must be sent:
	// the due instant that holds now. Zero where the rule has no extension left.
	NoticeBy    time.Time `json:"notice_by,omitzero"`
	Provisional bool      `json:"provisional,omitempty"` // rests on a day that the calendar marks provisional
	Steps       []Step    `json:"steps"`
}

// Step is one reason of a result, as data; Explain turns it into a sentence.
type Step struct {
	Code  string    `json:"code"`
	On    Date      `json:"on,omitzero"`
	At    time.Time `json:"at,omitzero"`
	N     int       `json:"n,omitempty"`
	Cause string    `json:"cause,omitempty"` // of a pause: its cause; of a count: the unit
	Note  string    `json:"note,omitempty"`  // of a closed day: its name in the calendar
	// Ground is why a clock was extended, as the event names it.
	Ground string `json:"ground,omitempty"`
}

// The codes of steps, in about the order in which they appear.
const (
	StepStart       = "start"       // At, On
	StepDeemed      = "deemed"      // At, On: as start, when a letter should ordinarily have arrived
	StepReset       = "reset"       // At, On, Cause: counting starts again
	StepExcluded    = "excluded"    // On: the day of the event is not counted
	StepIncluded    = "included"    // On: the day of the event is day one
	StepCount       = "count"       // N, Cause = unit
	StepOpening     = "opening"     // At: the start lay in closed time
	StepWeekly      = "weekly"      // On, N days: closed by the weekly hours
	StepHoliday     = "holiday"     // On, N days, Note
	StepClosure     = "closure"     // On, N days, Note
	StepClosedDays  = "closed-days" // N: too many to name one by one
	StepRaw         = "raw"         // On: the last day before pauses and rolling
	StepPause       = "pause"       // At to On, N, Cause: shifted by N units
	StepPauseOpen   = "pause-open"  // At, N, Cause: still open, N left
	StepPauseLate   = "pause-late"  // At, Cause: began after the due instant, shifts nothing
	StepExtension   = "extension"   // At: notice sent; N, Cause = unit, Note = base, Ground
	StepNoticeBy    = "notice-by"   // At, On: the unextended due instant
	StepRoll        = "roll"        // On: moved to the next open day
	StepExtendable  = "extendable"  // At, On: instant before which a notice must be sent; N at most, Cause = unit
	StepProvisional = "provisional" // On: a provisional day that it rests on; Note: its name in the calendar
	StepHeld        = "held"        // At, On: a newer calendar gives another date, and the one that was told stays
	StepNoFigure    = "no-figure"   // the law gives no number: nothing was counted
	StepDue         = "due"         // On, At
	StepDueDay      = "due-day"     // On: until the end of that day
	StepFrom        = "from"        // On, At
)

// lastYear bounds what may be asked, far from the end of what dates can hold.
const lastYear = 9000

// namedDays is the longest stretch whose closed days are told one by one.
const namedDays = 400

// Compute says where a clock stands after what happened, with its reasons: it is
// New and Explained in one.
func Compute(rule Rule, cal *Calendar, events []Event) (Result, error) {
	c, err := New(rule, cal)
	if err != nil {
		return Result{}, err
	}
	return c.Explained(events)
}

// counting is one computation under way. For units of days the clock is a civil
// date; for minutes and hours it is an instant. Both are not rolled yet.
type counting struct {
	*Clock
	told *told // nil when nobody asked for reasons

	start   time.Time
	startAt int  // place of the event that the start is
	first   Date // day of the start
	total   int  // units from the start, extensions from the start included
	times   int  // extensions so far

	on      Date      // last day so far
	full    int       // units of days: what may be left at most, in days
	at      time.Time // minutes and hours: the due instant so far
	counted Date      // last day that an inclusive pause has counted
	since   int       // pauses before this one are inside an extension already
	held    time.Time // of units of days: the due instant that was told, while nothing has moved it
	// A day that is not official yet and bears on an end that was prolonged from its
	// rolled day.
	unsure     bool
	unsureOn   Date
	unsureName string
}

// told collects the reasons of a result.
type told struct{ steps []Step }

// add keeps a reason.
func (t *told) add(s Step) { t.steps = append(t.steps, s) }

// happening is a merged pause, an extension, or a date that holds.
type happening struct {
	extension bool
	until     time.Time // of a date that holds: the date, else zero
	from, to  time.Time // to is zero while a pause is open
	mode      PauseMode
	cause     string // of an extension: its ground
	n         int
	event     int  // its place among the events
	joined    bool // goes on without a gap from the pause before it
	applied   bool // has shifted the end
}

// holds reports whether this is a date that was told and holds.
func (h happening) holds() bool { return !h.until.IsZero() }

// dateOf is the day of an instant in the zone of the rule.
func (c *Clock) dateOf(at time.Time) Date {
	if c.cal != nil && c.cal.loc == c.loc {
		return dateOfDay(c.cal.base + c.cal.dayOf(at))
	}
	return DateOf(at.In(c.loc))
}

// field names a member of the event at a place.
func field(event int, member string) string { return fmt.Sprintf("events[%d].%s", event, member) }

// story is what happened to one clock, in pairs.
type story struct {
	arrived, start time.Time
	startAt        int
	deemed         bool
	happenings     []happening // pauses as they began, extensions as they were told
}

// pair checks a list of events and pairs what belongs together. rule is nil where
// none is known yet.
func pair(events []Event, rule *Rule) (story, error) {
	var s story
	if len(events) > maxEvents {
		return s, wrong("events", "there are %d events; at most %d are counted", len(events), maxEvents)
	}
	open := 0 // pauses without an end
	for i, e := range events {
		if y := e.At.UTC().Year(); e.At.IsZero() || y < 2 || y > lastYear {
			return s, wrong(field(i, "at"), "an event needs an instant between the years 2 and %d", lastYear)
		}
		switch e.Kind {
		case Start:
			if !s.start.IsZero() && rule != nil && rule.Start != StartLatestOf {
				return s, wrong(field(i, "kind"), "the clock has started already")
			}
			if s.arrived.IsZero() || e.At.Before(s.arrived) {
				s.arrived = e.At
			}
			if e.At.After(s.start) {
				s.start, s.startAt, s.deemed = e.At, i, e.Cause == CauseDeemed
			}
		case Pause, Resume:
			at := -1
			for p := len(s.happenings) - 1; open > 0 && p >= 0; p-- {
				if h := &s.happenings[p]; !h.extension && !h.holds() && h.to.IsZero() && h.cause == e.Cause {
					at = p
					break
				}
			}
			switch {
			case e.Kind == Pause && at >= 0:
				return s, wrong(field(i, "cause"), "the pause %q is open already", e.Cause)
			case e.Kind == Pause:
				h := happening{from: e.At, cause: e.Cause, event: i}
				if rule != nil {
					h.mode = rule.PausedBy(e.Cause)
				}
				s.add(h, len(events)-i)
				open++
			case at < 0:
				return s, wrong(field(i, "cause"), "there is no open pause %q to end", e.Cause)
			case e.At.Before(s.happenings[at].from):
				return s, wrong(field(i, "at"), "the pause %q ends before it begins", e.Cause)
			default:
				s.happenings[at].to, open = e.At, open-1
			}
		case Prolonged:
			if e.N < 0 {
				return s, wrong(field(i, "n"), "the amount must not be negative: %d", e.N)
			}
			if rule == nil || e.Rule == "" || e.Rule == rule.ID {
				s.add(happening{extension: true, from: e.At, n: e.N, cause: e.Ground, event: i}, len(events)-i)
			}
		case Held:
			if y := e.Until.UTC().Year(); e.Until.IsZero() || y < 2 || y > lastYear {
				return s, wrong(field(i, "kind"), "%q is not a kind of event of a file", e.Kind)
			}
			if rule == nil || e.Rule == "" || e.Rule == rule.ID {
				h := happening{from: e.At, until: e.Until, event: i}
				if slices.ContainsFunc(s.happenings, func(o happening) bool { return o.extension && o.from.Equal(e.At) }) {
					h.from = h.from.Add(1) // an extension that was recorded before it is in the date that holds
				}
				s.add(h, len(events)-i)
			}
		default:
			return s, wrong(field(i, "kind"), "%q is not a kind of event", e.Kind)
		}
	}
	if s.start.IsZero() {
		return s, wrong("events", "there is no start")
	}
	for _, h := range s.happenings {
		if h.extension && h.from.Before(s.arrived) {
			return s, wrong(field(h.event, "at"), "the notice of an extension was sent before the start")
		}
	}
	return s, nil
}

// add keeps a happening; the first makes room for as many as there may be, once.
func (s *story) add(h happening, atMost int) {
	if s.happenings == nil {
		s.happenings = make([]happening, 0, atMost)
	}
	s.happenings = append(s.happenings, h)
}

// count is the one way to a result; t is nil when nobody asked for reasons.
func (clock *Clock) count(events []Event, t *told) (Result, error) {
	s, err := pair(events, &clock.rule)
	if err != nil {
		return Result{}, err
	}
	c := counting{Clock: clock, told: t, start: s.start, startAt: s.startAt}
	if r := &clock.rule; !r.InForceFrom.IsZero() || !r.InForceTo.IsZero() {
		if on := c.dateOf(s.arrived); !r.InForce(on) {
			return Result{}, wrong("in_force_from", "rule %s governs what arrives %s, not what arrived on %s", r.ID, r.window(), on)
		}
	}
	if t != nil {
		begins := StepStart
		if s.deemed {
			begins = StepDeemed
		}
		t.add(Step{Code: begins, At: c.start.UTC(), On: c.dateOf(c.start)})
	}
	if len(s.happenings) > 0 {
		if s.happenings, err = c.order(s.happenings); err != nil {
			return Result{}, err
		}
	}
	return c.run(s.happenings)
}

// order puts what happened in order of time, restarts the clock where a pause says so,
// and makes the other pauses disjoint. A pause that began when all was over restarts
// nothing.
func (c *counting) order(happenings []happening) ([]happening, error) {
	slices.SortStableFunc(happenings, byTime)
	last := -1
	for i, h := range happenings {
		if !h.restarts() || !h.to.After(c.start) {
			continue
		}
		over, err := c.over(happenings[:i], h.from)
		switch {
		case err != nil:
			return nil, err
		case !over:
			c.start, c.startAt, last = h.to, h.event, i
		case c.told != nil:
			c.told.add(Step{Code: StepPauseLate, At: h.from.UTC(), Cause: h.cause})
		}
	}
	if last >= 0 && c.told != nil {
		c.told.add(Step{Code: StepReset, At: c.start.UTC(), On: c.dateOf(c.start), Cause: happenings[last].cause})
	}
	return merge(happenings, c.start), nil
}

// restarts reports whether the clock starts anew when this ends.
func (h happening) restarts() bool { return !h.extension && h.mode == PauseReset && !h.to.IsZero() }

// over reports whether the due instant has come by an instant, after what happened
// before it.
func (c *counting) over(before []happening, at time.Time) (bool, error) {
	before = slices.DeleteFunc(slices.Clone(before), happening.restarts)
	sub := counting{Clock: c.Clock, start: c.start, startAt: c.startAt}
	r, err := sub.run(merge(before, sub.start))
	return r.State == Due && !at.Before(r.instant()), err
}

// byTime is the order in which pauses begin and notices are sent. Of several at one
// instant a date that holds comes first, as a pause moves it, and then the pause, as
// it may move the date that a notice must keep.
func byTime(a, b happening) int {
	return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.event, b.event))
}

func (h happening) rank() int {
	switch {
	case h.holds():
		return 0
	case h.extension:
		return 2
	}
	return 1
}

// merge makes the pauses disjoint: each begins where those before it ended, and
// none begins before the start. An open pause keeps every later pause. Extensions
// stay as they are. A date that holds from inside a pause holds from before it, and
// none does from before the start: that counts anew.
func merge(all []happening, start time.Time) []happening {
	merged, reached, pauses, open := all[:0], start, 0, false
	began := start // of the pauses that reach without a gap to reached
	for _, h := range all {
		if h.extension {
			merged = append(merged, h)
			continue
		}
		if h.holds() {
			if pauses > 0 && (open || h.from.Before(reached)) {
				h.from = began
			}
			if !h.from.Before(start) {
				merged = append(merged, h)
			}
			continue
		}
		if h.mode == PauseNone || open {
			continue
		}
		cut := h.from.Before(reached)
		if cut {
			h.from = reached
		}
		h.joined = pauses > 0 && h.from.Equal(reached)
		if !h.joined {
			began = h.from
		}
		if h.to.IsZero() {
			open = true
		} else {
			// What an earlier pause, the time before the start or a restart has used up
			// is gone; a pause of no length that stands free still counts its day.
			if h.mode == PauseReset || h.to.Before(h.from) || cut && !h.to.After(h.from) {
				continue
			}
			reached = h.to
		}
		merged, pauses = append(merged, h), pauses+1
	}
	slices.SortStableFunc(merged, byTime) // a pause that was cut begins later
	return merged
}

// run counts, shifts, prolongs and rolls.
func (c *counting) run(happenings []happening) (Result, error) {
	c.first = c.dateOf(c.start)
	if c.cal != nil {
		if _, ok := c.cal.index(c.first); !ok {
			return Result{}, c.cal.covered(field(c.startAt, "at"), c.first)
		}
	}
	c.total = c.rule.N
	if err := c.base(); err != nil {
		return Result{}, err
	}
	if c.told != nil {
		c.tellCount()
	}
	open := -1
	counted := false // the pause before counted: one that is joined to it does, too
	judged := 0      // before this one, an older calendar has said what came in time
	for i, h := range happenings {
		if h.holds() {
			judged = i
		}
	}
	for i := range happenings {
		h := &happenings[i]
		end, err := c.end()
		if err != nil {
			return Result{}, err
		}
		late := !h.from.Before(end.instant())
		switch {
		case h.holds():
			c.hold(*h)
		case h.extension && late && open < 0 && i >= judged:
			return Result{}, wrong(field(h.event, "at"), "the notice was sent too late: an extension of rule %s must be told before it is due, %s",
				c.rule.ID, end.instant().In(c.loc).Format(time.RFC3339))
		case h.extension:
			if err := c.extend(happenings, i, end); err != nil {
				return Result{}, err
			}
		case late && !(h.joined && counted):
			counted = false
			if c.told != nil {
				c.told.add(Step{Code: StepPauseLate, At: h.from.UTC(), Cause: h.cause})
			}
		case h.to.IsZero():
			open = i
		default:
			n, err := c.shift(*h)
			if err != nil {
				return Result{}, err
			}
			h.applied, counted = true, true
			if n > 0 {
				c.held = time.Time{}
			}
			if c.told != nil {
				c.told.add(Step{Code: StepPause, At: h.from.UTC(), On: c.dateOf(h.to), N: n, Cause: h.cause, Note: string(h.mode)})
			}
		}
	}
	out, err := c.end()
	if err != nil {
		return Result{}, err
	}
	if open >= 0 {
		return c.paused(out, happenings[open]), nil
	}
	if c.rule.Extension != nil && c.times < max(c.rule.Extension.MaxTimes, 1) {
		out.NoticeBy = out.instant()
	}
	from, last := c.rests(out, happenings)
	out.Provisional = c.cal != nil && (c.unsure || c.cal.restsOnProvisional(from, last))
	if c.told != nil {
		c.tellEnd(&out, from, last)
	}
	return out, nil
}

// rests is the first and the last day whose being open or closed bears on a result.
func (c *counting) rests(r Result, happenings []happening) (from, last Date) {
	if last = r.DueOn; last.IsZero() {
		last = r.FromOn.AddDays(-1)
	}
	from = c.counts(r)
	// Open days inside a pause rest on the calendar too.
	for _, h := range happenings {
		if h.applied && h.mode == PauseBusinessDays {
			if on := c.dateOf(h.from); on.Before(from) {
				from = on
			}
		}
	}
	return from, last
}

// counts is the first day whose being open or closed the count itself looks at.
func (c *counting) counts(r Result) Date {
	switch {
	case c.rule.Unit == BusinessDays && c.rule.FirstDay == Exclude:
		return c.first.AddDays(1)
	case c.rule.Unit == BusinessDays || c.rule.Unit == BusinessMinutes:
		return c.first
	}
	return r.UnrolledOn
}

// instant is the moment a result is about: due or from.
func (r Result) instant() time.Time {
	if r.FromAt.IsZero() {
		return r.DueAt
	}
	return r.FromAt
}

// hold puts the end at the date that was told.
func (c *counting) hold(h happening) {
	stood := c.on
	// An end of day belongs to the day that it ends.
	c.at, c.on = h.until, c.dateOf(h.until.Add(-time.Nanosecond))
	c.full += stood.DaysUntil(c.on)
	if c.rule.Unit.days() {
		c.held = h.until
	}
	if c.told != nil {
		c.told.add(Step{Code: StepHeld, On: c.on, At: h.until.UTC()})
	}
}

// base puts the end at total units after the start.
func (c *counting) base() error {
	c.held, c.unsure = time.Time{}, false
	n, include := c.total, 0
	if c.rule.FirstDay == Include {
		include = 1
	}
	switch c.rule.Unit {
	case ElapsedMinutes, ElapsedHours:
		c.at = c.start.Add(time.Duration(n) * c.rule.Unit.length())
		c.on = c.dateOf(c.at)
	case BusinessMinutes:
		return c.afterOpen(c.cal.openBefore(c.start) + time.Duration(n)*time.Minute)
	case CalendarDays:
		c.on = c.first.AddDays(n - include)
	case Weeks:
		c.on = c.first.AddDays(7*n - include)
	case MonthsEU:
		c.on = c.first.AddMonthsEU(n).AddDays(-include)
	case MonthsJP:
		c.on = c.first.AddMonthsJP(n, c.rule.FirstDay)
	case YearsJP:
		c.on = c.first.AddMonthsJP(12*n, c.rule.FirstDay)
	case BusinessDays:
		return c.nthOpen(c.first.AddDays(1-include), n)
	}
	c.full = c.first.DaysUntil(c.on) + include
	return c.inRange()
}

// prolong moves the end n units on from where it stands.
func (c *counting) prolong(n int) error {
	stood := c.on
	defer func() { c.full += stood.DaysUntil(c.on) }()
	switch c.rule.Unit {
	case ElapsedMinutes, ElapsedHours:
		c.at = c.at.Add(time.Duration(n) * c.rule.Unit.length())
		c.on = c.dateOf(c.at)
	case BusinessMinutes:
		return c.afterOpen(c.cal.openBefore(c.at) + time.Duration(n)*time.Minute)
	case CalendarDays:
		c.on = c.on.AddDays(n)
	case Weeks:
		c.on = c.on.AddDays(7 * n)
	case MonthsEU:
		c.on = c.on.AddMonthsEU(n)
	case MonthsJP:
		c.on = c.on.AddMonthsJP(n, Exclude)
	case YearsJP:
		c.on = c.on.AddMonthsJP(12*n, Exclude)
	case BusinessDays:
		return c.nthOpen(c.on.AddDays(1), n)
	}
	return c.inRange()
}

// inRange refuses what lies beyond the dates that can be written.
func (c *counting) inRange() error {
	if c.on.Y > lastYear {
		return wrong("n", "the period ends after the year %d", lastYear)
	}
	return nil
}

// nthOpen puts the end on the n-th open day on or after a date.
func (c *counting) nthOpen(from Date, n int) (err error) {
	c.on, err = c.cal.nthOpen(from, n)
	return err
}

// afterOpen puts the end at an amount of office time.
func (c *counting) afterOpen(total time.Duration) error {
	at, d, ok := c.cal.after(total)
	if !ok {
		return wrong("calendar", "the period would end after %s, the last day that calendar %s covers", c.cal.To, c.cal.ID)
	}
	c.at, c.on = at, dateOfDay(c.cal.base+d)
	return nil
}

// shift moves the end by one pause and says by how many units of the pause's own
// measure: days, open days, or minutes.
func (c *counting) shift(p happening) (int, error) {
	from, to := c.dateOf(p.from), c.dateOf(p.to)
	switch p.mode {
	case PauseCalendarDays:
		n := from.DaysUntil(to)
		c.on = c.on.AddDays(n)
		return n, c.inRange()
	case PauseInclusiveDays:
		if !c.counted.Before(from) { // a day shared by two pauses counts once
			from = c.counted.AddDays(1)
		}
		n := max(from.DaysUntil(to)+1, 0)
		if n > 0 {
			c.counted = to
		}
		c.on = c.on.AddDays(n)
		return n, c.inRange()
	case PauseBusinessDays:
		// The days of the pause are counted, so the calendar must know them.
		if from.Before(to) {
			for _, on := range [...]Date{from, to.AddDays(-1)} {
				if _, ok := c.cal.index(on); !ok {
					return 0, c.cal.covered(field(p.event, "at"), on)
				}
			}
		}
		n := c.cal.openOn(from, to)
		if n == 0 {
			return 0, nil
		}
		return n, c.nthOpen(c.on.AddDays(1), n)
	case PauseOpenMinutes:
		open := c.cal.openBefore(p.to) - c.cal.openBefore(p.from)
		return int(open / time.Minute), c.afterOpen(c.cal.openBefore(c.at) + open)
	default: // PauseElapsed
		c.at = c.at.Add(p.to.Sub(p.from))
		c.on = c.dateOf(c.at)
		return int(p.to.Sub(p.from) / time.Minute), c.inRange()
	}
}

// extend prolongs the clock once, by the extension at a place among the happenings;
// end is the unextended result so far.
func (c *counting) extend(happenings []happening, place int, end Result) error {
	e, h := c.rule.Extension, happenings[place]
	c.times++
	switch {
	case e == nil:
		return wrong(field(h.event, "kind"), "rule %s cannot be extended", c.rule.ID)
	case c.times > max(e.MaxTimes, 1):
		return wrong(field(h.event, "kind"), "rule %s can be extended at most %d times", c.rule.ID, max(e.MaxTimes, 1))
	case h.n > e.Amount:
		return wrong(field(h.event, "n"), "rule %s can be extended by at most %d, not %d", c.rule.ID, e.Amount, h.n)
	case h.cause == "" && e.ReasonsRequired:
		return wrong(field(h.event, "ground"), "rule %s asks for the ground of an extension", c.rule.ID)
	case h.cause != "" && len(e.Grounds) > 0 && !slices.Contains(e.Grounds, h.cause):
		return wrong(field(h.event, "ground"), "%q is not a ground on which rule %s can be extended; write %s", h.cause, c.rule.ID, strings.Join(e.Grounds, ", "))
	}
	n := h.n
	if n == 0 {
		n = e.Amount
	}
	if c.total+n > c.rule.Unit.limit() {
		return wrong(field(h.event, "n"), "the period becomes too long")
	}
	if e.Base == FromDue {
		c.rolled(end)
	}
	if c.told != nil {
		c.told.add(Step{Code: StepNoticeBy, On: cmp.Or(end.DueOn, end.FromOn), At: end.instant()})
		c.told.add(Step{Code: StepExtension, At: h.from.UTC(), N: n, Cause: string(c.rule.Unit), Note: e.Base, Ground: h.cause})
	}
	c.total += n
	if e.Base == FromDue {
		if c.rule.Unit.days() { // from the rolled day
			if c.on = end.DueOn; c.on.IsZero() {
				c.on = end.FromOn.AddDays(-1)
			}
		}
		c.since, c.held = place, time.Time{}
		return c.prolong(n)
	}
	if err := c.base(); err != nil {
		return err
	}
	c.counted = Date{}
	for _, p := range happenings[c.since:place] {
		if p.applied {
			if _, err := c.shift(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// rolled keeps and tells what moved an end that is prolonged from where it stands.
func (c *counting) rolled(end Result) {
	if c.cal == nil || c.rule.Unit == BusinessDays || c.rule.Unit == BusinessMinutes || !c.held.IsZero() {
		return // the count from the first day to the last tells these days
	}
	last := end.DueOn
	if last.IsZero() {
		last = end.FromOn.AddDays(-1)
	}
	if !c.unsure && c.cal.restsOnProvisional(end.UnrolledOn, last) {
		c.unsure = true
		c.unsureOn, c.unsureName = c.cal.provisionalIn(end.UnrolledOn, last)
	}
	if c.told == nil || last == end.UnrolledOn {
		return
	}
	c.told.add(Step{Code: StepRaw, On: end.UnrolledOn})
	c.tellClosed(end.UnrolledOn, last)
	c.told.add(Step{Code: StepRoll, On: last})
}

// end rolls the last day and turns it into instants.
func (c *counting) end() (Result, error) {
	out := Result{RuleID: c.rule.ID, StartAt: c.start.UTC(), State: Due, UnrolledOn: c.on}
	if c.cal != nil {
		out.CalendarID, out.CalendarVersion, out.CalendarDigest = c.cal.ID, c.cal.Version, c.cal.Digest
	}
	last := c.on
	if !c.held.IsZero() {
		if out.DueOn, out.DueAt = last, c.held.UTC(); c.rule.EndPoint == StartOfNextDay {
			out.FromOn, out.FromAt, out.DueOn, out.DueAt = last.AddDays(1), out.DueAt, Date{}, time.Time{}
		}
		return out, nil
	}
	switch c.rule.Roll {
	case NextOpenDay:
		on, err := c.cal.nthOpen(c.on, 1)
		if err != nil {
			return Result{}, err
		}
		last = on
	case NextDayOnce:
		if err := c.cal.covered("calendar", c.on); err != nil {
			return Result{}, err
		}
		if !OpenDay(c.cal, c.on) {
			last = c.on.AddDays(1)
		}
	}
	switch c.rule.EndPoint {
	case Exact:
		out.DueOn, out.DueAt = last, c.at.UTC()
	case EndOfDay:
		out.DueOn, out.DueAt = last, last.AddDays(1).In(c.loc).UTC()
	case StartOfNextDay:
		out.FromOn = last.AddDays(1)
		out.FromAt = out.FromOn.In(c.loc).UTC()
	case CloseOfBusiness:
		at, ok := c.cal.lastClose(last)
		if !ok {
			return Result{}, wrong("end_point", "%s is not an open day of calendar %s", last, c.cal.ID)
		}
		out.DueOn, out.DueAt = last, at.UTC()
	}
	return out, nil
}

// paused turns a result into one without a due instant: what was left when the
// pause began. A pause on the day of the start gives that day back although it was
// not counted, as a new start on the day of resuming would; never more than all is left.
func (c *counting) paused(r Result, p happening) Result {
	from := c.dateOf(p.from)
	first := c.first // the first day that counts at all
	if c.rule.FirstDay == Exclude {
		first = first.AddDays(1)
	}
	if from.Before(first) {
		from = first
	}
	left := 0
	unit := c.rule.Unit
	switch unit {
	case ElapsedMinutes, ElapsedHours:
		left = roundUp(c.at.Sub(p.from), unit.length())
	case BusinessMinutes:
		left = roundUp(c.cal.openBefore(c.at)-c.cal.openBefore(p.from), time.Minute)
	case BusinessDays:
		left = min(c.cal.openOn(from, c.on.AddDays(1)), c.total)
	default:
		left, unit = min(max(from.DaysUntil(c.on)+1, 0), c.full), CalendarDays
	}
	if p.mode == PauseReset {
		left, unit = c.total, c.rule.Unit
	}
	if c.told != nil {
		c.told.add(Step{Code: StepPauseOpen, At: p.from.UTC(), N: left, Cause: p.cause, Note: string(unit)})
	}
	return Result{RuleID: r.RuleID, CalendarID: r.CalendarID, CalendarVersion: r.CalendarVersion, CalendarDigest: r.CalendarDigest,
		StartAt: r.StartAt, State: Paused, UnitsLeft: left, LeftUnit: unit}
}

// roundUp counts begun units: what is left is never told as less than it is.
func roundUp(d, unit time.Duration) int { return int((d + unit - 1) / unit) }

// tellCount tells what is counted and from where.
func (c *counting) tellCount() {
	if c.rule.Unit.days() {
		code := StepExcluded
		if c.rule.FirstDay == Include {
			code = StepIncluded
		}
		c.told.add(Step{Code: code, On: c.first})
	}
	if c.rule.Unit == BusinessMinutes && !IsOpen(c.cal, c.start) {
		if at, err := NextOpen(c.cal, c.start); err == nil {
			c.told.add(Step{Code: StepOpening, At: at.UTC()})
		}
	}
	c.told.add(Step{Code: StepCount, N: c.rule.N, Cause: string(c.rule.Unit)})
}

// tellEnd tells the closed days that mattered, the roll, and the end itself. The
// result rests on the days from rests to last.
func (c *counting) tellEnd(r *Result, rests, last Date) {
	if c.cal != nil {
		if c.rule.Unit != BusinessDays && c.rule.Unit != BusinessMinutes && c.held.IsZero() {
			c.told.add(Step{Code: StepRaw, On: r.UnrolledOn})
		}
		c.tellClosed(c.counts(*r), last)
		if last.After(r.UnrolledOn) {
			c.told.add(Step{Code: StepRoll, On: last})
		}
		if r.Provisional {
			on, why := c.unsureOn, c.unsureName
			if !c.unsure {
				on, why = c.cal.provisionalIn(rests, last)
			}
			c.told.add(Step{Code: StepProvisional, On: on, Note: why})
		}
	}
	switch c.rule.EndPoint {
	case StartOfNextDay:
		c.told.add(Step{Code: StepFrom, On: r.FromOn, At: r.FromAt})
	case EndOfDay:
		c.told.add(Step{Code: StepDueDay, On: r.DueOn, At: r.DueAt})
	default:
		c.told.add(Step{Code: StepDue, On: r.DueOn, At: r.DueAt})
	}
	if !r.NoticeBy.IsZero() {
		c.told.add(Step{Code: StepExtendable, On: cmp.Or(r.DueOn, r.FromOn), At: r.NoticeBy, N: c.rule.Extension.Amount, Cause: string(c.rule.Unit)})
	}
}

// tellClosed tells each closed day from from to to and why, neighbours with one
// reason together. A very long stretch is told as a number.
func (c *counting) tellClosed(from, to Date) {
	a, b := c.cal.clamp(from), c.cal.clamp(to.AddDays(1))
	if b-a > namedDays {
		c.told.add(Step{Code: StepClosedDays, N: b - a - int(c.cal.openDays[b]-c.cal.openDays[a])})
		return
	}
	for d := a; d < b; {
		why := c.cal.why[d]
		run := d + 1
		for run < b && c.cal.why[run] == why {
			run++
		}
		if why != 0 {
			r := c.cal.reasons[why]
			c.told.add(Step{Code: r.code, On: dateOfDay(c.cal.base + d), N: run - d, Note: r.name})
		}
		d = run
	}
}
