package e2e

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/packs"
	"madoguchi/policy"
)

// What the journeys by letter and by telephone share: a request that a clerk
// keys in, and dates counted without the product's own arithmetic.

// japan is the zone of every organisation here. It has had one offset since 1951.
var japan = time.FixedZone("JST", 9*60*60)

// keyed is a request as somebody at the desk takes it down.
type keyed struct {
	channel   dsr.Channel
	postedOn  string    // of a letter
	arrived   time.Time // in Japan
	heard     bool      // the recording notice was read out and ticked
	voice     dsr.Voice // of the letters
	kind      dsr.Kind
	ground    string // a code, "" for none
	scope     string
	person    person
	whose     string // the population's ID, "" for none
	rep       *representative
	mail      string // where a mail may go, "" for by post
	post      string // where letters may go when not by mail; "" leaves it to the file
	delivery  string // "download", "post"
	saidPhone string // the number said in the call; "" says the person's own
}

// representative is somebody who acts for the person.
type representative struct{ whom, relation, name, phone string }

// packOf is the pack of an organisation, for the words that its pages use.
func packOf(t testing.TB, slug string) *policy.Pack {
	t.Helper()
	l, err := policy.Load(packs.Files, policy.Options{Demonstration: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range l.Packs() {
		if p.Slug == slug {
			return p
		}
	}
	t.Fatalf("there is no pack %q", slug)
	return nil
}

// atDesk goes to the desk of their organisation.
func (s *staff) atDesk() {
	s.t.Helper()
	s.Open(desk + "/" + s.house)
}

// keyIn fills the form of what did not come over the portal. It is not sent.
func (s *staff) keyIn(p *policy.Pack, k keyed) {
	s.t.Helper()
	s.atDesk()
	s.Click(s.say("desk.key-in.short"))
	s.fillIn(p, k)
}

// fillIn fills the form on the page.
func (s *staff) fillIn(p *policy.Pack, k keyed) {
	s.t.Helper()
	text := func(words policy.Voices) string { return p.Text(words, string(s.voice)) }
	s.Choose(s.say("desk.channel." + string(k.channel)))
	s.Fill(s.say("desk.key-in.arrived-on"), k.arrived.Format(time.DateOnly))
	s.Fill(s.say("desk.key-in.arrived-at"), k.arrived.Format("15:04"))
	if k.postedOn != "" {
		s.Fill(s.say("desk.key-in.posted-on"), k.postedOn)
	}
	if k.heard {
		s.Choose(s.say("desk.key-in.recording-told"))
	}
	s.Select(s.say("desk.key-in.letters"), s.say("desk.voice."+string(k.voice)))
	offer, ok := p.Offer(string(k.kind))
	if !ok {
		s.t.Fatalf("%s does not take a %s", p.Slug, k.kind)
	}
	s.Choose(text(offer.Words))
	s.Fill(s.say("desk.key-in.scope"), k.scope)
	if k.ground != "" {
		s.Select(s.say("desk.key-in.ground"), s.say("desk.ground."+k.ground))
	}
	s.Fill(s.say("desk.identity.field.name"), k.person.name)
	s.Fill(s.say("desk.identity.field.kana"), k.person.kana)
	s.Fill(s.say("desk.key-in.year"), k.person.bornOn[:4])
	s.Fill(s.say("desk.key-in.month"), k.person.bornOn[5:7])
	s.Fill(s.say("desk.key-in.day"), k.person.bornOn[8:])
	s.Fill(s.say("desk.identity.field.number"), k.person.number)
	s.Fill(s.say("desk.identity.field.phone"), k.person.phone)
	if k.saidPhone != "" {
		s.Fill(s.say("desk.identity.field.phone"), k.saidPhone)
	}
	s.Fill(s.say("desk.identity.field.address"), k.person.address)
	for _, x := range p.Populations {
		if x.ID == k.whose {
			s.Select(s.say("desk.key-in.population"), text(x.Text))
		}
	}
	whom := "me"
	if k.rep != nil {
		whom = k.rep.whom
		s.Fill(s.say("desk.key-in.rep-name"), k.rep.name)
		s.Select(s.say("desk.key-in.relation"), s.say("relation."+k.rep.relation))
		s.Fill(s.say("desk.key-in.rep-phone"), k.rep.phone)
	}
	s.Choose(s.say("desk.key-in.whom." + whom))
	s.Within("4. ", func() {
		s.t.Helper()
		if k.mail != "" {
			s.Choose(s.say("word.mail"))
			s.Fill(s.say("desk.identity.field.mail"), k.mail)
		} else {
			s.Choose(s.say("word.post"))
			s.Fill(s.say("desk.key-in.post"), k.post)
		}
		s.Choose(s.say("desk.key-in.delivery." + k.delivery))
	})
}

// receive sends the form and gives the reference of the receipt.
func (s *staff) receive() string {
	s.t.Helper()
	s.Press(s.say("desk.key-in.save"))
	s.See(s.say("desk.receipt.title"))
	reference := referenceShape.FindString(s.Text())
	if reference == "" {
		s.t.Fatalf("the receipt has no reference:\n%s", s.Text())
	}
	return reference
}

// day is how the desk's pages write a date.
func (s *staff) day(at time.Time) string { return locales.Date(s.voice, at.In(japan), true) }

// openDays counts on open days by hand: weekdays that are no holiday of the list
// and not in a closed stretch of each year, "08-11..08-14". It shares no code
// with the product's clock.
type openDays struct {
	t        testing.TB
	holidays []byte
	closed   []string
}

func calendarOf(t testing.TB, closed ...string) openDays {
	t.Helper()
	b, err := os.ReadFile("../packs/calendars/holidays-jp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return openDays{t, b, closed}
}

func (c openDays) open(day time.Time) bool {
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday || bytes.Contains(c.holidays, []byte("\n  "+day.Format(time.DateOnly)+":")) {
		return false
	}
	for _, stretch := range c.closed {
		from, to, _ := strings.Cut(stretch, "..")
		d := day.Format("01-02")
		if from <= to && from <= d && d <= to || from > to && (d >= from || d <= to) {
			return false
		}
	}
	return true
}

// after is the nth open day after the day of an instant, at midnight in Japan.
func (c openDays) after(at time.Time, n int) time.Time {
	c.t.Helper()
	day := midnight(at)
	for tries := 0; n > 0; tries++ {
		if tries > 400 {
			c.t.Fatal("no day is open")
		}
		if day = day.AddDate(0, 0, 1); c.open(day) {
			n--
		}
	}
	return day
}

// lastBefore is the last open day before a day.
func (c openDays) lastBefore(day time.Time) time.Time {
	for day = day.AddDate(0, 0, -1); !c.open(day); day = day.AddDate(0, 0, -1) {
	}
	return day
}

func midnight(at time.Time) time.Time {
	at = at.In(japan)
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, japan)
}

// The count by hand finds what is written down of the calendars: the first
// is the policies' own example of a week around a substitute holiday.
func TestDaysCountedByHandAreTheKnownOnes(t *testing.T) {
	kai := calendarOf(t, "12-29..01-03", "08-11..08-14")
	for _, x := range []struct {
		from string
		n    int
		want string
	}{
		{"2027-03-18", 5, "2027-03-26"}, // the 22nd stands in for a Sunday's equinox
		{"2026-12-18", 10, "2027-01-07"},
		{"2026-08-07", 3, "2026-08-18"}, // the 11th is a holiday, the 12th to 14th the closure
		{"2026-05-01", 1, "2026-05-07"},
	} {
		from, err := time.ParseInLocation(time.DateOnly, x.from, japan)
		if err != nil {
			t.Fatal(err)
		}
		if got := kai.after(from.Add(16*time.Hour), x.n).Format(time.DateOnly); got != x.want {
			t.Errorf("%d open days after %s: %s, want %s", x.n, x.from, got, x.want)
		}
	}
	// Without the closure or the holidays another day comes out.
	at := time.Date(2026, 8, 7, 9, 0, 0, 0, japan)
	if got := (openDays{t: t}).after(at, 3).Format(time.DateOnly); got == "2026-08-18" {
		t.Error("closed days make no difference")
	}
}
