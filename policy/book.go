package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"madoguchi/clock"
)

// rulesFolder holds the book: one file of rules for each regime.
const rulesFolder = "rules"

// lawClock names the rule of the book that is a statute's clock, so that its
// figure is written once.
type lawClock struct {
	Use string `json:"use"`
}

// readBook reads packs/rules. What is wrong with it is wrong with every pack:
// a law's clock that cannot be read is not left out. The book stays nil then, and
// what names its rules is not complained about as well.
func (l *loader) readBook() {
	files, _ := fs.Glob(l.fsys, rulesFolder+"/*.yaml")
	before := len(l.problems)
	for _, file := range files {
		if b, ok := l.bytes(file); ok {
			if p := refuse(file, b); p != nil {
				l.problems = append(l.problems, *p)
				continue
			}
			l.trees[file] = &tree{file: file, bytes: b}
		}
	}
	if len(l.problems) > before {
		return
	}
	if len(files) == 0 {
		l.book = &clock.Book{}
		return
	}
	folder, err := fs.Sub(l.fsys, rulesFolder)
	if err != nil {
		l.problems = append(l.problems, bookProblem(rulesFolder, err))
		return
	}
	book, err := clock.LoadRules(folder)
	if err != nil {
		l.problems = append(l.problems, l.bookProblems(files, err)...)
		return
	}
	l.book = book
	regimes := map[string]bool{}
	for _, r := range book.Regimes() {
		regimes[r.ID] = true
	}
	for _, file := range files {
		if name := strings.TrimSuffix(path.Base(file), ".yaml"); !regimes[name] {
			l.problems = append(l.problems, l.trees[file].problem("", fmt.Sprintf("the regime has another name than the file %s", path.Base(file)), fmt.Sprintf("write \"regime: %s\", or rename the file", name)))
		}
	}
}

// bookProblems finds every file that cannot be read by itself; where each can,
// what is wrong lies between them.
func (l *loader) bookProblems(files []string, between error) Problems {
	var ps Problems
	for _, file := range files {
		if _, err := clock.ParseRules(l.trees[file].bytes); err != nil {
			ps = append(ps, bookProblem(file, err))
		}
	}
	if len(ps) > 0 {
		return ps
	}
	file := rulesFolder
	for _, f := range files {
		if strings.HasPrefix(between.Error(), path.Base(f)) {
			file = f
		}
	}
	return Problems{bookProblem(file, between)}
}

// bookProblem gives an error of package clock its place.
func bookProblem(file string, err error) Problem {
	p := Problem{File: file, Line: 1, Column: 1, Message: err.Error(), Instead: "see docs/rules.md"}
	var e *clock.Error
	if errors.As(err, &e) {
		p.Line, p.Column, p.Message = max(e.Line, 1), max(e.Column, 1), e.Message
		if e.Field != "" {
			p.Path, p.Message = e.Field, e.Field+": "+e.Message
		}
	}
	return p
}

// lawClocks finds the rules that a statute's clocks name.
func (l *loader) lawClocks(t *tree, law *Law) {
	if l.book == nil {
		return
	}
	for name, c := range law.Clocks {
		at := "/clocks/" + escape(name) + "/use"
		versions := l.book.Versions(c.Use)
		var on []clock.Rule
		off := ""
		for _, r := range versions {
			if why := r.Off(); why != "" {
				off = why
				continue
			}
			on = append(on, r)
		}
		switch {
		case len(versions) == 0:
			instead := "write the ID of a rule of packs/rules"
			if near := nearest(c.Use, l.ruleIDs()); near != "" {
				instead = fmt.Sprintf("write %q", near)
			}
			l.problems = append(l.problems, t.problem(at, fmt.Sprintf("there is no rule %q", c.Use), instead))
		case len(on) == 0:
			l.problems = append(l.problems, t.problem(at, fmt.Sprintf("the rule %s is switched off: %s", c.Use, off), "take the mark away then"))
		case name == "exposure" && on[len(on)-1].Kind != clock.Exposure:
			l.problems = append(l.problems, t.problem(at, fmt.Sprintf("the rule %s is of the kind %s and no exposure", c.Use, on[len(on)-1].Kind), "name a rule with \"kind: exposure\""))
		case name == "exposure":
			law.exposures = on
		}
	}
}

