package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/store"
)

func sorted(lines []string) []string {
	slices.Sort(lines)
	return lines
}

// System is what the connected systems of a test hold and do.
type System struct {
	Candidates []dsr.Candidate
	Records    []dsr.Record
	// Of are the records of one system, in place of Records.
	Of map[string][]dsr.Record
	// Away makes every call fail for good.
	Away bool
	// Acted are the acts that were carried out, in order; Fails names the code
	// with which an action fails.
	Acted []Acted
	Fails map[dsr.Action]string
}

// Acted is one act on a connected system.
type Acted struct {
	Effect dsr.Effect
	In     dsr.Instruction
}

// act carries an instruction out, or says why not.
func (s *System) act(e dsr.Effect, in dsr.Instruction) string {
	if code := s.Fails[e.Action]; code != "" {
		return code
	}
	s.Acted = append(s.Acted, Acted{e, in})
	return ""
}

// Mail, Name: the person of the tests. The name is a canary: it may stand in
// sealed columns only.
const (
	Mail = "linh.canary@example.jp"
	Name = "Nguyễn Thị Canary"
)

// Sample is what a connected system holds of the person of the tests: two
// record sets, one of which names a third person.
func Sample() System {
	title := func(s string) map[string]string {
		return map[string]string{"ja": s, "en": s, "vi": s, "de": s}
	}
	return System{
		Candidates: []dsr.Candidate{{Key: "R-17", Person: dsr.Person{Name: Name, BornOn: "1995-02-03", Mail: Mail}, Matched: []string{"name", "born_on", "mail"}}},
		Records: []dsr.Record{
			{Category: "person", Title: title("Person"), Source: title("Register"), Columns: []dsr.Column{{Name: "name", Title: title("Name")}},
				Rows: [][]string{{Name}}, Matched: "mail"},
			{Category: "messages", Title: title("Messages"), Source: title("Mailbox"), Columns: []dsr.Column{{Name: "text", Title: title("Text")}},
				Rows: [][]string{{"Third Canary asked after you"}}, ThirdParties: []string{"Third Canary"}, Matched: "mail"},
		},
	}
}

// Case is one case on its way, with those who push it.
type Case struct {
	h  *House
	o  *store.Organisation
	ID string
	dsr.Filed
	Mail string
	path []dsr.Stage // entered so far, received first
}

// Filing is what the person of the tests files.
func Filing(token string) dsr.Filing {
	return dsr.Filing{FormToken: token, Channel: dsr.ChannelPortal, Voice: dsr.VoiceVi,
		Person:  dsr.Person{Name: Name, BornOn: "1995-02-03", Population: "resident", Service: "support"},
		Contact: dsr.Contact{Mail: Mail, Phone: "03-1234-5678"},
		Wishes:  []dsr.Wish{{Kind: dsr.KindDisclosure, Scope: "everything about me", Delivery: "download"}}}
}

// Form is a form token that nobody has used.
func (h *House) Form() string { return fmt.Sprintf("form-%d", h.fileNo.Add(1)) }

// File files a disclosure on the portal; change may alter it.
func (h *House) File(t testing.TB, change ...func(*dsr.Filing)) *Case {
	t.Helper()
	f := Filing(h.Form())
	f.Contact.Mail = fmt.Sprintf("linh.canary%d@example.jp", h.fileNo.Load())
	for _, c := range change {
		c(&f)
	}
	return h.filed(t, h.Here, dsr.Actor{Kind: dsr.ActorPerson}, f)
}

// FileThere keys in a telephone request at the other organisation.
func (h *House) FileThere(t testing.TB, clerk dsr.Actor) *Case {
	t.Helper()
	f := Filing(h.Form())
	f.Channel, f.Voice, f.RecordingTold = dsr.ChannelTelephone, dsr.VoiceEn, true
	return h.filed(t, h.There, clerk, f)
}

func (h *House) filed(t testing.TB, organisation string, actor dsr.Actor, f dsr.Filing) *Case {
	t.Helper()
	o := h.Store.For(organisation)
	filed, err := o.File(t.Context(), actor, f)
	if err != nil {
		t.Fatal(err)
	}
	return &Case{h: h, o: o, ID: filed.Cases[0], Filed: filed, Mail: f.Contact.Mail, path: []dsr.Stage{dsr.StageReceived}}
}

