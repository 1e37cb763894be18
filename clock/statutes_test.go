package clock_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
)

// the laws of the table, in its order; a law that is dropped from the page is missed.
var lawsOfTheTable = []string{
	"APPI 32-35, without delay", "APPI 39, suit", "APPI 29 and 30, records", "APPI 26, breach", "APPI chapter 5, public bodies",
	"GDPR 12(3)", "GDPR 12(4)", "GDPR 12(5)", "Regulation 1182/71, Art. 3",
	"UK GDPR 12 and 12A", "UK DPA 2018, s. 164A",
	"CCPA 7021(a)", "CCPA 7021(b)", "CCPA 7026", "CCPA 7101",
	"LGPD 19", "LGPD 18",
	"Vietnam, Decree 13/2023", "Vietnam, Decree 356/2025: respond", "Vietnam, Decree 356/2025: withdraw, restrict, object",
	"Vietnam, Decree 356/2025: access, correct, provide", "Vietnam, Decree 356/2025: delete",
	"Korea, PIPA 35-37",
	"Singapore, access", "Singapore, correction", "Singapore, withdrawal of consent",
	"Promises of policies",
}

// inBackticks is a rule's ID, or the regime of a note, in a cell of the table.
var inBackticks = regexp.MustCompile("^(note in )?`([a-z0-9.-]+)`$")

// compareStatutes says where the page and the book differ.
func compareStatutes(page string, book *clock.Book) (faults []string) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	state := func(r clock.Rule) string {
		if r.Mark == "" {
			return "on"
		}
		return "off (" + r.Mark + ")"
	}
	notes, rules := map[string]bool{}, map[string]bool{}
	for _, regime := range book.Regimes() {
		notes[regime.ID] = len(regime.Notes) > 0
		for _, r := range regime.Rules {
			rules[r.ID] = true
		}
	}
	var laws []string
	told := map[string]bool{}
	_, table, _ := strings.Cut(page, "|---|---|---|---|\n")
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) != 4 {
			say("%d cells: %s", len(cells), line)
			continue
		}
		law, where, is, why := cells[0], inBackticks.FindStringSubmatch(cells[1]), cells[2], cells[3]
		if !slices.Contains(laws, law) {
			laws = append(laws, law)
		}
		switch {
		case where == nil:
			say("%s: %s is no rule and no note", law, cells[1])
		case why == "":
			say("%s: says nothing of what it rests on", where[2])
		case where[1] != "":
			if is != "note" || !notes[where[2]] {
				say("%s: %s has no notes, or the state is not note", law, where[2])
			}
		case told[where[2]]:
			say("%s: is on the page twice", where[2])
		case !rules[where[2]]:
			say("%s: is on the page and not in the book", where[2])
		default:
			told[where[2]] = true
			for _, r := range book.Versions(where[2]) {
				if state(r) != is {
					say("%s: is %s in the book, %s on the page", r.ID, state(r), is)
				}
			}
		}
	}
	for id := range rules {
		if !told[id] {
			say("%s: is in the book and not on the page", id)
		}
	}
	if !slices.Equal(laws, lawsOfTheTable) {
		say("the laws of the page are %q", laws)
	}
	return faults
}

func statutesPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/statutes.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func TestStatutesPageAndBookSayTheSame(t *testing.T) {
	for _, fault := range compareStatutes(statutesPage(t), lawBook(t)) {
		t.Error(fault)
	}
}

