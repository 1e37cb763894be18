package stories

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"madoguchi/dsr"
	"madoguchi/internal/sample"
	"madoguchi/policy"
)

// The verbs of the kinds that change something in the connected systems.

var stopShape = regexp.MustCompile(`/stop/\S+`)

// colleagues are those of the story's organisation.
func (s *story) colleagues(organisation string) {
	h := s.house
	s.people = map[string]dsr.Actor{"handler": h.Handler, "second": h.Second, "clerk": h.Clerk, "approver": h.Approver, "both": h.Both, "manager": h.Manager}
	if organisation == h.Here {
		return
	}
	for name, roles := range map[string][]dsr.Role{"handler": {dsr.RoleHandler}, "second": {dsr.RoleHandler}, "clerk": {dsr.RoleClerk},
		"approver": {dsr.RoleApprover}, "both": {dsr.RoleHandler, dsr.RoleApprover}, "manager": {dsr.RoleManager}} {
		s.people[name] = h.AddActor(s.t, organisation, "Story "+name, roles...)
	}
}

func (s *story) pack() *policy.Pack {
	p, _ := s.house.Options.Packs.BySlug(s.slug)
	return p
}

func (s *story) populations() []policy.Population { return s.pack().Populations }

// candidates are the person's own records: the main one in the first system that
// has them, and those in the others.
func (s *story) candidates(page dsr.IdentityPage) (main int, also []int) {
	main = -1
	for i, c := range page.Candidates {
		of, err := sample.Of(settingOf(c.Connector))
		switch {
		case err != nil || c.Key != of.Main().Number:
		case main < 0:
			main = i
		default:
			also = append(also, i)
		}
	}
	return main, also
}

// investigate WHO FINDING: the same finding for every item.
func investigate(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskInvestigate)
	if err != nil {
		return "", err
	}
	page, err := s.office.Investigation(s.t.Context(), actor, s.caseID)
	if err != nil {
		return "", err
	}
	var findings []dsr.Finding
	for _, it := range page.Items {
		findings = append(findings, dsr.Finding{Item: it.ID, Result: dsr.FindingResult(args[1]), Checked: "seen in the papers"})
	}
	return fmt.Sprintf("ok, %d items", len(findings)), s.office.Investigated(s.t.Context(), actor, s.caseID, task, findings)
}

// decide WHO SYSTEM=MEASURE[/GROUND] …: what is done with the items of each
// system. A correction writes what was claimed; "keep" erases what its rule no
// longer covers.
func decide(s *story, args []string) (string, error) {
	actor := s.staff(args)
	if _, err := s.task(actor, dsr.TaskReview); err != nil {
		return "", err
	}
	page, err := s.office.Review(s.t.Context(), actor, s.caseID)
	if err != nil {
		return "", err
	}
	var said []string
	for _, it := range page.Items {
		for j := range it.Tests {
			it.Tests[j].Answer = dsr.AnswerDoesNot
		}
		measure, ground, _ := strings.Cut(cmp.Or(option(args, it.System), string(dsr.MeasureOutside)), "/")
		d := &it.Decision
		switch d.Measure = dsr.Measure(measure); d.Measure {
		case dsr.MeasureCorrect:
			d.Changes = s.changes(page.Claims, it)
		case dsr.MeasureRefuse:
			at := slices.IndexFunc(it.Tests, func(x dsr.ItemTest) bool { return x.Exemption == ground })
			if at < 0 {
				return "", fmt.Errorf("an item of %s has no test %q", it.System, ground)
			}
			it.Tests[at].Answer, it.Tests[at].Evidence = dsr.AnswerApplies, "seen in the policy"
			d.Exemption, d.Reason, d.Alternative = ground, "as the policy says", "a display name"
		case dsr.MeasureKeep:
			if d.Measure = dsr.MeasureErase; len(page.Schedules[it.ID]) > 0 {
				d.Measure, d.Schedule, d.Until = dsr.MeasureKeep, page.Schedules[it.ID][0].Rule, page.Schedules[it.ID][0].Until
			}
		}
		if err := s.office.AnswerItem(s.t.Context(), actor, s.caseID, it); err != nil {
			return "", err
		}
		said = append(said, string(d.Measure)+" "+it.System)
	}
	slices.Sort(said)
	return "ok, " + strings.Join(said, ", "), nil
}

