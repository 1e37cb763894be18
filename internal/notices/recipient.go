package notices

import (
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// RecipientText is what staff send to one who received the data: whose it is,
// what was done with it here, and that the same is asked there. It is the one
// text of this package that holds a name; it is shown on a page that records
// its opening, copied by a person, and never mailed by us.
//
// Of Data it needs Organisation, Reference, DeskLines, WrittenAt, Person,
// Recipient and Items; ReplyBy asks for an answer by a day. Items whose
// measure changes nothing are left out. It gives Internal where something is
// missing.
func RecipientText(voice dsr.Voice, d Data) (string, error) {
	voice = voice.Letter()
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	w := &writer{voice: voice, d: d, key: "recipient-text"}
	c := &check{}
	c.need("organisation", d.Organisation != "")
	c.need("reference", d.Reference != "")
	c.need("way to reach the desk", len(d.DeskLines) > 0)
	c.need("date", !d.WrittenAt.IsZero())
	c.need("person", d.Person != "")
	c.need("recipient", d.Recipient != "")
	w.p(".to", "recipient", d.Recipient)
	w.facts([]string{w.t("letter.from"), w.t("letter.date"), w.t("word.reference")}, []string{d.Organisation, w.day(d.WrittenAt), d.Reference})
	w.p(".body")
	w.facts([]string{w.t(".person")}, []string{d.Person})
	asked := 0
	for _, it := range d.Items {
		ask := ".ask." + string(it.Measure)
		if it.Measure.Action() == "" {
			continue
		}
		asked++
		c.need("title of an item", it.Title != "")
		c.need("text for a measure", locales.Has("recipient-text"+ask))
		c.need("change of a corrected item", len(it.Changes) > 0 || it.Measure.Action() != dsr.ActionCorrect)
		w.add("h3", it.Title)
		w.p("letter.measure." + string(it.Measure))
		for _, ch := range it.Changes {
			w.change(ch)
		}
		w.p(ask)
	}
	c.need("measure to ask for", asked > 0)
	if c.missing != "" {
		return "", dsr.Errorf(dsr.Internal, "error.internal", "notices: a recipient's text has no %s", c.missing)
	}
	if d.ReplyBy.IsZero() {
		w.p(".reply")
	} else {
		w.p(".reply-by")
	}
	w.list(d.DeskLines...)
	w.p(".secret")
	return w.text(w.t(".title")), nil
}
