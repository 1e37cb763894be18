package clock_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"madoguchi/clock"
)

// question is one case that is put to both.
type question struct {
	office *office
	zone   *walkedZone
	rule   clock.Rule
	events []clock.Event
}

// ask puts it to the oracle.
func (q question) ask() answer {
	o := oracle(q)
	return o.answer()
}

// String writes the question as the files that the command line reads.
func (q question) String() string {
	r := q.rule
	var b strings.Builder
	fmt.Fprintf(&b, "cat > rule.yaml <<'.'\n{id: %s, kind: %s, start: %s, unit: %s, n: %d", r.ID, r.Kind, r.Start, r.Unit, r.N)
	for _, field := range [][2]string{{"zone", r.Zone}, {"first_day", string(r.FirstDay)}, {"end_point", string(r.EndPoint)}, {"roll", string(r.Roll)}} {
		if field[1] != "" {
			fmt.Fprintf(&b, ", %s: %s", field[0], field[1])
		}
	}
	causes := make([]string, 0, len(r.Pauses))
	for cause := range r.Pauses {
		causes = append(causes, cause)
	}
	slices.Sort(causes)
	for i, cause := range causes {
		b.WriteString([]string{", pauses: {", ", "}[min(i, 1)])
		fmt.Fprintf(&b, "%q: %s", cause, r.Pauses[cause])
		if i == len(causes)-1 {
			b.WriteString("}")
		}
	}
	if e := r.Extension; e != nil {
		fmt.Fprintf(&b, ", extension: {max_times: %d, amount: %d, base: %s}", e.MaxTimes, e.Amount, e.Base)
	}
	b.WriteString("}\n.\ncat > events.yaml <<'.'\nevents:\n")
	for _, e := range q.events {
		fmt.Fprintf(&b, "  - {kind: %s, at: %q", e.Kind, e.At.In(q.zone.loc).Format(time.RFC3339))
		if e.Cause != "" {
			fmt.Fprintf(&b, ", cause: %s", e.Cause)
		}
		if e.N != 0 {
			fmt.Fprintf(&b, ", n: %d", e.N)
		}
		if e.Rule != "" {
			fmt.Fprintf(&b, ", rule: %s", e.Rule)
		}
		b.WriteString("}\n")
	}
	calendar := q.office.id + "@" + q.office.version
	if q.office.text != "" {
		b.WriteString(".\ncat > calendar.yaml <<'.'\n" + q.office.text)
		calendar = "calendar.yaml"
	}
	fmt.Fprintf(&b, ".\nmadoguchi deadline explain --rule rule.yaml --calendar %s --events events.yaml", calendar)
	return b.String()
}

// units are what the oracle counts: all there are but the one without a figure.
var units = []clock.Unit{clock.ElapsedMinutes, clock.ElapsedHours, clock.BusinessMinutes, clock.CalendarDays, clock.BusinessDays,
	clock.Weeks, clock.MonthsEU, clock.MonthsJP, clock.YearsJP}

// The features by which cases are counted.
const (
	featurePause     = "pause"
	featureOverlap   = "overlap"
	featureExtension = "extension"
	featureChange    = "daylight saving"
	featureHoliday   = "holiday"
	featureYearEnd   = "year end"
)

var features = []string{featurePause, featureOverlap, featureExtension, featureChange, featureHoliday, featureYearEnd}

// The ten years in which questions start, as far as a calendar covers them.
const (
	askFrom = 2021
	askTo   = 2030
)

// marks are the minutes in whose neighbourhood answers go wrong.
type marks struct {
	from, to int // first and last minute at which a question starts
	near     map[string][]int
	nearer   map[string][]int // those of one year, which are asked about more often
}

// askMore is a year of which each single day is asked about in the normal run.
const askMore = 2026

