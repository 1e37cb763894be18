package server

import (
	"html/template"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// step is one page of the form: one question, or a few that belong together.
type step struct {
	slug string
	// title is a catalogue key.
	title string
	// intro is a sentence below it, "" for none; lead are more that depend on
	// the organisation and the answers.
	intro string
	lead  func(v *visit, a answers) []template.HTML
	// names are the answers it asks for.
	names []string
	// fields draws it with what was typed and what is wrong.
	fields func(v *visit, a answers, ms mistakes) []field
	// check reads its answers into the filing.
	check func(v *visit, a answers, f *dsr.Filing) mistakes
	// rows are its lines on the page of answers.
	rows func(v *visit, a answers, f dsr.Filing) []row
}

// row is one line of the page of answers.
type row struct {
	Label  string // catalogue key
	N      int    // numbers lines of one sort; 0 for none
	Value  string
	Step   string
	Change string // address of the page that changes it
	// Missing marks what still has to be answered.
	Missing bool
}

// steps are the pages that apply to these answers, in order. The page of
// letters is not among them: it is reached from the page of answers, because
// the voice of the pages is a good first answer.
func (v *visit) steps(a answers) []step {
	var all []step
	if len(v.choices()) > 1 {
		all = append(all, wishesStep)
	}
	all = append(all, relationStep)
	if len(v.pack.Services) > 0 {
		all = append(all, serviceStep)
	}
	all = append(all, whomStep)
	if a["whom"] == somebodyElse {
		all = append(all, actingStep, representativeStep)
	}
	kinds := v.wished(a)
	if slices.Contains(kinds, dsr.KindDisclosure) {
		all = append(all, dataStep)
	}
	for _, k := range []dsr.Kind{dsr.KindCorrection, dsr.KindAddition} {
		if slices.Contains(kinds, k) {
			all = append(all, claimSteps(k, a)...)
		}
	}
	if v.wants(a, "away") {
		all = append(all, awayStep)
	}
	for _, k := range []dsr.Kind{dsr.KindDeletion, dsr.KindErasure, dsr.KindSuspension} {
		switch {
		case !slices.Contains(kinds, k):
		case v.byContent(a, k):
			all = append(all, contentStep)
		default:
			all = append(all, scopeSteps[k], groundSteps[k])
		}
	}
	all = append(all, personStep, detailsStep, reachStep)
	if slices.Contains(kinds, dsr.KindDisclosure) {
		all = append(all, deliveryStep)
	}
	return all
}

// stepOf finds a step by the end of its address.
func (v *visit) stepOf(slug string, a answers) (step, int, int, bool) {
	all := v.steps(a)
	for i, st := range all {
		if st.slug == slug {
			return st, i + 1, len(all), true
		}
	}
	if slug == lettersStep.slug {
		return lettersStep, 0, 0, true
	}
	return step{}, 0, 0, false
}

// wrong makes a list of one mistake. Its sentence is portal.wrong.<key>.
func (v *visit) wrong(field, key string, args ...any) mistakes {
	return mistakes{{Field: field, Text: v.t("portal.wrong."+key, args...)}}
}

// tooLong says so when a text has more characters than it may.
func (v *visit) tooLong(field, text string, limit int) mistakes {
	if n := utf8.RuneCountInString(text); n > limit {
		return v.wrong(field, "too-long", "limit", limit, "length", n)
	}
	return nil
}

// relationStep asks who the person is to the organisation. Everybody whose data
// is held may ask (Art. 33(1)), so the pack's list always ends with "other".
var relationStep = step{
	slug: "relation", title: "portal.population.title", names: []string{"relation"},
	fields: func(v *visit, a answers, ms mistakes) []field {
		var os []option
		for _, p := range v.pack.Populations {
			o := option{Value: p.ID, Label: v.packHTML(p.Text), Hint: v.packHTML(p.Hint)}
			if p.Entrusted {
				o.Hint = template.HTML(strings.TrimSpace(string(o.Hint) + " " + string(v.h("portal.population.entrusted"))))
			}
			os = append(os, o)
		}
		f := v.radios("relation", "portal.population.title", a["relation"], ms, os...)
		f.Alone = true
		return []field{f}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		for _, p := range v.pack.Populations {
			if p.ID == a["relation"] {
				f.Person.Population = p.ID
				return nil
			}
		}
		return v.wrong("relation", "relation")
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		value := ""
		for _, p := range v.pack.Populations {
			if p.ID == f.Person.Population {
				value = v.packText(p.Text)
			}
		}
		return []row{{Label: "portal.row.relation", Value: value}}
	},
}

// unknownService is the answer of somebody who does not know where the data
// came from.
const unknownService = "do-not-know"

// serviceStep asks where the data came from, at organisations whose services have
// terms of their own. Not to know is an answer.
var serviceStep = step{
	slug: "service", title: "portal.service.title", names: []string{"service"},
	fields: func(v *visit, a answers, ms mistakes) []field {
		var os []option
		for _, p := range v.pack.Services {
			os = append(os, option{Value: p.ID, Label: v.packHTML(p.Text)})
		}
		if !slices.ContainsFunc(v.pack.Services, func(p policy.Service) bool { return p.ID == "unknown" }) {
			os = append(os, option{Value: unknownService, Label: v.h("portal.service.unknown")})
		}
		f := v.radios("service", "portal.service.title", a["service"], ms, os...)
		f.Alone = true
		return []field{f}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		if a["service"] == unknownService {
			return nil
		}
		for _, p := range v.pack.Services {
			if p.ID == a["service"] {
				f.Person.Service = p.ID
				return nil
			}
		}
		return v.wrong("service", "service")
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		value := ""
		if a["service"] == unknownService {
			value = v.t("portal.service.unknown")
		}
		for _, p := range v.pack.Services {
			if p.ID == f.Person.Service {
				value = v.packText(p.Text)
			}
		}
		return []row{{Label: "portal.row.service", Value: value}}
	},
}

// whomStep asks for whom the request is made: for oneself, or for somebody
// else. A representative is never turned away here: the desk sees the papers,
// and a second person admits them (Art. 37(3), Order 13).
var whomStep = step{
	slug: "whom", title: "portal.whom.title", names: []string{"whom"},
	fields: func(v *visit, a answers, ms mistakes) []field {
		f := v.radios("whom", "portal.whom.title", a["whom"], ms, option{Value: "me", Label: v.h("portal.whom.me")},
			option{Value: somebodyElse, Label: v.h("portal.whom.other"), Hint: v.h("portal.whom.other-hint")})
		f.Alone = true
		return []field{f}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		if a["whom"] != "me" && a["whom"] != somebodyElse {
			return v.wrong("whom", "whom")
		}
		return nil
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		value := ""
		if a["whom"] == "me" || a["whom"] == somebodyElse {
			value = v.t("portal.whom." + a["whom"])
		}
		return []row{{Label: "portal.row.whom", Value: value}}
	},
}

// dataStep is the scope of a disclosure.
var dataStep = scopeStep(dsr.KindDisclosure)

// scopeSteps and groundSteps are those of the kinds that have both.
var scopeSteps, groundSteps = map[dsr.Kind]step{}, map[dsr.Kind]step{}

func init() {
	for _, k := range []dsr.Kind{dsr.KindDeletion, dsr.KindErasure, dsr.KindSuspension} {
		scopeSteps[k], groundSteps[k] = scopeStep(k), groundStep(k)
	}
}

// personStep asks by what the person is found: name, reading, other names, date of
// birth. Only name and birth date must be given.
var personStep = step{
	slug: "person", title: "portal.person.title", intro: "portal.person.hint", names: []string{"full_name", "kana", "other_names", "year", "month", "day"},
	fields: func(v *visit, a answers, ms mistakes) []field {
		self := a["whom"] != somebodyElse
		key := "portal.person.name"
		if !self {
			key = "portal.person.name-other"
		}
		name := v.text("full_name", key, a["full_name"], ms, false)
		kana := v.text("kana", "portal.person.kana", a["kana"], ms, true)
		other := v.text("other_names", "portal.person.other-names", a["other_names"], ms, true)
		y := v.text("year", "portal.person.year", a["year"], ms, false)
		m := v.text("month", "portal.person.month", a["month"], ms, false)
		d := v.text("day", "portal.person.day", a["day"], ms, false)
		y.Kind, m.Kind, d.Kind = "part", "part", "part"
		y.Size, m.Size, d.Size = "year", "short", "short"
		m.InputMode, d.InputMode = "numeric", "numeric"
		y.Mark, m.Mark, d.Mark = "", "", ""
		if self {
			name.Autocomplete = "name"
			y.Autocomplete, m.Autocomplete, d.Autocomplete = "bday-year", "bday-month", "bday-day"
		}
		born := field{ID: "born", Kind: "date", Label: v.h("portal.person.born"), Hint: v.h("portal.person.born-hint"), Mark: v.mark(false)}
		// In the order in which people say a date in this voice.
		born.Parts = []field{y, m, d}
		if v.voice != dsr.VoiceJa && v.voice != dsr.VoiceJaEasy {
			born.Parts = []field{d, m, y}
		}
		// One sentence for the three fields: the one that is wrong.
		for _, p := range born.Parts {
			if p.Error != "" {
				born.Error = p.Error
			}
		}
		return []field{name, kana, other, born}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		var ms mistakes
		f.Person.Name = tidy(a["full_name"])
		f.Person.Kana = katakana(tidy(a["kana"]))
		f.Person.OtherNames = tidy(a["other_names"])
		if f.Person.Name == "" {
			ms = append(ms, v.wrong("full_name", "full_name")...)
		}
		ms = append(ms, v.tooLong("full_name", f.Person.Name, 200)...)
		ms = append(ms, v.tooLong("kana", f.Person.Kana, 200)...)
		ms = append(ms, v.tooLong("other_names", f.Person.OtherNames, 300)...)
		born, problem, at := birthDate(a, v.now().In(v.zone))
		if problem != "" {
			ms = append(ms, v.wrong(at, "born."+problem)...)
		}
		f.Person.BornOn = born
		return ms
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		born := ""
		if f.Person.BornOn != "" {
			born = v.birthday(f.Person.BornOn)
		}
		name := "portal.person.name"
		if a["whom"] == somebodyElse {
			name = "portal.person.name-other"
		}
		rs := []row{{Label: name, Value: f.Person.Name}, {Label: "portal.person.kana", Value: v.orNot(f.Person.Kana)}}
		if f.Person.OtherNames != "" {
			rs = append(rs, row{Label: "portal.row.other-names", Value: f.Person.OtherNames})
		}
		return append(rs, row{Label: "portal.person.born", Value: born})
	},
}

// detailsStep asks for what helps to find the right record. All of it may stay
// empty: somebody who has forgotten a number has the same right.
var detailsStep = step{
	slug: "details", title: "portal.details.title", intro: "portal.details.intro", names: []string{"number", "address"},
	fields: func(v *visit, a answers, ms mistakes) []field {
		number := v.text("number", "portal.person.number", a["number"], ms, true)
		address := v.area("address", "portal.person.address", a["address"], ms, true)
		address.Rows = 3
		if a["whom"] != somebodyElse {
			address.Autocomplete = "street-address"
		}
		return []field{number, address}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		f.Person.Number = dashes.Replace(tidy(a["number"]))
		f.Person.Address = tidyLines(a["address"])
		return append(v.tooLong("number", f.Person.Number, 60), v.tooLong("address", f.Person.Address, 500)...)
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		return []row{{Label: "portal.person.number", Value: v.orNot(f.Person.Number)}, {Label: "portal.row.address", Value: v.orNot(f.Person.Address)}}
	},
}

// reachStep asks how the person is reached. Post alone is enough: nobody needs an
// electronic address to ask about their own data.
var reachStep = step{
	slug: "reach", title: "portal.contact.title", names: []string{"reach", "mail", "phone", "post"},
	fields: func(v *visit, a answers, ms mistakes) []field {
		mail := v.text("mail", "portal.contact.mail", a["mail"], ms, false)
		mail.Type, mail.Autocomplete = "email", "email"
		phone := v.text("phone", "portal.contact.phone", a["phone"], ms, true)
		phone.Type, phone.Autocomplete, phone.Size = "tel", "tel", "code"
		post := v.area("post", "portal.contact.address", a["post"], ms, false)
		post.Rows, post.Autocomplete = 3, "street-address"
		f := v.radios("reach", "portal.contact.title", a["reach"], ms,
			option{Value: "mail", Label: v.h("portal.contact.by-mail"), Hint: v.h("portal.contact.by-mail-hint"), Reveal: []field{mail, phone}},
			option{Value: "post", Label: v.h("portal.contact.by-post"), Hint: v.h("portal.contact.by-post-hint"), Reveal: []field{post}})
		f.Alone = true
		return []field{f}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		switch a["reach"] {
		case "mail":
			f.Contact.Mail = tidyMail(a["mail"])
			f.Contact.Phone = tidyPhone(a["phone"])
			var ms mistakes
			if f.Contact.Mail == "" {
				ms = append(ms, v.wrong("mail", "mail.missing")...)
			} else if !goodMail(f.Contact.Mail) {
				ms = append(ms, v.wrong("mail", "mail")...)
			}
			if f.Contact.Phone != "" && !phoneShape.MatchString(f.Contact.Phone) {
				ms = append(ms, v.wrong("phone", "phone")...)
			}
			return ms
		case "post":
			f.Contact.ByPost = true
			f.Contact.Address = tidyLines(a["post"])
			if f.Contact.Address == "" {
				return v.wrong("post", "post")
			}
			return v.tooLong("post", f.Contact.Address, 500)
		}
		return v.wrong("reach", "reach")
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		if f.Contact.ByPost {
			return []row{{Label: "portal.contact.address", Value: f.Contact.Address}}
		}
		rs := []row{{Label: "portal.contact.mail", Value: f.Contact.Mail}}
		if f.Contact.Phone != "" {
			rs = append(rs, row{Label: "portal.person.phone", Value: f.Contact.Phone})
		}
		return rs
	},
}

// deliveries are the ways in which the answer can come to somebody who is
// reached like this: opening it here needs a code by mail.
func (v *visit) deliveries(a answers) []string {
	ways := []string{"post"}
	if a["reach"] != "post" {
		ways = []string{"download", "post"}
	}
	if contains(v.pack.Desk.Channels, "counter") {
		ways = append(ways, "counter")
	}
	return ways
}

// deliveryStep asks how the answer should come: the person chooses the method
// (Art. 33(1)), and the desk says so if it is difficult.
var deliveryStep = step{
	slug: "delivery", title: "portal.delivery.title", names: []string{"delivery", "delivery_post"},
	fields: func(v *visit, a answers, ms mistakes) []field {
		var os []option
		for _, w := range v.deliveries(a) {
			o := option{Value: w, Label: v.h("portal.delivery." + w), Hint: v.h("portal.delivery." + w + "-hint")}
			if w == "post" && a["reach"] != "post" {
				address := v.area("delivery_post", "portal.contact.address", a["delivery_post"], ms, false)
				address.Rows = 3
				o.Reveal = []field{address}
			}
			os = append(os, o)
		}
		f := v.radios("delivery", "portal.delivery.title", a["delivery"], ms, os...)
		f.Alone = true
		return []field{f}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		if !contains(v.deliveries(a), a["delivery"]) {
			return v.wrong("delivery", "delivery")
		}
		wish(f, dsr.KindDisclosure).Delivery = a["delivery"]
		if a["delivery"] == "post" && !f.Contact.ByPost {
			f.Contact.Address = tidyLines(a["delivery_post"])
			if f.Contact.Address == "" {
				return v.wrong("delivery_post", "post")
			}
			return v.tooLong("delivery_post", f.Contact.Address, 500)
		}
		return nil
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		value := ""
		if d := wish(&f, dsr.KindDisclosure).Delivery; d != "" {
			value = v.t("portal.delivery." + d)
			if d == "post" && !f.Contact.ByPost {
				value += "\n" + f.Contact.Address
			}
		}
		return []row{{Label: "portal.row.delivery", Value: value}}
	},
}

// lettersStep asks for the voice of the letters, when it is to be another one than
// that of the pages.
var lettersStep = step{
	slug: "letters", title: "portal.contact.voice", names: []string{"letters"},
	fields: func(v *visit, a answers, ms mistakes) []field {
		var os []option
		for _, x := range dsr.Voices {
			os = append(os, option{Value: string(x), Label: template.HTML(template.HTMLEscapeString(voiceName(x)))})
		}
		f := v.radios("letters", "portal.contact.voice", string(v.lettersVoice(a)), ms, os...)
		f.Alone = true
		return []field{f}
	},
	check: func(v *visit, a answers, f *dsr.Filing) mistakes {
		if !dsr.Voice(a["letters"]).Valid() {
			return v.wrong("letters", "letters")
		}
		return nil
	},
	rows: func(v *visit, a answers, f dsr.Filing) []row {
		return []row{{Label: "portal.contact.voice", Value: voiceName(v.lettersVoice(a))}}
	},
}

// orNot is an optional answer, or that there is none.
func (v *visit) orNot(s string) string {
	if s == "" {
		return v.t("portal.check.empty")
	}
	return s
}

// packHTML is a text of the pack for a page.
func (v *visit) packHTML(m map[string]string) template.HTML {
	return template.HTML(template.HTMLEscapeString(v.packText(m)))
}

// beginPage is what to know before the form: what you get, how long it takes,
// what it costs, what to have ready.
type beginPage struct {
	// Choice names what was chosen on the start page; Card and Hint are its
	// catalogue keys, those of the open question where nothing was chosen.
	Choice     string
	Card, Hint string
	Fee        string
	Documents  []string
	// Resume leads back into a form that was begun and not sent; Add says that
	// this choice is not in it yet and can be added.
	Resume string
	Add    bool
}

// name is the template's.
func (beginPage) name() string { return "portal/begin" }

// chosen is the choice that a page was asked for: a kind, a choice's own name,
// or several. An address without one is that of a disclosure.
func (v *visit) chosen(kind string) (c choice, ok bool) {
	cs := v.choices()
	if len(cs) == 0 {
		return choice{}, false
	}
	if kind == "" {
		if c, ok = v.choiceOf(dsr.KindDisclosure); ok {
			return c, true
		}
		kind = several
	}
	if kind == several {
		if len(cs) == 1 {
			return cs[0], true
		}
		return choice{name: several}, true
	}
	for _, c := range cs {
		if c.name == kind {
			return c, true
		}
	}
	return v.choiceOf(dsr.Kind(kind))
}

// begin is GET /o/:slug/request.
func (s *Server) begin(v *visit) error {
	kind := v.QueryParam("kind")
	c, ok := v.chosen(kind)
	if !ok {
		if kind == "" {
			kind = string(dsr.KindDisclosure)
		}
		return s.notOnline(v, kind)
	}
	p := beginPage{Choice: c.name, Card: "portal.wish.title", Hint: "portal.begin.several"}
	kinds := c.kinds
	if c.name != several {
		p.Card, p.Hint = c.card(), c.hint()
	} else {
		for _, x := range v.choices() {
			kinds = append(kinds, x.kinds...)
		}
	}
	if slices.Contains(kinds, dsr.KindDisclosure) {
		p.Fee = v.fee(string(dsr.KindDisclosure))
	}
	for _, d := range papersOf(kinds, v.proofsOf(dsr.IdentityState{}, dsr.ChannelPortal)) {
		p.Documents = append(p.Documents, v.packText(d.Title))
	}
	if token := s.cookie(v.Context, draftCookie+v.pack.Slug); token != "" {
		d, err := v.office.Draft(v.ctx, token)
		if err == nil && len(d.Answers) > 0 {
			p.Resume = v.path("/request/check")
			p.Add = c.name != several && !v.wants(d.Answers, c.name)
		}
	}
	return v.render(http.StatusOK, p)
}

// beginForm is POST /o/:slug/request: a new draft and the first question that
// the start page did not answer.
func (s *Server) beginForm(v *visit) error {
	c, ok := v.chosen(v.form("kind"))
	if !ok {
		return dsr.Fail(dsr.NotFound, "error.not-found")
	}
	if token := s.cookie(v.Context, draftCookie+v.pack.Slug); token != "" && v.form("add") != "" && c.name != several {
		d, err := v.office.Draft(v.ctx, token)
		if err == nil {
			if d.Answers == nil {
				d.Answers = map[string]string{}
			}
			d.Answers["want_"+c.name] = "yes"
			err = v.office.SaveDraft(v.ctx, d)
			if err != nil {
				return err
			}
			// The page of answers leads to what is still to be said.
			return v.see(v.path("/request/check"))
		}
		if dsr.FaultOf(err) != dsr.NotFound {
			return err
		}
	}
	err := v.beginDraft()
	if err != nil {
		return err
	}
	if c.name == several {
		return v.see(v.path("/request/" + wishesStep.slug))
	}
	if len(v.choices()) > 1 {
		v.draft.Answers["want_"+c.name] = "yes"
		err = v.office.SaveDraft(v.ctx, *v.draft)
		if err != nil {
			return err
		}
	}
	return v.see(v.path("/request/" + relationStep.slug))
}

// question is GET /o/:slug/request/:step.
func (s *Server) question(v *visit) error {
	a := v.guess(answers(v.draft.Answers), v.Param("step"))
	st, at, of, ok := v.stepOf(v.Param("step"), a)
	if !ok {
		return dsr.Fail(dsr.NotFound, "error.not-found")
	}
	return v.renderQuestion(http.StatusOK, st, at, of, a, nil)
}

// renderQuestion shows one page of the form.
func (v *visit) renderQuestion(status int, st step, at, of int, a answers, ms mistakes) error {
	title := st.title
	if st.slug == personStep.slug && a["whom"] == somebodyElse {
		title = "portal.person.title-other"
	}
	p := formPage{Title: v.t(title, "organisation", v.organisation()), Action: v.path("/request/" + st.slug), Button: v.t("button.continue"),
		Fields: st.fields(v, a, ms), Mistakes: ms, Step: at, Steps: of, Back: v.path("/request")}
	if st.intro != "" {
		p.Intro = append(p.Intro, v.h(st.intro))
	}
	if st.lead != nil {
		p.Intro = append(p.Intro, st.lead(v, a)...)
	}
	if at > 1 {
		p.Back = v.path("/request/" + v.steps(a)[at-2].slug)
	}
	if v.FormValue("return") == "check" || at == 0 {
		p.Back = v.path("/request/check")
		p.Hidden = append(p.Hidden, pair{"return", "check"})
	}
	return v.render(status, p)
}

// answerQuestion is POST /o/:slug/request/:step: the page's answers go into
// the draft, and the next page is shown.
func (s *Server) answerQuestion(v *visit) error {
	a := answers{}
	for k, x := range v.draft.Answers {
		a[k] = x
	}
	slug := v.Param("step")
	a = v.guess(a, slug)
	st, at, of, ok := v.stepOf(slug, a)
	if !ok {
		return dsr.Fail(dsr.NotFound, "error.not-found")
	}
	for _, n := range st.names {
		a[n] = strings.TrimSpace(clip(v.FormValue(n)))
	}
	f := dsr.Filing{Wishes: v.emptyWishes(a)}
	// The address of the answer depends on how the person is reached.
	f.Contact.ByPost = a["reach"] == "post"
	ms := st.check(v, a, &f)
	// The draft keeps what was right the last time; the page shows what was typed.
	if len(ms) > 0 {
		return v.renderQuestion(http.StatusUnprocessableEntity, st, at, of, a, ms)
	}
	// As typed, not as tidied: a page that is opened again shows their own words.
	v.draft.Answers = a
	err := v.office.SaveDraft(v.ctx, *v.draft)
	if dsr.FaultOf(err) == dsr.Unavailable {
		ms = mistakes{{Field: st.names[0], Text: v.t("portal.wrong.not-saved")}}
		return v.renderQuestion(http.StatusServiceUnavailable, st, at, of, a, ms)
	}
	if err != nil {
		return err
	}
	if v.FormValue("return") == "check" {
		// An answer that was changed can open a question that was not asked before.
		_, wrong := v.filing(a, "")
		for _, x := range v.steps(a) {
			if len(wrong[x.slug]) > 0 {
				return v.see(v.path("/request/" + x.slug + "?return=check"))
			}
		}
		return v.see(v.path("/request/check"))
	}
	all := v.steps(a)
	for i, x := range all {
		if x.slug == slug && i+1 < len(all) {
			return v.see(v.path("/request/" + all[i+1].slug))
		}
	}
	return v.see(v.path("/request/check"))
}

// guess says what is wanted when a page is sent whose draft is gone: who
// answers the question of one choice has made that choice.
func (v *visit) guess(a answers, slug string) answers {
	for _, c := range v.choices() {
		if v.wants(a, c.name) {
			return a
		}
	}
	out := answers{}
	for k, x := range a {
		out[k] = x
	}
	for _, c := range v.choices() {
		if c.name == slug || (c.name == "disclosure" && (slug == dataStep.slug || slug == deliveryStep.slug)) {
			out["want_"+c.name] = "yes"
		}
	}
	return out
}

// clip bounds what is kept of a field: more than anybody types by hand.
func clip(s string) string {
	const most = 8000
	n := 0
	for i := range s {
		if n == most {
			return s[:i]
		}
		n++
	}
	return s
}
