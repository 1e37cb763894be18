package main

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"madoguchi/dsr"
	"madoguchi/internal/store/storetest"
	"madoguchi/server"
)

// expectations are server/testdata/routes.yaml: what every route answers to
// everybody, kept by hand.
type expectations struct {
	Columns []string          `yaml:"columns"`
	Routes  map[string][]int  `yaml:"routes"`
	Headers map[string]string `yaml:"headers"`
}

func readExpectations(t *testing.T) expectations {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "server", "testdata", "routes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var e expectations
	if err := yaml.UnmarshalWithOptions(text, &e, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return e
}

// callers are the columns of the file: who stands before the door. A customer
// holds a session on the submission that the address is about, other one on
// another submission of the organisation. Elsewhere has every role in another
// organisation; smuggler is the same person at their own desk with this
// organisation's IDs in the address; stray is a customer of here who shows their
// session to the other organisation.
var callers = []string{"anonymous", "drafting", "customer", "other", "clerk", "handler", "approver", "manager", "auditor", "admin", "elsewhere", "smuggler", "stray"}

// Marks of personal data: each stands in one organisation only.
const (
	markHere  = "Marker Herewoman"
	markThere = "Marker Therewoman"
	noteHere  = "note-mark-here"
	noteThere = "note-mark-there"
)

// site is the whole product on a real database, opened as `madoguchi server`
// opens it, without worker and Temporal, and somebody who does their part.
type site struct {
	*storetest.House
	handler http.Handler
	routes  []server.Route
	slugs   map[string]string // by organisation
	cases   map[string]*storetest.Case
	other   *storetest.Case
	there   *storetest.Case
	staff   map[string]string // session token by name
	secret  map[string]string // password by name
	host    string
	thereBy dsr.Actor
}

func openSite(t *testing.T) *site {
	t.Helper()
	now := &storetest.Clock{}
	now.Set(storetest.Monday)
	c, err := parseConfig(map[string]string{"ADDR": "127.0.0.1:0", "DATA_DIR": t.TempDir(), "TEMPORAL_ADDRESS": "127.0.0.1:1",
		"BASE_URL": "https://dsr.example"})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{config: c, web: true, env: map[string]string{}, log: newLog(io.Discard, "error"), now: now.Now}
	if err := a.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	// The walk does what relay and worker would: nobody else may.
	a.relay = nil
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.DataDir, "madoguchi.db")+"?_pragma=busy_timeout(15000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	here, _ := a.packs.BySlug("izumisano")
	there, _ := a.packs.BySlug("kai")
	s := &site{
		House: &storetest.House{Store: a.store, Clock: now, Here: here.ID, There: there.ID, DB: db, Systems: storetest.Sample()},
		slugs: map[string]string{here.ID: here.Slug, there.ID: there.Slug}, handler: a.http.Handler,
		routes: (&server.Server{Mailbox: mailbox{a.sink}}).Routes(), cases: map[string]*storetest.Case{}, staff: map[string]string{}, secret: map[string]string{},
		host: "dsr.example",
	}
	s.Systems.Candidates[0].Person.Name = markHere
	for role, to := range map[dsr.Role]*dsr.Actor{dsr.RoleClerk: &s.Clerk, dsr.RoleHandler: &s.Handler, dsr.RoleApprover: &s.Approver,
		dsr.RoleManager: &s.Manager, dsr.RoleAuditor: &s.Auditor, dsr.RoleAdmin: new(dsr.Actor)} {
		*to = s.account(t, string(role), map[string][]dsr.Role{here.ID: {role}})
	}
	s.thereBy = s.account(t, "elsewhere", map[string][]dsr.Role{there.ID: dsr.Roles})
	s.thereBy.Roles = dsr.Roles
	s.other = s.file(t).ToIdentity(t)
	f := storetest.Filing(s.Form())
	f.Channel, f.Voice, f.Person.Name, f.Contact.Mail = dsr.ChannelTelephone, dsr.VoiceEn, markThere, "there@example.jp"
	f.RecordingTold = true
	for _, r := range []dsr.Role{dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager} { // that policy asks for appointments
		s.Exec(t, "INSERT INTO appointments (organisation, id, staff, role, appointed_by, from_at, created_at) VALUES (?, ?, ?, ?, 'founder', 1, 1)",
			there.ID, "appointment-"+string(r), s.thereBy.ID, string(r))
	}
	filed, err := s.Store.For(s.There).File(t.Context(), s.thereBy, f)
	if err != nil {
		t.Fatal(err)
	}
	s.there = &storetest.Case{ID: filed.Cases[0], Filed: filed}
	if err := s.Store.For(s.There).AddNote(t.Context(), s.thereBy, s.there.ID, noteThere); err != nil {
		t.Fatal(err)
	}
	return s
}

