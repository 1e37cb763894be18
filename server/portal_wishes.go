package server

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// choice is one thing that the first page offers, in a person's words. A
// choice may lead to several kinds: whoever wants something gone need not know
// that the law has three procedures for it.
type choice struct {
	name  string
	kinds []dsr.Kind
}

// allChoices are in the order in which the pages offer them.
var allChoices = []choice{
	{"disclosure", []dsr.Kind{dsr.KindDisclosure}},
	{"correction", []dsr.Kind{dsr.KindCorrection}},
	{"addition", []dsr.Kind{dsr.KindAddition}},
	{"away", []dsr.Kind{dsr.KindDeletion, dsr.KindErasure}},
	{"suspension", []dsr.Kind{dsr.KindSuspension}},
}

// several is the name by which the start page asks for the question itself.
const several = "several"

// takes reports whether a kind can be sent from here.
func (v *visit) takes(k dsr.Kind) bool {
	return dsr.Takes(v.pack, k, dsr.ChannelPortal)
}

// choices are those of which at least one kind can be sent from here.
func (v *visit) choices() []choice {
	var out []choice
	for _, c := range allChoices {
		if slices.ContainsFunc(c.kinds, v.takes) {
			out = append(out, c)
		}
	}
	return out
}

// choiceOf is the choice that a kind is part of.
func (v *visit) choiceOf(k dsr.Kind) (choice, bool) {
	for _, c := range v.choices() {
		if slices.Contains(c.kinds, k) && v.takes(k) {
			return c, true
		}
	}
	return choice{}, false
}

// card is the catalogue key of a choice's name; its hint stands beside it.
func (c choice) card() string {
	if c.name == "away" {
		return "portal.away.card"
	}
	return "kind." + c.name + ".card"
}

func (c choice) hint() string { return strings.TrimSuffix(c.card(), ".card") + ".hint" }

// wants reports whether a choice was made. Where there is only one, it is.
func (v *visit) wants(a answers, name string) bool {
	cs := v.choices()
	if len(cs) == 1 {
		return cs[0].name == name
	}
	return a["want_"+name] == "yes" && slices.ContainsFunc(cs, func(c choice) bool { return c.name == name })
}

// first is the first kind of the list that can be sent from here, "" for none.
func (v *visit) first(kinds ...dsr.Kind) dsr.Kind {
	for _, k := range kinds {
		if v.takes(k) {
			return k
		}
	}
	return ""
}

// contentKind is asked for when something in a record is wrong or not needed:
// deletion of content (Art. 34).
func (v *visit) contentKind() dsr.Kind { return v.first(dsr.KindDeletion, dsr.KindErasure) }

// holdKind is asked for when somebody wants nothing held any more: erasure
// (Art. 35), for which the law asks a ground; where the policy promises a
// deletion without one, that promise is the better way.
func (v *visit) holdKind() dsr.Kind {
	if o, ok := v.pack.Offer(string(dsr.KindDeletion)); ok && o.NoGround && v.takes(dsr.KindDeletion) {
		return dsr.KindDeletion
	}
	return v.first(dsr.KindErasure, dsr.KindDeletion)
}

// awayWays are the answers to the one plain question, with the kinds that
// each opens.
func (v *visit) awayWays() map[string][]dsr.Kind {
	ways := map[string][]dsr.Kind{"wrong": {v.contentKind()}, "hold": {v.holdKind()}}
	if v.contentKind() != v.holdKind() {
		ways["both"] = []dsr.Kind{v.contentKind(), v.holdKind()}
	}
	if v.takes(dsr.KindSuspension) {
		ways["use"] = []dsr.Kind{dsr.KindSuspension}
	}
	return ways
}

// wished are the kinds that the answers ask for, each once, in the order of
// dsr.Kinds. One case comes of each.
func (v *visit) wished(a answers) []dsr.Kind {
	var want []dsr.Kind
	for _, c := range v.choices() {
		switch {
		case !v.wants(a, c.name):
		case c.name == "away":
			want = append(want, v.awayWays()[a["away"]]...)
		default:
			want = append(want, c.kinds...)
		}
	}
	var out []dsr.Kind
	for _, k := range dsr.Kinds {
		if slices.Contains(want, k) {
			out = append(out, k)
		}
	}
	return out
}

