package main

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// set is one holiday set as sets.yaml has it: rules of a statute, days of a list.
type set struct {
	ID          string            `yaml:"id"`
	Title       string            `yaml:"title"`
	Version     string            `yaml:"version"`
	Source      string            `yaml:"source"`
	Licence     string            `yaml:"licence"`
	Read        string            `yaml:"read"`
	From        string            `yaml:"from"`
	To          string            `yaml:"to"`
	Firm        string            `yaml:"firm"`   // last day of which the list is official
	Reason      string            `yaml:"reason"` // why the days after it are provisional
	Substitute  string            `yaml:"substitute"`
	Rules       []rule            `yaml:"rules"`
	Days        map[string]string `yaml:"days"` // single days, and days that a rule does not give
	Drop        []string          `yaml:"drop"` // days that a rule gives and a decree took away
	Working     map[string]string `yaml:"working"`
	Provisional []string          `yaml:"provisional"`
	Calendar    *calendar         `yaml:"calendar"`
	Also        []calendar        `yaml:"also"`
}

// calendar is a calendar whose offices are open all of every working day that is not
// a holiday: periods of a statute are rolled over closed days on it. The working
// days of a week are Monday to Friday when it names no others.
type calendar struct {
	ID      string   `yaml:"id"`
	Title   string   `yaml:"title"`
	Version string   `yaml:"version"`
	Zone    string   `yaml:"zone"`
	Source  string   `yaml:"source"`
	With    []string `yaml:"with"`
	Week    []string `yaml:"week"`
}

// rule gives one day of each year, in one of four ways.
type rule struct {
	Name     string   `yaml:"name"`
	On       string   `yaml:"on"`      // month and day
	Easter   *int     `yaml:"easter"`  // days after Easter Sunday
	Weekday  string   `yaml:"weekday"` // "3 mon 01", "last mon 05", "wed before 11-23", "day after 4 thu 11"
	Dates    []string `yaml:"dates"`   // of a calendar that is not computed here
	Years    string   `yaml:"years"`   // "2021..", "..2020", "2017..2017"; all when empty
	Observed string   `yaml:"observed"`
	Law      string   `yaml:"law"`
}

// load reads sets.yaml.
func load(path string) ([]set, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var sets []set
	if err := yaml.UnmarshalWithOptions(data, &sets, yaml.Strict()); err != nil {
		return nil, err
	}
	for i := range sets {
		s := &sets[i]
		if s.ID == "" || s.Version == "" || s.Source == "" || s.Read == "" {
			return nil, fmt.Errorf("%s: a set needs id, version, source and read", s.ID)
		}
		for _, text := range []string{s.Read, s.From, s.To, cmp.Or(s.Firm, s.To)} {
			if _, err := time.Parse(time.DateOnly, text); err != nil {
				return nil, fmt.Errorf("%s: %w", s.ID, err)
			}
		}
		s.Substitute = cmp.Or(s.Substitute, "%s (substitute day)")
	}
	return sets, nil
}

// days computes the names of all days of a set, by date.
func (s set) days() (map[string]string, error) {
	from, to := parse(s.From).Year(), parse(s.To).Year()
	byDay := map[time.Time][]rule{}
	for _, r := range s.Rules {
		// A year more on both sides: a substitute may fall into the next or last one.
		for year := from - 1; year <= to+1; year++ {
			days, err := r.in(year)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", s.ID, r.Name, err)
			}
			for _, day := range days {
				byDay[day] = append(byDay[day], r)
			}
		}
	}
	for _, text := range s.Drop {
		delete(byDay, parse(text))
	}
	out := map[time.Time]string{}
	for day, rules := range byDay {
		names := make([]string, len(rules))
		for i, r := range rules {
			names[i] = r.Name
		}
		out[day] = strings.Join(names, "; ")
	}
	for text, name := range s.Days {
		out[parse(text)] = name
	}
	// In the order of the days, since a substitute goes to the first day left free.
	for _, day := range slices.SortedFunc(maps.Keys(byDay), time.Time.Compare) {
		if err := s.substitute(out, day, byDay[day]); err != nil {
			return nil, err
		}
	}
	named := map[string]string{}
	for day, name := range out {
		if text := day.Format(time.DateOnly); text >= s.From && text <= s.To {
			named[text] = name
		}
	}
	return named, nil
}

