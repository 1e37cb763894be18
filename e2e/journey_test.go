package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"madoguchi/docs/samples"
	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/internal/sample"
)

func TestADisclosureIsAnsweredFromTheFirstQuestionToTheDownloadOnSQLite(t *testing.T) {
	journey(t, driver.Options{})
}

func TestADisclosureIsAnsweredFromTheFirstQuestionToTheDownloadOnPostgreSQL(t *testing.T) {
	journey(t, driver.Options{Postgres: true})
}

// What the journey plants: none of it may be found outside the sealed record,
// the package and the system it came from.
const (
	plantedMail   = "hoa.chim.hoang.yen@example.org"
	plantedPhone  = "090-0000-7391"
	plantedScope  = "vườn nhãn xanh 7391"
	plantedNote   = "琥珀色のしおり七三九一"
	plantedReason = "lối đi sau vườn bưởi 7391"
	plantedFile   = "Madoguchi-E2E-Picture-7391"
	thirdPerson   = "貸野 保"
	ownRedaction  = "KASHINO TAMOTSU"
	withheldText  = "Phạm Thu Trang" // only in the consultation that is withheld
	withheldTopic = "労働基準監督署に相談中"
)

// marked gives a picture a marker that survives as long as the file is kept as
// it was sent.
func marked(picture []byte) []byte { return append(append([]byte(nil), picture...), plantedFile...) }

