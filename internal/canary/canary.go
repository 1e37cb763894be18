// Package canary looks for planted personal data where none may be.
//
// A test plants values that occur nowhere else (canaries) in what a person files, and after the run gives every place
// that bytes could have gone to (sinks) to a Scanner: databases with their write-ahead logs, dumps, logs, mails,
// workflow histories, pages. A plain search would miss most leaks, because dumps print bytes in hexadecimal, mails are
// base64, JSON escapes, archives are compressed. So the scanner searches for each canary in many forms at once, and
// searches again in whatever can be decoded, to a depth of some layers.
//
// It is a package and not a test file because several packages' tests use it. Nothing of the product imports it.
//
// What it costs: all patterns are looked for in one pass, then each kind of escape takes one more; memory is several
// times the sink. On one core of a small machine a dump of 100 MB takes 3 seconds and 0.7 GB, logs and random bytes
// less (BenchmarkScan). What it does not find: sealed data (that is the point), a value cut into pieces by something
// else than the end of a line or a page of SQLite, text in pictures, PostgreSQL's files themselves (give it a dump),
// and forms that nobody thought of: add those to Plant first, see the self-test fail, then to the decoders.
package canary

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httputil"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// shortest is the fewest bytes that a canary may have: shorter ones turn up by chance in compressed and random bytes.
const shortest = 6

// deepest is how many layers are decoded: an escaped JSON text in base64 in a gzip member in a zip in a dump is four.
const deepest = 6

// largest is the most bytes that one sink, or one decoded layer of it, may have. More is an error, never passed over.
const largest = 1 << 30

// Allowed is a place where canaries may be, with the reason why. Hits there are counted, not reported.
type Allowed struct {
	Sink string // a pattern of path.Match over the sink's name; "dir/**" is everything below dir
	Why  string // required
}

// Hit is a canary that was found.
type Hit struct {
	Canary string // number and first letters: never the whole value
	Form   string // the layers that were decoded and the form found in the last: "gzip/base64/utf-8"
	Sink   string
	Offset int64 // in the sink, in bytes, of the canary or of the layer that holds it
}

// String is one line for a test's output.
func (h Hit) String() string {
	return fmt.Sprintf("canary %s as %s in %s at byte %d", h.Canary, h.Form, h.Sink, h.Offset)
}

// Sink is one thing that was scanned.
type Sink struct {
	Name  string
	Bytes int64 // as found, before anything was decoded
}

// Scanner looks for canaries. Set the fields before the first scan; its methods may be called by many goroutines.
type Scanner struct {
	Canaries []string  // at least six bytes each
	Allow    []Allowed // places where they may be

	once  sync.Once
	index *index
	bad   error

	mu      sync.Mutex
	hits    []Hit
	allowed []Hit
	sinks   []Sink
}

// Report is what a scanner has seen so far.
type Report struct {
	Hits    []Hit
	Allowed []Hit // found where they may be
	Sinks   []Sink
	Bytes   int64
}

// Err is nil when something was scanned and nothing was found outside the allowed places. Nothing scanned is an error:
// a scan of the wrong folder must not look clean.
func (r Report) Err() error {
	if len(r.Sinks) == 0 || r.Bytes == 0 {
		return errors.New("canary: nothing was scanned")
	}
	if len(r.Hits) == 0 {
		return nil
	}
	lines := make([]string, len(r.Hits))
	for i, h := range r.Hits {
		lines[i] = h.String()
	}
	return fmt.Errorf("canary: %d found:\n%s", len(r.Hits), strings.Join(lines, "\n"))
}

// String prints the counts, the sinks and the hits.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "canary: %d sinks, %d bytes, %d found, %d where they may be\n", len(r.Sinks), r.Bytes, len(r.Hits), len(r.Allowed))
	for _, s := range r.Sinks {
		fmt.Fprintf(&b, "  %12d bytes  %s\n", s.Bytes, s.Name)
	}
	for _, h := range r.Hits {
		fmt.Fprintf(&b, "  FOUND %s\n", h)
	}
	return b.String()
}

// Report returns the hits and the counts so far.
func (s *Scanner) Report() Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Report{Hits: slices.Clone(s.hits), Allowed: slices.Clone(s.allowed), Sinks: slices.Clone(s.sinks)}
	for _, sink := range r.Sinks {
		r.Bytes += sink.Bytes
	}
	return r
}

// Bytes scans a sink that is in memory: a body, a history as JSON, the text of a dump.
// The error is about the scanner, not about what was found; that is in the Report.
func (s *Scanner) Bytes(sink string, data []byte) error {
	if err := s.prepare(); err != nil {
		return err
	}
	if len(data) > largest {
		return fmt.Errorf("canary: %s is larger than %d bytes and was not scanned", s.mask(sink), largest)
	}
	if shown := s.mask(sink); shown != sink {
		// The name of a sink is a sink too: an uploaded file keeps its name on the disk, a token goes into a URL.
		found, _ := s.index.scan([]byte(sink))
		s.record("name of "+shown, found)
		sink = shown
	}
	found, whole := s.index.scan(data)
	s.mu.Lock()
	s.sinks = append(s.sinks, Sink{Name: sink, Bytes: int64(len(data))})
	s.mu.Unlock()
	s.record(sink, found)
	if !whole {
		return fmt.Errorf("canary: %s unpacks to more than %d bytes and was not scanned to its end", sink, largest)
	}
	return nil
}

