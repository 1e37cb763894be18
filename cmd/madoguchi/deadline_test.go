package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"madoguchi/clock"
	"madoguchi/packs"
)

// said is what one run of the program printed.
type said struct {
	code     int
	out, err string
}

// deadline runs `madoguchi deadline` with the packs that are built in.
func deadline(t testing.TB, args ...string) said {
	t.Helper()
	var out, complaints bytes.Buffer
	s := &surroundings{env: map[string]string{"DATA_DIR": t.TempDir()}, out: &out, err: &complaints}
	code := run(t.Context(), append([]string{"deadline"}, args...), s)
	return said{code, out.String(), complaints.String()}
}

func explain(t testing.TB, line string) said {
	t.Helper()
	return deadline(t, append([]string{"explain"}, words(line)...)...)
}

// words splits a command line as a shell does, with single quotes only.
func words(line string) (out []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

// result is what --json printed.
func result(t testing.TB, line string) clock.Result {
	t.Helper()
	s := explain(t, line+" --json")
	if s.code != 0 {
		t.Fatalf("%s: exit %d, %s", line, s.code, s.err)
	}
	var r clock.Result
	d := json.NewDecoder(strings.NewReader(s.out))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, s.out)
	}
	return r
}

// rows are examples of a worked table, asked as somebody at a keyboard asks.
var rows = []struct{ name, line, want string }{
	{"two weeks and a suit", "appi.39.suit --start 2026-04-01T10:00:00+09:00", "from 2026-04-16 2026-04-15T15:00:00Z"},
	{"holidays do not help the business", "appi.39.suit --start 2026-12-19T23:30:00+09:00", "from 2027-01-03 2027-01-02T15:00:00Z"},
	{"hours over a holiday", "--rule testdata/deadline/four-hours.yaml --calendar score-japan --start 2026-11-20T16:30:00+09:00", "due 2026-11-24 2026-11-24T02:30:00Z"},
	{"days over Golden Week", "--rule testdata/deadline/ten-days.yaml --calendar kai --start 2026-04-23T14:00:00+09:00", "due 2026-05-13 2026-05-13T08:00:00Z"},
	{"a fee that was paid", "target --organisation score-japan --start 2026-10-01T10:00 --pause fee=2026-10-05T10:00/2026-10-13T10:00", "due 2026-10-23 2026-10-23T09:00:00Z"},
	{"a fee that is open", "target --organisation score-japan --start 2026-10-01T10:00 --pause fee=2026-10-05T10:00", "paused, 9 business-days left"},
	{"a month over Easter", "gdpr.12-3.answer --calendar de --start 2026-03-05T11:00", "due 2026-04-07 2026-04-07T22:00:00Z"},
	{"a month from its last day", "gdpr.12-3.answer --calendar de --start 2026-08-31T11:00", "due 2026-09-30 2026-09-30T22:00:00Z"},
	{"identity shown", "gdpr.12-3.answer --calendar de --start 2026-06-01T11:00 --pause identity=2026-06-02T09:00/2026-06-12T09:00", "due 2026-07-13 2026-07-13T22:00:00Z"},
	{"two months more", "gdpr.12-3.answer --calendar de --start 2026-02-10T11:00 --extend 2026-03-01T09:00,complexity", "due 2026-05-11 2026-05-11T22:00:00Z"},
	{"both days of a question", "uk-gdpr.12.answer --calendar gb-ew --start 2026-04-13T11:00 --pause clarification=2026-04-20T09:00/2026-04-24T09:00", "due 2026-05-18 2026-05-18T23:00:00Z"},
	{"forty-five days elsewhere on the earth", "ccpa.7021-b.respond --zone America/Los_Angeles --start 2026-11-20T23:30:00-08:00", "due 2027-01-03 2027-01-04T08:00:00Z"},
	{"forty-five more", "ccpa.7021-b.respond --zone America/Los_Angeles --start 2026-11-20T23:30:00-08:00 --extend 2026-12-20T09:00:00-08:00,complexity", "due 2027-02-17 2027-02-18T08:00:00Z"},
	{"fifteen days", "lgpd.19-2.full --zone America/Sao_Paulo --start 2026-02-10T10:00", "due 2026-02-25 2026-02-26T03:00:00Z"},
	{"what arrived under the decree", "vn-pdp.perform --zone Asia/Ho_Chi_Minh --start 2025-10-10T09:00", "due 2025-10-13 2025-10-13T02:00:00Z"},
	{"Tết", "vn-pdp.respond --calendar vn --start 2026-02-13T16:00", "due 2026-02-24 2026-02-24T17:00:00Z"},
	{"thirty days, rolled", "sg-pdpa.21.access.rolled --switched-off --calendar sg --start 2026-01-30T10:00", "due 2026-03-02 2026-03-02T16:00:00Z"},
	{"a breach", "jp-breach.8-2.final --start 2026-12-01T10:00", "due 2027-01-04 2027-01-04T15:00:00Z"},
	{"a letter that came late", "--rule testdata/deadline/two-weeks-deemed.yaml --start deemed=2026-06-03T00:00", "from 2026-06-18 2026-06-17T15:00:00Z"},
}

