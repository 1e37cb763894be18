package clock

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Interval is one stretch of office hours, half open: From is inside, To is not.
// Both are minutes after midnight; To may be 1440 (24:00).
type Interval struct{ From, To int }

// UnmarshalText reads "09:00-17:30".
func (iv *Interval) UnmarshalText(text []byte) error {
	from, to, ok := strings.Cut(string(text), "-")
	a, okA := minuteOf(from)
	b, okB := minuteOf(to)
	if !ok || !okA || !okB || a >= b {
		return wrong("", "%q is not a time span like 09:00-17:30", text)
	}
	*iv = Interval{a, b}
	return nil
}

// UnmarshalYAML reads the same text; its error knows its place.
func (iv *Interval) UnmarshalYAML(node ast.Node) error { return scalar(node, iv) }

// MarshalText writes "09:00-17:30".
func (iv Interval) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%02d:%02d-%02d:%02d", iv.From/60, iv.From%60, iv.To/60, iv.To%60), nil
}

// minuteOf reads "09:00" as minutes after midnight; "24:00" is the end of the day.
func minuteOf(text string) (int, bool) {
	if text == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err == nil && len(text) == 5
}

// Calendar says when an office is open. It is data with a version; a Calendar is
// never changed after it is made and may be shared between goroutines.
type Calendar struct {
	ID, Version, Zone string
	From, To          Date   // first and last day covered; asking beyond is an error
	Source            string // where the hours are stated

	// HoursAssumed says that the organisation publishes no hours and these are the
	// office's own: they never appear on a page or in a letter as its hours.
	// ClosuresAssumed says the same of days such as a summer closure without dates.
	HoursAssumed, ClosuresAssumed bool

	// Digest is the SHA-256, in hex, of the file, of every holiday set that it
	// refers to, and of TZVersion: two calendars with one digest give the same dates.
	Digest string

	loc     *time.Location
	hours   [][]Interval // the different days there are; 0 is a closed day
	reasons []reason     // why a day is closed; 0 is unused
	base    int          // day number of From
	kind    []uint16     // day → index into hours
	why     []uint16     // day → index into reasons, 0 when open
	// offset is by how many seconds a day's clocks are ahead of UTC; changing on a day
	// beside which they change. It spares looking every instant up in the zone.
	offset []int32
	// Sums over all days before a day, one longer than the coverage. They make
	// every count a subtraction and every search a bisection.
	openDays, openMinutes, provisional []int32
	unsure                             []unsure // what the provisional days are called
}

// unsure is a stretch of provisional days, both ends included, as indexes into the
// coverage.
type unsure struct {
	from, to int
	name     string
}

// reason is why a day is closed: a code that Explain knows and a name from the
// calendar's data.
type reason struct{ code, name string }

// Span is one line of closed, provisional or covered days: a day, a range, or a
// range that returns each year ("12-29..01-03").
type Span struct {
	On     Date   `yaml:"on,omitempty"`
	From   Date   `yaml:"from,omitempty"`
	To     Date   `yaml:"to,omitempty"`
	Annual string `yaml:"annual,omitempty"`
	Name   string `yaml:"name,omitempty"`
}

// openDay opens one date against weekly hours, holidays and closures, with hours
// of its own (a decreed working Saturday, a make-up day).
type openDay struct {
	On    Date       `yaml:"on"`
	Hours []Interval `yaml:"hours"`
	Name  string     `yaml:"name,omitempty"`
}

// covers names the first and the last day that a file speaks about.
type covers struct {
	From Date `yaml:"from"`
	To   Date `yaml:"to"`
}

// references name holiday sets as "id@version", so that a calendar keeps giving the
// same dates when a newer set is published.
type references []string

// UnmarshalYAML takes one reference or a list of them.
func (r *references) UnmarshalYAML(node ast.Node) error {
	items := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		items = list.Values
	}
	for _, item := range items {
		s, ok := item.(*ast.StringNode)
		if !ok {
			return at(item, wrong("holidays", "must be a reference like jp@1.0 or a list of them"))
		}
		*r = append(*r, s.Value)
	}
	return nil
}

