package servertest

import (
	"context"

	"madoguchi/dsr"
)

func (o *office) Extend(ctx context.Context, actor dsr.Actor, caseID string, e dsr.Extension) error {
	return nil
}

func (o *office) Calendars(ctx context.Context, actor dsr.Actor) ([]dsr.CalendarLine, error) {
	return nil, nil
}

func (o *office) DateRules(ctx context.Context, actor dsr.Actor) ([]dsr.ClockLine, error) {
	return nil, nil
}

func (o *office) Explain(ctx context.Context, actor dsr.Actor, q dsr.DateQuestion) (dsr.ClockLine, error) {
	return dsr.ClockLine{}, nil
}
