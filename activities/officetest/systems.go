package officetest

import (
	"context"
	"errors"
	"sync"

	"madoguchi/activities"
	"madoguchi/dsr"
)

// System is a connected system that counts every call and every effect, and
// can be away.
type System struct {
	// Away makes a call fail; its error names a person, as real ones do.
	Away func() bool
	// Refuses says with what an act is refused; nil for none.
	Refuses func(in dsr.Instruction) error
	// During runs inside a call, where a test lets the world move.
	During func()

	mu    sync.Mutex
	calls int
	keys  map[string]int
}

var (
	_ activities.Connector  = (*System)(nil)
	_ activities.Connectors = Systems{}
	_ activities.Parcels    = Parcels{}
)

// Systems are the connected systems by ID.
type Systems map[string]*System

// Connector gives one, or Unavailable.
func (s Systems) Connector(_, id string) (activities.Connector, error) {
	if c, ok := s[id]; ok {
		return c, nil
	}
	return nil, dsr.Fail(dsr.Invalid, "error.no-connector")
}

func (s *System) call(key string) error {
	if s.During != nil {
		s.During()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.Away != nil && s.Away() {
		return errors.New("no connection while asking for " + Canary)
	}
	if s.keys == nil {
		s.keys = map[string]int{}
	}
	s.keys[key]++
	return nil
}

// Lookup finds one candidate.
func (s *System) Lookup(_ context.Context, key string, _ dsr.Identifiers) ([]dsr.Candidate, error) {
	return []dsr.Candidate{{Key: Canary}}, s.call(key)
}

// Collect finds two record sets.
func (s *System) Collect(_ context.Context, key, _ string, _ dsr.Identifiers) ([]dsr.Record, error) {
	return []dsr.Record{{Category: "person"}, {Category: "messages"}}, s.call(key)
}

// Calls counts every call received, answered or not.
func (s *System) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Answered counts the answered calls by key.
func (s *System) Answered() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for k, n := range s.keys {
		out[k] = n
	}
	return out
}

// Parcels build a package of one line.
type Parcels struct{}

// Build gives the same bytes for the same input.
func (Parcels) Build(p dsr.Parcel) (string, []byte, error) {
	return "digest-of-the-same-inputs", []byte(p.Organisation), nil
}
