package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/server/servertest"
)

// atDesk is a browser in which somebody of the staff has signed in.
func atDesk(t *testing.T, w *servertest.World, login string) *browser {
	t.Helper()
	b := visitor(t, w)
	b.cookies["desk"] = w.SignInStaff(login)
	return b
}

// visitor is a browser at the one site of a world: to parse every template
// anew for every browser would take most of the time of these tests.
func visitor(t *testing.T, w *servertest.World) *browser {
	t.Helper()
	sitesLock.Lock()
	defer sitesLock.Unlock()
	if sites[w] == nil {
		sites[w] = open(t, w.Server()).h
	}
	return &browser{t: t, h: sites[w], cookies: map[string]string{}, header: http.Header{}, host: "127.0.0.1", remote: "192.0.2.7:1234"}
}

var (
	sites     = map[*servertest.World]http.Handler{}
	sitesLock sync.Mutex
)

// deskWorld is a world with a desk in the middle of its work.
func deskWorld() (*servertest.World, servertest.Desk) {
	w := servertest.New()
	return w, w.FillDesk("izumisano")
}

const desk = "/desk/izumisano"

// deskPages are the pages of the desk and the board, with who looks at them.
func deskPages(d servertest.Desk) map[string]string {
	of := func(id string) string { return desk + "/case/" + id }
	pages := map[string]string{
		"/desk/sign-in": "", "/desk/sign-in?next=/desk/izumisano/queue": "",
		desk + "/":                             "admin",
		desk + "/search?reference=M-1111-1111": "clerk", desk + "/search?reference=x": "clerk",
		desk + "/key-in": "clerk", "/board/izumisano": "manager",
		of(d.Identity): "handler", of(d.Identity) + "?said=claimed": "handler", of(d.Closed): "auditor", of(d.Waiting): "clerk", of(d.Approval): "manager",
		of(d.Identity) + "/identity": "handler", of(d.Waiting) + "/identity": "approver", of(d.Review) + "/identity": "manager",
		of(d.Review) + "/review": "handler", of(d.Approval) + "/review": "approver",
		of(d.Approval) + "/approval": "approver", of(d.Review) + "/preview": "handler", of(d.Closed) + "/letter/notice-1": "handler",
		of(d.Review) + "/messages": "handler", of(d.Approval) + "/messages": "approver", of(d.Review) + "/notes": "handler", of(d.Identity) + "/notes": "clerk",
		of(d.Identity) + "/withdraw": "clerk", of(d.Hand) + "/task/task-hand-over": "clerk",
		desk + "/unknown": "handler", of("unknown"): "handler", desk + "/case/" + d.Identity + "/review": "clerk",
	}
	for _, tab := range []string{"mine", "verify-identity", "approve", "waiting", "all", "closed", "hand-over"} {
		pages[desk+"/queue?tab="+tab] = "handler"
	}
	pages[desk+"/queue"] = "auditor"
	for _, f := range dsr.Figures {
		pages["/board/izumisano/list?kind=&figure="+string(f)] = "auditor"
		pages["/board/izumisano/list?kind=disclosure&figure="+string(f)] = "manager"
	}
	for i, k := range []string{"classify", "collect", "answer-message", "reach-person", "escalation"} {
		pages[of(d.Cases[7+i])+"/task/task-"+k] = "handler"
	}
	return pages
}

