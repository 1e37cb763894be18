// Package post sends mails over SMTP. A mail of this house is a pointer to a
// page: plain text, a neutral subject, no kind of request and no content.
//
// What the mail server says may name the recipient, so that nothing of it
// leaves this package but one of three codes.
package post

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"

	"madoguchi/dsr"
	"madoguchi/worker"
)

// Codes of mails that were not sent.
const (
	CodeLater   = "mail.later"   // the server said: not now (4xx); Unavailable
	CodeRefused = "mail.refused" // the server, or our own check, said: never (5xx); Invalid
	CodeAway    = "mail.away"    // the server cannot be reached; Unavailable
)

// TLS is how a connection to the mail server is secured.
type TLS string

// The ways: none is for a server on this machine only.
const (
	TLSNone     TLS = "none"
	TLSStart    TLS = "starttls" // required; a server without it gets no mail
	TLSImplicit TLS = "implicit"
)

// Options name the mail server. Address is the sender's, one for the house;
// the organisation's name is the display name.
type Options struct {
	Host     string
	Port     int
	TLS      TLS
	Username string // "" for none
	Password string
	Address  string
	Helo     string // "" for "localhost": the host's own name stays inside
}

// Post sends mails, one connection each: mails are few, and a connection that
// failed cannot spoil the next mail.
type Post struct{ o Options }

var _ worker.Post = (*Post)(nil)

// patience is for every step of a conversation with the server.
const patience = 15 * time.Second

// New checks the options without connecting.
func New(o Options) (*Post, error) {
	if o.Helo == "" {
		o.Helo = "localhost"
	}
	p := &Post{o: o}
	if _, err := p.client(); err != nil {
		return nil, fmt.Errorf("mail server %s:%d: %w", o.Host, o.Port, err)
	}
	if err := mail.NewMsg().From(o.Address); err != nil {
		return nil, fmt.Errorf("mail address of the house: %w", err)
	}
	return p, nil
}

func (p *Post) client() (*mail.Client, error) {
	options := []mail.Option{mail.WithPort(p.o.Port), mail.WithTimeout(patience), mail.WithHELO(p.o.Helo), mail.WithoutNoop()}
	switch p.o.TLS {
	case TLSNone:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case TLSStart:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case TLSImplicit:
		options = append(options, mail.WithSSL())
	default:
		return nil, fmt.Errorf("%q is neither none, starttls nor implicit", p.o.TLS)
	}
	if p.o.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(p.o.Username), mail.WithPassword(p.o.Password))
	}
	return mail.NewClient(p.o.Host, options...)
}

// Send sends one mail. Unavailable for "try again", Invalid for "never".
func (p *Post) Send(ctx context.Context, o worker.Outgoing) error {
	m, err := p.message(o)
	if err != nil {
		return err
	}
	c, err := p.client()
	if err != nil {
		return dsr.Errorf(dsr.Unavailable, CodeAway, "%T", err)
	}
	if err := c.DialWithContext(ctx); err != nil {
		var said *textproto.Error
		if errors.As(err, &said) { // it is there, and does not talk to us: no fault of this mail
			return dsr.Errorf(dsr.Unavailable, CodeLater, "greeting %d", said.Code)
		}
		return dsr.Errorf(dsr.Unavailable, CodeAway, "%T", err)
	}
	// Once the server has accepted the mail a failed goodbye changes nothing.
	defer func() { _ = c.Close() }()
	return fault(c.Send(m))
}

// fault reads what the server said to the mail.
func fault(err error) error {
	if err == nil {
		return nil
	}
	var failed *mail.SendError
	if !errors.As(err, &failed) {
		return dsr.Errorf(dsr.Unavailable, CodeAway, "%T", err)
	}
	switch code := failed.ErrorCode(); {
	case code >= 500:
		return dsr.Errorf(dsr.Invalid, CodeRefused, "answer %d", code)
	case code >= 400:
		return dsr.Errorf(dsr.Unavailable, CodeLater, "answer %d", code)
	}
	return dsr.Errorf(dsr.Unavailable, CodeAway, "reason %d", failed.Reason)
}

// message makes a plain mail. Auto-Submitted keeps holiday replies away
// (RFC 3834), and the Message-ID is the notice's own, so that a second send is
// the same mail to whoever receives both.
func (p *Post) message(o worker.Outgoing) (*mail.Msg, error) {
	for _, header := range []string{o.To, o.From, o.Subject, o.MessageID, string(o.Voice)} {
		if strings.ContainsFunc(header, unicode.IsControl) {
			return nil, dsr.Errorf(dsr.Invalid, CodeRefused, "control sign in a header")
		}
	}
	m := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingB64), mail.WithNoDefaultUserAgent())
	if err := m.FromFormat(o.From, p.o.Address); err != nil {
		return nil, dsr.Errorf(dsr.Invalid, CodeRefused, "sender")
	}
	if err := m.To(o.To); err != nil {
		return nil, dsr.Errorf(dsr.Invalid, CodeRefused, "recipient")
	}
	m.Subject(o.Subject)
	m.SetMessageIDWithValue(strings.Trim(o.MessageID, "<>"))
	m.SetDate()
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("Content-Language", string(o.Voice.Letter()))
	m.SetBodyString(mail.TypeTextPlain, o.Text)
	return m, nil
}
