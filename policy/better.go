package policy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"madoguchi/clock"
)

// Sense is how one version of a policy stands to another for the person whose
// data it is. It is the one ordering of the product: what a comparison tells
// (policy diff) and what protects against a weakening (Library.Protection) ask
// the same functions.
type Sense string

// The senses. Mixed is a change that is better in one respect and worse in
// another, or of which nobody can say it.
const (
	Same   Sense = "same"
	Better Sense = "better"
	Worse  Sense = "worse"
	Mixed  Sense = "mixed"
)

// and puts the senses of two respects of one duty together.
func (s Sense) and(other Sense) Sense {
	switch {
	case s == Same || s == other:
		return other
	case other == Same:
		return s
	}
	return Mixed
}

// Duty is one thing that two versions can be compared by.
type Duty struct {
	// Name is the duty's code: one of DutyNames.
	Name string `json:"duty"`
	// Kind is the kind of request that it is about, "" for all.
	Kind string `json:"kind,omitempty"`
	// Line is the ID of the line of Pack.Effective that says it; what has several
	// lines has this one and a slash before the rest of theirs.
	Line string `json:"line"`
	// Was and Is are what the two versions say, as codes and figures; "–" for
	// nothing.
	Was string `json:"was"`
	Is  string `json:"is"`
	// Sense is how Is stands to Was for the person.
	Sense Sense `json:"sense"`
}

// DutyNames are the duties by which versions are compared, in the order of a
// request. Those from "channels" on are compared and told, and never carried over
// to another version: they are facts of the office (where it can be reached, whom
// it gave the data).
var DutyNames = []string{"offered", "who-may-file", "answer-to", "identity", "no-ground", "promise", "freeze", "investigation",
	"exemption", "fee", "time", "number", "retention", "fixed-field", "entrusted", "scope", "purpose", "recording", "complaint-body",
	"amendment", "channels", "recipient"}

// Compare tells every duty in which two versions of a policy differ, and for
// whom the change is. A duty that is not in the list is the same in both.
func Compare(was, is *Pack) []Duty {
	var out []Duty
	for _, d := range duties(was, is) {
		if s := d.sense(was, is); s != Same {
			out = append(out, Duty{Name: d.name, Kind: d.kind, Line: d.line, Was: d.says(was), Is: d.says(is), Sense: s})
		}
	}
	return out
}

// SenseOf is the sense of a line of the effective policy among compared duties,
// by its ID. ok is false for a line that is no duty: a text, a name, a number
// that serves the office.
func SenseOf(all []Duty, line string) (s Sense, ok bool) {
	s = Same
	for _, d := range all {
		if d.Line == line || strings.HasPrefix(line, d.Line+"/") {
			s, ok = s.and(d.Sense), true
		}
	}
	return s, ok
}

// duty is one respect in which two versions are compared, and joined.
type duty struct {
	name, kind, line string
	sense            func(was, is *Pack) Sense
	says             func(*Pack) string
	// join lets to promise whatever from promises more of. to is a copy of its
	// own that may be changed in its lists' elements. nil: not carried over.
	join func(to, from *Pack)
}

// nothing is what a version says that does not speak of a duty.
const nothing = "–"

// ranked is a duty of which more is better: rank gives how much.
func ranked(name, kind, line string, rank func(*Pack) int, says func(*Pack) string, join func(to, from *Pack)) duty {
	return duty{name, kind, line, func(was, is *Pack) Sense { return grows(rank(was), rank(is)) }, says, join}
}

// grows is Better where more is better.
func grows(was, is int) Sense {
	switch {
	case is > was:
		return Better
	case is < was:
		return Worse
	}
	return Same
}

// wider is Better where the later list holds all of the earlier and more.
func wider(was, is []string) Sense {
	more, less := Same, Same
	for _, x := range is {
		if !has(was, x) {
			more = Better
		}
	}
	for _, x := range was {
		if !has(is, x) {
			less = Worse
		}
	}
	return more.and(less)
}

// joined are the members of both lists, the first list's first.
func joined(a, b []string) []string {
	out := slices.Clone(a)
	for _, x := range b {
		if !has(out, x) {
			out = append(out, x)
		}
	}
	return out
}

