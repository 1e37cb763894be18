package canary

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"html"
	"io"
	"mime"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// layer is what a decoder made out of the bytes below it. It need not hold all of them: what has no escape in reach
// was searched before. marks lead back.
type layer struct {
	data  []byte
	marks []mark
}

// mark says that from data[at] on the layer comes from the byte at from below.
type mark struct{ at, from int }

// mark notes that what is appended next comes from the byte at from. Marks nearer than 64 bytes are left out: an
// offset is for finding the place, and a text full of escapes would need more memory for marks than for itself.
func (l *layer) mark(from int) {
	if n := len(l.marks); n > 0 && len(l.data)-l.marks[n-1].at < 64 && from >= l.marks[n-1].from && from-l.marks[n-1].from < 256 {
		return // near enough to the one before
	}
	l.marks = append(l.marks, mark{len(l.data), from})
}

// back says which byte below the one at a place of the layer came from, or one shortly before it.
func (l *layer) back(at int) int {
	i := sort.Search(len(l.marks), func(i int) bool { return l.marks[i].at > at })
	if i == 0 {
		return 0
	}
	return l.marks[i-1].from
}

// gap keeps two pieces of a layer from making a find between them.
var gap = []byte{0, 0xff, 0, 0xff}

// decoder makes a layer. A leaf's layer is searched and not decoded again.
type decoder struct {
	name   string
	leaf   bool
	decode func(s *search, data []byte) layer
}

// decoders is filled in init because search refers to it.
var decoders []decoder

// init lists the decoders from the outside in: containers, encodings, escapes, and lines last.
func init() {
	decoders = []decoder{
		{"gzip", false, inflater(gzipStarts)},
		{"zip", false, inflater(zipStarts)},
		{"zlib", false, inflater(zlibStarts)},
		{"base64", false, base64Layer},
		{"hex", false, hexLayer},
		{"json", false, escaped('\\', backslash, false)},
		{"percent", false, escaped('%', percent, false)},
		{"form", false, escaped('%', percent, true)},
		{"quoted-printable", false, escaped('=', quotedPrintable, false)},
		{"html", false, escaped('&', entity, false)},
		{"mime-word", false, mimeWords},
		{"unwrapped", true, unwrapped("")},
		{"unfolded", true, unwrapped(" ")},
	}
}

// search is one scan of one sink.
type search struct {
	index *index
	found []match
	times map[string]int
	flate io.ReadCloser
	left  int  // bytes that may still be inflated
	cut   bool // there was more
}

// listed is how many places of one canary in one form are listed for a sink.
const listed = 5

// scan finds the canaries in data and in whatever can be decoded from it. whole is false when there was more to
// decompress than largest, as in a bomb.
func (x *index) scan(data []byte) (found []match, whole bool) {
	s := &search{index: x, times: map[string]int{}, left: largest}
	s.walk(data, "", func(at int) int { return at }, 0)
	return s.found, !s.cut
}

// in says whether any canary is in a text.
func (x *index) in(text string) bool {
	found, _ := x.scan([]byte(text))
	return len(found) > 0
}

// walk looks through one layer and everything that can be decoded from it. path names the layers so far, back leads
// from a byte of this one to the sink.
func (s *search) walk(data []byte, path string, back func(int) int, depth int) {
	s.index.find(data, func(p *pattern, at int) {
		form := path + p.form
		key := strconv.Itoa(p.canary) + form
		if s.times[key]++; s.times[key] <= listed {
			s.found = append(s.found, match{p.canary, form, back(at)})
		}
	})
	if depth == deepest {
		return
	}
	for _, d := range decoders {
		l := d.decode(s, data)
		if len(l.data) == 0 {
			continue
		}
		below := depth + 1
		if d.leaf {
			below = deepest
		}
		s.walk(l.data, path+d.name+"/", func(at int) int { return back(l.back(at)) }, below)
	}
}

