package sample

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/glebarez/go-sqlite"
	"github.com/jackc/pgx/v5/pgconn"
)

// What the system says when it does not do what its own programs ask for.
var (
	ErrHeld   = errors.New("sample: held")                 // a hold forbids it
	ErrErased = errors.New("sample: erased, not imported") // a tombstone forbids it
)

// held makes ErrHeld of what a trigger said.
func held(err error) error {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	if errors.As(err, &pg) && pg.Code == "P0001" || errors.As(err, &lite) && lite.Code() == 19|7<<8 {
		return ErrHeld
	}
	return err
}

// table finds the table of a category, and the column that names its rows.
func (s *System) table(category string) (t table, key string, err error) {
	for _, t := range s.world.tables {
		if t.category == category && category != "" {
			key, _, _ := strings.Cut(t.columns, ", ")
			return t, key, nil
		}
	}
	return t, "", fmt.Errorf("sample: %s has no category %q", s.setting, category)
}

// Write is the system changing one field of one row of its own accord.
// ErrHeld when the field is frozen.
func (s *System) Write(ctx context.Context, db *sql.DB, category, row, field, value string) error {
	t, key, err := s.table(category)
	if err != nil {
		return err
	}
	m := marks(db, 1, 2)
	r, err := db.ExecContext(ctx, "UPDATE "+t.name+" SET "+field+" = "+m[0]+" WHERE CAST("+key+" AS TEXT) = "+m[1], value, row)
	if err != nil {
		return held(err)
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("sample: %d rows were changed: %w", n, err)
	}
	return nil
}

// HandOver is the system giving a field of a person, or with "" all of a
// category or of the record, to a recipient. ErrHeld when it is frozen or
// suspended.
func (s *System) HandOver(ctx context.Context, db *sql.DB, record, category, field, recipient string) error {
	return s.log(ctx, db, "hand_overs", "hand_over_no", "recipient", record, category, field, recipient)
}

// Use is the system using a field of a person; otherwise as HandOver.
func (s *System) Use(ctx context.Context, db *sql.DB, record, category, field, purpose string) error {
	return s.log(ctx, db, "uses", "use_no", "purpose", record, category, field, purpose)
}

func (s *System) log(ctx context.Context, db *sql.DB, table, number, what, record, category, field, value string) error {
	_, err := db.ExecContext(ctx, "INSERT INTO "+table+" ("+number+", record, category, field, "+what+", at) SELECT coalesce(max("+number+"), 0) + 1, "+
		strings.Join(marks(db, 1, 4), ", ")+", 0 FROM "+table, record, category, field, value)
	return held(err)
}

// Row is one row of a table as text, by column; a column that is NULL is not
// there.
type Row map[string]string

// Rows reads the rows of a category that are a person's, as a backup keeps
// them.
func (s *System) Rows(ctx context.Context, db *sql.DB, category, record string) ([]Row, error) {
	t, key, err := s.table(category)
	if err != nil {
		return nil, err
	}
	columns := strings.Split(t.columns, ", ")
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = "CAST(OLD." + c + " AS TEXT)"
	}
	// The table is called OLD here, as in the triggers that say whose a row is.
	found, err := db.QueryContext(ctx, `SELECT `+strings.Join(cells, ", ")+` FROM `+t.name+` OLD WHERE `+marks(db, 1, 1)[0]+` IN (`+t.record+`) ORDER BY OLD.`+key, record)
	if err != nil {
		return nil, fmt.Errorf("sample: %w", err)
	}
	defer found.Close()
	var rows []Row
	for found.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			return nil, fmt.Errorf("sample: %w", err)
		}
		r := Row{}
		for i, v := range values {
			if v.Valid {
				r[columns[i]] = v.String
			}
		}
		rows = append(rows, r)
	}
	return rows, found.Err()
}

// Import is the system taking a row back from a backup or from somebody who
// sends it again. ErrErased when the row, or the person in this category, was
// erased on request.
func (s *System) Import(ctx context.Context, db *sql.DB, category, record string, row Row) error {
	t, key, err := s.table(category)
	if err != nil {
		return err
	}
	var salt string
	if err := db.QueryRowContext(ctx, "SELECT salt FROM tombstone_salt").Scan(&salt); err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	var erased int
	m := marks(db, 1, 2)
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM tombstones WHERE hash IN ("+m[0]+", "+m[1]+")",
		tombstone(salt, "row", category, row[key]), tombstone(salt, "record", category, record)).Scan(&erased); err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	if erased > 0 {
		return ErrErased
	}
	var columns []string
	var values []any
	for _, c := range strings.Split(t.columns, ", ") {
		if v, ok := row[c]; ok {
			columns, values = append(columns, c), append(values, v)
		}
	}
	if _, err := db.ExecContext(ctx, "INSERT INTO "+t.name+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(marks(db, 1, len(values)), ", ")+")", values...); err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	return nil
}

// tombstone is the system's own computation of the hash that the schema of
// mappings describes; it shares no code with whoever wrote it.
func tombstone(salt, what, category, key string) string {
	h := hmac.New(sha256.New, []byte(salt))
	_, _ = h.Write([]byte(what + "\x00" + category + "\x00" + key + "\x00")) // a hash never fails
	return hex.EncodeToString(h.Sum(nil))
}

// Dispose is the system's retention job: it deletes the rows of a category
// whose column is before a date (YYYY-MM-DD). Rows of preserved records stay.
func (s *System) Dispose(ctx context.Context, db *sql.DB, category, column, before string) (gone, kept int, err error) {
	t, key, err := s.table(category)
	if err != nil {
		return 0, 0, err
	}
	if !slices.Contains(strings.Split(t.columns, ", "), column) {
		return 0, 0, fmt.Errorf("sample: %s has no column %q", t.name, column)
	}
	found, err := db.QueryContext(ctx, "SELECT CAST("+key+" AS TEXT) FROM "+t.name+" WHERE "+column+" < "+marks(db, 1, 1)[0], before)
	if err != nil {
		return 0, 0, fmt.Errorf("sample: %w", err)
	}
	defer found.Close()
	var old []string
	for found.Next() {
		var k string
		if err := found.Scan(&k); err != nil {
			return 0, 0, fmt.Errorf("sample: %w", err)
		}
		old = append(old, k)
	}
	if err := found.Err(); err != nil {
		return 0, 0, fmt.Errorf("sample: %w", err)
	}
	for _, k := range old {
		_, err := db.ExecContext(ctx, "DELETE FROM "+t.name+" WHERE CAST("+key+" AS TEXT) = "+marks(db, 1, 1)[0], k)
		switch err := held(err); {
		case err == nil:
			gone++
		case errors.Is(err, ErrHeld):
			kept++
		default:
			return gone, kept, fmt.Errorf("sample: %w", err)
		}
	}
	return gone, kept, nil
}
