// Package temporalproc runs Temporal's server for one machine as a child
// process: finds the program, starts it, waits until it is ready, starts it
// again when it dies, and never leaves it behind. The program is built from the
// nested module in standalone/; see docs/decisions/0001-temporal-server.md.
package temporalproc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// BinEnv names the program when it is not beside this one.
	BinEnv = "MADOGUCHI_TEMPORAL_BIN"
	// program is its name in bin/.
	program = "madoguchi-temporal"
	// stopPatience is how long the child may take to stop politely; it has a
	// limit of its own that is a little shorter.
	stopPatience = 12 * time.Second
)

// Options say how the server is run.
type Options struct {
	Bin     string    // the program; empty asks Find
	DataDir string    // folder of the SQLite file, made when it is not there
	Port    int       // on 127.0.0.1; 0 takes a free one and keeps it over restarts
	Stderr  io.Writer // the server's log and ours; nil discards both
}

// Server is a running child. Its methods may be called from any goroutine.
type Server struct {
	opts    Options
	address string // set before Start returns, never changes
	stop    chan struct{}
	ended   chan struct{} // closed when the supervising goroutine has left
	once    sync.Once

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at each change of what follows
	process  *os.Process   // nil while no child runs
	ready    bool
	held     bool // kept down by Down
	restarts int
}

// Find returns the path of the program: what MADOGUCHI_TEMPORAL_BIN names, else
// the file beside this executable, else bin/ of the checkout that the working
// directory is in (tests run from package folders).
func Find() (string, error) {
	if named := os.Getenv(BinEnv); named != "" {
		if _, err := os.Stat(named); err != nil {
			return "", fmt.Errorf("%s names %s, which is not there: %w", BinEnv, named, err)
		}
		return filepath.Abs(named)
	}
	if self, err := os.Executable(); err == nil {
		if beside := filepath.Join(filepath.Dir(self), program); isFile(beside) {
			return beside, nil
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if built := filepath.Join(dir, "bin", program); isFile(built) && isFile(filepath.Join(dir, "go.mod")) {
			return built, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("%s is not built; run: make build", program)
		}
		dir = up
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Start runs the server and returns when its namespace can be used. ctx bounds
// the first start only; the server runs until Stop. When the first start fails,
// the error carries the last line that the program wrote and nothing is left
// running; later deaths are followed by a restart on the same port.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Bin == "" {
		bin, err := Find()
		if err != nil {
			return nil, err
		}
		o.Bin = bin
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if o.DataDir == "" {
		return nil, errors.New("no folder for Temporal's data is named")
	}
	if err := os.MkdirAll(o.DataDir, 0o700); err != nil {
		return nil, err
	}
	s := &Server{opts: o, stop: make(chan struct{}), ended: make(chan struct{}), changed: make(chan struct{})}
	first := make(chan error, 1)
	go s.supervise(first)
	select {
	case err := <-first:
		if err != nil {
			<-s.ended
			return nil, err
		}
		return s, nil
	case <-ctx.Done():
		s.Stop()
		return nil, fmt.Errorf("Temporal was not ready in time: %w", ctx.Err())
	}
}

// Address is host:port of the gRPC front. It stays the same over restarts.
func (s *Server) Address() string { return s.address }

// PID is the child's process ID, 0 while none runs.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return 0
	}
	return s.process.Pid
}

// Restarts counts how often the child was started again after it died.
func (s *Server) Restarts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.restarts
}

// Kill ends the child with SIGKILL, as a fault would. It is started again.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = false
	if s.process == nil {
		return nil
	}
	return ignoreFinished(s.process.Kill())
}