func journey(t *testing.T, opt driver.Options) {
	o := driver.Start(t, opt)
	m := sample.Main()
	c := newCustomer(t, o, dsr.VoiceVi, person{name: m.Name, kana: m.Kana, bornOn: m.BornOn, mail: plantedMail, phone: plantedPhone,
		number: m.Number, address: m.Address, scope: "Hồ sơ tư vấn năm 2025, " + plantedScope})

	// 1, 2: the portal.
	c.file()
	c.confirm()
	wrong, err := os.ReadFile("../docs/samples/residence-card-wrong-person.png")
	if err != nil {
		t.Fatal(err)
	}
	c.upload(marked(wrong))

	// 3: two claim at once.
	// One who may handle and approve: only that it is their own proposal stops them.
	o.AddStaff("both", "双葉 まこと", "handler@izumisano,approver@izumisano")
	handler, second := signIn(t, o, "both", dsr.VoiceJa), signIn(t, o, "handler2", dsr.VoiceEn)
	handler.search(c.reference)
	handler.Until("the proof can be compared", func() bool { return handler.hasTask("verify-identity") })
	second.search(c.reference)
	var late driver.Form
	second.task("verify-identity", func() { late = second.Form(second.say("desk.claim")) })
	handler.claim("verify-identity")
	second.Send(late)
	second.See("双葉 まこと")
	if second.Status != 409 {
		t.Errorf("the second claim was answered by %d", second.Status)
	}

	// Too little proof: more is asked for in Vietnamese.
	handler.Choose(handler.say("desk.more.differs"))
	handler.Fill(handler.say("desk.identity.more-text"), "Ảnh không rõ ngày sinh.")
	handler.Press(handler.say("desk.identity.show-preview"))
	handler.See(say(dsr.VoiceVi, "identity.more.differs"), "Ảnh không rõ ngày sinh.")
	handler.Press(handler.say("desk.identity.more-send"))
	c.UntilSee(c.say("portal.todo.more"))
	c.See("Ảnh không rõ ngày sinh.")
	c.Click(c.say("letter.N-02m.title"))
	c.See("Ảnh không rõ ngày sinh.", say(dsr.VoiceVi, "identity.more.differs"))
	c.Click(c.say("button.back"))
	c.upload(marked(samples.ResidenceCard))

	// Compared and confirmed.
	handler.search(c.reference)
	handler.claim("verify-identity")
	handler.Until("the systems have answered", func() bool { return handler.HasButton(handler.say("desk.identity.confirm")) })
	handler.ChooseEach(handler.say("desk.identity.mark.same"))
	handler.Choose(handler.say("desk.identity.record", "n", 1))
	handler.Select(handler.say("desk.identity.kind"), "")
	handler.Choose(handler.say("desk.identity.deliver-filed"))
	handler.Press(handler.say("desk.identity.confirm"))

	handler.Until("the items are there", func() bool { handler.search(c.reference); return handler.hasTask("review") })
	second.search(c.reference)
	second.Miss(m.Name)

	// A note for colleagues is no message.
	handler.Click(handler.say("desk.tab.notes"))
	handler.Fill(handler.say("desk.note.write"), plantedNote)
	handler.Press(handler.say("desk.note.add"))
	handler.See(plantedNote)
	handler.Click(handler.say("desk.tab.messages"))
	handler.Miss(plantedNote)

	// 5: item by item.
	handler.Click(handler.say("desk.tab.overview"))
	handler.claim("review")
	propose := handler.say("desk.review.propose")
	if handler.HasButton(propose) {
		t.Error("the decision can be proposed while items are open")
	}
	handler.Send(handler.Greyed(propose))
	if handler.Status != 409 && handler.Status != 422 {
		t.Errorf("a premature proposal was answered by %d", handler.Status)
	}
	handler.search(c.reference)
	handler.openTask("review")
	items, withheld, redacted := handler.review(plantedReason)
	if items != 6 || withheld != 1 || redacted < 2 {
		t.Errorf("%d items, %d withheld, %d with redactions", items, withheld, redacted)
	}
	handler.See(handler.say("desk.review.all-answered"))
	handler.Click(handler.say("desk.review.preview"))
	handler.See(plantedReason, say(dsr.VoiceVi, "letter.N-13.title"))
	handler.search(c.reference)
	handler.openTask("review")
	handler.Press(propose)
	handler.UntilSee(handler.say("task.approve"))

	// 6: another person.
	approver := signIn(t, o, "approver", dsr.VoiceJa)
	approver.search(c.reference)
	approver.claim("approve")
	approver.See("双葉 まこと", plantedReason)
	agree := approver.say("desk.approve.button")
	handler.search(c.reference)
	handler.Click(handler.say("desk.tab.approval"))
	handler.See(handler.say("desk.approve.own"))
	if handler.HasButton(agree) {
		t.Error("who proposed finds a button to approve")
	}
	handler.Send(approver.Form(agree))
	if handler.Status != 403 {
		t.Errorf("who proposed sent the approver's form and was answered by %d", handler.Status)
	}
	handler.search(c.reference)
	handler.See(handler.say("timeline.refused"))
	approver.Fill(approver.say("desk.approve.comment"), "理由をもう少し具体的に。")
	approver.Press(approver.say("desk.approve.send-back"))
	handler.Until("it is back", func() bool { handler.search(c.reference); return handler.hasTask("review") })
	if handler.HasButton(handler.say("desk.claim")) {
		handler.claim("review")
	} else {
		handler.openTask("review")
	}
	handler.See("理由をもう少し具体的に。")
	handler.review(plantedReason)
	handler.Press(propose)
	approver.Until("it is proposed anew", func() bool { approver.search(c.reference); return approver.hasTask("approve") })
	approver.claim("approve")
	approver.Press(agree)

	// 7, 8: a neutral mail, a fresh code, the package.
	c.Forget()
	o.Pass(time.Minute) // a code may be asked for every 30 seconds
	ready := c.mail(c.reference)
	for _, x := range []string{m.Name, m.Kana, plantedPhone, plantedReason, plantedScope} {
		ready.Miss(x)
	}
	c.find()
	c.UntilSee(c.say("portal.todo.ready"))
	subjects := c.subjects()
	c.Click(c.say("portal.todo.download"))
	o.Pass(time.Minute)
	c.Press(c.say("portal.download.get-code"))
	c.Fill(c.say("portal.code.label"), c.code())
	c.Press(c.say("portal.download.button"))
	members := opened(t, c.Browser)
	c.Click(c.say("button.back"))
	c.UntilSee(c.say("outcome.partial"))
	approver.search(c.reference)
	approver.See(approver.say("desk.outcome.partial"))

	// The record tells all of it, and nothing is anywhere else.
	o.Stop()
	if out, ok := o.Command("checkpoint"); !ok {
		t.Errorf("checkpoint: %s", out)
	}
	verified, ok := o.Command("audit", "verify")
	if !ok {
		t.Errorf("audit verify: %s", verified)
	}
	checked, ok := o.Command("fsck")
	if !ok {
		t.Errorf("fsck: %s", checked)
	}
	t.Logf("counts: items=%d withheld=%d redacted=%d members=%d mails=%d", items, withheld, redacted, members, subjects)
	t.Logf("counts: audit: %s", strings.Join(strings.Fields(verified), " "))
	t.Logf("counts: fsck: %s", strings.Join(strings.Fields(checked), " "))
	nowhereElse(t, o)
}

