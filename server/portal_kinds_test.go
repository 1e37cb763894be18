package server_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"madoguchi/dsr"
	"madoguchi/server"
	"madoguchi/server/servertest"
)

// another is somebody else's browser at the same site.
func another(b *browser) *browser {
	return &browser{t: b.t, h: b.h, cookies: map[string]string{}, header: http.Header{}, host: b.host, remote: b.remote}
}

// carried are the kinds that have a procedure.
var carried = []dsr.Kind{dsr.KindDisclosure, dsr.KindCorrection, dsr.KindAddition, dsr.KindDeletion, dsr.KindSuspension, dsr.KindErasure}

// usual are answers that do for every organisation, page by page.
func usual(p *servertest.World, slug string) map[string][]string {
	return map[string][]string{
		"relation": {"relation", p.Pack(slug).Populations[0].ID}, "service": {"service", "do-not-know"}, "whom": {"whom", "me"}, "data": {"scope", "all"},
		"person": {"full_name", "Nguyễn Văn Minh", "year", "1988", "month", "12", "day", "3"}, "details": {"number", "C-117"},
		"reach": {"reach", "mail", "mail", "minh@example.jp"}, "delivery": {"delivery", "download"},
		"correction": {"correction1_field", "address", "correction1_now", "高松東1-2-3", "correction1_should", "高松西4-5-6", "correction1_more", "no"},
		"addition":   {"addition1_field", "other", "addition1_other", "緊急連絡先", "addition1_should", "090-0000-1111", "addition1_more", "no"},
		"away":       {"away", "hold"}, "content": {"content", "旧姓の記載"},
		"deletion": {"deletion_scope", "all"}, "erasure": {"erasure_scope", "some", "erasure_topics", "古い注文"}, "suspension": {"suspension_scope", "all"},
		"deletion-ground": {}, "erasure-ground": {"erasure_ground", "no-longer-needed"}, "suspension-ground": {"suspension_ground", "none"},
		"acting": {"acting", "parent"}, "representative": {"rep_name", "Trần Thị Hoa", "rep_address", "大阪府泉佐野市1-1"},
	}
}

// walk answers every page from the first on, and gives the page of answers and
// the pages that were passed.
func walk(t *testing.T, b *browser, slug, first string, typed map[string][]string) (check string, passed []string) {
	t.Helper()
	for next := first; ; {
		page := next[strings.LastIndex(next, "/")+1:]
		if page == "check" {
			r := b.get(next)
			wantStatus(t, r, http.StatusOK)
			return r.Body.String(), passed
		}
		answer, ok := typed[page]
		if !ok || len(passed) > 30 {
			t.Fatalf("%s asks %q after %v", slug, page, passed)
		}
		for _, f := range findings(b.get(next).Body.String()) {
			t.Errorf("%s %s: %s", slug, page, f)
		}
		passed = append(passed, page)
		r := b.post(next, answer...)
		if r.Code != http.StatusSeeOther {
			t.Fatalf("%s: %s answers %d to %v\n%s", slug, page, r.Code, answer, r.Body.String())
		}
		next = r.Header().Get("Location")
	}
}

// ask begins with a choice of the start page, answers and sends, and gives what
// was filed.
func ask(t *testing.T, w *servertest.World, s *browser, slug, choice string, typed map[string][]string) (dsr.Filing, *browser, string) {
	t.Helper()
	b := another(s)
	r := b.get("/o/" + slug + "/request?kind=" + choice)
	wantStatus(t, r, http.StatusOK)
	wantText(t, r, `name="kind" value="`+choice+`"`)
	r = b.post("/o/"+slug+"/request", "kind", choice)
	wantStatus(t, r, http.StatusSeeOther)
	check, _ := walk(t, b, slug, r.Header().Get("Location"), typed)
	before := len(w.Filings())
	send := "/o/" + slug + "/request/send"
	wantTo(t, b.post(send, hidden(t, check, send)...), "/o/"+slug+"/my/receipt")
	fs := w.Filings()
	if len(fs) != before+1 {
		t.Fatalf("%d filings of one sending", len(fs)-before)
	}
	return fs[before], b, check
}

func kindsOf(f dsr.Filing) string {
	var ks []string
	for _, w := range f.Wishes {
		ks = append(ks, string(w.Kind))
	}
	return strings.Join(ks, " ")
}

