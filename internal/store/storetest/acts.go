package storetest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/store"
)

func words(s string) map[string]string {
	return map[string]string{"ja": s, "en": s, "vi": s, "de": s}
}

// profile is a member's record in a system, as a mapping gives it.
func profile() dsr.Record {
	return dsr.Record{Category: "profile", Title: words("Profile"), Source: words("Registration"), Matched: "mail",
		Columns: []dsr.Column{{Name: "member_no", Title: words("Member number")}, {Name: "name", Title: words("Name"), Writable: true},
			{Name: "mail", Title: words("Mail"), Writable: true}, {Name: "rank", Title: words("Rank"), Writable: true, Opinion: true}},
		Rows: [][]string{{"Q-1", Name, "old.canary@example.jp", "gold"}}, RowKeys: []string{"Q-1"}}
}

// rows is a record set that can be suspended, erased or kept.
func rows(category, column, value string) dsr.Record {
	return dsr.Record{Category: category, Title: words(category), Source: words("Filing"), Matched: "mail", Columns: []dsr.Column{
		{Name: column, Title: words(column), Writable: true}}, Rows: [][]string{{value}}, RowKeys: []string{category + "-1"}}
}

// actor roles of one organisation.
type deskOf struct{ clerk, handler, approver, second dsr.Actor }

// correction files that the mail address of a member is wrong.
func (h *House) correction(t testing.TB) (*Case, deskOf) {
	t.Helper()
	id := h.org(t, "qoo10")
	d := h.desks(t, id)
	h.Systems.Records = []dsr.Record{profile()}
	f := Filing(h.Form())
	f.Voice, f.Wishes = dsr.VoiceJa, []dsr.Wish{{Kind: dsr.KindCorrection, Scope: "my address", Claims: []dsr.Claim{
		{Field: "mail", Now: "old.canary@example.jp", Should: "new.canary@example.jp"}}}}
	return h.filed(t, id, dsr.Actor{Kind: dsr.ActorPerson}, f), d
}

// deletion files a deletion with a record in three systems: one to suspend, one
// to erase, one that a statute keeps.
func (h *House) deletion(t testing.TB) (*Case, deskOf) {
	t.Helper()
	id := h.org(t, "score-japan")
	d := h.desks(t, id)
	h.Systems.Of = map[string][]dsr.Record{"shippers": {rows("profile", "name", Name)}, "newsletter": {rows("subscriptions", "mail", Mail)},
		"waybills": {rows("waybills", "issued_on", "2026-03-31")}}
	f := Filing(h.Form())
	f.Wishes = []dsr.Wish{{Kind: dsr.KindDeletion, Scope: "everything"}}
	return h.filed(t, id, dsr.Actor{Kind: dsr.ActorPerson}, f), d
}

func (h *House) desks(t testing.TB, organisation string) (d deskOf) {
	t.Helper()
	if h.Int(t, "SELECT COUNT(*) FROM staff WHERE id = 'staff-handler-there'") > 0 {
		as := func(id string, r dsr.Role) dsr.Actor {
			return dsr.Actor{Kind: dsr.ActorStaff, ID: id, Roles: []dsr.Role{r}}
		}
		return deskOf{as("staff-clerk-there", dsr.RoleClerk), as("staff-handler-there", dsr.RoleHandler), as("staff-approver-there", dsr.RoleApprover),
			as("staff-second-there", dsr.RoleApprover)}
	}
	d.clerk, d.handler, d.approver = h.desk(t, organisation)
	d.second = h.AddActor(t, organisation, "Second There", dsr.RoleApprover)
	return d
}

// proveIn walks to the point at which a handler has chosen the person's record
// in every system.
func (c *Case) proveIn(t testing.TB, handler dsr.Actor) {
	t.Helper()
	c.ToIdentity(t).Prove(t)
	c.Run(t)
	task := c.Claim(t, handler, dsr.TaskVerifyIdentity)
	page, err := c.o.IdentityPage(t.Context(), handler, c.ID)
	must(t, err)
	var also []int
	for i := 1; i < len(page.Candidates); i++ {
		also = append(also, i)
	}
	must(t, c.o.ConfirmIdentity(t.Context(), handler, c.ID, dsr.IdentityConfirmation{Task: task, Document: "residence-card", Candidate: 0, Also: also,
		Agreed: []string{"name", "born_on"}, Delivery: "filed"}))
}

// investigate writes one finding for every item.
func (c *Case) investigate(t testing.TB, handler dsr.Actor, result dsr.FindingResult) {
	t.Helper()
	c.at(t, dsr.StageInvestigation)
	task := c.Claim(t, handler, dsr.TaskInvestigate)
	page, err := c.o.Investigation(t.Context(), handler, c.ID)
	must(t, err)
	var found []dsr.Finding
	want(t, c.o.Investigated(t.Context(), handler, c.ID, task, nil), dsr.Invalid, "error.finding-open")
	for _, it := range page.Items {
		found = append(found, dsr.Finding{Item: it.ID, Result: result, Checked: "compared with the Canary register"})
	}
	must(t, c.o.Investigated(t.Context(), handler, c.ID, task, found))
	c.at(t, dsr.StageReview)
}

