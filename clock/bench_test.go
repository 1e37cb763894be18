package clock_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"madoguchi/clock"
)

// floor is the plain way to the n-th open day after a start, over the exported
// calendar: a loop over the days. It knows no pauses, no rolling and no close, so
// nothing that computes a due date by days can be much simpler.
func floor(cal *clock.Calendar, loc *time.Location, start time.Time, n int) clock.Date {
	on := clock.DateOf(start.In(loc))
	for n > 0 {
		on = on.AddDays(1)
		if clock.OpenDay(cal, on) {
			n--
		}
	}
	return on
}

// asked is one question of a benchmark.
type asked struct {
	clock  *clock.Clock
	cal    *clock.Calendar
	loc    *time.Location
	events []clock.Event
	n      int
}

// benchUnits are the rules of a benchmark: a period of about ten business days, and
// one of about ten years, in every unit.
var benchUnits = map[string]map[clock.Unit]int{
	"10-business-days": {clock.BusinessDays: 10, clock.BusinessMinutes: 3600, clock.CalendarDays: 14, clock.Weeks: 2, clock.ElapsedHours: 336, clock.MonthsEU: 1, clock.MonthsJP: 1},
	"10-years":         {clock.BusinessDays: 2450, clock.BusinessMinutes: 800_000, clock.CalendarDays: 3650, clock.Weeks: 520, clock.ElapsedHours: 87_600, clock.MonthsEU: 120, clock.YearsJP: 10},
}

// questions varies unit × calendar × start × pauses. only limits the units; pauses
// says how many pauses lie in each.
func questions(t testing.TB, period string, pauses int, only ...clock.Unit) []asked {
	t.Helper()
	all := calendars(t)
	// One whose clocks change twice a year.
	all["berlin"] = calendar(t, "id: berlin\nversion: test\nzone: Europe/Berlin\ncovers: {from: 2015-01-01, to: 2050-12-31}\n"+
		`weekly: {mon: ["08:00-12:00", "13:00-16:00"], tue: ["08:00-12:00"], wed: ["08:00-12:00", "13:00-16:00"], thu: ["08:00-12:00"], fri: ["08:00-15:00"]}`+
		"\nclosed: [{annual: 12-24..12-31}, {annual: 05-01}, {annual: 10-03}]\n")
	var out []asked
	for _, id := range []string{"kai", "score-japan", "izumisano", "berlin"} {
		cal, loc := all[id], zone(t, all[id].Zone)
		for _, unit := range []clock.Unit{clock.BusinessDays, clock.BusinessMinutes, clock.CalendarDays, clock.Weeks, clock.ElapsedHours, clock.MonthsEU, clock.MonthsJP, clock.YearsJP} {
			n, ok := benchUnits[period][unit]
			if !ok || len(only) > 0 && !slices.Contains(only, unit) {
				continue
			}
			r := clock.Rule{ID: "r", Kind: clock.Internal, Start: clock.StartArrival, Unit: unit, N: n, Pauses: map[string]clock.PauseMode{clock.AnyCause: clock.PauseBusinessDays}}
			switch unit {
			case clock.BusinessMinutes:
				r.Pauses[clock.AnyCause] = clock.PauseOpenMinutes
			case clock.ElapsedHours:
				r.Pauses[clock.AnyCause] = clock.PauseElapsed
			case clock.BusinessDays:
			default:
				r.Roll = clock.NextOpenDay
			}
			c, err := clock.New(r, cal)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 64 {
				start := time.Date(2020+i%16, time.Month(1+i%12), 1+i%28, i%24, (7*i)%60, 0, 0, time.UTC)
				events := []clock.Event{{Kind: clock.Start, At: start}}
				for p := range pauses {
					from := start.Add(time.Duration(30+50*p) * time.Hour)
					cause := fmt.Sprint("cause-", p)
					events = append(events, clock.Event{Kind: clock.Pause, At: from, Cause: cause},
						clock.Event{Kind: clock.Resume, At: from.Add(time.Duration(10+20*p) * time.Hour), Cause: cause})
				}
				out = append(out, asked{c, cal, loc, events, n})
			}
		}
	}
	return out
}

