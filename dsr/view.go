package dsr

import "madoguchi/policy"

// The types of this file are what lists and pages show. A shell holds IDs,
// enums, dates and counts only; the ones that hold a person's data say so, and
// the store writes who opened them and why before it gives them out.

// Shell is a case without the person: what boards, queues, Temporal and
// metrics may know.
type Shell struct {
	Case             string
	Submission       string
	Reference        string // M-XXXX-XXXX-1
	Kind             Kind
	Stage            Stage
	StageSince       int64
	Outcome          Outcome
	Channel          Channel
	Voice            Voice
	ArrivedAt        int64
	ReceivedAt       int64
	TargetAt         int64  // answer target; 0 while paused
	TargetOn         string // civil date in the organisation's zone
	GuardAt          int64  // last open instant before exposure (C.2 rule 9)
	Paused           bool
	PausedFor        string // cause: identity, clarification, fee
	PausedAt         int64
	UnitsLeft        int // of the target's unit, while paused
	Escalated        int // highest share that was escalated: 50, 75, 90, 100
	Late             bool
	AnsweredAt       int64
	ClosedAt         int64
	Withdrawn        bool
	WithdrawnFinalAt int64 // until when a withdrawal may be taken back; 0 for none
	Pending          int   // commands recorded and not yet carried out
	Collected        int   // connected systems that have answered
	ToCollect        int
	Epoch            int
	Transition       int
	Proposal         int
	Agreed           int
}

// Badge is how urgent a case is (ux.md 2.1). Shown with words, never by colour
// alone.
type Badge string

// The badges.
const (
	BadgeOnTrack  Badge = "on-track"
	BadgeSoon     Badge = "soon"
	BadgeToday    Badge = "today"
	BadgeOverdue  Badge = "overdue"
	BadgePaused   Badge = "paused"
	BadgeInTime   Badge = "in-time"   // answered on or before the target
	BadgeWasLate  Badge = "was-late"  // answered after it
	BadgeNoAnswer Badge = "no-answer" // closed without an answer that counts: withdrawn, lapsed
)

// QueueRow is one line of the desk's queue: a task, or a case that waits.
type QueueRow struct {
	Shell
	Badge        Badge
	Task         string
	TaskKind     TaskKind
	TaskState    string // "open", "claimed"
	TaskDueAt    int64
	Assignee     string // staff ID
	AssigneeName string
}

// QueueFilter chooses what a queue shows. Tab is a task kind, "mine",
// "waiting" (for the person), "all" or "closed".
type QueueFilter struct {
	Tab    string
	Offset int
	Limit  int // at most 200
}

// Queue is a page of the desk's queue, sorted by time left.
type Queue struct {
	Rows   []QueueRow
	Total  int
	Counts map[string]int // by tab
	Tabs   []string
}

// TimelineEntry is one event of a case as pages show it.
type TimelineEntry struct {
	At        int64
	Code      string            // catalogue key: "timeline.filed"
	Args      map[string]string // IDs, enums, counts, names of colleagues
	Actor     ActorKind
	ActorName string // display name of a member of staff; "" otherwise
	Public    bool   // the person sees it too
	Seq       int
}

// Task is something that a member of staff must do.
type Task struct {
	ID           string
	Case         string
	Kind         TaskKind
	Occasion     int
	State        string // "open", "claimed", "done", "cancelled"
	Assignee     string
	AssigneeName string
	OpenedAt     int64
	DueAt        int64
	ClosedAt     int64
	ClosedBy     string
	Result       string
	Cause        string // why it exists: a milestone's name, a notice's code
}

// Message is one message between the person and the desk. Text is opened.
type Message struct {
	ID       string
	At       int64
	FromDesk bool
	Kind     string // "message", "question", "answer", "reason" (why more proof is asked)
	Author   string // display name of the member of staff
	Text     string
	Question string // ID of the question that an answer answers
	Answered bool
}

// String hides the text.
func (Message) String() string { return "message(…)" }

// Note is staff's own; it is never shown to the person and cannot be quoted
// into a message.
type Note struct {
	ID     string
	At     int64
	Author string
	Text   string
}

// String hides the text.
func (Note) String() string { return "note(…)" }

