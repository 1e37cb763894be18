package storetest

import (
	"bytes"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/packs"
	"madoguchi/policy"
)

// edit changes one text of a file of the packs, or of a copy of it.
type edit struct{ file, as, from, to string }

// changed are the packs and calendars of the repository with some texts changed.
func changed(t testing.TB, edits ...edit) (*policy.Library, map[string]*clock.Calendar) {
	t.Helper()
	files := fstest.MapFS{}
	must(t, fs.WalkDir(packs.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(packs.Files, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	}))
	for _, e := range edits {
		data := files[e.file].Data
		if files[e.as] != nil {
			data = files[e.as].Data
		}
		if bytes.Count(data, []byte(e.from)) != 1 {
			t.Fatalf("%q is not once in %s", e.from, e.file)
		}
		name := e.as
		if name == "" {
			name = e.file
		}
		files[name] = &fstest.MapFile{Data: bytes.Replace(data, []byte(e.from), []byte(e.to), 1)}
	}
	library, err := policy.Load(files, policy.Options{})
	must(t, err)
	sub, err := fs.Sub(files, "calendars")
	must(t, err)
	calendars, err := clock.LoadCalendars(sub)
	must(t, err)
	return library, calendars
}

// kept loads a change of the packs once for all tests.
func kept(edits ...edit) func(t testing.TB) (*policy.Library, map[string]*clock.Calendar) {
	var once sync.Once
	var library *policy.Library
	var calendars map[string]*clock.Calendar
	return func(t testing.TB) (*policy.Library, map[string]*clock.Calendar) {
		t.Helper()
		once.Do(func() { library, calendars = changed(t, edits...) })
		if calendars == nil {
			t.Fatal("the packs could not be changed; another test says why")
		}
		return library, calendars
	}
}

var (
	// withKorea puts the centre under a law of ten calendar days, which is earlier
	// than its own ten business days and does not pause.
	korea     = edit{file: "izumisano/pack.yaml", from: "calendar: izumisano\n", to: "calendar: izumisano\nalso: [{ regime: kr-pipa, calendar: kr }]\n"}
	withKorea = kept(korea)
	// outOfDays is the same with a calendar of Korea that ends tomorrow.
	outOfDays = kept(korea, edit{file: "calendars/kr.yaml", from: "zone: Asia/Seoul\n", to: "zone: Asia/Seoul\ncovers: {from: 2026-01-01, to: 2026-11-25}\n"})
	// oneMoreHoliday has a newer version of the centre's calendar, closed on
	// 3 December.
	oneMoreHoliday = kept(
		edit{file: "calendars/izumisano.yaml", as: "calendars/izumisano-2.yaml", from: `version: "2026.1"`, to: `version: "2026.2"`},
		edit{file: "calendars/izumisano.yaml", as: "calendars/izumisano-2.yaml", from: "closed:\n", to: "closed:\n  - {on: 2026-12-03, name: works}\n"})
	// oneLaterHoliday has one that is closed on 9 December.
	oneLaterHoliday = kept(
		edit{file: "calendars/izumisano.yaml", as: "calendars/izumisano-2.yaml", from: `version: "2026.1"`, to: `version: "2026.2"`},
		edit{file: "calendars/izumisano.yaml", as: "calendars/izumisano-2.yaml", from: "closed:\n", to: "closed:\n  - {on: 2026-12-09, name: works}\n"})
	// oneDayMore is a newer version by which the office works on Saturday, the 28th.
	oneDayMore = kept(
		edit{file: "calendars/izumisano.yaml", as: "calendars/izumisano-2.yaml", from: `version: "2026.1"`, to: `version: "2026.2"`},
		edit{file: "calendars/izumisano.yaml", as: "calendars/izumisano-2.yaml", from: "closed:\n", to: "open:\n  - {on: 2026-11-28, hours: [\"09:00-17:30\"]}\nclosed:\n"})
	// newerKorea has one of Korea's, closed on 4 December.
	newerKorea = kept(korea,
		edit{file: "calendars/kr.yaml", as: "calendars/kr-2.yaml", from: `version: "2026.1"`, to: `version: "2026.2"`},
		edit{file: "calendars/kr.yaml", as: "calendars/kr-2.yaml", from: "zone: Asia/Seoul\n", to: "zone: Asia/Seoul\nclosed:\n  - {on: 2026-12-04, name: works}\n"})
)

// under lets the house run with other packs and calendars, as after a restart.
func (h *House) under(t testing.TB, what func(t testing.TB) (*policy.Library, map[string]*clock.Calendar), cases ...*Case) {
	t.Helper()
	h.Options.Packs, h.Options.Calendars = what(t)
	h.Store = h.Again(t)
	for _, c := range cases {
		c.o = h.Store.For(c.h.Text(t, "SELECT organisation FROM cases WHERE id = ?", c.ID))
	}
}

