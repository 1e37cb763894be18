package servertest

import (
	"context"
	"fmt"
	"strings"

	"madoguchi/dsr"
)

// office is one organisation of the world.
type office struct {
	w  *World
	id string
}

// enter locks the world, notes the call and gives its planned failure.
func (o *office) enter(name string) (func(), error) {
	o.w.mu.Lock()
	return o.w.mu.Unlock, o.w.call(name)
}

func notFound() error { return dsr.Fail(dsr.NotFound, "error.not-found") }

func (o *office) NewDraft(_ context.Context, voice dsr.Voice) (dsr.Draft, error) {
	leave, err := o.enter("NewDraft")
	defer leave()
	if err != nil {
		return dsr.Draft{}, err
	}
	d := dsr.Draft{Token: o.w.id("draft"), FormToken: o.w.id("form-token-form-token"), Voice: voice, Answers: map[string]string{}}
	o.w.drafts[o.id+d.Token] = d
	return d, nil
}

func (o *office) Draft(_ context.Context, token string) (dsr.Draft, error) {
	leave, err := o.enter("Draft")
	defer leave()
	if err != nil {
		return dsr.Draft{}, err
	}
	d, ok := o.w.drafts[o.id+token]
	if !ok {
		return d, notFound()
	}
	return d, nil
}

func (o *office) SaveDraft(_ context.Context, d dsr.Draft) error {
	leave, err := o.enter("SaveDraft")
	defer leave()
	if err == nil {
		o.w.drafts[o.id+d.Token] = d
	}
	return err
}

func (o *office) File(_ context.Context, _ dsr.Actor, f dsr.Filing) (dsr.Filed, error) {
	leave, err := o.enter("File")
	defer leave()
	if err != nil {
		return dsr.Filed{}, err
	}
	if id, ok := o.w.tokens[o.id+f.FormToken]; ok {
		s := o.w.Submissions[id]
		if !same(s.Filing, f) {
			return dsr.Filed{}, dsr.Fail(dsr.Conflict, "error.form-token-used")
		}
		filed := s.Filed
		filed.Again = true
		return filed, nil
	}
	s := o.w.file(o.id, f)
	o.w.tokens[o.id+f.FormToken] = s.Status.Submission
	delete(o.w.drafts, o.id+f.Draft)
	return s.Filed, nil
}

// mine is a submission of this organisation.
func (o *office) mine(id string) (*Submission, error) {
	s := o.w.Submissions[id]
	if s == nil || s.Organisation != o.id {
		return nil, notFound()
	}
	return s, nil
}

// part is one case of a submission.
func (o *office) part(submission, caseID string) (*Submission, *dsr.StatusCase, error) {
	s, err := o.mine(submission)
	if err != nil {
		return nil, nil, err
	}
	for i := range s.Status.Cases {
		if s.Status.Cases[i].Case == caseID {
			return s, &s.Status.Cases[i], nil
		}
	}
	return nil, nil, notFound()
}

func (o *office) Receipt(_ context.Context, submission string) (dsr.Filed, error) {
	leave, err := o.enter("Receipt")
	defer leave()
	if err != nil {
		return dsr.Filed{}, err
	}
	s, err := o.mine(submission)
	if err != nil {
		return dsr.Filed{}, err
	}
	return s.Filed, nil
}

func (o *office) SendSignInCode(_ context.Context, reference, contact string) error {
	leave, err := o.enter("SendSignInCode")
	defer leave()
	if err != nil {
		return err
	}
	for _, s := range o.w.Submissions {
		if s.Organisation == o.id && s.Status.Reference == reference && strings.EqualFold(s.Filing.Contact.Mail, contact) {
			s.Sent = append(s.Sent, "sign-in")
		}
	}
	return nil
}

func (o *office) SignIn(_ context.Context, reference, contact, code string) (string, error) {
	leave, err := o.enter("SignIn")
	defer leave()
	if err != nil {
		return "", err
	}
	for id, s := range o.w.Submissions {
		if s.Organisation == o.id && s.Status.Reference == reference && strings.EqualFold(s.Filing.Contact.Mail, contact) && code == Code && len(s.Sent) > 0 {
			return id, nil
		}
	}
	return "", dsr.Fail(dsr.Invalid, "error.code-wrong")
}

