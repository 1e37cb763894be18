package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// Office is what the people of a request do, as the pages do it.
type Office interface {
	File(ctx context.Context, actor dsr.Actor, f dsr.Filing) (dsr.Filed, error)
	SendCode(ctx context.Context, submission, purpose string) error
	ConfirmContact(ctx context.Context, submission, code string) error
	AddDocument(ctx context.Context, submission, kind, mediaType string, data []byte) (dsr.Document, error)
	SubmitIdentity(ctx context.Context, submission string) error
	Download(ctx context.Context, submission, caseID, code string) (name string, data []byte, err error)

	Case(ctx context.Context, actor dsr.Actor, caseID string) (dsr.CasePage, error)
	Claim(ctx context.Context, actor dsr.Actor, task string) error
	PapersArrived(ctx context.Context, actor dsr.Actor, caseID string, kinds []string) error
	IdentityPage(ctx context.Context, actor dsr.Actor, caseID string) (dsr.IdentityPage, error)
	ConfirmIdentity(ctx context.Context, actor dsr.Actor, caseID string, c dsr.IdentityConfirmation) error
	RecordAuthority(ctx context.Context, actor dsr.Actor, caseID, task string, a dsr.Authority) error
	Admit(ctx context.Context, actor dsr.Actor, caseID, task string) error
	Classify(ctx context.Context, actor dsr.Actor, caseID, task string, kind dsr.Kind) (sibling string, err error)
	ProposeRedirect(ctx context.Context, actor dsr.Actor, caseID, task, where string) error
	Investigation(ctx context.Context, actor dsr.Actor, caseID string) (dsr.InvestigationPage, error)
	Investigated(ctx context.Context, actor dsr.Actor, caseID, task string, findings []dsr.Finding) error
	Review(ctx context.Context, actor dsr.Actor, caseID string) (dsr.ReviewPage, error)
	AnswerItem(ctx context.Context, actor dsr.Actor, caseID string, item dsr.Item) error
	Propose(ctx context.Context, actor dsr.Actor, caseID, task string) error
	Approve(ctx context.Context, actor dsr.Actor, caseID, task string, version int) error
	Extend(ctx context.Context, actor dsr.Actor, caseID string, e dsr.Extension) error
	TellRecipient(ctx context.Context, actor dsr.Actor, caseID, recipient, result string) error
	LettersToPost(ctx context.Context, actor dsr.Actor) ([]dsr.PostedLetter, error)
	LetterPosted(ctx context.Context, actor dsr.Actor, notice string) error
	HandedOver(ctx context.Context, actor dsr.Actor, caseID, task string) error
}

// Cast are the people of one organisation and what they have at hand.
type Cast struct {
	Office Office
	Pack   *policy.Pack
	// Approver is never the same person as Handler.
	Clerk, Handler, Approver dsr.Actor
	// Code gives the newest one-time code that was mailed to an address since an
	// instant.
	Code func(ctx context.Context, address string, since time.Time) (string, error)
	// Picture is what the person uploads where a picture is asked for (PNG).
	Picture []byte
	// Patience is how long one wait may last, Poll the pause between two looks.
	Patience, Poll time.Duration
}

// ErrStuck is a step that did not come about in time.
var ErrStuck = errors.New("a case did not get on")

// Request is what a person asks.
type Request struct {
	// Token makes the same request file once.
	Token   string
	Kind    dsr.Kind
	Channel dsr.Channel
	Voice   dsr.Voice
	Person  dsr.Person
	// ArrivedAt is when it came, UTC microseconds; 0 is now. PostedOn is the
	// postmark of a letter.
	ArrivedAt      int64
	PostedOn       string
	Population     string // "" is the pack's first
	Claims         []dsr.Claim
	Ground         string
	Representative *dsr.Representative
	// Delivery is "download", "post" or "counter"; "" is by the channel.
	Delivery string
}

// Case is one request that was filed.
type Case struct {
	dsr.Filed
	Request
}

// ID is the case's ID.
func (c Case) ID() string { return c.Cases[0] }

// File files a request: over the portal the person does, otherwise the clerk
// keys it in.
func (t *Cast) File(ctx context.Context, r Request) (Case, error) {
	actor := dsr.Actor{Kind: dsr.ActorPerson}
	f := dsr.Filing{FormToken: r.Token, Channel: r.Channel, Voice: r.Voice, Person: r.Person, ArrivedAt: r.ArrivedAt, PostedOn: r.PostedOn,
		Representative: r.Representative, Contact: dsr.Contact{Mail: r.Person.Mail, Phone: r.Person.Phone}}
	if r.Channel != dsr.ChannelPortal {
		actor = t.Clerk
		f.RecordingTold = r.Channel == dsr.ChannelTelephone
	}
	if r.Channel == dsr.ChannelPost {
		f.Contact = dsr.Contact{ByPost: true, Address: r.Person.Address}
	}
	f.Person.Population = r.Population
	if f.Person.Population == "" && len(t.Pack.Populations) > 0 {
		f.Person.Population = t.Pack.Populations[0].ID
	}
	if r.Delivery == "" {
		if r.Delivery = "download"; r.Channel == dsr.ChannelPost {
			r.Delivery = "post"
		}
	}
	f.Wishes = []dsr.Wish{{Kind: r.Kind, Delivery: r.Delivery, Claims: r.Claims, Ground: r.Ground}}
	filed, err := t.Office.File(ctx, actor, f)
	return Case{Filed: filed, Request: r}, err
}