// byContent reports whether a kind was opened for its content alone: then the
// person says which content, and no ground is asked for.
func (v *visit) byContent(a answers, k dsr.Kind) bool {
	return v.wants(a, "away") && k == v.contentKind() && (a["away"] == "wrong" || (a["away"] == "both" && k != v.holdKind()))
}

// erases reports whether a kind can end in an erasure that cannot be undone.
func (v *visit) erases(a answers, k dsr.Kind) bool {
	return k == dsr.KindErasure || (k == dsr.KindDeletion && !v.byContent(a, k))
}

// wish is the filing's wish of a kind. A kind that is not wished gets one that
// nobody keeps, so that a page may be checked alone.
func wish(f *dsr.Filing, k dsr.Kind) *dsr.Wish {
	for i := range f.Wishes {
		if f.Wishes[i].Kind == k {
			return &f.Wishes[i]
		}
	}
	return &dsr.Wish{Kind: k}
}

// wishesStep asks what is wanted. Several things may be asked for at once: each
// becomes a part with an answer of its own.
var wishesStep = step{
	slug: "wishes", title: "portal.wish.title",
	names: []string{"want_disclosure", "want_correction", "want_addition", "want_away", "want_suspension"},
	fields: func(v *visit, a answers, ms mistakes) []field {
		f := field{ID: "wishes", Kind: "checks", Alone: true, Label: v.h("portal.wish.title"), Hint: v.h("portal.wish.hint"), Error: ms.of("wishes")}
		for i, c := range v.choices() {
			o := option{ID: "want_" + c.name, Name: "want_" + c.name, Value: "yes", Checked: v.wants(a, c.name), Label: v.h(c.card()), Hint: v.h(c.hint())}
			// The summary's link leads to the first box.
			if i == 0 {
				o.ID = "wishes"
			}
			f.Options = append(f.Options, o)
		}
		return []field{f}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		for _, c := range v.choices() {
			if v.wants(a, c.name) {
				return nil
			}
		}
		return v.wrong("wishes", "wishes")
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		var names []string
		for _, c := range v.choices() {
			if v.wants(a, c.name) {
				names = append(names, v.t(c.card()))
			}
		}
		return []row{{Label: "portal.row.wishes", Value: strings.Join(names, "\n")}}
	},
}

// awayStep is the one plain question behind deletion, erasure and suspension.
var awayStep = step{
	slug: "away", title: "portal.away.title", names: []string{"away"},
	fields: func(v *visit, a answers, ms mistakes) []field {
		var os []option
		ways := v.awayWays()
		for _, w := range []string{"wrong", "hold", "both", "use"} {
			if ways[w] != nil {
				os = append(os, option{Value: w, Label: v.h("portal.away." + w), Hint: v.h("portal.away." + w + "-hint")})
			}
		}
		f := v.radios("away", "portal.away.title", a["away"], ms, os...)
		f.Alone = true
		return []field{f}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		if v.awayWays()[a["away"]] == nil {
			return v.wrong("away", "away")
		}
		return nil
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		value := ""
		if v.awayWays()[a["away"]] != nil {
			value = v.t("portal.away." + a["away"])
		}
		return []row{{Label: "portal.row.away", Value: value}}
	},
}

// contentStep asks which content should go because it is wrong or not needed.
var contentStep = step{
	slug: "content", title: "portal.content.title", names: []string{"content"},
	fields: func(v *visit, a answers, ms mistakes) []field {
		f := v.area("content", "portal.content.title", a["content"], ms, false)
		f.Alone = true
		return []field{f}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		text := tidyLines(a["content"])
		wish(f, v.contentKind()).Scope = text
		if text == "" {
			return v.wrong("content", "content")
		}
		return v.tooLong("content", text, maxText)
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		return []row{{Label: "portal.row.content", Value: tidyLines(a["content"])}}
	},
}

