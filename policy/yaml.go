package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a pack file may be at most. A hand-written policy is far below all of
// them; a file beyond is refused before it is parsed.
const (
	maxBytes    = 256 << 10
	maxDepth    = 24
	maxLines    = 5000
	maxLine     = 64 << 10 // bytes of one line
	maxBrackets = 5000     // that are opened in a file
	maxCommas   = 5000
	maxEntries  = 2000 // of one list or mapping
	maxProblems = 100  // that are told of a file
)

// tree is one parsed file: plain JSON values, and where each of them stands.
type tree struct {
	file  string
	bytes []byte
	root  any
	at    map[string]*token.Position // by JSON pointer
	// texts are where scalars begin, by JSON pointer: at the quote of a quoted one.
	texts map[string]*token.Token
}

// problem makes a problem at a pointer of the tree, or at its nearest parent
// that has a place.
func (t *tree) problem(pointer, message, instead string) Problem {
	p := Problem{File: t.file, Line: 1, Column: 1, Path: pointer, Message: message, Instead: instead}
	for at := pointer; ; {
		if pos := t.at[at]; pos != nil {
			p.Line, p.Column = pos.Line, pos.Column
			return p
		}
		i := strings.LastIndexByte(at, '/')
		if i < 0 {
			return p
		}
		at = at[:i]
	}
}

// inside is the place of a letter of the text at a pointer, counted from zero.
// A text over several lines gives the line where it begins.
func (t *tree) inside(pointer, text string, letter int) (line, column int) {
	tk := t.texts[pointer]
	if tk == nil || tk.Position == nil {
		pr := t.problem(pointer, "", "")
		return pr.Line, pr.Column
	}
	line, column = tk.Position.Line, tk.Position.Column
	switch {
	case tk.Type == token.SingleQuoteType || tk.Type == token.DoubleQuoteType:
		return line, column + 1 + letter
	case tk.Type == token.LiteralType || tk.Type == token.FoldedType || strings.Contains(text, "\n"):
		return line, column
	}
	return line, column + letter
}

// parse reads one file of the pack language: YAML without anchors, aliases,
// tags, merges or a second document, so that what a reviewer sees is what is
// carried out. Whatever is wrong comes back as problems, never as a panic.
func parse(file string, b []byte) (t *tree, ps Problems) {
	t = &tree{file: file, bytes: b, at: map[string]*token.Position{}, texts: map[string]*token.Token{}}
	if p := refuse(file, b); p != nil {
		return t, Problems{*p}
	}
	defer func() {
		if r := recover(); r != nil {
			ps = append(ps, t.problem("", "this is not YAML that can be read", "check indentation and quotes"))
		}
	}()
	f, err := parser.ParseBytes(b, 0)
	if err != nil {
		p := t.problem("", "this is not YAML that can be read", "check indentation and quotes")
		var ye yaml.Error
		if errors.As(err, &ye) {
			p.Message = ye.GetMessage()
			if tk := ye.GetToken(); tk != nil && tk.Position != nil {
				p.Line, p.Column = tk.Position.Line, tk.Position.Column
			}
			if strings.Contains(p.Message, "already defined") {
				p.Instead = "write each key once"
			}
		}
		return t, Problems{p}
	}
	var docs []ast.Node
	for _, d := range f.Docs {
		if d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	if len(docs) != 1 {
		return t, Problems{t.problem("", fmt.Sprintf("the file holds %d documents", len(docs)), "write exactly one, without \"---\" lines between")}
	}
	c := &converter{tree: t}
	t.root = c.value(docs[0], "", 0)
	return t, c.problems
}

// refuse says what speaks against even parsing the bytes.
func refuse(file string, b []byte) *Problem {
	p := &Problem{File: file, Line: 1, Column: 1}
	if len(b) > maxBytes {
		p.Message = fmt.Sprintf("the file has %d bytes; a pack has at most %d", len(b), maxBytes)
		p.Instead = "split it, or move long texts out"
		return p
	}
	if !utf8.Valid(b) || strings.ContainsRune(string(b), 0) {
		p.Message, p.Instead = "the file is not UTF-8 text", "save it as UTF-8"
		return p
	}
	// A parser recurses once a level, so depth is bounded before it runs. The
	// count is rough: brackets inside quotes count too, which is why it is
	// twice what a tree may have.
	open, opened, commas, documents := 0, 0, 0, 0
	for n, line := range strings.Split(string(b), "\n") {
		p.Line = n + 1
		// Documents and brackets cost the parser more than their bytes.
		if strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...") {
			if documents++; documents > 2 {
				p.Message, p.Instead = fmt.Sprintf("the file holds %d documents", documents), "write exactly one, without \"---\" lines between"
				return p
			}
		}
		indent := len(line) - len(strings.TrimLeft(line, " \t-?:"))
		for _, r := range line {
			switch r {
			case '[', '{':
				open++
				opened++
			case ',':
				commas++
			case ']', '}':
				open = max(open-1, 0)
			}
		}
		if indent > 4*maxDepth || open > 2*maxDepth {
			p.Message = fmt.Sprintf("the text is nested deeper than %d levels", maxDepth)
			p.Instead = "write it flatter; a pack needs fewer than ten levels"
			return p
		}
		// The parser compares each key with those before it: what may be one is
		// counted.
		switch {
		case n >= maxLines:
			p.Message = fmt.Sprintf("the file has more than %d lines", maxLines)
		case len(line) > maxLine:
			p.Message = fmt.Sprintf("the line has %d bytes; one has at most %d", len(line), maxLine)
		case opened > maxBrackets:
			p.Message = fmt.Sprintf("the file opens more than %d brackets", maxBrackets)
		case commas > maxCommas:
			p.Message = fmt.Sprintf("the file has more than %d commas", maxCommas)
		default:
			continue
		}
		p.Instead = "split it"
		return p
	}
	return nil
}