func TestEveryOrganisationTakesEveryKindFromItsStartPage(t *testing.T) {
	w := servertest.New()
	s := open(t, w.Server())
	for _, p := range w.Library.Packs() {
		w.TakeOnline(p.Slug, carried...)
		start := another(s).get("/o/" + p.Slug + "/").Body.String()
		deletion, _ := p.Offer("deletion")
		hold := "erasure"
		if deletion.NoGround {
			hold = "deletion" // promised without a ground: the better way
		}
		for choice, kind := range map[string]string{"disclosure": "disclosure", "correction": "correction", "addition": "addition", "away": hold, "suspension": "suspension"} {
			if !strings.Contains(start, "/request?kind="+choice+`"`) {
				t.Errorf("%s: the start page does not lead to %s", p.Slug, choice)
			}
			typed := usual(w, p.Slug)
			typed["correction"][1] = servertestField(w, p.Slug)
			if choice == "correction" && typed["correction"][1] == "other" {
				typed["correction"] = append(typed["correction"], "correction1_other", "住所")
			}
			f, b, _ := ask(t, w, s, p.Slug, choice, typed)
			if kindsOf(f) != kind {
				t.Errorf("%s: %s filed %s, want %s", p.Slug, choice, kindsOf(f), kind)
			}
			if f.Channel != dsr.ChannelPortal || f.Wishes[0].Delivery != "download" {
				t.Errorf("%s: %s by %q, answer by %q", p.Slug, choice, f.Channel, f.Wishes[0].Delivery)
			}
			wantText(t, b.get("/o/"+p.Slug+"/my"), "M-")
		}
		for _, x := range p.WhereToComplain() {
			if name := p.Text(x.Name, p.Language); !strings.Contains(s.get("/o/"+p.Slug+"/?lang="+p.Language).Body.String(), template(name)) {
				t.Errorf("%s: the start page does not name %s", p.Slug, name)
			}
		}
	}
}

// template is a text as a page escapes it.
func template(s string) string {
	return strings.NewReplacer("&", "&amp;", "'", "&#39;", `"`, "&#34;", "<", "&lt;", ">", "&gt;", "+", "&#43;").Replace(s)
}

// servertestField is a field of an organisation that may be changed.
func servertestField(w *servertest.World, slug string) string {
	for _, f := range w.Pack(slug).Fields {
		if !f.Fixed {
			return f.ID
		}
	}
	return "other"
}

func TestSeveralWishesAreOneRequestWithAllTheirAnswers(t *testing.T) {
	w := servertest.New()
	w.TakeOnline("qoo10", carried...)
	typed := usual(w, "qoo10")
	typed["wishes"] = []string{"want_disclosure", "yes", "want_correction", "yes", "want_addition", "yes", "want_away", "yes", "want_suspension", "yes"}
	typed["away"] = []string{"away", "both"}
	typed["correction"] = []string{"correction1_field", "name", "correction1_now", "LE VAN A", "correction1_should", "LÊ VĂN A", "correction1_more", "yes"}
	typed["correction-2"] = []string{"correction2_field", "other", "correction2_other", "備考", "correction2_now", "x", "correction2_should", "y", "correction2_more", "no"}
	f, b, check := ask(t, w, open(t, w.Server()), "qoo10", "several", typed)
	if got := kindsOf(f); got != "disclosure correction addition deletion suspension erasure" {
		t.Errorf("filed %s", got)
	}
	by := map[dsr.Kind]dsr.Wish{}
	for _, x := range f.Wishes {
		by[x.Kind] = x
	}
	if c := by[dsr.KindCorrection].Claims; len(c) != 2 || c[0].Field != "name" || c[0].Now != "LE VAN A" || c[0].Should != "LÊ VĂN A" || c[1].Now != "備考: x" || c[1].Should != "y" {
		t.Errorf("%d claims of the correction", len(c))
	}
	if c := by[dsr.KindAddition].Claims; len(c) != 1 || c[0].Should != "090-0000-1111" || c[0].Now != "緊急連絡先:" {
		t.Errorf("%d claims of the addition", len(c))
	}
	if d, e, u := by[dsr.KindDeletion], by[dsr.KindErasure], by[dsr.KindSuspension]; d.Scope != "旧姓の記載" || d.Ground != "" || e.Scope != "古い注文" || e.Ground != "no-longer-needed" || u.Scope != "" || u.Ground != "" {
		t.Errorf("scopes and grounds: %q %q %q %q", d.Ground, e.Ground, u.Ground, e.Scope)
	}
	// The page of answers shows every one, each with its way back.
	for _, x := range []string{"LÊ VĂN A", "備考", "090-0000-1111", "旧姓の記載", "古い注文", "minh@example.jp"} {
		if !strings.Contains(check, template(x)) {
			t.Errorf("the page of answers has no %q", x)
		}
	}
	for _, at := range []string{"wishes", "correction", "correction-2", "addition", "away", "content", "erasure", "erasure-ground", "suspension", "reach"} {
		if !strings.Contains(check, `/o/qoo10/request/`+at+`?return=check"`) {
			t.Errorf("no way back to %s", at)
		}
	}
	if len(w.Filings()) != 1 {
		t.Errorf("%d filings", len(w.Filings()))
	}
	r := b.get("/o/qoo10/my")
	wantStatus(t, r, http.StatusOK)
	if n := strings.Count(r.Body.String(), `class="rail"`); n != 6 {
		t.Errorf("%d parts on the status page", n)
	}
}