// NoticeRow is one letter and its sending, without its content.
type NoticeRow struct {
	ID       string
	Case     string
	Code     string // N-01 …
	Voice    Voice
	Occasion string
	Channel  string // "mail", "page", "post"
	State    string // "queued", "sending", "accepted", "failed", "none" (page only)
	Sends    int
	At       int64
	Public   bool // has a letter that the person may read
}

// Letter is a rendered notice.
type Letter struct {
	Code    string
	Voice   Voice
	Title   string
	HTML    string // body, escaped, no scripts, headings from h2
	Text    string
	Subject string // of the mail that points to it: "[reference] organisation"
}

// String hides the letter.
func (l Letter) String() string { return "letter(" + l.Code + ")" }

// The names of a case's clocks.
const (
	ClockTarget   = "target"   // the office's own, or the policy's
	ClockLegal    = "legal"    // a law's due
	ClockExposure = "exposure" // from when the person may sue; never pauses
)

// ClockLine is one clock of a case with its explanation. Instants are
// microseconds since 1970 in UTC, dates are of the rule's zone.
type ClockLine struct {
	Name    string // ClockTarget, ClockLegal, ClockExposure
	RuleID  string
	Regime  string // of a legal clock
	Article string
	Source  string
	DueAt   int64
	DueOn   string
	Paused  bool
	Left    int    // units left while paused
	Unit    string // what Left counts, as clock.Unit
	Wins    bool   // its due is the case's answer target

	Calendar    string // ID@version
	Zone        string // in which the dates are meant
	Provisional bool   // rests on a day that is not official yet

	// Extendable: the rule allows an extension now; NoticeBy is the instant before
	// which its notice must be sent, MostUnits and RuleUnit how much it may be,
	// Grounds the reasons that the rule allows (none: every reason of the catalogue).
	Extendable bool
	NoticeBy   int64
	MostUnits  int
	RuleUnit   string
	Grounds    []string

	// Unknown is why the clock can't be computed (the calendar ends, the rule has
	// no figure), "" when it can.
	Unknown string
	// TitleIn names the clock in a voice.
	TitleIn func(Voice) string
	// StepsIn gives the steps of the arithmetic as sentences in a voice.
	StepsIn func(Voice) []string
}

// Extension is an order to prolong one clock of a case. It takes effect when its
// notice (N-07) was sent, which must be before the due instant that it prolongs.
type Extension struct {
	Clock  string // the rule's ID
	N      int    // units; 0 is the whole amount
	Ground string // one of the rule's grounds: letter.late.<ground> says it to the person
}

// ExtensionRow is an extension that was ordered.
type ExtensionRow struct {
	Clock, Ground string
	N             int
	State         string // "sending", "in-force", "late" (its notice came too late: nothing moved), "cancelled"
	By            string // who ordered it
	OrderedAt     int64
	SentAt        int64
	From, To      int64 // the due instants before and after, when in force
	// FromOn and ToOn are their civil dates, each in the zone of its rule.
	FromOn, ToOn string
}

// CalendarMove is what a newer version of a calendar did, or would do, to the
// clock of one open case.
type CalendarMove struct {
	CaseID, Reference string
	Organisation      string
	RuleID            string
	From, To          string // ID@version
	Old, New          int64  // the answer target by each version
	Told              int64  // the date that the person was told
	Target            int64  // what the office works to now
	At                int64  // when it was moved; 0 while it is a report
}

// CalendarLine is one calendar in use, as the board shows it.
type CalendarLine struct {
	ID, Version, Zone, Digest string
	From, To                  string // days covered
	ProvisionalFrom           string // the first provisional day from today on, "" when none
	HoursAssumed              bool
	OpenCases                 int            // open cases that count by it
	Moves                     []CalendarMove // the newest first
}

// DateQuestion asks when something would be due: a rule, a calendar and what
// happened. It names no case.
type DateQuestion struct {
	Rule     string // an ID of the pack's times or of the book of rules
	Calendar string // ID, the organisation's own when empty
	Start    int64
	Pauses   [][2]int64 // from, to; to 0 while open
	Cause    string     // of the pauses
	Extended int64      // when the notice of an extension is sent; 0 for none
}