// The check of the check: each planted fault is found, and nothing else.
func TestStatutesPageThatDiffersIsFound(t *testing.T) {
	page, book := statutesPage(t), lawBook(t)
	for name, fault := range map[string]struct{ was, is, says string }{
		"a rule missing":           {"| CCPA 7101 | `ccpa.7101.records` | on |", "| CCPA 7101 | note in `ccpa` | note |", "ccpa.7101.records: is in the book and not"},
		"an unknown rule":          {"| APPI 39, suit |", "| APPI 39, suit | `appi.40.suit` | on | as remembered |\n| APPI 39, suit |", "appi.40.suit: is on the page and not"},
		"off called on":            {"`sg-pdpa.16.withdrawal` | off (memory)", "`sg-pdpa.16.withdrawal` | on", "sg-pdpa.16.withdrawal: is off (memory)"},
		"on called off":            {"`appi.39.suit` | on", "`appi.39.suit` | off (verify)", "appi.39.suit: is on"},
		"a law missing":            {"| Promises of policies |", "| Singapore, withdrawal of consent |", "the laws of the page are"},
		"nothing that it rests on": {"text of the Act; two weeks, first day excluded, from the deemed arrival (39(2)); never paused, never rolled", "", "appi.39.suit: says nothing"},
		"a note that is not there": {"note in `appi`", "note in `kr-pipe`", "kr-pipe has no notes"},
	} {
		text := strings.Replace(page, fault.was, fault.is, 1)
		if text == page {
			t.Errorf("%s: was not planted", name)
			continue
		}
		found := compareStatutes(text, book)
		if name == "nothing that it rests on" { // such a line counts for nothing, so its rule is missed, too
			found = slices.DeleteFunc(found, func(f string) bool { return f == "appi.39.suit: is in the book and not on the page" })
		}
		if len(found) != 1 || !strings.Contains(found[0], fault.says) {
			t.Errorf("%s: found %q", name, found)
		}
	}
}