func (o *office) SendCode(_ context.Context, submission, purpose string) error {
	leave, err := o.enter("SendCode")
	defer leave()
	if err != nil {
		return err
	}
	s, err := o.mine(submission)
	if err == nil {
		s.Sent = append(s.Sent, purpose)
	}
	return err
}

func (o *office) ConfirmContact(_ context.Context, submission, code string) error {
	leave, err := o.enter("ConfirmContact")
	defer leave()
	if err != nil {
		return err
	}
	s, err := o.mine(submission)
	if err != nil {
		return err
	}
	if code != Code {
		return dsr.Fail(dsr.Invalid, "error.code-wrong")
	}
	s.Status.ContactConfirmed = true
	return nil
}

func (o *office) Status(_ context.Context, submission string) (dsr.StatusPage, error) {
	leave, err := o.enter("Status")
	defer leave()
	if err != nil {
		return dsr.StatusPage{}, err
	}
	s, err := o.mine(submission)
	if err != nil {
		return dsr.StatusPage{}, err
	}
	return s.Status, nil
}

func (o *office) Letter(_ context.Context, submission, notice string) (dsr.Letter, error) {
	leave, err := o.enter("Letter")
	defer leave()
	if err != nil {
		return dsr.Letter{}, err
	}
	s, err := o.mine(submission)
	if err != nil {
		return dsr.Letter{}, err
	}
	l, ok := s.Letters[notice]
	if !ok {
		return l, notFound()
	}
	return l, nil
}

func (o *office) AddDocument(_ context.Context, submission, kind, mediaType string, data []byte) (dsr.Document, error) {
	leave, err := o.enter("AddDocument")
	defer leave()
	if err != nil {
		return dsr.Document{}, err
	}
	s, err := o.mine(submission)
	if err != nil {
		return dsr.Document{}, err
	}
	d := dsr.Document{ID: o.w.id("document"), Kind: kind, MediaType: mediaType, Size: len(data), UploadedAt: o.w.Now.UnixMicro()}
	s.Status.Documents, s.Uploads = append(s.Status.Documents, d), append(s.Uploads, data)
	return d, nil
}

func (o *office) RemoveDocument(_ context.Context, submission, document string) error {
	leave, err := o.enter("RemoveDocument")
	defer leave()
	if err != nil {
		return err
	}
	s, err := o.mine(submission)
	if err != nil {
		return err
	}
	for i, d := range s.Status.Documents {
		if d.ID == document && !d.Submitted {
			s.Status.Documents = append(append([]dsr.Document(nil), s.Status.Documents[:i]...), s.Status.Documents[i+1:]...)
			return nil
		}
	}
	return notFound()
}

func (o *office) SubmitIdentity(_ context.Context, submission string) error {
	leave, err := o.enter("SubmitIdentity")
	defer leave()
	if err != nil {
		return err
	}
	s, err := o.mine(submission)
	if err != nil {
		return err
	}
	for i := range s.Status.Documents {
		s.Status.Documents[i].Submitted = true
	}
	s.Status.Identity.EvidenceSent = true
	return nil
}

func (o *office) Answer(_ context.Context, submission, caseID, question, text string) error {
	leave, err := o.enter("Answer")
	defer leave()
	if err != nil {
		return err
	}
	s, c, err := o.part(submission, caseID)
	if err != nil {
		return err
	}
	if c.Question == nil || c.Question.ID != question {
		return dsr.Fail(dsr.Conflict, "error.question-answered")
	}
	c.Question = nil
	s.Status.Messages = append(s.Status.Messages, dsr.Message{ID: o.w.id("message"), At: o.w.Now.UnixMicro(), Kind: "answer", Text: text, Question: question})
	return nil
}

func (o *office) Write(_ context.Context, submission, caseID, text string) error {
	leave, err := o.enter("Write")
	defer leave()
	if err != nil {
		return err
	}
	s, _, err := o.part(submission, caseID)
	if err == nil {
		s.Status.Messages = append(s.Status.Messages, dsr.Message{ID: o.w.id("message"), At: o.w.Now.UnixMicro(), Kind: "message", Text: text})
	}
	return err
}

