package server

import (
	"net/http"
	"strconv"
	"strings"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/policy"
)

// reviewPage decides item by item. It holds personal data.
type reviewPage struct {
	caseFrame
	Seen     dsr.ReviewPage
	Items    []itemView
	Claims   []claimView
	Offer    policy.KindOffer
	Mistakes mistakes
}

// Gives reports whether the case gives data out; the others change something,
// and each item has a measure of its own.
func (p reviewPage) Gives() bool { return p.Kind == dsr.KindDisclosure }

// Begun reports whether there is an answer to say what it would come to: without
// one the letter would tell the person that nothing is held.
func (p reviewPage) Begun() bool { return len(p.Items) == 0 || p.Seen.Open < len(p.Items) }

func (reviewPage) name() string        { return "desk/review" }
func (p reviewPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// Settled is the outcome once every item is answered; before, what the answers so
// far add up to would only mislead.
func (p reviewPage) Settled() dsr.Outcome {
	if p.Seen.Open > 0 {
		return ""
	}
	return p.Seen.Outcome
}

// Decide reports whether the reader has the task.
func (p reviewPage) Decide() bool { return p.Task.Mine }

// itemView is one item with its tests in words and the answers as they stand
// or as they were just typed.
type itemView struct {
	dsr.Item
	N, Of         int
	Title, Source string
	System        string
	Columns       []string
	Tests         []testView
	Redactions    []redactionView
	// Ground is the exemption that the decision rests on, or an empty one.
	Ground policy.Exemption
	// Own are further texts to blacken, one a line.
	Own string
	// What follows is of cases that change something.
	Measures    []dsr.Measure
	RowViews    []rowView
	Changeable  bool // the system lets rows of this item be changed
	ChangeViews []changeView
	Schedules   []scheduleView
	Claims      []claimView
	Found       *foundView
	// Open: the item is shown unfolded.
	Open     bool
	Mistakes mistakes
}

// Wrong is the sentence for a field of this item.
func (i itemView) Wrong(field string) string {
	return i.Mistakes.of("i" + strconv.Itoa(i.N) + "-" + field)
}

// testView is one exemption of the pack put to one item.
type testView struct {
	dsr.ItemTest
	Rule policy.Exemption
	// Gives: it is about what is given. Otherwise it stands against a measure.
	Gives bool
	// Letter is the pack's sentence in the person's voice: what they would
	// read if the item were withheld on this ground.
	Letter string
}

// redactionView is one text that may be blackened. Answer is "redact", "keep"
// or "".
type redactionView struct {
	Text, Answer string
	Proposed     bool
}

// review is GET …/review.
func (s *Server) review(v *visit) error { return v.renderReview(http.StatusOK, nil, nil) }

// renderReview shows the page; typed is one item as it came back with its
// mistakes.
func (v *visit) renderReview(status int, typed *dsr.Item, ms mistakes) error {
	page, err := v.office.Review(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	p := reviewPage{caseFrame: v.frame(page.CasePage, "review", dsr.TaskReview), Seen: page, Claims: v.claimViews(page.Claims)}
	p.Offer, _ = v.pack.Offer(string(page.Kind))
	// An item of another case, or of an older plan, is nobody's here.
	found := typed == nil
	for n, item := range page.Items {
		if typed != nil && item.ID == typed.ID {
			found = true
			item.Decision, item.Tests = typed.Decision, mergeTests(item.Tests, typed.Tests)
			view := v.itemView(item, n+1, len(page.Items), page.CasePage)
			v.measured(&view, page)
			view.Open = true
			for _, m := range ms {
				view.Mistakes = append(view.Mistakes, mistake{"i" + strconv.Itoa(n+1) + "-" + m.Field, m.Text})
			}
			p.Mistakes = view.Mistakes
			p.Items = append(p.Items, view)
			continue
		}
		view := v.itemView(item, n+1, len(page.Items), page.CasePage)
		v.measured(&view, page)
		p.Items = append(p.Items, view)
	}
	if !found {
		return dsr.Fail(dsr.NotFound, "error.not-found")
	}
	return v.render(status, p)
}

// mergeTests puts typed answers over the recorded ones.
func mergeTests(have, typed []dsr.ItemTest) []dsr.ItemTest {
	out := append([]dsr.ItemTest(nil), have...)
	for i := range out {
		for _, t := range typed {
			if t.Exemption == out[i].Exemption {
				out[i] = t
			}
		}
	}
	return out
}

// itemView puts an item into words: the pack's exemptions beside the recorded
// answers, and every text that the mapping points to as somebody else's, so
// that none is overlooked.
func (v *visit) itemView(item dsr.Item, n, of int, c dsr.CasePage) itemView {
	w := itemView{Item: item, N: n, Of: of, Title: v.packText(item.Record.Title), Source: v.packText(item.Record.Source), System: v.systemWord(item.System), Open: !item.Answered}
	w.Ground, _ = v.pack.Exemption(string(c.Kind), item.Decision.Exemption)
	for _, col := range item.Record.Columns {
		title := v.packText(col.Title)
		if title == "" {
			title = col.Name
		}
		w.Columns = append(w.Columns, title)
	}
	for _, t := range item.Tests {
		rule, ok := v.pack.Exemption(string(c.Kind), t.Exemption)
		if !ok {
			// A test of an older text of the pack: the record keeps its answer.
			rule = policy.Exemption{ID: t.Exemption}
		}
		w.Tests = append(w.Tests, testView{t, rule, c.Kind == dsr.KindDisclosure, v.pack.Text(rule.Reason, string(c.Voice.Letter()))})
	}
	var own []string
	listed := map[string]bool{}
	for _, r := range item.Decision.Redactions {
		if !r.Proposed {
			own = append(own, r.Text)
			continue
		}
		listed[r.Text] = true
		view := redactionView{Text: r.Text, Proposed: true}
		switch {
		case r.Answered && r.Accepted:
			view.Answer = "redact"
		case r.Answered:
			view.Answer = "keep"
		}
		w.Redactions = append(w.Redactions, view)
	}
	for _, name := range item.Record.ThirdParties {
		if !listed[name] {
			w.Redactions = append(w.Redactions, redactionView{Text: name, Proposed: true})
		}
	}
	w.Own = strings.Join(own, "\n")
	return w
}

// answerItem is POST …/review/:item: one item, whole. The page asks for every
// answer that the item still lacks; the office asks again.
func (s *Server) answerItem(v *visit) error {
	item, ms := v.typedItem()
	if len(ms) > 0 {
		return v.renderReview(http.StatusUnprocessableEntity, &item, ms)
	}
	err := v.office.AnswerItem(v.ctx, v.actor, v.Param("case"), item)
	if dsr.FaultOf(err) == dsr.Invalid {
		// The office sees what the page does not: it says so at the measure.
		at := "measure-disclose"
		if v.changes() {
			at = "measure"
		}
		return v.renderReview(http.StatusUnprocessableEntity, &item, mistakes{{at, v.fault(err)}})
	}
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(v.form("n"))
	return v.see(said(v.ofCase(v.Param("case"), "/review#item-"+strconv.Itoa(max(n, 1))), "item-saved"))
}

// changes reports whether the form of an item is of a case that changes
// something. The office judges by the case itself.
func (v *visit) changes() bool {
	kind := dsr.Kind(v.form("kind"))
	return kind != dsr.KindDisclosure && kind.Carried()
}

// typedItem reads the form of one item.
func (v *visit) typedItem() (dsr.Item, mistakes) {
	item := dsr.Item{ID: v.Param("item")}
	d := &item.Decision
	d.Item = item.ID
	var ms mistakes
	applies := map[string]bool{}
	if err := v.Request().ParseForm(); err != nil {
		return item, mistakes{{"measure-disclose", v.t("desk.wrong.measure")}}
	}
	// Which tests there are comes from the page; which there must be, the
	// office knows, and refuses an item that lacks one.
	for _, id := range v.Request().PostForm["tests"] {
		t := dsr.ItemTest{Exemption: id, Answer: dsr.TestAnswer(v.form("test-" + id)), Evidence: tidyLines(v.FormValue("evidence-" + id)), AnsweredBy: v.actor.ID}
		switch t.Answer {
		case dsr.AnswerApplies:
			// A ground without evidence would be an opinion.
			applies[id] = true
			if t.Evidence == "" {
				ms = append(ms, mistake{"evidence-" + id, v.t("desk.wrong.evidence", "id", id)})
			}
		case dsr.AnswerDoesNot:
		default:
			t.Answer = ""
			ms = append(ms, mistake{"test-" + id + "-applies", v.t("desk.wrong.test", "id", id)})
		}
		item.Tests = append(item.Tests, t)
	}
	// A proposed redaction is never accepted by silence, and never dropped by it.
	for i, text := range v.Request().PostForm["redact-text"] {
		r := dsr.Redaction{Text: text, Proposed: true}
		switch v.form("redact-" + strconv.Itoa(i)) {
		case "redact":
			r.Accepted, r.Answered = true, true
		case "keep":
			r.Answered = true
		default:
			ms = append(ms, mistake{"redact-" + strconv.Itoa(i) + "-redact", v.t("desk.wrong.redaction")})
		}
		d.Redactions = append(d.Redactions, r)
	}
	for _, line := range strings.Split(tidyLines(v.FormValue("own")), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			d.Redactions = append(d.Redactions, dsr.Redaction{Text: line, Accepted: true, Answered: true})
		}
	}
	d.Measure = dsr.Measure(v.form("measure"))
	d.Exemption, d.Reason = v.form("ground"), tidyLines(v.FormValue("reason"))
	if v.changes() {
		if d.Measure == dsr.MeasureOutside {
			ms = nil // what a request does not concern is put to no test
		}
		v.typedMeasure(d, dsr.Kind(v.form("kind")), applies, &ms)
		return item, ms
	}
	switch d.Measure {
	case dsr.MeasureDisclose:
		d.Exemption, d.Reason = "", ""
		// To give what a ground forbids is a contradiction that only the
		// reviewer can solve.
		for id := range applies {
			if len(ms) == 0 {
				ms = append(ms, mistake{"measure-disclose", v.t("desk.wrong.disclose", "id", id)})
			}
		}
	case dsr.MeasureWithhold:
		if !applies[d.Exemption] {
			ms = append(ms, mistake{"ground", v.t("desk.wrong.ground")})
			break
		}
		rule, ok := v.pack.Exemption(v.form("kind"), d.Exemption)
		if ok {
			d.ReasonCode = rule.ReasonCode
			if d.Reason == "" {
				// The pack's own sentence; the reviewer reads it in the saved
				// item and makes it fit.
				d.Reason = v.pack.Text(rule.Reason, v.form("voice"))
			}
		}
	case dsr.MeasureNotHeld:
		d.Exemption = ""
	default:
		d.Measure = ""
		ms = append(ms, mistake{"measure-disclose", v.t("desk.wrong.measure")})
	}
	return item, ms
}

// fault is the sentence for an error of the office.
func (v *visit) fault(err error) string { return locales.Fault(v.voice, err) }

// propose is POST …/propose.
func (s *Server) propose(v *visit) error {
	err := v.office.Propose(v.ctx, v.actor, v.Param("case"), v.form("task"))
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "proposed"))
}
