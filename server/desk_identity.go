package server

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// comparePage compares what was claimed with what is on file and with the
// document. It holds personal data.
type comparePage struct {
	caseFrame
	Seen dsr.IdentityPage
	Rows []compareRow
	// Kinds are the proofs that the pack accepts for this kind and channel.
	Kinds []policy.Document
	// CallBack: the proof is a call to the number on file. Then the number of
	// the request is not shown: whoever calls it calls whoever gave it.
	CallBack bool
	// Groups are the candidates by system, in the systems' order.
	Groups []candidateGroup
	// Claims are what a correction disputes, in the pack's words.
	Claims []claimView
	// Holds says that a disputed field may be frozen before identity is proven.
	Holds bool
	// Frozen are the systems in which this case has frozen the fields already:
	// said once and not offered again.
	Frozen []string
	// Form is what was chosen when the form came back.
	Form compareForm
	// Reasons for asking more: a code, the staff's word and the person's text.
	Reasons  []moreReason
	Preview  string // the text that the person would read
	Mistakes mistakes
	// Waits: the systems have not been asked yet.
	Waits bool
}

func (comparePage) name() string        { return "desk/identity" }
func (p comparePage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// Decide reports whether the reader has the task and may decide it.
func (p comparePage) Decide() bool { return p.Task.Mine && p.CasePage.Identity.Proven == "" }

// More reports whether the form that asks for more stands open.
func (p comparePage) More() bool {
	return p.Form.Reason != "" || p.Form.Text != "" || p.Mistakes.Has("reason-code")
}

// Number counts records from one.
func (p comparePage) Number(i int) int { return i + 1 }

// Shown is the document whose picture stands beside the table: the newest.
func (p comparePage) Shown() *dsr.Document {
	for i := len(p.Seen.Documents) - 1; i >= 0; i-- {
		if d := p.Seen.Documents[i]; d.DeletedAt == 0 {
			return &d
		}
	}
	return nil
}

// candidateGroup are the candidates of one connected system: a person has one
// record in it, or none.
type candidateGroup struct {
	N          int
	System     string
	Candidates []groupedCandidate
	// Chosen is an index as typed, "-1" for none of them, "" for no answer.
	Chosen string
}

// Field is the name of the group's choice.
func (g candidateGroup) Field() string { return "record-" + strconv.Itoa(g.N) }

// groupedCandidate is a candidate with its index in the office's list.
type groupedCandidate struct {
	Index int
	dsr.Candidate
}

// MayFreeze reports whether a system's fields can be frozen: not twice.
func (p comparePage) MayFreeze(system string) bool { return !slices.Contains(p.Frozen, system) }

// Several reports whether more than one system has found somebody: then each
// is asked apart, and one of them is where the answer goes.
func (p comparePage) Several() bool { return len(p.Groups) > 1 }

// grouped puts candidates by system.
func grouped(candidates []dsr.Candidate, form compareForm) []candidateGroup {
	var out []candidateGroup
	at := map[string]int{}
	for i, c := range candidates {
		n, ok := at[c.Connector]
		if !ok {
			n = len(out)
			at[c.Connector] = n
			out = append(out, candidateGroup{N: n, System: c.Connector, Chosen: form.Records[n]})
		}
		out[n].Candidates = append(out[n].Candidates, groupedCandidate{i, c})
	}
	return out
}

// compareRow is one field in all its columns.
type compareRow struct {
	Field, Claimed string
	OnFile         []fileCell
	// Answer is what the handler found on the document: "same", "different",
	// "unreadable" or nothing yet.
	Answer string
	Error  string
	// Hidden: something was said, and it is not shown.
	Hidden bool
}

// fileCell is a field of a candidate. Sign says in words how it stands to the
// claim: "agrees", "differs", "written" where only capitals and accents differ, "" where one of the two is not there.
type fileCell struct{ Value, Sign string }

// compareForm is what a handler chose.
//
// It travels only within one answer: a form that comes back shows every
// choice again, and nothing of it is kept before it is right.
type compareForm struct {
	// Answers are by field: "same", "different", "unreadable".
	Answers map[string]string
	// Records are the choices by group of systems, Main the group whose contact
	// gets the answer, where several systems have found somebody.
	Records map[int]string
	Main    string
	// Candidate is an index as typed, "-1" for "none of them"; Delivery is
	// "file" or "filed".
	Candidate, Document, Delivery string
	Reason, Text, RejectText      string
}

// moreReason is one reason for which more proof is asked: the word that staff
// choose by, and what the person would read of it in their own voice.
type moreReason struct{ Code, Words, Text string }

// comparedFields are those of a person that can be compared, in order.
var comparedFields = []string{"name", "kana", "other_names", "born_on", "address", "mail", "phone", "number"}

// onPaper are those that an identity document shows: each wants an answer.
var onPaper = []string{"name", "born_on", "address"}

// fieldOf is a field of a person by its name in the catalogue.
func fieldOf(p dsr.Person, field string) string {
	switch field {
	case "name":
		return p.Name
	case "kana":
		return p.Kana
	case "other_names":
		return p.OtherNames
	case "born_on":
		return p.BornOn
	case "address":
		return p.Address
	case "mail":
		return p.Mail
	case "phone":
		return p.Phone
	case "number":
		return p.Number
	}
	return ""
}

// plainLetters writes a name as passports do: capitals without accents.
func plainLetters(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(tidy(s)))
	return strings.ReplaceAll(strings.ToUpper(s), "Đ", "D")
}

