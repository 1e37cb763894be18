package houserules

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// What a field on the wire may be called: it stays in histories for years.
var wireName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Wire says what is wrong with a type that travels between a workflow, its
// activities and the database's loops: the zero value and a full value must
// come back as they went, every field has a name of its own that no rename in
// Go can change, and nothing on it can hold a person.
func Wire(t reflect.Type, people ...reflect.Type) []string {
	var out []string
	out = append(out, fields(t, t.String(), people)...)
	if len(out) > 0 {
		return out
	}
	full := reflect.New(t).Elem()
	fill(full, 1)
	for name, v := range map[string]reflect.Value{"zero": reflect.New(t).Elem(), "full": full} {
		text, err := json.Marshal(v.Interface())
		if err != nil {
			out = append(out, fmt.Sprintf("%s: the %s value does not travel: %v", t, name, err))
			continue
		}
		back := reflect.New(t)
		if err := json.Unmarshal(text, back.Interface()); err != nil || !reflect.DeepEqual(back.Elem().Interface(), v.Interface()) {
			out = append(out, fmt.Sprintf("%s: the %s value comes back as another: %s %v", t, name, text, err))
		}
	}
	return out
}

func fields(t reflect.Type, at string, people []reflect.Type) []string {
	var out []string
	for _, p := range people {
		if t == p {
			return []string{at + " holds a person: a history cannot be erased"}
		}
	}
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Int, reflect.Int32, reflect.Int64:
	case reflect.Slice:
		out = append(out, fields(t.Elem(), at+"[]", people)...)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Anonymous {
				out = append(out, fields(f.Type, at, people)...)
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() || !wireName.MatchString(name) {
				out = append(out, at+"."+f.Name+" has no name on the wire")
				continue
			}
			out = append(out, fields(f.Type, at+"."+f.Name, people)...)
		}
	default:
		out = append(out, fmt.Sprintf("%s is a %s: only booleans, whole numbers, texts, lists and structs of them travel", at, t.Kind()))
	}
	return out
}

// fill gives every field another value that is not its zero.
func fill(v reflect.Value, n int) int {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString(fmt.Sprintf("text-%d", n))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			n = fill(v.Index(i), n+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n = fill(v.Field(i), n+1)
		}
	}
	return n + 1
}
