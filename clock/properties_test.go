package clock_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"madoguchi/clock"
)

// naiveEnd walks day by day to the end of a period of n months.
func naiveEnd(event clock.Date, n int, japanese bool) clock.Date {
	next := func(d clock.Date) clock.Date { return clock.DateOf(d.In(time.UTC).AddDate(0, 0, 1)) }
	begin := event
	if japanese {
		begin = next(event)
	}
	y, m := begin.Y, int(begin.M)+n
	for m > 12 {
		y, m = y+1, m-12
	}
	// The last day that lies in the target month and not past the corresponding day.
	last := clock.Date{}
	for d := begin; ; d = next(d) {
		if d.Y == y && int(d.M) == m {
			if d.D > begin.D || japanese && d.D == begin.D {
				break
			}
			last = d
		} else if d.Y > y || d.Y == y && int(d.M) > m {
			break
		} else {
			last = d // the day before the target month, when a period began on the 1st
		}
	}
	return last
}

// TestMonthsAgreeWithWalking holds both schools for every day of 2000 to 2050.
func TestMonthsAgreeWithWalking(t *testing.T) {
	days := 0
	for d := clock.On(2000, 1, 1); d.Y <= 2050; d = d.AddDays(1) {
		if got, want := d.AddMonthsEU(1), naiveEnd(d, 1, false); got != want {
			t.Fatalf("EU %s: %s, want %s", d, got, want)
		}
		if got, want := d.AddMonthsJP(1, clock.Exclude), naiveEnd(d, 1, true); got != want {
			t.Fatalf("JP %s: %s, want %s", d, got, want)
		}
		if d.AddDays(37).AddDays(-37) != d || d.Weekday() != d.In(time.UTC).Weekday() || clock.DateOf(d.In(time.UTC)) != d {
			t.Fatalf("%s does not come back", d)
		}
		days++
	}
	if days != 18628 {
		t.Errorf("%d days were looked at", days)
	}
}

// drawn is a random clock over a pack's calendar.
func drawn(t *rapid.T) (clock.Rule, clock.Event, []clock.Event) {
	r := clock.Rule{ID: "r", Kind: clock.Internal, Start: clock.StartArrival,
		Unit: rapid.SampledFrom([]clock.Unit{clock.ElapsedMinutes, clock.ElapsedHours, clock.BusinessMinutes, clock.CalendarDays,
			clock.BusinessDays, clock.Weeks, clock.MonthsJP, clock.MonthsEU, clock.YearsJP}).Draw(t, "unit"),
		N: rapid.IntRange(1, 20).Draw(t, "n")}
	mode := map[clock.Unit]clock.PauseMode{clock.ElapsedMinutes: clock.PauseElapsed, clock.ElapsedHours: clock.PauseElapsed, clock.BusinessMinutes: clock.PauseOpenMinutes}[r.Unit]
	if mode == "" {
		mode = rapid.SampledFrom([]clock.PauseMode{clock.PauseCalendarDays, clock.PauseBusinessDays}).Draw(t, "mode")
		if r.Unit != clock.BusinessDays {
			r.Roll = rapid.SampledFrom([]clock.Roll{clock.RollNone, clock.NextOpenDay}).Draw(t, "roll")
		}
	} else {
		r.N *= rapid.SampledFrom([]int{1, 30}).Draw(t, "times")
	}
	r.Pauses = map[string]clock.PauseMode{clock.AnyCause: mode}
	minute := func(from, to int, what string) time.Time {
		return time.Date(2026, 1, 1, 0, rapid.IntRange(from, to).Draw(t, what), 0, 0, time.UTC)
	}
	start := clock.Event{Kind: clock.Start, At: minute(0, 60*24*700, "start")}
	var pauses []clock.Event
	for i := range rapid.IntRange(0, 2).Draw(t, "pauses") {
		from := start.At.Add(time.Duration(rapid.IntRange(-2000, 30000).Draw(t, "from")) * time.Minute)
		cause := string(rune('a' + i))
		pauses = append(pauses, clock.Event{Kind: clock.Pause, At: from, Cause: cause},
			clock.Event{Kind: clock.Resume, At: from.Add(time.Duration(rapid.IntRange(0, 10000).Draw(t, "length")) * time.Minute), Cause: cause})
	}
	return r, start, pauses
}

