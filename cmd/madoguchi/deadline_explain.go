package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"madoguchi/clock"
	"madoguchi/policy"
)

type deadlineExplainCmd struct {
	ID           string   `arg:"" optional:"" name:"rule-id" help:"ID of a rule (see \"deadline rules\"), or with --organisation the name of one of its times."`
	Rule         string   `placeholder:"FILE" help:"The rule, in a file."`
	Calendar     string   `placeholder:"ID|FILE" help:"The calendar, by ID, by ID@version, or in a file. Default: the rule's or the organisation's."`
	Holidays     []string `placeholder:"FILE" sep:"none" help:"A holiday set that the calendar file names; the shipped ones are known."`
	Events       string   `placeholder:"FILE" help:"What happened, in a file, in place of --start, --pause and --extend."`
	Start        []string `placeholder:"AT" sep:"none" help:"What starts the clock: 2026-11-20T16:30:00+09:00. Several for a rule that waits for the last of them; \"deemed=AT\" is when a letter should have arrived."`
	Pause        []string `placeholder:"CAUSE=FROM[/TO]" sep:"none" help:"A pause (identity, authority, clarification, fee), open when TO is left out."`
	Extend       []string `placeholder:"AT[,N][,GROUND]" sep:"none" help:"An extension whose notice was sent at AT, by N units (default: all that the rule allows)."`
	Zone         string   `help:"Whose days are meant: Europe/Berlin. Default: the rule's, the organisation's or the calendar's."`
	Voice        string   `default:"en" enum:"en,ja,ja-easy,vi,de" help:"Language of the reasons: en, ja, ja-easy, vi or de."`
	Organisation string   `placeholder:"SLUG" help:"Count as this organisation does."`
	JSON         bool     `name:"json" help:"Print the result as JSON (packs/schema/result.schema.json)."`
	SwitchedOff  bool     `help:"Compute a rule that is switched off, with a warning."`
}

// Run prints when something is due and the steps of the arithmetic.
func (cmd deadlineExplainCmd) Run(s *surroundings) error {
	q := &question{cmd: cmd}
	var err error
	if q.almanac, err = s.almanac(); err != nil {
		return err
	}
	if cmd.Organisation != "" {
		if q.pack, err = q.almanac.pack(s, cmd.Organisation); err != nil {
			return err
		}
	}
	if err := q.ask(); err != nil {
		return err
	}
	c, err := clock.New(q.rule, q.cal)
	if err != nil {
		return q.point(err)
	}
	result, err := c.Explained(q.events)
	if err != nil {
		return q.point(err)
	}
	if q.rule.Off() != "" {
		fmt.Fprintf(s.err, "warning: rule %s is switched off: %s\n", q.rule.ID, q.rule.Off())
	}
	if cmd.JSON {
		return printJSON(s.out, result)
	}
	return q.print(s.out, result)
}

// question is what is asked, once every part of it is found.
type question struct {
	cmd     deadlineExplainCmd
	almanac *almanac
	pack    *policy.Pack // nil without --organisation
	rule    clock.Rule
	cal     *clock.Calendar // nil when the rule needs none and none is named
	events  []clock.Event
	flags   []string // where each event comes from, when it comes from a flag
}

// ask finds calendar, events and rule, in this order: the calendar's zone reads
// the instants, and the day of arrival chooses the rule.
func (q *question) ask() (err error) {
	var versions []clock.Rule
	book := &clock.Book{}
	switch {
	case (q.cmd.ID == "") == (q.cmd.Rule == ""):
		return errors.New("name one rule: an ID of `madoguchi deadline rules`, or --rule FILE")
	case q.cmd.Rule != "":
		if q.rule, err = inFile(q.cmd.Rule, clock.ParseRule); err != nil {
			return err
		}
		versions = []clock.Rule{q.rule}
	case q.time(q.cmd.ID):
		versions = []clock.Rule{q.rule}
	default:
		if book, err = q.almanac.book(); err != nil {
			return err
		}
		if versions = book.Versions(q.cmd.ID); len(versions) == 0 {
			_, err := book.Rule(q.cmd.ID, clock.Date{})
			return q.point(err)
		}
	}
	if err := q.calendar(versions[len(versions)-1]); err != nil {
		return err
	}
	zone := q.zone(versions[len(versions)-1])
	if err := q.happened(zone); err != nil {
		return err
	}
	if q.rule.ID == "" {
		if q.rule, err = q.governs(book, versions, zone); err != nil {
			return err
		}
	}
	if q.rule.Off() != "" && !q.cmd.SwitchedOff {
		return fmt.Errorf("rule %s is switched off: %s; add --switched-off to compute it all the same", q.rule.ID, q.rule.Off())
	}
	q.rule.Zone = cmp.Or(q.cmd.Zone, q.rule.Zone)
	// The law's days at this organisation are those of its desk, unless a calendar
	// of the law's own territory says otherwise.
	if q.pack != nil && (q.cal == nil || q.cal.ID == q.pack.Calendar) {
		q.rule.Zone = cmp.Or(q.rule.Zone, q.pack.Zone)
	}
	return nil
}

