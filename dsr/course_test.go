package dsr_test

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/packs"
	"madoguchi/policy"
)

var shipped = sync.OnceValues(func() (*policy.Library, error) { return policy.Load(packs.Files, policy.Options{}) })

func pack(t testing.TB, slug string) *policy.Pack {
	t.Helper()
	l, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	p, ok := l.BySlug(slug)
	if !ok {
		t.Fatalf("no pack %s", slug)
	}
	return p
}

// walked is a recorded history of the real procedure: the kind, the stages that
// the case entered, and its outcome, "" while it was open.
type walked struct {
	kind    dsr.Kind
	path    []dsr.Stage
	outcome dsr.Outcome
}

// recorded reads the histories that a real server wrote.
func recorded(t *testing.T) map[string]walked {
	t.Helper()
	files, err := filepath.Glob("../workflows/testdata/histories/*/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d histories (%v)", len(files), err)
	}
	type payload struct{ Data string }
	read := func(p payload, to any) {
		b, err := base64.StdEncoding.DecodeString(p.Data)
		if err == nil {
			err = json.Unmarshal(b, to)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	out := map[string]walked{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		type attributes struct {
			SearchAttributes struct{ IndexedFields map[string]payload }
			WorkflowType     struct{ Name string }
			Result           struct{ Payloads []payload }
		}
		var history struct {
			Events []struct {
				Started   *attributes `json:"workflowExecutionStartedEventAttributes"`
				Upserted  *attributes `json:"upsertWorkflowSearchAttributesEventAttributes"`
				Completed *attributes `json:"workflowExecutionCompletedEventAttributes"`
			}
		}
		if err := json.Unmarshal(text, &history); err != nil {
			t.Fatal(err)
		}
		var w walked
		for _, e := range history.Events {
			for _, a := range []*attributes{e.Started, e.Upserted} {
				if a == nil {
					continue
				}
				if a.WorkflowType.Name != "" {
					w.kind = dsr.Kind(a.WorkflowType.Name)
				}
				if p, ok := a.SearchAttributes.IndexedFields["MadoguchiStage"]; ok {
					var s dsr.Stage
					read(p, &s)
					w.path = append(w.path, s)
				}
			}
			if e.Completed != nil {
				var r struct{ Outcome dsr.Outcome }
				read(e.Completed.Result.Payloads[0], &r)
				w.outcome = r.Outcome
			}
		}
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = w
	}
	return out
}

// straightened takes out of a path what came between: a question, and what was
// gone through again after it was taken back.
func straightened(path []dsr.Stage) (out []dsr.Stage) {
	for _, s := range path {
		if s == dsr.StageClarification {
			continue
		}
		if i := slices.Index(out, s); i >= 0 {
			out = out[:i]
		}
		out = append(out, s)
	}
	return out
}

// answersOf are answers that lead to the outcome of a recorded case.
func answersOf(w walked) dsr.Answers {
	var a dsr.Answers
	item := func(m dsr.Measure) {
		a.Items = append(a.Items, dsr.AnsweredItem{Decision: dsr.Decision{Measure: m}})
	}
	measures := w.kind.Measures()
	switch w.outcome {
	case dsr.OutcomeRedirected, dsr.OutcomeRejectedIdentity, dsr.OutcomeRejectedForm:
		a.End = w.outcome
	case dsr.OutcomeNoResponse, dsr.OutcomeWithdrawn:
		a.End, a.At = w.outcome, w.path[len(w.path)-2]
	case dsr.OutcomeRefused:
		item(dsr.MeasureRefuse)
	case dsr.OutcomePartial:
		item(measures[0])
		item(dsr.MeasureAlternative)
	default:
		item(measures[0])
	}
	return a
}

// differs says where a course is another way than one that was walked.
func differs(c dsr.Course, w walked) string {
	path := straightened(w.path)
	want := c.Stages
	if w.outcome == "" && len(path) < len(want) {
		want = want[:len(path)] // still open
	}
	if !slices.Equal(path, want) {
		return strings.Join([]string{"walked", join(path), "course", join(c.Stages)}, " ")
	}
	if w.outcome != "" && c.Outcome != w.outcome {
		return "walked to " + string(w.outcome) + ", course " + string(c.Outcome)
	}
	return ""
}

func join(stages []dsr.Stage) string {
	var b []string
	for _, s := range stages {
		b = append(b, string(s))
	}
	return strings.Join(b, ",")
}

// A course says the stages that the real procedure went through on a real
// server.
func TestACourseIsTheWayThatRecordedCasesTook(t *testing.T) {
	n := 0
	for story, w := range recorded(t) {
		filer := "person"
		if slices.Contains(w.path, dsr.StageAuthority) {
			filer = "statutory-representative"
		}
		for _, slug := range []string{"izumisano", "qoo10", "kai"} {
			c := dsr.CourseOf(pack(t, slug), policy.Request{Kind: string(w.kind), Channel: "portal", Filer: filer}, answersOf(w))
			if d := differs(c, w); d != "" {
				t.Errorf("%s, %s: %s", story, slug, d)
			}
			n++
		}
	}
	t.Logf("counts: %d courses against histories", n)
}

// The comparison sees a stage that is left out, one too many, and another
// outcome.
func TestAnotherWayThanTheRecordedOneIsSeen(t *testing.T) {
	w := recorded(t)["straight"]
	c := dsr.CourseOf(pack(t, "izumisano"), policy.Request{Kind: string(w.kind), Channel: "portal"}, answersOf(w))
	for name, spoil := range map[string]func(*dsr.Course, *walked){
		"left out":     func(c *dsr.Course, _ *walked) { c.Stages = slices.Delete(slices.Clone(c.Stages), 4, 5) },
		"one too many": func(c *dsr.Course, _ *walked) { c.Stages = slices.Insert(slices.Clone(c.Stages), 4, dsr.StageFee) },
		"another order": func(c *dsr.Course, _ *walked) {
			c.Stages = slices.Clone(c.Stages)
			c.Stages[4], c.Stages[5] = c.Stages[5], c.Stages[4]
		},
		"another outcome": func(c *dsr.Course, _ *walked) { c.Outcome = dsr.OutcomeRefused },
		"cut short":       func(_ *dsr.Course, w *walked) { w.path = w.path[:6] },
	} {
		course, walk := c, w
		spoil(&course, &walk)
		if differs(course, walk) == "" {
			t.Errorf("%s: not seen", name)
		}
	}
}

// A pack may write down the stages of a kind; they are those of the procedure,
// which walks no other.
func TestStagesThatAPackWritesAreThoseOfTheProcedure(t *testing.T) {
	l, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range l.Packs() {
		for _, k := range p.Kinds {
			if len(k.Steps) == 0 {
				continue
			}
			n++
			var walked []string
			for _, s := range dsr.CourseOf(p, policy.Request{Kind: k.Kind, Channel: "portal"}, dsr.Answers{}).Stages {
				switch s {
				case dsr.StageReceived, dsr.StageTriage, dsr.StageAccepted, dsr.StageNotified, dsr.StageClosed: // of every kind
				default:
					walked = append(walked, string(s))
				}
			}
			if !slices.Equal(walked, k.Steps) {
				t.Errorf("%s, %s: the pack says %v, the procedure walks %v", p.Slug, k.Kind, k.Steps, walked)
			}
		}
	}
	if n == 0 {
		t.Error("no pack writes its stages")
	}
}

// Every stage that a course goes to is a change that the table of stages has.
func TestACourseMakesOnlyChangesThatTheTableHas(t *testing.T) {
	l, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range l.Packs() {
		for _, k := range dsr.Kinds {
			for _, filer := range []string{"person", "statutory-representative", "delegated-agent"} {
				for _, channel := range p.Desk.Channels {
					for _, a := range []dsr.Answers{{}, {End: dsr.OutcomeRedirected}, {End: dsr.OutcomeRejectedIdentity}, {End: dsr.OutcomeRejectedForm},
						{End: dsr.OutcomeNoResponse}, {End: dsr.OutcomeWithdrawn, At: dsr.StageReview}, {Items: []dsr.AnsweredItem{{Decision: dsr.Decision{Measure: dsr.MeasureRefuse}}}}} {
						c := dsr.CourseOf(p, policy.Request{Kind: string(k), Channel: channel, Filer: filer}, a)
						for i := 1; i < len(c.Stages); i++ {
							if !dsr.CanMove(c.Stages[i-1], c.Stages[i]) {
								t.Errorf("%s %s %s %s %s: %s to %s", p.Slug, k, filer, channel, a.End, c.Stages[i-1], c.Stages[i])
							}
						}
						if c.Stages[0] != dsr.StageReceived || c.Stages[len(c.Stages)-1] != dsr.StageClosed {
							t.Errorf("%s %s: from %s to %s", p.Slug, k, c.Stages[0], c.Stages[len(c.Stages)-1])
						}
						n++
					}
				}
			}
		}
	}
	t.Logf("counts: %d courses", n)
}

func TestACourseHasDatesByTheCalendarOfTheDesk(t *testing.T) {
	folder, err := fs.Sub(packs.Files, "calendars")
	if err != nil {
		t.Fatal(err)
	}
	calendars, err := clock.LoadCalendars(folder)
	if err != nil {
		t.Fatal(err)
	}
	p := pack(t, "izumisano")
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 16, 30, 0, 0, tokyo)
	c := dsr.CourseOf(p, policy.Request{Kind: "disclosure", Channel: "portal"}, dsr.Answers{ArrivedAt: at, Calendars: calendars})
	due := map[string]string{}
	for _, x := range c.Clocks {
		if x.Unknown != nil && x.Name != dsr.ClockLegal { // the law says "without delay"
			t.Errorf("%s %s: %v", x.Name, x.Rule.ID, x.Unknown)
		}
		due[x.Name] = x.Result.DueOn.String()
		if x.Name == dsr.ClockExposure {
			due[x.Name] = x.Result.FromOn.String()
		}
	}
	// Ten office days from a Friday over Labour Thanksgiving; two weeks and a day.
	want := map[string]string{dsr.ClockTarget: "2026-12-07", dsr.ClockExposure: "2026-12-05"}
	for name, day := range want {
		if due[name] != day {
			t.Errorf("%s is due on %s, want %s", name, due[name], day)
		}
	}
	if c := dsr.CourseOf(p, policy.Request{Kind: "disclosure", Channel: "portal"}, dsr.Answers{ArrivedAt: at}); c.Clocks[0].Unknown == nil {
		t.Error("a date without a calendar")
	}
	if c := dsr.CourseOf(p, policy.Request{Kind: "disclosure", Channel: "portal"}, dsr.Answers{}); len(c.Clocks) != 0 {
		t.Error("dates of a request that has not arrived")
	}
}

