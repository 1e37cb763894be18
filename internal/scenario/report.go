package scenario

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"madoguchi/policy"
)

// State is what can be said of one requirement.
type State string

// The states.
const (
	Passes  State = "pass"    // every scenario that names it holds
	Fails   State = "fail"    // one does not
	Later   State = "later"   // a later part of the product has it; scenarios say what holds now
	Missing State = "missing" // nobody shows it and nothing names a later part
)

// Requirement is one clause of a policy, or one reading of it, with what shows
// that it holds.
type Requirement struct {
	Organisation string `json:"organisation"`
	ID           string `json:"id"`
	Clause       string `json:"clause,omitempty"`
	Summary      string `json:"summary"`
	// Later is the later part of the product that has it, "" for none.
	Later     string   `json:"later,omitempty"`
	Scenarios []string `json:"scenarios"`
	Failed    []string `json:"failed,omitempty"`
	State     State    `json:"state"`
}

// Report is what all scenarios of a run say together.
type Report struct {
	Results      []Result      `json:"results"`
	Requirements []Requirement `json:"requirements"`
	// Readings are the texts that are not carried out literally, each as a
	// requirement whose summary is what is carried out.
	Readings []Requirement `json:"readings"`
	// Strays are what scenarios prove and no pack has.
	Strays []Difference `json:"strays,omitempty"`
}

// Failed reports whether anything is red: a difference, a requirement or reading
// that nobody shows, or a scenario that proves what is not there.
func (r Report) Failed() bool {
	red := func(q Requirement) bool { return q.State == Fails || q.State == Missing }
	return len(r.Strays) > 0 || slices.ContainsFunc(r.Results, func(x Result) bool { return !x.Passed() }) ||
		slices.ContainsFunc(r.Requirements, red) || slices.ContainsFunc(r.Readings, red)
}

// Report runs the scenarios of one organisation, or of every one for "", and sets
// them beside what the packs say must hold.
func (s Suite) Report(slug string) Report {
	r := Report{Results: s.Run(slug)}
	for _, p := range s.Library.Packs() {
		if slug != "" && p.Slug != slug {
			continue
		}
		known := map[string]bool{}
		for _, q := range p.Requirements {
			known[q.ID] = true
			r.Requirements = append(r.Requirements, r.requirement(p, Requirement{ID: q.ID, Clause: q.Clause, Summary: q.Summary, Later: q.Later}))
		}
		for _, q := range p.Readings {
			known[q.ID] = true
			r.Readings = append(r.Readings, r.requirement(p, Requirement{ID: q.ID, Clause: q.Clause, Summary: q.Reading}))
		}
		for _, x := range s.Scenarios {
			for i, id := range x.Proves {
				if x.slug == p.Slug && !known[id] {
					at := x.source.Problem(fmt.Sprintf("%s/proves/%d", x.at, i), "", "")
					r.Strays = append(r.Strays, Difference{File: x.file, Line: at.Line, Column: at.Column, Path: "proves", Expected: "a requirement or reading of the pack", Got: id})
				}
			}
		}
	}
	return r
}

// requirement fills in the scenarios that name one.
func (r Report) requirement(p *policy.Pack, q Requirement) Requirement {
	q.Organisation, q.Scenarios = p.Slug, []string{}
	for _, x := range r.Results {
		if x.Organisation != p.Slug || !slices.Contains(x.Proves, q.ID) {
			continue
		}
		q.Scenarios = append(q.Scenarios, x.Scenario)
		if !x.Passed() {
			q.Failed = append(q.Failed, x.Scenario)
		}
	}
	switch {
	case len(q.Failed) > 0:
		q.State = Fails
	case q.Later != "":
		q.State = Later
	case len(q.Scenarios) == 0:
		q.State = Missing
	default:
		q.State = Passes
	}
	return q
}

// counted are how many requirements are in a state.
func counted(all []Requirement, s State) (n int) {
	for _, q := range all {
		if q.State == s {
			n++
		}
	}
	return n
}

