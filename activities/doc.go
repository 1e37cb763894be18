// Package activities is what a workflow may not do itself: speak to the
// database, to the connected systems and to the builder of packages. Each
// activity is one errand that may be done twice with the effect of once: the
// ports say by which key (a command's number, a stage change's number, an
// effect's ID).
//
// Inputs and results are IDs, enums, counts and times, and errors are a fault
// with a code of a closed list, because Temporal keeps them in histories that
// cannot be erased. Personal data enters and leaves within one activity.
//
// The method names of Activities are names on the wire: add, never rename.
package activities

// Activities are the errands of the workflows. cmd fills the fields.
type Activities struct {
	Offices    Offices
	Connectors Connectors
	Parcels    Parcels
}

// Run names one run of one case. The epoch is the fence against older runs.
type Run struct {
	Organisation string `json:"organisation"` // ID
	Case         string `json:"case"`
	Epoch        int    `json:"epoch"`
}
