package notices

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is the data of a letter in a voice, with everything filled.
func sample(t *testing.T, voice dsr.Voice) Data {
	t.Helper()
	tokyo, err := clock.Zone("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	pick := func(ja, en, vi, de string) string {
		return map[dsr.Voice]string{dsr.VoiceJa: ja, dsr.VoiceEn: en, dsr.VoiceVi: vi, dsr.VoiceDe: de}[voice]
	}
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 10, 30, 0, 0, tokyo) }
	organisation := pick("見本市民支援センター", "Sample Citizens' Support Centre", "Trung tâm Hỗ trợ Người dân Mẫu", "Muster-Bürgerzentrum")
	return Data{
		Organisation: organisation,
		DeskLines: []string{
			pick("センター窓口", "The centre's desk", "Quầy tiếp nhận của Trung tâm", "Schalter des Zentrums"),
			pick("電話 000-000-0000", "Telephone 000-000-0000", "Điện thoại 000-000-0000", "Telefon 000-000-0000"),
		},
		ComplaintLines: []string{locales.T(voice, "letter.authority")},
		Reference:      "M-4F7K-2Q9T-1", Kind: dsr.KindDisclosure,
		ArrivedAt: day(11, 24), TargetAt: day(12, 15), WrittenAt: day(11, 25), Zone: tokyo,
		PolicyName: organisation, PolicyVersion: "2026.1", Link: "https://madoguchi.example/o/muster/find",
		Delivery: "download",
		Documents: []DocumentText{
			{pick("在留カード(表面)", "Residence card (front)", "Thẻ lưu trú (mặt trước)", "Aufenthaltskarte (Vorderseite)"),
				pick("カード番号は隠してください。", "Cover the card number.", "Vui lòng che số thẻ.", "Bitte die Kartennummer abdecken.")},
			{pick("マイナンバーカード(表面のみ)", "My Number card (front only)", "Thẻ My Number (chỉ mặt trước)", "My-Number-Karte (nur Vorderseite)"),
				pick("裏面は送らないでください。", "Do not send the back.", "Không gửi mặt sau.", "Bitte nicht die Rückseite senden.")},
		},
		ReplyBy: day(12, 16), Reason: "unreadable",
		Said:     pick("右下の角が切れています。", "The lower right corner is cut off.", "Góc dưới bên phải bị cắt.", "Die untere rechte Ecke ist abgeschnitten."),
		Question: pick("ご相談はいつごろでしたか。", "When did you talk to us, about?", "Quý khách đã đến tư vấn vào khoảng thời gian nào?", "Wann etwa waren Sie bei uns?"),
		Items: []ItemText{
			{Title: pick("登録情報", "Registration", "Thông tin đăng ký", "Registrierung"), System: pick("相談記録", "Consultation records", "Hồ sơ tư vấn", "Beratungsakten"), Measure: dsr.MeasureDisclose},
			{Title: pick("相談の記録", "Consultations", "Nội dung tư vấn", "Beratungen"), System: pick("相談記録", "Consultation records", "Hồ sơ tư vấn", "Beratungsakten"), Measure: dsr.MeasureDisclose, Redacted: true},
			{Title: pick("メッセージ", "Messages", "Tin nhắn", "Nachrichten"), System: pick("相談記録", "Consultation records", "Hồ sơ tư vấn", "Beratungsakten"), Measure: dsr.MeasureWithhold,
				Ground: Ground(voice, "33(2)(i)", "7(1)", nil),
				ReasonText: pick("ほかの方の安全を害するおそれがあるため。", "It would put somebody else's safety at risk.",
					"Việc cung cấp có thể gây nguy hiểm cho người khác.", "Die Sicherheit einer anderen Person wäre gefährdet.")},
		},
		Systems:   []string{pick("相談記録", "Consultation records", "Hồ sơ tư vấn", "Beratungsakten")},
		OldTarget: day(12, 8), Code: "1234 5678", AvailableUntil: day(12, 22), Downloads: 5, ReopenUntil: day(12, 31),
		Recipients: []RecipientLine{
			{pick("見本配送株式会社", "Sample Delivery Ltd.", "Công ty Giao hàng Mẫu", "Muster-Lieferdienst GmbH"), dsr.RecipientInformed, 1},
			{pick("見本決済株式会社", "Sample Payments Ltd.", "Công ty Thanh toán Mẫu", "Muster-Zahlungen GmbH"), dsr.RecipientUnreachable, 3},
			{pick("見本調査株式会社", "Sample Research Ltd.", "Công ty Khảo sát Mẫu", "Muster-Forschung GmbH"), dsr.RecipientDeclined, 1},
		},
		HoldFields: []string{pick("電話番号", "telephone number", "số điện thoại", "Telefonnummer")}, HeldSince: day(11, 25),
		Representative: "statutory", Relation: "parent", EraseAt: day(12, 4), StopLink: "https://madoguchi.example/o/muster/stop/k7Q2",
		Where: pick("配送を頼まれた会社の個人情報窓口にお尋ねください。", "Ask the privacy desk of the shop that sent your parcel.",
			"Xin liên hệ bộ phận bảo vệ thông tin của cửa hàng đã gửi hàng.", "Wenden Sie sich an die Datenschutzstelle des Versenders."),
		NewKind: dsr.KindErasure, NewReference: "M-4F7K-2Q9T-2",
		Person: pick("見本 花子", "Hanako Mihon", "Hanako Mihon", "Hanako Mihon"), Recipient: pick("見本配送株式会社", "Sample Delivery Ltd.", "Công ty Giao hàng Mẫu", "Muster-Lieferdienst GmbH"),
	}
}

