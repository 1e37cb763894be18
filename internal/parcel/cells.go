package parcel

import (
	"bytes"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// inert makes a cell that no spreadsheet carries out: an apostrophe stands
// before whatever would begin a formula at the start of the cell. It stands
// there inside the cell too, after a separator, for a spreadsheet set up for
// semicolons cuts our cells at them.
func inert(cell string) string {
	var b strings.Builder
	start := true // of what some spreadsheet may take for a cell
	for i, r := range cell {
		switch {
		case start && begins(r, i == 0):
			b.WriteByte('\'')
			start = false
		case r == ';' || r == ',' || r == '\t' || r == '\n' || r == '\r' || r == '"' || r == '|':
			start = true
		case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r):
			// does not end what has just begun
		default:
			start = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// begins reports whether a cell that begins with r may run as a formula. At
// the very start a tab, a line break and NUL count too, for some programs drop
// them and look at what follows.
func begins(r rune, first bool) bool {
	if first && (r == '\t' || r == '\r' || r == '\n' || r == 0) {
		return true
	}
	switch norm.NFKC.String(string(r)) { // full-width and small forms are taken for the plain ones
	case "=", "+", "-", "@", "\u2212":
		return true
	}
	return false
}

// csvBytes writes rows as CSV for spreadsheets: UTF-8 with its mark, every cell
// in quotes, lines ended as RFC 4180 has them. Line breaks inside a cell stay
// what they are.
func csvBytes(columns []string, rows [][]string) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	line := func(cells []string) {
		for i, cell := range cells {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('"')
			b.WriteString(strings.ReplaceAll(inert(cell), `"`, `""`))
			b.WriteByte('"')
		}
		b.WriteString("\r\n")
	}
	line(columns)
	for _, row := range rows {
		line(row)
	}
	return b.Bytes()
}
