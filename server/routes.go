package server

import (
	"sort"
	"strings"

	"madoguchi/dsr"
)

// handler answers one visit. What goes wrong is returned: one place turns it
// into a page.
type handler func(*visit) error

// Route is one line of the table of addresses.
type Route struct {
	Method, Path string
	// Rule says who may call it. A route without one stops the start.
	Rule    Rule
	Handler handler
	// Upload lets the body be as large as a file.
	Upload bool
}

// Rule says who may call a route. The zero Rule is none at all.
type Rule struct {
	who   string
	roles []dsr.Role
}

// The callers that a rule can name.
const (
	anyoneAtAll = "anyone"
	draftOnly   = "draft"
	customerOne = "customer"
	staffOnly   = "staff"
	probeOnly   = "probe"
)

var (
	// Anyone may call it.
	Anyone = Rule{who: anyoneAtAll}
	// Draft is for the browser that began a form: it gets its draft. A page
	// that is sent without one begins a new draft, so that nothing typed is
	// lost.
	Draft = Rule{who: draftOnly}
	// Customer is for a session on one submission of the organisation.
	Customer = Rule{who: customerOne}
	// Probe is for machines that ask whether we are well.
	Probe = Rule{who: probeOnly}
	// AnyStaff is for everybody with a role in the organisation of the path,
	// or, outside one, with a role anywhere.
	AnyStaff = Staff(dsr.Roles...)
)

// Staff is for members of staff with one of the roles in the organisation of
// the path, or, outside one, anywhere.
func Staff(roles ...dsr.Role) Rule { return Rule{who: staffOnly, roles: roles} }

// String names the rule for tests and documents: "staff:approver,handler".
func (r Rule) String() string {
	if r.who != staffOnly {
		return r.who
	}
	var names []string
	for _, x := range r.roles {
		names = append(names, string(x))
	}
	sort.Strings(names)
	return r.who + ":" + strings.Join(names, ",")
}

// Routes is the table of every address of the site.
func (s *Server) Routes() []Route {
	var all []Route
	all = append(all, s.houseRoutes()...)
	all = append(all, s.portalRoutes()...)
	all = append(all, s.deskRoutes()...)
	all = append(all, s.boardRoutes()...)
	return all
}

// houseRoutes are those of no organisation.
func (s *Server) houseRoutes() []Route {
	rs := []Route{
		{Method: "GET", Path: "/", Rule: Anyone, Handler: s.organisations},
		{Method: "POST", Path: "/voice", Rule: Anyone, Handler: s.chooseVoice},
		{Method: "GET", Path: "/static/:file", Rule: Anyone, Handler: s.static},
		{Method: "GET", Path: "/healthz", Rule: Probe, Handler: s.healthz},
		{Method: "GET", Path: "/readyz", Rule: Probe, Handler: s.readyz},
	}
	if s.Mailbox != nil {
		rs = append(rs,
			Route{Method: "GET", Path: "/dev/mailbox", Rule: Anyone, Handler: s.mailbox},
			Route{Method: "GET", Path: "/dev/mailbox/:mail", Rule: Anyone, Handler: s.mailboxMail})
	}
	return rs
}
