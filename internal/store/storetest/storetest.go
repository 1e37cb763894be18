// Package storetest opens a real store for tests, on SQLite or PostgreSQL, with
// the real packs, calendars and vault, a clock that a test moves, and somebody
// who walks a case through its stages the way its workflow would. Run is the
// suite of promises that a store keeps on both databases.
package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/evidence"
	"madoguchi/internal/store"
	"madoguchi/internal/vault"
	"madoguchi/packs"
	"madoguchi/policy"
)

// Clock is the port's clock in a test. It moves only when it is moved.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Monday is when a test begins: ten in the morning in Osaka, on the first open
// day after a holiday.
var Monday = time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)

// Now is the instant that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Set moves the clock to an instant.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// House is a store with everything that a test needs around it.
type House struct {
	*store.Store
	Clock  *Clock
	Signer *evidence.Signer
	// Options are those that the store was opened with, to open it once more.
	Options store.Options
	// Here is the centre, whose portal takes disclosures; There is another
	// organisation. Both are IDs.
	Here, There string
	// Handler to Manager are staff here; Second is another handler, and Both
	// may handle and approve.
	Handler, Second, Clerk, Approver, Both, Manager, Auditor dsr.Actor
	// Systems answer in place of the connected systems.
	Systems System
	// DB is a connection past every wall: the file, or a superuser.
	DB *sql.DB

	root     vault.Root
	postgres bool
	spoilt   bool // the schema was changed
	fileNo   atomic.Int64
}

var (
	loaded    sync.Once
	library   *policy.Library
	calendars map[string]*clock.Calendar
	loadErr   error
)

// Packs are the packs of the repository and their calendars.
func Packs(t testing.TB) (*policy.Library, map[string]*clock.Calendar) {
	t.Helper()
	loaded.Do(func() {
		if library, loadErr = policy.Load(packs.Files, policy.Options{}); loadErr != nil {
			return
		}
		var sub fs.FS
		if sub, loadErr = fs.Sub(packs.Files, "calendars"); loadErr == nil {
			calendars, loadErr = clock.LoadCalendars(sub)
		}
	})
	if loadErr != nil {
		t.Fatal(loadErr)
	}
	return library, calendars
}

// empty are options that open a store without an organisation: its schema.
func empty(t testing.TB) store.Options {
	root, err := vault.LoadOrCreateRoot(filepath.Join(t.TempDir(), "root", "key"))
	if err != nil {
		t.Fatal(err)
	}
	return store.Options{Vault: vault.New(root), Packs: &policy.Library{}, Calendars: map[string]*clock.Calendar{}}
}

var (
	schemaOnce sync.Once
	schema     []byte
)

// Open gives a house on a SQLite file of its own.
func Open(t testing.TB) *House {
	t.Helper()
	schemaOnce.Do(func() {
		o := empty(t)
		o.File = filepath.Join(t.TempDir(), "schema.db")
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if schema, err = os.ReadFile(o.File); err != nil {
			t.Fatal(err)
		}
	})
	file := filepath.Join(t.TempDir(), "house.db")
	if err := os.WriteFile(file, schema, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(15000)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return open(t, store.Options{File: file}, db)
}

// PostgresURL is the server that tests may make databases on, as
// MADOGUCHI_TEST_POSTGRES names it: a postgres:// address of a superuser. It is
// "" only for tests in short mode.
func PostgresURL(t testing.TB) string {
	t.Helper()
	address := os.Getenv("MADOGUCHI_TEST_POSTGRES")
	if address == "" && !testing.Short() {
		t.Fatal("MADOGUCHI_TEST_POSTGRES is not set: run `make test`, which starts a PostgreSQL, or `go test -short` for the tests without one")
	}
	return address
}

var databases atomic.Int64

// OpenPostgres gives a house on a database of its own, made from a migrated
// template.
func OpenPostgres(t testing.TB) *House {
	t.Helper()
	d := newDatabase(t)
	return open(t, store.Options{URL: d.url}, d.db)
}

// Postgres gives houses one after the other. Making a database takes longer
// than most tests, so that one is emptied and used again; all are dropped when
// t ends.
func Postgres(t testing.TB) func(t *testing.T) *House {
	var mu sync.Mutex
	var free []database
	return func(sub *testing.T) *House {
		sub.Helper()
		mu.Lock()
		var d database
		if len(free) > 0 {
			d, free = free[len(free)-1], free[:len(free)-1]
		}
		mu.Unlock()
		if d.db == nil {
			d = newDatabase(t)
		}
		var h *House
		sub.Cleanup(func() { // after the store was closed
			if sub.Failed() || h == nil || h.spoilt {
				return
			}
			if err := d.clear(); err != nil {
				sub.Error(err)
				return
			}
			mu.Lock()
			free = append(free, d)
			mu.Unlock()
		})
		h = open(sub, store.Options{URL: d.url}, d.db)
		return h
	}
}

type database struct {
	url string
	db  *sql.DB // a superuser's
}

// newDatabase makes one that is dropped when t ends.
func newDatabase(t testing.TB) database {
	t.Helper()
	address := PostgresURL(t)
	if address == "" {
		t.Fatal("MADOGUCHI_TEST_POSTGRES is not set")
	}
	admin, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal("MADOGUCHI_TEST_POSTGRES can't be read")
	}
	t.Cleanup(func() { admin.Close() })
	template := makeTemplate(t, admin, address)
	name := fmt.Sprintf("madoguchi_test_%d_%d_%d", os.Getpid(), time.Now().UnixNano(), databases.Add(1))
	if _, err := admin.Exec("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	d := database{url: inDatabase(t, address, name)}
	if d.db, err = sql.Open("pgx", d.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.db.Close() })
	return d
}

