package e2e

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/internal/sample"
	"madoguchi/policy"
)

// What the journey by letter plants beside the person.
const (
	letterScope   = "My application of 2026, shelf mark 6231"
	letterGround  = "選考は終わり、保存の必要がない(六二三一)"
	whereToAsk    = "Sample Telecom, Customer Relations 6231, 1-2-3 Mihon, Osaka 530-0001"
	clientsPerson = "Eleanor Cobblestone"
	letterMail    = "eleanor.6231@example.org" // at the foot of a letter
	clientsHome   = "大阪府みほん市代理町6-23-1"
)

func TestASuspensionByLetterIsAnsweredByAPrintedLetter(t *testing.T) {
	byLetter(t, driver.Options{})
}

func byLetter(t *testing.T, opt driver.Options) {
	o := driver.Start(t, opt)
	applicants := systemOf(t, o, "APPLICANTS")
	m := applicants.Main()
	p := packOf(t, "scsk-serviceware")
	house := p.Slug
	// The clerk does not type on the day on which anything arrived.
	o.Pass(72 * time.Hour)
	clerk := signIn(t, o, "clerk", dsr.VoiceJa).of(house)
	handler := signIn(t, o, "handler2", dsr.VoiceEn).of(house)
	approver := signIn(t, o, "approver", dsr.VoiceJa).of(house)
	today := midnight(time.Now().Add(72 * time.Hour))

	// First what is a client's: nothing is looked up for it.
	redirected := redirect(t, o, clerk, approver)
	if n := applicants.one("SELECT count(*) FROM calls"); n != "0" {
		t.Errorf("%s calls reached the system for a request about a client's data", n)
	}

	// Posted, arrived and typed on three days; it came later than post takes.
	posted, arrived := today.AddDate(0, 0, -9), today.AddDate(0, 0, -4).Add(11*time.Hour+20*time.Minute)
	deemed := posted.AddDate(0, 0, p.Times.TransitDays)
	if !deemed.Before(midnight(arrived)) || !midnight(arrived).Before(today) {
		t.Fatal("the three days are not three")
	}
	k := keyed{channel: dsr.ChannelPost, postedOn: posted.Format(time.DateOnly), arrived: arrived, voice: dsr.VoiceEn, kind: dsr.KindSuspension,
		ground: "no-longer-needed", scope: letterScope, whose: "applicant", post: m.Address, delivery: "post",
		person: person{name: m.Name, kana: m.Kana, bornOn: m.BornOn, phone: m.Phone, number: m.Number, address: m.Address}}

	// A postmark after the arrival is somebody's slip, and nothing typed is lost.
	slip := k
	slip.postedOn = arrived.AddDate(0, 0, 1).Format(time.DateOnly)
	clerk.keyIn(p, slip)
	clerk.Press(clerk.say("desk.key-in.save"))
	if clerk.Status != 422 {
		t.Errorf("a letter posted after its arrival was answered by %d", clerk.Status)
	}
	clerk.See(clerk.say("desk.wrong.posted-after"))
	if got := clerk.Value(clerk.say("desk.identity.field.name")); got != m.Name {
		t.Errorf("after a slip the name is %q", got)
	}
	clerk.Fill(clerk.say("desk.key-in.posted-on"), k.postedOn)
	reference := clerk.receive()

	// The clocks: the target from the arrival, the exposure from the deemed one.
	days := calendarOf(t, "12-29..01-03")
	target := days.after(arrived, 10)
	exposed := deemed.AddDate(0, 0, 15) // the deemed day is not counted, then 14 days, then the next
	guard := exposed.Add(-time.Minute)  // no hours are published here, so every minute is open
	clerk.See(clerk.day(arrived), clerk.day(today), clerk.day(target))
	handler.search(reference)
	handler.Within(handler.say("desk.case.arrival"), func() {
		lists(t, "the arrival", handler.Text(), handler.say("desk.case.posted-on"), handler.day(posted), handler.say("desk.case.deemed"), handler.day(deemed),
			handler.say("desk.case.arrived"), handler.day(arrived), handler.say("desk.case.entered"), handler.day(today))
	})
	handler.Within(handler.say("desk.case.why-date"), func() {
		lists(t, "why this date", handler.Text(), handler.say("clock.target"), handler.day(target))
		lists(t, "why this date", handler.Text(), handler.say("clock.exposure"), handler.day(exposed), "should ordinarily have arrived", handler.day(exposed))
	})
	handler.Within(handler.say("desk.case.machine"), func() {
		lists(t, "the milestones", handler.Text(), handler.say("milestone.exposure-guard"), handler.day(guard))
	})

	// Identity by post: the address in the letter is the one on file.
	handler.seeIdentity(reference)
	handler.ChooseEach(handler.say("desk.identity.mark.same"))
	handler.Choose(handler.say("desk.identity.record", "n", 1) + ":")
	handler.Select(handler.say("desk.identity.kind"), documentWord(t, p, "address-on-file", dsr.VoiceEn))
	handler.Choose(handler.say("desk.identity.deliver-file"))
	handler.Press(handler.say("desk.identity.confirm"))
	handler.See(handler.say("desk.said.identity-confirmed"))

	handler.Until("there is something to investigate", func() bool { handler.search(reference); return handler.hasTask("investigate") })
	handler.investigate(reference, "ground", letterGround)
	for _, category := range []string{"profile", "interviews", "selection"} {
		applicants.uses(category, m.Number, nil)
	}
	items := handler.decideItems(reference, func(n int, text string) { handler.Choose(handler.say("desk.measure.suspend")) })
	handler.propose()
	approver.approveIt(reference)
	await(t, "the suspension", func() bool { return applicants.one("SELECT count(*) FROM changes WHERE kind = 'suspend'") != "0" })

	// The answer is a letter. What waits is printed once, and then posted.
	clerk.search(reference)
	clerk.Until("there is a letter to post", func() bool { return clerk.hasTask("post-letter") })
	clerk.Until("every letter is there", func() bool { return clerk.Has(clerk.say("notice.N-18")) })
	for _, category := range []string{"profile", "interviews", "selection"} {
		applicants.uses(category, m.Number, sample.ErrHeld)
	}
	clerk.Click(clerk.say("desk.letters.short"))
	clerk.Press(clerk.say("desk.letters.print"))
	var answer string
	sheets := clerk.Sheets()
	for _, sheet := range sheets {
		if strings.Contains(sheet, say(dsr.VoiceEn, "letter.N-18.title")) {
			answer = sheet
		}
	}
	lists(t, "N-18", answer, m.Address, m.Name, reference, "Application")
	lists(t, "N-18", answer, "Interview")
	lists(t, "N-18", answer, strings.ToLower(say(dsr.VoiceEn, "measure.suspend")))
	lacks(t, "N-18", answer, letterGround, "話すのが速い", "前職")
	saysWhere(t, sheets, redirected)
	onPaper(t, clerk, len(sheets))
	clerk.posted(len(sheets))

	clerk.search(reference)
	clerk.UntilSee(clerk.say("stage.closed-with", "outcome", clerk.say("desk.outcome.fulfilled")))
	clerk.search(redirected)
	clerk.UntilSee(clerk.say("stage.closed-with", "outcome", clerk.say("desk.outcome.redirected")))
	clerk.Within(clerk.say("desk.case.effects"), func() { clerk.See(clerk.say("desk.case.effects") + " 0") })
	box := o.Visitor("mailbox")
	box.Open(mailbox)
	if n := len(box.Mails(m.Mail)); n != 0 {
		t.Errorf("%d mails went to somebody who wrote a letter", n)
	}
	box.Miss(m.Mail, m.Name, clientsPerson)
	ended(t, o, redirected, reference)
	nowhereOf(t, o, planted{texts: []string{m.Name, m.Kana, m.Phone, m.Address, letterScope, letterGround, whereToAsk, clientsPerson}, mails: []string{letterMail}})
	t.Logf("counts: items=%d sheets=%d", items, len(sheets))
}

