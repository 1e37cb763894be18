package stories

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"

	"madoguchi/activities"
	"madoguchi/clock"
	"madoguchi/connectors"
	"madoguchi/dsr"
	"madoguchi/internal/engine"
	"madoguchi/internal/parcel"
	"madoguchi/internal/sample"
	"madoguchi/internal/store"
	"madoguchi/internal/store/storetest"
	"madoguchi/packs"
	"madoguchi/policy"
	"madoguchi/workflows"
)

// event is one line of a script.
type event struct {
	at   time.Time
	verb string
	args []string
}

const minute = "2006-01-02 15:04"

var japan = func() *time.Location {
	zone, err := clock.Zone("Asia/Tokyo")
	if err != nil {
		panic(err)
	}
	return zone
}()

// script reads the lines of a script. They must stand in the order of time.
func script(text string) (out []event, err error) {
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		if len(words) < 3 {
			return nil, fmt.Errorf("%q is not: date, time, verb", line)
		}
		at, err := time.ParseInLocation(minute, words[0]+" "+words[1], japan)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		if n := len(out); n > 0 && at.Before(out[n-1].at) {
			return nil, fmt.Errorf("%q comes before the line above it", line)
		}
		out = append(out, event{at: at, verb: words[2], args: words[3:]})
	}
	if len(out) == 0 || out[0].verb != "file" {
		return nil, errors.New("a story begins with somebody who files")
	}
	return out, nil
}

// story is one case on its way.
type story struct {
	t      *testing.T
	house  *storetest.House
	office *store.Organisation
	acts   *activities.Activities

	keeping sync.Mutex // guards what activities ask for too: env, now, away, slips
	env     *testsuite.TestWorkflowEnvironment
	now     time.Time        // while no run is on
	away    bool             // the connected systems do not answer
	slips   map[string]event // what happens right before an activity

	todo    []event
	filed   dsr.Filed
	person  dsr.Person
	contact dsr.Contact
	caseID  string
	mails   string             // "up", "away", "refused"
	codeTo  string             // and where it came
	code    string             // the last one-time code that came by mail
	slug    string             // whose story it is
	on      sample.Person      // as the organisation's first system has them on file
	records map[string]*sql.DB // the connected systems themselves, past the connectors, by setting
	link    string             // the last one that stops an erasure
	people  map[string]dsr.Actor
	stopped bool
	lost    bool              // the run is gone and a new epoch begins
	sentTo  map[string]string // whose address a notice's mail went to
	told    strings.Builder
}

// clockNow is the port's clock: that of the run, or of the next thing that
// happens while there is none.
func (s *story) clockNow() time.Time {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	if s.env != nil {
		return s.env.Now()
	}
	return s.now
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(&s.told, format+"\n", args...) }

// systems are the connected systems, which a story can take away.
type systems struct {
	*connectors.Registry
	s *story
}

func (y systems) Connector(organisation, id string) (activities.Connector, error) {
	y.s.keeping.Lock()
	defer y.s.keeping.Unlock()
	if y.s.away {
		return nil, dsr.Fail(dsr.Unavailable, "connector.away")
	}
	return y.Registry.Connector(organisation, id)
}

type offices struct {
	*store.Store
	s *story
}

func (o offices) Office(organisation string) activities.Office {
	return office{o.For(organisation), o.s}
}

// office is the store's door, where a story may slip something in right before
// an activity's transaction: that is where races are lost.
type office struct {
	activities.Office
	s *story
}

func (o office) FallDue(ctx context.Context, caseID, milestone, by string) (dsr.Facts, error) {
	o.s.slip("fall-due")
	return o.Office.FallDue(ctx, caseID, milestone, by)
}

func (o office) Permit(ctx context.Context, effect string, epoch int) (dsr.Effect, error) {
	o.s.slip("permit")
	return o.Office.Permit(ctx, effect, epoch)
}

func (o office) PackageInputs(ctx context.Context, caseID string, epoch int) (dsr.Parcel, error) {
	o.s.slip("build")
	return o.Office.PackageInputs(ctx, caseID, epoch)
}

func (o office) Close(ctx context.Context, caseID string, epoch, transition int) (dsr.Facts, error) {
	o.s.slip("close")
	return o.Office.Close(ctx, caseID, epoch, transition)
}

