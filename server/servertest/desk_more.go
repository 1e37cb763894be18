package servertest

import (
	"context"
	"strings"

	"madoguchi/dsr"
)

// More is what FillMore puts into the world: a case for each thing that staff
// do beside the disclosure.
type More struct {
	// Authority waits for the papers of a mother who acts for her child, Admit
	// for the second person; Investigate, Correct and Delete are to be looked
	// into and decided; Agree is a deletion that waits for its approver;
	// Stopped an erasure that somebody stopped; Tell has recipients to tell;
	// Triage is to be classified; Posted came by letter.
	Authority, Admit, Investigate, Correct, Delete, Agree, Stopped, Tell, Triage, Posted string
}

// FillMore adds the other kinds to a desk that FillDesk has filled. The login
// "handler" has the handlers' tasks, "approver" those of the second person and
// "clerk" the recipients'.
func (w *World) FillMore(slug string) More {
	var m More
	minh := dsr.Person{Name: "Nguyễn Văn Minh", Kana: "グエン ヴァン ミン", BornOn: "2014-05-02", Address: "大阪府泉佐野市高松東1-2-3", Mail: "minh@example.jp", Phone: "080-0000-1234"}
	add := func(n int, id string, kind dsr.Kind, stage dsr.Stage, task dsr.TaskKind, login string, change func(c *dsr.CasePage)) string {
		c := &dsr.CasePage{Shell: dsr.Shell{Case: id, Submission: "submission-" + id, Reference: dsr.NewReference([7]byte{byte(n), 1, 2, 3, 5, 7, byte(2 * n)}) + "-1", Kind: kind, Stage: stage,
			StageSince: w.At(-30), Channel: dsr.ChannelPortal, Voice: dsr.VoiceVi, ArrivedAt: w.At(-24 * 4), ReceivedAt: w.At(-24 * 4), TargetAt: w.At(24 * 5), Epoch: 1}, Badge: dsr.BadgeOnTrack}
		c.Identity = dsr.IdentityState{Needed: "L2", ContactConfirmed: true, EvidenceSent: true}
		if task != "" {
			t := dsr.Task{ID: "task-" + id, Case: id, Kind: task, State: "open", OpenedAt: w.At(-20), DueAt: w.At(48)}
			if login != "" {
				t.State, t.Assignee, t.AssigneeName = "claimed", "staff-"+login, w.Staff[login].Name
			}
			c.Tasks = []dsr.Task{t}
		}
		if change != nil {
			change(c)
		}
		w.Cases[id] = c
		row := dsr.QueueRow{Shell: c.Shell, Badge: c.Badge}
		for _, t := range c.Tasks {
			row.Task, row.TaskKind, row.TaskState, row.TaskDueAt, row.Assignee, row.AssigneeName = t.ID, t.Kind, t.State, t.DueAt, t.Assignee, t.AssigneeName
		}
		q := w.Queues[w.Pack(slug).ID]
		q.Rows = append(q.Rows, row)
		w.Queues[w.Pack(slug).ID] = q
		return id
	}
	mother := &dsr.AuthorityState{Kind: "statutory", Relation: "parent", Asked: 1, Exception: true}
	m.Authority = add(31, "case-authority", dsr.KindDisclosure, dsr.StageAuthority, dsr.TaskAuthority, "handler", func(c *dsr.CasePage) {
		a := *mother
		c.Authority, c.Channel, c.RecordingToldAt = &a, dsr.ChannelTelephone, w.At(-24*4)
	})
	m.Admit = add(32, "case-admit", dsr.KindDisclosure, dsr.StageAuthority, dsr.TaskAdmit, "approver", func(c *dsr.CasePage) {
		a := *mother
		a.Document, a.DatedOn, a.RecordedBy, a.RecordedAt = "family-register", "2026-10-01", deskNames[dsr.RoleHandler], w.At(-2)
		c.Authority = &a
	})
	representative := dsr.Representative{Kind: "statutory", Relation: "parent", Person: dsr.Person{Name: "Nguyễn Thị Lan", Phone: "080-0000-4321", Mail: "lan@example.jp"}}
	w.Authorities[m.Authority] = &dsr.AuthorityPage{CasePage: *w.Cases[m.Authority], Person: minh, Representative: representative,
		Documents: []dsr.Document{{ID: "document-2", Kind: "residence-card", MediaType: "image/png", Size: 9000, UploadedAt: w.At(-3), Submitted: true}}}
	w.Authorities[m.Admit] = &dsr.AuthorityPage{CasePage: *w.Cases[m.Admit], Person: minh, Representative: representative, MayAdmit: true,
		Proposed: &dsr.Authority{Relation: "parent", Document: "family-register", DatedOn: "2026-10-01", Checked: "residence-card"}}

	text := func(ja, en string) map[string]string { return map[string]string{"ja": ja, "en": en} }
	profile := dsr.Item{ID: "item-profile", System: "centre-records", Record: dsr.Record{Category: "person", Title: text("登録情報", "Profile"), Source: text("台帳", "register"), Matched: "number",
		Columns: []dsr.Column{{Name: "number", Title: text("番号", "Number")}, {Name: "address", Title: text("住所", "Address"), Writable: true}, {Name: "phone", Title: text("電話", "Telephone"), Writable: true},
			{Name: "assessment", Title: text("評価", "Assessment"), Opinion: true}},
		Rows: [][]string{{"C-000117", "大阪府貝塚市畠中9-9", "080-0000-9999", "連絡が取りにくい"}}, RowKeys: []string{"117"}}}
	orders := dsr.Item{ID: "item-orders", System: "centre-records", Record: dsr.Record{Category: "orders", Title: text("注文", "Orders"), Matched: "number",
		Columns: []dsr.Column{{Name: "on", Title: text("日付", "Date")}, {Name: "goods", Title: text("品目", "Goods"), Writable: true}}, Rows: [][]string{{"2025-01-02", "本"}, {"2025-03-04", "靴"}}, RowKeys: []string{"o1", "o2"}}}
	claims := []dsr.Claim{{Field: "address", Now: "大阪府貝塚市畠中9-9", Should: "大阪府泉佐野市高松東1-2-3"}}
	findings := []dsr.Finding{{Item: "item-profile", Result: dsr.FindingWrong, Checked: "転居届の写しで確認した。", By: deskNames[dsr.RoleHandler]},
		{Item: "item-orders", Result: dsr.FindingRight, Checked: "注文の記録と一致した。"}}
	holds := func(c *dsr.CasePage) {
		c.Items = 2
		c.Holds = []dsr.HoldRow{{System: "centre-records", Kind: dsr.HoldFreeze, PlacedAt: w.At(-20), State: dsr.EffectVerified, Provisional: true}, {System: "centre-records", Kind: dsr.HoldPreservation, State: dsr.EffectPlanned}}
		c.Identity.Proven, c.Identity.ProvenAt = "L2", w.At(-30)
	}
	m.Investigate = add(33, "case-investigate", dsr.KindCorrection, dsr.StageInvestigation, dsr.TaskInvestigate, "handler", holds)
	w.Investigations[m.Investigate] = &dsr.InvestigationPage{CasePage: *w.Cases[m.Investigate], Person: minh, Scope: "Địa chỉ của tôi sai.", Claims: claims, Items: []dsr.Item{profile, orders}}
	review := func(id string, items ...dsr.Item) *dsr.ReviewPage {
		return &dsr.ReviewPage{CasePage: *w.Cases[id], Person: minh, Scope: "Địa chỉ của tôi sai.", Items: items, Claims: claims, Findings: findings, Open: len(items)}
	}
	tested := func(it dsr.Item, ids ...string) dsr.Item {
		for _, id := range ids {
			it.Tests = append(it.Tests, dsr.ItemTest{Exemption: id})
		}
		return it
	}
	m.Correct = add(34, "case-correct", dsr.KindCorrection, dsr.StageReview, dsr.TaskReview, "handler", holds)
	w.Reviews[m.Correct] = review(m.Correct, tested(profile, "X1"), tested(orders, "X1"))
	m.Delete = add(35, "case-delete", dsr.KindDeletion, dsr.StageReview, dsr.TaskReview, "handler", holds)
	w.Reviews[m.Delete] = review(m.Delete, tested(profile, "X1"), orders)
	w.Reviews[m.Delete].Ground, w.Reviews[m.Delete].Claims = "no-longer-needed", nil
	w.Reviews[m.Delete].Schedules = map[string][]dsr.Schedule{"item-orders": {{Rule: "statute-7", Until: "2033-03-04"}}}
	m.Agree = add(36, "case-agree", dsr.KindDeletion, dsr.StageDecision, dsr.TaskApprove, "approver", func(c *dsr.CasePage) {
		holds(c)
		c.Proposal = 1
		c.Proposals = []dsr.ProposalRow{{Version: 1, Outcome: dsr.OutcomePartial, Proposer: "staff-handler", ProposerName: deskNames[dsr.RoleHandler], ProposedAt: w.At(-3)}}
	})
	decided := func(it dsr.Item, d dsr.Decision) dsr.Item {
		d.Item = it.ID
		it.Decision, it.Answered = d, true
		return it
	}
	removed := dsr.Item{ID: "item-removed", System: profile.System, Record: profile.Record}
	agreed := review(m.Agree, decided(profile, dsr.Decision{Measure: dsr.MeasureErase}), decided(orders, dsr.Decision{Measure: dsr.MeasureKeep, Schedule: "statute-7", Until: "2033-03-04"}),
		decided(removed, dsr.Decision{Measure: dsr.MeasureDelete, Changes: []dsr.Change{{Row: "117", Column: "phone", Before: "080-0000-9999"}}}))
	agreed.Open, agreed.Outcome = 0, dsr.OutcomePartial
	agreed.Schedules = map[string][]dsr.Schedule{"item-orders": {{Rule: "statute-7", Until: "2033-03-04"}}}
	w.Approvals[m.Agree] = &dsr.ApprovePage{ReviewPage: *agreed, Proposal: w.Cases[m.Agree].Proposals[0], MayApprove: true}
	w.Reviews[m.Agree] = agreed

	m.Stopped = add(37, "case-stopped", dsr.KindErasure, dsr.StageExecution, dsr.TaskErasureStopped, "handler", func(c *dsr.CasePage) {
		holds(c)
		c.CoolingOffUntil, c.StoppedAt = w.At(24), w.At(-1)
	})
	m.Tell = add(38, "case-tell", dsr.KindDeletion, dsr.StageNotified, dsr.TaskRecipient, "handler", func(c *dsr.CasePage) {
		holds(c)
		c.Recipients = []dsr.RecipientRow{{ID: "recipient-1", Name: "配送会社", Role: "processor", State: "open", Attempts: 1, Task: "task-case-tell", At: w.At(-5)}, {ID: "recipient-2", Name: "共同利用者", Role: "joint-user", State: "done", Attempts: 3, Result: dsr.RecipientUnreachable}}
		c.Scheduled = []dsr.ScheduledRow{{ID: "scheduled-1", System: "centre-records", Category: "orders", Rule: "statute-7", DueOn: "2033-03-04"}}
	})
	w.Recipients["recipient-1"] = &dsr.RecipientPage{CasePage: *w.Cases[m.Tell], Recipient: w.Cases[m.Tell].Recipients[0], Text: "下記の方の登録情報を消去しました。同じ措置をお願いします。グエン・ヴァン・ミン 様", Max: 3,
		Attempts: []dsr.RecipientAttempt{{At: w.At(-5), By: deskNames[dsr.RoleClerk], Result: "no-answer"}}}
	m.Triage = add(39, "case-triage", dsr.KindDeletion, dsr.StageTriage, dsr.TaskClassify, "handler", nil)
	m.Posted = add(40, "case-posted", dsr.KindSuspension, dsr.StageIdentity, "", "", func(c *dsr.CasePage) {
		c.Channel, c.PostedOn, c.DeemedAt, c.EnteredAt = dsr.ChannelPost, "2026-11-10", w.At(-24*8), w.At(-24*2)
	})
	w.Identities[m.Triage] = &dsr.IdentityPage{CasePage: *w.Cases[m.Triage], Claimed: minh, Chosen: -1, LookedUp: true, Scope: "Tôi không muốn nhận thư nữa.", Claims: claims}
	w.Letters = []dsr.PostedLetter{{Notice: "letter-1", Case: m.Posted, Reference: w.Cases[m.Posted].Reference, Code: "N-01", Voice: dsr.VoiceVi, QueuedAt: w.At(-20), Task: "task-letter-1", Address: "大阪府泉佐野市\n高松東1-2-3", Name: "Nguyễn Văn Minh", Letter: SampleLetter()},
		{Notice: "letter-2", Case: m.Agree, Reference: w.Cases[m.Agree].Reference, Code: "N-18", Voice: dsr.VoiceJa, QueuedAt: w.At(-30), PrintedAt: w.At(-3), Address: "大阪府貝塚市畠中9-9", Name: "Nguyễn Văn Minh", Letter: SampleLetter()}}
	w.Appointed = []dsr.Appointment{{ID: "appointment-1", Staff: "staff-handler", StaffName: deskNames[dsr.RoleHandler], Role: dsr.RoleHandler, By: deskNames[dsr.RoleManager], FromAt: w.At(-24 * 40)},
		{ID: "appointment-2", Staff: "staff-handler2", StaffName: "高橋 海", Role: dsr.RoleHandler, By: deskNames[dsr.RoleManager], FromAt: w.At(-24 * 40), UntilAt: w.At(-24 * 2)}}
	return m
}

