package sqltable

import (
	"context"
	"errors"
	"fmt"

	"github.com/glebarez/go-sqlite"
	"github.com/jackc/pgx/v5/pgconn"

	"madoguchi/dsr"
)

// The codes of what can go wrong, a closed list.
const (
	CodeAway     = "connector.away"      // the database does not answer; later it may
	CodeRefused  = "connector.refused"   // it does not let us in, or not at this table
	CodeMapping  = "connector.mapping"   // tables and columns are not as the mapping says
	CodeRecord   = "connector.record"    // there is no record with the key that was chosen
	CodeTooLarge = "connector.too-large" // more than may be held in memory; never cut short

	CodeUnsupported = "connector.unsupported" // the mapping or the system cannot do it; a person does
	CodeChanged     = "connector.changed"     // a value or a row is not what was decided on
	CodeHeld        = "connector.held"        // somebody else's hold forbids it
)

// fault turns what the database said into an error that may cross any border.
// Only the database's own code is kept: its messages quote values, and the
// address in a connection error has a password.
func fault(what string, err error) error {
	var known *dsr.Error
	var pg *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded):
		return dsr.Errorf(dsr.Unavailable, CodeAway, "%s: out of time", what)
	case errors.Is(err, context.Canceled):
		return dsr.Errorf(dsr.Unavailable, CodeAway, "%s: called off", what)
	case errors.As(err, &pg):
		cause := fmt.Sprintf("%s: SQLSTATE %s", what, pg.Code)
		switch {
		case pg.Code == "42501", len(pg.Code) == 5 && pg.Code[:2] == "28", pg.Code == "3D000":
			return dsr.Errorf(dsr.Unavailable, CodeRefused, "%s", cause)
		case len(pg.Code) == 5 && (pg.Code[:2] == "42" || pg.Code[:2] == "22" || pg.Code[:2] == "3F"):
			return dsr.Errorf(dsr.Internal, CodeMapping, "%s", cause)
		}
		return dsr.Errorf(dsr.Unavailable, CodeAway, "%s", cause)
	case errors.As(err, &lite):
		cause := fmt.Sprintf("%s: SQLite result %d", what, lite.Code())
		switch lite.Code() & 0xff {
		case 1, 19, 20, 25: // no such table or column, constraint, mismatch, range
			return dsr.Errorf(dsr.Internal, CodeMapping, "%s", cause)
		case 3, 8, 23: // permission, read-only, authorisation
			return dsr.Errorf(dsr.Unavailable, CodeRefused, "%s", cause)
		}
		return dsr.Errorf(dsr.Unavailable, CodeAway, "%s", cause)
	}
	return dsr.Errorf(dsr.Unavailable, CodeAway, "%s: %T", what, err)
}