// compareIdentity is GET …/identity.
func (s *Server) compareIdentity(v *visit) error {
	return v.renderCompare(http.StatusOK, compareForm{Candidate: "?"}, nil)
}

// renderCompare opens the page, with form as it came back. Opening it again
// after a mistake is an opening like any other, and recorded as one. The
// candidate "?" means that nobody has chosen yet.
func (v *visit) renderCompare(status int, form compareForm, ms mistakes) error {
	page, err := v.office.IdentityPage(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	p := comparePage{caseFrame: v.frame(page.CasePage, "identity", dsr.TaskVerifyIdentity), Seen: page, Form: form, Mistakes: ms}
	p.Waits = !page.LookedUp && page.CasePage.Identity.Proven == ""
	if form.Candidate == "?" {
		p.Form.Candidate = ""
		if page.CasePage.Identity.Proven != "" || page.Chosen >= 0 {
			p.Form.Candidate = strconv.Itoa(page.Chosen)
		}
	}
	proofs := v.proofsOf(page.CasePage.Identity, page.Channel)(page.Kind)
	for _, d := range proofs.Documents {
		if d.For == "" {
			p.Kinds = append(p.Kinds, d)
		}
		p.CallBack = p.CallBack || page.Channel == dsr.ChannelTelephone && d.How == "desk"
	}
	p.Claims = v.claimViews(page.Claims)
	p.Groups = grouped(page.Candidates, p.Form)
	for _, h := range page.Holds {
		if h.Kind == dsr.HoldFreeze && h.ReleasedAt == 0 {
			p.Frozen = append(p.Frozen, h.System)
		}
	}
	p.Holds = page.Kind.Freezes() && slices.ContainsFunc(page.Candidates, func(c dsr.Candidate) bool { return p.MayFreeze(c.Connector) })
	for _, f := range comparedFields {
		row := compareRow{Field: f, Claimed: fieldOf(page.Claimed, f), Answer: form.Answers[f], Error: ms.of("compare-" + f)}
		if f == "born_on" && row.Claimed != "" {
			row.Claimed = v.civil(row.Claimed)
		}
		// A field that neither side has would be an empty row: left out, unless
		// the document shows it.
		some := row.Claimed != ""
		for _, c := range page.Candidates {
			cell := fileCell{Value: fieldOf(c.Person, f)}
			if fieldOf(page.Claimed, f) != "" && cell.Value != "" {
				claimed := tidy(fieldOf(page.Claimed, f))
				switch {
				case contains(c.Matched, f), tidy(cell.Value) == claimed:
					cell.Sign = "agrees"
				case plainLetters(cell.Value) == plainLetters(claimed):
					cell.Sign = "written"
				default:
					cell.Sign = "differs"
				}
			}
			if f == "born_on" && cell.Value != "" {
				cell.Value = v.civil(cell.Value)
			}
			some = some || cell.Value != ""
			row.OnFile = append(row.OnFile, cell)
		}
		if f == "phone" && p.CallBack && row.Claimed != "" {
			row.Claimed, row.Hidden = "", true
		}
		if some || contains(onPaper, f) {
			p.Rows = append(p.Rows, row)
		}
	}
	for _, code := range moreReasons() {
		key := morePrefix + code
		p.Reasons = append(p.Reasons, moreReason{code, v.t(key), say(page.Voice.Letter(), key)})
	}
	if form.Reason != "" {
		p.Preview = say(page.Voice.Letter(), morePrefix+form.Reason)
	}
	return v.render(status, p)
}

// Paper reports whether a document of identity shows the field.
func (r compareRow) Paper() bool { return contains(onPaper, r.Field) }

// caseDocument is GET …/document/:document: the picture, opened by the page around
// it or by hand. It runs nothing, is kept nowhere, and leaves our pages only
// by the reader's own hand.
func (s *Server) caseDocument(v *visit) error {
	mediaType, data, err := v.office.Document(v.ctx, v.actor, v.Param("case"), v.Param("document"))
	if err != nil {
		return err
	}
	switch mediaType {
	case "image/jpeg", "image/png", "application/pdf":
	default:
		// Whatever it is, a browser must not guess.
		mediaType = "application/octet-stream"
	}
	h := v.Response().Header()
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Disposition", "inline")
	return v.Blob(http.StatusOK, mediaType, data)
}

// confirmIdentity is POST …/identity/confirm.
func (s *Server) confirmIdentity(v *visit) error {
	form := compareForm{Answers: map[string]string{}, Records: map[int]string{}, Main: v.form("main"), Candidate: v.form("candidate"), Document: v.form("document"), Delivery: v.form("delivery")}
	var ms mistakes
	c := dsr.IdentityConfirmation{Task: v.form("task"), Level: v.form("level"), Document: form.Document, Delivery: form.Delivery}
	for _, f := range comparedFields {
		answer := v.form("compare-" + f)
		switch answer {
		case "same":
			c.Agreed = append(c.Agreed, f)
		case "different", "unreadable":
		default:
			answer = ""
			if contains(onPaper, f) {
				ms = append(ms, mistake{"compare-" + f, v.t("desk.wrong.compare", "field", v.t("desk.identity.field."+f))})
			}
		}
		form.Answers[f] = answer
	}
	n, err := v.chosenRecords(&form, &c, &ms)
	if _, ok := v.pack.Document(form.Document); !ok {
		ms = append(ms, mistake{"document", v.t("desk.wrong.document")})
	}
	switch {
	case form.Delivery != "file" && form.Delivery != "filed":
		ms = append(ms, mistake{"delivery", v.t("desk.wrong.delivery")})
	case form.Delivery == "file" && n == -1 && err == nil:
		ms = append(ms, mistake{"delivery", v.t("desk.wrong.delivery-none")})
	}
	// Everything different is a comparison too, but no proof.
	if len(c.Agreed) == 0 && len(ms) == 0 {
		ms = append(ms, mistake{"compare-" + comparedFields[0], v.t("desk.wrong.nothing-agrees")})
	}
	if len(ms) > 0 {
		return v.renderCompare(http.StatusUnprocessableEntity, form, ms)
	}
	err = v.office.ConfirmIdentity(v.ctx, v.actor, v.Param("case"), c)
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "identity-confirmed"))
}

