package policy

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// schemaFile is the JSON Schema of the pack language; editors complete by it
// and Load judges by it.
const schemaFile = "schema/pack.schema.json"

// schemas are the compiled shapes of the four sorts of file.
type schemas struct {
	pack, law, defaults, overlay *jsonschema.Schema
	// words are all keys of the language, for "write … instead".
	words []string
}

// compiled are the schemas by the digest of their file: compiling takes longer
// than judging a pack by them, and a process sees one or two.
var compiled sync.Map

func compileSchemas(fsys fs.FS) (*schemas, error) {
	b, err := fs.ReadFile(fsys, schemaFile)
	if err != nil {
		return nil, fmt.Errorf("policy: %s: %w", schemaFile, err)
	}
	key := sha256.Sum256(b)
	if s, ok := compiled.Load(key); ok {
		return s.(*schemas), nil
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("policy: %s: %w", schemaFile, err)
	}
	c := jsonschema.NewCompiler()
	const at = "https://madoguchi.example/schema/pack.schema.json"
	if err := c.AddResource(at, doc); err != nil {
		return nil, fmt.Errorf("policy: %s: %w", schemaFile, err)
	}
	s := &schemas{words: properties(doc)}
	for name, to := range map[string]**jsonschema.Schema{"": &s.pack, "#/$defs/law_file": &s.law,
		"#/$defs/defaults_file": &s.defaults, "#/$defs/overlay_file": &s.overlay} {
		if *to, err = c.Compile(at + name); err != nil {
			return nil, fmt.Errorf("policy: %s: %w", schemaFile, err)
		}
	}
	compiled.Store(key, s)
	return s, nil
}

// judge checks a tree against its schema and says in words what is wrong.
func judge(t *tree, s *jsonschema.Schema, words []string) Problems {
	err := s.Validate(t.root)
	if err == nil {
		return nil
	}
	ve, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return Problems{t.problem("", "the file is not a pack", "compare it with another pack")}
	}
	var ps Problems
	leaves(ve, func(e *jsonschema.ValidationError) {
		if len(ps) <= maxProblems {
			ps = append(ps, say(t, e, words)...)
		}
	})
	return ps
}

func leaves(e *jsonschema.ValidationError, visit func(*jsonschema.ValidationError)) {
	if len(e.Causes) == 0 {
		visit(e)
		return
	}
	for _, c := range e.Causes {
		leaves(c, visit)
	}
}

var printer = message.NewPrinter(language.English)

// say puts one finding of the schema into words with a cure.
func say(t *tree, e *jsonschema.ValidationError, words []string) Problems {
	pointer := ""
	for _, step := range e.InstanceLocation {
		pointer += "/" + escape(step)
	}
	here := "the file"
	if n := len(e.InstanceLocation); n > 0 {
		here = strings.Join(e.InstanceLocation, ".")
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		var ps Problems
		sort.Strings(k.Properties)
		for _, name := range k.Properties[:min(len(k.Properties), maxProblems)] {
			p := t.problem(pointer+"/"+escape(name), fmt.Sprintf("%q is not a word of the pack language in %s", name, here), "leave it out")
			if near := nearest(name, words); near != "" {
				p.Instead = fmt.Sprintf("write %q", near)
			}
			ps = append(ps, p)
		}
		return ps
	case *kind.Required:
		return Problems{t.problem(pointer, fmt.Sprintf("%s lacks %s", here, strings.Join(k.Missing, ", ")), "add "+strings.Join(k.Missing, ", "))}
	case *kind.Enum:
		values := make([]string, len(k.Want))
		for i, w := range k.Want {
			values[i] = fmt.Sprint(w)
		}
		p := t.problem(pointer, fmt.Sprintf("%s: %q is not one of the words allowed", here, fmt.Sprint(k.Got)), "write one of "+strings.Join(values, ", "))
		if near := nearest(fmt.Sprint(k.Got), values); near != "" {
			p.Instead = fmt.Sprintf("write %q", near)
		}
		return Problems{p}
	case *kind.Type:
		want := make([]string, len(k.Want))
		for i, w := range k.Want {
			want[i] = yamlWord(w)
		}
		return Problems{t.problem(pointer, fmt.Sprintf("%s is a %s", here, yamlWord(k.Got)), "write a "+strings.Join(want, " or "))}
	}
	return Problems{t.problem(pointer, fmt.Sprintf("%s: %s", here, e.ErrorKind.LocalizedString(printer)), cure(e.ErrorKind))}
}

// cure is what to write where a value is of the right sort and does not fit.
func cure(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.UniqueItems:
		return "write each of them once"
	case *kind.MinItems:
		return fmt.Sprintf("write %d or more, or leave the key out", k.Want)
	case *kind.MinLength:
		return "write a text, or leave the key out"
	case *kind.MaxLength:
		return fmt.Sprintf("write at most %d letters", k.Want)
	case *kind.MinProperties:
		return "write an entry, or leave the key out"
	case *kind.Minimum:
		return "write " + k.Want.RatString() + " or more"
	case *kind.Maximum:
		return "write " + k.Want.RatString() + " or less"
	case *kind.Pattern:
		return "write it in the form " + k.Want
	}
	return "see docs/packs.md"
}

// yamlWord is a JSON type in the words of who writes YAML.
func yamlWord(jsonType string) string {
	switch jsonType {
	case "object":
		return "mapping"
	case "array":
		return "list"
	case "string":
		return "text"
	}
	return jsonType
}

// properties collects every property name of a schema document.
func properties(doc any) []string {
	var names []string
	switch d := doc.(type) {
	case map[string]any:
		for key, v := range d {
			if props, ok := v.(map[string]any); ok && key == "properties" {
				for name := range props {
					names = append(names, name)
				}
			}
			names = append(names, properties(v)...)
		}
	case []any:
		for _, v := range d {
			names = append(names, properties(v)...)
		}
	}
	// Map order is random and a tie must not be: the message is stable.
	sort.Strings(names)
	return names
}
