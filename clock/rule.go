package clock

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Unit is what a rule counts.
type Unit string

// The units. Minutes and hours that elapse run day and night; business minutes
// run while the office is open. Months and years follow the Civil Code of Japan
// (Art. 140–143) or Regulation (EEC, Euratom) 1182/71, which differ when the
// event is the last day of a month and the target month is longer.
const (
	ElapsedMinutes  Unit = "elapsed-minutes"
	ElapsedHours    Unit = "elapsed-hours"
	BusinessMinutes Unit = "business-minutes"
	CalendarDays    Unit = "calendar-days"
	BusinessDays    Unit = "business-days"
	Weeks           Unit = "weeks"
	MonthsJP        Unit = "months-jp"
	MonthsEU        Unit = "months-eu"
	YearsJP         Unit = "years-jp"
	// NoFigure is for a law that says "without delay" and gives no number: the rule
	// is there to be named and cannot be computed.
	NoFigure Unit = "no-figure"
)

// FirstDay says whether the day of the event is day one.
type FirstDay string

// Exclude starts counting on the day after the event, Include on its own day.
const (
	Exclude FirstDay = "exclude"
	Include FirstDay = "include"
)

// EndPoint says at which moment of its last day a period ends.
type EndPoint string

// The end points. EndOfDay is 24:00, shown as the day itself. Exact is the very
// instant and belongs to minutes and hours. StartOfNextDay gives a "from" result:
// from that midnight on something may happen, such as a suit.
const (
	EndOfDay        EndPoint = "end-of-day"
	CloseOfBusiness EndPoint = "close-of-business"
	Exact           EndPoint = "exact"
	StartOfNextDay  EndPoint = "start-of-next-day"
)

// Roll says what happens when the last day is a closed day.
type Roll string

// The rolls. NextDayOnce is the literal reading of Civil Code Art. 142 ("その翌日"):
// one day later, closed or not.
const (
	RollNone    Roll = "none"
	NextOpenDay Roll = "next-open-day"
	NextDayOnce Roll = "next-day-once"
)

// PauseMode says what a pause of one cause does to a clock.
type PauseMode string

// The pause modes. PauseInclusiveDays counts the day of asking and the day of
// the answer (UK GDPR Art. 12A); PauseReset restarts the clock when the last
// condition is met.
const (
	PauseNone          PauseMode = "none"
	PauseCalendarDays  PauseMode = "calendar-days"
	PauseInclusiveDays PauseMode = "inclusive-days"
	PauseBusinessDays  PauseMode = "business-days"
	PauseOpenMinutes   PauseMode = "open-minutes"
	PauseElapsed       PauseMode = "elapsed"
	PauseReset         PauseMode = "reset"
)

// AnyCause is the key of Rule.Pauses that stands for every cause not listed.
const AnyCause = "*"

// RuleKind is the force behind a rule.
type RuleKind string

// The kinds. An exposure is the day from which the organisation may be sued or
// fined; it never pauses.
const (
	LegalDue  RuleKind = "legal-due"
	LegalSoft RuleKind = "legal-soft"
	Exposure  RuleKind = "exposure"
	Promise   RuleKind = "policy"
	Internal  RuleKind = "internal"
	Retention RuleKind = "retention"
)

// The starts of a rule: the instant of arrival, the day on which post should have
// arrived, the last of several conditions, or an event of another kind.
const (
	StartArrival       = "arrival"
	StartDeemedArrival = "deemed-arrival"
	StartLatestOf      = "latest-of"
	StartEvent         = "event"
)

// Extension is how a rule may be prolonged once more.
type Extension struct {
	MaxTimes        int      `yaml:"max_times" json:"max_times"`                                   // 1 when left out
	Amount          int      `yaml:"amount" json:"amount"`                                         // at most this many of the rule's units each time
	Base            string   `yaml:"base" json:"base"`                                             // "from-start" (GDPR, CCPA) or "from-due" (Vietnam)
	NoticeBefore    string   `yaml:"notice_before,omitempty" json:"notice_before,omitempty"`       // "due": the notice must be sent before the unextended due
	ReasonsRequired bool     `yaml:"reasons_required,omitempty" json:"reasons_required,omitempty"` // the notice must name reasons
	Grounds         []string `yaml:"grounds,omitempty" json:"grounds,omitempty"`                   // the grounds that the law allows
}