// page is the case page as an approver sees it.
func (c *Case) page(t testing.TB) dsr.CasePage {
	t.Helper()
	p, err := c.o.Case(t.Context(), c.h.Approver, c.ID)
	must(t, err)
	return p
}

// line is the clock of a rule on the case page.
func (c *Case) line(t testing.TB, rule string) dsr.ClockLine {
	t.Helper()
	var names []string
	for _, l := range c.page(t).Clocks {
		if l.RuleID == rule {
			return l
		}
		names = append(names, l.RuleID)
	}
	t.Fatalf("the page has no clock %s: %v", rule, names)
	return dsr.ClockLine{}
}

// targetAt and toldAt are the case's columns.
func (c *Case) targetAt(t testing.TB) time.Time {
	return instant(c.h.Int(t, "SELECT target_at FROM cases WHERE id = ?", c.ID))
}

func (c *Case) toldAt(t testing.TB) time.Time {
	return instant(c.h.Int(t, "SELECT told_at FROM cases WHERE id = ?", c.ID))
}

func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// osaka and seoul are instants of December 2026 there.
func osaka(day, hour, minute int) time.Time {
	return time.Date(2026, 12, day, hour-9, minute, 0, 0, time.UTC)
}

// ours is the target of a disclosure that the centre got on Monday: ten business
// days, at the close; koreas is the law's, ten calendar days, at midnight.
var (
	ours   = osaka(8, 17, 30)
	koreas = osaka(5, 0, 0)
)

// state is that of the case's only extension.
func (c *Case) state(t testing.TB) string {
	t.Helper()
	all := c.page(t).Extensions
	if len(all) != 1 {
		t.Fatalf("%d extensions: %+v", len(all), all)
	}
	return all[0].State
}

