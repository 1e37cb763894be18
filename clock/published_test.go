package clock_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"

	"madoguchi/clock"
)

// published is one date that a statute, a court or an authority computed itself.
type published struct {
	ID       string      `yaml:"id"`
	Law      string      `yaml:"law"`      // what the example is about, for the count
	By       string      `yaml:"by"`       // statute, court, authority, reported
	What     string      `yaml:"what"`     // which text, and what it supposes
	Address  string      `yaml:"address"`  // of the copy that was opened
	Read     clock.Date  `yaml:"read"`     // day on which it was opened
	Sentence string      `yaml:"sentence"` // that the date rests on, as it stands
	Year     string      `yaml:"year"`     // "ours" when the sentence names none
	Rule     string      `yaml:"rule"`     // ID in the book, chosen by the day of the start
	Counts   *clock.Rule `yaml:"counts"`   // or what is counted, where the book has no such law
	Calendar struct {
		Zone   string       `yaml:"zone"`
		Closed []clock.Date `yaml:"closed"` // beside Saturdays and Sundays
	} `yaml:"calendar"`
	Start      string     `yaml:"start"` // local time in the calendar's zone
	Told       string     `yaml:"told"`  // when the notice of an extension was sent
	DueOn      clock.Date `yaml:"due_on"`
	FromOn     clock.Date `yaml:"from_on"`
	UnrolledOn clock.Date `yaml:"unrolled_on"`
}

// A quotation has at most so many words; a text without spaces so many characters.
const maxWords, maxCharacters = 20, 60

// readPublished reads the examples and says everything that is wrong with them:
// what is missing, quoted at too great length, or computed otherwise.
func readPublished(data []byte, book *clock.Book) ([]published, []string) {
	var file struct {
		Examples []published `yaml:"examples"`
	}
	if err := yaml.UnmarshalWithOptions(data, &file, yaml.Strict()); err != nil {
		return nil, []string{err.Error()}
	}
	var faults []string
	seen := map[string]bool{}
	for _, p := range file.Examples {
		say := func(format string, args ...any) {
			faults = append(faults, p.ID+": "+fmt.Sprintf(format, args...))
		}
		if seen[p.ID] {
			say("is there twice")
		}
		seen[p.ID] = true
		for field, text := range map[string]string{"id": p.ID, "law": p.Law, "what": p.What, "address": p.Address, "sentence": p.Sentence} {
			if text == "" {
				say("has no %s", field)
			}
		}
		if !slices.Contains([]string{"statute", "court", "authority", "reported"}, p.By) {
			say("by %q", p.By)
		}
		if p.Read.IsZero() {
			say("does not say when it was read")
		}
		if n := quoted(p.Sentence); n > 0 {
			say("quotes too much, by %d", n)
		}
		if p.Year != "ours" && p.Year != "" {
			say("year %q", p.Year)
		}
		if (p.Rule == "") == (p.Counts == nil) {
			say("needs a rule of the book or what is counted")
			continue
		}
		if got, err := p.compute(book); err != nil {
			say("%v", err)
		} else if got.DueOn != p.DueOn || got.FromOn != p.FromOn || !p.UnrolledOn.IsZero() && got.UnrolledOn != p.UnrolledOn {
			say("computed due %s from %s unrolled %s", got.DueOn, got.FromOn, got.UnrolledOn)
		}
	}
	return file.Examples, faults
}

// quoted is by how much a sentence is too long, 0 when it is not.
func quoted(sentence string) int {
	if strings.ContainsFunc(sentence, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
	}) {
		return max(0, len([]rune(sentence))-maxCharacters)
	}
	return max(0, len(strings.Fields(sentence))-maxWords)
}

