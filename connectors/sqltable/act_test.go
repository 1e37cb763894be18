package sqltable

import (
	"database/sql"
	"errors"
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
// a view, and one in which the person's own row is erased. The two that are
// built like the first are left out.
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

// actsOnPostgreSQL runs the suite on one server: a schema for each system, put
// back to its beginning before each check.
func actsOnPostgreSQL(t *testing.T, base string) {
	for place, a := range acting {
		t.Run(a.setting+" "+a.category, func(t *testing.T) {
			name := fmt.Sprintf("a%d", place)
			dsn := base + "&search_path=" + name
			db, err := sql.Open("pgx", dsn)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() }) // as above
			run(t, db, "CREATE SCHEMA "+name, "CREATE SCHEMA was_"+name)
			if err := sample.CreatePostgres(t.Context(), a.setting, db); err != nil {
				t.Fatal(err)
			}
			var keep, back string
			if err := db.QueryRowContext(t.Context(), `SELECT string_agg('CREATE TABLE was_' || schemaname || '.' || tablename || ' AS TABLE ' || tablename, '; '),
				string_agg('DELETE FROM ' || tablename || '; INSERT INTO ' || tablename || ' SELECT * FROM was_' || schemaname || '.' || tablename, '; ')
				FROM pg_tables WHERE schemaname = current_schema`).Scan(&keep, &back); err != nil {
				t.Fatal(err)
			}
			run(t, db, keep)
			connectortest.RunActs(t, func(t *testing.T) connectortest.Acting {
				// Not for the system's triggers: this is no act of it.
				run(t, db, "BEGIN; SET LOCAL session_replication_role = replica; "+back+"; COMMIT")
				return actFixture(t, place, dsn, db)
			})
		})
	}
}

// member is the members' system as a file, and what acts on it.
func member(t *testing.T) (*System, *sql.DB, sample.Person) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "members.db")
	if err := sample.Create(t.Context(), "MEMBERS", path); err != nil {
		t.Fatal(err)
	}
	db, err := sample.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // the test has said what it had to say
	of, err := sample.Of("MEMBERS")
	if err != nil {
		t.Fatal(err)
	}
	return open(t, load(t, "qoo10/systems/members.yaml"), path), db, of.Main()
}

func TestASystemThatDoesNotObeyIsNotBelieved(t *testing.T) {
	orders := func(record string) dsr.Instruction {
		return dsr.Instruction{Action: dsr.ActionErase, Token: "c", Record: record, Category: "orders", Rows: []string{"1"}}
	}
	mail := func(p sample.Person) dsr.Instruction {
		return dsr.Instruction{Action: dsr.ActionCorrect, Token: "c", Record: p.Number, Category: "profile",
			Changes: []dsr.Change{{Row: p.Number, Column: "mail", Before: p.Mail, After: "new@example.org"}}}
	}
	for _, c := range []struct {
		name, trigger, code string
		in                  func(p sample.Person) dsr.Instruction
	}{
		{"a deletion that is passed over", "BEFORE DELETE ON orders BEGIN SELECT RAISE(IGNORE); END", CodeHeld, nil},
		{"a row that comes back by itself", "AFTER DELETE ON orders BEGIN INSERT INTO orders (order_no, member_no, ordered_on, goods, amount_yen) VALUES (OLD.order_no, OLD.member_no, OLD.ordered_on, OLD.goods, OLD.amount_yen); END", CodeHeld, nil},
		{"an update that is passed over", "BEFORE UPDATE OF mail ON members BEGIN SELECT RAISE(IGNORE); END", CodeHeld, mail},
		{"a value that is made another", "AFTER UPDATE OF mail ON members BEGIN UPDATE members SET mail = upper(mail) WHERE member_no = NEW.member_no; END", CodeUnsupported, mail},
		{"a system that refuses", "BEFORE UPDATE OF mail ON members BEGIN SELECT RAISE(ABORT, 'not now, Sakura'); END", CodeHeld, mail},
		{"a hold that does not stay", "AFTER INSERT ON holds BEGIN DELETE FROM holds; END", CodeHeld, func(p sample.Person) dsr.Instruction {
			return dsr.Instruction{Action: dsr.ActionPreserve, Token: "c", Record: p.Number}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, db, p := member(t)
			if _, err := db.ExecContext(t.Context(), "UPDATE orders SET member_no = '"+p.Number+"' WHERE order_no = 1"); err != nil {
				t.Fatal(err)
			}
			run(t, db, "CREATE TRIGGER planted "+c.trigger)
			in := orders(p.Number)
			if c.in != nil {
				in = c.in(p)
			}
			acted, err := s.Act(t.Context(), "k", in)
			if dsr.CodeOf(err) != c.code || acted.Rows != 0 {
				t.Errorf("%+v, %v", acted, err)
			}
			if err != nil && strings.Contains(fmt.Sprintf("%+v", err), "Sakura") {
				t.Error("the error quotes the system")
			}
			var counted, there int
			if err := db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM changes), (SELECT count(*) FROM orders WHERE order_no = 1) + (SELECT count(*) FROM members WHERE mail = '"+p.Mail+"')").Scan(&counted, &there); err != nil {
				t.Fatal(err)
			}
			if counted != 0 || there != 2 {
				t.Errorf("%d changes are counted, %d of 2 values are as before", counted, there)
			}
		})
	}
}

