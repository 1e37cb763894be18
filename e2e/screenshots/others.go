package main

import (
	"slices"
	"strings"
	"time"

	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/packs"
	"madoguchi/policy"
)

// keyedIn keeps the receipt of a request that somebody at the desk takes down.
func (w *walk) keyedIn(b *driver.Browser) {
	ja := func(key string) string { return say(dsr.VoiceJa, key) }
	all, err := policy.Load(packs.Files, policy.Options{Demonstration: true})
	if err != nil {
		w.t.Fatal(err)
	}
	h := houses[0]
	for _, p := range all.Packs() {
		if p.Slug != h.slug {
			continue
		}
		b.Open("/desk/" + h.slug + "/key-in")
		m, now := w.main(h), time.Now().In(time.FixedZone("JST", 9*60*60)).Add(-time.Hour)
		b.Choose(ja("desk.channel.telephone"))
		b.Fill(ja("desk.key-in.arrived-on"), now.Format(time.DateOnly))
		b.Fill(ja("desk.key-in.arrived-at"), now.Format("15:04"))
		b.Select(ja("desk.key-in.letters"), ja("desk.voice."+string(h.voice)))
		offer, _ := p.Offer(string(dsr.KindDisclosure))
		b.Choose(p.Text(offer.Words, string(dsr.VoiceJa)))
		b.Fill(ja("desk.identity.field.name"), m.Name)
		b.Fill(ja("desk.key-in.year"), m.BornOn[:4])
		b.Fill(ja("desk.key-in.month"), m.BornOn[5:7])
		b.Fill(ja("desk.key-in.day"), m.BornOn[8:])
		b.Select(ja("desk.key-in.population"), "")
		b.Choose(ja("desk.key-in.whom.me"))
		b.Within("4. ", func() {
			b.Choose(ja("word.mail"))
			b.Fill(ja("desk.identity.field.mail"), m.Mail)
			b.Choose(ja("desk.key-in.delivery.download"))
		})
		b.Press(ja("desk.key-in.save"))
		w.keep(b, "desk-"+h.slug+"-receipt", "handler", dsr.VoiceJa)
	}
}

// question lets the desk ask the first visitor, and keeps where they answer.
func (w *walk) question(b *driver.Browser) {
	ja := func(key string) string { return say(dsr.VoiceJa, key) }
	w.open(b, houses[0].slug, w.asked)
	for _, l := range links(b) {
		if strings.HasSuffix(l, "/messages") {
			b.Follow(l)
			b.Fill(ja("desk.ask.text"), "Quý khách đã đến tư vấn vào khoảng thời gian nào?")
			b.Press(ja("desk.ask.send"))
			w.keep(b, "desk-"+houses[0].slug+"-messages-asked", "handler", dsr.VoiceJa)
			break
		}
	}
	c := w.askedBy
	c.Open("/o/" + houses[0].slug + "/my")
	for _, l := range ownPages(c) {
		if strings.HasSuffix(l, "/answer") {
			c.Follow(l)
			w.once(c, houses[0])
			return
		}
	}
}

// open opens a case at the desk by its reference.
func (w *walk) open(b *driver.Browser, slug, reference string) {
	b.Open("/desk/" + slug + "/queue")
	b.Fill(say(dsr.VoiceJa, "desk.search.label"), reference)
	b.Press(say(dsr.VoiceJa, "desk.search.button"))
	if b.HasLink(reference) {
		b.Click(reference)
	}
}

// claimed claims the first open task of a kind and keeps the page on which it is
// done.
func (w *walk) claimed(b *driver.Browser, role string, all map[string][]seen, kind, name string) bool {
	word := say(dsr.VoiceJa, "task."+kind)
	for _, h := range houses {
		for _, s := range all[h.slug] {
			if s.route != "/desk/:slug/case/:case" || !strings.Contains(s.text, word) {
				continue
			}
			b.Follow(s.address)
			done := false
			b.Within(say(dsr.VoiceJa, "desk.case.tasks"), func() {
				if !b.Has(word) {
					return
				}
				b.Within(word, func() {
					if done = b.HasButton(say(dsr.VoiceJa, "desk.claim")); done {
						b.Press(say(dsr.VoiceJa, "desk.claim"))
					}
				})
			})
			if done && b.Status == 200 {
				w.keep(b, "desk-"+h.slug+"-"+name, role, dsr.VoiceJa)
				return true
			}
		}
	}
	w.t.Logf("no task %s to claim", kind)
	return false
}

// board keeps what a manager sees.
func (w *walk) board() {
	b := w.signIn("manager", dsr.VoiceJa)
	b.Open("/board")
	w.keep(b, "board-all", "manager", dsr.VoiceJa)
	all := map[string][]seen{}
	for _, h := range houses {
		b.Open("/desk/" + h.slug + "/queue")
		all[h.slug] = w.crawl(b, h.slug, 40)
	}
	w.claimed(b, "manager", all, "escalation", "task-escalation")
	b.Open("/board/qoo10/calendars") // two laws, two calendars
	w.keep(b, "board-qoo10-calendars", "manager", dsr.VoiceJa)
	b.Follow("/board/qoo10/dates?rule=sg-pdpa.21.access&start=2026-12-28T16:40")
	w.keep(b, "board-qoo10-dates", "manager", dsr.VoiceJa)
	b.Open("/board/score-japan")
	w.keep(b, "board-score-japan", "manager", dsr.VoiceJa)
	for _, l := range links(b) {
		if strings.Contains(l, "/board/score-japan/list") {
			b.Follow(l)
			w.keep(b, "board-score-japan-list", "manager", dsr.VoiceJa)
			return
		}
	}
}

