package stories

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"madoguchi/internal/store/storetest"
)

var update = flag.Bool("update", false, "keep what happens now as what is wanted")

// part finds a file of an archive.
func part(a *txtar.Archive, name string) *txtar.File {
	for i := range a.Files {
		if a.Files[i].Name == name {
			return &a.Files[i]
		}
	}
	return nil
}

// read reads a story and insists on its three parts.
func read(t *testing.T, file string) *txtar.Archive {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(bytes.TrimSpace(a.Comment)) == 0 || part(a, "script") == nil || part(a, "want") == nil {
		t.Fatalf("%s needs prose, a script and what is wanted", file)
	}
	return a
}

// compare says how what happened differs from what is wanted, line by line; ""
// for not at all.
func compare(want, got string) string {
	w, g := strings.Split(strings.TrimSpace(want), "\n"), strings.Split(strings.TrimSpace(got), "\n")
	var out []string
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			out = append(out, "- "+a, "+ "+b)
		}
	}
	return strings.Join(out, "\n")
}

func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a := read(t, file)
			got := tell(t, storetest.Open(t), string(part(a, "script").Data))
			if t.Failed() {
				t.Log(got)
				return
			}
			want := part(a, "want")
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := compare(string(want.Data), got); d != "" {
				t.Errorf("it went otherwise (- wanted, + happened):\n%s", d)
			}
		})
	}
	t.Logf("counts: %d stories", len(files))
}

// A story, and some more, on the other database; row-level security holds there.
func TestAStoryOnPostgreSQL(t *testing.T) {
	if storetest.PostgresURL(t) == "" {
		return // go test -short
	}
	names := []string{"disclosure_in_parts", "no_answer_for_fifteen_days", "an_objection_reopens",
		"a_withdrawal_against_an_effect", "a_sweep_that_wins_against_the_timer",
		"a_correction", "a_deletion_is_stopped_and_resumed"}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			a := read(t, filepath.Join("testdata", name+".txtar"))
			got := tell(t, storetest.OpenPostgres(t), string(part(a, "script").Data))
			if d := compare(string(part(a, "want").Data), got); d != "" {
				t.Errorf("it went otherwise than on SQLite (- wanted, + happened):\n%s", d)
			}
		})
	}
	t.Logf("counts: %d stories on PostgreSQL", len(names))
}

// A story that is wrong is seen: another date, another notice, one line more,
// and scripts that cannot be told.
func TestAWrongStoryIsSeen(t *testing.T) {
	file := filepath.Join("testdata", "no_answer_for_fifteen_days.txtar")
	want := string(part(read(t, file), "want").Data)
	for right, wrong := range map[string]string{
		"closed as no-response\n":            "closed as withdrawn\n",
		"2026-03-24 17:30 identity-expiry":   "2026-03-25 17:30 identity-expiry",
		"2026-03-16 17:30 N-27":              "2026-03-16 17:30 N-30",
		"counted: 0":                         "counted: 1",
		"2026-03-09 17:30 N-27 by mail, acc": "2026-03-09 17:30 N-27 by mail, accepted\n  2026-03-09 17:30 N-27 by mail, acc",
	} {
		other := strings.Replace(want, right, wrong, 1)
		if other == want {
			t.Fatalf("the story does not say %q", right)
		}
		if compare(other, want) == "" {
			t.Errorf("%q in the place of %q is not seen", wrong, right)
		}
	}
	// The same prose with other deeds comes to something else.
	got := tell(t, storetest.Open(t), strings.Replace(string(part(read(t, file), "script").Data),
		"2026-03-24 17:29 look", "2026-03-24 17:29 mails refused\n2026-03-24 17:29 look", 1))
	if compare(want, got) == "" {
		t.Error("a mail that was refused makes no difference")
	}
	for _, bad := range []string{"", "look", "2026-03-02 10:00 look", "2026-13-02 10:00 file vi download",
		"2026-03-02 10:00 file vi download\n2026-03-01 10:00 look"} {
		if _, err := script(bad); err == nil {
			t.Errorf("%q is a script", bad)
		}
	}
}
