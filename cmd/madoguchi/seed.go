package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"madoguchi/docs/samples"
	"madoguchi/dsr"
	"madoguchi/internal/rehearsal"
	"madoguchi/internal/sample"
	"madoguchi/policy"
)

// seeder makes the sample cases of one organisation by the engine itself: every
// step goes through the same methods as the pages, and waits for the process
// to carry it out. Nothing is written past it.
type seeder struct {
	rehearsal.Cast
	a      *app
	second dsr.Actor // another handler
	people []sample.Person
	next   int
	made   *atomic.Int64
}

// seeders are one for each organisation that has a made-up system.
func (a *app) seeders(accounts []account, made *atomic.Int64) (out []*seeder) {
	for _, p := range a.packs.Packs() {
		s := &seeder{a: a, made: made, Cast: rehearsal.Cast{Office: a.store.For(p.ID), Pack: p, Picture: samples.ResidenceCard,
			Patience: 2 * time.Minute, Poll: 200 * time.Millisecond}}
		s.Code = s.code
		// People whom every system of the organisation holds come first: what is
		// asked of several systems is about one person.
		for _, sys := range p.Systems {
			made, err := sample.Of(a.systems.Setting(p.ID, sys.ID))
			if err != nil {
				continue
			}
			main := made.Main().Mail
			for _, x := range made.People() {
				known := slices.ContainsFunc(s.people, func(y sample.Person) bool { return y.Mail == x.Mail })
				if x.Mail != main && strings.Contains(x.Mail, "@") && !known { // the main person is the visitor's own part
					s.people = append(s.people, x)
				}
			}
		}
		if len(s.people) == 0 {
			continue
		}
		for _, x := range accounts {
			actor := dsr.Actor{Kind: dsr.ActorStaff, ID: x.ID, Roles: x.Roles[p.ID]}
			switch x.Login {
			case "handler":
				s.Handler = actor
			case "handler2":
				s.second = actor
			case "approver":
				s.Approver = actor
			case "clerk":
				s.Clerk = actor
			}
		}
		out = append(out, s)
	}
	return out
}

var codeInMail = regexp.MustCompile(`\b(\d{4}) (\d{4})\b`)

// code reads the newest one-time code for an address out of the sink.
func (s *seeder) code(ctx context.Context, address string, since time.Time) (string, error) {
	deadline := time.Now().Add(s.Patience)
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
		case <-time.After(s.Poll):
		}
	}
	return "", fmt.Errorf("%w: no code arrived", rehearsal.ErrStuck)
}

// request is the next made-up person asking, in the language of the policy or
// another one.
func (s *seeder) request(kind dsr.Kind, channel dsr.Channel) rehearsal.Request {
	x := s.people[s.next%len(s.people)]
	s.next++
	voices := []dsr.Voice{dsr.Voice(s.Pack.Language), dsr.VoiceJa, dsr.Voice(s.Pack.Language), dsr.VoiceEn}
	r := rehearsal.Request{Token: fmt.Sprintf("sample-%s-%d", s.Pack.ID, s.next), Kind: kind, Channel: channel, Voice: voices[s.next%len(voices)],
		Person: dsr.Person{Name: x.Name, Kana: x.Kana, BornOn: x.BornOn, Mail: x.Mail, Phone: x.Phone, Address: x.Address, Number: x.Number}}
	if kind.Freezes() {
		r.Claims = []dsr.Claim{{Field: "phone", Now: x.Phone, Should: "090-0000-9" + fmt.Sprintf("%03d", s.next)}}
	}
	return r
}

// file files the next request.
func (s *seeder) file(ctx context.Context, kind dsr.Kind, channel dsr.Channel) (rehearsal.Case, error) {
	c, err := s.File(ctx, s.request(kind, channel))
	if err == nil {
		s.made.Add(1)
	}
	return c, err
}

