package store

import (
	"context"

	"madoguchi/dsr"
)

func (o *Organisation) LettersToPost(ctx context.Context, actor dsr.Actor) ([]dsr.PostedLetter, error) {
	return nil, dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) PrintLetters(ctx context.Context, actor dsr.Actor, notices []string) ([]dsr.PostedLetter, error) {
	return nil, dsr.Fail(dsr.Internal, "error.internal")
}

func (o *Organisation) LetterPosted(ctx context.Context, actor dsr.Actor, notice string) error {
	return dsr.Fail(dsr.Internal, "error.internal")
}