// Until waits for a case to be as wanted.
func (t *Cast) Until(ctx context.Context, c Case, want func(dsr.CasePage) bool) (page dsr.CasePage, err error) {
	err = t.wait(ctx, func() (bool, error) {
		page, err = t.Office.Case(ctx, t.Handler, c.ID())
		return err == nil && want(page), err
	})
	if errors.Is(err, ErrStuck) {
		err = fmt.Errorf("%w: a %s stays at %s", ErrStuck, c.Kind, page.Stage)
	}
	return page, err
}

func (t *Cast) wait(ctx context.Context, there func() (bool, error)) error {
	for deadline := time.Now().Add(t.Patience); ; {
		if ok, err := there(); ok || err != nil && dsr.FaultOf(err) != dsr.Unavailable {
			return err
		}
		if time.Now().After(deadline) {
			return ErrStuck
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(t.Poll):
		}
	}
}

// At waits for a stage.
func (t *Cast) At(ctx context.Context, c Case, stage dsr.Stage) error {
	_, err := t.Until(ctx, c, func(p dsr.CasePage) bool { return p.Stage == stage })
	return err
}

// Open finds an open task of a kind.
func Open(p dsr.CasePage, kind dsr.TaskKind) (dsr.Task, bool) {
	for _, task := range p.Tasks {
		if task.Kind == kind && (task.State == "open" || task.State == "claimed") {
			return task, true
		}
	}
	return dsr.Task{}, false
}

// Take waits for a task, at any stage that the caller names, and claims it.
func (t *Cast) Take(ctx context.Context, c Case, actor dsr.Actor, kind dsr.TaskKind, stages ...dsr.Stage) (dsr.CasePage, dsr.Task, error) {
	page, err := t.Until(ctx, c, func(p dsr.CasePage) bool {
		_, ok := Open(p, kind)
		return ok && (len(stages) == 0 || slices.Contains(stages, p.Stage))
	})
	if err != nil {
		return page, dsr.Task{}, err
	}
	task, _ := Open(page, kind)
	if task.State == "claimed" && task.Assignee == actor.ID {
		return page, task, nil
	}
	return page, task, t.Office.Claim(ctx, actor, task.ID)
}

// Papers is the person's part of the proof: the contact confirmed by a code,
// the picture sent. By other channels than the portal the desk has what it
// needs, or is told that it came.
func (t *Cast) Papers(ctx context.Context, c Case) error {
	if err := t.At(ctx, c, dsr.StageIdentity); err != nil {
		return err
	}
	id := t.Pack.IdentityFor(string(c.Kind), string(c.Channel), false)
	if c.Channel != dsr.ChannelPortal {
		page, err := t.Office.Case(ctx, t.Handler, c.ID())
		if err != nil {
			return err
		}
		if _, open := Open(page, dsr.TaskVerifyIdentity); open {
			return nil
		}
		return t.Office.PapersArrived(ctx, t.Clerk, c.ID(), []string{id.Documents[0].ID})
	}
	if id.Contact {
		since := time.Now().Add(-time.Second)
		if err := t.Office.SendCode(ctx, c.Submission, "confirm"); err != nil {
			return err
		}
		code, err := t.Code(ctx, c.Person.Mail, since)
		if err != nil {
			return err
		}
		if err := t.Office.ConfirmContact(ctx, c.Submission, code); err != nil {
			return err
		}
	}
	for _, d := range id.Documents {
		if d.How == "" {
			if _, err := t.Office.AddDocument(ctx, c.Submission, d.ID, "image/png", t.Picture); err != nil {
				return err
			}
			return t.Office.SubmitIdentity(ctx, c.Submission)
		}
	}
	return nil
}

// Verify is the handler's part: the best candidate of each system.
func (t *Cast) Verify(ctx context.Context, c Case) error {
	_, task, err := t.Take(ctx, c, t.Handler, dsr.TaskVerifyIdentity)
	if err != nil {
		return err
	}
	var page dsr.IdentityPage
	err = t.wait(ctx, func() (bool, error) {
		page, err = t.Office.IdentityPage(ctx, t.Handler, c.ID())
		return err == nil && page.LookedUp, err
	})
	if err != nil {
		return err
	}
	conf := dsr.IdentityConfirmation{Task: task.ID, Candidate: -1, Agreed: []string{"name", "born_on"}, Delivery: "file",
		Document: t.Pack.IdentityFor(string(c.Kind), string(c.Channel), false).Documents[0].ID}
	best := map[string]int{}
	for i, x := range page.Candidates {
		if j, ok := best[x.Connector]; !ok || len(x.Matched) > len(page.Candidates[j].Matched) {
			best[x.Connector] = i
		}
	}
	for i, x := range page.Candidates {
		switch {
		case best[x.Connector] != i:
		case conf.Candidate < 0:
			conf.Candidate = i
		default:
			conf.Also = append(conf.Also, i)
		}
	}
	return t.Office.ConfirmIdentity(ctx, t.Handler, c.ID(), conf)
}

