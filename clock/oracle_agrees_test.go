package clock_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"madoguchi/clock"
)

// Two offices that work through the nights in which the clocks change (one opens
// inside the hour that comes twice and the hour that is skipped), and one whose
// calendar ends soon, so that some answers lie beyond it.
var ownCalendars = []string{`id: night-berlin
version: test
zone: Europe/Berlin
covers: {from: 2019-06-01, to: 2040-12-31}
weekly: {sun: ["00:00-05:00"], mon: ["09:00-12:00"], tue: ["09:00-12:00"], wed: ["09:00-12:00"], thu: ["09:00-12:00"], fri: ["22:00-24:00"], sat: ["00:00-06:00", "20:00-24:00"]}
closed: [{on: 2026-12-25}, {annual: 12-31..01-01}, {on: 2024-03-31}, {annual: 05-01}]
open: [{on: 2025-05-01, hours: ["08:00-10:00"]}]
`, `id: night-new-york
version: test
zone: America/New_York
covers: {from: 2019-06-01, to: 2040-12-31}
weekly: {sun: ["01:30-02:30", "03:00-06:00"], mon: ["09:00-12:00", "13:00-17:00"], thu: ["00:00-24:00"], fri: ["00:00-24:00"]}
closed: [{annual: 12-24..12-26}, {annual: 02-29}, {annual: 07-04}]
`, `id: one-year
version: test
zone: America/Los_Angeles
covers: {from: 2026-07-01, to: 2027-06-30}
weekly: {mon: ["08:00-16:00"], tue: ["08:00-16:00"], wed: ["08:00-16:00"], thu: ["08:00-16:00"], fri: ["08:00-12:00"]}
closed: [{on: 2026-11-26}, {from: 2026-12-24, to: 2027-01-01}, {on: 2027-05-31}]
`}

// world is every calendar twice: as the package reads it and as the oracle does.
type world struct {
	offices []*office
	marks   map[*office]marks
	cals    map[*office]*clock.Calendar
	zones   map[string]*walkedZone
}

var theWorld = sync.OnceValue(func() *world {
	w := &world{marks: map[*office]marks{}, cals: map[*office]*clock.Calendar{}, zones: map[string]*walkedZone{}}
	err := filepath.WalkDir("zoneinfo", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, "zoneinfo"+string(filepath.Separator)))
		w.zones[name] = walkZone(name, must(os.ReadFile(path)))
		return nil
	})
	if err != nil {
		panic(err)
	}
	loaded, err := clock.LoadCalendars(os.DirFS("../packs/calendars"))
	if err != nil {
		panic(err)
	}
	lists, texts := map[string]holidayList{}, slices.Clone(ownCalendars)
	files, _ := filepath.Glob("../packs/calendars/*.yaml")
	for _, name := range files {
		data := must(os.ReadFile(name))
		if !isHolidayList(data) {
			texts = append(texts, string(data))
			continue
		}
		var list holidayList
		if err := yaml.Unmarshal(data, &list); err != nil {
			panic(err)
		}
		lists[list.ID+"@"+list.Version] = list
	}
	for _, text := range texts {
		o := readOffice([]byte(text), lists, w.zones)
		cal := loaded[o.id+"@"+o.version]
		if cal == nil {
			cal = loaded[o.id]
		}
		if slices.Contains(ownCalendars, text) {
			if cal, err = clock.ParseCalendar([]byte(text)); err != nil {
				panic(err)
			}
			o.text = text
		}
		if cal == nil || cal.Version != o.version {
			panic("calendar " + o.id + "@" + o.version + " is not among those that were loaded")
		}
		w.offices, w.cals[o], w.marks[o] = append(w.offices, o), cal, marksOf(o)
	}
	return w
})

// numbered draws the question with a number: every unit with every calendar in
// turn, near every mark, in every shape.
func (w *world) numbered(seed uint64, i int) question {
	k := i
	next := func(n int) int {
		at := k % n
		k /= n
		return at
	}
	unit, o := units[next(len(units))], w.offices[next(len(w.offices))]
	d := &draft{Rand: rand.New(rand.NewPCG(seed, uint64(i))), office: o, marks: w.marks[o], zones: w.zones}
	near := []string{featureChange, featureHoliday, featureYearEnd, ""}[next(4)]
	shape := []string{featureOverlap, featureExtension, featurePause, ""}[next(4)]
	return d.draw(unit, near, shape)
}

// compute is the shape of clock.Compute, so that a defective one can be put in.
type compute func(clock.Rule, *clock.Calendar, []clock.Event) (clock.Result, error)

