package server

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"

	"madoguchi/dsr"
)

// statusPage is one submission as the person sees it: what they should do
// first, then five answers for each part, then everything so far.
type statusPage struct {
	Reference string
	// Done is the catalogue key of what the person has just done, "" for
	// nothing.
	Done  string
	Until string
	Todo  *todo
	Parts []part
	// Messages are both sides', oldest first.
	Messages []dsr.Message
	Letters  []letterRow
	Reach    reach
	Voice    string
	Several  bool
}

func (statusPage) name() string { return "portal/status" }

// todo is the one thing that waits for the person.
type todo struct {
	// Title, Text and Button are catalogue keys; Args fill Text.
	Title, Text, Button string
	Path                string
	// Post: the button acts at once.
	Post  bool
	Until string
	In    string
	// Reason is what the desk wrote about it.
	Reason string
}

// part is one case of the submission.
type part struct {
	N    int
	Case dsr.StatusCase
	Kind dsr.Kind
	// Rail are the five steps.
	Rail []railStep
	// What is the sentence on what is happening, Who a key: "you", "we",
	// "nobody".
	What template.HTML
	Who  string
	// When are sentences: one date each, and what it means.
	When    []template.HTML
	Actions []action
	Pending bool
	Closed  bool
	Late    bool
	Path    string
	Answer  bool // the answer can be looked at
	// Notes are what else is true now: frozen, a cooling-off, kept until, told.
	Notes []template.HTML
	// Told are the recipients of the data, each with how far telling them is.
	Told []toldRow
	// Card is the catalogue key of what was asked.
	Card string
	// Why tells how the target date came about; nil where none is promised.
	Why *whyDate
}

// whyDate is the way to a date in the person's words: what sort of date it is,
// then the steps.
type whyDate struct {
	Lead  []template.HTML
	Steps []string
}

// toldRow is one recipient of data that was changed.
type toldRow struct {
	Name string
	How  string // catalogue key
}

type railStep struct {
	N     int
	State string // "past", "now", "next"
}

// action is something the person can do now.
type action struct {
	Key  string
	Path string
	Post bool
}

type letterRow struct {
	Path, Title string
	At          int64
}

// doneKeys are the sentences about what was just done: the address carries the
// key's name only.
var doneKeys = map[string]string{
	"confirmed": "portal.confirm.done", "identity": "portal.identity.done", "written": "portal.write.done",
	"answered": "portal.question.done", "withdrawn": "portal.withdraw.done", "taken-back": "portal.withdraw.back-done",
	"objected": "portal.object.done", "voice": "portal.voice.done",
}

// status is GET /o/:slug/my.
func (s *Server) status(v *visit) error {
	st, err := v.office.Status(v.ctx, v.submission)
	if err != nil {
		return err
	}
	p := statusPage{Reference: st.Reference, Messages: st.Messages, Reach: v.reach(), Voice: voiceName(st.Voice),
		Done: doneKeys[v.QueryParam("done")], Several: len(st.Cases) > 1, Todo: v.todo(st)}
	if p.Done == doneKeys["identity"] && !st.Identity.EvidenceSent {
		p.Done = "" // the page was opened again after more was asked for
	}
	for i, c := range st.Cases {
		p.Parts = append(p.Parts, v.part(st, c, i+1))
		if c.WithdrawnFinalAt > 0 {
			p.Until = v.dateTime(c.WithdrawnFinalAt)
		}
	}
	if p.Done == "portal.withdraw.done" && p.Until == "" {
		p.Done = ""
	}
	p.Letters = v.letters(st, "")
	return v.render(http.StatusOK, p)
}

// letters are those that the person may read, of one case or of all.
func (v *visit) letters(st dsr.StatusPage, caseID string) []letterRow {
	var rows []letterRow
	for _, n := range st.Notices {
		if !n.Public || (caseID != "" && n.Case != "" && n.Case != caseID) {
			continue
		}
		rows = append(rows, letterRow{Path: v.path("/my/letter/" + n.ID), Title: letterTitle(v.voice, n, st), At: n.At})
	}
	// The newest first: whoever comes for the answer finds it without scrolling.
	slices.Reverse(rows)
	return rows
}