// decide answers every item of a review with what do makes of it, and proposes.
func (c *Case) decide(t testing.TB, handler dsr.Actor, do func(it *dsr.Item)) {
	t.Helper()
	task := c.Claim(t, handler, dsr.TaskReview)
	page, err := c.o.Review(t.Context(), handler, c.ID)
	must(t, err)
	for _, it := range page.Items {
		for i := range it.Tests {
			it.Tests[i].Answer = dsr.AnswerDoesNot
		}
		do(&it)
		must(t, c.o.AnswerItem(t.Context(), handler, c.ID, it))
	}
	must(t, c.o.Propose(t.Context(), handler, c.ID, task))
}

// agree lets a second person agree.
func (c *Case) agree(t testing.TB, approver dsr.Actor) {
	t.Helper()
	c.Run(t)
	c.Approve(t, approver)
}

// corrected decides that the mail address is put right.
func corrected(it *dsr.Item) {
	it.Decision.Measure = dsr.MeasureCorrect
	it.Decision.Changes = []dsr.Change{{Row: "Q-1", Column: "mail", Before: "what the form says", After: "new.canary@example.jp"}}
}

// threeWays decides one measure for each system.
func threeWays(t testing.TB) func(it *dsr.Item) {
	return func(it *dsr.Item) {
		switch it.System {
		case "shippers":
			it.Decision.Measure = dsr.MeasureSuspend
		case "newsletter":
			it.Decision.Measure = dsr.MeasureErase
		case "waybills":
			it.Decision.Measure, it.Decision.Schedule = dsr.MeasureKeep, "waybills"
			for i, x := range it.Tests {
				if x.Exemption == "S3" {
					it.Tests[i].Answer, it.Tests[i].Evidence = dsr.AnswerApplies, "a book of account"
				}
			}
		default:
			t.Fatalf("an item of %s", it.System)
		}
	}
}

// toExecution walks a deletion to its cooling-off.
func (c *Case) toCooling(t testing.TB, d deskOf) *Case {
	t.Helper()
	c.proveIn(t, d.handler)
	c.investigate(t, d.handler, dsr.FindingPromised)
	c.decide(t, d.handler, threeWays(t))
	c.agree(t, d.approver)
	return c.at(t, dsr.StageExecution)
}

// acts are what was done in connected systems, in order.
func (h *House) acts() (out []string) {
	for _, a := range h.Systems.Acted {
		out = append(out, string(a.In.Action)+" "+a.Effect.Connector)
	}
	return out
}

// settleRecipients tells everybody who is to be told.
func (c *Case) settleRecipients(t testing.TB, handler dsr.Actor) {
	t.Helper()
	page, err := c.o.Case(t.Context(), handler, c.ID)
	must(t, err)
	for _, r := range page.Recipients {
		if r.State == "open" {
			must(t, c.o.Claim(t.Context(), handler, r.Task))
			must(t, c.o.TellRecipient(t.Context(), handler, c.ID, r.ID, string(dsr.RecipientInformed)))
		}
	}
}

var stopLinks = regexp.MustCompile(`/stop/([A-Za-z0-9_-]{43})`)

// stops are the tokens of the stop links in the mails that go out now, by
// address.
func (h *House) stops(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, m := range h.Post(t) {
		if x := stopLinks.FindStringSubmatch(m.Text); x != nil {
			out[m.To] = x[1]
		}
	}
	return out
}

// letter opens a case's newest letter of a code.
func (c *Case) letter(t testing.TB, handler dsr.Actor, code string) string {
	t.Helper()
	notice := c.h.Text(t, "SELECT COALESCE((SELECT id FROM notices WHERE case_id = ? AND code = ? AND letter_key <> '' ORDER BY queued_at DESC LIMIT 1), '')", c.ID, code)
	if notice == "" {
		t.Fatalf("there is no letter %s: %v", code, c.notices(t))
	}
	l, err := c.o.LetterOfCase(t.Context(), handler, c.ID, notice)
	must(t, err)
	return l.Text
}

func has(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is missing in:\n%s", p, text)
		}
	}
}

