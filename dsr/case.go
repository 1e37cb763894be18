package dsr

// Facts are what a workflow knows of its case: recorded values only, no
// person. Each activity gives them anew, and the workflow branches on them.
type Facts struct {
	Organisation string `json:"organisation"` // ID
	Submission   string `json:"submission"`
	Case         string `json:"case"`
	Kind         Kind   `json:"kind"`
	Stage        Stage  `json:"stage"`
	Before       Stage  `json:"before,omitempty"` // where a clarification or fraud check returns to
	Epoch        int    `json:"epoch"`
	Transition   int    `json:"transition"` // number of the last stage change; only grows
	Applied      int    `json:"applied"`    // number of the last applied command
	Occasion     int    `json:"occasion"`   // grows with each reopening
	PlanVersion  int    `json:"plan_version"`

	Classified      bool `json:"classified"`
	IdentityProven  bool `json:"identity_proven"`
	LookupWanted    bool `json:"lookup_wanted"` // an identity task is open and nobody has looked yet
	LookupOccasion  int  `json:"lookup_occasion"`
	AuthorityNeeded bool `json:"authority_needed"`
	AuthorityProven bool `json:"authority_proven"`
	FeeDue          bool `json:"fee_due"`
	FeePaid         bool `json:"fee_paid"`
	QuestionOpen    bool `json:"question_open"`
	FraudOpen       bool `json:"fraud_open"`  // a fraud check is open
	Preserved       bool `json:"preserved"`   // no connected system disposes of anything of the person's meanwhile
	HoldWanted      bool `json:"hold_wanted"` // a disputed field is to be frozen and is not yet
	Collected       bool `json:"collected"`   // every connected system has answered, or a person has said why not
	Investigated    bool `json:"investigated"`
	Proposal        int  `json:"proposal"`  // version of the newest proposal; 0 for none
	Agreed          int  `json:"agreed"`    // version that an approver agreed; 0 for none
	SentBack        int  `json:"sent_back"` // version that was last sent back

	// Decided is the outcome of the agreed proposal.
	Decided Outcome `json:"decided,omitempty"`
	// Todo is the next act of the agreed plan on connected systems, reversible
	// ones first; "" when all is done and read back.
	Todo Action `json:"todo,omitempty"`
	// CoolingOff: the agreed erasure waits for its time. Stopped: somebody
	// stopped it, and a person must say how it goes on.
	CoolingOff bool `json:"cooling_off"`
	Stopped    bool `json:"stopped"`
	// RecipientsOpen is how many recipients have still to be told.
	RecipientsOpen int `json:"recipients_open"`
	// ReleaseWanted: holds of this case stand that nothing needs any more.
	ReleaseWanted bool `json:"release_wanted"`

	PackageReady bool `json:"package_ready"`
	Delivered    bool `json:"delivered"` // downloaded, handed over, or availability ended

	Withdrawn       bool `json:"withdrawn"`
	WithdrawalFinal bool `json:"withdrawal_final"` // the time to take it back is over
	Expired         bool `json:"expired"`          // a waiting step ended without an answer
	Superseded      bool `json:"superseded"`       // a newer epoch runs this case: this run ends itself

	Outcome Outcome `json:"outcome,omitempty"`

	// Milestone is the earliest instant at which something happens by itself.
	Milestone   string `json:"milestone,omitempty"`    // its ID; "" for none
	MilestoneAt int64  `json:"milestone_at,omitempty"` // UTC microseconds
}

// Ended reports whether the procedure must stop waiting for anything but the
// end: the request was withdrawn for good, a waiting step expired, or another
// case goes on with it.
func (f Facts) Ended() bool {
	switch f.Decided {
	case OutcomeReclassified, OutcomeDuplicate, OutcomeMerged:
		return true
	}
	return f.Superseded || f.WithdrawalFinal || f.Expired
}

// GivesPackage reports whether the agreed decision gives the person something
// that must be built and delivered. Every other answer is a letter.
func (f Facts) GivesPackage() bool { return f.Kind == KindDisclosure && f.granted() }

