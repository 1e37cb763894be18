package workflows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"madoguchi/activities/officetest"
	"madoguchi/dsr"
)

// looked is how a case of any kind but a disclosure comes to its decision.
var looked = []dsr.Stage{dsr.StageTriage, dsr.StageIdentity, dsr.StageAccepted, dsr.StageSearch, dsr.StageInvestigation,
	dsr.StageReview, dsr.StageDecision}

// did are the acts of the case that changed something, as "action object stage".
func (b *bench) did(actions ...dsr.Action) (out []string) {
	for _, act := range b.house.Acts(b.caseID) {
		if len(actions) == 0 || slices.Contains(actions, act.Action) {
			object := act.Object
			if object == b.caseID {
				object = "case"
			}
			out = append(out, fmt.Sprintf("%s %s %s", act.Action, object, act.Stage))
		}
	}
	return out
}

// wantActs checks all acts of the case, and what holds of every case's.
func (b *bench) wantActs(want ...string) {
	b.t.Helper()
	if got := b.did(); !slices.Equal(got, want) {
		b.t.Errorf("acts %q, want %q", got, want)
	}
	b.orderly()
}

// decided is a script that brings any kind's case to an approved decision on
// the third day.
func (b *bench) decided() []at {
	return []at{b.tell(1*hour, dsr.CommandIdentityConfirmed), b.tell(20*hour, dsr.CommandInvestigated),
		b.tell(1*day+12*hour, dsr.CommandProposed), b.tell(2*day, dsr.CommandApproved)}
}

func TestACorrectionIsFrozenInvestigatedDoneReadBackAndPassedOn(t *testing.T) {
	for _, kind := range []dsr.Kind{dsr.KindCorrection, dsr.KindAddition} {
		b := newBenchOf(t, kind, func(h *officetest.House) { h.Recipients = 2 })
		result, err := b.start(append(b.decided(),
			b.tell(3*day, dsr.CommandRecipientSettled), b.tell(4*day, dsr.CommandRecipientSettled))...)
		b.want(result, err, dsr.OutcomeFulfilled, append(slices.Clone(looked), dsr.StageExecution, dsr.StageNotified, dsr.StageClosed)...)
		b.wantActs("freeze case identity", "preserve case search", "correct i1 execution", "release case notified")
		if released := b.house.Acts(b.caseID)[3].At; released.Before(filedAt.Add(4 * day)) {
			t.Errorf("let go at %s, before the last recipient was told", released)
		}
	}
}

func TestARefusedCorrectionLetsGoAfterThePersonWasTold(t *testing.T) {
	b := newBenchOf(t, dsr.KindCorrection, func(h *officetest.House) { h.Measures = []dsr.Measure{dsr.MeasureRefuse} })
	result, err := b.start(b.decided()...)
	b.want(result, err, dsr.OutcomeRefused, append(slices.Clone(looked), dsr.StageNotified, dsr.StageClosed)...)
	b.wantActs("freeze case identity", "preserve case search", "release case notified")
}

func TestTheDeskFreezesBeforeTheIdentityIsProven(t *testing.T) {
	for name, c := range map[string]struct {
		during []at
		want   string
	}{
		"while papers are awaited": {nil, "freeze case identity"},
		"while a question is open": {[]at{{2 * hour, nil}, {18 * hour, nil}}, "freeze case clarification"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBenchOf(t, dsr.KindCorrection, nil)
			script := []at{b.tell(4*hour, dsr.CommandHoldPlaced), {5 * hour, func() {
				if got := b.did(dsr.ActionFreeze); !slices.Equal(got, []string{c.want}) {
					t.Errorf("an hour after the desk froze: %q", got)
				}
			}}, b.tell(19*hour, dsr.CommandIdentityConfirmed), {20 * hour, func() { b.autoplay = true }}}
			if c.during != nil {
				script = append(script, b.tell(2*hour, dsr.CommandQuestionAsked), b.tell(18*hour, dsr.CommandQuestionAnswered))
			}
			result, err := b.start(script...)
			b.want(result, err, dsr.OutcomeFulfilled)
			b.wantActs(c.want, "preserve case search", "correct i1 execution", "release case notified")
		})
	}
}

