package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/sample"
	"madoguchi/internal/store"
)

// seeder makes the sample cases of a demonstration by the engine itself: every
// step goes through the same methods as the pages, and waits for the process
// to carry it out. Nothing is written past it.
type seeder struct {
	a          *app
	out        io.Writer
	o          *store.Organisation
	picture    []byte
	document   string
	population string
	handlers   []dsr.Actor
	approver   dsr.Actor
	clerk      dsr.Actor
	people     []sample.Person
	next       int
	made       int
}

// errSeed is a step that did not come about in time.
var errSeed = errors.New("a sample case did not get on")

// until waits for a case to be as wanted, for as long as a busy first start
// may take.
func (s *seeder) until(ctx context.Context, caseID string, want func(dsr.CasePage) bool) (page dsr.CasePage, err error) {
	deadline := time.Now().Add(90 * time.Second)
	for time.Now().Before(deadline) {
		if page, err = s.o.Case(ctx, s.handlers[0], caseID); err != nil {
			return page, err
		}
		if want(page) {
			return page, nil
		}
		select {
		case <-ctx.Done():
			return page, ctx.Err()
		case <-time.After(150 * time.Millisecond):
		}
	}
	return page, fmt.Errorf("%w: it stays at %s", errSeed, page.Stage)
}

func at(stage dsr.Stage) func(dsr.CasePage) bool {
	return func(p dsr.CasePage) bool { return p.Stage == stage }
}

// open finds an open task of a kind.
func openTask(p dsr.CasePage, kind dsr.TaskKind) (dsr.Task, bool) {
	for _, t := range p.Tasks {
		if t.Kind == kind && (t.State == "open" || t.State == "claimed") {
			return t, true
		}
	}
	return dsr.Task{}, false
}

// file files for the next made-up person.
func (s *seeder) file(ctx context.Context, voice dsr.Voice) (dsr.Filed, sample.Person, error) {
	p := s.people[s.next]
	s.next++
	f := s.filing(p, voice)
	f.FormToken = fmt.Sprintf("sample-%d", s.next)
	filed, err := s.o.File(ctx, dsr.Actor{Kind: dsr.ActorPerson}, f)
	s.made++
	return filed, p, err
}

func (s *seeder) filing(p sample.Person, voice dsr.Voice) dsr.Filing {
	return dsr.Filing{Channel: dsr.ChannelPortal, Voice: voice,
		Person:  dsr.Person{Name: p.Name, Kana: p.Kana, BornOn: p.BornOn, Mail: p.Mail, Phone: p.Phone, Population: s.population},
		Contact: dsr.Contact{Mail: p.Mail, Phone: p.Phone},
		Wishes:  []dsr.Wish{{Kind: dsr.KindDisclosure, Scope: "", Delivery: "download"}}}
}

// call keys in a telephone request whose call was some days ago.
func (s *seeder) call(ctx context.Context, daysAgo int, voice dsr.Voice) (dsr.Filed, error) {
	p := s.people[s.next]
	s.next++
	f := s.filing(p, voice)
	f.FormToken, f.Channel = fmt.Sprintf("sample-%d", s.next), dsr.ChannelTelephone
	f.ArrivedAt = time.Now().AddDate(0, 0, -daysAgo).Add(-3 * time.Hour).UnixMicro()
	s.made++
	return s.o.File(ctx, s.clerk, f)
}

var codeInMail = regexp.MustCompile(`\b(\d{4}) (\d{4})\b`)

// code reads the newest one-time code for an address out of the sink.
func (s *seeder) code(ctx context.Context, address string, since time.Time) (string, error) {
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		mails, err := s.a.sink.List()
		if err != nil {
			return "", err
		}
		for _, m := range mails {
			if m.At.Before(since) || !strings.Contains(fmt.Sprint(m.To), address) {
				continue
			}
			if c := codeInMail.FindStringSubmatch(m.Text); c != nil {
				return c[1] + c[2], nil
			}
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(150 * time.Millisecond):
		}
	}
	return "", fmt.Errorf("%w: no code arrived", errSeed)
}

