package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/sample"
)

// upCmd runs everything on one machine: an embedded Temporal, SQLite, a mail
// sink, made-up people and sample cases.
type upCmd struct {
	NoSamples bool `help:"Start without the sample cases."`
}

// Run starts everything, says where to go, and stays until it is stopped.
func (cmd upCmd) Run(ctx context.Context, s *surroundings) error {
	quicken(s.env, map[string]string{"MODE": modeDemonstration, "SWEEP_INTERVAL": "1s", "RELAY_INTERVAL": "200ms"})
	c, err := s.settings()
	if err != nil {
		return err
	}
	if c.Mode == modeProduction {
		return errors.New("MODE is production; `up` is for one machine and a demonstration: run `madoguchi server` and `madoguchi worker`")
	}
	unlock, err := lockData(c.DataDir)
	if err != nil {
		return err
	}
	defer unlock()
	logs := logFile(filepath.Join(c.DataDir, "madoguchi.log"))
	a := &app{config: c, web: true, work: true, embedded: true, env: s.env, log: newLog(logs, c.LogLevel)}
	fmt.Fprintln(s.out, "Starting the database, Temporal, the mail sink and the pages …")
	if err := a.open(ctx); err != nil {
		return err
	}
	defer a.close()
	if err := a.makeSamples(ctx); err != nil {
		return err
	}
	accounts, err := a.firstAccounts(ctx)
	if err != nil {
		return err
	}
	a.moveCalendars(ctx)
	ran := make(chan error, 1)
	runCtx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { ran <- a.run(runCtx) }()
	a.welcome(s.out, accounts)
	if !cmd.NoSamples && len(accounts) > 0 {
		a.seed(ctx, s.out, accounts)
	}
	fmt.Fprintln(s.out, "Ready. Ctrl-C stops everything; the data stay in "+c.DataDir+".")
	err = <-ran
	fmt.Fprintln(s.out, "Stopped.")
	return err
}

// quicken sets settings that the environment does not.
func quicken(env map[string]string, preset map[string]string) {
	for k, v := range preset {
		if env[k] == "" {
			env[k] = v
		}
	}
}

