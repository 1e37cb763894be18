package policy

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// checker holds the floor and the references of one pack.
type checker struct {
	tree     *tree
	pack     *Pack
	law      *Law
	fsys     fs.FS
	problems Problems
	// ownPapers and ownTests are what the pack itself wrote, before the layers
	// are laid under it.
	ownPapers []Document
	ownTests  []string
}

func (c *checker) fail(pointer, message, instead string) *Problem {
	c.problems = append(c.problems, c.tree.problem(pointer, message, instead))
	return &c.problems[len(c.problems)-1]
}

// own checks the organisation's own file before anything is laid under it.
func (c *checker) own() {
	p := c.pack
	if want, _, _ := strings.Cut(c.tree.file, "/"); p.Slug != want {
		c.fail("/slug", fmt.Sprintf("the slug is %q in the folder %s", p.Slug, want), fmt.Sprintf("write %q", want))
	}
	c.calendar("/calendar", p.Calendar)
	c.unique()
	c.conditions()
	c.kinds()
	c.exemptions()
	c.readings()
	for i, s := range p.Systems {
		if _, err := fs.Stat(c.fsys, s.Mapping); err != nil {
			c.fail(fmt.Sprintf("/systems/%d/mapping", i), fmt.Sprintf("there is no %s", s.Mapping), "write the mapping's path below packs/")
		}
	}
	c.promises()
	c.fields()
	c.places()
	c.retention()
	c.missing()
	for i, r := range p.Requirements {
		if (r.By == "later") != (r.Later != "") {
			c.fail(fmt.Sprintf("/requirements/%d", i), fmt.Sprintf("%s: \"by: later\" and \"later\" belong together", r.ID), "name the part of the product in \"later\"")
		}
	}
	c.reach()
	c.problems = append(c.problems, checkTexts(c.tree, p.Fallbacks)...)
}

// unique refuses the same name twice in one list.
func (c *checker) unique() {
	p := c.pack
	lists := map[string][]string{}
	for _, k := range p.Kinds {
		lists["kinds"] = append(lists["kinds"], k.Kind)
	}
	for _, x := range p.Populations {
		lists["populations"] = append(lists["populations"], x.ID)
	}
	for _, x := range p.Services {
		lists["services"] = append(lists["services"], x.ID)
	}
	for _, x := range p.Exemptions {
		lists["exemptions"] = append(lists["exemptions"], x.ID)
	}
	for _, x := range p.Purposes {
		lists["purposes"] = append(lists["purposes"], x.ID)
	}
	for _, x := range p.Recipients {
		lists["recipients"] = append(lists["recipients"], x.ID)
	}
	for _, x := range p.Systems {
		lists["systems"] = append(lists["systems"], x.ID)
	}
	for _, x := range p.Requirements {
		lists["requirements"] = append(lists["requirements"], x.ID)
	}
	for _, x := range p.Readings {
		lists["readings"] = append(lists["readings"], x.ID)
	}
	for _, x := range p.Fields {
		lists["fields"] = append(lists["fields"], x.ID)
	}
	for _, x := range p.Retention {
		lists["retention"] = append(lists["retention"], x.ID)
	}
	for list, ids := range lists {
		seen := map[string]bool{}
		for i, id := range ids {
			if seen[id] {
				c.fail(fmt.Sprintf("/%s/%d", list, i), fmt.Sprintf("%q is there twice in %s", id, list), "write it once")
			}
			seen[id] = true
		}
	}
	population := map[string]bool{}
	for _, x := range lists["populations"] {
		population[x] = true
	}
	for i, x := range p.Purposes {
		for j, id := range x.Populations {
			if !population[id] {
				c.fail(fmt.Sprintf("/purposes/%d/populations/%d", i, j), fmt.Sprintf("there is no population %q", id), "write one of "+strings.Join(lists["populations"], ", "))
			}
		}
	}
}

// kinds: each is one that the regime knows.
func (c *checker) kinds() {
	for i, k := range c.pack.Kinds {
		if _, ok := c.law.Kind(k.Kind); !ok {
			c.fail(fmt.Sprintf("/kinds/%d/kind", i), fmt.Sprintf("law/%s.yaml does not know the kind %q", c.law.Regime, k.Kind), "add it there first")
		}
	}
}

// exemptions: each fits what the pack promises elsewhere, and names what is there.
func (c *checker) exemptions() {
	for i, e := range c.pack.Exemptions {
		at := fmt.Sprintf("/exemptions/%d", i)
		for _, k := range e.Kinds {
			base, _ := c.law.exemption(e.Article, k)
			if offer, _ := c.pack.Offer(k); base.looks("policy.no_ground") && offer.NoGround {
				c.fail(at, fmt.Sprintf("%s asks for a ground and %s is promised without one", e.ID, k), "leave the test or \"no_ground\" out").Clause = e.Clause
			}
		}
		for _, f := range c.law.Exemptions {
			if f.ID == e.ID && f.fact() {
				c.fail(at+"/id", fmt.Sprintf("%s is the law's own question of fact", e.ID), "name the ground X1, X2, …")
			}
		}
		if e.Reading != "" && !c.read(e.Reading) {
			c.fail(at+"/reading", fmt.Sprintf("%s: there is no reading %q", e.ID, e.Reading), "add it to \"readings\"")
		}
	}
}

