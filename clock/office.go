package clock

import (
	"slices"
	"sort"
	"time"
)

// openBefore is the office time from the beginning of the coverage to an instant.
// An instant outside the coverage counts as its nearer end.
func (c *Calendar) openBefore(at time.Time) time.Duration {
	d := c.dayOf(at)
	if d < 0 {
		return 0
	}
	if d >= len(c.kind) {
		return time.Duration(c.openMinutes[len(c.kind)]) * time.Minute
	}
	total := time.Duration(c.openMinutes[d]) * time.Minute
	for _, iv := range c.hours[c.kind[d]] {
		from := c.instant(d, iv.From)
		if !from.Before(at) {
			break
		}
		if to := c.instant(d, iv.To); to.Before(at) {
			total += to.Sub(from)
			continue
		}
		total += at.Sub(from)
	}
	return total
}

// after is the earliest instant at which that much office time has been open. It
// lands on a close, never on the next opening. d is the day it lies on, as an
// index into the coverage; ok is false beyond the coverage.
func (c *Calendar) after(total time.Duration) (at time.Time, d int, ok bool) {
	d = sort.Search(len(c.kind), func(i int) bool { return time.Duration(c.openMinutes[i+1])*time.Minute >= total })
	if d == len(c.kind) || total <= 0 {
		return time.Time{}, 0, false
	}
	left := total - time.Duration(c.openMinutes[d])*time.Minute
	for _, iv := range c.hours[c.kind[d]] {
		from, to := c.instant(d, iv.From), c.instant(d, iv.To)
		if span := to.Sub(from); left > span {
			left -= span
			continue
		}
		return from.Add(left), d, true
	}
	return time.Time{}, 0, false
}

// index is the place of a date in the coverage.
func (c *Calendar) index(on Date) (int, bool) {
	at := on.day() - c.base
	return at, at >= 0 && at < len(c.kind)
}

// covered says that a date lies in the coverage, or an error that names field.
func (c *Calendar) covered(field string, on Date) error {
	if _, ok := c.index(on); !ok {
		return wrong(field, "%s lies outside %s to %s, the days that calendar %s covers", on, c.From, c.To, c.ID)
	}
	return nil
}

// openOn counts the open days in [from, to), as far as they are covered.
func (c *Calendar) openOn(from, to Date) int {
	a, b := c.clamp(from), c.clamp(to)
	return max(int(c.openDays[b]-c.openDays[a]), 0)
}

func (c *Calendar) clamp(on Date) int {
	return min(max(on.day()-c.base, 0), len(c.kind))
}

// nthOpen is the n-th open day on or after a date, n counted from 1.
func (c *Calendar) nthOpen(on Date, n int) (Date, error) {
	if err := c.covered("calendar", on); err != nil {
		return Date{}, err
	}
	want := int(c.openDays[c.clamp(on)]) + n
	d := sort.Search(len(c.kind), func(i int) bool { return int(c.openDays[i+1]) >= want })
	if d == len(c.kind) {
		return Date{}, wrong("calendar", "the last day would lie after %s, the last day that calendar %s covers", c.To, c.ID)
	}
	return dateOfDay(c.base + d), nil
}

// lastClose is the closing instant of an open day.
func (c *Calendar) lastClose(on Date) (time.Time, bool) {
	d, ok := c.index(on)
	if !ok || c.kind[d] == 0 {
		return time.Time{}, false
	}
	hours := c.hours[c.kind[d]]
	return c.instant(d, hours[len(hours)-1].To), true
}

// restsOnProvisional reports whether a day from from to to, or a neighbour of
// them, is provisional: a predicted equinox may fall one day off.
func (c *Calendar) restsOnProvisional(from, to Date) bool {
	return c.provisional[c.clamp(to.AddDays(2))] > c.provisional[c.clamp(from.AddDays(-1))]
}

// provisionalIn is the first provisional day that restsOnProvisional means, and what
// the calendar calls it ("" when it does not say).
func (c *Calendar) provisionalIn(from, to Date) (Date, string) {
	a, b := c.clamp(from.AddDays(-1)), c.clamp(to.AddDays(2))-1
	first, name := b+1, ""
	for _, u := range c.unsure {
		if u.from <= b && u.to >= a && max(u.from, a) < first {
			first, name = max(u.from, a), u.name
		}
	}
	return dateOfDay(c.base + first), name
}

// OpenDay reports whether the office opens at all on a date; false outside the
// coverage.
func OpenDay(cal *Calendar, on Date) bool {
	d, ok := cal.index(on)
	return ok && cal.kind[d] != 0
}

// Hours is the office hours of a date, none when it is closed.
func Hours(cal *Calendar, on Date) []Interval {
	d, ok := cal.index(on)
	if !ok {
		return nil
	}
	return append([]Interval(nil), cal.hours[cal.kind[d]]...)
}

// OpenMinutes counts the whole minutes of office time in [from, to); 0 when to is
// not after from. Time outside the coverage is closed.
func OpenMinutes(cal *Calendar, from, to time.Time) int {
	if !to.After(from) {
		return 0
	}
	return int((cal.openBefore(to) - cal.openBefore(from)) / time.Minute)
}

