package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"madoguchi/dsr"
	"madoguchi/internal/store"
)

// names are IDs of one case and of everything around it.
type names struct {
	submission, reference, mail, code, draft                   string
	caseID, task, document, notice, effect, milestone, command string
	recipient, erasure, stop, appointment                      string
}

// call is one method of an organisation's door, given somebody else's IDs.
type call struct {
	do func(ctx context.Context, o *store.Organisation, a dsr.Actor, n names) (given any, err error)
	// says is the fault; NotFound when empty. nothing means no error, and
	// nothing given.
	says    dsr.Fault
	nothing bool
}

// only makes a method without a result a call.
func only(do func(ctx context.Context, o *store.Organisation, a dsr.Actor, n names) error) call {
	return call{do: func(ctx context.Context, o *store.Organisation, a dsr.Actor, n names) (any, error) {
		return nil, do(ctx, o, a, n)
	}}
}

// gives makes a method with a result a call.
func gives[T any](do func(ctx context.Context, o *store.Organisation, a dsr.Actor, n names) (T, error)) call {
	return call{do: func(ctx context.Context, o *store.Organisation, a dsr.Actor, n names) (any, error) {
		v, err := do(ctx, o, a, n)
		return v, err
	}}
}

func (c call) with(fault dsr.Fault) call { c.says = fault; return c }

func (c call) empty() call { c.nothing = true; return c }

type (
	org = *store.Organisation
	ctx = context.Context
)

