package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"madoguchi/clock"
)

// floorRule is one thing that no pack may promise less of than the law gives.
type floorRule struct {
	// name is what a law's "floor" gives an article to, and what a Problem
	// carries. says is the rule for who reads a list of them.
	name, says string
	// composed: the rule looks at what all layers together say; the others look
	// at the organisation's own file.
	composed bool
	find     func(*floor)
}

// floorRules are all rules, in the order of the manual. What a rule is about
// but cannot be told from data (a tone, a habit of the desk) is not here.
var floorRules = []floorRule{
	{"fee-without-basis", "a fee is charged for the kinds alone for which the law allows one", false, (*floor).fees},
	{"fee-not-published", "a fee stands where people can read it before they ask", false, (*floor).feesPublished},
	{"kind-not-offered", "every kind of request that the law gives is taken", false, (*floor).kinds},
	{"filer-excluded", "whoever the law admits may file", false, (*floor).filers},
	{"person-only", "a text that admits the person alone is read as the law has it", false, (*floor).personOnly},
	{"ground-asked", "no ground is asked for where the law needs none", false, (*floor).grounds},
	{"answer-to-filer", "the answer goes to the person whose data it is", false, (*floor).answers},
	{"answer-left-out", "every procedure comes to a decision and an answer", false, (*floor).steps},
	{"exemption-unknown", "nothing is withheld on a ground that the law does not know", false, (*floor).unknown},
	{"exemption-wider", "nothing is withheld on a ground that reaches further than the law's", false, (*floor).wider},
	{"exemption-condition", "the law's own condition stands, unless the policy promises more", false, (*floor).ownCondition},
	{"exemption-effect", "a ground withholds no more than the law lets it", false, (*floor).effects},
	{"exemption-people", "as many people agree to withhold as the law's test asks for", false, (*floor).people},
	{"alternative-missing", "where a measure is difficult another one is taken and recorded", false, (*floor).alternatives},
	{"kept-without-statute", "only a statute keeps data that the person may have erased", false, (*floor).kept},
	{"statute-without-end", "what a statute keeps has a day on which that ends", false, (*floor).endless},
	{"fixed-field", "a factual error is looked into, whatever a text calls unchangeable", false, (*floor).fixed},
	{"freeze-released", "a freeze ends with the correction, or when the refusal was notified", false, (*floor).frozen},
	{"own-data-redirected", "only what is held for a client is referred to the client", false, (*floor).redirected},
	{"deemed-consent", "consent is given, and never deemed", false, (*floor).consent},
	{"amendment-weakens", "a change of the policy does not reach data held before without consent", false, (*floor).amendment},
	{"recording-purpose", "calls are recorded for a purpose that is named", false, (*floor).recording},
	{"complaint-contact", "there is a contact for complaints", false, (*floor).complaints},
	{"complaint-body", "an authorised organisation is named, with where it takes complaints", false, (*floor).complaintBody},
	{"not-published", "what has to be published is there, or said to be missing", false, (*floor).published},
	{"reading-of-another-matter", "a reading speaks of the clause and the article that it is named for", false, (*floor).matters},
	{"proof-impossible", "where a paper is asked for, some paper is accepted", true, (*floor).impossible},
	{"proof-excessive", "no more proof is asked for than the data calls for", true, (*floor).excessive},
	{"password-asked", "a password is never asked for", true, (*floor).passwords},
	{"reason-untold", "every refusal has a reason in each language of the letters", true, (*floor).reasons},
	{"target-after-due", "the answer target is not later than a law's due", true, (*floor).targets},
	{"extension-too-long", "an extension does not go beyond the law's", true, (*floor).extensions},
}

// FloorRule is one rule of the floor, for who lists them.
type FloorRule struct{ Name, Says string }

// FloorRules are the rules that every pack is held to, in the order of the
// manual. Each has its article in the law's own file.
func FloorRules() []FloorRule {
	out := make([]FloorRule, 0, len(floorRules))
	for _, r := range floorRules {
		out = append(out, FloorRule{r.name, r.says})
	}
	return out
}

