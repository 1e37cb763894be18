package e2e

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"madoguchi/docs/samples"
	"madoguchi/dsr"
	"madoguchi/e2e/driver"
)

// rightPhone is the number that the member asks for.
const rightPhone = "090-0000-5121"

// pageFaults is what is wrong with the page that is open, one sentence each: its
// width, its headings, its labels, the size of what is pressed and whether the
// focus shows, also in what is folded. A link within a sentence may be as small
// as its line (WCAG 2.2, 2.5.8); for a radio button or a box its label counts.
const pageFaults = `((width, least) => {
  const faults = [], folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach(d => { d.open = true; });
  const name = e => e.tagName.toLowerCase() + " " + (e.labels?.[0]?.textContent || e.textContent || e.id || e.name || "").replace(/\s+/g, " ").trim().slice(0, 40);
  const shown = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && e.getBoundingClientRect().right > 0 && e.getBoundingClientRect().width > 1;
  const all = s => [...document.querySelectorAll(s)].filter(shown);
  if (innerWidth !== width || document.documentElement.scrollWidth > width) {
    const wide = all("body *").filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll")).pop();
    faults.push("wider than the screen: " + document.documentElement.scrollWidth + " in " + innerWidth + (wide ? ", " + name(wide) : ""));
  }
  if (all("h1").length !== 1) faults.push(all("h1").length + " first headings");
  if (!document.title.trim()) faults.push("no title");
  if (!document.documentElement.lang) faults.push("no language");
  const controls = "input:not([type=hidden]), select, textarea";
  for (const e of document.querySelectorAll(controls)) {
    const words = [...(e.labels || [])].map(l => l.textContent).join("") + (e.ariaLabel || "") + (document.getElementById(e.getAttribute("aria-labelledby"))?.textContent || "");
    if (!words.trim()) faults.push("no label: " + name(e));
  }
  const pressed = all(controls + ", button, summary, a[href]");
  for (const e of pressed) {
    if (e.tagName === "A" && getComputedStyle(e).display === "inline") {
      const line = e.parentElement.getBoundingClientRect().height;
      if (Math.round(line) < 24 && e.parentElement.textContent.trim() === e.textContent.trim()) faults.push("too small to press (line of " + Math.round(line) + "): " + name(e));
      continue;
    }
    const boxes = [e, ...(["radio", "checkbox"].includes(e.type) ? e.labels : [])].map(x => x.getBoundingClientRect());
    const w = Math.max(...boxes.map(r => r.right)) - Math.min(...boxes.map(r => r.left)), h = Math.max(...boxes.map(r => r.height));
    if (Math.round(w) < least || Math.round(h) < least) faults.push("too small to press (" + Math.round(w) + " x " + Math.round(h) + "): " + name(e));
  }
  for (const e of pressed) {
    if (e.disabled) continue;
    e.focus({preventScroll: true});
    const s = getComputedStyle(e);
    if (document.activeElement === e && !(s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) && s.boxShadow === "none") faults.push("focus does not show: " + name(e));
  }
  document.activeElement?.blur();
  folded.forEach(d => { d.open = false; });
  return faults;
})(%d, %d)`

