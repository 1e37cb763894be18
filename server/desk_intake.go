package server

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// keyInPage is the form for what did not come over the portal, in the order of
// a telephone call.
type keyInPage struct {
	FormToken  string
	A          answers
	Mistakes   mistakes
	Channels   []dsr.Channel
	Voices     []dsr.Voice
	Kinds      []policy.KindOffer
	Population []policy.Population
	Services   []policy.Service
	// Recording is the notice to be read out, in the voice in which the caller
	// speaks: so it stands in each.
	Recording []spoken
	// Claims are the rows of a correction as typed, with empty ones to fill.
	Claims []claimRow
	// Fields are what this organisation's forms offer as disputable.
	Fields []policy.DataField
	// Grounds and Relations are codes; NoGround are the kinds for which the
	// policy asks for no ground, PersonOnly those whose text admits the person
	// alone.
	Grounds, Relations   []string
	NoGround, PersonOnly []policy.KindOffer
	// Post says that letters are taken: then a request has three days.
	Post bool
	// Today and Now fill the arrival of a call that is going on.
	Today, Now string
	// Again: the same form was sent with other content; the button files it
	// as a new request.
	Again bool
}

func (keyInPage) name() string        { return "desk/key-in" }
func (p keyInPage) hasMistakes() bool { return len(p.Mistakes) > 0 || p.Again }

// Wrong is the sentence for a field.
func (p keyInPage) Wrong(field string) string { return p.Mistakes.of(field) }

// Number counts rows from one.
func (keyInPage) Number(n int) int { return n + 1 }

// Asked reports whether a kind is ticked.
func (p keyInPage) Asked(kind string) bool {
	return contains(strings.Split(p.A["kind"], ","), kind)
}

// MoreClaims reports whether more than the first row of claims is in use: then
// the rest, folded otherwise, stands open, with what was typed and what is wrong.
func (p keyInPage) MoreClaims() bool {
	return slices.ContainsFunc(p.Claims, func(c claimRow) bool {
		n := strconv.Itoa(c.N)
		return c.N > 0 && (c.Claim != (dsr.Claim{}) || p.Wrong("claim-field-"+n) != "" || p.Wrong("claim-should-"+n) != "")
	})
}

// spoken is a text to be read out in a voice.
type spoken struct {
	Voice dsr.Voice
	Text  string
}

// claimRow is one thing that is said to be wrong, as typed.
type claimRow struct {
	N int
	dsr.Claim
}

// claimRows is how many rows of claims the form has. Whoever disputes more
// says so in words.
const claimRows = 4

// keyInNames are the fields of the form. The kinds, of which there may be
// several, and the claims are read apart.
var keyInNames = []string{"channel", "recording_told", "posted_on", "arrived_on", "arrived_at", "letters", "scope", "ground", "name", "kana", "other_names", "year", "month", "day",
	"number", "address", "population", "service", "whom", "relation", "rep_name", "rep_phone", "rep_mail", "rep_address", "reach", "mail", "phone", "post", "delivery"}

// takenKinds are the kinds that have a procedure here, in the pack's order.
// What a policy does not name the law gives all the same, so the pack's entry
// is enough, whether or not the portal takes the kind.
func (v *visit) takenKinds() []policy.KindOffer {
	var out []policy.KindOffer
	for _, k := range v.pack.Kinds {
		if dsr.Takes(v.pack, dsr.Kind(k.Kind), "") {
			out = append(out, k)
		}
	}
	return out
}

// deskTakes reports whether the desk takes a kind.
func (v *visit) deskTakes(kind string) bool {
	for _, k := range v.takenKinds() {
		if k.Kind == kind {
			return true
		}
	}
	return false
}

// recorded reports whether calls of a channel are recorded here, so that the
// notice must be read out.
func (v *visit) recorded(c dsr.Channel) bool {
	return v.pack.Recording != nil && c == dsr.ChannelTelephone
}

// counterChannels are those that the desk keys in.
func (v *visit) counterChannels() []dsr.Channel {
	var out []dsr.Channel
	for _, c := range dsr.Channels {
		if c != dsr.ChannelPortal && contains(v.pack.Desk.Channels, string(c)) {
			out = append(out, c)
		}
	}
	return out
}

