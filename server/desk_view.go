package server

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// desk is an address of the organisation's desk: desk("/queue") is
// "/desk/<slug>/queue".
func (v *visit) desk(rest string) string { return "/desk/" + v.pack.Slug + rest }

// ofCase is an address of one case of the desk.
func (v *visit) ofCase(caseID, rest string) string {
	return v.desk("/case/" + url.PathEscape(caseID) + rest)
}

// useStaffVoice chooses the voice of a page for staff. The desk speaks Japanese
// and English: what this browser chose, then the account's own voice, then the
// nearest of the two.
func (v *visit) useStaffVoice() {
	for _, voice := range []dsr.Voice{dsr.Voice(v.QueryParam("lang")), dsr.Voice(v.s.cookie(v.Context, deskVoiceCookie)), v.staff.Voice, v.voice} {
		if !voice.Valid() {
			continue
		}
		v.voice = dsr.VoiceEn
		if voice.Letter() == dsr.VoiceJa {
			v.voice = dsr.VoiceJa
		}
		break
	}
	v.Set("voice", v.voice)
}

// deskVoices are the two of the desk's switch.
var deskVoices = []dsr.Voice{dsr.VoiceJa, dsr.VoiceEn}

// Desk is an address of the desk: {{$.Desk "/queue"}}.
func (w view) Desk(rest string) string {
	if w.v.pack == nil {
		return "/desk"
	}
	return w.v.desk(rest)
}

// Of is an address of one case of the desk.
func (w view) Of(caseID, rest string) string { return w.v.ofCase(caseID, rest) }

// Board is an address of the organisation's board.
func (w view) Board(rest string) string {
	if w.v.pack == nil {
		return "/board"
	}
	return "/board/" + w.v.pack.Slug + rest
}

// May reports whether the reader has one of the roles here.
func (w view) May(roles ...string) bool {
	for _, r := range roles {
		if w.v.actor.Has(dsr.Role(r)) {
			return true
		}
	}
	return false
}

// DeskStyle is the address of the desk's stylesheet.
func (w view) DeskStyle() string {
	for name := range w.v.s.sheet.files {
		if strings.HasPrefix(name, "desk.") && strings.HasSuffix(name, ".css") {
			return "/static/" + name
		}
	}
	return ""
}

// StaffVoices are the voices of the desk's switch.
func (w view) StaffVoices() []voiceChoice {
	var out []voiceChoice
	for _, x := range deskVoices {
		out = append(out, voiceChoice{Voice: x, Lang: lang(x), Name: voiceName(x), Current: x == w.v.voice})
	}
	return out
}

// RoleWords are the reader's roles in this organisation.
func (w view) RoleWords() string {
	var words []string
	for _, r := range w.v.actor.Roles {
		words = append(words, w.v.t("role."+string(r)))
	}
	return strings.Join(words, w.v.t("desk.comma"))
}

// Said is what has just been done, told once after the redirect: a key of the
// catalogue in the address, never a text.
func (w view) Said() template.HTML {
	said := w.v.QueryParam("said")
	if said == "" || strings.Trim(said, "abcdefghijklmnopqrstuvwxyz-") != "" || !speaks("desk.said."+said) {
		return ""
	}
	return w.v.h("desk.said." + said)
}

// Signed reports whether a member of staff reads the page.
func (w view) Signed() bool { return w.v.staff.ID != "" }

// Many reports whether the reader works for several organisations.
func (w view) Many() bool { return len(w.v.staff.Roles) > 1 }

// KindWord is the short word of staff for a kind.
func (w view) KindWord(k dsr.Kind) string { return w.v.t("desk.kind." + string(k)) }

// VoiceWord is the word for a voice in the reader's language.
func (w view) VoiceWord(x dsr.Voice) string { return w.v.t("desk.voice." + string(x)) }

// LangOf is the language of a text in a voice, for the lang attribute.
func (w view) LangOf(x dsr.Voice) string { return lang(x) }

// StageWord is the staff's label of where a case stands.
func (w view) StageWord(s dsr.Shell) string { return w.v.stageWord(s) }

