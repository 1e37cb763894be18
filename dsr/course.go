package dsr

import (
	"slices"
	"time"

	"madoguchi/clock"
	"madoguchi/policy"
)

// Course is what a policy makes of one request: the stages that its case passes,
// what is asked of the person and of the desk at each, and what they are told.
// It is computed by the functions that the procedure itself calls.
type Course struct {
	// Taken: the request becomes a case; see Takes. What follows is said all the
	// same.
	Taken bool
	// Stages are those that the case enters, in order, from received to closed.
	Stages []Stage
	// Identity is the proof that is asked for, with its reason. Authority are the
	// papers that show a representative's authority, one of which is enough; none
	// where the person filed.
	Identity    policy.Identity
	IdentityWhy policy.Why
	Authority   []policy.Document
	// AnswerTo is who gets the answer: "person" or "filer".
	AnswerTo string
	Freeze   Freeze
	// Investigation: what is said must be looked into before the decision.
	Investigation bool
	// Fee is nil where none is charged.
	Fee *policy.Charged
	// Measures are those that the kind knows, the one that was asked for first.
	Measures []Measure
	Items    []CourseItem
	Clocks   []CourseClock
	// Outcome is how the case closes, "" while something is not decided yet.
	// Approver is the role that must agree, which is a second person's; "" where
	// nobody must.
	Outcome  Outcome
	Approver Role
	// CoolingOff: an erasure waits so long that it can be stopped.
	CoolingOff bool
	// Notices are the codes of what the person is told, in order, as far as
	// nobody is late and nothing is asked back.
	Notices []string
	// Recipients are who is told of the change.
	Recipients []policy.Told
}

// Freeze is how disputed data is held while a request is open.
type Freeze string

// The ways.
const (
	FreezeNone     Freeze = ""         // nothing is in dispute
	FreezeDesk     Freeze = "desk"     // a person may place it
	FreezePromised Freeze = "promised" // the policy promises it to whoever is proven to be the person
)

// CourseItem is one item on its course.
type CourseItem struct {
	// Asked are the tests that are put to it, each with its reason; NotAsked
	// those of the kind whose condition is not met.
	Asked, NotAsked []policy.Asked
	// Allowed are the measures that the answers to the tests leave.
	Allowed []Measure
}

// CourseClock is one clock of a case as it starts.
type CourseClock struct {
	Name string // ClockTarget, ClockLegal, ClockExposure
	Rule clock.Rule
	// Result is when it is due, with its steps. Unknown is why there is none: the
	// calendar ends before it does, or the law gives no figure.
	Result  clock.Result
	Unknown error
}

// Answers are what people say in the course of a request. The zero Answers ask
// for the course as far as the request alone says it.
type Answers struct {
	// ArrivedAt is when the request arrived; the zero time computes no clock.
	ArrivedAt time.Time
	// DeemedAt is when a letter should have arrived (DeemedArrival); the zero time
	// for what did not come by post.
	DeemedAt time.Time
	// Calendars are those that clocks count by, by ID.
	Calendars map[string]*clock.Calendar
	// Confirmed: the contact was confirmed by a code before the proof was asked
	// for. ByPost: the answer goes by post, where no code can be sent.
	Confirmed, ByPost bool
	// MayReceive: a representative's mandate covers receiving the answer.
	MayReceive bool
	Items      []AnsweredItem
	// End is the outcome of a case that ends before anything is decided about an
	// item (no-response, withdrawn, rejected-identity, rejected-form, redirected),
	// and At the stage in which it does; "" for the usual one.
	End Outcome
	At  Stage
}

// AnsweredItem is what a reviewer decided about one item.
type AnsweredItem struct {
	policy.Item
	// Applies are the IDs of the tests that were said to apply.
	Applies []string
	// Decision is what was decided; a zero measure is still open.
	Decision Decision
}

// CourseOf says what the policy makes of a request.
func CourseOf(p *policy.Pack, r policy.Request, a Answers) Course {
	kind := Kind(r.Kind)
	offer, _ := p.Offer(r.Kind)
	c := Course{Taken: Takes(p, kind, Channel(r.Channel)), AnswerTo: AnswerTo(p, r, a.MayReceive), Freeze: FreezeOf(p, kind), Investigation: kind.Investigates() || offer.Investigate, Measures: kind.Measures()}
	c.Identity, c.IdentityWhy = p.IdentityOf(r)
	c.Authority = authorityPapers(p, r.Filer)
	if fee, ok := p.FeeFor(r); ok {
		c.Fee = &fee
	}
	var decisions []Decision
	for _, it := range a.Items {
		x := CourseItem{Asked: p.Asked(r, it.Item), NotAsked: p.NotAsked(r, it.Item)}
		effects := map[string]bool{}
		for _, e := range x.Asked {
			effects[e.Effect] = effects[e.Effect] || slices.Contains(it.Applies, e.ID)
		}
		for _, m := range c.Measures {
			if !kind.Against(m, effects) {
				x.Allowed = append(x.Allowed, m)
			}
		}
		c.Items = append(c.Items, x)
		if it.Decision.Measure != "" {
			decisions = append(decisions, it.Decision)
		}
	}
	switch {
	case a.End != "":
		c.Outcome = a.End
	case len(a.Items) > 0 && len(decisions) == len(a.Items):
		c.Outcome = OutcomeOf(kind, decisions)
	}
	if c.Outcome != "" && !a.alone() {
		c.Approver = ApproverOf(p, kind, decisions)
	}
	c.CoolingOff = a.End == "" && slices.ContainsFunc(decisions, func(d Decision) bool { return d.Measure.Action() == ActionErase })
	if a.End == "" {
		c.Recipients = p.Tells(r, places(a.Items))
	}
	c.Stages = c.stages(kind, a)
	c.Notices = c.notices(p, r, a)
	c.Clocks = clocks(p, r, a)
	return c
}