// changed are decided items of the other kinds: one for each measure that a
// letter about them can have.
func changed(t *testing.T, voice dsr.Voice) map[dsr.Measure]ItemText {
	t.Helper()
	pick := func(ja, en, vi, de string) string {
		return map[dsr.Voice]string{dsr.VoiceJa: ja, dsr.VoiceEn: en, dsr.VoiceVi: vi, dsr.VoiceDe: de}[voice]
	}
	done := sample(t, voice).WrittenAt
	members := pick("会員管理", "Member records", "Quản lý hội viên", "Mitgliederverwaltung")
	return map[dsr.Measure]ItemText{
		dsr.MeasureCorrect: {Title: pick("会員情報", "Profile", "Thông tin hội viên", "Mitgliedsdaten"), System: members, Measure: dsr.MeasureCorrect, DoneAt: done,
			Changes: []ChangeText{
				{pick("電話番号", "Telephone number", "Số điện thoại", "Telefonnummer"), "090-0000-1111", "090-0000-2222"},
				{pick("建物名", "Building", "Tên tòa nhà", "Gebäude"), "", "A-101"},
			}},
		dsr.MeasureDelete: {Title: pick("お問い合わせ", "Enquiries", "Câu hỏi đã gửi", "Anfragen"), System: members, Measure: dsr.MeasureDelete, DoneAt: done,
			Changes: []ChangeText{{pick("勤務先", "Employer", "Nơi làm việc", "Arbeitgeber"), pick("見本商店", "Sample Shop", "Cửa hàng Mẫu", "Musterladen"), ""}}},
		dsr.MeasureSuspend: {Title: pick("荷主の登録", "Shipper's account", "Tài khoản người gửi hàng", "Versenderkonto"), System: members, Measure: dsr.MeasureSuspend, DoneAt: done},
		dsr.MeasureErase: {Title: pick("お知らせの配信先", "Newsletter", "Danh sách nhận bản tin", "Newsletter"), System: pick("配信", "Mailing", "Gửi bản tin", "Versand"),
			Measure: dsr.MeasureErase, DoneAt: done},
		dsr.MeasureKeep: {Title: pick("運送の記録", "Waybills", "Vận đơn", "Frachtbriefe"), System: pick("運送", "Shipping", "Vận chuyển", "Transport"), Measure: dsr.MeasureKeep,
			Until: "2033-03-31", Statute: pick("法人税法施行規則第59条", "Article 59 of the Ordinance for Enforcement of the Corporation Tax Act",
				"Điều 59 Quy định thi hành Luật Thuế doanh nghiệp", "Artikel 59 der Durchführungsverordnung zum Körperschaftsteuergesetz")},
		dsr.MeasureAlternative: {Title: pick("紙の名簿", "Paper list", "Danh sách giấy", "Papierliste"), System: members, Measure: dsr.MeasureAlternative, Until: "2027-03-31",
			Alternative: pick("次の印刷のときにお名前を外します。", "Your name is left out of the next printing.", "Tên của quý khách sẽ được bỏ trong lần in tiếp theo.", "Ihr Name entfällt beim nächsten Druck.")},
		dsr.MeasureRefuse: {Title: pick("会員番号", "Member number", "Mã hội viên", "Mitgliedsnummer"), System: members, Measure: dsr.MeasureRefuse, Ground: Ground(voice, "34(2)", "5", nil),
			ReasonText:  pick("会員番号は変更できない番号であり、事実と異なるものではないため。", "The number is assigned once, cannot be changed, and is not wrong.", "Mã hội viên được cấp một lần, không thể thay đổi và không sai sự thật.", "Die Nummer wird einmal vergeben, ist unveränderlich und nicht falsch."),
			Alternative: pick("新しい番号で登録し直すことができます。", "You can register anew under another number.", "Quý khách có thể đăng ký lại với mã mới.", "Sie können sich unter einer neuen Nummer neu anmelden.")},
		dsr.MeasureNotHeld: {Title: pick("通話の録音", "Call recordings", "Ghi âm cuộc gọi", "Gesprächsaufzeichnungen"), System: members, Measure: dsr.MeasureNotHeld},
	}
}

// decided is the data of a letter about a case of another kind with one item
// for each of the measures.
func decided(t *testing.T, voice dsr.Voice, kind dsr.Kind, measures ...dsr.Measure) Data {
	d := sample(t, voice)
	d.Kind, d.Items, d.Decided = kind, nil, map[dsr.Measure]int{}
	if !kind.Freezes() {
		d.HoldFields = nil
	}
	for _, m := range measures {
		d.Items = append(d.Items, changed(t, voice)[m])
		d.Decided[m]++
	}
	return d
}

// variants are letters whose text depends on more than their code.
func variants(t *testing.T, code string, voice dsr.Voice) map[string]Data {
	d := sample(t, voice)
	switch code {
	case "N-01":
		d.Reference, d.Kinds = "M-4F7K-2Q9T", []dsr.Kind{dsr.KindDisclosure, dsr.KindCorrection}
	case "N-07":
		d.Reason = "searching"
		silent := d
		silent.OldTarget, silent.Said = d.TargetAt, ""
		own := d
		own.Extends, own.Said = true, ""
		law := own
		law.Reason, law.Basis = "investigating", map[dsr.Voice]string{dsr.VoiceJa: "GDPR第12条3項", dsr.VoiceEn: "Art. 12(3) GDPR", dsr.VoiceVi: "Điều 12 khoản 3 GDPR", dsr.VoiceDe: "Art. 12 Abs. 3 DSGVO"}[voice]
		return map[string]Data{code: d, code + "-no-date": silent, code + "-extended": own, code + "-law": law}
	case "N-12":
		d.Items = d.Items[:1]
		post := d
		post.Delivery = "post"
		return map[string]Data{code: d, code + "-post": post}
	case "N-14":
		d.Items = d.Items[2:]
		stranger := d
		stranger.Items, stranger.Outcome, stranger.ReopenUntil = nil, dsr.OutcomeRejectedIdentity, time.Time{}
		agent := stranger
		agent.Outcome = dsr.OutcomeRejectedForm
		return map[string]Data{code: d, code + "-identity": stranger, code + "-authority": agent,
			code + "-correction": decided(t, voice, dsr.KindCorrection, dsr.MeasureRefuse), code + "-suspension": decided(t, voice, dsr.KindSuspension, dsr.MeasureRefuse, dsr.MeasureNotHeld)}
	case "N-01b":
		d.Reason = ""
		other := d
		other.Kind = dsr.KindSuspension
		return map[string]Data{code: d, code + "-suspension": other}
	case "N-03":
		d.Reason, d.Said = "", ""
		agent, more := d, d
		agent.Representative, agent.Relation, agent.PersonOnly = "delegated", "lawyer", true
		more.Reason, more.Said = "no-mandate", sample(t, voice).Said
		return map[string]Data{code: d, code + "-delegated": agent, code + "-more": more}
	case "N-10":
		d.Kind = dsr.KindCorrection
	case "N-17":
		addition := decided(t, voice, dsr.KindAddition, dsr.MeasureCorrect)
		addition.Recipients = nil
		full := decided(t, voice, dsr.KindCorrection, dsr.MeasureCorrect)
		preview := full
		preview.Preview, preview.Recipients, preview.Items = true, nil, slices.Clone(full.Items)
		preview.Items[0].DoneAt = time.Time{}
		return map[string]Data{code: full, code + "-addition": addition, code + "-preview": preview,
			code + "-part":        decided(t, voice, dsr.KindCorrection, dsr.MeasureCorrect, dsr.MeasureRefuse, dsr.MeasureNotHeld),
			code + "-alternative": decided(t, voice, dsr.KindCorrection, dsr.MeasureAlternative)}
	case "N-18":
		shredded := decided(t, voice, dsr.KindErasure, dsr.MeasureErase)
		shredded.Items[0].Method = "A"
		return map[string]Data{code: decided(t, voice, dsr.KindDeletion, dsr.MeasureSuspend, dsr.MeasureErase, dsr.MeasureKeep),
			code + "-every": decided(t, voice, dsr.KindDeletion, dsr.MeasureDelete, dsr.MeasureSuspend, dsr.MeasureErase, dsr.MeasureKeep,
				dsr.MeasureAlternative, dsr.MeasureRefuse, dsr.MeasureNotHeld),
			code + "-kept":        decided(t, voice, dsr.KindErasure, dsr.MeasureKeep, dsr.MeasureRefuse),
			code + "-suspension":  decided(t, voice, dsr.KindSuspension, dsr.MeasureSuspend),
			code + "-alternative": decided(t, voice, dsr.KindSuspension, dsr.MeasureAlternative), code + "-method": shredded}
	case "N-19":
		d.Kind = dsr.KindCorrection
		all := d
		all.Recipients = d.Recipients[:1]
		return map[string]Data{code: d, code + "-all": all}
	case "N-23", "N-34":
		d.Kind = dsr.KindDeletion
	case "N-32":
		d = decided(t, voice, dsr.KindDeletion, dsr.MeasureErase, dsr.MeasureKeep)
	case "N-15":
		d.Items = nil
		other := d
		other.Kind = dsr.KindErasure
		return map[string]Data{code: d, code + "-erasure": other}
	case "N-20", "N-27":
		asked, agent := d, d
		d.Reason, asked.Reason, agent.Reason = "identity", "clarification", "authority"
		return map[string]Data{code: d, code + "-clarification": asked, code + "-authority": agent}
	case "N-21":
		final := d
		final.ReplyBy = time.Time{}
		d.WithTime = true
		begun := decided(t, voice, dsr.KindDeletion, dsr.MeasureSuspend, dsr.MeasureKeep)
		begun.ReplyBy = time.Time{}
		return map[string]Data{code: d, code + "-final": final, code + "-begun": begun}
	}
	return map[string]Data{code: d}
}