// keyIn is GET /desk/:slug/key-in.
func (s *Server) keyIn(v *visit) error {
	a := answers{"whom": "me", "delivery": "download", "reach": "mail"}
	if cs := v.counterChannels(); len(cs) > 0 {
		a["channel"] = string(cs[0])
	}
	if ks := v.takenKinds(); len(ks) == 1 {
		a["kind"] = ks[0].Kind
	}
	a["letters"] = v.pack.Language
	now := v.now().In(v.zone)
	a["arrived_on"], a["arrived_at"] = now.Format(time.DateOnly), now.Format("15:04")
	return v.renderKeyIn(http.StatusOK, keyInPage{A: a, FormToken: rand.Text()})
}

func (v *visit) renderKeyIn(status int, p keyInPage) error {
	p.Channels, p.Voices, p.Population, p.Services = v.counterChannels(), dsr.Voices, v.pack.Populations, v.pack.Services
	p.Kinds, p.Fields, p.Grounds, p.Relations = v.takenKinds(), v.pack.Fields, dsr.Grounds, dsr.Relations
	for _, k := range p.Kinds {
		if k.NoGround {
			p.NoGround = append(p.NoGround, k)
		}
		if k.PersonOnly {
			p.PersonOnly = append(p.PersonOnly, k)
		}
	}
	for n := len(p.Claims); n < claimRows; n++ {
		p.Claims = append(p.Claims, claimRow{N: n})
	}
	for _, c := range p.Channels {
		p.Post = p.Post || c == dsr.ChannelPost
	}
	if v.recorded(dsr.ChannelTelephone) && slices.Contains(p.Channels, dsr.ChannelTelephone) {
		for _, x := range dsr.Voices {
			if x.Letter() == x {
				p.Recording = append(p.Recording, spoken{x, v.pack.Text(v.pack.Recording.Text, string(x))})
			}
		}
	}
	// The page says what time it is here: the one who types may sit elsewhere.
	now := v.now().In(v.zone)
	p.Today, p.Now = now.Format(time.DateOnly), now.Format("15:04")
	return v.render(status, p)
}

// keyInSent is POST /desk/:slug/key-in.
func (s *Server) keyInSent(v *visit) error {
	a := answers{}
	for _, name := range keyInNames {
		a[name] = v.form(name)
	}
	// ParseForm has run: FormValue was asked above.
	a["kind"] = strings.Join(v.Request().PostForm["kind"], ",")
	claims := v.typedClaims()
	token := v.form("form_token")
	// The token is minted with the form, so that a form sent twice files once.
	// The button "receive as a new request" is the one way to a second filing.
	if len(token) < 20 || v.form("act") == "new" {
		token = rand.Text()
	}
	f, ms := v.keyedFiling(a, claims, token)
	if len(ms) > 0 {
		return v.renderKeyIn(http.StatusUnprocessableEntity, keyInPage{A: a, Claims: claims, FormToken: token, Mistakes: ms})
	}
	filed, err := v.office.File(v.ctx, v.actor, f)
	switch {
	case dsr.CodeOf(err) == "error.form-token-used":
		return v.renderKeyIn(http.StatusConflict, keyInPage{A: a, Claims: claims, FormToken: token, Again: true})
	case dsr.FaultOf(err) == dsr.Invalid:
		return v.renderKeyIn(http.StatusUnprocessableEntity, keyInPage{A: a, Claims: claims, FormToken: token, Mistakes: mistakes{{keyInField(err), v.fault(err)}}})
	case err != nil:
		return err
	}
	return v.see(v.desk("/receipt/" + filed.Submission))
}

// keyInField is where a refusal of the office stands on the form.
func keyInField(err error) string {
	if dsr.CodeOf(err) == "error.recording-notice" {
		return "recording_told"
	}
	return "arrived_on"
}

// typedClaims reads the rows of a correction; a row without a word is none.
func (v *visit) typedClaims() []claimRow {
	var out []claimRow
	for n := 0; n < claimRows; n++ {
		i := strconv.Itoa(n)
		c := dsr.Claim{Field: v.form("claim-field-" + i), Now: tidyLines(v.FormValue("claim-now-" + i)), Should: tidyLines(v.FormValue("claim-should-" + i))}
		if c != (dsr.Claim{}) {
			out = append(out, claimRow{len(out), c})
		}
	}
	return out
}