// Promises about several clocks of one case, extensions, and newer calendars.
var clockPromises = []promise{
	{"every law's clock runs beside ours, and the earliest is the target and named", func(t *testing.T, h *House) {
		id := h.org(t, "qoo10")
		clerk, _, approver := h.desk(t, id)
		f := Filing(h.Form())
		f.Channel, f.Voice = dsr.ChannelTelephone, dsr.VoiceEn
		f.RecordingTold = true
		f.Person.Population, f.Person.Service = "", ""
		q := h.filed(t, id, clerk, f)
		page, err := q.o.Case(t.Context(), approver, q.ID)
		must(t, err)
		seen := map[string]dsr.ClockLine{}
		for _, l := range page.Clocks {
			seen[l.RuleID] = l
		}
		law := seen["sg-pdpa.21.access"]
		equal(t, "Singapore's thirty days", instant(law.DueAt), time.Date(2026, 12, 24, 16, 0, 0, 0, time.UTC))
		equal(t, "its day", law.DueOn, "2026-12-24")
		equal(t, "its zone", law.Zone, "Asia/Singapore")
		equal(t, "its regime", law.Regime, "sg-pdpa")
		if law.Wins || !seen["target"].Wins || law.TitleIn(dsr.VoiceDe) == "" || len(law.StepsIn(dsr.VoiceVi)) == 0 || !law.Extendable {
			t.Errorf("%+v", law)
		}
		equal(t, "rule", h.Text(t, "SELECT target_rule FROM cases WHERE id = ?", q.ID), "target")
		equal(t, "calendars", h.Text(t, "SELECT calendar_version FROM cases WHERE id = ?", q.ID), "qoo10@2026.1 sg@2026.1")

		h.under(t, withKorea)
		c := h.File(t)
		equal(t, "the target is Korea's", c.targetAt(t), koreas)
		equal(t, "rule", h.Text(t, "SELECT target_rule FROM cases WHERE id = ?", c.ID), "kr-pipa.41.access")
		l := c.line(t, "kr-pipa.41.access")
		if !l.Wins || l.Calendar != "kr@2026.1" || c.line(t, "target").Wins || instant(c.line(t, "target").DueAt) != ours {
			t.Errorf("%+v", l)
		}
		if text := h.Text(t, "SELECT data FROM evidence WHERE case_id = ? AND kind = 'clock' ORDER BY seq DESC LIMIT 1", c.ID); !strings.Contains(text, `"rule":"kr-pipa.41.access"`) ||
			!strings.Contains(text, `"unknown":"no-figure"`) || strings.Count(text, `"due_at":`) != 2 {
			t.Errorf("the record of the clocks: %s", text)
		}
		// Ours waits for the person; a law that does not pause goes on.
		c.ToIdentity(t)
		equal(t, "ours is paused", c.line(t, "target").Paused, true)
		equal(t, "the target while we wait", c.targetAt(t), koreas)
		equal(t, "the milestone at it", c.dueAt(t, "due"), koreas)
		equal(t, "shown as paused", c.page(t).Paused, false)
		h.whole(t)
		mend := h.set(t, "cases", "target_rule", "target", "id = ?", c.ID)
		if r := h.Fsck(t); r.OK() || r.Problems[0].Invariant != "I11" {
			t.Errorf("another winner is not seen:\n%s", r)
		}
		mend()
		h.whole(t)
	}},

	{"a law's clock counts from when a letter should have come, ours from when it came", func(t *testing.T, h *House) {
		h.under(t, withKorea)
		f := Filing(h.Form())
		f.Channel, f.Voice, f.PostedOn = dsr.ChannelPost, dsr.VoiceEn, "2026-11-16"
		f.Contact = dsr.Contact{ByPost: true, Address: "1-2-3 Koto, Tokyo"}
		c := h.filed(t, h.Here, h.Clerk, f)
		// Two days of transit: deemed on the 18th, ten days, the 28th is a Saturday: the 30th.
		equal(t, "the law's", instant(c.line(t, "kr-pipa.41.access").DueAt), time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC))
		equal(t, "ours", instant(c.line(t, "target").DueAt), ours)
		h.whole(t)
	}},

	{"a law's clock that can't be computed is named, and holds nothing up", func(t *testing.T, h *House) {
		h.under(t, outOfDays)
		c := h.File(t).ToReview(t)
		l := c.line(t, "kr-pipa.41.access")
		equal(t, "why", l.Unknown, "calendar")
		equal(t, "its due", l.DueAt, 0)
		equal(t, "the others go on", c.line(t, "target").Wins, true)
		if c.targetAt(t).Before(ours) {
			t.Errorf("the target is %s", c.targetAt(t))
		}
		h.whole(t)
	}},

	{"an extension is in force when its notice was accepted, and moves every milestone", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		h.Post(t)
		before := c.targetAt(t)
		l := c.line(t, "target")
		if !l.Extendable || instant(l.NoticeBy) != before || l.MostUnits != 10 || l.RuleUnit != "business-days" {
			t.Fatalf("%+v", l)
		}
		half, last := c.dueAt(t, "escalation-50"), c.dueAt(t, "before-due")
		must(t, c.o.Extend(t.Context(), h.Approver, c.ID, dsr.Extension{Clock: "target", N: 3, Ground: "searching"}))
		equal(t, "state", c.state(t), "sending")
		equal(t, "nothing moved yet", c.targetAt(t), before)
		want(t, c.o.Extend(t.Context(), h.Approver, c.ID, dsr.Extension{Clock: "target", Ground: "searching"}), dsr.Conflict, "error.extension-ordered")
		equal(t, "one at a time", c.line(t, "target").Extendable, false)
		h.Clock.Advance(time.Hour)
		h.Post(t)
		equal(t, "state", c.state(t), "in-force")
		equal(t, "three open days later", c.targetAt(t), time.Date(2026, 12, 11, 8, 30, 0, 0, time.UTC))
		equal(t, "told", c.toldAt(t), c.targetAt(t))
		equal(t, "the milestone at it", c.dueAt(t, "due"), c.targetAt(t))
		if !c.dueAt(t, "escalation-50").After(half) || !c.dueAt(t, "before-due").After(last) {
			t.Error("the milestones stand where they stood")
		}
		equal(t, "told to the run", c.h.Int(t, "SELECT COUNT(*) FROM commands WHERE case_id = ? AND kind = 'reclocked'", c.ID), 1)
		x := c.page(t).Extensions[0]
		if instant(x.From) != before || instant(x.To) != c.targetAt(t) || x.By != "Aki Approver" || x.Ground != "searching" || x.N != 3 {
			t.Errorf("%+v", x)
		}
		c.Deliver(t)
		want(t, c.o.Extend(t.Context(), h.Approver, c.ID, dsr.Extension{Clock: "target", Ground: "searching"}), dsr.Invalid, "error.extension-none")
		status, err := c.o.Status(t.Context(), c.Submission)
		must(t, err)
		if sc := status.Cases[0]; sc.Why == nil || sc.Prolonged == nil || sc.Prolonged.By != "" {
			t.Errorf("the person's page: %+v", sc)
		}
		h.whole(t)

		// What is wrong with it is seen.
		for what, harm := range map[string]func() func(){
			"another length": func() func() { return h.set(t, "clock_events", "n", 4, "case_id = ? AND kind = 'extension'", c.ID) },
			"another rule": func() func() {
				return h.set(t, "clock_events", "rule", "x", "case_id = ? AND kind = 'extension'", c.ID)
			},
			"an order out of force": func() func() { return h.set(t, "extensions", "state", "late", "case_id = ?", c.ID) },
			"sent and forgotten":    func() func() { return h.set(t, "extensions", "state", "sending", "case_id = ?", c.ID) },
			"told of nothing":       func() func() { return h.set(t, "cases", "told_at", 7, "id = ?", c.ID) },
		} {
			mend := harm()
			if r := h.Fsck(t); r.OK() || r.Problems[0].Invariant != "I11" {
				t.Errorf("%s is not seen:\n%s", what, r)
			}
			mend()
		}
		c.Propose(t, h.Handler, true)
		c.at(t, dsr.StageDecision).Approve(t, h.Approver)
		c.at(t, dsr.StageDelivery)
		h.whole(t)
	}},

	{"an extension that is told by letter is in force when the letter is posted", func(t *testing.T, h *House) {
		id := h.org(t, "scsk-serviceware")
		clerk, handler, approver := h.desk(t, id)
		f := Filing(h.Form())
		f.Channel, f.Voice = dsr.ChannelPost, dsr.VoiceEn
		f.Wishes[0].Kind = dsr.KindSuspension
		f.Contact = dsr.Contact{ByPost: true, Address: "1-2-3 Koto, Tokyo"}
		c := h.filed(t, id, clerk, f)
		before := c.targetAt(t)
		want(t, c.o.Extend(t.Context(), handler, c.ID, dsr.Extension{Clock: "target", Ground: "searching"}), dsr.Forbidden, "")
		must(t, c.o.Extend(t.Context(), approver, c.ID, dsr.Extension{Clock: "target", Ground: "investigating"}))
		notice := h.Text(t, "SELECT id FROM notices WHERE case_id = ? AND code = 'N-07'", c.ID)
		_, err := c.o.PrintLetters(t.Context(), clerk, []string{notice})
		must(t, err)
		equal(t, "printed is not sent", c.targetAt(t), before)
		must(t, c.o.LetterPosted(t.Context(), clerk, notice))
		if !c.targetAt(t).After(before) || h.Text(t, "SELECT state FROM extensions WHERE case_id = ?", c.ID) != "in-force" {
			t.Errorf("the letter was posted, and the target is %s", c.targetAt(t))
		}
		c.Deliver(t)
		h.whole(t)
	}},

	{"an extension that can only be told by hand is in force when somebody told it", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		h.Post(t)
		before := c.targetAt(t)
		must(t, c.o.Extend(t.Context(), h.Manager, c.ID, dsr.Extension{Clock: "target", Ground: "checking"}))
		mails, err := c.o.ClaimNotices(t.Context(), 10)
		must(t, err)
		equal(t, "mails", len(mails), 1)
		must(t, c.o.NoticeFailed(t.Context(), mails[0].Notice, "mail.refused"))
		equal(t, "state", c.state(t), "sending")
		task := c.Task(t, dsr.TaskReachPerson)
		must(t, c.o.Claim(t.Context(), h.Handler, task))
		must(t, c.o.CloseTask(t.Context(), h.Handler, task, "reached"))
		equal(t, "state", c.state(t), "in-force")
		if !c.targetAt(t).After(before) {
			t.Error("the target stands")
		}
		c.Deliver(t)
		h.whole(t)
	}},

	{"an extension whose notice goes too late moves nothing and alerts somebody", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		h.Post(t)
		before := c.targetAt(t)
		h.Clock.Set(before.Add(-time.Minute))
		c.sweep(t)
		c.Deliver(t)
		must(t, c.o.Extend(t.Context(), h.Approver, c.ID, dsr.Extension{Clock: "target", Ground: "searching"}))
		h.Clock.Set(before)
		want(t, c.o.Extend(t.Context(), h.Approver, c.ID, dsr.Extension{Clock: "target", Ground: "searching"}), dsr.Conflict, "error.extension-ordered")
		told := c.toldAt(t)
		h.Post(t)
		equal(t, "state", c.state(t), "late")
		equal(t, "target", c.targetAt(t), before)
		equal(t, "told", c.toldAt(t), told)
		equal(t, "alerts", h.Int(t, "SELECT COUNT(*) FROM tasks WHERE case_id = ? AND kind = 'escalation' AND cause = 'extension-late' AND state = 'open'", c.ID), 1)
		want(t, c.o.Extend(t.Context(), h.Approver, c.ID, dsr.Extension{Clock: "target", Ground: "searching"}), dsr.Invalid, "error.extension-late")
		c.sweep(t)
		c.Deliver(t)
		h.whole(t)
	}},

	{"an extension whose letter nobody posted in time is over when the clock falls due", func(t *testing.T, h *House) {
		id := h.org(t, "scsk-serviceware")
		clerk, _, approver := h.desk(t, id)
		f := Filing(h.Form())
		f.Channel, f.Voice = dsr.ChannelPost, dsr.VoiceEn
		f.Wishes[0].Kind = dsr.KindSuspension
		f.Contact = dsr.Contact{ByPost: true, Address: "1-2-3 Koto, Tokyo"}
		c := h.filed(t, id, clerk, f)
		must(t, c.o.Extend(t.Context(), approver, c.ID, dsr.Extension{Clock: "target", Ground: "investigating"}))
		notice := h.Text(t, "SELECT id FROM notices WHERE case_id = ? AND code = 'N-07'", c.ID)
		before := c.targetAt(t)
		c.waitFor(t, "due")
		state := func() string { return h.Text(t, "SELECT state FROM extensions WHERE case_id = ?", c.ID) }
		equal(t, "state", state(), "late")
		_, err := c.o.PrintLetters(t.Context(), clerk, []string{notice})
		must(t, err)
		must(t, c.o.LetterPosted(t.Context(), clerk, notice))
		equal(t, "state", state(), "late")
		equal(t, "target", c.targetAt(t), before)
		c.Deliver(t)
		h.whole(t)
	}},

	{"an extension needs its reason, a clock that allows one, and somebody who may", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		order := func(who dsr.Actor, rule, ground string, n int) error {
			return c.o.Extend(t.Context(), who, c.ID, dsr.Extension{Clock: rule, Ground: ground, N: n})
		}
		for _, who := range []dsr.Actor{h.Handler, h.Clerk, h.Auditor, {Kind: dsr.ActorPerson, ID: c.Submission}} {
			want(t, order(who, "target", "searching", 0), dsr.Forbidden, "")
		}
		for _, ground := range []string{"", "holidays", "Canary was ill"} {
			want(t, order(h.Approver, "target", ground, 0), dsr.Invalid, "error.extension-ground")
		}
		for _, rule := range []string{"", "nothing", "appi.39.suit", "appi.33.disclose"} {
			want(t, order(h.Approver, rule, "searching", 0), dsr.Invalid, "error.extension-none")
		}
		for _, n := range []int{-1, 11} {
			want(t, order(h.Approver, "target", "searching", n), dsr.Invalid, "error.extension-none")
		}
		equal(t, "orders", h.Int(t, "SELECT COUNT(*) FROM extensions"), 0)
		waits := h.File(t).ToIdentity(t)
		c = waits
		want(t, order(h.Approver, "target", "searching", 0), dsr.Invalid, "error.extension-none") // nothing is due
		c = h.File(t).ToClosed(t)
		want(t, order(h.Approver, "target", "searching", 0), dsr.Conflict, "error.case-closed")
		c = h.File(t).ToReview(t)
		must(t, c.o.Withdraw(t.Context(), c.Submission, c.ID))
		want(t, order(h.Approver, "target", "searching", 0), dsr.Conflict, "error.withdrawn")
		c.Deliver(t)
		h.whole(t)
	}},

	{"an answer comes before the notice of its extension: nothing is put off", func(t *testing.T, h *House) {
		c := h.File(t).ToDecision(t)
		h.Post(t)
		before := c.targetAt(t)
		must(t, c.o.Extend(t.Context(), h.Approver, c.ID, dsr.Extension{Clock: "target", Ground: "approval"}))
		c.Approve(t, h.Approver)
		c.at(t, dsr.StageDelivery)
		equal(t, "state", c.state(t), "cancelled")
		h.Post(t)
		equal(t, "state", c.state(t), "cancelled")
		equal(t, "the notice of what does not hold", h.Text(t, "SELECT state || ' ' || error_code FROM notices WHERE case_id = ? AND code = 'N-07'", c.ID), "failed withdrawn")
		status, err := c.o.Status(t.Context(), c.Submission)
		must(t, err)
		for _, n := range status.Notices {
			if n.Code == "N-07" && n.Public {
				t.Error("a letter about a date that does not hold stands among the person's letters")
			}
		}
		equal(t, "answered against", instant(h.Int(t, "SELECT answered_target_at FROM cases WHERE id = ?", c.ID)), before)
		h.whole(t)
	}},

	{"an extension that was ordered while the clock ran holds when it pauses before the notice goes", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		h.Post(t)
		must(t, c.o.Extend(t.Context(), h.Approver, c.ID, dsr.Extension{Clock: "target", N: 2, Ground: "searching"}))
		must(t, c.o.Ask(t.Context(), h.Handler, c.ID, "Which year do you mean?"))
		c.Run(t)
		equal(t, "paused", c.line(t, "target").Paused, true)
		h.Post(t)
		equal(t, "state", c.state(t), "in-force")
		h.whole(t)
	}},

	{"a case counts by the calendar of its arrival until it is moved", func(t *testing.T, h *House) {
		c := h.File(t)
		closed := h.File(t).ToClosed(t)
		h.Post(t)
		equal(t, "target", c.targetAt(t), ours)
		h.under(t, oneMoreHoliday, c, closed)
		equal(t, "pinned", h.Text(t, "SELECT calendar_version FROM cases WHERE id = ?", c.ID), "izumisano@2026.1")
		equal(t, "still", instant(c.line(t, "target").DueAt), ours)
		h.whole(t) // by the version of its arrival
		c.Run(t)
		c.ToIdentity(t)
		h.whole(t)
		newer := h.File(t)
		equal(t, "a new case counts by the newest", h.Text(t, "SELECT calendar_version FROM cases WHERE id = ?", newer.ID), "izumisano@2026.2")
		equal(t, "its target", newer.targetAt(t), osaka(9, 17, 30))
		h.whole(t)
	}},

	{"a newer calendar moves no date that was told, and is not asked twice", func(t *testing.T, h *House) {
		c := h.File(t)
		closed := h.File(t).ToClosed(t)
		h.Post(t)
		h.under(t, oneMoreHoliday, c, closed)
		var report []dsr.CalendarMove
		h.unchanged(t, "the report", func() {
			var err error
			report, err = h.Store.MoveCalendars(t.Context(), false)
			must(t, err)
		})
		if len(report) != 1 || report[0].CaseID != c.ID || report[0].At != 0 || report[0].From != "izumisano@2026.1" || report[0].To != "izumisano@2026.2" ||
			instant(report[0].Old) != ours || instant(report[0].New) != osaka(9, 17, 30) || instant(report[0].Told) != ours || instant(report[0].Target) != ours {
			t.Fatalf("%+v", report)
		}
		moved, err := h.Store.MoveCalendars(t.Context(), true)
		must(t, err)
		equal(t, "moved", len(moved), 1)
		equal(t, "told stays", c.targetAt(t), ours)
		equal(t, "the milestone at it", c.dueAt(t, "due"), ours)
		if steps := c.line(t, "target").StepsIn(dsr.VoiceEn); !strings.Contains(strings.Join(steps, "\n"), "told stays") {
			t.Errorf("why it stays is not said: %q", steps)
		}
		equal(t, "counts by", h.Text(t, "SELECT calendar_version FROM cases WHERE id = ?", c.ID), "izumisano@2026.2")
		equal(t, "recorded", c.recorded(t, "calendar-moved"), 1)
		c.Deliver(t)
		h.whole(t)
		h.unchanged(t, "again", func() {
			again, err := h.Store.MoveCalendars(t.Context(), true)
			must(t, err)
			equal(t, "moved again", len(again), 0)
		})
		if page := c.page(t); len(page.Moves) != 1 || instant(page.Moves[0].Target) != ours || page.Moves[0].Reference == "" {
			t.Errorf("%+v", page.Moves)
		}
		mend := h.set(t, "calendar_moves", "held_at", 0, "case_id = ?", c.ID)
		if r := h.Fsck(t); r.OK() || r.Problems[0].Invariant != "I11" {
			t.Errorf("a date that was told and moved is not seen:\n%s", r)
		}
		mend()
		// What moves the clock next moves it from there.
		c.ToReview(t)
		h.whole(t)
		// Reopened, it has new clocks and no old promise.
		must(t, closed.o.Object(t.Context(), closed.Submission, closed.ID, "look again"))
		closed.Run(t)
		equal(t, "reopened by", h.Text(t, "SELECT calendar_version FROM cases WHERE id = ?", closed.ID), "izumisano@2026.2")
		h.whole(t)
	}},

	{"a date that nobody was told moves with the calendar, and one day more open moves none that was", func(t *testing.T, h *House) {
		told, untold := h.File(t), h.File(t)
		h.Exec(t, "UPDATE cases SET told_at = 0 WHERE id = ?", untold.ID)
		h.under(t, oneDayMore, told, untold)
		moved, err := h.Store.MoveCalendars(t.Context(), true)
		must(t, err)
		equal(t, "moved", len(moved), 2)
		equal(t, "told", told.targetAt(t), ours)
		equal(t, "untold", untold.targetAt(t), osaka(7, 17, 30))
		told.Deliver(t)
		untold.Deliver(t)
		h.whole(t)
	}},

	{"a law's due moves as its calendar computes it, and a told date stays", func(t *testing.T, h *House) {
		h.under(t, withKorea)
		c := h.File(t)
		equal(t, "target", c.targetAt(t), koreas)
		h.under(t, newerKorea, c)
		moved, err := h.Store.MoveCalendars(t.Context(), true)
		must(t, err)
		if len(moved) != 1 || moved[0].From != "kr@2026.1" || moved[0].To != "kr@2026.2" || moved[0].RuleID == "" {
			t.Fatalf("%+v", moved)
		}
		// The fourth is closed now, and the fifth is a Saturday: the seventh.
		equal(t, "as it computes", instant(c.page(t).Moves[0].New), osaka(8, 0, 0))
		equal(t, "the law's", instant(c.line(t, "kr-pipa.41.access").DueAt), koreas)
		equal(t, "whose it is", h.Text(t, "SELECT target_rule FROM cases WHERE id = ?", c.ID), "kr-pipa.41.access")
		equal(t, "we work to what was told", c.targetAt(t), koreas)
		c.ToIdentity(t) // a pause of ours moves no law's due
		equal(t, "also while ours is paused", c.targetAt(t), koreas)
		c.Deliver(t)
		h.whole(t)

		// The other way round: the law's due comes earlier, and we work to it.
		early := h.File(t)
		equal(t, "target by the newer", early.targetAt(t), osaka(8, 0, 0))
		h.Exec(t, "UPDATE cases SET calendar_version = 'izumisano@2026.1 kr@2026.2' WHERE id = ?", early.ID)
		h.under(t, withKorea, c, early)
		_, err = h.Store.MoveCalendars(t.Context(), true)
		must(t, err)
		equal(t, "an earlier law", early.targetAt(t), koreas)
		equal(t, "the date that was told", early.toldAt(t), osaka(8, 0, 0))
		early.Deliver(t)
		c.Deliver(t)
		h.whole(t)
	}},

	{"what moves a told date after a newer calendar moves it from where it stands", func(t *testing.T, h *House) {
		// The calendar comes before the pause, and inside it.
		before, inside := h.File(t), h.File(t).ToIdentity(t)
		equal(t, "paused", inside.page(t).Paused, true)
		h.Clock.Advance(time.Hour)
		h.under(t, oneMoreHoliday, before, inside)
		moved, err := h.Store.MoveCalendars(t.Context(), true)
		must(t, err)
		equal(t, "moved", len(moved), 2)
		equal(t, "told stays", before.targetAt(t), ours)
		before.ToIdentity(t)
		h.Clock.Advance(48 * time.Hour)
		for name, c := range map[string]*Case{"before": before, "inside": inside} {
			c.ToReview(t)
			// Two open days of waiting; the day more that the calendar closes was told to nobody.
			equal(t, name, c.targetAt(t), osaka(10, 17, 30))
		}
		h.whole(t)
	}},

	{"an extension that was told in time stays when a newer calendar would have had it come too late", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		h.Post(t)
		h.Clock.Set(ours.Add(-time.Hour))
		must(t, c.o.Extend(t.Context(), h.Approver, c.ID, dsr.Extension{Clock: "target", N: 3, Ground: "searching"}))
		h.Post(t)
		equal(t, "in force", c.state(t), "in-force")
		at := c.targetAt(t)
		h.under(t, oneDayMore, c)
		_, err := h.Store.MoveCalendars(t.Context(), true)
		must(t, err)
		equal(t, "it stays", c.targetAt(t), at)
		c.Deliver(t)
		h.whole(t)
	}},

	{"a newer calendar waits for the notice of an extension that is on its way, which names a date", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		h.Post(t)
		must(t, c.o.Extend(t.Context(), h.Approver, c.ID, dsr.Extension{Clock: "target", N: 3, Ground: "searching"}))
		named := instant(c.page(t).Extensions[0].To)
		h.under(t, oneLaterHoliday, c)
		moved, err := h.Store.MoveCalendars(t.Context(), true)
		must(t, err)
		equal(t, "moved", len(moved), 0)
		h.Clock.Advance(time.Hour)
		h.Post(t)
		equal(t, "state", c.state(t), "in-force")
		equal(t, "the date that the letter names", c.targetAt(t), named)
		moved, err = h.Store.MoveCalendars(t.Context(), true)
		must(t, err)
		equal(t, "moved now", len(moved), 1)
		equal(t, "and stays", c.targetAt(t), named)
		c.Deliver(t)
		h.whole(t)
	}},

	{"a case whose calendar is gone goes on by the newest, with a record", func(t *testing.T, h *House) {
		c := h.File(t)
		h.under(t, func(t testing.TB) (*policy.Library, map[string]*clock.Calendar) {
			library, all := oneMoreHoliday(t)
			left := map[string]*clock.Calendar{}
			for id, cal := range all {
				if id != "izumisano@2026.1" {
					left[id] = cal
				}
			}
			return library, left
		}, c)
		h.whole(t) // by what is recorded
		c.Run(t)   // its clocks are computed anew on the way
		c.ToIdentity(t)
		equal(t, "recorded", c.recorded(t, "calendar-moved"), 1)
		equal(t, "counts by", h.Text(t, "SELECT calendar_version FROM cases WHERE id = ?", c.ID), "izumisano@2026.2")
		h.whole(t)
	}},

	{"a case that can't be moved is named and stops no other", func(t *testing.T, h *House) {
		good, bad := h.File(t), h.File(t)
		h.under(t, oneMoreHoliday, good, bad)
		h.Exec(t, "UPDATE clock_events SET kind = 'pause', cause = 'identity' WHERE case_id = ? AND seq = 1", bad.ID)
		moved, err := h.Store.MoveCalendars(t.Context(), true)
		if err == nil || !strings.Contains(err.Error(), bad.ID) || len(moved) != 1 || moved[0].CaseID != good.ID {
			t.Fatalf("%+v %v", moved, err)
		}
	}},

	{"the board shows the calendars in use, and answers when something would be due", func(t *testing.T, h *House) {
		c := h.File(t)
		h.Post(t)
		h.under(t, newerKorea, c)
		h.under(t, oneMoreHoliday, c)
		o := h.Office()
		_, err := h.Store.MoveCalendars(t.Context(), true)
		must(t, err)
		c.Deliver(t)
		lines, err := o.Calendars(t.Context(), h.Manager)
		must(t, err)
		if len(lines) != 1 || lines[0].ID != "izumisano" || lines[0].Version != "2026.2" || lines[0].OpenCases != 1 || len(lines[0].Moves) != 1 ||
			lines[0].From == "" || lines[0].Digest == "" || !lines[0].HoursAssumed {
			t.Errorf("%+v", lines)
		}
		rules, err := o.DateRules(t.Context(), h.Auditor)
		must(t, err)
		named := map[string]bool{}
		for _, r := range rules {
			named[r.RuleID] = true
		}
		for _, id := range []string{"target", "identity_expiry", "appi.39.suit"} {
			if !named[id] {
				t.Errorf("%s is not among the rules", id)
			}
		}
		start := Monday.UnixMicro()
		ask := func(q dsr.DateQuestion) dsr.ClockLine {
			t.Helper()
			l, err := o.Explain(t.Context(), h.Manager, q)
			must(t, err)
			if len(l.StepsIn(dsr.VoiceEn)) == 0 {
				t.Errorf("%+v has no reasons", q)
			}
			return l
		}
		equal(t, "ours", instant(ask(dsr.DateQuestion{Rule: "target", Start: start}).DueAt), osaka(9, 17, 30))
		equal(t, "by another office", ask(dsr.DateQuestion{Rule: "target", Calendar: "kai", Start: start}).DueOn, "2026-12-08")
		equal(t, "GDPR", ask(dsr.DateQuestion{Rule: "gdpr.12-3.answer", Calendar: "de", Start: start}).DueOn, "2026-12-24")
		paused := ask(dsr.DateQuestion{Rule: "target", Start: start, Cause: "identity", Pauses: [][2]int64{{start, 0}}})
		equal(t, "paused", paused.Paused, true)
		later := ask(dsr.DateQuestion{Rule: "target", Start: start, Cause: "identity", Pauses: [][2]int64{{start, Monday.Add(48 * time.Hour).UnixMicro()}}})
		equal(t, "with a pause", later.DueOn, "2026-12-11")
		extended := ask(dsr.DateQuestion{Rule: "target", Start: start, Extended: start})
		if extended.DueOn <= later.DueOn {
			t.Errorf("extended: %+v", extended)
		}
		// Half past one of the new year here, and the old year where that law holds.
		eve := time.Date(2025, 12, 31, 16, 30, 0, 0, time.UTC).UnixMicro()
		equal(t, "by the day of the law's own territory", ask(dsr.DateQuestion{Rule: "vn-pdp.perform", Calendar: "vn", Start: eve}).DueOn, "2026-01-03")
		for what, q := range map[string]dsr.DateQuestion{
			"no start": {Rule: "target"}, "no rule": {Rule: "nothing", Start: start}, "no calendar": {Rule: "target", Calendar: "mars", Start: start},
			"a pause backwards": {Rule: "target", Start: start, Cause: "identity", Pauses: [][2]int64{{start, start - 1}}},
			"outside":           {Rule: "target", Start: time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()},
			"no figure":         {Rule: "appi.33.disclose", Start: start},
		} {
			_, err := o.Explain(t.Context(), h.Manager, q)
			if dsr.FaultOf(err) != dsr.Invalid || dsr.CodeOf(err) != "error.date-question" {
				t.Errorf("%s: %v", what, err)
			}
		}
		for _, who := range []dsr.Actor{h.Handler, h.Approver} {
			_, err = o.Explain(t.Context(), who, dsr.DateQuestion{Rule: "target", Start: start})
			want(t, err, dsr.Forbidden, "")
			_, err = o.Calendars(t.Context(), who)
			want(t, err, dsr.Forbidden, "")
			_, err = o.DateRules(t.Context(), who)
			want(t, err, dsr.Forbidden, "")
		}
	}},
}