// redirect is a request about data that is held for a client: somebody proposes,
// somebody else agrees, and the letter says where to ask and nothing else.
func redirect(t *testing.T, o *driver.Office, clerk, approver *staff) string {
	t.Helper()
	p := packOf(t, clerk.house)
	o.AddStaff("two", "双葉 まこと", "handler@"+p.Slug+",approver@"+p.Slug)
	both := signIn(t, o, "two", dsr.VoiceJa).of(p.Slug)
	clerk.keyIn(p, keyed{channel: dsr.ChannelPost, postedOn: midnight(time.Now()).AddDate(0, 0, -2).Format(time.DateOnly), arrived: midnight(time.Now()).Add(9 * time.Hour),
		voice: dsr.VoiceEn, kind: dsr.KindDisclosure, scope: "What the call centre wrote down when I called it. " + letterMail, whose: "client-entrusted", post: clientsHome, delivery: "post",
		person: person{name: clientsPerson, bornOn: "1984-04-14", address: clientsHome}})
	reference := clerk.receive()
	both.search(reference)
	both.claim("classify")
	both.See(both.say("desk.redirect.silence"))
	both.Press(both.say("desk.redirect.send"))
	if both.Status != 422 {
		t.Errorf("a referral to nowhere was answered by %d", both.Status)
	}
	both.Fill(both.say("desk.redirect.where"), whereToAsk)
	both.Press(both.say("desk.redirect.send"))

	approver.search(reference)
	approver.claim("approve")
	approver.See(whereToAsk, approver.say("desk.outcome.redirected"))
	agree := approver.say("desk.approve.button")
	both.search(reference)
	both.Click(both.say("desk.tab.approval"))
	both.See(both.say("desk.approve.own"))
	if both.HasButton(agree) {
		t.Error("who proposed a referral finds a button to approve")
	}
	both.Send(approver.Form(agree))
	if both.Status != 403 {
		t.Errorf("who proposed a referral sent the approver's form and was answered by %d", both.Status)
	}
	approver.Press(agree)
	clerk.search(reference)
	clerk.Until("there is a letter to post", func() bool { return clerk.hasTask("post-letter") && clerk.Has(clerk.say("notice.N-23")) })
	return reference
}

