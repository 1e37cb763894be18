package storetest

import (
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/store"
)

// The marketplace with versions beside its pack. The weaker one charges for a
// disclosure and answers late; it came into force on the day before the tests'
// Monday, the better one after it.
var (
	marketFirst = edit{file: "qoo10/pack.yaml", as: "qoo10/versions/2026.1.yaml", from: "language: ja\n", to: "language: ja\n"}
	marketHead  = func(version, day string) edit {
		return edit{file: "qoo10/pack.yaml", from: "version: \"2026.1\"\n", to: "version: \"" + version + "\"\nin_force_from: \"" + day + "\"\n"}
	}
	marketTimes = func(days string) edit {
		return edit{file: "qoo10/pack.yaml", from: "\namendment:\n", to: "\ntimes:\n  target: { start: arrival, unit: business-days, n: " + days + `,
            pauses: { identity: business-days, authority: business-days, clarification: business-days, fee: business-days },
            extension: { max_times: 1, amount: 10, base: from-due, notice_before: due, reasons_required: true, grounds: [checking, searching, investigating, carrying-out, approval] } }` + "\n\namendment:\n"}
	}
	// weakened: the second version takes longer than the first.
	weakened = kept(marketFirst, marketHead("2026.2", "2026-11-01"), marketTimes("13"))
	// improved: an amendment answers sooner than the version before it.
	improved = kept(marketFirst, marketHead("2026.2", "2026-11-24"), marketTimes("5"))
	// worsened: an amendment answers later.
	worsened = kept(marketFirst, marketHead("2026.2", "2026-11-24"), marketTimes("13"))
)

// market files a disclosure at the marketplace.
func (h *House) market(t testing.TB, mail string) *Case {
	t.Helper()
	f := Filing(h.Form())
	f.Contact.Mail, f.Person.Population, f.Person.Service = mail, "buyer", ""
	return h.filed(t, h.org(t, "qoo10"), dsr.Actor{Kind: dsr.ActorPerson}, f)
}

// packOf is the digest that a case is pinned to.
func (c *Case) packOf(t testing.TB) string {
	return c.h.Text(t, "SELECT s.pack_digest FROM submissions s JOIN cases c ON c.submission = s.id AND c.organisation = s.organisation WHERE c.id = ?", c.ID)
}

