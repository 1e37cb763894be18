package server_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"madoguchi/dsr"
	"madoguchi/policy"
	"madoguchi/server/servertest"
)

// moreWorld is a desk that does every kind of work.
func moreWorld() (*servertest.World, servertest.Desk, servertest.More) {
	w, d := deskWorld()
	return w, d, w.FillMore("izumisano")
}

func of(caseID, rest string) string { return desk + "/case/" + caseID + rest }

func TestEveryPageOfTheOtherKindsIsWellMade(t *testing.T) {
	n := 0
	for _, voice := range []dsr.Voice{dsr.VoiceJa, dsr.VoiceEn} {
		w, d, m := moreWorld()
		// Papers of an organisation's own, so that each page has all its parts.
		p := w.Pack("izumisano")
		p.Fields = append(p.Fields, policy.DataField{ID: "address", Text: policy.Voices{"ja": "住所", "en": "Address"}, Places: []policy.Place{{System: "centre-records", Category: "person", Column: "address"}}})
		pages := []struct{ path, login string }{
			{of(m.Authority, ""), "handler"}, {of(m.Authority, "/authority"), "handler"}, {of(m.Authority, "/authority"), "manager"},
			{of(m.Admit, "/authority"), "approver"}, {of(m.Admit, "/authority"), "handler"},
			{of(m.Investigate, "/investigation"), "handler"}, {of(m.Investigate, "/investigation"), "approver"}, {of(m.Investigate, ""), "auditor"},
			{of(m.Correct, "/review"), "handler"}, {of(m.Correct, "/review"), "manager"}, {of(m.Delete, "/review"), "handler"},
			{of(m.Agree, "/approval"), "approver"}, {of(m.Agree, "/approval"), "handler"}, {of(m.Agree, "/review"), "manager"},
			{of(m.Stopped, "/stopped"), "handler"}, {of(m.Stopped, "/stopped"), "clerk"}, {of(m.Stopped, ""), "handler"},
			{of(m.Tell, "/recipient/recipient-1"), "handler"}, {of(m.Tell, ""), "clerk"},
			{of(m.Triage, "/task/task-case-triage"), "handler"}, {of(m.Triage, "/identity"), "handler"}, {of(m.Posted, ""), "clerk"}, {of(m.Posted, "/papers"), "clerk"},
			{desk + "/letters", "clerk"}, {desk + "/appointments", "manager"}, {desk + "/appointments", "admin"}, {desk + "/queue?tab=inform-recipient", "clerk"},
		}
		look := func(what string, r *httptest.ResponseRecorder, status int) {
			n++
			if r.Code != status {
				t.Errorf("%s: %d, want %d", what, r.Code, status)
			}
			for _, f := range findings(r.Body.String()) {
				t.Errorf("%s in %s: %s", what, voice, f)
			}
		}
		sign := func(login string) *browser {
			b := atDesk(t, w, login)
			b.cookies["desk-voice"] = string(voice)
			return b
		}
		for _, x := range pages {
			look(x.path+" as "+x.login, sign(x.login).get(x.path), 200)
		}
		h := sign("handler")
		mandate := w.Authorities[m.Authority]
		mandate.Representative.Kind, mandate.Representative.Relation = "delegated", "lawyer"
		look("a mandate", h.get(of(m.Authority, "/authority")), 200)
		// Forms that come back.
		w.Fail["RecordAuthority"] = dsr.Fail(dsr.Invalid, "error.mandate-covers", "kind", "deletion")
		r := h.post(of(m.Authority, "/authority/record"), "relation", "lawyer", "document", p.AuthorityDocuments("delegated")[0].ID, "checked", "residence-card", "receive", "no", "dated_on", "2026-11-01")
		look("a mandate that does not cover", r, 422)
		wantText(t, r, `href="#covers"`)
		look("record", h.post(of(m.Authority, "/authority/record")), 422)
		look("ask", h.post(of(m.Authority, "/authority/ask")), 422)
		look("ask, shown", h.post(of(m.Authority, "/authority/ask"), "reason-code", "no-mandate", "act", "preview", "text", "Xin gửi lại"), 200)
		look("reject", h.post(of(m.Authority, "/authority/reject")), 422)
		look("return", sign("approver").post(of(m.Admit, "/authority/return")), 422)
		look("investigate", h.post(of(m.Investigate, "/investigation"), "item", "item-profile", "item", "item-orders", "checked-1", "住民票"), 422)
		look("measure", h.post(of(m.Correct, "/review/item-profile"), "n", "1", "kind", "correction", "tests", "X1"), 422)
		look("delete", h.post(of(m.Delete, "/review/item-orders"), "n", "2", "kind", "deletion", "measure", "keep"), 422)
		w.Identities[d.Identity].Kind = dsr.KindCorrection
		look("hold", h.post(of(d.Identity, "/identity/hold")), 422)
		look("papers", h.post(of(m.Posted, "/papers")), 422)
		look("redirect", h.post(of(m.Triage, "/task/task-case-triage/redirect")), 422)
		look("recipient", sign("handler").post(of(m.Tell, "/recipient/recipient-1")), 422)
		look("letters", sign("clerk").post(desk+"/letters/print"), 422)
		look("print", sign("clerk").post(desk+"/letters/print", "notice", "letter-1", "notice", "letter-2"), 200)
		look("appoint", sign("manager").post(desk+"/appointments"), 422)
		look("key-in", sign("clerk").post(desk+"/key-in", "channel", "post", "kind", "correction", "kind", "deletion", "claim-now-0", "x"), 422)
	}
	t.Logf("%d pages", n)
}

