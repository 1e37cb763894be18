package stories

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"madoguchi/dsr"
	"madoguchi/internal/store/storetest"
	"madoguchi/workflows"
)

const root = "../.."

var (
	heading = regexp.MustCompile(`^## (\d+)\. `)
	proof   = regexp.MustCompile(`^- ([a-z0-9/]+): (.+)$`)
)

// proofs checks a page of points and what proves them: what is missing in it,
// and how many names it has.
func proofs(page string) (missing []string, names int, err error) {
	promises, err := sources(filepath.Join(root, "internal/store/storetest"), func(string) bool { return true })
	if err != nil {
		return nil, 0, err
	}
	point, of := 0, map[int]int{}
	for _, line := range strings.Split(page, "\n") {
		if m := heading.FindStringSubmatch(line); m != nil {
			if point++; m[1] != fmt.Sprint(point) {
				missing = append(missing, fmt.Sprintf("point %d is called %s", point, m[1]))
			}
			continue
		}
		m := proof.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		names++
		of[point]++
		there := false
		switch m[1] {
		case "story":
			_, err := os.Stat(filepath.Join("testdata", m[2]+".txtar"))
			there = err == nil
		case "store":
			there = strings.Contains(promises, "\n\t{"+m[2]+", func(")
		default:
			tests, err := sources(filepath.Join(root, m[1]), func(name string) bool { return strings.HasSuffix(name, "_test.go") })
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, 0, err
			}
			there = strings.Contains(tests, "\nfunc "+m[2]+"(t *testing.T)")
		}
		if !there {
			missing = append(missing, fmt.Sprintf("point %d: %s", point, line))
		}
	}
	for i := 1; i <= 13; i++ {
		if of[i] == 0 {
			missing = append(missing, fmt.Sprintf("point %d has no proof", i))
		}
	}
	return missing, names, nil
}

// sources are the Go files of one folder as one text.
func sources(dir string, want func(name string) bool) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && want(e.Name()) {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return "", err
			}
			out.Write(text)
		}
	}
	return out.String(), nil
}

func TestEveryPointHasItsProofs(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs/thirteen.md"))
	if err != nil {
		t.Fatal(err)
	}
	missing, names, err := proofs(string(page))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range missing {
		t.Errorf("docs/thirteen.md: %s is not there", m)
	}
	t.Logf("counts: 13 points, %d proofs", names)
	// Planted: a story, a promise, a test and a package that are not there, and
	// a page without its last point.
	planted := string(page)
	for right, wrong := range map[string]string{
		"story: sent_back_once":                        "story: sent_back_never",
		`store: "an old epoch changes nothing"`:        `store: "an old epoch changes"`,
		"workflows: TestASecondDeliveryIsHarmless":     "workflows: TestASecondDelivery",
		"worker: TestACommandWithoutItsMarkComesAgain": "nowhere: TestACommandWithoutItsMarkComesAgain",
		"clock: TestMovedHolidaysAreAnotherVersion":    "clock: TestMovedHolidays",
	} {
		if found, _, _ := proofs(strings.Replace(planted, right, wrong, 1)); len(found) != len(missing)+1 {
			t.Errorf("%q in the place of %q is not seen: %q", wrong, right, found)
		}
	}
	if found, _, _ := proofs(planted[:strings.Index(planted, "## 13.")]); len(found) != len(missing)+1 {
		t.Errorf("a page without its last point is not seen: %q", found)
	}
}

func TestAWorkflowIDNamesCaseAndEpochAndNothingElse(t *testing.T) {
	h := storetest.Open(t)
	c := h.File(t)
	id, err := uuid.Parse(c.ID)
	if err != nil || id.Version() != 7 {
		t.Fatalf("the case is called %q: %v", c.ID, err)
	}
	for epoch := 1; epoch < 3; epoch++ {
		if got := workflows.ID(c.ID, epoch); got != fmt.Sprintf("dsr/%s/%d", id, epoch) {
			t.Errorf("the run is called %q", got)
		}
	}
}

