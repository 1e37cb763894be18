package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/net/html"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/packs"
	"madoguchi/policy"
)

// asked runs a command line and gives what it printed.
func asked(t *testing.T, line ...string) (out, complaint string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), line, &surroundings{env: map[string]string{"DATA_DIR": t.TempDir()}, out: &o, err: &e})
	return o.String(), e.String(), code
}

func organisations(t *testing.T) []*policy.Pack {
	t.Helper()
	library, err := policy.Load(packs.Files, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return library.Packs()
}

// untold are marks of a word that has no text: a key in brackets, a brace that
// nobody filled, a code of the pack language where a word should stand.
var untold = regexp.MustCompile(`\[[a-z]+\.[a-z._-]+\]|\{[a-z_]+\}|\x{FFFD}`)

var resting = regexp.MustCompile(`^ {2,4}\S.*\[.+\]$`)

func TestEveryOrganisationsPolicyIsShownInEveryVoiceAndForm(t *testing.T) {
	schema := compiled(t, "schema/effective.schema.json")
	for _, p := range organisations(t) {
		for _, voice := range []string{"en", "ja", "vi", "de"} {
			var printed, drawn bytes.Buffer
			r, e := reader{dsr.Voice(voice), p}, p.Effective(day(t))
			if err := errors.Join(r.text(&printed, e), r.page(&drawn, e)); err != nil {
				t.Fatal(err)
			}
			text, page := printed.String(), drawn.String()
			for form, s := range map[string]string{"text": text, "html": page} {
				if m := untold.FindString(s); m != "" {
					t.Errorf("%s %s %s: %s has no words", p.Slug, voice, form, m)
				}
				if !strings.Contains(s, p.Digest) {
					t.Errorf("%s %s %s: not told which text it is", p.Slug, voice, form)
				}
			}
			// Every line of the text ends with what it rests on, or is a heading or a
			// fact of the line above.
			n := 0
			for line := range strings.Lines(text) {
				if resting.MatchString(strings.TrimRight(line, "\n")) {
					n++
				}
			}
			if want := len(policy.Together(p.Effective(day(t)).Lines)); n != want {
				t.Errorf("%s %s: %d lines with their layer, not %d", p.Slug, voice, n, want)
			}
			if wrong := unfitPage(page); wrong != "" {
				t.Errorf("%s %s: %s", p.Slug, voice, wrong)
			}
		}
		var b bytes.Buffer
		if err := printJSON(&b, p.Effective(day(t))); err != nil {
			t.Fatal(err)
		}
		data := b.String()
		if err := fits(schema, data); err != nil {
			t.Errorf("%s: %v", p.Slug, err)
		}
		// The checks see what they are for.
		for name, spoilt := range map[string]string{
			"a line without a layer":   strings.Replace(data, `"layer": "policy",`, ``, 1),
			"a layer that is none":     strings.Replace(data, `"layer": "policy"`, `"layer": "mine"`, 1),
			"a line without a source":  regexp.MustCompile(`,\s*"source": "[^"]*"`).ReplaceAllString(data, ""),
			"a law without an article": strings.Replace(data, `"layer": "policy"`, `"layer": "law"`, 1),
		} {
			if spoilt == data || fits(schema, spoilt) == nil {
				t.Errorf("%s is not seen", name)
			}
		}
	}
	for name, page := range map[string]string{
		"a script": `<html lang="en"><title>x</title><h1>x</h1><script>1</script>`, "a picture from elsewhere": `<html lang="en"><title>x</title><h1>x</h1><img src="https://example.org/x">`,
		"a style from elsewhere": `<html lang="en"><title>x</title><link rel="stylesheet" href="x.css"><h1>x</h1>`, "two first headings": `<html lang="en"><title>x</title><h1>x</h1><h1>y</h1>`,
		"a link to nowhere": `<html lang="en"><title>x</title><h1>x</h1><a href="#gone">y</a>`, "no language": `<title>x</title><h1>x</h1>`,
	} {
		if unfitPage(page) == "" {
			t.Errorf("%s is not seen", name)
		}
	}
}

// Every code that a line of a shipped policy can have is a word of the catalogue,
// so that no page of a compliance manager shows the pack language.
func TestEveryLineAndFactHasItsLabel(t *testing.T) {
	for _, p := range organisations(t) {
		for _, l := range p.Effective(day(t)).Lines {
			for _, key := range []string{"effective.says." + l.Says, "effective.section." + l.Section, "effective.layer." + l.Layer} {
				if !locales.Has(key) {
					t.Errorf("%s: %s has no text", l.ID, key)
				}
			}
			for i, f := range l.Facts {
				if (i > 0 || f.Words == "yes") && !locales.Has("effective.fact."+f.Name) {
					t.Errorf("%s: the fact %s has no text", l.ID, f.Name)
				}
				r := reader{"ja", p} // whose words are never those of the pack language
				for j, v := range f.Values {
					switch f.Words {
					case "", "condition", "place", "yes", "percent", "amount", "day":
					default:
						if len(f.Texts) == 0 && r.values(f)[j] == v {
							t.Errorf("%s: %s %q is shown as its code", l.ID, f.Words, v)
						}
					}
				}
			}
		}
	}
}

func TestThePolicyOfOneOrganisationReadsAsBefore(t *testing.T) {
	page, _, _ := asked(t, "policy", "show", "kai", "--on", "2026-11-22", "--html")
	data, _, _ := asked(t, "policy", "show", "kai", "--on", "2026-11-22", "--json")
	if unfitPage(page) != "" || fits(compiled(t, "schema/effective.schema.json"), data) != nil {
		t.Error("the forms that the command prints are not those that are checked")
	}
	for _, voice := range []string{"en", "de"} {
		text, _, _ := asked(t, "policy", "show", "kai", "--on", "2026-11-22", "--voice", voice)
		// Any comment in any layer moves the digest; the page says the same.
		text = digests.ReplaceAllString(text, "…")
		file := filepath.Join("testdata", "policy", "show."+voice+".txt")
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if text != string(want) {
			t.Errorf("%s is not what is printed; with UPDATE_GOLDEN=1 it is written anew:\n%s", file, firstDifference(string(want), text))
		}
	}
}

func TestWhatCannotBeShownIsToldInOneSentence(t *testing.T) {
	for want, line := range map[string][]string{
		`there is no organisation "nobody"`:                            {"policy", "show", "nobody"},
		`--on: "tomorrow" is no date; write it as 2026-11-22`:          {"policy", "show", "kai", "--on", "tomorrow"},
		`warning: the policy says that it is in force from 2022-04-01`: {"policy", "show", "kai", "--on", "2020-01-01"},
		`--section: there is no "fee"; there is about, desk,`:          {"policy", "show", "kai", "--section", "fee"},
		`is not a folder that can be read`:                             {"policy", "show", "kai", "--packs", "no-such-folder"},
	} {
		if _, complaint, _ := asked(t, line...); !strings.Contains(complaint, want) {
			t.Errorf("%v: %s", line, complaint)
		}
	}
}

// unfitPage says what keeps a page from being one file that a printer and a
// browser without a network can use; "" for nothing.
func unfitPage(page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return err.Error()
	}
	ids, links, firsts, lang := map[string]bool{}, []string{}, 0, false
	wrong := ""
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script", "link", "iframe", "object", "form":
			wrong = "it has a " + n.Data
		case "h1":
			firsts++
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "href":
				links = append(links, a.Val)
			case a.Key == "src" || strings.HasPrefix(a.Key, "on"):
				wrong = "it has " + a.Key
			case a.Key == "lang" && n.Data == "html":
				lang = a.Val != ""
			}
		}
	}
	for _, l := range links {
		if !strings.HasPrefix(l, "#") || !ids[l[1:]] {
			wrong = "it leads to " + l
		}
	}
	switch {
	case wrong != "":
		return wrong
	case firsts != 1:
		return "it has not one first heading"
	case !lang:
		return "it names no language"
	case strings.Contains(page, "url(") || strings.Contains(page, "@import"):
		return "its style fetches something"
	}
	return ""
}

func day(t *testing.T) clock.Date {
	t.Helper()
	on, err := clock.ParseDate("2026-11-22")
	if err != nil {
		t.Fatal(err)
	}
	return on
}

func fits(s *jsonschema.Schema, data string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}