// lockData takes the data folder for this process, so that two never write one
// SQLite file.
func lockData(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("DATA_DIR %s can't be made: %w", dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("DATA_DIR %s can't be used: %w", dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("DATA_DIR %s is in use by another madoguchi; stop it first or set DATA_DIR to another folder", dir)
	}
	return func() { f.Close() }, nil
}

// account is somebody who can sign in, as the first start prints it.
type account struct {
	dsr.Staff
	password string
	what     string
}

// firstAccounts makes the demonstration's staff on the first start. Later
// starts find them and know no passwords.
func (a *app) firstAccounts(ctx context.Context) ([]account, error) {
	there, err := a.store.ListStaff(ctx)
	if err != nil || len(there) > 0 {
		return nil, err
	}
	// Everybody works for every organisation of the demonstration; the walls
	// between them stand all the same.
	everywhere := func(roles ...dsr.Role) map[string][]dsr.Role {
		all := map[string][]dsr.Role{}
		for _, p := range a.packs.Packs() {
			all[p.ID] = roles
		}
		return all
	}
	var out []account
	for _, x := range []struct {
		login, name, what string
		voice             dsr.Voice
		roles             map[string][]dsr.Role
	}{
		{"handler", "佐倉 みなと", "verify identity, review, propose", dsr.VoiceJa, everywhere(dsr.RoleHandler, dsr.RoleClerk)},
		{"handler2", "Robin Example", "a second handler, pages in English", dsr.VoiceEn, everywhere(dsr.RoleHandler, dsr.RoleClerk)},
		{"approver", "千早 あおい", "approve or send back", dsr.VoiceJa, everywhere(dsr.RoleApprover)},
		{"clerk", "若葉 つばさ", "key in a telephone call", dsr.VoiceJa, everywhere(dsr.RoleClerk)},
		{"manager", "朝日 ひなた", "the board of every organisation, escalations", dsr.VoiceJa, everywhere(dsr.RoleManager)},
		{"auditor", "Kim Example", "read the record, redacted", dsr.VoiceEn, everywhere(dsr.RoleAuditor)},
		{"admin", "常盤 はるか", "accounts; opens no personal data", dsr.VoiceJa, everywhere(dsr.RoleAdmin)},
	} {
		password, err := a.store.AddStaff(ctx, x.login, x.name, x.voice, x.roles)
		if err != nil {
			return nil, err
		}
		// The roles as they were given: one that needs an appointment counts for
		// nothing until there is one.
		out = append(out, account{Staff: dsr.Staff{Login: x.login, Roles: x.roles}, password: password, what: x.what})
	}
	staff, err := a.store.ListStaff(ctx)
	if err != nil {
		return nil, err
	}
	for i := range out {
		for _, st := range staff {
			if st.Login == out[i].Login {
				st.Roles = out[i].Roles
				out[i].Staff = st
			}
		}
	}
	return out, a.firstAppointments(ctx, out)
}

// firstAppointments appoints the demonstration's staff where a policy lets only
// appointed people open cases.
func (a *app) firstAppointments(ctx context.Context, accounts []account) error {
	for _, p := range a.packs.Packs() {
		if p.Roles == nil || !p.Roles.Appointments {
			continue
		}
		var admin dsr.Actor
		for _, x := range accounts {
			if slices.Contains(x.Roles[p.ID], dsr.RoleAdmin) {
				admin = dsr.Actor{Kind: dsr.ActorStaff, ID: x.ID, Roles: x.Roles[p.ID]}
			}
		}
		for _, x := range accounts {
			for _, role := range x.Roles[p.ID] {
				if role != dsr.RoleHandler && role != dsr.RoleApprover && role != dsr.RoleManager {
					continue
				}
				if err := a.store.For(p.ID).Appoint(ctx, admin, dsr.Appointment{Staff: x.ID, Role: role}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// welcome says where to go and who can sign in.
func (a *app) welcome(out io.Writer, accounts []account) {
	base := a.baseURL()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w)
	for _, p := range a.packs.Packs() {
		note := "public page"
		if len(p.OnlineKinds()) > 0 {
			note = "portal, takes requests"
		}
		fmt.Fprintf(w, "  %s/o/%s/\t%s\n", base, p.Slug, note)
	}
	fmt.Fprintf(w, "  %s/desk\tdesk\n  %s/board\tboard\n", base, base)
	if a.sink != nil {
		fmt.Fprintf(w, "  %s/dev/mailbox\tevery mail that would have been sent\n", base)
	}
	fmt.Fprintln(w)
	if len(accounts) == 0 {
		fmt.Fprintln(w, "Accounts are as the first start made them; `madoguchi staff reset-password LOGIN` gives a new password.")
	} else {
		fmt.Fprintln(w, "  ACCOUNT\tPASSWORD\tWHAT FOR")
		for _, x := range accounts {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", x.Login, x.password, x.what)
		}
		fmt.Fprintln(w, "\nTo file a request, be one of these; the picture to upload is docs/samples/residence-card-sample.png:")
		for _, p := range a.packs.Packs() {
			if len(p.Systems) == 0 {
				continue
			}
			if made, err := sample.Of(a.systems.Setting(p.ID, p.Systems[0].ID)); err == nil {
				m := made.Main()
				fmt.Fprintf(w, "%s: %s, born %s, mail %s\n", p.Slug, m.Name, m.BornOn, m.Mail)
			}
		}
		fmt.Fprintln(w, "`madoguchi staff reset-password LOGIN` gives a new password.")
	}
	if a.Mode == modeDemonstration {
		fmt.Fprintln(w, "Demonstration times: reminders, expiries and availability are minutes, not days.")
	}
	fmt.Fprintln(w)
	w.Flush()
}

// seed makes the sample cases; a failure is said and stops nothing.
func (a *app) seed(ctx context.Context, out io.Writer, accounts []account) {
	fmt.Fprintln(out, "Making the sample cases by the engine itself; the pages can be used meanwhile …")
	began := time.Now()
	made, err := a.sampleCases(ctx, accounts)
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(out, "%d sample cases were made; some did not get on: %v\n", made, err)
		return
	}
	if err := a.store.Checkpoint(ctx, a.signer, time.Nanosecond); err != nil {
		fmt.Fprintln(out, "The first checkpoint could not be signed; the worker tries again within the hour.")
	}
	fmt.Fprintf(out, "%d sample cases in %d seconds.\n", made, int(time.Since(began).Seconds()))
}
