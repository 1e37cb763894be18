package connectortest

import (
	"context"
	"fmt"
	"testing"

	"madoguchi/dsr"
)

// good is a connector in memory that keeps every promise; its fields break one.
type good struct {
	calls, changes                map[string]int
	extra                         dsr.Record
	alter, unmarked, prints, lazy bool
	anybody                       bool
}

func five(s string) map[string]string {
	m := map[string]string{}
	for _, v := range dsr.Voices {
		m[string(v)] = s
	}
	return m
}

func (g *good) Lookup(_ context.Context, key string, by dsr.Identifiers) ([]dsr.Candidate, error) {
	if by.Name != "Ada" && !g.anybody {
		return nil, nil
	}
	c := dsr.Candidate{Connector: "x", Key: "rec-1", Matched: []string{"name"}}
	if g.unmarked {
		c.Matched = nil
	}
	return []dsr.Candidate{c}, nil
}

func (g *good) Collect(ctx context.Context, key, record string, _ dsr.Identifiers) ([]dsr.Record, error) {
	if ctx.Err() != nil && !g.lazy {
		return nil, dsr.Errorf(dsr.Unavailable, "connector.away", "called off")
	}
	if record != "rec-1" && !g.anybody {
		return nil, dsr.Errorf(dsr.NotFound, "connector.record", "no such record")
	}
	if g.prints {
		fmt.Println("collecting")
	}
	g.calls[key]++
	g.changes[key] = 1
	if g.lazy {
		g.changes[key] = g.calls[key]
	}
	r := dsr.Record{Category: "c", Matched: "key", Title: five("t"), Source: five("s"), Columns: []dsr.Column{{Name: "a"}}, Rows: [][]string{{"=1+1"}}}
	if g.alter {
		r.Rows[0][0] = "'=1+1"
	}
	if g.unmarked {
		r.Matched = ""
	}
	records := []dsr.Record{r}
	if g.extra.Category != "" {
		records = append(records, g.extra)
	}
	return records, nil
}

type broken struct{ err error }

func (b broken) Lookup(context.Context, string, dsr.Identifiers) ([]dsr.Candidate, error) {
	return nil, b.err
}

func (b broken) Collect(context.Context, string, string, dsr.Identifiers) ([]dsr.Record, error) {
	return nil, b.err
}

func fixture(g *good, err error) Fixture {
	g.calls, g.changes = map[string]int{}, map[string]int{}
	return Fixture{Connector: g, Calls: func(k string) int { return g.calls[k] }, Changes: func(k string) int { return g.changes[k] },
		Record: "rec-1", By: dsr.Identifiers{Name: "Ada"}, Exact: []string{"=1+1"}, Foreign: []string{"FOREIGN"}, Broken: map[string]Connector{"away": broken{err}}}
}

var away = dsr.Errorf(dsr.Unavailable, "connector.away", "result 14")

func TestAGoodConnectorPasses(t *testing.T) {
	Run(t, func(*testing.T) Fixture { return fixture(&good{}, away) })
}

func TestEachBrokenPromiseIsSeen(t *testing.T) {
	foreignRecord := dsr.Record{Category: "d", Matched: "key", Title: five("t"), Source: five("s"), Columns: []dsr.Column{{}}, Rows: [][]string{{"FOREIGN"}}}
	seen := map[string]bool{}
	for _, c := range []struct {
		check string
		g     good
		err   error
	}{
		{"lookup finds the person and tells by what", good{unmarked: true}, away},
		{"nobody is found by nothing", good{anybody: true}, away},
		{"values come back exactly", good{alter: true}, away},
		{"rows of others are never given", good{extra: foreignRecord}, away},
		{"every record is whole", good{unmarked: true}, away},
		{"the same key twice is two calls and one change", good{lazy: true}, away},
		{"a record that is not there is said to be so", good{anybody: true}, away},
		{"a context that is over is unavailable", good{lazy: true}, away},
		{"failures say a code and nothing about a person", good{prints: true}, away},
		{"failures say a code and nothing about a person", good{}, fmt.Errorf("plain")},
		{"failures say a code and nothing about a person", good{}, dsr.Errorf(dsr.Internal, "connector.away", "no row for %s", "Ada")},
		{"failures say a code and nothing about a person", good{}, dsr.Errorf(dsr.Internal, "connector.made-up", "x")},
	} {
		for _, check := range checks {
			if check.name != c.check {
				continue
			}
			seen[check.name] = true
			if got := check.do(t.Context(), fixture(&c.g, c.err)); len(got) == 0 {
				t.Errorf("%q stayed green", c.check)
			}
		}
	}
	if len(seen) != len(checks) {
		t.Errorf("%d of %d checks have a planted fault", len(seen), len(checks))
	}
}