func TestTheOnePlainQuestionOpensTheKindThatHelpsMost(t *testing.T) {
	w := servertest.New()
	s := open(t, w.Server())
	for _, x := range []struct{ slug, away, kinds, scope string }{
		{"qoo10", "wrong", "deletion", "旧姓の記載"}, {"qoo10", "hold", "erasure", "古い注文"}, {"qoo10", "both", "deletion erasure", "旧姓の記載"}, {"qoo10", "use", "suspension", ""},
		// Here the policy promises a deletion for which no ground is needed.
		{"score-japan", "wrong", "deletion", "旧姓の記載"}, {"score-japan", "hold", "deletion", ""}, {"score-japan", "use", "suspension", ""},
	} {
		w.TakeOnline(x.slug, carried...)
		typed := usual(w, x.slug)
		typed["away"] = []string{"away", x.away}
		f, _, _ := ask(t, w, s, x.slug, "away", typed)
		if kindsOf(f) != x.kinds || f.Wishes[0].Scope != x.scope {
			t.Errorf("%s: %s opens %s, want %s", x.slug, x.away, kindsOf(f), x.kinds)
		}
	}
}

func TestWhatWillHappenIsSaidBeforeItIsSent(t *testing.T) {
	w := servertest.New()
	for _, p := range w.Library.Packs() {
		w.TakeOnline(p.Slug, carried...)
	}
	s := open(t, w.Server())
	has := func(slug, choice, lang string, typed map[string][]string, want, not []string) {
		t.Helper()
		b := another(s)
		b.cookies["voice"] = lang
		r := b.post("/o/"+slug+"/request", "kind", choice)
		check, passed := walk(t, b, slug, r.Header().Get("Location"), typed)
		for _, x := range want {
			if !strings.Contains(check, template(x)) {
				t.Errorf("%s %s: %q is not said after %v", slug, choice, x, passed)
			}
		}
		for _, x := range not {
			if strings.Contains(check, template(x)) {
				t.Errorf("%s %s: %q is said", slug, choice, x)
			}
		}
	}
	has("qoo10", "away", "en", usual(w, "qoo10"), []string{"Erasing cannot be undone. After the decision we wait 3 days"}, nil)
	typed := usual(w, "qoo10")
	typed["away"] = []string{"away", "wrong"}
	has("qoo10", "away", "en", typed, nil, []string{"Erasing cannot be undone"})
	has("qoo10", "correction", "en", usual(w, "qoo10"), []string{"that part of your data is neither used nor passed on", "proof of who you are"}, nil)
	has("qoo10", "suspension", "en", usual(w, "qoo10"), []string{"That is all the proof we ask for"}, []string{"proof of who you are"})
	typed = usual(w, "scsk-serviceware")
	for _, p := range w.Pack("scsk-serviceware").Populations {
		if p.Entrusted {
			typed["relation"][1] = p.ID
		}
	}
	has("scsk-serviceware", "disclosure", "en", typed, []string{"without saying whether anything is held"}, nil)
}

func TestNoReasonIsNeededWhereThePolicyPromisesItWithoutOne(t *testing.T) {
	w := servertest.New()
	w.TakeOnline("score-japan", carried...)
	w.TakeOnline("qoo10", carried...)
	s := open(t, w.Server())
	for slug, needed := range map[string]bool{"score-japan": false, "qoo10": true} {
		b := another(s)
		b.cookies["voice"] = "en"
		b.post("/o/"+slug+"/request", "kind", "suspension")
		r := b.get("/o/" + slug + "/request/suspension-ground")
		wantStatus(t, r, http.StatusOK)
		if got := strings.Contains(r.Body.String(), "promises this without a reason"); got == needed {
			t.Errorf("%s: says that no reason is needed: %v", slug, got)
		}
		// Nobody is held up for want of one.
		wantStatus(t, b.post("/o/"+slug+"/request/suspension-ground"), http.StatusSeeOther)
	}
}

func TestAFixedFieldIsOnTheListWithThePolicysSentence(t *testing.T) {
	w := servertest.New()
	w.TakeOnline("qoo10", carried...)
	b := open(t, w.Server())
	b.cookies["voice"] = "en"
	b.post("/o/qoo10/request", "kind", "correction")
	r := b.get("/o/qoo10/request/correction")
	wantText(t, r, `value="member-id"`, "we look into it all the same", "5ア", `value="other"`)
	if n := strings.Count(r.Body.String(), `value="other"`); n != 1 {
		t.Errorf("something else is offered %d times", n)
	}
}

