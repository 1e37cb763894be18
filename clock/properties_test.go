package clock_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"madoguchi/clock"
)

func must[T any](what T, err error) T {
	if err != nil {
		panic(err)
	}
	return what
}

// TestMonthsAgreeWithWalking compares month arithmetic of both schools, the first
// day counted and not, with somebody who turns the leaves of a calendar day by day:
// for every day of 2000 to 2050.
func TestMonthsAgreeWithWalking(t *testing.T) {
	days, compared := 0, 0
	for d := clock.On(2000, 1, 1); d.Y <= 2050; d = d.AddDays(1) {
		event := dayOn[[3]int{d.Y, int(d.M), d.D}]
		for _, n := range []int{1, 2, 3, 6, 11, 12, 13, 24} {
			eu := oracle{rule: clock.Rule{Unit: clock.MonthsEU}}
			for _, one := range []struct {
				what string
				got  clock.Date
				want day
			}{
				{"EU", d.AddMonthsEU(n), eu.period(event+1, event, n)},
				{"JP", d.AddMonthsJP(n, clock.Exclude), japanese(event+1, n)},
				{"JP, first day counted", d.AddMonthsJP(n, clock.Include), japanese(event, n)},
			} {
				compared++
				if one.got.String() != one.want.String() {
					t.Fatalf("%s: %d months from %s end on %s, not %s", one.what, n, d, one.want, one.got)
				}
			}
		}
		if d.AddDays(37).AddDays(-37) != d || int(d.Weekday()) != civil[event].weekday || clock.DateOf(d.In(time.UTC)) != d {
			t.Fatalf("%s does not come back", d)
		}
		days++
	}
	if days != 18628 {
		t.Errorf("%d days were looked at", days)
	}
	t.Logf("counts: %d ends of months compared over %d days", compared, days)
}

// check holds a property so many times, ten times as often in the long run.
func check(t *testing.T, times int, property func(*rapid.T)) {
	t.Helper()
	if os.Getenv("MADOGUCHI_LONG") != "" {
		times *= 10
	}
	set := flag.Lookup("rapid.checks").Value
	was := set.String()
	defer func() { must(0, set.Set(was)) }()
	must(0, set.Set(strconv.Itoa(times)))
	rapid.Check(t, property)
	t.Logf("counts: %d clocks drawn", times)
}

// clockwork draws clocks over every calendar.
type clockwork struct {
	*rapid.T
	w      *world
	office *office
	cal    *clock.Calendar
	rule   clock.Rule
}

// drawClock draws a rule of any unit with any end, without pauses.
func drawClock(t *rapid.T, w *world) *clockwork {
	c := &clockwork{T: t, w: w}
	c.office = w.offices[rapid.IntRange(0, len(w.offices)-1).Draw(t, "calendar")]
	c.cal = w.cals[c.office]
	r := clock.Rule{ID: "r", Kind: clock.Internal, Start: clock.StartArrival, Unit: rapid.SampledFrom(units).Draw(t, "unit"),
		N: rapid.IntRange(1, 20).Draw(t, "n"), Pauses: map[string]clock.PauseMode{}}
	switch r.Unit {
	case clock.ElapsedMinutes, clock.ElapsedHours, clock.BusinessMinutes:
		r.N *= rapid.SampledFrom([]int{1, 30}).Draw(t, "times")
	case clock.YearsJP:
		r.N = rapid.IntRange(1, 3).Draw(t, "years")
	}
	if r.Unit != clock.ElapsedMinutes && r.Unit != clock.ElapsedHours && r.Unit != clock.BusinessMinutes {
		r.FirstDay = rapid.SampledFrom([]clock.FirstDay{clock.Exclude, clock.Include}).Draw(t, "first")
		r.EndPoint = rapid.SampledFrom([]clock.EndPoint{clock.EndOfDay, clock.StartOfNextDay, clock.CloseOfBusiness}).Draw(t, "end")
		if r.Unit != clock.BusinessDays {
			r.Roll = rapid.SampledFrom([]clock.Roll{clock.RollNone, clock.NextOpenDay, clock.NextDayOnce}).Draw(t, "roll")
			if r.EndPoint == clock.CloseOfBusiness {
				r.Roll = clock.NextOpenDay
			}
		}
	}
	c.rule = r
	return c
}

