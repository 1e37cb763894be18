package dsr

// Person is what a requester says of themselves (claimed) or what a connected
// system holds of them (on file). It never prints itself.
type Person struct {
	Name       string `json:"name"`
	Kana       string `json:"kana,omitempty"`
	OtherNames string `json:"other_names,omitempty"` // former name, alias, romaji as on the residence card
	BornOn     string `json:"born_on,omitempty"`     // YYYY-MM-DD, "" when not given
	Number     string `json:"number,omitempty"`      // customer or member number
	Address    string `json:"address,omitempty"`
	Mail       string `json:"mail,omitempty"`
	Phone      string `json:"phone,omitempty"`
	Population string `json:"population,omitempty"` // "who are you to us": an ID of the pack
	Service    string `json:"service,omitempty"`    // service of origin: an ID of the pack
}

// String hides the person.
func (Person) String() string { return "person(…)" }

// GoString hides the person from %#v.
func (Person) GoString() string { return "dsr.Person{…}" }

// Contact is how a person wants to be reached.
type Contact struct {
	Mail    string `json:"mail,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Address string `json:"address,omitempty"` // for those who want post
	ByPost  bool   `json:"by_post,omitempty"`
}

// String hides the contact.
func (Contact) String() string { return "contact(…)" }

// GoString hides the contact from %#v.
func (Contact) GoString() string { return "dsr.Contact{…}" }

// Wish is one kind of request inside a submission: it becomes a case.
type Wish struct {
	Kind Kind
	// Scope is what the person wrote about the data they mean; sealed under
	// the case's key.
	Scope string
	// Delivery is how the answer should come: "download", "post" or "counter".
	Delivery string
	// Claims are what a correction disputes, field by field; sealed.
	Claims []Claim
	// Ground is why a deletion or suspension is asked for, a code of Grounds, ""
	// for none given. No ground has to be shown where a policy promises the
	// measure without one.
	Ground string
}

// Claim is one thing that a person says is wrong in a record, or missing.
type Claim struct {
	Field  string `json:"field"` // ID of the pack's field, "" for another one
	Now    string `json:"now"`   // what it says, as far as the person knows
	Should string `json:"should"`
}

// String hides the claim.
func (Claim) String() string { return "claim(…)" }

// GoString hides the claim from %#v.
func (Claim) GoString() string { return "dsr.Claim{…}" }

// Grounds are the reasons that Art. 35 knows, as the forms offer them (B.2).
var Grounds = []string{
	"purpose-exceeded",      // 35(1): used beyond the purpose (18), or improperly (19)
	"wrongly-acquired",      // 35(1): acquired in breach of 20
	"no-longer-needed",      // 35(5)
	"breach",                // 35(5): leaked, lost or damaged
	"likely-harm",           // 35(5): may harm rights or legitimate interests
	"advertising-continues", // 35(5), guideline: advertising goes on after an objection
	"other",
}

// String hides the wish's text.
func (w Wish) String() string { return "wish(" + string(w.Kind) + ")" }

// Filing is everything that a person files at once, or that staff key in.
type Filing struct {
	// FormToken was minted when the form was first shown. The same token files
	// once, for ever (invariant I2).
	FormToken string
	Channel   Channel
	Voice     Voice
	Person    Person
	Contact   Contact
	Wishes    []Wish
	// Representative is who acts for the person; nil when they act themselves.
	Representative *Representative
	// ArrivedAt is when the request came, in UTC microseconds; 0 means now.
	// Staff may key in an earlier arrival, never a later one.
	ArrivedAt int64
	// PostedOn is the civil date of the postmark of a request by letter, ""
	// otherwise. With the pack's transit days it gives the deemed arrival
	// (Art. 39(2)).
	PostedOn string
	// RecordingTold is true when the caller heard the recording notice before
	// the call went on; required by telephone where the pack records calls.
	RecordingTold bool
	// Draft is the token of the draft that this filing ends, "" for none.
	Draft string
}

// String hides the filing.
func (Filing) String() string { return "filing(…)" }

// GoString hides the filing from %#v.
func (Filing) GoString() string { return "dsr.Filing{…}" }

// Representative is who asks for somebody else (Order 13).
type Representative struct {
	Kind   string `json:"kind"` // "statutory" or "delegated"
	Person Person `json:"person"`
	// Relation is a code of Relations: "parent", "guardian", "family", "lawyer", "other".
	Relation string `json:"relation,omitempty"`
}

// Relations are what a representative may be to the person (B.3). They are
// data: the law of guardianship is being changed.
var Relations = []string{"parent", "guardian", "family", "lawyer", "other"}

// Authority is what a handler saw of a representative's relationship and
// mandate (T07, B.3): kinds and dates, never a picture.
type Authority struct {
	Relation string // of Relations
	// Document is the kind of paper that showed it: an ID of the pack's
	// documents; DatedOn its date, "" for none.
	Document string
	DatedOn  string
	// Covers lists the kinds of request that a mandate names; a statutory
	// representative's covers all.
	Covers []Kind
	// MayReceive says that the mandate covers receiving the answer. Without it
	// the answer goes to the person.
	MayReceive bool
	// Checked says how the representative themselves was identified: an ID of
	// the pack's documents.
	Checked string
}

// Filed is what a person gets at once: the receipt.
type Filed struct {
	Submission string
	Reference  string
	Cases      []string
	ReceivedAt int64 // UTC microseconds: when the filing committed
	ArrivedAt  int64
	TargetAt   int64 // the answer target, called that; the earliest of the cases
	// TargetOn is the civil date of the target in the zone of its rule: a day that
	// ends elsewhere at midnight ends here on the next day. "" is the day of TargetAt.
	TargetOn string
	// Again is true when the same form token had filed the same content before:
	// this is that receipt.
	Again bool
}
