package sqltable

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// SchemaFile is where the shape of a mapping stands, below the folder of packs.
const SchemaFile = "schema/mapping.schema.json"

// maxMapping is the most bytes a mapping may have, maxDepth how deep it may
// nest. A mapping by hand is far below both.
const (
	maxMapping = 1 << 20
	maxDepth   = 16
)

// Mapping says which tables and columns of a database belong to a person.
type Mapping struct {
	ID         string            `json:"id"`
	Title      map[string]string `json:"title"`      // by voice
	Connection string            `json:"connection"` // name of the setting with the address
	Journal    *Journal          `json:"journal,omitempty"`
	Holds      *Holds            `json:"holds,omitempty"`
	Tombstones *Tombstones       `json:"tombstones,omitempty"`
	Person     PersonTable       `json:"person"`
	Categories []Category        `json:"categories"`
}

// Journal names the tables in which the system counts for itself: every call,
// and each effect key once.
type Journal struct {
	Calls   string `json:"calls"`
	Changes string `json:"changes"`
}

// Holds names the table of the system in which holds stand. Its columns are
// token, kind, record, category, field and at; the system itself refuses what a
// hold forbids.
type Holds struct {
	Table string `json:"table"`
}

// Tombstones name the table that keeps what was erased from coming back: hash,
// category and at, no personal data. Salt is the table with the one value that
// the hashes are keyed with.
type Tombstones struct {
	Table string `json:"table"`
	Salt  string `json:"salt"`
}

// PersonTable names the columns of the table with one row per person; "" for a
// column that is not there.
type PersonTable struct {
	Table      string `json:"table"`
	Key        string `json:"key"`
	Name       string `json:"name"`
	Kana       string `json:"kana"`
	OtherNames string `json:"other_names"`
	BornOn     string `json:"born_on"`
	Number     string `json:"number"`
	Mail       string `json:"mail"`
	Phone      string `json:"phone"`
	Address    string `json:"address"`
}

// Category is one table's worth of what is held about a person, reached by
// exactly one of Key, Through and Contact.
type Category struct {
	ID      string            `json:"id"`
	Title   map[string]string `json:"title"`
	Source  map[string]string `json:"source"`
	Table   string            `json:"table"`
	ItemPer string            `json:"item_per"` // "record" or "category"
	Key     string            `json:"key"`
	// RowKey is the column that names a row; without it rows can be read and
	// not changed. Erasable rows may be deleted.
	RowKey   string   `json:"row_key"`
	Erasable bool     `json:"erasable"`
	Through  *Through `json:"through,omitempty"`
	Contact  *Contact `json:"contact,omitempty"`
	// SharedContact says that the contact point is shared whatever is on file.
	SharedContact bool     `json:"shared_contact"`
	Order         []string `json:"order,omitempty"`
	Label         string   `json:"label"`
	Columns       []Column `json:"columns"`
}

// Through is the table between a category's table and the person.
type Through struct {
	Column string `json:"column"`
	Table  string `json:"table"`
	To     string `json:"to"`
	Key    string `json:"key"`
}

// Contact reaches rows that carry no person's key but a mail address or a
// telephone number.
type Contact struct {
	By     string `json:"by"` // "mail" or "phone"
	Column string `json:"column"`
}

// Column is one column that the person gets to see.
type Column struct {
	Name       string            `json:"name"`
	Title      map[string]string `json:"title"`
	ThirdParty bool              `json:"third_party"`
	// Writable columns may be put right; an Opinion is no fact that could be
	// wrong.
	Writable bool `json:"writable"`
	Opinion  bool `json:"opinion"`
}

// Problem is one thing wrong with a mapping file, with its place.
type Problem struct {
	File         string
	Line, Column int
	Message      string
}

// String is one line: file:line:column: message.
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems is everything wrong with a mapping, as one error.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Load reads a mapping below fsys, the folder of packs, and judges it by the
// schema there. What is wrong with it comes back as Problems, all at once.
func Load(fsys fs.FS, file string) (*Mapping, error) {
	schema, err := fs.ReadFile(fsys, SchemaFile)
	if err != nil {
		return nil, fmt.Errorf("sqltable: %s: %w", SchemaFile, err)
	}
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("sqltable: %s: %w", file, err)
	}
	return Parse(schema, file, b)
}

