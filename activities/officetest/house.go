// Package officetest is an office in memory that keeps the contract of
// activities.Office: fences, order of commands, numbers of stage changes,
// permissions of effects, a closing that is declined while a command is not
// applied. Workflow tests run on it with Temporal's test clock; what they ask
// beside the port is in Desk, so that the real store can take its place.
package officetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"madoguchi/activities"
	"madoguchi/dsr"
)

// Desk is what tests do beside the port: people and clocks that decide
// commands.
type Desk interface {
	activities.Offices
	// File accepts a request of a kind that a form classified, and gives the
	// case's ID.
	File(organisation string, kind dsr.Kind) (caseID string)
	// Tell decides one command, as a page or a handler would.
	Tell(caseID string, kind dsr.CommandKind) error
	// Next is the lowest command that is not applied; ok is false for none.
	Next(caseID string) (c Command, ok bool)
	// Sweep lets everything fall due that did.
	Sweep()
	// Known is the case as it is recorded.
	Known(caseID string) dsr.Facts
}

// Command is one decided command. Start says that it began an epoch whose run
// has not answered yet.
type Command struct {
	ID     string
	Number int
	Kind   dsr.CommandKind
	Epoch  int
	Start  bool

	applied bool
}

// Milestone is a recorded instant at which something happens.
type Milestone struct {
	ID, Name string
	At       time.Time
	FiredBy  string // "timer", "sweep"
	Gone     bool   // cancelled
}

// House is the office in memory. Its exported fields are for tests: set before
// the run, read after it.
type House struct {
	Now     func() time.Time
	Systems []string // connected systems of every organisation
	// Outcome is what the next agreed proposal about a disclosure decides.
	Outcome dsr.Outcome
	// Measures are what the next proposal about another kind decides, one for
	// each item; none for the measure that was asked for. The items lie in the
	// systems by turns.
	Measures []dsr.Measure
	// NoHolds lists the systems that cannot hold anything.
	NoHolds []string
	// CoolingOff is the time in which an agreed erasure can be stopped.
	CoolingOff time.Duration
	// Recipients is how many received what a case changes.
	Recipients int
	// Represented says that somebody else asks, in the requests filed from now on.
	Represented bool
	// Down makes every call of the port fail, as a database that is away.
	Down func() bool

	mu     sync.Mutex
	cases  map[string]*file
	faults []string
	asked  int
}

// file is one case.
type file struct {
	facts        dsr.Facts
	acked        int
	starts       map[int]int // epoch → number of the command that began it
	commands     []*Command
	milestones   []*Milestone
	effects      []*dsr.Effect
	path         []dsr.Stage
	tasks        []dsr.TaskKind
	packages     map[string]bool
	organisation string

	proposed    dsr.Outcome  // what the newest proposal would decide
	intended    []item       // and the items it names
	plan        []item       // of the agreed proposal
	provisional bool         // the desk froze before the identity was proven
	shown       bool         // a handler has seen relationship and mandate
	asked       []dsr.Action // actions that were planned under this plan
	holds       map[string]map[dsr.HoldKind]bool
	acts        []Act
}

// item is one decided item.
type item struct {
	id, system string
	action     dsr.Action
}

// Act is one act that a system carried out and that was read back.
type Act struct {
	Action dsr.Action
	System string
	Object string
	Stage  dsr.Stage
	Plan   int // version of the case's plan: grows with each reopening
	At     time.Time
}

var _ Desk = (*House)(nil)

// New is an empty house with one connected system.
func New(now func() time.Time) *House {
	return &House{Now: now, Systems: []string{"sample"}, Outcome: dsr.OutcomePartial, CoolingOff: 72 * time.Hour, cases: map[string]*file{}}
}

// Office is the door of one organisation.
func (h *House) Office(organisation string) activities.Office {
	return &office{house: h, organisation: organisation}
}

