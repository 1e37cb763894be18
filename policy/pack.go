package policy

import (
	"strings"

	"madoguchi/clock"
)

// Voices is one text in several voices: "ja", "ja-easy" (plain Japanese),
// "en", "vi", "de". Read it with Pack.Text, which falls back and is never
// empty.
type Voices = map[string]string

// The voices of the product. Letters have four; a page has all five.
var (
	PageVoices   = []string{"ja", "ja-easy", "en", "vi", "de"}
	LetterVoices = []string{"ja", "en", "vi", "de"}
)

// Pack is the effective policy of one organisation: its own file over the
// statute and the defaults. A Pack is never changed after Load.
type Pack struct {
	// ID is the organisation's stable UUID. It goes on the wire and into the
	// database; the slug may change, this never does.
	ID string `json:"id"`
	// Slug is the organisation's place in addresses (/o/<slug>/) and the name
	// of its folder.
	Slug string `json:"slug"`
	// Version is the author's own mark for this text of the pack ("2026.1").
	Version string `json:"version"`
	// InForceFrom is the civil date from which this version is carried out
	// ("2026-12-01"); "" for the first version, which always was.
	InForceFrom string `json:"in_force_from,omitempty"`
	// Digest is the SHA-256, in hex, over every layer that Load put together.
	// Two packs with one digest are the same policy.
	Digest string `json:"-"`
	// Demonstration says that an overlay has put minutes in place of days; the
	// pages say so.
	Demonstration bool `json:"-"`
	// LawName is the regime the pack is layered over ("appi").
	LawName string `json:"law"`
	// Law is that regime.
	Law *Law `json:"-"`

	// Language is the voice the policy is written in. Zone is the IANA zone of
	// the desk; civil dates are taken there. Calendar is the ID of the
	// calendar of its office days and hours (packs/calendars).
	Language string `json:"language"`
	Zone     string `json:"zone"`
	Calendar string `json:"calendar"`
	// Also are further laws whose clocks run beside those of Law: the earliest
	// legal due counts, and is named.
	Also []Beside `json:"also,omitempty"`
	// Fallbacks says which voice stands in for one that the pack does not
	// write itself, voice by voice. Without an entry every text for customers
	// must be there in that voice.
	Fallbacks map[string]string `json:"fallbacks,omitempty"`
	// PolicyInForceOn is the date the policy's text gives ("2008-08-01"), ""
	// if it gives none. RevisedOn is its last revision.
	PolicyInForceOn string `json:"policy_in_force_on,omitempty"`
	PolicyRevisedOn string `json:"policy_revised_on,omitempty"`

	Entity       Entity       `json:"entity"`
	Desk         Desk         `json:"desk"`
	ToBeSupplied []Missing    `json:"to_be_supplied,omitempty"`
	Kinds        []KindOffer  `json:"kinds"`
	Populations  []Population `json:"populations"`
	Services     []Service    `json:"services,omitempty"`
	Exemptions   []Exemption  `json:"exemptions,omitempty"`
	Purposes     []Purpose    `json:"purposes"`
	Recipients   []Recipient  `json:"recipients,omitempty"`
	Systems      []SystemRef  `json:"systems,omitempty"`
	Security     []Measure    `json:"security"`
	Complaints   []Body       `json:"complaint_bodies,omitempty"`
	Fees         []Fee        `json:"fees,omitempty"`
	Amendment    Amendment    `json:"amendment"`
	Consent      *Consent     `json:"consent,omitempty"`
	Recording    *Recording   `json:"recording,omitempty"`
	Retention    []Retention  `json:"retention,omitempty"`
	Scope        *Scope       `json:"scope,omitempty"`
	Fields       []DataField  `json:"fields,omitempty"`
	Roles        *Roles       `json:"roles,omitempty"`
	Requirements []Clause     `json:"requirements"`
	Readings     []Reading    `json:"readings,omitempty"`
	Times        Times        `json:"-"`

	documents map[string]Document
	// catalogue is the order of documents: the defaults' first.
	catalogue []string
	identity  []identityDefault
	book      *clock.Book
	// ownNumbers and ownDocuments are what the pack itself wrote over the defaults,
	// so that a page can say which layer won.
	ownNumbers   *numbers
	ownDocuments map[string]bool
	// until is the day on which the next version took this one's place, zero for
	// the newest.
	until clock.Date
}

