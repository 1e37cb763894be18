package policy

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"madoguchi/clock"
	"madoguchi/packs"
)

// regimes are the laws that have both a baseline and rules of requests.
var regimes = []string{"appi", "ccpa", "gdpr", "kr-pipa", "lgpd", "sg-pdpa", "uk-gdpr", "vn-pdp"}

// every is a day on which the newest rule of each law is in force.
var every = clock.Date{Y: 2026, M: 11, D: 23}

func TestEveryLawIsReadAndTheMatrixOfItsKindsIsWhole(t *testing.T) {
	lib := load(t, false)
	var got []string
	for _, law := range lib.Laws() {
		got = append(got, law.Regime)
	}
	if !slices.Equal(got, regimes) {
		t.Fatalf("the laws are %v", got)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-23s", "")
	for _, law := range lib.Laws() {
		fmt.Fprintf(&table, " %-22s", law.Regime)
	}
	for _, kind := range KindCodes {
		fmt.Fprintf(&table, "\n%-23s", kind)
		taken := false
		for _, law := range lib.Laws() {
			cell := "-"
			if k, ok := law.Kind(kind); ok {
				taken = true
				cell = "(no article)"
				if k.Article != "" {
					cell = k.Article
				}
				if k.FeePossible {
					cell += " fee"
				}
				if k.Exposure {
					cell += " suit"
				}
			}
			fmt.Fprintf(&table, " %-22s", cell)
		}
		if !taken {
			t.Errorf("no law knows the kind %s", kind)
		}
	}
	t.Log(table.String())
}

// A kind that a law gives by an article can be decided: where it has a
// procedure, a test asks whether anything is held, every figure comes from the
// book, and what is cited is told in our own words.
func TestEveryKindOfEveryLawCanBeDecidedByIt(t *testing.T) {
	lib := load(t, false)
	for _, law := range lib.Laws() {
		known := map[string]bool{}
		for _, a := range law.Articles {
			known[a.ID] = true
		}
		cited := func(by, articles string) {
			for _, a := range listed(articles) {
				if !known[a] {
					t.Errorf("%s: %s cites %q, which is not among the articles", law.Regime, by, a)
				}
			}
		}
		seen := map[string]bool{}
		for _, k := range law.Kinds {
			if seen[k.Kind] || !slices.Contains(KindCodes, k.Kind) {
				t.Errorf("%s: %s is there twice or is no kind", law.Regime, k.Kind)
			}
			seen[k.Kind] = true
			if k.Article == "" {
				continue
			}
			cited(k.Kind, k.Article)
			if k.AnsweredBy != "" {
				cited(k.Kind, k.AnsweredBy)
			}
			if !slices.Contains(k.WhoMayFile, "person") {
				t.Errorf("%s: the person may not ask for %s", law.Regime, k.Kind)
			}
			if k.Exposure && len(law.exposures) == 0 {
				t.Errorf("%s: %s has an exposure and the law none", law.Regime, k.Kind)
			}
			if KindMeasures[k.Kind] != nil && !slices.ContainsFunc(law.Exemptions, func(e Exemption) bool {
				return e.Effect == EffectNotHeld && has(e.Kinds, k.Kind)
			}) {
				t.Errorf("%s: nobody asks whether data is held for %s", law.Regime, k.Kind)
			}
			dues := lib.Rules().Legal(law.Regime, k.Kind, every)
			if KindMeasures[k.Kind] != nil && len(dues) == 0 && law.Regime != "sg-pdpa" && !(law.Regime == "ccpa" && k.Kind == "suspension") {
				t.Errorf("%s: the book has no due for %s", law.Regime, k.Kind)
			}
		}
		for _, e := range law.Exemptions {
			if law.Regime != "appi" { // its own tests read it more closely
				cited(e.ID, e.Article)
			}
			for _, k := range e.Kinds {
				if !seen[k] {
					t.Errorf("%s: %s is asked for %s, which the law does not know", law.Regime, e.ID, k)
				}
			}
		}
		for rule, article := range law.Floor {
			if law.Regime != "appi" && article != floorNone {
				cited(rule, article)
			}
		}
		if law.Authority.Name["en"] == "" {
			t.Errorf("%s: nobody is named to whom one may complain", law.Regime)
		}
		if law.Regime != "appi" {
			if len(law.Texts) != len(LawTexts) || len(law.Sources) == 0 {
				t.Errorf("%s has %d texts of its own and %d sources", law.Regime, len(law.Texts), len(law.Sources))
			}
			for name, texts := range law.Texts {
				for voice, text := range texts {
					for _, other := range []string{"個人情報保護法第", "APPI", "Act on the Protection", "Bảo vệ Thông tin Cá nhân", "PPC"} {
						if strings.Contains(text, other) {
							t.Errorf("%s: %s in %s speaks of the Japanese law: %s", law.Regime, name, voice, text)
						}
					}
				}
			}
		}
	}
}

// What the GDPR's person may be refused is what the Regulation lists.
func TestTheGDPRHasItsGroundsAndNoExposure(t *testing.T) {
	lib := load(t, false)
	i := slices.IndexFunc(lib.Laws(), func(l *Law) bool { return l.Regime == "gdpr" })
	law := lib.Laws()[i]
	for _, x := range []struct{ kind, article string }{
		{"disclosure", "12(5)"}, {"disclosure", "15(4)"}, {"disclosure", "23(1)"}, {"correction", "16"}, {"addition", "16"}, {"erasure", "17(1)"},
		{"erasure", "17(3)(a)"}, {"erasure", "17(3)(b)"}, {"erasure", "17(3)(c)"}, {"erasure", "17(3)(d)"}, {"erasure", "17(3)(e)"},
		{"suspension", "18(1)"}, {"suspension", "21(1)"}, {"suspension", "12(5)"},
	} {
		if _, ok := law.exemption(x.article, x.kind); !ok {
			t.Errorf("%s has no test by Art. %s", x.kind, x.article)
		}
	}
	if _, ok := law.exemption("33(2)(ii)", "disclosure"); ok || len(law.exposures) != 0 {
		t.Error("the GDPR has a ground or an exposure of the Japanese law")
	}
	for _, k := range law.Kinds {
		if k.FeePossible || k.Exposure {
			t.Errorf("%s has a fee or an exposure", k.Kind)
		}
	}
	if e, _ := law.exemption("17(3)(b)", "erasure"); e.Effect != EffectKeep {
		t.Errorf("a legal obligation to keep ends in %q", e.Effect)
	}
}

// With its rules by a wrong name, with half of its texts or without one in a
// voice of letters, a law does not load.
func TestAFaultInALawIsFound(t *testing.T) {
	for _, x := range []struct{ old, is, want string }{
		{"use: gdpr.12-3.answer", "use: gdpr.12-3.anwser", `there is no rule "gdpr.12-3.anwser"`},
		{"use: gdpr.12-4.refusal", "use: sg-pdpa.22.correct", "the rule sg-pdpa.22.correct is switched off"},
		{"  letter.suit:", "  letter.suite:", `the law has no text "letter.suit"`},
		{"  letter.suit:", "  letter.suite:", `"letter.suite" is no text of a law`},
		{"    mark: memory", "    mark: perhaps", `"perhaps" is not one of the words allowed`},
		{`  kind-not-offered: "12(2)"`, `  kind-offered: "12(2)"`, `the floor has no article for "kind-not-offered"`},
		{"kind: suspension\n", "kind: restriction\n", `"restriction" is not one of the words allowed`},
	} {
		m := library(t, testdata(t, "working_small.yaml"))
		b, err := fs.ReadFile(packs.Files, "law/gdpr.yaml")
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		if x.old == "    mark: memory" {
			text = strings.Replace(text, "articles:\n", "articles:\n  - id: \"1\"\n    summary: Something.\n    mark: memory\n", 1)
		}
		if !strings.Contains(text, x.old) {
			t.Fatalf("%q is not in the file", x.old)
		}
		m["law/gdpr.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(text, x.old, x.is, 1))}
		if _, err := Load(m, Options{}); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: got %v, want %s", x.is, err, x.want)
		}
	}
}

// What rests on memory is said to, on the page as in the files.
func TestThePageSaysWhichArticlesRestOnMemory(t *testing.T) {
	page, err := os.ReadFile("../docs/statutes.md")
	if err != nil {
		t.Fatal(err)
	}
	marked := func(law *Law, mark string) string {
		var ids []string
		for _, a := range law.Articles {
			if a.Mark == mark {
				ids = append(ids, a.ID)
			}
		}
		if len(ids) == 0 {
			return "-"
		}
		return strings.Join(ids, ", ")
	}
	rows := 0
	for _, law := range load(t, false).Laws() {
		if law.Regime == "appi" { // read as a whole
			continue
		}
		row := fmt.Sprintf("| `%s` | %s | %s |", law.Regime, marked(law, "memory"), marked(law, "verify"))
		if !strings.Contains(string(page), row+"\n") {
			t.Errorf("the page does not say\n%s", row)
		}
		rows++
		worse := *law
		worse.Articles = append(slices.Clone(law.Articles), Article{ID: "9999", Mark: "memory"})
		if strings.Contains(string(page), fmt.Sprintf("| `%s` | %s |", law.Regime, marked(&worse, "memory"))) {
			t.Errorf("%s: one more article from memory is not seen", law.Regime)
		}
	}
	t.Logf("counts: %d laws on the page", rows)
}
