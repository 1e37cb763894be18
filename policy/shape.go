package policy

import (
	"bytes"
	"fmt"
	"io/fs"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Shape is the form of a sort of file that stands beside the packs and is
// written in their language: YAML without anchors, aliases, tags and merges.
type Shape struct {
	schema *jsonschema.Schema
	words  []string
}

// NewShape compiles a JSON Schema below fsys (the folder packs/).
func NewShape(fsys fs.FS, file string) (*Shape, error) {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("policy: %s: %w", file, err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("policy: %s: %w", file, err)
	}
	c := jsonschema.NewCompiler()
	at := "https://madoguchi.example/" + file
	if err := c.AddResource(at, doc); err != nil {
		return nil, fmt.Errorf("policy: %s: %w", file, err)
	}
	s := &Shape{words: properties(doc)}
	if s.schema, err = c.Compile(at); err != nil {
		return nil, fmt.Errorf("policy: %s: %w", file, err)
	}
	return s, nil
}

// Read parses a file, judges it and decodes it into v. The error is Problems,
// each with its place; the source is there without one only.
func (s *Shape) Read(file string, b []byte, v any) (*Source, error) {
	t, ps := parse(file, b)
	if len(ps) == 0 {
		ps = judge(t, s.schema, s.words)
	}
	if len(ps) == 0 {
		ps = decode(t, v)
	}
	if len(ps) > 0 {
		return nil, ps.sorted()
	}
	return &Source{t}, nil
}

// Source is a file that was read, with the place of each of its values.
type Source struct{ tree *tree }

// Problem is something wrong at a JSON pointer of the file ("/a/0/b"), or at
// its nearest parent that has a place.
func (d *Source) Problem(pointer, message, instead string) Problem {
	return d.tree.problem(pointer, message, instead)
}