// start draws an instant that the calendar covers.
func (c *clockwork) start() clock.Event {
	m := c.w.marks[c.office]
	return clock.Event{Kind: clock.Start, At: instant(rapid.IntRange(m.from, m.to).Draw(c.T, "start"))}
}

// later is an event some minutes after another.
func (c *clockwork) later(e clock.Event, least, most int) clock.Event {
	e.At = e.At.Add(time.Duration(rapid.IntRange(least, most).Draw(c.T, "minutes")) * time.Minute)
	return e
}

// pauses draws some that have ended, and lets the rule know their causes.
func (c *clockwork) pauses(start clock.Event, modes ...clock.PauseMode) (out []clock.Event) {
	for i := range rapid.IntRange(1, 3).Draw(c.T, "pauses") {
		cause := string(rune('a' + i))
		c.rule.Pauses[cause] = rapid.SampledFrom(modes).Draw(c.T, "mode")
		p := c.later(start, -2000, 30000)
		p.Kind, p.Cause = clock.Pause, cause
		e := c.later(p, 0, 10000)
		e.Kind = clock.Resume
		out = append(out, p, e)
	}
	return out
}

// modes are the ways in which the rule may pause.
func (c *clockwork) modes() []clock.PauseMode {
	switch c.rule.Unit {
	case clock.ElapsedMinutes, clock.ElapsedHours:
		return []clock.PauseMode{clock.PauseElapsed, clock.PauseReset}
	case clock.BusinessMinutes:
		return []clock.PauseMode{clock.PauseOpenMinutes, clock.PauseReset}
	}
	return []clock.PauseMode{clock.PauseCalendarDays, clock.PauseInclusiveDays, clock.PauseBusinessDays, clock.PauseReset}
}

// due computes; what lies beyond the calendar is not asked.
func (c *clockwork) due(cal *clock.Calendar, events ...clock.Event) clock.Result {
	got, err := clock.Compute(c.rule, cal, events)
	if err != nil {
		if strings.Contains(err.Error(), "covers") {
			c.Skip()
		}
		c.Fatal(err)
	}
	return got
}

// ends is the due or the from instant.
func ends(r clock.Result) time.Time {
	if r.FromAt.IsZero() {
		return r.DueAt
	}
	return r.FromAt
}

func TestALaterStartNeverGivesAnEarlierDue(t *testing.T) {
	w := theWorld()
	check(t, 2000, func(t *rapid.T) {
		c := drawClock(t, w)
		start := c.start()
		later := c.later(start, 1, 5000)
		if a, b := c.due(c.cal, start), c.due(c.cal, later); ends(b).Before(ends(a)) {
			t.Fatalf("%v is due %v, %v is due %v", start.At, ends(a), later.At, ends(b))
		}
		// With pauses only where they are measured as the rule is, since a day of pause
		// may be worth less than what a month's end or a weekend takes; and where they
		// begin after the day of the start, since a pause on that day gives it back.
		var mode clock.PauseMode
		switch c.rule.Unit {
		case clock.ElapsedMinutes, clock.ElapsedHours:
			mode = clock.PauseElapsed
		case clock.BusinessMinutes:
			mode = clock.PauseOpenMinutes
		case clock.BusinessDays:
			mode = clock.PauseBusinessDays
		case clock.CalendarDays, clock.Weeks:
			mode = clock.PauseCalendarDays
			c.rule.Roll = clock.RollNone
			if c.rule.EndPoint == clock.CloseOfBusiness {
				c.rule.EndPoint = clock.EndOfDay
			}
		default:
			return
		}
		from := later
		from.At = from.At.Add(5 * 24 * time.Hour)
		pauses := c.pauses(from, mode)
		if a, b := c.due(c.cal, append(pauses, start)...), c.due(c.cal, append(pauses, later)...); ends(b).Before(ends(a)) {
			t.Fatalf("with %v, %v is due %v, %v is due %v", pauses, start.At, ends(a), later.At, ends(b))
		}
	})
}

