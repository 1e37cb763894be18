package canary

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/url"
	"strings"

	"archive/zip"

	"golang.org/x/text/unicode/norm"
)

// form is a way in which a value may lie in a sink.
type form struct {
	name  string
	plant func(value string) []byte
}

// forms are all that the scanner promises to find, beside a value as it is.
var forms = []form{
	{"utf-8", func(v string) []byte { return []byte(v) }},
	{"lower", func(v string) []byte { return []byte(strings.ToLower(v)) }},
	{"upper", func(v string) []byte { return []byte(strings.ToUpper(v)) }},
	{"nfc", func(v string) []byte { return norm.NFC.Bytes([]byte(v)) }},
	{"nfd", func(v string) []byte { return norm.NFD.Bytes([]byte(v)) }},
	{"utf-16le", func(v string) []byte { return wide(v, binary.LittleEndian) }},
	{"utf-16be", func(v string) []byte { return wide(v, binary.BigEndian) }},
	{"hex lower", func(v string) []byte { return []byte(hex.EncodeToString([]byte(v))) }},
	{"hex upper", func(v string) []byte { return []byte(strings.ToUpper(hex.EncodeToString([]byte(v)))) }},
	{"base64 at 0", func(v string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte(v))) }},
	{"base64 at 1", func(v string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte("\xfb" + v + "."))) }},
	{"base64 at 2", func(v string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte("\xff\xfe" + v + ".."))) }},
	{"base64url at 0", func(v string) []byte { return []byte(base64.RawURLEncoding.EncodeToString([]byte(v))) }},
	{"base64url at 1", func(v string) []byte { return []byte(base64.RawURLEncoding.EncodeToString([]byte("\xfb" + v + "."))) }},
	{"base64url at 2", func(v string) []byte {
		return []byte(base64.RawURLEncoding.EncodeToString([]byte("\xff\xfe" + v + "..")))
	}},
	{"base64 in lines", func(v string) []byte {
		text := base64.StdEncoding.EncodeToString([]byte("before it stands " + v + ", and something behind it"))
		return []byte("Content-Transfer-Encoding: base64\r\n\r\n" + wrapped(text, 16) + "\r\n")
	}},
	{"hex in lines", func(v string) []byte { return []byte(wrapped(hex.EncodeToString([]byte("before "+v+" behind")), 16)) }},
	{"percent", func(v string) []byte { return []byte(url.PathEscape(v)) }},
	{"percent, every byte", func(v string) []byte { return everyByte(v, "%%%02x") }},
	{"form", func(v string) []byte { return []byte(url.QueryEscape(v)) }},
	{"quoted-printable", func(v string) []byte {
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		io.WriteString(w, strings.Repeat("é", 10)+v)
		w.Close()
		return b.Bytes()
	}},
	{"json", func(v string) []byte { return everyUnit(v, `\u%04x`) }},
	{"json, upper digits", func(v string) []byte { return everyUnit(v, `\u%04X`) }},
	{"json within json", func(v string) []byte { return everyUnit(v, `\\u%04x`) }},
	{"go string", func(v string) []byte { return []byte(fmt.Sprintf("%+q", v)) }},
	{"octal", func(v string) []byte { return everyByte(v, `\%03o`) }},
	{"html, decimal", func(v string) []byte { return everyRune(v, "&#%d;") }},
	{"html, hexadecimal", func(v string) []byte { return everyRune(v, "&#x%x;") }},
	{"html, named", func(v string) []byte { return []byte("&eacute;&amp;" + strings.ReplaceAll(v, "@", "&commat;")) }},
	{"mime word, b", func(v string) []byte { return []byte("Subject: " + mime.BEncoding.Encode("utf-8", "é "+v)) }},
	{"mime word, q", func(v string) []byte { return []byte("Subject: " + mime.QEncoding.Encode("utf-8", "é "+v)) }},
	{"broken line", func(v string) []byte { return []byte(v[:3] + "\r\n" + v[3:]) }},
	{"folded line", func(v string) []byte { return []byte(strings.Replace(v, " ", "\r\n ", 1)) }},
	{"gzip", func(v string) []byte { return packed(v, gzipWriter) }},
	{"zlib", func(v string) []byte { return packed(v, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }) }},
	{"zip", func(v string) []byte { return zipped(filler + v + filler) }},
	{"zip within zip", func(v string) []byte { return zipped(string(zipped(filler + v + filler))) }},
	{"gzip in base64 in json", func(v string) []byte {
		member := packed(v, gzipWriter)
		return []byte(`{"payloads":[{"data":"` + base64.StdEncoding.EncodeToString(member) + `"}]}`)
	}},
	{"gzip in hex", func(v string) []byte {
		return []byte(`\x` + hex.EncodeToString(packed(v, gzipWriter)))
	}},
}

// Forms names every form that Plant knows.
func Forms() []string {
	names := make([]string, len(forms))
	for i, f := range forms {
		names[i] = f.name
	}
	return names
}

// Plant returns the value in a form, for tests that plant a leak and want to see it found. An unknown form panics:
// a plant that plants nothing must not pass.
func Plant(name, value string) []byte {
	for _, f := range forms {
		if f.name == name {
			return f.plant(value)
		}
	}
	panic("canary: there is no form " + name)
}

// filler keeps a compressor from storing a short text as it is.
const filler = "the same words again and again, the same words again and again, "

// gzipWriter is gzip.NewWriter with the type that packed wants.
func gzipWriter(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

// packed compresses the value between words that make compression worth while. A buffer never fails to take it.
func packed(value string, pack func(io.Writer) io.WriteCloser) []byte {
	var b bytes.Buffer
	w := pack(&b)
	io.WriteString(w, filler+value+filler)
	w.Close()
	return b.Bytes()
}

// deflated is raw, as a body with no header of its own.
func deflated(value string) []byte {
	return packed(value, func(w io.Writer) io.WriteCloser {
		f, _ := flate.NewWriter(w, flate.BestCompression) // the level is one that exists
		return f
	})
}

// zipped is an archive with one member.
func zipped(text string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	member, _ := w.Create("answer.txt") // a buffer takes everything
	io.WriteString(member, text)
	w.Close()
	return b.Bytes()
}

// everyByte writes each byte of the value in a form.
func everyByte(v, form string) []byte {
	var b bytes.Buffer
	for _, c := range []byte(v) {
		fmt.Fprintf(&b, form, c)
	}
	return b.Bytes()
}

// everyRune writes each letter of the value in a form.
func everyRune(v, form string) []byte {
	var b bytes.Buffer
	for _, r := range v {
		fmt.Fprintf(&b, form, r)
	}
	return b.Bytes()
}

// everyUnit writes each unit of UTF-16 in a form: letters beyond the first plane take two.
func everyUnit(v, form string) []byte {
	var b bytes.Buffer
	units := wide(v, binary.BigEndian)
	for i := 0; i < len(units); i += 2 {
		fmt.Fprintf(&b, form, binary.BigEndian.Uint16(units[i:]))
	}
	return b.Bytes()
}

// wrapped breaks a text into lines, as mail does.
func wrapped(text string, width int) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(text[:width] + "\r\n")
		text = text[width:]
	}
	return b.String() + text
}
