package driver

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// Browser is one visitor with one set of cookies, on one page at a time.
type Browser struct {
	t    testing.TB
	who  string // for messages: "customer", "handler"
	base *url.URL
	jar  *jar
	http *http.Client

	// Status, Header and Body are the last answer's.
	Status int
	Header http.Header
	Body   []byte

	url   *url.URL
	doc   *html.Node
	scope *html.Node
	files map[*html.Node]file
	// Asked counts the pages that were asked for, posts among them.
	Asked, Posted int
}

// file is what was chosen for an upload.
type file struct {
	name, mediaType string
	data            []byte
}

// New is a visitor of the product at base, for example
// "http://127.0.0.1:8080". who names them in messages.
func New(t testing.TB, base, who string) *Browser {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{t: t, who: who, base: u, url: u, jar: &jar{cookies: map[string]string{}},
		http: &http.Client{Timeout: 2 * time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Tab is a second page of the same visitor: it shares the cookies.
func (b *Browser) Tab() *Browser {
	c := *b
	c.scope, c.files = nil, nil
	return &c
}

// TabFor is a tab in the hands of a part of a test that has a report of its own.
func (b *Browser) TabFor(t testing.TB) *Browser {
	c := b.Tab()
	c.t = t
	return c
}

// jar keeps the cookies of one host. Browsers take the loopback address as
// trustworthy also on plain http, so a Secure cookie is kept and sent; the rules
// of the __Host- prefix hold.
//
// Tabs share it, and may be in the hands of several parts of a test at once.
type jar struct {
	mu      sync.Mutex
	cookies map[string]string
}

func (j *jar) give(r *http.Request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for k, v := range j.cookies {
		r.AddCookie(&http.Cookie{Name: k, Value: v})
	}
}

func (j *jar) take(t testing.TB, r *http.Response) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range r.Cookies() {
		if strings.HasPrefix(c.Name, "__Host-") && (!c.Secure || c.Path != "/" || c.Domain != "") {
			t.Errorf("a browser refuses the cookie %s: it needs Secure, Path=/ and no Domain", c.Name)
			continue
		}
		if c.MaxAge < 0 || (!c.Expires.IsZero() && c.Expires.Before(time.Now())) {
			delete(j.cookies, c.Name)
			continue
		}
		j.cookies[c.Name] = c.Value
	}
}

// Forget drops all cookies, as a closed private window does.
func (b *Browser) Forget() {
	b.jar.mu.Lock()
	defer b.jar.mu.Unlock()
	b.jar.cookies = map[string]string{}
}

// Cookies are what the visitor's browser keeps, by name.
func (b *Browser) Cookies() map[string]string {
	b.jar.mu.Lock()
	defer b.jar.mu.Unlock()
	return maps.Clone(b.jar.cookies)
}

// Open goes to one of the start addresses.
func (b *Browser) Open(start string) {
	b.t.Helper()
	b.goTo("GET", b.base.ResolveReference(&url.URL{Path: start}), nil, "")
}

// Reload asks for the page anew.
func (b *Browser) Reload() {
	b.t.Helper()
	b.goTo("GET", b.url, nil, "")
}

// Follow opens an address that the product gave to a person outside its pages,
// as the link in a mail.
func (b *Browser) Follow(address string) {
	b.t.Helper()
	u, err := b.url.Parse(address)
	if err != nil {
		b.t.Fatalf("%s: %q is no address", b.who, address)
	}
	b.goTo("GET", u, nil, "")
}

// Address is that of the page.
func (b *Browser) Address() string { return b.url.String() }

func (b *Browser) goTo(method string, u *url.URL, body []byte, contentType string) {
	b.t.Helper()
	for hop := 0; ; hop++ {
		if hop == 8 {
			b.t.Fatalf("%s: redirected in a circle", b.who)
		}
		if u.Host != b.base.Host {
			b.t.Fatalf("%s: led away from the product, to %s", b.who, u.Host)
		}
		req, err := http.NewRequest(method, u.String(), bytes.NewReader(body))
		if err != nil {
			b.t.Fatal(err)
		}
		if contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		if method == "POST" {
			req.Header.Set("Origin", b.base.Scheme+"://"+b.base.Host)
			b.Posted++
		}
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Accept", "text/html")
		b.jar.give(req)
		b.Asked++
		res, err := b.http.Do(req)
		if err != nil {
			b.t.Fatalf("%s: %v", b.who, err)
		}
		b.Body, err = io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			b.t.Fatalf("%s: %v", b.who, err)
		}
		b.jar.take(b.t, res)
		b.Status, b.Header = res.StatusCode, res.Header
		if res.StatusCode/100 == 3 {
			if method == "POST" && res.StatusCode != http.StatusSeeOther {
				b.t.Errorf("%s: a form was answered by %d, a browser might send it again", b.who, res.StatusCode)
			}
			if u, err = u.Parse(res.Header.Get("Location")); err != nil {
				b.t.Fatal(err)
			}
			method, body, contentType = "GET", nil, ""
			continue
		}
		break
	}
	if !strings.HasPrefix(b.Header.Get("Content-Type"), "text/html") {
		return // a download: the page stays
	}
	doc, err := html.Parse(bytes.NewReader(b.Body))
	if err != nil {
		b.t.Fatal(err)
	}
	b.url, b.doc, b.scope, b.files = u, doc, nil, map[*html.Node]file{}
}

// fatal ends the test with the text of the page.
func (b *Browser) fatal(format string, args ...any) {
	b.t.Helper()
	text := b.Text()
	if len(text) > 6000 {
		text = text[:6000] + " …"
	}
	b.t.Fatalf("%s: %s\nanswer %d from %s, page:\n%s", b.who, fmt.Sprintf(format, args...), b.Status, b.url.Path, text)
}

// root is the part of the page that is looked at.
func (b *Browser) root() *html.Node {
	if b.scope != nil {
		return b.scope
	}
	return b.doc
}

// Text is what can be read on the page, readings of furigana left out.
func (b *Browser) Text() string {
	if b.doc == nil {
		return ""
	}
	return textOf(find1(b.root(), func(n *html.Node) bool { return n.Data == "body" || n == b.scope }))
}

// Title is that of the page.
func (b *Browser) Title() string {
	return textOf(find1(b.doc, func(n *html.Node) bool { return n.Data == "title" }))
}

// Heading is the page's first heading.
func (b *Browser) Heading() string {
	return textOf(find1(b.doc, func(n *html.Node) bool { return n.Data == "h1" }))
}

// Has reports whether a text stands on the page.
func (b *Browser) Has(text string) bool { return strings.Contains(b.Text(), squeeze(text)) }

// See demands that all texts stand on the page.
func (b *Browser) See(texts ...string) {
	b.t.Helper()
	for _, x := range texts {
		if !b.Has(x) {
			b.fatal("%q is not on the page", x)
		}
	}
}

// Miss demands that none of the texts stands on the page.
func (b *Browser) Miss(texts ...string) {
	b.t.Helper()
	for _, x := range texts {
		if b.Has(x) {
			b.fatal("%q is on the page and should not be", x)
		}
	}
}

// Until reloads the page until ok says yes, for at most a minute: what the
// engine does takes its time on a busy machine.
func (b *Browser) Until(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		if ok() {
			return
		}
		if time.Now().After(end) {
			b.fatal("waited in vain until %s", what)
		}
		time.Sleep(200 * time.Millisecond)
		b.Reload()
	}
}

