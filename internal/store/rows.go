package store

// The rows, one struct a table, as the migrations have them. A column that ends
// in _sealed is bytes that only the vault can read.

type organisationRow struct {
	ID         string `gorm:"column:id;primaryKey;autoIncrement:false"`
	Slug       string `gorm:"column:slug"`
	WrappedKey []byte `gorm:"column:wrapped_key"`
	CreatedAt  int64  `gorm:"column:created_at"`
}

func (organisationRow) TableName() string { return "organisations" }

type staffRow struct {
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	Login        string `gorm:"column:login"`
	Name         string `gorm:"column:name"`
	Voice        string `gorm:"column:voice"`
	PasswordHash string `gorm:"column:password_hash"`
	DisabledAt   int64  `gorm:"column:disabled_at"`
	CreatedAt    int64  `gorm:"column:created_at"`
}

func (staffRow) TableName() string { return "staff" }

type staffRoleRow struct {
	Staff        string `gorm:"column:staff;primaryKey;autoIncrement:false"`
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	Role         string `gorm:"column:role;primaryKey;autoIncrement:false"`
	SinceAt      int64  `gorm:"column:since_at"`
	UntilAt      int64  `gorm:"column:until_at"`
}

func (staffRoleRow) TableName() string { return "staff_roles" }

type sessionRow struct {
	TokenHash    string `gorm:"column:token_hash;primaryKey;autoIncrement:false"`
	Staff        string `gorm:"column:staff"`
	Organisation string `gorm:"column:organisation"`
	Submission   string `gorm:"column:submission"`
	OpenedAt     int64  `gorm:"column:opened_at"`
	LastSeenAt   int64  `gorm:"column:last_seen_at"`
	ExpiresAt    int64  `gorm:"column:expires_at"`
	EndedAt      int64  `gorm:"column:ended_at"`
}

func (sessionRow) TableName() string { return "sessions" }

type rateCounterRow struct {
	Scope    string `gorm:"column:scope;primaryKey;autoIncrement:false"`
	KeyHash  string `gorm:"column:key_hash;primaryKey;autoIncrement:false"`
	WindowAt int64  `gorm:"column:window_at;primaryKey;autoIncrement:false"`
	Tries    int64  `gorm:"column:tries"`
}

func (rateCounterRow) TableName() string { return "rate_counters" }

type keyRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	Wrapped      []byte `gorm:"column:wrapped"`
	CreatedAt    int64  `gorm:"column:created_at"`
	DestroyedAt  int64  `gorm:"column:destroyed_at"`
}

func (keyRow) TableName() string { return "keys" }

type draftRow struct {
	Organisation  string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	TokenHash     string `gorm:"column:token_hash;primaryKey;autoIncrement:false"`
	ID            string `gorm:"column:id"`
	FormToken     string `gorm:"column:form_token"`
	Voice         string `gorm:"column:voice"`
	AnswersSealed []byte `gorm:"column:answers_sealed"`
	CreatedAt     int64  `gorm:"column:created_at"`
	ExpiresAt     int64  `gorm:"column:expires_at"`
	EndedAt       int64  `gorm:"column:ended_at"`
}

func (draftRow) TableName() string { return "drafts" }

type submissionRow struct {
	Organisation         string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID                   string `gorm:"column:id;primaryKey;autoIncrement:false"`
	Reference            string `gorm:"column:reference"`
	Channel              string `gorm:"column:channel"`
	IntakeKey            string `gorm:"column:intake_key"`
	Fingerprint          string `gorm:"column:fingerprint"`
	Voice                string `gorm:"column:voice"`
	ReceivedAt           int64  `gorm:"column:received_at"`
	ArrivedAt            int64  `gorm:"column:arrived_at"`
	EnteredAt            int64  `gorm:"column:entered_at"`
	EnteredBy            string `gorm:"column:entered_by"`
	PersonSealed         []byte `gorm:"column:person_sealed"`
	ContactSealed        []byte `gorm:"column:contact_sealed"`
	RepresentativeSealed []byte `gorm:"column:representative_sealed"`
	ContactHash          string `gorm:"column:contact_hash"`
	PhoneHash            string `gorm:"column:phone_hash"`
	NameHash             string `gorm:"column:name_hash"`
	ByPost               int64  `gorm:"column:by_post"`
	ContactConfirmedAt   int64  `gorm:"column:contact_confirmed_at"`
	IdentityNeeded       string `gorm:"column:identity_needed"`
	IdentityLevel        string `gorm:"column:identity_level"`
	IdentityAt           int64  `gorm:"column:identity_at"`
	IdentityBy           string `gorm:"column:identity_by"`
	IdentityMethod       string `gorm:"column:identity_method"`
	IdentityAsked        int64  `gorm:"column:identity_asked"`
	CandidatesSealed     []byte `gorm:"column:candidates_sealed"`
	CandidateSealed      []byte `gorm:"column:candidate_sealed"`
	DeliverySealed       []byte `gorm:"column:delivery_sealed"`
	PackDigest           string `gorm:"column:pack_digest"`
	LawVersion           string `gorm:"column:law_version"`
	CalendarVersion      string `gorm:"column:calendar_version"`
	Version              int64  `gorm:"column:version"`
	PostedOn             string `gorm:"column:posted_on"`
	DeemedAt             int64  `gorm:"column:deemed_at"`
	RecordingToldAt      int64  `gorm:"column:recording_told_at"`
	AuthorityAsked       int64  `gorm:"column:authority_asked"`
	AuthorityAt          int64  `gorm:"column:authority_at"`
}

