package server_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"madoguchi/dsr"
	"madoguchi/server"
	"madoguchi/server/servertest"
)

// browser is one person's browser without a screen: it keeps cookies and does
// not follow redirects by itself.
type browser struct {
	t       *testing.T
	h       http.Handler
	cookies map[string]string
	header  http.Header
	host    string
	remote  string
}

func open(t *testing.T, s *server.Server) *browser {
	t.Helper()
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, h: h, cookies: map[string]string{}, header: http.Header{}, host: "127.0.0.1", remote: "192.0.2.7:1234"}
}

func (b *browser) do(method, path string, body io.Reader, kind string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, path, body)
	r.Host, r.RemoteAddr = b.host, b.remote
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for k, vs := range b.header {
		r.Header[k] = vs
	}
	for k, v := range b.cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c.Value
	}
	return w
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.do("GET", path, nil, "")
}

func (b *browser) post(path string, fields ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	return b.do("POST", path, strings.NewReader(v.Encode()), "application/x-www-form-urlencoded")
}

func (b *browser) upload(path, kind string, data []byte, withFile bool) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	_ = m.WriteField("kind", kind)
	if withFile {
		f, err := m.CreateFormFile("file", "../../card.jpg")
		if err != nil {
			b.t.Fatal(err)
		}
		_, _ = f.Write(data)
	}
	_ = m.Close()
	return b.do("POST", path, &body, m.FormDataContentType())
}

func wantStatus(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d\n%s", w.Code, status, w.Body.String())
	}
}

func wantTo(t *testing.T, w *httptest.ResponseRecorder, path string) {
	t.Helper()
	wantStatus(t, w, http.StatusSeeOther)
	if got := w.Header().Get("Location"); got != path {
		t.Fatalf("leads to %q, want %q", got, path)
	}
}

func wantText(t *testing.T, w *httptest.ResponseRecorder, texts ...string) {
	t.Helper()
	for _, x := range texts {
		if !strings.Contains(w.Body.String(), x) {
			t.Errorf("the page has no %q\n%s", x, w.Body.String())
		}
	}
}

// --- what is wrong with a page

