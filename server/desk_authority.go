package server

import (
	"net/http"
	"strings"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/policy"
)

// authorityPage shows a representative's relationship and mandate: to the
// handler who sees the papers, and to the second person who admits. It holds
// personal data.
type authorityPage struct {
	caseFrame
	Seen dsr.AuthorityPage
	// Papers show the authority, Proofs the representative's own identity.
	Papers, Proofs []policy.Document
	Relations      []string
	Kinds          []policy.KindOffer
	Form           authorityForm
	Reasons        []moreReason
	Preview        string
	// Literal and Reading say how a text that admits the person alone is read.
	Reading  *policy.Reading
	Offer    policy.KindOffer
	Mistakes mistakes
}

func (authorityPage) name() string        { return "desk/authority" }
func (p authorityPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// Record reports whether the reader has the handler's task.
func (p authorityPage) Record() bool { return p.Task.Mine && p.Task.Kind == dsr.TaskAuthority }

// Judge reports whether the reader has the second person's task and may decide.
func (p authorityPage) Judge() bool {
	return p.Task.Mine && p.Task.Kind == dsr.TaskAdmit && p.Seen.MayAdmit
}

// Exception reports whether the policy's text admits the person alone.
func (p authorityPage) Exception() bool { return p.Authority != nil && p.Authority.Exception }

// More reports whether the form that asks for papers stands open.
func (p authorityPage) More() bool {
	return p.Form.Reason != "" || p.Form.Text != "" || p.Mistakes.Has("reason-code")
}

// Covers reports whether a kind is ticked as covered by the mandate.
func (p authorityPage) Covers(kind string) bool { return contains(p.Form.Covers, kind) }

// authorityForm is what was chosen when a form came back.
type authorityForm struct {
	Relation, Document, DatedOn, Checked, Receive string
	Covers                                        []string
	Reason, Text, RejectText, Comment             string
}

// authorityPrefix and a reason's code make a text in every voice: why papers
// of a representative are asked for.
const authorityPrefix = "authority.more."

// authorityReasons are the codes of the catalogue.
func authorityReasons() []string {
	var out []string
	for _, k := range locales.Keys() {
		if code, ok := strings.CutPrefix(k, authorityPrefix); ok {
			out = append(out, code)
		}
	}
	return out
}

// authority is GET …/authority.
func (s *Server) authority(v *visit) error {
	return v.renderAuthority(http.StatusOK, authorityForm{Relation: "?"}, nil)
}

// renderAuthority opens the page; the relation "?" means that nothing was typed
// yet.
func (v *visit) renderAuthority(status int, form authorityForm, ms mistakes) error {
	page, err := v.office.AuthorityPage(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	p := authorityPage{caseFrame: v.frame(page.CasePage, "authority", dsr.TaskAuthority), Seen: page, Form: form, Relations: dsr.Relations, Kinds: v.takenKinds(), Mistakes: ms}
	if p.Task.ID == "" {
		p.Task = v.frame(page.CasePage, "authority", dsr.TaskAdmit).Task
	}
	if form.Relation == "?" {
		p.Form.Relation = page.Representative.Relation
		p.Form.Covers = []string{string(page.Kind)}
	}
	p.Papers = v.pack.AuthorityDocuments(page.Representative.Kind)
	for _, d := range v.proofsOf(page.CasePage.Identity, page.Channel)(page.Kind).Documents {
		if d.For == "" {
			p.Proofs = append(p.Proofs, d)
		}
	}
	p.Offer, _ = v.pack.Offer(string(page.Kind))
	for i, r := range v.pack.Readings {
		if p.Exception() && r.ID == p.Offer.Reading {
			p.Reading = &v.pack.Readings[i]
		}
	}
	for _, code := range authorityReasons() {
		key := authorityPrefix + code
		p.Reasons = append(p.Reasons, moreReason{code, v.t(key), say(page.Voice.Letter(), key)})
	}
	if form.Reason != "" {
		p.Preview = say(page.Voice.Letter(), authorityPrefix+form.Reason)
	}
	return v.render(status, p)
}

// askAuthority is POST …/authority/ask: the first button shows what would be
// read, the second sends it.
func (s *Server) askAuthority(v *visit) error {
	form := authorityForm{Relation: "?", Reason: v.form("reason-code"), Text: tidyLines(v.FormValue("text"))}
	if !contains(authorityReasons(), form.Reason) {
		form.Reason = ""
		return v.renderAuthority(http.StatusUnprocessableEntity, form, mistakes{{"reason-code", v.t("desk.wrong.reason-code")}})
	}
	if form.Reason == "other" && form.Text == "" {
		return v.renderAuthority(http.StatusUnprocessableEntity, form, mistakes{{"text", v.t("desk.wrong.more-text")}})
	}
	if v.form("act") == "preview" {
		return v.renderAuthority(http.StatusOK, form, nil)
	}
	if err := v.office.AskAuthority(v.ctx, v.actor, v.Param("case"), v.form("task"), form.Reason, form.Text); err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "authority-asked"))
}