// packFile is packs/<slug>/pack.yaml: the pack, and what it lays over the
// defaults.
type packFile struct {
	Pack
	Rules     timeRules  `json:"times,omitempty"`
	Numbers   *numbers   `json:"numbers,omitempty"`
	Documents []Document `json:"documents,omitempty"`
}

// Entity is who answers: the business that the law holds to its duties
// (Art. 32(1)(i)).
type Entity struct {
	Name    Voices   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
	// Address is where the business is, as its policy or header gives it;
	// empty is "to be supplied".
	Address Voices `json:"address,omitempty"`
	// Representative is the person who represents the business. It is never
	// written in a pack of this repository ("" is "to be supplied");
	// an organisation puts it into its own copy.
	Representative string `json:"representative,omitempty"`
	// RepresentativePublished says that the organisation's own policy names
	// its representative, so that the page can send the reader there.
	RepresentativePublished bool `json:"representative_published,omitempty"`
	// AuthorizedOrganization: the business belongs to an authorised
	// organisation for the protection of personal information, which a complaint
	// can go to (Order 10(iii)); it is named in Complaints.
	AuthorizedOrganization bool `json:"authorized_organization,omitempty"`
	// Website is text only; nothing is fetched from it.
	Website string `json:"website,omitempty"`
}

// Desk is where a person reaches the organisation. Everything here is text as
// published; nothing is ever sent to it by the product.
type Desk struct {
	Name  Voices `json:"name"`
	Phone string `json:"phone,omitempty"`
	Fax   string `json:"fax,omitempty"`
	Mail  string `json:"mail,omitempty"`
	Post  Voices `json:"post,omitempty"`
	// Hours are the office hours as published. Empty means that none are
	// published: assumed hours (the calendar's) never appear as the
	// organisation's own.
	Hours Voices `json:"hours,omitempty"`
	// Note is what else the policy says about reaching the desk.
	Note Voices `json:"note,omitempty"`
	// Channels are the ways a request can come in: "portal", "telephone", "mail",
	// "post", "fax", "counter".
	Channels []string `json:"channels"`
	Clause   string   `json:"clause"`
}

// Missing is one thing that Art. 32(1) asks for and the policy does not say.
// It is shown as "to be supplied" and never made up.
type Missing struct {
	// Field is one of the codes in MissingFields.
	Field string `json:"field"`
	Note  string `json:"note,omitempty"`
}

// MissingFields are the codes a Missing may carry.
var MissingFields = []string{"address", "representative", "hours", "phone", "mail", "fees", "holiday-dates", "member-terms"}

