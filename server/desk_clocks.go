package server

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// clockView is one clock as staff read it. Nothing in it is computed here: date,
// state and steps are those of the office.
type clockView struct {
	dsr.ClockLine
	Title string
	// Sort is the word for its sort, "" where the title says no more than that.
	Sort string
	// What says what kind of date it is: our own, a law's, or the day of a suit.
	What string
	// Date is the due date with its weekday, and the time of day where the clock
	// does not end with the day; "" where there is none.
	Date string
	// Guard is the last open moment before an exposure.
	Guard string
	// LeftWords is what remains of a paused clock, in its own unit.
	LeftWords string
	// ZoneWord is whose days these are, where it is another zone than the desk's.
	ZoneWord string
	// Law is the law's name with the provision.
	Law string
	// Link is the source where it is an address.
	Link string
	// UnknownWords is why there is no date.
	UnknownWords string
	Steps        []string
}

// State is how the clock stands: "runs", "paused", "unknown", "no-figure". It chooses the
// colour and the words.
func (c clockView) State() string {
	switch {
	case c.NoFigure():
		return "no-figure"
	case c.Unknown != "":
		return "unknown"
	case c.Paused:
		return "paused"
	}
	return "runs"
}

// NoFigure reports whether the law gives no number: then nothing is missing, and
// no date follows.
func (c clockView) NoFigure() bool { return c.Unknown == "no-figure" }

// clockView puts a clock into words.
func (v *visit) clockView(l dsr.ClockLine) clockView {
	c := clockView{ClockLine: l, Title: v.clockTitle(l)}
	if l.StepsIn != nil {
		c.Steps = l.StepsIn(v.voice)
	}
	if sort := v.word("clock.", l.Name); sort != c.Title {
		c.Sort = sort
	}
	zone := v.zone
	if z, err := clock.Zone(l.Zone); err == nil && l.Zone != "" && z.String() != v.zone.String() {
		zone, c.ZoneWord = z, l.Zone
	}
	switch {
	case l.Unknown != "":
		c.UnknownWords = l.Unknown
		if speaks("clock.unknown." + l.Unknown) {
			c.UnknownWords = v.t("clock.unknown." + l.Unknown)
		}
	case l.Paused:
		c.LeftWords = v.t("left.time", "time", v.units(l.Left, l.Unit))
	case l.Name == dsr.ClockExposure:
		c.Date = v.civil(l.DueOn)
		// The guard lies before the day itself.
		if l.DueAt != 0 && clock.DateOf(time.UnixMicro(l.DueAt).In(zone)).String() < l.DueOn {
			c.Guard = v.shortMoment(l.DueAt, zone)
		}
	default:
		c.Date = v.dueWords(l, zone)
	}
	switch {
	case c.NoFigure():
		c.What = v.t("clock.what.no-figure")
	case l.Name == dsr.ClockExposure:
		c.What = v.t("clock.what.exposure")
	case l.Name == dsr.ClockLegal:
		c.What = v.t("clock.what.legal")
	case l.Name == dsr.ClockTarget:
		c.What = v.t("clock.what.target")
	}
	c.Law = v.law(l)
	if speaks("clock.source." + l.Source) {
		c.Source = v.t("clock.source." + l.Source)
	} else if l.Source == v.pack.Slug { // the pack's own number: the policy's
		c.Source = v.t("clock.source.policy")
	}
	if strings.HasPrefix(l.Source, "https://") {
		c.Link = l.Source
	}
	return c
}

// law names the provision behind a clock: the law as the book of rules calls it,
// then the article; "" for a time of the organisation's own.
func (v *visit) law(l dsr.ClockLine) string {
	name := ""
	if book := v.s.Packs.Rules(); book != nil {
		for _, r := range book.Regimes() {
			if r.ID == l.Regime {
				name = textOf(v.pack, r.Name, v.voice)
			}
		}
	}
	switch {
	case name == "":
		return article(v.voice, l.Article)
	case l.Article == "":
		return name
	case v.voice.Letter() == dsr.VoiceJa:
		return name + "、" + l.Article
	}
	return name + ", " + l.Article
}

