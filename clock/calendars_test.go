package clock_test

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"madoguchi/clock"
)

// shippedDays reads the days of a shipped holiday set, line by line and without the
// product's parser: what is compared with a statute below is what stands in the file.
func shippedDays(t testing.TB, id string) map[clock.Date]string {
	t.Helper()
	file, err := os.Open("../packs/calendars/holidays-" + id + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	days, inside := map[clock.Date]string{}, false
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		if !strings.HasPrefix(line, " ") {
			inside = line == "days:"
			continue
		}
		if on, name, ok := strings.Cut(strings.TrimSpace(line), ": "); inside && ok {
			d, err := clock.ParseDate(on)
			if err != nil {
				t.Fatal(err)
			}
			days[d] = strings.Trim(name, `"`)
		}
	}
	if len(days) < 10 {
		t.Fatalf("%s: only %d days were read", id, len(days))
	}
	return days
}

// carried are the calendars as they are shipped, and nothing else.
func carried(t testing.TB) map[string]*clock.Calendar {
	t.Helper()
	all, err := clock.LoadCalendars(os.DirFS("../packs/calendars"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func onDay(t testing.TB, text string) clock.Date {
	t.Helper()
	d, err := clock.ParseDate(text)
	if err != nil || d.IsZero() {
		t.Fatalf("%q: %v", text, err)
	}
	return d
}

// differ lists the days that only one side has.
func differ[A, B any](here map[clock.Date]A, there map[clock.Date]B) []string {
	var out []string
	for d := range here {
		if _, ok := there[d]; !ok {
			out = append(out, d.String()+" only in the file")
		}
	}
	for d := range there {
		if _, ok := here[d]; !ok {
			out = append(out, d.String()+" only by the rule")
		}
	}
	slices.Sort(out)
	return out
}

func within[A any](days map[clock.Date]A, from, to int) map[clock.Date]A {
	out := maps.Clone(days)
	maps.DeleteFunc(out, func(d clock.Date, _ A) bool { return d.Y < from || d.Y > to })
	return out
}

// nthWeekday is the n-th weekday of a month, the last one for n = 0.
func nthWeekday(y int, m time.Month, w time.Weekday, n int) clock.Date {
	if n == 0 {
		d := clock.On(y, m+1, 0)
		for d.Weekday() != w {
			d = d.AddDays(-1)
		}
		return d
	}
	d := clock.On(y, m, 1)
	for d.Weekday() != w {
		d = d.AddDays(1)
	}
	return d.AddDays(7 * (n - 1))
}

// nationalHolidays are the days that art. 2 of the Act on National Holidays of Japan
// names for a year, with the Acts that added or moved some. The equinoxes are the
// astronomers' usual approximation, good for 1900 to 2099.
func nationalHolidays(y int) map[clock.Date]bool {
	out := map[clock.Date]bool{}
	put := func(from, to int, m time.Month, d int) {
		if y >= from && y <= to {
			out[clock.On(y, m, d)] = true
		}
	}
	monday := func(from int, m time.Month, n int) {
		if y >= from && y != 2020 && y != 2021 {
			out[nthWeekday(y, m, time.Monday, n)] = true
		}
	}
	leaps, spring, autumn := (y-1980)/4, 20.8431, 23.2488
	if y < 1980 {
		leaps, spring, autumn = (y-1983)/4, 20.8357, 23.2588
	}
	equinox := func(base float64) int { return int(base+0.242194*float64(y-1980)) - leaps }
	put(1970, 2050, time.January, 1)
	put(1970, 1999, time.January, 15)
	put(1970, 2050, time.February, 11)
	put(2020, 2050, time.February, 23)
	put(1970, 2050, time.March, equinox(spring))
	put(1970, 2050, time.April, 29)
	put(1970, 2050, time.May, 3)
	put(2007, 2050, time.May, 4)
	put(1970, 2050, time.May, 5)
	put(1996, 2002, time.July, 20)
	put(1970, 2002, time.September, 15)
	put(1970, 2050, time.September, equinox(autumn))
	put(1970, 1999, time.October, 10)
	put(1970, 2050, time.November, 3)
	put(1970, 2050, time.November, 23)
	put(1989, 2018, time.December, 23)
	if y != 2020 && y != 2021 {
		put(2016, 2050, time.August, 11)
	}
	if y >= 2000 {
		out[nthWeekday(y, time.January, time.Monday, 2)] = true
	}
	if y >= 2003 {
		out[nthWeekday(y, time.September, time.Monday, 3)] = true
	}
	monday(2003, time.July, 3)
	monday(2000, time.October, 2)
	for _, on := range []string{
		// Single Acts: two funerals and weddings, two enthronements.
		"1989-02-24", "1990-11-12", "1993-06-09", "2019-05-01", "2019-10-22",
		// The Games: sea, sports and mountain days of two years.
		"2020-07-23", "2020-07-24", "2020-08-10", "2021-07-22", "2021-07-23", "2021-08-08",
	} {
		if d, _ := clock.ParseDate(on); d.Y == y {
			out[d] = true
		}
	}
	return out
}

// restDays adds what art. 3 makes of them. Paragraph 2 (since 12 April 1973): a
// holiday on a Sunday frees the next day, since 2007 the next that is no holiday.
// Paragraph 3 (since 1985): a day between two holidays is free; before 2007 not on
// a Sunday nor on a substitute.
func restDays(y int) map[clock.Date]bool {
	holidays := nationalHolidays(y)
	out := maps.Clone(holidays)
	for d := range holidays {
		if d.Weekday() != time.Sunday || d.Before(clock.On(1973, time.April, 12)) {
			continue
		}
		next := d.AddDays(1)
		for y >= 2007 && holidays[next] {
			next = next.AddDays(1)
		}
		out[next] = true
	}
	if y >= 1986 {
		for d := range holidays {
			between := d.AddDays(1)
			if holidays[between.AddDays(1)] && !holidays[between] && (y >= 2007 || between.Weekday() != time.Sunday && !out[between]) {
				out[between] = true
			}
		}
	}
	return out
}

// TestJapansHolidaysFollowTheAct computes 81 years from the Act and compares every
// day with the shipped set.
func TestJapansHolidaysFollowTheAct(t *testing.T) {
	file, n := shippedDays(t, "jp"), 0
	for y := 1970; y <= 2050; y++ {
		rule := restDays(y)
		n += len(rule)
		if d := differ(within(file, y, y), rule); len(d) > 0 {
			t.Errorf("%d: %v", y, d)
		}
	}
	if n != len(file) {
		t.Errorf("%d days by the rule, %d in the file", n, len(file))
	}
	// The comparison finds one day moved.
	moved := within(file, 2027, 2027)
	delete(moved, clock.On(2027, time.March, 22))
	moved[clock.On(2027, time.March, 23)] = "春分の日 振替休日"
	if got := fmt.Sprint(differ(moved, restDays(2027))); got != "[2027-03-22 only by the rule 2027-03-23 only in the file]" {
		t.Errorf("a day moved by hand is told as %s", got)
	}
}

// TestJapansKnownSpecialDays are days written down from the references, not computed.
func TestJapansKnownSpecialDays(t *testing.T) {
	file := shippedDays(t, "jp")
	for _, on := range []string{"2026-05-06", "2027-03-22", "2029-02-12", "2029-04-30", "2029-09-24", "2030-05-06", "2030-08-12",
		"2030-11-04", "2031-02-24", "2031-05-06", "2031-11-24", "2033-03-21", "2034-01-02"} {
		if name := file[onDay(t, on)]; !strings.HasSuffix(name, "振替休日") {
			t.Errorf("%s is %q, no substitute holiday", on, name)
		}
	}
	for _, on := range []string{"2026-09-22", "2032-09-21", "2009-09-22", "2015-09-22", "2019-04-30", "2019-05-02", "1988-05-04"} {
		if name := file[onDay(t, on)]; !strings.HasPrefix(name, "休日") {
			t.Errorf("%s is %q, no citizens' holiday", on, name)
		}
	}
	for d, name := range within(file, 2028, 2028) {
		if strings.HasPrefix(name, "休日") {
			t.Errorf("%s: 2028 has no citizens' holiday", d)
		}
	}
	for on, holiday := range map[string]bool{"2019-05-01": true, "2019-10-22": true, "2020-07-20": false, "2020-07-23": true, "2020-07-24": true,
		"2020-08-10": true, "2020-08-11": false, "2020-10-12": false, "2021-07-19": false, "2021-07-22": true, "2021-07-23": true,
		"2021-08-09": true, "2021-08-11": false, "2021-10-11": false} {
		if _, ok := file[onDay(t, on)]; ok != holiday {
			t.Errorf("%s: holiday %v, want %v", on, ok, holiday)
		}
	}
}

// gauss is Easter Sunday by Gauss's formula with Lichtenberg's correction; the
// generator uses Butcher's.
func gauss(y int) clock.Date {
	k := y / 100
	m := 15 + (3*k+3)/4 - (8*k+13)/25
	s := 2 - (3*k+3)/4
	a := y % 19
	d := (19*a + m) % 30
	r := (d + a/11) / 29
	og := 21 + d - r
	sz := 7 - (y+y/4+s)%7
	return clock.On(y, time.March, og+7-(og-sz)%7)
}

// TestGermanysMovableHolidaysFollowEaster compares with another formula, and with
// dates that everybody can look up.
func TestGermanysMovableHolidaysFollowEaster(t *testing.T) {
	for y, on := range map[int]string{2016: "2016-03-27", 2019: "2019-04-21", 2024: "2024-03-31", 2025: "2025-04-20", 2026: "2026-04-05", 2027: "2027-03-28", 2035: "2035-03-25"} {
		if got := gauss(y).String(); got != on {
			t.Fatalf("Easter %d: %s, want %s", y, got, on)
		}
	}
	file := shippedDays(t, "de")
	for y := 2016; y <= 2035; y++ {
		rule := map[clock.Date]string{}
		for name, d := range map[string]clock.Date{
			"Neujahr": clock.On(y, 1, 1), "Karfreitag": gauss(y).AddDays(-2), "Ostermontag": gauss(y).AddDays(1), "Tag der Arbeit": clock.On(y, 5, 1),
			"Christi Himmelfahrt": gauss(y).AddDays(39), "Pfingstmontag": gauss(y).AddDays(50), "Tag der Deutschen Einheit": clock.On(y, 10, 3),
			"1. Weihnachtstag": clock.On(y, 12, 25), "2. Weihnachtstag": clock.On(y, 12, 26)} {
			rule[d] = name
		}
		if y == 2017 {
			rule[clock.On(y, 10, 31)] = "Reformationstag"
		}
		if got := within(file, y, y); !maps.Equal(got, rule) {
			t.Errorf("%d: %v", y, differ(got, rule))
		}
	}
}

// TestTheLaenderDiffer asks each Land for days on which the sixteen disagree.
func TestTheLaenderDiffer(t *testing.T) {
	all, lands := carried(t), strings.Fields("bw by be bb hb hh he mv ni nw rp sl sn st sh th")
	for _, x := range []struct{ on, name, closed string }{
		{"2026-01-06", "Heilige Drei Könige", "bw by st"},
		{"2027-03-08", "Frauentag", "be mv"},
		{"2022-03-08", "Frauentag before Mecklenburg-Vorpommern had it", "be"},
		{"2018-03-08", "Frauentag before Berlin had it", ""},
		{"2026-06-04", "Fronleichnam", "bw by he nw rp sl"},
		{"2025-08-15", "Mariä Himmelfahrt", "sl"},
		{"2027-09-20", "Weltkindertag", "th"},
		{"2025-10-31", "Reformationstag", "bb hb hh mv ni sn st sh th"},
		{"2016-10-31", "Reformationstag before the north had it", "bb mv sn st th"},
		{"2017-10-31", "Reformationstag, once everywhere", strings.Join(lands, " ")},
		{"2027-11-01", "Allerheiligen", "bw by nw rp sl"},
		{"2026-11-18", "Buß- und Bettag", "sn"},
		{"2020-05-08", "Tag der Befreiung", "be"},
		{"2025-05-08", "Tag der Befreiung", "be"},
	} {
		var closed []string
		for _, land := range lands {
			cal := all["de-"+land]
			if cal == nil {
				t.Fatalf("there is no calendar de-%s", land)
			}
			if !clock.OpenDay(cal, onDay(t, x.on)) {
				closed = append(closed, land)
			}
		}
		if got := strings.Join(closed, " "); got != x.closed {
			t.Errorf("%s, %s: closed in %s, want %s", x.on, x.name, got, x.closed)
		}
		if whole := clock.OpenDay(all["de"], onDay(t, x.on)); whole == (x.on == "2017-10-31") {
			t.Errorf("%s: open in the whole country %v", x.on, whole)
		}
	}
}

// bankHolidays are the weekdays of the official list for England and Wales: 2016
// from alphagov/calendars, 2017 to 2023 from alphagov/frontend
// (lib/data/bank-holidays.json, with the two proclamations of 2022 and 2023), 2024
// to 2027 as copies of the list have them.
var bankHolidays = map[int]string{
	2016: "01-01 03-25 03-28 05-02 05-30 08-29 12-26 12-27",
	2017: "01-02 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
	2018: "01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26",
	2019: "01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26",
	2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
	2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
	2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
	2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
	2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
	2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
	2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
	2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
}

// wantYears compares weekdays of a set with lists written down by year.
func wantYears(t *testing.T, id string, years map[int]string) {
	t.Helper()
	file := shippedDays(t, id)
	for y, text := range years {
		list := map[clock.Date]bool{}
		for on := range strings.FieldsSeq(text) {
			list[onDay(t, fmt.Sprintf("%d-%s", y, on))] = true
		}
		got := within(file, y, y)
		maps.DeleteFunc(got, func(d clock.Date, _ string) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday })
		if d := differ(got, list); len(d) > 0 {
			t.Errorf("%s: %v", id, d)
		}
	}
}

func TestEnglandAndWalesIsTheOfficialList(t *testing.T) { wantYears(t, "gb-ew", bankHolidays) }

// TestTheUnitedStatesObserveHolidaysOnWeekdays: 5 U.S.C. 6103(a) and (b). The day of
// an inauguration (20 January 2025 is a holiday only because it is the third
// Monday; 20 January 2021 was none) is a holiday around Washington only.
func TestTheUnitedStatesObserveHolidaysOnWeekdays(t *testing.T) {
	wantYears(t, "us-federal", map[int]string{
		2020: "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25",
		2021: "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
		2022: "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26",
		2023: "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
		2025: "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25",
		2026: "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
	})
	cal := carried(t)["us-federal"]
	for on, open := range map[string]bool{"2021-01-20": true, "2020-06-19": true, "2021-06-18": false, "2024-12-24": true} {
		if got := clock.OpenDay(cal, onDay(t, on)); got != open {
			t.Errorf("%s: open %v, want %v", on, got, open)
		}
	}
}

// TestCaliforniaFollowsItsGovernmentCode: section 19853(a) and (b). Only Veterans Day
// is observed on a Friday; Columbus Day, Juneteenth and Lincoln Day keep offices open.
func TestCaliforniaFollowsItsGovernmentCode(t *testing.T) {
	wantYears(t, "us-ca", map[int]string{
		2020: "01-01 01-20 02-17 03-31 05-25 09-07 11-11 11-26 11-27 12-25",
		2022: "01-17 02-21 03-31 05-30 07-04 09-05 11-11 11-24 11-25 12-26",
		2023: "01-02 01-16 02-20 03-31 05-29 07-04 09-04 11-10 11-23 11-24 12-25",
		2024: "01-01 01-15 02-19 04-01 05-27 07-04 09-02 11-11 11-28 11-29 12-25",
		2026: "01-01 01-19 02-16 03-31 05-25 09-07 11-11 11-26 11-27 12-25",
	})
}

// TestVietnamWorksOnDecreedSaturdays: a working day moved to a Saturday opens with
// the hours of the day it is worked for, and that day is closed.
func TestVietnamWorksOnDecreedSaturdays(t *testing.T) {
	cal := carried(t)["vn"]
	swaps := map[string]string{"2019-01-05": "2018-12-31", "2019-05-04": "2019-04-29", "2024-05-04": "2024-04-29",
		"2025-04-26": "2025-05-02", "2026-01-10": "2026-01-02", "2026-08-22": "2026-08-31"}
	saturdays := 0
	for d := cal.From; !d.After(cal.To); d = d.AddDays(1) {
		if d.Weekday() == time.Saturday && clock.OpenDay(cal, d) {
			saturdays++
			if swaps[d.String()] == "" {
				t.Errorf("%s is open and was not decreed", d)
			}
		}
	}
	for worked, free := range swaps {
		if clock.OpenDay(cal, onDay(t, free)) || !slices.Equal(clock.Hours(cal, onDay(t, worked)), []clock.Interval{{From: 0, To: 1440}}) {
			t.Errorf("%s for %s: open %v, hours %v", worked, free, clock.OpenDay(cal, onDay(t, free)), clock.Hours(cal, onDay(t, worked)))
		}
	}
	if saturdays != len(swaps) {
		t.Errorf("%d Saturdays are open, want %d", saturdays, len(swaps))
	}
	wantYears(t, "vn", map[int]string{
		2023: "01-02 01-20 01-23 01-24 01-25 01-26 05-01 05-02 05-03 09-01 09-04",
		2024: "01-01 02-08 02-09 02-12 02-13 02-14 04-18 04-29 04-30 05-01 09-02 09-03",
		2025: "01-01 01-27 01-28 01-29 01-30 01-31 04-07 04-30 05-01 05-02 09-01 09-02",
		2026: "01-01 01-02 02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 08-31 09-01 09-02",
	})
}

// TestKoreaHasSubstitutesElectionsAndSingleDays: the yearly almanac to 2027, the
// decree's rule after it.
func TestKoreaHasSubstitutesElectionsAndSingleDays(t *testing.T) {
	wantYears(t, "kr", map[int]string{
		2020: "01-01 01-24 01-27 04-15 04-30 05-05 08-17 09-30 10-01 10-02 10-09 12-25",
		2025: "01-01 01-27 01-28 01-29 01-30 03-03 05-05 05-06 06-03 06-06 08-15 10-03 10-06 10-07 10-08 10-09 12-25",
		2026: "01-01 02-16 02-17 02-18 03-02 05-01 05-05 05-25 06-03 07-17 08-17 09-24 09-25 10-05 10-09 12-25",
		2027: "01-01 02-08 02-09 03-01 05-03 05-05 05-13 07-19 08-16 09-14 09-15 09-16 10-04 10-11 12-27",
		// By the rule alone: Chuseok falls on National Foundation Day; one day for both.
		2028: "01-26 01-27 01-28 03-01 05-01 05-02 05-05 06-06 07-17 08-15 10-02 10-03 10-04 10-05 10-09 12-25",
		// The leap month of 2033 comes in winter: Chuseok is in September.
		2033: "01-31 02-01 02-02 03-01 05-02 05-05 05-06 06-06 07-18 08-15 09-07 09-08 09-09 10-03 10-10 12-26",
	})
}

// TestSingaporesSundaysMoveToMonday: Holidays Act, section 4(2). A second day of the
// new year that is a Monday moves the first one's substitute on to Tuesday.
func TestSingaporesSundaysMoveToMonday(t *testing.T) {
	file := shippedDays(t, "sg")
	for d, name := range file {
		next := d.AddDays(1)
		if d.Weekday() == time.Sunday && file[next] == "" {
			t.Errorf("%s, %s: the Monday after it is worked", d, name)
		}
	}
	wantYears(t, "sg", map[int]string{
		2020: "01-01 01-27 04-10 05-01 05-07 05-25 07-10 07-31 08-10 12-25",
		2023: "01-02 01-23 01-24 04-07 05-01 06-02 06-29 08-09 09-01 11-13 12-25",
		2024: "01-01 02-12 03-29 04-10 05-01 05-22 06-17 08-09 10-31 12-25",
		2026: "01-01 02-17 02-18 04-03 05-01 05-27 06-01 08-10 11-09 12-25",
	})
}

// TestBrazilHasNationalHolidaysOnly: Carnival and Corpus Christi are days on which
// offices may close; 20 November is national since Law 14.759/2023.
func TestBrazilHasNationalHolidaysOnly(t *testing.T) {
	wantYears(t, "br", map[int]string{
		2016: "01-01 03-25 04-21 09-07 10-12 11-02 11-15", // May Day and Christmas on Sundays
		2023: "04-07 04-21 05-01 09-07 10-12 11-02 11-15 12-25",
		2026: "01-01 04-03 04-21 05-01 09-07 10-12 11-02 11-20 12-25",
	})
}

// TestRowsRestOnShippedCalendars are the worked examples of other regimes, on the
// calendars that the product carries.
func TestRowsRestOnShippedCalendars(t *testing.T) {
	all := carried(t)
	for _, x := range []struct{ row, rule, calendar, events, want string }{
		{"16", gdpr, "de", "start 2026-03-05T11:00", "2026-04-07 24:00"},
		{"17", gdpr, "de", "start 2026-08-31T11:00", "2026-09-30 24:00"},
		{"18", gdpr + ", pauses: {identity: calendar-days}", "de", "start 2026-06-01T10:00; pause identity 2026-06-02T10:00; resume identity 2026-06-12T10:00", "2026-07-13 24:00"},
		{"19", gdpr + ", pauses: {identity: reset}", "gb-ew", "start 2026-05-01T10:00; pause identity 2026-05-01T11:00; resume identity 2026-05-20T10:00", "2026-06-22 24:00"},
		{"20", "unit: calendar-days, n: 30, first_day: include", "gb-ew", "start 2026-07-01T10:00", "2026-07-30 24:00"},
		{"21 respond", "unit: calendar-days, n: 45, first_day: include", "us-ca", "start 2026-11-20T23:30", "2027-01-03 24:00"},
		{"21 longest", "unit: calendar-days, n: 45, first_day: include, extension: {amount: 45, base: from-start}", "us-ca", "start 2026-11-20T23:30; extension 2026-12-30T10:00", "2027-02-17 24:00"},
		{"21 confirm", "unit: business-days, n: 10, end_point: end-of-day", "us-federal", "start 2026-11-20T23:30", "2026-12-07 24:00"},
		{"21 opt out", "unit: business-days, n: 15, end_point: end-of-day", "us-federal", "start 2026-11-20T23:30", "2026-12-14 24:00"},
		{"22", "unit: business-days, n: 2, end_point: end-of-day", "vn", "start 2026-02-13T16:00", "2026-02-24 24:00"},
		{"23", "unit: calendar-days, n: 30, roll: next-open-day", "sg", "start 2026-01-30T10:00", "2026-03-02 24:00"},
		{"24", "unit: calendar-days, n: 15", "br", "start 2026-02-10T10:00", "2026-02-25 24:00"},
		{"25 thirty", "kind: legal-due, unit: calendar-days, n: 30, first_day: include, roll: next-open-day", "jp-admin", "start 2026-12-01T10:00", "2027-01-04 24:00"},
		{"25 sixty", "kind: legal-due, unit: calendar-days, n: 60, first_day: include, roll: next-open-day", "jp-admin", "start 2026-11-05T10:00", "2027-01-04 24:00"},
		{"30", gdpr + ", extension: {amount: 2, base: from-start}", "de", "start 2026-02-10T10:00; extension 2026-03-10T23:59", "2026-05-11 24:00"},
		{"31", gdpr + ", pauses: {clarification: inclusive-days}", "gb-ew", "start 2026-04-13T10:00; pause clarification 2026-04-20T10:00; resume clarification 2026-04-24T10:00", "2026-05-18 24:00"},
		// Singapore's Interpretation Act moves a last day on from a Sunday, not from a Saturday.
		{"23 by the Interpretation Act", "unit: calendar-days, n: 30, roll: next-open-day", "sg-sundays", "start 2026-01-30T10:00", "2026-03-02 24:00"},
		{"a Saturday stays", "unit: calendar-days, n: 30, roll: next-open-day", "sg-sundays", "start 2026-01-29T10:00", "2026-02-28 24:00"},
		{"a Saturday moves on", "unit: calendar-days, n: 30, roll: next-open-day", "sg", "start 2026-01-29T10:00", "2026-03-02 24:00"},
		// California keeps the day after Thanksgiving too: one day later than the federal count.
		{"21 confirm by the State's days", "unit: business-days, n: 10, end_point: end-of-day", "us-ca", "start 2026-11-20T23:30", "2026-12-08 24:00"},
		// A decreed Saturday counts: from Friday the 21st, two working days are Saturday and Monday.
		{"decreed Saturday", "unit: business-days, n: 2, end_point: end-of-day", "vn", "start 2026-08-21T10:00", "2026-08-24 24:00"},
	} {
		t.Run(x.row, func(t *testing.T) {
			cal := all[x.calendar]
			if cal == nil {
				t.Fatalf("there is no calendar %q", x.calendar)
			}
			loc := zone(t, cal.Zone)
			got, err := clock.Compute(rule(t, x.rule), cal, events(t, x.events, loc))
			if err != nil {
				t.Fatal(err)
			}
			if s := show(got, loc); s != x.want {
				t.Errorf("got %s, want %s\n%s", s, x.want, strings.Join(clock.Explain(got.Steps, "en", loc), "\n"))
			}
		})
	}
}

// TestYearsWithoutAListAreProvisionalOrAbsent: where the law gives a rule the result
// says that it rests on it; where it does not, asking is an error that names the end.
func TestYearsWithoutAListAreProvisionalOrAbsent(t *testing.T) {
	all := carried(t)
	for id, last := range map[string]int{"de": 2035, "de-by": 2035, "gb-ew": 2035, "us-federal": 2035, "us-ca": 2035, "br": 2035, "kr": 2035, "jp-admin": 2050} {
		cal := all[id]
		if cal.To.Y != last || cal.From.Y > 2018 {
			t.Errorf("%s covers %s to %s", id, cal.From, cal.To)
		}
		r := rule(t, "unit: business-days, n: 5")
		for start, provisional := range map[string]bool{"2026-06-10T10:00": false, "2030-06-11T10:00": id != "jp-admin"} {
			got, err := clock.Compute(r, cal, events(t, "start "+start, zone(t, cal.Zone)))
			if err != nil || got.Provisional != provisional {
				t.Errorf("%s from %s: provisional %v, %v", id, start, got.Provisional, err)
			}
		}
	}
	for id, want := range map[string]string{"sg": "2027-02-28", "vn": "2027-01-31"} {
		cal := all[id]
		if cal.To.String() != want {
			t.Errorf("%s covers days to %s", id, cal.To)
		}
		_, err := clock.Compute(rule(t, "unit: calendar-days, n: 30, roll: next-open-day"), cal, events(t, "start 2027-02-10T10:00", zone(t, cal.Zone)))
		if err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), id) {
			t.Errorf("%s: beyond its list: %v", id, err)
		}
	}
	// Before Hari Raya Puasa is announced, the Act's own days are there, and provisional.
	got, err := clock.Compute(rule(t, "unit: business-days, n: 3"), all["sg"], events(t, "start 2026-12-30T10:00", zone(t, "Asia/Singapore")))
	if err != nil || got.DueOn.String() != "2027-01-05" || !got.Provisional {
		t.Errorf("%s, provisional %v, %v", got.DueOn, got.Provisional, err)
	}
}

