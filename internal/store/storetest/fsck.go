package storetest

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/store"
)

// set changes one column of the rows that where picks, and gives what puts the
// old value back.
func (h *House) set(t testing.TB, table, column string, value any, where string, args ...any) (mend func()) {
	t.Helper()
	var old any
	must(t, h.DB.QueryRow(h.bind("SELECT "+column+" FROM "+table+" WHERE "+where), args...).Scan(&old))
	if n := h.Int(t, "SELECT COUNT(*) FROM "+table+" WHERE "+where, args...); n != 1 {
		t.Fatalf("%d rows of %s where %s", n, table, where)
	}
	h.Exec(t, "UPDATE "+table+" SET "+column+" = ? WHERE "+where, append([]any{value}, args...)...)
	// Where the column itself picks the row, it is found by its new value.
	back := strings.ReplaceAll(where, column+" = "+literal(old), column+" = "+literal(value))
	found := slices.Clone(args)
	if before, _, ok := strings.Cut(where, column+" = ?"); ok {
		found[strings.Count(before, "?")] = value
	}
	return func() {
		t.Helper()
		res, err := h.DB.Exec(h.bind("UPDATE "+table+" SET "+column+" = ? WHERE "+back), append([]any{old}, found...)...)
		must(t, err)
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			t.Fatalf("%s.%s was not mended: %d rows, %v", table, column, n, err)
		}
	}
}

func literal(v any) string {
	if s, ok := v.(string); ok {
		return "'" + s + "'"
	}
	return fmt.Sprint(v)
}

// unchecked lets h.DB write what a CHECK forbids.
func (h *House) unchecked(t testing.TB) {
	t.Helper()
	h.spoilt = true
	if !h.postgres {
		h.Exec(t, "PRAGMA ignore_check_constraints = 1")
		return
	}
	h.Exec(t, `DO $$ DECLARE r record; BEGIN
		FOR r IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'c' AND connamespace = current_schema()::regnamespace LOOP
			EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.t, r.conname);
		END LOOP;
	END $$`)
}

