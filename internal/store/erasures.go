package store

import (
	"context"

	"madoguchi/dsr"
)

// Erasure is one scheduled erasure; see worker.Erasure.
type Erasure struct {
	ID          string
	Connector   string
	Fence       int
	Instruction dsr.Instruction
}

// String hides what is erased.
func (e Erasure) String() string { return "erasure(" + e.ID + ")" }

func (o *Organisation) ClaimErasures(ctx context.Context, limit int) ([]Erasure, error) {
	return nil, nil
}

func (o *Organisation) ErasureDone(ctx context.Context, erasure string, fence, rows int) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) ErasureFailed(ctx context.Context, erasure string, fence int, code string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}
