package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"madoguchi/dsr"
)

// Names of the cookies. A session is a random token; what it means is kept on
// the server (Accounts). Those of a customer carry the organisation's slug, so
// that two organisations in one browser do not end each other.
const (
	voiceCookie   = "voice"
	staffCookie   = "desk"
	sessionCookie = "session-" // + slug
	draftCookie   = "draft-"   // + slug
)

// Lengths of the cookies' lives. The server's own limits are shorter where it
// matters; a cookie of a session ends with the browser.
const (
	voiceLife = 365 * 24 * time.Hour
	draftLife = 14 * 24 * time.Hour
)

// cookieName adds the prefix by which browsers refuse a cookie that another
// host or a plain connection has planted. On plain http it works for the
// machine itself only.
func (s *Server) cookieName(c echo.Context, name string) (full string, secure bool) {
	if s.base.Scheme == "https" || (!s.PlainCookies && loopback(c.Request().Host)) {
		return "__Host-" + name, true
	}
	return name, false
}

// setCookie gives the browser a cookie; life 0 is until it closes, negative
// takes it away.
func (s *Server) setCookie(c echo.Context, name, value string, life time.Duration) {
	full, secure := s.cookieName(c, name)
	k := &http.Cookie{Name: full, Value: value, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
	switch {
	case life > 0:
		k.MaxAge = int(life.Seconds())
	case life < 0:
		k.MaxAge = -1
	}
	c.SetCookie(k)
}

// cookie is the value of a cookie, "" without it.
func (s *Server) cookie(c echo.Context, name string) string {
	full, _ := s.cookieName(c, name)
	k, err := c.Cookie(full)
	if err != nil {
		return ""
	}
	return k.Value
}

// loopback reports whether a Host header names this machine.
func loopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if name == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.IsLoopback()
}

// ipNet is a prefix as the router wants it.
func ipNet(p netip.Prefix) *net.IPNet {
	a := p.Masked().Addr()
	return &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(p.Bits(), a.BitLen())}
}

// findDraft opens the draft of this browser. Without one, a page that is only
// looked at leads to the beginning, and one that is sent begins a new draft
// with what was typed.
func (v *visit) findDraft() error {
	token := v.s.cookie(v.Context, draftCookie+v.pack.Slug)
	if token != "" {
		d, err := v.office.Draft(v.ctx, token)
		if err == nil {
			v.draft = &d
			return nil
		}
		if dsr.FaultOf(err) != dsr.NotFound {
			return err
		}
	}
	if !v.isPost() {
		if c, ok := v.chosen(v.Param("step")); ok && v.Param("step") != "" {
			return v.see(v.path("/request?kind=" + c.name))
		}
		return v.see(v.path("/request"))
	}
	return v.beginDraft()
}

// beginDraft makes a new draft and gives its token to the browser. Where
// nothing can be sent, nothing is kept either.
func (v *visit) beginDraft() error {
	if len(v.choices()) == 0 {
		return dsr.Fail(dsr.NotFound, "error.not-found")
	}
	err := v.s.allow(v.ctx, "draft-ip", v.ip(), v.s.Limits.DraftPerIP, 3600)
	if err != nil {
		return err
	}
	d, err := v.office.NewDraft(v.ctx, v.voice)
	if err != nil {
		return err
	}
	if d.Answers == nil {
		d.Answers = map[string]string{}
	}
	v.draft = &d
	v.s.setCookie(v.Context, draftCookie+v.pack.Slug, d.Token, draftLife)
	return nil
}

// findCustomer opens the session of a person. Without one the way leads over
// the sign-in page back to where they were; what they typed travels with them.
func (v *visit) findCustomer() error {
	token := v.s.cookie(v.Context, sessionCookie+v.pack.Slug)
	if token != "" {
		organisation, submission, err := v.s.Accounts.Session(v.ctx, token)
		switch {
		case err == nil && organisation == v.pack.ID:
			v.submission = submission
			v.actor = dsr.Actor{Kind: dsr.ActorPerson, ID: submission}
			return nil
		case err == nil:
			// A token of another organisation is no token here.
		case dsr.FaultOf(err) == dsr.Unavailable, dsr.FaultOf(err) == dsr.Internal:
			return err
		}
	}
	if v.isPost() {
		return v.renderSignIn(http.StatusUnauthorized, v.keptText())
	}
	next := v.Request().URL.Path
	return v.see(v.path("/find") + "?next=" + url.QueryEscape(next))
}

// openSession signs a person in on one submission.
func (v *visit) openSession(submission string) error {
	token, err := v.s.Accounts.OpenSession(v.ctx, v.pack.ID, submission)
	if err != nil {
		return err
	}
	v.submission = submission
	v.s.setCookie(v.Context, sessionCookie+v.pack.Slug, token, 0)
	return nil
}

// findStaff opens the session of a member of staff and checks the roles: no
// session leads to the sign-in page; no role in the organisation of the path
// is the same as no such organisation; another role than the rule's is
// forbidden.
func (v *visit) findStaff(roles []dsr.Role) error {
	token := v.s.cookie(v.Context, staffCookie)
	var staff dsr.Staff
	err := error(dsr.Fail(dsr.NotFound, "error.not-found"))
	if token != "" {
		staff, err = v.s.Accounts.StaffSession(v.ctx, token)
	}
	if err == nil && staff.Disabled {
		err = dsr.Fail(dsr.NotFound, "error.not-found")
	}
	if err != nil {
		if f := dsr.FaultOf(err); f == dsr.Unavailable || f == dsr.Internal {
			return err
		}
		if v.isPost() {
			return v.sessionOver()
		}
		return v.see("/desk/sign-in?next=" + url.QueryEscape(v.Request().URL.RequestURI()))
	}
	v.staff = staff
	v.actor = dsr.Actor{Kind: dsr.ActorStaff, ID: staff.ID}
	v.useStaffVoice()
	if v.pack != nil {
		v.actor.Roles = staff.Roles[v.pack.ID]
		// Who works here and lacks only the appointment is told so: to them the
		// organisation is no secret.
		lacks := staff.Unappointed[v.pack.ID]
		if len(v.actor.Roles) == 0 && len(lacks) == 0 {
			return dsr.Fail(dsr.NotFound, "error.not-found")
		}
		if !v.actor.Has(roles...) && (dsr.Actor{Roles: lacks}).Has(roles...) {
			return dsr.Fail(dsr.Forbidden, "error.not-appointed")
		}
		if !v.actor.Has(roles...) {
			return dsr.Fail(dsr.Forbidden, "error.forbidden")
		}
		return nil
	}
	for _, rs := range staff.Roles {
		if (dsr.Actor{Roles: rs}).Has(roles...) {
			return nil
		}
	}
	return dsr.Fail(dsr.Forbidden, "error.forbidden")
}