// CasePage is everything that the case page of the desk shows without opening
// personal data.
type CasePage struct {
	Shell
	Badge      Badge
	Siblings   []Shell
	Tasks      []Task
	Timeline   []TimelineEntry
	Notices    []NoticeRow
	Clocks     []ClockLine
	Extensions []ExtensionRow
	Moves      []CalendarMove // of this case, the newest first
	Identity   IdentityState
	Documents  []Document
	Items      int
	Effects    []Effect
	Proposals  []ProposalRow
	Milestones []MilestoneRow
	Authority  *AuthorityState // nil when the person acts themselves
	Holds      []HoldRow
	Recipients []RecipientRow
	Scheduled  []ScheduledRow
	// CoolingOffUntil is when the agreed erasure may begin; StoppedAt when it
	// was stopped by the link. 0 for neither.
	CoolingOffUntil int64
	StoppedAt       int64
	// PostedOn and DeemedAt say of a letter when it was posted and when it
	// should have arrived; EnteredAt when it was typed in.
	PostedOn  string
	DeemedAt  int64
	EnteredAt int64
	// RecordingToldAt is when the clerk ticked that the recording notice was
	// given; 0 for a request that did not come by telephone.
	RecordingToldAt int64
}

// AuthorityState is what is known of a representative's authority, without
// the person.
type AuthorityState struct {
	Kind       string // "statutory", "delegated"
	Relation   string
	Document   string
	DatedOn    string
	MayReceive bool
	RecordedBy string // display names
	RecordedAt int64
	AdmittedBy string
	AdmittedAt int64
	Asked      int
	// Exception is true when the policy's text admits the person alone and the
	// law admits the representative all the same (Art. 37(3), Order 13): pages
	// say so with the article.
	Exception bool
}

// HoldRow is one hold that this case has in a connected system.
type HoldRow struct {
	System      string
	Kind        HoldKind
	Provisional bool // placed by the desk before identity was proven
	PlacedAt    int64
	ReleasedAt  int64
	State       string // of its effect
}

// RecipientRow is one recipient of data that a case changed, and how far
// telling them has come.
type RecipientRow struct {
	ID       string
	Name     string // the pack's words, in the reader's voice
	Role     string
	State    string // "open", "done"
	Attempts int
	Result   RecipientResult
	Task     string
	At       int64
}

// RecipientResult is how a recipient answered.
type RecipientResult string

// The results of telling a recipient (N-19).
const (
	RecipientInformed    RecipientResult = "informed"    // told, and will do the same
	RecipientUnreachable RecipientResult = "unreachable" // three attempts in vain
	RecipientDeclined    RecipientResult = "declined"
)

// ScheduledRow is an erasure that waits for the end of a statute's period.
type ScheduledRow struct {
	ID       string
	System   string
	Category string
	Rule     string // the pack's retention rule
	DueOn    string // civil date
	DoneAt   int64
}

// AuthorityPage is the screen on which a representative's papers are seen. It
// holds personal data: opening it is recorded.
type AuthorityPage struct {
	CasePage
	Person         Person
	Representative Representative
	Documents      []Document
	// Proposed is what the handler recorded, for the second person.
	Proposed *Authority
	Comment  string // of the second person who gave it back
	MayAdmit bool
	Why      string // catalogue key that says why not
}

// InvestigationPage is the screen of an investigation: what is disputed, what
// is held, what was found. It holds personal data.
type InvestigationPage struct {
	CasePage
	Person   Person
	Scope    string
	Ground   string
	Claims   []Claim
	Items    []Item
	Findings []Finding
	Messages []Message
	Notes    []Note
}

// RecipientPage is one recipient's task: the text to send, in the
// organisation's language, and what came of it. It holds personal data.
type RecipientPage struct {
	CasePage
	Recipient RecipientRow
	Text      string
	Attempts  []RecipientAttempt
	Max       int
}

// String hides the page's text.
func (RecipientPage) String() string { return "recipient(…)" }

// RecipientAttempt is one try to tell a recipient.
type RecipientAttempt struct {
	At     int64
	By     string // display name
	Result string // a RecipientResult, or "no-answer"
}

// StopPage is what the link of a cooling-off shows without signing in: no
// name, no content.
type StopPage struct {
	Organisation string // ID
	Reference    string
	Until        int64
	Stopped      bool
	Over         bool // the erasure has begun, or the case is closed
}

