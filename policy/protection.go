package policy

import (
	"slices"

	"madoguchi/clock"
)

// Held is what has to be known of a request to say which versions of a policy
// bind it. Days are civil dates at the desk.
type Held struct {
	// Pinned is the digest of the version that the case arrived under; "" is the
	// version in force on Received.
	Pinned string
	// Received is the day of arrival. Acquired is the day on which the data was
	// acquired; the zero date is not known, and counts as before every version.
	Received, Acquired clock.Date
	// Until is the day up to which amendments are looked at; the zero date is the
	// day of arrival, so that none is.
	Until clock.Date
	// Consents are what the person agreed to, in no order.
	Consents []Given
}

// Given is one entry of the consent log: the person agreed to a version.
type Given struct {
	// Version is the version agreed to. It then stands in place of every older one.
	Version string
	// On is the civil date; an agreement after the arrival changes nothing for the
	// case.
	On clock.Date
	// Source is how it was given: one of ConsentSources.
	Source string
}

// ConsentSources are the ways in which a person agrees. That somebody used a
// service, read a page or kept silent is none of them, whatever a policy says
// (APPI Art. 18(1)).
var ConsentSources = []string{"portal", "paper", "counter", "telephone"}

// Counts reports whether an entry is an agreement that was given.
func (g Given) Counts() bool { return has(ConsentSources, g.Source) }

// Why a version's word is what is carried out for a duty.
const (
	// WonReceipt: no other version that binds is better than that of the arrival.
	WonReceipt = "receipt"
	// WonOlder: an older version was in force since the data was acquired, and is
	// better for the person.
	WonOlder = "older"
	// WonAmendment: an amendment after the arrival is better for the person.
	WonAmendment = "amendment"
	// WonTogether: each of several versions is better in one respect; what is
	// carried out is the better of each.
	WonTogether = "together"
	// WonUnordered: nobody can say which is better; the version at arrival stands.
	WonUnordered = "unordered"
)

// Won says of one duty which version is carried out, and why.
type Won struct {
	// Duty compares the version at arrival (Was) with what is carried out (Is).
	Duty
	// Versions are those whose word is carried out, in the order in which they came
	// into force.
	Versions []string `json:"versions"`
	// Why is one of the Won constants.
	Why string `json:"why"`
}

// LeftOut is a version that was in force while the data was held and does not
// bind, and why: "consented" or "no-promise".
type LeftOut struct {
	Version string `json:"version"`
	Why     string `json:"why"`
}

// Protection is the policy by which one request is carried out: that of its
// arrival, or what an older or a newer version promises where that is better for
// the person.
type Protection struct {
	// Pack is what is carried out. It keeps version and digest of the arrival, to
	// which the case is pinned.
	Pack *Pack
	// Receipt is the version at arrival; Pack is the same one where nothing won
	// over it.
	Receipt *Pack
	// Since are the versions that bind because they were in force while the data was
	// held; Amendments those that came after the arrival. The oldest first, without
	// Receipt.
	Since, Amendments []*Pack
	Left              []LeftOut
	// Won are the duties in which the versions that bind differ from Receipt.
	Won []Won
}

// Protection puts together the policy by which a request is carried out (D.9): per
// duty whatever is more favourable to the person of
//
//   - the law, which lies under every version;
//   - the version in force on arrival;
//   - where one of them promises that no change weakens the protection of data
//     already held: every version in force since the data was acquired, but for
//     those that the person agreed to replace;
//   - every amendment since the arrival. One that is worse changes nothing.
//
// It depends on nothing but its arguments. ok is false for a slug that no pack has,
// and for a digest that no version of it has.
func (l *Library) Protection(slug string, h Held) (out Protection, ok bool) {
	all := l.versions[slug]
	at := -1
	for i, v := range all {
		if h.Pinned == v.Digest || h.Pinned == "" && (i == 0 || !v.from().After(h.Received)) {
			at = i
		}
	}
	if at < 0 {
		return out, false
	}
	out.Receipt, out.Pack = all[at], all[at]
	agreed := 0 // versions before this one were replaced by agreement
	for i, v := range all[:at+1] {
		for _, g := range h.Consents {
			if g.Counts() && g.Version == v.Version && !g.On.After(h.Received) {
				agreed = max(agreed, i)
			}
		}
	}
	var since []*Pack
	promised := out.Receipt.Amendment.NoWeakening
	for i, v := range all[:at] {
		switch {
		case !h.Acquired.IsZero() && !v.until.After(h.Acquired):
			continue // replaced before the data was there
		case i < agreed:
			out.Left = append(out.Left, LeftOut{v.Version, "consented"})
		default:
			since = append(since, v)
			promised = promised || v.Amendment.NoWeakening
		}
	}
	if promised {
		out.Since = since
	} else {
		for _, v := range since {
			out.Left = append(out.Left, LeftOut{v.Version, "no-promise"})
		}
	}
	for _, v := range all[at+1:] {
		if !v.from().After(h.Until) {
			out.Amendments = append(out.Amendments, v)
		}
	}
	out.join()
	return out, true
}

// join lets each version that binds put what is better in it over the version at
// arrival.
func (x *Protection) join() {
	if len(x.Since)+len(x.Amendments) == 0 {
		return
	}
	is := *x.Receipt
	is.Kinds = slices.Clone(is.Kinds)
	x.Pack = &is
	type place struct{ name, line string }
	at := map[place]int{}
	for _, v := range slices.Concat(x.Since, x.Amendments) {
		for _, d := range duties(x.Receipt, v) {
			if d.join == nil || d.sense(x.Receipt, v) == Same {
				continue
			}
			key := place{d.name, d.line}
			n, seen := at[key]
			if !seen {
				n = len(x.Won)
				at[key] = n
				x.Won = append(x.Won, Won{Duty: Duty{Name: d.name, Kind: d.kind, Line: d.line}, Versions: []string{x.Receipt.Version}, Why: WonReceipt})
			}
			w := &x.Won[n]
			switch d.sense(&is, v) {
			case Better:
				d.join(&is, v)
				w.Versions, w.Why = []string{v.Version}, WonOlder
				if slices.Contains(x.Amendments, v) {
					w.Why = WonAmendment
				}
			case Mixed:
				before := d.says(&is)
				if d.join(&is, v); d.says(&is) != before {
					w.Versions, w.Why = append(w.Versions, v.Version), WonTogether
				} else if w.Why == WonReceipt {
					w.Why = WonUnordered
				}
			}
			w.Was, w.Is, w.Sense = d.says(x.Receipt), d.says(&is), d.sense(x.Receipt, &is)
		}
	}
	for i := range x.Won {
		// In the order in which they came into force.
		var sorted []string
		for _, v := range slices.Concat(x.Since, []*Pack{x.Receipt}, x.Amendments) {
			if has(x.Won[i].Versions, v.Version) {
				sorted = append(sorted, v.Version)
			}
		}
		x.Won[i].Versions = sorted
	}
	if len(x.Improved()) == 0 {
		x.Pack = x.Receipt
	}
}

// Improved are the duties in which something else is carried out than the version
// at arrival says, for the person's good.
func (x Protection) Improved() (out []Won) {
	for _, w := range x.Won {
		if w.Why != WonReceipt && w.Why != WonUnordered {
			out = append(out, w)
		}
	}
	return out
}
