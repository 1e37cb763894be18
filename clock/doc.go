// Package clock computes when something is due, and says why.
//
// A due date is a pure function of three things: a [Rule] (what the law, a
// policy or the office promises), a [Calendar] (when the office is open, as data
// with a version) and the [Event] list of one case (start, pauses, extensions).
// [Compute] answers with a [Result] that carries its own reasons as [Step]s, and
// [Explain] turns those into sentences a person can read.
//
// Nothing here reads a wall clock, a file outside the binary or the zone data of
// the host: the same input gives the same answer on every machine and in every
// year. Zones come from files inside the package ([TZVersion]).
//
// Two kinds of time are kept apart by name. A field that ends in On is a civil
// date in the rule's zone; a field that ends in At is an instant. Arithmetic on
// days, weeks, months and years is done on civil dates; instants appear where a
// request arrives and where a timer is set.
//
// Errors are *[Error]: they name the field that is wrong and, for a parsed file,
// its line and column.
package clock
