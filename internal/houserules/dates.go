package houserules

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// DateMethods compute a date from another one, and belong to package clock:
// whoever adds days by hand knows no zone, no closed day and no version of a
// calendar, and cannot explain the result.
var DateMethods = []string{"AddDate", "AddDays", "AddMonthsEU", "AddMonthsJP"}

// DatesElsewhere are the files and folders outside clock that may count days all
// the same, each with the reason. None of them says when anything is due.
var DatesElsewhere = map[string]string{
	"packs/calendars/generate/":  "writes the calendars that clock reads",
	"internal/sample/sample.go":  "makes up people and their past",
	"cmd/madoguchi/seed.go":      "lets sample cases have arrived some days ago",
	"server/session.go":          "how long a browser keeps a cookie",
	"internal/store/accounts.go": "how long sessions that ended are kept",
	"internal/store/erasures.go": "the longest pause between two tries",
	"standalone/main.go":         "how long Temporal keeps a history",
}

// Elsewhere is the entry of DatesElsewhere that covers a file, "" for none.
func Elsewhere(file string) string {
	for place := range DatesElsewhere {
		if file == place || strings.HasSuffix(place, "/") && strings.HasPrefix(file, place) {
			return place
		}
	}
	return ""
}

// Dates gives each place of a Go file at which a date is computed: a call of one
// of DateMethods, and hours that make whole days. Reading a date that somebody
// typed is none of it.
func Dates(name, text string) ([]string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	as := "" // what package time is called here
	for _, i := range file.Imports {
		if i.Path.Value == `"time"` {
			as = "time"
			if i.Name != nil {
				as = i.Name.Name
			}
		}
	}
	isHour := func(e ast.Expr) bool {
		x, ok := e.(*ast.SelectorExpr)
		if !ok || x.Sel.Name != "Hour" {
			return false
		}
		in, ok := x.X.(*ast.Ident)
		return ok && as != "" && in.Name == as
	}
	var out []string
	say := func(at token.Pos, what string) { out = append(out, fmt.Sprintf("%s: %s", set.Position(at), what)) }
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.SelectorExpr:
			for _, m := range DateMethods {
				if x.Sel.Name == m {
					say(x.Pos(), m+" computes a date: package clock does")
				}
			}
		case *ast.BinaryExpr:
			if x.Op != token.MUL {
				break
			}
			hours, days := false, false
			for _, f := range factorsOf(x) {
				hours = hours || isHour(f)
				if lit, ok := f.(*ast.BasicLit); ok && lit.Kind == token.INT {
					if v, err := strconv.Atoi(strings.ReplaceAll(lit.Value, "_", "")); err == nil && v > 0 && v%24 == 0 {
						days = true
					}
				}
			}
			if hours && days {
				say(x.Pos(), "hours that make days: package clock counts them")
			}
			return false // the product was looked at as a whole
		}
		return true
	})
	return out, nil
}

// factorsOf are the factors of a product, without parentheses and signs.
func factorsOf(e ast.Expr) []ast.Expr {
	switch x := e.(type) {
	case *ast.ParenExpr:
		return factorsOf(x.X)
	case *ast.UnaryExpr:
		return factorsOf(x.X)
	case *ast.BinaryExpr:
		if x.Op == token.MUL {
			return append(factorsOf(x.X), factorsOf(x.Y)...)
		}
	}
	return []ast.Expr{e}
}