func TestDeadlineExplainGivesTheWorkedExamples(t *testing.T) {
	for _, x := range rows {
		t.Run(x.name, func(t *testing.T) {
			r := result(t, x.line)
			got := fmt.Sprintf("due %s %s", r.DueOn, r.DueAt.Format("2006-01-02T15:04:05Z07:00"))
			switch {
			case r.State == clock.Paused:
				got = fmt.Sprintf("paused, %d %s left", r.UnitsLeft, r.LeftUnit)
			case !r.FromAt.IsZero():
				got = fmt.Sprintf("from %s %s", r.FromOn, r.FromAt.Format("2006-01-02T15:04:05Z07:00"))
			}
			if got != x.want {
				t.Errorf("%s:\n got %s\nwant %s", x.line, got, x.want)
			}
			if len(r.Steps) < 3 {
				t.Errorf("%d steps", len(r.Steps))
			}
		})
	}
}

// The same question as flags and as files is the same answer.
func TestDeadlineExplainTakesFilesForFlags(t *testing.T) {
	const dir = "testdata/deadline/"
	flags := explain(t, "--rule "+dir+"ten-days.yaml --calendar "+dir+"office.yaml --start 2026-10-01T10:00 --pause fee=2026-10-05T10:00/2026-10-13T10:00")
	files := explain(t, "--rule "+dir+"ten-days.yaml --calendar "+dir+"office.yaml --events "+dir+"fee.yaml")
	if flags.code != 0 || flags != files || !strings.Contains(flags.out, "2026-10-23 18:00 Asia/Tokyo (2026-10-23T09:00:00Z)") {
		t.Errorf("flags:\n%s%s\nfiles:\n%s%s", flags.out, flags.err, files.out, files.err)
	}
	// A holiday set of one's own comes beside the shipped ones.
	own := "--rule " + dir + "four-hours.yaml --calendar " + dir + "office-own.yaml --holidays " + dir + "own-holidays.yaml --start 2026-11-20T16:30"
	if r := result(t, own); r.DueOn.String() != "2026-11-25" || !slices.ContainsFunc(r.Steps, func(s clock.Step) bool { return s.Note == "founding day" }) {
		t.Errorf("the founding day was worked: %+v", r)
	}
}