// keyedFiling makes of what was keyed in what is filed.
func (v *visit) keyedFiling(a answers, claims []claimRow, token string) (dsr.Filing, mistakes) {
	f := dsr.Filing{FormToken: token, Channel: dsr.Channel(a["channel"]), Voice: dsr.Voice(a["letters"])}
	var ms mistakes
	wrong := func(field, key string, args ...any) { ms = append(ms, mistake{field, v.t(key, args...)}) }

	// The portal is not keyed in: who files there does so themselves.
	known := false
	for _, c := range v.counterChannels() {
		known = known || c == f.Channel
	}
	if !known {
		wrong("channel", "desk.wrong.channel")
	}
	f.RecordingTold = v.recorded(f.Channel) && a["recording_told"] != ""
	if v.recorded(f.Channel) && !f.RecordingTold {
		wrong("recording_told", "desk.wrong.recording")
	}
	if a["posted_on"] != "" {
		posted, problem := arrival(a["posted_on"], "", v.zone, v.now())
		switch {
		case f.Channel != dsr.ChannelPost:
			wrong("posted_on", "desk.wrong.posted-channel")
		case problem != "":
			wrong("posted_on", "desk.wrong.posted-on")
		default:
			f.PostedOn = posted.Format(time.DateOnly)
		}
	}
	if at, problem := arrival(a["arrived_on"], a["arrived_at"], v.zone, v.now()); problem != "" {
		wrong("arrived_on", problem)
	} else {
		f.ArrivedAt = at.UnixMicro()
		if f.PostedOn > at.In(v.zone).Format(time.DateOnly) {
			wrong("posted_on", "desk.wrong.posted-after")
		}
	}
	if !f.Voice.Valid() {
		wrong("letters", "desk.wrong.letters")
	}
	f.Wishes = v.keyedWishes(a, claims, wrong)
	// Only the name is asked for: what a person on the telephone does not know
	// must not stop them. The identity check finds out the rest.
	f.Person.Name, f.Person.Kana, f.Person.OtherNames = tidy(a["name"]), katakana(tidy(a["kana"])), tidy(a["other_names"])
	if f.Person.Name == "" {
		wrong("name", "desk.wrong.name")
	}
	if strings.TrimSpace(a["year"]+a["month"]+a["day"]) != "" {
		born, problem, at := birthDate(a, v.now().In(v.zone))
		if problem != "" {
			wrong(at, "desk.wrong.born")
		}
		f.Person.BornOn = born
	}
	f.Person.Number, f.Person.Address = dashes.Replace(tidy(a["number"])), tidyLines(a["address"])
	for _, p := range v.pack.Populations {
		if p.ID == a["population"] {
			f.Person.Population = p.ID
		}
	}
	for _, p := range v.pack.Services {
		if p.ID == a["service"] {
			f.Person.Service = p.ID
		}
	}
	switch a["whom"] {
	case "statutory", "delegated":
		f.Representative = &dsr.Representative{Kind: a["whom"], Relation: a["relation"],
			Person: dsr.Person{Name: tidy(a["rep_name"]), Phone: tidyPhone(a["rep_phone"]), Mail: tidyMail(a["rep_mail"]), Address: tidyLines(a["rep_address"])}}
		rep := f.Representative.Person
		if !contains(dsr.Relations, a["relation"]) {
			wrong("relation", "desk.wrong.relation")
		}
		if rep.Name == "" {
			wrong("rep_name", "desk.wrong.rep-name")
		}
		if rep.Phone != "" && !phoneShape.MatchString(rep.Phone) {
			wrong("rep_phone", "desk.wrong.phone")
		}
		if rep.Mail != "" && !goodMail(rep.Mail) {
			wrong("rep_mail", "desk.wrong.rep-mail")
		}
		// Papers are asked for by some way, and the person's own is not it.
		if rep.Phone == "" && rep.Mail == "" && rep.Address == "" {
			wrong("rep_phone", "desk.wrong.rep-contact")
		}
	case "me":
		// What was typed about somebody else is not thrown away in silence.
		if tidy(a["rep_name"]) != "" {
			wrong("whom", "desk.wrong.whom")
		}
	default:
		wrong("whom", "desk.wrong.whom")
	}
	if a["delivery"] != "download" && a["delivery"] != "post" && a["delivery"] != "counter" {
		wrong("delivery", "desk.wrong.how")
	}
	f.Contact.Phone = tidyPhone(a["phone"])
	if f.Contact.Phone != "" && !phoneShape.MatchString(f.Contact.Phone) {
		wrong("phone", "desk.wrong.phone")
	}
	switch a["reach"] {
	case "mail":
		f.Contact.Mail = tidyMail(a["mail"])
		if !goodMail(f.Contact.Mail) {
			wrong("mail", "desk.wrong.mail")
		}
	case "post":
		f.Contact.ByPost, f.Contact.Address = true, tidyLines(a["post"])
		if f.Contact.Address == "" {
			f.Contact.Address = f.Person.Address
		}
		if f.Contact.Address == "" {
			wrong("post", "desk.wrong.post")
		}
		// The code for a download goes by mail.
		if a["delivery"] == "download" {
			wrong("delivery", "desk.wrong.download-by-post")
		}
	default:
		wrong("reach", "desk.wrong.reach")
	}
	f.Person.Mail, f.Person.Phone = f.Contact.Mail, f.Contact.Phone
	return f, ms
}