// slip does what the script wants done before an activity, once.
func (s *story) slip(activity string) {
	s.keeping.Lock()
	e, ok := s.slips[activity]
	delete(s.slips, activity)
	s.keeping.Unlock()
	if ok {
		e.at = s.clockNow().In(japan)
		s.do(e)
	}
}

// sampleFiles are the sample systems by setting, made once and copied for each
// story.
var sampleFiles = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "stories")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	all := map[string][]byte{}
	for _, setting := range sample.Settings() {
		file := filepath.Join(dir, setting)
		if err := sample.Create(context.Background(), setting, file); err != nil {
			return nil, err
		}
		if all[setting], err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// settingOf is the setting of a system of a pack.
func settingOf(system string) string { return strings.ToUpper(strings.ReplaceAll(system, "-", "_")) }

// connect makes the systems of the story's organisation.
func (s *story) connect(p *policy.Pack) func(setting string) string {
	s.t.Helper()
	all, err := sampleFiles()
	if err != nil {
		s.t.Fatal(err)
	}
	dir := s.t.TempDir()
	s.records = map[string]*sql.DB{}
	for i, y := range p.Systems {
		setting := settingOf(y.ID)
		of, err := sample.Of(setting)
		if err != nil {
			s.t.Fatal(err)
		}
		if i == 0 {
			s.on = of.Main()
		}
		file := filepath.Join(dir, setting)
		if err := os.WriteFile(file, all[setting], 0o600); err != nil {
			s.t.Fatal(err)
		}
		if s.records[setting], err = sample.Open(file); err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { s.records[setting].Close() })
	}
	return func(setting string) string { return filepath.Join(dir, setting) }
}

