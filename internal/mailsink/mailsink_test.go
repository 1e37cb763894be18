package mailsink

import (
	"bytes"
	"errors"
	"io"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"
)

func begin(t *testing.T) *Sink {
	t.Helper()
	s := &Sink{Dir: filepath.Join(t.TempDir(), "mail")}
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func send(s *Sink, content string) error {
	return smtp.SendMail(s.Addr(), nil, "desk@example.jp", []string{"hana@example.jp", "taro@example.jp"}, []byte(content))
}

func only(t *testing.T, s *Sink) Mail {
	t.Helper()
	mails, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	if len(mails) != 1 {
		t.Fatalf("%d mails, want 1", len(mails))
	}
	return mails[0]
}

const plain = "Message-ID: <1@example.jp>\r\nSubject: =?utf-8?B?56qT5Y+j?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHai dòng.\r\n.một dấu chấm\r\n"

func TestAMailIsKeptAsItCame(t *testing.T) {
	s := begin(t)
	before := time.Now().Add(-time.Second)
	if err := send(s, plain); err != nil {
		t.Fatal(err)
	}
	m := only(t, s)
	if m.Subject != "窓口" || m.MessageID != "<1@example.jp>" || m.From != "desk@example.jp" ||
		strings.Join(m.To, "|") != "hana@example.jp|taro@example.jp" || m.Text != "Hai dòng.\r\n.một dấu chấm\r\n" {
		t.Errorf("%+v", m)
	}
	if m.At.Before(before) || m.At.After(time.Now().Add(time.Second)) || m.At.Location() != time.UTC {
		t.Errorf("came at %s", m.At)
	}
	raw, err := s.Raw(m.ID)
	if err != nil || !bytes.HasSuffix(raw, []byte(plain)) {
		t.Errorf("the bytes changed: %q, %v", raw, err)
	}
	// A reader that starts later sees it too: the folder is the mailbox.
	if again := only(t, &Sink{Dir: s.Dir}); again.ID != m.ID {
		t.Errorf("%s, want %s", again.ID, m.ID)
	}
}

func TestTextAndPageOfOneMailAreToldApart(t *testing.T) {
	s := begin(t)
	msg := gomail.NewMsg()
	if err := errors.Join(msg.From("desk@example.jp"), msg.To("hana@example.jp")); err != nil {
		t.Fatal(err)
	}
	msg.Subject("[M-1234-5678] ベトナム語 tiếng Việt")
	msg.SetMessageIDWithValue("same@example.jp")
	msg.SetBodyString(gomail.TypeTextPlain, "Xin chào = こんにちは")
	msg.AddAlternativeString(gomail.TypeTextHTML, "<p>Xin chào</p>")
	if err := msg.AttachReader("a.bin", strings.NewReader("\x00\x01")); err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(s.Addr(), ":")
	var n int
	for _, d := range port {
		n = n*10 + int(d-'0')
	}
	c, err := gomail.NewClient(host, gomail.WithPort(n), gomail.WithTLSPolicy(gomail.NoTLS))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.DialAndSend(msg); err != nil {
		t.Fatal(err)
	}
	m := only(t, s)
	if m.Subject != "[M-1234-5678] ベトナム語 tiếng Việt" || m.Text != "Xin chào = こんにちは" || m.HTML != "<p>Xin chào</p>" ||
		m.Parts != 1 || m.MessageID != "<same@example.jp>" {
		t.Errorf("%+v", m)
	}
}

func TestAnOlderJapaneseCharsetIsRead(t *testing.T) {
	m := parse("x", []byte("Subject: =?ISO-2022-JP?B?GyRCQWs4fRsoQg==?=\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$BAk8}\x1b(B"))
	if m.Subject != "窓口" || m.Text != "窓口" {
		t.Errorf("%+v", m)
	}
}

func TestMailsAreListedNewestFirst(t *testing.T) {
	s := begin(t)
	s.Now = func() time.Time { return time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC) } // all in one instant
	for _, n := range []string{"1", "2", "3"} {
		if err := send(s, "Subject: "+n+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	mails, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	var got string
	for _, m := range mails {
		got += m.Subject
	}
	if got != "321" {
		t.Errorf("order %s, want 321", got)
	}
}

func TestAFaultRefusesWithItsCodeAtItsStepAndOnlyAsOftenAsSaid(t *testing.T) {
	s := begin(t)
	for _, f := range []Fault{
		{Refuse: 421, At: Greeting, Times: 1},
		{Refuse: 450, Times: 1},
		{Refuse: 550, At: Sender, Times: 1},
		{Refuse: 552, At: Content, Times: 1},
	} {
		s.Fault(f)
		err := send(s, plain)
		var answer *textproto.Error
		if !errors.As(err, &answer) || answer.Code != f.Refuse {
			t.Errorf("at %q: got %v, want code %d", f.At, err, f.Refuse)
		}
	}
	if mails, _ := s.List(); len(mails) != 0 {
		t.Errorf("%d refused mails were kept", len(mails))
	}
	if err := send(s, plain); err != nil { // the last fault is used up
		t.Error(err)
	}
	if c := s.Counts(); c.Refused != 5 /* EHLO and HELO */ || c.Kept != 1 || c.Sessions < 5 {
		t.Errorf("%+v", c)
	}
}

func TestABrokenConnectionLeavesTheMailOrNotAsSaid(t *testing.T) {
	for drop, want := range map[Drop]int{DropBeforeStoring: 0, DropAfterData: 1} {
		s := begin(t)
		s.Fault(Fault{Drop: drop, Times: 1})
		if err := send(s, plain); !errors.Is(err, io.EOF) && !strings.Contains(errString(err), "reset") {
			t.Errorf("%s: the sender heard %v, want a broken connection", drop, err)
		}
		if mails, _ := s.List(); len(mails) != want {
			t.Errorf("%s: %d mails, want %d", drop, len(mails), want)
		}
	}
}

func errString(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestATarpitIsSlowAndStopDoesNotWaitForIt(t *testing.T) {
	s := &Sink{Dir: t.TempDir()}
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.Fault(Fault{Delay: time.Hour})
	sent := make(chan error, 1)
	go func() { sent <- send(s, plain) }()
	for s.Counts().Sessions == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	select {
	case err := <-sent:
		t.Fatalf("the tarpit answered: %v", err)
	default:
	}
	s.Stop()
	select {
	case err := <-sent:
		if err == nil {
			t.Error("a mail was accepted by a stopped sink")
		}
	case <-time.After(10 * time.Second):
		t.Error("the sender still waits")
	}
}

func TestAHalfWrittenMailIsNeverListed(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "20260401T000000000000-00000001-abcdef01.part")
	if err := os.WriteFile(left, []byte("Subj"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Sink{Dir: dir}
	if mails, err := s.List(); err != nil || len(mails) != 0 {
		t.Errorf("%v, %v", mails, err)
	}
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	if _, err := os.Stat(left); err == nil {
		t.Error("what a kill left is still there after the next start")
	}
}

func TestOnlyOurOwnNamesOpenAFile(t *testing.T) {
	s := begin(t)
	outside := filepath.Join(filepath.Dir(s.Dir), "secret.eml")
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"../secret", "", "secret", "20260401T000000000000-/../../secret", "20260401T000000000000-00000001-00000000"} {
		if _, err := s.Get(id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v, want not found", id, err)
		}
	}
}

func TestItListensOnLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "localhost:0", "192.0.2.1:25", "x"} {
		s := &Sink{Dir: t.TempDir()}
		if err := s.Start(addr); err == nil {
			s.Stop()
			t.Errorf("it listens on %s", addr)
		}
	}
}