// converter turns YAML nodes into JSON values and notes their places.
type converter struct {
	tree     *tree
	problems Problems
}

func (c *converter) fail(pointer, message, instead string) any {
	if len(c.problems) > maxProblems {
		return nil
	}
	c.problems = append(c.problems, c.tree.problem(pointer, message, instead))
	return nil
}

func (c *converter) value(n ast.Node, pointer string, depth int) any {
	if n == nil {
		return nil
	}
	if tk := n.GetToken(); tk != nil && tk.Position != nil {
		if _, known := c.tree.at[pointer]; !known {
			c.tree.at[pointer] = tk.Position
		}
	}
	if depth > maxDepth {
		return c.fail(pointer, fmt.Sprintf("the text is nested deeper than %d levels", maxDepth), "write it flatter")
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return c.mapping(n.Values, pointer, depth)
	case *ast.MappingValueNode:
		return c.mapping([]*ast.MappingValueNode{n}, pointer, depth)
	case *ast.SequenceNode:
		if len(n.Values) > maxEntries {
			return c.fail(pointer, fmt.Sprintf("the list has %d entries; one has at most %d", len(n.Values), maxEntries), "write fewer")
		}
		list := make([]any, 0, len(n.Values))
		for i, v := range n.Values {
			list = append(list, c.value(v, pointer+"/"+strconv.Itoa(i), depth+1))
		}
		return list
	case *ast.StringNode:
		c.tree.texts[pointer] = n.GetToken()
		return n.Value
	case *ast.LiteralNode:
		c.tree.texts[pointer] = n.GetToken()
		return strings.TrimRight(n.Value.Value, "\n")
	case *ast.IntegerNode:
		return json.Number(fmt.Sprint(n.Value))
	case *ast.FloatNode:
		return json.Number(strconv.FormatFloat(n.Value, 'g', -1, 64))
	case *ast.BoolNode:
		return n.Value
	case *ast.NullNode:
		return c.fail(pointer, "there is no value", "write a value, or leave the key out")
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return c.fail(pointer, "anchors, aliases and merges are not part of the pack language", "write the text out where it is meant")
	case *ast.TagNode:
		return c.fail(pointer, "tags are not part of the pack language", "leave the \"!…\" out")
	}
	return c.fail(pointer, "this is not part of the pack language", "use mappings, lists, texts, numbers, true and false")
}

func (c *converter) mapping(values []*ast.MappingValueNode, pointer string, depth int) any {
	if len(values) > maxEntries {
		return c.fail(pointer, fmt.Sprintf("the mapping has %d keys; one has at most %d", len(values), maxEntries), "write fewer")
	}
	m := make(map[string]any, len(values))
	for _, v := range values {
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			c.fail(pointer, fmt.Sprintf("%q is not a key of the pack language", v.Key.String()), "write a plain word, quoted if it looks like a number")
			continue
		}
		at := pointer + "/" + escape(key.Value)
		c.tree.at[at] = key.GetToken().Position
		if _, twice := m[key.Value]; twice {
			c.fail(at, fmt.Sprintf("the key %q is there twice", key.Value), "write each key once")
			continue
		}
		m[key.Value] = c.value(v.Value, at, depth+1)
	}
	return m
}

// escape is JSON pointer's escaping of one step.
func escape(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1")
}
