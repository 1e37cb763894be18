package server

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// casePage is the overview of a case: everything about it that holds no
// personal data.
type casePage struct {
	caseFrame
	// Work is what is still to be done, Past what is over, Log the timeline.
	Work []workView
	Past []dsr.Task
	Log  []logLine
	// Inner is what only the engine does; an auditor reads it in its place in Log.
	Inner []logLine
	// Why is the card of the clocks; Mistakes are of its form.
	Why      clocksCard
	Mistakes mistakes
}

func (casePage) name() string        { return "desk/case" }
func (p casePage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// Failing reports whether a connected system needs somebody.
func (p casePage) Failing() bool {
	for _, e := range p.Effects {
		if e.State == dsr.EffectFailed {
			return true
		}
	}
	return false
}

// workView is a task that is still to be done, with what can be done about it.
type workView struct {
	taskView
	Colleagues []colleague
	// Done is how it can end.
	Done []string
}

// logLine is an event of the timeline in words.
type logLine struct {
	dsr.TimelineEntry
	Words string
	Who   string
}

// casePage is GET /desk/:slug/case/:case.
func (s *Server) casePage(v *visit) error {
	c, err := v.office.Case(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	return v.renderCase(http.StatusOK, c, nil, nil)
}

// renderCase shows a case, with the form of an extension as it was sent.
func (v *visit) renderCase(status int, c dsr.CasePage, typed *extendTyped, ms mistakes) (err error) {
	p := casePage{caseFrame: v.frame(c, "overview", ""), Log: v.log(c.Timeline), Why: v.clocksCard(c, typed, ms), Mistakes: ms}
	if !slices.Contains(v.actor.Roles, dsr.RoleAuditor) {
		p.Log, p.Inner = apart(p.Log)
	}
	for _, t := range c.Tasks {
		w := workView{taskView: v.taskView(t)}
		if !w.Open() {
			p.Past = append(p.Past, t)
			continue
		}
		if w.Mine {
			if w.Colleagues, err = v.colleagues(t.Kind); err != nil {
				return err
			}
		}
		p.Work = append(p.Work, w)
	}
	return v.render(status, p)
}

// log writes a timeline in words, newest first.
func (v *visit) log(entries []dsr.TimelineEntry) []logLine {
	var out []logLine
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		l := logLine{TimelineEntry: e, Words: e.Code, Who: e.ActorName}
		if l.Who == "" {
			l.Who = v.t("actor." + string(e.Actor))
		}
		// What the person reads of it speaks to them; staff have words of their
		// own where that would sound wrong.
		for _, key := range []string{"desk." + e.Code, e.Code} {
			if speaks(key) {
				l.Words = unfilled.ReplaceAllString(v.t(key, v.logArgs(e.Args)...), "–")
				break
			}
		}
		out = append(out, l)
	}
	return out
}

// inner are the events that tell a handler nothing: what they lead to has a line
// of its own.
var inner = []string{"timeline.clock", "timeline.run-began", "timeline.effects-planned", "timeline.effect-permitted"}

// apart parts a timeline into what people read and what the engine does.
func apart(all []logLine) (log, engine []logLine) {
	for _, l := range all {
		if slices.Contains(inner, l.Code) {
			engine = append(engine, l)
		} else {
			log = append(log, l)
		}
	}
	return log, engine
}

// unfilled is a word in braces for which an older event has no argument.
var unfilled = regexp.MustCompile(`\{[a-z_]+\}`)

// logArgs puts the words of enums in the place of their codes.
func (v *visit) logArgs(args map[string]string) []any {
	prefixes := map[string][]string{"stage": {"desk.stage.", "stage."}, "from": {"desk.stage.", "stage."}, "to": {"desk.stage.", "stage."},
		"outcome": {"desk.outcome."}, "kind": {"desk.kind.", "task.", "representative.", "hold."}, "task": {"task."}, "notice": {"notice."}, "code": {"notice.", "error."},
		"milestone": {"milestone."}, "name": {"milestone."}, "measure": {"desk.measure."}, "channel": {"desk.channel."}, "cause": {"milestone.", "notice.", "desk.cause."},
		"result": {"desk.result.", "recipient-result."}, "relation": {"relation."}, "to_kind": {"desk.kind."}, "voice": {"desk.voice."}, "action": {"action."}, "verdict": {"verdict."}, "reason": {"desk.more."}, "what": {"desk.what."}}
	var out []any
	for k, word := range args {
		if k == "system" || k == "connector" {
			word = v.systemWord(word)
		}
		for _, prefix := range prefixes[k] {
			if speaks(prefix + word) {
				word = v.t(prefix + word)
				break
			}
		}
		out = append(out, k, word)
	}
	return out
}

// taskPage is a task that needs no more than a small form.
type taskPage struct {
	caseFrame
	Work     workView
	Mistakes mistakes
	Result   string
	// Kinds are what a request can be classified as: each as this pack offers it.
	Kinds []dsr.Kind
	// Where is what was typed about who is responsible; Entrusted that the
	// organisation holds data for clients at all.
	Where     string
	Entrusted bool
}

func (taskPage) name() string { return "desk/task" }

// Enclosed is the newest letter that goes into the envelope of a package, with
// the address that it goes to; "" before there is one.
func (p taskPage) Enclosed() (notice string) {
	for _, n := range p.Notices {
		if n.Case == p.Case && (n.Code == "N-12" || n.Code == "N-13") {
			notice = n.ID
		}
	}
	return notice
}

func (p taskPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// results are how a task without a page of its own can end. They go into the
// record.
var results = map[dsr.TaskKind][]string{
	dsr.TaskReachPerson:   {"reached", "not-reached"},
	dsr.TaskHandOver:      {"posted", "handed-over"},
	dsr.TaskEscalation:    {"seen"},
	dsr.TaskAnswerMessage: {"answered", "read"},
	dsr.TaskCollect:       {"again", "without"},
}

// taskPage is GET …/case/:case/task/:task.
func (s *Server) taskPage(v *visit) error { return v.renderTask(http.StatusOK, nil) }

func (v *visit) renderTask(status int, ms mistakes) error {
	c, err := v.office.Case(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	for _, t := range c.Tasks {
		if t.ID != v.Param("task") {
			continue
		}
		p := taskPage{caseFrame: v.frame(c, "task", t.Kind), Mistakes: ms, Result: v.form("result")}
		p.Work = workView{taskView: v.taskView(t), Done: results[t.Kind]}
		p.Task = p.Work.taskView // not another one of the same kind
		if t.Kind == dsr.TaskRecipient {
			p.Work.Path = v.recipientPath(c, t)
		}
		// A task that has a page of its own is done there.
		if p.Work.Path != v.ofCase(t.Case, "/task/"+t.ID) {
			return v.see(p.Work.Path)
		}
		if p.Work.Mine {
			if p.Work.Colleagues, err = v.colleagues(t.Kind); err != nil {
				return err
			}
		}
		if t.Kind == dsr.TaskClassify {
			for _, k := range v.takenKinds() {
				p.Kinds = append(p.Kinds, dsr.Kind(k.Kind))
			}
			p.Where = v.form("where")
			for _, x := range v.pack.Populations {
				p.Entrusted = p.Entrusted || x.Entrusted
			}
		}
		return v.render(status, p)
	}
	return dsr.Fail(dsr.NotFound, "error.not-found")
}

// closeTask is POST …/task/:task/close.
func (s *Server) closeTask(v *visit) error {
	c, err := v.office.Case(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	var task *dsr.Task
	for i := range c.Tasks {
		if c.Tasks[i].ID == v.Param("task") {
			task = &c.Tasks[i]
		}
	}
	if task == nil {
		return dsr.Fail(dsr.NotFound, "error.not-found")
	}
	result := v.form("result")
	// An enum and nothing else: the result goes into the record, and the record
	// holds no free text.
	if !contains(results[task.Kind], result) {
		return v.renderTask(http.StatusUnprocessableEntity, mistakes{{"result", v.t("desk.wrong.result")}})
	}
	// Handing over ends the delivery, not only a task: it is a command.
	if task.Kind == dsr.TaskHandOver {
		err = v.office.HandedOver(v.ctx, v.actor, task.Case, task.ID)
	} else {
		err = v.office.CloseTask(v.ctx, v.actor, task.ID, result)
	}
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(task.Case, ""), "task-done"))
}

// packageForPost is POST …/task/:task/package: the answer of somebody who
// wants it on paper, for the colleague who hands it over. A form, because
// opening it is an act that is recorded.
func (s *Server) packageForPost(v *visit) error {
	name, data, err := v.office.PackageForPost(v.ctx, v.actor, v.Param("case"), v.Param("task"))
	if err != nil {
		return err
	}
	v.Response().Header().Set("Content-Disposition", attachment(name))
	return v.Blob(http.StatusOK, "application/zip", data)
}

// classifyCase is POST …/task/:task/classify.
func (s *Server) classifyCase(v *visit) error {
	kind := v.form("kind")
	if !v.deskTakes(kind) {
		return v.renderTask(http.StatusUnprocessableEntity, mistakes{{"kind", v.t("desk.wrong.kind")}})
	}
	sibling, err := v.office.Classify(v.ctx, v.actor, v.Param("case"), v.Param("task"), dsr.Kind(kind))
	if err != nil {
		return err
	}
	if sibling != "" && sibling != v.Param("case") {
		return v.see(said(v.ofCase(sibling, ""), "reclassified"))
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "classified"))
}

// redirectCase is POST …/task/:task/redirect: a proposal to send the person to
// whoever is responsible. What they will read names that place and says nothing
// about what is held.
func (s *Server) redirectCase(v *visit) error {
	where, ms := v.typed("where")
	if len(ms) > 0 {
		return v.renderTask(http.StatusUnprocessableEntity, ms)
	}
	err := v.office.ProposeRedirect(v.ctx, v.actor, v.Param("case"), v.Param("task"), where)
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "proposed"))
}

