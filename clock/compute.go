package clock

import (
	"cmp"
	"fmt"
	"slices"
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
)

// Event is one thing that happened to a case's clock. A list of events is in the
// order in which they were recorded; pauses of one cause do not nest.
type Event struct {
	Kind  EventKind `yaml:"kind" json:"kind"`
	At    time.Time `yaml:"at" json:"at"`                           // of an extension: when its notice was sent
	Cause string    `yaml:"cause,omitempty" json:"cause,omitempty"` // of a pause, a resume, a start's condition
	N     int       `yaml:"n,omitempty" json:"n,omitempty"`         // of an extension: units asked; 0 is the whole amount
	Rule  string    `yaml:"rule,omitempty" json:"rule,omitempty"`   // of an extension: ID of the rule that it prolongs; every rule when left out
	// Ground is why an extension is needed: one of the rule's own grounds, and
	// needed where the rule asks for reasons.
	Ground string `yaml:"ground,omitempty" json:"ground,omitempty"`
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
	StepExtension   = "extension"   // At: notice sent; N units
	StepNoticeBy    = "notice-by"   // At: the unextended due instant
	StepRoll        = "roll"        // On: moved to the next open day
	StepProvisional = "provisional" // rests on a provisional day
	StepDue         = "due"         // On, At
	StepDueDay      = "due-day"     // On: until the end of that day
	StepFrom        = "from"        // On, At
)

// lastYear bounds what may be asked, far from the end of what dates can hold.
const lastYear = 9000

// namedDays is the longest stretch whose closed days are told one by one.
const namedDays = 400

// Compute says where a clock stands after what happened.
//
// cal may be nil when the rule needs no calendar. Day boundaries are those of the
// rule's zone (the calendar's when the rule names none). Events other than starts
// apply in order of time; overlapping pauses are merged, the earlier cause keeps
// the overlap. A pause that begins before the start counts from the start; one
// that begins at or after the due instant reached so far shifts nothing.
//
// The error is an *Error that names the field: of the rule, of the calendar, or of
// an event ("events[2].at").
func Compute(rule Rule, cal *Calendar, events []Event) (Result, error) {
	if err := rule.Validate(); err != nil {
		return Result{}, err
	}
	c := counting{rule: rule.normal(), cal: cal, steps: make([]Step, 0, 12)}
	if err := c.settle(); err != nil {
		return Result{}, err
	}
	happenings, err := c.read(events)
	if err != nil {
		return Result{}, err
	}
	return c.run(happenings)
}

// counting is one computation under way. For units of days the clock is a civil
// date; for minutes and hours it is an instant. Both are not rolled yet.
type counting struct {
	rule  Rule
	cal   *Calendar // nil when the rule needs none
	loc   *time.Location
	start time.Time
	first Date // day of the start
	field string
	total int // units from the start, extensions from the start included
	times int // extensions so far

	on      Date      // last day so far
	full    int       // units of days: what may be left at most, in days
	at      time.Time // minutes and hours: the due instant so far
	applied []happening
	counted Date // last day that an inclusive pause has counted
	steps   []Step
}

// happening is a merged pause or an extension.
type happening struct {
	extension bool
	from, to  time.Time // to is zero while a pause is open
	mode      PauseMode
	cause     string
	n         int
	field     string
	joined    bool // goes on without a gap from the pause before it
}

// settle finds the zone and checks that rule and calendar go together.
func (c *counting) settle() (err error) {
	r, name := c.rule, c.rule.Zone
	switch {
	case name == "" && c.cal == nil:
		return wrong("zone", "rule %s names no zone and has no calendar to take it from", r.ID)
	case name == "":
		name = c.cal.Zone
	}
	if c.loc, err = Zone(name); err != nil {
		return err
	}
	switch {
	case !r.NeedsCalendar():
		c.cal = nil
	case c.cal == nil:
		return wrong("calendar", "rule %s needs a calendar", r.ID)
	case r.Calendar != "" && r.Calendar != c.cal.ID:
		return wrong("calendar", "rule %s counts by calendar %s, not %s", r.ID, r.Calendar, c.cal.ID)
	case name != c.cal.Zone && (r.Unit == BusinessMinutes || r.EndPoint == CloseOfBusiness):
		return wrong("zone", "the hours of calendar %s are in %s, rule %s is in %s", c.cal.ID, c.cal.Zone, r.ID, name)
	}
	return nil
}