func TestEveryPageOfDeskAndBoardIsWellMade(t *testing.T) {
	n := 0
	for _, voice := range []dsr.Voice{dsr.VoiceJa, dsr.VoiceEn} {
		w, d := deskWorld()
		w.AddStaff("both", "森 翼", "izumisano", dsr.RoleManager, dsr.RoleHandler).Roles[w.Pack("kai").ID] = []dsr.Role{dsr.RoleManager}
		for i, k := range []string{"collect", "classify"} {
			_ = i
			claim := atDesk(t, w, "handler")
			wantStatus(t, claim.post(desk+"/task/task-"+k+"/claim"), http.StatusSeeOther)
		}
		pages := deskPages(d)
		pages["/desk"], pages["/board"] = "both", "both"
		for path, login := range pages {
			b := visitor(t, w)
			if login != "" {
				b = atDesk(t, w, login)
			}
			b.cookies["desk-voice"] = string(voice)
			r := b.get(path)
			if r.Code == http.StatusSeeOther {
				t.Errorf("%s as %s leads to %s", path, login, r.Header().Get("Location"))
				continue
			}
			for _, f := range findings(r.Body.String()) {
				t.Errorf("%s in %s: %s", path, voice, f)
			}
			if want := `<html lang="` + string(voice) + `"`; !strings.Contains(r.Body.String(), want) {
				t.Errorf("%s: not in %s", path, voice)
			}
			n++
		}
		// Pages that came back.
		b := atDesk(t, w, "handler")
		b.cookies["desk-voice"] = string(voice)
		of := desk + "/case/"
		for _, r := range []*httptest.ResponseRecorder{
			b.post(of + d.Identity + "/identity/confirm"), b.post(of+d.Identity+"/identity/more", "act", "send"), b.post(of + d.Identity + "/identity/reject"),
			b.post(of+d.Identity+"/identity/more", "act", "preview", "reason-code", "unreadable", "text", "phần dưới"),
			b.post(of+d.Review+"/review/item-1", "n", "1", "tests", "X1", "tests", "X2", "tests", "X3", "redact-text", "岡田健一"),
			b.post(of + d.Review + "/tell"), b.post(of + d.Review + "/ask"), b.post(of + d.Review + "/notes"), b.post(desk + "/key-in"),
			b.post(of + d.Cases[8] + "/task/task-collect/close"), b.post(of + d.Cases[7] + "/task/task-classify/classify"),
			atDesk(t, w, "approver").post(of+d.Approval+"/send-back", "version", "2"),
			visitor(t, w).post("/desk/sign-in"), visitor(t, w).post(of+d.Review+"/tell", "text", "Xin chào"),
		} {
			for _, f := range findings(r.Body.String()) {
				t.Errorf("a page that came back (%d) in %s: %s\n", r.Code, voice, f)
			}
			n++
		}
	}
	t.Logf("%d pages", n)
}

func TestSigningInToTheDesk(t *testing.T) {
	w, _ := deskWorld()
	b := visitor(t, w)
	wantTo(t, b.get(desk+"/queue?tab=all"), "/desk/sign-in?next="+url.QueryEscape(desk+"/queue?tab=all"))
	unknown := b.post("/desk/sign-in", "login", "nobody", "password", servertest.Password)
	wrong := b.post("/desk/sign-in", "login", "handler", "password", "x")
	wantStatus(t, wrong, http.StatusUnprocessableEntity)
	if a, c := strings.ReplaceAll(unknown.Body.String(), "nobody", "handler"), wrong.Body.String(); a != c || unknown.Code != wrong.Code {
		t.Error("an unknown account is answered otherwise than a wrong password")
	}
	wantTo(t, b.post("/desk/sign-in", "login", "handler", "password", servertest.Password, "next", desk+"/queue?tab=all"), desk+"/queue?tab=all")
	wantTo(t, b.get("/desk"), desk+"/")
	wantTo(t, b.get(desk+"/"), desk+"/queue")
	for _, next := range []string{"https://evil.example", "//evil.example", "/o/izumisano/", "/desk/sign-out", ""} {
		wantTo(t, visitor(t, w).post("/desk/sign-in", "login", "handler", "password", servertest.Password, "next", next), "/desk")
	}
	r := b.post("/desk/sign-out")
	wantTo(t, r, "/desk/sign-in")
	if !strings.Contains(r.Header().Get("Clear-Site-Data"), `"cookies"`) || b.cookies["desk"] != "" {
		t.Error("the browser keeps the session")
	}
	w.Limited["staff-login"] = true
	wantStatus(t, b.post("/desk/sign-in", "login", "handler", "password", servertest.Password), http.StatusTooManyRequests)
}

