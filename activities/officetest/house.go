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
	// File accepts a disclosure and gives the case's ID.
	File(organisation string) (caseID string)
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
	// Outcome is what the next agreed proposal decides.
	Outcome dsr.Outcome
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
}

var _ Desk = (*House)(nil)

// New is an empty house with one connected system.
func New(now func() time.Time) *House {
	return &House{Now: now, Systems: []string{"sample"}, Outcome: dsr.OutcomePartial, cases: map[string]*file{}}
}

// Office is the door of one organisation.
func (h *House) Office(organisation string) activities.Office {
	return &office{house: h, organisation: organisation}
}

// File accepts a disclosure that a form classified.
func (h *House) File(organisation string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := fmt.Sprintf("0193-%04d", len(h.cases)+1)
	f := &file{organisation: organisation, starts: map[int]int{1: 1}, packages: map[string]bool{}, facts: dsr.Facts{
		Organisation: organisation, Submission: "s-" + id, Case: id, Kind: dsr.KindDisclosure,
		Stage: dsr.StageReceived, Epoch: 1, Occasion: 1, PlanVersion: 1, Classified: true,
	}}
	h.cases[id] = f
	f.command(dsr.CommandFiled)
	return id
}

// Place puts a case where a test wants it, with facts that fit the stage.
func (h *House) Place(caseID string, change func(*dsr.Facts)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.cases[caseID]
	change(&f.facts)
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
		x.Classified = true
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
		x.Proposal++
	case dsr.CommandApproved:
		if !x.Proposed() || x.Withdrawn {
			return dsr.Fail(dsr.Conflict, "error.nothing-proposed")
		}
		x.Agreed, x.Decided = x.Proposal, h.Outcome
		if !x.IdentityProven {
			x.Decided = dsr.OutcomeRejectedIdentity
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
		if x.Withdrawn {
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
		x.Withdrawn, x.WithdrawalFinal, x.Expired = false, false, false
	}
	f.command(kind)
	h.arm(f)
	return nil
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
	case !f.Classified:
		kind = dsr.CommandClassified
	case f.Proposed():
		kind = dsr.CommandApproved
	case f.Stage == dsr.StageIdentity && !f.IdentityProven:
		kind = dsr.CommandIdentityConfirmed
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
	case "availability-end":
		f.facts.Delivered = true
	}
	f.command(dsr.CommandFellDue)
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
