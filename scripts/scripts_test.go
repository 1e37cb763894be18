// Package scripts holds what the Makefile runs. Its tests run the scripts as
// make does, on a machine that lacks something.
package scripts

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// check runs check.sh in the checkout with programs that answer as told put
// before the real ones, and returns what it said.
func check(t *testing.T, addr string, fakes map[string]string) (string, error) {
	t.Helper()
	bin := t.TempDir()
	for name, says := range fakes {
		script := fmt.Sprintf("#!/bin/sh\ncat <<'E'\n%s\nE\n", says)
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("./check.sh")
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "ADDR="+addr)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestWhatIsMissingOrTakenIsSaidInOneSentenceEach(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	full := "Filesystem 1024-blocks Used Available Capacity Mounted\n/dev/x 9000000 8000000 1000000 89% /"
	roomy := "Filesystem 1024-blocks Used Available Capacity Mounted\n/dev/x 9000000 1000000 8000000 11% /"
	for _, tc := range []struct {
		name, addr string
		fakes      map[string]string
		want       []string
	}{
		{"all is there", "127.0.0.1:0", map[string]string{"go": "go1.26.0", "df": roomy}, nil},
		{"a newer Go", "127.0.0.1:0", map[string]string{"go": "go1.30rc1", "df": roomy}, nil},
		{"an old Go", "127.0.0.1:0", map[string]string{"go": "go1.25.9", "df": roomy}, []string{"Go go1.25.9 is too old"}},
		{"a port taken", taken.Addr().String(), map[string]string{"go": "go1.26.8", "df": roomy}, []string{"is taken"}},
		{"a full disk", "127.0.0.1:0", map[string]string{"go": "go1.26.8", "df": full}, []string{"only 976 MB"}},
		{"all at once", taken.Addr().String(), map[string]string{"go": "go1.19", "df": full}, []string{"too old", "is taken", "only 976 MB"}},
	} {
		out, err := check(t, tc.addr, tc.fakes)
		if (err == nil) != (len(tc.want) == 0) {
			t.Errorf("%s: %v, %s", tc.name, err, out)
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if out == "" {
			lines = nil
		}
		if len(lines) != len(tc.want) {
			t.Errorf("%s: %d sentences, want %d: %q", tc.name, len(lines), len(tc.want), lines)
			continue
		}
		for i, want := range tc.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%s: %q does not say %q", tc.name, lines[i], want)
			}
		}
	}
}

func TestAFailedBuildIsAFailureThroughTheWaitingMessage(t *testing.T) {
	err := exec.Command("./slow.sh", "Building", "sh", "-c", "exit 7").Run()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 7 {
		t.Errorf("got %v, want exit code 7", err)
	}
	if out, err := exec.Command("./slow.sh", "Building", "echo", "built").Output(); err != nil || string(out) != "built\n" {
		t.Errorf("%q, %v", out, err)
	}
}