// DateTime is an instant with time of day, without the zone's name: pages of
// the desk say once, at the foot, which zone they speak of.
func (w view) DateTime(micros int64) string {
	if micros == 0 {
		return ""
	}
	t := w.v.at(micros)
	return locales.Date(w.v.voice, t, true) + " " + t.Format("15:04")
}

// ZoneWord names the zone of every time on the page; "" where no organisation
// gives one.
func (w view) ZoneWord() string {
	if w.v.zone == time.UTC {
		return ""
	}
	return w.v.now().In(w.v.zone).Format("MST") + " (" + w.v.zone.String() + ")"
}

// Due is what the column of due dates says.
func (w view) Due(s dsr.Shell) due { return w.v.due(s) }

// Badge is how urgent a case is, in words, with an icon and a colour.
func (w view) Badge(s dsr.Shell, b dsr.Badge) badge { return w.v.badge(s, b) }

// Word is the text of a key made of parts, or the last part itself where the
// catalogue has none: words of newer parts must not break a list.
func (w view) Word(prefix, word string) string { return w.v.word(prefix, word) }

func (v *visit) word(prefix, word string) string {
	if word != "" && speaks(prefix+word) {
		return v.t(prefix + word)
	}
	return word
}

// System is the title of a connected system.
func (w view) System(id string) string { return w.v.systemWord(id) }

// DocumentWord is the title of a kind of document.
func (w view) DocumentWord(id string) string {
	if d, ok := w.v.pack.Document(id); ok {
		return w.v.packText(d.Title)
	}
	return id
}

// Retention is the text of a retention rule of the pack.
func (w view) Retention(id string) string {
	for _, r := range w.v.pack.Retention {
		if r.ID == id {
			return w.v.packText(r.Text)
		}
	}
	return id
}

// FieldWords names fields of a person.
func (w view) FieldWords(fields []string) string {
	var words []string
	for _, f := range fields {
		words = append(words, w.Word("desk.identity.field.", f))
	}
	return strings.Join(words, w.v.t("desk.comma"))
}

// CauseWord says why a task exists: what fell due, or which notice failed.
func (w view) CauseWord(cause string) string {
	for _, prefix := range []string{"milestone.", "notice.", "desk.cause."} {
		if cause != "" && speaks(prefix+cause) {
			return w.v.t(prefix + cause)
		}
	}
	return ""
}

// Of and Has are what templates ask of mistakes.
func (ms mistakes) Of(field string) string { return ms.of(field) }

// Has reports whether the field is wrong.
func (ms mistakes) Has(field string) bool { return ms.of(field) != "" }

func (v *visit) systemWord(id string) string {
	for _, s := range v.pack.Systems {
		if s.ID == id {
			return v.packText(s.Title)
		}
	}
	return id
}

// stageWord is the staff's label of a stage. Who has to act
// is part of it: a case that waits for the person is called so.
func (v *visit) stageWord(s dsr.Shell) string {
	switch {
	case s.Stage == dsr.StageClosed && s.Outcome != "":
		return v.t("stage.closed-with", "outcome", v.t("desk.outcome."+string(s.Outcome)))
	case s.Stage == dsr.StageIdentity && s.Paused, s.Stage == dsr.StageAuthority && s.Paused:
		return v.t("stage." + string(s.Stage) + "-waiting")
	case s.Stage == dsr.StageSearch:
		return v.t("stage.search", "n", s.Collected, "of", s.ToCollect)
	}
	return v.t("stage." + string(s.Stage))
}

// badge is urgency that can be seen, read and heard. Class chooses the colour;
// Icon repeats the words for those who see no colour.
type badge struct{ Class, Icon, Words string }

var badgeIcons = map[dsr.Badge]string{dsr.BadgeOnTrack: "○", dsr.BadgeSoon: "△", dsr.BadgeToday: "▲", dsr.BadgeOverdue: "✕",
	dsr.BadgePaused: "Ⅱ", dsr.BadgeInTime: "✓", dsr.BadgeWasLate: "✓", dsr.BadgeNoAnswer: "–"}