func listOf(all []string) string {
	if len(all) == 0 {
		return nothing
	}
	return strings.Join(all, ", ")
}

func yesNo(is bool) (int, string) {
	if is {
		return 1, "yes"
	}
	return 0, "no"
}

// promised is a duty that is there or not.
func promised(name, kind, line string, of func(*Pack) bool, join func(to, from *Pack)) duty {
	return ranked(name, kind, line, func(p *Pack) int { n, _ := yesNo(of(p)); return n }, func(p *Pack) string { _, s := yesNo(of(p)); return s }, join)
}

// duties are the respects in which two versions can differ.
func duties(a, b *Pack) []duty {
	var out []duty
	var kinds []string
	for _, p := range []*Pack{a, b} {
		for _, k := range p.Kinds {
			kinds = joined(kinds, []string{k.Kind})
		}
	}
	for _, kind := range kinds {
		out = append(out, offers(kind)...)
		for _, channel := range joined(channelsOf(a, kind), channelsOf(b, kind)) {
			out = append(out, proof(kind, channel))
		}
		var grounds []string
		for _, p := range []*Pack{a, b} {
			for _, e := range p.ExemptionsFor(kind) {
				grounds = joined(grounds, []string{e.Ground})
			}
		}
		for _, ground := range grounds {
			out = append(out, exempts(kind, ground))
		}
		out = append(out, charges(kind))
	}
	out = append(out, runs(a, b)...)
	out = append(out, keeps(a, b)...)
	return append(out, holds(a, b)...)
}

