package clock

import "time"

// Clock is a rule and the calendar that it counts by, checked to go together.
// It holds nothing of a case and may be shared between goroutines: one Clock
// answers for many cases.
type Clock struct {
	rule Rule      // normal
	cal  *Calendar // nil when the rule needs none
	loc  *time.Location
}

// New checks that a rule and a calendar go together. cal may be nil when the rule
// needs none. A rule without a figure can be named and not computed: it is an
// error. Whether a rule is switched off is not asked here, so that what is known
// of it can still be looked at (Book.Rule asks). The error is an *Error that names
// the field of the rule or the calendar.
func New(rule Rule, cal *Calendar) (*Clock, error) {
	if err := rule.Validate(); err != nil {
		return nil, err
	}
	r, name := rule.normal(), rule.Zone
	switch {
	case r.Unit == NoFigure:
		return nil, wrong("unit", "rule %s gives no figure: it says that something is due without delay, and no date follows from it", r.ID)
	case name == "" && cal == nil:
		return nil, wrong("zone", "rule %s names no zone and has no calendar to take it from", r.ID)
	case name == "":
		name = cal.Zone
	}
	loc, err := Zone(name)
	if err != nil {
		return nil, err
	}
	switch {
	case !r.NeedsCalendar():
		cal = nil
	case cal == nil:
		return nil, wrong("calendar", "rule %s needs a calendar", r.ID)
	case r.Calendar != "" && r.Calendar != cal.ID:
		return nil, wrong("calendar", "rule %s counts by calendar %s, not %s", r.ID, r.Calendar, cal.ID)
	case name != cal.Zone && (r.Unit == BusinessMinutes || r.EndPoint == CloseOfBusiness):
		return nil, wrong("zone", "the hours of calendar %s are in %s, rule %s is in %s", cal.ID, cal.Zone, r.ID, name)
	}
	return &Clock{rule: r, cal: cal, loc: loc}, nil
}

// Due says where the clock stands after what happened, without the reasons: the
// Result has no Steps. It is what a list of many cases asks for; Explained gives
// the same result with its reasons.
//
// Day boundaries are those of the rule's zone (the calendar's when the rule names
// none). Events other than starts apply in order of time; overlapping pauses are
// merged, the earlier cause keeps the overlap. A pause that begins before the start
// counts from the start; one that begins at or after the due instant reached so far
// shifts nothing. An extension of another rule is passed over; one whose notice was
// sent at or after the due instant reached so far is an error.
//
// The error is an *Error that names the field: of the rule, of the calendar, or of
// an event ("events[2].at").
func (c *Clock) Due(events []Event) (Result, error) { return c.count(events, nil) }

// Explained is Due with the reasons of the result.
func (c *Clock) Explained(events []Event) (Result, error) {
	t := told{steps: make([]Step, 0, 12)}
	out, err := c.count(events, &t)
	if err != nil {
		return Result{}, err
	}
	out.Steps = t.steps
	return out, nil
}
