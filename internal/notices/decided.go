package notices

import (
	"slices"
	"strings"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// basis is, for the Act, the place by which a kind of request is made, answer the
// one by which it is answered.
var basis, answer = map[dsr.Kind]string{
	dsr.KindPurposeNotice: "32(2)", dsr.KindDisclosure: "33(1)", dsr.KindProvisionRecords: "33(5)",
	dsr.KindCorrection: "34(1)", dsr.KindAddition: "34(1)", dsr.KindDeletion: "34(1)",
	dsr.KindSuspension: "35(1), 35(5)", dsr.KindErasure: "35(1), 35(5)", dsr.KindProvisionStop: "35(3), 35(5)",
	dsr.KindConsentWithdrawal: "40", dsr.KindAdOptOut: "35(5)", dsr.KindForeignRecipientInfo: "28(3)",
	dsr.KindInquiry: "40", dsr.KindComplaint: "40",
}, map[dsr.Kind]string{
	dsr.KindCorrection: "34(3)", dsr.KindAddition: "34(3)", dsr.KindDeletion: "34(3), 35(7)",
	dsr.KindSuspension: "35(7)", dsr.KindErasure: "35(7)", dsr.KindProvisionStop: "35(7)",
}

// law cites the article by which a request of a kind is answered, "" for none.
func (w *writer) law(k dsr.Kind) string { return w.cite("answer."+string(k), answer[k]) }

// cite writes a place of the law by its name in Data.Articles, or that of the
// Act where the catalogue speaks of it.
func (w *writer) cite(name, act string) string {
	if len(w.d.Law) > 0 {
		act = w.d.Articles[name]
	}
	if act == "" {
		return ""
	}
	return Ground(w.voice, act, "", w.d.Law)
}

// items lists the decision item by item.
func (w *writer) items() {
	if len(w.d.Items) == 0 {
		return
	}
	w.h2("letter.items")
	for _, it := range w.d.Items {
		w.item(it)
	}
}

// item tells of one item what is done with it: measure, where, how much of it,
// when; then what the measure calls for, and the reason.
func (w *writer) item(it ItemText) {
	w.add("h3", it.Title)
	measure := "letter.measure." + string(it.Measure)
	switch {
	case it.Measure == dsr.MeasureCorrect && w.d.Kind == dsr.KindAddition:
		measure = "letter.measure.add"
	case it.Measure == dsr.MeasureDisclose && (it.Redacted || it.ReasonText != ""):
		measure = "letter.measure.redacted"
		if it.ReasonText == "" {
			it.ReasonText = w.t("letter.redacted")
		}
		if it.Ground == "" {
			it.Ground = w.cite("redact", "33(2)(i)")
		}
	}
	var names, values []string
	fact := func(key, value string) {
		if value != "" {
			names, values = append(names, w.t(key)), append(values, value)
		}
	}
	fact("letter.item-decision", w.t(measure))
	fact("letter.item-system", it.System)
	if scope := "letter.scope." + string(it.Measure); locales.Has(scope) {
		fact("letter.item-scope", w.t(scope))
	}
	switch {
	case it.Measure.Action() != "" && it.DoneAt.IsZero():
		fact("letter.item-done", w.t("letter.item-planned")) // in a preview only
	case it.Measure.Action() != "":
		fact("letter.item-done", w.moment(it.DoneAt))
	case it.Measure == dsr.MeasureKeep:
		fact("letter.item-until", w.civil(it.Until))
		fact("letter.item-statute", it.Statute)
	case it.Measure == dsr.MeasureAlternative:
		fact("letter.item-promised", w.civil(it.Until))
	}
	fact("letter.item-ground", it.Ground)
	w.facts(names, values)
	for _, ch := range it.Changes {
		w.change(ch)
	}
	switch it.Measure {
	case dsr.MeasureErase:
		if it.Method == "" {
			w.p("letter.erased-how")
		} else {
			w.p("letter.erased-method", "method", it.Method)
		}
	case dsr.MeasureKeep:
		w.p("letter.kept")
	case dsr.MeasureAlternative:
		if it.ReasonText == "" { // Art. 36 asks for a reason of another measure too
			if w.d.Kind.Freezes() {
				w.p("letter.instead-why-34")
			} else {
				w.p("letter.instead-why-35")
			}
		}
		w.p("letter.instead")
		w.quote(it.Alternative)
	}
	if it.ReasonText != "" {
		w.p("letter.item-reason")
		w.quote(it.ReasonText)
	}
	if it.Measure != dsr.MeasureAlternative && it.Alternative != "" {
		w.p("letter.offered")
		w.quote(it.Alternative)
	}
}

// change shows one value before and after. A value of several lines is put on
// one: facts have one line each.
func (w *writer) change(ch ChangeText) {
	line := func(value, empty string) string {
		if value = strings.Join(strings.Fields(value), " "); value == "" {
			return w.t(empty)
		}
		return value
	}
	w.facts([]string{w.t("letter.change-field"), w.t("letter.change-before"), w.t("letter.change-after")},
		[]string{ch.Field, line(ch.Before, "letter.change-blank"), line(ch.After, "letter.change-removed")})
}

// bodyOf is a letter about measures. It opens with whether all was done that was
// asked for, a part of it, something else instead, or nothing of it now.
func (w *writer) bodyOf() {
	measures := make([]dsr.Measure, len(w.d.Items))
	for i, it := range w.d.Items {
		measures[i] = it.Measure
	}
	switch o := dsr.Combine(measures); {
	case o == dsr.OutcomeFulfilled:
		w.p(".body-full")
	case o == dsr.OutcomeAlternative:
		w.p("letter.body-alternative")
	case slices.ContainsFunc(measures, dsr.Measure.Granted):
		w.p(".body-part")
	default:
		w.p("letter.body-otherwise")
	}
	w.items()
	w.released()
	w.recipients()
	if dsr.Combine(measures) != dsr.OutcomeFulfilled {
		w.object()
	}
	w.page()
}

// released says when a hold of this case ends: for what was corrected in the
// very act that corrected it, for the rest when the case is settled.
func (w *writer) released() {
	if len(w.d.HoldFields) == 0 || w.d.Preview {
		return
	}
	put := 0
	for _, it := range w.d.Items {
		if it.Measure == dsr.MeasureCorrect {
			put++
		}
	}
	w.h2("letter.hold")
	if put > 0 {
		w.p("letter.hold-released")
	}
	if put < len(w.d.Items) {
		w.p("letter.hold-ends")
	}
}

// recipients tells who else is being told. Before the act nobody knows, and
// where nothing was changed there is nothing to tell.
func (w *writer) recipients() {
	changed := slices.ContainsFunc(w.d.Items, func(it ItemText) bool { return it.Measure.Action() != "" })
	if !changed || w.d.Preview && len(w.d.Recipients) == 0 {
		return
	}
	w.h2("letter.recipients")
	if len(w.d.Recipients) == 0 {
		w.p("letter.recipients-none")
		return
	}
	w.p("letter.recipients-telling")
	var names []string
	for _, r := range w.d.Recipients {
		names = append(names, r.Name)
	}
	w.list(names...)
}

// corrected (N-17) tells what was corrected, with its content (Art. 34(3)).
func corrected(w *writer) { w.bodyOf() }

// measured (N-18) names the measure of every item (Art. 35(7)).
func measured(w *writer) { w.bodyOf() }

// told (N-19) gives the result for each recipient.
func told(w *writer) {
	w.p(".body")
	w.h2(".results")
	var names, values []string
	all := true
	for _, r := range w.d.Recipients {
		names, values = append(names, r.Name), append(values, w.t("letter.recipient."+string(r.Result), "n", r.Attempts))
		all = all && r.Result == dsr.RecipientInformed
	}
	w.facts(names, values)
	if !all {
		w.p(".not-all")
	}
	w.p(".ours")
	w.page()
}

// hold (N-10) tells which fields are neither used nor handed over, since when,
// and until when.
func hold(w *writer) {
	w.p(".body")
	w.h2(".fields")
	w.list(w.d.HoldFields...)
	w.facts([]string{w.t(".since")}, []string{w.moment(w.d.HeldSince)})
	w.p(".until")
	w.p(".except")
	w.page()
}

// erased reports whether an item is to be erased.
func erased(it ItemText) bool { return it.Measure == dsr.MeasureErase }

// coolingOff (N-32) tells what begins when, and how it is stopped without
// signing in.
func coolingOff(w *writer) {
	w.p(".body")
	var names []string
	for _, it := range w.d.Items {
		switch {
		case !erased(it):
		case it.System == "":
			names = append(names, it.Title)
		default:
			names = append(names, locales.T(w.voice, "letter.N-32.item", "title", it.Title, "system", it.System))
		}
	}
	if len(names) > 0 {
		w.h2(".items")
		w.list(names...)
	}
	w.p(".agree")
	w.h2(".stop")
	w.p(".stop-text", "link", w.d.StopLink)
	w.p(".not-you")
	w.page()
}