func TestMistakesOfTheNewPagesComeBackWithWhatWasTyped(t *testing.T) {
	w := servertest.New()
	w.TakeOnline("qoo10", carried...)
	b := open(t, w.Server())
	b.cookies["voice"] = "en"
	b.post("/o/qoo10/request", "kind", "several")
	wrong := func(page string, typed []string, texts ...string) {
		t.Helper()
		r := b.post("/o/qoo10/request/"+page, typed...)
		wantStatus(t, r, http.StatusUnprocessableEntity)
		wantText(t, r, append(texts, `class="summary"`, "<title>Error: ")...)
		for _, f := range findings(r.Body.String()) {
			t.Errorf("%s: %s", page, f)
		}
	}
	wrong("wishes", nil, `href="#wishes"`)
	wantStatus(t, b.post("/o/qoo10/request/wishes", "want_correction", "yes", "want_away", "yes", "want_suspension", "yes"), http.StatusSeeOther)
	wrong("correction", []string{"correction1_now", "A<b>"}, `href="#correction1_field"`, `href="#correction1_should"`, "A&lt;b&gt;</textarea>")
	wrong("correction", []string{"correction1_field", "other", "correction1_should", "kept text"}, `href="#correction1_other"`, "kept text", `value="other" checked`)
	wrong("correction", []string{"correction1_field", "address", "correction1_should", strings.Repeat("あ", 501)}, `href="#correction1_should"`, "There are 501 now")
	wrong("away", []string{"away", "everything"}, `href="#away"`)
	wantStatus(t, b.post("/o/qoo10/request/away", "away", "both"), http.StatusSeeOther)
	wrong("content", nil, `href="#content"`)
	wrong("erasure", []string{"erasure_scope", "some"}, `href="#erasure_topics"`)
	wrong("suspension", []string{"suspension_topics", "typed and not chosen"}, `href="#suspension_scope"`, "typed and not chosen")
	wantStatus(t, b.post("/o/qoo10/request/whom", "whom", "other"), http.StatusSeeOther)
	wrong("acting", nil, `href="#acting"`)
	wrong("representative", []string{"rep_kana", "ホア"}, `href="#rep_name"`, `value="ホア"`)
	wrong("whom", []string{"whom", "delegated"}, `href="#whom"`)
	// With the database away nothing is lost either.
	w.Fail["SaveDraft"] = dsr.Fail(dsr.Unavailable, "error.unavailable")
	r := b.post("/o/qoo10/request/content", "content", "my words")
	wantStatus(t, r, http.StatusServiceUnavailable)
	wantText(t, r, "my words")
}

func TestAPageOfAKindWhoseDraftIsGoneIsStillTaken(t *testing.T) {
	w := servertest.New()
	w.TakeOnline("qoo10", carried...)
	b := open(t, w.Server())
	wantStatus(t, b.post("/o/qoo10/request/correction", usual(w, "qoo10")["correction"]...), http.StatusSeeOther)
	wantText(t, b.get("/o/qoo10/request/correction"), "高松西4-5-6")
	wantText(t, b.get("/o/qoo10/request/check"), "高松西4-5-6")
	// What was not asked for has no page.
	wantStatus(t, b.get("/o/qoo10/request/erasure"), http.StatusNotFound)
}

func TestAnotherWishJoinsAFormThatWasBegun(t *testing.T) {
	w := servertest.New()
	w.TakeOnline("qoo10", carried...)
	b := open(t, w.Server())
	b.post("/o/qoo10/request", "kind", "disclosure")
	b.post("/o/qoo10/request/person", usual(w, "qoo10")["person"]...)
	wantText(t, b.get("/o/qoo10/request?kind=suspension"), `name="add" value="yes"`)
	wantTo(t, b.post("/o/qoo10/request", "kind", "suspension", "add", "yes"), "/o/qoo10/request/check")
	r := b.get("/o/qoo10/request/check")
	wantText(t, r, "Nguyễn Văn Minh", "/request/suspension?return=check", "/request/data?return=check")
	if strings.Contains(b.get("/o/qoo10/request?kind=suspension").Body.String(), `name="add"`) {
		t.Error("offered twice")
	}
	// Without a form that was begun it begins one.
	wantTo(t, another(b).post("/o/qoo10/request", "kind", "suspension", "add", "yes"), "/o/qoo10/request/relation")
	wantTo(t, another(b).get("/o/qoo10/request/correction"), "/o/qoo10/request?kind=correction")
}

