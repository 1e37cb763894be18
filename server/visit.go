package server

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// visit is one request while it is answered: who asks, where, in which voice.
// The rule of its route has been checked before a handler sees it.
type visit struct {
	echo.Context
	s *Server
	// ctx ends with the request's patience.
	ctx   context.Context
	voice dsr.Voice
	// pack and office are of the organisation in the path; nil outside one.
	pack   *policy.Pack
	office Office
	zone   *time.Location
	// submission is what a customer's session may see; "" without one.
	submission string
	// draft is the unsent form of this browser; nil without one.
	draft *dsr.Draft
	// staff and actor are who works here; actor.Roles are the roles in the
	// organisation of the path (outside one: none).
	staff dsr.Staff
	actor dsr.Actor
}

// bind makes of a route what the router calls: find the organisation, check
// the rule, hand over.
func (s *Server) bind(r Route) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), requestPatience)
		defer cancel()
		v := &visit{Context: c, s: s, ctx: ctx, zone: time.UTC}
		limit := int64(256 << 10)
		if r.Upload {
			limit = 6 * MaxUpload // read and refused politely; readUpload keeps MaxUpload
		}
		c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, limit)
		v.voice = s.voiceOf(c, nil)
		if strings.Contains(r.Path, "/:slug") {
			p, ok := s.Packs.BySlug(c.Param("slug"))
			if !ok {
				if r.Rule.who == staffOnly {
					return v.noSuchDesk()
				}
				return dsr.Fail(dsr.NotFound, "error.not-found")
			}
			z, err := clock.Zone(p.Zone)
			if err != nil {
				return dsr.Errorf(dsr.Internal, "error.internal", "zone of the pack: %w", err)
			}
			v.pack, v.zone, v.office = p, z, s.Offices.Office(p.ID)
			v.voice = s.voiceOf(c, p)
			c.Set("organisation", p.ID)
		}
		c.Set("voice", v.voice)
		// A link in a voice is followed in that voice: the pages after it are
		// the same person's. Nothing is written here but their own cookie.
		if q := dsr.Voice(c.QueryParam("lang")); q.Valid() && r.Method == http.MethodGet && v.pack != nil && r.Rule.who != staffOnly {
			s.setCookie(c, voiceCookie, string(q), voiceLife)
		}
		err := s.admit(v, r)
		if err != nil || c.Response().Committed {
			return err
		}
		return r.Handler(v)
	}
}

// admit checks the rule of a route. It may answer by itself: with the way to
// sign in, or to the beginning of a form.
func (s *Server) admit(v *visit, r Route) error {
	switch r.Rule.who {
	case anyoneAtAll, probeOnly:
		return nil
	case draftOnly:
		return v.findDraft()
	case customerOne:
		return v.findCustomer()
	case staffOnly:
		return v.findStaff(r.Rule.roles)
	}
	return dsr.Errorf(dsr.Forbidden, "error.forbidden", "route %s %s has no rule", r.Method, r.Path)
}

// path is an address of the visit's organisation: path("/my") is
// "/o/<slug>/my".
func (v *visit) path(rest string) string {
	if v.pack == nil {
		return rest
	}
	return "/o/" + v.pack.Slug + rest
}

// see redirects with 303, so that reloading the next page sends nothing again.
func (v *visit) see(path string) error { return v.Redirect(http.StatusSeeOther, path) }

// form is a typed field, trimmed, at most limit characters.
func (v *visit) form(name string) string { return strings.TrimSpace(v.FormValue(name)) }

// ip is the caller's address as far as we may believe it.
func (v *visit) ip() string { return v.RealIP() }

// isPost reports whether the person sends something.
func (v *visit) isPost() bool { return v.Request().Method == http.MethodPost }

// now is the port's clock.
func (v *visit) now() time.Time { return v.s.Now() }

// at is an instant of the database as time in the organisation's zone.
func (v *visit) at(micros int64) time.Time { return time.UnixMicro(micros).In(v.zone) }

// local reports whether path leads to a page of our own: the only sort of
// address that is ever taken from a form or a query.
func local(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return false
	}
	u, err := url.Parse(path)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && !strings.Contains(u.Path, "//") && !strings.Contains(u.Path, "\\")
}

// voiceOf is the voice of a page: the one that the address names for this page
// alone, the chosen one, what the browser asks for, the organisation's own.
func (s *Server) voiceOf(c echo.Context, p *policy.Pack) dsr.Voice {
	if q := dsr.Voice(c.QueryParam("lang")); q.Valid() {
		return q
	}
	if k := dsr.Voice(s.cookie(c, voiceCookie)); k.Valid() {
		return k
	}
	for _, part := range strings.Split(c.Request().Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), ";")
		base, _, _ := strings.Cut(tag, "-")
		if v := dsr.Voice(base); v.Valid() {
			return v
		}
	}
	if p != nil && dsr.Voice(p.Language).Valid() {
		return dsr.Voice(p.Language)
	}
	return dsr.VoiceJa
}
