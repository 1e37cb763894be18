package scenario

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"madoguchi/policy"
)

// with is the packs in memory with one more scenario file of KAI.
func with(t *testing.T, text string) fstest.MapFS {
	t.Helper()
	files := tree(t, "kai")
	files["kai/scenarios/added.yaml"] = &fstest.MapFile{Data: []byte(text)}
	return files
}

func TestWhatIsWrongWithAScenarioFileIsSaidWithItsPlaceAndTheCure(t *testing.T) {
	const head = "scenarios:\n  - id: added\n    proves: [KAI-01]\n    says: A sentence that says something.\n"
	for _, x := range []struct{ name, text, want string }{
		{"a word that is misspelt", head + "    expects: { taken: online }\n", `kai/scenarios/added.yaml:5:5: "expects" is not a word of the pack language in scenarios.0; write "expect"`},
		{"nothing expected", head, `kai/scenarios/added.yaml:2:7: scenarios.0 lacks expect; add expect`},
		{"nothing proven", "scenarios:\n  - id: added\n    says: A sentence that says something.\n    expect: { taken: online }\n", `scenarios.0 lacks proves; add proves`},
		{"a kind that does not exist", head + "    request: { kind: disclosur }\n    expect: { taken: online }\n", `kai/scenarios/added.yaml:5:16: scenarios.0.request.kind: "disclosur" is not one of the words allowed; write "disclosure"`},
		{"a thing that is not compared", head + "    expect: { stage: [closed] }\n", `kai/scenarios/added.yaml:5:15: "stage" is not a word of the pack language in scenarios.0.expect; write "stages"`},
		{"a time with a zone", head + "    arrived: \"2026-11-20T16:30+09:00\"\n    expect: { taken: online }\n", `kai/scenarios/added.yaml:5:5: "2026-11-20T16:30+09:00" is no time of arrival; write a wall time of the desk: 2026-11-20T16:30`},
		{"an anchor", head + "    expect: &x { taken: online }\n", "anchors, aliases and merges are not part of the pack language"},
		{"an id that is there twice", head + "    expect: { taken: online }\n  - id: added\n    proves: [KAI-01]\n    says: A sentence that says something.\n    expect: { taken: online }\n", `kai/scenarios/added.yaml:6:5: the scenario "added" is in kai/scenarios/added.yaml too; choose another id`},
		{"a law beside a pack", "law: appi\n" + head + "    expect: { taken: online }\n", `kai/scenarios/added.yaml:1:1: "law" stands in the scenarios of a law`},
		{"a key that is there twice", head + "    id: again\n    expect: { taken: online }\n", "kai/scenarios/added.yaml:5:5:"},
	} {
		_, err := Load(with(t, x.text))
		var ps policy.Problems
		if !errors.As(err, &ps) || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s:\n got %v\nwant %s", x.name, err, x.want)
		}
	}
}

// Each line is wrong in one thing, and is red for that with file, line and column.
func TestWhatComesOutOtherwiseIsSaidWithItsPlace(t *testing.T) {
	const head = "scenarios:\n  - id: added\n    proves: [KAI-01]\n    says: A sentence that says something.\n    request: { kind: disclosure, channel: telephone, population: customer }\n"
	for _, x := range []struct{ text, want string }{
		{"expect: { taken: desk }", "kai/scenarios/added.yaml:6:15: taken: expected desk, got online"},
		{"expect: { stages: [received, closed] }", "6:15: stages: expected [received, closed], got [received, triage, identity, "},
		{"expect: { identity: { level: L1 } }", "6:27: identity.level: expected L1, got L2"},
		{"expect: { identity: { levels: L2 } }", "identity.levels: expected something that a run gives: [clause, contact, documents, layer, level, needed, why], got a word that means nothing here"},
		{"expect: { asked: [X1] }", "asked: expected [X1], got [N1, N2, X1, X2, X3, T1]"},
		{"expect: { asked: { X1: { class: one } } }", "asked.X1.class: expected one, got two"},
		{"expect: { asked: { X9: { class: one } } }", "asked.X9: expected {class: one}, got none"},
		{"expect: { asked: { all: [N1, X1], X1: { class: two } } }", "asked.all: expected [N1, X1], got [N1, N2, X1, X2, X3, T1]"},
		{"expect: { asked: none }", "asked: expected none, got [N1, "},
		{"expect: { asked: { X1: none } }", "asked.X1: expected none, got {"},
		{"expect: { fee: { yen: 300 } }", "fee.yen: expected 300, got none"},
		{"expect: { pack: { desk: { phone: \"0120\" } } }", "6:31: pack.desk.phone: expected 0120, got 0120-016-410"},
		{"expect: { pack: { desk: { telephone: \"0120\" } } }", "a word that means nothing here"},
		{"expect: { pack: { kinds: { disclosure: { identity: [] } } } }", "pack.kinds.disclosure.identity: expected none, got [{"},
		{"expect: { pack: { recording: none } }", "pack.recording: expected none, got {"},
		{"items: [{ system: members }]\n    expect: { taken: online }", "6:15: items.system: expected one of [service-cards], got members"},
		{"items: [{ system: service-cards, applies: [X9] }]\n    expect: { taken: online }", "items.applies: expected one of [N1, N2, X1, X2, X3, T1], got X9"},
		{"items: [{ system: service-cards, applies: [X1] }]\n    expect: { items: [{ allowed: [disclose] }] }", "items[0].allowed: expected [disclose], got [withhold, not-held]"},
		{"arrived: \"2026-11-20T16:30\"\n    expect: { clocks: { target: { due_on: \"2026-12-04\" } } }", "clocks.target.due_on: expected 2026-12-04, got 2026-12-07"},
		{"arrived: \"2060-11-20T16:30\"\n    expect: { clocks: { target: { unknown: none } } }", "clocks.target.unknown: expected none, got "},
	} {
		files := with(t, head+"    "+x.text+"\n")
		scenarios, err := Load(files)
		if err != nil {
			t.Errorf("%s: %v", x.text, err)
			continue
		}
		s := suite(t)
		s.Scenarios = scenarios
		var got []string
		for _, r := range s.Run("kai") {
			for _, d := range r.Differences {
				got = append(got, d.String())
			}
		}
		if len(got) != 1 || !strings.Contains(got[0], x.want) {
			t.Errorf("%s:\n got %v\nwant %s", x.text, got, x.want)
		}
	}
}

