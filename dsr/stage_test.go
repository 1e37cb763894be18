package dsr

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

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

// knots says where commands and stages do not fit together: somebody would be
// left with a thing begun and no way to end it.
func knots(commands map[CommandKind][]Stage, table map[Stage][]Stage) (wrong []string) {
	takes := func(c CommandKind, s Stage) bool { return slices.Contains(commands[c], s) }
	moves := func(from, to Stage) bool { return slices.Contains(table[from], to) }
	say := func(ok bool, what string, about ...Stage) {
		if !ok {
			wrong = append(wrong, what+" "+fmt.Sprint(about))
		}
	}
	for _, s := range Stages {
		if takes(CommandProposed, s) {
			say(takes(CommandApproved, s) && takes(CommandSentBack, s), "proposed and never decided at", s)
			say(moves(s, StageDecision) && moves(StageDecision, s), "no way to a decision and back from", s)
		}
		if takes(CommandQuestionAsked, s) {
			say(takes(CommandQuestionAnswered, s), "asked and never answered at", s)
		}
		for _, aside := range []Stage{StageClarification, StageFraud} {
			if s != StageClarification && moves(s, aside) {
				say(moves(aside, s), "no way back from "+string(aside)+" to", s)
			}
		}
		say(takes(CommandWithdrawn, s) == takes(CommandWithdrawalTakenBack, s), "withdrawn and not taken back at", s)
		say(s == StageReceived || takes(CommandSystemSettled, s) == s.Open(), "a system that is away holds up a case for ever at", s)
		say(!s.Open() || moves(s, StageClosed), "no end at", s)
		say(!takes(CommandErasureStopped, s) || takes(CommandErasureResumed, s) && takes(CommandReconsidered, s) && moves(s, StageReview),
			"a stopped erasure is stuck at", s)
	}
	for _, c := range []CommandKind{CommandErasureStopped, CommandErasureResumed, CommandReconsidered} {
		say(slices.Equal(commands[c], []Stage{StageExecution}), string(c)+" beside execution", commands[c]...)
	}
	for _, c := range []CommandKind{CommandAuthorityShown, CommandAuthorityAdmitted, CommandHoldPlaced, CommandIdentityConfirmed} {
		say(takes(c, StageClarification), string(c)+" waits for the answer to a question")
	}
	for _, s := range []Stage{StageTriage, StageIdentity, StageAuthority, StageInvestigation, StageReview} { // what a person must do again
		say(moves(StageReopened, s), "a reopened case cannot go to", s)
	}
	say(takes(CommandInvestigated, StageInvestigation), "never investigated")
	say(takes(CommandRecipientSettled, StageNotified), "recipients are never settled")
	say(takes(CommandReclassified, StageTriage) && moves(StageTriage, StageClosed), "never reclassified")
	return wrong
}

func TestWhateverCanBeBegunCanBeEnded(t *testing.T) {
	if wrong := knots(commandStages, transitions); len(wrong) > 0 {
		t.Error(strings.Join(wrong, "\n"))
	}
	taken := 0
	for _, c := range CommandKinds {
		for _, s := range Stages {
			if c.Accepts(s) {
				taken++
			}
		}
	}
	t.Logf("counts: %d commands, %d of %d pairs with a stage are taken", len(CommandKinds), taken, len(CommandKinds)*len(Stages))

	// Each is found when it is planted.
	without := func(table map[Stage][]Stage, from, to Stage) map[Stage][]Stage {
		out := maps.Clone(table)
		out[from] = slices.DeleteFunc(slices.Clone(table[from]), func(s Stage) bool { return s == to })
		return out
	}
	for name, planted := range map[string][]string{
		"no way back to triage":        knots(commandStages, without(transitions, StageDecision, StageTriage)),
		"no way back to authority":     knots(commandStages, without(transitions, StageClarification, StageAuthority)),
		"a reopened case without work": knots(commandStages, without(transitions, StageReopened, StageInvestigation)),
		"a stopped erasure for ever":   knots(commandStages, without(transitions, StageExecution, StageReview)),
	} {
		if len(planted) == 0 {
			t.Errorf("%s was not found", name)
		}
	}
	for _, c := range []CommandKind{CommandApproved, CommandQuestionAnswered, CommandWithdrawalTakenBack, CommandSystemSettled, CommandErasureResumed,
		CommandReconsidered, CommandInvestigated, CommandRecipientSettled, CommandReclassified, CommandHoldPlaced, CommandAuthorityAdmitted} {
		planted := maps.Clone(commandStages)
		planted[c] = nil
		if len(knots(planted, transitions)) == 0 {
			t.Errorf("without %s nothing is found", c)
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
