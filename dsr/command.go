package dsr

// CommandKind is something that happened to a case and that its process must
// hear (design: "How a command travels").
type CommandKind string

// The commands. Kebab-case, add, never rename.
const (
	CommandFiled               CommandKind = "filed"
	CommandContactConfirmed    CommandKind = "contact-confirmed"
	CommandClassified          CommandKind = "classified"
	CommandIdentityEvidence    CommandKind = "identity-evidence"  // the person sent papers
	CommandIdentityMore        CommandKind = "identity-more"      // a handler asks for more
	CommandIdentityConfirmed   CommandKind = "identity-confirmed" // a handler is satisfied
	CommandQuestionAsked       CommandKind = "question-asked"
	CommandQuestionAnswered    CommandKind = "question-answered"
	CommandProposed            CommandKind = "proposed"
	CommandApproved            CommandKind = "approved"
	CommandSentBack            CommandKind = "sent-back"
	CommandDelivered           CommandKind = "delivered" // downloaded, or handed over
	CommandWithdrawn           CommandKind = "withdrawn"
	CommandWithdrawalTakenBack CommandKind = "withdrawal-taken-back"
	CommandFellDue             CommandKind = "fell-due"           // actor: clock
	CommandObjected            CommandKind = "objected"           // reopens a closed case
	CommandRebuilt             CommandKind = "rebuilt"            // the process starts anew from the record
	CommandSystemSettled       CommandKind = "system-settled"     // ask a failed system again, or do without
	CommandAuthorityAsked      CommandKind = "authority-asked"    // papers of a representative are asked for, or more of them
	CommandAuthorityShown      CommandKind = "authority-shown"    // a handler has seen relationship and mandate
	CommandAuthorityAdmitted   CommandKind = "authority-admitted" // a second person admits the representative
	CommandHoldPlaced          CommandKind = "hold-placed"        // the desk freezes before identity is proven
	CommandInvestigated        CommandKind = "investigated"
	CommandErasureStopped      CommandKind = "erasure-stopped" // by a link, without signing in
	CommandErasureResumed      CommandKind = "erasure-resumed" // the cooling-off begins anew
	CommandReconsidered        CommandKind = "reconsidered"    // a stopped erasure goes back to review
	CommandRecipientSettled    CommandKind = "recipient-settled"
	CommandReclassified        CommandKind = "reclassified" // another case goes on with it
	CommandReclocked           CommandKind = "reclocked"    // an extension came into force, or a newer calendar moved the clocks
)

// CommandKinds lists every command.
var CommandKinds = []CommandKind{
	CommandFiled, CommandContactConfirmed, CommandClassified, CommandIdentityEvidence, CommandIdentityMore,
	CommandIdentityConfirmed, CommandQuestionAsked, CommandQuestionAnswered, CommandProposed, CommandApproved,
	CommandSentBack, CommandDelivered, CommandWithdrawn, CommandWithdrawalTakenBack, CommandFellDue, CommandObjected, CommandRebuilt, CommandSystemSettled,
	CommandAuthorityAsked, CommandAuthorityShown, CommandAuthorityAdmitted, CommandHoldPlaced, CommandInvestigated, CommandErasureStopped,
	CommandErasureResumed, CommandReconsidered, CommandRecipientSettled, CommandReclassified, CommandReclocked,
}

// commandStages says at which recorded stages a command is taken. A command
// may be decided before the workflow has moved the stage on, so the store
// checks this table against the recorded stage plus the commands not yet
// applied (design 1).
var commandStages = map[CommandKind][]Stage{
	CommandContactConfirmed: {StageReceived, StageTriage, StageIdentity, StageAuthority, StageClarification, StageFee,
		StageAccepted, StageSearch, StageInvestigation, StageReview, StageDecision, StageExecution, StageDelivery, StageNotified},
	CommandClassified: {StageTriage},
	// Papers may come, and be compared, while a question of the desk is open. At
	// authority they are the representative's.
	CommandIdentityEvidence:  {StageReceived, StageTriage, StageIdentity, StageAuthority, StageClarification},
	CommandIdentityMore:      {StageReceived, StageTriage, StageIdentity},
	CommandIdentityConfirmed: {StageReceived, StageTriage, StageIdentity, StageClarification},
	CommandQuestionAsked:     {StageTriage, StageIdentity, StageAuthority, StageAccepted, StageSearch, StageInvestigation, StageReview},
	// The answer may arrive before the workflow has entered the clarification.
	CommandQuestionAnswered: {StageTriage, StageIdentity, StageAuthority, StageAccepted, StageSearch, StageInvestigation, StageReview, StageClarification},
	CommandProposed:         {StageTriage, StageIdentity, StageAuthority, StageReview},
	CommandApproved:         {StageTriage, StageIdentity, StageAuthority, StageReview, StageDecision},
	CommandSentBack:         {StageTriage, StageIdentity, StageAuthority, StageReview, StageDecision},
	CommandDelivered:        {StageExecution, StageDelivery},
	CommandWithdrawn: {StageReceived, StageTriage, StageIdentity, StageAuthority, StageClarification, StageFee,
		StageAccepted, StageSearch, StageInvestigation, StageReview, StageDecision, StageExecution, StageFraud, StageReopened},
	CommandWithdrawalTakenBack: {StageReceived, StageTriage, StageIdentity, StageAuthority, StageClarification, StageFee,
		StageAccepted, StageSearch, StageInvestigation, StageReview, StageDecision, StageExecution, StageFraud, StageReopened},
	CommandFellDue: Stages,
	CommandRebuilt: Stages,
	// Wherever a system is asked for something: a release comes at the end,
	// which a request may meet at any stage.
	CommandSystemSettled: {StageTriage, StageIdentity, StageAuthority, StageClarification, StageFee, StageAccepted, StageSearch,
		StageInvestigation, StageReview, StageDecision, StageExecution, StageDelivery, StageNotified, StageFraud, StageReopened},
	// Siblings share identity and authority, wherever each of them stands.
	CommandAuthorityAsked:    {StageReceived, StageTriage, StageIdentity, StageAuthority, StageClarification},
	CommandAuthorityShown:    {StageReceived, StageTriage, StageIdentity, StageAuthority, StageClarification},
	CommandAuthorityAdmitted: {StageReceived, StageTriage, StageIdentity, StageAuthority, StageClarification},
	CommandHoldPlaced:        {StageReceived, StageTriage, StageIdentity, StageAuthority, StageClarification},
	CommandInvestigated:      {StageInvestigation, StageClarification},
	CommandErasureStopped:    {StageExecution},
	CommandErasureResumed:    {StageExecution},
	CommandReconsidered:      {StageExecution},
	CommandRecipientSettled:  {StageNotified, StageExecution},
	CommandReclassified:      {StageTriage},
	// Clocks run as long as the answer is owed.
	CommandReclocked: {StageReceived, StageTriage, StageIdentity, StageAuthority, StageClarification, StageFee, StageAccepted,
		StageSearch, StageInvestigation, StageReview, StageDecision, StageExecution, StageFraud, StageReopened},
	// Closed cases take a listed few (design 7).
	CommandObjected: {StageClosed},
}

