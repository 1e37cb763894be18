// Madoguchi carries out what an organisation's privacy policy promises to a
// person who asks about their own data. This is its one binary: the commands
// are listed in cli, each in a file of its own. Only this package knows which
// concrete part stands behind which interface.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/caarlos0/env/v11"
)

// Set by -ldflags "-X main.version=… -X main.commit=…"; the build may run with
// -buildvcs=false, which leaves nothing for debug.ReadBuildInfo.
var (
	version = "development"
	commit  = "unknown"
)

// cli is the command line: one line for each command, in the order of the help.
type cli struct {
	Up         upCmd         `cmd:"" help:"Run everything on this machine: the demonstration."`
	Server     serverCmd     `cmd:"" help:"Serve portal, desk and board."`
	Worker     workerCmd     `cmd:"" help:"Carry out what was accepted: workflows, relay, sweep, mail."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database up to date."`
	Staff      staffCmd      `cmd:"" help:"Keep the accounts."`
	Keys       keysCmd       `cmd:"" help:"Make the key files of a production installation."`
	Audit      auditCmd      `cmd:"" help:"Verify the record."`
	Checkpoint checkpointCmd `cmd:"" help:"Sign a checkpoint of all evidence now."`
	Fsck       fsckCmd       `cmd:"" help:"Check the invariants of the database."`
	Deadline   deadlineCmd   `cmd:"" help:"Compute when something is due, and say why."`
	Policy     policyCmd     `cmd:"" help:"Check policies, and see what they say."`
	Rebuild    rebuildCmd    `cmd:"" help:"Start the processes of open cases anew from the record."`
	Config     configCmd     `cmd:"" help:"Print every setting, its default, its value and what it is for."`
	Version    versionCmd    `cmd:"" help:"Print what was built."`
}

// surroundings are what a command knows of the process it runs in; tests hand
// in their own. Every command is a struct with Run(context.Context,
// *surroundings) error, whose context ends on SIGINT or SIGTERM.
type surroundings struct {
	env      map[string]string // the environment, read once
	out, err io.Writer
}

// settings reads and checks the settings. Its error lists every wrong one.
func (s *surroundings) settings() (config, error) { return parseConfig(s.env) }

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the next one ends the process the hard way.
	context.AfterFunc(ctx, cancel)
	s := &surroundings{env: env.ToMap(os.Environ()), out: os.Stdout, err: os.Stderr}
	os.Exit(run(ctx, os.Args[1:], s))
}

// run carries out one command and returns the exit code: 0 done, 1 failed, 2
// not understood.
func run(ctx context.Context, args []string, s *surroundings) int {
	code, exited := 0, false
	parser, err := kong.New(&cli{},
		kong.Name("madoguchi"),
		kong.Description("The engine behind the counter where people ask about their own data."),
		kong.Writers(s.out, s.err),
		kong.Exit(func(c int) { code, exited = c, true }), // --help
		kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(s.err, "madoguchi:", err)
		return 2
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exited {
		return code
	}
	if err != nil {
		fmt.Fprintln(s.err, "madoguchi:", err)
		return 2
	}
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(s); err != nil {
		fmt.Fprintln(s.err, "madoguchi:", strings.ReplaceAll(err.Error(), "\n", "\nmadoguchi: "))
		return 1
	}
	return 0
}

type versionCmd struct{}

// Run prints version, commit and Go's version.
func (versionCmd) Run(s *surroundings) error {
	_, err := fmt.Fprintf(s.out, "madoguchi %s (%s, %s, %s/%s)\n", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
