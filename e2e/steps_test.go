package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"madoguchi/docs/samples"
	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/internal/locales"
)

// Start addresses: all that the tests know of the product's addresses.
const (
	portal  = "/o/izumisano/"
	desk    = "/desk"
	board   = "/board"
	mailbox = "/dev/mailbox"
)

// ownNames are the voices' names for themselves, as the pages' switch shows them.
var ownNames = map[dsr.Voice]string{dsr.VoiceJa: "日本語", dsr.VoiceJaEasy: "やさしい日本語", dsr.VoiceEn: "English", dsr.VoiceVi: "Tiếng Việt", dsr.VoiceDe: "Deutsch"}

// say is a text of the catalogue; up to its first gap when it has gaps that are
// not filled.
func say(v dsr.Voice, key string, args ...any) string {
	text, _, _ := strings.Cut(locales.T(v, key, args...), "{")
	return strings.TrimSpace(text)
}

// person is what somebody who files types.
type person struct {
	name, kana, bornOn string
	mail, phone        string
	number, address    string
	scope              string // "" asks for everything
}

// customer is a person at the portal.
type customer struct {
	*driver.Browser
	o         *driver.Office
	t         testing.TB
	voice     dsr.Voice
	p         person
	at        string // the portal's start page
	reference string
	seen      map[string]bool // mails already read
}

func newCustomer(t testing.TB, o *driver.Office, voice dsr.Voice, p person) *customer {
	return &customer{Browser: o.Visitor("customer"), o: o, t: t, voice: voice, p: p, at: portal, seen: map[string]bool{}}
}

func (c *customer) say(key string, args ...any) string { return say(c.voice, key, args...) }

var referenceShape = regexp.MustCompile(`M-[0-9A-Z]{4}-[0-9A-Z]{4}`)

// begin goes from the start page to the first question.
func (c *customer) begin() {
	c.t.Helper()
	c.Open(c.at)
	c.Press(ownNames[c.voice])
	c.Click(c.say("kind.disclosure.card"))
	c.Press(c.say("portal.start.begin"))
}

// answer goes from the first question to the page of answers.
func (c *customer) answer() {
	c.t.Helper()
	next := c.say("button.continue")
	c.ChooseNth(1) // who they are to the organisation
	c.Press(next)
	c.ChooseNth(1) // which service
	c.Press(next)
	c.Choose(c.say("portal.whom.me"))
	c.Press(next)
	if c.p.scope == "" {
		c.Choose(c.say("portal.scope.all"))
	} else {
		c.Choose(c.say("portal.scope.some"))
		c.Fill(c.say("portal.scope.label"), c.p.scope)
	}
	c.Press(next)
	c.Fill(c.say("portal.person.name"), c.p.name)
	c.Fill(c.say("portal.person.kana"), c.p.kana)
	born, err := time.Parse(time.DateOnly, c.p.bornOn)
	if err != nil {
		c.t.Fatal(err)
	}
	c.Fill(c.say("portal.person.year"), fmt.Sprint(born.Year()))
	c.Fill(c.say("portal.person.month"), fmt.Sprint(int(born.Month())))
	c.Fill(c.say("portal.person.day"), fmt.Sprint(born.Day()))
	c.Press(next)
	c.Fill(c.say("portal.person.number"), c.p.number)
	c.Fill(c.say("portal.person.address"), c.p.address)
	c.Press(next)
	c.Choose(c.say("portal.contact.by-mail"))
	c.Fill(c.say("portal.contact.mail"), c.p.mail)
	c.Fill(c.say("portal.contact.phone"), c.p.phone)
	c.Press(next)
	c.Choose(c.say("portal.delivery.download"))
	c.Press(next)
	c.See(c.say("portal.check.title"), c.p.name, c.p.mail)
}

// send sends the request and reads the receipt.
func (c *customer) send() {
	c.t.Helper()
	c.Press(c.say("portal.check.send"))
	c.See(c.say("portal.receipt.title"), c.say("portal.receipt.target"))
	c.reference = referenceShape.FindString(c.Text())
	if c.reference == "" {
		c.t.Fatal("the receipt has no reference:\n" + c.Text())
	}
}

// file does all of it.
func (c *customer) file() {
	c.t.Helper()
	c.begin()
	c.answer()
	c.send()
}

// mail waits for a mail to the customer that they have not read yet and whose
// text has a word, opens it in another window and gives that window.
func (c *customer) mail(word string) *driver.Browser {
	c.t.Helper()
	w := c.o.Visitor("customer's mailbox")
	for end := time.Now().Add(45 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		w.Open(mailbox)
		for _, m := range w.Mails(c.p.mail) {
			if c.seen[m] {
				continue
			}
			w.Follow(m)
			if w.Has(word) {
				c.seen[m] = true
				return w
			}
		}
	}
	c.t.Fatalf("no mail with %q arrived:\n%s", word, w.Text())
	return nil
}

var codeShape = regexp.MustCompile(`\b(\d{4}) (\d{4})\b`)