func (submissionRow) TableName() string { return "submissions" }

type caseRow struct {
	Organisation      string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID                string `gorm:"column:id;primaryKey;autoIncrement:false"`
	Submission        string `gorm:"column:submission"`
	Number            int64  `gorm:"column:number"`
	Kind              string `gorm:"column:kind"`
	Stage             string `gorm:"column:stage"`
	StageSince        int64  `gorm:"column:stage_since"`
	StageBefore       string `gorm:"column:stage_before"`
	Outcome           string `gorm:"column:outcome"`
	Decided           string `gorm:"column:decided"`
	Epoch             int64  `gorm:"column:epoch"`
	AckedEpoch        int64  `gorm:"column:acked_epoch"`
	Transition        int64  `gorm:"column:transition"`
	LastCommand       int64  `gorm:"column:last_command"`
	AppliedCommand    int64  `gorm:"column:applied_command"`
	Occasion          int64  `gorm:"column:occasion"`
	PlanVersion       int64  `gorm:"column:plan_version"`
	ScopeSealed       []byte `gorm:"column:scope_sealed"`
	Delivery          string `gorm:"column:delivery"`
	ReceivedAt        int64  `gorm:"column:received_at"`
	ArrivedAt         int64  `gorm:"column:arrived_at"`
	TargetAt          int64  `gorm:"column:target_at"`
	TargetOn          string `gorm:"column:target_on"`
	ExposureAt        int64  `gorm:"column:exposure_at"`
	GuardAt           int64  `gorm:"column:guard_at"`
	PausedFor         string `gorm:"column:paused_for"`
	PausedAt          int64  `gorm:"column:paused_at"`
	UnitsLeft         int64  `gorm:"column:units_left"`
	Escalated         int64  `gorm:"column:escalated"`
	ClassifiedAt      int64  `gorm:"column:classified_at"`
	Question          string `gorm:"column:question"`
	Proposal          int64  `gorm:"column:proposal"`
	Agreed            int64  `gorm:"column:agreed"`
	SentBack          int64  `gorm:"column:sent_back"`
	CollectedAt       int64  `gorm:"column:collected_at"`
	PackageAt         int64  `gorm:"column:package_at"`
	DeliveredAt       int64  `gorm:"column:delivered_at"`
	WithdrawnAt       int64  `gorm:"column:withdrawn_at"`
	WithdrawalFinalAt int64  `gorm:"column:withdrawal_final_at"`
	ExpiredAt         int64  `gorm:"column:expired_at"`
	AnsweredAt        int64  `gorm:"column:answered_at"`
	AnsweredTargetAt  int64  `gorm:"column:answered_target_at"`
	ClosedAt          int64  `gorm:"column:closed_at"`
	EvidenceSeq       int64  `gorm:"column:evidence_seq"`
	EvidenceHead      string `gorm:"column:evidence_head"`
	EvidenceAt        int64  `gorm:"column:evidence_at"`
	Version           int64  `gorm:"column:version"`
	ClaimsSealed      []byte `gorm:"column:claims_sealed"`
	Ground            string `gorm:"column:ground"`
	FindingsSealed    []byte `gorm:"column:findings_sealed"`
	InvestigatedAt    int64  `gorm:"column:investigated_at"`
	HoldAt            int64  `gorm:"column:hold_at"`
	HoldSealed        []byte `gorm:"column:hold_sealed"`
	PreservedAt       int64  `gorm:"column:preserved_at"`
	FrozenAt          int64  `gorm:"column:frozen_at"`
	ReleasedAt        int64  `gorm:"column:released_at"`
	CoolingUntil      int64  `gorm:"column:cooling_until"`
	StoppedAt         int64  `gorm:"column:stopped_at"`
	TargetRule        string `gorm:"column:target_rule"`
	ToldAt            int64  `gorm:"column:told_at"`
	CalendarVersion   string `gorm:"column:calendar_version"`
}