// UntilSee reloads the page until a text stands on it.
func (b *Browser) UntilSee(text string) {
	b.t.Helper()
	b.Until(fmt.Sprintf("%q is on the page", text), func() bool { return b.Has(text) })
}

// Within does something inside one part of the page: the smallest section,
// group, form or row whose heading, legend, summary or first cell has the text.
func (b *Browser) Within(text string, do func()) {
	b.t.Helper()
	before, node := b.scope, b.part(text)
	if node == nil {
		b.fatal("no part of the page is called %q", text)
	}
	b.scope = node
	do()
	if b.scope == node { // else the page has changed
		b.scope = before
	}
}

// HasPart reports whether a part of the page is called this.
func (b *Browser) HasPart(text string) bool { return b.part(text) != nil }

var parts = map[string]bool{"details": true, "fieldset": true, "section": true, "form": true, "article": true, "li": true, "tr": true, "tbody": true, "dl": true}

var heads = map[string]bool{"summary": true, "legend": true, "h1": true, "h2": true, "h3": true, "th": true, "dt": true, "p": true, "span": true, "strong": true, "a": true}

func (b *Browser) part(text string) *html.Node {
	head := best(b.root(), text, func(n *html.Node) bool { return heads[n.Data] })
	for n := head; n != nil; n = n.Parent {
		// A plain box is a part when there is something to do in it.
		if parts[n.Data] || n.Data == "div" && find1(n, func(c *html.Node) bool { return c.Data == "button" || isControl(c) }) != nil {
			return n
		}
	}
	return nil
}

