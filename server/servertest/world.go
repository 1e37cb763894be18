// Package servertest is a small world for pages: offices, accounts, probes and
// a mailbox in memory, with the real packs. Tests of the portal, the desk and
// the board put into it what a page should show and look at what a page did.
//
// It keeps the promises of server's ports that pages depend on (one receipt
// for one form token, codes, sessions, claims, two people for a decision) and
// nothing else of the engine.
package servertest

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"madoguchi/dsr"
	"madoguchi/packs"
	"madoguchi/policy"
	"madoguchi/server"
)

// Code is the one-time code that is always right.
const Code = "12345678"

// Password is the password of every member of staff.
const Password = "correct horse"

// World is everything that a site needs. Change its fields before or between
// requests; the methods lock.
type World struct {
	mu      sync.Mutex
	Library *policy.Library
	// Now is the port's clock.
	Now time.Time
	// Fail gives an error to every call of a method of the ports by its name
	// ("File", "SaveDraft").
	Fail map[string]error
	// Calls are the names of the methods called, in order.
	Calls []string
	// Submissions by ID; a test may change what a person sees.
	Submissions map[string]*Submission
	// Staff by login.
	Staff map[string]*dsr.Staff
	// Cases, Identities, Reviews and Approvals are what the desk shows, by
	// case ID; Queues by organisation.
	Cases      map[string]*dsr.CasePage
	Identities map[string]*dsr.IdentityPage
	Reviews    map[string]*dsr.ReviewPage
	Approvals  map[string]*dsr.ApprovePage
	// Authorities and Investigations by case, Recipients by their own ID.
	Authorities    map[string]*dsr.AuthorityPage
	Investigations map[string]*dsr.InvestigationPage
	Recipients     map[string]*dsr.RecipientPage
	Letters        []dsr.PostedLetter
	Appointed      []dsr.Appointment
	// Recorded, Found, Answers and Identified are what staff sent.
	Recorded   []dsr.Authority
	Found      []dsr.Finding
	Answers    []dsr.Item
	Identified []dsr.IdentityConfirmation

	Queues map[string]dsr.Queue
	Boards map[string][]dsr.BoardRow
	// Stops are what the links of cooling-offs show, by token.
	Stops map[string]*dsr.StopPage
	// Calendars and DateLines are what the board shows and takes, by
	// organisation; Questions are the dates that were asked for.
	Calendars map[string][]dsr.CalendarLine
	DateLines map[string][]dsr.ClockLine
	Questions []dsr.DateQuestion
	// Acts are what staff did, in words: "claim task-1 staff-1".
	Acts []string
	// Parts is what the probes say.
	PartsDown map[string]string
	// Caught is the mailbox.
	Caught []server.Mail
	// Limited makes Allow refuse these scopes.
	Limited map[string]bool

	drafts   map[string]dsr.Draft
	tokens   map[string]string // form token → submission
	sessions map[string][2]string
	desk     map[string]string // token → login
	n        int
}

// Submission is what somebody filed and what they see of it.
type Submission struct {
	Organisation string
	Filing       dsr.Filing
	Filed        dsr.Filed
	Status       dsr.StatusPage
	Letters      map[string]dsr.Letter
	Package      []byte
	// Uploads are the bytes of the papers, in order.
	Uploads [][]byte
	// Sent are the purposes for which codes were sent.
	Sent []string
}

// New makes a world at noon of 20 November 2026 in Japan. It panics when the
// packs do not load: then no page can be right.
func New() *World {
	l, err := policy.Load(packs.Files, policy.Options{})
	if err != nil {
		panic(err)
	}
	return &World{
		Library: l, Now: time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC), Fail: map[string]error{},
		Submissions: map[string]*Submission{}, Staff: map[string]*dsr.Staff{}, Cases: map[string]*dsr.CasePage{},
		Identities: map[string]*dsr.IdentityPage{}, Reviews: map[string]*dsr.ReviewPage{}, Approvals: map[string]*dsr.ApprovePage{},
		Authorities: map[string]*dsr.AuthorityPage{}, Investigations: map[string]*dsr.InvestigationPage{}, Recipients: map[string]*dsr.RecipientPage{},
		Queues: map[string]dsr.Queue{}, Boards: map[string][]dsr.BoardRow{}, Stops: map[string]*dsr.StopPage{},
		Calendars: map[string][]dsr.CalendarLine{}, DateLines: map[string][]dsr.ClockLine{},
		PartsDown: map[string]string{"database": "", "temporal": "", "worker": "", "mail": ""}, Limited: map[string]bool{},
		drafts: map[string]dsr.Draft{}, tokens: map[string]string{}, sessions: map[string][2]string{}, desk: map[string]string{},
	}
}