// floorNone is what a law writes for a rule that it does not have.
const floorNone = "none"

// floor is one rule at work on one pack.
type floor struct {
	*checker
	rule    string
	article string // of the rule, from the law's file
}

// below runs the rules over the own file, or over what was composed.
func (c *checker) below(composed bool, without string) {
	for _, r := range floorRules {
		if article := c.law.Floor[r.name]; r.composed == composed && article != floorNone && r.name != without && c.binds(article) {
			r.find(&floor{checker: c, rule: r.name, article: article})
		}
	}
}

// binds reports whether an article was in force while the version was: one that
// was replaced before is held to the floor of its own days.
func (c *checker) binds(article string) bool {
	if c.pack.until.IsZero() {
		return true
	}
	for _, of := range listed(article) {
		whole, _, _ := strings.Cut(of, "(")
		for _, a := range c.law.Articles {
			if a.ID == of || a.ID == whole {
				from, err := clock.ParseDate(a.InForceFrom)
				return err != nil || from.Before(c.pack.until)
			}
		}
	}
	return true
}

// fault records what lies below the law; clause is the policy's, "" for none.
// The article is the rule's unless the case has one of its own.
func (f *floor) fault(pointer, clause, message, instead string, article ...string) {
	p := f.fail(pointer, message, instead)
	p.Rule, p.Article, p.Clause = f.rule, f.article, clause
	if len(article) > 0 && article[0] != "" {
		p.Article = article[0]
	}
}

// complete refuses a law that leaves a rule of the floor without an article, or
// gives one to a rule that there is not: a forgotten line must not open the
// floor.
func (law *Law) complete(t *tree) Problems {
	var ps Problems
	var names []string
	for _, r := range floorRules {
		names = append(names, r.name)
		if law.Floor[r.name] == "" {
			ps = append(ps, t.problem("/floor", fmt.Sprintf("the floor has no article for %q (%s)", r.name, r.says), fmt.Sprintf("add it, or write \"%s: %s\" where this law has no such rule", r.name, floorNone)))
		}
	}
	ps = append(ps, strays(t, "/floor/", law.Floor, names, "the floor has no rule %q")...)
	return append(ps, law.texts(t)...)
}

// strays refuses the keys of a list that are none of its words.
func strays[V any](t *tree, list string, given map[string]V, words []string, says string) (ps Problems) {
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if has(words, key) {
			continue
		}
		instead := "leave it out"
		if near := nearest(key, words); near != "" {
			instead = fmt.Sprintf("write %q", near)
		}
		ps = append(ps, t.problem(list+escape(key), fmt.Sprintf(says, key), instead))
	}
	return ps
}

// texts refuses a law that gives some of its texts: a letter must not speak of
// one law in one sentence and of another in the next.
func (law *Law) texts(t *tree) Problems {
	var ps Problems
	if len(law.Texts) == 0 {
		return nil
	}
	for _, key := range LawTexts {
		if len(law.Texts[key]) == 0 {
			ps = append(ps, t.problem("/texts", fmt.Sprintf("the law has no text %q", key), "add it; a law gives all of its texts or none"))
		}
	}
	return append(ps, strays(t, "/texts/", law.Texts, LawTexts, "%q is no text of a law")...)
}

// literal is a text of a policy that may stand below the law, as a word of data,
// and what is carried out in its place. The word is carried out as it is unless
// a reading of the same clause puts another one there.
type literal struct {
	at, clause string
	key, value string // "freeze_until", "corrected"
	above      string // the word that the law asks for
	says       string // what the value does to the person
}

// judge finds a literal that is carried out below the law.
func (f *floor) judge(l literal) {
	carried, by := l.value, "the text"
	for _, r := range f.pack.Readings {
		if word := r.Carries[l.key]; word != "" && l.value != "" && sameClause(l.clause, r.Clause) {
			carried, by = word, r.ID
		}
	}
	if carried == "" || carried == l.above {
		return
	}
	message := l.says
	if by != "the text" {
		message = fmt.Sprintf("%s; %s carries it out all the same (%s: %s)", l.says, by, l.key, carried)
	}
	f.fault(l.at, l.clause, message, fmt.Sprintf("record in \"readings\" what clause %s says, with \"carries: { %s: %s }\"", l.clause, l.key, l.above))
}

