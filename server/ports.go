package server

import (
	"context"

	"madoguchi/dsr"
)

// Offices is the only way in: the office of one organisation. Implemented by
// internal/store, wired by cmd.
type Offices interface {
	Office(organisation string) Office
}

// Office is what the pages need of one organisation. Every method that takes
// an Actor checks the role itself, in the transaction that writes; every
// method that gives out personal data writes who opened what and why first.
//
// Errors are *dsr.Error: NotFound for what is not this organisation's, Invalid
// for what the person can mend, Conflict when the world moved, Forbidden for a
// role or the two-person rule, Unavailable when the database is away.
type Office interface {
	PortalOffice
	DeskOffice
	BoardOffice
}

// PortalOffice serves the person.
type PortalOffice interface {
	// Drafts are sealed and kept 14 days (rulings: numbers).
	NewDraft(ctx context.Context, voice dsr.Voice) (dsr.Draft, error)
	Draft(ctx context.Context, token string) (dsr.Draft, error) // NotFound when ended or expired
	SaveDraft(ctx context.Context, d dsr.Draft) error

	// File accepts a request: when it returns, the row is committed and nothing
	// else need be up. The same form token with the same content gives the
	// same receipt (Again); with other content Conflict "error.form-token-used".
	File(ctx context.Context, actor dsr.Actor, f dsr.Filing) (dsr.Filed, error)

	// Receipt is the receipt again, for a session that may see the submission.
	Receipt(ctx context.Context, submission string) (dsr.Filed, error)

	// SendSignInCode sends a code to the contact when reference and contact
	// belong together; it returns nil either way, so that nobody learns which.
	SendSignInCode(ctx context.Context, reference, contact string) error
	// SignIn checks the code and gives the submission, or Invalid
	// "error.code-wrong", "error.code-expired", "error.code-spent".
	SignIn(ctx context.Context, reference, contact, code string) (submission string, err error)
	// SendCode sends a code within a submission: purpose "confirm" or
	// "download". Invalid "error.code-too-soon" (30 s), "error.code-too-many".
	SendCode(ctx context.Context, submission, purpose string) error
	// ConfirmContact is the command contact-confirmed.
	ConfirmContact(ctx context.Context, submission, code string) error

	Status(ctx context.Context, submission string) (dsr.StatusPage, error)
	// Letter gives a public letter of the submission.
	Letter(ctx context.Context, submission, notice string) (dsr.Letter, error)

	// AddDocument stores an upload at once, sealed. Checked before: size, type.
	AddDocument(ctx context.Context, submission, kind, mediaType string, data []byte) (dsr.Document, error)
	RemoveDocument(ctx context.Context, submission, document string) error
	// SubmitIdentity is the command identity-evidence.
	SubmitIdentity(ctx context.Context, submission string) error

	// Answer is the command question-answered.
	Answer(ctx context.Context, submission, caseID, question, text string) error
	// Write sends a message to the desk.
	Write(ctx context.Context, submission, caseID, text string) error
	Withdraw(ctx context.Context, submission, caseID string) error
	TakeBackWithdrawal(ctx context.Context, submission, caseID string) error
	Object(ctx context.Context, submission, caseID, text string) error

	// Download checks a fresh code of purpose "download" and gives the package;
	// the first time it is the command delivered. Forbidden after withdrawal.
	Download(ctx context.Context, submission, caseID, code string) (name string, data []byte, err error)
	// OpenAgain prolongs the availability of an expired package.
	OpenAgain(ctx context.Context, submission, caseID string) error
	// StopPage shows what the link of a cooling-off is for; StopErasure is the
	// command erasure-stopped. The token is the only key: no session, no
	// sign-in. NotFound "error.link-unknown" for another one.
	StopPage(ctx context.Context, token string) (dsr.StopPage, error)
	StopErasure(ctx context.Context, token string) error
	// SetVoice changes the voice of later notices.
	SetVoice(ctx context.Context, submission string, voice dsr.Voice) error
}

