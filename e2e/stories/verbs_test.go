package stories

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/sample"
)

// verbs are what a script can say. A verb gives what it has to tell, "" for
// "ok"; a *dsr.Error is what somebody was told.
var verbs map[string]func(s *story, args []string) (string, error)

func init() { // the map names functions that name the map
	verbs = map[string]func(s *story, args []string) (string, error){
		"file":            file,
		"confirm":         confirm,
		"papers":          papers,
		"claim":           claim,
		"more":            more,
		"verify":          verify,
		"reject":          reject,
		"answer-items":    answerItems,
		"propose":         propose,
		"approve":         approve,
		"send-back":       sendBack,
		"ask":             ask,
		"answer":          answer,
		"withdraw":        withdraw,
		"take-back":       takeBack,
		"download":        download,
		"open-again":      openAgain,
		"hand-over":       handOver,
		"object":          object,
		"settle":          settle,
		"investigate":     investigate,
		"decide":          decide,
		"recipients":      recipients,
		"stop-link":       stopLink,
		"resume":          resume,
		"held":            held,
		"mandate":         mandate,
		"admit":           admit,
		"no-mandate":      noMandate,
		"redirect":        redirect,
		"classify":        classify,
		"end-appointment": endAppointment,
		"extend":          extend,
		"post-letter":     postLetter,
		"sweep":           sweep,
		"mails":           mails,
		"systems":         system,
		"letter":          letter,
		"before":          before,
		"lose":            lose,
		"rebuild":         rebuild,
		"old-run":         oldRun,
		"look":            look,
		"stop":            stop,
	}
}

// staff is a colleague by the name that the scripts use.
func (s *story) staff(args []string) dsr.Actor {
	s.t.Helper()
	all := s.people
	if len(args) > 0 {
		if a, ok := all[args[0]]; ok {
			return a
		}
	}
	s.t.Fatalf("%q does not begin with one of handler, second, clerk, approver, both, manager", args)
	return dsr.Actor{}
}

// option is the value of key=value among the words.
func option(args []string, key string) string {
	for _, a := range args {
		if v, ok := strings.CutPrefix(a, key+"="); ok {
			return v
		}
	}
	return ""
}

// task claims the newest task of a kind for somebody, unless they have it.
func (s *story) task(actor dsr.Actor, kind dsr.TaskKind) (string, error) {
	page, err := s.office.Case(s.t.Context(), auditor, s.caseID)
	if err != nil {
		return "", err
	}
	for _, x := range slices.Backward(page.Tasks) {
		if x.Kind == kind && (x.State == "open" || x.State == "claimed") {
			if x.Assignee == actor.ID {
				return x.ID, nil
			}
			return x.ID, s.office.Claim(s.t.Context(), actor, x.ID)
		}
	}
	return "", dsr.Fail(dsr.Conflict, "error.task-done")
}

