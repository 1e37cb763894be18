package clock_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"madoguchi/clock"
)

// TestBadEventsNameTheField holds that nothing is guessed.
func TestBadEventsNameTheField(t *testing.T) {
	all, loc := calendars(t), zone(t, "Asia/Tokyo")
	for _, x := range []struct{ rule, calendar, events, field string }{
		{internal, "kai", "pause fee 2026-10-05T09:00", "events"},
		{internal, "kai", "start 2026-10-01T10:00; start 2026-10-02T10:00", "events[1].kind"},
		{internal, "kai", "start 2026-10-01T10:00; pause fee 2026-10-13T09:00; resume fee 2026-10-05T09:00", "events[2].at"},
		{internal, "kai", "start 2026-10-01T10:00; resume fee 2026-10-05T09:00", "events[1].cause"},
		{internal, "kai", "start 2026-10-01T10:00; pause fee 2026-10-05T09:00; pause fee 2026-10-06T09:00", "events[2].cause"},
		{internal, "kai", "start 2026-10-01T10:00; stop fee 2026-10-05T09:00", "events[1].kind"},
		{internal, "kai", "start 1969-12-31T10:00", "events[0].at"},
		{internal, "kai", "start 2051-01-01T10:00", "events[0].at"},
		{internal, "kai", "start 2050-12-28T10:00", "calendar"},
		{"unit: business-minutes, n: 60", "kai", "start 2050-12-31T10:00", "calendar"},
		{"unit: business-minutes, n: 90000000", "kai", "start 2026-12-01T10:00", "calendar"},
		{internal, "", "start 2026-10-01T10:00", "zone"},
		{internal + ", zone: Asia/Tokyo", "", "start 2026-10-01T10:00", "calendar"},
		{internal + ", calendar: other", "kai", "start 2026-10-01T10:00", "calendar"},
		{internal + ", zone: Europe/Berlin", "kai", "start 2026-10-01T10:00", "zone"},
		{internal + ", in_force_from: 2027-01-01", "kai", "start 2026-10-01T10:00", "in_force_from"},
		{internal + ", in_force_to: 2026-09-30", "kai", "start 2026-10-01T10:00", "in_force_from"},
		{"unit: years-jp, n: 30, pauses: {fee: business-days}", "kai", "start 2026-10-01T10:00; pause fee 2050-12-28T10:00; resume fee 2051-01-10T10:00", "events[1].at"},
		{"zone: Asia/Tokyo, unit: years-jp, n: 3000000", "", "start 2026-10-01T10:00", "n"},
	} {
		_, err := clock.Compute(rule(t, x.rule), all[x.calendar], events(t, x.events, loc))
		if err == nil {
			t.Errorf("%s: %s was taken", x.rule, x.events)
			continue
		}
		wantField(t, err, x.field)
	}
	if _, err := clock.Compute(rule(t, internal), all["kai"], []clock.Event{{Kind: clock.Start}}); err == nil {
		t.Error("a start without an instant was taken")
	}
}

// TestSkippedTimesAreErrors holds the hour that daylight saving skips, and the
// midnight that it skips in São Paulo.
func TestSkippedTimesAreErrors(t *testing.T) {
	berlin, paulo := zone(t, "Europe/Berlin"), zone(t, "America/Sao_Paulo")
	_, err := clock.ParseInstant("start", "2026-03-29T02:30", berlin)
	wantField(t, err, "start")
	for text, want := range map[string]string{
		"2026-03-29T01:59": "2026-03-29T00:59:00Z", "2026-03-29T03:00": "2026-03-29T01:00:00Z",
		"2026-10-25T02:30": "2026-10-25T00:30:00Z", "2026-10-25T03:00": "2026-10-25T02:00:00Z",
	} {
		at, err := clock.ParseInstant("start", text, berlin)
		if err != nil || at.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: %v, %v", text, at.UTC(), err)
		}
	}
	if at := clock.On(2018, 11, 4).In(paulo); at.UTC().Format(time.RFC3339) != "2018-11-04T03:00:00Z" {
		t.Errorf("the day without a midnight begins at %v", at)
	}
	if at := clock.On(2018, 2, 18).In(paulo); at.UTC().Format(time.RFC3339) != "2018-02-18T03:00:00Z" {
		t.Errorf("the day after the long evening begins at %v", at)
	}
}