// letterTitle is the heading of a kind of letter. A refusal to change something
// is not called a refusal to disclose, and a decision that completed nothing is
// not called a completion.
func letterTitle(voice dsr.Voice, n dsr.NoticeRow, st dsr.StatusPage) string {
	key := "letter." + n.Code + ".title"
	for _, c := range st.Cases {
		switch {
		case c.Case != n.Case:
		case c.Kind != dsr.KindDisclosure && speaks(key+"-measure"):
			key += "-measure"
		case completedNothing(c) && speaks(key+"-otherwise"):
			key += "-otherwise"
		}
	}
	if speaks(key) {
		return say(voice, key)
	}
	return say(voice, "portal.letter.other")
}

// completedNothing reports whether a case was answered and nothing of what was
// asked for was done.
func completedNothing(c dsr.StatusCase) bool {
	for m := range c.Measures {
		if m.Granted() {
			return false
		}
	}
	return len(c.Measures) > 0
}

// kindsOf are the kinds of a submission's cases.
func kindsOf(st dsr.StatusPage) []dsr.Kind {
	var ks []dsr.Kind
	for _, c := range st.Cases {
		ks = append(ks, c.Kind)
	}
	return ks
}

// channelOf is how a submission came: what is asked for as proof depends on it.
func channelOf(st dsr.StatusPage) dsr.Channel {
	for _, c := range st.Cases {
		if c.Channel != "" {
			return c.Channel
		}
	}
	return dsr.ChannelPortal
}

// represented reports whether somebody acts for the person.
func represented(st dsr.StatusPage) bool {
	for _, c := range st.Cases {
		if shown(c) == dsr.StageAuthority {
			return true
		}
	}
	return st.Authority != nil
}

// wantsAuthority reports whether papers of a representative's authority are
// waited for: the clock stands for them, or none has been seen or sent yet.
func (v *visit) wantsAuthority(st dsr.StatusPage, c dsr.StatusCase) bool {
	if c.Withdrawn || shown(c) != dsr.StageAuthority || (st.Authority != nil && st.Authority.AdmittedAt > 0) {
		return false
	}
	if c.Paused {
		return c.PausedFor == "authority"
	}
	for _, d := range st.Documents {
		if x, ok := v.pack.Document(d.Kind); ok && x.For != "" && d.Submitted {
			return false
		}
	}
	return st.Authority == nil || st.Authority.RecordedAt == 0
}

// onlyAuthority reports whether the papers that are wanted are those of a
// representative's authority alone: who it is has been shown, or is shown by a
// code.
func (v *visit) onlyAuthority(st dsr.StatusPage, c dsr.StatusCase) bool {
	return v.wantsAuthority(st, c) || (represented(st) && len(papersOf([]dsr.Kind{c.Kind}, v.proofsOf(st.Identity, channelOf(st)))) == 0)
}

// wantsProof reports whether papers can be sent now.
func (v *visit) wantsProof(st dsr.StatusPage, c dsr.StatusCase) bool {
	if v.wantsAuthority(st, c) {
		return true
	}
	switch shown(c) {
	case dsr.StageReceived, dsr.StageTriage, dsr.StageIdentity:
	default:
		return false
	}
	if c.Withdrawn || st.Identity.Proven != "" || st.Identity.EvidenceSent {
		return false
	}
	return len(papersOf([]dsr.Kind{c.Kind}, v.proofsOf(st.Identity, channelOf(st)))) > 0 || represented(st)
}

// shown is the stage that a person sees: during a fraud check the one before.
func shown(c dsr.StatusCase) dsr.Stage {
	if c.Stage == dsr.StageFraud && c.StageShown != "" {
		return c.StageShown
	}
	if c.Stage == dsr.StageFraud {
		return dsr.StageReview
	}
	return c.Stage
}

// ready reports whether there is something to download.
func ready(c dsr.StatusCase) bool {
	return c.Package != nil && c.Package.ReadyAt > 0 && !c.Withdrawn
}