// calendarFile is a calendar as it is written; docs/calendars.md explains the keys.
type calendarFile struct {
	Kind        string                `yaml:"kind,omitempty"`
	ID          string                `yaml:"id"`
	Version     string                `yaml:"version"`
	Zone        string                `yaml:"zone"`
	Source      string                `yaml:"source,omitempty"`
	Assumed     []string              `yaml:"assumed,omitempty"`
	Covers      *covers               `yaml:"covers,omitempty"`
	Weekly      map[string][]Interval `yaml:"weekly"`
	Holidays    references            `yaml:"holidays,omitempty"`
	Closed      []Span                `yaml:"closed,omitempty"`
	Open        []openDay             `yaml:"open,omitempty"`
	Provisional []Span                `yaml:"provisional,omitempty"`
}

// Holidays is a set of national holidays, referred to by calendars as "id@version".
type Holidays struct {
	ID, Version string
	From, To    Date
	days        map[Date]holiday
	working     map[Date]Date // a decreed working day → the day off that it is worked for
	provisional [][2]Date     // first and last day of stretches that are not official yet
	digest      string
}

// holiday is one day of a set; provisional when it rests on a prediction.
type holiday struct {
	name        string
	provisional bool
}

// holidayFile is a holiday set as it is written. Source and the day it was read are
// required: nobody can check a date whose origin is not told.
type holidayFile struct {
	Kind        string            `yaml:"kind"`
	ID          string            `yaml:"id"`
	Version     string            `yaml:"version"`
	Source      string            `yaml:"source"`
	Licence     string            `yaml:"licence,omitempty"`
	Read        Date              `yaml:"read"`
	Covers      covers            `yaml:"covers"`
	Days        map[string]string `yaml:"days"`                  // by date; as text, because a Date per key reads a hundred times slower
	Working     map[string]string `yaml:"working,omitempty"`     // a weekly day off that is worked → the day off that it is worked for
	Provisional []string          `yaml:"provisional,omitempty"` // a holiday's date, or any stretch of days as "first..last"
	Reason      string            `yaml:"reason,omitempty"`      // why days are provisional; told to readers of the file
}

// unpublished is what stretches are called whose official list is not out yet.
const unpublished = "unpublished"

// longestCoverage bounds the tables of a calendar.
const longestCoverage = 200 * 366

// maxSpans is how many entries a list of a calendar or a holiday set may have: each
// may go over all days covered. Real ones have tens.
const maxSpans = 1000

// tooMany refuses a list that is longer than any real one.
func tooMany(field string, entries int) *Error {
	if entries > maxSpans {
		return wrong(field, "has %d entries; at most %d are read", entries, maxSpans)
	}
	return nil
}

// weekdays are the keys of weekly hours, in the order of time.Weekday.
var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseHolidays reads a set of national holidays ("kind: holidays"). Errors carry
// line and column.
func ParseHolidays(data []byte) (*Holidays, error) {
	var f holidayFile
	src, err := decode(data, &f)
	if err != nil {
		return nil, err
	}
	h := &Holidays{ID: f.ID, Version: f.Version, From: f.Covers.From, To: f.Covers.To, days: make(map[Date]holiday, len(f.Days))}
	switch {
	case f.Kind != "holidays":
		return nil, src.place(wrong("kind", "%q is not holidays", f.Kind))
	case f.ID == "" || f.Version == "":
		return nil, src.place(wrong("id", "a holiday set needs an id and a version"))
	case f.Source == "" || f.Read.IsZero():
		return nil, src.place(wrong("source", "a holiday set needs its source and the day it was read"))
	case h.From.IsZero() || h.To.Before(h.From):
		return nil, src.place(wrong("covers", "must name the first and the last day"))
	}
	for _, text := range sortedKeys(f.Days) {
		on, err := ParseDate(text)
		if err != nil || on.IsZero() {
			return nil, src.place(wrong("days", "%q is not a date like 2026-11-20", text))
		}
		if on.Before(h.From) || on.After(h.To) {
			return nil, src.place(wrong("days", "%s lies outside the days covered", on))
		}
		h.days[on] = holiday{name: f.Days[text]}
	}
	if bad := h.swap(f.Working); bad != nil {
		return nil, src.place(bad)
	}
	if bad := tooMany("provisional", len(f.Provisional)); bad != nil {
		return nil, src.place(bad)
	}
	for i, text := range f.Provisional {
		if bad := h.doubt(fmt.Sprintf("provisional[%d]", i), text); bad != nil {
			return nil, src.place(bad)
		}
	}
	h.digest = digest(data)
	return h, nil
}