// authorityFields are where a refusal of the office stands on the form.
var authorityFields = map[string]string{"error.authority-checked": "checked", "error.relation-unknown": "relation",
	"error.authority-date": "dated_on", "error.mandate-too-old": "dated_on", "error.mandate-covers": "covers"}

// recordAuthority is POST …/authority/record: what was seen, as kinds and
// dates. A second person admits.
func (s *Server) recordAuthority(v *visit) error {
	form := authorityForm{Relation: v.form("relation"), Document: v.form("document"), DatedOn: v.form("dated_on"), Checked: v.form("checked"), Receive: v.form("receive")}
	form.Covers = v.Request().PostForm["covers"]
	a := dsr.Authority{Relation: form.Relation, Document: form.Document, Checked: form.Checked, MayReceive: form.Receive == "yes"}
	var ms mistakes
	wrong := func(field, key string) { ms = append(ms, mistake{field, v.t(key)}) }
	if !contains(dsr.Relations, form.Relation) {
		wrong("relation", "desk.wrong.relation")
	}
	if d, ok := v.pack.Document(form.Document); !ok || d.For == "" {
		wrong("document", "desk.wrong.authority-document")
	}
	if form.DatedOn != "" {
		on, ok := civilDate(form.DatedOn)
		if a.DatedOn = on; !ok || on > v.now().In(v.zone).Format("2006-01-02") {
			wrong("dated_on", "desk.wrong.dated-on")
		}
	}
	for _, k := range form.Covers {
		if !v.deskTakes(k) {
			wrong("covers", "desk.wrong.covers")
			break
		}
		a.Covers = append(a.Covers, dsr.Kind(k))
	}
	if d, ok := v.pack.Document(form.Checked); !ok || d.For != "" {
		wrong("checked", "desk.wrong.checked-by")
	}
	if form.Receive != "yes" && form.Receive != "no" {
		wrong("receive", "desk.wrong.receive")
	}
	if len(ms) > 0 {
		return v.renderAuthority(http.StatusUnprocessableEntity, form, ms)
	}
	err := v.office.RecordAuthority(v.ctx, v.actor, v.Param("case"), v.form("task"), a)
	if dsr.FaultOf(err) == dsr.Invalid {
		// What the law asks of a mandate the office knows.
		at, ok := authorityFields[dsr.CodeOf(err)]
		if !ok {
			at = "document"
		}
		return v.renderAuthority(http.StatusUnprocessableEntity, form, mistakes{{at, v.fault(err)}})
	}
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "authority-recorded"))
}

// rejectForm is POST …/authority/reject: a proposal to close because the
// authority was not shown; an approver decides.
func (s *Server) rejectForm(v *visit) error {
	text, ms := v.typed("text-reject")
	if len(ms) > 0 {
		return v.renderAuthority(http.StatusUnprocessableEntity, authorityForm{Relation: "?", RejectText: text}, ms)
	}
	if err := v.office.ProposeFormRejection(v.ctx, v.actor, v.Param("case"), v.form("task"), text); err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "proposed"))
}

// admitRepresentative is POST …/authority/admit.
func (s *Server) admitRepresentative(v *visit) error {
	if err := v.office.Admit(v.ctx, v.actor, v.Param("case"), v.form("task")); err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "admitted"))
}

// returnAuthority is POST …/authority/return: back to a handler with what is
// missing.
func (s *Server) returnAuthority(v *visit) error {
	comment, ms := v.typed("comment")
	if len(ms) > 0 {
		return v.renderAuthority(http.StatusUnprocessableEntity, authorityForm{Relation: "?", Comment: comment}, ms)
	}
	if err := v.office.ReturnAuthority(v.ctx, v.actor, v.Param("case"), v.form("task"), comment); err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "authority-returned"))
}