// Changes reports whether the agreed decision changes, or promises, something
// that a disclosure does not.
func (f Facts) Changes() bool { return f.Kind != KindDisclosure && f.granted() }

// granted reports whether the decision gives anything.
func (f Facts) granted() bool {
	switch f.Decided {
	case OutcomeFulfilled, OutcomePartial, OutcomeAlternative:
		return true
	}
	return false
}

// Proposed reports whether a proposal waits for an approver.
func (f Facts) Proposed() bool { return f.Proposal > f.Agreed && f.Proposal > f.SentBack }

// Effect is one act on one object in one connected system: a row of the ledger
// (design 8). Its ID is derived from the other fields and never random, so
// that a rebuilt case issues the same key.
type Effect struct {
	ID          string `json:"id"`
	Case        string `json:"case"`
	Connector   string `json:"connector"`
	Action      Action `json:"action"`
	Object      string `json:"object"` // our own ID, never the customer's number
	PlanVersion int    `json:"plan_version"`
	State       string `json:"state"`
	Fence       int    `json:"fence"`
	// Code is why the newest try failed, for the desk's pages; "" for none.
	Code string `json:"code,omitempty"`
}

// Action is what an effect does in a connected system.
type Action string

// The actions of the ledger (design 8). Those after collect change something.
const (
	ActionLookup   Action = "lookup"
	ActionCollect  Action = "collect"
	ActionPreserve Action = "preserve" // nothing of the person's is disposed of meanwhile
	ActionFreeze   Action = "freeze"   // disputed fields are neither used nor handed over
	ActionSuspend  Action = "suspend"
	ActionCorrect  Action = "correct" // also removes content; releases the freeze in the same act
	ActionErase    Action = "erase"
	ActionRelease  Action = "release" // what this case held is let go
)

// Actions lists every action, reversible first, erasure last of those that
// carry a decision out.
var Actions = []Action{ActionLookup, ActionCollect, ActionPreserve, ActionFreeze, ActionSuspend, ActionCorrect, ActionErase, ActionRelease}

// HoldKind is why rows of a connected system are held.
type HoldKind string

// The holds.
const (
	HoldFreeze       HoldKind = "freeze"       // no use, no provision, no other write, until the request is settled
	HoldPreservation HoldKind = "preservation" // no disposal while a request is open
	HoldSuspension   HoldKind = "suspension"   // no use, no provision, for good
)

// Instruction is what one act asks of a connected system. It holds personal
// data and lives in memory only.
type Instruction struct {
	Action Action
	// Token names the holds of one case in every system: the case's own ID.
	Token string
	// Record is the key of the person's record there; Category and Rows the
	// rows of one item. A hold without a category is on all of the record.
	Record   string
	Category string
	Rows     []string
	// Fields are the disputed columns of a freeze; none means all of them.
	Fields []Field
	// Moves says that the token's freeze stood on another record, which turned
	// out to be somebody else's: it ends there in the same act.
	Moves bool
	// Changes are carried out only while every value is as it was decided on.
	Changes []Change
	// Stays: other rows of the same category are still to be corrected, so that
	// the freeze of its columns stands until the last of them.
	Stays bool
	// Beside are the tokens of other requests of the same submission that have
	// what they asked for from this system: that they keep it from being
	// disposed of does not stand in the way of what the person wants erased.
	Beside []string
}

// String hides the instruction.
func (in Instruction) String() string { return "instruction(" + string(in.Action) + ")" }

// GoString hides the instruction from %#v.
func (in Instruction) GoString() string { return in.String() }

// Field is one column of a category.
type Field struct{ Category, Column string }

