package clock_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"madoguchi/clock"
)

// office is an oracle's own idea of a calendar: a bit per minute, made without
// anything of the package but its data types. It is slow, plain, and independent.
type office struct {
	loc   *time.Location
	first time.Time // a midnight of the zone
	open  []bool    // minute → open
}

const oracleYears = 3 // 2025-12-01 to 2028-12-01

// newOffice walks every minute. hours is asked with the weekday and the minute of
// the day; closed with the date.
func newOffice(loc *time.Location, hours func(time.Weekday, int) bool, closed func(string) bool) *office {
	o := &office{loc: loc, first: time.Date(2025, 12, 1, 0, 0, 0, 0, loc)}
	end := time.Date(2025+oracleYears, 12, 1, 0, 0, 0, 0, loc)
	for at := o.first; at.Before(end); at = at.Add(time.Minute) {
		local := at.In(loc)
		o.open = append(o.open, hours(local.Weekday(), local.Hour()*60+local.Minute()) && !closed(local.Format(time.DateOnly)))
	}
	return o
}

func (o *office) date(m int) string {
	return o.first.Add(time.Duration(m) * time.Minute).In(o.loc).Format(time.DateOnly)
}

// pause is a stretch of minutes; to is -1 while it is open.
type pause struct{ from, to int }

// question is one case put to both.
type question struct {
	unit   clock.Unit
	n      int
	start  int
	pauses []pause
}

// flatten makes the union of the pauses by painting minutes.
func flatten(start int, pauses []pause, limit int) []pause {
	paused := make([]int8, limit+1)
	for _, p := range pauses {
		to := p.to
		if to < 0 {
			to = limit
		}
		for m := max(p.from, start); m < to; m++ {
			paused[m] = 1
		}
	}
	var out []pause
	for m := 0; m < limit; m++ {
		if paused[m] == 1 && (m == 0 || paused[m-1] == 0) {
			out = append(out, pause{m, -1})
		}
		if m > 0 && paused[m] == 0 && paused[m-1] == 1 {
			out[len(out)-1].to = m
		}
	}
	return out
}

// answer is the due minute, or the units left when a pause stays open.
func (o *office) answer(q question) (due int, left int) {
	pauses := flatten(q.start, q.pauses, len(o.open)-1)
	if q.unit == clock.BusinessMinutes {
		at := func(m int) *pause {
			for i := range pauses {
				if m >= pauses[i].from && (pauses[i].to < 0 || m < pauses[i].to) {
					return &pauses[i]
				}
			}
			return nil
		}
		worked := 0
		for m := q.start; ; m++ {
			if p := at(m); p != nil {
				if p.to < 0 {
					return 0, q.n - worked
				}
				m = p.to - 1
				continue
			}
			if o.open[m] {
				if worked++; worked == q.n {
					return m + 1, 0
				}
			}
		}
	}
	// Business days: the days after the day of the start that have an open minute.
	startDay, counted, m := o.date(q.start), 0, q.start
	advance := func(n int) int { // the close of the n-th open day after the day of m
		day, last := o.date(m), -1
		for seen := 0; ; m++ {
			today := day
			if (m-q.start)%15 == 0 || m == q.start || o.minuteOfDay(m) == 0 {
				today = o.date(m)
			}
			if today != day {
				if last >= 0 {
					if seen++; seen == n {
						m--
						return last
					}
				}
				day, last = today, -1
				startDay = ""
			}
			if o.open[m] && day != startDay {
				last = m + 1
			}
		}
	}
	// The first day is left by walking to its end.
	for o.date(m) == startDay {
		m++
	}
	m--
	startDay = o.date(m)
	due = advance(q.n)
	for _, p := range pauses {
		if p.from >= due {
			break
		}
		from, first := o.date(p.from), o.date(q.start)
		if p.to < 0 {
			seen := map[string]bool{}
			for k := p.from - o.minuteOfDay(p.from); k < due; k++ {
				if k >= 0 && o.open[k] {
					if d := o.date(k); d >= from && d > first {
						seen[d] = true
					}
				}
			}
			return 0, min(len(seen), q.n) // a pause on the day of the start gives that day back
		}
		to, seen := o.date(p.to), map[string]bool{}
		for k := p.from - o.minuteOfDay(p.from); k < p.to; k++ {
			if k >= 0 && o.open[k] {
				if d := o.date(k); d >= from && d < to {
					seen[d] = true
				}
			}
		}
		if counted = len(seen); counted > 0 {
			// Walk on from the end of the day that is due now.
			for m = due - 1; o.date(m+1) == o.date(due-1); {
				m++
			}
			startDay = o.date(m)
			due = advance(counted)
		}
	}
	return due, 0
}