func TestAPauseNeverShortens(t *testing.T) {
	w := theWorld()
	check(t, 2000, func(t *rapid.T) {
		c := drawClock(t, w)
		start := c.start()
		pauses := c.pauses(start, c.modes()...)
		if a, b := c.due(c.cal, start), c.due(c.cal, append(pauses, start)...); ends(b).Before(ends(a)) {
			t.Fatalf("%v is due %v, with %v %v", start.At, ends(a), pauses, ends(b))
		}
	})
}

// TestMoreClosedDaysNeverShorten holds it for clocks; the guard of an exposure, the
// last open instant before it, may move earlier and never later.
func TestMoreClosedDaysNeverShorten(t *testing.T) {
	text := string(must(os.ReadFile("../packs/calendars/score-japan.yaml")))
	set := japan(t)
	fewer := must(clock.ParseCalendar([]byte(text), set))
	more := must(clock.ParseCalendar([]byte(strings.Replace(text, "closed:", "closed:\n  - {annual: 06-01..06-20}\n  - {on: 2026-03-03}\n  - {annual: 11-05..11-05}", 1)), set))
	w := theWorld()
	check(t, 2000, func(t *rapid.T) {
		c := drawClock(t, w)
		start := clock.Event{Kind: clock.Start, At: time.Date(2026, 1, 1, 0, rapid.IntRange(0, 60*24*700).Draw(t, "start"), 0, 0, time.UTC)}
		c.rule.Extension = &clock.Extension{Amount: c.rule.N, Base: rapid.SampledFrom([]string{clock.FromStart, clock.FromDue}).Draw(t, "base")}
		told := []clock.Event{start}
		if rapid.Bool().Draw(t, "extended") && ends(c.due(fewer, start)).After(start.At) {
			told = append(told, clock.Event{Kind: clock.Prolonged, At: start.At})
		}
		if a, b := c.due(fewer, told...), c.due(more, told...); ends(b).Before(ends(a)) {
			t.Fatalf("%v: due %v, with more closed days %v", start.At, ends(a), ends(b))
		}
		exposure := clock.Result{FromAt: start.At}
		a, errA := clock.Guard(exposure, fewer)
		b, errB := clock.Guard(exposure, more)
		if errA != nil || errB != nil || b.After(a) || !a.Before(start.At) {
			t.Fatalf("the guard of %v is %v, %v, with more closed days %v, %v", start.At, a, errA, b, errB)
		}
		if clock.OpenMinutes(fewer, a, start.At) > 1 || clock.OpenMinutes(more, b, start.At) > 1 {
			t.Fatalf("there is open time between the guards %v, %v and %v", a, b, start.At)
		}
	})
}

// openBetween counts the open minutes outside pauses one by one.
func (c *clockwork) openBetween(from, to time.Time, pauses []clock.Event) int {
	counted := c.openUntilEach(from, to, pauses)
	return counted[len(counted)-1]
}

// openUntilEach is, for each minute from one instant to another, how many open ones
// outside pauses have passed.
func (c *clockwork) openUntilEach(from, to time.Time, pauses []clock.Event) []int {
	z, first, last := c.office.zone, minuteOf(from), minuteOf(to)
	paused := make([]bool, last-first)
	for i := 0; i < len(pauses); i += 2 {
		for m := max(minuteOf(pauses[i].At), first); m < min(minuteOf(pauses[i+1].At), last); m++ {
			paused[m-first] = true
		}
	}
	n, out := 0, []int{0}
	for d := z.dayOf(first); z.begin(d) < last; d++ {
		open := c.office.on(d)
		for m := max(z.begin(d), first); m < min(z.begin(d+1), last); m++ {
			if !paused[m-first] && open != nil && open[m-z.begin(d)] {
				n++
			}
			out = append(out, n)
		}
	}
	return out
}

