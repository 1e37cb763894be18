package server

import (
	"html/template"
	"net/http"
	"net/url"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// textForm is a page on which a person writes something to the desk.
type textForm struct {
	title, label, button, done string // catalogue keys; done is a name of doneKeys
	intro                      []template.HTML
	hidden                     []pair
	act                        func(text string) error
}

// writeText shows a text form and, when it is sent, does what it is for. What
// was typed comes back with every mistake and every fault that a second try
// may get over.
func (v *visit) writeText(f textForm) error {
	text := ""
	status := http.StatusOK
	var ms mistakes
	if v.isPost() {
		text = clip(v.FormValue("text"))
		switch tidied := tidyLines(text); {
		case tidied == "":
			ms, status = v.wrong("text", "text"), http.StatusUnprocessableEntity
			// Counted as people count, in characters, with the number they have now.
		case len(v.tooLong("text", tidied, maxText)) > 0:
			ms, status = v.tooLong("text", tidied, maxText), http.StatusUnprocessableEntity
		default:
			err := f.act(tidied)
			switch dsr.FaultOf(err) {
			case "":
				return v.see(v.path("/my?done=" + f.done))
				// The world moved, or the text cannot be taken: the sentence says which.
			case dsr.Invalid, dsr.Conflict:
				ms, status = mistakes{{Field: "text", Text: locales.Fault(v.voice, err)}}, statusOf(err)
			case dsr.Unavailable:
				ms, status = mistakes{{Field: "text", Text: v.t("portal.wrong.not-sent")}}, http.StatusServiceUnavailable
			default:
				return err
			}
		}
	}
	box := v.area("text", f.label, text, ms, false)
	box.Mark = ""
	return v.render(status, formPage{Title: v.t(f.title), Intro: f.intro, Hidden: f.hidden, Back: v.path("/my"), Action: v.Request().URL.Path,
		Fields: []field{box}, Mistakes: ms, Button: v.t(f.button)})
}

// write is GET and POST /o/:slug/my/case/:case/write.
func (s *Server) write(v *visit) error {
	_, c, err := v.myCase()
	if err != nil {
		return err
	}
	return v.writeText(textForm{title: "portal.write.title", label: "portal.write.label", button: "portal.write.send", done: "written",
		act: func(text string) error { return v.office.Write(v.ctx, v.submission, c.Case, text) }})
}

// answer is GET and POST /o/:slug/my/case/:case/answer: one question of the
// desk.
func (s *Server) answer(v *visit) error {
	_, c, err := v.myCase()
	if err != nil {
		return err
	}
	if c.Question == nil {
		// Answered in another window, or taken back by the desk.
		if !v.isPost() {
			return v.see(v.path("/my"))
		}
		return dsr.Fail(dsr.Conflict, "error.question-answered")
	}
	// The question that was on the page, which may not be the newest.
	asked := v.form("question")
	if asked == "" {
		asked = c.Question.ID
	}
	quote := template.HTML(`<span class="quoted">` + template.HTMLEscapeString(c.Question.Text) + `</span>`)
	return v.writeText(textForm{title: "portal.question.title", label: "portal.question.answer", button: "portal.question.send", done: "answered",
		intro: []template.HTML{quote, v.h("portal.question.hint")}, hidden: []pair{{"question", c.Question.ID}},
		act: func(text string) error { return v.office.Answer(v.ctx, v.submission, c.Case, asked, text) }})
}

// object is GET and POST /o/:slug/my/case/:case/object.
func (s *Server) object(v *visit) error {
	_, c, err := v.myCase()
	if err != nil {
		return err
	}
	if !c.CanObject && !v.isPost() {
		return v.see(v.path("/my"))
	}
	return v.writeText(textForm{title: "portal.object.title", label: "portal.object.label", button: "portal.object.send", done: "objected",
		intro: []template.HTML{v.h("portal.object.hint")},
		act:   func(text string) error { return v.office.Object(v.ctx, v.submission, c.Case, text) }})
}

// withdraw is GET /o/:slug/my/case/:case/withdraw: what stops, and what can be
// undone, before anything happens.
func (s *Server) withdraw(v *visit) error {
	_, c, err := v.myCase()
	if err != nil {
		return err
	}
	if !c.CanWithdraw {
		return v.see(v.path("/my"))
	}
	return v.render(http.StatusOK, formPage{Title: v.t("portal.withdraw.title"), Intro: []template.HTML{v.h("portal.withdraw.what")}, Back: v.path("/my"),
		Action: v.Request().URL.Path, Button: v.t("portal.withdraw.confirm"), Danger: true, Cancel: v.path("/my")})
}

// withdrawConfirmed is POST /o/:slug/my/case/:case/withdraw. A second press
// changes nothing and says the same.
func (s *Server) withdrawConfirmed(v *visit) error {
	_, c, err := v.myCase()
	if err != nil {
		return err
	}
	// Pressing twice is the same as pressing once.
	if !c.Withdrawn {
		err = v.office.Withdraw(v.ctx, v.submission, c.Case)
		if err != nil {
			return err
		}
	}
	return v.see(v.path("/my?done=withdrawn"))
}

// takeBack is POST /o/:slug/my/case/:case/take-back.
func (s *Server) takeBack(v *visit) error {
	_, c, err := v.myCase()
	if err != nil {
		return err
	}
	if c.Withdrawn {
		err = v.office.TakeBackWithdrawal(v.ctx, v.submission, c.Case)
		if err != nil {
			return err
		}
	}
	return v.see(v.path("/my?done=taken-back"))
}

// letterVoice is GET /o/:slug/my/voice: the language of later letters.
func (s *Server) letterVoice(v *visit) error {
	st, err := v.office.Status(v.ctx, v.submission)
	if err != nil {
		return err
	}
	return v.renderLetterVoice(http.StatusOK, string(st.Voice), nil)
}

func (v *visit) renderLetterVoice(status int, value string, ms mistakes) error {
	f := lettersStep.fields(v, answers{"letters": value}, ms)
	return v.render(status, formPage{Title: v.t(lettersStep.title), Back: v.path("/my"), Action: v.path("/my/voice"), Fields: f, Mistakes: ms,
		Button: v.t("button.save")})
}

// setLetterVoice is POST /o/:slug/my/voice.
func (s *Server) setLetterVoice(v *visit) error {
	voice := dsr.Voice(v.form("letters"))
	if !voice.Valid() {
		return v.renderLetterVoice(http.StatusUnprocessableEntity, "", v.wrong("letters", "letters"))
	}
	err := v.office.SetVoice(v.ctx, v.submission, voice)
	if err != nil {
		return err
	}
	return v.see(v.path("/my?done=voice"))
}

// confirmPage asks for the code that proves a contact.
type confirmPage struct {
	Fields   []field
	Mistakes mistakes
	Sent     bool
}

func (confirmPage) name() string { return "portal/confirm" }

func (p confirmPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// confirm is GET /o/:slug/my/confirm.
func (s *Server) confirm(v *visit) error {
	st, err := v.office.Status(v.ctx, v.submission)
	if err != nil {
		return err
	}
	// A link from an old mail: say that it is done.
	if st.ContactConfirmed {
		return v.see(v.path("/my?done=confirmed"))
	}
	return v.render(http.StatusOK, confirmPage{Fields: []field{v.codeField("", nil)}, Sent: v.QueryParam("sent") != ""})
}

// sendCode asks for a code within a submission. One that was sent a moment ago
// is as good as a new one.
func (v *visit) sendCode(purpose string) (mistakes, error) {
	err := v.s.allow(v.ctx, "code-ip", v.ip(), v.s.Limits.CodePerIP, 3600)
	if err != nil {
		return nil, err
	}
	err = v.office.SendCode(v.ctx, v.submission, purpose)
	switch {
	case err == nil, dsr.CodeOf(err) == "error.code-too-soon":
		return nil, nil
	case dsr.FaultOf(err) == dsr.Invalid:
		return mistakes{{Field: "code", Text: locales.Fault(v.voice, err)}}, nil
	}
	return nil, err
}

// confirmSend is POST /o/:slug/my/confirm/send.
func (s *Server) confirmSend(v *visit) error {
	ms, err := v.sendCode("confirm")
	if err != nil {
		return err
	}
	if len(ms) > 0 {
		return v.render(http.StatusUnprocessableEntity, confirmPage{Fields: []field{v.codeField("", ms)}, Mistakes: ms})
	}
	return v.see(v.path("/my/confirm?sent=1"))
}

// checkCode reads the code that was typed and bounds how often it may be
// tried. The mistakes are those of the field.
func (v *visit) checkCode() (code string, ms mistakes, err error) {
	code = codeDigits(v.FormValue("code"))
	if len(code) != 8 {
		return "", v.wrong("code", "code-shape"), nil
	}
	err = v.s.allow(v.ctx, "check-ip", v.ip(), v.s.Limits.CheckPerIP, 3600)
	if err == nil {
		err = v.s.allow(v.ctx, "check-submission", v.submission, v.s.Limits.CheckPerContact, 3600)
	}
	return code, nil, err
}

// confirmCode is POST /o/:slug/my/confirm.
func (s *Server) confirmCode(v *visit) error {
	code, ms, err := v.checkCode()
	if err != nil {
		return err
	}
	if len(ms) == 0 {
		err = v.office.ConfirmContact(v.ctx, v.submission, code)
		if dsr.FaultOf(err) == dsr.Invalid {
			ms = mistakes{{Field: "code", Text: locales.Fault(v.voice, err)}}
		} else if err != nil {
			return err
		}
	}
	if len(ms) > 0 {
		return v.render(http.StatusUnprocessableEntity, confirmPage{Fields: []field{v.codeField(v.form("code"), ms)}, Mistakes: ms, Sent: true})
	}
	return v.see(v.path("/my?done=confirmed"))
}

// downloadPage gives out the data against a fresh code.
type downloadPage struct {
	Package  dsr.PackageRow
	Left     int
	Fields   []field
	Mistakes mistakes
	Sent     bool
	Opened   bool
	Path     string
	Kind     dsr.Kind
}

func (downloadPage) name() string { return "portal/download" }

func (p downloadPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

func (v *visit) renderDownload(status int, c dsr.StatusCase, typed string, ms mistakes, sent bool) error {
	if c.Package == nil {
		return v.see(v.path("/my"))
	}
	if c.Package.Expired {
		for i := range ms {
			ms[i].Field = "" // the page has no field then, but a way to open it again
		}
	}
	p := downloadPage{Package: *c.Package, Left: max(0, c.Package.MaxDownloads-c.Package.Downloads), Fields: []field{v.codeField(typed, ms)},
		Mistakes: ms, Sent: sent, Opened: v.QueryParam("opened") != "", Path: v.path("/my/case/" + c.Case + "/download"), Kind: c.Kind}
	return v.render(status, p)
}

// download is GET /o/:slug/my/case/:case/download.
func (s *Server) download(v *visit) error {
	_, c, err := v.myCase()
	if err != nil {
		return err
	}
	return v.renderDownload(http.StatusOK, c, "", nil, v.QueryParam("sent") != "")
}

// downloadCode is POST /o/:slug/my/case/:case/download/code.
func (s *Server) downloadCode(v *visit) error {
	_, c, err := v.myCase()
	if err != nil {
		return err
	}
	ms, err := v.sendCode("download")
	if err != nil {
		return err
	}
	if len(ms) > 0 {
		return v.renderDownload(http.StatusUnprocessableEntity, c, "", ms, true)
	}
	return v.see(v.path("/my/case/" + c.Case + "/download?sent=1"))
}

// downloadNow is POST /o/:slug/my/case/:case/download: the package, as a file
// that no browser opens by itself.
func (s *Server) downloadNow(v *visit) error {
	_, c, err := v.myCase()
	if err != nil {
		return err
	}
	code, ms, err := v.checkCode()
	if err != nil {
		return err
	}
	if len(ms) > 0 {
		return v.renderDownload(http.StatusUnprocessableEntity, c, v.form("code"), ms, true)
	}
	name, data, err := v.office.Download(v.ctx, v.submission, c.Case, code)
	// A wrong code, or the time ran out while the page was open.
	if dsr.FaultOf(err) == dsr.Invalid || dsr.CodeOf(err) == "error.package-expired" {
		return v.renderDownload(statusOf(err), c, v.form("code"), mistakes{{Field: "code", Text: locales.Fault(v.voice, err)}}, true)
	}
	if err != nil {
		return err
	}
	// Never shown inside the browser: the package has a page of its own in it.
	v.Response().Header().Set("Content-Disposition", attachment(name))
	return v.Blob(http.StatusOK, "application/zip", data)
}

// openAgain is POST /o/:slug/my/case/:case/download/again.
func (s *Server) openAgain(v *visit) error {
	_, c, err := v.myCase()
	if err != nil {
		return err
	}
	err = v.office.OpenAgain(v.ctx, v.submission, c.Case)
	if err != nil {
		return err
	}
	return v.see(v.path("/my/case/" + c.Case + "/download?opened=1"))
}

// attachment is the header of a file that is saved and not shown (RFC 6266).
func attachment(name string) string {
	plain := make([]rune, 0, len(name))
	for _, r := range name {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' || r == '/' {
			r = '_'
		}
		plain = append(plain, r)
	}
	return `attachment; filename="` + string(plain) + `"; filename*=UTF-8''` + url.PathEscape(name)
}