// Server is a site of this world at http://127.0.0.1.
func (w *World) Server() *server.Server {
	return &server.Server{Offices: w, Accounts: accounts{w}, Probes: probes{w}, Mailbox: mailbox{w}, Packs: w.Library,
		Now: func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.Now }, BaseURL: "http://127.0.0.1", PlainCookies: true}
}

// Pack is the pack of a slug.
func (w *World) Pack(slug string) *policy.Pack {
	p, ok := w.Library.BySlug(slug)
	if !ok {
		panic("no pack " + slug)
	}
	return p
}

// day is the civil date in Japan of that instant.
func (w *World) day(hours int) string {
	return w.Now.Add(time.Duration(hours+9) * time.Hour).UTC().Format(time.DateOnly)
}

// At is an instant so many hours from now, as the database has it.
func (w *World) At(hours int) int64 { return w.Now.Add(time.Duration(hours) * time.Hour).UnixMicro() }

// AddStaff adds a member of staff with roles in the organisation of a slug.
func (w *World) AddStaff(login, name, slug string, roles ...dsr.Role) *dsr.Staff {
	s := &dsr.Staff{ID: "staff-" + login, Login: login, Name: name, Voice: dsr.VoiceEn, Roles: map[string][]dsr.Role{w.Pack(slug).ID: roles}}
	w.Staff[login] = s
	return s
}

// SignInStaff opens a session for a member of staff and gives its token.
func (w *World) SignInStaff(login string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.id("desk-token")
	w.desk[t] = login
	return t
}

// AddSubmission puts a submission with one disclosure into the world, as it is
// the moment after filing, and gives it to be changed.
func (w *World) AddSubmission(slug string) *Submission {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.file(w.Pack(slug).ID, dsr.Filing{FormToken: w.id("form-token-form-token"), Voice: dsr.VoiceVi, Contact: dsr.Contact{Mail: "minh@example.jp"},
		Person: dsr.Person{Name: "Nguyễn Văn Minh"}, Wishes: []dsr.Wish{{Kind: dsr.KindDisclosure, Delivery: "download"}}})
}

// Session opens a customer's session and gives its token.
func (w *World) Session(s *Submission) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.id("token")
	w.sessions[t] = [2]string{s.Organisation, s.Status.Submission}
	return t
}

// EndSessions ends every session of customers.
func (w *World) EndSessions() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions = map[string][2]string{}
}

// Filings are all that was filed, in order.
func (w *World) Filings() []dsr.Filing {
	w.mu.Lock()
	defer w.mu.Unlock()
	var fs []dsr.Filing
	for i := 1; i <= w.n; i++ {
		if s := w.Submissions[fmt.Sprintf("submission-%d", i)]; s != nil {
			fs = append(fs, s.Filing)
		}
	}
	return fs
}

func (w *World) id(of string) string { w.n++; return fmt.Sprintf("%s-%d", of, w.n) }

// call notes a call and gives its planned failure.
func (w *World) call(name string) error { w.Calls = append(w.Calls, name); return w.Fail[name] }

