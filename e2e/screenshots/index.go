package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// routesFile lists every address, from the top of the checkout.
const routesFile = "server/testdata/routes.yaml"

// without are the GETs that have no picture, with the reason.
var without = map[string]string{
	"/static/:file": "a stylesheet",
	"/healthz":      "for machines",
	"/readyz":       "for machines",
	"/o/:slug":      "leads to the same address with a slash",
	"/desk/:slug":   "leads to the queue, or says that there is none for this role",
	"/desk/:slug/":  "the same",
	"/desk/:slug/case/:case/document/:document": "the picture that a person uploaded, nothing else",
}

var getLine = regexp.MustCompile(`(?m)^  GET (\S+):\s+\[`)

// getsOf are the addresses of the pages in the list of routes.
func getsOf(list string) (out []string) {
	for _, m := range getLine.FindAllStringSubmatch(list, -1) {
		out = append(out, m[1])
	}
	return out
}

// routeOf is the pattern of a path: the one that names most of it.
func routeOf(routes []string, path string) string {
	best, named := "", -1
	have := strings.Split(path, "/")
	for _, r := range routes {
		want := strings.Split(r, "/")
		if len(want) != len(have) {
			continue
		}
		n := 0
		for i := range want {
			switch {
			case want[i] == have[i]:
				n++
			case !strings.HasPrefix(want[i], ":") || have[i] == "":
				n = -1 << 20
			}
		}
		if n > named {
			best, named = r, n
		}
	}
	return best
}

const indexHead = `# Every page, in two widths

Made by ` + "`make screenshots`" + ` from a fresh start with its sample cases: everybody in them is made up. A long page is cut.
The address is that of [routes.yaml](../../server/testdata/routes.yaml); a page of it that is missing here
turns a test red.

| page | address | who | language | 360 px | 1280 px |
|---|---|---|---|---|---|
`

// index writes the list of the pictures.
func (w *walk) index() {
	var b strings.Builder
	b.WriteString(indexHead)
	slices.SortStableFunc(w.pictures, func(x, y picture) int {
		return slices.Index(w.routes, x.route) - slices.Index(w.routes, y.route)
	})
	for _, p := range w.pictures {
		name := strings.TrimSuffix(p.files[0], fmt.Sprintf("-%d.webp", widths[0]))
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | [%s](%s) | [%s](%s) |\n", strings.ReplaceAll(p.title, "|", "/"), p.route, p.role, p.voice,
			name, p.files[0], name, p.files[1])
	}
	b.WriteString("\nNot pictured:\n\n")
	for _, r := range w.routes {
		if why, ok := without[r]; ok {
			fmt.Fprintf(&b, "- `%s`: %s\n", r, why)
		}
	}
	if err := os.WriteFile(filepath.Join(w.dir, "README.md"), []byte(b.String()), 0o644); err != nil {
		w.t.Fatal(err)
	}
	for _, r := range missing(w.routes, b.String()) {
		w.t.Errorf("no picture of %s", r)
	}
	w.t.Logf("counts: pages=%d pictures=%d", len(w.pictures), len(w.pictures)*len(widths))
}

// missing are the pages that an index does not show.
func missing(routes []string, index string) (out []string) {
	for _, r := range routes {
		if _, excused := without[r]; !excused && !strings.Contains(index, "| `"+r+"` |") {
			out = append(out, r)
		}
	}
	return out
}
