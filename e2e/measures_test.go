package e2e

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"madoguchi/docs/samples"
	"madoguchi/e2e/driver"
	"madoguchi/internal/sample"
)

// What the journeys about a change share: filing by wish, the identity page of
// several systems, the investigation, and the connected systems themselves, past
// the connector.

// claim is what somebody says of one field, by the pack's word for it.
type claim struct{ field, now, should string }

// wishing begins a request of a kind at another organisation's portal.
func (c *customer) wishing(slug, card string) {
	c.t.Helper()
	c.at = "/o/" + slug + "/"
	c.Open(c.at)
	c.Press(ownNames[c.voice])
	c.Click(c.say(card))
	if c.HasButton(c.say("portal.begin.anew")) {
		c.Press(c.say("portal.begin.anew"))
	} else {
		c.Press(c.say("portal.start.begin"))
	}
	next := c.say("button.continue")
	c.ChooseNth(1) // who they are to the organisation
	c.Press(next)
	if c.Has(c.say("portal.service.title")) {
		c.ChooseNth(1)
		c.Press(next)
	}
	c.Choose(c.say("portal.whom.me"))
	c.Press(next)
}

// disputes answers the pages of a correction, one for each claim.
func (c *customer) disputes(claims ...claim) {
	c.t.Helper()
	for n, x := range claims {
		c.Choose(x.field)
		c.Fill(c.say("portal.claim.now"), x.now)
		c.Fill(c.say("portal.claim.should-correction"), x.should)
		if n+1 < len(claims) {
			c.Choose(c.say("portal.claim.yes-more"))
		} else {
			c.Choose(c.say("portal.claim.no-more"))
		}
		c.Press(c.say("button.continue"))
	}
}

// about answers who the person is and how they are reached, and sends.
func (c *customer) about() {
	c.t.Helper()
	c.who()
	c.See(c.say("portal.check.title"), c.p.name, c.p.mail)
	c.send()
}

// who answers who the person is and how they are reached.
func (c *customer) who() {
	c.t.Helper()
	next := c.say("button.continue")
	c.Fill(c.say("portal.person.name"), c.p.name)
	c.Fill(c.say("portal.person.kana"), c.p.kana)
	born, err := time.Parse(time.DateOnly, c.p.bornOn)
	if err != nil {
		c.t.Fatal(err)
	}
	c.Fill(c.say("portal.person.year"), fmt.Sprint(born.Year()))
	c.Fill(c.say("portal.person.month"), fmt.Sprint(int(born.Month())))
	c.Fill(c.say("portal.person.day"), fmt.Sprint(born.Day()))
	c.Press(next)
	c.Fill(c.say("portal.person.number"), c.p.number)
	c.Fill(c.say("portal.person.address"), c.p.address)
	c.Press(next)
	c.Choose(c.say("portal.contact.by-mail"))
	c.Fill(c.say("portal.contact.mail"), c.p.mail)
	c.Fill(c.say("portal.contact.phone"), c.p.phone)
	c.Press(next)
}

// letter opens a letter on the status page and gives what it says.
func (c *customer) letter(code string) string {
	c.t.Helper()
	return c.letterCalled("letter." + code + ".title")
}

// letterCalled does so by the catalogue key of its title.
func (c *customer) letterCalled(title string) string {
	c.t.Helper()
	c.Click(c.say(title))
	text := c.Text()
	c.Click(c.say("button.back"))
	return text
}

// lists demands that a text says all of them, in this order.
func lists(t *testing.T, what, text string, words ...string) {
	t.Helper()
	rest := text
	for _, w := range words {
		_, after, ok := strings.Cut(rest, w)
		if !ok {
			t.Errorf("%s does not say %q (in this place):\n%s", what, w, text)
			return
		}
		rest = after
	}
}

// lacks demands that a text says none of them.
func lacks(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(text, w) {
			t.Errorf("%s says %q:\n%s", what, w, text)
		}
	}
}

// seeIdentity claims the identity task and waits for the systems' answers.
func (s *staff) seeIdentity(reference string) {
	s.t.Helper()
	s.search(reference)
	s.claim("verify-identity")
	s.Until("the systems have answered", func() bool { return s.HasButton(s.say("desk.identity.confirm")) })
}

// confirmIdentity says that the paper agrees and that the records of these
// numbers are the person's; the answer goes to the contact on file.
func (s *staff) confirmIdentity(records ...int) {
	s.t.Helper()
	s.ChooseEach(s.say("desk.identity.mark.same"))
	for _, n := range records {
		s.Choose(s.say("desk.identity.record", "n", n) + ":")
	}
	s.Select(s.say("desk.identity.kind"), "")
	s.Choose(s.say("desk.identity.deliver-file"))
	s.Press(s.say("desk.identity.confirm"))
	if s.Status != 200 {
		s.t.Fatalf("the identity was not confirmed:\n%s", s.Text())
	}
}

// confirmSeveral says that the first record in each of these systems is the
// person's; the answer goes to the contact on file in the first of them.
func (s *staff) confirmSeveral(titles ...string) {
	s.t.Helper()
	s.ChooseEach(s.say("desk.identity.mark.same"))
	for _, title := range titles {
		s.Within(s.say("desk.identity.which-in", "system", title), func() { s.t.Helper(); s.ChooseNth(1) })
	}
	s.Within(s.say("desk.identity.main"), func() { s.t.Helper(); s.Choose(titles[0]) })
	s.Select(s.say("desk.identity.kind"), "")
	s.Choose(s.say("desk.identity.deliver-file"))
	s.Press(s.say("desk.identity.confirm"))
	if s.Status != 200 {
		s.t.Fatalf("the identity was not confirmed:\n%s", s.Text())
	}
}

