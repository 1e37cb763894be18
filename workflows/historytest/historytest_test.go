package historytest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheDigestFollowsTheCodeAndNotItsComments(t *testing.T) {
	of := func(text string) string {
		dir := t.TempDir()
		for name, text := range map[string]string{"a.go": text, "a_test.go": "package a // " + text} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		digest, err := Digest(dir)
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	code := of("package a\n\nfunc F() {\n\tG()\n\tH()\n}\n")
	if code != of("package a\n\n// F is F.\nfunc F() {\n\tG()\n\n\tH() // then H\n}\n") {
		t.Error("a comment changes the digest")
	}
	if code == of("package a\n\nfunc F() {\n\tH()\n\tG()\n}\n") {
		t.Error("a swapped call does not")
	}
	if _, err := Digest(t.TempDir()); err == nil {
		t.Error("nothing has a digest")
	}
}