func (w *World) file(organisation string, f dsr.Filing) *Submission {
	id := w.id("submission")
	ref := dsr.NewReference([7]byte{byte(w.n), 7, 19, 2, 9, 4, 28})
	at := w.Now.UnixMicro()
	target := w.Now.Add(14 * 24 * time.Hour).UnixMicro()
	s := &Submission{Organisation: organisation, Filing: f, Letters: map[string]dsr.Letter{}, Package: []byte("PK\x05\x06")}
	s.Status = dsr.StatusPage{Submission: id, Reference: ref, Voice: f.Voice, ByPost: f.Contact.ByPost, Identity: dsr.IdentityState{Needed: "L2"}}
	s.Filed = dsr.Filed{Submission: id, Reference: ref, ReceivedAt: at, ArrivedAt: at, TargetAt: target}
	for i, wish := range f.Wishes {
		caseID := fmt.Sprintf("case-%s-%d", id, i+1)
		s.Filed.Cases = append(s.Filed.Cases, caseID)
		s.Status.Cases = append(s.Status.Cases, dsr.StatusCase{
			Shell: dsr.Shell{Case: caseID, Submission: id, Reference: fmt.Sprintf("%s-%d", ref, i+1), Kind: wish.Kind, Stage: dsr.StageReceived,
				Voice: f.Voice, ArrivedAt: at, ReceivedAt: at, TargetAt: target},
			Step: dsr.StepReceived, StageShown: dsr.StageReceived, CanWithdraw: true,
			Timeline: []dsr.TimelineEntry{{At: at, Code: "timeline.filed", Actor: dsr.ActorPerson, Public: true, Seq: 1}},
		})
	}
	w.Submissions[id] = s
	return s
}

// Office is server.Offices.
func (w *World) Office(organisation string) server.Office { return &office{w: w, id: organisation} }

type accounts struct{ w *World }

func (a accounts) SignInStaff(_ context.Context, login, password, _ string) (string, error) {
	a.w.mu.Lock()
	if err := a.w.call("SignInStaff"); err != nil {
		a.w.mu.Unlock()
		return "", err
	}
	s := a.w.Staff[login]
	a.w.mu.Unlock()
	if s == nil || password != Password || s.Disabled {
		return "", dsr.Fail(dsr.Invalid, "error.sign-in")
	}
	return a.w.SignInStaff(login), nil
}

func (a accounts) StaffSession(_ context.Context, token string) (dsr.Staff, error) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	if err := a.w.call("StaffSession"); err != nil {
		return dsr.Staff{}, err
	}
	if s := a.w.Staff[a.w.desk[token]]; s != nil {
		return *s, nil
	}
	return dsr.Staff{}, dsr.Fail(dsr.NotFound, "error.session-over")
}

func (a accounts) OpenSession(_ context.Context, organisation, submission string) (string, error) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	if err := a.w.call("OpenSession"); err != nil {
		return "", err
	}
	t := a.w.id("token")
	a.w.sessions[t] = [2]string{organisation, submission}
	return t, nil
}

func (a accounts) Session(_ context.Context, token string) (string, string, error) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	if err := a.w.call("Session"); err != nil {
		return "", "", err
	}
	s, ok := a.w.sessions[token]
	if !ok {
		return "", "", dsr.Fail(dsr.NotFound, "error.session-over")
	}
	return s[0], s[1], nil
}

func (a accounts) EndSession(_ context.Context, token string) error {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	delete(a.w.sessions, token)
	delete(a.w.desk, token)
	return a.w.call("EndSession")
}

func (a accounts) Allow(_ context.Context, scope, _ string, _, _ int) (bool, error) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	return !a.w.Limited[scope], a.w.Fail["Allow"]
}

type probes struct{ w *World }

func (p probes) Parts(context.Context) map[string]string {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	out := map[string]string{}
	for k, v := range p.w.PartsDown {
		out[k] = v
	}
	return out
}

type mailbox struct{ w *World }

func (m mailbox) Mails() ([]server.Mail, error) { return m.w.Caught, nil }

func (m mailbox) Mail(id string) (server.Mail, error) {
	for _, x := range m.w.Caught {
		if x.ID == id {
			return x, nil
		}
	}
	return server.Mail{}, dsr.Fail(dsr.NotFound, "error.not-found")
}

// same reports whether two filings say the same.
func same(a, b dsr.Filing) bool {
	a.FormToken, a.Draft, b.FormToken, b.Draft = "", "", "", ""
	return reflect.DeepEqual(a, b)
}
