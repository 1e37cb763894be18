// Madoguchi-temporal is a whole Temporal server for one machine: every service
// in one process, one SQLite file, loopback only.
//
// It is a module and a program of its own because the server's library pins an
// older API than the SDK that Madoguchi uses; the two meet over gRPC. See
// docs/decisions/0001-temporal-server.md.
//
// It prints one line, "ready HOST:PORT", when its namespace can be used. Its
// log is JSON on standard error, warnings and worse.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Exit codes: a supervisor tells a file in use from a server that failed.
const (
	exitFailed = 1 // the server could not start or its parent has gone
	exitUsage  = 2 // a flag that makes no sense
	exitInUse  = 3 // another process holds the file
)

// stopPatience is how long a polite stop may take before the process just ends.
// The file survives either way.
const stopPatience = 10 * time.Second

// init keeps main on the first thread of the process, which lives as long as
// the process: the parent-death signal belongs to the thread that asked for it.
func init() { runtime.LockOSThread() }

func main() {
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "madoguchi-temporal:", err)
		os.Exit(exitUsage)
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "madoguchi-temporal:", err)
		if errors.Is(err, errInUse) {
			os.Exit(exitInUse)
		}
		os.Exit(exitFailed)
	}
}

// options are the flags.
type options struct {
	db          string        // the SQLite file, made on first start
	ip          string        // a loopback address
	port        int           // of the gRPC front; 0 is a free one
	retention   time.Duration // how long the history of a closed workflow stays
	lockWait    time.Duration // how long to wait for a predecessor to let go of the file
	parentDeath bool          // end when the process that started this one ends
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("madoguchi-temporal", flag.ContinueOnError)
	f.StringVar(&o.db, "db", "", "the SQLite `file`, made on first start")
	f.StringVar(&o.ip, "ip", "127.0.0.1", "loopback `address` to listen on")
	f.IntVar(&o.port, "port", 0, "gRPC `port`; 0 takes a free one")
	f.DurationVar(&o.retention, "retention", 720*time.Hour, "how long the history of a closed workflow stays")
	f.DurationVar(&o.lockWait, "lock-wait", 10*time.Second, "how long to wait for a predecessor to let go of the file")
	f.BoolVar(&o.parentDeath, "parent-death", false, "end when the parent process ends")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is not a flag; see -help", f.Arg(0))
	}
	if o.db == "" {
		return o, errors.New("-db names no file; say where Temporal keeps its data")
	}
	// There is no authentication in this server, so it must never be reachable
	// from another machine.
	if ip := net.ParseIP(o.ip); ip == nil || !ip.IsLoopback() {
		return o, fmt.Errorf("-ip %s is not a loopback address; this server listens on its own machine only", o.ip)
	}
	if o.port < 0 || o.port > 65535 {
		return o, fmt.Errorf("-port %d is not a port; use 0 to 65535", o.port)
	}
	if o.retention < 24*time.Hour {
		return o, fmt.Errorf("-retention %s is too short; Temporal wants a day or more", o.retention)
	}
	abs, err := filepath.Abs(o.db)
	if err != nil {
		return o, err
	}
	o.db = abs
	// The name becomes part of a URI inside the server, unescaped.
	if base := filepath.Base(abs); strings.ContainsAny(base, "?#%& ") {
		return o, fmt.Errorf("-db %s: the file's name may not contain ? # %% & or a space", base)
	}
	return o, nil
}

func run(o options) error {
	if o.parentDeath {
		if err := dieWithParent(); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(o.db), 0o700); err != nil {
		return err
	}
	// The server puts the file's path into a URI without escaping it; from
	// inside the folder the bare name is enough, whatever the folder is called.
	if err := os.Chdir(filepath.Dir(o.db)); err != nil {
		return err
	}
	file := filepath.Base(o.db)
	// A predecessor that was just killed may need a moment to let go.
	lock, err := acquire(file+".lock", o.lockWait)
	if err != nil {
		return err
	}
	defer lock.Close()

	if err := prepare(file, o.retention, searchAttributes); err != nil {
		return err
	}
	address := net.JoinHostPort(o.ip, strconv.Itoa(o.port))
	if o.port == 0 {
		if address, err = freeAddress(o.ip); err != nil {
			return err
		}
	} else if err := checkFree(address); err != nil {
		return err
	}
	server, err := newServer(file, address)
	if err != nil {
		return err
	}

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)

	if err := server.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	ready := make(chan error, 1)
	go func() { ready <- awaitReady(ctx, address, o.retention) }()
	select {
	case err := <-ready:
		if err != nil {
			return fmt.Errorf("not ready: %w", err)
		}
		fmt.Println("ready", address)
	case <-signals:
		return nil
	}

	<-signals
	stopped := make(chan struct{})
	go func() { _ = server.Stop(); close(stopped) }()
	select {
	case <-stopped:
	case <-signals:
	case <-time.After(stopPatience):
	}
	return nil
}

// freeAddress finds a port that nobody listens on at this moment.
func freeAddress(ip string) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// checkFree says in words that a port is taken, before the server's own start
// would bury it in a stack of wrapped errors.
func checkFree(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("%s is taken or may not be used; stop what listens there or choose another -port: %w", address, err)
	}
	return l.Close()
}