// difference is what f answers otherwise than the oracle, or nothing.
func (w *world) difference(q question, a answer, f compute) string {
	got, err := f(q.rule, w.cals[q.office], q.events)
	minute := func(m int) string { return instant(m).In(q.zone.loc).Format("2006-01-02T15:04:05Z07:00") }
	var say []string
	differs := func(what string, got, want any) {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			say = append(say, fmt.Sprintf("%s is %v, the oracle says %v", what, got, want))
		}
	}
	var e *clock.Error
	switch {
	case a.beyond && err == nil:
		return "the answer rests on days that the calendar does not cover: " + show(got, q.zone.loc)
	case a.beyond:
		return ""
	case a.refused >= 0:
		if want := fmt.Sprintf("events[%d].at", a.refused); !errors.As(err, &e) || e.Field != want {
			return fmt.Sprintf("%s came too late, and the answer is %s, %v", want, show(got, q.zone.loc), err)
		}
		return ""
	case err != nil:
		return "error: " + err.Error()
	}
	if !got.StartAt.Equal(instant(a.start)) {
		differs("the start", got.StartAt, instant(a.start))
	}
	if a.paused {
		if got.State != clock.Paused || got.UnitsLeft != a.left || got.LeftUnit != a.leftUnit {
			differs("the state", fmt.Sprint(got.State, " ", got.DueAt, " ", got.UnitsLeft, " ", got.LeftUnit), fmt.Sprint(clock.Paused, " ", a.left, " ", a.leftUnit))
		}
		return strings.Join(say, "; ")
	}
	at, on, last := got.DueAt, got.DueOn, a.dueOn
	if a.from {
		at, on, last = got.FromAt, got.FromOn, a.dueOn+1
	}
	if got.State != clock.Due || !at.Equal(instant(a.at)) {
		differs("the instant", got.State+" "+at.In(q.zone.loc).Format("2006-01-02T15:04:05Z07:00"), clock.Due+" "+minute(a.at))
	}
	same := func(d clock.Date, want day) bool {
		return d.Y == civil[want].y && int(d.M) == civil[want].m && d.D == civil[want].d
	}
	if !same(on, last) {
		differs("the day", on, last)
	}
	if !same(got.UnrolledOn, a.unrolled) {
		differs("the day before rolling", got.UnrolledOn, a.unrolled)
	}
	if a.from != got.DueAt.IsZero() || a.from == got.FromAt.IsZero() {
		differs("due or from", got.DueAt.IsZero(), a.from)
	}
	noticeBy := time.Time{} // as long as another notice may be sent
	if a.extensions < q.rule.Extension.MaxTimes {
		noticeBy = instant(a.at)
	}
	differs("the notice's last instant", got.NoticeBy, noticeBy)
	return strings.Join(say, "; ")
}

// smaller leaves out what a difference does not need.
func (w *world) smaller(q question, f compute) question {
	for again := true; again; {
		again = false
		for i, e := range q.events {
			less := q
			switch e.Kind {
			case clock.Pause:
				less.events = slices.DeleteFunc(slices.Clone(q.events), func(o clock.Event) bool { return o.Cause == e.Cause && o.Kind != clock.Start })
			case clock.Prolonged:
				less.events = slices.Delete(slices.Clone(q.events), i, i+1)
			default:
				continue
			}
			if w.difference(less, less.ask(), f) != "" {
				q, again = less, true
				break
			}
		}
	}
	return q
}

// cell is one square of the table of what was asked.
type cell struct {
	unit     clock.Unit
	calendar string
	feature  string
}

// cells are the features of a case that was answered.
func (q question) cells(a answer) []cell {
	if a.beyond || a.refused >= 0 {
		return nil
	}
	var out []cell
	has := func(feature string, yes bool) {
		if yes {
			out = append(out, cell{q.rule.Unit, q.office.id + "@" + q.office.version, feature})
		}
	}
	has(featurePause, a.pauses > 0)
	has(featureOverlap, a.overlapped)
	has(featureExtension, a.extensions > 0)
	changed, festive := false, false
	for _, change := range q.zone.changes {
		changed = changed || a.start < change && change < a.untilMinute
	}
	has(featureChange, changed && q.zone == q.office.zone)
	first, last := q.zone.dayOf(a.start), q.zone.dayOf(a.untilMinute-1)
	for d := max(first, q.office.from); d <= min(last, q.office.to) && !festive; d++ {
		festive = q.office.holiday[d-q.office.from]
	}
	has(featureHoliday, festive)
	has(featureYearEnd, civil[max(first, last)].y > civil[first].y)
	return out
}

// tally is what some questions came to.
type tally struct {
	cells                  map[cell]int
	asked, refused, silent int // silent: the calendar does not cover the answer
	paused, wrong          int
	found                  []string
}

// oracleSeed draws the same questions each time.
const oracleSeed = 20261122

// questionsNormally is how many are put in the normal run.
const questionsNormally = 10_000

