package server

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// cellView is one value of an item that may be put right or removed.
type cellView struct {
	N                 int
	Row, Column       string // the row's key, the column's name
	Title, Now, After string
	Writable, Opinion bool
	Removed           bool
	Fixed             bool   // the policy says that it cannot be changed
	Clause            string // where it says so
}

// rowView is one row of an item with its values.
type rowView struct {
	N     int
	Cells []cellView
}

// RowChanged reports whether a decision changes something in a row.
func (i itemView) RowChanged(r rowView) bool {
	for _, c := range r.Cells {
		if c.Removed || c.After != "" {
			return true
		}
	}
	return false
}

// scheduleView is a retention rule on which a keep may rest.
type scheduleView struct {
	Value, Text, Clause, Statute, Until string
	Chosen                              bool
}

// claimView is one thing that the person disputes, with the field's word.
type claimView struct {
	dsr.Claim
	Word string
}

// foundView is what an investigation found about one item.
type foundView struct {
	dsr.Finding
	Who string
}

// changeView is one value put right, as a decision has it.
type changeView struct{ Title, Before, After string }

// countedMeasure says how many items end with a measure.
type countedMeasure struct {
	Measure dsr.Measure
	N       int
}

// counted counts the measures of items in the order of the catalogue.
func counted(items []dsr.Item) []countedMeasure {
	var out []countedMeasure
	for _, m := range dsr.Measures {
		n := 0
		for _, it := range items {
			if it.Decision.Measure == m {
				n++
			}
		}
		if n > 0 {
			out = append(out, countedMeasure{m, n})
		}
	}
	return out
}

// disputed gives the fields of the pack that hold a column.
func (v *visit) disputed(system, category, column string) []policy.DataField {
	var out []policy.DataField
	for _, f := range v.pack.Fields {
		for _, p := range f.Places {
			if p.Has(policy.Place{System: system, Category: category, Column: column}) {
				out = append(out, f)
				break
			}
		}
	}
	return out
}

// fieldWord is the pack's word for a disputable field; "" is another one.
func (v *visit) fieldWord(id string) string {
	for _, f := range v.pack.Fields {
		if f.ID == id {
			return v.packText(f.Text)
		}
	}
	return v.t("desk.claim.other")
}

// claimViews puts claims into words.
func (v *visit) claimViews(claims []dsr.Claim) []claimView {
	var out []claimView
	for _, c := range claims {
		out = append(out, claimView{c, v.fieldWord(c.Field)})
	}
	return out
}

// measured adds to an item what a decision about a change needs: the measures
// of the kind, the values with the policy's word on each, the retention rules,
// and what was claimed and found about this item.
func (v *visit) measured(w *itemView, page dsr.ReviewPage) {
	rec := w.Record
	w.Measures = page.Kind.Measures()
	w.Changeable = len(rec.RowKeys) == len(rec.Rows) && len(rec.Rows) > 0
	wrong := false
	for _, f := range page.Findings {
		wrong = wrong || f.Item == w.ID && f.Result == dsr.FindingWrong
	}
	n := 0
	for i, row := range rec.Rows {
		r := rowView{N: i + 1}
		for j, now := range row {
			if j >= len(rec.Columns) {
				break
			}
			col := rec.Columns[j]
			c := cellView{N: n, Column: col.Name, Title: w.Columns[j], Now: now, Opinion: col.Opinion, Writable: col.Writable && w.Changeable}
			if w.Changeable {
				c.Row = rec.RowKeys[i]
			}
			for _, f := range v.disputed(w.Item.System, rec.Category, col.Name) {
				if f.Fixed {
					c.Fixed, c.Clause = true, f.Clause
				}
			}
			// An evaluation is no fact that could be wrong (Art. 34(1)); and what the
			// policy fixes changes only on a finding that it is not factual.
			c.Writable = c.Writable && !c.Opinion && (!c.Fixed || wrong)
			for _, ch := range w.Decision.Changes {
				if ch.Row == c.Row && ch.Column == c.Column {
					c.After, c.Removed = ch.After, ch.After == ""
				}
			}
			r.Cells = append(r.Cells, c)
			n++
		}
		w.RowViews = append(w.RowViews, r)
	}
	for _, s := range page.Schedules[w.ID] {
		x := scheduleView{Value: s.Rule + "|" + s.Until, Text: s.Rule, Until: s.Until, Chosen: s.Rule == w.Decision.Schedule}
		for _, r := range v.pack.Retention {
			if r.ID == s.Rule {
				x.Text, x.Clause, x.Statute = v.packText(r.Text), r.Clause, v.packText(r.Statute)
			}
		}
		w.Schedules = append(w.Schedules, x)
	}
	for _, c := range page.Claims {
		for _, col := range rec.Columns {
			if c.Field != "" && hasID(v.disputed(w.Item.System, rec.Category, col.Name), c.Field) {
				w.Claims = append(w.Claims, claimView{c, v.fieldWord(c.Field)})
				break
			}
		}
	}
	for _, f := range page.Findings {
		if f.Item == w.ID {
			w.Found = &foundView{Finding: f, Who: f.By}
		}
	}
	for _, ch := range w.Decision.Changes {
		x := changeView{Title: ch.Column, Before: ch.Before, After: ch.After}
		for j, col := range rec.Columns {
			if col.Name == ch.Column && j < len(w.Columns) {
				x.Title = w.Columns[j]
			}
		}
		w.ChangeViews = append(w.ChangeViews, x)
	}
}