// TestFaultyFilesAreErrorsWithAPlace plants one fault per file.
func TestFaultyFilesAreErrorsWithAPlace(t *testing.T) {
	for _, x := range []struct{ file, field, message string }{
		{"1:1 id: a\n", "version", ""},
		{"3:7 id: a\nversion: v\nzone: Mars/Olympus\n", "zone", "not a known"},
		{"5:9 id: a\nversion: v\nzone: UTC\nweekly:\n  mon: [\"17:00-09:00\"]\n", "", "time span"},
		{"5:31 id: a\nversion: v\nzone: UTC\ncovers: {from: 2020-01-01, to: 2020-12-31}\nweekly: {mon: [\"09:00-12:00\", \"11:00-13:00\"]}\n", "weekly.mon[1]", "before"},
		{"5: id: a\nversion: v\nzone: UTC\ncovers: {from: 2020-01-01, to: 2020-12-31}\nweekly: {}\n", "weekly", "no open day"},
		{"5: id: a\nversion: v\nzone: UTC\ncovers: {from: 2020-01-01, to: 2020-12-31}\nweekly: {monday: [\"09:00-12:00\"]}\n", "weekly.monday", "day of the week"},
		{"4: id: a\nversion: v\nzone: UTC\ncovers: {from: 2020-01-01, to: 2019-12-31}\n", "covers", "before it begins"},
		{"4: id: a\nversion: v\nzone: UTC\ncovers: {from: 0001-01-01, to: 9000-12-31}\n", "covers", "200 years"},
		{"4: id: a\nversion: v\nzone: UTC\nholidays: jp@0\n", "holidays", "no holiday set"},
		{"4:1 id: a\nversion: v\nzone: UTC\nhollidays: jp@0\n", "", "unknown field"},
		{"6: id: a\nversion: v\nzone: UTC\ncovers: {from: 2020-01-01, to: 2020-12-31}\nweekly: {mon: [\"09:00-12:00\"]}\nclosed: [{on: 2020-02-30}]\n", "", "not a date"},
		{"6: id: a\nversion: v\nzone: UTC\ncovers: {from: 2020-01-01, to: 2020-12-31}\nweekly: {mon: [\"09:00-12:00\"]}\nclosed: [{annual: 12-29}, {annual: 13-01..01-03}]\n", "closed[1].annual", "span"},
		{"2:4 id: a\nversion: v\nversion: w\nzone: [UTC\n", "", ""},
	} {
		place, file, _ := strings.Cut(x.file, " ")
		_, err := clock.ParseCalendar([]byte(file))
		e, ok := err.(*clock.Error)
		if !ok {
			t.Errorf("%q: %v", file, err)
			continue
		}
		line, _, _ := strings.Cut(place, ":")
		if x.message != "" && (e.Line == 0 || e.Column == 0 || line != jsonOf(e.Line)) || e.Line == 0 || e.Field != x.field || !strings.Contains(e.Message, x.message) {
			t.Errorf("%q at %s: got %v", file, place, e)
		}
	}
	for file, field := range map[string]string{
		"{kind: internal, start: arrival, unit: weeks, n: 1}":                                                            "id",
		"{id: a, kind: wish, start: arrival, unit: weeks, n: 1}":                                                         "kind",
		"{id: a, kind: internal, start: whenever, unit: weeks, n: 1}":                                                    "start",
		"{id: a, kind: internal, start: arrival, unit: fortnights, n: 1}":                                                "unit",
		"{id: a, kind: internal, start: arrival, unit: weeks, n: -1}":                                                    "n",
		"{id: a, kind: internal, start: arrival, unit: weeks}":                                                           "n",
		"{id: a, kind: internal, start: arrival, unit: weeks, n: 1, zone: Asia/Nowhere}":                                 "zone",
		"{id: a, kind: internal, start: arrival, unit: weeks, n: 1, end_point: exact}":                                   "end_point",
		"{id: a, kind: internal, start: arrival, unit: weeks, n: 1, end_point: close-of-business}":                       "end_point",
		"{id: a, kind: internal, start: arrival, unit: elapsed-hours, n: 1, first_day: include}":                         "first_day",
		"{id: a, kind: internal, start: arrival, unit: weeks, n: 1, roll: sideways}":                                     "roll",
		"{id: a, kind: exposure, start: arrival, unit: weeks, n: 2, pauses: {fee: calendar-days}}":                       "pauses.fee",
		"{id: a, kind: internal, start: arrival, unit: business-minutes, n: 2, pauses: {fee: calendar-days}}":            "pauses.fee",
		"{id: a, kind: internal, start: arrival, unit: weeks, n: 2, extension: {amount: 0, base: from-start}}":           "extension.amount",
		"{id: a, kind: internal, start: arrival, unit: weeks, n: 2, extension: {amount: 1, base: middle}}":               "extension.base",
		"{id: a, kind: internal, start: arrival, unit: weeks, n: 2, in_force_from: 2027-01-01, in_force_to: 2026-01-01}": "in_force_to",
	} {
		_, err := clock.ParseRule([]byte(file))
		if err == nil {
			t.Errorf("%s was taken", file)
			continue
		}
		wantField(t, err, field)
		if e := err.(*clock.Error); e.Line != 1 || e.Column < 1 {
			t.Errorf("%s: no place in %v", file, e)
		}
	}
}