// compute is what the clock makes of an example.
func (p published) compute(book *clock.Book) (clock.Result, error) {
	loc, err := clock.Zone(p.Calendar.Zone)
	if err != nil {
		return clock.Result{}, err
	}
	start, err := time.ParseInLocation("2006-01-02T15:04", p.Start, loc)
	if err != nil {
		return clock.Result{}, err
	}
	rule, arrived := clock.Rule{}, clock.DateOf(start)
	if p.Rule != "" {
		if rule, err = book.Rule(p.Rule, arrived); err != nil {
			return clock.Result{}, err
		}
	} else {
		rule = *p.Counts
		rule.ID, rule.Kind, rule.Start = p.ID, clock.LegalDue, clock.StartArrival
	}
	cal, err := weekdays(p.Calendar.Zone, arrived.AddDays(-1), p.Calendar.Closed)
	if err != nil {
		return clock.Result{}, err
	}
	events := []clock.Event{{Kind: clock.Start, At: start}}
	if p.Told != "" {
		told, err := time.ParseInLocation("2006-01-02T15:04", p.Told, loc)
		if err != nil {
			return clock.Result{}, err
		}
		events = append(events, clock.Event{Kind: clock.Prolonged, At: told})
	}
	return clock.Compute(rule, cal, events)
}

// weekdays is a calendar of eight years that is open from Monday to Friday.
func weekdays(zone string, from clock.Date, closed []clock.Date) (*clock.Calendar, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "id: weekdays\nversion: test\nzone: %s\ncovers: {from: %s, to: %s}\n", zone, from, from.AddDays(8*366))
	b.WriteString("weekly:\n")
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri"} {
		fmt.Fprintf(&b, "  %s: [\"00:00-24:00\"]\n", day)
	}
	if len(closed) > 0 {
		b.WriteString("closed:\n")
	}
	for _, on := range closed {
		fmt.Fprintf(&b, "  - {on: %s}\n", on)
	}
	return clock.ParseCalendar([]byte(b.String()))
}

func lawBook(t testing.TB) *clock.Book {
	t.Helper()
	book, err := clock.LoadRules(os.DirFS("../packs/rules"))
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func TestPublishedDatesOfStatutesAndAuthoritiesAreComputed(t *testing.T) {
	data, err := os.ReadFile("testdata/published.yaml")
	if err != nil {
		t.Fatal(err)
	}
	examples, faults := readPublished(data, lawBook(t))
	for _, fault := range faults {
		t.Error(fault)
	}
	if len(examples) < 10 {
		t.Errorf("%d examples", len(examples))
	}
	laws, by := map[string]int{}, map[string]int{}
	for _, p := range examples {
		laws[p.Law]++
		by[p.By]++
	}
	for _, law := range slices.SortedFunc(maps.Keys(laws), func(a, b string) int { return cmp.Or(laws[b]-laws[a], strings.Compare(a, b)) }) {
		t.Logf("counts: %3d %s", laws[law], law)
	}
	t.Logf("counts: %d published examples, %v", len(examples), by)
}

// The check of the check: each planted fault is found, and nothing else.
func TestPublishedExamplesThatAreWrongAreFound(t *testing.T) {
	data, err := os.ReadFile("testdata/published.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, fault := range map[string]struct{ was, is, says string }{
		"a date one day off":     {"due_on: 2027-04-05", "due_on: 2027-04-06", "edpb-example-32: computed due 2027-04-05"},
		"an extension forgotten": {"    told: 2019-11-18T15:00\n", "", "commission-6092-extended: computed due 2019-11-18"},
		"no day of reading":      {"    read: 2026-11-22\n    sentence: The last day", "    sentence: The last day", "cpr-2-8-within: does not say when"},
		"too long a quotation":   {"sentence: the earliest date for the hearing is", "sentence: the very earliest date that anybody could ever have wished for when they thought about the coming hearing of this case is", "cpr-2-8-at-least: quotes too much, by"},
		"an unknown rule":        {"rule: uk-gdpr.12.answer\n    calendar: {zone: Europe/London, closed", "rule: uk-gdpr.13\n    calendar: {zone: Europe/London, closed", "ico-1-may: id"},
		"a holiday forgotten":    {"closed: [2023-05-01]", "closed: []", "ico-1-may: computed due 2023-05-01"},
		"an unknown key":         {"    year: ours\n", "    yaer: ours\n", "yaer"},
	} {
		text := strings.Replace(string(data), fault.was, fault.is, 1)
		if text == string(data) {
			t.Errorf("%s: was not planted", name)
			continue
		}
		if _, faults := readPublished([]byte(text), lawBook(t)); len(faults) != 1 || !strings.Contains(faults[0], fault.says) {
			t.Errorf("%s: found %q", name, faults)
		}
	}
}
