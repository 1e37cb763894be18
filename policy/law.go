package policy

import (
	"slices"

	"madoguchi/clock"
)

// Law is a statutory baseline: what every pack of the regime is layered over.
type Law struct {
	// Regime is the file's name and the pack's "law" ("appi").
	Regime string `json:"regime"`
	Name   Voices `json:"name"`
	// Version says which revision of the statute the file was written from;
	// InForceFrom is the date since which its article numbers hold.
	Version     string `json:"version"`
	InForceFrom string `json:"in_force_from"`
	// Authority is the supervising body named in letters.
	Authority  Body        `json:"authority"`
	Articles   []Article   `json:"articles"`
	Kinds      []LawKind   `json:"kinds"`
	Exemptions []Exemption `json:"exemptions"`
	// Sources are the texts that were opened for this file.
	Sources []LawSource `json:"sources,omitempty"`
	// Texts are the sentences of letters and pages that speak of the law itself,
	// by their name in the catalogue (LawTexts): all of them, or none for the law
	// that the catalogue has them of.
	Texts map[string]Voices `json:"texts,omitempty"`
	// Clocks are the statutory rules by name ("exposure", "answer"), each by its ID
	// in the book; a pack cannot change them. A law without an exposure knows no day
	// before which a suit is barred.
	Clocks map[string]lawClock `json:"clocks"`
	// Floor is the article of each rule of the floor (FloorRules), "none" for one
	// that this law does not have.
	Floor map[string]string `json:"floor"`

	// exposures are the rule of the exposure, the oldest version first.
	exposures []clock.Rule
}

// Article is one provision, in our own words.
type Article struct {
	ID          string `json:"id"`
	Summary     string `json:"summary"`
	InForceFrom string `json:"in_force_from,omitempty"`
	InForceTo   string `json:"in_force_to,omitempty"`
	// Mark is "memory" or "verify" for what no text that was opened settles, as the
	// book marks its rules.
	Mark string `json:"mark,omitempty"`
	// Formerly is the number before the last renumbering, for old policies.
	Formerly string `json:"formerly,omitempty"`
}

// LawSource is a text from which a law's file was written, and the day on which
// it was opened.
type LawSource struct {
	Text string `json:"text"`
	Read string `json:"read"`
}

// LawTexts are the texts of the catalogue that speak of one law: how it is
// cited, what it says of suits, of proof and of representatives. A law writes
// its own in its file.
var LawTexts = []string{
	"letter.article", "letter.ground", "letter.ground-clause", "letter.suit", "letter.N-03.exception", "letter.N-14a.reason", "letter.N-14i.reason",
	"letter.N-15.body", "portal.acting.person-only", "portal.policy.article", "portal.policy.lead",
}

// Own is the law's own text in place of one of the catalogue, in a voice ("de")
// or the next one that it has; "" where the catalogue's stands.
func (l *Law) Own(key, voice string) string {
	if l == nil {
		return ""
	}
	texts := l.Texts[key]
	if t := texts[voice]; t != "" || voice != "ja-easy" {
		return t
	}
	return texts["ja"]
}

// LawKind is what the statute says about one kind of request.
type LawKind struct {
	Kind    string `json:"kind"`
	Article string `json:"article,omitempty"`
	// AnsweredBy is the article by which the person is told what was done, as far
	// as the law has one of its own for it.
	AnsweredBy  string   `json:"answered_by,omitempty"`
	FeePossible bool     `json:"fee_possible"`
	Exposure    bool     `json:"exposure"`
	WhoMayFile  []string `json:"who_may_file"`
	Title       Voices   `json:"title"`
}

// Kind finds the statute's entry for a kind.
func (l *Law) Kind(code string) (LawKind, bool) {
	for _, k := range l.Kinds {
		if k.Kind == code {
			return k, true
		}
	}
	return LawKind{}, false
}

// exemption finds the statute's ground of refusal for an article and kind;
// failing that, its question of fact under the same article.
func (l *Law) exemption(article, kind string) (Exemption, bool) {
	var fact Exemption
	found := false
	for _, e := range l.Exemptions {
		if e.Article != article || !has(e.Kinds, kind) {
			continue
		}
		if !e.fact() {
			return e, true
		}
		fact, found = e, true
	}
	return fact, found
}

// fact reports whether a test asks for a fact (is it held, whose is it, does
// another statute keep it) and not for a ground of refusal that a policy could
// list or leave out.
func (e Exemption) fact() bool {
	return e.Effect != EffectWithhold && e.Effect != EffectAlternative
}

// asked reports whether the statute's test e can be asked for a kind at the
// organisation of p, which does not list it itself: not where the organisation
// and the kind alone decide that its condition is not met.
func (e Exemption) asked(p *Pack, kind string) bool {
	for _, c := range e.conditions {
		if value, is := c.settled(p, kind); is && !value {
			return false
		}
	}
	return e.When != WhenListed
}

// looks reports whether one of the test's conditions looks at a name.
func (e Exemption) looks(name string) bool {
	return slices.ContainsFunc(e.conditions, func(c bound) bool { return c.looks(name) })
}

// KindCodes are the kinds of request of the product, in no order. Package dsr
// has the same codes as a type; a pack that writes another is refused.
var KindCodes = []string{"purpose-notice", "disclosure", "provision-records", "correction", "addition", "deletion",
	"suspension", "erasure", "provision-stop", "consent-withdrawal", "ad-opt-out", "foreign-recipient-info", "inquiry", "complaint"}

// KindMeasures are what may be done with an item of a case of a kind, the one
// that was asked for first; none for a kind without a procedure. Package dsr
// has the same table as types, and a test holds the two together.
var KindMeasures = map[string][]string{
	"disclosure": {"disclose", "withhold", "not-held"},
	"correction": {"correct", "alternative", "refuse", "not-held", "outside"},
	"addition":   {"correct", "alternative", "refuse", "not-held", "outside"},
	"deletion":   {"delete", "suspend", "erase", "keep", "alternative", "refuse", "not-held", "outside"},
	"suspension": {"suspend", "erase", "alternative", "refuse", "not-held", "outside"},
	"erasure":    {"erase", "suspend", "keep", "alternative", "refuse", "not-held", "outside"},
}

// promisable are the measures that a policy can promise: those that give the
// person something.
var promisable = []string{"disclose", "correct", "delete", "suspend", "erase"}

// freezable are the kinds that dispute what a field says, so that there is
// something to freeze while they are open.
var freezable = []string{"correction", "addition"}

// groundless are the kinds for which a policy may waive the ground. A
// correction is none: that a value is wrong is what is asked.
var groundless = []string{"deletion", "suspension", "erasure"}
