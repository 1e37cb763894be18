package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/policy"
)

type policyShowCmd struct {
	policyFolder
	Organisation string   `arg:"" help:"Slug of the organisation."`
	On           string   `placeholder:"DATE" help:"Day of arrival (2026-11-22) in the desk's zone. Default: today."`
	Voice        string   `default:"en" enum:"en,ja,vi,de" help:"Language of the page: en, ja, vi or de."`
	Section      []string `placeholder:"NAME" help:"Only these sections: about, desk, purposes, people, kinds, identity, exemptions, fees, clocks, numbers, recipients, systems, retention, security, roles, complaints, amendment, readings, requirements, missing."`
	JSON         bool     `name:"json" xor:"form" help:"Print as JSON (packs/schema/effective.schema.json)."`
	HTML         bool     `name:"html" xor:"form" help:"Print as one HTML file that needs nothing else."`
}

// Run prints the policy of an organisation as it is carried out for a request
// that arrives on a day, every line with its layer and its place.
func (cmd policyShowCmd) Run(s *surroundings) error {
	library, p, err := cmd.pack(s, cmd.Organisation)
	if err != nil {
		return err
	}
	on, err := dayOf(cmd.On, p.Zone)
	if err != nil {
		return err
	}
	// The version in force on that day, which need not be the newest.
	if v, ok := library.At(p.Slug, on); ok {
		p = v
	}
	if from, err := clock.ParseDate(p.PolicyInForceOn); err == nil && on.Before(from) {
		fmt.Fprintf(s.err, "warning: the policy says that it is in force from %s\n", p.PolicyInForceOn)
	}
	e, r := p.Effective(on), reader{dsr.Voice(cmd.Voice), p}
	for _, name := range cmd.Section {
		if !slices.Contains(policy.Sections, name) {
			return fmt.Errorf("--section: there is no %q; there is %s", name, strings.Join(policy.Sections, ", "))
		}
	}
	e.Lines = slices.DeleteFunc(e.Lines, func(l policy.Line) bool { return len(cmd.Section) > 0 && !slices.Contains(cmd.Section, l.Section) })
	switch {
	case cmd.JSON:
		return printJSON(s.out, e)
	case cmd.HTML:
		return r.page(s.out, e)
	}
	return r.text(s.out, e)
}

// pack is the newest policy of an organisation in the folder, and all of them.
func (f policyFolder) pack(s *surroundings, slug string) (*policy.Library, *policy.Pack, error) {
	tree, err := f.tree(s)
	if err != nil {
		return nil, nil, err
	}
	library, problems, err := tree.load()
	if err == nil && len(problems) > 0 {
		err = problems
	}
	if err != nil {
		return nil, nil, err
	}
	p, ok := library.BySlug(slug)
	if !ok {
		var slugs []string
		for _, p := range library.Packs() {
			slugs = append(slugs, p.Slug)
		}
		return nil, nil, fmt.Errorf("there is no organisation %q; there is %s", slug, strings.Join(slugs, ", "))
	}
	return library, p, nil
}

// dayOf reads a civil date; "" is today in a zone.
func dayOf(text, zone string) (clock.Date, error) {
	if text == "" {
		in, err := time.LoadLocation(zone)
		if err != nil {
			return clock.Date{}, err
		}
		return clock.DateOf(time.Now().In(in)), nil
	}
	on, err := clock.ParseDate(text)
	if err != nil {
		return on, fmt.Errorf("--on: %q is no date; write it as 2026-11-22", text)
	}
	return on, nil
}

// text prints the page for a terminal: what a line is about, what it says, and
// in brackets what it rests on.
func (r reader) text(out io.Writer, e policy.Effective) error {
	var b strings.Builder
	title := r.pack.Text(e.Name, string(r.voice)) + " – " + r.t("page.title")
	fmt.Fprintf(&b, "%s\n%s\n", title, strings.Repeat("=", utf8.RuneCountInString(title)))
	fmt.Fprintf(&b, "%s\n", r.t("page.lead", "day", locales.Day(r.voice, e.On.String(), true)))
	if e.Demonstration {
		fmt.Fprintln(&b, r.t("page.demonstration"))
	}
	fmt.Fprintf(&b, "%s %s, %s %s\n", r.t("page.version"), e.Version, r.t("page.digest"), e.Digest)
	for i, s := range sections(e) {
		fmt.Fprintf(&b, "\n%d. %s\n", i+1, r.t("section."+s.name))
		about := ""
		for _, l := range s.lines {
			indent := "  "
			if of := r.of(l); of != "" {
				if of != about {
					fmt.Fprintf(&b, "  %s\n", of)
				}
				about, indent = of, "    "
			}
			head, more := r.body(l)
			fmt.Fprintf(&b, "%s%s [%s]\n", indent, head, r.where(l))
			for _, m := range more {
				fmt.Fprintf(&b, "%s    %s\n", indent, m)
			}
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// body is what a line says: the first fact beside its label, and each further one
// on a line of its own.
func (r reader) body(l policy.Line) (head string, more []string) {
	head = r.says(l)
	for i, f := range l.Facts {
		if values := r.values(f); i == 0 && len(values) > 0 {
			head += ": " + r.list(values)
			continue
		}
		more = append(more, r.fact(f))
	}
	return head, more
}

//go:embed policy_page.html
var policyPageText string

var policyPageTemplate = template.Must(template.New("policy").Parse(policyPageText))

// shownLine is a line as the page has it.
type shownLine struct {
	About, Says, Value, Where, Layer string
	More                             []shownFact
}

type shownFact struct{ Label, Value string }

type shownSection struct {
	ID, Title string
	Lines     []shownLine
}

// page prints the same as one HTML file: no script, nothing fetched, and fit to
// be printed.
func (r reader) page(out io.Writer, e policy.Effective) error {
	var parts []shownSection
	for _, s := range sections(e) {
		part := shownSection{ID: s.name, Title: r.t("section." + s.name)}
		about := ""
		for _, l := range s.lines {
			x := shownLine{Says: r.says(l), Where: r.where(l), Layer: l.Layer}
			if of := r.of(l); of != about {
				x.About, about = of, of
			}
			for i, f := range l.Facts {
				values := r.list(r.values(f))
				if i == 0 && values != "" {
					x.Value = values
					continue
				}
				x.More = append(x.More, shownFact{r.t("fact." + f.Name), values})
			}
			part.Lines = append(part.Lines, x)
		}
		parts = append(parts, part)
	}
	return policyPageTemplate.Execute(out, map[string]any{
		"Lang": string(r.voice), "Name": r.pack.Text(e.Name, string(r.voice)), "Title": r.t("page.title"),
		"Lead": r.t("page.lead", "day", locales.Day(r.voice, e.On.String(), true)), "Demonstration": e.Demonstration, "DemonstrationText": r.t("page.demonstration"),
		"VersionText": r.t("page.version"), "Version": e.Version, "DigestText": r.t("page.digest"), "Digest": e.Digest, "Contents": r.t("page.contents"), "Sections": parts,
	})
}