// dueWords is a due date with its weekday, and with the time of day unless it is
// the end of the day.
func (v *visit) dueWords(l dsr.ClockLine, zone *time.Location) string {
	if l.DueAt == 0 {
		return v.civil(l.DueOn)
	}
	at := time.UnixMicro(l.DueAt).In(zone)
	on := l.DueOn
	if on == "" {
		on = clock.DateOf(at).String()
	}
	if on != clock.DateOf(at).String() { // the end of a day is the next one's midnight
		return v.civil(on)
	}
	return v.civil(on) + " " + at.Format("15:04")
}

// shortMoment is an instant with time of day in a zone that the page names.
func (v *visit) shortMoment(micros int64, zone *time.Location) string {
	at := time.UnixMicro(micros).In(zone)
	return v.civil(clock.DateOf(at).String()) + " " + at.Format("15:04")
}

// clockTitle is the name of a clock: its rule's, or the word for its sort.
func (v *visit) clockTitle(l dsr.ClockLine) string {
	if l.TitleIn != nil {
		if t := l.TitleIn(v.voice); t != "" {
			return t
		}
	}
	// Reminders are numbered: "identity_reminder_2".
	base := strings.TrimRight(l.RuleID, "0123456789")
	for _, key := range []string{"clock.time." + strings.TrimSuffix(base, "_"), "clock." + l.Name} {
		if speaks(key) {
			return v.t(key, "n", l.RuleID[len(base):])
		}
	}
	return l.RuleID
}

// units is a number of a rule's units in words.
func (v *visit) units(n int, unit string) string {
	if speaks("clock.unit." + unit) {
		return v.t("clock.unit."+unit, "n", n)
	}
	return strconv.Itoa(n)
}

// clocksCard is "why this date?": every clock of a case, which of them the
// answer keeps to and why, and how a date can be moved.
type clocksCard struct {
	Clocks []clockView
	// Reason says which clock the answer keeps to, and why that one.
	Reason     string
	Extensions []extensionView
	Moves      []moveView
	Form       *extendForm
}

// extensionView is an extension that was ordered, in words.
type extensionView struct {
	dsr.ExtensionRow
	Title, Amount, Ground string
	// Words tell its state with the dates that belong to it.
	Words string
}

// moveView is what a newer calendar did to one case, in words.
type moveView struct {
	dsr.CalendarMove
	Path  string
	Words []string
}

// extendForm orders an extension. What was typed stays when it comes back.
type extendForm struct {
	Fields []field
	// Clock is the only clock that can be extended; "" where one is chosen.
	Clock string
	// By are the sentences on until when the notice must be sent, one a clock.
	By       []string
	Open     bool
	Mistakes mistakes
}

// extendTyped is what an approver sent.
type extendTyped struct{ Clock, N, Ground string }

// clocksCard makes the card. typed is nil where nothing was sent.
func (v *visit) clocksCard(p dsr.CasePage, typed *extendTyped, ms mistakes) clocksCard {
	var card clocksCard
	for _, l := range p.Clocks {
		card.Clocks = append(card.Clocks, v.clockView(l))
	}
	// The one that counts stands first; the others keep the office's order.
	slices.SortStableFunc(card.Clocks, func(a, b clockView) int { return cmp.Compare(wins(b), wins(a)) })
	card.Reason = v.whyThisDate(p, card.Clocks)
	for i := len(p.Extensions) - 1; i >= 0; i-- {
		card.Extensions = append(card.Extensions, v.extensionView(p, p.Extensions[i]))
	}
	for _, m := range p.Moves {
		card.Moves = append(card.Moves, v.moveView(m, p.Clocks))
	}
	if v.actor.Has(deskJudges.roles...) {
		card.Form = v.extendForm(p, card.Clocks, typed, ms)
	}
	return card
}