func TestASystemThatIsAwayKeepsNoHoldWaitingInAnother(t *testing.T) {
	b := newBenchOf(t, dsr.KindCorrection, func(h *officetest.House) { h.Systems = []string{"other", "sample"} })
	b.systems["other"].Away = func() bool { return b.house.Now().Sub(filedAt) < 3*day }
	result, err := b.start(
		at{30 * time.Minute, func() { // nobody has found the person in the other system yet
			b.house.Place(b.caseID, func(f *dsr.Facts) { f.LookupWanted = true })
		}},
		b.tell(1*hour, dsr.CommandHoldPlaced),
		at{2 * hour, func() {
			if got := b.did(dsr.ActionFreeze); len(got) != 1 {
				t.Errorf("an hour after the desk froze: %q", got)
			}
		}},
		at{3 * hour, func() { b.autoplay = true }})
	b.want(result, err, dsr.OutcomeFulfilled)
	b.orderly()
}

func TestAValueThatChangedSinceTheDecisionIsLeftToAPerson(t *testing.T) {
	b := newBenchOf(t, dsr.KindCorrection, func(h *officetest.House) { h.Measures = []dsr.Measure{dsr.MeasureCorrect, dsr.MeasureRefuse} })
	b.system.Refuses = func(in dsr.Instruction) error {
		if in.Action == dsr.ActionCorrect {
			return dsr.Fail(dsr.Conflict, "connector.changed")
		}
		return nil
	}
	calls := 0
	result, err := b.start(append(b.decided(),
		at{2*day + 20*time.Minute, func() {
			if f := b.house.Known(b.caseID); f.Stage != dsr.StageExecution || !slices.Contains(b.house.Tasks(b.caseID), dsr.TaskCollect) {
				t.Errorf("nobody was told, at %s", f.Stage)
			}
		}},
		at{9 * day, func() { calls = b.system.Calls() }},
		b.tell(9*day+hour, dsr.CommandSystemSettled))...)
	b.want(result, err, dsr.OutcomePartial)
	if calls > 120 {
		t.Errorf("%d calls in a week in which nothing changed", calls)
	}
	b.wantActs("freeze case identity", "preserve case search", "release case notified")
}

func TestADeletionDoesWhatCanBeUndoneFirstAndErasesWhenItsTimeIsOver(t *testing.T) {
	b := newBenchOf(t, dsr.KindDeletion, func(h *officetest.House) {
		h.Measures, h.Recipients = []dsr.Measure{dsr.MeasureErase, dsr.MeasureDelete, dsr.MeasureSuspend, dsr.MeasureKeep}, 1
	})
	result, err := b.start(append(b.decided(), at{4 * day, func() {
		if got := b.did(dsr.ActionSuspend, dsr.ActionCorrect, dsr.ActionErase); len(got) != 2 {
			t.Errorf("in the cooling-off: %q", got)
		}
	}}, b.tell(6*day, dsr.CommandRecipientSettled))...)
	b.want(result, err, dsr.OutcomePartial, append(slices.Clone(looked), dsr.StageExecution, dsr.StageNotified, dsr.StageClosed)...)
	b.wantActs("preserve case search", "suspend i3 execution", "correct i2 execution", "erase i1 execution", "release case notified")
}

func TestASuspensionIsDoneAtOnce(t *testing.T) {
	b := newBenchOf(t, dsr.KindSuspension, nil)
	result, err := b.start(b.decided()...)
	b.want(result, err, dsr.OutcomeFulfilled, append(slices.Clone(looked), dsr.StageExecution, dsr.StageNotified, dsr.StageClosed)...)
	b.wantActs("preserve case search", "suspend i1 execution", "release case notified")
	if took := b.now.Sub(filedAt); took > 2*day+hour {
		t.Errorf("closed after %s", took)
	}
}