// reading finds a recorded reading.
func (p *Pack) reading(id string) (Reading, bool) {
	for _, r := range p.Readings {
		if r.ID == id && id != "" {
			return r, true
		}
	}
	return Reading{}, false
}

// fees: only where the statute allows one.
func (f *floor) fees() {
	for i, fee := range f.pack.Fees {
		for j, k := range fee.Kinds {
			if lk, ok := f.law.Kind(k); ok && !lk.FeePossible && fee.Yen > 0 {
				f.fault(fmt.Sprintf("/fees/%d/kinds/%d", i, j), fee.Clause, fmt.Sprintf("a fee on %s has no basis", k), "leave the kind out of the fee")
			}
		}
	}
}

// clauseless are the words by which packs say that a policy has no clause.
var clauseless = []string{"none", "unpublished", "-", "なし", "無し"}

func (f *floor) feesPublished() {
	for i, fee := range f.pack.Fees {
		if fee.Yen > 0 && has(clauseless, strings.ToLower(strings.TrimSpace(fee.Clause))) {
			f.fault(fmt.Sprintf("/fees/%d/clause", i), "", "a fee that no clause publishes is charged", "name the clause that publishes it, or leave the fee out")
		}
	}
}

// kinds: every kind of the statute is offered in some way.
func (f *floor) kinds() {
	for _, lk := range f.law.Kinds {
		if _, ok := f.pack.Offer(lk.Kind); lk.Article != "" && !ok {
			f.fault("/kinds", "", fmt.Sprintf("the law gives people %s and the pack does not take it", lk.Kind), fmt.Sprintf("add the kind %q, at least by the desk's contact", lk.Kind), lk.Article)
		}
	}
}

// filers: whoever the law admits must be admitted.
func (f *floor) filers() {
	for i, k := range f.pack.Kinds {
		lk, _ := f.law.Kind(k.Kind)
		for _, who := range lk.WhoMayFile {
			if !has(k.WhoMayFile, who) {
				f.fault(fmt.Sprintf("/kinds/%d/who_may_file", i), k.Clause, fmt.Sprintf("%s: the law admits the %s and the pack does not", k.Kind, who), fmt.Sprintf("add %q; record the policy's words as a reading", who))
			}
		}
	}
}

func (f *floor) personOnly() {
	for i, k := range f.pack.Kinds {
		if k.PersonOnly && k.Reading == "" {
			f.fault(fmt.Sprintf("/kinds/%d/person_only", i), k.Clause, fmt.Sprintf("%s: the policy admits the person alone, below the law", k.Kind), "record in \"readings\" that representatives are admitted, and name it in \"reading\"")
		}
	}
}

// grounds: where no test of the statute looks at a ground, none is asked for.
func (f *floor) grounds() {
	for i, k := range f.pack.Kinds {
		needed := slices.ContainsFunc(f.law.Exemptions, func(e Exemption) bool {
			return has(e.Kinds, k.Kind) && (e.looks("policy.no_ground") || e.looks("request.ground"))
		})
		if !needed {
			f.judge(literal{at: fmt.Sprintf("/kinds/%d/ground", i), clause: k.Clause, key: "ground", value: k.Ground, above: "none",
				says: fmt.Sprintf("%s: a ground is asked for and the law needs none", k.Kind)})
		}
	}
}

// anybodys are the kinds that ask about no data of a person: whoever writes is
// answered.
var anybodys = []string{"inquiry", "complaint", "ad-opt-out"}

func (f *floor) answers() {
	for i, k := range f.pack.Kinds {
		if k.AnswerTo == "filer" && !has(anybodys, k.Kind) {
			lk, _ := f.law.Kind(k.Kind)
			f.fault(fmt.Sprintf("/kinds/%d/answer_to", i), k.Clause, fmt.Sprintf("%s: the answer goes to whoever filed and need not reach the person", k.Kind), "write \"person\"; who may receive it is said by the mandate", lk.Article)
		}
	}
}