// across is every method of an organisation's door that takes an ID. A method
// that is missing here is an error of the test.
var across = map[string]call{
	"Undelivered": only(func(x ctx, o org, a dsr.Actor, n names) error {
		return o.Undelivered(x, n.command, "error.unavailable")
	}),
	"IsApplied": gives(func(x ctx, o org, a dsr.Actor, n names) (bool, error) { return o.IsApplied(x, n.command) }).empty(),
	"ClaimDelivery": gives(func(x ctx, o org, a dsr.Actor, n names) (bool, error) {
		_, ok, err := o.ClaimDelivery(x, n.caseID)
		return ok, err
	}).empty(),
	"SendCode":       only(func(x ctx, o org, a dsr.Actor, n names) error { return o.SendCode(x, n.submission, "confirm") }),
	"SendSignInCode": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.SendSignInCode(x, n.reference, n.mail) }).empty(),
	"SignIn": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		return o.SignIn(x, n.reference, n.mail, n.code)
	}).with(dsr.Invalid),
	"ConfirmContact": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.ConfirmContact(x, n.submission, n.code) }),
	"SubmitIdentity": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.SubmitIdentity(x, n.submission) }),
	"AskMoreProof": only(func(x ctx, o org, a dsr.Actor, n names) error {
		return o.AskMoreProof(x, a, n.caseID, n.task, "r", "t")
	}),
	"ConfirmIdentity": only(func(x ctx, o org, a dsr.Actor, n names) error {
		return o.ConfirmIdentity(x, a, n.caseID, dsr.IdentityConfirmation{Task: n.task, Agreed: []string{"name"}, Document: "passport", Candidate: -1})
	}),
	"ProposeRejection":   only(func(x ctx, o org, a dsr.Actor, n names) error { return o.ProposeRejection(x, a, n.caseID, n.task, "t") }),
	"Propose":            only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Propose(x, a, n.caseID, n.task) }),
	"Approve":            only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Approve(x, a, n.caseID, n.task, 1) }),
	"SendBack":           only(func(x ctx, o org, a dsr.Actor, n names) error { return o.SendBack(x, a, n.caseID, n.task, 1, "t") }),
	"Ask":                only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Ask(x, a, n.caseID, "t") }),
	"Answer":             only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Answer(x, n.submission, n.caseID, "", "t") }),
	"Withdraw":           only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Withdraw(x, n.submission, n.caseID) }),
	"WithdrawFor":        only(func(x ctx, o org, a dsr.Actor, n names) error { return o.WithdrawFor(x, a, n.caseID) }),
	"TakeBackWithdrawal": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.TakeBackWithdrawal(x, n.submission, n.caseID) }),
	"Object":             only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Object(x, n.submission, n.caseID, "t") }),
	"Classify": only(func(x ctx, o org, a dsr.Actor, n names) error {
		_, err := o.Classify(x, a, n.caseID, n.task, dsr.KindDisclosure)
		return err
	}),
	"Rebuild": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Rebuild(x, n.caseID) }),
	"PlanEffects": gives(func(x ctx, o org, a dsr.Actor, n names) ([]dsr.Effect, error) {
		return o.PlanEffects(x, n.caseID, 1, dsr.ActionLookup)
	}),
	"Permit":      gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Effect, error) { return o.Permit(x, n.effect, 1) }),
	"Identifiers": gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Identifiers, error) { return o.Identifiers(x, n.effect) }),
	"Locator": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		k, _, err := o.Locator(x, n.effect)
		return k, err
	}),
	"SaveCandidates": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.SaveCandidates(x, n.effect, 1, nil) }),
	"SaveRecords":    only(func(x ctx, o org, a dsr.Actor, n names) error { return o.SaveRecords(x, n.effect, 1, nil) }),
	"FailEffect":     only(func(x ctx, o org, a dsr.Actor, n names) error { return o.FailEffect(x, n.effect, 1, "c", true) }),
	"Receipt": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		f, err := o.Receipt(x, n.submission)
		return f.Reference, err
	}),
	"AnswerItem": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.AnswerItem(x, a, n.caseID, dsr.Item{}) }),
	"Review": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		p, err := o.Review(x, a, n.caseID)
		return p.Person.Name, err
	}),
	"Preview": gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Letter, error) { return o.Preview(x, a, n.caseID) }),
	"Approval": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		p, err := o.Approval(x, a, n.caseID)
		return p.Person.Name, err
	}),
	"FindByReference": gives(func(x ctx, o org, a dsr.Actor, n names) ([]dsr.Shell, error) {
		return o.FindByReference(x, a, n.reference)
	}).empty(),
	"Case": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		p, err := o.Case(x, a, n.caseID)
		return p.Case, err
	}),
	"Claim":     only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Claim(x, a, n.task) }),
	"Release":   only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Release(x, a, n.task) }),
	"HandOver":  only(func(x ctx, o org, a dsr.Actor, n names) error { return o.HandOver(x, a, n.task, a.ID) }),
	"CloseTask": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.CloseTask(x, a, n.task, "done") }),
	"Status": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		p, err := o.Status(x, n.submission)
		return p.Reference, err
	}),
	"Letter": gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Letter, error) {
		return o.Letter(x, n.submission, n.notice)
	}),
	"LetterOfCase": gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Letter, error) {
		return o.LetterOfCase(x, a, n.caseID, n.notice)
	}),
	"NoticeAccepted": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.NoticeAccepted(x, n.notice) }),
	"NoticeFailed":   only(func(x ctx, o org, a dsr.Actor, n names) error { return o.NoticeFailed(x, n.notice, "mail.refused") }),
	"PackageInputs": gives(func(x ctx, o org, a dsr.Actor, n names) (int, error) {
		p, err := o.PackageInputs(x, n.caseID, 1)
		return len(p.Items), err
	}),
	"SavePackage": gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Facts, error) {
		return o.SavePackage(x, n.caseID, 1, "d", []byte("x"))
	}),
	"Download": gives(func(x ctx, o org, a dsr.Actor, n names) (int, error) {
		_, b, err := o.Download(x, n.submission, n.caseID, n.code)
		return len(b), err
	}),
	"OpenAgain":  only(func(x ctx, o org, a dsr.Actor, n names) error { return o.OpenAgain(x, n.submission, n.caseID) }),
	"HandedOver": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.HandedOver(x, a, n.caseID, n.task) }),
	"PackageForPost": gives(func(x ctx, o org, a dsr.Actor, n names) (int, error) {
		_, b, err := o.PackageForPost(x, a, n.caseID, n.task)
		return len(b), err
	}),
	"Draft": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		d, err := o.Draft(x, n.draft)
		return d.FormToken, err
	}),
	"SaveDraft": only(func(x ctx, o org, a dsr.Actor, n names) error {
		return o.SaveDraft(x, dsr.Draft{Token: n.draft, Voice: dsr.VoiceEn})
	}),
	"AddDocument": gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Document, error) {
		return o.AddDocument(x, n.submission, "passport", "image/png", []byte("x"))
	}),
	"RemoveDocument": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.RemoveDocument(x, n.submission, n.document) }),
	"Document": gives(func(x ctx, o org, a dsr.Actor, n names) (int, error) {
		_, b, err := o.Document(x, a, n.caseID, n.document)
		return len(b), err
	}),
	"Write":   only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Write(x, n.submission, n.caseID, "t") }),
	"Tell":    only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Tell(x, a, n.caseID, "t") }),
	"AddNote": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.AddNote(x, a, n.caseID, "t") }),
	"Correspondence": gives(func(x ctx, o org, a dsr.Actor, n names) (int, error) {
		m, _, err := o.Correspondence(x, a, n.caseID)
		return len(m), err
	}),
	"IdentityPage": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		p, err := o.IdentityPage(x, a, n.caseID)
		return p.Claimed.Name, err
	}),
	"SetVoice": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.SetVoice(x, n.submission, dsr.VoiceDe) }),
	"Extend": only(func(x ctx, o org, a dsr.Actor, n names) error {
		return o.Extend(x, a, n.caseID, dsr.Extension{Clock: "target", Ground: "searching"})
	}),
	"Calendars": gives(func(x ctx, o org, a dsr.Actor, n names) (moves []dsr.CalendarMove, err error) {
		lines, err := o.Calendars(x, a)
		for _, l := range lines {
			moves = append(moves, l.Moves...)
		}
		return moves, err
	}).empty(),
	"Begin": gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Facts, error) { return o.Begin(x, n.caseID, 1) }),
	"Apply": gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Facts, error) { return o.Apply(x, n.caseID, 1, 1) }),
	"Facts": gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Facts, error) { return o.Facts(x, n.caseID, 1) }),
	"Enter": gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Facts, error) {
		return o.Enter(x, n.caseID, 1, 99, dsr.StageReview)
	}),
	"Instruction": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		in, err := o.Instruction(x, n.effect)
		return in.Record, err
	}),
	"SaveActed": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.SaveActed(x, n.effect, 1, dsr.Acted{Rows: 1}) }),
	"PlaceHold": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.PlaceHold(x, a, n.caseID, n.task, 0) }),
	"StopPage": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		p, err := o.StopPage(x, n.stop)
		return p.Reference, err
	}),
	"StopErasure":   only(func(x ctx, o org, a dsr.Actor, n names) error { return o.StopErasure(x, n.stop) }),
	"ResumeErasure": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.ResumeErasure(x, a, n.caseID, n.task) }),
	"Reconsider":    only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Reconsider(x, a, n.caseID, n.task) }),
	"ErasureDone":   only(func(x ctx, o org, a dsr.Actor, n names) error { return o.ErasureDone(x, n.erasure, 1, 1) }),
	"ErasureFailed": only(func(x ctx, o org, a dsr.Actor, n names) error {
		return o.ErasureFailed(x, n.erasure, 1, "connector.away")
	}),
	"Investigation": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		p, err := o.Investigation(x, a, n.caseID)
		return p.Person.Name, err
	}),
	"Investigated": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Investigated(x, a, n.caseID, n.task, nil) }),
	"RecipientPage": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		p, err := o.RecipientPage(x, a, n.caseID, n.recipient)
		return p.Text, err
	}),
	"TellRecipient": only(func(x ctx, o org, a dsr.Actor, n names) error {
		return o.TellRecipient(x, a, n.caseID, n.recipient, string(dsr.RecipientInformed))
	}),
	"EndAppointment": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.EndAppointment(x, a, n.appointment) }),
	"PrintLetters": gives(func(x ctx, o org, a dsr.Actor, n names) (int, error) {
		ls, err := o.PrintLetters(x, a, []string{n.notice})
		return len(ls), err
	}),
	"LetterPosted": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.LetterPosted(x, a, n.notice) }),
	"PapersArrived": only(func(x ctx, o org, a dsr.Actor, n names) error {
		return o.PapersArrived(x, a, n.caseID, []string{"passport"})
	}),
	"AuthorityPage": gives(func(x ctx, o org, a dsr.Actor, n names) (string, error) {
		p, err := o.AuthorityPage(x, a, n.caseID)
		return p.Person.Name, err
	}),
	"AskAuthority": only(func(x ctx, o org, a dsr.Actor, n names) error {
		return o.AskAuthority(x, a, n.caseID, n.task, "unreadable", "t")
	}),
	"RecordAuthority": only(func(x ctx, o org, a dsr.Actor, n names) error {
		return o.RecordAuthority(x, a, n.caseID, n.task, dsr.Authority{Relation: "parent"})
	}),
	"Admit":           only(func(x ctx, o org, a dsr.Actor, n names) error { return o.Admit(x, a, n.caseID, n.task) }),
	"ReturnAuthority": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.ReturnAuthority(x, a, n.caseID, n.task, "t") }),
	"ProposeFormRejection": only(func(x ctx, o org, a dsr.Actor, n names) error {
		return o.ProposeFormRejection(x, a, n.caseID, n.task, "t")
	}),
	"ProposeRedirect": only(func(x ctx, o org, a dsr.Actor, n names) error { return o.ProposeRedirect(x, a, n.caseID, n.task, "t") }),
	"Close":           gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Facts, error) { return o.Close(x, n.caseID, 1, 99) }),
	"FallDue": gives(func(x ctx, o org, a dsr.Actor, n names) (dsr.Facts, error) {
		return o.FallDue(x, n.caseID, n.milestone, "timer")
	}),
}

