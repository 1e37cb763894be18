package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"madoguchi/clock"
)

// Effective is the policy of one organisation as it is carried out on a day, all
// layers put together, line by line. It holds what a page, a file or a
// comparison needs and no sentence of ours: what a line says is a code, and its
// facts are codes or texts of the pack.
type Effective struct {
	Organisation string `json:"organisation"` // slug
	ID           string `json:"id"`
	Name         Voices `json:"name"`
	Version      string `json:"version"`
	Digest       string `json:"digest"`
	// On is the civil date of arrival, at the desk, that the statute's clocks are
	// chosen by.
	On            clock.Date `json:"on"`
	Language      string     `json:"language"`
	Demonstration bool       `json:"demonstration,omitempty"`
	// Lines are in the order of Sections.
	Lines []Line `json:"lines"`
}

// Sections are the parts of an effective policy, in order.
var Sections = []string{"about", "desk", "purposes", "people", "kinds", "identity", "exemptions", "fees", "clocks", "numbers",
	"recipients", "systems", "retention", "security", "roles", "complaints", "amendment", "readings", "requirements", "missing"}

// The layers of a line, the lowest first.
var Layers = []string{"law", "defaults", "policy", "reading"}

// Line is one thing that an effective policy says.
type Line struct {
	Section string `json:"section"`
	// ID is the line's place, the same in every version of a pack:
	// "kinds/disclosure/who".
	ID string `json:"id"`
	// Says is what sort of line it is: one of the codes of Saying.
	Says string `json:"says"`
	// Of is what the line is about, nothing where the section says it.
	Of []Name `json:"of,omitempty"`
	// Facts are what it says, the first one first in importance.
	Facts []Fact `json:"facts,omitempty"`
	// Layer is the layer that won; Clause, Article and Reading are where it
	// stands, "" where there is none. Source is the file or the text it comes
	// from, and is never empty.
	Layer   string `json:"layer"`
	Clause  string `json:"clause,omitempty"`
	Article string `json:"article,omitempty"`
	Reading string `json:"reading,omitempty"`
	Source  string `json:"source"`
}

// Name is what a line is about: a code of a sort of words ("kind"), or an ID of
// the pack with the text that people know it by.
type Name struct {
	Words string `json:"words,omitempty"`
	Code  string `json:"code"`
	Text  Voices `json:"text,omitempty"`
}

// Fact is one value, or several, of a line.
type Fact struct {
	Name string `json:"name"`
	// Words is the sort of the codes in Values ("channel"), "" for what is shown
	// as it stands.
	Words  string   `json:"words,omitempty"`
	Values []string `json:"values,omitempty"`
	// Texts are the pack's own words, one for each of Values where both are there.
	Texts []Voices `json:"texts,omitempty"`
}

// Fact finds a fact of the line by its name; the zero Fact where there is none.
func (l Line) Fact(name string) Fact {
	for _, f := range l.Facts {
		if f.Name == name {
			return f
		}
	}
	return Fact{}
}