// investigate writes down a finding for every item.
func (s *staff) investigate(reference, finding, checked string) {
	s.t.Helper()
	s.search(reference)
	s.claim("investigate")
	items := 0
	for n := 1; s.Has(s.say("desk.review.item", "n", n)); n++ {
		s.Within(s.say("desk.review.item", "n", n), func() {
			s.t.Helper()
			s.Choose(s.say("finding." + finding))
			s.Fill(s.say("desk.investigate.checked"), checked)
		})
		items++
	}
	if items == 0 {
		s.t.Fatalf("nothing to investigate:\n%s", s.Text())
	}
	s.Press(s.say("desk.investigate.save"))
	if s.Status != 200 || s.HasButton(s.say("desk.investigate.save")) {
		s.t.Fatalf("the findings were not taken:\n%s", s.Text())
	}
}

// decideItems answers every item of a review: decide says what with each, by its
// text, with the part of the page as its scope. Every exemption is answered with
// "does not apply" first.
func (s *staff) decideItems(reference string, decide func(n int, text string)) (items int) {
	s.t.Helper()
	s.search(reference)
	if s.hasTask("review") && s.HasButton(s.say("desk.claim")) {
		s.claim("review")
	} else {
		s.Until("there is a review", func() bool { return s.hasTask("review") })
		if s.HasButton(s.say("desk.claim")) {
			s.claim("review")
		} else {
			s.openTask("review")
		}
	}
	save := s.say("desk.review.save")
	items = s.Parts(save)
	if items == 0 {
		s.t.Fatalf("nothing to decide:\n%s", s.Text())
	}
	for n := 1; n <= items; n++ {
		s.Within(s.say("desk.review.item", "n", n), func() {
			s.t.Helper()
			s.ChooseEach(s.say("desk.review.does-not"))
			decide(n, s.Text())
			s.Press(save)
		})
		if s.Status != 200 {
			s.t.Fatalf("item %d was not saved:\n%s", n, s.Text())
		}
	}
	s.See(s.say("desk.review.all-answered"))
	return items
}

// propose proposes from the page of the review.
func (s *staff) propose() {
	s.t.Helper()
	s.Press(s.say("desk.review.propose"))
	s.UntilSee(s.say("task.approve"))
}

// approveIt claims the proposal and agrees.
func (s *staff) approveIt(reference string) {
	s.t.Helper()
	s.search(reference)
	s.claim("approve")
	s.Press(s.say("desk.approve.button"))
	if s.Status != 200 {
		s.t.Fatalf("the approval was not taken:\n%s", s.Text())
	}
}

// tell records the result of one attempt to reach a recipient whose task has
// been claimed.
func (s *staff) tell(result string) {
	s.t.Helper()
	s.Choose(s.say("recipient-result." + result))
	s.Press(s.say("desk.recipient.save"))
}

// system is a connected system past the connector: its own programs.
type system struct {
	t testing.TB
	*sample.System
	db *sql.DB
}

// systemOf opens the system of a setting as the office made it.
func systemOf(t testing.TB, o *driver.Office, setting string) system {
	t.Helper()
	s, err := sample.Of(setting)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sample.Open(filepath.Join(o.Data, "sample", strings.ToLower(setting)+".db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return system{t, s, db}
}

// one is one value of the system as text, "" for none.
func (y system) one(query string, args ...any) string {
	y.t.Helper()
	var v sql.NullString
	if err := y.db.QueryRow(query, args...).Scan(&v); err != nil && !errors.Is(err, sql.ErrNoRows) {
		y.t.Fatal(err)
	}
	return v.String
}

// refuses demands that the system itself refuses to write, to hand over and to
// use a field of a person; allows the opposite.
func (y system) refuses(category, record, row, field string) {
	y.t.Helper()
	y.tries(category, record, row, field, sample.ErrHeld)
}

func (y system) allows(category, record, row, field string) {
	y.t.Helper()
	y.tries(category, record, row, field, nil)
}

func (y system) tries(category, record, row, field string, want error) {
	y.t.Helper()
	ctx := context.Background()
	for what, do := range map[string]func() error{
		"a hand-over": func() error { return y.HandOver(ctx, y.db, record, category, field, "courier") },
		"a use":       func() error { return y.Use(ctx, y.db, record, category, field, "campaign") },
		"a write": func() error {
			if row == "" { // only what is handed over and used is looked at
				return want
			}
			was := y.value(category, row, field)
			err := y.Write(ctx, y.db, category, row, field, was+"0")
			if err == nil { // as it was: only that it can be done is looked at
				err = y.Write(ctx, y.db, category, row, field, was)
			}
			return err
		},
	} {
		if err := do(); !errors.Is(err, want) || want == nil && err != nil {
			y.t.Errorf("%s: %s of %s in %s: %v, want %v", y.Setting(), what, field, category, err, want)
		}
	}
}

// value is a field of a row as it stands in the system.
func (y system) value(category, row, field string) string {
	y.t.Helper()
	t, key := map[string][2]string{"profile": {"members", "member_no"}}[category], ""
	if y.Setting() == "SHIPPERS" {
		t = [2]string{"accounts", "account_no"}
	}
	if key = t[1]; key == "" {
		y.t.Fatalf("the test does not know the table of %s", category)
	}
	return y.one("SELECT "+field+" FROM "+t[0]+" WHERE "+key+" = ?", row)
}

// card is the picture that proves who somebody is, with a marker.
func (c *customer) card() {
	c.t.Helper()
	c.confirm()
	c.upload(marked(samples.ResidenceCard))
}
