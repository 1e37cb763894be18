package clock_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"madoguchi/clock"
)

// placedOrFine holds what every parser promises: an error is an *Error that says
// where, as line and column, and what.
func placedOrFine(t *testing.T, data []byte, err error) {
	t.Helper()
	var e *clock.Error
	if err != nil && (!errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Message == "") {
		t.Errorf("%q: an error without its place: %#v", data, err)
	}
}

// inTime ends the program with the input when reading it takes for ever: a fuzzer
// only waits. Call what it returns when it was read.
func inTime(data []byte) func() bool {
	return time.AfterFunc(20*time.Second, func() { panic(fmt.Sprintf("this is never read: %q", data)) }).Stop
}

// shipped adds files that the packs ship as seeds.
func shipped(f *testing.F, pattern string) {
	f.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		f.Fatal(pattern, ": no seeds: ", err)
	}
	for _, name := range names {
		f.Add(must(os.ReadFile(name)))
	}
}

// hostile adds what breaks readers of YAML: what is deep, cut off, not text, refers
// to itself, or has keys and values of another kind than is expected.
func hostile(f *testing.F) {
	for _, text := range []string{"", "\x00", "\xff\xfe", "---\n---\n", "a: [&x {b: *x}]", "&a [*a]", "<<: {a: b}", "!!binary x", "{", "[[[[[[", "- - - - -", "? a", "a: |\n\tb",
		"id: 1", "id: ~", "n: 99999999999999999999", "n: -0x1", "n: .inf", "weekly: 3", "weekly: {mon: 9-17}", "weekly: {mon: [\"24:00-24:00\"]}", "closed: {}", "closed: [[]]",
		"covers: 2020-01-01", "days: []", "rules: {}", "rules: [~]", "events: [{at: 2026-02-30}]", "events: [{at: 2026-03-29T02:30, kind: start}]\nzone: Europe/Berlin",
		"pauses: {'a.b[0]': x}", "pauses: {? [] : none}", "title: {en: [1]}", "read: 0000-00-00", "zone: ../../etc/passwd", "\ufeffid: x", "id: \"\\u0000\"", "'': ''", "a: b: c"} {
		f.Add([]byte(text))
	}
}

// FuzzParseRule: no text makes it panic, every refusal has a place, and a rule that
// is taken is valid.
func FuzzParseRule(f *testing.F) {
	hostile(f)
	f.Add([]byte("{id: r, start: arrival, kind: internal, unit: weeks, n: 2}"))
	f.Add([]byte("id: r\nstart: latest-of\nkind: legal-due\nunit: months-eu\nn: 1\nroll: next-open-day\npauses: {'*': inclusive-days}\n" +
		"extension: {max_times: 1, amount: 2, base: from-start, reasons_required: true, grounds: [x]}\nin_force_from: 2026-02-05\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer inTime(data)()
		r, err := clock.ParseRule(data)
		placedOrFine(t, data, err)
		if err == nil && r.Validate() != nil {
			t.Errorf("%q was taken: %v", data, r.Validate())
		}
	})
}

// FuzzParseRules is the same of a whole regime.
func FuzzParseRules(f *testing.F) {
	hostile(f)
	shipped(f, "../packs/rules/*.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		defer inTime(data)()
		regime, err := clock.ParseRules(data)
		placedOrFine(t, data, err)
		for _, r := range regime.Rules {
			if err == nil && r.Validate() != nil {
				t.Errorf("%q was taken: %v", data, r.Validate())
			}
		}
	})
}

// FuzzParseCalendar also asks a calendar that was taken for the next opening after
// its first day: nothing looks for it for ever.
func FuzzParseCalendar(f *testing.F) {
	hostile(f)
	set := must(clock.ParseHolidays([]byte("kind: holidays\nid: s\nversion: v\nsource: x\nread: 2026-01-01\ncovers: {from: 2020-01-01, to: 2030-12-31}\ndays: {2026-01-01: a}\nworking: {2026-01-03: 2026-01-01}\n")))
	f.Add([]byte("id: a\nversion: v\nzone: Asia/Tokyo\nholidays: s@v\nweekly: {mon: [\"09:00-12:00\", \"13:00-17:00\"]}\nclosed: [{annual: 12-29..01-03}, {from: 2026-03-01, to: 2026-03-05}]\n" +
		"open: [{on: 2026-02-28, hours: [\"00:00-24:00\"]}]\nprovisional: [{on: 2027-01-01}]\nassumed: [hours]\n"))
	f.Add([]byte("id: a" + weekdaysAllDay + "zone: UTC\n"))
	for _, text := range ownCalendars {
		f.Add([]byte(text))
	}
	shipped(f, "../packs/calendars/*.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		defer inTime(data)()
		cal, err := clock.ParseCalendar(data, set)
		placedOrFine(t, data, err)
		if err != nil {
			return
		}
		first := must(clock.Local(cal.From, 1440, must(clock.Zone(cal.Zone))))
		at, err := clock.NextOpen(cal, first)
		if err == nil && (at.Before(first) || !clock.IsOpen(cal, at)) {
			t.Errorf("%q: the next opening after %v is %v", data, first, at)
		}
	})
}

