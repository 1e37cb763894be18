package clock_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"madoguchi/clock"
)

// moonLaw is a file of rules with one of everything: two rules of one ID, one that
// is switched off, one without a figure, one that hangs on a further fact, and one
// that another event starts.
const moonLaw = `regime: moon
name: {en: Moon Data Act, ja: 月データ法}
rules:
  - id: moon.5.answer
    title: {en: answer, ja: 回答}
    article: "5"
    source: Moon gazette 12
    read: 2026-11-22
    kinds: [disclosure, correction]
    kind: legal-due
    start: arrival
    unit: elapsed-hours
    n: 72
    in_force_from: 2023-07-01
    in_force_to: 2025-12-31
  - id: moon.5.answer
    title: {en: answer, ja: 回答}
    article: "5"
    source: Moon gazette 40
    read: 2026-11-22
    kinds: [disclosure, correction]
    kind: legal-due
    start: arrival
    unit: business-days
    n: 2
    end_point: end-of-day
    pauses: {identity: calendar-days}
    extension: {max_times: 2, amount: 3, base: from-due, notice_before: due, reasons_required: true, grounds: [volume, distance]}
    in_force_from: 2026-01-01
  - id: moon.6.third-party
    title: {en: answer with a third party}
    source: Moon gazette 40
    read: 2026-11-22
    when: third-party
    kind: legal-due
    start: arrival
    unit: calendar-days
    n: 20
  - id: moon.7.correction
    title: {en: correction}
    mark: memory
    kinds: [correction]
    kind: legal-due
    start: arrival
    unit: calendar-days
    n: 10
  - id: moon.8.withdrawal
    title: {en: withdrawal}
    mark: verify
    kind: legal-due
    start: arrival
    unit: calendar-days
    n: 15
  - id: moon.9.promptly
    title: {en: without delay}
    source: Moon gazette 12
    read: 2026-11-22
    kind: legal-due
    start: arrival
    unit: no-figure
  - id: moon.10.keep
    title: {en: keep a copy}
    source: Moon gazette 12
    read: 2026-11-22
    kind: legal-due
    start: event
    unit: calendar-days
    n: 30
notes:
  - Fees may be asked for (article 12).
`

func ids(rules []clock.Rule) string {
	var out []string
	for _, r := range rules {
		out = append(out, r.ID)
	}
	return strings.Join(out, " ")
}

