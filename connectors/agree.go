package connectors

import (
	"fmt"

	"madoguchi/connectors/sqltable"
	"madoguchi/policy"
)

// Disagreements says where packs and mappings differ, one sentence each: a
// pack names systems, categories and columns that only a mapping has. What is
// found here would otherwise come to light in the middle of somebody's case,
// as a field that cannot be frozen or a row that can never be erased.
func (r *Registry) Disagreements(packs []*policy.Pack) []string {
	var wrong []string
	for _, p := range packs {
		a := &agreement{r: r, p: p}
		a.systems()
		for _, f := range p.Fields {
			for _, place := range f.Places {
				a.place("field "+f.ID, place, func(_ sqltable.Category, col sqltable.Column) bool { return col.Writable || f.Fixed }, "cannot be put right")
			}
		}
		for _, x := range p.Recipients {
			for _, place := range x.Receives {
				a.place("recipient "+x.ID, place, nil, "")
			}
		}
		for _, x := range p.Retention {
			for _, place := range x.Places {
				// What a statute keeps is erased when its time is over.
				a.place("retention "+x.ID, place, func(c sqltable.Category, _ sqltable.Column) bool { return c.Erasable || x.Years == 0 }, "can never be erased")
				if place.Column = x.From; x.From != "" {
					a.place("retention "+x.ID+", from", place, nil, "")
				}
			}
		}
		wrong = append(wrong, a.wrong...)
	}
	return wrong
}

type agreement struct {
	r     *Registry
	p     *policy.Pack
	wrong []string
}

func (a *agreement) say(format string, args ...any) {
	a.wrong = append(a.wrong, a.p.Slug+": "+fmt.Sprintf(format, args...))
}

// systems compares the two lists of systems, and who of them can hold rows.
func (a *agreement) systems() {
	for _, x := range a.p.Systems {
		m := a.r.mappings[name{a.p.Slug, x.ID}]
		switch {
		case m == nil:
			a.say("the system %s has no mapping", x.ID)
		case x.Holds != (m.Holds != nil):
			a.say("the system %s: the pack's holds and the mapping's differ", x.ID)
		}
	}
	for _, id := range a.r.Systems(a.p.Slug) {
		listed := false
		for _, x := range a.p.Systems {
			listed = listed || x.ID == id
		}
		if !listed {
			a.say("the system %s has a mapping and is not in the pack: nobody would search it", id)
		}
	}
}

// place complains unless the mapping has the place and may says yes to every
// column of it.
func (a *agreement) place(what string, at policy.Place, may func(sqltable.Category, sqltable.Column) bool, cannot string) {
	m := a.r.mappings[name{a.p.Slug, at.System}]
	if m == nil {
		a.say("%s: there is no system %s", what, at.System)
		return
	}
	found := false
	for _, c := range m.Categories {
		for _, col := range c.Columns {
			if !at.Has(policy.Place{System: m.ID, Category: c.ID, Column: col.Name}) {
				continue
			}
			found = true
			if may != nil && !may(c, col) {
				a.say("%s: %s.%s of %s %s", what, c.ID, col.Name, m.ID, cannot)
			}
		}
	}
	if !found {
		a.say("%s: %s.%s of %s is not in the mapping", what, at.Category, at.Column, at.System)
	}
}
