package policy_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"madoguchi/clock"
	"madoguchi/connectors"
	"madoguchi/dsr"
	"madoguchi/internal/scenario"
	"madoguchi/packs"
	"madoguchi/policy"
)

// withClinic is the real packs, laws, book and calendars with a sixth
// organisation, which no code knows.
func withClinic(t testing.TB) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	for _, from := range []fs.FS{packs.Files, os.DirFS("testdata/clinic")} {
		err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(from, name)
			m[name] = &fstest.MapFile{Data: b}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func clinic(t testing.TB) (*policy.Library, *policy.Pack) {
	t.Helper()
	lib, err := policy.Load(withClinic(t), policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, ok := lib.BySlug("hoerklinik")
	if !ok {
		t.Fatal("no clinic")
	}
	return lib, p
}

func TestAClinicUnderTheGDPRIsAFolderAndNothingElse(t *testing.T) {
	lib, p := clinic(t)
	if len(lib.Packs()) != 6 || p.Law.Regime != "gdpr" || p.Times.Exposure.ID != "" {
		t.Errorf("%d packs, the clinic under %s, exposure %q", len(lib.Packs()), p.Law.Regime, p.Times.Exposure.ID)
	}
	systems, err := connectors.New(withClinic(t), func(string) string { return "" })
	if err != nil || systems.Setting(p.ID, "patients") == "" {
		t.Errorf("its system: %v", err)
	}
	for _, of := range []struct{ kind, want string }{{"statutory", "geburtsurkunde betreuerausweis"}, {"delegated", "vollmacht"}} {
		var ids []string
		for _, d := range p.AuthorityDocuments(of.kind) {
			ids = append(ids, d.ID)
		}
		if got := strings.Join(ids, " "); got != of.want {
			t.Errorf("a %s representative shows %s", of.kind, got)
		}
	}
	if where := p.WhereToComplain(); len(where) != 2 || where[0].ID != "baylda" || where[1].ID != "supervisory-authority" {
		t.Errorf("complaints go to %v", where)
	}
}

// The course of a disclosure: the month of Art. 12(3) by Regulation 1182/71, the
// days of a doubted identity beside it, two months more if told before, and no
// exposure; the office's own target is earlier and is the answer target.
func TestTheClinicsDisclosureIsDueInAMonthAndHasNoExposure(t *testing.T) {
	_, p := clinic(t)
	sub, err := fs.Sub(withClinic(t), "calendars")
	if err != nil {
		t.Fatal(err)
	}
	calendars, err := clock.LoadCalendars(sub)
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	arrived := time.Date(2026, 11, 13, 10, 0, 0, 0, berlin) // the same day of December is a Sunday
	r := policy.Request{Kind: "disclosure", Channel: "portal", Population: "patient", Filer: "statutory-representative"}
	course := dsr.CourseOf(p, r, dsr.Answers{ArrivedAt: arrived, Calendars: calendars, Items: []dsr.AnsweredItem{{Item: policy.Item{System: "patients", Category: "profile"}}}})
	due := map[string]string{}
	for _, c := range course.Clocks {
		if c.Unknown != nil {
			t.Errorf("%s: %v", c.Name, c.Unknown)
		}
		due[c.Name] = c.Result.DueOn.String()
	}
	if len(due) != 2 || due[dsr.ClockTarget] != "2026-11-27" || due[dsr.ClockLegal] != "2026-12-14" {
		t.Errorf("the clocks are %v", due)
	}
	if course.Fee != nil || course.Identity.Level != "L2" || len(course.Authority) != 2 || course.AnswerTo != "person" {
		t.Errorf("fee %v, level %s, %d papers, answer to the %s", course.Fee, course.Identity.Level, len(course.Authority), course.AnswerTo)
	}
	law := p.LegalClocks("disclosure", clock.DateOf(arrived))
	if len(law) != 1 {
		t.Fatalf("%d dues of the law", len(law))
	}
	cal := calendars[law[0].Calendar]
	at := func(day int) time.Time { return time.Date(2026, 11, day, 10, 0, 0, 0, berlin) }
	first := clock.Event{Kind: clock.Start, At: arrived}
	doubted := []clock.Event{first, {Kind: clock.Pause, Cause: "identity", At: at(16)}, {Kind: clock.Resume, Cause: "identity", At: at(21)}}
	for _, x := range []struct {
		what   string
		events []clock.Event
		want   string
	}{
		{"as it arrives", []clock.Event{first}, "2026-12-14"},
		{"five days of identity", doubted, "2026-12-18"},
		{"two months more", append(slices.Clone(doubted), clock.Event{Kind: clock.Prolonged, At: at(25), Ground: "complexity"}), "2027-02-18"},
	} {
		res, err := clock.Compute(law[0].Rule, cal, x.events)
		if err != nil || res.DueOn.String() != x.want {
			t.Errorf("%s: %s, %v; want %s", x.what, res.DueOn, err, x.want)
		}
	}
	// The notice comes before the due, or the extension is none.
	late := []clock.Event{first, {Kind: clock.Prolonged, At: time.Date(2026, 12, 21, 10, 0, 0, 0, berlin), Ground: "complexity"}}
	if res, err := clock.Compute(law[0].Rule, cal, late); err == nil && res.DueOn.String() != "2026-12-14" {
		t.Errorf("a notice after the due moves it to %s", res.DueOn)
	}
	if x := law[0].Rule.Extension; x == nil || x.Amount != 2 || x.MaxTimes != 1 || !x.ReasonsRequired {
		t.Errorf("the extension is %+v", x)
	}
}

func TestTheClinicsScenariosHold(t *testing.T) {
	m := withClinic(t)
	lib, err := policy.Load(m, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := scenario.Load(m)
	if err != nil {
		t.Fatal(err)
	}
	sub, err := fs.Sub(m, "calendars")
	if err != nil {
		t.Fatal(err)
	}
	calendars, err := clock.LoadCalendars(sub)
	if err != nil {
		t.Fatal(err)
	}
	results := scenario.Suite{Library: lib, Calendars: calendars, Scenarios: all}.Run("hoerklinik")
	if len(results) < 6 {
		t.Errorf("%d scenarios were run", len(results))
	}
	for _, r := range results {
		for _, d := range r.Differences {
			t.Errorf("%s: %+v", r.Scenario, d)
		}
	}
}

// The floor below the clinic is the Regulation: each fault is told by its
// article, and by none of the Japanese law.
func TestTheClinicCannotPromiseLessThanTheGDPR(t *testing.T) {
	for _, x := range []struct{ old, is, want string }{
		{"amendment:\n", "fees: [{ kinds: [disclosure], yen: 20, clause: \"7.1\", text: { de: Gebühr, en: Fee } }]\namendment:\n", "a fee on disclosure has no basis (Art. 12(5), clause 7.1)"},
		{"amendment:\n", "exemptions: [{ id: X2, kinds: [disclosure], clause: \"7.1\", article: 33(2)(ii), text: same }]\namendment:\n", `the law knows no ground "33(2)(ii)" for disclosure`},
		{"  - kind: ad-opt-out\n", "  - kind: deletion\n", `law/gdpr.yaml does not know the kind "deletion"`},
		{"    from: bought_on\n    years: 10\n", "", "a statute keeps the data and nobody knows until when (Art. 5(1), clause 4)"},
		{"{ level: L2, documents: [personalausweis, reisepass, aufenthaltstitel], contact: true }", "{ level: L3, documents: [personalausweis, reisepass], contact: true }", "(Art. 12(6)"},
		{"law: gdpr\n", "law: gdrp\n", "there is no law/gdrp.yaml"},
	} {
		m := withClinic(t)
		const file = "hoerklinik/pack.yaml"
		text := string(m[file].Data)
		if !strings.Contains(text, x.old) {
			t.Fatalf("%q is not in the pack", x.old)
		}
		m[file] = &fstest.MapFile{Data: []byte(strings.Replace(text, x.old, x.is, 1))}
		if _, err := policy.Load(m, policy.Options{}); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: got %v, want %s", x.is, err, x.want)
		}
	}
}
