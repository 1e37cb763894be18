package scenario

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goccy/go-yaml"

	"madoguchi/packs"
	"madoguchi/policy"
)

// tree is the packs in memory, with the organisations that are named.
func tree(t testing.TB, slugs ...string) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	err := fs.WalkDir(packs.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		folder, _, below := strings.Cut(name, "/")
		if _, err := fs.Stat(packs.Files, path.Join(folder, "pack.yaml")); below && err == nil && !slices.Contains(slugs, folder) {
			return nil
		}
		b, err := fs.ReadFile(packs.Files, name)
		m[name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// lean leaves out the laws that none of the packs has anything to do with, which
// take more than half of the time of loading them.
func lean(files fstest.MapFS, of ...*policy.Pack) {
	used := map[string]bool{}
	for _, p := range of {
		used[p.LawName] = true
		for _, b := range p.Also {
			used[b.Regime] = true
		}
	}
	for name := range files {
		folder, file := path.Split(name)
		if (folder == "rules/" || folder == "law/") && !used[strings.TrimSuffix(file, ".yaml")] {
			delete(files, name)
		}
	}
}

// mutant is a file with one rule line taken away or turned round.
type mutant struct {
	// name is the line and what was done to it: "kinds[erasure].clause: left out".
	name string
	data []byte
}

// voices are the keys of a text, which is no rule.
var voices = []string{"ja", "ja-easy", "en", "vi", "de"}

func isText(v any) bool {
	m, ok := v.(map[string]any)
	if !ok {
		return false
	}
	for k := range m {
		if !slices.Contains(voices, k) {
			return false
		}
	}
	return len(m) > 0
}

// turned is a closed word turned round: to the one that takes most away.
var turned = map[string]map[string]string{
	"answer_to":       {"person": "filer", "filer": "person"},
	"level":           {"L0": "L1", "L1": "L0", "L2": "L1", "L3": "L2"},
	"sensitive_level": {"L3": "L2", "L2": "L1"},
	"promise":         {"suspend": "erase"},
	"effect":          {"withhold": "redact", "redact": "withhold", "keep": "withhold", "alternative": "withhold", "not-held": "withhold"},
	"class":           {"two": "one", "one": "grant", "flag": "grant"},
	"approver":        {"approver": "manager", "manager": "approver"},
	"role":            {"processor": "third-party", "third-party": "processor", "joint-user": "third-party", "affiliate": "third-party", "client": "processor"},
	"text":            {"same": "inverted", "wider": "same", "inverted": "same", "narrower": "same"},
	"unit":            {"business-days": "calendar-days", "elapsed-hours": "elapsed-minutes", "calendar-days": "business-days"},
}

// mutants are all of a file: every key and every entry of a list left out in
// turn, every yes and no turned round, every number one more, and every closed
// word another. Those that are not wanted have no data.
func mutants(t testing.TB, file []byte, wanted func(i int) bool) []mutant {
	t.Helper()
	var root map[string]any
	if err := yaml.Unmarshal(file, &root); err != nil {
		t.Fatal(err)
	}
	var out []mutant
	keep := func(name string) {
		m := mutant{name: name}
		if wanted(len(out)) {
			b, err := json.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			m.data = b
		}
		out = append(out, m)
	}
	// walk visits v, which set puts in place of itself.
	var walk func(at string, v any, set func(any))
	walk = func(at string, v any, set func(any)) {
		turn := func(to any) {
			set(to)
			keep(fmt.Sprintf("%s: %v", at, to))
			set(v)
		}
		switch v := v.(type) {
		case map[string]any:
			for _, k := range sorted(v) {
				x := v[k]
				here := strings.TrimPrefix(at+"."+k, ".")
				if isText(x) {
					continue
				}
				delete(v, k)
				keep(here + ": left out")
				v[k] = x
				walk(here, x, func(to any) { v[k] = to })
			}
		case []any:
			for i, x := range v {
				here := fmt.Sprintf("%s[%s]", at, label(x, i))
				set(slices.Concat(v[:i:i], v[i+1:]))
				keep(here + ": left out")
				set(v)
				walk(here, x, func(to any) { v[i] = to })
			}
		case bool:
			turn(!v)
		case uint64:
			turn(v + 1)
		case string:
			if to, ok := turned[at[strings.LastIndexByte(at, '.')+1:]][v]; ok {
				turn(to)
			}
		}
	}
	walk("", root, nil)
	return out
}

// unchanged is a file as mutants are written.
func unchanged(t testing.TB, file []byte) mutant {
	t.Helper()
	var root map[string]any
	if err := yaml.Unmarshal(file, &root); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return mutant{"nothing", b}
}

// label names an entry of a list by its ID, and by its number where it has none.
func label(x any, i int) string {
	if s, ok := x.(string); ok {
		return s
	}
	if m, ok := x.(map[string]any); ok {
		for _, k := range []string{"id", "kind", "field", "regime"} {
			if s, ok := m[k].(string); ok {
				if kinds, ok := m["kinds"].([]any); ok { // a law's test, one ID for several kinds
					return fmt.Sprintf("%s %v", s, kinds[0])
				}
				return s
			}
		}
	}
	return fmt.Sprint(i)
}

// What sees a mutant.
const (
	refused  = "refused on loading"
	scenario = "seen by a scenario"
	page     = "seen in the table of requirements"
	nobody   = ""
)

// seer is what sees a mutant: it does not load, a scenario or requirement is red, or
// the table of requirements, which is committed, is another.
func (s Suite) seer(files fstest.MapFS, file string, m mutant, table string) string {
	changed := make(fstest.MapFS, len(files))
	for name, f := range files {
		changed[name] = f
	}
	changed[file] = &fstest.MapFile{Data: m.data}
	other := s.over(changed)
	if other.Library == nil {
		return refused
	}
	r := other.Report("")
	switch {
	case r.Failed():
		return scenario
	case r.table() != table:
		return page
	}
	return nobody
}

// over is the suite with the packs of files, and without any where they do not load.
func (s Suite) over(files fstest.MapFS) Suite {
	s.Library, _ = policy.Load(files, policy.Options{})
	return s
}

// table is the page of requirements.
func (r Report) table() string {
	var b strings.Builder
	_ = r.Markdown(&b) // a builder takes everything
	return b.String()
}

// survivor is a line that may change unseen, and why.
type survivor struct {
	Lines []string `yaml:"lines"`
	Why   string   `yaml:"why"`
}

func survivors(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("testdata/survivors.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []survivor
	if err := yaml.UnmarshalWithOptions(b, &all, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, s := range all {
		if s.Why == "" {
			t.Errorf("%v survive and nobody says why", s.Lines)
		}
		for _, line := range s.Lines {
			listed[line] = s.Why
		}
	}
	return listed
}

// One line in ten is tried in a normal run, another tenth of each file, and one in
// sixty of what stands below the packs, where each is tried with all of them; every
// line with MADOGUCHI_LONG=1.
func TestEveryRuleLineThatIsTakenAwayOrTurnedRoundIsSeen(t *testing.T) {
	s := suite(t)
	type target struct {
		name, file string
		files      fstest.MapFS
		from, step int
	}
	var targets []target
	var slugs []string
	for n, p := range s.Library.Packs() {
		slugs = append(slugs, p.Slug)
		files := tree(t, p.Slug)
		lean(files, p)
		targets = append(targets, target{p.Slug, p.Slug + "/pack.yaml", files, n, 10})
	}
	for n, name := range []string{"law/appi", "defaults"} {
		files := tree(t, slugs...)
		lean(files, s.Library.Packs()...)
		targets = append(targets, target{name, name + ".yaml", files, n, 60})
	}
	listed, seen := survivors(t), map[string]bool{}
	for _, x := range targets {
		// What is written anew without a change is not seen: nothing is red of itself.
		table := s.over(x.files).Report("").table()
		if by := s.seer(x.files, x.file, unchanged(t, x.files[x.file].Data), table); by != nobody {
			t.Fatalf("%s without a change: %s", x.file, by)
		}
		all := mutants(t, x.files[x.file].Data, func(i int) bool { return os.Getenv("MADOGUCHI_LONG") != "" || i%x.step == x.from })
		by := map[string]int{}
		for _, m := range all {
			line := x.name + ": " + m.name
			if m.data == nil {
				seen[line] = true // not known to be stale
				continue
			}
			who := s.seer(x.files, x.file, m, table)
			if by[who]++; who != nobody {
				continue
			}
			seen[line] = true
			if listed[line] == "" {
				t.Errorf("%s is not seen by any scenario and not listed in testdata/survivors.yaml", line)
			}
		}
		t.Logf("counts: %s: of %d lines taken away or turned round %d were %s, %d %s, %d %s, %d survive", x.name, len(all),
			by[refused], refused, by[scenario], scenario, by[page], page, by[nobody])
	}
	for line := range listed {
		if !seen[line] {
			t.Errorf("testdata/survivors.yaml lists %q, which is seen now or is not there any more", line)
		}
	}
}