// DeskOffice serves the desk's staff.
type DeskOffice interface {
	Queue(ctx context.Context, actor dsr.Actor, f dsr.QueueFilter) (dsr.Queue, error)
	// FindByReference gives the cases of a reference, or none.
	FindByReference(ctx context.Context, actor dsr.Actor, reference string) ([]dsr.Shell, error)
	Case(ctx context.Context, actor dsr.Actor, caseID string) (dsr.CasePage, error)

	// Claim gives the task to the actor; Conflict "error.task-taken" with the
	// name of who has it when somebody else was first.
	Claim(ctx context.Context, actor dsr.Actor, task string) error
	Release(ctx context.Context, actor dsr.Actor, task string) error
	HandOver(ctx context.Context, actor dsr.Actor, task, to string) error
	// CloseTask ends a task that has no page of its own: reach-person,
	// hand-over, escalation, collect, answer-message; result is an enum.
	CloseTask(ctx context.Context, actor dsr.Actor, task, result string) error
	// Colleagues are who could take a task of this kind.
	Colleagues(ctx context.Context, kind dsr.TaskKind) ([]dsr.Staff, error)

	// IdentityPage, Document, Review and Approval open personal data: the
	// record of the opening commits first, or nothing is given.
	IdentityPage(ctx context.Context, actor dsr.Actor, caseID string) (dsr.IdentityPage, error)
	Document(ctx context.Context, actor dsr.Actor, caseID, document string) (mediaType string, data []byte, err error)
	ConfirmIdentity(ctx context.Context, actor dsr.Actor, caseID string, c dsr.IdentityConfirmation) error
	// AskMoreProof is the command identity-more. Reason is an enum of the
	// catalogue ("identity.more.unreadable" …), text what staff add.
	AskMoreProof(ctx context.Context, actor dsr.Actor, caseID, task, reason, text string) error
	// ProposeRejection proposes to close for want of identity; an approver decides.
	ProposeRejection(ctx context.Context, actor dsr.Actor, caseID, task, text string) error

	Review(ctx context.Context, actor dsr.Actor, caseID string) (dsr.ReviewPage, error)
	// AnswerItem records tests, redactions and measure of one item. Only the
	// claimer of the review task. Invalid while the answer is incomplete for
	// its measure ("error.withhold-needs-ground").
	AnswerItem(ctx context.Context, actor dsr.Actor, caseID string, item dsr.Item) error
	// Preview renders the decision letter as it would be sent.
	Preview(ctx context.Context, actor dsr.Actor, caseID string) (dsr.Letter, error)
	// Propose is the command proposed. Invalid "error.items-open" while an item
	// has something unanswered.
	Propose(ctx context.Context, actor dsr.Actor, caseID, task string) error
	Approval(ctx context.Context, actor dsr.Actor, caseID string) (dsr.ApprovePage, error)
	// Approve agrees with exactly that version. Forbidden "error.same-person"
	// (and recorded as refused) for its proposer.
	Approve(ctx context.Context, actor dsr.Actor, caseID, task string, version int) error
	SendBack(ctx context.Context, actor dsr.Actor, caseID, task string, version int, comment string) error

	Ask(ctx context.Context, actor dsr.Actor, caseID, text string) error
	Tell(ctx context.Context, actor dsr.Actor, caseID, text string) error
	AddNote(ctx context.Context, actor dsr.Actor, caseID, text string) error
	// Correspondence opens messages and notes of a case.
	Correspondence(ctx context.Context, actor dsr.Actor, caseID string) ([]dsr.Message, []dsr.Note, error)
	LetterOfCase(ctx context.Context, actor dsr.Actor, caseID, notice string) (dsr.Letter, error)
	// PackageForPost gives the package to the claimer of the hand-over task, who
	// prints it or writes it to a medium; the opening is recorded first.
	PackageForPost(ctx context.Context, actor dsr.Actor, caseID, task string) (name string, data []byte, err error)
	// HandedOver closes a hand-over: the answer was posted or given in person.
	HandedOver(ctx context.Context, actor dsr.Actor, caseID, task string) error
	// Extend orders an extension of one clock: an approver's, where the rule
	// permits one and its notice can still be sent in time. It takes effect when the
	// notice was sent. Invalid "error.extension-late", "error.extension-ground",
	// "error.extension-none"; Conflict "error.extension-ordered" while one is under way.
	Extend(ctx context.Context, actor dsr.Actor, caseID string, e dsr.Extension) error
	// WithdrawFor records a withdrawal told to the desk.
	WithdrawFor(ctx context.Context, actor dsr.Actor, caseID string) error
	// Classify says what is asked for: the same kind is the command classified;
	// another kind ends this case as reclassified and opens a sibling with the
	// same arrival, and gives its ID.
	Classify(ctx context.Context, actor dsr.Actor, caseID, task string, kind dsr.Kind) (sibling string, err error)
	// ProposeRedirect proposes, from triage, to send the person to whoever is
	// responsible; whether anything is held is not said. where is what the
	// person will read: who that is, if it may be named.
	ProposeRedirect(ctx context.Context, actor dsr.Actor, caseID, task, where string) error

	// PapersArrived is the command identity-evidence for papers that came by
	// post, were shown at the counter or told in a call; kinds are IDs of the
	// pack's documents.
	PapersArrived(ctx context.Context, actor dsr.Actor, caseID string, kinds []string) error
	// PlaceHold freezes the disputed fields before identity is proven, in the
	// record of a candidate. Only the claimer of the identity task.
	PlaceHold(ctx context.Context, actor dsr.Actor, caseID, task string, candidate int) error

	// AuthorityPage opens what is known of a representative.
	AuthorityPage(ctx context.Context, actor dsr.Actor, caseID string) (dsr.AuthorityPage, error)
	// AskAuthority asks the representative for papers, or more of them (N-03).
	// reason is an enum of "authority.more.…".
	AskAuthority(ctx context.Context, actor dsr.Actor, caseID, task, reason, text string) error
	// RecordAuthority is the command authority-shown; a second person admits.
	RecordAuthority(ctx context.Context, actor dsr.Actor, caseID, task string, a dsr.Authority) error
	// Admit is the command authority-admitted; ReturnAuthority gives it back to
	// a handler with a comment. Forbidden "error.same-person" for who recorded.
	Admit(ctx context.Context, actor dsr.Actor, caseID, task string) error
	ReturnAuthority(ctx context.Context, actor dsr.Actor, caseID, task, comment string) error
	// ProposeFormRejection proposes rejected-form (RC-02): authority not shown.
	ProposeFormRejection(ctx context.Context, actor dsr.Actor, caseID, task, text string) error

	// Investigation opens the screen; Investigated is the command: every item
	// has a finding.
	Investigation(ctx context.Context, actor dsr.Actor, caseID string) (dsr.InvestigationPage, error)
	Investigated(ctx context.Context, actor dsr.Actor, caseID, task string, findings []dsr.Finding) error

	// ResumeErasure begins the cooling-off of a stopped erasure anew;
	// Reconsider takes the case back to review.
	ResumeErasure(ctx context.Context, actor dsr.Actor, caseID, task string) error
	Reconsider(ctx context.Context, actor dsr.Actor, caseID, task string) error

	// RecipientPage opens a recipient's task; TellRecipient records one attempt:
	// result is a RecipientResult, or "no-answer" (the third ends the task as
	// unreachable).
	RecipientPage(ctx context.Context, actor dsr.Actor, caseID, recipient string) (dsr.RecipientPage, error)
	TellRecipient(ctx context.Context, actor dsr.Actor, caseID, recipient, result string) error

	// LettersToPost lists the letters that wait for print and post, without
	// opening them; PrintLetters opens them for one print; LetterPosted records
	// that one was posted and ends its task.
	LettersToPost(ctx context.Context, actor dsr.Actor) ([]dsr.PostedLetter, error)
	PrintLetters(ctx context.Context, actor dsr.Actor, notices []string) ([]dsr.PostedLetter, error)
	LetterPosted(ctx context.Context, actor dsr.Actor, notice string) error

	// Appointments lists who may open cases; Appoint and EndAppointment are an
	// admin's or a manager's. An ended one takes effect at the next click.
	Appointments(ctx context.Context, actor dsr.Actor) ([]dsr.Appointment, error)
	Appoint(ctx context.Context, actor dsr.Actor, a dsr.Appointment) error
	// Appointable are those who could be appointed, whether or not they are:
	// Colleagues leaves out who has no appointment now.
	Appointable(ctx context.Context, actor dsr.Actor) ([]dsr.Staff, error)
	EndAppointment(ctx context.Context, actor dsr.Actor, appointment string) error
}