func marksOf(o *office) marks {
	first := max(dayOn[[3]int{askFrom, 1, 1}], o.from)
	last := min(dayOn[[3]int{askTo, 12, 31}], o.to)
	m := marks{from: o.zone.begin(first), to: o.zone.begin(last) + 1439, near: map[string][]int{}, nearer: map[string][]int{}}
	mark := func(feature string, minute int) {
		m.near[feature] = append(m.near[feature], minute)
		if civil[o.zone.dayOf(minute)].y == askMore {
			m.nearer[feature] = append(m.nearer[feature], minute)
		}
	}
	for d := first; d <= last; d++ {
		if o.holiday[d-o.from] {
			mark(featureHoliday, o.zone.begin(d)+720)
		}
		if civil[d].m == 1 && civil[d].d == 1 && d > first {
			mark(featureYearEnd, o.zone.begin(d))
		}
	}
	for _, change := range o.zone.changes {
		if m.from < change && change < m.to {
			mark(featureChange, change)
		}
	}
	return m
}

// draft draws one question.
type draft struct {
	*rand.Rand
	office *office
	marks  marks
	zones  map[string]*walkedZone // that a rule may name
	q      question
	scale  int // about how many minutes the clock runs
	start  int
}

// one says yes once in n times.
func (d *draft) one(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d *draft, from ...T) T { return from[d.IntN(len(from))] }

// draw makes a question of a unit near a mark ("" is anywhere) with pauses and
// extensions of a shape: "", featurePause, featureOverlap or featureExtension.
func (d *draft) draw(unit clock.Unit, near, shape string) question {
	d.q = question{office: d.office, zone: d.office.zone}
	d.drawRule(unit)
	d.drawStart(near)
	pauses, notices := 0, 0
	switch {
	case shape == featurePause:
		pauses = 1
	case shape == featureOverlap:
		pauses = 2 + d.IntN(2)
	case shape == featureExtension:
		notices = 1 + d.IntN(2)
	}
	if d.one(3) {
		pauses += d.IntN(2)
	}
	if d.one(4) {
		notices = max(notices, d.IntN(2))
	}
	if len(d.q.rule.Pauses) == 0 {
		pauses = 0
	}
	d.drawPauses(pauses, shape == featureOverlap)
	d.drawNotices(notices)
	return d.q
}

