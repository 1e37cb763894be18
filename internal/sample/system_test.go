package sample

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// every runs a test on each made-up system, in a file of its own.
func every(t *testing.T, do func(t *testing.T, s *System, db *sql.DB)) {
	for _, setting := range Settings() {
		t.Run(setting, func(t *testing.T) {
			s, err := Of(setting)
			if err != nil {
				t.Fatal(err)
			}
			do(t, s, madeOf(t, setting))
		})
	}
}

// held puts a hold into the system as whoever is connected to it would.
func hold(t *testing.T, db *sql.DB, kind, record, category, field string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), "INSERT INTO holds VALUES ('case-1', ?, ?, ?, ?, 0)", kind, record, category, field); err != nil {
		t.Fatal(err)
	}
}

// categories are those of which the main person has rows.
func categories(s *System) (all []table) {
	for _, t := range s.world.tables {
		if t.category != "" && t.category != "inbox" { // the main person has written no mail
			all = append(all, t)
		}
	}
	return all
}

func TestEverySystemIsTheSameEveryTime(t *testing.T) {
	files, err := systemFiles.ReadDir("systems")
	if err != nil || len(files) != 6 || len(Settings()) != 7 {
		t.Fatalf("%d files, %d systems, %v", len(files), len(Settings()), err)
	}
	every(t, func(t *testing.T, s *System, db *sql.DB) {
		other := madeOf(t, s.Setting())
		for _, table := range s.world.tables {
			x, y := rows(t, db, "SELECT * FROM "+table.name), rows(t, other, "SELECT * FROM "+table.name)
			if strings.Join(x, "\n") != strings.Join(y, "\n") {
				t.Errorf("%s differs", table.name)
			}
			if len(x) == 0 && table.category != "" {
				t.Errorf("%s is empty", table.name)
			}
		}
		if bad := rows(t, db, "PRAGMA foreign_key_check"); len(bad) > 0 {
			t.Errorf("%d rows refer to nothing", len(bad))
		}
	})
	for _, file := range files {
		b, err := systemFiles.ReadFile("systems/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		setting := strings.ToUpper(strings.TrimSuffix(file.Name(), ".yaml"))
		again, err := build(file.Name(), b)
		if s, _ := Of(setting); err != nil || fmt.Sprint(again.people) != fmt.Sprint(s.People()) {
			t.Errorf("%s: other people the second time, %v", setting, err)
		}
	}
	if _, err := Of("NO_SUCH_SYSTEM"); err == nil {
		t.Error("a system that nobody made up")
	}
}

func TestAFileThatIsWrongIsSaidToBe(t *testing.T) {
	good, err := systemFiles.ReadFile("systems/members.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new string }{
		{"main: 7", "main: 99"},
		{"code: VN", "code: XX"},
		{"least: 1", "least: one"},
		{`{{.P.Kana}}`, `{{.P.Shoe}}`},
		{`{{pick "goods"}}`, `{{pick "bads"}}`},
		{`{{between 8 240}}00`, "much"},
		{"place: 18", "place: 180"},
		{"login_id: sakura89", "shoe: 24"},
		{"seed: 1101", "seeds: 1101"},
		{`"{{.P.Mail}}"`, `"{{.P.Mail"`},
	} {
		text := strings.Replace(string(good), c.old, c.new, 1)
		if text == string(good) {
			text += "\nleast: one\n" // this file has no such word
		}
		if _, err := build("members.yaml", []byte(text)); err == nil {
			t.Errorf("%q was taken for %q", c.new, c.old)
		}
	}
}

func TestOnePersonIsInAllSystemsOfTheForwarder(t *testing.T) {
	var all [][]Person
	for _, setting := range []string{"SHIPPERS", "NEWSLETTER", "WAYBILLS"} {
		s, err := Of(setting)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s.People())
	}
	numbers := map[string]bool{}
	for i := range all[0] {
		for _, people := range all {
			a, b := all[0][i], people[i]
			if a.Name != b.Name || a.BornOn != b.BornOn || a.Mail != b.Mail || a.Phone != b.Phone || a.Address != b.Address {
				t.Errorf("%s is not %s", a.Number, b.Number)
			}
			if numbers[b.Number] {
				t.Errorf("%s is a number of two", b.Number)
			}
			numbers[b.Number] = true
		}
	}
}