func (o *office) Withdraw(_ context.Context, submission, caseID string) error {
	leave, err := o.enter("Withdraw")
	defer leave()
	if err != nil {
		return err
	}
	_, c, err := o.part(submission, caseID)
	if err == nil {
		c.Withdrawn, c.CanTakeBack, c.CanWithdraw, c.WithdrawnFinalAt = true, true, false, o.w.At(24)
	}
	return err
}

func (o *office) TakeBackWithdrawal(_ context.Context, submission, caseID string) error {
	leave, err := o.enter("TakeBackWithdrawal")
	defer leave()
	if err != nil {
		return err
	}
	_, c, err := o.part(submission, caseID)
	if err == nil {
		c.Withdrawn, c.CanTakeBack, c.CanWithdraw, c.WithdrawnFinalAt = false, false, true, 0
	}
	return err
}

func (o *office) Object(_ context.Context, submission, caseID, _ string) error {
	leave, err := o.enter("Object")
	defer leave()
	if err != nil {
		return err
	}
	_, c, err := o.part(submission, caseID)
	if err == nil {
		c.CanObject, c.Stage, c.StageShown, c.Step, c.Outcome = false, dsr.StageReopened, dsr.StageReopened, dsr.StepLooking, ""
	}
	return err
}

func (o *office) Download(_ context.Context, submission, caseID, code string) (string, []byte, error) {
	leave, err := o.enter("Download")
	defer leave()
	if err != nil {
		return "", nil, err
	}
	s, c, err := o.part(submission, caseID)
	switch {
	case err != nil:
		return "", nil, err
	case c.Withdrawn:
		return "", nil, dsr.Fail(dsr.Forbidden, "error.withdrawn")
	case code != Code:
		return "", nil, dsr.Fail(dsr.Invalid, "error.code-wrong")
	}
	c.Package.Downloads++
	return s.Status.Reference + ".zip", s.Package, nil
}

func (o *office) OpenAgain(_ context.Context, submission, caseID string) error {
	leave, err := o.enter("OpenAgain")
	defer leave()
	if err != nil {
		return err
	}
	_, c, err := o.part(submission, caseID)
	if err == nil && c.Package != nil {
		c.Package.Expired, c.Package.AvailableUntil = false, o.w.At(7*24)
	}
	return err
}

func (o *office) SetVoice(_ context.Context, submission string, voice dsr.Voice) error {
	leave, err := o.enter("SetVoice")
	defer leave()
	if err != nil {
		return err
	}
	s, err := o.mine(submission)
	if err == nil {
		s.Status.Voice = voice
	}
	return err
}

// --- the desk

func (o *office) act(format string, args ...any) {
	o.w.Acts = append(o.w.Acts, fmt.Sprintf(format, args...))
}

func (o *office) Queue(_ context.Context, actor dsr.Actor, f dsr.QueueFilter) (dsr.Queue, error) {
	leave, err := o.enter("Queue")
	defer leave()
	return o.w.queue(o.id, actor, f), err
}

func (o *office) FindByReference(_ context.Context, _ dsr.Actor, reference string) ([]dsr.Shell, error) {
	leave, err := o.enter("FindByReference")
	defer leave()
	var found []dsr.Shell
	for _, s := range o.w.Submissions {
		if s.Organisation == o.id && s.Status.Reference == reference {
			for _, c := range s.Status.Cases {
				found = append(found, c.Shell)
			}
		}
	}
	for _, c := range o.w.Cases {
		if o.w.owns(o.id, c.Case) && strings.HasPrefix(c.Reference, reference+"-") {
			found = append(found, c.Shell)
		}
	}
	return found, err
}

// page is a canned page of the desk by case.
func page[P any](o *office, name string, pages map[string]*P, caseID string) (P, error) {
	leave, err := o.enter(name)
	defer leave()
	var none P
	if err != nil {
		return none, err
	}
	if p := pages[caseID]; p != nil && o.w.owns(o.id, caseID) {
		return *p, nil
	}
	return none, notFound()
}

func (o *office) Case(_ context.Context, _ dsr.Actor, caseID string) (dsr.CasePage, error) {
	return page(o, "Case", o.w.Cases, caseID)
}

func (o *office) IdentityPage(_ context.Context, _ dsr.Actor, caseID string) (dsr.IdentityPage, error) {
	return page(o, "IdentityPage", o.w.Identities, caseID)
}

