package clock_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"madoguchi/clock"
)

const feeStory = `zone: Asia/Tokyo
events:
  - {kind: start, at: 2026-10-01T10:00}
  - {kind: pause, cause: fee, at: 2026-10-05T00:30:00Z}
  - kind: resume
    cause: fee
    at: 2026-10-13 15:00
  - {kind: extension, at: "2026-10-20T09:00:00+09:00", n: 5, rule: r, ground: searching}
`

// TestEventsAreReadAsTheyWereRecorded holds zones, offsets, and JSON.
func TestEventsAreReadAsTheyWereRecorded(t *testing.T) {
	tokyo := zone(t, "Asia/Tokyo")
	want := []string{"start 2026-10-01T01:00:00Z", "pause fee 2026-10-05T00:30:00Z", "resume fee 2026-10-13T06:00:00Z", "extension 2026-10-20T00:00:00Z 5 r searching"}
	asJSON := `{"zone": "Asia/Tokyo", "events": [
	{"kind": "start", "at": "2026-10-01T10:00:00"},
	{"kind": "pause", "at": "2026-10-05T09:30", "cause": "fee"},
	{"kind": "resume", "at": "2026-10-13T06:00:00Z", "cause": "fee"},
	{"kind": "extension", "at": "2026-10-20T09:00:00+09:00", "n": 5, "rule": "r", "ground": "searching"}
	]}`
	for _, file := range []string{feeStory, asJSON} {
		got, err := clock.ParseEvents([]byte(file), "Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range got {
			words := strings.Fields(fmt.Sprintf("%s %s %s %d %s %s", e.Kind, e.Cause, e.At.UTC().Format(time.RFC3339), e.N, e.Rule, e.Ground))
			text := strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "0" }), " ")
			if text != want[i] {
				t.Errorf("%d: %s, want %s", i, text, want[i])
			}
		}
		if err := against(t, "events.schema.json", file); err != nil {
			t.Error(err)
		}
	}
	// Parts of a second stay, with an offset and without.
	parts := "zone: UTC\nevents: [{kind: start, at: '2026-10-01T10:00:00.5'}, {kind: pause, at: '2026-10-01T10:00:00.5Z'}]"
	if got, err := clock.ParseEvents([]byte(parts), ""); err != nil || got[0].At.Nanosecond() != 5e8 || !got[0].At.Equal(got[1].At) {
		t.Errorf("%v, %v", got, err)
	}
	if err := against(t, "events.schema.json", parts); err != nil {
		t.Error(err)
	}
	// Seconds may be left out, with an offset too.
	short := "events: [{kind: start, at: '2026-10-01T10:00+09:00'}, {kind: pause, at: '2026-10-01T02:00Z'}]"
	if got, err := clock.ParseEvents([]byte(short), ""); err != nil || got[0].At.UTC().Hour() != 1 || got[1].At.UTC().Hour() != 2 {
		t.Errorf("%v, %v", got, err)
	}
	if err := against(t, "events.schema.json", short); err != nil {
		t.Error(err)
	}
	// A file without a zone is read by the one that is handed in.
	got, err := clock.ParseEvents([]byte("events: [{kind: start, at: 2026-10-01T10:00}]"), "Europe/Berlin")
	if err != nil || got[0].At.UTC().Hour() != 8 {
		t.Errorf("%v, %v", got, err)
	}
	// An hour that comes twice means its first.
	got, err = clock.ParseEvents([]byte("events: [{kind: start, at: 2026-10-25T02:30}]"), "Europe/Berlin")
	if err != nil || got[0].At.UTC().Format(time.RFC3339) != "2026-10-25T00:30:00Z" {
		t.Errorf("%v, %v", got, err)
	}
	// What was read is computed with.
	story, err := clock.ParseEvents([]byte(strings.Replace(feeStory, "rule: r", "rule: other", 1)), "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := clock.Compute(rule(t, internal), calendars(t)["score-japan"], story)
	if err != nil || show(r, tokyo) != "2026-10-23 18:00" {
		t.Errorf("%s, %v", show(r, tokyo), err)
	}
}