// each calls f with every letter there is.
func each(t *testing.T, f func(name string, d Data, l dsr.Letter)) {
	n := 0
	for _, code := range Codes {
		for _, voice := range Voices {
			for name, d := range variants(t, code, voice) {
				l, err := Letter(code, voice, d)
				if err != nil {
					t.Errorf("%s in %s: %v", name, voice, err)
					continue
				}
				n++
				f(name+"."+string(voice), d, l)
			}
		}
	}
	if n == 0 {
		t.Fatal("no letter was written")
	}
	t.Logf("%d letters", n)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs from its golden file; read it and run go test ./internal/notices -update:\n%s", name, got)
	}
}

func TestLettersAreAsTheyWereRead(t *testing.T) {
	each(t, func(name string, _ Data, l dsr.Letter) { golden(t, name, l.Text) })
	for _, voice := range Voices {
		l, err := Letter("N-13", voice, sample(t, voice))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "N-13."+string(voice)+".html", l.HTML)
		text, err := RecipientText(voice, decided(t, voice, dsr.KindDeletion, dsr.MeasureDelete, dsr.MeasureSuspend, dsr.MeasureErase, dsr.MeasureKeep))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "recipient."+string(voice), text)
		d := decided(t, voice, dsr.KindCorrection, dsr.MeasureCorrect)
		d.ReplyBy = time.Time{}
		if text, err = RecipientText(voice, d); err != nil {
			t.Fatal(err)
		}
		golden(t, "recipient-correction."+string(voice), text)
		for _, code := range []string{"N-02", "N-26", "N-28", "N-32", "N-33"} {
			subject, text, err := Mail(code, voice, sample(t, voice))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "mail-"+code+"."+string(voice), "Subject: "+subject+"\n\n"+text)
		}
	}
}

// leftovers finds what a letter must never show.
var leftover = regexp.MustCompile(`\{[a-z_ ]*\}|\[[a-z][A-Za-z0-9.-]*\]|%!|<no value>|\b0001\b|<nil>`)

func leftovers(s string) []string { return leftover.FindAllString(s, -1) }

func TestNothingIsLeftUnfilled(t *testing.T) {
	for _, planted := range []string{"until {by}", "[letter.N-99.title]", "%!s(MISSING)", "1 January 0001"} {
		if len(leftovers(planted)) == 0 {
			t.Errorf("%q was not found", planted)
		}
	}
	each(t, func(name string, _ Data, l dsr.Letter) {
		for _, s := range []string{l.Title, l.Text, l.HTML, l.Subject} {
			for _, m := range leftovers(s) {
				t.Errorf("%s: %q is left", name, m)
			}
		}
		for _, line := range strings.Split(l.Text, "\n") {
			if line != strings.TrimSpace(line) || strings.Contains(line, "  ") {
				t.Errorf("%s: a gap in %q", name, line)
			}
		}
	})
	for _, code := range append([]string{"N-26", "N-31"}, Codes...) {
		for _, voice := range Voices {
			_, text, err := Mail(code, voice, sample(t, voice))
			if err != nil || len(leftovers(text)) > 0 {
				t.Errorf("mail %s in %s: %v %v", code, voice, err, leftovers(text))
			}
		}
	}
}

