package policy

import (
	"slices"
	"strings"

	"madoguchi/clock"
)

// Change is one line in which two versions of an effective policy differ.
type Change struct {
	// Sort is one of the Change constants.
	Sort string `json:"sort"`
	// Sense is for whom it is; Same where the line is no duty towards the person
	// (a text, a name, a number that serves the office).
	Sense Sense `json:"sense"`
	// Was and Is are the line in the two versions, nil where it is not there.
	Was *Line `json:"was,omitempty"`
	Is  *Line `json:"is,omitempty"`
	// Facts are the names of the facts that differ, in the order of the line.
	Facts []string `json:"facts,omitempty"`
}

// The sorts of a change: a line that is new, one that is gone, one whose facts
// differ, and one that says the same and stands elsewhere.
const (
	ChangeNew   = "new"
	ChangeGone  = "gone"
	ChangeFacts = "changed"
	ChangeMoved = "moved"
)

// Line is the line of the later version, of the earlier where it is gone.
func (c Change) Line() Line {
	if c.Is != nil {
		return *c.Is
	}
	return *c.Was
}

// Diff tells every line in which two versions of a policy differ for a request
// that arrives on a day, in the order of the later version, what is gone after
// its section. Where a kind is new or gone, that is told and none of its lines.
// The sense of a change is that of Compare.
func Diff(was, is *Pack, on clock.Date) []Change {
	return changes(was.Effective(on).Lines, is.Effective(on).Lines, Compare(was, is))
}

func changes(was, is []Line, duties []Duty) []Change {
	before, after := map[string]Line{}, map[string]Line{}
	for _, l := range was {
		before[l.ID] = l
	}
	for _, l := range is {
		after[l.ID] = l
	}
	// told reports whether the line goes with a kind that is told as a whole, or
	// says only that another line is not there.
	told := func(l Line) bool {
		if l.Says == "no-fee" {
			return true
		}
		for _, n := range l.Of {
			if n.Words != "kind" || l.ID == "kinds/"+n.Code {
				continue
			}
			_, then := before["kinds/"+n.Code]
			if _, now := after["kinds/"+n.Code]; then != now {
				return true
			}
		}
		return false
	}
	sense := func(l Line) Sense { s, _ := SenseOf(duties, l.ID); return s }
	var out []Change
	for _, l := range is {
		old, there := before[l.ID]
		c := Change{Sense: sense(l), Is: &l}
		switch {
		case told(l):
			continue
		case !there:
			c.Sort = ChangeNew
		case facts(old, l) != nil || old.Says != l.Says:
			c.Sort, c.Was, c.Facts = ChangeFacts, &old, facts(old, l)
		case old.Layer != l.Layer || old.Clause != l.Clause || old.Article != l.Article || old.Reading != l.Reading:
			c.Sort, c.Was, c.Sense = ChangeMoved, &old, Same
		default:
			continue
		}
		out = append(out, c)
	}
	for _, l := range was {
		if _, there := after[l.ID]; !there && !told(l) {
			out = append(out, Change{Sort: ChangeGone, Sense: sense(l), Was: &l})
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int {
		return slices.Index(Sections, a.Line().Section) - slices.Index(Sections, b.Line().Section)
	})
	return out
}

// facts are the names of the facts in which two lines differ.
func facts(was, is Line) []string {
	var names []string
	for _, l := range []Line{is, was} {
		for _, f := range l.Facts {
			if !has(names, f.Name) && !sameFact(was.Fact(f.Name), is.Fact(f.Name)) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

func sameFact(a, b Fact) bool {
	return a.Words == b.Words && slices.Equal(a.Values, b.Values) && slices.EqualFunc(a.Texts, b.Texts, func(x, y Voices) bool {
		if len(x) != len(y) {
			return false
		}
		for voice, s := range x {
			if strings.TrimSpace(y[voice]) != strings.TrimSpace(s) {
				return false
			}
		}
		return true
	})
}