// file VOICE download|post [by=telephone|counter] [arrived=DATETTIME]
// [person=stranger] [mail=ADDRESS] [rep=delegated|statutory] [at=ORGANISATION]
// [kind=KIND] [claim=FIELD:VALUE]: somebody files, on the portal or with a clerk;
// a disclosure unless it says otherwise.
func file(s *story, args []string) (string, error) {
	on := s.on
	s.person = dsr.Person{Name: on.Name, Kana: on.Kana, BornOn: on.BornOn, Number: on.Number, Population: s.populations()[0].ID}
	s.contact = dsr.Contact{Mail: on.Mail, Phone: on.Phone}
	if option(args, "person") == "stranger" {
		s.person = dsr.Person{Name: "Nobody Known", BornOn: "1971-07-17", Population: "visitor"}
		s.contact = dsr.Contact{Mail: "nobody.known@example.jp"}
	}
	f := dsr.Filing{FormToken: s.t.Name(), Channel: dsr.ChannelPortal, Voice: dsr.Voice(args[0]), Person: s.person, Contact: s.contact,
		Wishes: []dsr.Wish{{Kind: dsr.KindDisclosure, Scope: "everything", Delivery: args[1]}}}
	if kind := option(args, "kind"); kind != "" {
		f.Wishes[0] = dsr.Wish{Kind: dsr.Kind(kind)}
	}
	if claim := option(args, "claim"); claim != "" {
		field, should, _ := strings.Cut(claim, ":")
		f.Wishes[0].Claims = []dsr.Claim{{Field: field, Should: should}}
	}
	actor := dsr.Actor{Kind: dsr.ActorPerson}
	if option(args, "mail") != "" {
		s.contact.Mail = option(args, "mail")
		f.Contact = s.contact
	}
	if rep := option(args, "rep"); rep != "" {
		f.Representative = &dsr.Representative{Kind: rep, Relation: option(args, "relation"), Person: dsr.Person{Name: "Somebody Who Helps", Phone: "090-0000-9001"}}
	}
	f.PostedOn, f.RecordingTold = option(args, "posted"), slices.Contains(args, "heard")
	f.Person.Population = cmp.Or(option(args, "of"), f.Person.Population)
	if args[1] == "post" {
		f.Person.Address = on.Address
		f.Contact = dsr.Contact{ByPost: true, Phone: on.Phone}
	}
	if by := option(args, "by"); by != "" {
		f.Channel, actor = dsr.Channel(by), s.people["clerk"]
	}
	if at := option(args, "arrived"); at != "" {
		arrived, err := time.ParseInLocation("2006-01-02T15:04", at, japan)
		if err != nil {
			return "", err
		}
		f.ArrivedAt = arrived.UnixMicro()
	}
	filed, err := s.office.File(s.t.Context(), actor, f)
	if err != nil {
		return "", err
	}
	s.filed, s.caseID = filed, filed.Cases[0]
	return "ok, target " + shown(filed.TargetAt), nil
}

// withCode asks for a code and reads it in the mail.
func (s *story) withCode(purpose string) (string, error) {
	s.code = ""
	if err := s.office.SendCode(s.t.Context(), s.filed.Submission, purpose); err != nil {
		return "", err
	}
	s.post()
	if s.code == "" {
		return "", dsr.Fail(dsr.Unavailable, "story.no-mail-came")
	}
	return s.code, nil
}

// confirm: the person confirms the address by a code.
func confirm(s *story, _ []string) (string, error) {
	code, err := s.withCode("confirm")
	if err != nil {
		return "", err
	}
	return "", s.office.ConfirmContact(s.t.Context(), s.filed.Submission, code)
}

// papers: the person uploads a residence card and sends it.
func papers(s *story, _ []string) (string, error) {
	if _, err := s.office.AddDocument(s.t.Context(), s.filed.Submission, "residence-card", "image/png", []byte("a picture")); err != nil {
		return "", err
	}
	return "", s.office.SubmitIdentity(s.t.Context(), s.filed.Submission)
}

// claim WHO TASK.
func claim(s *story, args []string) (string, error) {
	_, err := s.task(s.staff(args), dsr.TaskKind(args[1]))
	return "", err
}

// more WHO REASON: too little was shown.
func more(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskVerifyIdentity)
	if err != nil {
		return "", err
	}
	return "", s.office.AskMoreProof(s.t.Context(), actor, s.caseID, task, args[1], "")
}

// verify WHO [none] [to=file] [by=DOCUMENT]: the papers and a record agree, or nothing is held
// about the person, who is who they say. The answer goes to the address that
// was filed, or to the one on file.
func verify(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskVerifyIdentity)
	if err != nil {
		return "", err
	}
	page, err := s.office.IdentityPage(s.t.Context(), actor, s.caseID)
	if err != nil {
		return "", err
	}
	chosen, also := s.candidates(page)
	if slices.Contains(args, "none") {
		chosen, also = -1, nil
	} else if chosen < 0 {
		return "", fmt.Errorf("of %d candidates none is the person's", len(page.Candidates))
	}
	return "", s.office.ConfirmIdentity(s.t.Context(), actor, s.caseID, dsr.IdentityConfirmation{Task: task, Document: cmp.Or(option(args, "by"), "residence-card"),
		Candidate: chosen, Also: also, Agreed: []string{"name", "born_on"}, Delivery: cmp.Or(option(args, "to"), "filed")})
}

