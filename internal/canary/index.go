package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// match is a canary found in some layer of a sink.
type match struct {
	canary int
	form   string
	offset int
}

// pattern is one form of one canary, as it stands in the bytes.
type pattern struct {
	canary int
	form   string
	bytes  []byte // ASCII letters folded to lower case unless exact
	exact  bool   // base64 has a meaning for case
}

// index finds all patterns in one pass. It looks at four bytes at every stride-th place; the four-byte pieces of every
// pattern at its first stride offsets are in a table, so that one of them is hit wherever the pattern begins. A bit
// array in front of the table keeps the common case, nothing, within the processor's cache.
type index struct {
	patterns []pattern
	stride   int
	filter   []uint64
	pieces   map[uint32][]piece
	longest  int // bytes of the longest pattern; how far an escape can reach
}

type piece struct{ pattern, offset int32 }

const (
	filterBits = 18
	foldMask   = 0x20202020 // folds ASCII case; folds some other bytes together too, which only costs a comparison
)

// hash spreads four bytes over the filter (multiplication by the golden ratio).
func hash(p uint32) uint32 { return (p * 0x9E3779B1) >> (32 - filterBits) }

// newIndex works out every form of every canary. A canary that is too short to mean anything is an error.
func newIndex(canaries []string) (*index, error) {
	x := &index{pieces: map[uint32][]piece{}, filter: make([]uint64, 1<<filterBits/64)}
	type key struct {
		canary int
		bytes  string
		exact  bool
	}
	seen := map[key]bool{}
	add := func(canary int, form string, b []byte, exact bool) {
		if !exact {
			b = lower(b)
		}
		k := key{canary, string(b), exact}
		if len(b) < shortest || seen[k] {
			return
		}
		seen[k] = true
		x.patterns = append(x.patterns, pattern{canary, form, b, exact})
	}
	for i, c := range canaries {
		if len(c) < shortest {
			return nil, fmt.Errorf("canary: canary %d has fewer than %d bytes and would be found by chance", i+1, shortest)
		}
		for _, t := range spellings(c) {
			b := []byte(t.text)
			add(i, "utf-8"+t.name, b, false)
			add(i, "utf-16le"+t.name, wide(t.text, binary.LittleEndian), false)
			add(i, "utf-16be"+t.name, wide(t.text, binary.BigEndian), false)
			add(i, "hex"+t.name, []byte(hex.EncodeToString(b)), false)
			for mark, quoted := range map[string]string{" ": "+", "'": "''", `"`: `""`} { // a form's body, SQL, CSV
				add(i, "utf-8 quoted"+t.name, []byte(strings.ReplaceAll(t.text, mark, quoted)), false)
			}
			for offset := range 3 {
				core := base64Core(b, offset)
				name := fmt.Sprintf("base64+%d%s", offset, t.name)
				add(i, name, core, true)
				add(i, strings.Replace(name, "base64", "base64url", 1), urlAlphabet(core), true)
			}
		}
	}
	shortestPattern := 1 << 30
	for _, p := range x.patterns {
		shortestPattern = min(shortestPattern, len(p.bytes))
		x.longest = max(x.longest, len(p.bytes))
	}
	x.stride = min(shortestPattern-3, 8)
	for i, p := range x.patterns {
		for offset := range x.stride {
			four := binary.LittleEndian.Uint32(p.bytes[offset:]) | foldMask
			x.pieces[four] = append(x.pieces[four], piece{int32(i), int32(offset)})
			h := hash(four)
			x.filter[h/64] |= 1 << (h % 64)
		}
	}
	return x, nil
}

// find returns every pattern in data. A pattern is met once, whatever its place.
func (x *index) find(data []byte, found func(p *pattern, offset int)) {
	for i := 0; i+4 <= len(data); i += x.stride {
		four := binary.LittleEndian.Uint32(data[i:]) | foldMask
		h := hash(four)
		if x.filter[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for _, piece := range x.pieces[four] {
			p := &x.patterns[piece.pattern]
			start := i - int(piece.offset)
			end := start + len(p.bytes)
			if start < 0 || end > len(data) {
				continue
			}
			if p.exact && bytes.Equal(data[start:end], p.bytes) || !p.exact && equalFolded(data[start:end], p.bytes) {
				found(p, start)
			}
		}
	}
}

// spelling is a canary as some system may write it.
type spelling struct{ name, text string }

// spellings returns the value as planted first, then folded in case and in its composition of letters and marks.
func spellings(value string) []spelling {
	all := []spelling{{"", value}}
	for _, c := range []spelling{{"", value}, {" lower", strings.ToLower(value)}, {" upper", strings.ToUpper(value)}} {
		all = append(all, c, spelling{c.name + " nfc", norm.NFC.String(c.text)}, spelling{c.name + " nfd", norm.NFD.String(c.text)})
	}
	seen := map[string]bool{}
	var out []spelling
	for _, s := range all {
		if !seen[s.text] {
			seen[s.text] = true
			out = append(out, s)
		}
	}
	return out
}

// wide returns the text in UTF-16 without a mark of order.
func wide(s string, order binary.AppendByteOrder) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

// base64Core returns the characters that b always becomes when it stands offset bytes after a multiple of three;
// those at the edges hang on the neighbours and are left out.
func base64Core(b []byte, offset int) []byte {
	padded := append(make([]byte, offset), b...)
	text := base64.RawStdEncoding.EncodeToString(padded)
	first, last := (8*offset+5)/6, 8*len(padded)/6
	return []byte(text[first:last])
}

// urlAlphabet turns standard base64 into the one for addresses.
func urlAlphabet(b []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("+"), []byte("-")), []byte("/"), []byte("_"))
}

// lower folds ASCII only: other letters fold to another length and have spellings of their own.
func lower(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		out[i] = lowerByte(c)
	}
	return out
}

// lowerByte folds one ASCII letter.
func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// equalFolded compares bytes, as long as folded, with their case taken away.
func equalFolded(data, folded []byte) bool {
	for i, c := range folded {
		if lowerByte(data[i]) != c {
			return false
		}
	}
	return true
}