// Reader scans a stream to its end.
func (s *Scanner) Reader(sink string, r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, largest+1))
	if err != nil {
		return fmt.Errorf("canary: reading %s: %w", s.mask(sink), err)
	}
	return s.Bytes(sink, data)
}

// Response scans status line, header and body of an answer, and leaves the body readable.
func (s *Scanner) Response(sink string, r *http.Response) error {
	head, err := httputil.DumpResponse(r, false)
	if err != nil {
		return fmt.Errorf("canary: %s: %w", sink, err)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, largest+1))
	err = errors.Join(err, r.Body.Close())
	if err != nil {
		return fmt.Errorf("canary: the body of %s: %w", sink, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := s.Bytes(sink+" header", head); err != nil {
		return err
	}
	return s.Bytes(sink+" body", body)
}

// File scans a file, and the write-ahead log, journal and shared memory of a database beside it. A file that is not
// there is an error.
func (s *Scanner) File(name string) error {
	if err := s.file(name, name); err != nil {
		return err
	}
	for _, suffix := range beside {
		err := s.file(name+suffix, name+suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// beside are the files that SQLite keeps next to a database.
var beside = []string{"-wal", "-journal", "-shm"}

// file scans one file under a sink's name. Its errors leave the path out, which may hold a canary.
func (s *Scanner) file(name, sink string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		if cause := new(fs.PathError); errors.As(err, &cause) {
			err = cause.Err // without the path, which may hold what is looked for
		}
		return fmt.Errorf("canary: reading %s: %w", s.mask(sink), err)
	}
	if isSQLite(data) {
		// Rows larger than a page are chained through pages; what spans two of them is put together first.
		wal, err := os.ReadFile(name + "-wal")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("canary: reading the log of %s: %w", s.mask(sink), err)
		}
		if long := longPayloads(data, wal); len(long) > 0 {
			if err := s.Bytes(sink+" (long rows)", long); err != nil {
				return err
			}
		}
	}
	return s.Bytes(sink, data)
}

// Tree scans every file below dir, and the names of files and folders. Links are not followed: their text is scanned.
// A file that vanishes meanwhile, as temporary ones do, is passed over. The sinks are named from dir's base name on.
func (s *Scanner) Tree(dir string) error {
	if err := s.prepare(); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) && name != dir {
				return nil
			}
			return fmt.Errorf("canary: walking %s: %w", s.mask(dir), err)
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		sink := path.Join(filepath.Base(dir), filepath.ToSlash(rel))
		switch {
		case d.IsDir():
			if s.mask(sink) != sink {
				return s.Bytes(sink, []byte(sink))
			}
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			if err != nil {
				return err
			}
			return s.Bytes(sink, []byte(target))
		case !d.Type().IsRegular():
			return nil // sockets and pipes hold nothing
		}
		err = s.file(name, sink)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

// prepare checks the fields and builds the index, once; a scanner that is set up wrongly scans nothing.
func (s *Scanner) prepare() error {
	s.once.Do(func() {
		if len(s.Canaries) == 0 {
			s.bad = errors.New("canary: there is nothing to look for")
			return
		}
		for _, a := range s.Allow {
			if _, err := path.Match(a.Sink, ""); err != nil || a.Sink == "" || strings.TrimSpace(a.Why) == "" {
				s.bad = fmt.Errorf("canary: the allowed place %q needs a pattern and a reason", a.Sink)
				return
			}
		}
		s.index, s.bad = newIndex(s.Canaries)
	})
	return s.bad
}

// mask returns the sink's name, or one without the canaries that it holds.
func (s *Scanner) mask(sink string) string {
	if s.prepare() != nil || !s.index.in(sink) {
		return sink
	}
	shown := sink
	for i, c := range s.Canaries {
		shown = strings.ReplaceAll(shown, c, "<canary "+id(i, c)+">")
	}
	if s.index.in(shown) {
		return "<a name that holds a canary>"
	}
	return shown
}

// record files what was found in a sink as a hit or, where it may be, as allowed.
func (s *Scanner) record(sink string, found []match) {
	may := slices.ContainsFunc(s.Allow, func(a Allowed) bool { return a.covers(sink) })
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[Hit]bool{}
	for _, m := range found {
		h := Hit{Canary: id(m.canary, s.Canaries[m.canary]), Form: m.form, Sink: sink, Offset: int64(m.offset)}
		if seen[h] {
			continue
		}
		seen[h] = true
		if may {
			s.allowed = append(s.allowed, h)
		} else {
			s.hits = append(s.hits, h)
		}
	}
}

// covers says whether the sink is one of the allowed place.
func (a Allowed) covers(sink string) bool {
	if dir, ok := strings.CutSuffix(a.Sink, "/**"); ok {
		return strings.HasPrefix(sink, dir+"/")
	}
	ok, _ := path.Match(a.Sink, sink) // checked by prepare
	return ok
}

// id names a canary without telling it: its number from 1 and its first two letters.
func id(i int, value string) string {
	letters := []rune(value)
	return fmt.Sprintf("%d (%s…)", i+1, string(letters[:min(2, len(letters)-1)]))
}