// alone reports whether the case ends without anybody's decision.
func (a Answers) alone() bool { return a.End == OutcomeNoResponse || a.End == OutcomeWithdrawn }

// Against reports whether grounds that apply, by their effects, forbid a measure:
// one that withholds forbids every grant, a statute's period only what destroys,
// and a difficulty only the very measure that was asked for.
func (k Kind) Against(m Measure, effects map[string]bool) bool {
	if !m.Granted() && m != MeasureKeep {
		return false
	}
	switch {
	case effects[policy.EffectWithhold]:
		return true
	case effects[policy.EffectKeep] && (m == MeasureErase || m == MeasureDelete):
		return true
	}
	return effects[policy.EffectAlternative] && m == k.Measures()[0]
}

// OutcomeOf is what decided items add up to (D.5: all grant is full, some is
// partial, none is refusal). Something covered in what is disclosed makes it
// partial; no item at all is that nothing is held.
func OutcomeOf(kind Kind, decisions []Decision) Outcome {
	var measures []Measure
	covered := false
	for _, d := range decisions {
		measures = append(measures, d.Measure)
		covered = covered || d.Measure == MeasureDisclose && slices.ContainsFunc(d.Redactions, func(r Redaction) bool { return r.Accepted })
	}
	switch o := Combine(measures); {
	case o == "":
		return OutcomeNotHeld
	case o == OutcomeFulfilled && kind == KindDisclosure && covered:
		return OutcomePartial
	default:
		return o
	}
}

// ApproverOf is the role that must agree with a proposal: the manager where a
// ground that is used reserves that, else an approver. It is never who proposed.
func ApproverOf(p *policy.Pack, kind Kind, decisions []Decision) Role {
	for _, d := range decisions {
		if e, ok := p.Exemption(string(kind), d.Exemption); ok && d.Exemption != "" && e.Approver == string(RoleManager) {
			return RoleManager
		}
	}
	return RoleApprover
}

// MayAgree are the roles of which one may agree where a role must: a manager does
// what an approver does.
func MayAgree(r Role) []Role {
	if r == RoleApprover {
		return []Role{RoleApprover, RoleManager}
	}
	return []Role{r}
}

// ProvenAtDesk reports whether the proof can be seen to without anything that the
// person would have to send: by a member of staff (a call back, a paper shown at
// the counter, the address on file), or because the contact was confirmed by a
// code. Who comes by a way on which no code can be sent to them is asked for no
// more than that.
func ProvenAtDesk(id policy.Identity, confirmed, byPost bool) bool {
	if id.Level == "L1" && (confirmed || byPost) {
		return true
	}
	return slices.ContainsFunc(id.Documents, func(d policy.Document) bool {
		return d.How == policy.HowDesk || d.How == policy.HowCode && confirmed
	})
}

// AtDesk reports whether somebody who comes by the channel speaks or writes to
// the desk itself, so that what they bring lies there already.
func (c Channel) AtDesk() bool {
	switch c {
	case ChannelTelephone, ChannelCounter, ChannelPost, ChannelFax:
		return true
	}
	return false
}

// Takes reports whether requests of a kind that come by a channel become cases:
// the kind has a procedure, and the portal takes it where they come by the
// portal. Of "", no channel in particular, it says whether the desk may key one
// in. Others are taken by the desk outside this house.
func Takes(p *policy.Pack, kind Kind, by Channel) bool {
	offer, ok := p.Offer(string(kind))
	return ok && kind.Carried() && (by != ChannelPortal || offer.Online)
}

// FreezeOf is how a kind's disputed data is held at an organisation.
func FreezeOf(p *policy.Pack, kind Kind) Freeze {
	offer, _ := p.Offer(string(kind))
	switch {
	case !kind.Freezes():
		return FreezeNone
	case offer.Freeze:
		return FreezePromised
	}
	return FreezeDesk
}

// AnswerTo is who gets the answer: "person", or "filer" where the policy says so
// or where a representative's mandate covers receiving it. In doubt it is the
// person whose data it is.
func AnswerTo(p *policy.Pack, r policy.Request, mayReceive bool) string {
	if offer, _ := p.Offer(r.Kind); offer.AnswerTo == "filer" || mayReceive && r.Filer != "" && r.Filer != FilerOf("") {
		return "filer"
	}
	return "person"
}