// account makes somebody who can sign in, and signs them in.
func (s *site) account(t *testing.T, name string, roles map[string][]dsr.Role) dsr.Actor {
	t.Helper()
	password, err := s.Store.AddStaff(t.Context(), name, "Staff "+name, dsr.VoiceEn, roles)
	if err != nil {
		t.Fatal(err)
	}
	s.secret[name] = password
	s.signIn(t, name)
	st, err := s.Store.StaffSession(t.Context(), s.staff[name])
	if err != nil {
		t.Fatal(err)
	}
	return dsr.Actor{Kind: dsr.ActorStaff, ID: st.ID, Roles: st.Roles[s.Here]}
}

func (s *site) signIn(t *testing.T, name string) {
	t.Helper()
	token, err := s.Store.SignInStaff(t.Context(), name, s.secret[name], "")
	if err != nil {
		t.Fatal(err)
	}
	s.staff[name] = token
}

func (s *site) file(t *testing.T) *storetest.Case {
	t.Helper()
	return s.File(t, func(f *dsr.Filing) { f.Person.Name = markHere })
}

// stageOf is where the case of an address must stand for the address to make
// sense.
func stageOf(path string) string {
	for _, x := range []struct{ part, stage string }{
		{"/review", "review"}, {"/preview", "review"}, {"/propose", "review"}, {"/approval", "decision"}, {"/approve", "decision"},
		{"/send-back", "decision"}, {"/download", "delivery"}, {"/classify", "triage"}, {"/redirect", "triage"},
	} {
		if strings.Contains(path, x.part) {
			return x.stage
		}
	}
	return "identity"
}

// at gives a case of here at a stage; one that was changed is made anew.
func (s *site) at(t *testing.T, stage string) *storetest.Case {
	t.Helper()
	if c := s.cases[stage]; c != nil {
		return c
	}
	c := s.file(t)
	switch stage {
	case "triage":
	case "identity":
		c.ToIdentity(t).Prove(t)
		c.Run(t)
		c.Claim(t, s.Handler, dsr.TaskVerifyIdentity)
	case "review":
		c.ToReview(t)
		c.Claim(t, s.Handler, dsr.TaskReview)
	case "decision":
		c.ToDecision(t)
		c.Claim(t, s.Approver, dsr.TaskApprove)
	case "delivery":
		c.ToDelivery(t)
	}
	s.Post(t)
	if err := s.Office().AddNote(t.Context(), s.Handler, c.ID, noteHere); err != nil {
		t.Fatal(err)
	}
	s.cases[stage] = c
	return c
}

