// Package houserules holds the rules of the house that no compiler knows: who
// may import whom, and what a workflow may not call. Each rule has its reason,
// and each check a test that plants the fault.
package houserules

import (
	"slices"
	"strings"
)

// Graph is what every package imports, by import path.
type Graph map[string][]string

// Rule is what one part of the house may import.
type Rule struct {
	Of string // package of the house; "connectors/..." for a folder and all below
	// Own are the packages of the house that it may import itself; nil for any.
	Own []string
	// Never are paths that it must not reach, however far, each with the reason.
	Never map[string]string
	// Pure is why only the standard library may be imported, and But.
	Pure string
	But  []string
}

// House is the module path.
const House = "madoguchi"

const (
	temporal = "go.temporal.io"
	gorm     = "gorm.io"
	echo     = "github.com/labstack/echo"
	zerolog  = "github.com/rs/zerolog"
	nethttp  = "net/http"
	database = "database/sql"
	server   = House + "/server"
	store    = House + "/internal/store"
)

// Rules are the arrows of docs/house.md:
//
//	clock <- policy <- dsr <- activities <- workflows <- worker <- cmd
//	                   dsr <- connectors, server, internal/* <- cmd
var Rules = []Rule{
	{Of: "clock", Own: []string{}, Pure: "a promised date must not move with somebody else's release",
		But: []string{"github.com/goccy/go-yaml"}}, // a calendar is a file; its reader computes nothing
	{Of: "policy", Own: []string{"clock"}, Never: map[string]string{
		temporal: "a policy is data; what runs it can change",
		gorm:     "a pack is a file; where cases are kept is none of its business",
		echo:     "a pack is checked on the command line too",
		nethttp:  "a pack is never fetched: what was in force is pinned by its digest",
	}},
	{Of: "dsr", Own: []string{"clock", "policy"}, Never: map[string]string{
		temporal: "the language of the product outlives the engine under it",
		gorm:     "rows are the store's own; a domain type with tags is a second schema",
		echo:     "a case is no page",
		nethttp:  "the domain has no network",
		database: "the domain has no database",
	}},
	{Of: "activities", Own: []string{"clock", "policy", "dsr"}, Never: map[string]string{
		gorm:    "activities declare what they need of the database; the store provides it",
		echo:    "activities answer no browser",
		zerolog: "an activity's error is its fault and code; the border logs it once",
	}},
	{Of: "workflows", Own: []string{"activities", "clock", "dsr"}, Never: map[string]string{
		gorm:    "a workflow that reads the database cannot be replayed",
		echo:    "a workflow answers no browser",
		zerolog: "a workflow logs through Temporal, which is silent during a replay",
	}},
	{Of: "worker", Own: []string{"workflows", "activities", "dsr"}, Never: map[string]string{
		gorm: "the loops take their work from a port, so that both databases serve them",
		echo: "the worker runs without a portal",
	}},
	{Of: "server", Own: []string{"clock", "policy", "dsr", "internal/locales", "server/...", "packs"}, Never: map[string]string{
		temporal: "a page must answer with Temporal dead: accepted is what the database committed",
		gorm:     "pages declare what they need of the database; the store provides it",
	}},
	{Of: "connectors/...", Never: map[string]string{
		temporal: "a connected system knows effects and keys, no runs",
		gorm:     "a connector reads systems whose schema is not ours",
		echo:     "a connector serves nobody",
		store:    "a connector sees what it is asked, never our cases",
		server:   "a connector serves nobody",
	}},
	{Of: "internal/engine", Never: map[string]string{
		gorm: "the door to Temporal holds no records",
		echo: "the door to Temporal answers no browser",
	}},
	{Of: "internal/store", Never: map[string]string{
		temporal: "the database is the record; it must be readable when Temporal is gone",
		echo:     "the store answers no browser",
		server:   "pages use the store through their own port",
	}},
	{Of: "internal/vault", Never: outside("a key ring has no neighbours")},
	{Of: "internal/evidence", Never: outside("whoever verifies a record must need nothing but the record")},
	{Of: "internal/notices", Never: outside("a letter is a text made of values")},
	{Of: "internal/locales", Never: outside("a catalogue is texts")},
	{Of: "internal/identity", Never: outside("a way of proving is told the case's facts")},
	{Of: "internal/parcel", Never: outside("the same inputs must give the same bytes")},
	{Of: "internal/scenario", Own: []string{"clock", "policy", "dsr"}, Never: outside("a scenario is run in milliseconds, by whoever has the packs")},
	{Of: "internal/canary", Never: outside("the search for leaks must not depend on what may leak")},
	{Of: "internal/post", Never: map[string]string{gorm: "a mail is handed over, not read", echo: "the postman answers no browser"}},
}

// outside forbids everything that stands outside of the pure part.
func outside(why string) map[string]string {
	return map[string]string{temporal: why, gorm: why, echo: why, store: why, server: why}
}

// Check gives every breach, with the chain of imports that leads to it.
func Check(g Graph, rules []Rule) []string {
	var out []string
	for _, pkg := range sorted(g) {
		if !strings.HasPrefix(pkg, House+"/") {
			continue
		}
		name := strings.TrimPrefix(pkg, House+"/")
		for _, imported := range g[pkg] {
			if strings.HasPrefix(imported, House+"/cmd/") {
				out = append(out, name+" imports "+imported+": only main knows the concrete types, and nobody knows main")
			}
			if strings.HasSuffix(imported, "test") && strings.HasPrefix(imported, House+"/") && !strings.HasSuffix(name, "test") {
				out = append(out, name+" imports "+imported+": a helper of tests must not be shipped")
			}
		}
		for _, r := range rules {
			if matches(name, r.Of) {
				out = append(out, r.breaches(g, pkg)...)
			}
		}
	}
	return out
}

func (r Rule) breaches(g Graph, pkg string) []string {
	var out []string
	name := strings.TrimPrefix(pkg, House+"/")
	for _, imported := range g[pkg] {
		own, ours := strings.CutPrefix(imported, House+"/")
		if ours && r.Own != nil && !slices.ContainsFunc(r.Own, func(may string) bool { return matches(own, may) }) {
			out = append(out, name+" imports "+imported+": the arrows of docs/house.md point the other way")
		}
		read := slices.ContainsFunc(r.But, func(may string) bool { return matches(imported, may+"/...") })
		if r.Pure != "" && !ours && !read && strings.Contains(strings.Split(imported, "/")[0], ".") {
			out = append(out, name+" imports "+imported+": "+r.Pure)
		}
	}
	for _, never := range sorted(r.Never) {
		if chain := g.reach(pkg, never); chain != nil {
			out = append(out, strings.Join(chain, " -> ")+": "+r.Never[never])
		}
	}
	return out
}

// reach is the shortest chain of imports from a package to a path or anything
// below it; nil for none.
func (g Graph) reach(from, to string) []string {
	seen := map[string]bool{from: true}
	for front := [][]string{{from}}; len(front) > 0; front = front[1:] {
		chain := front[0]
		for _, next := range g[chain[len(chain)-1]] {
			if seen[next] {
				continue
			}
			seen[next] = true
			longer := append(slices.Clone(chain), next)
			if next == to || strings.HasPrefix(next, to+"/") {
				return longer
			}
			front = append(front, longer)
		}
	}
	return nil
}

// matches reports whether a package is the named one, or below "folder/...".
func matches(name, pattern string) bool {
	if folder, all := strings.CutSuffix(pattern, "/..."); all {
		return name == folder || strings.HasPrefix(name, folder+"/")
	}
	return name == pattern
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
