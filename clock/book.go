package clock

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Book is the rules of every regime that the product knows, by ID. One ID may
// have several rules with different days in force: the rule is chosen by the day
// of arrival and stays (no retroactive switch). A Book is never changed after it
// is made.
type Book struct {
	regimes []Regime
	byID    map[string][]Rule // the oldest first
}

// Regime is one law, or one group of rules, with its rules in the order of its file.
type Regime struct {
	ID    string            `yaml:"regime"`          // "gdpr"
	Name  map[string]string `yaml:"name"`            // by voice, at least en
	Rules []Rule            `yaml:"rules"`           // every rule, also those that are switched off
	Notes []string          `yaml:"notes,omitempty"` // what the table of the law has and no clock can hold
}

// regimeID is how a regime is called in packs and on the command line.
var regimeID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// ParseRules reads one file of rules (docs/rules.md). Errors carry line and column.
// A rule that is switched on must name its source and the day on which somebody
// read it: a date that binds an office rests on a text that somebody opened.
func ParseRules(data []byte) (Regime, error) {
	var r Regime
	src, err := decode(data, &r)
	if err != nil {
		return Regime{}, err
	}
	if bad := r.check(); bad != nil {
		return Regime{}, src.place(bad)
	}
	for i := range r.Rules {
		r.Rules[i].Regime = r.ID
	}
	return r, nil
}

// check says what is wrong with a regime, or nil.
func (r Regime) check() *Error {
	switch {
	case r.ID == "":
		return wrong("regime", "a file of rules must name its regime")
	case !regimeID.MatchString(r.ID):
		return wrong("regime", "%q is not a word like uk-gdpr", r.ID)
	case r.Name["en"] == "":
		return wrong("name", "a regime needs a name, at least in en")
	case len(r.Rules) == 0:
		return wrong("rules", "there is no rule")
	}
	if bad := voices("name", r.Name); bad != nil {
		return bad
	}
	var before []Rule
	for i, rule := range r.Rules {
		field := fmt.Sprintf("rules[%d]", i)
		if err := rule.Validate(); err != nil {
			bad := err.(*Error)
			bad.Field = field + "." + bad.Field
			return bad
		}
		switch {
		case rule.Title["en"] == "":
			return wrong(field+".title", "rule %s needs a title, at least in en", rule.ID)
		case rule.Mark == "" && rule.Source == "":
			return wrong(field+".source", "rule %s is switched on and names no source", rule.ID)
		case rule.Mark == "" && rule.Read.IsZero():
			return wrong(field+".read", "rule %s is switched on and does not say when its source was read", rule.ID)
		}
		if at := slices.IndexFunc(before, rule.overlaps); at >= 0 {
			return wrong(field+".in_force_from", "%s is in force %s, and rules[%d] with the same ID %s: one day would have two rules",
				rule.ID, rule.window(), at, before[at].window())
		}
		before = append(before, rule)
	}
	return nil
}

// overlaps reports whether two rules of one ID govern one day.
func (r Rule) overlaps(o Rule) bool {
	return r.ID == o.ID && (r.InForceTo.IsZero() || !r.InForceTo.Before(o.InForceFrom)) &&
		(o.InForceTo.IsZero() || !o.InForceTo.Before(r.InForceFrom))
}

// window tells the days of arrival that a rule governs.
func (r Rule) window() string {
	switch {
	case r.InForceFrom.IsZero() && r.InForceTo.IsZero():
		return "on every day"
	case r.InForceTo.IsZero():
		return "from " + r.InForceFrom.String()
	case r.InForceFrom.IsZero():
		return "until " + r.InForceTo.String()
	}
	return "from " + r.InForceFrom.String() + " to " + r.InForceTo.String()
}

// LoadRules reads every *.yaml of a folder. Two rules with one ID whose days in
// force overlap are an error, as are two files of one regime; the error begins
// with the file's name.
func LoadRules(fsys fs.FS) (*Book, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	b := &Book{byID: map[string][]Rule{}}
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		r, err := ParseRules(data)
		if err == nil {
			err = b.add(r)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
	}
	slices.SortFunc(b.regimes, func(x, y Regime) int { return strings.Compare(x.ID, y.ID) })
	for _, rules := range b.byID {
		slices.SortFunc(rules, func(x, y Rule) int { return x.InForceFrom.Compare(y.InForceFrom) })
	}
	return b, nil
}

// add takes one more regime into the book.
func (b *Book) add(r Regime) error {
	if slices.ContainsFunc(b.regimes, func(o Regime) bool { return o.ID == r.ID }) {
		return wrong("regime", "the regime %q is there twice", r.ID)
	}
	b.regimes = append(b.regimes, r)
	for i, rule := range r.Rules {
		if at := slices.IndexFunc(b.byID[rule.ID], rule.overlaps); at >= 0 {
			return wrong(fmt.Sprintf("rules[%d].id", i), "regime %s has a rule %s already, in force %s",
				b.byID[rule.ID][at].Regime, rule.ID, b.byID[rule.ID][at].window())
		}
		b.byID[rule.ID] = append(b.byID[rule.ID], rule)
	}
	return nil
}

