package connectors

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"madoguchi/connectors/sqltable"
	"madoguchi/dsr"
	"madoguchi/internal/sample"
)

func TestASystemIsFoundByTheOrganisationsIDAndSlug(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sample.db")
	if err := sample.Create(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	r, err := New(os.DirFS("../packs"), func(setting string) string { return map[string]string{"CENTRE_RECORDS": path}[setting] })
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Settings(), []string{"CENTRE_RECORDS"}) || !slices.Equal(r.Systems("izumisano"), []string{"centre-records"}) {
		t.Errorf("%v %v", r.Settings(), r.Systems("izumisano"))
	}
	a, err := r.Connector("izumisano", "centre-records")
	if err != nil {
		t.Fatal(err)
	}
	for id, slug := range r.slugs {
		b, err := r.Connector(id, "centre-records")
		if err != nil || b != a || slug != "izumisano" {
			t.Errorf("%s: another system, %v", slug, err)
		}
	}
	if len(r.slugs) != 1 {
		t.Errorf("%d organisations are known by their ID", len(r.slugs))
	}
	for _, c := range [][2]string{{"kai", "centre-records"}, {"izumisano", "other"}, {"", ""}} {
		if _, err := r.Connector(c[0], c[1]); dsr.FaultOf(err) != dsr.NotFound {
			t.Errorf("%v: %v", c, err)
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
