package store

import (
	"context"

	"madoguchi/dsr"
)

// MoveCalendars finds the open cases of every organisation whose calendar has a
// newer version and computes their clocks by it. With apply the clocks move, as
// far as they may; without it the result is a report and nothing changes.
func (s *Store) MoveCalendars(ctx context.Context, apply bool) ([]dsr.CalendarMove, error) {
	return nil, nil
}

// Calendars are those by which the organisation's cases count.
func (o *Organisation) Calendars(ctx context.Context, actor dsr.Actor) ([]dsr.CalendarLine, error) {
	return nil, nil
}

// DateRules are the rules that Explain takes.
func (o *Organisation) DateRules(ctx context.Context, actor dsr.Actor) ([]dsr.ClockLine, error) {
	return nil, nil
}

// Explain computes a date for nobody's case.
func (o *Organisation) Explain(ctx context.Context, actor dsr.Actor, q dsr.DateQuestion) (dsr.ClockLine, error) {
	return dsr.ClockLine{}, dsr.Fail(dsr.Internal, "error.internal")
}