// keyed is a form of the desk with the changes that a test makes.
func keyed(change ...string) []string {
	v := map[string][]string{"form_token": {"a-token-of-more-than-twenty-signs"}, "channel": {"telephone"}, "arrived_on": {"2026-11-20"}, "letters": {"de"}, "kind": {"disclosure"},
		"name": {"Emma Beispiel"}, "reach": {"mail"}, "mail": {"emma@example.org"}, "delivery": {"download"}, "whom": {"me"}}
	for i := 0; i+1 < len(change); i += 2 {
		v[change[i]] = strings.Split(change[i+1], "&")
	}
	var out []string
	for k, xs := range v {
		for _, x := range xs {
			out = append(out, k, x)
		}
	}
	return out
}

func TestACallIsReceivedOnlyAfterTheRecordingNotice(t *testing.T) {
	w := servertest.New()
	w.AddStaff("clerk", "小林 葵", "kai", dsr.RoleClerk)
	b := atDesk(t, w, "clerk")
	page := b.get("/desk/kai/key-in")
	wantText(t, page, `name="recording_told"`, w.Pack("kai").Text(w.Pack("kai").Recording.Text, "en"))
	r := b.post("/desk/kai/key-in", keyed()...)
	wantStatus(t, r, http.StatusUnprocessableEntity)
	wantText(t, r, `href="#recording_told"`, "Emma Beispiel")
	wantStatus(t, b.post("/desk/kai/key-in", keyed("recording_told", "yes")...), http.StatusSeeOther)
	if f := w.Filings(); len(f) != 1 || !f[0].RecordingTold {
		t.Errorf("filed %d", len(f))
	}
}

func TestALetterHasThreeDays(t *testing.T) {
	w := servertest.New()
	w.AddStaff("clerk", "小林 葵", "scsk-serviceware", dsr.RoleClerk)
	b := atDesk(t, w, "clerk")
	at := "/desk/scsk-serviceware/key-in"
	for field, bad := range map[string][]string{"posted_on": {"2026-11-19", "soon", "2026-12-24"}} {
		for _, x := range bad {
			r := b.post(at, keyed("channel", "post", "arrived_on", "2026-11-18", field, x)...)
			if r.Code != 422 || !strings.Contains(r.Body.String(), `href="#`+field+`"`) {
				t.Errorf("%s = %s: %d", field, x, r.Code)
			}
		}
	}
	wantStatus(t, b.post(at, keyed("channel", "post", "arrived_on", "2026-11-18", "posted_on", "2026/11/13", "kind", "suspension", "ground", "no-longer-needed")...), http.StatusSeeOther)
	f := w.Filings()[0]
	if f.PostedOn != "2026-11-13" || timeOf(f.ArrivedAt) != "2026-11-17T15:00:00Z" || f.Wishes[0].Ground != "no-longer-needed" {
		t.Errorf("posted %s, arrived %s, ground %q", f.PostedOn, timeOf(f.ArrivedAt), f.Wishes[0].Ground)
	}
}

