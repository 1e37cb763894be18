package clock_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"madoguchi/clock"
)

// moved is the office whose calendar changed: 15 October 2026 is closed as well.
const moved = `
id: office
version: "2"
zone: Asia/Tokyo
covers: {from: 2026-01-01, to: 2027-12-31}
weekly: {mon: ["09:00-18:00"], tue: ["09:00-18:00"], wed: ["09:00-18:00"], thu: ["09:00-18:00"], fri: ["09:00-18:00"]}
closed: [{on: 2026-10-12, name: sports}, {on: 2026-10-15, name: new}]
`

// TestADateThatWasToldGoesOnFromWhereItStands holds C.2 rule 8 through whatever
// comes after a newer calendar.
func TestADateThatWasToldGoesOnFromWhereItStands(t *testing.T) {
	office, loc := calendar(t, moved), zone(t, "Asia/Tokyo")
	told := func(at, until string) clock.Event {
		e := events(t, "held "+at, loc)[0]
		e.Until = events(t, "start "+until, loc)[0].At
		return e
	}
	ten := "kind: internal, unit: business-days, n: 10, pauses: {fee: business-days, identity: business-days}, extension: {amount: 3, base: from-due}"
	month := "kind: legal-due, unit: months-eu, n: 1, roll: next-open-day, pauses: {fee: reset, identity: calendar-days}, extension: {amount: 2, base: from-start}"
	for _, x := range []struct{ name, rule, before, after, held, want string }{
		{"recounted it would be the 19th", ten, "start 2026-10-01T10:00", "", "", "2026-10-19 18:00"},
		{"it stays", ten, "start 2026-10-01T10:00", "", "2026-10-02T09:00 2026-10-16T18:00", "2026-10-16 18:00"},
		{"a pause moves it by its own days", ten, "start 2026-10-01T10:00", "pause fee 2026-10-05T10:00; resume fee 2026-10-13T10:00", "2026-10-02T09:00 2026-10-16T18:00", "2026-10-23 18:00"},
		{"a calendar that came during the pause", ten, "start 2026-10-01T10:00; pause fee 2026-10-05T10:00", "resume fee 2026-10-13T10:00", "2026-10-07T09:00 2026-10-16T18:00", "2026-10-23 18:00"},
		{"a calendar that came at the first instant of the pause", ten, "start 2026-10-01T10:00; pause fee 2026-10-05T10:00", "resume fee 2026-10-13T10:00", "2026-10-05T10:00 2026-10-16T18:00", "2026-10-23 18:00"},
		{"a pause within one day moves nothing", ten, "start 2026-10-01T10:00", "pause fee 2026-10-05T10:00; resume fee 2026-10-05T11:00", "2026-10-02T09:00 2026-10-15T18:00", "2026-10-15 18:00"},
		{"an extension goes on from it", ten, "start 2026-10-01T10:00", "extension 2026-10-16T17:59", "2026-10-02T09:00 2026-10-16T18:00", "2026-10-21 18:00"},
		{"an extension that came in time by the older calendar stays", ten, "start 2026-10-01T10:00; extension 2026-10-20T09:00", "", "2026-10-20T10:00 2026-10-26T18:00", "2026-10-26 18:00"},
		{"an extension at the very instant of the newer calendar", ten, "start 2026-10-01T10:00; extension 2026-10-16T10:00", "", "2026-10-16T10:00 2026-10-21T18:00", "2026-10-21 18:00"},
		{"the second of two holds", ten, "start 2026-10-01T10:00; held 2026-10-02T09:00", "", "2026-10-03T09:00 2026-10-20T18:00", "2026-10-20 18:00"},
		{"an end of day", month, "start 2026-09-15T10:00", "", "2026-10-02T09:00 2026-10-16T00:00", "2026-10-15 24:00"},
		{"an end of day, paused by days of the calendar", month, "start 2026-09-15T10:00", "pause identity 2026-10-05T10:00; resume identity 2026-10-07T10:00", "2026-10-02T09:00 2026-10-16T00:00", "2026-10-19 24:00"},
		{"an extension from the start counts anew", month, "start 2026-09-15T10:00", "extension 2026-10-05T10:00", "2026-10-02T09:00 2026-10-16T00:00", "2026-12-15 24:00"},
		{"a restart counts anew", month, "start 2026-09-15T10:00; pause fee 2026-09-16T10:00", "resume fee 2026-10-15T09:00", "2026-10-02T09:00 2026-10-16T00:00", "2026-11-16 24:00"},
	} {
		list := events(t, x.before, loc)
		for i := range list {
			if list[i].Kind == clock.Held {
				list[i].Until = list[i].At.AddDate(0, 0, 10)
			}
		}
		if at, until, ok := strings.Cut(x.held, " "); ok {
			list = append(list, told(at, until))
		}
		if x.after != "" {
			list = append(list, events(t, x.after, loc)...)
		}
		r, err := clock.Compute(rule(t, x.rule), office, list)
		if err != nil {
			t.Errorf("%s: %v", x.name, err)
			continue
		}
		got := r.DueAt.In(loc).Format("2006-01-02 15:04")
		if r.DueAt.Equal(r.DueOn.AddDays(1).In(loc)) {
			got = r.DueOn.String() + " 24:00"
		}
		if got != x.want {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
		says := slices.ContainsFunc(r.Steps, func(s clock.Step) bool { return s.Code == clock.StepHeld })
		if says == (x.held == "" || strings.HasPrefix(x.name, "a restart")) {
			t.Errorf("%s: the steps say %v", x.name, r.Steps)
		}
	}

	// While it pauses, what is left is counted to the date that was told.
	list := append(events(t, "start 2026-10-01T10:00; pause fee 2026-10-05T10:00", loc), told("2026-10-07T09:00", "2026-10-16T18:00"))
	if r, err := clock.Compute(rule(t, ten), office, list); err != nil || r.State != clock.Paused || r.UnitsLeft != 8 {
		t.Errorf("%+v, %v", r, err)
	}
	// The date of another rule is none of this one's, and shares of the time run on.
	other := told("2026-10-02T09:00", "2026-10-05T18:00")
	other.Rule = "other"
	list = append(events(t, "start 2026-10-01T10:00", loc), other)
	r, err := clock.Compute(rule(t, ten), office, list)
	if err != nil || show(r, loc) != "2026-10-19 18:00" {
		t.Errorf("%s, %v", show(r, loc), err)
	}
	if at, err := clock.MilestoneAt(office, list, r.DueAt, 50); err != nil || at.Before(list[0].At) || at.After(r.DueAt) {
		t.Errorf("%v, %v", at, err)
	}
	// It is no event that a file can bring.
	if _, err := clock.ParseEvents([]byte("zone: UTC\nevents: [{kind: start, at: 2026-10-01T10:00}, {kind: held, at: 2026-10-01T11:00}]"), ""); err == nil || !strings.Contains(err.Error(), "kind of event") {
		t.Errorf("%v", err)
	}
}

// TestAnEndOfDayIsToldAsThatDay: the midnight at which a day ends is never told as
// 00:00 of the next.
func TestAnEndOfDayIsToldAsThatDay(t *testing.T) {
	loc := zone(t, "Asia/Tokyo")
	always := calendar(t, "id: always\nzone: Asia/Tokyo"+weekdaysAllDay)
	for _, text := range []string{
		"unit: business-days, n: 2, extension: {amount: 2, base: from-due}",
		"unit: calendar-days, n: 5, extension: {amount: 2, base: from-start}",
		"unit: business-minutes, n: 2880, extension: {amount: 2, base: from-due}",
	} {
		for _, script := range []string{"start 2026-10-01T00:00", "start 2026-10-01T00:00; extension 2026-10-02T09:00"} {
			list := events(t, script, loc)
			r, err := clock.Compute(rule(t, text), always, list)
			if err != nil {
				t.Fatal(err)
			}
			r.Steps = append(r.Steps, clock.Step{Code: clock.StepHeld, On: clock.On(2026, 10, 5), At: clock.On(2026, 10, 6).In(loc)})
			for _, voice := range clock.Voices {
				for i, text := range clock.Explain(r.Steps, voice, loc) {
					if strings.Contains(text, "00:00") && r.Steps[i].Code != clock.StepStart && !r.Steps[i].At.Before(r.StartAt.Add(24*time.Hour)) {
						t.Errorf("%s: %s", voice, text)
					}
				}
			}
		}
	}
}

// TestWhatMovedAnEndBeforeItsExtensionIsTold: an extension from the due day begins
// where closed days put it, which is a reason too, and may be provisional.
func TestWhatMovedAnEndBeforeItsExtensionIsTold(t *testing.T) {
	loc := zone(t, "Asia/Tokyo")
	office := calendar(t, moved+"provisional: [{on: 2026-10-15, name: new}]\n")
	r, err := clock.Compute(rule(t, "kind: legal-due, unit: calendar-days, n: 10, roll: next-open-day, extension: {amount: 10, base: from-due}"), office,
		events(t, "start 2026-10-05T10:00; extension 2026-10-07T10:00", loc))
	if err != nil || r.DueOn != clock.On(2026, 10, 26) {
		t.Fatalf("%v, %v", r.DueOn, err)
	}
	var codes []string
	for _, s := range r.Steps {
		codes = append(codes, s.Code)
	}
	if got := strings.Join(codes, " "); got != "start excluded count raw closure roll notice-by extension raw provisional due-day" {
		t.Error(got)
	}
	if !r.Provisional {
		t.Error("it rests on a day that is not official yet, and does not say so")
	}
}

// TestPlainJapaneseTitlesAreJapanese: a title without a plain form is not told in
// English to who reads plain Japanese.
func TestPlainJapaneseTitlesAreJapanese(t *testing.T) {
	r := clock.Rule{ID: "x", Title: map[string]string{"en": "Answer", "ja": "回答"}}
	if got := clock.TitleOf(r, "ja-easy"); got != "回答" {
		t.Error(got)
	}
}

// TestADeemedStartNamesNoLandsLaw: every law's clock begins where a letter should
// have arrived, so that the sentence may not quote the article of one of them.
func TestADeemedStartNamesNoLandsLaw(t *testing.T) {
	step := clock.Step{Code: clock.StepDeemed, On: clock.On(2026, 6, 3), At: time.Date(2026, 6, 2, 15, 0, 0, 0, time.UTC)}
	for _, voice := range clock.Voices {
		if got := clock.Explain([]clock.Step{step}, voice, zone(t, "Asia/Tokyo"))[0]; strings.Contains(got, "39") {
			t.Errorf("%s: %s", voice, got)
		}
	}
}