// read finds the start, pairs the pauses, and puts what remains in order of time.
func (c *counting) read(events []Event) ([]happening, error) {
	var arrived time.Time
	var pauses, extensions []happening
	begins := StepStart
	for i, e := range events {
		field := fmt.Sprintf("events[%d]", i)
		if y := e.At.UTC().Year(); e.At.IsZero() || y < 2 || y > lastYear {
			return nil, wrong(field+".at", "an event needs an instant")
		}
		open := slices.IndexFunc(pauses, func(p happening) bool { return p.to.IsZero() && p.cause == e.Cause })
		switch e.Kind {
		case Start:
			if !c.start.IsZero() && c.rule.Start != StartLatestOf {
				return nil, wrong(field+".kind", "the clock has started already")
			}
			if arrived.IsZero() || e.At.Before(arrived) {
				arrived = e.At
			}
			if e.At.After(c.start) {
				c.start, c.field, begins = e.At, field+".at", StepStart
				if e.Cause == CauseDeemed {
					begins = StepDeemed
				}
			}
		case Pause:
			if open >= 0 {
				return nil, wrong(field+".cause", "the pause %q is open already", e.Cause)
			}
			pauses = append(pauses, happening{from: e.At, mode: c.rule.pause(e.Cause), cause: e.Cause, field: field})
		case Resume:
			if open < 0 {
				return nil, wrong(field+".cause", "there is no open pause %q to end", e.Cause)
			}
			if e.At.Before(pauses[open].from) {
				return nil, wrong(field+".at", "the pause %q ends before it begins", e.Cause)
			}
			pauses[open].to = e.At
		case Prolonged:
			extensions = append(extensions, happening{extension: true, from: e.At, n: e.N, field: field})
		default:
			return nil, wrong(field+".kind", "%q is not a kind of event", e.Kind)
		}
	}
	if c.start.IsZero() {
		return nil, wrong("events", "there is no start")
	}
	if on := DateOf(arrived.In(c.loc)); !c.rule.InForce(on) {
		return nil, wrong("in_force_from", "rule %s does not govern what arrived on %s", c.rule.ID, on)
	}
	for _, x := range extensions {
		if x.from.Before(arrived) {
			return nil, wrong(x.field+".at", "the notice of an extension was sent before the start")
		}
	}
	c.step(Step{Code: begins, At: c.start.UTC(), On: DateOf(c.start.In(c.loc))})
	pauses = slices.DeleteFunc(pauses, func(p happening) bool { return p.mode == PauseNone })
	c.reset(pauses)
	c.first = DateOf(c.start.In(c.loc))
	all := append(merge(pauses, c.start), extensions...)
	slices.SortStableFunc(all, func(a, b happening) int { return a.from.Compare(b.from) })
	return all, nil
}

// reset moves the start to the end of the last pause that restarts the clock.
func (c *counting) reset(pauses []happening) {
	last := -1
	for i, p := range pauses {
		if p.mode == PauseReset && p.to.After(c.start) {
			c.start, c.field, last = p.to, p.field+".at", i
		}
	}
	if last >= 0 {
		c.step(Step{Code: StepReset, At: c.start.UTC(), On: DateOf(c.start.In(c.loc)), Cause: pauses[last].cause})
	}
}

// merge makes pauses disjoint: each begins where those before it ended, and none
// begins before the start. An open pause keeps everything after it.
func merge(pauses []happening, start time.Time) []happening {
	slices.SortStableFunc(pauses, func(a, b happening) int { return a.from.Compare(b.from) })
	merged, reached := pauses[:0], start
	for _, p := range pauses {
		cut := p.from.Before(reached)
		if cut {
			p.from = reached
		}
		if p.to.IsZero() {
			p.joined = len(merged) > 0 && p.from.Equal(reached)
			return append(merged, p)
		}
		// What an earlier pause, the time before the start or a restart has used up
		// is gone; a pause of no length that stands free still counts its day.
		if p.mode == PauseReset || p.to.Before(p.from) || cut && !p.to.After(p.from) {
			continue
		}
		p.joined = len(merged) > 0 && p.from.Equal(reached)
		reached = p.to
		merged = append(merged, p)
	}
	return merged
}