// PostedLetter is a letter that waits for somebody to print and post it. It
// holds personal data once Letter and Address are opened.
type PostedLetter struct {
	Notice    string
	Case      string
	Reference string
	Code      string
	Voice     Voice
	QueuedAt  int64
	PrintedAt int64
	PostedAt  int64
	PostedBy  string
	Task      string
	Address   string // lines
	Name      string
	Letter    Letter
}

// String hides address and letter.
func (p PostedLetter) String() string { return "posted-letter(" + p.Notice + ")" }

// Appointment is the record by which a member of staff may open cases where a
// policy asks for it: who, in what, by whom, from when to when.
type Appointment struct {
	ID        string
	Staff     string
	StaffName string
	Role      Role
	By        string // display name
	FromAt    int64
	UntilAt   int64 // 0 for open
	EndedAt   int64
	EndedBy   string
}

// Active reports whether the appointment holds at an instant (UTC microseconds).
func (a Appointment) Active(at int64) bool {
	return a.FromAt <= at && (a.UntilAt == 0 || at < a.UntilAt) && (a.EndedAt == 0 || at < a.EndedAt)
}

// IdentityState is what is known of the proof, without the person.
type IdentityState struct {
	Needed           string // "L2"
	Proven           string // "" until proven
	ProvenAt         int64
	Checker          string // staff ID
	Method           string
	ContactConfirmed bool
	Asked            int  // how often more was asked for
	EvidenceSent     bool // since the last time that more was asked for
	// Proofs is what the policy asks of this request, by the kinds that are still
	// open; none when the key is gone and nothing more is known of who asks.
	Proofs map[Kind]policy.Identity
}

// Document is a paper that the person uploaded; its bytes are opened apart.
type Document struct {
	ID         string
	Kind       string // ID of the pack's document list
	MediaType  string
	Size       int
	UploadedAt int64
	Submitted  bool
	DeletedAt  int64 // 24 hours after the decision, unless disputed
}

// ProposalRow is a proposal without its texts.
type ProposalRow struct {
	Version      int
	Outcome      Outcome
	Proposer     string
	ProposerName string
	ProposedAt   int64
	Approver     string
	ApproverName string
	DecidedAt    int64
	Verdict      string // "", "approved", "sent-back"
}

// MilestoneRow is a recorded instant at which something happens by itself.
type MilestoneRow struct {
	ID        string
	Name      string
	Occasion  string
	DueAt     int64
	FiredAt   int64
	FiredBy   string // "timer", "sweep"
	Cancelled bool
}

// IdentityPage is the verify-identity screen. It holds personal data: opening
// it is recorded.
type IdentityPage struct {
	CasePage
	Claimed    Person
	Contact    Contact
	Documents  []Document
	Candidates []Candidate
	LookedUp   bool // false while the systems have not been asked yet
	Chosen     int  // index of the chosen candidate, -1 for none
	Messages   []Message
	// Scope and Claims are what was asked, for triage and for a freeze before
	// identity is proven.
	Scope  string
	Claims []Claim
}

// IdentityConfirmation is what a handler decided about an identity.
type IdentityConfirmation struct {
	Task      string
	Level     string // "L2"
	Document  string // document kind that was compared
	Candidate int    // index into IdentityPage.Candidates; -1 when nothing is held
	// Also are the same person's records in further systems, at most one a
	// system: indexes into the same list.
	Also []int
	// Agreed lists the fields that the handler compared and found equal.
	Agreed []string
	// Delivery says where the answer goes: "file" (contact on file) or "filed".
	Delivery string
}

// Item is one (system, category, record set) in the scope of a case, with its
// tests and decision. It holds personal data.
type Item struct {
	ID         string
	System     string
	Record     Record
	Tests      []ItemTest
	Decision   Decision
	Answered   bool // every test answered, every redaction answered
	Quarantine bool // without the matched identifier: cannot be released
}

// String hides the item.
func (i Item) String() string { return "item(" + i.ID + ")" }

