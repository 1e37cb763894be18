package server

import (
	"net/http"
	"net/url"
	"strings"

	"madoguchi/dsr"
)

// stoppedPage says how an erasure goes on that somebody stopped by the link.
// It holds nothing personal: whoever stopped it is not named.
type stoppedPage struct{ caseFrame }

func (stoppedPage) name() string { return "desk/stopped" }

// stoppedErasure is GET …/stopped.
func (s *Server) stoppedErasure(v *visit) error {
	c, err := v.office.Case(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, stoppedPage{v.frame(c, "task", dsr.TaskErasureStopped)})
}

// resumeErasure is POST …/stopped/resume.
func (s *Server) resumeErasure(v *visit) error {
	if err := v.office.ResumeErasure(v.ctx, v.actor, v.Param("case"), v.form("task")); err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "erasure-resumed"))
}

// reconsider is POST …/stopped/reconsider.
func (s *Server) reconsider(v *visit) error {
	if err := v.office.Reconsider(v.ctx, v.actor, v.Param("case"), v.form("task")); err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "reconsidered"))
}

// recipientPage is one recipient's task: a text to send and what came of it.
// It holds personal data.
type recipientPage struct {
	caseFrame
	Seen     dsr.RecipientPage
	Results  []string
	Mistakes mistakes
}

func (recipientPage) name() string        { return "desk/recipient" }
func (p recipientPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// Number counts attempts from one.
func (recipientPage) Number(n int) int { return n + 1 }

// recipientResults are how an attempt can end. Unreachable is not among them:
// it is what three attempts in vain add up to.
var recipientResults = []string{string(dsr.RecipientInformed), string(dsr.RecipientDeclined), "no-answer"}

// recipient is GET …/recipient/:recipient.
func (s *Server) recipient(v *visit) error { return v.renderRecipient(http.StatusOK, nil) }

func (v *visit) renderRecipient(status int, ms mistakes) error {
	page, err := v.office.RecipientPage(v.ctx, v.actor, v.Param("case"), v.Param("recipient"))
	if err != nil {
		return err
	}
	p := recipientPage{caseFrame: v.frame(page.CasePage, "recipient", ""), Seen: page, Results: recipientResults, Mistakes: ms}
	for _, t := range page.Tasks {
		if t.ID == page.Recipient.Task && (t.State == "open" || t.State == "claimed") {
			p.Task = v.taskView(t)
			p.Task.Path = v.recipientPath(page.CasePage, t)
		}
	}
	return v.render(status, p)
}

// tellRecipient is POST …/recipient/:recipient: one attempt.
func (s *Server) tellRecipient(v *visit) error {
	result := v.form("result")
	if !contains(recipientResults, result) {
		return v.renderRecipient(http.StatusUnprocessableEntity, mistakes{{"result", v.t("desk.wrong.result")}})
	}
	if err := v.office.TellRecipient(v.ctx, v.actor, v.Param("case"), v.Param("recipient"), result); err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "recipient-told"))
}

// recipientPath is the page of a recipient's task; the task's own page where
// no recipient has it.
func (v *visit) recipientPath(c dsr.CasePage, t dsr.Task) string {
	for _, r := range c.Recipients {
		if r.Task == t.ID {
			return v.ofCase(c.Case, "/recipient/"+url.PathEscape(r.ID))
		}
	}
	return v.taskPath(t.Kind, t.Case, t.ID)
}

// lettersPage lists the letters that wait for print and post. It names nobody.
type lettersPage struct {
	Waiting []dsr.PostedLetter
	// Posted are those that were posted already, as far as the office lists them.
	Posted   []dsr.PostedLetter
	Mistakes mistakes
}

