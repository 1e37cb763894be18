package houserules

import (
	"regexp"
	"slices"
	"strings"
)

// Machine finds a path of somebody's machine: what only works there, and what
// tells where something was made.
var Machine = regexp.MustCompile(`(^|[\s"'` + "`" + `(=:])/(work|root|Users)/|(^|[\s"'` + "`" + `(=:])/home/[a-z]+/`)

// Paths gives the lines of a text that name a machine's path.
func Paths(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if Machine.MatchString(line) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

// Named gives the names that stand in a text as words of their own, whatever
// their case: no Go code knows an organisation, a pack does.
func Named(text string, names []string) []string {
	var out []string
	for _, n := range names {
		word := regexp.MustCompile(`(?i)(^|[^\pL\pN])` + regexp.QuoteMeta(n) + `($|[^\pL\pN])`)
		if word.MatchString(text) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// Claim is one test that docs/checks.md names.
type Claim struct{ Folder, Test string }

var (
	claimed = regexp.MustCompile("`(Test[A-Za-z0-9_]+|Fuzz[A-Za-z0-9_]+)`")
	folder  = regexp.MustCompile("^#+ .*`([a-z0-9_/]+)`")
)

// Claims reads the tests that a page names, each with the folder in the
// heading above it.
func Claims(page string) (out []Claim) {
	at := ""
	for line := range strings.Lines(page) {
		if m := folder.FindStringSubmatch(line); m != nil {
			at = m[1]
		}
		for _, m := range claimed.FindAllStringSubmatch(line, -1) {
			out = append(out, Claim{at, m[1]})
		}
	}
	return out
}