// without are the methods that take no ID of anything. Those that list are
// looked at one by one in the promise.
var without = []string{"String", "File", "NewDraft", "Tidy", "Queue", "Board", "BoardList", "Colleagues", "ClaimDeliveries", "DueMilestones", "ClaimNotices",
	"ClaimErasures", "LettersToPost", "Appointments", "Appointable", "Appoint", "DateRules", "Explain", "Agree"}

// uncovered are the exported methods of the door that the table leaves out.
func uncovered(door reflect.Type, table map[string]call, without []string) (out []string) {
	for i := range door.NumMethod() {
		name := door.Method(i).Name
		_, ok := table[name]
		if !ok && !strings.Contains(" "+strings.Join(without, " ")+" ", " "+name+" ") {
			out = append(out, name)
		}
	}
	return out
}

// everything is one case with a row in every table, and its IDs.
func (h *House) everything(t *testing.T) names {
	t.Helper()
	c := h.File(t).ToDecision(t)
	d, err := h.Office().NewDraft(t.Context(), dsr.VoiceVi)
	must(t, err)
	must(t, c.Office().Write(t.Context(), c.Submission, c.ID, "hello"))
	must(t, c.Office().AddNote(t.Context(), h.Handler, c.ID, "a note"))
	h.Clock.Advance(codeRest)
	must(t, c.Office().SendCode(t.Context(), c.Submission, "download"))
	one := func(query string) string { return h.Text(t, query, c.ID) }
	return names{submission: c.Submission, reference: c.Reference, mail: c.Mail, code: "00000000", draft: d.Token, caseID: c.ID,
		task: c.Task(t, dsr.TaskApprove), document: h.Text(t, "SELECT id FROM documents WHERE submission = ?", c.Submission),
		notice: one("SELECT id FROM notices WHERE case_id = ? AND code = 'N-01'"), effect: one("SELECT id FROM effects WHERE case_id = ? AND action = 'collect'"),
		milestone: c.milestone(t, "due"), command: one("SELECT id FROM commands WHERE case_id = ? AND number = 2"),
		recipient: h.recipient(t, c), erasure: h.erasure(t, c), stop: h.stopLink(t, c),
		appointment: h.Text(t, "SELECT MIN(id) FROM appointments WHERE organisation = ?", h.Here)}
}

