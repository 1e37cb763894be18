package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/server/servertest"
)

// clockWorld is a desk whose cases have clocks in every state.
func clockWorld() (*servertest.World, servertest.Clocks) {
	w, _ := deskWorld()
	return w, w.FillClocks("izumisano")
}

const bench = "/board/izumisano/dates"

// asked is the address of a question to the bench.
func asked(pairs ...string) string {
	q := url.Values{"rule": {"target"}, "start": {"2026-11-20T16:30"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return bench + "?" + q.Encode()
}

func TestEveryPageAboutClocksIsWellMade(t *testing.T) {
	n := 0
	for _, voice := range []dsr.Voice{dsr.VoiceJa, dsr.VoiceEn} {
		w, c := clockWorld()
		look := func(what string, r *httptest.ResponseRecorder, status int) {
			n++
			if r.Code != status {
				t.Errorf("%s: %d, want %d", what, r.Code, status)
			}
			for _, f := range findings(r.Body.String()) {
				t.Errorf("%s in %s: %s", what, voice, f)
			}
		}
		sign := func(login string) *browser {
			b := atDesk(t, w, login)
			b.cookies["desk-voice"] = string(voice)
			return b
		}
		for _, id := range []string{c.Legal, c.Single, c.Sending, c.Late, c.Waiting} {
			for _, login := range []string{"approver", "manager", "auditor", "clerk"} {
				look(id+" as "+login, sign(login).get(of(id, "")), 200)
			}
		}
		m, a := sign("manager"), sign("approver")
		look("calendars", m.get("/board/izumisano/calendars"), 200)
		look("the empty bench", m.get(bench), 200)
		look("the bench", m.get(asked("pause-from", "2026-11-24T10:00", "cause", "fee", "extended", "2026-11-25T10:00")), 200)
		look("a law's rule", m.get(asked("rule", "gdpr.12-3.answer", "calendar", "de")), 200)
		look("nothing asked", m.get(bench+"?rule="), 422)
		look("all wrong", m.get(asked("rule", "", "start", "yesterday", "pause-to", "x", "extended", "y")), 422)
		look("nothing chosen", a.post(of(c.Legal, "/extend")), 422)
		look("the wrong amount", a.post(of(c.Single, "/extend"), "clock", "target", "n", "11", "ground", "checking"), 422)
		delete(w.Calendars, w.Pack("izumisano").ID)
		look("no calendar", m.get("/board/izumisano/calendars"), 200)
	}
	t.Logf("%d pages", n)
}

func TestTheCaseExplainsEveryClockAndWhichOneCounts(t *testing.T) {
	w, c := clockWorld()
	b := atDesk(t, w, "auditor")
	wantText(t, b.get(of(c.Legal, "")),
		"The answer is due on Wednesday 25 November 2026: of 2 running clocks “GDPR: information on action taken” ends first, and the earliest counts.",
		"General Data Protection Regulation (EU), 12(3)", `href="https://eur-lex.europa.eu/eli/reg/2016/679/oj"`, "Europe/Berlin", "de@2026.1",
		"Not known.", "beyond the days that the calendar covers", "not official yet", "The period is 1 month.",
		"From this day on the person can go to court", "Last open moment before it", "Tuesday 1 December 2026",
		"The date moved from Sunday 22 November 2026 to Sunday 29 November 2026", "We are waiting for a system that holds data to answer.", "田中 実",
		"A newer calendar was published (izumisano@2026.1 to izumisano@2026.2)", "The person was told Wednesday 25 November 2026; that stays.")
	if body := b.get(of(c.Legal, "")).Body.String(); strings.Contains(body, "/extend") {
		t.Error("an auditor can extend")
	}
	wantText(t, b.get(of(c.Single, "")), "is the only clock that the answer has to keep")
	wantText(t, b.get(of(c.Waiting, "")), "Every clock that the answer has to keep is paused", "1 business day", "12 days", "Asia/Singapore")
	wantText(t, b.get(of(c.Sending, "")), "The date moves when it was accepted for sending")
	wantText(t, b.get(of(c.Late, "")), "Nothing has moved, and there is a task about it")
	// The other pages of the case lead to it.
	wantText(t, atDesk(t, w, "handler").get(of(w.Queues[w.Pack("izumisano").ID].Rows[0].Case, "/messages")), `#clocks"`)
}

func TestAnExtensionIsOrderedByAnApproverAndTheFormKeepsWhatWasTyped(t *testing.T) {
	w, c := clockWorld()
	b := atDesk(t, w, "approver")
	page := b.get(of(c.Legal, ""))
	wantText(t, page, `value="gdpr.12-3.answer"`, `value="target"`, "Up to 2 months. The notice must be sent before Thursday 26 November 2026 08:00.", `lang="vi">`+locales.T(dsr.VoiceVi, "letter.late.checking"))
	// One clock alone is not asked for, and all that it allows is offered.
	wantText(t, b.get(of(c.Single, "")), `<input type="hidden" name="clock" value="target">`, `name="n" type="text" value="10"`, "By how many business days")

	for _, m := range []struct {
		name string
		form []string
		want []string
	}{
		{"nothing", nil, []string{`href="#clock"`, `href="#n"`, `href="#ground"`}},
		{"a clock that is not one", []string{"clock", "appi.39.suit", "n", "1", "ground", "checking"}, []string{`href="#clock"`, `value="checking" checked`}},
		{"too much", []string{"clock", "gdpr.12-3.answer", "n", "3", "ground", "checking"}, []string{`href="#n"`, "from 1 up to 2 months", `value="3"`, `value="gdpr.12-3.answer" checked`}},
		{"no number", []string{"clock", "gdpr.12-3.answer", "n", "two", "ground", "checking"}, []string{`href="#n"`, `value="two"`}},
		{"a reason that the law does not have", []string{"clock", "gdpr.12-3.answer", "n", "2", "ground", "approval"}, []string{`href="#ground"`, `value="approval" checked`}},
	} {
		r := b.post(of(c.Legal, "/extend"), m.form...)
		wantStatus(t, r, http.StatusUnprocessableEntity)
		for _, x := range append(m.want, `<details class="panel" id="extend" open`) {
			if !strings.Contains(r.Body.String(), x) {
				t.Errorf("%s: the page has no %s", m.name, x)
			}
		}
	}
	good := []string{"clock", "gdpr.12-3.answer", "n", "２", "ground", "investigating"} // full-width, as a Japanese keyboard writes it
	for code, at := range map[string]string{"error.extension-late": "clock", "error.extension-none": "clock", "error.extension-ground": "ground"} {
		w.Fail["Extend"] = dsr.Fail(dsr.Invalid, code)
		r := b.post(of(c.Legal, "/extend"), good...)
		wantStatus(t, r, http.StatusUnprocessableEntity)
		wantText(t, r, `href="#`+at+`">`+strings.ReplaceAll(locales.T(dsr.VoiceEn, code), "'", "&#39;"), `value="investigating" checked`, `value="２"`)
	}
	delete(w.Fail, "Extend")
	if len(w.Acts) != 0 {
		t.Fatalf("a form that came back did something: %q", w.Acts)
	}
	wantTo(t, b.post(of(c.Legal, "/extend"), good...), of(c.Legal, "?said=extended#clocks"))
	if want := "Extend staff-approver " + c.Legal + " gdpr.12-3.answer 2 investigating"; w.Acts[0] != want {
		t.Errorf("ordered %q, want %q", w.Acts[0], want)
	}
	wantText(t, b.get(of(c.Legal, "?said=extended")), "Extension ordered", "Notice being sent", "2 months more")
	r := b.post(of(c.Legal, "/extend"), good...)
	wantStatus(t, r, http.StatusConflict)
	wantText(t, r, "An extension has been ordered already", of(c.Legal, ""))
	// Where nothing can be extended there is no form, and the order is refused.
	if strings.Contains(b.get(of(c.Waiting, "")).Body.String(), "/extend") {
		t.Error("a paused clock can be extended")
	}
	r = b.post(of(c.Waiting, "/extend"), good...)
	wantStatus(t, r, http.StatusUnprocessableEntity)
	wantText(t, r, "No date can be extended now")
}

// lateReasons are the codes for which the letters have a reason.
func lateReasons() (out []string) {
	for _, k := range locales.Keys() {
		if code, ok := strings.CutPrefix(k, "letter.late."); ok {
			out = append(out, code)
		}
	}
	return out
}

func TestEveryReasonOfAnExtensionCanBeReadOnThePersonsPage(t *testing.T) {
	reasons := lateReasons()
	if len(reasons) < 5 {
		t.Fatalf("reasons %q", reasons)
	}
	w := servertest.New()
	known := map[string]bool{}
	for _, r := range reasons {
		known[r] = true
		if got := locales.Voices("portal.late." + r); len(got) != len(dsr.Voices) {
			t.Errorf("portal.late.%s speaks %v", r, got)
		}
	}
	n := 0
	for _, regime := range w.Library.Rules().Regimes() {
		for _, rule := range regime.Rules {
			if rule.Extension == nil {
				continue
			}
			for _, g := range rule.Extension.Grounds {
				n++
				if !known[g] {
					t.Errorf("%s may be extended for %q, for which no letter has words", rule.ID, g)
				}
			}
		}
	}
	for _, p := range w.Library.Packs() {
		if e := p.TargetFor(string(dsr.KindDisclosure)).Extension; e != nil {
			for _, g := range e.Grounds {
				n++
				if !known[g] {
					t.Errorf("%s extends its target for %q, for which no letter has words", p.Slug, g)
				}
			}
		}
	}
	if n == 0 {
		t.Error("no ground was looked at")
	}
}

func TestEveryTimeOfAPackHasAName(t *testing.T) {
	w := servertest.New()
	w.FillDesk("izumisano")
	id := w.Pack("izumisano").ID
	for _, r := range w.Pack("izumisano").Rules() {
		w.DateLines[id] = append(w.DateLines[id], dsr.ClockLine{Name: dsr.ClockTarget, RuleID: r.ID, Regime: r.Regime, TitleIn: func(v dsr.Voice) string { return r.Title[string(v)] }})
	}
	if len(w.DateLines[id]) < 15 {
		t.Fatalf("%d times", len(w.DateLines[id]))
	}
	body, _, _ := strings.Cut(atDesk(t, w, "manager").get(bench).Body.String(), "</select>")
	titles := map[string]string{}
	for _, m := range ruleOption.FindAllStringSubmatch(body, -1) {
		if other := titles[m[2]]; other != "" {
			t.Errorf("%s and %s are both called %q", other, m[1], m[2])
		}
		titles[m[2]] = m[1]
		if m[1] == m[2] {
			t.Errorf("%s has no name", m[1])
		}
	}
	if len(titles) != len(w.DateLines[id]) {
		t.Errorf("%d names for %d times", len(titles), len(w.DateLines[id]))
	}
}

var ruleOption = regexp.MustCompile(`<option value="([a-z][^"]*)">([^<]*)</option>`)

func TestTheBoardShowsCalendarsTheirEndAndWhatTheyMoved(t *testing.T) {
	w, c := clockWorld()
	r := atDesk(t, w, "manager").get("/board/izumisano/calendars")
	wantText(t, r, "2026.2", "3f9a5c0d71be", "Asia/Tokyo", "Thursday 1 January 1970 to Saturday 31 December 2050", "From Saturday 1 January 2028 on", "Assumed, because the policy gives none",
		"This calendar ends on Sunday 31 October 2027", of(c.Legal, ""), "by the new one it is", "Not applied yet.")
	body := r.Body.String()
	if n := strings.Count(body, "This calendar ends on"); n != 1 {
		t.Errorf("%d warnings about calendars that end", n)
	}
	if strings.Contains(body, "3f9a5c0d71be22a4") {
		t.Error("the whole digest stands on the page")
	}
	if found := named(body); len(found) > 0 {
		t.Errorf("the page names %q", found)
	}
	wantText(t, atDesk(t, w, "manager").get("/board/izumisano"), "/board/izumisano/calendars", bench)
}

func TestTheBenchAnswersKeepsWhatWasTypedAndWritesNothing(t *testing.T) {
	w, _ := clockWorld()
	b := atDesk(t, w, "auditor")
	wantText(t, b.get(bench), `value="2026-11-20T12:00"`, `<optgroup label="This organisation&#39;s own times">`, "General Data Protection Regulation (EU)", "Korea: correction (41) (cannot be computed)", " disabled>")
	if len(w.Questions) != 0 {
		t.Error("the empty form asks")
	}
	r := b.get(asked("pause-from", "2026-11-24T10:00", "pause-to", "2026-11-25T11:00", "cause", "fee", "calendar", "kr", "extended", "2026-11-26T09:00"))
	wantText(t, r, "Monday 30 November 2026", "The clock starts with what happened on Friday 20 November 2026, 16:30.", `value="2026-11-24T10:00"`, `value="target" selected`, `value="kr" selected`, `value="fee" selected`)
	q := w.Questions[0]
	if got := []string{timeOf(q.Start), timeOf(q.Pauses[0][0]), timeOf(q.Pauses[0][1]), timeOf(q.Extended), q.Rule, q.Calendar, q.Cause}; fmt.Sprint(got) !=
		"[2026-11-20T07:30:00Z 2026-11-24T01:00:00Z 2026-11-25T02:00:00Z 2026-11-26T00:00:00Z target kr fee]" {
		t.Errorf("asked %v", got)
	}
	wantText(t, b.get(asked("pause-from", "2026-11-24T10:00")), "Paused", "9 business days left")

	for _, m := range []struct{ field, typed, at, want string }{
		{"rule", "", "rule", "Choose a rule."},
		{"rule", "no-such", "rule", "There is no such rule."},
		{"start", "2026-13-01T10:00", "start", "“Begins”: write day and time"},
		{"start", "<b>", "start", "&lt;b&gt;"},
		{"pause-to", "2026-11-25T11:00", "pause-from", "Only the end of the pause is given"},
		{"extended", "tomorrow", "extended", "“Notice of an extension”"},
	} {
		r := b.get(asked(m.field, m.typed))
		wantStatus(t, r, http.StatusUnprocessableEntity)
		wantText(t, r, `href="#`+m.at+`"`, m.want)
		if m.typed != "" && m.field != "rule" && !strings.Contains(r.Body.String(), `value="`+strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(m.typed)+`"`) {
			t.Errorf("%q is lost", m.typed)
		}
	}
	r = b.get(asked("pause-from", "2026-11-25T11:00", "pause-to", "2026-11-24T11:00"))
	wantText(t, r, `href="#pause-to"`, "ends before it begins")
	w.Fail["Explain"] = dsr.Fail(dsr.Invalid, "error.date-question", "field", "pause", "reason", "calendar-ends")
	wantText(t, b.get(asked()), `href="#pause-from"`, "beyond the days that the calendar covers")
	for field, at := range map[string]string{"events[0].at": "start", "events[1].at": "pause-from", "events[2].at": "pause-to", "events[3].at": "extended", "extension": "extended", "unit": "rule"} {
		w.Fail["Explain"] = dsr.Fail(dsr.Invalid, "error.date-question", "field", field, "reason", "It is too early.")
		wantText(t, b.get(asked("pause-from", "2026-11-24T11:00", "pause-to", "2026-11-25T11:00", "extended", "2026-11-26T09:00")), `href="#`+at+`"`, "It is too early.")
	}
	// A summer that skips an hour: the organisation sits in Berlin.
	delete(w.Fail, "Explain")
	w.Pack("izumisano").Zone = "Europe/Berlin"
	wantText(t, b.get(asked("start", "2027-03-28T02:30")), `href="#start"`, "summer time skips it", `value="2027-03-28T02:30"`)

	if len(w.Acts) != 0 {
		t.Errorf("a GET did %q", w.Acts)
	}
	for _, call := range w.Calls {
		if call != "StaffSession" && call != "DateRules" && call != "Calendars" && call != "Explain" {
			t.Errorf("the bench calls %s", call)
		}
	}
}

func TestThePersonReadsWhyThisDateAndWhatItWasBefore(t *testing.T) {
	for _, voice := range dsr.Voices {
		w := servertest.New()
		x := w.AddSubmission("izumisano")
		b := open(t, w.Server())
		b.cookies["session-izumisano"], b.cookies["voice"] = w.Session(x), string(voice)
		c := &x.Status.Cases[0]
		old := locales.Date(voice, timeUTC(w.At(24*7)), true)
		c.Why = &dsr.ClockLine{Name: dsr.ClockTarget, RuleID: "target", Provisional: true, StepsIn: func(v dsr.Voice) []string { return []string{"step in " + string(v)} }}
		page := func() *httptest.ResponseRecorder {
			r := b.get("/o/izumisano/my")
			for _, f := range findings(r.Body.String()) {
				t.Errorf("%s: %s", voice, f)
			}
			return r
		}
		why := string(locales.HTML(voice, "portal.why.summary"))
		wantText(t, page(), why, "step in "+string(voice), string(locales.HTML(voice, "portal.why.provisional")))
		c.Why.Name, c.Why.Regime, c.Why.Article = dsr.ClockLegal, "gdpr", "12(3)"
		for _, g := range lateReasons() {
			c.Prolonged = &dsr.ExtensionRow{Clock: "target", Ground: g, State: "in-force", From: w.At(24 * 7), To: c.TargetAt, FromOn: timeUTC(w.At(24*7 + 9)).Format(time.DateOnly), ToOn: c.TargetOn, SentAt: w.At(-1)}
			wantText(t, page(), "12(3)", "<del>"+old+"</del>", string(locales.HTML(voice, "portal.late."+g)))
		}
		// An extension that moved nothing for the person is not told as one.
		c.Prolonged.From = c.TargetAt
		if strings.Contains(page().Body.String(), "<del>") {
			t.Errorf("%s: a date that did not move is struck out", voice)
		}
		// While nothing is promised there is nothing to explain.
		c.Paused, c.TargetAt = true, 0
		if strings.Contains(page().Body.String(), why) {
			t.Errorf("%s: a pause is explained as a date", voice)
		}
	}
}

// A day that ends in Singapore at midnight ends in Japan at one o'clock of the
// next day. Nobody may read that next day as the date.
func TestADateOfAnotherZoneIsShownAsThatZonesDay(t *testing.T) {
	w, c := clockWorld()
	end := time.Date(2026, 12, 23, 16, 0, 0, 0, time.UTC).UnixMicro() // the end of 23 December in Singapore
	x := w.AddSubmission("izumisano")
	x.Filed.TargetAt, x.Filed.TargetOn = end, "2026-12-23"
	part := &x.Status.Cases[0]
	part.TargetAt, part.TargetOn = end, "2026-12-23"
	line := dsr.ClockLine{Name: dsr.ClockLegal, RuleID: "sg-pdpa.21.access", Regime: "sg-pdpa", Article: "s. 21(1)", Zone: "Asia/Singapore", DueAt: end, DueOn: "2026-12-23", Wins: true, Unit: "calendar-days"}
	part.Why = &line
	part.Prolonged = &dsr.ExtensionRow{Clock: line.RuleID, Ground: "complexity", State: "in-force", From: time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC).UnixMicro(), To: end,
		FromOn: "2026-11-23", ToOn: "2026-12-23"}
	b := open(t, w.Server())
	b.cookies["session-izumisano"], b.cookies["voice"] = w.Session(x), "en"
	wantText(t, b.get("/o/izumisano/my"), "Wednesday 23 December 2026", "<del>Monday 23 November 2026</del>", "time zone Asia/Singapore", "in 33 days")
	wantText(t, b.get("/o/izumisano/my/receipt"), "Wednesday 23 December 2026")
	page := w.Cases[c.Single]
	page.TargetAt, page.TargetOn, page.Clocks = end, "2026-12-23", []dsr.ClockLine{line}
	page.Extensions = []dsr.ExtensionRow{*part.Prolonged}
	r := atDesk(t, w, "auditor").get(of(c.Single, ""))
	wantText(t, r, "Wednesday 23 December 2026", "Wednesday 23 December <", "from Monday 23 November 2026 to Wednesday 23 December 2026", "Asia/Singapore")
	if strings.Contains(r.Body.String(), "24 December") {
		t.Error("the desk shows the next day")
	}
}

func TestALawWithoutANumberIsNotShownAsUnknown(t *testing.T) {
	w, c := clockWorld()
	page := w.Cases[c.Single]
	page.Clocks = append(page.Clocks, dsr.ClockLine{Name: dsr.ClockLegal, RuleID: "appi.33.disclose", Regime: "appi", Article: "33(2)", Unknown: "no-figure", TitleIn: page.Clocks[0].TitleIn})
	page.Clocks[0].Source = "defaults"
	r := atDesk(t, w, "auditor").get(of(c.Single, ""))
	wantText(t, r, "Without delay", "gives no number of days", "is the only clock that the answer has to keep", "standard times")
	if strings.Contains(r.Body.String(), "Not known.") {
		t.Error("nothing is missing, and the page says that something is")
	}
}
