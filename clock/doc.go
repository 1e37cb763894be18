// Package clock computes when something is due, and says why.
//
// A due date is a pure function of three things: a [Rule] (what the law, a
// policy or the office promises), a [Calendar] (when the office is open, as data
// with a version) and the [Event] list of one case (start, pauses, extensions).
// [New] checks that a rule and a calendar go together; the [Clock] that it gives
// answers for many cases: [Clock.Due] with a bare [Result], [Clock.Explained] with one
// that carries its own reasons as [Step]s, which [Explain] turns into sentences a
// person can read. [Compute] is both for one case. The rules of the laws stand in a
// [Book], by regime; the rule of the day of arrival governs.
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
