package connectors

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"madoguchi/connectors/sqltable"
	"madoguchi/dsr"
	"madoguchi/internal/sample"
	"madoguchi/policy"
)

// all is a registry with every made-up system as a file of its own.
func all(t *testing.T) *Registry {
	t.Helper()
	dir := t.TempDir()
	r, err := New(os.DirFS("../packs"), func(setting string) string { return filepath.Join(dir, setting+".db") })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	for _, setting := range r.Settings() {
		if err := sample.Create(t.Context(), setting, filepath.Join(dir, setting+".db")); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestASystemIsFoundByTheOrganisationsIDAndSlug(t *testing.T) {
	r := all(t)
	for id, slug := range r.slugs {
		for _, system := range r.Systems(slug) {
			a, err := r.Connector(id, system)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := r.Connector(slug, system); err != nil || b != a {
				t.Errorf("%s %s: another system, %v", slug, system, err)
			}
		}
		if !slices.Equal(r.Systems(id), r.Systems(slug)) || len(r.Systems(slug)) == 0 {
			t.Errorf("%s: %v", slug, r.Systems(id))
		}
	}
	if len(r.slugs) != 5 {
		t.Errorf("%d organisations are known by their ID", len(r.slugs))
	}
	for _, c := range [][2]string{{"kai", "centre-records"}, {"izumisano", "other"}, {"", ""}} {
		if _, err := r.Connector(c[0], c[1]); dsr.FaultOf(err) != dsr.NotFound {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestEverySystemOfEveryPackIsThereAndAsItsMappingSays(t *testing.T) {
	r := all(t)
	if err := r.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"APPLICANTS", "CENTRE_RECORDS", "MEMBERS", "NEWSLETTER", "SERVICE_CARDS", "SHIPPERS", "WAYBILLS"}
	if !slices.Equal(r.Settings(), want) || !slices.Equal(sample.Settings(), want) {
		t.Errorf("%v, made up are %v", r.Settings(), sample.Settings())
	}
	for at, m := range r.mappings {
		s, err := sample.Of(m.Connection)
		if err != nil {
			t.Fatal(err)
		}
		system, err := r.Connector(at.slug, at.id)
		if err != nil {
			t.Fatal(err)
		}
		p := s.Main()
		found, err := system.Lookup(t.Context(), "l", dsr.Identifiers{Name: p.Name, BornOn: p.BornOn, Mail: p.Mail})
		if err != nil || len(found) == 0 || found[0].Key != p.Number || found[0].Person.Phone != p.Phone {
			t.Fatalf("%s: %d candidates, %v", at.id, len(found), err)
		}
		records, err := system.Collect(t.Context(), "c", p.Number, dsr.Identifiers{})
		if err != nil {
			t.Fatal(err)
		}
		there := map[string]bool{}
		for _, record := range records {
			there[record.Category] = true
			if len(record.RowKeys) != len(record.Rows) || slices.Contains(record.RowKeys, "") {
				t.Errorf("%s, %v: %d rows have %d keys", at.id, record, len(record.Rows), len(record.RowKeys))
			}
		}
		for _, c := range m.Categories {
			if !there[c.ID] && c.Contact == nil {
				t.Errorf("%s: nothing of %s is held about the main person", at.id, c.ID)
			}
		}
	}
}

func TestWithoutItsSettingASystemIsAwayAndTheStartGoesOn(t *testing.T) {
	r, err := New(os.DirFS("../packs"), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Connector("izumisano", "centre-records"); dsr.CodeOf(err) != sqltable.CodeAway {
		t.Error(err)
	}
}

func TestEveryWrongMappingIsNamedAtOnce(t *testing.T) {
	schema, err := fs.ReadFile(os.DirFS("../packs"), sqltable.SchemaFile)
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(fstest.MapFS{sqltable.SchemaFile: {Data: schema}, "a/systems/x.yaml": {Data: []byte("id: x")}, "b/systems/y.yaml": {Data: []byte("[")}}, nil)
	var ps sqltable.Problems
	if !errors.As(err, &ps) || ps[0].File != "a/systems/x.yaml" || ps[len(ps)-1].File != "b/systems/y.yaml" {
		t.Errorf("%v", err)
	}
}

func TestEveryPlaceOfAPackIsInItsMapping(t *testing.T) {
	r := all(t)
	library, err := policy.Load(os.DirFS("../packs"), policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	places := 0
	for _, p := range library.Packs() {
		for _, f := range p.Fields {
			places += len(f.Places)
		}
	}
	for _, wrong := range r.Disagreements(library.Packs()) {
		t.Error(wrong)
	}
	if len(library.Packs()) != 5 || places < 30 {
		t.Errorf("only %d places of %d packs were looked at", places, len(library.Packs()))
	}
}

func TestWhereAPackAndItsMappingsDifferIsSaid(t *testing.T) {
	r := all(t)
	at := func(category, column string) []policy.Place {
		return []policy.Place{{System: "members", Category: category, Column: column}}
	}
	good := policy.Pack{Slug: "qoo10", Systems: []policy.SystemRef{{ID: "members", Holds: true}},
		Fields:     []policy.DataField{{ID: "mail", Places: at("profile", "mail")}, {ID: "no", Fixed: true, Places: at("profile", "member_no")}},
		Recipients: []policy.Recipient{{ID: "shop", Receives: at("orders", "")}}, Retention: []policy.Retention{{ID: "orders", Places: at("orders", ""), From: "ordered_on", Years: 7}}}
	if wrong := r.Disagreements([]*policy.Pack{&good}); len(wrong) != 0 {
		t.Fatal(wrong)
	}
	for want, spoil := range map[string]func(p *policy.Pack){
		"has no mapping":        func(p *policy.Pack) { p.Systems = append(p.Systems, policy.SystemRef{ID: "other"}) },
		"holds":                 func(p *policy.Pack) { p.Systems = []policy.SystemRef{{ID: "members"}} },
		"nobody would search":   func(p *policy.Pack) { p.Systems = nil },
		"there is no system":    func(p *policy.Pack) { p.Recipients[0].Receives[0].System = "other" },
		"is not in the mapping": func(p *policy.Pack) { p.Fields[0].Places = at("profile", "shoe_size") },
		"cannot be put right":   func(p *policy.Pack) { p.Fields[1].Fixed = false },
		"from: orders.shipped_on of members is not": func(p *policy.Pack) { p.Retention[0].From = "shipped_on" },
		"can never be erased":                       func(p *policy.Pack) { p.Retention[0].Places, p.Retention[0].From = at("profile", ""), "" },
	} {
		p := good
		p.Fields, p.Retention = slices.Clone(good.Fields), slices.Clone(good.Retention)
		p.Recipients = []policy.Recipient{{ID: "shop", Receives: at("orders", "")}}
		spoil(&p)
		if wrong := r.Disagreements([]*policy.Pack{&p}); !strings.Contains(strings.Join(wrong, "\n"), want) {
			t.Errorf("%q is not said: %v", want, wrong)
		}
	}
}
