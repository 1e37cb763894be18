package sqltable

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"madoguchi/connectors/connectortest"
	"madoguchi/dsr"
	"madoguchi/internal/sample"
)

// acting are the made-up systems that the suite changes: rows reached by a
// key, through another table and by a contact point, a system whose people are
// a view, and one in which the person's own row is erased.
var acting = []struct {
	file, setting                    string
	category, column, emptied, fixed string
	beside, erasable, others         string
}{
	{"qoo10/systems/members.yaml", "MEMBERS", "profile", "mail", "phone", "member_no", "name", "orders", "profile"},
	{"izumisano/systems/centre-records.yaml", sample.Setting, "consultations", "held_on", "note", "staff_no", "topic", "messages", "threads"},
	{"izumisano/systems/centre-records.yaml", sample.Setting, "person", "name", "status", "person_no", "kana", "inbox", "person"},
	{"score-japan/systems/newsletter.yaml", "NEWSLETTER", "subscriptions", "name", "phone", "subscriber_no", "born_on", "subscriptions", ""},
	{"score-japan/systems/waybills.yaml", "WAYBILLS", "waybills", "consignee_name", "consignor_kana", "issued_on", "contents", "waybills", ""},
	{"kai/systems/service-cards.yaml", "SERVICE_CARDS", "profile", "address", "guardian_phone", "customer_no", "name", "calls", "profile"},
	{"scsk-serviceware/systems/applicants.yaml", "APPLICANTS", "interviews", "held_on", "assessment", "interview_no", "score", "selection", "profile"},
}

func load(t *testing.T, file string) *Mapping {
	t.Helper()
	m, err := Load(packs, file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// actFixture is the suite's view of one of acting, whose system db is.
func actFixture(t *testing.T, place int, dsn string, db *sql.DB) connectortest.Acting {
	t.Helper()
	a := acting[place]
	m := load(t, a.file)
	s := open(t, m, dsn)
	of, err := sample.Of(a.setting)
	if err != nil {
		t.Fatal(err)
	}
	if a.erasable == "inbox" { // what came from the mailbox on file, however it is written
		for n, from := range []string{" HOA.nguyen@Example.org", of.Main().Mail, "somebody@example.org"} {
			run(t, db, fmt.Sprintf("INSERT INTO inbox VALUES (%d, '%s', '2026-01-01', 's', 'b')", 9001+n, from))
		}
	}
	category := func(id string) Category {
		return m.Categories[slices.IndexFunc(m.Categories, func(c Category) bool { return c.ID == id })]
	}
	c, gone := category(a.category), category(a.erasable)
	// read reads one column of the rows with a key as text; none is nil.
	read := func(c Category, row, column string) (v []string) {
		rows, err := db.QueryContext(t.Context(), "SELECT "+s.column("t", column)+" FROM "+s.table(c.Table)+" t WHERE "+s.column("t", c.RowKey)+" = "+s.mark(1), row)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var one sql.NullString
			if err := rows.Scan(&one); err != nil {
				t.Fatal(err)
			}
			v = append(v, one.String)
		}
		return v
	}
	count := func(query string, args ...any) (n int) {
		if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	record := of.Main().Number
	f := connectortest.Acting{Actor: s, Record: record, Category: c.ID, Column: a.column, Emptied: a.emptied, Fixed: a.fixed, Beside: a.beside, Erasable: gone.ID, Others: a.others}
	was := map[string][2]any{} // by row: whose it is, and the row
	keep := func(record string) {
		rows, err := of.Rows(t.Context(), db, gone.ID, record)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			was[r[gone.RowKey]] = [2]any{record, r}
		}
	}
	records, err := s.Collect(t.Context(), "beginning", record, dsr.Identifiers{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if r.Category == c.ID && f.Row == "" {
			f.Row = r.RowKeys[0]
		}
		if r.Category == gone.ID {
			f.Rows = append(f.Rows, r.RowKeys...)
		}
	}
	f.Before = read(c, f.Row, a.column)[0]
	f.After = "put right " + f.Before
	keep(record)
	if f.Stranger = "9003"; a.erasable == "inbox" {
		was["9003"] = [2]any{"", sample.Row{"mail_no": "9003", "from_mail": "somebody@example.org", "received_on": "2026-01-01"}}
	} else {
		for _, p := range of.People() {
			if p.Number == record {
				continue
			}
			before := len(was)
			if keep(p.Number); len(was) > before {
				rows, _ := of.Rows(t.Context(), db, gone.ID, p.Number)
				f.Stranger = rows[0][gone.RowKey]
				break
			}
		}
	}
	f.Calls = func(key string) int { return count("SELECT count(*) FROM calls WHERE key = "+s.mark(1), key) }
	f.Changes = func(key string) int { return count("SELECT count(*) FROM changes WHERE key = "+s.mark(1), key) }
	f.Value = func(row, column string) string { return strings.Join(read(c, row, column), "|") }
	f.There = func(rows ...string) (n int) {
		for _, row := range rows {
			n += len(read(gone, row, gone.RowKey))
		}
		return n
	}
	f.Holds = func(token string, kind dsr.HoldKind) int {
		return count("SELECT count(*) FROM holds WHERE token = "+s.mark(1)+" AND kind = "+s.mark(2), token, string(kind))
	}
	f.Write = func(row, column, value string) error { return of.Write(t.Context(), db, c.ID, row, column, value) }
	f.HandOver = func(record, category, field string) error {
		return of.HandOver(t.Context(), db, record, category, field, "a recipient")
	}
	f.Use = func(record, category, field string) error {
		return of.Use(t.Context(), db, record, category, field, "a purpose")
	}
	f.Dispose = func(rows ...string) error {
		for _, row := range rows {
			if _, err := db.ExecContext(t.Context(), "DELETE FROM "+s.table(gone.Table)+" WHERE CAST("+quote(gone.RowKey)+" AS TEXT) = "+s.mark(1), row); err != nil {
				return err
			}
		}
		return nil
	}
	f.Import = func(row string) error {
		return of.Import(t.Context(), db, gone.ID, was[row][0].(string), was[row][1].(sample.Row))
	}
	return f
}

func TestWhatAnyActorMustDoOnSQLite(t *testing.T) {
	for place, a := range acting {
		t.Run(a.setting+" "+a.category, func(t *testing.T) {
			made := filepath.Join(t.TempDir(), "made.db")
			if err := sample.Create(t.Context(), a.setting, made); err != nil {
				t.Fatal(err)
			}
			connectortest.RunActs(t, func(t *testing.T) connectortest.Acting {
				path := filepath.Join(t.TempDir(), "system.db")
				copyFile(t, made, path)
				db, err := sample.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = db.Close() }) // the test has said what it had to say
				return actFixture(t, place, path, db)
			})
		})
	}
}

// actsOnPostgreSQL runs the suite in schemas of its own of one server.
func actsOnPostgreSQL(t *testing.T, base string) {
	n := 0
	for place, a := range acting {
		t.Run(a.setting+" "+a.category, func(t *testing.T) {
			connectortest.RunActs(t, func(t *testing.T) connectortest.Acting {
				n++
				dsn := fmt.Sprintf("%s&search_path=a%d", base, n)
				db, err := sql.Open("pgx", dsn)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = db.Close() }) // as above
				run(t, db, fmt.Sprintf("CREATE SCHEMA a%d", n))
				if err := sample.CreatePostgres(t.Context(), a.setting, db); err != nil {
					t.Fatal(err)
				}
				return actFixture(t, place, dsn, db)
			})
		})
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
