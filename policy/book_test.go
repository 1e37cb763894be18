package policy

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"madoguchi/clock"
	"madoguchi/packs"
)

// small loads the made-up organisation with more text at its end.
func small(t testing.TB, more string, demonstration bool) (*Pack, error) {
	t.Helper()
	l, err := Load(library(t, append(testdata(t, "working_small.yaml"), more...)), Options{Demonstration: demonstration})
	if err != nil {
		return nil, err
	}
	return l.Packs()[0], nil
}

func ids(clocks []LegalClock) (out []string) {
	for _, c := range clocks {
		out = append(out, c.Rule.ID+" "+c.Calendar)
	}
	return out
}

var arrived = clock.On(2026, time.November, 20)

func TestFurtherLawsRunBesideThePacksOwn(t *testing.T) {
	p, err := small(t, "also: [{ regime: gdpr, clause: \"9\" }, { regime: sg-pdpa, calendar: office }]\n", false)
	if err != nil {
		t.Fatal(err)
	}
	got := ids(p.LegalClocks("disclosure", arrived))
	for _, want := range []string{"gdpr.12-3.answer office", "sg-pdpa.21.access office"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %v", want, got)
		}
	}
	alone, err := small(t, "", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids(alone.LegalClocks("disclosure", arrived)) {
		if !strings.HasPrefix(id, "appi.") {
			t.Errorf("%s runs for a pack under the Japanese law alone", id)
		}
	}
	if alone.Digest == p.Digest {
		t.Error("a further law and the same digest")
	}
}

