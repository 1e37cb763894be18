package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goccy/go-yaml"

	"madoguchi/packs"
)

// busted is a file of testdata/busted: testdata/working_small.yaml with one
// thing wrong.
type busted struct {
	name   string
	expect string // "article 38(1), clause 6: a fee on …"
	// Rule is the rule of the floor that finds it, "" for another mistake; At is
	// on the line that the complaint points to.
	Rule   string `yaml:"rule"`
	At     string `yaml:"at"`
	Change []struct {
		From string `yaml:"from"`
		To   string `yaml:"to"`
	} `yaml:"change"`
	Add string `yaml:"add"`
}

func bustedFiles(t testing.TB) []busted {
	t.Helper()
	files, err := filepath.Glob("testdata/busted/*.yaml")
	if err != nil || len(files) < 90 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	var out []busted
	for _, file := range files {
		b := testdata(t, filepath.Join("busted", filepath.Base(file)))
		x := busted{name: strings.TrimSuffix(filepath.Base(file), ".yaml")}
		first, _, _ := strings.Cut(string(b), "\n")
		var ok bool
		if x.expect, ok = strings.CutPrefix(first, "# expect: "); !ok {
			t.Fatalf("%s: the first line states no complaint", file)
		}
		if err := yaml.UnmarshalWithOptions(b, &x, yaml.DisallowUnknownField()); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, x)
	}
	return out
}

// text is the pack: the working one with the change.
func (x busted) text(t testing.TB) string {
	t.Helper()
	s := string(testdata(t, "working_small.yaml"))
	for _, c := range x.Change {
		if n := strings.Count(s, c.From); n != 1 {
			t.Fatalf("%s: %q is there %d times", x.name, c.From, n)
		}
		s = strings.Replace(s, c.From, c.To, 1)
	}
	return s + x.Add
}

// missed is what is wrong with the answer to a busted pack; "" when it was
// refused as the file expects, for nothing else, and at the right line.
func (x busted) missed(text string, err error) string {
	var ps Problems
	if !errors.As(err, &ps) {
		return fmt.Sprintf("it loads: %v", err)
	}
	article, message := "", x.expect
	if rest, ok := strings.CutPrefix(x.expect, "article "); ok {
		article, message, _ = strings.Cut(rest, ": ")
	}
	article, clause, _ := strings.Cut(article, ", clause ")
	lines := strings.Split(text, "\n")
	found := false
	for _, p := range ps {
		if p.Rule != x.Rule {
			return fmt.Sprintf("%q is found too (%s)", p, p.Rule)
		}
		if !strings.Contains(p.Message, message) || p.Article != article || clause != "" && p.Clause != clause {
			continue
		}
		found = true
		if p.Line < 1 || p.Line > len(lines) || p.Column < 1 || !strings.Contains(lines[p.Line-1], x.At) {
			return fmt.Sprintf("line %d, column %d is not where %q stands", p.Line, p.Column, x.At)
		}
		if p.Instead == "" {
			return "nobody is told what to write instead"
		}
	}
	if !found {
		return fmt.Sprintf("got %v, want %s", err, x.expect)
	}
	return ""
}

// Every fault is refused with article and clause at its line; also where a
// reading that is recorded for it lets it stand.
func TestEveryFaultBelowTheLawIsRefusedAlsoBehindAReading(t *testing.T) {
	open, hidden, mistakes := map[string]bool{}, map[string]bool{}, 0
	for _, x := range bustedFiles(t) {
		text := x.text(t)
		_, err := Load(library(t, []byte(text)), Options{})
		if why := x.missed(text, err); why != "" {
			t.Errorf("%s: %s", x.name, why)
		}
		_, behind := strings.CutSuffix(x.name, "_behind_a_reading")
		switch {
		case x.Rule == "":
			mistakes++
		case behind:
			hidden[strings.TrimSuffix(x.name, "_behind_a_reading")] = true
		default:
			open[x.Rule] = true
		}
	}
	for _, r := range FloorRules() {
		if !open[r.Name] {
			t.Errorf("%s (%s): no file goes below it", r.Name, r.Says)
		}
	}
	if len(open) != len(FloorRules()) {
		t.Errorf("files for %d rules, there are %d", len(open), len(FloorRules()))
	}
	for _, x := range bustedFiles(t) {
		_, behind := strings.CutSuffix(x.name, "_behind_a_reading")
		// A wrong reading hides nothing; the others have a sister that is hidden.
		if alone := x.Rule == "reading-of-another-matter" || slices.Contains([]string{"approver_where_the_manager_agrees", "freeze_read_by_another_clause", "two_papers_where_a_code_is_enough"}, x.name); x.Rule != "" && !behind && !alone && !hidden[x.name] {
			t.Errorf("%s: not tried behind a reading", x.name)
		}
	}
	t.Logf("counts: %d rules of the floor, %d faults hidden behind a reading, %d other mistakes", len(open), len(hidden), mistakes)
}

