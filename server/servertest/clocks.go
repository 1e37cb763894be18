package servertest

import (
	"context"

	"madoguchi/dsr"
)

// Clocks are the names of what FillClocks puts into the world.
type Clocks struct {
	// Legal has a law's date that wins, an own target that can be extended, one
	// that is not known, and one that rests on a day that is not official; its
	// first extension is in force, and a newer calendar moved it. Single has one
	// clock that can be extended; Sending, Late have extensions on the way and too
	// late; Waiting has every clock paused.
	Legal, Single, Sending, Late, Waiting string
}

// title names a clock in two of the voices.
func title(ja, en string) func(dsr.Voice) string {
	return func(v dsr.Voice) string {
		if v.Letter() == dsr.VoiceJa {
			return ja
		}
		return en
	}
}

// FillClocks adds cases to a desk that FillDesk has filled: one for each way in
// which clocks can stand. The board's calendars and rules are filled, too.
func (w *World) FillClocks(slug string) Clocks {
	var out Clocks
	add := func(n int, id string, change func(c *dsr.CasePage)) string {
		c := &dsr.CasePage{Shell: dsr.Shell{Case: id, Submission: "submission-" + id, Reference: dsr.NewReference([7]byte{byte(n), 9, 2, 3, 5, 7, byte(2 * n)}) + "-1", Kind: dsr.KindDisclosure, Stage: dsr.StageReview,
			StageSince: w.At(-30), Channel: dsr.ChannelPortal, Voice: dsr.VoiceVi, ArrivedAt: w.At(-24 * 4), ReceivedAt: w.At(-24 * 4), TargetAt: w.At(24 * 5), TargetOn: "2026-11-25", Epoch: 1}, Badge: dsr.BadgeOnTrack}
		c.Identity = dsr.IdentityState{Needed: "L2", ContactConfirmed: true, EvidenceSent: true}
		c.Clocks = []dsr.ClockLine{w.ownTarget(c)}
		change(c)
		w.Cases[id] = c
		q := w.Queues[w.Pack(slug).ID]
		q.Rows = append(q.Rows, dsr.QueueRow{Shell: c.Shell, Badge: c.Badge})
		w.Queues[w.Pack(slug).ID] = q
		return id
	}
	out.Legal = add(41, "case-legal", func(c *dsr.CasePage) {
		own := w.ownTarget(c)
		own.Wins, own.DueAt, own.DueOn = false, w.At(24*9), "2026-11-29"
		c.Clocks = []dsr.ClockLine{own,
			{Name: dsr.ClockLegal, RuleID: "gdpr.12-3.answer", Regime: "gdpr", Article: "12(3)", Source: "https://eur-lex.europa.eu/eli/reg/2016/679/oj", DueAt: w.At(24*5 + 20), DueOn: "2026-11-25", Wins: true, Unit: "months-eu",
				Calendar: "de@2026.1", Zone: "Europe/Berlin", Provisional: true, Extendable: true, NoticeBy: w.At(24*5 + 20), MostUnits: 2, RuleUnit: "months-eu", Grounds: []string{"checking", "investigating"},
				TitleIn: title("GDPRの回答期限", "GDPR: information on action taken"), StepsIn: steps("The clock starts with what happened on Sunday 25 October 2026.", "The period is 1 month.")},
			{Name: dsr.ClockLegal, RuleID: "kr-pipa.35.access", Regime: "kr-pipa", Article: "35", Source: "Decree 41", Unknown: "calendar-ends", Calendar: "kr@2026.1", TitleIn: title("韓国法の閲覧期限", "Korea: access")},
			{Name: dsr.ClockExposure, RuleID: "appi.39.suit", Article: "39", DueAt: w.At(24*10 + 5), DueOn: "2026-12-01", Unit: "weeks", Calendar: "izumisano@2026.1", Zone: "Asia/Tokyo", StepsIn: steps("Two weeks after the day on which the request arrived (Art. 39).")}}
		c.Extensions = []dsr.ExtensionRow{{Clock: "target", Ground: "searching", N: 5, State: "in-force", By: deskNames[dsr.RoleApprover], OrderedAt: w.At(-30), SentAt: w.At(-29), From: w.At(24 * 2), To: w.At(24 * 9), FromOn: w.day(24 * 2), ToOn: w.day(24 * 9)},
			{Clock: "gone", Ground: "checking", State: "cancelled", By: deskNames[dsr.RoleApprover], OrderedAt: w.At(-10)}}
		c.Moves = []dsr.CalendarMove{w.move(c, w.At(-5))}
	})
	out.Single = add(42, "case-single", func(*dsr.CasePage) {})
	out.Sending = add(43, "case-sending", func(c *dsr.CasePage) {
		c.Clocks[0].Extendable = false
		c.Extensions = []dsr.ExtensionRow{{Clock: "target", Ground: "approval", State: "sending", By: deskNames[dsr.RoleManager], OrderedAt: w.At(-1)}}
	})
	out.Late = add(44, "case-late", func(c *dsr.CasePage) {
		c.Clocks[0].Extendable = false
		c.Extensions = []dsr.ExtensionRow{{Clock: "target", Ground: "approval", N: 3, State: "late", By: deskNames[dsr.RoleManager], OrderedAt: w.At(-4), SentAt: w.At(-1), From: w.At(-2), FromOn: w.day(-2)}}
	})
	out.Waiting = add(45, "case-paused", func(c *dsr.CasePage) {
		c.Paused, c.PausedFor, c.PausedAt, c.UnitsLeft, c.TargetAt, c.Stage, c.Badge = true, "identity", w.At(-20), 1, 0, dsr.StageIdentity, dsr.BadgePaused
		c.Clocks[0].Paused, c.Clocks[0].Left, c.Clocks[0].DueAt, c.Clocks[0].DueOn, c.Clocks[0].Wins, c.Clocks[0].Extendable = true, 1, 0, "", false, false
		c.Clocks = append(c.Clocks, dsr.ClockLine{Name: dsr.ClockLegal, RuleID: "sg-pdpa.21.access", Article: "21", Paused: true, Left: 12, Unit: "calendar-days", Calendar: "sg@2026.1", Zone: "Asia/Singapore", TitleIn: title("シンガポール法の期限", "Singapore: access")})
	})
	id := w.Pack(slug).ID
	w.Calendars[id] = []dsr.CalendarLine{
		{ID: "izumisano", Version: "2026.2", Zone: "Asia/Tokyo", Digest: "3f9a5c0d71be22a4", From: "1970-01-01", To: "2050-12-31", ProvisionalFrom: "2028-01-01", HoursAssumed: true, OpenCases: 12,
			Moves: []dsr.CalendarMove{w.move(w.Cases[out.Legal], w.At(-5)), w.move(w.Cases[out.Single], 0)}},
		{ID: "kr", Version: "2026.1", Zone: "Asia/Seoul", Digest: "77aa", From: "2024-01-01", To: "2027-10-31", OpenCases: 1}}
	w.DateLines[id] = []dsr.ClockLine{{Name: dsr.ClockTarget, RuleID: "target", Unit: "business-days", Calendar: "izumisano", Extendable: true},
		{Name: dsr.ClockLegal, RuleID: "gdpr.12-3.answer", Regime: "gdpr", Article: "12(3)", Unit: "months-eu", Calendar: "de", Extendable: true, TitleIn: title("GDPRの回答期限", "GDPR: information on action taken")},
		{Name: dsr.ClockLegal, RuleID: "kr-pipa.41", Regime: "kr-pipa", Article: "41", Unit: "calendar-days", Calendar: "kr", Unknown: "switched-off", TitleIn: title("韓国法の訂正期限", "Korea: correction")}}
	return out
}

