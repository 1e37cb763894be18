package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page about deadlines is run: its files are written to an empty folder, its
// commands are carried out there, and what they print is what the page shows.
func TestThePageAboutDeadlinesIsTrue(t *testing.T) {
	path, page := pageOf(t, "deadline.md")
	data := t.TempDir()
	shell := func(line string) string {
		var both bytes.Buffer
		s := &surroundings{env: map[string]string{"DATA_DIR": data}, out: &both, err: &both}
		run(t.Context(), words(line), s)
		return both.String()
	}
	now, commands, files := retold(t, page, shell)
	if commands < 10 || files != 4 {
		t.Errorf("%d commands, %d files", commands, files)
	}
	isTold(t, path, page, now)
	// The check sees a page that says something else.
	if again, _, _ := retold(t, strings.Replace(page, "2026-04-07 24:00", "2026-04-06 24:00", 1), shell); again != now {
		t.Error("the page is not told from what happens")
	}
}

// pageOf is a page of docs/, and where it lies; the test goes on in an empty folder.
func pageOf(t *testing.T, name string) (path, page string) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	return path, string(b)
}

// isTold compares a page with what its commands print now; with UPDATE_GOLDEN it
// is written anew.
func isTold(t *testing.T, path, page, now string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if now != page {
		t.Errorf("the page is not what happens; with UPDATE_GOLDEN=1 it is written anew:\n%s", firstDifference(page, now))
	}
}

// retold is the page with what its commands print now.
func retold(t *testing.T, page string, shell func(string) string) (out string, commands, files int) {
	t.Helper()
	var b, body strings.Builder
	fence := ""
	for line := range strings.Lines(page) {
		text := strings.TrimRight(line, "\n")
		switch {
		case fence == "" && strings.HasPrefix(text, "```"):
			fence = strings.TrimPrefix(text, "```")
			body.Reset()
			b.WriteString(line)
		case fence != "" && text == "```":
			if name, ok := strings.CutPrefix(strings.SplitN(body.String(), "\n", 2)[0], "# file: "); ok {
				files++
				if err := os.WriteFile(name, []byte(body.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			fence = ""
			b.WriteString(line)
		case fence == "console":
			if command, ok := strings.CutPrefix(text, "$ madoguchi "); ok {
				commands++
				b.WriteString(line + shell(command))
			}
		default:
			body.WriteString(line)
			b.WriteString(line)
		}
	}
	return b.String(), commands, files
}

func firstDifference(was, is string) string {
	a, b := strings.Split(was, "\n"), strings.Split(is, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "page: " + a[i] + "\nnow:  " + b[i]
		}
	}
	return "one is longer"
}