func (o *office) Review(_ context.Context, _ dsr.Actor, caseID string) (dsr.ReviewPage, error) {
	return page(o, "Review", o.w.Reviews, caseID)
}

func (o *office) Approval(_ context.Context, _ dsr.Actor, caseID string) (dsr.ApprovePage, error) {
	return page(o, "Approval", o.w.Approvals, caseID)
}

// task finds a task of the desk's pages.
func (o *office) task(id string) *dsr.Task {
	for _, c := range o.w.Cases {
		for i := range c.Tasks {
			if c.Tasks[i].ID == id {
				return &c.Tasks[i]
			}
		}
	}
	return nil
}

func (o *office) staffName(id string) string {
	for _, s := range o.w.Staff {
		if s.ID == id {
			return s.Name
		}
	}
	return id
}

func (o *office) Claim(_ context.Context, actor dsr.Actor, task string) error {
	leave, err := o.enter("Claim")
	defer leave()
	if err != nil {
		return err
	}
	t := o.task(task)
	if t == nil {
		return notFound()
	}
	if t.Assignee != "" && t.Assignee != actor.ID {
		return dsr.Fail(dsr.Conflict, "error.task-taken", "name", t.AssigneeName)
	}
	t.State, t.Assignee, t.AssigneeName = "claimed", actor.ID, o.staffName(actor.ID)
	o.act("claim %s %s", task, actor.ID)
	return nil
}

// done notes an act of staff that changes nothing a page of the fake shows.
func (o *office) done(name string, args ...any) error {
	leave, err := o.enter(name)
	defer leave()
	if err == nil {
		o.act("%s%s", name, fmt.Sprintln(append([]any{""}, args...)...))
	}
	return err
}

func (o *office) Release(_ context.Context, actor dsr.Actor, task string) error {
	leave, err := o.enter("Release")
	defer leave()
	if t := o.task(task); err == nil && t != nil {
		t.State, t.Assignee, t.AssigneeName = "open", "", ""
		o.act("release %s %s", task, actor.ID)
	}
	return err
}

func (o *office) HandOver(_ context.Context, actor dsr.Actor, task, to string) error {
	leave, err := o.enter("HandOver")
	defer leave()
	if t := o.task(task); err == nil && t != nil {
		t.State, t.Assignee, t.AssigneeName = "claimed", to, o.staffName(to)
		o.act("hand-over %s %s %s", task, actor.ID, to)
	}
	return err
}

func (o *office) CloseTask(_ context.Context, a dsr.Actor, task, result string) error {
	return o.done("CloseTask", a.ID, task, result)
}

func (o *office) Colleagues(context.Context, dsr.TaskKind) ([]dsr.Staff, error) {
	leave, err := o.enter("Colleagues")
	defer leave()
	var out []dsr.Staff
	for _, s := range o.w.Staff {
		if len(s.Roles[o.id]) > 0 {
			out = append(out, *s)
		}
	}
	return out, err
}

func (o *office) Document(_ context.Context, _ dsr.Actor, caseID, document string) (string, []byte, error) {
	leave, err := o.enter("Document")
	defer leave()
	if err != nil {
		return "", nil, err
	}
	if p := o.w.Identities[caseID]; p != nil {
		for _, d := range p.Documents {
			if d.ID == document && d.MediaType == "image/png" {
				return d.MediaType, Picture(), nil
			}
		}
	}
	return "application/pdf", []byte("%PDF-1.4\n"), nil
}

func (o *office) ConfirmIdentity(_ context.Context, a dsr.Actor, caseID string, c dsr.IdentityConfirmation) error {
	o.w.Identified = append(o.w.Identified, c)
	return o.done("ConfirmIdentity", a.ID, caseID, c.Level)
}

func (o *office) AskMoreProof(_ context.Context, a dsr.Actor, caseID, _, reason, _ string) error {
	return o.done("AskMoreProof", a.ID, caseID, reason)
}

func (o *office) ProposeRejection(_ context.Context, a dsr.Actor, caseID, _, _ string) error {
	return o.done("ProposeRejection", a.ID, caseID)
}

