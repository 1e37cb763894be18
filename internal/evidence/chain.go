package evidence

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is what is wrong with a record.
type Fault string

// The faults that are told apart.
const (
	Edited    Fault = "edited"    // an event is not what was hashed
	Deleted   Fault = "deleted"   // an event between others is gone
	Inserted  Fault = "inserted"  // an event stands where none was
	Swapped   Fault = "swapped"   // two events exchanged their places
	RanBack   Fault = "ran-back"  // an event is earlier than the one before it
	Cut       Fault = "cut"       // the end of a chain is gone
	Dropped   Fault = "dropped"   // a whole case is gone
	Rewritten Fault = "rewritten" // a chain is sound in itself and not the one that was signed
	Forged    Fault = "forged"    // a checkpoint is not what was signed, or not by us
	Missing   Fault = "missing"   // a checkpoint is gone
	Unread    Fault = "unread"    // the records could not be read
)

// Problem is one thing wrong with the record, in words a person may read. It names no person.
type Problem struct {
	Organisation string
	Case         string // empty for a checkpoint
	Seq          int64  // the event's number in its case, or the checkpoint's
	Fault        Fault
	What         string
}

// String names the case, the event and what is wrong.
func (p Problem) String() string {
	if p.Case == "" {
		return fmt.Sprintf("checkpoint %d: %s", p.Seq, p.What)
	}
	return fmt.Sprintf("case %s, event %d: %s", p.Case, p.Seq, p.What)
}

// ChainError is what VerifyChain returns: every problem of one case.
type ChainError struct{ Problems []Problem }

// Error lists the problems, one a line.
func (e *ChainError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return "evidence: " + strings.Join(lines, "\n")
}

// VerifyChain recomputes the chain of one case, its events in the order of their numbers from 1. The error is a
// *ChainError that names the events and what was done to them: edited, deleted, inserted, swapped.
// A cut end and a dropped case need a checkpoint: Verify.
func VerifyChain(events []Event) error {
	if problems := check(events); len(problems) > 0 {
		return &ChainError{Problems: problems}
	}
	return nil
}

// tries bounds the search for the place that a moved event came from: a chain of nonsense must not take for ever.
const tries = 20_000

// check finds what is wrong with one chain and gives each its most telling name.
func check(events []Event) []Problem {
	var problems []Problem
	say := func(e Event, seq int64, fault Fault, what string, args ...any) {
		problems = append(problems, Problem{e.Organisation, e.Case, seq, fault, fmt.Sprintf(what, args...)})
	}
	inOrder := slices.Clone(events)
	slices.SortStableFunc(inOrder, func(x, y Event) int { return cmp.Compare(x.Seq, y.Seq) })
	for i := 1; i < len(events); i++ {
		if events[i].Seq < events[i-1].Seq {
			say(events[i], events[i].Seq, Swapped, "swapped: it stands behind event %d", events[i-1].Seq)
		}
	}
	events = inOrder
	origin, swappedWith := origins(events)

	shift := int64(0)    // by how much the numbers seen are below the original ones
	expected := int64(1) // the next number
	var last *Event      // the last event that stood in its place
	broken := false      // the link to last needs no further explanation
	for i := range events {
		e := &events[i]
		if e.Organisation != events[0].Organisation || e.Case != events[0].Case {
			say(events[0], e.Seq, Inserted, "inserted: it belongs to case %s", e.Case)
			broken = true
			continue
		}
		if e.Seq < expected {
			say(*e, e.Seq, Inserted, "inserted: there are two events of this number")
			broken = true
			continue
		}
		if e.Seq > expected {
			say(*e, expected, Deleted, "deleted: %s missing", span(expected, e.Seq-1))
			expected, broken = e.Seq, true
		}
		expected++

		switch from := origin[i]; {
		case swappedWith[i] > 0:
			if swappedWith[i] > e.Seq { // once for the pair
				say(*e, e.Seq, Swapped, "swapped with event %d", swappedWith[i])
			}
			broken = true
		case from == 0:
			say(*e, e.Seq, Edited, "edited: it is not what was recorded")
			broken = true
		case from-e.Seq > shift:
			n := from - e.Seq - shift
			say(*e, e.Seq, Deleted, "deleted: %d before this one, and the rest renumbered (it was event %d)", n, from)
			shift, broken = from-e.Seq, true
		case from-e.Seq < shift:
			n := shift - (from - e.Seq)
			say(*e, e.Seq-n, Inserted, "inserted: %s, and the rest renumbered (event %d was event %d)", span(e.Seq-n, e.Seq-1), e.Seq, from)
			shift, broken = from-e.Seq, true
		default:
			if broken || linked(last, e) {
				broken = false
				break
			}
			// Both are sound in themselves, so one of them was written anew, hash and all. Whoever the next event
			// hangs on is not that one.
			var next *Event
			if i+1 < len(events) {
				next = &events[i+1]
			}
			switch {
			case last == nil:
				say(*e, e.Seq, Deleted, "deleted: the event it was chained to is missing")
			case next != nil && linked(last, next):
				// e itself was put in; the numbers of the next say so.
				broken = true
			case next != nil && !linked(e, next):
				say(*e, e.Seq, Edited, "edited and hashed anew: neither neighbour is chained to it")
				broken = true
			default:
				say(*last, last.Seq, Edited, "edited and hashed anew: event %d was chained to another", e.Seq)
			}
		}
		if last != nil && e.At.Before(last.At) && swappedWith[i] == 0 && origin[i] != 0 {
			say(*e, e.Seq, RanBack, "its time is before the one of event %d", last.Seq)
		}
		last = e
	}
	return problems
}

