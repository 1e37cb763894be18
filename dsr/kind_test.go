package dsr

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMeasuresAddUpToAnOutcome(t *testing.T) {
	const (
		disclose, withhold, notHeld       = MeasureDisclose, MeasureWithhold, MeasureNotHeld
		correct, del, suspend, erase      = MeasureCorrect, MeasureDelete, MeasureSuspend, MeasureErase
		keep, alternative, refuse         = MeasureKeep, MeasureAlternative, MeasureRefuse
		outside                           = MeasureOutside
		fulfilled, partial, refused, none = OutcomeFulfilled, OutcomePartial, OutcomeRefused, OutcomeNotHeld
	)
	for _, c := range []struct {
		measures []Measure
		want     Outcome
	}{
		{nil, ""},
		{[]Measure{disclose}, fulfilled},
		{[]Measure{disclose, disclose, notHeld}, fulfilled}, // what is not there is not refused
		{[]Measure{disclose, withhold}, partial},
		{[]Measure{withhold, withhold}, refused},
		{[]Measure{notHeld}, none},
		{[]Measure{notHeld, notHeld}, none},
		{[]Measure{notHeld, refuse}, refused},
		{[]Measure{correct}, fulfilled},
		{[]Measure{correct, refuse}, partial},
		{[]Measure{del, suspend}, fulfilled},
		{[]Measure{suspend, erase, keep}, partial}, // one promise for later: D.5
		{[]Measure{keep}, partial},
		{[]Measure{keep, notHeld}, partial},
		{[]Measure{keep, refuse}, partial},
		{[]Measure{alternative}, OutcomeAlternative},
		{[]Measure{alternative, notHeld}, OutcomeAlternative},
		{[]Measure{alternative, refuse}, partial},
		{[]Measure{alternative, erase}, partial},
		{[]Measure{refuse}, refused},
		{[]Measure{outside, correct}, fulfilled}, // what the request does not concern counts for nothing
		{[]Measure{outside, refuse}, refused},
		{[]Measure{outside}, ""},
	} {
		if got := Combine(c.measures); got != c.want {
			t.Errorf("%v: %q, want %q", c.measures, got, c.want)
		}
	}
}

func TestWhateverAddsUpTellsNobodyMoreThanWasDone(t *testing.T) {
	counts := map[Outcome]int{}
	for seed := range uint64(5000) {
		random := rand.New(rand.NewPCG(seed, 2))
		var measures []Measure
		for range 1 + random.IntN(6) {
			measures = append(measures, Measures[random.IntN(len(Measures))])
		}
		got := Combine(measures)
		counts[got]++
		shuffled := slices.Clone(measures)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again := Combine(append(shuffled, MeasureOutside)); again != got {
			t.Errorf("%v: %q, in another order and with something that it does not concern %q", measures, got, again)
		}
		if again := Combine(append(shuffled, MeasureNotHeld)); got != "" && again != got {
			t.Errorf("%v: %q, with something that is not held %q", measures, got, again)
		}
		concerns := slices.ContainsFunc(measures, func(m Measure) bool { return m != MeasureOutside })
		lacks := slices.ContainsFunc(measures, func(m Measure) bool { return !m.Granted() && m != MeasureNotHeld && m != MeasureOutside })
		gives := slices.ContainsFunc(measures, Measure.Granted)
		switch {
		case concerns == (got == ""):
			t.Errorf("%v: %q", measures, got)
		case got == OutcomeFulfilled && (lacks || !gives):
			t.Errorf("%v counts as fulfilled", measures)
		case !got.TwoPeople() && lacks:
			t.Errorf("%v needs one person only: %q", measures, got)
		case (got == OutcomeRefused || got == OutcomeNotHeld || got == OutcomeAlternative) && gives:
			t.Errorf("%v gives something and counts as %q", measures, got)
		}
	}
	if len(counts) != 6 {
		t.Errorf("outcomes %v", counts)
	}
	t.Logf("counts: %v", counts)
}

