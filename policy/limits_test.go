package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/goccy/go-yaml"

	"madoguchi/clock"
	"madoguchi/packs"
)

// hostile are files that are no pack: what they say is refused, and how.
func hostile(t testing.TB) map[string]struct{ text, want string } {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 9) + "]\n"
	}
	var keys, flowKeys strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&keys, "k%05d: 1\n", i)
		fmt.Fprintf(&flowKeys, "k%05d: 1,\n", i)
	}
	full := func(s string) string { return strings.Repeat(s, (maxBytes-100)/len(s)) }
	return map[string]struct{ text, want string }{
		"ten megabytes":        {strings.Repeat("x", 10<<20), "a pack has at most 262144"},
		"alias bomb":           {bomb, "anchors, aliases and merges"},
		"deep brackets":        {"a: " + strings.Repeat("[", 100_000), "nested deeper"},
		"deep braces":          {"a: " + strings.Repeat("{a: ", 50_000), "nested deeper"},
		"deep indentation":     {deep(400), "nested deeper"},
		"deep lists":           {strings.Repeat("- ", 50_000) + "x", "nested deeper"},
		"deep question":        {strings.Repeat("? ", 50_000) + "x", "nested deeper"},
		"binary":               {"\x00\x01\x02\xff", "not UTF-8 text"},
		"a program":            {"\x7fELF" + strings.Repeat("\x00\xfe", 100_000), "not UTF-8 text"},
		"not utf-8":            {"a: \xff\xfe", "not UTF-8 text"},
		"empty":                {"", "holds 0 documents"},
		"a comment":            {"# nothing", "holds 0 documents"},
		"a scalar":             {"hello", "is a text"},
		"a list":               {"- a", "is a list"},
		"merge key":            {"a: {b: c}\n<<: {d: e}", "pack language"},
		"number as a key":      {"1: a", "is not a key of the pack language"},
		"many open scalars":    {strings.Repeat("\"", 9999), "1:"},
		"many documents":       {full("---\na\n"), "holds 3 documents"},
		"many keys":            {keys.String(), "more than 5000 lines"},
		"many keys in a row":   {"a: {\n" + flowKeys.String() + "z: 1}", "more than 5000"},
		"keys to the limit":    {strings.Join(strings.SplitAfter(keys.String(), "\n")[:4999], ""), "has 4999 keys; one has at most 2000"},
		"entries to the limit": {"a: [" + strings.Repeat("x,", 4999) + "x]", "has 5000 entries; one has at most 2000"},
		"brackets":             {"a: [" + strings.Repeat("[x],\n", 40_000) + "x]", "more than 5000"},
		"one line":             {"a: " + full("x"), "the line has"},
		"anchors":              {strings.Repeat("- &a x\n", 1900), "and more problems from here on"},
		"faults without end":   {strings.Replace(string(testdata(t, "working_small.yaml")), "purposes:\n", "purposes:\n"+strings.Repeat("  - {}\n", 1900), 1), "more problems from here on"},
		"one proof a line": {strings.Replace(string(testdata(t, "working_small.yaml")), "{ kind: disclosure, online: true, ",
			"{ kind: disclosure, online: true, identity: ["+strings.Repeat("{level: L1},", 1900)+"{level: L1}], ", 1), "more problems from here on"},
	}
}

// mallocs is how often f asked for memory: work that no load of the machine
// changes.
func mallocs(f func()) int64 {
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	f()
	runtime.ReadMemStats(&b)
	return int64(b.Mallocs - a.Mallocs)
}

// mostWork is what refusing a file may cost, in requests for memory; a pack that
// loads costs about a tenth. It is some 100 ms on a slow machine.
const mostWork = 400_000

// Nothing that is not a pack keeps us busy or makes us fall over, whichever file
// it stands in.
func TestHostileFilesAreRefusedQuicklyWithASentence(t *testing.T) {
	good := testdata(t, "working_small.yaml")
	var most int64
	var slowest time.Duration
	for name, x := range hostile(t) {
		for _, file := range []string{"small/pack.yaml", "law/appi.yaml", "defaults.yaml", "demonstration/times.yaml"} {
			// What the pack's own words are needed for is tried as a pack only.
			if file != "small/pack.yaml" && strings.Contains(x.text, "slug: small") {
				continue
			}
			m := library(t, good)
			m[file] = &fstest.MapFile{Data: []byte(x.text)}
			var err error
			start := time.Now()
			work := mallocs(func() { _, err = Load(m, Options{}) })
			took := time.Since(start)
			var ps Problems
			if !errors.As(err, &ps) || !strings.Contains(err.Error(), x.want) {
				t.Errorf("%s as %s: got %.300v, want %q", name, file, err, x.want)
				continue
			}
			for _, p := range ps {
				if p.File == file && (p.Line < 1 || p.Column < 1 || p.Message == "" || p.Instead == "") {
					t.Errorf("%s as %s: %+v", name, file, p)
				}
			}
			if work > mostWork || len(ps) > 2*maxProblems+2 || len(err.Error()) > 200_000 {
				t.Errorf("%s as %s: %d requests for memory, %d problems in %d bytes", name, file, work, len(ps), len(err.Error()))
			}
			// The clock is asked only whether something is wholly out of bounds: the
			// machine may be busy.
			if took > 4*time.Second {
				t.Errorf("%s as %s: took %s", name, file, took)
			}
			most, slowest = max(most, work), max(slowest, took)
		}
	}
	t.Logf("counts: at most %d requests for memory, at most %s", most, slowest.Round(time.Millisecond))
}