// KindOffer is one kind of request as this organisation takes it.
type KindOffer struct {
	// Kind is a code of the product ("disclosure"); see KindCodes.
	Kind string `json:"kind"`
	// Online says that the portal takes it. A kind that is not online yet
	// shows the desk's contact.
	Online bool `json:"online"`
	// Clause is where the policy promises it; "" means that the law alone
	// does.
	Clause string `json:"clause,omitempty"`
	// Words are what this policy calls it, in our own rendering (the statute's
	// title where the pack has none); Original is the policy's own word, to be
	// recognised on intake.
	Words    Voices `json:"words,omitempty"`
	Original string `json:"original,omitempty"`
	// WhoMayFile: "person", "statutory-representative", "delegated-agent".
	WhoMayFile []string `json:"who_may_file"`
	// AnswerTo is who gets the answer: "person" or "filer".
	AnswerTo string `json:"answer_to"`
	// Investigate says that the policy promises an investigation first.
	Investigate bool `json:"investigate,omitempty"`
	// Promise is the measure that the policy promises where it is not the
	// kind's own: "suspend" for a deletion that ends as a suspension of use.
	Promise string `json:"promise,omitempty"`
	// NoGround: the policy promises the measure without a ground to be shown.
	NoGround bool `json:"no_ground,omitempty"`
	// Freeze: the policy promises that the disputed data is neither used nor
	// provided until the request is settled. Elsewhere the desk may freeze.
	Freeze bool `json:"freeze,omitempty"`
	// FreezeUntil is what the policy's text says of the end of the freeze:
	// "settled" (the correction is done or the refusal was notified; also when
	// left out), "corrected", "decided", "period". Always the first is carried out.
	FreezeUntil string `json:"freeze_until,omitempty"`
	// Ground is "required" where the text asks for a ground that the law does not
	// need; none is ever asked for.
	Ground string `json:"ground,omitempty"`
	// PersonOnly: the policy's text admits the person alone. The law admits
	// representatives all the same (Art. 37(3), Order 13); Reading is the
	// recorded reading that says so.
	PersonOnly bool   `json:"person_only,omitempty"`
	Reading    string `json:"reading,omitempty"`
	// Identity are this pack's own levels; without one the defaults hold.
	Identity []IdentityRule `json:"identity,omitempty"`
	// Steps are the stages a case of this kind passes, in order. Empty: the
	// kind's own.
	Steps []string `json:"steps,omitempty"`
	// Basis is the article, from the law's layer. FeePossible and Exposure
	// come from there too: whether the statute allows a fee at all, and
	// whether the two weeks of Art. 39 run.
	Basis       string `json:"-"`
	FeePossible bool   `json:"-"`
	Exposure    bool   `json:"-"`
}

// IdentityRule is the proof asked for by channel.
type IdentityRule struct {
	// Channels it holds for; empty means all that have no rule of their own.
	Channels []string `json:"channels,omitempty"`
	// Level for ordinary data, SensitiveLevel for sensitive, financial and
	// employment data, recordings and My Number.
	Level          string `json:"level"`
	SensitiveLevel string `json:"sensitive_level,omitempty"`
	// Documents are IDs of the catalogue, one of which is enough.
	Documents []string `json:"documents,omitempty"`
	// Contact says that the contact must be confirmed by a code too.
	Contact bool `json:"contact,omitempty"`
	// If is the condition on which the rule holds, "" for always.
	If string `json:"if,omitempty"`

	conditions []bound
}

type identityDefault struct {
	Kinds []string `json:"kinds"`
	IdentityRule
}

// Identity is what one person must show for one kind by one channel.
type Identity struct {
	// Level is L0 to L3: none; control of a registered contact; an identity
	// document that matches; a second independent factor as well.
	Level string
	// Documents are those accepted, and Needed how many of them: one, two at L3,
	// none where the rule accepts none (only below L2).
	Documents []Document
	Needed    int
	// Contact: the contact point must be confirmed by a one-time code.
	Contact bool
}

// Document is one paper that proves who somebody is.
type Document struct {
	ID    string `json:"id"`
	Title Voices `json:"title"`
	// Mask says what to cover before sending it, and what is never asked for.
	Mask Voices `json:"mask"`
	// Article is the source (PPC general guidelines 3-8-8 list examples).
	Article string `json:"article,omitempty"`
	// How it reaches us: "" is a picture that the person uploads or sends;
	// "desk" is seen, heard or compared by a member of staff (a call back to the
	// number on file, a paper shown at the counter); "code" is the contact
	// confirmed by a one-time code.
	How string `json:"how,omitempty"`
	// For is what it shows: "" is identity; "statutory" and "delegated" are the
	// authority of a representative.
	For string `json:"for,omitempty"`
}

// How a paper of the catalogue reaches us, where it is not a picture.
const (
	HowDesk = "desk"
	HowCode = "code"
)

// DataField is one thing that a person may say is wrong, as forms offer it.
type DataField struct {
	ID   string `json:"id"`
	Text Voices `json:"text"`
	// Fixed: the policy says that it cannot be changed. A factual error in it
	// is looked into all the same (Art. 34); a person decides.
	Fixed  bool   `json:"fixed,omitempty"`
	Clause string `json:"clause,omitempty"`
	// Places are the columns of connected systems that hold it.
	Places []Place `json:"places,omitempty"`
}

