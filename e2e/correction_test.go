package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/e2e/driver"
)

// What the journey plants beside the person: new values, findings, reasons.
const (
	rightMail    = "sakura.new.5120@example.org"
	rightAddress = "和歌山県かくう市試町5丁目120番"
	checkedPaper = "転入届の写し五一二〇を確認"
	wantedLogin  = "sakura-5120"
	refusalWhy   = "会員規約により会員IDは変更できません(五一二〇)。"
	refusalElse  = "表示名の変更五一二〇"
	refusalFact  = "登録の記録五一二〇を確認"
)

func TestACorrectionFreezesWhatIsDisputedAndPutsItRightOnSQLite(t *testing.T) {
	correction(t, driver.Options{}, true)
}

func TestACorrectionIsFrozenByItselfAfterProofOnPostgreSQL(t *testing.T) {
	correction(t, driver.Options{Postgres: true}, false)
}

// correction is the whole journey; provisionally says whether a person at the
// desk freezes before identity is proven.
func correction(t *testing.T, opt driver.Options, provisionally bool) {
	o := driver.Start(t, opt)
	members := systemOf(t, o, "MEMBERS")
	m := members.Main()
	c := newCustomer(t, o, dsr.VoiceJa, person{name: m.Name, kana: m.Kana, bornOn: m.BornOn, mail: m.Mail, phone: m.Phone, number: m.Number, address: m.Address})
	frozen := func() string { return members.one("SELECT count(*) FROM holds WHERE kind = 'freeze'") }

	// The person says what stands there and what should.
	c.wishing("qoo10", "kind.correction.card")
	c.See(c.say("portal.claim.freeze"))
	c.disputes(claim{"メールアドレス", m.Mail, rightMail}, claim{"住所", m.Address, rightAddress})
	c.about()
	c.card()

	handler, approver := signIn(t, o, "handler", dsr.VoiceJa).of("qoo10"), signIn(t, o, "approver", dsr.VoiceJa).of("qoo10")
	handler.seeIdentity(c.reference)
	members.allows("profile", m.Number, m.Number, "address")
	if provisionally {
		handler.Choose(handler.say("desk.identity.record", "n", 1) + ": " + m.Name + ", ")
		handler.Press(handler.say("desk.identity.hold-send"))
		await(t, "the provisional freeze", func() bool { return frozen() == "2" })
		members.refuses("profile", m.Number, m.Number, "address")
		handler.search(c.reference)
		handler.UntilSee(handler.say("hold.provisional"))
		handler.openTask("verify-identity")
	} else if n := frozen(); n != "0" {
		t.Errorf("%s freezes before identity is proven and nobody asked for it", n)
	}
	handler.confirmIdentity(1)
	await(t, "the freeze", func() bool { return frozen() == "2" })

	// While it lasts the system itself refuses what would use the field.
	members.refuses("profile", m.Number, m.Number, "address")
	members.refuses("profile", m.Number, m.Number, "mail")
	members.allows("profile", m.Number, m.Number, "phone")
	c.UntilSee(c.say("letter.N-10.title"))
	lists(t, "N-10", c.letter("N-10"), c.say("letter.N-10.fields"), "メールアドレス", "住所")

	handler.Until("there is something to investigate", func() bool { handler.search(c.reference); return handler.hasTask("investigate") })
	handler.investigate(c.reference, "wrong", checkedPaper)
	seen := watch(t, members, m.Number, m.Address, rightAddress)
	corrected := 0
	items := handler.decideItems(c.reference, func(n int, text string) {
		if !strings.Contains(text, handler.say("desk.claim.says", "field", "住所")) {
			handler.Choose(handler.say("desk.measure.outside"))
			return
		}
		corrected++
		handler.See(checkedPaper, handler.say("desk.review.fixed", "clause", "5ア"))
		handler.Choose(handler.say("desk.measure.correct"))
		handler.Fill(handler.say("desk.review.after")+": メールアドレス", rightMail)
		handler.Fill(handler.say("desk.review.after")+": 住所", rightAddress)
	})
	if corrected != 1 {
		t.Errorf("%d of %d items were put right", corrected, items)
	}
	// Nobody's own program can change it meanwhile.
	members.refuses("profile", m.Number, m.Number, "address")
	handler.propose()
	approver.approveIt(c.reference)
	await(t, "the correction", func() bool { return members.value("profile", m.Number, "address") == rightAddress })
	if got := members.value("profile", m.Number, "mail"); got != rightMail {
		t.Errorf("the mail address is %q", got)
	}
	if n := frozen(); n != "0" {
		t.Errorf("%s freezes are left when the value is right", n)
	}
	looks := seen()
	members.allows("profile", m.Number, m.Number, "address")
	if n := members.one("SELECT count(*) FROM changes WHERE kind = 'correct'"); n != "1" {
		t.Errorf("the system counts %s corrections", n)
	}

	// The letter shows before and after.
	c.UntilSee(c.say("letter.N-17.title"))
	done := c.letter("N-17")
	lists(t, "N-17", done, "メールアドレス", m.Mail, rightMail, "住所", m.Address, rightAddress)
	lacks(t, "N-17", done, checkedPaper)

	// Two recipients: one is told at once, one can't be reached three times.
	for i := range 2 {
		handler.search(c.reference)
		handler.Until("there is a recipient to tell", func() bool { return handler.hasTask("inform-recipient") })
		handler.claim("inform-recipient")
		handler.See(handler.say("desk.recipient.text"))
		if i == 0 {
			if text := handler.Value(handler.say("desk.recipient.text")); !strings.Contains(text, rightAddress) {
				t.Errorf("the text to send does not say the right value:\n%s", text)
			}
			handler.tell("informed")
			continue
		}
		for n := range 3 {
			handler.search(c.reference)
			if n > 0 {
				handler.Until("it is to be tried again", func() bool { return handler.hasTask("inform-recipient") })
			}
			handler.openTask("inform-recipient")
			handler.tell("no-answer")
		}
	}
	c.UntilSee(c.say("letter.N-19.title"))
	results := c.letter("N-19")
	lists(t, "N-19", results, "ソウルと東京の補助会社")
	lists(t, "N-19", results, "取引の相手方")
	lists(t, "N-19", results, "連絡しました。同じ措置をとるとの回答です")
	lists(t, "N-19", results, "3回連絡しましたが、連絡がつきませんでした")
	c.UntilSee(c.say("portal.result.fulfilled"))
	c.See(c.say("portal.told.informed"), c.say("portal.told.unreachable"))
	handler.search(c.reference)
	handler.UntilSee(handler.say("desk.outcome.fulfilled"))

	first := c.reference
	refusedMemberID(t, o, c, members, handler, approver)
	ended(t, o, first, c.reference)
	nowhereOf(t, o, planted{
		texts: []string{m.Name, m.Kana, m.Phone, m.Address, rightAddress, checkedPaper, wantedLogin, refusalWhy, refusalElse, refusalFact, plantedFile},
		mails: []string{m.Mail, rightMail},
	})
	t.Logf("counts: provisional=%t items=%d looks=%d", provisionally, items, looks)
}

