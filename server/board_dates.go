package server

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
)

// endsSoonDays is how long before its end a calendar is warned about: thirteen
// months, because a year's calendar is published once a year.
const endsSoonDays = 396

// calendarsPage is the calendars by which the organisation's cases count, and
// what newer versions of them moved.
type calendarsPage struct{ Calendars []calendarCard }

func (calendarsPage) name() string { return "board/calendars" }

// Page names the page in the board's own navigation.
func (calendarsPage) Tab() string { return "calendars" }

// calendarCard is one calendar in words.
type calendarCard struct {
	dsr.CalendarLine
	// EndsSoon: dates that cases of next year need lie beyond it.
	EndsSoon bool
	Moved    []moveView
}

// Short is enough of the digest to tell two versions apart by eye.
func (c calendarCard) Short() string { return c.Digest[:min(12, len(c.Digest))] }

// boardCalendars is GET /board/:slug/calendars.
func (s *Server) boardCalendars(v *visit) error {
	lines, err := v.office.Calendars(v.ctx, v.actor)
	if err != nil {
		return err
	}
	var p calendarsPage
	today := clock.DateOf(v.now().In(v.zone))
	for _, l := range lines {
		c := calendarCard{CalendarLine: l}
		if to, err := clock.ParseDate(l.To); err == nil {
			c.EndsSoon = today.DaysUntil(to) < endsSoonDays
		}
		for _, m := range l.Moves {
			c.Moved = append(c.Moved, v.moveView(m, nil))
		}
		p.Calendars = append(p.Calendars, c)
	}
	return v.render(http.StatusOK, p)
}

// datesPage answers when something would be due. It is asked by GET and writes
// nothing: no case is named, and nothing personal.
type datesPage struct {
	Rules     []ruleGroup
	Calendars []string
	Causes    []string
	A         answers
	Zone      string
	Mistakes  mistakes
	Answer    *clockView
}

