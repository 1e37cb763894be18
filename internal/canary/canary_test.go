package canary

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// planted are the kinds of values that a person files; none of them occurs in what the tests plant them into.
var planted = []string{
	"Nguyễn Thị Ánh-Kanari",
	"kanari.anh+7@example.org",
	"090-7351-0042",
	"カナリア・ドルシュミット",
	"O'Kanari \"Q\" & Söhne",
	"K7-ÄÖ9",
}

// sinks are the kinds of places that bytes go to. Each puts what is planted there, or nothing, and scans it.
var sinks = map[string]func(t *testing.T, s *Scanner, plant []byte){
	"bytes": func(t *testing.T, s *Scanner, plant []byte) {
		scanned(t, s.Bytes("stdout of worker", around(plant)))
	},
	"stream": func(t *testing.T, s *Scanner, plant []byte) {
		scanned(t, s.Reader("stderr of server", io.MultiReader(strings.NewReader("x"), bytes.NewReader(around(plant)))))
	},
	"file": func(t *testing.T, s *Scanner, plant []byte) {
		scanned(t, s.File(write(t, t.TempDir(), "server.log", around(plant))))
	},
	"tree": func(t *testing.T, s *Scanner, plant []byte) {
		dir := t.TempDir()
		write(t, dir, "a/b/deep.eml", around(plant))
		write(t, dir, "empty", nil)
		scanned(t, s.Tree(dir))
	},
	"answer": func(t *testing.T, s *Scanner, plant []byte) {
		w := httptest.NewRecorder()
		w.Body.Write(around(plant))
		r := w.Result()
		scanned(t, s.Response("GET /", r))
		if again, err := io.ReadAll(r.Body); err != nil || !bytes.Equal(again, around(plant)) {
			t.Errorf("the body can't be read again: %v", err)
		}
	},
	"history": func(t *testing.T, s *Scanner, plant []byte) {
		// As Temporal exports it: payloads in base64.
		text, err := json.Marshal(map[string]any{"events": []any{map[string]any{"eventId": 5, "input": map[string]any{"payloads": []any{map[string]any{"data": around(plant)}}}}}})
		scanned(t, err)
		scanned(t, s.Bytes("history", text))
	},
	"dump": func(t *testing.T, s *Scanner, plant []byte) {
		scanned(t, s.Bytes("pg_dump", fmt.Appendf(nil, "COPY public.history_node (tree_id, data) FROM stdin;\n7\t\\\\x%x\n\\.\n", around(plant))))
	},
}

// around sets a plant between other text, so that nothing depends on where it begins.
func around(plant []byte) []byte {
	return append(append([]byte("{\"level\":\"info\",\"id\":17}\n"), plant...), "\n{\"level\":\"info\"}\n"...)
}

func TestEveryFormIsFoundInEverySink(t *testing.T) {
	finds, clean := 0, 0
	for name, put := range sinks {
		t.Run(name, func(t *testing.T) {
			for _, f := range forms {
				for i, value := range planted {
					if f.name == "folded line" && !strings.Contains(value, " ") {
						continue
					}
					s := &Scanner{Canaries: planted}
					put(t, s, f.plant(value))
					r := s.Report()
					if r.Err() == nil {
						t.Errorf("%s of canary %d was not found", f.name, i+1)
						continue
					}
					for _, h := range r.Hits {
						if !strings.HasPrefix(h.Canary, fmt.Sprint(i+1)+" ") || h.Form == "" || h.Sink == "" {
							t.Errorf("%s of canary %d was found as %s", f.name, i+1, h)
						}
						if strings.Contains(h.String(), value) {
							t.Errorf("the whole value is told: %s", h)
						}
					}
					finds++
				}
			}
			// The same places without a plant, and with one that is nobody's.
			for _, f := range forms {
				s := &Scanner{Canaries: planted}
				put(t, s, f.plant("Somebody Else, nobody's ñame"))
				if err := s.Report().Err(); err != nil {
					t.Errorf("nothing was planted as %s, and: %v", f.name, err)
				}
				clean++
			}
		})
	}
	t.Logf("%d forms, %d canaries, %d kinds of sink: %d plants found, %d clean sinks clean", len(forms), len(planted), len(sinks), finds, clean)
}