func TestAStartCountsOnlyWhenTheRunHasAnswered(t *testing.T) {
	h := storetest.Open(t)
	c := h.File(t)
	for try := range 3 { // starts that never arrive, each after the last one's claim
		d, ok, err := c.Office().ClaimDelivery(t.Context(), c.ID)
		if err != nil || !ok || d.Acked >= d.Epoch || d.What != dsr.CommandFiled {
			t.Fatalf("try %d: %+v %v %v", try, d, ok, err)
		}
		if applied, err := c.Office().IsApplied(t.Context(), d.Command); err != nil || applied {
			t.Fatalf("the filing counts as heard before anybody answered: %v", err)
		}
		h.Clock.Advance(time.Minute)
	}
	if f, err := c.Office().Begin(t.Context(), c.ID, 1); err != nil || f.Applied != 1 {
		t.Fatalf("%+v %v", f, err)
	}
	if d, ok, err := c.Office().ClaimDelivery(t.Context(), c.ID); ok || err != nil {
		t.Fatalf("a run that answered is started again: %+v %v", d, err)
	}
}

func TestAClosedCaseTakesOnlyWhatReopensIt(t *testing.T) {
	h := storetest.Open(t)
	c := h.File(t).ToClosed(t)
	o := c.Office()
	ctx := t.Context()
	before := h.Digest(t, "", "commands", "proposals", "milestones", "effects")
	for name, try := range map[string]func() error{
		"papers":     func() error { return o.SubmitIdentity(ctx, c.Submission) },
		"more":       func() error { return o.AskMoreProof(ctx, h.Handler, c.ID, "", "unreadable", "") },
		"verify":     func() error { return o.ConfirmIdentity(ctx, h.Handler, c.ID, dsr.IdentityConfirmation{Candidate: -1}) },
		"reject":     func() error { return o.ProposeRejection(ctx, h.Handler, c.ID, "", "because") },
		"classify":   func() error { _, err := o.Classify(ctx, h.Handler, c.ID, "", dsr.KindDisclosure); return err },
		"ask":        func() error { return o.Ask(ctx, h.Handler, c.ID, "Which?") },
		"answer":     func() error { return o.Answer(ctx, c.Submission, c.ID, "", "This.") },
		"propose":    func() error { return o.Propose(ctx, h.Handler, c.ID, "") },
		"approve":    func() error { return o.Approve(ctx, h.Approver, c.ID, "", 1) },
		"send back":  func() error { return o.SendBack(ctx, h.Approver, c.ID, "", 1, "No.") },
		"withdraw":   func() error { return o.Withdraw(ctx, c.Submission, c.ID) },
		"by desk":    func() error { return o.WithdrawFor(ctx, h.Clerk, c.ID) },
		"take back":  func() error { return o.TakeBackWithdrawal(ctx, c.Submission, c.ID) },
		"hand over":  func() error { return o.HandedOver(ctx, h.Clerk, c.ID, "") },
		"rebuild":    func() error { return o.Rebuild(ctx, c.ID) },
		"to another": func() error { return o.Object(ctx, "another submission", c.ID, "Not mine.") },
	} {
		if err := try(); err == nil || dsr.FaultOf(err) == dsr.Internal {
			t.Errorf("%s on a closed case: %v", name, err)
		}
	}
	if after := h.Digest(t, "", "commands", "proposals", "milestones", "effects"); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("a refused command left something:\n%v\n%v", before, after)
	}
	if err := o.Object(ctx, c.Submission, c.ID, "There is more."); err != nil {
		t.Errorf("an objection: %v", err)
	}
	if f := c.Facts(t); f.Stage != dsr.StageReopened || f.Epoch != 2 || f.Occasion != 2 {
		t.Errorf("%+v", f)
	}
}
