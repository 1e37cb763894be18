// Package notices writes what we tell a person: the letter, which is kept and
// can be read on the page, printed and posted, and the mail, which only points
// to it.
//
// A letter is built from blocks (paragraphs, facts, lists, quotations) whose
// texts are the catalogue's; page and plain text come from the same blocks, so
// that they cannot say different things. A letter that would leave out what
// the law requires of it is not written: Letter gives an error instead.
//
// A letter holds no name and no address. What staff or the person wrote is
// quoted, escaped, and never read as markup. A mail's subject is reference and
// organisation; its text names no kind, no outcome and no content.
//
// The package is pure: times come in, nothing is fetched.
package notices

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// Voices are the voices of letters; easy Japanese reads the Japanese letter.
var Voices = []dsr.Voice{dsr.VoiceJa, dsr.VoiceEn, dsr.VoiceVi, dsr.VoiceDe}

// Data is what a letter is written from. All texts are in the letter's voice.
// Instants are shown in Zone.
type Data struct {
	// Organisation is the legal name of the business that answers.
	Organisation string
	// DeskLines say how to reach its desk, one way a line. ComplaintLines say
	// where to complain outside it; without any, the supervisory authority is
	// named.
	DeskLines, ComplaintLines []string
	Reference                 string // M-XXXX-XXXX, or M-XXXX-XXXX-1 of one case
	Kind                      dsr.Kind
	// Kinds are all kinds of the submission, for letters about the whole of it
	// (receipt, proof); empty means Kind alone.
	Kinds               []dsr.Kind
	ArrivedAt, TargetAt time.Time
	WrittenAt           time.Time // the letter's date
	Zone                *time.Location
	// PolicyName is whose privacy policy it is that we answered by.
	PolicyName, PolicyVersion string
	// Law are the law's own texts in the letter's voice, by the key of the one in
	// the catalogue that each stands in for; none for the law that the catalogue
	// speaks of.
	Law map[string]string
	// Articles are the places of that law by name: "basis.<kind>" by which a kind
	// is asked for, "answer.<kind>" by which it is answered, "redact" by which parts
	// about others are covered.
	Articles map[string]string
	// Link is the address of the page where the person signs in: no secret in
	// it, no name.
	Link string
	// WithTime writes deadlines with the time of day: demonstration times are
	// minutes away.
	WithTime bool

	// Outcome distinguishes the refusals of N-14: OutcomeRejectedIdentity says
	// nothing of what is held.
	Outcome dsr.Outcome
	// Delivery is how the answer comes: "download", "post" or "counter".
	Delivery string
	// Recording is the organisation's sentence about recorded calls, if any.
	Recording string

	// Documents are the papers of which one is enough (N-02, N-02m).
	Documents []DocumentText
	ReplyBy   time.Time
	// Reason is a code: of "identity.more.…" in N-02m, "identity" or
	// "clarification" in N-20 and N-27, of "letter.late.…" in N-07.
	Reason string
	// Said is what staff wrote for the person, in the person's language.
	Said     string
	Question string // N-06
	Items    []ItemText
	// Systems are the places that were searched, in general terms (N-15).
	Systems   []string
	OldTarget time.Time // N-07: the target that the person knows
	// TargetOn and OldOn are the civil dates (2026-12-23) of TargetAt and OldTarget
	// in the zone of their rule: a day that ends there at midnight is shown as
	// itself, and not as the next one here. "" is the day of the instant.
	TargetOn, OldOn string
	// Extends: N-07 tells of an extension that was ordered in time, not of being
	// late. Basis is the provision that permits it, in the letter's voice, when
	// the date that moves is a law's; "" for the organisation's own target.
	Extends        bool
	Basis          string
	Code           string // N-26: "1234 5678"
	AvailableUntil time.Time
	Downloads      int
	// ReopenUntil is until when a closed case may be opened again.
	ReopenUntil time.Time

	// Preview is set for staff who read a letter before anything was done: what
	// has no date yet is shown as planned. A letter that is sent has the dates.
	Preview bool
	// Decided counts the items of the agreed decision by measure. A letter that
	// lists fewer is not written; nil is not compared.
	Decided map[dsr.Measure]int
	// Recipients received the data. In N-17 and N-18 they are being told, in
	// N-19 each has its result.
	Recipients []RecipientLine
	// HoldFields are the disputed fields in the letter's voice, HeldSince is
	// when their use and provision stopped (N-10).
	HoldFields []string
	HeldSince  time.Time
	// Representative is "statutory" or "delegated", Relation a code of
	// dsr.Relations, "" for not said (N-03, N-33).
	Representative, Relation string
	// PersonOnly: the policy's text speaks of the person alone, so that the
	// letter names the law by which a representative is admitted (N-03).
	PersonOnly bool
	// EraseAt is when an erasure begins unless StopLink is used before (N-32).
	// The link carries a secret: it stands in this letter and its mail only.
	EraseAt  time.Time
	StopLink string
	// Where says who is responsible instead (N-23).
	Where string
	// NewKind is the kind under which a request goes on, NewReference its case
	// (N-34).
	NewKind      dsr.Kind
	NewReference string
	// Person is the name of whose data it is, Recipient who is written to
	// (RecipientText only; no letter has a name in it).
	Person, Recipient string
}

