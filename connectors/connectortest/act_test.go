package connectortest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	"madoguchi/dsr"
)

// memory is a system in memory that obeys its holds, and a connector to it
// that keeps every promise but the one that broken names.
type memory struct {
	mu             sync.Mutex
	broken         string
	rows           map[string]map[string]string // by row, columns; "owner" and "category" are two of them
	was            map[string]map[string]string
	holds          []mark
	tombs          map[string]bool
	calls, changes map[string]int
	last           map[string]dsr.Acted
}

type mark struct {
	token                   string
	kind                    dsr.HoldKind
	record, category, field string
}

var errRefused = errors.New("refused")

func inMemory(broken string) *memory {
	m := &memory{broken: broken, tombs: map[string]bool{}, calls: map[string]int{}, changes: map[string]int{}, last: map[string]dsr.Acted{},
		rows: map[string]map[string]string{
			"p1": {"owner": "rec-1", "category": "profile", "mail": "before@example.org", "phone": "090", "name": "Ada", "no": "1"},
			"o1": {"owner": "rec-1", "category": "orders", "goods": "a"}, "o2": {"owner": "rec-1", "category": "orders", "goods": "b"},
			"o3": {"owner": "rec-2", "category": "orders", "goods": "c"},
		}}
	m.was = clone(m.rows)
	return m
}

func clone(rows map[string]map[string]string) map[string]map[string]string {
	all := map[string]map[string]string{}
	for k, r := range rows {
		all[k] = maps.Clone(r)
	}
	return all
}

// against reports whether a hold of one of the kinds is in the way.
func (m *memory) against(record, category, field string, kinds ...dsr.HoldKind) bool {
	return slices.ContainsFunc(m.holds, func(h mark) bool {
		return slices.Contains(kinds, h.kind) && h.record == record && (h.category == "" || category == "" || h.category == category && (h.field == "" || field == "" || h.field == field))
	})
}

func (m *memory) use(record, category, field string) error {
	if m.against(record, category, field, dsr.HoldFreeze, dsr.HoldSuspension) {
		return errRefused
	}
	return nil
}

func (m *memory) system() Acting {
	locked := func(do func() error) error { m.mu.Lock(); defer m.mu.Unlock(); return do() }
	return Acting{Actor: m, Record: "rec-1", Category: "profile", Row: "p1", Column: "mail", Before: "before@example.org", After: "after@example.org",
		Emptied: "phone", Fixed: "no", Beside: "name", Erasable: "orders", Rows: []string{"o1", "o2"}, Stranger: "o3", Others: "profile",
		Calls: func(k string) int { return m.calls[k] }, Changes: func(k string) int { return m.changes[k] },
		Value: func(row, column string) string { return m.rows[row][column] },
		There: func(rows ...string) (n int) {
			for _, r := range rows {
				if m.rows[r] != nil {
					n++
				}
			}
			return n
		},
		Holds: func(token string, kind dsr.HoldKind) (n int) {
			for _, h := range m.holds {
				if h.token == token && h.kind == kind {
					n++
				}
			}
			return n
		},
		Write: func(row, column, value string) error {
			return locked(func() error {
				if m.against(m.rows[row]["owner"], m.rows[row]["category"], column, dsr.HoldFreeze) {
					return errRefused
				}
				m.rows[row][column] = value
				return nil
			})
		},
		HandOver: m.use, Use: m.use,
		Dispose: func(rows ...string) error {
			for _, r := range rows {
				if m.rows[r] != nil && m.against(m.rows[r]["owner"], m.rows[r]["category"], "", dsr.HoldFreeze, dsr.HoldPreservation) {
					return errRefused
				}
				delete(m.rows, r)
			}
			return nil
		},
		Import: func(row string) error {
			if m.tombs[row] {
				return errRefused
			}
			m.rows[row] = maps.Clone(m.was[row])
			return nil
		},
	}
}

func fail(fault dsr.Fault, code string) error { return dsr.Errorf(fault, code, "in memory") }

func (m *memory) Act(ctx context.Context, key string, in dsr.Instruction) (dsr.Acted, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil && m.broken != "called off" {
		return dsr.Acted{}, fail(dsr.Unavailable, "connector.away")
	}
	m.calls[key]++
	if acted, ok := m.last[key]; ok && m.broken != "once" {
		acted.Again = true
		return acted, nil
	}
	rows, holds := clone(m.rows), slices.Clone(m.holds)
	n, err := m.act(in)
	if err != nil {
		m.rows = rows
		if m.broken != "release before" {
			m.holds = holds
		}
		return dsr.Acted{}, err
	}
	m.changes[key]++
	m.last[key] = dsr.Acted{Rows: n}
	return m.last[key], nil
}

func (m *memory) hold(in dsr.Instruction, kind dsr.HoldKind, category, field string) {
	h := mark{in.Token, kind, in.Record, category, field}
	if !slices.Contains(m.holds, h) {
		m.holds = append(m.holds, h)
	}
}

func (m *memory) drop(gone func(mark) bool) int {
	n := len(m.holds)
	m.holds = slices.DeleteFunc(m.holds, gone)
	return n - len(m.holds)
}

func (m *memory) others(in dsr.Instruction, kinds ...dsr.HoldKind) bool {
	return m.broken != "others" && slices.ContainsFunc(m.holds, func(h mark) bool {
		return h.token != in.Token && h.record == in.Record && slices.Contains(kinds, h.kind) && (h.category == "" || h.category == in.Category)
	})
}