// Parse is Load from bytes; file is only for the problems' places.
func Parse(schema []byte, file string, b []byte) (*Mapping, error) {
	t := read(file, b)
	if len(t.problems) > 0 {
		return nil, t.sorted()
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, fmt.Errorf("sqltable: the schema of mappings: %w", err)
	}
	c := jsonschema.NewCompiler()
	const at = "https://madoguchi.example/schema/mapping.schema.json"
	if err := c.AddResource(at, doc); err != nil {
		return nil, fmt.Errorf("sqltable: the schema of mappings: %w", err)
	}
	s, err := c.Compile(at)
	if err != nil {
		return nil, fmt.Errorf("sqltable: the schema of mappings: %w", err)
	}
	if err := s.Validate(t.root); err != nil {
		var ve *jsonschema.ValidationError
		if !errors.As(err, &ve) {
			return nil, fmt.Errorf("sqltable: %s: %w", file, err)
		}
		t.judge(ve)
		return nil, t.sorted()
	}
	plain, err := json.Marshal(t.root)
	if err != nil {
		return nil, fmt.Errorf("sqltable: %s: %w", file, err)
	}
	m := &Mapping{}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("sqltable: %s: %w", file, err)
	}
	t.check(m)
	if len(t.problems) > 0 {
		return nil, t.sorted()
	}
	return m, nil
}

// check finds what a schema cannot say.
func (t *tree) check(m *Mapping) {
	seen := map[string]bool{}
	for i, c := range m.Categories {
		at := fmt.Sprintf("/categories/%d", i)
		if seen[c.ID] {
			t.fail(at+"/id", fmt.Sprintf("the category %q is there twice", c.ID))
		}
		seen[c.ID] = true
		names := map[string]bool{}
		for j, col := range c.Columns {
			if names[col.Name] {
				t.fail(fmt.Sprintf("%s/columns/%d/name", at, j), fmt.Sprintf("the column %q is there twice", col.Name))
			}
			names[col.Name] = true
		}
		switch {
		case c.Contact == nil && c.SharedContact:
			t.fail(at+"/shared_contact", "only a category reached by a contact can have a shared one")
		case c.Contact != nil && c.Contact.By == "mail" && m.Person.Mail == "":
			t.fail(at+"/contact/by", "the table of people has no column for mail; add person.mail")
		case c.Contact != nil && c.Contact.By == "phone" && m.Person.Phone == "":
			t.fail(at+"/contact/by", "the table of people has no column for the telephone; add person.phone")
		}
		if c.Label != "" && c.ItemPer != "record" {
			t.fail(at+"/label", "a label is for items of one record each; write item_per: record")
		}
		t.checkActs(m, c, at)
	}
	if m.Holds != nil && m.Journal == nil {
		t.fail("/holds", "a system that can be changed counts each effect key once; add journal")
	}
}

// checkActs finds what stands in the way of changing a category's rows: each
// must have a name, a change is counted by the system, and what was erased
// must not come back.
func (t *tree) checkActs(m *Mapping, c Category, at string) {
	if c.Erasable {
		switch {
		case c.RowKey == "":
			t.fail(at+"/erasable", "rows can be erased only when a column names each of them; add row_key")
		case m.Tombstones == nil:
			t.fail(at+"/erasable", "what is erased must not come back; add tombstones")
		case m.Journal == nil:
			t.fail(at+"/erasable", "a system that can be changed counts each effect key once; add journal")
		}
	}
	for j, col := range c.Columns {
		here := fmt.Sprintf("%s/columns/%d/writable", at, j)
		switch {
		case !col.Writable:
		case c.RowKey == "":
			t.fail(here, "a value can be put right only when a column names its row; add row_key")
		case m.Journal == nil:
			t.fail(here, "a system that can be changed counts each effect key once; add journal")
		case c.keeps(m, col.Name):
			t.fail(here, fmt.Sprintf("the column %q says whose the row is or which one; it can't be put right here", col.Name))
		}
	}
}

// keeps reports whether a column says whose a row is, or which one.
func (c Category) keeps(m *Mapping, column string) bool {
	switch {
	case column == c.RowKey, c.Key != "" && column == c.Key:
		return true
	case c.Through != nil:
		return column == c.Through.Column
	case c.Contact != nil:
		return column == c.Contact.Column
	}
	return c.Table == m.Person.Table && column == m.Person.Key
}

// tree is a parsed file: plain JSON values and the place of each.
type tree struct {
	file     string
	root     any
	at       map[string]*token.Position // by JSON pointer
	problems Problems
}