// read reports whether the pack records a reading.
func (c *checker) read(id string) bool {
	_, ok := c.pack.reading(id)
	return ok
}

// promises: what a kind promises beyond the law can be carried out by the kind,
// and what its text takes away is recorded as a reading.
func (c *checker) promises() {
	held := false
	for _, s := range c.pack.Systems {
		held = held || s.Holds
	}
	for i, k := range c.pack.Kinds {
		at := fmt.Sprintf("/kinds/%d", i)
		if k.Promise != "" && (!has(promisable, k.Promise) || !has(KindMeasures[k.Kind], k.Promise)) {
			instead := "leave it out"
			if can := both(KindMeasures[k.Kind], promisable); len(can) > 0 {
				instead = "write one of " + strings.Join(can, ", ")
			}
			c.fail(at+"/promise", fmt.Sprintf("%s cannot end with the measure %q", k.Kind, k.Promise), instead)
		}
		if (k.Promise != "" || k.NoGround || k.Freeze || k.PersonOnly) && k.Clause == "" {
			c.fail(at, fmt.Sprintf("%s promises or withholds what the law does not, and no clause says so", k.Kind), "add \"clause\"")
		}
		if k.NoGround && !has(groundless, k.Kind) {
			c.fail(at+"/no_ground", fmt.Sprintf("%s always has to be looked into: there is no ground to waive", k.Kind), "leave it out; it is for "+strings.Join(groundless, ", ")).Article = "34(2)"
		}
		switch {
		case k.Freeze && !has(freezable, k.Kind):
			c.fail(at+"/freeze", fmt.Sprintf("%s disputes no field, so that there is nothing to freeze", k.Kind), "leave it out; it is for "+strings.Join(freezable, ", "))
		case k.Freeze && !held:
			c.fail(at+"/freeze", fmt.Sprintf("%s promises a freeze and no connected system can hold", k.Kind), "connect a system with \"holds: true\", or leave it out")
		}
		if k.Reading != "" && !c.read(k.Reading) {
			c.fail(at+"/reading", fmt.Sprintf("%s: there is no reading %q", k.Kind, k.Reading), "add it to \"readings\"")
		}
	}
}

// fields: one that the policy calls fixed says where.
func (c *checker) fields() {
	for i, f := range c.pack.Fields {
		if f.Fixed && f.Clause == "" {
			c.fail(fmt.Sprintf("/fields/%d/fixed", i), fmt.Sprintf("%s is fixed and no clause says so", f.ID), "add \"clause\", or leave \"fixed\" out").Article = "34(1)"
		}
	}
}

// places: each names a connected system of this pack, and a column only
// together with its category.
func (c *checker) places() {
	var systems []string
	for _, s := range c.pack.Systems {
		systems = append(systems, s.ID)
	}
	check := func(at string, places []Place) {
		for i, q := range places {
			here := fmt.Sprintf("%s/%d", at, i)
			if !has(systems, q.System) {
				instead := "connect it under \"systems\", or leave the place out"
				if near := nearest(q.System, systems); near != "" {
					instead = fmt.Sprintf("write %q", near)
				} else if len(systems) > 0 {
					instead = "write one of " + strings.Join(systems, ", ")
				}
				c.fail(here+"/system", fmt.Sprintf("there is no system %q", q.System), instead)
			}
			if q.Column != "" && q.Category == "" {
				c.fail(here+"/column", fmt.Sprintf("the column %q belongs to no category", q.Column), "add \"category\" as the mapping names it")
			}
		}
	}
	for i, f := range c.pack.Fields {
		check(fmt.Sprintf("/fields/%d/places", i), f.Places)
	}
	for i, r := range c.pack.Recipients {
		check(fmt.Sprintf("/recipients/%d/receives", i), r.Receives)
	}
	for i, r := range c.pack.Retention {
		check(fmt.Sprintf("/retention/%d/places", i), r.Places)
	}
}

// retention: years are counted from something, over something.
func (c *checker) retention() {
	for i, r := range c.pack.Retention {
		at := fmt.Sprintf("/retention/%d", i)
		switch {
		case r.Years > 0 && r.From == "":
			c.fail(at+"/years", fmt.Sprintf("%s: %d years from nothing", r.ID, r.Years), "name in \"from\" the column with the date they are counted from")
		case r.From != "" && r.Years == 0:
			c.fail(at+"/from", fmt.Sprintf("%s: counted from %s and no period", r.ID, r.From), "add \"years\", or leave \"from\" out")
		case r.Years > 0 && len(r.Places) == 0:
			c.fail(at, fmt.Sprintf("%s: a period over no data", r.ID), "name in \"places\" what it covers")
		}
	}
}

