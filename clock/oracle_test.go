package clock_test

import (
	"fmt"
	"slices"
	"time"

	"madoguchi/clock"
)

// oracle answers a question by counting: minute by minute for minutes and hours,
// day by day for the rest. It is slow and plain, shares nothing with the package
// under test but the types of its data, and follows docs/rules.md.
type oracle struct {
	office *office
	zone   *walkedZone // of the rule
	rule   clock.Rule
	events []clock.Event
}

// answer is what the oracle found. Instants are minutes since 1970.
type answer struct {
	beyond   bool // the calendar is silent about a day that is needed
	refused  int  // index of the event whose notice came too late, or -1
	paused   bool
	left     int
	leftUnit clock.Unit
	dueOn    day // the last day, rolled
	unrolled day
	at       int  // the due or from instant
	from     bool // at is a from instant, on the day after dueOn

	start       int
	pauses      int  // pauses that counted
	overlapped  bool // two of them had time in common
	extensions  int
	untilMinute int // the end of the time that was looked at
}

// minuteOf is an instant as the oracle counts it.
func minuteOf(at time.Time) int {
	if at.Second() != 0 || at.Nanosecond() != 0 {
		panic("the oracle counts whole minutes")
	}
	return int(at.Unix() / 60)
}

// stretch is a pause, or the part of one that an earlier pause leaves.
type stretch struct {
	from, to int // to is never while it is open
	mode     clock.PauseMode
	joined   bool // begins at the instant at which the one before ended
	cut      bool // a part was taken by an earlier pause
	order    int
}

const never = 1 << 40

// notice is an extension and the event that told it.
type notice struct{ at, n, event int }

// mode is what a rule does with a cause.
func (o *oracle) mode(cause string) clock.PauseMode {
	mode, ok := o.rule.Pauses[cause]
	if !ok {
		mode = o.rule.Pauses[clock.AnyCause]
	}
	if mode == "" {
		mode = clock.PauseNone
	}
	return mode
}

// needsOffice reports whether the rule looks at the calendar at all.
func (o *oracle) needsOffice() bool {
	r := o.rule
	for _, mode := range r.Pauses {
		if mode == clock.PauseBusinessDays || mode == clock.PauseOpenMinutes {
			return true
		}
	}
	return r.Unit == clock.BusinessDays || r.Unit == clock.BusinessMinutes || r.EndPoint == clock.CloseOfBusiness ||
		r.Roll == clock.NextOpenDay || r.Roll == clock.NextDayOnce
}

// answer counts.
func (o *oracle) answer() (a answer) {
	defer func() {
		if thrown := recover(); thrown != nil {
			if _, ok := thrown.(beyond); !ok {
				panic(thrown)
			}
			a = answer{beyond: true, refused: -1}
		}
	}()
	start := -1
	var pauses []stretch
	var notices []notice
	open := map[string]int{}
	for i, e := range o.events {
		at := minuteOf(e.At)
		switch e.Kind {
		case clock.Start:
			start = max(start, at)
		case clock.Pause:
			open[e.Cause] = len(pauses)
			pauses = append(pauses, stretch{from: at, to: never, mode: o.mode(e.Cause), order: i})
		case clock.Resume:
			pauses[open[e.Cause]].to = at
		case clock.Prolonged:
			if e.Rule != "" && e.Rule != o.rule.ID {
				continue
			}
			n := e.N
			if n == 0 {
				n = o.rule.Extension.Amount
			}
			notices = append(notices, notice{at, n, i})
		}
	}
	slices.SortStableFunc(notices, func(a, b notice) int { return a.at - b.at })
	pauses = slices.DeleteFunc(pauses, func(p stretch) bool { return p.mode == clock.PauseNone })
	slices.SortStableFunc(pauses, func(a, b stretch) int { return a.from - b.from })

	// Each pause that restarts the clock does so unless all was over when it began.
	for i, p := range pauses {
		if p.mode != clock.PauseReset || p.to == never || p.to <= start {
			continue
		}
		var earlier []notice
		for _, n := range notices {
			if n.at < p.from {
				earlier = append(earlier, n)
			}
		}
		was := o.count(start, slices.DeleteFunc(slices.Clone(pauses[:i]), closedReset), earlier)
		switch {
		case was.refused >= 0:
			return was
		case !was.paused && p.from >= was.at:
			continue
		}
		start = p.to
	}
	return o.count(start, slices.DeleteFunc(pauses, closedReset), notices)
}

func closedReset(p stretch) bool { return p.mode == clock.PauseReset && p.to != never }

// count is the answer from one start on.
func (o *oracle) count(start int, pauses []stretch, notices []notice) answer {
	if o.needsOffice() {
		o.office.on(o.zone.dayOf(start)) // a start outside the covered days has no answer
	}
	parts := paint(start, pauses)
	switch o.rule.Unit {
	case clock.ElapsedMinutes, clock.ElapsedHours, clock.BusinessMinutes:
		return o.countMinutes(start, parts, notices)
	}
	return o.countDays(start, parts, notices)
}