// reject WHO REASON: a handler proposes to close for want of proof.
func reject(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskVerifyIdentity)
	if err != nil {
		return "", err
	}
	return "", s.office.ProposeRejection(s.t.Context(), actor, s.caseID, task, strings.Join(args[1:], " "))
}

// answer-items WHO [withhold=N[,N]|all EXEMPTION]: every test of every item is
// answered; what is not withheld is disclosed with all proposed redactions, and
// what may be somebody else's is not.
func answerItems(s *story, args []string) (string, error) {
	actor := s.staff(args)
	if _, err := s.task(actor, dsr.TaskReview); err != nil {
		return "", err
	}
	page, err := s.office.Review(s.t.Context(), actor, s.caseID)
	if err != nil {
		return "", err
	}
	withhold := strings.Split(option(args, "withhold"), ",")
	for i, it := range page.Items {
		for j := range it.Tests {
			it.Tests[j].Answer = dsr.AnswerDoesNot
		}
		for j := range it.Decision.Redactions {
			it.Decision.Redactions[j].Answered, it.Decision.Redactions[j].Accepted = true, true
		}
		it.Decision.Measure = dsr.MeasureDisclose
		switch {
		case slices.Contains(withhold, strconv.Itoa(i+1)), withhold[0] == "all":
			ground := args[len(args)-1]
			at := slices.IndexFunc(it.Tests, func(x dsr.ItemTest) bool { return x.Exemption == ground })
			if at < 0 {
				return "", fmt.Errorf("item %d has no test %s", i+1, ground)
			}
			it.Tests[at].Answer, it.Tests[at].Evidence = dsr.AnswerApplies, "seen in the file"
			it.Decision.Measure, it.Decision.Exemption = dsr.MeasureWithhold, ground
		case it.Quarantine:
			it.Decision.Measure = dsr.MeasureNotHeld
		}
		if err := s.office.AnswerItem(s.t.Context(), actor, s.caseID, it); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("ok, %d items", len(page.Items)), nil
}

// propose WHO.
func propose(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskReview)
	if err != nil {
		return "", err
	}
	if err := s.office.Propose(s.t.Context(), actor, s.caseID, task); err != nil {
		return "", err
	}
	page, err := s.office.Case(s.t.Context(), auditor, s.caseID)
	if err != nil {
		return "", err
	}
	newest := page.Proposals[len(page.Proposals)-1]
	return fmt.Sprintf("ok, version %d: %s", newest.Version, newest.Outcome), nil
}

// newest is the version of the newest proposal and the task to judge it, which
// actor claims unless it is their own.
func (s *story) newest(actor dsr.Actor) (version int, task string, err error) {
	page, err := s.office.Case(s.t.Context(), auditor, s.caseID)
	if err != nil {
		return 0, "", err
	}
	for _, p := range page.Proposals {
		if p.Version == page.Proposal && p.Proposer == actor.ID {
			return page.Proposal, "", nil
		}
	}
	task, err = s.task(actor, dsr.TaskApprove)
	return page.Proposal, task, err
}

// approve WHO.
func approve(s *story, args []string) (string, error) {
	actor := s.staff(args)
	version, task, err := s.newest(actor)
	if err != nil {
		return "", err
	}
	return "", s.office.Approve(s.t.Context(), actor, s.caseID, task, version)
}

// send-back WHO COMMENT.
func sendBack(s *story, args []string) (string, error) {
	actor := s.staff(args)
	version, task, err := s.newest(actor)
	if err != nil {
		return "", err
	}
	return "", s.office.SendBack(s.t.Context(), actor, s.caseID, task, version, strings.Join(args[1:], " "))
}

// ask WHO QUESTION.
func ask(s *story, args []string) (string, error) {
	return "", s.office.Ask(s.t.Context(), s.staff(args), s.caseID, strings.Join(args[1:], " "))
}

