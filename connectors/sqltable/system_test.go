package sqltable

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"madoguchi/connectors/connectortest"
	"madoguchi/dsr"
	"madoguchi/internal/sample"
)

// packs is the folder of packs as it is in the repository.
var packs = os.DirFS("../../packs")

func mapping(t *testing.T) *Mapping {
	t.Helper()
	m, err := Load(packs, "izumisano/systems/centre-records.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func open(t *testing.T, m *Mapping, dsn string) *System {
	t.Helper()
	s, err := Open(m, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // the test has said what it had to say
	return s
}

// made is a sample system as a file, with foreign rows planted in it: people
// whose keys a careless comparison takes for the main person's.
func made(t *testing.T) (path string, db *sql.DB) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "it's a sample?.db")
	if err := sample.Create(t.Context(), sample.Setting, path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", lite(path, false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return path, db
}

// run is what a test does to the system behind the connector's back.
func run(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// fixture is the suite's view of the sample system. hostile rows belong to the
// main person here, and every tenth row of the tables to somebody else whose
// key differs in case, width or a space.
func fixture(t *testing.T, m *Mapping, dsn string, db *sql.DB, mark func(int) string) connectortest.Fixture {
	t.Helper()
	main := sample.Main()
	insert := func(n int, person, note string) {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO consultations (consultation_no, person_no, held_on, note) VALUES ("+mark(1)+", "+mark(2)+", '2026-03-01', "+mark(3)+")", n, person, note); err != nil {
			t.Fatal(err)
		}
	}
	exact := sample.HostileValues()
	for i, v := range exact {
		insert(90_000+i, main.Number, v)
	}
	for i, key := range []string{strings.ToLower(main.Number), main.Number + " ", "Ｐ-0042", "P-042", "P-00420", main.Number + "\u200b"} {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO person (person_no, name, registered_on) VALUES ("+mark(1)+", 'SOMEBODY ELSE', '2024-01-01')", key); err != nil {
			t.Fatal(err)
		}
		insert(91_000+i, key, "FOREIGN ROW")
	}
	count := func(table string) func(string) int {
		return func(key string) (n int) {
			if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table+" WHERE key = "+mark(1), key).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	wrong := *m
	wrong.Person.Table = "no_such_table"
	wrong.Journal = nil
	column := *m
	column.Categories = slices.Clone(m.Categories)
	column.Categories[1].Key = "no_such_column"
	column.Person.Mail = "no_such_column"
	return connectortest.Fixture{
		Connector: open(t, m, dsn), Calls: count("calls"), Changes: count("changes"),
		Record: main.Number,
		By:     dsr.Identifiers{Name: main.Name, BornOn: main.BornOn, Mail: main.Mail, Phone: main.Phone, Number: main.Number},
		Exact:  append(exact, main.Name, main.Address), Foreign: []string{"FOREIGN ROW", "SOMEBODY ELSE"},
		Broken: map[string]connectortest.Connector{
			"away":         open(t, m, filepath.Join(t.TempDir(), "not-there.db")),
			"unreachable":  open(t, m, "postgres://user:secret@127.0.0.1:1/none?connect_timeout=1"),
			"wrong table":  open(t, &wrong, dsn),
			"wrong column": open(t, &column, dsn),
		},
	}
}

func TestWhatAnyConnectorMustDoOnSQLite(t *testing.T) {
	connectortest.Run(t, func(t *testing.T) connectortest.Fixture {
		path, db := made(t)
		// A key column that takes upper and lower case for one, as many systems have.
		run(t, db, "PRAGMA foreign_keys = OFF", "ALTER TABLE consultations RENAME TO c0",
			"CREATE TABLE consultations (consultation_no INTEGER PRIMARY KEY, person_no TEXT COLLATE NOCASE, held_on TEXT, channel TEXT, topic TEXT, other_party TEXT, note TEXT, outcome TEXT, staff_no INTEGER)",
			"INSERT INTO consultations SELECT * FROM c0")
		return fixture(t, mapping(t), path, db, func(int) string { return "?" })
	})
}

// cluster starts a PostgreSQL of its own and gives an address; the server is
// stopped by its own data folder when the test ends.
func cluster(t *testing.T) string {
	t.Helper()
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(bins) == 0 {
		t.Fatal("PostgreSQL is not installed: apt-get install postgresql")
	}
	bin := bins[len(bins)-1]
	dir, err := os.MkdirTemp("", "pg") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	as := func(args ...string) *exec.Cmd {
		if os.Geteuid() == 0 { // the server refuses to run as root
			args = append([]string{"runuser", "-u", "postgres", "--"}, args...)
		}
		return exec.Command(args[0], args[1:]...)
	}
	if os.Geteuid() == 0 {
		if out, err := exec.Command("chown", "postgres", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	data := filepath.Join(dir, "data")
	if out, err := as(bin+"/initdb", "-D", data, "-U", "sample", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := as(bin+"/pg_ctl", "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", "-c listen_addresses='' -k "+dir+" -c fsync=off", "start").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := as(bin+"/pg_ctl", "-D", data, "-m", "immediate", "stop").CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		_ = os.RemoveAll(dir) // it is in the folder for temporary files
	})
	return "postgres://sample@/postgres?host=" + dir
}

func TestWhatAnyConnectorMustDoOnPostgreSQL(t *testing.T) {
	base := cluster(t)
	n := 0
	connectortest.Run(t, func(t *testing.T) connectortest.Fixture {
		n++
		dsn := fmt.Sprintf("%s&search_path=s%d", base, n)
		db, err := sql.Open("pgx", dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		run(t, db, fmt.Sprintf("CREATE SCHEMA s%d", n))
		if err := sample.CreatePostgres(t.Context(), sample.Setting, db); err != nil {
			t.Fatal(err)
		}
		f := fixture(t, mapping(t), dsn, db, func(n int) string { return fmt.Sprintf("$%d", n) })
		run(t, db, "CREATE ROLE r"+fmt.Sprint(n)+" LOGIN", "GRANT USAGE ON SCHEMA s"+fmt.Sprint(n)+" TO r"+fmt.Sprint(n))
		f.Broken["refused"] = open(t, mapping(t), strings.Replace(dsn, "sample@", fmt.Sprintf("r%d@", n), 1))
		if _, err := f.Broken["refused"].Lookup(t.Context(), "r", f.By); dsr.CodeOf(err) != CodeRefused {
			t.Errorf("a role without rights: %v", err)
		}
		return f
	})
	t.Run("acts", func(t *testing.T) { actsOnPostgreSQL(t, base) })
}

func TestTheSystemIsAsItsMappingSays(t *testing.T) {
	path, db := made(t)
	s := open(t, mapping(t), path)
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, db, "ALTER TABLE messages RENAME COLUMN body TO text_body")
	if err := s.Check(t.Context()); dsr.CodeOf(err) != CodeMapping {
		t.Fatalf("a column that is gone: %v", err)
	}
}

func TestTwoWithOneNameAndBirthDateAreTwoCandidates(t *testing.T) {
	path, _ := made(t)
	a, b := sample.Namesakes()
	found, err := open(t, mapping(t), path).Lookup(t.Context(), "k", dsr.Identifiers{Name: strings.ToUpper(a.Latin), BornOn: "5/5/1995", Mail: b.Mail})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].Key != b.Number || found[1].Key != a.Number {
		t.Fatalf("%d candidates", len(found))
	}
	if got := strings.Join(found[0].Matched, " "); got != "name born_on mail" {
		t.Errorf("matched %q", got)
	}
	if got := strings.Join(found[1].Matched, " "); got != "name born_on" {
		t.Errorf("matched %q", got)
	}
}

func TestASharedMailboxGivesBothAndItsRowsAreDoubtful(t *testing.T) {
	path, _ := made(t)
	s := open(t, mapping(t), path)
	a, b := sample.Couple()
	found, err := s.Lookup(t.Context(), "k", dsr.Identifiers{Mail: strings.ToUpper(a.Mail)})
	if err != nil || len(found) != 2 || found[0].Key != a.Number || found[1].Key != b.Number {
		t.Fatalf("%d candidates, %v", len(found), err)
	}
	for _, p := range []sample.Person{a, b} {
		records, err := s.Collect(t.Context(), "k2", p.Number, dsr.Identifiers{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(records, func(r dsr.Record) bool { return r.Category == "inbox" })
		if i < 0 || len(records[i].Rows) != 3 || !records[i].Doubtful || records[i].Matched != "mail" {
			t.Fatalf("%s: the mailbox is record %d", p.Number, i)
		}
		for _, r := range records {
			if r.Category != "inbox" && r.Doubtful {
				t.Errorf("%s: %v is found by its key and not doubtful", p.Number, r)
			}
		}
	}
}

func TestAMailboxOfOnesOwnIsNotDoubtfulUnlessTheMappingSaysSo(t *testing.T) {
	path, db := made(t)
	main := sample.Main()
	run(t, db, "INSERT INTO inbox VALUES (9001, ' HOA.nguyen@Example.org', '2026-01-01', 's', 'b'), (9002, 'hoa.nguyen@example.org.evil.example', '2026-01-01', 'FOREIGN', 'b')")
	m := mapping(t)
	for _, shared := range []bool{false, true} {
		m.Categories[len(m.Categories)-1].SharedContact = shared
		records, err := open(t, m, path).Collect(t.Context(), "k", main.Number, dsr.Identifiers{})
		if err != nil {
			t.Fatal(err)
		}
		last := records[len(records)-1]
		if last.Category != "inbox" || len(last.Rows) != 1 || last.Doubtful != shared {
			t.Errorf("shared %v: %v, %d rows, doubtful %v", shared, last, len(last.Rows), last.Doubtful)
		}
	}
}

func TestANameAloneIsACandidateOnlyWhenNothingBetterIsThere(t *testing.T) {
	path, _ := made(t)
	s := open(t, mapping(t), path)
	main := sample.Main()
	found, err := s.Lookup(t.Context(), "k", dsr.Identifiers{Name: main.Name, BornOn: "1998-03-15"})
	if err != nil || len(found) == 0 || found[0].Matched[0] != "name" {
		t.Fatalf("%d candidates, %v", len(found), err)
	}
	found, err = s.Lookup(t.Context(), "k", dsr.Identifiers{Name: main.Name, Phone: "+81 (0)90 0000 0042"})
	if err != nil || len(found) != 1 || strings.Join(found[0].Matched, " ") != "name phone" {
		t.Fatalf("%d candidates, %v", len(found), err)
	}
	if found, err = s.Lookup(t.Context(), "k", dsr.Identifiers{BornOn: main.BornOn}); err != nil || len(found) != 0 {
		t.Errorf("a date of birth alone gave %d candidates, %v", len(found), err)
	}
}

func TestTheMainPersonsRecordsAreItemsWithProposals(t *testing.T) {
	path, _ := made(t)
	records, err := open(t, mapping(t), path).Collect(t.Context(), "k", sample.Main().Number, dsr.Identifiers{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, fmt.Sprintf("%s %d %s", r.Title["vi"], len(r.Rows), strings.Join(r.ThirdParties, ",")))
	}
	want := []string{"Thông tin đăng ký 1 ", "Hồ sơ tư vấn (2025-06-10) 1 ", "Hồ sơ tư vấn (2025-09-18) 1 貸野 保",
		"Hồ sơ tư vấn (2026-02-05) 1 Phạm Thu Trang", "Tin nhắn 6 貸野", "Chủ đề tin nhắn 2 "}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTooMuchIsAnErrorAndNeverAPart(t *testing.T) {
	path, db := made(t)
	run(t, db, fmt.Sprintf("INSERT INTO consultations (consultation_no, person_no, held_on) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d) SELECT 100000+i, '%s', '2026-01-01' FROM n", maxRows+1, sample.Main().Number))
	records, err := open(t, mapping(t), path).Collect(t.Context(), "k", sample.Main().Number, dsr.Identifiers{})
	if dsr.CodeOf(err) != CodeTooLarge || records != nil {
		t.Errorf("%d records, %v", len(records), err)
	}
}

func TestAFileThatIsNotThereIsAwayAndNotMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	_, err := open(t, mapping(t), path).Lookup(t.Context(), "k", dsr.Identifiers{Name: "x"})
	if dsr.FaultOf(err) != dsr.Unavailable || dsr.CodeOf(err) != CodeAway {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was made")
	}
	if _, err := Open(mapping(t), ""); dsr.CodeOf(err) != CodeAway {
		t.Errorf("no address: %v", err)
	}
	if _, err := Open(mapping(t), "postgres://u:secret-word@[::bad/x"); err == nil || strings.Contains(err.Error(), "secret-word") {
		t.Error("a wrong address must be refused and not quoted")
	}
}

func TestALockedDatabaseEndsWithTheContext(t *testing.T) {
	path, db := made(t)
	lock, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if _, err := lock.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	s := open(t, mapping(t), path)
	_, err = s.Lookup(ctx, "k", dsr.Identifiers{Name: "x"})
	if dsr.FaultOf(err) != dsr.Unavailable {
		t.Errorf("%v", err)
	}
	if _, err := lock.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
}

func TestNamesOfOthersAreProposedWhereverTheyStand(t *testing.T) {
	me := dsr.Person{Name: "Nguyễn Thị Hoa", OtherNames: "NGUYEN THI HOA"}
	record := func(text string, names ...string) dsr.Record {
		return dsr.Record{Rows: [][]string{{text}}, ThirdParties: names}
	}
	for _, c := range []struct{ names, text, want string }{
		{"貸野 保", "貸野保さん", "貸野 保"},
		{"貸野 保", "貸野さんと貸野　保さん", "貸野 保,貸野"},
		{"貸野 保", "保険の話", ""},
		{"Phạm Thu Trang", "chị TRANG ơi", "Trang"},
		{"Phạm Thu Trang", "Phạm Thu Trang, trang web", "Phạm Thu Trang,Trang"},
		{"Phạm Thu Trang", "trangphục", ""},
		{"Nguyễn Thu Hoa", "Hoa đây, Nguyễn Thị Hoa", ""},
		{"Nguyễn Thu Hoa", "chị Thu và Hoa", "Thu"},
	} {
		records := []dsr.Record{record("x", c.names), record(c.text)}
		propose(records, me)
		if got := strings.Join(records[1].ThirdParties, ","); got != c.want {
			t.Errorf("%s in %q: %q, want %q", c.names, c.text, got, c.want)
		}
	}
}
