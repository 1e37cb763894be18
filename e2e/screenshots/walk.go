package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"madoguchi/docs/samples"
	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/internal/locales"
	"madoguchi/internal/sample"
)

// picture is a page that was kept, in all widths.
type picture struct {
	route, title, role string
	voice              dsr.Voice
	files              []string
}

// walk is one visit to all pages.
type walk struct {
	t        *stage
	o        *driver.Office
	camera   *camera
	dir      string
	routes   []string
	pictures []picture
	// asked is the first visitor's request, askedBy their browser.
	asked   string
	askedBy *driver.Browser
	// wish are cases whose people look at their status page: reference and stage.
	wish map[string]string
}

func newWalk(t *stage, dir string) *walk {
	list, err := os.ReadFile(routesFile)
	if err != nil {
		t.Fatalf("%v; run this from the top of the checkout", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// What an earlier run made goes: a page that is no more leaves no picture.
	old, _ := filepath.Glob(filepath.Join(dir, "*.webp"))
	for _, f := range old {
		os.Remove(f)
	}
	w := &walk{t: t, dir: dir, routes: getsOf(string(list))}
	w.o = driver.Start(t, driver.Options{Samples: true})
	w.camera = newCamera(t)
	return w
}

// keep takes the page that a visitor is on.
func (w *walk) keep(b *driver.Browser, name, role string, voice dsr.Voice) {
	if b.Status != 200 && name != "portal-link" { // a link that leads nowhere is a page too
		w.t.Fatalf("%s: answer %d", name, b.Status)
	}
	route := routeOf(w.routes, pathOf(b.Address()))
	if route == "" {
		w.t.Fatalf("%s: %s is no page of %s", name, pathOf(b.Address()), routesFile)
	}
	w.pictures = append(w.pictures, picture{route: route, title: b.Heading(), role: role, voice: voice, files: w.camera.take(b, w.dir, name)})
	w.t.Logf("%-44s %s", name, route)
}

func pathOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	_, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut("/"+path, "?")
	return path
}

func say(v dsr.Voice, key string, args ...any) string {
	text, _, _ := strings.Cut(locales.T(v, key, args...), "{")
	return strings.TrimSpace(text)
}

// links are the addresses of the product that a page leads to.
func links(b *driver.Browser) (out []string) {
	z := html.NewTokenizer(bytes.NewReader(b.Body))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return out
		case html.StartTagToken:
			tag := z.Token()
			for _, a := range tag.Attr {
				if tag.Data == "a" && a.Key == "href" && strings.HasPrefix(a.Val, "/") && !strings.Contains(a.Val, "#") {
					out = append(out, a.Val)
				}
			}
		}
	}
}

// seen is a page that a member of staff can reach.
type seen struct {
	address, route, heading, text string
}

// crawl follows all links from a page, one organisation's and no further.
func (w *walk) crawl(b *driver.Browser, slug string, most int) (all []seen) {
	known, next := map[string]bool{}, []string{pathOf(b.Address())}
	for len(next) > 0 && len(all) < most {
		address := next[0]
		next = next[1:]
		if known[address] || strings.Contains(address, "/document/") {
			continue
		}
		known[address] = true
		b.Follow(address)
		if b.Status != 200 {
			continue
		}
		all = append(all, seen{address, routeOf(w.routes, pathOf(b.Address())), b.Heading(), b.Text()})
		for _, l := range links(b) {
			if strings.HasPrefix(l, "/desk/"+slug+"/") {
				next = append(next, l)
			}
		}
	}
	return all
}

// signIn signs an account in.
func (w *walk) signIn(login string, voice dsr.Voice) *driver.Browser {
	b := w.o.Visitor(login)
	b.Open("/desk")
	if name := ownName(voice); b.HasButton(name) {
		b.Press(name)
	}
	b.Fill(say(voice, "desk.sign-in.login"), login)
	b.Fill(say(voice, "desk.sign-in.password"), w.o.Passwords[login])
	b.Press(say(voice, "desk.sign-in.button"))
	return b
}