func (t *tree) sorted() Problems {
	sort.SliceStable(t.problems, func(i, j int) bool {
		a, b := t.problems[i], t.problems[j]
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
	return t.problems
}

// fail notes a problem at a pointer, or at its nearest parent that has a place.
func (t *tree) fail(pointer, message string) {
	p := Problem{File: t.file, Line: 1, Column: 1, Message: message}
	for at := pointer; ; {
		if pos := t.at[at]; pos != nil {
			p.Line, p.Column = pos.Line, pos.Column
			break
		}
		i := strings.LastIndexByte(at, '/')
		if i < 0 {
			break
		}
		at = at[:i]
	}
	t.problems = append(t.problems, p)
}

// read parses YAML without anchors, aliases, tags and second documents, so
// that what a reviewer sees is what is carried out.
func read(file string, b []byte) (t *tree) {
	t = &tree{file: file, at: map[string]*token.Position{}}
	if len(b) > maxMapping || !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		t.fail("", fmt.Sprintf("a mapping is UTF-8 text of at most %d bytes", maxMapping))
		return t
	}
	defer func() { // the parser is not ours; a file must not stop the process
		if recover() != nil {
			t.fail("", "this is not YAML that can be read; check indentation and quotes")
		}
	}()
	f, err := parser.ParseBytes(b, 0)
	if err != nil {
		p := Problem{File: file, Line: 1, Column: 1, Message: "this is not YAML that can be read; check indentation and quotes"}
		var ye yaml.Error
		if errors.As(err, &ye) {
			p.Message = ye.GetMessage()
			if tk := ye.GetToken(); tk != nil && tk.Position != nil {
				p.Line, p.Column = tk.Position.Line, tk.Position.Column
			}
		}
		t.problems = append(t.problems, p)
		return t
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		t.fail("", "a mapping is exactly one document")
		return t
	}
	t.root = t.value(f.Docs[0].Body, "", 0)
	return t
}

func (t *tree) value(n ast.Node, pointer string, depth int) any {
	if tk := n.GetToken(); tk != nil && tk.Position != nil && t.at[pointer] == nil {
		t.at[pointer] = tk.Position
	}
	if depth > maxDepth {
		t.fail(pointer, "the text is nested too deep")
		return nil
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return t.mapping(n.Values, pointer, depth)
	case *ast.MappingValueNode:
		return t.mapping([]*ast.MappingValueNode{n}, pointer, depth)
	case *ast.SequenceNode:
		list := make([]any, 0, len(n.Values))
		for i, v := range n.Values {
			list = append(list, t.value(v, fmt.Sprintf("%s/%d", pointer, i), depth+1))
		}
		return list
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n")
	case *ast.IntegerNode:
		return json.Number(fmt.Sprint(n.Value))
	case *ast.BoolNode:
		return n.Value
	case *ast.NullNode:
		t.fail(pointer, "there is no value; write one, or leave the key out")
		return nil
	}
	t.fail(pointer, "this is not part of the language of mappings; use mappings, lists, texts, true and false")
	return nil
}

func (t *tree) mapping(values []*ast.MappingValueNode, pointer string, depth int) any {
	m := make(map[string]any, len(values))
	for _, v := range values {
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			t.fail(pointer, "a key is a plain word")
			continue
		}
		at := pointer + "/" + step(key.Value)
		t.at[at] = key.GetToken().Position
		if _, twice := m[key.Value]; twice {
			t.fail(at, fmt.Sprintf("the key %q is there twice", key.Value))
			continue
		}
		m[key.Value] = t.value(v.Value, at, depth+1)
	}
	return m
}

// step is JSON pointer's escaping.
func step(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
}

var english = message.NewPrinter(language.English)

// judge puts the schema's findings into words with places.
func (t *tree) judge(e *jsonschema.ValidationError) {
	if k, ok := e.ErrorKind.(*kind.OneOf); ok {
		t.fail(pointer(e), fmt.Sprintf("%s is reached in %s; write exactly one of key, through and contact", strings.Join(e.InstanceLocation, "."),
			map[bool]string{true: "no way", false: "two ways"}[len(k.Subschemas) == 0]))
		return
	}
	if len(e.Causes) > 0 {
		for _, c := range e.Causes {
			t.judge(c)
		}
		return
	}
	here := "the file"
	if len(e.InstanceLocation) > 0 {
		here = strings.Join(e.InstanceLocation, ".")
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			t.fail(pointer(e)+"/"+step(name), fmt.Sprintf("%q is not a word of the language of mappings in %s; leave it out", name, here))
		}
	case *kind.Required:
		t.fail(pointer(e), fmt.Sprintf("%s lacks %s", here, strings.Join(k.Missing, ", ")))
	case *kind.Pattern:
		t.fail(pointer(e), fmt.Sprintf("%s: %q is not a name that can stand here (%s)", here, k.Got, k.Want))
	default:
		t.fail(pointer(e), fmt.Sprintf("%s: %s", here, e.ErrorKind.LocalizedString(english)))
	}
}

func pointer(e *jsonschema.ValidationError) string {
	p := ""
	for _, s := range e.InstanceLocation {
		p += "/" + step(s)
	}
	return p
}