func TestARepresentativeFilesAndIsAskedForBothPapers(t *testing.T) {
	w := servertest.New()
	w.TakeOnline("kai", carried...)
	s := open(t, w.Server())
	typed := usual(w, "kai")
	typed["whom"] = []string{"whom", "other"}
	f, b, check := ask(t, w, s, "kai", "disclosure", typed)
	r := f.Representative
	if r == nil || r.Kind != "statutory" || r.Relation != "parent" || r.Person.Name != "Trần Thị Hoa" || r.Person.Mail != "minh@example.jp" {
		t.Fatalf("the representative is not who filed: %v", r)
	}
	if f.Person.Mail != "" || f.Person.Phone != "" || f.Person.Name != "Nguyễn Văn Minh" {
		t.Error("the representative's contact stands as the person's")
	}
	if !strings.Contains(check, "37") || !strings.Contains(check, "Trần Thị Hoa") {
		t.Error("the page of answers does not say by which article a representative is admitted")
	}
	// Siblings of the mandate need one.
	for _, x := range []struct{ relation, kind string }{{"guardian", "statutory"}, {"family", "delegated"}, {"lawyer", "delegated"}, {"other", "delegated"}} {
		typed["acting"] = []string{"acting", x.relation}
		f, _, _ := ask(t, w, s, "kai", "disclosure", typed)
		if f.Representative.Kind != x.kind || f.Representative.Relation != x.relation {
			t.Errorf("%s is %s", x.relation, f.Representative.Kind)
		}
	}
	// Each relation names its papers, and the policy's text is no block.
	b.cookies["voice"] = "en"
	b.post("/o/kai/request", "kind", "disclosure")
	b.post("/o/kai/request/whom", "whom", "other")
	page := b.get("/o/kai/request/acting")
	wantText(t, page, "APPI Art. 37(3), Order 13")
	for _, kind := range []string{"statutory", "delegated"} {
		ds := w.Pack("kai").AuthorityDocuments(kind)
		if len(ds) == 0 {
			t.Fatalf("the pack has no paper of a %s representative", kind)
		}
		wantText(t, page, template(w.Pack("kai").Text(ds[0].Title, "en")))
	}

	x := w.AddSubmission("kai")
	x.Status.ContactConfirmed = true
	x.Status.Authority = &dsr.AuthorityState{Kind: "statutory", Relation: "parent"}
	b.cookies["session-kai"] = w.Session(x)
	page = b.get("/o/kai/my/identity")
	wantStatus(t, page, http.StatusOK)
	statutory, delegated := w.Pack("kai").AuthorityDocuments("statutory")[0].ID, w.Pack("kai").AuthorityDocuments("delegated")[0].ID
	wantText(t, page, `value="passport"`, `value="`+statutory+`"`)
	if strings.Contains(page.Body.String(), `value="`+delegated+`"`) {
		t.Error("a parent is asked for a mandate")
	}
	wantTo(t, b.upload("/o/kai/my/identity", "passport", photo(t), true), "/o/kai/my/identity")
	wantTo(t, b.upload("/o/kai/my/identity", statutory, photo(t), true), "/o/kai/my/identity")
	wantTo(t, b.post("/o/kai/my/identity/send"), "/o/kai/my?done=identity")
	if d := x.Status.Documents; len(d) != 2 || d[0].Kind != "passport" || d[1].Kind != statutory {
		t.Errorf("%d papers", len(d))
	}

	// Later, when the stage of authority waits for papers, they alone are asked for.
	x.Status.Identity.Proven, x.Status.Documents = "L2", nil
	c := &x.Status.Cases[0]
	c.Stage, c.StageShown, c.Step, c.Paused, c.PausedFor = dsr.StageAuthority, dsr.StageAuthority, dsr.StepProving, true, "authority"
	wantText(t, b.get("/o/kai/my"), "Show us that you may act")
	page = b.get("/o/kai/my/identity")
	wantText(t, page, `value="`+statutory+`"`)
	if strings.Contains(page.Body.String(), `value="passport"`) {
		t.Error("asks again who it is")
	}
	c.Paused = false
	x.Status.Authority.RecordedAt = w.At(-1)
	wantTo(t, b.get("/o/kai/my/identity"), "/o/kai/my")
}

func TestAtTheLowestLevelTheCodeIsTheProof(t *testing.T) {
	w := servertest.New()
	w.TakeOnline("qoo10", carried...)
	x := w.AddSubmission("qoo10")
	x.Status.Cases[0].Kind, x.Status.Identity.Needed = dsr.KindSuspension, "L1"
	b := open(t, w.Server())
	b.cookies["voice"], b.cookies["session-qoo10"] = "en", w.Session(x)
	wantText(t, b.get("/o/qoo10/my"), "is all the proof we need")
	wantTo(t, b.get("/o/qoo10/my/identity"), "/o/qoo10/my")
	wantTo(t, b.post("/o/qoo10/my/confirm/send"), "/o/qoo10/my/confirm?sent=1")
	wantTo(t, b.post("/o/qoo10/my/confirm", "code", servertest.Code), "/o/qoo10/my?done=confirmed")
	if page := b.get("/o/qoo10/my").Body.String(); strings.Contains(page, "Send an identity document") {
		t.Error("papers are asked for all the same")
	}
}

// changed puts a submission into the world whose case is of a kind and stands
// where change leaves it.
func changed(w *servertest.World, slug string, k dsr.Kind, change func(*servertest.Submission, *dsr.StatusCase)) *servertest.Submission {
	x := w.AddSubmission(slug)
	x.Status.ContactConfirmed, x.Status.Identity.Proven = true, "L2"
	x.Status.Cases[0].Kind = k
	change(x, &x.Status.Cases[0])
	return x
}