// tell runs a script and gives what happened.
func tell(t *testing.T, h *storetest.House, text string) string {
	t.Helper()
	todo, err := script(text)
	if err != nil {
		t.Fatal(err)
	}
	slug := cmp.Or(option(todo[0].args, "at"), "izumisano")
	p, ok := h.Options.Packs.BySlug(slug)
	if !ok {
		t.Fatalf("there is no organisation %q", slug)
	}
	s := &story{t: t, house: h, slug: slug, office: h.Store.For(p.ID), todo: todo, mails: "up", slips: map[string]event{}, sentTo: map[string]string{}, now: todo[0].at}
	h.Store.Now, h.Store.Committed = s.clockNow, s.committed
	s.colleagues(p.ID)
	file := s.connect(p)
	registry, err := connectors.New(packs.Files, file)
	if err != nil {
		t.Fatal(err)
	}
	defer registry.Close()
	s.acts = &activities.Activities{Offices: offices{h.Store, s}, Connectors: systems{registry, s}, Parcels: parcel.Builder{}}

	for !s.stopped {
		// Nothing runs: before the first delivery, after the case closed, and
		// when the run was lost.
		if d, ok := s.claim(); ok && d.Acked < d.Epoch {
			s.run(d)
			continue
		} else if ok { // its run is gone: tried again, and no fault
			if err := s.office.Undelivered(t.Context(), d.Command, engine.CodeNotThere); err != nil {
				t.Error(err)
			}
		}
		if len(s.todo) == 0 {
			break
		}
		s.now = later(s.now, s.todo[0].at)
		s.next()
	}
	if s.caseID == "" { // nothing was filed: what people were told is all there is
		return s.told.String()
	}
	s.post()
	s.end()
	return s.told.String()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// next does the next line of the script.
func (s *story) next() {
	e := s.todo[0]
	s.todo = s.todo[1:]
	s.do(e)
}

func (s *story) do(e event) {
	do, ok := verbs[e.verb]
	if !ok {
		s.t.Fatalf("there is no verb %q", e.verb)
	}
	result := "ok"
	said, err := do(s, e.args)
	var refused *dsr.Error
	switch {
	case errors.As(err, &refused):
		result = "refused " + refused.Code
	case err != nil:
		s.t.Errorf("%s %s: %v", e.at.Format(minute), e.verb, err)
		result = "failed"
	case said != "":
		result = said
	}
	s.say("%s %s: %s", e.at.Format(minute), strings.Join(append([]string{e.verb}, e.args...), " "), result)
	s.post()
}

// claim takes the case's next command, as the relay does.
func (s *story) claim() (store.Delivery, bool) {
	if s.caseID == "" {
		return store.Delivery{}, false
	}
	d, ok, err := s.office.ClaimDelivery(s.t.Context(), s.caseID)
	if err != nil {
		s.t.Errorf("claiming: %v", err)
	}
	return d, ok
}

// committed is told of every command: the relay and the postman look a second
// later.
func (s *story) committed(context.Context, string, string) {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	if s.env != nil {
		s.env.RegisterDelayedCallback(s.relay, time.Second)
	}
}

// relay hands over the case's next command, and then the one after it.
func (s *story) relay() {
	if s.env == nil || s.lost || s.env.IsWorkflowCompleted() {
		return
	}
	s.post()
	d, ok := s.claim()
	if !ok {
		return
	}
	done := func(err error) {
		if err != nil {
			s.t.Errorf("command %d (%s): %v", d.Number, d.What, err)
		}
		s.env.RegisterDelayedCallback(s.relay, 0)
	}
	s.env.UpdateWorkflow(workflows.UpdateDeliver, d.Command, &testsuite.TestUpdateCallback{
		OnAccept: func() {}, OnReject: done, OnComplete: func(_ any, err error) { done(err) },
	}, workflows.Command{Command: d.Command, Number: d.Number, Kind: d.What, Epoch: d.Epoch})
}

// run carries one epoch of the case from its start to its end, and what the
// script says on the way.
func (s *story) run(d store.Delivery) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(sdkworker.Options{Interceptors: []interceptor.WorkerInterceptor{engine.NewInterceptor(zerolog.Nop())}})
	env.SetTestTimeout(20 * time.Second)
	env.SetStartTime(s.now)
	workflows.Register(env)
	env.RegisterActivity(s.acts)
	for _, e := range s.todo {
		env.RegisterDelayedCallback(func() {
			if !s.stopped && !s.lost && !env.IsWorkflowCompleted() {
				s.next()
			}
		}, e.at.Sub(s.now))
	}
	s.keeping.Lock()
	s.env = env
	s.keeping.Unlock()
	env.ExecuteWorkflow(workflows.Functions[string(d.Kind)], workflows.Start{
		Run: activities.Run{Organisation: d.Organisation, Case: d.Case, Epoch: d.Epoch}, Kind: d.Kind})
	s.keeping.Lock()
	s.now, s.env = env.Now(), nil
	s.keeping.Unlock()
	switch err := env.GetWorkflowError(); {
	case s.stopped:
	case s.lost:
		s.lost = false
	case !env.IsWorkflowCompleted():
		s.t.Fatalf("the case waits for somebody and the script is over: end it with `stop`\n%s", s.told.String())
	case err != nil:
		s.t.Errorf("the run failed: %v\n%s", err, s.told.String())
	}
}

// post is the postman: mails are accepted, refused for good, or the mail server
// is away.
func (s *story) post() {
	for range 5 {
		all, err := s.office.ClaimNotices(s.t.Context(), 50)
		if err != nil {
			s.t.Errorf("mails: %v", err)
		}
		if len(all) == 0 {
			return
		}
		for _, m := range all {
			switch s.mails {
			case "up":
				if link := stopShape.FindString(m.Text); link != "" {
					s.link = link
				} else if code := storetest.CodeIn(m); code != "" {
					s.code, s.codeTo = code, m.To
				}
				if m.To != s.contact.Mail {
					s.sentTo[m.Notice] = " to the address on file"
					if m.To != s.on.Mail {
						s.t.Errorf("a mail went to nobody's address")
					}
				}
				err = s.office.NoticeAccepted(s.t.Context(), m.Notice)
			case "away":
				err = s.office.NoticeFailed(s.t.Context(), m.Notice, "mail.away")
			default:
				err = s.office.NoticeFailed(s.t.Context(), m.Notice, "mail.refused")
			}
			if err != nil {
				s.t.Errorf("mail: %v", err)
			}
		}
	}
}

// shown is an instant as the stories write it; "-" for none.
func shown(micros int64) string {
	if micros == 0 {
		return "-"
	}
	return time.UnixMicro(micros).In(japan).Format(minute)
}

// auditor reads the case at the end.
var auditor = dsr.Actor{Kind: dsr.ActorStaff, ID: "staff-aoi-auditor", Roles: []dsr.Role{dsr.RoleAuditor}}