func (m *memory) act(in dsr.Instruction) (int, error) {
	unsupported := fail(dsr.Invalid, "connector.unsupported")
	known := in.Category == "" || in.Category == "profile" || in.Category == "orders"
	if (in.Token == "" || !known) && m.broken != "unable" {
		return 0, unsupported
	}
	switch in.Action {
	case dsr.ActionPreserve, dsr.ActionFreeze, dsr.ActionSuspend:
		if in.Record != "rec-1" && in.Record != "rec-2" && m.broken != "nobody" {
			return 0, fail(dsr.NotFound, "connector.record")
		}
		switch {
		case in.Action == dsr.ActionPreserve && m.broken != "preservation":
			m.hold(in, dsr.HoldPreservation, "", "")
		case in.Action == dsr.ActionSuspend && m.broken != "suspension":
			m.hold(in, dsr.HoldSuspension, in.Category, "")
		case in.Action == dsr.ActionFreeze && len(in.Fields) == 0 && m.broken != "whole":
			m.hold(in, dsr.HoldFreeze, "", "")
		case in.Action == dsr.ActionFreeze && m.broken != "freeze":
			for _, f := range in.Fields {
				if f.Column == "no_such_column" {
					return 0, unsupported
				}
				m.hold(in, dsr.HoldFreeze, f.Category, f.Column)
			}
		}
		return 1, nil
	case dsr.ActionCorrect:
		return m.correct(in)
	case dsr.ActionErase:
		return m.erase(in)
	case dsr.ActionRelease:
		return m.drop(func(h mark) bool {
			return h.token == in.Token && (h.kind != dsr.HoldSuspension || m.broken == "release")
		}), nil
	}
	return 0, unsupported
}

func (m *memory) correct(in dsr.Instruction) (int, error) {
	own := func(h mark) bool {
		return h.token == in.Token && h.kind == dsr.HoldFreeze && h.field != "" && m.broken != "kept freeze"
	}
	if m.broken == "release before" {
		m.drop(own)
	}
	seen := map[string]bool{}
	for _, ch := range in.Changes {
		if m.broken != "unable" && (!slices.Contains([]string{"mail", "phone", "name"}, ch.Column) || seen[ch.Column] || len(in.Rows) > 0 && !slices.Contains(in.Rows, ch.Row)) {
			return 0, fail(dsr.Invalid, "connector.unsupported")
		}
		seen[ch.Column] = true
		r := m.rows[ch.Row]
		if m.broken != "strangers" && r["owner"] != in.Record || m.broken != "overwrite" && r[ch.Column] != ch.Before {
			return 0, fail(dsr.Conflict, "connector.changed")
		}
	}
	if len(in.Changes) == 0 {
		return 0, fail(dsr.Invalid, "connector.unsupported")
	}
	if m.others(in, dsr.HoldFreeze) {
		return 0, fail(dsr.Conflict, "connector.held")
	}
	m.drop(own)
	for _, ch := range in.Changes {
		if ch.After != "" || m.broken != "content" {
			m.rows[ch.Row][ch.Column] = ch.After
		}
	}
	return len(in.Changes), nil
}

func (m *memory) erase(in dsr.Instruction) (int, error) {
	if in.Category != "orders" || len(in.Rows) == 0 {
		return 0, fail(dsr.Invalid, "connector.unsupported")
	}
	for _, k := range in.Rows {
		if m.rows[k]["owner"] != in.Record && m.broken != "strangers" {
			return 0, fail(dsr.Conflict, "connector.changed")
		}
	}
	if m.others(in, dsr.HoldFreeze, dsr.HoldPreservation) {
		return 0, fail(dsr.Conflict, "connector.held")
	}
	for i, k := range in.Rows {
		if i > 0 && m.broken == "row left" {
			continue
		}
		delete(m.rows, k)
		m.tombs[k] = m.broken != "tombstone"
	}
	return len(in.Rows), nil
}

func TestAGoodActorPasses(t *testing.T) {
	RunActs(t, func(*testing.T) Acting { return inMemory("").system() })
}

func TestEachBrokenActIsSeen(t *testing.T) {
	seen := map[string]bool{}
	for broken, name := range map[string]string{
		"freeze":         "a frozen field is not written, used or handed over",
		"whole":          "a freeze without a field is on all of the record",
		"suspension":     "a suspended category is not used or handed over, for good",
		"preservation":   "a preserved record is not disposed of",
		"kept freeze":    "a correction puts the value right and ends its freeze",
		"release before": "a correction over a changed value changes nothing and leaves the freeze",
		"overwrite":      "a correction over a changed value changes nothing and leaves the freeze",
		"content":        "content that is removed is gone",
		"row left":       "an erasure leaves no row, takes no other and has no way back",
		"tombstone":      "an erasure leaves no row, takes no other and has no way back",
		"others":         "another case's hold forbids",
		"strangers":      "rows of others are never changed",
		"once":           "the same key again changes nothing",
		"called off":     "an act that is called off changes nothing and is done later",
		"release":        "a release lets go what this case holds for a while and nothing else",
		"unable":         "what cannot be done is said and not done",
		"nobody":         "a record that is not there is not held",
	} {
		for _, check := range actChecks {
			if check.name != name {
				continue
			}
			seen[name] = true
			if got := check.do(t.Context(), inMemory(broken).system()); len(got) == 0 {
				t.Errorf("%s: %q stayed green", broken, name)
			}
		}
	}
	// Two of the faults above are seen by a second check each.
	for name, broken := range map[string]string{
		"the same key at once is carried out once":                                   "once",
		"of two cases that put one value right at once, one is told that it changed": "overwrite",
	} {
		for _, check := range actChecks {
			if check.name == name {
				seen[name] = len(check.do(t.Context(), inMemory(broken).system())) > 0
			}
		}
	}
	for _, check := range actChecks {
		if !seen[check.name] {
			t.Errorf("%q has no planted fault that it sees", check.name)
		}
	}
}