func TestAGroundThatIsTheManagersIsAgreedByTheManager(t *testing.T) {
	p := pack(t, "izumisano")
	for exemption, want := range map[string]dsr.Role{"X1": dsr.RoleApprover, "X2": dsr.RoleManager, "X3": dsr.RoleManager, "": dsr.RoleApprover} {
		c := dsr.CourseOf(p, policy.Request{Kind: "disclosure"}, dsr.Answers{Items: []dsr.AnsweredItem{
			{Decision: dsr.Decision{Measure: dsr.MeasureDisclose}}, {Decision: dsr.Decision{Measure: dsr.MeasureWithhold, Exemption: exemption}}}})
		if c.Approver != want || c.Outcome != dsr.OutcomePartial {
			t.Errorf("%q: %s, %s", exemption, c.Approver, c.Outcome)
		}
	}
	if c := dsr.CourseOf(p, policy.Request{Kind: "disclosure"}, dsr.Answers{End: dsr.OutcomeWithdrawn}); c.Approver != "" {
		t.Errorf("a withdrawal is agreed by %s", c.Approver)
	}
	for role, may := range map[dsr.Role][]dsr.Role{dsr.RoleApprover: {dsr.RoleApprover, dsr.RoleManager}, dsr.RoleManager: {dsr.RoleManager}} {
		if !slices.Equal(dsr.MayAgree(role), may) {
			t.Errorf("%s: %v", role, dsr.MayAgree(role))
		}
	}
}

