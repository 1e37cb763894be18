package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"madoguchi/clock"
	"madoguchi/packs"
	"madoguchi/policy"
)

// deadlineCmd asks package clock when something is due: everything that a page
// shows as a date can be asked here and checked by hand.
type deadlineCmd struct {
	Explain   deadlineExplainCmd   `cmd:"" help:"Compute when something is due, and say why."`
	Rules     deadlineRulesCmd     `cmd:"" help:"List the rules of the laws, with what they rest on."`
	Calendars deadlineCalendarsCmd `cmd:"" help:"List the calendars and the days that each covers."`
	Recompute deadlineRecomputeCmd `cmd:"" help:"Compute the clocks of open cases by the newest calendars."`
}

// almanac is the data that dates come from, read as far as it is needed.
type almanac struct{ fsys fs.FS }

// almanac is PACKS_DIR, or what is built in.
func (s *surroundings) almanac() (*almanac, error) {
	c, err := s.settings()
	if err != nil {
		return nil, err
	}
	if c.PacksDir != "" {
		return &almanac{os.DirFS(c.PacksDir)}, nil
	}
	return &almanac{packs.Files}, nil
}

func (a *almanac) book() (*clock.Book, error) {
	folder, err := fs.Sub(a.fsys, "rules")
	if err != nil {
		return nil, err
	}
	book, err := clock.LoadRules(folder)
	return book, inFolder("rules", err)
}

// calendars are all versions by ID and by ID@version.
func (a *almanac) calendars() (map[string]*clock.Calendar, error) {
	folder, err := fs.Sub(a.fsys, "calendars")
	if err != nil {
		return nil, err
	}
	found, err := clock.LoadCalendars(folder)
	return found, inFolder("calendars", err)
}

// pack is an organisation's policy, with the times of the real world unless the
// process runs as a demonstration.
func (a *almanac) pack(s *surroundings, slug string) (*policy.Pack, error) {
	c, err := s.settings()
	if err != nil {
		return nil, err
	}
	library, err := policy.Load(a.fsys, policy.Options{Demonstration: c.Mode == modeDemonstration})
	if err != nil {
		return nil, err
	}
	p, ok := library.BySlug(slug)
	if !ok {
		var slugs []string
		for _, p := range library.Packs() {
			slugs = append(slugs, p.Slug)
		}
		return nil, fmt.Errorf("--organisation: there is no %q; there is %s", slug, strings.Join(slugs, ", "))
	}
	return p, nil
}

// inFolder puts the place before an error of a file in a folder of the packs,
// whose name the error begins with.
func inFolder(folder string, err error) error {
	var bad *clock.Error
	if err == nil || !errors.As(err, &bad) {
		return err
	}
	name, _, _ := strings.Cut(err.Error(), ":")
	return placed(path.Join(folder, name), bad)
}

// placed is one line: file:line:column: field: message.
func placed(file string, bad *clock.Error) error {
	b := fmt.Sprintf("%s:%d:%d: ", file, max(bad.Line, 1), max(bad.Column, 1))
	if bad.Field != "" {
		b += bad.Field + ": "
	}
	return errors.New(b + bad.Message)
}

// mostRead is beyond what any file of a rule, a calendar or events may have: more is
// not read, so that a device or a disk image is refused with a sentence.
const mostRead = 2 << 20

// readAtMost reads a file that the caller named, as far as one may go.
func readAtMost(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, mostRead))
}

// inFile reads a file that the caller named and gives what is wrong with it its
// place.
func inFile[T any](file string, parse func([]byte) (T, error)) (T, error) {
	var none T
	data, err := readAtMost(file)
	if err != nil {
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return none, fmt.Errorf("%s: can't be read: %w", file, err)
	}
	out, err := parse(data)
	var bad *clock.Error
	if errors.As(err, &bad) {
		return none, placed(file, bad)
	}
	return out, err
}

func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

type deadlineRulesCmd struct {
	Regime string `arg:"" optional:"" help:"Only this regime."`
	JSON   bool   `name:"json" help:"Print as JSON."`
}

// regimeJSON is one regime as it is printed.
type regimeJSON struct {
	Regime string            `json:"regime"`
	Name   map[string]string `json:"name"`
	Rules  []clock.Rule      `json:"rules"`
	Notes  []string          `json:"notes,omitempty"`
}

// Run lists the book: also what is switched off, and why.
func (cmd deadlineRulesCmd) Run(s *surroundings) error {
	a, err := s.almanac()
	if err != nil {
		return err
	}
	book, err := a.book()
	if err != nil {
		return err
	}
	regimes := []regimeJSON{}
	var ids []string
	for _, r := range book.Regimes() {
		ids = append(ids, r.ID)
		if cmd.Regime == "" || cmd.Regime == r.ID {
			regimes = append(regimes, regimeJSON{r.ID, r.Name, r.Rules, r.Notes})
		}
	}
	if len(regimes) == 0 {
		return fmt.Errorf("there is no regime %q; there is %s", cmd.Regime, strings.Join(ids, ", "))
	}
	if cmd.JSON {
		return printJSON(s.out, regimes)
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tARTICLE\tARRIVED\tSTATE\tPERIOD\tSOURCE")
	for _, regime := range regimes {
		for _, r := range regime.Rules {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, cmp.Or(r.Article, "-"), inForce(r), ruleState(r), period(r), cmp.Or(r.Source, "-"))
		}
	}
	return w.Flush()
}

