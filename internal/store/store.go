package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/glebarez/sqlite"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/vault"
	"madoguchi/policy"
)

// Options are what Open needs.
type Options struct {
	// URL is a postgres:// address, or "" for the SQLite file at File.
	URL  string
	File string
	// Vault, Packs and Calendars are the house's; all are required.
	Vault     *vault.Vault
	Packs     *policy.Library
	Calendars map[string]*clock.Calendar
	// BaseURL is where the portal is reached from outside: links in mails.
	BaseURL string
	// MailDomain is the domain of Message-IDs.
	MailDomain string
	// Now replaces the database's clock: stories, fault runs. nil in production.
	Now func() time.Time
	// OwnerURL is the role that owns the tables and migrates; "" is URL.
	OwnerURL string
	// Committed is told of each case that got a command, after the commit, to
	// try its delivery at once. nil for none.
	Committed func(ctx context.Context, organisation, caseID string)
}

// Store is the database and what is needed to decide in it.
type Store struct {
	Options
	db   *gorm.DB // writes; on SQLite one connection
	read *gorm.DB // reads; on PostgreSQL the same pool

	mu   sync.Mutex
	orgs map[string][]byte // wrapped keys by organisation, never changed once made
}

// Open connects, migrates, and makes sure that every organisation of the packs
// has its row and key.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Vault == nil || o.Packs == nil || o.Calendars == nil {
		return nil, errors.New("store: vault, packs and calendars are required")
	}
	s := &Store{Options: o, orgs: map[string][]byte{}}
	config := &gorm.Config{
		Logger:                 logger.Discard, // SQL texts carry values; faults are logged by code
		TranslateError:         true,
		SkipDefaultTransaction: true,
		// GORM asks for a time it never stores here: no row has a column that it fills by itself.
		NowFunc: func() time.Time { return time.Time{} },
	}
	if o.URL != "" {
		if err := migratePostgres(ctx, cmp.Or(o.OwnerURL, o.URL)); err != nil {
			return nil, err
		}
		pgc, err := pgx.ParseConfig(o.URL)
		if err != nil {
			return nil, errors.New("store: DATABASE_URL can't be read") // the cause may quote the password
		}
		db := stdlib.OpenDB(*pgc, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
			// The application runs under a role that owns nothing: row-level
			// security holds for it whoever logged in.
			// A process that froze in the middle of a transaction must not hold a
			// case's lock for ever: the others go on without it.
			_, err := c.Exec(ctx, "SET ROLE madoguchi_app; SET idle_in_transaction_session_timeout = '20s'")
			return err
		}))
		db.SetMaxOpenConns(24)
		db.SetMaxIdleConns(8)
		if s.db, err = gorm.Open(postgres.New(postgres.Config{Conn: db}), config); err != nil {
			return nil, err
		}
		s.read = s.db
	} else {
		if o.File == "" {
			return nil, errors.New("store: neither a database address nor a file is set")
		}
		if err := migrateSQLite(ctx, o.File); err != nil {
			return nil, err
		}
		var err error
		if s.db, err = openSQLite(o.File, "&_txlock=immediate", config); err != nil {
			return nil, err
		}
		w, err := s.db.DB()
		if err != nil {
			return nil, err
		}
		w.SetMaxOpenConns(1)
		if s.read, err = openSQLite(o.File, "&_pragma=query_only(1)", config); err != nil {
			return nil, err
		}
		r, err := s.read.DB()
		if err != nil {
			return nil, err
		}
		r.SetMaxOpenConns(8)
	}
	for _, p := range o.Packs.Packs() {
		if err := s.ensureOrganisation(ctx, p.ID, p.Slug); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// sqliteDSN: WAL with full synchronisation (invariant I1), foreign keys,
// deleted bytes overwritten, no schema tricks.
func sqliteDSN(file, more string) string {
	return "file:" + file + "?_pragma=busy_timeout(15000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_pragma=trusted_schema(0)" + more
}

func openSQLite(file, more string, config *gorm.Config) (*gorm.DB, error) {
	return gorm.Open(sqlite.Open(sqliteDSN(file, more)), config)
}

// Close closes the database.
func (s *Store) Close() error {
	var errs []error
	for _, g := range []*gorm.DB{s.read, s.db} {
		if db, err := g.DB(); err == nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Postgres reports which of the two databases this is.
func (s *Store) Postgres() bool { return s.db.Dialector.Name() == "postgres" }

// ensureOrganisation makes the organisation's row and key on its first start.
func (s *Store) ensureOrganisation(ctx context.Context, id, slug string) error {
	wrapped, err := s.Vault.NewOrganisationKey(id)
	if err != nil {
		return err
	}
	at, err := s.now(s.db.WithContext(ctx))
	if err != nil {
		return fault(err)
	}
	row := organisationRow{ID: id, Slug: slug, WrappedKey: wrapped, CreatedAt: micros(at)}
	// The slug may change with the pack; ID and key never do.
	err = s.db.WithContext(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"slug"})}).Create(&row).Error
	if err != nil {
		return fault(err)
	}
	var kept organisationRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&kept).Error; err != nil {
		return fault(err)
	}
	s.mu.Lock()
	s.orgs[id] = kept.WrappedKey
	s.mu.Unlock()
	return nil
}