// required lists what the law and the rules for every notice want in a letter,
// as strings that must stand in it.
func required(code string, voice dsr.Voice, d Data) map[string]string {
	w := &writer{voice: voice, d: d, key: "letter." + code}
	want := map[string]string{"organisation": d.Organisation, "reference": d.Reference, "arrival": w.day(d.ArrivedAt), "kind": w.kinds(),
		"policy version": d.PolicyVersion}
	for _, l := range d.DeskLines {
		want["desk: "+l] = l
	}
	for _, l := range d.ComplaintLines {
		want["complaint: "+l] = "- " + l // also without the policy's own place
	}
	add := func(keys ...string) {
		for _, k := range keys {
			want[k] = w.t(k)
		}
	}
	switch code {
	case "N-01", "N-01b":
		want["target"] = w.until(d.TargetAt)
	case "N-02", "N-02m":
		add("letter.not-asked-text", "letter.paused", "letter.how-portal", "letter.how-post", "letter.how-counter", "letter.impossible-text")
		want["reply by"] = w.until(d.ReplyBy)
		for _, doc := range d.Documents {
			want["document "+doc.Title], want["mask of "+doc.Title] = doc.Title, doc.Mask
		}
		if code == "N-02m" {
			add("identity.more.unreadable")
			want["what staff added"] = d.Said
		}
	case "N-03":
		add("letter.N-03."+d.Representative, "representative."+d.Representative, "relation."+d.Relation, "letter.N-03.answer-text", "letter.paused",
			"letter.how-post", "letter.impossible-text", "letter.not-asked-text")
		want["reply by"] = w.until(d.ReplyBy)
		for _, doc := range d.Documents {
			want["document "+doc.Title] = doc.Title
		}
		if d.PersonOnly {
			add("letter.N-03.exception")
		}
		if d.Reason != "" {
			add("letter.N-03.more", "authority.more."+d.Reason)
			want["what staff added"] = d.Said
		}
	case "N-10":
		add("letter.N-10.body", "letter.N-10.until", "letter.N-10.except")
		want["field"], want["since"] = "- "+d.HoldFields[0], w.moment(d.HeldSince)
	case "N-17", "N-18":
		want["law"] = w.law(d.Kind)
		switch {
		case len(d.Items) == 1 && d.Items[0].Measure.Granted():
			want["what was decided"] = w.t("letter." + code + ".body-full")
		case len(d.Items) == 1:
			want["what was decided"] = w.t("letter.body-alternative")
		case d.Kind == dsr.KindErasure:
			want["what was decided"] = w.t("letter.body-otherwise")
		default:
			want["what was decided"] = w.t("letter." + code + ".body-part")
		}
		for _, it := range d.Items {
			for name, s := range toldOf(w, it) {
				want[name+" of "+it.Title] = s
			}
			if it.Measure == dsr.MeasureRefuse {
				add("letter.suit", "letter.object")
			}
		}
		if len(d.HoldFields) > 0 && !d.Preview {
			if d.Items[0].Measure == dsr.MeasureCorrect {
				add("letter.hold-released")
			}
			if d.Items[len(d.Items)-1].Measure != dsr.MeasureCorrect {
				add("letter.hold-ends")
			}
		}
		acts := slices.ContainsFunc(d.Items, func(it ItemText) bool { return it.Measure.Action() != "" })
		for _, r := range d.Recipients {
			if acts {
				want["recipient "+r.Name] = "- " + r.Name
			}
		}
		if acts && len(d.Recipients) == 0 && !d.Preview {
			add("letter.recipients-none")
		}
	case "N-19":
		for _, r := range d.Recipients {
			want["result of "+r.Name] = w.t("letter.recipient."+string(r.Result), "n", r.Attempts)
			want["recipient "+r.Name] = r.Name
		}
	case "N-23":
		add("letter.N-23.nothing", "letter.N-23.forwarded", "letter.N-23.body")
		want["where"] = "> " + d.Where
	case "N-32":
		add("letter.N-32.agree", "letter.N-32.not-you", "letter.to-file")
		want["when"], want["link"], want["what"] = w.moment(d.EraseAt), d.StopLink, "- "+d.Items[0].Title
	case "N-33":
		add("letter.N-33.confirm", "letter.N-33.object", "representative."+d.Representative, "letter.to-file")
	case "N-34":
		add("letter.N-34.same", "letter.N-34.wrong")
		want["new kind"], want["new reference"] = locales.T(voice, "kind."+string(d.NewKind)+".letter"), d.NewReference
		want["law"] = Ground(voice, "35(1), 35(5)", "", nil)
	case "N-06":
		add("letter.N-06.not-narrow", "letter.paused")
		want["question"], want["reply by"] = d.Question, w.until(d.ReplyBy)
	case "N-07":
		add("letter.late." + d.Reason)
		if d.Extends {
			add("letter.N-07.extended")
			want["old target"] = w.until(d.OldTarget)
		}
		if d.Basis != "" {
			add("letter.N-07.rights")
			want["basis"] = d.Basis
		}
		if d.TargetAt.After(d.OldTarget) {
			want["new target"] = w.until(d.TargetAt)
		} else {
			add("letter.N-07.no-date")
		}
	case "N-13", "N-14":
		add("letter.suit", "letter.object")
		switch d.Outcome {
		case dsr.OutcomeRejectedIdentity:
			add("letter.N-14i.reason", "letter.object-how")
		case dsr.OutcomeRejectedForm:
			add("letter.N-14a.reason", "letter.object-how")
		}
	case "N-15":
		add("letter.suit", "letter.object")
		for _, s := range d.Systems {
			want["searched "+s] = s
		}
	case "N-16":
		add("letter.N-16.how-code", "letter.N-16.covered")
		want["until"] = w.until(d.AvailableUntil)
	case "N-20":
		add("letter.N-20.missing-"+d.Reason, "letter.N-20.reminded", "letter.N-20.anew")
		want["reopen until"] = w.day(d.ReopenUntil)
	case "N-21":
		if d.Kind == dsr.KindDisclosure {
			add("letter.N-21.remains")
		} else {
			add("letter.N-21.done")
			want["what stays"] = "- " + d.Items[0].Title
		}
	case "N-27":
		want["reply by"] = w.until(d.ReplyBy)
	}
	if code == "N-13" || code == "N-14" {
		for _, it := range d.Items {
			want["item "+it.Title] = it.Title
			if it.Measure == dsr.MeasureWithhold || it.Measure == dsr.MeasureRefuse {
				want["ground of "+it.Title], want["reason of "+it.Title] = it.Ground, it.ReasonText
			}
			if it.Alternative != "" {
				want["alternative of "+it.Title] = it.Alternative
			}
			if it.Redacted {
				add("letter.redacted")
			}
		}
	}
	return want
}

