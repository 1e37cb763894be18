package houserules_test

import (
	"path/filepath"
	"strings"
	"testing"

	"madoguchi/internal/houserules"
)

// TestNothingButClockComputesADate looks at every Go file of the product.
func TestNothingButClockComputesADate(t *testing.T) {
	looked, used := 0, map[string]bool{}
	for file, text := range kept(t) {
		folder := filepath.Base(filepath.Dir(file))
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.HasSuffix(folder, "test") ||
			strings.HasPrefix(file, "e2e/") || strings.HasPrefix(file, "clock/") {
			continue
		}
		looked++
		found, err := houserules.Dates(file, text)
		if err != nil {
			t.Error(err)
			continue
		}
		if place := houserules.Elsewhere(file); place != "" && len(found) > 0 {
			used[place] = true
			continue
		}
		for _, x := range found {
			t.Error(x)
		}
	}
	for place := range houserules.DatesElsewhere {
		if !used[place] {
			t.Errorf("%s computes no date and needs no leave", place)
		}
	}
	if looked < 100 {
		t.Fatalf("only %d files were looked at", looked)
	}
	t.Logf("counts: %d files, %d with leave", looked, len(houserules.DatesElsewhere))

	const head = "package x\n\nimport clock \"time\"\n\n"
	for _, planted := range []string{
		"var x = at.AddDate(0, 1, 0)", "var x = on.AddDays(30)", "var x = on.AddMonthsEU(1)", "var x = on.AddMonthsJP(1, first)",
		"var x = 24 * clock.Hour", "var x = -24 * clock.Hour", "var x = clock.Duration(days) * 24 * clock.Hour", "var x = days * (720 * clock.Hour)", "var x = clock.Hour * 24 * 7",
		"var f = on.AddDays",
	} {
		if found, err := houserules.Dates("planted.go", head+planted+"\n"); err != nil || len(found) != 1 {
			t.Errorf("%q: %v %v", planted, found, err)
		}
	}
	for _, fine := range []string{"var x = 2 * clock.Hour", "var x = 24 * clock.Minute", "var x = at.Add(24)", "var x = clock.Date(2026, 1, 1, 0, 0, 0, 0, clock.UTC)", "// 24 * time.Hour\nvar x = 24 * 60"} {
		if found, err := houserules.Dates("fine.go", head+fine+"\n"); err != nil || len(found) != 0 {
			t.Errorf("%q: %v %v", fine, found, err)
		}
	}
	if houserules.Elsewhere("internal/store/clocks.go") != "" || houserules.Elsewhere("packs/calendars/generate/sets.go") == "" {
		t.Error("leave is given to the wrong files")
	}
}
