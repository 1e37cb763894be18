package sample

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func rows(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for found.Next() {
		cells := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(cells))
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func made1(t *testing.T) *sql.DB { return madeOf(t, Setting) }

func madeOf(t *testing.T, setting string) *sql.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "it's a sample?.db")
	if err := Create(t.Context(), setting, path); err != nil {
		t.Fatal(err)
	}
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestTheSystemIsTheSameEveryTime(t *testing.T) {
	a, b := made1(t), made1(t)
	total := 0
	for _, table := range []string{"person", "staff", "consultations", "threads", "messages", "inbox", "calls", "changes"} {
		x, y := rows(t, a, "SELECT * FROM "+table), rows(t, b, "SELECT * FROM "+table)
		if strings.Join(x, "\n") != strings.Join(y, "\n") {
			t.Errorf("%s differs", table)
		}
		total += len(x)
	}
	if total < 1000 || total > 5000 {
		t.Errorf("%d rows", total)
	}
	if bad := rows(t, a, "PRAGMA foreign_key_check"); len(bad) > 0 {
		t.Errorf("%d rows refer to nothing", len(bad))
	}
	if again, err := make200(); err != nil || fmt.Sprint(again.people) != fmt.Sprint(People()) {
		t.Errorf("other people the second time, %v", err)
	}
}

func TestAFileThatIsThereIsLeftAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sample.db")
	if err := Create(t.Context(), Setting, path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "INSERT INTO calls VALUES ('k', 'lookup', 1)"); err != nil {
		t.Fatal(err)
	}
	if err := Create(t.Context(), Setting, path); err != nil {
		t.Fatal(err)
	}
	if n := len(rows(t, db, "SELECT * FROM calls")); n != 1 {
		t.Errorf("%d calls are counted", n)
	}
	if err := Create(t.Context(), Setting, filepath.Join(t.TempDir(), "no", "such", "folder.db")); err == nil {
		t.Error("a folder that is not there was no error")
	}
}

func TestNobodyInThemCanExist(t *testing.T) {
	mail, phone := regexp.MustCompile(`^[a-z0-9.-]+@example\.(org|jp)$`), regexp.MustCompile(`^090-0000-\d{4}$`)
	for _, setting := range Settings() {
		s, err := Of(setting)
		if err != nil {
			t.Fatal(err)
		}
		names, mains := map[string]int{}, 0
		for _, p := range s.People() {
			if !mail.MatchString(p.Mail) || !phone.MatchString(p.Phone) || p.Also["guardian_phone"] != "" && !phone.MatchString(p.Also["guardian_phone"]) {
				t.Errorf("%s %s: %s %s", setting, p.Number, p.Mail, p.Phone)
			}
			names[p.Name+p.BornOn]++
			if p.Name == s.Main().Name {
				mains++
			}
		}
		if mains != 1 || len(s.People()) < 30 {
			t.Errorf("%s: %d people, %d called like the main one", setting, len(s.People()), mains)
		}
		if setting == Setting && (len(s.People()) != 200 || len(names) != 199) {
			t.Errorf("%d people, %d of different name and date of birth", len(s.People()), len(names))
		}
	}
}

func TestTheSpecialPeopleAreThere(t *testing.T) {
	main := Main()
	if main.Name != "Nguyễn Thị Hoa" || main.BornOn != "1998-03-14" || main.Mail != "hoa.nguyen@example.org" {
		t.Errorf("%+v", main)
	}
	a, b := Namesakes()
	if a.Name != b.Name || a.BornOn != b.BornOn || a.Number == b.Number || a.Mail == b.Mail || a.Phone == b.Phone {
		t.Errorf("%+v %+v", a, b)
	}
	c, d := Couple()
	if c.Mail != d.Mail || c.Name == d.Name {
		t.Errorf("%+v %+v", c, d)
	}
	db := made1(t)
	for query, want := range map[string]int{
		"SELECT 1 FROM consultations WHERE person_no = '" + main.Number + "'":                                            3,
		"SELECT 1 FROM messages m JOIN threads t ON t.thread_no = m.thread_no WHERE t.person_no = '" + main.Number + "'": 6,
		"SELECT 1 FROM consultations WHERE other_party <> '' AND person_no = '" + main.Number + "'":                      2,
		"SELECT 1 FROM inbox WHERE lower(from_mail) = '" + c.Mail + "'":                                                  3,
	} {
		if got := len(rows(t, db, query)); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if n := len(rows(t, db, "SELECT 1 FROM consultations WHERE other_party <> '' AND instr(note, other_party) > 0")); n < 50 {
		t.Errorf("%d notes name somebody else", n)
	}
	all := strings.Join(rows(t, db, "SELECT note FROM consultations"), "\n")
	for i, v := range HostileValues() {
		if !strings.Contains(all, v) {
			t.Errorf("hostile value %d is in no note", i)
		}
	}
}