// changes are submissions in the states that only changing kinds have.
func changes(w *servertest.World, slug string) map[string]*servertest.Submission {
	at := func(c *dsr.StatusCase, st dsr.Stage) { c.Stage, c.StageShown, c.Step = st, st, st.Step() }
	all := map[string]*servertest.Submission{
		"frozen": changed(w, slug, dsr.KindCorrection, func(x *servertest.Submission, c *dsr.StatusCase) {
			at(c, dsr.StageInvestigation)
			c.Frozen = true
		}),
		"cooling": changed(w, slug, dsr.KindErasure, func(x *servertest.Submission, c *dsr.StatusCase) {
			at(c, dsr.StageExecution)
			c.CoolingOffUntil = w.At(60)
		}),
		"stopped": changed(w, slug, dsr.KindErasure, func(x *servertest.Submission, c *dsr.StatusCase) {
			at(c, dsr.StageExecution)
			c.CoolingOffUntil, c.Stopped = w.At(60), true
		}),
		"carrying out": changed(w, slug, dsr.KindSuspension, func(x *servertest.Submission, c *dsr.StatusCase) { at(c, dsr.StageExecution) }),
		"telling": changed(w, slug, dsr.KindCorrection, func(x *servertest.Submission, c *dsr.StatusCase) {
			at(c, dsr.StageNotified)
			c.AnsweredAt, c.CanWithdraw = w.At(-2), false
			c.Measures = map[dsr.Measure]int{dsr.MeasureCorrect: 2, dsr.MeasureRefuse: 1}
			c.Recipients = []dsr.RecipientRow{{ID: "a", Name: "Delivery Co", State: "done", Result: dsr.RecipientInformed}, {ID: "b", Name: "Mail Co", State: "open", Attempts: 1},
				{ID: "c", Name: "Gone Co", State: "done", Result: dsr.RecipientUnreachable}, {ID: "d", Name: "No Co", State: "done", Result: dsr.RecipientDeclined}}
		}),
		"authority wanted": changed(w, slug, dsr.KindDisclosure, func(x *servertest.Submission, c *dsr.StatusCase) {
			at(c, dsr.StageAuthority)
			x.Status.Authority = &dsr.AuthorityState{Kind: "delegated", Relation: "lawyer"}
			c.Paused, c.PausedFor, c.WaitingUntil = true, "authority", w.At(200)
		}),
		"authority again": changed(w, slug, dsr.KindDisclosure, func(x *servertest.Submission, c *dsr.StatusCase) {
			at(c, dsr.StageAuthority)
			x.Status.Authority = &dsr.AuthorityState{Kind: "delegated", Relation: "lawyer", Asked: 1}
			x.Status.Messages = []dsr.Message{{ID: "m", FromDesk: true, Kind: "reason", Text: "日付がありません。", At: w.At(-1)}}
			c.Paused, c.PausedFor = true, "authority"
		}),
		"authority checked": changed(w, slug, dsr.KindDisclosure, func(x *servertest.Submission, c *dsr.StatusCase) {
			at(c, dsr.StageAuthority)
			x.Status.Authority = &dsr.AuthorityState{Kind: "delegated", RecordedAt: w.At(-1)}
		}),
	}
	for _, o := range []dsr.Outcome{dsr.OutcomeFulfilled, dsr.OutcomePartial, dsr.OutcomeAlternative, dsr.OutcomeRefused, dsr.OutcomeNotHeld, dsr.OutcomeRedirected} {
		all["closed "+string(o)] = changed(w, slug, dsr.KindDeletion, func(x *servertest.Submission, c *dsr.StatusCase) {
			at(c, dsr.StageClosed)
			c.Outcome, c.AnsweredAt, c.ClosedAt, c.CanWithdraw, c.CanObject = o, w.At(-9), w.At(-1), false, true
			c.Measures = map[dsr.Measure]int{}
			for _, m := range dsr.Measures {
				c.Measures[m] = 1
			}
			c.Scheduled = []dsr.ScheduledRow{{ID: "s", DueOn: "2031-04-01"}, {ID: "d", DueOn: "2026-11-19", DoneAt: w.At(-3)}}
		})
	}
	return all
}

func TestTheStatusPageSaysWhatBecomesOfEachKind(t *testing.T) {
	w := servertest.New()
	all := changes(w, "qoo10")
	s := open(t, w.Server())
	for name, want := range map[string][]string{
		"frozen":          {"The disputed part is frozen"},
		"cooling":         {"Nothing is erased yet", "Stop the erasure (withdraw the request)", "Nothing is erased before"},
		"stopped":         {"The erasure was stopped", "The erasure is stopped."},
		"carrying out":    {"We are carrying out what was decided."},
		"telling":         {"3 of 4", "Delivery Co", "Still to be told", "Could not be reached", "declined", "Put right: 2", "Not done: 1"},
		"closed partial":  {"We did part of what you asked for", "Kept until a date: 1", "a law says so", "1 April 2031", "was erased on"},
		"closed refused":  {"We did not do what you asked for"},
		"authority again": {"日付がありません。"},
	} {
		b := another(s)
		b.cookies["voice"], b.cookies["session-qoo10"] = "en", w.Session(all[name])
		r := b.get("/o/qoo10/my")
		for _, x := range want {
			if !strings.Contains(r.Body.String(), x) {
				t.Errorf("%s: no %q on the page", name, x)
			}
		}
		for _, x := range []string{"Get my data", "Everything was given"} {
			if strings.Contains(r.Body.String(), x) {
				t.Errorf("%s: speaks of data to fetch: %q", name, x)
			}
		}
	}
}

