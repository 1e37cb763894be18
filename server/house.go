package server

import (
	"net/http"
	"sort"
	"strings"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// organisationsPage lists who answers here.
type organisationsPage struct {
	Organisations []organisationLink
	// Mailbox says that this is a demonstration with a mailbox to look into.
	Mailbox bool
}

type organisationLink struct{ Name, Path string }

func (organisationsPage) name() string { return "portal/organisations" }

// organisations is GET /.
func (s *Server) organisations(v *visit) error {
	p := organisationsPage{Mailbox: s.Mailbox != nil}
	for _, o := range s.Packs.Packs() {
		p.Organisations = append(p.Organisations, organisationLink{Name: textOf(o, o.Entity.Name, v.voice), Path: "/o/" + o.Slug + "/"})
	}
	return v.render(http.StatusOK, p)
}

// chooseVoice is POST /voice: the voice of this browser's pages, kept in a
// cookie, and back to the page.
func (s *Server) chooseVoice(v *visit) error {
	voice := dsr.Voice(v.form("voice"))
	if voice.Valid() {
		s.setCookie(v.Context, voiceCookie, string(voice), voiceLife)
	}
	next := v.form("next")
	if !local(next) {
		next = "/"
	}
	return v.see(next)
}

// healthz is GET /healthz: the process is alive.
func (s *Server) healthz(v *visit) error { return v.String(http.StatusOK, "ok\n") }

// readyz is GET /readyz: every part and why it is not ready. With part=portal
// only what the portal needs counts, and that is the database.
func (s *Server) readyz(v *visit) error {
	parts := s.Probes.Parts(v.ctx)
	if v.QueryParam("part") == "portal" {
		parts = map[string]string{"database": parts["database"]}
	}
	var names []string
	for n := range parts {
		names = append(names, n)
	}
	sort.Strings(names)
	status := http.StatusOK
	var b strings.Builder
	for _, n := range names {
		cause := parts[n]
		if cause == "" {
			cause = "ready"
		} else {
			status = http.StatusServiceUnavailable
		}
		b.WriteString(n + ": " + cause + "\n")
	}
	return v.String(status, b.String())
}

// mailboxPage lists the mails that a demonstration has caught.
type mailboxPage struct{ Mails []Mail }

func (mailboxPage) name() string { return "portal/mailbox" }

// mailPage is one of them.
type mailPage struct {
	Mail  Mail
	Lines []mailLine
}

// mailLine is a line of a mail; Link is its address when it is one of ours.
type mailLine struct{ Text, Link string }

func (mailPage) name() string { return "portal/mail" }

// mailbox is GET /dev/mailbox.
func (s *Server) mailbox(v *visit) error {
	mails, err := s.Mailbox.Mails()
	if err != nil {
		return err
	}
	mails = append([]Mail(nil), mails...)
	sort.SliceStable(mails, func(i, j int) bool { return mails[i].At > mails[j].At })
	return v.render(http.StatusOK, mailboxPage{Mails: mails})
}

// mailboxMail is GET /dev/mailbox/:mail. Links to our own pages can be
// clicked; nothing opens by itself, and other addresses stay text.
func (s *Server) mailboxMail(v *visit) error {
	m, err := s.Mailbox.Mail(v.Param("mail"))
	if err != nil {
		return dsr.Errorf(dsr.NotFound, "error.not-found", "mail: %w", err)
	}
	p := mailPage{Mail: m}
	for _, line := range strings.Split(m.Text, "\n") {
		line = strings.TrimRight(line, "\r")
		at := strings.Index(line, s.base.Scheme+"://"+s.base.Host+"/")
		if at < 0 {
			p.Lines = append(p.Lines, mailLine{Text: line})
			continue
		}
		link, after, _ := strings.Cut(line[at:], " ")
		if before := strings.TrimSpace(line[:at]); before != "" {
			p.Lines = append(p.Lines, mailLine{Text: before})
		}
		p.Lines = append(p.Lines, mailLine{Text: link, Link: strings.TrimPrefix(link, s.base.Scheme+"://"+s.base.Host)})
		if after != "" {
			p.Lines = append(p.Lines, mailLine{Text: after})
		}
	}
	return v.render(http.StatusOK, p)
}

// textOf is a text of a pack in a voice.
func textOf(p *policy.Pack, m map[string]string, v dsr.Voice) string { return p.Text(m, string(v)) }
