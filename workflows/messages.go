package workflows

import (
	"strconv"

	"go.temporal.io/sdk/temporal"

	"madoguchi/activities"
	"madoguchi/dsr"
)

// Names on the wire. They live in histories for years: add, never rename.
// Names of activities are the method names of activities.Activities.
const (
	// TaskQueue is where workflows and activities are worked on.
	TaskQueue = "madoguchi"

	WorkflowDisclosure = "disclosure" // Start → Result

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

// Type is the workflow type of a kind; ok is false for a kind that has none yet.
func Type(k dsr.Kind) (name string, ok bool) {
	if k == dsr.KindDisclosure {
		return WorkflowDisclosure, true
	}
	return "", false
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