// IsOpen reports whether the office is open: an opening instant is inside, a
// closing instant is not. Outside the coverage it is closed.
func IsOpen(cal *Calendar, at time.Time) bool {
	d := cal.dayOf(at)
	if d < 0 || d >= len(cal.kind) {
		return false
	}
	for _, iv := range cal.hours[cal.kind[d]] {
		if !at.Before(cal.instant(d, iv.From)) && at.Before(cal.instant(d, iv.To)) {
			return true
		}
	}
	return false
}

// NextOpen is at itself when the office is open, else the next opening. An error
// when the coverage holds none.
func NextOpen(cal *Calendar, at time.Time) (time.Time, error) {
	if IsOpen(cal, at) {
		return at, nil
	}
	on := DateOf(at.In(cal.loc))
	if err := cal.covered("at", on); err != nil {
		return time.Time{}, err
	}
	for d, _ := cal.index(on); ; {
		for _, iv := range cal.hours[cal.kind[d]] {
			// Hours that a change of the clocks swallows whole open nothing.
			if from := cal.instant(d, iv.From); !from.Before(at) && from.Before(cal.instant(d, iv.To)) {
				return from, nil
			}
		}
		next, err := cal.nthOpen(dateOfDay(cal.base+d+1), 1)
		if err != nil {
			return time.Time{}, wrong("at", "there is no opening from %s to %s, the last day that calendar %s covers", on, cal.To, cal.ID)
		}
		d, _ = cal.index(next)
	}
}

// Share is the instant at which percent of the office time between start and due
// has passed: a milestone. Where no office time lies between them (or cal is nil)
// it is the share of the time that elapses. 0 gives start and 100 gives due.
func Share(cal *Calendar, start, due time.Time, percent int) (time.Time, error) {
	switch {
	case percent < 0 || percent > 100:
		return time.Time{}, wrong("percent", "must be between 0 and 100, not %d", percent)
	case due.Before(start):
		return time.Time{}, wrong("due", "lies before the start")
	case percent == 0:
		return start, nil
	case percent == 100:
		return due, nil
	}
	if cal != nil {
		if err := cal.covered("start", DateOf(start.In(cal.loc))); err != nil {
			return time.Time{}, err
		}
		// The last instant before due: an end of day belongs to its own day.
		if err := cal.covered("due", DateOf(due.Add(-1).In(cal.loc))); err != nil {
			return time.Time{}, err
		}
		before := cal.openBefore(start)
		if span := cal.openBefore(due) - before; span > 0 {
			at, _, ok := cal.after(before + portion(span, percent))
			if !ok {
				return time.Time{}, wrong("due", "lies outside the days that calendar %s covers", cal.ID)
			}
			if at.Before(start) { // a share that rounds to nothing
				at = start
			}
			return at.UTC(), nil
		}
	}
	return start.Add(portion(due.Sub(start), percent)), nil
}

// portion is percent of a span in whole seconds, without overflow.
func portion(span time.Duration, percent int) time.Duration {
	return span / time.Second * time.Duration(percent) / 100 * time.Second
}

// CloseBefore is the close of the open day that lies openDays open days before
// the day of due ("two open days before"); 0 is the last close at or before due.
// An end of day (24:00) belongs to the day that it ends.
func CloseBefore(cal *Calendar, due time.Time, openDays int) (time.Time, error) {
	if openDays < 0 {
		return time.Time{}, wrong("open_days", "must not be negative: %d", openDays)
	}
	on := DateOf(due.Add(-1).In(cal.loc))
	if err := cal.covered("due", on); err != nil {
		return time.Time{}, err
	}
	before := cal.openBefore(due)
	if openDays == 0 {
		if at, _, ok := cal.after(before); ok {
			return at.UTC(), nil
		}
	} else if nth := int(cal.openDays[cal.clamp(on)]) - openDays + 1; nth >= 1 {
		d := sort.Search(len(cal.kind), func(i int) bool { return int(cal.openDays[i+1]) >= nth })
		if at, ok := cal.lastClose(dateOfDay(cal.base + d)); ok {
			return at.UTC(), nil
		}
	}
	return time.Time{}, wrong("due", "there are no %d open days between %s, the first day that calendar %s covers, and %s", openDays, cal.From, cal.ID, on)
}

// Guard is the last open instant before an exposure: the close of the last office
// interval that ends by then. It never pauses. Where the organisation publishes
// no hours (cal is nil, or its hours are assumed) every minute is open, and the
// guard is one minute before the exposure.
func Guard(exposure Result, cal *Calendar) (time.Time, error) {
	from := exposure.FromAt
	if from.IsZero() {
		from = exposure.DueAt // an exposure whose rule ends at the end of a day
	}
	if from.IsZero() {
		return time.Time{}, wrong("exposure", "has no instant")
	}
	always := from.Add(-time.Minute).UTC()
	if cal == nil || cal.HoursAssumed {
		return always, nil
	}
	if err := cal.covered("exposure", DateOf(from.Add(-1).In(cal.loc))); err != nil {
		return time.Time{}, err
	}
	at, _, ok := cal.after(cal.openBefore(from))
	if !ok {
		return time.Time{}, wrong("exposure", "calendar %s has no open time before %s", cal.ID, from.In(cal.loc).Format(time.RFC3339))
	}
	if !at.Before(from) {
		return always, nil
	}
	return at.UTC(), nil
}