// ReviewPage is the decide screen. It holds personal data: opening it is
// recorded.
type ReviewPage struct {
	CasePage
	Person   Person
	Scope    string
	Items    []Item
	Claims   []Claim
	Ground   string
	Findings []Finding
	// Schedules are the retention rules that a "keep" of an item may rest on,
	// with the date that the rule gives for it.
	Schedules map[string][]Schedule // by item ID
	Open      int                   // items with something unanswered
	Outcome   Outcome               // what the items add up to
	Comment   string                // of the last sending back
	Messages  []Message
	Notes     []Note
}

// Schedule is one retention rule of the pack as it stands for one item: the
// engine proposes it, a person decides.
type Schedule struct {
	Rule  string // ID in the pack
	Until string // civil date on which the period ends
}

// ApprovePage is the approver's screen: the newest proposal as it stands.
type ApprovePage struct {
	ReviewPage
	Proposal   ProposalRow
	MayApprove bool   // false for the proposer
	Why        string // catalogue key that says why not
	Previous   string // comment of an earlier sending back
}

// StatusPage is what the person sees of a submission: five answers per case.
// It holds what the person themselves said and were told.
type StatusPage struct {
	Submission       string
	Reference        string
	Voice            Voice
	ContactConfirmed bool
	ByPost           bool
	Identity         IdentityState
	Documents        []Document
	Cases            []StatusCase
	Messages         []Message
	Notices          []NoticeRow
	// Authority is what is known of a representative's authority; nil when the
	// person acts themselves.
	Authority *AuthorityState
}

// StatusCase is one case on the status page.
type StatusCase struct {
	Shell
	Step         Step
	StageShown   Stage           // the stage before, during a fraud check
	Question     *Message        // the open question, nil for none
	Timeline     []TimelineEntry // public events only
	Package      *PackageRow
	CanWithdraw  bool
	CanTakeBack  bool
	CanObject    bool
	WaitingUntil int64 // when the waiting step expires; 0 for none
	// Frozen: a disputed field is neither used nor handed over. CoolingOffUntil
	// is until when an agreed erasure can be stopped; Stopped that it was.
	Frozen          bool
	CoolingOffUntil int64
	Stopped         bool
	Recipients      []RecipientRow
	Scheduled       []ScheduledRow
	// Measures are how many items ended with each measure, once the person was
	// told.
	Measures map[Measure]int
	// Why is the clock whose due is the target, so that the page can say how the
	// date came about; nil where no date is promised. Prolonged is the newest
	// extension in force, without who ordered it; nil when there is none.
	Why       *ClockLine
	Prolonged *ExtensionRow
}

// PackageRow is a package without its content.
type PackageRow struct {
	Case           string
	Version        int
	Size           int
	Digest         string // sha-256, hex
	ReadyAt        int64
	AvailableUntil int64
	Downloads      int
	MaxDownloads   int
	LastAt         int64
	Expired        bool
}

// BoardRow is one line of the board: counts per kind.
type BoardRow struct {
	Kind     Kind // "" for the sum
	Open     int
	DueSoon  int // within 7 days
	Overdue  int
	Paused   int
	Answered int // in the period
	InTime   int // of those, on or before the target
}

// Figure names a number of the board; each opens the list of the cases that it
// counts.
type Figure string

// The figures.
const (
	FigureOpen     Figure = "open"
	FigureDueSoon  Figure = "due-soon"
	FigureOverdue  Figure = "overdue"
	FigurePaused   Figure = "paused"
	FigureAnswered Figure = "answered"
	FigureInTime   Figure = "in-time"
)

// Figures lists them in the order of the columns.
var Figures = []Figure{FigureOpen, FigureDueSoon, FigureOverdue, FigurePaused, FigureAnswered, FigureInTime}

// Staff is an account, without its password.
type Staff struct {
	ID       string
	Login    string
	Name     string
	Voice    Voice // of the desk's pages
	Disabled bool
	Roles    map[string][]Role // by organisation ID
	// Unappointed are roles that the account was given and that count for
	// nothing now, because the organisation's policy wants an appointment.
	Unappointed map[string][]Role
}

// Draft is an unsent form: answers sealed, kept 14 days.
type Draft struct {
	Token     string
	FormToken string
	Voice     Voice
	Answers   map[string]string
}

// String hides the draft.
func (Draft) String() string { return "draft(…)" }