// swap keeps the working days that a decree puts in place of days off.
func (h *Holidays) swap(working map[string]string) *Error {
	h.working = make(map[Date]Date, len(working))
	for _, text := range sortedKeys(working) {
		on, err := ParseDate(text)
		if err != nil || on.Before(h.From) || on.After(h.To) {
			return wrong("working", "%q is not a day that the set covers", text)
		}
		if _, off := h.days[on]; off {
			return wrong("working", "%s is one of the days off", on)
		}
		instead, err := ParseDate(working[text])
		if err != nil || instead.IsZero() {
			return wrong("working."+text, "%q is not the day off that it is worked for", working[text])
		}
		h.working[on] = instead
	}
	return nil
}

// doubt marks a holiday, or a stretch of days "first..last", as provisional. A
// stretch need not hold a holiday: a law may yet put one there.
func (h *Holidays) doubt(field, text string) *Error {
	first, last, stretch := strings.Cut(text, "..")
	if !stretch {
		on, err := ParseDate(text)
		day, ok := h.days[on]
		if err != nil || !ok {
			return wrong(field, "%q is not one of the days", text)
		}
		day.provisional = true
		h.days[on] = day
		return nil
	}
	from, errA := ParseDate(first)
	to, errB := ParseDate(last)
	if errA != nil || errB != nil || from.Before(h.From) || to.After(h.To) || to.Before(from) {
		return wrong(field, "%q is not a stretch of covered days like %s..%s", text, h.From, h.To)
	}
	h.provisional = append(h.provisional, [2]Date{from, to})
	return nil
}

// ParseCalendar reads a calendar. sets are the holiday sets that it may refer to;
// a reference to any other is an error. Errors carry line and column.
func ParseCalendar(data []byte, sets ...*Holidays) (*Calendar, error) {
	var f calendarFile
	src, err := decode(data, &f)
	if err != nil {
		return nil, err
	}
	cal, bad := build(f, data, sets)
	if bad != nil {
		return nil, src.place(bad)
	}
	return cal, nil
}

// LoadCalendars reads every *.yaml of a folder: first the holiday sets, then the
// calendars. Each is there as "id@version", so that a case goes on counting by the
// version that it began with, and the newest of an ID (see CompareVersions) as "id"
// too. Two files with one ID and version are an error, as is any faulty file; the
// error begins with the file's name.
func LoadCalendars(fsys fs.FS) (map[string]*Calendar, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte, len(names))
	var sets []*Holidays
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		if !isHolidays(data) {
			files[name] = data
			continue
		}
		set, err := ParseHolidays(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		if slices.ContainsFunc(sets, func(s *Holidays) bool { return s.ID == set.ID && s.Version == set.Version }) {
			return nil, fmt.Errorf("%s: %w", path.Base(name), wrong("version", "holidays %s@%s are there twice", set.ID, set.Version))
		}
		sets = append(sets, set)
	}
	out := make(map[string]*Calendar, len(files))
	for _, name := range sortedKeys(files) {
		cal, err := ParseCalendar(files[name], sets...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		named := cal.ID + "@" + cal.Version
		if out[named] != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), wrong("version", "calendar %s is there twice", named))
		}
		out[named] = cal
		if newest := out[cal.ID]; newest == nil || CompareVersions(newest.Version, cal.Version) < 0 {
			out[cal.ID] = cal
		}
	}
	return out, nil
}

// isHolidays looks at the top-level kind without parsing the file.
func isHolidays(data []byte) bool {
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok && key == "kind" {
			return strings.TrimSpace(value) == "holidays"
		}
	}
	return false
}

