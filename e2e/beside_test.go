package e2e

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"madoguchi/docs/samples"
	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/internal/sample"
)

// somebody is the nth made-up person, with their own mailbox.
func somebody(n int) person {
	p := sample.People()[n]
	return person{name: p.Name, kana: p.Kana, bornOn: p.BornOn, mail: p.Mail, phone: p.Phone, number: p.Number, address: p.Address}
}

func TestEveryOrganisationSpeaksFiveVoicesAndWhatIsNotThereLooksAlike(t *testing.T) {
	o := driver.Start(t, driver.Options{})
	b := o.Visitor("visitor")
	pages := 0
	for _, slug := range []string{"score-japan", "izumisano", "kai", "qoo10", "scsk-serviceware"} {
		for _, v := range dsr.Voices {
			b.Open("/o/" + slug + "/")
			b.Press(ownNames[v])
			b.See(say(v, "portal.start.title"), say(v, "portal.start.other-ways"))
			pages++
		}
	}
	var first string
	for _, address := range []string{"/o/nobody/", portal + "nothing", "/dev/mailbox/nothing"} {
		b.Open(address)
		if b.Status != 404 {
			t.Errorf("%s is answered by %d", address, b.Status)
		}
		if first == "" {
			first = b.Heading()
		}
		if b.Heading() != first {
			t.Errorf("%s is called %q, and another page that is not there %q", address, b.Heading(), first)
		}
	}
	t.Logf("counts: pages=%d", pages)
}

func TestMistakesComeBackWithWhatWasTyped(t *testing.T) {
	o := driver.Start(t, driver.Options{})
	c := newCustomer(t, o, dsr.VoiceEn, somebody(12))
	c.begin()
	next := c.say("button.continue")
	c.Press(next) // nothing chosen
	c.See(c.say("portal.error.title"), c.say("portal.wrong.relation"))
	c.ChooseNth(1)
	c.Press(next)
	c.ChooseNth(1)
	c.Press(next)
	c.Choose(c.say("portal.whom.me"))
	c.Press(next)
	c.Choose(c.say("portal.scope.all"))
	c.Press(next)
	c.Fill(c.say("portal.person.name"), `Lê "Mẫu" <b>髙﨑</b>`)
	c.Fill(c.say("portal.person.day"), "31")
	c.Fill(c.say("portal.person.month"), "2")
	c.Fill(c.say("portal.person.year"), "1990")
	c.Press(next)
	c.See(c.say("portal.error.title"), c.say("portal.wrong.born.impossible"))
	if got := c.Value(c.say("portal.person.name")); got != `Lê "Mẫu" <b>髙﨑</b>` {
		t.Errorf("the name came back as %q", got)
	}
	if c.Value(c.say("portal.person.day")) != "31" || c.Status != 422 {
		t.Errorf("the day came back as %q, answered by %d", c.Value(c.say("portal.person.day")), c.Status)
	}

	// The same form twice is one request; the same form with other content is
	// asked about.
	c.begin2()
	c.answer()
	once := c.Form(c.say("portal.check.send"))
	c.send()
	one := c.reference
	c.Send(once)
	c.See(one, c.say("portal.receipt.again"))

	// Files that cannot be used.
	c.confirm()
	c.toIdentity()
	for _, x := range []struct {
		name, mediaType, says string
		data                  []byte
	}{
		{"empty.png", "image/png", "portal.wrong.file-empty", nil},
		{"words.txt", "text/plain", "portal.wrong.file-type", []byte("these are words and no picture")},
		{"page.png", "image/png", "portal.wrong.file-type", []byte("<html><script>alert(1)</script>")},
		{"large.png", "image/png", "portal.wrong.file-large", append(append([]byte(nil), samples.ResidenceCard...), make([]byte, 11<<20)...)},
	} {
		c.ChooseNth(1)
		c.Upload(c.say("portal.identity.file"), x.name, x.mediaType, x.data)
		c.Press(c.say("portal.identity.upload"))
		c.See(c.say(x.says))
	}
	t.Logf("counts: mistakes=2 files=4 requests=1")
}

// begin2 begins anew although a draft is kept.
func (c *customer) begin2() {
	c.t.Helper()
	c.Forget()
	c.begin()
}