// One example with a pause, a holiday and an extension, in every voice.
func TestDeadlineExplainTellsItInEveryVoice(t *testing.T) {
	for _, voice := range clock.Voices {
		s := explain(t, "target --organisation score-japan --start 2026-10-01T10:00 --pause fee=2026-10-05T10:00/2026-10-13T10:00 --extend 2026-10-20T10:00,5,searching --voice "+voice)
		path := filepath.Join("testdata", "deadline", "explained-"+voice+".txt")
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(path, []byte(s.out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if s.code != 0 || s.out != string(want) {
			t.Errorf("%s, exit %d:\n%s%s", voice, s.code, s.out, s.err)
		}
	}
}

// A rule that is switched off is computed for who asks for it by name, with a
// warning that is not in the result.
func TestDeadlineExplainWarnsOfARuleThatIsSwitchedOff(t *testing.T) {
	const line = "sg-pdpa.22.correct-notice --start 2026-11-20T10:00"
	if s := explain(t, line); s.code != 1 || s.out != "" || !strings.Contains(s.err, "is switched off") || !strings.Contains(s.err, "--switched-off") {
		t.Errorf("%+v", s)
	}
	s := explain(t, line+" --switched-off --json")
	if s.code != 0 || !strings.HasPrefix(s.err, "warning: rule sg-pdpa.22.correct-notice is switched off") || !json.Valid([]byte(s.out)) {
		t.Errorf("%+v", s)
	}
}

// The rule in force on the day of arrival counts, in the zone of the desk.
func TestDeadlineExplainChoosesTheRuleByTheDayOfArrival(t *testing.T) {
	for start, want := range map[string]string{"2026-02-04T23:59": "months-eu", "2026-02-05T00:00": "months-jp"} {
		r := result(t, "uk-gdpr.12.answer --calendar gb-ew --start "+start)
		i := slices.IndexFunc(r.Steps, func(s clock.Step) bool { return s.Code == clock.StepCount })
		if i < 0 || r.Steps[i].Cause != want {
			t.Errorf("%s: %+v, want %s", start, r.Steps, want)
		}
	}
	if s := explain(t, "vn-pdp.perform --zone Asia/Ho_Chi_Minh --start 2026-10-10T09:00"); s.code != 1 || !strings.Contains(s.err, "2025-12-31") {
		t.Errorf("a law that is no longer in force: %+v", s)
	}
}

// Bad input is exit 1 and one sentence with the place or the flag.
func TestDeadlineExplainRefusesBadInputInOneSentence(t *testing.T) {
	const (
		dir   = "testdata/deadline/"
		start = " --start 2026-10-01T10:00:00+09:00"
		ten   = "--rule " + dir + "ten-days.yaml"
	)
	for _, x := range []struct{ line, want string }{
		{"", "name one rule"},
		{"gdpr.12-3.answer " + ten + start, "name one rule"},
		{"gdpr.12-3.anwser" + start, "gdpr.12-3.answer"},
		{"target --organisation nobody" + start, "--organisation: there is no \"nobody\"; there is izumisano, kai"},
		{"target" + start, "there is no rule \"target\""},
		{"--rule nowhere.yaml" + start, "nowhere.yaml: can't be read: no such file"},
		{"--rule /dev/zero" + start, "/dev/zero:1:1: the file has more than 1048576 bytes"},
		{ten + " --calendar /dev/zero" + start, "/dev/zero:1:1: the file has more than"},
		{ten + " --calendar kai --events /dev/zero", "/dev/zero:1:1: the file has more than"},
		{ten + start, "calendar: rule ten-days needs a calendar; add --calendar"},
		{ten + " --calendar moon" + start, "calendar: there is no \"moon\"; there is br, "},
		{ten + " --calendar kai@2019" + start, "calendar: there is no \"kai@2019\""},
		{ten + " --calendar kai --holidays " + dir + "own-holidays.yaml" + start, "--holidays: "},
		{ten + " --calendar " + dir + "office-own.yaml" + start, dir + "office-own.yaml:11:11: holidays: there is no holiday set \"own@1\""},
		{ten + " --calendar " + dir + "night.yaml" + start, dir + "night.yaml:6:9: "},
		{ten + " --calendar " + dir + "never.yaml" + start, "never.yaml:5:"},
		{ten + " --calendar " + dir + "nowhere.yaml" + start, dir + "nowhere.yaml:3:7: zone: \"Asia/Tokio\" is not a known time zone"},
		{"--rule " + dir + "negative.yaml --calendar kai" + start, dir + "negative.yaml:6:4: n: the amount must not be negative: -3"},
		{"--rule " + dir + "office.yaml --calendar kai" + start, dir + "office.yaml:2:1: "},
		{ten + " --calendar kai", "--start: say when"},
		{ten + " --calendar kai --start soon", "--start soon: at: "},
		{ten + " --calendar kai --start 1969-12-31T10:00", "--start 1969-12-31T10:00: at: 1969-12-31 lies outside 1970-01-01 to 2050-12-31"},
		{ten + " --calendar kai --start 2050-12-30T10:00", "calendar: the last day would lie after 2050-12-31"},
		{ten + " --calendar kai --start 2026-10-01T10:00 --zone Mars/Olympus", "zone: \"Mars/Olympus\" is not a known time zone"},
		{"gdpr.12-3.answer --calendar de --start 2026-03-29T02:30", "--start 2026-03-29T02:30: at: "},
		{"gdpr.12-3.answer --zone Europe/Berlin --start 2026-03-05T10:00", "needs a calendar"},
		{ten + " --calendar kai" + start + " --pause 2026-10-05T10:00", "--pause 2026-10-05T10:00: write CAUSE=FROM/TO"},
		{ten + " --calendar kai" + start + " --pause fee=2026-10-05T10:00/2026-10-04T10:00", "--pause fee=2026-10-05T10:00/2026-10-04T10:00: at: the pause \"fee\" ends before it begins"},
		{ten + " --calendar kai" + start + " --extend 2026-10-05T10:00,6,searching", "--extend 2026-10-05T10:00,6,searching: n: "},
		{ten + " --calendar kai" + start + " --extend 2026-10-05T10:00,-1", "--extend 2026-10-05T10:00,-1: the amount must be at least 1"},
		{ten + " --calendar kai" + start + " --extend 2026-10-05T10:00,1,searching,now", "write AT, AT,N, AT,GROUND or AT,N,GROUND"},
		{ten + " --calendar kai" + start + " --extend 2026-10-05T10:00,5,laziness", "--extend 2026-10-05T10:00,5,laziness: ground: "},
		{ten + " --calendar kai" + start + " --extend 2026-10-30T10:00,5,searching", "--extend 2026-10-30T10:00,5,searching: at: the notice was sent too late"},
		{ten + " --calendar kai" + start + " --events " + dir + "fee.yaml", "--events: leave out"},
		{ten + " --calendar kai --events " + dir + "ends-before.yaml", dir + "ends-before.yaml:5:24: events[2].at: the pause \"fee\" ends before it begins"},
		{ten + " --calendar kai --events " + dir + "late-notice.yaml", dir + "late-notice.yaml:3:27: events[1].at: the notice was sent too late"},
		{"appi.33-2.disclose --zone Asia/Tokyo" + start, "gives no figure"},
	} {
		s := explain(t, x.line)
		if s.code != 1 || s.out != "" || !strings.Contains(s.err, x.want) {
			t.Errorf("%s: exit %d\n got %s%s\nwant %s", x.line, s.code, s.out, s.err, x.want)
		}
		if strings.Count(s.err, "\n") != 1 || !strings.HasPrefix(s.err, "madoguchi: ") {
			t.Errorf("%s: not one sentence:\n%s", x.line, s.err)
		}
	}
	if s := explain(t, ten+" --calendar kai --voice tlh"+start); s.code != 2 || !strings.Contains(s.err, "--voice") {
		t.Errorf("an unknown voice: %+v", s)
	}
}

// What --json prints is the form that the schema promises.
func TestDeadlineExplainPrintsWhatTheSchemaSays(t *testing.T) {
	schema := compiled(t, "schema/result.schema.json")
	for _, i := range []int{0, 5, 9, 15} { // from a day on, paused, extended, provisional or not
		x := rows[i]
		s := explain(t, x.line+" --json")
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(s.out))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v\n%s", x.name, err, s.out)
		}
	}
	// The schema refuses another form.
	for _, wrong := range []string{`{}`, `{"rule_id":"a","start_at":"2026-10-01T01:00:00Z","state":"late","steps":[]}`,
		`{"rule_id":"a","start_at":"2026-10-01T01:00:00Z","state":"due","due":"tomorrow","steps":[]}`} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(wrong))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(v) == nil {
			t.Errorf("the schema takes %s", wrong)
		}
	}
}