// Place is a part of a connected system; an empty part means all of it.
type Place struct {
	System   string `json:"system"`
	Category string `json:"category,omitempty"`
	Column   string `json:"column,omitempty"`
}

// Has reports whether q lies in the place.
func (p Place) Has(q Place) bool {
	return p.System == q.System && (p.Category == "" || p.Category == q.Category) && (p.Column == "" || q.Column == "" || p.Column == q.Column)
}

// Roles are what the policy says about who may handle the data.
type Roles struct {
	Clause string `json:"clause"`
	// Appointments: only members of staff with an active appointment may open
	// cases.
	Appointments bool   `json:"appointments,omitempty"`
	Text         Voices `json:"text"`
}

// Population answers "who are you to us?". The law gives the right to every
// person whose data is held, not to customers alone.
type Population struct {
	// Entrusted: the data is held for a client, who is responsible for it. The
	// desk looks first, and may refer the person there.
	Entrusted bool   `json:"entrusted,omitempty"`
	ID        string `json:"id"`
	Text      Voices `json:"text"`
	Hint      Voices `json:"hint,omitempty"`
}

// Service is where the data came from. Where a service has terms of its own
// they come before the policy, and the better of that and the law is carried
// out.
type Service struct {
	ID   string `json:"id"`
	Text Voices `json:"text"`
	// Terms says that terms of their own are known for the service.
	Terms bool `json:"terms,omitempty"`
}

// Purpose is one purpose of use (Art. 32(1)(ii)).
type Purpose struct {
	ID     string `json:"id"`
	Clause string `json:"clause"`
	Text   Voices `json:"text"`
	// Populations it is about; empty means everybody.
	Populations []string `json:"populations,omitempty"`
}

// Recipient is somebody outside who may hold the data.
type Recipient struct {
	ID string `json:"id"`
	// Role: "processor", "third-party", "joint-user", "affiliate", "client",
	// "authority".
	Role   string `json:"role"`
	Clause string `json:"clause"`
	Text   Voices `json:"text"`
	// Receives are the places whose data it is given: who is to be told when
	// one of them is corrected, suspended or erased.
	Receives []Place `json:"receives,omitempty"`
	// If is the condition on which it is told, "" for always.
	If string `json:"if,omitempty"`

	conditions []bound
}

// SystemRef is one connected system that holds personal data.
type SystemRef struct {
	// ID is the connector's name; Mapping the file, below packs, that says
	// which tables and fields belong to a person.
	ID      string `json:"id"`
	Mapping string `json:"mapping"`
	Title   Voices `json:"title"`
	// Country is where the data is (ISO 3166, "JP"); "" is not stated.
	Country string `json:"country,omitempty"`
	// Holds: the system can hold rows (freeze, suspend, preserve). In one that
	// cannot, a person does it.
	Holds bool `json:"holds,omitempty"`
}

// Measure is one security measure of the Art. 32 page (Order 10).
type Measure struct {
	Clause string `json:"clause"`
	Text   Voices `json:"text"`
}

// Body is where a person may complain beside the organisation's own desk.
type Body struct {
	ID   string `json:"id"`
	Name Voices `json:"name"`
	// Address is text as published.
	Address Voices `json:"address,omitempty"`
	Clause  string `json:"clause,omitempty"`
	// Kind: "authorized-organization" (Order 10(iii)) or "authority".
	Kind string `json:"kind"`
}

// Fee is one published fee. The statute allows fees for a purpose notice and
// for disclosure only (Art. 38); a fee that is not published is not charged.
type Fee struct {
	Kinds  []string `json:"kinds"`
	Yen    int      `json:"yen"`
	Clause string   `json:"clause"`
	Text   Voices   `json:"text"`
	// If is the condition on which it is charged, "" for always.
	If string `json:"if,omitempty"`

	conditions []bound
}

// Consent is what the policy says about how consent comes about. Whatever the
// text says, only consent that was given counts.
type Consent struct {
	Clause string `json:"clause"`
	// Basis is "given", or "deemed" where the text takes use for consent.
	Basis string `json:"basis"`
}

