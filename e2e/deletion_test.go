package e2e

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/internal/sample"
)

// What the journey plants beside the person: what the handler writes down.
const (
	plantedOther    = "mau.khac.6241@example.org"
	checkedDeletion = "方針による約束。三系統を照合六二四一"
	day             = 24 * time.Hour
)

var stopShape = regexp.MustCompile(`http://\S+/stop/\S+`)

func TestADeletionSuspendsErasesAndKeepsUntilTheStatutesDateOnSQLite(t *testing.T) {
	o := driver.Start(t, driver.Options{Env: []string{"SWEEP_INTERVAL=1s"}})
	shippers, newsletter, waybills := systemOf(t, o, "SHIPPERS"), systemOf(t, o, "NEWSLETTER"), systemOf(t, o, "WAYBILLS")
	m, n, w := shippers.Main(), newsletter.Main(), waybills.Main()
	ctx := t.Context()
	rows, err := newsletter.Rows(ctx, newsletter.db, "subscriptions", n.Number)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d subscriptions, %v", len(rows), err)
	}
	old, err := waybills.Rows(ctx, waybills.db, "waybills", w.Number)
	if err != nil || len(old) != 3 {
		t.Fatalf("%d waybills, %v", len(old), err)
	}

	// Nobody has to say why.
	c := newCustomer(t, o, dsr.VoiceVi, person{name: m.Name, kana: m.Kana, bornOn: m.BornOn, mail: plantedOther, phone: m.Phone, address: m.Address})
	c.wishing("score-japan", "portal.away.card")
	c.Choose(c.say("portal.away.hold"))
	c.Press(c.say("button.continue"))
	c.Choose(c.say("portal.scope.all"))
	c.Press(c.say("button.continue"))
	c.See(c.say("portal.ground.not-needed"))
	c.Choose(c.say("portal.ground.none"))
	c.Press(c.say("button.continue"))
	c.about()
	c.card()

	// One record in each of three systems.
	handler, approver := signIn(t, o, "handler", dsr.VoiceJa).of("score-japan"), signIn(t, o, "approver", dsr.VoiceJa).of("score-japan")
	handler.seeIdentity(c.reference)
	handler.confirmSeveral("荷送人の口座", "お知らせの配信", "航空運送状")
	handler.Until("there is something to investigate", func() bool { handler.search(c.reference); return handler.hasTask("investigate") })
	handler.investigate(c.reference, "promised", checkedDeletion)

	decide := func() map[string]int {
		measures := map[string]int{}
		handler.decideItems(c.reference, func(_ int, text string) {
			measure := ""
			switch {
			case strings.Contains(text, handler.say("desk.review.system", "system", "荷送人の口座")):
				measure = "suspend"
			case strings.Contains(text, handler.say("desk.review.system", "system", "お知らせの配信")), strings.Contains(text, "2017-02-20"):
				measure = "erase"
			case strings.Contains(text, handler.say("desk.review.system", "system", "航空運送状")):
				measure = "keep"
			}
			measures[measure]++
			handler.Choose(handler.say("desk.measure." + measure))
			if measure == "keep" {
				handler.Select(handler.say("desk.review.schedule"), "")
			}
		})
		return measures
	}
	measures := decide()
	if measures["suspend"] != 1 || measures["erase"] != 2 || measures["keep"] != 2 {
		t.Errorf("measures: %v", measures)
	}
	handler.propose()
	approver.approveIt(c.reference)

	// What can be undone is done at once, what cannot waits; everybody on file is
	// told how it is stopped.
	await(t, "the suspension", func() bool { return shippers.one("SELECT count(*) FROM holds WHERE kind = 'suspension'") != "0" })
	shippers.tries("profile", m.Number, "", "mail", sample.ErrHeld)
	first := c.stopLinks(m.Mail, plantedOther)
	if got := newsletter.one("SELECT count(*) FROM subscriptions WHERE subscriber_no = ?", n.Number); got != "1" {
		t.Errorf("%s subscriptions during the cooling-off", got)
	}

	// Somebody without an account opens the link: looking changes nothing.
	stranger := o.Visitor("somebody with the mail")
	stranger.Follow(first)
	stranger.See(c.say("portal.stop.title"), c.reference)
	stranger.Reload()
	button := c.say("portal.stop.button")
	form := stranger.Form(button)
	handler.search(c.reference)
	if handler.hasTask("erasure-stopped") {
		t.Error("looking at the link stopped the erasure")
	}
	stranger.Press(button)
	stranger.See(c.say("portal.stop.stopped-title"))
	stranger.Send(form)
	if stranger.Status >= 400 {
		t.Errorf("stopping twice is answered by %d", stranger.Status)
	}
	stranger.See(c.say("portal.stop.stopped-title"))
	o.Pass(20 * time.Minute) // its time is over, and it stays stopped
	handler.Until("a person is asked", func() bool { handler.search(c.reference); return handler.hasTask("erasure-stopped") })
	if got := newsletter.one("SELECT count(*) FROM subscriptions WHERE subscriber_no = ?", n.Number); got != "1" {
		t.Errorf("%s subscriptions after the stop", got)
	}
	handler.claim("erasure-stopped")
	handler.Press(handler.say("desk.stopped.resume-send"))
	second := c.stopLinks(m.Mail, plantedOther)
	if second == first {
		t.Error("the second cooling-off has the link of the first")
	}
	stranger.Follow(first) // whoever only has the older mail can still stop it
	if !stranger.HasButton(button) {
		t.Error("the link of the first cooling-off no longer stops")
	}
	o.Pass(11 * time.Minute)

	// Gone, and not to come back.
	await(t, "the erasure", func() bool {
		return newsletter.one("SELECT count(*) FROM subscriptions WHERE subscriber_no = ?", n.Number) == "0"
	})
	await(t, "the erasure of the old waybill", func() bool {
		return waybills.one("SELECT count(*) FROM waybills WHERE consignor_no = ?", w.Number) == "2"
	})
	if newsletter.one("SELECT count(*) FROM tombstones") == "0" || waybills.one("SELECT count(*) FROM tombstones") == "0" {
		t.Error("no tombstone stands where rows were erased")
	}
	if err := newsletter.Import(ctx, newsletter.db, "subscriptions", n.Number, rows[0]); !errors.Is(err, sample.ErrErased) {
		t.Errorf("what was erased is imported again: %v", err)
	}
	other := sample.Row{}
	for k, v := range rows[0] {
		other[k] = v
	}
	other["subscriber_no"], other["name"], other["mail"], other["phone"] = "N-9001", "Người Khác", "khac@example.org", "090-0000-9001"
	if err := newsletter.Import(ctx, newsletter.db, "subscriptions", "N-9001", other); err != nil {
		t.Errorf("another person's row is not imported: %v", err)
	}
	shippers.tries("profile", m.Number, "", "mail", sample.ErrHeld)

	// The letter names each measure, the statute and the date.
	c.Forget()        // half an hour has passed
	c.p.mail = m.Mail // the contact on file, to which everything goes now
	c.find()
	c.UntilSee(c.say("letter.N-18.title"))
	letter := c.letter("N-18")
	for _, x := range []string{c.say("letter.measure.suspend"), c.say("letter.measure.erase"), c.say("letter.measure.keep"), "Luật Thuế doanh nghiệp",
		"Tài khoản người gửi hàng", "Bản tin", "Vận đơn hàng không", "2029", "2032"} {
		lists(t, "N-18", letter, x)
	}
	lacks(t, "N-18", letter, checkedDeletion, "{")

	// Whoever received it is told.
	for range 2 {
		handler.Until("there is a recipient to tell", func() bool { handler.search(c.reference); return handler.hasTask("inform-recipient") })
		handler.claim("inform-recipient")
		handler.tell("informed")
	}
	c.UntilSee(c.say("portal.result.partial"))
	c.See(c.say("portal.told.informed"))
	handler.search(c.reference)
	handler.UntilSee(handler.say("desk.outcome.partial"))
	shippers.tries("profile", m.Number, "", "mail", sample.ErrHeld) // for good

	later := keptUntil(t, o, c, waybills, w)
	ended(t, o, c.reference)
	// The record of what came to an end long after the case.
	nowhereOf(t, o, planted{texts: []string{m.Name, m.Phone, m.Address, "LE THI MAU", checkedDeletion, plantedFile}, mails: []string{m.Mail, plantedOther}})
	t.Logf("counts: measures=%v later=%d", measures, later)
}

