package main

import (
	"os"
	"path/filepath"
	"testing"

	"madoguchi/connectors"
	"madoguchi/internal/sample"
	"madoguchi/packs"
)

func TestEverySampleSystemIsMadeOnceWhereNoAddressIsSet(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "elsewhere.db")
	if err := sample.Create(t.Context(), "MEMBERS", elsewhere); err != nil {
		t.Fatal(err)
	}
	a := &app{config: config{DataDir: t.TempDir(), Mode: modeDemonstration}, env: map[string]string{"MEMBERS": elsewhere}, packsFS: packs.Files}
	var err error
	if a.systems, err = connectors.New(a.packsFS, a.dsn); err != nil {
		t.Fatal(err)
	}
	defer a.systems.Close()
	if err := a.makeSamples(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.systems.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	made, err := filepath.Glob(filepath.Join(a.DataDir, "sample", "*.db"))
	if err != nil || len(made) != len(a.systems.Settings())-1 || len(made) != 6 {
		t.Errorf("%d files were made, %v", len(made), err)
	}
	before, err := os.Stat(made[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := a.makeSamples(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(made[0]); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a system that was there was made again, %v", err)
	}
}