// substitute adds the day off for a holiday that falls where nobody works.
func (s set) substitute(out map[time.Time]string, day time.Time, rules []rule) error {
	saturday, sunday := day.Weekday() == time.Saturday, day.Weekday() == time.Sunday
	step, give := 1, false
	for _, r := range rules {
		switch r.Observed {
		case "":
		case "nearest": // the Friday before a Saturday, the Monday after a Sunday
			give = give || saturday || sunday
			if saturday {
				step = -1
			}
		case "after-sunday":
			give = give || sunday
		case "after-weekend", "moved":
			give = give || saturday || sunday
		case "after-weekend-or-holiday":
			give = give || saturday || sunday || len(rules) > 1
		case "after-sunday-or-holiday":
			give = give || sunday || len(rules) > 1
		default:
			return fmt.Errorf("%s: %s: %q is not a way of observing", s.ID, r.Name, r.Observed)
		}
	}
	if !give {
		return nil
	}
	name := out[day]
	if rules[0].Observed == "moved" {
		delete(out, day)
	}
	for at := day.AddDate(0, 0, step); ; at = at.AddDate(0, 0, step) {
		if out[at] == "" && at.Weekday() != time.Saturday && at.Weekday() != time.Sunday {
			out[at] = fmt.Sprintf(s.Substitute, name)
			return nil
		}
	}
}

// in is the days of a rule in a year; none outside its years.
func (r rule) in(year int) ([]time.Time, error) {
	if r.Years != "" {
		first, last, ok := strings.Cut(r.Years, "..")
		if !ok {
			return nil, fmt.Errorf("%q is not a range of years", r.Years)
		}
		text := strconv.Itoa(year)
		if text < first || last != "" && text > last {
			return nil, nil
		}
	}
	switch {
	case r.Easter != nil:
		return []time.Time{easter(year).AddDate(0, 0, *r.Easter)}, nil
	case r.Weekday != "":
		day, err := weekday(r.Weekday, year)
		return []time.Time{day}, err
	case len(r.Dates) > 0:
		var out []time.Time
		for _, text := range r.Dates {
			if day := parse(text); day.Year() == year {
				out = append(out, day)
			}
		}
		return out, nil
	}
	day, err := time.Parse(time.DateOnly, fmt.Sprintf("%04d-%s", year, r.On))
	return []time.Time{day}, err
}

// weekday reads "3 mon 01", "last mon 05", "wed before 11-23" and "day after …".
func weekday(text string, year int) (time.Time, error) {
	if rest, ok := strings.CutPrefix(text, "day after "); ok {
		day, err := weekday(rest, year)
		return day.AddDate(0, 0, 1), err
	}
	words := strings.Fields(text)
	if len(words) != 3 {
		return time.Time{}, fmt.Errorf("%q is not a weekday of a month", text)
	}
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	if words[1] == "before" {
		day, err := time.Parse(time.DateOnly, fmt.Sprintf("%04d-%s", year, words[2]))
		at := slices.Index(names, words[0])
		if err != nil || at < 0 {
			return day, fmt.Errorf("%q is not a weekday before a day", text)
		}
		for day = day.AddDate(0, 0, -1); int(day.Weekday()) != at; {
			day = day.AddDate(0, 0, -1)
		}
		return day, nil
	}
	at, month := slices.Index(names, words[1]), 0
	month, err := strconv.Atoi(words[2])
	if err != nil || at < 0 {
		return time.Time{}, fmt.Errorf("%q is not a weekday of a month", text)
	}
	if words[0] == "last" {
		day := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC)
		for int(day.Weekday()) != at {
			day = day.AddDate(0, 0, -1)
		}
		return day, nil
	}
	n, err := strconv.Atoi(words[0])
	day := time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC)
	for int(day.Weekday()) != at {
		day = day.AddDate(0, 0, 1)
	}
	return day.AddDate(0, 0, 7*(n-1)), err
}

// easter is Easter Sunday of the Gregorian calendar, by Butcher's algorithm.
func easter(year int) time.Time {
	golden, century, rest := year%19, year/100, year%100
	leap, skipped := century/4, century%4
	moon := (19*golden + century - leap - (century-(century+8)/25+1)/3 + 15) % 30
	week := (32 + 2*skipped + 2*(rest/4) - moon - rest%4) % 7
	late := (golden + 11*moon + 22*week) / 451
	number := moon + week - 7*late + 114
	return time.Date(year, time.Month(number/31), number%31+1, 0, 0, 0, 0, time.UTC)
}

// parse reads a date of sets.yaml; a wrong one is no day that is covered.
func parse(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(fmt.Sprintf("sets.yaml: %v", err)) // a programmer's list: stop at once
	}
	return day
}

