// Package parcel builds what a person downloads: a ZIP with a page that tells
// in their language what is in it, where each item came from, what was
// withheld and why, and the data as CSV and JSON.
//
// It is a pure function of its input: the same parcel gives the same bytes, so
// that building it twice makes one package. Nothing in it runs: the page has
// no script, cells of the CSV cannot be formulas, and the names of members are
// our own and never come from data.
//
// What a reviewer covers (names of other people) is covered in every item of
// the parcel, in any spelling that shows the same letters. After building, the
// parcel is opened and read again, and is not given out when a covered or a
// withheld text is in any member, name or comment of it.
package parcel

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"io"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"madoguchi/clock"
	"madoguchi/dsr"
)

// distinctive is the length in characters from which a withheld value is
// looked for in the rest of the parcel. Dates and single words are shared by
// many records and prove nothing.
const distinctive = 12

var (
	//go:embed texts.yaml
	textsYAML []byte
	//go:embed style.css
	style []byte
	//go:embed index.html.tmpl
	indexHTML string

	texts = mustTexts()
	index = template.Must(template.New("index").Parse(indexHTML))
)

func mustTexts() map[string]map[string]string {
	m := map[string]map[string]string{}
	if err := yaml.UnmarshalWithOptions(textsYAML, &m, yaml.Strict()); err != nil {
		panic(fmt.Sprintf("parcel: texts.yaml: %v", err)) // part of the program, read by its tests
	}
	return m
}

// Builder builds parcels. The zero value is ready.
type Builder struct {
	// uncovered leaves out the covering, so that a test sees the reading
	// afterwards refuse it.
	uncovered bool
}

// Build gives a parcel's bytes and their SHA-256 in hex. Internal
// "parcel.leak" when what was to be left out is in it; Internal
// "parcel.shape" when rows and columns do not fit together or there is no text
// in the parcel's voice.
func (b Builder) Build(p dsr.Parcel) (digest string, data []byte, err error) {
	loc, err := clock.Zone(p.Zone)
	if err != nil {
		return "", nil, dsr.Errorf(dsr.Internal, "parcel.shape", "parcel: the zone is not known")
	}
	t := texts[string(p.Voice.Letter())]
	if t == nil {
		return "", nil, dsr.Errorf(dsr.Internal, "parcel.shape", "parcel: no texts in %q", p.Voice)
	}
	var hidden, withheld []string
	for i, item := range p.Items {
		hidden = append(hidden, item.Redactions...)
		if len(item.Names) != len(item.Columns) {
			return "", nil, dsr.Errorf(dsr.Internal, "parcel.shape", "parcel: item %d has %d columns and %d names", i+1, len(item.Columns), len(item.Names))
		}
		for _, row := range item.Rows {
			if len(row) != len(item.Columns) {
				return "", nil, dsr.Errorf(dsr.Internal, "parcel.shape", "parcel: item %d has a row of %d cells in %d columns", i+1, len(row), len(item.Columns))
			}
			for _, cell := range row {
				if item.Measure != dsr.MeasureDisclose && utf8.RuneCountInString(cell) >= distinctive {
					withheld = append(withheld, cell)
				}
			}
		}
	}
	ns := needles(hidden)
	given := ns
	if b.uncovered {
		given = nil
	}
	ms, covered := members(p, t, loc, given, make([]bool, len(p.Items)))
	if data, err = write(ms); err != nil {
		return "", nil, err
	}
	// The same parcel with nothing of the person in it says how often our own
	// sentences happen to have these letters.
	ms, _ = members(empty(p), t, loc, nil, covered)
	bare, err := write(ms)
	if err != nil {
		return "", nil, err
	}
	if err := inspect(data, bare, append(ns, needles(withheld)...)); err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), data, nil
}

// empty is p without any text that comes from data or from a person's pen.
func empty(p dsr.Parcel) dsr.Parcel {
	items := p.Items
	p.Items = make([]dsr.ParcelItem, len(items))
	for i, item := range items {
		item.Title, item.Source, item.Ground, item.Reason = "", "", "", ""
		item.Rows = make([][]string, len(items[i].Rows))
		for j := range item.Rows {
			item.Rows[j] = make([]string, len(item.Columns))
		}
		p.Items[i] = item
	}
	return p
}

// member is one file of the ZIP.
type member struct {
	name string
	data []byte
	at   time.Time
}

// The page's data.
type page struct {
	Lang, Organisation, Reference, ArrivedOn, DecidedOn, Policy string
	T                                                           map[string]string
	Items                                                       []pageItem
	AnyCovered                                                  bool
	Covered, CoveredTitle, CoveredWhy                           string
	Desk                                                        []string
}

type pageItem struct {
	Number                                                                 int
	File, Title, System, Source, Answer, Ground, ReasonCode, Reason, Count string
	Given, Withheld, Covered                                               bool
	Records                                                                []pageRecord
}

type pageRecord struct {
	Heading string
	Cells   []pageCell
}

type pageCell struct{ Title, Value string }