// toldOf is what a letter about measures must say of an item, written
// without the code that writes it.
func toldOf(w *writer, it ItemText) map[string]string {
	want := map[string]string{"title": "□ " + it.Title, "system": it.System}
	if !(it.Measure == dsr.MeasureCorrect && w.d.Kind == dsr.KindAddition) {
		want["measure"] = w.t("letter.measure." + string(it.Measure))
	}
	if !it.DoneAt.IsZero() {
		want["date"] = locales.DateTime(w.voice, it.DoneAt, true)
	}
	for _, ch := range it.Changes {
		want["field "+ch.Field], want["before"+ch.Field], want["after"+ch.Field] = ch.Field, ch.Before, ch.After
		if ch.Before == "" {
			want["before"+ch.Field] = w.t("letter.change-blank")
		}
		if ch.After == "" {
			want["after"+ch.Field] = w.t("letter.change-removed")
		}
	}
	for name, s := range map[string]string{"statute": it.Statute, "ground": it.Ground, "reason": it.ReasonText, "alternative": it.Alternative, "until": w.civil(it.Until)} {
		if s != "" {
			want[name] = s
		}
	}
	switch {
	case it.Measure == dsr.MeasureErase && it.Method == "":
		want["method"] = w.t("letter.erased-how")
	case it.Measure == dsr.MeasureKeep:
		want["what then"] = w.t("letter.kept")
	}
	return want
}

func absent(text string, want map[string]string) (missing []string) {
	for name, s := range want {
		if s == "" || !strings.Contains(text, s) {
			missing = append(missing, name)
		}
	}
	return missing
}

func TestALetterSaysWhatTheLawWants(t *testing.T) {
	each(t, func(name string, d Data, l dsr.Letter) {
		want := required(l.Code, l.Voice, d)
		for _, m := range absent(l.Text, want) {
			t.Errorf("%s lacks %s (%q)", name, m, want[m])
		}
		// Plant the fault: each thing taken out of the letter is missed.
		for what, s := range want {
			if len(absent(strings.ReplaceAll(l.Text, s, ""), map[string]string{what: s})) != 1 {
				t.Errorf("%s: %s was taken out and not missed", name, what)
			}
		}
	})
	d := sample(t, dsr.VoiceEn)
	d.ComplaintLines = nil // a pack that names nobody
	l, err := Letter("N-14", dsr.VoiceEn, d)
	if err != nil || !strings.Contains(l.Text, "- Personal Information Protection Commission") {
		t.Errorf("a refusal without a place to complain: %v", err)
	}
}

func TestALetterThatLacksSomethingIsNotWritten(t *testing.T) {
	for _, f := range []struct {
		code, want string
		spoil      func(*Data)
	}{
		{"N-01", "organisation", func(d *Data) { d.Organisation = "" }},
		{"N-01", "reference", func(d *Data) { d.Reference = "" }},
		{"N-01", "arrival", func(d *Data) { d.ArrivedAt = time.Time{} }},
		{"N-01", "date", func(d *Data) { d.WrittenAt = time.Time{} }},
		{"N-01", "policy", func(d *Data) { d.PolicyName = "" }},
		{"N-01", "kind", func(d *Data) { d.Kind = "" }},
		{"N-01", "target date", func(d *Data) { d.TargetAt = time.Time{} }},
		{"N-14", "way to reach the desk", func(d *Data) { d.DeskLines = nil }},
		{"N-02", "list of documents", func(d *Data) { d.Documents = nil }},
		{"N-02", "date to reply by", func(d *Data) { d.ReplyBy = time.Time{} }},
		{"N-02m", "reason", func(d *Data) { d.Reason, d.Said = "", "" }},
		{"N-06", "question", func(d *Data) { d.Question = "" }},
		{"N-13", "items", func(d *Data) { d.Items = nil }},
		{"N-13", "ground of a withheld item", func(d *Data) { d.Items[2].Ground = "" }},
		{"N-13", "reason of a withheld item", func(d *Data) { d.Items[2].ReasonText = "" }},
		{"N-14", "items", func(d *Data) { d.Items = nil }},
		{"N-16", "end of availability", func(d *Data) { d.AvailableUntil = time.Time{} }},
		{"N-16", "number of downloads", func(d *Data) { d.Downloads = 0 }},
		{"N-20", "what was missing", func(d *Data) { d.Reason = "" }},
		{"N-27", "what is waited for", func(d *Data) { d.Reason = "unreadable" }},
		{"N-20", "what was missing", func(d *Data) { d.Reason = "fee" }},
		{"N-03", "kind of representative", func(d *Data) { d.Representative = "friend" }},
		{"N-03", "list of documents", func(d *Data) { d.Documents, d.Reason = nil, "" }},
		{"N-03", "reason", func(d *Data) { d.Reason = "because" }},
		{"N-03", "date to reply by", func(d *Data) { d.ReplyBy = time.Time{} }},
		{"N-07", "date before the extension", func(d *Data) { d.Extends, d.OldTarget, d.Reason = true, time.Time{}, "searching" }},
		{"N-07", "date after the extension", func(d *Data) { d.Extends, d.OldTarget, d.Reason = true, d.TargetAt, "searching" }},
		{"N-07", "reason of the extension", func(d *Data) { d.Extends, d.Reason = true, "because" }},
		{"N-10", "fields", func(d *Data) { d.HoldFields = nil }},
		{"N-10", "time since when", func(d *Data) { d.HeldSince = time.Time{} }},
		{"N-19", "recipients", func(d *Data) { d.Recipients = nil }},
		{"N-19", "name of a recipient", func(d *Data) { d.Recipients[1].Name = "" }},
		{"N-19", "result of a recipient", func(d *Data) { d.Recipients[1].Result = "" }},
		{"N-19", "result of a recipient", func(d *Data) { d.Recipients[1].Result = "no-answer" }},
		{"N-19", "number of attempts", func(d *Data) { d.Recipients[1].Attempts = 0 }},
		{"N-23", "place to ask", func(d *Data) { d.Where = "" }},
		{"N-32", "time at which the erasure begins", func(d *Data) { d.EraseAt = time.Time{} }},
		{"N-32", "link to stop", func(d *Data) { d.StopLink = "" }},
		{"N-33", "kind of representative", func(d *Data) { d.Representative = "" }},
		{"N-34", "new kind", func(d *Data) { d.NewKind = "" }},
		{"N-34", "new kind", func(d *Data) { d.NewKind = d.Kind }},
		{"N-34", "new reference", func(d *Data) { d.NewReference = "" }},
		{"N-99", `no letter "N-99"`, func(*Data) {}},
		{"N-26", `no letter "N-26"`, func(*Data) {}},
	} {
		d := sample(t, dsr.VoiceEn)
		f.spoil(&d)
		_, err := Letter(f.code, dsr.VoiceEn, d)
		if err == nil || !strings.Contains(err.Error(), f.want) {
			t.Errorf("%s without %s: %v", f.code, f.want, err)
		}
		if err != nil && strings.Contains(err.Error(), d.Question) && d.Question != "" {
			t.Errorf("%s: the error quotes the letter", f.code)
		}
	}
	for _, f := range []struct {
		code  string
		spoil func(*Data)
	}{
		{"N-26", func(d *Data) { d.Code = "" }}, {"N-26", func(d *Data) { d.Link = "" }}, {"N-26", func(d *Data) { d.Reference = "" }},
		{"N-32", func(d *Data) { d.StopLink = "" }}, {"N-32", func(d *Data) { d.EraseAt = time.Time{} }}, {"N-33", func(d *Data) { d.DeskLines = nil }},
	} {
		d := sample(t, dsr.VoiceEn)
		f.spoil(&d)
		if _, _, err := Mail(f.code, dsr.VoiceEn, d); err == nil {
			t.Errorf("a mail %s without what it is for was written", f.code)
		}
	}
}

