package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"madoguchi/internal/store"
)

type fsckCmd struct{}

// Run checks the invariants of the database and prints how many rows each
// check read.
func (fsckCmd) Run(ctx context.Context, s *surroundings) error {
	a, err := opened(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	report, err := a.store.Fsck(ctx, store.FsckOptions{Keys: []ed25519.PublicKey{a.signer.Public()}})
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, report.String())
	if !report.OK() {
		return errors.New("invariants are broken")
	}
	return nil
}
