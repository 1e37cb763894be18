package workflows_test

import (
	"testing"

	"madoguchi/dsr"
)

// straight is the path of a disclosure in which nothing goes wrong.
var straight = []dsr.Stage{dsr.StageTriage, dsr.StageIdentity, dsr.StageAccepted, dsr.StageSearch, dsr.StageReview,
	dsr.StageDecision, dsr.StageExecution, dsr.StageDelivery, dsr.StageNotified, dsr.StageClosed}

func TestADisclosureGoesThroughItsStagesOnce(t *testing.T) {
	b := newBench(t)
	result, err := b.start(
		b.tell(10*hour, dsr.CommandContactConfirmed),
		b.tell(11*hour, dsr.CommandIdentityEvidence),
		b.tell(20*hour, dsr.CommandIdentityConfirmed),
		b.tell(2*day, dsr.CommandProposed),
		b.tell(3*day, dsr.CommandApproved),
		b.tell(4*day, dsr.CommandDelivered),
	)
	b.want(result, err, dsr.OutcomePartial, straight...)
	for key, n := range b.system.Answered() {
		if n != 1 {
			t.Errorf("the connected system answered %s %d times", key, n)
		}
	}
	if n := b.system.Calls(); n != 4 {
		t.Errorf("the connected system was called %d times, want once each to look up, preserve, collect and release", n)
	}
	if n := b.house.Packages(b.caseID); n != 1 {
		t.Errorf("%d packages", n)
	}
}

func TestASendBackGoesThroughReviewTwice(t *testing.T) {
	b := newBench(t)
	result, err := b.start(
		b.tell(1*hour, dsr.CommandIdentityConfirmed),
		b.tell(1*day, dsr.CommandProposed),
		b.tell(2*day, dsr.CommandSentBack),
		b.tell(3*day, dsr.CommandProposed),
		b.tell(4*day, dsr.CommandApproved),
		b.tell(5*day, dsr.CommandDelivered),
	)
	b.want(result, err, dsr.OutcomePartial, dsr.StageTriage, dsr.StageIdentity, dsr.StageAccepted, dsr.StageSearch, dsr.StageReview,
		dsr.StageDecision, dsr.StageReview, dsr.StageDecision, dsr.StageExecution, dsr.StageDelivery, dsr.StageNotified, dsr.StageClosed)
}

func TestAQuestionReturnsToWhereItWasAsked(t *testing.T) {
	for name, when := range map[string]struct {
		asked, answered at
	}{
		"in identity": {at{after: 1 * hour}, at{after: 5 * hour}},
		"in review":   {at{after: 30 * hour}, at{after: 40 * hour}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			result, err := b.start(
				b.tell(when.asked.after, dsr.CommandQuestionAsked),
				b.tell(when.answered.after, dsr.CommandQuestionAnswered),
				b.tell(20*hour, dsr.CommandIdentityConfirmed),
				b.tell(2*day, dsr.CommandProposed),
				b.tell(3*day, dsr.CommandApproved),
				b.tell(4*day, dsr.CommandDelivered),
			)
			want := straight
			for i, s := range straight {
				if (name == "in identity" && s == dsr.StageIdentity) || (name == "in review" && s == dsr.StageReview) {
					want = append(append(append([]dsr.Stage{}, straight[:i+1]...), dsr.StageClarification, s), straight[i+1:]...)
				}
			}
			b.want(result, err, dsr.OutcomePartial, want...)
		})
	}
}

func TestARejectionOfIdentityIsProposedAndDecided(t *testing.T) {
	b := newBench(t)
	result, err := b.start(
		b.tell(1*day, dsr.CommandProposed),
		b.tell(2*day, dsr.CommandSentBack),
		b.tell(3*day, dsr.CommandProposed),
		b.tell(4*day, dsr.CommandApproved),
	)
	b.want(result, err, dsr.OutcomeRejectedIdentity, dsr.StageTriage, dsr.StageIdentity, dsr.StageDecision, dsr.StageIdentity,
		dsr.StageDecision, dsr.StageNotified, dsr.StageClosed)
	if n := b.house.Packages(b.caseID); n != 0 {
		t.Errorf("%d packages for nobody", n)
	}
}

func TestAnAnswerWithoutAPackageIsALetter(t *testing.T) {
	b := newBench(t)
	b.house.Outcome = dsr.OutcomeNotHeld
	b.autoplay = true
	result, err := b.start()
	b.want(result, err, dsr.OutcomeNotHeld, dsr.StageTriage, dsr.StageIdentity, dsr.StageAccepted, dsr.StageSearch, dsr.StageReview,
		dsr.StageDecision, dsr.StageNotified, dsr.StageClosed)
}

func TestAWaitingStepExpires(t *testing.T) {
	b := newBench(t)
	result, err := b.start()
	b.want(result, err, dsr.OutcomeNoResponse, dsr.StageTriage, dsr.StageIdentity, dsr.StageClosed)
	for _, m := range b.house.Milestones(b.caseID) {
		if m.FiredBy != "timer" {
			t.Errorf("%s was fired by %q", m.Name, m.FiredBy)
		}
	}
}

func TestAnUndownloadedPackageEndsWithItsAvailability(t *testing.T) {
	b := newBench(t)
	result, err := b.start(
		b.tell(1*hour, dsr.CommandIdentityConfirmed),
		b.tell(1*day, dsr.CommandProposed),
		b.tell(2*day, dsr.CommandApproved),
	)
	b.want(result, err, dsr.OutcomePartial, straight...)
}

func TestAWithdrawalClosesWhenItCanNoLongerBeTakenBack(t *testing.T) {
	b := newBench(t)
	result, err := b.start(
		b.tell(1*hour, dsr.CommandIdentityConfirmed),
		b.tell(1*day, dsr.CommandWithdrawn),
	)
	b.want(result, err, dsr.OutcomeWithdrawn, dsr.StageTriage, dsr.StageIdentity, dsr.StageAccepted, dsr.StageSearch,
		dsr.StageReview, dsr.StageClosed)
}

func TestAWithdrawalTakenBackGoesOnWhereItWas(t *testing.T) {
	b := newBench(t)
	result, err := b.start(
		b.tell(1*hour, dsr.CommandIdentityConfirmed),
		b.tell(1*day, dsr.CommandWithdrawn),
		b.tell(40*hour, dsr.CommandWithdrawalTakenBack),
		b.tell(2*day, dsr.CommandProposed),
		b.tell(3*day, dsr.CommandApproved),
		b.tell(4*day, dsr.CommandDelivered),
	)
	b.want(result, err, dsr.OutcomePartial, straight...)
}