// ruleIDs are the IDs of every rule of the book.
func (l *loader) ruleIDs() []string {
	var ids []string
	for _, regime := range l.book.Regimes() {
		for _, r := range regime.Rules {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// bookLayers are the files of the book that a pack's clocks come from, which
// makes them layers of its digest.
func (l *loader) bookLayers(p *Pack, law *Law) []*tree {
	regimes := []string{p.LawName}
	for _, r := range law.exposures {
		regimes = append(regimes, r.Regime)
	}
	for _, b := range p.Also {
		regimes = append(regimes, b.Regime)
	}
	var layers []*tree
	seen := map[string]bool{}
	for _, regime := range regimes {
		file := rulesFolder + "/" + regime + ".yaml"
		if t := l.trees[file]; t != nil && !seen[file] {
			seen[file] = true
			layers = append(layers, t)
		}
	}
	return layers
}

// LegalClock is a law's due on a case: the rule and the calendar it counts by.
type LegalClock struct {
	Rule     clock.Rule
	Calendar string
}

// LegalClocks are the laws' dues for a kind of request that arrived on a day (a
// civil date of the desk), of the pack's own law and of those beside it, each in
// the order of its file. Rules that are switched off, that hang on a further
// fact, or that begin with another event than the request are not among them.
// They come from the book alone: neither a pack's own times nor a demonstration
// makes a law's due later.
func (p *Pack) LegalClocks(kind string, arrived clock.Date) []LegalClock {
	if p.book == nil {
		return nil
	}
	var out []LegalClock
	add := func(regime, calendar, zone string) {
		for _, r := range p.book.Legal(regime, kind, arrived) {
			if r.Kind != clock.LegalDue || r.Start == clock.StartEvent {
				continue
			}
			c := LegalClock{Rule: r, Calendar: calendar}
			if r.Calendar != "" {
				c.Calendar = r.Calendar
			}
			if r.Zone == "" {
				c.Rule.Zone = zone
			}
			out = append(out, c)
		}
	}
	add(p.LawName, p.Calendar, p.Zone)
	for _, b := range p.Also {
		// Days are those of the calendar's zone, unless the law has no calendar here.
		if b.Calendar != "" {
			add(b.Regime, b.Calendar, "")
		} else {
			add(b.Regime, p.Calendar, p.Zone)
		}
	}
	return out
}

// ExposureOn is the rule of the law's exposure for what arrived on a day; the
// newest one where none governs that day.
func (p *Pack) ExposureOn(arrived clock.Date) clock.Rule {
	if p.Law != nil {
		for _, r := range p.Law.exposures {
			if r.InForce(arrived) {
				return p.lawRule(r)
			}
		}
	}
	return p.Times.Exposure
}

// lawRule is a rule of the book at this desk, in whose zone days are meant
// unless the rule says otherwise.
func (p *Pack) lawRule(r clock.Rule) clock.Rule {
	if r.Zone == "" {
		r.Zone = p.Zone
	}
	return r
}

// beside checks the further laws of a pack.
func (c *checker) beside(book *clock.Book) {
	if book == nil {
		return
	}
	known := map[string]bool{}
	var ids []string
	for _, r := range book.Regimes() {
		known[r.ID] = true
		ids = append(ids, r.ID)
	}
	seen := map[string]bool{}
	for i, b := range c.pack.Also {
		at := fmt.Sprintf("/also/%d", i)
		switch {
		case b.Regime == c.pack.LawName:
			c.fail(at+"/regime", fmt.Sprintf("%s is the pack's own law", b.Regime), "leave it out; its clocks run already")
		case seen[b.Regime]:
			c.fail(at+"/regime", fmt.Sprintf("%q is there twice in also", b.Regime), "write it once")
		case !known[b.Regime]:
			instead := "write the regime of a file of packs/rules"
			if near := nearest(b.Regime, ids); near != "" {
				instead = fmt.Sprintf("write %q", near)
			}
			c.fail(at+"/regime", fmt.Sprintf("there are no rules of %q", b.Regime), instead)
		}
		seen[b.Regime] = true
		if b.Calendar != "" {
			c.calendar(at+"/calendar", b.Calendar)
		}
	}
}

// calendar refuses a calendar that is not there.
func (c *checker) calendar(at, id string) {
	if _, err := fs.Stat(c.fsys, "calendars/"+id+".yaml"); err != nil {
		c.fail(at, fmt.Sprintf("there is no calendars/%s.yaml", id), "write the ID of a calendar that is there")
	}
}