// confirm confirms the contact by its code.
func (s *seeder) confirm(ctx context.Context, f dsr.Filed, p sample.Person) error {
	since := time.Now().Add(-time.Second)
	if err := s.o.SendCode(ctx, f.Submission, "confirm"); err != nil {
		return err
	}
	code, err := s.code(ctx, p.Mail, since)
	if err != nil {
		return err
	}
	return s.o.ConfirmContact(ctx, f.Submission, code)
}

// prove uploads the sample picture and sends it.
func (s *seeder) prove(ctx context.Context, f dsr.Filed, p sample.Person) error {
	if _, err := s.until(ctx, f.Cases[0], at(dsr.StageIdentity)); err != nil {
		return err
	}
	if err := s.confirm(ctx, f, p); err != nil {
		return err
	}
	if _, err := s.o.AddDocument(ctx, f.Submission, s.document, "image/png", s.picture); err != nil {
		return err
	}
	return s.o.SubmitIdentity(ctx, f.Submission)
}

// verify claims the identity task, compares and confirms.
func (s *seeder) verify(ctx context.Context, f dsr.Filed, handler dsr.Actor) error {
	id := f.Cases[0]
	page, err := s.until(ctx, id, func(p dsr.CasePage) bool { _, ok := openTask(p, dsr.TaskVerifyIdentity); return ok })
	if err != nil {
		return err
	}
	task, _ := openTask(page, dsr.TaskVerifyIdentity)
	if err := s.o.Claim(ctx, handler, task.ID); err != nil {
		return err
	}
	deadline := time.Now().Add(90 * time.Second)
	for {
		ip, err := s.o.IdentityPage(ctx, handler, id)
		if err != nil {
			return err
		}
		if ip.LookedUp {
			best := -1
			for i, c := range ip.Candidates {
				if best < 0 || len(c.Matched) > len(ip.Candidates[best].Matched) {
					best = i
				}
			}
			return s.o.ConfirmIdentity(ctx, handler, id, dsr.IdentityConfirmation{Task: task.ID, Document: s.document,
				Candidate: best, Agreed: []string{"name", "born_on"}, Delivery: "file"})
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%w: nobody was looked up", errSeed)
		}
		time.Sleep(150 * time.Millisecond)
	}
}

// decide answers every item and proposes; withhold says whether the first
// consultation is kept back.
func (s *seeder) decide(ctx context.Context, f dsr.Filed, handler dsr.Actor, withhold bool) error {
	id := f.Cases[0]
	page, err := s.until(ctx, id, func(p dsr.CasePage) bool {
		_, ok := openTask(p, dsr.TaskReview)
		return ok && p.Stage == dsr.StageReview
	})
	if err != nil {
		return err
	}
	task, _ := openTask(page, dsr.TaskReview)
	if err := s.o.Claim(ctx, handler, task.ID); err != nil {
		return err
	}
	review, err := s.o.Review(ctx, handler, id)
	if err != nil {
		return err
	}
	for i, it := range review.Items {
		for j := range it.Tests {
			it.Tests[j].Answer = dsr.AnswerDoesNot
		}
		for j := range it.Decision.Redactions {
			it.Decision.Redactions[j].Accepted, it.Decision.Redactions[j].Answered = true, true
		}
		it.Decision.Measure = dsr.MeasureDisclose
		if it.Quarantine {
			it.Decision.Measure = dsr.MeasureNotHeld
		}
		if withhold && i == 1 && len(it.Tests) > 0 && !it.Quarantine {
			it.Tests[0].Answer, it.Tests[0].Evidence = dsr.AnswerApplies, "Sample case: the note tells where somebody else can be found."
			it.Decision.Measure, it.Decision.Exemption = dsr.MeasureWithhold, it.Tests[0].Exemption
		}
		if err := s.o.AnswerItem(ctx, handler, id, it); err != nil {
			return err
		}
	}
	return s.o.Propose(ctx, handler, id, task.ID)
}

// approve lets somebody else agree.
func (s *seeder) approve(ctx context.Context, f dsr.Filed) error {
	id := f.Cases[0]
	page, err := s.until(ctx, id, func(p dsr.CasePage) bool {
		_, ok := openTask(p, dsr.TaskApprove)
		return ok && p.Stage == dsr.StageDecision
	})
	if err != nil {
		return err
	}
	task, _ := openTask(page, dsr.TaskApprove)
	if err := s.o.Claim(ctx, s.approver, task.ID); err != nil {
		return err
	}
	return s.o.Approve(ctx, s.approver, id, task.ID, page.Proposal)
}

