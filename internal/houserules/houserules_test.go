package houserules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"madoguchi/internal/houserules"
)

// root is the checkout, seen from this package.
var root = filepath.Join("..", "..")

// graph asks go list for everything that the house imports, however far.
func graph(t *testing.T) houserules.Graph {
	t.Helper()
	list := exec.Command("go", "list", "-e", "-deps", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	list.Dir = root
	list.Stderr = os.Stderr
	text, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	g := houserules.Graph{}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 0 {
			g[words[0]] = words[1:]
		}
	}
	return g
}

func TestImportsFollowTheArrows(t *testing.T) {
	g := graph(t)
	for _, part := range []string{"clock", "policy", "dsr", "activities", "workflows", "worker", "server", "internal/store", "internal/engine"} {
		if g[houserules.House+"/"+part] == nil {
			t.Errorf("%s is not in the graph: the check is blind", part)
		}
	}
	for _, breach := range houserules.Check(g, houserules.Rules) {
		t.Error(breach)
	}
	t.Logf("%d packages, %d rules", len(g), len(houserules.Rules))

	// Every rule turns red when its fault is planted, near or far.
	for _, r := range houserules.Rules {
		for never, why := range r.Never {
			pkg := houserules.House + "/" + strings.TrimSuffix(r.Of, "/...")
			planted := houserules.Graph{pkg: {"far/away"}, "far/away": {"further"}, "further": {never + "/v9"}}
			if found := strings.Join(houserules.Check(planted, houserules.Rules), "\n"); !strings.Contains(found, why) {
				t.Errorf("%s reaches %s and nobody says so", r.Of, never)
			}
		}
	}
	for name, planted := range map[string]houserules.Graph{
		"an arrow backwards":        {"madoguchi/dsr": {"madoguchi/internal/canary"}},
		"a library in clock":        {"madoguchi/clock": {"github.com/rickar/cal/v2"}},
		"somebody who knows main":   {"madoguchi/internal/sample": {"madoguchi/cmd/madoguchi"}},
		"a shipped helper of tests": {"madoguchi/internal/sample": {"madoguchi/activities/officetest"}},
	} {
		if found := houserules.Check(planted, houserules.Rules); len(found) != 1 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestWorkflowsCallNothingThatDiffersAtAReplay(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "workflows", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal("no workflows", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		breaches, err := houserules.Forbidden(name, string(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, breach := range breaches {
			t.Error(breach)
		}
	}
	var planted []string
	for call := range houserules.Calls {
		planted = append(planted, "package w\nimport clock \"time\"\nvar x = clock."+strings.TrimPrefix(call, "time.")+"\n")
	}
	for path := range houserules.Imports {
		planted = append(planted, "package w\nimport _ \""+path+"\"\n")
	}
	planted = append(planted, "package w\nfunc f() { go f() }\n", "package w\nfunc f() { select {} }\n")
	for _, text := range planted {
		if breaches, err := houserules.Forbidden("planted.go", text); err != nil || len(breaches) != 1 {
			t.Errorf("%q: %v %v", text, breaches, err)
		}
	}
}

// TestWorkflowcheckSeesThePlantedFaultAndNothingElse runs Temporal's own check
// once, on the workflows, the worker and a planted fault: one run, because it
// type-checks the whole SDK. The check before this one covers what it misses.
func TestWorkflowcheckSeesThePlantedFaultAndNothingElse(t *testing.T) {
	if testing.Short() {
		return // seconds
	}
	planted, err := os.MkdirTemp(".", "_planted-") // the underscore hides it from ./...
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(planted) })
	fault := "package planted\n\nimport (\n\t\"time\"\n\n\t\"go.temporal.io/sdk/worker\"\n\t\"go.temporal.io/sdk/workflow\"\n)\n\n" +
		"func W(workflow.Context) error { _ = time.Now(); return nil }\n\n" +
		"func Register(r worker.Registry) { r.RegisterWorkflow(W) }\n"
	if err := os.WriteFile(filepath.Join(planted, "planted.go"), []byte(fault), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "workflowcheck", "../../workflows", "../../worker", "./"+planted).CombinedOutput()
	if err == nil || !strings.Contains(string(out), ".W is non-deterministic") {
		t.Errorf("a workflow that asks for the time passes: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, ".go:") && !strings.Contains(line, "planted") {
			t.Error(line)
		}
	}
}
