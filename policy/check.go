package policy

import (
	"fmt"
	"io/fs"
	"strings"
)

// checker holds the floor and the references of one pack.
type checker struct {
	tree     *tree
	pack     *Pack
	law      *Law
	fsys     fs.FS
	problems Problems
}

func (c *checker) fail(pointer, message, instead string) *Problem {
	c.problems = append(c.problems, c.tree.problem(pointer, message, instead))
	return &c.problems[len(c.problems)-1]
}

// own checks the organisation's own file before anything is laid under it.
func (c *checker) own() {
	p := c.pack
	if want := strings.TrimSuffix(c.tree.file, "/pack.yaml"); p.Slug != want {
		c.fail("/slug", fmt.Sprintf("the slug is %q in the folder %s", p.Slug, want), fmt.Sprintf("write %q", want))
	}
	c.calendar("/calendar", p.Calendar)
	c.unique()
	c.conditions()
	c.kinds()
	c.exemptions()
	c.fees()
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

// kinds: whoever the law admits must be admitted, and every kind of the
// statute must be offered in some way.
func (c *checker) kinds() {
	offered := map[string]bool{}
	for i, k := range c.pack.Kinds {
		offered[k.Kind] = true
		lk, ok := c.law.Kind(k.Kind)
		if !ok {
			c.fail(fmt.Sprintf("/kinds/%d/kind", i), fmt.Sprintf("law/%s.yaml does not know the kind %q", c.law.Regime, k.Kind), "add it there first")
			continue
		}
		for _, who := range lk.WhoMayFile {
			if !has(k.WhoMayFile, who) {
				pr := c.fail(fmt.Sprintf("/kinds/%d/who_may_file", i), fmt.Sprintf("%s: the law admits the %s and the pack does not", k.Kind, who), fmt.Sprintf("add %q; record the policy's words as a reading", who))
				pr.Article, pr.Clause = "37(3)", k.Clause
			}
		}
	}
	for _, lk := range c.law.Kinds {
		if lk.Article != "" && !offered[lk.Kind] {
			pr := c.fail("/kinds", fmt.Sprintf("the law gives people %s and the pack does not take it", lk.Kind), fmt.Sprintf("add the kind %q, at least by the desk's contact", lk.Kind))
			pr.Article = lk.Article
		}
	}
}

// exemptions: none wider than the statute without a recorded reading.
func (c *checker) exemptions() {
	for i, e := range c.pack.Exemptions {
		at := fmt.Sprintf("/exemptions/%d", i)
		for _, k := range e.Kinds {
			base, ok := c.law.exemption(e.Article, k)
			if offer, _ := c.pack.Offer(k); ok && base.looks("policy.no_ground") && offer.NoGround {
				c.fail(at, fmt.Sprintf("%s asks for a ground and %s is promised without one", e.ID, k), "leave the test or \"no_ground\" out").Clause = e.Clause
			}
			if !ok {
				pr := c.fail(at+"/article", fmt.Sprintf("%s: the law knows no ground %q for %s", e.ID, e.Article, k), "name a ground of the statute, or leave the test out")
				pr.Article, pr.Clause = e.Article, e.Clause
			}
		}
		for _, f := range c.law.Exemptions {
			if f.ID == e.ID && f.fact() {
				c.fail(at+"/id", fmt.Sprintf("%s is the law's own question of fact", e.ID), "name the ground X1, X2, …")
			}
		}
		switch {
		case e.Reading != "" && !c.read(e.Reading):
			c.fail(at+"/reading", fmt.Sprintf("%s: there is no reading %q", e.ID, e.Reading), "add it to \"readings\"")
		case e.Reading == "" && (e.Text == "wider" || e.Text == "inverted"):
			pr := c.fail(at, fmt.Sprintf("%s withholds more than the statute does", e.ID), "record in \"readings\" what the text says and what is carried out, and name it in \"reading\"")
			pr.Article, pr.Clause = e.Article, e.Clause
		case e.Condition != "" && e.Text != "narrower":
			pr := c.fail(at+"/condition", fmt.Sprintf("%s puts a condition of its own in place of the statute's", e.ID), "leave \"condition\" out, or write \"text: narrower\" where the policy promises more")
			pr.Article, pr.Clause = e.Article, e.Clause
		}
	}
}

// read reports whether the pack records a reading.
func (c *checker) read(id string) bool {
	for _, r := range c.pack.Readings {
		if r.ID == id {
			return true
		}
	}
	return false
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
		switch {
		case k.Reading != "" && !c.read(k.Reading):
			c.fail(at+"/reading", fmt.Sprintf("%s: there is no reading %q", k.Kind, k.Reading), "add it to \"readings\"")
		case k.PersonOnly && k.Reading == "":
			pr := c.fail(at+"/person_only", fmt.Sprintf("%s: the policy admits the person alone, below the law", k.Kind), "record in \"readings\" that representatives are admitted, and name it in \"reading\"")
			pr.Article, pr.Clause = "37(3)", k.Clause
		}
	}
}

