package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/policy"
)

// reader puts lines of an effective policy into the words of one voice.
type reader struct {
	voice dsr.Voice
	pack  *policy.Pack // whose fallbacks and language hold for its texts
}

func (r reader) t(key string, args ...any) string {
	return locales.T(r.voice, "effective."+key, args...)
}

// says is what sort of line it is, in words.
func (r reader) says(l policy.Line) string { return r.t("says." + l.Says) }

// of is what a line is about, "" where its section says it.
func (r reader) of(l policy.Line) string {
	var sorts []string // of words, in the order of the line
	by := map[string][]string{}
	for _, n := range l.Of {
		if by[n.Words] == nil {
			sorts = append(sorts, n.Words)
		}
		by[n.Words] = append(by[n.Words], r.name(n))
	}
	var parts []string
	for _, s := range sorts {
		parts = append(parts, r.list(by[s]))
	}
	return capital(strings.Join(parts, " – "))
}

// capital begins a heading, which a word of the catalogue may stand in, with a
// capital letter.
func capital(s string) string {
	if s == "" {
		return ""
	}
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:]
}

// name is one thing that a line is about.
func (r reader) name(n policy.Name) string {
	if s := r.pack.Text(n.Text, string(r.voice)); s != "" {
		return s
	}
	return r.word(n.Words, n.Code)
}

// list joins values as the voice does.
func (r reader) list(of []string) string {
	if r.voice == dsr.VoiceJa {
		return strings.Join(of, "、")
	}
	return strings.Join(of, ", ")
}

// values are those of a fact in words; the list is empty for one that is true or
// not there.
func (r reader) values(f policy.Fact) []string {
	if f.Words == "yes" {
		return nil
	}
	if len(f.Texts) > 0 {
		var out []string
		for i, t := range f.Texts {
			s := r.pack.Text(t, string(r.voice))
			if s == "" && i < len(f.Values) {
				s = f.Values[i]
			}
			out = append(out, strings.TrimSpace(s))
		}
		return out
	}
	var out []string
	for _, v := range f.Values {
		out = append(out, r.word(f.Words, v))
	}
	return out
}

// fact is a fact after the first, with its label.
func (r reader) fact(f policy.Fact) string {
	label := r.t("fact." + f.Name)
	values := r.values(f)
	if len(values) == 0 {
		return label
	}
	return label + ": " + r.list(values)
}

// where is what a line rests on: its layer, then clause, article and reading.
func (r reader) where(l policy.Line) string {
	parts := []string{r.t("layer." + l.Layer)}
	if l.Clause != "" {
		parts = []string{r.t("layer.clause", "clause", l.Clause)}
		if l.Layer == "reading" {
			parts = append([]string{r.t("layer.reading") + " " + l.Reading}, parts...)
		}
	} else if l.Reading != "" {
		parts = append(parts, l.Reading)
	}
	if l.Article != "" {
		parts = append(parts, r.article(l))
	}
	// A place says more than the name of a file.
	if l.Clause == "" && l.Article == "" && l.Reading == "" {
		parts = append(parts, l.Source)
	}
	return strings.Join(parts, "; ")
}

func (r reader) article(l policy.Line) string {
	if first := l.Article[0]; first < '0' || first > '9' {
		return l.Article // "Order 13(1)", "PPC general guidelines 3-8-8"
	}
	return r.t("layer.article", "article", l.Article)
}

// word is one code of a sort of words. A code that the catalogue does not know
// is shown as it is: a place, a column, a population of the pack.
func (r reader) word(words, code string) string {
	key := ""
	switch words {
	case "amount":
		n, unit, _ := strings.Cut(code, " ")
		if clock.Unit(unit) == clock.NoFigure {
			return r.t("amount.no-figure")
		}
		count, _ := strconv.Atoi(n)
		return clock.Amount(count, clock.Unit(unit), string(r.voice))
	case "day":
		return locales.Day(r.voice, code, true)
	case "percent":
		return code + " %"
	case "pause":
		cause, mode, _ := strings.Cut(code, " ")
		why := locales.T(r.voice, "pause."+cause)
		if !locales.Has("pause." + cause) {
			why = r.t("pause-any.cause")
		}
		return fmt.Sprintf("%s (%s)", why, r.t("pause-mode."+mode))
	case "kind":
		key = "kind." + code + ".letter"
	case "channel":
		if key = "effective.channel." + code; !locales.Has(key) {
			key = "channel." + code
		}
	case "voice":
		key = "voice." + code
	case "missing":
		key = "portal.missing." + code
	case "class":
		key = "effective.class.who-" + code
	case "time":
		return r.time(code)
	case "":
		return code
	default:
		key = "effective." + words + "." + code
	}
	if !locales.Has(key) {
		return code
	}
	return locales.T(r.voice, key)
}

// time is the name of one of the pack's times: "target_ad-opt-out",
// "identity_reminder_2", or the ID of a rule of a law.
func (r reader) time(id string) string {
	if kind, ok := strings.CutPrefix(id, "target_"); ok {
		return r.t("time.target_of", "kind", r.word("kind", kind))
	}
	base, n := id, ""
	if i := strings.LastIndexByte(id, '_'); i > 0 {
		if _, err := strconv.Atoi(id[i+1:]); err == nil {
			base, n = id[:i], " "+id[i+1:]
		}
	}
	if locales.Has("effective.time." + base) {
		return r.t("time."+base) + n
	}
	if r.pack.Times.Exposure.ID == id {
		return r.t("time.exposure")
	}
	return id
}

// sections are the lines of an effective policy by section, in order, those that
// differ in nothing but their kind put together.
func sections(e policy.Effective) []section {
	by := map[string][]policy.Line{}
	for _, l := range policy.Together(e.Lines) {
		by[l.Section] = append(by[l.Section], l)
	}
	// What kinds promise is read promise by promise; grounds and proof, kind by kind.
	first := map[string]int{}
	for i, l := range by["kinds"] {
		if _, seen := first[l.Says]; !seen {
			first[l.Says] = i
		}
	}
	slices.SortStableFunc(by["kinds"], func(a, b policy.Line) int { return first[a.Says] - first[b.Says] })
	var out []section
	for _, name := range policy.Sections {
		if len(by[name]) > 0 {
			out = append(out, section{name, by[name]})
		}
	}
	// A section that the order forgot is shown at the end all the same.
	for _, name := range slices.Sorted(maps.Keys(by)) {
		if !slices.Contains(policy.Sections, name) {
			out = append(out, section{name, by[name]})
		}
	}
	return out
}

type section struct {
	name  string
	lines []policy.Line
}