func TestWhatWasTypedSurvivesTheEndOfASession(t *testing.T) {
	w, d := deskWorld()
	b := visitor(t, w)
	b.cookies["desk"] = "a token that is over"
	b.header.Set("Referer", "http://127.0.0.1"+desk+"/case/"+d.Review+"/messages")
	r := b.post(desk+"/case/"+d.Review+"/tell", "text", "Kính gửi anh Minh")
	wantStatus(t, r, http.StatusUnauthorized)
	fields := append(hidden(t, r.Body.String(), "/desk/sign-in"), "login", "handler", "password", servertest.Password)
	r = b.post("/desk/sign-in", fields...)
	wantStatus(t, r, 200)
	wantText(t, r, "Kính gửi anh Minh", desk+"/case/"+d.Review+"/messages")
	action := desk + "/case/" + d.Review + "/tell"
	wantTo(t, b.post(action, hidden(t, r.Body.String(), action)...), desk+"/case/"+d.Review+"/messages?said=told")
	if got := w.Acts[len(w.Acts)-1]; !strings.HasPrefix(got, "Tell") {
		t.Errorf("the last act is %q", got)
	}
}

func TestTheOneWhoIsLateIsToldWhoHasTheTask(t *testing.T) {
	w, d := deskWorld()
	first, second := atDesk(t, w, "handler"), atDesk(t, w, "handler2")
	wantTo(t, first.post(desk+"/task/task-identity-free/claim", "next", desk+"/case/"+d.Cases[6]+"/identity"), desk+"/case/"+d.Cases[6]+"/identity?said=claimed")
	r := second.post(desk + "/task/task-identity-free/claim")
	wantStatus(t, r, http.StatusConflict)
	wantText(t, r, "鈴木 花", `href="`+desk+`/"`)
	if strings.Contains(r.Body.String(), "[error") {
		t.Error("the refusal has no words")
	}
}

func TestTheNextTaskIsTheMostUrgentThatOneMayDo(t *testing.T) {
	w, d := deskWorld()
	wantTo(t, atDesk(t, w, "handler").post(desk+"/next"), desk+"/case/"+d.Hand+"/task/task-hand-over?said=claimed")
	// The clerk's list is a moment old: what the handler took is passed over.
	wantTo(t, atDesk(t, w, "clerk").post(desk+"/next"), desk+"/case/"+d.Cases[10]+"/task/task-reach-person?said=claimed")
	wantTo(t, atDesk(t, w, "approver").post(desk+"/next"), desk+"/queue?tab=mine&said=nothing-next")
	if len(w.Acts) != 2 {
		t.Errorf("acts %q", w.Acts)
	}
}

// people are what no list and no page for a reader without the right may show.
var people = []string{"Minh", "minh@", "MINH", "ミン", "岡田", "高松東", "080-0000", "1994"}

// named are the people whom a page names.
func named(body string) (found []string) {
	for _, p := range people {
		if strings.Contains(body, p) {
			found = append(found, p)
		}
	}
	return found
}

func TestListsAndOverviewsNameNobody(t *testing.T) {
	w, d := deskWorld()
	for _, c := range []struct{ login, path string }{
		{"handler", desk + "/queue?tab=all"}, {"handler", desk + "/queue?tab=mine"}, {"auditor", desk + "/case/" + d.Review}, {"clerk", desk + "/case/" + d.Identity},
		{"manager", "/board/izumisano"}, {"auditor", "/board/izumisano/list?kind=&figure=open"}, {"clerk", desk + "/case/" + d.Review + "/notes"},
	} {
		if found := named(atDesk(t, w, c.login).get(c.path).Body.String()); len(found) > 0 {
			t.Errorf("%s sees %q at %s", c.login, found, c.path)
		}
	}
	for _, call := range w.Calls {
		if call == "Correspondence" || call == "IdentityPage" || call == "Review" || call == "Approval" {
			t.Errorf("%s was called", call)
		}
	}
	// Planted: a page that must name them.
	if found := named(atDesk(t, w, "handler").get(desk + "/case/" + d.Identity + "/identity").Body.String()); len(found) < 5 {
		t.Errorf("the check finds only %q", found)
	}
}

