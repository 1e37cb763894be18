package storetest

import (
	"slices"
	"strings"
	"testing"

	"madoguchi/dsr"
)

// What somebody tried who wanted these promises broken.
var triedPromises = []promise{
	{"a hold that the desk placed in vain keeps nobody from hearing of the person's own", func(t *testing.T, h *House) {
		c, d := h.correction(t)
		c.ToIdentity(t).Prove(t)
		c.Run(t)
		task := c.Claim(t, d.handler, dsr.TaskVerifyIdentity)
		must(t, c.o.PlaceHold(t.Context(), d.handler, c.ID, task, 0))
		h.Systems.Fails = map[dsr.Action]string{dsr.ActionFreeze: "connector.away"}
		c.Run(t)
		h.Systems.Fails = nil
		must(t, c.confirm(t, d.handler, "residence-card", 0))
		c.at(t, dsr.StageInvestigation)
		equal(t, "acts", strings.Join(h.acts(), ", "), "freeze members, preserve members")
		if !slices.Contains(c.notices(t), "N-10 mail") {
			t.Fatalf("the person was not told of the freeze: %v", c.notices(t))
		}
	}},

	{"a hold in the wrong person's record moves to the right one", func(t *testing.T, h *House) {
		c, d := h.correction(t)
		h.Systems.Candidates = append(h.Systems.Candidates, dsr.Candidate{Key: "R-18", Person: dsr.Person{Name: Name, Mail: Mail}, Matched: []string{"name"}})
		c.ToIdentity(t).Prove(t)
		c.Run(t)
		must(t, c.o.PlaceHold(t.Context(), d.handler, c.ID, c.Claim(t, d.handler, dsr.TaskVerifyIdentity), 1))
		c.Run(t)
		must(t, c.confirm(t, d.handler, "residence-card", 0))
		early, err := c.o.Permit(t.Context(), h.Systems.Acted[0].Effect.ID, 1)
		must(t, err)
		equal(t, "the desk's own hold", early.State, dsr.EffectVerified)
		c.at(t, dsr.StageInvestigation)
		equal(t, "acts", strings.Join(h.acts(), ", "), "freeze members, freeze members, preserve members")
		equal(t, "first", h.Systems.Acted[0].In.Record, "R-18")
		equal(t, "first moves", h.Systems.Acted[0].In.Moves, false)
		equal(t, "then", h.Systems.Acted[1].In.Record, "R-17")
		equal(t, "then moves", h.Systems.Acted[1].In.Moves, true)
	}},

	{"nobody does without an act that is being tried at that instant", func(t *testing.T, h *House) {
		c, d := h.correction(t)
		c.proveIn(t, d.handler)
		c.investigate(t, d.handler, dsr.FindingWrong)
		c.decide(t, d.handler, corrected)
		h.Systems.Fails = map[dsr.Action]string{dsr.ActionCorrect: "connector.away"}
		c.agree(t, d.approver)
		c.at(t, dsr.StageExecution)
		task := c.Claim(t, d.handler, dsr.TaskCollect)
		planned, err := c.o.PlanEffects(t.Context(), c.ID, 1, dsr.ActionCorrect)
		must(t, err)
		e, err := c.o.Permit(t.Context(), planned[0].ID, 1)
		must(t, err)
		want(t, c.o.CloseTask(t.Context(), d.handler, task, "without"), dsr.Conflict, "error.not-now")
		must(t, c.o.SaveActed(t.Context(), e.ID, e.Fence, dsr.Acted{Rows: 1})) // it was done while they pressed
		h.Systems.Fails = nil
		c.at(t, dsr.StageNotified)
		has(t, c.letter(t, d.handler, "N-17"), "new.canary@example.jp")
		h.whole(t)
	}},

	{"what was decided anew after an act was given up is told as it was done", func(t *testing.T, h *House) {
		c, d := h.deletion(t)
		h.Systems.Fails = map[dsr.Action]string{dsr.ActionSuspend: "connector.away"}
		c.toCooling(t, d)
		must(t, c.o.CloseTask(t.Context(), d.handler, c.Claim(t, d.handler, dsr.TaskCollect), "without"))
		h.Systems.Fails = nil
		c.at(t, dsr.StageReview)
		task := c.Claim(t, d.handler, dsr.TaskReview)
		page, err := c.o.Review(t.Context(), d.handler, c.ID)
		must(t, err)
		for _, it := range page.Items {
			switch it.System {
			case "shippers":
				it.Decision.Measure, it.Decision.Changes = dsr.MeasureDelete, []dsr.Change{{Row: "profile-1", Column: "name"}}
				must(t, c.o.AnswerItem(t.Context(), d.handler, c.ID, it))
			case "newsletter":
				it.Decision.Measure = dsr.MeasureSuspend
				must(t, c.o.AnswerItem(t.Context(), d.handler, c.ID, it))
			}
		}
		must(t, c.o.Propose(t.Context(), d.handler, c.ID, task))
		c.agree(t, d.approver)
		c.at(t, dsr.StageNotified)
		equal(t, "done", strings.Count(strings.Join(h.acts(), ", "), "correct shippers"), 1)
		st, err := c.o.Status(t.Context(), c.Submission)
		must(t, err)
		equal(t, "told as refused", st.Cases[0].Measures[dsr.MeasureRefuse], 0)
		equal(t, "told as deleted", st.Cases[0].Measures[dsr.MeasureDelete], 1)
	}},

	{"an erasure that a system was not there for can still be stopped", func(t *testing.T, h *House) {
		c, d := h.deletion(t)
		c.toCooling(t, d)
		link := h.stops(t)[c.Mail]
		h.Systems.Fails = map[dsr.Action]string{dsr.ActionErase: "connector.away"}
		c.waitFor(t, "cooling-off")
		c.Run(t)
		equal(t, "tried", h.Int(t, "SELECT COUNT(*) FROM effects WHERE action = 'erase' AND state = 'failed' AND fence > 0"), 1)
		page, err := c.o.StopPage(t.Context(), link)
		must(t, err)
		equal(t, "over", page.Over, false)
		must(t, c.o.StopErasure(t.Context(), link))
		h.Systems.Fails = nil
		equal(t, "stopped", c.Run(t).Stopped, true)
		erase, err := c.o.PlanEffects(t.Context(), c.ID, 1, dsr.ActionErase)
		must(t, err)
		_, err = c.o.Permit(t.Context(), erase[0].ID, 1)
		want(t, err, dsr.Forbidden, "error.erasure-stopped")
		h.whole(t)
		must(t, c.o.ResumeErasure(t.Context(), d.handler, c.ID, c.Claim(t, d.handler, dsr.TaskErasureStopped)))
		h.stops(t)
		c.waitFor(t, "cooling-off")
		c.at(t, dsr.StageNotified)
		equal(t, "erased", strings.Count(strings.Join(h.acts(), ", "), "erase"), 1)
		h.whole(t)
	}},

	{"an erasure that was given up is agreed anew, and what was erased beside it stays in order", func(t *testing.T, h *House) {
		c, d := h.deletion(t)
		c.proveIn(t, d.handler)
		c.investigate(t, d.handler, dsr.FindingPromised)
		c.decide(t, d.handler, func(it *dsr.Item) {
			it.Decision.Measure = dsr.MeasureErase
			if it.System == "shippers" {
				it.Decision.Measure = dsr.MeasureSuspend
			}
		})
		c.agree(t, d.approver)
		c.at(t, dsr.StageExecution)
		h.stops(t)
		c.waitFor(t, "cooling-off")
		planned, err := c.o.PlanEffects(t.Context(), c.ID, 1, dsr.ActionErase)
		must(t, err)
		equal(t, "erasures", len(planned), 2)
		for i, e := range planned { // one is done, one system is away
			e, err = c.o.Permit(t.Context(), e.ID, 1)
			must(t, err)
			if i == 0 {
				must(t, c.o.SaveActed(t.Context(), e.ID, e.Fence, dsr.Acted{Rows: 1}))
			} else {
				must(t, c.o.FailEffect(t.Context(), e.ID, e.Fence, "connector.away", true))
			}
		}
		must(t, c.o.CloseTask(t.Context(), d.handler, c.Claim(t, d.handler, dsr.TaskCollect), "without"))
		c.at(t, dsr.StageReview)
		h.whole(t)
		must(t, c.o.Propose(t.Context(), d.handler, c.ID, c.Claim(t, d.handler, dsr.TaskReview)))
		c.agree(t, d.approver)
		c.at(t, dsr.StageNotified)
		c.settleRecipients(t, d.handler)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomePartial)
		h.Post(t)
		h.whole(t)
	}},

	{"a withdrawal while a stopped erasure is reconsidered schedules nothing either", func(t *testing.T, h *House) {
		c, d := h.deletion(t)
		c.toCooling(t, d)
		must(t, c.o.StopErasure(t.Context(), h.stops(t)[c.Mail]))
		c.Run(t)
		must(t, c.o.Reconsider(t.Context(), d.handler, c.ID, c.Claim(t, d.handler, dsr.TaskErasureStopped)))
		c.at(t, dsr.StageReview)
		must(t, c.o.Withdraw(t.Context(), c.Submission, c.ID))
		c.Deliver(t)
		c.waitFor(t, "withdrawal-final")
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeWithdrawn)
		equal(t, "still scheduled", h.Int(t, "SELECT COUNT(*) FROM scheduled_erasures WHERE state <> 'waived'"), 0)
		h.whole(t)
	}},

	{"until a representative is admitted everything goes to them, and no answer goes to them alone by one person's word", func(t *testing.T, h *House) {
		o, ctx := h.Office(), t.Context()
		f := Filing("alone")
		f.Channel = dsr.ChannelCounter
		f.Representative = &dsr.Representative{Kind: "delegated", Relation: "family", Person: dsr.Person{Name: "Sister Canary"}}
		f.Contact = dsr.Contact{Mail: "sister.canary@example.jp"}
		c := h.filed(t, h.Here, h.Clerk, f)
		c.at(t, dsr.StageIdentity)
		task := c.Claim(t, h.Handler, dsr.TaskVerifyIdentity)
		must(t, o.ConfirmIdentity(ctx, h.Handler, c.ID, dsr.IdentityConfirmation{Task: task, Document: "shown-at-counter", Agreed: []string{"name"},
			Delivery: "filed"})) // one person wishes it
		c.at(t, dsr.StageAuthority)
		must(t, o.Ask(ctx, h.Handler, c.ID, "which centre?"))
		must(t, o.Answer(ctx, c.Submission, c.ID, "", "the one in Gifu"))
		c.Run(t)
		must(t, o.RecordAuthority(ctx, h.Handler, c.ID, c.Claim(t, h.Handler, dsr.TaskAuthority), dsr.Authority{Relation: "family",
			Document: "power-of-attorney", Checked: "shown-at-counter", DatedOn: "2026-11-20", Covers: []dsr.Kind{dsr.KindDisclosure}}))
		c.Run(t)
		must(t, o.Admit(ctx, h.Approver, c.ID, c.Claim(t, h.Approver, dsr.TaskAdmit)))
		c.Run(t)
		for _, m := range h.Post(t) {
			code, to := h.Text(t, "SELECT code FROM notices WHERE id = ?", m.Notice), "sister.canary@example.jp"
			if code == "N-33" || code == "N-01b" || code == "N-28" {
				to = Mail
			}
			equal(t, code+" goes", m.To, to)
		}
		h.whole(t)

		// What ends for want of authority is said to who asked.
		f.FormToken = "alone and rejected"
		c = h.filed(t, h.Here, h.Clerk, f)
		c.at(t, dsr.StageIdentity)
		c.Claim(t, h.Handler, dsr.TaskVerifyIdentity)
		must(t, c.confirm(t, h.Handler, "shown-at-counter", 0))
		c.at(t, dsr.StageAuthority)
		must(t, o.ProposeFormRejection(ctx, h.Handler, c.ID, c.Claim(t, h.Handler, dsr.TaskAuthority), "no mandate"))
		c.at(t, dsr.StageDecision)
		c.Approve(t, h.Approver)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeRejectedForm)
		told := ""
		for _, m := range h.Post(t) {
			if h.Text(t, "SELECT code FROM notices WHERE id = ?", m.Notice) == "N-14" {
				told = m.To
			}
		}
		equal(t, "N-14 goes", told, "sister.canary@example.jp")
	}},

	{"who is on file with an address alone hears by post that somebody else gets the answer", func(t *testing.T, h *House) {
		id := h.org(t, "scsk-serviceware")
		clerk, handler, _ := h.desk(t, id)
		h.Systems.Candidates = []dsr.Candidate{{Key: "A-1", Person: dsr.Person{Name: Name, BornOn: "1995-02-03", Address: "4-5-6 Seki, Gifu"}}}
		f := Filing("elsewhere")
		f.Channel, f.Voice, f.Contact = dsr.ChannelPost, dsr.VoiceEn, dsr.Contact{ByPost: true, Address: "1-1-1 Elsewhere"}
		c := h.filed(t, id, clerk, f)
		c.at(t, dsr.StageIdentity)
		if c.Task(t, dsr.TaskVerifyIdentity) == "" {
			must(t, c.o.PapersArrived(t.Context(), clerk, c.ID, []string{"passport"}))
			c.Run(t)
		}
		task := c.Claim(t, handler, dsr.TaskVerifyIdentity)
		must(t, c.o.ConfirmIdentity(t.Context(), handler, c.ID, dsr.IdentityConfirmation{Task: task, Document: "passport", Agreed: []string{"name"}, Delivery: "filed"}))
		equal(t, "told by post", slices.Contains(c.notices(t), "N-28 post"), true)
		waiting, err := c.o.LettersToPost(t.Context(), clerk)
		must(t, err)
		for _, w := range waiting {
			printed, err := c.o.PrintLetters(t.Context(), clerk, []string{w.Notice})
			must(t, err)
			to := "1-1-1 Elsewhere"
			if w.Code == "N-28" {
				to = "4-5-6 Seki, Gifu"
			}
			equal(t, w.Code+" goes to", printed[0].Address, to)
		}
		h.whole(t)
	}},

	{"who was admitted by a mandate is not admitted for what it does not name", func(t *testing.T, h *House) {
		id := h.org(t, "scsk-serviceware")
		clerk, handler, _ := h.desk(t, id)
		f := Filing("beyond")
		f.Channel, f.Voice, f.Person.Population = dsr.ChannelPost, dsr.VoiceEn, "client-entrusted"
		f.Representative = &dsr.Representative{Kind: "delegated", Relation: "family", Person: dsr.Person{Name: "Sister Canary"}}
		f.Contact = dsr.Contact{Address: "1-2-3 Canary"}
		c := h.filed(t, id, clerk, f)
		c.at(t, dsr.StageTriage)
		h.Exec(t, `INSERT INTO authorities (organisation, submission, version, kind, relation, document, covers, recorded_by, recorded_at,
			admitted_by, decided_at, verdict) VALUES (?, ?, 1, 'delegated', 'family', 'power-of-attorney', '["disclosure"]', 'a', 1, 'b', 2, 'admitted')`,
			id, c.Submission)
		h.Exec(t, "UPDATE submissions SET authority_at = 2 WHERE id = ?", c.Submission)
		task := c.Claim(t, handler, dsr.TaskClassify)
		_, err := c.o.Classify(t.Context(), handler, c.ID, task, dsr.KindDeletion)
		want(t, err, dsr.Invalid, "error.mandate-covers")
	}},
}