func ownName(v dsr.Voice) string {
	return map[dsr.Voice]string{dsr.VoiceJa: "日本語", dsr.VoiceJaEasy: "やさしい日本語", dsr.VoiceEn: "English", dsr.VoiceVi: "Tiếng Việt", dsr.VoiceDe: "Deutsch"}[v]
}

// house is an organisation's portal and the language of its policy.
type house struct {
	slug, setting string
	voice         dsr.Voice
	kind          string // the card that its visitor chooses
}

// houses are the five of the demonstration, each with another kind of request.
var houses = []house{
	{"izumisano", "CENTRE_RECORDS", dsr.VoiceVi, "disclosure"},
	{"qoo10", "MEMBERS", dsr.VoiceJa, "correction"},
	{"score-japan", "SHIPPERS", dsr.VoiceVi, "deletion"},
	{"kai", "SERVICE_CARDS", dsr.VoiceDe, "disclosure"},
	{"scsk-serviceware", "APPLICANTS", dsr.VoiceEn, "suspension"},
}

func (w *walk) everything() {
	for _, h := range houses {
		w.portal(h)
	}
	w.desk()
	w.board()
	w.readers()
	w.mailbox()
}

// portal is one person's way through one portal. Each page of the form is kept
// once in the whole walk, whatever the organisation, unless its questions differ.
func (w *walk) portal(h house) {
	b, as := w.o.Visitor("customer"), func(name string) string { return "portal-" + h.slug + "-" + name }
	person := func(name string) { w.keep(b, as(name), "customer", h.voice) }
	say := func(key string, args ...any) string { return say(h.voice, key, args...) }
	b.Open("/")
	if h.slug == houses[0].slug {
		w.keep(b, "organisations", "anybody", dsr.VoiceJa)
	}
	b.Open("/o/" + h.slug + "/")
	if b.HasButton(ownName(h.voice)) {
		b.Press(ownName(h.voice))
	}
	person("start")
	b.Open("/o/" + h.slug + "/policy")
	person("policy")
	b.Open("/o/" + h.slug + "/")
	for _, l := range links(b) {
		if strings.Contains(l, "/ask/") && h.slug == houses[0].slug {
			b.Follow(l)
			person("ask")
			b.Open("/o/" + h.slug + "/")
			break
		}
	}
	card := "kind." + h.kind + ".card"
	if h.kind == "deletion" {
		card = "portal.away.card" // deletion and erasure begin at one card
	}
	b.Click(say(card))
	person("begin-" + h.kind)
	b.Press(say("portal.start.begin"))
	w.form(b, h)
	person("check-" + h.kind)
	b.Press(say("portal.check.send"))
	person("receipt-" + h.kind)
	if b.HasButton(say("portal.confirm.title")) {
		before := w.mails(w.main(h).Mail)
		b.Press(say("portal.confirm.title"))
		if h.slug == houses[0].slug {
			person("confirm")
		}
		m := w.main(h)
		if code := w.code(m.Mail, before); code != "" {
			b.Fill(say("portal.code.label"), code)
			b.Press(say("portal.confirm.button"))
		}
	}
	b.Open("/o/" + h.slug + "/my")
	for end := time.Now().Add(30 * time.Second); !b.HasLink(say("portal.todo.identity-button")) && time.Now().Before(end); {
		time.Sleep(300 * time.Millisecond)
		b.Open("/o/" + h.slug + "/my")
	}
	person("status-" + h.kind)
	if h.slug != houses[0].slug {
		return
	}
	// Once: the pages of one's own request that do not differ.
	status, reference := b.Address(), b.Text()
	b.Click(say("portal.todo.identity-button"))
	person("identity")
	b.ChooseNth(1)
	b.Upload(say("portal.identity.file"), "card.png", "image/png", samples.ResidenceCard)
	b.Press(say("portal.identity.upload"))
	person("identity-uploaded")
	b.Follow(status)
	for _, l := range ownPages(b) {
		b.Follow(l)
		if b.Status == 200 {
			w.once(b, h)
		}
		b.Follow(status)
	}
	b.Open("/o/" + h.slug + "/find")
	person("find")
	w.asked = referenceShape.FindString(reference)
	w.askedBy = b
}