// step adds a reason.
func (c *counting) step(s Step) { c.steps = append(c.steps, s) }

// run counts, shifts, prolongs and rolls.
func (c *counting) run(happenings []happening) (Result, error) {
	if c.cal != nil {
		if err := c.cal.covered(c.field, c.first); err != nil {
			return Result{}, err
		}
	}
	c.total = c.rule.N
	if err := c.base(); err != nil {
		return Result{}, err
	}
	if err := c.tellCount(); err != nil {
		return Result{}, err
	}
	var open *happening
	counted := false // the pause before counted: one that is joined to it does, too
	for i, h := range happenings {
		end, err := c.end()
		if err != nil {
			return Result{}, err
		}
		late := !h.from.Before(end.instant())
		switch {
		case h.extension && late && open == nil:
			return Result{}, wrong(h.field+".at", "the notice was sent after the due instant; an extension must be told before %s",
				end.instant().In(c.loc).Format(time.RFC3339))
		case h.extension:
			if err := c.extend(h, end); err != nil {
				return Result{}, err
			}
		case late && !(h.joined && counted):
			counted = false
			c.step(Step{Code: StepPauseLate, At: h.from.UTC(), Cause: h.cause})
		case h.to.IsZero():
			open = &happenings[i]
		default:
			n, err := c.shift(h)
			if err != nil {
				return Result{}, err
			}
			c.applied, counted = append(c.applied, h), true
			c.step(Step{Code: StepPause, At: h.from.UTC(), On: DateOf(h.to.In(c.loc)), N: n, Cause: h.cause, Note: string(h.mode)})
		}
	}
	out, err := c.end()
	if err != nil {
		return Result{}, err
	}
	if open != nil {
		out = c.paused(out, *open)
	} else {
		c.tellEnd(&out)
	}
	out.Steps = c.steps
	return out, nil
}

// instant is the moment a result is about: due or from.
func (r Result) instant() time.Time {
	if r.FromAt.IsZero() {
		return r.DueAt
	}
	return r.FromAt
}

// base puts the end at total units after the start.
func (c *counting) base() error {
	n, include := c.total, 0
	if c.rule.FirstDay == Include {
		include = 1
	}
	switch c.rule.Unit {
	case ElapsedMinutes, ElapsedHours:
		c.at = c.start.Add(time.Duration(n) * c.rule.Unit.length())
		c.on = DateOf(c.at.In(c.loc))
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
		c.on = DateOf(c.at.In(c.loc))
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
	from, to := DateOf(p.from.In(c.loc)), DateOf(p.to.In(c.loc))
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
		c.on = DateOf(c.at.In(c.loc))
		return int(p.to.Sub(p.from) / time.Minute), c.inRange()
	}
}

// extend prolongs the clock once; end is the unextended result so far.
func (c *counting) extend(h happening, end Result) error {
	e := c.rule.Extension
	c.times++
	switch {
	case e == nil:
		return wrong(h.field+".kind", "rule %s cannot be extended", c.rule.ID)
	case c.times > max(e.MaxTimes, 1):
		return wrong(h.field+".kind", "rule %s can be extended at most %d times", c.rule.ID, max(e.MaxTimes, 1))
	case h.n < 0 || h.n > e.Amount:
		return wrong(h.field+".n", "rule %s can be extended by at most %d, not %d", c.rule.ID, e.Amount, h.n)
	}
	n := h.n
	if n == 0 {
		n = e.Amount
	}
	if c.total+n > c.rule.Unit.limit() {
		return wrong(h.field+".n", "the period becomes too long")
	}
	c.step(Step{Code: StepNoticeBy, On: cmp.Or(end.DueOn, end.FromOn), At: end.instant()})
	c.step(Step{Code: StepExtension, At: h.from.UTC(), N: n, Cause: string(c.rule.Unit), Note: e.Base})
	c.total += n
	if e.Base == FromDue {
		if !end.DueOn.IsZero() {
			c.on = end.DueOn // the rolled day
		}
		c.applied = c.applied[:0]
		return c.prolong(n)
	}
	if err := c.base(); err != nil {
		return err
	}
	c.counted = Date{}
	for _, p := range c.applied {
		if _, err := c.shift(p); err != nil {
			return err
		}
	}
	return nil
}

