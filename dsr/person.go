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
}

// Filed is what a person gets at once: the receipt.
type Filed struct {
	Submission string
	Reference  string
	Cases      []string
	ReceivedAt int64 // UTC microseconds: when the filing committed
	ArrivedAt  int64
	TargetAt   int64 // the answer target, called that; the earliest of the cases
	// Again is true when the same form token had filed the same content before:
	// this is that receipt.
	Again bool
}
