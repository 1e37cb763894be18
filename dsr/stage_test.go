package dsr

import "testing"

// reach follows the table from one stage.
func reach(from Stage, table map[Stage][]Stage) map[Stage]bool {
	seen := map[Stage]bool{from: true}
	for todo := []Stage{from}; len(todo) > 0; todo = todo[1:] {
		for _, to := range table[todo[0]] {
			if !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	return seen
}

// gaps says what is wrong with a table of transitions.
func gaps(table map[Stage][]Stage) (wrong []string) {
	known := map[Stage]bool{}
	for _, s := range Stages {
		known[s] = true
	}
	for from, tos := range table {
		if !known[from] {
			wrong = append(wrong, "unknown stage "+string(from))
		}
		twice := map[Stage]bool{}
		for _, to := range tos {
			if !known[to] || twice[to] || to == from {
				wrong = append(wrong, "bad change "+string(from)+" to "+string(to))
			}
			twice[to] = true
		}
	}
	begin := reach(StageReceived, table)
	for _, s := range Stages {
		if !begin[s] {
			wrong = append(wrong, "never reached: "+string(s))
		}
		if !reach(s, table)[StageClosed] {
			wrong = append(wrong, "never ends: "+string(s))
		}
	}
	// Nothing is carried out or delivered but through a decision.
	cut := map[Stage][]Stage{}
	for from, tos := range table {
		for _, to := range tos {
			if to != StageDecision && from != StageFraud && from != StageClarification {
				cut[from] = append(cut[from], to)
			}
		}
	}
	for _, s := range []Stage{StageExecution, StageDelivery} {
		if reach(StageReceived, cut)[s] {
			wrong = append(wrong, "reached without a decision: "+string(s))
		}
	}
	return wrong
}

func TestEveryStageIsReachedEndsAndNothingIsCarriedOutWithoutADecision(t *testing.T) {
	if wrong := gaps(transitions); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	changes := 0
	for _, from := range Stages {
		for _, to := range Stages {
			if CanMove(from, to) {
				changes++
			}
		}
	}
	t.Logf("counts: %d stages, %d of %d changes allowed", len(Stages), changes, len(Stages)*len(Stages))
}

func TestTheLookAtTheTableFindsPlantedFaults(t *testing.T) {
	copied := func() map[Stage][]Stage {
		out := map[Stage][]Stage{}
		for k, v := range transitions {
			out[k] = append([]Stage(nil), v...)
		}
		return out
	}
	for name, plant := range map[string]func(map[Stage][]Stage){
		"a way past the decision": func(m map[Stage][]Stage) { m[StageReview] = append(m[StageReview], StageExecution) },
		"a stage without an end":  func(m map[Stage][]Stage) { m[StageNotified] = nil },
		"a stage never reached":   func(m map[Stage][]Stage) { m[StageClosed] = nil },
		"a change to itself":      func(m map[Stage][]Stage) { m[StageReview] = append(m[StageReview], StageReview) },
		"a stage nobody knows":    func(m map[Stage][]Stage) { m["limbo"] = []Stage{StageClosed} },
	} {
		m := copied()
		plant(m)
		if len(gaps(m)) == 0 {
			t.Errorf("%s was not found", name)
		}
	}
}

func TestClosedCasesTakeTheListedCommandsOnly(t *testing.T) {
	taken := map[CommandKind]bool{CommandObjected: true, CommandFellDue: true, CommandRebuilt: true}
	for _, c := range CommandKinds {
		if c.Accepts(StageClosed) != taken[c] {
			t.Errorf("%s at a closed case: %v", c, c.Accepts(StageClosed))
		}
		if c != CommandFiled && len(commandStages[c]) == 0 {
			t.Errorf("%s is taken nowhere", c)
		}
	}
	for c := range commandStages {
		found := false
		for _, k := range CommandKinds {
			found = found || k == c
		}
		if !found {
			t.Errorf("%s is not among the commands", c)
		}
	}
}

func TestOutcomesThatTellSomebodyNoNeedTwoPeople(t *testing.T) {
	for o, two := range map[Outcome]bool{OutcomeFulfilled: false, OutcomePartial: true, OutcomeAlternative: true, OutcomeRefused: true,
		OutcomeNotHeld: true, OutcomeRejectedIdentity: true, OutcomeRejectedForm: true, OutcomeRedirected: true,
		OutcomeNoResponse: false, OutcomeWithdrawn: false, OutcomeDuplicate: false, OutcomeMerged: false, OutcomeReclassified: false} {
		if o.TwoPeople() != two {
			t.Errorf("%s: %v", o, o.TwoPeople())
		}
	}
}
