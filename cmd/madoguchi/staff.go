package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"madoguchi/dsr"
)

// staffCmd keeps the accounts.
type staffCmd struct {
	Add           staffAddCmd     `cmd:"" help:"Add an account and print its generated password."`
	ResetPassword staffResetCmd   `cmd:"" help:"Give an account a new password, print it, and end its sessions."`
	Disable       staffDisableCmd `cmd:"" help:"End an account and its sessions."`
	List          staffListCmd    `cmd:"" help:"List the accounts and their roles."`
}

type staffAddCmd struct {
	Login string   `arg:"" help:"What they sign in with."`
	Name  string   `arg:"" help:"What colleagues see."`
	Role  []string `required:"" help:"ROLE@SLUG, for example handler@example; several are separated by commas."`
	Voice string   `default:"ja" enum:"ja,en" help:"Language of their pages."`
}

// Run adds the account.
func (cmd staffAddCmd) Run(ctx context.Context, s *surroundings) error {
	a, err := opened(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	roles := map[string][]dsr.Role{}
	for _, r := range cmd.Role {
		role, slug, ok := strings.Cut(r, "@")
		p, known := a.packs.BySlug(slug)
		if !ok || !known {
			return fmt.Errorf("%q is not ROLE@SLUG of a known organisation", r)
		}
		valid := false
		for _, x := range dsr.Roles {
			valid = valid || string(x) == role
		}
		if !valid {
			return fmt.Errorf("%q is not a role; there are clerk, handler, approver, manager, auditor, admin", role)
		}
		roles[p.ID] = append(roles[p.ID], dsr.Role(role))
	}
	password, err := a.store.AddStaff(ctx, cmd.Login, cmd.Name, dsr.Voice(cmd.Voice), roles)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s  %s\n", cmd.Login, password)
	return nil
}

type staffResetCmd struct {
	Login string `arg:"" help:"The account."`
}

// Run prints the new password.
func (cmd staffResetCmd) Run(ctx context.Context, s *surroundings) error {
	a, err := opened(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	password, err := a.store.ResetPassword(ctx, cmd.Login)
	if dsr.FaultOf(err) == dsr.NotFound {
		return fmt.Errorf("there is no account %q; `madoguchi staff list` shows them", cmd.Login)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s  %s\n", cmd.Login, password)
	return nil
}

type staffDisableCmd struct {
	Login string `arg:"" help:"The account."`
}

// Run ends the account.
func (cmd staffDisableCmd) Run(ctx context.Context, s *surroundings) error {
	a, err := opened(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.store.DisableStaff(ctx, cmd.Login); err != nil {
		return fmt.Errorf("there is no account %q", cmd.Login)
	}
	fmt.Fprintln(s.out, "Disabled; its sessions have ended.")
	return nil
}

type staffListCmd struct{}

// Run lists the accounts.
func (staffListCmd) Run(ctx context.Context, s *surroundings) error {
	a, err := opened(ctx, s)
	if err != nil {
		return err
	}
	defer a.close()
	all, err := a.store.ListStaff(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, st := range all {
		var roles []string
		for id, rs := range st.Roles {
			slug := id
			if p, ok := a.packs.ByID(id); ok {
				slug = p.Slug
			}
			for _, r := range rs {
				roles = append(roles, string(r)+"@"+slug)
			}
		}
		state := ""
		if st.Disabled {
			state = "disabled"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", st.Login, st.Name, strings.Join(roles, " "), state)
	}
	return w.Flush()
}