func (o *office) ProposeRedirect(_ context.Context, a dsr.Actor, caseID, task, where string) error {
	return o.done("ProposeRedirect", a.ID, caseID, task)
}

func (o *office) PapersArrived(_ context.Context, a dsr.Actor, caseID string, kinds []string) error {
	return o.done("PapersArrived", a.ID, caseID, strings.Join(kinds, ","))
}

func (o *office) PlaceHold(_ context.Context, a dsr.Actor, caseID, task string, candidate int) error {
	return o.done("PlaceHold", a.ID, caseID, candidate)
}

func (o *office) AuthorityPage(_ context.Context, _ dsr.Actor, caseID string) (dsr.AuthorityPage, error) {
	return page(o, "AuthorityPage", o.w.Authorities, caseID)
}

func (o *office) AskAuthority(_ context.Context, a dsr.Actor, caseID, _, reason, _ string) error {
	return o.done("AskAuthority", a.ID, caseID, reason)
}

func (o *office) RecordAuthority(_ context.Context, a dsr.Actor, caseID, _ string, x dsr.Authority) error {
	o.w.Recorded = append(o.w.Recorded, x)
	return o.done("RecordAuthority", a.ID, caseID, x.Document)
}

func (o *office) Admit(_ context.Context, a dsr.Actor, caseID, _ string) error {
	if p := o.w.Authorities[caseID]; p != nil && !p.MayAdmit {
		return dsr.Fail(dsr.Forbidden, "error.same-person")
	}
	return o.done("Admit", a.ID, caseID)
}