// address fills the parameters of a route.
func (s *site) address(t *testing.T, r server.Route, caller string) string {
	t.Helper()
	c, slug := s.at(t, stageOf(r.Path)), s.slugs[s.Here]
	if caller == "smuggler" || caller == "stray" {
		slug = s.slugs[s.There]
	}
	one := func(query string) func() string { return func() string { return s.Text(t, query, c.ID) } }
	values := []struct {
		name  string
		value func() string
	}{
		{":slug", func() string { return slug }},
		{":case", func() string { return c.ID }},
		{":task", one("SELECT COALESCE((SELECT id FROM tasks WHERE case_id = ? ORDER BY state IN ('open', 'claimed') DESC, opened_at DESC LIMIT 1), 'none')")},
		{":item", one("SELECT COALESCE((SELECT id FROM items WHERE case_id = ? ORDER BY number LIMIT 1), 'none')")},
		{":document", one("SELECT d.id FROM documents d JOIN cases c ON c.submission = d.submission WHERE c.id = ? LIMIT 1")},
		{":notice", one("SELECT n.id FROM notices n JOIN cases c ON c.submission = n.submission WHERE c.id = ? AND n.code = 'N-01' LIMIT 1")},
		{":submission", func() string { return c.Submission }},
		{":kind", func() string { return string(dsr.KindInquiry) }},
		{":step", func() string { return "person" }},
		{":file", func() string { return s.style(t) }},
		{":token", func() string { return "dead" }},
		{":mail", func() string { return "none" }},
		{":recipient", func() string { return "none" }},
		{":appointment", func() string { return "none" }},
	}
	path := r.Path
	for _, v := range values {
		if strings.Contains(path, v.name) {
			path = strings.ReplaceAll(path, v.name, url.PathEscape(v.value()))
		}
	}
	if strings.Contains(path, ":") {
		t.Fatalf("%s has a parameter that the test does not know", r.Path)
	}
	if strings.HasPrefix(path, "/board/") && strings.HasSuffix(path, "/list") {
		path += "?figure=open"
	}
	return path
}

var styled = regexp.MustCompile(`/static/([a-z]+\.[0-9a-f]+\.css)`)

// style is the file that a page links to.
func (s *site) style(t *testing.T) string {
	t.Helper()
	w := s.send(t, s.handler, "GET", "/", nil)
	m := styled.FindStringSubmatch(w.Body.String())
	if m == nil {
		t.Fatal("no page links to a stylesheet with a digest in its name")
	}
	return m[1]
}

// cookies are what a caller carries to an address.
func (s *site) cookies(t *testing.T, r server.Route, caller string) []string {
	t.Helper()
	switch caller {
	case "anonymous":
		return nil
	case "drafting":
		d, err := s.Office().NewDraft(t.Context(), dsr.VoiceEn)
		if err != nil {
			t.Fatal(err)
		}
		return []string{"__Host-draft-" + s.slugs[s.Here] + "=" + d.Token}
	case "customer", "other", "stray":
		submission := s.at(t, stageOf(r.Path)).Submission
		if caller == "other" {
			submission = s.other.Submission
		}
		token, err := s.Store.OpenSession(t.Context(), s.Here, submission)
		if err != nil {
			t.Fatal(err)
		}
		shown := s.Here
		if caller == "stray" {
			shown = s.There
		}
		return []string{"__Host-session-" + s.slugs[shown] + "=" + token}
	case "smuggler":
		caller = "elsewhere"
	}
	return []string{"__Host-desk=" + s.staff[caller]}
}

// form is what is sent to every address: enough for what needs a word and the
// task, not enough for what needs a decision.
func (s *site) form(t *testing.T, r server.Route) string {
	t.Helper()
	c := s.at(t, stageOf(r.Path))
	task := s.Text(t, "SELECT COALESCE((SELECT id FROM tasks WHERE case_id = ? AND state IN ('open', 'claimed') LIMIT 1), '')", c.ID)
	return url.Values{"version": {"1"}, "task": {task}, "comment": {"please look again"}, "text": {"a few words"},
		"to": {s.Approver.ID}}.Encode()
}

// send sends a request from this site to itself; a form to be sent may be
// empty.
func (s *site) send(t *testing.T, h http.Handler, method, path string, cookies []string, form ...string) *httptest.ResponseRecorder {
	t.Helper()
	q := httptest.NewRequestWithContext(t.Context(), method, "https://"+s.host+path, strings.NewReader(strings.Join(form, "&")))
	q.Header.Set("Accept-Language", "en")
	if method == http.MethodPost {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		q.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	q.Header.Set("Cookie", strings.Join(cookies, "; "))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q)
	return w
}