// end writes where the case stands and what happened to it by itself, and
// checks the invariants of the whole database.
func (s *story) end() {
	page, err := s.office.Case(s.t.Context(), auditor, s.caseID)
	if err != nil {
		s.t.Fatal(err)
	}
	s.say("%s", s.standing(page))
	s.say("stages")
	var refused []string
	for _, e := range page.Timeline {
		switch e.Code {
		case "timeline.refused":
			refused = append(refused, fmt.Sprintf("  %s %s by %s: %s", shown(e.At), e.Args["what"], e.Actor, e.Args["code"]))
		case "timeline.stage":
			s.say("  %s %s", shown(e.At), e.Args["to"])
		case "timeline.closed":
			s.say("  %s closed as %s", shown(e.At), e.Args["outcome"])
		}
	}
	for _, x := range page.Extensions {
		s.say("extension of %s by %d for %s: %s, from %s to %s", x.Clock, x.N, x.Ground, x.State, x.FromOn, x.ToOn)
	}
	s.say("milestones")
	slices.SortStableFunc(page.Milestones, func(a, b dsr.MilestoneRow) int {
		if a.FiredAt/60_000_000 != b.FiredAt/60_000_000 {
			return int(a.FiredAt/60_000_000 - b.FiredAt/60_000_000)
		}
		return strings.Compare(a.Name, b.Name)
	})
	for _, m := range page.Milestones {
		if m.FiredAt != 0 {
			name := m.Name
			if m.Name == "stage-target" { // its occasion names the stage
				name, _, _ = strings.Cut(m.Occasion, "/")
				name = m.Name + " of " + name
			}
			s.say("  %s %s, by %s", shown(m.FiredAt), name, m.FiredBy)
		}
	}
	s.say("notices")
	for _, n := range page.Notices {
		if n.Code != "N-26" { // codes come and go
			s.say("  %s %s by %s%s, %s", shown(n.At), n.Code, n.Channel, s.sentTo[n.ID], n.State)
		}
	}
	s.say("tasks")
	for _, x := range page.Tasks {
		s.say("  %s %s (%s): %s", shown(x.OpenedAt), x.Kind, x.Cause, strings.TrimSpace(x.State+" "+x.Result))
	}
	if len(refused) > 0 {
		s.say("refused, and recorded\n%s", strings.Join(refused, "\n"))
	}
	s.counted()
	if report := s.house.Fsck(s.t); !report.OK() {
		s.t.Errorf("fsck after the story:\n%s", report)
	}
}

// standing is where the case stands, in one line.
func (s *story) standing(page dsr.CasePage) string {
	var out strings.Builder
	if page.Stage == dsr.StageClosed {
		fmt.Fprintf(&out, "closed as %s", page.Outcome)
	} else {
		fmt.Fprintf(&out, "at %s", page.Stage)
	}
	if n := s.house.Int(s.t, "SELECT occasion FROM cases WHERE id = ?", s.caseID); n > 1 {
		fmt.Fprintf(&out, ", occasion %d", n)
	}
	switch {
	case page.AnsweredAt != 0:
		fmt.Fprintf(&out, "; answered %s, target was %s", shown(page.AnsweredAt),
			shown(s.house.Int(s.t, "SELECT answered_target_at FROM cases WHERE id = ?", s.caseID)))
	case page.Stage == dsr.StageClosed:
	default:
		for _, c := range page.Clocks {
			switch {
			case c.Name == dsr.ClockLegal && c.Unknown != "": // it has no date
			case c.Name == dsr.ClockLegal:
				fmt.Fprintf(&out, "; %s by the end of %s", c.RuleID, c.DueOn)
				if c.Wins {
					out.WriteString(", which is first")
				}
			case c.Name != "target":
				fmt.Fprintf(&out, "; guard %s", shown(c.DueAt))
			case c.Paused:
				fmt.Fprintf(&out, "; the clock waits with %d days left", c.Left)
			default:
				fmt.Fprintf(&out, "; target %s", shown(c.DueAt))
			}
		}
	}
	if page.Stage.Open() {
		var open []string
		for _, x := range page.Tasks {
			if x.State == "open" || x.State == "claimed" {
				open = append(open, string(x.Kind))
			}
		}
		if len(open) > 0 {
			fmt.Fprintf(&out, "; to do: %s", strings.Join(open, ", "))
		}
	}
	return out.String()
}