func (o *office) ReturnAuthority(_ context.Context, a dsr.Actor, caseID, _, _ string) error {
	return o.done("ReturnAuthority", a.ID, caseID)
}

func (o *office) ProposeFormRejection(_ context.Context, a dsr.Actor, caseID, _, _ string) error {
	return o.done("ProposeFormRejection", a.ID, caseID)
}

func (o *office) Investigation(_ context.Context, _ dsr.Actor, caseID string) (dsr.InvestigationPage, error) {
	return page(o, "Investigation", o.w.Investigations, caseID)
}

func (o *office) Investigated(_ context.Context, a dsr.Actor, caseID, _ string, findings []dsr.Finding) error {
	o.w.Found = append(o.w.Found, findings...)
	return o.done("Investigated", a.ID, caseID, len(findings))
}

func (o *office) ResumeErasure(_ context.Context, a dsr.Actor, caseID, _ string) error {
	return o.done("ResumeErasure", a.ID, caseID)
}

func (o *office) Reconsider(_ context.Context, a dsr.Actor, caseID, _ string) error {
	return o.done("Reconsider", a.ID, caseID)
}

func (o *office) RecipientPage(_ context.Context, _ dsr.Actor, caseID, recipient string) (dsr.RecipientPage, error) {
	leave, err := o.enter("RecipientPage")
	defer leave()
	if p := o.w.Recipients[recipient]; err == nil && p != nil && p.Case == caseID && o.w.owns(o.id, caseID) {
		return *p, nil
	}
	if err == nil {
		err = notFound()
	}
	return dsr.RecipientPage{}, err
}