func wins(c clockView) int {
	if c.Wins {
		return 1
	}
	return 0
}

// whyThisDate is the sentence on which clock the answer keeps to.
func (v *visit) whyThisDate(p dsr.CasePage, clocks []clockView) string {
	running, paused := 0, 0
	var won *clockView
	for i, c := range clocks {
		switch {
		case c.Name == dsr.ClockExposure, c.Unknown != "":
		case c.Paused:
			paused++
		default:
			running++
		}
		if c.Wins {
			won = &clocks[i]
		}
	}
	switch {
	case p.AnsweredAt != 0:
		return v.t("clock.why.answered")
	case running == 0 && paused > 0:
		return v.t("clock.why.paused")
	case won == nil || won.Date == "":
		return ""
	case running == 1 && paused > 0:
		return v.t("clock.why.only-running", "title", won.Title, "date", won.Date)
	case running == 1:
		return v.t("clock.why.only", "title", won.Title, "date", won.Date)
	}
	return v.t("clock.why.earliest", "title", won.Title, "date", won.Date, "n", running)
}

// extensionView tells an extension of a case.
func (v *visit) extensionView(p dsr.CasePage, e dsr.ExtensionRow) extensionView {
	x := extensionView{ExtensionRow: e, Title: e.Clock, Ground: v.word(latePrefix, e.Ground)}
	for _, l := range p.Clocks {
		if l.RuleID == e.Clock {
			x.Title = v.clockTitle(l)
			x.Amount = v.units(e.N, cmp.Or(l.RuleUnit, l.Unit))
			if e.N == 0 {
				x.Amount = v.units(l.MostUnits, cmp.Or(l.RuleUnit, l.Unit))
			}
		}
	}
	day := func(on string) string {
		if on == "" {
			return "–"
		}
		return v.civil(on)
	}
	key := "clock.extension." + e.State
	if speaks(key) {
		x.Words = v.t(key, "from", day(e.FromOn), "to", day(e.ToOn), "sent", v.moment(e.SentAt))
	}
	return x
}

// moment is an instant with time of day, "–" for none. Pages of the desk name
// the zone at the foot.
func (v *visit) moment(micros int64) string {
	if micros == 0 {
		return "–"
	}
	return v.shortMoment(micros, v.zone)
}

// moveView tells what a newer calendar did. A date that the person was told
// stays: it never becomes earlier for them, nor later without a notice. clocks
// are those of the case, where the page has them.
func (v *visit) moveView(m dsr.CalendarMove, clocks []dsr.ClockLine) moveView {
	var of *dsr.ClockLine
	for i := range clocks {
		if clocks[i].RuleID == m.RuleID {
			of = &clocks[i]
		}
	}
	zone := v.zoneOf(m.RuleID, of)
	x := moveView{CalendarMove: m, Path: v.ofCase(m.CaseID, "")}
	x.Words = append(x.Words, v.t("clock.move.changed", "from", v.versions(m.From), "to", v.versions(m.To)))
	switch {
	case m.Old == 0 && m.New == 0:
		x.Words = append(x.Words, v.t("clock.why.paused"))
	case m.Old == m.New:
		x.Words = append(x.Words, v.t("clock.move.same", "old", v.dueMoment(m.Old, zone)))
	default:
		x.Words = append(x.Words, v.t("clock.move.was-now", "old", v.dueMoment(m.Old, zone), "new", v.dueMoment(m.New, zone)))
	}
	if m.At == 0 {
		x.Words = append(x.Words, v.t("clock.move.report"))
		return x
	}
	if m.Told != 0 {
		x.Words = append(x.Words, v.t("clock.move.told", "told", v.civil(clock.DateOf(time.UnixMicro(m.Told-1).In(zone)).String())))
	}
	if m.Target != 0 {
		x.Words = append(x.Words, v.t("clock.move.target", "target", v.dueMoment(m.Target, zone)))
	}
	return x
}

