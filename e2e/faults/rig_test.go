// Package faults kills every part of the running product and then counts:
// nothing that was accepted is lost, nothing is doubled. It has tests only.
// The parts are processes of the built program; they end by SIGKILL, as a power
// cut would end them, and by nothing politer.
package faults

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/engine"
	"madoguchi/internal/evidence"
	"madoguchi/internal/mailsink"
	"madoguchi/internal/sample"
	"madoguchi/internal/store"
	"madoguchi/internal/temporalproc"
	"madoguchi/internal/vault"
	"madoguchi/packs"
	"madoguchi/policy"

	"io/fs"
)

// slug is the organisation whose portal takes requests.
const slug = "izumisano"

// program is the built madoguchi; starter starts processes on one thread that
// lives as long as the tests, because the kernel sends the parent-death signal
// when the thread ends that started the child.
var (
	program string
	starter = make(chan func())
)

func TestMain(m *testing.M) {
	go func() {
		runtime.LockOSThread()
		for start := range starter {
			start()
		}
	}()
	dir, err := os.MkdirTemp("", "madoguchi-faults")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "madoguchi")
	code := 1
	if out, err := exec.Command("go", "build", "-o", program, "madoguchi/cmd/madoguchi").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "madoguchi does not build: %v\n%s", err, out)
	} else {
		flag.Parse()
		// Most of the time is spent waiting for parts that come back.
		_ = flag.Set("test.parallel", "4")
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// until polls a condition. Limits are generous: the machine may be busy, and a
// test that fails for want of seconds says nothing.
func until(t testing.TB, limit time.Duration, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !reached(); {
		if time.Now().After(deadline) {
			t.Fatalf("after %s still not so: %s", limit, what)
		}
		time.Sleep(40 * time.Millisecond)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// part is one process of the product.
type part struct {
	name, log string
	program   string // "" is madoguchi
	args      []string
	env       map[string]string
	ready     func() bool

	mu      sync.Mutex
	cmd     *exec.Cmd
	ended   chan struct{}
	started time.Time
}

func (p *part) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.Command(cmp.Or(p.program, program), p.args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	for k, v := range p.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started := make(chan error, 1)
	starter <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return err
	}
	ended := make(chan struct{})
	p.cmd, p.ended, p.started = cmd, ended, time.Now()
	go func() { _ = cmd.Wait(); close(ended) }()
	return nil
}

// kill ends the process with SIGKILL and returns when it is gone.
func (p *part) kill() {
	p.mu.Lock()
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill() // it may have ended by itself
	<-ended
}

func (p *part) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

func (p *part) startedAt() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.started.UnixMicro()
}

// rig is the whole product as processes, with a mail sink and a database of its own.
type rig struct {
	testing.TB
	dir, base string
	env       map[string]string
	sink      *mailsink.Sink
	temporal  *temporalproc.Server // nil when `up` brings its own
	server    *part
	worker    *part
	up        *part
	db        *sql.DB // past every wall
	postgres  bool
	organ     string // ID of the organisation at slug
	library   *policy.Library
}

var databases atomic.Int64

// freeAddress is an address on loopback that nobody listens on now.
func freeAddress(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}

// newRig prepares everything and starts nothing but the mail sink.
func newRig(t testing.TB, mode string) *rig {
	t.Helper()
	r := &rig{TB: t, dir: t.TempDir()}
	addr := freeAddress(t)
	r.base = "http://" + addr
	r.sink = &mailsink.Sink{Dir: filepath.Join(r.dir, "mail")}
	must(t, r.sink.Start("127.0.0.1:0"))
	t.Cleanup(func() { r.sink.Stop() })
	r.env = map[string]string{"MODE": mode, "DATA_DIR": filepath.Join(r.dir, "data"), "ADDR": addr,
		"SMTP_ADDRESS": r.sink.Addr(), "SMTP_TLS": "none", "RELAY_INTERVAL": "200ms", "SWEEP_INTERVAL": "1s"}
	if bin := os.Getenv(temporalproc.BinEnv); bin != "" {
		r.env[temporalproc.BinEnv] = bin
	}
	keys := filepath.Join(r.dir, "data", "keys")
	must(t, os.MkdirAll(keys, 0o700))
	_, err := vault.LoadOrCreateRoot(filepath.Join(keys, "root.key"))
	must(t, err)
	_, err = evidence.LoadOrCreateSigner(filepath.Join(keys, "signing.key"))
	must(t, err)
	r.library, err = policy.Load(packs.Files, policy.Options{Demonstration: mode == "demonstration"})
	must(t, err)
	for _, p := range r.library.Packs() {
		if p.Slug == slug {
			r.organ = p.ID
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, p := range []*part{r.server, r.worker, r.up} {
				if p != nil {
					text, _ := os.ReadFile(p.log)
					t.Logf("the end of %s's log:\n%s", p.name, text[max(0, len(text)-3000):])
				}
			}
		}
	})
	return r
}

