package policy

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"madoguchi/clock"
	"madoguchi/packs"
)

func on(t testing.TB, text string) clock.Date {
	t.Helper()
	d, err := clock.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// versioned is the small organisation with versions: each is pairs of texts of
// the working pack and what stands there instead; the last one is the pack.
func versioned(t testing.TB, versions ...[]string) fstest.MapFS {
	t.Helper()
	var m fstest.MapFS
	for i, pairs := range versions {
		text := string(testdata(t, "working_small.yaml"))
		for j := 0; j < len(pairs); j += 2 {
			if !strings.Contains(text, pairs[j]) {
				t.Fatalf("the working pack has no %q", pairs[j])
			}
			text = strings.Replace(text, pairs[j], pairs[j+1], 1)
		}
		if m == nil {
			m = library(t, nil)
		}
		file := "small/pack.yaml"
		if i < len(versions)-1 {
			_, rest, _ := strings.Cut(text, "version: \"")
			version, _, _ := strings.Cut(rest, "\"")
			file = "small/versions/" + version + ".yaml"
		}
		m[file] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

// from is the head of a version that came into force on a day.
func from(version, day string) []string {
	return []string{`version: "1"`, `version: "` + version + "\"\nin_force_from: \"" + day + `"`}
}

func loadedAs(t testing.TB, m fstest.MapFS) *Library {
	t.Helper()
	l, err := Load(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAVersionHoldsFromItsDayUntilTheNextBegins(t *testing.T) {
	l := loadedAs(t, versioned(t, nil, from("2", "2026-04-01"), from("3", "2026-10-01")))
	for day, want := range map[string]string{"2008-01-01": "1", "2026-03-31": "1", "2026-04-01": "2", "2026-09-30": "2", "2026-10-01": "3", "2031-01-01": "3"} {
		if p, ok := l.At("small", on(t, day)); !ok || p.Version != want {
			t.Errorf("on %s: %v, want version %s", day, p, want)
		}
	}
	if _, ok := l.At("nobody", aDay); ok {
		t.Error("an unknown slug has a version")
	}
	var all []string
	for _, p := range l.Versions("small") {
		all = append(all, p.Version)
		if q, ok := l.ByDigest(p.Digest); !ok || q != p {
			t.Errorf("version %s is not found by its digest", p.Version)
		}
		for _, line := range p.Effective(aDay).Lines {
			if line.ID == "desk/name" && line.Source != p.file() {
				t.Errorf("version %s: its lines come from %s", p.Version, line.Source)
			}
		}
	}
	if strings.Join(all, " ") != "1 2 3" {
		t.Errorf("the versions are %v", all)
	}
	if p, _ := l.BySlug("small"); p.Version != "3" {
		t.Errorf("the pack is version %s", p.Version)
	}
	if len(l.Packs()) != 1 {
		t.Errorf("%d organisations", len(l.Packs()))
	}
}

// A case is pinned by digest: moving a text to the older versions must not
// change what it is.
func TestAVersionKeepsItsDigestWhenANewerOneTakesItsPlace(t *testing.T) {
	before := loadedAs(t, versioned(t, nil))
	after := loadedAs(t, versioned(t, nil, from("2", "2026-04-01")))
	p, _ := before.BySlug("small")
	if q, ok := after.ByDigest(p.Digest); !ok || q.Version != "1" {
		t.Errorf("%s is lost", p.Digest)
	}
}

func TestVersionsThatCannotBeToldApartAreRefused(t *testing.T) {
	lost := versioned(t, nil, from("2", "2026-04-01"))
	delete(lost, "small/pack.yaml")
	lost["other/pack.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(string(testdata(t, "working_small.yaml")), "slug: small", "slug: other", 1))}
	misnamed := versioned(t, nil, from("2", "2026-04-01"))
	misnamed["small/versions/0.yaml"] = misnamed["small/versions/1.yaml"]
	delete(misnamed, "small/versions/1.yaml")
	for want, m := range map[string]fstest.MapFS{
		"versions 1 and 2 are in force from one day":   versioned(t, nil, []string{`version: "1"`, `version: "2"`}),
		"versions 2 and 3 are in force from one day":   versioned(t, nil, from("2", "2026-04-01"), from("3", "2026-04-01")),
		"version 2 is newer than the pack":             versioned(t, nil, from("2", "2026-10-01"), from("3", "2026-04-01")),
		"the pack itself is version 1":                 versioned(t, nil, []string{`version: "1"`, "version: \"1\"\nin_force_from: \"2026-04-01\""}),
		"there is no day 2026-02-30":                   versioned(t, nil, from("2", "2026-02-30")),
		"the id is not that of the pack":               versioned(t, []string{"11111111-2222-4333-8444-555555555555", "11111111-2222-4333-8444-555555555556"}, from("2", "2026-04-01")),
		"the slug is \"other\" in the folder small":    versioned(t, []string{"slug: small", "slug: other"}, from("2", "2026-04-01")),
		"the version is \"1\" in a file called 0.yaml": misnamed,
		"older versions stand beside no pack":          lost,
		"a fee on correction has no basis": versioned(t, []string{"purposes:\n", "fees:\n  - { kinds: [correction], yen: 300, clause: \"7\", text: { ja: 手数料 } }\npurposes:\n"},
			from("2", "2026-04-01")),
	} {
		_, err := Load(m, Options{})
		var ps Problems
		if !errors.As(err, &ps) || !strings.Contains(ps.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
}

// What came into force after a version had been replaced does not make its text
// wrong: a case pinned to it must find it.
func TestAnOldVersionIsHeldToTheFloorOfItsDays(t *testing.T) {
	fee := []string{"purposes:\n", "fees:\n  - { kinds: [disclosure], yen: 300, clause: none, text: { ja: 手数料 } }\npurposes:\n"}
	m := versioned(t, fee, from("2", "2026-04-01"))
	law := string(m["law/appi.yaml"].Data)
	if _, err := Load(m, Options{}); err == nil {
		t.Fatal("a fee that nobody published is taken")
	}
	for day, ok := range map[string]bool{"2026-03-31": false, "2026-04-01": true} {
		m["law/appi.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(law, "  - id: \"32(1)\"\n", "  - id: \"32(1)\"\n    in_force_from: \""+day+"\"\n", 1))}
		if _, err := Load(m, Options{}); (err == nil) != ok {
			t.Errorf("an article in force from %s: %v", day, err)
		}
	}
}

// A version that is on disk and not in the binary would be lost to the cases that
// are pinned to it.
func TestVersionsOnDiskAreCarriedInTheBinary(t *testing.T) {
	missing := func(disk, binary fs.FS) (out []string) {
		files, err := fs.Glob(disk, "*"+versionsFolder+"*.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if _, err := fs.Stat(binary, file); err != nil {
				out = append(out, file)
			}
		}
		return out
	}
	if lost := missing(os.DirFS("../packs"), packs.Files); len(lost) > 0 {
		t.Errorf("name */versions/*.yaml in packs/packs.go: %v", lost)
	}
	// The check sees one that is left out.
	if lost := missing(versioned(t, nil, from("2", "2026-04-01")), packs.Files); len(lost) != 1 {
		t.Errorf("a planted version is not seen: %v", lost)
	}
}