// answer TEXT: the person answers the open question.
func answer(s *story, args []string) (string, error) {
	return "", s.office.Answer(s.t.Context(), s.filed.Submission, s.caseID, "", strings.Join(args, " "))
}

func withdraw(s *story, _ []string) (string, error) {
	return "", s.office.Withdraw(s.t.Context(), s.filed.Submission, s.caseID)
}

// take-back: the person takes the withdrawal back.
func takeBack(s *story, _ []string) (string, error) {
	return "", s.office.TakeBackWithdrawal(s.t.Context(), s.filed.Submission, s.caseID)
}

func download(s *story, _ []string) (string, error) {
	code, err := s.withCode("download")
	if err != nil {
		return "", err
	}
	_, bytes, err := s.office.Download(s.t.Context(), s.filed.Submission, s.caseID, code)
	if err == nil && string(bytes[:2]) != "PK" {
		return "", fmt.Errorf("what was downloaded is no ZIP")
	}
	if err == nil && s.codeTo != s.contact.Mail {
		return "ok, with a code from the address on file", nil
	}
	return "", err
}

// open-again: the person asks for the package once more.
func openAgain(s *story, _ []string) (string, error) {
	return "", s.office.OpenAgain(s.t.Context(), s.filed.Submission, s.caseID)
}

// hand-over WHO: the answer went by post.
func handOver(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskHandOver)
	if err != nil {
		return "", err
	}
	if _, bytes, err := s.office.PackageForPost(s.t.Context(), actor, s.caseID, task); err != nil || len(bytes) == 0 {
		return "", err
	}
	return "", s.office.HandedOver(s.t.Context(), actor, s.caseID, task)
}

// object TEXT: the person does not agree with how a case was closed.
func object(s *story, args []string) (string, error) {
	return "", s.office.Object(s.t.Context(), s.filed.Submission, s.caseID, strings.Join(args, " "))
}

// settle WHO again|without: what becomes of a system that did not answer.
func settle(s *story, args []string) (string, error) {
	actor := s.staff(args)
	task, err := s.task(actor, dsr.TaskCollect)
	if err != nil {
		return "", err
	}
	return "", s.office.CloseTask(s.t.Context(), actor, task, args[1])
}

// sweep lets everything fall due that did, as the loop beside the runs does.
func sweep(s *story, _ []string) (string, error) {
	due, err := s.office.DueMilestones(s.t.Context(), 100)
	for _, m := range due {
		if _, err := s.office.FallDue(s.t.Context(), m.Case, m.Milestone, "sweep"); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("ok, %d fell due", len(due)), err
}

// mails up|away|refused: how the mail server is from now on.
func mails(s *story, args []string) (string, error) {
	if !slices.Contains([]string{"up", "away", "refused"}, args[0]) {
		return "", fmt.Errorf("mails are up, away or refused, not %q", args[0])
	}
	s.mails = args[0]
	return "", nil
}

// systems up|away.
func system(s *story, args []string) (string, error) {
	if !slices.Contains([]string{"up", "away"}, args[0]) {
		return "", fmt.Errorf("systems are up or away, not %q", args[0])
	}
	s.keeping.Lock()
	defer s.keeping.Unlock()
	s.away = args[0] == "away"
	return "", nil
}

// letter CODE [lacks=held]: whether the newest letter of a code is there and
// says nothing of what is held.
func letter(s *story, args []string) (string, error) {
	page, err := s.office.Case(s.t.Context(), auditor, s.caseID)
	if err != nil {
		return "", err
	}
	for _, n := range slices.Backward(page.Notices) {
		if n.Code != args[0] {
			continue
		}
		l, err := s.office.Letter(s.t.Context(), s.filed.Submission, n.ID)
		if err != nil {
			return "", err
		}
		if option(args, "lacks") == "held" {
			for _, word := range heldWords() {
				if strings.Contains(l.Text, word) {
					return "", fmt.Errorf("the letter says %q", word)
				}
			}
		}
		return "ok, " + l.Title, nil
	}
	return "", dsr.Fail(dsr.NotFound, "story.no-letter")
}

// extend WHO CLOCK N GROUND: an approver orders an extension of one clock.
func extend(s *story, args []string) (string, error) {
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return "", err
	}
	return "", s.office.Extend(s.t.Context(), s.staff(args), s.caseID, dsr.Extension{Clock: args[1], N: n, Ground: args[3]})
}