// paint gives every stretch of time to the pause that began first among those that
// cover it. A pause of no length counts where it stands free.
func paint(start int, pauses []stretch) []stretch {
	cuts := []int{start}
	for _, p := range pauses {
		cuts = append(cuts, p.from, p.to)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []stretch
	add := func(p stretch, from, to int) {
		if n := len(out); n > 0 && out[n-1].order == p.order && out[n-1].to == from {
			out[n-1].to = to
			return
		}
		p.joined = len(out) > 0 && out[len(out)-1].to == from
		p.cut = from != p.from && from != start
		p.from, p.to = from, to
		out = append(out, p)
	}
	for i, from := range cuts {
		if from < start {
			continue
		}
		for _, p := range pauses { // in order of their beginnings
			if p.from == from && p.to == from && !slices.ContainsFunc(pauses, func(q stretch) bool {
				return q.from < from && q.to > from || q.from == from && q.to > from && q.order < p.order
			}) {
				add(p, from, from)
			}
		}
		if i+1 == len(cuts) {
			break
		}
		for _, p := range pauses {
			if p.from <= from && p.to >= cuts[i+1] {
				add(p, from, cuts[i+1])
				break
			}
		}
	}
	for i, p := range out {
		if p.to == never {
			return out[:i+1]
		}
	}
	return out
}

// isPaused looks for the pause that holds a minute, if any.
func isPaused(parts []stretch, minute int) *stretch {
	for i := range parts {
		if parts[i].from <= minute && minute < parts[i].to {
			return &parts[i]
		}
	}
	return nil
}

// countMinutes lets every minute pass.
func (o *oracle) countMinutes(start int, parts []stretch, notices []notice) answer {
	a := answer{refused: -1, start: start}
	size := 1
	if o.rule.Unit == clock.ElapsedHours {
		size = 60
	}
	need, worked := o.rule.N*size, 0
	open, today, begins := []bool(nil), day(-1), 0
	isOpen := func(m int) bool {
		if o.rule.Unit != clock.BusinessMinutes {
			return true
		}
		if today < 0 || m < begins || m >= o.office.zone.begin(today+1) {
			today = o.office.zone.dayOf(m)
			begins, open = o.office.zone.begin(today), o.office.on(today)
		}
		return open != nil && open[m-begins]
	}
	tell := func(n notice) {
		need += n.n * size
		a.extensions++
	}
	met := map[int]bool{}
	for m := start; ; m++ {
		for len(notices) > 0 && notices[0].at <= m {
			tell(notices[0])
			notices = notices[1:]
		}
		if p := isPaused(parts, m); p != nil {
			if !met[p.order] {
				a.pauses++
				a.overlapped = a.overlapped || p.cut
				met[p.order] = true
			}
			if p.to == never {
				for _, n := range notices { // while a pause is open nothing falls due
					tell(n)
				}
				a.paused, a.leftUnit, a.untilMinute = true, o.rule.Unit, m
				if a.left = (need - worked + size - 1) / size; p.mode == clock.PauseReset {
					a.left = need / size
				}
				for ; worked < need; m++ { // if it ended at once, would the calendar know?
					if isOpen(m) {
						worked++
					}
				}
				return a
			}
			continue
		}
		if !isOpen(m) {
			continue
		}
		if worked++; worked < need {
			continue
		}
		a.at, a.untilMinute = m+1, m+1
		a.dueOn = o.zone.dayOf(m + 1)
		if o.rule.Unit == clock.BusinessMinutes {
			a.dueOn = o.zone.dayOf(m)
		}
		a.unrolled = a.dueOn
		if len(notices) > 0 {
			a.refused = notices[0].event
		}
		return a
	}
}

// countDays lets every day pass.
func (o *oracle) countDays(start int, parts []stretch, notices []notice) answer {
	a := answer{refused: -1, start: start}
	first := o.zone.dayOf(start)
	counted := first + 1 // the first day that counts
	if o.rule.FirstDay == clock.Include {
		counted = first
	}
	total := o.rule.N
	last := o.period(counted, first, total)
	whole := max(int(last-counted)+1, 0) // in days, without pauses
	taken := map[day]bool{}              // days that inclusive pauses have counted
	var applied []stretch
	shift := func(p stretch) {
		from, to := o.zone.dayOf(p.from), o.zone.dayOf(p.to)
		switch p.mode {
		case clock.PauseCalendarDays:
			for d := from; d < to; d++ {
				last++
			}
		case clock.PauseInclusiveDays:
			for d := from; d <= to; d++ {
				if !taken[d] {
					taken[d] = true
					last++
				}
			}
		case clock.PauseBusinessDays:
			lost := 0
			for d := from; d < to; d++ {
				if o.office.opens(d) {
					lost++
				}
			}
			for lost > 0 {
				if last++; o.office.opens(last) {
					lost--
				}
			}
		}
	}
	prolong := func(n notice) {
		a.extensions++
		total += n.n
		if o.rule.Extension.Base == clock.FromDue {
			rolled, _, _ := o.end(last)
			last = o.period(rolled+1, rolled, n.n)
			whole += int(last - rolled)
			applied = nil
			return
		}
		last = o.period(counted, first, total)
		whole = int(last-counted) + 1
		clear(taken)
		for _, p := range applied {
			shift(p)
		}
	}
	counts := false // the stretch before this one counted
	for len(parts) > 0 || len(notices) > 0 {
		_, _, at := o.end(last)
		if len(parts) == 0 || len(notices) > 0 && notices[0].at < parts[0].from {
			if notices[0].at >= at {
				a.refused = notices[0].event
				return a
			}
			prolong(notices[0])
			notices = notices[1:]
			continue
		}
		p := parts[0]
		parts = parts[1:]
		if p.from >= at && !(p.joined && counts) {
			counts = false
			continue
		}
		counts = true
		a.pauses++
		a.overlapped = a.overlapped || p.cut
		if p.to != never {
			shift(p)
			applied = append(applied, p)
			continue
		}
		for _, n := range notices { // while a pause is open nothing falls due
			prolong(n)
		}
		o.end(last) // if it ended at once, would the calendar know?
		a.paused, a.untilMinute, a.leftUnit = true, p.from, clock.CalendarDays
		for d := max(o.zone.dayOf(p.from), counted); d <= last; d++ {
			if o.rule.Unit != clock.BusinessDays || o.office.opens(d) {
				a.left++
			}
		}
		a.left = min(a.left, whole)
		if o.rule.Unit == clock.BusinessDays {
			a.leftUnit, a.left = clock.BusinessDays, min(a.left, total)
		}
		if p.mode == clock.PauseReset {
			a.left, a.leftUnit = total, o.rule.Unit
		}
		return a
	}
	a.unrolled = last
	a.dueOn, a.from, a.at = o.end(last)
	a.untilMinute = a.at
	return a
}

// period is the last day of n units whose first counted day is begin; event is the
// day of the event (begin itself when the first day counts).
func (o *oracle) period(begin, event day, n int) day {
	switch o.rule.Unit {
	case clock.CalendarDays:
		return through(begin, n)
	case clock.Weeks:
		return through(begin, 7*n)
	case clock.BusinessDays:
		for d := begin; ; d++ {
			if o.office.opens(d) {
				if n--; n == 0 {
					return d
				}
			}
		}
	case clock.MonthsEU:
		// The same day n months after the event, or the last day of that month; a
		// period that has counted the day of the event ends one day sooner.
		d := event
		for months := 0; ; d++ {
			if d > event && civil[d].d == 1 {
				months++
			}
			if months == n && (civil[d].d == civil[event].d || civil[d+1].d == 1) {
				break
			}
		}
		if begin == event {
			d--
		}
		return d
	case clock.YearsJP:
		return japanese(begin, 12*n)
	case clock.MonthsJP:
		return japanese(begin, n)
	}
	panic(fmt.Sprintf("the oracle cannot count %s", o.rule.Unit))
}

// through is the n-th day, begin being the first.
func through(begin day, n int) day {
	d := begin
	for seen := 1; seen < n; seen++ {
		d++
	}
	return d
}

// japanese is the last day of n months by Civil Code Art. 143: whole months when
// they begin on the first, else until the day before the corresponding day, or
// the last day of a month that has none.
func japanese(begin day, n int) day {
	months := 0
	for d := begin; ; d++ {
		if d > begin && civil[d].d == 1 {
			months++
		}
		switch {
		case months == n && civil[d].d == civil[begin].d:
			return d - 1
		case months == n && civil[d+1].d == 1:
			return d
		}
	}
}

// end rolls the last day and finds the instant: of a from result, the beginning of
// the day after.
func (o *oracle) end(last day) (rolled day, from bool, at int) {
	roll, point := o.rule.Roll, o.rule.EndPoint
	if o.rule.Unit == clock.BusinessDays {
		roll = clock.NextOpenDay
		if point == "" {
			point = clock.CloseOfBusiness
		}
	}
	rolled = last
	switch roll {
	case clock.NextOpenDay:
		for !o.office.opens(rolled) {
			rolled++
		}
	case clock.NextDayOnce:
		if !o.office.opens(rolled) {
			rolled++
		}
	}
	if point == clock.CloseOfBusiness {
		return rolled, false, o.office.close(rolled)
	}
	return rolled, point == clock.StartOfNextDay, o.zone.begin(rolled + 1)
}