// RecipientLine is one who received the data. Result is how telling them
// ended, "" while they are being told; Attempts is how often it was tried.
type RecipientLine struct {
	Name     string
	Result   dsr.RecipientResult
	Attempts int
}

// ChangeText is one value that was put right. Field is its title in the
// letter's voice; Before is "" where nothing stood, After where the content
// was removed.
type ChangeText struct{ Field, Before, After string }

// String hides the values.
func (ChangeText) String() string { return "change(…)" }

// GoString hides the values from %#v.
func (ChangeText) GoString() string { return "notices.ChangeText{…}" }

// DocumentText is one paper that proves who somebody is, and what to cover.
type DocumentText struct{ Title, Mask string }

// ItemText is one decided item. Ground is what Ground gives; Reason what the
// person reads. A disclosed item that is Redacted, or has a reason, was given
// with parts covered; without a reason of its own it gets the sentence about
// other people.
type ItemText struct {
	Title, System string
	Measure       dsr.Measure
	Redacted      bool
	Ground        string
	ReasonText    string
	// Changes are what a correction put right, or a deletion removed.
	Changes []ChangeText
	// DoneAt is when the measure had been carried out and read back; zero for a
	// measure that changes nothing, and in a preview.
	DoneAt time.Time
	// Until is the civil date (2033-03-31) until which Statute asks for a kept
	// item, or by which the Alternative is promised.
	Until       string
	Statute     string
	Alternative string
	// Method says how an item is destroyed, where the organisation's policy says
	// more about it than the letter does by itself.
	Method string
}

// String hides the item's texts.
func (it ItemText) String() string { return "item(" + string(it.Measure) + ")" }

// GoString hides the item's texts from %#v.
func (it ItemText) GoString() string { return it.String() }

// String hides the data: it quotes people.
func (Data) String() string { return "notice(…)" }

// GoString hides the data from %#v.
func (Data) GoString() string { return "notices.Data{…}" }

// Codes are the letters that this package writes, in the order of the list of
// notices. N-26, the one-time code, is a mail only.
var Codes = []string{"N-01", "N-01b", "N-02", "N-02m", "N-03", "N-06", "N-07", "N-10", "N-12", "N-13", "N-14", "N-15", "N-16",
	"N-16e", "N-17", "N-18", "N-19", "N-20", "N-21", "N-22", "N-23", "N-27", "N-28", "N-30", "N-32", "N-33", "N-34"}

// Letter writes a letter. It gives Internal for a code it does not know and
// for data that lacks what the letter must say; the caller's data is wrong
// then, and nothing is sent.
func Letter(code string, voice dsr.Voice, d Data) (dsr.Letter, error) {
	voice = voice.Letter()
	write, ok := letters[code]
	if !ok {
		return dsr.Letter{}, dsr.Errorf(dsr.Internal, "error.internal", "notices: no letter %q", code)
	}
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	// What a request does not concern is in no letter.
	d.Items = slices.DeleteFunc(slices.Clone(d.Items), func(it ItemText) bool { return it.Measure == dsr.MeasureOutside })
	if missing := lacks(code, d); missing != "" {
		return dsr.Letter{}, dsr.Errorf(dsr.Internal, "error.internal", "notices: %s has no %s", code, missing)
	}
	w := &writer{voice: voice, d: d, code: code, key: variant(code, d)}
	title := w.key + ".title"
	switch {
	case w.key == "letter.N-14" && d.Kind != dsr.KindDisclosure:
		title += "-measure" // nothing was to be disclosed
	case (code == "N-17" || code == "N-18") && !slices.ContainsFunc(d.Items, func(it ItemText) bool { return it.Measure.Granted() }):
		title += "-otherwise" // a decision, and nothing completed
	}
	w.head()
	write(w)
	w.foot()
	l := dsr.Letter{Code: code, Voice: voice, Title: w.t(title), Subject: Subject(d)}
	l.HTML, l.Text = w.html(), w.text(l.Title)
	return l, nil
}