// talkPage is what was written to and by the person, or what staff wrote for
// themselves. The two are different pages with different forms, so that a
// note cannot be sent by mistake.
type talkPage struct {
	caseFrame
	Messages []dsr.Message
	Notes    []dsr.Note
	// Tell, Ask and Note are what was typed when a form came back.
	Tell, Ask, Note string
	Mistakes        mistakes
	// Reads: the reader may read notes, not only add one.
	Reads bool
}

func (p talkPage) name() string {
	if p.Tab == "notes" {
		return "desk/notes"
	}
	return "desk/messages"
}

// Wrong is the sentence for a field.
func (p talkPage) Wrong(field string) string { return p.Mistakes.of(field) }
func (p talkPage) hasMistakes() bool         { return len(p.Mistakes) > 0 }

// caseMessages is GET …/messages.
func (s *Server) caseMessages(v *visit) error {
	return v.renderTalk(http.StatusOK, talkPage{}, "messages")
}

// caseNotes is GET …/notes. A clerk adds what was said on the telephone and reads
// nothing.
func (s *Server) caseNotes(v *visit) error { return v.renderTalk(http.StatusOK, talkPage{}, "notes") }

// renderTalk opens the correspondence for those who may read it. For a clerk
// nothing is opened, and nothing is recorded as opened.
func (v *visit) renderTalk(status int, p talkPage, which string) error {
	c, err := v.office.Case(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	p.caseFrame = v.frame(c, which, dsr.TaskAnswerMessage)
	p.Reads = v.actor.Has(deskOpeners.roles...)
	if p.Reads {
		if p.Messages, p.Notes, err = v.office.Correspondence(v.ctx, v.actor, c.Case); err != nil {
			return err
		}
	}
	return v.render(status, p)
}

// typed reads a field of several lines and says what is wrong with it.
func (v *visit) typed(name string) (text string, ms mistakes) {
	text = tidyLines(v.FormValue(name))
	switch {
	case text == "":
		ms = mistakes{{name, v.t("desk.wrong.text")}}
	case utf8.RuneCountInString(text) > maxText:
		ms = mistakes{{name, v.t("desk.wrong.long", "n", maxText)}}
	}
	return text, ms
}

// tellPerson is POST …/tell: a message to the person.
func (s *Server) tellPerson(v *visit) error {
	text, ms := v.typed("text")
	if len(ms) > 0 {
		return v.renderTalk(http.StatusUnprocessableEntity, talkPage{Tell: text, Mistakes: ms}, "messages")
	}
	err := v.office.Tell(v.ctx, v.actor, v.Param("case"), text)
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), "/messages"), "told"))
}

