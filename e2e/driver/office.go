package driver

import (
	"bufio"
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL for database/sql
)

// Options say how the product is started.
type Options struct {
	// Postgres keeps the cases in a PostgreSQL of the test's own instead of
	// SQLite. MADOGUCHI_TEST_POSTGRES is the address of its superuser.
	Postgres bool
	// Samples starts it with its sample cases.
	Samples bool
	// Env are further settings, KEY=value.
	Env []string
	// At is where the program's clock stands when it begins, before or after now:
	// a test about certain days is the same in every year. Now when left out.
	At time.Time
}

// Office is a running `madoguchi up` with nothing in it but its sample system.
type Office struct {
	t testing.TB
	// Base is where it answers.
	Base string
	// Data is its folder, Temp the one for its temporary files.
	Data, Temp string
	// Passwords are the generated ones by account.
	Passwords map[string]string
	// Database is the address of its PostgreSQL, "" on SQLite.
	Database string

	samples bool

	env    []string
	bin    string
	cmd    *exec.Cmd
	output *output
	clock  string
	ahead  time.Duration
	done   chan struct{}
}

// output keeps what the program prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// Start starts the real program on a free port with a folder of its own, and
// waits until it is ready. It is stopped at the end of the test.
func Start(t testing.TB, opt Options) *Office {
	t.Helper()
	dir := t.TempDir()
	o := &Office{t: t, Data: filepath.Join(dir, "data"), Temp: filepath.Join(dir, "temp"), Passwords: map[string]string{},
		samples: opt.Samples, bin: Program(t), clock: filepath.Join(dir, "clock-offset")}
	if err := os.MkdirAll(o.Temp, 0o700); err != nil {
		t.Fatal(err)
	}
	if o.Forward(0); !opt.At.IsZero() {
		o.Forward(time.Until(opt.At))
	}
	port := freePort(t)
	o.Base = "http://" + port
	o.env = append(os.Environ(), "ADDR="+port, "DATA_DIR="+o.Data, "TMPDIR="+o.Temp, "CLOCK_OFFSET_FILE="+o.clock, "MODE=demonstration", "LOG_LEVEL=debug", "DATABASE_URL=")
	if opt.Postgres {
		o.Database = database(t)
		o.env = append(o.env, "DATABASE_URL="+o.Database)
	}
	o.env = append(o.env, opt.Env...)
	t.Cleanup(func() {
		o.Stop()
		if t.Failed() {
			t.Logf("the program's last lines:\n%s", last(o.output.String()+o.Log(), 40))
		}
	})
	o.Run()
	return o
}

// Program is bin/madoguchi of this checkout, as `make build` leaves it.
func Program(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		bin := filepath.Join(dir, "bin", "madoguchi")
		if _, err := os.Stat(bin); err == nil {
			return bin
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("bin/madoguchi is not built; run: make build")
		}
	}
}

