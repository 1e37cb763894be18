package servertest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"sort"
	"time"

	"madoguchi/dsr"
)

// owns reports whether a case is an organisation's; a case that no queue has
// belongs to whoever asks.
func (w *World) owns(organisation, caseID string) bool {
	for id, q := range w.Queues {
		for _, r := range q.Rows {
			if r.Case == caseID {
				return id == organisation
			}
		}
	}
	return true
}

// queue filters and sorts the rows of an organisation as an office does.
func (w *World) queue(organisation string, actor dsr.Actor, f dsr.QueueFilter) dsr.Queue {
	all := w.Queues[organisation]
	q := dsr.Queue{Counts: map[string]int{}}
	for _, r := range all.Rows {
		tabs := map[string]bool{"all": r.Stage != dsr.StageClosed, "closed": r.Stage == dsr.StageClosed, "waiting": r.Paused,
			"mine": r.Task != "" && r.Assignee == actor.ID, string(r.TaskKind): r.Task != ""}
		for tab, in := range tabs {
			if in {
				q.Counts[tab]++
			}
		}
		if tabs[f.Tab] {
			if f.Tab == "all" || f.Tab == "waiting" || f.Tab == "closed" {
				r = dsr.QueueRow{Shell: r.Shell, Badge: r.Badge} // cases, not tasks
			}
			q.Rows = append(q.Rows, r)
		}
	}
	q.Total = len(q.Rows)
	sort.SliceStable(q.Rows, func(i, j int) bool { return left(q.Rows[i]) < left(q.Rows[j]) })
	q.Rows = q.Rows[min(f.Offset, len(q.Rows)):]
	if f.Limit > 0 && len(q.Rows) > f.Limit {
		q.Rows = q.Rows[:f.Limit]
	}
	return q
}

func left(r dsr.QueueRow) int64 {
	if r.TargetAt == 0 {
		return 1<<62 - 1
	}
	return r.TargetAt
}

// counts reports whether a figure of the board counts a case.
func (w *World) counts(r dsr.QueueRow, figure dsr.Figure) bool {
	open := r.Stage != dsr.StageClosed && r.AnsweredAt == 0
	now := w.Now.UnixMicro()
	switch figure {
	case dsr.FigureOpen:
		return r.Stage != dsr.StageClosed
	case dsr.FigureDueSoon:
		return open && !r.Paused && r.TargetAt >= now && r.TargetAt <= now+int64(7*24*time.Hour/time.Microsecond)
	case dsr.FigureOverdue:
		return open && !r.Paused && r.TargetAt < now
	case dsr.FigurePaused:
		return open && r.Paused
	case dsr.FigureAnswered:
		return r.AnsweredAt != 0
	case dsr.FigureInTime:
		return r.AnsweredAt != 0 && r.AnsweredAt <= r.TargetAt
	}
	return false
}

func (w *World) counted(organisation string, kind dsr.Kind, figure dsr.Figure) []dsr.QueueRow {
	var out []dsr.QueueRow
	for _, r := range w.Queues[organisation].Rows {
		if (kind == "" || r.Kind == kind) && w.counts(r, figure) {
			out = append(out, r)
		}
	}
	return out
}

func (w *World) board(organisation string) []dsr.BoardRow {
	n := func(k dsr.Kind, f dsr.Figure) int { return len(w.counted(organisation, k, f)) }
	row := func(k dsr.Kind) dsr.BoardRow {
		return dsr.BoardRow{Kind: k, Open: n(k, dsr.FigureOpen), DueSoon: n(k, dsr.FigureDueSoon), Overdue: n(k, dsr.FigureOverdue),
			Paused: n(k, dsr.FigurePaused), Answered: n(k, dsr.FigureAnswered), InTime: n(k, dsr.FigureInTime)}
	}
	rows := []dsr.BoardRow{row("")}
	for _, k := range dsr.Kinds {
		if r := row(k); r.Open+r.Answered > 0 {
			rows = append(rows, r)
		}
	}
	return rows
}

// Desk are the names of what FillDesk puts into the world.
type Desk struct {
	// Identity, Review, Approval and Hand are cases with an open task of that
	// sort; Waiting waits for the person; Closed is over.
	Identity, Review, Approval, Hand, Waiting, Closed string
	// Cases are all of them.
	Cases []string
}