func (o *office) minuteOfDay(m int) int {
	local := o.first.Add(time.Duration(m) * time.Minute).In(o.loc)
	return local.Hour()*60 + local.Minute()
}

// compute is the shape of clock.Compute, so that a defective one can be put in.
type compute func(clock.Rule, *clock.Calendar, []clock.Event) (clock.Result, error)

// disagreement puts n random questions to both and returns the first on which they
// differ, and how many were put.
func disagreement(o *office, cal *clock.Calendar, f compute, n int, seed uint64) (string, map[string]int) {
	rnd := rand.New(rand.NewPCG(seed, 4))
	counts := map[string]int{}
	for range n {
		q := question{unit: clock.BusinessMinutes, n: 1 + rnd.IntN(3000), start: 60*24*31 + rnd.IntN(60*24*365*2)}
		if rnd.IntN(2) == 0 {
			q.unit, q.n = clock.BusinessDays, 1+rnd.IntN(15)
		}
		if rnd.IntN(4) == 0 { // at a full hour: openings and closes
			q.start -= q.start % 60
		}
		events := []clock.Event{{Kind: clock.Start, At: o.first.Add(time.Duration(q.start) * time.Minute)}}
		for i, k := 0, rnd.IntN(4); i < k; i++ {
			p := pause{from: q.start - 60*24 + rnd.IntN(60*24*14)}
			p.to = p.from + rnd.IntN(60*24*6)
			cause := fmt.Sprint("cause-", i)
			events = append(events, clock.Event{Kind: clock.Pause, At: o.first.Add(time.Duration(p.from) * time.Minute), Cause: cause})
			if i == 0 && rnd.IntN(4) == 0 {
				p.to = -1
			} else {
				events = append(events, clock.Event{Kind: clock.Resume, At: o.first.Add(time.Duration(p.to) * time.Minute), Cause: cause})
			}
			q.pauses = append(q.pauses, p)
		}
		counts[fmt.Sprintf("%s with %d pauses", q.unit, len(q.pauses))]++
		rule := clock.Rule{ID: "r", Kind: clock.Internal, Start: clock.StartArrival, Unit: q.unit, N: q.n,
			Pauses: map[string]clock.PauseMode{clock.AnyCause: clock.PauseOpenMinutes}}
		if q.unit == clock.BusinessDays {
			rule.Pauses[clock.AnyCause] = clock.PauseBusinessDays
		}
		due, left := o.answer(q)
		got, err := f(rule, cal, events)
		wantAt := o.first.Add(time.Duration(due) * time.Minute)
		if err != nil || left != got.UnitsLeft || left == 0 && !got.DueAt.Equal(wantAt) || (left > 0) != (got.State == clock.Paused) {
			return fmt.Sprintf("%s: %d %s from %s with %v: got %s %s (%d left), want %s (%d left), %v", cal.ID, q.n, q.unit, events[0].At,
				events[1:], got.State, got.DueAt.In(o.loc), got.UnitsLeft, wantAt, left, err), counts
		}
	}
	return "", counts
}

// offices are the split-hours office of a pack and one in Berlin that works through
// the nights in which the clocks change.
func offices(t testing.TB) map[string]*office {
	data, err := os.ReadFile("../packs/calendars/holidays-jp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  (\d{4}-\d\d-\d\d): `).FindAllSubmatch(data, -1) {
		listed[string(m[1])] = true
	}
	berlinFile, err := os.ReadFile("zoneinfo/Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocationFromTZData("Berlin", bytes.Clone(berlinFile))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*office{
		"kai": newOffice(time.FixedZone("JST", 9*3600), func(w time.Weekday, m int) bool {
			return w != time.Saturday && w != time.Sunday && (m >= 600 && m < 720 || m >= 780 && m < 1020)
		}, func(d string) bool {
			return listed[d] || d[5:] >= "12-29" || d[5:] <= "01-03" || d[5:] >= "08-11" && d[5:] <= "08-14"
		}),
		"night": newOffice(berlin, func(w time.Weekday, m int) bool {
			return w == time.Sunday && m < 300 || w != time.Sunday && w != time.Saturday && m >= 540 && m < 720
		}, func(d string) bool { return slices.Contains([]string{"2026-12-25", "2027-01-01"}, d) }),
	}
}