// askPerson is POST …/ask: a question, for which the case waits.
func (s *Server) askPerson(v *visit) error {
	text, ms := v.typed("text-question")
	if len(ms) > 0 {
		return v.renderTalk(http.StatusUnprocessableEntity, talkPage{Ask: text, Mistakes: ms}, "messages")
	}
	err := v.office.Ask(v.ctx, v.actor, v.Param("case"), text)
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), "/messages"), "asked"))
}

// addNote is POST …/notes.
func (s *Server) addNote(v *visit) error {
	text, ms := v.typed("text-note")
	if len(ms) > 0 {
		return v.renderTalk(http.StatusUnprocessableEntity, talkPage{Note: text, Mistakes: ms}, "notes")
	}
	err := v.office.AddNote(v.ctx, v.actor, v.Param("case"), text)
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), "/notes"), "noted"))
}

// caseLetterPage shows a letter as the person has it.
type caseLetterPage struct {
	caseFrame
	Letter dsr.Letter
	// Preview: it has not been sent.
	Preview bool
	Back    string
}

func (caseLetterPage) name() string { return "desk/letter" }

// letterOfCase is GET …/letter/:notice.
func (s *Server) letterOfCase(v *visit) error {
	c, err := v.office.Case(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	l, err := v.office.LetterOfCase(v.ctx, v.actor, c.Case, v.Param("notice"))
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, caseLetterPage{caseFrame: v.frame(c, "letter", ""), Letter: l, Back: v.ofCase(c.Case, "#letters")})
}