func TestWhatThePortalTakesIsOfferedOnlineAndHasAProcedure(t *testing.T) {
	p := pack(t, "kai")
	for _, x := range []struct {
		kind, channel string
		want          bool
	}{
		{"disclosure", "portal", true}, {"disclosure", "telephone", true}, {"disclosure", "", true},
		{"inquiry", "telephone", false}, {"provision-stop", "portal", false}, {"no-such-kind", "", false},
	} {
		if got := dsr.CourseOf(p, policy.Request{Kind: x.kind, Channel: x.channel}, dsr.Answers{}).Taken; got != x.want {
			t.Errorf("%+v: %v", x, got)
		}
	}
	off := *p
	off.Kinds = slices.Clone(p.Kinds)
	for i := range off.Kinds {
		off.Kinds[i].Online = false
	}
	if dsr.Takes(&off, dsr.KindDisclosure, dsr.ChannelPortal) || !dsr.Takes(&off, dsr.KindDisclosure, dsr.ChannelPost) {
		t.Error("a kind that is not online is taken by the portal, or not by post")
	}
}

func TestTheAnswerGoesToThePersonUnlessAMandateCoversReceivingIt(t *testing.T) {
	p := pack(t, "kai")
	for _, x := range []struct {
		kind, filer string
		may         bool
		want        string
	}{
		{"disclosure", "", true, "person"}, {"disclosure", "person", true, "person"}, {"disclosure", "delegated-agent", false, "person"},
		{"disclosure", "delegated-agent", true, "filer"}, {"disclosure", "statutory-representative", true, "filer"},
		{"inquiry", "", false, "filer"}, {"no-such-kind", "", false, "person"},
	} {
		if got := dsr.CourseOf(p, policy.Request{Kind: x.kind, Filer: x.filer}, dsr.Answers{MayReceive: x.may}).AnswerTo; got != x.want {
			t.Errorf("%+v: %s", x, got)
		}
	}
}

