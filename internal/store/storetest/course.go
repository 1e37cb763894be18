package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"madoguchi/dsr"
	"madoguchi/policy"
)

// course is what the policy says beforehand of a filing at an organisation.
func (h *House) course(t testing.TB, organisation string, f dsr.Filing, a dsr.Answers) dsr.Course {
	t.Helper()
	library, calendars := Packs(t)
	p, ok := library.ByID(organisation)
	if !ok {
		t.Fatalf("no pack %s", organisation)
	}
	w := f.Wishes[0]
	r := policy.Request{Kind: string(w.Kind), Channel: string(f.Channel), Population: f.Person.Population, Service: f.Person.Service, Ground: w.Ground}
	for _, x := range w.Claims {
		r.Fields = append(r.Fields, x.Field)
	}
	if on := f.Representative; on != nil {
		r.Filer = dsr.FilerOf(on.Kind)
	}
	a.ArrivedAt, a.Calendars = h.Clock.Now(), calendars
	a.ByPost = f.Contact.ByPost
	return dsr.CourseOf(p, r, a)
}

// asDecided are the decided items of a case as answers of a course.
func (c *Case) asDecided(t testing.TB, handler dsr.Actor, a *dsr.Answers) (tests [][]string) {
	t.Helper()
	page, err := c.o.Review(t.Context(), handler, c.ID)
	must(t, err)
	for _, it := range page.Items {
		x := dsr.AnsweredItem{Item: policy.Item{System: it.System, Category: it.Record.Category}, Decision: it.Decision}
		var ids []string
		for _, e := range it.Tests {
			if ids = append(ids, e.Exemption+" "+e.Because); e.Answer == dsr.AnswerApplies {
				x.Applies = append(x.Applies, e.Exemption)
			}
		}
		a.Items, tests = append(a.Items, x), append(tests, ids)
	}
	return tests
}

// took checks that a case took the course that was told beforehand, and that the
// check would see another one.
func (c *Case) took(t *testing.T, co dsr.Course, tests [][]string) {
	t.Helper()
	for _, d := range c.differs(t, co, tests) {
		t.Error(d)
	}
	for what, spoil := range map[string]func(*dsr.Course){
		"a stage left out":  func(x *dsr.Course) { x.Stages = slices.Delete(slices.Clone(x.Stages), 3, 4) },
		"a notice too many": func(x *dsr.Course) { x.Notices = append(slices.Clone(x.Notices), "N-99") },
		"notices by turns":  func(x *dsr.Course) { x.Notices = slices.Clone(x.Notices); slices.Reverse(x.Notices) },
		"another outcome":   func(x *dsr.Course) { x.Outcome = dsr.OutcomeMerged },
		"another proof":     func(x *dsr.Course) { x.Identity.Level = "L9" },
		"no clock":          func(x *dsr.Course) { x.Clocks = nil },
		"another recipient": func(x *dsr.Course) {
			x.Recipients = append(slices.Clone(x.Recipients), policy.Told{Recipient: policy.Recipient{ID: "nobody"}})
		},
		"a test left out":    func(x *dsr.Course) { x.Items = slices.Clone(x.Items); x.Items[0].Asked = x.Items[0].Asked[:1] },
		"no measure allowed": func(x *dsr.Course) { x.Items = slices.Clone(x.Items); x.Items[0].Allowed = nil },
	} {
		if len(tests) == 0 && (what == "a test left out" || what == "no measure allowed") {
			continue // it ended before anything was looked at
		}
		spoilt := co
		spoil(&spoilt)
		if len(c.differs(t, spoilt, tests)) == 0 {
			t.Errorf("%s: not seen", what)
		}
	}
}

