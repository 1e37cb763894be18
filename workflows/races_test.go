package workflows_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"madoguchi/activities"
	"madoguchi/activities/officetest"
	"madoguchi/dsr"
	"madoguchi/workflows"
)

// kinds are all kinds that have a workflow, in the order of the pages.
var kinds = slices.DeleteFunc(slices.Clone(dsr.Kinds), func(k dsr.Kind) bool { return !k.Carried() })

func TestEveryCarriedKindHasItsWorkflow(t *testing.T) {
	for _, k := range dsr.Kinds {
		if _, ok := workflows.Type(k); ok != k.Carried() {
			t.Errorf("%s: has a workflow %v, is carried %v", k, ok, k.Carried())
		}
	}
	if len(kinds) != len(workflows.Functions) {
		t.Errorf("%d kinds, %d workflows", len(kinds), len(workflows.Functions))
	}
}

// whole is what a case of a kind decides and meets when everything there is
// happens: two systems, one that cannot hold anything, a representative,
// recipients.
func whole(kind dsr.Kind) func(*officetest.House) {
	return func(h *officetest.House) {
		h.Systems, h.NoHolds = []string{"sample", "plain"}, []string{"plain"}
		h.Represented, h.Recipients = true, 2
		if kind != dsr.KindDisclosure {
			h.Measures = kind.Measures()
		}
	}
}

// placed makes a case stand at a stage with facts that fit it, as a rebuild
// would find it.
func placed(t *testing.T, kind dsr.Kind, stage, before dsr.Stage) *bench {
	b := newBenchOf(t, kind, whole(kind))
	b.autoplay = true
	b.house.Place(b.caseID, func(f *dsr.Facts) {
		place := func(s dsr.Stage) bool {
			at := stage
			if before != "" {
				at = before
			}
			return slices.Index(dsr.Stages, at) >= slices.Index(dsr.Stages, s)
		}
		f.Stage, f.Before, f.Transition = stage, before, 7
		f.Classified = stage != dsr.StageTriage && before != dsr.StageTriage
		f.IdentityProven = place(dsr.StageAuthority)
		f.AuthorityProven = place(dsr.StageFee)
		f.Preserved = place(dsr.StageInvestigation)
		f.Collected = place(dsr.StageInvestigation)
		f.Investigated = place(dsr.StageReview) && kind.Investigates()
		if place(dsr.StageDecision) {
			f.Proposal = 1
		}
		if place(dsr.StageExecution) {
			f.Agreed, f.Decided = 1, dsr.OutcomePartial
		}
		f.PackageReady, f.Delivered = place(dsr.StageDelivery) && kind == dsr.KindDisclosure, place(dsr.StageNotified)
		switch stage {
		case dsr.StageReopened:
			f.Occasion, f.PlanVersion, f.Preserved, f.Collected, f.Agreed, f.Decided = 2, 2, false, false, 1, ""
			f.PackageReady, f.Delivered, f.SentBack = false, false, 0
		case dsr.StageClosed:
			f.Outcome = dsr.OutcomePartial
		}
	})
	return b
}