// eventFaults are one fault each in feeStory.
var eventFaults = []struct {
	old, new, field string
	line            int
	schema          bool
}{
	{"zone: Asia/Tokyo", "zone: Asia/Kyoto", "zone", 1, false},
	{"zone: Asia/Tokyo\n", "", "events[0].at", 2, false},
	{"zone:", "zones:", "", 1, true},
	{"kind: start, ", "kind: begin, ", "events[0].kind", 3, true},
	{"kind: start, ", "", "events[0].kind", 3, true},
	{"kind: start, ", "kind: pause, ", "events", 3, false},
	{", at: 2026-10-01T10:00}", "}", "events[0].at", 3, true},
	{"at: 2026-10-01T10:00", "at: 20261001", "at", 3, true},
	{"at: 2026-10-01T10:00", "at: 2026-10-32T10:00", "events[0].at", 3, false},
	{"at: 2026-10-01T10:00", "at: yesterday", "events[0].at", 3, true},
	{"at: 2026-10-01T10:00", "at: 0001-01-01T00:00:00Z", "events[0].at", 3, false},
	{"at: 2026-10-01T10:00", "on: 2026-10-01T10:00", "", 3, true},
	{"at: 2026-10-13 15:00", "at: 2026-10-03 15:00", "events[2].at", 7, false},
	{"    cause: fee", "    cause: identity", "events[2].cause", 6, false},
	{"n: 5", "n: -5", "events[3].n", 8, true},
	{"n: 5", "n: five", "", 8, true},
	{"events:\n", "events: []\nmore:\n", "", 3, true},
	{"zone: Asia/Tokyo\nevents:\n  - {kind: start, at: 2026-10-01T10:00}", "zone: Europe/Berlin\nevents:\n  - {kind: start, at: 2026-03-29T02:30}", "events[0].at", 3, false},
}

// TestFaultyEventsNameTheFieldAndThePlace plants one fault per file, and asks the
// schema for those that can be seen by shape.
func TestFaultyEventsNameTheFieldAndThePlace(t *testing.T) {
	for _, x := range eventFaults {
		file := strings.Replace(feeStory, x.old, x.new, 1)
		if file == feeStory {
			t.Fatalf("%q is not in the file", x.old)
		}
		_, err := clock.ParseEvents([]byte(file), "")
		e, ok := err.(*clock.Error)
		if !ok || e.Field != x.field || e.Line != x.line || e.Column < 1 {
			t.Errorf("%q for %q: want %s in line %d, got %v", x.new, x.old, x.field, x.line, err)
		}
		if x.schema && against(t, "events.schema.json", file) == nil {
			t.Errorf("the schema takes %q for %q", x.new, x.old)
		}
	}
	if _, err := clock.ParseEvents([]byte("events: [{kind: start, at: 2026-03-29T02:30}]"), "Europe/Berlin"); err == nil || !strings.Contains(err.Error(), "daylight saving skips it") {
		t.Error(err)
	}
}