// time finds one of the organisation's own times by its name.
func (q *question) time(name string) bool {
	if q.pack == nil {
		return false
	}
	rules := q.pack.Rules()
	i := slices.IndexFunc(rules, func(r clock.Rule) bool { return r.ID == name && r.Regime == "" })
	if i >= 0 {
		q.rule = rules[i]
	}
	return i >= 0
}

// zone is where instants without an offset are read.
func (q *question) zone(r clock.Rule) string {
	zone := cmp.Or(q.cmd.Zone, r.Zone)
	if q.cal != nil {
		zone = cmp.Or(zone, q.cal.Zone)
	}
	if q.pack != nil {
		zone = cmp.Or(zone, q.pack.Zone)
	}
	return zone
}

// governs is the version of the rule in force on the day of arrival.
func (q *question) governs(book *clock.Book, versions []clock.Rule, zone string) (clock.Rule, error) {
	arrived := q.arrived()
	if zone != "" {
		loc, err := clock.Zone(zone)
		if err != nil {
			return clock.Rule{}, q.point(err)
		}
		arrived = arrived.In(loc)
	}
	on := clock.DateOf(arrived)
	r, err := book.Rule(q.cmd.ID, on)
	if err == nil {
		return r, nil
	}
	for _, r := range versions {
		if r.Off() != "" && r.InForce(on) {
			return r, nil // told to the caller below
		}
	}
	return r, q.point(err)
}

// arrived is the earliest start, by which the rule in force is chosen.
func (q *question) arrived() time.Time {
	var first time.Time
	for _, e := range q.events {
		if e.Kind == clock.Start && (first.IsZero() || e.At.Before(first)) {
			first = e.At
		}
	}
	return first
}

// calendar finds the calendar: the one that is named, the rule's, the one by
// which the organisation rolls this law's dates, or its own.
func (q *question) calendar(r clock.Rule) error {
	name := q.cmd.Calendar
	if isFile(name) {
		sets, err := q.holidays()
		if err != nil {
			return err
		}
		q.cal, err = inFile(name, func(data []byte) (*clock.Calendar, error) { return clock.ParseCalendar(data, sets...) })
		return err
	}
	if len(q.cmd.Holidays) > 0 {
		return errors.New("--holidays: holiday sets belong to a calendar in a file; name it with --calendar FILE")
	}
	name = cmp.Or(name, r.Calendar)
	if name == "" && q.pack != nil {
		name = q.pack.Calendar
		for _, b := range q.pack.Also {
			if b.Regime == r.Regime {
				name = cmp.Or(b.Calendar, name)
			}
		}
	}
	if name == "" {
		if !r.NeedsCalendar() {
			return nil
		}
		return fmt.Errorf("calendar: rule %s needs a calendar; add --calendar with an ID of `madoguchi deadline calendars`, or a file", r.ID)
	}
	all, err := q.almanac.calendars()
	if err != nil {
		return err
	}
	if q.cal = all[name]; q.cal == nil {
		ids := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(id string) bool { return strings.Contains(id, "@") })
		return fmt.Errorf("calendar: there is no %q; there is %s", name, strings.Join(ids, ", "))
	}
	return nil
}