// findings are what a page must not have; kept apart from testing.T, so that a
// planted fault can be seen to be found.
func findings(body string) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return []string{err.Error()}
	}
	ids, fors, controls := map[string]int{}, map[string]bool{}, []*html.Node{}
	h1, lang := 0, ""
	var text strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			text.WriteString(n.Data + "\n")
		}
		if n.Type == html.ElementNode {
			for _, a := range n.Attr {
				switch {
				case a.Key == "id":
					ids[a.Val]++
				case a.Key == "for" && n.Data == "label":
					fors[a.Val] = true
				case a.Key == "style":
					add("style attribute on <%s>", n.Data)
				case strings.HasPrefix(a.Key, "on"):
					add("script attribute %s on <%s>", a.Key, n.Data)
				case a.Key == "lang" && n.Data == "html":
					lang = a.Val
				}
				text.WriteString(a.Val + "\n")
			}
			switch n.Data {
			case "h1":
				h1++
			case "script", "iframe", "object":
				add("<%s> on the page", n.Data)
			case "input", "textarea", "select":
				if attr(n, "type") != "hidden" {
					controls = append(controls, n)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	for id, n := range ids {
		if n > 1 {
			add("id %q stands %d times", id, n)
		}
	}
	for _, c := range controls {
		if !fors[attr(c, "id")] {
			add("no label for %s %q", c.Data, attr(c, "name"))
		}
		for _, by := range strings.Fields(attr(c, "aria-describedby")) {
			if ids[by] == 0 {
				add("%q is described by %q, which is not there", attr(c, "name"), by)
			}
		}
	}
	for id := range fors {
		if ids[id] == 0 {
			add("a label for %q, which is not there", id)
		}
	}
	if h1 != 1 {
		add("%d headings of the first order", h1)
	}
	if lang == "" {
		add("no language")
	}
	for _, bad := range []string{"<no value>", "%!", "ZgotmplZ"} {
		if strings.Contains(body, bad) {
			add("%q on the page", bad)
		}
	}
	if m := missingText.FindString(text.String()); m != "" {
		add("missing text %s", m)
	}
	if m := emptyWord.FindString(text.String()); m != "" {
		add("unfilled word %s", m)
	}
	for _, l := range attrs(doc, "a", "href") {
		if strings.HasPrefix(l, "#") && ids[l[1:]] == 0 {
			add("a link to %s, which is not there", l)
		}
	}
	return out
}

var (
	missingText = regexp.MustCompile(`\[[a-z0-9_-]+(\.[A-Za-z0-9_-]+)+\]`)
	emptyWord   = regexp.MustCompile(`\{[a-z_]+\}`)
)

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func attrs(n *html.Node, tag, key string) []string {
	var out []string
	if n.Type == html.ElementNode && n.Data == tag {
		out = append(out, attr(n, key))
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		out = append(out, attrs(c, tag, key)...)
	}
	return out
}

func TestThePageCheckFindsPlantedFaults(t *testing.T) {
	good := `<html lang="vi"><body><h1>x</h1><label for="a">A</label><input id="a" name="a"></body></html>`
	if f := findings(good); len(f) > 0 {
		t.Fatalf("a good page: %v", f)
	}
	for name, fault := range map[string]string{
		"two headings":  strings.Replace(good, "<h1>", "<h1>y</h1><h1>", 1),
		"no label":      strings.Replace(good, `for="a"`, `for="b"`, 1),
		"two ids":       strings.Replace(good, `<h1>`, `<h1 id="a">`, 1),
		"no language":   strings.Replace(good, ` lang="vi"`, "", 1),
		"style":         strings.Replace(good, "<h1>", `<h1 style="color:red">`, 1),
		"handler":       strings.Replace(good, "<h1>", `<h1 onclick="x()">`, 1),
		"missing text":  strings.Replace(good, "x<", "[portal.no-such-key]<", 1),
		"empty word":    strings.Replace(good, "x<", "until {date}<", 1),
		"no value":      strings.Replace(good, "x<", "&lt;no value&gt; <no value><", 1),
		"script":        strings.Replace(good, "<h1>", "<script></script><h1>", 1),
		"dead fragment": strings.Replace(good, "<h1>", `<a href="#gone">x</a><h1>`, 1),
	} {
		if len(findings(fault)) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
}

// stages are submissions in every state that a person can see.
func stages(w *servertest.World) map[string]*servertest.Submission {
	all := map[string]*servertest.Submission{}
	add := func(name string, change func(*servertest.Submission, *dsr.StatusCase)) {
		x := w.AddSubmission("izumisano")
		x.Status.ContactConfirmed = true
		x.Status.Notices = []dsr.NoticeRow{{ID: "n1", Code: "N-01", Public: true, At: w.At(-3)}, {ID: "n9", Code: "N-26", At: w.At(-3)}}
		x.Letters["n1"] = servertest.SampleLetter()
		change(x, &x.Status.Cases[0])
		all[name] = x
	}
	for _, st := range dsr.Stages {
		add(string(st), func(x *servertest.Submission, c *dsr.StatusCase) {
			c.Stage, c.StageShown, c.Step = st, st, st.Step()
			if st == dsr.StageFraud {
				c.StageShown = dsr.StageSearch
			}
			c.Collected, c.ToCollect = 1, 3
		})
	}
	for _, out := range dsr.Outcomes {
		add("closed "+string(out), func(x *servertest.Submission, c *dsr.StatusCase) {
			c.Stage, c.StageShown, c.Step, c.Outcome = dsr.StageClosed, dsr.StageClosed, dsr.StepAnswered, out
			c.AnsweredAt, c.ClosedAt, c.CanObject, c.CanWithdraw = w.At(-5), w.At(-1), true, false
		})
	}
	add("unconfirmed", func(x *servertest.Submission, c *dsr.StatusCase) { x.Status.ContactConfirmed = false })
	add("by post", func(x *servertest.Submission, c *dsr.StatusCase) { x.Status.ByPost = true })
	add("pending", func(x *servertest.Submission, c *dsr.StatusCase) { c.Pending = 1 })
	add("papers wanted", func(x *servertest.Submission, c *dsr.StatusCase) {
		c.Stage, c.StageShown, c.Step, c.Paused, c.PausedFor, c.WaitingUntil = dsr.StageIdentity, dsr.StageIdentity, dsr.StepProving, true, "identity", w.At(300)
		x.Status.Documents = []dsr.Document{{ID: "d1", Kind: "passport", MediaType: "image/png", Size: 345678}}
	})
	add("papers sent", func(x *servertest.Submission, c *dsr.StatusCase) {
		c.Stage, c.StageShown, c.Step = dsr.StageIdentity, dsr.StageIdentity, dsr.StepProving
		x.Status.Identity.EvidenceSent = true
	})
	add("more papers", func(x *servertest.Submission, c *dsr.StatusCase) {
		c.Stage, c.StageShown, c.Step = dsr.StageIdentity, dsr.StageIdentity, dsr.StepProving
		x.Status.Identity.Asked = 1
		x.Status.Messages = []dsr.Message{{ID: "m", FromDesk: true, Kind: "reason", Text: "Ảnh bị mờ.", At: w.At(-1)}}
	})
	add("question", func(x *servertest.Submission, c *dsr.StatusCase) {
		c.Stage, c.StageShown, c.Step, c.Paused = dsr.StageClarification, dsr.StageClarification, dsr.StepLooking, true
		c.Question = &dsr.Message{ID: "q", FromDesk: true, Kind: "question", Text: "Năm nào?", At: w.At(-1)}
		x.Status.Identity.Proven = "L2"
		x.Status.Messages = []dsr.Message{*c.Question, {ID: "m", Kind: "message", Text: "Chào", At: w.At(-9)}}
	})
	add("late", func(x *servertest.Submission, c *dsr.StatusCase) {
		c.Stage, c.StageShown, c.Step, c.TargetAt = dsr.StageReview, dsr.StageReview, dsr.StepLooking, w.At(-50)
	})
	add("withdrawn", func(x *servertest.Submission, c *dsr.StatusCase) {
		c.Withdrawn, c.CanTakeBack, c.CanWithdraw, c.WithdrawnFinalAt = true, true, false, w.At(20)
	})
	pack := func(x *servertest.Submission, c *dsr.StatusCase) {
		x.Status.Identity.Proven = "L2"
		c.Stage, c.StageShown, c.Step, c.AnsweredAt, c.CanWithdraw = dsr.StageDelivery, dsr.StageDelivery, dsr.StepAnswered, w.At(-2), false
		c.Package = &dsr.PackageRow{Case: c.Case, Size: 99999, Digest: "abc", ReadyAt: w.At(-2), AvailableUntil: w.At(100), MaxDownloads: 5}
	}
	add("ready", pack)
	add("expired", func(x *servertest.Submission, c *dsr.StatusCase) { pack(x, c); c.Package.Expired = true })
	add("two parts", func(x *servertest.Submission, c *dsr.StatusCase) {
		second := *c
		second.Case, second.Kind = c.Case+"b", dsr.KindDisclosure
		x.Status.Cases = append(x.Status.Cases, second)
	})
	return all
}

// hidden gives the hidden fields of the form that leads to action.
func hidden(t *testing.T, body, action string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(n *html.Node, in bool)
	walk = func(n *html.Node, in bool) {
		if n.Type == html.ElementNode && n.Data == "form" {
			in = attr(n, "action") == action
		}
		if in && n.Data == "input" && attr(n, "type") == "hidden" {
			out = append(out, attr(n, "name"), attr(n, "value"))
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, in)
		}
	}
	walk(doc, false)
	if len(out) == 0 {
		t.Fatalf("no form to %s\n%s", action, body)
	}
	return out
}

// fill answers every question as a person would, in Vietnamese, and gives the
// page of answers.
func fill(t *testing.T, b *browser) string {
	t.Helper()
	wantTo(t, b.post("/o/izumisano/request"), "/o/izumisano/request/relation")
	p := servertest.New().Pack("izumisano")
	next := "/o/izumisano/request/relation"
	for range 20 {
		if strings.HasSuffix(next, "/check") {
			break
		}
		var w *httptest.ResponseRecorder
		switch next[strings.LastIndex(next, "/")+1:] {
		case "relation":
			w = b.post(next, "relation", p.Populations[0].ID)
		case "service":
			w = b.post(next, "service", "do-not-know")
		case "whom":
			w = b.post(next, "whom", "me")
		case "data":
			w = b.post(next, "scope", "all")
		case "person":
			w = b.post(next, "full_name", "  Nguyễn　Văn Minh ", "kana", "ｸﾞｴﾝ　ゔぁん", "year", "Ｓ６３", "month", "１２", "day", "3")
		case "details":
			w = b.post(next, "number", "１２ー３４")
		case "reach":
			w = b.post(next, "reach", "mail", "mail", " Minh＠example.jp ", "phone", "０９０ー１２３４ー５６７８")
		case "delivery":
			w = b.post(next, "delivery", "download")
		default:
			t.Fatalf("unknown question %s", next)
		}
		wantStatus(t, w, http.StatusSeeOther)
		next = w.Header().Get("Location")
	}
	w := b.get(next)
	wantStatus(t, w, http.StatusOK)
	return w.Body.String()
}

func TestEveryPageInEveryVoiceIsWellMade(t *testing.T) {
	w := servertest.New()
	w.Caught = []server.Mail{{ID: "1", To: "a@example.jp", Subject: "[M] x", Text: "a\nhttp://127.0.0.1/o/izumisano/my b", At: w.At(0)}}
	s := w.Server()
	all := stages(w)
	var pages, faults int
	look := func(name string, r *httptest.ResponseRecorder, voice dsr.Voice) {
		t.Helper()
		pages++
		if r.Code >= 300 && r.Code < 400 {
			t.Errorf("%s (%s) leads away to %s", name, voice, r.Header().Get("Location"))
		}
		if !strings.HasPrefix(r.Header().Get("Content-Type"), "text/html") {
			t.Errorf("%s (%s) is %s", name, voice, r.Header().Get("Content-Type"))
		}
		for _, f := range findings(r.Body.String()) {
			faults++
			t.Errorf("%s (%s): %s", name, voice, f)
		}
		if want := `<html lang="` + string(voice.Letter()) + `"`; !strings.Contains(r.Body.String(), want) {
			t.Errorf("%s: not in %s", name, voice)
		}
	}
	for _, voice := range dsr.Voices {
		b := open(t, s)
		b.cookies["voice"] = string(voice)
		for _, p := range w.Library.Packs() {
			for _, path := range []string{"/", "/policy", "/find"} {
				look(p.Slug+path, b.get("/o/"+p.Slug+path), voice)
			}
			for _, k := range p.Kinds {
				look(p.Slug+" "+k.Kind, b.get("/o/"+p.Slug+"/ask/"+k.Kind), voice)
			}
		}
		for _, path := range []string{"/", "/dev/mailbox", "/dev/mailbox/1", "/nowhere", "/o/nobody/", "/o/izumisano/nowhere", "/o/izumisano/link/x",
			"/o/izumisano/request", "/o/izumisano/find?next=/o/izumisano/my"} {
			look(path, b.get(path), voice)
		}
		look("find mistakes", b.post("/o/izumisano/find", "reference", "x"), voice)
		look("code", b.post("/o/izumisano/find", "reference", all["late"].Status.Reference, "contact", "minh@example.jp"), voice)
		look("code mistake", b.post("/o/izumisano/find/code", "reference", all["late"].Status.Reference, "contact", "minh@example.jp", "code", "1"), voice)
		wantTo(t, b.post("/o/izumisano/request"), "/o/izumisano/request/relation")
		for _, q := range []string{"relation", "service", "whom", "data", "person", "details", "reach", "delivery", "letters", "check"} {
			if q == "service" && len(w.Pack("izumisano").Services) == 0 {
				continue
			}
			look("question "+q, b.get("/o/izumisano/request/"+q), voice)
			if q != "details" && q != "check" {
				r := b.post("/o/izumisano/request/"+q, "nothing", "")
				look("mistakes "+q, r, voice)
				if !strings.Contains(r.Body.String(), `class="summary"`) {
					t.Errorf("mistakes of %s (%s): no summary", q, voice)
				}
			}
		}
		look("send nothing", b.post("/o/izumisano/request/send", "form", strings.Repeat("x", 26)), voice)
		for name, x := range all {
			b.cookies["session-izumisano"] = w.Session(x)
			look(name, b.get("/o/izumisano/my"), voice)
			for _, done := range []string{"confirmed", "identity", "written", "answered", "withdrawn", "taken-back", "objected", "voice"} {
				if name == "withdrawn" || done != "withdrawn" {
					look(name+" done "+done, b.get("/o/izumisano/my?done="+done), voice)
				}
			}
			look(name+" receipt", b.get("/o/izumisano/my/receipt"), voice)
			c := x.Status.Cases[0]
			at := "/o/izumisano/my/case/" + c.Case
			look(name+" write", b.get(at+"/write"), voice)
			look(name+" write nothing", b.post(at+"/write"), voice)
			switch {
			case name == "unconfirmed":
				look("confirm", b.get("/o/izumisano/my/confirm?sent=1"), voice)
				look("confirm mistake", b.post("/o/izumisano/my/confirm", "code", "12"), voice)
			case name == "papers wanted", name == "more papers":
				look(name, b.get("/o/izumisano/my/identity"), voice)
				look(name, b.upload("/o/izumisano/my/identity", "", nil, false), voice)
			case name == "question":
				look("answer", b.get(at+"/answer"), voice)
				look("letters", b.get("/o/izumisano/my/letter/n1"), voice)
				look("voice", b.get("/o/izumisano/my/voice"), voice)
			case name == "ready", name == "expired":
				look(name, b.get(at+"/download?sent=1"), voice)
				look(name, b.get(at+"/download"), voice)
				look(name, b.post(at+"/download", "code", "1"), voice)
				look(name+" outcome", b.get(at), voice)
			case strings.HasPrefix(name, "closed ") && c.Outcome != dsr.OutcomeWithdrawn:
				look(name+" outcome", b.get(at), voice)
				look(name+" object", b.get(at+"/object"), voice)
			}
			if c.CanWithdraw {
				look(name+" withdraw", b.get(at+"/withdraw"), voice)
			}
		}
	}
	t.Logf("%d pages, %d findings", pages, faults)
}

func TestARequestIsFiledAndTheReceiptNamesIt(t *testing.T) {
	w := servertest.New()
	b := open(t, w.Server())
	body := fill(t, b)
	for _, x := range []string{"Nguyễn Văn Minh", "グエン ヴァン", "Minh@example.jp", "090-1234-5678", "12-34"} {
		if !strings.Contains(body, x) {
			t.Errorf("the page of answers has no %q\n%s", x, body)
		}
	}
	fields := hidden(t, body, "/o/izumisano/request/send")
	wantTo(t, b.post("/o/izumisano/request/send", fields...), "/o/izumisano/my/receipt")
	f := w.Filings()[0]
	if f.Person.BornOn != "1988-12-03" || f.Person.Name != "Nguyễn Văn Minh" || f.Person.Kana != "グエン ヴァン" || f.Contact.Mail != "Minh@example.jp" {
		t.Errorf("filed %+v %+v", f.Person.BornOn, []string{f.Person.Name, f.Person.Kana, f.Contact.Mail})
	}
	r := b.get("/o/izumisano/my/receipt")
	wantStatus(t, r, 200)
	wantText(t, r, "M-")
	if _, still := b.cookies["draft-izumisano"]; still {
		t.Error("the draft's cookie outlives the draft")
	}

	// Again: the same receipt. Other content: shown back, and filed as new.
	again := open(t, w.Server())
	again.h = b.h
	wantTo(t, again.post("/o/izumisano/request/send", fields...), "/o/izumisano/my/receipt?again=1")
	if n := len(w.Filings()); n != 1 {
		t.Fatalf("%d filings of one form", n)
	}
	other := append([]string(nil), fields...)
	for i := 0; i < len(other); i += 2 {
		if other[i] == "full_name" {
			other[i+1] = "Trần Thị Hoa"
		}
	}
	r = again.post("/o/izumisano/request/send", other...)
	wantStatus(t, r, http.StatusConflict)
	wantText(t, r, "Trần Thị Hoa")
	wantTo(t, again.post("/o/izumisano/request/send", hidden(t, r.Body.String(), "/o/izumisano/request/send")...), "/o/izumisano/my/receipt")
	if fs := w.Filings(); len(fs) != 2 || fs[1].Person.Name != "Trần Thị Hoa" {
		t.Errorf("%d filings after the second", len(fs))
	}
}

func TestMistakesComeBackWithEverythingTyped(t *testing.T) {
	w := servertest.New()
	b := open(t, w.Server())
	b.cookies["voice"] = "en"
	b.post("/o/izumisano/request")
	r := b.post("/o/izumisano/request/person", "full_name", "<b>Ms & Co", "kana", "かな", "other_names", "Smith", "year", "昭和65", "month", "2", "day", "3")
	wantStatus(t, r, http.StatusUnprocessableEntity)
	wantText(t, r, "<title>Error: ", `value="&lt;b&gt;Ms &amp; Co"`, `value="かな"`, `value="Smith"`, `value="昭和65"`, `href="#year"`)
	at, form := strings.Index(r.Body.String(), `class="summary"`), strings.Index(r.Body.String(), "<h1")
	if at < 0 || at > form {
		t.Error("the summary does not stand above the heading")
	}
	// A day that does not exist; year and day changed places; impossible kinds.
	for _, x := range []struct{ y, m, d, wrong string }{
		{"1998", "2", "30", `href="#day"`}, {"98", "2", "3", `href="#year"`}, {"1998", "13", "3", `href="#month"`},
		{"2999", "1", "1", `href="#year"`}, {"3", "4", "1998", ""}, {"平成元", "1", "8", ""}, {"S40", "1", "1", ""}, {"令和２年", "2", "29", ""},
	} {
		r = b.post("/o/izumisano/request/person", "full_name", "A", "year", x.y, "month", x.m, "day", x.d)
		if x.wrong == "" {
			wantStatus(t, r, http.StatusSeeOther)
			continue
		}
		wantStatus(t, r, http.StatusUnprocessableEntity)
		wantText(t, r, x.wrong)
	}
	r = b.post("/o/izumisano/request/reach", "reach", "mail", "mail", "not a mail", "phone", "x")
	wantStatus(t, r, http.StatusUnprocessableEntity)
	wantText(t, r, `value="not a mail"`, `href="#mail"`, `href="#phone"`)
}

func TestADraftThatIsGoneLosesNothing(t *testing.T) {
	w := servertest.New()
	b := open(t, w.Server())
	wantTo(t, b.get("/o/izumisano/request/person"), "/o/izumisano/request")
	wantStatus(t, b.post("/o/izumisano/request/person", "full_name", "Minh", "year", "1990", "month", "1", "day", "2"), http.StatusSeeOther)
	wantText(t, b.get("/o/izumisano/request/person"), `value="Minh"`)
	// With the database away the page comes back with the answer on it.
	w.Fail["SaveDraft"] = dsr.Fail(dsr.Unavailable, "error.unavailable")
	r := b.post("/o/izumisano/request/person", "full_name", "Hoa", "year", "1990", "month", "1", "day", "2")
	wantStatus(t, r, http.StatusServiceUnavailable)
	wantText(t, r, `value="Hoa"`)
}

func TestSendingSurvivesADatabaseThatIsAway(t *testing.T) {
	w := servertest.New()
	b := open(t, w.Server())
	fields := hidden(t, fill(t, b), "/o/izumisano/request/send")
	w.Fail["File"] = dsr.Fail(dsr.Unavailable, "error.unavailable")
	r := b.post("/o/izumisano/request/send", fields...)
	wantStatus(t, r, http.StatusServiceUnavailable)
	delete(w.Fail, "File")
	wantTo(t, b.post("/o/izumisano/request/send", hidden(t, r.Body.String(), "/o/izumisano/request/send")...), "/o/izumisano/my/receipt")
	// Accepted, and the session cannot be opened: the receipt comes all the same.
	b = open(t, w.Server())
	fields = hidden(t, fill(t, b), "/o/izumisano/request/send")
	w.Fail["OpenSession"] = dsr.Fail(dsr.Unavailable, "error.unavailable")
	r = b.post("/o/izumisano/request/send", fields...)
	wantStatus(t, r, 200)
	wantText(t, r, `class="reference"`)
}

func TestASessionThatEndedLeadsBackToThePageWithTheText(t *testing.T) {
	w := servertest.New()
	x := w.AddSubmission("izumisano")
	b := open(t, w.Server())
	path := "/o/izumisano/my/case/" + x.Status.Cases[0].Case + "/write"
	wantTo(t, b.get(path), "/o/izumisano/find?next="+url.QueryEscape(path))
	r := b.post(path, "text", "What I wrote")
	wantStatus(t, r, http.StatusUnauthorized)
	f := hidden(t, r.Body.String(), "/o/izumisano/find")
	r = b.post("/o/izumisano/find", append(f, "reference", strings.ToLower(x.Status.Reference), "contact", "MINH@example.jp ")...)
	wantStatus(t, r, 200)
	f = hidden(t, r.Body.String(), "/o/izumisano/find/code")
	r = b.post("/o/izumisano/find/code", append(f, "code", "0000 0000")...)
	wantStatus(t, r, http.StatusUnprocessableEntity)
	r = b.post("/o/izumisano/find/code", append(hidden(t, r.Body.String(), "/o/izumisano/find/code"), "code", "１２３４ 5678")...)
	wantStatus(t, r, 200)
	wantText(t, r, "What I wrote", `action="`+path+`"`)
	wantTo(t, b.post(path, "text", "What I wrote"), "/o/izumisano/my?done=written")
	if m := x.Status.Messages; len(m) != 1 || m[0].Text != "What I wrote" {
		t.Errorf("messages %d", len(m))
	}
}

func TestFindingARequestTellsNothingAboutWhetherItExists(t *testing.T) {
	w := servertest.New()
	x := w.AddSubmission("izumisano")
	b := open(t, w.Server())
	known := b.post("/o/izumisano/find", "reference", x.Status.Reference, "contact", "minh@example.jp").Body.String()
	unknown := b.post("/o/izumisano/find", "reference", dsr.NewReference([7]byte{1, 2, 3, 4, 5, 6, 7}), "contact", "minh@example.jp").Body.String()
	unknown = strings.ReplaceAll(unknown, dsr.NewReference([7]byte{1, 2, 3, 4, 5, 6, 7}), x.Status.Reference)
	if known != unknown {
		t.Error("the two pages differ")
	}
	// An address that leads elsewhere is not followed.
	for _, next := range []string{"//evil.example", "https://evil.example", "/\\evil", "/o/kai/my", "/o/izumisano/my/../../../x//y", "/desk", "/o/izumisano/my?x=1"} {
		r := b.post("/o/izumisano/find/code", "reference", x.Status.Reference, "contact", "minh@example.jp", "code", servertest.Code, "next", next)
		wantTo(t, r, "/o/izumisano/my")
	}
}

func TestUnknownThingsLookAlike(t *testing.T) {
	w := servertest.New()
	x, y := w.AddSubmission("izumisano"), w.AddSubmission("izumisano")
	b := open(t, w.Server())
	b.cookies["voice"] = "en"
	b.cookies["session-izumisano"] = w.Session(x)
	want := b.get("/o/nobody/").Body.String()
	for _, path := range []string{"/nowhere", "/o/izumisano/nowhere", "/o/nobody/my", "/o/izumisano/my/case/" + y.Status.Cases[0].Case + "/write",
		"/o/izumisano/my/case/x/withdraw", "/o/izumisano/my/letter/none", "/o/izumisano/request/nothing", "/dev/mailbox/none", "/static/none.css"} {
		r := b.get(path)
		if path == "/o/izumisano/request/nothing" {
			continue // leads to the beginning of the form without a draft
		}
		wantStatus(t, r, http.StatusNotFound)
		if r.Body.String() != want {
			t.Errorf("%s looks different", path)
		}
	}
	// A session of one organisation is none in another.
	b.cookies["session-kai"] = b.cookies["session-izumisano"]
	wantTo(t, b.get("/o/kai/my"), "/o/kai/find?next=%2Fo%2Fkai%2Fmy")
}

// photo is a picture with a place hidden in its EXIF and a telephone held
// upright (orientation 6).
func photo(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 40, 20))
	for x := range 40 {
		for y := range 20 {
			c := color.RGBA{255, 255, 255, 255}
			if x < 10 && y < 10 {
				c = color.RGBA{0, 0, 0, 255}
			}
			m.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00PLACE-35.6812N"
	segment := append([]byte{0xff, 0xe1, byte((len(exif) + 2) >> 8), byte(len(exif) + 2)}, exif...)
	return append(append(append([]byte(nil), b.Bytes()[:2]...), segment...), b.Bytes()[2:]...)
}

func TestPapersAreCheckedAndStripped(t *testing.T) {
	w := servertest.New()
	x := w.AddSubmission("izumisano")
	b := open(t, w.Server())
	b.cookies["voice"] = "en"
	b.cookies["session-izumisano"] = w.Session(x)
	path := "/o/izumisano/my/identity"
	var shot []byte
	{
		var buf bytes.Buffer
		_ = png.Encode(&buf, image.NewGray(image.Rect(0, 0, 8, 8)))
		shot = buf.Bytes()
	}
	huge := append([]byte(nil), shot...)
	copy(huge[16:], []byte{0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50}) // claims 50,000 × 50,000
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	for _, c := range []struct {
		name, kind string
		data       []byte
		file       bool
		status     int
		text       string
	}{
		{"no kind", "", shot, true, 422, "Choose which document it is"},
		{"no file", "passport", nil, false, 422, "Choose a file"},
		{"empty", "passport", nil, true, 422, "This file is empty"},
		{"wrong type", "passport", []byte("MZ this is a program"), true, 422, "Choose a JPEG, PNG or PDF file"},
		{"a page called jpg", "passport", []byte("<!DOCTYPE html><script>alert(1)</script>"), true, 422, "Choose a JPEG, PNG or PDF file"},
		{"broken", "passport", shot[:20], true, 422, "cannot be opened"},
		{"too many pixels", "passport", huge, true, 422, "too many pixels"},
		{"too large", "passport", bytes.Repeat([]byte{0xff}, server.MaxUpload+1), true, 413, "up to 10 MB"},
	} {
		r := b.upload(path, c.kind, c.data, c.file)
		if r.Code != c.status || !strings.Contains(r.Body.String(), c.text) {
			t.Errorf("%s: %d, want %d with %q", c.name, r.Code, c.status, c.text)
		}
	}
	if len(x.Status.Documents) != 0 {
		t.Fatalf("%d papers were stored", len(x.Status.Documents))
	}
	wantStatus(t, b.post(path+"/send"), 422)
	wantTo(t, b.upload(path, "passport", photo(t), true), path)
	wantTo(t, b.upload(path, "residence-card", []byte("%PDF-1.7\n%âãÏÓ\n"), true), path)
	wantText(t, b.get(path), "JPEG", "PDF", "Remove")
	wantTo(t, b.post(path+"/remove", "document", x.Status.Documents[1].ID), path)
	wantTo(t, b.post(path+"/send"), "/o/izumisano/my?done=identity")
	if !x.Status.Identity.EvidenceSent || len(x.Status.Documents) != 1 {
		t.Error("the papers did not go to the desk")
	}
	stored := x.Uploads[0]
	if bytes.Contains(stored, []byte("PLACE")) || bytes.Contains(stored, []byte("Exif")) {
		t.Error("the place is still in the picture")
	}
	m, err := jpeg.Decode(bytes.NewReader(stored))
	if err != nil {
		t.Fatal(err)
	}
	dark := func(x, y int) bool { r, _, _, _ := m.At(x, y).RGBA(); return r < 0x8000 }
	if m.Bounds().Dx() != 20 || m.Bounds().Dy() != 40 || !dark(17, 3) || dark(3, 3) {
		t.Errorf("the picture does not stand upright: %v", m.Bounds())
	}
}

func TestDownloadNeedsACodeAndComesAsAFile(t *testing.T) {
	w := servertest.New()
	x := stages(w)["ready"]
	b := open(t, w.Server())
	b.cookies["session-izumisano"] = w.Session(x)
	at := "/o/izumisano/my/case/" + x.Status.Cases[0].Case + "/download"
	if strings.Contains(b.get(at).Body.String(), `name="code"`) {
		t.Error("asks for a code before one was sent")
	}
	wantTo(t, b.post(at+"/code"), at+"?sent=1")
	wantStatus(t, b.post(at, "code", "99999999"), 422)
	r := b.post(at, "code", "1234-5678")
	wantStatus(t, r, 200)
	if !strings.HasPrefix(r.Header().Get("Content-Disposition"), "attachment; ") || r.Body.String() != string(x.Package) {
		t.Error("not the package as a file")
	}
	x.Status.Cases[0].Package.Expired = true
	wantTo(t, b.post(at+"/again"), at+"?opened=1")
}

func TestWithdrawingIsAskedTwiceAndCanBeTakenBack(t *testing.T) {
	w := servertest.New()
	x := w.AddSubmission("izumisano")
	b := open(t, w.Server())
	b.cookies["session-izumisano"] = w.Session(x)
	at := "/o/izumisano/my/case/" + x.Status.Cases[0].Case
	b.get(at + "/withdraw")
	if x.Status.Cases[0].Withdrawn {
		t.Fatal("looking at the page withdrew")
	}
	wantTo(t, b.post(at+"/withdraw"), "/o/izumisano/my?done=withdrawn")
	wantTo(t, b.post(at+"/withdraw"), "/o/izumisano/my?done=withdrawn")
	wantTo(t, b.post(at+"/take-back"), "/o/izumisano/my?done=taken-back")
	if x.Status.Cases[0].Withdrawn {
		t.Error("still withdrawn")
	}
}
