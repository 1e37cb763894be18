package sample

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"github.com/goccy/go-yaml"
)

//go:embed systems/*.yaml
var systemFiles embed.FS

// Setting is the setting of the centre's records, which the functions without
// a setting are about: the one system that is made by code.
const Setting = "CENTRE_RECORDS"

// System is one made-up system, by the name of the setting that holds its
// address.
type System struct {
	setting string
	world   *world
}

// Of gives the system of a setting.
func Of(setting string) (*System, error) {
	if s := systems()[setting]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("sample: no system is made up for the setting %s; give it the address of a database", setting)
}

// Settings lists the settings of all made-up systems, sorted.
func Settings() []string { return slices.Sorted(maps.Keys(systems())) }

// Setting is the name of the setting with the system's address.
func (s *System) Setting() string { return s.setting }

// People gives all people of the system, in the order of their numbers.
func (s *System) People() []Person { return slices.Clone(s.world.people) }

// Main is the person of the system whom its journey is about.
func (s *System) Main() Person { return s.world.main }

// Key gives a person's key by their place, which counts from 1.
func (s *System) Key(place int) string { return s.world.people[place-1].Number }

var systems = sync.OnceValue(func() map[string]*System {
	all := map[string]*System{Setting: {Setting, made()}}
	files, err := fs.Glob(systemFiles, "systems/*.yaml")
	if err != nil {
		panic(err) // the pattern is part of the program
	}
	for _, file := range files {
		b, err := systemFiles.ReadFile(file)
		if err != nil {
			panic(err) // the file is part of the program
		}
		w, err := build(file, b)
		if err != nil {
			panic(err) // as above, and read by the tests
		}
		setting := strings.ToUpper(strings.TrimSuffix(path.Base(file), ".yaml"))
		w.tables = append(w.tables, guardTables(setting)...)
		all[setting] = &System{setting, w}
	}
	return all
})

// systemFile is one system as data: systems/<setting in lower case>.yaml.
type systemFile struct {
	// Seed makes the people: two systems with one seed and the same nations
	// have the same people, under numbers of their own.
	Seed    uint64
	Number  string // of a person, as fmt writes it: "Q-%05d"
	Phones  int    // the first telephone number's last four digits
	Born    span
	Since   span // when they registered
	Nations []struct {
		Code   string
		People int
	}
	// Names are families and givens that texts.yaml does not have.
	Names []nation
	// Words are lists that templates pick from.
	Words  map[string][]string
	Tables []tableFile
	Views  []view
	// Main is the place of the main person, counted from 1; People are those
	// who are there on purpose.
	Main   int
	People []specialFile
}

// span is a range of years.
type span struct{ From, Years int }

// nation is a pool of names: as written | in kana | in Latin letters.
type nation struct {
	Code, Language, Order string
	Family, Given         []string
}

// tableFile is one table. Rows are made for each person: exactly one when both
// Least and Most are left out, else as many as chance says.
type tableFile struct {
	Name        string
	Category    string
	Person      string // the column with the person's key
	Refers      bool   // Person refers to the first table, that of the people
	Least, Most int
	Columns     []columnFile
}

// columnFile is one column: the first of a table is its key. Value is a
// template of text/template; "" as its result is NULL where the column may be.
type columnFile struct {
	Name   string
	Whole  bool // a whole number; text otherwise
	Needed bool // not NULL
	Value  string
}

// specialFile is a person who is there on purpose. Set are columns of their
// own row; Rows replace those of a table that chance would make.
type specialFile struct {
	Place                                               int
	Name, Kana, Latin, Mail, Phone, Address, Nat, Voice string
	Born, Since                                         string
	Set                                                 map[string]string
	Rows                                                map[string][]map[string]string
}

// build makes a system of its file, the same every time.
func build(file string, b []byte) (*world, error) {
	var f systemFile
	if err := yaml.UnmarshalWithOptions(b, &f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("sample: %s: %w", file, err)
	}
	w := &world{views: f.Views}
	if err := f.crowd(w); err != nil {
		return nil, fmt.Errorf("sample: %s: %w", file, err)
	}
	// The rows have a chance of their own, so that a column more in one system
	// does not make other people of it.
	r := rand.New(rand.NewPCG(f.Seed, seed2))
	for i, t := range f.Tables {
		made, err := f.table(w, t, i, r)
		if err != nil {
			return nil, fmt.Errorf("sample: %s: table %s: %w", file, t.Name, err)
		}
		w.tables = append(w.tables, made)
	}
	return w, nil
}

