package dsr_test

import (
	"bytes"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/packs"
	"madoguchi/policy"
)

// TestALawIsChosenByItsOwnDay: around midnight the desk has another day than the
// law's own territory, and a law that changes with the year is the one of that
// territory's day. The clock then counts and is not unknown.
func TestALawIsChosenByItsOwnDay(t *testing.T) {
	files := fstest.MapFS{}
	if err := fs.WalkDir(packs.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(packs.Files, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	pack := files["izumisano/pack.yaml"]
	pack.Data = bytes.Replace(pack.Data, []byte("calendar: izumisano\n"), []byte("calendar: izumisano\nalso: [{ regime: vn-pdp, calendar: vn }]\n"), 1)
	library, err := policy.Load(files, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	folder, err := fs.Sub(files, "calendars")
	if err != nil {
		t.Fatal(err)
	}
	calendars, err := clock.LoadCalendars(folder)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := library.BySlug("izumisano")
	for start, want := range map[string]string{
		"2025-12-31T23:30:00+07:00": "vn-pdp.perform", // 01:30 of the new year at the desk
		"2026-01-01T00:00:00+07:00": "vn-pdp.access",
	} {
		at, err := time.Parse(time.RFC3339, start)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, x := range dsr.ClocksOf(p, "disclosure", []clock.Event{{Kind: clock.Start, At: at}}) {
			if x.Rule.Regime != "vn-pdp" {
				continue
			}
			found = append(found, x.Rule.ID)
			if _, err := clock.Compute(x.Rule, calendars[x.Calendar], x.Events); err != nil {
				t.Errorf("%s: %v", start, err)
			}
		}
		if len(found) != 1 || found[0] != want {
			t.Errorf("%s: %v, want %s", start, found, want)
		}
	}
}
