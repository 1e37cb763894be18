package e2e

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/goccy/go-yaml"

	"madoguchi/connectors"
	"madoguchi/docs/samples"
	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/internal/locales"
	"madoguchi/internal/sample"
	"madoguchi/packs"
	"madoguchi/policy"
)

// plan is what the desk decides in one cell: first about the first item, the
// person's own entry, rest about every other one.
type plan struct{ first, rest dsr.Measure }

// cell is what one organisation does with one kind of request.
type cell struct {
	plan    plan
	outcome dsr.Outcome
	notice  string // the code of the letter that tells it
	voice   dsr.Voice
	seconds int
}

// wanted is the matrix as it must come out, by the organisation's ID: what it
// is called and where its portal is do not matter. Every pack needs a row and
// every procedure a column.
var wanted = map[string]map[dsr.Kind]cell{
	"5b8a4f6e-1c52-4d0f-9a53-7d6f0c2e8b11": {
		dsr.KindDisclosure: {plan: plan{dsr.MeasureDisclose, dsr.MeasureWithhold}, outcome: dsr.OutcomePartial, notice: "N-13", voice: dsr.VoiceVi},
		dsr.KindCorrection: {plan: plan{dsr.MeasureCorrect, dsr.MeasureOutside}, outcome: dsr.OutcomeFulfilled, notice: "N-17", voice: dsr.VoiceVi},
		dsr.KindDeletion:   {plan: plan{dsr.MeasureDelete, dsr.MeasureRefuse}, outcome: dsr.OutcomePartial, notice: "N-18", voice: dsr.VoiceVi},
		dsr.KindSuspension: {plan: plan{dsr.MeasureAlternative, dsr.MeasureAlternative}, outcome: dsr.OutcomeAlternative, notice: "N-18", voice: dsr.VoiceVi},
	},
	"36c9f808-8ee5-4222-8dca-561055931f72": {
		dsr.KindDisclosure: {plan: plan{dsr.MeasureDisclose, dsr.MeasureDisclose}, outcome: dsr.OutcomeFulfilled, notice: "N-12", voice: dsr.VoiceJa},
		dsr.KindCorrection: {plan: plan{dsr.MeasureRefuse, dsr.MeasureOutside}, outcome: dsr.OutcomeRefused, notice: "N-14", voice: dsr.VoiceJa},
		dsr.KindDeletion:   {plan: plan{dsr.MeasureSuspend, dsr.MeasureErase}, outcome: dsr.OutcomeFulfilled, notice: "N-18", voice: dsr.VoiceJa},
		dsr.KindSuspension: {plan: plan{dsr.MeasureRefuse, dsr.MeasureRefuse}, outcome: dsr.OutcomeRefused, notice: "N-14", voice: dsr.VoiceJa},
	},
	"106e4d88-9283-4ab1-a7c0-3f41087eb07e": {
		dsr.KindDisclosure: {plan: plan{dsr.MeasureNotHeld, dsr.MeasureNotHeld}, outcome: dsr.OutcomeNotHeld, notice: "N-15", voice: dsr.VoiceVi},
		dsr.KindCorrection: {plan: plan{dsr.MeasureCorrect, dsr.MeasureRefuse}, outcome: dsr.OutcomePartial, notice: "N-17", voice: dsr.VoiceVi},
		dsr.KindDeletion:   {plan: plan{dsr.MeasureSuspend, dsr.MeasureKeep}, outcome: dsr.OutcomePartial, notice: "N-18", voice: dsr.VoiceVi},
		dsr.KindSuspension: {plan: plan{dsr.MeasureSuspend, dsr.MeasureSuspend}, outcome: dsr.OutcomeFulfilled, notice: "N-18", voice: dsr.VoiceVi},
	},
	"c0da3648-1064-4a54-8e12-1485d4bc55ad": {
		dsr.KindDisclosure: {plan: plan{dsr.MeasureWithhold, dsr.MeasureWithhold}, outcome: dsr.OutcomeRefused, notice: "N-14", voice: dsr.VoiceDe},
		dsr.KindCorrection: {plan: plan{dsr.MeasureCorrect, dsr.MeasureOutside}, outcome: dsr.OutcomeFulfilled, notice: "N-17", voice: dsr.VoiceDe},
		dsr.KindDeletion:   {plan: plan{dsr.MeasureNotHeld, dsr.MeasureNotHeld}, outcome: dsr.OutcomeNotHeld, notice: "N-15", voice: dsr.VoiceDe},
		dsr.KindSuspension: {plan: plan{dsr.MeasureSuspend, dsr.MeasureSuspend}, outcome: dsr.OutcomeFulfilled, notice: "N-18", voice: dsr.VoiceDe},
	},
	"45a15447-2deb-45a8-a1c5-4de61bf247dc": {
		dsr.KindDisclosure: {plan: plan{dsr.MeasureDisclose, dsr.MeasureDisclose}, outcome: dsr.OutcomeFulfilled, notice: "N-12", voice: dsr.VoiceEn},
		dsr.KindCorrection: {plan: plan{dsr.MeasureAlternative, dsr.MeasureOutside}, outcome: dsr.OutcomeAlternative, notice: "N-17", voice: dsr.VoiceEn},
		dsr.KindDeletion:   {plan: plan{dsr.MeasureDelete, dsr.MeasureOutside}, outcome: dsr.OutcomeFulfilled, notice: "N-18", voice: dsr.VoiceEn},
		dsr.KindSuspension: {plan: plan{dsr.MeasureSuspend, dsr.MeasureRefuse}, outcome: dsr.OutcomePartial, notice: "N-18", voice: dsr.VoiceEn},
	},
}