func TestRowsThatOthersReferToAreAPersonsTask(t *testing.T) {
	s, db, p := member(t)
	m := *s.m
	m.Categories = slices.Clone(m.Categories)
	m.Categories[0].Erasable = true
	s.m = &m
	in := dsr.Instruction{Action: dsr.ActionErase, Token: "c", Record: p.Number, Category: "profile", Rows: []string{p.Number}}
	if _, err := s.Act(t.Context(), "k", in); dsr.CodeOf(err) != CodeUnsupported {
		t.Fatalf("a member with orders: %v", err)
	}
	run(t, db, "DELETE FROM orders WHERE member_no = '"+p.Number+"'", "DELETE FROM enquiries WHERE member_no = '"+p.Number+"'")
	if acted, err := s.Act(t.Context(), "k", in); err != nil || acted.Rows != 1 {
		t.Fatalf("a member without: %+v, %v", acted, err)
	}
}

func TestARowThatTheSystemDeletedItselfStaysAway(t *testing.T) {
	s, db, p := member(t)
	of, err := sample.Of("MEMBERS")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := of.Rows(t.Context(), db, "orders", p.Number)
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d orders, %v", len(rows), err)
	}
	run(t, db, "DELETE FROM orders WHERE order_no = "+rows[0]["order_no"])
	acted, err := s.Act(t.Context(), "k", dsr.Instruction{Action: dsr.ActionErase, Token: "c", Record: p.Number, Category: "orders", Rows: []string{rows[0]["order_no"], rows[1]["order_no"]}})
	if err != nil || acted.Rows != 1 {
		t.Fatalf("%+v, %v", acted, err)
	}
	for i, row := range rows {
		if err := of.Import(t.Context(), db, "orders", p.Number, row); (i < 2) != errors.Is(err, sample.ErrErased) {
			t.Errorf("order %d: %v", i, err)
		}
	}
	// What is left behind tells nobody whose it was.
	var said string
	if err := db.QueryRowContext(t.Context(), "SELECT group_concat(hash || category, ' ') FROM tombstones").Scan(&said); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{p.Number, rows[0]["goods"], Tombstone("", "orders", "row", rows[0]["order_no"])} {
		if strings.Contains(said, secret) {
			t.Error("a tombstone can be read without the salt")
		}
	}
}

func TestKeysThatOnlyLookTheSameAreNotTheRows(t *testing.T) {
	s, db, p := member(t)
	run(t, db, "PRAGMA foreign_keys = OFF", "DROP TABLE orders", "CREATE TABLE orders (order_no TEXT COLLATE NOCASE, member_no TEXT COLLATE NOCASE, ordered_on TEXT, goods TEXT, amount_yen BIGINT, delivery_name TEXT, delivery_address TEXT)",
		"INSERT INTO orders (order_no, member_no, goods) VALUES ('A-1', '"+p.Number+"', 'x'), ('a-1', '"+p.Number+"', 'y'), ('b-1', '"+strings.ToLower(p.Number)+"', 'z')")
	for _, rows := range [][]string{{"b-1"}, {"A-1"}} {
		_, err := s.Act(t.Context(), "k", dsr.Instruction{Action: dsr.ActionErase, Token: "c", Record: p.Number, Category: "orders", Rows: rows})
		if dsr.FaultOf(err) != dsr.Conflict {
			t.Errorf("%v: %v", rows, err)
		}
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM orders").Scan(&n); err != nil || n != 3 {
		t.Errorf("%d rows are left, %v", n, err)
	}
}

func TestTheTablesOfHoldsAndTombstonesAreChecked(t *testing.T) {
	for _, c := range []string{"ALTER TABLE holds RENAME COLUMN token TO ticket", "DROP TABLE tombstones", "DROP TABLE tombstone_salt"} {
		s, db, p := member(t)
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		run(t, db, c)
		if err := s.Check(t.Context()); dsr.CodeOf(err) != CodeMapping {
			t.Errorf("%s: %v", c, err)
		}
		_, err := s.Act(t.Context(), "k", dsr.Instruction{Action: dsr.ActionErase, Token: "c", Record: p.Number, Category: "orders", Rows: []string{"1"}})
		if err == nil {
			t.Errorf("%s: an erasure all the same", c)
		}
	}
}

