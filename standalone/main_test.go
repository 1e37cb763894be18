package main

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
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// role makes the test binary play the program itself, or a parent of it: what
// is started, killed and restarted here is a real process.
const role = "MADOGUCHI_TEMPORAL_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "server":
		main()
		os.Exit(0)
	case "parent":
		playParent()
	}
	os.Exit(m.Run())
}

// playParent starts the server as a child, passes on its lines and then waits
// to be killed.
func playParent() {
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Env = append(os.Environ(), role+"=server")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	fmt.Println("child", cmd.Process.Pid)
	time.Sleep(time.Hour)
}

// start runs the test binary in a role and returns the process and its lines.
func start(t *testing.T, as string, args ...string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), role+"="+as)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, bufio.NewReader(out)
}

// line reads until a line begins with word and returns the rest of it.
func line(t *testing.T, r *bufio.Reader, word string) string {
	t.Helper()
	for {
		s, err := r.ReadString('\n')
		if rest, ok := strings.CutPrefix(strings.TrimSpace(s), word+" "); ok {
			return rest
		}
		if err != nil {
			t.Fatalf("no line %q before the output ended: %v", word, err)
		}
	}
}

func dial(t *testing.T, address string) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: address, Namespace: namespace, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// waiting is a workflow that ends when it hears the word.
func waiting(ctx workflow.Context) (string, error) {
	var word string
	workflow.GetSignalChannel(ctx, "word").Receive(ctx, &word)
	return word, nil
}

func TestARunningWorkflowSurvivesKillAndRestartOnAnotherPort(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a folder", "temporal.db")
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()

	server, out := start(t, "server", "--db", db)
	c := dial(t, line(t, out, "ready"))
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "kept", TaskQueue: "q",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword("MadoguchiOrganisation").ValueSet("organisation-1"),
			temporal.NewSearchAttributeKeyKeyword("MadoguchiKind").ValueSet("disclosure"),
			temporal.NewSearchAttributeKeyKeyword("MadoguchiStage").ValueSet("received"),
		),
	}, waiting)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SignalWorkflow(ctx, "kept", run.GetRunID(), "word", "heard"); err != nil {
		t.Fatal(err)
	}
	if err := server.Process.Kill(); err != nil { // SIGKILL: nothing is flushed politely
		t.Fatal(err)
	}
	_ = server.Wait()

	server, out = start(t, "server", "--db", db)
	c = dial(t, line(t, out, "ready"))
	w := worker.New(c, "q", worker.Options{})
	w.RegisterWorkflow(waiting)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	var word string
	if err := c.GetWorkflow(ctx, "kept", run.GetRunID()).Get(ctx, &word); err != nil {
		t.Fatal(err)
	}
	if word != "heard" {
		t.Errorf("the workflow heard %q after the restart, want %q", word, "heard")
	}

	// A polite stop ends the process by itself, with exit code 0.
	w.Stop()
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("polite stop: %v", err)
	}
}

func TestKillingTheParentLeavesNoOrphan(t *testing.T) {
	db := filepath.Join(t.TempDir(), "temporal.db")
	parent, out := start(t, "parent", "--db", db, "--parent-death")
	child, err := strconv.Atoi(line(t, out, "child"))
	if err != nil {
		t.Fatal(err)
	}
	address := line(t, out, "ready")
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The pipe ends when the last process that holds it has ended.
	gone := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, out); close(gone) }()
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		_ = syscall.Kill(child, syscall.SIGKILL)
		t.Fatal("the child lives on 5 seconds after its parent was killed")
	}
	_ = parent.Wait()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("the port is still held: %v", err)
	}
	l.Close()
	// And the file: the lock can be had at once.
	lock, err := acquire(db+".lock", 0)
	if err != nil {
		t.Fatal(err)
	}
	lock.Close()
}

func TestWithoutParentDeathTheChildLivesOn(t *testing.T) {
	// The check above is worth something only if the flag is what does it.
	parent, out := start(t, "parent", "--db", filepath.Join(t.TempDir(), "temporal.db"))
	child, err := strconv.Atoi(line(t, out, "child"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(child, syscall.SIGKILL) }()
	address := line(t, out, "ready")
	_ = parent.Process.Kill()
	_ = parent.Process.Release()
	time.Sleep(time.Second)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatalf("the child ended without being told to: %v", err)
	}
	conn.Close()
}

func TestASecondServerOnTheSameFileIsRefused(t *testing.T) {
	db := filepath.Join(t.TempDir(), "temporal.db")
	lock, err := acquire(db+".lock", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	cmd, out := start(t, "server", "--db", db, "--lock-wait", "0")
	if s, _ := io.ReadAll(out); strings.Contains(string(s), "ready") {
		t.Error("it said that it is ready")
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != exitInUse {
		t.Errorf("exit code %d, want %d", got, exitInUse)
	}
}

func TestAFileWithFewerSearchAttributesIsBroughtUpToDate(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	// What an interrupted first start leaves behind must not disturb the next.
	if err := os.WriteFile("temporal.db.half", []byte("not a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	older := map[string]enumspb.IndexedValueType{"MadoguchiKind": enumspb.INDEXED_VALUE_TYPE_KEYWORD}
	if err := prepare("temporal.db", 24*time.Hour, older); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("temporal.db.half"); err == nil {
		t.Error("the half-made file is still there")
	}
	_, out := start(t, "server", "--db", filepath.Join(dir, "temporal.db"), "--retention", "720h")
	c := dial(t, line(t, out, "ready"))
	got, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		t.Fatal(err)
	}
	for name := range searchAttributes {
		if got.GetCustomAttributes()[name] != enumspb.INDEXED_VALUE_TYPE_KEYWORD {
			t.Errorf("search attribute %s is missing; there are %v", name, got.GetCustomAttributes())
		}
	}
	ns, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	if err != nil {
		t.Fatal(err)
	}
	if got := ns.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); got != 720*time.Hour {
		t.Errorf("retention %s, want 720h", got)
	}
}

func TestFlagsThatMakeNoSenseAreNamed(t *testing.T) {
	for _, tc := range []struct {
		want string
		args []string
	}{
		{"-db", nil},
		{"-ip", []string{"--db", "x", "--ip", "0.0.0.0"}},
		{"-ip", []string{"--db", "x", "--ip", "example"}},
		{"-port", []string{"--db", "x", "--port", "70000"}},
		{"-retention", []string{"--db", "x", "--retention", "1h"}},
		{"-db", []string{"--db", "a?mode=memory"}},
		{"extra", []string{"--db", "x", "extra"}},
	} {
		if _, err := parse(tc.args); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v: got %v, want an error that names %s", tc.args, err, tc.want)
		}
	}
	if o, err := parse([]string{"--db", "x"}); err != nil || o.retention != 720*time.Hour || o.ip != "127.0.0.1" {
		t.Errorf("defaults: %+v, %v", o, err)
	}
}