// shelf is the packs' own calendars.
func shelf(t testing.TB) map[string]*clock.Calendar {
	t.Helper()
	all, err := clock.LoadCalendars(os.DirFS("../packs/calendars"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// homeCalendar is the calendar over which a regime's rules are tried.
var homeCalendar = map[string]string{
	"appi": "jp-admin", "jp-breach": "jp-admin", "jp-public": "jp-admin", "gdpr": "de", "uk-gdpr": "gb-ew", "ccpa": "us-federal",
	"lgpd": "br", "vn-pdp": "vn", "kr-pipa": "kr", "sg-pdpa": "sg",
}

// Every rule, also one that is switched off, computes over its law's calendar, or
// says that it has no figure; titles are in four voices; kinds are the product's.
func TestStatutesEveryRuleComputesOrHasNoFigure(t *testing.T) {
	calendars := shelf(t)
	figures, without := 0, 0
	for _, regime := range lawBook(t).Regimes() {
		cal := calendars[homeCalendar[regime.ID]]
		if cal == nil {
			t.Errorf("%s: no calendar", regime.ID)
			continue
		}
		for _, r := range regime.Rules {
			for _, voice := range []string{"en", "ja", "vi", "de"} {
				if r.Title[voice] == "" || regime.Name[voice] == "" {
					t.Errorf("%s: no title in %s", r.ID, voice)
				}
			}
			if !strings.HasPrefix(r.ID, regime.ID+".") {
				t.Errorf("%s: is in %s", r.ID, regime.ID)
			}
			for _, kind := range r.Kinds {
				if !slices.Contains(dsr.Kinds, dsr.Kind(kind)) {
					t.Errorf("%s: %q is no kind of request", r.ID, kind)
				}
			}
			if r.InForceFrom.IsZero() || r.Article == "" || r.Source == "" {
				t.Errorf("%s: no day in force, article or source", r.ID)
			}
			if r.Start == clock.StartEvent && r.When == "" {
				t.Errorf("%s: starts at an event and does not name it", r.ID)
			}
			arrived := clock.On(2026, 7, 6)
			if !r.InForce(arrived) {
				arrived = r.InForceTo
			}
			start := []clock.Event{{Kind: clock.Start, At: arrived.In(time.UTC).Add(5 * time.Hour)}}
			got, err := clock.Compute(r, cal, start)
			switch {
			case r.Unit == clock.NoFigure:
				without++
				if err == nil {
					t.Errorf("%s: has no figure and computed %+v", r.ID, got)
				}
			case err != nil:
				t.Errorf("%s: %v", r.ID, err)
			default:
				figures++
				if last := got.DueOn; got.State != clock.Due || got.DueAt.IsZero() == got.FromAt.IsZero() || !last.IsZero() && last.Before(arrived) {
					t.Errorf("%s: %+v", r.ID, got)
				}
			}
		}
	}
	t.Logf("counts: %d rules of statutes compute, %d have no figure", figures, without)
}

// The files are what the editor's schema says, and what the parser reads.
func TestStatutesFilesFollowTheSchema(t *testing.T) {
	files, err := os.ReadDir("../packs/rules")
	if err != nil || len(files) != len(homeCalendar) {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile("../packs/rules/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		if err := against(t, "rules.schema.json", string(data)); err != nil {
			t.Errorf("%s: %v", file.Name(), err)
		}
		if r, err := clock.ParseRules(data); err != nil || r.ID+".yaml" != file.Name() {
			t.Errorf("%s holds %q: %v", file.Name(), r.ID, err)
		}
	}
}

// at is local time in a zone.
func at(t testing.TB, zone, local string) time.Time {
	t.Helper()
	loc, err := clock.Zone(zone)
	if err != nil {
		t.Fatal(err)
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02"} {
		if when, err := time.ParseInLocation(layout, local, loc); err == nil {
			return when
		}
	}
	t.Fatalf("%q is no time", local)
	return time.Time{}
}

// The worked examples of the statutes, by the book's rules and the packs' calendars.
// Rules that are switched off are taken as they stand.
func TestStatutesWorkedExamples(t *testing.T) {
	book, calendars := lawBook(t), shelf(t)
	const tokyo, berlin, london, angeles, hanoi, paulo, lion = "Asia/Tokyo", "Europe/Berlin", "Europe/London", "America/Los_Angeles", "Asia/Ho_Chi_Minh", "America/Sao_Paulo", "Asia/Singapore"
	type happened struct{ kind, at, cause string }
	for _, ex := range []struct {
		row, rule, calendar, zone, start string
		events                           []happened
		want                             string // due_on, "from" from_on, "unrolled" unrolled_on
		off                              bool
	}{
		{row: "1", rule: "appi.39.suit", zone: tokyo, start: "2026-04-01T10:00", want: "from 2026-04-16"},
		{row: "2", rule: "appi.39.suit", zone: tokyo, start: "2026-12-19T23:30", want: "from 2027-01-03"},
		{row: "13", rule: "appi.29.records.contract", zone: tokyo, start: "2026-03-31T12:00", want: "2027-03-31"},
		{row: "14 EU", rule: "gdpr.12-3.answer", calendar: "de", zone: berlin, start: "2026-02-28T12:00", want: "unrolled 2026-03-28"},
		{row: "15 EU", rule: "gdpr.12-3.answer", calendar: "de", zone: berlin, start: "2027-01-31T12:00", want: "unrolled 2027-02-28"},
		{row: "15 EU, leap", rule: "gdpr.12-3.answer", calendar: "de", zone: berlin, start: "2028-01-31T12:00", want: "unrolled 2028-02-29"},
		{row: "16", rule: "gdpr.12-3.answer", calendar: "de", zone: berlin, start: "2026-03-05T11:00", want: "2026-04-07"},
		{row: "16, no action", rule: "gdpr.12-4.refusal", calendar: "de", zone: berlin, start: "2026-03-05T11:00", want: "2026-04-07"},
		{row: "17", rule: "gdpr.12-3.answer", calendar: "de", zone: berlin, start: "2026-08-31T12:00", want: "2026-09-30"},
		{row: "18", rule: "gdpr.12-3.answer", calendar: "de", zone: berlin, start: "2026-06-01T12:00",
			events: []happened{{"pause", "2026-06-02T09:00", "identity"}, {"resume", "2026-06-12T15:00", "identity"}}, want: "2026-07-13"},
		{row: "19, strict", rule: "uk-gdpr.12.answer", calendar: "gb-ew", zone: london, start: "2026-05-01T10:00",
			events: []happened{{"pause", "2026-05-01T11:00", "identity"}, {"resume", "2026-05-20T12:00", "identity"}}, want: "2026-06-19"},
		{row: "19, corresponding", rule: "uk-gdpr.12.answer.corresponding", calendar: "gb-ew", zone: london, start: "2026-05-01T10:00",
			events: []happened{{"pause", "2026-05-01T11:00", "identity"}, {"resume", "2026-05-20T12:00", "identity"}}, want: "2026-06-22", off: true},
		{row: "20", rule: "uk-gdpr.164a.acknowledge", zone: london, start: "2026-07-01T10:00", want: "2026-07-30"},
		{row: "21", rule: "ccpa.7021-b.respond", calendar: "us-federal", zone: angeles, start: "2026-11-20T23:30", want: "2027-01-03"},
		{row: "21, extended", rule: "ccpa.7021-b.respond", calendar: "us-federal", zone: angeles, start: "2026-11-20T23:30",
			events: []happened{{"extension", "2026-12-30T12:00", ""}}, want: "2027-02-17"},
		{row: "21, confirm", rule: "ccpa.7021-a.confirm", calendar: "us-federal", zone: angeles, start: "2026-11-20T23:30", want: "2026-12-07"},
		{row: "21, opt-out", rule: "ccpa.7026.opt-out", calendar: "us-federal", zone: angeles, start: "2026-11-20T23:30", want: "2026-12-14"},
		{row: "22", rule: "vn-pdp.respond", calendar: "vn", zone: hanoi, start: "2026-02-13T16:00", want: "2026-02-24"},
		{row: "23", rule: "sg-pdpa.21.access", calendar: "sg", zone: lion, start: "2026-01-30T12:00", want: "2026-03-01"},
		{row: "23, rolled", rule: "sg-pdpa.21.access.rolled", calendar: "sg", zone: lion, start: "2026-01-30T12:00", want: "2026-03-02", off: true},
		{row: "23, told by when", rule: "sg-pdpa.21.access", calendar: "sg", zone: lion, start: "2026-01-30T12:00",
			events: []happened{{"extension", "2026-03-01T12:00", ""}}, want: "2026-03-31"},
		{row: "24", rule: "lgpd.19-2.full", calendar: "br", zone: paulo, start: "2026-02-10T12:00", want: "2026-02-25"},
		{row: "25", rule: "jp-breach.8-2.final", calendar: "jp-admin", zone: tokyo, start: "2026-12-01T12:00", want: "2027-01-04"},
		{row: "25, improper", rule: "jp-breach.8-2.final.improper", calendar: "jp-admin", zone: tokyo, start: "2026-11-05T12:00", want: "2027-01-04"},
		{row: "26, exposure", rule: "appi.39.suit", zone: tokyo, start: "2026-06-03T00:00", want: "from 2026-06-18"},
		{row: "27, exposure", rule: "appi.39.suit", zone: tokyo, start: "2026-10-01T10:00",
			events: []happened{{"pause", "2026-10-05T10:00", "fee"}, {"resume", "2026-10-13T10:00", "fee"}}, want: "from 2026-10-16"},
		{row: "29", rule: "vn-pdp.perform", zone: hanoi, start: "2025-10-10T09:00", want: "2025-10-13"},
		{row: "30, before", rule: "gdpr.12-3.answer", calendar: "de", zone: berlin, start: "2026-02-10T12:00", want: "2026-03-10"},
		{row: "30", rule: "gdpr.12-3.answer", calendar: "de", zone: berlin, start: "2026-02-10T12:00",
			events: []happened{{"extension", "2026-03-10T23:59", "complexity"}}, want: "2026-05-11"},
		{row: "31, strict", rule: "uk-gdpr.12.answer", calendar: "gb-ew", zone: london, start: "2026-04-13T12:00",
			events: []happened{{"pause", "2026-04-20T12:00", "clarification"}, {"resume", "2026-04-24T12:00", "clarification"}}, want: "2026-05-18"},
		{row: "31, corresponding", rule: "uk-gdpr.12.answer.corresponding", calendar: "gb-ew", zone: london, start: "2026-04-13T12:00",
			events: []happened{{"pause", "2026-04-20T12:00", "clarification"}, {"resume", "2026-04-24T12:00", "clarification"}}, want: "2026-05-18", off: true},
	} {
		start := at(t, ex.zone, ex.start)
		rule, err := book.Rule(ex.rule, clock.DateOf(start))
		if ex.off {
			if err == nil || !strings.Contains(err.Error(), "switched off") {
				t.Errorf("%s: %s is not switched off: %v", ex.row, ex.rule, err)
			}
			rule = book.Versions(ex.rule)[0]
		} else if err != nil {
			t.Errorf("%s: %v", ex.row, err)
			continue
		}
		events := []clock.Event{{Kind: clock.Start, At: start}}
		for _, h := range ex.events {
			e := clock.Event{Kind: clock.EventKind(h.kind), At: at(t, ex.zone, h.at), Cause: h.cause}
			if e.Kind == clock.Prolonged {
				e.Cause, e.Ground, e.Rule = "", h.cause, ex.rule
				if e.Ground == "" {
					e.Ground = "volume"
				}
			}
			events = append(events, e)
		}
		got, err := clock.Compute(rule, calendars[ex.calendar], events)
		if err != nil {
			t.Errorf("%s: %s: %v", ex.row, ex.rule, err)
			continue
		}
		is := got.DueOn.String()
		switch {
		case strings.HasPrefix(ex.want, "from "):
			is = "from " + got.FromOn.String()
		case strings.HasPrefix(ex.want, "unrolled "):
			is = "unrolled " + got.UnrolledOn.String()
		}
		if is != ex.want {
			t.Errorf("%s: %s gave %s, want %s", ex.row, ex.rule, is, ex.want)
		}
	}
}

// What a day says of an example that a day cannot hold: hours to the minute, the
// guard, and the other school of months.
func TestStatutesWorkedExamplesToTheInstant(t *testing.T) {
	book, calendars := lawBook(t), shelf(t)
	start := at(t, "Asia/Ho_Chi_Minh", "2025-10-10T09:00")
	hours, err := book.Rule("vn-pdp.perform", clock.On(2025, 10, 10))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := clock.Compute(hours, nil, []clock.Event{{Kind: clock.Start, At: start}}); err != nil || !got.DueAt.Equal(start.Add(72*time.Hour)) {
		t.Errorf("row 29: %v, %v", got.DueAt, err)
	}

	suit, err := book.Rule("appi.39.suit", clock.On(2026, 10, 1))
	if err != nil {
		t.Fatal(err)
	}
	exposure, err := clock.Compute(suit, nil, []clock.Event{{Kind: clock.Start, At: at(t, "Asia/Tokyo", "2026-10-01T10:00")}})
	if err != nil {
		t.Fatal(err)
	}
	hoursOfTen, err := clock.ParseCalendar([]byte("id: ten-to-six\nversion: test\nzone: Asia/Tokyo\ncovers: {from: 2026-01-01, to: 2026-12-31}\n" +
		`weekly: {mon: ["09:00-18:00"], tue: ["09:00-18:00"], wed: ["09:00-18:00"], thu: ["09:00-18:00"], fri: ["09:00-18:00"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if guard, err := clock.Guard(exposure, hoursOfTen); err != nil || !guard.Equal(at(t, "Asia/Tokyo", "2026-10-15T18:00")) {
		t.Errorf("row 27: guard %v, %v", guard, err)
	}

	// Row 14 and 15: the month of the GDPR's rule under the Civil Code of Japan.
	month, err := book.Rule("gdpr.12-3.answer", clock.On(2026, 2, 28))
	if err != nil {
		t.Fatal(err)
	}
	month.Unit = clock.MonthsJP
	for from, want := range map[string]clock.Date{"2026-02-28": clock.On(2026, 3, 31), "2027-01-31": clock.On(2027, 2, 28), "2028-01-31": clock.On(2028, 2, 29)} {
		got, err := clock.Compute(month, calendars["de"], []clock.Event{{Kind: clock.Start, At: at(t, "Europe/Berlin", from)}})
		if err != nil || got.UnrolledOn != want {
			t.Errorf("rows 14, 15: from %s to %s, want %s (%v)", from, got.UnrolledOn, want, err)
		}
	}
}

// The rule is that of the day of arrival, in the zone of the law, to the minute.
func TestStatutesRuleIsChosenByTheDayOfArrival(t *testing.T) {
	book := lawBook(t)
	for _, ex := range []struct {
		id, zone, arrived string
		unit              clock.Unit // "" when none is in force
	}{
		{"vn-pdp.perform", "Asia/Ho_Chi_Minh", "2025-12-31T23:59", clock.ElapsedHours},
		{"vn-pdp.perform", "Asia/Ho_Chi_Minh", "2026-01-01T00:00", ""},
		{"vn-pdp.access", "Asia/Ho_Chi_Minh", "2025-12-31T23:59", ""},
		{"vn-pdp.access", "Asia/Ho_Chi_Minh", "2026-01-01T00:00", clock.CalendarDays},
		{"vn-pdp.respond", "Asia/Ho_Chi_Minh", "2026-01-01T00:00", clock.BusinessDays},
		{"vn-pdp.perform", "Asia/Ho_Chi_Minh", "2023-06-30T23:59", ""},
		{"vn-pdp.perform", "Asia/Ho_Chi_Minh", "2023-07-01T00:00", clock.ElapsedHours},
		{"uk-gdpr.12.answer", "Europe/London", "2026-02-04T23:59", clock.MonthsEU},
		{"uk-gdpr.12.answer", "Europe/London", "2026-02-05T00:00", clock.MonthsJP},
		{"uk-gdpr.164a.acknowledge", "Europe/London", "2026-06-18T23:59", ""},
		{"uk-gdpr.164a.acknowledge", "Europe/London", "2026-06-19T00:00", clock.CalendarDays},
		{"appi.39.suit", "Asia/Tokyo", "2022-03-31T23:59", ""},
		{"appi.39.suit", "Asia/Tokyo", "2022-04-01T00:00", clock.Weeks},
	} {
		arrived := at(t, ex.zone, ex.arrived)
		rule, err := book.Rule(ex.id, clock.DateOf(arrived))
		switch {
		case ex.unit == "" && err == nil:
			t.Errorf("%s governs what arrived at %s", ex.id, ex.arrived)
		case ex.unit != "" && (err != nil || rule.Unit != ex.unit):
			t.Errorf("%s of %s counts %s: %v", ex.id, ex.arrived, rule.Unit, err)
		}
		// A rule outside its days refuses to compute, whoever asks: the instant is
		// read in its own zone, so 17:00 UTC on New Year's Eve is next year in Hanoi.
		for _, r := range book.Versions(ex.id) {
			_, err := clock.Compute(r, shelf(t)[homeCalendar[r.Regime]], []clock.Event{{Kind: clock.Start, At: arrived.UTC()}})
			if in := ex.unit == r.Unit; in != (err == nil) {
				t.Errorf("%s (%s) computed from %s: %v", r.ID, r.Unit, ex.arrived, err)
			}
		}
	}
}

// A case's own dues: what waits for a further fact, a receipt, a guideline or an
// event beside the request is not among them.
func TestStatutesDuesOfARequestAreItsAnswers(t *testing.T) {
	book := lawBook(t)
	for _, ex := range []struct {
		regime, kind string
		arrived      clock.Date
		want         string
	}{
		{"sg-pdpa", "disclosure", clock.On(2026, 11, 22), "sg-pdpa.21.access"},
		{"sg-pdpa", "correction", clock.On(2026, 11, 22), ""},
		{"appi", "disclosure", clock.On(2026, 11, 22), "appi.33-2.disclose"},
		{"appi", "erasure", clock.On(2026, 11, 22), "appi.35.stop"},
		{"gdpr", "erasure", clock.On(2026, 11, 22), "gdpr.12-3.answer"},
		{"uk-gdpr", "disclosure", clock.On(2026, 11, 22), "uk-gdpr.12.answer"},
		{"uk-gdpr", "complaint", clock.On(2026, 11, 22), ""},
		{"ccpa", "disclosure", clock.On(2026, 11, 22), "ccpa.7021-b.respond"},
		{"ccpa", "ad-opt-out", clock.On(2026, 11, 22), "ccpa.7026.opt-out"},
		{"lgpd", "disclosure", clock.On(2026, 11, 22), "lgpd.19-2.full"},
		{"vn-pdp", "disclosure", clock.On(2025, 12, 31), "vn-pdp.perform"},
		{"vn-pdp", "disclosure", clock.On(2026, 1, 1), "vn-pdp.access"},
		{"vn-pdp", "erasure", clock.On(2026, 1, 1), "vn-pdp.delete"},
		{"vn-pdp", "consent-withdrawal", clock.On(2026, 1, 1), "vn-pdp.stop"},
		{"kr-pipa", "suspension", clock.On(2026, 11, 22), "kr-pipa.44.stop"},
		{"jp-breach", "disclosure", clock.On(2026, 11, 22), ""},
	} {
		var ids []string
		for _, r := range book.Legal(ex.regime, ex.kind, ex.arrived) {
			ids = append(ids, r.ID)
		}
		if got := strings.Join(ids, " "); got != ex.want {
			t.Errorf("%s, %s, %s: %q, want %q", ex.regime, ex.kind, ex.arrived, got, ex.want)
		}
	}
}
