package main

import (
	"strings"
	"testing"
)

func TestFailuresAreShownAndCounted(t *testing.T) {
	for _, tc := range []struct {
		name, in       string
		passed, failed int
		shows          string
	}{
		{"all good", `{"Action":"pass","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Test":"A/b"}
{"Action":"pass","Package":"p","Elapsed":0.5}`, 2, 0, "ok    p  0.5s  2"},
		{"one fails and its words are shown", `{"Action":"output","Package":"p","Test":"A","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Test":"B"}
{"Action":"fail","Package":"p"}`, 1, 1, "got 1, want 2"},
		{"a skipped test proves nothing", `{"Action":"skip","Package":"p","Test":"A"}
{"Action":"pass","Package":"p"}`, 0, 1, "--- skip p A"},
		{"a package that does not build", `{"Action":"build-output","ImportPath":"p","Output":"undefined: x\n"}
{"Action":"fail","Package":"p","FailedBuild":"p"}`, 0, 1, "undefined: x"},
		{"a panic in a running test", `{"Action":"run","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"A","Output":"panic: no\n"}
{"Action":"fail","Package":"p"}`, 0, 1, "panic: no"},
		{"nothing was tested", "go: cannot find main module\n", 0, 1, "cannot find main module"},
		{"counts are always shown", `{"Action":"output","Package":"p","Test":"A","Output":"    a_test.go:1: counts: 12 rows\n"}
{"Action":"pass","Package":"p","Test":"A"}
{"Action":"pass","Package":"p"}`, 1, 0, "counts: 12 rows"},
	} {
		var out strings.Builder
		passed, failed := count(strings.NewReader(tc.in), &out)
		if passed != tc.passed || failed != tc.failed || !strings.Contains(out.String(), tc.shows) {
			t.Errorf("%s: %d passed, %d failed, want %d and %d, showing %q; got\n%s", tc.name, passed, failed, tc.passed, tc.failed, tc.shows, &out)
		}
	}
}
