// Package server is the house's face: the portal on which a person asks about
// their own data (portal_*.go), the desk on which staff answer (desk_*.go),
// and the board on which managers see how it goes (board_*.go). Pages are
// rendered here from embedded templates, need no script, and speak five
// voices.
//
// The package knows packs, the language of the product and the texts. What it
// needs of the world it declares in ports.go; it never sees a database, a
// mail server or the machine that carries requests out. A page that a person
// sends is accepted when the port says so, and the port needs the database
// only (design: principle 1).
//
// Every address is one line of a table with a rule who may call it
// (routes.go). An address without a rule stops the start.
package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"madoguchi/clock"
	"madoguchi/policy"
)

// Packs are the policies of the organisations that this installation serves;
// *policy.Library is one.
type Packs interface {
	Packs() []*policy.Pack
	BySlug(slug string) (*policy.Pack, bool)
	ByID(id string) (*policy.Pack, bool)
	// Rules is the book of the laws' rules, which names them; nil when there is none.
	Rules() *clock.Book
}

// Server answers every page. Fill the fields and call Handler once.
type Server struct {
	Offices  Offices
	Accounts Accounts
	Probes   Probes
	// Mailbox is the caught mail of a demonstration; nil in production, and
	// then its address does not exist.
	Mailbox Mailbox
	Packs   Packs

	// Now is the port's clock, for "in three days" and nothing that decides.
	Now func() time.Time

	// BaseURL is the address by which people reach us ("https://dsr.example").
	// Production needs https, here or at a proxy that TrustedProxies names.
	BaseURL    string
	Production bool
	// TrustedProxies may say in X-Forwarded-For who the caller is; from
	// anybody else the header is ignored.
	TrustedProxies []netip.Prefix
	// PlainCookies leaves out the __Host- prefix and Secure on plain http
	// from this machine, for clients that keep secure cookies from such
	// addresses. It changes nothing over https.
	PlainCookies bool

	Limits Limits
	// Log gets one entry for each answered request: IDs, enums, counts and
	// times only. Nil is silence.
	Log func(Entry)

	base  *url.URL
	pages map[string]pageSet
	sheet stylesheet
}

// Limits are how often something may be tried. Zero fields get the defaults.
type Limits struct {
	// FilingPerIP is how many requests one address on the network may send in
	// an hour; FilingPerContact how many one contact may.
	FilingPerIP, FilingPerContact int
	// CodePerIP and CodePerContact bound codes asked for in an hour;
	// CheckPerIP and CheckPerContact bound codes typed in an hour.
	CodePerIP, CodePerContact, CheckPerIP, CheckPerContact int
	// StaffPerIP and StaffPerLogin bound passwords tried in 15 minutes.
	StaffPerIP, StaffPerLogin int
	// DraftPerIP is how many forms one address may begin in an hour.
	DraftPerIP int
}

// DefaultLimits are what a zero field of Limits becomes. Many people may sit
// behind one address (a town hall, a telephone network), so an address gets
// far more than a contact. Outside production the bounds per address on the
// network, and those on filing, are a hundred times as high.
var DefaultLimits = Limits{FilingPerIP: 60, FilingPerContact: 10, CodePerIP: 60, CodePerContact: 3, CheckPerIP: 120,
	CheckPerContact: 20, StaffPerIP: 100, StaffPerLogin: 10, DraftPerIP: 120}

// MaxUpload is the largest file taken, in bytes (rulings: uploads).
const MaxUpload = 10 << 20

// requestPatience bounds how long one page may take.
const requestPatience = 20 * time.Second

// Entry is one answered request, fit for a log: the route's pattern and never
// the path, because a path may hold what somebody typed.
type Entry struct {
	Method, Route string
	Status        int
	Took          time.Duration
	Organisation  string // ID
	Incident      string // reference shown to the person, "" when all went well
	Fault, Code   string
	Err           error
}