// zoneOf is whose days a rule counts: its clock's, the book's, or the desk's.
func (v *visit) zoneOf(rule string, l *dsr.ClockLine) *time.Location {
	name := ""
	if l != nil {
		name = l.Zone
	} else if book := v.s.Packs.Rules(); book != nil {
		for _, g := range book.Regimes() {
			for _, r := range g.Rules {
				if r.ID == rule {
					name = r.Zone
				}
			}
		}
	}
	if z, err := clock.Zone(name); err == nil && name != "" {
		return z
	}
	return v.zone
}

// dueMoment is a due instant in a zone's days: the end of a day is that day, any
// other moment is told with its time at the desk.
func (v *visit) dueMoment(micros int64, zone *time.Location) string {
	if at := time.UnixMicro(micros).In(zone); micros != 0 && at.Hour() == 0 && at.Minute() == 0 {
		return v.civil(clock.DateOf(at.Add(-time.Microsecond)).String())
	}
	return v.moment(micros)
}

// versions lists the versions of calendars that a case counts by.
func (v *visit) versions(pins string) string { return locales.List(v.voice, strings.Fields(pins)...) }

// extendable are the clocks that can be extended now.
func extendable(clocks []clockView) (out []clockView) {
	for _, c := range clocks {
		if c.Extendable && c.Unknown == "" {
			out = append(out, c)
		}
	}
	return out
}

// latePrefix and a reason's code make what the person reads about why an answer
// takes longer.
const latePrefix = "letter.late."

// lateReasons are the codes of the catalogue for which a date is extended.
func lateReasons() []string { return codesOf(latePrefix) }

// groundsOf are the reasons for which a clock may be extended.
func groundsOf(l dsr.ClockLine) []string {
	if len(l.Grounds) > 0 {
		return l.Grounds
	}
	return lateReasons()
}

// extendForm makes the form, nil where no clock can be extended.
func (v *visit) extendForm(p dsr.CasePage, clocks []clockView, typed *extendTyped, ms mistakes) *extendForm {
	open := extendable(clocks)
	if len(open) == 0 {
		return nil
	}
	f := &extendForm{Mistakes: ms, Open: typed != nil}
	now := extendTyped{}
	if typed != nil {
		now = *typed
	}
	var options []option
	var grounds []string
	for _, c := range open {
		most := v.units(c.MostUnits, cmp.Or(c.RuleUnit, c.Unit))
		sentence := v.t("desk.extend.by", "title", c.Title, "at", v.moment(c.NoticeBy), "most", most)
		f.By = append(f.By, sentence)
		options = append(options, option{Value: c.RuleID, Label: template.HTML(template.HTMLEscapeString(c.Title)), Hint: v.h("desk.extend.most", "most", most, "at", v.moment(c.NoticeBy))})
		for _, g := range groundsOf(c.ClockLine) {
			if !slices.Contains(grounds, g) {
				grounds = append(grounds, g)
			}
		}
	}
	if len(open) == 1 {
		f.Clock = open[0].RuleID
		if typed == nil {
			now.N = strconv.Itoa(open[0].MostUnits)
		}
	} else {
		f.Fields = append(f.Fields, v.radios("clock", "desk.extend.clock", now.Clock, ms, options...))
		f.By = nil // said at each choice
	}
	n := v.text("n", "desk.extend.n", now.N, ms, false)
	n.InputMode, n.Size, n.Mark = "numeric", "w-two", "" // everything here is needed
	if len(open) == 1 {
		n.Label = v.h("desk.extend.n-of", "unit", v.unitName(cmp.Or(open[0].RuleUnit, open[0].Unit)))
	}
	f.Fields = append(f.Fields, n)
	var reasons []option
	for _, g := range grounds {
		o := option{Value: g, Label: template.HTML(template.HTMLEscapeString(v.word(latePrefix, g)))}
		if letter := p.Voice.Letter(); letter != v.voice.Letter() && speaks(latePrefix+g) {
			o.Hint = template.HTML(`<span lang="` + lang(letter) + `">` + template.HTMLEscapeString(say(letter, latePrefix+g)) + `</span>`)
		}
		reasons = append(reasons, o)
	}
	f.Fields = append(f.Fields, v.radios("ground", "desk.extend.ground", now.Ground, ms, reasons...))
	return f
}