// keyedWishes makes a wish of each ticked kind. Several are one submission with
// a case each, so that one of them can be answered before the others.
func (v *visit) keyedWishes(a answers, claims []claimRow, wrong func(field, key string, args ...any)) []dsr.Wish {
	var out []dsr.Wish
	disputes, grounded := false, false
	for _, kind := range strings.Split(a["kind"], ",") {
		if !v.deskTakes(kind) {
			wrong("kind", "desk.wrong.kind")
			return nil
		}
		w := dsr.Wish{Kind: dsr.Kind(kind), Scope: tidyLines(a["scope"]), Delivery: a["delivery"]}
		switch {
		case w.Kind.Freezes():
			disputes = true
			for _, c := range claims {
				w.Claims = append(w.Claims, c.Claim)
			}
		case w.Kind.Investigates():
			grounded = true
			w.Ground = a["ground"]
		}
		out = append(out, w)
	}
	for _, c := range claims {
		n := strconv.Itoa(c.N)
		switch {
		case c.Field != "" && !v.hasField(c.Field):
			wrong("claim-field-"+n, "desk.wrong.claim-field")
		case c.Now == "" && c.Should == "":
			wrong("claim-should-"+n, "desk.wrong.claim-text")
		}
	}
	switch {
	case disputes && len(claims) == 0:
		wrong("claim-field-0", "desk.wrong.claims")
	case !disputes && len(claims) > 0:
		wrong("kind", "desk.wrong.claims-kind")
	}
	if a["ground"] != "" && !contains(dsr.Grounds, a["ground"]) {
		wrong("ground", "desk.wrong.ground-code")
	} else if a["ground"] != "" && !grounded {
		wrong("kind", "desk.wrong.ground-kind")
	}
	return out
}

// hasField reports whether the pack's forms know a disputable field.
func (v *visit) hasField(id string) bool {
	for _, f := range v.pack.Fields {
		if f.ID == id {
			return true
		}
	}
	return false
}

// arrival reads when a request came: a date and a time of day in the desk's
// zone. The time may be left out where nobody noted it; then it is the start
// of the day, which never makes a clock of the person's later. A key is given for
// what is wrong.
func arrival(on, at string, zone *time.Location, now time.Time) (time.Time, string) {
	on = strings.NewReplacer("/", "-", ".", "-", "年", "-", "月", "-", "日", "").Replace(tidy(on))
	parts := strings.Split(on, "-")
	if len(parts) != 3 {
		return time.Time{}, "desk.wrong.arrived-on"
	}
	var n [3]int
	for i, p := range parts {
		k, err := strconv.Atoi(strings.TrimSpace(p))
		if err != nil {
			return time.Time{}, "desk.wrong.arrived-on"
		}
		n[i] = k
	}
	hour, minute := 0, 0
	if at = strings.NewReplacer("：", ":", "時", ":", "分", "").Replace(width.Fold.String(strings.TrimSpace(at))); at != "" {
		t, err := time.Parse("15:4", at)
		if err != nil {
			return time.Time{}, "desk.wrong.arrived-at"
		}
		hour, minute = t.Hour(), t.Minute()
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], hour, minute, 0, 0, zone)
	switch {
	case t.Day() != n[2] || int(t.Month()) != n[1] || n[0] < 2000:
		return time.Time{}, "desk.wrong.arrived-on"
	case t.After(now):
		return time.Time{}, "desk.wrong.arrived-future"
	}
	return t, ""
}

// keyedInPage is the receipt of what was keyed in: the reference to read out,
// and a sheet to print.
type keyedInPage struct {
	dsr.Filed
	Contact policy.Desk
}

func (keyedInPage) name() string { return "desk/receipt" }

// Spelled is the reference sign by sign, as it is read out.
func (p keyedInPage) Spelled() string {
	var signs []string
	for _, r := range p.Reference {
		signs = append(signs, string(r))
	}
	return strings.Join(signs, " ")
}

// keyedIn is GET /desk/:slug/receipt/:submission.
func (s *Server) keyedIn(v *visit) error {
	filed, err := v.office.Receipt(v.ctx, v.Param("submission"))
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, keyedInPage{filed, v.pack.Desk})
}