// dump is a fingerprint of every table, without what a GET may write: the
// last-seen of sessions, the record of openings, and counters of tries.
func (s *site) dump(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, table := range s.Tables(t) {
		q := "SELECT * FROM " + table
		switch table {
		case "openings", "rate_counters":
			continue
		case "sessions":
			q = "SELECT token_hash, staff, organisation, submission, opened_at, expires_at, ended_at FROM sessions"
		}
		rows, err := s.DB.Query(q)
		if err != nil {
			t.Fatal(err)
		}
		cols, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		sum, n := sha256.New(), 0
		for ; rows.Next(); n++ {
			values, to := make([]any, len(cols)), make([]any, len(cols))
			for i := range values {
				to[i] = &values[i]
			}
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(sum, values...)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
		out[table] = fmt.Sprintf("%d rows, %x", n, sum.Sum(nil)[:8])
	}
	return out
}

// changed names the tables that differ.
func changed(before, after map[string]string) (names []string) {
	for table := range after {
		if before[table] != after[table] {
			names = append(names, table)
		}
	}
	slices.Sort(names)
	return names
}

// unlike compares the table of the site with the file, both ways.
func unlike(routes []server.Route, e expectations) (out []string) {
	there := map[string]bool{}
	for _, r := range routes {
		key := r.Method + " " + r.Path
		there[key] = true
		if want, ok := e.Routes[key]; !ok {
			out = append(out, key+" has no line in routes.yaml")
		} else if len(want) != len(e.Columns) {
			out = append(out, fmt.Sprintf("%s has %d numbers for %d columns", key, len(want), len(e.Columns)))
		}
	}
	for key := range e.Routes {
		if !there[key] {
			out = append(out, key+" stands in routes.yaml and is no route")
		}
	}
	slices.Sort(out)
	return out
}

// inline finds what the Content-Security-Policy would stop: scripts and styles
// inside a page.
var inline = regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son[a-z]+\s*=\s*["']|javascript:`)

// unsaid finds the name of a text that the catalogue does not have.
var unsaid = regexp.MustCompile(`\[[a-z]+(\.[a-z0-9-]*)+\]`)

// numbered finds the reference of a case.
var numbered = regexp.MustCompile(`M-[0-9A-Z]{4}-[0-9A-Z]{4}-1`)

func TestEveryRouteAnswersEverybodyAsTheFileSays(t *testing.T) {
	e := readExpectations(t)
	s := openSite(t)
	if !slices.Equal(e.Columns, callers) {
		t.Fatalf("the columns are %v", e.Columns)
	}
	for _, x := range unlike(s.routes, e) {
		t.Error(x)
	}
	strangeHere := []string{markThere, noteThere, s.there.Reference, s.there.Submission, s.there.ID}
	asked, seenHere, seenThere := 0, 0, 0
	var table strings.Builder
	for _, r := range s.routes {
		key := r.Method + " " + r.Path
		var got []int
		for i, caller := range callers {
			path := s.address(t, r, caller)
			form := ""
			if r.Method == http.MethodPost {
				form = s.form(t, r)
			}
			w := s.send(t, s.handler, r.Method, path, s.cookies(t, r, caller), form)
			asked++
			got = append(got, w.Code)
			if want := e.Routes[key]; len(want) == len(callers) && want[i] != w.Code {
				t.Errorf("%s for %s: %d, want %d", key, caller, w.Code, want[i])
			}
			body := w.Body.String()
			strange := strangeHere
			if (caller == "smuggler" || caller == "stray") && strings.Contains(r.Path, ":slug") {
				strange = []string{markHere, noteHere, s.other.Reference, s.at(t, stageOf(r.Path)).Reference}
			}
			for _, mark := range strange {
				if strings.Contains(body, mark) {
					t.Errorf("%s for %s tells of another organisation: %s", key, caller, mark)
				}
			}
			if strings.Contains(body, markHere) || strings.Contains(body, noteHere) {
				seenHere++
			}
			for _, problem := range wrongHeaders(e.Headers, r, w.Header()) {
				t.Errorf("%s for %s: %s", key, caller, problem)
			}
			if m := unsaid.FindString(body); m != "" {
				t.Errorf("%s for %s shows the name of a text instead of the text: %s", key, caller, m)
			}
			if m := inline.FindString(body); m != "" {
				t.Errorf("%s for %s has %q in its page", key, caller, m)
			}
			if r.Method == http.MethodPost && w.Code < 400 {
				delete(s.cases, stageOf(r.Path)) // it may have been changed
				if name := strings.Replace(caller, "smuggler", "elsewhere", 1); r.Path == "/desk/sign-out" && s.secret[name] != "" {
					s.signIn(t, name)
				}
			}
		}
		fmt.Fprintf(&table, "  %s: %v\n", key, got)
	}
	// The marks can be seen by those who may, or the search above is blind.
	for _, path := range []string{"/notes", ""} {
		w := s.send(t, s.handler, "GET", "/desk/"+s.slugs[s.There]+"/case/"+s.there.ID+path, s.cookies(t, server.Route{}, "elsewhere"))
		if body := w.Body.String(); strings.Contains(body, noteThere) || strings.Contains(body, s.there.Reference) {
			seenThere++
		}
	}
	for _, path := range []string{"/desk/" + s.slugs[s.Here] + "/queue?tab=all", "/board/" + s.slugs[s.Here] + "/list?figure=open"} {
		w := s.send(t, s.handler, "GET", path, s.cookies(t, server.Route{}, "manager"))
		if !numbered.MatchString(w.Body.String()) {
			t.Errorf("%s shows the reference of no case", path)
		}
	}
	if seenHere < 5 || seenThere != 2 {
		t.Errorf("marks seen by those who may: %d here, %d there", seenHere, seenThere)
	}
	if t.Failed() {
		t.Log("\n" + table.String())
	}
	t.Logf("counts: %d routes, %d callers, %d requests, marks seen in %d pages of their own", len(s.routes), len(callers), asked, seenHere+seenThere)

	// The planted faults: a route too many, a line too many, a column too few.
	planted := append(slices.Clone(s.routes), server.Route{Method: "GET", Path: "/planted"})
	lines := map[string][]int{"POST /gone": nil}
	for k, v := range e.Routes {
		lines[k] = v
	}
	lines["GET /"] = lines["GET /"][1:]
	if found := unlike(planted, expectations{Columns: e.Columns, Routes: lines}); len(found) != 3 {
		t.Errorf("planted faults found: %v", found)
	}
}

// wrongHeaders compares the headers of an answer with the file.
func wrongHeaders(want map[string]string, r server.Route, got http.Header) (out []string) {
	for name, value := range want {
		if name == "Cache-Control" && strings.HasPrefix(r.Path, "/static/") {
			value = "public, max-age=31536000, immutable"
		}
		if name == "Content-Security-Policy" && strings.HasSuffix(r.Path, "/:document") && strings.HasPrefix(got.Get("Content-Type"), "image/") {
			value = "sandbox; default-src 'none'" // what a stranger uploaded gets less than a page
		}
		if got.Get(name) != value {
			out = append(out, fmt.Sprintf("header %s is %q, want %q", name, got.Get(name), value))
		}
	}
	for _, c := range got.Values("Set-Cookie") {
		for _, part := range []string{"__Host-", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"} {
			if !strings.Contains(c, part) {
				out = append(out, "a cookie without "+part)
			}
		}
	}
	for name := range got {
		if n := strings.ToLower(name); strings.HasPrefix(n, "access-control-") || n == "server" || n == "x-powered-by" {
			out = append(out, "header "+name+" has no business here")
		}
	}
	return out
}

func TestEveryAnswerHasTheHeadersAlsoAnError(t *testing.T) {
	e := readExpectations(t)
	s := openSite(t)
	n := 0
	for _, x := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/nothing-here", 404}, {"PUT", "/", 405}, {"GET", "/o/nobody/", 404}, {"GET", "/static/app.0000.css", 404},
		{"GET", "/o/izumisano/../../etc/passwd", 404}, {"POST", "/o/kai/request/send", 422}, {"DELETE", "/desk/izumisano/queue", 405},
	} {
		w := s.send(t, s.handler, x.method, x.path, nil)
		n++
		if w.Code != x.status {
			t.Errorf("%s %s: %d, want %d", x.method, x.path, w.Code, x.status)
		}
		for _, problem := range wrongHeaders(e.Headers, server.Route{Path: "/"}, w.Header()) {
			t.Errorf("%s %s: %s", x.method, x.path, problem)
		}
	}
	// Another site's page that sends a form here.
	q := httptest.NewRequestWithContext(t.Context(), "POST", "https://"+s.host+"/voice", strings.NewReader("voice=vi"))
	q.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, q)
	if w.Code != http.StatusForbidden || len(wrongHeaders(e.Headers, server.Route{Path: "/"}, w.Header())) > 0 {
		t.Errorf("a form of another site: %d %v", w.Code, w.Header())
	}
	t.Logf("counts: %d answers, %d headers", n+1, len(e.Headers))
	planted := http.Header{"Set-Cookie": {"desk=1"}, "Access-Control-Allow-Origin": {"*"}}
	if found := wrongHeaders(e.Headers, server.Route{Path: "/"}, planted); len(found) != len(e.Headers)+6 {
		t.Errorf("planted: %v", found)
	}
}

