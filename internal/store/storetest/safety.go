package storetest

import (
	"strings"
	"testing"
	"time"

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

	{"a case reopened before the identity was proven asks for proof anew", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		c.Confirm(t)
		for range 2 {
			c.waitFor(t, "identity-reminder")
			h.Post(t)
		}
		c.waitFor(t, "identity-expiry")
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeNoResponse)
		must(t, c.Office().Object(t.Context(), c.Submission, c.ID, "I was in hospital"))
		c.at(t, dsr.StageIdentity)
		equal(t, "letters that ask for proof", h.Int(t, "SELECT COUNT(*) FROM notices WHERE case_id = ? AND code = 'N-02'", c.ID), 2)
		if c.dueAt(t, "identity-expiry").IsZero() || c.dueAt(t, "identity-reminder").IsZero() {
			t.Fatal("nobody is reminded, and the wait has no end")
		}
		c.Prove(t)
		c.Run(t)
		c.Verify(t, h.Handler)
		c.at(t, dsr.StageReview)
		h.Post(t)
		h.whole(t)
	}},

	{"papers that come while a question is open reach a handler", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		must(t, c.Office().Ask(t.Context(), h.Handler, c.ID, "which service do you mean?"))
		c.at(t, dsr.StageClarification)
		c.Prove(t)
		must(t, c.Office().Answer(t.Context(), c.Submission, c.ID, "", "the support"))
		c.at(t, dsr.StageIdentity)
		c.Verify(t, h.Handler)
		c.at(t, dsr.StageReview)
		h.Post(t)
		h.whole(t)
	}},

	{"nobody is told that papers were sent which no case takes", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		c.Prove(t)
		c.Run(t)
		task := c.Claim(t, h.Handler, dsr.TaskVerifyIdentity)
		must(t, c.Office().ProposeRejection(t.Context(), h.Handler, c.ID, task, "the card is somebody else's"))
		c.at(t, dsr.StageDecision)
		_, err := c.Office().AddDocument(t.Context(), c.Submission, "passport", "image/png", []byte("another"))
		must(t, err)
		want(t, c.Office().SubmitIdentity(t.Context(), c.Submission), dsr.Conflict, "error.not-now")
		c.Approve(t, h.Approver)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeRejectedIdentity)
		h.Clock.Advance(25 * time.Hour)
		must(t, c.Office().Tidy(t.Context()))
		equal(t, "papers left a day after the rejection", h.Int(t, "SELECT COUNT(*) FROM documents WHERE deleted_at = 0"), 0)
	}},

	{"who withdrew is asked for nothing, and has the whole time to take it back", func(t *testing.T, h *House) {
		c, o := h.File(t).ToIdentity(t), h.Office()
		h.Clock.Set(c.dueAt(t, "identity-reminder").Add(-time.Minute))
		c.sweep(t)
		must(t, o.Withdraw(t.Context(), c.Submission, c.ID))
		until := c.dueAt(t, "withdrawal-final")
		want(t, o.Ask(t.Context(), h.Handler, c.ID, "which?"), dsr.Conflict, "error.withdrawn")
		h.Clock.Set(until.Add(-time.Minute))
		c.sweep(t)
		equal(t, "reminders", h.Int(t, "SELECT COUNT(*) FROM notices WHERE case_id = ? AND code = 'N-27'", c.ID), 0)
		must(t, o.TakeBackWithdrawal(t.Context(), c.Submission, c.ID))
		c.waitFor(t, "identity-reminder")
		equal(t, "reminders", h.Int(t, "SELECT COUNT(*) FROM notices WHERE case_id = ? AND code = 'N-27'", c.ID), 1)
		c.Run(t)
		h.Post(t)
		h.whole(t)
	}},

	{"a question is not asked about a proposal that waits for its approver", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		must(t, c.Office().Ask(t.Context(), h.Handler, c.ID, "which visit?"))
		c.at(t, dsr.StageClarification)
		must(t, c.Office().Answer(t.Context(), c.Submission, c.ID, "", "May"))
		c.at(t, dsr.StageReview)
		c.Propose(t, h.Handler, false) // the run has not heard of it
		want(t, c.Office().Ask(t.Context(), h.Handler, c.ID, "and which door?"), dsr.Conflict, "error.not-now")
	}},

	{"an answer whose mail fails after the closing becomes somebody's task, and so does a late message", func(t *testing.T, h *House) {
		h.Systems = System{}
		c := h.File(t).ToReview(t)
		h.Post(t)
		c.Propose(t, h.Handler, false)
		c.Run(t)
		c.Approve(t, h.Approver)
		must(t, c.Office().Write(t.Context(), c.Submission, c.ID, "one more thing"))
		equal(t, "stage", c.Run(t).Stage, dsr.StageClosed)
		if c.Task(t, dsr.TaskAnswerMessage) == "" {
			t.Fatal("nobody reads what the person wrote before the end")
		}
		mails, err := c.Office().ClaimNotices(t.Context(), 50)
		must(t, err)
		for _, m := range mails {
			must(t, c.Office().NoticeFailed(t.Context(), m.Notice, "mail.refused"))
		}
		if c.Task(t, dsr.TaskReachPerson) == "" {
			t.Fatal("nobody knows that the answer did not arrive")
		}
		h.whole(t)
	}},

	{"a letter that goes by post is somebody's task", func(t *testing.T, h *House) {
		c := h.File(t, func(f *dsr.Filing) {
			f.Contact = dsr.Contact{ByPost: true, Address: "1-2-3 Minato, Izumisano"}
		}).ToIdentity(t)
		equal(t, "tasks", h.Int(t, "SELECT COUNT(*) FROM tasks WHERE case_id = ? AND kind = 'post-letter' AND state = 'open'", c.ID),
			h.Int(t, "SELECT COUNT(*) FROM notices WHERE case_id = ? AND channel = 'post'", c.ID))
		if c.Task(t, dsr.TaskPostLetter) == "" {
			t.Fatal("nobody posts the letter that asks for papers")
		}
		want(t, c.Office().CloseTask(t.Context(), h.Clerk, c.Claim(t, h.Clerk, dsr.TaskPostLetter), "reached"), dsr.Invalid, "error.task-has-page")
		h.whole(t)
	}},

	{"nothing is searched before the identity is proven", func(t *testing.T, h *House) {
		c := h.File(t).ToClosed(t)
		must(t, c.Office().Object(t.Context(), c.Submission, c.ID, "again"))
		h.Exec(t, "UPDATE submissions SET identity_level = ''")
		c.Deliver(t)
		f := c.Facts(t)
		_, err := c.Office().Enter(t.Context(), c.ID, f.Epoch, f.Transition+1, dsr.StageSearch)
		want(t, err, dsr.Forbidden, "error.identity-unproven")
	}},
}