// Change is one value put right. Row is the row's key in the system; After is
// "" when the content is removed.
type Change struct {
	Row    string `json:"row"`
	Column string `json:"column"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// String hides the change.
func (Change) String() string { return "change(…)" }

// GoString hides the change from %#v.
func (Change) GoString() string { return "dsr.Change{…}" }

// Acted is what a system read back after an act: counts, never values.
type Acted struct {
	Rows int // rows changed, held, let go or erased
	// Again is true when the same key had been carried out before.
	Again bool
}

// States of an effect (invariant I5).
const (
	EffectPlanned    = "planned"
	EffectAttempting = "attempting"
	EffectVerified   = "verified"
	EffectFailed     = "failed"
	EffectWaived     = "waived" // a person said why it will not happen
)

// Identifiers are what a lookup asks a connected system by.
type Identifiers struct {
	Name, Kana, BornOn, Number, Mail, Phone string
}

// String hides the identifiers.
func (Identifiers) String() string { return "identifiers(…)" }

// GoString hides the identifiers from %#v.
func (Identifiers) GoString() string { return "dsr.Identifiers{…}" }

// Candidate is a record in a connected system that may be the person's.
type Candidate struct {
	Connector string `json:"connector"`
	Key       string `json:"key"` // the record's key there; sealed with us, never in a URL
	Person    Person `json:"person"`
	// Matched lists the identifiers that agree exactly: "name", "born_on",
	// "mail", "phone", "number".
	Matched []string `json:"matched"`
}

// String hides the candidate.
func (Candidate) String() string { return "candidate(…)" }

// Record is one record set that a connected system gave for a person.
type Record struct {
	Category string `json:"category"` // a category of the mapping
	// Title says in each voice what it is ("Consultations").
	Title map[string]string `json:"title"`
	// Source says where it came from, in each voice.
	Source  map[string]string `json:"source"`
	Columns []Column          `json:"columns"`
	Rows    [][]string        `json:"rows"`
	// RowKeys are the keys of Rows in the system, one each; empty when the
	// mapping names none: such rows can be read and not changed.
	RowKeys []string `json:"row_keys,omitempty"`
	// ThirdParties are names of other people that the mapping points to inside
	// these rows: proposals for redaction, never decisions.
	ThirdParties []string `json:"third_parties,omitempty"`
	// Matched is the strong identifier by which the rows were found; a record
	// without it is quarantined and never released.
	Matched string `json:"matched"`
	// Doubtful marks rows found by a shared contact point: a person decides.
	Doubtful bool `json:"doubtful,omitempty"`
}

// String hides the record.
func (r Record) String() string { return "record(" + r.Category + ")" }

// GoString hides the record from %#v.
func (r Record) GoString() string { return "dsr.Record{…}" }

// Column is one field of a record set.
type Column struct {
	Name  string            `json:"name"`
	Title map[string]string `json:"title"`
	// Writable says that the system lets us put the value right. Opinion marks
	// an evaluation, which is no fact that could be wrong (Art. 34).
	Writable bool `json:"writable,omitempty"`
	Opinion  bool `json:"opinion,omitempty"`
}

// TestAnswer is how a reviewer answered one exemption for one item.
type TestAnswer string

// The answers: nothing can be left unanswered.
const (
	AnswerApplies TestAnswer = "applies"
	AnswerDoesNot TestAnswer = "does-not-apply"
)

// Finding is the result of an investigation for one item (Art. 34(2), 35).
type Finding struct {
	Item   string        `json:"item"`
	Result FindingResult `json:"result"`
	// Checked is what was looked at and what it showed; sealed.
	Checked string `json:"checked"`
	By      string `json:"by,omitempty"` // staff ID
}

// String hides the finding's text.
func (f Finding) String() string { return "finding(" + string(f.Result) + ")" }

// FindingResult is what an investigation found.
type FindingResult string

// The results.
const (
	FindingWrong     FindingResult = "wrong"      // the record is not factual
	FindingRight     FindingResult = "right"      // it is
	FindingOpinion   FindingResult = "opinion"    // an evaluation, not a fact
	FindingNotNeeded FindingResult = "not-needed" // no longer needed, or not for the purpose
	FindingGround    FindingResult = "ground"     // a ground of Art. 35 is there
	FindingNoGround  FindingResult = "no-ground"  // none is
	FindingPromised  FindingResult = "promised"   // the policy promises it without a ground
)

// Findings are the results that a kind knows.
func (k Kind) Findings() []FindingResult {
	switch {
	case k == KindCorrection, k == KindAddition:
		return []FindingResult{FindingWrong, FindingRight, FindingOpinion, FindingNotNeeded}
	case k == KindDeletion:
		// Of content (Art. 34), which may be right after all, or no fact; and by
		// most policies of what is no longer needed (Art. 35).
		return []FindingResult{FindingPromised, FindingGround, FindingWrong, FindingRight, FindingOpinion, FindingNotNeeded, FindingNoGround}
	case k.Investigates():
		return []FindingResult{FindingPromised, FindingGround, FindingWrong, FindingNotNeeded, FindingNoGround}
	}
	return nil
}

// ItemTest is one exemption of the pack put to one item.
type ItemTest struct {
	Exemption  string     `json:"exemption"` // ID in the pack
	Answer     TestAnswer `json:"answer"`
	Evidence   string     `json:"evidence,omitempty"` // what shows it; sealed
	AnsweredBy string     `json:"answered_by,omitempty"`
	// Because is the condition on which it is asked, with what it looked at; ""
	// where it always is. It is computed anew and never kept.
	Because string `json:"-"`
}

// Redaction is a text in an item that is blackened (RC-21).
type Redaction struct {
	Text     string `json:"text"`
	Proposed bool   `json:"proposed"` // by the engine, from the mapping
	Accepted bool   `json:"accepted"`
	Answered bool   `json:"answered"`
}

// String hides the redaction.
func (Redaction) String() string { return "redaction(…)" }

// Decision is what a proposal says of one item.
type Decision struct {
	Item       string      `json:"item"`
	Measure    Measure     `json:"measure"`
	Exemption  string      `json:"exemption,omitempty"`
	ReasonCode string      `json:"reason_code,omitempty"`
	Reason     string      `json:"reason,omitempty"` // what the person will read; sealed
	Redactions []Redaction `json:"redactions,omitempty"`
	// Changes are the values of a correction, or of a removal of content.
	Changes []Change `json:"changes,omitempty"`
	// Schedule is the retention rule of the pack that a keep rests on; Until
	// the civil date on which it ends, or by which an alternative is promised.
	Schedule string `json:"schedule,omitempty"`
	Until    string `json:"until,omitempty"`
	// Alternative is what is done instead, as the person will read it: required
	// for the measure of that name, offered beside a refusal.
	Alternative string `json:"alternative,omitempty"`
	// Difficulty is why the measure asked for is difficult (Art. 35(2)): for
	// the record, not for the letter.
	Difficulty string `json:"difficulty,omitempty"`
}

// String hides the decision's texts.
func (d Decision) String() string { return "decision(" + string(d.Measure) + ")" }

// Parcel is what a disclosure package is built from. It holds personal data
// and lives in memory only, between the vault and the sealed package.
type Parcel struct {
	Organisation string // its name in the parcel's voice
	Reference    string
	Voice        Voice
	ArrivedAt    int64 // UTC microseconds
	DecidedAt    int64
	Zone         string
	PolicyName   string
	Desk         []string // lines: how to reach the desk, where to complain
	Items        []ParcelItem
}

// String hides the parcel.
func (Parcel) String() string { return "parcel(…)" }

// GoString hides the parcel from %#v.
func (Parcel) GoString() string { return "dsr.Parcel{…}" }

// ParcelItem is one decided item. A withheld one carries no record.
type ParcelItem struct {
	System     string // its title in the parcel's voice
	Title      string
	Source     string
	Measure    Measure
	Columns    []string // titles in the parcel's voice
	Names      []string // machine names of the columns, for JSON
	Rows       [][]string
	Redactions []string // texts to blacken everywhere in this parcel
	Ground     string   // "APPI Art. 33(2)(i), policy 7(1)"
	ReasonCode string
	Reason     string
}