func jsonOf(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// TestLoadingNamesTheFile holds the folder: doubles and faults name their file.
func TestLoadingNamesTheFile(t *testing.T) {
	one := []byte("id: a" + weekdaysAllDay + "zone: UTC\n")
	if _, err := clock.LoadCalendars(fstest.MapFS{"a.yaml": {Data: one}, "b.yaml": {Data: one}}); err == nil || !strings.HasPrefix(err.Error(), "b.yaml: ") {
		t.Errorf("two calendars of one ID: %v", err)
	}
	if _, err := clock.LoadCalendars(fstest.MapFS{"a.yaml": {Data: one}, "c.yaml": {Data: []byte("id: c\n")}}); err == nil || !strings.HasPrefix(err.Error(), "c.yaml: line ") {
		t.Errorf("a faulty calendar: %v", err)
	}
	all, err := clock.LoadCalendars(os.DirFS("../packs/calendars"))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"score-japan", "izumisano", "kai", "qoo10", "scsk-serviceware"} {
		if cal := all[id]; cal == nil || cal.From != clock.On(1970, 1, 1) || cal.To != clock.On(2050, 12, 31) || len(cal.Digest) != 64 || !cal.ClosuresAssumed {
			t.Errorf("%s: %+v", id, cal)
		}
	}
	if all["kai"].HoursAssumed || !all["izumisano"].HoursAssumed {
		t.Error("published and assumed hours are mixed up")
	}
}

// TestJapaneseClosedDays holds the days that lists often have wrong.
func TestJapaneseClosedDays(t *testing.T) {
	sj := calendars(t)["score-japan"]
	for _, on := range strings.Fields("2026-05-06 2027-03-22 2029-02-12 2029-04-30 2029-09-24 2030-05-06 2030-08-12 2030-11-04 2031-02-24 2031-05-06 2031-11-24 2033-03-21 2034-01-02 " +
		"2026-09-22 2032-09-21 2019-04-30 2019-05-01 2019-05-02 2019-10-22 2020-07-23 2020-07-24 2021-07-22 2021-07-23 2021-08-09 2026-12-29 2027-01-01") {
		d, err := clock.ParseDate(on)
		if err != nil || clock.OpenDay(sj, d) || len(clock.Hours(sj, d)) != 0 {
			t.Errorf("%s is open", on)
		}
	}
	for _, on := range strings.Fields("2021-07-19 2021-10-11 2028-09-21 2026-12-28 2027-01-04") {
		d, _ := clock.ParseDate(on)
		if !clock.OpenDay(sj, d) || len(clock.Hours(sj, d)) != 1 {
			t.Errorf("%s is closed", on)
		}
	}
}