func TestSeveralWishesOfOneCallerAreOneSubmission(t *testing.T) {
	w, _ := deskWorld()
	p := w.Pack("izumisano")
	field := policy.DataField{ID: "a-field", Text: policy.Voices{"en": "A field"}}
	p.Fields = append(p.Fields, field)
	b := atDesk(t, w, "clerk")
	r := b.post(desk+"/key-in", keyed("kind", "correction&disclosure")...)
	wantStatus(t, r, 422)
	wantText(t, r, `href="#claim-field-0"`)
	r = b.post(desk+"/key-in", keyed("claim-field-1", "a-field", "claim-should-1", "Lan")...)
	wantStatus(t, r, 422)
	wantText(t, r, `href="#kind"`, ">Lan</textarea>", `value="a-field" selected`)
	wantText(t, b.post(desk+"/key-in", keyed("claim-field-0", "a-field", "claim-should-0", "Lan", "claim-field-1", "a-field", "claim-should-1", "Hoa")...), ">Hoa</textarea>", `class="more-claims" open`)
	// The rows that nobody used are folded: on the telephone the page is read down.
	if strings.Contains(b.get(desk+"/key-in").Body.String(), `class="more-claims" open`) {
		t.Error("rows for more claims stand open before the first is used")
	}
	r = b.post(desk+"/key-in", keyed("kind", "correction", "claim-field-0", "not-a-field", "claim-now-0", "x")...)
	wantStatus(t, r, 422)
	wantText(t, r, `href="#claim-field-0"`)
	wantStatus(t, b.post(desk+"/key-in", keyed("ground", "breach")...), 422)
	wantStatus(t, b.post(desk+"/key-in", keyed("kind", "correction&deletion&disclosure", "claim-field-2", "a-field", "claim-now-2", "Ln", "claim-should-2", "Lan", "ground", "breach")...), http.StatusSeeOther)
	wishes := w.Filings()[0].Wishes
	if len(wishes) != 3 || len(wishes[0].Claims) != 1 || wishes[0].Claims[0].Should != "Lan" || wishes[0].Ground != "" || wishes[1].Ground != "breach" || wishes[2].Ground != "" || len(wishes[2].Claims) != 0 {
		t.Errorf("%d wishes", len(wishes))
	}
}

func TestARepresentativeIsKeyedInWithRelationAndContact(t *testing.T) {
	w, _ := deskWorld()
	b := atDesk(t, w, "clerk")
	r := b.post(desk+"/key-in", keyed("whom", "statutory", "rep_name", "Lan")...)
	wantStatus(t, r, 422)
	wantText(t, r, `href="#relation"`, `href="#rep_phone"`)
	// A name that is typed is not thrown away in silence.
	wantStatus(t, b.post(desk+"/key-in", keyed("rep_name", "Lan")...), 422)
	wantStatus(t, b.post(desk+"/key-in", keyed("whom", "statutory", "rep_name", "Lan", "relation", "parent", "rep_phone", "080-0000-1111")...), http.StatusSeeOther)
	f := w.Filings()[0]
	if f.Representative == nil || f.Representative.Relation != "parent" || f.Representative.Person.Phone == "" || f.Contact.Phone != "" {
		t.Error("the representative is not filed as typed")
	}
}

func TestTheNumberOfACallIsNeverShownForTheCallBack(t *testing.T) {
	w := servertest.New()
	d := w.FillDesk("kai")
	page := "/desk/kai/case/" + d.Identity + "/identity"
	p := w.Identities[d.Identity]
	p.Channel = dsr.ChannelTelephone
	p.Claimed.Phone, p.Contact.Phone = "090-0000-7777", "090-0000-7777"
	r := atDesk(t, w, "handler").get(page)
	wantText(t, r, "Call back the number on file", "080-0000-1234", "No number on file")
	if strings.Contains(r.Body.String(), "090-0000-7777") {
		t.Error("the page shows the number of the call")
	}
	// Planted: by letter there is no call back, and the number stands there.
	p.Channel = dsr.ChannelPortal
	wantText(t, atDesk(t, w, "handler").get(page), "090-0000-7777")
}