// Amendment is what the policy says about its own changes.
type Amendment struct {
	Clause string `json:"clause"`
	// Notify: customers are told of a change. NoWeakening: a change never
	// lowers the protection of data already held without consent.
	Notify      bool `json:"notify"`
	NoWeakening bool `json:"no_weakening,omitempty"`
	// Reach is "all-data" where the text lets a change reach data that is held
	// already, else "new-data" or "".
	Reach string `json:"reach,omitempty"`
	Text  Voices `json:"text"`
}

// Recording is the statement that calls are recorded, and for what alone.
type Recording struct {
	Clause   string   `json:"clause"`
	Purposes []string `json:"purposes"`
	Text     Voices   `json:"text"`
}

// Retention is one promise of how long data is kept.
type Retention struct {
	ID     string `json:"id"`
	Clause string `json:"clause"`
	Text   Voices `json:"text"`
	// Statute is the law that asks for it, named in the letter in the person's
	// language; empty when it is the policy's own period.
	Statute Voices `json:"statute,omitempty"`
	// Places are what it covers; From is the column there with the civil date
	// from which Years are counted (Civil Code 140, 143).
	Places []Place `json:"places,omitempty"`
	From   string  `json:"from,omitempty"`
	Years  int     `json:"years,omitempty"`
}

// Scope says how far the promise reaches.
type Scope struct {
	Clause string `json:"clause"`
	// WiderThanLaw: information about a customer that is not personal
	// information is inside disclosure, correction and suspension too.
	WiderThanLaw bool   `json:"wider_than_law"`
	Text         Voices `json:"text"`
}

// Clause is one numbered requirement taken from the policy, in our own words.
type Clause struct {
	ID      string `json:"id"`
	Clause  string `json:"clause,omitempty"`
	Summary string `json:"summary"`
	// By names what answers it: "pack", "law", "portal", "desk", "engine", or
	// a later part of the product that is named in Later.
	By    string `json:"by"`
	Later string `json:"later,omitempty"`
}

// Reading replaces a text that must not be executed literally: a mistranslation,
// a dropped threshold, a promise below the law. What is executed instead must
// itself pass the floor.
type Reading struct {
	ID     string `json:"id"`
	Clause string `json:"clause"`
	// Literal is what the text says, in our own words; Reading is what is
	// carried out; Article is what it rests on.
	Literal string `json:"literal"`
	Reading string `json:"reading"`
	Article string `json:"article,omitempty"`
	// Disables lists clauses that are never applied as rules.
	Disables []string `json:"disables,omitempty"`
	// Carries are the words that are carried out in place of those of the clause,
	// by key: "freeze_until", "ground", "consent", "reach". They pass the floor
	// like any other.
	Carries map[string]string `json:"carries,omitempty"`
}

// Exemption is one test that a reviewer answers for every item: may this be
// withheld, and on which ground? No answer is given by the machine.
type Exemption struct {
	// ID is the test's name in this pack ("X1").
	ID    string   `json:"id"`
	Kinds []string `json:"kinds"`
	// Ground is the law's name for it ("harm"), shared by all packs.
	Ground string `json:"ground"`
	// Clause is the policy's clause, "" where the law stands alone.
	Clause string `json:"clause,omitempty"`
	// Article is the statute's: "33(2)(i)".
	Article string `json:"article"`
	// Class is who may say so: "grant" (the system may grant alone), "flag"
	// (the system may only propose), "one", "two" (two persons).
	Class string `json:"class"`
	// Approver is the role that must agree: "approver" or "manager".
	Approver string `json:"approver"`
	// Effect is what a yes proposes: one of the Effect constants.
	Effect string `json:"effect"`
	// Condition is what must be true, in our own words; in force is the
	// law's wherever the policy's text drops a threshold.
	Condition string `json:"condition"`
	// Question, Evidence are for staff; Reason is the sentence of the letter;
	// all by language ja, en, vi, de.
	Question Voices `json:"question"`
	Evidence Voices `json:"evidence"`
	Reason   Voices `json:"reason"`
	// ReasonCode is the closed list's code: "RC-05".
	ReasonCode string `json:"reason_code"`
	// Text says how the policy's words stand to the statute's: "same",
	// "wider" (more could be withheld; a reading is required), "narrower"
	// (a promise; the policy's words hold), "inverted" (never applied).
	Text string `json:"text,omitempty"`
	// Reading is the recorded reading's ID where Text is wider or inverted.
	Reading string `json:"reading,omitempty"`
	// When is WhenListed for a test of the statute that is asked only where the
	// policy itself names the ground.
	When string `json:"when,omitempty"`
	// If is the condition on which the test is asked at all, "" for always. A
	// pack's own comes on top of the statute's and never in its place.
	If string `json:"if,omitempty"`
	// Layer is which layer won: "law", "policy" or "reading".
	Layer string `json:"-"`

	// conditions are those of all layers, the statute's first.
	conditions []bound
}

