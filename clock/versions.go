package clock

import (
	"cmp"
	"strings"
	"time"
)

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
	m := Move{Was: was, Is: is, Told: told}
	switch due := is.instant(); {
	case is.State == Paused:
	case told.IsZero():
		m.Target = due
	case legal && due.Before(told):
		m.Target = due
	default:
		m.Target = told
	}
	return m
}

// Changed reports whether the newer version gives another due instant, another
// state, or another number of units left.
func (m Move) Changed() bool {
	return m.Was.State != m.Is.State || !m.Was.instant().Equal(m.Is.instant()) || m.Was.UnitsLeft != m.Is.UnitsLeft
}

// CompareVersions is -1, 0 or +1 as version a is older than, the same as or newer
// than b. Versions compare part by part between their dots, numbers as numbers
// ("2.10" is newer than "2.9"); a number is older than a word, and a version that
// merely goes on is newer ("2.5" before "2.5.1").
func CompareVersions(a, b string) int {
	restA, restB, moreA, moreB := a, b, true, true
	for moreA && moreB {
		var x, y string
		x, restA, moreA = strings.Cut(restA, ".")
		y, restB, moreB = strings.Cut(restB, ".")
		if c := comparePart(x, y); c != 0 {
			return c
		}
	}
	switch {
	case moreA:
		return 1
	case moreB:
		return -1
	}
	return strings.Compare(a, b) // "1.0" and "1.00" are two names, so one is the older
}

// comparePart compares one part of two versions.
func comparePart(x, y string) int {
	numberX, numberY := isNumber(x), isNumber(y)
	switch {
	case numberX && numberY:
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y))
	case numberX:
		return -1
	case numberY:
		return 1
	}
	return strings.Compare(x, y)
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