func TestALetterThatMissesAMeasureIsNotWritten(t *testing.T) {
	correction := func(spoil func(*ItemText)) Data {
		d := decided(t, dsr.VoiceEn, dsr.KindCorrection, dsr.MeasureCorrect, dsr.MeasureRefuse)
		d.Items[0].Changes = slices.Clone(d.Items[0].Changes)
		spoil(&d.Items[0])
		return d
	}
	one := func(m dsr.Measure, spoil func(*ItemText)) Data {
		d := decided(t, dsr.VoiceEn, dsr.KindDeletion, m)
		spoil(&d.Items[0])
		return d
	}
	dropped := decided(t, dsr.VoiceEn, dsr.KindDeletion, dsr.MeasureSuspend, dsr.MeasureErase, dsr.MeasureKeep)
	dropped.Items = dropped.Items[:2]
	disclosed := decided(t, dsr.VoiceEn, dsr.KindCorrection, dsr.MeasureCorrect)
	for _, f := range []struct {
		code, want string
		d          Data
	}{
		{"N-17", "", correction(func(*ItemText) {})},
		{"N-17", "change of a corrected item", correction(func(it *ItemText) { it.Changes = nil })},
		{"N-17", "value after a change", correction(func(it *ItemText) { it.Changes[0].After = "" })},
		{"N-17", "difference between before and after", correction(func(it *ItemText) { it.Changes[0].Before = it.Changes[0].After })},
		{"N-17", "field of a change", correction(func(it *ItemText) { it.Changes[1].Field = "" })},
		{"N-17", "date of a measure", correction(func(it *ItemText) { it.DoneAt = time.Time{} })},
		{"N-17", "title of an item", correction(func(it *ItemText) { it.Title = "" })},
		{"N-17", "measure of an item", correction(func(it *ItemText) { it.Measure = "" })},
		{"N-17", "measure of an item", correction(func(it *ItemText) { it.Measure = dsr.MeasureErase })},
		{"N-18", "", one(dsr.MeasureSuspend, func(*ItemText) {})},
		{"N-18", "measure of an item", one(dsr.MeasureSuspend, func(it *ItemText) { it.Measure = "annotate" })},
		{"N-18", "date of a measure", one(dsr.MeasureSuspend, func(it *ItemText) { it.DoneAt = time.Time{} })},
		{"N-18", "date of a measure", one(dsr.MeasureErase, func(it *ItemText) { it.DoneAt = time.Time{} })},
		{"N-18", "change of a deletion", one(dsr.MeasureDelete, func(it *ItemText) { it.Changes = nil })},
		{"N-18", "content that was deleted", one(dsr.MeasureDelete, func(it *ItemText) { it.Changes = []ChangeText{{"Employer", "", ""}} })},
		{"N-18", "date until which an item is kept", one(dsr.MeasureKeep, func(it *ItemText) { it.Until = "" })},
		{"N-18", "date until which an item is kept", one(dsr.MeasureKeep, func(it *ItemText) { it.Until = "seven years" })},
		{"N-18", "statute of a kept item", one(dsr.MeasureKeep, func(it *ItemText) { it.Statute = "" })},
		{"N-18", "alternative measure", one(dsr.MeasureAlternative, func(it *ItemText) { it.Alternative = "" })},
		{"N-18", "date of an alternative", one(dsr.MeasureAlternative, func(it *ItemText) { it.Until = "" })},
		{"N-18", "ground of a refused item", one(dsr.MeasureRefuse, func(it *ItemText) { it.Ground = "" })},
		{"N-18", "reason of a refused item", one(dsr.MeasureRefuse, func(it *ItemText) { it.ReasonText = "" })},
		{"N-14", "reason of a refused item", one(dsr.MeasureRefuse, func(it *ItemText) { it.ReasonText = "" })},
		{"N-18", "item for each measure that was decided", dropped},
		{"N-12", "kind that is disclosed", disclosed},
		{"N-13", "kind that is disclosed", disclosed},
	} {
		_, err := Letter(f.code, dsr.VoiceEn, f.d)
		if (err == nil) != (f.want == "") || err != nil && !strings.Contains(err.Error(), f.want) {
			t.Errorf("%s without %q: %v", f.code, f.want, err)
		}
	}
	// Every measure of every kind can stand in the letter of its kind.
	for _, k := range dsr.Kinds {
		for _, m := range k.Measures() {
			code, d := "N-18", decided(t, dsr.VoiceEn, k, m)
			switch {
			case m == dsr.MeasureOutside:
				continue // no letter lists it
			case k == dsr.KindDisclosure:
				code, d = "N-13", sample(t, dsr.VoiceEn)
				d.Items = []ItemText{{Title: "Consultations", Measure: m, Ground: "Article 1", ReasonText: "A reason."}}
			case k.Freezes():
				code = "N-17"
			}
			l, err := Letter(code, dsr.VoiceEn, d)
			if err != nil || !strings.Contains(l.Text, "Decision: ") || len(leftovers(l.Text)) > 0 {
				t.Errorf("%s of a %s: %v\n%s", m, k, err, l.Text)
			}
		}
	}
	// What the request does not concern is left out, and nobody misses it.
	d := decided(t, dsr.VoiceEn, dsr.KindSuspension, dsr.MeasureSuspend)
	d.Items = append(d.Items, ItemText{Title: "Somebody else's matter", Measure: dsr.MeasureOutside})
	d.Decided[dsr.MeasureOutside] = 1
	if l, err := Letter("N-18", dsr.VoiceEn, d); err != nil || strings.Contains(l.Text, "Somebody else") {
		t.Errorf("an item that the request does not concern: %v", err)
	}
}

