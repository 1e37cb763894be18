package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
)

// How a command travels: what the store promises of it.
var commandPromises = []promise{
	{"a case goes from filing to its end, and fsck finds nothing", func(t *testing.T, h *House) {
		c := h.File(t).ToClosed(t)
		equal(t, "outcome", c.Facts(t).Outcome, dsr.OutcomePartial)
		want := []dsr.Stage{dsr.StageTriage, dsr.StageIdentity, dsr.StageAccepted, dsr.StageSearch, dsr.StageReview, dsr.StageDecision,
			dsr.StageExecution, dsr.StageDelivery, dsr.StageNotified}
		if got := c.stages(t); !slices.Equal(got, want) {
			t.Fatalf("stages %v", got)
		}
		h.File(t).ToReview(t)
		h.whole(t)
	}},

	{"filing commits everything at once", func(t *testing.T, h *House) {
		tables := []string{"submissions", "cases", "commands", "keys", "evidence", "clock_events", "milestones", "notices", "accepted"}
		for _, broken := range []string{"accepted", "evidence", "notices", "milestones"} {
			mend := h.Break(t, broken)
			h.unchanged(t, "a filing that failed at "+broken, func() {
				_, err := h.Office().File(t.Context(), dsr.Actor{Kind: dsr.ActorPerson}, Filing("t1"))
				want(t, err, dsr.Internal, "")
			})
			mend()
		}
		filed, err := h.Office().File(t.Context(), dsr.Actor{Kind: dsr.ActorPerson}, Filing("t1"))
		must(t, err)
		if filed.Again || filed.Reference == "" || filed.TargetAt == 0 || len(filed.Cases) != 1 {
			t.Fatalf("%+v", filed)
		}
		for _, table := range tables {
			if h.Int(t, "SELECT COUNT(*) FROM "+table) == 0 {
				t.Errorf("nothing in %s", table)
			}
		}
		equal(t, "first command", h.Text(t, "SELECT kind FROM commands WHERE number = 1"), "filed")
		receipt, err := h.Office().Receipt(t.Context(), filed.Submission)
		must(t, err)
		equal(t, "receipt", fmt.Sprintf("%+v", receipt), fmt.Sprintf("%+v", filed))
	}},

	{"the same form token is one filing, with other content a conflict", func(t *testing.T, h *House) {
		person := dsr.Actor{Kind: dsr.ActorPerson}
		filed := make([]dsr.Filed, 20)
		errs := atOnce(20, func(i int) (err error) {
			filed[i], err = h.Office().File(t.Context(), person, Filing("one"))
			return err
		})
		first := 0
		for i, err := range errs {
			must(t, err)
			equal(t, "reference", filed[i].Reference, filed[0].Reference)
			if !filed[i].Again {
				first++
			}
		}
		equal(t, "filings that were the first", first, 1)
		equal(t, "submissions", h.Int(t, "SELECT COUNT(*) FROM submissions"), 1)
		equal(t, "cases", h.Int(t, "SELECT COUNT(*) FROM cases"), 1)
		other := Filing("one")
		other.Person.Name = "Somebody Else"
		h.unchanged(t, "a token used again", func() {
			_, err := h.Office().File(t.Context(), person, other)
			want(t, err, dsr.Conflict, "error.form-token-used")
		})
	}},

	{"staff key in what arrived earlier, never later; the portal takes only what it offers", func(t *testing.T, h *House) {
		f := Filing("call")
		f.Channel, f.ArrivedAt = dsr.ChannelTelephone, Monday.AddDate(0, 0, -21).UnixMicro()
		_, err := h.Office().File(t.Context(), dsr.Actor{Kind: dsr.ActorPerson}, f)
		want(t, err, dsr.Forbidden, "")
		filed, err := h.Office().File(t.Context(), h.Clerk, f)
		must(t, err)
		if filed.ArrivedAt != f.ArrivedAt || filed.ReceivedAt != Monday.UnixMicro() || filed.TargetAt > filed.ReceivedAt {
			t.Fatalf("legal clocks start at arrival: %+v", filed)
		}
		f.FormToken, f.ArrivedAt = "later", Monday.Add(time.Hour).UnixMicro()
		_, err = h.Office().File(t.Context(), h.Clerk, f)
		want(t, err, dsr.Invalid, "error.arrival-in-future")
		f = Filing("kind")
		f.Wishes[0].Kind = dsr.KindComplaint
		_, err = h.Office().File(t.Context(), dsr.Actor{Kind: dsr.ActorPerson}, f)
		want(t, err, dsr.Invalid, "error.kind-not-offered")
	}},

	{"commands are delivered in order, and applied once", func(t *testing.T, h *House) {
		c := h.File(t)
		o := c.Office()
		c.Confirm(t) // a second command, before the first is delivered
		all, err := o.ClaimDeliveries(t.Context(), 10)
		must(t, err)
		if len(all) != 1 || all[0].Number != 1 || all[0].Acked != 0 || all[0].What != dsr.CommandFiled {
			t.Fatalf("the relay was given %+v", all)
		}
		if again, err := o.ClaimDeliveries(t.Context(), 10); err != nil || len(again) != 0 {
			t.Fatalf("claimed twice: %+v %v", again, err)
		}
		must(t, o.Undelivered(t.Context(), all[0].Command, "error.unavailable"))
		if again, err := o.ClaimDeliveries(t.Context(), 10); err != nil || len(again) != 0 {
			t.Fatalf("tried again at once: %+v %v", again, err)
		}
		h.Clock.Advance(time.Minute)
		all, err = o.ClaimDeliveries(t.Context(), 10)
		must(t, err)
		equal(t, "tries", all[0].Tries, 2)
		_, err = o.Begin(t.Context(), c.ID, 1)
		must(t, err)
		done, err := o.IsApplied(t.Context(), all[0].Command)
		must(t, err)
		equal(t, "applied", done, true)

		must(t, o.Withdraw(t.Context(), c.Submission, c.ID))
		must(t, o.TakeBackWithdrawal(t.Context(), c.Submission, c.ID))
		last := int(h.Int(t, "SELECT last_command FROM cases WHERE id = ?", c.ID))
		equal(t, "commands", last, 4)
		_, err = o.Apply(t.Context(), c.ID, 1, last)
		want(t, err, dsr.Conflict, "error.command-order")
		_, err = o.Apply(t.Context(), c.ID, 1, last+1)
		want(t, err, dsr.Conflict, "error.command-order")
		for n := 1; n <= last; n++ {
			f, err := o.Apply(t.Context(), c.ID, 1, n)
			must(t, err)
			if f.Applied < n {
				t.Fatalf("%d is not applied: %+v", n, f)
			}
		}
		h.unchanged(t, "a second application", func() {
			for n := 1; n <= last; n++ {
				if _, err := o.Apply(t.Context(), c.ID, 1, n); err != nil {
					t.Fatal(err)
				}
			}
			_, err := o.Begin(t.Context(), c.ID, 1)
			must(t, err)
		})
	}},

	{"two relays never hold one command", func(t *testing.T, h *House) {
		for range 8 {
			h.File(t)
		}
		got := make([][]string, 4)
		for _, err := range atOnce(4, func(i int) error {
			ds, err := h.Office().ClaimDeliveries(t.Context(), 8)
			for _, d := range ds {
				got[i] = append(got[i], d.Command)
			}
			return err
		}) {
			must(t, err)
		}
		all := slices.Concat(got...)
		slices.Sort(all)
		if len(slices.Compact(slices.Clone(all))) != len(all) || len(all) != 8 {
			t.Fatalf("%d claims of 8 commands", len(all))
		}
	}},

	{"a stage change made twice is one", func(t *testing.T, h *House) {
		c := h.File(t)
		c.Deliver(t)
		f := c.Enter(t, dsr.StageTriage)
		h.unchanged(t, "a stage change made again", func() {
			again, err := c.Office().Enter(t.Context(), c.ID, f.Epoch, f.Transition, dsr.StageTriage)
			must(t, err)
			equal(t, "facts", again, f)
		})
		for i, err := range atOnce(8, func(int) error {
			_, err := c.Office().Enter(t.Context(), c.ID, f.Epoch, f.Transition+1, dsr.StageIdentity)
			return err
		}) {
			if err != nil {
				t.Fatal(i, err)
			}
		}
		equal(t, "changes", c.recorded(t, "stage"), 2)
		equal(t, "notices N-02", h.Int(t, "SELECT COUNT(*) FROM notices WHERE case_id = ? AND code = 'N-02'", c.ID), 1)
		f = c.Facts(t)
		h.unchanged(t, "a change that is not in the table", func() {
			_, err := c.Office().Enter(t.Context(), c.ID, f.Epoch, f.Transition+1, dsr.StageDelivery)
			want(t, err, dsr.Conflict, "error.transition")
			_, err = c.Office().Enter(t.Context(), c.ID, f.Epoch, f.Transition+2, dsr.StageAccepted)
			want(t, err, dsr.Conflict, "error.transition")
		})
	}},

	{"closing declines while a command is not applied", func(t *testing.T, h *House) {
		c := h.File(t).ToDelivery(t)
		c.Download(t)
		c.Deliver(t)
		f := c.Enter(t, dsr.StageNotified)
		must(t, c.Office().Rebuild(t.Context(), c.ID)) // something that the run has not heard of
		f.Epoch++
		h.unchanged(t, "a closing that was declined", func() {
			_, err := c.Office().Close(t.Context(), c.ID, f.Epoch, f.Transition+1)
			want(t, err, dsr.Conflict, "error.commands-pending")
		})
		c.Deliver(t)
		c.Act(t, dsr.ActionRelease)
		closed, err := c.Office().Close(t.Context(), c.ID, f.Epoch, f.Transition+1)
		must(t, err)
		equal(t, "stage", closed.Stage, dsr.StageClosed)
		h.unchanged(t, "a second closing", func() {
			again, err := c.Office().Close(t.Context(), c.ID, f.Epoch, f.Transition+1)
			must(t, err)
			equal(t, "facts", again, closed)
		})
	}},

	{"an old epoch changes nothing", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		old := c.Facts(t)
		must(t, c.Office().Rebuild(t.Context(), c.ID))
		o, ctx := c.Office(), t.Context()
		h.unchanged(t, "a run of an older epoch", func() {
			for name, call := range map[string]func() (dsr.Facts, error){
				"begin": func() (dsr.Facts, error) { return o.Begin(ctx, c.ID, old.Epoch) },
				"apply": func() (dsr.Facts, error) { return o.Apply(ctx, c.ID, old.Epoch, old.Applied+1) },
				"facts": func() (dsr.Facts, error) { return o.Facts(ctx, c.ID, old.Epoch) },
				"enter": func() (dsr.Facts, error) {
					return o.Enter(ctx, c.ID, old.Epoch, old.Transition+1, dsr.StageDecision)
				},
				"close": func() (dsr.Facts, error) { return o.Close(ctx, c.ID, old.Epoch, old.Transition+1) },
				"package": func() (dsr.Facts, error) {
					return o.SavePackage(ctx, c.ID, old.Epoch, "digest", []byte("x"))
				},
			} {
				f, err := call()
				if err != nil || !f.Superseded {
					t.Errorf("%s: superseded %v, %v", name, f.Superseded, err)
				}
			}
			if _, err := o.PlanEffects(ctx, c.ID, old.Epoch, dsr.ActionCollect); err != nil {
				t.Error(err)
			}
			_, err := o.PackageInputs(ctx, c.ID, old.Epoch)
			want(t, err, dsr.Conflict, "error.superseded")
		})
		c.Deliver(t)
		f := c.Facts(t)
		if f.Epoch != old.Epoch+1 || f.Superseded || f.Stage != dsr.StageReview {
			t.Fatalf("%+v", f)
		}
	}},

	{"a rebuilt case doubles nothing", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		tables := []string{"tasks", "milestones", "effects", "items", "notices", "proposals", "packages"}
		before := h.Digest(t, "", tables...)
		must(t, c.Office().Rebuild(t.Context(), c.ID))
		c.at(t, dsr.StageReview)
		after := h.Digest(t, "", tables...)
		for _, table := range tables {
			equal(t, table, after[table], before[table])
		}
		c.Propose(t, h.Handler, true)
		c.Run(t)
		c.Approve(t, h.Approver)
		c.at(t, dsr.StageDelivery)
		h.whole(t)
		closed := h.File(t).ToClosed(t)
		want(t, closed.Office().Rebuild(t.Context(), closed.ID), dsr.Conflict, "error.case-closed")
	}},

	{"a withdrawal and an approval: whoever commits first", func(t *testing.T, h *House) {
		first := h.File(t).ToDecision(t)
		must(t, first.Office().Withdraw(t.Context(), first.Submission, first.ID))
		task := first.Claim(t, h.Approver, dsr.TaskApprove)
		err := first.Office().Approve(t.Context(), h.Approver, first.ID, task, 1)
		want(t, err, dsr.Conflict, "error.withdrawn")
		equal(t, "recorded refusals", first.recorded(t, "refused"), 1)
		equal(t, "agreed", first.Facts(t).Agreed, 0)
		equal(t, "stage", first.Run(t).Stage, dsr.StageDecision) // it stands still

		second := h.File(t).ToDecision(t)
		second.Approve(t, h.Approver)
		must(t, second.Office().Withdraw(t.Context(), second.Submission, second.ID))
		second.Run(t)
		f := second.Facts(t)
		if f.Stage != dsr.StageDecision || !f.Withdrawn || f.PackageReady {
			t.Fatalf("a withdrawn case went on: %+v", f)
		}
		_, err = second.Office().PackageInputs(t.Context(), second.ID, f.Epoch)
		want(t, err, dsr.Forbidden, "error.withdrawn")
		_, err = second.Office().SavePackage(t.Context(), second.ID, f.Epoch, "d", []byte("x"))
		want(t, err, dsr.Forbidden, "error.withdrawn")

		third := h.File(t).ToDecision(t)
		task = third.Claim(t, h.Approver, dsr.TaskApprove)
		// Side by side: one of the two orders, never half of each.
		errs := atOnce(2, func(i int) error {
			if i == 0 {
				return third.Office().Withdraw(t.Context(), third.Submission, third.ID)
			}
			return third.Office().Approve(t.Context(), h.Approver, third.ID, task, 1)
		})
		must(t, errs[0])
		if f := third.Facts(t); f.Agreed == 1 != (errs[1] == nil) || !f.Withdrawn {
			t.Fatalf("%+v %v", f, errs)
		}
		first.waitFor(t, "withdrawal-final")
		equal(t, "outcome", first.Run(t).Outcome, dsr.OutcomeWithdrawn)
		want(t, first.Office().TakeBackWithdrawal(t.Context(), first.Submission, first.ID), dsr.Conflict, "")
		second.waitFor(t, "withdrawal-final")
		equal(t, "outcome", second.Run(t).Outcome, dsr.OutcomeWithdrawn)
		third.waitFor(t, "withdrawal-final")
		equal(t, "outcome", third.Run(t).Outcome, dsr.OutcomeWithdrawn)
		h.Post(t)
		h.whole(t)
	}},

	{"a withdrawal can be taken back, pressed twice it is one", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		must(t, c.Office().Withdraw(t.Context(), c.Submission, c.ID))
		h.unchanged(t, "a second withdrawal", func() { must(t, c.Office().Withdraw(t.Context(), c.Submission, c.ID)) })
		must(t, c.Office().TakeBackWithdrawal(t.Context(), c.Submission, c.ID))
		want(t, c.Office().TakeBackWithdrawal(t.Context(), c.Submission, c.ID), dsr.Conflict, "")
		h.Clock.Advance(48 * time.Hour)
		c.sweep(t)
		c.Run(t)
		c.Propose(t, h.Handler, false)
		c.Run(t)
		c.Approve(t, h.Approver)
		c.at(t, dsr.StageDelivery)
		want(t, c.Office().Withdraw(t.Context(), c.Submission, c.ID), dsr.Conflict, "error.withdrawal-too-late")
	}},

	{"a withdrawal stops permissions at once", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		c.Prove(t)
		c.Run(t)
		c.Verify(t, h.Handler)
		f := c.Run(t, dsr.StageSearch)
		plan, err := c.Office().PlanEffects(t.Context(), c.ID, f.Epoch, dsr.ActionCollect)
		must(t, err)
		must(t, c.Office().Withdraw(t.Context(), c.Submission, c.ID))
		_, err = c.Office().Permit(t.Context(), plan[0].ID, f.Epoch)
		want(t, err, dsr.Forbidden, "error.withdrawn")
		equal(t, "effects begun", h.Int(t, "SELECT COUNT(*) FROM effects WHERE action = 'collect' AND (state <> 'planned' OR fence > 0)"), 0)
		equal(t, "recorded refusals", c.recorded(t, "refused"), 1)
		must(t, c.Office().TakeBackWithdrawal(t.Context(), c.Submission, c.ID))
		e, err := c.Office().Permit(t.Context(), plan[0].ID, f.Epoch)
		must(t, err)
		equal(t, "state", e.State, dsr.EffectAttempting)
	}},

	{"what was sent back goes through review again, twice", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		for version := 1; version <= 3; version++ {
			c.Propose(t, h.Handler, version != 2)
			c.at(t, dsr.StageDecision)
			if version == 3 {
				break
			}
			c.SendBack(t, h.Approver)
			f := c.at(t, dsr.StageReview).Facts(t)
			equal(t, "sent back", f.SentBack, version)
			page, err := c.Office().Review(t.Context(), h.Handler, c.ID)
			must(t, err)
			equal(t, "comment", page.Comment, "please look again")
		}
		stale := c.Claim(t, h.Approver, dsr.TaskApprove)
		want(t, c.Office().Approve(t.Context(), h.Approver, c.ID, stale, 1), dsr.Conflict, "error.changed-meanwhile")
		c.Approve(t, h.Approver)
		c.at(t, dsr.StageDelivery)
		equal(t, "review tasks", h.Int(t, "SELECT COUNT(*) FROM tasks WHERE case_id = ? AND kind = 'review' AND state = 'done'", c.ID), 3)
		h.whole(t)
	}},

	{"one person cannot propose and agree", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		c.Propose(t, h.Both, true)
		c.Run(t)
		task := c.Task(t, dsr.TaskApprove)
		want(t, c.Office().Claim(t.Context(), h.Both, task), dsr.Forbidden, "error.same-person")
		page, err := c.Office().Approval(t.Context(), h.Both, c.ID)
		must(t, err)
		if page.MayApprove || page.Why != "error.same-person" {
			t.Fatalf("the page offers it: %v %s", page.MayApprove, page.Why)
		}
		want(t, c.Office().Approve(t.Context(), h.Both, c.ID, task, 1), dsr.Forbidden, "error.same-person")
		want(t, c.Office().SendBack(t.Context(), h.Both, c.ID, task, 1, "no"), dsr.Forbidden, "error.same-person")
		equal(t, "recorded refusals", c.recorded(t, "refused"), 3)
		equal(t, "agreed", c.Facts(t).Agreed, 0)
		err = h.Try("UPDATE proposals SET approver = proposer, verdict = 'approved', decided_at = 1 WHERE case_id = ?", c.ID)
		if err == nil || !strings.Contains(err.Error(), "two_people") {
			t.Fatalf("the database agreed: %v", err)
		}
		want(t, c.Office().Approve(t.Context(), h.Handler, c.ID, task, 1), dsr.Forbidden, "error.forbidden")
		c.Approve(t, h.Approver)
		equal(t, "agreed", c.Facts(t).Agreed, 1)
	}},

	{"of twenty who claim one gets it, and the others learn who", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		task := c.Task(t, dsr.TaskReview)
		actors := []dsr.Actor{h.Handler, h.Second, h.Both}
		errs := atOnce(20, func(i int) error {
			a := dsr.Actor{Kind: dsr.ActorStaff, ID: fmt.Sprintf("%s-%d", actors[i%3].ID, i), Roles: actors[i%3].Roles}
			if i < 3 {
				a = actors[i]
			}
			return c.Office().Claim(t.Context(), a, task)
		})
		equal(t, "winners", won(errs), 1)
		has := h.Text(t, "SELECT COALESCE((SELECT name FROM staff WHERE id = assignee), '') FROM tasks WHERE id = ?", task)
		for _, err := range errs {
			if err == nil {
				continue
			}
			want(t, err, dsr.Conflict, "error.task-taken")
			if e, _ := err.(*dsr.Error); e == nil || e.Args["name"] != has {
				t.Fatalf("%v does not name %q", err, has)
			}
		}
		equal(t, "claims recorded", h.Int(t, "SELECT COUNT(*) FROM evidence WHERE kind = 'task-claimed' AND data LIKE ?", "%"+task+"%"), 1)
	}},

	{"a task is released, handed over, and done only by who has it", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		o, ctx := c.Office(), t.Context()
		task := c.Task(t, dsr.TaskReview)
		want(t, o.Claim(ctx, h.Approver, task), dsr.Forbidden, "")
		want(t, o.Propose(ctx, h.Handler, c.ID, task), dsr.Conflict, "error.task-not-claimed")
		must(t, o.Claim(ctx, h.Handler, task))
		must(t, o.Claim(ctx, h.Handler, task))
		want(t, o.Release(ctx, h.Second, task), dsr.Conflict, "error.task-taken")
		want(t, o.Propose(ctx, h.Second, c.ID, task), dsr.Conflict, "error.task-taken")
		want(t, o.HandOver(ctx, h.Handler, task, h.Approver.ID), dsr.Invalid, "error.colleague-unknown")
		must(t, o.HandOver(ctx, h.Handler, task, h.Second.ID))
		want(t, o.Claim(ctx, h.Handler, task), dsr.Conflict, "error.task-taken")
		must(t, o.Release(ctx, h.Manager, task))
		want(t, o.CloseTask(ctx, h.Handler, task, "done"), dsr.Invalid, "error.task-has-page")
		cs, err := o.Colleagues(ctx, dsr.TaskReview)
		must(t, err)
		equal(t, "colleagues", len(cs), 3)
		c.Propose(t, h.Second, false)
		want(t, o.Claim(ctx, h.Handler, task), dsr.Conflict, "error.task-done")
	}},

	{"a milestone falls due once, by timer or sweep, and not before its time", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		reminder := c.milestone(t, "identity-reminder")
		h.unchanged(t, "a milestone before its time", func() {
			_, err := c.Office().FallDue(t.Context(), c.ID, reminder, "timer")
			must(t, err)
		})
		h.Clock.Set(c.dueAt(t, "identity-reminder"))
		for i, err := range atOnce(8, func(i int) error {
			_, err := c.Office().FallDue(t.Context(), c.ID, reminder, []string{"timer", "sweep"}[i%2])
			return err
		}) {
			if err != nil {
				t.Fatal(i, err)
			}
		}
		equal(t, "commands", h.Int(t, "SELECT COUNT(*) FROM commands WHERE case_id = ? AND kind = 'fell-due'", c.ID), 1)
		equal(t, "reminders", h.Int(t, "SELECT COUNT(*) FROM notices WHERE case_id = ? AND code = 'N-27'", c.ID), 1)
		equal(t, "left for the sweep", c.sweep(t), 0)
	}},

	{"milestones move with pause and resume, the guard never", func(t *testing.T, h *House) {
		c := h.File(t)
		target, guard := c.dueAt(t, "due"), c.dueAt(t, "exposure-guard")
		if target.IsZero() || guard.IsZero() {
			t.Fatal("no clocks")
		}
		equal(t, "target", target.UnixMicro(), c.TargetAt)
		c.ToIdentity(t)
		if !c.dueAt(t, "due").IsZero() || h.Int(t, "SELECT target_at FROM cases WHERE id = ?", c.ID) != 0 {
			t.Fatal("the target runs while the person acts")
		}
		equal(t, "guard", c.dueAt(t, "exposure-guard"), guard)
		h.Clock.Advance(2 * 24 * time.Hour)
		c.Prove(t)
		moved := c.dueAt(t, "due")
		if !moved.After(target) {
			t.Fatalf("two days of waiting moved the target from %s to %s", target, moved)
		}
		equal(t, "guard", c.dueAt(t, "exposure-guard"), guard)
		equal(t, "column", h.Int(t, "SELECT target_at FROM cases WHERE id = ?", c.ID), moved.UnixMicro())
		h.Clock.Set(moved)
		c.sweep(t)
		equal(t, "escalated", h.Int(t, "SELECT escalated FROM cases WHERE id = ?", c.ID), 100)
		if c.Task(t, dsr.TaskEscalation) == "" {
			t.Fatal("no manager was told")
		}
	}},

	{"a wait expires only when every reminder was accepted for sending", func(t *testing.T, h *House) {
		told, untold := h.File(t).ToIdentity(t), h.File(t).ToIdentity(t)
		for range 2 {
			told.waitFor(t, "identity-reminder")
			untold.sweep(t)
		}
		o := h.Office()
		mails, err := o.ClaimNotices(t.Context(), 50)
		must(t, err)
		for _, m := range mails {
			if m.To == told.Mail {
				must(t, o.NoticeAccepted(t.Context(), m.Notice))
			} else {
				must(t, o.NoticeFailed(t.Context(), m.Notice, "mail.refused"))
			}
		}
		told.waitFor(t, "identity-expiry")
		untold.sweep(t)
		equal(t, "outcome", told.Run(t).Outcome, dsr.OutcomeNoResponse)
		f := untold.Run(t)
		if f.Stage != dsr.StageIdentity || f.Expired || untold.Task(t, dsr.TaskReachPerson) == "" {
			t.Fatalf("a request was lost because our mails did not arrive: %+v", f)
		}
		// A person tries by other means. The wait has an end again, and only
		// somebody who was reached can let it pass.
		for _, result := range []string{"not-reached", "reached"} {
			task := untold.Claim(t, h.Clerk, dsr.TaskReachPerson)
			must(t, o.CloseTask(t.Context(), h.Clerk, task, result))
			h.Post(t)
			h.whole(t)
			for untold.Task(t, dsr.TaskReachPerson) != "" { // those of the mails that failed
				must(t, o.CloseTask(t.Context(), h.Clerk, untold.Claim(t, h.Clerk, dsr.TaskReachPerson), result))
			}
			untold.waitFor(t, "identity-expiry")
			equal(t, "expired when "+result, untold.Run(t).Outcome == dsr.OutcomeNoResponse, result == "reached")
		}
	}},

	{"an answer that comes before the closing counts", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		c.Confirm(t)
		for range 2 {
			c.waitFor(t, "identity-reminder")
			h.Post(t)
		}
		c.waitFor(t, "identity-expiry")
		equal(t, "expired", c.Facts(t).Expired, true)
		c.Prove(t) // the run has not heard of either
		f := c.Run(t)
		if f.Expired || f.Stage != dsr.StageIdentity || c.Task(t, dsr.TaskVerifyIdentity) == "" {
			t.Fatalf("%+v", f)
		}
	}},

	{"a question in the middle returns to where it was asked", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		before := h.Int(t, "SELECT target_at FROM cases WHERE id = ?", c.ID)
		must(t, c.Office().Ask(t.Context(), h.Handler, c.ID, "which visit do you mean?"))
		want(t, c.Office().Ask(t.Context(), h.Handler, c.ID, "and another?"), dsr.Conflict, "error.question-open")
		c.at(t, dsr.StageClarification)
		equal(t, "target while they think", h.Int(t, "SELECT target_at FROM cases WHERE id = ?", c.ID), 0)
		h.Clock.Advance(24 * time.Hour)
		must(t, c.Office().Answer(t.Context(), c.Submission, c.ID, "", "the one in May"))
		want(t, c.Office().Answer(t.Context(), c.Submission, c.ID, "", "again"), dsr.Conflict, "error.question-answered")
		c.at(t, dsr.StageReview)
		if after := h.Int(t, "SELECT target_at FROM cases WHERE id = ?", c.ID); after <= before {
			t.Fatal("the clock did not wait")
		}
		h.Post(t)
		h.whole(t)
	}},

	{"more proof is asked for, with a reason, and looked up anew", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		c.Prove(t)
		c.Run(t)
		task := c.Claim(t, h.Handler, dsr.TaskVerifyIdentity)
		must(t, c.Office().AskMoreProof(t.Context(), h.Handler, c.ID, task, "unreadable", "the date is dark"))
		f := c.at(t, dsr.StageIdentity).Facts(t)
		if f.IdentityProven || f.LookupWanted || c.dueAt(t, "identity-expiry").IsZero() {
			t.Fatalf("%+v", f)
		}
		c.Prove(t)
		c.Run(t)
		c.Verify(t, h.Handler)
		c.at(t, dsr.StageReview)
		equal(t, "lookups", h.Int(t, "SELECT COUNT(*) FROM effects WHERE case_id = ? AND action = 'lookup' AND state = 'verified'", c.ID), 2)
	}},

	{"a rejection for want of identity needs two people too", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		c.Prove(t)
		c.Run(t)
		task := c.Claim(t, h.Both, dsr.TaskVerifyIdentity)
		must(t, c.Office().ProposeRejection(t.Context(), h.Both, c.ID, task, "the card is somebody else's"))
		c.at(t, dsr.StageDecision)
		approve := c.Task(t, dsr.TaskApprove)
		want(t, c.Office().Approve(t.Context(), h.Both, c.ID, approve, 1), dsr.Forbidden, "error.same-person")
		c.SendBack(t, h.Approver)
		c.at(t, dsr.StageIdentity)
		task = c.Claim(t, h.Handler, dsr.TaskVerifyIdentity)
		must(t, c.Office().ProposeRejection(t.Context(), h.Handler, c.ID, task, "still not"))
		c.Run(t)
		c.Approve(t, h.Approver)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeRejectedIdentity)
		h.Post(t)
		h.whole(t)
	}},

	{"an objection reopens a closed case, with new clocks and another plan", func(t *testing.T, h *House) {
		c := h.File(t).ToClosed(t)
		want(t, c.Office().Withdraw(t.Context(), c.Submission, c.ID), dsr.Conflict, "")
		must(t, c.Office().Object(t.Context(), c.Submission, c.ID, "you forgot the letters"))
		want(t, c.Office().Object(t.Context(), c.Submission, c.ID, "again"), dsr.Conflict, "error.not-now")
		f := c.at(t, dsr.StageReview).Facts(t)
		if f.Epoch != 2 || f.Occasion != 2 || f.PlanVersion != 2 || f.Agreed != 0 || f.Outcome != "" {
			t.Fatalf("%+v", f)
		}
		equal(t, "collections", h.Int(t, "SELECT COUNT(*) FROM effects WHERE case_id = ? AND action = 'collect' AND state = 'verified'", c.ID), 2)
		h.Clock.Advance(time.Hour)
		c.Propose(t, h.Handler, false)
		c.Run(t)
		task := c.Claim(t, h.Approver, dsr.TaskApprove)
		want(t, c.Office().Approve(t.Context(), h.Approver, c.ID, task, c.Facts(t).Proposal), dsr.Forbidden, "error.decided-before")
		must(t, c.Office().Release(t.Context(), h.Approver, task))
		c.Approve(t, h.Both)
		c.at(t, dsr.StageDelivery)
		c.Download(t)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomePartial) // the third name is still covered
		h.Post(t)
		h.whole(t)
		h.Clock.Advance(61 * 24 * time.Hour)
		want(t, c.Office().Object(t.Context(), c.Submission, c.ID, "too late"), dsr.Conflict, "error.reopening-over")
	}},

	{"availability ends a delivery, and it can be opened again", func(t *testing.T, h *House) {
		c := h.File(t).ToDelivery(t)
		c.waitFor(t, "availability-end")
		equal(t, "stage", c.Run(t).Stage, dsr.StageClosed)
		code := c.Code(t, "download")
		_, _, err := c.Office().Download(t.Context(), c.Submission, c.ID, code)
		want(t, err, dsr.Conflict, "error.package-expired")
		must(t, c.Office().OpenAgain(t.Context(), c.Submission, c.ID))
		h.Clock.Advance(time.Minute)
		if bytes := c.Download(t); !strings.Contains(string(bytes), "Messages") {
			t.Fatal("another package")
		}
		equal(t, "stage", c.Run(t).Stage, dsr.StageClosed)
		equal(t, "epoch", c.Facts(t).Epoch, 1)
	}},

	{"an effect has a derived key, and its zombie neither permits nor records", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		c.Prove(t)
		c.Run(t)
		c.Verify(t, h.Handler)
		f := c.Run(t, dsr.StageSearch)
		o, ctx := c.Office(), t.Context()
		plan, err := o.PlanEffects(ctx, c.ID, f.Epoch, dsr.ActionCollect)
		must(t, err)
		again, err := o.PlanEffects(ctx, c.ID, f.Epoch, dsr.ActionCollect)
		must(t, err)
		if len(plan) != 1 || !slices.Equal(plan, again) {
			t.Fatalf("%v then %v", plan, again)
		}
		zombie, err := o.Permit(ctx, plan[0].ID, f.Epoch)
		must(t, err)
		alive, err := o.Permit(ctx, plan[0].ID, f.Epoch)
		must(t, err)
		if alive.Fence != zombie.Fence+1 {
			t.Fatalf("fences %d and %d", zombie.Fence, alive.Fence)
		}
		h.unchanged(t, "a zombie", func() {
			must(t, o.SaveRecords(ctx, plan[0].ID, zombie.Fence, h.Systems.Records))
			must(t, o.FailEffect(ctx, plan[0].ID, zombie.Fence, "connector.away", true))
		})
		must(t, o.SaveRecords(ctx, plan[0].ID, alive.Fence, h.Systems.Records))
		h.unchanged(t, "the same result again", func() {
			must(t, o.SaveRecords(ctx, plan[0].ID, alive.Fence, h.Systems.Records))
			e, err := o.Permit(ctx, plan[0].ID, f.Epoch)
			must(t, err)
			equal(t, "state", e.State, dsr.EffectVerified)
		})
		equal(t, "items", h.Int(t, "SELECT COUNT(*) FROM items WHERE case_id = ?", c.ID), 2)
		h.whole(t)
	}},

	{"the conditions of a permission hold one by one", func(t *testing.T, h *House) {
		o, ctx := h.Office(), t.Context()
		refused := func(c *Case, effect string, epoch int, code string) {
			t.Helper()
			_, err := o.Permit(ctx, effect, epoch)
			want(t, err, dsr.Forbidden, code)
			equal(t, "state after "+code, h.Text(t, "SELECT state FROM effects WHERE id = ?", effect), dsr.EffectPlanned)
		}
		c := h.File(t).ToIdentity(t)
		look, err := o.PlanEffects(ctx, c.ID, 1, dsr.ActionLookup)
		must(t, err)
		refused(c, look[0].ID, 1, "error.no-identity-task") // nobody has sent a paper yet
		// A collection before the identity is proven, planned by a run gone astray.
		h.Exec(t, `INSERT INTO effects (organisation, id, case_id, connector, action, object, plan_version, state, epoch, planned_at)
			VALUES (?, 'astray', ?, ?, 'collect', ?, 1, 'planned', 1, 1)`, h.Here, c.ID, look[0].Connector, c.Submission)
		refused(c, "astray", 1, "error.identity-unproven")
		h.Exec(t, "UPDATE effects SET action = 'erase' WHERE id = 'astray'")
		refused(c, "astray", 1, "error.identity-unproven")
		c.Prove(t)
		refused(c, look[0].ID, 2, "error.superseded")
		must(t, o.Rebuild(ctx, c.ID))
		refused(c, look[0].ID, 1, "error.superseded")
		must(t, o.Withdraw(ctx, c.Submission, c.ID))
		refused(c, look[0].ID, 2, "error.withdrawn")
		must(t, o.TakeBackWithdrawal(ctx, c.Submission, c.ID))
		_, err = o.Permit(ctx, look[0].ID, 2)
		must(t, err)
		_, err = o.Permit(ctx, "no such effect", 2)
		want(t, err, dsr.NotFound, "")
	}},

	{"a system that fails becomes somebody's task, is asked again, and is done without only beside one that answered", func(t *testing.T, h *House) {
		for _, result := range []string{"again", "without"} {
			h.Systems = Sample()
			c := h.File(t).ToIdentity(t)
			c.Prove(t)
			c.Run(t)
			c.Verify(t, h.Handler)
			c.Run(t, dsr.StageSearch)
			c.Act(t, dsr.ActionPreserve)
			h.Systems.Away = true
			c.at(t, dsr.StageSearch)
			task := c.Claim(t, h.Handler, dsr.TaskCollect)
			h.whole(t)
			h.Systems.Away = false
			want(t, c.Office().CloseTask(t.Context(), h.Handler, task, "whatever"), dsr.Invalid, "")
			items := int64(2)
			if result == "without" {
				items = 0
				want(t, c.Office().CloseTask(t.Context(), h.Handler, task, result), dsr.Conflict, "error.without-nothing")
				h.Exec(t, `INSERT INTO effects (organisation, id, case_id, connector, action, object, plan_version, state, epoch, planned_at, permitted_at, verified_at)
					SELECT organisation, 'another', case_id, 'another', action, object, plan_version, 'verified', epoch, planned_at, permitted_at, permitted_at
					FROM effects WHERE case_id = ? AND action = 'collect'`, c.ID)
			}
			must(t, c.Office().CloseTask(t.Context(), h.Handler, task, result))
			c.at(t, dsr.StageReview)
			equal(t, "items "+result, h.Int(t, "SELECT COUNT(*) FROM items WHERE case_id = ?", c.ID), items)
		}
	}},

	{"nothing held is said by two people", func(t *testing.T, h *House) {
		h.Systems = System{}
		c := h.File(t).ToReview(t)
		c.Propose(t, h.Handler, false)
		c.Run(t)
		c.Approve(t, h.Approver)
		equal(t, "outcome", c.Run(t).Outcome, dsr.OutcomeNotHeld)
		h.Post(t)
		h.whole(t)
	}},
}