// saysWhere looks at the letter that says where to ask, and at nothing else.
func saysWhere(t *testing.T, sheets []string, reference string) {
	t.Helper()
	for _, sheet := range sheets {
		if strings.Contains(sheet, say(dsr.VoiceEn, "letter.N-23.title")) {
			lists(t, "N-23", sheet, clientsHome, clientsPerson, reference)
			lists(t, "N-23", sheet, whereToAsk)
			if words := tellsWhatIsHeld(sheet); len(words) > 0 {
				t.Errorf("N-23 says %q:\n%s", words, sheet)
			}
			return
		}
	}
	t.Errorf("no sheet says where to ask: %q", sheets)
}

// holds are words by which an English letter would tell what is held.
var holds = regexp.MustCompile(`(?i)\b(hold|holds|held|holding|stored?|kept|keep|records?|found|exists?|applicants?|interviews?|selection|lookup|search(ed)?)\b`)

// tellsWhatIsHeld are the words of a letter that tell whether anything is held,
// beside the one sentence that says that it does not tell.
func tellsWhatIsHeld(letter string) []string {
	return holds.FindAllString(strings.ReplaceAll(letter, say(dsr.VoiceEn, "letter.N-23.nothing"), ""), -1)
}

func TestALetterThatTellsWhatIsHeldIsSeen(t *testing.T) {
	silent := say(dsr.VoiceEn, "letter.N-23.title") + " " + whereToAsk + " " + say(dsr.VoiceEn, "letter.N-23.nothing")
	if words := tellsWhatIsHeld(silent); len(words) > 0 {
		t.Errorf("the letter itself tells: %q", words)
	}
	for _, planted := range []string{"We hold nothing about you.", "No data is held.", "Your record is with them.", "Nothing was found.", "Applicants: one."} {
		if len(tellsWhatIsHeld(silent+" "+planted)) == 0 {
			t.Errorf("%q is not seen", planted)
		}
	}
}

