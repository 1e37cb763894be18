package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"madoguchi/clock"
	"madoguchi/internal/scenario"
	"madoguchi/policy"
)

// policyTestCmd runs the scenarios beside the packs through the code that
// decides real requests; it needs no database and no Temporal. The file is not
// called after the command, since Go would take it for a test.
type policyTestCmd struct {
	policyFolder
	Organisation string `placeholder:"SLUG" help:"Only this organisation."`
	JSON         bool   `name:"json" xor:"form" help:"Print as JSON."`
	Markdown     bool   `xor:"form" help:"Print docs/requirements.md."`
}

// Run prints what came of the scenarios; its error says how many are red.
func (cmd policyTestCmd) Run(_ context.Context, s *surroundings) error {
	tree, err := cmd.tree(s)
	if err != nil {
		return err
	}
	suite, err := cmd.suite(tree)
	if err != nil {
		return err
	}
	if _, ok := suite.Library.BySlug(cmd.Organisation); cmd.Organisation != "" && !ok {
		return fmt.Errorf("--organisation: there is no %q; there is %s", cmd.Organisation, strings.Join(slugs(suite.Library), ", "))
	}
	report := suite.Report(cmd.Organisation)
	switch {
	case cmd.JSON:
		err = printJSON(s.out, report)
	case cmd.Markdown:
		err = report.Markdown(s.out)
	default:
		err = report.Text(s.out, tree.shown)
	}
	switch {
	case err != nil:
		return err
	case len(report.Results) == 0:
		return errors.New("there is no scenario: write one in <slug>/scenarios, as docs/scenarios.md says")
	case report.Failed():
		return errors.New("not everything came out as the scenarios say")
	}
	return nil
}

// suite reads packs, calendars and scenarios of a tree.
func (cmd policyTestCmd) suite(tree packTree) (scenario.Suite, error) {
	var none scenario.Suite
	library, problems, err := tree.load()
	if err == nil && len(problems) > 0 {
		err = problems
	}
	if err != nil {
		return none, err
	}
	folder, err := fs.Sub(tree, "calendars")
	if err != nil {
		return none, err
	}
	calendars, err := clock.LoadCalendars(folder)
	if err != nil {
		return none, inFolder("calendars", err)
	}
	scenarios, err := scenario.Load(tree)
	var ps policy.Problems
	if errors.As(err, &ps) {
		for i := range ps {
			ps[i].File = tree.shown(ps[i].File)
		}
		return none, ps
	}
	return scenario.Suite{Library: library, Calendars: calendars, Scenarios: scenarios}, err
}

// slugs are the organisations of a library.
func slugs(l *policy.Library) (out []string) {
	for _, p := range l.Packs() {
		out = append(out, p.Slug)
	}
	return out
}