// put asks questions from a number on, on every core, and gathers what came of
// them. It stops at the first few differences.
func (w *world) put(n int, seed uint64, f compute) tally {
	var mu sync.Mutex
	var wait sync.WaitGroup
	all := tally{cells: map[cell]int{}}
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		wait.Go(func() {
			mine := tally{cells: map[cell]int{}}
			for i := worker; i < n; i += workers {
				q := w.numbered(seed, i)
				a := q.ask()
				mine.asked++
				for _, c := range q.cells(a) {
					mine.cells[c]++
				}
				switch {
				case a.beyond:
					mine.silent++
				case a.refused >= 0:
					mine.refused++
				case a.paused:
					mine.paused++
				}
				if w.difference(q, a, f) != "" {
					mine.wrong++
					if len(mine.found) < 3 {
						q = w.smaller(q, f)
						mine.found = append(mine.found, fmt.Sprintf("seed %d, question %d: %s\n%s", seed, i, w.difference(q, q.ask(), f), q))
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for c, k := range mine.cells {
				all.cells[c] += k
			}
			all.asked += mine.asked
			all.refused += mine.refused
			all.silent += mine.silent
			all.paused += mine.paused
			all.wrong += mine.wrong
			all.found = append(all.found, mine.found...)
		})
	}
	wait.Wait()
	return all
}

// steadyZones are those whose clocks were not changed in the ten years: with a
// calendar of theirs there is no case over a change to daylight saving. Every
// other cell of the table can exist.
var steadyZones = []string{"Asia/Tokyo", "Asia/Ho_Chi_Minh", "Asia/Seoul", "Asia/Singapore", "America/Sao_Paulo", "UTC"}

// TestTheOracleAgrees counts minute by minute and day by day, and compares: ten
// thousand questions, a million and more with MADOGUCHI_LONG=1.
func TestTheOracleAgrees(t *testing.T) {
	w := theWorld()
	questions, least := questionsNormally, 0
	long := os.Getenv("MADOGUCHI_LONG") != ""
	if long {
		// Enough that the rarest cell comes to a thousand.
		questions, least = max(1_000_000, 12_000*len(units)*len(w.offices)), 1_000
	}
	got := w.put(questions, oracleSeed, clock.Compute)
	for _, found := range got.found {
		t.Error(found)
	}
	t.Logf("counts: %d questions, %d differences; %d units, %d calendars; %d notices refused, %d paused, %d beyond the coverage",
		got.asked, got.wrong, len(units), len(w.offices), got.refused, got.paused, got.silent)
	for _, u := range units {
		line := "counts: " + string(u)
		for _, feature := range features {
			sum := 0
			for c, k := range got.cells {
				if c.unit == u && c.feature == feature {
					sum += k
				}
			}
			line += fmt.Sprintf("  %s %d", feature, sum)
			if sum < 100 {
				t.Errorf("%s: only %d cases of %s", u, sum, feature)
			}
		}
		t.Log(line)
	}
	rarest, at := 1<<60, cell{}
	for _, o := range w.offices {
		steady := slices.Contains(steadyZones, o.zoneName)
		for _, u := range units {
			line := fmt.Sprintf("%-17s %-26s", u, o.id+"@"+o.version)
			for _, feature := range features {
				c := cell{u, o.id + "@" + o.version, feature}
				k := got.cells[c]
				line += fmt.Sprintf("  %s %d", feature, k)
				if feature == featureChange && steady {
					if k > 0 {
						t.Errorf("%v: %d cases in a zone that keeps its time", c, k)
					}
					continue
				}
				if k < least {
					t.Errorf("%v: %d cases, at least %d are wanted", c, k, least)
				}
				if k < rarest {
					rarest, at = k, c
				}
			}
			if long || testing.Verbose() {
				t.Log(line)
			}
		}
	}
	t.Logf("counts: the rarest cell is %v with %d cases", at, rarest)
}

// TestAQuestionIsPrintedAsItIsAsked reads what a difference prints: the same rule and
// the same events.
func TestAQuestionIsPrintedAsItIsAsked(t *testing.T) {
	w := theWorld()
	for i := range 2000 {
		q := w.numbered(oracleSeed+2, i)
		parts := strings.Split(q.String(), "\n.\n")
		body := func(part string) []byte { return []byte(part[strings.Index(part, "\n")+1:]) }
		rule, err := clock.ParseRule(body(parts[0]))
		if err != nil {
			t.Fatalf("%v\n%s", err, q)
		}
		events, err := clock.ParseEvents(body(parts[1]), "")
		if err != nil {
			t.Fatalf("%v\n%s", err, q)
		}
		a, errA := clock.Compute(rule, w.cals[q.office], events)
		b, errB := clock.Compute(q.rule, w.cals[q.office], q.events)
		if !reflect.DeepEqual(a, b) || fmt.Sprint(errA) != fmt.Sprint(errB) {
			t.Fatalf("%+v, %v\n%+v, %v\n%s", a, errA, b, errB, q)
		}
	}
}
