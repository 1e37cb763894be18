package store_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"madoguchi/internal/store"
	"madoguchi/internal/store/storetest"
)

// columns are the columns of a table with the Go type that their SQL type
// calls for.
func columns(t *testing.T, h *storetest.House, table string) map[string]string {
	t.Helper()
	rows, err := h.DB.Query("SELECT * FROM " + table + " WHERE 1 = 0")
	if err != nil {
		t.Fatalf("%s: %v", table, err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range types {
		switch strings.ToUpper(c.DatabaseTypeName()) {
		case "BIGINT", "INT8":
			out[c.Name()] = "int64"
		case "TEXT":
			out[c.Name()] = "string"
		case "BYTEA":
			out[c.Name()] = "[]uint8"
		default:
			out[c.Name()] = c.DatabaseTypeName()
		}
	}
	return out
}

// differences compares a row struct with the columns of its table.
func differences(row any, have map[string]string) (out []string) {
	seen := map[string]bool{}
	for f := range reflect.TypeOf(row).Fields() {
		name := ""
		for _, part := range strings.Split(f.Tag.Get("gorm"), ";") {
			if v, ok := strings.CutPrefix(part, "column:"); ok {
				name = v
			}
		}
		seen[name] = true
		switch {
		case name == "":
			out = append(out, f.Name+" names no column")
		case have[name] != f.Type.String():
			out = append(out, fmt.Sprintf("%s is %s, the column %q", name, f.Type, have[name]))
		case strings.HasSuffix(name, "_sealed") && f.Type.String() != "[]uint8":
			out = append(out, name+" is sealed and not bytes")
		}
	}
	for name := range have {
		if !seen[name] {
			out = append(out, name+" has no field")
		}
	}
	return out
}

func TestRowsHaveTheColumnsOfTheirTables(t *testing.T) {
	houses := map[string]*storetest.House{"sqlite": storetest.Open(t)}
	if storetest.PostgresURL(t) != "" {
		houses["postgres"] = storetest.OpenPostgres(t)
	}
	for dialect, h := range houses {
		tables := map[string]bool{}
		for _, row := range store.Rows {
			tables[row.TableName()] = true
			for _, d := range differences(row, columns(t, h, row.TableName())) {
				t.Errorf("%s: %s: %s", dialect, row.TableName(), d)
			}
		}
		for _, table := range h.Tables(t) {
			if !tables[table] {
				t.Errorf("%s: table %s has no row struct", dialect, table)
			}
		}
		t.Logf("%s: %d tables compared", dialect, len(tables))
	}
	// The check sees what it is for.
	type planted struct {
		A string `gorm:"column:a"`
		B int64  `gorm:"column:b"`
		C string `gorm:"column:c_sealed"`
		D string
	}
	if got := differences(planted{}, map[string]string{"a": "string", "b": "string", "c_sealed": "string", "e": "int64"}); len(got) != 4 {
		t.Errorf("planted differences: %v", got)
	}
}

func TestTwoThatStartAtOnceMigrateOnce(t *testing.T) {
	h := storetest.Open(t)
	if storetest.PostgresURL(t) != "" {
		h = storetest.OpenPostgres(t)
	}
	before := h.Int(t, "SELECT COUNT(*) FROM goose_db_version")
	done := make(chan error, 3)
	for range 3 {
		go func() {
			s, err := store.Open(t.Context(), h.Options)
			if err == nil {
				err = s.Close()
			}
			done <- err
		}()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if after := h.Int(t, "SELECT COUNT(*) FROM goose_db_version"); after != before {
		t.Errorf("%d migrations, then %d", before, after)
	}
	if n := h.Int(t, "SELECT COUNT(*) FROM organisations"); n != int64(len(h.Options.Packs.Packs())) {
		t.Errorf("%d organisations", n)
	}
}

func TestPasswordHashesSayTheirParameters(t *testing.T) {
	// RFC 9106 has no vector without a secret; this one is from the reference
	// implementation's command: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	fits, current, err := store.PasswordFits(reference, "password")
	if err != nil || !fits || current {
		t.Errorf("fits %t, current %t, %v", fits, current, err)
	}
	if fits, _, _ := store.PasswordFits(reference, "passwor"); fits {
		t.Error("another password fits")
	}
	for _, bad := range []string{"", "none", "$argon2i$v=19$m=1,t=1,p=1$YQ$YQ", "$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$YWFhYWFhYWFhYWFhYWFhYQ", strings.Replace(reference, "m=65536", "m=x", 1)} {
		if fits, _, err := store.PasswordFits(bad, "password"); fits || err == nil {
			t.Errorf("%q can be read", bad)
		}
	}
}
