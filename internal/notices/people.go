package notices

import (
	"madoguchi/internal/locales"
)

// toFile are the letters that go to the person on file, whoever asked.
var toFile = map[string]bool{"N-28": true, "N-32": true, "N-33": true}

// as says in what capacity somebody acts, and what they say they are to the
// person.
func (w *writer) as() {
	names, values := []string{w.t(".as")}, []string{w.t("representative." + w.d.Representative)}
	if relation := "relation." + w.d.Relation; locales.Has(relation) {
		names, values = append(names, w.t(".relation")), append(values, w.t(relation))
	}
	w.facts(names, values)
}

// authority (N-03) asks a representative for papers (Art. 37(3), Order 13), or
// for more of them with the reason first.
func authority(w *writer) {
	if w.d.Reason == "" {
		w.p(".body")
	} else {
		w.p(".more")
		w.h2("letter.reason")
		w.p("authority.more." + w.d.Reason)
		if w.d.Said != "" {
			w.quote(w.d.Said)
		}
	}
	w.as()
	if w.d.PersonOnly {
		w.p(".exception")
	}
	w.h2(".documents")
	w.p("." + w.d.Representative)
	names, values := make([]string, len(w.d.Documents)), make([]string, len(w.d.Documents))
	for i, d := range w.d.Documents {
		names[i], values[i] = d.Title, d.Mask
	}
	w.facts(names, values)
	w.h2("letter.not-asked")
	w.p("letter.not-asked-text")
	w.h2(".answer")
	w.p(".answer-text")
	w.sending()
	w.impossible()
}

// represented (N-33) goes to the person on file: somebody says that they act
// for them.
func represented(w *writer) {
	w.p(".body")
	w.as()
	w.p(".confirm")
	w.p(".object")
}

// referral (N-23) names who is responsible, and says nothing of what is held.
func referral(w *writer) {
	w.p(".body")
	w.h2(".where")
	w.quote(w.d.Where)
	w.p(".nothing")
	w.p(".forwarded")
	w.object()
	w.page()
}

// reclassified (N-34) tells that a request goes on under another kind, why, and
// that its arrival stays.
func reclassified(w *writer) {
	w.p(".body")
	w.facts([]string{w.t(".before"), w.t(".after"), w.t(".reference")},
		[]string{w.kind(w.d.Kind), w.kind(w.d.NewKind), w.d.NewReference})
	w.h2("letter.reason")
	w.p(".why", "new", w.kind(w.d.NewKind), "law", w.cite("basis."+string(w.d.NewKind), basis[w.d.NewKind]))
	if w.d.Said != "" {
		w.quote(w.d.Said)
	}
	w.p(".same")
	w.p(".wrong")
	w.page()
}
