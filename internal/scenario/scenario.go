// Package scenario holds the packs to what they promise: a scenario is a file
// beside a pack that says, for one request and what people answer in its
// course, what must come of it. It is run through the functions that the
// procedure itself calls, without a database and without Temporal, and nothing
// here decides anything.
package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// schemaFile is the JSON Schema of a scenario file, below the folder packs/.
const schemaFile = "schema/scenario.schema.json"

// lawFolder holds the laws, and the scenarios that are for every organisation.
const lawFolder = "law"

// arrivedLayout is a wall time in the zone of the organisation's desk.
const arrivedLayout = "2006-01-02T15:04"

// Scenario is one request, what people answer in its course, and what must come
// of it.
type Scenario struct {
	// ID is the scenario's name, once in an organisation's folder. Proves are the
	// requirements of the pack and the readings that it shows to hold. Says is
	// that in one sentence, for who answers for the policy.
	ID     string   `json:"id"`
	Proves []string `json:"proves"`
	Says   string   `json:"says"`
	// Request is what was asked; without one the scenario looks at the pack alone.
	Request *Request `json:"request,omitempty"`
	// Arrived is the wall time of arrival in the desk's zone
	// ("2026-11-20T16:30"); "" computes no clock.
	Arrived string `json:"arrived,omitempty"`
	Items   []Item `json:"items,omitempty"`
	// Held is since when the data is held and what the person agreed to: it decides
	// which versions of the policy bind. Without it the newest one is carried out.
	Held *Held `json:"held,omitempty"`
	// End is an outcome that ends the case before anything is decided about an
	// item, and At the stage in which it does.
	End string `json:"end,omitempty"`
	At  string `json:"at,omitempty"`

	// expect is a part of what a run gives, as the file says it.
	expect map[string]any
	source *policy.Source
	// at is the pointer of the scenario in its file, and file its name below packs/.
	at, file string
	// slug is the organisation whose folder it stands in; "" for the law's, which
	// is run for every organisation under that law.
	slug, law string
}

// Request is what is known of a request, in codes and IDs of the pack.
type Request struct {
	Kind       string   `json:"kind"`
	Channel    string   `json:"channel,omitempty"`
	Population string   `json:"population,omitempty"`
	Service    string   `json:"service,omitempty"`
	Filer      string   `json:"filer,omitempty"`
	Ground     string   `json:"ground,omitempty"`
	Fields     []string `json:"fields,omitempty"`
	Sensitive  bool     `json:"sensitive,omitempty"`
	Frozen     bool     `json:"frozen,omitempty"`
	Reopened   bool     `json:"reopened,omitempty"`
}

// Held is what decides which versions bind, in civil dates of the desk.
type Held struct {
	// Acquired is the day on which the data was acquired, "" for not known; Until
	// the day up to which amendments after the arrival are looked at, "" for none.
	Acquired string  `json:"acquired,omitempty"`
	Until    string  `json:"until,omitempty"`
	Consents []Given `json:"consents,omitempty"`
}

// Given is one agreement of the person to a version.
type Given struct {
	Version string `json:"version"`
	On      string `json:"on"`
	Source  string `json:"source"`
}

// Item is one part of what is held, and what a reviewer says about it.
type Item struct {
	System     string   `json:"system"`
	Category   string   `json:"category,omitempty"`
	Columns    []string `json:"columns,omitempty"`
	OthersInIt bool     `json:"others_in_it,omitempty"`
	Doubtful   bool     `json:"doubtful,omitempty"`
	Opinion    bool     `json:"opinion,omitempty"`
	// Applies are the tests that were answered with yes. Measure is what was
	// decided, Exemption the test that it rests on, Changes the columns that a
	// correction writes; Covered says that a part was covered.
	Applies   []string `json:"applies,omitempty"`
	Measure   string   `json:"measure,omitempty"`
	Exemption string   `json:"exemption,omitempty"`
	Changes   []string `json:"changes,omitempty"`
	Covered   bool     `json:"covered,omitempty"`
}

// file is one scenario file.
type file struct {
	// Law is the regime that the law's own scenarios are for, in its folder alone.
	Law       string `json:"law,omitempty"`
	Scenarios []struct {
		Scenario
		Expect map[string]any `json:"expect"`
	} `json:"scenarios"`
}

