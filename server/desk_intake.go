package server

import (
	"crypto/rand"
	"net/http"
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
	Recording  string
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

// keyInNames are the fields of the form.
var keyInNames = []string{"channel", "arrived_on", "arrived_at", "letters", "kind", "scope", "name", "kana", "other_names", "year", "month", "day",
	"number", "address", "population", "service", "whom", "rep_name", "reach", "mail", "phone", "post", "delivery"}

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
	if ks := v.pack.OnlineKinds(); len(ks) == 1 {
		a["kind"] = ks[0]
	}
	a["letters"] = v.pack.Language
	now := v.now().In(v.zone)
	a["arrived_on"], a["arrived_at"] = now.Format(time.DateOnly), now.Format("15:04")
	return v.renderKeyIn(http.StatusOK, keyInPage{A: a, FormToken: rand.Text()})
}

func (v *visit) renderKeyIn(status int, p keyInPage) error {
	p.Channels, p.Voices, p.Population, p.Services = v.counterChannels(), dsr.Voices, v.pack.Populations, v.pack.Services
	for _, k := range v.pack.Kinds {
		if k.Online {
			p.Kinds = append(p.Kinds, k)
		}
	}
	if v.pack.Recording != nil {
		p.Recording = v.packText(v.pack.Recording.Text)
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
	token := v.form("form_token")
	// The token is minted with the form, so that a form sent twice files once.
	// The button "receive as a new request" is the one way to a second filing.
	if len(token) < 20 || v.form("act") == "new" {
		token = rand.Text()
	}
	f, ms := v.keyedFiling(a, token)
	if len(ms) > 0 {
		return v.renderKeyIn(http.StatusUnprocessableEntity, keyInPage{A: a, FormToken: token, Mistakes: ms})
	}
	filed, err := v.office.File(v.ctx, v.actor, f)
	switch {
	case dsr.CodeOf(err) == "error.form-token-used":
		return v.renderKeyIn(http.StatusConflict, keyInPage{A: a, FormToken: token, Again: true})
	case dsr.FaultOf(err) == dsr.Invalid:
		return v.renderKeyIn(http.StatusUnprocessableEntity, keyInPage{A: a, FormToken: token, Mistakes: mistakes{{"arrived_on", v.fault(err)}}})
	case err != nil:
		return err
	}
	return v.see(v.desk("/receipt/" + filed.Submission))
}

// keyedFiling makes of what was keyed in what is filed.
func (v *visit) keyedFiling(a answers, token string) (dsr.Filing, mistakes) {
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
	if at, problem := arrival(a["arrived_on"], a["arrived_at"], v.zone, v.now()); problem != "" {
		wrong("arrived_on", problem)
	} else {
		f.ArrivedAt = at.UnixMicro()
	}
	if !f.Voice.Valid() {
		wrong("letters", "desk.wrong.letters")
	}
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
	if a["whom"] == "statutory" || a["whom"] == "delegated" {
		f.Representative = &dsr.Representative{Kind: a["whom"], Person: dsr.Person{Name: tidy(a["rep_name"])}}
		if f.Representative.Person.Name == "" {
			wrong("rep_name", "desk.wrong.rep-name")
		}
	}
	if !contains(v.pack.OnlineKinds(), a["kind"]) {
		wrong("kind", "desk.wrong.kind")
	}
	f.Wishes = []dsr.Wish{{Kind: dsr.Kind(a["kind"]), Scope: tidyLines(a["scope"]), Delivery: a["delivery"]}}
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