func TestTheStopLinkNeedsNoSignInAndAGetChangesNothing(t *testing.T) {
	w := servertest.New()
	const token = "k7Q2secretsecretsecretsecret"
	reference := dsr.NewReference([7]byte{1, 2, 3, 4, 5, 6, 7})
	w.Stops[token] = &dsr.StopPage{Organisation: w.Pack("qoo10").ID, Reference: reference, Until: w.At(60)}
	s := w.Server()
	var logged []string
	s.Log = func(e server.Entry) { logged = append(logged, fmt.Sprint(e)) }
	b := open(t, s)
	b.cookies["voice"] = "en"
	path := "/o/qoo10/stop/" + token
	for range 3 {
		r := b.get(path)
		wantStatus(t, r, http.StatusOK)
		wantText(t, r, reference, `action="`+path+`"`, "Nothing has been erased yet", "23 November 2026")
		if r.Header().Get("Cache-Control") != "no-store" || r.Header().Get("Referrer-Policy") != "same-origin" {
			t.Error("the page may be kept, or tells where it was")
		}
		if w.Stops[token].Stopped || slices.Contains(w.Calls, "StopErasure") {
			t.Fatal("looking stopped it")
		}
	}
	if n := len(b.cookies); n != 1 {
		t.Errorf("%d cookies after looking", n)
	}
	wantTo(t, b.post(path), path)
	if !w.Stops[token].Stopped {
		t.Fatal("not stopped")
	}
	wantText(t, b.get(path), "The erasure is stopped", "decided anew")
	if strings.Contains(b.get(path).Body.String(), "<form method=\"post\" action=\""+path) {
		t.Error("still a button")
	}
	// Pressed again: the same page, and nothing is stopped twice.
	wantTo(t, b.post(path), path)
	if n := count(w.Calls, "StopErasure"); n != 1 {
		t.Errorf("stopped %d times", n)
	}

	// Unknown, and known elsewhere, look alike; so do all answers to them.
	want := b.get("/o/kai/stop/never-made")
	wantStatus(t, want, http.StatusNotFound)
	for _, r := range []*httptest.ResponseRecorder{b.get("/o/kai/stop/" + token), b.post("/o/kai/stop/" + token), b.post("/o/kai/stop/never-made")} {
		wantStatus(t, r, http.StatusNotFound)
		if r.Body.String() != want.Body.String() {
			t.Error("the pages of unknown links differ")
		}
	}
	// Too late: said so, and a way to people.
	w.Stops["late"] = &dsr.StopPage{Organisation: w.Pack("qoo10").ID, Reference: reference, Over: true}
	wantText(t, b.get("/o/qoo10/stop/late"), "can no longer be stopped")
	tried := count(w.Calls, "StopErasure")
	wantStatus(t, b.post("/o/qoo10/stop/late"), http.StatusConflict)
	if count(w.Calls, "StopErasure") != tried+1 {
		t.Error("the record does not learn that somebody tried too late")
	}
	// Away: nothing is pretended.
	w.Fail["StopErasure"] = dsr.Fail(dsr.Unavailable, "error.unavailable")
	w.Stops["away"] = &dsr.StopPage{Organisation: w.Pack("qoo10").ID, Reference: reference, Until: w.At(1)}
	wantStatus(t, b.post("/o/qoo10/stop/away"), http.StatusServiceUnavailable)
	for _, line := range logged {
		if strings.Contains(line, token) || strings.Contains(line, url.PathEscape(token)) {
			t.Errorf("the log has the token: %s", line)
		}
	}
	if len(logged) < 10 {
		t.Errorf("%d lines of log", len(logged))
	}
}