// readers open what mails point to: the link that stops an erasure, and the
// status pages of sample cases, which their people find by reference and code.
func (w *walk) readers() {
	mails := w.o.Visitor("mailbox")
	mails.Open("/dev/mailbox")
	stopped := ""
	for _, m := range mails.Mails("@") {
		mails.Follow(m)
		reference, to := referenceShape.FindString(mails.Text()), addressShape.FindString(mails.Text())
		for _, l := range append(links(mails), addresses(mails)...) {
			path := strings.Split(pathOf(l), "/")
			if len(path) < 3 || path[1] != "o" {
				continue
			}
			h := houses[slices.IndexFunc(houses, func(h house) bool { return h.slug == path[2] })]
			if len(path) > 3 && path[3] == "stop" && stopped == "" {
				b := w.o.Visitor("reader")
				b.Follow(l)
				if v := dsr.Voice(langOf(b)); b.Status == 200 && b.HasButton(say(v, "portal.stop.button")) {
					w.keep(b, "portal-"+h.slug+"-stop", "whoever has the link", v)
					stopped = referenceShape.FindString(b.Text())
					b.Press(say(v, "portal.stop.button"))
					w.keep(b, "portal-"+h.slug+"-stopped", "whoever has the link", v)
					w.stoppedAt(h.slug, stopped)
				}
			}
			if stage := w.wish[reference]; stage != "" && to != "" {
				delete(w.wish, reference)
				w.status(h, reference, to, stage)
			}
		}
	}
	if stopped == "" {
		w.t.Logf("no mail has a link that stops an erasure")
	}
	b := w.o.Visitor("reader")
	b.Open("/o/" + houses[0].slug + "/link/gone")
	w.keep(b, "portal-link", "whoever has an old link", dsr.VoiceJa)
}

// stoppedAt keeps the desk's page about an erasure that was stopped.
func (w *walk) stoppedAt(slug, reference string) {
	b := w.signIn("handler", dsr.VoiceJa)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		w.open(b, slug, reference)
		if b.Has(say(dsr.VoiceJa, "task.erasure-stopped")) {
			break
		}
	}
	b.Follow(strings.TrimSuffix(pathOf(b.Address()), "/") + "/stopped")
	w.keep(b, "desk-"+slug+"-stopped", "handler", dsr.VoiceJa)
}

// status finds a request as its person does, and keeps what no earlier one had.
func (w *walk) status(h house, reference, mail, stage string) {
	b := w.o.Visitor("customer")
	text := func(key string) string { return say(h.voice, key) }
	b.Open("/o/" + h.slug + "/find")
	b.Press(ownName(h.voice))
	w.once(b, h)
	if !b.HasField(text("portal.receipt.reference")) {
		b.Open("/o/" + h.slug + "/find")
	}
	b.Fill(text("portal.receipt.reference"), reference)
	b.Fill(text("portal.find.contact"), mail)
	before := w.mails(mail)
	b.Press(text("portal.find.send"))
	if !b.HasField(text("portal.code.label")) {
		w.t.Logf("%s was not found by its person: %s", stage, b.Heading())
		return
	}
	code := w.code(mail, before)
	b.Fill(text("portal.code.label"), code)
	b.Press(text("portal.find.enter"))
	if routeOf(w.routes, pathOf(b.Address())) != "/o/:slug/my" {
		w.t.Logf("%s: the code was not taken: %s", stage, b.Heading())
		return
	}
	at := b.Address()
	w.keep(b, "portal-"+h.slug+"-status-"+stage, "customer", h.voice)
	for _, l := range ownPages(b) {
		b.Follow(l)
		if b.Status == 200 && strings.Contains(string(b.Header.Get("Content-Type")), "html") {
			w.once(b, h)
		}
		b.Follow(at)
	}
}

// addresses are the links in the text of a mail.
func addresses(b *driver.Browser) (out []string) {
	for _, word := range strings.Fields(b.Text()) {
		if strings.HasPrefix(word, "http://") {
			out = append(out, word)
		}
	}
	return out
}

// langOf is the language that a page says it is in.
func langOf(b *driver.Browser) string {
	_, rest, _ := strings.Cut(string(b.Body), `lang="`)
	lang, _, _ := strings.Cut(rest, `"`)
	return lang
}

// mailbox keeps the list of the caught mails and one of them.
func (w *walk) mailbox() {
	b := w.o.Visitor("mailbox")
	b.Open("/dev/mailbox")
	w.keep(b, "mailbox", "anybody, in a demonstration", dsr.VoiceEn)
	if all := b.Mails("@"); len(all) > 0 {
		b.Follow(all[0])
		w.keep(b, "mailbox-mail", "anybody, in a demonstration", dsr.VoiceEn)
	}
}