func TestAStoppedErasureWaitsForAPersonAndBeginsItsTimeAnew(t *testing.T) {
	b := newBenchOf(t, dsr.KindErasure, nil)
	result, err := b.start(append(b.decided(), b.tell(3*day, dsr.CommandErasureStopped), at{9 * day, func() {
		if got := b.did(dsr.ActionErase); len(got) > 0 {
			t.Errorf("erased while it was stopped: %q", got)
		}
	}}, b.tell(10*day, dsr.CommandErasureResumed))...)
	b.want(result, err, dsr.OutcomeFulfilled)
	b.wantActs("preserve case search", "erase i1 execution", "release case notified")
	if at := b.house.Acts(b.caseID)[1].At; at.Before(filedAt.Add(13 * day)) {
		t.Errorf("erased at %s, less than three days after it was resumed", at)
	}
}

func TestAStoppedErasureGoesBackToReviewAndMayEndOtherwise(t *testing.T) {
	b := newBenchOf(t, dsr.KindDeletion, func(h *officetest.House) {
		h.Measures = []dsr.Measure{dsr.MeasureErase, dsr.MeasureSuspend}
	})
	result, err := b.start(append(b.decided(), b.tell(3*day, dsr.CommandErasureStopped), b.tell(4*day, dsr.CommandReconsidered),
		at{5 * day, func() {
			b.house.Arrange(func(h *officetest.House) { h.Measures = []dsr.Measure{dsr.MeasureRefuse, dsr.MeasureSuspend} })
			b.autoplay = true
		}})...)
	b.want(result, err, dsr.OutcomePartial, append(slices.Clone(looked), dsr.StageExecution, dsr.StageReview, dsr.StageDecision,
		dsr.StageExecution, dsr.StageNotified, dsr.StageClosed)...)
	b.wantActs("preserve case search", "suspend i2 execution", "release case notified")
}

func TestAnErasureStoppedAfterItsTimeWhileTheSystemIsAwayIsStoppedAllTheSame(t *testing.T) {
	for name, next := range map[string]dsr.CommandKind{"resumed": dsr.CommandErasureResumed, "reconsidered": dsr.CommandReconsidered} {
		t.Run(name, func(t *testing.T) {
			b := newBenchOf(t, dsr.KindErasure, nil)
			b.slow = time.Hour // the time is over, and the erasure not permitted yet
			stop := b.when(5*day, func(f dsr.Facts) bool { return f.Todo == dsr.ActionErase && !f.CoolingOff }, func() {
				if err := b.house.Tell(b.caseID, dsr.CommandErasureStopped); err != nil {
					t.Error(err)
				}
				b.relay()
			})
			later := at{12 * day, func() {
				if got := b.did(dsr.ActionErase); len(got) > 0 {
					t.Errorf("erased while it was stopped: %q", got)
				}
				if f := b.house.Known(b.caseID); f.Stage != dsr.StageExecution {
					t.Errorf("told at %s while it was stopped", f.Stage)
				}
				if err := b.house.Tell(b.caseID, next); err != nil {
					t.Error(err)
				}
				b.autoplay = true
			}}
			result, err := b.start(append(b.decided(), stop, later)...)
			b.want(result, err, dsr.OutcomeFulfilled)
			b.orderly()
			if got := len(b.did(dsr.ActionErase)); got != 1 {
				t.Errorf("erased %d times", got)
			}
		})
	}
}

func TestAWithdrawalAtAnyStageOfAnyKindEndsItAndLetsGo(t *testing.T) {
	tried := 0
	for _, kind := range kinds {
		for _, stage := range dsr.Stages {
			if !dsr.CommandWithdrawn.Accepts(stage) || stage == dsr.StageClarification || stage == dsr.StageFraud ||
				kind == dsr.KindDisclosure && stage == dsr.StageInvestigation {
				continue
			}
			for _, after := range []time.Duration{time.Second, 40 * time.Second, 5 * time.Minute} {
				tried++
				b := placed(t, kind, stage, "")
				b.autoplay = false
				var until time.Time
				result, err := b.start(at{after, func() {
					if b.house.Tell(b.caseID, dsr.CommandWithdrawn) == nil {
						until = b.house.Now()
					}
					b.relay()
				}}, at{10 * day, func() { b.autoplay = true }})
				if err != nil || !until.IsZero() && result.Outcome != dsr.OutcomeWithdrawn || b.house.Known(b.caseID).Stage != dsr.StageClosed {
					t.Fatalf("%s withdrawn at %s after %s: %v %v", kind, stage, after, result, err)
				}
				for _, act := range b.house.Acts(b.caseID) {
					// What was permitted before may be read back a moment later.
					if act.Action != dsr.ActionRelease && !until.IsZero() && act.At.After(until.Add(time.Minute)) {
						t.Errorf("%s withdrawn at %s: %s afterwards", kind, stage, act.Action)
					}
				}
				b.orderly()
			}
		}
	}
	t.Logf("counts: %d withdrawals", tried)
}