// Promises of fsck: each invariant broken in one row, seen and named.
var fsckPromises = []promise{
	{"fsck of nothing is red", func(t *testing.T, h *House) {
		r, err := h.Store.Fsck(t.Context(), store.FsckOptions{Keys: []ed25519.PublicKey{h.Signer.Public()}})
		must(t, err)
		if r.OK() || len(r.Problems) > 0 || !strings.Contains(r.String(), "NOT ok: nothing was checked") {
			t.Fatalf("%s", r)
		}
	}},

	{"fsck names invariant, organisation and case of each broken row", func(t *testing.T, h *House) {
		waiting := h.File(t).ToIdentity(t)
		review := h.File(t, func(f *dsr.Filing) {
			f.Wishes = append(f.Wishes, dsr.Wish{Kind: dsr.KindDisclosure, Scope: "the rest"})
		}).ToReview(t)
		decision := h.File(t).ToDecision(t)
		delivery := h.File(t).ToDelivery(t)
		closed := h.File(t).ToClosed(t)
		withdrawn := h.File(t).ToReview(t)
		must(t, withdrawn.Office().Withdraw(t.Context(), withdrawn.Submission, withdrawn.ID))
		withdrawn.Deliver(t)
		sibling := &Case{h: h, o: h.Office(), ID: review.Cases[1], Filed: review.Filed, Mail: review.Mail}
		sibling.at(t, dsr.StageReview)
		h.Post(t)
		h.Clock.Advance(10 * time.Minute)
		r := h.Fsck(t)
		if !r.OK() {
			t.Fatalf("%s", r)
		}
		for _, c := range r.Checks {
			if c.Rows < 7 {
				t.Errorf("%s looked at %d rows", c.Invariant, c.Rows)
			}
		}
		t.Logf("\n%s", r)
		h.Unlock(t)
		h.unchecked(t)

		type broken struct {
			invariant string
			c         *Case
			what      string
			harm      func() (mend func())
		}
		set := func(table, column string, value any, where string, args ...any) func() func() {
			return func() func() { t.Helper(); return h.set(t, table, column, value, where, args...) }
		}
		is := func(c *Case) (string, string) { return "id = ?", c.ID }
		ofCase := func(c *Case, column string, value any) func() func() {
			where, id := is(c)
			return set("cases", column, value, where, id)
		}
		number := func(c *Case, column string) int64 {
			return h.Int(t, "SELECT "+column+" FROM cases WHERE id = ?", c.ID)
		}
		list := []broken{
			{"I2", review, "no fingerprint", set("submissions", "fingerprint", "", "id = ?", review.Submission)},
			{"I2", sibling, "one number twice", ofCase(sibling, "number", 1)},
			{"I2", decision, "not filed", set("commands", "kind", "classified", "case_id = ? AND number = 1", decision.ID)},

			{"I4", review, "a lost command", set("commands", "applied_at", 0, "case_id = ? AND number = 2", review.ID)},
			{"I4", review, "a run that never answered", ofCase(review, "acked_epoch", 0)},
			{"I4", decision, "a count that is too low", ofCase(decision, "applied_command", number(decision, "applied_command")-1)},
			{"I4", waiting, "a command that is gone", ofCase(waiting, "last_command", number(waiting, "last_command")+1)},
			{"I4", closed, "an epoch to come", set("commands", "applied_epoch", 7, "case_id = ? AND number = 1", closed.ID)},

			{"I5", decision, "another object", set("effects", "object", "x", "case_id = ? AND action = 'collect'", decision.ID)},
			{"I5", decision, "collected from nowhere", set("effects", "state", "failed", "case_id = ? AND action = 'collect'", decision.ID)},
			{"I5", closed, "never permitted", set("effects", "fence", 0, "case_id = ? AND action = 'collect'", closed.ID)},
			{"I5", closed, "an item of nobody's", set("items", "system", "elsewhere", "case_id = ? AND number = 1", closed.ID)},

			{"I9", review, "an edited event", set("evidence", "data", `{"kind":"erasure"}`, "case_id = ? AND seq = 1", review.ID)},
			{"I9", review, "a moved event", set("evidence", "seq", 1000, "case_id = ? AND seq = 3", review.ID)},
			{"I9", closed, "another head", ofCase(closed, "evidence_head", strings.Repeat("0", 64))},
			{"I9", closed, "a shorter record", ofCase(closed, "evidence_seq", number(closed, "evidence_seq")-1)},

			{"I10", decision, "a command out of time", set("commands", "at", Monday.Add(-time.Hour).UnixMicro(), "case_id = ? AND number = 3", decision.ID)},
			{"I10", review, "a clock that ran back", set("clock_events", "at", Monday.Add(-time.Hour).UnixMicro(), "case_id = ? AND seq = 3", review.ID)},
			{"I10", waiting, "an event to come", set("evidence", "at", Monday.AddDate(1, 0, 0).UnixMicro(), "case_id = ? AND seq = 1", waiting.ID)},

			{"I11", review, "another target", ofCase(review, "target_at", number(review, "target_at")+1)},
			{"I11", waiting, "a target while it waits", ofCase(waiting, "target_at", Monday.UnixMicro())},
			{"I11", waiting, "a pause that is gone", ofCase(waiting, "paused_for", "")},
			{"I11", delivery, "another guard", ofCase(delivery, "guard_at", 1)},
			{"I11", decision, "another arrival", set("clock_events", "at", Monday.AddDate(0, 0, -3).UnixMicro(), "case_id = ? AND seq = 1", decision.ID)},
			{"I11", review, "a milestone elsewhere", set("milestones", "due_at", 1, "case_id = ? AND name = 'due'", review.ID)},
			{"I11", closed, "a better figure", ofCase(closed, "answered_target_at", Monday.AddDate(1, 0, 0).UnixMicro())},

			{"I12", review, "another Message-ID", set("notices", "message_id", "other@madoguchi.test", "case_id = ? AND code = 'N-01'", review.ID)},
			{"I12", review, "never taken", set("notices", "accepted_at", 0, "case_id = ? AND code = 'N-01'", review.ID)},
			{"I12", review, "a failure nobody knows of", set("notices", "state", "failed", "case_id = ? AND code = 'N-01'", review.ID)},
			{"I12", waiting, "a fourth send", set("notices", "sends", 4, "case_id = ? AND code = 'N-01'", waiting.ID)},
			{"I12", waiting, "no receipt", set("notices", "code", "N-99", "case_id = ? AND code = 'N-01'", waiting.ID)},
			{"I12", closed, "no answer", set("notices", "code", "N-99", "case_id = ? AND code = 'N-13'", closed.ID)},

			{"I13", review, "nobody reviews", set("tasks", "state", "cancelled", "case_id = ? AND kind = 'review'", review.ID)},
			{"I13", waiting, "no expiry", set("milestones", "cancelled_at", 1, "case_id = ? AND name = 'identity-expiry'", waiting.ID)},
			{"I13", decision, "nobody decides", set("tasks", "state", "cancelled", "case_id = ? AND kind = 'approve'", decision.ID)},
			{"I13", delivery, "no end of availability", set("milestones", "cancelled_at", 1, "case_id = ? AND name = 'availability-end'", delivery.ID)},
			{"I13", withdrawn, "never final", set("milestones", "cancelled_at", 1, "case_id = ? AND name = 'withdrawal-final'", withdrawn.ID)},
			{"I13", review, "no run", ofCase(review, "acked_epoch", 0)},

			{"I14", review, "a case that was not accepted", set("accepted", "cases", 1, "submission = ?", review.Submission)},
			{"I14", decision, "a submission that was not accepted", set("accepted", "submission", "gone", "submission = ?", decision.Submission)},

			{"two-people", closed, "one person", set("proposals", "approver", h.Handler.ID, "case_id = ?", closed.ID)},
			{"two-people", closed, "nobody agreed", ofCase(closed, "agreed", 0)},
			{"two-people", delivery, "not what was agreed", ofCase(delivery, "decided", "fulfilled")},
			{"two-people", decision, "a package before its time", ofCase(decision, "package_at", 1)},
		}
		counted := map[string]int{}
		for _, b := range list {
			mend := b.harm()
			r, err := h.Store.Fsck(t.Context(), store.FsckOptions{Keys: []ed25519.PublicKey{h.Signer.Public()}})
			must(t, err)
			named := false
			for _, p := range r.Problems {
				named = named || p.Invariant == b.invariant && p.Case == b.c.ID && p.Organisation == h.Here && strings.HasPrefix(p.String(), b.invariant+": organisation "+h.Here+", case "+b.c.ID)
			}
			if !named || r.OK() {
				t.Errorf("%s, %s: fsck says\n%s", b.invariant, b.what, r)
			}
			counted[b.invariant]++
			mend()
		}
		for _, invariant := range []string{"I2", "I4", "I5", "I9", "I10", "I11", "I12", "I13", "I14", "two-people"} {
			if counted[invariant] == 0 {
				t.Errorf("%s was never broken", invariant)
			}
		}
		t.Logf("broken and named: %v", counted)
		h.whole(t) // all is mended

		// What can't be mended: a cut end, a dropped case, an accepted filing without a trace.
		h.Exec(t, "INSERT INTO accepted (organisation, submission, at, cases) VALUES (?, 'never-seen', 1, 1)", h.Here)
		h.Exec(t, "DELETE FROM evidence WHERE case_id = ? AND seq = (SELECT MAX(seq) FROM evidence WHERE case_id = ?)", review.ID, review.ID)
		h.Exec(t, "DELETE FROM evidence WHERE case_id = ?", closed.ID)
		r, err := h.Store.Fsck(t.Context(), store.FsckOptions{Keys: []ed25519.PublicKey{h.Signer.Public()}})
		must(t, err)
		for _, wanted := range []string{"never-seen", "case " + review.ID + ", event", "dropped", "case " + closed.ID + ": it has no record"} {
			if !strings.Contains(r.String(), wanted) {
				t.Errorf("%q is not in\n%s", wanted, r)
			}
		}
	}},

	{"fsck compares with the open workflows", func(t *testing.T, h *House) {
		open, gone, closed := h.File(t).ToReview(t), h.File(t).ToReview(t), h.File(t).ToClosed(t)
		must(t, open.Office().Rebuild(t.Context(), open.ID))
		open.Deliver(t)
		h.Clock.Advance(10 * time.Minute)
		runs := []string{"dsr/" + open.ID + "/2", "dsr/" + open.ID + "/1", "dsr/" + gone.ID + "/1"}
		check := func(runs ...string) store.FsckReport {
			r, err := h.Store.Fsck(t.Context(), store.FsckOptions{Workflows: func(context.Context) ([]string, error) { return runs, nil }})
			must(t, err)
			return r
		}
		if r := check(runs...); len(r.Problems) > 0 || r.Checks[1].Invariant != "I3" || r.Checks[1].Rows != 3 {
			t.Fatalf("%s", r)
		}
		for _, x := range []struct {
			c    *Case
			runs []string
		}{{gone, runs[:2]}, {open, runs[1:]}, {closed, append(runs, "dsr/"+closed.ID+"/1")}} {
			r := check(x.runs...)
			if len(r.Problems) != 1 || r.Problems[0].Invariant != "I3" || r.Problems[0].Case != x.c.ID {
				t.Errorf("%s", r)
			}
		}
		_, err := h.Store.Fsck(t.Context(), store.FsckOptions{Workflows: func(context.Context) ([]string, error) { return nil, fmt.Errorf("away") }})
		if err == nil {
			t.Fatal("what could not be compared counts as compared")
		}
	}},
}
