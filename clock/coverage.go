package clock

import (
	"sort"

	"github.com/goccy/go-yaml/parser"
)

// ProvisionalFrom is the first day from a date on that is not official yet; the
// zero Date when there is none. The zero Date asks from the first day covered.
func (c *Calendar) ProvisionalFrom(on Date) Date {
	from := 0
	if !on.IsZero() {
		from = c.clamp(on)
	}
	d := sort.Search(len(c.kind)-from, func(i int) bool { return c.provisional[from+i+1] > c.provisional[from] }) + from
	if d == len(c.kind) {
		return Date{}
	}
	return dateOfDay(c.base + d)
}

// Locate gives an error that names a field of a file the line and column of that
// field, as near as the file allows. It is for what only counting finds: a file
// that is wrong by itself has its places already.
func Locate(data []byte, err *Error) *Error {
	found := *err
	if refuse(data) != nil {
		return &found
	}
	file, perr := parser.ParseBytes(data, 0)
	if perr != nil {
		return &found
	}
	return (&source{file}).place(&found)
}