// differs says where the case went another way than a course. Every item's tests
// are those that its review put to it.
func (c *Case) differs(t testing.TB, co dsr.Course, tests [][]string) (out []string) {
	t.Helper()
	compare := func(what string, got, want any) {
		if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
			out = append(out, what+": "+g+", the course says "+w)
		}
	}
	for i, ids := range tests {
		var asked []string
		for _, e := range co.Items[i].Asked {
			if e.Effect != policy.EffectRedact && e.Effect != policy.EffectNotHeld {
				asked = append(asked, e.ID+" "+e.Because())
			}
		}
		compare("tests", ids, asked)
		if got := c.measureOf(t, i); !slices.Contains(co.Items[i].Allowed, got) {
			compare("measure", got, co.Items[i].Allowed)
		}
	}
	compare("stages", c.path, co.Stages)
	compare("outcome", c.Facts(t).Outcome, co.Outcome)
	compare("level", c.h.Text(t, "SELECT identity_needed FROM submissions WHERE id = ?", c.Submission), co.Identity.Level)
	var told []string
	for _, n := range c.notices(t) {
		code, _, _ := strings.Cut(n, " ")
		// What goes to whoever else is on file is not told to the person.
		if code != "N-28" && !slices.Contains(told, code) {
			told = append(told, code)
		}
	}
	compare("notices", told, co.Notices)
	var due int64
	for _, x := range co.Clocks {
		if at := x.Result.DueAt.UnixMicro(); x.Unknown == nil && x.Name != dsr.ClockExposure && (due == 0 || at < due) {
			due = at
		}
	}
	compare("target", c.TargetAt, due)
	var want, got []string
	for _, r := range co.Recipients {
		want = append(want, r.ID)
	}
	rows, err := c.h.DB.Query(c.h.bind("SELECT recipient FROM recipients WHERE case_id = ? ORDER BY recipient"), c.ID)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var r string
		must(t, rows.Scan(&r))
		got = append(got, r)
	}
	compare("recipients", sorted(got), sorted(want))
	return out
}

// measureOf is the measure that the number-th item got.
func (c *Case) measureOf(t testing.TB, number int) dsr.Measure {
	t.Helper()
	return dsr.Measure(c.h.Text(t, "SELECT measure FROM items WHERE case_id = ? ORDER BY number LIMIT 1 OFFSET "+string(rune('0'+number)), c.ID))
}

