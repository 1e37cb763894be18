package policy

import (
	"slices"
	"strings"

	"madoguchi/clock"
)

// Request is what is known of one request when the policy is asked about it:
// codes and days, nothing that names a person. It is what conditions may look at
// under "request" and "case"; a field that is not known yet is empty, and a
// condition that compares it is not met.
type Request struct {
	// Kind is a code of KindCodes. Channel is the way it came in ("portal",
	// "telephone", "mail", "post", "fax", "counter").
	Kind, Channel string
	// Population and Service are IDs of this pack's lists: who the person is to
	// the organisation, and where the data came from.
	Population, Service string
	// Filer is who filed: "person", "statutory-representative",
	// "delegated-agent". Empty counts as the person.
	Filer string
	// Ground is the reason given for a deletion or suspension, a code of
	// GroundCodes; "" for none.
	Ground string
	// Fields are the IDs of the pack's fields that are said to be wrong.
	Fields []string
	// Sensitive: the data that is asked about is sensitive, financial or about
	// employment, which raises the proof that is asked for.
	Sensitive bool
	// ArrivedOn is the civil date of arrival in the desk's zone.
	ArrivedOn clock.Date
	// Frozen: data in dispute is held. Reopened: the case was closed before and
	// is worked on again.
	Frozen, Reopened bool
}

// Item is one part of what is held about the person: what conditions may look
// at under "item". The zero Item stands for a question that is about no item.
type Item struct {
	// System is the ID of a connected system, Category and Columns as its mapping
	// names them. No column means all of the category.
	System, Category string
	Columns          []string
	// OthersInIt: the mapping points to another person's name in it. Doubtful: it
	// was found by a contact that others share. Opinion: one of its columns is an
	// evaluation and no fact.
	OthersInIt, Doubtful, Opinion bool
}

// GroundCodes are the reasons that Art. 35 knows, in no order. Package dsr has
// the same list; a test holds the two together.
var GroundCodes = []string{"purpose-exceeded", "wrongly-acquired", "no-longer-needed", "breach", "likely-harm", "advertising-continues", "other"}

// The codes of who filed and of the way in.
var (
	filerCodes   = []string{"person", "statutory-representative", "delegated-agent"}
	channelCodes = []string{"portal", "telephone", "mail", "post", "fax", "counter"}
)

// Why is the reason of an answer of the policy: the layer that won, where it is
// written, and the conditions that were met (or not) with what they looked at.
type Why struct {
	// Layer is "law", "policy", "reading" or "defaults". Article and Clause are
	// where it stands, "" where there is none.
	Layer, Article, Clause string
	// Conditions are in the order of the layers, the lowest first; none means
	// that the rule always holds.
	Conditions []Looked
}

// Looked is one condition with its result and the inputs that it names.
type Looked struct {
	Expression string
	Holds      bool
	Inputs     []Input
}

// Input is one name of a condition and its value at the time, as text: a code, a
// civil date, "true" or "false", or a list in brackets; "–" for empty.
type Input struct{ Name, Value string }