const nightCalendar = `id: night
version: test
zone: Europe/Berlin
covers: {from: 2020-01-01, to: 2030-12-31}
weekly: {sun: ["00:00-05:00"], mon: ["09:00-12:00"], tue: ["09:00-12:00"], wed: ["09:00-12:00"], thu: ["09:00-12:00"], fri: ["09:00-12:00"]}
closed: [{on: 2026-12-25}, {on: 2027-01-01}]
`

// TestOracleAgrees counts minute by minute and compares.
func TestOracleAgrees(t *testing.T) {
	all := calendars(t)
	all["night"] = calendar(t, nightCalendar)
	for id, o := range offices(t) {
		wrong, counts := disagreement(o, all[id], clock.Compute, 250, 1)
		if wrong != "" {
			t.Error(wrong)
		}
		t.Logf("%s: %v", id, counts)
	}
}

// TestOracleFindsDefects plants defects; each must be found.
func TestOracleFindsDefects(t *testing.T) {
	all, loc := calendars(t), zone(t, "Asia/Tokyo")
	kai, o := all["kai"], offices(t)["kai"]
	data, err := os.ReadFile("../packs/calendars/kai.yaml")
	if err != nil {
		t.Fatal(err)
	}
	noHolidays := calendar(t, strings.Replace(string(data), "holidays: jp@2.5.1", "covers: {from: 1970-01-01, to: 2050-12-31}", 1))
	oneMoved := calendar(t, string(data)+"  - {on: 2026-09-25, name: moved}\nopen: [{on: 2026-09-22, hours: [\"10:00-12:00\", \"13:00-17:00\"]}]\n")
	for what, f := range map[string]compute{
		"the close is taken as open": func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			out, err := clock.Compute(r, c, e)
			if err == nil && out.State == clock.Due {
				out.DueAt, err = clock.NextOpen(c, out.DueAt)
			}
			return out, err
		},
		"holidays are forgotten": func(r clock.Rule, _ *clock.Calendar, e []clock.Event) (clock.Result, error) {
			return clock.Compute(r, noHolidays, e)
		},
		"one holiday is moved": func(r clock.Rule, _ *clock.Calendar, e []clock.Event) (clock.Result, error) {
			return clock.Compute(r, oneMoved, e)
		},
		"the first day counts": func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			if r.Unit == clock.BusinessDays {
				r.FirstDay = clock.Include
			}
			return clock.Compute(r, c, e)
		},
		"overlapping pauses are added up": func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			e = slices.Clone(e)
			for i := 3; i+1 < len(e); i += 2 {
				if e[i].Kind == clock.Pause && e[i-1].Kind == clock.Resume && e[i].At.Before(e[i-1].At) && e[i+1].Kind == clock.Resume {
					by := e[i-1].At.Sub(e[i].At)
					e[i].At, e[i+1].At = e[i].At.Add(by), e[i+1].At.Add(by)
				}
			}
			return clock.Compute(r, c, e)
		},
		"the day of the answer counts as paused": func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			e = slices.Clone(e)
			for i := range e {
				if e[i].Kind == clock.Resume {
					e[i].At = e[i].At.Add(24 * time.Hour)
				}
			}
			return clock.Compute(r, c, e)
		},
		"an open pause is overlooked": func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			e = slices.Clone(e)
			if len(e) > 1 && (len(e) == 2 || e[2].Kind == clock.Pause) {
				e = slices.Delete(e, 1, 2)
			}
			return clock.Compute(r, c, e)
		},
		"days are cut in UTC": func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			e = slices.Clone(e)
			for i := range e {
				e[i].At = clock.DateOf(e[i].At.UTC()).In(loc).Add(12 * time.Hour)
			}
			return clock.Compute(r, c, e)
		},
	} {
		if wrong, _ := disagreement(o, kai, f, 400, 1); wrong == "" {
			t.Errorf("not found: %s", what)
		}
	}
}
