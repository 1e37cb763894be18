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
	if _, err := fs.Stat(c.fsys, "calendars/"+p.Calendar+".yaml"); err != nil {
		c.fail("/calendar", fmt.Sprintf("there is no calendars/%s.yaml", p.Calendar), "write the ID of a calendar that is there")
	}
	c.unique()
	c.kinds()
	c.exemptions()
	c.fees()
	c.readings()
	for i, s := range p.Systems {
		if _, err := fs.Stat(c.fsys, s.Mapping); err != nil {
			c.fail(fmt.Sprintf("/systems/%d/mapping", i), fmt.Sprintf("there is no %s", s.Mapping), "write the mapping's path below packs/")
		}
	}
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
			if _, ok := c.law.exemption(e.Article, k); !ok {
				pr := c.fail(at+"/article", fmt.Sprintf("%s: the law knows no ground %q for %s", e.ID, e.Article, k), "name a ground of the statute, or leave the test out")
				pr.Article, pr.Clause = e.Article, e.Clause
			}
		}
		for _, f := range c.law.Exemptions {
			if f.ID == e.ID && f.fact() {
				c.fail(at+"/id", fmt.Sprintf("%s is the law's own question of fact", e.ID), "name the ground X1, X2, …")
			}
		}
		read := false
		for _, r := range c.pack.Readings {
			read = read || r.ID == e.Reading
		}
		switch {
		case e.Reading != "" && !read:
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
				if _, ok := c.pack.documents[d]; !ok {
					c.fail(fmt.Sprintf("/kinds/%d/identity/%d/documents", i, j), fmt.Sprintf("there is no document %q", d), "add it to \"documents\" or take one of packs/defaults.yaml")
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
