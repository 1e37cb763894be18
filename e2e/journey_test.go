package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

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
	handler, second := signIn(t, o, "handler", dsr.VoiceJa), signIn(t, o, "handler2", dsr.VoiceEn)
	handler.search(c.reference)
	handler.Until("the proof can be compared", func() bool { return handler.hasTask("verify-identity") })
	second.search(c.reference)
	var late driver.Form
	second.task("verify-identity", func() { late = second.Form(second.say("desk.claim")) })
	handler.claim("verify-identity")
	second.Send(late)
	second.See("佐倉 みなと")
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
	items := handler.Parts(handler.say("desk.review.save"))
	t.Logf("counts: items=%d", items)
	handler.See("x-nothing")
}

var _ = []any{zip.NewReader, bytes.NewReader, fmt.Sprint, io.EOF, strings.Cut}