// Corrections, suspensions, erasures, what is kept, and who is told.
var actPromises = []promise{
	{"a correction freezes what is disputed, changes only what was agreed, and is told to who received it", func(t *testing.T, h *House) {
		c, d := h.correction(t)
		o, ctx := c.o, t.Context()
		c.proveIn(t, d.handler)
		c.at(t, dsr.StageInvestigation)
		equal(t, "acts", strings.Join(h.acts(), ", "), "freeze members, preserve members")
		freeze := h.Systems.Acted[0].In
		equal(t, "token", freeze.Token, c.ID)
		equal(t, "record", freeze.Record, "R-17")
		if !slices.Equal(freeze.Fields, []dsr.Field{{Category: "profile", Column: "mail"}}) {
			t.Fatalf("frozen: %v", freeze.Fields)
		}
		has(t, c.letter(t, d.handler, "N-10"), "メールアドレス")
		st, err := o.Status(ctx, c.Submission)
		must(t, err)
		equal(t, "frozen", st.Cases[0].Frozen, true)
		h.whole(t)
		c.investigate(t, d.handler, dsr.FindingWrong)

		// What a correction lacks is said before it can be proposed.
		task := c.Claim(t, d.handler, dsr.TaskReview)
		page, err := o.Review(ctx, d.handler, c.ID)
		must(t, err)
		equal(t, "findings", len(page.Findings), 1)
		equal(t, "claims", len(page.Claims), 1)
		it := page.Items[0]
		for i := range it.Tests {
			it.Tests[i].Answer = dsr.AnswerDoesNot
		}
		for _, x := range []struct {
			change dsr.Change
			code   string
		}{
			{dsr.Change{Row: "Q-1", Column: "member_no", After: "Q-2"}, "error.change-not-writable"},
			{dsr.Change{Row: "Q-1", Column: "rank", After: "platinum"}, "error.change-not-writable"},
			{dsr.Change{Row: "Q-9", Column: "mail", After: "new.canary@example.jp"}, "error.change-not-writable"},
			{dsr.Change{Row: "Q-1", Column: "mail", After: "old.canary@example.jp"}, "error.change-needs-value"},
			{dsr.Change{Row: "Q-1", Column: "mail", After: " "}, "error.change-needs-value"},
		} {
			it.Decision = dsr.Decision{Measure: dsr.MeasureCorrect, Changes: []dsr.Change{x.change}}
			want(t, o.AnswerItem(ctx, d.handler, c.ID, it), dsr.Invalid, x.code)
		}
		it.Decision = dsr.Decision{Measure: dsr.MeasureErase}
		want(t, o.AnswerItem(ctx, d.handler, c.ID, it), dsr.Invalid, "error.measure-unknown")
		must(t, o.Release(ctx, d.handler, task))

		c.decide(t, d.handler, corrected)
		c.Run(t)
		// Nobody changes or lets go of anything before the second person agreed.
		_, err = o.PlanEffects(ctx, c.ID, 1, dsr.ActionCorrect)
		must(t, err)
		equal(t, "planned", h.Int(t, "SELECT COUNT(*) FROM effects WHERE action = 'correct'"), 0)
		release, err := o.PlanEffects(ctx, c.ID, 1, dsr.ActionRelease)
		must(t, err)
		_, err = o.Permit(ctx, release[0].ID, 1)
		want(t, err, dsr.Forbidden, "error.not-now")
		preview, err := o.Preview(ctx, d.handler, c.ID)
		must(t, err)
		has(t, preview.Text, "old.canary@example.jp", "new.canary@example.jp")
		c.agree(t, d.approver)
		f := c.at(t, dsr.StageNotified).Facts(t)
		equal(t, "recipients", f.RecipientsOpen, 1)
		last := h.Systems.Acted[len(h.Systems.Acted)-1].In
		equal(t, "last act", last.Action, dsr.ActionCorrect)
		if !slices.Equal(last.Changes, []dsr.Change{{Row: "Q-1", Column: "mail", Before: "old.canary@example.jp", After: "new.canary@example.jp"}}) {
			t.Fatalf("%d changes, or another value before", len(last.Changes))
		}
		has(t, c.letter(t, d.handler, "N-17"), "old.canary@example.jp", "new.canary@example.jp", "ソウルと東京の補助会社")
		_, err = o.Close(ctx, c.ID, 1, f.Transition+1)
		want(t, err, dsr.Conflict, "error.transition")

		// Three attempts in vain.
		casePage, err := o.Case(ctx, d.handler, c.ID)
		must(t, err)
		r := casePage.Recipients[0]
		want(t, o.TellRecipient(ctx, d.handler, c.ID, r.ID, "no-answer"), dsr.Conflict, "error.task-not-claimed")
		must(t, o.Claim(ctx, d.handler, r.Task))
		want(t, o.TellRecipient(ctx, d.handler, c.ID, r.ID, "unreachable"), dsr.Invalid, "")
		rp, err := o.RecipientPage(ctx, d.handler, c.ID, r.ID)
		must(t, err)
		has(t, rp.Text, Name, "new.canary@example.jp")
		equal(t, "the task of the page", rp.Recipient.Task, r.Task)
		for range 3 {
			must(t, o.TellRecipient(ctx, d.handler, c.ID, r.ID, "no-answer"))
		}
		want(t, o.TellRecipient(ctx, d.handler, c.ID, r.ID, "informed"), dsr.Conflict, "")
		has(t, c.letter(t, d.handler, "N-19"), "ソウルと東京の補助会社", "3")
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeFulfilled)
		equal(t, "acts", strings.Join(h.acts(), ", "), "freeze members, preserve members, correct members, release members")
		st, err = o.Status(ctx, c.Submission)
		must(t, err)
		equal(t, "measures", st.Cases[0].Measures[dsr.MeasureCorrect], 1)
		equal(t, "result", st.Cases[0].Recipients[0].Result, dsr.RecipientUnreachable)
		h.Post(t)
		h.whole(t)
	}},

	{"what the policy calls fixed is refused with an alternative, held until the person was told, and let go then", func(t *testing.T, h *House) {
		c, d := h.correction(t)
		c.proveIn(t, d.handler)
		c.investigate(t, d.handler, dsr.FindingRight)
		task := c.Claim(t, d.handler, dsr.TaskReview)
		page, err := c.o.Review(t.Context(), d.handler, c.ID)
		must(t, err)
		it := page.Items[0]
		for i := range it.Tests {
			it.Tests[i].Answer = dsr.AnswerDoesNot
		}
		it.Decision = dsr.Decision{Measure: dsr.MeasureCorrect, Changes: []dsr.Change{{Row: "Q-1", Column: "name", After: "Another Canary"}}}
		want(t, c.o.AnswerItem(t.Context(), d.handler, c.ID, it), dsr.Invalid, "error.change-not-writable")
		it.Decision = dsr.Decision{Measure: dsr.MeasureRefuse, Exemption: "M1", Reason: "it names the account"}
		want(t, c.o.AnswerItem(t.Context(), d.handler, c.ID, it), dsr.Invalid, "error.refuse-needs-ground")
		it.Decision = dsr.Decision{Measure: dsr.MeasureAlternative, Alternative: "a note beside it"}
		want(t, c.o.AnswerItem(t.Context(), d.handler, c.ID, it), dsr.Invalid, "error.alternative-needs-text")
		must(t, c.o.Release(t.Context(), d.handler, task))
		c.decide(t, d.handler, func(it *dsr.Item) {
			for i, x := range it.Tests {
				if x.Exemption == "M1" {
					it.Tests[i].Answer, it.Tests[i].Evidence = dsr.AnswerApplies, "clause 5"
				}
			}
			it.Decision = dsr.Decision{Measure: dsr.MeasureRefuse, Exemption: "M1", Reason: "it names the account", Alternative: "register anew under another name"}
		})
		c.Run(t)
		want(t, c.o.Approve(t.Context(), d.handler, c.ID, c.Task(t, dsr.TaskApprove), c.Facts(t).Proposal), dsr.Forbidden, "")
		c.agree(t, d.approver)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeRefused)
		has(t, c.letter(t, d.handler, "N-14"), "it names the account", "register anew under another name")
		equal(t, "acts", strings.Join(h.acts(), ", "), "freeze members, preserve members, release members")
		h.Post(t)
		h.whole(t)
	}},

	{"the desk freezes before identity is proven, in one record, and nobody outside hears of it", func(t *testing.T, h *House) {
		for _, proves := range []bool{true, false} {
			h.Systems = Sample()
			c, d := h.correction(t)
			c.ToIdentity(t).Prove(t)
			c.Run(t)
			task := c.Claim(t, d.handler, dsr.TaskVerifyIdentity)
			want(t, c.o.PlaceHold(t.Context(), d.handler, c.ID, task, 7), dsr.Invalid, "error.candidate-unknown")
			must(t, c.o.PlaceHold(t.Context(), d.handler, c.ID, task, 0))
			c.Run(t)
			equal(t, "acts", strings.Join(h.acts(), ", "), "freeze members")
			page, err := c.o.Case(t.Context(), d.handler, c.ID)
			must(t, err)
			equal(t, "provisional", page.Holds[0].Provisional, true)
			if slices.Contains(c.notices(t), "N-10 mail") {
				t.Fatal("the person was told that something is held before anybody knows who they are")
			}
			if !proves {
				must(t, c.o.ProposeRejection(t.Context(), d.handler, c.ID, task, "the paper is somebody else's"))
				c.agree(t, d.approver)
				equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeRejectedIdentity)
				equal(t, "acts", strings.Join(h.acts(), ", "), "freeze members, release members")
				continue
			}
			must(t, c.confirm(t, d.handler, "residence-card", 0))
			c.at(t, dsr.StageInvestigation)
			equal(t, "acts", strings.Join(h.acts(), ", "), "freeze members, preserve members")
		}
		h.Post(t)
		h.whole(t)
	}},

	{"what could not be carried out is told as not done", func(t *testing.T, h *House) {
		c, d := h.correction(t)
		c.proveIn(t, d.handler)
		c.investigate(t, d.handler, dsr.FindingWrong)
		c.decide(t, d.handler, corrected)
		h.Systems.Fails = map[dsr.Action]string{dsr.ActionCorrect: "connector.changed"}
		c.agree(t, d.approver)
		c.at(t, dsr.StageExecution)
		equal(t, "todo", c.Facts(t).Todo, dsr.ActionCorrect)
		task := c.Claim(t, d.handler, dsr.TaskCollect)
		h.whole(t)
		must(t, c.o.CloseTask(t.Context(), d.handler, task, "without"))
		// One person gives nothing up that two agreed: it is proposed and agreed as
		// what it is now.
		c.at(t, dsr.StageReview)
		review := c.Claim(t, d.handler, dsr.TaskReview)
		must(t, c.o.Propose(t.Context(), d.handler, c.ID, review))
		c.at(t, dsr.StageDecision)
		page, err := c.o.Approval(t.Context(), d.approver, c.ID)
		must(t, err)
		equal(t, "proposed", page.Outcome, dsr.OutcomeRefused)
		want(t, c.o.Approve(t.Context(), d.handler, c.ID, c.Task(t, dsr.TaskApprove), c.Facts(t).Proposal), dsr.Forbidden, "")
		c.agree(t, d.approver)
		f := c.Run(t)
		equal(t, "outcome", f.Outcome, dsr.OutcomeRefused)
		letter := c.letter(t, d.handler, "N-14")
		if strings.Contains(letter, "new.canary@example.jp") {
			t.Errorf("the letter tells of a correction that was not made:\n%s", letter)
		}
		equal(t, "recipients", h.Int(t, "SELECT COUNT(*) FROM recipients"), 0)
		h.Post(t)
		h.whole(t)
	}},

	{"a withdrawal lets go of what is held when it is final, and comes too late after a correction", func(t *testing.T, h *House) {
		c, d := h.correction(t)
		c.proveIn(t, d.handler)
		c.investigate(t, d.handler, dsr.FindingWrong)
		must(t, c.o.Withdraw(t.Context(), c.Submission, c.ID))
		c.Deliver(t)
		release, err := c.o.PlanEffects(t.Context(), c.ID, 1, dsr.ActionRelease)
		must(t, err)
		_, err = c.o.Permit(t.Context(), release[0].ID, 1)
		want(t, err, dsr.Forbidden, "error.withdrawn") // it may still be taken back
		c.waitFor(t, "withdrawal-final")
		h.Systems.Away = true
		c.Run(t)
		_, err = c.o.Close(t.Context(), c.ID, 1, c.Facts(t).Transition+1)
		want(t, err, dsr.Conflict, "error.transition")
		h.Systems.Away = false
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeWithdrawn)
		equal(t, "acts", strings.Join(h.acts(), ", "), "freeze members, preserve members, release members")

		h.Systems.Acted = nil
		late, d := h.correction(t)
		late.proveIn(t, d.handler)
		late.investigate(t, d.handler, dsr.FindingWrong)
		late.decide(t, d.handler, corrected)
		late.agree(t, d.approver)
		late.Run(t, dsr.StageExecution)
		late.Act(t, dsr.ActionCorrect)
		want(t, late.o.Withdraw(t.Context(), late.Submission, late.ID), dsr.Conflict, "error.irreversible")
		late.at(t, dsr.StageNotified)
		late.settleRecipients(t, d.handler)
		late.Run(t)
		h.Post(t)
		h.whole(t)
	}},

	{"one deletion suspends, erases and keeps: the erasure waits, the kept rows outlive the case's key", func(t *testing.T, h *House) {
		c, d := h.deletion(t)
		o, ctx := c.o, t.Context()
		c.toCooling(t, d)
		equal(t, "acts", strings.Join(h.acts(), ", "), "preserve newsletter, preserve shippers, preserve waybills, suspend shippers")
		f := c.Facts(t)
		equal(t, "cooling off", f.CoolingOff, true)
		erase := h.Text(t, "SELECT id FROM items WHERE system = 'newsletter'")
		planned, err := o.PlanEffects(ctx, c.ID, 1, dsr.ActionErase)
		must(t, err)
		equal(t, "object", planned[0].Object, erase)
		_, err = o.Permit(ctx, planned[0].ID, 1)
		want(t, err, dsr.Forbidden, "error.cooling-off")
		st, err := o.Status(ctx, c.Submission)
		must(t, err)
		equal(t, "shown until", st.Cases[0].CoolingOffUntil, c.dueAt(t, "cooling-off").UnixMicro())
		equal(t, "hours", c.dueAt(t, "cooling-off").Sub(h.Clock.Now()), 72*time.Hour)

		links := h.stops(t)
		equal(t, "contacts that can stop it", len(links), 1)
		h.Systems.Fails = nil
		c.waitFor(t, "cooling-off")
		c.at(t, dsr.StageNotified)
		has(t, strings.Join(h.acts(), ", "), "erase newsletter")
		page, err := o.StopPage(ctx, links[c.Mail])
		must(t, err)
		equal(t, "too late", page.Over, true)
		want(t, o.StopErasure(ctx, links[c.Mail]), dsr.Conflict, "error.erasure-begun")
		letter := c.letter(t, d.handler, "N-18")
		has(t, letter, "profile", "subscriptions", "waybills", "Luật Thuế doanh nghiệp")
		c.settleRecipients(t, d.handler)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomePartial)
		h.Post(t)
		h.whole(t)

		// Years later the case's key is gone, the rows are not forgotten.
		due, err := o.ClaimErasures(ctx, 8)
		must(t, err)
		equal(t, "due today", len(due), 0)
		equal(t, "due on", h.Text(t, "SELECT due_on FROM scheduled_erasures"), "2033-03-31")
		h.Clock.Set(time.Date(2033, 3, 31, 14, 59, 0, 0, time.UTC)) // a minute before midnight in Tokyo
		must(t, o.Tidy(ctx))
		equal(t, "keys of the case", h.Int(t, "SELECT COUNT(*) FROM keys WHERE id IN (?, ?) AND destroyed_at = 0", c.ID, c.Submission), 0)
		due, err = o.ClaimErasures(ctx, 8)
		must(t, err)
		equal(t, "a day too early", len(due), 0)
		h.Clock.Advance(time.Minute)
		again, d2 := h.deletion(t)
		again.proveIn(t, d2.handler)
		due, err = o.ClaimErasures(ctx, 8)
		must(t, err)
		equal(t, "claimed while a request about it is open", len(due), 0)
		must(t, o.Withdraw(ctx, again.Submission, again.ID))
		again.waitFor(t, "withdrawal-final")
		equal(t, "outcome", again.Run(t).Outcome, dsr.OutcomeWithdrawn)
		due, err = o.ClaimErasures(ctx, 8)
		must(t, err)
		equal(t, "due", len(due), 1)
		in := due[0].Instruction
		equal(t, "instruction", in.Record+" "+in.Category+" "+strings.Join(in.Rows, ","), "R-17 waybills waybills-1")
		twice, err := o.ClaimErasures(ctx, 8)
		must(t, err)
		equal(t, "claimed twice", len(twice), 0)
		for range 3 {
			must(t, o.ErasureFailed(ctx, due[0].ID, due[0].Fence, "connector.away"))
			h.Clock.Advance(25 * time.Hour)
			due, err = o.ClaimErasures(ctx, 8)
			must(t, err)
			equal(t, "tried again", len(due), 1)
		}
		equal(t, "escalated", h.Int(t, "SELECT COUNT(*) FROM tasks WHERE case_id = ? AND kind = 'escalation' AND state = 'open'", c.ID), 1)
		h.unchanged(t, "a zombie", func() { must(t, o.ErasureDone(ctx, due[0].ID, due[0].Fence-1, 1)) })
		must(t, o.ErasureDone(ctx, due[0].ID, due[0].Fence, 1))
		h.unchanged(t, "a second report", func() { must(t, o.ErasureDone(ctx, due[0].ID, due[0].Fence, 1)) })
		equal(t, "keys of the erasure", h.Int(t, "SELECT COUNT(*) FROM keys WHERE id = ? AND destroyed_at = 0", due[0].ID), 0)
		equal(t, "recorded", c.recorded(t, "erasure-done"), 1)
		st, err = o.Status(ctx, c.Submission)
		must(t, err)
		equal(t, "scheduled", len(st.Cases[0].Scheduled), 1)
		if st.Cases[0].Scheduled[0].DoneAt == 0 {
			t.Fatal("the person's page does not say that it was erased")
		}
		h.Post(t)
		h.whole(t)
	}},

	{"whoever has the link stops an erasure without signing in: it waits for a person, begins anew, or is reconsidered", func(t *testing.T, h *House) {
		c, d := h.deletion(t)
		o, ctx := c.o, t.Context()
		h.Systems.Candidates[0].Person.Mail = "on.file.canary@example.jp"
		c.toCooling(t, d)
		links := h.stops(t)
		if len(links) != 2 || links[c.Mail] == "" || links["on.file.canary@example.jp"] == "" || links[c.Mail] == links["on.file.canary@example.jp"] {
			t.Fatalf("%d contacts were told", len(links))
		}
		equal(t, "links in the clear", h.Int(t, "SELECT COUNT(*) FROM stop_links WHERE token_hash = ?", links[c.Mail]), 0)
		_, err := o.StopPage(ctx, "no such token")
		want(t, err, dsr.NotFound, "error.link-unknown")
		_, err = h.Office().StopPage(ctx, links[c.Mail])
		want(t, err, dsr.NotFound, "error.link-unknown") // another organisation's door
		page, err := o.StopPage(ctx, links["on.file.canary@example.jp"])
		must(t, err)
		equal(t, "page", page, dsr.StopPage{Organisation: h.org(t, "score-japan"), Reference: c.Reference + "-1", Until: c.dueAt(t, "cooling-off").UnixMicro()})
		errs := atOnce(3, func(int) error { return o.StopErasure(ctx, links["on.file.canary@example.jp"]) })
		equal(t, "stops", won(errs), 3)
		equal(t, "recorded", c.recorded(t, "erasure-stopped"), 1)
		f := c.Run(t)
		equal(t, "stopped", f.Stopped, true)
		planned, err := o.PlanEffects(ctx, c.ID, 1, dsr.ActionErase)
		must(t, err)
		h.Clock.Advance(73 * time.Hour)
		_, err = o.Permit(ctx, planned[0].ID, 1)
		want(t, err, dsr.Forbidden, "error.erasure-stopped")
		h.whole(t)

		task := c.Claim(t, d.handler, dsr.TaskErasureStopped)
		must(t, o.ResumeErasure(ctx, d.handler, c.ID, task))
		equal(t, "cooling off anew", c.Run(t).CoolingOff, true)
		links = h.stops(t)
		equal(t, "told again", len(links), 2)
		must(t, o.StopErasure(ctx, links[c.Mail]))
		c.Run(t)
		task = c.Claim(t, d.handler, dsr.TaskErasureStopped)
		must(t, o.Reconsider(ctx, d.handler, c.ID, task))
		c.at(t, dsr.StageReview)
		review := c.Claim(t, d.handler, dsr.TaskReview)
		rp, err := o.Review(ctx, d.handler, c.ID)
		must(t, err)
		for _, it := range rp.Items {
			switch it.System {
			case "newsletter":
				it.Decision.Measure = dsr.MeasureSuspend
				must(t, o.AnswerItem(ctx, d.handler, c.ID, it))
			default: // done, or promised with its day
				want(t, o.AnswerItem(ctx, d.handler, c.ID, it), dsr.Conflict, "error.carried-out")
			}
		}
		must(t, o.Propose(ctx, d.handler, c.ID, review))
		c.agree(t, d.approver) // the same two people may: it is the same decision, looked at again
		c.at(t, dsr.StageNotified)
		c.settleRecipients(t, d.handler)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomePartial)
		equal(t, "suspended twice", strings.Count(strings.Join(h.acts(), ", "), "suspend shippers"), 1)
		equal(t, "erased", strings.Count(strings.Join(h.acts(), ", "), "erase"), 0)
		h.Post(t)
		h.whole(t)
	}},

	{"a reopened case holds, looks into and decides anew", func(t *testing.T, h *House) {
		c, d := h.correction(t)
		c.proveIn(t, d.handler)
		c.investigate(t, d.handler, dsr.FindingWrong)
		c.decide(t, d.handler, corrected)
		c.agree(t, d.approver)
		c.at(t, dsr.StageNotified)
		c.settleRecipients(t, d.handler)
		c.Run(t)
		must(t, c.o.Object(t.Context(), c.Submission, c.ID, "the street too"))
		c.Run(t)
		c.investigate(t, d.handler, dsr.FindingRight)
		equal(t, "acts", strings.Join(h.acts()[4:], ", "), "freeze members, preserve members")
		c.decide(t, d.handler, corrected)
		c.Run(t)
		task := c.Task(t, dsr.TaskApprove)
		must(t, c.o.Claim(t.Context(), d.approver, task))
		want(t, c.o.Approve(t.Context(), d.approver, c.ID, task, c.Facts(t).Proposal), dsr.Forbidden, "error.decided-before")
		must(t, c.o.Release(t.Context(), d.approver, task))
		h.Post(t)
		h.whole(t)
	}},

	{"an act of an older fence, of an older epoch and of an older proposal changes nothing", func(t *testing.T, h *House) {
		c, d := h.correction(t)
		o, ctx := c.o, t.Context()
		c.proveIn(t, d.handler)
		c.investigate(t, d.handler, dsr.FindingWrong)
		c.decide(t, d.handler, corrected)
		c.agree(t, d.approver)
		c.Run(t, dsr.StageExecution)
		es, err := o.PlanEffects(ctx, c.ID, 1, dsr.ActionCorrect)
		must(t, err)
		_, err = o.Instruction(ctx, es[0].ID)
		want(t, err, dsr.Conflict, "error.not-now") // not permitted yet
		first, err := o.Permit(ctx, es[0].ID, 1)
		must(t, err)
		second, err := o.Permit(ctx, es[0].ID, 1)
		must(t, err)
		h.unchanged(t, "a zombie", func() { must(t, o.SaveActed(ctx, first.ID, first.Fence, dsr.Acted{Rows: 1})) })
		opened := h.Int(t, "SELECT COUNT(*) FROM openings")
		_, err = o.Instruction(ctx, second.ID)
		must(t, err)
		equal(t, "openings", h.Int(t, "SELECT COUNT(*) FROM openings"), opened+1)
		mend := h.Break(t, "openings")
		if in, err := o.Instruction(ctx, second.ID); err == nil || in.Record != "" {
			t.Fatal("an instruction was given without a record of it")
		}
		mend()
		must(t, o.Rebuild(ctx, c.ID))
		_, err = o.Permit(ctx, second.ID, 1)
		want(t, err, dsr.Forbidden, "error.superseded")
		must(t, o.SaveActed(ctx, second.ID, second.Fence, dsr.Acted{Rows: 1})) // it was permitted, and done
		var rec struct{ Rows int }
		must(t, json.Unmarshal([]byte(h.Text(t, "SELECT data FROM evidence WHERE case_id = ? AND kind = 'effect-verified' ORDER BY seq DESC LIMIT 1", c.ID)), &rec))
		equal(t, "rows", rec.Rows, 1)
	}},

	{"a withdrawal in the cooling-off erases nothing, and drops what was to be erased years later", func(t *testing.T, h *House) {
		c, d := h.deletion(t)
		c.toCooling(t, d)
		must(t, c.o.Withdraw(t.Context(), c.Submission, c.ID))
		c.waitFor(t, "withdrawal-final")
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeWithdrawn)
		equal(t, "kept erasures", h.Text(t, "SELECT state FROM scheduled_erasures"), dsr.EffectWaived)
		equal(t, "erased", strings.Count(strings.Join(h.acts(), ", "), "erase"), 0)
		equal(t, "let go", strings.Count(strings.Join(h.acts(), ", "), "release"), 3)
		h.Post(t)
		h.whole(t)
	}},

	{"a stop and the beginning of an erasure at the same instant: whoever commits first", func(t *testing.T, h *House) {
		for range 3 {
			c, d := h.deletion(t)
			c.toCooling(t, d)
			link := h.stops(t)[c.Mail]
			es, err := c.o.PlanEffects(t.Context(), c.ID, 1, dsr.ActionErase)
			must(t, err)
			c.waitFor(t, "cooling-off")
			errs := atOnce(2, func(i int) error {
				if i == 0 {
					return c.o.StopErasure(t.Context(), link)
				}
				_, err := c.o.Permit(t.Context(), es[0].ID, 1)
				return err
			})
			equal(t, "won", won(errs), 1)
			stopped := h.Int(t, "SELECT COUNT(*) FROM cases WHERE id = ? AND stopped_at > 0", c.ID) == 1
			begun := h.Int(t, "SELECT COUNT(*) FROM effects WHERE id = ? AND fence > 0", es[0].ID) == 1
			if stopped == begun {
				t.Fatalf("stopped: %v, begun: %v", stopped, begun)
			}
		}
	}},

	{"fsck names what is wrong with holds, acts, kept rows and recipients", func(t *testing.T, h *House) {
		closed, d := h.deletion(t)
		closed.toCooling(t, d)
		closed.waitFor(t, "cooling-off")
		closed.at(t, dsr.StageNotified)
		closed.settleRecipients(t, d.handler)
		closed.at(t, dsr.StageClosed)
		telling, _ := h.deletion(t)
		telling.toCooling(t, d)
		telling.waitFor(t, "cooling-off")
		telling.at(t, dsr.StageNotified)
		stopped, _ := h.deletion(t)
		stopped.toCooling(t, d)
		must(t, stopped.o.StopErasure(t.Context(), h.stops(t)[stopped.Mail]))
		stopped.Run(t)
		looking, _ := h.deletion(t)
		looking.proveIn(t, d.handler)
		looking.at(t, dsr.StageInvestigation)
		h.Post(t)
		h.Clock.Advance(10 * time.Minute)
		h.whole(t)
		h.Unlock(t)
		h.unchecked(t)
		effect := func(c *Case, action string) string {
			return h.Text(t, "SELECT id FROM effects WHERE case_id = ? AND action = ? ORDER BY connector LIMIT 1", c.ID, action)
		}
		number := func(c *Case, column string) int64 { return h.Int(t, "SELECT "+column+" FROM cases WHERE id = ?", c.ID) }
		kept := h.Text(t, "SELECT id FROM scheduled_erasures WHERE case_id = ?", closed.ID)
		told := h.Text(t, "SELECT id FROM recipients WHERE case_id = ? ORDER BY recipient LIMIT 1", closed.ID)
		broken := map[string]int{}
		for _, x := range []struct {
			invariant     string
			c             *Case
			what          string
			table, column string
			value         any
			where         string
			args          []any
		}{
			{"holds", closed, "a release that never came", "effects", "state", "planned", "id = ?", []any{effect(closed, "release")}},
			{"holds", closed, "a release of another plan", "effects", "plan_version", 0, "id = ?", []any{effect(closed, "release")}},
			{"acts", closed, "an erasure before its time", "cases", "cooling_until", number(closed, "cooling_until") + 3600*1e6*24, "id = ?", []any{closed.ID}},
			{"acts", closed, "an erasure without a cooling-off", "cases", "cooling_until", 0, "id = ?", []any{closed.ID}},
			{"acts", closed, "an erasure that was stopped", "cases", "stopped_at", 1, "id = ?", []any{closed.ID}},
			{"acts", closed, "one person in two roles", "proposals", "approver", d.handler.ID, "case_id = ?", []any{closed.ID}},
			{"acts", closed, "agreed afterwards", "proposals", "decided_at", h.Clock.Now().UnixMicro(), "case_id = ?", []any{closed.ID}},
			{"acts", closed, "a suspension that was not done", "effects", "state", "planned", "id = ?", []any{effect(closed, "suspend")}},
			{"acts", telling, "an erasure that left its rows", "effects", "state", "failed", "id = ?", []any{effect(telling, "erase")}},
			{"acts", looking, "a freeze that is not there", "cases", "frozen_at", 1, "id = ?", []any{looking.ID}},
			{"scheduled", closed, "a day that nobody wrote down", "scheduled_erasures", "item", "another", "id = ?", []any{kept}},
			{"scheduled", closed, "one person", "scheduled_erasures", "approver", d.handler.ID, "id = ?", []any{kept}},
			{"scheduled", closed, "a key that is gone", "keys", "destroyed_at", 1, "id = ?", []any{kept}},
			{"scheduled", closed, "a way to the rows that is gone", "scheduled_erasures", "locator_sealed", nil, "id = ?", []any{kept}},
			{"scheduled", closed, "erased before its day", "scheduled_erasures", "state", "verified", "id = ?", []any{kept}},
			{"scheduled", telling, "due and forgotten", "scheduled_erasures", "due_at", 1, "case_id = ? AND subject <> ''", []any{telling.ID}},
			{"recipients", closed, "closed over a recipient", "recipients", "state", "open", "id = ?", []any{told}},
			{"recipients", closed, "an attempt that nobody made", "recipients", "attempts", 3, "id = ?", []any{told}},
			{"recipients", closed, "another result", "recipients", "result", "declined", "id = ?", []any{told}},
			{"recipients", telling, "nobody tells them", "tasks", "state", "cancelled", "case_id = ? AND kind = 'inform-recipient' AND cause = 'affiliates'", []any{telling.ID}},
			{"I13", looking, "nobody looks into it", "tasks", "state", "cancelled", "case_id = ? AND kind = 'investigate'", []any{looking.ID}},
			{"I13", stopped, "nobody says how it goes on", "tasks", "state", "cancelled", "case_id = ? AND kind = 'erasure-stopped'", []any{stopped.ID}},
			{"I12", closed, "no letter about the measures", "notices", "code", "N-99", "case_id = ? AND code = 'N-18'", []any{closed.ID}},
		} {
			if x.what == "due and forgotten" { // while a request about the record is open it waits, and rightly
				h.Exec(t, "UPDATE subjects SET hash = 'another-' || hash")
			}
			mend := h.set(t, x.table, x.column, x.value, x.where, x.args...)
			r := h.Fsck(t)
			if !slices.ContainsFunc(r.Problems, func(p store.FsckProblem) bool { return p.Invariant == x.invariant && p.Case == x.c.ID }) {
				t.Errorf("%s, %s: fsck says\n%s", x.invariant, x.what, r)
			}
			broken[x.invariant]++
			mend()
			if x.what == "due and forgotten" {
				h.Exec(t, "UPDATE subjects SET hash = replace(hash, 'another-', '')")
			}
		}
		t.Logf("broken and named: %v", broken)
		h.whole(t)
	}},
}