// scopeStep asks which data a wish is about. It never presses anybody to ask for
// less: to ask for everything is the first answer.
func scopeStep(k dsr.Kind) step {
	slug, scope, topics, title, label := "data", "scope", "topics", "portal.scope.title", "portal.row.scope"
	if k != dsr.KindDisclosure {
		slug, scope, topics = string(k), string(k)+"_scope", string(k)+"_topics"
		title, label = "portal.scope.title-"+string(k), "portal.row.scope-"+string(k)
	}
	return step{
		slug: slug, title: title, names: []string{scope, topics},
		fields: func(v *visit, a answers, ms mistakes) []field {
			// The text belongs to the second answer and is kept when the first is chosen.
			text := v.area(topics, "portal.scope.label", a[topics], ms, false)
			f := v.radios(scope, title, a[scope], ms,
				option{Value: "all", Label: v.h("portal.scope.all"), Hint: v.h("portal.scope.all-hint")},
				option{Value: "some", Label: v.h("portal.scope.some"), Reveal: []field{text}})
			f.Alone = true
			return []field{f}
		},
		check: func(v *visit, a answers, f *dsr.Filing) mistakes {
			switch a[scope] {
			case "all":
				// An empty scope is everything.
				return nil
			case "some":
				text := tidyLines(a[topics])
				wish(f, k).Scope = text
				if text == "" {
					return v.wrong(topics, "topics")
				}
				return v.tooLong(topics, text, maxText)
			}
			return v.wrong(scope, "scope")
		},
		rows: func(v *visit, a answers, f dsr.Filing) []row {
			value := ""
			switch a[scope] {
			case "all":
				value = v.t("portal.scope.all")
			case "some":
				value = tidyLines(a[topics])
			}
			return []row{{Label: label, Value: value}}
		},
	}
}

// noGround is the answer of somebody who gives no reason.
const noGround = "none"

// groundStep asks why, and no answer is an answer: nobody is turned away here
// for want of a reason. Where the policy promises the measure without one, the
// page says so.
func groundStep(k dsr.Kind) step {
	name, label := string(k)+"_ground", "portal.row.ground-"+string(k)
	return step{
		slug: string(k) + "-ground", title: "portal.ground.title", names: []string{name},
		lead: func(v *visit, a answers) []template.HTML {
			if o, ok := v.pack.Offer(string(k)); ok && o.NoGround {
				return []template.HTML{v.h("portal.ground.not-needed", "organisation", v.organisation())}
			}
			return []template.HTML{v.h("portal.ground.why")}
		},
		fields: func(v *visit, a answers, ms mistakes) []field {
			var os []option
			for _, g := range dsr.Grounds {
				os = append(os, option{Value: g, Label: v.h("portal.ground." + g)})
			}
			os = append(os, option{Value: noGround, Label: v.h("portal.ground.none")})
			return []field{v.radios(name, "portal.ground.label", a[name], ms, os...)}
		},
		check: func(v *visit, a answers, f *dsr.Filing) mistakes {
			if slices.Contains(dsr.Grounds, a[name]) {
				wish(f, k).Ground = a[name]
			}
			return nil
		},
		rows: func(v *visit, a answers, f dsr.Filing) []row {
			value := v.t("portal.ground.none")
			if slices.Contains(dsr.Grounds, a[name]) {
				value = v.t("portal.ground." + a[name])
			}
			return []row{{Label: label, Value: value}}
		},
	}
}

// maxClaims bounds how many things one filing disputes field by field.
const maxClaims = 5

// otherField is the answer of somebody whose field is not on the list.
const otherField = "other"

// dataFields are what a person may say is wrong; something else is always
// among it.
func (v *visit) dataFields() []policy.DataField {
	fs := slices.Clone(v.pack.Fields)
	return slices.DeleteFunc(fs, func(f policy.DataField) bool { return f.ID == otherField })
}

func claimSlug(k dsr.Kind, n int) string {
	if n == 1 {
		return string(k)
	}
	return fmt.Sprintf("%s-%d", k, n)
}

func claimName(k dsr.Kind, n int, part string) string { return fmt.Sprintf("%s%d_%s", k, n, part) }

// claimSteps are one page for each thing that is wrong, or missing: as many as
// the person says there are.
func claimSteps(k dsr.Kind, a answers) []step {
	var out []step
	for n := 1; n <= maxClaims; n++ {
		out = append(out, claimStep(k, n))
		if a[claimName(k, n, "more")] != "yes" {
			break
		}
	}
	return out
}