// todo finds what waits for the person, most urgent first: a question that
// holds everything up, proof of who they are, the address, an answer to fetch.
func (v *visit) todo(st dsr.StatusPage) *todo {
	for _, c := range st.Cases {
		if c.Question != nil && !c.Withdrawn && c.Stage.Open() {
			return v.until(&todo{Title: "portal.todo.question", Text: "portal.todo.question-text", Button: "portal.todo.answer", Reason: c.Question.Text, Path: v.path("/my/case/" + c.Case + "/answer")}, c)
		}
	}
	// Before papers: without a confirmed address the answer cannot be told.
	if documents, contact := v.proof(kindsOf(st), v.proofsOf(st.Identity, channelOf(st))); contact && !st.ByPost && !st.ContactConfirmed && anyOpen(st) {
		t := &todo{Title: "portal.confirm.title", Text: "portal.confirm.why", Button: "portal.todo.confirm", Path: v.path("/my/confirm/send"), Post: true}
		if !documents {
			// At this level the confirmed address is the proof.
			t.Text = "portal.confirm.proof"
		}
		return t
	}
	for _, c := range st.Cases {
		if v.wantsProof(st, c) {
			t := &todo{Title: "portal.todo.identity", Text: "portal.identity.why", Button: "portal.todo.identity-button", Path: v.path("/my/identity")}
			asked := st.Identity.Asked
			if v.onlyAuthority(st, c) {
				t.Title, t.Text, t.Button, asked = "portal.todo.authority", "portal.identity.authority-why", "portal.todo.authority-button", 0
				if st.Authority != nil {
					asked = st.Authority.Asked
				}
			}
			if asked > 0 {
				t.Title, t.Text, t.Reason = "portal.todo.more", "portal.todo.more-text", lastReason(st)
			}
			return v.until(t, c)
		}
	}
	for _, c := range st.Cases {
		if ready(c) && c.Package.Expired {
			return &todo{Title: "portal.download.title", Text: "portal.download.expired", Button: "portal.todo.download", Path: v.path("/my/case/" + c.Case + "/download")}
		}
		if ready(c) {
			return &todo{Title: "portal.todo.ready", Text: "portal.todo.ready-text", Button: "portal.todo.download", Path: v.path("/my/case/" + c.Case + "/download"),
				Until: v.date(c.Package.AvailableUntil), In: v.in(c.Package.AvailableUntil)}
		}
	}
	return nil
}

func anyOpen(st dsr.StatusPage) bool {
	for _, c := range st.Cases {
		if c.Stage.Open() && !c.Withdrawn {
			return true
		}
	}
	return false
}

// until puts the end of the waiting step to a to-do.
func (v *visit) until(t *todo, c dsr.StatusCase) *todo {
	if c.WaitingUntil > 0 {
		t.Until, t.In = v.date(c.WaitingUntil), v.in(c.WaitingUntil)
	}
	return t
}

// lastReason is the desk's newest word on why more proof is needed.
func lastReason(st dsr.StatusPage) string {
	text := ""
	for _, m := range st.Messages {
		if m.Kind == "reason" {
			text = m.Text
		}
	}
	return text
}

// part makes the five answers of one case.
func (v *visit) part(st dsr.StatusPage, c dsr.StatusCase, n int) part {
	stage := shown(c)
	p := part{N: n, Case: c, Kind: c.Kind, Card: v.cardOf(c.Kind), Pending: c.Pending > 0, Closed: stage == dsr.StageClosed, Path: v.path("/my/case/" + c.Case)}
	step := c.Step
	// An office that did not say is read from the stage.
	if step == 0 {
		step = stage.Step()
	}
	for i := dsr.StepReceived; i <= dsr.StepAnswered; i++ {
		r := railStep{N: int(i), State: "next"}
		switch {
		// A closed case has all five behind it, however it closed.
		case i < step, p.Closed:
			r.State = "past"
		case i == step:
			r.State = "now"
		}
		p.Rail = append(p.Rail, r)
	}
	key, who := v.now5(st, c, stage)
	told, all := toldOf(c)
	p.What = v.h(key, "n", c.Collected, "of", c.ToCollect, "told", told, "all", all, "until", v.dateTime(c.CoolingOffUntil))
	p.Notes, p.Told = v.notes(c, stage)
	p.Who = who
	p.When = v.when(c, stage, who)
	p.Why = v.whyDate(c, stage)
	// Counted in civil days: on the target date itself nobody is late.
	p.Late = c.TargetAt > 0 && c.AnsweredAt == 0 && stage.Open() && v.daysToTarget(c.Shell) < 0 && !c.Withdrawn
	p.Answer = c.AnsweredAt > 0 || stage == dsr.StageDelivery || stage == dsr.StageNotified || (p.Closed && c.Outcome != dsr.OutcomeWithdrawn)
	p.Actions = v.actions(st, c, p)
	return p
}

