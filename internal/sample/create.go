package sample

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	_ "github.com/glebarez/go-sqlite" // the driver "sqlite"
)

// Create makes the system of a setting as a SQLite file at path. It is built
// beside it and renamed when it is whole; a file that is already there is left
// as it is, with the counts in it.
func Create(ctx context.Context, setting, path string) (err error) {
	s, err := Of(setting)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("sample: %w", err)
	}
	building := path + ".building"
	if err := os.Remove(building); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("sample: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(building) // what went wrong before matters more
		}
	}()
	db, err := Open(building)
	if err != nil {
		return err
	}
	if err := s.write(ctx, db); err != nil {
		_ = db.Close() // what went wrong before matters more
		return err
	}
	if err := db.Close(); err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	if err := os.Rename(building, path); err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	return nil
}

// Open opens a system's SQLite file as the system's own programs do: what
// refers to something must find it, and who comes second waits a little.
func Open(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, fmt.Errorf("sample: %w", err)
	}
	return db, nil
}

// CreatePostgres makes the tables of a setting's system in the current schema
// of a PostgreSQL database, which must not have them yet.
func CreatePostgres(ctx context.Context, setting string, db *sql.DB) error {
	s, err := Of(setting)
	if err != nil {
		return err
	}
	return s.write(ctx, db)
}

// postgres reports whether db is one; its marks and triggers are other ones.
func postgres(db *sql.DB) bool { return strings.Contains(fmt.Sprintf("%T", db.Driver()), "stdlib") }

// marks are n parameters, the first of which is number from.
func marks(db *sql.DB, from, n int) []string {
	list := make([]string, n)
	for i := range list {
		if list[i] = "?"; postgres(db) {
			list[i] = "$" + strconv.Itoa(from+i)
		}
	}
	return list
}

func (s *System) write(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	defer tx.Rollback() // after a commit it does nothing
	do := func(what, statement string) error {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("sample: %s: %w", what, err)
		}
		return nil
	}
	for _, t := range s.world.tables {
		if err := do(t.name, "CREATE TABLE "+t.name+" ("+t.ddl+")"); err != nil {
			return err
		}
		if err := fill(ctx, db, tx, t); err != nil {
			return err
		}
	}
	for _, v := range s.world.views {
		if err := do(v.Name, "CREATE VIEW "+v.Name+" AS "+v.Select); err != nil {
			return err
		}
	}
	for _, statement := range triggers(s.world.tables, postgres(db)) {
		if err := do("trigger", statement); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	return nil
}

// fill writes the rows of a table, many at a time: a server that is asked for
// each one alone takes seconds.
func fill(ctx context.Context, db *sql.DB, tx *sql.Tx, t table) error {
	for some := range slices.Chunk(t.rows, 50) {
		var values []any
		var lines []string
		for _, row := range some {
			lines = append(lines, "("+strings.Join(marks(db, len(values)+1, len(row)), ", ")+")")
			values = append(values, row...)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO "+t.name+" ("+t.columns+") VALUES "+strings.Join(lines, ", "), values...); err != nil {
			return fmt.Errorf("sample: table %s: %w", t.name, err)
		}
	}
	return nil
}