// escaped decodes what stands within a canary's length of an escape that begins with lead. one decodes the escape at
// the start of its argument, appends it, and says how many bytes it took; 0 when it is none. With plus, a plus between
// escapes is a space.
func escaped(lead byte, one func(b, out []byte) ([]byte, int), plus bool) func(*search, []byte) layer {
	return func(s *search, data []byte) layer {
		var l layer
		var room [64]byte
		reach := s.index.longest
		done := 0 // data before this was written, or is out of reach
		open := false
		literal := func(from, to int) {
			if from >= to {
				return
			}
			l.mark(from)
			at := len(l.data)
			l.data = append(l.data, data[from:to]...)
			if plus {
				spaces(l.data[at:])
			}
		}
		for i := 0; i < len(data); {
			step := bytes.IndexByte(data[i:], lead)
			if step < 0 {
				break
			}
			i += step
			out, n := one(data[i:], room[:0])
			if n == 0 {
				i++
				continue
			}
			if open && i-done > 2*reach {
				literal(done, done+reach)
				l.data = append(l.data, gap...)
				open = false
			}
			if !open {
				done = max(done, i-reach)
				open = true
			}
			literal(done, i)
			l.mark(i)
			l.data = append(l.data, out...)
			i += n
			done = i
		}
		if open {
			literal(done, min(len(data), done+reach))
		}
		return l
	}
}

// backslash decodes the escapes of JSON, Go, SQL's COPY and octal bytes.
func backslash(b, out []byte) ([]byte, int) {
	if len(b) < 2 {
		return nil, 0
	}
	switch c := b[1]; c {
	case 'u':
		r, ok := unhex(b, 2, 4)
		if !ok {
			return nil, 0
		}
		if utf16.IsSurrogate(rune(r)) && len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			if low, ok := unhex(b, 8, 4); ok {
				if whole := utf16.DecodeRune(rune(r), rune(low)); whole != utf8.RuneError {
					return utf8.AppendRune(out, whole), 12
				}
			}
		}
		return utf8.AppendRune(out, rune(r)), 6
	case 'U':
		if r, ok := unhex(b, 2, 8); ok {
			return utf8.AppendRune(out, rune(r)), 10
		}
		return nil, 0
	case 'x':
		if r, ok := unhex(b, 2, 2); ok {
			return append(out, byte(r)), 4
		}
		return nil, 0
	case 'n':
		return append(out, '\n'), 2
	case 'r':
		return append(out, '\r'), 2
	case 't':
		return append(out, '\t'), 2
	case '0', '1', '2', '3':
		if len(b) >= 4 && b[2] >= '0' && b[2] <= '7' && b[3] >= '0' && b[3] <= '7' {
			return append(out, (c-'0')<<6|(b[2]-'0')<<3|(b[3]-'0')), 4
		}
		return nil, 0
	default:
		if c < 0x20 || c >= 0x7f {
			return nil, 0
		}
		return append(out, c), 2
	}
}

// percent decodes %C3.
func percent(b, out []byte) ([]byte, int) {
	if r, ok := unhex(b, 1, 2); ok {
		return append(out, byte(r)), 3
	}
	return nil, 0
}

// spaces turns each plus into a space, as the body of a form means it.
func spaces(b []byte) {
	for i, c := range b {
		if c == '+' {
			b[i] = ' '
		}
	}
}

// quotedPrintable decodes =C3 and the soft end of a line.
func quotedPrintable(b, out []byte) ([]byte, int) {
	if r, ok := unhex(b, 1, 2); ok {
		return append(out, byte(r)), 3
	}
	if bytes.HasPrefix(b, []byte("=\r\n")) {
		return out, 3
	}
	if bytes.HasPrefix(b, []byte("=\n")) {
		return out, 2
	}
	return nil, 0
}

// entity decodes one HTML entity, by name or by number.
func entity(b, out []byte) ([]byte, int) {
	end := bytes.IndexByte(b[:min(len(b), 34)], ';')
	if end < 2 {
		return nil, 0
	}
	text := string(b[:end+1])
	if plain := html.UnescapeString(text); plain != text {
		return append(out, plain...), end + 1
	}
	return nil, 0
}

// unhex reads a number of so many hexadecimal digits.
func unhex(b []byte, from, digits int) (uint32, bool) {
	if len(b) < from+digits {
		return 0, false
	}
	var v uint32
	for _, c := range b[from : from+digits] {
		d := hexDigit[c]
		if d < 0 {
			return 0, false
		}
		v = v<<4 | uint32(d)
	}
	return v, true
}

var hexDigit, base64Digit = tables()