// claimStep asks for one field: which, what it says now, what it should say.
// Fields that the policy calls fixed are on the list too: a mistake in one of
// them is looked into all the same (Art. 34), and the page says so.
func claimStep(k dsr.Kind, n int) step {
	at := func(part string) string { return claimName(k, n, part) }
	title := "portal.claim.title-" + string(k)
	if n > 1 {
		title += "-next"
	}
	names := []string{at("field"), at("other"), at("now"), at("should"), at("more")}
	claim := func(v *visit, a answers) (c dsr.Claim, text string, ok bool) {
		c.Now, c.Should = tidyLines(a[at("now")]), tidyLines(a[at("should")])
		if k == dsr.KindAddition {
			c.Now = ""
		}
		if a[at("field")] == otherField {
			text = tidy(a[at("other")])
			if slices.ContainsFunc(v.pack.Fields, func(f policy.DataField) bool { return f.ID == otherField }) {
				c.Field = otherField
			}
			// There is no field to name: what it is stands with what it says.
			c.Now = strings.TrimSpace(text + ": " + c.Now)
			return c, text, text != ""
		}
		for _, f := range v.dataFields() {
			if f.ID == a[at("field")] {
				c.Field = f.ID
				return c, v.packText(f.Text), true
			}
		}
		return c, "", false
	}
	return step{
		slug: claimSlug(k, n), title: title, names: names,
		lead: func(v *visit, a answers) []template.HTML {
			if o, ok := v.pack.Offer(string(k)); ok && o.Freeze && n == 1 {
				return []template.HTML{v.h("portal.claim.freeze")}
			}
			return nil
		},
		fields: func(v *visit, a answers, ms mistakes) []field {
			var os []option
			for _, f := range v.dataFields() {
				o := option{Value: f.ID, Label: v.packHTML(f.Text)}
				switch {
				case f.Fixed && f.Clause != "":
					o.Hint = v.h("portal.claim.fixed-clause", "clause", f.Clause)
				case f.Fixed:
					o.Hint = v.h("portal.claim.fixed")
				}
				os = append(os, o)
			}
			other := v.text(at("other"), "portal.claim.other", a[at("other")], ms, false)
			os = append(os, option{Value: otherField, Label: v.h("portal.claim.else"), Reveal: []field{other}})
			fs := []field{v.radios(at("field"), "portal.claim.field-"+string(k), a[at("field")], ms, os...)}
			if k == dsr.KindCorrection {
				now := v.area(at("now"), "portal.claim.now", a[at("now")], ms, true)
				now.Rows = 2
				fs = append(fs, now)
			}
			should := v.area(at("should"), "portal.claim.should-"+string(k), a[at("should")], ms, false)
			should.Rows = 2
			fs = append(fs, should)
			if n < maxClaims {
				more := a[at("more")]
				if more == "" {
					more = "no"
				}
				fs = append(fs, v.radios(at("more"), "portal.claim.more-"+string(k), more, ms,
					option{Value: "no", Label: v.h("portal.claim.no-more")}, option{Value: "yes", Label: v.h("portal.claim.yes-more")}))
			}
			return fs
		},
		check: func(v *visit, a answers, f *dsr.Filing) mistakes {
			var ms mistakes
			c, _, ok := claim(v, a)
			switch {
			case ok:
			case a[at("field")] == otherField:
				ms = append(ms, v.wrong(at("other"), "claim-other")...)
			default:
				ms = append(ms, v.wrong(at("field"), "claim-field")...)
			}
			if c.Should == "" {
				ms = append(ms, v.wrong(at("should"), "claim-should-"+string(k))...)
			}
			ms = append(ms, v.tooLong(at("other"), tidy(a[at("other")]), 200)...)
			ms = append(ms, v.tooLong(at("now"), tidyLines(a[at("now")]), 500)...)
			ms = append(ms, v.tooLong(at("should"), c.Should, 500)...)
			if len(ms) == 0 {
				w := wish(f, k)
				w.Claims = append(w.Claims, c)
			}
			return ms
		},
		rows: func(v *visit, a answers, f dsr.Filing) []row {
			c, text, ok := claim(v, a)
			if !ok || c.Should == "" {
				return []row{{Label: "portal.row.claim-" + string(k), N: n}}
			}
			value := text + "\n"
			if now := tidyLines(a[at("now")]); now != "" && k == dsr.KindCorrection {
				value += now + " → "
			}
			return []row{{Label: "portal.row.claim-" + string(k), N: n, Value: value + c.Should}}
		},
	}
}

