package servertest

import (
	"context"

	"madoguchi/dsr"
)

// later answers what this world does not know yet.
type later struct{}

var errLater = dsr.Fail(dsr.Internal, "error.internal")

func (later) ProposeRedirect(context.Context, dsr.Actor, string, string, string) error {
	return errLater
}

func (later) PapersArrived(context.Context, dsr.Actor, string, []string) error { return errLater }

func (later) PlaceHold(context.Context, dsr.Actor, string, string, int) error { return errLater }

func (later) AuthorityPage(context.Context, dsr.Actor, string) (x dsr.AuthorityPage, err error) {
	return x, errLater
}

func (later) AskAuthority(context.Context, dsr.Actor, string, string, string, string) error {
	return errLater
}

func (later) RecordAuthority(context.Context, dsr.Actor, string, string, dsr.Authority) error {
	return errLater
}

func (later) Admit(context.Context, dsr.Actor, string, string) error { return errLater }

func (later) ReturnAuthority(context.Context, dsr.Actor, string, string, string) error {
	return errLater
}

func (later) ProposeFormRejection(context.Context, dsr.Actor, string, string, string) error {
	return errLater
}

func (later) Investigation(context.Context, dsr.Actor, string) (x dsr.InvestigationPage, err error) {
	return x, errLater
}

func (later) Investigated(context.Context, dsr.Actor, string, string, []dsr.Finding) error {
	return errLater
}

func (later) ResumeErasure(context.Context, dsr.Actor, string, string) error { return errLater }

func (later) Reconsider(context.Context, dsr.Actor, string, string) error { return errLater }

func (later) RecipientPage(context.Context, dsr.Actor, string, string) (x dsr.RecipientPage, err error) {
	return x, errLater
}

func (later) TellRecipient(context.Context, dsr.Actor, string, string, string) error { return errLater }

func (later) LettersToPost(context.Context, dsr.Actor) (x []dsr.PostedLetter, err error) {
	return x, errLater
}

func (later) PrintLetters(context.Context, dsr.Actor, []string) (x []dsr.PostedLetter, err error) {
	return x, errLater
}

func (later) LetterPosted(context.Context, dsr.Actor, string) error { return errLater }

func (later) Appointments(context.Context, dsr.Actor) (x []dsr.Appointment, err error) {
	return x, errLater
}

func (later) Appoint(context.Context, dsr.Actor, dsr.Appointment) error { return errLater }

func (later) EndAppointment(context.Context, dsr.Actor, string) error { return errLater }