// The bound of the work is not out of reach: without the limits a file of a
// megabyte's keys goes beyond it.
func TestTheBoundOfTheWorkSeesAFileThatIsTooBig(t *testing.T) {
	var keys strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&keys, "- [k%d]\n", i)
	}
	if work := mallocs(func() {
		var v any
		if err := yaml.Unmarshal([]byte(keys.String()), &v); err != nil {
			t.Error(err)
		}
	}); work < mostWork {
		t.Errorf("%d requests for memory, the bound is %d", work, mostWork)
	}
}

func deep(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// fuzzed are the sorts of file that FuzzLoad changes.
var fuzzed = []string{"small/pack.yaml", "law/appi.yaml", "defaults.yaml", "demonstration/times.yaml"}

// FuzzLoad: whatever stands in one of the files, Load either refuses it, with a
// place and a sentence, or gives a policy that can be asked.
func FuzzLoad(f *testing.F) {
	base := library(f, testdata(f, "working_small.yaml"))
	for i, file := range fuzzed {
		f.Add(uint8(i), base[file].Data)
	}
	f.Add(uint8(0), []byte("a: [b, {c: d}]"))
	f.Add(uint8(1), []byte("- - - -\n? x\n: |\n  y"))
	for _, x := range bustedFiles(f) {
		f.Add(uint8(0), []byte(x.text(f)))
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		m := maps.Clone(base)
		file := fuzzed[int(which)%len(fuzzed)]
		m[file] = &fstest.MapFile{Data: b}
		for _, demonstration := range []bool{false, true} {
			l, err := Load(m, Options{Demonstration: demonstration})
			if err != nil {
				var ps Problems
				if !errors.As(err, &ps) || len(ps) == 0 {
					t.Fatalf("no problems: %v", err)
				}
				for _, p := range ps {
					if p.File == "" || p.Line < 1 || p.Column < 1 || p.Message == "" {
						t.Fatalf("a problem without a place: %+v", p)
					}
				}
				return
			}
			ask(t, l)
		}
	})
}

// ask puts every sort of question to every policy of a library.
func ask(t testing.TB, l *Library) {
	on, err := clock.ParseDate("2026-11-20")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range l.Packs() {
		for _, kind := range append([]string{"no-kind"}, KindCodes...) {
			r := Request{Kind: kind, Channel: "portal", ArrivedOn: on}
			p.Asked(r, Item{System: "cards", Category: "profile"})
			p.IdentityOf(r)
			p.FeeFor(r)
			p.Tells(r, []Place{{System: "cards"}})
			p.LegalClocks(kind, on)
			p.TargetFor(kind)
		}
		if p.Digest == "" || len(p.Rules()) == 0 || len(p.WhereToComplain()) == 0 {
			t.Fatalf("%s: half a policy", p.Slug)
		}
	}
}

// Seeds and what the fuzzer found before run with every test; this is that the
// same questions can be put to the shipped policies.
func TestEveryShippedPolicyCanBeAsked(t *testing.T) {
	ask(t, load(t, false))
	ask(t, load(t, true))
}

// shippedFiles are the bytes that a load of all policies reads as YAML.
func shippedFiles(t testing.TB) [][]byte {
	var out [][]byte
	for _, pattern := range []string{"*/pack.yaml", "law/*.yaml", "rules/*.yaml", "defaults.yaml", "demonstration/*.yaml"} {
		files, err := fs.Glob(packs.Files, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			b, err := fs.ReadFile(packs.Files, file)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b)
		}
	}
	return out
}

// BenchmarkLoad is all policies of the house, from bytes to answers; beside it a
// plain decode of the same bytes, which checks nothing and keeps no place.
func BenchmarkLoad(b *testing.B) {
	files := shippedFiles(b)
	n := int64(len(slices.Concat(files...)))
	b.Run("five packs", func(b *testing.B) {
		b.SetBytes(n)
		b.ReportAllocs()
		defer spent(b)()
		for b.Loop() {
			if _, err := Load(packs.Files, Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plain decode of the same bytes", func(b *testing.B) {
		b.SetBytes(n)
		b.ReportAllocs()
		defer spent(b)()
		for b.Loop() {
			for _, file := range files {
				var v any
				if err := yaml.Unmarshal(file, &v); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// spent reports the processor's time beside the wall's, which says little on a
// machine that is busy with something else.
func spent(b *testing.B) func() {
	now := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start := now()
	return func() { b.ReportMetric(float64((now()-start).Microseconds())/1000/float64(b.N), "cpu-ms/op") }
}

// BenchmarkResolve is one question to a policy that is loaded.
func BenchmarkResolve(b *testing.B) {
	p := pack(b, "qoo10")
	on, err := clock.ParseDate("2026-11-20")
	if err != nil {
		b.Fatal(err)
	}
	r := Request{Kind: "correction", Channel: "post", Population: "member", Fields: []string{"name"}, ArrivedOn: on}
	it := Item{System: "members", Category: "profile", Columns: []string{"name"}}
	for name, f := range map[string]func(){
		"tests of an item": func() { p.Asked(r, it) },
		"proof":            func() { p.IdentityOf(r) },
		"legal clocks":     func() { p.LegalClocks("disclosure", on) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}
