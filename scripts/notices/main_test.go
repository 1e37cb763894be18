package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheNoticesNameEveryModuleOfTheProgram(t *testing.T) {
	page, err := os.ReadFile("../../THIRD_PARTY_NOTICES.md")
	if err != nil {
		t.Fatal(err)
	}
	found, err := modules("../..", "./cmd/madoguchi")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range found {
		if !strings.Contains(string(page), "| "+m.path+" | "+m.version+" |") {
			t.Errorf("THIRD_PARTY_NOTICES.md lacks %s %s; run: make docs", m.path, m.version)
		}
	}
	if len(found) < 10 {
		t.Errorf("only %d modules were looked at", len(found))
	}
}

func TestAModuleWithoutALicenceIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "licence.go"), []byte("package x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := licences(dir); err == nil {
		t.Error("source code was taken for a licence")
	}
	if err := os.WriteFile(filepath.Join(dir, "COPYING.txt"), []byte("Permission is hereby granted, free of charge"), 0o600); err != nil {
		t.Fatal(err)
	}
	texts, err := licences(dir)
	if err != nil || len(texts) != 1 || kindOf(texts[0]) != "MIT" {
		t.Errorf("%q, %v", texts, err)
	}
}
