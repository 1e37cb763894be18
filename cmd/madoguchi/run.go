package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/evidence"
)

// serverCmd serves the pages; workerCmd works. Larger installations run them
// apart, against a Temporal cluster and PostgreSQL.
type serverCmd struct{}

// Run serves until it is stopped.
func (serverCmd) Run(ctx context.Context, s *surroundings) error {
	return runPart(ctx, s, &app{web: true})
}

type workerCmd struct{}

// Run works until it is stopped.
func (workerCmd) Run(ctx context.Context, s *surroundings) error {
	return runPart(ctx, s, &app{work: true})
}

func runPart(ctx context.Context, s *surroundings, a *app) error {
	c, err := s.settings()
	if err != nil {
		return err
	}
	a.config, a.env, a.log = c, s.env, newLog(s.err, c.LogLevel)
	if err := a.open(ctx); err != nil {
		return err
	}
	defer a.close()
	if a.work {
		a.moveAmendments(ctx)
		a.moveCalendars(ctx)
	}
	return a.run(ctx)
}

// moveCalendars lets open cases count by newer versions of their calendars, as
// far as they may, before the worker begins. What could not be moved stays as it
// is, is said, and stops nothing.
func (a *app) moveCalendars(ctx context.Context) {
	moves, err := a.store.MoveCalendars(ctx, true)
	if err != nil {
		a.log.Error().Str("code", dsr.CodeOf(err)).Msg("some cases could not be moved to a newer calendar")
	}
	if len(moves) > 0 {
		a.log.Info().Int("cases", len(moves)).Msg("cases were moved to newer calendars")
	}
}

// moveAmendments lets open requests be carried out by newer versions of their
// policies where these are better for the person, like moveCalendars.
func (a *app) moveAmendments(ctx context.Context) {
	moves, err := a.store.MoveAmendments(ctx, true)
	if err != nil {
		a.log.Error().Str("code", dsr.CodeOf(err)).Msg("some requests could not be carried out by an amendment that helps")
	}
	if len(moves) > 0 {
		a.log.Info().Int("requests", len(moves)).Msg("amendments help open requests")
	}
}

type migrateCmd struct{}

// Run brings the database up to date and ends.
func (migrateCmd) Run(ctx context.Context, s *surroundings) error {
	a, err := opened(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	fmt.Fprintln(s.out, "The database is up to date.")
	return nil
}

// opened opens packs, keys and database for a command that neither serves nor
// works.
func opened(ctx context.Context, s *surroundings) (*app, error) {
	// On one machine the settings of `up` hold for the other commands too.
	if s.env["DATABASE_URL"] == "" && s.env["MODE"] == "" {
		s.env["MODE"] = modeDemonstration
	}
	c, err := s.settings()
	if err != nil {
		return nil, err
	}
	a := &app{config: c, env: s.env, log: newLog(s.err, "error")}
	return a, a.open(ctx)
}

// auditCmd is what an auditor runs.
type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Verify every chain of evidence and every signed checkpoint."`
}

type auditVerifyCmd struct {
	PublicKey string `help:"Public key of the checkpoints, PEM. Default: the signing key's own." type:"existingfile"`
}

// Run prints what was read and every problem found; any problem, and nothing
// read, is a failure.
func (cmd auditVerifyCmd) Run(ctx context.Context, s *surroundings) error {
	a, err := opened(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	public := a.signer.Public()
	if cmd.PublicKey != "" {
		if public, err = evidence.LoadPublic(cmd.PublicKey); err != nil {
			return err
		}
	}
	checkpoints, err := a.store.Checkpoints(ctx)
	if err != nil {
		return err
	}
	report := evidence.Verify(func(yield func([]evidence.Event, error) bool) { a.store.Chains(ctx, yield) }, checkpoints, public)
	fmt.Fprintln(s.out, report.String())
	if !report.OK() {
		return errors.New("the record does not verify")
	}
	return nil
}

// rebuildCmd starts the processes of open cases anew from the record.
type rebuildCmd struct {
	Case string `help:"One case by its ID; without it every open case." placeholder:"ID"`
}

// Run raises the epoch of each case; the relay starts the new runs.
func (cmd rebuildCmd) Run(ctx context.Context, s *surroundings) error {
	a, err := opened(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	n, err := a.store.RebuildAll(ctx, cmd.Case)
	fmt.Fprintf(s.out, "%d cases will be started anew by the worker.\n", n)
	return err
}

// checkpointCmd signs a checkpoint, whatever the hour.
type checkpointCmd struct{}

// Run signs all heads and their number.
func (checkpointCmd) Run(ctx context.Context, s *surroundings) error {
	a, err := opened(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.store.Checkpoint(ctx, a.signer, time.Nanosecond); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "Signed with", filepath.Base(a.signedBy), evidence.KeyID(a.signer.Public()))
	return nil
}