func (o *office) AnswerItem(_ context.Context, a dsr.Actor, caseID string, item dsr.Item) error {
	o.w.Answers = append(o.w.Answers, item)
	return o.done("AnswerItem", a.ID, caseID, item.ID, item.Decision.Measure)
}

func (o *office) Preview(context.Context, dsr.Actor, string) (dsr.Letter, error) {
	leave, err := o.enter("Preview")
	defer leave()
	return SampleLetter(), err
}

func (o *office) Propose(_ context.Context, a dsr.Actor, caseID, _ string) error {
	return o.done("Propose", a.ID, caseID)
}

func (o *office) Approve(_ context.Context, a dsr.Actor, caseID, _ string, version int) error {
	if p := o.w.Approvals[caseID]; p != nil && p.Proposal.Proposer == a.ID {
		return dsr.Fail(dsr.Forbidden, "error.same-person")
	}
	return o.done("Approve", a.ID, caseID, version)
}

func (o *office) SendBack(_ context.Context, a dsr.Actor, caseID, _ string, version int, _ string) error {
	return o.done("SendBack", a.ID, caseID, version)
}

func (o *office) Ask(_ context.Context, a dsr.Actor, caseID, _ string) error {
	return o.done("Ask", a.ID, caseID)
}

func (o *office) Tell(_ context.Context, a dsr.Actor, caseID, _ string) error {
	return o.done("Tell", a.ID, caseID)
}

func (o *office) AddNote(_ context.Context, a dsr.Actor, caseID, _ string) error {
	return o.done("AddNote", a.ID, caseID)
}

func (o *office) Correspondence(_ context.Context, _ dsr.Actor, caseID string) ([]dsr.Message, []dsr.Note, error) {
	leave, err := o.enter("Correspondence")
	defer leave()
	if r := o.w.Reviews[caseID]; r != nil {
		return r.Messages, r.Notes, err
	}
	return nil, nil, err
}

func (o *office) LetterOfCase(context.Context, dsr.Actor, string, string) (dsr.Letter, error) {
	leave, err := o.enter("LetterOfCase")
	defer leave()
	return SampleLetter(), err
}

func (o *office) PackageForPost(_ context.Context, a dsr.Actor, caseID, task string) (string, []byte, error) {
	return "answer.zip", []byte("PK"), o.done("PackageForPost", a.ID, caseID, task)
}

func (o *office) HandedOver(_ context.Context, a dsr.Actor, caseID, task string) error {
	return o.done("HandedOver", a.ID, caseID, task)
}

func (o *office) WithdrawFor(_ context.Context, a dsr.Actor, caseID string) error {
	return o.done("WithdrawFor", a.ID, caseID)
}

func (o *office) Classify(_ context.Context, a dsr.Actor, caseID, _ string, kind dsr.Kind) (string, error) {
	return "", o.done("Classify", a.ID, caseID, kind)
}

func (o *office) Board(context.Context, dsr.Actor) ([]dsr.BoardRow, error) {
	leave, err := o.enter("Board")
	defer leave()
	if rows, ok := o.w.Boards[o.id]; ok {
		return rows, err
	}
	return o.w.board(o.id), err
}

func (o *office) BoardList(_ context.Context, _ dsr.Actor, kind dsr.Kind, figure dsr.Figure) ([]dsr.QueueRow, error) {
	leave, err := o.enter("BoardList")
	defer leave()
	return o.w.counted(o.id, kind, figure), err
}

// SampleLetter is a short letter in Vietnamese.
func SampleLetter() dsr.Letter {
	return dsr.Letter{Code: "N-13", Voice: dsr.VoiceVi, Title: "Quyết định chấp thuận một phần",
		HTML: "<p>Kính gửi Ông/Bà Nguyễn Văn Minh,</p><h2>Quyết định</h2><p>Chúng tôi cung cấp hai trong ba mục.</p><table><thead><tr><th scope=\"col\">Mục</th><th scope=\"col\">Quyết định</th></tr></thead><tbody><tr><td>Lịch sử tư vấn</td><td>Cung cấp</td></tr><tr><td>Ghi chú nội bộ</td><td>Không cung cấp (APPI Điều 33 khoản 2)</td></tr></tbody></table>",
		Text: "Kính gửi Ông/Bà Nguyễn Văn Minh,", Subject: "[M-7KQ2-94XD] Izumisano"}
}