// What a yes to a test proposes for the item. Nothing is done on it alone: a
// person proposes and another one agrees.
const (
	// EffectWithhold: the item is not given (Art. 33), or the measure asked for
	// is refused (Art. 34, 35).
	EffectWithhold = "withhold"
	// EffectRedact: a part of the item is covered.
	EffectRedact = "redact"
	// EffectNotHeld: there is nothing of the person's under this heading.
	EffectNotHeld = "not-held"
	// EffectKeep: kept until a statute's period ends and erased then.
	EffectKeep = "keep"
	// EffectAlternative: another measure, recorded with its date, protects the
	// person instead (Art. 35(2), (6)).
	EffectAlternative = "alternative"
)

// WhenListed: a test of the statute that is asked only where the policy itself
// names the ground, as where it promises a measure of another article.
const WhenListed = "listed"

// stepCodes are the stages that a pack may list, in the order of a case.
var stepCodes = []string{"identity", "authority", "fee", "search", "investigation", "review", "decision", "execution", "delivery"}

// Text gives a text in a voice: the voice itself, plain Japanese falls back to
// Japanese, then the pack's declared fallback, then the language of the
// policy, then English, then any. It is empty only for an empty map.
func (p *Pack) Text(m map[string]string, voice string) string {
	tries := []string{voice}
	if base, _, ok := strings.Cut(voice, "-"); ok {
		tries = append(tries, base)
	}
	if f := p.Fallbacks[voice]; f != "" {
		tries = append(tries, f)
	}
	tries = append(tries, p.Language, "en")
	tries = append(tries, PageVoices...)
	for _, v := range tries {
		if s := m[v]; s != "" {
			return s
		}
	}
	return ""
}

// Offer is the pack's entry for a kind.
func (p *Pack) Offer(kind string) (KindOffer, bool) {
	for _, k := range p.Kinds {
		if k.Kind == kind {
			return k, true
		}
	}
	return KindOffer{}, false
}

// OnlineKinds are the codes of the kinds that the portal takes, in the pack's order.
func (p *Pack) OnlineKinds() []string {
	var ks []string
	for _, k := range p.Kinds {
		if k.Online {
			ks = append(ks, k.Kind)
		}
	}
	return ks
}

// ExemptionsFor are the tests that may be put to items of a case of this kind,
// in the order of the decision procedure: is it held at all, may it be withheld,
// must a part be covered. Which of them are put to one item, and why, Asked says.
func (p *Pack) ExemptionsFor(kind string) []Exemption {
	var es []Exemption
	for _, e := range p.Exemptions {
		if e.Text != "inverted" && has(e.Kinds, kind) {
			es = append(es, e)
		}
	}
	return es
}

// Exemption finds the test of an ID for a kind; the same ID may stand for the
// policy's test under one kind and the statute's under another.
func (p *Pack) Exemption(kind, id string) (Exemption, bool) {
	for _, e := range p.ExemptionsFor(kind) {
		if e.ID == id {
			return e, true
		}
	}
	return Exemption{}, false
}