// steps: stages that a pack lists come to a decision that is answered.
func (f *floor) steps() {
	for i, k := range f.pack.Kinds {
		for _, step := range []string{"decision", "delivery"} {
			if len(k.Steps) > 0 && !has(k.Steps, step) {
				lk, _ := f.law.Kind(k.Kind)
				f.fault(fmt.Sprintf("/kinds/%d/steps", i), k.Clause, fmt.Sprintf("%s: the procedure has no %s, so that the person is never answered", k.Kind, step), fmt.Sprintf("add %q", step), lk.Article)
			}
		}
	}
}

// tests calls visit for each ground of the pack and each of its kinds that the
// statute knows it for.
func (f *floor) tests(visit func(at string, e, base Exemption, kind string)) {
	for i, e := range f.pack.Exemptions {
		for _, k := range e.Kinds {
			if base, ok := f.law.exemption(e.Article, k); ok {
				visit(fmt.Sprintf("/exemptions/%d", i), e, base, k)
			}
		}
	}
}

func (f *floor) unknown() {
	for i, e := range f.pack.Exemptions {
		for _, k := range e.Kinds {
			if _, ok := f.law.exemption(e.Article, k); !ok {
				f.fault(fmt.Sprintf("/exemptions/%d/article", i), e.Clause, fmt.Sprintf("%s: the law knows no ground %q for %s", e.ID, e.Article, k), "name a ground of the statute, or leave the test out", e.Article)
			}
		}
	}
}

func (f *floor) wider() {
	for i, e := range f.pack.Exemptions {
		if e.Reading == "" && (e.Text == "wider" || e.Text == "inverted") {
			f.fault(fmt.Sprintf("/exemptions/%d", i), e.Clause, fmt.Sprintf("%s withholds more than the statute does", e.ID), "record in \"readings\" what the text says and what is carried out, and name it in \"reading\"", e.Article)
		}
	}
}

func (f *floor) ownCondition() {
	for i, e := range f.pack.Exemptions {
		if e.Condition != "" && e.Text != "narrower" && (e.Reading != "" || e.Text != "wider" && e.Text != "inverted") {
			f.fault(fmt.Sprintf("/exemptions/%d/condition", i), e.Clause, fmt.Sprintf("%s puts a condition of its own in place of the statute's", e.ID), "leave \"condition\" out, or write \"text: narrower\" where the policy promises more", e.Article)
		}
	}
}

// harm is how much an effect takes from the person, the least first.
var harm = map[string]int{EffectRedact: 1, EffectAlternative: 2, EffectKeep: 3, EffectNotHeld: 4, EffectWithhold: 5}

func (f *floor) effects() {
	f.tests(func(at string, e, base Exemption, kind string) {
		if e.Effect != "" && base.Effect != EffectAlternative && e.Effect != EffectKeep && harm[e.Effect] > harm[base.Effect] {
			f.fault(at+"/effect", e.Clause, fmt.Sprintf("%s: for %s the statute goes as far as %q and the pack as far as %q", e.ID, kind, base.Effect, e.Effect), "leave \"effect\" out", e.Article)
		}
	})
}

// hands is how many people a class asks to agree.
var hands = map[string]int{"grant": 0, "flag": 1, "one": 1, "two": 2}

func (f *floor) people() {
	f.tests(func(at string, e, base Exemption, kind string) {
		switch {
		case e.Class != "" && hands[e.Class] < hands[base.Class]:
			f.fault(at+"/class", e.Clause, fmt.Sprintf("%s: the statute's test for %s is of the class %q and the pack's %q", e.ID, kind, base.Class, e.Class), "leave \"class\" out", e.Article)
		case e.Approver == "approver" && base.Approver == "manager":
			f.fault(at+"/approver", e.Clause, fmt.Sprintf("%s: the manager agrees to the statute's test for %s, and not an approver", e.ID, kind), "leave \"approver\" out", e.Article)
		}
	})
}