// refusedMemberID is the second request of the same person: what the policy
// calls fixed is frozen and investigated all the same, and refused by two.
func refusedMemberID(t *testing.T, o *driver.Office, c *customer, members system, handler, approver *staff) {
	t.Helper()
	m := members.Main()
	login := members.value("profile", m.Number, "login_id")
	o.Pass(time.Minute)
	c.Forget()
	c.p.mail, c.p.address = rightMail, rightAddress
	c.seen = map[string]bool{}
	c.wishing("qoo10", "kind.correction.card")
	c.See(c.say("portal.claim.fixed-clause", "clause", "5ア"))
	c.disputes(claim{"会員番号・ログインID", login, wantedLogin})
	c.about()
	c.card()
	handler.seeIdentity(c.reference)
	handler.confirmIdentity(1)
	await(t, "the freeze of the login", func() bool {
		return members.one("SELECT count(*) FROM holds WHERE kind = 'freeze' AND field = 'login_id'") == "1"
	})
	members.refuses("profile", m.Number, m.Number, "login_id")
	handler.Until("there is something to investigate", func() bool { handler.search(c.reference); return handler.hasTask("investigate") })
	handler.investigate(c.reference, "right", refusalFact)

	// One who may do both: only that it is their own proposal stops them.
	o.AddStaff("two", "双葉 まこと", "handler@qoo10,approver@qoo10")
	both := signIn(t, o, "two", dsr.VoiceJa).of("qoo10")
	refused := 0
	both.decideItems(c.reference, func(n int, text string) {
		if !strings.Contains(text, both.say("desk.claim.says", "field", "会員番号・ログインID")) {
			both.Choose(both.say("desk.measure.outside"))
			return
		}
		refused++
		both.Within("M1(", func() {
			both.Choose(both.say("desk.review.applies"))
			both.Fill(both.say("desk.review.evidence"), refusalFact)
		})
		both.Choose(both.say("desk.measure.refuse"))
		both.Select(both.say("desk.review.refuse-ground"), "M1")
		both.Fill(both.say("desk.review.reason"), refusalWhy)
		both.Fill(both.say("desk.review.offered"), refusalElse)
	})
	if refused != 1 {
		t.Errorf("%d items were refused", refused)
	}
	both.propose()
	approver.search(c.reference)
	approver.claim("approve")
	agree := approver.say("desk.approve.button")
	both.search(c.reference)
	both.Click(both.say("desk.tab.approval"))
	both.See(both.say("desk.approve.own"))
	both.Send(approver.Form(agree))
	if both.Status != 403 {
		t.Errorf("who proposed a refusal sent the approver's form and was answered by %d", both.Status)
	}
	approver.Press(agree)

	c.UntilSee(c.say("letter.N-14.title-measure"))
	c.Click(c.say("letter.N-14.title-measure"))
	lists(t, "N-14", c.Text(), "5ア")
	lists(t, "N-14", c.Text(), refusalWhy, refusalElse)
	lists(t, "N-14", c.Text(), "個人情報保護委員会")
	lacks(t, "N-14", c.Text(), refusalFact)
	c.Click(c.say("button.back"))
	c.UntilSee(c.say("portal.result.refused"))
	await(t, "the freeze to be let go", func() bool { return members.one("SELECT count(*) FROM holds") == "0" })
	members.allows("profile", m.Number, "", "login_id")
	if now := members.value("profile", m.Number, "login_id"); now != login {
		t.Errorf("a refusal changed the login to %q", now)
	}
	if n := members.one("SELECT count(*) FROM changes WHERE kind = 'correct'"); n != "1" {
		t.Errorf("the system counts %s corrections after a refusal", n)
	}
}