// digest is the SHA-256 of some parts, in hex.
func digest(parts ...[]byte) string {
	sum := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(sum, "%d:", len(p)) // lengths, so that no two lists of parts read alike
		sum.Write(p)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// build checks a calendar file and lays out its tables.
func build(f calendarFile, data []byte, sets []*Holidays) (*Calendar, *Error) {
	if f.Kind != "" && f.Kind != "calendar" {
		return nil, wrong("kind", "%q is not calendar", f.Kind)
	}
	switch {
	case f.ID == "":
		return nil, wrong("id", "a calendar needs an ID")
	case f.Version == "":
		return nil, wrong("version", "a calendar needs a version")
	case strings.Contains(f.ID, "@"):
		return nil, wrong("id", "an ID holds no @: it stands between ID and version")
	}
	if bad := cmp.Or(tooMany("closed", len(f.Closed)), tooMany("open", len(f.Open)), tooMany("provisional", len(f.Provisional)), tooMany("holidays", len(f.Holidays))); bad != nil {
		return nil, bad
	}
	loc, err := Zone(f.Zone)
	if err != nil {
		return nil, err.(*Error)
	}
	cal := &Calendar{ID: f.ID, Version: f.Version, Zone: f.Zone, Source: f.Source, loc: loc,
		hours: [][]Interval{nil}, reasons: []reason{{}, {code: "weekly"}}}
	for i, what := range f.Assumed {
		switch what {
		case "hours":
			cal.HoursAssumed = true
		case "closures":
			cal.ClosuresAssumed = true
		default:
			return nil, wrong(fmt.Sprintf("assumed[%d]", i), "%q is neither hours nor closures", what)
		}
	}

	parts := [][]byte{[]byte(TZVersion), data}
	if f.Covers != nil {
		cal.From, cal.To = f.Covers.From, f.Covers.To
	}
	// The coverage is what the file and every set it names cover together: a year
	// without its holidays would promise dates that are too early.
	var used []*Holidays
	for _, ref := range f.Holidays {
		at := slices.IndexFunc(sets, func(h *Holidays) bool { return h.ID+"@"+h.Version == ref })
		if at < 0 {
			return nil, wrong("holidays", "there is no holiday set %q", ref)
		}
		set := sets[at]
		used = append(used, set)
		parts = append(parts, []byte(set.digest))
		if cal.From.IsZero() || cal.From.Before(set.From) {
			cal.From = set.From
		}
		if cal.To.IsZero() || cal.To.After(set.To) {
			cal.To = set.To
		}
	}
	cal.Digest = digest(parts...)
	days := cal.From.DaysUntil(cal.To) + 1
	switch {
	case cal.From.IsZero() || cal.To.IsZero():
		return nil, wrong("covers", "must name the first and the last day, unless a holiday set does")
	case days < 1:
		return nil, wrong("covers", "ends before it begins")
	case days > longestCoverage:
		return nil, wrong("covers", "is longer than 200 years")
	}
	cal.base = cal.From.day()
	cal.kind, cal.why = make([]uint16, days), make([]uint16, days)

	// Each layer wins over the one before it: week, closures, holidays, decreed
	// working days, open days.
	week, bad := cal.fillWeek(f.Weekly)
	if bad != nil {
		return nil, bad
	}
	if bad := cal.fillClosed(f.Closed, used); bad != nil {
		return nil, bad
	}
	cal.fillWorking(week, used)
	if bad := cal.fillOpen(f.Open); bad != nil {
		return nil, bad
	}
	if bad := cal.sum(f.Provisional, used); bad != nil {
		return nil, bad
	}
	// Without this, looking for the next open day would have no answer.
	if cal.openDays[days] == 0 || cal.openMinutes[days] == 0 {
		return nil, wrong("weekly", "the calendar has no open day")
	}
	return cal, nil
}

// fillWeek lays the weekly hours over every day; it returns them by day of the week.
func (c *Calendar) fillWeek(weekly map[string][]Interval) ([7]uint16, *Error) {
	var kinds [7]uint16
	for _, name := range sortedKeys(weekly) {
		at := slices.Index(weekdays[:], name)
		if at < 0 {
			return kinds, wrong("weekly."+name, "is not a day of the week; write mon, tue, wed, thu, fri, sat, sun")
		}
		kind, bad := c.addHours("weekly."+name, weekly[name])
		if bad != nil {
			return kinds, bad
		}
		kinds[at] = kind
	}
	w := int(c.From.Weekday())
	for i := range c.kind {
		c.kind[i] = kinds[w]
		if c.kind[i] == 0 {
			c.why[i] = 1
		}
		w = (w + 1) % 7
	}
	return kinds, nil
}

// addHours keeps one day's hours and returns their index; no hours are index 0.
func (c *Calendar) addHours(field string, hours []Interval) (uint16, *Error) {
	if len(hours) == 0 {
		return 0, nil
	}
	for i := 1; i < len(hours); i++ {
		if hours[i].From < hours[i-1].To {
			return 0, wrong(fmt.Sprintf("%s[%d]", field, i), "begins before the span ahead of it ends")
		}
	}
	if at := slices.IndexFunc(c.hours, func(h []Interval) bool { return slices.Equal(h, hours) }); at > 0 {
		return uint16(at), nil
	}
	c.hours = append(c.hours, hours)
	return uint16(len(c.hours) - 1), nil
}

// addReason keeps one reason and returns its index.
func (c *Calendar) addReason(r reason) uint16 {
	if at := slices.Index(c.reasons, r); at > 0 {
		return uint16(at)
	}
	c.reasons = append(c.reasons, r)
	return uint16(len(c.reasons) - 1)
}

// fillClosed closes own closures, then holidays: where both apply, the holiday is
// the reason that is told.
func (c *Calendar) fillClosed(closed []Span, sets []*Holidays) *Error {
	shut := func(at int, why uint16) {
		if at >= 0 && at < len(c.kind) {
			c.kind[at], c.why[at] = 0, why
		}
	}
	for i, span := range closed {
		field := fmt.Sprintf("closed[%d]", i)
		why := c.addReason(reason{"closure", span.Name})
		if bad := c.each(field, span, func(at int) { shut(at, why) }); bad != nil {
			return bad
		}
	}
	for _, set := range sets {
		for _, on := range set.sorted() {
			shut(on.day()-c.base, c.addReason(reason{"holiday", set.days[on].name}))
		}
	}
	if len(c.reasons) > 60000 {
		return wrong("closed", "has too many different names")
	}
	return nil
}

// sorted are the days of a set in their order.
func (h *Holidays) sorted() []Date {
	dates := make([]Date, 0, len(h.days))
	for on := range h.days {
		dates = append(dates, on)
	}
	slices.SortFunc(dates, Date.Compare)
	return dates
}

// fillWorking opens the weekly days off that a decree made working days, with the
// hours of the weekday they are worked for. A closure of the office's own, or
// another set's holiday, on such a day stays closed.
func (c *Calendar) fillWorking(week [7]uint16, sets []*Holidays) {
	for _, set := range sets {
		for on, instead := range set.working {
			at := on.day() - c.base
			if kind := week[instead.Weekday()]; kind != 0 && at >= 0 && at < len(c.kind) && c.why[at] == 1 {
				c.kind[at], c.why[at] = kind, 0
			}
		}
	}
}

// fillOpen opens single days against all of the above.
func (c *Calendar) fillOpen(open []openDay) *Error {
	for i, day := range open {
		field := fmt.Sprintf("open[%d]", i)
		at := day.On.day() - c.base
		if day.On.IsZero() || at < 0 || at >= len(c.kind) {
			return wrong(field+".on", "must be a day that the calendar covers")
		}
		kind, bad := c.addHours(field+".hours", day.Hours)
		if bad != nil {
			return bad
		}
		if kind == 0 {
			return wrong(field+".hours", "an open day needs hours")
		}
		c.kind[at], c.why[at] = kind, 0
	}
	return nil
}

// each calls do with the index of every day of a span, in or out of the coverage.
func (c *Calendar) each(field string, span Span, do func(at int)) *Error {
	run := func(from, to Date) {
		lo, hi := max(from.day()-c.base, 0), min(to.day()-c.base, len(c.kind)-1)
		for at := lo; at <= hi; at++ {
			do(at)
		}
	}
	switch {
	case span.Annual != "":
		if !span.On.IsZero() || !span.From.IsZero() || !span.To.IsZero() {
			return wrong(field, "is either annual, or on, or from and to")
		}
		first, last, ok := strings.Cut(span.Annual, "..")
		if !ok {
			last = first
		}
		// 2000 is a leap year: 02-29 is a day of it.
		a, errA := ParseDate("2000-" + first)
		b, errB := ParseDate("2000-" + last)
		if errA != nil || errB != nil {
			return wrong(field+".annual", "%q is not a span like 12-29..01-03", span.Annual)
		}
		// From the year before: the calendar may begin inside a span that began then.
		for y := c.From.Y - 1; y <= c.To.Y; y++ {
			endYear := y
			if b.Before(a) { // over the turn of the year
				endYear++
			}
			// In a common year a first day 02-29 becomes 03-01, a last day 02-28.
			from, to := On(y, a.M, a.D), Date{endYear, b.M, min(b.D, daysIn(endYear, b.M))}
			if !to.Before(from) {
				run(from, to)
			}
		}
	case !span.On.IsZero():
		if !span.From.IsZero() || !span.To.IsZero() {
			return wrong(field, "is either annual, or on, or from and to")
		}
		run(span.On, span.On)
	case span.From.IsZero() || span.To.IsZero():
		return wrong(field, "needs on, or from and to, or annual")
	case span.To.Before(span.From):
		return wrong(field+".to", "ends before it begins")
	default:
		run(span.From, span.To)
	}
	return nil
}

// sum lays out the running sums.
func (c *Calendar) sum(provisional []Span, sets []*Holidays) *Error {
	days := len(c.kind)
	c.fillOffsets()
	c.openDays, c.openMinutes, c.provisional = make([]int32, days+1), make([]int32, days+1), make([]int32, days+1)
	mark := func(at int, name string) {
		c.provisional[at+1] = 1
		if n := len(c.unsure); n > 0 && c.unsure[n-1].to == at-1 && c.unsure[n-1].name == name {
			c.unsure[n-1].to = at
			return
		}
		c.unsure = append(c.unsure, unsure{at, at, name})
	}
	for i, span := range provisional {
		if bad := c.each(fmt.Sprintf("provisional[%d]", i), span, func(at int) { mark(at, span.Name) }); bad != nil {
			return bad
		}
	}
	for _, set := range sets {
		for _, on := range set.sorted() {
			if at := on.day() - c.base; set.days[on].provisional && at >= 0 && at < days {
				mark(at, set.days[on].name)
			}
		}
		for _, run := range set.provisional {
			lo, hi := max(run[0].day()-c.base, 0), min(run[1].day()-c.base, days-1)
			for at := lo; at <= hi; at++ {
				mark(at, unpublished)
			}
		}
	}
	plain := make([]int32, len(c.hours))
	for k, hours := range c.hours {
		for _, iv := range hours {
			plain[k] += int32(iv.To - iv.From)
		}
	}
	// A day on which the clocks change is as long as it is: its minutes are
	// measured between instants. All other days are their hours.
	for at := 0; at < days; at++ {
		minutes := plain[c.kind[at]]
		if minutes > 0 && c.offset[at] == changing {
			minutes = 0
			for _, iv := range c.hours[c.kind[at]] {
				minutes += int32(c.instant(at, iv.To).Sub(c.instant(at, iv.From)) / time.Minute)
			}
		}
		c.openMinutes[at+1] = c.openMinutes[at] + minutes
		c.openDays[at+1] = c.openDays[at]
		if c.kind[at] != 0 {
			c.openDays[at+1]++
		}
		c.provisional[at+1] += c.provisional[at]
	}
	return nil
}

// changing is the offset of a day near which the offset changes.
const changing = math.MinInt32

// nearBefore and nearAfter bound what has to do with a day of UTC in any zone: from so
// many seconds before its midnight to so many after.
const nearBefore, nearAfter = 26 * 3600, 50 * 3600

// fillOffsets notes every day's offset, one stretch between two changes after the other.
func (c *Calendar) fillOffsets() {
	c.offset = make([]int32, len(c.kind))
	for at := 0; at < len(c.offset); {
		first := at
		since := time.Unix(c.midnight(at)-nearBefore, 0).In(c.loc)
		_, off := since.Zone()
		_, end := since.ZoneBounds()
		for ; at < len(c.offset) && (end.IsZero() || c.midnight(at)+nearAfter <= end.Unix()); at++ {
			c.offset[at] = int32(off)
		}
		// One day at a time, so that it ends whatever bounds a zone's data gives.
		if at < len(c.offset) {
			c.offset[at] = changing
			at++
		}
		if at == first { // beyond the table of changes a leap year's bounds end a day early
			c.offset[at] = changing
			at++
		}
	}
}

// midnight is the beginning of a day of the coverage in UTC, in Unix seconds.
func (c *Calendar) midnight(at int) int64 { return int64(c.base+at) * 86400 }

// instant is a time of day on a day of the coverage.
func (c *Calendar) instant(at, minute int) time.Time {
	if off := c.offset[at]; off != changing {
		return time.Unix(c.midnight(at)+int64(minute)*60-int64(off), 0).In(c.loc)
	}
	t, _ := wall(dateOfDay(c.base+at), minute, c.loc)
	return t
}

// dayOf is the day of an instant in the calendar's zone, counted from the first day
// covered; it may lie outside the coverage.
func (c *Calendar) dayOf(at time.Time) int {
	seconds := at.Unix()
	guess := floorDiv(int(seconds), 86400) - c.base
	if guess >= 0 && guess < len(c.offset) && c.offset[guess] != changing {
		return floorDiv(int(seconds)+int(c.offset[guess]), 86400) - c.base
	}
	return DateOf(at.In(c.loc)).day() - c.base
}