func (o *office) TellRecipient(_ context.Context, a dsr.Actor, caseID, recipient, result string) error {
	return o.done("TellRecipient", a.ID, caseID, recipient, result)
}

func (o *office) LettersToPost(context.Context, dsr.Actor) ([]dsr.PostedLetter, error) {
	leave, err := o.enter("LettersToPost")
	defer leave()
	var out []dsr.PostedLetter
	for _, l := range o.w.Letters {
		// A list opens nothing.
		l.Address, l.Name, l.Letter = "", "", dsr.Letter{}
		if o.w.owns(o.id, l.Case) {
			out = append(out, l)
		}
	}
	return out, err
}

func (o *office) PrintLetters(_ context.Context, _ dsr.Actor, notices []string) ([]dsr.PostedLetter, error) {
	leave, err := o.enter("PrintLetters")
	defer leave()
	var out []dsr.PostedLetter
	for i, l := range o.w.Letters {
		for _, n := range notices {
			if n == l.Notice && o.w.owns(o.id, l.Case) {
				o.w.Letters[i].PrintedAt = o.w.Now.UnixMicro()
				out = append(out, l)
			}
		}
	}
	if err == nil && len(out) != len(notices) {
		return nil, notFound()
	}
	return out, err
}

func (o *office) LetterPosted(_ context.Context, a dsr.Actor, notice string) error {
	found := false
	for i, l := range o.w.Letters {
		if l.Notice == notice {
			o.w.Letters[i].PostedAt, o.w.Letters[i].PostedBy, found = o.w.Now.UnixMicro(), o.staffName(a.ID), true
		}
	}
	if !found {
		return notFound()
	}
	return o.done("LetterPosted", a.ID, notice)
}