// tables says of every byte which digit it is, -1 for none; base64 in both alphabets at once.
func tables() (hexes, sixes [256]int8) {
	for i := range 256 {
		hexes[i], sixes[i] = -1, -1
	}
	for i, c := range "0123456789abcdef" {
		hexes[c] = int8(i)
		hexes[strings.ToUpper(string(c))[0]] = int8(i)
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		sixes[c] = int8(i)
	}
	sixes['-'], sixes['_'] = 62, 63
	return hexes, sixes
}

// unwrapped joins lines: what was broken at the end of a line, with or without a space in its place.
func unwrapped(joint string) func(*search, []byte) layer {
	return func(_ *search, data []byte) layer {
		var l layer
		if bytes.IndexByte(data, '\n') < 0 {
			return l
		}
		l.data = make([]byte, 0, len(data))
		for at := 0; at < len(data); {
			end := bytes.IndexByte(data[at:], '\n')
			if end < 0 {
				end = len(data) - at
			}
			l.mark(at)
			line := data[at : at+end]
			l.data = append(l.data, bytes.Trim(line, " \t\r")...)
			l.data = append(l.data, joint...)
			at += end + 1
		}
		return l
	}
}

// runs calls found with every stretch of at least shortest digits, ends of lines taken out, where it began, and
// whether it had any.
func runs(data []byte, digit *[256]int8, shortest int, found func(digits []byte, from int, wrapped bool)) {
	for i := 0; i < len(data); i++ {
		if digit[data[i]] < 0 {
			continue
		}
		from, end, breaks, digits := i, i, 0, 0
		for j := i; j < len(data); j++ {
			if digit[data[j]] >= 0 {
				digits++
				end = j + 1
			} else if data[j] == '\n' && j == end || data[j] == '\r' && j == end && j+1 < len(data) && data[j+1] == '\n' {
				breaks++
				if data[j] == '\r' {
					j++
				}
				end = j + 1
			} else {
				break
			}
		}
		i = end
		if digits < shortest {
			continue
		}
		if breaks == 0 {
			found(data[from:end], from, false)
			continue
		}
		clean := make([]byte, 0, digits)
		for _, c := range data[from:end] {
			if digit[c] >= 0 {
				clean = append(clean, c)
			}
		}
		found(clean, from, true)
	}
}

// all says whether b has only such digits.
func all(b []byte, digit *[256]int8) bool {
	for _, c := range b {
		if digit[c] < 0 {
			return false
		}
	}
	return true
}

// base64Layer decodes stretches of base64, of either alphabet. The forms at three offsets are found without it; it is
// for what was wrapped into lines, and for what is compressed below.
func base64Layer(_ *search, data []byte) layer {
	var l layer
	runs(data, &base64Digit, 24, func(digits []byte, from int, wrapped bool) {
		if all(digits[1:], &hexDigit) {
			// Bytes in a dump ("x" and their digits), which are many. Base64 of 24 letters and more that happen to be
			// hexadecimal digits is not to be met.
			return
		}
		plain := digits
		if bytes.ContainsAny(digits, "-_") {
			plain = bytes.Clone(digits)
			for i, c := range plain {
				switch c {
				case '-':
					plain[i] = '+'
				case '_':
					plain[i] = '/'
				}
			}
		}
		skips := 1
		if wrapped {
			skips = 4 // a line before, as in "base64\n…", may have been taken for a part of it
		}
		for skip := range skips {
			whole := plain[skip:]
			if len(whole)%4 == 1 {
				whole = whole[:len(whole)-1]
			}
			l.mark(from)
			at := len(l.data)
			l.data = append(l.data, make([]byte, base64.RawStdEncoding.DecodedLen(len(whole)))...)
			n, _ := base64.RawStdEncoding.Decode(l.data[at:], whole) // digits only, of a length that can be
			l.data = append(l.data[:at+n], gap...)
			l.marks = append(l.marks, mark{len(l.data), from})
		}
	})
	return l
}

// hexLayer decodes stretches of hexadecimal digits, for what is compressed or wrapped in them.
func hexLayer(_ *search, data []byte) layer {
	var l layer
	runs(data, &hexDigit, 24, func(digits []byte, from int, wrapped bool) {
		skips := 1
		if wrapped || len(digits)%2 == 1 {
			skips = 2 // a digit of something else may have been taken for the first
		}
		for skip := range skips {
			whole := digits[skip:]
			whole = whole[:len(whole)/2*2]
			l.marks = append(l.marks, mark{len(l.data), from})
			at := len(l.data)
			l.data = append(l.data, make([]byte, len(whole)/2)...)
			n, _ := hex.Decode(l.data[at:], whole)
			l.data = append(l.data[:at+n], gap...)
		}
	})
	return l
}