// Office is the door of the case's organisation.
func (c *Case) Office() *store.Organisation { return c.o }

// Facts are the facts of the case's present epoch.
func (c *Case) Facts(t testing.TB) dsr.Facts {
	t.Helper()
	epoch := int(c.h.Int(t, "SELECT epoch FROM cases WHERE id = ?", c.ID))
	f, err := c.o.Facts(t.Context(), c.ID, epoch)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Deliver hands the case's commands over as the relay and the workflow do: a
// start, or one apply after the other.
func (c *Case) Deliver(t testing.TB) {
	t.Helper()
	for {
		d, ok, err := c.o.ClaimDelivery(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return
		}
		if d.Acked < d.Epoch {
			_, err = c.o.Begin(t.Context(), c.ID, d.Epoch)
		} else {
			_, err = c.o.Apply(t.Context(), c.ID, d.Epoch, d.Number)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Enter makes the next stage change.
func (c *Case) Enter(t testing.TB, to dsr.Stage) dsr.Facts {
	t.Helper()
	f := c.Facts(t)
	f, err := c.o.Enter(t.Context(), c.ID, f.Epoch, f.Transition+1, to)
	if err != nil {
		t.Fatalf("entering %s: %v", to, err)
	}
	c.path = append(c.path, f.Stage)
	return f
}

// Run does what the workflow would until the case waits for somebody, is
// closed, or stands at the stage that until names ("" for none).
func (c *Case) Run(t testing.TB, until ...dsr.Stage) dsr.Facts {
	t.Helper()
	for range 60 {
		c.Deliver(t)
		f := c.Facts(t)
		if !f.Stage.Open() || slices.Contains(until, f.Stage) || !c.step(t, f) {
			return c.Facts(t)
		}
	}
	t.Fatalf("case %s does not come to rest: %+v", c.ID, c.Facts(t))
	return dsr.Facts{}
}

// step does one thing; false when there is nothing to do but wait.
func (c *Case) step(t testing.TB, f dsr.Facts) bool {
	t.Helper()
	to := dsr.Stage("")
	proven := dsr.StageAccepted // where a case goes once identity is proven
	if f.AuthorityNeeded && !f.AuthorityProven {
		proven = dsr.StageAuthority
	}
	switch {
	case f.ReleaseWanted && (f.Ended() || f.Stage == dsr.StageNotified && f.RecipientsOpen == 0):
		return c.Act(t, dsr.ActionRelease)
	case f.Stage == dsr.StageNotified && f.RecipientsOpen > 0 && !f.Ended():
		return false
	case f.Ended() || f.Stage == dsr.StageNotified:
		c.Close(t)
		return true
	case f.Withdrawn:
		return false
	case f.Stage == dsr.StageClarification:
		if !f.QuestionOpen {
			to = f.Before
		}
	case f.QuestionOpen && dsr.CanMove(f.Stage, dsr.StageClarification):
		to = dsr.StageClarification
	case f.Stage == dsr.StageReceived:
		to = dsr.StageTriage
	case (f.Stage == dsr.StageTriage || f.Stage == dsr.StageIdentity || f.Stage == dsr.StageAuthority) && (f.Proposed() || f.Decided != ""):
		to = dsr.StageDecision
	case f.HoldWanted && f.IdentityProven && f.Stage == dsr.StageIdentity && proven != dsr.StageAuthority:
		return c.Act(t, dsr.ActionFreeze)
	case f.Stage == dsr.StageTriage && f.Classified:
		to = dsr.StageIdentity
		if f.IdentityProven {
			to = proven
		}
	case f.Stage == dsr.StageIdentity && f.IdentityProven:
		to = proven
	case f.Stage == dsr.StageAuthority && f.AuthorityProven:
		to = dsr.StageAccepted
	case f.Stage == dsr.StageIdentity && f.LookupWanted:
		c.Look(t)
		return !c.h.Systems.Away
	case f.Stage == dsr.StageReopened && !f.IdentityProven:
		to = dsr.StageIdentity
	case f.Stage == dsr.StageReopened && proven == dsr.StageAuthority:
		to = proven
	case f.Stage == dsr.StageAccepted, f.Stage == dsr.StageReopened:
		to = dsr.StageSearch
	case f.HoldWanted:
		return c.Act(t, dsr.ActionFreeze)
	case f.Stage == dsr.StageSearch && !f.Preserved:
		return c.Act(t, dsr.ActionPreserve)
	case f.Stage == dsr.StageSearch && !f.Collected:
		return c.Collect(t)
	case f.Stage == dsr.StageSearch && f.Kind.Investigates() && !f.Investigated:
		to = dsr.StageInvestigation
	case f.Stage == dsr.StageInvestigation && !f.Investigated:
	case f.Stage == dsr.StageSearch, f.Stage == dsr.StageInvestigation:
		to = dsr.StageReview
	case f.Stage == dsr.StageReview && (f.Proposed() || f.Decided != ""):
		to = dsr.StageDecision
	case f.Stage == dsr.StageDecision && f.Proposed():
	case f.Stage == dsr.StageDecision && f.Decided == "":
		to = f.Before // where the proposal came from
	case f.Stage == dsr.StageDecision && (f.GivesPackage() || f.Changes()):
		to = dsr.StageExecution
	case f.Stage == dsr.StageDecision:
		to = dsr.StageNotified
	case f.Stage == dsr.StageExecution && f.Decided == "":
		to = dsr.StageReview // a stopped erasure was taken back there
	case f.Stage == dsr.StageExecution && f.Todo != "" && !(f.Stopped && f.Todo == dsr.ActionErase):
		return c.Act(t, f.Todo)
	case f.Stage == dsr.StageExecution && (f.CoolingOff || f.Stopped):
	case f.Stage == dsr.StageExecution && f.Changes():
		to = dsr.StageNotified
	case f.Stage == dsr.StageExecution && !f.PackageReady:
		c.Build(t)
		return true
	case f.Stage == dsr.StageExecution:
		to = dsr.StageDelivery
	case f.Stage == dsr.StageDelivery && f.Delivered:
		to = dsr.StageNotified
	}
	if to == "" {
		return false
	}
	c.Enter(t, to)
	return true
}

// Close makes the closing change.
func (c *Case) Close(t testing.TB) dsr.Facts {
	t.Helper()
	f := c.Facts(t)
	f, err := c.o.Close(t.Context(), c.ID, f.Epoch, f.Transition+1)
	if err != nil {
		t.Fatalf("closing: %v", err)
	}
	c.path = append(c.path, f.Stage)
	return f
}

// Look does the lookups of an identity task.
func (c *Case) Look(t testing.TB) {
	t.Helper()
	c.effects(t, dsr.ActionLookup, func(e dsr.Effect) error {
		if _, err := c.o.Identifiers(t.Context(), e.ID); err != nil {
			return err
		}
		return c.o.SaveCandidates(t.Context(), e.ID, e.Fence, slices.Clone(c.h.Systems.Candidates))
	})
}

// Collect collects from every system; false when there was nothing to ask.
func (c *Case) Collect(t testing.TB) bool {
	t.Helper()
	return c.effects(t, dsr.ActionCollect, func(e dsr.Effect) error {
		if _, _, err := c.o.Locator(t.Context(), e.ID); err != nil {
			return err
		}
		records := c.h.Systems.Records
		if own, ok := c.h.Systems.Of[e.Connector]; ok {
			records = own
		}
		return c.o.SaveRecords(t.Context(), e.ID, e.Fence, records)
	})
}

// Act does an action that changes something in every system that it concerns;
// false when a further round would not help.
func (c *Case) Act(t testing.TB, action dsr.Action) bool {
	t.Helper()
	before := c.Facts(t)
	c.effects(t, action, func(e dsr.Effect) error {
		in, err := c.o.Instruction(t.Context(), e.ID)
		if err != nil {
			return err
		}
		code := c.h.Systems.act(e, in)
		if code != "" {
			return c.o.FailEffect(t.Context(), e.ID, e.Fence, code, true)
		}
		return c.o.SaveActed(t.Context(), e.ID, e.Fence, dsr.Acted{Rows: len(in.Rows)})
	})
	return c.Facts(t) != before
}

// effects is one round of an action; false when no further round would help.
func (c *Case) effects(t testing.TB, action dsr.Action, do func(e dsr.Effect) error) (asked bool) {
	t.Helper()
	epoch := c.Facts(t).Epoch
	all, err := c.o.PlanEffects(t.Context(), c.ID, epoch, action)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e, err = c.o.Permit(t.Context(), e.ID, epoch); err != nil {
			t.Fatal(err)
		}
		if e.State != dsr.EffectAttempting {
			continue
		}
		asked = true
		if c.h.Systems.Away {
			err = c.o.FailEffect(t.Context(), e.ID, e.Fence, "connector.away", true)
		} else {
			err = do(e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return asked && !c.h.Systems.Away || c.Facts(t).Collected
}

// Build builds the package: the decided items as JSON.
func (c *Case) Build(t testing.TB) {
	t.Helper()
	epoch := c.Facts(t).Epoch
	parcel, err := c.o.PackageInputs(t.Context(), c.ID, epoch)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := json.Marshal(parcel.Items)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(bytes)
	if _, err := c.o.SavePackage(t.Context(), c.ID, epoch, hex.EncodeToString(sum[:]), bytes); err != nil {
		t.Fatal(err)
	}
}

// Post sends every mail that is due, and gives what was sent.
func (h *House) Post(t testing.TB) (sent []store.Outgoing) {
	t.Helper()
	ids, err := h.Store.Organisations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		o := h.Store.For(id)
		for {
			mails, err := o.ClaimNotices(t.Context(), 50)
			if err != nil {
				t.Fatal(err)
			}
			if len(mails) == 0 {
				break
			}
			for _, m := range mails {
				if err := o.NoticeAccepted(t.Context(), m.Notice); err != nil {
					t.Fatal(err)
				}
			}
			sent = append(sent, mails...)
		}
	}
	return sent
}

var eight = regexp.MustCompile(`\b\d{4}[ \-]?\d{4}\b`)

// CodeIn reads the one-time code of a mail; "" for none.
func CodeIn(m store.Outgoing) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(eight.FindString(m.Text))
}

// Code lets the last code rest, asks for a new one and reads it from the mail
// that comes.
func (c *Case) Code(t testing.TB, purpose string) string {
	t.Helper()
	c.h.Clock.Advance(codeRest)
	c.h.Post(t)
	if err := c.o.SendCode(t.Context(), c.Submission, purpose); err != nil {
		t.Fatal(err)
	}
	for _, m := range c.h.Post(t) {
		if code := CodeIn(m); m.To == c.Mail && len(code) == 8 {
			return code
		}
	}
	t.Fatal("no mail with a code came")
	return ""
}

// Confirm confirms the contact by a code.
func (c *Case) Confirm(t testing.TB) {
	t.Helper()
	if err := c.o.ConfirmContact(t.Context(), c.Submission, c.Code(t, "confirm")); err != nil {
		t.Fatal(err)
	}
}

// Prove confirms the contact if that is still to do, and sends a paper.
func (c *Case) Prove(t testing.TB) {
	t.Helper()
	if c.h.Int(t, "SELECT contact_confirmed_at FROM submissions WHERE id = ?", c.Submission) == 0 {
		c.Confirm(t)
	}
	if _, err := c.o.AddDocument(t.Context(), c.Submission, "residence-card", "image/png", []byte("picture of "+Name)); err != nil {
		t.Fatal(err)
	}
	if err := c.o.SubmitIdentity(t.Context(), c.Submission); err != nil {
		t.Fatal(err)
	}
}

// Task is the newest task of a kind that is to be done; "" for none.
func (c *Case) Task(t testing.TB, kind dsr.TaskKind) string {
	t.Helper()
	return c.h.Text(t, `SELECT COALESCE((SELECT id FROM tasks WHERE case_id = ? AND kind = ? AND state IN ('open', 'claimed')
		ORDER BY opened_at DESC, id DESC LIMIT 1), '')`, c.ID, string(kind))
}

// Claim claims the task of a kind.
func (c *Case) Claim(t testing.TB, actor dsr.Actor, kind dsr.TaskKind) string {
	t.Helper()
	task := c.Task(t, kind)
	if task == "" {
		t.Fatalf("there is no task %s at stage %s", kind, c.Facts(t).Stage)
	}
	if err := c.o.Claim(t.Context(), actor, task); err != nil {
		t.Fatal(err)
	}
	return task
}

// Verify compares the papers and is satisfied.
func (c *Case) Verify(t testing.TB, handler dsr.Actor) {
	t.Helper()
	task := c.Claim(t, handler, dsr.TaskVerifyIdentity)
	candidate := 0
	if len(c.h.Systems.Candidates) == 0 {
		candidate = -1
	}
	if err := c.o.ConfirmIdentity(t.Context(), handler, c.ID, dsr.IdentityConfirmation{Task: task, Document: "residence-card",
		Candidate: candidate, Agreed: []string{"name", "born_on"}, Delivery: "filed"}); err != nil {
		t.Fatal(err)
	}
}

// Answer answers every item of a review: the first is withheld when withhold
// is set, the names of third people are redacted.
func (c *Case) Answer(t testing.TB, handler dsr.Actor, withhold bool) {
	t.Helper()
	page, err := c.o.Review(t.Context(), handler, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, it := range page.Items {
		it.Decision.Measure = dsr.MeasureDisclose
		for j := range it.Tests {
			it.Tests[j].Answer = dsr.AnswerDoesNot
		}
		if withhold && i == 0 {
			it.Tests[0].Answer, it.Tests[0].Evidence = dsr.AnswerApplies, "seen in the file"
			it.Decision.Measure, it.Decision.Exemption, it.Decision.Reason = dsr.MeasureWithhold, it.Tests[0].Exemption, "it would harm somebody"
		}
		for j := range it.Decision.Redactions {
			it.Decision.Redactions[j].Answered, it.Decision.Redactions[j].Accepted = true, true
		}
		if err := c.o.AnswerItem(t.Context(), handler, c.ID, it); err != nil {
			t.Fatal(err)
		}
	}
}

// Propose claims the review, answers every item and proposes.
func (c *Case) Propose(t testing.TB, handler dsr.Actor, withhold bool) {
	t.Helper()
	task := c.Claim(t, handler, dsr.TaskReview)
	c.Answer(t, handler, withhold)
	if err := c.o.Propose(t.Context(), handler, c.ID, task); err != nil {
		t.Fatal(err)
	}
}

// Approve claims the newest proposal and agrees with it.
func (c *Case) Approve(t testing.TB, approver dsr.Actor) {
	t.Helper()
	task := c.Claim(t, approver, dsr.TaskApprove)
	if err := c.o.Approve(t.Context(), approver, c.ID, task, c.Facts(t).Proposal); err != nil {
		t.Fatal(err)
	}
}

// SendBack claims the newest proposal and sends it back.
func (c *Case) SendBack(t testing.TB, approver dsr.Actor) {
	t.Helper()
	task := c.Claim(t, approver, dsr.TaskApprove)
	if err := c.o.SendBack(t.Context(), approver, c.ID, task, c.Facts(t).Proposal, "please look again"); err != nil {
		t.Fatal(err)
	}
}

// Download takes the package with a fresh code.
func (c *Case) Download(t testing.TB) []byte {
	t.Helper()
	_, bytes, err := c.o.Download(t.Context(), c.Submission, c.ID, c.Code(t, "download"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// ToIdentity, ToReview, ToDecision, ToDelivery and ToClosed walk a fresh case
// to where it waits for the person's papers, a reviewer, an approver, the
// person's download, and nobody.
func (c *Case) ToIdentity(t testing.TB) *Case {
	t.Helper()
	return c.at(t, dsr.StageIdentity)
}

// ToReview walks to the review.
func (c *Case) ToReview(t testing.TB) *Case {
	t.Helper()
	c.ToIdentity(t).Prove(t)
	c.Run(t)
	c.Verify(t, c.h.Handler)
	return c.at(t, dsr.StageReview)
}

// ToDecision walks to a proposal that withholds one item.
func (c *Case) ToDecision(t testing.TB) *Case {
	t.Helper()
	c.ToReview(t).Propose(t, c.h.Handler, true)
	return c.at(t, dsr.StageDecision)
}

// ToDelivery walks to a package that waits for its download.
func (c *Case) ToDelivery(t testing.TB) *Case {
	t.Helper()
	c.ToDecision(t).Approve(t, c.h.Approver)
	return c.at(t, dsr.StageDelivery)
}

// ToClosed walks to the end.
func (c *Case) ToClosed(t testing.TB) *Case {
	t.Helper()
	c.ToDelivery(t)
	c.Download(t)
	c.h.Post(t)
	return c.at(t, dsr.StageClosed)
}

func (c *Case) at(t testing.TB, want dsr.Stage) *Case {
	t.Helper()
	if f := c.Run(t); f.Stage != want {
		t.Fatalf("the case came to %s, not to %s: %+v", f.Stage, want, f)
	}
	return c
}

// codeRest is longer than the time between two codes.
const codeRest = 31 * time.Second