// Without a kind of decoding or pattern, its plants must be missed: else the test above would prove nothing about it.
func TestAScannerWithoutADecoderMissesItsForm(t *testing.T) {
	whole := decoders
	defer func() { decoders = whole }()
	for form, decoder := range map[string]string{
		"gzip": "gzip", "zip": "zip", "zlib": "zlib", "base64 in lines": "base64", "gzip in hex": "hex", "json": "json",
		"percent": "percent", "quoted-printable": "quoted-printable", "html, decimal": "html", "mime word, q": "mime-word",
		"broken line": "unwrapped", "folded line": "unfolded",
	} {
		decoders = nil
		for _, d := range whole {
			// Lines are joined by two decoders; a test of one goes without the other.
			if d.name != decoder && !(decoder == "base64" && d.leaf) && !(decoder == "percent" && d.name == "form") {
				decoders = append(decoders, d)
			}
		}
		s := &Scanner{Canaries: planted[:1]}
		scanned(t, s.Bytes("x", around(Plant(form, planted[0]))))
		if err := s.Report().Err(); err != nil {
			t.Errorf("%s is found without %s: %v", form, decoder, err)
		}
	}
}

func TestLayersUponLayersAreOpened(t *testing.T) {
	value := planted[0]
	text, err := json.Marshal(map[string]string{"note": string(everyUnit(value, `\u%04x`))})
	scanned(t, err)
	page := packed(string(text), gzipWriter)
	archive := zipped(string(Plant("base64 in lines", string(page))))
	s := &Scanner{Canaries: planted}
	scanned(t, s.Bytes("dump", fmt.Appendf(nil, "a\tb\n\\\\x%x\n", archive)))
	r := s.Report()
	if r.Err() == nil {
		t.Fatal("not found")
	}
	t.Log(r.Hits[0])

	s = &Scanner{Canaries: planted}
	scanned(t, s.Bytes("raw deflate", deflated(value)))
	if s.Report().Err() == nil {
		t.Error("a body in raw deflate was not opened")
	}
	s = &Scanner{Canaries: planted}
	cut := Plant("gzip", value)
	scanned(t, s.Bytes("cut", cut[:len(cut)-12]))
	if s.Report().Err() == nil {
		t.Error("a member cut short was not read")
	}
}

func TestOffsetsLeadBack(t *testing.T) {
	before := bytes.Repeat([]byte("nothing here\\n"), 1000)
	for _, form := range []string{"utf-8", "json", "gzip", "base64 in lines", "html, decimal"} {
		s := &Scanner{Canaries: planted}
		scanned(t, s.Bytes("x", append(bytes.Clone(before), Plant(form, planted[0])...)))
		found := false
		for _, h := range s.Report().Hits {
			found = found || h.Offset >= int64(len(before))-400 && h.Offset <= int64(len(before))+400
		}
		if !found {
			t.Errorf("%s: want near %d, got %v", form, len(before), s.Report().Hits)
		}
	}
}

func TestADatabaseIsScannedWithItsLog(t *testing.T) {
	dir := t.TempDir()
	for _, write := range []struct {
		name, value string
		long        bool
		found       bool
	}{
		{"short", planted[1], false, true},
		{"long", planted[0], true, true},
		{"none", "somebody else entirely", false, false},
		{"none-long", "somebody else entirely", true, false},
	} {
		file := filepath.Join(dir, write.name+".db")
		db, err := gorm.Open(sqlite.Open(file+"?_pragma=journal_mode(WAL)&_pragma=wal_autocheckpoint(0)"), &gorm.Config{Logger: logger.Discard})
		scanned(t, err)
		conn, err := db.DB()
		scanned(t, err)
		value := []byte(write.value)
		if write.long {
			// Chance keeps it from shrinking, so that the archive goes through many pages.
			noise := make([]byte, 20_000)
			rand.Read(noise)
			value = zipped(fmt.Sprintf("%x%s%x", noise, write.value, noise))
		}
		run(t, conn, `CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)`)
		run(t, conn, `INSERT INTO t (v) VALUES (?)`, value)

		// First everything is in the log, then all of it is in the file.
		for _, step := range []string{"log", "file"} {
			s := &Scanner{Canaries: planted}
			scanned(t, s.File(file))
			if err := s.Report().Err(); (err != nil) != write.found {
				t.Errorf("%s, all in the %s: %v\n%s", write.name, step, err, s.Report())
			}
			if step == "log" && len(s.Report().Sinks) < 2 {
				t.Errorf("the log was not scanned: %s", s.Report())
			}
			run(t, conn, `PRAGMA wal_checkpoint(TRUNCATE)`)
		}
		scanned(t, conn.Close())
		s := &Scanner{Canaries: planted}
		scanned(t, s.Tree(dir))
		if write.found && s.Report().Err() == nil {
			t.Errorf("%s: not found in the tree", write.name)
		}
		scanned(t, os.Remove(file))
	}
}

