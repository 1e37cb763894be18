package e2e

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/internal/locales"
	"madoguchi/packs"
	"madoguchi/policy"
)

// The day on which these tests begin: a Tuesday, far enough from the end of the
// year that ten open days fit before it, and near enough that thirty days do not.
var tuesday = time.Date(2026, 12, 1, 10, 0, 0, 0, japan)

// on is a moment of December 2026 in Japan, and of January 2027 after the 31st.
func on(day, hour, minute int) time.Time { return time.Date(2026, 12, day, hour, minute, 0, 0, japan) }

// began is a disclosure that somebody filed at the portal of an organisation.
func began(t *testing.T, o *driver.Office, p *policy.Pack, voice dsr.Voice, who person, handler, approver *staff) *request {
	t.Helper()
	r := &request{pack: p, kind: dsr.KindDisclosure, who: who}
	r.c = newCustomer(t, o, voice, who)
	r.meet(t, o, handler, approver)
	r.file()
	return r
}

// clocks is the card "why this date?" of the case on the page.
func (s *staff) clocks() (text string) {
	s.t.Helper()
	s.Within(s.say("desk.case.why-date"), func() { text = s.Text() })
	return text
}

// due is what stands at the head of a case: its badge and its date.
func (s *staff) due() string {
	s.t.Helper()
	text, _, _ := strings.Cut(s.Text(), s.say("desk.case.why-link"))
	return text
}

// What the book of rules calls Singapore's thirty days.
var thirtyDays = map[dsr.Voice]string{dsr.VoiceJa: "開示(30日以内)", dsr.VoiceEn: "Give access within 30 days"}

// earliest is the sentence on which of several running clocks the answer keeps.
func (s *staff) earliest(title, date string, running int) string {
	return s.say("clock.why.earliest", "title", title, "date", date, "n", running)
}