// Role logins: FillDesk adds a member of staff of each role under its name.
var deskNames = map[dsr.Role]string{dsr.RoleClerk: "小林 葵", dsr.RoleHandler: "鈴木 花", dsr.RoleApprover: "田中 実",
	dsr.RoleManager: "山本 玲", dsr.RoleAuditor: "Eva Schulz", dsr.RoleAdmin: "佐藤 光"}

// FillDesk puts a desk in the middle of its work into the world: one member of
// staff of each role, and a case for each thing that staff do.
func (w *World) FillDesk(slug string) Desk {
	for _, r := range dsr.Roles {
		w.AddStaff(string(r), deskNames[r], slug, r)
	}
	w.AddStaff("handler2", "高橋 海", slug, dsr.RoleHandler)
	var d Desk
	// hours until the target, and the task.
	add := func(n int, stage dsr.Stage, badge dsr.Badge, hours int, task dsr.TaskKind, change func(c *dsr.CasePage)) string {
		id := fmt.Sprintf("0192%04d-0000-7000-8000-00000000%04d", n, n)
		ref := dsr.NewReference([7]byte{byte(3 * n), byte(5 * n), 11, byte(n), 2, 29, byte(n)})
		c := &dsr.CasePage{Shell: dsr.Shell{Case: id, Submission: fmt.Sprintf("submission-%d", n), Reference: ref + "-1", Kind: dsr.KindDisclosure,
			Stage: stage, StageSince: w.At(-30), Channel: dsr.ChannelPortal, Voice: dsr.VoiceVi, ArrivedAt: w.At(-24 * 8), ReceivedAt: w.At(-24 * 8),
			TargetAt: w.At(hours), TargetOn: w.Now.Add(time.Duration(hours) * time.Hour).Add(9 * time.Hour).Format(time.DateOnly), ToCollect: 1, Epoch: 1}, Badge: badge}
		c.Identity = dsr.IdentityState{Needed: "L2", ContactConfirmed: true, EvidenceSent: true}
		c.Documents = []dsr.Document{{ID: "document-1", Kind: "residence-card", MediaType: "image/png", Size: 412_000, UploadedAt: w.At(-50), Submitted: true}}
		c.Clocks = []dsr.ClockLine{{Name: "target", DueAt: c.TargetAt, DueOn: c.TargetOn, RuleID: "target", StepsIn: steps(
			"The request arrived on Thursday 12 November 2026, 12:00.", "The first day does not count.", "10 business days are counted.", "Monday 23 November is a holiday (Labour Thanksgiving Day).")},
			{Name: "exposure", DueAt: w.At(24 * 7), DueOn: "2026-11-27", StepsIn: steps("Two weeks after the day on which the request arrived (Art. 39).")}}
		c.Timeline = []dsr.TimelineEntry{
			{At: w.At(-24 * 8), Code: "timeline.filed", Args: map[string]string{"channel": "portal"}, Actor: dsr.ActorPerson, Public: true, Seq: 1},
			{At: w.At(-24*8 + 1), Code: "timeline.contact-confirmed", Actor: dsr.ActorPerson, Public: true, Seq: 2},
			{At: w.At(-50), Code: "timeline.identity-evidence", Actor: dsr.ActorPerson, Public: true, Seq: 3},
			{At: w.At(-30), Code: "timeline.stage", Args: map[string]string{"from": "received", "to": string(stage)}, Actor: dsr.ActorStaff, ActorName: deskNames[dsr.RoleHandler], Seq: 4},
		}
		c.Notices = []dsr.NoticeRow{{ID: "notice-1", Case: id, Code: "N-01", Voice: dsr.VoiceVi, Channel: "mail", State: "accepted", Sends: 1, At: w.At(-24 * 8), Public: true},
			{ID: "notice-2", Case: id, Code: "N-02", Voice: dsr.VoiceVi, Channel: "mail", State: "accepted", Sends: 2, At: w.At(-24*8 + 1), Public: true}}
		c.Effects = []dsr.Effect{{ID: "effect-1", Case: id, Connector: "centre-records", Action: dsr.ActionLookup, State: dsr.EffectVerified, Fence: 1}}
		c.Milestones = []dsr.MilestoneRow{{ID: "milestone-1", Name: "escalation-50", DueAt: w.At(-20), FiredAt: w.At(-20), FiredBy: "timer"}, {ID: "milestone-2", Name: "due", DueAt: c.TargetAt}}
		if task != "" {
			c.Tasks = []dsr.Task{{ID: "task-" + string(task), Case: id, Kind: task, State: "open", OpenedAt: w.At(-30), DueAt: w.At(hours - 24)}}
		}
		if change != nil {
			change(c)
		}
		w.Cases[id] = c
		d.Cases = append(d.Cases, id)
		row := dsr.QueueRow{Shell: c.Shell, Badge: c.Badge}
		for _, t := range c.Tasks {
			row.Task, row.TaskKind, row.TaskState, row.TaskDueAt, row.Assignee, row.AssigneeName = t.ID, t.Kind, t.State, t.DueAt, t.Assignee, t.AssigneeName
		}
		q := w.Queues[w.Pack(slug).ID]
		q.Rows = append(q.Rows, row)
		w.Queues[w.Pack(slug).ID] = q
		return id
	}
	proven := func(c *dsr.CasePage) {
		c.Identity.Proven, c.Identity.ProvenAt, c.Identity.Checker, c.Identity.Method = "L2", w.At(-40), "staff-handler", "residence-card"
		c.Collected, c.Items = 1, 3
		c.Effects = append(c.Effects, dsr.Effect{ID: "effect-2", Case: c.Case, Connector: "centre-records", Action: dsr.ActionCollect, State: dsr.EffectVerified, Fence: 2})
	}
	took := func(c *dsr.CasePage, login string) {
		t := &c.Tasks[0]
		t.State, t.Assignee, t.AssigneeName = "claimed", "staff-"+login, w.Staff[login].Name
	}
	d.Identity = add(1, dsr.StageIdentity, dsr.BadgeSoon, 40, dsr.TaskVerifyIdentity, func(c *dsr.CasePage) { took(c, "handler"); c.Pending = 1 })
	d.Review = add(2, dsr.StageReview, dsr.BadgeToday, 5, dsr.TaskReview, func(c *dsr.CasePage) { proven(c); took(c, "handler") })
	d.Approval = add(3, dsr.StageDecision, dsr.BadgeOverdue, -50, dsr.TaskApprove, func(c *dsr.CasePage) {
		proven(c)
		took(c, "approver")
		c.Late, c.Proposal = true, 2
		c.Proposals = []dsr.ProposalRow{{Version: 1, Outcome: dsr.OutcomeFulfilled, Proposer: "staff-handler", ProposerName: deskNames[dsr.RoleHandler], ProposedAt: w.At(-30), Approver: "staff-approver", ApproverName: deskNames[dsr.RoleApprover], DecidedAt: w.At(-28), Verdict: "sent-back"},
			{Version: 2, Outcome: dsr.OutcomePartial, Proposer: "staff-handler", ProposerName: deskNames[dsr.RoleHandler], ProposedAt: w.At(-3)}}
	})
	d.Hand = add(4, dsr.StageDelivery, dsr.BadgeInTime, 30, dsr.TaskHandOver, func(c *dsr.CasePage) {
		proven(c)
		c.Channel, c.Voice, c.AnsweredAt = dsr.ChannelPost, dsr.VoiceJa, w.At(-2)
	})
	d.Waiting = add(5, dsr.StageIdentity, dsr.BadgePaused, 0, "", func(c *dsr.CasePage) {
		c.Paused, c.PausedFor, c.PausedAt, c.UnitsLeft, c.TargetAt = true, "identity", w.At(-24*7), 2, 0
		c.Voice, c.Documents = dsr.VoiceEn, nil
	})
	add(6, dsr.StageClarification, dsr.BadgePaused, 0, "", func(c *dsr.CasePage) {
		proven(c)
		c.Paused, c.PausedFor, c.PausedAt, c.UnitsLeft, c.TargetAt, c.Voice = true, "clarification", w.At(-24*2), 8, 0, dsr.VoiceJaEasy
	})
	add(7, dsr.StageIdentity, dsr.BadgeOnTrack, 24*12, dsr.TaskVerifyIdentity, func(c *dsr.CasePage) {
		c.Tasks[0].ID = "task-identity-free"
		c.Channel, c.Voice = dsr.ChannelTelephone, dsr.VoiceDe
	})
	for i, k := range []dsr.TaskKind{dsr.TaskClassify, dsr.TaskCollect, dsr.TaskAnswerMessage, dsr.TaskReachPerson, dsr.TaskEscalation} {
		stage := dsr.StageTriage
		if k == dsr.TaskCollect {
			stage = dsr.StageSearch
		}
		add(8+i, stage, dsr.BadgeOnTrack, 24*(8+i), k, func(c *dsr.CasePage) {
			if k == dsr.TaskCollect {
				c.Effects[0].State, c.Effects[0].Fence = dsr.EffectFailed, 4
			}
		})
	}
	d.Closed = add(13, dsr.StageClosed, dsr.BadgeInTime, 24*3, "", func(c *dsr.CasePage) {
		proven(c)
		c.AnsweredAt, c.ClosedAt, c.Outcome = w.At(-24), w.At(-20), dsr.OutcomePartial
	})
	add(14, dsr.StageClosed, dsr.BadgeWasLate, -24*9, "", func(c *dsr.CasePage) {
		proven(c)
		c.AnsweredAt, c.ClosedAt, c.Outcome = w.At(-24*4), w.At(-24*3), dsr.OutcomeFulfilled
	})
	add(15, dsr.StageClosed, dsr.BadgeNoAnswer, 24, "", func(c *dsr.CasePage) {
		c.ClosedAt, c.Outcome, c.Withdrawn = w.At(-24*2), dsr.OutcomeWithdrawn, true
	})
	w.fillPersonal(d)
	return d
}