// TestEveryStepSpeaksEveryVoice renders every code in every voice and looks for
// what was left unfilled.
func TestEveryStepSpeaksEveryVoice(t *testing.T) {
	codes := []string{clock.StepStart, clock.StepDeemed, clock.StepReset, clock.StepExcluded, clock.StepIncluded, clock.StepCount, clock.StepOpening, clock.StepWeekly,
		clock.StepHoliday, clock.StepClosure, clock.StepClosedDays, clock.StepRaw, clock.StepPause, clock.StepPauseOpen, clock.StepPauseLate,
		clock.StepNoticeBy, clock.StepExtension, clock.StepExtendable, clock.StepNoFigure, clock.StepHeld, clock.StepRoll, clock.StepProvisional, clock.StepDue, clock.StepDueDay, clock.StepFrom}
	for _, code := range codes {
		s := clock.Step{Code: code, On: clock.On(2026, 11, 20), At: time.Date(2026, 11, 20, 7, 30, 0, 0, time.UTC), N: 2, Cause: "fee", Note: "春分の日"}
		switch code {
		case clock.StepCount, clock.StepExtendable:
			s.Cause = string(clock.BusinessDays)
		case clock.StepExtension:
			s.Cause, s.Note, s.Ground = string(clock.BusinessDays), clock.FromDue, "searching"
		case clock.StepPause:
			s.Note = string(clock.PauseBusinessDays)
		case clock.StepPauseOpen:
			s.Note = string(clock.BusinessMinutes)
		}
		seen := map[string]string{}
		for _, voice := range clock.Voices {
			got := clock.Explain([]clock.Step{s}, voice, zone(t, "Asia/Tokyo"))
			if len(got) != 1 || got[0] == "" || got[0][0] == '[' || strings.ContainsAny(got[0], "{}|") || strings.Contains(got[0], "  ") {
				t.Errorf("%s in %s: %q", code, voice, got)
			}
			if other, double := seen[got[0]]; double && !(voice == "ja-easy" && other == "ja") {
				t.Errorf("%s is the same in %s and %s", code, voice, other)
			}
			seen[got[0]] = voice
		}
	}
}

// TestExtensionsSayWhyAndFromWhere holds what an explanation says of an extension and
// of a day that is not official yet.
func TestExtensionsSayWhyAndFromWhere(t *testing.T) {
	step := clock.Step{Code: clock.StepExtension, At: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), N: 2, Cause: string(clock.MonthsEU), Note: clock.FromStart, Ground: "complexity"}
	for ground, want := range map[string]string{
		"complexity": "Extended by 2 months, counted from the start; the notice was sent on Sunday 1 March 2026, 08:00 (reason: complexity of the request).",
		"distance":   "Extended by 2 months, counted from the start; the notice was sent on Sunday 1 March 2026, 08:00 (reason: distance).",
		"":           "Extended by 2 months, counted from the start; the notice was sent on Sunday 1 March 2026, 08:00.",
	} {
		step.Ground = ground
		if got := clock.Explain([]clock.Step{step}, "en", time.UTC)[0]; got != want {
			t.Errorf("%q", got)
		}
	}
	kai, loc := calendars(t)["kai"], zone(t, "Asia/Tokyo")
	r, err := clock.Compute(rule(t, "unit: business-days, n: 10"), kai, events(t, "start 2028-03-13T10:00", loc))
	if err != nil || !r.Provisional {
		t.Fatal(err)
	}
	for voice, want := range map[string]string{
		"en": "This rests on Monday 20 March 2028 (Vernal Equinox Day), which is not official yet, so it may change.",
		"ja": "2028年3月20日（月）（春分の日）がまだ官報などで確定していないため、変わることがあります。",
	} {
		if all := clock.Explain(r.Steps, voice, loc); !slices.Contains(all, want) {
			t.Errorf("%s: %s", voice, strings.Join(all, "\n"))
		}
	}
	own := calendar(t, "id: a\nversion: v\nzone: Asia/Tokyo\nprovisional: [{from: 2026-10-01, to: 2026-10-05, name: move of the office}]"+strings.Replace(weekdaysAllDay, "version: test", "", 1))
	r, err = clock.Compute(rule(t, "unit: calendar-days, n: 5, roll: next-open-day"), own, events(t, "start 2026-09-28T10:00", loc))
	if err != nil || !slices.Contains(clock.Explain(r.Steps, "de", loc), "Dies beruht auf Freitag, 2. Oktober 2026 (move of the office); das ist noch nicht amtlich und kann sich ändern.") {
		t.Errorf("%v, %s", err, strings.Join(clock.Explain(r.Steps, "de", loc), "\n"))
	}
}

