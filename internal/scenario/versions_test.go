package scenario

import (
	"strings"
	"testing"
	"testing/fstest"

	"madoguchi/policy"
)

// A second version of a pack drops the freeze. Whoever's data was held before keeps
// it, and whoever agreed does not; each scenario is red when its day is another.
func TestAScenarioSaysWhichVersionOfThePolicyBinds(t *testing.T) {
	files := tree(t, "qoo10")
	first := string(files["qoo10/pack.yaml"].Data)
	second := strings.NewReplacer("version: \"2026.1\"\n", "version: \"2026.2\"\nin_force_from: \"2026-10-01\"\n",
		"    freeze: true\n", "", "    freeze_until: corrected\n", "", "    carries: { freeze_until: settled }\n", "").Replace(first)
	files["qoo10/versions/2026.1.yaml"] = &fstest.MapFile{Data: []byte(first)}
	files["qoo10/pack.yaml"] = &fstest.MapFile{Data: []byte(second)}
	delete(files, "qoo10/scenarios/rights.yaml")
	const request = "    request: { kind: correction, channel: portal, population: member, fields: [address] }\n    arrived: \"2026-11-20T16:30\"\n"
	text := "scenarios:\n"
	for _, x := range []string{
		"  - id: before\n" + request + "    held: { acquired: \"2026-09-30\" }\n    expect: { freeze: promised, versions: { receipt: \"2026.2\", since: [\"2026.1\"], won: { kinds/correction/freeze: { why: older, versions: [\"2026.1\"] } } } }\n",
		"  - id: unknown\n" + request + "    held: {}\n    expect: { freeze: promised, pack: { kinds: { correction: { freeze: true } } } }\n",
		"  - id: after\n" + request + "    held: { acquired: \"2026-10-01\" }\n    expect: { freeze: desk, versions: { since: [], won: none } }\n",
		"  - id: agreed\n" + request + "    held: { acquired: \"2026-09-30\", consents: [{ version: \"2026.2\", on: \"2026-11-01\", source: portal }] }\n    expect: { freeze: desk, versions: { left_out: { \"2026.1\": { why: consented } } } }\n",
		"  - id: deemed\n" + request + "    held: { acquired: \"2026-09-30\", consents: [{ version: \"2026.2\", on: \"2026-11-01\", source: use }] }\n    expect: { freeze: promised }\n",
		"  - id: newest\n" + request + "    expect: { freeze: desk }\n",
	} {
		text += strings.Replace(x, "\n", "\n    proves: [QOO-02]\n    says: A sentence that says something.\n", 1)
	}
	for _, c := range []struct {
		text string
		red  bool
	}{{text, false}, {strings.Replace(text, "2026-10-01", "2026-09-30", 1), true}, {strings.Replace(text, "source: use", "source: paper", 1), true}} {
		files["qoo10/scenarios/page.yaml"] = &fstest.MapFile{Data: []byte(c.text)}
		library, err := policy.Load(files, policy.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := suite(t)
		s.Library = library
		if s.Scenarios, err = Load(files); err != nil {
			t.Fatal(err)
		}
		red := false
		for _, r := range s.Run("qoo10") {
			if r.File != "qoo10/scenarios/page.yaml" {
				continue
			}
			red = red || !r.Passed()
			if !c.red && !r.Passed() {
				t.Errorf("%s: %v", r.Scenario, r.Differences)
			}
		}
		if red != c.red {
			t.Errorf("red is %t, want %t", red, c.red)
		}
	}
	files["qoo10/scenarios/page.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(text, "2026-09-30", "30 September", 1))}
	if _, err := Load(files); err == nil || !strings.Contains(err.Error(), "this is no day; write a civil date: 2026-11-20") {
		t.Errorf("a day that is none: %v", err)
	}
}