// Admitted lets a handler see a representative's papers and a second person
// admit them.
func (t *Cast) Admitted(ctx context.Context, c Case, a dsr.Authority) error {
	_, task, err := t.Take(ctx, c, t.Handler, dsr.TaskAuthority, dsr.StageAuthority)
	if err != nil {
		return err
	}
	if err := t.Office.RecordAuthority(ctx, t.Handler, c.ID(), task.ID, a); err != nil {
		return err
	}
	if _, task, err = t.Take(ctx, c, t.Approver, dsr.TaskAdmit); err != nil {
		return err
	}
	return t.Office.Admit(ctx, t.Approver, c.ID(), task.ID)
}

// Investigate writes down the same finding for every item; nothing for a kind
// that is not investigated.
func (t *Cast) Investigate(ctx context.Context, c Case, result dsr.FindingResult, checked string) error {
	if !c.Kind.Investigates() {
		return nil
	}
	_, task, err := t.Take(ctx, c, t.Handler, dsr.TaskInvestigate, dsr.StageInvestigation)
	if err != nil {
		return err
	}
	page, err := t.Office.Investigation(ctx, t.Handler, c.ID())
	if err != nil {
		return err
	}
	var findings []dsr.Finding
	for _, it := range page.Items {
		findings = append(findings, dsr.Finding{Item: it.ID, Result: result, Checked: checked})
	}
	return t.Office.Investigated(ctx, t.Handler, c.ID(), task.ID, findings)
}

// Decide answers every item as answer says and proposes. The tests of the pack
// come answered with "does not apply", every redaction accepted.
func (t *Cast) Decide(ctx context.Context, c Case, answer Answer) error {
	_, task, err := t.Take(ctx, c, t.Handler, dsr.TaskReview, dsr.StageReview)
	if err != nil {
		return err
	}
	page, err := t.Office.Review(ctx, t.Handler, c.ID())
	if err != nil {
		return err
	}
	for n := range page.Items {
		it := page.Items[n]
		for j := range it.Tests {
			it.Tests[j].Answer = dsr.AnswerDoesNot
		}
		for j := range it.Decision.Redactions {
			it.Decision.Redactions[j].Accepted, it.Decision.Redactions[j].Answered = true, true
		}
		answer(page, n, &it)
		if err := t.Office.AnswerItem(ctx, t.Handler, c.ID(), it); err != nil {
			return fmt.Errorf("item %d of a %s (%s): %w", n+1, c.Kind, it.Decision.Measure, err)
		}
	}
	return t.Office.Propose(ctx, t.Handler, c.ID(), task.ID)
}

// Agree lets the approver agree with the newest proposal.
func (t *Cast) Agree(ctx context.Context, c Case) error {
	page, task, err := t.Take(ctx, c, t.Approver, dsr.TaskApprove, dsr.StageDecision)
	if err != nil {
		return err
	}
	return t.Office.Approve(ctx, t.Approver, c.ID(), task.ID, page.Proposal)
}

// Extend lets the approver put off the office's own target, by all that its rule
// allows. It gives false where the rule allows none.
func (t *Cast) Extend(ctx context.Context, c Case, ground string) (bool, error) {
	if t.Pack.TargetFor(string(c.Kind)).Extension == nil {
		return false, nil
	}
	_, err := t.Until(ctx, c, func(p dsr.CasePage) bool {
		return slices.ContainsFunc(p.Clocks, func(l dsr.ClockLine) bool { return l.Name == dsr.ClockTarget && l.Extendable })
	})
	if err != nil {
		return false, err
	}
	return true, t.Office.Extend(ctx, t.Approver, c.ID(), dsr.Extension{Clock: t.Pack.TargetFor(string(c.Kind)).ID, Ground: ground})
}

// Tell tells every recipient with one result.
func (t *Cast) Tell(ctx context.Context, c Case, result dsr.RecipientResult) error {
	page, err := t.Until(ctx, c, func(p dsr.CasePage) bool { return p.Stage == dsr.StageNotified || !p.Stage.Open() })
	if err != nil {
		return err
	}
	for _, r := range page.Recipients {
		if r.State != "open" {
			continue
		}
		if _, err := t.take(ctx, r.Task); err != nil {
			return err
		}
		if err := t.Office.TellRecipient(ctx, t.Handler, c.ID(), r.ID, string(result)); err != nil {
			return err
		}
	}
	return nil
}

// take claims a task that may be the handler's already.
func (t *Cast) take(ctx context.Context, task string) (bool, error) {
	if task == "" {
		return false, nil
	}
	err := t.Office.Claim(ctx, t.Handler, task)
	return err == nil, err
}