func TestNamesOfFilesAreScannedAndNotTold(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "uploads/"+planted[0]+".png", []byte("picture"))
	write(t, dir, planted[1]+"/x", []byte("y"))
	s := &Scanner{Canaries: planted}
	scanned(t, s.Tree(dir))
	r := s.Report()
	if len(r.Hits) < 2 {
		t.Errorf("%s", r)
	}
	for _, value := range planted[:2] {
		if strings.Contains(r.String(), value) {
			t.Errorf("the name is told: %s", r)
		}
	}
	if err := s.File(filepath.Join(dir, planted[0])); err == nil || strings.Contains(err.Error(), planted[0]) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestNothingScannedIsAnError(t *testing.T) {
	s := &Scanner{Canaries: planted}
	if err := s.Report().Err(); err == nil {
		t.Error("nothing scanned is clean")
	}
	scanned(t, s.Bytes("empty", nil))
	scanned(t, s.Tree(t.TempDir()))
	if err := s.Report().Err(); err == nil {
		t.Error("an empty file and an empty folder are clean")
	}
	if err := s.Tree(filepath.Join(t.TempDir(), "gone")); err == nil {
		t.Error("a folder that is not there was scanned")
	}
	if err := s.File(filepath.Join(t.TempDir(), "gone")); err == nil {
		t.Error("a file that is not there was scanned")
	}
	for name, s := range map[string]*Scanner{
		"no canary":           {},
		"a canary too short":  {Canaries: []string{"ab12"}},
		"a place, no reason":  {Canaries: planted, Allow: []Allowed{{Sink: "x"}}},
		"a pattern that's no": {Canaries: planted, Allow: []Allowed{{Sink: "[", Why: "y"}}},
	} {
		if err := s.Bytes("x", []byte("y")); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAllowedPlacesAreCountedApart(t *testing.T) {
	s := &Scanner{Canaries: planted, Allow: []Allowed{
		{Sink: "package.zip", Why: "it is the answer to the person"},
		{Sink: "sample/**", Why: "the sample system holds its own people"},
	}}
	for _, sink := range []string{"package.zip", "sample/people.db", "sample/deep/log", "samples/x", "log"} {
		scanned(t, s.Bytes(sink, []byte(planted[1])))
	}
	r := s.Report()
	if len(r.Hits) != 2 || len(r.Allowed) != 3 || r.Bytes != int64(5*len(planted[1])) {
		t.Errorf("%s", r)
	}
}

func TestABombIsNotPassedOver(t *testing.T) {
	if testing.Short() {
		t.Log("the bomb is small in short tests")
	}
	x, err := newIndex(planted)
	scanned(t, err)
	s := &search{index: x, times: map[string]int{}, left: 1000}
	s.walk(packed(strings.Repeat("0", 5000), gzipWriter), "", func(at int) int { return at }, 0)
	if !s.cut {
		t.Error("a member larger than the limit was taken for whole")
	}
}

func BenchmarkScan(b *testing.B) {
	var many []string
	for i := range 24 {
		many = append(many, fmt.Sprintf("canary number %d of the Nguyễn family", i*7919))
	}
	noise := make([]byte, 16<<20)
	rand.Read(noise)
	log := bytes.Repeat([]byte(`{"level":"info","case":"0190b1c2-7d3e-7a4f-8123-456789abcdef","stage":"identity","due":"2026-11-16T00:30:00Z","note":"a \"quoted\" word","ms":17}`+"\n"), 16<<20/150)
	dump := make([]byte, 0, 16<<20)
	for i := 0; len(dump) < 16<<20; i += 400 {
		dump = fmt.Appendf(dump, "%d\t\\\\x%x\n", i, noise[i:i+400])
	}
	for name, data := range map[string][]byte{"random": noise, "log": log, "dump": dump} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				s := &Scanner{Canaries: many}
				if err := s.Bytes(name, data); err != nil || len(s.Report().Hits) > 0 {
					b.Fatal(err, s.Report().Hits)
				}
			}
		})
	}
}

func write(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(dir, name)
	scanned(t, os.MkdirAll(filepath.Dir(file), 0o700))
	scanned(t, os.WriteFile(file, data, 0o600))
	return file
}

func run(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
}

func scanned(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