// alternatives: the measure that stands in is what the ground rests on. It is
// recorded with its date because its effect is the alternative.
func (f *floor) alternatives() {
	f.tests(func(at string, e, base Exemption, kind string) {
		if base.Effect == EffectAlternative && e.Effect != "" && e.Effect != EffectAlternative && e.Effect != EffectKeep {
			f.fault(at+"/effect", e.Clause, fmt.Sprintf("%s: %s is refused as difficult and no measure that protects the person is recorded", e.ID, kind), "write \"effect: alternative\"", e.Article)
		}
	})
}

// kept: a ground that keeps data needs a statute in the pack that keeps it.
func (f *floor) kept() {
	statute := slices.ContainsFunc(f.pack.Retention, func(r Retention) bool { return len(r.Statute) > 0 })
	f.tests(func(at string, e, base Exemption, kind string) {
		if e.Effect == EffectKeep && (!statute || base.Effect != EffectKeep) {
			f.fault(at+"/effect", e.Clause, fmt.Sprintf("%s: %s is refused for a period that no statute sets", e.ID, kind), "name the \"statute\" in \"retention\" and leave this test to the law, or leave it out")
		}
	})
}

func (f *floor) endless() {
	for i, r := range f.pack.Retention {
		if len(r.Statute) > 0 && r.Years == 0 {
			f.fault(fmt.Sprintf("/retention/%d/statute", i), r.Clause, fmt.Sprintf("%s: a statute keeps the data and nobody knows until when", r.ID), "add \"years\", \"from\" and \"places\"")
		}
	}
}

func (f *floor) fixed() {
	correction, _ := f.pack.Offer("correction")
	for i, d := range f.pack.Fields {
		if d.Fixed && d.Clause != "" && correction.Reading == "" {
			f.fault(fmt.Sprintf("/fields/%d/fixed", i), d.Clause, fmt.Sprintf("%s cannot be corrected by the policy, below the law", d.ID), "record in \"readings\" that a factual error is looked into, and name it in the kind correction's \"reading\"")
		}
	}
}

// frozen: the freeze is the policy's own promise, and the law's part of it is
// that nothing changes before the person was told.
func (f *floor) frozen() {
	for i, k := range f.pack.Kinds {
		f.judge(literal{at: fmt.Sprintf("/kinds/%d/freeze_until", i), clause: k.Clause, key: "freeze_until", value: k.FreezeUntil, above: "settled",
			says: fmt.Sprintf("%s: the freeze is released (%q) before a refusal is notified", k.Kind, k.FreezeUntil)})
	}
}

// redirected: a person is referred to a client only with data that is held for
// one, which is not also used for purposes of our own.
func (f *floor) redirected() {
	entrusted, client := map[string]bool{}, slices.ContainsFunc(f.pack.Recipients, func(r Recipient) bool { return r.Role == "client" })
	for _, x := range f.pack.Populations {
		entrusted[x.ID] = x.Entrusted
	}
	for i, x := range f.pack.Populations {
		at := fmt.Sprintf("/populations/%d/entrusted", i)
		switch {
		case x.Entrusted && !client:
			f.fault(at, "", fmt.Sprintf("%s is referred elsewhere and the pack names no client who answers", x.ID), "add the recipient with \"role: client\", or leave \"entrusted\" out")
		case x.Entrusted && !slices.ContainsFunc(f.pack.Populations, func(y Population) bool { return !y.Entrusted }):
			f.fault(at, "", "everybody is referred elsewhere, also with data of our own", "add a population for the data that is our own")
		}
	}
	for i, x := range f.pack.Purposes {
		own := ""
		for _, id := range x.Populations {
			if !entrusted[id] {
				own = id
			}
		}
		for j, id := range x.Populations {
			if entrusted[id] && own != "" {
				f.fault(fmt.Sprintf("/purposes/%d/populations/%d", i, j), x.Clause, fmt.Sprintf("%s is referred elsewhere and its data is used as our own, like that of %s", id, own), "leave it out of the purpose, or leave \"entrusted\" out")
			}
		}
	}
}