// maxSystems bounds how many systems one form can ask about.
const maxSystems = 20

// chosenRecords reads which records are the person's. Nobody is chosen by
// default: the choice between two people of one name must be somebody's. Where
// one system has found somebody the choice is one; where several have, each
// has a choice of its own, and one of the chosen is the main one.
func (v *visit) chosenRecords(form *compareForm, c *dsr.IdentityConfirmation, ms *mistakes) (main int, err error) {
	groups := 0
	for n := 0; n < maxSystems; n++ {
		if v.Request().PostForm.Has("group-" + strconv.Itoa(n)) {
			form.Records[n] = v.form("record-" + strconv.Itoa(n))
			groups = n + 1
		}
	}
	if groups == 0 {
		if main, err = strconv.Atoi(form.Candidate); err != nil || main < -1 {
			*ms = append(*ms, mistake{"candidate", v.t("desk.wrong.candidate")})
		}
		c.Candidate = main
		return main, err
	}
	chosen := map[int]int{} // group → candidate
	for n := 0; n < groups; n++ {
		i, bad := strconv.Atoi(form.Records[n])
		if bad != nil || i < -1 {
			*ms = append(*ms, mistake{"record-" + strconv.Itoa(n), v.t("desk.wrong.candidate")})
			err = bad
			continue
		}
		if i >= 0 {
			chosen[n] = i
		}
	}
	c.Candidate = -1
	at, bad := strconv.Atoi(form.Main)
	_, known := chosen[at]
	switch {
	case len(chosen) == 0:
		return -1, err
	case bad == nil && known:
	case len(chosen) == 1 && form.Main == "":
		for at = range chosen {
			form.Main = strconv.Itoa(at)
		}
	default:
		*ms = append(*ms, mistake{"whose", v.t("desk.wrong.main")})
		return -1, err
	}
	c.Candidate = chosen[at]
	for n := 0; n < groups; n++ {
		if i, ok := chosen[n]; ok && n != at {
			c.Also = append(c.Also, i)
		}
	}
	return c.Candidate, err
}