// FilerOf is the policy's code for who filed; kind is that of a representative,
// "statutory" or "delegated", and "" where the person did.
func FilerOf(kind string) string {
	switch kind {
	case "statutory":
		return "statutory-representative"
	case "delegated":
		return "delegated-agent"
	}
	return "person"
}

// authorityPapers are the papers that are asked of who filed for somebody else.
func authorityPapers(p *policy.Pack, filer string) []policy.Document {
	for _, kind := range []string{"statutory", "delegated"} {
		if FilerOf(kind) == filer {
			return p.AuthorityDocuments(kind)
		}
	}
	return nil
}

// places are what the decided items change.
func places(items []AnsweredItem) (out []policy.Place) {
	for _, it := range items {
		if it.Decision.Measure.Action() == "" {
			continue
		}
		var columns []string
		for _, ch := range it.Decision.Changes {
			if !slices.Contains(columns, ch.Column) {
				columns = append(columns, ch.Column)
			}
		}
		if len(columns) == 0 {
			columns = []string{""} // all of it
		}
		for _, col := range columns {
			out = append(out, policy.Place{System: it.System, Category: it.Category, Column: col})
		}
	}
	return out
}

// stages are those that the case enters.
func (c *Course) stages(kind Kind, a Answers) []Stage {
	out := []Stage{StageReceived, StageTriage}
	end := func(at Stage, decided bool) []Stage {
		if i := slices.Index(out, at); i >= 0 {
			out = out[:i+1]
		} else {
			out = append(out, at)
		}
		if decided {
			out = append(out, StageDecision, StageNotified)
		}
		return append(out, StageClosed)
	}
	if a.End == OutcomeRedirected {
		return end(StageTriage, true)
	}
	if c.Identity.Level != "L0" {
		out = append(out, StageIdentity)
	}
	if a.End == OutcomeRejectedIdentity {
		return end(StageIdentity, true)
	}
	if len(c.Authority) > 0 {
		out = append(out, StageAuthority)
	}
	if a.End == OutcomeRejectedForm {
		return end(StageAuthority, true)
	}
	if c.Fee != nil {
		out = append(out, StageFee)
	}
	out = append(out, StageAccepted, StageSearch)
	if kind.Investigates() {
		out = append(out, StageInvestigation)
	}
	out = append(out, StageReview, StageDecision)
	decided := Facts{Kind: kind, Decided: c.Outcome}
	if c.Outcome == "" {
		decided.Decided = OutcomeFulfilled // the longest way, while nothing is decided
	}
	if a.alone() {
		at := a.At
		if at == "" {
			at = StageIdentity
		}
		return end(at, false)
	}
	if decided.GivesPackage() || decided.Changes() {
		out = append(out, StageExecution)
	}
	if decided.GivesPackage() {
		out = append(out, StageDelivery)
	}
	return append(out, StageNotified, StageClosed)
}

// notices are what the person is told on that way.
func (c *Course) notices(p *policy.Pack, r policy.Request, a Answers) (out []string) {
	kind := Kind(r.Kind)
	for _, s := range c.Stages {
		switch s {
		case StageIdentity:
			if !ProvenAtDesk(c.Identity, a.Confirmed, a.ByPost) {
				out = append(out, s.Notice())
			}
		case StageAuthority:
			if !Channel(r.Channel).AtDesk() {
				out = append(out, s.Notice())
			}
		case StageDelivery:
			out = append(out, kind.Letter(c.Outcome), NoticeReady)
		case StageNotified:
			if !slices.Contains(c.Stages, StageDelivery) {
				out = append(out, kind.Letter(c.Outcome))
			}
			if len(c.Recipients) > 0 {
				out = append(out, NoticeRecipients)
			}
		case StageClosed:
			out = append(out, c.Outcome.Ending())
		case StageExecution:
			if c.CoolingOff {
				out = append(out, NoticeCoolingOff)
			}
		case StageAccepted:
			if len(c.Authority) > 0 {
				out = append(out, NoticeRepresented)
			}
			if c.Freeze == FreezePromised && slices.ContainsFunc(p.Disputed(r.Fields), func(at policy.Place) bool { return p.Holds(at.System) }) {
				out = append(out, NoticeFrozen)
			}
			out = append(out, s.Notice())
		default:
			out = append(out, s.Notice())
		}
	}
	return slices.DeleteFunc(out, func(code string) bool { return code == "" })
}

// clocks are the clocks that start with the arrival.
func clocks(p *policy.Pack, r policy.Request, a Answers) (out []CourseClock) {
	if a.ArrivedAt.IsZero() {
		return nil
	}
	events := []clock.Event{{Kind: clock.Start, At: a.ArrivedAt}}
	if !a.DeemedAt.IsZero() {
		events = append([]clock.Event{{Kind: clock.Start, At: a.DeemedAt, Cause: clock.CauseDeemed}}, events...)
	}
	for _, x := range ClocksOf(p, r.Kind, events) {
		c := CourseClock{Name: x.Name, Rule: x.Rule}
		c.Result, c.Unknown = clock.Compute(x.Rule, a.Calendars[x.Calendar], x.Events)
		out = append(out, c)
	}
	return out
}
