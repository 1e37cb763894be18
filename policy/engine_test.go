package policy_test

import (
	"slices"
	"testing"

	"madoguchi/dsr"
	"madoguchi/packs"
	"madoguchi/policy"
)

// These tests stand outside package policy because the engine reads it.

func shipped(t *testing.T) *policy.Library {
	t.Helper()
	l, err := policy.Load(packs.Files, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The law gives every kind to everybody, whatever a policy names: the portal of
// each organisation takes each kind that has a procedure, and no other.
func TestEveryPortalTakesEveryKindThatIsCarried(t *testing.T) {
	var want []string
	for _, k := range dsr.Kinds {
		if k.Carried() {
			want = append(want, string(k))
		}
	}
	for _, p := range shipped(t).Packs() {
		if got := p.OnlineKinds(); !slices.Equal(got, want) || len(want) < 6 {
			t.Errorf("%s: online %v, want %v", p.Slug, got, want)
		}
		for _, k := range p.Kinds {
			if k.Words["en"] == "" || p.Text(k.Words, "ja-easy") == "" {
				t.Errorf("%s: %s has no words", p.Slug, k.Kind)
			}
		}
	}
}

// The tables that package policy keeps for itself, as it imports no other
// package of the house but clock, are those of package dsr.
func TestKindsAndMeasuresAreThoseOfTheEngine(t *testing.T) {
	var kinds []string
	for _, k := range dsr.Kinds {
		kinds = append(kinds, string(k))
		var measures []string
		for _, m := range k.Measures() {
			measures = append(measures, string(m))
			if promised := slices.Contains(policy.Promisable, string(m)); promised != m.Granted() {
				t.Errorf("%s can be promised: %v, and gives what was asked for: %v", m, promised, m.Granted())
			}
		}
		if !slices.Equal(policy.KindMeasures[string(k)], measures) {
			t.Errorf("%s: %v, the engine has %v", k, policy.KindMeasures[string(k)], measures)
		}
		if k.Freezes() != slices.Contains(policy.Freezable, string(k)) {
			t.Errorf("%s freezes: %v in the engine, not here", k, k.Freezes())
		}
	}
	slices.Sort(kinds)
	if got := slices.Sorted(slices.Values(policy.KindCodes)); !slices.Equal(got, kinds) {
		t.Errorf("codes %v, the engine has %v", got, kinds)
	}
}