// post-letter WHO CODE: the newest letter of a code is printed and brought to the post.
func postLetter(s *story, args []string) (string, error) {
	actor := s.staff(args)
	page, err := s.office.Case(s.t.Context(), auditor, s.caseID)
	if err != nil {
		return "", err
	}
	for _, n := range slices.Backward(page.Notices) {
		if n.Code == args[1] && n.Channel == "post" {
			if _, err := s.office.PrintLetters(s.t.Context(), actor, []string{n.ID}); err != nil {
				return "", err
			}
			return "", s.office.LetterPosted(s.t.Context(), actor, n.ID)
		}
	}
	return "", dsr.Fail(dsr.NotFound, "story.no-letter")
}

// heldWords stand in a letter only if it says what the centre holds: the names
// of its system, and what is on file of the person beyond what they filed.
func heldWords() []string {
	on := sample.Main()
	return []string{"Consultation records", "The centre's consultation", "Hồ sơ tư vấn", on.Number, on.Address, on.Status, on.RegisteredOn}
}

// before fall-due|permit|build|close VERB …: the verb happens right before the
// run's next activity of that name takes its transaction.
func before(s *story, args []string) (string, error) {
	if !slices.Contains([]string{"fall-due", "permit", "build", "close"}, args[0]) {
		return "", fmt.Errorf("nothing slips in before %q", args[0])
	}
	s.keeping.Lock()
	defer s.keeping.Unlock()
	s.slips[args[0]] = event{verb: args[1], args: args[2:]}
	return "", nil
}

// lose: the case's run is gone, with Temporal's database, and nobody has noticed.
func lose(s *story, _ []string) (string, error) {
	if s.env == nil {
		return "", fmt.Errorf("there is no run to lose")
	}
	s.lost = true
	s.env.CancelWorkflow()
	return "", nil
}

// rebuild: a new epoch of the case begins from the record.
func rebuild(s *story, _ []string) (string, error) {
	if s.env != nil {
		s.lost = true
		s.env.CancelWorkflow()
	}
	return "", s.office.Rebuild(s.t.Context(), s.caseID)
}

// old-run: the run of the epoch before wakes up somewhere and does what it was
// about to do.
func oldRun(s *story, _ []string) (string, error) {
	page, err := s.office.Case(s.t.Context(), auditor, s.caseID)
	if err != nil {
		return "", err
	}
	ctx, old := s.t.Context(), page.Epoch-1
	var heard []bool
	for _, do := range []func() (dsr.Facts, error){
		func() (dsr.Facts, error) { return s.office.Begin(ctx, s.caseID, old) },
		func() (dsr.Facts, error) {
			return s.office.Enter(ctx, s.caseID, old, page.Transition+1, dsr.StageDecision)
		},
		func() (dsr.Facts, error) { return s.office.Close(ctx, s.caseID, old, page.Transition+1) },
	} {
		f, err := do()
		if err != nil {
			return "", err
		}
		heard = append(heard, f.Superseded)
	}
	after, err := s.office.Case(ctx, auditor, s.caseID)
	if err != nil {
		return "", err
	}
	if slices.Contains(heard, false) || after.Transition != page.Transition || after.Stage != page.Stage || len(after.Timeline) != len(page.Timeline) {
		return "", fmt.Errorf("the old run was heard: %v", heard)
	}
	return "superseded, and changed nothing", nil
}

// look says where the case stands.
func look(s *story, _ []string) (string, error) {
	page, err := s.office.Case(s.t.Context(), auditor, s.caseID)
	if err != nil {
		return "", err
	}
	return s.standing(page), nil
}

// stop ends a story whose case stays open.
func stop(s *story, _ []string) (string, error) {
	s.stopped = true
	if s.env != nil {
		s.env.CancelWorkflow()
	}
	return "", nil
}