func TestAReferralIsProposedSentBackAndDecidedAndAsksNoSystem(t *testing.T) {
	for _, kind := range kinds {
		b := newBenchOf(t, kind, nil)
		b.house.Place(b.caseID, func(f *dsr.Facts) { f.Classified = false })
		result, err := b.start(b.tell(1*hour, dsr.CommandProposed), b.tell(1*day, dsr.CommandSentBack),
			b.tell(2*day, dsr.CommandProposed), b.tell(3*day, dsr.CommandApproved))
		b.want(result, err, dsr.OutcomeRedirected, dsr.StageTriage, dsr.StageDecision, dsr.StageTriage, dsr.StageDecision,
			dsr.StageNotified, dsr.StageClosed)
		if n := b.system.Calls(); n != 0 {
			t.Errorf("%s: %d calls to a connected system about data that is somebody else's to answer for", kind, n)
		}
		if kind != dsr.KindDeletion {
			continue
		}
		if err := b.house.Tell(b.caseID, dsr.CommandObjected); err != nil { // it was ours after all
			t.Fatal(err)
		}
		result, err = b.start(b.tell(1*hour, dsr.CommandClassified), at{2 * hour, func() { b.autoplay = true }})
		b.want(result, err, dsr.OutcomeFulfilled)
		if path := b.house.Path(b.caseID)[6:]; !slices.Equal(path[:3], []dsr.Stage{dsr.StageReopened, dsr.StageTriage, dsr.StageIdentity}) {
			t.Errorf("reopened: %v", path)
		}
		b.orderly()
	}
}

func TestARepresentativeIsAdmittedByASecondPersonOrRejected(t *testing.T) {
	ready := func(h *officetest.House) { h.Represented = true }
	b := newBenchOf(t, dsr.KindDisclosure, ready)
	result, err := b.start(b.tell(1*hour, dsr.CommandAuthorityShown), b.tell(2*hour, dsr.CommandIdentityConfirmed),
		b.tell(1*day, dsr.CommandAuthorityAdmitted), at{2 * day, func() { b.autoplay = true }})
	b.want(result, err, dsr.OutcomePartial, append([]dsr.Stage{dsr.StageTriage, dsr.StageIdentity, dsr.StageAuthority}, straight[2:]...)...)

	b = newBenchOf(t, dsr.KindCorrection, ready)
	result, err = b.start(b.tell(1*hour, dsr.CommandIdentityConfirmed), b.tell(1*day, dsr.CommandProposed), b.tell(2*day, dsr.CommandSentBack),
		b.tell(3*day, dsr.CommandProposed), b.tell(4*day, dsr.CommandApproved))
	b.want(result, err, dsr.OutcomeRejectedForm, dsr.StageTriage, dsr.StageIdentity, dsr.StageAuthority, dsr.StageDecision, dsr.StageAuthority,
		dsr.StageDecision, dsr.StageNotified, dsr.StageClosed)
	b.wantActs() // nothing is frozen for somebody who may not ask
}

func TestAProofThatASiblingBringsWhileARejectionIsProposedIsHeard(t *testing.T) {
	b := newBench(t)
	result, err := b.start(b.tell(1*hour, dsr.CommandProposed), at{1 * day, func() {
		b.house.Place(b.caseID, func(f *dsr.Facts) { f.IdentityProven = true })
	}}, b.tell(2*day, dsr.CommandSentBack), at{3 * day, func() { b.autoplay = true }})
	b.want(result, err, dsr.OutcomePartial, append([]dsr.Stage{dsr.StageTriage, dsr.StageIdentity, dsr.StageDecision}, straight[2:]...)...)
}

