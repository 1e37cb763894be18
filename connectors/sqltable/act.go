package sqltable

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/glebarez/go-sqlite"
	"github.com/jackc/pgx/v5/pgconn"

	"madoguchi/dsr"
)

// unsupported is what a mapping, or the system behind it, cannot do: a person
// does it there by hand.
func (s *System) unsupported(cause string) error {
	return dsr.Errorf(dsr.Invalid, CodeUnsupported, "system %s: %s", s.m.ID, cause)
}

func (s *System) changed(cause string) error {
	return dsr.Errorf(dsr.Conflict, CodeChanged, "system %s: %s", s.m.ID, cause)
}

func (s *System) held(cause string) error {
	return dsr.Errorf(dsr.Conflict, CodeHeld, "system %s: %s", s.m.ID, cause)
}

// Act carries out one instruction in one transaction of the system, which
// counts the effect's key in the same one, and reads back what it did before
// it commits. A key that was counted before changes nothing and is answered
// Again, with what can still be read of it.
//
// Invalid "connector.unsupported" when the mapping has no place for it or the
// system does not take the value, Conflict "connector.changed" when a value or
// a row is no longer what was decided on, Conflict "connector.held" when
// somebody else's hold forbids it, NotFound "connector.record" when there is
// no such person. Whatever the error, nothing was changed.
func (s *System) Act(ctx context.Context, key string, in dsr.Instruction) (dsr.Acted, error) {
	if err := s.called(ctx, key, string(in.Action)); err != nil {
		return dsr.Acted{}, err
	}
	acted, err := s.act(ctx, key, in)
	if err != nil {
		return dsr.Acted{}, s.refused(string(in.Action), err)
	}
	return acted, nil
}

func (s *System) act(ctx context.Context, key string, in dsr.Instruction) (dsr.Acted, error) {
	holds := in.Action != dsr.ActionCorrect && in.Action != dsr.ActionErase
	if key == "" || in.Token == "" || s.m.Journal == nil || holds && s.m.Holds == nil {
		return dsr.Acted{}, s.unsupported("it counts no changes or has no holds")
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return dsr.Acted{}, err
	}
	defer tx.Rollback() // after a commit it does nothing
	// The key first: on SQLite it takes the lock of writers, on PostgreSQL a
	// second call with the same key waits here for the first.
	first, err := s.count(ctx, tx, key, in.Action)
	if err != nil {
		return dsr.Acted{}, err
	}
	a := &act{System: s, tx: tx, in: in}
	if !first {
		n, err := a.readBack(ctx)
		return dsr.Acted{Rows: n, Again: true}, err
	}
	if s.pg && s.m.Holds != nil {
		// Nobody places a hold between our look at the holds and our commit.
		if _, err := tx.ExecContext(ctx, "LOCK TABLE "+s.table(s.m.Holds.Table)+" IN SHARE ROW EXCLUSIVE MODE"); err != nil {
			return dsr.Acted{}, err
		}
	}
	n, err := a.do(ctx)
	if err != nil {
		return dsr.Acted{}, err
	}
	return dsr.Acted{Rows: n}, tx.Commit()
}

// count writes the effect's key into the system's journal; false when it is
// there already.
func (s *System) count(ctx context.Context, tx *sql.Tx, key string, action dsr.Action) (bool, error) {
	r, err := tx.ExecContext(ctx, "INSERT INTO "+s.table(s.m.Journal.Changes)+" (key, kind, at) VALUES ("+s.mark(1)+", "+s.mark(2)+", "+s.now()+") ON CONFLICT (key) DO NOTHING", key, string(action))
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

// refused puts what the database said about a write into the words of Act. A
// trigger that stops us is the system's own hold; a constraint or a type is a
// value that it does not take.
func (s *System) refused(action string, err error) error {
	var known *dsr.Error
	if errors.As(err, &known) {
		return known
	}
	var pg *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case errors.As(err, &pg):
		switch {
		case pg.Code == "P0001":
			return s.held(action + ": SQLSTATE " + pg.Code)
		case strings.HasPrefix(pg.Code, "22"), strings.HasPrefix(pg.Code, "23"):
			return s.unsupported(action + ": SQLSTATE " + pg.Code)
		}
	case errors.As(err, &lite):
		switch {
		case lite.Code() == sqliteTrigger:
			return s.held(action + ": stopped by a trigger")
		case lite.Code()&0xff == 19, lite.Code()&0xff == 20:
			return s.unsupported(action + ": stopped by a constraint")
		}
	}
	return fault("system "+s.m.ID+", "+action, err)
}

