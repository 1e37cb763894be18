package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
)

// org is the ID of an organisation by its slug.
func (h *House) org(t testing.TB, slug string) string {
	t.Helper()
	p, ok := h.Options.Packs.BySlug(slug)
	if !ok {
		t.Fatalf("there is no pack %s", slug)
	}
	return p.ID
}

// desk gives an actor of each role at an organisation, appointed where that is
// needed.
func (h *House) desk(t testing.TB, organisation string) (clerk, handler, approver dsr.Actor) {
	t.Helper()
	return h.AddActor(t, organisation, "Clerk There", dsr.RoleClerk), h.AddActor(t, organisation, "Handler There", dsr.RoleHandler),
		h.AddActor(t, organisation, "Approver There", dsr.RoleApprover)
}

// mother asks for her child, by telephone.
func mother(f *dsr.Filing) {
	f.Channel, f.Voice, f.RecordingTold = dsr.ChannelTelephone, dsr.VoiceDe, true
	f.Representative = &dsr.Representative{Kind: "statutory", Relation: "parent", Person: dsr.Person{Name: "Mother Canary", Phone: "090-0000-1111"}}
	f.Contact = dsr.Contact{Mail: "mother.canary@example.jp", Phone: "090-0000-1111"}
}

// seen is what a handler records of a parent's papers.
func seen() dsr.Authority {
	return dsr.Authority{Relation: "parent", Document: "family-register", Checked: "passport", DatedOn: "2026-11-01"}
}

// notices are the codes of a case's notices with their channels, in order.
func (c *Case) notices(t testing.TB) (out []string) {
	t.Helper()
	rows, err := c.h.DB.Query(c.h.bind("SELECT code, channel FROM notices WHERE case_id = ? ORDER BY queued_at, id"), c.ID)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var code, channel string
		must(t, rows.Scan(&code, &channel))
		out = append(out, code+" "+channel)
	}
	return out
}

// confirm settles the identity with a document, a candidate and more of them.
func (c *Case) confirm(t testing.TB, handler dsr.Actor, document string, candidate int, also ...int) error {
	t.Helper()
	return c.o.ConfirmIdentity(t.Context(), handler, c.ID, dsr.IdentityConfirmation{Task: c.Task(t, dsr.TaskVerifyIdentity), Document: document,
		Candidate: candidate, Also: also, Agreed: []string{"name", "born_on"}})
}