var versionPromises = []promise{
	{"open cases are listed by the version they arrived under, by reference and of one organisation alone", func(t *testing.T, h *House) {
		c, closed, other := h.market(t, "one@example.jp"), h.File(t).ToClosed(t), h.File(t)
		for _, x := range []struct{ organisation, digest, want string }{
			{h.org(t, "qoo10"), c.packOf(t), c.Reference + "-1"}, {h.Here, closed.packOf(t), other.Reference + "-1"}, {h.org(t, "qoo10"), other.packOf(t), ""}, {h.Here, c.packOf(t), ""},
		} {
			found, err := h.Store.Pinned(t.Context(), x.organisation, x.digest)
			must(t, err)
			equal(t, "pinned", strings.Join(found, " "), x.want)
		}
	}},

	{"data held before a change of the policy keeps its protection, unless the person agreed; deemed consent is refused (QOO-02, QOO-25)", func(t *testing.T, h *House) {
		first := h.market(t, "before@example.jp")
		target := first.targetAt(t)
		h.under(t, weakened, first)
		id := h.org(t, "qoo10")
		clerk, _, _ := h.desk(t, id)
		o := h.Store.For(id)
		now := h.Clock.Now().UnixMicro()
		for _, source := range []string{"deemed", "use", ""} {
			want(t, o.Agree(t.Context(), clerk, "agreed@example.jp", "2026.2", source, now), dsr.Invalid, "error.consent-deemed")
		}
		want(t, o.Agree(t.Context(), clerk, "agreed@example.jp", "2031.1", "paper", now), dsr.Invalid, "error.version-unknown")
		want(t, o.Agree(t.Context(), clerk, "agreed@example.jp", "2026.2", "paper", now+int64(24*time.Hour/time.Microsecond)), dsr.Invalid, "error.given-in-future")
		want(t, o.Agree(t.Context(), dsr.Actor{Kind: dsr.ActorPerson}, "agreed@example.jp", "2026.2", "paper", now), dsr.Forbidden, "")
		must(t, o.Agree(t.Context(), clerk, "Agreed@Example.jp", "2026.2", "paper", now))

		h.Clock.Advance(time.Minute)
		kept, agreed := h.market(t, "kept@example.jp"), h.market(t, "agreed@example.jp")
		p, _ := h.Options.Packs.BySlug("qoo10")
		for _, c := range []*Case{kept, agreed} {
			equal(t, "pinned to the version at arrival", c.packOf(t), p.Digest)
		}
		equal(t, "no longer target for who did not agree", kept.targetAt(t), target)
		if !agreed.targetAt(t).After(target) {
			t.Errorf("who agreed is answered by %s, and the first version's target is %s", agreed.targetAt(t), target)
		}
		// What is agreed to later changes no case that is there.
		h.Clock.Advance(time.Minute)
		must(t, o.Agree(t.Context(), clerk, "kept@example.jp", "2026.2", "portal", h.Clock.Now().UnixMicro()))
		equal(t, "the first case's version is found among those that are kept", first.packOf(t) != p.Digest, true)
		h.whole(t)
	}},

	{"an amendment that is better reaches an open case once, with a record; one that is worse changes nothing (D.9)", func(t *testing.T, h *House) {
		c, other := h.market(t, "open@example.jp"), h.File(t)
		target, pinned := c.targetAt(t), c.packOf(t)
		h.under(t, worsened, c, other)
		h.Clock.Advance(48 * time.Hour)
		moved, err := h.Store.MoveAmendments(t.Context(), true)
		must(t, err)
		equal(t, "moved by a worse one", len(moved), 0)
		equal(t, "its target", c.targetAt(t), target)

		h.under(t, improved, c, other)
		h.unchanged(t, "the report", func() {
			report, err := h.Store.MoveAmendments(t.Context(), false)
			must(t, err)
			if len(report) != 1 || report[0].Version != "2026.2" || len(report[0].Duties) == 0 || report[0].Duties[0] != "time" {
				t.Errorf("%+v", report)
			}
		})
		moved, err = h.Store.MoveAmendments(t.Context(), true)
		must(t, err)
		if len(moved) != 1 || moved[0].Cases != 1 || moved[0].Submission != c.Submission {
			t.Fatalf("%+v", moved)
		}
		if !c.targetAt(t).Before(target) {
			t.Errorf("its target is %s, before %s", c.targetAt(t), target)
		}
		equal(t, "pinned as it was", c.packOf(t), pinned)
		equal(t, "recorded", c.recorded(t, "policy-amended"), 1)
		equal(t, "the other organisation's case", other.recorded(t, "policy-amended"), 0)
		equal(t, "its run hears", h.Int(t, "SELECT COUNT(*) FROM commands WHERE case_id = ? AND kind = 'reclocked'", c.ID), 1)
		c.Deliver(t)
		other.Deliver(t)
		h.Post(t)
		h.whole(t)
		h.unchanged(t, "again", func() {
			again, err := h.Store.MoveAmendments(t.Context(), true)
			must(t, err)
			equal(t, "moved again", len(again), 0)
		})
		h.whole(t)
	}},

	{"the consent log and the amendments are only added to, and fsck sees what does not fit (I9)", func(t *testing.T, h *House) {
		c := h.market(t, "open@example.jp")
		h.under(t, improved, c)
		h.Clock.Advance(48 * time.Hour)
		moved, err := h.Store.MoveAmendments(t.Context(), true)
		must(t, err)
		equal(t, "moved", len(moved), 1)
		id := h.org(t, "qoo10")
		clerk, _, _ := h.desk(t, id)
		must(t, h.Store.For(id).Agree(t.Context(), clerk, "agreed@example.jp", "2026.2", "counter", h.Clock.Now().UnixMicro()))
		c.Deliver(t)
		h.Post(t)
		h.whole(t)
		if h.Int(t, "SELECT COUNT(*) FROM consents WHERE subject LIKE '%agreed%' OR recorded_by LIKE '%agreed%'") != 0 {
			t.Error("the log names the person")
		}
		if !h.postgres {
			for _, q := range []string{"UPDATE consents SET version = '1'", "DELETE FROM consents", "UPDATE amendments SET version = '1'", "DELETE FROM amendments"} {
				if h.Try(q) == nil {
					t.Errorf("%s is let through", q)
				}
			}
		}
		if h.postgres {
			equal(t, "what the application may do to them but add and read", h.Int(t, `SELECT COUNT(*) FROM information_schema.role_table_grants
				WHERE grantee = 'madoguchi_app' AND table_schema = current_schema() AND table_name IN ('consents', 'amendments') AND privilege_type NOT IN ('SELECT', 'INSERT')`), 0)
			equal(t, "what it may", h.Int(t, `SELECT COUNT(*) FROM information_schema.role_table_grants
				WHERE grantee = 'madoguchi_app' AND table_schema = current_schema() AND table_name IN ('consents', 'amendments')`), 4)
		}
		h.Unlock(t)
		h.unchecked(t)
		for _, x := range []struct {
			table, column string
			value         any
		}{{"consents", "source", "deemed"}, {"consents", "version", "2031.1"}, {"amendments", "pack_digest", "gone"}} {
			mend := h.set(t, x.table, x.column, x.value, "organisation = ?", id)
			if r := h.Fsck(t); r.OK() || !invariant(r, "I9") {
				t.Errorf("%s.%s as %v: %s", x.table, x.column, x.value, r)
			}
			mend()
		}
	}},
}

// invariant reports whether one of the problems is of an invariant.
func invariant(r store.FsckReport, name string) bool {
	for _, p := range r.Problems {
		if p.Invariant == name {
			return true
		}
	}
	return false
}
