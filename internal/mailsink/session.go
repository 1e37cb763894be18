package mailsink

import (
	"errors"
	"io"
	"time"

	"github.com/emersion/go-smtp"
)

// session is one connection. It takes the fault that is set when it begins, so
// that a fault for n sessions strikes n of them as a whole.
type session struct {
	sink  *Sink
	conn  *smtp.Conn
	fault Fault
	from  string
	to    []string
}

func (s *Sink) session(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	f, again := s.greeted[c]
	if !again {
		s.counts.Sessions++
		f = s.fault
		if f.Times == 0 {
			f = Fault{}
		} else if f.Times > 0 {
			s.fault.Times--
		}
		if f.Refuse != 0 && f.At == Greeting {
			if s.greeted == nil {
				s.greeted = map[*smtp.Conn]Fault{}
			}
			s.greeted[c] = f
		}
	}
	s.mu.Unlock()
	one := &session{sink: s, conn: c, fault: f}
	return one, one.strike(Greeting)
}

// strike waits as long as the fault says, then returns its refusal if this is
// the step.
func (s *session) strike(at Step) error {
	if s.fault.Delay > 0 {
		timer := time.NewTimer(s.fault.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.sink.stop:
			return errors.New("stopped")
		}
	}
	if s.fault.Refuse == 0 || s.fault.At != at {
		return nil
	}
	s.sink.mu.Lock()
	s.sink.counts.Refused++
	s.sink.mu.Unlock()
	class := s.fault.Refuse / 100
	return &smtp.SMTPError{Code: s.fault.Refuse, EnhancedCode: smtp.EnhancedCode{class, 0, 0}, Message: "refused on purpose"}
}

// Mail takes the envelope's sender.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return s.strike(Sender)
}

// Rcpt takes one recipient of the envelope.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.strike(Recipient); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the mail.
func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.strike(Content); err != nil {
		return err
	}
	if s.fault.Drop == DropBeforeStoring {
		return s.drop()
	}
	if err := s.sink.keep(s.from, s.to, content); err != nil {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "the mail could not be stored"}
	}
	if s.fault.Drop == DropAfterData {
		return s.drop()
	}
	return nil
}

// drop breaks the connection without an answer.
func (s *session) drop() error {
	s.sink.mu.Lock()
	s.sink.counts.Dropped++
	s.sink.mu.Unlock()
	_ = s.conn.Conn().Close()
	return errors.New("dropped on purpose")
}

// Reset begins the next mail of the same connection.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout has nothing to let go.
func (s *session) Logout() error { return nil }