// TestAbsurdFilesAreRefusedQuickly holds the bounds of every parser: size, depth,
// aliases, and what is not text. None may take as long as parsing would.
func TestAbsurdFilesAreRefusedQuickly(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i := 'b'; i <= 'i'; i++ {
		bomb += fmt.Sprintf("%c: &%c [%s*%c]\n", i, i, strings.Repeat(fmt.Sprintf("*%c,", i-1), 8), i-1)
	}
	many := "events:\n" + strings.Repeat("- {kind: start, at: 2026-10-01T10:00Z}\n", 1001)
	for what, x := range map[string]struct{ file, says string }{
		"size":       {strings.Repeat("# nothing\n", 200_000), "more than 1048576 bytes"},
		"brackets":   {strings.Repeat("[", 500_000), "nested deeper"},
		"braces":     {"a: " + strings.Repeat("{a: ", 100_000), "nested deeper"},
		"dashes":     {strings.Repeat("- ", 400_000), "nested deeper"},
		"indents":    {deep(60), "nested deeper"},
		"bomb":       {bomb, "aliases"},
		"alias":      {"a: &x 1\nb: *x\n", "aliases"},
		"merge":      {"a: &x {b: 1}\nc: {<<: *x}\n", "aliases"},
		"tag":        {"a: !!binary aGVsbG8=\n", "tags"},
		"bytes":      {"a: \xff\xfe\n", "UTF-8"},
		"nul":        {"a: \x00\n", "UTF-8"},
		"documents":  {"a: 1\n---\nb: 1\n", "exactly one"},
		"nothing":    {"", "exactly one"},
		"keys":       {strings.Join(numbered(6000), ": 1\n"), "more than 5000"},
		"many":       {many, "at most 1000 are"},
		"duplicates": {"zone: UTC\nzone: UTC\n", "already defined"},
	} {
		for name, parse := range map[string]func([]byte) error{
			"rule":     func(b []byte) error { _, err := clock.ParseRule(b); return err },
			"rules":    func(b []byte) error { _, err := clock.ParseRules(b); return err },
			"events":   func(b []byte) error { _, err := clock.ParseEvents(b, "UTC"); return err },
			"calendar": func(b []byte) error { _, err := clock.ParseCalendar(b); return err },
			"holidays": func(b []byte) error { _, err := clock.ParseHolidays(b); return err },
		} {
			if what == "many" && name != "events" {
				continue
			}
			began := time.Now()
			err := parse([]byte(x.file))
			e, ok := err.(*clock.Error)
			if !ok || e.Line < 1 || e.Column < 1 || !strings.Contains(e.Message, x.says) {
				t.Errorf("%s as %s: %v", what, name, err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("%s as %s took %v", what, name, took)
			}
		}
	}
}

func deep(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat("  ", i) + "a:\n")
	}
	return b.String()
}

// TestExtensionsAreForOneRuleAndOnAGround holds Event.Rule, Event.Ground and
// Result.NoticeBy.
func TestExtensionsAreForOneRuleAndOnAGround(t *testing.T) {
	de := calendars(t)["de"]
	loc := zone(t, "Europe/Berlin")
	r := rule(t, gdpr+", extension: {max_times: 2, amount: 2, base: from-start, reasons_required: true, grounds: [complexity, number]}")
	story := events(t, "start 2026-02-10T10:00; extension 2026-03-01T00:00", loc)
	story[1].Rule, story[1].Ground = "r", "complexity"
	got, err := clock.Compute(r, de, story)
	if err != nil || show(got, loc) != "2026-05-11 24:00" || !got.NoticeBy.Equal(got.DueAt) {
		t.Fatalf("%s, notice by %v, %v", show(got, loc), got.NoticeBy, err)
	}
	if last := got.Steps[len(got.Steps)-1]; last.Code != clock.StepExtendable || !last.At.Equal(got.NoticeBy) || last.N != 2 {
		t.Errorf("the last step is %+v", last)
	}
	at := slices.IndexFunc(got.Steps, func(s clock.Step) bool { return s.Code == clock.StepExtension })
	if s := got.Steps[at]; s.Ground != "complexity" || s.Note != clock.FromStart || s.N != 2 {
		t.Errorf("the extension is told as %+v", s)
	}
	for field, e := range map[string]clock.Event{
		"events[1].ground": {Kind: clock.Prolonged, At: story[1].At},
		"events[1].n":      {Kind: clock.Prolonged, At: story[1].At, Ground: "number", N: 3},
		"events[1].at":     {Kind: clock.Prolonged, At: story[0].At.Add(-time.Hour), Ground: "number"},
	} {
		_, err := clock.Compute(r, de, []clock.Event{story[0], e})
		wantField(t, err, field)
	}
	other := story[1]
	other.Ground = "holiday"
	_, err = clock.Compute(r, de, []clock.Event{story[0], other})
	wantField(t, err, "events[1].ground")
	if !strings.Contains(err.Error(), "complexity, number") {
		t.Error(err)
	}
	// Another rule's extension changes nothing, however late it was.
	other.Rule, other.At = "s", other.At.AddDate(1, 0, 0)
	got, err = clock.Compute(r, de, []clock.Event{story[0], other})
	if err != nil || show(got, loc) != "2026-03-10 24:00" || !got.NoticeBy.Equal(got.DueAt) {
		t.Errorf("%s, %v", show(got, loc), err)
	}
	// No extension is left after the last one, and while paused no notice has a date.
	second := story[1]
	second.At, second.N = second.At.AddDate(0, 1, 0), 1
	got, err = clock.Compute(r, de, append(slices.Clone(story), second))
	if err != nil || !got.NoticeBy.IsZero() || show(got, loc) != "2026-06-10 24:00" {
		t.Errorf("%s, notice by %v, %v", show(got, loc), got.NoticeBy, err)
	}
	r.Pauses = map[string]clock.PauseMode{"identity": clock.PauseCalendarDays}
	got, err = clock.Compute(r, de, events(t, "start 2026-02-10T10:00; pause identity 2026-02-12T10:00", loc))
	if err != nil || got.State != clock.Paused || !got.NoticeBy.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	// A pause moves the date of the notice too.
	got, err = clock.Compute(r, de, events(t, "start 2026-02-10T10:00; pause identity 2026-02-12T10:00; resume identity 2026-02-14T10:00", loc))
	if err != nil || got.NoticeBy.In(loc).Format(time.DateTime) != "2026-03-13 00:00:00" {
		t.Errorf("%v, %v", got.NoticeBy.In(loc), err)
	}
	// A cut pause is put where it begins to count: after the notice that came in between.
	r.Pauses["authority"] = clock.PauseCalendarDays
	e := events(t, "start 2026-02-10T10:00; pause identity 2026-02-11T10:00; pause authority 2026-02-12T10:00; resume identity 2026-02-20T10:00; resume authority 2026-02-22T10:00", loc)
	notice := clock.Event{Kind: clock.Prolonged, At: events(t, "start 2026-02-15T10:00", loc)[0].At, Ground: "number"}
	got, err = clock.Compute(r, de, append(e, notice))
	if err != nil || show(got, loc) != "2026-05-21 24:00" {
		t.Errorf("%s, %v", show(got, loc), err)
	}
}