// both are the members of a that are in b too, in a's order.
func both(a, b []string) []string {
	var in []string
	for _, x := range a {
		if has(b, x) {
			in = append(in, x)
		}
	}
	return in
}

// readings that disable a clause must leave nothing that still uses it.
func (c *checker) readings() {
	for i, r := range c.pack.Readings {
		for _, clause := range r.Disables {
			for _, e := range c.pack.Exemptions {
				if e.Clause == clause && e.Text != "inverted" {
					c.fail(fmt.Sprintf("/readings/%d/disables", i), fmt.Sprintf("%s disables clause %s and %s still uses it", r.ID, clause, e.ID), "write \"text: inverted\" there, or take the clause out of \"disables\"")
				}
			}
		}
	}
}

// required are what Art. 32(1) asks to be published, and whether the pack has it.
func (p *Pack) required() map[string]bool {
	return map[string]bool{
		"address": len(p.Entity.Address) > 0, "representative": p.Entity.Representative != "" || p.Entity.RepresentativePublished,
		"hours": len(p.Desk.Hours) > 0,
	}
}

// missing: nothing is there and listed as to be supplied.
func (c *checker) missing() {
	p := c.pack
	given := p.required()
	given["phone"], given["mail"], given["fees"] = p.Desk.Phone != "", p.Desk.Mail != "", len(p.Fees) > 0
	for i, m := range p.ToBeSupplied {
		if given[m.Field] {
			c.fail(fmt.Sprintf("/to_be_supplied/%d", i), fmt.Sprintf("%s is given and listed as to be supplied", m.Field), "leave it out of one of the two")
		}
	}
}

// composed checks what only all layers together can show.
func (c *checker) composed() {
	for i, k := range c.pack.Kinds {
		for j, r := range k.Identity {
			for _, d := range r.Documents {
				at := fmt.Sprintf("/kinds/%d/identity/%d/documents", i, j)
				if doc, ok := c.pack.documents[d]; !ok {
					c.fail(at, fmt.Sprintf("there is no document %q", d), "add it to \"documents\" or take one of packs/defaults.yaml")
				} else if doc.For != "" {
					c.fail(at, fmt.Sprintf("%q shows a representative's authority and not who somebody is", d), "take a document without \"for\"")
				}
			}
		}
	}
}

// reach refuses what can never be reached, and what says two things at once; of
// conditions, see never.
func (c *checker) reach() {
	p := c.pack
	for i, k := range p.Kinds {
		at := fmt.Sprintf("/kinds/%d", i)
		if k.Online && !has(p.Desk.Channels, "portal") {
			c.fail(at+"/online", fmt.Sprintf("%s is taken online and the desk has no portal", k.Kind), "add \"portal\" to the desk's channels, or write \"online: false\"")
		}
		if k.FreezeUntil != "" && !k.Freeze {
			c.fail(at+"/freeze_until", fmt.Sprintf("%s says when a freeze ends and promises none", k.Kind), "add \"freeze: true\", or leave it out")
		}
		for j, r := range k.Identity {
			for _, ch := range r.Channels {
				if !has(p.Desk.Channels, ch) {
					c.fail(fmt.Sprintf("%s/identity/%d/channels", at, j), fmt.Sprintf("%s: nothing comes in by %s, so that its rule of proof is never reached", k.Kind, ch), "add it to the desk's channels, or leave the rule out")
				}
			}
		}
		last := -1
		for j, step := range k.Steps {
			here := fmt.Sprintf("%s/steps/%d", at, j)
			n := slices.Index(stepCodes, step)
			if n <= last {
				c.fail(here, fmt.Sprintf("%s: %q stands behind a later stage", k.Kind, step), "write the stages in the order "+strings.Join(stepCodes, ", "))
			}
			last = max(n, last)
			if lk, ok := c.law.Kind(k.Kind); ok && step == "fee" && !lk.FeePossible {
				c.fail(here, fmt.Sprintf("%s waits for a fee and none is allowed", k.Kind), "leave the stage out")
			}
		}
	}
	type where struct{ article, kind string }
	asked := map[where]string{}
	for i, e := range p.Exemptions {
		at := fmt.Sprintf("/exemptions/%d", i)
		for _, k := range e.Kinds {
			if other := asked[where{e.Article, k}]; other != "" && e.If == "" {
				c.fail(at, fmt.Sprintf("%s asks what %s asks already for %s", e.ID, other, k), "leave one of the two out")
			}
			if e.If == "" {
				asked[where{e.Article, k}] = e.ID
			}
		}
	}
	charged := map[string]bool{}
	for i, f := range p.Fees {
		for j, k := range f.Kinds {
			at := fmt.Sprintf("/fees/%d/kinds/%d", i, j)
			if charged[k] {
				c.fail(at, fmt.Sprintf("the fee for %s is never charged, as one before it always is", k), "leave one of the two out, or give the first one an \"if\"")
			}
			if _, ok := p.Offer(k); !ok {
				c.fail(at, fmt.Sprintf("there is a fee for %s, which the pack does not take", k), "leave it out")
			}
			charged[k] = charged[k] || f.If == ""
		}
	}
}