// crowd makes the people.
func (f *systemFile) crowd(w *world) error {
	var x texts
	if err := yaml.UnmarshalWithOptions(textsYAML, &x, yaml.Strict()); err != nil {
		return fmt.Errorf("texts.yaml: %w", err)
	}
	pools := map[string]nation{}
	for _, n := range x.Nations {
		pools[n.Code] = nation{n.Code, n.Language, n.Order, n.Family, n.Given}
	}
	for _, n := range f.Names {
		pools[n.Code] = n
	}
	r := rand.New(rand.NewPCG(seed1, f.Seed))
	seen := map[string]bool{}
	for _, some := range f.Nations {
		pool, ok := pools[some.Code]
		if !ok {
			return fmt.Errorf("there are no names for %q", some.Code)
		}
		for range some.People {
			n := len(w.people) + 1
			p := Person{Number: fmt.Sprintf(f.Number, n), Nation: pool.Code, Language: pool.Language, Phone: fmt.Sprintf("090-0000-%04d", f.Phones+n),
				BornOn: date(r, f.Born.From, f.Born.Years), RegisteredOn: date(r, f.Since.From, f.Since.Years),
				Address: fmt.Sprintf("%s%d-%d-%d", pick(r, x.Towns), 1+r.IntN(9), 1+r.IntN(20), 1+r.IntN(30))}
			// Two of one name are there on purpose or not at all.
			for p.Name == "" || seen[p.Name] {
				family, given := strings.Split(pick(r, pool.Family), "|"), strings.Split(pick(r, pool.Given), "|")
				if pool.Order == "given-first" {
					family, given = given, family
				}
				p.Name, p.Kana, p.Latin = family[0]+" "+given[0], family[1]+" "+given[1], family[2]+" "+given[2]
			}
			seen[p.Name] = true
			p.Mail = fmt.Sprintf("%s.%d@%s", strings.ToLower(strings.NewReplacer(" ", ".", "'", "").Replace(p.Latin)), n, pick(r, []string{"example.org", "example.jp"}))
			w.people = append(w.people, p)
		}
	}
	for _, s := range f.People {
		if s.Place < 1 || s.Place > len(w.people) {
			return fmt.Errorf("there is no place %d", s.Place)
		}
		p := &w.people[s.Place-1]
		for _, v := range []struct {
			into *string
			text string
		}{{&p.Name, s.Name}, {&p.Kana, s.Kana}, {&p.Latin, s.Latin}, {&p.Mail, s.Mail}, {&p.Phone, s.Phone}, {&p.Address, s.Address},
			{&p.Nation, s.Nat}, {&p.Language, s.Voice}, {&p.BornOn, s.Born}, {&p.RegisteredOn, s.Since}} {
			if v.text != "" {
				*v.into = v.text
			}
		}
		p.Also = s.Set
	}
	if f.Main < 1 || f.Main > len(w.people) {
		return fmt.Errorf("the main person has no place")
	}
	w.main = w.people[f.Main-1]
	return nil
}

// table makes one table with its rows; the first table of a file is that of
// the people.
func (f *systemFile) table(w *world, t tableFile, place int, r *rand.Rand) (table, error) {
	var columns, ddl []string
	var values []*template.Template
	for i, c := range t.Columns {
		kind := map[bool]string{true: " BIGINT", false: " TEXT"}[c.Whole]
		switch {
		case i == 0:
			kind += " PRIMARY KEY"
		case c.Needed:
			kind += " NOT NULL"
		}
		if place > 0 && t.Refers && c.Name == t.Person {
			kind += " REFERENCES " + f.Tables[0].Name + " (" + f.Tables[0].Columns[0].Name + ")"
		}
		columns, ddl = append(columns, c.Name), append(ddl, c.Name+kind)
		value, err := template.New(c.Name).Option("missingkey=error").Funcs(f.words(r)).Parse(c.Value)
		if err != nil {
			return table{}, err
		}
		values = append(values, value)
	}
	made := table{name: t.Name, columns: strings.Join(columns, ", "), ddl: strings.Join(ddl, ", "), category: t.Category, record: "OLD." + t.Person}
	if t.Category == "" {
		made.record = ""
	}
	for i, p := range w.people {
		n, rows := 1, []map[string]string(nil)
		if t.Most > 0 {
			n = t.Least + r.IntN(t.Most-t.Least+1)
		}
		if at := slices.IndexFunc(f.People, func(s specialFile) bool { return s.Place == i+1 }); at >= 0 {
			if set, ok := f.People[at].Rows[t.Name]; ok {
				n, rows = len(set), set
			} else if place == 0 {
				rows = []map[string]string{f.People[at].Set}
			}
		}
		for k := range n {
			var given map[string]string
			if rows != nil {
				given = rows[k]
			}
			row, err := t.row(values, given, map[string]any{"P": p, "N": len(made.rows) + 1})
			if err != nil {
				return table{}, err
			}
			made.rows = append(made.rows, row)
		}
	}
	return made, nil
}

// row makes one row; what is given comes before the templates.
func (t tableFile) row(values []*template.Template, given map[string]string, data map[string]any) ([]any, error) {
	for name := range given {
		if !slices.ContainsFunc(t.Columns, func(c columnFile) bool { return c.Name == name }) {
			return nil, fmt.Errorf("there is no column %q", name)
		}
	}
	var row []any
	for i, c := range t.Columns {
		var text strings.Builder
		if err := values[i].Execute(&text, data); err != nil {
			return nil, err
		}
		v, ok := given[c.Name]
		if !ok {
			v = text.String()
		}
		switch {
		case v == "" && i > 0 && !c.Needed:
			row = append(row, nil)
		case c.Whole:
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("column %s: %q is no whole number", c.Name, v)
			}
			row = append(row, n)
		default:
			row = append(row, v)
		}
	}
	return row, nil
}

// words are what a template may use beside {{.P}}, the person, and {{.N}}, the
// number of the row.
func (f *systemFile) words(r *rand.Rand) template.FuncMap {
	return template.FuncMap{
		"date":    func(from, years int) string { return date(r, from, years) },
		"between": func(least, most int) int { return least + r.IntN(most-least+1) },
		"pick": func(list string) (string, error) {
			if len(f.Words[list]) == 0 {
				return "", fmt.Errorf("there are no words called %q", list)
			}
			return pick(r, f.Words[list]), nil
		},
	}
}