// documentWord is what the pages call a proof of a pack.
func documentWord(t testing.TB, p *policy.Pack, id string, voice dsr.Voice) string {
	t.Helper()
	d, ok := p.Document(id)
	if !ok {
		t.Fatalf("%s has no proof %q", p.Slug, id)
	}
	return p.Text(d.Title, string(voice))
}

// uses demands that a system uses and hands over what it has of a category, or
// refuses both.
func (y system) uses(category, record string, want error) {
	y.t.Helper()
	ctx := context.Background()
	for what, err := range map[string]error{
		"a use":       y.Use(ctx, y.db, record, category, "", "campaign"),
		"a hand-over": y.HandOver(ctx, y.db, record, category, "", "partner"),
	} {
		if !errors.Is(err, want) || want == nil && err != nil {
			y.t.Errorf("%s: %s of %s: %v, want %v", y.Setting(), what, category, err, want)
		}
	}
}

// posted marks every printed letter as posted.
func (s *staff) posted(letters int) {
	s.t.Helper()
	s.Click(s.say("desk.print.back"))
	mark := s.say("desk.letters.mark")
	if n := s.Parts(mark); n != letters {
		s.t.Fatalf("%d of %d letters can be marked as posted:\n%s", n, letters, s.Text())
	}
	for range letters {
		s.Press(mark)
	}
	s.See(s.say("desk.letters.none"))
}

var pdfPage = regexp.MustCompile(`/Type\s*/Page\b`)

// onPaper prints what waits with a real browser: each letter begins on a sheet of
// its own and is no longer than two, and nothing of the desk's page is on paper.
func onPaper(t *testing.T, s *staff, letters int) {
	t.Helper()
	p := window(t, 1280, 900)
	load := func(step chromedp.Action[chromedp.Void]) {
		t.Helper()
		if _, err := chromedp.Run(p.ctx, chromedp.WaitEvent(page.LoadEventFired, nil, step)); err != nil {
			t.Fatalf("%v\non the page:\n%s", err, p.text())
		}
	}
	load(chromedp.Navigate(s.o.Base + desk))
	load(chromedp.Click(says("button", ownNames[s.voice])))
	p.fill(s.say("desk.sign-in.login"), s.login)
	p.fill(s.say("desk.sign-in.password"), s.o.Passwords[s.login])
	load(chromedp.Click("//main" + says("button", s.say("desk.sign-in.button"))))
	load(chromedp.Navigate(s.o.Base + desk + "/" + s.house + "/letters"))
	// What was printed already is not ticked any more: all of it once more.
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("main input[type=checkbox]").forEach(b => { b.checked = true })`))
	load(chromedp.Click("//main" + says("button", s.say("desk.letters.print"))))
	p.see(s.say("desk.print.back"))
	p.do(func(ctx context.Context, tab *chromedp.Target) (v chromedp.Void, err error) {
		_, err = cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		return v, err
	})
	paper := p.text()
	for _, x := range []string{s.say("desk.print.back"), s.say("desk.sign-out"), s.say("desk.queue.title"), s.say("desk.skip"), s.say("desk.opened")} {
		if strings.Contains(paper, x) {
			t.Errorf("%q is on paper:\n%s", x, paper)
		}
	}
	print := func() int {
		t.Helper()
		file, err := chromedp.Run(p.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
		if err != nil {
			t.Fatal(err)
		}
		return len(pdfPage.FindAll(file, -1))
	}
	pages := print()
	// Small enough for one page each, there are as many pages as letters; and
	// where the letters have no sheets of their own, fewer.
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("article").forEach(s => { s.style.zoom = "0.1" })`))
	if n := print(); n != letters {
		t.Errorf("%d letters that are small are printed on %d pages", letters, n)
	}
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("article").forEach(s => { s.className = "" })`))
	if n := print(); n >= letters {
		t.Errorf("letters without sheets of their own are not seen: %d pages", n)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.problems {
		t.Errorf("the browser's console: %s", x)
	}
	t.Logf("counts: letters=%d pages=%d", letters, pages)
}
