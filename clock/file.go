package clock

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// What a file of rules, events or days may be at most. What people write by hand
// is far below; a file beyond is refused before it is parsed.
const (
	maxBytes = 1 << 20
	maxDepth = 24
	maxKeys  = 5000 // of one mapping, since the parser compares each with all before it
)

// source is a parsed file that can say where one of its fields stands.
type source struct{ file *ast.File }

// decode reads a YAML file strictly: a key that is not known is an error, since
// a misspelt key would otherwise change a promise without a word. Anchors, aliases,
// merges and tags are errors too: what a reviewer sees is what counts, and nothing
// grows when it is read. Whatever is wrong comes back as an *Error with its place,
// never as a panic.
func decode(data []byte, into any) (src *source, err error) {
	if bad := refuse(data); bad != nil {
		return nil, bad
	}
	defer func() {
		if r := recover(); r != nil {
			src, err = nil, &Error{Line: 1, Column: 1, Message: "this is not YAML that can be read: check indentation and quotes"}
		}
	}()
	file, err := parser.ParseBytes(plainTabs(data), 0)
	if err != nil {
		return nil, placed(err)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, &Error{Line: 1, Column: 1, Message: "the file must hold exactly one YAML document"}
	}
	if err := plain(file.Docs[0].Body, 0); err != nil {
		return nil, err
	}
	if err := known(file.Docs[0].Body, reflect.TypeOf(into)); err != nil {
		return nil, err
	}
	if err := yaml.NodeToValue(file.Docs[0].Body, into, yaml.Strict()); err != nil {
		return nil, placed(err)
	}
	return &source{file}, nil
}

// refuse says what speaks against even parsing the bytes.
func refuse(data []byte) *Error {
	if len(data) > maxBytes {
		return &Error{Line: 1, Column: 1, Message: fmt.Sprintf("the file has more than %d bytes; no more are read", maxBytes)}
	}
	if !utf8.Valid(data) || strings.ContainsRune(string(data), 0) {
		return &Error{Line: 1, Column: 1, Message: "the file is not UTF-8 text"}
	}
	// A parser recurses once a level, so depth is bounded before it runs. The count is
	// rough: brackets inside quotes count too, which is why it is twice what a tree may
	// have.
	open, number := 0, 0
	var keys [4*maxDepth + 1]int // lines so far of the mapping at an indentation
	for line := range strings.Lines(string(data)) {
		number++
		indent := len(line) - len(strings.TrimLeft(line, " \t-?:"))
		for _, r := range line {
			switch r {
			case '[', '{':
				open++
			case ']', '}':
				open = max(open-1, 0)
			}
		}
		if indent > 4*maxDepth || open > 2*maxDepth {
			return &Error{Line: number, Column: 1, Message: fmt.Sprintf("the text is nested deeper than %d levels", maxDepth)}
		}
		text := strings.TrimLeft(line, " ")
		margin := len(line) - len(text)
		if text = strings.TrimSpace(text); text == "" || text[0] == '#' {
			continue
		}
		clear(keys[margin+1:])
		if text[0] != '-' {
			keys[margin]++
		}
		if keys[margin] > maxKeys {
			return &Error{Line: number, Column: margin + 1, Message: fmt.Sprintf("there are more than %d lines of one mapping", maxKeys)}
		}
	}
	return nil
}

// plainTabs makes JSON that is indented with tabs readable as YAML, which forbids
// them. In valid JSON a bare tab is white space only; places stay as they are.
func plainTabs(data []byte) []byte {
	if strings.ContainsRune(string(data), '\t') && json.Valid(data) {
		return []byte(strings.ReplaceAll(string(data), "\t", " "))
	}
	return data
}

// plain refuses what makes a file say something else than it shows.
func plain(node ast.Node, depth int) error {
	if depth > 2*maxDepth { // two nodes a level: the pair and its value
		return at(node, wrong("", "the text is nested deeper than %d levels", maxDepth))
	}
	var inside []ast.Node
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, pair := range n.Values {
			inside = append(inside, pair)
		}
	case *ast.MappingValueNode:
		inside = []ast.Node{n.Key, n.Value}
	case *ast.SequenceNode:
		inside = n.Values
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return at(node, wrong("", "anchors, aliases and merges are not read: write the text out where it is meant"))
	case *ast.TagNode:
		return at(node, wrong("", "tags are not read: leave the \"!…\" out"))
	}
	for _, n := range inside {
		if n == nil {
			continue
		}
		if err := plain(n, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// known refuses keys that a type has no field for, the first in the file: the library
// names any of several. What reads itself from a node checks itself.
func known(node ast.Node, t reflect.Type) error {
	if t.Implements(readsItself) || t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(readsItself) {
		return nil
	}
	var pairs []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	case *ast.SequenceNode:
		for _, item := range n.Values {
			if t.Kind() == reflect.Slice && item != nil {
				if err := known(item, t.Elem()); err != nil {
					return err
				}
			}
		}
		return nil
	default:
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return known(node, t.Elem())
	case reflect.Map:
		for _, pair := range pairs {
			if pair.Value != nil {
				if err := known(pair.Value, t.Elem()); err != nil {
					return err
				}
			}
		}
	case reflect.Struct:
		fields := map[string]reflect.Type{}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
			fields[name] = t.Field(i).Type
		}
		for _, pair := range pairs {
			key, ok := pair.Key.(*ast.StringNode)
			if !ok {
				return at(pair.Key, wrong("", "%q is not a key: write a plain word", pair.Key.String()))
			}
			of, ok := fields[key.Value]
			if !ok || key.Value == "-" {
				return at(key, wrong("", "unknown field %q", key.Value))
			}
			if pair.Value != nil {
				if err := known(pair.Value, of); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// readsItself is a type that takes its value from a node.
var readsItself = reflect.TypeFor[yaml.NodeUnmarshaler]()

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