// origins says, for each event, the number under which its hash is right (0: under none), and for each pair whose
// content or rows changed places the number of the other.
func origins(events []Event) (origin, swappedWith []int64) {
	origin, swappedWith = make([]int64, len(events)), make([]int64, len(events))
	var wrong []int
	for i := range events {
		if right(events[i], events[i].Seq) {
			origin[i] = events[i].Seq
		} else {
			wrong = append(wrong, i)
		}
	}
	left := tries
	for _, i := range wrong {
		// Nearest numbers first: a deletion or an insertion moves the rest by one.
		for d := int64(1); d <= int64(len(events))+10 && left > 0; d++ {
			left--
			if right(events[i], events[i].Seq+d) {
				origin[i] = events[i].Seq + d
				break
			}
			if events[i].Seq-d > 0 && right(events[i], events[i].Seq-d) {
				origin[i] = events[i].Seq - d
				break
			}
		}
	}
	for a, i := range wrong {
		for _, j := range wrong[a+1:] {
			if left--; left < 0 {
				return origin, swappedWith
			}
			rows := origin[i] != 0 && origin[i] == events[j].Seq && origin[j] == events[i].Seq
			if rows || content(events[i], events[j]) && content(events[j], events[i]) {
				swappedWith[i], swappedWith[j] = events[j].Seq, events[i].Seq
			}
		}
	}
	return origin, swappedWith
}

// right says whether an event's hash is right if its number is seq.
func right(e Event, seq int64) bool {
	e.Seq = seq
	hash, err := hashOf(e)
	return err == nil && bytes.Equal(hash, e.Hash)
}

// content says whether what e tells is what was hashed at the place of the other.
func content(e, place Event) bool {
	e.PrevHash, e.Hash = place.PrevHash, place.Hash
	return right(e, place.Seq)
}

// linked says whether e is chained to last, or to nothing where there is no event before it.
func linked(last, e *Event) bool {
	if last == nil {
		return len(e.PrevHash) == 0
	}
	return bytes.Equal(last.Hash, e.PrevHash)
}

// span names one event or several, as a sentence wants it.
func span(from, to int64) string {
	if from == to {
		return fmt.Sprintf("event %d", from)
	}
	return fmt.Sprintf("events %d to %d", from, to)
}