// download opens the package, which closes the case.
func (s *seeder) download(ctx context.Context, f dsr.Filed, p sample.Person) error {
	if _, err := s.until(ctx, f.Cases[0], at(dsr.StageDelivery)); err != nil {
		return err
	}
	deadline := time.Now().Add(60 * time.Second)
	for {
		since := time.Now().Add(-time.Second)
		err := s.o.SendCode(ctx, f.Submission, "download")
		if err == nil {
			code, err := s.code(ctx, p.Mail, since)
			if err != nil {
				return err
			}
			_, _, err = s.o.Download(ctx, f.Submission, f.Cases[0], code)
			return err
		}
		if dsr.CodeOf(err) != "error.code-too-soon" || time.Now().After(deadline) {
			return err
		}
		time.Sleep(2 * time.Second)
	}
}

// run makes some twenty cases in different stages.
func (s *seeder) run(ctx context.Context) error {
	voices := []dsr.Voice{dsr.VoiceVi, dsr.VoiceJa, dsr.VoiceEn, dsr.VoiceJaEasy, dsr.VoiceVi, dsr.VoiceDe}
	voice := func() dsr.Voice { return voices[s.next%len(voices)] }
	type step struct {
		name  string
		count int
		do    func() error
	}
	proven := func() (dsr.Filed, sample.Person, error) {
		f, p, err := s.file(ctx, voice())
		if err == nil {
			err = s.prove(ctx, f, p)
		}
		return f, p, err
	}
	reviewed := func(handler dsr.Actor, withhold bool) (dsr.Filed, sample.Person, error) {
		f, p, err := proven()
		if err == nil {
			err = s.verify(ctx, f, handler)
		}
		if err == nil {
			err = s.decide(ctx, f, handler, withhold)
		}
		return f, p, err
	}
	h := s.handlers
	steps := []step{
		{"waiting for papers", 4, func() error { _, _, err := s.file(ctx, voice()); return err }},
		{"papers to compare", 4, func() error { _, _, err := proven(); return err }},
		{"to be reviewed", 3, func() error {
			f, _, err := proven()
			if err == nil {
				err = s.verify(ctx, f, h[s.next%len(h)])
			}
			return err
		}},
		{"a question to the person", 1, func() error {
			f, _, err := proven()
			if err == nil {
				err = s.verify(ctx, f, h[0])
			}
			if err == nil {
				_, err = s.until(ctx, f.Cases[0], at(dsr.StageReview))
			}
			if err == nil {
				err = s.o.Ask(ctx, h[0], f.Cases[0], "ご相談はおよそいつごろでしたか。分からなければ「分からない」とお答えください。")
			}
			return err
		}},
		{"waiting for approval", 2, func() error { _, _, err := reviewed(h[s.next%len(h)], true); return err }},
		{"answered, not opened yet", 1, func() error {
			f, _, err := reviewed(h[0], true)
			if err == nil {
				err = s.approve(ctx, f)
			}
			return err
		}},
		{"answered and opened", 2, func() error {
			f, p, err := reviewed(h[1], s.next%2 == 0)
			if err == nil {
				err = s.approve(ctx, f)
			}
			if err == nil {
				err = s.download(ctx, f, p)
			}
			return err
		}},
		{"withdrawn", 1, func() error {
			f, _, err := s.file(ctx, voice())
			if err == nil {
				_, err = s.until(ctx, f.Cases[0], at(dsr.StageIdentity))
			}
			if err == nil {
				err = s.o.Withdraw(ctx, f.Submission, f.Cases[0])
			}
			return err
		}},
		{"a call of three weeks ago, overdue", 1, func() error { _, err := s.call(ctx, 24, dsr.VoiceJa); return err }},
		{"a call of last week", 1, func() error { _, err := s.call(ctx, 9, dsr.VoiceVi); return err }},
	}
	for _, st := range steps {
		for range st.count {
			if err := st.do(); err != nil {
				return fmt.Errorf("sample case %d (%s): %w", s.made, st.name, err)
			}
		}
	}
	return nil
}