// Value is the first value of a fact, "" where there is none.
func (l Line) Value(name string) string {
	if v := l.Fact(name).Values; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Number is the first value of a fact as a number, 0 where it is none.
func (l Line) Number(name string) int { n, _ := strconv.Atoi(l.Value(name)); return n }

// Sound says what a line of the effective policy lacks: a layer, a source, or
// the place that its layer asks for. It is empty where nothing lacks.
func (l Line) Sound() string {
	switch {
	case !slices.Contains(Layers, l.Layer):
		return fmt.Sprintf("%s has no layer", l.ID)
	case l.Source == "":
		return fmt.Sprintf("%s has no source", l.ID)
	case l.Layer == "law" && l.Article == "":
		return fmt.Sprintf("%s is the law's and names no article", l.ID)
	case l.Layer == "reading" && l.Reading == "":
		return fmt.Sprintf("%s rests on a reading and names none", l.ID)
	case !slices.Contains(Sections, l.Section):
		return fmt.Sprintf("%s is in no section", l.ID)
	}
	return ""
}

// origin is where a line comes from.
type origin struct{ layer, clause, article, reading, source string }

// lines collects the lines of a pack.
type lines struct {
	p    *Pack
	list []Line
}

func (b *lines) add(section, id, says string, of []Name, from origin, facts ...Fact) {
	l := Line{Section: section, ID: id, Says: says, Of: of, Layer: from.layer, Clause: from.clause, Article: from.article, Reading: from.reading, Source: from.source}
	for _, f := range facts {
		if len(f.Values) > 0 || len(f.Texts) > 0 {
			l.Facts = append(l.Facts, f)
		}
	}
	b.list = append(b.list, l)
}

// own is the origin of what stands in the organisation's file.
func (b *lines) own(clause string) origin {
	return origin{layer: "policy", clause: clause, source: b.p.file()}
}

func (b *lines) defaults() origin { return origin{layer: "defaults", source: "defaults.yaml"} }

func (b *lines) law(article string) origin {
	return origin{layer: "law", article: article, source: "law/" + b.p.LawName + ".yaml"}
}

// The makers of facts; one without a value is left out by add.

func coded(name, words string, values ...string) Fact {
	return Fact{Name: name, Words: words, Values: slices.DeleteFunc(slices.Clone(values), func(s string) bool { return s == "" })}
}

func shown(name string, values ...string) Fact { return coded(name, "", values...) }

func told(name string, t Voices) Fact {
	if len(t) == 0 {
		return Fact{Name: name}
	}
	return Fact{Name: name, Texts: []Voices{t}}
}

// yes is a fact that is told only where it is so.
func only(name string, is bool) Fact {
	if !is {
		return Fact{Name: name}
	}
	return coded(name, "yes", "yes")
}

func counted(name string, n int) Fact {
	if n == 0 {
		return Fact{Name: name}
	}
	return shown(name, strconv.Itoa(n))
}

func lying(name string, at []Place) Fact {
	f := Fact{Name: name, Words: "place"}
	for _, q := range at {
		f.Values = append(f.Values, strings.TrimRight(q.System+"/"+q.Category+"/"+q.Column, "/"))
	}
	return f
}

func ofKind(kind string) []Name { return []Name{{Words: "kind", Code: kind}} }

// Effective are the lines of the policy for a request that arrives on a day (a
// civil date of the desk): the statute's clocks are those in force then.
func (p *Pack) Effective(on clock.Date) Effective {
	b := &lines{p: p}
	b.about()
	b.desk()
	b.purposes()
	b.people()
	b.kinds()
	b.identity()
	b.exemptions()
	b.fees()
	b.clocks(on)
	b.numbers()
	b.holders()
	b.keeping()
	b.protection()
	b.words()
	return Effective{Organisation: p.Slug, ID: p.ID, Name: p.Entity.Name, Version: p.Version, Digest: p.Digest, On: on, Language: p.Language,
		Demonstration: p.Demonstration, Lines: b.list}
}

func (b *lines) about() {
	p, e := b.p, b.p.Entity
	own := b.own("")
	b.add("about", "about/name", "name", nil, own, told("name", e.Name), shown("aliases", e.Aliases...), only("authorized_organization", e.AuthorizedOrganization))
	// What the policy does not say is under "missing" and nowhere else.
	if len(e.Address) > 0 {
		b.add("about", "about/address", "address", nil, own, told("address", e.Address))
	}
	if e.Representative != "" || e.RepresentativePublished {
		b.add("about", "about/representative", "representative", nil, own, shown("representative", e.Representative), only("published", e.RepresentativePublished))
	}
	if e.Website != "" {
		b.add("about", "about/website", "website", nil, own, shown("website", e.Website))
	}
	b.add("about", "about/identity", "identifiers", nil, own, shown("slug", p.Slug), shown("id", p.ID))
	b.add("about", "about/version", "version", nil, own, shown("version", p.Version), coded("carried_out_from", "day", p.InForceFrom), coded("in_force_on", "day", p.PolicyInForceOn), coded("revised_on", "day", p.PolicyRevisedOn))
	b.add("about", "about/language", "language", nil, own, coded("language", "voice", p.Language))
	b.add("about", "about/calendar", "calendar", nil, own, shown("calendar", p.Calendar), shown("zone", p.Zone))
	if p.Law != nil {
		b.add("about", "about/law", "law", nil, own, told("law", p.Law.Name), shown("regime", p.LawName), shown("version", p.Law.Version), coded("in_force_on", "day", p.Law.InForceFrom))
	}
	if c := p.Consent; c != nil {
		b.add("about", "about/consent", "consent", nil, b.own(c.Clause), coded("consent", "consent", c.Basis))
	}
	for _, x := range p.Also {
		b.add("about", "about/also/"+x.Regime, "also", nil, b.own(x.Clause), shown("regime", x.Regime), shown("calendar", x.Calendar))
	}
	for _, v := range slices.Sorted(maps.Keys(p.Fallbacks)) {
		b.add("about", "about/fallback/"+v, "fallback", nil, own, coded("voice", "voice", p.Fallbacks[v]), coded("instead_of", "voice", v))
	}
	if s := p.Scope; s != nil {
		b.add("about", "about/scope", "scope", nil, b.own(s.Clause), told("text", s.Text), only("wider", s.WiderThanLaw))
	}
}

func (b *lines) desk() {
	d := b.p.Desk
	own := b.own(d.Clause)
	b.add("desk", "desk/name", "desk", nil, own, told("desk", d.Name))
	b.add("desk", "desk/channels", "channels", nil, own, coded("channels", "channel", d.Channels...))
	for _, x := range []struct{ name, value string }{{"phone", d.Phone}, {"fax", d.Fax}, {"mail", d.Mail}} {
		if x.value != "" {
			b.add("desk", "desk/"+x.name, x.name, nil, own, shown("contact", x.value))
		}
	}
	for _, x := range []struct {
		name string
		text Voices
	}{{"post", d.Post}, {"hours", d.Hours}, {"note", d.Note}} {
		if len(x.text) > 0 {
			b.add("desk", "desk/"+x.name, x.name, nil, own, told(x.name, x.text))
		}
	}
}

func (b *lines) purposes() {
	for _, x := range b.p.Purposes {
		b.add("purposes", "purposes/"+x.ID, "purpose", nil, b.own(x.Clause), told("purpose", x.Text), b.populations(x.Populations))
	}
}

func (b *lines) populations(ids []string) Fact {
	f := Fact{Name: "populations", Values: ids}
	for _, id := range ids {
		t := Voices{}
		for _, x := range b.p.Populations {
			if x.ID == id {
				t = x.Text
			}
		}
		f.Texts = append(f.Texts, t)
	}
	return f
}

func (b *lines) people() {
	own := b.own("")
	for _, x := range b.p.Populations {
		b.add("people", "populations/"+x.ID, "population", nil, own, told("population", x.Text), told("hint", x.Hint), only("entrusted", x.Entrusted))
	}
	for _, x := range b.p.Services {
		b.add("people", "services/"+x.ID, "service", nil, own, told("service", x.Text), only("terms", x.Terms))
	}
	for _, x := range b.p.Fields {
		b.add("people", "fields/"+x.ID, "field", nil, b.own(x.Clause), told("field", x.Text), only("fixed", x.Fixed), lying("places", x.Places))
	}
}

// kinds are what may be asked for, by whom, and what is promised.
func (b *lines) kinds() {
	for _, k := range b.p.Kinds {
		at, of := "kinds/"+k.Kind, ofKind(k.Kind)
		from := b.own(k.Clause)
		from.article = k.Basis
		if k.Clause == "" && k.Basis != "" {
			from = b.law(k.Basis)
		}
		how := "desk"
		if k.Online {
			how = "online"
		}
		b.add("kinds", at, "kind", of, from, coded("how", "how", how), shown("original", k.Original), told("words", k.Words))
		who := from
		who.article = "37(3)"
		if k.PersonOnly {
			who = origin{"reading", k.Clause, "37(3)", k.Reading, b.own("").source}
		}
		b.add("kinds", at+"/who", "who", of, who, coded("who", "filer", k.WhoMayFile...), only("person_only", k.PersonOnly))
		b.add("kinds", at+"/answer", "answer-to", of, b.own(k.Clause), coded("answer_to", "answer-to", k.AnswerTo))
		if m := KindMeasures[k.Kind]; len(m) > 0 {
			// The measures of a kind are the law's: the articles on its duties.
			b.add("kinds", at+"/measures", "measures", of, b.law(k.Basis), coded("measures", "measure", m...))
		}
		promised := b.own(k.Clause)
		if k.Promise != "" {
			b.add("kinds", at+"/promise", "promise", of, promised, coded("promise", "measure", k.Promise))
		}
		if k.NoGround {
			b.add("kinds", at+"/no-ground", "no-ground", of, promised)
		}
		if k.Ground != "" {
			b.add("kinds", at+"/ground", "ground-asked", of, promised, coded("ground", "ground-word", k.Ground))
		}
		if k.Freeze {
			b.add("kinds", at+"/freeze", "freeze", of, promised, shown("until", k.FreezeUntil))
		}
		if k.Investigate {
			b.add("kinds", at+"/investigate", "investigate", of, promised)
		}
		if k.Reading != "" {
			b.add("kinds", at+"/reading", "kind-reading", of, origin{"reading", k.Clause, k.Basis, k.Reading, promised.source}, shown("reading", k.Reading))
		}
		if len(k.Steps) > 0 {
			b.add("kinds", at+"/steps", "steps", of, promised, coded("steps", "stage", k.Steps...))
		}
		if k.Exposure {
			x := b.p.Times.Exposure
			b.add("kinds", at+"/suit", "suit", of, origin{layer: "law", article: lawArticle(x.Article, "39"), source: lawArticle(x.Source, b.law("").source)}, shown("rule", x.ID))
		}
	}
}

func lawArticle(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// identity are the rules of proof that can hold for a kind and a channel, in the
// order in which they are tried: up to the first that always holds.
func (b *lines) identity() {
	for _, k := range b.p.Kinds {
		for _, channel := range b.channels(k) {
			for i, c := range b.candidates(k, channel) {
				from := b.defaults()
				if c.own {
					from = b.own(k.Clause)
				}
				from.article = "37(1)"
				id := fmt.Sprintf("identity/%s/%s/%s", k.Kind, channel, "always")
				if c.rule.If != "" {
					id = fmt.Sprintf("identity/%s/%s/%d %s", k.Kind, channel, i+1, c.rule.If)
				}
				b.add("identity", id, "proof", append(ofKind(k.Kind), Name{Words: "channel", Code: channel}), from, coded("level", "level", c.rule.Level),
					coded("sensitive", "level", c.rule.SensitiveLevel), b.documents("documents", c.rule.Documents), only("contact", c.rule.Contact), coded("if", "condition", c.rule.If))
			}
		}
	}
	for _, id := range b.p.catalogue {
		d := b.p.documents[id]
		from := b.defaults()
		if b.p.ownDocuments[id] {
			from = b.own("")
		}
		from.article = d.Article
		how := d.How
		if how == "" {
			how = "picture"
		}
		for_ := d.For
		if for_ == "" {
			for_ = "identity"
		}
		b.add("identity", "documents/"+id, "document", []Name{{Words: "heading", Code: "papers"}}, from, told("document", d.Title), coded("for", "paper-for", for_), coded("how", "paper-how", how), told("mask", d.Mask))
	}
}

// channels are those of the desk, and any other that a rule of the kind names.
func (b *lines) channels(k KindOffer) []string {
	all := slices.Clone(b.p.Desk.Channels)
	for _, r := range k.Identity {
		for _, c := range r.Channels {
			if !has(all, c) {
				all = append(all, c)
			}
		}
	}
	return all
}

type candidate struct {
	rule IdentityRule
	own  bool
}

func (b *lines) candidates(k KindOffer, channel string) []candidate {
	var defaults []IdentityRule
	for _, d := range b.p.identity {
		if has(d.Kinds, k.Kind) {
			defaults = append(defaults, d.IdentityRule)
		}
	}
	var out []candidate
	for _, layer := range []struct {
		rules []IdentityRule
		own   bool
	}{{k.Identity, true}, {defaults, false}} {
		for _, general := range []bool{false, true} {
			for _, r := range layer.rules {
				if general != (len(r.Channels) == 0) || !general && !has(r.Channels, channel) {
					continue
				}
				out = append(out, candidate{r, layer.own})
				if r.If == "" {
					return out
				}
			}
		}
	}
	// What no rule names asks for L2, as in IdentityOf.
	return append(out, candidate{IdentityRule{Level: "L2", Contact: true}, false})
}

func (b *lines) documents(name string, ids []string) Fact {
	f := Fact{Name: name, Values: ids}
	for _, id := range ids {
		f.Texts = append(f.Texts, b.p.documents[id].Title)
	}
	return f
}

// exemptions are told kind by kind; a ground of the law that a pack leaves out
// is not there.
func (b *lines) exemptions() {
	seen := map[string]bool{}
	for _, k := range b.p.Kinds {
		for _, e := range b.p.Exemptions {
			if !has(e.Kinds, k.Kind) {
				continue
			}
			id := "exemptions/" + k.Kind + "/" + e.Ground
			if seen[id] {
				id += "/" + e.ID
			}
			seen[id] = true
			from := b.own(e.Clause)
			from.article, from.reading = e.Article, e.Reading
			switch e.Layer {
			case "law":
				from = b.law(e.Article)
			case "reading":
				from.layer = "reading"
			}
			var conditions []string
			for _, c := range e.conditions {
				if (c.kind == "" || c.kind == k.Kind) && !slices.Contains(conditions, c.text) {
					conditions = append(conditions, c.text)
				}
			}
			// A test of the pack whose text was not compiled with it is shown all the same.
			if e.If != "" && !slices.Contains(conditions, e.If) {
				conditions = append(conditions, e.If)
			}
			says := "exemption"
			if e.Text == "inverted" {
				says = "never"
			}
			b.add("exemptions", id, says, append(ofKind(k.Kind), Name{Words: "ground", Code: e.Ground}), from, shown("condition", e.Condition), coded("effect", "effect", e.Effect),
				coded("class", "class", e.Class), coded("approver", "role", e.Approver), told("evidence", e.Evidence), told("question", e.Question), told("reason", e.Reason),
				coded("if", "condition", conditions...), coded("stands", "stands", e.Text), shown("test", e.ID), shown("code", e.ReasonCode))
		}
	}
}

func (b *lines) fees() {
	for _, k := range b.p.Kinds {
		if k.FeePossible {
			n := 0
			for _, f := range b.p.Fees {
				if has(f.Kinds, k.Kind) {
					n++
				}
			}
			if n == 0 {
				b.add("fees", "fees/"+k.Kind+"/none", "no-fee", ofKind(k.Kind), b.law("38(1)"))
			}
		}
	}
	for i, f := range b.p.Fees {
		for _, k := range f.Kinds {
			from := b.own(f.Clause)
			from.article = "38(1)"
			id := "fees/" + k
			if f.If != "" {
				id += fmt.Sprintf("/%d", i)
			}
			b.add("fees", id, "fee", ofKind(k), from, shown("yen", strconv.Itoa(f.Yen)), told("text", f.Text), coded("if", "condition", f.If))
		}
	}
	// The law forbids a fee on every other kind.
	for _, k := range b.p.Kinds {
		if !k.FeePossible && k.Basis != "" {
			b.add("fees", "fees/"+k.Kind+"/never", "fee-never", ofKind(k.Kind), b.law("38(1)"))
		}
	}
}

// clocks are the statute's dues and the office's own times, each with its rule,
// source and calendar.
func (b *lines) clocks(on clock.Date) {
	for _, k := range b.p.Kinds {
		for _, c := range b.p.LegalClocks(k.Kind, on) {
			b.add("clocks", "clocks/law/"+k.Kind+"/"+c.Rule.ID, "legal", append(ofKind(k.Kind), Name{Code: c.Rule.ID, Text: c.Rule.Title}),
				origin{layer: "law", article: c.Rule.Article, source: lawArticle(c.Rule.Source, "rules/"+c.Rule.Regime+".yaml")}, b.amount(c.Rule, c.Calendar)...)
		}
	}
	for _, r := range b.p.Rules() {
		from := b.defaults()
		switch {
		case r.ID == b.p.Times.Exposure.ID && r.Kind == clock.Exposure:
			r = b.p.ExposureOn(on)
			from = origin{layer: "law", article: lawArticle(r.Article, "39"), source: lawArticle(r.Source, "rules/"+r.Regime+".yaml")}
		case r.Kind == clock.Promise:
			from = b.own("")
		case b.p.Demonstration:
			from.source = "defaults.yaml, demonstration/"
		}
		calendar := r.Calendar
		if calendar == "" {
			calendar = b.p.Calendar
		}
		b.add("clocks", "clocks/"+r.ID, "time", []Name{{Words: "time", Code: r.ID}}, from, b.amount(r, calendar)...)
	}
}

func (b *lines) amount(r clock.Rule, calendar string) []Fact {
	facts := []Fact{{Name: "amount", Words: "amount", Values: []string{fmt.Sprintf("%d %s", r.N, r.Unit)}}, coded("start", "start", r.Start),
		coded("end_point", "end-point", string(r.EndPoint)), coded("first_day", "first-day", string(r.FirstDay)), coded("roll", "roll", string(r.Roll)), shown("calendar", calendar), shown("rule", r.ID)}
	var pauses []string
	for _, cause := range slices.Sorted(maps.Keys(r.Pauses)) {
		pauses = append(pauses, cause+" "+string(r.Pauses[cause]))
	}
	facts = append(facts, Fact{Name: "pauses", Words: "pause", Values: pauses})
	if x := r.Extension; x != nil {
		facts = append(facts, Fact{Name: "extension", Words: "amount", Values: []string{fmt.Sprintf("%d %s", x.Amount, r.Unit)}},
			counted("times", max(x.MaxTimes, 1)), coded("base", "base", x.Base), only("notice", x.NoticeBefore != ""), only("reasons", x.ReasonsRequired), coded("grounds", "extension-ground", x.Grounds...))
	}
	return facts
}

func (b *lines) numbers() {
	t := b.p.Times
	for _, x := range []struct {
		name string
		n    int
		own  bool
	}{
		{"max_downloads", t.MaxDownloads, b.p.ownNumbers.sets(func(n *numbers) *int { return n.MaxDownloads })},
		{"code_minutes", t.CodeMinutes, b.p.ownNumbers.sets(func(n *numbers) *int { return n.CodeMinutes })},
		{"code_tries", t.CodeTries, b.p.ownNumbers.sets(func(n *numbers) *int { return n.CodeTries })},
		{"code_resend_seconds", t.CodeResendSeconds, b.p.ownNumbers.sets(func(n *numbers) *int { return n.CodeResendSeconds })},
		{"codes_per_hour", t.CodesPerHour, b.p.ownNumbers.sets(func(n *numbers) *int { return n.CodesPerHour })},
		{"escalation_open_days_before", t.EscalationOpenDaysBefore, b.p.ownNumbers.sets(func(n *numbers) *int { return n.EscalationDays })},
		{"reopen_days", t.ReopenDays, b.p.ownNumbers.sets(func(n *numbers) *int { return n.ReopenDays })},
		{"transit_days", t.TransitDays, b.p.ownNumbers.sets(func(n *numbers) *int { return n.TransitDays })},
		{"draft_days", t.DraftDays, b.p.ownNumbers.sets(func(n *numbers) *int { return n.DraftDays })},
		{"retention_days", t.RetentionDays, b.p.ownNumbers.sets(func(n *numbers) *int { return n.RetentionDays })},
		{"evidence_years", t.EvidenceYears, b.p.ownNumbers.sets(func(n *numbers) *int { return n.EvidenceYears })},
		{"upload_mb", t.UploadMB, b.p.ownNumbers.sets(func(n *numbers) *int { return n.UploadMB })},
		{"upload_files", t.UploadFiles, b.p.ownNumbers.sets(func(n *numbers) *int { return n.UploadFiles })},
		{"mail_sends", t.MailSends, b.p.ownNumbers.sets(func(n *numbers) *int { return n.MailSends })},
		{"image_hours", t.ImageHours, b.p.ownNumbers.sets(func(n *numbers) *int { return n.ImageHours })},
	} {
		from := b.defaults()
		if x.own {
			from = b.own("")
		}
		b.add("numbers", "numbers/"+x.name, "number", []Name{{Words: "number", Code: x.name}}, from, shown("number", strconv.Itoa(x.n)))
	}
	from := b.defaults()
	if b.p.ownNumbers != nil && b.p.ownNumbers.EscalationShares != nil {
		from = b.own("")
	}
	var shares []string
	for _, s := range t.EscalationShares {
		shares = append(shares, strconv.Itoa(s))
	}
	b.add("numbers", "numbers/escalation_shares", "number", []Name{{Words: "number", Code: "escalation_shares"}}, from, coded("number", "percent", shares...))
	from = b.defaults()
	if b.p.ownNumbers != nil && b.p.ownNumbers.StageShares != nil {
		from = b.own("")
	}
	for _, stage := range slices.SortedFunc(maps.Keys(t.StageShares), func(x, y string) int {
		return cmp.Or(t.StageShares[x]-t.StageShares[y], strings.Compare(x, y))
	}) {
		b.add("numbers", "numbers/stage_shares/"+stage, "stage-share", []Name{{Words: "stage", Code: stage}}, from, coded("number", "percent", strconv.Itoa(t.StageShares[stage])))
	}
}

// sets reports whether the pack writes a number of its own.
func (n *numbers) sets(of func(*numbers) *int) bool { return n != nil && of(n) != nil }

func (b *lines) holders() {
	for _, r := range b.p.Recipients {
		b.add("recipients", "recipients/"+r.ID, "recipient", nil, b.own(r.Clause), told("recipient", r.Text), coded("role", "recipient-role", r.Role), lying("receives", r.Receives), coded("if", "condition", r.If))
	}
	for _, s := range b.p.Systems {
		country := s.Country
		b.add("systems", "systems/"+s.ID, "system", nil, b.own(""), told("system", s.Title), shown("country", country), only("holds", s.Holds), shown("mapping", s.Mapping))
	}
}

func (b *lines) keeping() {
	for _, r := range b.p.Retention {
		b.add("retention", "retention/"+r.ID, "retention", nil, b.own(r.Clause), told("text", r.Text), counted("years", r.Years), shown("from", r.From), told("statute", r.Statute), lying("places", r.Places))
	}
}

// protection are the security measures, who handles data, recording and where to
// complain. A measure has no ID: one is told from another by its clause, and by
// its place among those of one clause.
func (b *lines) protection() {
	seen := map[string]int{}
	for _, m := range b.p.Security {
		seen[m.Clause]++
		b.add("security", fmt.Sprintf("security/%s/%d", m.Clause, seen[m.Clause]), "security", nil, b.own(m.Clause), told("security", m.Text))
	}
	if r := b.p.Roles; r != nil {
		b.add("roles", "roles", "roles", nil, b.own(r.Clause), told("roles", r.Text), only("appointments", r.Appointments))
	}
	if r := b.p.Recording; r != nil {
		b.add("roles", "recording", "recording", nil, b.own(r.Clause), told("recording", r.Text), coded("purposes", "recording-purpose", r.Purposes...))
	}
	for _, c := range b.p.Complaints {
		b.add("complaints", "complaints/"+c.ID, "complaint", nil, b.own(c.Clause), told("complaint", c.Name), told("address", c.Address), coded("sort", "body", c.Kind))
	}
	if b.p.Law != nil && len(b.p.Law.Authority.Name) > 0 {
		a := b.p.Law.Authority
		b.add("complaints", "complaints/authority/"+a.ID, "complaint", nil, b.law("36, 40"), told("complaint", a.Name), told("address", a.Address), coded("sort", "body", a.Kind))
	}
	a := b.p.Amendment
	b.add("amendment", "amendment", "amendment", nil, b.own(a.Clause), told("amendment", a.Text), coded("reach", "reach", a.Reach), only("notify", a.Notify), only("no_weakening", a.NoWeakening))
}

// words are the readings, the requirements and what the policy does not say.
func (b *lines) words() {
	source := b.own("").source
	for _, r := range b.p.Readings {
		b.add("readings", "readings/"+r.ID, "reading", []Name{{Code: r.ID}}, origin{"reading", r.Clause, r.Article, r.ID, source}, shown("literal", r.Literal), shown("carried", r.Reading), shown("disables", r.Disables...), Fact{Name: "carries", Values: pairs(r.Carries)})
	}
	for _, r := range b.p.Requirements {
		b.add("requirements", "requirements/"+r.ID, "requirement", []Name{{Code: r.ID}}, b.own(r.Clause), shown("summary", r.Summary), coded("by", "by", r.By), shown("later", r.Later))
	}
	for _, m := range b.p.ToBeSupplied {
		from := b.own("")
		from.article = "32(1)"
		b.add("missing", "missing/"+m.Field, "missing", nil, from, coded("missing", "missing", m.Field), shown("note", m.Note))
	}
}

// pairs are the entries of a mapping, "key: value", by key.
func pairs(m map[string]string) (out []string) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+": "+m[k])
	}
	return out
}

// Together puts lines that differ in nothing but their kind into one, and then
// those that differ in nothing but the way in, for a page: twelve kinds that the
// same people may ask for are one line. A line keeps the ID of the first.
func Together(all []Line) []Line { return merged(merged(all, "kind"), "channel") }

func merged(all []Line, words string) []Line {
	var out []Line
	at := map[string]int{}
	for _, l := range all {
		var mine []Name
		same := l
		same.ID, same.Of = "", nil
		for _, n := range l.Of {
			if n.Words == words {
				mine = append(mine, n)
			} else {
				same.Of = append(same.Of, n)
			}
		}
		key := fmt.Sprintf("%+v", same)
		i, ok := at[key]
		if !ok || len(mine) == 0 {
			at[key] = len(out)
			out = append(out, l)
			continue
		}
		last := 0
		for j, n := range out[i].Of {
			if n.Words == words {
				last = j + 1
			}
		}
		out[i].Of = slices.Insert(slices.Clone(out[i].Of), last, mine...)
	}
	return out
}