// end rolls the last day and turns it into instants.
func (c *counting) end() (Result, error) {
	out := Result{RuleID: c.rule.ID, StartAt: c.start.UTC(), State: Due, UnrolledOn: c.on}
	if c.cal != nil {
		out.CalendarID, out.CalendarVersion, out.CalendarDigest = c.cal.ID, c.cal.Version, c.cal.Digest
	}
	last := c.on
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
	from := DateOf(p.from.In(c.loc))
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
	c.step(Step{Code: StepPauseOpen, At: p.from.UTC(), N: left, Cause: p.cause, Note: string(unit)})
	return Result{RuleID: r.RuleID, CalendarID: r.CalendarID, CalendarVersion: r.CalendarVersion, CalendarDigest: r.CalendarDigest,
		StartAt: r.StartAt, State: Paused, UnitsLeft: left, LeftUnit: unit}
}

// roundUp counts begun units: what is left is never told as less than it is.
func roundUp(d, unit time.Duration) int { return int((d + unit - 1) / unit) }

// tellCount tells what is counted and from where.
func (c *counting) tellCount() error {
	if c.rule.Unit.days() {
		code := StepExcluded
		if c.rule.FirstDay == Include {
			code = StepIncluded
		}
		c.step(Step{Code: code, On: c.first})
	}
	if c.rule.Unit == BusinessMinutes && !IsOpen(c.cal, c.start) {
		at, err := NextOpen(c.cal, c.start)
		if err != nil {
			return err
		}
		c.step(Step{Code: StepOpening, At: at.UTC()})
	}
	c.step(Step{Code: StepCount, N: c.rule.N, Cause: string(c.rule.Unit)})
	return nil
}

// tellEnd tells the closed days that mattered, the roll, and the end itself.
func (c *counting) tellEnd(r *Result) {
	last := r.DueOn
	if !r.FromOn.IsZero() {
		last = r.FromOn.AddDays(-1)
	}
	if c.cal != nil {
		counts := c.rule.Unit == BusinessDays || c.rule.Unit == BusinessMinutes
		from := r.UnrolledOn
		if counts {
			from = c.first
			if c.rule.Unit == BusinessDays && c.rule.FirstDay == Exclude {
				from = from.AddDays(1)
			}
		} else {
			c.step(Step{Code: StepRaw, On: r.UnrolledOn})
		}
		c.tellClosed(from, last)
		if last.After(r.UnrolledOn) {
			c.step(Step{Code: StepRoll, On: last})
		}
		// Open days inside a pause rest on the calendar too.
		for _, p := range c.applied {
			if on := DateOf(p.from.In(c.loc)); p.mode == PauseBusinessDays && on.Before(from) {
				from = on
			}
		}
		if r.Provisional = c.cal.restsOnProvisional(from, last); r.Provisional {
			c.step(Step{Code: StepProvisional})
		}
	}
	switch c.rule.EndPoint {
	case StartOfNextDay:
		c.step(Step{Code: StepFrom, On: r.FromOn, At: r.FromAt})
	case EndOfDay:
		c.step(Step{Code: StepDueDay, On: r.DueOn, At: r.DueAt})
	default:
		c.step(Step{Code: StepDue, On: r.DueOn, At: r.DueAt})
	}
}

// tellClosed tells each closed day from from to to and why, neighbours with one
// reason together. A very long stretch is told as a number.
func (c *counting) tellClosed(from, to Date) {
	a, b := c.cal.clamp(from), c.cal.clamp(to.AddDays(1))
	if b-a > namedDays {
		c.step(Step{Code: StepClosedDays, N: b - a - int(c.cal.openDays[b]-c.cal.openDays[a])})
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
			c.step(Step{Code: r.code, On: dateOfDay(c.cal.base + d), N: run - d, Note: r.name})
		}
		d = run
	}
}
