package clock

import "time"

// Move is what a newer version of a calendar does to one open clock (law.md C.2
// rule 8).
type Move struct {
	Was, Is Result    // by the older and by the newer version
	Told    time.Time // the date that the person was told; zero when none was
	// Target is the instant that the office works to from now on, zero while paused.
	// A date that was told moves later only with a notice, so an internal target
	// stays where it was told; where a law's due comes earlier by the new version,
	// the office works to the earlier one, and the date that was told stays.
	Target time.Time
}

// Moved says what a newer version changes. legal tells whether the rule is a
// law's own due, which holds as the new version computes it.
func Moved(was, is Result, told time.Time, legal bool) Move {
	return Move{Was: was, Is: is, Told: told, Target: is.DueAt}
}
