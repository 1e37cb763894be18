package server

import (
	"html/template"
	"net/http"
	"strings"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// reach is how to get hold of a person: text as the organisation publishes
// it. Nothing here is ever written to or called by us.
type reach struct {
	Name, Phone, Fax, Mail, Post, Hours, Note string
}

func (v *visit) reach() reach {
	d := v.pack.Desk
	return reach{Name: v.packText(d.Name), Phone: d.Phone, Fax: d.Fax, Mail: d.Mail, Post: v.packText(d.Post),
		Hours: v.packText(d.Hours), Note: v.packText(d.Note)}
}

// startPage is the door of one organisation: what can be asked here, how long
// it takes, what to have ready, and everybody whom one can turn to instead.
type startPage struct {
	// Cards are what can be sent from here, Others what the desk takes.
	Cards, Others []kindCard
	// Several leads to the question what is wanted; "" where there is one card.
	Several    string
	Reach      reach
	Complaints []complaintBody
	Recording  string
}

// kindCard is one right as a person would say it.
type kindCard struct {
	Path string
	// Card and Hint are catalogue keys.
	Card, Hint string
}

func (startPage) name() string { return "portal/start" }

func (s *Server) toStart(v *visit) error { return v.Redirect(http.StatusMovedPermanently, v.path("/")) }

// start is GET /o/:slug/.
func (s *Server) start(v *visit) error {
	p := startPage{Reach: v.reach(), Complaints: v.complaints()}
	for _, c := range v.choices() {
		p.Cards = append(p.Cards, kindCard{Path: v.path("/request?kind=" + c.name), Card: c.card(), Hint: c.hint()})
	}
	if len(p.Cards) > 1 {
		p.Several = v.path("/request?kind=" + several)
	}
	for _, k := range dsr.Kinds {
		if _, ok := v.pack.Offer(string(k)); !ok {
			continue
		}
		if _, here := v.choiceOf(k); !here {
			p.Others = append(p.Others, kindCard{Path: v.path("/ask/" + string(k)), Card: "kind." + string(k) + ".card", Hint: "kind." + string(k) + ".hint"})
		}
	}
	if v.pack.Recording != nil {
		p.Recording = v.packText(v.pack.Recording.Text)
	}
	return v.render(http.StatusOK, p)
}

// askPage is what to do about a kind that cannot be sent from here.
type askPage struct {
	Kind  dsr.Kind
	Words string
	Reach reach
	// Online leads to the form, where there is one after all.
	Online string
}

func (askPage) name() string { return "portal/ask" }

// askDesk is GET /o/:slug/ask/:kind.
func (s *Server) askDesk(v *visit) error { return s.notOnline(v, v.Param("kind")) }

func (s *Server) notOnline(v *visit, kind string) error {
	o, ok := v.pack.Offer(kind)
	if !ok {
		return dsr.Fail(dsr.NotFound, "error.not-found")
	}
	p := askPage{Kind: dsr.Kind(kind), Words: v.packText(o.Words), Reach: v.reach()}
	if c, here := v.choiceOf(p.Kind); here {
		p.Online = v.path("/request?kind=" + c.name)
	}
	return v.render(http.StatusOK, p)
}

// fee is what a kind costs, in the policy's words; "" when nothing is charged.
func (v *visit) fee(kind string) string {
	for _, f := range v.pack.Fees {
		if contains(f.Kinds, kind) && f.Yen > 0 {
			return v.packText(f.Text)
		}
	}
	return ""
}

// policyPage is what Art. 32(1) wants within everybody's reach: who answers,
// for which purposes, by which procedure, what it costs, how the data is
// protected, and where to complain.
type policyPage struct {
	Lead                          template.HTML
	Entity, Address, Website      string
	Representative                string
	RepresentativePublished       bool
	InForceOn, RevisedOn, Version string
	Purposes, Security, Retention []clauseText
	Recipients                    []clauseText
	Procedures                    []procedure
	Fees                          []string
	Documents                     []paper
	Reach                         reach
	Complaints                    []complaintBody
	Amendment, Recording, Scope   string
	// Missing are the points on which the policy is silent.
	Missing []missing
	// Gone holds the codes of Missing, for the places where the point stands.
	Gone map[string]bool
}

type clauseText struct{ Clause, Text string }

type procedure struct {
	Kind   dsr.Kind
	Words  string
	Clause string
	// Basis is the law's provision as it is cited, "" for none.
	Basis template.HTML
	// Path leads to the form, or to how the desk is asked.
	Path string
}

type paper struct{ Title, Mask string }

type complaintBody struct{ Name, Address, Kind string }

type missing struct{ Field, Note string }

func (policyPage) name() string { return "portal/policy" }

// publicPolicy is GET /o/:slug/policy.
func (s *Server) publicPolicy(v *visit) error {
	k := v.pack
	p := policyPage{Entity: v.packText(k.Entity.Name), Address: v.packText(k.Entity.Address), Website: k.Entity.Website,
		Representative: k.Entity.Representative, RepresentativePublished: k.Entity.RepresentativePublished,
		InForceOn: k.PolicyInForceOn, RevisedOn: k.PolicyRevisedOn, Version: k.Version, Reach: v.reach(),
		Lead:      v.own("portal.policy.lead", "organisation", v.packText(k.Entity.Name)),
		Amendment: v.packText(k.Amendment.Text), Gone: map[string]bool{}}
	for _, x := range k.Purposes {
		p.Purposes = append(p.Purposes, clauseText{x.Clause, v.packText(x.Text)})
	}
	for _, x := range k.Security {
		p.Security = append(p.Security, clauseText{x.Clause, v.packText(x.Text)})
	}
	for _, x := range k.Recipients {
		p.Recipients = append(p.Recipients, clauseText{x.Clause, v.packText(x.Text)})
	}
	for _, x := range k.Retention {
		p.Retention = append(p.Retention, clauseText{x.Clause, v.packText(x.Text)})
	}
	if k.Recording != nil {
		p.Recording = v.packText(k.Recording.Text)
	}
	if k.Scope != nil {
		p.Scope = v.packText(k.Scope.Text)
	}
	// A paper that several kinds take is named once.
	seen := map[string]bool{}
	for _, kind := range dsr.Kinds {
		o, ok := k.Offer(string(kind))
		if !ok {
			continue
		}
		x := procedure{Kind: kind, Words: v.packText(o.Words), Clause: o.Clause, Path: v.path("/ask/" + string(kind))}
		if o.Basis != "" {
			x.Basis = v.own("portal.policy.article", "article", article(v.voice, o.Basis))
		}
		if c, here := v.choiceOf(kind); here {
			x.Path = v.path("/request?kind=" + c.name)
		}
		p.Procedures = append(p.Procedures, x)
		for _, d := range k.IdentityFor(o.Kind, string(dsr.ChannelPortal), false).Documents {
			if !seen[d.ID] {
				seen[d.ID] = true
				p.Documents = append(p.Documents, v.paper(d))
			}
		}
	}
	for _, f := range k.Fees {
		p.Fees = append(p.Fees, v.packText(f.Text))
	}
	p.Complaints = v.complaints()
	for _, m := range k.ToBeSupplied {
		p.Missing = append(p.Missing, missing{m.Field, m.Note})
		p.Gone[m.Field] = true
	}
	return v.render(http.StatusOK, p)
}

// complaints are where else a person can turn: the policy's own bodies, and
// the supervising authority, whether the policy names it or not.
func (v *visit) complaints() []complaintBody {
	var out []complaintBody
	for _, b := range v.pack.Complaints {
		out = append(out, complaintBody{v.packText(b.Name), v.packText(b.Address), b.Kind})
	}
	if v.pack.Law != nil && len(v.pack.Law.Authority.Name) > 0 {
		a := complaintBody{v.packText(v.pack.Law.Authority.Name), v.packText(v.pack.Law.Authority.Address), "authority"}
		if !hasBody(out, a.Name) {
			out = append(out, a)
		}
	}
	return out
}

func hasBody(bs []complaintBody, name string) bool {
	for _, b := range bs {
		if b.Name == name {
			return true
		}
	}
	return false
}

func (v *visit) paper(d policy.Document) paper {
	return paper{Title: v.packText(d.Title), Mask: strings.TrimSpace(v.packText(d.Mask))}
}