// fields: one that the policy calls fixed says where, and a correction has the
// reading by which a factual error in it is looked into all the same.
func (c *checker) fields() {
	correction, _ := c.pack.Offer("correction")
	for i, f := range c.pack.Fields {
		at := fmt.Sprintf("/fields/%d", i)
		switch {
		case f.Fixed && f.Clause == "":
			c.fail(at+"/fixed", fmt.Sprintf("%s is fixed and no clause says so", f.ID), "add \"clause\", or leave \"fixed\" out").Article = "34(1)"
		case f.Fixed && correction.Reading == "":
			pr := c.fail(at+"/fixed", fmt.Sprintf("%s cannot be corrected by the policy, below the law", f.ID), "record in \"readings\" that a factual error is looked into, and name it in the kind correction's \"reading\"")
			pr.Article, pr.Clause = "34(1)", f.Clause
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

// retention: years are counted from something, over something; a statute that
// keeps data says until when.
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
		case len(r.Statute) > 0 && r.Years == 0:
			c.fail(at+"/statute", fmt.Sprintf("%s: a statute keeps the data and nobody knows until when", r.ID), "add \"years\", \"from\" and \"places\"").Article = "35(6)"
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

// fees: only where the statute allows one.
func (c *checker) fees() {
	for i, f := range c.pack.Fees {
		for j, k := range f.Kinds {
			if lk, ok := c.law.Kind(k); ok && !lk.FeePossible && f.Yen > 0 {
				pr := c.fail(fmt.Sprintf("/fees/%d/kinds/%d", i, j), fmt.Sprintf("a fee on %s has no basis", k), "leave the kind out of the fee")
				pr.Article, pr.Clause = "38(1)", f.Clause
			}
		}
	}
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

// missing: what Art. 32(1) asks for is there or listed as to be supplied, and
// never both.
func (c *checker) missing() {
	p := c.pack
	required := map[string]bool{
		"address": len(p.Entity.Address) > 0, "representative": p.Entity.Representative != "" || p.Entity.RepresentativePublished,
		"hours": len(p.Desk.Hours) > 0,
	}
	optional := map[string]bool{"phone": p.Desk.Phone != "", "mail": p.Desk.Mail != "", "fees": len(p.Fees) > 0}
	listed := map[string]int{}
	for i, m := range p.ToBeSupplied {
		listed[m.Field] = i
	}
	for field, there := range required {
		if i, ok := listed[field]; ok == there {
			if there {
				c.fail(fmt.Sprintf("/to_be_supplied/%d", i), fmt.Sprintf("%s is given and listed as to be supplied", field), "leave it out of one of the two")
			} else {
				c.fail("/entity", fmt.Sprintf("the policy does not say the %s, and the pack does not say so", field), fmt.Sprintf("add \"- field: %s\" to \"to_be_supplied\"", field)).Article = "32(1)"
			}
		}
	}
	for field, there := range optional {
		if i, ok := listed[field]; ok && there {
			c.fail(fmt.Sprintf("/to_be_supplied/%d", i), fmt.Sprintf("%s is given and listed as to be supplied", field), "leave it out of one of the two")
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
			if r.Level >= "L2" && len(r.Documents) == 0 {
				c.fail(fmt.Sprintf("/kinds/%d/identity/%d", i, j), fmt.Sprintf("%s asks for a document and accepts none", k.Kind), "add \"documents\"").Article = "37(4)"
			}
		}
	}
	for _, e := range c.pack.Exemptions {
		for _, v := range LetterVoices {
			if e.Reason[v] == "" {
				c.fail("/exemptions", fmt.Sprintf("%s has no sentence for a letter in %q", e.ID, v), "add \"reason\" in ja, en, vi and de").Article = "36"
			}
		}
	}
}