func TestTheMinutesBetweenStartAndDueAreTheAmountAsked(t *testing.T) {
	w := theWorld()
	check(t, 300, func(t *rapid.T) {
		c := drawClock(t, w)
		c.rule = clock.Rule{ID: "r", Kind: clock.Internal, Start: clock.StartArrival, Unit: clock.BusinessMinutes,
			N: rapid.IntRange(1, 3000).Draw(t, "amount"), Pauses: map[string]clock.PauseMode{}}
		start := c.start()
		plain := c.due(c.cal, start)
		if n := clock.OpenMinutes(c.cal, start.At, plain.DueAt); n != c.rule.N {
			t.Fatalf("%d minutes were asked, OpenMinutes counts %d", c.rule.N, n)
		}
		if n := c.openBetween(start.At, plain.DueAt, nil); n != c.rule.N {
			t.Fatalf("%d minutes were asked, there are %d", c.rule.N, n)
		}
		pauses := c.pauses(start, clock.PauseOpenMinutes)
		due := c.due(c.cal, append(pauses, start)...)
		if n := c.openBetween(start.At, due.DueAt, pauses); n != c.rule.N {
			t.Fatalf("%d minutes were asked, outside %v there are %d", c.rule.N, pauses, n)
		}
	})
}

func TestAnExtensionIsNeverEarlier(t *testing.T) {
	w := theWorld()
	check(t, 2000, func(t *rapid.T) {
		c := drawClock(t, w)
		start := c.start()
		c.rule.Extension = &clock.Extension{Amount: rapid.IntRange(1, 2*c.rule.N).Draw(t, "amount"),
			Base: rapid.SampledFrom([]string{clock.FromStart, clock.FromDue}).Draw(t, "base")}
		told := []clock.Event{start}
		if rapid.Bool().Draw(t, "paused") {
			told = append(c.pauses(start, c.modes()...), start)
		}
		plain := c.due(c.cal, told...)
		notice := clock.Event{Kind: clock.Prolonged, At: plain.NoticeBy.Add(-time.Minute)}
		if notice.At.Before(start.At) {
			t.Skip() // what arrives after the close of its last day is late as it comes
		}
		if got := c.due(c.cal, append(told, notice)...); ends(got).Before(ends(plain)) {
			t.Fatalf("due %v, prolonged %v", ends(plain), ends(got))
		}
		notice.At = plain.NoticeBy
		if _, err := clock.Compute(c.rule, c.cal, append(told, notice)); err == nil {
			t.Fatalf("a notice at %v is not too late", notice.At)
		}
	})
}

// TestDueIsExplainedWithoutSteps holds that asking for reasons changes nothing.
func TestDueIsExplainedWithoutSteps(t *testing.T) {
	w := theWorld()
	for i := range 3000 {
		q := w.numbered(oracleSeed+1, i)
		c, err := clock.New(q.rule, w.cals[q.office])
		if err != nil {
			t.Fatal(err)
		}
		due, errDue := c.Due(q.events)
		why, errWhy := c.Explained(q.events)
		if errDue == nil && (len(due.Steps) > 0 || len(why.Steps) < 3) {
			t.Fatalf("%d and %d steps", len(due.Steps), len(why.Steps))
		}
		if why.Steps = nil; !reflect.DeepEqual(due, why) || !reflect.DeepEqual(errDue, errWhy) {
			t.Fatalf("%+v, %v\n%+v, %v\n%s", due, errDue, why, errWhy, q)
		}
		if errDue == nil && due.State == clock.Due && lastDay(due).Before(due.UnrolledOn) {
			t.Fatalf("rolled backwards from %s to %s\n%s", due.UnrolledOn, lastDay(due), q)
		}
	}
}