// Extended result codes of SQLite.
const (
	sqliteTrigger = 19 | 7<<8
	sqliteNotNull = 19 | 5<<8
)

// act is one instruction inside its transaction.
type act struct {
	*System
	tx *sql.Tx
	in dsr.Instruction
}

func (a *act) do(ctx context.Context) (int, error) {
	switch a.in.Action {
	case dsr.ActionPreserve:
		return a.hold(ctx, dsr.HoldPreservation, dsr.Field{})
	case dsr.ActionFreeze:
		return a.hold(ctx, dsr.HoldFreeze, a.fields()...)
	case dsr.ActionSuspend:
		return a.hold(ctx, dsr.HoldSuspension, dsr.Field{Category: a.in.Category})
	case dsr.ActionCorrect:
		return a.correct(ctx)
	case dsr.ActionErase:
		return a.erase(ctx)
	case dsr.ActionRelease:
		return a.release(ctx)
	}
	return 0, a.unsupported("nothing is changed by this action")
}

// readBack counts what an act of the same key left, so that an answer that was
// lost on its way can be given again.
func (a *act) readBack(ctx context.Context) (n int, err error) {
	switch a.in.Action {
	case dsr.ActionPreserve:
		return a.standing(ctx, dsr.HoldPreservation, dsr.Field{})
	case dsr.ActionFreeze:
		return a.standing(ctx, dsr.HoldFreeze, a.fields()...)
	case dsr.ActionSuspend:
		return a.standing(ctx, dsr.HoldSuspension, dsr.Field{Category: a.in.Category})
	case dsr.ActionCorrect:
		return len(a.in.Changes), nil
	case dsr.ActionErase:
		c, err := a.category(a.in.Category)
		if err != nil {
			return 0, err
		}
		for _, key := range a.in.Rows {
			rows, err := a.row(ctx, c, key)
			if err != nil {
				return 0, err
			}
			if len(rows) == 0 {
				n++
			}
		}
	}
	return n, nil
}

// category is one of the mapping.
func (s *System) category(id string) (Category, error) {
	for _, c := range s.m.Categories {
		if c.ID == id {
			return c, nil
		}
	}
	return Category{}, s.unsupported("there is no such category")
}

// fields are what a freeze is on; none is all of the record.
func (a *act) fields() []dsr.Field {
	if len(a.in.Fields) > 0 {
		return a.in.Fields
	}
	return []dsr.Field{{}}
}

// hold places holds of the instruction's token and counts them as they stand.
func (a *act) hold(ctx context.Context, kind dsr.HoldKind, on ...dsr.Field) (int, error) {
	if _, err := a.person(ctx); err != nil {
		return 0, err
	}
	if a.in.Moves {
		if _, err := a.tx.ExecContext(ctx, "DELETE FROM "+a.table(a.m.Holds.Table)+" WHERE token = "+a.mark(1)+" AND kind = "+a.mark(2)+
			" AND record <> "+a.mark(3), a.in.Token, string(kind), a.in.Record); err != nil {
			return 0, err
		}
	}
	for _, f := range on {
		if f.Category != "" {
			c, err := a.category(f.Category)
			if err != nil {
				return 0, err
			}
			if f.Column != "" && !slices.ContainsFunc(c.Columns, func(col Column) bool { return col.Name == f.Column }) {
				return 0, a.unsupported("there is no such column")
			}
		} else if f.Column != "" {
			return 0, a.unsupported("a column without its category")
		}
		if err := a.place(ctx, standing{kind: string(kind), category: f.Category, field: f.Column}); err != nil {
			return 0, err
		}
	}
	n, err := a.standing(ctx, kind, on...)
	if err != nil {
		return 0, err
	}
	distinct := map[dsr.Field]bool{}
	for _, f := range on {
		distinct[f] = true
	}
	if n != len(distinct) {
		return 0, a.held("a hold that was placed is not there")
	}
	return n, nil
}

// standing is one hold of the instruction's record as it is stored; at is ""
// for now.
type standing struct{ token, kind, category, field, at string }

func (a *act) place(ctx context.Context, h standing) error {
	at, args := a.now(), []any{cmp.Or(h.token, a.in.Token), h.kind, a.in.Record, h.category, h.field}
	if h.at != "" {
		at, args = "CAST("+a.mark(6)+" AS BIGINT)", append(args, h.at)
	}
	_, err := a.tx.ExecContext(ctx, "INSERT INTO "+a.table(a.m.Holds.Table)+" (token, kind, record, category, field, at) VALUES ("+
		a.mark(1)+", "+a.mark(2)+", "+a.mark(3)+", "+a.mark(4)+", "+a.mark(5)+", "+at+") ON CONFLICT DO NOTHING", args...)
	return err
}