func TestAnExtensionMovesTheDateWhenItsNoticeWasSentAndNeverBeyondALawsDueOnSQLite(t *testing.T) {
	o := driver.Start(t, driver.Options{Env: []string{"SWEEP_INTERVAL=1s"}, At: tuesday})
	p := packOf(t, "qoo10")
	handler, english := signIn(t, o, "handler", dsr.VoiceJa).of(p.Slug), signIn(t, o, "handler2", dsr.VoiceEn).of(p.Slug)
	approver := signIn(t, o, "approver", dsr.VoiceJa).of(p.Slug)

	// While proof is waited for, the office's own clock stands and Singapore's runs.
	r := began(t, o, p, dsr.VoiceEn, ordinary(t, "MEMBERS", 0), handler, approver)
	handler.search(r.reference)
	handler.UntilSee(handler.say("clock.why.only-running", "title", thirtyDays[dsr.VoiceJa], "date", handler.day(on(31, 0, 0))))
	r.prove()

	// Three clocks: the earliest due is the answer's, and suing is no due.
	for _, s := range []*staff{approver, english} {
		why := s.earliest(s.say("clock.target"), s.day(on(15, 0, 0))+" 17:30", 2)
		s.search(r.reference)
		s.UntilSee(why)
		lists(t, "the clocks", s.clocks(), why, s.say("clock.target"), s.say("clock.wins"), s.day(on(15, 0, 0))+" 17:30")
		lists(t, "the clocks", s.clocks(), thirtyDays[s.voice], s.say("clock.what.legal"), s.day(on(31, 0, 0)))
		lists(t, "the clocks", s.clocks(), s.say("clock.what.exposure"), s.day(on(16, 0, 0)))
	}

	// Only who approves may extend: nobody else has the form, and it is refused
	// when it is sent all the same.
	order := approver.say("desk.extend.button")
	approver.Within(approver.say("desk.extend.title"), func() {
		approver.Choose(approver.say("clock.target"))
		approver.Fill(approver.say("desk.extend.n"), "10")
		approver.Choose(approver.say("letter.late.searching"))
	})
	again := approver.Form(order)
	handler.search(r.reference)
	if handler.HasButton(order) {
		t.Error("a handler finds a form to extend a date")
	}
	handler.Send(again)
	if handler.Status != 403 {
		t.Errorf("a handler extended a date and was answered by %d", handler.Status)
	}

	// Ten more days of the office end after Singapore's thirty: nobody is promised a
	// day after a law's due.
	approver.Press(order)
	approver.See(approver.say("desk.said.extended"))
	approver.UntilSee(approver.say("clock.extension-state.in-force"))
	later := approver.earliest(thirtyDays[dsr.VoiceJa], approver.day(on(31, 0, 0)), 2)
	lists(t, "the clocks", approver.clocks(), later, approver.day(on(35, 0, 0))+" 17:30", approver.say("clock.extensions"))
	lists(t, "the extension", approver.clocks(), approver.say("clock.extensions"), approver.day(on(15, 0, 0)), approver.day(on(31, 0, 0)),
		approver.say("clock.ground", "ground", approver.say("letter.late.searching")))
	lists(t, "the head of the case", approver.due(), approver.say("badge.on-track"), "12月31日")
	approver.Within(approver.say("task.verify-identity"), func() { approver.Miss(approver.day(on(15, 0, 0))) })

	// The person reads the old date, the new one and why, on the page and in the letter.
	r.c.Reload()
	old, now := locales.Date(dsr.VoiceEn, on(15, 0, 0), true), locales.Date(dsr.VoiceEn, on(31, 0, 0), true)
	lists(t, "the status page", r.c.Text(), r.c.say("portal.status.when"), old, now, "we are waiting for a system")
	lists(t, "N-07", r.c.letter("N-07"), r.c.say("letter.N-07.extended"), r.c.say("letter.N-07.old"), old, r.c.say("letter.N-07.new"), now, r.c.say("letter.late.searching"))

	// Once is what the rule allows.
	approver.Send(again)
	if approver.Status != 422 {
		t.Errorf("a second extension was answered by %d", approver.Status)
	}
	approver.See(approver.say("error.extension-none"))

	// A notice that the mail server does not take before the date: nothing moves.
	other := began(t, o, p, dsr.VoiceEn, ordinary(t, "MEMBERS", 1), handler, approver)
	other.prove()
	approver.search(other.reference)
	approver.UntilSee(approver.earliest(approver.say("clock.target"), approver.day(on(15, 0, 0))+" 17:30", 2))
	back := diskFull(t, o)
	approver.Within(approver.say("desk.extend.title"), func() {
		approver.Choose(approver.say("clock.target"))
		approver.Fill(approver.say("desk.extend.n"), "3")
		approver.Choose(approver.say("letter.late.checking"))
	})
	approver.Press(order)
	approver.See(approver.say("clock.extension.sending"))
	lists(t, "the clocks", approver.clocks(), approver.say("clock.target"), approver.say("clock.wins"), approver.day(on(15, 0, 0))+" 17:30")
	o.To(on(15, 17, 29))
	approver = signIn(t, o, "approver", dsr.VoiceJa).of(p.Slug) // two weeks later
	approver.search(other.reference)
	approver.See(approver.say("clock.extension.sending"))
	o.To(on(15, 17, 31))
	approver.UntilSee(approver.say("clock.extension.late"))
	back()
	lists(t, "the clocks", approver.clocks(), approver.say("clock.target"), approver.say("clock.wins"), approver.day(on(15, 0, 0))+" 17:30", approver.say("clock.extension-state.late"))
	lists(t, "the head of the case", approver.due(), "12月15日")
	approver.See(approver.say("task.escalation"), approver.say("desk.cause.extension-late"))

	asBenchAndCommand(t, o, p.Slug)
	ended(t, o, r.reference, other.reference)
}

// diskFull lets the mail server refuse every mail for want of room, until the
// function that it gives is called.
func diskFull(t *testing.T, o *driver.Office) (back func()) {
	t.Helper()
	folder := filepath.Join(o.Data, "mail")
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	move(folder, folder+".full")
	return func() { t.Helper(); move(folder+".full", folder) }
}

var stepLine = regexp.MustCompile(`(?m)^ *\d+\. (.+)$`)