// somebodyElse is the answer of who asks for another person.
const somebodyElse = "other"

// representativeKind says which of the two sorts of Order 13 a relation is:
// the law itself makes parents and guardians representatives, everybody else
// needs a mandate.
func representativeKind(relation string) string {
	if relation == "parent" || relation == "guardian" {
		return "statutory"
	}
	return "delegated"
}

// personOnly reports whether the policy's own text admits the person alone for
// one of the wishes.
func (v *visit) personOnly(kinds []dsr.Kind) bool {
	return slices.ContainsFunc(kinds, func(k dsr.Kind) bool {
		o, ok := v.pack.Offer(string(k))
		return ok && o.PersonOnly
	})
}

// actingStep asks what the representative is to the person, and says which
// papers will be wanted. No answer turns anybody away: the desk sees the papers.
var actingStep = step{
	slug: "acting", title: "portal.acting.title", names: []string{"acting"},
	lead: func(v *visit, a answers) []template.HTML {
		if v.personOnly(v.wished(a)) {
			return []template.HTML{v.own("portal.acting.person-only")}
		}
		return nil
	},
	fields: func(v *visit, a answers, ms mistakes) []field {
		var os []option
		for _, r := range dsr.Relations {
			o := option{Value: r, Label: v.h("portal.acting." + r)}
			if names := v.authorityNames(representativeKind(r)); len(names) > 0 {
				o.Hint = v.h("portal.acting.papers", "papers", strings.Join(names, v.t("portal.acting.or")))
			}
			os = append(os, o)
		}
		return []field{v.radios("acting", "portal.acting.label", a["acting"], ms, os...)}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		if !slices.Contains(dsr.Relations, a["acting"]) {
			return v.wrong("acting", "acting")
		}
		representative(f).Relation, representative(f).Kind = a["acting"], representativeKind(a["acting"])
		return nil
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		value := ""
		if slices.Contains(dsr.Relations, a["acting"]) {
			value = v.t("portal.acting." + a["acting"])
		}
		return []row{{Label: "portal.row.acting", Value: value}}
	},
}

// representative is the filing's, made when it is first spoken of.
func representative(f *dsr.Filing) *dsr.Representative {
	if f.Representative == nil {
		f.Representative = &dsr.Representative{}
	}
	return f.Representative
}

// representativeStep asks who acts. How they are reached is asked of everybody
// on a later page.
var representativeStep = step{
	slug: "representative", title: "portal.rep.title", names: []string{"rep_name", "rep_kana", "rep_address"},
	lead: func(v *visit, a answers) []template.HTML { return []template.HTML{v.h("portal.rep.lead")} },
	fields: func(v *visit, a answers, ms mistakes) []field {
		name := v.text("rep_name", "portal.rep.name", a["rep_name"], ms, false)
		name.Autocomplete = "name"
		kana := v.text("rep_kana", "portal.person.kana", a["rep_kana"], ms, true)
		address := v.area("rep_address", "portal.rep.address", a["rep_address"], ms, true)
		address.Rows, address.Autocomplete = 3, "street-address"
		return []field{name, kana, address}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		p := &representative(f).Person
		p.Name, p.Kana, p.Address = tidy(a["rep_name"]), katakana(tidy(a["rep_kana"])), tidyLines(a["rep_address"])
		var ms mistakes
		if p.Name == "" {
			ms = append(ms, v.wrong("rep_name", "rep_name")...)
		}
		ms = append(ms, v.tooLong("rep_name", p.Name, 200)...)
		ms = append(ms, v.tooLong("rep_kana", p.Kana, 200)...)
		return append(ms, v.tooLong("rep_address", p.Address, 500)...)
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		p := dsr.Person{}
		if f.Representative != nil {
			p = f.Representative.Person
		}
		rs := []row{{Label: "portal.rep.name", Value: p.Name}}
		if p.Kana != "" {
			rs = append(rs, row{Label: "portal.person.kana", Value: p.Kana})
		}
		return append(rs, row{Label: "portal.rep.address", Value: v.orNot(p.Address)})
	},
}

// authorityNames are the papers that show the authority of a representative,
// one of which is enough, as the pack calls them.
func (v *visit) authorityNames(kind string) []string {
	var names []string
	for _, d := range v.authorityPapers(kind) {
		names = append(names, v.packText(d.Title))
	}
	return names
}