func TestOneRecordOfEachSystemIsChosenAndOneIsTheMain(t *testing.T) {
	w, d := deskWorld()
	p := w.Identities[d.Identity]
	p.Candidates[1].Connector = "mailing-list"
	b := atDesk(t, w, "handler")
	path := of(d.Identity, "/identity")
	wantText(t, b.get(path), `name="record-0" value="0"`, `name="record-1" value="1"`, `name="main" value="1"`, `id="whose" name="main"`)
	good := func(more ...string) []string {
		return append([]string{"compare-name", "same", "compare-born_on", "same", "compare-address", "different", "task", "task-verify-identity", "document", "residence-card", "level", "L2",
			"delivery", "file", "group-0", "1", "group-1", "1"}, more...)
	}
	r := b.post(path+"/confirm", good("record-0", "0")...)
	wantStatus(t, r, 422)
	wantText(t, r, `href="#record-1"`, `name="record-0" value="0" checked`)
	r = b.post(path+"/confirm", good("record-0", "0", "record-1", "1")...)
	wantStatus(t, r, 422)
	wantText(t, r, `href="#main"`)
	wantStatus(t, b.post(path+"/confirm", good("record-0", "-1", "record-1", "1", "main", "0")...), 422)
	wantStatus(t, b.post(path+"/confirm", good("record-0", "0", "record-1", "1", "main", "1")...), http.StatusSeeOther)
	wantStatus(t, b.post(path+"/confirm", good("record-0", "0", "record-1", "-1")...), http.StatusSeeOther)
	if c := w.Identified; len(c) != 2 || c[0].Candidate != 1 || !reflect.DeepEqual(c[0].Also, []int{0}) || c[1].Candidate != 0 || c[1].Also != nil {
		t.Errorf("confirmed %d", len(c))
	}
}

// A test that hangs on a condition says which, with what it looked at.
func TestAReviewSaysWhyATestIsAsked(t *testing.T) {
	w, _, m := moreWorld()
	b := atDesk(t, w, "handler")
	const because = "not policy.no_ground (policy.no_ground is false)"
	if strings.Contains(b.get(of(m.Correct, "/review")).Body.String(), "<code") {
		t.Error("a test that is always asked has a reason")
	}
	w.Reviews[m.Correct].Items[0].Tests[0].Because = because
	wantText(t, b.get(of(m.Correct, "/review")), "Asked because", because)
}

