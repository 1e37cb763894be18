package scenario

import (
	"io/fs"
	"testing"

	"madoguchi/clock"
	"madoguchi/packs"
	"madoguchi/policy"
)

func suite(t *testing.T) Suite {
	t.Helper()
	library, err := policy.Load(packs.Files, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	folder, err := fs.Sub(packs.Files, "calendars")
	if err != nil {
		t.Fatal(err)
	}
	calendars, err := clock.LoadCalendars(folder)
	if err != nil {
		t.Fatal(err)
	}
	scenarios, err := Load(packs.Files)
	if err != nil {
		t.Fatal(err)
	}
	return Suite{Library: library, Calendars: calendars, Scenarios: scenarios}
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
