package clock

import (
	"encoding"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Error is what is wrong with a rule, a calendar or an event list.
type Error struct {
	Field        string // the field to look at, for example "unit" or "events[2].at"
	Line, Column int    // where in the file, counted from 1; both 0 when there is no file
	Message      string // what is wrong, fit for a person to read
}

// Error puts place, field and message into one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d, column %d: ", e.Line, e.Column)
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// wrong makes an error about a field; decoding adds the place.
func wrong(field, format string, args ...any) *Error {
	return &Error{Field: field, Message: fmt.Sprintf(format, args...)}
}

// scalar reads a text node; what is wrong with the text is placed at the node.
func scalar(node ast.Node, into encoding.TextUnmarshaler) error {
	var text string
	switch n := node.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.NullNode:
	default:
		return at(node, wrong("", "must be a plain text"))
	}
	if err := into.UnmarshalText([]byte(text)); err != nil {
		return at(node, err.(*Error))
	}
	return nil
}

// at places an error at a node.
func at(node ast.Node, err *Error) error {
	err.Line, err.Column = 1, 1
	if tk := node.GetToken(); tk != nil && tk.Position != nil {
		err.Line, err.Column = tk.Position.Line, tk.Position.Column
	}
	return err
}

// placed takes line and column over from the YAML library's error.
func placed(err error) error {
	var own *Error
	if errors.As(err, &own) && own.Line > 0 {
		return own
	}
	var y yaml.Error
	if errors.As(err, &y) {
		out := &Error{Line: 1, Column: 1, Message: y.GetMessage()}
		if tk := y.GetToken(); tk != nil && tk.Position != nil {
			out.Line, out.Column = tk.Position.Line, tk.Position.Column
		}
		return out
	}
	return &Error{Line: 1, Column: 1, Message: err.Error()}
}