// extensionRow is an extension that was ordered.
type extensionRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id"`
	Rule         string `gorm:"column:rule"`
	N            int64  `gorm:"column:n"`
	Ground       string `gorm:"column:ground"`
	OrderedBy    string `gorm:"column:ordered_by"`
	OrderedAt    int64  `gorm:"column:ordered_at"`
	Notice       string `gorm:"column:notice"`
	NoticeBy     int64  `gorm:"column:notice_by"`
	SentAt       int64  `gorm:"column:sent_at"`
	State        string `gorm:"column:state"`
	FromAt       int64  `gorm:"column:from_at"`
	ToAt         int64  `gorm:"column:to_at"`
	FromOn       string `gorm:"column:from_on"`
	ToOn         string `gorm:"column:to_on"`
}

func (extensionRow) TableName() string { return "extensions" }

// calendarMoveRow is what a newer version of a calendar did to a case's clock.
type calendarMoveRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id;primaryKey;autoIncrement:false"`
	Seq          int64  `gorm:"column:seq;primaryKey;autoIncrement:false"`
	Rule         string `gorm:"column:rule"`
	FromVersion  string `gorm:"column:from_version"`
	ToVersion    string `gorm:"column:to_version"`
	OldAt        int64  `gorm:"column:old_at"`
	NewAt        int64  `gorm:"column:new_at"`
	ToldAt       int64  `gorm:"column:told_at"`
	TargetAt     int64  `gorm:"column:target_at"`
	HeldAt       int64  `gorm:"column:held_at"`
	AfterSeq     int64  `gorm:"column:after_seq"`
	Occasion     int64  `gorm:"column:occasion"`
	At           int64  `gorm:"column:at"`
}

func (calendarMoveRow) TableName() string { return "calendar_moves" }

func (caseRow) TableName() string { return "cases" }

type commandRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id"`
	Number       int64  `gorm:"column:number"`
	Kind         string `gorm:"column:kind"`
	ActorKind    string `gorm:"column:actor_kind"`
	Actor        string `gorm:"column:actor"`
	Data         string `gorm:"column:data"`
	At           int64  `gorm:"column:at"`
	AppliedAt    int64  `gorm:"column:applied_at"`
	AppliedEpoch int64  `gorm:"column:applied_epoch"`
	Tries        int64  `gorm:"column:tries"`
	NextTryAt    int64  `gorm:"column:next_try_at"`
	ClaimedUntil int64  `gorm:"column:claimed_until"`
}

func (commandRow) TableName() string { return "commands" }

type taskRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id"`
	Kind         string `gorm:"column:kind"`
	Occasion     string `gorm:"column:occasion"`
	State        string `gorm:"column:state"`
	Cause        string `gorm:"column:cause"`
	Assignee     string `gorm:"column:assignee"`
	ClaimedAt    int64  `gorm:"column:claimed_at"`
	OpenedAt     int64  `gorm:"column:opened_at"`
	DueAt        int64  `gorm:"column:due_at"`
	ClosedAt     int64  `gorm:"column:closed_at"`
	ClosedBy     string `gorm:"column:closed_by"`
	Result       string `gorm:"column:result"`
	Version      int64  `gorm:"column:version"`
}

func (taskRow) TableName() string { return "tasks" }

type milestoneRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id"`
	Name         string `gorm:"column:name"`
	Occasion     string `gorm:"column:occasion"`
	DueAt        int64  `gorm:"column:due_at"`
	ArmedAt      int64  `gorm:"column:armed_at"`
	FiredAt      int64  `gorm:"column:fired_at"`
	FiredBy      string `gorm:"column:fired_by"`
	CancelledAt  int64  `gorm:"column:cancelled_at"`
}

func (milestoneRow) TableName() string { return "milestones" }

type clockEventRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id;primaryKey;autoIncrement:false"`
	Seq          int64  `gorm:"column:seq;primaryKey;autoIncrement:false"`
	Kind         string `gorm:"column:kind"`
	Cause        string `gorm:"column:cause"`
	At           int64  `gorm:"column:at"`
	N            int64  `gorm:"column:n"`
	Rule         string `gorm:"column:rule"`
	Ground       string `gorm:"column:ground"`
}

