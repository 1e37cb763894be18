package store

import (
	"context"

	"madoguchi/dsr"
)

func (o *Organisation) Instruction(ctx context.Context, effect string) (in dsr.Instruction, err error) {
	return in, dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) SaveActed(ctx context.Context, effect string, fence int, acted dsr.Acted) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) PlaceHold(ctx context.Context, actor dsr.Actor, caseID, task string, candidate int) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}