// previewLetter is GET …/preview: the letter of the decision as it would be sent.
func (s *Server) previewLetter(v *visit) error {
	c, err := v.office.Case(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	l, err := v.office.Preview(v.ctx, v.actor, c.Case)
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, caseLetterPage{caseFrame: v.frame(c, "letter", ""), Letter: l, Preview: true, Back: v.ofCase(c.Case, "/review")})
}

// askWithdrawalPage asks once more before a withdrawal is recorded.
type askWithdrawalPage struct{ caseFrame }

func (askWithdrawalPage) name() string { return "desk/withdraw" }

// askWithdrawal is GET …/withdraw.
func (s *Server) askWithdrawal(v *visit) error {
	c, err := v.office.Case(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, askWithdrawalPage{v.frame(c, "task", "")})
}

// withdrawalTold is POST …/withdraw.
func (s *Server) withdrawalTold(v *visit) error {
	err := v.office.WithdrawFor(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "withdrawn"))
}

// morePrefix and a reason's code make a text in every voice: why more proof is
// asked for.
const morePrefix = "identity.more."

// moreReasons are the codes of the catalogue for which more proof is asked.
func moreReasons() []string { return codesOf(morePrefix) }

// codesOf are the codes that follow a prefix in the keys of the catalogue.
func codesOf(prefix string) []string {
	var out []string
	for _, k := range locales.Keys() {
		if code, ok := strings.CutPrefix(k, prefix); ok {
			out = append(out, code)
		}
	}
	return out
}