// TestMilestonesRunOnlyWhileTheClockRuns holds MilestoneAt (law.md C.2 rule 14).
func TestMilestonesRunOnlyWhileTheClockRuns(t *testing.T) {
	kai, loc := calendars(t)["kai"], zone(t, "Asia/Tokyo")
	const plain = "start 2026-09-18T15:00" // 2 hours on Friday, 6 on Thursday the 24th
	for _, x := range []struct {
		what, events, due string
		percent           int
		want              string
		cal               *clock.Calendar
	}{
		{"as without pauses", plain, "2026-09-24T17:00", 50, "2026-09-24T12:00", kai},
		{"the close, not the next opening", plain, "2026-09-24T17:00", 25, "2026-09-18T17:00", kai},
		{"nothing", plain, "2026-09-24T17:00", 0, "2026-09-18T15:00", kai},
		{"all", plain, "2026-09-24T17:00", 100, "2026-09-24T17:00", kai},
		// 1 hour, then a pause until Thursday 11:00: 1 + 1 + 4 + 2 (to Friday 12:00) = 8.
		{"half behind a pause", plain + "; pause fee 2026-09-18T16:00; resume fee 2026-09-24T11:00", "2026-09-25T12:00", 50, "2026-09-24T15:00", kai},
		{"an eighth ends where the pause begins", plain + "; pause fee 2026-09-18T16:00; resume fee 2026-09-24T11:00", "2026-09-25T12:00", 12, "2026-09-18T15:57:36", kai},
		{"overlapping pauses are one", plain + "; pause fee 2026-09-18T16:00; pause id 2026-09-18T16:30; resume id 2026-09-24T11:00; resume fee 2026-09-23T11:00", "2026-09-25T12:00", 50, "2026-09-24T15:00", kai},
		{"a pause before the start", "pause fee 2026-09-17T10:00; " + plain + "; resume fee 2026-09-18T16:00", "2026-09-24T17:00", 50, "2026-09-24T13:30", kai},
		{"a pause after the due", plain + "; pause fee 2026-09-24T17:00", "2026-09-24T17:00", 50, "2026-09-24T12:00", kai},
		{"closed time elapses", "start 2026-09-20T10:00; pause fee 2026-09-20T10:10; resume fee 2026-09-20T10:20", "2026-09-20T10:30", 75, "2026-09-20T10:25", kai},
		{"no calendar", "start 2026-09-20T10:00; pause fee 2026-09-20T10:10; resume fee 2026-09-20T10:20", "2026-09-20T10:30", 75, "2026-09-20T10:25", nil},
		{"an extension is not a pause", plain + "; extension 2026-09-18T16:00", "2026-09-24T17:00", 50, "2026-09-24T12:00", kai},
		{"the last start counts", "start 2026-09-01T15:00; " + plain, "2026-09-24T17:00", 50, "2026-09-24T12:00", kai},
	} {
		due, err := clock.ParseInstant("due", x.due, loc)
		if err != nil {
			t.Fatal(err)
		}
		want, err := clock.ParseInstant("want", x.want, loc)
		if err != nil && len(x.want) == 19 {
			t.Fatal(err)
		}
		got, err := clock.MilestoneAt(x.cal, events(t, x.events, loc), due, x.percent)
		if err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v; want %s", x.what, got.In(loc), err, x.want)
		}
	}
	due := events(t, "start 2026-09-24T17:00", loc)[0].At
	for field, script := range map[string]string{"events[1].cause": plain + "; pause fee 2026-09-18T16:00", "events": "pause fee 2026-09-18T16:00",
		"due": "start 2026-09-25T15:00", "events[0].at": "start 1960-01-01T00:00"} {
		_, err := clock.MilestoneAt(kai, events(t, script, loc), due, 50)
		wantField(t, err, field)
	}
	_, err := clock.MilestoneAt(kai, events(t, plain, loc), due, 101)
	wantField(t, err, "percent")
	_, err = clock.MilestoneAt(kai, events(t, plain, loc), due.AddDate(100, 0, 0), 50)
	wantField(t, err, "due")
}

