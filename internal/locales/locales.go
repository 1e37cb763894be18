// Package locales is the one catalogue of the product's texts, in five voices:
// Japanese, easy Japanese with furigana, English, Vietnamese and German.
//
// A text is a key of a file in catalogue/, with its voices side by side, so
// that a missing one is seen in review and found by a test. Words in braces
// are filled by name ({date}); a counted text is two keys, key.one and
// key.other, chosen by the argument "n". Easy Japanese carries its readings
// inline, [受付番号|うけつけばんごう], which HTML shows as ruby and T leaves out.
//
// Files that only staff read declare "voices: [ja, en]"; a reader with another
// voice gets English there, and Japanese for easy Japanese.
//
// The package is pure: it reads embedded files once, and no clock and no host.
package locales

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"regexp"
	"sort"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"madoguchi/dsr"
)

//go:embed catalogue/*.yaml
var files embed.FS

// file is one YAML file of the catalogue.
type file struct {
	Voices []dsr.Voice                     `yaml:"voices"`
	Texts  map[string]map[dsr.Voice]string `yaml:"texts"`
}

// catalogue is every text by key, with the voices that its file promises.
type catalogue struct {
	texts  map[string]map[dsr.Voice]string
	voices map[string][]dsr.Voice
	from   map[string]string // key → file, for the messages of the checks
}

var load = sync.OnceValues(func() (*catalogue, error) {
	entries, err := files.ReadDir("catalogue")
	if err != nil {
		return nil, err
	}
	var list []source
	for _, e := range entries {
		b, err := files.ReadFile("catalogue/" + e.Name())
		if err != nil {
			return nil, err
		}
		list = append(list, source{e.Name(), b})
	}
	return parse(list)
})

type source struct {
	name string
	data []byte
}

// parse reads all files. A key that stands in two files is an error: one idea,
// one text. What could be read is given beside the error, so that one bad file
// of a build does not empty every page.
func parse(list []source) (*catalogue, error) {
	c := &catalogue{texts: map[string]map[dsr.Voice]string{}, voices: map[string][]dsr.Voice{}, from: map[string]string{}}
	var problems []error
	for _, s := range list {
		var f file
		if err := yaml.UnmarshalWithOptions(s.data, &f, yaml.Strict()); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		if len(f.Voices) == 0 {
			problems = append(problems, fmt.Errorf("%s: names no voices", s.name))
		}
		for key, texts := range f.Texts {
			if other, ok := c.from[key]; ok {
				problems = append(problems, fmt.Errorf("%s: %s stands in %s too", s.name, key, other))
			}
			c.texts[key], c.voices[key], c.from[key] = texts, f.Voices, s.name
		}
	}
	return c, errors.Join(problems...)
}

func loaded() *catalogue {
	c, _ := load() // a test reports the error
	return c
}

// T is the text of key in a voice, for plain text: readings are left out. args
// are name, value pairs for the words in braces. An argument "n" chooses
// between key.one and key.other, with other where a voice has no one. T never
// fails: a key that is not there comes back in [brackets], which the tests of
// pages and letters look for.
func T(voice dsr.Voice, key string, args ...any) string {
	text, ok := loaded().find(voice, key, args)
	if !ok {
		return "[" + key + "]"
	}
	return Say(text, args...)
}

// Say is T for a text that is not of the catalogue, such as a law's own, with
// the same words in braces and the same readings.
func Say(text string, args ...any) string {
	return fill(furigana.ReplaceAllString(text, "$1"), args, func(v any) string {
		if h, ok := v.(template.HTML); ok {
			return plain(h)
		}
		return fmt.Sprint(v)
	})
}

// HTML is the text of key for a page: text and arguments escaped, readings as
// ruby in easy Japanese and left out in the other voices. An argument of type
// template.HTML is taken as it is, so that one text of the catalogue can stand
// inside another with its readings.
func HTML(voice dsr.Voice, key string, args ...any) template.HTML {
	text, ok := loaded().find(voice, key, args)
	if !ok {
		return template.HTML("[" + template.HTMLEscapeString(key) + "]")
	}
	text = template.HTMLEscapeString(text)
	with := "$1"
	if voice == dsr.VoiceJaEasy {
		with = "<ruby>$1<rp>(</rp><rt>$2</rt><rp>)</rp></ruby>"
	}
	return template.HTML(fill(furigana.ReplaceAllString(text, with), args, func(v any) string {
		if h, ok := v.(template.HTML); ok {
			return string(h)
		}
		return template.HTMLEscapeString(fmt.Sprint(v))
	}))
}

// Fault is the sentence for an error: that of its code, or of its fault when
// the catalogue does not know the code. It never shows the error's own text.
func Fault(voice dsr.Voice, err error) string {
	code := dsr.CodeOf(err)
	if !Has(code) {
		code = "error." + string(dsr.FaultOf(err))
	}
	var args []any
	var e *dsr.Error
	if errors.As(err, &e) {
		for k, v := range e.Args {
			args = append(args, k, v)
		}
	}
	return T(voice, code, args...)
}

// Has reports whether the catalogue has the key, as a plain or a counted text.
func Has(key string) bool {
	c := loaded()
	_, plain := c.texts[key]
	_, counted := c.texts[key+".other"]
	return plain || counted
}

// Keys lists every key, sorted; a counted text gives key.one and key.other.
func Keys() []string {
	c := loaded()
	keys := make([]string, 0, len(c.texts))
	for k := range c.texts {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Voices are the voices in which key has a text, in the order of dsr.Voices.
func Voices(key string) []dsr.Voice {
	c := loaded()
	texts, ok := c.texts[key]
	if !ok {
		texts = c.texts[key+".other"]
	}
	var voices []dsr.Voice
	for _, v := range dsr.Voices {
		if texts[v] != "" {
			voices = append(voices, v)
		}
	}
	return voices
}

// find chooses the form by the argument "n" and the nearest voice: its own,
// then Japanese for easy Japanese, then English.
func (c *catalogue) find(voice dsr.Voice, key string, args []any) (string, bool) {
	forms := []string{key, key + ".other"}
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == "n" && fmt.Sprint(args[i+1]) == "1" {
			forms = []string{key, key + ".one", key + ".other"}
		}
	}
	for _, v := range []dsr.Voice{voice, voice.Letter(), dsr.VoiceEn} {
		for _, form := range forms {
			if text := c.texts[form][v]; text != "" {
				return text, true
			}
		}
	}
	return "", false
}

var (
	furigana    = regexp.MustCompile(`\[([^\[\]|]+)\|([^\[\]|]+)\]`)
	placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)
	tag         = regexp.MustCompile(`<rp>.*?</rp>|<rt>.*?</rt>|<[^>]*>`)
)

// fill puts the arguments in. A value is never read again for braces, so that
// what a person typed cannot pull in another argument.
func fill(text string, args []any, show func(any) string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == m[1:len(m)-1] {
				return show(args[i+1])
			}
		}
		return m
	})
}

// plain takes the tags and readings out of a text of the catalogue.
func plain(h template.HTML) string {
	r := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&amp;", "&")
	return r.Replace(tag.ReplaceAllString(string(h), ""))
}