func TestThePeopleOfTheJourneysAreThere(t *testing.T) {
	for setting, want := range map[string]string{
		"MEMBERS": "見本 さくら 1989-07-21 ja", "SHIPPERS": "Lê Thị Mẫu 1993-11-05 vi", "NEWSLETTER": "Lê Thị Mẫu 1993-11-05 vi",
		"WAYBILLS": "Lê Thị Mẫu 1993-11-05 vi", "SERVICE_CARDS": "Mia Beispiel 2014-05-17 de", "APPLICANTS": "Grace Samplewell 1996-08-02 en",
	} {
		s, err := Of(setting)
		if err != nil {
			t.Fatal(err)
		}
		p := s.Main()
		if got := strings.Join([]string{p.Name, p.BornOn, p.Language}, " "); got != want {
			t.Errorf("%s: %s", setting, got)
		}
	}
	cards, _ := Of("SERVICE_CARDS")
	if child := cards.Main(); child.Also["guardian_name"] == "" || child.Also["guardian_phone"] != child.Phone {
		t.Errorf("the child's guardian is %v", child.Also)
	}
	// Waybills of the last seven years and older ones, the main person's too.
	s, _ := Of("WAYBILLS")
	db := madeOf(t, "WAYBILLS")
	for query, want := range map[string]int{
		"SELECT 1 FROM waybills WHERE issued_on < '2019-01-01'":                                                  10,
		"SELECT 1 FROM waybills WHERE issued_on > '2020-01-01'":                                                  20,
		"SELECT 1 FROM waybills WHERE issued_on < '2019-01-01' AND consignor_no = '" + s.Main().Number + "'":     1,
		"SELECT 1 FROM waybills WHERE issued_on BETWEEN '2020' AND '2026' AND consignor_no = '" + s.Key(5) + "'": 2,
		"SELECT 1 FROM consignors": len(s.People()),
	} {
		if got := len(rows(t, db, query)); got < want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

func TestASystemRefusesToWriteWhatIsFrozen(t *testing.T) {
	every(t, func(t *testing.T, s *System, db *sql.DB) {
		record := s.Main().Number
		for _, c := range categories(s) {
			columns := strings.Split(c.columns, ", ")
			mine, err := s.Rows(t.Context(), db, c.category, record)
			if err != nil || len(mine) == 0 {
				t.Fatalf("%s: %d rows, %v", c.category, len(mine), err)
			}
			field, beside := columns[len(columns)-1], columns[len(columns)-2]
			if c.category == "messages" {
				beside = "sent_at"
			}
			hold(t, db, "freeze", record, c.category, field)
			row := mine[0][columns[0]]
			if err := s.Write(t.Context(), db, c.category, row, field, "1"); !errors.Is(err, ErrHeld) {
				t.Errorf("%s: a write to a frozen field: %v", c.category, err)
			}
			if err := s.Write(t.Context(), db, c.category, row, field, mine[0][field]); err != nil && mine[0][field] != "" {
				t.Errorf("%s: the value that it has: %v", c.category, err)
			}
			if err := s.Write(t.Context(), db, c.category, row, beside, "1"); err != nil {
				t.Errorf("%s: a write beside it: %v", c.category, err)
			}
			for _, f := range []string{field, ""} {
				if err := s.Use(t.Context(), db, record, c.category, f, "p"); !errors.Is(err, ErrHeld) {
					t.Errorf("%s: a use of %q: %v", c.category, f, err)
				}
				if err := s.HandOver(t.Context(), db, record, c.category, f, "r"); !errors.Is(err, ErrHeld) {
					t.Errorf("%s: a hand-over of %q: %v", c.category, f, err)
				}
			}
			if err := s.HandOver(t.Context(), db, record, c.category, beside, "r"); err != nil {
				t.Errorf("%s: a hand-over of what is beside it: %v", c.category, err)
			}
		}
		if n := len(rows(t, db, "SELECT 1 FROM hand_overs")); n != len(categories(s)) {
			t.Errorf("%d hand-overs are written down", n)
		}
	})
}

func TestASuspendedCategoryIsWrittenButNotUsed(t *testing.T) {
	every(t, func(t *testing.T, s *System, db *sql.DB) {
		record := s.Main().Number
		c := categories(s)[0]
		hold(t, db, "suspension", record, c.category, "")
		for _, category := range []string{c.category, ""} {
			if err := s.Use(t.Context(), db, record, category, "", "p"); !errors.Is(err, ErrHeld) {
				t.Errorf("a use of %q: %v", category, err)
			}
			if err := s.HandOver(t.Context(), db, record, category, "", "r"); !errors.Is(err, ErrHeld) {
				t.Errorf("a hand-over of %q: %v", category, err)
			}
		}
		if err := s.Use(t.Context(), db, "somebody else", c.category, "", "p"); err != nil {
			t.Errorf("a use of somebody else's: %v", err)
		}
		mine, err := s.Rows(t.Context(), db, c.category, record)
		if err != nil {
			t.Fatal(err)
		}
		columns := strings.Split(c.columns, ", ")
		if err := s.Write(t.Context(), db, c.category, mine[0][columns[0]], columns[2], "1"); err != nil {
			t.Errorf("a write: %v", err)
		}
	})
}

func TestDisposalLeavesPreservedRowsAndWhatWasErasedIsNotTakenBack(t *testing.T) {
	s, err := Of("WAYBILLS")
	if err != nil {
		t.Fatal(err)
	}
	db, record := madeOf(t, "WAYBILLS"), s.Main().Number
	backup, err := s.Rows(t.Context(), db, "waybills", record)
	if err != nil || len(backup) != 3 {
		t.Fatalf("%d rows, %v", len(backup), err)
	}
	hold(t, db, "preservation", record, "", "")
	gone, kept, err := s.Dispose(t.Context(), db, "waybills", "issued_on", "2019-01-01")
	if err != nil || gone < 9 || kept != 1 {
		t.Fatalf("%d are gone, %d kept, %v", gone, kept, err)
	}
	if left, _ := s.Rows(t.Context(), db, "waybills", record); len(left) != 3 {
		t.Errorf("%d of the preserved rows are left", len(left))
	}
	if _, err := db.ExecContext(t.Context(), "DELETE FROM holds"); err != nil {
		t.Fatal(err)
	}
	if gone, kept, err := s.Dispose(t.Context(), db, "waybills", "issued_on", "2019-01-01"); err != nil || gone != 1 || kept != 0 {
		t.Fatalf("without a hold %d are gone, %d kept, %v", gone, kept, err)
	}
	// What was merely disposed of may come back; what has a tombstone may not.
	if err := s.Import(t.Context(), db, "waybills", record, backup[0]); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.Rows(t.Context(), db, "waybills", record); len(got) != 3 || fmt.Sprint(got) != fmt.Sprint(backup) {
		t.Error("a row came back as another one")
	}
	var salt string
	if err := db.QueryRowContext(t.Context(), "SELECT salt FROM tombstone_salt").Scan(&salt); err != nil || len(salt) != 64 {
		t.Fatalf("a salt of %d, %v", len(salt), err)
	}
	for _, hash := range []string{tombstone(salt, "row", "waybills", backup[1]["waybill_no"]), tombstone(salt, "record", "waybills", record)} {
		if _, err := db.ExecContext(t.Context(), "DELETE FROM waybills WHERE waybill_no = ?", backup[1]["waybill_no"]); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "INSERT INTO tombstones VALUES (?, 'waybills', 0)", hash); err != nil {
			t.Fatal(err)
		}
		if err := s.Import(t.Context(), db, "waybills", record, backup[1]); !errors.Is(err, ErrErased) {
			t.Errorf("an erased row: %v", err)
		}
	}
	if _, _, err := s.Dispose(t.Context(), db, "waybills", "no_such_column", ""); err == nil {
		t.Error("a column that is not there")
	}
}

func TestSaltsDiffer(t *testing.T) {
	var salts []string
	for _, s := range systems() {
		for _, t := range s.world.tables {
			if t.name == "tombstone_salt" {
				salts = append(salts, fmt.Sprint(t.rows[0][0]))
			}
		}
	}
	slices.Sort(salts)
	if len(slices.Compact(salts)) != 7 {
		t.Errorf("%d salts", len(salts))
	}
}
