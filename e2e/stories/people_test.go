package stories

import (
	"strings"

	"madoguchi/dsr"
)

// mandate WHO DOCUMENT DATE CHECKED: a handler saw the representative's papers.
func mandate(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskAuthority)
	if err != nil {
		return "", err
	}
	return "", s.office.RecordAuthority(s.t.Context(), actor, s.caseID, task, dsr.Authority{Document: args[1], DatedOn: args[2], Checked: args[3]})
}

// admit WHO: a second person admits the representative.
func admit(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskAdmit)
	if err != nil {
		return "", err
	}
	return "", s.office.Admit(s.t.Context(), actor, s.caseID, task)
}

// no-mandate WHO REASON: a handler proposes to close because authority was not
// shown.
func noMandate(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskAuthority)
	if err != nil {
		return "", err
	}
	return "", s.office.ProposeFormRejection(s.t.Context(), actor, s.caseID, task, strings.Join(args[1:], " "))
}

// redirect WHO WHERE: a handler proposes to say where to ask instead.
func redirect(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskClassify)
	if err != nil {
		return "", err
	}
	return "", s.office.ProposeRedirect(s.t.Context(), actor, s.caseID, task, strings.Join(args[1:], " "))
}

// classify WHO KIND.
func classify(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskClassify)
	if err != nil {
		return "", err
	}
	sibling, err := s.office.Classify(s.t.Context(), actor, s.caseID, task, dsr.Kind(args[1]))
	if err == nil && sibling != "" {
		return "ok, as another case", nil
	}
	return "", err
}

// end-appointment WHO WHOSE ROLE: an appointment ends at once, and what its
// holder claimed is free.
func endAppointment(s *story, args []string) (string, error) {
	actor, of := s.staff(args), s.staff(args[1:])
	list, err := s.office.Appointments(s.t.Context(), actor)
	if err != nil {
		return "", err
	}
	for _, a := range list {
		if a.Staff == of.ID && a.Role == dsr.Role(args[2]) && a.EndedAt == 0 {
			return "", s.office.EndAppointment(s.t.Context(), actor, a.ID)
		}
	}
	return "", dsr.Fail(dsr.NotFound, "story.no-appointment")
}
