package policy

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"madoguchi/packs"
)

// library is the real statute, defaults, schema and demonstration, with the
// small made-up organisation in place of the real ones.
func library(t testing.TB, pack []byte) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{"small/pack.yaml": {Data: pack}, "calendars/office.yaml": {Data: []byte("id: office\n")},
		"small/systems/cards.yaml": {Data: []byte("id: cards\n")}}
	for _, name := range []string{schemaFile, "law/appi.yaml", "rules/appi.yaml", "rules/gdpr.yaml", "rules/sg-pdpa.yaml", "defaults.yaml", "demonstration/times.yaml"} {
		b, err := fs.ReadFile(packs.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		m[name] = &fstest.MapFile{Data: b}
	}
	return m
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAWorkingPackLoads(t *testing.T) {
	l, err := Load(library(t, testdata(t, "working_small.yaml")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, ok := l.BySlug("small")
	if !ok || p.ID != "11111111-2222-4333-8444-555555555555" {
		t.Fatalf("the pack is not there by its slug: %v", p)
	}
	for name, find := range map[string]func(string) (*Pack, bool){p.ID: l.ByID, p.Digest: l.ByDigest} {
		if q, ok := find(name); !ok || q != p {
			t.Errorf("not found by %s", name)
		}
	}
	if _, ok := l.BySlug("nobody"); ok {
		t.Error("an unknown slug finds a pack")
	}
}

// Each busted file is the working one with one thing wrong; its first line is
// the complaint expected.
func TestEachBustedPackIsRefusedWithItsComplaint(t *testing.T) {
	files, err := filepath.Glob("testdata/busted_*.yaml")
	if err != nil || len(files) < 55 {
		t.Fatalf("%d busted files: %v", len(files), err)
	}
	for _, file := range files {
		b := testdata(t, filepath.Base(file))
		first, _, _ := strings.Cut(string(b), "\n")
		want, ok := strings.CutPrefix(first, "# want: ")
		if !ok {
			t.Errorf("%s: the first line states no complaint", file)
			continue
		}
		_, err := Load(library(t, b), Options{})
		var ps Problems
		if !errors.As(err, &ps) {
			t.Errorf("%s: loads, want %q (err %v)", file, want, err)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %s\nwant %s", file, err, want)
		}
		if ps[0].File != "small/pack.yaml" || ps[0].Line < 1 || ps[0].Column < 1 {
			t.Errorf("%s: no place: %+v", file, ps[0])
		}
	}
	t.Logf("%d busted packs refused", len(files))
}

func TestAProblemPointsAtItsLine(t *testing.T) {
	b := testdata(t, "busted_kind_misspelt.yaml")
	_, err := Load(library(t, b), Options{})
	var ps Problems
	if !errors.As(err, &ps) {
		t.Fatal(err)
	}
	if line := strings.Split(string(b), "\n")[ps[0].Line-1]; !strings.Contains(line, "disclosur,") {
		t.Errorf("line %d is %q", ps[0].Line, line)
	}
	if col := ps[0].Column; col < 5 {
		t.Errorf("column %d is not inside the line", col)
	}
}

func TestAllProblemsComeAtOnce(t *testing.T) {
	b := strings.NewReplacer(`calendar: office`, `calendar: moon`, "  address: { ja: 東京都千代田区1-1 }\n", "", "reading: D-01 }", "reading: D-99 }").
		Replace(string(testdata(t, "working_small.yaml")))
	_, err := Load(library(t, []byte(b)), Options{})
	var ps Problems
	if !errors.As(err, &ps) || len(ps) != 3 {
		t.Fatalf("want three problems, got %v", err)
	}
}

func TestTheDigestIsThatOfEveryLayer(t *testing.T) {
	digest := func(m fstest.MapFS, demo bool) string {
		l, err := Load(m, Options{Demonstration: demo})
		if err != nil {
			t.Fatal(err)
		}
		return l.Packs()[0].Digest
	}
	m := library(t, testdata(t, "working_small.yaml"))
	was := digest(m, false)
	if again := digest(m, false); again != was {
		t.Error("two loads of the same bytes differ")
	}
	if digest(m, true) == was {
		t.Error("the demonstration has the digest of the real times")
	}
	for name := range m {
		if name == schemaFile || strings.HasPrefix(name, "demonstration/") || strings.HasPrefix(name, "calendars/") || strings.Contains(name, "/systems/") {
			continue
		}
		n := maps.Clone(m)
		n[name] = &fstest.MapFile{Data: append([]byte("# a remark\n"), m[name].Data...)}
		// Of the book only the laws that the pack stands under.
		unused := name == "rules/gdpr.yaml" || name == "rules/sg-pdpa.yaml"
		if (digest(n, false) == was) != unused {
			t.Errorf("%s changed; digest as it was: %v", name, !unused)
		}
	}
}

func TestTheDemonstrationPutsMinutesInPlaceOfDays(t *testing.T) {
	m := library(t, testdata(t, "working_small.yaml"))
	real, err := Load(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	demo, err := Load(m, Options{Demonstration: true})
	if err != nil {
		t.Fatal(err)
	}
	r, d := real.Packs()[0], demo.Packs()[0]
	if r.Demonstration || !d.Demonstration {
		t.Error("the packs do not say which is which")
	}
	if r.Times.IdentityExpiry.Unit != "business-days" || r.Times.IdentityExpiry.N != 15 {
		t.Errorf("real expiry: %+v", r.Times.IdentityExpiry)
	}
	if d.Times.IdentityExpiry.Unit != "elapsed-minutes" {
		t.Errorf("demonstration expiry: %+v", d.Times.IdentityExpiry)
	}
	if r.Times.Recipient.Unit != "business-days" || d.Times.Recipient.Unit != "elapsed-minutes" {
		t.Errorf("a recipient: %+v, %+v", r.Times.Recipient, d.Times.Recipient)
	}
	// Nobody writes the times of a representative's papers: they are identity's,
	// in minutes where those are.
	if x := d.Times; x.AuthorityExpiry.Unit != "elapsed-minutes" || x.AuthorityExpiry.N != x.IdentityExpiry.N || len(x.AuthorityReminders) != len(x.IdentityReminders) {
		t.Errorf("authority: %+v, %+v", x.AuthorityExpiry, x.AuthorityReminders)
	}
	if r.Times.Exposure.N != 2 || d.Times.Exposure.N != 2 || d.Times.Exposure.Unit != "weeks" {
		t.Error("the statute's clock changed")
	}
}

func TestAPackMaySetItsOwnTimesAndTheyBecomePromises(t *testing.T) {
	b := append(testdata(t, "working_small.yaml"), []byte("times: { target: { start: arrival, unit: business-days, n: 5 } }\nnumbers: { max_downloads: 3 }\n")...)
	l, err := Load(library(t, b), Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := l.Packs()[0].Times
	if x.Target.N != 5 || x.Target.Kind != "policy" || x.MaxDownloads != 3 {
		t.Errorf("own times: %+v, %d downloads", x.Target, x.MaxDownloads)
	}
	if x.IdentityExpiry.Kind != "internal" || x.CodeMinutes != 10 {
		t.Errorf("the rest: %+v, %d minutes", x.IdentityExpiry, x.CodeMinutes)
	}
}

func TestTheLayerThatWonIsNamed(t *testing.T) {
	l, err := Load(library(t, testdata(t, "working_small.yaml")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range l.Packs()[0].ExemptionsFor("disclosure") {
		got = append(got, e.ID+" "+e.Layer)
	}
	// X3 is not there: the policy lists two grounds, and leaving one out is a promise.
	if want := "N1 law, N2 law, X1 policy, X2 reading, T1 law"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
	e, _ := l.Packs()[0].Exemption("disclosure", "X2")
	if !strings.Contains(e.Condition, "significant") {
		t.Errorf("the statute's threshold did not win: %s", e.Condition)
	}
	// A kind for which the policy lists nothing has the statute's own list.
	got = nil
	for _, e := range l.Packs()[0].ExemptionsFor("provision-records") {
		got = append(got, e.ID+" "+e.Layer)
	}
	if want := "N1 law, X1 law, X2 law, X3 law, T1 law"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestANarrowerTextIsAPromiseAndAnInvertedOneIsNeverApplied(t *testing.T) {
	b := strings.NewReplacer("text: same }", "text: narrower, condition: Danger to life only. }",
		"text: wider, reading: D-01 }", "text: inverted, reading: D-01 }").Replace(string(testdata(t, "working_small.yaml")))
	l, err := Load(library(t, []byte(b)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := l.Packs()[0]
	if e, ok := p.Exemption("disclosure", "X1"); !ok || e.Condition != "Danger to life only." || e.Layer != "policy" {
		t.Errorf("the promise is lost: %+v", e)
	}
	if _, ok := p.Exemption("disclosure", "X2"); ok {
		t.Error("an inverted clause is offered")
	}
}
