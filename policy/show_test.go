package policy

import (
	"os"
	"slices"
	"testing"

	"madoguchi/clock"
)

func shipped(t *testing.T) []*Pack {
	t.Helper()
	library, err := Load(os.DirFS("../packs"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return library.Packs()
}

var aDay, _ = clock.ParseDate("2026-11-22")

func TestEveryLineOfAnEffectivePolicyHasItsLayerAndItsSource(t *testing.T) {
	for _, p := range shipped(t) {
		e := p.Effective(aDay)
		ids, sections := map[string]bool{}, map[string]bool{}
		order := 0
		for _, l := range e.Lines {
			if wrong := l.Sound(); wrong != "" {
				t.Errorf("%s: %s", p.Slug, wrong)
			}
			if ids[l.ID] {
				t.Errorf("%s: %s is there twice", p.Slug, l.ID)
			}
			ids[l.ID], sections[l.Section] = true, true
			if at := slices.Index(Sections, l.Section); at < order {
				t.Errorf("%s: %s stands after a later section", p.Slug, l.ID)
			} else {
				order = at
			}
		}
		for _, section := range Sections {
			if !sections[section] && section != "recipients" && section != "retention" && section != "roles" && section != "missing" {
				t.Errorf("%s: nothing under %s", p.Slug, section)
			}
		}
		t.Logf("counts: %s: %d lines, %d together", p.Slug, len(e.Lines), len(Together(e.Lines)))
	}
	// The check sees a line that lacks what its layer asks for.
	sound := Line{Section: "fees", ID: "fees/x", Layer: "law", Article: "38(1)", Source: "law/appi.yaml"}
	if wrong := sound.Sound(); wrong != "" {
		t.Fatal(wrong)
	}
	for name, spoil := range map[string]func(*Line){
		"no layer": func(l *Line) { l.Layer = "" }, "another layer": func(l *Line) { l.Layer = "custom" }, "no source": func(l *Line) { l.Source = "" },
		"a law without article": func(l *Line) { l.Article = "" }, "a reading without its name": func(l *Line) { l.Layer = "reading" },
		"another section": func(l *Line) { l.Section = "more" },
	} {
		l := sound
		spoil(&l)
		if l.Sound() == "" {
			t.Errorf("%s is not seen", name)
		}
	}
}