// placeHold is POST …/identity/hold: the disputed fields of a candidate's
// record are neither used nor handed over while identity is being proven.
func (s *Server) placeHold(v *visit) error {
	n, err := strconv.Atoi(v.form("held"))
	if err != nil || n < 0 {
		return v.renderCompare(http.StatusUnprocessableEntity, compareForm{Candidate: "?"}, mistakes{{"held", v.t("desk.wrong.held")}})
	}
	err = v.office.PlaceHold(v.ctx, v.actor, v.Param("case"), v.form("task"), n)
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), "/identity"), "hold-placed"))
}

// papersPage records papers that did not come over the portal. It shows nothing
// of the person, so that whoever opens the post can record them.
type papersPage struct {
	caseFrame
	Kinds    []policy.Document
	Chosen   []string
	Mistakes mistakes
}

func (papersPage) name() string        { return "desk/papers" }
func (p papersPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// Has reports whether a kind of paper is ticked.
func (p papersPage) Has(kind string) bool { return contains(p.Chosen, kind) }

// papers is GET …/papers.
func (s *Server) papers(v *visit) error { return v.renderPapers(http.StatusOK, nil, nil) }

func (v *visit) renderPapers(status int, chosen []string, ms mistakes) error {
	c, err := v.office.Case(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	p := papersPage{caseFrame: v.frame(c, "task", dsr.TaskVerifyIdentity), Kinds: v.proofsOf(c.Identity, c.Channel)(c.Kind).Documents, Chosen: chosen, Mistakes: ms}
	// A representative's papers may come in the same envelope.
	if c.Authority != nil {
		p.Kinds = append(append([]policy.Document(nil), p.Kinds...), v.pack.AuthorityDocuments(c.Authority.Kind)...)
	}
	return v.render(status, p)
}

// papersSent is POST …/papers.
func (s *Server) papersSent(v *visit) error {
	if err := v.Request().ParseForm(); err != nil {
		return dsr.Errorf(dsr.Invalid, "error.command-shape", "form: %w", err)
	}
	kinds := v.Request().PostForm["kind"]
	known := len(kinds) > 0
	for _, k := range kinds {
		_, ok := v.pack.Document(k)
		known = known && ok
	}
	if !known {
		return v.renderPapers(http.StatusUnprocessableEntity, kinds, mistakes{{"kind", v.t("desk.wrong.papers")}})
	}
	if err := v.office.PapersArrived(v.ctx, v.actor, v.Param("case"), kinds); err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "papers-arrived"))
}

// moreProof is POST …/identity/more. The first button shows what the person
// would read, the second sends it.
func (s *Server) moreProof(v *visit) error {
	form := compareForm{Candidate: "?", Reason: v.form("reason-code"), Text: tidyLines(v.FormValue("text"))}
	var ms mistakes
	if !contains(moreReasons(), form.Reason) {
		form.Reason = ""
		ms = append(ms, mistake{"reason-code", v.t("desk.wrong.reason-code")})
	}
	if form.Reason == "other" && form.Text == "" {
		ms = append(ms, mistake{"text", v.t("desk.wrong.more-text")})
	}
	if len(ms) > 0 {
		return v.renderCompare(http.StatusUnprocessableEntity, form, ms)
	}
	if v.form("act") == "preview" {
		return v.renderCompare(http.StatusOK, form, nil)
	}
	err := v.office.AskMoreProof(v.ctx, v.actor, v.Param("case"), v.form("task"), form.Reason, form.Text)
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "more-asked"))
}

// rejectIdentity is POST …/identity/reject: a proposal, which an approver
// decides.
func (s *Server) rejectIdentity(v *visit) error {
	text, ms := v.typed("text-reject")
	if len(ms) > 0 {
		return v.renderCompare(http.StatusUnprocessableEntity, compareForm{Candidate: "?", RejectText: text}, ms)
	}
	err := v.office.ProposeRejection(v.ctx, v.actor, v.Param("case"), v.form("task"), text)
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "proposed"))
}