// TestTheRuleOfTheDayOfArrivalGoverns holds Book: which rule, and which error.
func TestTheRuleOfTheDayOfArrivalGoverns(t *testing.T) {
	book, err := clock.LoadRules(fstest.MapFS{"moon.yaml": {Data: []byte(moonLaw)},
		"sun.yaml": {Data: []byte("regime: a-sun\nname: {en: Sun}\nrules: [{id: sun.1, title: {en: x}, source: s, read: 2026-01-01, kind: legal-due, start: arrival, unit: weeks, n: 1}]\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if all := book.Regimes(); len(all) != 2 || all[0].ID != "a-sun" || all[1].Name["ja"] != "月データ法" || len(all[1].Notes) != 1 {
		t.Errorf("regimes: %+v", all)
	}
	for on, unit := range map[string]clock.Unit{"2023-07-01": clock.ElapsedHours, "2025-12-31": clock.ElapsedHours, "2026-01-01": clock.BusinessDays, "2031-05-05": clock.BusinessDays} {
		day, _ := clock.ParseDate(on)
		r, err := book.Rule("moon.5.answer", day)
		if err != nil || r.Unit != unit || r.Regime != "moon" {
			t.Errorf("%s: %+v, %v", on, r, err)
		}
	}
	for _, x := range []struct{ id, on, says string }{
		{"moon.5.answer", "2023-06-30", "in force from 2023-07-01 to 2025-12-31, and one from 2026-01-01"},
		{"moon.5.anwser", "2026-06-30", "there is moon.10.keep, moon.5.answer, moon.6.third-party"},
		{"mars.1", "2026-06-30", "sun.1"},
		{"moon.7.correction", "2026-06-30", "switched off: its figure is known from memory only"},
		{"moon.8.withdrawal", "2026-06-30", "switched off: what was read does not settle its figure"},
	} {
		day, _ := clock.ParseDate(x.on)
		_, err := book.Rule(x.id, day)
		if err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s on %s: %v", x.id, x.on, err)
			continue
		}
		wantField(t, err, "id")
	}
	if got := book.Versions("moon.5.answer"); len(got) != 2 || !got[0].InForceFrom.Before(got[1].InForceFrom) || len(book.Versions("moon.5")) != 0 {
		t.Errorf("versions: %+v", got)
	}
	if _, err := (&clock.Book{}).Rule("moon.5.answer", clock.On(2026, 1, 1)); err == nil {
		t.Error("an empty book has a rule")
	}
	for kind, want := range map[string]string{"disclosure": "moon.5.answer moon.9.promptly", "deletion": "moon.9.promptly", "": "moon.9.promptly"} {
		if got := ids(book.Legal("moon", kind, clock.On(2026, 2, 1))); got != want {
			t.Errorf("legal dues of %q: %s", kind, got)
		}
	}
	if got := ids(book.Legal("moon", "disclosure", clock.On(2022, 2, 1))); got != "moon.9.promptly" {
		t.Errorf("legal dues before the law: %s", got)
	}
	if book.Legal("mars", "disclosure", clock.On(2026, 2, 1)) != nil {
		t.Error("a regime that is not there has rules")
	}
}

// TestARuleWithoutAFigureIsNamedAndNotComputed holds "without delay".
func TestARuleWithoutAFigureIsNamedAndNotComputed(t *testing.T) {
	r, err := clock.ParseRule([]byte("{id: a, kind: legal-due, start: arrival, unit: no-figure, title: {en: at once}}"))
	if err != nil {
		t.Fatal(err)
	}
	if r.NeedsCalendar() {
		t.Error("it needs a calendar")
	}
	_, err = clock.New(r, calendars(t)["kai"])
	wantField(t, err, "unit")
	_, err = clock.Compute(r, nil, nil)
	wantField(t, err, "unit")
	if !strings.Contains(err.Error(), "without delay") {
		t.Error(err)
	}
	for field, more := range map[string]string{"n": "n: 3", "end_point": "end_point: end-of-day", "roll": "roll: none", "first_day": "first_day: exclude",
		"pauses": "pauses: {fee: calendar-days}", "extension": "extension: {amount: 1, base: from-due}", "calendar": "calendar: kai",
		"in_force_to": "in_force_from: 2026-02-02, in_force_to: 2026-02-01"} {
		_, err := clock.ParseRule([]byte("{id: a, kind: legal-due, start: arrival, unit: no-figure, " + more + "}"))
		wantField(t, err, field)
	}
	for voice, want := range map[string]string{"en": "at once", "ja": "at once", "xx": "at once"} {
		if got := clock.TitleOf(r, voice); got != want {
			t.Errorf("%s: %s", voice, got)
		}
	}
	if got := clock.TitleOf(clock.Rule{ID: "a"}, "de"); got != "a" {
		t.Error(got)
	}
}

// ruleFaults are one fault each in moonLaw: what is replaced, by what, the field
// that the error names, the line on which it stands, and whether a schema can see it.
var ruleFaults = []struct {
	old, new, field string
	line            int
	schema          bool
}{
	{"regime: moon\n", "", "regime", 1, true},
	{"regime: moon\n", "regime: Moon Law\n", "regime", 1, true},
	{"name: {en: Moon Data Act, ", "name: {", "name", 2, true},
	{"月データ法}", "月データ法, fr: Lune}", "name.fr", 2, true},
	{"title: {en: answer, ja: 回答}", "title: {ja: 回答}", "rules[0].title", 5, true},
	{"title: {en: answer, ja: 回答}", "title: {en: answer, xx: 回答}", "rules[0].title.xx", 5, true},
	{"    source: Moon gazette 12\n", "", "rules[0].source", 4, true},
	{"    read: 2026-11-22\n", "", "rules[0].read", 4, true},
	{"    read: 2026-11-22\n", "    read: yesterday\n", "", 8, true},
	{"kinds: [disclosure, correction]", "kinds: [disclosure, disclosure]", "rules[0].kinds[1]", 9, true},
	{"kind: legal-due", "kind: law", "rules[0].kind", 10, true},
	{"start: arrival", "start: someday", "rules[0].start", 11, true},
	{"unit: elapsed-hours", "unit: moons", "rules[0].unit", 12, true},
	{"n: 72", "n: -72", "rules[0].n", 13, true},
	{"n: 72", "n: 9999999", "rules[0].n", 13, false},
	{"n: 72", "m: 72", "", 13, true},
	{"in_force_to: 2025-12-31", "in_force_to: 2023-06-01", "rules[0].in_force_to", 15, false},
	{"in_force_to: 2025-12-31", "in_force_to: 2026-01-01", "rules[1].in_force_from", 29, false},
	{"    in_force_to: 2025-12-31\n", "", "rules[1].in_force_from", 28, false},
	{"in_force_from: 2026-01-01", "zone: Moon/Tycho", "rules[1].zone", 29, false},
	{"pauses: {identity: calendar-days}", "pauses: {identity: some-days}", "rules[1].pauses.identity", 27, true},
	{"base: from-due", "base: from-there", "rules[1].extension.base", 28, true},
	{"amount: 3", "amount: -3", "rules[1].extension.amount", 28, true},
	{"grounds: [volume, distance]", "grounds: [volume, volume]", "rules[1].extension.grounds[1]", 28, true},
	{"mark: memory", "mark: maybe", "rules[3].mark", 41, true},
	{"unit: no-figure\n", "unit: no-figure\n    n: 1\n", "rules[5].n", 61, true},
	{"notes:", "note:", "", 69, true},
	{"rules:\n", "rules: []\nothers:\n", "", 4, true},
}

// TestFaultyRulesNameTheFieldAndThePlace plants one fault per file.
func TestFaultyRulesNameTheFieldAndThePlace(t *testing.T) {
	for _, x := range ruleFaults {
		file := strings.Replace(moonLaw, x.old, x.new, 1)
		if file == moonLaw {
			t.Fatalf("%q is not in the file", x.old)
		}
		_, err := clock.ParseRules([]byte(file))
		e, ok := err.(*clock.Error)
		if !ok || e.Field != x.field || e.Line != x.line || e.Column < 1 {
			t.Errorf("%q for %q: want %s in line %d, got %v", x.new, x.old, x.field, x.line, err)
		}
	}
	_, err := clock.LoadRules(fstest.MapFS{"a.yaml": {Data: []byte(moonLaw)}, "b.yaml": {Data: []byte(moonLaw)}})
	if err == nil || !strings.HasPrefix(err.Error(), "b.yaml: regime: ") {
		t.Errorf("two files of one regime: %v", err)
	}
	_, err = clock.LoadRules(fstest.MapFS{"a.yaml": {Data: []byte(moonLaw)}, "b.yaml": {Data: []byte(strings.Replace(moonLaw, "regime: moon", "regime: night", 1))}})
	if err == nil || !strings.HasPrefix(err.Error(), "b.yaml: rules[0].id: ") || !strings.Contains(err.Error(), "regime moon") {
		t.Errorf("one rule in two regimes: %v", err)
	}
	_, err = clock.LoadRules(fstest.MapFS{"c.yaml": {Data: []byte("regime: [")}})
	if err == nil || !strings.HasPrefix(err.Error(), "c.yaml: line 1, column ") {
		t.Errorf("a faulty file: %v", err)
	}
}

// against compiles the published schemas, as they refer to each other, and validates
// a file against one.
func against(t testing.TB, schema, file string) error {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return validJSON(t, schema, asJSON)
}

func validJSON(t testing.TB, schema string, asJSON []byte) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	for _, name := range []string{"rule.schema.json", "rules.schema.json", "events.schema.json", "result.schema.json"} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(must(os.ReadFile("../packs/schema/" + name)))))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(name, doc); err != nil {
			t.Fatal(err)
		}
	}
	sch, err := c.Compile(schema)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(asJSON, &v); err != nil {
		t.Fatal(err)
	}
	return sch.Validate(v)
}