// clear deletes every row and leaves the schema.
func (d database) clear() error {
	_, err := d.db.Exec(`DO $$ DECLARE t text; BEGIN
		SET LOCAL session_replication_role = replica;
		FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'goose_db_version' LOOP
			EXECUTE format('DELETE FROM %I', t);
		END LOOP;
	END $$`)
	return err
}

// inDatabase is an address with another database.
func inDatabase(t testing.TB, address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal("MADOGUCHI_TEST_POSTGRES can't be read")
	}
	u.Path = "/" + name
	return u.String()
}

// makeTemplate migrates a database once for all test processes on the server:
// its name holds the digest of the migrations.
func makeTemplate(t testing.TB, admin *sql.DB, address string) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(here), "..", "migrations", "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal("the migrations are not where the sources are")
	}
	sum := sha256.New()
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(sum, "%s\n%s\n", filepath.Base(f), text)
	}
	name := "madoguchi_template_" + hex.EncodeToString(sum.Sum(nil)[:8])
	conn, err := admin.Conn(t.Context())
	if err != nil {
		t.Fatalf("MADOGUCHI_TEST_POSTGRES does not answer: %v", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "SELECT pg_advisory_lock(77001)"); err != nil {
		t.Fatal(err)
	}
	defer conn.ExecContext(context.WithoutCancel(t.Context()), "SELECT pg_advisory_unlock(77001)")
	var ready bool
	if err := conn.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&ready); err != nil {
		t.Fatal(err)
	}
	if ready {
		return name
	}
	draft := fmt.Sprintf("%s_%d", name, os.Getpid())
	if _, err := conn.ExecContext(t.Context(), "CREATE DATABASE "+draft); err != nil {
		t.Fatal(err)
	}
	o := empty(t)
	o.URL = inDatabase(t, address, draft)
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A template has its name only when it is whole.
	if _, err := conn.ExecContext(t.Context(), "ALTER DATABASE "+draft+" RENAME TO "+name); err != nil {
		t.Fatal(err)
	}
	return name
}

func open(t testing.TB, o store.Options, db *sql.DB) *House {
	t.Helper()
	h := &House{Clock: &Clock{at: Monday}, Systems: Sample(), DB: db, postgres: o.URL != ""}
	secrets := t.TempDir()
	root, err := vault.LoadOrCreateRoot(filepath.Join(secrets, "root"))
	if err != nil {
		t.Fatal(err)
	}
	if h.Signer, err = evidence.LoadOrCreateSigner(filepath.Join(secrets, "signer")); err != nil {
		t.Fatal(err)
	}
	h.root = root
	o.Vault, o.Now = vault.New(root), h.Clock.Now
	o.Packs, o.Calendars = Packs(t)
	o.BaseURL, o.MailDomain = "http://127.0.0.1:8080", "madoguchi.test"
	h.Options = o
	if h.Store, err = store.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Store.Close(); err != nil {
			t.Error(err)
		}
	})
	here, _ := o.Packs.BySlug("izumisano")
	there, _ := o.Packs.BySlug("kai")
	h.Here, h.There = here.ID, there.ID
	for _, x := range []struct {
		to    *dsr.Actor
		name  string
		roles []dsr.Role
	}{
		{&h.Handler, "Hana Handler", []dsr.Role{dsr.RoleHandler}},
		{&h.Second, "Sora Second", []dsr.Role{dsr.RoleHandler}},
		{&h.Clerk, "Kana Clerk", []dsr.Role{dsr.RoleClerk}},
		{&h.Approver, "Aki Approver", []dsr.Role{dsr.RoleApprover}},
		{&h.Both, "Beni Both", []dsr.Role{dsr.RoleHandler, dsr.RoleApprover}},
		{&h.Manager, "Mio Manager", []dsr.Role{dsr.RoleManager}},
		{&h.Auditor, "Aoi Auditor", []dsr.Role{dsr.RoleAuditor}},
	} {
		*x.to = h.AddActor(t, h.Here, x.name, x.roles...)
	}
	return h
}

