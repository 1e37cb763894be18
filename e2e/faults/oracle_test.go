package faults

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// filedRow is one case as the database has it, with what its submission says.
type filedRow struct{ reference, token, id, stage, epoch string }

// seen is what the client holds and what is there; wrong compares the two.
type seen struct {
	references []string            // one for each form token the client sent
	rows       []filedRow          // every case
	runs       map[string][]string // Temporal's executions: workflow ID to states
}

// look reads what is there.
func (r *rig) look(references []string, runs map[string][]string) seen {
	r.Helper()
	s := seen{references: references, runs: runs}
	for _, row := range r.texts(`SELECT s.reference || ' ' || s.intake_key || ' ' || c.id || ' ' || c.stage || ' ' || CAST(c.epoch AS TEXT)
		FROM cases c JOIN submissions s ON s.organisation = c.organisation AND s.id = c.submission ORDER BY c.id`) {
		f := strings.Fields(row)
		s.rows = append(s.rows, filedRow{f[0], f[1], f[2], f[3], f[4]})
	}
	return s
}

// wrong names every difference: lost, doubled, without a run, with two, at
// another stage than the one it must have reached.
func (s seen) wrong(stage string) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	byReference, byToken, byRun := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, c := range s.rows {
		byReference[c.reference]++
		byToken[c.token]++
		run := "dsr/" + c.id + "/" + c.epoch
		byRun[run] = true
		switch states := s.runs[run]; {
		case len(states) == 0:
			say("case %s has no workflow", c.id)
		case len(states) > 1:
			say("case %s has %d runs under one workflow ID", c.id, len(states))
		case states[0] != "Running":
			say("the workflow of case %s is %s", c.id, states[0])
		}
		if c.stage != stage {
			say("case %s is at %s", c.id, c.stage)
		}
		if !slices.Contains(s.references, c.reference) {
			say("nobody holds reference %s", c.reference)
		}
	}
	for _, ref := range s.references {
		if byReference[ref] != 1 {
			say("reference %s has %d cases", ref, byReference[ref])
		}
	}
	for token, n := range byToken {
		if n != 1 {
			say("one form token (%.8s) has %d cases", token, n)
		}
	}
	held := slices.Clone(s.references)
	slices.Sort(held)
	if n := len(slices.Compact(held)); n != len(s.references) {
		say("%d references for %d forms", n, len(s.references))
	}
	for run := range s.runs {
		if strings.HasPrefix(run, "dsr/") && !byRun[run] {
			say("workflow %s has no case", run)
		}
	}
	if len(s.references) == 0 || len(s.rows) == 0 {
		say("nothing was compared")
	}
	return out
}

func TestTheComparisonFindsWhatIsTakenAwayAndWhatIsAdded(t *testing.T) {
	healthy := func() seen {
		return seen{references: []string{"M-1", "M-2"},
			rows: []filedRow{{"M-1", "a", "c1", "identity", "1"}, {"M-2", "b", "c2", "identity", "1"}},
			runs: map[string][]string{"dsr/c1/1": {"Running"}, "dsr/c2/1": {"Running"}}}
	}
	if w := healthy().wrong("identity"); len(w) > 0 {
		t.Fatalf("nothing is wrong, and it says %v", w)
	}
	faults := map[string]func(s *seen){
		"a reference taken away":    func(s *seen) { s.references = s.references[1:] },
		"a case row lost":           func(s *seen) { s.rows = s.rows[1:] },
		"a case row added":          func(s *seen) { s.rows = append(s.rows, filedRow{"M-1", "a", "c3", "identity", "1"}) },
		"a case nobody filed":       func(s *seen) { s.rows = append(s.rows, filedRow{"M-3", "z", "c3", "identity", "1"}) },
		"two cases of one token":    func(s *seen) { s.rows[1].token = "a" },
		"a form answered twice":     func(s *seen) { s.references[1] = "M-1" },
		"a workflow missing":        func(s *seen) { delete(s.runs, "dsr/c1/1") },
		"a second run under one ID": func(s *seen) { s.runs["dsr/c1/1"] = []string{"Running", "Completed"} },
		"a workflow that ended":     func(s *seen) { s.runs["dsr/c1/1"] = []string{"Failed"} },
		"a workflow without a case": func(s *seen) { s.runs["dsr/c9/1"] = []string{"Running"} },
		"a case that got stuck":     func(s *seen) { s.rows[0].stage = "received" },
		"nothing at all":            func(s *seen) { *s = seen{} },
	}
	for what, plant := range faults {
		s := healthy()
		if plant(&s); len(s.wrong("identity")) == 0 {
			t.Errorf("%s is not found", what)
		}
	}
	t.Logf("counts: %d planted faults, each found", len(faults))
}
