package workflows

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"madoguchi/dsr"
	"madoguchi/workflows/historytest"
)

// Kept histories live in testdata/histories/<name>/*.json, each folder with a
// file "digest" that says which code of this package made them. They are
// recorded on a real server:
//
//	go test ./internal/engine -run Record -record
//
// A folder is kept, unedited, as long as a run of the release that made it can
// be open. A new one is recorded whenever the code of the workflows changes;
// the old ones must replay with it, or the change needs workflow.GetVersion.
const histories = "testdata/histories"

// replay replays one history; other functions may take the place of our own, by
// name.
func replay(t *testing.T, text []byte, instead map[string]Function) error {
	t.Helper()
	replayer := sdkworker.NewWorkflowReplayer()
	for name, function := range Functions {
		if other, ok := instead[name]; ok {
			function = other
		}
		replayer.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: name})
	}
	file := filepath.Join(t.TempDir(), "history.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return replayer.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), file)
}

// kept are the recorded histories by name.
func kept(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(histories, "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories in %s (%v): record them with go test ./internal/engine -run Record -record", histories, err)
	}
	out := map[string][]byte{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(name, histories+"/")] = text
	}
	return out
}

func TestKeptHistoriesReplay(t *testing.T) {
	for name, text := range kept(t) {
		if err := replay(t, text, nil); err != nil {
			t.Errorf("%s: requests that are open right now would break on deploy: %v", name, err)
		}
	}
	t.Logf("%d histories", len(kept(t)))
}

func TestSomeHistoriesWereMadeByThisCode(t *testing.T) {
	made, err := filepath.Glob(filepath.Join(histories, "*", "digest"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := historytest.Digest(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range made {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(string(text)) == want {
			return
		}
	}
	t.Errorf("the workflows changed and no history was made by them (digest %s): go test ./internal/engine -run Record -record", want)
}

// swapped is Disclosure with two stages in the wrong order.
func swapped(ctx workflow.Context, in Start) (Result, error) {
	r, err := listen(ctx, in)
	if err != nil {
		return Result{}, err
	}
	r.load(ctx)
	for r.open() {
		r.triage(ctx)
		r.identity(ctx)
		r.authority(ctx)
		r.fee(ctx)
		r.accept(ctx)
		for undecided := true; undecided; undecided = r.undecided() {
			r.review(ctx)
			r.decision(ctx)
		}
		r.search(ctx)
		r.execution(ctx)
		r.delivery(ctx)
		r.notified(ctx)
		r.close(ctx)
	}
	return r.end(ctx)
}

// unfrozen is Correction that freezes nothing.
func unfrozen(ctx workflow.Context, in Start) (Result, error) {
	r, err := listen(ctx, in)
	if err != nil {
		return Result{}, err
	}
	r.load(ctx)
	for r.open() {
		r.triage(ctx)
		r.facts.HoldWanted = false
		r.identity(ctx)
		r.authority(ctx)
		r.facts.HoldWanted = false
		r.accept(ctx)
		r.search(ctx)
		r.investigation(ctx)
		for undecided := true; undecided; undecided = r.undecided() {
			r.review(ctx)
			r.decision(ctx)
			r.execution(ctx)
			r.carry(ctx, dsr.ActionCorrect)
		}
		r.notified(ctx)
		r.recipients(ctx)
		r.carry(ctx, dsr.ActionRelease)
		r.close(ctx)
	}
	return r.end(ctx)
}

func TestASwappedActivityTurnsTheReplayRed(t *testing.T) {
	wrong := map[string]Function{"straight": swapped, "deletion": Correction, "erasure-reconsidered": Correction, "suspension": Disclosure, "correction": Suspension, "correction-refused": unfrozen}
	tried := map[string]int{}
	for name, text := range kept(t) {
		story := strings.TrimSuffix(filepath.Base(name), ".json")
		if function, ok := wrong[story]; ok {
			tried[story]++
			instead := map[string]Function{}
			for of := range Functions {
				instead[of] = function
			}
			if err := replay(t, text, instead); err == nil {
				t.Errorf("%s: stages in another order replay as if nothing had changed", name)
			}
		}
		for one, another := range map[string]string{`"LookUp"`: `"Collect"`, `"Act"`: `"Collect"`} {
			other := bytes.Replace(text, []byte(one), []byte(another), 1)
			if bytes.Equal(other, text) {
				continue // this story does not come so far
			}
			tried[one]++
			if err := replay(t, other, nil); err == nil {
				t.Errorf("%s: another activity than %s in the history replays as if it were the same", name, one)
			}
		}
	}
	for _, what := range []string{"straight", "deletion", "erasure-reconsidered", "suspension", "correction", "correction-refused", `"LookUp"`, `"Act"`} {
		if tried[what] == 0 {
			t.Errorf("no history to try %s with", what)
		}
	}
	t.Logf("counts: tried %v", tried)
}

func TestValuesOnTheWireKeepTheirZeros(t *testing.T) {
	for _, v := range []any{Start{}, Command{}, Result{}} {
		payload, err := converter.GetDefaultDataConverter().ToPayload(v)
		if err != nil || len(payload.Data) == 0 {
			t.Errorf("%T: %v", v, err)
		}
	}
}
