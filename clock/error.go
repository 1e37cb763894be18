package clock

import (
	"encoding"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
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

// source is a parsed file that can say where one of its fields stands.
type source struct{ file *ast.File }

// decode reads a YAML file strictly: a key that is not known is an error, since
// a misspelt key would otherwise change a promise without a word.
func decode(data []byte, into any) (*source, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, placed(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, &Error{Line: 1, Column: 1, Message: "the file must hold exactly one YAML document"}
	}
	if err := yaml.NodeToValue(file.Docs[0].Body, into, yaml.Strict()); err != nil {
		return nil, placed(err)
	}
	return &source{file}, nil
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

// place adds line and column to an error that names a field, as near as the file
// allows: a missing field is placed at its parent.
func (s *source) place(err *Error) *Error {
	if err.Line > 0 {
		return err
	}
	err.Line, err.Column = 1, 1
	for field := err.Field; field != ""; field = parent(field) {
		path, perr := yaml.PathString("$." + field)
		if perr != nil {
			continue
		}
		node, perr := path.FilterFile(s.file)
		if perr != nil || node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
			continue
		}
		err.Line, err.Column = node.GetToken().Position.Line, node.GetToken().Position.Column
		return err
	}
	return err
}

// parent cuts the last member or index off a field path.
func parent(field string) string {
	return field[:max(strings.LastIndexAny(field, ".["), 0)]
}
