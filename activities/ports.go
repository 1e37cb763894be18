package activities

import (
	"context"

	"madoguchi/dsr"
)

// Offices is the only way to an organisation's cases. Implemented by
// internal/store, wired by cmd.
type Offices interface {
	Office(organisation string) Office
}

// Office is what activities need of one organisation. Each method is one
// transaction, keyed so that a second call gives the first one's result, and
// fenced by the epoch: an older run gets Facts with Superseded set and changes
// nothing.
type Office interface {
	// Begin acknowledges a run: the first activity of every workflow. It marks
	// the command filed (or whatever started the epoch) as applied. A run that
	// an objection started finds its case reopened.
	Begin(ctx context.Context, caseID string, epoch int) (dsr.Facts, error)
	// Apply marks command number n as applied and gives the facts after it. It
	// declines (Conflict "error.command-order") while a lower one is not.
	Apply(ctx context.Context, caseID string, epoch, number int) (dsr.Facts, error)
	// Facts reads the facts anew.
	Facts(ctx context.Context, caseID string, epoch int) (dsr.Facts, error)
	// Enter makes a stage change, the transition-th of the case. It opens the
	// stage's tasks, arms its milestones, pauses or resumes the clocks and
	// queues its notices, all in one transaction. While the request is
	// withdrawn, and once it has ended, it changes nothing and gives the facts.
	Enter(ctx context.Context, caseID string, epoch, transition int, to dsr.Stage) (dsr.Facts, error)
	// FallDue records that a milestone fell due (by "timer" or "sweep"); the
	// second to come finds it done. Before its time it changes nothing.
	FallDue(ctx context.Context, caseID, milestone, by string) (dsr.Facts, error)
	// Close makes the closing transition. It declines (Conflict
	// "error.commands-pending") while an unapplied command exists.
	Close(ctx context.Context, caseID string, epoch, transition int) (dsr.Facts, error)

	// PlanEffects writes the ledger rows of an action that are not there yet,
	// one per connected system, and gives all of them.
	PlanEffects(ctx context.Context, caseID string, epoch int, action dsr.Action) ([]dsr.Effect, error)
	// Permit takes the permission for an effect at the last moment, under the
	// lock of the case row (design 8). Forbidden when a condition does not
	// hold; the effect's state says what it already is when there is nothing
	// left to do.
	Permit(ctx context.Context, effect string, epoch int) (dsr.Effect, error)
	// Identifiers opens what a lookup asks by; Locator what a collect asks by:
	// the key of the record that a person chose. Both write the opening first.
	Identifiers(ctx context.Context, effect string) (dsr.Identifiers, error)
	Locator(ctx context.Context, effect string) (key string, ids dsr.Identifiers, err error)
	// SaveCandidates and SaveRecords seal what a system gave and verify the
	// effect; a zombie's fence changes nothing.
	SaveCandidates(ctx context.Context, effect string, fence int, found []dsr.Candidate) error
	SaveRecords(ctx context.Context, effect string, fence int, records []dsr.Record) error
	// Instruction opens what an act on a connected system needs, after writing
	// the opening. SaveActed verifies the effect with what was read back; a
	// zombie's fence changes nothing.
	Instruction(ctx context.Context, effect string) (dsr.Instruction, error)
	SaveActed(ctx context.Context, effect string, fence int, acted dsr.Acted) error
	// FailEffect records that a try failed, by a code of a closed list; after
	// the last try it opens a task for a person.
	FailEffect(ctx context.Context, effect string, fence int, code string, last bool) error

	// PackageInputs opens what the package is built from: the agreed decisions
	// and the items. SavePackage seals it; the same inputs give the same bytes,
	// and a second call with the same digest is one package.
	PackageInputs(ctx context.Context, caseID string, epoch int) (dsr.Parcel, error)
	SavePackage(ctx context.Context, caseID string, epoch int, digest string, data []byte) (dsr.Facts, error)
}

// Connectors are the connected systems of an organisation.
type Connectors interface {
	Connector(organisation, id string) (Connector, error)
}

// Connector is a system that holds personal data and can be asked.
type Connector interface {
	// Lookup finds records that may be the person's; it returns keys, names
	// and contacts only.
	Lookup(ctx context.Context, key string, by dsr.Identifiers) ([]dsr.Candidate, error)
	// Collect gives everything held about the record. key is the effect's key:
	// the system counts a call by it.
	Collect(ctx context.Context, key, record string, by dsr.Identifiers) ([]dsr.Record, error)
	// Act carries out one instruction in one transaction of the system and
	// reads it back. The same key again changes nothing. Invalid
	// "connector.unsupported" when the mapping cannot, Conflict
	// "connector.changed" when a value is no longer what was decided on,
	// Conflict "connector.held" when another hold forbids it: a person decides.
	Act(ctx context.Context, key string, in dsr.Instruction) (dsr.Acted, error)
}

// Parcels builds packages: a pure function of its input.
type Parcels interface {
	Build(p dsr.Parcel) (digest string, data []byte, err error)
}
