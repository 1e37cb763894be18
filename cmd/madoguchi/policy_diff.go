package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/policy"
)

type policyDiffCmd struct {
	policyFolder
	Old          string `arg:"" help:"The earlier version: a folder of packs, an organisation's folder or its pack.yaml, or SLUG@VERSION."`
	New          string `arg:"" help:"The later version, likewise; SLUG alone is the newest."`
	Organisation string `placeholder:"SLUG" help:"Only this organisation."`
	On           string `placeholder:"DATE" help:"Day of arrival that the statute's clocks are chosen by. Default: today."`
	Voice        string `default:"en" enum:"en,ja" help:"Language: en or ja."`
	JSON         bool   `name:"json" help:"Print as JSON."`
	Database     bool   `help:"Say which open cases arrived under the earlier version."`
}

// compared is one organisation in two versions as JSON has it.
type compared struct {
	Organisation string          `json:"organisation"`
	Was          string          `json:"was,omitempty"` // version
	Is           string          `json:"is,omitempty"`
	Digest       string          `json:"was_digest,omitempty"`
	Changes      []policy.Change `json:"changes"`
	// Pinned are references of open cases, with --database only.
	Pinned []string `json:"pinned,omitempty"`

	old, new *policy.Pack
}

// Run says in words what a change of a policy means for people, and with
// --database which open cases arrived under the earlier version: references and
// nothing of anybody.
func (cmd policyDiffCmd) Run(ctx context.Context, s *surroundings) error {
	var base *app
	options := policy.Options{}
	if cmd.Database {
		var err error
		if base, err = opened(ctx, s); err != nil {
			return err
		}
		defer base.close()
		// A case of a demonstration is pinned to a text with the demonstration's
		// times: the digest is taken over those too.
		options.Demonstration = base.config.Mode == modeDemonstration
	}
	was, err := cmd.version(s, cmd.Old, options)
	if err != nil {
		return err
	}
	is, err := cmd.version(s, cmd.New, options)
	if err != nil {
		return err
	}
	var slugs []string
	for _, side := range []map[string]*policy.Pack{was, is} {
		for slug := range side {
			if !slices.Contains(slugs, slug) && (cmd.Organisation == "" || cmd.Organisation == slug) {
				slugs = append(slugs, slug)
			}
		}
	}
	slices.Sort(slugs)
	if len(slugs) == 0 {
		return fmt.Errorf("--organisation: there is no %q in either", cmd.Organisation)
	}
	all := []compared{}
	for _, slug := range slugs {
		c := compared{Organisation: slug, old: was[slug], new: is[slug], Changes: []policy.Change{}}
		if c.old != nil {
			c.Was, c.Digest = c.old.Version, c.old.Digest
			if cmd.Database {
				if c.Pinned, err = base.store.Pinned(ctx, c.old.ID, c.old.Digest); err != nil {
					return err
				}
			}
		}
		if c.new != nil {
			c.Is = c.new.Version
		}
		if c.old != nil && c.new != nil {
			on, err := dayOf(cmd.On, c.new.Zone)
			if err != nil {
				return err
			}
			c.Changes = append(c.Changes, policy.Diff(c.old, c.new, on)...)
		}
		all = append(all, c)
	}
	if cmd.JSON {
		return printJSON(s.out, all)
	}
	for i, c := range all {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if err := cmd.print(s.out, c); err != nil {
			return err
		}
	}
	return nil
}