func (clockEventRow) TableName() string { return "clock_events" }

type itemRow struct {
	Organisation   string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID             string `gorm:"column:id;primaryKey;autoIncrement:false"`
	CaseID         string `gorm:"column:case_id"`
	Number         int64  `gorm:"column:number"`
	PlanVersion    int64  `gorm:"column:plan_version"`
	System         string `gorm:"column:system"`
	Category       string `gorm:"column:category"`
	Quarantine     int64  `gorm:"column:quarantine"`
	RecordSealed   []byte `gorm:"column:record_sealed"`
	TestsSealed    []byte `gorm:"column:tests_sealed"`
	DecisionSealed []byte `gorm:"column:decision_sealed"`
	Measure        string `gorm:"column:measure"`
	Exemption      string `gorm:"column:exemption"`
	ReasonCode     string `gorm:"column:reason_code"`
	AnsweredBy     string `gorm:"column:answered_by"`
	AnsweredAt     int64  `gorm:"column:answered_at"`
	Version        int64  `gorm:"column:version"`
}

func (itemRow) TableName() string { return "items" }

type proposalRow struct {
	Organisation  string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	CaseID        string `gorm:"column:case_id;primaryKey;autoIncrement:false"`
	Version       int64  `gorm:"column:version;primaryKey;autoIncrement:false"`
	Outcome       string `gorm:"column:outcome"`
	ContentSealed []byte `gorm:"column:content_sealed"`
	Digest        string `gorm:"column:digest"`
	Proposer      string `gorm:"column:proposer"`
	ProposedAt    int64  `gorm:"column:proposed_at"`
	Approver      string `gorm:"column:approver"`
	DecidedAt     int64  `gorm:"column:decided_at"`
	Verdict       string `gorm:"column:verdict"`
	CommentSealed []byte `gorm:"column:comment_sealed"`
}

func (proposalRow) TableName() string { return "proposals" }

type effectRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id"`
	Connector    string `gorm:"column:connector"`
	Action       string `gorm:"column:action"`
	Object       string `gorm:"column:object"`
	PlanVersion  int64  `gorm:"column:plan_version"`
	State        string `gorm:"column:state"`
	Fence        int64  `gorm:"column:fence"`
	Epoch        int64  `gorm:"column:epoch"`
	Tries        int64  `gorm:"column:tries"`
	ErrorCode    string `gorm:"column:error_code"`
	PlannedAt    int64  `gorm:"column:planned_at"`
	PermittedAt  int64  `gorm:"column:permitted_at"`
	VerifiedAt   int64  `gorm:"column:verified_at"`
}

func (effectRow) TableName() string { return "effects" }

type noticeRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	Submission   string `gorm:"column:submission"`
	CaseID       string `gorm:"column:case_id"`
	Code         string `gorm:"column:code"`
	Occasion     string `gorm:"column:occasion"`
	Voice        string `gorm:"column:voice"`
	Channel      string `gorm:"column:channel"`
	LetterSealed []byte `gorm:"column:letter_sealed"`
	LetterKey    string `gorm:"column:letter_key"`
	ToSealed     []byte `gorm:"column:to_sealed"`
	MailSealed   []byte `gorm:"column:mail_sealed"`
	MessageID    string `gorm:"column:message_id"`
	State        string `gorm:"column:state"`
	Sends        int64  `gorm:"column:sends"`
	NextTryAt    int64  `gorm:"column:next_try_at"`
	ClaimedUntil int64  `gorm:"column:claimed_until"`
	ErrorCode    string `gorm:"column:error_code"`
	QueuedAt     int64  `gorm:"column:queued_at"`
	AcceptedAt   int64  `gorm:"column:accepted_at"`
	PrintedAt    int64  `gorm:"column:printed_at"`
	PostedAt     int64  `gorm:"column:posted_at"`
	PostedBy     string `gorm:"column:posted_by"`
}

func (noticeRow) TableName() string { return "notices" }

type codeRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	Submission   string `gorm:"column:submission"`
	Purpose      string `gorm:"column:purpose"`
	CodeHash     string `gorm:"column:code_hash"`
	AddressHash  string `gorm:"column:address_hash"`
	SentAt       int64  `gorm:"column:sent_at"`
	ExpiresAt    int64  `gorm:"column:expires_at"`
	Tries        int64  `gorm:"column:tries"`
	UsedAt       int64  `gorm:"column:used_at"`
}