// What may not be computed for a case of its own accord is not there: other
// kinds, other days, switched off, hanging on a fact, another event.
func TestOnlyTheDuesOfTheRequestItselfAreLegalClocks(t *testing.T) {
	const book = `regime: gdpr
name: { en: A law }
rules:
  - { id: gdpr.a, title: { en: A }, source: s, read: 2026-11-22, kind: legal-due, start: arrival, unit: calendar-days, n: 30, kinds: [disclosure] }
  - { id: gdpr.other-kind, title: { en: A }, source: s, read: 2026-11-22, kind: legal-due, start: arrival, unit: calendar-days, n: 30, kinds: [correction] }
  - { id: gdpr.later, title: { en: A }, source: s, read: 2026-11-22, kind: legal-due, start: arrival, unit: calendar-days, n: 30, in_force_from: 2026-11-21 }
  - { id: gdpr.off, title: { en: A }, mark: memory, kind: legal-due, start: arrival, unit: calendar-days, n: 3 }
  - { id: gdpr.fact, title: { en: A }, source: s, read: 2026-11-22, kind: legal-due, start: arrival, unit: calendar-days, n: 3, when: third-party }
  - { id: gdpr.breach, title: { en: A }, source: s, read: 2026-11-22, kind: legal-due, start: event, unit: elapsed-hours, n: 72 }
  - { id: gdpr.soft, title: { en: A }, source: s, read: 2026-11-22, kind: legal-soft, start: arrival, unit: calendar-days, n: 3 }
  - { id: gdpr.keep, title: { en: A }, source: s, read: 2026-11-22, kind: retention, start: arrival, unit: calendar-days, n: 3 }
  - { id: gdpr.own, title: { en: A }, source: s, read: 2026-11-22, kind: legal-due, start: deemed-arrival, unit: calendar-days, n: 9, roll: next-open-day, calendar: moon, zone: Europe/Berlin }
`
	m := library(t, append(testdata(t, "working_small.yaml"), "also: [{ regime: gdpr }]\n"...))
	m["rules/gdpr.yaml"] = &fstest.MapFile{Data: []byte(book)}
	l, err := Load(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []LegalClock
	for _, c := range l.Packs()[0].LegalClocks("disclosure", arrived) {
		if c.Rule.Regime == "gdpr" {
			got = append(got, c)
		}
	}
	if !slices.Equal(ids(got), []string{"gdpr.a office", "gdpr.own moon"}) {
		t.Fatalf("got %v", ids(got))
	}
	if got[0].Rule.Zone != "Asia/Tokyo" || got[1].Rule.Zone != "Europe/Berlin" {
		t.Errorf("zones %s, %s: the desk's, and the rule's own", got[0].Rule.Zone, got[1].Rule.Zone)
	}
}

// The floor: whatever a pack writes for itself, and whatever a demonstration
// shortens, the law's dues stay as the book has them; a target later than one of
// them does not even load.
func TestNoPackMakesALawsDueLater(t *testing.T) {
	const also = "also: [{ regime: gdpr }, { regime: sg-pdpa }]\n"
	plain, err := small(t, also, false)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		more string
		demo bool
	}{
		"LATE a long target":  {"times: { target: { start: arrival, unit: calendar-days, n: 900, pauses: { fee: calendar-days }, extension: { amount: 900, base: from-due } } }\n", false},
		"the demonstration":   {"", true},
		"LATE, shortened":     {"times: { target: { start: arrival, unit: calendar-days, n: 900 } }\n", true},
		"numbers of its own":  {"numbers: { transit_days: 9 }\n", false},
		"a reminder that is":  {"times: { fee_expiry: { start: event, unit: calendar-days, n: 900 } }\n", false},
		"nothing of its own":  {"", false},
		"a target in between": {"times: { target: { start: arrival, unit: calendar-days, n: 29 } }\n", false},
		"a short target, too": {"times: { target: { start: arrival, unit: calendar-days, n: 1 } }\n", false},
	} {
		p, err := small(t, also+x.more, x.demo)
		if strings.HasPrefix(name, "LATE") {
			if err == nil || !strings.Contains(err.Error(), "is later than gdpr.12-3.answer") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, kind := range KindCodes {
			was, is := plain.LegalClocks(kind, arrived), p.LegalClocks(kind, arrived)
			if len(was) != len(is) {
				t.Fatalf("%s, %s: %v, was %v", name, kind, ids(is), ids(was))
			}
			for i := range was {
				if was[i].Rule.Unit == clock.NoFigure {
					continue
				}
				if a, b := dueOf(t, was[i]), dueOf(t, is[i]); !a.Equal(b) {
					t.Errorf("%s: %s is due %s and was %s", name, is[i].Rule.ID, b, a)
				}
			}
		}
		if x, y := p.Times.Exposure, plain.Times.Exposure; x.N != y.N || x.Unit != y.Unit || x.ID != y.ID {
			t.Errorf("%s: the exposure is %d %s", name, x.N, x.Unit)
		}
	}
}

var office = func() *clock.Calendar {
	c, err := clock.ParseCalendar([]byte("id: office\nversion: \"1\"\nzone: Asia/Tokyo\ncovers: { from: 2026-01-01, to: 2028-12-31 }\nweekly: { mon: [\"09:00-17:00\"], tue: [\"09:00-17:00\"] }\n"))
	if err != nil {
		panic(err)
	}
	return c
}()

func dueOf(t *testing.T, c LegalClock) time.Time {
	t.Helper()
	cal := office
	if c.Calendar != "office" {
		cal = nil
	}
	x, err := clock.New(c.Rule, cal)
	if err != nil {
		t.Fatal(err)
	}
	r, err := x.Due([]clock.Event{{Kind: clock.Start, At: arrived.In(time.UTC)}})
	if err != nil {
		t.Fatal(err)
	}
	return r.DueAt
}

// A statute's figure is written once: the law's file names the rule, and what the
// rule does not allow to be named is refused at its place.
func TestTheExposureIsTheBooksOwnRule(t *testing.T) {
	p, err := small(t, "", false)
	if err != nil {
		t.Fatal(err)
	}
	if x := p.Times.Exposure; x.ID != "appi.39.suit" || x.Kind != clock.Exposure || x.Zone != "Asia/Tokyo" || len(x.Pauses) != 0 || x.EndPoint != clock.StartOfNextDay {
		t.Errorf("exposure: %+v", x)
	}
	law, err := fs.ReadFile(packs.Files, "law/appi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for use, want := range map[string]string{
		"appi.39.sue":               "there is no rule \"appi.39.sue\"; write \"appi.39.suit\"",
		"sg-pdpa.21.access":         "is of the kind legal-due and no exposure",
		"sg-pdpa.22.correct-notice": "is switched off: ",
		"Art 39":                    "Art 39",
	} {
		m := library(t, testdata(t, "working_small.yaml"))
		m["law/appi.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(law), "use: appi.39.suit", "use: "+use, 1))}
		_, err := Load(m, Options{})
		var ps Problems
		if !errors.As(err, &ps) || !strings.Contains(err.Error(), want) || ps[0].File != "law/appi.yaml" || ps[0].Line < 600 {
			t.Errorf("%s: got %v, want %q at its line", use, err, want)
		}
	}
	m := library(t, testdata(t, "working_small.yaml"))
	m["law/appi.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(law), "{ use: appi.39.suit }", "{ start: arrival, unit: weeks, n: 3 }", 1))}
	if _, err := Load(m, Options{}); err == nil || !strings.Contains(err.Error(), "clocks.exposure") {
		t.Errorf("a figure of its own beside the book: %v", err)
	}
}

// An amended statute is a further rule under the same ID; what arrived before
// keeps the old one.
func TestTheExposureIsChosenByTheDayOfArrival(t *testing.T) {
	m := library(t, testdata(t, "working_small.yaml"))
	b := string(m["rules/appi.yaml"].Data)
	b = strings.Replace(b, "    roll: none\n    in_force_from: 2022-04-01\n\n  # Records", "    roll: none\n    in_force_from: 2022-04-01\n    in_force_to: 2027-03-31\n\n"+
		"  - { id: appi.39.suit, title: { en: Amended }, source: s, article: \"39\", read: 2026-11-22, kind: exposure, start: deemed-arrival, unit: weeks, n: 1, end_point: start-of-next-day, in_force_from: 2027-04-01 }\n\n  # Records", 1)
	m["rules/appi.yaml"] = &fstest.MapFile{Data: []byte(b)}
	l, err := Load(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := l.Packs()[0]
	if n := p.ExposureOn(clock.On(2027, time.March, 31)).N; n != 2 {
		t.Errorf("%d weeks the day before", n)
	}
	if r := p.ExposureOn(clock.On(2027, time.April, 1)); r.N != 1 || r.Zone != "Asia/Tokyo" {
		t.Errorf("%d weeks on the day, in %q", r.N, r.Zone)
	}
	if n := p.ExposureOn(clock.On(2000, time.April, 1)).N; n != 1 {
		t.Errorf("a day that no version governs: %d weeks", n)
	}
}

// A fault of the book stops every pack, with the place of the fault.
func TestAFaultOfTheBookIsAProblemWithItsPlace(t *testing.T) {
	for name, x := range map[string]struct{ file, from, to, want string }{
		"a misspelt key":      {"rules/gdpr.yaml", "unit: months-eu", "unti: months-eu", "unti"},
		"a wrong unit":        {"rules/gdpr.yaml", "unit: months-eu", "unit: moons", "unit: \"moons\" is not a unit"},
		"another regime":      {"rules/gdpr.yaml", "regime: gdpr", "regime: dsgvo", "write \"regime: gdpr\", or rename the file"},
		"one regime twice":    {"rules/gdpr.yaml", "regime: gdpr", "regime: appi", "appi"},
		"not YAML":            {"rules/sg-pdpa.yaml", "rules:", "rules: [", ""},
		"a rule without days": {"rules/sg-pdpa.yaml", "n: 30\n", "n: 0\n", "n: "},
	} {
		m := library(t, testdata(t, "working_small.yaml"))
		was := string(m[x.file].Data)
		if !strings.Contains(was, x.from) {
			t.Fatalf("%s: %s has no %q", name, x.file, x.from)
		}
		m[x.file] = &fstest.MapFile{Data: []byte(strings.Replace(was, x.from, x.to, 1))}
		_, err := Load(m, Options{})
		var ps Problems
		if !errors.As(err, &ps) {
			t.Errorf("%s: loads (%v)", name, err)
			continue
		}
		i := slices.IndexFunc(ps, func(p Problem) bool {
			return strings.HasPrefix(p.File, "rules/") && strings.Contains(p.String(), x.want)
		})
		if i < 0 || ps[i].Line < 1 || ps[i].Column < 1 {
			t.Errorf("%s: got %v, want %q", name, err, x.want)
		}
		if len(ps) != 1 {
			t.Errorf("%s: one fault, and %d complaints:\n%v", name, len(ps), err)
		}
		if name == "a wrong unit" && i >= 0 && !strings.Contains(strings.Split(strings.Replace(was, x.from, x.to, 1), "\n")[ps[i].Line-1], "moons") {
			t.Errorf("line %d is not the one", ps[i].Line)
		}
	}
	m := library(t, testdata(t, "working_small.yaml"))
	m["rules/gdpr.yaml"] = &fstest.MapFile{Data: []byte(strings.Repeat("x", 10<<20))}
	if _, err := Load(m, Options{}); err == nil || !strings.Contains(err.Error(), "at most 262144") {
		t.Errorf("ten megabytes of rules: %.200v", err)
	}
}

func TestThePackNamesEveryOfItsTimes(t *testing.T) {
	p := pack(t, "izumisano")
	var got []string
	for _, r := range p.Rules() {
		if err := r.Validate(); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
		got = append(got, r.ID)
	}
	want := []string{"acknowledgement", "target", "target_ad-opt-out", "appi.39.suit", "identity_reminder_1", "identity_reminder_2",
		"identity_expiry", "authority_reminder_1", "authority_reminder_2", "authority_expiry", "clarification_reminder", "clarification_expiry",
		"fee_reminder", "fee_expiry", "cooling_off", "withdrawal_window", "availability", "contact_quarantine", "recipient", "reopening"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// Every law that a shipped pack stands under gives clocks that its calendars can
// count, for every kind.
func TestTheLegalClocksOfEveryPackCanBeComputed(t *testing.T) {
	folder, err := fs.Sub(packs.Files, "calendars")
	if err != nil {
		t.Fatal(err)
	}
	cals, err := clock.LoadCalendars(folder)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range load(t, false).Packs() {
		for _, kind := range KindCodes {
			for _, c := range p.LegalClocks(kind, arrived) {
				if c.Rule.Unit == clock.NoFigure {
					continue
				}
				n++
				cal := cals[c.Calendar]
				if cal == nil {
					t.Errorf("%s, %s: there is no calendar %s", p.Slug, c.Rule.ID, c.Calendar)
					continue
				}
				x, err := clock.New(c.Rule, cal)
				if err != nil {
					t.Errorf("%s: %v", c.Rule.ID, err)
					continue
				}
				if r, err := x.Due([]clock.Event{{Kind: clock.Start, At: arrived.In(time.UTC)}}); err != nil || r.DueAt.IsZero() {
					t.Errorf("%s: %v, %v", c.Rule.ID, r.DueAt, err)
				}
			}
		}
	}
	t.Logf("%d clocks computed", n)
}

// The grounds of an extension are sentences of the letter that tells it.
func TestTheGroundsOfAnExtensionHaveTheirSentence(t *testing.T) {
	letters, err := os.ReadFile("../internal/locales/catalogue/letters.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, m := range regexp.MustCompile(`(?m)^  letter\.late\.([a-z-]+):$`).FindAllStringSubmatch(string(letters), -1) {
		keys = append(keys, m[1])
	}
	e := pack(t, "kai").Times.Target.Extension
	if e == nil {
		t.Fatal("the target cannot be extended")
	}
	for _, ground := range e.Grounds {
		if !slices.Contains(keys, ground) {
			t.Errorf("letter.late.%s is not written", ground)
		}
	}
	if len(e.Grounds) != 5 || e.MaxTimes != 1 || e.Amount != 10 || e.Base != clock.FromDue || e.NoticeBefore != "due" || !e.ReasonsRequired {
		t.Errorf("extension: %+v", e)
	}
	if x := load(t, true).Packs()[0].Times.Target.Extension; x == nil {
		t.Error("the demonstration's target cannot be extended")
	}
	if len(slices.Collect(maps.Keys(pack(t, "kai").Times.TargetByKind))) == 0 {
		t.Error("no target by kind")
	}
}