// recipient, erasure and stopLink write a row that a disclosure does not make, past
// every wall, and give its ID or token.
func (h *House) recipient(t *testing.T, c *Case) string {
	h.Exec(t, "INSERT INTO recipients (organisation, id, case_id, recipient, occasion, state, opened_at) VALUES (?, 'recipient-1', ?, 'nobody', '1', 'open', 1)", h.Here, c.ID)
	return "recipient-1"
}

func (h *House) erasure(t *testing.T, c *Case) string {
	h.Exec(t, `INSERT INTO scheduled_erasures (organisation, id, case_id, item, connector, category, rule, due_on, due_at, state, fence, proposer, approver, planned_at)
		VALUES (?, 'erasure-1', ?, 'item', 'centre-records', 'person', 'r', '2033-01-01', 1, 'attempting', 1, 'a', 'b', 1)`, h.Here, c.ID)
	return "erasure-1"
}

func (h *House) stopLink(t *testing.T, c *Case) string {
	sum := sha256.Sum256([]byte("a token"))
	h.Exec(t, "INSERT INTO stop_links (organisation, token_hash, case_id, occasion, expires_at) VALUES (?, ?, ?, '1', ?)", h.Here,
		hex.EncodeToString(sum[:]), c.ID, Monday.AddDate(1, 0, 0).UnixMicro())
	return "a token"
}

