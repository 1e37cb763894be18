package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"madoguchi/internal/engine"
	"madoguchi/internal/store"
)

type fsckCmd struct {
	Workflows bool `help:"Compare with Temporal's open workflows too (I3). Temporal must be running, and quiet: its lists lag behind."`
}

// Run checks the invariants of the database and prints how many rows each
// check read.
func (cmd fsckCmd) Run(ctx context.Context, s *surroundings) error {
	a, err := opened(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	o := store.FsckOptions{Keys: []ed25519.PublicKey{a.signer.Public()}}
	if cmd.Workflows {
		secure, err := a.temporalTLS()
		if err != nil {
			return err
		}
		if a.temporalAddress() == "" {
			return errors.New("TEMPORAL_ADDRESS is not set and no `up` runs on this DATA_DIR: Temporal's workflows can't be compared")
		}
		e, err := engine.Open(a.temporalAddress(), a.TemporalNamespace, a.log, secure)
		if err != nil {
			return err
		}
		defer e.Close()
		o.Workflows = e.OpenWorkflows
	}
	report, err := a.store.Fsck(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, report.String())
	if !report.OK() {
		return errors.New("invariants are broken")
	}
	return nil
}

// addressFile is where `up` says on which port its Temporal listens.
func (a *app) addressFile() string { return filepath.Join(a.DataDir, "temporal", "address") }

// temporalAddress is the cluster that is set, or the embedded server of a
// running `up`.
func (a *app) temporalAddress() string {
	if a.TemporalAddress != "" {
		return a.TemporalAddress
	}
	text, err := os.ReadFile(a.addressFile())
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