// faults looks at the page that is open, on a screen of this width.
func (p *phone) faults(width int64) []string {
	p.t.Helper()
	// By keys: so the browser shows the focus. A key that is pressed before the
	// page listens is lost.
	byKeys := false
	for end := time.Now().Add(5 * time.Second); !byKeys && time.Now().Before(end); {
		p.do(chromedp.KeyEvent(kb.Tab))
		var err error
		if byKeys, err = chromedp.Run(p.ctx, chromedp.Evaluate[bool](`!!document.querySelector(":focus-visible")`)); err != nil {
			p.t.Fatal(err)
		}
	}
	found, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](fmt.Sprintf(pageFaults, width, p.least)))
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// thing is an element as people name it: by its words, within the parts of the
// page that have these headings. It is found as the driver finds it.
func thing(what string, within []string, words string) chromedp.JSPath {
	js := `((what, within, words) => {
  const says = e => { const c = e.cloneNode(true); c.querySelectorAll("rt").forEach(r => r.remove()); return c.textContent.replace(/\s+/g, " ").trim(); };
  const best = (all, text) => {
    text = text.replace(/\s+/g, " ").trim();
    return all.find(e => says(e) === text) || all.find(e => says(e).startsWith(text)) || all.find(e => says(e).includes(text));
  };
  const part = (root, text) => {
    let e = best([...root.querySelectorAll("summary, legend, h1, h2, h3, th, dt, p, span, strong, a")], text);
    while (e && !e.matches("details, fieldset, section, form, article, li, tr, tbody, dl") && !(e.matches("div") && e.querySelector("button, input, select, textarea"))) e = e.parentElement;
    return e;
  };
  let root = document.body;
  for (const w of within) if (!(root = part(root, w))) return null;
  if (what === "part") return root;
  const shown = [...root.querySelectorAll(what)].filter(e => e.checkVisibility() && !e.disabled && !e.control?.disabled);
  const e = words === "" ? shown[0] : best(shown, words);
  return e ? e : null;
})(%s, %s, %s)`
	return chromedp.JSPath(fmt.Sprintf(js, literal(what), literals(within), literal(words)))
}

// control is the field that a label belongs to.
func control(within []string, label string) chromedp.JSPath {
	return chromedp.JSPath("(" + string(thing("label", within, label)) + ")?.control")
}

func literal(text string) string { return fmt.Sprintf("decodeURIComponent(%q)", url.PathEscape(text)) }

func literals(texts []string) string {
	all := make([]string, len(texts))
	for n, x := range texts {
		all[n] = literal(x)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// has reports whether there is something by these words.
func (p *phone) has(what string, within []string, words string) bool {
	p.t.Helper()
	there, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("!!"+string(thing(what, within, words))))
	if err != nil {
		p.t.Fatal(err)
	}
	return there
}

// button and link press what leads to another page.
func (p *phone) button(text string, within ...string) {
	p.t.Helper()
	p.must("button", within, text)
	p.load(chromedp.Click(thing("button", within, text)))
}

func (p *phone) link(text string, within ...string) {
	p.t.Helper()
	p.must("a[href]", within, text)
	p.load(chromedp.Click(thing("a[href]", within, text)))
}

// must fails at once, with the page, when there is nothing to press.
func (p *phone) must(what string, within []string, words string) {
	p.t.Helper()
	if !p.has(what, within, words) {
		p.t.Fatalf("there is no %s %q within %q on the page:\n%s", what, words, within, p.text())
	}
}

// tick presses a label; the first of the page's main part without words.
func (p *phone) tick(label string, within ...string) {
	p.t.Helper()
	what := "label"
	if label == "" {
		what = "main label"
	}
	p.must(what, within, label)
	p.do(chromedp.Click(thing(what, within, label)))
}

// enter types into the field of a label.
func (p *phone) enter(label, value string, within ...string) {
	p.t.Helper()
	p.must("label", within, label)
	p.do(chromedp.SendKeys(control(within, label), value))
}

// tickEach presses every label that says exactly this, and gives their number.
func (p *phone) tickEach(label string, within ...string) int {
	p.t.Helper()
	root := string(thing("part", within, ""))
	all := fmt.Sprintf(`[...(%s).querySelectorAll("label")].filter(e => e.checkVisibility() && e.textContent.trim() === %s)`, root, literal(label))
	n, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](all+".length"))
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range n {
		p.do(chromedp.Click(chromedp.JSPath(fmt.Sprintf("%s[%d]", all, i))))
	}
	return n
}

// until loads the page again until ok says yes, for at most a minute.
func (p *phone) until(what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(end) {
			p.t.Fatalf("waited in vain until %s:\n%s", what, p.text())
		}
		p.again()
	}
	p.look()
}