// soonUnits is at how many units left a paused case keeps the colour of one
// that is due soon.
const soonUnits = 3

// badge puts a badge into words. What the office has judged is shown and never
// judged again.
func (v *visit) badge(s dsr.Shell, b dsr.Badge) badge {
	out := badge{Class: string(b), Icon: badgeIcons[b], Words: v.t("badge." + string(b))}
	switch b {
	case dsr.BadgeOverdue:
		if n := -v.daysToTarget(s); n > 0 && s.TargetAt != 0 {
			out.Words = v.t("desk.badge.overdue", "n", n)
		}
	case dsr.BadgePaused:
		out.Words = v.t("desk.badge.paused", "date", locales.Date(v.voice, v.at(s.PausedAt), false), "why", v.t("pause."+s.PausedFor))
		// A pause keeps the colour of the risk: the time that is left does not
		// grow by waiting.
		switch {
		case s.UnitsLeft <= 0:
			out.Class = "paused overdue"
		case s.UnitsLeft <= soonUnits:
			out.Class = "paused soon"
		}
	}
	return out
}

// shortDate leaves out the year where it is this one: lists are narrow.
func (v *visit) shortDate(micros int64) string {
	t := v.at(micros)
	return locales.Date(v.voice, t, t.Year() != v.now().In(v.zone).Year())
}

// due is the date that counts, absolute first, and how far away it is.
type due struct{ Date, Left string }

// due says the date that counts for a case as it stands: the answer's when
// there is one, the target while the clock runs, what is left while it waits.
func (v *visit) due(s dsr.Shell) due {
	switch {
	case s.AnsweredAt != 0:
		return due{v.t("desk.due.answered", "date", v.shortDate(s.AnsweredAt)), ""}
	case s.Stage == dsr.StageClosed:
		return due{v.t("desk.due.closed", "date", v.shortDate(s.ClosedAt)), ""}
	case s.Paused:
		return due{v.t("desk.due.paused"), v.unitsLeft(s)}
	case s.TargetAt == 0:
		return due{v.t("desk.due.none"), ""}
	}
	on, _ := clock.ParseDate(v.targetOn(s))
	return due{locales.Date(v.voice, on.In(time.UTC), on.Y != v.now().In(v.zone).Year()), v.inTarget(s)}
}

// unitsLeft is what remains of a paused clock, in the unit of its rule.
func (v *visit) unitsLeft(s dsr.Shell) string {
	unit := v.pack.TargetFor(string(s.Kind)).Unit
	switch unit {
	case clock.BusinessDays:
		return v.t("left.days", "n", s.UnitsLeft)
	case clock.BusinessMinutes, clock.ElapsedMinutes:
		return v.t("left.time", "time", v.t("duration.minutes", "n", s.UnitsLeft))
	case clock.ElapsedHours:
		return v.t("left.time", "time", v.t("duration.hours", "n", s.UnitsLeft))
	}
	return v.t("left.time", "time", v.t("duration.days", "n", s.UnitsLeft))
}

// tab is one of the pages of a case.
type tab struct {
	Key, Path string
	Current   bool
}

// caseFrame is what stands above every page of a case: who sees at once which
// case it is, how urgent, and whether they have just opened personal data.
type caseFrame struct {
	dsr.CasePage
	Tab  string
	Tabs []tab
	// Opened says that this page holds personal data and that opening it was
	// recorded.
	Opened bool
	// Task is the task that this page works on, as the reader may work on it.
	Task taskView
}

// taskView is a task and what the reader may do with it.
type taskView struct {
	dsr.Task
	Path string
	// Mine: the reader has claimed it. May: the reader's role may claim it.
	Mine, May bool
}

// Open reports whether somebody still has to do it.
func (t taskView) Open() bool { return t.State == "open" || t.State == "claimed" }

// taskView says what the reader may do with a task. The office says it again
// in the transaction that claims or closes.
func (v *visit) taskView(t dsr.Task) taskView {
	return taskView{Task: t, Path: v.taskPath(t.Kind, t.Case, t.ID),
		Mine: t.State == "claimed" && t.Assignee == v.actor.ID, May: v.actor.Has(t.Kind.Roles()...)}
}