// writeSets writes all sets and their calendars into a folder.
func writeSets(sets []set, folder string) error {
	for _, s := range sets {
		data, err := s.file()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, "holidays-"+s.ID+".yaml"), data, 0o644); err != nil {
			return err
		}
		all := s.Also
		if s.Calendar != nil {
			all = append([]calendar{*s.Calendar}, all...)
		}
		for _, c := range all {
			if err := os.WriteFile(filepath.Join(folder, c.ID+".yaml"), c.file(s), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// file is a set as docs/calendars.md has it.
func (s set) file() ([]byte, error) {
	days, err := s.days()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s. Generated by packs/calendars/generate; do not edit.\n", s.Title)
	fmt.Fprintf(&b, "kind: holidays\nid: %s\nversion: %q\nsource: %q\n", s.ID, s.Version, s.Source)
	if s.Licence != "" {
		fmt.Fprintf(&b, "licence: %q\n", s.Licence)
	}
	fmt.Fprintf(&b, "read: %s\ncovers: {from: %s, to: %s}\ndays:\n", s.Read, s.From, s.To)
	for _, on := range slices.Sorted(maps.Keys(days)) {
		fmt.Fprintf(&b, "  %s: %q\n", on, days[on])
	}
	if len(s.Working) > 0 {
		fmt.Fprintf(&b, "working: # a weekly day off that is worked, and the day off that it is worked for\n")
		for _, on := range slices.Sorted(maps.Keys(s.Working)) {
			fmt.Fprintf(&b, "  %s: %s\n", on, s.Working[on])
		}
	}
	doubtful := slices.Clone(s.Provisional)
	if s.Firm != "" && s.Firm < s.To {
		doubtful = append(doubtful, parse(s.Firm).AddDate(0, 0, 1).Format(time.DateOnly)+".."+s.To)
	}
	if len(doubtful) > 0 {
		fmt.Fprintf(&b, "provisional:\n")
		for _, text := range doubtful {
			fmt.Fprintf(&b, "  - %q\n", text)
		}
	}
	if s.Reason != "" {
		fmt.Fprintf(&b, "reason: %q\n", s.Reason)
	}
	return b.Bytes(), nil
}

// file is a calendar over a set.
func (c calendar) file(s set) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s. Generated by packs/calendars/generate; do not edit.\n", c.Title)
	fmt.Fprintf(&b, "id: %s\nversion: %q\nzone: %s\nsource: %q\nweekly:\n", c.ID, cmp.Or(c.Version, s.Version), c.Zone, c.Source)
	week := c.Week
	if len(week) == 0 {
		week = []string{"mon", "tue", "wed", "thu", "fri"}
	}
	for _, day := range week {
		fmt.Fprintf(&b, "  %s: [\"00:00-24:00\"]\n", day)
	}
	with := append(slices.Clone(c.With), s.ID+"@"+s.Version)
	fmt.Fprintf(&b, "holidays: [%s]\n", strings.Join(with, ", "))
	return b.Bytes()
}

// compare prints the weekdays that only one of two lists has, between the first
// and the last year of the text; none is the best answer.
func compare(w io.Writer, sets []set, ids, with string) error {
	ours := map[string]string{}
	for id := range strings.SplitSeq(ids, ",") {
		at := slices.IndexFunc(sets, func(s set) bool { return s.ID == id })
		if at < 0 {
			return fmt.Errorf("there is no set %q", id)
		}
		days, err := sets[at].days()
		if err != nil {
			return err
		}
		maps.Copy(ours, days)
	}
	file, err := os.Open(with)
	if err != nil {
		return err
	}
	defer file.Close()
	theirs, first, last := map[string]string{}, "9999", "0000"
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if text := lines.Text(); len(text) >= 10 {
			theirs[text[:10]] = text
			first, last = min(first, text[:4]), max(last, text[:4])
		}
	}
	differ := 0
	show := func(days, other map[string]string, side string) {
		for _, on := range slices.Sorted(maps.Keys(days)) {
			day, err := time.Parse(time.DateOnly, on)
			if err != nil || on[:4] < first || on[:4] > last || other[on] != "" || day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
				continue
			}
			differ++
			fmt.Fprintf(w, "%s %s %s\n", side, on, days[on])
		}
	}
	show(ours, theirs, "only here: ")
	show(theirs, ours, "only there:")
	fmt.Fprintf(w, "%s: %d weekdays differ\n", ids, differ)
	return nil
}