// version finds the packs that an argument names, by slug.
func (cmd policyDiffCmd) version(s *surroundings, name string, options policy.Options) (map[string]*policy.Pack, error) {
	tree, err := cmd.tree(s)
	if err != nil {
		return nil, err
	}
	_, missing := os.Stat(name)
	if missing == nil {
		if tree, err = tree.only(name); err != nil {
			return nil, err
		}
	}
	library, err := policy.Load(tree.FS, options)
	var problems policy.Problems
	if errors.As(err, &problems) {
		for i := range problems {
			problems[i].File = tree.shown(problems[i].File)
		}
	}
	if err != nil {
		return nil, err
	}
	out := map[string]*policy.Pack{}
	if missing == nil {
		for _, p := range library.Packs() {
			out[p.Slug] = p
		}
		return out, nil
	}
	slug, version, _ := strings.Cut(name, "@")
	var known []string
	for _, p := range library.Packs() {
		for _, v := range library.Versions(p.Slug) {
			if v.Slug == slug && (v.Version == version || version == "" && v == p) {
				out[slug] = v
			}
			known = append(known, v.Slug+"@"+v.Version)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: there is no such folder and no such version; there is %s", name, strings.Join(known, ", "))
	}
	return out, nil
}

// print tells one organisation's changes, the worse first.
func (cmd policyDiffCmd) print(out io.Writer, c compared) error {
	voice := dsr.Voice(cmd.Voice)
	t := func(key string, args ...any) string { return locales.T(voice, "change."+key, args...) }
	var b strings.Builder
	switch {
	case c.old == nil:
		fmt.Fprintln(&b, t("page.new-organisation", "organisation", c.new.Text(c.new.Entity.Name, cmd.Voice)))
	case c.new == nil:
		fmt.Fprintln(&b, t("page.gone-organisation", "organisation", c.old.Text(c.old.Entity.Name, cmd.Voice)))
	default:
		fmt.Fprintln(&b, t("page.title", "organisation", c.new.Text(c.new.Entity.Name, cmd.Voice), "was", c.Was, "is", c.Is))
		on, err := dayOf(cmd.On, c.new.Zone)
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, t("page.day", "day", locales.Day(voice, on.String(), true)))
		told := toldChanges(c.Changes, reader{voice, c.old}, reader{voice, c.new})
		if len(told) == 0 {
			fmt.Fprintln(&b, t("page.nothing"))
		} else {
			n := map[policy.Sense]int{}
			for _, x := range told {
				n[x.sense]++
			}
			fmt.Fprintln(&b, t("page.counts", "worse", n[policy.Worse], "better", n[policy.Better], "mixed", n[policy.Mixed], "same", n[policy.Same]))
		}
		for _, sense := range senses {
			heading := false
			for _, x := range told {
				if x.sense != sense {
					continue
				}
				if !heading {
					fmt.Fprintf(&b, "\n%s\n", t("sense."+string(sense)))
					heading = true
				}
				fmt.Fprintf(&b, "  - %s [%s]\n", x.text, x.where)
			}
		}
	}
	if cmd.Database && c.old != nil {
		fmt.Fprintf(&b, "\n%s\n", t("page.pinned", "digest", c.Digest[:12], "n", len(c.Pinned)))
		for _, reference := range c.Pinned {
			fmt.Fprintf(&b, "  %s\n", reference)
		}
		if len(c.Pinned) > 0 {
			fmt.Fprintln(&b, t("page.pinned-stay"))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// senses are in the order in which a reader wants them.
var senses = []policy.Sense{policy.Worse, policy.Better, policy.Mixed, policy.Same}

// toldChange is one sentence, with for whom it is and where it stands.
type toldChange struct {
	sense       policy.Sense
	text, where string
}

// toldChanges puts changes into sentences: one for each fact that differs; what
// is the same for several kinds or ways in is said once.
func toldChanges(all []policy.Change, was, is reader) []toldChange {
	var lines []policy.Line
	for _, c := range all {
		l, r := c.Line(), is
		if c.Is == nil {
			r = was
		}
		for _, sentence := range sentences(c, was, is) {
			// A line of its own, whose only fact is the sentence, so that lines are put
			// together as those of a policy are.
			lines = append(lines, policy.Line{Section: l.Section, ID: l.ID, Says: sentence, Of: l.Of, Layer: string(c.Sense), Source: r.where(l)})
		}
	}
	var out []toldChange
	for _, l := range policy.Together(lines) {
		text := l.Says
		if of := is.of(l); of != "" {
			text = of + ": " + text
		}
		out = append(out, toldChange{policy.Sense(l.Layer), capital(text), l.Source})
	}
	return out
}

// sentences say what is different, fact by fact.
func sentences(c policy.Change, was, is reader) []string {
	t := func(key string, args ...any) string { return locales.T(is.voice, "change."+key, args...) }
	l, r := c.Line(), is
	if c.Is == nil {
		r = was
	}
	says := r.says(l)
	switch c.Sort {
	case policy.ChangeMoved:
		return []string{t("line.moved", "says", says, "was", was.where(*c.Was), "is", is.where(*c.Is))}
	case policy.ChangeNew, policy.ChangeGone:
		value := ""
		if len(l.Facts) > 0 {
			value = r.list(r.values(l.Facts[0]))
		}
		if key := l.Says + "." + c.Sort; locales.Has("change." + key) {
			return []string{t(key, "value", value)}
		}
		if value == "" {
			return []string{t("line."+c.Sort+"-bare", "says", says)}
		}
		return []string{t("line."+c.Sort, "says", says, "value", value)}
	}
	var out []string
	if c.Was.Says != c.Is.Says {
		out = append(out, t("line.says", "was", was.says(*c.Was), "is", is.says(*c.Is)))
	}
	// An extension that is new or gone takes its conditions along.
	extension := len(c.Was.Fact("extension").Values) != len(c.Is.Fact("extension").Values)
	for _, name := range c.Facts {
		if extension && slices.Contains(ofExtension, name) {
			continue
		}
		label := says
		if name != first(*c.Was) && name != first(*c.Is) && locales.Has("effective.fact."+name) {
			label = is.t("fact." + name)
			// What the fact is of is told with it, where the line has no heading.
			if v := is.values(l.Fact(first(l))); slices.Contains(sole, l.Says) {
				label = is.list([]string{says, label})
			} else if len(l.Of) == 0 && len(v) > 0 {
				label = is.list(v) + ": " + label
			}
		}
		if slices.Contains(figures, l.Says) && label == says {
			label = "" // the heading says which figure it is
		}
		out = append(out, of(l.Says, label, c.Was.Fact(name), c.Is.Fact(name), was, is)...)
	}
	return out
}

// ofExtension are the facts of a time that belong to its extension, figures the
// sorts of lines that have a figure under a heading, sole those of which a policy
// has one, so that what sort it is says which.
var (
	sole        = []string{"name", "roles", "recording", "amendment", "scope", "version", "law", "calendar", "identifiers", "representative"}
	ofExtension = []string{"times", "base", "notice", "reasons", "grounds"}
	figures     = []string{"time", "legal", "number", "stage-share"}
)

// first is the name of a line's first fact, "" where it has none.
func first(l policy.Line) string {
	if len(l.Facts) == 0 {
		return ""
	}
	return l.Facts[0].Name
}

// of says how one fact differs.
func of(says, label string, old, new policy.Fact, was, is reader) []string {
	// first is the special sentence where the catalogue has one.
	t := func(key string, args ...any) string {
		if locales.Has("change." + says + "." + key) {
			return locales.T(is.voice, "change."+says+"."+key, args...)
		}
		return strings.TrimPrefix(locales.T(is.voice, "change.line."+key, append(args, "label", label)...), ": ")
	}
	a, b := was.values(old), is.values(new)
	before, after := is.list(a), is.list(b)
	if old.Words == "yes" || new.Words == "yes" {
		if len(new.Values) > 0 {
			return []string{t("yes")}
		}
		return []string{t("no")}
	}
	if s := ranked(says, old, new); s != "" {
		return []string{t(s, "was", before, "is", after)}
	}
	switch {
	case locales.Has("change." + says + "." + new.Name):
		return []string{t(new.Name, "was", before, "is", after)}
	case len(a) > 1 || len(b) > 1 || new.Name == "who" || new.Name == "channels" || new.Name == "documents":
		var out []string
		if more := without(b, a); len(more) > 0 {
			out = append(out, t("more", "values", is.list(more)))
		}
		if less := without(a, b); len(less) > 0 {
			out = append(out, t("less", "values", is.list(less)))
		}
		if len(out) == 0 {
			out = append(out, t("order", "is", after))
		}
		return out
	case before == "":
		return []string{t("value-new", "is", after)}
	case after == "":
		return []string{t("value-gone", "was", before)}
	}
	return []string{t("value", "was", before, "is", after)}
}

// ranked names the sentence for a fact that is more or less of the same; "" for
// one that has no order.
func ranked(says string, old, new policy.Fact) string {
	if len(old.Values) != 1 || len(new.Values) != 1 {
		return ""
	}
	x, y := old.Values[0], new.Values[0]
	var sign int
	up, down := "longer", "shorter"
	switch {
	case new.Name == "level" || new.Name == "sensitive":
		sign, up, down = cmp.Compare(y, x), "harder", "easier"
	case new.Words == "amount":
		m, unit, _ := strings.Cut(x, " ")
		n, other, _ := strings.Cut(y, " ")
		if unit != other {
			return "" // ten days of one sort and nine of another: both are said
		}
		i, _ := strconv.Atoi(m)
		j, _ := strconv.Atoi(n)
		sign = cmp.Compare(j, i)
	case says == "fee" && new.Name == "yen", says == "retention" && new.Name == "years":
		i, _ := strconv.Atoi(x)
		j, _ := strconv.Atoi(y)
		sign = cmp.Compare(j, i)
		if says == "fee" {
			up, down = "higher", "lower"
		}
	}
	switch {
	case sign > 0:
		return up
	case sign < 0:
		return down
	}
	return ""
}

// without are the members of a that b has not.
func without(a, b []string) (out []string) {
	for _, x := range a {
		if !slices.Contains(b, x) {
			out = append(out, x)
		}
	}
	return out
}