func (datesPage) name() string        { return "board/dates" }
func (datesPage) Tab() string         { return "dates" }
func (p datesPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// Wrong is the sentence for a field.
func (p datesPage) Wrong(field string) string { return p.Mistakes.of(field) }

// InstantType is the sort of an input: a browser shows an empty field for what
// its picker cannot hold, and what was typed must stay.
func (p datesPage) InstantType(field string) string {
	if typed := p.A[field]; typed != "" {
		if _, err := time.Parse("2006-01-02T15:04", typed); err != nil {
			return "text"
		}
	}
	return "datetime-local"
}

// ruleGroup are the rules of one law, or the organisation's own times.
type ruleGroup struct {
	Title string
	Rules []ruleChoice
}

// ruleChoice is one rule that can be asked about; Off ones only stand there.
type ruleChoice struct {
	ID, Title string
	Off       bool
}

// dateFields are the fields of the question, in the order of the form.
var dateFields = []string{"rule", "calendar", "start", "cause", "pause-from", "pause-to", "extended"}

// pauseCauses are what the clocks of a case wait for.
var pauseCauses = []string{"identity", "authority", "clarification", "fee"}

// boardDates is GET /board/:slug/dates. Without a rule in the address it is the
// empty form.
func (s *Server) boardDates(v *visit) error {
	lines, err := v.office.DateRules(v.ctx, v.actor)
	if err != nil {
		return err
	}
	p := datesPage{Rules: v.ruleGroups(lines), Causes: pauseCauses, A: answers{}, Zone: v.zone.String()}
	calendars, err := v.office.Calendars(v.ctx, v.actor)
	if err != nil {
		return err
	}
	for _, l := range calendars {
		if !slices.Contains(p.Calendars, l.ID) {
			p.Calendars = append(p.Calendars, l.ID)
		}
	}
	slices.Sort(p.Calendars)
	for _, f := range dateFields {
		p.A[f] = tidy(v.QueryParam(f))
	}
	if !v.QueryParams().Has("rule") {
		p.A["start"] = v.now().In(v.zone).Format("2006-01-02T15:04")
		return v.render(http.StatusOK, p)
	}
	q, ms := v.readDateQuestion(p.A)
	if len(ms) == 0 {
		line, err := v.office.Explain(v.ctx, v.actor, q)
		switch {
		case dsr.FaultOf(err) == dsr.Invalid:
			ms = mistakes{v.dateMistake(err, q)}
		case err != nil:
			return err
		default:
			c := v.clockView(line)
			p.Answer = &c
		}
	}
	if p.Mistakes = ms; len(ms) > 0 {
		return v.render(http.StatusUnprocessableEntity, p)
	}
	return v.render(http.StatusOK, p)
}

// ruleGroups are the rules of the form: the organisation's own times first, then
// each law's.
func (v *visit) ruleGroups(lines []dsr.ClockLine) []ruleGroup {
	var out []ruleGroup
	at, seen := map[string]int{}, map[string]bool{}
	for _, l := range lines {
		// The exposure is a time of the pack and a rule of its law.
		if seen[l.RuleID] {
			continue
		}
		seen[l.RuleID] = true
		i, ok := at[l.Regime]
		if !ok {
			title := v.law(dsr.ClockLine{Regime: l.Regime})
			switch {
			case l.Regime == "":
				title = v.t("board.dates.rule-own")
			case title == "":
				title = l.Regime
			}
			i = len(out)
			at[l.Regime], out = i, append(out, ruleGroup{Title: title})
		}
		r := ruleChoice{ID: l.RuleID, Title: v.clockTitle(l), Off: l.Unknown != ""}
		if kind, ok := strings.CutPrefix(l.RuleID, "target_"); ok {
			r.Title += v.t("board.dates.of-kind", "kind", v.word("desk.kind.", kind))
		}
		if l.Article != "" {
			r.Title += " (" + l.Article + ")"
		}
		if r.Off {
			r.Title = v.t("board.dates.off", "title", r.Title)
		}
		out[i].Rules = append(out[i].Rules, r)
	}
	return out
}

// readDateQuestion reads what was asked. Times without an offset are of the
// organisation's zone.
func (v *visit) readDateQuestion(a answers) (q dsr.DateQuestion, ms mistakes) {
	q = dsr.DateQuestion{Rule: a["rule"], Calendar: a["calendar"], Cause: a["cause"]}
	if q.Rule == "" {
		ms = append(ms, mistake{"rule", v.t("board.wrong.rule")})
	}
	instant := func(field string) int64 {
		at, err := clock.ParseInstant(field, a[field], v.zone)
		if err == nil {
			return at.UnixMicro()
		}
		key := "board.wrong.instant"
		if _, shape := time.Parse("2006-01-02T15:04", a[field]); shape == nil {
			key = "board.wrong.no-such-time"
		}
		ms = append(ms, mistake{field, v.t(key, "field", v.t("board.dates.field."+field), "zone", v.zone.String())})
		return 0
	}
	q.Start = instant("start")
	switch {
	case a["pause-from"] != "":
		pause := [2]int64{instant("pause-from")}
		if a["pause-to"] != "" {
			pause[1] = instant("pause-to")
			if pause[1] != 0 && pause[1] < pause[0] {
				ms = append(ms, mistake{"pause-to", v.t("board.wrong.pause-order")})
			}
		}
		q.Pauses = [][2]int64{pause}
		if !slices.Contains(pauseCauses, q.Cause) {
			q.Cause = pauseCauses[0]
		}
	case a["pause-to"] != "":
		ms = append(ms, mistake{"pause-from", v.t("board.wrong.pause-from")})
	}
	if a["extended"] != "" {
		q.Extended = instant("extended")
	}
	return q, ms
}

// dateMistake is the office's refusal as a sentence at its field. A field that
// the form does not have is told about at the rule.
func (v *visit) dateMistake(err error, q dsr.DateQuestion) mistake {
	field, reason := "rule", v.fault(err)
	var e *dsr.Error
	if errors.As(err, &e) {
		field = formField(e.Args["field"], q)
		if r := e.Args["reason"]; r != "" {
			if speaks("clock.unknown." + r) {
				r = v.t("clock.unknown." + r)
			}
			reason = v.t("board.wrong.question", "field", v.t("board.dates.field."+field), "reason", r)
		}
	}
	return mistake{field, reason}
}

// formField is the field of the form behind a field of the question: events are
// numbered in the order in which the form asks for them.
func formField(name string, q dsr.DateQuestion) string {
	events := []string{"start"}
	for _, p := range q.Pauses {
		if events = append(events, "pause-from"); p[1] != 0 {
			events = append(events, "pause-to")
		}
	}
	if q.Extended != 0 {
		events = append(events, "extended")
	}
	for i, field := range events {
		if strings.HasPrefix(name, "events["+strconv.Itoa(i)+"]") {
			return field
		}
	}
	switch {
	case name == "pause":
		return "pause-from"
	case strings.HasPrefix(name, "extension"):
		return "extended"
	case slices.Contains(dateFields, name):
		return name
	}
	return "rule"
}