func (o *office) Appointments(context.Context, dsr.Actor) ([]dsr.Appointment, error) {
	leave, err := o.enter("Appointments")
	defer leave()
	return o.w.Appointed, err
}

func (o *office) Appointable(context.Context, dsr.Actor) ([]dsr.Staff, error) {
	leave, err := o.enter("Appointable")
	defer leave()
	var out []dsr.Staff
	for _, login := range []string{"handler", "handler2", "approver", "manager"} {
		if s := o.w.Staff[login]; s != nil && len(s.Roles[o.id]) > 0 {
			out = append(out, *s)
		}
	}
	return out, err
}

func (o *office) Appoint(_ context.Context, a dsr.Actor, x dsr.Appointment) error {
	x.ID, x.StaffName, x.By = "appointment-new", o.staffName(x.Staff), o.staffName(a.ID)
	err := o.done("Appoint", a.ID, x.Staff, x.Role)
	if err == nil {
		o.w.Appointed = append(o.w.Appointed, x)
	}
	return err
}

func (o *office) EndAppointment(_ context.Context, a dsr.Actor, appointment string) error {
	for i, x := range o.w.Appointed {
		if x.ID == appointment {
			o.w.Appointed[i].EndedAt, o.w.Appointed[i].EndedBy = o.w.Now.UnixMicro(), o.staffName(a.ID)
			return o.done("EndAppointment", a.ID, appointment)
		}
	}
	return notFound()
}
