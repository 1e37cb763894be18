package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"madoguchi/docs/samples"
	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/internal/sample"
)

// phone is a real Chromium with the screen of a small telephone, or of a desk.
type phone struct {
	t             *testing.T
	ctx           context.Context
	width, height int64 // of the screen, in px
	least         int   // of what is pressed, in px: 44 for a thumb, 24 of WCAG 2.2 for a pointer
	pages         int

	mu       sync.Mutex
	problems []string // what the browser wrote to its console
}

// window opens a Chromium with an empty profile.
func window(t *testing.T, width, height int64) *phone {
	t.Helper()
	program := os.Getenv("CHROMIUM")
	if program == "" {
		found, err := exec.LookPath("chromium")
		if err != nil {
			t.Fatal("chromium is not installed; `make test` installs it, or set CHROMIUM to its path")
		}
		program = found
	}
	opts := []chromedp.ExecAllocatorOption{chromedp.ExecPath(program), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.UserDataDir(t.TempDir())}
	for _, f := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage"} {
		opts = append(opts, chromedp.Flag(f, true))
	}
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Minute)
	ctx, end := chromedp.NewExecAllocator(ctx, opts...)
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(func() { leave(); end(); stop() })
	p := &phone{t: t, ctx: ctx, width: width, height: height, least: 24}
	if width < 700 {
		p.least = 44
	}
	p.screen(width)
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			// What it explains without being asked, such as that signing out emptied
			// the cache, is no problem.
			if m.Type == "info" || m.Type == "debug" {
				continue
			}
			p.mu.Lock()
			p.problems = append(p.problems, m.String())
			p.mu.Unlock()
		}
	}()
	return p
}

// screen gives it a screen of a width.
func (p *phone) screen(width int64) {
	p.t.Helper()
	if width < 700 {
		p.do(chromedp.EmulateViewport(width, p.height, chromedp.EmulateMobile, chromedp.EmulateTouch))
		return
	}
	p.do(chromedp.EmulateViewport(width, p.height))
}

func (p *phone) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		p.t.Fatalf("%v\non the page:\n%s", err, text)
	}
}

// load does what leads to another page, waits for it and looks at it.
func (p *phone) load(step chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.leads(step)
	p.pages++
	p.look()
}

// again loads the same page once more.
func (p *phone) again() {
	p.t.Helper()
	p.leads(chromedp.Reload())
}

func (p *phone) leads(step chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, 40*time.Second)
	defer stop()
	if _, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, step)); err != nil {
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		p.t.Fatalf("%v\non the page:\n%s", err, text)
	}
}

// look finds what is wrong with the page that is open, on its own screen and on
// the other's.
func (p *phone) look() {
	p.t.Helper()
	for _, width := range []int64{360 + 1280 - p.width, p.width} {
		p.screen(width)
		for _, f := range p.faults(width) {
			title, err := chromedp.Run(p.ctx, chromedp.Title())
			if err != nil {
				p.t.Fatal(err)
			}
			p.t.Errorf("%d px, %s: %s", width, title, f)
		}
	}
}

// quiet demands that the browser wrote nothing to its console.
func (p *phone) quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.problems {
		p.t.Errorf("the browser's console: %s", x)
	}
}

func quoted(text string) string { return `"` + strings.ReplaceAll(text, `"`, ``) + `"` }

func says(tag, text string) string {
	return fmt.Sprintf("//%s[contains(normalize-space(.), %s)]", tag, quoted(text))
}

func field(label string) string {
	return fmt.Sprintf("//*[@id = //label[contains(normalize-space(.), %s)]/@for]", quoted(label))
}

func (p *phone) press(button string) {
	p.t.Helper()
	p.load(chromedp.Click("//main" + says("button", button)))
}

func (p *phone) follow(link string) {
	p.t.Helper()
	p.load(chromedp.Click("//main" + says("a", link)))
}

func (p *phone) choose(label string) {
	p.t.Helper()
	p.do(chromedp.Click(says("label", label)))
}

func (p *phone) fill(label, value string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(field(label), value))
}

func (p *phone) text() string {
	p.t.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

func (p *phone) see(text string) {
	p.t.Helper()
	if got := p.text(); !strings.Contains(got, text) {
		p.t.Fatalf("%q is not on the page:\n%s", text, got)
	}
}

// shot keeps a picture of the page when E2E_SHOTS names a folder.
func (p *phone) shot(name string) {
	p.t.Helper()
	dir := os.Getenv("E2E_SHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	// The folder is named from the top of the checkout.
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("..", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func TestOnAPhoneARequestIsFiledConfirmedAndProven(t *testing.T) {
	o := driver.Start(t, driver.Options{})
	m := sample.Main()
	c := newCustomer(t, o, dsr.VoiceVi, person{mail: m.Mail}) // reads the mails
	card := filepath.Join(t.TempDir(), "card.png")
	if err := os.WriteFile(card, samples.ResidenceCard, 0o600); err != nil {
		t.Fatal(err)
	}
	p := window(t, 360, 740)
	p.load(chromedp.Navigate(o.Base + portal))
	p.load(chromedp.Click(says("button", "Tiếng Việt")))
	p.see(c.say("portal.start.title"))
	p.shot("portal-start-vi-360")
	p.follow(c.say("kind.disclosure.card"))
	p.press(c.say("portal.start.begin"))
	next := c.say("button.continue")
	for range 2 { // who they are, which service
		p.do(chromedp.Click("(//main//label)[1]"))
		p.press(next)
	}
	p.choose(c.say("portal.whom.me"))
	p.press(next)
	p.choose(c.say("portal.scope.all"))
	p.press(next)
	p.fill(c.say("portal.person.name"), m.Name)
	p.fill(c.say("portal.person.day"), "14")
	p.fill(c.say("portal.person.month"), "3")
	p.fill(c.say("portal.person.year"), "1998")
	p.press(next)
	p.press(next)
	p.choose(c.say("portal.contact.by-mail"))
	p.fill(c.say("portal.contact.mail"), m.Mail)
	p.press(next)
	p.choose(c.say("portal.delivery.download"))
	p.press(next)
	p.press(c.say("portal.check.send"))
	p.see(c.say("portal.receipt.title"))
	reference := referenceShape.FindString(p.text())
	p.press(c.say("portal.confirm.title"))
	p.fill(c.say("portal.code.label"), c.code())
	p.press(c.say("portal.confirm.button"))
	for end := time.Now().Add(time.Minute); !strings.Contains(p.text(), c.say("portal.todo.identity-button")) && time.Now().Before(end); {
		time.Sleep(300 * time.Millisecond)
		p.load(chromedp.Navigate(o.Base + portal))
		p.load(chromedp.NavigateBack())
	}
	p.shot("status-vi-360")
	p.follow(c.say("portal.todo.identity-button"))
	p.do(chromedp.Click("(//main//form//label)[1]"), chromedp.SetUploadFiles(field(c.say("portal.identity.file")), []string{card}))
	p.press(c.say("portal.identity.upload"))
	p.press(c.say("portal.identity.submit"))
	p.see(c.say("portal.identity.done"))
	handler := signIn(t, o, "handler", dsr.VoiceJa)
	handler.search(reference)
	handler.Until("the proof is at the desk", func() bool { return handler.hasTask("verify-identity") })

	p.quiet()
	t.Logf("counts: pages=%d width=360", p.pages)
}