// Rule is one clock as data: what starts it, what it counts, and where it ends.
// Source and Article name the text that it rests on.
type Rule struct {
	ID          string               `yaml:"id" json:"id"`
	Regime      string               `yaml:"-" json:"regime,omitempty"`              // of the file that holds it
	Title       map[string]string    `yaml:"title,omitempty" json:"title,omitempty"` // what it is called, by voice
	Source      string               `yaml:"source,omitempty" json:"source,omitempty"`
	Article     string               `yaml:"article,omitempty" json:"article,omitempty"`
	Read        Date                 `yaml:"read,omitempty" json:"read,omitzero"`    // day on which the source was read
	Mark        string               `yaml:"mark,omitempty" json:"mark,omitempty"`   // MarkMemory or MarkVerify: switched off until a source is read
	Kinds       []string             `yaml:"kinds,omitempty" json:"kinds,omitempty"` // kinds of request; every kind when left out
	When        string               `yaml:"when,omitempty" json:"when,omitempty"`   // a further fact that must hold, such as "third-party"
	Kind        RuleKind             `yaml:"kind" json:"kind"`
	Start       string               `yaml:"start" json:"start"`
	Zone        string               `yaml:"zone,omitempty" json:"zone,omitempty"` // of the desk; the calendar's when left out
	Unit        Unit                 `yaml:"unit" json:"unit"`
	N           int                  `yaml:"n,omitempty" json:"n,omitempty"`                 // 0 with NoFigure only
	FirstDay    FirstDay             `yaml:"first_day,omitempty" json:"first_day,omitempty"` // Exclude when left out
	EndPoint    EndPoint             `yaml:"end_point,omitempty" json:"end_point,omitempty"` // see Validate
	Roll        Roll                 `yaml:"roll,omitempty" json:"roll,omitempty"`           // RollNone when left out
	Calendar    string               `yaml:"calendar,omitempty" json:"calendar,omitempty"`   // calendar ID; any calendar when left out
	Pauses      map[string]PauseMode `yaml:"pauses,omitempty" json:"pauses,omitempty"`       // by cause; AnyCause for the rest
	Extension   *Extension           `yaml:"extension,omitempty" json:"extension,omitempty"`
	InForceFrom Date                 `yaml:"in_force_from,omitempty" json:"in_force_from,omitzero"` // first day of arrival it governs
	InForceTo   Date                 `yaml:"in_force_to,omitempty" json:"in_force_to,omitzero"`     // last day of arrival it governs
}

// The marks of a rule that is switched off: its figure is known from memory only,
// or the sources that were read do not settle it.
const (
	MarkMemory = "memory"
	MarkVerify = "verify"
)

// The bases of an extension.
const (
	FromStart = "from-start"
	FromDue   = "from-due"
)

// limit is the largest amount of a unit: 190 years of minutes and hours, 9000
// years of days, so that every sum stays far from overflow.
func (u Unit) limit() int {
	switch u {
	case ElapsedMinutes, BusinessMinutes:
		return 100_000_000
	case ElapsedHours:
		return 1_600_000
	default:
		return 3_300_000
	}
}

// ParseRule reads one rule from YAML and validates it. Unknown keys are errors;
// every error carries line and column.
func ParseRule(data []byte) (Rule, error) {
	var r Rule
	src, err := decode(data, &r)
	if err != nil {
		return Rule{}, err
	}
	if err := r.Validate(); err != nil {
		return Rule{}, src.place(err.(*Error))
	}
	return r, nil
}