var words = regexp.MustCompile(`(?:=\?[A-Za-z0-9_*-]+\?[BbQq]\?[^?\r\n]*\?=\s*)+`)

// mimeWords decodes the encoded words of mail headers; neighbours are one text.
func mimeWords(_ *search, data []byte) layer {
	var l layer
	if !bytes.Contains(data, []byte("=?")) {
		return l
	}
	var d mime.WordDecoder
	for _, at := range words.FindAllIndex(data, -1) {
		l.marks = append(l.marks, mark{len(l.data), at[0]})
		// Joined before decoding: a letter may be split between two words.
		for _, word := range strings.Fields(string(data[at[0]:at[1]])) {
			for _, one := range strings.SplitAfter(word, "?==?") {
				one = strings.TrimSuffix(one, "=?")
				if !strings.HasPrefix(one, "=?") {
					one = "=?" + one
				}
				if plain, err := d.Decode(one); err == nil {
					l.data = append(l.data, plain...)
				}
			}
		}
		l.data = append(l.data, gap...)
	}
	return l
}

// inflater decodes every deflated member whose start is found. What can be read of a cut member counts too.
func inflater(starts func(data []byte, found func(at int))) func(*search, []byte) layer {
	return func(s *search, data []byte) layer {
		var l layer
		starts(data, func(at int) {
			if at >= len(data) {
				return
			}
			from := len(l.data)
			in := bytes.NewReader(data[at:])
			if s.flate == nil {
				s.flate = flate.NewReader(in)
			} else if err := s.flate.(flate.Resetter).Reset(in, nil); err != nil {
				return
			}
			l.marks = append(l.marks, mark{from, at})
			out := bytes.NewBuffer(l.data)
			n, _ := io.Copy(out, io.LimitReader(s.flate, int64(s.left)))
			l.data = out.Bytes()
			s.left -= int(n)
			s.cut = s.cut || s.left <= 0
			if n < shortest { // chance
				l.data = l.data[:from]
				l.marks = l.marks[:len(l.marks)-1]
				return
			}
			l.data = append(l.data, gap...)
		})
		return l
	}
}

// gzipStarts finds the deflated data of gzip members.
func gzipStarts(data []byte, found func(int)) {
	each(data, []byte{0x1f, 0x8b, 8}, func(at int) {
		if at+10 > len(data) {
			return
		}
		flags, p := data[at+3], at+10
		if flags&4 != 0 && p+2 <= len(data) {
			p += 2 + int(binary.LittleEndian.Uint16(data[p:]))
		}
		for _, text := range []byte{8, 16} {
			if flags&text == 0 || p >= len(data) {
				continue
			}
			end := bytes.IndexByte(data[p:], 0)
			if end < 0 {
				return
			}
			p += end + 1
		}
		if flags&2 != 0 {
			p += 2
		}
		found(p)
	})
}

// zipStarts finds the deflated members of archives by their local headers, so that an archive cut short or hidden
// within something else is read too. Stored members need no decoding.
func zipStarts(data []byte, found func(int)) {
	each(data, []byte("PK\x03\x04"), func(at int) {
		if at+30 > len(data) || binary.LittleEndian.Uint16(data[at+8:]) != 8 {
			return
		}
		found(at + 30 + int(binary.LittleEndian.Uint16(data[at+26:])) + int(binary.LittleEndian.Uint16(data[at+28:])))
	})
}

// zlibStarts finds zlib streams, and takes the very beginning for raw deflate, which some servers send.
func zlibStarts(data []byte, found func(int)) {
	found(0)
	each(data, []byte{0x78}, func(at int) {
		if at+2 > len(data) {
			return
		}
		switch data[at+1] {
		case 0x01, 0x5e, 0x9c, 0xda:
			found(at + 2)
		}
	})
}

// each calls found with every place of magic.
func each(data, magic []byte, found func(at int)) {
	for at := 0; ; at++ {
		step := bytes.Index(data[at:], magic)
		if step < 0 {
			return
		}
		at += step
		found(at)
	}
}
