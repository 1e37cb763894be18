package sqltable

import (
	"context"
	"strconv"
	"strings"
)

// quote makes an identifier of a name that the schema has let through. A
// column always stands behind its table's alias, for SQLite reads a lone
// quoted name that it does not know as a text.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (s *System) table(name string) string {
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = quote(parts[i])
	}
	return strings.Join(parts, ".")
}

// column reads a column as text, so that a driver cannot turn a date or a
// number into something else than what is stored.
func (s *System) column(alias, name string) string {
	return "CAST(" + alias + "." + quote(name) + " AS TEXT)"
}

// columns reads several columns; one without a name gives "".
func (s *System) columns(alias string, names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		if list[i] = "''"; name != "" {
			list[i] = s.column(alias, name)
		}
	}
	return strings.Join(list, ", ")
}

func (s *System) mark(n int) string {
	if s.pg {
		return "$" + strconv.Itoa(n)
	}
	return "?"
}

// leading is how many columns selectRows reads before those of the mapping.
const leading = 3

// selectRows reads a category's rows by one identifier. It ends in "= <mark>".
func (s *System) selectRows(c Category) string {
	query, by := s.selectFrom(c)
	return query + " WHERE " + by + " = " + s.mark(1)
}

// selectFrom reads a category's rows: the identifier by which each belongs to
// somebody, the row's key, the label, the columns. by is that identifier again.
func (s *System) selectFrom(c Category) (query, by string) {
	names := []string{c.RowKey, c.Label}
	for _, col := range c.Columns {
		names = append(names, col.Name)
	}
	from := s.table(c.Table) + " t"
	switch {
	case c.Through != nil:
		from += " JOIN " + s.table(c.Through.Table) + " o ON o." + quote(c.Through.To) + " = t." + quote(c.Through.Column)
		by = s.column("o", c.Through.Key)
	case c.Contact != nil:
		by = s.column("t", c.Contact.Column)
	default:
		by = s.column("t", c.Key)
	}
	return "SELECT " + by + ", " + s.columns("t", names) + " FROM " + from, by
}

// orderBy gives the rows an order that stays the same: the mapping's columns,
// then everything shown.
func (s *System) orderBy(c Category) string {
	var list []string
	for _, name := range c.Order {
		list = append(list, "t."+quote(name))
	}
	for i := range c.Columns {
		list = append(list, strconv.Itoa(leading+1+i))
	}
	return " ORDER BY " + strings.Join(list, ", ")
}

// now is the system's own clock in UTC microseconds: the journal is its, not
// ours.
func (s *System) now() string {
	if s.pg {
		return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
	}
	return "CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER)"
}

// called counts a call as received, before anything else.
func (s *System) called(ctx context.Context, key, kind string) error {
	if s.m.Journal == nil {
		return nil
	}
	_, err := s.db.ExecContext(ctx, "INSERT INTO "+s.table(s.m.Journal.Calls)+" (key, kind, at) VALUES ("+s.mark(1)+", "+s.mark(2)+", "+s.now()+")", key, kind)
	return fault("system "+s.m.ID+", journal", err)
}

// carried counts an effect as carried out, once for each key.
func (s *System) carried(ctx context.Context, key, kind string) error {
	if s.m.Journal == nil {
		return nil
	}
	_, err := s.db.ExecContext(ctx, "INSERT INTO "+s.table(s.m.Journal.Changes)+" (key, kind, at) VALUES ("+s.mark(1)+", "+s.mark(2)+", "+s.now()+") ON CONFLICT (key) DO NOTHING", key, kind)
	return fault("system "+s.m.ID+", journal", err)
}