// Validate says what is wrong with the rule, or nil. The error is an *Error and
// names the field as it is written in YAML.
//
// An end point that is left out is Exact for minutes and hours, CloseOfBusiness
// for business days, EndOfDay for the rest.
func (r Rule) Validate() error {
	n := r.normal()
	switch {
	case r.ID == "":
		return wrong("id", "a rule needs an ID")
	case !slices.Contains([]RuleKind{LegalDue, LegalSoft, Exposure, Promise, Internal, Retention}, r.Kind):
		return wrong("kind", "%q is not a kind of rule", r.Kind)
	case !slices.Contains([]string{StartArrival, StartDeemedArrival, StartLatestOf, StartEvent}, r.Start):
		return wrong("start", "%q is not a start", r.Start)
	case !slices.Contains([]Unit{ElapsedMinutes, ElapsedHours, BusinessMinutes, CalendarDays, BusinessDays, Weeks, MonthsJP, MonthsEU, YearsJP, NoFigure}, r.Unit):
		return wrong("unit", "%q is not a unit", r.Unit)
	case !slices.Contains([]string{"", MarkMemory, MarkVerify}, r.Mark):
		return wrong("mark", "%q is not a mark: write memory or verify, or leave it out", r.Mark)
	case r.Unit == NoFigure:
		if bad := r.noFigure(); bad != nil {
			return bad
		}
	case r.N < 0:
		return wrong("n", "the amount must not be negative: %d", r.N)
	case r.N < 1 || r.N > r.Unit.limit():
		return wrong("n", "the amount must be between 1 and %d, not %d", r.Unit.limit(), r.N)
	case n.FirstDay != Exclude && n.FirstDay != Include:
		return wrong("first_day", "%q is neither exclude nor include", r.FirstDay)
	case n.FirstDay == Include && !r.Unit.days():
		return wrong("first_day", "minutes and hours have no first day to include")
	case !slices.Contains([]EndPoint{EndOfDay, CloseOfBusiness, Exact, StartOfNextDay}, n.EndPoint):
		return wrong("end_point", "%q is not an end point", r.EndPoint)
	case (n.EndPoint == Exact) == r.Unit.days():
		return wrong("end_point", "%s does not go with %s", n.EndPoint, r.Unit)
	case !slices.Contains([]Roll{RollNone, NextOpenDay, NextDayOnce}, n.Roll):
		return wrong("roll", "%q is not a roll", r.Roll)
	case r.Unit == BusinessDays && n.Roll != NextOpenDay:
		return wrong("roll", "business days end on an open day: leave roll out")
	case n.Roll != RollNone && !r.Unit.days():
		return wrong("roll", "minutes and hours do not roll")
	case n.EndPoint == CloseOfBusiness && r.Unit != BusinessDays && n.Roll != NextOpenDay:
		return wrong("end_point", "close-of-business needs business-days or roll next-open-day: the last day may be closed")
	case !r.InForceFrom.IsZero() && !r.InForceTo.IsZero() && r.InForceTo.Before(r.InForceFrom):
		return wrong("in_force_to", "ends before it begins")
	}
	if bad := voices("title", r.Title); bad != nil {
		return bad
	}
	for i, kind := range r.Kinds {
		if kind == "" || slices.Contains(r.Kinds[:i], kind) {
			return wrong(fmt.Sprintf("kinds[%d]", i), "is empty or there twice")
		}
	}
	if r.Zone != "" {
		if _, err := Zone(r.Zone); err != nil {
			return err
		}
	}
	for _, cause := range sortedKeys(r.Pauses) {
		mode, field := r.Pauses[cause], "pauses."+cause
		if cause == AnyCause {
			field = "pauses"
		}
		switch {
		case !slices.Contains([]PauseMode{PauseNone, PauseCalendarDays, PauseInclusiveDays, PauseBusinessDays, PauseOpenMinutes, PauseElapsed, PauseReset}, mode):
			return wrong(field, "%q is not a way to pause", mode)
		case mode != PauseNone && r.Kind == Exposure:
			return wrong(field, "an exposure never pauses")
		case !mode.fits(r.Unit):
			return wrong(field, "pausing by %s does not go with %s", mode, r.Unit)
		}
	}
	if e := r.Extension; e != nil {
		switch {
		case e.Amount < 1 || e.Amount > r.Unit.limit():
			return wrong("extension.amount", "the amount must be between 1 and %d, not %d", r.Unit.limit(), e.Amount)
		case e.MaxTimes < 0 || e.MaxTimes > 100:
			return wrong("extension.max_times", "must be between 0 and 100, not %d", e.MaxTimes)
		case e.Base != FromStart && e.Base != FromDue:
			return wrong("extension.base", "%q is neither from-start nor from-due", e.Base)
		case e.NoticeBefore != "" && e.NoticeBefore != "due":
			return wrong("extension.notice_before", "%q is not known; write due", e.NoticeBefore)
		}
		for i, ground := range e.Grounds {
			if ground == "" || slices.Contains(e.Grounds[:i], ground) {
				return wrong(fmt.Sprintf("extension.grounds[%d]", i), "is empty or there twice")
			}
		}
	}
	return nil
}