// offers are what a policy says of a kind.
func offers(kind string) []duty {
	at := "kinds/" + kind
	of := func(p *Pack) KindOffer { k, _ := p.Offer(kind); return k }
	// set changes the offer of a version that has it.
	set := func(p *Pack, change func(*KindOffer)) {
		for i := range p.Kinds {
			if p.Kinds[i].Kind == kind {
				change(&p.Kinds[i])
			}
		}
	}
	how := func(p *Pack) int {
		k, ok := p.Offer(kind)
		switch {
		case k.Online:
			return 2
		case ok:
			return 1
		}
		return 0
	}
	// both: where one version does not take the kind at all, that alone is told.
	both := func(d duty) duty {
		sense := d.sense
		d.sense = func(was, is *Pack) Sense {
			if how(was) == 0 || how(is) == 0 {
				return Same
			}
			return sense(was, is)
		}
		return d
	}
	flag := func(name, line string, get func(KindOffer) bool, put func(to *KindOffer, from KindOffer)) duty {
		return both(promised(name, kind, at+line, func(p *Pack) bool { return get(of(p)) }, func(to, from *Pack) {
			set(to, func(k *KindOffer) { put(k, of(from)) })
		}))
	}
	return []duty{
		{"offered", kind, at, func(was, is *Pack) Sense { return grows(how(was), how(is)) }, func(p *Pack) string { return []string{nothing, "desk", "online"}[how(p)] },
			func(to, from *Pack) {
				if how(to) == 0 {
					to.Kinds = append(to.Kinds, of(from))
					for _, e := range from.ExemptionsFor(kind) {
						e.Kinds = []string{kind}
						to.Exemptions = append(slices.Clone(to.Exemptions), e)
					}
					for _, f := range from.Fees {
						if has(f.Kinds, kind) {
							f.Kinds = []string{kind}
							to.Fees = append(slices.Clone(to.Fees), f)
						}
					}
					return
				}
				set(to, func(k *KindOffer) { k.Online = true })
			}},
		both(duty{"who-may-file", kind, at + "/who", func(was, is *Pack) Sense { return wider(of(was).WhoMayFile, of(is).WhoMayFile) },
			func(p *Pack) string { return listOf(of(p).WhoMayFile) }, func(to, from *Pack) {
				set(to, func(k *KindOffer) { k.WhoMayFile = joined(k.WhoMayFile, of(from).WhoMayFile) })
			}}),
		both(ranked("answer-to", kind, at+"/answer", func(p *Pack) int { n, _ := yesNo(of(p).AnswerTo == "person"); return n }, func(p *Pack) string { return of(p).AnswerTo },
			func(to, from *Pack) { set(to, func(k *KindOffer) { k.AnswerTo = of(from).AnswerTo }) })),
		flag("no-ground", "/no-ground", func(k KindOffer) bool { return k.NoGround }, func(to *KindOffer, from KindOffer) { to.NoGround, to.Clause = true, from.Clause }),
		both(duty{"promise", kind, at + "/promise", func(was, is *Pack) Sense {
			a, b := of(was).Promise, of(is).Promise
			switch {
			case a == b:
				return Same
			case a == "":
				return Better
			case b == "":
				return Worse
			}
			return Mixed // two measures: which of them is more depends on what the person wants
		}, func(p *Pack) string { return listOf(nonEmpty(of(p).Promise)) }, func(to, from *Pack) {
			set(to, func(k *KindOffer) {
				if k.Promise == "" {
					k.Promise, k.Clause = of(from).Promise, of(from).Clause
				}
			})
		}}),
		flag("freeze", "/freeze", func(k KindOffer) bool { return k.Freeze }, func(to *KindOffer, from KindOffer) {
			to.Freeze, to.FreezeUntil, to.Clause = true, from.FreezeUntil, from.Clause
		}),
		flag("investigation", "/investigate", func(k KindOffer) bool { return k.Investigate }, func(to *KindOffer, from KindOffer) { to.Investigate, to.Clause = true, from.Clause }),
	}
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func channelsOf(p *Pack, kind string) []string {
	k, ok := p.Offer(kind)
	if !ok {
		return nil
	}
	return (&lines{p: p}).channels(k)
}

// proof is what a person has to show. The best is what the data of the kind
// calls for (packs/defaults.yaml): more is a burden (Art. 37(4)), less protects
// the person's data less from somebody else.
func proof(kind, channel string) duty {
	rules := func(p *Pack) []candidate {
		k, ok := p.Offer(kind)
		if !ok {
			return nil
		}
		return (&lines{p: p}).candidates(k, channel)
	}
	sense := func(was, is *Pack) Sense {
		a, b := rules(was), rules(is)
		level, sensitive := "L2", "L2"
		for _, d := range is.identity {
			if has(d.Kinds, kind) {
				level, sensitive = max("L0", d.Level), max(d.Level, d.SensitiveLevel)
			}
		}
		one := func(x, y IdentityRule) Sense {
			s := nearer(x.Level, y.Level, level).and(nearer(max(x.Level, x.SensitiveLevel), max(y.Level, y.SensitiveLevel), sensitive))
			if s != Same {
				return s
			}
			// A code that must be confirmed is more to do and one more lock.
			if x.Contact != y.Contact {
				s = Mixed
			}
			return s.and(wider(x.Documents, y.Documents))
		}
		return paired(a, b, func(c candidate) string { return c.rule.If }, func(x, y candidate) Sense { return one(x.rule, y.rule) })
	}
	says := func(p *Pack) string {
		var parts []string
		for _, c := range rules(p) {
			part := max(c.rule.Level, "L0")
			if c.rule.SensitiveLevel > part {
				part += "/" + c.rule.SensitiveLevel
			}
			if c.rule.Contact {
				part += " code"
			}
			if len(c.rule.Documents) > 0 {
				part += " (" + strings.Join(c.rule.Documents, ", ") + ")"
			}
			if c.rule.If != "" {
				part += " if " + c.rule.If
			}
			parts = append(parts, part)
		}
		return listOf(parts)
	}
	join := func(to, from *Pack) {
		if sense(to, from) != Better {
			return
		}
		for i := range to.Kinds {
			if to.Kinds[i].Kind != kind {
				continue
			}
			var own []IdentityRule
			for _, c := range rules(from) {
				r := c.rule
				r.Channels = []string{channel}
				own = append(own, r)
			}
			for _, r := range to.Kinds[i].Identity {
				if has(r.Channels, channel) {
					r.Channels = slices.DeleteFunc(slices.Clone(r.Channels), func(c string) bool { return c == channel })
					if len(r.Channels) == 0 {
						continue // it would become a general one
					}
				}
				own = append(own, r)
			}
			to.Kinds[i].Identity = own
		}
		to.documents = maps.Clone(to.documents)
		for id, d := range from.documents {
			if _, ok := to.documents[id]; !ok {
				to.documents[id] = d
				to.catalogue = append(slices.Clone(to.catalogue), id)
			}
		}
	}
	return duty{"identity", kind, "identity/" + kind + "/" + channel, func(was, is *Pack) Sense {
		if len(rules(was)) == 0 || len(rules(is)) == 0 {
			return Same // one of them does not take the kind, which is told there
		}
		return sense(was, is)
	}, says, join}
}

// nearer is Better where the later level is nearer to what is called for.
func nearer(was, is, called string) Sense {
	switch {
	case was == is:
		return Same
	case was >= called && is >= called:
		return grows(-len(levelsUpTo(was)), -len(levelsUpTo(is)))
	case was <= called && is <= called:
		return grows(len(levelsUpTo(was)), len(levelsUpTo(is)))
	}
	return Mixed
}

func levelsUpTo(level string) []string {
	all := []string{"L0", "L1", "L2", "L3"}
	return all[:slices.Index(all, max(level, "L0"))+1]
}

// paired compares two lists of which the first whose condition is met holds.
// Where the conditions are the same the pairs are compared; where they are not,
// every one with every other.
func paired[T any](was, is []T, condition func(T) string, one func(a, b T) Sense) Sense {
	s := Same
	same := len(was) == len(is)
	for i := range min(len(was), len(is)) {
		same = same && condition(was[i]) == condition(is[i])
	}
	for i, x := range was {
		for j, y := range is {
			if !same || i == j {
				s = s.and(one(x, y))
			}
		}
	}
	return s
}

// exempts is one ground on which something may be withheld.
func exempts(kind, ground string) duty {
	find := func(p *Pack) (Exemption, bool) {
		for _, e := range p.ExemptionsFor(kind) {
			if e.Ground == ground {
				return e, true
			}
		}
		return Exemption{}, false
	}
	asks := func(e Exemption) []string {
		var out []string
		for _, c := range e.conditions {
			if c.kind == "" || c.kind == kind {
				out = joined(out, []string{c.text})
			}
		}
		return out
	}
	manager := func(e Exemption) int { n, _ := yesNo(e.Approver == "manager"); return n }
	narrow := func(e Exemption) int { n, _ := yesNo(e.Text == "narrower"); return n }
	return duty{"exemption", kind, "exemptions/" + kind + "/" + ground, func(was, is *Pack) Sense {
		a, in := find(was)
		b, still := find(is)
		_, offeredThen := was.Offer(kind)
		_, offeredNow := is.Offer(kind)
		switch {
		case !offeredThen || !offeredNow:
			return Same
		case in && still:
			s := grows(hands[a.Class], hands[b.Class]).and(grows(manager(a), manager(b))).and(grows(-harm[a.Effect], -harm[b.Effect]))
			s = s.and(grows(narrow(a), narrow(b)))
			if s == Same && narrow(a) == 1 && a.Condition != b.Condition {
				s = Mixed
			}
			return s.and(wider(asks(a), asks(b))) // one more condition, and it is asked less often
		case in:
			return Better
		case still:
			return Worse
		}
		return Same
	}, func(p *Pack) string {
		e, ok := find(p)
		if !ok {
			return nothing
		}
		parts := []string{e.Effect, e.Class, e.Approver}
		if narrow(e) == 1 {
			parts = append(parts, e.Text)
		}
		return listOf(append(parts, asks(e)...))
	}, func(to, from *Pack) {
		e, ok := find(from)
		for i, mine := range to.Exemptions {
			if mine.Ground != ground || mine.Text == "inverted" || !has(mine.Kinds, kind) {
				continue
			}
			rest := mine
			rest.Kinds = slices.DeleteFunc(slices.Clone(mine.Kinds), func(k string) bool { return k == kind })
			var put []Exemption
			if len(rest.Kinds) > 0 {
				put = append(put, rest)
			}
			if ok {
				mine.Kinds = []string{kind}
				if hands[e.Class] > hands[mine.Class] {
					mine.Class = e.Class
				}
				if manager(e) > manager(mine) {
					mine.Approver = e.Approver
				}
				if harm[e.Effect] < harm[mine.Effect] {
					mine.Effect = e.Effect
				}
				if narrow(e) > narrow(mine) {
					mine.Text, mine.Condition, mine.Clause, mine.Question, mine.Evidence, mine.Reason = e.Text, e.Condition, e.Clause, e.Question, e.Evidence, e.Reason
				}
				mine.conditions = slices.Clone(mine.conditions)
				for _, c := range e.conditions {
					if !slices.ContainsFunc(mine.conditions, func(x bound) bool { return x.kind == c.kind && x.text == c.text }) {
						mine.conditions = append(mine.conditions, c)
					}
				}
				put = append(put, mine)
			}
			to.Exemptions = slices.Concat(to.Exemptions[:i:i], put, to.Exemptions[i+1:])
			return
		}
	}}
}

// charges are the fees of a kind. Where two versions cannot be ordered, a joined
// one charges only what both would, and the lower of the two.
func charges(kind string) duty {
	fees := func(p *Pack) (out []Fee) {
		k, _ := p.Offer(kind)
		for _, f := range p.Fees {
			if k.FeePossible && f.Yen > 0 && has(f.Kinds, kind) {
				f.Kinds = []string{kind}
				out = append(out, f)
				if f.If == "" {
					break
				}
			}
		}
		return out
	}
	return duty{"fee", kind, "fees/" + kind, func(was, is *Pack) Sense {
		a, b := fees(was), fees(is)
		_, offeredThen := was.Offer(kind)
		_, offeredNow := is.Offer(kind)
		switch {
		case !offeredThen || !offeredNow:
			return Same
		case len(a) > 0 && len(b) == 0:
			return Better
		case len(a) == 0 && len(b) > 0:
			return Worse
		}
		s := paired(a, b, func(f Fee) string { return f.If }, func(x, y Fee) Sense { return grows(-x.Yen, -y.Yen) })
		always := func(all []Fee) bool { return len(all) > 0 && all[len(all)-1].If == "" }
		switch {
		case always(a) && !always(b):
			s = s.and(Better) // somebody pays nothing now
		case !always(a) && always(b):
			s = s.and(Worse)
		case len(a) != len(b) && s == Same, !always(a) && !slices.EqualFunc(a, b, func(x, y Fee) bool { return x.If == y.If }):
			s = s.and(Mixed)
		}
		return s
	}, func(p *Pack) string {
		var parts []string
		for _, f := range fees(p) {
			part := strconv.Itoa(f.Yen)
			if f.If != "" {
				part += " if " + f.If
			}
			parts = append(parts, part)
		}
		return listOf(parts)
	}, func(to, from *Pack) {
		var rest, low []Fee
		for _, x := range fees(to) {
			for _, y := range fees(from) {
				f := x
				if y.Yen < x.Yen {
					f = y
				}
				if f.If = x.If; y.If != "" && y.If != x.If {
					f.If = strings.TrimPrefix(x.If+" and "+y.If, " and ")
				}
				f.conditions = append(slices.Clone(x.conditions), y.conditions...)
				low = append(low, f)
			}
		}
		for _, f := range to.Fees {
			f.Kinds = slices.DeleteFunc(slices.Clone(f.Kinds), func(k string) bool { return k == kind })
			if len(f.Kinds) > 0 {
				rest = append(rest, f)
			}
		}
		to.Fees = append(rest, low...)
	}}
}

// shorter and longer are the times that a person gains by: what the office may
// take, and what the person has.
var (
	shorter = []string{"acknowledgement", "target", "recipient"}
	longer  = []string{"identity_expiry", "authority_expiry", "clarification_expiry", "fee_expiry", "withdrawal_window", "availability", "reopening"}
)

// runs are the times and the numbers of the office.
func runs(a, b *Pack) []duty {
	var out []duty
	add := func(name, kind string, sign int, at func(*Pack) *clock.Rule, put func(to *Pack, r clock.Rule)) {
		line := name
		if kind != "" {
			line += "_" + kind
		}
		sense := func(was, is *Pack) Sense { return sooner(*at(was), *at(is), sign) }
		out = append(out, duty{"time", kind, "clocks/" + line, sense,
			func(p *Pack) string {
				r := at(p)
				s := fmt.Sprintf("%d %s", r.N, r.Unit)
				if r.Extension != nil {
					s += fmt.Sprintf(", extended %d times %d", max(r.Extension.MaxTimes, 1), r.Extension.Amount)
				}
				if len(r.Pauses) > 0 {
					s += ", waits for " + strings.Join(slices.Sorted(maps.Keys(r.Pauses)), ", ")
				}
				return s
			}, func(to, from *Pack) {
				switch sense(to, from) {
				case Better:
					put(to, *at(from))
				case Mixed:
					if r, ok := best(*at(to), *at(from), sign); ok {
						put(to, r)
					}
				}
			}})
	}
	for _, x := range []struct {
		names []string
		sign  int
	}{{shorter, -1}, {longer, 1}} {
		for _, name := range x.names {
			at := func(p *Pack) *clock.Rule {
				for _, s := range p.Times.single() {
					if s.name == name {
						return s.to
					}
				}
				return &clock.Rule{}
			}
			add(name, "", x.sign, at, func(to *Pack, r clock.Rule) { *at(to) = r })
		}
	}
	var kinds []string
	for _, p := range []*Pack{a, b} {
		kinds = joined(kinds, slices.Sorted(maps.Keys(p.Times.TargetByKind)))
	}
	for _, kind := range kinds {
		add("target", kind, -1, func(p *Pack) *clock.Rule { r := p.TargetFor(kind); return &r }, func(to *Pack, r clock.Rule) {
			to.Times.TargetByKind = maps.Clone(to.Times.TargetByKind)
			r.ID = "target_" + kind
			to.Times.TargetByKind[kind] = r
		})
	}
	for _, x := range []struct {
		name string
		sign int
		at   func(*Pack) *int
	}{
		{"max_downloads", 1, func(p *Pack) *int { return &p.Times.MaxDownloads }},
		{"code_minutes", 1, func(p *Pack) *int { return &p.Times.CodeMinutes }},
		{"reopen_days", 1, func(p *Pack) *int { return &p.Times.ReopenDays }},
		{"draft_days", 1, func(p *Pack) *int { return &p.Times.DraftDays }},
		{"retention_days", -1, func(p *Pack) *int { return &p.Times.RetentionDays }},
		{"image_hours", -1, func(p *Pack) *int { return &p.Times.ImageHours }},
		{"upload_mb", 1, func(p *Pack) *int { return &p.Times.UploadMB }},
		{"upload_files", 1, func(p *Pack) *int { return &p.Times.UploadFiles }},
	} {
		out = append(out, ranked("number", "", "numbers/"+x.name, func(p *Pack) int { return x.sign * *x.at(p) }, func(p *Pack) string { return strconv.Itoa(*x.at(p)) },
			func(to, from *Pack) {
				if x.sign**x.at(from) > x.sign**x.at(to) {
					*x.at(to) = *x.at(from)
				}
			}))
	}
	return out
}

// sooner compares two rules by when they fall due: sign is -1 where sooner is
// better and 1 where later is. Rules of two units are ordered only where every
// calendar agrees.
func sooner(was, is clock.Rule, sign int) Sense {
	s := Same
	switch {
	case alike(was, is):
		s = grows(sign*was.N, sign*is.N)
	default:
		least, most, ok := days(was.Unit, was.N)
		low, high, known := days(is.Unit, is.N)
		switch {
		case ok && known && high < least:
			s = grows(0, -sign)
		case ok && known && low > most:
			s = grows(0, sign)
		default:
			s = Mixed
		}
	}
	s = s.and(grows(sign*stretch(was), sign*stretch(is)))
	stops := wider(slices.Sorted(maps.Keys(was.Pauses)), slices.Sorted(maps.Keys(is.Pauses))) // one more cause to wait
	if sign < 0 && stops == Better {
		stops = Worse
	} else if sign < 0 && stops == Worse {
		stops = Better
	}
	return s.and(stops)
}

// alike reports whether two rules count the same units in the same way.
func alike(a, b clock.Rule) bool {
	return a.Unit == b.Unit && a.Calendar == b.Calendar && a.FirstDay == b.FirstDay && a.EndPoint == b.EndPoint
}

// stretch is by how much a rule can be extended.
func stretch(r clock.Rule) int {
	if r.Extension == nil {
		return 0
	}
	return r.Extension.Amount * max(r.Extension.MaxTimes, 1)
}

// best puts the better figure, the better extension and the better pauses of two
// rules together; ok is false for two that are not alike.
func best(a, b clock.Rule, sign int) (r clock.Rule, ok bool) {
	if r = a; !alike(a, b) {
		return r, false
	}
	if sign*b.N > sign*a.N {
		r.N = b.N
	}
	if sign*stretch(b) > sign*stretch(a) {
		r.Extension = b.Extension
	}
	r.Pauses = maps.Clone(a.Pauses)
	if sign > 0 {
		for cause, how := range b.Pauses {
			if r.Pauses == nil {
				r.Pauses = b.Pauses
				break
			}
			r.Pauses[cause] = how
		}
	} else {
		maps.DeleteFunc(r.Pauses, func(cause string, _ clock.PauseMode) bool { return b.Pauses[cause] == "" })
	}
	return r, true
}

// keeps are how long data is kept, and what may be corrected.
func keeps(a, b *Pack) []duty {
	var out []duty
	var ids, fields, populations []string
	for _, p := range []*Pack{a, b} {
		for _, r := range p.Retention {
			ids = joined(ids, []string{r.ID})
		}
		for _, f := range p.Fields {
			fields = joined(fields, []string{f.ID})
		}
		for _, x := range p.Populations {
			populations = joined(populations, []string{x.ID})
		}
	}
	for _, id := range ids {
		find := func(p *Pack) (Retention, bool) {
			i := slices.IndexFunc(p.Retention, func(r Retention) bool { return r.ID == id })
			if i < 0 {
				return Retention{}, false
			}
			return p.Retention[i], true
		}
		sense := func(was, is *Pack) Sense {
			x, then := find(was)
			y, now := find(is)
			statute := len(x.Statute) > 0 || len(y.Statute) > 0
			switch {
			case statute && then != now, then && now && (len(x.Statute) > 0) != (len(y.Statute) > 0):
				return Mixed // a statute keeps data whatever a policy says; its place in the pack is a fact
			case then != now:
				return grows(len(x.ID), len(y.ID)) // a promise to dispose of it is there, or gone
			}
			s := grows(-x.Years, -y.Years)
			if (x.Years == 0) != (y.Years == 0) {
				s = grows(x.Years, y.Years) // a figure where there was none
			}
			if statute {
				return s // what it covers is a fact
			}
			return s.and(wider(lying("", x.Places).Values, lying("", y.Places).Values))
		}
		out = append(out, duty{"retention", "", "retention/" + id, sense, func(p *Pack) string {
			r, ok := find(p)
			switch {
			case !ok:
				return nothing
			case r.Years == 0:
				return "no figure"
			}
			return fmt.Sprintf("%d years", r.Years)
		}, func(to, from *Pack) {
			if sense(to, from) != Better {
				return
			}
			r, _ := find(from)
			to.Retention = slices.DeleteFunc(slices.Clone(to.Retention), func(x Retention) bool { return x.ID == id })
			to.Retention = append(to.Retention, r)
		}})
	}
	for _, id := range fields {
		out = append(out, promised("fixed-field", "", "fields/"+id, func(p *Pack) bool { f, _ := p.Field(id); return !f.Fixed }, func(to, _ *Pack) {
			to.Fields = slices.Clone(to.Fields)
			for i := range to.Fields {
				to.Fields[i].Fixed = to.Fields[i].Fixed && to.Fields[i].ID != id
			}
		}))
		out[len(out)-1].says = func(p *Pack) string { f, _ := p.Field(id); _, s := yesNo(f.Fixed); return s }
	}
	for _, id := range populations {
		d := promised("entrusted", "", "populations/"+id, func(p *Pack) bool { return !p.Entrusted(id) }, func(to, _ *Pack) {
			to.Populations = slices.Clone(to.Populations)
			for i := range to.Populations {
				to.Populations[i].Entrusted = to.Populations[i].Entrusted && to.Populations[i].ID != id
			}
		})
		d.says = func(p *Pack) string { _, s := yesNo(p.Entrusted(id)); return s }
		out = append(out, d)
	}
	return out
}

// holds are what a policy says of the data as a whole.
func holds(a, b *Pack) []duty {
	out := []duty{promised("scope", "", "about/scope", func(p *Pack) bool { return p.Scope != nil && p.Scope.WiderThanLaw }, func(to, from *Pack) { to.Scope = from.Scope })}
	var purposes, bodies, recipients []string
	for _, p := range []*Pack{a, b} {
		for _, x := range p.Purposes {
			purposes = joined(purposes, []string{x.ID})
		}
		for _, x := range p.Complaints {
			bodies = joined(bodies, []string{x.ID})
		}
		for _, x := range p.Recipients {
			if has(outsiders, x.Role) {
				recipients = joined(recipients, []string{x.ID})
			}
		}
	}
	// not turns there and not there round: what is not there is better.
	not := func(d duty, there func(*Pack) bool) duty {
		d.says = func(p *Pack) string { _, s := yesNo(there(p)); return s }
		return d
	}
	for _, id := range purposes {
		there := func(p *Pack) bool { return slices.ContainsFunc(p.Purposes, func(x Purpose) bool { return x.ID == id }) }
		out = append(out, not(promised("purpose", "", "purposes/"+id, func(p *Pack) bool { return !there(p) }, func(to, _ *Pack) {
			to.Purposes = slices.DeleteFunc(slices.Clone(to.Purposes), func(x Purpose) bool { return x.ID == id })
		}), there))
	}
	if a.Recording != nil && b.Recording != nil {
		out = append(out, duty{"recording", "", "recording", func(was, is *Pack) Sense { return wider(is.Recording.Purposes, was.Recording.Purposes) },
			func(p *Pack) string { return listOf(p.Recording.Purposes) }, func(to, from *Pack) {
				r := *to.Recording
				r.Purposes = slices.DeleteFunc(slices.Clone(r.Purposes), func(x string) bool { return !has(from.Recording.Purposes, x) })
				to.Recording = &r
			}})
	}
	for _, id := range bodies {
		find := func(p *Pack) int { return slices.IndexFunc(p.Complaints, func(x Body) bool { return x.ID == id }) }
		out = append(out, promised("complaint-body", "", "complaints/"+id, func(p *Pack) bool { return find(p) >= 0 }, func(to, from *Pack) {
			to.Complaints = append(slices.Clone(to.Complaints), from.Complaints[find(from)])
		}))
	}
	says := func(p *Pack) (all []string) {
		if p.Amendment.Notify {
			all = append(all, "notify")
		}
		if p.Amendment.NoWeakening {
			all = append(all, "no_weakening")
		}
		return all
	}
	out = append(out, duty{"amendment", "", "amendment", func(was, is *Pack) Sense { return wider(says(was), says(is)) },
		func(p *Pack) string { return listOf(says(p)) }, func(to, from *Pack) {
			to.Amendment.Notify = to.Amendment.Notify || from.Amendment.Notify
			to.Amendment.NoWeakening = to.Amendment.NoWeakening || from.Amendment.NoWeakening
		}},
		duty{"channels", "", "desk/channels", func(was, is *Pack) Sense { return wider(was.Desk.Channels, is.Desk.Channels) },
			func(p *Pack) string { return listOf(p.Desk.Channels) }, nil})
	for _, id := range recipients {
		there := func(p *Pack) bool {
			return slices.ContainsFunc(p.Recipients, func(x Recipient) bool { return x.ID == id && has(outsiders, x.Role) })
		}
		out = append(out, not(promised("recipient", "", "recipients/"+id, func(p *Pack) bool { return !there(p) }, nil), there))
	}
	return out
}

// outsiders are the recipients who use data for themselves: one more of them is
// no gain for the person.
var outsiders = []string{"third-party", "joint-user", "affiliate"}