// The form of the JSON files. Add fields, never rename.
type jsonParcel struct {
	Form         int        `json:"form"`
	Organisation string     `json:"organisation"`
	Reference    string     `json:"reference"`
	Voice        string     `json:"voice"`
	Policy       string     `json:"policy"`
	ArrivedAt    string     `json:"arrived_at"` // RFC 3339 in the organisation's zone
	DecidedAt    string     `json:"decided_at"`
	Desk         []string   `json:"desk"`
	Items        []jsonItem `json:"items"`
}

type jsonItem struct {
	Number     int          `json:"number"`
	System     string       `json:"system"`
	Title      string       `json:"title"`
	Source     string       `json:"source"`
	Measure    dsr.Measure  `json:"measure"`
	Ground     string       `json:"ground,omitempty"`
	ReasonCode string       `json:"reason_code,omitempty"`
	Reason     string       `json:"reason,omitempty"`
	Covered    bool         `json:"covered"`
	Columns    []jsonColumn `json:"columns,omitempty"`
	Rows       [][]string   `json:"rows,omitempty"`
}

type jsonColumn struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// members makes the files of a parcel, with the needles covered wherever a
// text is not our own, and tells which items had something to cover. An item
// of which said is true is told to be covered in any case.
func members(p dsr.Parcel, t map[string]string, loc *time.Location, ns []needle, said []bool) (ms []member, which []bool) {
	at := time.UnixMicro(p.DecidedAt).UTC().Truncate(2 * time.Second) // a ZIP counts in twos
	if first := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC); at.Before(first) {
		at = first
	}
	add := func(name string, data []byte) { ms = append(ms, member{name, data, at}) }
	marked := func(key string) string { return strings.ReplaceAll(t[key], "{mark}", mark) }
	pg := page{Lang: string(p.Voice.Letter()), Organisation: p.Organisation, Reference: p.Reference, Policy: p.PolicyName, T: t, Desk: p.Desk,
		ArrivedOn: civil(p.ArrivedAt, loc, t), DecidedOn: civil(p.DecidedAt, loc, t),
		Covered: marked("covered"), CoveredTitle: marked("covered-title"), CoveredWhy: marked("covered-why")}
	js := jsonParcel{Form: 1, Organisation: p.Organisation, Reference: p.Reference, Voice: string(p.Voice), Policy: p.PolicyName, Desk: p.Desk,
		ArrivedAt: time.UnixMicro(p.ArrivedAt).In(loc).Format(time.RFC3339), DecidedAt: time.UnixMicro(p.DecidedAt).In(loc).Format(time.RFC3339)}
	for i, item := range p.Items {
		covered := said[i]
		clean := func(s string) string {
			s, changed := cover(strings.ToValidUTF8(s, "\ufffd"), ns)
			covered = covered || changed
			return s
		}
		one := pageItem{Number: i + 1, File: fmt.Sprintf("%02d", i+1), Title: clean(item.Title), System: item.System, Source: clean(item.Source),
			Answer: t[string(item.Measure)], Given: item.Measure == dsr.MeasureDisclose, Withheld: item.Measure == dsr.MeasureWithhold}
		j := jsonItem{Number: i + 1, System: item.System, Title: one.Title, Source: one.Source, Measure: item.Measure}
		if !one.Given {
			one.Ground, one.ReasonCode, one.Reason = clean(item.Ground), item.ReasonCode, clean(item.Reason)
			j.Ground, j.ReasonCode, j.Reason = one.Ground, one.ReasonCode, one.Reason
		} else {
			// A withheld item has no rows here, whatever the input says.
			for n, row := range item.Rows {
				rec, cells := pageRecord{}, make([]string, len(row))
				if len(item.Rows) > 1 {
					rec.Heading = strings.ReplaceAll(t["record"], "{n}", strconv.Itoa(n+1))
				}
				for k, cell := range row {
					cells[k] = clean(cell)
					rec.Cells = append(rec.Cells, pageCell{item.Columns[k], cells[k]})
				}
				one.Records = append(one.Records, rec)
				j.Rows = append(j.Rows, cells)
			}
			for k, name := range item.Names {
				j.Columns = append(j.Columns, jsonColumn{name, item.Columns[k]})
			}
			one.Count = strings.ReplaceAll(t["rows"], "{n}", strconv.Itoa(len(item.Rows)))
		}
		one.Covered, j.Covered = covered, covered
		which = append(which, covered)
		pg.AnyCovered = pg.AnyCovered || covered
		pg.Items = append(pg.Items, one)
		js.Items = append(js.Items, j)
		if one.Given {
			add(one.File+".csv", csvBytes(item.Columns, j.Rows))
			add(one.File+".json", jsonBytes(j))
		}
	}
	var b bytes.Buffer
	if err := index.Execute(&b, pg); err != nil {
		panic(fmt.Sprintf("parcel: index.html: %v", err)) // types are checked by every test that builds a parcel
	}
	add("index.html", b.Bytes())
	add("style.css", style)
	add("data.json", jsonBytes(js))
	lines := []string{t["title"], "", t["organisation"] + ": " + p.Organisation, t["reference"] + ": " + p.Reference, t["arrived"] + ": " + pg.ArrivedOn,
		t["decided"] + ": " + pg.DecidedOn, "", t["start"], "", t["files-csv"], t["files-json"]}
	if pg.AnyCovered {
		lines = append(lines, "", pg.CoveredWhy)
	}
	lines = append(append(lines, "", t["object-how"]), p.Desk...)
	add("README.txt", []byte(strings.Join(lines, "\r\n")+"\r\n"))
	sort.Slice(ms, func(i, j int) bool { return ms[i].name < ms[j].name })
	return ms, which
}