// now5 is what is happening, as a key of the catalogue, and who acts.
func (v *visit) now5(st dsr.StatusPage, c dsr.StatusCase, stage dsr.Stage) (key, who string) {
	public := func(x string) string { return "stage." + x + ".public" }
	switch {
	case stage == dsr.StageClosed && c.Outcome != "":
		return resultKey(c), "nobody"
	case stage == dsr.StageClosed:
		return public("closed"), "nobody"
	case c.Withdrawn:
		return public("withdrawn"), "we"
	case c.Question != nil:
		return public("clarification"), "you"
	}
	switch stage {
	case dsr.StageReceived, dsr.StageTriage:
		if st.Identity.EvidenceSent && st.Identity.Proven == "" {
			return public("identity-checking"), "we"
		}
	case dsr.StageIdentity:
		switch {
		case st.Identity.Proven != "":
			return public("accepted"), "we"
		case st.Identity.EvidenceSent:
			return public("identity-checking"), "we"
		case st.Identity.Asked > 0:
			return "portal.todo.more-text", "you"
		case len(papersOf([]dsr.Kind{c.Kind}, v.proofsOf(st.Identity, channelOf(st)))) == 0 && st.ContactConfirmed:
			return "portal.now.checking", "we"
		case len(papersOf([]dsr.Kind{c.Kind}, v.proofsOf(st.Identity, channelOf(st)))) == 0:
			return "portal.confirm.proof", "you"
		}
		return public("identity"), "you"
	case dsr.StageAuthority:
		if !v.wantsAuthority(st, c) {
			return "portal.now.authority", "we"
		}
		return public(string(stage)), "you"
	case dsr.StageFee, dsr.StageClarification:
		return public(string(stage)), "you"
	case dsr.StageExecution:
		switch {
		case c.Kind == dsr.KindDisclosure:
		case c.Stopped:
			return "portal.now.stopped", "we"
		case c.CoolingOffUntil > v.now().UnixMicro():
			return "portal.now.cooling", "we"
		default:
			return "portal.now.execution", "we"
		}
	case dsr.StageNotified:
		if told, all := toldOf(c); told < all {
			return "portal.now.recipients", "we"
		}
	case dsr.StageSearch:
		if c.ToCollect == 0 {
			return public("accepted"), "we"
		}
	case dsr.StageDelivery:
		if !ready(c) {
			return public("notified"), "we"
		}
		return public("delivery"), "you"
	}
	return public(string(stage)), "we"
}

// cardOf is the catalogue key of a kind as a person says it. Where the policy
// promises a deletion without a ground it is more than of what is wrong.
func (v *visit) cardOf(k dsr.Kind) string {
	if o, ok := v.pack.Offer(string(k)); ok && k == dsr.KindDeletion && o.NoGround {
		return "portal.away.card"
	}
	return "kind." + string(k) + ".card"
}

// resultKey is how a case ended, in words that fit what was asked: nothing is
// given where something was to be changed.
func resultKey(c dsr.StatusCase) string {
	if c.Kind != dsr.KindDisclosure {
		switch c.Outcome {
		case dsr.OutcomeFulfilled, dsr.OutcomePartial, dsr.OutcomeAlternative, dsr.OutcomeRefused:
			return "portal.result." + string(c.Outcome)
		}
	}
	return "outcome." + string(c.Outcome)
}

// toldOf counts the recipients whose telling is settled, and all of them.
func toldOf(c dsr.StatusCase) (told, all int) {
	for _, r := range c.Recipients {
		if r.State == "done" {
			told++
		}
	}
	return told, len(c.Recipients)
}

