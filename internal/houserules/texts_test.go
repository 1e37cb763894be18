package houserules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"madoguchi/activities"
	"madoguchi/dsr"
	"madoguchi/internal/houserules"
	"madoguchi/packs"
	"madoguchi/policy"
	"madoguchi/workflows"
)

// kept gives every file that is kept in the repository, or will be, with its
// text.
func kept(t *testing.T) map[string]string {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !utf8.Valid(text) { // deleted meanwhile, or a picture
			continue
		}
		files[name] = string(text)
	}
	if len(files) < 100 {
		t.Fatalf("only %d files are kept", len(files))
	}
	return files
}

// organisations are slugs and names of the packs.
func organisations(t *testing.T) (names []string) {
	t.Helper()
	library, err := policy.Load(packs.Files, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range library.Packs() {
		names = append(names, p.Slug)
		for _, n := range p.Entity.Name {
			names = append(names, n)
		}
	}
	if len(names) < 10 {
		t.Fatalf("only %d names", len(names))
	}
	return names
}

func TestNoGoCodeKnowsAnOrganisation(t *testing.T) {
	names, looked := organisations(t), 0
	for file, text := range kept(t) {
		folder := filepath.Base(filepath.Dir(file))
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.HasSuffix(folder, "test") || strings.HasPrefix(file, "e2e/") {
			continue
		}
		looked++
		for _, n := range houserules.Named(text, names) {
			t.Errorf("%s names %s", file, n)
		}
	}
	t.Logf("counts: %d files, %d names", looked, len(names))
	for _, n := range names {
		if found := houserules.Named("package x\n\nvar planted = \""+strings.ToUpper(n)+"\"\n", names); !slices.Contains(found, n) {
			t.Errorf("%s planted is not seen", n)
		}
	}
	if found := houserules.Named("kaizen skai", []string{"kai"}); len(found) > 0 {
		t.Errorf("a part of a word is no name: %v", found)
	}
}

func TestNoFileNamesAPathOfAMachine(t *testing.T) {
	files := kept(t)
	for file, text := range files {
		for _, line := range houserules.Paths(text) {
			t.Errorf("%s: %s", file, line)
		}
	}
	t.Logf("counts: %d files", len(files))
	for _, p := range []string{"/wo" + "rk/main", "/ro" + "ot/go", "/ho" + "me/somebody/x", "/Us" + "ers/x"} {
		if len(houserules.Paths("cd "+p)) != 1 || len(houserules.Paths(`"`+p+`"`)) != 1 {
			t.Errorf("%s planted is not seen", p)
		}
	}
}

// people are the types that hold somebody.
var people = []reflect.Type{
	reflect.TypeFor[dsr.Person](), reflect.TypeFor[dsr.Contact](), reflect.TypeFor[dsr.Identifiers](), reflect.TypeFor[dsr.Candidate](),
	reflect.TypeFor[dsr.Record](), reflect.TypeFor[dsr.Item](), reflect.TypeFor[dsr.Decision](), reflect.TypeFor[dsr.Parcel](),
	reflect.TypeFor[dsr.Letter](), reflect.TypeFor[dsr.Message](), reflect.TypeFor[dsr.Filing](), reflect.TypeFor[dsr.Wish](),
}

func TestWhatTravelsComesBackAndHoldsNobody(t *testing.T) {
	types := []reflect.Type{reflect.TypeFor[workflows.Start](), reflect.TypeFor[workflows.Command](), reflect.TypeFor[workflows.Result](), reflect.TypeFor[dsr.Facts]()}
	all := reflect.TypeFor[*activities.Activities]()
	for i := range all.NumMethod() {
		m := all.Method(i).Type
		for j := 2; j < m.NumIn(); j++ { // after the receiver and the context
			types = append(types, m.In(j))
		}
		for j := range m.NumOut() - 1 { // before the error
			types = append(types, m.Out(j))
		}
	}
	seen := map[reflect.Type]bool{}
	for _, x := range types {
		if !seen[x] {
			seen[x] = true
			for _, problem := range houserules.Wire(x, people...) {
				t.Error(problem)
			}
		}
	}
	if all.NumMethod() < 8 {
		t.Errorf("only %d activities were looked at", all.NumMethod())
	}
	t.Logf("counts: %d activities, %d types", all.NumMethod(), len(seen))

	type forgets struct {
		Here string `json:"here"`
		Gone int    `json:"-"`
	}
	type nameless struct{ Stage string }
	type open struct {
		What any `json:"what"`
	}
	type moment struct {
		At time.Time `json:"at"`
	}
	type somebody struct {
		Who []dsr.Person `json:"who"`
	}
	text := reflect.TypeFor[string]()
	twice := reflect.StructOf([]reflect.StructField{{Name: "A", Type: text, Tag: `json:"same"`}, {Name: "B", Type: text, Tag: `json:"same"`}})
	for _, planted := range []reflect.Type{reflect.TypeFor[forgets](), reflect.TypeFor[nameless](), reflect.TypeFor[open](),
		reflect.TypeFor[moment](), reflect.TypeFor[somebody](), twice} {
		if len(houserules.Wire(planted, people...)) == 0 {
			t.Errorf("%s passes", planted)
		}
	}
}

var declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)

// untrue gives what is wrong with a page of claims about tests: one that is
// not there, and a folder with tests that the page passes over.
func untrue(page string, files map[string]string) (out []string) {
	there := map[houserules.Claim]bool{}
	folders := map[string]bool{}
	for file, text := range files {
		if strings.HasSuffix(file, "_test.go") {
			for _, m := range declared.FindAllStringSubmatch(text, -1) {
				there[houserules.Claim{Folder: filepath.Dir(file), Test: m[1]}] = true
				folders[filepath.Dir(file)] = true
			}
		}
	}
	for _, c := range houserules.Claims(page) {
		if !there[c] {
			out = append(out, c.Folder+" has no "+c.Test)
		}
		delete(folders, c.Folder)
	}
	for folder := range folders {
		out = append(out, "no check of "+folder+" is on the page")
	}
	slices.Sort(out)
	return out
}

func TestThePageOfChecksIsTrue(t *testing.T) {
	files := kept(t)
	page := files["docs/checks.md"]
	for _, x := range untrue(page, files) {
		t.Error("docs/checks.md: " + x)
	}
	t.Logf("counts: %d tests named", len(houserules.Claims(page)))
	files = map[string]string{"a/b/x_test.go": "func TestHere(t *testing.T) {}\n", "c/x_test.go": "func TestUntold(t *testing.T) {}\n"}
	if found := untrue("## B, `a/b`\n`TestHere` and `TestGone`\n", files); len(found) != 2 {
		t.Errorf("planted: %v", found)
	}
}