// now is the port's clock: the database's in production.
func (s *Store) now(db *gorm.DB) (time.Time, error) {
	if s.Now != nil {
		return s.Now().UTC().Truncate(time.Microsecond), nil
	}
	if !s.Postgres() {
		// The database lives in this process: its clock is ours.
		return time.Now().UTC().Truncate(time.Microsecond), nil
	}
	var at time.Time
	if err := db.Raw("SELECT clock_timestamp()").Scan(&at).Error; err != nil {
		return time.Time{}, err
	}
	return at.UTC().Truncate(time.Microsecond), nil
}

// For is the door to one organisation.
func (s *Store) For(organisation string) *Organisation {
	return &Organisation{s: s, id: organisation}
}

// Organisation is everything of one organisation and nothing of another.
type Organisation struct {
	s  *Store
	id string
}

// current is the newest version of the organisation's pack; what a case is carried
// out by is tx.pack.
func (o *Organisation) current() (*policy.Pack, error) {
	p, ok := o.s.Packs.ByID(o.id)
	if !ok {
		return nil, dsr.Fail(dsr.NotFound, "error.organisation-unknown")
	}
	return p, nil
}

// tx is one transaction of one organisation.
type tx struct {
	o   *Organisation
	db  *gorm.DB
	ctx context.Context
	now time.Time // taken after the lock; see lock
	// refusal is what the caller is told although the transaction commits: an
	// attempt that an auditor would want to know of is recorded as refused.
	refusal error
	wrote   []string // cases that got a command
	keys    map[string][]byte
	forget  []string // keys destroyed in here
}

// write runs fn in a writing transaction behind the organisation's wall.
func (o *Organisation) write(ctx context.Context, fn func(t *tx) error) error {
	if _, err := o.current(); err != nil {
		return err
	}
	t := &tx{o: o, ctx: ctx, keys: map[string][]byte{}}
	err := o.s.db.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		t.db, t.refusal, t.wrote, t.forget = db, nil, nil, nil
		if err := o.wall(db); err != nil {
			return err
		}
		at, err := o.s.now(db)
		if err != nil {
			return err
		}
		t.now = at
		return fn(t)
	})
	if err != nil {
		return fault(err)
	}
	for _, id := range t.forget {
		o.s.Vault.Forget(o.id, id)
	}
	if o.s.Committed != nil {
		for _, id := range t.wrote {
			o.s.Committed(ctx, o.id, id)
		}
	}
	return t.refusal
}

// view is snapshot of an organisation that has a pack.
func (o *Organisation) view(ctx context.Context, fn func(t *tx) error) error {
	if _, err := o.current(); err != nil {
		return err
	}
	return o.snapshot(ctx, fn)
}