// steps are sentences in whatever voice.
func steps(sentences ...string) func(dsr.Voice) []string {
	return func(dsr.Voice) []string { return sentences }
}

// fillPersonal puts the people behind the cases into the world.
func (w *World) fillPersonal(d Desk) {
	minh := dsr.Person{Name: "Nguyễn Văn Minh", Kana: "グエン ヴァン ミン", BornOn: "1994-03-07", Address: "大阪府泉佐野市高松東1-2-3", Mail: "minh@example.jp", Phone: "080-0000-1234"}
	held := dsr.Person{Name: "NGUYEN VAN MINH", Kana: "グエン ヴァン ミン", BornOn: "1994-03-07", Number: "C-000117", Address: "大阪府泉佐野市高松東1-2-3 コーポ高松201", Mail: "minh.nguyen@example.jp", Phone: "080-0000-1234"}
	other := dsr.Person{Name: "NGUYEN VAN MINH", Kana: "グエン ヴァン ミン", BornOn: "1994-03-07", Number: "C-000163", Address: "大阪府貝塚市畠中9-9", Mail: "nvm94@example.jp"}
	for _, id := range d.Cases {
		c := w.Cases[id]
		w.Identities[id] = &dsr.IdentityPage{CasePage: *c, Claimed: minh, Contact: dsr.Contact{Mail: minh.Mail, Phone: minh.Phone}, Documents: c.Documents, LookedUp: id != d.Waiting, Chosen: -1,
			Candidates: []dsr.Candidate{{Connector: "centre-records", Key: "117", Person: held, Matched: []string{"kana", "born_on", "phone"}}, {Connector: "centre-records", Key: "163", Person: other, Matched: []string{"kana", "born_on"}}}}
		if id == d.Waiting {
			w.Identities[id].Candidates = nil
		}
		w.Reviews[id] = w.review(*c, minh)
	}
	a := w.Reviews[d.Approval]
	for i := range a.Items {
		decide(&a.Items[i], i)
	}
	a.Open, a.Outcome, a.Comment = 0, dsr.OutcomePartial, "項目2の理由を、本人に分かる言葉で書いてください。"
	w.Approvals[d.Approval] = &dsr.ApprovePage{ReviewPage: *a, Proposal: a.Proposals[1], MayApprove: true, Previous: a.Comment}
}