func hasID(fields []policy.DataField, id string) bool {
	for _, f := range fields {
		if f.ID == id {
			return true
		}
	}
	return false
}

// maxCells bounds how many values one form of an item can hold.
const maxCells = 2000

// typedMeasure reads what is done with an item of a case that changes
// something, and says what the measure lacks.
func (v *visit) typedMeasure(d *dsr.Decision, kind dsr.Kind, applies map[string]bool, ms *mistakes) {
	wrong := func(field, key string, args ...any) { *ms = append(*ms, mistake{field, v.t(key, args...)}) }
	known := false
	for _, m := range kind.Measures() {
		known = known || m == d.Measure
	}
	if !known {
		d.Measure = ""
		wrong("measure", "desk.wrong.measure")
	}
	// Everything typed is read, so that a form that comes back shows it again;
	// what does not belong to the measure is dropped at the end.
	d.Changes = v.typedChanges()
	d.Alternative, d.Difficulty = tidyLines(v.FormValue("alternative")), tidyLines(v.FormValue("difficulty"))
	rule, until, _ := strings.Cut(v.form("schedule"), "|")
	switch d.Measure {
	case dsr.MeasureCorrect:
		d.Changes = slices.DeleteFunc(d.Changes, func(c dsr.Change) bool { return c.After == "" })
		if len(d.Changes) == 0 {
			wrong("changes", "desk.wrong.changes")
		}
	case dsr.MeasureDelete:
		for _, c := range d.Changes {
			if c.After != "" {
				wrong("changes", "desk.wrong.delete-only")
				break
			}
		}
		if len(d.Changes) == 0 {
			wrong("changes", "desk.wrong.removals")
		}
	case dsr.MeasureKeep:
		d.Schedule, d.Until = rule, until
		if rule == "" {
			wrong("schedule", "desk.wrong.schedule")
		}
	case dsr.MeasureAlternative:
		if d.Alternative == "" {
			wrong("alternative", "desk.wrong.alternative")
		}
		if d.Difficulty == "" {
			wrong("difficulty", "desk.wrong.difficulty")
		}
		on, ok := civilDate(v.form("until"))
		if d.Until = on; !ok {
			d.Until = v.form("until")
			wrong("until", "desk.wrong.until")
		}
	case dsr.MeasureRefuse:
		if len(applies) > 0 || d.Exemption != "" {
			if !applies[d.Exemption] {
				wrong("ground", "desk.wrong.ground")
			}
		} else {
			wrong("ground", "desk.wrong.refuse-ground")
		}
		if rule, ok := v.pack.Exemption(string(kind), d.Exemption); ok {
			d.ReasonCode = rule.ReasonCode
			if d.Reason == "" {
				d.Reason = v.pack.Text(rule.Reason, v.form("voice"))
			}
		}
		if d.Reason == "" {
			wrong("reason", "desk.wrong.reason")
		}
		d.Alternative = tidyLines(v.FormValue("offered"))
	}
	if len(*ms) > 0 {
		return
	}
	if d.Measure != dsr.MeasureCorrect && d.Measure != dsr.MeasureDelete {
		d.Changes = nil
	}
	if d.Measure != dsr.MeasureRefuse {
		d.Exemption, d.Reason = "", ""
		if d.Measure != dsr.MeasureAlternative {
			d.Alternative = ""
		}
	}
	if d.Measure != dsr.MeasureAlternative {
		d.Difficulty = ""
	}
}