func (f *floor) consent() {
	if x := f.pack.Consent; x != nil {
		f.judge(literal{at: "/consent/basis", clause: x.Clause, key: "consent", value: x.Basis, above: "given", says: "consent is deemed from use"})
	}
}

func (f *floor) amendment() {
	x := f.pack.Amendment
	f.judge(literal{at: "/amendment/reach", clause: x.Clause, key: "reach", value: x.Reach, above: "new-data", says: "a change reaches data that is held already, without consent"})
}

// anything are the words that name no purpose.
var anything = []string{"any", "anything", "all", "other", "others", "general", "various", "as-needed", "business", "unspecified"}

func (f *floor) recording() {
	if f.pack.Recording == nil {
		return
	}
	for i, x := range f.pack.Recording.Purposes {
		if has(anything, x) {
			f.fault(fmt.Sprintf("/recording/purposes/%d", i), f.pack.Recording.Clause, fmt.Sprintf("calls are recorded for %q, which is no purpose", x), "name what the recording is for, and nothing else")
		}
	}
}

func (f *floor) complaints() {
	if d := f.pack.Desk; d.Phone == "" && d.Fax == "" && d.Mail == "" && len(d.Post) == 0 {
		f.fault("/desk", d.Clause, "the desk has no contact at which a complaint arrives", "add phone, fax, mail or post as published")
	}
}

func (f *floor) complaintBody() {
	named := false
	for i, b := range f.pack.Complaints {
		if b.Kind != "authorized-organization" {
			continue
		}
		named = true
		if len(b.Address) == 0 {
			f.fault(fmt.Sprintf("/complaint_bodies/%d", i), b.Clause, fmt.Sprintf("%s is named, and not where it takes complaints", b.ID), "add \"address\" as published")
		}
	}
	if f.pack.Entity.AuthorizedOrganization && !named {
		f.fault("/entity/authorized_organization", "", "the business belongs to an authorised organisation and the pack does not name it", "add it to \"complaint_bodies\" with \"kind: authorized-organization\"")
	}
}

// published: what has to be where people can find it is there or listed as to
// be supplied.
func (f *floor) published() {
	required := f.pack.required()
	for _, field := range slices.Sorted(maps.Keys(required)) {
		if !required[field] && f.pack.Supplied(field) {
			f.fault("/entity", "", fmt.Sprintf("the policy does not say the %s, and the pack does not say so", field), fmt.Sprintf("add \"- field: %s\" to \"to_be_supplied\"", field))
		}
	}
}

// matters: a reading that is named to answer a finding speaks of it, so that
// none is waved away by the next best one.
func (f *floor) matters() {
	check := func(at, name, id, clause string, articles ...string) {
		r, ok := f.pack.reading(id)
		if !ok {
			return
		}
		if !slices.ContainsFunc(articles, func(a string) bool { return has(listed(r.Article), a) }) {
			f.fault(at, clause, fmt.Sprintf("%s: the reading %s does not speak of Art. %s", name, id, articles[0]), "name a reading that does, or add the article there", articles[0])
			return
		}
		if clause != "" && !sameClause(clause, r.Clause) {
			f.fault(at, clause, fmt.Sprintf("%s: the reading %s is of clause %s and not of this one", name, id, r.Clause), "name a reading of this clause, or add the clause there", articles[0])
		}
	}
	for i, e := range f.pack.Exemptions {
		check(fmt.Sprintf("/exemptions/%d/reading", i), e.ID, e.Reading, e.Clause, listed(e.Article)...)
	}
	for i, k := range f.pack.Kinds {
		at := fmt.Sprintf("/kinds/%d/reading", i)
		if k.PersonOnly {
			check(at, k.Kind, k.Reading, k.Clause, f.law.Floor["person-only"])
		}
		if k.Kind == "correction" && len(f.pack.fixed()) > 0 {
			check(at, k.Kind, k.Reading, f.pack.fixed()[0].Clause, f.law.Floor["fixed-field"])
		}
	}
	for i, r := range f.pack.Readings {
		for _, x := range []struct{ key, rule string }{{"freeze_until", "freeze-released"}, {"ground", "ground-asked"}, {"consent", "deemed-consent"}, {"reach", "amendment-weakens"}} {
			if r.Carries[x.key] != "" && f.law.Floor[x.rule] != floorNone {
				check(fmt.Sprintf("/readings/%d", i), x.key, r.ID, "", listed(f.law.Floor[x.rule])...)
			}
		}
	}
}

