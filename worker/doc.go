// Package worker carries out what was accepted. It registers workflows and
// activities with Temporal, and runs the loops that take work from the
// database: the relay hands commands to their runs, the sweep lets milestones
// fall due, the postman sends mails, and two slow ones tidy up and sign
// checkpoints.
//
// The loops do not need Temporal: with Temporal dead, clocks still fall due and
// mails are sent, and the relay goes on where it was when Temporal is back.
package worker