// How requests come in, who may ask for whom, and how letters go out.
var intakePromises = []promise{
	{"a letter has three days: the exposure begins when it should have come, the target when it came", func(t *testing.T, h *House) {
		id := h.org(t, "scsk-serviceware")
		clerk, handler, _ := h.desk(t, id)
		letter := func(token, posted string) dsr.Filing {
			f := Filing(token)
			f.Channel, f.Voice, f.PostedOn = dsr.ChannelPost, dsr.VoiceEn, posted
			f.Wishes[0].Kind = dsr.KindSuspension
			f.Contact = dsr.Contact{ByPost: true, Address: "1-2-3 Koto, Tokyo"}
			f.ArrivedAt = time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC).UnixMicro() // Friday, ten o'clock in Tokyo
			return f
		}
		c := h.filed(t, id, clerk, letter("posted", "2026-11-16"))
		page, err := c.o.Case(t.Context(), handler, c.ID)
		must(t, err)
		equal(t, "posted", page.PostedOn, "2026-11-16")
		equal(t, "deemed", page.DeemedAt, time.Date(2026, 11, 17, 15, 0, 0, 0, time.UTC).UnixMicro()) // the 18th begins in Tokyo
		equal(t, "entered", page.EnteredAt, Monday.UnixMicro())
		equal(t, "arrived", page.ArrivedAt, letter("", "").ArrivedAt)
		exposure := func(c *Case) time.Time {
			return time.UnixMicro(h.Int(t, "SELECT exposure_at FROM cases WHERE id = ?", c.ID)).UTC()
		}
		equal(t, "exposure", exposure(c), time.Date(2026, 12, 2, 15, 0, 0, 0, time.UTC)) // two weeks from the 18th, the day excluded
		plain := h.filed(t, id, clerk, letter("unmarked", ""))
		equal(t, "exposure from the arrival", exposure(plain), time.Date(2026, 12, 4, 15, 0, 0, 0, time.UTC))
		equal(t, "target", c.TargetAt, plain.TargetAt)
		late := h.filed(t, id, clerk, letter("express", "2026-11-20")) // it came before it should have
		equal(t, "exposure of an express letter", exposure(late), exposure(plain))
		explained := map[string]int{}
		for _, l := range page.Clocks {
			explained[l.Name] += len(l.StepsIn(dsr.VoiceEn))
		}
		if explained[dsr.ClockTarget] == 0 || explained[dsr.ClockExposure] == 0 {
			t.Fatalf("the page does not explain both clocks: %v", explained)
		}
		for posted, code := range map[string]string{"2026-11-25": "error.posted-in-future", "2026-11-21": "error.posted-after-arrival", "yesterday": "error.date-unreadable"} {
			_, err := c.o.File(t.Context(), clerk, letter("wrong "+posted, posted))
			want(t, err, dsr.Invalid, code)
		}
		h.whole(t)
		// Counted from the arrival alone, fsck sees it.
		h.Exec(t, "DELETE FROM clock_events WHERE case_id = ? AND cause = 'deemed'", c.ID)
		if h.Fsck(t).OK() {
			t.Fatal("a clock that forgot the deemed arrival was not seen")
		}
	}},

	{"a call that is recorded is taken down only after the notice was given", func(t *testing.T, h *House) {
		clerk, handler, _ := h.desk(t, h.There)
		f := Filing("call")
		f.Channel, f.Voice = dsr.ChannelTelephone, dsr.VoiceDe
		_, err := h.Store.For(h.There).File(t.Context(), clerk, f)
		want(t, err, dsr.Invalid, "error.recording-notice")
		f.RecordingTold = true
		c := h.filed(t, h.There, clerk, f)
		page, err := c.o.Case(t.Context(), handler, c.ID)
		must(t, err)
		equal(t, "told", page.RecordingToldAt, Monday.UnixMicro())
		equal(t, "in the record", h.Int(t, "SELECT COUNT(*) FROM evidence WHERE case_id = ? AND kind = 'filed' AND data LIKE '%recording_told_at%'", c.ID), 1)
	}},

	{"a correction says what is wrong, sealed until its key goes", func(t *testing.T, h *House) {
		f := Filing("empty")
		f.Wishes = []dsr.Wish{{Kind: dsr.KindCorrection, Claims: []dsr.Claim{{}}}}
		_, err := h.Office().File(t.Context(), dsr.Actor{Kind: dsr.ActorPerson}, f)
		want(t, err, dsr.Invalid, "error.claims-empty")
		f.Wishes[0] = dsr.Wish{Kind: dsr.KindDeletion, Ground: "because"}
		_, err = h.Office().File(t.Context(), dsr.Actor{Kind: dsr.ActorPerson}, f)
		want(t, err, dsr.Invalid, "")
		f.Wishes = []dsr.Wish{{Kind: dsr.KindCorrection, Claims: []dsr.Claim{{Field: "phone", Now: "canary", Should: "canary"}, {}}},
			{Kind: dsr.KindDeletion, Ground: "no-longer-needed"}}
		c := h.filed(t, h.Here, dsr.Actor{Kind: dsr.ActorPerson}, f)
		equal(t, "claims", h.Int(t, "SELECT COUNT(*) FROM cases WHERE id = ? AND length(claims_sealed) > 20", c.ID), 1)
		equal(t, "ground", h.Text(t, "SELECT ground FROM cases WHERE id = ?", c.Cases[1]), "no-longer-needed")
		h.whole(t)
	}},

	{"at the desk identity is seen to at once, with no letter and no pause", func(t *testing.T, h *House) {
		clerk, handler, _ := h.desk(t, h.There)
		h.Systems.Candidates = []dsr.Candidate{{Key: "C-1", Person: dsr.Person{Name: Name, Address: "4-5-6 Seki, Gifu", Phone: "090-0000-2222"}},
			{Key: "C-2", Person: dsr.Person{Name: Name}}}
		c := h.FileThere(t, clerk)
		c.at(t, dsr.StageIdentity)
		if c.Task(t, dsr.TaskVerifyIdentity) == "" || slices.Contains(c.notices(t), "N-02 mail") {
			t.Fatalf("a call back needs no letter: %v", c.notices(t))
		}
		equal(t, "paused", h.Text(t, "SELECT paused_for FROM cases WHERE id = ?", c.ID), "")
		c.Claim(t, handler, dsr.TaskVerifyIdentity)
		want(t, c.confirm(t, handler, "contact-code", 0), dsr.Invalid, "error.compare-first") // nobody confirmed a contact
		want(t, c.confirm(t, handler, "family-register", 0), dsr.Invalid, "error.compare-first")
		want(t, c.confirm(t, handler, "call-back", 0, 1), dsr.Invalid, "error.candidate-twice")
		h.unchanged(t, "a voice that proves who somebody is, with nowhere on file to write to", func() {
			want(t, c.confirm(t, handler, "call-back", 1), dsr.Invalid, "error.delivery-none")
		})
		must(t, c.confirm(t, handler, "call-back", 0))
		equal(t, "delivery", h.Text(t, "SELECT delivery FROM cases WHERE id = ?", c.ID), "post") // to the address on file
		equal(t, "subjects", h.Int(t, "SELECT COUNT(*) FROM subjects WHERE submission = ?", c.Submission), 1)
		equal(t, "a key in the clear", h.Int(t, "SELECT COUNT(*) FROM subjects WHERE hash LIKE '%C-1%' OR length(hash) < 32"), 0)
		other := h.FileThere(t, clerk)
		other.at(t, dsr.StageIdentity)
		other.Claim(t, handler, dsr.TaskVerifyIdentity)
		// Heard on the telephone, and meant for whoever called: to the file all the same.
		must(t, other.o.ConfirmIdentity(t.Context(), handler, other.ID, dsr.IdentityConfirmation{Task: other.Task(t, dsr.TaskVerifyIdentity),
			Document: "call-back", Agreed: []string{"name"}, Delivery: "filed"}))
		equal(t, "delivery", h.Text(t, "SELECT delivery FROM cases WHERE id = ?", other.ID), "post")
		equal(t, "one subject", h.Int(t, "SELECT COUNT(DISTINCT hash) FROM subjects"), 1)
		h.whole(t)
	}},

	{"for the lowest level a confirmed contact opens the comparison, without papers", func(t *testing.T, h *House) {
		c := h.File(t, func(f *dsr.Filing) { f.Wishes[0] = dsr.Wish{Kind: dsr.KindSuspension, Ground: "advertising-continues"} }).ToIdentity(t)
		equal(t, "task before", c.Task(t, dsr.TaskVerifyIdentity), "")
		c.Confirm(t)
		c.Run(t)
		c.Claim(t, h.Handler, dsr.TaskVerifyIdentity)
		equal(t, "paused", h.Text(t, "SELECT paused_for FROM cases WHERE id = ?", c.ID), "")
		must(t, c.confirm(t, h.Handler, "contact-code", 0))
		h.whole(t)
	}},

	{"papers that came by post are noted by kind, and nobody keeps a picture", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		want(t, c.o.PapersArrived(t.Context(), h.Clerk, c.ID, nil), dsr.Invalid, "error.documents-none")
		want(t, c.o.PapersArrived(t.Context(), h.Clerk, c.ID, []string{"a secret"}), dsr.Invalid, "")
		want(t, c.o.PapersArrived(t.Context(), h.Approver, c.ID, []string{"passport"}), dsr.Forbidden, "")
		equal(t, "paused", h.Text(t, "SELECT paused_for FROM cases WHERE id = ?", c.ID), "identity")
		must(t, c.o.PapersArrived(t.Context(), h.Clerk, c.ID, []string{"passport"}))
		equal(t, "paused", h.Text(t, "SELECT paused_for FROM cases WHERE id = ?", c.ID), "")
		c.Run(t)
		c.Verify(t, h.Handler)
		c.at(t, dsr.StageReview)
		page, err := c.o.Case(t.Context(), h.Handler, c.ID)
		must(t, err)
		if len(page.Documents) != 1 || page.Documents[0].MediaType != "paper" || page.Documents[0].Kind != "passport" {
			t.Fatalf("%+v", page.Documents)
		}
		h.whole(t)
	}},

	{"a representative is admitted by a second person, and the person on file hears of it", func(t *testing.T, h *House) {
		clerk, handler, approver := h.desk(t, h.There)
		both := h.AddActor(t, h.There, "Both There", dsr.RoleHandler, dsr.RoleApprover)
		h.Systems.Candidates = []dsr.Candidate{{Key: "C-1", Person: dsr.Person{Name: Name, BornOn: "2014-02-03", Address: "4-5-6 Seki, Gifu"}}}
		f := Filing("mother")
		mother(&f)
		c := h.filed(t, h.There, clerk, f)
		c.at(t, dsr.StageIdentity)
		c.Claim(t, handler, dsr.TaskVerifyIdentity)
		must(t, c.confirm(t, handler, "call-back", 0))
		c.at(t, dsr.StageAuthority)
		o, ctx := c.o, t.Context()
		facts := c.Facts(t)
		if !facts.AuthorityNeeded || facts.AuthorityProven {
			t.Fatalf("%+v", facts)
		}
		equal(t, "paused", h.Text(t, "SELECT paused_for FROM cases WHERE id = ?", c.ID), "") // she is on the line
		page, err := o.AuthorityPage(ctx, handler, c.ID)
		must(t, err)
		equal(t, "representative", page.Representative.Person.Name, "Mother Canary")
		if !page.CasePage.Authority.Exception || page.MayAdmit {
			t.Fatalf("the page does not say that the policy speaks of the person alone: %+v", page.CasePage.Authority)
		}
		task := c.Claim(t, both, dsr.TaskAuthority)
		for what, a := range map[string]dsr.Authority{
			"error.authority-document": {Relation: "parent", Document: "passport", Checked: "passport"},
			"error.authority-checked":  {Relation: "parent", Document: "family-register", Checked: "family-register"},
			"error.relation-unknown":   {Relation: "neighbour", Document: "family-register", Checked: "passport"},
			"error.authority-date":     {Relation: "parent", Document: "family-register", Checked: "passport", DatedOn: "2026-12-24"},
		} {
			want(t, o.RecordAuthority(ctx, both, c.ID, task, a), dsr.Invalid, what)
		}
		want(t, o.RecordAuthority(ctx, handler, c.ID, task, seen()), dsr.Conflict, "error.task-taken")
		must(t, o.RecordAuthority(ctx, both, c.ID, task, seen()))
		c.Run(t)
		// One person in two roles: refused, recorded, and refused by the database.
		admit := c.Task(t, dsr.TaskAdmit)
		want(t, o.Claim(ctx, both, admit), dsr.Forbidden, "error.same-person")
		want(t, o.Admit(ctx, both, c.ID, admit), dsr.Forbidden, "error.same-person")
		want(t, o.ReturnAuthority(ctx, both, c.ID, admit, "no"), dsr.Forbidden, "error.same-person")
		equal(t, "recorded refusals", c.recorded(t, "refused"), 3)
		if err := h.Try("UPDATE authorities SET admitted_by = recorded_by, verdict = 'admitted', decided_at = 1 WHERE submission = ?", c.Submission); err == nil ||
			!strings.Contains(err.Error(), "two_people") {
			t.Fatalf("the database agreed: %v", err)
		}
		want(t, o.Admit(ctx, handler, c.ID, admit), dsr.Forbidden, "error.forbidden")
		c.Claim(t, approver, dsr.TaskAdmit)
		must(t, o.ReturnAuthority(ctx, approver, c.ID, admit, "whose register is it?"))
		c.Run(t)
		page, err = o.AuthorityPage(ctx, handler, c.ID)
		must(t, err)
		equal(t, "comment", page.Comment, "whose register is it?")
		task = c.Claim(t, handler, dsr.TaskAuthority)
		must(t, o.RecordAuthority(ctx, handler, c.ID, task, seen()))
		c.Run(t)
		page, err = o.AuthorityPage(ctx, approver, c.ID)
		must(t, err)
		if !page.MayAdmit || page.Proposed == nil || page.Proposed.Document != "family-register" {
			t.Fatalf("%+v %s", page.Proposed, page.Why)
		}
		must(t, o.Admit(ctx, approver, c.ID, c.Claim(t, approver, dsr.TaskAdmit)))
		c.Run(t, dsr.StageReview)
		if f := c.Facts(t); !f.AuthorityProven {
			t.Fatalf("%+v", f)
		}
		equal(t, "delivery", h.Text(t, "SELECT delivery FROM cases WHERE id = ?", c.ID), "post")
		// The letter goes to the address on file, and so does everything from now on.
		if all := c.notices(t); !slices.Contains(all, "N-33 post") || slices.Contains(all, "N-01b mail") {
			t.Fatalf("%v", all)
		}
		waiting, err := o.LettersToPost(ctx, clerk)
		must(t, err)
		var ids []string
		for _, w := range waiting {
			ids = append(ids, w.Notice)
		}
		printed, err := o.PrintLetters(ctx, clerk, ids)
		must(t, err)
		for _, l := range printed {
			equal(t, l.Code+" is sent to", l.Address, "4-5-6 Seki, Gifu")
		}
		page, err = o.AuthorityPage(ctx, handler, c.ID)
		must(t, err)
		equal(t, "admitted by", page.CasePage.Authority.AdmittedBy, "Approver There")
		h.whole(t)
	}},

	{"papers of authority are asked for, reminded of, and not waited for without end", func(t *testing.T, h *House) {
		agent := func(f *dsr.Filing) {
			f.Representative = &dsr.Representative{Kind: "delegated", Relation: "lawyer", Person: dsr.Person{Name: "Lawyer Canary"}}
		}
		o, ctx := h.Office(), t.Context()
		c := h.File(t, agent).ToIdentity(t)
		c.Prove(t)
		c.Run(t)
		c.Verify(t, h.Handler)
		c.at(t, dsr.StageAuthority)
		equal(t, "paused", h.Text(t, "SELECT paused_for FROM cases WHERE id = ?", c.ID), "authority")
		if !slices.Contains(c.notices(t), "N-03 mail") || c.Task(t, dsr.TaskAuthority) != "" {
			t.Fatalf("%v", c.notices(t))
		}
		_, err := o.AddDocument(ctx, c.Submission, "power-of-attorney", "image/png", []byte("a mandate"))
		must(t, err)
		must(t, o.SubmitIdentity(ctx, c.Submission))
		equal(t, "paused", h.Text(t, "SELECT paused_for FROM cases WHERE id = ?", c.ID), "")
		c.Run(t)
		task := c.Claim(t, h.Handler, dsr.TaskAuthority)
		mandate := dsr.Authority{Relation: "lawyer", Document: "power-of-attorney", Checked: "passport", DatedOn: "2026-11-01",
			Covers: []dsr.Kind{dsr.KindDisclosure}, MayReceive: true}
		old, narrow := mandate, mandate
		old.DatedOn, narrow.Covers = "2026-08-23", []dsr.Kind{dsr.KindDeletion}
		want(t, o.RecordAuthority(ctx, h.Handler, c.ID, task, old), dsr.Invalid, "error.mandate-too-old")
		want(t, o.RecordAuthority(ctx, h.Handler, c.ID, task, narrow), dsr.Invalid, "error.mandate-covers")
		want(t, o.AskAuthority(ctx, h.Handler, c.ID, task, "something typed", ""), dsr.Invalid, "")
		must(t, o.AskAuthority(ctx, h.Handler, c.ID, task, "unreadable", "the seal"))
		c.Run(t)
		equal(t, "paused", h.Text(t, "SELECT paused_for FROM cases WHERE id = ?", c.ID), "authority")
		// Reminded twice, accepted, and over; not while a reminder did not go out.
		silent := h.File(t, agent).ToIdentity(t)
		silent.Prove(t)
		silent.Run(t)
		silent.Verify(t, h.Handler)
		silent.at(t, dsr.StageAuthority)
		for range 2 {
			c.waitFor(t, "authority-reminder")
			h.Post(t)
		}
		equal(t, "reminders", h.Int(t, "SELECT COUNT(*) FROM notices WHERE case_id = ? AND code = 'N-27' AND state = 'accepted'", c.ID), 2)
		silent.sweep(t)
		c.waitFor(t, "authority-expiry")
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeNoResponse)
		silent.waitFor(t, "authority-expiry") // its reminders went nowhere
		if f := silent.Run(t); f.Stage != dsr.StageAuthority || silent.Task(t, dsr.TaskReachPerson) == "" {
			t.Fatalf("a request ended although no reminder was sent: %+v", f)
		}
		h.Post(t)
		h.whole(t)
	}},

	{"a mandate that covers receiving gets the answer; one that is not shown ends by two people", func(t *testing.T, h *House) {
		agent := func(f *dsr.Filing) {
			f.Channel = dsr.ChannelCounter
			f.Representative = &dsr.Representative{Kind: "delegated", Relation: "family", Person: dsr.Person{Name: "Sister Canary"}}
			f.Contact = dsr.Contact{Mail: "sister.canary@example.jp"}
		}
		o, ctx := h.Office(), t.Context()
		file := func(token string) *Case {
			f := Filing(token)
			agent(&f)
			c := h.filed(t, h.Here, h.Clerk, f)
			c.at(t, dsr.StageIdentity)
			c.Claim(t, h.Handler, dsr.TaskVerifyIdentity)
			must(t, c.confirm(t, h.Handler, "shown-at-counter", 0))
			return c.at(t, dsr.StageAuthority)
		}
		c := file("receives")
		must(t, o.RecordAuthority(ctx, h.Handler, c.ID, c.Claim(t, h.Handler, dsr.TaskAuthority), dsr.Authority{Relation: "family",
			Document: "power-of-attorney", Checked: "shown-at-counter", DatedOn: "2026-11-20", Covers: []dsr.Kind{dsr.KindDisclosure}, MayReceive: true}))
		c.Run(t)
		must(t, o.Admit(ctx, h.Approver, c.ID, c.Claim(t, h.Approver, dsr.TaskAdmit)))
		c.Run(t)
		to := map[string]string{}
		for _, m := range h.Post(t) {
			to[h.Text(t, "SELECT code FROM notices WHERE id = ?", m.Notice)] = m.To
		}
		if to["N-33"] != Mail || to["N-01b"] != "sister.canary@example.jp" {
			t.Fatalf("%v", to)
		}

		// Two wishes of one representative: each waits by itself, one word does for both.
		f := Filing("two wishes")
		agent(&f)
		f.Wishes = append(f.Wishes, dsr.Wish{Kind: dsr.KindDeletion, Scope: "all"})
		c = h.filed(t, h.Here, h.Clerk, f)
		twin := *c
		twin.ID = c.Cases[1]
		c.at(t, dsr.StageIdentity)
		c.Claim(t, h.Handler, dsr.TaskVerifyIdentity)
		must(t, c.confirm(t, h.Handler, "shown-at-counter", 0))
		c.at(t, dsr.StageAuthority)
		both := dsr.Authority{Relation: "family", Document: "power-of-attorney", Checked: "shown-at-counter", DatedOn: "2026-11-20",
			Covers: []dsr.Kind{dsr.KindDisclosure, dsr.KindDeletion}}
		must(t, o.RecordAuthority(ctx, h.Handler, c.ID, c.Claim(t, h.Handler, dsr.TaskAuthority), both))
		c.Run(t)
		twin.at(t, dsr.StageAuthority)
		h.whole(t)
		must(t, o.ReturnAuthority(ctx, h.Approver, twin.ID, twin.Claim(t, h.Approver, dsr.TaskAdmit), "which sister?"))
		must(t, o.RecordAuthority(ctx, h.Handler, twin.ID, twin.Claim(t, h.Handler, dsr.TaskAuthority), both))
		c.Run(t)
		h.whole(t)
		must(t, o.Admit(ctx, h.Approver, c.ID, c.Claim(t, h.Approver, dsr.TaskAdmit)))
		if f := twin.Facts(t); !f.AuthorityProven || twin.Task(t, dsr.TaskAdmit) != "" {
			t.Fatalf("the sibling still waits: %+v", f)
		}
		c.at(t, dsr.StageReview)

		c = file("rejected")
		must(t, o.ProposeFormRejection(ctx, h.Handler, c.ID, c.Claim(t, h.Handler, dsr.TaskAuthority), "no mandate"))
		c.at(t, dsr.StageDecision)
		c.SendBack(t, h.Approver)
		c.at(t, dsr.StageAuthority)
		must(t, o.ProposeFormRejection(ctx, h.Handler, c.ID, c.Claim(t, h.Handler, dsr.TaskAuthority), "still none"))
		c.at(t, dsr.StageDecision)
		c.Approve(t, h.Approver)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeRejectedForm)
		must(t, o.Object(ctx, c.Submission, c.ID, "here is the mandate"))
		c.at(t, dsr.StageAuthority)
		if !slices.Contains(c.notices(t), "N-03 mail") {
			t.Fatalf("the mandate is not asked for anew: %v", c.notices(t))
		}
		h.whole(t)
	}},

	{"what asks for something else goes on as a sibling with the same arrival", func(t *testing.T, h *House) {
		id := h.org(t, "scsk-serviceware")
		clerk, handler, _ := h.desk(t, id)
		f := Filing("entrusted")
		f.Channel, f.Voice, f.RecordingTold, f.Person.Population = dsr.ChannelTelephone, dsr.VoiceEn, true, "client-entrusted"
		f.ArrivedAt = Monday.Add(-24 * time.Hour).UnixMicro()
		c := h.filed(t, id, clerk, f)
		c.at(t, dsr.StageTriage) // nobody classified what may be a client's
		o, ctx := c.o, t.Context()
		task := c.Claim(t, handler, dsr.TaskClassify)
		_, err := o.Classify(ctx, handler, c.ID, task, dsr.KindComplaint)
		want(t, err, dsr.Invalid, "error.kind-not-offered")
		sibling, err := o.Classify(ctx, handler, c.ID, task, dsr.KindSuspension)
		must(t, err)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeReclassified)
		next := *c
		next.ID = sibling
		next.at(t, dsr.StageIdentity)
		for _, column := range []string{"arrived_at", "received_at", "submission"} {
			if h.Text(t, "SELECT CAST("+column+" AS TEXT) FROM cases WHERE id = ?", sibling) != h.Text(t, "SELECT CAST("+column+" AS TEXT) FROM cases WHERE id = ?", c.ID) {
				t.Errorf("%s differs", column)
			}
		}
		equal(t, "level", h.Text(t, "SELECT identity_needed FROM submissions WHERE id = ?", c.Submission), "L1")
		if !slices.Contains(c.notices(t), "N-34 mail") {
			t.Fatalf("%v", c.notices(t))
		}
		h.whole(t)
		h.Exec(t, "DELETE FROM notices WHERE case_id = ? AND code = 'N-01'", sibling)
		if h.Fsck(t).OK() {
			t.Fatal("a sibling without a receipt was not seen")
		}
	}},

	{"what a client must answer is referred by two people, and nothing is said of what is held", func(t *testing.T, h *House) {
		id := h.org(t, "scsk-serviceware")
		clerk, handler, approver := h.desk(t, id)
		f := Filing("referred")
		f.Channel, f.Voice, f.RecordingTold, f.Person.Population = dsr.ChannelTelephone, dsr.VoiceEn, true, "client-entrusted"
		c := h.filed(t, id, clerk, f)
		c.at(t, dsr.StageTriage)
		o, ctx := c.o, t.Context()
		const where = "Please ask the company whose hotline you called."
		must(t, o.ProposeRedirect(ctx, handler, c.ID, c.Claim(t, handler, dsr.TaskClassify), where))
		c.at(t, dsr.StageDecision)
		c.SendBack(t, approver)
		c.at(t, dsr.StageTriage)
		must(t, o.ProposeRedirect(ctx, handler, c.ID, c.Claim(t, handler, dsr.TaskClassify), where))
		c.at(t, dsr.StageDecision)
		c.Approve(t, approver)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeRedirected)
		equal(t, "systems asked", h.Int(t, "SELECT COUNT(*) FROM effects WHERE case_id = ?", c.ID), 0)
		notice := h.Text(t, "SELECT id FROM notices WHERE case_id = ? AND code = 'N-23'", c.ID)
		l, err := o.LetterOfCase(ctx, handler, c.ID, notice)
		must(t, err)
		if !strings.Contains(l.Text, where) {
			t.Fatalf("the letter does not say where to ask: %s", l.Text)
		}
		h.whole(t)
	}},

	{"of a representative nothing is given without a record, and nothing stays when the keys go", func(t *testing.T, h *House) {
		o, ctx := h.Office(), t.Context()
		c := h.File(t, func(f *dsr.Filing) {
			f.Contact = dsr.Contact{ByPost: true, Address: "1-2-3 Canary, Izumisano"}
			f.Representative = &dsr.Representative{Kind: "delegated", Relation: "other", Person: dsr.Person{Name: "Friend Canary"}}
			f.Wishes[0] = dsr.Wish{Kind: dsr.KindCorrection, Scope: "my canary", Claims: []dsr.Claim{{Field: "address", Should: "canary"}}}
		}).ToIdentity(t)
		must(t, o.PapersArrived(ctx, h.Clerk, c.ID, []string{"passport", "power-of-attorney"}))
		c.Run(t)
		c.Verify(t, h.Handler)
		c.at(t, dsr.StageAuthority)
		must(t, o.RecordAuthority(ctx, h.Handler, c.ID, c.Claim(t, h.Handler, dsr.TaskAuthority), dsr.Authority{Relation: "other",
			Document: "power-of-attorney", Checked: "passport", DatedOn: "2026-11-20", Covers: []dsr.Kind{dsr.KindCorrection}}))
		c.Run(t)
		must(t, o.ReturnAuthority(ctx, h.Approver, c.ID, c.Claim(t, h.Approver, dsr.TaskAdmit), "canary"))
		waiting, err := o.LettersToPost(ctx, h.Clerk)
		must(t, err)
		given := ""
		opens := map[string]func() error{
			"authority": func() error {
				p, err := o.AuthorityPage(ctx, h.Approver, c.ID)
				given = p.Representative.Person.Name
				return err
			},
			"print": func() error {
				ls, err := o.PrintLetters(ctx, h.Clerk, []string{waiting[0].Notice})
				given = ""
				for _, l := range ls {
					given += l.Name + l.Letter.Text
				}
				return err
			},
		}
		for what, open := range opens {
			before := h.Int(t, "SELECT COUNT(*) FROM openings")
			must(t, open())
			if given == "" {
				t.Errorf("%s gave nothing", what)
			}
			equal(t, "openings recorded by "+what, h.Int(t, "SELECT COUNT(*) FROM openings"), before+1)
		}
		mend := h.Break(t, "openings")
		for what, open := range opens {
			if err := open(); err == nil || given != "" {
				t.Errorf("%s gave something without a record: %v", what, err)
			}
		}
		mend()
		admin := dsr.Actor{Kind: dsr.ActorStaff, ID: "staff-admin", Roles: []dsr.Role{dsr.RoleAdmin}}
		person := dsr.Actor{Kind: dsr.ActorPerson, ID: c.Submission, Roles: dsr.Roles}
		h.unchanged(t, "somebody without the role", func() {
			for _, a := range []dsr.Actor{h.Auditor, admin, person, {}} {
				for what, err := range map[string]error{
					"authority": second(o.AuthorityPage(ctx, a, c.ID)), "ask": o.AskAuthority(ctx, a, c.ID, "", "unreadable", ""),
					"record": o.RecordAuthority(ctx, a, c.ID, "", seen()), "admit": o.Admit(ctx, a, c.ID, ""),
					"return": o.ReturnAuthority(ctx, a, c.ID, "", "x"), "reject": o.ProposeFormRejection(ctx, a, c.ID, "", "x"),
					"papers": o.PapersArrived(ctx, a, c.ID, []string{"passport"}), "redirect": o.ProposeRedirect(ctx, a, c.ID, "", "x"),
					"print": second(o.PrintLetters(ctx, a, []string{waiting[0].Notice})), "post": o.LetterPosted(ctx, a, waiting[0].Notice),
					"list": second(o.LettersToPost(ctx, a)),
				} {
					if dsr.FaultOf(err) != dsr.Forbidden {
						t.Errorf("%s as %v: %v", what, a.Roles, err)
					}
				}
			}
			want(t, o.Appoint(ctx, h.Handler, dsr.Appointment{Staff: h.Second.ID, Role: dsr.RoleHandler}), dsr.Forbidden, "")
			want(t, second(o.Appointments(ctx, h.Clerk)), dsr.Forbidden, "")
		})
		c.Run(t)
		must(t, o.ProposeFormRejection(ctx, h.Handler, c.ID, c.Claim(t, h.Handler, dsr.TaskAuthority), "canary"))
		c.at(t, dsr.StageDecision)
		c.Approve(t, h.Approver)
		c.at(t, dsr.StageClosed)
		h.Post(t)
		h.Clock.Advance(61 * 24 * time.Hour)
		must(t, o.Tidy(ctx))
		for _, q := range []string{"SELECT COUNT(*) FROM cases WHERE length(scope_sealed) > 0 OR length(claims_sealed) > 0",
			"SELECT COUNT(*) FROM authorities WHERE length(comment_sealed) > 0", "SELECT COUNT(*) FROM submissions WHERE length(representative_sealed) > 0",
			"SELECT COUNT(*) FROM notices WHERE length(letter_sealed) > 0 OR length(to_sealed) > 0"} {
			equal(t, q, h.Int(t, q), 0)
		}
		h.whole(t)
	}},

	{"a letter is posted by somebody: opened first, printed, posted once", func(t *testing.T, h *House) {
		o, ctx := h.Office(), t.Context()
		c := h.File(t, func(f *dsr.Filing) { f.Contact = dsr.Contact{ByPost: true, Address: "1-2-3 Minato, Izumisano"} }).ToIdentity(t)
		waiting, err := o.LettersToPost(ctx, h.Clerk)
		must(t, err)
		if len(waiting) != 2 || waiting[0].Address != "" || waiting[0].Letter.Text != "" || waiting[0].Task == "" {
			t.Fatalf("%+v", waiting)
		}
		n := waiting[0].Notice
		want(t, o.LetterPosted(ctx, h.Clerk, n), dsr.Conflict, "error.letter-not-printed")
		before := h.Int(t, "SELECT COUNT(*) FROM openings")
		printed, err := o.PrintLetters(ctx, h.Clerk, []string{n})
		must(t, err)
		equal(t, "openings", h.Int(t, "SELECT COUNT(*) FROM openings"), before+1)
		if len(printed) != 1 || printed[0].Address != "1-2-3 Minato, Izumisano" || printed[0].Name != Name || printed[0].Letter.Text == "" || printed[0].PrintedAt == 0 {
			t.Fatalf("%+v", printed)
		}
		must(t, o.Claim(ctx, h.Handler, waiting[0].Task))
		want(t, o.LetterPosted(ctx, h.Clerk, n), dsr.Conflict, "error.task-taken")
		must(t, o.LetterPosted(ctx, h.Handler, n))
		want(t, o.LetterPosted(ctx, h.Handler, n), dsr.Conflict, "error.letter-done")
		_, err = o.PrintLetters(ctx, h.Clerk, []string{n})
		want(t, err, dsr.NotFound, "")
		equal(t, "posted by", h.Text(t, "SELECT posted_by FROM notices WHERE id = ?", n), h.Handler.ID)
		h.whole(t)
		// The letter of a package lies in its envelope: printed for the hand-over.
		packed := h.File(t, func(f *dsr.Filing) { f.Contact = dsr.Contact{ByPost: true, Address: "1-2-3 Minato, Izumisano"} }).ToIdentity(t)
		must(t, o.PapersArrived(ctx, h.Clerk, packed.ID, []string{"passport"}))
		packed.Run(t)
		packed.Verify(t, h.Handler)
		packed.at(t, dsr.StageReview).Propose(t, h.Handler, true)
		packed.at(t, dsr.StageDecision).Approve(t, h.Approver)
		packed.at(t, dsr.StageDelivery)
		enclosed := h.Text(t, "SELECT id FROM notices WHERE case_id = ? AND code = 'N-13'", packed.ID)
		printed, err = o.PrintLetters(ctx, h.Clerk, []string{enclosed})
		must(t, err)
		if len(printed) != 1 || printed[0].Address == "" {
			t.Fatalf("nobody can address the envelope: %+v", printed)
		}
		want(t, o.LetterPosted(ctx, h.Clerk, enclosed), dsr.Conflict, "error.letter-done") // the hand-over says so
		h.whole(t)
		// A letter that counts as sent without anybody who posted it is seen, and one
		// that nobody was told of.
		other := waiting[1].Notice
		h.Exec(t, "UPDATE notices SET state = 'accepted', sends = 1, accepted_at = 1 WHERE id = ?", other)
		if h.Fsck(t).OK() {
			t.Fatal("a letter without posting was not seen")
		}
		h.Exec(t, "UPDATE notices SET state = 'none', sends = 0, accepted_at = 0 WHERE id = ?", other)
		h.whole(t)
		h.Exec(t, "DELETE FROM tasks WHERE case_id = ? AND occasion = ?", c.ID, "notice/"+other)
		if h.Fsck(t).OK() {
			t.Fatal("a letter that nobody was told to post was not seen")
		}
	}},

	{"an appointment that ends takes the cases away at the next click", func(t *testing.T, h *House) {
		clerk, handler, _ := h.desk(t, h.There)
		o, ctx := h.Store.For(h.There), t.Context()
		admin := h.AddActor(t, h.There, "Admin There", dsr.RoleAdmin)
		manager := h.AddActor(t, h.There, "Manager There", dsr.RoleManager)
		c := h.FileThere(t, clerk)
		c.at(t, dsr.StageIdentity)
		task := c.Claim(t, handler, dsr.TaskVerifyIdentity)
		_, err := o.IdentityPage(ctx, handler, c.ID)
		must(t, err)
		roles := func() []dsr.Role {
			t.Helper()
			all, err := h.ListStaff(ctx)
			must(t, err)
			for _, s := range all {
				if s.ID == handler.ID {
					return s.Roles[h.There]
				}
			}
			return nil
		}
		equal(t, "roles", len(roles()), 1)
		list, err := o.Appointments(ctx, admin)
		must(t, err)
		own := ""
		for _, a := range list {
			if a.Staff == handler.ID {
				own = a.ID
			}
		}
		want(t, o.EndAppointment(ctx, handler, own), dsr.Forbidden, "error.forbidden")
		must(t, o.EndAppointment(ctx, manager, own))
		must(t, o.EndAppointment(ctx, manager, own)) // again is not an error
		equal(t, "roles after", len(roles()), 0)
		equal(t, "claimed", h.Int(t, "SELECT COUNT(*) FROM tasks WHERE id = ? AND state = 'open' AND assignee = ''", task), 1)
		openings := h.Int(t, "SELECT COUNT(*) FROM openings")
		// The session of a page that is still open changes nothing any more.
		_, err = o.IdentityPage(ctx, handler, c.ID)
		want(t, err, dsr.Forbidden, "error.not-appointed")
		_, err = o.Case(ctx, handler, c.ID)
		want(t, err, dsr.Forbidden, "error.not-appointed")
		want(t, o.Claim(ctx, handler, task), dsr.Forbidden, "error.not-appointed")
		want(t, o.AddNote(ctx, handler, c.ID, "a note"), dsr.Forbidden, "error.not-appointed")
		want(t, o.Tell(ctx, handler, c.ID, "a word"), dsr.Forbidden, "error.not-appointed")
		want(t, second(o.PrintLetters(ctx, handler, []string{"x"})), dsr.Forbidden, "error.not-appointed")
		equal(t, "openings", h.Int(t, "SELECT COUNT(*) FROM openings"), openings)
		cs, err := o.Colleagues(ctx, dsr.TaskVerifyIdentity)
		must(t, err)
		equal(t, "colleagues", len(cs), 0)
		// A clerk needs none, and an organisation whose policy asks for none has none.
		_, err = o.Case(ctx, clerk, c.ID)
		must(t, err)
		h.Exec(t, "DELETE FROM appointments WHERE organisation = ?", h.Here)
		h.File(t).ToReview(t)

		want(t, o.Appoint(ctx, manager, dsr.Appointment{Staff: manager.ID, Role: dsr.RoleApprover}), dsr.Forbidden, "error.same-person")
		want(t, o.Appoint(ctx, admin, dsr.Appointment{Staff: clerk.ID, Role: dsr.RoleHandler}), dsr.Invalid, "error.colleague-unknown")
		want(t, o.Appoint(ctx, admin, dsr.Appointment{Staff: handler.ID, Role: dsr.RoleHandler, UntilAt: 5}), dsr.Invalid, "error.appointment-over")
		must(t, o.Appoint(ctx, admin, dsr.Appointment{Staff: handler.ID, Role: dsr.RoleHandler, UntilAt: h.Clock.Now().Add(time.Hour).UnixMicro()}))
		want(t, o.Appoint(ctx, admin, dsr.Appointment{Staff: handler.ID, Role: dsr.RoleHandler}), dsr.Conflict, "error.exists")
		must(t, o.Claim(ctx, handler, task))
		h.Clock.Advance(time.Hour)
		_, err = o.IdentityPage(ctx, handler, c.ID) // it ran out by itself
		want(t, err, dsr.Forbidden, "error.not-appointed")
		equal(t, "held until the house is tidied", h.Int(t, "SELECT COUNT(*) FROM tasks WHERE id = ? AND state = 'claimed'", task), 1)
		must(t, o.Tidy(ctx))
		equal(t, "back in the queue", h.Int(t, "SELECT COUNT(*) FROM tasks WHERE id = ? AND state = 'open' AND assignee = ''", task), 1)
		must(t, o.EndAppointment(ctx, manager, h.Text(t, "SELECT id FROM appointments WHERE staff = ? AND role = 'manager'", manager.ID)))
		want(t, second[[]dsr.Appointment](o.Appointments(ctx, manager)), dsr.Forbidden, "error.not-appointed")
		h.whole(t)
	}},
}