// decide answers an item: the second is withheld, the others are given.
func decide(it *dsr.Item, i int) {
	it.Answered = true
	for j := range it.Tests {
		it.Tests[j].Answer = dsr.AnswerDoesNot
	}
	it.Decision = dsr.Decision{Item: it.ID, Measure: dsr.MeasureDisclose}
	for _, name := range it.Record.ThirdParties {
		it.Decision.Redactions = append(it.Decision.Redactions, dsr.Redaction{Text: name, Proposed: true, Accepted: true, Answered: true})
	}
	if it.Quarantine {
		it.Decision = dsr.Decision{Item: it.ID, Measure: dsr.MeasureNotHeld, Exemption: "N1", ReasonCode: "RC-17"}
	}
	if i == 1 {
		it.Tests[0].Answer, it.Tests[0].Evidence = dsr.AnswerApplies, "相談員の判断の記録であり、開示すると第三者の安全に関わる。"
		it.Decision = dsr.Decision{Item: it.ID, Measure: dsr.MeasureWithhold, Exemption: "X1", ReasonCode: "RC-05",
			Reason: "Việc cung cấp có nguy cơ gây hại đến quyền, lợi ích của bên thứ ba được nhắc đến trong ghi chú."}
	}
}

func (w *World) review(c dsr.CasePage, p dsr.Person) *dsr.ReviewPage {
	text := func(ja, en string) map[string]string { return map[string]string{"ja": ja, "en": en} }
	col := func(name, ja, en string) dsr.Column { return dsr.Column{Name: name, Title: text(ja, en)} }
	tests := func() []dsr.ItemTest {
		return []dsr.ItemTest{{Exemption: "X1"}, {Exemption: "X2"}, {Exemption: "X3"}}
	}
	r := &dsr.ReviewPage{CasePage: c, Person: p, Scope: "Tôi muốn xem toàn bộ hồ sơ tư vấn của tôi từ năm 2024."}
	r.Items = []dsr.Item{
		{ID: "item-1", System: "centre-records", Tests: tests(), Record: dsr.Record{Category: "consultations", Title: text("相談の記録", "Consultations"), Source: text("相談台帳", "consultation register"), Matched: "number",
			Columns:      []dsr.Column{col("on", "日付", "Date"), col("topic", "内容", "Topic"), col("note", "記録", "Note")},
			Rows:         [][]string{{"2025-04-11", "在留資格", "在留資格の更新について。雇用主の担当者 岡田健一 に電話で確認した。"}, {"2025-06-02", "住居", "引越し先の契約。保証人について説明した。"}, {"2026-01-19", "賃金", "残業代の計算。岡田健一 から資料を受け取った。"}},
			ThirdParties: []string{"岡田健一"}}},
		{ID: "item-2", System: "centre-records", Tests: tests(), Record: dsr.Record{Category: "assessments", Title: text("相談員の所見", "Counsellor's assessment"), Source: text("所見欄", "assessment field"), Matched: "number",
			Columns: []dsr.Column{col("on", "日付", "Date"), col("text", "所見", "Assessment")}, Rows: [][]string{{"2026-01-19", "緊急性は低い。通報者の身元を守る必要がある。"}}}},
		{ID: "item-3", System: "centre-records", Tests: tests(), Quarantine: true, Record: dsr.Record{Category: "messages", Title: text("メッセージ", "Messages"), Source: text("共有メールボックス", "shared mailbox"), Matched: "mail", Doubtful: true,
			Columns: []dsr.Column{col("at", "日時", "At"), col("text", "本文", "Text")}, Rows: [][]string{{"2026-02-03 10:12", "相談の予約をお願いします。"}}}},
	}
	for i := range r.Items {
		it := &r.Items[i]
		for _, name := range it.Record.ThirdParties {
			it.Decision.Redactions = append(it.Decision.Redactions, dsr.Redaction{Text: name, Proposed: true})
		}
	}
	decide(&r.Items[1], 1)
	r.Open, r.Outcome = 2, dsr.OutcomePartial
	r.Messages = []dsr.Message{{ID: "message-1", At: w.At(-60), Kind: "message", Text: "Tôi cần hồ sơ trước cuối tháng."},
		{ID: "message-2", At: w.At(-55), FromDesk: true, Kind: "question", Author: deskNames[dsr.RoleHandler], Text: "Anh có muốn nhận cả thư điện tử đã gửi không?"}}
	r.Notes = []dsr.Note{{ID: "note-1", At: w.At(-54), Author: deskNames[dsr.RoleHandler], Text: "電話で急いでいると聞いた。"}}
	return r
}

// Picture is a made-up identity card, for pages that show one.
func Picture() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 640, 400))
	fill := func(x0, y0, x1, y1 int, c color.Color) {
		draw.Draw(img, image.Rect(x0, y0, x1, y1), &image.Uniform{c}, image.Point{}, draw.Src)
	}
	fill(0, 0, 640, 400, color.RGBA{0xe8, 0xf1, 0xfe, 255})
	fill(40, 90, 220, 320, color.RGBA{0xb3, 0xb3, 0xb3, 255})
	for y := 100; y < 320; y += 44 {
		fill(260, y, 580, y+16, color.RGBA{0x66, 0x66, 0x66, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}
