package sqltable

import (
	"context"
	"database/sql"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"

	_ "github.com/glebarez/go-sqlite" // the driver "sqlite", the same as the house's own
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"madoguchi/dsr"
	"madoguchi/internal/vault"
)

// What one call may hold at most. More is an error and a person's task, never
// a part of it given as the whole.
const (
	maxRows       = 20_000   // of one category
	maxBytes      = 64 << 20 // of one call
	maxCandidates = 50
	maxContacts   = 500 // spellings of one contact point
)

// System is one connected database. It is safe for use by many goroutines.
type System struct {
	m  *Mapping
	db *sql.DB
	pg bool
}

// Open prepares a system; it calls nobody, so that a start does not need the
// database to be up. dsn is postgres://… or a SQLite file's path or file: URI.
// A SQLite file that is not there is "away" and is never made.
func Open(m *Mapping, dsn string) (*System, error) {
	s := &System{m: m}
	switch {
	case dsn == "":
		return nil, dsr.Errorf(dsr.Unavailable, CodeAway, "system %s: the setting %s is empty", m.ID, m.Connection)
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
		c, err := pgx.ParseConfig(dsn)
		if err != nil { // the message quotes the address
			return nil, dsr.Errorf(dsr.Internal, CodeMapping, "system %s: the setting %s is not an address of PostgreSQL", m.ID, m.Connection)
		}
		// Dates are read as text: the text must not depend on the server's habits.
		c.RuntimeParams["datestyle"] = "ISO, YMD"
		c.RuntimeParams["timezone"] = "UTC"
		c.RuntimeParams["application_name"] = "madoguchi"
		s.db, s.pg = stdlib.OpenDB(*c), true
		s.db.SetMaxOpenConns(4)
	default:
		var err error
		if s.db, err = sql.Open("sqlite", lite(dsn, m.Journal == nil)); err != nil {
			return nil, dsr.Errorf(dsr.Internal, CodeMapping, "system %s: the setting %s is not the address of a file", m.ID, m.Connection)
		}
		s.db.SetMaxOpenConns(2)
	}
	s.db.SetConnMaxIdleTime(time.Minute)
	return s, nil
}

// lite is the URI of an existing SQLite file; readOnly when there is no
// journal to write.
func lite(dsn string, readOnly bool) string {
	if !strings.HasPrefix(dsn, "file:") {
		dsn = "file:" + (&url.URL{Path: dsn}).EscapedPath()
	}
	mode := "rw"
	if readOnly {
		mode = "ro"
	}
	sep := "?"
	if strings.Contains(dsn, "?") {
		sep = "&"
	}
	return dsn + sep + "mode=" + mode + "&_pragma=busy_timeout(1000)&_pragma=foreign_keys(1)"
}

// Close lets the database go.
func (s *System) Close() error { return s.db.Close() }

// Check asks whether every table and column of the mapping is there. It reads
// no row.
func (s *System) Check(ctx context.Context) error {
	p := s.m.Person
	if err := s.probe(ctx, "person", "SELECT "+s.columns("p", s.personColumns())+" FROM "+s.table(p.Table)+" p WHERE 1 = 0"); err != nil {
		return err
	}
	for _, c := range s.m.Categories {
		if err := s.probe(ctx, c.ID, s.selectRows(c)+" AND 1 = 0"+s.orderBy(c), ""); err != nil {
			return err
		}
	}
	if j := s.m.Journal; j != nil {
		for _, t := range []string{j.Calls, j.Changes} {
			if err := s.probe(ctx, "journal", "SELECT t.key, t.kind, t.at FROM "+s.table(t)+" t WHERE 1 = 0"); err != nil {
				return err
			}
		}
	}
	if h := s.m.Holds; h != nil {
		if err := s.probe(ctx, "holds", "SELECT t.token, t.kind, t.record, t.category, t.field, t.at FROM "+s.table(h.Table)+" t WHERE 1 = 0"); err != nil {
			return err
		}
	}
	if t := s.m.Tombstones; t != nil {
		if err := s.probe(ctx, "tombstones", "SELECT t.hash, t.category, t.at FROM "+s.table(t.Table)+" t WHERE 1 = 0"); err != nil {
			return err
		}
		return s.probe(ctx, "tombstones", "SELECT t.salt FROM "+s.table(t.Salt)+" t WHERE 1 = 0")
	}
	return nil
}