// freePort is an address that nobody listens on now.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// database makes an empty database and drops it at the end.
func database(t testing.TB) string {
	t.Helper()
	root := os.Getenv("MADOGUCHI_TEST_POSTGRES")
	if root == "" {
		t.Fatal("MADOGUCHI_TEST_POSTGRES is not set: it is the address of a PostgreSQL superuser for tests; `make test` starts one")
	}
	u, err := url.Parse(root)
	if err != nil {
		t.Fatal("MADOGUCHI_TEST_POSTGRES is no address")
	}
	db, err := sql.Open("pgx", root)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("e2e_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	u.Path = "/" + name
	return u.String()
}

var accountLine = regexp.MustCompile(`(?m)^ {2}(\S+) {2,}(\S+) {2,}\S`)

// Run starts the program and waits until it is ready; after Stop or Kill it
// starts it again on the same data.
func (o *Office) Run() {
	o.t.Helper()
	o.Begin()
	o.ready()
}

// Begin starts the program and waits for nothing.
func (o *Office) Begin() {
	o.t.Helper()
	o.output = &output{}
	args := []string{"up", "--no-samples"}
	if o.samples {
		args = args[:1]
	}
	o.cmd = exec.Command(o.bin, args...)
	o.cmd.Env, o.cmd.Stdout, o.cmd.Stderr = o.env, o.output, o.output
	o.cmd.Dir = o.Temp
	if err := o.cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.done = make(chan struct{})
	cmd, done := o.cmd, o.done
	go func() { cmd.Wait(); close(done) }()
}

// ready waits until the program says that it is, and reads the accounts that it
// prints.
func (o *Office) ready() {
	o.t.Helper()
	end := time.Now().Add(3 * time.Minute)
	for ready := false; !ready; {
		select {
		case <-o.done:
			o.t.Fatalf("the program ended before it was ready:\n%s", last(o.output.String(), 40))
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(end) {
			o.t.Fatalf("the program is not ready after three minutes:\n%s", last(o.output.String(), 40))
		}
		res, err := http.Get(o.Base + "/readyz")
		if err == nil {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			ready = res.StatusCode == http.StatusOK && strings.Contains(o.output.String(), "Ready.")
		}
	}
	_, table, _ := strings.Cut(o.output.String(), "ACCOUNT")
	for _, m := range accountLine.FindAllStringSubmatch(table, -1) {
		o.Passwords[m[1]] = m[2]
	}
}

// Stop ends the program by its process ID and waits until it is gone.
func (o *Office) Stop() {
	if o.cmd == nil || o.cmd.Process == nil {
		return
	}
	o.cmd.Process.Signal(os.Interrupt)
	select {
	case <-o.done:
	case <-time.After(40 * time.Second):
		o.t.Errorf("the program did not stop within 40 seconds")
		o.cmd.Process.Kill()
		<-o.done
	}
	o.cmd = nil
}

// Kill ends the program as a power cut would.
func (o *Office) Kill() {
	o.t.Helper()
	o.cmd.Process.Kill()
	<-o.done
	o.cmd = nil
}

// Command runs another command of the program on the same data, and gives what
// it printed and whether it ended well.
func (o *Office) Command(args ...string) (string, bool) {
	cmd := exec.Command(o.bin, args...)
	cmd.Env, cmd.Dir = o.env, o.Temp
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// AddStaff makes an account as an operator does; its password is kept in
// Passwords.
func (o *Office) AddStaff(login, name, roles string) {
	o.t.Helper()
	out, ok := o.Command("staff", "add", login, name, "--role", roles)
	fields := strings.Fields(out)
	if !ok || len(fields) < 2 {
		o.t.Fatalf("no account was made: %s", out)
	}
	o.Passwords[login] = fields[len(fields)-1]
}

// Forward sets the program's clock this far ahead of the machine's.
func (o *Office) Forward(d time.Duration) {
	o.t.Helper()
	o.ahead = d
	// In one step, so that no reader meets half a number.
	next := o.clock + ".next"
	if err := os.WriteFile(next, []byte(strconv.Itoa(int(d.Seconds()))), 0o600); err != nil {
		o.t.Fatal(err)
	}
	if err := os.Rename(next, o.clock); err != nil {
		o.t.Fatal(err)
	}
}

// Pass lets time pass on the program's clock.
func (o *Office) Pass(d time.Duration) {
	o.t.Helper()
	o.ahead += d
	o.Forward(o.ahead)
}

// To sets the program's clock to an instant; it never goes back.
func (o *Office) To(at time.Time) {
	o.t.Helper()
	d := time.Until(at)
	if d < o.ahead {
		o.t.Fatalf("the clock would go back, to %s", at)
	}
	o.ahead = d
	o.Forward(d)
}

// Log is the program's log so far.
func (o *Office) Log() string {
	b, _ := os.ReadFile(filepath.Join(o.Data, "madoguchi.log"))
	return string(b)
}

// Output is what the program printed.
func (o *Office) Output() string { return o.output.String() }

// For is the same office for a part of a test that has a report of its own:
// what cannot be done there ends that part alone.
func (o *Office) For(t testing.TB) *Office {
	part := *o
	part.t = t
	return &part
}

// Visitor is somebody new at the portal.
func (o *Office) Visitor(who string) *Browser { return New(o.t, o.Base, who) }

// last are the last n lines.
func last(text string, n int) string {
	var lines []string
	s := bufio.NewScanner(strings.NewReader(text))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, "\n")
}
