package store

import (
	"slices"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// concerning are the records that a request is about. A correction that names
// its fields opens what holds these fields and nothing else of the person's
// (design 6: as little as possible). When a claim names none, or nothing that
// is held has the field, a person looks at everything.
func (t *tx) concerning(p *policy.Pack, c *caseRow, system string, records []dsr.Record) ([]dsr.Record, error) {
	if !dsr.Kind(c.Kind).Freezes() {
		return records, nil
	}
	claims, err := t.claims(c)
	if err != nil || len(claims) == 0 {
		return records, err
	}
	var places []policy.Place
	for _, claim := range claims {
		f, ok := p.Field(claim.Field)
		if !ok || len(f.Places) == 0 {
			return records, nil
		}
		places = append(places, f.Places...)
	}
	var out []dsr.Record
	for _, r := range records {
		if slices.ContainsFunc(places, func(at policy.Place) bool { return at.Has(policy.Place{System: system, Category: r.Category}) }) {
			out = append(out, r)
		}
	}
	elsewhere := slices.ContainsFunc(places, func(at policy.Place) bool { return at.System != system })
	if len(out) == 0 && !elsewhere {
		return records, nil
	}
	return out, nil
}