func TestATextForARecipientSaysWhoseDataAndWhatIsAsked(t *testing.T) {
	for _, voice := range Voices {
		d := decided(t, voice, dsr.KindDeletion, dsr.MeasureDelete, dsr.MeasureErase, dsr.MeasureKeep)
		text, err := RecipientText(voice, d)
		if err != nil {
			t.Fatal(err)
		}
		w := &writer{voice: voice, d: d}
		want := map[string]string{"person": d.Person, "recipient": d.Recipient, "reference": d.Reference, "reply by": w.until(d.ReplyBy), "desk": "- " + d.DeskLines[1],
			"what to delete": w.t("recipient-text.ask.delete"), "what to erase": w.t("recipient-text.ask.erase"), "value": d.Items[0].Changes[0].Before}
		for _, m := range absent(text, want) {
			t.Errorf("in %s the text lacks %s", voice, m)
		}
		if strings.Contains(text, d.Items[2].Title) || len(leftovers(text)) > 0 {
			t.Errorf("in %s the text names what is not asked, or has %v", voice, leftovers(text))
		}
	}
	for _, f := range []struct {
		want  string
		spoil func(*Data)
	}{
		{"person", func(d *Data) { d.Person = "" }},
		{"recipient", func(d *Data) { d.Recipient = "" }},
		{"reference", func(d *Data) { d.Reference = "" }},
		{"way to reach the desk", func(d *Data) { d.DeskLines = nil }},
		{"measure to ask for", func(d *Data) { d.Items = d.Items[1:] }},
		{"change of a corrected item", func(d *Data) { d.Items[0].Changes = nil }},
	} {
		d := decided(t, dsr.VoiceEn, dsr.KindCorrection, dsr.MeasureCorrect, dsr.MeasureRefuse)
		f.spoil(&d)
		if _, err := RecipientText(dsr.VoiceEn, d); err == nil || !strings.Contains(err.Error(), f.want) {
			t.Errorf("without %s: %v", f.want, err)
		}
	}
}

// betrays finds in a mail what only the page may tell: the kind of request in
// any voice, and whatever the letter says.
func betrays(mail string, d Data) (found []string) {
	secrets := []string{d.Question, d.Said}
	for _, it := range d.Items {
		secrets = append(secrets, it.Title, it.System, it.ReasonText, it.Ground)
	}
	for _, k := range dsr.Kinds {
		for _, v := range Voices {
			secrets = append(secrets, locales.T(v, "kind."+string(k)+".letter"), locales.T(v, "kind."+string(k)+".card"))
		}
	}
	for _, o := range dsr.Outcomes {
		for _, v := range Voices {
			secrets = append(secrets, locales.T(v, "outcome."+string(o)))
		}
	}
	for _, s := range secrets {
		if s != "" && strings.Contains(strings.ToLower(mail), strings.ToLower(s)) {
			found = append(found, s)
		}
	}
	return found
}

func TestAMailPointsAndTellsNothing(t *testing.T) {
	for _, planted := range []string{"about your disclosure of retained personal data", "thông tin cá nhân của quý khách: rút yêu cầu; cung cấp (tiết lộ) thông tin cá nhân", "ご相談はいつごろでしたか。"} {
		if len(betrays(planted, sample(t, dsr.VoiceJa))) == 0 {
			t.Errorf("%q was not found", planted)
		}
	}
	var pointer string
	for _, code := range append([]string{"N-26", "N-31"}, Codes...) {
		for _, voice := range Voices {
			d := sample(t, voice)
			subject, text, err := Mail(code, voice, d)
			if err != nil {
				t.Fatal(err)
			}
			if want := "[M-4F7K-2Q9T] " + d.Organisation; subject != want {
				t.Errorf("%s: subject %q, want %q", code, subject, want)
			}
			if got := betrays(subject+"\n"+text, d); len(got) > 0 {
				t.Errorf("mail %s in %s tells %q", code, voice, got)
			}
			if strings.Contains(text, "-1\n") || strings.Contains(text, d.Reference) {
				t.Errorf("mail %s in %s tells which case", code, voice)
			}
			to := d.Link
			if code == "N-32" { // what must not wait is the link that stops
				to = d.StopLink
			}
			if strings.Count(text, to) < 3 || !strings.Contains(text, d.Link) {
				t.Errorf("mail %s in %s does not point to the page in every voice", code, voice)
			}
			if strings.Contains(text, d.StopLink) != (code == "N-32") {
				t.Errorf("mail %s in %s: the link to stop is in it or missing", code, voice)
			}
			if _, own := mails[code]; own && code != "N-26" && !strings.Contains(text, d.DeskLines[1]) {
				t.Errorf("mail %s in %s does not say how to reach the desk", code, voice)
			}
			if strings.Contains(text, d.Code) != (code == "N-26") {
				t.Errorf("mail %s in %s: the code is in it or missing", code, voice)
			}
			if _, own := mails[code]; voice == dsr.VoiceEn && !own {
				if pointer == "" {
					pointer = text
				}
				if text != pointer {
					t.Errorf("mail %s differs from the others: its text tells what it is about", code)
				}
			}
		}
	}
	d := sample(t, dsr.VoiceEn)
	d.Organisation = "A\r\nBcc: everybody@example.org"
	if s := Subject(d); strings.ContainsAny(s, "\r\n") {
		t.Errorf("a subject breaks the head of a mail: %q", s)
	}
}

func TestWhatPeopleWroteIsQuotedAndNeverMarkup(t *testing.T) {
	d := sample(t, dsr.VoiceEn)
	d.Question = "One <script>alert(1)</script>\nTwo & {reference} [a|b]"
	l, err := Letter("N-06", dsr.VoiceEn, d)
	if err != nil {
		t.Fatal(err)
	}
	if want := "<p>One &lt;script&gt;alert(1)&lt;/script&gt;<br>Two &amp; {reference} [a|b]</p>"; !strings.Contains(l.HTML, want) {
		t.Errorf("no %q in\n%s", want, l.HTML)
	}
	if want := "> One <script>alert(1)</script>\n> Two & {reference} [a|b]\n"; !strings.Contains(l.Text, want) {
		t.Errorf("no %q in\n%s", want, l.Text)
	}
}

// faults finds in a page what a letter may not have, and gives its plain words.
func faults(t *testing.T, page string) (wrong []string, words string) {
	t.Helper()
	allowed := map[string]bool{"html": true, "head": true, "body": true, "h2": true, "h3": true, "p": true, "ul": true, "li": true,
		"dl": true, "dt": true, "dd": true, "blockquote": true, "br": true}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			if !allowed[n.Data] || len(n.Attr) > 0 {
				wrong = append(wrong, n.Data)
			}
		case html.TextNode:
			b.WriteString(strings.TrimSpace(n.Data))
		}
	}
	return wrong, b.String()
}

