package clock_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"madoguchi/clock"
)

// pairsOf are the pauses that have ended: the places of each pause and its resume.
func pairsOf(events []clock.Event) (pairs [][2]int) {
	for i, e := range events {
		if e.Kind == clock.Pause {
			if at := slices.IndexFunc(events, func(o clock.Event) bool { return o.Kind == clock.Resume && o.Cause == e.Cause }); at >= 0 {
				pairs = append(pairs, [2]int{i, at})
			}
		}
	}
	return pairs
}

// modeOf is what a rule does with a cause.
func modeOf(r clock.Rule, cause string) clock.PauseMode {
	if mode, ok := r.Pauses[cause]; ok {
		return mode
	}
	return r.Pauses[clock.AnyCause]
}

// remade are the calendars of some files, and of every holiday list, after their
// texts were changed.
func remade(glob string, change func(string) string) map[string]*clock.Calendar {
	files, changed := fstest.MapFS{}, false
	for _, name := range must(filepath.Glob("../packs/calendars/*.yaml")) {
		was := string(must(os.ReadFile(name)))
		if !must(filepath.Match(glob, filepath.Base(name))) && !isHolidayList([]byte(was)) {
			continue
		}
		is := change(was)
		changed = changed || is != was
		files[filepath.Base(name)] = &fstest.MapFile{Data: []byte(is)}
	}
	if !changed {
		panic("the defect changes nothing")
	}
	return must(clock.LoadCalendars(files))
}

// movedDay is an answer one defect makes late or early: its day is d.
func movedDay(out clock.Result, d clock.Date, loc *time.Location) clock.Result {
	if out.DueOn.IsZero() {
		out.FromOn = d.AddDays(1)
		out.FromAt = out.FromOn.In(loc)
		return out
	}
	out.DueOn = d
	out.DueAt = d.AddDays(1).In(loc)
	return out
}

// lastDay is the last day of a result of either form.
func lastDay(out clock.Result) clock.Date {
	if out.DueOn.IsZero() {
		return out.FromOn.AddDays(-1)
	}
	return out.DueOn
}