// notes are what is true beside the stage: a field that is frozen, an erasure
// that can still be stopped, what was done with each item, what is kept and
// until when, who has been told.
func (v *visit) notes(c dsr.StatusCase, stage dsr.Stage) (out []template.HTML, told []toldRow) {
	open := stage.Open()
	if c.Frozen && open {
		out = append(out, v.h("portal.note.frozen"))
	}
	switch {
	case !open || c.Withdrawn:
	case c.Stopped:
		out = append(out, v.h("portal.note.stopped"))
	case c.CoolingOffUntil > v.now().UnixMicro():
		out = append(out, v.h("portal.note.cooling", "until", v.dateTime(c.CoolingOffUntil)))
	}
	for _, m := range dsr.Measures {
		if n := c.Measures[m]; n > 0 && speaks("portal.measure."+string(m)) {
			out = append(out, v.h("portal.measure."+string(m), "n", n))
		}
	}
	for _, r := range c.Scheduled {
		switch {
		case r.DoneAt > 0:
			out = append(out, v.h("portal.note.erased-later", "date", v.date(r.DoneAt)))
		default:
			out = append(out, v.h("portal.note.kept-until", "date", v.civil(r.DueOn)))
		}
	}
	for _, r := range c.Recipients {
		row := toldRow{Name: r.Name, How: "portal.told.open"}
		if r.State == "done" && speaks("portal.told."+string(r.Result)) {
			row.How = "portal.told." + string(r.Result)
		}
		told = append(told, row)
	}
	if n, all := toldOf(c); all > 0 {
		out = append(out, v.h("portal.note.recipients", "told", n, "all", all))
	}
	return out, told
}

// when lists the dates that matter now.
func (v *visit) when(c dsr.StatusCase, stage dsr.Stage, who string) []template.HTML {
	var out []template.HTML
	switch {
	case stage == dsr.StageClosed:
		if c.AnsweredAt > 0 {
			out = append(out, v.h("portal.status.answered-on", "date", v.date(c.AnsweredAt)))
		}
		if c.ClosedAt > 0 {
			out = append(out, v.h("portal.status.closed-on", "date", v.date(c.ClosedAt)))
		}
		return out
	case c.Withdrawn:
		if c.WithdrawnFinalAt > 0 {
			out = append(out, v.h("portal.when.take-back", "until", v.dateTime(c.WithdrawnFinalAt)))
		}
		return out
	}
	if who == "you" && c.WaitingUntil > 0 {
		out = append(out, v.h("portal.status.until", "date", v.date(c.WaitingUntil), "left", v.in(c.WaitingUntil)))
	}
	if stage == dsr.StageDelivery && ready(c) {
		out = append(out, v.h("portal.download.until", "date", v.date(c.Package.AvailableUntil)))
	}
	if c.CoolingOffUntil > v.now().UnixMicro() && !c.Stopped {
		out = append(out, v.h("portal.when.cooling", "until", v.dateTime(c.CoolingOffUntil)))
	}
	switch {
	case c.AnsweredAt > 0:
		out = append(out, v.h("portal.status.answered-on", "date", v.date(c.AnsweredAt)))
		// While we wait for the person no date is promised.
	case c.Paused:
		out = append(out, v.h("portal.status.paused"))
	case c.Prolonged != nil && c.Prolonged.From < c.TargetAt && v.daysToTarget(c.Shell) >= 0:
		// The old date stays visible: whoever wrote it down must know it again.
		out = append(out, v.h("portal.status.prolonged", "old", struck(v.civil(c.Prolonged.FromOn)), "date", v.civil(v.targetOn(c.Shell)), "left", v.inTarget(c.Shell)))
		if key := "portal.late." + c.Prolonged.Ground; speaks(key) {
			out = append(out, v.h(key))
		}
	case c.TargetAt > 0 && v.daysToTarget(c.Shell) < 0:
		out = append(out, v.h("portal.when.late", "date", v.civil(v.targetOn(c.Shell))), v.h("stage.late.public"))
	case c.TargetAt > 0:
		out = append(out, v.h("portal.status.target", "date", v.civil(v.targetOn(c.Shell)), "left", v.inTarget(c.Shell)))
	}
	return out
}

// struck is a text that no longer holds.
func struck(text string) template.HTML {
	return template.HTML("<del>" + template.HTMLEscapeString(text) + "</del>")
}

// whyDate explains the target date while one is promised: not while we wait for
// the person, nor after the answer.
func (v *visit) whyDate(c dsr.StatusCase, stage dsr.Stage) *whyDate {
	if c.Why == nil || c.TargetAt == 0 || c.Paused || c.Withdrawn || c.AnsweredAt > 0 || stage == dsr.StageClosed {
		return nil
	}
	w := &whyDate{}
	switch c.Why.Name {
	case dsr.ClockLegal:
		w.Lead = append(w.Lead, v.h("portal.why.legal", "law", cmp.Or(v.law(*c.Why), v.clockTitle(*c.Why))))
	default:
		w.Lead = append(w.Lead, v.h("portal.why.own", "organisation", v.organisation()))
	}
	if z := c.Why.Zone; z != "" && z != v.zone.String() {
		w.Lead = append(w.Lead, v.h("portal.why.zone", "zone", z))
	}
	if c.Why.Provisional {
		w.Lead = append(w.Lead, v.h("portal.why.provisional"))
	}
	if c.Why.StepsIn != nil {
		w.Steps = c.Why.StepsIn(v.voice)
	}
	return w
}