// standing counts which of the holds stand for this token and record.
func (a *act) standing(ctx context.Context, kind dsr.HoldKind, on ...dsr.Field) (n int, err error) {
	holds, err := a.holds(ctx, true, func(h standing) bool {
		return h.kind == string(kind) && slices.Contains(on, dsr.Field{Category: h.category, Column: h.field})
	})
	return len(holds), err
}

// holds reads the holds on the record that want says yes to: this token's own,
// or everybody else's.
func (a *act) holds(ctx context.Context, own bool, want func(standing) bool) ([]standing, error) {
	if a.m.Holds == nil {
		return nil, nil
	}
	rows, err := a.tx.QueryContext(ctx, "SELECT "+a.columns("h", []string{"token", "kind", "record", "category", "field", "at"})+
		" FROM "+a.table(a.m.Holds.Table)+" h WHERE "+a.column("h", "record")+" = "+a.mark(1), a.in.Record)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []standing
	for rows.Next() {
		var v [6]sql.NullString
		if err := rows.Scan(&v[0], &v[1], &v[2], &v[3], &v[4], &v[5]); err != nil {
			return nil, err
		}
		h := standing{token: v[0].String, kind: v[1].String, category: v[3].String, field: v[4].String, at: v[5].String}
		if v[2].String == a.in.Record && a.own(h) == own && want(h) {
			found = append(found, h)
		}
	}
	return found, rows.Err()
}

// own reports whether a hold is the instruction's: its token's, or a
// preservation of a request beside it when something is erased.
func (a *act) own(h standing) bool {
	return h.token == a.in.Token || a.in.Action == dsr.ActionErase && h.kind == string(dsr.HoldPreservation) && slices.Contains(a.in.Beside, h.token)
}

// lift takes this token's holds away, and gives an error when one of somebody
// else's of the same sort stands in the way.
func (a *act) lift(ctx context.Context, inTheWay func(standing) bool) ([]standing, error) {
	others, err := a.holds(ctx, false, inTheWay)
	if err != nil {
		return nil, err
	}
	if len(others) > 0 {
		return nil, a.held("another case holds it")
	}
	own, err := a.holds(ctx, true, inTheWay)
	if err != nil {
		return nil, err
	}
	for _, h := range own {
		if _, err := a.tx.ExecContext(ctx, "DELETE FROM "+a.table(a.m.Holds.Table)+" WHERE token = "+a.mark(1)+" AND kind = "+a.mark(2)+
			" AND record = "+a.mark(3)+" AND category = "+a.mark(4)+" AND field = "+a.mark(5), h.token, h.kind, a.in.Record, h.category, h.field); err != nil {
			return nil, err
		}
	}
	return own, nil
}

