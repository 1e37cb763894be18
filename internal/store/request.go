package store

import (
	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// The policy is asked with what is known of a request: codes and days, which
// this file takes from the rows, so that two questions about one case can't be
// asked with different things.

// asking is what is known of every request of a submission, for one kind.
func (t *tx) asking(p *policy.Pack, s *submissionRow, kind string) (r policy.Request, err error) {
	person, err := t.person(s)
	if err != nil {
		return r, err
	}
	on, err := t.representative(s)
	if err != nil {
		return r, err
	}
	return askedBy(p, kind, s.Channel, person, on, s.ArrivedAt), nil
}

// askedBy is the same of a filing that has no row yet; arrived is in
// microseconds.
func askedBy(p *policy.Pack, kind, channel string, person dsr.Person, on *dsr.Representative, arrived int64) policy.Request {
	r := policy.Request{Kind: kind, Channel: channel, Population: person.Population, Service: person.Service,
		ArrivedOn: clock.DateOf(instant(arrived).In(zone(p)))}
	if on != nil {
		r.Filer = dsr.FilerOf(on.Kind)
	}
	return r
}

// request is what is known of a case.
func (t *tx) request(p *policy.Pack, s *submissionRow, c *caseRow) (policy.Request, error) {
	r, err := t.asking(p, s, c.Kind)
	if err != nil {
		return r, err
	}
	r.Ground, r.Frozen, r.Reopened = c.Ground, c.FrozenAt != 0, c.Occasion > 1
	r.Fields, err = t.claimed(c)
	return r, err
}

// identityFor is what a submission must show for a kind.
func (t *tx) identityFor(p *policy.Pack, s *submissionRow, kind string) (policy.Identity, error) {
	r, err := t.asking(p, s, kind)
	if err != nil {
		return policy.Identity{}, err
	}
	id, _ := p.IdentityOf(r)
	return id, nil
}

// asItem is what the policy is told of an item: where it lies, and what the
// mapping says of it.
func asItem(system string, r dsr.Record) policy.Item {
	it := policy.Item{System: system, Category: r.Category, OthersInIt: len(r.ThirdParties) > 0, Doubtful: r.Doubtful}
	for _, c := range r.Columns {
		it.Columns = append(it.Columns, c.Name)
		it.Opinion = it.Opinion || c.Opinion
	}
	return it
}