func TestWhatARoleMayNotDoIsAbsent(t *testing.T) {
	w, d := deskWorld()
	for _, c := range []struct {
		login, path string
		has, hasNot []string
	}{
		{"auditor", desk + "/case/" + d.Identity, nil, []string{"/claim", "/release", "/identity", "/messages", "/notes", "/withdraw", "/key-in", "<form class=\"inline\" method=\"post\" action=\"/desk/izumisano"}},
		{"clerk", desk + "/case/" + d.Identity, []string{"/notes", "/withdraw"}, []string{"/messages", `/identity"`, "/letter/"}},
		{"approver", desk + "/case/" + d.Identity, []string{`/identity"`}, []string{"/withdraw", "/claim", "/key-in", "/board"}},
		{"manager", desk + "/case/" + d.Identity, []string{"/board/izumisano", "/release"}, []string{"/withdraw", "/claim"}},
		{"approver", desk + "/case/" + d.Identity + "/identity", nil, []string{"/identity/confirm\" novalidate>\n<input", "name=\"candidate\"", "/document/"}},
		{"handler", desk + "/case/" + d.Approval + "/approval", nil, []string{"/approve", "/send-back"}},
		{"handler2", desk + "/case/" + d.Identity + "/identity", []string{"鈴木 花"}, []string{"name=\"candidate\"", "/identity/more"}},
	} {
		body := atDesk(t, w, c.login).get(c.path).Body.String()
		for _, x := range c.has {
			if !strings.Contains(body, x) {
				t.Errorf("%s at %s has no %s", c.login, c.path, x)
			}
		}
		for _, x := range c.hasNot {
			if strings.Contains(body, x) {
				t.Errorf("%s at %s has %s", c.login, c.path, x)
			}
		}
	}
}

func TestTheProposerSeesWhyTheyCannotApprove(t *testing.T) {
	w, d := deskWorld()
	a := w.Approvals[d.Approval]
	a.MayApprove, a.Why = false, "error.same-person"
	w.Staff["handler"].Roles[w.Pack("izumisano").ID] = []dsr.Role{dsr.RoleHandler, dsr.RoleApprover}
	b := atDesk(t, w, "handler")
	r := b.get(desk + "/case/" + d.Approval + "/approval")
	wantText(t, r, "This is your own proposal")
	if strings.Contains(r.Body.String(), "/approve\"") {
		t.Error("there is a button")
	}
	wantStatus(t, b.post(desk+"/case/"+d.Approval+"/approve", "version", "2", "task", "task-approve"), http.StatusForbidden)
	w.Fail["Approve"] = dsr.Fail(dsr.Conflict, "error.proposal-changed")
	r = atDesk(t, w, "approver").post(desk+"/case/"+d.Approval+"/approve", "version", "1", "task", "task-approve")
	wantStatus(t, r, http.StatusConflict)
	wantText(t, r, desk+"/case/"+d.Approval)
}