func jsonBytes(v any) []byte {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("parcel: %v", err)) // texts and numbers only: it cannot happen
	}
	return append(b, '\n')
}

// civil is the date of an instant in a zone, as the voice writes dates.
func civil(at int64, loc *time.Location, t map[string]string) string {
	d := time.UnixMicro(at).In(loc)
	month := d.Month().String()
	if t["title"] == texts["de"]["title"] {
		month = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}[d.Month()-1]
	}
	return strings.NewReplacer("{y}", strconv.Itoa(d.Year()), "{month}", month, "{m}", strconv.Itoa(int(d.Month())), "{d}", strconv.Itoa(d.Day())).Replace(t["date"])
}

// write makes the ZIP: members in the order of their names, one time, no
// owner, no comment.
func write(ms []member) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range ms {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate, Modified: m.at}
		h.SetMode(0o644)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write(m.data)
		}
		if err != nil {
			return nil, dsr.Errorf(dsr.Internal, "parcel.shape", "parcel: %s cannot be written", m.name)
		}
	}
	if err := z.Close(); err != nil {
		return nil, dsr.Errorf(dsr.Internal, "parcel.shape", "parcel: the end cannot be written")
	}
	return b.Bytes(), nil
}

// inspect opens the finished ZIP and looks for the needles in everything that
// can be read in it. What the bare parcel has too is our own text.
func inspect(data, bare []byte, ns []needle) error {
	got, err := readable(data)
	if err != nil {
		return err
	}
	own, err := readable(bare)
	if err != nil {
		return err
	}
	for name, text := range got {
		if !slices.Contains([]string{"", "index.html", "style.css", "README.txt", "data.json"}, name) && !ours(name) {
			return dsr.Errorf(dsr.Internal, "parcel.leak", "parcel: a member has a name that is not ours")
		}
		all, allowed := hay(text), hay(own[name])
		for _, n := range ns {
			if len(all.find(n)) > len(allowed.find(n)) {
				return dsr.Errorf(dsr.Internal, "parcel.leak", "parcel: member %q has a text that was to be left out", name)
			}
		}
	}
	return nil
}

// ours reports whether a name is two or more digits and one of two endings.
func ours(name string) bool {
	stem, ok := strings.CutSuffix(name, ".csv")
	if !ok {
		stem, ok = strings.CutSuffix(name, ".json")
	}
	_, err := strconv.Atoi(stem)
	return ok && err == nil && len(stem) >= 2 && filepath.IsLocal(name)
}

// between stands between two values, so that no needle is found across them.
const between = "\n■\n"

// readable is the text of every member as a reader gets it, escapes undone;
// under "" the names and comments.
func readable(data []byte) (map[string]string, error) {
	broken := func(what string) error {
		return dsr.Errorf(dsr.Internal, "parcel.leak", "parcel: %s cannot be read back", what)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, broken("the package")
	}
	got := map[string]string{}
	names := z.Comment
	for _, f := range z.File {
		names += between + f.Name + between + f.Comment
		if _, twice := got[f.Name]; twice {
			return nil, dsr.Errorf(dsr.Internal, "parcel.leak", "parcel: a name is there twice")
		}
		r, err := f.Open()
		if err != nil {
			return nil, broken(f.Name)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return nil, broken(f.Name)
		}
		text := string(b)
		switch filepath.Ext(f.Name) {
		case ".html":
			// Tags stay: they keep the values apart.
			text = html.UnescapeString(text)
		case ".json":
			var v any
			if json.Unmarshal(b, &v) != nil {
				return nil, broken(f.Name)
			}
			var values []string
			walk(v, &values)
			text = strings.Join(values, between)
		case ".csv":
			c := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
			rows, err := c.ReadAll()
			if err != nil {
				return nil, broken(f.Name)
			}
			var values []string
			for _, row := range rows {
				values = append(values, row...)
			}
			text = strings.Join(values, between)
		}
		got[f.Name] = text
	}
	got[""] = names
	return got, nil
}

func walk(v any, values *[]string) {
	switch v := v.(type) {
	case string:
		*values = append(*values, v)
	case []any:
		for _, x := range v {
			walk(x, values)
		}
	case map[string]any:
		for key, x := range v {
			*values = append(*values, key)
			walk(x, values)
		}
	}
}