// actions are what the person can do now, nearest first.
func (v *visit) actions(st dsr.StatusPage, c dsr.StatusCase, p part) []action {
	at := v.path("/my/case/" + c.Case)
	var as []action
	if c.Question != nil && !c.Withdrawn && !p.Closed {
		as = append(as, action{Key: "portal.todo.answer", Path: at + "/answer"})
	}
	switch {
	case v.wantsProof(st, c) && v.onlyAuthority(st, c):
		as = append(as, action{Key: "portal.todo.authority-button", Path: v.path("/my/identity")})
	case v.wantsProof(st, c):
		as = append(as, action{Key: "portal.todo.identity-button", Path: v.path("/my/identity")})
	}
	if ready(c) {
		as = append(as, action{Key: "portal.todo.download", Path: at + "/download"})
	}
	if p.Answer {
		as = append(as, action{Key: "portal.outcome.link", Path: at})
	}
	if c.CanTakeBack {
		as = append(as, action{Key: "portal.withdraw.back", Path: at + "/take-back", Post: true})
	}
	if !p.Closed {
		as = append(as, action{Key: "portal.write.title", Path: at + "/write"})
	}
	if c.CanObject {
		as = append(as, action{Key: "portal.object.link", Path: at + "/object"})
	}
	// What is always there stands last, and what ends the request after everything.
	as = append(as, action{Key: "portal.voice.link", Path: v.path("/my/voice")}, action{Key: "portal.receipt.link", Path: v.path("/my/receipt")})
	switch {
	case c.CanWithdraw && c.CoolingOffUntil > v.now().UnixMicro():
		// Whoever is signed in needs no link to stop it: withdrawing does.
		as = append([]action{{Key: "portal.withdraw.stop", Path: at + "/withdraw"}}, as...)
	case c.CanWithdraw:
		as = append(as, action{Key: "portal.withdraw.link", Path: at + "/withdraw"})
	}
	return as
}

// myCase finds one case of the visit's submission: any other is unknown.
func (v *visit) myCase() (dsr.StatusPage, dsr.StatusCase, error) {
	st, err := v.office.Status(v.ctx, v.submission)
	if err != nil {
		return st, dsr.StatusCase{}, err
	}
	for _, c := range st.Cases {
		if c.Case == v.Param("case") {
			return st, c, nil
		}
	}
	return st, dsr.StatusCase{}, dsr.Fail(dsr.NotFound, "error.not-found")
}

// outcomePage is the answer to one case: what was decided in plain words, the
// letters, the way to the data, and what to do if it seems wrong.
type outcomePage struct {
	Part       part
	Text       template.HTML
	Letters    []letterRow
	Download   bool
	Object     string
	Complaints []complaintBody
	Reach      reach
}

func (outcomePage) name() string { return "portal/outcome" }

// outcome is GET /o/:slug/my/case/:case.
func (s *Server) outcome(v *visit) error {
	st, c, err := v.myCase()
	if err != nil {
		return err
	}
	p := outcomePage{Part: v.part(st, c, 1), Letters: v.letters(st, c.Case), Download: ready(c), Reach: v.reach()}
	if !p.Part.Answer && !p.Part.Closed {
		return v.see(v.path("/my"))
	}
	p.Text = p.Part.What
	if c.Outcome != "" {
		p.Text = v.h(resultKey(c))
	}
	if c.CanObject {
		p.Object = v.path("/my/case/" + c.Case + "/object")
	}
	p.Complaints = v.complaints()
	return v.render(http.StatusOK, p)
}

// letterPage is one letter, made for printing.
type letterPage struct {
	Letter dsr.Letter
	Lang   string
	Back   string
}

func (letterPage) name() string { return "portal/letter" }

// letter is GET /o/:slug/my/letter/:notice.
func (s *Server) letter(v *visit) error {
	l, err := v.office.Letter(v.ctx, v.submission, v.Param("notice"))
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, letterPage{Letter: l, Lang: lang(l.Voice), Back: v.path("/my")})
}