func count(list []string, s string) int {
	n := 0
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

func TestEveryPageOfEveryKindInEveryVoiceIsWellMade(t *testing.T) {
	w := servertest.New()
	pages := 0
	look := func(name string, r *httptest.ResponseRecorder, voice dsr.Voice) {
		t.Helper()
		pages++
		if r.Code >= 300 && r.Code < 400 {
			t.Errorf("%s (%s) leads away to %s", name, voice, r.Header().Get("Location"))
		}
		for _, f := range findings(r.Body.String()) {
			t.Errorf("%s (%s): %s", name, voice, f)
		}
	}
	for _, p := range w.Library.Packs() {
		w.TakeOnline(p.Slug, carried...)
	}
	s := open(t, w.Server())
	for i, x := range []dsr.StopPage{{Until: w.At(60)}, {Stopped: true, Until: w.At(60)}, {Over: true}} {
		x.Organisation, x.Reference = w.Pack("kai").ID, "M-7KQ2-94XD"
		w.Stops[fmt.Sprint("stop", i)] = &x
	}
	states := changes(w, "kai")
	for _, voice := range dsr.Voices {
		b := another(s)
		b.cookies["voice"] = string(voice)
		for _, p := range w.Library.Packs() {
			at := "/o/" + p.Slug
			look(p.Slug, b.get(at+"/"), voice)
			look(p.Slug+" policy", b.get(at+"/policy"), voice)
			for _, choice := range []string{"disclosure", "correction", "addition", "away", "suspension", "several"} {
				look(p.Slug+" begin "+choice, b.get(at+"/request?kind="+choice), voice)
			}
			b.post(at+"/request", "kind", "several")
			b.post(at+"/request/wishes", "want_disclosure", "yes", "want_correction", "yes", "want_addition", "yes", "want_away", "yes", "want_suspension", "yes")
			b.post(at+"/request/whom", "whom", "other")
			b.post(at+"/request/away", "away", "both")
			if p.Slug == "score-japan" {
				b.post(at+"/request/away", "away", "hold")
			}
			for _, q := range []string{"wishes", "relation", "whom", "acting", "representative", "data", "correction", "addition", "away", "content", "deletion", "deletion-ground",
				"erasure", "erasure-ground", "suspension", "suspension-ground", "person", "check"} {
				r := b.get(at + "/request/" + q)
				if r.Code == http.StatusNotFound && (q == "content" || strings.HasPrefix(q, "deletion") || strings.HasPrefix(q, "erasure")) {
					continue // not asked by this organisation
				}
				wantStatus(t, r, http.StatusOK)
				look(p.Slug+" "+q, r, voice)
				if q != "check" && !strings.HasSuffix(q, "-ground") {
					look(p.Slug+" mistakes "+q, b.post(at+"/request/"+q, "nothing", ""), voice)
				}
			}
		}
		for i := range 3 {
			look("stop", b.get(fmt.Sprint("/o/kai/stop/stop", i)), voice)
		}
		look("stop unknown", b.get("/o/kai/stop/x"), voice)
		for name, x := range maps.All(states) {
			b.cookies["session-kai"] = w.Session(x)
			look(name, b.get("/o/kai/my"), voice)
			look(name+" receipt", b.get("/o/kai/my/receipt"), voice)
			c := x.Status.Cases[0]
			if c.Stage == dsr.StageClosed || c.AnsweredAt > 0 {
				look(name+" answer", b.get("/o/kai/my/case/"+c.Case), voice)
			}
			if strings.HasPrefix(name, "authority wanted") || name == "authority again" {
				look(name+" papers", b.get("/o/kai/my/identity"), voice)
			}
			if c.CanWithdraw {
				look(name+" withdraw", b.get("/o/kai/my/case/"+c.Case+"/withdraw"), voice)
			}
		}
	}
	t.Logf("%d pages", pages)
}

// TestWhatWasAddedCanBeSentWithoutScrolling: after one paper the button that sends
// it stands before the form that adds another; a representative, who needs two,
// meets the form first.
func TestWhatWasAddedCanBeSentWithoutScrolling(t *testing.T) {
	w := servertest.New()
	w.TakeOnline("kai", carried...)
	s := open(t, w.Server())
	for _, represented := range []bool{false, true} {
		x := w.AddSubmission("kai")
		x.Status.ContactConfirmed = true
		if represented {
			x.Status.Authority = &dsr.AuthorityState{Kind: "statutory", Relation: "parent"}
		}
		b := another(s)
		b.cookies["session-kai"] = w.Session(x)
		wantTo(t, b.upload("/o/kai/my/identity", "passport", photo(t), true), "/o/kai/my/identity")
		page := b.get("/o/kai/my/identity").Body.String()
		send, form := strings.Index(page, "/my/identity/send"), strings.Index(page, `type="file"`)
		if send < 0 || form < 0 || (send < form) == represented {
			t.Errorf("represented %t: the button stands at %d, the form at %d", represented, send, form)
		}
	}
}

// TestTheNewestLetterStandsFirst: whoever comes for an answer meets it before the
// acknowledgement.
func TestTheNewestLetterStandsFirst(t *testing.T) {
	w := servertest.New()
	w.TakeOnline("kai", carried...)
	s := open(t, w.Server())
	x := w.AddSubmission("kai")
	x.Status.ContactConfirmed = true
	x.Status.Notices = []dsr.NoticeRow{{ID: "first", Code: "N-01", Public: true, At: 1}, {ID: "last", Code: "N-13", Public: true, At: 2}}
	b := another(s)
	b.cookies["session-kai"] = w.Session(x)
	page := b.get("/o/kai/my").Body.String()
	if last, first := strings.Index(page, "/my/letter/last"), strings.Index(page, "/my/letter/first"); last < 0 || first < last {
		t.Errorf("the answer stands at %d, the acknowledgement at %d", last, first)
	}
}