// outlaws are the tables that have an organisation and no wall; each has its
// reason.
var outlaws = map[string]string{
	"staff_roles": "an account is of the house; sign-in reads all its roles",
	"sessions":    "a token is looked up before it is known whose it is",
}

// unwalled says which tables of a PostgreSQL database have a gap in their wall.
func unwalled(db *sql.DB) (gaps []string, checked int, err error) {
	rows, err := db.Query(`SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner),
		(SELECT COUNT(*) FROM pg_policies p WHERE p.schemaname = n.nspname AND p.tablename = c.relname),
		(SELECT COUNT(*) FROM pg_policies p WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND p.cmd = 'ALL' AND p.permissive = 'PERMISSIVE'
			AND p.qual LIKE '%NULLIF(current_setting(''madoguchi.organisation''%' AND p.with_check = p.qual),
		EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organisation' AND NOT a.attisdropped)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1`)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var table, owner string
		var enabled, forced, walled bool
		var policies, good int
		if err := rows.Scan(&table, &enabled, &forced, &owner, &policies, &good, &walled); err != nil {
			return nil, 0, err
		}
		if owner == "madoguchi_app" {
			gaps = append(gaps, table+" belongs to the application")
		}
		if !walled || outlaws[table] != "" {
			continue
		}
		checked++
		if !enabled || !forced || policies != 1 || good != 1 {
			gaps = append(gaps, fmt.Sprintf("%s: enabled %t, forced %t, %d policies, %d with both clauses", table, enabled, forced, policies, good))
		}
	}
	return gaps, checked, rows.Err()
}