func TestARequestThatGoesOnAsAnotherClosesAtTriage(t *testing.T) {
	b := newBenchOf(t, dsr.KindDeletion, nil)
	b.house.Place(b.caseID, func(f *dsr.Facts) { f.Classified = false })
	result, err := b.start(b.tell(1*hour, dsr.CommandReclassified))
	b.want(result, err, dsr.OutcomeReclassified, dsr.StageTriage, dsr.StageClosed)
}

func TestASystemThatIsAwayAtTheEndKeepsTheCaseOpenUntilItLetsGo(t *testing.T) {
	for name, c := range map[string]struct {
		script  func(*bench) []at
		outcome dsr.Outcome
	}{
		"answered": {(*bench).decided, dsr.OutcomeFulfilled},
		"withdrawn": {func(b *bench) []at {
			return append(b.decided()[:1], b.tell(10*hour, dsr.CommandWithdrawn))
		}, dsr.OutcomeWithdrawn},
		"lapsed": {func(b *bench) []at { return []at{b.tell(1*hour, dsr.CommandHoldPlaced)} }, dsr.OutcomeNoResponse},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBenchOf(t, dsr.KindCorrection, nil)
			back := 20 * day
			b.system.Away = func() bool {
				past := b.house.Now().Sub(filedAt)
				return past > 2*day+3*hour && past < back || name == "withdrawn" && past > 12*hour && past < back
			}
			script := c.script(b)
			if name == "answered" { // the correction is done; the release is not
				b.slow = time.Hour
			}
			calls := 0
			result, err := b.start(append(script, at{back - hour, func() { calls = b.system.Calls() }})...)
			b.want(result, err, c.outcome)
			b.orderly()
			if took := b.now.Sub(filedAt); took < back || took > back+10*hour {
				t.Errorf("closed after %s, the system was back after %s", took, back)
			}
			if !slices.Contains(b.house.Tasks(b.caseID), dsr.TaskCollect) {
				t.Error("nobody was told")
			}
			if calls < 8 || calls > 2500 {
				t.Errorf("%d calls in eighteen days", calls)
			}
		})
	}
}

func TestACaseThatCannotLetGoForLongContinuesAsNew(t *testing.T) {
	b := newBenchOf(t, dsr.KindCorrection, nil)
	b.system.Away = func() bool { return b.house.Now().Sub(filedAt) > 2*day }
	_, err := b.start(b.tell(1*hour, dsr.CommandHoldPlaced), at{16 * day, func() { b.env.SetContinueAsNewSuggested(true) }})
	continued(t, err)
	b.system.Away = nil
	result, err := b.start()
	b.want(result, err, dsr.OutcomeNoResponse)
	b.wantActs("freeze case identity", "release case identity")
}

func TestALapsedRequestThatWasAlsoWithdrawnLetsGo(t *testing.T) {
	b := newBenchOf(t, dsr.KindCorrection, nil)
	result, err := b.start(b.tell(1*hour, dsr.CommandHoldPlaced), b.tell(14*day+12*hour, dsr.CommandWithdrawn))
	if err != nil || result.Outcome == "" {
		t.Fatal(result, err)
	}
	b.wantActs("freeze case identity", "release case identity")
}

func TestACaseWhoseSystemsHoldNothingPasses(t *testing.T) {
	for _, kind := range kinds {
		b := newBenchOf(t, kind, func(h *officetest.House) { h.NoHolds = h.Systems })
		b.autoplay = true
		result, err := b.start()
		if err != nil || result.Outcome == "" {
			t.Fatalf("%s: %v %v", kind, result, err)
		}
		b.orderly()
		for _, act := range b.did(dsr.ActionFreeze, dsr.ActionPreserve, dsr.ActionRelease) {
			t.Errorf("%s: %s", kind, act)
		}
	}
}