func TestAnItemIsSavedWholeOrComesBackAsTyped(t *testing.T) {
	w, d := deskWorld()
	b := atDesk(t, w, "handler")
	path := desk + "/case/" + d.Review + "/review/item-1"
	r := b.post(path, "n", "1", "kind", "disclosure", "voice", "vi", "tests", "X1", "tests", "X2", "tests", "X3", "test-X1", "applies", "test-X2", "does-not-apply",
		"own", "0120-00-0000", "redact-text", "岡田健一", "measure", "withhold", "reason", "Lý do của tôi")
	wantStatus(t, r, http.StatusUnprocessableEntity)
	wantText(t, r, "Write what shows that X1 applies.", "Say whether X3 applies.", "Answer each proposed redaction.", "Choose the ground", "0120-00-0000", "Lý do của tôi", `href="#i1-evidence-X1"`)
	all := []string{"n", "1", "kind", "disclosure", "voice", "vi", "tests", "X1", "tests", "X2", "tests", "X3", "test-X1", "does-not-apply", "test-X2", "does-not-apply", "test-X3", "does-not-apply",
		"redact-text", "岡田健一", "redact-0", "redact", "measure", "disclose"}
	wantTo(t, b.post(path, all...), desk+"/case/"+d.Review+"/review?said=item-saved#item-1")
	w.Fail["AnswerItem"] = dsr.Fail(dsr.Invalid, "error.quarantine")
	wantStatus(t, b.post(path, all...), http.StatusUnprocessableEntity)
	wantStatus(t, b.post(desk+"/case/"+d.Review+"/review/item-9", all[:6]...), http.StatusNotFound)

	r = b.get(desk + "/case/" + d.Review + "/review")
	wantText(t, r, `<button class="button" type="submit" disabled`, "Something is unanswered", "policy 7(1)", "33(2)(i)")
	w.Reviews[d.Review].Open = 0
	if strings.Contains(b.get(desk+"/case/"+d.Review+"/review").Body.String(), "disabled aria-describedby=\"open-items") {
		t.Error("still disabled")
	}
}

func TestAnIdentityIsComparedBeforeItIsConfirmed(t *testing.T) {
	w, d := deskWorld()
	b := atDesk(t, w, "handler")
	path := desk + "/case/" + d.Identity + "/identity"
	wantText(t, b.get(path), "recorded", "NGUYEN VAN MINH", "minh.nguyen@example.jp", "differs from the contact given", `/document/document-1"`)
	r := b.post(path+"/confirm", "compare-name", "same", "compare-born_on", "unreadable", "candidate", "0", "task", "task-verify-identity")
	wantStatus(t, r, http.StatusUnprocessableEntity)
	wantText(t, r, `href="#compare-address"`, `href="#document"`, `href="#delivery"`, `id="compare-born_on-unreadable" name="compare-born_on" value="unreadable" checked`)
	good := []string{"compare-name", "same", "compare-born_on", "same", "compare-address", "different", "candidate", "-1", "task", "task-verify-identity", "document", "residence-card", "level", "L2"}
	wantStatus(t, b.post(path+"/confirm", append(good, "delivery", "file")...), http.StatusUnprocessableEntity)
	wantTo(t, b.post(path+"/confirm", append(good, "delivery", "filed")...), desk+"/case/"+d.Identity+"?said=identity-confirmed")

	r = b.post(path+"/more", "act", "preview", "reason-code", "unreadable", "text", "Mặt sau cũng cần.")
	wantStatus(t, r, 200)
	wantText(t, r, "Ảnh không rõ", "Mặt sau cũng cần.")
	wantTo(t, b.post(path+"/more", "act", "send", "reason-code", "unreadable"), desk+"/case/"+d.Identity+"?said=more-asked")
	if got := w.Acts[len(w.Acts)-1]; !strings.Contains(got, "unreadable") {
		t.Errorf("asked %q", got)
	}
	w.Identities[d.Identity].LookedUp = false
	wantText(t, b.get(path), "The systems are being asked", "disabled")

	r = b.get(desk + "/case/" + d.Identity + "/document/document-1")
	wantStatus(t, r, 200)
	for name, want := range map[string]string{"Content-Type": "image/png", "Content-Disposition": "inline", "Cache-Control": "no-store", "Content-Security-Policy": "sandbox; default-src 'none'"} {
		if r.Header().Get(name) != want {
			t.Errorf("%s is %q", name, r.Header().Get(name))
		}
	}
}

