package clock

import (
	"cmp"
	"fmt"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// maxEvents is how many things may have happened to one clock.
const maxEvents = 1000

// eventsFile is a file of events as it is written (docs/deadline.md).
type eventsFile struct {
	Zone   string      `yaml:"zone,omitempty"`
	Events []eventLine `yaml:"events"`
}

// eventLine is one event as it is written: its instant may lack an offset.
type eventLine struct {
	Kind   EventKind `yaml:"kind"`
	At     textLine  `yaml:"at"`
	Cause  string    `yaml:"cause,omitempty"`
	N      int       `yaml:"n,omitempty"`
	Rule   string    `yaml:"rule,omitempty"`
	Ground string    `yaml:"ground,omitempty"`
}

// textLine is a text as it stands, which YAML must not take for a number or a date.
type textLine string

// UnmarshalYAML keeps the text; its error knows its place.
func (t *textLine) UnmarshalYAML(node ast.Node) error {
	text, ok := node.(*ast.StringNode)
	if !ok {
		return at(node, wrong("at", "must be an instant like 2026-11-20T16:30:00+09:00"))
	}
	*t = textLine(text.Value)
	return nil
}

// ParseEvents reads a file of events (docs/deadline.md): "zone", by which instants
// without an offset are read, and "events" in the order in which they were
// recorded. JSON is YAML: both are read. zone is used when the file names none.
// A wall time that daylight saving skips is an error; one that it shows twice means
// the first. Errors name the field ("events[2].at") and carry line and column.
func ParseEvents(data []byte, zone string) ([]Event, error) {
	var f eventsFile
	src, err := decode(data, &f)
	if err != nil {
		return nil, err
	}
	out, bad := f.events(zone)
	if bad != nil {
		return nil, src.place(bad)
	}
	return out, nil
}

// events turns the lines of a file into events.
func (f eventsFile) events(zone string) ([]Event, *Error) {
	var loc *time.Location
	if name := cmp.Or(f.Zone, zone); name != "" {
		var err error
		if loc, err = Zone(name); err != nil {
			return nil, err.(*Error)
		}
	}
	switch {
	case len(f.Events) == 0:
		return nil, wrong("events", "there is no event")
	case len(f.Events) > maxEvents:
		return nil, wrong("events", "there are %d events; at most %d are read", len(f.Events), maxEvents)
	}
	out := make([]Event, 0, len(f.Events))
	for i, line := range f.Events {
		field := fmt.Sprintf("events[%d]", i)
		if line.At == "" {
			return nil, wrong(field+".at", "an event needs an instant")
		}
		at, err := withOffset(string(line.At))
		switch {
		case err == nil:
		case loc == nil:
			return nil, wrong(field+".at", "%q has no offset, and no zone is named to read it by", line.At)
		default:
			if at, err = ParseInstant(field+".at", string(line.At), loc); err != nil {
				return nil, err.(*Error)
			}
		}
		out = append(out, Event{Kind: line.Kind, At: at, Cause: line.Cause, N: line.N, Rule: line.Rule, Ground: line.Ground})
	}
	// What no rule could count is told here, where it has a place in the file.
	if _, err := pair(out, nil); err != nil {
		return nil, err.(*Error)
	}
	return out, nil
}
