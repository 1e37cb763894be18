package rehearsal

import (
	"slices"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// Answer says what becomes of the n-th item of a review.
type Answer func(page dsr.ReviewPage, n int, item *dsr.Item)

// Grant gives what was asked for: everything is disclosed, the claimed value is
// put right, the measure that the policy promises is taken. What a retention
// rule covers is kept; what a request does not concern stays out of it.
func (t *Cast) Grant(kind dsr.Kind) Answer {
	return func(page dsr.ReviewPage, n int, item *dsr.Item) {
		d := &item.Decision
		switch {
		case item.Quarantine:
			d.Measure = dsr.MeasureNotHeld
		case kind == dsr.KindDisclosure:
			d.Measure = dsr.MeasureDisclose
		case kind.Freezes():
			d.Changes = t.changes(page.Claims, *item)
			if d.Measure = dsr.MeasureCorrect; len(d.Changes) == 0 {
				d.Measure = dsr.MeasureOutside
			}
		case kind != dsr.KindSuspension && len(page.Schedules[item.ID]) > 0:
			d.Measure, d.Schedule, d.Until = dsr.MeasureKeep, page.Schedules[item.ID][0].Rule, page.Schedules[item.ID][0].Until
			t.applies(kind, item, "keep")
		default:
			d.Measure = dsr.MeasureSuspend
		}
	}
}

// changes are the values that the claims ask for, as far as this item has them.
func (t *Cast) changes(claims []dsr.Claim, item dsr.Item) (out []dsr.Change) {
	for _, claim := range claims {
		for col, c := range item.Record.Columns {
			f, ok := t.Pack.FieldAt(policy.Place{System: item.System, Category: item.Record.Category, Column: c.Name})
			if !ok || f.ID != claim.Field || !c.Writable || len(item.Record.RowKeys) == 0 || claim.Should == item.Record.Rows[0][col] {
				continue
			}
			out = append(out, dsr.Change{Row: item.Record.RowKeys[0], Column: c.Name, Before: item.Record.Rows[0][col], After: claim.Should})
			break // one column of the field is enough for a sample
		}
	}
	return out
}

// Only answers with one measure wherever the item allows it.
func Only(m dsr.Measure) Answer {
	return func(_ dsr.ReviewPage, _ int, item *dsr.Item) {
		if item.Decision.Measure = m; item.Quarantine {
			item.Decision.Measure = dsr.MeasureNotHeld
		}
	}
}

// Refuse refuses every item on the first ground that the pack has for it.
func (t *Cast) Refuse(kind dsr.Kind, reason, alternative string) Answer {
	return func(_ dsr.ReviewPage, _ int, item *dsr.Item) {
		d := &item.Decision
		d.Measure, d.Reason, d.Alternative = dsr.MeasureRefuse, reason, alternative
		if kind == dsr.KindDisclosure {
			d.Measure = dsr.MeasureWithhold
		}
		d.Exemption = t.applies(kind, item, "withhold")
	}
}

// applies answers the first test of an effect with yes, and gives its ID.
func (t *Cast) applies(kind dsr.Kind, item *dsr.Item, effect string) string {
	for i, x := range item.Tests {
		if e, ok := t.Pack.Exemption(string(kind), x.Exemption); ok && e.Effect == effect {
			item.Tests[i].Answer, item.Tests[i].Evidence = dsr.AnswerApplies, "Sample case: what a handler would write down here."
			return x.Exemption
		}
	}
	return ""
}

// Channel is the first of the wanted channels that the pack's desk has, or the
// portal.
func (t *Cast) Channel(wanted ...dsr.Channel) dsr.Channel {
	for _, c := range wanted {
		if slices.Contains(t.Pack.Desk.Channels, string(c)) {
			return c
		}
	}
	return dsr.ChannelPortal
}
