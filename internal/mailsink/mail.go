package mailsink

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"golang.org/x/text/encoding/htmlindex"
)

// Mail is one kept mail, decoded.
type Mail struct {
	ID        string    // also its file's name, without .eml; sorts by time
	At        time.Time // when it came, UTC
	From      string    // the envelope's sender
	To        []string  // the envelope's recipients
	Subject   string
	MessageID string // with its angle brackets; the same for a mail sent twice
	Text      string // text/plain, decoded; the raw bytes of a mail that cannot be read
	HTML      string // text/html, decoded, as it came: not safe to show as a page
	Parts     int    // parts that are neither: attachments and pictures
}

// words decodes headers in any charset that browsers know, Japanese ones too.
var words = mime.WordDecoder{CharsetReader: charsetReader}

func charsetReader(charset string, in io.Reader) (io.Reader, error) {
	e, err := htmlindex.Get(charset)
	if err != nil {
		return nil, err
	}
	return e.NewDecoder().Reader(in), nil
}

// parse never fails: a mail that cannot be understood is shown as it is.
func parse(id string, raw []byte) Mail {
	at, _ := timeOf(id)
	m := Mail{ID: id, At: at}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		m.Text = string(raw)
		return m
	}
	m.From = strings.Trim(msg.Header.Get("Return-Path"), "<>")
	if to := msg.Header.Get("Delivered-To"); to != "" {
		m.To = strings.Split(to, ", ")
	}
	m.MessageID = msg.Header.Get("Message-Id")
	if m.Subject, err = words.DecodeHeader(msg.Header.Get("Subject")); err != nil {
		m.Subject = msg.Header.Get("Subject")
	}
	m.read(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), "", msg.Body, 0)
	return m
}

// read takes one part, or each part of a multipart.
func (m *Mail) read(contentType, encoding, disposition string, body io.Reader, depth int) {
	if contentType == "" {
		contentType = "text/plain"
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && depth < 5 {
		// NextRawPart: the transfer encoding is ours to decode, once.
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			m.read(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.Header.Get("Content-Disposition"), p, depth+1)
		}
	}
	if strings.HasPrefix(disposition, "attachment") || (kind != "text/plain" && kind != "text/html") {
		m.Parts++
		return
	}
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	if charset := params["charset"]; charset != "" {
		if r, err := charsetReader(charset, body); err == nil {
			body = r
		}
	}
	text, _ := io.ReadAll(body) // what can be decoded is shown
	if kind == "text/html" {
		m.HTML += string(text)
	} else {
		m.Text += string(text)
	}
}