// Load reads every scenario file below fsys (the folder packs/): those beside the
// packs, <slug>/scenarios/*.yaml, and the law's own, law/scenarios/*.yaml, which
// are for every organisation. The error is policy.Problems with all that is wrong.
func Load(fsys fs.FS) ([]Scenario, error) {
	shape, err := policy.NewShape(fsys, schemaFile)
	if err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	names, err := fs.Glob(fsys, "*/scenarios/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	var all []Scenario
	var problems policy.Problems
	seen := map[string]string{}
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("scenario: %w", err)
		}
		f := &file{}
		source, err := shape.Read(name, b, f)
		var ps policy.Problems
		if errors.As(err, &ps) {
			problems = append(problems, ps...)
			continue
		} else if err != nil {
			return nil, fmt.Errorf("scenario: %w", err)
		}
		folder := path.Dir(path.Dir(name))
		if (folder == lawFolder) != (f.Law != "") {
			problems = append(problems, source.Problem("/law", "\"law\" stands in the scenarios of a law, and there always", "write the regime in law/scenarios, and leave it out beside a pack"))
		}
		for i, x := range f.Scenarios {
			s := x.Scenario
			s.expect, s.source, s.file, s.at = x.Expect, source, name, fmt.Sprintf("/scenarios/%d", i)
			if s.law = f.Law; folder != lawFolder {
				s.slug = folder
			}
			if other := seen[folder+"/"+s.ID]; other != "" {
				problems = append(problems, source.Problem(s.at+"/id", fmt.Sprintf("the scenario %q is in %s too", s.ID, other), "choose another id"))
			}
			seen[folder+"/"+s.ID] = name
			if _, err := time.Parse(arrivedLayout, s.Arrived); s.Arrived != "" && err != nil {
				problems = append(problems, source.Problem(s.at+"/arrived", fmt.Sprintf("%q is no time of arrival", s.Arrived), "write a wall time of the desk: 2026-11-20T16:30"))
			}
			for _, at := range s.days() {
				problems = append(problems, source.Problem(s.at+at, "this is no day", "write a civil date: 2026-11-20"))
			}
			all = append(all, s)
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return all, nil
}

// Difference is one thing that came out other than a scenario says.
type Difference struct {
	File   string `json:"file"` // below packs/
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Path is what was compared ("identity.level").
	Path     string `json:"path"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
}

// String is one line: file:line:column: path: expected x, got y.
func (d Difference) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: expected %s, got %s", d.File, d.Line, d.Column, d.Path, d.Expected, d.Got)
}

// Result is what one scenario came to for one organisation.
type Result struct {
	Organisation string       `json:"organisation"`
	Scenario     string       `json:"scenario"`
	File         string       `json:"file"`
	Line         int          `json:"line"`
	Says         string       `json:"says"`
	Proves       []string     `json:"proves"`
	Differences  []Difference `json:"differences,omitempty"`
}

// Passed reports whether everything came out as the scenario says.
func (r Result) Passed() bool { return len(r.Differences) == 0 }

// Suite is what scenarios are run with: the packs, the calendars that clocks
// count by, and what was said to hold.
type Suite struct {
	Library   *policy.Library
	Calendars map[string]*clock.Calendar
	Scenarios []Scenario
}

// Run runs the scenarios of one organisation, or of every one for "", in the order
// of the packs and files.
func (s Suite) Run(slug string) []Result {
	var out []Result
	for _, p := range s.Library.Packs() {
		if slug == "" || p.Slug == slug {
			out = append(out, s.of(p)...)
		}
	}
	return out
}

// of runs everything that is for one pack.
func (s Suite) of(p *policy.Pack) []Result {
	seen := packView(p)
	var out []Result
	for _, x := range s.Scenarios {
		if x.slug == p.Slug || x.slug == "" && x.law == p.LawName {
			out = append(out, x.run(s, p, seen))
		}
	}
	return out
}

// run runs one scenario for one pack, of which seen is the view.
func (s Scenario) run(suite Suite, p *policy.Pack, seen map[string]any) Result {
	here := s.source.Problem(s.at+"/id", "", "")
	r := Result{Organisation: p.Slug, Scenario: s.ID, File: s.file, Line: here.Line, Says: s.Says, Proves: s.Proves}
	c := &comparison{scenario: s}
	actual := map[string]any{}
	if s.Held != nil {
		if x, ok := suite.Library.Protection(p.Slug, s.held(p)); ok {
			actual["versions"] = versionsView(x)
			p, seen = x.Pack, packView(x.Pack)
		}
	}
	if s.Request != nil {
		c.references(p)
		actual = courseView(p, s.request(p), dsr.CourseOf(p, s.request(p), s.answers(p, suite.Calendars)), actual)
	}
	actual["pack"] = seen
	c.compare(s.at+"/expect", "", s.expect, actual)
	r.Differences = c.differences
	return r
}

// days are the pointers of what is no civil date.
func (s Scenario) days() (bad []string) {
	if s.Held == nil {
		return nil
	}
	check := func(at, day string) {
		if _, err := clock.ParseDate(day); err != nil && day != "" {
			bad = append(bad, at)
		}
	}
	check("/held/acquired", s.Held.Acquired)
	check("/held/until", s.Held.Until)
	for i, g := range s.Held.Consents {
		check(fmt.Sprintf("/held/consents/%d/on", i), g.On)
	}
	return bad
}

// held is what the policy is asked for the versions that bind. A scenario without a
// time of arrival is about what is in force now.
func (s Scenario) held(p *policy.Pack) policy.Held {
	day := func(text string) clock.Date { d, _ := clock.ParseDate(text); return d }
	h := policy.Held{Acquired: day(s.Held.Acquired), Until: day(s.Held.Until)}
	if at, ok := s.arrivedAt(p); ok {
		h.Received = clock.DateOf(at)
	} else {
		h.Pinned = p.Digest
	}
	for _, g := range s.Held.Consents {
		h.Consents = append(h.Consents, policy.Given{Version: g.Version, On: day(g.On), Source: g.Source})
	}
	return h
}

// arrivedAt is the instant of arrival; false without one.
func (s Scenario) arrivedAt(p *policy.Pack) (time.Time, bool) {
	zone, err := clock.Zone(p.Zone)
	if err != nil || s.Arrived == "" {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation(arrivedLayout, s.Arrived, zone)
	return at, err == nil
}

func (s Scenario) request(p *policy.Pack) policy.Request {
	q := s.Request
	r := policy.Request{Kind: q.Kind, Channel: q.Channel, Population: q.Population, Service: q.Service, Filer: q.Filer,
		Ground: q.Ground, Fields: q.Fields, Sensitive: q.Sensitive, Frozen: q.Frozen, Reopened: q.Reopened}
	if at, ok := s.arrivedAt(p); ok {
		r.ArrivedOn = clock.DateOf(at)
	}
	return r
}

func (s Scenario) answers(p *policy.Pack, calendars map[string]*clock.Calendar) dsr.Answers {
	a := dsr.Answers{Calendars: calendars, End: dsr.Outcome(s.End), At: dsr.Stage(s.At)}
	a.ArrivedAt, _ = s.arrivedAt(p)
	for _, it := range s.Items {
		d := dsr.Decision{Measure: dsr.Measure(it.Measure), Exemption: it.Exemption}
		for _, column := range it.Changes {
			d.Changes = append(d.Changes, dsr.Change{Column: column})
		}
		if it.Covered {
			d.Redactions = []dsr.Redaction{{Answered: true, Accepted: true}}
		}
		a.Items = append(a.Items, dsr.AnsweredItem{Applies: it.Applies, Decision: d, Item: policy.Item{System: it.System, Category: it.Category,
			Columns: it.Columns, OthersInIt: it.OthersInIt, Doubtful: it.Doubtful, Opinion: it.Opinion}})
	}
	return a
}

// references finds what a scenario names and the pack does not have: a request
// that could not be filed proves nothing.
func (c *comparison) references(p *policy.Pack) {
	s := c.scenario
	q := s.Request
	known := func(at, what, id string, ids []string) {
		if id != "" && !slices.Contains(ids, id) {
			c.differ(s.at+at, what, "one of "+list(ids), id)
		}
	}
	var populations, services, fields, systems []string
	for _, x := range p.Populations {
		populations = append(populations, x.ID)
	}
	for _, x := range p.Services {
		services = append(services, x.ID)
	}
	for _, x := range p.Fields {
		fields = append(fields, x.ID)
	}
	for _, x := range p.Systems {
		systems = append(systems, x.ID)
	}
	known("/request/population", "request.population", q.Population, populations)
	known("/request/service", "request.service", q.Service, services)
	known("/request/channel", "request.channel", q.Channel, p.Desk.Channels)
	for i, f := range q.Fields {
		known(fmt.Sprintf("/request/fields/%d", i), "request.fields", f, fields)
	}
	for i, it := range s.Items {
		known(fmt.Sprintf("/items/%d/system", i), "items.system", it.System, systems)
		var tests []string
		for _, e := range p.ExemptionsFor(q.Kind) {
			tests = append(tests, e.ID)
		}
		for _, id := range append([]string{it.Exemption}, it.Applies...) {
			known(fmt.Sprintf("/items/%d", i), "items.applies", id, tests)
		}
	}
	if offer, ok := p.Offer(q.Kind); ok && q.Filer != "" && !slices.Contains(offer.WhoMayFile, q.Filer) {
		c.differ(s.at+"/request/filer", "request.filer", "one of "+list(offer.WhoMayFile), q.Filer)
	}
}
