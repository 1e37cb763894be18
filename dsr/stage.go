package dsr

// Stage is where a case stands in its procedure (design: "The stages").
type Stage string

// The stages. rulings: what people see of each is in Step and the catalogue.
const (
	StageReceived      Stage = "received"
	StageTriage        Stage = "triage"
	StageIdentity      Stage = "identity"
	StageAuthority     Stage = "authority"
	StageClarification Stage = "clarification"
	StageFee           Stage = "fee"
	StageAccepted      Stage = "accepted"
	StageSearch        Stage = "search"
	StageInvestigation Stage = "investigation"
	StageReview        Stage = "review"
	StageDecision      Stage = "decision"
	StageExecution     Stage = "execution"
	StageDelivery      Stage = "delivery"
	StageNotified      Stage = "notified"
	StageFraud         Stage = "fraud"
	StageReopened      Stage = "reopened"
	StageClosed        Stage = "closed"
)

// Stages lists every stage in the order of the procedure.
var Stages = []Stage{
	StageReceived, StageTriage, StageIdentity, StageAuthority, StageClarification, StageFee,
	StageAccepted, StageSearch, StageInvestigation, StageReview, StageDecision, StageExecution,
	StageDelivery, StageNotified, StageFraud, StageReopened, StageClosed,
}

// transitions is the table of every stage change there is. Nothing else may
// change a stage: the store refuses it and the workflow cannot ask for it.
// A clarification returns to where it was asked. A proposal that was sent back
// returns to the stage that made it: triage (a referral), identity, authority
// or review; to accepted when a sibling's request brought the proof meanwhile.
// An erasure that somebody stopped may return to review.
var transitions = map[Stage][]Stage{
	StageReceived:      {StageTriage, StageClosed},
	StageTriage:        {StageIdentity, StageAuthority, StageFee, StageClarification, StageAccepted, StageDecision, StageFraud, StageClosed},
	StageIdentity:      {StageAuthority, StageFee, StageClarification, StageAccepted, StageDecision, StageFraud, StageClosed},
	StageAuthority:     {StageFee, StageClarification, StageAccepted, StageDecision, StageFraud, StageClosed},
	StageFee:           {StageClarification, StageAccepted, StageFraud, StageClosed},
	StageAccepted:      {StageSearch, StageClarification, StageFraud, StageClosed},
	StageSearch:        {StageClarification, StageInvestigation, StageReview, StageFraud, StageClosed},
	StageInvestigation: {StageClarification, StageReview, StageFraud, StageClosed},
	StageReview:        {StageClarification, StageDecision, StageFraud, StageClosed},
	StageDecision:      {StageReview, StageTriage, StageIdentity, StageAuthority, StageAccepted, StageClarification, StageExecution, StageDelivery, StageNotified, StageFraud, StageClosed},
	StageExecution:     {StageReview, StageDelivery, StageNotified, StageFraud, StageClosed},
	StageDelivery:      {StageNotified, StageFraud, StageClosed},
	StageNotified:      {StageClosed},
	StageClosed:        {StageReopened},
	StageReopened:      {StageTriage, StageIdentity, StageAuthority, StageSearch, StageInvestigation, StageReview, StageClosed},
	StageClarification: {StageTriage, StageIdentity, StageAuthority, StageFee, StageAccepted, StageSearch, StageInvestigation, StageReview, StageDecision, StageFraud, StageClosed},
	StageFraud:         {StageTriage, StageIdentity, StageAuthority, StageFee, StageAccepted, StageSearch, StageInvestigation, StageReview, StageDecision, StageExecution, StageDelivery, StageClosed},
}

// CanMove reports whether the table has the change from one stage to another.
func CanMove(from, to Stage) bool {
	for _, s := range transitions[from] {
		if s == to {
			return true
		}
	}
	return false
}

// Step is one of the five steps that a customer sees.
type Step int

// The customers' five steps.
const (
	StepReceived  Step = 1 // received
	StepProving   Step = 2 // proving who you are
	StepLooking   Step = 3 // we are looking
	StepDoing     Step = 4 // we are doing it
	StepAnswered  Step = 5 // answered
	stepsOfPeople      = 5
)

// Step is what a customer sees of a stage. During a fraud check they see what
// they saw before it began: the caller passes the stage before.
func (s Stage) Step() Step {
	switch s {
	case StageReceived, StageTriage:
		return StepReceived
	case StageIdentity, StageAuthority, StageFee:
		return StepProving
	case StageExecution:
		return StepDoing
	case StageDelivery, StageNotified, StageClosed:
		return StepAnswered
	}
	return StepLooking
}

// Open reports whether the case is still to be answered.
func (s Stage) Open() bool { return s != StageClosed }
