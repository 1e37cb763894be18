package scenario

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"madoguchi/clock"
	"madoguchi/packs"
	"madoguchi/policy"
)

// read reads packs, calendars and scenarios once for all tests.
var read = sync.OnceValues(func() (Suite, error) {
	var s Suite
	folder, err := fs.Sub(packs.Files, "calendars")
	if err != nil {
		return s, err
	}
	if s.Library, err = policy.Load(packs.Files, policy.Options{}); err != nil {
		return s, err
	}
	if s.Calendars, err = clock.LoadCalendars(folder); err != nil {
		return s, err
	}
	s.Scenarios, err = Load(packs.Files)
	return s, err
})

// suite is a copy that a test may change.
func suite(t *testing.T) Suite {
	t.Helper()
	s, err := read()
	if err != nil {
		t.Fatal(err)
	}
	s.Scenarios = slices.Clone(s.Scenarios)
	return s
}

// 14 + 19 + 16 + 28 + 22, and 20 readings among all of them.
var required = map[string]int{"SJ": 14, "IZ": 19, "KAI": 16, "QOO": 28, "SSW": 22}

func TestAllNinetyNineRequirementsAreShownOrHaveALaterPart(t *testing.T) {
	r := suite(t).Report("")
	count := map[string]int{}
	for _, q := range r.Requirements {
		code, _, _ := strings.Cut(q.ID, "-")
		count[code]++
		if q.State == Fails || q.State == Missing {
			t.Errorf("%s: %s", q.ID, q.State)
		}
		if q.Later != "" && laterParts[q.Later] == "" {
			t.Errorf("%s: nobody says why %q is not there yet", q.ID, q.Later)
		}
	}
	if !maps.Equal(count, required) {
		t.Errorf("requirements: %v, want %v", count, required)
	}
	readings := map[string]bool{}
	for _, q := range r.Readings {
		if readings[q.ID] = true; q.State != Passes {
			t.Errorf("%s of %s: %s", q.ID, q.Organisation, q.State)
		}
	}
	for n := 1; n <= 20; n++ {
		if id := fmt.Sprintf("D-%02d", n); !readings[id] {
			t.Errorf("no pack records the reading %s", id)
		}
	}
	for part := range laterParts {
		if !slices.ContainsFunc(r.Requirements, func(q Requirement) bool { return q.Later == part }) {
			t.Errorf("no requirement belongs to the later part %q", part)
		}
	}
	t.Logf("counts: %s, %s", tally(r.Requirements, "requirements"), tally(r.Readings, "readings"))
}

func TestTheTableOfRequirementsIsCurrent(t *testing.T) {
	b, err := os.ReadFile("../../docs/requirements.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != suite(t).Report("").table() {
		t.Error("docs/requirements.md is stale; run: make docs")
	}
}

// A requirement that nobody shows, one whose scenario fails, and a scenario that
// proves what is not there are red.
func TestARequirementThatNobodyShowsIsRed(t *testing.T) {
	s := suite(t)
	p, _ := s.Library.BySlug("kai")
	q := *p
	q.Requirements = append(slices.Clone(p.Requirements), policy.Clause{ID: "KAI-99", By: "pack"}, policy.Clause{ID: "KAI-98", By: "later", Later: "joint use"})
	r := Report{Results: s.of(p)}
	for _, x := range []struct {
		id   string
		want State
	}{{"KAI-99", Missing}, {"KAI-98", Later}, {"KAI-01", Passes}, {"KAI-06", Later}} {
		i := slices.IndexFunc(q.Requirements, func(c policy.Clause) bool { return c.ID == x.id })
		c := q.Requirements[i]
		if got := r.requirement(&q, Requirement{ID: c.ID, Later: c.Later}).State; got != x.want {
			t.Errorf("%s: %s, want %s", x.id, got, x.want)
		}
	}
	for i := range r.Results {
		r.Results[i].Differences = []Difference{{}}
	}
	if got := r.requirement(&q, Requirement{ID: "KAI-06", Later: "joint use"}); got.State != Fails || len(got.Failed) == 0 {
		t.Errorf("a failing scenario of a later part: %+v", got)
	}
	for i := range s.Scenarios {
		if s.Scenarios[i].slug == "kai" {
			s.Scenarios[i].Proves = append(slices.Clone(s.Scenarios[i].Proves), "KAI-97")
		}
	}
	if r := s.Report("kai"); len(r.Strays) == 0 || !r.Failed() {
		t.Error("a scenario that proves what the pack does not have is not red")
	}
}

func TestEveryScenarioHolds(t *testing.T) {
	results := suite(t).Run("")
	for _, r := range results {
		for _, d := range r.Differences {
			t.Errorf("%s for %s: %s", r.Scenario, r.Organisation, d)
		}
	}
	t.Logf("counts: %d scenarios run", len(results))
}
