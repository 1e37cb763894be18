package storetest

import (
	"strings"
	"testing"

	"madoguchi/dsr"
)

// What must not happen to a person because two things happen at once, or out of
// order.
var safetyPromises = []promise{
	{"whoever filed in somebody's name does not get that person's data", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		held := "held" + c.Mail
		h.Systems.Candidates[0].Person.Mail = held
		c.Prove(t)
		early := c.Code(t, "download") // asked for before anybody decided where the answer goes
		c.Run(t)
		task := c.Claim(t, h.Handler, dsr.TaskVerifyIdentity)
		must(t, c.Office().ConfirmIdentity(t.Context(), h.Handler, c.ID, dsr.IdentityConfirmation{Task: task, Document: "residence-card",
			Candidate: 0, Agreed: []string{"name", "born_on"}, Delivery: "file"}))
		c.at(t, dsr.StageReview)
		c.Propose(t, h.Handler, false)
		c.Run(t)
		c.Approve(t, h.Approver)
		c.at(t, dsr.StageDelivery)
		_, _, err := c.Office().Download(t.Context(), c.Submission, c.ID, early)
		want(t, err, dsr.Invalid, "error.code-expired")
		h.Post(t)
		h.Clock.Advance(codeRest)
		must(t, c.Office().SendCode(t.Context(), c.Submission, "download"))
		code := ""
		for _, m := range h.Post(t) {
			if len(CodeIn(m)) == 8 {
				equal(t, "address of the code", m.To, held)
				code = CodeIn(m)
			}
		}
		_, bytes, err := c.Office().Download(t.Context(), c.Submission, c.ID, code)
		must(t, err)
		if !strings.Contains(string(bytes), "Messages") {
			t.Fatal("no package")
		}
	}},
}
