package sample

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// guardTables are what every system keeps beside its data: its journal, the
// holds that it obeys, what it must not take back, and what it did with the
// data.
func guardTables(setting string) []table {
	// Made from the name, so that a system is the same every time. A real one
	// has a random salt.
	salt := sha256.Sum256([]byte("sample salt of " + setting))
	return []table{
		{name: "calls", ddl: `key TEXT NOT NULL, kind TEXT NOT NULL, at BIGINT NOT NULL`},
		{name: "changes", ddl: `key TEXT PRIMARY KEY, kind TEXT NOT NULL, at BIGINT NOT NULL`},
		{name: "holds", ddl: `token TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('freeze', 'preservation', 'suspension')), record TEXT NOT NULL, category TEXT NOT NULL, field TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (token, kind, record, category, field)`},
		{name: "tombstones", ddl: `hash TEXT PRIMARY KEY, category TEXT NOT NULL, at BIGINT NOT NULL`},
		{name: "tombstone_salt", columns: "salt", ddl: `salt TEXT NOT NULL`, rows: [][]any{{hex.EncodeToString(salt[:])}}},
		{name: "uses", ddl: `use_no BIGINT PRIMARY KEY, record TEXT NOT NULL, category TEXT NOT NULL, field TEXT NOT NULL, purpose TEXT NOT NULL, at BIGINT NOT NULL`},
		{name: "hand_overs", ddl: `hand_over_no BIGINT PRIMARY KEY, record TEXT NOT NULL, category TEXT NOT NULL, field TEXT NOT NULL, recipient TEXT NOT NULL, at BIGINT NOT NULL`},
	}
}

// guard is one trigger: what it watches and when it refuses.
type guard struct{ name, when, table, refuses string }

// guards are how the system itself obeys its holds. No program of it can go
// round them, and neither can we: our own correction lifts its own freeze in
// the transaction that corrects.
func guards(tables []table) []guard {
	var list []guard
	for _, t := range tables {
		if t.category == "" {
			continue
		}
		on := "EXISTS (SELECT 1 FROM holds h WHERE h.record IN (" + t.record + ") AND "
		if !strings.HasPrefix(t.record, "SELECT") {
			on = "EXISTS (SELECT 1 FROM holds h WHERE h.record = " + t.record + " AND "
		}
		var fields []string
		for _, column := range strings.Split(t.columns, ", ") {
			fields = append(fields, "h.field = '"+column+"' AND OLD."+column+" IS DISTINCT FROM NEW."+column)
		}
		list = append(list,
			guard{t.name + "_frozen", "UPDATE", t.name,
				on + "h.kind = 'freeze' AND (h.category = '' OR h.category = '" + t.category + "' AND (h.field = '' OR " + strings.Join(fields, " OR ") + ")))"},
			guard{t.name + "_preserved", "DELETE", t.name,
				on + "h.kind IN ('freeze', 'preservation') AND h.category IN ('', '" + t.category + "'))"})
	}
	// An empty category or field in a use or a hand-over means all of it, and
	// so it is refused when any part is held.
	for _, log := range []string{"uses", "hand_overs"} {
		list = append(list, guard{log + "_held", "INSERT", log,
			"EXISTS (SELECT 1 FROM holds h WHERE h.record = NEW.record AND h.kind IN ('freeze', 'suspension') AND (h.category = '' OR NEW.category = '' OR h.category = NEW.category AND (h.field = '' OR NEW.field = '' OR h.field = NEW.field)))"})
	}
	return list
}

// triggers puts the guards into the words of the database.
func triggers(tables []table, postgres bool) []string {
	var list []string
	for _, g := range guards(tables) {
		if !postgres {
			refuses := strings.ReplaceAll(g.refuses, "IS DISTINCT FROM", "IS NOT")
			list = append(list, "CREATE TRIGGER "+g.name+" BEFORE "+g.when+" ON "+g.table+" WHEN "+refuses+" BEGIN SELECT RAISE(ABORT, 'held'); END")
			continue
		}
		row := map[string]string{"DELETE": "OLD"}[g.when]
		if row == "" {
			row = "NEW"
		}
		list = append(list,
			"CREATE FUNCTION "+g.name+"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "+g.refuses+" THEN RAISE EXCEPTION 'held'; END IF; RETURN "+row+"; END $$",
			"CREATE TRIGGER "+g.name+" BEFORE "+g.when+" ON "+g.table+" FOR EACH ROW EXECUTE FUNCTION "+g.name+"()")
	}
	return list
}
