package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"madoguchi/policy"
)

type policyCheckCmd struct {
	policyFolder
	Place string `arg:"" optional:"" name:"FILE|DIR" help:"One organisation's pack.yaml or folder, or a whole folder of packs. Without it, every policy."`
	JSON  bool   `name:"json" help:"Print as JSON."`
}

// checkJSON is what a check found.
type checkJSON struct {
	Problems      []problemJSON      `json:"problems"`
	Organisations []organisationJSON `json:"organisations"`
}

type problemJSON struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
	Instead string `json:"instead,omitempty"`
	Article string `json:"article,omitempty"`
	Clause  string `json:"clause,omitempty"`
	Rule    string `json:"rule,omitempty"`
}

// organisationJSON is what one policy has, counted and by name.
type organisationJSON struct {
	Slug    string `json:"slug"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
	Law     string `json:"law"`
	// Online and Desk are kinds of request that the portal takes, and that the
	// desk takes in another way.
	Online []string `json:"online"`
	Desk   []string `json:"desk"`
	// Exemptions are the tests by the layer that won.
	Exemptions map[string][]string `json:"exemptions"`
	Readings   []string            `json:"readings"`
	// Later are requirements that a later part of the product answers, with it.
	Later []laterJSON `json:"later"`
}

type laterJSON struct {
	ID    string `json:"id"`
	Later string `json:"later"`
}

// Run prints the problems, or what each policy has when there is none.
func (cmd policyCheckCmd) Run(s *surroundings) error {
	tree, err := cmd.tree(s)
	if err == nil && cmd.Place != "" {
		tree, err = tree.only(cmd.Place)
	}
	if err != nil {
		return err
	}
	library, problems, err := tree.load()
	if err != nil {
		return err
	}
	found := checkJSON{Problems: []problemJSON{}, Organisations: []organisationJSON{}}
	for _, p := range problems {
		found.Problems = append(found.Problems, problemJSON{p.File, p.Line, p.Column, p.Path, p.Message, p.Instead, p.Article, p.Clause, p.Rule})
	}
	if library != nil {
		for _, p := range library.Packs() {
			found.Organisations = append(found.Organisations, summary(p))
		}
	}
	if cmd.JSON {
		err = printJSON(s.out, found)
	} else {
		err = found.print(s.out)
	}
	if n := len(problems); err == nil && n > 0 {
		return fmt.Errorf("%s found; nothing of it would be carried out", counted(n, "problem"))
	}
	return err
}

// summary is what a policy has.
func summary(p *policy.Pack) organisationJSON {
	o := organisationJSON{Slug: p.Slug, Version: p.Version, Digest: p.Digest, Law: p.LawName, Online: p.OnlineKinds(), Desk: []string{},
		Exemptions: map[string][]string{}, Readings: []string{}, Later: []laterJSON{}}
	for _, k := range p.Kinds {
		if !k.Online {
			o.Desk = append(o.Desk, k.Kind)
		}
	}
	for _, e := range p.Exemptions {
		if e.Text != "inverted" && !slices.Contains(o.Exemptions[e.Layer], e.ID) {
			o.Exemptions[e.Layer] = append(o.Exemptions[e.Layer], e.ID)
		}
	}
	for _, r := range p.Readings {
		o.Readings = append(o.Readings, r.ID)
	}
	for _, c := range p.Requirements {
		if c.Later != "" {
			o.Later = append(o.Later, laterJSON{c.ID, c.Later})
		}
	}
	return o
}

// print is a line for what is wrong and one each for what to write and what it
// goes against, or a paragraph for each policy.
func (c checkJSON) print(out io.Writer) error {
	var b strings.Builder
	says := map[string]string{}
	for _, r := range policy.FloorRules() {
		says[r.Name] = r.Says
	}
	for _, p := range c.Problems {
		fmt.Fprintf(&b, "%s:%d:%d: %s\n", p.File, p.Line, p.Column, p.Message)
		if p.Instead != "" {
			fmt.Fprintf(&b, "    instead: %s\n", p.Instead)
		}
		if p.Article != "" {
			fmt.Fprintf(&b, "    below:   Art. %s", p.Article)
			if p.Clause != "" {
				fmt.Fprintf(&b, ", clause %s of the policy", p.Clause)
			}
			b.WriteString("\n")
		}
		if p.Rule != "" {
			fmt.Fprintf(&b, "    floor:   %s: %s\n", p.Rule, says[p.Rule])
		}
	}
	for i, o := range c.Organisations {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s %s over %s (%.12s): nothing below the law\n", o.Slug, o.Version, o.Law, o.Digest)
		fmt.Fprintf(&b, "  kinds       %d: %d by the portal, %d by the desk\n", len(o.Online)+len(o.Desk), len(o.Online), len(o.Desk))
		var layers []string
		for _, layer := range policy.Layers {
			if ids := o.Exemptions[layer]; len(ids) > 0 {
				layers = append(layers, fmt.Sprintf("%s %s", layer, strings.Join(ids, " ")))
			}
		}
		fmt.Fprintf(&b, "  exemptions  %s\n", strings.Join(layers, "; "))
		fmt.Fprintf(&b, "  readings    %d: %s\n", len(o.Readings), strings.Join(o.Readings, " "))
		fmt.Fprintf(&b, "  later       %s", counted(len(o.Later), "requirement"))
		for j, l := range o.Later {
			b.WriteString([]string{": ", ", "}[min(j, 1)])
			fmt.Fprintf(&b, "%s %s", l.ID, l.Later)
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// counted is a number with its word.
func counted(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}