func (s *System) probe(ctx context.Context, what, query string, args ...any) error {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err == nil {
		for rows.Next() {
		}
		err = rows.Err()
		_ = rows.Close() // Err has said what there is to say
	}
	return fault("system "+s.m.ID+", "+what, err)
}

// Lookup finds the records that may be the person's, the best match first. One
// is a candidate when its number, mail or telephone is the one asked by, or
// its name and date of birth; only when there is none of these, one that has
// the same name. Which of them it is, a person decides.
//
// It reads the identifying columns of every person and compares normalised
// forms here: how a system writes a name or a telephone number cannot be told
// to SQL. key is the effect's key.
func (s *System) Lookup(ctx context.Context, key string, by dsr.Identifiers) ([]dsr.Candidate, error) {
	if err := s.called(ctx, key, "lookup"); err != nil {
		return nil, err
	}
	var found, named []dsr.Candidate
	err := s.people(ctx, s.db, func(k string, p dsr.Person) error {
		c := dsr.Candidate{Connector: s.m.ID, Key: k, Person: p, Matched: matched(by, p)}
		switch {
		case strong(c.Matched):
			found = append(found, c)
		case len(c.Matched) > 0 && c.Matched[0] == "name":
			named = append(named, c)
		}
		if len(found) > maxCandidates {
			return dsr.Errorf(dsr.Internal, CodeTooLarge, "system %s: more than %d candidates", s.m.ID, maxCandidates)
		}
		return nil
	})
	if err != nil {
		return nil, fault("system "+s.m.ID+", lookup", err)
	}
	if len(found) == 0 {
		found = named[:min(len(named), maxCandidates)]
	}
	sort.Slice(found, func(i, j int) bool {
		if a, b := len(found[i].Matched), len(found[j].Matched); a != b {
			return a > b
		}
		return found[i].Key < found[j].Key
	})
	return found, s.carried(ctx, key, "lookup")
}

// matched lists the identifiers that agree exactly in their normalised forms.
func matched(by dsr.Identifiers, p dsr.Person) []string {
	var m []string
	same := func(normalise func(string) string, a, b string) bool {
		a = normalise(a)
		return a != "" && a == normalise(b)
	}
	name := vault.NormaliseName
	if same(name, by.Name, p.Name) || same(name, by.Name, p.OtherNames) || same(name, by.Name, p.Kana) ||
		same(name, by.Kana, p.Kana) {
		m = append(m, "name")
	}
	if same(vault.NormaliseBirthDate, by.BornOn, p.BornOn) {
		m = append(m, "born_on")
	}
	if same(vault.NormaliseMail, by.Mail, p.Mail) {
		m = append(m, "mail")
	}
	if same(vault.NormalisePhone, by.Phone, p.Phone) {
		m = append(m, "phone")
	}
	if same(name, by.Number, p.Number) {
		m = append(m, "number")
	}
	return m
}

// strong reports whether the identifiers that agree are enough to ask a person
// whether this is the one.
func strong(m []string) bool {
	return slices.Contains(m, "mail") || slices.Contains(m, "phone") || slices.Contains(m, "number") ||
		slices.Contains(m, "name") && slices.Contains(m, "born_on")
}

// Collect gives everything held about the record that a person chose, in the
// order of the mapping, read as of one moment. A category with nothing in it
// is not there.
func (s *System) Collect(ctx context.Context, key, record string, _ dsr.Identifiers) ([]dsr.Record, error) {
	if record == "" {
		return nil, dsr.Errorf(dsr.NotFound, CodeRecord, "system %s: no record was named", s.m.ID)
	}
	if err := s.called(ctx, key, "collect"); err != nil {
		return nil, err
	}
	records, err := s.collect(ctx, record)
	if err != nil {
		return nil, fault("system "+s.m.ID+", collect", err)
	}
	return records, s.carried(ctx, key, "collect")
}

