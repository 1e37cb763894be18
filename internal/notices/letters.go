package notices

import (
	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// letters has one function a letter: what stands between head and foot.
var letters = map[string]func(*writer){
	"N-01": receipt, "N-01b": accepted, "N-02": proof, "N-02m": moreProof, "N-03": authority, "N-06": question, "N-07": late,
	"N-10": hold, "N-12": granted, "N-13": partial, "N-14": refusal, "N-15": notHeld, "N-16": ready, "N-16e": ended,
	"N-17": corrected, "N-18": measured, "N-19": told, "N-20": lapsed, "N-21": withdrawn, "N-22": reopened, "N-23": referral,
	"N-27": reminder, "N-28": alert, "N-30": interim, "N-32": coolingOff, "N-33": represented, "N-34": reclassified,
}

// head is the common block of every letter.
func (w *writer) head() {
	to, kind := "letter.to", "letter.kind"
	if toFile[w.code] { // who reads it may have asked for nothing
		to, kind = "letter.to-file", "letter.kind-file"
	}
	w.p(to)
	names := []string{w.t("letter.from"), w.t("letter.date"), w.t("word.reference"), w.t(kind), w.t("letter.arrived")}
	values := []string{w.d.Organisation, w.day(w.d.WrittenAt), w.d.Reference, w.kinds(), w.day(w.d.ArrivedAt)}
	w.facts(names, values)
}

// foot says whom to ask, where to complain, and by which policy we answered.
func (w *writer) foot() {
	w.h2("letter.contact")
	w.list(w.d.DeskLines...)
	w.complaint()
	policy := "letter.policy"
	if w.d.PolicyVersion == "" {
		policy = "letter.policy-unversioned"
	}
	w.p(policy, "policy", w.d.PolicyName, "version", w.d.PolicyVersion)
}

// complaint names the places outside, the supervisory authority when a pack
// names none.
func (w *writer) complaint() {
	w.h2("letter.complaint")
	lines := w.d.ComplaintLines
	if len(lines) == 0 {
		lines = []string{w.t("letter.authority")}
	}
	w.list(lines...)
}

// object says how to disagree with a decision, and what Art. 39 makes of it,
// without advice.
func (w *writer) object() {
	w.h2("letter.object")
	if w.d.ReopenUntil.IsZero() {
		w.p("letter.object-how")
	} else {
		w.p("letter.object-until")
	}
	w.p("letter.suit")
}

// page tells where to go on.
func (w *writer) page() {
	if w.d.Link != "" {
		w.p("letter.page", "link", w.d.Link)
	}
}

// receipt (N-01) promises a target date, called that, and no statutory day; the
// Act does not ask for a receipt, people do.
func receipt(w *writer) {
	w.p(".body")
	w.h2("letter.next")
	w.p(".next")
	w.p(".target")
	w.p(".fee")
	if w.d.Recording != "" {
		w.add("p", w.d.Recording)
	}
	w.p(".keep")
	w.page()
}

// accepted (N-01b) names the right to choose how a disclosure comes (Art. 33(1)).
func accepted(w *writer) {
	w.p(".body")
	w.p(".target")
	if w.d.Kind != dsr.KindDisclosure {
		w.page()
		return
	}
	method := w.d.Delivery
	if method != "post" && method != "counter" {
		method = "download"
	}
	w.p(".method", "method", w.t("portal.delivery."+method))
	w.page()
}

// documents is what N-02 and N-02m share: what to send and to cover, what is
// never asked for, how, by when, what the clock does, and what else is possible.
func (w *writer) documents() {
	w.h2("letter.documents")
	names, values := make([]string, len(w.d.Documents)), make([]string, len(w.d.Documents))
	for i, d := range w.d.Documents {
		names[i], values[i] = d.Title, d.Mask
	}
	w.facts(names, values)
	w.h2("letter.not-asked")
	w.p("letter.not-asked-text")
	w.sending()
	w.p("letter.deleted")
	w.impossible()
}

// sending is how papers reach us, by when, and what the clock does meanwhile.
func (w *writer) sending() {
	w.h2("letter.how")
	w.list(w.t("letter.how-portal"), w.t("letter.how-post"), w.t("letter.how-counter"))
	w.h2("letter.by")
	w.p("letter.by-text")
	w.p("letter.paused")
}

// impossible is what somebody does who has none of the papers.
func (w *writer) impossible() {
	w.h2("letter.impossible")
	w.p("letter.impossible-text")
	w.page()
}

// proof (N-02) asks for a paper by each channel (Order 12(iii)).
func proof(w *writer) {
	w.p(".body")
	w.documents()
}

// moreProof (N-02m) gives the reason first: a person who is asked twice wants to
// know what was wrong.
func moreProof(w *writer) {
	w.p(".body")
	w.h2("letter.reason")
	if locales.Has("identity.more." + w.d.Reason) {
		w.p("identity.more." + w.d.Reason)
	}
	if w.d.Said != "" {
		w.quote(w.d.Said)
	}
	w.documents()
}

// question (N-06) asks for what identifies the data and says that nobody has to
// ask for less (Art. 37(2)).
func question(w *writer) {
	w.p(".body")
	w.h2("letter.question")
	w.quote(w.d.Question)
	w.p(".not-narrow")
	w.p(".help")
	w.h2("letter.by")
	w.p("letter.by-text")
	w.p("letter.paused")
	w.page()
}

// late (N-07) gives the new date and the reason; without a new date it says what
// is done instead of naming one that nobody will keep. An extension that was
// ordered in time says so, and by which provision, with the right to complain,
// where it is a law's date that moves.
func late(w *writer) {
	if w.d.Extends {
		w.p(".extended")
	} else {
		w.p(".body")
	}
	var names, values []string
	if !w.d.OldTarget.IsZero() {
		names, values = append(names, w.t(".old")), append(values, w.due(w.d.OldTarget, w.d.OldOn))
	}
	if w.d.TargetAt.After(w.d.OldTarget) {
		names, values = append(names, w.t(".new")), append(values, w.due(w.d.TargetAt, w.d.TargetOn))
	}
	if len(names) > 0 {
		w.facts(names, values)
	}
	if !w.d.TargetAt.After(w.d.OldTarget) {
		w.p(".no-date")
	}
	w.h2("letter.reason")
	reason := lateReason + w.d.Reason
	if !locales.Has(reason) {
		reason = lateReason + "checking"
	}
	w.p(reason)
	if w.d.Said != "" {
		w.quote(w.d.Said)
	}
	w.p(".not-refusal")
	if w.d.Extends && w.d.Basis != "" {
		w.p(".basis", "basis", w.d.Basis)
		w.p(".rights")
	}
	w.page()
}

// lateReason and a code make the reason why an answer takes longer. An extension
// is ordered for one of these, too.
const lateReason = "letter.late."

// granted (N-12) tells measure, method and date.
func granted(w *writer) {
	w.p(".body")
	w.items()
	w.method()
	w.page()
}

// method says how the answer reaches the person.
func (w *writer) method() {
	w.h2("letter.method")
	switch w.d.Delivery {
	case "post", "counter":
		w.p("letter.method-" + w.d.Delivery)
	default:
		w.p("letter.method-download")
	}
}

// partial (N-13) gives ground and reason of every part (Art. 33(3), 36), and
// where to object.
func partial(w *writer) {
	w.p(".body")
	w.items()
	w.method()
	w.object()
	w.page()
}

// refusal (N-14). Where identity (RC-01) or a representative's authority (RC-02)
// was not shown, it lists no item and says nothing of what is held.
func refusal(w *writer) {
	w.p(".body")
	if unproven(w.d.Outcome) {
		w.h2("letter.reason")
		w.p(".reason")
		if w.d.Said != "" {
			w.quote(w.d.Said)
		}
		w.p(".again")
	} else {
		w.items()
		w.released()
	}
	w.object()
	w.page()
}

// unproven reports whether a request ended before anybody was shown to be
// entitled to an answer about what is held.
func unproven(o dsr.Outcome) bool {
	return o == dsr.OutcomeRejectedIdentity || o == dsr.OutcomeRejectedForm
}

// notHeld (N-15) says that nothing is held and where we looked (Art. 33(3),
// 34(3), 35(7)).
func notHeld(w *writer) {
	if w.d.Kind == dsr.KindDisclosure {
		w.p(".body")
	} else {
		w.p(".body-measure")
	}
	w.h2("letter.searched")
	places := w.d.Systems
	if len(places) == 0 {
		for _, it := range w.d.Items {
			if it.System != "" {
				places = append(places, it.System)
			}
		}
	}
	if len(places) > 0 {
		w.list(places...)
	} else {
		w.p(".everywhere")
	}
	w.p(".hint")
	for _, it := range w.d.Items {
		if it.ReasonText != "" {
			w.add("h3", it.Title)
			if it.Ground != "" {
				w.facts([]string{w.t("letter.item-ground")}, []string{it.Ground})
			}
			w.quote(it.ReasonText)
		}
	}
	w.object()
	w.page()
}

// ready (N-16) tells how to get the package; the code comes on its own.
func ready(w *writer) {
	w.p(".body")
	w.h2(".how")
	w.list(w.t(".how-page"), w.t(".how-code"), w.t(".how-file"))
	w.h2(".until")
	w.p(".until-text")
	w.p(".again")
	w.h2(".inside")
	w.p(".inside-text")
	w.p(".covered")
	w.p(".paper")
	w.page()
}

// ended (N-16e) tells that the package can no longer be downloaded and how it is
// opened again.
func ended(w *writer) {
	w.p(".body")
	w.p(".again")
	w.p("letter.N-16.paper")
	w.page()
}

// lapsed (N-20) tells what was missing and how to go on.
func lapsed(w *writer) {
	w.p(".body")
	w.p(".missing-" + w.d.Reason)
	w.p(".reminded")
	w.h2("letter.next")
	if !w.d.ReopenUntil.IsZero() {
		w.p(".reopen")
	}
	w.p(".anew")
	w.page()
}

// withdrawn (N-21) comes twice: when the person withdraws, with the time to take
// it back, and without it when the withdrawal is final. What was carried out
// before stays done, and is named.
func withdrawn(w *writer) {
	if w.d.ReplyBy.IsZero() {
		w.p(".final")
	} else {
		w.p(".body")
		w.p(".back")
	}
	var done []string
	for _, it := range w.d.Items {
		if it.Measure.Action() != "" && !it.DoneAt.IsZero() {
			done = append(done, locales.T(w.voice, "letter.N-21.item", "title", it.Title, "measure", w.t("letter.measure."+string(it.Measure)), "at", w.moment(it.DoneAt)))
		}
	}
	if len(done) > 0 {
		w.p(".done")
		w.list(done...)
	} else {
		w.p(".remains")
	}
	w.p(".anew")
	w.page()
}

// reopened (N-22) says that somebody else decides this time.
func reopened(w *writer) {
	w.p(".body")
	w.p(".who")
	if !w.d.TargetAt.IsZero() {
		w.p(".target")
	}
	w.page()
}

// reminder (N-27) repeats what is waited for, and what happens without it.
func reminder(w *writer) {
	w.p(".body-" + w.d.Reason)
	w.h2("letter.by")
	w.p("letter.by-text")
	w.p("letter.paused")
	w.p(".otherwise")
	w.page()
}

// alert (N-28) goes to the contact on file, whoever asked.
func alert(w *writer) {
	w.p(".body")
	w.p(".you")
	w.p(".not-you")
}

// interim (N-30) comes before two weeks have passed (Art. 39), so that silence is
// not read as a refusal.
func interim(w *writer) {
	w.p(".body")
	w.p(".not-refusal")
	if !w.d.TargetAt.IsZero() {
		w.p(".target")
	}
	w.h2("letter.reason")
	reason := lateReason + w.d.Reason
	if !locales.Has(reason) {
		reason = lateReason + "checking"
	}
	w.p(reason)
	w.page()
}
