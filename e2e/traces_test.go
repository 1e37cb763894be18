package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"madoguchi/e2e/driver"
	"madoguchi/internal/canary"
	"madoguchi/internal/sample"
)

// nowhereElse looks for what the journey planted in everything that it left
// behind: databases of the engine and of Temporal with their logs, the program's
// log, mails, temporary files. It may be found in the connected system, which it
// comes from, and the address in the mails that went to it.
func nowhereElse(t *testing.T, o *driver.Office) {
	t.Helper()
	nowhereOf(t, o, planted{texts: []string{sample.Main().Name, sample.Main().Kana, plantedPhone, plantedScope, plantedNote, plantedReason, plantedFile,
		thirdPerson, withheldText, withheldTopic}, mails: []string{plantedMail}})
}

// planted is what may be found nowhere but in the connected systems; mails are
// addresses, which mails may name whom they go to.
type planted struct{ texts, mails []string }

// nowhereOf looks for what a journey planted; see nowhereElse.
func nowhereOf(t *testing.T, o *driver.Office, p planted) {
	t.Helper()
	source := canary.Allowed{Sink: "data/sample/**", Why: "the connected system, where the records come from"}
	texts := &canary.Scanner{Canaries: p.texts, Allow: []canary.Allowed{source}}
	address := &canary.Scanner{Canaries: p.mails, Allow: []canary.Allowed{source, {Sink: "data/mail/**", Why: "a mail names whom it goes to"}}}
	for _, s := range []*canary.Scanner{texts, address} {
		for _, dir := range []string{o.Data, o.Temp} {
			if err := s.Tree(dir); err != nil && !strings.Contains(err.Error(), "nothing") {
				t.Fatal(err)
			}
		}
		if err := s.Bytes("output", []byte(strings.NewReplacer(p.texts[0], "", p.mails[0], "").Replace(o.Output()))); err != nil {
			t.Fatal(err)
		}
		if o.Database != "" {
			dump(t, o.Database, s)
		}
		r := s.Report()
		if err := r.Err(); err != nil {
			t.Error(err)
		}
		t.Logf("counts: canaries=%d sinks=%d bytes=%d allowed=%d", len(s.Canaries), len(r.Sinks), r.Bytes, len(r.Allowed))
	}

	// The same search with a fault planted: a value in a copy of the log.
	leak := filepath.Join(t.TempDir(), "madoguchi.log")
	if err := os.WriteFile(leak, []byte(o.Log()+"\n{\"name\":\""+p.texts[1]+"\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	red := &canary.Scanner{Canaries: p.texts}
	if err := red.File(leak); err != nil {
		t.Fatal(err)
	}
	if red.Report().Err() == nil {
		t.Error("a value planted in the log is not found")
	}
}

// dump gives every row of every table to a scanner.
func dump(t *testing.T, address string, s *canary.Scanner) {
	t.Helper()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	names, err := column(ctx, db, "SELECT quote_ident(schemaname)||'.'||quote_ident(tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
	if err != nil || len(names) == 0 {
		t.Fatalf("no table in the database: %v", err)
	}
	rows := 0
	for _, name := range names {
		lines, err := column(ctx, db, fmt.Sprintf("SELECT t::text FROM %s t", name))
		if err != nil {
			t.Fatal(err)
		}
		rows += len(lines)
		if err := s.Bytes("postgresql/"+name, []byte(strings.Join(lines, "\n")+"\n")); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("counts: tables=%d rows=%d", len(names), rows)
}

func column(ctx context.Context, db *sql.DB, query string) (out []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