func TestEveryWorkflowEndsFromEveryStage(t *testing.T) {
	entered := 0
	for _, kind := range kinds {
		for _, stage := range dsr.Stages {
			switch {
			case stage == dsr.StageClarification, stage == dsr.StageFraud:
				continue
			case kind != dsr.KindDisclosure && (stage == dsr.StageDelivery || stage == dsr.StageNotified):
				continue // nothing is delivered; what is left at notified has tests of its own
			case kind == dsr.KindDisclosure && stage == dsr.StageInvestigation:
				continue
			}
			entered++
			t.Run(fmt.Sprintf("%s at %s", kind, stage), func(t *testing.T) {
				b := placed(t, kind, stage, "")
				result, err := b.start()
				if stage == dsr.StageClosed {
					if err != nil || result.Outcome != dsr.OutcomePartial || len(b.house.Path(b.caseID)) != 0 {
						t.Fatalf("a closed case moved: %v %v %v", result, err, b.house.Path(b.caseID))
					}
					return
				}
				b.want(result, err, dsr.OutcomePartial)
				b.orderly()
			})
		}
		for _, aside := range []dsr.Stage{dsr.StageClarification, dsr.StageFraud} {
			for _, before := range dsr.Stages {
				if !dsr.CanMove(before, aside) || !dsr.CanMove(aside, before) || before == dsr.StageFraud || before == dsr.StageClarification ||
					kind != dsr.KindDisclosure && before == dsr.StageDelivery {
					continue
				}
				entered++
				t.Run(fmt.Sprintf("%s at %s in %s", kind, aside, before), func(t *testing.T) {
					b := placed(t, kind, aside, before)
					result, err := b.start()
					b.want(result, err, dsr.OutcomePartial)
					b.orderly()
					if path := b.house.Path(b.caseID); path[0] != before {
						t.Errorf("returned to %s, want %s", path[0], before)
					}
				})
			}
		}
	}
	t.Logf("counts: %d kinds, %d stages entered", len(kinds), entered)
}

// orderly checks what must hold of the acts of every case, however it went:
// none twice; nothing erased before its time, while somebody had stopped it, or
// before what can be undone; every hold let go at the end, after the person was
// told. The office itself faults a search before the holds, an answer before
// the acts, and a closing with a hold.
func (b *bench) orderly() {
	b.t.Helper()
	seen := map[string]bool{}
	erased, plan := false, 0
	for _, act := range b.house.Acts(b.caseID) {
		key := fmt.Sprint(act.Action, " ", act.System, " ", act.Object)
		if act.Plan != plan {
			plan, erased = act.Plan, false
			seen = map[string]bool{}
		}
		if seen[key] {
			b.t.Errorf("%s twice", key)
		}
		seen[key] = true
		switch act.Action {
		case dsr.ActionErase:
			erased = true
			if until := b.house.CooledAt(b.caseID, act.At); until.IsZero() || act.At.Before(until) {
				b.t.Errorf("%s at %s, its time was over at %s", key, act.At, until)
			}
		case dsr.ActionSuspend, dsr.ActionCorrect:
			if erased {
				b.t.Errorf("%s after something was erased", key)
			}
		}
	}
	for _, system := range b.systems {
		for key, n := range system.Answered() {
			if n != 1 {
				b.t.Errorf("%s was carried out %d times", key, n)
			}
		}
	}
}

func TestEveryWorkflowEndsWhateverHappensWhenever(t *testing.T) {
	commands := slices.DeleteFunc(slices.Clone(dsr.CommandKinds), func(k dsr.CommandKind) bool {
		return k == dsr.CommandFiled || k == dsr.CommandFellDue || k == dsr.CommandObjected
	})
	outcomes, given := map[dsr.Outcome]int{}, map[dsr.CommandKind]int{}
	for seed := range uint64(120) {
		random := rand.New(rand.NewPCG(seed, 1))
		kind := kinds[seed%uint64(len(kinds))]
		b := newBenchOf(t, kind, whole(kind))
		if seed%3 == 0 { // what nobody has classified yet
			b.house.Place(b.caseID, func(f *dsr.Facts) { f.Classified = false })
		}
		b.autoplay = seed%4 < 2
		b.slow = time.Duration(random.IntN(600)) * time.Second
		if seed%5 == 0 { // systems that are away now and then
			b.system.Away = func() bool { return random.IntN(3) > 0 }
		}
		var script []at
		for range 40 {
			command := commands[random.IntN(len(commands))]
			if command == dsr.CommandWithdrawn && random.IntN(5) > 0 {
				continue // most people wait for their answer
			}
			script = append(script, at{time.Duration(random.IntN(int(9*day/time.Second))) * time.Second, func() {
				if b.house.Tell(b.caseID, command) == nil { // refused where it makes no sense
					given[command]++
				}
				if random.IntN(2) == 0 {
					b.relay()
				}
			}})
		}
		// A case may rightly wait for staff for ever; at the end somebody ends it.
		script = append(script, at{40 * day, func() {
			b.system.Away = nil
			_ = b.house.Tell(b.caseID, dsr.CommandQuestionAnswered)
			b.autoplay = true
		}})
		result, err := b.start(script...)
		if err != nil || b.house.Known(b.caseID).Stage != dsr.StageClosed || result.Outcome == "" {
			t.Fatalf("%s, seed %d: %v %v at %+v after %v", kind, seed, result, err, b.house.Known(b.caseID), b.house.Path(b.caseID))
		}
		if c, pending := b.house.Next(b.caseID); pending {
			t.Fatalf("%s, seed %d: closed with command %d not applied", kind, seed, c.Number)
		}
		outcomes[result.Outcome]++
		if b.orderly(); t.Failed() {
			t.Fatalf("%s, seed %d", kind, seed)
		}
	}
	t.Logf("counts: 120 cases, outcomes %v, commands %v", outcomes, given)
}