// AddActor makes an account with roles in one organisation, and an appointment
// in each that needs one where its policy asks. Nobody can sign in
// with it: hashing a password takes longer than all else that a test does.
func (h *House) AddActor(t testing.TB, organisation, name string, roles ...dsr.Role) dsr.Actor {
	t.Helper()
	id := "staff-" + strings.ToLower(strings.ReplaceAll(name, " ", "-"))
	h.Exec(t, "INSERT INTO staff (id, login, name, voice, password_hash, created_at) VALUES (?, ?, ?, 'en', 'none', 1)", id, id, name)
	for _, r := range roles {
		h.Exec(t, "INSERT INTO staff_roles (staff, organisation, role, since_at) VALUES (?, ?, ?, 1)", id, organisation, string(r))
		if r == dsr.RoleHandler || r == dsr.RoleApprover || r == dsr.RoleManager {
			h.Exec(t, "INSERT INTO appointments (organisation, id, staff, role, appointed_by, from_at, created_at) VALUES (?, ?, ?, ?, 'staff-founder', 1, 1)",
				organisation, "appointment-"+id+"-"+string(r), id, string(r))
		}
	}
	return dsr.Actor{Kind: dsr.ActorStaff, ID: id, Roles: roles}
}

// Again opens the same database as another process would: nothing cached.
func (h *House) Again(t testing.TB) *store.Store {
	t.Helper()
	o := h.Options
	o.Vault = vault.New(h.root)
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Office is the centre's door.
func (h *House) Office() *store.Organisation { return h.Store.For(h.Here) }

// bind writes ? as PostgreSQL has it.
func (h *House) bind(query string) string {
	if !h.postgres {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Exec changes the database past every wall and constraint of the product.
// Triggers and row-level security of PostgreSQL do not hold for it.
func (h *House) Exec(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := h.DB.Exec(h.bind(query), args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// Try is Exec that may fail.
func (h *House) Try(query string, args ...any) error {
	_, err := h.DB.Exec(h.bind(query), args...)
	return err
}

// Int reads one number past every wall.
func (h *House) Int(t testing.TB, query string, args ...any) (n int64) {
	t.Helper()
	if err := h.DB.QueryRow(h.bind(query), args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// Text reads one text past every wall.
func (h *House) Text(t testing.TB, query string, args ...any) (s string) {
	t.Helper()
	if err := h.DB.QueryRow(h.bind(query), args...).Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s
}

// Tables are the names of all tables of the product.
func (h *House) Tables(t testing.TB) (names []string) {
	t.Helper()
	q := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
	if h.postgres {
		q = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1"
	}
	rows, err := h.DB.Query(q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if name != "goose_db_version" {
			names = append(names, name)
		}
	}
	return names
}

// Digest is a fingerprint of all rows of the tables: two that are equal say
// that nothing changed. where narrows it ("" for all rows).
func (h *House) Digest(t testing.TB, where string, tables ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, table := range tables {
		q := "SELECT * FROM " + table
		if where != "" {
			q += " WHERE " + where
		}
		rows, err := h.DB.Query(q)
		if err != nil {
			t.Fatal(err)
		}
		cols, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for rows.Next() {
			values, to := make([]any, len(cols)), make([]any, len(cols))
			for i := range values {
				to[i] = &values[i]
			}
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprintf("%x", fmt.Sprint(values...)))
		}
		rows.Close()
		sum := sha256.Sum256([]byte(strings.Join(sorted(lines), "\n")))
		out[table] = fmt.Sprintf("%d rows %x", len(lines), sum[:8])
	}
	return out
}