// unitName is the name of a unit without a number.
func (v *visit) unitName(unit string) string { return v.word("clock.unit-name.", unit) }

// extend is POST …/case/:case/extend: an approver's order to prolong one clock.
// The date moves when its notice was sent.
func (s *Server) extend(v *visit) error {
	c, err := v.office.Case(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	typed := extendTyped{Clock: v.form("clock"), N: v.form("n"), Ground: v.form("ground")}
	e, ms := v.readExtension(c, typed)
	if len(ms) > 0 {
		return v.renderCase(http.StatusUnprocessableEntity, c, &typed, ms)
	}
	err = v.office.Extend(v.ctx, v.actor, c.Case, e)
	if dsr.FaultOf(err) == dsr.Invalid {
		at := "clock"
		if dsr.CodeOf(err) == "error.extension-ground" {
			at = "ground"
		}
		return v.renderCase(http.StatusUnprocessableEntity, c, &typed, mistakes{{v.extendField(c, at), v.fault(err)}})
	}
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(c.Case, "#clocks"), "extended"))
}

// extendField is the field of the form at which a mistake is shown: without a
// choice of clocks, those about the clock stand at the amount; without a form
// (nothing can be extended any more) at none.
func (v *visit) extendField(p dsr.CasePage, field string) string {
	n := 0
	for _, l := range p.Clocks {
		if l.Extendable && l.Unknown == "" {
			n++
		}
	}
	switch {
	case n == 0:
		return ""
	case n == 1 && field == "clock":
		return "n"
	}
	return field
}

// readExtension reads the form and says what is wrong with it.
func (v *visit) readExtension(p dsr.CasePage, typed extendTyped) (e dsr.Extension, ms mistakes) {
	var chosen *dsr.ClockLine
	possible := false
	for i, l := range p.Clocks {
		if l.Extendable && l.Unknown == "" {
			possible = true
			if l.RuleID == typed.Clock {
				chosen = &p.Clocks[i]
			}
		}
	}
	if !possible {
		return e, mistakes{{"", say(v.voice, "error.extension-none")}}
	}
	wrong := func(field, key string, args ...any) {
		ms = append(ms, mistake{v.extendField(p, field), v.t(key, args...)})
	}
	e = dsr.Extension{Clock: typed.Clock, Ground: typed.Ground}
	n, err := strconv.Atoi(tidy(typed.N))
	e.N = n
	switch {
	case chosen == nil && slices.ContainsFunc(p.Clocks, func(l dsr.ClockLine) bool { return l.RuleID == typed.Clock }):
		// It could be extended when the form was opened.
		wrong("clock", "error.extension-none")
	case chosen == nil:
		wrong("clock", "desk.wrong.extend-clock")
		if err != nil || n < 1 {
			wrong("n", "desk.wrong.extend-number")
		}
	case err != nil || n < 1 || n > chosen.MostUnits:
		wrong("n", "desk.wrong.extend-n", "most", v.units(chosen.MostUnits, cmp.Or(chosen.RuleUnit, chosen.Unit)))
	}
	switch {
	case chosen != nil && !slices.Contains(groundsOf(*chosen), typed.Ground), chosen == nil && typed.Ground == "":
		wrong("ground", "desk.wrong.extend-ground")
	}
	return e, ms
}