func TestACommandCommittedWhileTheCaseIsClosingIsHeard(t *testing.T) {
	b := newBench(t)
	b.slow = time.Minute
	// The step expires after 15 days; the papers are committed while the run is
	// on its way to close, and the relay brings them after it tried.
	result, err := b.start(
		b.when(15*day, func(f dsr.Facts) bool { return f.Expired }, func() {
			if err := b.house.Tell(b.caseID, dsr.CommandIdentityEvidence); err != nil {
				t.Error(err)
			}
		}),
		b.tell(16*day, dsr.CommandIdentityConfirmed),
		at{16*day + hour, func() { b.autoplay = true }},
	)
	b.want(result, err, dsr.OutcomePartial, straight...)
}

func TestAWithdrawalBeatsAnApprovalThatComesLater(t *testing.T) {
	b := newBench(t)
	result, err := b.start(
		b.tell(1*hour, dsr.CommandIdentityConfirmed),
		b.tell(1*day, dsr.CommandProposed),
		b.tell(2*day, dsr.CommandWithdrawn),
		at{2*day + time.Second, func() {
			if err := b.house.Tell(b.caseID, dsr.CommandApproved); err == nil {
				t.Error("approved after the withdrawal")
			}
		}},
	)
	b.want(result, err, dsr.OutcomeWithdrawn)
	if n := b.house.Packages(b.caseID); n != 0 {
		t.Errorf("%d packages after a withdrawal", n)
	}
}

func TestAWithdrawalAfterTheApprovalStopsThePackage(t *testing.T) {
	b := newBench(t)
	b.slow = time.Minute
	result, err := b.start(
		b.tell(1*hour, dsr.CommandIdentityConfirmed),
		b.tell(1*day, dsr.CommandProposed),
		b.tell(2*day, dsr.CommandApproved),
		// While the run enters execution: the permission to build is gone.
		b.tell(2*day+90*time.Second, dsr.CommandWithdrawn),
	)
	b.want(result, err, dsr.OutcomeWithdrawn)
	if n := b.house.Packages(b.caseID); n != 0 {
		t.Errorf("%d packages after a withdrawal", n)
	}
}

func TestAWithdrawalStopsAnEffectThatHasNotBegun(t *testing.T) {
	b := newBench(t)
	b.slow = time.Minute
	result, err := b.start(
		b.tell(1*hour, dsr.CommandIdentityConfirmed),
		// Identity confirmed, then accepted, search, plan: the collection is
		// scheduled about five minutes later.
		b.tell(1*hour+4*time.Minute+30*time.Second, dsr.CommandWithdrawn),
	)
	b.want(result, err, dsr.OutcomeWithdrawn)
	for key := range b.system.Answered() {
		if strings.Contains(key, "/collect/") {
			t.Errorf("%s after the withdrawal", key)
		}
	}
}