func TestProperties(t *testing.T) {
	all := calendars(t)
	kai, base := all["kai"], all["score-japan"]
	closedMore := calendar(t, strings.Replace(string(must(os.ReadFile("../packs/calendars/score-japan.yaml"))), "closed:", "closed:\n  - {annual: 06-01..06-20}\n  - {on: 2026-03-03}", 1))
	rapid.Check(t, func(t *rapid.T) {
		r, start, pauses := drawn(t)
		due := func(cal *clock.Calendar, start clock.Event, rest ...clock.Event) clock.Result {
			got, err := clock.Compute(r, cal, append([]clock.Event{start}, rest...))
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		plain := due(kai, start)
		later := start
		later.At = later.At.Add(time.Duration(rapid.IntRange(1, 5000).Draw(t, "later")) * time.Minute)
		if due(kai, later).DueAt.Before(plain.DueAt) {
			t.Error("a later start gave an earlier due")
		}
		// Only where the pause is measured as the rule is, since a day of pause may be
		// worth less than what a month's end or a weekend takes; and where it begins
		// after the day of the start, since a pause on that day gives it back.
		alike := r.Unit != clock.MonthsEU && r.Unit != clock.MonthsJP && r.Unit != clock.YearsJP &&
			(r.Unit == clock.BusinessDays) == (r.Pauses[clock.AnyCause] == clock.PauseBusinessDays)
		for _, p := range pauses {
			alike = alike && p.At.After(later.At.Add(24*time.Hour))
		}
		if alike && due(kai, later, pauses...).DueAt.Before(due(kai, start, pauses...).DueAt) {
			t.Error("with pauses, a later start gave an earlier due")
		}
		if due(kai, start, pauses...).DueAt.Before(plain.DueAt) {
			t.Error("a pause shortened the clock")
		}
		if due(closedMore, start).DueAt.Before(due(base, start).DueAt) {
			t.Error("more closed days shortened the clock")
		}
		if r.Unit == clock.BusinessMinutes && clock.OpenMinutes(kai, start.At, plain.DueAt) != r.N {
			t.Error("the minutes between start and due are not the amount asked")
		}
		if plain.DueOn.Before(plain.UnrolledOn) || len(plain.Steps) < 3 {
			t.Error("rolled backwards, or without reasons")
		}
		last := start.At
		for percent := 0; percent <= 100; percent += 10 {
			at, err := clock.Share(kai, start.At, plain.DueAt, percent)
			if err != nil || at.Before(last) || at.After(plain.DueAt) {
				t.Fatalf("%d %%: %v after %v, %v", percent, at, last, err)
			}
			last = at
		}
		guard, err := clock.Guard(clock.Result{FromAt: plain.DueAt}, kai)
		if err != nil || !guard.Before(plain.DueAt) || clock.OpenMinutes(kai, guard, plain.DueAt) > 1 {
			t.Errorf("the guard of %v is %v, %v", plain.DueAt, guard, err)
		}
	})
}

func must[T any](what T, err error) T {
	if err != nil {
		panic(err)
	}
	return what
}

// TestSchemasAgreeWithTheParsers holds the published schemas: what the packs hold
// passes, and what the parsers refuse by its shape is refused.
func TestSchemasAgreeWithTheParsers(t *testing.T) {
	validate := func(schema, file string) error {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(must(os.ReadFile("../packs/schema/" + schema)))))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(schema, doc); err != nil {
			t.Fatal(err)
		}
		sch, err := c.Compile(schema)
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := yaml.YAMLToJSON([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(asJSON, &v); err != nil {
			t.Fatal(err)
		}
		return sch.Validate(v)
	}
	files, _ := filepath.Glob("../packs/calendars/*.yaml")
	for _, name := range files {
		if err := validate("calendar.schema.json", string(must(os.ReadFile(name)))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(files) < 6 {
		t.Errorf("only %d files", len(files))
	}
	good := "{id: a, kind: internal, start: arrival, unit: business-days, n: 10, zone: Asia/Tokyo, pauses: {'*': business-days}, " +
		"extension: {amount: 2, base: from-due, grounds: [x]}, in_force_from: 2027-01-01}"
	if err := validate("rule.schema.json", good); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		strings.Replace(good, "internal", "wish", 1), strings.Replace(good, "n: 10", "n: 0", 1), strings.Replace(good, "unit", "units", 1),
		strings.Replace(good, "from-due", "middle", 1), strings.Replace(good, "'*': business-days", "'*': stop", 1), strings.Replace(good, "2027-01-01", "soon", 1),
	} {
		if validate("rule.schema.json", bad) == nil {
			t.Errorf("the schema takes %s", bad)
		}
		if _, err := clock.ParseRule([]byte(bad)); err == nil {
			t.Errorf("the parser takes %s", bad)
		}
	}
	calendar := "{id: a, version: v, zone: UTC, covers: {from: 2020-01-01, to: 2020-12-31}, weekly: {mon: ['09:00-17:00']}, closed: [{annual: 12-29..01-03}]}"
	if err := validate("calendar.schema.json", calendar); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		strings.Replace(calendar, "mon", "monday", 1), strings.Replace(calendar, "09:00-17:00", "nine", 1), strings.Replace(calendar, "zone", "zoned", 1), strings.Replace(calendar, "12-29..01-03", "winter", 1),
	} {
		if validate("calendar.schema.json", bad) == nil {
			t.Errorf("the schema takes %s", bad)
		}
		if _, err := clock.ParseCalendar([]byte(bad)); err == nil {
			t.Errorf("the parser takes %s", bad)
		}
	}
}

func BenchmarkCompute(b *testing.B) {
	kai := calendars(b)["kai"]
	r := clock.Rule{ID: "r", Kind: clock.Internal, Start: clock.StartArrival, Unit: clock.BusinessDays, N: 10}
	base, i := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		if _, err := clock.Compute(r, kai, []clock.Event{{Kind: clock.Start, At: base.Add(time.Duration(i%500000) * time.Minute)}}); err != nil {
			b.Fatal(err)
		}
	}
}