// Links are the texts of the links on the page.
func (b *Browser) Links() []string {
	var out []string
	walk(b.root(), func(n *html.Node) {
		if n.Data == "a" {
			out = append(out, textOf(n))
		}
	})
	return out
}

// HasLink reports whether a link with this text can be clicked.
func (b *Browser) HasLink(text string) bool { return b.link(text) != nil }

func (b *Browser) link(text string) *html.Node {
	return best(b.root(), text, func(n *html.Node) bool { return n.Data == "a" && attr(n, "href") != "" })
}

// Click follows a link by its text.
func (b *Browser) Click(text string) {
	b.t.Helper()
	n := b.link(text)
	if n == nil {
		b.fatal("no link says %q", text)
	}
	b.click(n)
}

// ClickWith follows the link of a text whose row, or part of the page, also has
// another text.
func (b *Browser) ClickWith(text, beside string) {
	b.t.Helper()
	b.Within(beside, func() { b.t.Helper(); b.Click(text) })
}

func (b *Browser) click(n *html.Node) {
	b.t.Helper()
	u, err := b.url.Parse(attr(n, "href"))
	if err != nil {
		b.fatal("the link %q leads nowhere", textOf(n))
	}
	u.Fragment = ""
	b.goTo("GET", u, nil, "")
	if b.Status >= 500 {
		b.fatal("the link %q fails", textOf(n))
	}
}

// labelled finds the control of a label.
func (b *Browser) labelled(label string, fits func(*html.Node) bool) *html.Node {
	if n := best(b.root(), label, func(n *html.Node) bool {
		if n.Data != "label" {
			return false
		}
		c := b.controlOf(n)
		return c != nil && fits(c)
	}); n != nil {
		return b.controlOf(n)
	}
	return nil
}

func (b *Browser) controlOf(label *html.Node) *html.Node {
	if id := attr(label, "for"); id != "" {
		return find1(b.doc, func(n *html.Node) bool { return attr(n, "id") == id })
	}
	return find1(label, isControl)
}

func isControl(n *html.Node) bool {
	return n.Data == "input" || n.Data == "textarea" || n.Data == "select"
}

func isText(n *html.Node) bool {
	if n.Data == "textarea" {
		return true
	}
	switch attr(n, "type") {
	case "radio", "checkbox", "file", "hidden", "submit":
		return false
	}
	return n.Data == "input"
}

func isTick(n *html.Node) bool {
	return n.Data == "input" && (attr(n, "type") == "radio" || attr(n, "type") == "checkbox")
}

// Fill types into the field of a label.
func (b *Browser) Fill(label, value string) {
	b.t.Helper()
	n := b.labelled(label, isText)
	if n == nil {
		b.fatal("no field is labelled %q", label)
	}
	if n.Data != "textarea" {
		setAttr(n, "value", value)
		return
	}
	for n.FirstChild != nil {
		n.RemoveChild(n.FirstChild)
	}
	n.AppendChild(&html.Node{Type: html.TextNode, Data: value})
}

// Value is what stands in the field of a label.
func (b *Browser) Value(label string) string {
	b.t.Helper()
	n := b.labelled(label, isText)
	if n == nil {
		b.fatal("no field is labelled %q", label)
	}
	return valueOf(n)
}

// HasField reports whether a text field has this label.
func (b *Browser) HasField(label string) bool { return b.labelled(label, isText) != nil }

// HasChoice reports whether there is such an answer to choose.
func (b *Browser) HasChoice(label string) bool { return b.labelled(label, isTick) != nil }

// Chosen reports whether an answer is ticked.
func (b *Browser) Chosen(label string) bool {
	n := b.labelled(label, isTick)
	return n != nil && hasAttr(n, "checked")
}

// Choose ticks a radio button or a box by its label.
func (b *Browser) Choose(label string) {
	b.t.Helper()
	n := b.labelled(label, func(n *html.Node) bool { return isTick(n) && !hasAttr(n, "disabled") })
	if n == nil {
		b.fatal("no answer is called %q", label)
	}
	b.tick(n)
}

func (b *Browser) tick(n *html.Node) {
	if attr(n, "type") == "radio" {
		form := b.formOf(n)
		walk(b.doc, func(o *html.Node) {
			if isTick(o) && attr(o, "name") == attr(n, "name") && b.formOf(o) == form {
				dropAttr(o, "checked")
			}
		})
	}
	setAttr(n, "checked", "")
}

