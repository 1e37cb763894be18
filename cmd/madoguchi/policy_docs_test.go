package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"madoguchi/packs"
)

var digests = regexp.MustCompile(`[0-9a-f]{64}`)

// The page about policies is run as the one about deadlines is: the lines that it
// says were changed are changed in a copy of a pack.
func TestThePageAboutPoliciesIsTrue(t *testing.T) {
	path, page := pageOf(t, "policy.md")
	if err := os.CopyFS("tomorrow", packs.Files); err != nil {
		t.Fatal(err)
	}
	if n := patched(t, page, filepath.Join("tomorrow", "kai", "pack.yaml")); n != 5 {
		t.Errorf("%d lines were changed", n)
	}
	data := t.TempDir()
	shell := func(line string) string {
		var both bytes.Buffer
		run(t.Context(), words(line), &surroundings{env: map[string]string{"DATA_DIR": data}, out: &both, err: &both})
		// Any comment in any layer moves a digest; what is said stays.
		return digests.ReplaceAllString(both.String(), "…")
	}
	now, commands, _ := retold(t, page, shell)
	if commands < 3 {
		t.Errorf("%d commands", commands)
	}
	isTold(t, path, page, now)
	if again, _, _ := retold(t, strings.Replace(page, "Worse for the person", "Better for the person", 1), shell); again != now {
		t.Error("the page is not told from what happens")
	}
}

// patched carries out the page's list of changed lines on a file and counts them.
func patched(t *testing.T, page, file string) (n int) {
	t.Helper()
	_, rest, ok := strings.Cut(page, "```diff\n")
	list, _, _ := strings.Cut(rest, "```")
	b, err := os.ReadFile(file)
	if err != nil || !ok {
		t.Fatal("no list of changed lines", err)
	}
	text, was, last := string(b), "", ""
	for line := range strings.Lines(list) {
		switch line[0] {
		case '-':
			was = line[1:]
		case '+':
			if was == "" { // one more after the line before
				text = strings.Replace(text, last, last+line[1:], 1)
				last = line[1:]
				continue
			}
			if !strings.Contains(text, was) {
				t.Fatalf("%s has no line %q", file, was)
			}
			text = strings.Replace(text, was, line[1:], 1)
			last, was = line[1:], ""
			n++
		}
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return n
}