// drawRule draws what is counted and how it ends.
func (d *draft) drawRule(unit clock.Unit) {
	r := clock.Rule{ID: "drawn", Kind: clock.Internal, Start: clock.StartArrival, Unit: unit}
	const dayLong = 1440
	switch unit {
	case clock.ElapsedMinutes:
		r.N = pick(d, 1+d.IntN(120), 1+d.IntN(7200), 60*(1+d.IntN(48)))
		d.scale = r.N
	case clock.ElapsedHours:
		r.N = pick(d, 24, 72, 1+d.IntN(120))
		d.scale = 60 * r.N
	case clock.BusinessMinutes:
		r.N = pick(d, 1+d.IntN(2400), 30*(1+d.IntN(40)), 60*(1+d.IntN(20)))
		fortnight := 0 // how long the office is open in two weeks of some month
		for _, hours := range d.office.spans[30:44] {
			for _, s := range hours {
				fortnight += s[1] - s[0]
			}
		}
		d.scale = max(r.N*14*dayLong/max(fortnight, 600), dayLong)
	case clock.CalendarDays:
		r.N = pick(d, 15, 30, 45, 1+d.IntN(90))
		d.scale = r.N * dayLong
	case clock.BusinessDays:
		r.N = pick(d, 2, 10, 15, 1+d.IntN(25))
		d.scale = r.N * dayLong * 7 / 5
	case clock.Weeks:
		r.N = 1 + d.IntN(8)
		d.scale = r.N * 7 * dayLong
	case clock.MonthsEU, clock.MonthsJP:
		r.N = pick(d, 1, 1, 2, 3, 1+d.IntN(13))
		d.scale = r.N * 30 * dayLong
	case clock.YearsJP:
		r.N = 1 + d.IntN(3)
		d.scale = r.N * 365 * dayLong
	}
	modes := []clock.PauseMode{clock.PauseCalendarDays, clock.PauseInclusiveDays, clock.PauseBusinessDays}
	switch unit {
	case clock.ElapsedMinutes, clock.ElapsedHours:
		modes = []clock.PauseMode{clock.PauseElapsed}
	case clock.BusinessMinutes:
		modes = []clock.PauseMode{clock.PauseOpenMinutes}
	default:
		if d.one(3) {
			r.FirstDay = clock.Include
		}
		r.EndPoint = pick(d, "", clock.EndOfDay, clock.StartOfNextDay, clock.CloseOfBusiness)
		if unit != clock.BusinessDays {
			r.Roll = pick(d, "", clock.RollNone, clock.NextOpenDay, clock.NextOpenDay, clock.NextDayOnce)
			if r.EndPoint == clock.CloseOfBusiness {
				r.Roll = clock.NextOpenDay
			}
		}
		if unit == clock.YearsJP && d.office.to-d.office.from < 5*366 && !d.one(4) {
			// Few years end within such a calendar: mostly those are drawn that need none.
			r.EndPoint, r.Roll, modes = pick(d, clock.EndOfDay, clock.StartOfNextDay), clock.RollNone, modes[:2]
		}
		hours := r.EndPoint == clock.CloseOfBusiness || unit == clock.BusinessDays && r.EndPoint == ""
		if !hours && d.one(12) {
			r.Zone = pick(d, "UTC", "Asia/Tokyo", "Europe/Berlin", "America/Los_Angeles")
			d.q.zone = d.zones[r.Zone]
		}
	}
	r.Pauses = map[string]clock.PauseMode{}
	if d.one(4) {
		r.Pauses[clock.AnyCause] = pick(d, modes...)
	} else {
		for _, cause := range causes {
			r.Pauses[cause] = pick(d, modes...)
			switch d.IntN(16) {
			case 0:
				r.Pauses[cause] = clock.PauseNone
			case 1, 2:
				r.Pauses[cause] = clock.PauseReset
			}
		}
	}
	r.Extension = &clock.Extension{MaxTimes: pick(d, 2, 2, 3), Amount: 1 + d.IntN(2*r.N), Base: pick(d, clock.FromStart, clock.FromDue)}
	if unit == clock.YearsJP {
		r.Extension.Amount = 1
	}
	d.q.rule = r
}

var causes = []string{"identity", "authority", "clarification", "fee"}

// drawStart draws the start, so that a mark lies before the likely end.
func (d *draft) drawStart(near string) {
	d.start = d.marks.from + d.IntN(d.marks.to-d.marks.from)
	minutes := d.marks.near[near]
	if nearer := d.marks.nearer[near]; len(nearer) > 0 && d.one(2) {
		minutes = nearer
	}
	if len(minutes) > 0 {
		d.start = pick(d, minutes...) - d.IntN(d.scale*9/10+1)
	}
	d.start = d.snap(min(max(d.start, d.marks.from), d.marks.to))
	if unit := d.q.rule.Unit; d.one(8) || (unit == clock.MonthsEU || unit == clock.MonthsJP) && d.one(2) {
		d.start = min(max(d.monthEnd(d.start), d.marks.from), d.marks.to)
	}
	if d.one(8) {
		d.q.rule.Start = clock.StartLatestOf
		for range 1 + d.IntN(2) {
			d.add(clock.Event{Kind: clock.Start}, max(d.start-d.IntN(d.scale+2), d.marks.from))
		}
	}
	d.add(clock.Event{Kind: clock.Start}, d.start)
	if d.q.rule.Unit == clock.BusinessMinutes && d.one(3) {
		d.untilAClose()
	}
}

// untilAClose makes the amount of minutes end where the office closes.
func (d *draft) untilAClose() {
	z, n, closes := d.office.zone, 0, 1+d.IntN(4)
	for on := z.dayOf(d.start); on <= d.office.to; on++ {
		for k, open := range d.office.open[on-d.office.from] {
			if z.begin(on)+k < d.start || !open {
				continue
			}
			n++
			if k+1 == len(d.office.open[on-d.office.from]) || !d.office.open[on-d.office.from][k+1] {
				if closes--; closes == 0 {
					d.q.rule.N = n
					return
				}
			}
		}
	}
}