// FuzzParseHolidays is the same of a holiday set.
func FuzzParseHolidays(f *testing.F) {
	hostile(f)
	f.Add([]byte("kind: holidays\nid: s\nversion: v\nsource: x\nread: 2026-01-01\ncovers: {from: 2020-01-01, to: 2030-12-31}\ndays: {2026-01-01: a}\nworking: {2026-01-03: 2026-01-01}\nprovisional: [2026-01-01, 2027-01-01..2027-12-31]\n"))
	names, _ := filepath.Glob("../packs/calendars/holidays-*.yaml")
	for _, name := range names {
		if data := must(os.ReadFile(name)); len(data) < 20_000 { // the longest would be all that is mutated
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer inTime(data)()
		_, err := clock.ParseHolidays(data)
		placedOrFine(t, data, err)
	})
}

// FuzzParseEvents also counts what was taken: a list that can be read can be counted,
// or is refused with the field.
func FuzzParseEvents(f *testing.F) {
	hostile(f)
	f.Add([]byte(feeStory))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer inTime(data)()
		events, err := clock.ParseEvents(data, "Europe/Berlin")
		placedOrFine(t, data, err)
		if err != nil {
			return
		}
		r := clock.Rule{ID: "r", Kind: clock.Internal, Start: clock.StartLatestOf, Unit: clock.CalendarDays, N: 30, Zone: "UTC",
			Pauses:    map[string]clock.PauseMode{clock.AnyCause: clock.PauseCalendarDays},
			Extension: &clock.Extension{MaxTimes: 2, Amount: 30, Base: clock.FromDue}}
		var e *clock.Error
		if _, err := clock.Compute(r, nil, events); err != nil && (!errors.As(err, &e) || e.Field == "") {
			t.Errorf("%q: %v", data, err)
		}
	})
}

// FuzzCompute puts rules and events of any content: no panic, no loop without end,
// every refusal names a field, and nothing is due
// before the day of its start.
func FuzzCompute(f *testing.F) {
	w := theWorld()
	f.Add(uint8(4), "business-days", 10, "exclude", "close-of-business", "next-open-day", "calendar-days", "from-due", 5, int64(1790000000), int64(86400), int64(86400), int64(900000), int64(30), "arrival", "")
	f.Add(uint8(0), "months-eu", 1, "", "", "next-open-day", "reset", "from-start", 2, int64(1771000000), int64(0), int64(0), int64(5), int64(0), "latest-of", "")
	f.Add(uint8(1), "years-jp", 3_300_000, "include", "start-of-next-day", "next-day-once", "inclusive-days", "from-due", 3_300_000, int64(1<<40), int64(-5), int64(1<<50), int64(-1<<60), int64(59), "event", "UTC")
	f.Add(uint8(2), "elapsed-minutes", 100_000_000, "", "exact", "", "elapsed", "from-start", 100_000_000, int64(-62135596800), int64(1), int64(1), int64(1), int64(999), "deemed-arrival", "Europe/Berlin")
	f.Add(uint8(3), "business-minutes", 1, "", "", "", "open-minutes", "from-due", 0, int64(1790000000), int64(-100), int64(-200), int64(1), int64(1), "arrival", "")
	f.Fuzz(func(t *testing.T, calendar uint8, unit string, n int, first, end, roll, pause, base string, amount int, start, from, length, notice, nanos int64, starts, zone string) {
		o := w.offices[int(calendar)%len(w.offices)]
		r := clock.Rule{ID: "r", Kind: clock.Internal, Start: starts, Zone: zone, Unit: clock.Unit(unit), N: n, FirstDay: clock.FirstDay(first), EndPoint: clock.EndPoint(end), Roll: clock.Roll(roll),
			Pauses: map[string]clock.PauseMode{clock.AnyCause: clock.PauseMode(pause)}, Extension: &clock.Extension{MaxTimes: 2, Amount: amount, Base: base}}
		at := time.Unix(start, nanos)
		add := func(by int64) time.Time { return time.Unix(start+by, nanos) }
		events := []clock.Event{{Kind: clock.Start, At: at}, {Kind: clock.Pause, At: add(from), Cause: "a"}, {Kind: clock.Resume, At: add(from + length), Cause: "a"},
			{Kind: clock.Prolonged, At: add(notice)}, {Kind: clock.Pause, At: add(from + length/2), Cause: "b"}, {Kind: clock.Resume, At: add(from + 2*length), Cause: "b"}}
		for _, some := range [][]clock.Event{events[:1], events[:2], events[:3], events[:4], events, {events[0], events[3]}} {
			began := time.Now()
			got, err := clock.Compute(r, w.cals[o], some)
			clock.Explain(got.Steps, "en", o.zone.loc)
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
			var e *clock.Error
			switch {
			case err != nil && (!errors.As(err, &e) || e.Field == "" || e.Message == ""):
				t.Errorf("an error without its field: %#v", err)
			case err == nil && got.State == clock.Due && ends(got).Before(got.StartAt.Add(-24*time.Hour)):
				// What arrives after the close of its last day is late as it comes.
				t.Errorf("started %v, due %v", got.StartAt, ends(got))
			case err == nil && got.State == clock.Paused && got.UnitsLeft < 0:
				t.Errorf("%d units left", got.UnitsLeft)
			}
		}
	})
}