// changes are the claimed values where the item has their fields.
func (s *story) changes(claims []dsr.Claim, it dsr.Item) (out []dsr.Change) {
	for _, c := range claims {
		for j, col := range it.Record.Columns {
			f, ok := s.pack().FieldAt(policy.Place{System: it.System, Category: it.Record.Category, Column: col.Name})
			if ok && f.ID == c.Field && col.Writable && len(it.Record.RowKeys) > 0 {
				out = append(out, dsr.Change{Row: it.Record.RowKeys[0], Column: col.Name, Before: it.Record.Rows[0][j], After: c.Should})
			}
		}
	}
	return out
}

// recipients WHO RESULT [first]: one attempt to tell each that is still to be
// told, or the first of them.
func recipients(s *story, args []string) (string, error) {
	actor := s.staff(args)
	page, err := s.office.Case(s.t.Context(), actor, s.caseID)
	if err != nil {
		return "", err
	}
	n := 0
	for _, r := range page.Recipients {
		if r.State != "open" {
			continue
		}
		if i := slices.IndexFunc(page.Tasks, func(x dsr.Task) bool { return x.ID == r.Task }); i >= 0 && page.Tasks[i].State == "open" {
			if err := s.office.Claim(s.t.Context(), actor, r.Task); err != nil {
				return "", err
			}
		}
		if err := s.office.TellRecipient(s.t.Context(), actor, s.caseID, r.ID, args[1]); err != nil {
			return "", err
		}
		if n++; slices.Contains(args, "first") {
			break
		}
	}
	return fmt.Sprintf("ok, %d", n), nil
}

// stop-link: whoever got a mail of the cooling-off opens its link and stops.
func stopLink(s *story, _ []string) (string, error) {
	if s.link == "" {
		return "", dsr.Fail(dsr.NotFound, "story.no-link")
	}
	token := s.link[strings.LastIndex(s.link, "/")+1:]
	if _, err := s.office.StopPage(s.t.Context(), token); err != nil {
		return "", err
	}
	return "", s.office.StopErasure(s.t.Context(), token)
}

// resume WHO: the stopped erasure goes on, its cooling-off anew.
func resume(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskErasureStopped)
	if err != nil {
		return "", err
	}
	return "", s.office.ResumeErasure(s.t.Context(), actor, s.caseID, task)
}

// held: what the connected systems themselves hold back for the office now.
func held(s *story, _ []string) (string, error) {
	said, err := s.each("SELECT kind, COUNT(*) FROM holds GROUP BY kind ORDER BY kind")
	if said == "" {
		said = "nothing"
	}
	return said, err
}

// each asks every system the same: a word and a number.
func (s *story) each(query string) (string, error) {
	var said []string
	for _, y := range s.pack().Systems {
		rows, err := s.records[settingOf(y.ID)].Query(query)
		if err != nil {
			return "", err
		}
		for rows.Next() {
			var word string
			var n int
			if err := rows.Scan(&word, &n); err != nil {
				return "", err
			}
			said = append(said, fmt.Sprintf("%s %s %d", y.ID, word, n))
		}
		if err := rows.Close(); err != nil {
			return "", err
		}
	}
	return strings.Join(said, ", "), nil
}

// counted writes what the connected systems counted themselves: calls of the
// one system of the centre; changes of state elsewhere.
func (s *story) counted() {
	if len(s.records) == 1 && s.slug == "izumisano" {
		var calls int
		if err := s.records[sample.Setting].QueryRow("SELECT COUNT(*) FROM calls").Scan(&calls); err != nil {
			s.t.Fatal(err)
		}
		s.say("calls that the connected system counted: %d", calls)
		return
	}
	said, err := s.each("SELECT kind, COUNT(*) FROM changes GROUP BY kind ORDER BY kind")
	if err != nil {
		s.t.Fatal(err)
	}
	s.say("what the connected systems counted: %s", cmp.Or(said, "nothing"))
}
