package parcel

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"

	"madoguchi/dsr"
)

var update = flag.Bool("update", false, "write the golden files anew")

// hostile are values that a careless program carries out instead of showing.
var hostile = []string{
	`=HYPERLINK("https://example.org/?"&A1;"click")`, "+81=cmd|' /C calc'!A0", "-2+3", "@SUM(1+1)", "\t=1+1", "\r=1", "\x00=1", "\n=1",
	"＝1＋1", "－1", "＠x", "﹦1", "\u200b=1", " =1", "x;=1+1;,=2", "a\r\n=1", `"";=1`,
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "../../../../etc/passwd", `C:\Windows\x`, "\u202Egpj.exe", "{{.}}", "]]>", "<!--",
	"𠮷 髙﨑", strings.Repeat("長い", 40_000), "\xff\xfe", "javascript:alert(1)",
}

// sample is a parcel like those of the demonstration.
func sample() dsr.Parcel {
	at := func(s string) int64 {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			panic(err) // a literal of this file
		}
		return t.UnixMicro()
	}
	return dsr.Parcel{
		Organisation: "Trung tâm Mẫu", Reference: "M-7K3P-9XQ2", Voice: dsr.VoiceVi, Zone: "Asia/Tokyo", PolicyName: "Chính sách mẫu 2026.1",
		ArrivedAt: at("2026-03-01T16:30:00Z"), DecidedAt: at("2026-03-09T03:04:05Z"),
		Desk: []string{"Quầy tư vấn mẫu", "Điện thoại 090-0000-0000"},
		Items: []dsr.ParcelItem{
			{System: "Hệ thống hồ sơ", Title: "Thông tin đăng ký", Source: "Do quý khách ghi", Measure: dsr.MeasureDisclose,
				Columns: []string{"Họ tên", "Số điện thoại", "Địa chỉ"}, Names: []string{"name", "phone", "address"},
				Rows: [][]string{{"Nguyễn Thị Hoa", "+81-90-0000-0042", ""}}},
			{System: "Hệ thống hồ sơ", Title: "Hồ sơ tư vấn (貸野 保)", Source: "Do nhân viên ghi", Measure: dsr.MeasureDisclose,
				Columns: []string{"Người liên quan", "Ghi chép"}, Names: []string{"other_party", "note"},
				Rows: [][]string{{"貸野 保", "大家の貸野　保さん、貸野保さん。KASHINO Tamotsu / ＫＡＳＨＩＮＯ　ＴＡＭＯＴＳＵ"}}, Redactions: []string{"貸野 保", "Kashino Tamotsu"}},
			{System: "Hệ thống hồ sơ", Title: "Hồ sơ tư vấn (2026-02-05)", Source: "Do nhân viên ghi", Measure: dsr.MeasureWithhold,
				Columns: []string{"Ghi chép"}, Names: []string{"note"}, Redactions: []string{"Phạm Thu Trang"},
				Ground: "APPI Điều 33(2)(i), chính sách 7(1)", ReasonCode: "RC-05", Reason: "Nếu cung cấp, quyền lợi của người khác có thể bị xâm hại."},
			{System: "Hệ thống hồ sơ", Title: "Tin nhắn", Source: "Do hai bên trao đổi", Measure: dsr.MeasureDisclose,
				Columns: []string{"Thời điểm", "Nội dung"}, Names: []string{"sent_at", "body"},
				Rows: [][]string{{"2025-09-20 21:15", `=HYPERLINK("https://example.org/";"Nhà ở")`}, {"2025-09-22 12:30", "Em gặp chị " + norm.NFD.String("PHẠM THU TRANG") + " rồi."}}},
			{System: "Hệ thống hồ sơ", Title: "Ghi âm", Measure: dsr.MeasureNotHeld, ReasonCode: "RC-17"},
		},
	}
}

func build(t *testing.T, p dsr.Parcel) (map[string][]byte, []byte) {
	t.Helper()
	_, data, err := Builder{}.Build(p)
	if err != nil {
		t.Fatal(err)
	}
	return unzip(t, data), data
}