// restore puts lifted holds back as they were.
func (a *act) restore(ctx context.Context, lifted []standing) error {
	for _, h := range lifted {
		if err := a.place(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// person reads the instruction's record of a person.
func (a *act) person(ctx context.Context) (p dsr.Person, err error) {
	rows, err := a.tx.QueryContext(ctx, "SELECT "+a.columns("p", a.personColumns())+" FROM "+a.table(a.m.Person.Table)+" p WHERE "+a.column("p", a.m.Person.Key)+" = "+a.mark(1), a.in.Record)
	if err != nil {
		return p, err
	}
	defer rows.Close()
	found := false
	err = eachPerson(rows, func(key string, one dsr.Person) error {
		if key == a.in.Record {
			p, found = one, true
		}
		return nil
	})
	if err == nil && !found {
		err = dsr.Errorf(dsr.NotFound, CodeRecord, "system %s: the record that was chosen is not there", a.m.ID)
	}
	return p, err
}

// row reads the rows with a key, locked until the end of the transaction. It
// gives more than one only when the mapping's row key names none.
func (a *act) row(ctx context.Context, c Category, key string) ([]row, error) {
	query, _ := a.selectFrom(c)
	query += " WHERE " + a.column("t", c.RowKey) + " = " + a.mark(1)
	if a.pg {
		query += " FOR UPDATE OF t"
	}
	left := maxBytes
	rows, err := a.read(ctx, a.tx, c, query, &left, key)
	return slices.DeleteFunc(rows, func(r row) bool { return r.key != key }), err
}

// mine gives how the rows of a category show that they are the record's.
func (a *act) mine(ctx context.Context, c Category) (func(row) bool, error) {
	if c.Contact == nil {
		return func(r row) bool { return r.belongs == a.in.Record }, nil
	}
	p, err := a.person(ctx)
	own := contact(c.Contact.By, p)
	return func(r row) bool { return own != "" && normal(c.Contact.By, r.belongs) == own }, err
}

// correct puts values right: all of them, or none. The freeze of a corrected
// column ends with it; a wider one stays on what was not corrected.
func (a *act) correct(ctx context.Context) (int, error) {
	c, err := a.category(a.in.Category)
	if err != nil {
		return 0, err
	}
	columns, err := a.writable(c)
	if err != nil {
		return 0, err
	}
	mine, err := a.mine(ctx, c)
	if err != nil {
		return 0, err
	}
	compare := func(want func(dsr.Change) string) (bool, error) {
		for _, ch := range a.in.Changes {
			rows, err := a.row(ctx, c, ch.Row)
			if err != nil {
				return false, err
			}
			if len(rows) != 1 || !mine(rows[0]) || rows[0].values[columns[ch.Column]] != want(ch) {
				return false, nil
			}
		}
		return true, nil
	}
	same, err := compare(func(ch dsr.Change) string { return ch.Before })
	if err != nil {
		return 0, err
	}
	if !same {
		return 0, a.changed("a value is not what was decided on")
	}
	lifted, err := a.lift(ctx, func(h standing) bool {
		_, corrected := columns[h.field]
		return h.kind == string(dsr.HoldFreeze) && (h.category == "" || h.category == c.ID && (h.field == "" || corrected))
	})
	if err != nil {
		return 0, err
	}
	for _, ch := range a.in.Changes {
		if err := a.put(ctx, c, ch); err != nil {
			return 0, err
		}
	}
	same, err = compare(func(ch dsr.Change) string { return ch.After })
	if err != nil {
		return 0, err
	}
	if !same {
		return 0, a.unsupported("a value does not come back as it was written")
	}
	if a.in.Stays {
		return len(a.in.Changes), a.restore(ctx, lifted)
	}
	return len(a.in.Changes), a.restore(ctx, slices.DeleteFunc(lifted, func(h standing) bool { return h.field != "" }))
}

// writable gives the places of the columns that are to be corrected, and says
// no when one of them is not to be written.
func (a *act) writable(c Category) (map[string]int, error) {
	columns := map[string]int{}
	cells := map[[2]string]bool{}
	for _, ch := range a.in.Changes {
		i := slices.IndexFunc(c.Columns, func(col Column) bool { return col.Name == ch.Column })
		cell := [2]string{ch.Row, ch.Column}
		if c.RowKey == "" || i < 0 || !c.Columns[i].Writable || ch.Row == "" || cells[cell] || len(a.in.Rows) > 0 && !slices.Contains(a.in.Rows, ch.Row) {
			return nil, a.unsupported("a value that can't be put right there")
		}
		cells[cell], columns[ch.Column] = true, i
	}
	if len(columns) == 0 {
		return nil, a.unsupported("a correction of nothing")
	}
	return columns, nil
}

// put writes one value. Content that is removed becomes NULL, or an empty text
// where the column does not take NULL.
func (a *act) put(ctx context.Context, c Category, ch dsr.Change) error {
	query := "UPDATE " + a.table(c.Table) + " AS t SET " + quote(ch.Column) + " = " + a.mark(1) + " WHERE " + a.column("t", c.RowKey) + " = " + a.mark(2)
	write := func(value any) error {
		r, err := a.tx.ExecContext(ctx, query, value, ch.Row)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, a.held("the system kept a value"))
		}
		return nil
	}
	if ch.After != "" {
		return write(ch.After)
	}
	if _, err := a.tx.ExecContext(ctx, "SAVEPOINT emptied"); err != nil {
		return err
	}
	err := write(nil)
	if notNull(err) {
		if _, err := a.tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT emptied"); err != nil {
			return err
		}
		err = write("")
	}
	if err != nil {
		return err
	}
	_, err = a.tx.ExecContext(ctx, "RELEASE SAVEPOINT emptied")
	return err
}

// notNull reports whether a column refused NULL.
func notNull(err error) bool {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	return errors.As(err, &pg) && pg.Code == "23502" || errors.As(err, &lite) && lite.Code() == sqliteNotNull
}

