package clock

import (
	"cmp"
	"fmt"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Date is a civil date: a day on a wall calendar, in no zone until one is named.
// The zero Date means "no date" and is written as the empty text.
type Date struct {
	Y int
	M time.Month
	D int
}

// On is the date of a year, month and day; values out of range carry over, as in
// time.Date (day 0 is the last day of the month before).
func On(y int, m time.Month, d int) Date {
	y, m, d = time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Date()
	return Date{y, m, d}
}

// DateOf is the date of an instant in the zone that the instant carries.
func DateOf(at time.Time) Date {
	y, m, d := at.Date()
	return Date{y, m, d}
}

// ParseDate reads "2026-11-20"; the empty text is the zero Date.
func ParseDate(text string) (Date, error) {
	if text == "" {
		return Date{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1 {
		return Date{}, wrong("", "%q is not a date like 2026-11-20", text)
	}
	return DateOf(t), nil
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// String is the date as 2026-11-20, or the empty text for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Y, int(d.M), d.D)
}

// MarshalText writes the date as String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the date as ParseDate does.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// UnmarshalYAML reads the date as ParseDate does; its error knows its place.
func (d *Date) UnmarshalYAML(node ast.Node) error { return scalar(node, d) }

// Compare is -1, 0 or +1 as d is before, equal to or after o.
func (d Date) Compare(o Date) int {
	return cmp.Or(cmp.Compare(d.Y, o.Y), cmp.Compare(d.M, o.M), cmp.Compare(d.D, o.D))
}

// Before reports whether d is an earlier day than o.
func (d Date) Before(o Date) bool { return d.Compare(o) < 0 }

// After reports whether d is a later day than o.
func (d Date) After(o Date) bool { return d.Compare(o) > 0 }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return time.Weekday((d.day()%7 + 11) % 7) }

// AddDays is n days later, or earlier when n is negative.
func (d Date) AddDays(n int) Date { return dateOfDay(d.day() + n) }

// DaysUntil counts the days from d to o; negative when o is earlier.
func (d Date) DaysUntil(o Date) int { return o.day() - d.day() }

// AddMonthsEU lands on the same day of the month n months on, or on the last day
// of a shorter month (Regulation 1182/71 Art. 3(2)(c)). The day of the event is
// not counted.
func (d Date) AddMonthsEU(n int) Date {
	y, m := monthOn(d.Y, d.M, n)
	return Date{y, m, min(d.D, daysIn(y, m))}
}

// AddMonthsJP is the last day of a period of n months by the Civil Code of Japan
// whose first counted day is the day after d (Art. 140), or d itself when the
// first day counts. A period that begins on the 1st ends with the n-th whole
// month; any other ends the day before the corresponding day, or with the month
// that has no such day (Art. 143).
func (d Date) AddMonthsJP(n int, first FirstDay) Date {
	begin := d
	if first != Include {
		begin = d.AddDays(1)
	}
	if begin.D == 1 {
		y, m := monthOn(begin.Y, begin.M, n-1)
		return Date{y, m, daysIn(y, m)}
	}
	y, m := monthOn(begin.Y, begin.M, n)
	return Date{y, m, min(begin.D-1, daysIn(y, m))}
}

// In is the first instant of the day in a zone: midnight, or the moment after it
// where daylight saving skips midnight.
func (d Date) In(loc *time.Location) time.Time {
	at, _ := wall(d, 0, loc)
	return at
}

// Local is the instant of a time of day (minutes after midnight, up to 24:00) on
// a date in a zone. A time that comes twice that day means the first one. A time
// that daylight saving skips is an error.
func Local(on Date, minute int, loc *time.Location) (time.Time, error) {
	if minute < 0 || minute > 24*60 {
		return time.Time{}, wrong("at", "%d minutes is not a time of day", minute)
	}
	at, exact := wall(on, minute, loc)
	if !exact {
		return time.Time{}, wrong("at", "%s %02d:%02d does not exist in %s: the change to daylight saving skips it",
			on, minute/60, minute%60, loc)
	}
	return at, nil
}

// withOffset reads an instant with an offset; its seconds may be left out.
func withOffset(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.Parse("2006-01-02T15:04Z07:00", text)
	}
	return at, err
}

// ParseInstant reads an instant: with an offset ("2026-11-20T16:30:00+09:00") as
// it stands, without one as wall time in the zone. The error names field.
func ParseInstant(field, text string, loc *time.Location) (time.Time, error) {
	if at, err := withOffset(text); err == nil {
		return at, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		at, err := Local(DateOf(t), t.Hour()*60+t.Minute(), loc)
		if err != nil {
			return time.Time{}, wrong(field, "%s", err.(*Error).Message)
		}
		return at.Add(time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())), nil
	}
	return time.Time{}, wrong(field, "%q is not an instant like 2026-11-20T16:30:00+09:00", text)
}

// wall finds the first instant at which the clocks of a zone show a time of day.
// Where they never do, it is the moment of the change, and exact is false.
func wall(on Date, minute int, loc *time.Location) (at time.Time, exact bool) {
	naive := time.Unix(int64(on.day())*86400+int64(minute)*60, 0).UTC()
	_, before := naive.Add(-26 * time.Hour).In(loc).Zone()
	_, after := naive.Add(26 * time.Hour).In(loc).Zone()
	early := naive.Add(-time.Duration(max(before, after)) * time.Second).In(loc)
	if _, off := early.Zone(); off == max(before, after) {
		return early, true
	}
	late := naive.Add(-time.Duration(min(before, after)) * time.Second).In(loc)
	if _, off := late.Zone(); off == min(before, after) {
		return late, true
	}
	_, change := early.ZoneBounds()
	return change, false
}

// day numbers the days from 1970-01-01 = 0 (Hinnant's days_from_civil: exact for
// every year of the proleptic Gregorian calendar, without a loop).
func (d Date) day() int {
	y, m := d.Y, int(d.M)
	if m <= 2 {
		y--
		m += 12
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d.D - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// dateOfDay is the inverse of day.
func dateOfDay(n int) Date {
	n += 719468
	era := floorDiv(n, 146097)
	doe := n - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	y, m := yoe+era*400, mp+3
	if m > 12 {
		m -= 12
		y++
	}
	return Date{y, time.Month(m), doy - (153*mp+2)/5 + 1}
}

func monthOn(y int, m time.Month, n int) (int, time.Month) {
	total := y*12 + int(m) - 1 + n
	return floorDiv(total, 12), time.Month(total-floorDiv(total, 12)*12) + 1
}

func daysIn(y int, m time.Month) int {
	y2, m2 := monthOn(y, m, 1)
	return Date{y2, m2, 1}.day() - Date{y, m, 1}.day()
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