// listed are the parts of "34(1), 37(3)".
func listed(s string) []string {
	parts := strings.Split(s, ",")
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	return parts
}

// sameClause reports whether two lists of clauses have one in common; a clause
// has its own parts in it ("5" and "5(2)").
func sameClause(a, b string) bool {
	in := func(whole, part string) bool {
		rest, ok := strings.CutPrefix(part, whole)
		return ok && whole != "" && (rest == "" || rest[0] < '0' || rest[0] > '9')
	}
	for _, x := range listed(a) {
		for _, y := range listed(b) {
			if in(x, y) || in(y, x) {
				return true
			}
		}
	}
	return false
}

// impossible: who asks for a paper accepts one.
func (f *floor) impossible() {
	for i, k := range f.pack.Kinds {
		for j, r := range k.Identity {
			if r.Level >= "L2" && len(r.Documents) == 0 {
				f.fault(fmt.Sprintf("/kinds/%d/identity/%d", i, j), k.Clause, fmt.Sprintf("%s asks for a document and accepts none", k.Kind), "add \"documents\"")
			}
		}
	}
}

// excessive: the levels of packs/defaults.yaml are what the data of a kind calls
// for; a pack goes one higher at most, for sensitive data two, and asks a second
// paper (L3) for ordinary data on a condition alone.
func (f *floor) excessive() {
	for i, d := range f.ownPapers {
		if d.says(notaries) {
			f.fault(fmt.Sprintf("/documents/%d", i), "", fmt.Sprintf("the paper %q has to be notarised", d.ID), "take a paper that people have")
		}
	}
	for i, k := range f.pack.Kinds {
		most, raised := "", ""
		for _, d := range f.pack.identity {
			if has(d.Kinds, k.Kind) {
				most, raised = max(most, d.Level), max(raised, d.SensitiveLevel)
			}
		}
		if most == "" {
			continue
		}
		above := map[string]string{"L0": "L1", "L1": "L2", "L2": "L3", "L3": "L3"}
		raised = max(raised, above[above[most]])
		for j, r := range k.Identity {
			at := fmt.Sprintf("/kinds/%d/identity/%d", i, j)
			enough := above[most]
			if r.If == "" {
				enough = min(enough, "L2")
			}
			switch {
			case r.Level > enough:
				f.fault(at+"/level", k.Clause, fmt.Sprintf("%s asks for %s where %s is enough", k.Kind, r.Level, enough), fmt.Sprintf("write %q", enough))
			case r.SensitiveLevel > raised:
				f.fault(at+"/sensitive_level", k.Clause, fmt.Sprintf("%s asks for %s where %s is enough for sensitive data", k.Kind, r.SensitiveLevel, raised), fmt.Sprintf("write %q", raised))
			}
		}
	}
}

// secrets are parts of words by which a password is asked for.
var secrets = []string{"password", "passcode", "passphrase", "パスワード", "暗証番号", "mật khẩu", "passwort", "kennwort"}

// notaries are parts of words by which a notarised paper is asked for.
var notaries = []string{"notar", "公証", "công chứng"}

func (f *floor) passwords() {
	for i, d := range f.ownPapers {
		if d.says(secrets) {
			f.fault(fmt.Sprintf("/documents/%d", i), "", fmt.Sprintf("the paper %q asks for a password", d.ID), "leave it out; signing in is no paper, and a password is told to nobody")
		}
	}
}