// A test that applies takes away the measures that it stands against, and no
// others.
func TestGroundsThatApplyTakeMeasuresAway(t *testing.T) {
	p := pack(t, "score-japan")
	for name, x := range map[string]struct {
		applies   []string
		without   []dsr.Measure
		remaining dsr.Measure
	}{
		"nothing":               {nil, nil, dsr.MeasureErase},
		"a statute keeps it":    {[]string{"S3"}, []dsr.Measure{dsr.MeasureErase, dsr.MeasureDelete}, dsr.MeasureSuspend},
		"it is difficult":       {[]string{"S2"}, []dsr.Measure{dsr.MeasureErase}, dsr.MeasureAlternative},
		"a test that is none":   {[]string{"Z9"}, nil, dsr.MeasureErase},
		"the statute and money": {[]string{"S2", "S3"}, []dsr.Measure{dsr.MeasureErase}, dsr.MeasureKeep},
	} {
		c := dsr.CourseOf(p, policy.Request{Kind: "erasure"}, dsr.Answers{Items: []dsr.AnsweredItem{{Applies: x.applies}}})
		got := c.Items[0].Allowed
		for _, m := range x.without {
			if slices.Contains(got, m) {
				t.Errorf("%s: %s is allowed", name, m)
			}
		}
		if !slices.Contains(got, x.remaining) {
			t.Errorf("%s: %s is not allowed: %v", name, x.remaining, got)
		}
	}
}
