package store

import (
	"context"

	"madoguchi/dsr"
)

func (o *Organisation) Appointments(ctx context.Context, actor dsr.Actor) ([]dsr.Appointment, error) {
	return nil, dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) Appoint(ctx context.Context, actor dsr.Actor, a dsr.Appointment) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) EndAppointment(ctx context.Context, actor dsr.Actor, appointment string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}