// wholly answers who a person is and how they are reached, sends the request,
// confirms the address and proves who they are.
func (p *phone) wholly(c *customer) {
	p.t.Helper()
	next := c.say("button.continue")
	born, err := time.Parse(time.DateOnly, c.p.bornOn)
	if err != nil {
		p.t.Fatal(err)
	}
	p.enter(c.say("portal.person.name"), c.p.name)
	p.enter(c.say("portal.person.year"), fmt.Sprint(born.Year()))
	p.enter(c.say("portal.person.month"), fmt.Sprint(int(born.Month())))
	p.enter(c.say("portal.person.day"), fmt.Sprint(born.Day()))
	p.button(next)
	p.enter(c.say("portal.person.number"), c.p.number)
	p.enter(c.say("portal.person.address"), c.p.address)
	p.button(next)
	p.tick(c.say("portal.contact.by-mail"))
	p.enter(c.say("portal.contact.mail"), c.p.mail)
	p.button(next)
	p.see(c.say("portal.check.title"))
	p.see(c.p.mail)
	p.button(c.say("portal.check.send"))
	p.see(c.say("portal.receipt.title"))
	c.reference = referenceShape.FindString(p.text())
	p.button(c.say("portal.confirm.title"))
	p.enter(c.say("portal.code.label"), c.code())
	p.button(c.say("portal.confirm.button"))
	p.until("proof is asked for", func() bool { return p.has("a[href]", nil, c.say("portal.todo.identity-button")) })
	p.link(c.say("portal.todo.identity-button"))
	card := filepath.Join(p.t.TempDir(), "card.png")
	if err := os.WriteFile(card, samples.ResidenceCard, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.tick("")
	p.do(chromedp.SetUploadFiles(control(nil, c.say("portal.identity.file")), []string{card}))
	p.button(c.say("portal.identity.upload"))
	p.button(c.say("portal.identity.submit"))
	p.see(c.say("portal.identity.done"))
}

// starts goes from an organisation's start page to the question whom it is about
// and answers that.
func (p *phone) starts(c *customer, base, card string) {
	p.t.Helper()
	next := c.say("button.continue")
	p.load(chromedp.Navigate(base + c.at))
	p.button(ownNames[c.voice])
	p.link(c.say(card))
	p.button(c.say("portal.start.begin"))
	p.tick("") // who they are to the organisation
	p.button(next)
	if strings.Contains(p.text(), c.say("portal.service.title")) {
		p.tick("")
		p.button(next)
	}
	p.tick(c.say("portal.whom.me"))
	p.button(next)
}

// clerk is somebody at a desk's screen.
type clerk struct {
	*phone
	base, house string
	passwords   map[string]string
}

func (k *clerk) say(key string, args ...any) string { return say(dsr.VoiceJa, key, args...) }

// sits signs an account in after whoever sat there before.
func (k *clerk) sits(login string) {
	k.t.Helper()
	k.load(chromedp.Navigate(k.base + desk))
	if k.has("button", nil, k.say("desk.sign-out")) {
		k.button(k.say("desk.sign-out"))
	}
	if k.has("button", nil, ownNames[dsr.VoiceJa]) {
		k.button(ownNames[dsr.VoiceJa])
	}
	k.enter(k.say("desk.sign-in.login"), login)
	k.enter(k.say("desk.sign-in.password"), k.passwords[login])
	k.button(k.say("desk.sign-in.button"))
}

// search opens a case by its reference.
func (k *clerk) search(reference string) {
	k.t.Helper()
	k.load(chromedp.Navigate(k.base + desk + "/" + k.house))
	k.enter(k.say("desk.search.label"), reference)
	k.button(k.say("desk.search.button"))
	if !strings.Contains(k.text(), k.say("desk.case.tasks")) {
		k.link(reference)
	}
}

// claim waits for a task on the page of a case and claims it.
func (k *clerk) claim(task string) {
	k.t.Helper()
	tasks, name := k.say("desk.case.tasks"), k.say("task."+task)
	k.until("there is a task "+task, func() bool {
		return k.has("part", []string{tasks, name}, "") && k.has("button", []string{tasks, name}, k.say("desk.claim"))
	})
	k.button(k.say("desk.claim"), tasks, name)
}

// confirm says that the paper agrees and the first record is the person's.
func (k *clerk) confirm() {
	k.t.Helper()
	k.until("the systems have answered", func() bool { return k.has("button", nil, k.say("desk.identity.confirm")) })
	k.tickEach(k.say("desk.identity.mark.same"))
	k.tick(k.say("desk.identity.record", "n", 1) + ":")
	k.do(chromedp.SendKeys(control(nil, k.say("desk.identity.kind")), kb.ArrowDown))
	k.tick(k.say("desk.identity.deliver-file"))
	k.button(k.say("desk.identity.confirm"))
}

// finds writes a finding for every item.
func (k *clerk) finds(finding, checked string) (items int) {
	k.t.Helper()
	for n := 1; ; n++ {
		item := k.say("desk.review.item", "n", n)
		if !k.has("part", []string{item}, "") {
			break
		}
		k.tick(k.say("finding."+finding), item)
		k.enter(k.say("desk.investigate.checked"), checked, item)
		items++
	}
	k.button(k.say("desk.investigate.save"))
	return items
}

// corrects puts one cell right and leaves all other items as they are.
func (k *clerk) corrects(disputed, cell, right string, items int) (corrected int) {
	k.t.Helper()
	for n := 1; n <= items; n++ {
		item := k.say("desk.review.item", "n", n)
		if !k.has("label", []string{item}, k.say("desk.measure.outside")) { // it is folded
			k.do(chromedp.Click(thing("summary", []string{item}, "")))
		}
		k.tickEach(k.say("desk.review.does-not"), item)
		if k.has("dt", []string{item}, k.say("desk.claim.says", "field", disputed)) {
			corrected++
			k.tick(k.say("desk.measure.correct"), item)
			k.enter(k.say("desk.review.after")+": "+cell, right, item)
		} else {
			k.tick(k.say("desk.measure.outside"), item)
		}
		k.button(k.say("desk.review.save"), item)
	}
	k.see(k.say("desk.review.all-answered"))
	return corrected
}

func TestACorrectionAndAStoppedDeletionInAnOrdinaryBrowserAtBothWidths(t *testing.T) {
	o := driver.Start(t, driver.Options{})
	members := systemOf(t, o, "MEMBERS")
	m := members.Main()
	c := newCustomer(t, o, dsr.VoiceJa, person{name: m.Name, bornOn: m.BornOn, mail: m.Mail, number: m.Number, address: m.Address})
	c.at = "/o/qoo10/"
	p := window(t, 360, 740)
	k := &clerk{phone: window(t, 1280, 900), base: o.Base, house: "qoo10", passwords: o.Passwords}

	// A member says what stands there and what should.
	p.starts(c, o.Base, "kind.correction.card")
	p.tick("電話番号")
	p.enter(c.say("portal.claim.now"), m.Phone)
	p.enter(c.say("portal.claim.should-correction"), rightPhone)
	p.tick(c.say("portal.claim.no-more"))
	p.button(c.say("button.continue"))
	p.wholly(c)

	// The desk: who it is, what was found, what is put right, and a second person.
	k.sits("handler")
	k.search(c.reference)
	k.claim("verify-identity")
	k.confirm()
	k.search(c.reference)
	k.claim("investigate")
	items := k.finds("wrong", checkedPaper)
	k.search(c.reference)
	k.claim("review")
	if n := k.corrects("電話番号", "電話番号", rightPhone, items); n != 1 {
		t.Errorf("%d of %d items were put right", n, items)
	}
	k.button(k.say("desk.review.propose"))
	k.sits("approver")
	k.search(c.reference)
	k.claim("approve")
	k.see(rightPhone)
	k.button(k.say("desk.approve.button"))

	// The member reads before and after.
	p.until("the letter is there", func() bool { return p.has("a[href]", nil, c.say("letter.N-17.title")) })
	p.link(c.say("letter.N-17.title"))
	lists(t, "N-17", p.text(), "電話番号", m.Phone, rightPhone)
	if now := members.value("profile", m.Number, "phone"); now != rightPhone {
		t.Errorf("the telephone number is %q", now)
	}

	stopped(t, o, p)
	for _, x := range []*phone{p, k.phone} {
		x.quiet()
		t.Logf("counts: pages=%d width=%d", x.pages, x.width)
	}
}

// stopped is a deletion that a customer files on a telephone and stops there by
// the link of the mail; the desk's part goes the quick way.
func stopped(t *testing.T, o *driver.Office, p *phone) {
	t.Helper()
	m := systemOf(t, o, "SHIPPERS").Main()
	newsletter := systemOf(t, o, "NEWSLETTER")
	n := newsletter.Main()
	c := newCustomer(t, o, dsr.VoiceVi, person{name: m.Name, bornOn: m.BornOn, mail: m.Mail, address: m.Address})
	c.at = "/o/score-japan/"
	if _, err := chromedp.Call(p.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	next := c.say("button.continue")
	p.starts(c, o.Base, "portal.away.card")
	p.tick(c.say("portal.away.hold"))
	p.button(next)
	p.tick(c.say("portal.scope.all"))
	p.button(next)
	p.tick(c.say("portal.ground.none"))
	p.button(next)
	p.wholly(c)

	handler, approver := signIn(t, o, "handler", dsr.VoiceJa).of("score-japan"), signIn(t, o, "approver", dsr.VoiceJa).of("score-japan")
	handler.seeIdentity(c.reference)
	handler.confirmSeveral("荷送人の口座", "お知らせの配信", "航空運送状")
	handler.Until("there is something to investigate", func() bool { handler.search(c.reference); return handler.hasTask("investigate") })
	handler.investigate(c.reference, "promised", checkedDeletion)
	handler.decideItems(c.reference, func(_ int, text string) {
		measure := "outside"
		if strings.Contains(text, handler.say("desk.review.system", "system", "お知らせの配信")) {
			measure = "erase"
		}
		handler.Choose(handler.say("desk.measure." + measure))
	})
	handler.propose()
	approver.approveIt(c.reference)

	p.load(chromedp.Navigate(c.stopLinks(m.Mail)))
	p.see(c.say("portal.stop.title"))
	p.see(c.reference)
	p.button(c.say("portal.stop.button"))
	p.see(c.say("portal.stop.stopped-title"))
	handler.Until("a person is asked", func() bool { handler.search(c.reference); return handler.hasTask("erasure-stopped") })
	if got := newsletter.one("SELECT count(*) FROM subscriptions WHERE subscriber_no = ?", n.Number); got != "1" {
		t.Errorf("%s subscriptions after the stop", got)
	}
}

func TestAPageWiderThanTheScreenIsSeen(t *testing.T) {
	page := func(head, body string) string {
		return "data:text/html;charset=utf-8," + url.PathEscape(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1"><title>a page</title><style>button, input { min-width: 60px; min-height: 60px }</style>`+head+`<h1>One</h1><label for="a">Name</label><input id="a"><button>Go</button>`+body)
	}
	for _, width := range []int64{360, 1280} {
		p := window(t, width, 800)
		for planted, x := range map[string]struct{ head, body string }{
			"":                             {},
			"wider than the screen":        {"", `<div style="width: 1400px">wide</div>`},
			"2 first headings":             {"", `<h1>Two</h1>`},
			"no label: input":              {"", `<input name="b">`},
			"too small to press (60 x 20)": {"", `<button style="min-height: 0; height: 20px; width: 60px">Small</button>`},
			"too small to press (line of":  {"", `<p style="line-height: 18px; margin: 0"><a href="/">Small</a></p>`},
			"too small to press (50 x 20)": {"", `<details><summary style="padding: 20px 0">More</summary><button style="min-height: 0; min-width: 0; height: 20px; width: 50px; padding: 0">Small</button></details>`},
			"focus does not show: button":  {`<style>button:focus { outline: none; box-shadow: none }</style>`, ""},
		} {
			p.do(chromedp.Navigate(page(x.head, x.body)))
			faults := p.faults(width)
			if planted == "" && len(faults) > 0 {
				t.Errorf("a page without a fault has %q", faults)
			}
			if planted != "" && !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, planted) }) {
				t.Errorf("%d: %q is not seen: %q", width, planted, faults)
			}
		}
		p.do(chromedp.Navigate(page("", `<script>console.error("planted")</script>`)))
		await(t, "the console's problem", func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return len(p.problems) == 1
		})
	}
}