// code is the newest code that was sent and not read yet.
func (c *customer) code() string {
	c.t.Helper()
	w := c.o.Visitor("customer's mailbox")
	for end := time.Now().Add(45 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		w.Open(mailbox)
		for _, m := range w.Mails(c.p.mail) {
			if c.seen[m] {
				continue
			}
			w.Follow(m)
			if code := codeShape.FindString(w.Text()); code != "" {
				c.seen[m] = true
				return code
			}
		}
	}
	c.t.Fatalf("no code arrived; the customer sees:\n%s", c.Text())
	return ""
}

// confirm confirms the address from the receipt or the status page.
func (c *customer) confirm() {
	c.t.Helper()
	c.Press(c.say("portal.confirm.title"))
	c.Fill(c.say("portal.code.label"), c.code())
	c.Press(c.say("portal.confirm.button"))
	c.See(c.say("portal.confirm.done"))
}

// upload adds a document of a kind and sends it.
func (c *customer) upload(picture []byte) {
	c.t.Helper()
	c.toIdentity()
	c.ChooseNth(1)
	c.Upload(c.say("portal.identity.file"), "the.png", "image/png", picture)
	c.Press(c.say("portal.identity.upload"))
	c.Press(c.say("portal.identity.submit"))
	c.See(c.say("portal.identity.done"))
}

// toIdentity opens the page of documents as soon as the status page leads to it.
func (c *customer) toIdentity() {
	c.t.Helper()
	c.Until("proof is asked for", func() bool { return c.HasLink(c.say("portal.todo.identity-button")) })
	c.Click(c.say("portal.todo.identity-button"))
}

// prove files, confirms and sends the sample card.
func (c *customer) prove() {
	c.t.Helper()
	c.file()
	c.confirm()
	c.upload(samples.ResidenceCard)
}

// find signs in by reference and contact.
func (c *customer) find() {
	c.t.Helper()
	c.Open(c.at)
	c.Press(ownNames[c.voice])
	c.Click(c.say("portal.start.find"))
	c.Fill(c.say("portal.receipt.reference"), c.reference)
	c.Fill(c.say("portal.find.contact"), c.p.mail)
	c.Press(c.say("portal.find.send"))
	c.Fill(c.say("portal.code.label"), c.code())
	c.Press(c.say("portal.find.enter"))
	c.See(c.say("portal.status.title"), c.reference)
}

// staff is a member of staff at the desk.
type staff struct {
	*driver.Browser
	o     *driver.Office
	t     testing.TB
	voice dsr.Voice
	login string
	house string // the organisation at whose desk they are
}

// signIn signs an account in. Its pages are in the voice of the account.
func signIn(t testing.TB, o *driver.Office, login string, voice dsr.Voice) *staff {
	t.Helper()
	s := &staff{Browser: o.Visitor(login), o: o, t: t, voice: voice, login: login, house: "izumisano"}
	s.Open(desk)
	if s.HasButton(ownNames[voice]) {
		s.Press(ownNames[voice])
	}
	s.Fill(s.say("desk.sign-in.login"), login)
	s.Fill(s.say("desk.sign-in.password"), o.Passwords[login])
	s.Press(s.say("desk.sign-in.button"))
	if s.HasButton(s.say("desk.sign-in.button")) {
		t.Fatalf("%s could not sign in:\n%s", login, s.Text())
	}
	return s
}

// of puts them to the desk of another organisation.
func (s *staff) of(house string) *staff {
	s.house = house
	return s
}

func (s *staff) say(key string, args ...any) string { return say(s.voice, key, args...) }

// search opens a case by its reference.
func (s *staff) search(reference string) {
	s.t.Helper()
	s.Open(desk + "/" + s.house)
	s.Fill(s.say("desk.search.label"), reference)
	s.Press(s.say("desk.search.button"))
	if !s.Has(s.say("desk.case.tasks")) {
		s.Click(reference)
	}
	s.See(reference, s.say("desk.case.tasks"))
}

// task does something in the box of a task on the page of a case.
func (s *staff) task(task string, do func()) {
	s.t.Helper()
	s.Within(s.say("desk.case.tasks"), func() { s.t.Helper(); s.Within(s.say("task."+task), do) })
}

// hasTask reports whether the page of a case shows an open task.
func (s *staff) hasTask(task string) (there bool) {
	if s.Has(s.say("desk.case.tasks")) {
		s.Within(s.say("desk.case.tasks"), func() {
			there = s.Has(s.say("task."+task)) && (s.HasButton(s.say("desk.claim")) || s.HasLink(s.say("desk.task.open")))
		})
	}
	return there
}

// claim claims a task of the case on the page, waiting for it to be there, and
// ends on the page on which it is done.
func (s *staff) claim(task string) {
	s.t.Helper()
	s.Until("there is a task "+task, func() bool { return s.hasTask(task) })
	s.task(task, func() { s.t.Helper(); s.Press(s.say("desk.claim")) })
}

// openTask opens a task that one has claimed.
func (s *staff) openTask(task string) {
	s.t.Helper()
	s.Until("there is a task "+task, func() bool { return s.hasTask(task) })
	s.task(task, func() { s.t.Helper(); s.Click(s.say("desk.task.open")) })
}
