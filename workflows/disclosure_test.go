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
	if n := b.system.Calls(); n != 2 {
		t.Errorf("the connected system was called %d times, want once to look up and once to collect", n)
	}
	if n := b.house.Packages(b.caseID); n != 1 {
		t.Errorf("%d packages", n)
	}
}
