package workflows

import (
	"strconv"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"madoguchi/activities"
	"madoguchi/dsr"
)

// Names on the wire. They live in histories for years: add, never rename.
// Names of activities are the method names of activities.Activities.
const (
	// TaskQueue is where workflows and activities are worked on.
	TaskQueue = "madoguchi"

	WorkflowDisclosure = "disclosure" // Start → Result, as each of them
	WorkflowCorrection = "correction"
	WorkflowAddition   = "addition" // Correction's function: what is missing is put in
	WorkflowDeletion   = "deletion"
	WorkflowErasure    = "erasure"
	WorkflowSuspension = "suspension"

	UpdateDeliver = "deliver" // Command → nothing; its ID is the command's ID
	QueryFacts    = "facts"   // → dsr.Facts
)

// Change IDs for workflow.GetVersion stand here, with the release that brought
// them. There are none yet.

// Search attributes: an ID and enums, no names. They are found in clear in
// Temporal's database.
var (
	AttributeOrganisation = temporal.NewSearchAttributeKeyKeyword("MadoguchiOrganisation")
	AttributeKind         = temporal.NewSearchAttributeKeyKeyword("MadoguchiKind")
	AttributeStage        = temporal.NewSearchAttributeKeyKeyword("MadoguchiStage")
)

// ID is the workflow ID of a case's run. The case is a UUIDv7 and never a
// sequence number: after a restored backup a number given out again would find
// the old run and lose the new case (design: How a command travels, 3).
func ID(caseID string, epoch int) string { return "dsr/" + caseID + "/" + strconv.Itoa(epoch) }

// Function is what runs a case of some kind.
type Function func(workflow.Context, Start) (Result, error)

// Functions are the workflow types with what runs each. A kind's type has the
// kind's own name.
var Functions = map[string]Function{
	WorkflowDisclosure: Disclosure,
	WorkflowCorrection: Correction,
	WorkflowAddition:   Correction,
	WorkflowDeletion:   Deletion,
	WorkflowErasure:    Erasure,
	WorkflowSuspension: Suspension,
}

// Type is the workflow type of a kind; ok is false for a kind that has none yet.
func Type(k dsr.Kind) (name string, ok bool) {
	if _, ok = Functions[string(k)]; !ok {
		return "", false
	}
	return string(k), true
}

// Register registers every workflow under its name on the wire.
func Register(r interface {
	RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions)
}) {
	for name, function := range Functions {
		r.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: name})
	}
}

// Start is what a run is started with, and all that continue-as-new carries:
// the rest is read from the database by the run's first activity.
type Start struct {
	activities.Run
	Kind dsr.Kind `json:"kind"`
}

// Command hands one command of the case to its run. What was decided is in the
// database; the message only says that there is something to hear.
type Command struct {
	Command string          `json:"command"` // ID
	Number  int             `json:"number"`  // within the case, from 1
	Kind    dsr.CommandKind `json:"kind"`
	Epoch   int             `json:"epoch"`
}

// Result is how a run ended. A superseded run changed nothing.
type Result struct {
	Outcome    dsr.Outcome `json:"outcome,omitempty"`
	Superseded bool        `json:"superseded,omitempty"`
}
