package temporalproc

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
)

// role makes the test binary play a program that runs the server, to be killed.
const role = "MADOGUCHI_TEMPORALPROC_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "parent":
		s, err := Start(context.Background(), Options{DataDir: os.Args[1], Stderr: os.Stderr})
		if err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		fmt.Println("running", s.PID(), s.Address())
		time.Sleep(time.Hour)
	case "broken": // a server that cannot start
		fmt.Fprintln(os.Stderr, "the file is from a newer release")
		os.Exit(1)
	case "taken": // a server whose ports somebody else took, twice
		tries := os.Getenv(role + "_TRIES")
		seen, _ := os.ReadFile(tries) // none yet
		_ = os.WriteFile(tries, append(seen, '.'), 0o600)
		if len(seen) < 2 {
			fmt.Fprintln(os.Stderr, "listen tcp 127.0.0.1:1: bind: address already in use")
			os.Exit(1)
		}
		bin, err := Find()
		if err == nil {
			err = syscall.Exec(bin, append([]string{bin}, os.Args[1:]...), os.Environ())
		}
		fmt.Println("failed", err)
		os.Exit(1)
	case "mute": // a server that never gets ready and ignores SIGTERM's meaning
		time.Sleep(time.Hour)
	}
	os.Exit(m.Run())
}

func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestAWorkflowStartedBeforeAKillIsThereAfterTheRestart(t *testing.T) {
	ctx := limit(t)
	s, err := Start(ctx, Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	c, err := client.Dial(client.Options{
		HostPort: s.Address(), Namespace: "madoguchi", Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	kind := temporal.NewSearchAttributeKeyKeyword("MadoguchiKind")
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "kept", TaskQueue: "nobody", TypedSearchAttributes: temporal.NewSearchAttributes(kind.ValueSet("disclosure")),
	}, "any")
	if err != nil {
		t.Fatal(err)
	}

	before, address := s.PID(), s.Address()
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.AwaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	if s.PID() == before || s.Address() != address || s.Restarts() != 1 {
		t.Errorf("after the kill: pid %d (was %d), address %s (was %s), %d restarts; want another process at the same address, once",
			s.PID(), before, s.Address(), address, s.Restarts())
	}
	// The client of before finds the new process by itself.
	got, err := c.DescribeWorkflowExecution(ctx, "kept", run.GetRunID())
	if err != nil {
		t.Fatal(err)
	}
	if status := got.GetWorkflowExecutionInfo().GetStatus().String(); status != "Running" {
		t.Errorf("the workflow is %s, want Running", status)
	}

	// Down stays down, Up brings it back.
	if err := s.Down(ctx); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		t.Error("something still listens while Temporal is down")
	}
	if err := s.Up(ctx); err != nil {
		t.Fatal(err)
	}
	pid := s.PID()
	s.Stop()
	if s.PID() != 0 || syscall.Kill(pid, 0) == nil {
		t.Errorf("process %d lives on after Stop", pid)
	}
}

func TestKillingTheProgramTakesItsServerAlong(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), role+"=parent")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	text, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	var address string
	if _, err := fmt.Sscanf(text, "running %d %s", &pid, &address); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		l, err := net.Listen("tcp", address)
		if err == nil {
			l.Close()
			break
		}
		if time.Now().After(deadline) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("5 seconds after the kill the orphan still holds the port")
		}
	}
	// The file is free too: a successor starts on it.
	s, err := Start(limit(t), Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
}

func TestAFailedStartSaysWhyAndLeavesNothing(t *testing.T) {
	t.Setenv(role, "broken")
	_, err := Start(limit(t), Options{Bin: os.Args[0], DataDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "newer release") {
		t.Errorf("got %v, want the program's last line", err)
	}
	_, err = Start(limit(t), Options{Bin: filepath.Join(t.TempDir(), "nothing"), DataDir: t.TempDir()})
	if err == nil {
		t.Error("a program that is not there was started")
	}
}

func TestAStartWhosePortsWereTakenIsTriedAgain(t *testing.T) {
	tries := filepath.Join(t.TempDir(), "tries")
	t.Setenv(role, "taken")
	t.Setenv(role+"_TRIES", tries)
	s, err := Start(limit(t), Options{Bin: os.Args[0], DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	if seen, err := os.ReadFile(tries); err != nil || len(seen) != 3 {
		t.Errorf("%d starts, %v", len(seen), err)
	}
}

func TestAStartThatTakesTooLongIsGivenUp(t *testing.T) {
	t.Setenv(role, "mute")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, Options{Bin: os.Args[0], DataDir: t.TempDir(), Stderr: io.Discard}); err == nil {
		t.Error("a server that never got ready was taken for ready")
	}
}

func TestFindNamesWhatIsMissing(t *testing.T) {
	t.Setenv(BinEnv, filepath.Join(t.TempDir(), "gone"))
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), BinEnv) {
		t.Errorf("got %v, want an error that names %s", err, BinEnv)
	}
	t.Setenv(BinEnv, "")
	t.Chdir(t.TempDir())
	if _, err := Find(); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("got %v, want an error that says what to run", err)
	}
}