// TestTheSchemasOfRulesAgreeWithTheParser holds that the published schemas take what
// the parser takes, and refuse what it refuses by its shape.
func TestTheSchemasOfRulesAgreeWithTheParser(t *testing.T) {
	if err := against(t, "rules.schema.json", moonLaw); err != nil {
		t.Error(err)
	}
	seen := 0
	for _, x := range ruleFaults {
		if !x.schema {
			continue
		}
		seen++
		if file := strings.Replace(moonLaw, x.old, x.new, 1); against(t, "rules.schema.json", file) == nil {
			t.Errorf("the schema takes %q for %q", x.new, x.old)
		}
	}
	if seen < 20 {
		t.Errorf("only %d faults", seen)
	}
	files, err := filepath.Glob("../packs/rules/*.yaml")
	if err != nil || len(files) < 8 {
		t.Errorf("%d files of rules are shipped, %v", len(files), err)
	}
	for _, name := range files {
		if err := against(t, "rules.schema.json", string(must(os.ReadFile(name)))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	one := "{id: a, kind: legal-due, start: arrival, unit: no-figure}"
	if err := against(t, "rule.schema.json", one); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{strings.Replace(one, "}", ", n: 1}", 1), strings.Replace(one, "no-figure", "weeks", 1)} {
		if against(t, "rule.schema.json", bad) == nil {
			t.Errorf("the schema takes %s", bad)
		}
		if _, err := clock.ParseRule([]byte(bad)); err == nil {
			t.Errorf("the parser takes %s", bad)
		}
	}
}

// TestTheRuleOfAnInstantIsThatOfItsOwnDay: the day of arrival is that of the rule's
// own zone, and of the zone that is handed in where it names none.
func TestTheRuleOfAnInstantIsThatOfItsOwnDay(t *testing.T) {
	const two = `
regime: x
name: {en: X}
rules:
  - {id: x.own, title: {en: old}, source: s, read: 2026-01-01, kind: legal-due, start: arrival, zone: Asia/Ho_Chi_Minh, unit: weeks, n: 1, in_force_to: 2025-12-31}
  - {id: x.own, title: {en: new}, source: s, read: 2026-01-01, kind: legal-due, start: arrival, zone: Asia/Ho_Chi_Minh, unit: weeks, n: 2, in_force_from: 2026-01-01}
  - {id: x.desk, title: {en: old}, source: s, read: 2026-01-01, kind: legal-due, start: arrival, unit: weeks, n: 1, in_force_to: 2025-12-31}
  - {id: x.desk, title: {en: new}, source: s, read: 2026-01-01, kind: legal-due, start: arrival, unit: weeks, n: 2, in_force_from: 2026-01-01}
  - {id: x.ended, title: {en: old}, source: s, read: 2026-01-01, kind: legal-due, start: arrival, unit: weeks, n: 1, in_force_to: 2024-12-31}
`
	book, err := clock.LoadRules(fstest.MapFS{"x.yaml": {Data: []byte(two)}})
	if err != nil {
		t.Fatal(err)
	}
	eve := time.Date(2025, 12, 31, 16, 30, 0, 0, time.UTC) // 23:30 in Vietnam, 01:30 in Japan
	for id, want := range map[string]int{"x.own": 1, "x.desk": 2} {
		if r, err := book.RuleAt(id, eve, zone(t, "Asia/Tokyo")); err != nil || r.N != want {
			t.Errorf("%s: %+v, %v", id, r, err)
		}
	}
	for _, id := range []string{"x.ended", "x.none"} {
		if _, err := book.RuleAt(id, eve, time.UTC); err == nil {
			t.Errorf("%s was found", id)
		}
	}
}