// typedChanges reads the values that were put right or ticked for removal. A
// value typed as it stands is no change.
func (v *visit) typedChanges() []dsr.Change {
	var out []dsr.Change
	form := v.Request().PostForm
	for n := 0; n < maxCells; n++ {
		i := strconv.Itoa(n)
		if !form.Has("cell-column-" + i) {
			continue
		}
		c := dsr.Change{Row: form.Get("cell-row-" + i), Column: form.Get("cell-column-" + i), Before: form.Get("cell-before-" + i), After: tidyLines(form.Get("after-" + i))}
		switch {
		case form.Get("remove-"+i) != "":
			c.After = "" // offered where content is removed, and nowhere else
		case c.After == "" || c.After == c.Before:
			continue
		}
		out = append(out, c)
	}
	return out
}

// civilDate reads a typed date as YYYY-MM-DD.
func civilDate(typed string) (string, bool) {
	typed = strings.NewReplacer("/", "-", ".", "-", "年", "-", "月", "-", "日", "").Replace(tidy(typed))
	for _, layout := range []string{time.DateOnly, "2006-1-2"} {
		if t, err := time.Parse(layout, typed); err == nil && t.Year() >= 2000 {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

// investigationPage looks into what is disputed, item by item. It holds
// personal data.
type investigationPage struct {
	caseFrame
	Seen     dsr.InvestigationPage
	Items    []investigated
	Claims   []claimView
	Results  []dsr.FindingResult
	Offer    policy.KindOffer
	Mistakes mistakes
}

func (investigationPage) name() string        { return "desk/investigation" }
func (p investigationPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// Decide reports whether the reader has the task.
func (p investigationPage) Decide() bool { return p.Task.Mine }

// investigated is one item with what was found about it, recorded or typed.
type investigated struct {
	itemView
	Result  dsr.FindingResult
	Checked string
}

// investigation is GET …/investigation.
func (s *Server) investigation(v *visit) error { return v.renderInvestigation(http.StatusOK, nil, nil) }

func (v *visit) renderInvestigation(status int, typed []dsr.Finding, ms mistakes) error {
	page, err := v.office.Investigation(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	p := investigationPage{caseFrame: v.frame(page.CasePage, "investigation", dsr.TaskInvestigate), Seen: page, Results: page.Kind.Findings(),
		Claims: v.claimViews(page.Claims), Mistakes: ms}
	if p.Offer, _ = v.pack.Offer(string(page.Kind)); !p.Offer.NoGround {
		// Only a policy that says so promises a measure without a ground.
		p.Results = slices.DeleteFunc(p.Results, func(r dsr.FindingResult) bool { return r == dsr.FindingPromised })
	}
	findings := page.Findings
	if typed != nil {
		findings = typed
	}
	for n, item := range page.Items {
		x := investigated{itemView: v.itemView(item, n+1, len(page.Items), page.CasePage)}
		v.measured(&x.itemView, dsr.ReviewPage{CasePage: page.CasePage, Claims: page.Claims})
		for _, f := range findings {
			if f.Item == item.ID {
				x.Result, x.Checked = f.Result, f.Checked
			}
		}
		p.Items = append(p.Items, x)
	}
	return v.render(status, p)
}

// investigated is POST …/investigation: a finding for every item, at once, for
// the decision rests on all of them.
func (s *Server) investigated(v *visit) error {
	var findings []dsr.Finding
	var ms mistakes
	task := v.form("task")
	for n, id := range v.Request().PostForm["item"] {
		i := strconv.Itoa(n + 1)
		f := dsr.Finding{Item: id, Result: dsr.FindingResult(v.form("result-" + i)), Checked: tidyLines(v.FormValue("checked-" + i)), By: v.actor.ID}
		if f.Result == "" {
			ms = append(ms, mistake{"result-" + i, v.t("desk.wrong.finding", "n", n+1)})
		}
		if f.Checked == "" {
			ms = append(ms, mistake{"checked-" + i, v.t("desk.wrong.checked", "n", n+1)})
		}
		findings = append(findings, f)
	}
	if len(ms) > 0 {
		return v.renderInvestigation(http.StatusUnprocessableEntity, findings, ms)
	}
	err := v.office.Investigated(v.ctx, v.actor, v.Param("case"), task, findings)
	if dsr.FaultOf(err) == dsr.Invalid {
		return v.renderInvestigation(http.StatusUnprocessableEntity, findings, mistakes{{"", v.fault(err)}})
	}
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "investigated"))
}

// startOf is the beginning of a civil date in the desk's zone, in UTC
// microseconds.
func (v *visit) startOf(on string) int64 {
	t, err := time.ParseInLocation(time.DateOnly, on, v.zone)
	if err != nil {
		return 0
	}
	return t.UnixMicro()
}

// nextDay is the civil date after a date.
func nextDay(on string) string {
	d, err := clock.ParseDate(on)
	if err != nil {
		return on
	}
	return clock.DayAfter(d).String()
}