func TestAPersonAnswersWithdrawsAndComesBack(t *testing.T) {
	o := driver.Start(t, driver.Options{})
	c := newCustomer(t, o, dsr.VoiceDe, somebody(20))
	c.prove()
	h := signIn(t, o, "handler2", dsr.VoiceEn)

	// A question and its answer.
	h.search(c.reference)
	h.claim("verify-identity")
	h.search(c.reference)
	h.Click(h.say("desk.tab.messages"))
	h.Fill(h.say("desk.ask.text"), "Wann war die Beratung ungefähr?")
	h.Press(h.say("desk.ask.send"))
	c.UntilSee(c.say("portal.todo.question"))
	c.See("Wann war die Beratung ungefähr?", c.say("portal.status.you"))
	c.Click(c.say("portal.todo.answer"))
	c.Fill(c.say("portal.question.answer"), "Im Herbst, glaube ich.")
	c.Press(c.say("portal.question.send"))
	c.See(c.say("portal.question.done"))
	h.search(c.reference)
	h.Click(h.say("desk.tab.messages"))
	h.UntilSee("Im Herbst, glaube ich.")

	// Codes: too soon, wrong five times.
	c.Forget()
	c.Open(portal)
	c.Press(ownNames[c.voice])
	c.Click(c.say("portal.start.find"))
	c.Fill(c.say("portal.receipt.reference"), c.reference)
	c.Fill(c.say("portal.find.contact"), c.p.mail)
	o.Pass(time.Minute)
	c.Press(c.say("portal.find.send"))
	code := c.code()
	for range 5 {
		c.Fill(c.say("portal.code.label"), "0000 0000")
		c.Press(c.say("portal.find.enter"))
		c.See(c.say("portal.error.title"))
	}
	c.Fill(c.say("portal.code.label"), code)
	c.Press(c.say("portal.find.enter"))
	if c.Has(c.say("portal.status.title")) && c.Has(c.say("portal.status.what")) {
		t.Error("the right code is taken after five wrong ones")
	}
	o.Pass(2 * time.Hour)
	c.find()

	// Withdrawn, taken back, withdrawn for good.
	withdraw := func() {
		t.Helper()
		c.Click(c.say("portal.withdraw.link"))
		c.Press(c.say("portal.withdraw.confirm"))
		c.UntilSee(c.say("stage.withdrawn.public"))
	}
	withdraw()
	if c.HasButton(c.say("portal.withdraw.back")) {
		c.Press(c.say("portal.withdraw.back"))
	} else {
		c.Click(c.say("portal.withdraw.back"))
	}
	c.UntilSee(c.say("portal.withdraw.link"))
	withdraw()
	o.Pass(25 * time.Hour)
	h2 := signIn(t, o, "handler2", dsr.VoiceEn)
	h2.search(c.reference)
	h2.UntilSee(h2.say("desk.outcome.withdrawn"))
	t.Logf("counts: questions=1 codes=3 withdrawals=2")
}

var countShape = regexp.MustCompile(`\d+`)

func TestDeskAndBoardAgree(t *testing.T) {
	o := driver.Start(t, driver.Options{})
	for n := range 2 {
		newCustomer(t, o, dsr.VoiceJa, somebody(30+n)).file()
	}
	proven := newCustomer(t, o, dsr.VoiceVi, somebody(40))
	proven.prove()

	// A telephone call of five weeks ago.
	clerk := signIn(t, o, "clerk", dsr.VoiceJa)
	clerk.Open(desk + "/" + clerk.house)
	p := somebody(41)
	clerk.Click(clerk.say("desk.key-in.short"))
	clerk.Choose(clerk.say("channel.telephone"))
	clerk.Fill(clerk.say("desk.key-in.arrived-on"), time.Now().AddDate(0, 0, -35).Format(time.DateOnly))
	clerk.Fill(clerk.say("desk.key-in.arrived-at"), "10:00")
	clerk.Fill(clerk.say("desk.identity.field.name"), p.name)
	clerk.Fill(clerk.say("desk.key-in.year"), p.bornOn[:4])
	clerk.Fill(clerk.say("desk.key-in.month"), p.bornOn[5:7])
	clerk.Fill(clerk.say("desk.key-in.day"), p.bornOn[8:])
	clerk.Fill(clerk.say("desk.identity.field.mail"), p.mail)
	clerk.Choose(clerk.say("desk.key-in.whom.me"))
	clerk.Within("2. ", func() { clerk.ChooseNth(1) })
	clerk.Within("4. ", func() { clerk.Choose(clerk.say("word.mail")); clerk.Choose(clerk.say("desk.key-in.delivery.download")) })
	clerk.Press(clerk.say("desk.key-in.save"))
	clerk.See(clerk.say("desk.receipt.title"))
	late := referenceShape.FindString(clerk.Text())
	h := signIn(t, o, "handler", dsr.VoiceJa)
	h.search(late)
	h.UntilSee(h.say("task.escalation"))

	// Claim, release, hand over.
	h.search(proven.reference)
	h.claim("verify-identity")
	h.search(proven.reference)
	h.task("verify-identity", func() { h.Press(h.say("desk.release")) })
	h.See(h.say("desk.said.released"))
	h.claim("verify-identity")
	h.search(proven.reference)
	h.task("verify-identity", func() {
		h.Select(h.say("desk.hand-over.to"), "Robin Example")
		h.Press(h.say("desk.hand-over"))
	})
	h.search(proven.reference)
	h.See("Robin Example")

	// Every figure of the board opens a list of that length.
	m := signIn(t, o, "manager", dsr.VoiceEn)
	m.Open(board)
	figures := 0
	name := "Izumisano City Support Centre for Foreign Workers"
	if m.HasLink(name) {
		m.Click(name)
	}
	for _, f := range []string{"open", "due-soon", "overdue", "paused", "answered"} {
		word := m.say("board.figure." + f)
		text, path := "", m.Tab()
		path.Within(m.say("board.all-kinds"), func() { text = path.LinkText(word) })
		n, err := strconv.Atoi(countShape.FindString(strings.TrimPrefix(text, word)))
		if err != nil {
			t.Fatalf("the figure %s has no number: %q\n%s", f, text, m.Text())
		}
		path.Within(m.say("board.all-kinds"), func() { path.Click(word) })
		if rows := len(referenceShape.FindAllString(path.Text(), -1)); rows != n {
			t.Errorf("%s is %d and opens a list of %d", f, n, rows)
		}
		figures++
	}
	t.Logf("counts: figures=%d cases=4", figures)
}