func (s *System) collect(ctx context.Context, record string) ([]dsr.Record, error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.isolation()})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() // nothing is written, so nothing is lost
	var person *dsr.Person
	holders := map[string]int{} // how many have a contact point on file
	err = s.people(ctx, tx, func(k string, p dsr.Person) error {
		for _, by := range []string{"mail", "phone"} {
			if c := contact(by, p); c != "" {
				holders[by+c]++
			}
		}
		if k == record {
			person = &p
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if person == nil {
		return nil, dsr.Errorf(dsr.NotFound, CodeRecord, "system %s: the record that was chosen is not there", s.m.ID)
	}
	left := maxBytes
	var records []dsr.Record
	for _, c := range s.m.Categories {
		match, doubtful := "key", false
		var rows []row
		if c.Contact == nil {
			rows, err = s.rows(ctx, tx, c, &left, record)
			rows = slices.DeleteFunc(rows, func(r row) bool { return r.belongs != record })
		} else {
			match = c.Contact.By
			mine := contact(match, *person)
			doubtful = c.SharedContact || holders[match+mine] > 1
			rows, err = s.byContact(ctx, tx, c, &left, mine)
			rows = slices.DeleteFunc(rows, func(r row) bool { return normal(match, r.belongs) != mine })
		}
		if err != nil {
			return nil, fault("system "+s.m.ID+", "+c.ID, err)
		}
		records = append(records, s.records(c, rows, match, doubtful, *person)...)
	}
	propose(records, *person)
	return records, nil
}

func (s *System) isolation() sql.IsolationLevel {
	if s.pg {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault // a SQLite reader sees one moment anyway
}

func normal(by, v string) string {
	if by == "mail" {
		return vault.NormaliseMail(v)
	}
	return vault.NormalisePhone(v)
}

func contact(by string, p dsr.Person) string {
	if by == "mail" {
		return normal(by, p.Mail)
	}
	return normal(by, p.Phone)
}

// byContact reads the rows whose contact point is mine in its normalised form:
// first the spellings that occur, then the rows with those.
func (s *System) byContact(ctx context.Context, tx *sql.Tx, c Category, left *int, mine string) ([]row, error) {
	if mine == "" {
		return nil, nil
	}
	col := s.column("t", c.Contact.Column)
	found, err := tx.QueryContext(ctx, "SELECT DISTINCT "+col+" FROM "+s.table(c.Table)+" t WHERE "+col+" IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var spellings []any
	for found.Next() {
		var v string
		if err := found.Scan(&v); err != nil {
			return nil, err
		}
		if normal(c.Contact.By, v) == mine {
			spellings = append(spellings, v)
		}
	}
	if err := found.Err(); err != nil || len(spellings) == 0 {
		return nil, err
	}
	if len(spellings) > maxContacts {
		return nil, dsr.Errorf(dsr.Internal, CodeTooLarge, "system %s, %s: more than %d spellings of one contact", s.m.ID, c.ID, maxContacts)
	}
	return s.rows(ctx, tx, c, left, spellings...)
}

// row is one row with the identifier by which it belongs to somebody.
type row struct {
	belongs string
	key     string
	label   string
	values  []string
}

// rows reads the rows of a category that belong to one of the keys, as the
// database compares them.
func (s *System) rows(ctx context.Context, tx *sql.Tx, c Category, left *int, keys ...any) ([]row, error) {
	query := s.selectRows(c)
	if len(keys) > 1 {
		marks := make([]string, len(keys))
		for i := range keys {
			marks[i] = s.mark(i + 1)
		}
		query = strings.TrimSuffix(query, "= "+s.mark(1)) + "IN (" + strings.Join(marks, ", ") + ")"
	}
	return s.read(ctx, tx, c, query+s.orderBy(c), left, keys...)
}

// read reads what selectFrom asks for.
func (s *System) read(ctx context.Context, tx *sql.Tx, c Category, query string, left *int, args ...any) ([]row, error) {
	found, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var rows []row
	for found.Next() {
		cells := make([]sql.NullString, len(c.Columns)+leading)
		into := make([]any, len(cells))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		r := row{belongs: cells[0].String, key: cells[1].String, label: cells[2].String}
		for _, cell := range cells[leading:] {
			r.values = append(r.values, cell.String)
			*left -= len(cell.String) + 16
		}
		if rows = append(rows, r); len(rows) > maxRows || *left < 0 {
			return nil, dsr.Errorf(dsr.Internal, CodeTooLarge, "system %s, %s: more than can be held", s.m.ID, c.ID)
		}
	}
	return rows, found.Err()
}

// records makes the items of a category: one for each row, or one for all.
func (s *System) records(c Category, rows []row, match string, doubtful bool, p dsr.Person) []dsr.Record {
	columns := make([]dsr.Column, len(c.Columns))
	for i, col := range c.Columns {
		columns[i] = dsr.Column{Name: col.Name, Title: col.Title, Writable: col.Writable, Opinion: col.Opinion}
	}
	item := func(rows []row, label string) dsr.Record {
		r := dsr.Record{Category: c.ID, Title: c.Title, Source: c.Source, Columns: columns, Matched: match, Doubtful: doubtful}
		if label != "" {
			r.Title = make(map[string]string, len(c.Title))
			for voice, text := range c.Title {
				r.Title[voice] = text + " (" + label + ")"
			}
		}
		for _, row := range rows {
			r.Rows = append(r.Rows, row.values)
			if c.RowKey != "" {
				r.RowKeys = append(r.RowKeys, row.key)
			}
			for i, col := range c.Columns {
				if v := strings.TrimSpace(row.values[i]); col.ThirdParty && another(v, p) && !slices.Contains(r.ThirdParties, v) {
					r.ThirdParties = append(r.ThirdParties, v)
				}
			}
		}
		return r
	}
	if len(rows) == 0 {
		return nil
	}
	if c.ItemPer == "category" {
		return []dsr.Record{item(rows, "")}
	}
	var records []dsr.Record
	for _, r := range rows {
		records = append(records, item([]row{r}, r.label))
	}
	return records
}

// another reports whether v names somebody other than the person. One letter
// names nobody; one ideograph is many a family's name.
func another(v string, p dsr.Person) bool {
	n := vault.NormaliseName(v)
	letters := []rune(n)
	return (len(letters) > 1 || len(letters) == 1 && unicode.In(letters[0], unicode.Han, unicode.Hangul)) && n != vault.NormaliseName(p.Name) && n != vault.NormaliseName(p.OtherNames) && n != vault.NormaliseName(p.Kana)
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (s *System) personColumns() []string {
	p := s.m.Person
	return []string{p.Key, p.Name, p.Kana, p.OtherNames, p.BornOn, p.Number, p.Mail, p.Phone, p.Address}
}

// people visits every person of the system. A row without a key is nobody's.
func (s *System) people(ctx context.Context, q querier, visit func(key string, p dsr.Person) error) error {
	rows, err := q.QueryContext(ctx, "SELECT "+s.columns("p", s.personColumns())+" FROM "+s.table(s.m.Person.Table)+" p")
	if err != nil {
		return err
	}
	defer rows.Close()
	return eachPerson(rows, visit)
}

// eachPerson visits rows of personColumns.
func eachPerson(rows *sql.Rows, visit func(key string, p dsr.Person) error) error {
	for rows.Next() {
		var v [9]sql.NullString
		if err := rows.Scan(&v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7], &v[8]); err != nil {
			return err
		}
		if v[0].String == "" {
			continue
		}
		err := visit(v[0].String, dsr.Person{Name: v[1].String, Kana: v[2].String, OtherNames: v[3].String, BornOn: v[4].String,
			Number: v[5].String, Mail: v[6].String, Phone: v[7].String, Address: v[8].String})
		if err != nil {
			return err
		}
	}
	return rows.Err()
}
