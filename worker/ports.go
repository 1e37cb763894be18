package worker

import (
	"context"

	"madoguchi/dsr"
)

// Backlog is what the loops of the worker (relay, sweep, postman) take from
// the database. Implemented by internal/store, wired by cmd. Each claim is for
// a short time, so that a killed worker's claims come back by themselves.
type Backlog interface {
	// Organisations are the IDs to go through, one after the other (the walls
	// between organisations: nothing is read across them).
	Organisations(ctx context.Context) ([]string, error)
	// ClaimDeliveries claims, per case, the lowest command that is not applied,
	// if all lower ones are. SKIP LOCKED on PostgreSQL, one process on SQLite.
	ClaimDeliveries(ctx context.Context, organisation string, limit int) ([]Delivery, error)
	// ClaimDelivery claims one case's next command for the handler that wrote
	// it and wants to try at once; ok is false when there is nothing to do or
	// somebody else has it.
	ClaimDelivery(ctx context.Context, organisation, caseID string) (d Delivery, ok bool, err error)
	// Undelivered gives a claim back for a later try (code from a closed list).
	Undelivered(ctx context.Context, organisation, command, code string) error
	// IsApplied reports whether the command carries the applied mark.
	IsApplied(ctx context.Context, organisation, command string) (bool, error)

	// DueMilestones lists what fell due and was not fired.
	DueMilestones(ctx context.Context, organisation string, limit int) ([]DueMilestone, error)
	FallDue(ctx context.Context, organisation, caseID, milestone, by string) error

	// ClaimNotices claims mails to send, counting the send before it happens:
	// never more than three, always the same Message-ID.
	ClaimNotices(ctx context.Context, organisation string, limit int) ([]Outgoing, error)
	NoticeAccepted(ctx context.Context, organisation, notice string) error
	// NoticeFailed gives it back for a later send, or opens a task for a person
	// after the last.
	NoticeFailed(ctx context.Context, organisation, notice, code string) error

	// Tidy deletes what is due: identity papers, expired packages, drafts.
	Tidy(ctx context.Context, organisation string) error
	// ClaimErasures claims erasures whose statutory period ended (design 8): no
	// workflow runs for them any more. ErasureDone records what was read back;
	// ErasureFailed gives it back for a later try, and tells a person.
	ClaimErasures(ctx context.Context, organisation string, limit int) ([]Erasure, error)
	ErasureDone(ctx context.Context, organisation, erasure string, fence, rows int) error
	ErasureFailed(ctx context.Context, organisation, erasure string, fence int, code string) error
	// Checkpoint signs all heads and their number, once an hour.
	Checkpoint(ctx context.Context) error
	// Beat records that a loop is alive, for /readyz.
	Beat(ctx context.Context, loop string) error
}

// Delivery is one command to hand to its case's workflow.
type Delivery struct {
	Organisation string
	Case         string
	Kind         dsr.Kind
	Stage        dsr.Stage
	Command      string // the update's ID
	Number       int
	What         dsr.CommandKind
	Epoch        int
	// Acked is the newest epoch whose run has answered: a run is started when
	// it is lower than Epoch.
	Acked int
	Tries int
}

// DueMilestone is a milestone that fell due.
type DueMilestone struct{ Case, Milestone string }

// Erasure is one scheduled erasure that is due: its ID is the key of the effect.
type Erasure struct {
	ID          string
	Connector   string
	Fence       int
	Instruction dsr.Instruction
}

// String hides what is erased.
func (e Erasure) String() string { return "erasure(" + e.ID + ")" }

// Outgoing is one mail: a pointer to a page, never the content of a letter.
type Outgoing struct {
	Notice    string
	To        string
	From      string // display name of the organisation
	Subject   string
	Text      string
	MessageID string
	Voice     dsr.Voice
}

// String hides the address and the text.
func (o Outgoing) String() string { return "mail(" + o.Notice + ")" }

// Post sends a mail. It gives a code of a closed list as *dsr.Error:
// Unavailable for "try again", Invalid for "never".
type Post interface {
	Send(ctx context.Context, o Outgoing) error
}
