// Package mailsink is a real SMTP server that accepts every mail and delivers
// none: it keeps them as files, for the mailbox page of `madoguchi up` and for
// tests. It listens on loopback only, so that a demonstration can neither send
// mail to anybody nor be used to send any. Faults can be switched on: refusal,
// slowness, and the connection that breaks before the answer.
package mailsink

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// maxBytes bounds one mail; ours are pointers of a few kilobytes.
const maxBytes = 1 << 20

// ErrNotFound says that there is no mail with this ID.
var ErrNotFound = errors.New("there is no such mail")

// Sink keeps mails in a folder. Set Dir, then Start; List and Get also work on
// a folder that nothing writes to.
type Sink struct {
	Dir string           // made when it is not there; one .eml file for each mail
	Now func() time.Time // when a mail came; nil is time.Now

	server   *smtp.Server
	listener net.Listener
	stop     chan struct{}
	done     chan struct{}

	mu     sync.Mutex
	fault  Fault
	counts Counts
	serial uint64
	// greeted remembers refused greetings: a client that is refused EHLO tries
	// HELO on the same connection, which is not another session.
	greeted map[*smtp.Conn]Fault
}

// Step is the point of a session at which a fault strikes.
type Step string

// Steps of a session. A refused greeting is answered to HELO or EHLO.
const (
	Greeting  Step = "greeting"
	Sender    Step = "sender"
	Recipient Step = "recipient"
	Content   Step = "content" // after the whole mail was read
)

// Drop is a connection that breaks while a mail is handed over.
type Drop string

// The two ways to break. After DropAfterData the mail is kept but the sender
// was never told: a sender that tries again must use the same Message-ID.
const (
	DropBeforeStoring Drop = "before-storing"
	DropAfterData     Drop = "after-data"
)

// Fault is what goes wrong from now on. The zero value is nothing.
type Fault struct {
	Refuse int           // SMTP code such as 421, 450 or 550; 0 refuses nothing
	At     Step          // where it is refused; empty is Recipient
	Delay  time.Duration // waited at every step (a tarpit)
	Drop   Drop          // break the connection at the mail's end
	Times  int           // sessions that are struck; 0 is until the next call of Fault
}

// Counts say what happened since Start.
type Counts struct {
	Sessions int // greetings
	Kept     int // mails stored
	Refused  int // steps answered with a fault's code
	Dropped  int // connections broken on purpose
}

// Start listens on a loopback address such as 127.0.0.1:0 and returns at once.
func (s *Sink) Start(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s is not a loopback address; the mail sink takes mail from its own machine only", addr)
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	// Left by a kill while a mail came in; its sender was never told "accepted".
	parts, err := filepath.Glob(filepath.Join(s.Dir, "*.part"))
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := os.Remove(p); err != nil {
			return err
		}
	}
	if s.listener, err = net.Listen("tcp", addr); err != nil {
		return err
	}
	s.stop, s.done = make(chan struct{}), make(chan struct{})
	s.server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.server.Domain = "mailsink.invalid"
	s.server.MaxMessageBytes = maxBytes
	s.server.MaxRecipients = 10
	s.server.ReadTimeout = time.Minute
	s.server.WriteTimeout = time.Minute
	s.server.EnableSMTPUTF8 = true
	s.server.ErrorLog = log.New(io.Discard, "", 0) // its lines may quote addresses
	go func() {
		defer close(s.done)
		_ = s.server.Serve(s.listener)
	}()
	return nil
}

// Addr is where it listens, host:port.
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// Stop closes the listener and every connection.
func (s *Sink) Stop() {
	close(s.stop)
	_ = s.server.Close()
	_ = s.listener.Close() // Close knows the listener only once Serve has begun
	<-s.done
}

// Fault switches a fault on, or off with the zero value.
func (s *Sink) Fault(f Fault) {
	if f.At == "" {
		f.At = Recipient
	}
	if f.Times == 0 {
		f.Times = -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Counts returns what happened since Start.
func (s *Sink) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// List returns all mails, the newest first.
func (s *Sink) List() ([]Mail, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var mails []Mail
	for _, e := range slices.Backward(entries) { // names begin with the time
		id, ok := strings.CutSuffix(e.Name(), ".eml")
		if !ok {
			continue
		}
		m, err := s.Get(id)
		if errors.Is(err, ErrNotFound) { // removed while we looked
			continue
		}
		if err != nil {
			return nil, err
		}
		mails = append(mails, m)
	}
	return mails, nil
}

// Get returns one mail, or ErrNotFound.
func (s *Sink) Get(id string) (Mail, error) {
	raw, err := s.Raw(id)
	if err != nil {
		return Mail{}, err
	}
	return parse(id, raw), nil
}

// Raw returns the bytes of one mail as they came, after our two header lines
// with the envelope; or ErrNotFound.
func (s *Sink) Raw(id string) ([]byte, error) {
	// IDs come from addresses of pages: nothing but our own names opens a file.
	if _, ok := timeOf(id); !ok || strings.ContainsAny(id, `/\.`) {
		return nil, ErrNotFound
	}
	raw, err := os.ReadFile(filepath.Join(s.Dir, id+".eml"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return raw, err
}

// idTime is the part of an ID that says when the mail came, UTC, to the
// microsecond; a serial number keeps mails of one microsecond in order.
const idTime = "20060102T150405"

func (s *Sink) newID() (string, error) {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	var tail [4]byte
	if _, err := rand.Read(tail[:]); err != nil {
		return "", err
	}
	at := now().UTC()
	s.mu.Lock()
	s.serial++
	n := s.serial
	s.mu.Unlock()
	return fmt.Sprintf("%s%06d-%08d-%s", at.Format(idTime), at.Nanosecond()/1000, n%1e8, hex.EncodeToString(tail[:])), nil
}

func timeOf(id string) (time.Time, bool) {
	stamp, _, _ := strings.Cut(id, "-")
	if len(stamp) != len(idTime)+6 {
		return time.Time{}, false
	}
	at, err := time.Parse(idTime+".000000", stamp[:len(idTime)]+"."+stamp[len(idTime):])
	return at, err == nil
}

// keep stores a mail under its final name only when all of it is on the disk.
func (s *Sink) keep(from string, to []string, content []byte) error {
	id, err := s.newID()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", from)
	fmt.Fprintf(&b, "Delivered-To: %s\r\n", strings.Join(to, ", "))
	b.Write(content)
	part := filepath.Join(s.Dir, id+".part")
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(part, filepath.Join(s.Dir, id+".eml"))
	}
	if err != nil {
		_ = os.Remove(part)
		return err
	}
	s.mu.Lock()
	s.counts.Kept++
	s.mu.Unlock()
	return nil
}