// What is said of a course beforehand is what the procedure then does.
var coursePromises = []promise{
	{"a disclosure takes the course that is said beforehand", func(t *testing.T, h *House) {
		f := Filing("course")
		c := h.File(t)
		var a dsr.Answers
		co := func() dsr.Course { return h.course(t, h.Here, f, a) }
		before := co()
		c.ToDecision(t)
		tests := c.asDecided(t, h.Handler, &a)
		course := co()
		course.Clocks = before.Clocks // from the day of arrival
		c.Approve(t, h.Approver)
		c.at(t, dsr.StageDelivery)
		c.Download(t)
		h.Post(t)
		c.at(t, dsr.StageClosed)
		c.took(t, course, tests)
		equal(t, "approver", course.Approver, dsr.RoleApprover)
	}},
	{"a correction takes the course that is said beforehand", func(t *testing.T, h *House) {
		c, d := h.correction(t)
		f := Filing("course")
		f.Wishes = []dsr.Wish{{Kind: dsr.KindCorrection, Claims: []dsr.Claim{{Field: "mail"}}}}
		var a dsr.Answers
		before := h.course(t, h.org(t, "qoo10"), f, a)
		equal(t, "freeze", before.Freeze, dsr.FreezePromised)
		equal(t, "investigation", before.Investigation, true)
		c.proveIn(t, d.handler)
		c.investigate(t, d.handler, dsr.FindingWrong)
		c.decide(t, d.handler, corrected)
		tests := c.asDecided(t, d.handler, &a)
		course := h.course(t, h.org(t, "qoo10"), f, a)
		course.Clocks = before.Clocks
		c.agree(t, d.approver)
		c.at(t, dsr.StageNotified)
		c.settleRecipients(t, d.handler)
		c.at(t, dsr.StageClosed)
		c.took(t, course, tests)
	}},
	{"a deletion in three ways takes the course that is said beforehand", func(t *testing.T, h *House) {
		c, d := h.deletion(t)
		f := Filing("course")
		f.Wishes = []dsr.Wish{{Kind: dsr.KindDeletion}}
		var a dsr.Answers
		id := h.org(t, "score-japan")
		before := h.course(t, id, f, a)
		c.proveIn(t, d.handler)
		c.investigate(t, d.handler, dsr.FindingPromised)
		c.decide(t, d.handler, threeWays(t))
		tests := c.asDecided(t, d.handler, &a)
		course := h.course(t, id, f, a)
		course.Clocks = before.Clocks
		equal(t, "cooling off", course.CoolingOff, true)
		c.agree(t, d.approver)
		c.at(t, dsr.StageExecution)
		c.waitFor(t, "cooling-off")
		c.at(t, dsr.StageNotified)
		c.settleRecipients(t, d.handler)
		c.at(t, dsr.StageClosed)
		c.took(t, course, tests)
	}},
	{"a case that ends before anything is decided takes the course that is said beforehand", func(t *testing.T, h *House) {
		c := h.File(t)
		course := h.course(t, h.Here, Filing("x"), dsr.Answers{End: dsr.OutcomeRejectedIdentity})
		c.ToIdentity(t).Prove(t)
		c.Run(t)
		must(t, c.o.ProposeRejection(t.Context(), h.Handler, c.ID, c.Claim(t, h.Handler, dsr.TaskVerifyIdentity), "the card is somebody else's"))
		c.at(t, dsr.StageDecision)
		c.Approve(t, h.Approver)
		c.at(t, dsr.StageClosed)
		c.took(t, course, nil)
		equal(t, "approver", course.Approver, dsr.RoleApprover)
	}},
	{"somebody who asks for another at the counter takes the course that is said beforehand", func(t *testing.T, h *House) {
		for outcome, end := range map[dsr.Outcome]func(c *Case){
			dsr.OutcomeRejectedForm: func(c *Case) {
				must(t, c.o.ProposeFormRejection(t.Context(), h.Handler, c.ID, c.Claim(t, h.Handler, dsr.TaskAuthority), "no mandate"))
				c.at(t, dsr.StageDecision)
				c.Approve(t, h.Approver)
			},
			dsr.OutcomePartial: func(c *Case) {
				must(t, c.o.RecordAuthority(t.Context(), h.Handler, c.ID, c.Claim(t, h.Handler, dsr.TaskAuthority), dsr.Authority{Relation: "family",
					Document: "power-of-attorney", Checked: "shown-at-counter", DatedOn: "2026-11-20", Covers: []dsr.Kind{dsr.KindDisclosure}}))
				c.Run(t)
				must(t, c.o.Admit(t.Context(), h.Approver, c.ID, c.Claim(t, h.Approver, dsr.TaskAdmit)))
				c.at(t, dsr.StageReview)
				c.Propose(t, h.Handler, true)
			},
		} {
			f := Filing("agent " + string(outcome))
			f.Channel, f.Contact = dsr.ChannelCounter, dsr.Contact{Mail: "sister.canary@example.jp"}
			f.Representative = &dsr.Representative{Kind: "delegated", Relation: "family", Person: dsr.Person{Name: "Sister Canary"}}
			before := h.course(t, h.Here, f, dsr.Answers{})
			equal(t, "papers asked of an agent", len(before.Authority) > 0, true)
			c := h.filed(t, h.Here, h.Clerk, f)
			c.at(t, dsr.StageIdentity)
			c.Claim(t, h.Handler, dsr.TaskVerifyIdentity)
			must(t, c.confirm(t, h.Handler, "shown-at-counter", 0))
			c.at(t, dsr.StageAuthority)
			end(c)
			a := dsr.Answers{End: outcome}
			var tests [][]string
			if outcome == dsr.OutcomePartial {
				a.End = ""
				tests = c.asDecided(t, h.Handler, &a)
				c.at(t, dsr.StageDecision)
				c.Approve(t, h.Approver)
				c.at(t, dsr.StageDelivery)
				c.Mail = Mail // the way in is the person's: the mandate does not cover receiving
				c.Download(t)
				h.Post(t)
			}
			course := h.course(t, h.Here, f, a)
			course.Clocks = before.Clocks
			c.at(t, dsr.StageClosed)
			c.took(t, course, tests)
		}
	}},
	{"a ground that is the manager's is agreed by the manager, and nobody else", func(t *testing.T, h *House) {
		c := h.File(t)
		o, ctx := c.o, t.Context()
		c.ToReview(t)
		c.decide(t, h.Handler, func(it *dsr.Item) {
			it.Decision.Measure = dsr.MeasureWithhold
			for i, x := range it.Tests {
				if x.Exemption == "X2" {
					it.Tests[i].Answer, it.Tests[i].Evidence = dsr.AnswerApplies, "one Canary cannot be served beside the others"
				}
			}
			it.Decision.Exemption, it.Decision.Reason = "X2", "it would hinder the work"
			for j := range it.Decision.Redactions {
				it.Decision.Redactions[j].Answered = true
			}
		})
		c.at(t, dsr.StageDecision)
		task := c.Claim(t, h.Approver, dsr.TaskApprove)
		page, err := o.Approval(ctx, h.Approver, c.ID)
		must(t, err)
		equal(t, "why not", page.Why, "error.manager-agrees")
		want(t, o.Approve(ctx, h.Approver, c.ID, task, 1), dsr.Forbidden, "error.manager-agrees")
		equal(t, "agreed", c.Facts(t).Agreed, 0)
		must(t, o.Release(ctx, h.Approver, task))
		page, err = o.Approval(ctx, h.Manager, c.ID)
		must(t, err)
		equal(t, "may the manager", page.MayApprove, true)
		c.Approve(t, h.Manager)
		equal(t, "outcome", c.Run(t).Decided, dsr.OutcomeRefused)
	}},
}
