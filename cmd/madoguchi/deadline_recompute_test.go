package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"madoguchi/dsr"
	"madoguchi/internal/store/storetest"
	"madoguchi/packs"
	"madoguchi/policy"
)

// A newer version of a calendar reaches an open case by the command: first as a
// report that changes nothing, then for good, and then it is done. The list has
// references and dates and nobody's name.
func TestDeadlineRecomputeMovesOpenCasesToANewerCalendar(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	if err := os.CopyFS(dir, packs.Files); err != nil {
		t.Fatal(err)
	}
	environ := func() map[string]string {
		return map[string]string{"MODE": modeDevelopment, "DATA_DIR": data, "PACKS_DIR": dir}
	}
	_, filed := oneCase(t, environ())

	recompute := func(args ...string) string {
		t.Helper()
		var out, complaints bytes.Buffer
		s := &surroundings{env: environ(), out: &out, err: &complaints}
		if code := run(t.Context(), append([]string{"deadline", "recompute"}, args...), s); code != 0 {
			t.Fatalf("exit %d: %s", code, complaints.String())
		}
		if strings.Contains(out.String(), markHere) || strings.Contains(out.String(), filed.ID) {
			t.Errorf("more than references:\n%s", out.String())
		}
		return out.String()
	}
	if out := recompute(); !strings.HasPrefix(out, "Open cases that would count by a newer calendar: 0. ") {
		t.Errorf("nothing is newer: %s", out)
	}

	// Two closed days within the ten of the target.
	was, err := os.ReadFile(filepath.Join(dir, "calendars", "izumisano.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	newer := strings.Replace(string(was), `version: "2026.1"`, `version: "2026.2"`, 1) + "  - {from: 2026-12-01, to: 2026-12-02, name: removal}\n"
	if err := os.WriteFile(filepath.Join(dir, "calendars", "izumisano-2.yaml"), []byte(newer), 0o644); err != nil {
		t.Fatal(err)
	}
	const line = ` +target +izumisano@2026\.1 -> izumisano@2026\.2 +2026-12-08T08:30Z +2026-12-10T08:30Z `
	for _, x := range []struct {
		args []string
		want string
	}{
		{nil, `(?m)^\S+` + line}, {nil, `(?m)^Open cases that would count by a newer calendar: 1\. Dates earlier: 0, later: 1, the same: 0\.$`},
		{[]string{"--apply"}, `(?m)^\S+` + line}, {nil, `^Open cases that would count by a newer calendar: 0\.`}, {[]string{"--apply"}, `^Open cases that count by a newer calendar: 0\.`},
	} {
		if out := recompute(x.args...); !regexp.MustCompile(x.want).MatchString(out) {
			t.Errorf("%v: want %s in\n%s", x.args, x.want, out)
		}
	}
}

// oneCase is a database with one open case, as a command finds it, and the policy
// of its organisation.
func oneCase(t *testing.T, env map[string]string) (*policy.Pack, *storetest.Case) {
	t.Helper()
	c, err := parseConfig(env)
	if err != nil {
		t.Fatal(err)
	}
	now := &storetest.Clock{}
	now.Set(storetest.Monday)
	a := &app{config: c, env: env, log: newLog(io.Discard, "error"), now: now.Now}
	if err := a.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	here, _ := a.packs.BySlug("izumisano")
	house := &storetest.House{Store: a.store, Clock: now, Here: here.ID, Systems: storetest.Sample()}
	filed := house.File(t, func(f *dsr.Filing) { f.Person.Name = markHere })
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	return here, filed
}
