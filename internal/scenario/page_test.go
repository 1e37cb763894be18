package scenario

import (
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"madoguchi/packs"
)

// The example of docs/scenarios.md holds, and the page names every key there is.
func TestThePageAboutScenariosIsTrue(t *testing.T) {
	b, err := os.ReadFile("../../docs/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	_, example, ok := strings.Cut(page, "```yaml\n")
	example, _, closed := strings.Cut(example, "```")
	if !ok || !closed {
		t.Fatal("the page has no example")
	}
	for _, x := range []struct {
		text string
		red  int
	}{{example, 0}, {strings.Replace(example, "outcome: fulfilled", "outcome: refused", 1), 1}} {
		files := tree(t, "qoo10")
		files["qoo10/scenarios/page.yaml"] = &fstest.MapFile{Data: []byte(x.text)}
		delete(files, "qoo10/scenarios/rights.yaml")
		s := suite(t)
		if s.Scenarios, err = Load(files); err != nil {
			t.Fatal(err)
		}
		var red []Difference
		for _, r := range s.Run("qoo10") {
			red = append(red, r.Differences...)
		}
		if len(red) != x.red {
			t.Errorf("%d differences, want %d: %v", len(red), x.red, red)
		}
	}
	schema, err := fs.ReadFile(packs.Files, schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Defs map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(schema, &doc); err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{"scenario", "request", "item", "expect"} {
		if len(doc.Defs[of].Properties) == 0 {
			t.Errorf("the schema has no %s", of)
		}
		for key := range doc.Defs[of].Properties {
			if !strings.Contains(page, "`"+key+"`") {
				t.Errorf("the page does not name %q of %s", key, of)
			}
		}
	}
}

// Whatever a file holds, it is read or refused, and what was read can be run.
func FuzzAScenarioFileIsReadOrRefused(f *testing.F) {
	b, err := fs.ReadFile(packs.Files, "kai/scenarios/page.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("scenarios: [{ id: a, proves: [KAI-01], says: something or other, expect: { pack: { kinds: [] } } }]"))
	f.Add([]byte("scenarios:\n  - id: a\n    proves: [KAI-01]\n    says: something or other\n    request: { kind: disclosure }\n    expect: { items: [{}], clocks: { all: none } }\n"))
	s, err := read()
	if err != nil {
		f.Fatal(err)
	}
	schema, err := fs.ReadFile(packs.Files, schemaFile)
	if err != nil {
		f.Fatal(err)
	}
	files := fstest.MapFS{schemaFile: &fstest.MapFile{Data: schema}}
	f.Fuzz(func(_ *testing.T, b []byte) {
		files["kai/scenarios/fuzz.yaml"] = &fstest.MapFile{Data: b}
		if found, err := Load(files); err == nil {
			s.Scenarios = found
			s.Run("kai")
		}
	})
}