// procedure is the column of a kind: addition is corrected and erasure deleted
// by the same procedure as their neighbours.
func procedure(k dsr.Kind) dsr.Kind {
	switch k {
	case dsr.KindAddition:
		return dsr.KindCorrection
	case dsr.KindErasure:
		return dsr.KindDeletion
	}
	return k
}

// columns are the procedures that there are, in the order of the pages.
func columns() (out []dsr.Kind) {
	for _, k := range dsr.Kinds {
		if k.Carried() && !slices.Contains(out, procedure(k)) {
			out = append(out, procedure(k))
		}
	}
	return out
}

// row is one organisation as its pack has it.
type row struct {
	id, name string
	takes    []dsr.Kind
}

func rows(all []*policy.Pack) (out []row) {
	for _, p := range all {
		r := row{id: p.ID, name: p.Slug}
		for _, k := range p.Kinds {
			r.takes = append(r.takes, dsr.Kind(k.Kind))
		}
		out = append(out, r)
	}
	return out
}

// red is what is wrong with a matrix, one sentence each: an organisation that
// does not take a kind, a cell without an expectation, a cell in which nothing
// happened, one that came out otherwise, an outcome that occurs nowhere.
func red(organisations []row, kinds []dsr.Kind, want, got map[string]map[dsr.Kind]cell) (out []string) {
	seen := map[dsr.Outcome]bool{}
	for _, r := range organisations {
		for _, k := range kinds {
			w, expected := want[r.id][k]
			g, happened := got[r.id][k]
			seen[g.outcome] = true
			switch at := r.name + " × " + string(k); {
			case !slices.Contains(r.takes, k):
				out = append(out, at+": the organisation does not take it")
			case !expected:
				out = append(out, at+": nothing is expected")
			case !happened:
				out = append(out, at+": empty")
			case g.outcome != w.outcome:
				out = append(out, fmt.Sprintf("%s: %s instead of %s", at, g.outcome, w.outcome))
			case g.notice != w.notice || g.voice != w.voice:
				out = append(out, fmt.Sprintf("%s: told by %s in %q instead of %s in %q", at, g.notice, g.voice, w.notice, w.voice))
			}
		}
	}
	for _, o := range []dsr.Outcome{dsr.OutcomeFulfilled, dsr.OutcomePartial, dsr.OutcomeRefused, dsr.OutcomeNotHeld, dsr.OutcomeAlternative} {
		if !seen[o] {
			out = append(out, "no cell ends as "+string(o))
		}
	}
	return out
}

// printed is the matrix to read.
func printed(organisations []row, kinds []dsr.Kind, got map[string]map[dsr.Kind]cell) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "organisation")
	for _, k := range kinds {
		fmt.Fprintf(w, "\t%s", k)
	}
	fmt.Fprintln(w)
	for _, r := range organisations {
		fmt.Fprint(w, r.name)
		for _, k := range kinds {
			if g, ok := got[r.id][k]; ok {
				fmt.Fprintf(w, "\t%s %s %s %ds", g.outcome, g.notice, g.voice, g.seconds)
			} else {
				fmt.Fprint(w, "\tEMPTY")
			}
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return b.String()
}

func TestAMatrixWithAnEmptyOrAWrongCellIsRed(t *testing.T) {
	l, err := policy.Load(packs.Files, policy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := rows(l.Packs())
	fresh := func() map[string]map[dsr.Kind]cell {
		out := map[string]map[dsr.Kind]cell{}
		for id, row := range wanted {
			out[id] = map[dsr.Kind]cell{}
			for k, c := range row {
				out[id][k] = c
			}
		}
		return out
	}
	if found := red(all, columns(), wanted, fresh()); len(found) > 0 {
		t.Errorf("a matrix that came out as wanted is red: %v", found)
	}
	at, k := all[0].id, dsr.KindDeletion
	alter := func(c cell, f func(*cell)) cell { f(&c); return c }
	for what, x := range map[string]struct {
		says    string
		columns []dsr.Kind
		plant   func(want, got map[string]map[dsr.Kind]cell) []row
	}{
		"an empty cell":                 {says: "empty", plant: func(_, got map[string]map[dsr.Kind]cell) []row { delete(got[at], k); return all }},
		"a cell that nobody thought of": {says: "nothing is expected", plant: func(want, _ map[string]map[dsr.Kind]cell) []row { delete(want[at], k); return all }},
		"a wrong expectation": {says: "instead of withdrawn", plant: func(want, _ map[string]map[dsr.Kind]cell) []row {
			want[at][k] = alter(want[at][k], func(c *cell) { c.outcome = dsr.OutcomeWithdrawn })
			return all
		}},
		"another letter": {says: "told by N-12", plant: func(_, got map[string]map[dsr.Kind]cell) []row {
			got[at][k] = alter(got[at][k], func(c *cell) { c.notice = "N-12" })
			return all
		}},
		"a letter in another language": {says: "instead of", plant: func(_, got map[string]map[dsr.Kind]cell) []row {
			got[at][k] = alter(got[at][k], func(c *cell) { c.voice = dsr.VoiceEn + "x" })
			return all
		}},
		"a sixth organisation": {says: "sixth × disclosure: nothing is expected", plant: func(_, _ map[string]map[dsr.Kind]cell) []row {
			return append(slices.Clone(all), row{id: "another", name: "sixth", takes: dsr.Kinds})
		}},
		"an organisation that does not take a kind": {says: "does not take it", plant: func(_, _ map[string]map[dsr.Kind]cell) []row {
			less := slices.Clone(all)
			less[0].takes = slices.DeleteFunc(slices.Clone(all[0].takes), func(t dsr.Kind) bool { return t == k })
			return less
		}},
		"a fifth procedure": {says: "complaint: nothing is expected", columns: append(columns(), dsr.KindComplaint), plant: func(_, _ map[string]map[dsr.Kind]cell) []row { return all }},
		"an outcome that occurs nowhere": {says: "no cell ends as alternative", plant: func(_, got map[string]map[dsr.Kind]cell) []row {
			for _, row := range got {
				for k, c := range row {
					if c.outcome == dsr.OutcomeAlternative {
						row[k] = alter(c, func(c *cell) { c.outcome = dsr.OutcomeFulfilled })
					}
				}
			}
			return all
		}},
	} {
		want, got := fresh(), fresh()
		organisations := x.plant(want, got)
		if x.columns == nil {
			x.columns = columns()
		}
		if found := red(organisations, x.columns, want, got); !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, x.says) }) {
			t.Errorf("%s is not seen: %v", what, found)
		}
	}
	if text := printed(all, columns(), map[string]map[dsr.Kind]cell{at: {k: wanted[at][k]}}); strings.Count(text, "EMPTY") != len(all)*len(columns())-1 {
		t.Errorf("empty cells are not printed:\n%s", text)
	}
}

