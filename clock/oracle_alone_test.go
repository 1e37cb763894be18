package clock_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// oracleFiles are what answers a question without the package under test.
var oracleFiles = []string{"oracle_test.go", "oracle_calendar_test.go", "oracle_drawn_test.go"}

const underTest = "madoguchi/clock"

// sparse imports the package under test from its sources and leaves every other
// package empty: what is looked for is only what the oracle uses of this one.
type sparse map[string]*types.Package

func (s sparse) Import(path string) (*types.Package, error) {
	if s[path] == nil {
		name := strings.TrimSuffix(path, "/v2")
		name = strings.TrimPrefix(name[strings.LastIndexByte(name, '/')+1:], "go-")
		s[path] = types.NewPackage(path, name)
		s[path].MarkComplete()
	}
	return s[path], nil
}

// borrowed lists what some files use of the package under test besides types,
// their fields and constants: functions, methods and variables; and what they use
// of test files that are not among them, through which they could reach it.
func borrowed(t *testing.T, files map[string]string) []string {
	t.Helper()
	fset, known := token.NewFileSet(), sparse{}
	read := func(name, source string) *ast.File {
		var src any
		if source != "" {
			src = source
		}
		file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var own, oracle []*ast.File
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			own = append(own, read(name, ""))
		}
	}
	quiet := types.Config{Importer: known, Error: func(error) {}}
	known[underTest], _ = quiet.Check(underTest, fset, own, nil)

	var found []string
	missing := func(err error) {
		// A name without a dot is not of another package: it is of another file.
		if what, ok := strings.CutPrefix(err.(types.Error).Msg, "undefined: "); ok && !strings.Contains(what, ".") {
			found = append(found, what+" of another file")
		}
	}
	for name, source := range files {
		oracle = append(oracle, read(name, source))
	}
	uses := types.Info{Uses: map[*ast.Ident]types.Object{}}
	loud := types.Config{Importer: known, Error: missing}
	_, _ = loud.Check("madoguchi/clock_test", fset, oracle, &uses)
	for _, what := range uses.Uses {
		if what.Pkg() != known[underTest] {
			continue
		}
		switch v := what.(type) {
		case *types.TypeName, *types.Const:
		case *types.Var:
			if !v.IsField() {
				found = append(found, v.Name())
			}
		default:
			found = append(found, what.Name())
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// TestTheOracleStandsAlone holds that the oracle shares nothing with what it judges
// but the types of its data.
func TestTheOracleStandsAlone(t *testing.T) {
	files := map[string]string{}
	for _, name := range oracleFiles {
		files[name] = ""
	}
	if found := borrowed(t, files); len(found) > 0 {
		t.Errorf("the oracle uses %s", strings.Join(found, ", "))
	}

	// Each way to borrow is seen.
	for what, body := range map[string]string{
		"Compute":                   "_, _ = clock.Compute(clock.Rule{}, nil, nil)",
		"AddMonthsJP":               "_ = clock.Date{}.AddMonthsJP(1, clock.Exclude)",
		"Local":                     "f := clock.Local; _ = f",
		"String":                    "r := clock.Result{}; _ = r.DueOn.String()",
		"Validate":                  "for _, r := range []clock.Rule{{}} { _ = r.Validate() }",
		"calendars of another file": "_ = calendars(nil)",
	} {
		files["planted_test.go"] = "package clock_test\nimport \"madoguchi/clock\"\nvar _ clock.Unit\nfunc planted() { " + body + " }\n"
		if found := borrowed(t, files); !slices.Contains(found, what) {
			t.Errorf("nobody saw %s: %v", what, found)
		}
	}
}