func TestNoGetChangesARowOutsideTheThreeNamedTables(t *testing.T) {
	s := openSite(t)
	var asks []func() (string, *httptest.ResponseRecorder)
	for _, r := range s.routes {
		if r.Method != http.MethodGet {
			continue
		}
		for _, caller := range callers {
			// Cases, drafts and sessions are made before anything is compared.
			path, cookies := s.address(t, r, caller), s.cookies(t, r, caller)
			asks = append(asks, func() (string, *httptest.ResponseRecorder) {
				return r.Path + " for " + caller, s.send(t, s.handler, "GET", path, cookies)
			})
		}
	}
	openings := s.Int(t, "SELECT COUNT(*) FROM openings")
	before := s.dump(t)
	for i, ask := range asks {
		what, w := ask()
		if w.Code >= 500 && !strings.HasPrefix(what, "/readyz") {
			t.Errorf("GET %s: %d", what, w.Code)
		}
		// One dump after each tells which page it was; twelve callers share one.
		if i%len(callers) != len(callers)-1 {
			continue
		}
		after := s.dump(t)
		if tables := changed(before, after); len(tables) > 0 {
			t.Errorf("a GET of %s changed %v", what, tables)
		}
		before = after
	}
	opened := s.Int(t, "SELECT COUNT(*) FROM openings") - openings
	if opened == 0 {
		t.Error("nothing was recorded as opened: no page was really looked at")
	}
	t.Logf("counts: %d GET, %d tables compared, %d openings recorded", len(asks), len(before), opened)

	// The planted faults: pages that write when they are looked at.
	c := s.at(t, "identity")
	before = s.dump(t)
	for name, write := range map[string]func() error{
		"notes":       func() error { return s.Office().AddNote(t.Context(), s.Handler, c.ID, "planted") },
		"submissions": func() error { return s.Office().SetVoice(t.Context(), c.Submission, dsr.VoiceDe) },
		"drafts":      func() error { _, err := s.Office().NewDraft(t.Context(), dsr.VoiceEn); return err },
	} {
		planted := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if err := write(); err != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		if w := s.send(t, planted, "GET", "/planted", nil); w.Code != http.StatusOK {
			t.Fatal(name, w.Code)
		}
		after := s.dump(t)
		if tables := changed(before, after); !slices.Contains(tables, name) {
			t.Errorf("a GET that writes %s is not seen: %v", name, tables)
		}
		before = after
	}
}

func TestAStylesheetKeepsForEverUnderTheDigestInItsName(t *testing.T) {
	s := openSite(t)
	began := time.Now()
	name := s.style(t)
	w := s.send(t, s.handler, "GET", "/static/"+name, nil)
	digest := strings.Split(name, ".")[1]
	sum := fmt.Sprintf("%x", sha256.Sum256(w.Body.Bytes()))
	if w.Code != http.StatusOK || !strings.HasPrefix(sum, digest) || len(digest) < 8 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("%s: %d %s %s", name, w.Code, w.Header().Get("Content-Type"), sum)
	}
	if w := s.send(t, s.handler, "GET", "/static/app.css", nil); w.Code != http.StatusNotFound {
		t.Errorf("a name without a digest: %d", w.Code)
	}
	t.Logf("counts: 1 stylesheet of %d bytes, %s", w.Body.Len(), time.Since(began).Round(time.Millisecond))
}