// snapshot runs fn in a reading transaction behind the organisation's wall, on one
// state of the database: what a page or a check puts side by side must not move
// between two of its queries.
func (o *Organisation) snapshot(ctx context.Context, fn func(t *tx) error) error {
	var opts []*sql.TxOptions
	if o.s.Postgres() { // SQLite reads so by itself
		opts = append(opts, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	}
	t := &tx{o: o, ctx: ctx, keys: map[string][]byte{}}
	return fault(o.s.read.WithContext(ctx).Transaction(func(db *gorm.DB) (err error) {
		t.db = db
		if err := o.wall(db); err != nil {
			return err
		}
		if t.now, err = o.s.now(db); err != nil {
			return err
		}
		return fn(t)
	}, opts...))
}

// wall tells PostgreSQL whose rows this transaction may see. The setting ends
// with the transaction; a transaction without it sees nothing.
func (o *Organisation) wall(db *gorm.DB) error {
	if !o.s.Postgres() {
		return nil
	}
	return db.Exec("SELECT set_config('madoguchi.organisation', ?, true)", o.id).Error
}

// lock takes the lock of a submission and then of its cases in the order of
// their IDs, and the time after it.
func (t *tx) lock(submission string) (*submissionRow, []*caseRow, error) {
	var s submissionRow
	err := t.db.Clauses(clause.Locking{Strength: "UPDATE"}).
		Where("organisation = ? AND id = ?", t.o.id, submission).Take(&s).Error
	if err != nil {
		return nil, nil, err
	}
	var cases []*caseRow
	err = t.db.Clauses(clause.Locking{Strength: "UPDATE"}).
		Where("organisation = ? AND submission = ?", t.o.id, submission).Order("id").Find(&cases).Error
	if err != nil {
		return nil, nil, err
	}
	if t.now, err = t.o.s.now(t.db); err != nil {
		return nil, nil, err
	}
	return &s, cases, nil
}

// lockCase is lock by one of the cases.
func (t *tx) lockCase(id string) (*submissionRow, *caseRow, error) {
	var submission string
	err := t.db.Raw("SELECT submission FROM cases WHERE organisation = ? AND id = ?", t.o.id, id).Scan(&submission).Error
	if err != nil {
		return nil, nil, err
	}
	if submission == "" {
		return nil, nil, dsr.Fail(dsr.NotFound, "error.case-unknown")
	}
	s, cases, err := t.lock(submission)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range cases {
		if c.ID == id {
			return s, c, nil
		}
	}
	return nil, nil, dsr.Fail(dsr.NotFound, "error.case-unknown")
}

// find reads a case and its submission without a lock.
func (t *tx) find(id string) (*submissionRow, *caseRow, error) {
	var c caseRow
	if err := t.db.Where("organisation = ? AND id = ?", t.o.id, id).Take(&c).Error; err != nil {
		return nil, nil, err
	}
	var s submissionRow
	if err := t.db.Where("organisation = ? AND id = ?", t.o.id, c.Submission).Take(&s).Error; err != nil {
		return nil, nil, err
	}
	return &s, &c, nil
}

// save writes a row back under its version. Nobody else can have changed it
// under the lock; if the version moved all the same, the world did, and the
// whole transaction is undone.
func (t *tx) save(row versioned, id string) error {
	was := row.bump()
	res := t.db.Model(row).Where("organisation = ? AND id = ? AND version = ?", t.o.id, id, was).
		Select("*").Omit("organisation", "id").Updates(row)
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected != 1 {
		return dsr.Fail(dsr.Conflict, "error.changed-meanwhile")
	}
	return nil
}

// fault translates what the database said into a fault. Values never pass.
func fault(err error) error {
	if err == nil {
		return nil
	}
	var known *dsr.Error
	if errors.As(err, &known) {
		return err
	}
	var pg *pgconn.PgError
	var netErr net.Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return &dsr.Error{Fault: dsr.NotFound, Code: "error.unknown"}
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return &dsr.Error{Fault: dsr.Conflict, Code: "error.exists", Err: errors.New("duplicate key")}
	case errors.As(err, &pg):
		// Message and detail may quote values; the code and the constraint do not.
		e := fmt.Errorf("postgres %s %s", pg.Code, pg.ConstraintName)
		switch {
		case pg.ConstraintName == "two_people":
			return &dsr.Error{Fault: dsr.Forbidden, Code: "error.same-person", Err: e}
		case strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "57"), strings.HasPrefix(pg.Code, "53"),
			pg.Code == "40001", pg.Code == "40P01":
			return &dsr.Error{Fault: dsr.Unavailable, Code: "error.unavailable", Err: e}
		}
		return &dsr.Error{Fault: dsr.Internal, Code: "error.internal", Err: e}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr):
		return &dsr.Error{Fault: dsr.Unavailable, Code: "error.unavailable", Err: errors.New("database: cancelled or away")}
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "two_people"):
		return &dsr.Error{Fault: dsr.Forbidden, Code: "error.same-person", Err: errors.New("constraint two_people")}
	case strings.Contains(text, "database is locked"), strings.Contains(text, "SQLITE_BUSY"),
		strings.Contains(text, "bad connection"), strings.Contains(text, "failed to connect"), strings.Contains(text, "conn closed"):
		return &dsr.Error{Fault: dsr.Unavailable, Code: "error.unavailable", Err: errors.New("database: busy or away")}
	}
	return &dsr.Error{Fault: dsr.Internal, Code: "error.internal", Err: err}
}

// micros is an instant as the database keeps it: UTC microseconds, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant is micros back; the zero time for 0.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
