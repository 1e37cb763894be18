package houserules

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
)

// Calls that a workflow must not make, with the reason. workflowcheck knows
// most of what makes a replay differ; it does not know these (tried with
// v0.6.0), or knows them only when it can see that far.
var Calls = map[string]string{
	"time.LoadLocation": "reads the zones of the host, which change under a running case",
	"time.Local":        "is the host's zone",
	"time.Now":          "differs at a replay: workflow.Now",
	"time.Since":        "differs at a replay: workflow.Now",
	"time.Until":        "differs at a replay: workflow.Now",
	"time.Sleep":        "holds the worker: workflow.Sleep",
	"time.After":        "is no timer of the run: workflow.NewTimer",
	"time.NewTimer":     "is no timer of the run: workflow.NewTimer",
	"time.AfterFunc":    "is no timer of the run: workflow.NewTimer",
	"time.Tick":         "is no timer of the run: workflow.NewTimer",
}

// Imports that a workflow must not have, with the reason.
var Imports = map[string]string{
	"math/rand":              "differs at a replay",
	"math/rand/v2":           "differs at a replay",
	"crypto/rand":            "differs at a replay",
	"github.com/google/uuid": "is random: IDs are made where they are recorded",
	"sync":                   "blocks the worker and not the run: workflow.Mutex",
	"sync/atomic":            "has no use where one coroutine runs at a time",
	"os":                     "is another machine at a replay",
	"net":                    "is an errand for an activity",
	"net/http":               "is an errand for an activity",
	"io":                     "is an errand for an activity",
	"encoding/json":          "walks maps in any order",
	"log":                    "speaks again at a replay: workflow.GetLogger",
	"context":                "is the worker's; a run has workflow.Context",
}

// Forbidden gives every breach in one file of a workflow package.
func Forbidden(name, text string) ([]string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out []string
	named := map[string]string{} // what an import is called here
	for _, i := range file.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		if why, bad := Imports[path]; bad {
			out = append(out, fmt.Sprintf("%s: %s %s", set.Position(i.Pos()), path, why))
		}
		as := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			as = i.Name.Name
		}
		named[as] = path
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.GoStmt:
			out = append(out, fmt.Sprintf("%s: go starts what the run does not know: workflow.Go", set.Position(x.Pos())))
		case *ast.SelectStmt:
			out = append(out, fmt.Sprintf("%s: select chooses by chance: workflow.Selector", set.Position(x.Pos())))
		case *ast.SelectorExpr:
			if in, ok := x.X.(*ast.Ident); ok && named[in.Name] != "" {
				call := named[in.Name] + "." + x.Sel.Name
				if why, bad := Calls[call]; bad {
					out = append(out, fmt.Sprintf("%s: %s %s", set.Position(x.Pos()), call, why))
				}
			}
		}
		return true
	})
	return out, nil
}
