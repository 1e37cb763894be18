package server

import (
	"crypto/rand"
	"html/template"
	"net/http"
	"slices"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// checkPage shows everything that was answered before it is sent. The answers
// travel with the button, so that what is sent is what was seen, whatever
// became of the draft meanwhile.
type checkPage struct {
	Rows     []row
	Hidden   []pair
	Mistakes mistakes
	// Missing is the first page that still has something to answer; "" when
	// all is there.
	Missing string
	// Again says that the form was sent before with other content: Changed
	// answers can be sent as a new request.
	Again bool
	Fee   string
	Back  string
	// Facts say what will happen when it is sent.
	Facts []template.HTML
}

func (checkPage) name() string { return "portal/check" }

func (p checkPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// checkAnswers is GET /o/:slug/request/check.
func (s *Server) checkAnswers(v *visit) error {
	return v.renderCheck(http.StatusOK, answers(v.draft.Answers), v.draft.FormToken, nil, false)
}

func (v *visit) renderCheck(status int, a answers, formToken string, ms mistakes, again bool) error {
	f, wrong := v.filing(a, formToken)
	all := v.steps(a)
	p := checkPage{Mistakes: ms, Again: again, Back: v.path("/request/" + all[len(all)-1].slug), Facts: v.afterwards(a)}
	if slices.Contains(v.wished(a), dsr.KindDisclosure) {
		p.Fee = v.fee(string(dsr.KindDisclosure))
	}
	// Every question that applies has its line, answered or not.
	for _, st := range append(all, lettersStep) {
		change := v.path("/request/" + st.slug + "?return=check")
		if len(wrong[st.slug]) > 0 && p.Missing == "" {
			p.Missing = change
		}
		for _, r := range st.rows(v, a, f) {
			r.Change, r.Step = change, st.slug
			r.Missing = r.Value == ""
			p.Rows = append(p.Rows, r)
		}
	}
	p.Hidden = append(p.Hidden, pair{"form", formToken})
	for _, n := range answerNames {
		value := a[n]
		// Pinned now: choosing another voice for the page later must not make another
		// request of the same form.
		if n == "letters" {
			value = string(v.lettersVoice(a))
		}
		p.Hidden = append(p.Hidden, pair{n, value})
	}
	return v.render(status, p)
}

// send is POST /o/:slug/request/send. The same form sent twice gives the same
// receipt; the same form token with other content is shown back with a button
// that sends it as a new request.
func (s *Server) send(v *visit) error {
	if len(v.choices()) == 0 {
		return dsr.Fail(dsr.NotFound, "error.not-found")
	}
	a := answers{}
	for _, n := range answerNames {
		a[n] = clip(v.FormValue(n))
	}
	token := v.form("form")
	if len(token) < 20 || len(token) > 128 {
		// A form without its token cannot be told from a second sending.
		token = newFormToken()
		return v.renderCheck(http.StatusUnprocessableEntity, a, token, mistakes{{Text: v.t("portal.wrong.form")}}, false)
	}
	f, wrong := v.filing(a, token)
	// The draft ends with the filing, if there still is one.
	f.Draft = s.cookie(v.Context, draftCookie+v.pack.Slug)
	var ms mistakes
	for _, st := range v.steps(a) {
		ms = append(ms, wrong[st.slug]...)
	}
	if len(ms) > 0 {
		for i := range ms {
			ms[i].Field = "" // the fields are not on this page; the rows have their links
		}
		return v.renderCheck(http.StatusUnprocessableEntity, a, token, ms, false)
	}
	contact := f.Contact.Mail
	if contact == "" {
		contact = f.Contact.Address
	}
	// Counted before the office is asked, per address on the network and per contact.
	err := s.allow(v.ctx, "filing-ip", v.ip(), s.Limits.FilingPerIP, 3600)
	if err == nil {
		err = s.allow(v.ctx, "filing-contact:"+v.pack.ID, contact, s.Limits.FilingPerContact, 3600)
	}
	var filed dsr.Filed
	if err == nil {
		filed, err = v.office.File(v.ctx, dsr.Actor{Kind: dsr.ActorPerson}, f)
	}
	switch {
	case err == nil:
	case dsr.CodeOf(err) == "error.form-token-used":
		return v.renderCheck(http.StatusConflict, a, newFormToken(), nil, true)
	case dsr.FaultOf(err) == dsr.Unavailable:
		return v.renderCheck(http.StatusServiceUnavailable, a, token, mistakes{{Text: v.t("portal.wrong.not-sent")}}, false)
	case statusOf(err) == http.StatusTooManyRequests:
		v.Response().Header().Set("Retry-After", "3600")
		return v.renderCheck(http.StatusTooManyRequests, a, token, mistakes{{Text: v.t("portal.wrong.too-many-filings")}}, false)
	case dsr.FaultOf(err) == dsr.Invalid:
		return v.renderCheck(http.StatusUnprocessableEntity, a, token, mistakes{{Text: locales.Fault(v.voice, err)}}, false)
	default:
		return err
	}
	// From here on the request is accepted, whatever else fails.
	// The draft's answers have become the request's.
	s.setCookie(v.Context, draftCookie+v.pack.Slug, "", -1)
	err = v.openSession(filed.Submission)
	if err != nil {
		return v.render(http.StatusOK, v.receiptOf(filed, v.wished(a), v.proofsFor(a), f.Contact.ByPost, f.Representative != nil))
	}
	if filed.Again {
		return v.see(v.path("/my/receipt?again=1"))
	}
	return v.see(v.path("/my/receipt"))
}

// newFormToken makes the token of a form that begins now.
func newFormToken() string { return rand.Text() }

// receiptPage is what a person keeps: the reference, when it came, the date we
// aim at, what happens next.
type receiptPage struct {
	Filed   dsr.Filed
	Again   bool
	ByPost  bool
	Confirm bool // the address still has to be confirmed
	// Documents says that papers will be asked for, Authority that they include
	// those of a representative.
	Documents, Authority bool
	Reach                reach
}

func (receiptPage) name() string { return "portal/receipt" }

func (v *visit) receiptOf(f dsr.Filed, kinds []dsr.Kind, asked proofs, byPost, representative bool) receiptPage {
	documents, contact := v.proof(kinds, asked)
	return receiptPage{Filed: f, Again: f.Again, ByPost: byPost, Documents: documents || representative, Authority: representative,
		Confirm: contact && !byPost, Reach: v.reach()}
}

// receipt is GET /o/:slug/my/receipt. It can be kept as a bookmark: without a
// session the way leads over the code.
func (s *Server) receipt(v *visit) error {
	f, err := v.office.Receipt(v.ctx, v.submission)
	if err != nil {
		return err
	}
	st, err := v.office.Status(v.ctx, v.submission)
	if err != nil {
		return err
	}
	p := v.receiptOf(f, kindsOf(st), v.proofsOf(st.Identity, channelOf(st)), st.ByPost, represented(st))
	// Looked at again later, the receipt asks only for what is still to be done.
	p.Confirm = p.Confirm && !st.ContactConfirmed
	p.Documents = p.Documents && st.Identity.Proven == "" && !st.Identity.EvidenceSent
	p.Authority = p.Authority && p.Documents
	p.Again = v.QueryParam("again") != ""
	return v.render(http.StatusOK, p)
}