// BoardOffice serves managers and auditors. Shells only: no personal data.
type BoardOffice interface {
	Board(ctx context.Context, actor dsr.Actor) ([]dsr.BoardRow, error)
	// BoardList gives the cases that a figure counts: always exactly that many.
	BoardList(ctx context.Context, actor dsr.Actor, kind dsr.Kind, figure dsr.Figure) ([]dsr.QueueRow, error)
	// Calendars are those by which the organisation's cases count, with what newer
	// versions have moved.
	Calendars(ctx context.Context, actor dsr.Actor) ([]dsr.CalendarLine, error)
	// DateRules are the IDs that Explain takes: the pack's times, then the rules of
	// its laws.
	DateRules(ctx context.Context, actor dsr.Actor) ([]dsr.ClockLine, error)
	// Explain computes a date for nobody's case. Invalid "error.date-question" with
	// the field and the reason.
	Explain(ctx context.Context, actor dsr.Actor, q dsr.DateQuestion) (dsr.ClockLine, error)
}

// Accounts are the staff accounts and all sessions, across organisations.
type Accounts interface {
	// SignInStaff checks a password (argon2id, constant time whether the login
	// exists or not) and opens a session of 8 hours, 30 minutes idle.
	SignInStaff(ctx context.Context, login, password, address string) (token string, err error)
	// StaffSession gives the account behind a token and touches last-seen.
	StaffSession(ctx context.Context, token string) (dsr.Staff, error)
	// OpenSession opens a customer's session on one submission.
	OpenSession(ctx context.Context, organisation, submission string) (token string, err error)
	// Session gives what a customer's token may see and touches last-seen.
	Session(ctx context.Context, token string) (organisation, submission string, err error)
	EndSession(ctx context.Context, token string) error
	// Allow counts a try against a limit and says whether it may go on:
	// (scope, key) is hashed before it is kept; limit tries per window seconds.
	Allow(ctx context.Context, scope, key string, limit, windowSeconds int) (bool, error)
}

// Probes answer /readyz.
type Probes interface {
	// Parts gives each part and why it is not ready, "" when it is: "database",
	// "temporal", "worker", "mail".
	Parts(ctx context.Context) map[string]string
}

// Mailbox is the sink of a demonstration: nothing leaves the machine.
type Mailbox interface {
	Mails() ([]Mail, error)
	Mail(id string) (Mail, error)
}

// Mail is one caught mail.
type Mail struct {
	ID, To, Subject, Text string
	At                    int64
}