// File accepts a request that a form classified.
func (h *House) File(organisation string, kind dsr.Kind) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := fmt.Sprintf("0193-%04d", len(h.cases)+1)
	f := &file{organisation: organisation, starts: map[int]int{1: 1}, packages: map[string]bool{},
		holds: map[string]map[dsr.HoldKind]bool{}, facts: dsr.Facts{
			Organisation: organisation, Submission: "s-" + id, Case: id, Kind: kind,
			Stage: dsr.StageReceived, Epoch: 1, Occasion: 1, PlanVersion: 1, Classified: true, AuthorityNeeded: h.Represented,
		}}
	h.cases[id] = f
	f.command(dsr.CommandFiled)
	return id
}

// Arrange changes the house's fields while a worker is at work.
func (h *House) Arrange(change func(*House)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(h)
}

// Place puts a case where a test wants it, with facts that fit the stage.
func (h *House) Place(caseID string, change func(*dsr.Facts)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.cases[caseID]
	change(&f.facts)
	if f.facts.Decided != "" {
		f.proposed, f.intended = h.answer(f)
		f.plan = f.intended
	}
	for _, it := range f.plan {
		if it.action == dsr.ActionErase && !f.facts.CoolingOff && (f.facts.Stage == dsr.StageExecution || f.facts.Before == dsr.StageExecution) {
			f.facts.CoolingOff = true
			h.add(f, "cooling-off", h.CoolingOff)
		}
	}
	h.settle(f)
	h.arm(f)
}

// Rebuild raises the epoch, as a repair does: older runs are fenced.
func (h *House) Rebuild(caseID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.cases[caseID]
	f.facts.Epoch++
	f.starts[f.facts.Epoch] = f.facts.Applied
}