func (lettersPage) name() string        { return "desk/letters" }
func (p lettersPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// letters is GET /desk/:slug/letters.
func (s *Server) letters(v *visit) error { return v.renderLetters(http.StatusOK, nil) }

func (v *visit) renderLetters(status int, ms mistakes) error {
	all, err := v.office.LettersToPost(v.ctx, v.actor)
	if err != nil {
		return err
	}
	p := lettersPage{Mistakes: ms}
	for _, l := range all {
		if l.PostedAt == 0 {
			p.Waiting = append(p.Waiting, l)
		} else {
			p.Posted = append(p.Posted, l)
		}
	}
	return v.render(status, p)
}

// printPage is the chosen letters, each on sheets of its own. It holds personal
// data and is printed from the browser.
type printPage struct {
	Sheets []sheet
	// Sender is where the post brings a letter back to: in the country's own
	// script.
	Sender []string
}

func (printPage) name() string { return "desk/print" }

// sheet is one letter with the lines of its address window.
type sheet struct {
	dsr.PostedLetter
	Lines []string
	To    string // the name, as an envelope has it
}

// printLetters is POST /desk/:slug/letters/print. A form, because opening the
// letters is an act that is recorded.
func (s *Server) printLetters(v *visit) error {
	if err := v.Request().ParseForm(); err != nil {
		return dsr.Errorf(dsr.Invalid, "error.command-shape", "form: %w", err)
	}
	chosen := v.Request().PostForm["notice"]
	if len(chosen) == 0 {
		return v.renderLetters(http.StatusUnprocessableEntity, mistakes{{"notice", v.t("desk.wrong.letters-none")}})
	}
	letters, err := v.office.PrintLetters(v.ctx, v.actor, chosen)
	if dsr.FaultOf(err) == dsr.NotFound {
		// A colleague has posted one of them since the list was opened.
		return v.renderLetters(http.StatusConflict, mistakes{{"notice", v.t("desk.wrong.letters-gone")}})
	}
	if err != nil {
		return err
	}
	p := printPage{Sender: strings.Split(strings.TrimSpace(v.pack.Text(v.pack.Desk.Post, string(dsr.VoiceJa))), "\n")}
	for _, l := range letters {
		p.Sheets = append(p.Sheets, sheet{PostedLetter: l, Lines: strings.Split(strings.TrimSpace(l.Address), "\n"), To: say(l.Voice.Letter(), "desk.print.to", "name", l.Name)})
	}
	return v.render(http.StatusOK, p)
}

// letterPosted is POST /desk/:slug/letters/:notice/posted.
func (s *Server) letterPosted(v *visit) error {
	if err := v.office.LetterPosted(v.ctx, v.actor, v.Param("notice")); err != nil {
		return err
	}
	return v.see(said(v.desk("/letters"), "letter-posted"))
}

// appointmentsPage is who may open cases here.
type appointmentsPage struct {
	Active, Over []dsr.Appointment
	Staff        []colleague
	Roles        []dsr.Role
	A            answers
	// Required: the policy asks for appointments; Rule is what it says.
	Required bool
	Rule     string
	Clause   string
	Mistakes mistakes
}

func (appointmentsPage) name() string        { return "desk/appointments" }
func (p appointmentsPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// Wrong is the sentence for a field.
func (p appointmentsPage) Wrong(field string) string { return p.Mistakes.of(field) }

// appointedRoles are those for which somebody is appointed: the ones that open
// cases.
var appointedRoles = []dsr.Role{dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager}

// appointments is GET /desk/:slug/appointments.
func (s *Server) appointments(v *visit) error {
	a := answers{"from": v.now().In(v.zone).Format("2006-01-02")}
	return v.renderAppointments(http.StatusOK, a, nil)
}

func (v *visit) renderAppointments(status int, a answers, ms mistakes) error {
	all, err := v.office.Appointments(v.ctx, v.actor)
	if err != nil {
		return err
	}
	p := appointmentsPage{Roles: appointedRoles, A: a, Mistakes: ms}
	now := v.now().UnixMicro()
	for _, x := range all {
		if x.Active(now) || x.FromAt > now && x.EndedAt == 0 {
			p.Active = append(p.Active, x)
		} else {
			p.Over = append(p.Over, x)
		}
	}
	if r := v.pack.Roles; r != nil {
		p.Required, p.Rule, p.Clause = r.Appointments, v.packText(r.Text), r.Clause
	}
	staff, err := v.office.Appointable(v.ctx, v.actor)
	if err != nil {
		return err
	}
	for _, x := range staff {
		p.Staff = append(p.Staff, colleague{x.ID, x.Name})
	}
	return v.render(status, p)
}

// appoint is POST /desk/:slug/appointments.
func (s *Server) appoint(v *visit) error {
	a := answers{}
	for _, k := range []string{"staff", "role", "from", "until"} {
		a[k] = v.form(k)
	}
	var ms mistakes
	x := dsr.Appointment{Staff: a["staff"], Role: dsr.Role(a["role"])}
	if x.Staff == "" {
		ms = append(ms, mistake{"staff", v.t("desk.wrong.staff")})
	}
	known := false
	for _, r := range appointedRoles {
		known = known || r == x.Role
	}
	if !known {
		ms = append(ms, mistake{"role", v.t("desk.wrong.role")})
	}
	today := v.now().In(v.zone).Format("2006-01-02")
	from, ok := civilDate(a["from"])
	switch {
	case !ok:
		ms = append(ms, mistake{"from", v.t("desk.wrong.from")})
	case from == today:
		// From now on, not from a midnight that is over.
		x.FromAt = v.now().UnixMicro()
	default:
		x.FromAt = v.startOf(from)
	}
	if a["until"] != "" {
		until, ok := civilDate(a["until"])
		if !ok || until < from || until < today {
			ms = append(ms, mistake{"until", v.t("desk.wrong.appointed-until")})
		} else {
			// The last day is whole: it ends with the next one's midnight.
			x.UntilAt = v.startOf(nextDay(until))
		}
	}
	if len(ms) > 0 {
		return v.renderAppointments(http.StatusUnprocessableEntity, a, ms)
	}
	err := v.office.Appoint(v.ctx, v.actor, x)
	if dsr.FaultOf(err) == dsr.Invalid {
		return v.renderAppointments(http.StatusUnprocessableEntity, a, mistakes{{"staff", v.fault(err)}})
	}
	if err != nil {
		return err
	}
	return v.see(said(v.desk("/appointments"), "appointed"))
}

// endAppointment is POST /desk/:slug/appointments/:appointment/end: it holds
// from the next click of whoever was appointed.
func (s *Server) endAppointment(v *visit) error {
	if err := v.office.EndAppointment(v.ctx, v.actor, v.Param("appointment")); err != nil {
		return err
	}
	return v.see(said(v.desk("/appointments"), "appointment-ended"))
}