// ChooseEach ticks, in every group of the part, the answer with this label.
// It gives their number.
func (b *Browser) ChooseEach(label string) int {
	b.t.Helper()
	n := 0
	walk(b.root(), func(l *html.Node) {
		if l.Data != "label" || textOf(l) != squeeze(label) {
			return
		}
		if c := b.controlOf(l); c != nil && isTick(c) && !hasAttr(c, "disabled") {
			b.tick(c)
			n++
		}
	})
	return n
}

// ChooseIn ticks, in every group of answers of the part, the first whose label
// has the text. It gives the number of groups that have one.
func (b *Browser) ChooseIn(text string) int {
	b.t.Helper()
	n := 0
	walk(b.root(), func(g *html.Node) {
		if g.Data != "fieldset" {
			return
		}
		if l := best(g, text, func(l *html.Node) bool {
			c := (*html.Node)(nil)
			if l.Data == "label" {
				c = b.controlOf(l)
			}
			return c != nil && isTick(c) && !hasAttr(c, "disabled")
		}); l != nil {
			b.tick(b.controlOf(l))
			n++
		}
	})
	return n
}

// ChooseAll ticks every answer of the part whose label has the text. It gives
// their number.
func (b *Browser) ChooseAll(text string) int {
	b.t.Helper()
	n := 0
	walk(b.root(), func(l *html.Node) {
		if l.Data != "label" || !strings.Contains(textOf(l), squeeze(text)) {
			return
		}
		if c := b.controlOf(l); c != nil && isTick(c) && !hasAttr(c, "disabled") {
			b.tick(c)
			n++
		}
	})
	return n
}

// Sheets are the texts of the letters on the page.
func (b *Browser) Sheets() []string {
	var out []string
	walk(b.root(), func(n *html.Node) {
		if n.Data == "article" {
			out = append(out, textOf(n))
		}
	})
	return out
}

// ChooseNth ticks the nth answer of the part, from 1, whatever it says.
func (b *Browser) ChooseNth(nth int) string {
	b.t.Helper()
	seen, label := 0, ""
	walk(b.root(), func(l *html.Node) {
		if l.Data != "label" {
			return
		}
		if c := b.controlOf(l); c != nil && isTick(c) {
			if seen++; seen == nth {
				b.tick(c)
				label = textOf(l)
			}
		}
	})
	if label == "" {
		b.fatal("there is no answer %d", nth)
	}
	return label
}

// Select takes an entry of the list of a label; "" takes the first that is not
// empty.
func (b *Browser) Select(label, entry string) {
	b.t.Helper()
	n := b.labelled(label, func(n *html.Node) bool { return n.Data == "select" })
	if n == nil {
		b.fatal("no list is labelled %q", label)
	}
	var chosen *html.Node
	if entry == "" {
		chosen = find1(n, func(o *html.Node) bool { return o.Data == "option" && attr(o, "value") != "" })
	} else {
		chosen = best(n, entry, func(o *html.Node) bool { return o.Data == "option" })
	}
	if chosen == nil {
		b.fatal("the list %q has no %q", label, entry)
	}
	walk(n, func(o *html.Node) { dropAttr(o, "selected") })
	setAttr(chosen, "selected", "")
}

// Upload chooses a file in the field of a label.
func (b *Browser) Upload(label, name, mediaType string, data []byte) {
	b.t.Helper()
	n := b.labelled(label, func(n *html.Node) bool { return attr(n, "type") == "file" })
	if n == nil {
		b.fatal("no field for a file is labelled %q", label)
	}
	b.files[n] = file{name, mediaType, data}
}

// HasButton reports whether a button with this text can be pressed.
func (b *Browser) HasButton(text string) bool { return b.button(text) != nil }

func (b *Browser) button(text string) *html.Node {
	return best(b.root(), text, func(n *html.Node) bool {
		return !hasAttr(n, "disabled") && b.formOf(n) != nil &&
			(n.Data == "button" && attr(n, "type") != "button" || n.Data == "input" && attr(n, "type") == "submit")
	})
}

// Press presses a button by its text, which sends its form.
func (b *Browser) Press(text string) {
	b.t.Helper()
	b.Send(b.Form(text))
	if b.Status >= 500 {
		b.fatal("the button %q fails", text)
	}
}

// Form is a filled form, ready to be sent by whoever has it.
type Form struct {
	method, contentType string
	to                  *url.URL
	body                []byte
}