// Tell decides one command against the recorded stage.
func (h *House) Tell(caseID string, kind dsr.CommandKind) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.cases[caseID]
	if f == nil {
		return dsr.Fail(dsr.NotFound, "error.not-found")
	}
	if !kind.Accepts(f.facts.Stage) {
		return dsr.Fail(dsr.Conflict, "error.stage")
	}
	x := &f.facts
	switch kind {
	case dsr.CommandClassified:
		if x.Proposed() || x.Decided != "" {
			return dsr.Fail(dsr.Conflict, "error.proposed-already")
		}
		x.Classified = true
	case dsr.CommandReclassified:
		if x.Proposed() || x.Decided != "" || x.Withdrawn {
			return dsr.Fail(dsr.Conflict, "error.proposed-already")
		}
		x.Decided = dsr.OutcomeReclassified
	case dsr.CommandAuthorityShown:
		if !x.AuthorityNeeded || x.AuthorityProven {
			return dsr.Fail(dsr.Conflict, "error.no-representative")
		}
		f.shown = true
	case dsr.CommandAuthorityAdmitted:
		if !f.shown {
			return dsr.Fail(dsr.Conflict, "error.authority-not-shown")
		}
		x.AuthorityProven, x.Expired = true, false
	case dsr.CommandHoldPlaced:
		if !x.Kind.Freezes() || x.IdentityProven || x.Withdrawn {
			return dsr.Fail(dsr.Conflict, "error.no-hold")
		}
		f.provisional = true
	case dsr.CommandInvestigated:
		x.Investigated = true
	case dsr.CommandErasureStopped:
		if x.Stopped || x.Withdrawn || !x.CoolingOff && x.Todo != dsr.ActionErase || f.begun(dsr.ActionErase) {
			return dsr.Fail(dsr.Conflict, "error.nothing-to-stop")
		}
		x.Stopped, x.CoolingOff = true, false
		f.cancel("cooling-off")
		f.task(dsr.TaskErasureStopped)
	case dsr.CommandErasureResumed:
		if !x.Stopped {
			return dsr.Fail(dsr.Conflict, "error.not-stopped")
		}
		x.Stopped, x.CoolingOff = false, true
		h.add(f, "cooling-off", h.CoolingOff)
	case dsr.CommandReconsidered:
		if !x.Stopped {
			return dsr.Fail(dsr.Conflict, "error.not-stopped")
		}
		x.Stopped, x.Decided, f.plan = false, "", nil
	case dsr.CommandRecipientSettled:
		if x.RecipientsOpen == 0 {
			return dsr.Fail(dsr.Conflict, "error.no-recipient")
		}
		x.RecipientsOpen--
	case dsr.CommandSystemSettled:
		if !f.waive() {
			return dsr.Fail(dsr.Conflict, "error.nothing-failed")
		}
	case dsr.CommandIdentityEvidence:
		x.Expired = false // the person did answer before the case was closed
	case dsr.CommandIdentityConfirmed:
		x.IdentityProven, x.Expired = true, false
	case dsr.CommandQuestionAsked:
		x.QuestionOpen = true
	case dsr.CommandQuestionAnswered:
		if !x.QuestionOpen {
			return dsr.Fail(dsr.Conflict, "error.no-question")
		}
		x.QuestionOpen = false
	case dsr.CommandProposed:
		if x.Proposed() || x.Decided != "" {
			return dsr.Fail(dsr.Conflict, "error.proposed-already")
		}
		if x.Stage == dsr.StageTriage && x.Classified || x.Stage == dsr.StageIdentity && x.IdentityProven ||
			x.Stage == dsr.StageAuthority && !f.unauthorised() {
			return dsr.Fail(dsr.Conflict, "error.stage")
		}
		x.Proposal++
		f.proposed, f.intended = h.answer(f)
	case dsr.CommandApproved:
		if !x.Proposed() || x.Withdrawn {
			return dsr.Fail(dsr.Conflict, "error.nothing-proposed")
		}
		x.Agreed, x.Decided, f.plan = x.Proposal, f.proposed, f.intended
		for _, it := range f.plan {
			x.CoolingOff = x.CoolingOff || it.action == dsr.ActionErase
		}
	case dsr.CommandSentBack:
		if !x.Proposed() {
			return dsr.Fail(dsr.Conflict, "error.nothing-proposed")
		}
		x.SentBack = x.Proposal
	case dsr.CommandDelivered:
		if !x.PackageReady {
			return dsr.Fail(dsr.Conflict, "error.no-package")
		}
		x.Delivered = true
	case dsr.CommandWithdrawn:
		if x.Withdrawn || f.begun(dsr.ActionErase) { // nothing brings back what is erased
			return dsr.Fail(dsr.Conflict, "error.withdrawn")
		}
		x.Withdrawn = true
		h.add(f, "withdrawal-final", 24*time.Hour)
	case dsr.CommandWithdrawalTakenBack:
		if !x.Withdrawn || x.WithdrawalFinal {
			return dsr.Fail(dsr.Conflict, "error.withdrawal-final")
		}
		x.Withdrawn = false
		f.cancel("withdrawal-final")
	case dsr.CommandObjected:
		x.Epoch++
		x.Occasion++
		x.PlanVersion++
		f.starts[x.Epoch] = len(f.commands) + 1
		x.Collected, x.PackageReady, x.Delivered, x.Decided = false, false, false, ""
		x.Preserved, x.Investigated, x.CoolingOff, x.Stopped, f.plan, f.asked = false, false, false, false, nil, nil
		x.Withdrawn, x.WithdrawalFinal, x.Expired = false, false, false
	}
	f.command(kind)
	h.settle(f)
	h.arm(f)
	return nil
}

// answer is what a proposal made now says.
func (h *House) answer(f *file) (dsr.Outcome, []item) {
	x := f.facts
	switch {
	case !x.Classified:
		return dsr.OutcomeRedirected, nil
	case !x.IdentityProven:
		return dsr.OutcomeRejectedIdentity, nil
	case f.unauthorised():
		return dsr.OutcomeRejectedForm, nil
	case x.Kind == dsr.KindDisclosure:
		return h.Outcome, nil
	}
	measures := h.Measures
	if len(measures) == 0 {
		measures = x.Kind.Measures()[:1]
	}
	var items []item
	for i, m := range measures {
		if m.Action() != "" {
			items = append(items, item{fmt.Sprintf("i%d", i+1), h.Systems[i%len(h.Systems)], m.Action()})
		}
	}
	return dsr.Combine(measures), items
}

