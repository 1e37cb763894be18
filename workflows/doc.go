// Package workflows is what the engine promises: one file per kind of request,
// each a straight line of stages in the order in which a policy tells it. The
// stages that several kinds share stand once, in stages.go; how a run loads
// its case, listens, waits and ends is in run.go; every name on the wire is in
// messages.go.
//
// A workflow follows; it does not judge. It branches on recorded facts
// (dsr.Facts), which every activity gives anew, and waits: for commands and for
// one timer, the earliest milestone. Due dates, decisions and scope are
// computed where a command or an activity has its transaction, so that a later
// release, holiday table or rule cannot break a case that is already running.
//
// Start, continue-as-new, rebuild and reopening all enter a workflow at the
// top. A stage whose facts are there already returns at once, so that the run
// finds its place by walking to it. Nothing about the case is carried from run
// to run but its ID: the database is the record.
package workflows