// IdentityFor is what a person must show for a kind by a channel ("portal",
// "telephone", "post", …) as far as these two say it: what hangs on more is left
// out. sensitive raises the level where the rule says so. See IdentityOf.
func (p *Pack) IdentityFor(kind, channel string, sensitive bool) Identity {
	id, _ := p.IdentityOf(Request{Kind: kind, Channel: channel, Sensitive: sensitive})
	return id
}

// AuthorityDocuments are the papers that show a representative's authority:
// kind is "statutory" (parent, guardian) or "delegated" (an agent whom the
// person appointed), in the order of the catalogue. They come beside the proof
// of identity, never in place of it (Order 13, general guidelines 3-8-8).
func (p *Pack) AuthorityDocuments(kind string) []Document {
	var ds, own []Document
	for _, id := range p.catalogue {
		if d := p.documents[id]; d.For != "" && d.For == kind {
			ds = append(ds, d)
			if p.ownDocuments[id] {
				own = append(own, d)
			}
		}
	}
	if len(own) > 0 { // the papers of another country are of no use to anybody
		return own
	}
	return ds
}

// Document finds a paper of the catalogue.
func (p *Pack) Document(id string) (Document, bool) {
	d, ok := p.documents[id]
	return d, ok
}

// Field finds what a form offers as a thing that may be wrong.
func (p *Pack) Field(id string) (DataField, bool) {
	for _, f := range p.Fields {
		if f.ID == id {
			return f, true
		}
	}
	return DataField{}, false
}

// FieldAt is the field that a place of a connected system holds; the first one
// in the pack's order where the place is more than one column.
func (p *Pack) FieldAt(at Place) (DataField, bool) {
	for _, f := range p.Fields {
		if anyHas(f.Places, at) {
			return f, true
		}
	}
	return DataField{}, false
}

// RecipientsOf are those who are given what is at a place, in the pack's order:
// who is to be told when it is corrected, suspended or erased.
func (p *Pack) RecipientsOf(at Place) []Recipient {
	var rs []Recipient
	for _, r := range p.Recipients {
		if anyHas(r.Receives, at) {
			rs = append(rs, r)
		}
	}
	return rs
}

// RetentionFor are the rules on how long what is at a place is kept, in the
// pack's order. Only one with a Statute keeps data from a person who may have
// it erased; the others are the policy's own promises to dispose of it.
func (p *Pack) RetentionFor(at Place) []Retention {
	var rs []Retention
	for _, r := range p.Retention {
		if anyHas(r.Places, at) {
			rs = append(rs, r)
		}
	}
	return rs
}

// fixed are the fields that the policy says cannot be changed.
func (p *Pack) fixed() []DataField {
	var fs []DataField
	for _, f := range p.Fields {
		if f.Fixed {
			fs = append(fs, f)
		}
	}
	return fs
}

// anyHas reports whether one of the places has the other in it.
func anyHas(places []Place, at Place) bool {
	for _, p := range places {
		if p.Has(at) {
			return true
		}
	}
	return false
}

// TargetFor is the rule of the answer target for a kind: three days for an
// advertising stop, else the ordinary one (rulings: numbers).
func (p *Pack) TargetFor(kind string) clock.Rule {
	if r, ok := p.Times.TargetByKind[kind]; ok {
		return r
	}
	return p.Times.Target
}

// Beside is a further law under which an organisation's cases stand.
type Beside struct {
	// Regime is an ID of the book of rules ("sg-pdpa").
	Regime string `json:"regime"`
	// Calendar rolls its dates, and its zone says whose days they are; the pack's
	// own when left out. Clause is where the policy says that this law's territory
	// is concerned.
	Calendar string `json:"calendar,omitempty"`
	Clause   string `json:"clause,omitempty"`
}

// WhereToComplain are the bodies that a refusal names beside the desk: the
// pack's own (Order 10(iii)), then the authority of the regime.
func (p *Pack) WhereToComplain() []Body {
	return append(append([]Body(nil), p.Complaints...), p.Law.Authority)
}

// Supplied reports whether the policy says a thing that Art. 32(1) asks for.
func (p *Pack) Supplied(field string) bool {
	for _, m := range p.ToBeSupplied {
		if m.Field == field {
			return false
		}
	}
	return true
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
