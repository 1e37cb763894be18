package server

import (
	"html/template"

	"madoguchi/dsr"
)

// mistake is what is wrong with one field, in words that say what to do. It
// stands in the summary above the heading, linked to the field, and at the
// field itself: the same words in both places.
type mistake struct{ Field, Text string }

// mistakes are all of a form, in the order of its fields.
type mistakes []mistake

// of is the sentence for a field, "" when it is right.
func (ms mistakes) of(field string) string {
	for _, m := range ms {
		if m.Field == field {
			return m.Text
		}
	}
	return ""
}

// field is one control of a form with all that is said about it.
type field struct {
	// ID is also the name; a mistake points to it.
	ID string
	// Kind: "text", "area", "radios", "checks", "date", "part" (of a date).
	Kind  string
	Label template.HTML
	Hint  template.HTML
	// Value is what was typed, as typed.
	Value        string
	Type         string // of an input: "text", "email", "tel"
	Autocomplete string
	InputMode    string
	// Size is a class of the stylesheet: "short", "code", "year".
	Size string
	// Mark says whether it must be filled, in the voices that say so.
	Mark  string
	Error string
	// Alone: the label is the heading of the page.
	Alone   bool
	Options []option
	Parts   []field
	Rows    int
	Max     int
}

// option is one radio button or box; Reveal are fields that belong to it. A
// box has a Name of its own.
type option struct {
	ID, Value string
	Name      string
	Label     template.HTML
	Hint      template.HTML
	Checked   bool
	Reveal    []field
}

// DescribedBy lists what a screen reader says after the label.
func (f field) DescribedBy() string {
	s := ""
	if f.Hint != "" {
		s = f.ID + "-hint"
	}
	if f.Error != "" {
		if s != "" {
			s += " "
		}
		s += f.ID + "-error"
	}
	return s
}

// text makes a field of one line. Its label is the text of key, its hint that
// of <key>-hint, where the catalogue has one.
func (v *visit) text(id, key, value string, ms mistakes, optional bool) field {
	f := field{ID: id, Kind: "text", Type: "text", Label: v.h(key, "organisation", v.organisation()), Value: value, Error: ms.of(id), Mark: v.mark(optional), Max: 300}
	if speaks(key + "-hint") {
		f.Hint = v.h(key + "-hint")
	}
	return f
}

// area makes a field of several lines.
func (v *visit) area(id, key, value string, ms mistakes, optional bool) field {
	f := v.text(id, key, value, ms, optional)
	f.Kind, f.Rows, f.Max = "area", 5, maxText
	return f
}

// radios makes a choice of one. The first option carries the field's own ID,
// so that the error summary leads to it.
func (v *visit) radios(id, key, value string, ms mistakes, options ...option) field {
	f := field{ID: id, Kind: "radios", Label: v.h(key, "organisation", v.organisation()), Value: value, Error: ms.of(id), Options: options}
	if speaks(key + "-hint") {
		f.Hint = v.h(key + "-hint")
	}
	for i := range f.Options {
		o := &f.Options[i]
		o.ID = id + "-" + o.Value
		if i == 0 {
			o.ID = id
		}
		o.Checked = o.Value == value
	}
	return f
}

// mark is what a field says about whether it must be filled. Japanese pages
// say so at every field (必須, 任意), the others at optional fields only.
func (v *visit) mark(optional bool) string {
	if optional {
		return v.t("word.optional")
	}
	if v.voice == dsr.VoiceJa || v.voice == dsr.VoiceJaEasy {
		return v.t("word.required")
	}
	return ""
}

// maxText bounds what a person may write in one field, in characters.
const maxText = 2000

// formPage is a page with one form on it: a question, or a few that belong
// together.
type formPage struct {
	Title string
	Intro []template.HTML
	// Back is the way back, "" for none.
	Back string
	// Step and Steps place the page in the form; 0 for none.
	Step, Steps int
	Action      string
	Fields      []field
	Hidden      []pair
	Mistakes    mistakes
	// Button names the act; Danger marks what cannot be undone.
	Button string
	Danger bool
	// Note stands below the button.
	Note template.HTML
	// Cancel is a link beside the button.
	Cancel string
}

type pair struct{ Name, Value string }

func (formPage) name() string { return "portal/form" }

func (p formPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// H1Alone reports whether the only field's label is the page's heading.
func (p formPage) H1Alone() bool { return len(p.Fields) == 1 && p.Fields[0].Alone }