// ownTarget is the organisation's own clock of a case, as it may be extended.
func (w *World) ownTarget(c *dsr.CasePage) dsr.ClockLine {
	return dsr.ClockLine{Name: dsr.ClockTarget, RuleID: "target", DueAt: c.TargetAt, DueOn: c.TargetOn, Unit: "business-days", Wins: true, Calendar: "izumisano@2026.2", Zone: "Asia/Tokyo",
		Extendable: true, NoticeBy: c.TargetAt, MostUnits: 10, RuleUnit: "business-days",
		StepsIn: steps("The clock starts with what happened on Monday 16 November 2026, 12:00.", "The period is 10 business days.")}
}

// move is what a newer calendar did to a case, or would do where at is 0.
func (w *World) move(c *dsr.CasePage, at int64) dsr.CalendarMove {
	return dsr.CalendarMove{CaseID: c.Case, Reference: c.Reference, RuleID: "target", From: "izumisano@2026.1", To: "izumisano@2026.2", Old: w.At(24 * 5), New: w.At(24 * 6), Told: w.At(24 * 5), Target: w.At(24 * 5), At: at}
}

// Extend orders an extension as an office does: once, for a clock that has one.
func (o *office) Extend(_ context.Context, actor dsr.Actor, caseID string, e dsr.Extension) error {
	leave, err := o.enter("Extend")
	defer leave()
	if err != nil {
		return err
	}
	c := o.w.Cases[caseID]
	if c == nil {
		return notFound()
	}
	for _, x := range c.Extensions {
		if x.State == "sending" {
			return dsr.Fail(dsr.Conflict, "error.extension-ordered")
		}
	}
	c.Extensions = append(c.Extensions, dsr.ExtensionRow{Clock: e.Clock, Ground: e.Ground, N: e.N, State: "sending", By: o.staffName(actor.ID), OrderedAt: o.w.Now.UnixMicro()})
	o.act("Extend %s %s %s %d %s", actor.ID, caseID, e.Clock, e.N, e.Ground)
	return nil
}

func (o *office) Calendars(context.Context, dsr.Actor) ([]dsr.CalendarLine, error) {
	leave, err := o.enter("Calendars")
	defer leave()
	return o.w.Calendars[o.id], err
}

func (o *office) DateRules(context.Context, dsr.Actor) ([]dsr.ClockLine, error) {
	leave, err := o.enter("DateRules")
	defer leave()
	return o.w.DateLines[o.id], err
}

// Explain answers with the rule asked for, ten days after the start: the pages
// compute nothing, so any date will do.
func (o *office) Explain(_ context.Context, _ dsr.Actor, q dsr.DateQuestion) (dsr.ClockLine, error) {
	leave, err := o.enter("Explain")
	defer leave()
	o.w.Questions = append(o.w.Questions, q)
	if err != nil {
		return dsr.ClockLine{}, err
	}
	for _, l := range o.w.DateLines[o.id] {
		if l.RuleID != q.Rule {
			continue
		}
		l.DueAt, l.DueOn = o.w.At(24*10), "2026-11-30"
		l.StepsIn = steps("The clock starts with what happened on Friday 20 November 2026, 16:30.", "Due on Monday 30 November 2026.")
		if len(q.Pauses) > 0 && q.Pauses[0][1] == 0 {
			l.Paused, l.Left, l.DueAt, l.DueOn = true, 9, 0, ""
		}
		return l, nil
	}
	return dsr.ClockLine{}, dsr.Fail(dsr.Invalid, "error.date-question", "field", "rule", "reason", "There is no such rule.")
}
