package scenario

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// named is a list of things that have an ID: an expectation may list the IDs,
// which are then all of them in order, or say something of some of them by ID.
type named struct {
	ids  []string
	each map[string]any
}

func (n *named) add(id string, v any) {
	n.ids = append(n.ids, id)
	if n.each == nil {
		n.each = map[string]any{}
	}
	n.each[id] = v
}

// all is the key under which an expectation that says something of each lists
// every name, so that none is there beside them.
const all = "all"

// nothing is how an expectation says that something is not there.
const nothing = "none"

// comparison collects the differences of one scenario.
type comparison struct {
	scenario    Scenario
	differences []Difference
}

func (c *comparison) differ(pointer, path, expected, got string) {
	at := c.scenario.source.Problem(pointer, "", "")
	c.differences = append(c.differences, Difference{File: c.scenario.file, Line: at.Line, Column: at.Column,
		Path: strings.TrimPrefix(path, "."), Expected: expected, Got: got})
}

// compare holds what is expected against what is, as far as it is expected: of a
// mapping only the keys that are written, of a list all of it.
func (c *comparison) compare(pointer, path string, expected, actual any) {
	if m, ok := expected.(map[string]any); ok {
		c.mapping(pointer, path, m, actual)
		return
	}
	switch actual := actual.(type) {
	case *named:
		if _, ok := expected.([]any); !ok && expected != nothing || len(actual.ids) == 0 && expected == nothing {
			break
		}
		c.values(pointer, path, expected, words(actual.ids))
		return
	case []any:
		want, ok := expected.([]any)
		if ok && len(want) == len(actual) {
			for i := range want {
				c.compare(pointer+"/"+strconv.Itoa(i), fmt.Sprintf("%s[%d]", path, i), want[i], actual[i])
			}
			return
		}
	}
	c.values(pointer, path, expected, actual)
}

func (c *comparison) mapping(pointer, path string, expected map[string]any, actual any) {
	keys := make([]string, 0, len(expected))
	for k := range expected {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		at, here := pointer+"/"+strings.ReplaceAll(strings.ReplaceAll(k, "~", "~0"), "/", "~1"), path+"."+k
		switch actual := actual.(type) {
		case map[string]any:
			v, ok := actual[k]
			if !ok {
				c.differ(at, here, "something that a run gives: "+list(sorted(actual)), "a word that means nothing here")
				continue
			}
			c.compare(at, here, expected[k], v)
		case *named:
			v, ok := actual.each[k]
			switch {
			case !ok && k == all:
				c.values(at, here, expected[k], words(actual.ids))
			case !ok && expected[k] == nothing:
			case !ok:
				c.differ(at, here, show(expected[k]), nothing)
			default:
				c.compare(at, here, expected[k], v)
			}
		default:
			c.differ(at, here, show(expected[k]), show(actual))
		}
	}
}

func (c *comparison) values(pointer, path string, expected, actual any) {
	if e, a := show(expected), show(actual); e != a {
		c.differ(pointer, path, e, a)
	}
}

// show is a value as a difference prints it.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return nothing
	case string:
		if v == "" {
			return nothing
		}
		return v
	case *named:
		return list(v.ids)
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, show(x))
		}
		return list(parts)
	case map[string]any:
		var parts []string
		if len(v) == 0 {
			return nothing
		}
		for _, k := range sorted(v) {
			parts = append(parts, k+": "+show(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(v)
}

func list(words []string) string {
	if len(words) == 0 {
		return nothing
	}
	return "[" + strings.Join(words, ", ") + "]"
}

func words(ss []string) []any {
	out := make([]any, len(ss))
	for i, s := range ss {
		out[i] = s
	}
	return out
}

func sorted(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
