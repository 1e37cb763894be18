package e2e

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/e2e/driver"
)

// What the journey by telephone plants beside the person.
const (
	mother     = "Katrin Beispiel"
	saidPhone  = "090-0000-9947" // the number said in the call: nobody calls it
	saidMail   = "katrin.9947@example.org"
	callScope  = "Anrufe und Aufzeichnungen 9947"
	recordOnly = "rec-4410" // only in a call that is disclosed
)

func TestADisclosureByTelephoneForAChildIsAdmittedByASecondPerson(t *testing.T) {
	byTelephone(t, driver.Options{})
}

func byTelephone(t *testing.T, opt driver.Options) {
	o := driver.Start(t, opt)
	cards := systemOf(t, o, "SERVICE_CARDS")
	m := cards.Main()
	p := packOf(t, "kai")
	// A Friday before the New Year's closure, after the office has closed.
	friday := time.Date(time.Now().Year(), 12, 18, 0, 0, 0, 0, japan)
	if midnight(time.Now()).After(friday.AddDate(0, 0, -8)) {
		friday = friday.AddDate(1, 0, 0)
	}
	for friday.Weekday() != time.Friday {
		friday = friday.AddDate(0, 0, 1)
	}
	o.Pass(time.Until(friday.Add(17*time.Hour + 40*time.Minute)))
	clerk := signIn(t, o, "clerk", dsr.VoiceJa).of(p.Slug)
	approver := signIn(t, o, "approver", dsr.VoiceJa).of(p.Slug)

	// The notice is read out, in the caller's language, before anything is taken.
	call := keyed{channel: dsr.ChannelTelephone, arrived: friday.Add(16*time.Hour + 50*time.Minute), voice: dsr.VoiceDe, kind: dsr.KindDisclosure, scope: callScope,
		person: person{name: m.Name, kana: m.Kana, bornOn: m.BornOn, number: m.Number, address: m.Address}, whose: "customer", saidPhone: saidPhone,
		rep: &representative{"statutory", "parent", mother, saidPhone}, mail: saidMail, delivery: "post"}
	clerk.keyIn(p, call)
	clerk.See(clerk.say("desk.key-in.say-in"), p.Text(p.Recording.Text, "de"))
	clerk.Press(clerk.say("desk.key-in.save"))
	if clerk.Status != 422 {
		t.Errorf("a call without the notice was answered by %d", clerk.Status)
	}
	clerk.See(clerk.say("desk.wrong.recording"))
	if got := clerk.Value(clerk.say("desk.key-in.rep-name")); got != mother {
		t.Errorf("after a refusal the representative is %q", got)
	}
	clerk.Choose(clerk.say("desk.key-in.recording-told"))
	reference := clerk.receive()

	// Ten days on which the office is open, until it closes; the lunch hour and the
	// end of a Friday take none of them, a Sunday neither.
	days := calendarOf(t, "12-29..01-03", "08-11..08-14")
	wide := strings.NewReplacer("(", "（", ")", "）") // as an explanation writes them
	handler := signIn(t, o, "handler", dsr.VoiceJa).of(p.Slug)
	due := func(reference string, arrived time.Time) {
		t.Helper()
		target := days.after(arrived, 10)
		clerk.See(clerk.day(target))
		handler.search(reference)
		handler.Within(handler.say("desk.case.why-date"), func() {
			lists(t, "why this date", handler.Text(), handler.say("clock.target"), handler.day(target), wide.Replace(handler.day(target))+"17:00")
		})
		guard := days.lastBefore(midnight(arrived).AddDate(0, 0, 15))
		handler.Within(handler.say("desk.case.machine"), func() {
			lists(t, "the milestones", handler.Text(), handler.say("milestone.exposure-guard"), handler.day(guard)+" 17:00")
		})
	}
	due(reference, call.arrived)
	handler.See(handler.say("desk.case.recording"))
	for n, arrived := range []time.Time{friday.Add(12*time.Hour + 30*time.Minute), friday.AddDate(0, 0, -5).Add(15 * time.Hour)} {
		other := call
		other.person, other.rep, other.saidPhone, other.arrived, other.heard = ordinary(t, "SERVICE_CARDS", n), nil, "", arrived, true
		clerk.keyIn(p, other)
		due(clerk.receive(), arrived)
	}
	if closed := friday.AddDate(0, 0, 14); days.open(closed) {
		t.Fatalf("%s is no closed day: the test shows nothing", closed)
	}

	// Nobody opens a case without an appointment.
	o.AddStaff("two", "双葉 まこと", "handler@kai,approver@kai")
	both := signIn(t, o, "two", dsr.VoiceJa).of(p.Slug)
	both.atDesk()
	both.notAppointed(t)
	admin := signIn(t, o, "admin", dsr.VoiceJa).of(p.Slug)
	admin.appoint("双葉 まこと", dsr.RoleHandler)
	admin.appoint("双葉 まこと", dsr.RoleApprover)

	// The number on file is called, and no other is shown.
	both.seeIdentity(reference)
	both.Within(both.say("desk.identity.call-back"), func() { both.See(m.Phone) })
	both.See(both.say("desk.identity.phone-hidden"))
	both.Miss(saidPhone)
	both.ChooseEach(both.say("desk.identity.mark.same"))
	both.Choose(both.say("desk.identity.record", "n", 1) + ":")
	both.Select(both.say("desk.identity.kind"), documentWord(t, p, "call-back", dsr.VoiceJa))
	both.Choose(both.say("desk.identity.deliver-file"))
	both.Press(both.say("desk.identity.confirm"))
	both.See(both.say("desk.said.identity-confirmed"))

	// Relationship and mandate by kind and date; the page says by which article.
	both.Until("authority is looked at", func() bool { both.search(reference); return both.hasTask("verify-authority") })
	both.claim("verify-authority")
	both.See(both.say("desk.authority.exception"), both.say("desk.authority.exception-text"), "第37条第3項", "第13条", "D-11", mother, both.say("relation.parent"))
	both.Press(both.say("desk.authority.record-send"))
	if both.Status != 422 {
		t.Errorf("a mandate without a paper was answered by %d", both.Status)
	}
	both.Select(both.say("desk.key-in.relation"), both.say("relation.parent"))
	both.Select(both.say("desk.authority.document"), documentWord(t, p, "family-register", dsr.VoiceJa))
	both.Fill(both.say("desk.authority.dated-on"), friday.AddDate(0, 0, -20).Format(time.DateOnly))
	both.Select(both.say("desk.authority.checked"), documentWord(t, p, "driving-licence", dsr.VoiceJa))
	both.Choose(both.say("desk.authority.receive-no"))
	both.Press(both.say("desk.authority.record-send"))
	both.See(both.say("desk.said.authority-recorded"))

	// A second person admits; not the one who saw the papers.
	approver.Until("somebody may admit", func() bool { approver.search(reference); return approver.hasTask("admit-representative") })
	approver.claim("admit-representative")
	approver.See(mother, documentWord(t, p, "family-register", dsr.VoiceJa), approver.day(friday.AddDate(0, 0, -20)), "第37条第3項")
	admit := approver.say("desk.authority.admit")
	handler.Send(approver.Form(admit))
	if handler.Status != 403 {
		t.Errorf("a handler sent the form that admits and was answered by %d", handler.Status)
	}
	both.Send(approver.Form(admit))
	if both.Status != 403 {
		t.Errorf("who saw the papers sent the form that admits and was answered by %d", both.Status)
	}
	approver.Press(admit)
	approver.See(approver.say("desk.said.admitted"))
	lists(t, "the case", approver.Text(), approver.say("desk.authority.document"), documentWord(t, p, "family-register", dsr.VoiceJa), approver.day(friday.AddDate(0, 0, -20)),
		"双葉 まこと", "千早 あおい", approver.say("desk.authority.receive-no"), "第37条第3項")

	// The person on file hears of it, at the contact on file.
	handler.search(reference)
	handler.UntilSee(handler.say("notice.N-33"))
	handler.Click(handler.say("notice.N-33"))
	lists(t, "N-33", handler.Text(), say(dsr.VoiceDe, "letter.N-33.title"), say(dsr.VoiceDe, "letter.N-33.relation"), say(dsr.VoiceDe, "relation.parent"))
	box := o.Visitor("mailbox")
	box.Open(mailbox)
	box.Until("the family is told", func() bool { return len(box.Mails(m.Mail)) > 0 })
	before := len(box.Mails(saidMail))

	// An appointment that ends takes the case away at the next click, and what was
	// claimed is free.
	second := signIn(t, o, "handler2", dsr.VoiceEn).of(p.Slug)
	second.Until("the items are there", func() bool { second.search(reference); return second.hasTask("review") })
	second.claim("review")
	second.See(second.say("desk.review.item", "n", 1))
	handler.search(reference)
	if handler.HasButton(handler.say("desk.claim")) {
		t.Error("a task that somebody has can be claimed")
	}
	admin.endAppointment("Robin Example", dsr.RoleHandler)
	second.Within(second.say("desk.review.item", "n", 1), func() {
		second.ChooseEach(second.say("desk.review.does-not"))
		second.Choose(second.say("desk.measure.disclose"))
		second.Press(second.say("desk.review.save"))
	})
	second.notAppointed(t)
	second.Miss(m.Name, callScope)
	second.search(reference) // they are a clerk still, who opens no personal data
	second.Miss(m.Name)
	if second.hasTask("review") {
		t.Error("a task of a handler is offered to somebody who is none any more")
	}
	handler.search(reference)
	handler.UntilSee(handler.say("timeline.task-released"))
	if !handler.hasTask("review") || !handler.HasButton(handler.say("desk.claim")) {
		t.Fatalf("the task of somebody whose appointment ended is not free:\n%s", handler.Text())
	}

	covered := 0
	items := handler.decideItems(reference, func(n int, text string) {
		covered += handler.ChooseEach(handler.say("desk.review.redact"))
		handler.Choose(handler.say("desk.measure.disclose"))
	})
	if items != 4 {
		t.Errorf("%d items, want the entry, the registrations and two calls", items)
	}
	handler.propose()
	approver.approveIt(reference)

	// The answer goes to the address on file by post; nothing else of it goes out.
	clerk.search(reference)
	clerk.Until("there is something to hand over", func() bool { return clerk.hasTask("hand-over") })
	clerk.claim("hand-over")
	handed := clerk.Tab()
	handed.Press(clerk.say("desk.task.package"))
	germanPackage(t, handed)
	letter := clerk.Tab()
	letter.Press(clerk.say("desk.task.letter"))
	sheets := letter.Sheets()
	if len(sheets) != 1 {
		t.Fatalf("%d letters go into the envelope:\n%s", len(sheets), letter.Text())
	}
	lists(t, "the letter in the envelope", sheets[0], m.Address, m.Name, say(dsr.VoiceDe, "letter.N-13.title"), "Telefonische Anfrage")
	lacks(t, "the letter in the envelope", sheets[0], mother, saidMail)
	clerk.Choose(clerk.say("desk.result.posted"))
	clerk.Press(clerk.say("desk.task.done"))
	clerk.search(reference)
	clerk.UntilSee(clerk.say("stage.closed-with", "outcome", clerk.say("desk.outcome.partial")))
	clerk.See(clerk.say("notice.N-33"))

	// Since then nothing went to what was said in the call.
	box.Open(mailbox)
	if after := len(box.Mails(saidMail)); after != before {
		t.Errorf("%d mails went to the address said in the call, %d before the representative was admitted", after, before)
	}
	// Who was appointed when, and who ended it, stays readable.
	admin.atDesk()
	admin.Click(admin.say("desk.appointments.short"))
	admin.Within(admin.say("desk.appointments.over", "n", 1), func() { admin.See("Robin Example", admin.say("role.handler"), "常盤 はるか") })

	ended(t, o, reference)
	nowhereOf(t, o, planted{texts: []string{m.Name, m.Kana, m.Address, saidPhone, callScope, mother, recordOnly}, mails: []string{saidMail}})
	t.Logf("counts: items=%d covered=%d", items, covered)
}