// TestEveryVersionOfACalendarStays holds LoadCalendars: a case goes on counting by
// the version that it began with.
func TestEveryVersionOfACalendarStays(t *testing.T) {
	file := func(version, more string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("id: a\nzone: Asia/Tokyo\n" + strings.Replace(weekdaysAllDay, "version: test", "version: "+version, 1) + more)}
	}
	all, err := clock.LoadCalendars(fstest.MapFS{"a.yaml": file(`"2.9"`, ""), "b.yaml": file(`"2.10"`, "closed: [{on: 2026-10-02}]\n"), "c.yaml": file(`"2.5.1"`, "")})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 4 || all["a"] != all["a@2.10"] || all["a@2.9"].Version != "2.9" || all["a@2.5.1"] == nil {
		t.Errorf("%v", all)
	}
	if _, err := clock.LoadCalendars(fstest.MapFS{"a.yaml": file("1", ""), "b.yaml": file("1", "")}); err == nil || !strings.HasPrefix(err.Error(), "b.yaml: version: calendar a@1 is there twice") {
		t.Error(err)
	}
	if _, err := clock.LoadCalendars(fstest.MapFS{"a.yaml": {Data: []byte("id: a@1\nversion: v\nzone: UTC\n")}}); err == nil || !strings.Contains(err.Error(), "id: ") {
		t.Error(err)
	}
	ordered := []string{"", "1", "1.0", "1.00", "1.2", "1.10", "1.10.1", "1.x", "1.x.0", "2", "2.9", "2.10", "2026-02", "a"}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if a == "" || b == "" { // an empty version is a word
				continue
			}
			if got := clock.CompareVersions(a, b); got != want {
				t.Errorf("%q and %q compare as %d", a, b, got)
			}
		}
	}
}