// steps runs one step after the other until one fails.
func steps(all ...func() error) error {
	for _, do := range all {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// proven takes a new case to where its identity is proven.
func (s *seeder) proven(ctx context.Context, kind dsr.Kind, channel dsr.Channel) (rehearsal.Case, error) {
	c, err := s.file(ctx, kind, channel)
	if err != nil {
		return c, err
	}
	return c, steps(func() error { return s.Papers(ctx, c) }, func() error { return s.Verify(ctx, c) })
}

// proposed takes a new case to where an answer waits for approval.
func (s *seeder) proposed(ctx context.Context, kind dsr.Kind, channel dsr.Channel, answer rehearsal.Answer) (rehearsal.Case, error) {
	c, err := s.proven(ctx, kind, channel)
	if err != nil {
		return c, err
	}
	finding := dsr.FindingWrong
	if offer, _ := s.Pack.Offer(string(kind)); !kind.Freezes() {
		if finding = dsr.FindingGround; offer.NoGround {
			finding = dsr.FindingPromised
		}
	}
	return c, steps(
		func() error {
			return s.Investigate(ctx, c, finding, "Sample case: compared with what the person sent.")
		},
		func() error { return s.Decide(ctx, c, answer) })
}

// answered takes a new case to its end, as far as that needs no time to pass.
func (s *seeder) answered(ctx context.Context, kind dsr.Kind, channel dsr.Channel, answer rehearsal.Answer) error {
	c, err := s.proposed(ctx, kind, channel, answer)
	if err != nil {
		return err
	}
	return steps(func() error { return s.Agree(ctx, c) }, func() error {
		if kind == dsr.KindDisclosure {
			return s.At(ctx, c, dsr.StageDelivery)
		}
		return s.Tell(ctx, c, dsr.RecipientInformed)
	})
}

// weeksAgo is an arrival that is long overdue by the desk's own target.
func weeksAgo(days int) int64 { return time.Now().AddDate(0, 0, -days).Add(-3 * time.Hour).UnixMicro() }

// erasing grants the first item what the policy promises and erases the rest.
func (s *seeder) erasing(kind dsr.Kind) rehearsal.Answer {
	grant := s.Grant(kind)
	return func(page dsr.ReviewPage, n int, item *dsr.Item) {
		if grant(page, n, item); n > 0 && item.Decision.Measure == dsr.MeasureSuspend {
			item.Decision.Measure = dsr.MeasureErase
		}
	}
}

// run makes eleven cases in different stages: waiting, to be compared, frozen,
// to be approved, answered, refused, overdue, with recipients to be told, in
// the time in which an erasure can be stopped, for a representative.
func (s *seeder) run(ctx context.Context) error {
	desk := s.Channel(dsr.ChannelTelephone, dsr.ChannelPost)
	refuse := s.Refuse(dsr.KindCorrection, s.Pack.Text(policy.Voices{"ja": "記録は事実のとおりです。", "en": "The record is as it was.",
		"vi": "Hồ sơ đúng với sự thật.", "de": "Die Angabe ist zutreffend."}, s.Pack.Language), "")
	type step struct {
		name string
		do   func() error
	}
	for _, st := range []step{
		{"a disclosure that waits for papers", func() error { _, err := s.file(ctx, dsr.KindDisclosure, dsr.ChannelPortal); return err }},
		{"a disclosure whose papers are to be compared", func() error {
			c, err := s.file(ctx, dsr.KindDisclosure, dsr.ChannelPortal)
			if err != nil {
				return err
			}
			return s.Papers(ctx, c)
		}},
		{"a correction under investigation", func() error { _, err := s.proven(ctx, dsr.KindCorrection, dsr.ChannelPortal); return err }},
		{"a deletion that waits for approval", func() error {
			_, err := s.proposed(ctx, dsr.KindDeletion, dsr.ChannelPortal, s.Grant(dsr.KindDeletion))
			return err
		}},
		{"an answered disclosure", func() error {
			return s.answered(ctx, dsr.KindDisclosure, dsr.ChannelPortal, s.Grant(dsr.KindDisclosure))
		}},
		{"a suspension that was carried out", func() error {
			return s.answered(ctx, dsr.KindSuspension, desk, s.Grant(dsr.KindSuspension))
		}},
		{"a refused correction", func() error { return s.answered(ctx, dsr.KindCorrection, dsr.ChannelPortal, refuse) }},
		{"a request of three weeks ago, overdue", func() error {
			r := s.request(dsr.KindDisclosure, desk)
			if r.ArrivedAt = weeksAgo(24); desk == dsr.ChannelPortal {
				r.ArrivedAt = 0 // who files over the portal arrives now
			}
			_, err := s.File(ctx, r)
			s.made.Add(1)
			return err
		}},
		{"a correction whose recipients are to be told", func() error {
			c, err := s.proposed(ctx, dsr.KindCorrection, dsr.ChannelPortal, s.Grant(dsr.KindCorrection))
			if err != nil {
				return err
			}
			return s.Agree(ctx, c)
		}},
		{"a deletion whose erasure can still be stopped", func() error {
			c, err := s.proposed(ctx, dsr.KindDeletion, dsr.ChannelPortal, s.erasing(dsr.KindDeletion))
			if err != nil {
				return err
			}
			return s.Agree(ctx, c)
		}},
		{"a disclosure for a representative who waits to be admitted", func() error {
			r := s.request(dsr.KindDisclosure, desk)
			mother := s.people[s.next%len(s.people)]
			r.Representative = &dsr.Representative{Kind: "delegated", Relation: "family",
				Person: dsr.Person{Name: mother.Name, Kana: mother.Kana, BornOn: mother.BornOn, Mail: mother.Mail, Phone: mother.Phone, Address: mother.Address}}
			_, err := s.File(ctx, r)
			s.made.Add(1)
			return err
		}},
	} {
		if err := st.do(); err != nil {
			return fmt.Errorf("%s (%s): %w", st.name, s.Pack.Slug, err)
		}
	}
	return nil
}

// sampleCases makes the sample cases of all organisations side by side.
func (a *app) sampleCases(ctx context.Context, accounts []account) (int, error) {
	var made atomic.Int64
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed []error
	for _, s := range a.seeders(accounts, &made) {
		all.Go(func() {
			if err := s.run(ctx); err != nil {
				mu.Lock()
				failed = append(failed, err)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return int(made.Load()), errors.Join(failed...)
}