// notAppointed demands the page that says that cases do not open without an
// appointment.
func (s *staff) notAppointed(t *testing.T) {
	t.Helper()
	if s.Status != 403 || !s.Has(s.say("error.not-appointed")) {
		t.Errorf("%s has no appointment and is answered by %d:\n%s", s.login, s.Status, s.Text())
	}
}

// appoint appoints a colleague from now on.
func (s *staff) appoint(name string, role dsr.Role) {
	s.t.Helper()
	s.atDesk()
	s.Click(s.say("desk.appointments.short"))
	s.Within(s.say("desk.appointments.new"), func() {
		s.t.Helper()
		s.Select(s.say("desk.appointments.who"), name)
		s.Select(s.say("desk.appointments.role"), s.say("role."+string(role)))
		s.Press(s.say("desk.appointments.appoint"))
	})
	s.See(s.say("desk.said.appointed"))
}

// endAppointment ends what somebody was appointed to.
func (s *staff) endAppointment(name string, role dsr.Role) {
	s.t.Helper()
	s.atDesk()
	s.Click(s.say("desk.appointments.short"))
	s.Press(s.say("desk.appointments.end") + " " + name + ", " + s.say("role."+string(role)))
	s.See(s.say("desk.said.appointment-ended"), name)
}

// germanPackage reads the answer: its letter is in German, the calls and what was
// recorded of them are in it.
func germanPackage(t *testing.T, b *driver.Browser) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b.Body), int64(len(b.Body)))
	if err != nil {
		t.Fatalf("the answer is no ZIP (%d): %v\n%s", b.Status, err, b.Text())
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[path.Ext(f.Name)] += string(data)
	}
	lists(t, "the answer", all[".html"], `lang="de"`, "Telefonische Anfrage")
	if !strings.Contains(all[".csv"]+all[".json"], recordOnly) {
		t.Errorf("the answer does not name what was recorded")
	}
}