func TestAKindHasItsMeasuresFindingsAndHolds(t *testing.T) {
	for _, k := range Kinds {
		measures, findings := k.Measures(), k.Findings()
		if k.Carried() != (len(measures) > 0) || k.Investigates() != (len(findings) > 0) || k.Freezes() && !k.Investigates() {
			t.Errorf("%s: carried %v, measures %v, findings %v", k, k.Carried(), measures, findings)
		}
		if !k.Carried() {
			continue
		}
		if !measures[0].Granted() || !slices.Contains(measures, MeasureNotHeld) {
			t.Errorf("%s: %v: the first gives what was asked for, and nothing may be held", k, measures)
		}
		no := slices.ContainsFunc(measures, func(m Measure) bool { return m == MeasureRefuse || m == MeasureWithhold })
		if !no || k == KindDisclosure && slices.ContainsFunc(measures, func(m Measure) bool { return m.Action() != "" }) {
			t.Errorf("%s: %v", k, measures)
		}
		seen := map[Measure]bool{}
		for _, m := range measures {
			if !slices.Contains(Measures, m) || seen[m] {
				t.Errorf("%s: %s twice or unknown", k, m)
			}
			seen[m] = true
		}
	}
	for k, want := range map[Kind]bool{KindCorrection: true, KindAddition: true, KindDeletion: false, KindErasure: false,
		KindSuspension: false, KindDisclosure: false} {
		if k.Freezes() != want {
			t.Errorf("%s freezes: %v", k, k.Freezes())
		}
	}
	if slices.Contains(KindSuspension.Measures(), MeasureKeep) || slices.Contains(KindCorrection.Measures(), MeasureErase) {
		t.Error("a measure that was not asked for")
	}
}

func TestAMeasureIsCarriedOutByOneActionAndErasureComesLast(t *testing.T) {
	want := map[Measure]Action{MeasureCorrect: ActionCorrect, MeasureDelete: ActionCorrect, MeasureSuspend: ActionSuspend, MeasureErase: ActionErase}
	for _, m := range Measures {
		if m.Action() != want[m] {
			t.Errorf("%s: %q", m, m.Action())
		}
	}
	if i := slices.Index(Actions, ActionErase); i < slices.Index(Actions, ActionSuspend) || i < slices.Index(Actions, ActionCorrect) {
		t.Errorf("erasure before what can be undone: %v", Actions)
	}
}

func TestFactsSayWhatADecisionGivesAndWhatIsLeft(t *testing.T) {
	for _, k := range Kinds {
		for _, o := range append(slices.Clone(Outcomes), "") {
			f := Facts{Kind: k, Decided: o}
			gives := o == OutcomeFulfilled || o == OutcomePartial || o == OutcomeAlternative
			if f.GivesPackage() != (gives && k == KindDisclosure) || f.Changes() != (gives && k != KindDisclosure) {
				t.Errorf("%s decided as %q: package %v, changes %v", k, o, f.GivesPackage(), f.Changes())
			}
			elsewhere := o == OutcomeReclassified || o == OutcomeDuplicate || o == OutcomeMerged
			if f.Ended() != elsewhere {
				t.Errorf("%s decided as %q ended: %v", k, o, f.Ended())
			}
		}
	}
	for name, c := range map[string]struct {
		f    Facts
		want bool
	}{
		"nothing proposed": {Facts{}, false}, "proposed": {Facts{Proposal: 2, Agreed: 1, SentBack: 1}, true},
		"agreed": {Facts{Proposal: 2, Agreed: 2}, false}, "sent back": {Facts{Proposal: 2, SentBack: 2}, false},
		"a stopped erasure sent back to review": {Facts{Proposal: 2, Agreed: 2, SentBack: 1}, false},
	} {
		if c.f.Proposed() != c.want {
			t.Errorf("%s: %v", name, c.f.Proposed())
		}
	}
}