// Down ends the child with SIGKILL and keeps it down until Up, for runs in
// which Temporal is dead. It returns when the child is gone.
func (s *Server) Down(ctx context.Context) error {
	s.mu.Lock()
	s.held, s.ready = true, false
	var err error
	if s.process != nil {
		err = ignoreFinished(s.process.Kill())
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.await(ctx, func() bool { return s.process == nil })
}

// Up ends what Down began and returns when the server is ready.
func (s *Server) Up(ctx context.Context) error {
	s.mu.Lock()
	s.held = false
	s.tell()
	s.mu.Unlock()
	return s.AwaitReady(ctx)
}

// AwaitReady returns when the child that runs now is ready.
func (s *Server) AwaitReady(ctx context.Context) error {
	return s.await(ctx, func() bool { return s.ready })
}

// Stop ends the child, politely first, and returns when it is gone. Calling it
// again does nothing.
func (s *Server) Stop() {
	s.once.Do(func() { close(s.stop) })
	<-s.ended
}

func (s *Server) await(ctx context.Context, reached func() bool) error {
	for {
		s.mu.Lock()
		done, changed := reached(), s.changed
		s.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-s.ended:
			return errors.New("Temporal has been stopped")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tell wakes everybody in await. The caller holds the lock.
func (s *Server) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// supervise owns every child. It keeps its operating system thread for as long
// as it lives: the kernel sends the parent-death signal when the thread that
// started the child ends, not when the process does, and Go ends threads.
func (s *Server) supervise(first chan<- error) {
	runtime.LockOSThread() // never unlocked: the thread ends with this goroutine, after the last child
	defer close(s.ended)

	pause := 100 * time.Millisecond
	taken := 0 // starts in vain because somebody was faster at a port
	for started := false; ; {
		began := time.Now()
		err := s.runOnce(func() {
			if !started {
				started = true
				first <- nil
			}
		})
		if s.stopping() {
			if !started {
				first <- errors.New("stopped before it was ready")
			}
			return
		}
		if !started && s.opts.Port == 0 && portTaken(err) && taken < 5 {
			// The child looks for free ports and then opens them; between the two
			// another program may have taken one.
			if taken++; s.rest(pause) {
				continue
			}
			return
		}
		if !started {
			first <- err
			return
		}
		if time.Since(began) > time.Minute {
			pause = 100 * time.Millisecond
		}
		fmt.Fprintf(s.opts.Stderr, "madoguchi: Temporal ended (%v); starting it again\n", err)
		if !s.rest(pause) {
			return
		}
		pause = min(2*pause, 5*time.Second)
		s.mu.Lock()
		s.restarts++
		s.mu.Unlock()
	}
}

// portTaken reports whether a child ended because it could not listen. Only the
// end of what it wrote is known: the place in the server where it gave up.
func portTaken(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "address already in use") || strings.Contains(err.Error(), "createGRPCListener"))
}

// rest waits out a pause and any Down; it returns false when Stop was called.
func (s *Server) rest(pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.stop:
		return false
	}
	for {
		s.mu.Lock()
		held, changed := s.held, s.changed
		s.mu.Unlock()
		if !held {
			return true
		}
		select {
		case <-changed:
		case <-s.stop:
			return false
		}
	}
}

func (s *Server) stopping() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// runOnce runs one child from start to end. It calls ready when the child says
// so, and returns why the child ended.
func (s *Server) runOnce(ready func()) error {
	port := s.opts.Port
	if s.address != "" { // a restart: clients know this port
		_, p, err := net.SplitHostPort(s.address)
		if err != nil {
			return err
		}
		if port, err = strconv.Atoi(p); err != nil {
			return err
		}
	}
	last := &lastLine{to: s.opts.Stderr}
	cmd := exec.Command(s.opts.Bin,
		"-db", filepath.Join(s.opts.DataDir, "temporal.db"), "-ip", "127.0.0.1", "-port", strconv.Itoa(port), "-parent-death")
	cmd.Stderr = last
	cmd.SysProcAttr = childAttributes()
	cmd.WaitDelay = 2 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("Temporal's program does not start: %w", err)
	}
	s.mu.Lock()
	s.process = cmd.Process
	s.tell()
	if s.held { // Down came between two children
		_ = cmd.Process.Kill()
	}
	s.mu.Unlock()

	address := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if a, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				address <- a
			}
		}
	}()
	stop, kill := s.stop, (<-chan time.Time)(nil)
	for running := true; running; {
		select {
		case a := <-address:
			if s.address == "" {
				s.address = a
			}
			s.mu.Lock()
			s.ready = !s.held
			s.tell()
			s.mu.Unlock()
			ready()
		case <-read:
			running = false
		case <-stop:
			stop = nil
			_ = cmd.Process.Signal(syscall.SIGTERM)
			kill = time.After(stopPatience)
		case <-kill:
			_ = cmd.Process.Kill()
		}
	}
	err = cmd.Wait()
	s.mu.Lock()
	s.process, s.ready = nil, false
	s.tell()
	s.mu.Unlock()
	if line := last.text(); err != nil && line != "" {
		return fmt.Errorf("%w: %s", err, line)
	}
	if err == nil {
		err = errors.New("it stopped by itself")
	}
	return err
}

// ignoreFinished drops the error of killing what has just ended by itself.
func ignoreFinished(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// lastLine passes the child's log on and remembers its last line, which says
// why a start failed.
type lastLine struct {
	to   io.Writer
	mu   sync.Mutex
	tail []byte
}

func (l *lastLine) Write(p []byte) (int, error) {
	l.mu.Lock()
	l.tail = append(l.tail, p...)
	if over := len(l.tail) - 4096; over > 0 {
		l.tail = l.tail[over:]
	}
	l.mu.Unlock()
	return l.to.Write(p)
}

func (l *lastLine) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(l.tail)), "\n")
	return lines[len(lines)-1]
}