// defects are faults as they were, or could be, made: each gives clock.Compute
// something else to count, or spoils what it answers.
func defects() map[string]compute {
	zoneOf := func(r clock.Rule, c *clock.Calendar) *time.Location {
		if r.Zone != "" {
			return must(clock.Zone(r.Zone))
		}
		return must(clock.Zone(c.Zone))
	}
	// withFiles changes texts: a calendar of those that are then read takes the place of its namesake.
	withFiles := func(glob string, change func(string) string) compute {
		others := remade(glob, change)
		return func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			if other := others[c.ID]; other != nil && other.Version == c.Version {
				c = other
			}
			return clock.Compute(r, c, e)
		}
	}
	inKai := func(what, by string) compute {
		return withFiles("kai.yaml", func(text string) string { return strings.ReplaceAll(text, what, by) })
	}
	withRule := func(change func(*clock.Rule)) compute {
		return func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			change(&r)
			return clock.Compute(r, c, e)
		}
	}
	// The start itself stays what it was: a fault is found by the dates it gives.
	withEvents := func(change func(clock.Rule, clock.Result, []clock.Event) []clock.Event) compute {
		return func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			right, _ := clock.Compute(r, c, e)
			out, err := clock.Compute(r, c, change(r, right, slices.Clone(e)))
			if err == nil && !right.StartAt.IsZero() {
				out.StartAt = right.StartAt
			}
			return out, err
		}
	}
	over := func(right clock.Result, at time.Time) bool { // all was over by then
		return right.State == clock.Due && !at.Before(right.DueAt) && !at.Before(right.FromAt)
	}
	withResult := func(change func(clock.Rule, *clock.Calendar, []clock.Event, *clock.Result)) compute {
		return func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			out, err := clock.Compute(r, c, e)
			if err == nil && out.State == clock.Due {
				change(r, c, e, &out)
			}
			return out, err
		}
	}
	return map[string]compute{
		"the close is taken as open: minutes used up at the close are due at the next opening": withResult(func(r clock.Rule, c *clock.Calendar, _ []clock.Event, out *clock.Result) {
			if at, err := clock.NextOpen(c, out.DueAt); err == nil && r.Unit == clock.BusinessMinutes {
				out.DueAt, out.DueOn = at, clock.DateOf(at.In(zoneOf(r, c)))
			}
		}),
		"a start at the close counts a minute of that day": withEvents(func(r clock.Rule, right clock.Result, e []clock.Event) []clock.Event {
			if r.Unit == clock.BusinessMinutes {
				e[0].At = e[0].At.Add(-time.Minute)
			}
			return e
		}),
		"one holiday of each list is moved by a day": withFiles("*.yaml", func(text string) string {
			return strings.Replace(strings.Replace(text, "\n  2026-12-25: ", "\n  2026-12-24: ", 1), "\n  2026-11-23: ", "\n  2026-11-24: ", 1)
		}),
		"the lunch hour of one organisation is open":               inKai(`"10:00-12:00", "13:00-17:00"`, `"10:00-17:00"`),
		"the closure over the turn of the year ends with the year": inKai("12-29..01-03", "12-29..12-31"),
		"overlapping pauses are added up": withEvents(func(_ clock.Rule, _ clock.Result, e []clock.Event) []clock.Event {
			// Whatever two pauses share is given to the later one a second time, at its end.
			pairs := pairsOf(e)
			for i, a := range pairs {
				for _, b := range pairs[i+1:] {
					first, second := a, b
					if e[b[0]].At.Before(e[a[0]].At) {
						first, second = b, a
					}
					if shared := e[first[1]].At.Sub(e[second[0]].At); shared > 0 {
						e[second[0]].At, e[second[1]].At = e[second[0]].At.Add(shared), e[second[1]].At.Add(shared)
					}
				}
			}
			return e
		}),
		"of overlapping pauses only the first counts": withEvents(func(_ clock.Rule, _ clock.Result, e []clock.Event) []clock.Event {
			pairs := pairsOf(e)
			for i, a := range pairs {
				for _, b := range pairs[i+1:] {
					if e[b[0]].At.After(e[a[0]].At) && e[b[0]].At.Before(e[a[1]].At) {
						return slices.DeleteFunc(e, func(o clock.Event) bool { return o.Cause == e[b[0]].Cause && o.Kind != clock.Start })
					}
				}
			}
			return e
		}),
		"a month without the day runs over into the next": withResult(func(r clock.Rule, c *clock.Calendar, e []clock.Event, out *clock.Result) {
			if r.Unit != clock.MonthsEU || r.Roll != "" && r.Roll != clock.RollNone || slices.ContainsFunc(e, func(o clock.Event) bool { return o.Kind == clock.Prolonged }) {
				return
			}
			start, loc := clock.DateOf(out.StartAt.In(zoneOf(r, c))), zoneOf(r, c)
			over := start.AddMonthsEU(r.N).DaysUntil(clock.On(start.Y, start.M+time.Month(r.N), start.D))
			*out = movedDay(*out, lastDay(*out).AddDays(over), loc)
			out.UnrolledOn = lastDay(*out)
		}),
		"Japanese months are counted as European ones": withRule(func(r *clock.Rule) {
			if r.Unit == clock.MonthsJP {
				r.Unit = clock.MonthsEU
			}
		}),
		"European months are counted as Japanese ones": withRule(func(r *clock.Rule) {
			if r.Unit == clock.MonthsEU {
				r.Unit = clock.MonthsJP
			}
		}),
		"a month is thirty days": withRule(func(r *clock.Rule) {
			if r.Unit == clock.MonthsEU && r.Extension.Base == clock.FromDue {
				r.Unit, r.N = clock.CalendarDays, 30*r.N
			}
		}),
		"rolled once instead of until an open day": withRule(func(r *clock.Rule) {
			if r.Roll == clock.NextOpenDay && r.EndPoint != clock.CloseOfBusiness && r.Unit != clock.BusinessDays {
				r.Roll = clock.NextDayOnce
			}
		}),
		"not rolled at all": withRule(func(r *clock.Rule) {
			if r.EndPoint != clock.CloseOfBusiness && r.Unit != clock.BusinessDays {
				r.Roll = clock.RollNone
			}
		}),
		"the day of the event counts": withRule(func(r *clock.Rule) {
			if r.Unit == clock.BusinessDays || r.Unit == clock.CalendarDays || r.Unit == clock.Weeks {
				r.FirstDay = clock.Include
			}
		}),
		"days are cut in UTC": func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			if r.Unit == clock.ElapsedMinutes || r.Unit == clock.ElapsedHours || r.Unit == clock.BusinessMinutes {
				return clock.Compute(r, c, e)
			}
			return withEvents(func(r clock.Rule, _ clock.Result, e []clock.Event) []clock.Event {
				for i := range e {
					utc := e[i].At.UTC()
					if at, err := clock.Local(clock.DateOf(utc), utc.Hour()*60+utc.Minute(), zoneOf(r, c)); err == nil {
						e[i].At = at
					}
				}
				return e
			})(r, c, e)
		},
		"an open pause is overlooked": withEvents(func(_ clock.Rule, _ clock.Result, e []clock.Event) []clock.Event {
			return slices.DeleteFunc(e, func(p clock.Event) bool {
				return p.Kind == clock.Pause && !slices.ContainsFunc(e, func(o clock.Event) bool { return o.Kind == clock.Resume && o.Cause == p.Cause })
			})
		}),
		"an inclusive pause lacks its extra day": withRule(func(r *clock.Rule) {
			modes := map[string]clock.PauseMode{}
			for cause, mode := range r.Pauses {
				if modes[cause] = mode; mode == clock.PauseInclusiveDays {
					modes[cause] = clock.PauseCalendarDays
				}
			}
			r.Pauses = modes
		}),
		"the day of the answer counts as paused": withRule(func(r *clock.Rule) {
			modes := map[string]clock.PauseMode{}
			for cause, mode := range r.Pauses {
				if modes[cause] = mode; mode == clock.PauseCalendarDays {
					modes[cause] = clock.PauseInclusiveDays
				}
			}
			r.Pauses = modes
		}),
		"paused open days are taken for calendar days": withRule(func(r *clock.Rule) {
			modes := map[string]clock.PauseMode{}
			for cause, mode := range r.Pauses {
				if modes[cause] = mode; mode == clock.PauseBusinessDays {
					modes[cause] = clock.PauseCalendarDays
				}
			}
			r.Pauses = modes
		}),
		"an extension counts from the due day instead of from the start": withRule(func(r *clock.Rule) {
			if r.Extension.Base == clock.FromStart {
				e := *r.Extension
				e.Base, r.Extension = clock.FromDue, &e
			}
		}),
		"an extension counts from the start instead of from the due day": withRule(func(r *clock.Rule) {
			if r.Extension.Base == clock.FromDue {
				e := *r.Extension
				e.Base, r.Extension = clock.FromStart, &e
			}
		}),
		"a notice sent at the due instant is in time": withEvents(func(_ clock.Rule, _ clock.Result, e []clock.Event) []clock.Event {
			for i := range e {
				if e[i].Kind == clock.Prolonged && e[i].At.After(e[0].At.Add(time.Minute)) {
					e[i].At = e[i].At.Add(-time.Minute)
				}
			}
			return e
		}),
		"an extension that was told is forgotten": withEvents(func(_ clock.Rule, _ clock.Result, e []clock.Event) []clock.Event {
			return slices.DeleteFunc(e, func(o clock.Event) bool { return o.Kind == clock.Prolonged })
		}),
		"the extension of another rule prolongs this one": withEvents(func(r clock.Rule, right clock.Result, e []clock.Event) []clock.Event {
			for i := range e {
				e[i].Rule = ""
			}
			return e
		}),
		"daylight saving is ignored: every day has 24 hours": withResult(func(r clock.Rule, c *clock.Calendar, e []clock.Event, out *clock.Result) {
			// The offset of the start holds until the end.
			loc := zoneOf(r, c)
			_, then := out.StartAt.In(loc).Zone()
			if !out.DueAt.IsZero() {
				_, now := out.DueAt.In(loc).Zone()
				out.DueAt = out.DueAt.Add(time.Duration(now-then) * time.Second)
			}
		}),
		"hours that elapse are told by the clock on the wall": withResult(func(r clock.Rule, c *clock.Calendar, _ []clock.Event, out *clock.Result) {
			if r.Unit == clock.ElapsedHours {
				_, then := out.StartAt.In(zoneOf(r, c)).Zone()
				_, now := out.DueAt.In(zoneOf(r, c)).Zone()
				out.DueAt = out.DueAt.Add(time.Duration(then-now) * time.Second)
			}
		}),
		"a restart keeps the time that had run": withEvents(func(r clock.Rule, _ clock.Result, e []clock.Event) []clock.Event {
			for _, p := range pairsOf(e) {
				if modeOf(r, e[p[0]].Cause) == clock.PauseReset && e[p[0]].At.After(e[0].At) {
					// The clock starts as long before the answer as it had run before the question.
					e[p[1]].At = e[p[1]].At.Add(-e[p[0]].At.Sub(e[0].At))
					if e[p[1]].At.Before(e[p[0]].At) {
						e[p[1]].At = e[p[0]].At
					}
				}
			}
			return e
		}),
		"a question after the due instant restarts the clock": func(r clock.Rule, c *clock.Calendar, e []clock.Event) (clock.Result, error) {
			right, _ := clock.Compute(r, c, e)
			e = slices.Clone(e)
			for _, p := range pairsOf(e) {
				if modeOf(r, e[p[0]].Cause) == clock.PauseReset && over(right, e[p[0]].At) {
					e[p[0]].At = e[0].At
				}
			}
			return clock.Compute(r, c, e)
		},
		"a pause after the due instant counts": withEvents(func(r clock.Rule, right clock.Result, e []clock.Event) []clock.Event {
			for _, p := range pairsOf(e) {
				if modeOf(r, e[p[0]].Cause) != clock.PauseReset && over(right, e[p[0]].At) {
					gap := e[p[0]].At.Sub(e[0].At)
					e[p[0]].At, e[p[1]].At = e[0].At, e[p[1]].At.Add(-gap)
				}
			}
			return e
		}),
		"the earliest of several conditions starts the clock": withEvents(func(_ clock.Rule, _ clock.Result, e []clock.Event) []clock.Event {
			first := e[0].At
			for _, o := range e {
				if o.Kind == clock.Start && o.At.Before(first) {
					first = o.At
				}
			}
			e = slices.DeleteFunc(e, func(o clock.Event) bool { return o.Kind == clock.Start })
			return slices.Insert(e, 0, clock.Event{Kind: clock.Start, At: first})
		}),
		"the end of a day is its last minute": withResult(func(r clock.Rule, _ *clock.Calendar, _ []clock.Event, out *clock.Result) {
			if (r.EndPoint == clock.EndOfDay || r.EndPoint == "") && r.Unit == clock.CalendarDays {
				out.DueAt = out.DueAt.Add(-time.Minute)
			}
		}),
	}
}

// TestEachDefectIsFound plants faults: the questions of the normal run find each.
func TestEachDefectIsFound(t *testing.T) {
	w := theWorld()
	all := defects()
	if len(all) < 12 {
		t.Fatalf("only %d defects", len(all))
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	latest := 0
	var asked []question
	var answers []answer
	for _, name := range names {
		found := -1
		for i := range questionsNormally {
			if i == len(asked) {
				q := w.numbered(oracleSeed, i)
				asked, answers = append(asked, q), append(answers, q.ask())
			}
			if w.difference(asked[i], answers[i], all[name]) != "" {
				found = i
				break
			}
		}
		if found < 0 {
			t.Errorf("not found in %d questions: %s", questionsNormally, name)
			continue
		}
		latest = max(latest, found+1)
		t.Logf("after %5d questions: %s", found+1, name)
	}
	t.Logf("counts: %d defects planted, the last one found after %d of %d questions", len(all), latest, questionsNormally)
}
