package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const top = "../../"

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(top + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var pictureName = regexp.MustCompile(`\]\(([^)]+\.webp)\)`)

func TestEveryPageIsPicturedOrExcused(t *testing.T) {
	routes, index := getsOf(read(t, routesFile)), read(t, "docs/screenshots/README.md")
	if len(routes) < 50 {
		t.Fatalf("%d pages were read", len(routes))
	}
	for _, r := range missing(routes, index) {
		t.Errorf("%s is not in docs/screenshots; run: make screenshots", r)
	}
	for r := range without {
		if !strings.Contains(read(t, routesFile), "  GET "+r+":") {
			t.Errorf("%s is excused and no page", r)
		}
	}
	t.Logf("counts: pages=%d excused=%d", len(routes), len(without))
}

func TestAPageWithoutAPictureIsSeen(t *testing.T) {
	routes, index := getsOf(read(t, routesFile)), read(t, "docs/screenshots/README.md")
	if got := missing(append(routes, "/o/:slug/planted"), index); len(got) != 1 || got[0] != "/o/:slug/planted" {
		t.Errorf("a new page: %q", got)
	}
	const gone = "/desk/:slug/case/:case/review"
	if got := missing(routes, strings.ReplaceAll(index, "`"+gone+"`", "")); len(got) != 1 || got[0] != gone {
		t.Errorf("a page that is no longer pictured: %q", got)
	}
}

func TestTheIndexAndTheFolderAgree(t *testing.T) {
	index, bytes := read(t, "docs/screenshots/README.md"), int64(0)
	there := map[string]bool{}
	files, err := filepath.Glob(top + "docs/screenshots/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
		there[filepath.Base(f)] = true
	}
	delete(there, "README.md")
	for _, m := range pictureName.FindAllStringSubmatch(index, -1) {
		if !there[m[1]] {
			t.Errorf("%s is in the index and not in the folder", m[1])
		}
		there[m[1]] = false
	}
	for name, alone := range there {
		if alone {
			t.Errorf("%s is in the folder and not in the index", name)
		}
	}
	if bytes > 6<<20 {
		t.Errorf("the pictures take %d bytes", bytes)
	}
}

func TestAPathIsThePageThatNamesMostOfIt(t *testing.T) {
	routes := getsOf(read(t, routesFile))
	for path, want := range map[string]string{
		"/o/some/request/check":     "/o/:slug/request/check",
		"/o/some/request/person":    "/o/:slug/request/:step",
		"/o/some/":                  "/o/:slug/",
		"/desk/some/case/1/review":  "/desk/:slug/case/:case/review",
		"/desk/sign-in":             "/desk/sign-in",
		"/nowhere/at/all/and/there": "",
	} {
		if got := routeOf(routes, path); got != want {
			t.Errorf("%s is %q, not %q", path, got, want)
		}
	}
}
