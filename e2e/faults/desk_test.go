package faults

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"madoguchi/docs/samples"
	"madoguchi/dsr"
	"madoguchi/internal/sample"
	"madoguchi/internal/store"
	"madoguchi/policy"
)

// counter is the desk and the portal of a rig by the same methods that the
// pages call, in this process: what it writes, the worker's process carries out.
type counter struct {
	*rig
	s       *store.Store
	o       *store.Organisation
	pack    *policy.Pack
	handler dsr.Actor
	people  []sample.Person
	// before is called between the lookup and the handler's confirmation.
	before func()
}

// desk opens the counter of a rig.
func (r *rig) desk() *counter {
	r.Helper()
	s := r.openStore()
	c := &counter{rig: r, s: s, o: s.For(r.organ)}
	for _, p := range r.library.Packs() {
		if p.ID == r.organ {
			c.pack = p
		}
	}
	_, err := s.AddStaff(r.Context(), "faults", "Faults Example", dsr.VoiceEn, map[string][]dsr.Role{r.organ: {dsr.RoleHandler}})
	must(r, err)
	staff, err := s.ListStaff(r.Context())
	must(r, err)
	for _, x := range staff {
		if x.Login == "faults" {
			c.handler = dsr.Actor{Kind: dsr.ActorStaff, ID: x.ID, Roles: x.Roles[r.organ]}
		}
	}
	one, other := sample.Namesakes()
	for _, p := range sample.People() {
		if strings.Contains(p.Mail, "@") && p.Number != one.Number && p.Number != other.Number {
			c.people = append(c.people, p)
		}
	}
	return c
}

// filed is one request of a made-up person of the system.
type filed struct {
	dsr.Filed
	sample.Person
}

func (f filed) id() string { return f.Cases[0] }

// file files for the n-th made-up person.
func (c *counter) file(n int) filed {
	c.Helper()
	return c.accept(n, person, c.filing(n))
}

// call keys in a telephone request whose call was some days ago.
func (c *counter) call(n int, clerk dsr.Actor, daysAgo int) filed {
	c.Helper()
	f := c.filing(n)
	f.Channel, f.ArrivedAt = dsr.ChannelTelephone, time.Now().AddDate(0, 0, -daysAgo).UnixMicro()
	return c.accept(n, clerk, f)
}

func (c *counter) accept(n int, actor dsr.Actor, f dsr.Filing) filed {
	c.Helper()
	got, err := c.o.File(c.Context(), actor, f)
	must(c, err)
	return filed{got, c.people[n]}
}

func (c *counter) filing(n int) dsr.Filing {
	p := c.people[n]
	return dsr.Filing{FormToken: fmt.Sprintf("faults-%d-%s", n, strings.Repeat("x", 20)),
		Channel: dsr.ChannelPortal, Voice: dsr.VoiceVi,
		Person:  dsr.Person{Name: p.Name, Kana: p.Kana, BornOn: p.BornOn, Mail: p.Mail, Phone: p.Phone, Population: c.pack.Populations[0].ID},
		Contact: dsr.Contact{Mail: p.Mail, Phone: p.Phone}, Wishes: []dsr.Wish{{Kind: dsr.KindDisclosure, Delivery: "download"}}}
}

// stage waits until a case is at a stage.
func (c *counter) stage(f filed, stage dsr.Stage) {
	c.Helper()
	until(c, 3*time.Minute, "case is at "+string(stage), func() bool {
		return c.number("SELECT COUNT(*) FROM cases WHERE id = ? AND stage = ?", f.id(), string(stage)) == 1
	})
}

var codeInMail = regexp.MustCompile(`\b(\d{4}) (\d{4})\b`)

// prove confirms the address by the mailed code and sends the sample picture.
func (c *counter) prove(f filed) {
	c.Helper()
	must(c, c.o.SendCode(c.Context(), f.Submission, "confirm"))
	code := ""
	until(c, 2*time.Minute, "the code arrives", func() bool {
		mails, err := c.sink.List()
		must(c, err)
		for _, m := range mails {
			if found := codeInMail.FindStringSubmatch(m.Text); found != nil && slices.Contains(m.To, f.Mail) {
				code = found[1] + found[2]
			}
		}
		return code != ""
	})
	must(c, c.o.ConfirmContact(c.Context(), f.Submission, code))
	_, err := c.o.AddDocument(c.Context(), f.Submission, c.document(), "image/png", samples.ResidenceCard)
	must(c, err)
	must(c, c.o.SubmitIdentity(c.Context(), f.Submission))
}

func (c *counter) document() string {
	return c.pack.IdentityFor(string(dsr.KindDisclosure), string(dsr.ChannelPortal), false).Documents[0].ID
}

// verify claims the identity task, waits for the lookup and confirms the best
// candidate.
func (c *counter) verify(f filed) {
	c.Helper()
	var task dsr.Task
	until(c, 2*time.Minute, "the identity task is open", func() bool {
		page, err := c.o.Case(c.Context(), c.handler, f.id())
		must(c, err)
		for _, t := range page.Tasks {
			if t.Kind == dsr.TaskVerifyIdentity && t.State == "open" {
				task = t
			}
		}
		return task.ID != ""
	})
	must(c, c.o.Claim(c.Context(), c.handler, task.ID))
	until(c, 3*time.Minute, "the systems were asked who it is", func() bool {
		return c.number("SELECT COUNT(*) FROM effects WHERE case_id = ? AND action = 'lookup' AND state = 'verified'", f.id()) > 0
	})
	page, err := c.o.IdentityPage(c.Context(), c.handler, f.id())
	must(c, err)
	best := -1
	for i, x := range page.Candidates {
		if best < 0 || len(x.Matched) > len(page.Candidates[best].Matched) {
			best = i
		}
	}
	if c.before != nil {
		c.before()
	}
	must(c, c.o.ConfirmIdentity(c.Context(), c.handler, f.id(), dsr.IdentityConfirmation{Task: task.ID, Level: "L2", Document: c.document(),
		Candidate: best, Agreed: []string{"name", "born_on"}, Delivery: "file"}))
}