// The walls between organisations, and between people.
var wallPromises = []promise{
	{"the door of one organisation opens nothing of another", func(t *testing.T, h *House) {
		n := h.everything(t)
		there := h.Store.For(h.There)
		stranger := h.AddActor(t, h.There, "Kim Kai", dsr.RoleClerk, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager)
		own := h.FileThere(t, stranger)
		if missing := uncovered(reflect.TypeOf(there), across, without); len(missing) > 0 {
			t.Fatalf("methods without a test at the wall: %v", missing)
		}
		if len(uncovered(reflect.TypeOf(there), across, without[1:])) != 1 {
			t.Fatal("a method that is left out is not seen")
		}
		h.unchanged(t, "the other organisation's door", func() {
			for name, c := range across {
				given, err := c.do(t.Context(), there, stranger, n)
				fault := c.says
				if fault == "" {
					fault = dsr.NotFound
				}
				switch {
				case c.nothing && err != nil, !c.nothing && dsr.FaultOf(err) != fault:
					t.Errorf("%s says %v", name, err)
				case given != nil && !reflect.ValueOf(given).IsZero() && reflect.ValueOf(given).Kind() != reflect.Slice,
					given != nil && reflect.ValueOf(given).Kind() == reflect.Slice && reflect.ValueOf(given).Len() > 0:
					t.Errorf("%s gives %v", name, given)
				}
			}
			q, err := there.Queue(t.Context(), stranger, dsr.QueueFilter{})
			must(t, err)
			if len(q.Rows) != 1 || q.Rows[0].Case != own.ID {
				t.Errorf("the queue shows %+v", q.Rows)
			}
			due, err := there.DueMilestones(t.Context(), 100)
			must(t, err)
			for _, m := range due {
				if m.Case != own.ID {
					t.Error("a milestone of another")
				}
			}
			board, err := there.Board(t.Context(), stranger)
			must(t, err)
			equal(t, "open cases on the board", board[len(board)-1].Open, 1)
			cs, err := there.Colleagues(t.Context(), dsr.TaskReview)
			must(t, err)
			equal(t, "colleagues", len(cs), 1)
			letters, err := there.LettersToPost(t.Context(), stranger)
			must(t, err)
			equal(t, "letters of another", len(letters), 0)
			appointments, err := there.Appointments(t.Context(), stranger)
			must(t, err)
			equal(t, "appointments", len(appointments), 3)
			want(t, there.Appoint(t.Context(), stranger, dsr.Appointment{Staff: h.Handler.ID, Role: dsr.RoleHandler}), dsr.Invalid, "error.colleague-unknown")
			erasures, err := there.ClaimErasures(t.Context(), 100)
			must(t, err)
			equal(t, "erasures of another", len(erasures), 0)
			_, err = h.Store.For("no such organisation").Queue(t.Context(), stranger, dsr.QueueFilter{})
			want(t, err, dsr.NotFound, "")
		})
		ds, err := there.ClaimDeliveries(t.Context(), 100)
		must(t, err)
		if len(ds) != 1 || ds[0].Case != own.ID {
			t.Errorf("deliveries of another: %v", ds)
		}
		mails, err := there.ClaimNotices(t.Context(), 100)
		must(t, err)
		if len(mails) != 1 {
			t.Errorf("%d mails", len(mails))
		}
		t.Logf("%d methods given another organisation's IDs", len(across))
	}},

	{"a person's session reaches one submission and no other", func(t *testing.T, h *House) {
		mine := h.File(t)
		his := h.File(t).ToDelivery(t)
		code := his.Code(t, "download")
		notice := h.Text(t, "SELECT id FROM notices WHERE case_id = ? AND code = 'N-01'", his.ID)
		doc := h.Text(t, "SELECT id FROM documents WHERE submission = ?", his.Submission)
		o, x, me := h.Office(), t.Context(), mine.Submission
		h.unchanged(t, "another person's session", func() {
			for what, err := range map[string]error{
				"answer":    o.Answer(x, me, his.ID, "", "t"),
				"write":     o.Write(x, me, his.ID, "t"),
				"withdraw":  o.Withdraw(x, me, his.ID),
				"take back": o.TakeBackWithdrawal(x, me, his.ID),
				"object":    o.Object(x, me, his.ID, "t"),
				"again":     o.OpenAgain(x, me, his.ID),
				"remove":    o.RemoveDocument(x, me, doc),
				"letter":    second(o.Letter(x, me, notice)),
			} {
				if dsr.FaultOf(err) != dsr.NotFound {
					t.Errorf("%s: %v", what, err)
				}
			}
			_, bytes, err := o.Download(x, me, his.ID, code)
			if dsr.FaultOf(err) != dsr.NotFound || len(bytes) > 0 {
				t.Errorf("download: %v", err)
			}
		})
	}},

	{"on PostgreSQL every wall is closed, and a gap is seen", func(t *testing.T, h *House) {
		if !h.postgres {
			return // one file serves all on SQLite: one machine, one operator
		}
		h.spoilt = true
		h.everything(t)
		gaps, checked, err := unwalled(h.DB)
		must(t, err)
		if len(gaps) > 0 || checked < 20 {
			t.Fatalf("%d tables checked: %v", checked, gaps)
		}
		for _, x := range []struct{ harm, mend, table string }{
			{"ALTER TABLE notes NO FORCE ROW LEVEL SECURITY", "ALTER TABLE notes FORCE ROW LEVEL SECURITY", "notes"},
			{"ALTER TABLE items DISABLE ROW LEVEL SECURITY", "ALTER TABLE items ENABLE ROW LEVEL SECURITY", "items"},
			{"CREATE POLICY gate ON cases USING (true)", "DROP POLICY gate ON cases", "cases"},
			{"CREATE TABLE fresh (organisation TEXT)", "DROP TABLE fresh", "fresh"},
			{"CREATE VIEW peep AS SELECT * FROM messages", "DROP VIEW peep", "peep"},
			{"ALTER TABLE heartbeats OWNER TO madoguchi_app", "ALTER TABLE heartbeats OWNER TO CURRENT_USER", "heartbeats"},
		} {
			h.Exec(t, x.harm)
			if gaps, _, err := unwalled(h.DB); err != nil || len(gaps) != 1 || !strings.HasPrefix(gaps[0], x.table) {
				t.Errorf("after %q the check says %v, %v", x.harm, gaps, err)
			}
			h.Exec(t, x.mend)
		}
		equal(t, "roles of the application that pass walls", h.Int(t, `SELECT COUNT(*) FROM pg_roles WHERE rolname = 'madoguchi_app'
			AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolcanlogin)`), 0)
		t.Logf("%d tables behind walls", checked)
	}},

	{"on PostgreSQL a connection without the organisation sees nothing, and one with it nothing else", func(t *testing.T, h *House) {
		if !h.postgres {
			return
		}
		h.everything(t)
		kim := h.AddActor(t, h.There, "Kim Kai", dsr.RoleClerk)
		h.FileThere(t, kim)
		conn, err := h.DB.Conn(t.Context())
		must(t, err)
		defer conn.Close()
		exec := func(query string, args ...any) error {
			_, err := conn.ExecContext(t.Context(), query, args...)
			return err
		}
		count := func(query string) (n int64) {
			t.Helper()
			must(t, conn.QueryRowContext(t.Context(), query).Scan(&n))
			return n
		}
		var walled []string
		for _, table := range h.Tables(t) {
			if h.Int(t, "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = 'organisation' AND table_name = ?", table) == 1 && outlaws[table] == "" {
				walled = append(walled, table)
			}
		}
		must(t, exec("SET ROLE madoguchi_app"))
		defer exec("RESET ROLE")
		for _, setting := range []string{"", "nobody"} {
			if setting != "" {
				must(t, exec("SELECT set_config('madoguchi.organisation', $1, false)", setting))
			}
			for _, table := range walled {
				equal(t, "rows of "+table+" without the setting", count("SELECT COUNT(*) FROM "+table), 0)
			}
		}
		must(t, exec("SELECT set_config('madoguchi.organisation', $1, false)", h.There))
		equal(t, "cases there", count("SELECT COUNT(*) FROM cases"), 1)
		for _, table := range walled {
			equal(t, "rows of another in "+table, count("SELECT COUNT(*) FROM "+table+" WHERE organisation = '"+h.Here+"'"), 0)
		}
		for _, query := range []string{
			"INSERT INTO heartbeats SELECT 'x', 1 FROM cases WHERE organisation = '" + h.Here + "'",
			"UPDATE cases SET stage_before = 'x' WHERE organisation = '" + h.Here + "'",
			"UPDATE tasks SET cause = 'x' WHERE organisation = '" + h.Here + "'",
			"DELETE FROM items WHERE organisation = '" + h.Here + "'",
		} {
			res, err := conn.ExecContext(t.Context(), query)
			must(t, err)
			n, err := res.RowsAffected()
			must(t, err)
			equal(t, query, n, 0)
		}
		for _, query := range []string{
			"INSERT INTO openings (organisation, id, submission, actor_kind, actor, purpose, class, at) VALUES ('" + h.Here + "', 'x', 's', 'k', 'a', 'p', 'c', 1)",
			"UPDATE cases SET organisation = '" + h.Here + "'",
			"UPDATE evidence SET kind = 'x'", "DELETE FROM evidence", "DELETE FROM cases", "DELETE FROM accepted", "UPDATE openings SET purpose = 'x'",
			"DELETE FROM submissions", "TRUNCATE notes", "ALTER TABLE notes DISABLE ROW LEVEL SECURITY", "CREATE TABLE mine (x int)", "DROP TABLE notes",
		} {
			if err := exec(query); err == nil {
				t.Errorf("the application could %s", query)
			}
		}
		must(t, exec("SELECT set_config('madoguchi.organisation', '', false)"))
		equal(t, "cases", count("SELECT COUNT(*) FROM cases"), 0)
	}},

	{"what was recorded can't be changed through the store's own connection", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		if h.postgres {
			return // the application's rights: see above
		}
		for _, query := range []string{"UPDATE evidence SET kind = 'x' WHERE case_id = ?", "DELETE FROM evidence WHERE case_id = ?",
			"UPDATE openings SET purpose = 'x' WHERE case_id = ?", "DELETE FROM openings WHERE case_id = ?", "DELETE FROM cases WHERE id = ?"} {
			if err := h.Try(query, c.ID); err == nil {
				t.Errorf("it could %s", query)
			}
		}
	}},
}