// noFigure holds that a rule without a number has nothing to count with.
func (r Rule) noFigure() *Error {
	for _, x := range []struct {
		field string
		there bool
	}{{"n", r.N != 0}, {"first_day", r.FirstDay != ""}, {"end_point", r.EndPoint != ""}, {"roll", r.Roll != ""},
		{"calendar", r.Calendar != ""}, {"pauses", len(r.Pauses) > 0}, {"extension", r.Extension != nil}} {
		if x.there {
			return wrong(x.field, "a rule without a figure counts nothing: leave %s out", x.field)
		}
	}
	if !r.InForceFrom.IsZero() && !r.InForceTo.IsZero() && r.InForceTo.Before(r.InForceFrom) {
		return wrong("in_force_to", "ends before it begins")
	}
	return nil
}

// InForce reports whether the rule governs what arrived on a day (law.md has no
// retroactive switch: the rule of the day of arrival stays).
func (r Rule) InForce(arrived Date) bool {
	return !(!r.InForceFrom.IsZero() && arrived.Before(r.InForceFrom) || !r.InForceTo.IsZero() && arrived.After(r.InForceTo))
}

// NeedsCalendar reports whether the rule cannot be computed without one.
func (r Rule) NeedsCalendar() bool {
	r = r.normal()
	for _, mode := range r.Pauses {
		if mode == PauseBusinessDays || mode == PauseOpenMinutes {
			return true
		}
	}
	return r.Unit == BusinessDays || r.Unit == BusinessMinutes || r.Roll != RollNone || r.EndPoint == CloseOfBusiness
}

// normal fills in what may be left out.
func (r Rule) normal() Rule {
	if r.FirstDay == "" {
		r.FirstDay = Exclude
	}
	if r.Roll == "" {
		r.Roll = RollNone
	}
	if r.Unit == BusinessDays && r.Roll == RollNone {
		r.Roll = NextOpenDay // a pause in calendar days may end on a closed day
	}
	if r.EndPoint == "" {
		switch {
		case !r.Unit.days():
			r.EndPoint = Exact
		case r.Unit == BusinessDays:
			r.EndPoint = CloseOfBusiness
		default:
			r.EndPoint = EndOfDay
		}
	}
	return r
}

// PausedBy is what a pause of a cause does to the clock: PauseNone where it runs on.
func (r Rule) PausedBy(cause string) PauseMode {
	if mode, ok := r.Pauses[cause]; ok {
		return mode
	}
	if mode, ok := r.Pauses[AnyCause]; ok {
		return mode
	}
	return PauseNone
}

// days reports whether the unit counts whole days.
func (u Unit) days() bool {
	return u != ElapsedMinutes && u != ElapsedHours && u != BusinessMinutes
}

// length is the duration of one unit of minutes or hours.
func (u Unit) length() time.Duration {
	if u == ElapsedHours {
		return time.Hour
	}
	return time.Minute
}

// fits reports whether a pause of this mode can shift a clock of that unit.
func (m PauseMode) fits(u Unit) bool {
	switch m {
	case PauseCalendarDays, PauseInclusiveDays, PauseBusinessDays:
		return u.days()
	case PauseOpenMinutes:
		return u == BusinessMinutes
	case PauseElapsed:
		return u == ElapsedMinutes || u == ElapsedHours
	default:
		return true
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}
