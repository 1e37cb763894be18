package e2e

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/packs"
	"madoguchi/policy"
)

// houses are what the organisations are called in a copy of the packs.
type houses struct {
	folder string
	// ids are the new IDs, and gone the texts that only the old packs have, by
	// the old ID.
	ids  map[string]string
	gone map[string][]string
}

// renamed writes a copy of the packs in which every organisation has another
// ID, slug, name, alias, address, contact and calendar, and other recipients.
func renamed(t *testing.T) houses {
	t.Helper()
	l, err := policy.Load(packs.Files, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := houses{folder: t.TempDir(), ids: map[string]string{}, gone: map[string][]string{}}
	slugs, calendars := map[string]string{}, map[string]string{}
	for i, p := range l.Packs() {
		slug := "house-" + string(rune('a'+i))
		slugs[p.Slug], calendars[p.Calendar] = slug, slug
		h.ids[p.ID] = fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1)
		for _, names := range []map[string]string{p.Entity.Name, p.Entity.Address, p.Desk.Post} {
			for _, x := range names {
				h.gone[p.ID] = append(h.gone[p.ID], strings.Join(strings.Fields(x), " "))
			}
		}
		for _, x := range append([]string{p.Desk.Phone, p.Desk.Mail, "/" + p.Slug + "/"}, p.Entity.Aliases...) {
			if x != "" {
				h.gone[p.ID] = append(h.gone[p.ID], x)
			}
		}
	}
	err = fs.WalkDir(packs.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(packs.Files, name)
		if err != nil {
			return err
		}
		folder, rest, _ := strings.Cut(name, "/")
		base := strings.TrimSuffix(path.Base(name), ".yaml")
		switch {
		case slugs[folder] != "":
			name = slugs[folder] + "/" + rest
			if rest == "pack.yaml" {
				b, err = rename(b, slugs[folder], calendars, h.ids)
			}
		case folder == "calendars" && calendars[base] != "":
			name = "calendars/" + calendars[base] + ".yaml"
			b, err = altered(b, func(root map[string]any) { root["id"] = calendars[base] })
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		to := filepath.Join(h.folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// altered is a YAML file with something else in it. JSON is YAML too.
func altered(b []byte, alter func(root map[string]any)) ([]byte, error) {
	var root map[string]any
	if err := yaml.Unmarshal(b, &root); err != nil {
		return nil, err
	}
	alter(root)
	return json.Marshal(root)
}

// rename gives a pack another name, and leaves its rules.
func rename(b []byte, slug string, calendars, ids map[string]string) ([]byte, error) {
	return altered(b, func(root map[string]any) {
		other := func(what string) map[string]any {
			out := map[string]any{}
			for _, v := range dsr.Voices {
				out[string(v)] = what + " " + slug
			}
			return out
		}
		was := root["slug"].(string)
		root["id"], root["slug"], root["calendar"] = ids[root["id"].(string)], slug, calendars[root["calendar"].(string)]
		entity, desk := root["entity"].(map[string]any), root["desk"].(map[string]any)
		entity["name"], entity["aliases"], desk["name"] = other("Somebody else"), []any{"Alias " + slug}, other("Desk of")
		for _, x := range []struct {
			in  map[string]any
			key string
			to  any
		}{{entity, "address", other("Somewhere near")}, {desk, "post", other("Box of")}, {desk, "phone", "03-0000-0000"}, {desk, "fax", "03-0000-0001"}, {desk, "mail", "desk@example.jp"}} {
			if x.in[x.key] != nil {
				x.in[x.key] = x.to
			}
		}
		for i, r := range root["recipients"].([]any) {
			r.(map[string]any)["text"] = other(fmt.Sprintf("Recipient %d of", i+1))
		}
		for _, s := range root["systems"].([]any) {
			s := s.(map[string]any)
			s["mapping"] = slug + "/" + strings.TrimPrefix(s["mapping"].(string), was+"/")
		}
	})
}

// No rule hangs on who an organisation is: the same requests come out the same
// when everybody is called otherwise, and no letter knows the old names.
func TestOrganisationsByOtherNamesTakeEveryKindAsBefore(t *testing.T) {
	h := renamed(t)
	want, old := map[string]map[dsr.Kind]cell{}, map[string]string{}
	for was, is := range h.ids {
		want[is], old[is] = maps.Clone(wanted[was]), was
	}
	letters := 0
	for _, r := range matrix(t, os.DirFS(h.folder), want, driver.Options{Env: []string{"PACKS_DIR=" + h.folder}}) {
		if !strings.HasPrefix(r.pack.Slug, "house-") {
			t.Fatalf("%s was not renamed", r.pack.Slug)
		}
		for _, letter := range r.letters {
			letters++
			if found := remembers(letter, h.gone[old[r.pack.ID]]); found != "" {
				t.Errorf("%s × %s: the letter knows %q:\n%s", r.pack.Slug, r.kind, found, letter)
			}
		}
	}
	if letters < len(want)*len(columns()) {
		t.Errorf("%d letters were read", letters)
	}
	if remembers("von KAI Corporation, Tokyo", []string{"KAI Corporation"}) == "" {
		t.Error("an old name is not seen")
	}
	t.Logf("counts: renamed=%d letters=%d", len(want), letters)
}

// remembers is the first of the old texts that is in a letter.
func remembers(letter string, gone []string) string {
	for _, x := range gone {
		if strings.Contains(letter, x) {
			return x
		}
	}
	return ""
}