// asBenchAndCommand asks the board's page and the command for the same dates,
// and demands the same words.
func asBenchAndCommand(t *testing.T, o *driver.Office, slug string) {
	t.Helper()
	asked, steps := 0, 0
	for _, voice := range []dsr.Voice{dsr.VoiceJa, dsr.VoiceEn} {
		s := signIn(t, o, "manager", dsr.VoiceEn).of(slug)
		if voice == dsr.VoiceJa {
			s.Press(ownNames[voice])
			s.voice = voice
		}
		s.Open(board + "/" + slug)
		s.Click(s.say("board.dates.title"))
		for _, q := range []struct {
			rule, words        string
			start              time.Time
			from, to, extended time.Time
		}{
			{rule: "target", words: s.say("clock.target"), start: tuesday},
			{rule: "target", words: s.say("clock.target"), start: on(24, 11, 0), from: on(25, 16, 0), to: on(28, 9, 30)},
			{rule: "target", words: s.say("clock.target"), start: tuesday, from: on(3, 16, 0)},
			{rule: "target", words: s.say("clock.target"), start: tuesday, extended: on(14, 9, 0)},
			{rule: "sg-pdpa.21.access", words: thirtyDays[voice], start: tuesday},
		} {
			args := []string{"deadline", "explain", q.rule, "--organisation", slug, "--voice", string(voice), "--start", q.start.Format(time.RFC3339)}
			s.Select(s.say("board.dates.rule"), q.words)
			s.Fill(s.say("board.dates.start"), typed(q.start))
			s.Fill(s.say("board.dates.pause-from"), typed(q.from))
			s.Fill(s.say("board.dates.pause-to"), typed(q.to))
			s.Fill(s.say("board.dates.extended"), typed(q.extended))
			if !q.from.IsZero() {
				pause := "identity=" + q.from.Format(time.RFC3339)
				if !q.to.IsZero() {
					pause += "/" + q.to.Format(time.RFC3339)
				}
				args = append(args, "--pause", pause)
			}
			if !q.extended.IsZero() {
				args = append(args, "--extend", q.extended.Format(time.RFC3339)+",10,checking")
			}
			s.Press(s.say("board.dates.button"))
			out, ok := o.Command(args...)
			if !ok || s.Status != 200 {
				t.Fatalf("%q: %d and %s\n%s", args, s.Status, out, s.Text())
			}
			var want []string
			for _, m := range stepLine.FindAllStringSubmatch(out, -1) {
				want = append(want, m[1])
			}
			s.Within(s.say("board.dates.answer"), func() { lists(t, strings.Join(args, " "), s.Text(), want...) })
			if len(want) < 3 {
				t.Errorf("%q has no steps:\n%s", args, out)
			}
			asked, steps = asked+1, steps+len(want)
		}
	}
	t.Logf("counts: asked=%d steps=%d", asked, steps)
}

// typed is how a browser fills a field for day and time; "" for none.
func typed(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format("2006-01-02T15:04")
}

// A copy of the packs in which every law is somebody else's: Vietnam's ten days at
// one organisation, Bavaria's month at another, and at a third a calendar that ends
// before Bavaria's month does.
func underOtherLaws(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, packs.Files); err != nil {
		t.Fatal(err)
	}
	for slug, law := range map[string]map[string]any{
		"score-japan": {"regime": "vn-pdp", "calendar": "vn", "clause": "1"},
		"izumisano":   {"regime": "gdpr", "calendar": "de-by", "clause": "1"},
		"qoo10":       {"regime": "gdpr", "calendar": "short", "clause": "1"},
	} {
		rewrite(t, filepath.Join(dir, slug, "pack.yaml"), "", func(root map[string]any) { root["also"] = []any{law} })
	}
	write(t, filepath.Join(dir, "calendars", "holidays-short.yaml"), `kind: holidays
id: short
version: "1"
source: "none: a list of one month for a test"
read: 2026-11-22
covers: {from: 2026-11-01, to: 2026-12-20}
days:
  2026-12-08: a day
`)
	write(t, filepath.Join(dir, "calendars", "short.yaml"), `id: short
version: "1"
zone: Europe/Berlin
source: "none: a calendar for a test"
weekly: {mon: ["00:00-24:00"], tue: ["00:00-24:00"], wed: ["00:00-24:00"], thu: ["00:00-24:00"], fri: ["00:00-24:00"]}
holidays: short@1
`)
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// rewrite alters a YAML file; with another name the old one stays beside it.
func rewrite(t *testing.T, name, to string, alter func(root map[string]any)) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = altered(b, alter); err != nil {
		t.Fatal(err)
	}
	if to == "" {
		to = name
	}
	write(t, to, string(b))
}

var (
	tenDays  = map[dsr.Voice]string{dsr.VoiceJa: "閲覧・訂正・提供", dsr.VoiceEn: "Access, correction or provision"}
	oneMonth = map[dsr.Voice]string{dsr.VoiceJa: "講じた措置の情報提供", dsr.VoiceEn: "Inform on action taken"}
)