// unauthorised reports whether somebody acts for the person and was not admitted.
func (f *file) unauthorised() bool { return f.facts.AuthorityNeeded && !f.facts.AuthorityProven }

// begun reports whether an act of the plan was permitted already.
func (f *file) begun(action dsr.Action) bool {
	for _, e := range f.effects {
		if e.Action == action && e.PlanVersion == f.facts.PlanVersion && e.Fence > 0 {
			return true
		}
	}
	return false
}

// waive does without every system that failed; false when there is none.
func (f *file) waive() bool {
	some := false
	for _, e := range f.effects {
		if e.State == dsr.EffectFailed {
			e.State, some = dsr.EffectWaived, true
			if e.Action == dsr.ActionRelease { // a person has seen to it
				delete(f.holds, e.Connector)
			}
		}
	}
	return some
}

// Acts are the acts that systems carried out for a case, in order.
func (h *House) Acts(caseID string) []Act {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.cases[caseID].acts)
}

// CooledAt is when the cooling-off that a case had last begun at an instant was
// over; zero when it was not, or there was none.
func (h *House) CooledAt(caseID string, at time.Time) (over time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.cases[caseID].milestones {
		if m.Name == "cooling-off" && !m.At.Add(-h.CoolingOff).After(at) {
			if over = m.At; m.FiredBy == "" {
				over = time.Time{}
			}
		}
	}
	return over
}

// Next is the lowest command that is not applied.
func (h *House) Next(caseID string) (Command, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.cases[caseID]
	for _, c := range f.commands {
		if !c.applied {
			out := *c
			out.Epoch, out.Start = f.facts.Epoch, f.acked < f.facts.Epoch
			return out, true
		}
	}
	return Command{}, false
}

// Sweep fires what fell due, as the sweep of the worker does.
func (h *House) Sweep() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.cases {
		for _, m := range f.milestones {
			h.fire(f, m, "sweep")
		}
	}
}

// Known is the case as it is recorded.
func (h *House) Known(caseID string) dsr.Facts {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.cases[caseID].facts
}

// Path is every stage that the case entered, in order.
func (h *House) Path(caseID string) []dsr.Stage {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]dsr.Stage(nil), h.cases[caseID].path...)
}

// Commands are the kinds of all commands of the case, in order.
func (h *House) Commands(caseID string) []dsr.CommandKind {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []dsr.CommandKind
	for _, c := range h.cases[caseID].commands {
		out = append(out, c.Kind)
	}
	return out
}

// Tasks are the tasks that were opened for a person.
func (h *House) Tasks(caseID string) []dsr.TaskKind {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]dsr.TaskKind(nil), h.cases[caseID].tasks...)
}

// Milestones are all milestones of the case.
func (h *House) Milestones(caseID string) []Milestone {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []Milestone
	for _, m := range h.cases[caseID].milestones {
		out = append(out, *m)
	}
	return out
}

// Packages counts the packages that the case has.
func (h *House) Packages(caseID string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.cases[caseID].packages)
}

// Faults are things that a workflow asked for and must never ask for:
// impossible stage changes and wrong numbers.
func (h *House) Faults() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.faults...)
}