// isFile tells a path from an ID, which has neither folder nor ending.
func isFile(name string) bool {
	return strings.ContainsAny(name, `/\`) || slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name))
}

// holidays are the sets that a calendar file may name: those given first, then
// the shipped ones.
func (q *question) holidays() ([]*clock.Holidays, error) {
	var sets []*clock.Holidays
	for _, file := range q.cmd.Holidays {
		set, err := inFile(file, clock.ParseHolidays)
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	files, err := fs.Glob(q.almanac.fsys, "calendars/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		data, err := fs.ReadFile(q.almanac.fsys, file)
		if err != nil {
			return nil, err
		}
		if !bytes.Contains(data, []byte("kind: holidays\n")) {
			continue
		}
		set, err := clock.ParseHolidays(data)
		if err != nil {
			return nil, inFolder("calendars", fmt.Errorf("%s: %w", path.Base(file), err))
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// happened reads what happened, from a file or from the flags.
func (q *question) happened(zone string) (err error) {
	if q.cmd.Events != "" {
		if len(q.cmd.Start)+len(q.cmd.Pause)+len(q.cmd.Extend) > 0 {
			return errors.New("--events: leave out --start, --pause and --extend, or the file")
		}
		q.events, err = inFile(q.cmd.Events, func(data []byte) ([]clock.Event, error) { return clock.ParseEvents(data, zone) })
		return err
	}
	if len(q.cmd.Start) == 0 {
		return errors.New("--start: say when the clock starts, for example --start 2026-11-20T16:30:00+09:00, or name --events FILE")
	}
	type line struct {
		Kind   clock.EventKind `json:"kind"`
		At     string          `json:"at"`
		Cause  string          `json:"cause,omitempty"`
		N      int             `json:"n,omitempty"`
		Ground string          `json:"ground,omitempty"`
	}
	var lines []line
	add := func(flag, value string, l line) {
		lines, q.flags = append(lines, l), append(q.flags, flag+" "+value)
	}
	for _, value := range q.cmd.Start {
		cause, at, ok := strings.Cut(value, "=")
		if !ok {
			cause, at = "", value
		}
		add("--start", value, line{Kind: clock.Start, At: at, Cause: cause})
	}
	for _, value := range q.cmd.Pause {
		cause, span, ok := strings.Cut(value, "=")
		if !ok || cause == "" {
			return fmt.Errorf("--pause %s: write CAUSE=FROM/TO, for example fee=2026-10-05T10:00:00+09:00/2026-10-13T10:00:00+09:00", value)
		}
		from, to, closed := strings.Cut(span, "/")
		add("--pause", value, line{Kind: clock.Pause, At: from, Cause: cause})
		if closed {
			add("--pause", value, line{Kind: clock.Resume, At: to, Cause: cause})
		}
	}
	for _, value := range q.cmd.Extend {
		l := line{Kind: clock.Prolonged}
		parts := strings.Split(value, ",")
		l.At, parts = parts[0], parts[1:]
		if len(parts) > 0 {
			if n, err := strconv.Atoi(parts[0]); err == nil {
				if l.N, parts = n, parts[1:]; n < 1 {
					return fmt.Errorf("--extend %s: the amount must be at least 1", value)
				}
			}
		}
		if len(parts) > 0 {
			l.Ground, parts = parts[0], parts[1:]
		}
		if len(parts) > 0 {
			return fmt.Errorf("--extend %s: write AT, AT,N, AT,GROUND or AT,N,GROUND", value)
		}
		add("--extend", value, l)
	}
	data, err := json.Marshal(map[string]any{"events": lines})
	if err != nil {
		return err
	}
	q.events, err = clock.ParseEvents(data, zone)
	return q.point(err)
}

// point turns a field of package clock into the flag or the file that it came
// from.
func (q *question) point(err error) error {
	var bad *clock.Error
	if !errors.As(err, &bad) {
		return err
	}
	if rest, ok := strings.CutPrefix(bad.Field, "events["); ok {
		if q.cmd.Events != "" {
			return placed(q.cmd.Events, clock.Locate(q.read(q.cmd.Events), bad))
		}
		number, field, _ := strings.Cut(rest, "]")
		if i, err := strconv.Atoi(number); err == nil && i < len(q.flags) {
			return fmt.Errorf("%s: %s%s", q.flags[i], strings.TrimPrefix(field+": ", "."), bad.Message)
		}
	}
	switch bad.Field {
	case "calendar", "zone", "events", "":
	default:
		if q.cmd.Rule != "" {
			return placed(q.cmd.Rule, clock.Locate(q.read(q.cmd.Rule), bad))
		}
	}
	if bad.Field == "" {
		return errors.New(bad.Message)
	}
	hint := ""
	if bad.Field == "zone" && q.cmd.Zone == "" {
		hint = "; say whose days are meant with --zone"
	}
	return fmt.Errorf("%s: %s%s", bad.Field, bad.Message, hint)
}

// read is a file that was read before.
func (q *question) read(file string) []byte {
	data, _ := readAtMost(file)
	return data
}

// labels are the words of the result, by voice in the order of clock.Voices.
var labels = map[string][5]string{
	"rule":        {"規則", "きまり", "Rule", "Quy tắc", "Regel"},
	"article":     {"条文", "条文", "Article", "Điều", "Artikel"},
	"source":      {"出典", "もとになる文", "Source", "Nguồn", "Quelle"},
	"calendar":    {"暦", "カレンダー", "Calendar", "Lịch", "Kalender"},
	"state":       {"状態", "いまのようす", "State", "Trạng thái", "Stand"},
	"due":         {"期限", "期限", "Due", "Thời hạn", "Fällig"},
	"from":        {"この時から", "この時から", "From", "Kể từ", "Ab"},
	"left":        {"残り", "のこり", "Left", "Còn lại", "Verbleibend"},
	"unrolled":    {"繰越し前の末日", "お休みを考えない さいごの日", "Before rolling", "Trước khi dời", "Vor der Verschiebung"},
	"notice":      {"延長通知はこれより前", "のばす お知らせは これより前", "Notice before", "Thông báo gia hạn trước", "Mitteilung vor"},
	"provisional": {"暫定", "まだ決まっていない", "Provisional", "Tạm tính", "Vorläufig"},
	"yes":         {"はい", "はい", "yes", "có", "ja"},
	"is-due":      {"進行中", "数えています", "running", "đang tính", "läuft"},
	"is-paused":   {"停止中", "止まっています", "paused", "tạm dừng", "angehalten"},
}

// print writes the result as lines and the steps as sentences.
func (q *question) print(out io.Writer, r clock.Result) error {
	v := slices.Index(clock.Voices, q.cmd.Voice)
	zone := q.rule.Zone
	if zone == "" && q.cal != nil {
		zone = q.cal.Zone
	}
	loc, err := clock.Zone(zone)
	if err != nil {
		return q.point(err)
	}
	type line struct{ label, value string }
	var lines []line
	add := func(label, value string) {
		if value != "" {
			lines = append(lines, line{labels[label][v], value})
		}
	}
	name := q.rule.ID
	if title := clock.TitleOf(q.rule, q.cmd.Voice); title != name {
		name += ": " + title
	}
	add("rule", name)
	add("article", q.rule.Article)
	add("source", q.rule.Source)
	if r.CalendarID != "" {
		add("calendar", fmt.Sprintf("%s@%s (%s)", r.CalendarID, r.CalendarVersion, q.cal.Zone))
	}
	add("state", labels["is-"+r.State][v])
	if !r.DueAt.IsZero() {
		add("due", local(r.DueAt, r.DueOn, loc))
	}
	if !r.FromAt.IsZero() {
		add("from", local(r.FromAt, r.FromOn, loc))
	}
	if r.State == clock.Paused {
		add("left", clock.Amount(r.UnitsLeft, r.LeftUnit, q.cmd.Voice))
	}
	if r.UnrolledOn != r.DueOn && r.FromOn.IsZero() || !r.FromOn.IsZero() && r.UnrolledOn.DaysUntil(r.FromOn) != 1 {
		add("unrolled", r.UnrolledOn.String())
	}
	if !r.NoticeBy.IsZero() {
		on := clock.DateOf(r.NoticeBy.In(loc))
		if r.NoticeBy.Equal(r.DueAt) {
			on = r.DueOn
		}
		add("notice", local(r.NoticeBy, on, loc))
	}
	if r.Provisional {
		add("provisional", labels["yes"][v])
	}
	// Padding counts letters; wide ones take two places on a screen.
	widest := 0
	for _, l := range lines {
		widest = max(widest, width(l.label))
	}
	for _, l := range lines {
		fmt.Fprintf(out, "%s%s  %s\n", l.label, strings.Repeat(" ", widest-width(l.label)), l.value)
	}
	fmt.Fprintln(out)
	for i, sentence := range clock.Explain(r.Steps, q.cmd.Voice, loc) {
		fmt.Fprintf(out, "%2d. %s\n", i+1, sentence)
	}
	return nil
}

// width is the number of places that a text takes on a screen.
func width(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r >= 0x2e80 {
			n++
		}
	}
	return n
}

// local writes an instant in a zone and in UTC; the end of a day as 24:00 of its
// own day.
func local(at time.Time, on clock.Date, loc *time.Location) string {
	t := at.In(loc)
	shown := t.Format("2006-01-02 15:04")
	if t.Hour() == 0 && t.Minute() == 0 && on.Before(clock.DateOf(t)) {
		shown = on.String() + " 24:00"
	}
	return fmt.Sprintf("%s %s (%s)", shown, loc, at.UTC().Format(time.RFC3339))
}