func compiled(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	b, err := fs.ReadFile(packs.Files, name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// PACKS_DIR stands in the place of what is built in, for dates too, and a fault
// in it is told with its place.
func TestDeadlineReadsThePacksOfTheInstallation(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, packs.Files); err != nil {
		t.Fatal(err)
	}
	ask := func(args ...string) said {
		var out, complaints bytes.Buffer
		s := &surroundings{env: map[string]string{"PACKS_DIR": dir, "DATA_DIR": t.TempDir()}, out: &out, err: &complaints}
		return said{run(t.Context(), append([]string{"deadline"}, args...), s), out.String(), complaints.String()}
	}
	edit := func(name, from, to string) {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(b), from) {
			t.Fatalf("%s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Replace(string(b), from, to, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	edit("rules/lgpd.yaml", "n: 15", "n: 16")
	if s := ask("explain", "lgpd.19-2.full", "--zone", "America/Sao_Paulo", "--start", "2026-02-10T10:00"); !strings.Contains(s.out, "2026-02-26 24:00") {
		t.Errorf("%+v", s)
	}
	edit("rules/lgpd.yaml", "n: 16", "n: many")
	if s := ask("rules"); s.code != 1 || !regexp.MustCompile(`^madoguchi: rules/lgpd\.yaml:\d+:\d+: `).MatchString(s.err) {
		t.Errorf("%+v", s)
	}
	edit("calendars/kai.yaml", "zone: Asia/Tokyo", "zone: Asia/Kyoto")
	if s := ask("calendars"); s.code != 1 || !regexp.MustCompile(`^madoguchi: calendars/kai\.yaml:\d+:\d+: zone: `).MatchString(s.err) {
		t.Errorf("%+v", s)
	}
}

func TestDeadlineRulesListsTheWholeBook(t *testing.T) {
	s := deadline(t, "rules")
	for _, want := range []string{`(?m)^appi\.39\.suit +39 +2022-04-01\.\. +on +2 weeks +Act 57/2003`, `(?m)^appi\.33-2\.disclose .* no-figure `,
		`(?m)^sg-pdpa\.22\.correct-notice .* off: memory `, `(?m)^vn-pdp\.stop\.third-party .* on, when third-party `,
		`(?m)^uk-gdpr\.12\.answer .*2018-05-25\.\.2026-02-04 `, `(?m)^uk-gdpr\.12\.answer .*2026-02-05\.\. `} {
		if !regexp.MustCompile(want).MatchString(s.out) {
			t.Errorf("no line like %s in\n%s", want, s.out)
		}
	}
	one := deadline(t, "rules", "gdpr", "--json")
	var book []struct {
		Regime string
		Name   map[string]string
		Rules  []clock.Rule
		Notes  []string
	}
	if err := json.Unmarshal([]byte(one.out), &book); err != nil || len(book) != 1 || book[0].Regime != "gdpr" || book[0].Rules[0].ID != "gdpr.12-3.answer" || len(book[0].Notes) == 0 {
		t.Errorf("%v: %s", err, one.out)
	}
	if s := deadline(t, "rules", "dsgvo"); s.code != 1 || !strings.Contains(s.err, "there is no regime \"dsgvo\"; there is appi, ") {
		t.Errorf("%+v", s)
	}
}

func TestDeadlineCalendarsListsEveryVersion(t *testing.T) {
	s := deadline(t, "calendars")
	for _, want := range []string{`(?m)^kai@2026\.1 +Asia/Tokyo +1970-01-01\.\.2050-12-31 +20\d\d-\d\d-\d\d +closures +privacy policy, clause 7`, `(?m)^de@\S+ +Europe/Berlin `, `(?m)^sg@\S+ +Asia/Singapore `} {
		if !regexp.MustCompile(want).MatchString(s.out) {
			t.Errorf("no line like %s in\n%s", want, s.out)
		}
	}
	if n := strings.Count(s.out, "\nkai@"); n != 1 {
		t.Errorf("one version of kai, and %d lines", n)
	}
	var list []calendarJSON
	if err := json.Unmarshal([]byte(deadline(t, "calendars", "--json").out), &list); err != nil || len(list) < 15 {
		t.Errorf("%d calendars: %v", len(list), err)
	}
	for _, c := range list {
		if c.Source == "" || len(c.Digest) != 64 {
			t.Errorf("%s: source %q, digest %q", c.ID, c.Source, c.Digest)
		}
	}
}

// The newest calendars are what a fresh installation has: nothing moves.
func TestDeadlineRecomputeReportsNothingWhereNothingIsNewer(t *testing.T) {
	for _, args := range [][]string{{"recompute"}, {"recompute", "--apply"}} {
		if s := deadline(t, args...); s.code != 0 || !strings.HasSuffix(s.out, "by a newer calendar: 0. Dates earlier: 0, later: 0, the same: 0.\n") {
			t.Errorf("%v: %+v", args, s)
		}
	}
}