// inForce tells the days of arrival that a rule governs.
func inForce(r clock.Rule) string {
	if r.InForceFrom.IsZero() && r.InForceTo.IsZero() {
		return "always"
	}
	return r.InForceFrom.String() + ".." + r.InForceTo.String()
}

// ruleState says whether a rule is on, and what further fact it hangs on.
func ruleState(r clock.Rule) string {
	switch {
	case r.Mark != "":
		return "off: " + r.Mark
	case r.When != "":
		return "on, when " + r.When
	}
	return "on"
}

// period is how much of what a rule counts.
func period(r clock.Rule) string {
	if r.Unit == clock.NoFigure {
		return string(r.Unit)
	}
	return fmt.Sprintf("%d %s", r.N, r.Unit)
}

type deadlineCalendarsCmd struct {
	JSON bool `name:"json" help:"Print as JSON."`
}

// calendarJSON is one version of a calendar as it is printed.
type calendarJSON struct {
	ID              string     `json:"id"`
	Version         string     `json:"version"`
	Zone            string     `json:"zone"`
	From            clock.Date `json:"from"`
	To              clock.Date `json:"to"`
	ProvisionalFrom clock.Date `json:"provisional_from,omitzero"`
	HoursAssumed    bool       `json:"hours_assumed,omitempty"`
	ClosuresAssumed bool       `json:"closures_assumed,omitempty"`
	Source          string     `json:"source,omitempty"`
	Digest          string     `json:"digest"`
}

// Run lists every version of every calendar.
func (cmd deadlineCalendarsCmd) Run(s *surroundings) error {
	a, err := s.almanac()
	if err != nil {
		return err
	}
	all, err := a.calendars()
	if err != nil {
		return err
	}
	lines := []calendarJSON{}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		c := all[id]
		if !strings.Contains(id, "@") && all[id+"@"+c.Version] != nil {
			continue // the newest, which is there under its version
		}
		lines = append(lines, calendarJSON{c.ID, c.Version, c.Zone, c.From, c.To, c.ProvisionalFrom(clock.Date{}), c.HoursAssumed, c.ClosuresAssumed, c.Source, c.Digest})
	}
	if cmd.JSON {
		return printJSON(s.out, lines)
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "CALENDAR\tZONE\tCOVERS\tPROVISIONAL FROM\tASSUMED\tSOURCE")
	for _, l := range lines {
		var assumed []string
		if l.HoursAssumed {
			assumed = append(assumed, "hours")
		}
		if l.ClosuresAssumed {
			assumed = append(assumed, "closures")
		}
		fmt.Fprintf(w, "%s@%s\t%s\t%s..%s\t%s\t%s\t%s\n", l.ID, l.Version, l.Zone, l.From, l.To,
			cmp.Or(l.ProvisionalFrom.String(), "-"), cmp.Or(strings.Join(assumed, ", "), "-"), cmp.Or(l.Source, "-"))
	}
	return w.Flush()
}

type deadlineRecomputeCmd struct {
	Apply bool `help:"Move the clocks as far as they may move; without it nothing changes."`
}

// Run computes the clocks of open cases whose calendar has a newer version, and
// prints old and new by reference.
func (cmd deadlineRecomputeCmd) Run(ctx context.Context, s *surroundings) error {
	a, err := opened(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	moves, err := a.store.MoveCalendars(ctx, cmd.Apply)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	if len(moves) > 0 {
		fmt.Fprintln(w, "CASE\tRULE\tCALENDAR\tOLD\tNEW\tTOLD\tWORKS TO")
	}
	cases, later, earlier := map[string]bool{}, 0, 0
	for _, m := range moves {
		fmt.Fprintf(w, "%s\t%s\t%s -> %s\t%s\t%s\t%s\t%s\n", m.Reference, m.RuleID, m.From, m.To,
			utc(m.Old), utc(m.New), utc(m.Told), utc(m.Target))
		cases[m.CaseID] = true
		switch {
		case m.New > m.Old:
			later++
		case m.New < m.Old:
			earlier++
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	verb := "would count"
	if cmd.Apply {
		verb = "count"
	}
	fmt.Fprintf(s.out, "Open cases that %s by a newer calendar: %d. Dates earlier: %d, later: %d, the same: %d.\n", verb, len(cases), earlier, later, len(moves)-earlier-later)
	return nil
}

// utc writes microseconds since 1970; "-" for none.
func utc(micros int64) string {
	if micros == 0 {
		return "-"
	}
	return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04Z")
}