// system is where the sample system is looked for.
func (r *rig) system() string { return filepath.Join(r.dir, "data", "sample", "centre_records.db") }

// makeSystem makes the connected system of made-up people.
func (r *rig) makeSystem() {
	r.Helper()
	must(r, os.MkdirAll(filepath.Dir(r.system()), 0o700))
	must(r, sample.Create(r.Context(), sample.Setting, r.system()))
}

// onPostgres gives the rig a database of its own on the tests' server, and
// Temporal, server and worker as processes of their own. Nothing is started.
func onPostgres(t testing.TB, mode string) *rig {
	t.Helper()
	r := newRig(t, mode)
	address := os.Getenv("MADOGUCHI_TEST_POSTGRES")
	if address == "" {
		t.Fatal("MADOGUCHI_TEST_POSTGRES is not set: run `make test`, which starts a PostgreSQL")
	}
	admin, err := sql.Open("pgx", address)
	must(t, err)
	name := fmt.Sprintf("madoguchi_faults_%d_%d", os.Getpid(), databases.Add(1))
	_, err = admin.Exec("CREATE DATABASE " + name)
	must(t, err)
	u, err := url.Parse(address)
	must(t, err)
	u.Path = "/" + name
	r.postgres, r.env["DATABASE_URL"] = true, u.String()
	r.db, err = sql.Open("pgx", u.String())
	must(t, err)
	t.Cleanup(func() {
		r.db.Close()
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	r.server = r.part("server", r.portalReady)
	r.worker = r.part("worker", func() bool { return r.beating(r.worker) })
	return r
}

// startTemporal starts Temporal's server as a process of the tests.
func (r *rig) startTemporal() {
	r.Helper()
	ctx, done := context.WithTimeout(r.Context(), 90*time.Second)
	defer done()
	s, err := temporalproc.Start(ctx, temporalproc.Options{DataDir: filepath.Join(r.dir, "temporal")})
	must(r, err)
	r.Cleanup(s.Stop)
	r.temporal = s
	r.env["TEMPORAL_ADDRESS"] = s.Address()
}

// start starts Temporal, server and worker, and waits for them.
func (r *rig) start() *rig {
	r.Helper()
	r.startTemporal()
	r.launch(r.server)
	r.launch(r.worker)
	return r
}

// onSQLite is `madoguchi up` without sample cases, started.
func onSQLite(t testing.TB) *rig {
	t.Helper()
	r := newRig(t, "demonstration")
	r.up = r.part("up", r.allReady, "--no-samples")
	r.launch(r.up)
	var err error
	r.db, err = sql.Open("sqlite", "file:"+filepath.Join(r.dir, "data", "madoguchi.db")+"?mode=ro&_pragma=busy_timeout(15000)")
	must(t, err)
	t.Cleanup(func() { r.db.Close() })
	return r
}

// part describes a process without starting it.
func (r *rig) part(command string, ready func() bool, flags ...string) *part {
	p := &part{name: command, log: filepath.Join(r.dir, command+".log"), args: append([]string{command}, flags...), env: r.env, ready: ready}
	r.Cleanup(p.kill)
	return p
}

// launch starts a process and waits until it is ready.
func (r *rig) launch(p *part) {
	r.Helper()
	must(r, p.start())
	until(r, 2*time.Minute, p.name+" is ready", p.ready)
}

func (r *rig) get(path string) (int, string) {
	resp, err := http.Get(r.base + path)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

func (r *rig) portalReady() bool {
	code, _ := r.get("/readyz?part=portal")
	return code == http.StatusOK
}

// allReady reports whether every part says so, Temporal and worker included.
func (r *rig) allReady() bool { code, _ := r.get("/readyz"); return code == http.StatusOK }

// beating reports whether a relay has reported since this worker was started.
func (r *rig) beating(w *part) bool {
	var at int64
	_ = r.db.QueryRow("SELECT at FROM heartbeats WHERE name = 'relay'").Scan(&at) // none yet is not ready
	return at > w.startedAt()+r.offset().Microseconds()
}

// offset is how far the port's clock is moved.
func (r *rig) offset() time.Duration {
	text, err := os.ReadFile(r.env["CLOCK_OFFSET_FILE"])
	if err != nil {
		return 0 // the clock is the machine's
	}
	seconds, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(r, err)
	return time.Duration(seconds) * time.Second
}

// move moves the port's clock of every process to so much from the machine's.
func (r *rig) move(by time.Duration) {
	r.Helper()
	r.env["CLOCK_OFFSET_FILE"] = filepath.Join(r.dir, "offset")
	next := r.env["CLOCK_OFFSET_FILE"] + ".next"
	must(r, os.WriteFile(next, []byte(strconv.Itoa(int(by.Seconds()))), 0o600))
	must(r, os.Rename(next, r.env["CLOCK_OFFSET_FILE"]))
}

// bind turns ? into $1, $2 … on PostgreSQL.
func (r *rig) bind(query string) string {
	if !r.postgres {
		return query
	}
	var b strings.Builder
	n := 0
	for _, c := range query {
		if c == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// number is the one number that a query gives.
func (r *rig) number(query string, args ...any) (n int) {
	r.Helper()
	if err := r.db.QueryRow(r.bind(query), args...).Scan(&n); err != nil {
		r.Fatalf("%s: %v", query, err)
	}
	return n
}

// texts is the one column that a query gives.
func (r *rig) texts(query string, args ...any) (out []string) {
	r.Helper()
	rows, err := r.db.Query(r.bind(query), args...)
	if err != nil {
		r.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		must(r, rows.Scan(&s))
		out = append(out, s)
	}
	must(r, rows.Err())
	return out
}

// run carries out a command of the program and gives what it printed.
func (r *rig) run(args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for k, v := range r.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// whole signs the record and lets fsck and the verifier look at everything.
func (r *rig) whole() {
	r.Helper()
	for _, args := range [][]string{{"checkpoint"}, {"fsck"}, {"audit", "verify"}} {
		if out, err := r.run(args...); err != nil {
			r.Errorf("madoguchi %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// settled waits until every command is applied and every mail was handed over.
func (r *rig) settled() {
	r.Helper()
	until(r, 4*time.Minute, "every command is applied and every mail accepted", func() bool {
		return r.number("SELECT COUNT(*) FROM commands WHERE applied_at = 0") == 0 &&
			r.number("SELECT COUNT(*) FROM notices WHERE state IN ('queued', 'sending')") == 0
	})
}

// runs lists Temporal's executions, closed ones too, by workflow ID.
func runs(t testing.TB, address string) map[string][]string {
	t.Helper()
	e := connect(t, address)
	out := map[string][]string{}
	var token []byte
	for {
		page, err := e.Client().ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: "madoguchi", PageSize: 500, NextPageToken: token})
		must(t, err)
		for _, x := range page.Executions {
			out[x.Execution.WorkflowId] = append(out[x.Execution.WorkflowId], x.Status.String())
		}
		if token = page.NextPageToken; len(token) == 0 {
			return out
		}
	}
}

// connect opens the product's own door to Temporal.
func connect(t testing.TB, address string, more ...func(*client.Options)) *engine.Engine {
	t.Helper()
	e, err := engine.Open(address, "madoguchi", zerolog.Nop(), more...)
	must(t, err)
	t.Cleanup(e.Close)
	return e
}

// openStore opens the rig's database by the product's own store, beside the
// processes: staff's steps go through the same methods as the desk's pages.
func (r *rig) openStore() *store.Store {
	r.Helper()
	root, err := vault.LoadOrCreateRoot(filepath.Join(r.dir, "data", "keys", "root.key"))
	must(r, err)
	folder, err := fs.Sub(packs.Files, "calendars")
	must(r, err)
	calendars, err := clock.LoadCalendars(folder)
	must(r, err)
	var now func() time.Time
	if r.env["CLOCK_OFFSET_FILE"] != "" {
		now = func() time.Time { return time.Now().Add(r.offset()) }
	}
	s, err := store.Open(r.Context(), store.Options{Now: now, URL: r.env["DATABASE_URL"], File: filepath.Join(r.dir, "data", "madoguchi.db"),
		Vault: vault.New(root), Packs: r.library, Calendars: calendars, BaseURL: r.base, MailDomain: "localhost"})
	must(r, err)
	r.Cleanup(func() { s.Close() })
	return s
}

// children are the process IDs whose parent is pid.
func children(t testing.TB, pid int) (out []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	must(t, err)
	for _, s := range stats {
		text, err := os.ReadFile(s)
		if err != nil {
			continue // it has ended meanwhile
		}
		// pid (name) state parent …; a name may hold spaces.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) && fields[0] != "Z" {
			child, err := strconv.Atoi(filepath.Base(filepath.Dir(s)))
			must(t, err)
			out = append(out, child)
		}
	}
	return out
}

// alive reports whether a process runs and is no zombie.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	return len(fields) > 0 && fields[0] != "Z"
}

// person is the actor of the portal.
var person = dsr.Actor{Kind: dsr.ActorPerson}

var doors sync.Map // address to *engine.Engine

// connectOnce is connect with one connection for each address.
func connectOnce(t testing.TB, address string) *engine.Engine {
	if e, ok := doors.Load(address); ok {
		return e.(*engine.Engine)
	}
	e, err := engine.Open(address, "madoguchi", zerolog.Nop())
	must(t, err)
	doors.Store(address, e)
	return e
}
