package clock

import "io/fs"

// Book is the rules of every regime that the product knows, by ID. One ID may
// have several rules with different days in force: the rule is chosen by the day
// of arrival and stays (no retroactive switch). A Book is never changed after it
// is made.
type Book struct {
	regimes []Regime
}

// Regime is one law, or one group of rules, with its rules in the order of its file.
type Regime struct {
	ID    string            `yaml:"regime"`          // "gdpr"
	Name  map[string]string `yaml:"name"`            // by voice, at least en
	Rules []Rule            `yaml:"rules"`           // every rule, also those that are switched off
	Notes []string          `yaml:"notes,omitempty"` // what the table of the law has and no clock can hold
}

// ParseRules reads one file of rules (docs/rules.md). Errors carry line and column.
func ParseRules(data []byte) (Regime, error) {
	return Regime{}, wrong("", "not written yet")
}

// LoadRules reads every *.yaml of a folder. Two rules with one ID whose days in
// force overlap are an error, as are two files of one regime; the error begins
// with the file's name.
func LoadRules(fsys fs.FS) (*Book, error) { return &Book{}, nil }

// Regimes are all regimes, by ID.
func (b *Book) Regimes() []Regime { return b.regimes }

// Versions are all rules of an ID, the oldest first; none when there is no such ID.
func (b *Book) Versions(id string) []Rule { return nil }

// Rule is the rule of an ID that governs what arrived on a day. The error says
// whether there is no such ID, none in force on that day (and on which days there
// is one), or one that is switched off (and why).
func (b *Book) Rule(id string, arrived Date) (Rule, error) {
	return Rule{}, wrong("id", "not written yet")
}

// Legal are the rules of a regime that apply to a kind of request that arrived on
// a day, in the order of the file: those in force that are switched on and hang on
// no further fact (Rule.When).
func (b *Book) Legal(regime, kind string, arrived Date) []Rule { return nil }