// variant is where a letter's own texts stand in the catalogue.
func variant(code string, d Data) string {
	if code == "N-14" {
		switch d.Outcome {
		case dsr.OutcomeRejectedIdentity:
			return "letter.N-14i"
		case dsr.OutcomeRejectedForm:
			return "letter.N-14a"
		}
	}
	return "letter." + code
}

// Subject is the subject of every mail: reference and organisation, nothing
// else. Signs that could break a mail's head are taken out.
func Subject(d Data) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, d.Organisation)
	return "[" + reference(d) + "] " + clean
}

// reference is the submission's: a mail does not tell which case it is about.
func reference(d Data) string {
	if strings.Count(d.Reference, "-") > 2 {
		return d.Reference[:strings.LastIndexByte(d.Reference, '-')]
	}
	return d.Reference
}

// mails are the notices whose mail says more than that there is news: the texts
// of the mail in the reader's voice and of the lines in the other voices.
var mails = map[string]struct {
	text, other string
	desk        bool // names how to reach the desk: the reader may know of no request
}{
	"N-26": {"mail.code", "mail.other-code", false},
	"N-28": {"mail.alert", "mail.other-alert", true},
	"N-32": {"mail.stop", "mail.other-stop", true},
	"N-33": {"mail.representative", "mail.other-representative", true},
}

// Mail writes the mail that points to a notice. N-26 carries its code; N-28,
// N-32 and N-33 go to somebody who may know of no request, and say what to do:
// N-32 carries the link that stops the erasure. Every other mail is the same
// text, whatever the letter says.
func Mail(code string, voice dsr.Voice, d Data) (subject, text string, err error) {
	voice = voice.Letter()
	if _, ok := letters[code]; !ok && code != "N-26" && code != "N-31" {
		return "", "", dsr.Errorf(dsr.Internal, "error.internal", "notices: no mail %q", code)
	}
	m, own := mails[code]
	if !own {
		m.text, m.other = "mail.pointer", "mail.other"
	}
	for _, need := range []struct {
		name string
		ok   bool
	}{
		{"organisation", d.Organisation != ""}, {"reference", d.Reference != ""}, {"link", d.Link != ""},
		{"code", code != "N-26" || d.Code != ""}, {"way to reach the desk", !m.desk || len(d.DeskLines) > 0},
		{"link to stop", code != "N-32" || d.StopLink != "" && !d.EraseAt.IsZero()},
	} {
		if !need.ok {
			return "", "", dsr.Errorf(dsr.Internal, "error.internal", "notices: mail %s has no %s", code, need.name)
		}
	}
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	say := func(v dsr.Voice, key string) string {
		return locales.T(v, key, "organisation", d.Organisation, "reference", reference(d), "link", d.Link, "code", d.Code,
			"stop", d.StopLink, "at", locales.DateTime(v, d.EraseAt.In(d.Zone), true))
	}
	var b strings.Builder
	b.WriteString(d.Organisation + "\n\n" + say(voice, m.text) + "\n")
	if m.desk {
		b.WriteString("\n" + strings.Join(d.DeskLines, "\n") + "\n")
	}
	b.WriteString("\n" + say(voice, "mail.noreply") + "\n\n--\n")
	for _, v := range Voices {
		if v != voice {
			b.WriteString(say(v, m.other) + "\n")
		}
	}
	return Subject(d), b.String(), nil
}

// escape is how every text of ours gets into a page.
func escape(s string) string { return template.HTMLEscapeString(s) }