func TestASweepThatWinsLeavesNothingForTheTimer(t *testing.T) {
	b := newBench(t)
	due := func(f dsr.Facts) bool {
		return f.MilestoneAt > 0 && !b.house.Now().Before(time.UnixMicro(f.MilestoneAt))
	}
	// The timers go off and their errands are on the way when the sweep comes.
	result, err := b.start(b.when(5*day, due, b.house.Sweep), b.when(15*day, due, b.house.Sweep))
	b.want(result, err, dsr.OutcomeNoResponse)
	for _, m := range b.house.Milestones(b.caseID) {
		if m.FiredBy != "sweep" {
			t.Errorf("%s was fired by %q", m.Name, m.FiredBy)
		}
	}
	var fell int
	for _, kind := range b.house.Commands(b.caseID) {
		if kind == dsr.CommandFellDue {
			fell++
		}
	}
	if fell != 2 {
		t.Errorf("%d commands for two milestones", fell)
	}
}

func TestASweepFiresWhatARunCannot(t *testing.T) {
	b := newBench(t)
	b.mute = true
	_, _ = b.startEpoch(1, at{2 * day, func() { b.env.CancelWorkflow() }}) // the run is gone
	b.now = b.now.Add(20 * day)
	b.house.Sweep()
	b.house.Sweep()
	var fired int
	for _, m := range b.house.Milestones(b.caseID) {
		if m.FiredBy == "sweep" {
			fired++
		}
	}
	if f := b.house.Known(b.caseID); !f.Expired || fired != 2 {
		t.Errorf("expired %v, %d milestones fired, want both once", f.Expired, fired)
	}
}