// says reports whether the paper's name, in any voice, has one of the words in it.
func (d Document) says(words []string) bool {
	for _, name := range append(slices.Collect(maps.Values(d.Title)), d.ID) {
		if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(name), w) }) {
			return true
		}
	}
	return false
}

func (f *floor) reasons() {
	for _, e := range f.pack.Exemptions {
		for _, v := range LetterVoices {
			// A ground that the law does not know has been refused as that.
			if e.Ground != "" && e.Reason[v] == "" {
				at := "/exemptions"
				for i, own := range f.ownTests {
					if own == e.ID {
						at = fmt.Sprintf("/exemptions/%d", i)
					}
				}
				f.fault(at, e.Clause, fmt.Sprintf("%s has no sentence for a letter in %q", e.ID, v), "add \"reason\" in ja, en, vi and de")
			}
		}
	}
}

// days are how many days from its start a rule runs at least and at most,
// whatever the calendar; ok is false for a unit that is no matter of days.
func days(u clock.Unit, n int) (least, most int, ok bool) {
	switch u {
	case clock.CalendarDays:
		return n, n, true
	case clock.BusinessDays:
		// At most: every second day closed, and a long closure.
		return n, 2*n + 14, true
	case clock.Weeks:
		return 7 * n, 7 * n, true
	case clock.MonthsJP, clock.MonthsEU:
		return 28 * n, 31 * n, true
	case clock.YearsJP:
		return 365 * n, 366 * n, true
	case clock.ElapsedHours:
		return n / 24, n/24 + 1, true
	}
	return 0, 0, false
}

// figures are the dues with a figure of the laws that a pack stands under, for
// one kind. The day chosen is far ahead, so that it is the newest that counts.
func (f *floor) figures(kind string) []clock.Rule {
	ahead, err := clock.ParseDate("2999-01-01")
	if err != nil || f.pack.book == nil {
		return nil
	}
	var out []clock.Rule
	for _, l := range f.pack.LegalClocks(kind, ahead) {
		if l.Rule.Unit != clock.NoFigure {
			out = append(out, l.Rule)
		}
	}
	return out
}

// ownTarget are the kinds that the pack's own target is for.
func (f *floor) ownTarget(visit func(kind string, target clock.Rule)) {
	if f.pack.Times.Target.Kind != clock.Promise {
		return
	}
	for _, k := range f.pack.Kinds {
		if _, other := f.pack.Times.TargetByKind[k.Kind]; !other {
			visit(k.Kind, f.pack.Times.Target)
		}
	}
}

// targets compares what is certain: a target that is later than the due in
// every calendar.
func (f *floor) targets() {
	said := map[string]bool{}
	f.ownTarget(func(kind string, target clock.Rule) {
		least, _, ok := days(target.Unit, target.N)
		for _, r := range f.figures(kind) {
			if _, most, known := days(r.Unit, r.N); ok && known && least > most && !said[r.ID] {
				said[r.ID] = true
				f.fault("/times/target", "", fmt.Sprintf("the target of %d %s is later than %s (%d %s) for %s", target.N, target.Unit, r.ID, r.N, r.Unit, kind), "write a target within the law's due", r.Article)
			}
		}
	})
}

func (f *floor) extensions() {
	said := map[string]bool{}
	f.ownTarget(func(kind string, target clock.Rule) {
		if target.Extension == nil {
			return
		}
		least, _, ok := days(target.Unit, target.N)
		more, _, _ := days(target.Unit, target.Extension.Amount*max(target.Extension.MaxTimes, 1))
		for _, r := range f.figures(kind) {
			_, most, known := days(r.Unit, r.N)
			if r.Extension != nil {
				_, x, _ := days(r.Unit, r.Extension.Amount*max(r.Extension.MaxTimes, 1))
				most += x
			}
			if ok && known && least+more > most && !said[r.ID] {
				said[r.ID] = true
				f.fault("/times/target/extension", "", fmt.Sprintf("the target with its extension is later than %s allows with its own for %s", r.ID, kind), "write fewer times, or a smaller amount", r.Article)
			}
		}
	})
}