func (codeRow) TableName() string { return "codes" }

type documentRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	Submission   string `gorm:"column:submission"`
	Kind         string `gorm:"column:kind"`
	MediaType    string `gorm:"column:media_type"`
	Size         int64  `gorm:"column:size"`
	DataSealed   []byte `gorm:"column:data_sealed"`
	UploadedAt   int64  `gorm:"column:uploaded_at"`
	SubmittedAt  int64  `gorm:"column:submitted_at"`
	DeleteAt     int64  `gorm:"column:delete_at"`
	DeletedAt    int64  `gorm:"column:deleted_at"`
}

func (documentRow) TableName() string { return "documents" }

type packageRow struct {
	Organisation   string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	CaseID         string `gorm:"column:case_id;primaryKey;autoIncrement:false"`
	Version        int64  `gorm:"column:version;primaryKey;autoIncrement:false"`
	Digest         string `gorm:"column:digest"`
	Size           int64  `gorm:"column:size"`
	DataSealed     []byte `gorm:"column:data_sealed"`
	ReadyAt        int64  `gorm:"column:ready_at"`
	AvailableUntil int64  `gorm:"column:available_until"`
	Downloads      int64  `gorm:"column:downloads"`
	MaxDownloads   int64  `gorm:"column:max_downloads"`
	LastAt         int64  `gorm:"column:last_at"`
	DeletedAt      int64  `gorm:"column:deleted_at"`
}

func (packageRow) TableName() string { return "packages" }

type messageRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id"`
	Kind         string `gorm:"column:kind"`
	FromDesk     int64  `gorm:"column:from_desk"`
	Author       string `gorm:"column:author"`
	Question     string `gorm:"column:question"`
	TextSealed   []byte `gorm:"column:text_sealed"`
	At           int64  `gorm:"column:at"`
}

func (messageRow) TableName() string { return "messages" }

type noteRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id"`
	Author       string `gorm:"column:author"`
	TextSealed   []byte `gorm:"column:text_sealed"`
	At           int64  `gorm:"column:at"`
}

func (noteRow) TableName() string { return "notes" }

type openingRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id"`
	Submission   string `gorm:"column:submission"`
	ActorKind    string `gorm:"column:actor_kind"`
	Actor        string `gorm:"column:actor"`
	Purpose      string `gorm:"column:purpose"`
	Class        string `gorm:"column:class"`
	At           int64  `gorm:"column:at"`
}

func (openingRow) TableName() string { return "openings" }

type evidenceRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id;primaryKey;autoIncrement:false"`
	Seq          int64  `gorm:"column:seq;primaryKey;autoIncrement:false"`
	At           int64  `gorm:"column:at"`
	Kind         string `gorm:"column:kind"`
	ActorKind    string `gorm:"column:actor_kind"`
	Actor        string `gorm:"column:actor"`
	Data         string `gorm:"column:data"`
	PrevHash     string `gorm:"column:prev_hash"`
	Hash         string `gorm:"column:hash"`
}

func (evidenceRow) TableName() string { return "evidence" }

type checkpointRow struct {
	Seq       int64  `gorm:"column:seq;primaryKey;autoIncrement:false"`
	At        int64  `gorm:"column:at"`
	Heads     int64  `gorm:"column:heads"`
	Body      string `gorm:"column:body"`
	Signature string `gorm:"column:signature"`
}

func (checkpointRow) TableName() string { return "checkpoints" }

type acceptedRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	Submission   string `gorm:"column:submission;primaryKey;autoIncrement:false"`
	At           int64  `gorm:"column:at"`
	Cases        int64  `gorm:"column:cases"`
}

func (acceptedRow) TableName() string { return "accepted" }

type heartbeatRow struct {
	Name string `gorm:"column:name;primaryKey;autoIncrement:false"`
	At   int64  `gorm:"column:at"`
}

func (heartbeatRow) TableName() string { return "heartbeats" }

// versioned rows are saved under their version; see tx.save.
type versioned interface{ bump() (was int64) }

func (r *submissionRow) bump() int64 { r.Version++; return r.Version - 1 }

func (r *caseRow) bump() int64 { r.Version++; return r.Version - 1 }

func (r *taskRow) bump() int64 { r.Version++; return r.Version - 1 }

func (r *itemRow) bump() int64 { r.Version++; return r.Version - 1 }