// The floor test is not blind: with a rule taken away, the files of that rule and
// no others load.
func TestARuleTakenFromTheFloorLetsExactlyItsFaultsThrough(t *testing.T) {
	through := map[string]int{}
	for _, x := range bustedFiles(t) {
		if x.Rule == "" {
			continue
		}
		text := x.text(t)
		// missed refuses a complaint of any other rule, so that it is this one alone
		// which stands in the way.
		_, err := Load(library(t, []byte(text)), Options{without: x.Rule})
		if err != nil {
			t.Errorf("%s: refused without %s: %v", x.name, x.Rule, err)
			continue
		}
		if x.missed(text, err) == "" {
			t.Errorf("%s: nobody noticed that it loads", x.name)
		}
		through[x.Rule]++
	}
	if len(through) != len(floorRules) {
		t.Errorf("%d rules taken away, there are %d", len(through), len(floorRules))
	}
	// Another rule changes nothing: one round over all rules with one fault.
	x := bustedFiles(t)[slices.IndexFunc(bustedFiles(t), func(x busted) bool { return x.name == "fee_on_correction" })]
	for _, r := range floorRules {
		text := x.text(t)
		_, err := Load(library(t, []byte(text)), Options{without: r.name})
		if red := x.missed(text, err) == ""; red != (r.name != x.Rule) {
			t.Errorf("without %s: refused %v", r.name, red)
		}
	}
	t.Logf("counts: %d rules, %d faults let through", len(through), func() (n int) {
		for _, k := range through {
			n += k
		}
		return n
	}())
}

// What a reading answers: the words are recorded and the law's are carried out.
func TestAReadingThatCarriesTheLawsWordAnswersTheFinding(t *testing.T) {
	for name, x := range map[string]busted{
		"the end of a freeze": {Change: change("freeze: true,", "freeze: true, freeze_until: corrected,",
			"readings:\n", "readings:\n  - { id: D-90, clause: \"5\", literal: Until it is corrected., reading: Until it is settled., article: \"34(3)\", carries: { freeze_until: settled } }\n")},
		"deemed consent": {Add: "consent: { clause: \"1\", basis: deemed }\n", Change: change(
			"readings:\n", "readings:\n  - { id: D-90, clause: \"1\", literal: Use is consent., reading: It is not., article: \"18(1)\", carries: { consent: given } }\n")},
		"a change of old data": {Change: change("clause: \"8\", notify: false,", "clause: \"8\", notify: false, reach: all-data,",
			"readings:\n", "readings:\n  - { id: D-90, clause: \"8\", literal: All data., reading: New data., article: \"18(1)\", carries: { reach: new-data } }\n")},
		"a ground": {Change: change("{ kind: disclosure, online: true, clause: \"5\",", "{ kind: disclosure, online: true, clause: \"5\", ground: required,",
			"readings:\n", "readings:\n  - { id: D-90, clause: \"5\", literal: With a reason., reading: Without., article: \"33(1)\", carries: { ground: none } }\n")},
	} {
		x.name = name
		if _, err := Load(library(t, []byte(x.text(t))), Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func change(pairs ...string) (out []struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
}) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, struct {
			From string `yaml:"from"`
			To   string `yaml:"to"`
		}{pairs[i], pairs[i+1]})
	}
	return out
}

// A law that forgets a line of its floor, or misspells one, does not load: the
// floor cannot be opened by leaving something out.
func TestALawNamesTheArticleOfEveryRuleOfTheFloor(t *testing.T) {
	base := library(t, testdata(t, "working_small.yaml"))
	for name, x := range map[string]struct{ from, to, want string }{
		"a line left out": {"  password-asked: \"37(4)\"\n", "", `the floor has no article for "password-asked"`},
		"a line misspelt": {"password-asked:", "pasword-asked:", `write "password-asked"`},
	} {
		m := maps.Clone(base)
		text := strings.Replace(string(m["law/appi.yaml"].Data), x.from, x.to, 1)
		m["law/appi.yaml"] = &fstest.MapFile{Data: []byte(text)}
		if _, err := Load(m, Options{}); err == nil || !strings.Contains(err.Error(), x.want) || !strings.Contains(err.Error(), "law/appi.yaml:") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A law without such a rule says so.
	m := maps.Clone(base)
	m["law/appi.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(m["law/appi.yaml"].Data), "\n  not-published: \"32(1)\"", "\n  not-published: none", 1))}
	m["small/pack.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(m["small/pack.yaml"].Data), "  - { field: representative }\n", "", 1))}
	if _, err := Load(m, Options{}); err != nil {
		t.Errorf("a law without the rule: %v", err)
	}
	page, err := fs.ReadFile(packs.Files, "law/appi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range FloorRules() {
		if !regexp.MustCompile(`(?m)^  ` + r.Name + `: "?[0-9]`).Match(page) {
			t.Errorf("law/appi.yaml gives no article to %s", r.Name)
		}
	}
}

// The manual lists every rule of the floor with its article, and no other.
func TestTheManualListsEveryRuleOfTheFloor(t *testing.T) {
	manual, err := os.ReadFile("../docs/packs.md")
	if err != nil {
		t.Fatal(err)
	}
	law := pack(t, "kai").Law
	var table strings.Builder
	table.WriteString("| rule | says | article |\n|---|---|---|\n")
	for _, r := range FloorRules() {
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", r.Name, r.Says, law.Floor[r.Name])
	}
	if !strings.Contains(string(manual), table.String()+"\n") {
		t.Errorf("docs/packs.md lacks the table of the floor as it is:\n%s", table.String())
	}
}