// nameless are the names of a set that some voice has no words for.
func nameless(days map[clock.Date]string) []string {
	var out []string
	for _, name := range days {
		for _, voice := range clock.Voices {
			text, known := clock.HolidayName(name, voice)
			if !known || text == "" || voice == "ja-easy" && strings.ContainsAny(text, "ßäöüảạ") {
				out = append(out, name+" in "+voice)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestEveryShippedHolidayHasANameInFiveVoices reads every set that is shipped.
func TestEveryShippedHolidayHasANameInFiveVoices(t *testing.T) {
	files, err := filepath.Glob("../packs/calendars/holidays-*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d sets, %v", len(files), err)
	}
	for _, file := range files {
		id := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "holidays-"), ".yaml")
		if missing := nameless(shippedDays(t, id)); len(missing) > 0 {
			t.Errorf("%s: %s", id, strings.Join(missing, "; "))
		}
	}
	// A name that nobody wrote words for is found, alone, as a substitute and in company.
	planted := map[clock.Date]string{clock.On(2026, 1, 2): "Tag des Vergessens", clock.On(2026, 1, 3): "Tag des Vergessens (substitute day)",
		clock.On(2026, 1, 4): "추석; 잊힌 날", clock.On(2026, 1, 5): "대체공휴일(추석)"}
	if got := len(nameless(planted)); got != 3*len(clock.Voices) {
		t.Errorf("%d planted names were found: %v", got, nameless(planted))
	}
}

// TestHolidayNamesAreTakenApart: substitutes and days with two names.
func TestHolidayNamesAreTakenApart(t *testing.T) {
	for _, x := range []struct{ name, voice, want string }{
		{"春分の日 振替休日", "de", "Ersatztag für Frühlingsanfang"},
		{"Vesak Day (substitute day)", "ja", "ウェーサーカ祭（仏誕節）の振替休日"},
		{"Tết Nguyên đán (nghỉ bù)", "en", "substitute for Tết (Lunar New Year)"},
		{"대체공휴일(추석)", "vi", "nghỉ bù Tết Chuseok"},
		{"어린이날; 부처님 오신 날", "ja-easy", "こどもの日とおしゃかさまの誕生日"},
		{"founding day", "ja", "founding day"},
		{"Natal", "xx", "Christmas Day"},
	} {
		if got, _ := clock.HolidayName(x.name, x.voice); got != x.want {
			t.Errorf("%s in %s: %s, want %s", x.name, x.voice, got, x.want)
		}
	}
}

// TestADecreedWorkingDayTakesTheHoursOfItsWeekday, and yields to the office's own
// closures and to another set's holiday.
func TestADecreedWorkingDayTakesTheHoursOfItsWeekday(t *testing.T) {
	set := func(yaml string) *clock.Holidays {
		h, err := clock.ParseHolidays([]byte("kind: holidays\nversion: \"1\"\nsource: test\nread: 2026-11-22\ncovers: {from: 2026-01-01, to: 2026-12-31}\n" + yaml))
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	swap := set("id: swap\ndays: {2026-08-31: free}\nworking: {2026-08-22: 2026-08-31, 2026-08-29: 2026-08-28, 2026-08-15: 2026-08-31}\n")
	feast := set("id: feast\ndays: {2026-08-15: feast}\n")
	cal, err := clock.ParseCalendar([]byte("id: x\nversion: \"1\"\nzone: Asia/Ho_Chi_Minh\nholidays: [swap@1, feast@1]\n"+
		"weekly: {mon: [\"09:00-12:00\"], tue: [\"08:00-17:00\"]}\nclosed: [{on: 2026-08-23}]\n"), swap, feast)
	if err != nil {
		t.Fatal(err)
	}
	for on, want := range map[string]string{"2026-08-22": "[{540 720}]", "2026-08-31": "[]", "2026-08-29": "[]", "2026-08-15": "[]", "2026-08-24": "[{540 720}]"} {
		if got := fmt.Sprint(clock.Hours(cal, onDay(t, on))); got != want {
			t.Errorf("%s: %s, want %s (28 August is a Friday, closed every week; 15 August is another set's holiday)", on, got, want)
		}
	}
	own, err := clock.ParseCalendar([]byte("id: x\nversion: \"1\"\nzone: Asia/Ho_Chi_Minh\nholidays: swap@1\n"+
		"weekly: {mon: [\"09:00-12:00\"]}\nclosed: [{on: 2026-08-22, name: own}]\n"), swap)
	if err != nil || clock.OpenDay(own, onDay(t, "2026-08-22")) {
		t.Errorf("the office's own closure does not hold on a decreed working day: %v", err)
	}
}

// TestFaultyHolidaySetsAreErrorsWithAPlace: the keys beside days.
func TestFaultyHolidaySetsAreErrorsWithAPlace(t *testing.T) {
	head := "kind: holidays\nid: x\nversion: \"1\"\nsource: test\nread: 2026-11-22\ncovers: {from: 2026-01-01, to: 2026-12-31}\ndays:\n  2026-05-01: may\n"
	if _, err := clock.ParseHolidays([]byte(head + "working: {2026-05-02: 2026-05-01}\nprovisional: [2026-05-01, 2026-12-01..2026-12-31]\nreason: test\n")); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ yaml, want string }{
		{"working: {2026-05-01: 2026-05-02}", "one of the days off"},
		{"working: {2027-01-02: 2026-05-01}", "not a day that the set covers"},
		{"working: {2026-05-02: soon}", "not the day off"},
		{"working: {saturday: 2026-05-01}", "not a day that the set covers"},
		{"provisional: [2026-05-02]", "not one of the days"},
		{"provisional: [2026-05-02..2027-05-02]", "not a stretch of covered days"},
		{"provisional: [2026-05-02..2026-05-01]", "not a stretch of covered days"},
		{"provisional: [..]", "not a stretch of covered days"},
	} {
		_, err := clock.ParseHolidays([]byte(head + x.yaml + "\n"))
		if err == nil || !strings.Contains(err.Error(), x.want) || !strings.HasPrefix(err.Error(), "line 9, column ") {
			t.Errorf("%s: %v", x.yaml, err)
		}
	}
}

// TestANewerVersionStandsBesideTheOld: the newest has the plain ID, and the older
// one gives the dates that it gave, under the same digest.
func TestANewerVersionStandsBesideTheOld(t *testing.T) {
	folder := fstest.MapFS{}
	for _, name := range []string{"sg", "holidays-sg"} {
		data, err := os.ReadFile("../packs/calendars/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		folder[name+"-2026.1.yaml"] = &fstest.MapFile{Data: data}
		newer := strings.NewReplacer("2026.1", "2027.1", "  - \"2027-01-01..2027-02-28\"", "  - \"2027-02-28..2027-02-28\"",
			"  2027-02-06: ", "  2027-01-04: \"Polling Day\"\n  2027-02-06: ").Replace(string(data))
		folder[name+".yaml"] = &fstest.MapFile{Data: []byte(newer)}
	}
	all, err := clock.LoadCalendars(folder)
	if err != nil {
		t.Fatal(err)
	}
	if all["sg"].Version != "2027.1" || all["sg@2027.1"] != all["sg"] || all["sg@2026.1"].Digest != carried(t)["sg"].Digest {
		t.Errorf("sg is %s; digest of the older one %s", all["sg"].Version, all["sg@2026.1"].Digest)
	}
	for id, want := range map[string]string{"sg@2026.1": "2027-01-05 true", "sg": "2027-01-06 false"} {
		got, err := clock.Compute(rule(t, "unit: business-days, n: 3"), all[id], events(t, "start 2026-12-30T10:00", zone(t, "Asia/Singapore")))
		if s := fmt.Sprint(got.DueOn, " ", got.Provisional); err != nil || s != want {
			t.Errorf("%s: %s, want %s, %v", id, s, want, err)
		}
	}
}