// TestEveryHolidayHasANameInEveryVoice looks at the names of the packs.
func TestEveryHolidayHasANameInEveryVoice(t *testing.T) {
	data, err := os.ReadFile("../packs/calendars/holidays-jp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	names := 0
	for line := range strings.Lines(string(data)) {
		on, name, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || len(on) != 10 || on[4] != '-' {
			continue
		}
		names++
		for _, voice := range []string{"en", "vi", "de"} {
			got := clock.Explain([]clock.Step{{Code: clock.StepHoliday, On: clock.On(2026, 1, 1), N: 1, Note: name}}, voice, time.UTC)[0]
			for _, r := range got {
				if r > 0x3000 && r < 0xa000 {
					t.Fatalf("%s has no name in %s: %s", name, voice, got)
				}
			}
		}
	}
	if names < 1300 {
		t.Errorf("only %d holidays were looked at", names)
	}
}

// TestAnExplanationReadsAsAStory is one whole explanation in each voice.
func TestAnExplanationReadsAsAStory(t *testing.T) {
	all, loc := calendars(t), zone(t, "Asia/Tokyo")
	r, err := clock.Compute(rule(t, internal), all["score-japan"], events(t, "start 2026-10-01T10:00; pause fee 2026-10-05T09:30; resume fee 2026-10-13T15:00", loc))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, voice := range clock.Voices {
		b.WriteString("-- " + voice + " --\n" + strings.Join(clock.Explain(r.Steps, voice, loc), "\n") + "\n")
	}
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile("testdata/explanation.golden", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/explanation.golden")
	if err != nil || b.String() != string(want) {
		t.Errorf("%v; got\n%s", err, b.String())
	}
}

// TestResultsSurviveJSON holds that a recorded answer reads back as it was.
func TestResultsSurviveJSON(t *testing.T) {
	all, loc := calendars(t), zone(t, "Asia/Tokyo")
	for _, text := range []string{internal, article39} {
		r, err := clock.Compute(rule(t, text), all["kai"], events(t, "start 2026-10-01T10:00", loc))
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back clock.Result
		if err := json.Unmarshal(data, &back); err != nil || jsonOf(back) != string(data) || back.DueOn != r.DueOn || !back.DueAt.Equal(r.DueAt) {
			t.Errorf("%v\n%s\n%s", err, data, jsonOf(back))
		}
	}
	for _, bad := range []int{math.MinInt, -1, 1441} {
		if _, err := clock.Local(clock.On(2026, 1, 1), bad, loc); err == nil {
			t.Errorf("minute %d was taken", bad)
		}
	}
}

// TestListsThatNoOfficeHasAreRefused: each entry may go over two centuries of days, so
// that a file of the size that is read could keep a program busy for a minute.
func TestListsThatNoOfficeHasAreRefused(t *testing.T) {
	head := strings.Replace("id: a\nzone: Asia/Tokyo"+weekdaysAllDay, "covers: {from: 2020-01-01, to: 2030-12-31}", "covers: {from: 1950-01-01, to: 2149-12-31}", 1)
	set := "kind: holidays\nid: a\nversion: v\nsource: s\nread: 2026-01-01\ncovers: {from: 1950-01-01, to: 2149-12-31}\n"
	for list, entry := range map[string]string{"closed": "- {annual: 01-02..12-31}\n", "provisional": "- {annual: 01-02..12-31}\n", "open": "- {on: 2026-01-02, hours: [\"10:00-11:00\"]}\n", "holidays": "- jp@1\n"} {
		began := time.Now()
		_, err := clock.ParseCalendar([]byte(head + list + ":\n" + strings.Repeat(entry, 20_000)))
		if err == nil || !strings.Contains(err.Error(), list+": has 20000 entries; at most 1000 are read") {
			t.Errorf("%s: %v", list, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", list, took)
		}
	}
	if _, err := clock.ParseHolidays([]byte(set + "provisional:\n" + strings.Repeat("- 2026-01-01..2140-01-01\n", 20_000))); err == nil || !strings.Contains(err.Error(), "provisional: has 20000 entries") {
		t.Error(err)
	}
	// What is read of it is done in a moment.
	began := time.Now()
	if _, err := clock.ParseCalendar([]byte(head + "provisional:\n" + strings.Repeat("- {annual: 01-02..12-31, name: a}\n- {annual: 01-02..12-31, name: b}\n", 500))); err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v, %v", err, time.Since(began))
	}
}