func (d *draft) add(e clock.Event, minute int) {
	e.At = instant(minute)
	d.q.events = append(d.q.events, e)
}

// snap moves some minutes to the instants at which offices open and close and days
// begin and end.
func (d *draft) snap(minute int) int {
	z := d.office.zone
	on := z.dayOf(minute)
	switch d.IntN(8) {
	case 0:
		return z.begin(on)
	case 1:
		return z.begin(on+1) - 1
	case 2, 3, 4:
		if on < d.office.from || on > d.office.to || len(d.office.spans[on-d.office.from]) == 0 {
			return minute
		}
		shows := pick(d, d.office.spans[on-d.office.from]...)[d.IntN(2)] - d.IntN(2)*d.IntN(2)
		for k, wall := range z.wall(on) {
			if wall >= shows {
				return z.begin(on) + k
			}
		}
	}
	return minute
}

// monthEnd moves a minute to one of the days around the end of its month.
func (d *draft) monthEnd(minute int) int {
	z := d.office.zone
	on := z.dayOf(minute)
	for civil[on].d != 1 {
		on++
	}
	return z.begin(on-3+day(d.IntN(5))) + d.IntN(1380)
}

// drawPauses draws pauses, the later ones inside the first when they must overlap.
func (d *draft) drawPauses(n int, overlap bool) {
	order := d.Perm(len(causes))
	from, to := 0, 0
	type at struct {
		e      clock.Event
		minute int
	}
	var all []at
	for i := range min(n, len(causes)) {
		longest := min(d.scale+60, 20*1440)
		length := pick(d, d.IntN(longest), d.IntN(min(longest, 3*1440)))
		switch {
		case i > 0 && overlap:
			from += d.IntN(max(to-from, 1))
		case overlap:
			from = d.start + d.IntN(d.scale/3+1)
		case d.one(10): // before the start
			from = d.start - d.IntN(3*1440)
		default:
			from = d.start + d.IntN(d.scale*3/4+1)
			if d.one(12) { // where it just counts, or just not
				if a := d.q.ask(); !a.beyond && !a.paused {
					from = a.at - d.IntN(3)
				}
			}
		}
		if d.one(20) {
			length = 0
		}
		if i == 0 && overlap {
			length = max(length, 30)
		}
		if !overlap || d.one(2) {
			from = d.snap(from)
		}
		to = max(d.snap(from+length), from)
		e := clock.Event{Kind: clock.Pause, Cause: causes[order[i]]}
		all = append(all, at{e, from})
		if i == n-1 && d.one(4) {
			continue // it stays open
		}
		e.Kind = clock.Resume
		all = append(all, at{e, to})
	}
	if d.one(2) { // as they come in, or pause by pause
		slices.SortStableFunc(all, func(a, b at) int { return a.minute - b.minute })
	}
	for _, one := range all {
		d.add(one.e, one.minute)
	}
}

// drawNotices draws extensions, some of them told at the last minute or just too late.
func (d *draft) drawNotices(n int) {
	reached := d.start
	for range n {
		at := reached + d.IntN(d.scale*3/4+1)
		if d.one(6) {
			if a := d.q.ask(); !a.beyond && a.refused < 0 && !a.paused {
				at = max(a.at-d.IntN(3), reached)
			}
		}
		e := clock.Event{Kind: clock.Prolonged}
		if d.one(2) {
			e.N = 1 + d.IntN(d.q.rule.Extension.Amount)
		}
		if d.one(12) { // another clock of the case is prolonged
			e.Rule = "another"
			d.add(e, at)
			continue
		}
		if d.one(4) {
			e.Rule = d.q.rule.ID
		}
		d.add(e, at)
		reached = at
	}
}

// instant is a minute of the oracle as everybody else writes it.
func instant(minute int) time.Time { return time.Unix(int64(minute)*60, 0).UTC() }