// once keeps a page of one's own request if none of its address was kept.
func (w *walk) once(b *driver.Browser, h house) {
	route := routeOf(w.routes, pathOf(b.Address()))
	if slices.ContainsFunc(w.pictures, func(p picture) bool { return p.route == route }) {
		return
	}
	part := strings.TrimPrefix(route[strings.LastIndex(route, "/")+1:], ":")
	w.keep(b, "portal-"+h.slug+"-"+part, "customer", h.voice)
}

// ownPages are what a status page leads to.
func ownPages(b *driver.Browser) (out []string) {
	for _, l := range links(b) {
		if strings.Contains(l, "/my/") && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

func (w *walk) main(h house) sample.Person {
	s, err := sample.Of(h.setting)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Main()
}

// form answers each question as the main person of the system, and keeps the
// pages that no earlier form had.
func (w *walk) form(b *driver.Browser, h house) {
	m := w.main(h)
	say := func(key string, args ...any) string { return say(h.voice, key, args...) }
	born, err := time.Parse(time.DateOnly, m.BornOn)
	if err != nil {
		w.t.Fatal(err)
	}
	for range 20 {
		step := pathOf(b.Address())
		step = step[strings.LastIndex(step, "/")+1:]
		if step == "check" {
			return
		}
		// Every page in one language, then only what differs.
		if h.slug == houses[0].slug || h.slug == houses[1].slug || slices.Contains([]string{"ground", "claim", "account", "away", "content", "suspension", "deletion", "recording"}, step) {
			w.keep(b, "portal-"+h.slug+"-form-"+step, "customer", h.voice)
		}
		fill := func(key, value string) {
			if b.HasField(say(key)) {
				b.Fill(say(key), value)
			}
		}
		fill("portal.person.name", m.Name)
		fill("portal.person.kana", m.Kana)
		fill("portal.person.year", fmt.Sprint(born.Year()))
		fill("portal.person.month", fmt.Sprint(int(born.Month())))
		fill("portal.person.day", fmt.Sprint(born.Day()))
		fill("portal.person.number", m.Number)
		fill("portal.person.address", m.Address)
		if bytes.Contains(b.Body, []byte(`type="radio"`)) || bytes.Contains(b.Body, []byte(`type="checkbox"`)) {
			switch {
			case b.HasChoice(say("portal.whom.me")):
				b.Choose(say("portal.whom.me"))
			case b.HasChoice(say("portal.scope.all")):
				b.Choose(say("portal.scope.all"))
			case b.HasChoice(say("portal.contact.by-mail")):
				b.Choose(say("portal.contact.by-mail"))
			case b.HasChoice(say("portal.delivery.download")):
				b.Choose(say("portal.delivery.download"))
			default:
				b.ChooseNth(1)
			}
		}
		if b.HasChoice(say("portal.claim.no-more")) {
			b.Choose(say("portal.claim.no-more"))
			fill("portal.claim.now", m.Mail)
			fill("portal.claim.should-correction", "new.address@example.org")
		}
		fill("portal.content.title", "090-0000-0000")
		fill("portal.contact.mail", m.Mail)
		b.Press(say("button.continue"))
		if b.Status != 200 {
			w.t.Fatalf("%s: the page %s was not answered: %d\n%s", h.slug, step, b.Status, b.Text())
		}
	}
	w.t.Fatalf("%s: the form has no end", h.slug)
}

var (
	referenceShape = regexp.MustCompile(`M-[0-9A-Z]{4}-[0-9A-Z]{4}`)
	addressShape   = regexp.MustCompile(`[\w.+-]+@example\.(org|jp|com)`)
)

var codeShape = regexp.MustCompile(`\b(\d{4}) (\d{4})\b`)

// mails are the mails to an address, newest first.
func (w *walk) mails(mail string) []string {
	b := w.o.Visitor("mailbox")
	b.Open("/dev/mailbox")
	return b.Mails(mail)
}

// code is the newest code that was mailed to an address, in none of the mails
// that were there before.
func (w *walk) code(mail string, before []string) string {
	b := w.o.Visitor("mailbox")
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		for _, m := range w.mails(mail) {
			if slices.Contains(before, m) {
				continue
			}
			b.Follow(m)
			if c := codeShape.FindString(b.Text()); c != "" {
				return c
			}
		}
	}
	w.t.Errorf("no code arrived")
	return ""
}

// wanted is a page of the desk to look for among those that can be reached.
type wanted struct {
	name, route, slug string
	has, lacks        string // a text of the page
}

func (w *walk) find(all map[string][]seen, x wanted) (seen, bool) {
	for _, h := range houses {
		if x.slug != "" && x.slug != h.slug {
			continue
		}
		for _, s := range all[h.slug] {
			if s.route == x.route && strings.Contains(s.text, x.has) && (x.lacks == "" || !strings.Contains(s.text, x.lacks)) {
				return s, true
			}
		}
	}
	return seen{}, false
}

// at finds a case at a stage, which its page says right after the reference; in
// the named organisation when there is one.
func (w *walk) at(all map[string][]seen, slug, stage string) (found seen, ok bool) {
	for _, h := range houses {
		for _, s := range all[h.slug] {
			_, head, _ := strings.Cut(s.text, referenceShape.FindString(s.text))
			head, _, _ = strings.Cut(head, say(dsr.VoiceJa, "desk.case.tasks"))
			if head = string([]rune(head)[:min(40, len([]rune(head)))]); s.route != "/desk/:slug/case/:case" || !strings.Contains(head, stage) {
				continue
			}
			if h.slug == slug {
				return s, true
			}
			if !ok {
				found, ok = s, true
			}
		}
	}
	return found, ok
}

// desk keeps the pages of the desk: the handler's in Japanese, some in English,
// and what only others see.
func (w *walk) desk() {
	ja := func(key string, args ...any) string { return say(dsr.VoiceJa, key, args...) }
	b := w.o.Visitor("staff")
	b.Open("/desk/sign-in")
	w.keep(b, "desk-sign-in", "anybody", dsr.VoiceJa)
	handler := w.signIn("handler", dsr.VoiceJa)
	handler.Open("/desk")
	w.keep(handler, "desk-organisations", "handler", dsr.VoiceJa)
	reach := func(b *driver.Browser) map[string][]seen {
		all := map[string][]seen{}
		for _, h := range houses {
			b.Open("/desk/" + h.slug + "/queue")
			if b.Status == 200 {
				all[h.slug] = w.crawl(b, h.slug, 160)
			}
		}
		return all
	}
	all := reach(handler)
	const c = "/desk/:slug/case/:case"
	w.wish = map[string]string{}
	for i, stage := range []string{"delivery", "notified", "decision", "investigation", "execution", "closed"} {
		if s, ok := w.at(all, houses[i%len(houses)].slug, ja("stage."+stage)); ok {
			w.wish[referenceShape.FindString(s.text)] = stage
		} else {
			w.t.Logf("no case is at %s", stage)
		}
	}
	list := []wanted{
		{"queue", "/desk/:slug/queue", "qoo10", "", ""},
		{"queue", "/desk/:slug/queue", "izumisano", "", ""},
		{"key-in", "/desk/:slug/key-in", "kai", "", ""},
		{"key-in", "/desk/:slug/key-in", "scsk-serviceware", "", ""},
		{"letters", "/desk/:slug/letters", "scsk-serviceware", "", ""},
		{"case-identity", c, "", ja("stage.identity"), ""},
		{"case-frozen", c, "", ja("hold.freeze"), ""},
		{"case-cooling-off", c, "", ja("desk.case.cooling"), ""},
		{"case-recipients", c, "qoo10", ja("desk.case.recipients"), ""},
		{"identity", c + "/identity", "qoo10", "", ""},
		{"identity", c + "/identity", "izumisano", "", ""},
		{"authority", c + "/authority", "", "", ""},
		{"papers", c + "/papers", "", "", ""},
		{"investigation", c + "/investigation", "qoo10", "", ""},
		{"review-correction", c + "/review", "qoo10", ja("desk.kind.correction"), ""},
		{"review-deletion", c + "/review", "score-japan", ja("desk.kind.deletion"), ""},
		{"review-disclosure", c + "/review", "izumisano", ja("desk.kind.disclosure"), ""},
		{"preview", c + "/preview", "score-japan", "", ""},
		{"approval-seen-by-its-proposer", c + "/approval", "score-japan", "", ""},
		{"messages", c + "/messages", "izumisano", "", ""},
		{"notes", c + "/notes", "izumisano", "", ""},
		{"letter", c + "/letter/:notice", "qoo10", "", ""},
		{"letter", c + "/letter/:notice", "score-japan", "", ""},
		{"recipient", c + "/recipient/:recipient", "", "", ""},
		{"withdraw", c + "/withdraw", "", "", ""},
		{"task", c + "/task/:task", "", "", ""},
	}
	for _, x := range list {
		s, ok := w.find(all, x)
		if !ok {
			w.t.Logf("not reached by the handler: %s %s", x.name, x.route)
			continue
		}
		handler.Follow(s.address)
		slug := strings.Split(pathOf(handler.Address()), "/")[2]
		w.keep(handler, "desk-"+slug+"-"+x.name, "handler", dsr.VoiceJa)
	}
	w.search(handler)
	w.keyedIn(handler)
	w.question(handler)
	english := w.signIn("handler2", dsr.VoiceEn)
	english.Open("/desk/scsk-serviceware/queue")
	w.keep(english, "desk-scsk-serviceware-queue-en", "handler", dsr.VoiceEn)

	approver := w.signIn("approver", dsr.VoiceJa)
	seenBy := reach(approver)
	for _, slug := range []string{"score-japan", "qoo10"} {
		if s, ok := w.find(seenBy, wanted{route: c + "/approval", slug: slug}); ok {
			approver.Follow(s.address)
			w.keep(approver, "desk-"+slug+"-approval", "approver", dsr.VoiceJa)
		}
	}
	auditor := w.signIn("auditor", dsr.VoiceEn)
	if s, ok := w.find(reach(auditor), wanted{route: c, slug: "qoo10"}); ok {
		auditor.Follow(s.address)
		w.keep(auditor, "desk-qoo10-case-auditor", "auditor", dsr.VoiceEn)
	}
	for _, h := range houses {
		admin := w.signIn("admin", dsr.VoiceJa)
		admin.Open("/desk/" + h.slug + "/appointments")
		if admin.Status == 200 && h.slug == "kai" {
			w.keep(admin, "desk-kai-appointments", "admin", dsr.VoiceJa)
		}
	}
}

// search looks for a reference that is there many times: the beginning of all.
func (w *walk) search(b *driver.Browser) {
	b.Open("/desk/qoo10/queue")
	b.Fill(say(dsr.VoiceJa, "desk.search.label"), "M-0000-0000")
	b.Press(say(dsr.VoiceJa, "desk.search.button"))
	w.keep(b, "desk-qoo10-search", "handler", dsr.VoiceJa)
}