// Regimes are all regimes, by ID.
func (b *Book) Regimes() []Regime { return slices.Clone(b.regimes) }

// Versions are all rules of an ID, the oldest first, those that are switched off
// included; none when there is no such ID.
func (b *Book) Versions(id string) []Rule { return slices.Clone(b.byID[id]) }

// Rule is the rule of an ID that governs what arrived on a day. The error says
// whether there is no such ID, none in force on that day (and on which days there
// is one), or one that is switched off (and why).
func (b *Book) Rule(id string, arrived Date) (Rule, error) {
	versions := b.byID[id]
	if len(versions) == 0 {
		return Rule{}, wrong("id", "there is no rule %q; there is %s", id, b.near(id))
	}
	windows := make([]string, 0, len(versions))
	for _, r := range versions {
		if !r.InForce(arrived) {
			windows = append(windows, r.window())
			continue
		}
		if why := r.Off(); why != "" {
			return Rule{}, wrong("id", "rule %s is switched off: %s", id, why)
		}
		return r, nil
	}
	return Rule{}, wrong("id", "no rule %s governs what arrived on %s; there is one in force %s", id, arrived, strings.Join(windows, ", and one "))
}

// RuleAt is the rule of an ID that governs what arrived at an instant, by the day
// that it was in the rule's own zone, or in zone for a rule that names none. Errors
// are those of Rule.
func (b *Book) RuleAt(id string, at time.Time, zone *time.Location) (Rule, error) {
	for _, r := range b.byID[id] {
		loc := zone
		if own, err := Zone(r.Zone); err == nil {
			loc = own
		}
		if on := DateOf(at.In(loc)); r.InForce(on) {
			return b.Rule(id, on)
		}
	}
	return b.Rule(id, DateOf(at.In(zone)))
}

// near lists IDs to choose from: those of the regime that an ID seems to name, or all.
func (b *Book) near(id string) string {
	all := sortedKeys(b.byID)
	if len(all) == 0 {
		return "none at all"
	}
	head, _, _ := strings.Cut(id, ".")
	if same := slices.DeleteFunc(slices.Clone(all), func(o string) bool { return !strings.HasPrefix(o, head+".") }); head != "" && len(same) > 0 {
		all = same
	}
	return strings.Join(all, ", ")
}

// Legal are the legal dues of a regime for a kind of request that arrived on a day,
// in the order of the file: those in force that are switched on, run from the
// arrival, and hang on no further fact (Rule.When). Rules without a figure are
// among them, to be named; a guideline, an exposure and a period that some other
// event starts are not. A kind "" asks for the rules of every kind of request.
func (b *Book) Legal(regime, kind string, arrived Date) []Rule {
	at := slices.IndexFunc(b.regimes, func(r Regime) bool { return r.ID == regime })
	if at < 0 {
		return nil
	}
	var out []Rule
	for _, r := range b.regimes[at].Rules {
		if r.Kind == LegalDue && r.Start != StartEvent && r.When == "" && r.Mark == "" && r.InForce(arrived) && r.Applies(kind) {
			out = append(out, r)
		}
	}
	return out
}

// Applies reports whether a rule is for a kind of request. A rule without kinds is
// for every kind; only such a rule is for the kind "".
func (r Rule) Applies(kind string) bool {
	return len(r.Kinds) == 0 || slices.Contains(r.Kinds, kind)
}

// Off is why a rule is switched off, "" when it is on.
func (r Rule) Off() string {
	switch r.Mark {
	case "":
		return ""
	case MarkMemory:
		return "its figure is known from memory only; it counts once somebody has read the source and named it"
	default:
		return "what was read does not settle its figure; it counts once somebody has read a source that does, and named it"
	}
}

// TitleOf is what a rule is called in a voice, else in English, else its ID; plain
// Japanese falls back to Japanese.
func TitleOf(r Rule, voice string) string {
	plain := ""
	if voice == "ja-easy" {
		plain = r.Title["ja"]
	}
	return cmp.Or(r.Title[voice], plain, r.Title["en"], r.ID)
}

// voices refuses texts in a language that the product does not speak, and empty ones.
func voices(field string, texts map[string]string) *Error {
	for _, voice := range sortedKeys(texts) {
		if !slices.Contains(Voices, voice) {
			return wrong(field+"."+voice, "%q is not a voice; write %s", voice, strings.Join(Voices, ", "))
		}
		if texts[voice] == "" {
			return wrong(field+"."+voice, "the text is empty")
		}
	}
	return nil
}