// look is one reading of value and freezes together, as any other program of
// the system may see them.
type look struct {
	value  string
	frozen int
}

// wrong says what must never be seen once the freeze is on: the right value
// still frozen, or the wrong one free to be used.
func (l look) wrong(before, after string) string {
	switch {
	case l.value == before && l.frozen == 0:
		return "the wrong value can be used"
	case l.value == after && l.frozen != 0:
		return "the right value is still frozen"
	}
	return ""
}

// watch looks at value and freezes in one reading, again and again, until the
// returned function is called; that tells whether they ever came apart.
func watch(t *testing.T, y system, record, before, after string) func() int {
	t.Helper()
	for _, planted := range []look{{before, 0}, {after, 1}} {
		if planted.wrong(before, after) == "" {
			t.Errorf("%+v is not seen", planted)
		}
	}
	var mu sync.Mutex
	var faults []string
	n, end, done := 0, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			var l look
			err := y.db.QueryRow("SELECT address, (SELECT count(*) FROM holds WHERE kind = 'freeze') FROM members WHERE member_no = ?", record).Scan(&l.value, &l.frozen)
			mu.Lock()
			if n++; err != nil {
				faults = append(faults, err.Error())
			} else if w := l.wrong(before, after); w != "" {
				faults = append(faults, w)
			}
			mu.Unlock()
			select {
			case <-end:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return func() int {
		close(end)
		<-done
		mu.Lock()
		defer mu.Unlock()
		if len(faults) > 0 {
			t.Errorf("%d of %d looks: %s", len(faults), n, faults[0])
		}
		return n
	}
}

// await waits for something outside the pages, for at most a minute.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// ended demands that the record of finished cases is whole.
func ended(t *testing.T, o *driver.Office, references ...string) {
	t.Helper()
	o.Stop()
	for _, words := range [][]string{{"checkpoint"}, {"audit", "verify"}, {"fsck"}} {
		out, ok := o.Command(words...)
		if !ok {
			t.Errorf("%s: %s", strings.Join(words, " "), out)
		}
		t.Logf("counts: cases=%d %s: %s", len(references), words[0], fmt.Sprint(strings.Join(strings.Fields(out), " ")))
	}
}

func TestAValueThatChangedAfterTheDecisionIsLeftToAPersonAndNotOverwritten(t *testing.T) {
	o := driver.Start(t, driver.Options{})
	shippers := systemOf(t, o, "SHIPPERS")
	m := shippers.Main()
	c := newCustomer(t, o, dsr.VoiceJa, person{name: m.Name, kana: m.Kana, bornOn: m.BornOn, mail: m.Mail, phone: m.Phone, address: m.Address})
	const right, meanwhile = "090-0000-2299", "090-0000-2277"
	c.wishing("score-japan", "kind.correction.card")
	c.disputes(claim{"電話番号", m.Phone, right})
	c.about()
	c.card()
	handler, approver := signIn(t, o, "handler", dsr.VoiceJa).of("score-japan"), signIn(t, o, "approver", dsr.VoiceJa).of("score-japan")
	handler.seeIdentity(c.reference)
	handler.confirmSeveral("荷送人の口座", "お知らせの配信", "航空運送状")
	handler.Until("there is something to investigate", func() bool { handler.search(c.reference); return handler.hasTask("investigate") })
	if n := shippers.one("SELECT count(*) FROM holds WHERE kind = 'freeze'"); n != "0" {
		t.Errorf("%s freezes, and the policy promises none", n)
	}
	handler.investigate(c.reference, "wrong", checkedPaper)
	handler.decideItems(c.reference, func(_ int, text string) {
		if !strings.Contains(text, handler.say("desk.review.system", "system", "荷送人の口座")) {
			handler.Choose(handler.say("desk.measure.outside"))
			return
		}
		handler.Choose(handler.say("desk.measure.correct"))
		handler.Fill(handler.say("desk.review.after")+": 電話番号", right)
	})
	handler.propose()

	// The system's own staff is quicker.
	if err := shippers.Write(t.Context(), shippers.db, "profile", m.Number, "phone", meanwhile); err != nil {
		t.Fatal(err)
	}
	approver.approveIt(c.reference)
	handler.Until("a person is asked", func() bool { handler.search(c.reference); return handler.hasTask("collect") })
	handler.See(handler.say("connector.changed"))
	handler.claim("collect")
	handler.Choose(handler.say("desk.result.without"))
	handler.Press(handler.say("desk.task.done"))

	// What two agreed on is not done, and that is decided by two as well.
	handler.Until("it is back in review", func() bool { handler.search(c.reference); return handler.hasTask("review") })
	handler.claim("review")
	handler.propose()
	approver.Until("it is proposed as not done", func() bool { approver.search(c.reference); return approver.hasTask("approve") })
	approver.approveIt(c.reference)
	c.UntilSee(c.say("portal.result.refused"))
	if now := shippers.value("profile", m.Number, "phone"); now != meanwhile {
		t.Errorf("what changed meanwhile was overwritten: %q", now)
	}
	if n := shippers.one("SELECT count(*) FROM changes WHERE kind = 'correct'"); n != "0" {
		t.Errorf("the system counts %s corrections", n)
	}
	lacks(t, "N-14", c.letterCalled("letter.N-14.title-measure"), right, checkedPaper)
	ended(t, o, c.reference)
}
