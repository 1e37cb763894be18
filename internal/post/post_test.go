package post_test

import (
	"encoding/base64"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"madoguchi/dsr"
	"madoguchi/internal/post"
	"madoguchi/worker"
)

// sink is a real SMTP server that keeps what it gets, or answers with an error.
type sink struct {
	mu    sync.Mutex
	mails []string
	to    []string
	say   *smtp.SMTPError // at RCPT
	data  *smtp.SMTPError // at DATA
}

func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{s}, nil }

type session struct{ *sink }

func (s *session) Reset()                               {}
func (s *session) Logout() error                        { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.say != nil {
		return s.say
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if s.data != nil {
		return s.data
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, string(text))
	return err
}

// open starts a sink on a free port and a post that sends to it.
func open(t *testing.T, s *sink) *post.Post {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(s)
	server.Domain = "localhost"
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return at(t, listener.Addr().(*net.TCPAddr).Port)
}

func at(t *testing.T, port int) *post.Post {
	t.Helper()
	p, err := post.New(post.Options{Host: "127.0.0.1", Port: port, TLS: post.TLSNone, Address: "counter@madoguchi.test"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var pointer = worker.Outgoing{
	Notice: "n-1", To: "an@example.test", From: "泉佐野センター", Subject: "[M-ABCD-EFGH] 泉佐野センター",
	Text: "Có thư mới cho bạn.\nhttps://example.test/m\n", MessageID: "<n-1@madoguchi>", Voice: dsr.VoiceVi,
}

func TestAMailIsPlainAndSaysThatAMachineSentIt(t *testing.T) {
	s := &sink{}
	p := open(t, s)
	for range 2 { // a second send is the same mail
		if err := p.Send(t.Context(), pointer); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.mails) != 2 || s.to[0] != pointer.To {
		t.Fatalf("%d mails to %v", len(s.mails), s.to)
	}
	for _, text := range s.mails {
		m, err := mail.ReadMessage(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for header, want := range map[string]string{"Message-Id": "<n-1@madoguchi>", "Auto-Submitted": "auto-generated",
			"Content-Type": "text/plain; charset=UTF-8", "Content-Language": "vi"} {
			if got := m.Header.Get(header); got != want {
				t.Errorf("%s: %q, want %q", header, got, want)
			}
		}
		for _, header := range []string{"User-Agent", "X-Mailer"} {
			if m.Header.Get(header) != "" {
				t.Errorf("%s tells what we run", header)
			}
		}
		body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
		if err != nil || strings.ReplaceAll(string(body), "\r\n", "\n") != pointer.Text {
			t.Errorf("body %q %v", body, err)
		}
	}
}

func TestWhatTheServerSaysBecomesACodeWithoutAnAddress(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().(*net.TCPAddr).Port
	_ = closed.Close()
	for name, c := range map[string]struct {
		p     *post.Post
		fault dsr.Fault
		code  string
	}{
		"never":         {open(t, &sink{say: &smtp.SMTPError{Code: 550, Message: "no mailbox an@example.test"}}), dsr.Invalid, post.CodeRefused},
		"never, late":   {open(t, &sink{data: &smtp.SMTPError{Code: 554, Message: "no an@example.test"}}), dsr.Invalid, post.CodeRefused},
		"not now":       {open(t, &sink{say: &smtp.SMTPError{Code: 451, Message: "later, an@example.test"}}), dsr.Unavailable, post.CodeLater},
		"not now, late": {open(t, &sink{data: &smtp.SMTPError{Code: 452, Message: "full"}}), dsr.Unavailable, post.CodeLater},
		"nobody there":  {at(t, nobody), dsr.Unavailable, post.CodeAway},
	} {
		err := c.p.Send(t.Context(), pointer)
		if dsr.FaultOf(err) != c.fault || dsr.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s %s", name, err, c.fault, c.code)
		}
		if err != nil && strings.Contains(err.Error(), "example") {
			t.Errorf("%s: the error names the recipient: %v", name, err)
		}
	}
}

func TestNobodySmugglesAHeader(t *testing.T) {
	s := &sink{}
	p := open(t, s)
	for name, change := range map[string]func(*worker.Outgoing){
		"subject":    func(o *worker.Outgoing) { o.Subject = "x\r\nBcc: all@example.test" },
		"recipient":  func(o *worker.Outgoing) { o.To = "an@example.test\r\nBcc: all@example.test" },
		"recipients": func(o *worker.Outgoing) { o.To = "an@example.test, all@example.test" },
		"sender":     func(o *worker.Outgoing) { o.From = "x\nBcc: all@example.test" },
		"message ID": func(o *worker.Outgoing) { o.MessageID = "<1>\nBcc: all@example.test" },
		"voice":      func(o *worker.Outgoing) { o.Voice = "vi\nBcc: all@example.test" },
	} {
		o := pointer
		change(&o)
		if err := p.Send(t.Context(), o); dsr.CodeOf(err) != post.CodeRefused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(s.mails) != 0 {
		t.Errorf("%d mails went out", len(s.mails))
	}
}