// A channel and a population that the pack does not have could not be filed.
func TestARequestThatCannotBeFiledProvesNothing(t *testing.T) {
	for _, request := range []string{"{ kind: disclosure, channel: fax }", "{ kind: disclosure, population: member }", "{ kind: disclosure, service: shop }", "{ kind: correction, fields: [shoe-size] }"} {
		scenarios, err := Load(with(t, fmt.Sprintf("scenarios:\n  - id: added\n    proves: [KAI-01]\n    says: A sentence that says something.\n    request: %s\n    expect: { taken: online }\n", request)))
		if err != nil {
			t.Fatal(err)
		}
		s := suite(t)
		s.Scenarios = scenarios
		red := 0
		for _, r := range s.Run("kai") {
			if r.Scenario == "added" && !r.Passed() {
				red++
			}
		}
		if red != 1 {
			t.Errorf("%s is not red", request)
		}
	}
}

func TestAllScenariosTogetherTakeLessThanTwoSeconds(t *testing.T) {
	s := suite(t)
	best := time.Hour
	for range 3 { // the machine may be busy: the best of three
		start := time.Now()
		s.Run("")
		best = min(best, time.Since(start))
	}
	if best > 2*time.Second {
		t.Errorf("%v", best)
	}
	t.Logf("counts: %d scenarios run in %v", len(s.Run("")), best.Round(time.Millisecond))
}

// Organisations by other slugs, telephone numbers and addresses: what the
// scenarios say hangs on no name.
func TestOrganisationsByOtherNamesPassAsBefore(t *testing.T) {
	s := suite(t)
	var pairs []string
	for i, p := range s.Library.Packs() {
		house := fmt.Sprintf("house-%c", 'a'+i)
		pairs = append(pairs, p.Slug+"/", house+"/", "slug: "+p.Slug+"\n", "slug: "+house+"\n", p.ID, fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
		for n, contact := range []string{p.Desk.Phone, p.Desk.Mail} {
			if contact != "" {
				pairs = append(pairs, contact, fmt.Sprintf("%d%d@house.example", i, n))
			}
		}
		for _, name := range p.Entity.Name {
			pairs = append(pairs, name, "A house")
		}
	}
	other := strings.NewReplacer(pairs...)
	files := fstest.MapFS{}
	var slugs []string
	for _, p := range s.Library.Packs() {
		slugs = append(slugs, p.Slug)
	}
	for name, f := range tree(t, slugs...) {
		files[other.Replace(name)] = &fstest.MapFile{Data: []byte(other.Replace(string(f.Data)))}
	}
	library, err := policy.Load(files, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Scenarios, err = Load(files); err != nil {
		t.Fatal(err)
	}
	for _, slug := range slugs {
		if _, ok := library.BySlug(slug); ok {
			t.Errorf("%s is still there", slug)
		}
	}
	s.Library = library
	n := 0
	for _, r := range s.Run("") {
		n++
		for _, d := range r.Differences {
			t.Errorf("%s: %s", r.Organisation, d)
		}
	}
	if n < 99 {
		t.Errorf("only %d scenarios ran", n)
	}
}