// String is the reason on one line: `not policy.no_ground (policy.no_ground is
// false)`, "always" without a condition.
func (w Why) String() string {
	if len(w.Conditions) == 0 {
		return "always"
	}
	var parts []string
	for _, c := range w.Conditions {
		var in []string
		for _, i := range c.Inputs {
			in = append(in, i.Name+" is "+i.Value)
		}
		part := c.Expression + " (" + strings.Join(in, ", ") + ")"
		if !c.Holds {
			part = "not met: " + part
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// Asked is a test that is put to an item, and why. NotAsked gives the same of
// one that is not.
type Asked struct {
	Exemption
	Why Why
}

// Because is the reason on one line, "" for a test that is always asked.
func (a Asked) Because() string {
	if len(a.Why.Conditions) == 0 {
		return ""
	}
	return a.Why.String()
}

// Asked are the tests that a reviewer answers for one item of a request, in the
// order of the decision procedure, each with its reason. The zero Item asks for
// those that hang on no item.
func (p *Pack) Asked(r Request, it Item) []Asked {
	asked, _ := p.judged(r, it)
	return asked
}

// NotAsked are the tests of the kind whose condition is not met for this item,
// each with the condition and what it looked at.
func (p *Pack) NotAsked(r Request, it Item) []Asked {
	_, not := p.judged(r, it)
	return not
}

func (p *Pack) judged(r Request, it Item) (asked, not []Asked) {
	env := p.environment(r, it)
	for _, e := range p.ExemptionsFor(r.Kind) {
		holds, looked := met(e.conditions, r.Kind, env, true)
		a := Asked{Exemption: e, Why: Why{Layer: e.Layer, Article: e.Article, Clause: e.Clause, Conditions: looked}}
		if holds {
			asked = append(asked, a)
		} else {
			not = append(not, a)
		}
	}
	return asked, not
}

// Told is a recipient who is to hear of a change, and why.
type Told struct {
	Recipient
	Why Why
}

// Tells are the recipients who are to be told that something at the places was
// corrected, suspended or erased, in the pack's order.
func (p *Pack) Tells(r Request, places []Place) []Told {
	var out []Told
	for _, who := range p.Recipients {
		for _, at := range places {
			if !anyHas(who.Receives, at) {
				continue
			}
			it := Item{System: at.System, Category: at.Category}
			if at.Column != "" {
				it.Columns = []string{at.Column}
			}
			if holds, looked := met(who.conditions, r.Kind, p.environment(r, it), true); holds {
				out = append(out, Told{Recipient: who, Why: Why{Layer: "policy", Clause: who.Clause, Conditions: looked}})
				break
			}
		}
	}
	return out
}

// Charged is a fee that is due, and why.
type Charged struct {
	Fee
	Why Why
}

// FeeFor is the published fee of a request; false where none is charged. The
// statute allows a fee for few kinds (Art. 38(1)); for another one none is ever
// due, whatever a pack writes.
func (p *Pack) FeeFor(r Request) (Charged, bool) {
	offer, _ := p.Offer(r.Kind)
	if !offer.FeePossible {
		return Charged{}, false
	}
	env := p.environment(r, Item{})
	for _, f := range p.Fees {
		if !has(f.Kinds, r.Kind) || f.Yen == 0 {
			continue
		}
		if holds, looked := met(f.conditions, r.Kind, env, false); holds {
			return Charged{Fee: f, Why: Why{Layer: "policy", Article: "38(1)", Clause: f.Clause, Conditions: looked}}, true
		}
	}
	return Charged{}, false
}

// IdentityOf is what a person must show for a request, and why: the pack's own
// rules before the defaults, in each a rule for the channel before a general
// one, and among equals the first whose condition is met. A kind that no rule
// names asks for L2: in doubt, the person whose data it is is protected.
func (p *Pack) IdentityOf(r Request) (Identity, Why) {
	rule, why := p.identityRule(r)
	id := Identity{Level: rule.Level, Contact: rule.Contact}
	if r.Sensitive && rule.SensitiveLevel > id.Level {
		id.Level = rule.SensitiveLevel
	}
	for _, name := range rule.Documents {
		if d, ok := p.documents[name]; ok {
			id.Documents = append(id.Documents, d)
		}
	}
	switch {
	case id.Level >= "L3":
		id.Needed = 2
	case id.Level >= "L2" || len(id.Documents) > 0:
		id.Needed = 1
	}
	return id, why
}

func (p *Pack) identityRule(r Request) (IdentityRule, Why) {
	offer, _ := p.Offer(r.Kind)
	var defaults []IdentityRule
	for _, d := range p.identity {
		if has(d.Kinds, r.Kind) {
			defaults = append(defaults, d.IdentityRule)
		}
	}
	env := p.environment(r, Item{})
	for _, layer := range []struct {
		name, clause string
		rules        []IdentityRule
	}{{"policy", offer.Clause, offer.Identity}, {"defaults", "", defaults}} {
		for _, general := range []bool{false, true} {
			for _, rule := range layer.rules {
				if general != (len(rule.Channels) == 0) || !general && !has(rule.Channels, r.Channel) {
					continue
				}
				// A condition that cannot be judged leaves the rule out, so that a
				// lower one or the general L2 asks for the proof.
				if holds, looked := met(rule.conditions, r.Kind, env, false); holds {
					return rule, Why{Layer: layer.name, Article: "37(1)", Clause: layer.clause, Conditions: looked}
				}
			}
		}
	}
	return IdentityRule{Level: "L2", Contact: true}, Why{Layer: "defaults", Article: "37(1)"}
}

// Entrusted reports whether the data of a population is held for a client, who
// is responsible for it.
func (p *Pack) Entrusted(population string) bool {
	return slices.ContainsFunc(p.Populations, func(x Population) bool { return x.ID == population && x.Entrusted })
}

// Disputed are the places in connected systems that hold a field which is said to
// be wrong. A freeze is on these and no others.
func (p *Pack) Disputed(fields []string) (out []Place) {
	for _, f := range p.Fields {
		if has(fields, f.ID) {
			out = append(out, f.Places...)
		}
	}
	return out
}

// Holds reports whether a connected system can freeze, suspend and preserve.
func (p *Pack) Holds(system string) bool {
	return slices.ContainsFunc(p.Systems, func(s SystemRef) bool { return s.ID == system && s.Holds })
}