// tally is all states in words.
func tally(all []Requirement, of string) string {
	parts := []string{fmt.Sprintf("%d pass", counted(all, Passes))}
	for _, s := range []State{Later, Fails, Missing} {
		if n := counted(all, s); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return fmt.Sprintf("%d %s: %s", len(all), of, strings.Join(parts, ", "))
}

// of keeps what belongs to one organisation.
func of(all []Requirement, slug string) (out []Requirement) {
	for _, q := range all {
		if q.Organisation == slug {
			out = append(out, q)
		}
	}
	return out
}

// organisations are those of a report, in its order.
func (r Report) organisations() (out []string) {
	for _, q := range r.Requirements {
		if !slices.Contains(out, q.Organisation) {
			out = append(out, q.Organisation)
		}
	}
	return out
}

// Text writes the report for who reads it in a terminal: every requirement with
// its scenarios counted, and each failing scenario with its differences. shown is
// how a file's name looks to the reader.
func (r Report) Text(w io.Writer, shown func(string) string) error {
	var b strings.Builder
	for _, slug := range r.organisations() {
		n := 0
		for _, x := range r.Results {
			if x.Organisation == slug {
				n++
			}
		}
		fmt.Fprintf(&b, "%s: %d scenarios; %s; %s\n", slug, n, tally(of(r.Requirements, slug), "requirements"), tally(of(r.Readings, slug), "readings"))
		for _, q := range append(of(r.Requirements, slug), of(r.Readings, slug)...) {
			fmt.Fprintf(&b, "  %-8s %3d  %s\n", q.ID, len(q.Scenarios), state(q))
		}
	}
	for _, x := range r.Results {
		if x.Passed() {
			continue
		}
		fmt.Fprintf(&b, "\nFAIL %s for %s: %s\n", x.Scenario, x.Organisation, x.Says)
		for _, d := range x.Differences {
			d.File = shown(d.File)
			fmt.Fprintf(&b, "  %s\n", d)
		}
	}
	for _, d := range r.Strays {
		d.File = shown(d.File)
		fmt.Fprintf(&b, "\nFAIL %s\n", d)
	}
	fmt.Fprintf(&b, "\n%d scenarios run; %s; %s\n", len(r.Results), tally(r.Requirements, "requirements"), tally(r.Readings, "readings"))
	_, err := io.WriteString(w, b.String())
	return err
}

// state is a requirement's state with the later part's name.
func state(q Requirement) string {
	if q.State == Later {
		return "later: " + q.Later
	}
	return string(q.State)
}

// Markdown writes docs/requirements.md.
func (r Report) Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString(`# Requirements

Made by ` + "`make docs`" + ` from the packs and their [scenarios](scenarios.md); a test holds it current. Every requirement is a clause of a
policy in our own words. *pass*: each scenario that names it holds, run through the code that decides real requests. *later*: a
part of the product that is not there yet has it; what its scenarios show holds already. Scenarios in *italics* stand in
` + "`packs/law/scenarios`" + ` and are run for every organisation under that law.

`)
	fmt.Fprintf(&b, "%s. %s.\n", tally(r.Requirements, "requirements"), tally(r.Readings, "readings"))
	law := map[string]bool{}
	for _, x := range r.Results {
		if strings.HasPrefix(x.File, lawFolder+"/") {
			law[x.Scenario] = true
		}
	}
	rows := func(all []Requirement) {
		for _, q := range all {
			names := make([]string, len(q.Scenarios))
			for i, s := range q.Scenarios {
				if names[i] = s; law[s] {
					names[i] = "*" + s + "*"
				}
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", q.ID, cell(q.Clause), cell(q.Summary), strings.Join(names, ", "), state(q))
		}
	}
	for _, slug := range r.organisations() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n| id | clause | in our words | scenarios | |\n|---|---|---|---|---|\n", slug, tally(of(r.Requirements, slug), "requirements"))
		rows(of(r.Requirements, slug))
		fmt.Fprintf(&b, "\nTexts that are not carried out literally, and what is carried out:\n\n| id | clause | carried out | scenarios | |\n|---|---|---|---|---|\n")
		rows(of(r.Readings, slug))
	}
	var parts []string
	for _, q := range r.Requirements {
		if q.Later != "" && !slices.Contains(parts, q.Later) {
			parts = append(parts, q.Later)
		}
	}
	slices.Sort(parts)
	b.WriteString("\n## Later parts\n\n| part | requirements | why it is not there yet |\n|---|---|---|\n")
	for _, part := range parts {
		var ids []string
		for _, q := range r.Requirements {
			if q.Later == part {
				ids = append(ids, q.ID)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", part, strings.Join(ids, ", "), laterParts[part])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cell keeps a text from ending its cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// laterParts say why a part of the product is not there yet, and what stands in
// for it until then.
var laterParts = map[string]string{
	"a last approver by pack":     "the last approver is a role of ours (manager); that a pack names an office of its own is text until roles are pack data",
	"advertising stop":            "needs the sending systems; the desk takes the request, with a target of three office days",
	"amendments and mass notices": "a notice to everybody is a batch of its own, with evidence; the promise stands as data and on the page",
	"complaints":                  "a complaint is a case of its own with its own procedure; the desk takes it and answers outside this house",
	"consent withdrawal":          "needs the consents of the connected systems; the desk takes it, free of charge",
	"disposal":                    "runs without a request, by the rules of retention; those stand as data, and a request before disposal is answered in full",
	"fraud":                       "the stage is there and nothing enters it yet; who cannot be proven is refused by two people",
	"joint use":                   "a search over several companies needs their systems; they are told of corrections and stops",
	"management system overlay":   "the standard is a layer of its own between policy and law; none is written yet",
	"My Number":                   "needs a vault and roles of its own; no system that holds one is connected",
	"policy packs: sector guidelines as a layer": "an empty layer until somebody fills it; the law stands below the policy",
	"provision stop":       "needs the record of provision; the desk takes the request, and says what it does",
	"purpose notice":       "an answer from the list of purposes, without a search; the desk gives it",
	"role families":        "rights by family of work, below the six roles; rights end at once when an account or an appointment ends",
	"sensitive categories": "nothing marks a request or a column as sensitive yet; the rule by which two proofs are asked stands ready",
	"service terms":        "the terms are not among the texts; the page says that they are to be supplied",
	"website data":         "cookies are in no connected system; an inquiry about them is answered by the desk",
}
