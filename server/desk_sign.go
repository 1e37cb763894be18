package server

import (
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"

	"madoguchi/dsr"
)

// deskVoiceCookie is the voice that this browser chose for the desk, apart
// from the portal's: the same machine may stand on a counter.
const deskVoiceCookie = "desk-voice"

// signInPage is where staff sign in. Kept is what somebody had typed when
// their session ended: it travels through the sign-in and is offered again.
type signInPage struct {
	Login, Next string
	Action      string
	Kept        []pair
	Mistakes    mistakes
	// Ended says that a session was there and is over.
	Ended bool
}

func (signInPage) name() string        { return "desk/sign-in" }
func (p signInPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// keptPage offers again what was typed before a session ended.
type keptPage struct {
	Action, Back string
	Fields       []pair
	// Texts are the fields that a person wrote themselves.
	Texts []string
}

func (keptPage) name() string { return "desk/kept" }

// deskPath reports whether path is one of ours for staff: the only sort of
// address that the sign-in leads to.
func deskPath(path string) bool {
	return local(path) && (path == "/desk" || path == "/board" || strings.HasPrefix(path, "/desk/") || strings.HasPrefix(path, "/desk?") ||
		strings.HasPrefix(path, "/board/")) && !strings.HasPrefix(path, "/desk/sign-")
}

// staffSignIn is GET /desk/sign-in.
func (s *Server) staffSignIn(v *visit) error {
	v.useStaffVoice()
	p := signInPage{Next: v.QueryParam("next")}
	if !deskPath(p.Next) {
		p.Next = "/desk"
	}
	return v.render(http.StatusOK, p)
}

// sessionOver answers a page that was sent after the session had ended: with
// the sign-in, and everything that was typed.
func (v *visit) sessionOver() error {
	v.useStaffVoice()
	p := signInPage{Ended: true, Next: "/desk", Action: v.Request().URL.Path}
	// Where the form stood: our own pages send it along (Referrer-Policy:
	// same-origin), and nothing else is believed.
	if r, err := url.Parse(v.Request().Referer()); err == nil && deskPath(r.RequestURI()) {
		p.Next = r.RequestURI()
	}
	if err := v.Request().ParseForm(); err != nil {
		return err
	}
	for name, values := range v.Request().PostForm {
		for _, value := range values {
			p.Kept = append(p.Kept, pair{name, value})
		}
	}
	sort.Slice(p.Kept, func(i, j int) bool { return p.Kept[i].Name < p.Kept[j].Name })
	// The sign-in is of no organisation: whether there is one of the path's
	// name is nobody's business before it.
	v.pack = nil
	return v.render(http.StatusUnauthorized, p)
}

// keptPrefix marks the fields that travel through a sign-in.
const keptPrefix = "kept."

// staffSignInSent is POST /desk/sign-in. The answer to an unknown account is
// that to a wrong password, and both are counted.
func (s *Server) staffSignInSent(v *visit) error {
	v.useStaffVoice()
	p := signInPage{Login: v.form("login"), Next: v.form("next"), Action: v.form("action")}
	if !deskPath(p.Next) {
		p.Next = "/desk"
	}
	// What was kept may only go where staff's forms go; the rule of that route
	// is checked again when it is sent.
	if !deskPath(p.Action) {
		p.Action = ""
	}
	for name, values := range v.Request().PostForm {
		if rest, ok := strings.CutPrefix(name, keptPrefix); ok && p.Action != "" {
			for _, value := range values {
				p.Kept = append(p.Kept, pair{rest, value})
			}
		}
	}
	sort.Slice(p.Kept, func(i, j int) bool { return p.Kept[i].Name < p.Kept[j].Name })
	if p.Login == "" {
		p.Mistakes = append(p.Mistakes, mistake{"login", v.t("desk.wrong.login")})
	}
	password := v.FormValue("password")
	if password == "" {
		p.Mistakes = append(p.Mistakes, mistake{"password", v.t("desk.wrong.password")})
	}
	if len(p.Mistakes) > 0 {
		return v.render(http.StatusUnprocessableEntity, p)
	}
	// Counted before the password is looked at, by address and by account: a
	// try that is not counted is a free one.
	const quarter = 15 * 60
	if err := s.allow(v.ctx, "staff-ip", v.ip(), s.Limits.StaffPerIP, quarter); err != nil {
		return err
	}
	if err := s.allow(v.ctx, "staff-login", strings.ToLower(p.Login), s.Limits.StaffPerLogin, quarter); err != nil {
		return err
	}
	token, err := s.Accounts.SignInStaff(v.ctx, p.Login, password, v.ip())
	if err != nil {
		if f := dsr.FaultOf(err); f == dsr.Unavailable || f == dsr.Internal {
			return err
		}
		// Unknown, disabled, wrong: one sentence.
		p.Mistakes = mistakes{{"login", v.t("desk.wrong.sign-in")}}
		return v.render(http.StatusUnprocessableEntity, p)
	}
	s.setCookie(v.Context, staffCookie, token, 0)
	// Nothing is sent by itself after a sign-in: another person may have signed
	// in. They see what is there and send it, or leave it.
	if p.Action == "" {
		return v.see(p.Next)
	}
	kept := keptPage{Action: p.Action, Back: p.Next, Fields: p.Kept}
	for _, f := range p.Kept {
		if typedField(f.Name) && strings.TrimSpace(f.Value) != "" {
			kept.Texts = append(kept.Texts, f.Value)
		}
	}
	return v.render(http.StatusOK, kept)
}

// typedField reports whether a field holds what a person wrote, not what they
// chose.
func typedField(name string) bool {
	name, _, _ = strings.Cut(name, "-")
	switch name {
	case "text", "comment", "reason", "evidence", "own", "scope", "name", "kana", "address", "mail", "phone", "number":
		return true
	}
	return false
}

// staffSignOut is POST /desk/sign-out: the session ends on the server, and the
// browser forgets what it knows of us.
func (s *Server) staffSignOut(v *visit) error {
	token := s.cookie(v.Context, staffCookie)
	if token != "" {
		err := s.Accounts.EndSession(v.ctx, token)
		if err != nil && dsr.FaultOf(err) != dsr.NotFound {
			return err
		}
	}
	s.setCookie(v.Context, staffCookie, "", -time.Second)
	v.Response().Header().Set("Clear-Site-Data", `"cache", "cookies", "storage"`)
	return v.see("/desk/sign-in")
}

// staffVoice is POST /desk/voice.
func (s *Server) staffVoice(v *visit) error {
	for _, voice := range deskVoices {
		if v.form("voice") == string(voice) {
			s.setCookie(v.Context, deskVoiceCookie, string(voice), voiceLife)
		}
	}
	next := v.form("next")
	if !deskPath(next) && next != "/desk/sign-in" {
		next = "/desk"
	}
	return v.see(next)
}

// desksPage chooses an organisation.
type desksPage struct{ Desks []organisationLink }

func (desksPage) name() string { return "desk/desks" }

// desks is GET /desk. Somebody who works for one organisation is already
// there.
func (s *Server) desks(v *visit) error {
	var p desksPage
	for _, o := range s.Packs.Packs() {
		if len(v.staff.Roles[o.ID])+len(v.staff.Unappointed[o.ID]) > 0 {
			p.Desks = append(p.Desks, organisationLink{textOf(o, o.Entity.Name, v.voice), "/desk/" + o.Slug + "/"})
		}
	}
	if len(p.Desks) == 1 {
		return v.see(p.Desks[0].Path)
	}
	return v.render(http.StatusOK, p)
}

// idlePage is for those who have nothing to do with cases.
type idlePage struct{}

func (idlePage) name() string { return "desk/idle" }

// deskHome is GET /desk/:slug: the queue, for everybody who may see it.
func (s *Server) deskHome(v *visit) error {
	if v.actor.Has(deskReaders.roles...) {
		return v.see(v.desk("/queue"))
	}
	return v.render(http.StatusOK, idlePage{})
}