func unzip(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if got[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func TestTheSameParcelIsTheSameBytes(t *testing.T) {
	first, a, err := Builder{}.Build(sample())
	if err != nil {
		t.Fatal(err)
	}
	second, b, err := Builder{}.Build(sample())
	if err != nil || first != second || !bytes.Equal(a, b) {
		t.Errorf("two digests, %v", err)
	}
	p := sample()
	p.Items[0].Rows[0][2] = "x"
	if third, _, err := (Builder{}).Build(p); err != nil || third == first {
		t.Errorf("another parcel has the same digest, %v", err)
	}
}

func TestTheIndexIsAsItWasReviewed(t *testing.T) {
	for _, voice := range dsr.Voices {
		p := sample()
		p.Voice = voice
		files, _ := build(t, p)
		if voice != dsr.VoiceVi {
			if !strings.Contains(string(files["index.html"]), `<html lang="`+string(voice.Letter())+`">`) {
				t.Errorf("%s: the page does not say its language", voice)
			}
			continue
		}
		golden := filepath.Join("testdata", "index.vi.html")
		if *update {
			if err := os.WriteFile(golden, files["index.html"], 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(files["index.html"], want) {
			t.Error("index.html differs from testdata/index.vi.html; look at it and run with -update")
		}
	}
}

func TestEveryVoiceHasEverySentence(t *testing.T) {
	for voice, m := range texts {
		for key := range texts["ja"] {
			if m[key] == "" {
				t.Errorf("%s: %s is missing", voice, key)
			}
		}
		if len(m) != len(texts["ja"]) {
			t.Errorf("%s has %d sentences, ja %d", voice, len(m), len(texts["ja"]))
		}
	}
	if len(texts) != 4 {
		t.Errorf("%d voices", len(texts))
	}
}

func TestItTellsWhatWasWithheldAndCoveredAndWhy(t *testing.T) {
	files, _ := build(t, sample())
	page := string(files["index.html"])
	for _, want := range []string{"M-7K3P-9XQ2", "Trung tâm Mẫu", "ngày 2/3/2026", "ngày 9/3/2026", "Không cung cấp", "APPI Điều 33(2)(i), chính sách 7(1)", "RC-05",
		"quyền lợi của người khác có thể bị xâm hại", "RC-21", "Điện thoại 090-0000-0000", "Do nhân viên ghi", "Không lưu giữ", "■■■"} {
		if !strings.Contains(page, want) {
			t.Errorf("index.html does not say %q", want)
		}
	}
	for name := range files {
		if strings.HasPrefix(name, "03") || strings.HasPrefix(name, "05") {
			t.Errorf("the item that is not given has %s", name)
		}
	}
}

func TestCoveredTextsAreGoneInEverySpelling(t *testing.T) {
	for _, c := range []struct{ name, covered, text, want string }{
		{"as written", "Phạm Thu Trang", "chị Phạm Thu Trang nói", "chị ■■■ nói"},
		{"capitals", "Phạm Thu Trang", "chị PHẠM THU TRANG nói", "chị ■■■ nói"},
		{"marks apart", norm.NFC.String("Phạm Thu Trang"), norm.NFD.String("chị Phạm Thu Trang nói"), norm.NFD.String("chị ") + "■■■" + norm.NFD.String(" nói")},
		{"marks together", norm.NFD.String("Phạm Thu Trang"), "Phạm Thu Trang", "■■■"},
		{"marks left out", "Đặng Phước Đức", "DANG PHUOC DUC", "■■■"},
		{"full width", "Trang 12", "Ｔｒａｎｇ　１２.", "■■■."},
		{"half-width kana", "ガリバー 太郎", "ｶﾞﾘﾊﾞｰ太郎さん", "■■■さん"},
		{"no space", "貸野 保", "貸野保と貸野　保と貸野・保", "■■■と■■■と■■■"},
		{"a line break", "Thu Trang", "Thu\n Trang", "■■■"},
		{"letters that cannot be seen", "貸野保", "貸\u200b野\ufe00\u00ad保", "■■■"},
		{"inside a word", "Tanaka", "XTanakas", "X■■■s"},
		{"a short name is a word", "An", "An và anh Ân, bạn AN.", "■■■ và anh Ân, bạn ■■■."},
		{"a short name with marks apart", "An", norm.NFD.String("Ân"), norm.NFD.String("Ân")},
		{"one ideograph", "林", "林さんと森林", "■■■さんと森■■■"},
		{"next to each other", "貸野", "貸野貸野", "■■■"},
		{"sharp s", "Strauß", "STRAUSS", "■■■"},
		{"beside another", "Tanaka\x1fAn", "AnTanaka", "■■■■■■"},
		{"the mark itself", "■", "a■b", "a■b"},
		{"nothing to cover", " \u200b", "abc", "abc"},
	} {
		if got, _ := cover(c.text, needles(strings.Split(c.covered, "\x1f"))); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestNothingCoveredOrWithheldIsInAnyMember(t *testing.T) {
	files, data := build(t, sample())
	for name, b := range files {
		for _, word := range []string{"貸野", "保さん", "ashino", "ＳＨＩＮＯ", "Trang", "TRANG", "HẠM", "phạm"} {
			if strings.Contains(norm.NFC.String(string(b)), word) {
				t.Errorf("%s has %q", name, word)
			}
		}
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if f.Comment != "" || f.Modified.UTC() != time.Date(2026, 3, 9, 3, 4, 4, 0, time.UTC) {
			t.Errorf("%s: comment %q, time %v", f.Name, f.Comment, f.Modified)
		}
	}
	if z.Comment != "" {
		t.Errorf("comment %q", z.Comment)
	}
}

// A covered text that is part of our own sentences is no leak, and one that
// was not covered is one.
func TestTheReadingAfterwardsTellsALeakFromOurOwnSentences(t *testing.T) {
	for _, text := range []string{"quý khách", "An", "CSV", "Trung tâm", "phone", "RC-21", "M-7K3P-9XQ2", "Ghi chép"} {
		p := sample()
		p.Items[3].Rows[0][1] = "hay " + text + " đó"
		p.Items[3].Redactions = []string{text}
		if _, _, err := (Builder{}).Build(p); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if _, _, err := (Builder{uncovered: true}).Build(p); dsr.CodeOf(err) != "parcel.leak" {
			t.Errorf("%q uncovered: %v", text, err)
		}
	}
}

func TestAPlantedLeakIsRefused(t *testing.T) {
	if _, _, err := (Builder{uncovered: true}).Build(sample()); dsr.CodeOf(err) != "parcel.leak" || dsr.FaultOf(err) != dsr.Internal {
		t.Errorf("uncovered: %v", err)
	}
	p := sample()
	p.Items[2].Rows = [][]string{{"Đồng nghiệp kể trong bí mật về tổ trưởng"}}
	files, _ := build(t, p)
	if len(files["03.csv"]) > 0 {
		t.Error("a withheld item has rows")
	}
	for _, where := range []func(*dsr.Parcel, string){
		func(p *dsr.Parcel, s string) { p.Items[3].Rows[0][1] = s },
		func(p *dsr.Parcel, s string) { p.Items[3].Title = s },
		func(p *dsr.Parcel, s string) { p.Items[2].Reason = s },
		func(p *dsr.Parcel, s string) { p.Items[0].Source = s },
	} {
		p := sample()
		p.Items[2].Rows = [][]string{{"Đồng nghiệp kể trong bí mật về tổ trưởng"}}
		where(&p, "… ĐỒNG NGHIỆP kể trong bí mật về tổ trưởng …")
		if _, _, err := (Builder{}).Build(p); dsr.CodeOf(err) != "parcel.leak" {
			t.Errorf("%v", err)
		} else if strings.Contains(err.Error(), "nghiệp") {
			t.Error("the error quotes what leaked")
		}
	}
	// Names and comments are read too.
	bare, err := write(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []zip.FileHeader{{Name: "01.csv", Comment: "貸野 保"}, {Name: "貸野保.csv"}, {Name: "../01.csv"}, {Name: "01/../../x.json"}, {Name: "/01.csv"}} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		if _, err := z.CreateHeader(&h); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := inspect(b.Bytes(), bare, needles([]string{"貸野 保"})); dsr.CodeOf(err) != "parcel.leak" {
			t.Errorf("%s: %v", h.Name, err)
		}
	}
}

func hostileParcel() dsr.Parcel {
	p := sample()
	one := dsr.ParcelItem{System: hostile[0], Title: hostile[17], Source: hostile[18], Measure: dsr.MeasureDisclose, Columns: []string{hostile[0], hostile[19]}, Names: []string{"a", "b"}}
	for _, v := range hostile {
		one.Rows = append(one.Rows, []string{v, v})
	}
	p.Items = append(p.Items, one)
	return p
}

func TestHostileValuesAreInertInTheCSVAndExactInTheJSON(t *testing.T) {
	files, _ := build(t, hostileParcel())
	text, marked := strings.CutPrefix(string(files["06.csv"]), "\ufeff")
	if !marked {
		t.Error("the CSV does not begin with the mark of UTF-8")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != len(hostile)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if why := runs(cell); why != "" {
				t.Errorf("%.40q runs: %s", cell, why)
			}
		}
	}
	// With semicolons between cells, as many European spreadsheets read it.
	for _, line := range strings.Split(text, "\r\n") {
		for _, cell := range strings.Split(line, ";") {
			if why := runs(strings.Trim(cell, `"`)); why != "" && cell != line {
				t.Errorf("between semicolons %.40q runs: %s", cell, why)
			}
		}
	}
	var got jsonItem
	if err := json.Unmarshal(files["06.json"], &got); err != nil {
		t.Fatal(err)
	}
	for i, v := range hostile {
		if want := strings.ToValidUTF8(v, "\ufffd"); got.Rows[i][0] != want {
			t.Errorf("value %d is not exact in the JSON", i)
		}
	}
	if bytes.Contains(files["06.json"], []byte("<script")) {
		t.Error("the JSON has markup in clear")
	}
}

// runs says why a spreadsheet would carry a cell out, "" when it would not.
func runs(cell string) string {
	trimmed := strings.TrimLeft(norm.NFKC.String(cell), " \u200b\u202e")
	if trimmed != "" && strings.ContainsAny(trimmed[:1], "=+-@\t\r\n\x00") {
		return "begins with " + trimmed[:1]
	}
	return ""
}

func TestTheCheckOfFormulasSeesOne(t *testing.T) {
	for _, v := range hostile[:13] {
		if runs(v) == "" {
			t.Errorf("%q was not seen", v)
		}
		if why := runs(inert(v)); why != "" {
			t.Errorf("%q stays: %s", v, why)
		}
	}
	for _, v := range []string{"Nguyễn", "2025-09-20 21:15", "a=b", "hoa@example.org", "x - y", ""} {
		if inert(v) != v {
			t.Errorf("%q was changed to %q", v, inert(v))
		}
	}
}

func TestHostileValuesAreTextOnThePage(t *testing.T) {
	files, _ := build(t, hostileParcel())
	doc, err := html.Parse(bytes.NewReader(files["index.html"]))
	if err != nil {
		t.Fatal(err)
	}
	var links []string
	var visit func(*html.Node)
	visit = func(n *html.Node) {
		if n.Type == html.ElementNode {
			if slices.Contains([]string{"script", "img", "iframe", "object", "embed", "svg", "form", "base", "style"}, n.Data) {
				t.Errorf("the page has <%s>", n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" {
					t.Errorf("the page has the attribute %s", a.Key)
				}
				if a.Key == "href" {
					links = append(links, a.Val)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			visit(c)
		}
	}
	visit(doc)
	for _, link := range links {
		if _, there := files[link]; !there && !strings.HasPrefix(link, "#") {
			t.Errorf("a link to %q, which is not in the package", link)
		}
	}
	if !bytes.Contains(files["index.html"], []byte("&lt;script&gt;alert(1)")) {
		t.Error("the value is not shown as text")
	}
}

func TestNamesOfMembersNeverComeFromData(t *testing.T) {
	p := hostileParcel()
	p.Items[0].Title, p.Items[0].System, p.Reference = "../../evil", "/etc", "../x"
	files, _ := build(t, p)
	for name := range files {
		if !ours(name) && !slices.Contains([]string{"index.html", "style.css", "README.txt", "data.json"}, name) || !filepath.IsLocal(name) || strings.ContainsAny(name, `/\:`) {
			t.Errorf("member %q", name)
		}
	}
}

func TestWhatDoesNotFitTogetherIsRefused(t *testing.T) {
	for i, spoil := range []func(*dsr.Parcel){
		func(p *dsr.Parcel) { p.Zone = "Nowhere" },
		func(p *dsr.Parcel) { p.Voice = "xx" },
		func(p *dsr.Parcel) { p.Items[0].Rows[0] = p.Items[0].Rows[0][:1] },
		func(p *dsr.Parcel) { p.Items[0].Names = nil },
	} {
		p := sample()
		spoil(&p)
		if _, _, err := (Builder{}).Build(p); dsr.CodeOf(err) != "parcel.shape" {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func FuzzWhateverIsInItBuildsInertAndCovered(f *testing.F) {
	for i, v := range hostile {
		if len(v) < 200 {
			f.Add(v, hostile[(i+5)%20])
		}
	}
	f.Add("ｶﾞﾘﾊﾞｰ", "ガリバー")
	f.Add("a\u0323\u0302b", "ậ")
	f.Add("İstanbul", "istanbul")
	f.Fuzz(func(t *testing.T, value, covered string) {
		p := sample()
		p.Items = []dsr.ParcelItem{{Title: value, Measure: dsr.MeasureDisclose, Columns: []string{"c"}, Names: []string{"c"}, Rows: [][]string{{value}, {value + covered + value}}, Redactions: []string{covered}}}
		_, data, err := Builder{}.Build(p)
		if err != nil {
			t.Fatal(err)
		}
		files := unzip(t, data)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(files["01.csv"]), "\ufeff"))).ReadAll()
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, row := range rows {
			if why := runs(row[0]); why != "" {
				t.Error(fmt.Sprintf("%q", row[0]), why)
			}
		}
	})
}