func TestASystemWithoutHoldsIsPutRightAndNotHeld(t *testing.T) {
	s, _, p := member(t)
	m := *s.m
	m.Holds = nil
	s.m = &m
	for _, action := range []dsr.Action{dsr.ActionPreserve, dsr.ActionFreeze, dsr.ActionSuspend, dsr.ActionRelease} {
		if _, err := s.Act(t.Context(), "k", dsr.Instruction{Action: action, Token: "c", Record: p.Number}); dsr.CodeOf(err) != CodeUnsupported {
			t.Errorf("%s: %v", action, err)
		}
	}
	in := dsr.Instruction{Action: dsr.ActionCorrect, Token: "c", Record: p.Number, Category: "profile", Changes: []dsr.Change{{Row: p.Number, Column: "mail", Before: p.Mail, After: "new@example.org"}}}
	if acted, err := s.Act(t.Context(), "k2", in); err != nil || acted.Rows != 1 {
		t.Errorf("a correction: %+v, %v", acted, err)
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

func TestAFreezeThatMovesLeavesNothingInTheOtherRecord(t *testing.T) {
	s, db, p := member(t)
	var other string
	if err := db.QueryRowContext(t.Context(), "SELECT member_no FROM members WHERE member_no <> ?", p.Number).Scan(&other); err != nil {
		t.Fatal(err)
	}
	in := dsr.Instruction{Action: dsr.ActionFreeze, Token: "c", Record: other, Fields: []dsr.Field{{Category: "profile", Column: "mail"}}}
	act := func(key string, in dsr.Instruction) {
		t.Helper()
		if _, err := s.Act(t.Context(), key, in); err != nil {
			t.Fatal(err)
		}
	}
	act("1", in)
	in.Token = "another case"
	act("2", in)
	act("3", dsr.Instruction{Action: dsr.ActionPreserve, Token: "c", Record: other})
	in.Token, in.Record, in.Moves = "c", p.Number, true
	act("4", in)
	var left []string
	rows, err := db.QueryContext(t.Context(), "SELECT token || ' ' || kind || ' ' || (record = ?) FROM holds ORDER BY 1", p.Number)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		left = append(left, one)
	}
	want := []string{"another case freeze 0", "c freeze 1", "c preservation 0"}
	if !slices.Equal(left, want) {
		t.Fatalf("%q stand, want %q", left, want)
	}
}

// Two requests of one submission: what the other one has collected it may lose,
// and its own hold is there afterwards as before.
func TestARequestBesideDoesNotForbidWhatThePersonWantsErased(t *testing.T) {
	s, db, p := member(t)
	text := func(query string, args ...any) (v string) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), query, args...).Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	order := text("SELECT CAST(order_no AS TEXT) FROM orders WHERE member_no = ? LIMIT 1", p.Number)
	for key, token := range map[string]string{"1": "this", "2": "beside"} {
		if _, err := s.Act(t.Context(), key, dsr.Instruction{Action: dsr.ActionPreserve, Token: token, Record: p.Number}); err != nil {
			t.Fatal(err)
		}
	}
	in := dsr.Instruction{Action: dsr.ActionErase, Token: "this", Record: p.Number, Category: "orders", Rows: []string{order}}
	if _, err := s.Act(t.Context(), "3", in); dsr.CodeOf(err) != CodeHeld {
		t.Fatalf("a request that has not collected yet: %v", err)
	}
	in.Beside = []string{"beside"}
	if a, err := s.Act(t.Context(), "4", in); err != nil || a.Rows != 1 {
		t.Fatalf("%d rows, %v", a.Rows, err)
	}
	if n := text("SELECT COUNT(*) FROM holds WHERE record = ? AND kind = 'preservation'", p.Number); n != "2" {
		t.Errorf("%s preservations stand afterwards", n)
	}
}

func TestAFreezeStaysUntilTheLastRowIsPutRight(t *testing.T) {
	s, db, p := member(t)
	in := dsr.Instruction{Action: dsr.ActionFreeze, Token: "c", Record: p.Number, Fields: []dsr.Field{{Category: "profile", Column: "phone"}}}
	frozen := func() (n int) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM holds WHERE kind = 'freeze'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if _, err := s.Act(t.Context(), "1", in); err != nil {
		t.Fatal(err)
	}
	in.Action, in.Category, in.Fields, in.Stays = dsr.ActionCorrect, "profile", nil, true
	in.Changes = []dsr.Change{{Row: p.Number, Column: "phone", Before: p.Phone, After: "090-0000-9999"}}
	if _, err := s.Act(t.Context(), "2", in); err != nil || frozen() != 1 {
		t.Fatalf("%v, %d freezes while another row waits", err, frozen())
	}
	in.Stays, in.Changes = false, []dsr.Change{{Row: p.Number, Column: "phone", Before: "090-0000-9999", After: p.Phone}}
	if _, err := s.Act(t.Context(), "3", in); err != nil || frozen() != 0 {
		t.Fatalf("%v, %d freezes after the last", err, frozen())
	}
}
