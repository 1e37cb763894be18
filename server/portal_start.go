package server

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

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
	Recipients                    []recipientText
	// Countries are those in which connected systems keep data.
	Countries string
	// Who may ask, where it is the same for every kind; else each procedure says it.
	Who                         template.HTML
	Procedures                  []procedure
	Roles                       []clauseText
	Fees                        []string
	Documents                   []paper
	Reach                       reach
	Complaints                  []complaintBody
	Amendment, Recording, Scope string
	// Missing are the points on which the policy is silent.
	Missing []missing
	// Gone holds the codes of Missing, for the places where the point stands.
	Gone map[string]bool
}

type clauseText struct{ Clause, Text string }

// recipientText is a recipient with the role in which it has the data.
type recipientText struct{ Clause, Text, Role string }

type procedure struct {
	Kind   dsr.Kind
	Words  string
	Clause string
	// Basis is the law's provision as it is cited, "" for none.
	Basis template.HTML
	// Path leads to the form, or to how the desk is asked.
	Path string
	// ByDesk: it cannot be sent from here. Who is who may ask, "" where the page
	// says it for all.
	ByDesk bool
	Who    template.HTML
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
		p.Recipients = append(p.Recipients, recipientText{x.Clause, v.packText(x.Text), x.Role})
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
	if k.Roles != nil {
		p.Roles = []clauseText{{k.Roles.Clause, v.packText(k.Roles.Text)}}
	}
	p.Countries = v.countries()
	p.Who = v.filers(commonFilers(k))
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
		} else {
			x.ByDesk = true
		}
		if p.Who == "" {
			x.Who = v.filers(o.WhoMayFile)
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

// commonFilers are those who may file every kind that is offered; none where the
// kinds differ.
func commonFilers(p *policy.Pack) []string {
	var all []string
	for i, k := range p.Kinds {
		if i > 0 && !slices.Equal(all, k.WhoMayFile) {
			return nil
		}
		all = k.WhoMayFile
	}
	return all
}

// filers are the words for who may file, "" for nobody.
func (v *visit) filers(codes []string) template.HTML {
	var words []string
	for _, c := range codes {
		words = append(words, string(v.h("portal.policy.filer."+c)))
	}
	return template.HTML(strings.Join(words, "; "))
}

// countries are those in which connected systems keep data (Art. 28), by their
// names in the visit's voice. One that a pack does not state is not among them.
func (v *visit) countries() string {
	var names, seen []string
	for _, x := range v.pack.Systems {
		if x.Country == "" || slices.Contains(seen, x.Country) {
			continue
		}
		seen = append(seen, x.Country)
		name := x.Country
		if region, err := language.ParseRegion(x.Country); err == nil {
			name = cmp.Or(display.Regions(language.Make(string(v.voice.Letter()))).Name(region), name)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
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