// Handler gives the whole site. It fails when a route has no rule, when two
// routes share an address, when a template does not parse, and when the
// settings make no sense.
func (s *Server) Handler() (http.Handler, error) {
	if s.Offices == nil || s.Accounts == nil || s.Probes == nil || s.Packs == nil {
		return nil, errors.New("server: Offices, Accounts, Probes and Packs are needed")
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	base, err := url.Parse(s.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") || strings.Trim(base.Path, "/") != "" {
		return nil, fmt.Errorf("server: the address %q is not of the form https://host", s.BaseURL)
	}
	if s.Production && base.Scheme != "https" {
		return nil, fmt.Errorf("server: production needs an https address, not %q", s.BaseURL)
	}
	if s.Production && s.Mailbox != nil {
		return nil, errors.New("server: the mailbox of the demonstration cannot be open in production")
	}
	s.base = base
	s.Limits = s.Limits.orDefaults(s.Production)
	if s.sheet, err = loadStylesheet(); err != nil {
		return nil, err
	}
	if s.pages, err = parsed(); err != nil {
		return nil, err
	}
	return s.build(s.Routes())
}

// build makes the site of a table of routes.
func (s *Server) build(routes []Route) (http.Handler, error) {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.answerError
	e.IPExtractor = s.ipExtractor()
	seen := map[string]bool{}
	for _, r := range routes {
		key := r.Method + " " + r.Path
		switch {
		case r.Rule.who == "":
			return nil, fmt.Errorf("server: the route %s has no rule who may call it", key)
		case r.Rule.who == staffOnly && len(r.Rule.roles) == 0:
			return nil, fmt.Errorf("server: the route %s is for staff and names no role", key)
		case r.Handler == nil:
			return nil, fmt.Errorf("server: the route %s has no handler", key)
		case seen[key]:
			return nil, fmt.Errorf("server: the route %s stands twice in the table", key)
		}
		seen[key] = true
		e.Add(r.Method, r.Path, s.bind(r))
	}
	csrf := http.NewCrossOriginProtection()
	err := csrf.AddTrustedOrigin(s.base.Scheme + "://" + s.base.Host)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	// In the order in which a request meets them.
	e.Pre(s.keepLog, s.guard, s.secureHeaders, s.knownHost, sameOrigin(csrf))
	return e, nil
}

// ipExtractor says who the caller is. Without named proxies only the
// connection counts, whatever headers say.
func (s *Server) ipExtractor() echo.IPExtractor {
	if len(s.TrustedProxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range s.TrustedProxies {
		trust = append(trust, echo.TrustIPRange(ipNet(p)))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// NewHTTPServer gives a listener's server with times that end slow callers.
func NewHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute, // ten megabytes over a poor line
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}

// allow counts a try and says tooMany when the limit is reached. Should the
// counter itself fail, the try fails with it: a limit that cannot be kept is
// no limit.
func (s *Server) allow(ctx context.Context, scope, key string, limit, windowSeconds int) error {
	ok, err := s.Accounts.Allow(ctx, scope, key, limit, windowSeconds)
	if err != nil {
		return err
	}
	if !ok {
		return &tooMany{After: windowSeconds}
	}
	return nil
}

// orDefaults fills the zero fields. A demonstration stands on one machine and
// is tried out from one address: there the address counts for next to nothing.
func (l Limits) orDefaults(production bool) Limits {
	d := DefaultLimits
	if !production {
		const generous = 100
		d.FilingPerIP, d.FilingPerContact, d.DraftPerIP = generous*d.FilingPerIP, generous*d.FilingPerContact, generous*d.DraftPerIP
		d.CodePerIP, d.CheckPerIP, d.StaffPerIP = generous*d.CodePerIP, generous*d.CheckPerIP, generous*d.StaffPerIP
	}
	for _, f := range []struct{ have, def *int }{
		{&l.FilingPerIP, &d.FilingPerIP}, {&l.FilingPerContact, &d.FilingPerContact}, {&l.CodePerIP, &d.CodePerIP},
		{&l.CodePerContact, &d.CodePerContact}, {&l.CheckPerIP, &d.CheckPerIP}, {&l.CheckPerContact, &d.CheckPerContact},
		{&l.StaffPerIP, &d.StaffPerIP}, {&l.StaffPerLogin, &d.StaffPerLogin}, {&l.DraftPerIP, &d.DraftPerIP},
	} {
		if *f.have == 0 {
			*f.have = *f.def
		}
	}
	return l
}