func TestALetterIsKnownByItsHeadingAndTheLanguageOfIt(t *testing.T) {
	for _, v := range []dsr.Voice{dsr.VoiceJa, dsr.VoiceEn, dsr.VoiceVi, dsr.VoiceDe} {
		for _, code := range answers {
			for _, title := range headings(v, code) {
				above := "somebody, 1-2-3 somewhere, M-2345-6789-1 "
				if c, lang, body := recognised(above + title + " and so on"); c != code || lang != v || body != "and so on" {
					t.Errorf("%s in %s is taken for %q in %q: %q", code, v, c, lang, body)
				}
				if c, _, _ := recognised(strings.Repeat(above, 12) + title + " and so on"); c != "" {
					t.Errorf("a letter that mentions %s is taken for %s", code, c)
				}
			}
		}
	}
}

// Everybody takes everything, by the pages alone.
func TestEveryOrganisationTakesEveryKind(t *testing.T) {
	matrix(t, packs.Files, wanted, driver.Options{})
}

// matrix runs all cells over the packs of a folder in one office, and gives the
// requests as they ended.
func matrix(t *testing.T, folder fs.FS, wanted map[string]map[dsr.Kind]cell, opt driver.Options) []*request {
	t.Helper()
	began := time.Now()
	l, err := policy.Load(folder, policy.Options{Demonstration: true})
	if err != nil {
		t.Fatal(err)
	}
	systems, err := connectors.New(folder, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	o := driver.Start(t, opt)
	var all []*request
	for _, p := range l.Packs() {
		for n, k := range columns() {
			if want, ok := wanted[p.ID][k]; ok {
				all = append(all, &request{pack: p, kind: k, want: want.plan, who: ordinary(t, systems.Setting(p.ID, p.Systems[0].ID), n), titles: titles(t, folder, p)})
			}
		}
	}
	// Two parts, because the second needs time to have passed: a code may be
	// asked for every half minute, an erasure waits for its cooling-off.
	each(t, o, "until it is agreed", all, (*request).untilAgreed)
	o.Pass(11 * time.Minute)
	each(t, o, "until it is told", all, (*request).untilTold)
	got := map[string]map[dsr.Kind]cell{}
	for _, r := range all {
		if r.got.notice == "" {
			continue // its own report says why
		}
		if got[r.pack.ID] == nil {
			got[r.pack.ID] = map[dsr.Kind]cell{}
		}
		got[r.pack.ID][r.kind] = r.got
	}
	for _, problem := range red(rows(l.Packs()), columns(), wanted, got) {
		t.Error(problem)
	}
	o.Stop()
	for _, command := range [][]string{{"checkpoint"}, {"audit", "verify"}, {"fsck"}} {
		if out, ok := o.Command(command...); !ok {
			t.Errorf("%s: %s", command[0], out)
		}
	}
	t.Logf("counts: matrix in %d s\n%s", int(time.Since(began).Seconds()), printed(rows(l.Packs()), columns(), got))
	return all
}

// atOnce is how many requests go on at one time.
const atOnce = 5

// each does a part of every request, some at a time. A request whose part
// failed has no next part.
func each(t *testing.T, o *driver.Office, part string, all []*request, do func(*request)) {
	t.Helper()
	t.Run(part, func(t *testing.T) {
		handler, approver := signIn(t, o, "handler", dsr.VoiceJa), signIn(t, o, "approver", dsr.VoiceJa)
		queue := make(chan *request)
		var hands sync.WaitGroup
		for range atOnce {
			hands.Go(func() {
				for r := range queue {
					r.failed = !t.Run(r.pack.Slug+" "+string(r.kind), func(t *testing.T) {
						r.meet(t, o.For(t), handler, approver)
						do(r)
						r.seconds += time.Since(r.began)
					})
				}
			})
		}
		for _, r := range all {
			if !r.failed {
				queue <- r
			}
		}
		close(queue)
		hands.Wait()
	})
}

// ordinary is the nth person of a system whom no other is mistaken for: grown
// up, with a name and a mailbox of their own.
func ordinary(t testing.TB, setting string, nth int) person {
	t.Helper()
	s, err := sample.Of(setting)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, p := range s.People() {
		count[p.Name]++
		count[strings.ToLower(p.Mail)]++
	}
	for _, p := range s.People() {
		if p.Number == s.Main().Number || count[p.Name] > 1 || count[strings.ToLower(p.Mail)] > 1 || p.BornOn > "2000" {
			continue
		}
		if nth--; nth < 0 {
			return person{name: p.Name, kana: p.Kana, bornOn: p.BornOn, mail: p.Mail, phone: p.Phone, number: p.Number, address: p.Address}
		}
	}
	t.Fatalf("%s has no such person", setting)
	return person{}
}

// titles are what the desk's pages call the columns of the first category of an
// organisation's first system, by the column's name.
func titles(t testing.TB, folder fs.FS, p *policy.Pack) map[string]string {
	t.Helper()
	b, err := fs.ReadFile(folder, p.Systems[0].Mapping)
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Categories []struct {
			Columns []struct {
				Name  string
				Title map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range m.Categories[0].Columns {
		out[c.Name] = c.Title["ja"]
	}
	return out
}

// What a request for a correction disputes, and what a deletion takes away.
const (
	disputed = "phone"
	removed  = "kana"
	newValue = "090-0000-9876"
)

// request is one cell on its way.
type request struct {
	pack   *policy.Pack
	kind   dsr.Kind
	want   plan
	who    person
	titles map[string]string

	t         testing.TB
	c         *customer
	h, a      *seat
	reference string
	items     int
	used      []dsr.Measure // what was decided, without what is in no letter
	letters   []string      // those that were read
	began     time.Time
	failed    bool
	seconds   time.Duration
	got       cell
}

// seat is a member of staff at the desk of one organisation.
type seat struct {
	*staff
	organisation string
}

// find opens a case by its reference.
func (s *seat) find(reference string) {
	s.t.Helper()
	s.desk()
	s.Fill(s.say("desk.search.label"), reference)
	s.Press(s.say("desk.search.button"))
	s.See(reference, s.say("desk.case.tasks"))
}

// waits reports whether a task can be begun or gone on with on the page of a case:
// one that is done is on the page too.
func (s *seat) waits(task string) (there bool) {
	s.t.Helper()
	word := s.say("task." + task)
	s.Within(s.say("desk.case.tasks"), func() {
		if s.HasPart(word) {
			s.Within(word, func() { there = s.HasButton(s.say("desk.claim")) || s.HasLink(s.say("desk.task.open")) })
		}
	})
	return there
}

// desk goes to the desk of the organisation.
func (s *seat) desk() {
	s.t.Helper()
	s.Open(desk)
	if s.HasLink(s.organisation) {
		s.Click(s.organisation)
	}
}

// meet brings the people of the request to the part of a test that begins.
func (r *request) meet(t testing.TB, o *driver.Office, handler, approver *staff) {
	t.Helper()
	r.t, r.began = t, time.Now()
	if r.c == nil {
		r.c = newCustomer(t, o, dsr.Voice(r.pack.Language), r.who)
	}
	r.c.Browser, r.c.t, r.c.o = r.c.TabFor(t), t, o
	at := func(s *staff) *seat {
		part := *s
		part.Browser, part.t, part.o = s.TabFor(t), t, o
		return &seat{&part, r.pack.Text(r.pack.Entity.Name, "ja")}
	}
	r.h, r.a = at(handler), at(approver)
}

// channel is the way in: the only one that the policy itself names, the portal
// where it names several.
func (r *request) channel() dsr.Channel {
	others := slices.DeleteFunc(slices.Clone(r.pack.Desk.Channels), func(c string) bool { return c == string(dsr.ChannelPortal) })
	if len(others) == 1 {
		return dsr.Channel(others[0])
	}
	return dsr.ChannelPortal
}

// untilAgreed files, proves, investigates, decides and approves.
func (r *request) untilAgreed() {
	r.t.Helper()
	if r.channel() == dsr.ChannelPortal {
		r.file()
		r.prove()
	} else {
		r.keyIn()
	}
	r.verify()
	if r.kind.Investigates() {
		r.investigate()
	}
	r.review()
	r.a.Until("it is proposed", func() bool { r.a.find(r.reference); return r.a.waits("approve") })
	r.a.claim("approve")
	r.a.Press(r.a.say("desk.approve.button"))
}

// file sends the request at the portal: every page is answered by what it asks.
func (r *request) file() {
	r.t.Helper()
	c := r.c
	card := map[dsr.Kind]string{dsr.KindDisclosure: "kind.disclosure.card", dsr.KindCorrection: "kind.correction.card", dsr.KindDeletion: "portal.away.card", dsr.KindSuspension: "kind.suspension.card"}[r.kind]
	c.Open("/o/" + r.pack.Slug + "/")
	c.Press(ownNames[c.voice])
	c.Click(c.say(card))
	c.Press(c.say("portal.start.begin"))
	for pages := 0; c.Heading() != c.say("portal.check.title"); pages++ {
		if pages == 20 {
			r.t.Fatalf("the form has no end:\n%s", c.Text())
		}
		before := c.Address()
		r.answer()
		c.Press(c.say("button.continue"))
		if c.Address() == before {
			r.t.Fatalf("an answer was not taken:\n%s", c.Text())
		}
	}
	c.send()
	r.reference = c.reference
}

// answer answers the question on the page.
func (r *request) answer() {
	r.t.Helper()
	c := r.c
	switch {
	case c.HasField(c.say("portal.claim.should-correction")):
		f, ok := r.pack.Field(disputed)
		if !ok {
			r.t.Fatalf("%s has no field %q to dispute", r.pack.Slug, disputed)
		}
		c.Choose(r.pack.Text(f.Text, string(c.voice)))
		c.Fill(c.say("portal.claim.now"), r.who.phone)
		c.Fill(c.say("portal.claim.should-correction"), newValue)
	case c.HasField(c.say("portal.person.name")):
		c.Fill(c.say("portal.person.name"), r.who.name)
		c.Fill(c.say("portal.person.kana"), r.who.kana)
		born, err := time.Parse(time.DateOnly, r.who.bornOn)
		if err != nil {
			r.t.Fatal(err)
		}
		c.Fill(c.say("portal.person.year"), fmt.Sprint(born.Year()))
		c.Fill(c.say("portal.person.month"), fmt.Sprint(int(born.Month())))
		c.Fill(c.say("portal.person.day"), fmt.Sprint(born.Day()))
	case c.HasField(c.say("portal.person.number")):
		c.Fill(c.say("portal.person.number"), r.who.number)
		c.Fill(c.say("portal.person.address"), r.who.address)
	case c.HasChoice(c.say("portal.contact.by-mail")):
		c.Choose(c.say("portal.contact.by-mail"))
		c.Fill(c.say("portal.contact.mail"), r.who.mail)
		c.Fill(c.say("portal.contact.phone"), r.who.phone)
	case c.HasChoice(c.say("portal.delivery.download")):
		c.Choose(c.say("portal.delivery.download"))
	case c.HasChoice(c.say("portal.whom.me")):
		c.Choose(c.say("portal.whom.me"))
	case c.HasChoice(c.say("portal.scope.all")):
		c.Choose(c.say("portal.scope.all"))
	case c.HasChoice(c.say("portal.ground.no-longer-needed")):
		c.Choose(c.say("portal.ground.no-longer-needed"))
	case c.HasChoice(c.say("portal.away.wrong")):
		// Where the policy promises that all goes without a ground, that is
		// asked for; elsewhere that something wrong is taken out.
		if o, _ := r.pack.Offer(string(r.kind)); o.NoGround {
			c.Choose(c.say("portal.away.hold"))
		} else {
			c.Choose(c.say("portal.away.wrong"))
		}
	case c.HasField(c.say("portal.content.title")):
		c.Fill(c.say("portal.content.title"), r.titles[removed])
	case c.HasChoice(c.say("kind.disclosure.card")): // what is wanted: ticked by the card
	default:
		c.ChooseNth(1) // who they are to the organisation, which service
	}
}

// prove confirms the contact and, where a picture is asked for, sends one.
func (r *request) prove() {
	r.t.Helper()
	id := r.pack.IdentityFor(string(r.kind), string(dsr.ChannelPortal), false)
	r.c.confirm()
	if slices.ContainsFunc(id.Documents, func(d policy.Document) bool { return d.How == "" && d.For == "" }) {
		r.c.upload(samples.ResidenceCard)
	}
}

// keyIn is a call or a letter as the desk writes it down.
func (r *request) keyIn() {
	r.t.Helper()
	h := r.h
	h.desk()
	h.Click(h.say("desk.key-in.short"))
	h.Choose(h.say("desk.channel." + string(r.channel())))
	yesterday := time.Now().UTC().Add(-24 * time.Hour)
	h.Fill(h.say("desk.key-in.arrived-on"), yesterday.Format(time.DateOnly))
	h.Fill(h.say("desk.key-in.arrived-at"), "10:00")
	if r.channel() == dsr.ChannelPost {
		h.Fill(h.say("desk.key-in.posted-on"), yesterday.Add(-24*time.Hour).Format(time.DateOnly))
	}
	if h.HasChoice(h.say("desk.key-in.recording-told")) {
		h.Choose(h.say("desk.key-in.recording-told"))
	}
	h.Select(h.say("desk.key-in.letters"), h.say("desk.voice."+string(r.c.voice)))
	offer, ok := r.pack.Offer(string(r.kind))
	if !ok {
		r.t.Fatalf("%s does not take a %s", r.pack.Slug, r.kind)
	}
	h.Choose(r.pack.Text(offer.Words, "ja"))
	if r.kind == dsr.KindCorrection {
		f, ok := r.pack.Field(disputed)
		if !ok {
			r.t.Fatalf("%s has no field %q to dispute", r.pack.Slug, disputed)
		}
		h.Select(h.say("desk.key-in.claim-field")+" 1", r.pack.Text(f.Text, "ja"))
		h.Fill(h.say("desk.key-in.claim-now")+" 1", r.who.phone)
		h.Fill(h.say("desk.key-in.claim-should")+" 1", newValue)
	}
	if r.kind == dsr.KindSuspension {
		h.Select(h.say("desk.key-in.ground"), h.say("desk.ground.no-longer-needed"))
	}
	h.Fill(h.say("desk.identity.field.name"), r.who.name)
	h.Fill(h.say("desk.identity.field.kana"), r.who.kana)
	h.Fill(h.say("desk.key-in.year"), r.who.bornOn[:4])
	h.Fill(h.say("desk.key-in.month"), r.who.bornOn[5:7])
	h.Fill(h.say("desk.key-in.day"), r.who.bornOn[8:])
	h.Fill(h.say("desk.identity.field.number"), r.who.number)
	h.Fill(h.say("desk.identity.field.phone"), r.who.phone)
	h.Fill(h.say("desk.identity.field.address"), r.who.address)
	h.Choose(h.say("desk.key-in.whom.me"))
	h.Within("4. ", func() {
		if r.channel() == dsr.ChannelPost {
			h.Choose(h.say("word.post"))
			h.Choose(h.say("desk.key-in.delivery.post"))
			return
		}
		h.Choose(h.say("word.mail"))
		h.Fill(h.say("desk.identity.field.mail"), r.who.mail)
		h.Choose(h.say("desk.key-in.delivery.download"))
	})
	h.Press(h.say("desk.key-in.save"))
	h.See(h.say("desk.receipt.title"))
	r.reference = referenceShape.FindString(h.Text())
	r.c.reference = r.reference
}

// verify compares the proof with what is on file.
func (r *request) verify() {
	r.t.Helper()
	h := r.h
	h.find(r.reference)
	h.claim("verify-identity")
	h.Until("the systems have answered", func() bool { return h.HasButton(h.say("desk.identity.confirm")) })
	h.ChooseEach(h.say("desk.identity.mark.same"))
	if h.ChooseIn(": "+r.who.name) == 0 {
		r.t.Fatalf("nobody is found:\n%s", h.Text())
	}
	if h.Has(h.say("desk.identity.main")) {
		h.Within(h.say("desk.identity.main"), func() { h.ChooseNth(1) })
	}
	h.Select(h.say("desk.identity.kind"), "")
	h.Choose(h.say("desk.identity.deliver-file"))
	h.Press(h.say("desk.identity.confirm"))
	h.See(h.say("desk.said.identity-confirmed"))
}

// investigate finds what the decision will rest on.
func (r *request) investigate() {
	r.t.Helper()
	h := r.h
	h.claim("investigate")
	n := 1
	for ; h.HasPart(h.say("desk.review.item", "n", n)); n++ {
		h.Within(h.say("desk.review.item", "n", n), func() {
			h.Choose(h.say("finding." + string(r.finding(r.measure(n)))))
			h.Fill(h.say("desk.investigate.checked"), "台帳と届出を照合した。")
		})
	}
	if n == 1 {
		r.t.Fatalf("there is nothing to look into:\n%s", h.Text())
	}
	h.Press(h.say("desk.investigate.save"))
}

// measure is what is decided about the nth item.
func (r *request) measure(n int) dsr.Measure {
	if n == 1 {
		return r.want.first
	}
	return r.want.rest
}

// finding is what the investigation has to find so that a measure fits.
func (r *request) finding(m dsr.Measure) dsr.FindingResult {
	offer, _ := r.pack.Offer(string(r.kind))
	switch {
	case m == dsr.MeasureRefuse && r.kind == dsr.KindSuspension:
		return dsr.FindingNoGround
	case m == dsr.MeasureRefuse:
		return dsr.FindingRight
	case offer.NoGround:
		return dsr.FindingPromised
	case r.kind == dsr.KindSuspension:
		return dsr.FindingGround
	}
	return dsr.FindingWrong
}

// review decides item by item and proposes.
func (r *request) review() {
	r.t.Helper()
	h := r.h
	h.Until("the items are there", func() bool { h.find(r.reference); return h.waits("review") })
	h.claim("review")
	save := h.say("desk.review.save")
	items := h.Parts(save)
	if items == 0 {
		r.t.Fatalf("nothing is there to decide:\n%s", h.Text())
	}
	r.items = items
	for n := 1; n <= items; n++ {
		h.Within(h.say("desk.review.item", "n", n), func() {
			r.t.Helper()
			r.decide(r.measure(n))
			h.Press(save)
		})
		if h.Status != 200 {
			r.t.Fatalf("item %d was not saved:\n%s", n, h.Text())
		}
	}
	h.See(h.say("desk.review.all-answered"))
	h.Press(h.say("desk.review.propose"))
}

// decide fills the form of one item.
func (r *request) decide(m dsr.Measure) {
	r.t.Helper()
	h := r.h
	h.ChooseEach(h.say("desk.review.does-not"))
	h.ChooseEach(h.say("desk.review.keep"))
	if m == dsr.MeasureKeep && h.Has(h.say("desk.review.no-schedule")) {
		m = dsr.MeasureSuspend // what no rule keeps
	}
	h.Choose(h.say("desk.measure." + string(m)))
	if m != dsr.MeasureOutside && !slices.Contains(r.used, m) {
		r.used = append(r.used, m)
	}
	ground := map[dsr.Kind]string{dsr.KindDisclosure: "X1", dsr.KindCorrection: "C1", dsr.KindDeletion: "C1", dsr.KindSuspension: "S1"}[r.kind]
	applies := func(ground string) {
		h.Within(ground+"(", func() { // with its article in brackets
			h.Choose(h.say("desk.review.applies"))
			h.Fill(h.say("desk.review.evidence"), "記録を確認した。")
		})
	}
	switch m {
	case dsr.MeasureWithhold:
		applies(ground)
		h.Select(h.say("desk.review.ground"), ground)
	case dsr.MeasureRefuse:
		applies(ground)
		h.Select(h.say("desk.review.refuse-ground"), ground)
	case dsr.MeasureCorrect:
		h.Fill(h.say("desk.review.after")+": "+r.titles[disputed], newValue)
	case dsr.MeasureDelete:
		h.Choose(h.say("desk.review.remove-one") + " " + r.titles[removed])
	case dsr.MeasureKeep:
		h.Select(h.say("desk.review.schedule"), "")
	case dsr.MeasureAlternative:
		h.Fill(h.say("desk.review.alternative"), instead)
		h.Fill(h.say("desk.review.until"), time.Now().AddDate(0, 0, 40).Format(time.DateOnly))
		h.Fill(h.say("desk.review.difficulty"), "費用が大きい。")
	}
}

// instead is what the desk does in place of what was asked for.
const instead = "ご案内の送付をすべて止めます。"

// untilTold sees that all is carried out and told, and reads the answer.
func (r *request) untilTold() {
	r.t.Helper()
	if r.channel() == dsr.ChannelPortal {
		r.c.Reload()
	}
	if r.kind == dsr.KindDisclosure && r.channel() == dsr.ChannelPortal && r.want.first == dsr.MeasureDisclose {
		r.download()
	}
	r.settle()
	switch r.channel() {
	case dsr.ChannelPost:
		r.post() // a letter does not keep a case open
	case dsr.ChannelPortal:
		r.c.Reload()
		r.read()
		r.mailed()
	default: // nobody is signed in who called
		r.enter()
		r.read()
		r.mailed()
	}
	r.told()
	r.t.Logf("%d items, %v, %d letters", r.items, r.used, len(r.letters))
	r.got.seconds = int((r.seconds + time.Since(r.began)).Seconds())
}

// download takes the package with a fresh code.
func (r *request) download() {
	r.t.Helper()
	c := r.c
	c.UntilSee(c.say("portal.todo.ready"))
	c.Click(c.say("portal.todo.download"))
	c.Press(c.say("portal.download.get-code"))
	c.Fill(c.say("portal.code.label"), c.code())
	c.Press(c.say("portal.download.button"))
	if got := c.Header.Get("Content-Type"); c.Status != 200 || got != "application/zip" {
		r.t.Fatalf("the download was answered by %d, %s:\n%s", c.Status, got, c.Text())
	}
	c.Click(c.say("button.back"))
}

// enter signs the person in by reference and contact.
func (r *request) enter() {
	r.t.Helper()
	c := r.c
	c.Open("/o/" + r.pack.Slug + "/")
	c.Press(ownNames[c.voice])
	c.Click(c.say("portal.start.find"))
	c.Fill(c.say("portal.receipt.reference"), c.reference)
	c.Fill(c.say("portal.find.contact"), r.who.mail)
	c.Press(c.say("portal.find.send"))
	c.Fill(c.say("portal.code.label"), c.code())
	c.Press(c.say("portal.find.enter"))
	c.See(c.say("portal.status.title"), c.reference)
}

// settle does the desk's work until the case is closed.
func (r *request) settle() {
	r.t.Helper()
	h := r.h
	h.find(r.reference)
	for end := time.Now().Add(90 * time.Second); ; {
		switch r.got.outcome = r.closed(); {
		case r.got.outcome != "":
			return
		case h.waits("inform-recipient"):
			h.claim("inform-recipient")
			h.Choose(h.say("recipient-result.informed"))
			h.Press(h.say("desk.recipient.save"))
		case h.waits("hand-over"):
			r.handOver()
		case h.waits("post-letter"):
			r.post()
		case time.Now().After(end):
			r.t.Fatalf("%s stays open:\n%s", r.reference, h.Text())
		default:
			time.Sleep(200 * time.Millisecond)
		}
		h.find(r.reference)
	}
}

// closed is the outcome of a closed case, "" while it is open.
func (r *request) closed() dsr.Outcome {
	for _, o := range dsr.Outcomes {
		if r.h.Has(r.h.say("stage.closed-with", "outcome", r.h.say("desk.outcome."+string(o)))) {
			return o
		}
	}
	return ""
}

// handOver posts what was disclosed, with the letter that goes with it.
func (r *request) handOver() {
	r.t.Helper()
	h := r.h
	h.claim("hand-over")
	h.Press(h.say("desk.task.package"))
	if got := h.Header.Get("Content-Type"); h.Status != 200 || got != "application/zip" {
		r.t.Fatalf("the package was answered by %d, %s:\n%s", h.Status, got, h.Text())
	}
	h.Choose(h.say("desk.result.posted"))
	h.Press(h.say("desk.task.done"))
	h.find(r.reference)
	h.Within(h.say("desk.case.tasks"), func() { h.See(h.say("desk.result.posted")) })
	for _, code := range answers {
		if word := h.say("notice." + code); h.HasLink(word) {
			h.Click(word)
			r.letters = append(r.letters, h.Sheets()...)
			return
		}
	}
}

// post prints the letters of the request that wait and posts them.
func (r *request) post() {
	r.t.Helper()
	h := r.h
	h.Click(h.say("desk.letters.short"))
	for {
		if h.ChooseAll(h.say("desk.letters.choose")+" "+r.reference) == 0 {
			return // posted already
		}
		h.Press(h.say("desk.letters.print"))
		if h.HasLink(h.say("desk.print.back")) {
			break
		}
		h.See(h.say("desk.wrong.letters-gone")) // by whoever posts for the others
	}
	for _, sheet := range h.Sheets() {
		if strings.Contains(sheet, r.reference) {
			r.letters = append(r.letters, sheet)
		}
	}
	h.Click(h.say("desk.print.back"))
	for mark := h.say("desk.letters.mark") + " " + r.reference; h.HasButton(mark); {
		h.Press(mark)
	}
}

// mailed looks at the mails about the request: each is from the organisation as
// the policy's language calls it, and says nothing else above its text.
func (r *request) mailed() {
	r.t.Helper()
	want := "[" + r.reference + "] " + strings.Join(strings.Fields(r.pack.Text(r.pack.Entity.Name, string(r.c.voice))), " ")
	w := r.c.o.Visitor("customer's mailbox")
	w.Open(mailbox)
	// A code and the answer at least; a mail goes a moment after the case closes.
	w.Until("two mails have come", func() bool { return len(w.Mails(r.who.mail)) > 1 })
	mails := 0
	for _, m := range w.Mails(r.who.mail) {
		if w.Follow(m); !strings.Contains(w.Heading(), r.reference) {
			continue // from another organisation that has the same person
		}
		if mails++; w.Heading() != want {
			r.t.Errorf("the subject of a mail is %q and not %q", w.Heading(), want)
		}
		w.Miss(r.who.name)
	}
	if mails == 0 {
		r.t.Errorf("no mail came about %s", r.reference)
	}
}

// answers are the letters that tell how a request ended.
var answers = []string{"N-12", "N-13", "N-14", "N-15", "N-17", "N-18"}

// headings are what a letter may be called.
func headings(v dsr.Voice, code string) (out []string) {
	for _, key := range []string{".title", ".title-measure", ".title-otherwise"} {
		if locales.Has("letter." + code + key) {
			out = append(out, say(v, "letter."+code+key))
		}
	}
	return slices.Compact(out)
}

// recognised says which letter a text is, in which language, and gives what
// stands below its heading; "" for a letter that tells no answer. A printed
// sheet has an address and a reference above the heading.
func recognised(letter string) (code string, v dsr.Voice, body string) {
	for _, v := range []dsr.Voice{dsr.VoiceJa, dsr.VoiceEn, dsr.VoiceVi, dsr.VoiceDe} {
		for _, code := range answers {
			for _, title := range headings(v, code) {
				if above, body, ok := strings.Cut(letter, title+" "); ok && len(above) < 400 {
					return code, v, body
				}
			}
		}
	}
	return "", "", ""
}

// read opens every letter that tells the person how it ended.
func (r *request) read() {
	r.t.Helper()
	word := "outcome." + string(r.got.outcome)
	if result := "portal.result." + string(r.got.outcome); r.kind != dsr.KindDisclosure && locales.Has(result) {
		word = result
	}
	r.c.UntilSee(r.c.say(word))
	page := r.c.Address()
	for _, code := range answers {
		for _, title := range headings(r.c.voice, code) {
			if r.c.LinkText(title) == title {
				r.c.Click(title)
				r.letters = append(r.letters, r.c.Sheets()...)
				r.c.Follow(page)
			}
		}
	}
}

// told finds the one letter that tells how it ended, by its heading in the
// policy's language, and sees that it names what was done.
func (r *request) told() {
	r.t.Helper()
	var found []string
	for _, letter := range r.letters {
		code, voice, body := recognised(letter)
		if code == "" || slices.Contains(found, code) {
			continue
		}
		found = append(found, code)
		r.got.notice, r.got.voice = code, voice
		for _, m := range r.used {
			if word := say(voice, "letter.measure."+string(m)); code != "N-12" && code != "N-15" && !strings.Contains(body, word) {
				r.t.Errorf("%s does not say %q:\n%s", code, word, letter)
			}
		}
	}
	if len(found) != 1 {
		r.t.Fatalf("the answer is told by %v; letters:\n%s", found, strings.Join(r.letters, "\n\n"))
	}
}