// entrusted reports whether the person belongs to people whose data is held
// for a client of the organisation.
func (v *visit) entrusted(a answers) bool {
	return slices.ContainsFunc(v.pack.Populations, func(p policy.Population) bool { return p.ID == a["relation"] && p.Entrusted })
}

// afterwards is what will happen when the request is sent, said before it is:
// what is asked for as proof, what stands still meanwhile, what can be stopped.
func (v *visit) afterwards(a answers) []template.HTML {
	kinds := v.wished(a)
	var out []template.HTML
	switch documents, contact := v.proof(kinds, v.proofsFor(a)); {
	case documents && a["whom"] == somebodyElse:
		out = append(out, v.h("portal.check.next-representative"))
	case documents:
		out = append(out, v.h("portal.check.next"))
	case contact:
		out = append(out, v.h("portal.check.next-code"))
	}
	if a["whom"] == somebodyElse {
		out = append(out, v.h("portal.check.authority"))
		if v.personOnly(kinds) {
			out = append(out, v.own("portal.acting.person-only"))
		}
	}
	if v.entrusted(a) {
		out = append(out, v.h("portal.check.entrusted"))
	}
	for _, k := range kinds {
		if o, ok := v.pack.Offer(string(k)); ok && k.Freezes() && o.Freeze {
			out = append(out, v.h("portal.claim.freeze"))
			break
		}
	}
	if slices.ContainsFunc(kinds, func(k dsr.Kind) bool { return v.erases(a, k) }) {
		out = append(out, v.h("portal.check.cooling", "time", v.coolingOff()))
	}
	return out
}

// proof says what a person shows for these kinds: papers, a confirmed contact.
func (v *visit) proof(kinds []dsr.Kind, asked proofs) (documents, contact bool) {
	for _, k := range kinds {
		id := asked(k)
		contact = contact || id.Contact || slices.ContainsFunc(id.Documents, func(d policy.Document) bool { return d.How == "code" })
	}
	return len(papersOf(kinds, asked)) > 0, contact
}

// proofs is what must be shown for a kind.
type proofs func(dsr.Kind) policy.Identity

// proofsFor is what must be shown as far as the answers of a form say who asks.
func (v *visit) proofsFor(a answers) proofs {
	f, _ := v.filing(a, "")
	r := policy.Request{Channel: string(dsr.ChannelPortal), Population: f.Person.Population, Service: f.Person.Service,
		ArrivedOn: clock.DateOf(v.now().In(v.zone))}
	if f.Representative != nil {
		r.Filer = dsr.FilerOf(f.Representative.Kind)
	}
	return func(k dsr.Kind) policy.Identity {
		r.Kind = string(k)
		id, _ := v.pack.IdentityOf(r)
		return id
	}
}

// proofsOf is what must be shown for a request that was filed.
func (v *visit) proofsOf(on dsr.IdentityState, channel dsr.Channel) proofs {
	return func(k dsr.Kind) policy.Identity {
		if id, ok := on.Proofs[k]; ok {
			return id
		}
		return v.pack.IdentityFor(string(k), string(channel), false)
	}
}

// papersOf are those that can be sent as a picture to show who somebody is, one
// of which is enough; what the desk sees or hears itself is not among them.
func papersOf(kinds []dsr.Kind, asked proofs) []policy.Document {
	var out []policy.Document
	for _, k := range kinds {
		for _, d := range asked(k).Documents {
			if d.How == "" && d.For == "" && !slices.ContainsFunc(out, func(x policy.Document) bool { return x.ID == d.ID }) {
				out = append(out, d)
			}
		}
	}
	return out
}

// authorityPapers are those that show what a representative may do, as
// pictures.
func (v *visit) authorityPapers(kind string) []policy.Document {
	return slices.DeleteFunc(v.pack.AuthorityDocuments(kind), func(d policy.Document) bool { return d.How != "" })
}

// coolingOff is how long an agreed erasure waits, in words.
func (v *visit) coolingOff() string {
	r := v.pack.Times.CoolingOff
	unit := time.Hour
	if r.Unit == clock.ElapsedMinutes {
		unit = time.Minute
	}
	return v.duration(time.Duration(r.N) * unit)
}
