package clock_test

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"madoguchi/clock"
)

// loaded are the packs' calendars, read once for all tests: a calendar is never
// changed after it is made.
var loaded = sync.OnceValues(func() (map[string]*clock.Calendar, error) {
	return clock.LoadCalendars(os.DirFS("../packs/calendars"))
})

// calendars are the packs' own, in a map that a test may add to.
func calendars(t testing.TB) map[string]*clock.Calendar {
	t.Helper()
	all, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return maps.Clone(all)
}

const weekdaysAllDay = "\nversion: test\ncovers: {from: 2020-01-01, to: 2030-12-31}\n" +
	`weekly: {mon: ["00:00-24:00"], tue: ["00:00-24:00"], wed: ["00:00-24:00"], thu: ["00:00-24:00"], fri: ["00:00-24:00"]}` + "\n"

func japan(t testing.TB) *clock.Holidays {
	t.Helper()
	data, err := os.ReadFile("../packs/calendars/holidays-jp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set, err := clock.ParseHolidays(data)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func calendar(t testing.TB, yaml string) *clock.Calendar {
	t.Helper()
	var sets []*clock.Holidays
	if strings.Contains(yaml, "holidays:") {
		sets = append(sets, japan(t))
	}
	cal, err := clock.ParseCalendar([]byte(yaml), sets...)
	if err != nil {
		t.Fatalf("%v\n%s", err, yaml)
	}
	return cal
}

func rule(t testing.TB, yaml string) clock.Rule {
	t.Helper()
	if !strings.Contains(yaml, "kind:") {
		yaml += ", kind: internal"
	}
	r, err := clock.ParseRule([]byte("{id: r, start: arrival, " + yaml + "}"))
	if err != nil {
		t.Fatalf("%v\n%s", err, yaml)
	}
	return r
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := clock.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// events reads "start 2026-10-01T10:00; pause fee 2026-10-05T09:00; …" as wall
// time of a zone.
func events(t testing.TB, script string, loc *time.Location) []clock.Event {
	t.Helper()
	var out []clock.Event
	for line := range strings.SplitSeq(script, ";") {
		words := strings.Fields(line)
		at, err := clock.ParseInstant("at", words[len(words)-1], loc)
		if err != nil {
			t.Fatal(err)
		}
		e := clock.Event{Kind: clock.EventKind(words[0]), At: at}
		if len(words) > 2 {
			e.Cause = words[1]
		}
		out = append(out, e)
	}
	return out
}

const (
	article39 = "kind: exposure, zone: Asia/Tokyo, unit: weeks, n: 2, end_point: start-of-next-day"
	internal  = "unit: business-days, n: 10, pauses: {'*': business-days}"
	gdpr      = "kind: legal-due, unit: months-eu, n: 1, roll: next-open-day"
	uk        = "kind: legal-due, start: latest-of, unit: months-eu, n: 1, roll: next-open-day"
)

// TestWorkedExamples is the table of worked examples, row by row. want is
// "last day hh:mm" for an instant, "day 24:00" for an end of day, "from day".
func TestWorkedExamples(t *testing.T) {
	all := calendars(t)
	seen := map[string]bool{}
	for _, x := range []struct{ row, rule, calendar, zone, events, want string }{
		{"1", article39, "", "Asia/Tokyo", "start 2026-04-01T10:00", "from 2026-04-16"},
		{"2", article39, "", "Asia/Tokyo", "start 2026-12-19T23:30", "from 2027-01-03"},
		{"3", "unit: business-minutes, n: 240", "score-japan", "", "start 2026-11-20T16:30", "2026-11-24 11:30"},
		{"4", "unit: business-days, n: 3", "score-japan", "", "start 2026-11-22T14:00", "2026-11-26 18:00"},
		{"5", "unit: business-minutes, n: 60", "score-japan", "", "start 2026-12-25T18:00", "2026-12-28 10:00"},
		{"6", "unit: business-minutes, n: 120", "kai", "", "start 2026-12-24T11:20", "2026-12-24 14:20"},
		{"7", "unit: business-minutes, n: 480", "kai", "", "start 2026-09-18T15:00", "2026-09-24 17:00"},
		{"8", "unit: business-minutes, n: 360", "kai", "", "start 2026-12-28T16:00", "2027-01-04 16:00"},
		{"9", "unit: business-days, n: 10", "kai", "", "start 2026-04-23T14:00", "2026-05-13 17:00"},
		{"10", "unit: business-days, n: 5", "kai", "", "start 2027-03-18T10:00", "2027-03-26 17:00"},
		{"11", "unit: business-days, n: 5", "kai", "", "start 2021-07-21T10:00", "2021-07-30 17:00"},
		{"12", internal, "score-japan", "", "start 2026-10-01T10:00; pause fee 2026-10-05T09:30; resume fee 2026-10-13T15:00", "2026-10-23 18:00"},
		{"13", "kind: retention, zone: Asia/Tokyo, unit: years-jp, n: 1", "", "Asia/Tokyo", "start 2026-03-31T12:00", "2027-03-31 24:00"},
		{"14 jp", "zone: Asia/Tokyo, unit: months-jp, n: 1", "", "Asia/Tokyo", "start 2026-02-28T12:00", "2026-03-31 24:00"},
		{"14 eu", "zone: Asia/Tokyo, unit: months-eu, n: 1", "", "Asia/Tokyo", "start 2026-02-28T12:00", "2026-03-28 24:00"},
		{"15 jp", "zone: Asia/Tokyo, unit: months-jp, n: 1", "", "Asia/Tokyo", "start 2027-01-31T12:00", "2027-02-28 24:00"},
		{"15 eu", "zone: Asia/Tokyo, unit: months-eu, n: 1", "", "Asia/Tokyo", "start 2027-01-31T12:00", "2027-02-28 24:00"},
		{"15 jp leap", "zone: Asia/Tokyo, unit: months-jp, n: 1", "", "Asia/Tokyo", "start 2028-01-31T12:00", "2028-02-29 24:00"},
		{"15 eu leap", "zone: Asia/Tokyo, unit: months-eu, n: 1", "", "Asia/Tokyo", "start 2028-01-31T12:00", "2028-02-29 24:00"},
		{"16", gdpr, "de", "", "start 2026-03-05T11:00", "2026-04-07 24:00"},
		{"17", gdpr, "de", "", "start 2026-08-31T11:00", "2026-09-30 24:00"},
		{"18", gdpr + ", pauses: {identity: calendar-days}", "de", "", "start 2026-06-01T10:00; pause identity 2026-06-02T10:00; resume identity 2026-06-12T10:00", "2026-07-13 24:00"},
		{"19", strings.Replace(uk, "start: latest-of, ", "", 1) + ", pauses: {identity: reset}", "gb-ew", "", "start 2026-05-01T10:00; pause identity 2026-05-01T11:00; resume identity 2026-05-20T10:00", "2026-06-22 24:00"},
		{"19 strict", "zone: Europe/London, unit: months-eu, n: 1, first_day: include", "", "Europe/London", "start 2026-05-20T10:00", "2026-06-19 24:00"},
		{"19 latest of", uk, "gb-ew", "", "start request 2026-05-01T10:00; start identity 2026-05-20T10:00", "2026-06-22 24:00"},
		{"20", "zone: Europe/London, unit: calendar-days, n: 30, first_day: include", "", "Europe/London", "start 2026-07-01T10:00", "2026-07-30 24:00"},
		{"21 respond", "unit: calendar-days, n: 45, first_day: include, zone: America/Los_Angeles", "us-federal", "America/Los_Angeles", "start 2026-11-20T23:30", "2027-01-03 24:00"},
		{"21 longest", "unit: calendar-days, n: 45, first_day: include, extension: {amount: 45, base: from-start}, zone: America/Los_Angeles", "us-federal", "America/Los_Angeles", "start 2026-11-20T23:30; extension 2026-12-30T10:00", "2027-02-17 24:00"},
		{"21 confirm", "unit: business-days, n: 10, end_point: end-of-day, zone: America/Los_Angeles", "us-federal", "America/Los_Angeles", "start 2026-11-20T23:30", "2026-12-07 24:00"},
		{"21 opt out", "unit: business-days, n: 15, end_point: end-of-day, zone: America/Los_Angeles", "us-federal", "America/Los_Angeles", "start 2026-11-20T23:30", "2026-12-14 24:00"},
		{"21 excluded", "unit: calendar-days, n: 45, zone: America/Los_Angeles", "us-federal", "America/Los_Angeles", "start 2026-11-20T23:30", "2027-01-04 24:00"},
		{"22", "unit: business-days, n: 2, end_point: end-of-day", "vn", "", "start 2026-02-13T16:00", "2026-02-24 24:00"},
		{"23", "unit: calendar-days, n: 30, roll: next-open-day", "sg", "", "start 2026-01-30T10:00", "2026-03-02 24:00"},
		{"24", "unit: calendar-days, n: 15", "br", "", "start 2026-02-10T10:00", "2026-02-25 24:00"},
		{"25 thirty", "kind: legal-due, unit: calendar-days, n: 30, first_day: include, roll: next-open-day", "jp-admin", "", "start 2026-12-01T10:00", "2027-01-04 24:00"},
		{"25 sixty", "kind: legal-due, unit: calendar-days, n: 60, first_day: include, roll: next-open-day", "jp-admin", "", "start 2026-11-05T10:00", "2027-01-04 24:00"},
		{"26 exposure", strings.Replace(article39, "kind", "start: deemed-arrival, kind", 1), "", "Asia/Tokyo", "start " + clock.DeemedArrival(clock.On(2026, 6, 1), 2).String() + "T00:00", "from 2026-06-18"},
		{"26 target", internal, "score-japan", "", "start 2026-06-05T10:00", "2026-06-19 18:00"},
		{"27 target", internal, "score-japan", "", "start 2026-10-01T10:00; pause fee 2026-10-05T09:30; resume fee 2026-10-13T15:00", "2026-10-23 18:00"},
		{"27 exposure", article39, "", "Asia/Tokyo", "start 2026-10-01T10:00; pause fee 2026-10-05T09:30; resume fee 2026-10-13T15:00", "from 2026-10-16"},
		{"28", internal, "score-japan", "", "start 2026-10-01T10:00; pause fee 2026-10-05T09:30", "paused, 9 business-days left"},
		{"29", "zone: Asia/Ho_Chi_Minh, unit: elapsed-hours, n: 72", "", "Asia/Ho_Chi_Minh", "start 2025-10-10T09:00", "2025-10-13 09:00"},
		{"30", gdpr + ", extension: {amount: 2, base: from-start}", "de", "", "start 2026-02-10T10:00; extension 2026-03-10T23:59", "2026-05-11 24:00"},
		{"31", gdpr + ", pauses: {clarification: inclusive-days}", "gb-ew", "", "start 2026-04-13T10:00; pause clarification 2026-04-20T10:00; resume clarification 2026-04-24T10:00", "2026-05-18 24:00"},
		{"31 strict", gdpr + ", first_day: include, pauses: {clarification: inclusive-days}", "gb-ew", "", "start 2026-04-13T10:00; pause clarification 2026-04-20T10:00; resume clarification 2026-04-24T10:00", "2026-05-18 24:00"},
		{"32", "unit: business-minutes, n: 30", "kai", "", "start 2026-06-02T11:50", "2026-06-02 13:20"},
	} {
		number, _, _ := strings.Cut(x.row, " ")
		seen[number] = true
		t.Run(x.row, func(t *testing.T) {
			text, start := x.rule, "arrival"
			for _, s := range []string{"start: latest-of, ", "start: deemed-arrival, "} {
				if strings.Contains(text, s) {
					text, start = strings.Replace(text, s, "", 1), strings.TrimSuffix(s[7:], ", ")
				}
			}
			r := rule(t, text)
			r.Start = start
			cal := all[x.calendar]
			if (cal == nil) != (x.calendar == "") {
				t.Fatalf("no calendar %q", x.calendar)
			}
			name := x.zone
			if name == "" {
				name = cal.Zone
			}
			loc := zone(t, name)
			got, err := clock.Compute(r, cal, events(t, x.events, loc))
			if err != nil {
				t.Fatal(err)
			}
			if s := show(got, loc); s != x.want {
				t.Errorf("got %s, want %s\n%s", s, x.want, strings.Join(clock.Explain(got.Steps, "en", loc), "\n"))
			}
			if r.NeedsCalendar() && (got.CalendarID != x.calendar || got.CalendarVersion == "" || got.CalendarDigest != cal.Digest) {
				t.Errorf("the calendar is not named: %+v", got)
			}
		})
	}
	if len(seen) != 32 {
		t.Errorf("%d rows of 32", len(seen))
	}
	// Row 30 before the extension: the instant by which its notice must be sent.
	berlin := zone(t, "Europe/Berlin")
	got, err := clock.Compute(rule(t, gdpr+", extension: {amount: 2, base: from-start}"), all["de"], events(t, "start 2026-02-10T10:00", berlin))
	if err != nil || !got.NoticeBy.Equal(clock.On(2026, 3, 11).In(berlin)) {
		t.Errorf("row 30: notice by %v, %v", got.NoticeBy.In(berlin), err)
	}
}

// show writes a result as the table does.
func show(r clock.Result, loc *time.Location) string {
	switch {
	case r.State == clock.Paused:
		b, _ := json.Marshal(r.UnitsLeft)
		return "paused, " + string(b) + " " + string(r.LeftUnit) + " left"
	case !r.FromOn.IsZero():
		if !r.FromAt.Equal(r.FromOn.In(loc)) {
			return "from_at is not the beginning of from_on"
		}
		return "from " + r.FromOn.String()
	case r.DueAt.Equal(r.DueOn.AddDays(1).In(loc)):
		return r.DueOn.String() + " 24:00"
	}
	return r.DueAt.In(loc).Format("2006-01-02 15:04")
}

// TestMovedHolidaysAreAnotherVersion is row 11 with the ordinary calendar: the law
// moved two holidays in 2021.
func TestMovedHolidaysAreAnotherVersion(t *testing.T) {
	data, err := os.ReadFile("../packs/calendars/kai.yaml")
	if err != nil {
		t.Fatal(err)
	}
	hours := `hours: ["10:00-12:00", "13:00-17:00"]`
	ordinary := calendar(t, string(data)+"open: [{on: 2021-07-22, "+hours+"}, {on: 2021-07-23, "+hours+"}]\n")
	if ordinary.Digest == calendars(t)["kai"].Digest {
		t.Error("two different calendars have one digest")
	}
	loc := zone(t, "Asia/Tokyo")
	got, err := clock.Compute(rule(t, "unit: business-days, n: 5"), ordinary, events(t, "start 2021-07-21T10:00", loc))
	if err != nil || show(got, loc) != "2021-07-28 17:00" {
		t.Errorf("%s, %v", show(got, loc), err)
	}
}

// TestGuardIsTheLastOpenInstant is the guard of row 27, and of an office without
// published hours.
func TestGuardIsTheLastOpenInstant(t *testing.T) {
	all, loc := calendars(t), zone(t, "Asia/Tokyo")
	exposure, err := clock.Compute(rule(t, article39), nil, events(t, "start 2026-10-01T10:00", loc))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"score-japan": "2026-10-15 18:00", "kai": "2026-10-15 17:00", "izumisano": "2026-10-15 23:59", "": "2026-10-15 23:59"} {
		at, err := clock.Guard(exposure, all[id])
		if got := at.In(loc).Format("2006-01-02 15:04"); err != nil || got != want {
			t.Errorf("%q: %s, %v; want %s", id, got, err, want)
		}
	}
	holiday, err := clock.Compute(rule(t, article39), nil, events(t, "start 2026-12-19T23:30", loc))
	if err != nil {
		t.Fatal(err)
	}
	if at, err := clock.Guard(holiday, all["score-japan"]); err != nil || at.In(loc).Format("2006-01-02 15:04") != "2026-12-28 18:00" {
		t.Errorf("%v, %v", at.In(loc), err)
	}
}

func TestMilestones(t *testing.T) {
	all, loc := calendars(t), zone(t, "Asia/Tokyo")
	kai := all["kai"]
	at := func(text string) time.Time {
		v, err := clock.ParseInstant("at", text, loc)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	is := func(what string, got time.Time, err error, want string) {
		t.Helper()
		if err != nil || !got.Equal(at(want)) {
			t.Errorf("%s: %v, %v; want %s", what, got.In(loc), err, want)
		}
	}
	// Friday 18th to Thursday 24th: 2 + 6 office hours around four closed days.
	start, due := at("2026-09-18T15:00"), at("2026-09-24T17:00")
	got, err := clock.Share(kai, start, due, 50)
	is("half", got, err, "2026-09-24T12:00")
	got, err = clock.Share(kai, start, due, 25)
	is("a quarter ends at the close", got, err, "2026-09-18T17:00")
	got, err = clock.Share(kai, start, due, 0)
	is("nothing", got, err, "2026-09-18T15:00")
	got, err = clock.Share(kai, start, due, 100)
	is("all", got, err, "2026-09-24T17:00")
	got, err = clock.Share(kai, at("2026-09-20T10:00"), at("2026-09-20T10:20"), 75)
	is("a span in closed time", got, err, "2026-09-20T10:15")
	got, err = clock.Share(nil, at("2026-09-20T10:00"), at("2026-09-20T10:20"), 50)
	is("no calendar", got, err, "2026-09-20T10:10")
	got, err = clock.CloseBefore(kai, due, 2)
	is("two open days before", got, err, "2026-09-17T17:00")
	got, err = clock.CloseBefore(kai, at("2026-09-22T00:00"), 1)
	is("the end of a closed day", got, err, "2026-09-18T17:00")
	got, err = clock.CloseBefore(kai, at("2026-09-24T13:30"), 0)
	is("the last close", got, err, "2026-09-24T13:30")
	got, err = clock.NextOpen(kai, at("2026-09-18T17:00"))
	is("next opening", got, err, "2026-09-24T10:00")
	got, err = clock.NextOpen(kai, at("2026-09-18T12:59"))
	is("after lunch", got, err, "2026-09-18T13:00")
	if clock.IsOpen(kai, at("2026-09-18T12:00")) || !clock.IsOpen(kai, at("2026-09-18T13:00")) {
		t.Error("hours are half open")
	}
	if n := clock.OpenMinutes(kai, start, due); n != 480 {
		t.Errorf("%d open minutes", n)
	}
	if _, err := clock.Share(kai, due, start, 50); err == nil {
		t.Error("a due instant before the start was taken")
	}
}

// TestExtensions holds what makes an extension legal and what it extends.
func TestExtensions(t *testing.T) {
	all := calendars(t)
	de, vn := zone(t, "Europe/Berlin"), zone(t, "Asia/Ho_Chi_Minh")
	extendable := rule(t, gdpr+", pauses: {identity: calendar-days}, extension: {amount: 2, base: from-start}")
	_, err := clock.Compute(extendable, all["de"], events(t, "start 2026-02-10T10:00; extension 2026-03-11T00:00", de))
	wantField(t, err, "events[1].at")
	_, err = clock.Compute(extendable, all["de"], events(t, "start 2026-02-10T10:00; extension 2026-03-01T00:00; extension 2026-03-02T00:00", de))
	wantField(t, err, "events[2].kind")
	_, err = clock.Compute(rule(t, gdpr), all["de"], events(t, "start 2026-02-10T10:00; extension 2026-03-01T00:00", de))
	wantField(t, err, "events[1].kind")
	// A pause before and one after the notice both shift the extended due.
	got, err := clock.Compute(extendable, all["de"], events(t,
		"start 2026-02-10T10:00; pause identity 2026-02-11T10:00; resume identity 2026-02-16T10:00; extension 2026-03-10T12:00; pause identity 2026-03-20T10:00; resume identity 2026-03-22T10:00", de))
	if err != nil || show(got, de) != "2026-05-18 24:00" || got.UnrolledOn != clock.On(2026, 5, 17) {
		t.Errorf("%s (%s), %v", show(got, de), got.UnrolledOn, err)
	}
	// From the rolled due: 15 days end on Saturday 02-28, rolled to Monday 03-02.
	fromDue := rule(t, "kind: legal-due, unit: calendar-days, n: 15, roll: next-open-day, extension: {amount: 15, base: from-due}")
	ev := events(t, "start 2026-02-13T16:00; extension 2026-03-02T23:00", vn)
	ev[1].N = 10
	got, err = clock.Compute(fromDue, all["vn"], ev)
	if err != nil || show(got, vn) != "2026-03-12 24:00" {
		t.Errorf("%s, %v", show(got, vn), err)
	}
	// From the rolled day also where the end is told as a "from": Saturday to Monday.
	suit := rule(t, "unit: calendar-days, n: 15, roll: next-open-day, end_point: start-of-next-day, extension: {amount: 15, base: from-due}")
	got, err = clock.Compute(suit, all["vn"], ev)
	if err != nil || show(got, vn) != "from 2026-03-13" {
		t.Errorf("%s, %v", show(got, vn), err)
	}
	ev[1].N = 16
	_, err = clock.Compute(fromDue, all["vn"], ev)
	wantField(t, err, "events[1].n")
}

// TestPauses holds the finer points of the model: merging, shared days, lateness.
func TestPauses(t *testing.T) {
	all, loc := calendars(t), zone(t, "Asia/Tokyo")
	for _, x := range []struct{ what, rule, calendar, events, want string }{
		{"overlapping pauses count once", internal, "score-japan",
			"start 2026-10-01T10:00; pause fee 2026-10-05T09:00; pause identity 2026-10-07T09:00; resume fee 2026-10-09T15:00; resume identity 2026-10-13T15:00", "2026-10-23 18:00"},
		{"a pause inside another adds nothing", internal, "score-japan",
			"start 2026-10-01T10:00; pause fee 2026-10-05T09:00; pause identity 2026-10-07T09:00; resume identity 2026-10-08T15:00; resume fee 2026-10-13T15:00", "2026-10-23 18:00"},
		{"a pause before the start counts from the start", internal, "score-japan",
			"pause fee 2026-09-01T09:00; start 2026-10-05T09:00; resume fee 2026-10-13T15:00", "2026-10-27 18:00"},
		{"a pause after the due changes nothing", internal, "score-japan",
			"start 2026-10-01T10:00; pause fee 2026-10-16T18:00; resume fee 2026-10-20T10:00", "2026-10-16 18:00"},
		{"an open pause after the due changes nothing", internal, "score-japan",
			"start 2026-10-01T10:00; pause fee 2026-10-17T18:00", "2026-10-16 18:00"},
		{"a cause that does not pause", "unit: business-days, n: 10, pauses: {fee: business-days}", "score-japan",
			"start 2026-10-01T10:00; pause identity 2026-10-05T09:00; resume identity 2026-10-13T15:00", "2026-10-16 18:00"},
		{"open minutes", "unit: business-minutes, n: 120, pauses: {'*': open-minutes}", "kai",
			"start 2026-12-24T11:20; pause fee 2026-12-24T11:30; resume fee 2026-12-24T14:00", "2026-12-24 15:50"},
		{"open minutes left", "unit: business-minutes, n: 120, pauses: {'*': open-minutes}", "kai",
			"start 2026-12-24T11:20; pause fee 2026-12-24T13:10", "paused, 70 business-minutes left"},
		{"elapsed", "unit: elapsed-minutes, n: 30, pauses: {'*': elapsed}", "izumisano",
			"start 2026-12-24T23:20; pause fee 2026-12-24T23:30; resume fee 2026-12-25T00:30", "2026-12-25 00:50"},
		{"elapsed left", "unit: elapsed-minutes, n: 30, pauses: {'*': elapsed}", "izumisano",
			"start 2026-12-24T23:20; pause fee 2026-12-24T23:30", "paused, 20 elapsed-minutes left"},
		{"inclusive days share a day", "unit: calendar-days, n: 30, pauses: {'*': inclusive-days}", "kai",
			"start 2026-04-01T10:00; pause a 2026-04-05T10:00; resume a 2026-04-08T10:00; pause b 2026-04-08T15:00; resume b 2026-04-10T10:00", "2026-05-07 24:00"},
		{"a pause that joins another at the due", internal, "score-japan",
			"start 2026-10-01T10:00; pause a 2026-10-16T17:00; pause b 2026-10-19T10:00; resume a 2026-10-19T20:00; resume b 2026-10-21T09:00", "2026-10-21 18:00"},
		{"paused until all is there", "unit: business-days, n: 10, pauses: {'*': reset}", "score-japan",
			"start 2026-10-01T10:00; pause fee 2026-10-05T09:00", "paused, 10 business-days left"},
		{"a restart that begins when all is over restarts nothing", "unit: business-days, n: 10, pauses: {'*': reset}", "score-japan",
			"start 2026-10-01T10:00; pause fee 2026-10-16T18:00; resume fee 2026-10-20T10:00", "2026-10-16 18:00"},
		{"a restart after a restart", "unit: business-days, n: 10, pauses: {'*': reset}", "score-japan",
			"start 2026-10-01T10:00; pause fee 2026-10-05T18:00; resume fee 2026-10-13T10:00; pause id 2026-10-20T18:00; resume id 2026-10-21T10:00", "2026-11-05 18:00"},
		{"months left are told in days", "unit: months-jp, n: 1, pauses: {'*': calendar-days}", "kai",
			"start 2026-04-01T10:00; pause fee 2026-04-21T09:00", "paused, 11 calendar-days left"},
	} {
		got, err := clock.Compute(rule(t, x.rule), all[x.calendar], events(t, x.events, loc))
		if err != nil {
			t.Errorf("%s: %v", x.what, err)
		} else if s := show(got, loc); s != x.want {
			t.Errorf("%s: got %s, want %s\n%s", x.what, s, x.want, strings.Join(clock.Explain(got.Steps, "en", loc), "\n"))
		}
	}
}

// TestProvisional marks what rests on a predicted equinox, and nothing else.
func TestProvisional(t *testing.T) {
	all, loc := calendars(t), zone(t, "Asia/Tokyo")
	for start, want := range map[string]bool{"2028-03-13T10:00": true, "2028-04-03T10:00": false, "2027-03-15T10:00": false} {
		got, err := clock.Compute(rule(t, "unit: business-days, n: 10"), all["kai"], events(t, "start "+start, loc))
		if err != nil || got.Provisional != want {
			t.Errorf("%s: %v, %v", start, got.Provisional, err)
		}
	}
}

func wantField(t *testing.T, err error, field string) {
	t.Helper()
	e, ok := err.(*clock.Error)
	if !ok {
		t.Fatalf("want an error about %s, got %v", field, err)
	}
	if e.Field != field {
		t.Errorf("the error names %q, want %q: %v", e.Field, field, e)
	}
}

// A letter's exposure begins when it should have arrived, and the explanation
// says so; any other start says nothing of the kind.
func TestADeemedArrivalIsNamedAsWhatItIs(t *testing.T) {
	rule := clock.Rule{ID: "exposure", Kind: clock.Exposure, Start: clock.StartArrival, Unit: clock.Weeks, N: 2, EndPoint: clock.StartOfNextDay, Zone: "Asia/Tokyo"}
	at := time.Date(2026, 6, 2, 15, 0, 0, 0, time.UTC) // 2026-06-03 00:00 in Japan
	for cause, want := range map[string]string{clock.CauseDeemed: clock.StepDeemed, "arrival": clock.StepStart, "": clock.StepStart} {
		r, err := clock.Compute(rule, nil, []clock.Event{{Kind: clock.Start, At: at, Cause: cause}})
		if err != nil {
			t.Fatal(err)
		}
		if r.Steps[0].Code != want || r.FromOn != clock.On(2026, 6, 18) {
			t.Errorf("a start for %q is told as %q and ends on %s", cause, r.Steps[0].Code, r.FromOn)
		}
	}
}