type authorityRow struct {
	Organisation  string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	Submission    string `gorm:"column:submission;primaryKey;autoIncrement:false"`
	Version       int64  `gorm:"column:version;primaryKey;autoIncrement:false"`
	Kind          string `gorm:"column:kind"`
	Relation      string `gorm:"column:relation"`
	Document      string `gorm:"column:document"`
	DatedOn       string `gorm:"column:dated_on"`
	Covers        string `gorm:"column:covers"`
	MayReceive    int64  `gorm:"column:may_receive"`
	Checked       string `gorm:"column:checked"`
	RecordedBy    string `gorm:"column:recorded_by"`
	RecordedAt    int64  `gorm:"column:recorded_at"`
	AdmittedBy    string `gorm:"column:admitted_by"`
	DecidedAt     int64  `gorm:"column:decided_at"`
	Verdict       string `gorm:"column:verdict"`
	CommentSealed []byte `gorm:"column:comment_sealed"`
}

func (authorityRow) TableName() string { return "authorities" }

type subjectRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	Submission   string `gorm:"column:submission;primaryKey;autoIncrement:false"`
	Connector    string `gorm:"column:connector;primaryKey;autoIncrement:false"`
	Hash         string `gorm:"column:hash"`
}

func (subjectRow) TableName() string { return "subjects" }

type recipientRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id"`
	Recipient    string `gorm:"column:recipient"`
	Occasion     string `gorm:"column:occasion"`
	State        string `gorm:"column:state"`
	Attempts     int64  `gorm:"column:attempts"`
	Result       string `gorm:"column:result"`
	OpenedAt     int64  `gorm:"column:opened_at"`
	SettledAt    int64  `gorm:"column:settled_at"`
	Version      int64  `gorm:"column:version"`
}

func (recipientRow) TableName() string { return "recipients" }

type recipientAttemptRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	RecipientID  string `gorm:"column:recipient_id;primaryKey;autoIncrement:false"`
	Number       int64  `gorm:"column:number;primaryKey;autoIncrement:false"`
	At           int64  `gorm:"column:at"`
	Staff        string `gorm:"column:staff"`
	Result       string `gorm:"column:result"`
}

func (recipientAttemptRow) TableName() string { return "recipient_attempts" }

type scheduledRow struct {
	Organisation  string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID            string `gorm:"column:id;primaryKey;autoIncrement:false"`
	CaseID        string `gorm:"column:case_id"`
	Item          string `gorm:"column:item"`
	Connector     string `gorm:"column:connector"`
	Category      string `gorm:"column:category"`
	Rule          string `gorm:"column:rule"`
	DueOn         string `gorm:"column:due_on"`
	DueAt         int64  `gorm:"column:due_at"`
	Subject       string `gorm:"column:subject"`
	LocatorSealed []byte `gorm:"column:locator_sealed"`
	State         string `gorm:"column:state"`
	Fence         int64  `gorm:"column:fence"`
	Tries         int64  `gorm:"column:tries"`
	NextTryAt     int64  `gorm:"column:next_try_at"`
	ErrorCode     string `gorm:"column:error_code"`
	Proposer      string `gorm:"column:proposer"`
	Approver      string `gorm:"column:approver"`
	PlannedAt     int64  `gorm:"column:planned_at"`
	VerifiedAt    int64  `gorm:"column:verified_at"`
}

func (scheduledRow) TableName() string { return "scheduled_erasures" }

type stopLinkRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	TokenHash    string `gorm:"column:token_hash;primaryKey;autoIncrement:false"`
	CaseID       string `gorm:"column:case_id"`
	Occasion     string `gorm:"column:occasion"`
	ExpiresAt    int64  `gorm:"column:expires_at"`
	UsedAt       int64  `gorm:"column:used_at"`
}

func (stopLinkRow) TableName() string { return "stop_links" }

type appointmentRow struct {
	Organisation string `gorm:"column:organisation;primaryKey;autoIncrement:false"`
	ID           string `gorm:"column:id;primaryKey;autoIncrement:false"`
	Staff        string `gorm:"column:staff"`
	Role         string `gorm:"column:role"`
	AppointedBy  string `gorm:"column:appointed_by"`
	FromAt       int64  `gorm:"column:from_at"`
	UntilAt      int64  `gorm:"column:until_at"`
	EndedAt      int64  `gorm:"column:ended_at"`
	EndedBy      string `gorm:"column:ended_by"`
	CreatedAt    int64  `gorm:"column:created_at"`
}

func (appointmentRow) TableName() string { return "appointments" }