// Earliest is the result whose due instant comes first: the answer target is the
// earliest of the internal target and every legal due. Paused results and results
// without a due instant do not compete. ok is false when none does; of two equal
// ones the first wins.
func Earliest(results ...Result) (first Result, ok bool) {
	for _, r := range results {
		if r.State == Due && !r.DueAt.IsZero() && (!ok || r.DueAt.Before(first.DueAt)) {
			first, ok = r, true
		}
	}
	return first, ok
}

// DeemedArrival is the day on which a letter should ordinarily have arrived:
// posting date plus the ordinary days in transit (APPI Art. 39(2)).
func DeemedArrival(posted Date, transitDays int) Date {
	return posted.AddDays(transitDays)
}

// MilestoneAt is the instant at which percent of the office time that runs between
// the newest start among events and due has passed (law.md C.2 rule 14). Time
// inside pauses does not run and counts for neither side; a pause that is still
// open is an error, since nothing falls due then. Without office time between them
// (or with cal nil) it is the share of the time that elapses.
func MilestoneAt(cal *Calendar, events []Event, due time.Time, percent int) (time.Time, error) {
	s, err := pair(events, nil)
	switch {
	case err != nil:
		return time.Time{}, err
	case percent < 0 || percent > 100:
		return time.Time{}, wrong("percent", "must be between 0 and 100, not %d", percent)
	case due.Before(s.start):
		return time.Time{}, wrong("due", "lies before the start")
	case percent == 100:
		return due.UTC(), nil
	}
	stretches, err := s.running(due)
	switch {
	case err != nil:
		return time.Time{}, err
	case percent == 0 || len(stretches) == 0:
		return s.start.UTC(), nil
	}
	if cal != nil {
		if err := cal.covered(field(s.startAt, "at"), DateOf(s.start.In(cal.loc))); err != nil {
			return time.Time{}, err
		}
		// The last instant before due: an end of day belongs to its own day.
		if err := cal.covered("due", DateOf(due.Add(-1).In(cal.loc))); err != nil {
			return time.Time{}, err
		}
		var total time.Duration
		for _, x := range stretches {
			total += cal.openBefore(x.to) - cal.openBefore(x.from)
		}
		if total > 0 {
			left := portion(total, percent)
			for _, x := range stretches {
				before := cal.openBefore(x.from)
				span := cal.openBefore(x.to) - before
				if left > span || span == 0 {
					left -= span
					continue
				}
				at, _, ok := cal.after(before + left)
				if !ok || at.Before(x.from) { // a share that rounds to nothing
					at = x.from
				}
				return at.UTC(), nil
			}
		}
	}
	var total time.Duration
	for _, x := range stretches {
		total += x.to.Sub(x.from)
	}
	left := portion(total, percent)
	for _, x := range stretches {
		if span := x.to.Sub(x.from); left > span {
			left -= span
			continue
		}
		return x.from.Add(left).UTC(), nil
	}
	return due.UTC(), nil
}

// stretch is a time in which a clock runs: from is inside, to is not.
type stretch struct{ from, to time.Time }

// running are the stretches between the start and due in which no pause lies.
func (s story) running(due time.Time) ([]stretch, error) {
	slices.SortStableFunc(s.happenings, byTime)
	var out []stretch
	reached := s.start
	for _, h := range s.happenings {
		if h.extension || h.holds() || !h.from.Before(due) {
			continue
		}
		if h.to.IsZero() {
			return nil, wrong(field(h.event, "cause"), "the pause %q is still open: nothing falls due until it ends", h.cause)
		}
		if h.from.After(reached) {
			out = append(out, stretch{reached, h.from})
		}
		if h.to.After(reached) {
			reached = h.to
		}
	}
	if due.After(reached) {
		out = append(out, stretch{reached, due})
	}
	return out, nil
}

// EndOf is the instant at which a day ends in a zone: the beginning of the next.
func EndOf(on Date, loc *time.Location) time.Time { return on.AddDays(1).In(loc) }

// DaysAfter is the same time of day a number of days later in UTC, or earlier
// when it is negative: how long something is kept.
func DaysAfter(at time.Time, days int) time.Time { return at.UTC().AddDate(0, 0, days) }

// DayAfter is the day that follows a day.
func DayAfter(on Date) Date { return on.AddDays(1) }

// KeptUntil is the last day of a number of years that begin on the day after an
// event, by the Civil Code of Japan (Art. 140, 143): how long a statute has it kept.
func KeptUntil(event Date, years int) Date { return event.AddMonthsJP(12*years, Exclude) }

// FreshUntil is the last day of a number of months of which a date is the first
// day, by the same Code: how long a paper of that date may be used.
func FreshUntil(dated Date, months int) Date { return dated.AddMonthsJP(months, Include) }