// Cases are the IDs of all cases, in the order of filing.
func (h *House) Cases() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for id := range h.cases {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// IsApplied reports whether a command carries the applied mark.
func (h *House) IsApplied(command string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.cases {
		for _, c := range f.commands {
			if c.ID == command {
				return c.applied
			}
		}
	}
	return false
}

// Play does what people would do with a case now; "" when it is nobody's turn.
func (h *House) Play(caseID string) (dsr.CommandKind, error) {
	f := h.Known(caseID)
	var kind dsr.CommandKind
	switch {
	case f.Withdrawn:
	case f.QuestionOpen:
		kind = dsr.CommandQuestionAnswered
	case f.Proposed():
		kind = dsr.CommandApproved
	case !f.Classified:
		kind = dsr.CommandClassified
	case f.Stage == dsr.StageIdentity && !f.IdentityProven:
		kind = dsr.CommandIdentityConfirmed
	case f.Stage == dsr.StageAuthority && f.AuthorityNeeded && !f.AuthorityProven:
		if kind = dsr.CommandAuthorityShown; h.isShown(caseID) {
			kind = dsr.CommandAuthorityAdmitted
		}
	case f.Stage == dsr.StageInvestigation && !f.Investigated:
		kind = dsr.CommandInvestigated
	case f.Stopped:
		kind = dsr.CommandErasureResumed
	case f.Stage == dsr.StageNotified && f.RecipientsOpen > 0:
		kind = dsr.CommandRecipientSettled
	case f.Stage == dsr.StageReview && f.Decided == "":
		kind = dsr.CommandProposed
	case f.Stage == dsr.StageDelivery && !f.Delivered:
		kind = dsr.CommandDelivered
	}
	if kind == "" || !kind.Accepts(f.Stage) {
		return "", nil
	}
	return kind, h.Tell(caseID, kind)
}

func (h *House) isShown(caseID string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.cases[caseID].shown
}

// Asked counts the calls of FallDue, whatever came of them.
func (h *House) Asked() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked
}

func (f *file) command(kind dsr.CommandKind) {
	n := len(f.commands) + 1
	f.commands = append(f.commands, &Command{ID: fmt.Sprintf("%s-c%d", f.facts.Case, n), Number: n, Kind: kind})
}

// add arms a milestone once per occasion of its name.
func (h *House) add(f *file, name string, after time.Duration) {
	id := fmt.Sprintf("%s-m%d", f.facts.Case, len(f.milestones)+1)
	f.milestones = append(f.milestones, &Milestone{ID: id, Name: name, At: h.Now().Add(after)})
}

func (f *file) cancel(names ...string) {
	for _, m := range f.milestones {
		for _, n := range names {
			if m.Name == n && m.FiredBy == "" {
				m.Gone = true
			}
		}
	}
}

// arm writes the earliest milestone into the facts.
func (h *House) arm(f *file) {
	f.facts.Milestone, f.facts.MilestoneAt = "", 0
	for _, m := range f.milestones {
		if m.FiredBy == "" && !m.Gone && (f.facts.Milestone == "" || m.At.UnixMicro() < f.facts.MilestoneAt) {
			f.facts.Milestone, f.facts.MilestoneAt = m.ID, m.At.UnixMicro()
		}
	}
}

// fire lets a milestone fall due; whoever comes second changes nothing.
func (h *House) fire(f *file, m *Milestone, by string) {
	if m.FiredBy != "" || m.Gone || h.Now().Before(m.At) || !f.facts.Stage.Open() {
		return
	}
	m.FiredBy = by
	switch m.Name {
	case "withdrawal-final":
		f.facts.WithdrawalFinal = true
	case "identity-expiry":
		f.facts.Expired = !f.facts.IdentityProven
	case "authority-expiry":
		f.facts.Expired = f.unauthorised()
	case "availability-end":
		f.facts.Delivered = true
	case "cooling-off":
		f.facts.CoolingOff = false
	}
	f.command(dsr.CommandFellDue)
	h.settle(f)
	h.arm(f)
}

func (h *House) fault(format string, args ...any) {
	h.faults = append(h.faults, fmt.Sprintf(format, args...))
}

// gone is the answer of a database that is away.
func (h *House) gone(context.Context) error {
	if h.Down != nil && h.Down() {
		return dsr.Fail(dsr.Unavailable, "error.database-away")
	}
	return nil
}