// Laws that come before the office's own target, one that cannot be computed, and
// newer calendars that reach what is open once, although the power fails midway.
func TestOtherLawsAndNewerCalendarsOnPostgreSQL(t *testing.T) {
	dir := underOtherLaws(t)
	o := driver.Start(t, driver.Options{Postgres: true, Env: []string{"PACKS_DIR=" + dir, "SWEEP_INTERVAL=1s"}, At: on(2, 10, 0)})
	db, err := sql.Open("pgx", o.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	l, err := policy.Load(os.DirFS(dir), policy.Options{Demonstration: true})
	if err != nil {
		t.Fatal(err)
	}
	pack := func(slug string) *policy.Pack {
		p, ok := l.BySlug(slug)
		if !ok {
			t.Fatalf("there is no %s", slug)
		}
		return p
	}
	handler, desk, approver := signIn(t, o, "handler2", dsr.VoiceEn), signIn(t, o, "handler", dsr.VoiceJa), signIn(t, o, "approver", dsr.VoiceJa)
	file := func(slug, setting string, nth int) *request {
		t.Helper()
		p := pack(slug)
		return began(t, o, p, dsr.VoiceEn, ordinary(t, setting, nth), desk, approver)
	}

	// The calendar of Bavaria's month ends too early here: the request is taken all
	// the same, and the page says why there is no date.
	unknown := file("qoo10", "MEMBERS", 0)
	unknown.prove()
	handler.of("qoo10").search(unknown.reference)
	own := handler.day(on(16, 0, 0)) + " 17:30"
	handler.UntilSee(handler.say("clock.why.only", "title", handler.say("clock.target"), "date", own))
	lists(t, "the clocks", handler.clocks(), oneMonth[dsr.VoiceEn], handler.say("clock.state.unknown"), handler.say("clock.unknown.calendar"))
	lists(t, "the head of the case", handler.due(), handler.say("badge.on-track"))

	// Vietnam's ten days end before our own: a Saturday, so on Monday.
	early := file("score-japan", "SHIPPERS", 0)
	early.prove()
	handler.of("score-japan").search(early.reference)
	law := handler.earliest(tenDays[dsr.VoiceEn], handler.day(on(14, 0, 0)), 2)
	handler.UntilSee(law)
	lists(t, "the clocks", handler.clocks(), law, tenDays[dsr.VoiceEn], handler.say("clock.wins"), handler.say("clock.what.legal"), handler.day(on(14, 0, 0)), handler.say("clock.target"), handler.day(on(16, 0, 0))+" 18:00")
	early.c.Reload()
	early.c.See(locales.Date(dsr.VoiceEn, on(14, 0, 0), true))

	// Bavaria's month runs beside our own and ends later.
	var open []*request
	for n := range 3 {
		r := file("izumisano", "CENTRE_RECORDS", n)
		if n < 2 { // the third one's clock waits for its proof
			r.prove()
		}
		open = append(open, r)
	}
	await(t, "the third one's clock to stand still", func() bool {
		return count(t, db, "SELECT COUNT(*) FROM cases WHERE stage <> 'closed' AND paused_for <> ''") == 1
	})
	handler.of("izumisano").search(open[0].reference)
	handler.UntilSee(handler.earliest(handler.say("clock.target"), own, 2))
	lists(t, "the clocks", handler.clocks(), oneMonth[dsr.VoiceEn], handler.day(on(33, 0, 0)))

	// Two newer calendars: our office closes on two days before its target, and in
	// Vietnam the Saturday is worked.
	o.Stop()
	calendars := filepath.Join(dir, "calendars")
	rewrite(t, filepath.Join(calendars, "izumisano.yaml"), filepath.Join(calendars, "izumisano-2026.2.yaml"), func(root map[string]any) {
		root["version"] = "2026.2"
		root["closed"] = append(root["closed"].([]any), map[string]any{"from": "2026-12-08", "to": "2026-12-09", "name": "removal"})
	})
	rewrite(t, filepath.Join(calendars, "vn.yaml"), filepath.Join(calendars, "vn-2026.2.yaml"), func(root map[string]any) {
		root["version"] = "2026.2"
		root["open"] = []any{map[string]any{"on": "2026-12-12", "hours": []any{"00:00-24:00"}, "name": "working Saturday"}}
	})
	report, ok := o.Command("deadline", "recompute")
	if !ok {
		t.Fatal(report)
	}
	var said []string
	for _, line := range moveLine.FindAllString(report, -1) {
		said = append(said, wide.ReplaceAllString(line, "  "))
	}
	slices.Sort(said)
	if len(said) != 4 || !strings.Contains(report, "Dates earlier: 1, later: 2, the same: 1.") {
		t.Errorf("the report is:\n%s", report)
	}

	// The power fails while the second of our cases is being moved.
	hold, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback()
	if _, err := hold.Exec("SELECT 1 FROM submissions WHERE reference = $1 FOR UPDATE", open[1].reference); err != nil {
		t.Fatal(err)
	}
	o.Begin()
	await(t, "the moving to stand before a case that somebody holds", func() bool {
		return count(t, db, "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0
	})
	midway := count(t, db, "SELECT COUNT(*) FROM calendar_moves")
	o.Kill()
	if err := hold.Rollback(); err != nil {
		t.Fatal(err)
	}
	if midway == 0 || midway >= len(said) {
		t.Errorf("the power failed when %d of %d cases were moved", midway, len(said))
	}

	// After the next start each was moved once, as the report said, and nothing is left.
	o.Run()
	if moved := movedLines(t, db); !slices.Equal(moved, said) {
		t.Errorf("moved:\n%s\nthe report was:\n%s", strings.Join(moved, "\n"), strings.Join(said, "\n"))
	}
	if out, ok := o.Command("deadline", "recompute"); !ok || !strings.HasPrefix(out, "Open cases that would count by a newer calendar: 0.") {
		t.Errorf("after the moving:\n%s", out)
	}

	// A date that was told stays for the person, in both directions; where the law's
	// due is earlier now, the office keeps that.
	closed := []string{handler.say("clock.move.was-now", "old", own, "new", handler.day(on(18, 0, 0))+" 17:30"),
		handler.say("clock.move.told", "told", handler.day(on(16, 0, 0))), handler.say("clock.move.target", "target", own)}
	opened := []string{handler.say("clock.move.was-now", "old", handler.day(on(14, 0, 0)), "new", handler.day(on(12, 0, 0))),
		handler.say("clock.move.told", "told", handler.day(on(14, 0, 0))), handler.say("clock.move.target", "target", handler.day(on(12, 0, 0)))}
	handler.of("izumisano").search(open[0].reference)
	lists(t, "the clocks", handler.clocks(), append([]string{handler.earliest(handler.say("clock.target"), own, 2), "izumisano@2026.2", "removal", handler.say("clock.moves")}, closed...)...)
	handler.of("score-japan").search(early.reference)
	lists(t, "the clocks", handler.clocks(), append([]string{handler.earliest(tenDays[dsr.VoiceEn], handler.day(on(12, 0, 0)), 2), "vn@2026.2", handler.say("clock.moves")}, opened...)...)
	early.c.Reload()
	lists(t, "the status page", early.c.Text(), early.c.say("portal.status.when"), locales.Date(dsr.VoiceEn, on(14, 0, 0), true), "A newer calendar gives another date; the one that was told stays")
	manager := signIn(t, o, "manager", dsr.VoiceEn)
	for slug, moves := range map[string][]string{"izumisano": append([]string{"2026.2", open[0].reference}, closed...), "score-japan": append([]string{"2026.2", early.reference}, opened...)} {
		manager.Open(board + "/" + slug)
		manager.Click(manager.say("board.calendars.title"))
		lists(t, "the board's page of "+slug, manager.Text(), moves...)
	}

	// An answer ends the counting.
	early.want = plan{dsr.MeasureWithhold, dsr.MeasureWithhold}
	early.verify()
	early.review()
	early.a.Until("it is proposed", func() bool { early.a.find(early.reference); return early.a.waits("approve") })
	early.a.claim("approve")
	early.a.Press(early.a.say("desk.approve.button"))
	handler.search(early.reference)
	handler.Until("the badge says that it was answered", func() bool { return strings.Contains(handler.due(), handler.say("badge.in-time")) })
	handler.See(handler.say("clock.why.answered"))
	references := []string{unknown.reference, early.reference}
	for _, r := range open {
		references = append(references, r.reference)
	}
	ended(t, o, references...)
}

// moveLine is one case in the report of a recomputation, without its head.
var moveLine = regexp.MustCompile(`(?m)^M-\S+ .*\S`)

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

var wide = regexp.MustCompile(` {2,}`)

// movedLines are the kept moves as a report would print them.
func movedLines(t *testing.T, db *sql.DB) (out []string) {
	t.Helper()
	rows, err := db.Query(`SELECT s.reference, c.number, m.rule, m.from_version, m.to_version, m.old_at, m.new_at, m.told_at, m.target_at
		FROM calendar_moves m JOIN cases c ON c.id = m.case_id JOIN submissions s ON s.id = c.submission`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	at := func(micros int64) string {
		if micros == 0 {
			return "-"
		}
		return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04Z")
	}
	for rows.Next() {
		var reference, rule, from, to string
		var number, old, now, told, target int64
		if err := rows.Scan(&reference, &number, &rule, &from, &to, &old, &now, &told, &target); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s-%d  %s  %s -> %s  %s  %s  %s  %s", reference, number, rule, from, to, at(old), at(now), at(told), at(target)))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
