package policy

import (
	"testing"

	"madoguchi/packs"
)

func TestPacksLoad(t *testing.T) {
	l, err := Load(packs.Files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range l.Packs() {
		t.Logf("%s %s %d exemptions", p.Slug, p.Digest[:12], len(p.Exemptions))
	}
}