// review answers every item on the page of a review: what a colleague told in
// confidence is withheld for the reason, other people's names are covered, all
// the rest is given.
func (s *staff) review(reason string) (items, withheld, redacted int) {
	s.t.Helper()
	save := s.say("desk.review.save")
	items = s.Parts(save)
	for n := 1; n <= items; n++ {
		s.Within(s.say("desk.review.item", "n", n), func() {
			s.t.Helper()
			text := s.Text()
			s.ChooseEach(s.say("desk.review.does-not"))
			if s.ChooseEach(s.say("desk.review.redact")) > 0 || strings.Contains(text, "貸野") {
				redacted++
				s.Fill(s.say("desk.review.own"), ownRedaction+"\n貸野保\n貸野")
				if !strings.Contains(text, ownRedaction) {
					s.Fill(s.say("desk.review.own"), "貸野")
				}
			}
			s.Choose(s.say("desk.measure.disclose"))
			if strings.Contains(text, withheldTopic) {
				withheld++
				s.Within(s.say("desk.review.exemption", "id", "X1"), func() {
					s.Choose(s.say("desk.review.applies"))
					s.Fill(s.say("desk.review.evidence"), "情報提供者に危険が及ぶ。")
				})
				s.Choose(s.say("desk.measure.withhold"))
				s.Select(s.say("desk.review.ground"), "X1")
				s.Fill(s.say("desk.review.reason"), "Việc cung cấp có thể gây nguy hiểm cho người khác: "+reason)
			}
			s.Press(save)
		})
		if s.Status != 200 {
			s.t.Fatalf("item %d was not saved:\n%s", n, s.Text())
		}
	}
	return items, withheld, redacted
}

// subjects looks at every mail to the customer: a subject is the reference and
// the organisation and nothing else.
func (c *customer) subjects() int {
	c.t.Helper()
	w := c.o.Visitor("customer's mailbox")
	w.Open(mailbox)
	mails := w.Mails(c.p.mail)
	for _, m := range mails {
		w.Follow(m)
		if want := "[" + c.reference + "] " + "Trung tâm Hỗ trợ Người lao động Nước ngoài Thành phố Izumisano"; w.Heading() != want {
			c.t.Errorf("the subject of a mail is %q", w.Heading())
		}
	}
	return len(mails)
}

// opened reads a package and gives the number of its members.
func opened(t *testing.T, b *driver.Browser) int {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b.Body), int64(len(b.Body)))
	if err != nil {
		t.Fatalf("the download is no ZIP (%d, %s): %v\n%s", b.Status, b.Header.Get("Content-Type"), err, b.Text())
	}
	kinds := map[string]int{}
	formulas := 0
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		kinds[path.Ext(f.Name)]++
		for _, x := range []string{withheldText, withheldTopic, thirdPerson, ownRedaction, "貸野保", "貸野", "情報提供"} {
			if bytes.Contains(data, []byte(x)) || strings.Contains(f.Name+f.Comment+string(f.Extra)+z.Comment, x) {
				t.Errorf("%q is in %s of the package", x, f.Name)
			}
		}
		switch path.Ext(f.Name) {
		case ".html":
			for _, x := range []string{`lang="vi"`, plantedReason, "Nguyễn Thị Hoa"} {
				if !bytes.Contains(data, []byte(x)) {
					t.Errorf("the index of the package has no %q", x)
				}
			}
		case ".csv":
			rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))).ReadAll()
			if err != nil {
				t.Errorf("%s: %v", f.Name, err)
			}
			for _, row := range rows {
				for _, cell := range row {
					if strings.Contains(cell, "HYPERLINK") {
						formulas++
					}
					if strings.ContainsAny(first(cell), "=+-@\t\r＝＋－＠") {
						t.Errorf("%s: a spreadsheet would carry out %q", f.Name, cell)
					}
				}
			}
		case ".json":
			if !json.Valid(data) {
				t.Errorf("%s is no JSON", f.Name)
			}
		}
	}
	if kinds[".html"] != 1 || kinds[".csv"] == 0 || kinds[".json"] == 0 || formulas == 0 {
		t.Errorf("the package has %v and %d cells that look like formulas", kinds, formulas)
	}
	return len(z.File)
}

func first(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
