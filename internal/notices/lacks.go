package notices

import (
	"slices"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// check collects what a letter must say and has not been given; the first that
// is missing is named.
type check struct{ missing string }

func (c *check) need(name string, ok bool) {
	if !ok && c.missing == "" {
		c.missing = name
	}
}

// waits are what a waiting step can wait for.
var waits = []string{"identity", "authority", "clarification"}

// lacks names what a letter must say and has not been given; "" for nothing.
// The list of required content is the law's and the policies' (a decision
// without reason, ground or a place to complain is no decision).
func lacks(code string, d Data) string {
	c := &check{}
	c.need("organisation", d.Organisation != "")
	c.need("reference", d.Reference != "")
	c.need("way to reach the desk", len(d.DeskLines) > 0)
	c.need("kind", d.Kind != "" || len(d.Kinds) > 0)
	c.need("arrival", !d.ArrivedAt.IsZero())
	c.need("date", !d.WrittenAt.IsZero())
	c.need("policy", d.PolicyName != "")
	switch code {
	case "N-01", "N-01b":
		c.need("target date", !d.TargetAt.IsZero())
	case "N-02", "N-02m":
		c.need("list of documents", len(d.Documents) > 0)
		c.need("date to reply by", !d.ReplyBy.IsZero())
		if code == "N-02m" {
			c.need("reason", locales.Has("identity.more."+d.Reason) || d.Said != "")
		}
	case "N-03":
		c.need("kind of representative", locales.Has("representative."+d.Representative))
		c.need("list of documents", len(d.Documents) > 0)
		c.need("date to reply by", !d.ReplyBy.IsZero())
		c.need("reason", d.Reason == "" || locales.Has("authority.more."+d.Reason))
	case "N-06":
		c.need("question", d.Question != "")
		c.need("date to reply by", !d.ReplyBy.IsZero())
	case "N-07":
		// An extension without its reason or its new date is none (GDPR Art. 12(3)).
		c.need("date before the extension", !d.Extends || !d.OldTarget.IsZero())
		c.need("date after the extension", !d.Extends || d.TargetAt.After(d.OldTarget))
		c.need("reason of the extension", !d.Extends || locales.Has(lateReason+d.Reason))
	case "N-10":
		c.need("fields", len(d.HoldFields) > 0)
		c.need("time since when", !d.HeldSince.IsZero())
	case "N-12", "N-13", "N-14", "N-17", "N-18":
		c.decision(code, d)
	case "N-16":
		c.need("end of availability", !d.AvailableUntil.IsZero())
		c.need("number of downloads", d.Downloads > 0)
	case "N-19":
		c.need("recipients", len(d.Recipients) > 0)
		for _, r := range d.Recipients {
			c.need("name of a recipient", r.Name != "")
			c.need("result of a recipient", locales.Has("letter.recipient."+string(r.Result)))
			c.need("number of attempts", r.Result != dsr.RecipientUnreachable || r.Attempts > 0)
		}
	case "N-20":
		c.need("what was missing", slices.Contains(waits, d.Reason))
	case "N-23":
		c.need("place to ask", d.Where != "")
	case "N-27":
		c.need("what is waited for", slices.Contains(waits, d.Reason))
		c.need("date to reply by", !d.ReplyBy.IsZero())
	case "N-32":
		c.need("time at which the erasure begins", !d.EraseAt.IsZero())
		c.need("link to stop", d.StopLink != "")
	case "N-33":
		c.need("kind of representative", locales.Has("representative."+d.Representative))
	case "N-34":
		c.need("new kind", d.NewKind != "" && d.NewKind != d.Kind)
		c.need("new reference", d.NewReference != "")
	}
	return c.missing
}

// decision checks that a letter about a decision tells of every item what is
// done with it, and why not what was asked for (Art. 34(3), 35(7), 36).
func (c *check) decision(code string, d Data) {
	// What N-12 and N-13 say of receiving the data fits a disclosure only.
	c.need("kind that is disclosed", code != "N-12" && code != "N-13" || d.Kind == dsr.KindDisclosure)
	c.need("items", len(d.Items) > 0 || code == "N-12" || code == "N-14" && unproven(d.Outcome))
	listed := map[dsr.Measure]int{}
	for _, it := range d.Items {
		listed[it.Measure]++
		c.need("title of an item", it.Title != "")
		c.need("measure of an item", slices.Contains(d.Kind.Measures(), it.Measure))
		c.item(code, d, it)
	}
	for m, n := range d.Decided {
		c.need("item for each measure that was decided", listed[m] >= n || m == dsr.MeasureOutside)
	}
}

// item checks one item of a decision.
func (c *check) item(code string, d Data, it ItemText) {
	if it.Measure.Action() != "" {
		c.need("date of a measure", !it.DoneAt.IsZero() || d.Preview)
	}
	switch it.Measure {
	case dsr.MeasureWithhold:
		c.need("ground of a withheld item", it.Ground != "")
		c.need("reason of a withheld item", it.ReasonText != "")
	case dsr.MeasureRefuse:
		c.need("ground of a refused item", it.Ground != "")
		c.need("reason of a refused item", it.ReasonText != "")
	case dsr.MeasureCorrect:
		c.need("change of a corrected item", len(it.Changes) > 0)
		for _, ch := range it.Changes {
			c.need("field of a change", ch.Field != "")
			c.need("value after a change", ch.After != "")
			c.need("difference between before and after", ch.Before != ch.After)
			// Only an addition, or a correction of an empty field, has nothing before.
		}
	case dsr.MeasureDelete:
		c.need("change of a deletion", len(it.Changes) > 0)
		for _, ch := range it.Changes {
			c.need("field of a change", ch.Field != "")
			c.need("content that was deleted", ch.Before != "" && ch.After == "")
		}
	case dsr.MeasureKeep:
		_, err := time.Parse(time.DateOnly, it.Until)
		c.need("date until which an item is kept", err == nil)
		c.need("statute of a kept item", it.Statute != "")
	case dsr.MeasureAlternative:
		c.need("alternative measure", it.Alternative != "")
		_, err := time.Parse(time.DateOnly, it.Until)
		// What replaces a measure of Art. 35 is promised by a day.
		c.need("date of an alternative", err == nil || it.Until == "" && code != "N-18")
	}
}