func TestAnOldEpochThatWakesUpChangesNothing(t *testing.T) {
	for name, wake := range map[string]func(*bench) []at{
		"by its timer": func(*bench) []at { return nil },
		"by a command": func(b *bench) []at {
			return []at{{3 * day, func() {
				if err := b.house.Tell(b.caseID, dsr.CommandIdentityEvidence); err != nil {
					t.Error(err)
				}
				c, _ := b.house.Next(b.caseID)
				c.Epoch = 1 // a delivery that was on its way
				b.hand(c)
			}}}
		},
		"in the middle of a step": func(b *bench) []at {
			return []at{{40 * time.Second, func() { b.house.Rebuild(b.caseID) }}, {45 * time.Second, func() {
				c, _ := b.house.Next(b.caseID)
				c.ID, c.Number, c.Kind, c.Epoch = "late", 2, dsr.CommandIdentityEvidence, 1
				b.hand(c)
			}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.mute = true
			b.slow = 30 * time.Second
			var known dsr.Facts
			script := append(wake(b), at{1 * day, func() {
				if f := b.house.Known(b.caseID); f.Epoch == 1 {
					b.house.Rebuild(b.caseID)
				}
			}}, at{4 * day, func() { known = b.house.Known(b.caseID) }})
			result, err := b.startEpoch(1, script...)
			if err != nil || !result.Superseded || result.Outcome != "" {
				t.Fatalf("%+v %v", result, err)
			}
			f := b.house.Known(b.caseID)
			if name == "by its timer" && f != known {
				t.Errorf("the old run changed the case:\n%+v\n%+v", known, f)
			}
			if f.Stage == dsr.StageClosed || len(b.house.Path(b.caseID)) > 2 {
				t.Errorf("the old run moved the case to %s", f.Stage)
			}
			if err, answered := b.handed["late"]; name == "in the middle of a step" && (!answered || activities.Inward(err).Code != activities.CodeSuperseded) {
				t.Errorf("who handed over a command while the run ended heard %v", err)
			}
			// The new run brings it to its end.
			b.mute, b.autoplay = false, true
			result, err = b.start()
			if err != nil || result.Outcome != dsr.OutcomePartial {
				t.Fatalf("the new run: %+v %v", result, err)
			}
		})
	}
}

func TestCommandsInTheWrongOrderAreAppliedInTheRightOne(t *testing.T) {
	b := newBench(t)
	b.mute = true
	result, err := b.start(
		at{1 * hour, func() {
			for _, kind := range []dsr.CommandKind{dsr.CommandIdentityEvidence, dsr.CommandIdentityConfirmed} {
				if err := b.house.Tell(b.caseID, kind); err != nil {
					t.Error(err)
				}
			}
			second, _ := b.house.Next(b.caseID)
			third := second
			third.Number, third.ID, third.Kind = second.Number+1, "third", dsr.CommandIdentityConfirmed
			if _, err := b.house.Office(organisation).Apply(t.Context(), b.caseID, 1, third.Number); dsr.CodeOf(err) != activities.CodeOrder {
				t.Errorf("the office applied %d before %d: %v", third.Number, second.Number, err)
			}
			b.hand(third)
		}},
		at{2 * hour, func() {
			if f := b.house.Known(b.caseID); f.Applied != 1 {
				t.Errorf("applied %d before its turn", f.Applied)
			}
			second, _ := b.house.Next(b.caseID)
			b.hand(second)
		}},
		at{3 * hour, func() {
			if f := b.house.Known(b.caseID); f.Applied != 3 {
				t.Errorf("applied %d, want all three", f.Applied)
			}
			b.mute, b.autoplay = false, true
		}},
	)
	b.want(result, err, dsr.OutcomePartial, straight...)
}

func TestASecondDeliveryIsHarmless(t *testing.T) {
	b := newBench(t)
	var again officetest.Command
	result, err := b.start(
		at{1 * hour, func() {
			_ = b.house.Tell(b.caseID, dsr.CommandIdentityConfirmed)
			again, _ = b.house.Next(b.caseID)
			b.hand(again)
		}},
		at{2 * hour, func() {
			again.ID = "another ID, so that Temporal cannot know it"
			b.hand(again)
			b.autoplay = true
		}},
	)
	b.want(result, err, dsr.OutcomePartial, straight...)
}

func TestAMalformedOrForeignCommandIsRefusedWithoutATrace(t *testing.T) {
	b := newBench(t)
	_, _ = b.start(
		at{1 * hour, func() {
			_ = b.house.Tell(b.caseID, dsr.CommandIdentityConfirmed)
			c, _ := b.house.Next(b.caseID)
			c.ID, c.Epoch = "other-epoch", 2
			b.hand(c)
			c.ID, c.Epoch, c.Number = "no-number", 1, 0
			b.hand(c)
			b.autoplay = true
		}},
	)
	for id, code := range map[string]string{"other-epoch": activities.CodeSuperseded, "no-number": "error.command-shape"} {
		if got := activities.Inward(b.handed[id]); got == nil || got.Code != code {
			t.Errorf("%s: %v, want %s", id, b.handed[id], code)
		}
	}
}

func TestContinueAsNewCarriesEverything(t *testing.T) {
	b := newBench(t)
	b.autoplay = true
	runs := 0
	b.prepare = func(env *testsuite.TestWorkflowEnvironment) { env.SetContinueAsNewSuggested(runs < 6) }
	for {
		result, err := b.start()
		if err == nil {
			b.want(result, nil, dsr.OutcomePartial, straight...)
			break
		}
		next := continued(t, err)
		if next.Case != b.caseID || next.Epoch != 1 || next.Organisation != organisation || next.Kind != dsr.KindDisclosure {
			t.Fatalf("carried %+v", next)
		}
		for id, err := range b.handed {
			if err != nil {
				t.Errorf("a command was lost on the way: %s: %v", id, err)
			}
		}
		if runs++; runs > 20 {
			t.Fatal("the run continues for ever")
		}
	}
	if runs < 4 {
		t.Errorf("%d runs continued, want several", runs)
	}
	for key, n := range b.system.Answered() {
		if n != 1 {
			t.Errorf("the connected system answered %s %d times", key, n)
		}
	}
}

func TestContinueAsNewWaitsForACommandThatIsBeingApplied(t *testing.T) {
	b := newBench(t)
	b.mute = true
	b.prepare = func(env *testsuite.TestWorkflowEnvironment) { env.SetContinueAsNewSuggested(true) }
	_, err := b.start(at{hour, func() {
		for _, kind := range []dsr.CommandKind{dsr.CommandIdentityEvidence, dsr.CommandContactConfirmed} {
			if err := b.house.Tell(b.caseID, kind); err != nil {
				t.Error(err)
			}
		}
		c, _ := b.house.Next(b.caseID)
		b.hand(c)
		c.ID, c.Number, c.Kind = "third", c.Number+1, dsr.CommandContactConfirmed
		b.hand(c)
	}})
	continued(t, err)
	if len(b.handed) != 2 {
		t.Errorf("of two commands %d were answered", len(b.handed))
	}
	for id, err := range b.handed {
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestAnObjectionReopensInANewRun(t *testing.T) {
	b := newBench(t)
	b.autoplay = true
	result, err := b.start()
	b.want(result, err, dsr.OutcomePartial)
	if err := b.house.Tell(b.caseID, dsr.CommandObjected); err != nil {
		t.Fatal(err)
	}
	result, err = b.start()
	b.want(result, err, dsr.OutcomePartial, append(slices.Clone(straight), dsr.StageReopened, dsr.StageSearch, dsr.StageReview,
		dsr.StageDecision, dsr.StageExecution, dsr.StageDelivery, dsr.StageNotified, dsr.StageClosed)...)
}

func TestADatabaseThatIsAwayForDaysDelaysAndDoesNotFail(t *testing.T) {
	b := newBench(t)
	b.autoplay = true
	b.house.Down = func() bool {
		now := b.house.Now().Sub(filedAt)
		return now < hour || now > 30*hour && now < 60*hour
	}
	result, err := b.start(at{hour + 15*time.Minute, func() {
		if f := b.house.Known(b.caseID); f.Transition == 0 {
			t.Errorf("a quarter of an hour after the database came back the case is at %s", f.Stage)
		}
	}})
	b.want(result, err, dsr.OutcomePartial, straight...)
}

func TestAConnectedSystemThatIsAwayOpensATaskAndIsAskedAgain(t *testing.T) {
	b := newBench(t)
	b.autoplay = true
	b.system.Away = func() bool { return b.house.Now().Sub(filedAt) < 30*hour }
	result, err := b.start()
	b.want(result, err, dsr.OutcomePartial, straight...)
	if tasks := b.house.Tasks(b.caseID); len(tasks) != 1 || tasks[0] != dsr.TaskCollect {
		t.Errorf("tasks %v, want one to collect", tasks)
	}
}

func TestATimerThatIsEarlyByThePortsClockAsksAgainAndNotOften(t *testing.T) {
	b := newBench(t)
	b.house.Now = func() time.Time { // the port's clock is two days behind
		if b.env == nil {
			return filedAt
		}
		return b.env.Now().Add(-2 * day)
	}
	result, err := b.start()
	b.want(result, err, dsr.OutcomeNoResponse)
	if n := b.house.Asked(); n < 10 || n > 150 {
		t.Errorf("asked %d times in two days", n)
	}
}

// brokenParcels fails as builders do that quote what they stumble over.
type brokenParcels struct{ failures int }

func (p *brokenParcels) Build(in dsr.Parcel) (string, []byte, error) {
	if p.failures++; p.failures < 3 {
		return "", nil, errors.New("cannot encode " + in.Organisation)
	}
	if p.failures == 3 {
		panic("a panic about " + in.Organisation)
	}
	return officetest.Parcels{}.Build(in)
}

func TestNoErrorOrPanicCarriesPersonalDataIntoTheHistory(t *testing.T) {
	for name, bare := range map[string]bool{"with the translation": false, "without it the check is red": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.autoplay, b.bare = true, bare
			b.acts.Parcels = &brokenParcels{}
			result, err := b.start()
			b.want(result, err, dsr.OutcomePartial, straight...)
			if b.leaked() != bare {
				t.Errorf("leaked %v", b.leaked())
			}
		})
	}
}