// TestMilestonesLieInOrderAndWhereTheirShareIs counts the share minute by minute.
func TestMilestonesLieInOrderAndWhereTheirShareIs(t *testing.T) {
	w := theWorld()
	check(t, 300, func(t *rapid.T) {
		c := drawClock(t, w)
		c.rule.N = 1 + (c.rule.N-1)%9
		if c.rule.Unit == clock.YearsJP {
			c.rule.Unit = clock.Weeks
		}
		start := c.start()
		var modes []clock.PauseMode
		for _, mode := range c.modes() {
			if mode != clock.PauseReset { // the clock then runs from another instant
				modes = append(modes, mode)
			}
		}
		events := append(c.pauses(start, modes...), start)
		due := ends(c.due(c.cal, events...))
		pauses := events[:len(events)-1]
		if !due.After(start.At) {
			t.Skip() // what arrives after the close of its last day is late as it comes
		}
		// A share needs days that the calendar covers, up to the due instant.
		if d := c.office.zone.dayOf(minuteOf(due) - 1); d > c.office.to {
			t.Skip()
		}
		run, last := c.openUntilEach(start.At, due, pauses), start.At
		all := run[len(run)-1]
		for percent := 0; percent <= 100; percent += 10 {
			at, err := clock.MilestoneAt(c.cal, events, due, percent)
			if err != nil || at.Before(last) || at.After(due) {
				t.Fatalf("%d %%: %v after %v, due %v, %v", percent, at, last, due, err)
			}
			last = at
			if all == 0 || percent == 0 || percent == 100 {
				continue
			}
			// A share need not be whole minutes: what is counted is what lies before its own.
			if n := run[minuteOf(at.Truncate(time.Minute))-minuteOf(start.At)]; n != all*percent/100 {
				t.Fatalf("%d %% of %d minutes is %v, where %d have run; %v", percent, all, at, n, events)
			}
		}
	})
}

// TestSchemasAgreeWithTheParsers holds the published schemas: what the packs hold
// passes, and what the parsers refuse by its shape is refused.
func TestSchemasAgreeWithTheParsers(t *testing.T) {
	validate := func(schema, file string) error {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(must(os.ReadFile("../packs/schema/" + schema)))))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(schema, doc); err != nil {
			t.Fatal(err)
		}
		sch, err := c.Compile(schema)
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := yaml.YAMLToJSON([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(asJSON, &v); err != nil {
			t.Fatal(err)
		}
		return sch.Validate(v)
	}
	files, _ := filepath.Glob("../packs/calendars/*.yaml")
	for _, name := range files {
		if err := validate("calendar.schema.json", string(must(os.ReadFile(name)))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(files) < 6 {
		t.Errorf("only %d files", len(files))
	}
	good := "{id: a, kind: internal, start: arrival, unit: business-days, n: 10, zone: Asia/Tokyo, pauses: {'*': business-days}, " +
		"extension: {amount: 2, base: from-due, grounds: [x]}, in_force_from: 2027-01-01}"
	if err := validate("rule.schema.json", good); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		strings.Replace(good, "internal", "wish", 1), strings.Replace(good, "n: 10", "n: 0", 1), strings.Replace(good, "unit", "units", 1),
		strings.Replace(good, "from-due", "middle", 1), strings.Replace(good, "'*': business-days", "'*': stop", 1), strings.Replace(good, "2027-01-01", "soon", 1),
	} {
		if validate("rule.schema.json", bad) == nil {
			t.Errorf("the schema takes %s", bad)
		}
		if _, err := clock.ParseRule([]byte(bad)); err == nil {
			t.Errorf("the parser takes %s", bad)
		}
	}
	calendar := "{id: a, version: v, zone: UTC, covers: {from: 2020-01-01, to: 2020-12-31}, weekly: {mon: ['09:00-17:00']}, closed: [{annual: 12-29..01-03}]}"
	if err := validate("calendar.schema.json", calendar); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		strings.Replace(calendar, "mon", "monday", 1), strings.Replace(calendar, "09:00-17:00", "nine", 1), strings.Replace(calendar, "zone", "zoned", 1), strings.Replace(calendar, "12-29..01-03", "winter", 1),
	} {
		if validate("calendar.schema.json", bad) == nil {
			t.Errorf("the schema takes %s", bad)
		}
		if _, err := clock.ParseCalendar([]byte(bad)); err == nil {
			t.Errorf("the parser takes %s", bad)
		}
	}
}
