package policy

import (
	"fmt"
	"strings"
	"testing"
)

func TestAPackIsTheSameAsItself(t *testing.T) {
	for _, p := range load(t, false).Packs() {
		if d := Compare(p, p); len(d) > 0 {
			t.Errorf("%s: %+v", p.Slug, d)
		}
	}
}

func TestEveryGroundOfAKindIsOneDuty(t *testing.T) {
	for _, p := range load(t, false).Packs() {
		for _, k := range p.Kinds {
			seen := map[string]string{}
			for _, e := range p.ExemptionsFor(k.Kind) {
				if seen[e.Ground] != "" {
					t.Errorf("%s: %s has the ground %s twice: %s and %s", p.Slug, k.Kind, e.Ground, seen[e.Ground], e.ID)
				}
				seen[e.Ground] = e.ID
			}
		}
	}
}

func TestLinesOfDutiesAreLinesOfTheEffectivePolicy(t *testing.T) {
	all := load(t, false).Packs()
	for _, a := range all {
		for _, b := range all {
			lines := map[string]bool{}
			for _, p := range []*Pack{a, b} {
				for _, l := range p.Effective(aDay).Lines {
					lines[l.ID] = true
				}
			}
			for _, d := range Compare(a, b) {
				found := false
				for id := range lines {
					found = found || id == d.Line || strings.HasPrefix(id, d.Line+"/")
				}
				if !found {
					t.Errorf("%s to %s: no line %s (%s)", a.Slug, b.Slug, d.Line, d.Name)
				}
				if !has(DutyNames, d.Name) {
					t.Errorf("the duty %q is not in DutyNames", d.Name)
				}
			}
		}
	}
}

// Two policies compared one way and the other way round give opposite senses.
func TestTheOrderIsTheSameFromBothSides(t *testing.T) {
	turned := map[Sense]Sense{Better: Worse, Worse: Better, Mixed: Mixed}
	n := map[string]int{}
	all := load(t, false).Packs()
	for _, a := range all {
		for _, b := range all {
			back := map[string]Sense{}
			for _, d := range Compare(b, a) {
				back[d.Name+d.Line] = d.Sense
			}
			for _, d := range Compare(a, b) {
				n[d.Name]++
				if back[d.Name+d.Line] != turned[d.Sense] {
					t.Errorf("%s to %s: %s is %s, and back %s: %s → %s", a.Slug, b.Slug, d.Line, d.Sense, back[d.Name+d.Line], d.Was, d.Is)
				}
			}
		}
	}
	for _, name := range []string{"exemption", "retention", "purpose", "recipient", "fixed-field", "amendment"} {
		if n[name] == 0 {
			t.Errorf("no two of the packs differ in %s: %s", name, fmt.Sprint(n))
		}
	}
}