// stopLinks are the links of new mails with which the erasure is stopped, one
// to each address and no two the same. It gives the last.
func (c *customer) stopLinks(addresses ...string) (link string) {
	c.t.Helper()
	seen := map[string]bool{}
	for _, address := range addresses {
		asked := c.p.mail
		c.p.mail = address
		if link = stopShape.FindString(c.mail("/stop/").Text()); link == "" || seen[link] {
			c.t.Fatalf("the mail to one of %d addresses has no link of its own", len(addresses))
		}
		seen[link], c.p.mail = true, asked
	}
	return link
}

// keptUntil lets the years go by: the case's own key is destroyed when its
// retention is over, an open request of the same person holds back what the
// statute's end would erase, and when that is closed the erasure that outlived
// its case is carried out. It gives the number of erasures.
func keptUntil(t *testing.T, o *driver.Office, c *customer, waybills system, w sample.Person) int {
	t.Helper()
	office := officeDB(t, o)
	caseID := office("SELECT id FROM cases WHERE outcome = 'partial'")
	destroyed := func(id string) bool { return office("SELECT destroyed_at FROM keys WHERE id = ?", id) != "0" }
	left := func() string { return waybills.one("SELECT count(*) FROM waybills WHERE consignor_no = ?", w.Number) }
	if n := office("SELECT count(*) FROM scheduled_erasures WHERE state = 'planned'"); n != "2" {
		t.Fatalf("%s erasures are scheduled", n)
	}
	if destroyed(caseID) {
		t.Error("the case's key is destroyed before its retention is over")
	}
	tombs := waybills.one("SELECT count(*) FROM tombstones")
	o.Stop() // what is tidied up once a minute is tidied up at the start
	o.Pass(100 * day)
	o.Run()
	await(t, "the case's key to be destroyed", func() bool { return destroyed(caseID) })
	if n := office("SELECT count(*) FROM keys k JOIN scheduled_erasures x ON x.id = k.id WHERE k.destroyed_at = 0"); n != "2" {
		t.Errorf("%s scheduled erasures have a key of their own", n)
	}

	// The same person asks what is held of them, and that is open when the period
	// of a waybill ends.
	c.Forget()
	c.wishing("score-japan", "kind.disclosure.card")
	c.Choose(c.say("portal.scope.all"))
	c.Press(c.say("button.continue"))
	c.disclosed()
	c.card()
	handler := signIn(t, o, "handler", dsr.VoiceJa).of("score-japan")
	handler.seeIdentity(c.reference)
	handler.confirmSeveral("荷送人の口座", "航空運送状")
	handler.Until("there are items", func() bool { handler.search(c.reference); return handler.hasTask("review") })

	until, err := time.Parse(time.DateOnly, office("SELECT min(due_on) FROM scheduled_erasures"))
	if err != nil {
		t.Fatal(err)
	}
	o.To(until.Add(3 * day))
	// The loop comes round once a second: it finds nothing that it may do.
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if n := left(); n != "2" {
			t.Fatalf("%s waybills while a request about them is open", n)
		}
	}
	if n := office("SELECT count(*) FROM scheduled_erasures WHERE state <> 'planned'"); n != "0" {
		t.Errorf("%s erasures began while a request of the same person is open", n)
	}

	// It is withdrawn for good, and what waited for it is done.
	c.Forget()
	c.find()
	c.Click(c.say("portal.withdraw.link"))
	c.Press(c.say("portal.withdraw.confirm"))
	o.Pass(10 * time.Minute)
	await(t, "the erasure of the waybill whose period is over", func() bool { return left() == "1" })
	o.To(time.Date(2033, 1, 10, 0, 0, 0, 0, time.UTC))
	await(t, "the erasure of the last waybill", func() bool { return left() == "0" })
	await(t, "what was erased to be verified", func() bool {
		return office("SELECT count(*) FROM scheduled_erasures WHERE state = 'verified'") == "2"
	})
	if n := office("SELECT count(*) FROM keys k JOIN scheduled_erasures x ON x.id = k.id WHERE k.destroyed_at = 0"); n != "0" {
		t.Errorf("%s keys of erasures that are done are left", n)
	}
	for _, kind := range []string{"erasure-scheduled", "erasure-permitted", "erasure-done"} {
		if n := office("SELECT count(*) FROM evidence WHERE kind = ? AND case_id = ?", kind, caseID); n != "2" {
			t.Errorf("the record of the case has %s entries %s", n, kind)
		}
	}
	if now := waybills.one("SELECT count(*) FROM tombstones"); now == tombs {
		t.Error("no tombstone stands where the waybills were")
	}
	return 2
}

// disclosed answers the rest of a disclosure: who, how reached, a download.
func (c *customer) disclosed() {
	c.t.Helper()
	c.who()
	c.Choose(c.say("portal.delivery.download"))
	c.Press(c.say("button.continue"))
	c.See(c.say("portal.check.title"), c.p.name, c.p.mail)
	c.send()
}

// officeDB reads the office's own record: one value as text, "" for none.
func officeDB(t *testing.T, o *driver.Office) func(query string, args ...any) string {
	t.Helper()
	db, err := sample.Open(filepath.Join(o.Data, "madoguchi.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return system{t: t, db: db}.one
}
