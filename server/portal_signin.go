package server

import (
	"errors"
	"net/http"
	"strings"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// findPage asks for reference and contact.
type findPage struct {
	Fields   []field
	Mistakes mistakes
	Next     string
	// Kept is what the person had typed on a page whose session was over.
	Kept string
	// Over says that they came here because their session was over.
	Over bool
}

func (findPage) name() string { return "portal/find" }

func (p findPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// codePage asks for the code that was sent, if reference and contact belong
// together. It looks the same when they do not.
type codePage struct {
	Fields   []field
	Mistakes mistakes
	// Reference and Contact travel in the form, never in an address.
	Reference, Contact, Next, Kept string
}

func (codePage) name() string { return "portal/code" }

func (p codePage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// next is the page of one's own request to come back to, or the status page.
func (v *visit) next() string {
	n := v.FormValue("next")
	if local(n) && (n == v.path("/my") || strings.HasPrefix(n, v.path("/my/"))) && !strings.ContainsAny(n, "?#") {
		return n
	}
	return v.path("/my")
}

// keptText is what was typed on a page that came too late for its session.
func (v *visit) keptText() string {
	if strings.HasPrefix(v.Request().Header.Get("Content-Type"), "multipart/") {
		return ""
	}
	return clip(v.FormValue("text"))
}

func (v *visit) findFields(reference, contact string, ms mistakes) []field {
	ref := v.text("reference", "portal.receipt.reference", reference, ms, false)
	ref.Hint, ref.Size = v.h("portal.find.reference-hint"), "code"
	ref.Mark = ""
	con := v.text("contact", "portal.find.contact", contact, ms, false)
	con.Type, con.Autocomplete, con.Mark = "email", "email", ""
	return []field{ref, con}
}

// find is GET /o/:slug/find.
func (s *Server) find(v *visit) error {
	reference := v.QueryParam("reference")
	if _, ok := dsr.ParseReference(reference); !ok {
		reference = ""
	}
	p := findPage{Fields: v.findFields(reference, "", nil), Next: v.next(), Over: v.QueryParam("next") != ""}
	return v.render(http.StatusOK, p)
}

// renderSignIn answers a page that was sent without a session: nothing typed
// is lost.
func (v *visit) renderSignIn(status int, kept string) error {
	next := v.Request().URL.Path
	if !strings.HasPrefix(next, v.path("/my")) || kept == "" {
		next = v.path("/my")
	}
	return v.render(status, findPage{Fields: v.findFields("", "", nil), Next: next, Kept: kept, Over: true})
}

// findSend is POST /o/:slug/find: a code goes out when reference and contact
// belong together, and the answer is the same when they do not.
func (s *Server) findSend(v *visit) error {
	typed, contact := v.form("reference"), v.form("contact")
	reference, ok := dsr.ParseReference(typed)
	mail := tidyMail(contact)
	var ms mistakes
	if !ok {
		ms = append(ms, v.wrong("reference", "reference")...)
	}
	if !goodMail(mail) {
		ms = append(ms, v.wrong("contact", "mail")...)
	}
	if len(ms) > 0 {
		return v.render(http.StatusUnprocessableEntity, findPage{Fields: v.findFields(typed, contact, ms), Mistakes: ms, Next: v.next(), Kept: clip(v.FormValue("kept"))})
	}
	err := s.allow(v.ctx, "code-ip", v.ip(), s.Limits.CodePerIP, 3600)
	if err == nil {
		// By contact too, here and not only where the code is made: the answer
		// must not tell by its limit whether the address is known.
		err = s.allow(v.ctx, "code-contact:"+v.pack.ID, reference+" "+strings.ToLower(mail), s.Limits.CodePerContact, 3600)
	}
	var many *tooMany
	if errors.As(err, &many) {
		ms = v.wrong("contact", "too-many-codes")
		return v.render(http.StatusTooManyRequests, findPage{Fields: v.findFields(typed, contact, ms), Mistakes: ms, Next: v.next(), Kept: clip(v.FormValue("kept"))})
	}
	if err != nil {
		return err
	}
	err = v.office.SendSignInCode(v.ctx, reference, mail)
	// Too soon and too many would tell that there is somebody to send to.
	if f := dsr.FaultOf(err); err != nil && f != dsr.Invalid && f != dsr.NotFound {
		return err
	}
	return v.renderCode(http.StatusOK, reference, mail, "", nil)
}

func (v *visit) renderCode(status int, reference, contact, typed string, ms mistakes) error {
	return v.render(status, codePage{Fields: []field{v.codeField(typed, ms)}, Mistakes: ms, Reference: reference, Contact: contact,
		Next: v.next(), Kept: clip(v.FormValue("kept"))})
}

// codeField is where a one-time code goes: pasting works, and telephones offer
// the code by themselves.
func (v *visit) codeField(typed string, ms mistakes) field {
	f := v.text("code", "portal.code.label", typed, ms, false)
	f.InputMode, f.Autocomplete, f.Size, f.Mark = "numeric", "one-time-code", "code", ""
	f.Hint = v.h("portal.code.hint")
	return f
}

// findCode is POST /o/:slug/find/code.
func (s *Server) findCode(v *visit) error {
	reference, ok := dsr.ParseReference(v.form("reference"))
	contact, typed := tidyMail(v.form("contact")), v.form("code")
	if !ok || contact == "" {
		return v.see(v.path("/find"))
	}
	code := codeDigits(typed)
	if len(code) != 8 {
		return v.renderCode(http.StatusUnprocessableEntity, reference, contact, typed, v.wrong("code", "code-shape"))
	}
	err := s.allow(v.ctx, "check-ip", v.ip(), s.Limits.CheckPerIP, 3600)
	if err == nil {
		err = s.allow(v.ctx, "check-contact:"+v.pack.ID, reference, s.Limits.CheckPerContact, 3600)
	}
	if err != nil {
		return err
	}
	submission, err := v.office.SignIn(v.ctx, reference, contact, code)
	switch dsr.FaultOf(err) {
	case "":
	case dsr.Invalid:
		return v.renderCode(http.StatusUnprocessableEntity, reference, contact, typed, mistakes{{Field: "code", Text: locales.Fault(v.voice, err)}})
	case dsr.NotFound, dsr.Forbidden:
		return v.renderCode(http.StatusUnprocessableEntity, reference, contact, typed, mistakes{{Field: "code", Text: say(v.voice, "error.code-wrong")}})
	default:
		return err
	}
	err = v.openSession(submission)
	if err != nil {
		return err
	}
	kept, next := clip(v.FormValue("kept")), v.next()
	if kept == "" || next == v.path("/my") {
		return v.see(next)
	}
	// What they had typed before the session ended, ready to be sent.
	text := v.area("text", "portal.kept.label", kept, nil, false)
	text.Mark = ""
	return v.render(http.StatusOK, formPage{Title: v.t("portal.kept.title"), Action: next, Fields: []field{text}, Button: v.t("portal.kept.send"), Cancel: v.path("/my")})
}

// deadLinkPage is the end of a link that no longer leads anywhere.
type deadLinkPage struct{}

func (deadLinkPage) name() string { return "portal/link" }

// deadLink is GET /o/:slug/link/:token. Expired, used and never made look
// alike; the way on is a new code.
func (s *Server) deadLink(v *visit) error { return v.render(http.StatusNotFound, deadLinkPage{}) }

// leave is POST /o/:slug/leave.
func (s *Server) leave(v *visit) error {
	token := s.cookie(v.Context, sessionCookie+v.pack.Slug)
	if token != "" {
		err := s.Accounts.EndSession(v.ctx, token)
		if err != nil && dsr.FaultOf(err) != dsr.NotFound {
			return err
		}
	}
	s.setCookie(v.Context, sessionCookie+v.pack.Slug, "", -1)
	v.Response().Header().Set("Clear-Site-Data", `"cache"`)
	return v.see(v.path("/"))
}