func TestPageAndPlainTextSayTheSame(t *testing.T) {
	for _, planted := range []string{`<h1>x</h1>`, `<p style="a">x</p>`, `<script>x</script>`, `<p onclick="x">x</p>`} {
		if wrong, _ := faults(t, planted); len(wrong) == 0 {
			t.Errorf("%s was not found", planted)
		}
	}
	signs := regexp.MustCompile(`(?m)^(■|□|-|>) |\s|:|:`)
	each(t, func(name string, _ Data, l dsr.Letter) {
		wrong, words := faults(t, l.HTML)
		if len(wrong) > 0 {
			t.Errorf("%s has %v", name, wrong)
		}
		_, body, _ := strings.Cut(l.Text, strings.Repeat("=", 40))
		if signs.ReplaceAllString(words, "") != signs.ReplaceAllString(body, "") {
			t.Errorf("%s: page and text differ", name)
		}
	})
}

func TestGroundsAreCitedAsEachVoiceCitesThem(t *testing.T) {
	for _, f := range []struct {
		voice          dsr.Voice
		article, claus string
		want           string
	}{
		{dsr.VoiceJa, "33(2)(i)", "7(1)", "個人情報保護法第33条第2項第1号(プライバシーポリシー 7(1))"},
		{dsr.VoiceJaEasy, "33(2)(ii)", "", "個人情報保護法第33条第2項第2号"},
		{dsr.VoiceJa, "28-2(1)", "", "個人情報保護法第28条の2第1項"},
		{dsr.VoiceEn, "33(2)(iii)", "7(3)", "Article 33(2)(iii) of the Act on the Protection of Personal Information (policy clause 7(3))"},
		{dsr.VoiceEn, "35(1), 35(5)", "", "Article 35(1) and Article 35(5) of the Act on the Protection of Personal Information"},
		{dsr.VoiceVi, "33(2)(i)", "7(1)", "Điều 33 khoản 2 mục 1 Luật Bảo vệ Thông tin Cá nhân (điều khoản chính sách 7(1))"},
		{dsr.VoiceDe, "33(2)(iv)", "", "Artikel 33 Absatz 2 Nummer 4 des Gesetzes zum Schutz personenbezogener Informationen"},
		{dsr.VoiceEn, "39", "", "Article 39 of the Act on the Protection of Personal Information"},
		{dsr.VoiceEn, "odd", "", "Article odd of the Act on the Protection of Personal Information"},
	} {
		if got := Ground(f.voice, f.article, f.claus, nil); got != f.want {
			t.Errorf("%s in %s: %q, want %q", f.article, f.voice, got, f.want)
		}
	}
}

// A law of its own names itself, and none of the Act's sentences is left.
func TestAnotherLawIsCitedByItsOwnName(t *testing.T) {
	law := map[string]string{"letter.article": "Artikel {n}", "letter.ground": "{place} DSGVO", "letter.ground-clause": "{place} DSGVO (Richtlinie Ziff. {clause})",
		"letter.suit": "Gegen {organisation} steht der Rechtsweg offen.", "letter.N-15.body": "Zu {kind} ist nichts da.", "kind.disclosure.letter": "Auskunft"}
	for article, want := range map[string]string{"17(3)(b)": "Artikel 17 Absatz 3 Buchstabe b DSGVO", "15(1), 15(3)": "Artikel 15 Absatz 1 und Artikel 15 Absatz 3 DSGVO", "16": "Artikel 16 DSGVO"} {
		if got := Ground(dsr.VoiceDe, article, "", law); got != want {
			t.Errorf("%s: %q, want %q", article, got, want)
		}
	}
	if got := Ground(dsr.VoiceDe, "12(5)", "7", law); got != "Artikel 12 Absatz 5 DSGVO (Richtlinie Ziff. 7)" {
		t.Errorf("with its clause: %q", got)
	}
	d := sample(t, dsr.VoiceDe)
	d.Law, d.ComplaintLines = law, []string{"Aufsichtsbehörde"}
	letter, err := Letter("N-15", dsr.VoiceDe, d)
	if err != nil {
		t.Fatal(err)
	}
	if s := letter.Text; !strings.Contains(s, "ist nichts da") || !strings.Contains(s, d.Organisation+" steht der Rechtsweg") || strings.Contains(s, "Ab wann Klage") || !strings.Contains(s, "Ihr Antrag: Auskunft\n") {
		t.Error(s)
	}
}

func TestNoticesDoNotPrintThemselves(t *testing.T) {
	d := sample(t, dsr.VoiceEn)
	if s := d.String() + d.GoString(); strings.Contains(s, d.Question) || strings.Contains(s, d.Organisation) {
		t.Error("data printed itself")
	}
	it := changed(t, dsr.VoiceEn)[dsr.MeasureCorrect]
	if s := fmt.Sprintf("%v %+v %#v %v %#v", it, it, it, it.Changes[0], it.Changes[0]); strings.Contains(s, it.Changes[0].After) || strings.Contains(s, it.Title) {
		t.Errorf("an item printed itself: %s", s)
	}
}

// A day that ends in another zone is named as that zone's day, in every voice.
func TestATargetOfAnotherZoneIsNamedAsThatZonesDay(t *testing.T) {
	for _, voice := range Voices {
		d := sample(t, voice)
		d.TargetAt, d.TargetOn = time.Date(2026, 12, 23, 16, 0, 0, 0, time.UTC), "2026-12-23" // midnight in Singapore
		d.OldTarget, d.OldOn = time.Date(2026, 12, 8, 16, 0, 0, 0, time.UTC), "2026-12-08"
		d.Extends, d.Reason = true, "complexity"
		for _, code := range []string{"N-01", "N-01b", "N-07"} {
			d.WithTime = !d.WithTime // a demonstration's hours change nothing in it
			l, err := Letter(code, voice, d)
			if err != nil {
				t.Fatal(err)
			}
			want := locales.OfficialDate(voice, time.Date(2026, 12, 23, 0, 0, 0, 0, time.UTC))
			next := locales.OfficialDate(voice, time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC))
			if !strings.Contains(l.Text, want) || strings.Contains(l.Text, next) {
				t.Errorf("%s in %s does not name %s:\n%s", code, voice, want, l.Text)
			}
		}
	}
}