// BenchmarkDue puts side by side, over ten business days and over ten years, what a
// due date costs, what its explanation costs, and the floor: each is asked the same
// questions. "mixed" is every unit, with no, one and two pauses.
func BenchmarkDue(b *testing.B) {
	for _, period := range []string{"10-business-days", "10-years"} {
		plain := questions(b, period, 0, clock.BusinessDays)
		var mixed []asked
		for pauses := range 3 {
			mixed = append(mixed, questions(b, period, pauses)...)
		}
		run := func(name string, all []asked, f func(asked) error) {
			b.Run(period+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					if err := f(all[i%len(all)]); err != nil {
						b.Fatal(err)
					}
					i++
				}
			})
		}
		due := func(q asked) error { _, err := q.clock.Due(q.events); return err }
		explained := func(q asked) error { _, err := q.clock.Explained(q.events); return err }
		run("floor", plain, func(q asked) error { floor(q.cal, q.loc, q.events[0].At, q.n); return nil })
		run("due", plain, due)
		run("explained", plain, explained)
		run("mixed/due", mixed, due)
		run("mixed/explained", mixed, explained)
	}
}

// best is the shortest of some rounds over all questions: what the work costs when
// nothing else runs. Other load on the machine can only make a round longer.
func best(rounds int, all []asked, f func(asked)) time.Duration {
	shortest := time.Hour
	for range rounds {
		began := time.Now()
		for _, q := range all {
			f(q)
		}
		shortest = min(shortest, time.Since(began))
	}
	return shortest
}

// TestComputingStaysNearTheFloor holds what a due date may cost: over ten business
// days at most three times a plain loop over them, over ten years far less than one
// (no loop over days), and at most five allocations, whatever is asked.
func TestComputingStaysNearTheFloor(t *testing.T) {
	due := func(q asked) {
		if _, err := q.clock.Due(q.events); err != nil {
			t.Fatal(err)
		}
	}
	loop := func(q asked) { floor(q.cal, q.loc, q.events[0].At, q.n) }
	for _, x := range []struct {
		period string
		rounds int
		most   float64 // times the floor
	}{{"10-business-days", 60, 3}, {"10-years", 5, 0.1}} {
		all := questions(t, x.period, 0, clock.BusinessDays)
		for _, q := range all { // both must mean the same, or the comparison is of two things
			r, err := q.clock.Due(q.events)
			if on := floor(q.cal, q.loc, q.events[0].At, q.n); err != nil || r.DueOn != on || r.Steps != nil {
				t.Fatalf("%s: %s, and by the plain loop %s (%d steps, %v)", x.period, r.DueOn, on, len(r.Steps), err)
			}
		}
		// A machine under load is measured again; only work that is too much is too
		// much every time.
		ratio := 0.0
		for range 5 {
			if ratio = float64(best(x.rounds, all, due)) / float64(best(x.rounds, all, loop)); ratio <= x.most {
				break
			}
		}
		if ratio > x.most {
			t.Errorf("%s: a due date costs %.2f times the floor, more than %.1f", x.period, ratio, x.most)
		}
		t.Logf("%s: %.3f times the floor", x.period, ratio)
		// What must not pass: a due date that is computed many times over, or that also
		// walks the days.
		planted := func(q asked) {
			for range 20 {
				due(q)
			}
			if x.most < 1 {
				loop(q)
			}
		}
		if bad := float64(best(x.rounds, all, planted)) / float64(best(x.rounds, all, loop)); bad <= x.most {
			t.Errorf("%s: work that is too much costs %.2f times the floor and would pass", x.period, bad)
		}
		for pauses := range 3 {
			for _, q := range questions(t, x.period, pauses) {
				if n := testing.AllocsPerRun(3, func() { due(q) }); n > 5 {
					t.Fatalf("%s, %d pauses: %v allocations", x.period, pauses, n)
				}
			}
		}
	}
}

// TestDueAndExplainedAgree holds that there is one way to a result, with or without
// its reasons.
func TestDueAndExplainedAgree(t *testing.T) {
	for _, period := range []string{"10-business-days", "10-years"} {
		for pauses := range 3 {
			for _, q := range questions(t, period, pauses) {
				due, err := q.clock.Due(q.events)
				if err != nil {
					t.Fatal(err)
				}
				why, err := q.clock.Explained(q.events)
				if err != nil || len(why.Steps) < 3 {
					t.Fatalf("%d steps, %v", len(why.Steps), err)
				}
				why.Steps = nil
				if jsonOf(due) != jsonOf(why) {
					t.Fatalf("due says %s, explained %s", jsonOf(due), jsonOf(why))
				}
			}
		}
	}
}