// Form is the form of a button, as it is filled now.
func (b *Browser) Form(button string) Form {
	b.t.Helper()
	n := b.button(button)
	if n == nil {
		b.fatal("no button says %q", button)
	}
	form := b.formOf(n)
	to, err := b.url.Parse(attr(form, "action"))
	if err != nil {
		b.fatal("the form of %q leads nowhere", button)
	}
	f := Form{method: strings.ToUpper(attr(form, "method")), to: to}
	type pair struct{ name, value string }
	var values []pair
	var uploads []*html.Node
	walk(b.doc, func(c *html.Node) {
		name := attr(c, "name")
		if name == "" || hasAttr(c, "disabled") || b.formOf(c) != form {
			return
		}
		switch {
		case c == n:
			values = append(values, pair{name, attr(c, "value")})
		case c.Data == "input" && attr(c, "type") == "file":
			uploads = append(uploads, c)
		case isTick(c) && !hasAttr(c, "checked"), c.Data == "button", attr(c, "type") == "submit":
		case isControl(c):
			values = append(values, pair{name, valueOf(c)})
		}
	})
	if attr(form, "enctype") == "multipart/form-data" {
		var buf bytes.Buffer
		w := multipart.NewWriter(&buf)
		for _, v := range values {
			w.WriteField(v.name, v.value)
		}
		for _, c := range uploads {
			u := b.files[c] // nothing chosen: an empty part, as browsers send it
			if u.mediaType == "" {
				u.mediaType = "application/octet-stream"
			}
			h := textproto.MIMEHeader{}
			h.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q; filename=%q`, attr(c, "name"), u.name))
			h.Set("Content-Type", u.mediaType)
			p, err := w.CreatePart(h)
			if err != nil {
				b.t.Fatal(err)
			}
			p.Write(u.data)
		}
		w.Close()
		f.contentType, f.body = w.FormDataContentType(), buf.Bytes()
		return f
	}
	q := url.Values{}
	for _, v := range values {
		q.Add(v.name, v.value)
	}
	if f.method != "POST" {
		f.method, f.to.RawQuery = "GET", q.Encode()
		return f
	}
	f.contentType, f.body = "application/x-www-form-urlencoded", []byte(q.Encode())
	return f
}

// Send sends a form, which may have been filled on another page or by somebody
// else.
func (b *Browser) Send(f Form) {
	b.t.Helper()
	to := *f.to
	to.Fragment = ""
	b.goTo(f.method, &to, f.body, f.contentType)
}

func (b *Browser) formOf(n *html.Node) *html.Node {
	if id := attr(n, "form"); id != "" {
		return find1(b.doc, func(f *html.Node) bool { return f.Data == "form" && attr(f, "id") == id })
	}
	for ; n != nil; n = n.Parent {
		if n.Data == "form" {
			return n
		}
	}
	return nil
}

// Mails are the addresses of the mails to one person in the list on the page,
// in its order, newest first.
func (b *Browser) Mails(to string) []string {
	var out []string
	walk(b.doc, func(n *html.Node) {
		if n.Data != "li" || !strings.Contains(textOf(n), to) {
			return
		}
		if a := find1(n, func(a *html.Node) bool { return a.Data == "a" }); a != nil {
			if u, err := b.url.Parse(attr(a, "href")); err == nil {
				out = append(out, u.String())
			}
		}
	})
	return out
}

// Parts is how many buttons of this name can be pressed.
func (b *Browser) Parts(button string) int {
	n := 0
	walk(b.root(), func(e *html.Node) {
		if e.Data == "button" && strings.HasPrefix(textOf(e), squeeze(button)) && !hasAttr(e, "disabled") {
			n++
		}
	})
	return n
}

// Greyed is the form of a button that cannot be pressed, as somebody sends it
// who goes past the page.
func (b *Browser) Greyed(button string) Form {
	b.t.Helper()
	n := best(b.root(), button, func(n *html.Node) bool { return n.Data == "button" && hasAttr(n, "disabled") })
	if n == nil {
		b.fatal("no button that cannot be pressed says %q", button)
	}
	dropAttr(n, "disabled")
	defer setAttr(n, "disabled", "")
	return b.Form(button)
}

// LinkText is the whole text of the link that is found by a part of it, "" when
// there is none.
func (b *Browser) LinkText(part string) string {
	n := b.link(part)
	if n == nil {
		return ""
	}
	return textOf(n)
}