func TestACallOfWeeksAgoIsKeyedInAndOneOfTomorrowIsNot(t *testing.T) {
	w, _ := deskWorld()
	b := atDesk(t, w, "clerk")
	token := attrOf(b.get(desk+"/key-in").Body.String(), `name="form_token" value="`)
	form := func(change ...string) []string {
		v := map[string]string{"form_token": token, "channel": "telephone", "arrived_on": "2026/10/30", "arrived_at": "１４：30", "letters": "vi", "kind": "disclosure",
			"name": "Trần Thị Lan", "year": "昭和63", "month": "2", "day": "9", "reach": "mail", "mail": "lan＠example.jp", "delivery": "download", "whom": "me"}
		for i := 0; i+1 < len(change); i += 2 {
			v[change[i]] = change[i+1]
		}
		var out []string
		for k, x := range v {
			out = append(out, k, x)
		}
		return out
	}
	for field, bad := range map[string][]string{"arrived_on": {"2026-11-21", "2026-02-30", "soon"}, "name": {" "}, "mail": {"lan"}, "kind": {"inquiry", ""}, "channel": {"portal", "fax"}, "letters": {"fr"}} {
		for _, x := range bad {
			r := b.post(desk+"/key-in", form(field, x)...)
			if r.Code != http.StatusUnprocessableEntity || !strings.Contains(r.Body.String(), `href="#`+field+`"`) || !strings.Contains(r.Body.String(), "Trần Thị Lan") && field != "name" {
				t.Errorf("%s = %q: %d", field, x, r.Code)
			}
		}
	}
	r := b.post(desk+"/key-in", form()...)
	wantStatus(t, r, http.StatusSeeOther)
	f := w.Filings()[0]
	if at := "2026-10-30T05:30:00Z"; f.Channel != dsr.ChannelTelephone || f.Person.BornOn != "1988-02-09" || f.Contact.Mail != "lan@example.jp" || timeOf(f.ArrivedAt) != at {
		t.Errorf("filed %s at %s", f.Channel, timeOf(f.ArrivedAt))
	}
	receipt := b.get(r.Header().Get("Location"))
	wantStatus(t, receipt, 200)
	for _, x := range findings(receipt.Body.String()) {
		t.Error(x)
	}
	again := b.post(desk+"/key-in", form()...)
	wantTo(t, again, r.Header().Get("Location"))
	other := b.post(desk+"/key-in", form("name", "Trần Văn Lan")...)
	wantStatus(t, other, http.StatusConflict)
	wantText(t, other, "Trần Văn Lan", `value="new"`)
	wantStatus(t, b.post(desk+"/key-in", append(form("name", "Trần Văn Lan"), "act", "new")...), http.StatusSeeOther)
	if n := len(w.Filings()); n != 2 {
		t.Errorf("%d filings", n)
	}
}

func timeOf(micros int64) string { return timeUTC(micros).Format("2006-01-02T15:04:05Z") }

var figureLink = regexp.MustCompile(`<a href="(/board/izumisano/list\?[^"]*)"><span class="cell-label">[^<]*</span>(\d+)`)

// wrongFigures are the figures of a board that open a list of another length.
func wrongFigures(b *browser) (wrong []string, figures int) {
	for _, l := range figureLink.FindAllStringSubmatch(b.get("/board/izumisano").Body.String(), -1) {
		path := strings.ReplaceAll(l[1], "&amp;", "&")
		figures++
		if n := strings.Count(b.get(path).Body.String(), `<th scope="row"`); fmt.Sprint(n) != l[2] {
			wrong = append(wrong, fmt.Sprintf("%s says %s and lists %d", path, l[2], n))
		}
	}
	return wrong, figures
}