// erase deletes the rows of one item and leaves a tombstone for each. A row
// that the system has deleted itself gets one too: it must not come back. This
// token's holds are lifted for the deletion and put back, for they are on more
// than these rows.
func (a *act) erase(ctx context.Context) (int, error) {
	c, err := a.category(a.in.Category)
	if err != nil {
		return 0, err
	}
	if !c.Erasable || c.RowKey == "" || a.m.Tombstones == nil || len(a.in.Rows) == 0 || slices.Contains(a.in.Rows, "") {
		return 0, a.unsupported("rows that can't be erased there")
	}
	mine, err := a.mine(ctx, c)
	if err != nil {
		return 0, err
	}
	var there []string
	for _, key := range a.in.Rows {
		rows, err := a.row(ctx, c, key)
		if err != nil {
			return 0, err
		}
		if len(rows) > 1 || len(rows) == 1 && !mine(rows[0]) {
			return 0, a.changed("a row is not what was decided on")
		}
		if len(rows) == 1 && !slices.Contains(there, key) {
			there = append(there, key)
		}
	}
	lifted, err := a.lift(ctx, func(h standing) bool {
		return h.kind != string(dsr.HoldSuspension) && (h.category == "" || h.category == c.ID)
	})
	if err != nil {
		return 0, err
	}
	for _, key := range there {
		r, err := a.tx.ExecContext(ctx, "DELETE FROM "+a.table(c.Table)+" AS t WHERE "+a.column("t", c.RowKey)+" = "+a.mark(1), key)
		if err != nil {
			return 0, err
		}
		if n, err := r.RowsAffected(); err != nil || n != 1 {
			return 0, errors.Join(err, a.held("the system kept a row"))
		}
	}
	for _, key := range a.in.Rows {
		if rows, err := a.row(ctx, c, key); err != nil || len(rows) > 0 {
			return 0, errors.Join(err, a.held("a row is still there"))
		}
	}
	if err := a.bury(ctx, c); err != nil {
		return 0, err
	}
	return len(there), a.restore(ctx, lifted)
}

// bury writes the tombstones: one for each row, and where all rows of a
// category are one item, one for the person in it.
func (a *act) bury(ctx context.Context, c Category) error {
	rows, err := a.tx.QueryContext(ctx, "SELECT "+a.column("t", "salt")+" FROM "+a.table(a.m.Tombstones.Salt)+" t")
	if err != nil {
		return err
	}
	defer rows.Close()
	var salt string
	for rows.Next() {
		if err := rows.Scan(&salt); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if salt == "" {
		return a.unsupported("it has no salt for tombstones")
	}
	var hashes []string
	for _, key := range a.in.Rows {
		hashes = append(hashes, Tombstone(salt, c.ID, "row", key))
	}
	if c.ItemPer == "category" {
		hashes = append(hashes, Tombstone(salt, c.ID, "record", a.in.Record))
	}
	for _, h := range hashes {
		if _, err := a.tx.ExecContext(ctx, "INSERT INTO "+a.table(a.m.Tombstones.Table)+" (hash, category, at) VALUES ("+a.mark(1)+", "+a.mark(2)+", "+a.now()+") ON CONFLICT DO NOTHING", h, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// Tombstone is the keyed hash by which a system knows again what was erased:
// HMAC-SHA256, in hex, with the system's salt over what ("row" or "record"),
// the category and the key, each ended by a zero byte.
func Tombstone(salt, category, what, key string) string {
	h := hmac.New(sha256.New, []byte(salt))
	for _, part := range []string{what, category, key} {
		_, _ = h.Write(append([]byte(part), 0)) // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}

// release lets go what this token holds for a while, in every record. A
// suspension is for good and stays.
func (a *act) release(ctx context.Context) (int, error) {
	where := " FROM " + a.table(a.m.Holds.Table) + " WHERE token = " + a.mark(1) + " AND kind IN ('" + string(dsr.HoldFreeze) + "', '" + string(dsr.HoldPreservation) + "')"
	r, err := a.tx.ExecContext(ctx, "DELETE"+where, a.in.Token)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	if err != nil {
		return 0, err
	}
	var left int
	if err := a.tx.QueryRowContext(ctx, "SELECT count(*)"+where, a.in.Token).Scan(&left); err != nil {
		return 0, err
	}
	if left > 0 {
		return 0, a.held("a hold is still there")
	}
	return int(n), nil
}