// Accepts reports whether a case at stage s takes the command.
func (c CommandKind) Accepts(s Stage) bool {
	for _, t := range commandStages[c] {
		if s == t {
			return true
		}
	}
	return false
}

// ActorKind says what sort of somebody acted.
type ActorKind string

// The actors.
const (
	ActorPerson ActorKind = "person" // the one whose data it is, or who asks for them
	ActorStaff  ActorKind = "staff"
	ActorClock  ActorKind = "clock"  // a milestone fell due
	ActorEngine ActorKind = "engine" // the process itself
)

// Actor is who gave a command or made a change. ID is ours (a staff ID, a
// submission ID, a milestone name), never a name or an address.
type Actor struct {
	Kind  ActorKind
	ID    string
	Roles []Role
}

// Engine is the process itself as an actor.
var Engine = Actor{Kind: ActorEngine, ID: "engine"}

// Has reports whether the actor holds one of the roles.
func (a Actor) Has(roles ...Role) bool {
	for _, r := range a.Roles {
		for _, want := range roles {
			if r == want {
				return true
			}
		}
	}
	return false
}

// Role is what a member of staff may do in one organisation (rulings: Roles).
type Role string

// The roles.
const (
	RoleClerk    Role = "clerk"
	RoleHandler  Role = "handler"
	RoleApprover Role = "approver"
	RoleManager  Role = "manager"
	RoleAuditor  Role = "auditor"
	RoleAdmin    Role = "admin"
)

// Roles lists every role.
var Roles = []Role{RoleClerk, RoleHandler, RoleApprover, RoleManager, RoleAuditor, RoleAdmin}

// TaskKind is something that a member of staff must do.
type TaskKind string

// The tasks.
const (
	TaskClassify       TaskKind = "classify"             // say what is asked for
	TaskVerifyIdentity TaskKind = "verify-identity"      // compare papers with the record
	TaskReview         TaskKind = "review"               // decide item by item and propose
	TaskApprove        TaskKind = "approve"              // agree or send back
	TaskReachPerson    TaskKind = "reach-person"         // a notice could not be sent
	TaskHandOver       TaskKind = "hand-over"            // send the answer by post
	TaskEscalation     TaskKind = "escalation"           // a clock needs a manager
	TaskAnswerMessage  TaskKind = "answer-message"       // the person wrote to the desk
	TaskCollect        TaskKind = "collect"              // a connected system could not be asked, or changed, by itself
	TaskAuthority      TaskKind = "verify-authority"     // see relationship and mandate of a representative
	TaskAdmit          TaskKind = "admit-representative" // the second person
	TaskInvestigate    TaskKind = "investigate"          // is the record wrong, is there a ground?
	TaskRecipient      TaskKind = "inform-recipient"     // tell one who received the data
	TaskErasureStopped TaskKind = "erasure-stopped"      // somebody stopped an erasure: say how it goes on
	TaskPostLetter     TaskKind = "post-letter"          // print a letter and post it
)

// TaskKinds lists every task.
var TaskKinds = []TaskKind{TaskVerifyIdentity, TaskAuthority, TaskAdmit, TaskClassify, TaskCollect, TaskInvestigate, TaskReview, TaskApprove,
	TaskErasureStopped, TaskRecipient, TaskPostLetter, TaskHandOver, TaskAnswerMessage, TaskReachPerson, TaskEscalation}

// Role is who may claim a task of this kind, lowest role first.
func (k TaskKind) Roles() []Role {
	switch k {
	case TaskApprove, TaskAdmit:
		return []Role{RoleApprover, RoleManager}
	case TaskEscalation:
		return []Role{RoleManager}
	case TaskHandOver, TaskReachPerson, TaskPostLetter:
		return []Role{RoleClerk, RoleHandler}
	}
	return []Role{RoleHandler}
}