func TestEveryFigureOpensAListOfThatLength(t *testing.T) {
	w, _ := deskWorld()
	for _, login := range []string{"manager", "auditor"} {
		wrong, n := wrongFigures(atDesk(t, w, login))
		if len(wrong) > 0 || n != 12 {
			t.Errorf("%d figures, wrong are %q", n, wrong)
		}
	}
	wantStatus(t, atDesk(t, w, "manager").get("/board/izumisano/list?kind=&figure=nonsense"), http.StatusNotFound)
	wantTo(t, atDesk(t, w, "manager").get("/board"), "/board/izumisano")

	// Planted: a sum that counts a case twice.
	w.Boards[w.Pack("izumisano").ID] = []dsr.BoardRow{{Open: 13, DueSoon: 2, Overdue: 1, Paused: 2, Answered: 3, InTime: 2}}
	if wrong, _ := wrongFigures(atDesk(t, w, "manager")); len(wrong) != 1 || !strings.Contains(wrong[0], "says 13 and lists 12") {
		t.Errorf("the planted fault is not found: %q", wrong)
	}
}

func TestSeveralOrganisationsStandSideBySideWithoutCases(t *testing.T) {
	w, _ := deskWorld()
	w.AddStaff("both", "森 翼", "izumisano", dsr.RoleManager).Roles[w.Pack("kai").ID] = []dsr.Role{dsr.RoleAuditor}
	w.AddStaff("one", "林 光", "izumisano", dsr.RoleManager).Roles[w.Pack("kai").ID] = []dsr.Role{dsr.RoleHandler}
	r := atDesk(t, w, "both").get("/board")
	wantText(t, r, "/board/izumisano", "/board/kai")
	if strings.Contains(r.Body.String(), "/list") || strings.Contains(r.Body.String(), "/case/") {
		t.Error("a list of cases across organisations")
	}
	wantTo(t, atDesk(t, w, "one").get("/board"), "/board/izumisano")
}

func TestAnotherOrganisationLooksLikeNone(t *testing.T) {
	w, d := deskWorld()
	w.AddStaff("kai", "外 人", "kai", dsr.Roles...)
	b := atDesk(t, w, "kai")
	none := b.get("/desk/no-such/queue")
	for _, path := range []string{desk + "/queue", desk + "/case/" + d.Review + "/review", desk + "/key-in", "/board/izumisano", "/desk/kai/case/" + d.Review, "/desk/kai/case/" + d.Review + "/identity",
		"/desk/kai/case/unknown"} {
		r := b.get(path)
		if r.Code != http.StatusNotFound || r.Body.String() != none.Body.String() {
			t.Errorf("%s: %d, and not the same page", path, r.Code)
		}
	}
}

// TestDeskRoutesByRole holds the file of expectations: every route of desk and
// board by every role. A route that is missing in the file is red.
func TestDeskRoutesByRole(t *testing.T) {
	want := map[string]string{}
	b, err := os.ReadFile("testdata/desk_routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] != "#" {
			want[f[0]+" "+f[1]] = f[2]
		}
	}
	got := map[string]string{}
	w, d := deskWorld()
	for _, route := range w.Server().Routes() {
		if !strings.HasPrefix(route.Path, "/desk") && !strings.HasPrefix(route.Path, "/board") {
			continue
		}
		path := strings.NewReplacer(":slug", "izumisano", ":case", d.Review, ":task", "task-review", ":document", "document-1", ":item", "item-1", ":notice", "notice-1", ":submission", "submission-x", ":recipient", "recipient-x", ":appointment", "appointment-x").Replace(route.Path)
		var may []string
		for _, role := range dsr.Roles {
			r := atDesk(t, w, string(role)).do(route.Method, path, strings.NewReader(""), "application/x-www-form-urlencoded")
			if r.Code != http.StatusForbidden {
				may = append(may, string(role))
			}
		}
		sort.Strings(may)
		key := route.Method + " " + route.Path
		got[key] = strings.Join(may, ",")
		if len(may) == len(dsr.Roles) {
			got[key] = "all"
		}
		if want[key] != got[key] {
			t.Errorf("%s is for %s, and the file says %q", key, got[key], want[key])
		}
	}
	for key := range want {
		if got[key] == "" {
			t.Errorf("the file has %s, which is no route", key)
		}
	}
	if len(got) < 35 {
		t.Errorf("%d routes", len(got))
	}
}

func timeUTC(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