func TestAMeasureIsSavedWithWhatItNeeds(t *testing.T) {
	w, _, m := moreWorld()
	b := atDesk(t, w, "handler")
	at := of(m.Correct, "/review/item-profile")
	base := func(more ...string) []string {
		return append([]string{"n", "1", "kind", "correction", "voice", "vi", "tests", "X1", "test-X1", "does-not-apply",
			"cell-row-1", "117", "cell-column-1", "address", "cell-before-1", "大阪府貝塚市畠中9-9", "cell-row-2", "117", "cell-column-2", "phone", "cell-before-2", "080-0000-9999"}, more...)
	}
	r := b.get(of(m.Correct, "/review"))
	wantText(t, r, "opinion, not a fact", `name="after-1"`, "The freeze is let go", "転居届の写し")
	if strings.Contains(r.Body.String(), `id="i1-after-3"`) {
		t.Error("an opinion has a field")
	}
	for want, form := range map[string][]string{
		`href="#i1-changes"`:     base("measure", "correct", "after-1", "大阪府貝塚市畠中9-9"),
		`href="#i1-measure"`:     base("measure", "suspend"),
		`href="#i1-ground"`:      base("measure", "refuse", "reason", "vì"),
		`href="#i1-alternative"`: base("measure", "alternative", "until", "2026-13-01"),
		`href="#i1-until"`:       base("measure", "alternative", "alternative", "x", "difficulty", "y"),
	} {
		r := b.post(at, form...)
		wantStatus(t, r, 422)
		wantText(t, r, want)
	}
	wantText(t, b.post(at, base("measure", "alternative", "after-1", "高松東1-2-3")...), `name="after-1" value="高松東1-2-3"`)
	wantTo(t, b.post(at, base("measure", "correct", "after-1", "高松東1-2-3", "after-2", "080-0000-1234")...), of(m.Correct, "/review?said=item-saved#item-1"))
	if got, want := w.Answers[0].Decision.Changes, []dsr.Change{{Row: "117", Column: "address", Before: "大阪府貝塚市畠中9-9", After: "高松東1-2-3"}, {Row: "117", Column: "phone", Before: "080-0000-9999", After: "080-0000-1234"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%d changes", len(got))
	}
	wantStatus(t, b.post(at, base("measure", "alternative", "alternative", "ghi chú", "difficulty", "費用", "until", "2026/12/1", "after-1", "x")...), 303)
	if d := w.Answers[1].Decision; d.Until != "2026-12-01" || d.Alternative != "ghi chú" || d.Changes != nil {
		t.Error("the alternative is not as typed")
	}
	wantStatus(t, b.post(at, "n", "1", "kind", "correction", "tests", "X1", "measure", "outside"), 303)
	w.Answers = w.Answers[:2]
	keep := of(m.Delete, "/review/item-orders")
	wantText(t, b.get(of(m.Delete, "/review")), "It cannot be undone", "statute-7|2033-03-04", "No longer needed")
	wantStatus(t, b.post(keep, "n", "2", "kind", "deletion", "measure", "keep", "schedule", "statute-7|2033-03-04"), 303)
	if d := w.Answers[2].Decision; d.Schedule != "statute-7" || d.Until != "2033-03-04" {
		t.Error("the schedule is not as chosen")
	}
	wantStatus(t, b.post(keep, "n", "2", "kind", "deletion", "measure", "delete", "cell-row-1", "o1", "cell-column-1", "goods", "cell-before-1", "本", "after-1", "別"), 422)
	wantStatus(t, b.post(keep, "n", "2", "kind", "deletion", "measure", "delete", "cell-row-1", "o1", "cell-column-1", "goods", "cell-before-1", "本", "remove-1", "yes"), 303)
}

func TestTheApproverReadsEveryMeasureWordForWord(t *testing.T) {
	w, _, m := moreWorld()
	r := atDesk(t, w, "approver").get(of(m.Agree, "/approval"))
	wantText(t, r, "<strong>1</strong> Erase", "<strong>1</strong> Keep until", "It cannot be undone", "080-0000-9999", "removed", "転居届の写しで確認した。", `name="version" value="1"`)
}

func TestAnInvestigationNeedsAFindingForEveryItem(t *testing.T) {
	w, _, m := moreWorld()
	b := atDesk(t, w, "handler")
	path := of(m.Investigate, "/investigation")
	wantText(t, b.get(path), "Địa chỉ của tôi sai.")
	r := b.post(path, "item", "item-profile", "item", "item-orders", "result-1", "wrong", "checked-1", "住民票で確認")
	wantStatus(t, r, 422)
	wantText(t, r, `href="#result-2"`, `href="#checked-2"`, "住民票で確認", `value="wrong" checked`)
	wantTo(t, b.post(path, "task", "task-case-investigate", "item", "item-profile", "item", "item-orders", "result-1", "wrong", "checked-1", "a", "result-2", "right", "checked-2", "b"), of(m.Investigate, "?said=investigated"))
	if len(w.Found) != 2 || w.Found[1].Item != "item-orders" || w.Found[1].Result != dsr.FindingRight {
		t.Errorf("%d findings", len(w.Found))
	}
}

func TestARepresentativeIsAdmittedByTwoAndThePageSaysByWhichArticle(t *testing.T) {
	w, _, m := moreWorld()
	h := atDesk(t, w, "handler")
	path := of(m.Authority, "/authority")
	wantText(t, h.get(path), "only the customer", "Art. 37(3), Cabinet Order 13", "second person", "Nguyễn Thị Lan")
	papers := w.Pack("izumisano").AuthorityDocuments("statutory")
	if len(papers) == 0 {
		t.Fatal("the pack has no papers of a statutory representative")
	}
	form := []string{"task", "task-case-authority", "relation", "parent", "document", papers[0].ID, "checked", "residence-card", "covers", "disclosure"}
	r := h.post(path+"/record", append(form, "dated_on", "2027-01-01")...)
	wantStatus(t, r, 422)
	wantText(t, r, `href="#dated_on"`, `href="#receive"`, `value="2027-01-01"`)
	wantTo(t, h.post(path+"/record", append(form, "dated_on", "2026/10/01", "receive", "no")...), of(m.Authority, "?said=authority-recorded"))
	if a := w.Recorded[0]; a.DatedOn != "2026-10-01" || a.MayReceive || len(a.Covers) != 1 || a.Relation != "parent" {
		t.Error("not recorded as typed")
	}
	wantTo(t, h.post(path+"/ask", "act", "send", "reason-code", "no-mandate"), of(m.Authority, "?said=authority-asked"))
	wantTo(t, h.post(path+"/reject", "text-reject", "書類が来ない"), of(m.Authority, "?said=proposed"))
	a := atDesk(t, w, "approver")
	at := of(m.Admit, "/authority")
	wantText(t, a.get(at), "/authority/admit", "the person&#39;s contact on file")
	wantTo(t, a.post(at+"/admit", "task", "task-case-admit"), of(m.Admit, "?said=admitted"))
	wantTo(t, a.post(at+"/return", "comment", "日付が古い"), of(m.Admit, "?said=authority-returned"))
	// Who recorded does not admit.
	p := w.Authorities[m.Admit]
	p.MayAdmit, p.Why = false, "error.same-person"
	r = a.get(at)
	if strings.Contains(r.Body.String(), "/authority/admit") {
		t.Error("there is a button for who recorded")
	}
	wantStatus(t, a.post(at+"/admit"), http.StatusForbidden)
}

func TestAPolicyThatAdmitsThePersonAloneIsReadWithItsReading(t *testing.T) {
	w := servertest.New()
	w.FillDesk("kai")
	m := w.FillMore("kai")
	offer, _ := w.Pack("kai").Offer("disclosure")
	if !offer.PersonOnly || offer.Reading == "" {
		t.Fatal("the pack has no such text any more")
	}
	path := "/desk/kai/case/" + m.Authority + "/authority"
	wantText(t, atDesk(t, w, "handler").get(path), "How it is read ("+offer.Reading+")", "In principle only the customer may ask.", "Representatives are served.")
	// Planted: without the exception the page does not speak of one.
	w.Authorities[m.Authority].Authority.Exception = false
	if strings.Contains(atDesk(t, w, "handler").get(path).Body.String(), "only the customer") {
		t.Error("an exception where there is none")
	}
}

func TestTriageReclassifiesOrSaysWhereToAsk(t *testing.T) {
	w, _, m := moreWorld()
	b := atDesk(t, w, "handler")
	path := of(m.Triage, "/task/task-case-triage")
	wantText(t, b.get(path), "same arrival", "Say nothing about whether anything is held", `value="suspension"`, of(m.Triage, "/identity"))
	wantText(t, b.get(of(m.Triage, "/identity")), "Tôi không muốn nhận thư nữa.", "should be:")
	wantTo(t, b.post(path+"/classify", "kind", "suspension"), of(m.Triage, "?said=classified"))
	wantStatus(t, b.post(path+"/classify", "kind", "inquiry"), 422)
	wantStatus(t, b.post(path+"/redirect", "where", " "), 422)
	wantTo(t, b.post(path+"/redirect", "where", "株式会社見本の窓口へ"), of(m.Triage, "?said=proposed"))
}

func TestAStoppedErasureGoesOnByAPerson(t *testing.T) {
	w, _, m := moreWorld()
	b := atDesk(t, w, "handler")
	wantText(t, b.get(of(m.Stopped, "/stopped")), "Nothing was erased", "/stopped/resume", "/stopped/reconsider")
	wantTo(t, b.post(of(m.Stopped, "/stopped/resume")), of(m.Stopped, "?said=erasure-resumed"))
	wantTo(t, b.post(of(m.Stopped, "/stopped/reconsider")), of(m.Stopped, "?said=reconsidered"))
	if strings.Contains(atDesk(t, w, "clerk").get(of(m.Stopped, "/stopped")).Body.String(), "/stopped/resume") {
		t.Error("a clerk has the button")
	}
}

func TestARecipientIsToldUpToThreeTimes(t *testing.T) {
	w, _, m := moreWorld()
	b := atDesk(t, w, "handler")
	path := of(m.Tell, "/recipient/recipient-1")
	// The task leads to the recipient whose it is.
	wantTo(t, b.get(of(m.Tell, "/task/task-case-tell")), path)
	wantText(t, b.get(path), "同じ措置をお願いします", "Attempts: 1 of 3")
	wantStatus(t, b.post(path, "result", "unreachable"), 422)
	wantTo(t, b.post(path, "result", "informed"), of(m.Tell, "?said=recipient-told"))
	wantStatus(t, b.get(of(m.Tell, "/recipient/recipient-9")), 404)
	if found := named(atDesk(t, w, "auditor").get(of(m.Tell, "")).Body.String()); len(found) > 0 {
		t.Errorf("the overview names %q", found)
	}
}

func TestLettersArePrintedWithoutAnythingElseAndThenPosted(t *testing.T) {
	w, _, _ := moreWorld()
	b := atDesk(t, w, "clerk")
	list := b.get(desk + "/letters")
	if found := named(list.Body.String()); len(found) > 0 {
		t.Errorf("the list names %q", found)
	}
	wantText(t, list, "/letters/letter-2/posted")
	if strings.Contains(list.Body.String(), "/letters/letter-1/posted") {
		t.Error("a letter that was never printed can be marked as posted")
	}
	sheets := b.post(desk+"/letters/print", "notice", "letter-1", "notice", "letter-2")
	wantStatus(t, sheets, 200)
	if n := strings.Count(sheets.Body.String(), `<article class="sheet"`); n != 2 {
		t.Errorf("%d sheets", n)
	}
	wantText(t, sheets, "高松東1-2-3<br>", "Quyết định", "recorded")
	// One that a colleague has posted meanwhile, or that never was.
	gone := b.post(desk+"/letters/print", "notice", "letter-1", "notice", "letter-9")
	wantStatus(t, gone, 409)
	wantText(t, gone, "posted meanwhile", "/letters/letter-2/posted")
	wantTo(t, b.post(desk+"/letters/letter-1/posted"), desk+"/letters?said=letter-posted")
	wantText(t, b.get(desk+"/letters"), "Posted", "小林 葵")
}

func TestAnAppointmentIsMadeAndEnded(t *testing.T) {
	w, _, _ := moreWorld()
	b := atDesk(t, w, "manager")
	path := desk + "/appointments"
	wantText(t, b.get(path), "鈴木 花", "1 is over", "/appointments/appointment-1/end")
	r := b.post(path, "staff", "staff-handler2", "role", "clerk", "from", "2026-11-20", "until", "2026-11-01")
	wantStatus(t, r, 422)
	wantText(t, r, `href="#role"`, `href="#until"`, `value="staff-handler2" selected`, `value="2026-11-01"`)
	wantTo(t, b.post(path, "staff", "staff-handler2", "role", "handler", "from", "2026-11-24", "until", "2026-11-30"), path+"?said=appointed")
	x := w.Appointed[2]
	if timeOf(x.FromAt) != "2026-11-23T15:00:00Z" || timeOf(x.UntilAt) != "2026-11-30T15:00:00Z" {
		t.Errorf("from %s until %s", timeOf(x.FromAt), timeOf(x.UntilAt))
	}
	wantTo(t, b.post(path+"/appointment-1/end"), path+"?said=appointment-ended")
	if w.Appointed[0].EndedAt == 0 {
		t.Error("not ended")
	}
	// Whose appointment ended reads why at the next click.
	w.Fail["Review"] = dsr.Fail(dsr.Forbidden, "error.not-appointed")
	d := w.Cases["case-correct"]
	r = atDesk(t, w, "handler").get(of(d.Case, "/review"))
	wantStatus(t, r, http.StatusForbidden)
	wantText(t, r, "appointment")
}

func TestPapersAndAFreezeAreRecordedBeforeIdentityIsProven(t *testing.T) {
	w, d, m := moreWorld()
	clerk := atDesk(t, w, "clerk")
	wantTo(t, clerk.post(of(m.Posted, "/papers"), "kind", "residence-card"), of(m.Posted, "?said=papers-arrived"))
	wantStatus(t, clerk.post(of(m.Posted, "/papers"), "kind", "a-smile"), 422)
	if found := named(clerk.get(of(m.Posted, "/papers")).Body.String()); len(found) > 0 {
		t.Errorf("a clerk reads %q", found)
	}
	h := atDesk(t, w, "handler")
	if strings.Contains(h.get(of(d.Identity, "/identity")).Body.String(), "/identity/hold") {
		t.Error("a disclosure freezes")
	}
	p := w.Identities[d.Identity]
	p.Kind = dsr.KindCorrection
	p.CasePage.Kind = dsr.KindCorrection
	wantText(t, h.get(of(d.Identity, "/identity")), "/identity/hold", "Freeze the disputed fields")
	wantTo(t, h.post(of(d.Identity, "/identity/hold"), "held", "1", "task", "task-verify-identity"), of(d.Identity, "/identity?said=hold-placed"))
	// What is frozen is said and not offered a second time.
	for _, c := range p.Candidates {
		p.CasePage.Holds = append(p.CasePage.Holds, dsr.HoldRow{System: c.Connector, Kind: dsr.HoldFreeze, Provisional: true, PlacedAt: 1})
	}
	page := h.get(of(d.Identity, "/identity"))
	wantText(t, page, "frozen, before identity is proven")
	if strings.Contains(page.Body.String(), "/identity/hold") {
		t.Error("a freeze that stands is offered again")
	}
}