// TestATellsDateNeverMovesSilently holds Moved (law.md C.2 rule 8).
func TestADateThatWasToldNeverMovesSilently(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 10, d, 9, 0, 0, 0, time.UTC) }
	due := func(d int) clock.Result { return clock.Result{State: clock.Due, DueAt: day(d)} }
	paused := clock.Result{State: clock.Paused, UnitsLeft: 3}
	for _, x := range []struct {
		what    string
		was, is clock.Result
		told    time.Time
		legal   bool
		want    time.Time
		changed bool
	}{
		{"nothing was told", due(16), due(19), time.Time{}, false, day(19), true},
		{"internal, later", due(16), due(19), day(16), false, day(16), true},
		{"internal, earlier", due(16), due(15), day(16), false, day(16), true},
		{"legal, earlier", due(16), due(15), day(16), true, day(15), true},
		{"legal, later", due(16), due(19), day(16), true, day(16), true},
		{"the same", due(16), due(16), day(16), true, day(16), false},
		{"paused", paused, paused, day(16), false, time.Time{}, false},
		{"fewer left", paused, clock.Result{State: clock.Paused, UnitsLeft: 2}, day(16), false, time.Time{}, true},
		{"an exposure", clock.Result{State: clock.Due, FromAt: day(16)}, clock.Result{State: clock.Due, FromAt: day(15)}, time.Time{}, true, day(15), true},
	} {
		m := clock.Moved(x.was, x.is, x.told, x.legal)
		if !m.Target.Equal(x.want) || m.Changed() != x.changed || !m.Told.Equal(x.told) {
			t.Errorf("%s: %+v", x.what, m)
		}
	}
}

// TestTheSchemaOfResultsTakesEveryShape holds what a result looks like as JSON.
func TestTheSchemaOfResultsTakesEveryShape(t *testing.T) {
	all := calendars(t)
	loc := zone(t, "Asia/Tokyo")
	var last []byte
	for _, x := range []struct{ rule, events string }{
		{internal, "start 2026-10-01T10:00; pause fee 2026-10-05T09:30; resume fee 2026-10-13T15:00"},
		{internal, "start 2026-10-01T10:00; pause fee 2026-10-05T09:30"},
		{internal, "start 2028-03-13T10:00"},
		{article39, "start 2026-10-01T10:00"},
		{"unit: business-minutes, n: 90", "start 2026-10-03T10:00:00+09:00"},
		{"unit: calendar-days, n: 10, roll: next-open-day, extension: {amount: 10, base: from-due}", "start 2026-10-01T10:00; extension 2026-10-05T10:00"},
		{"unit: calendar-days, n: 10, roll: next-open-day, extension: {amount: 10, base: from-due}", "start 2026-10-01T10:00"},
	} {
		r, err := clock.Compute(rule(t, x.rule), all["kai"], events(t, x.events, loc))
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := validJSON(t, "result.schema.json", data); err != nil {
			t.Errorf("%s\n%v", data, err)
		}
		last = data
	}
	for _, x := range []struct{ old, new string }{{`"state":"due"`, `"state":"late"`}, {`"due_on"`, `"due"`}, {`"steps"`, `"reasons"`},
		{`"state":"due"`, `"state":"paused"`}, {`"code":"count"`, `"code":"counted"`}, {`"due_at":"2026-10-`, `"due_at":"2026-10`}} {
		bad := strings.Replace(string(last), x.old, x.new, 1)
		if bad == string(last) || validJSON(t, "result.schema.json", []byte(bad)) == nil {
			t.Errorf("the schema takes %s for %s", x.new, x.old)
		}
	}
}

// TestOfSeveralUnknownKeysTheFirstIsNamed holds that one file always gives one error.
func TestOfSeveralUnknownKeysTheFirstIsNamed(t *testing.T) {
	for range 20 {
		_, err := clock.ParseEvents([]byte("zone: UTC\nevents:\n- {kind: start, att: 1, cuase: x, nn: 1}\n- {a: 1}\nmore: 1\nless: 2\n"), "")
		if e, ok := err.(*clock.Error); !ok || e.Line != 3 || e.Column != 17 || e.Message != `unknown field "att"` {
			t.Fatal(err)
		}
	}
	_, err := clock.ParseRule([]byte("{id: a, 1: b}"))
	if e, ok := err.(*clock.Error); !ok || !strings.Contains(e.Message, `"1" is not a key`) {
		t.Error(err)
	}
}

// numbered are n different keys.
func numbered(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("key-%d", i)
	}
	return keys
}