// taskPath is the page on which a task is done.
func (v *visit) taskPath(k dsr.TaskKind, caseID, task string) string {
	switch k {
	case dsr.TaskVerifyIdentity:
		return v.ofCase(caseID, "/identity")
	case dsr.TaskReview:
		return v.ofCase(caseID, "/review")
	case dsr.TaskApprove:
		return v.ofCase(caseID, "/approval")
	case dsr.TaskAuthority, dsr.TaskAdmit:
		return v.ofCase(caseID, "/authority")
	case dsr.TaskInvestigate:
		return v.ofCase(caseID, "/investigation")
	case dsr.TaskErasureStopped:
		return v.ofCase(caseID, "/stopped")
	case dsr.TaskPostLetter:
		return v.desk("/letters")
	}
	return v.ofCase(caseID, "/task/"+url.PathEscape(task))
}

// frame makes the frame of a case's page. kind is the task that the page is
// for, "" for none.
func (v *visit) frame(p dsr.CasePage, current string, kind dsr.TaskKind) caseFrame {
	f := caseFrame{CasePage: p, Tab: current}
	add := func(key, rest string, show bool) {
		if show {
			f.Tabs = append(f.Tabs, tab{key, v.ofCase(p.Case, rest), key == current})
		}
	}
	opens := v.actor.Has(deskOpeners.roles...)
	add("overview", "", true)
	add("identity", "/identity", opens)
	add("authority", "/authority", opens && p.Authority != nil)
	add("investigation", "/investigation", opens && hasTask(p.Tasks, dsr.TaskInvestigate))
	add("review", "/review", opens && (p.Items > 0 || hasTask(p.Tasks, dsr.TaskReview)))
	add("approval", "/approval", opens && len(p.Proposals) > 0)
	add("messages", "/messages", opens)
	add("notes", "/notes", v.actor.Has(deskWorkers.roles...))
	// The pages that hold nothing personal are few; every other one says that it
	// was opened.
	f.Opened = current != "overview" && current != "task" && (current != "notes" || opens)
	for _, t := range p.Tasks {
		if t.Kind == kind && (t.State == "open" || t.State == "claimed") {
			f.Task = v.taskView(t)
		}
	}
	return f
}

// hasTask reports whether a case has, or had, a task of a sort.
func hasTask(ts []dsr.Task, k dsr.TaskKind) bool {
	for _, t := range ts {
		if t.Kind == k {
			return true
		}
	}
	return false
}

// said gives an address that tells what was done: said(path, "claimed").
func said(path, what string) string {
	path, anchor, found := strings.Cut(path, "#")
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	path += sep + "said=" + what
	if found {
		path += "#" + anchor
	}
	return path
}

// noSuchDesk answers for an organisation that there is not: as for one in which
// the reader has no role.
func (v *visit) noSuchDesk() error {
	err := v.findStaff(dsr.Roles)
	if v.Response().Committed || (err != nil && dsr.FaultOf(err) != dsr.Forbidden) {
		return err
	}
	return dsr.Fail(dsr.NotFound, "error.not-found")
}

// deskError says whether staff read an error, and where they go on: to the
// case that refused, which they were allowed to see. What is not found leads
// nowhere but home, whatever was not found.
func deskError(c echo.Context, status int) (desk bool, back string) {
	path := c.Request().URL.Path
	if path != "/desk" && path != "/board" && !strings.HasPrefix(path, "/desk/") && !strings.HasPrefix(path, "/board/") {
		return false, ""
	}
	switch status {
	case http.StatusConflict, http.StatusForbidden, http.StatusUnprocessableEntity:
	default:
		return true, "/desk"
	}
	if c.Param("slug") == "" || c.Get("organisation") == nil {
		return true, "/desk"
	}
	back = "/desk/" + url.PathEscape(c.Param("slug")) + "/"
	if c.Param("case") != "" && status != http.StatusForbidden {
		back += "case/" + url.PathEscape(c.Param("case"))
	}
	return true, back
}