func TestEveryKindContinuesAsNewAtEveryWait(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			b := newBenchOf(t, kind, whole(kind))
			b.autoplay = true
			runs := 0
			b.prepare = func(env *testsuite.TestWorkflowEnvironment) { env.SetContinueAsNewSuggested(true) }
			for {
				result, err := b.start(at{time.Minute, b.relay})
				if err == nil {
					b.want(result, nil, dsr.OutcomePartial)
					break
				}
				if next := continued(t, err); next.Case != b.caseID || next.Epoch != 1 || next.Kind != kind {
					t.Fatalf("carried %+v", next)
				}
				if runs++; runs > 40 {
					t.Fatalf("the run continues for ever: %+v", b.house.Known(b.caseID))
				}
			}
			if runs < 5 {
				t.Errorf("%d runs continued, want several", runs)
			}
			b.orderly()
		})
	}
}

func TestARebuiltCaseOfAnyKindDoublesNothing(t *testing.T) {
	for _, kind := range kinds {
		for _, after := range []time.Duration{20 * time.Second, time.Hour, 90 * time.Minute, 5 * hour, 2 * day, 4 * day} {
			b := newBenchOf(t, kind, whole(kind))
			b.autoplay = true
			old, err := b.startEpoch(1, at{after, func() { b.mute = true; b.house.Rebuild(b.caseID) }})
			if err != nil || !old.Superseded && old.Outcome == "" {
				t.Fatalf("%s after %s: %+v %v", kind, after, old, err)
			}
			if old.Superseded {
				b.mute = false
				result, err := b.start()
				b.want(result, err, dsr.OutcomePartial)
			}
			b.orderly()
		}
	}
}

func TestAReopenedCaseDoesAgainWhatMustBeDoneAgain(t *testing.T) {
	for _, kind := range kinds {
		b := newBenchOf(t, kind, whole(kind))
		b.autoplay = true
		result, err := b.start()
		b.want(result, err, dsr.OutcomePartial)
		first := len(b.house.Acts(b.caseID))
		if err := b.house.Tell(b.caseID, dsr.CommandObjected); err != nil {
			t.Fatal(err)
		}
		result, err = b.start()
		b.want(result, err, dsr.OutcomePartial)
		if acts := len(b.house.Acts(b.caseID)); acts != 2*first {
			t.Errorf("%s: %d acts the first time, %d with the second", kind, first, acts)
		}
		b.orderly()
	}
}

func TestAnErasureBeforeItsTimeAndAForgottenHoldAreSeen(t *testing.T) {
	b := newBenchOf(t, dsr.KindErasure, nil)
	office := b.house.Office(organisation)
	b.house.Place(b.caseID, func(f *dsr.Facts) {
		f.Stage, f.IdentityProven, f.Preserved, f.Investigated = dsr.StageReview, true, true, true
	})
	for _, kind := range []dsr.CommandKind{dsr.CommandProposed, dsr.CommandApproved} {
		if err := b.house.Tell(b.caseID, kind); err != nil {
			t.Fatal(err)
		}
	}
	b.house.Place(b.caseID, func(f *dsr.Facts) { f.Stage = dsr.StageExecution })
	ctx := t.Context()
	effects, err := office.PlanEffects(ctx, b.caseID, 1, dsr.ActionErase)
	if err != nil || len(effects) != 1 {
		t.Fatal(effects, err)
	}
	if _, err := office.Permit(ctx, effects[0].ID, 1); dsr.FaultOf(err) != dsr.Forbidden {
		t.Errorf("permitted before its time: %v", err)
	}
	held, err := office.PlanEffects(ctx, b.caseID, 1, dsr.ActionPreserve)
	if err != nil || len(held) != 1 {
		t.Fatal(held, err)
	}
	for _, id := range []string{held[0].ID, effects[0].ID} { // as if the permission were not asked for
		if _, err := office.Instruction(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	facts, _ := office.Enter(ctx, b.caseID, 1, 1, dsr.StageNotified)
	if _, err := office.Close(ctx, b.caseID, 1, facts.Transition+1); dsr.CodeOf(err) == "error.transition" {
		t.Fatal(err)
	}
	faults := strings.Join(b.house.Faults(), "\n")
	for _, want := range []string{"erases while it can be stopped", "told before everything was done"} {
		if !strings.Contains(faults, want) {
			t.Errorf("%q is not among %q", want, faults)
		}
	}
}
