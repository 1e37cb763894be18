package server

import (
	"math"
	"net/http"
	"sort"
	"strconv"

	"madoguchi/dsr"
)

// Place is the page on which the task of a line is done.
func (p queuePage) Place(l queueLine) string { return l.place }

// EmptyWord ends the key of the sentence for an empty view: each says why it
// is empty.
func (p queuePage) EmptyWord() string {
	if dsrTask(p.Tab) {
		return "task"
	}
	return p.Tab
}

// queueLimit is how many rows one page of the queue shows.
const queueLimit = 50

// queuePage is a page of the queue of one organisation.
//
// It holds shells: no list names a person, so that a screen that stands open
// on a counter tells nothing.
type queuePage struct {
	dsr.Queue
	Tab           string
	Links         []queueTab
	Lines         []queueLine
	From, To      int
	Before, After string
	MayTake       bool // the reader does tasks here
	// ShowTask: at least one row is a task and not only a waiting case.
	ShowTask bool
}

// queueTab is one view of the queue with its count.
type queueTab struct {
	Words, Path string
	Count       int
	Current     bool
}

// queueLine is one row of the queue.
type queueLine struct {
	dsr.QueueRow
	Path string
	// Mine: the reader has it. May: it is free, and the reader's role may
	// claim it.
	Mine, May bool
	place     string
}

func (queuePage) name() string { return "desk/queue" }

// queue is GET /desk/:slug/queue.
func (s *Server) queue(v *visit) error {
	f := dsr.QueueFilter{Tab: v.QueryParam("tab"), Limit: queueLimit}
	f.Offset, _ = strconv.Atoi(v.QueryParam("from"))
	f.Offset = max(f.Offset, 0)
	var q dsr.Queue
	var err error
	if !queueHas(f.Tab) {
		if f.Tab, err = v.firstTab(); err != nil {
			return err
		}
	}
	if q, err = v.office.Queue(v.ctx, v.actor, f); err != nil {
		return err
	}
	p := queuePage{Queue: q, Tab: f.Tab, From: f.Offset + 1, To: f.Offset + len(q.Rows), MayTake: v.actor.Has(deskWorkers.roles...)}
	for _, t := range queueTabs() {
		// What there is none of takes no room, unless it is being looked at.
		if q.Counts[t] == 0 && t != f.Tab && dsrTask(t) {
			continue
		}
		p.Links = append(p.Links, queueTab{v.tabWord(t), v.desk("/queue?tab=" + t), q.Counts[t], t == f.Tab})
	}
	p.Lines = v.queueLines(q.Rows)
	for _, l := range p.Lines {
		p.ShowTask = p.ShowTask || l.Task != ""
	}
	page := func(from int) string { return v.desk("/queue?tab=" + f.Tab + "&from=" + strconv.Itoa(from)) }
	if f.Offset > 0 {
		p.Before = page(max(f.Offset-queueLimit, 0))
	}
	if p.To < q.Total {
		p.After = page(f.Offset + queueLimit)
	}
	return v.render(http.StatusOK, p)
}

func (v *visit) queueLines(rows []dsr.QueueRow) []queueLine {
	var out []queueLine
	for _, r := range rows {
		l := queueLine{QueueRow: r, Path: v.ofCase(r.Case, "")}
		if r.Task != "" {
			l.place = v.taskPath(r.TaskKind, r.Case, r.Task)
			l.Mine = r.TaskState == "claimed" && r.Assignee == v.actor.ID
			l.May = r.TaskState == "open" && v.actor.Has(r.TaskKind.Roles()...)
			if l.Mine {
				l.Path = l.place
			}
		}
		out = append(out, l)
	}
	return out
}

// queueTabs are the views in their order: the reader's own, each task, who
// waits, everything.
func queueTabs() []string {
	tabs := []string{"mine"}
	for _, k := range dsr.TaskKinds {
		tabs = append(tabs, string(k))
	}
	return append(tabs, "waiting", "all", "closed")
}

// queueHas reports whether there is such a view: an address may hold anything.
func queueHas(tab string) bool {
	for _, t := range queueTabs() {
		if t == tab {
			return true
		}
	}
	return false
}

// dsrTask reports whether a view is that of one sort of task.
func dsrTask(tab string) bool {
	for _, k := range dsr.TaskKinds {
		if string(k) == tab {
			return true
		}
	}
	return false
}

// tabWord names a view; that of a task by the task's own word.
func (v *visit) tabWord(t string) string {
	if dsrTask(t) {
		return v.t("task." + t)
	}
	return v.t("desk.queue." + t)
}

// firstTab is what the reader sees first: their own tasks, else the first sort
// of task that they may do and that waits, else every open case.
func (v *visit) firstTab() (string, error) {
	q, err := v.office.Queue(v.ctx, v.actor, dsr.QueueFilter{Tab: "mine", Limit: 1})
	if err != nil {
		return "", err
	}
	if q.Counts["mine"] > 0 {
		return "mine", nil
	}
	for _, k := range dsr.TaskKinds {
		if q.Counts[string(k)] > 0 && v.actor.Has(k.Roles()...) {
			return string(k), nil
		}
	}
	return "all", nil
}

// nextTask is POST /desk/:slug/next: the most urgent task that is free and
// that the reader may claim, claimed and opened. What somebody else takes in
// between is passed over.
func (s *Server) nextTask(v *visit) error {
	var free []queueLine
	for _, k := range dsr.TaskKinds {
		if !v.actor.Has(k.Roles()...) {
			continue
		}
		q, err := v.office.Queue(v.ctx, v.actor, dsr.QueueFilter{Tab: string(k), Limit: 200})
		if err != nil {
			return err
		}
		for _, l := range v.queueLines(q.Rows) {
			if l.May {
				free = append(free, l)
			}
		}
	}
	sort.SliceStable(free, func(i, j int) bool { return free[i].urgency() < free[j].urgency() })
	for _, l := range free {
		err := v.office.Claim(v.ctx, v.actor, l.Task)
		if dsr.FaultOf(err) == dsr.Conflict {
			continue
		}
		if err != nil {
			return err
		}
		return v.see(said(l.place, "claimed"))
	}
	return v.see(said(v.desk("/queue?tab=mine"), "nothing-next"))
}

// urgency is the instant by which lines are put in order: the target where the
// clock runs, the guard where it waits, what has neither last.
func (l queueLine) urgency() int64 {
	switch {
	case l.TargetAt > 0:
		return l.TargetAt
	case l.GuardAt > 0:
		return l.GuardAt
	}
	return math.MaxInt64
}

// claimTask is POST …/task/:task/claim. Where the claimed task is done comes
// with the form; a wrong place leads to the reader's own tasks.
func (s *Server) claimTask(v *visit) error {
	err := v.office.Claim(v.ctx, v.actor, v.Param("task"))
	if err != nil {
		return err
	}
	return v.see(said(v.after(v.desk("/queue?tab=mine")), "claimed"))
}

// releaseTask is POST …/task/:task/release.
func (s *Server) releaseTask(v *visit) error {
	err := v.office.Release(v.ctx, v.actor, v.Param("task"))
	if err != nil {
		return err
	}
	return v.see(said(v.after(v.desk("/queue")), "released"))
}

// handOverTask is POST …/task/:task/hand-over.
func (s *Server) handOverTask(v *visit) error {
	to := v.form("to")
	if to == "" {
		return dsr.Fail(dsr.Invalid, "error.nobody-chosen")
	}
	err := v.office.HandOver(v.ctx, v.actor, v.Param("task"), to)
	if err != nil {
		return err
	}
	return v.see(said(v.after(v.desk("/queue")), "handed-over"))
}

// after is the page of this desk that a form names as the next one.
func (v *visit) after(otherwise string) string {
	next := v.form("next")
	if deskPath(next) && len(next) > len(v.desk("/")) && next[:len(v.desk("/"))] == v.desk("/") {
		return next
	}
	return otherwise
}

// searchPage answers a search by reference.
type searchPage struct {
	Typed string
	// Misread: what was typed is no reference at all.
	Misread bool
	Found   []dsr.Shell
}

func (searchPage) name() string { return "desk/search" }

// searchReference is GET /desk/:slug/search. One case is opened at once.
func (s *Server) searchReference(v *visit) error {
	p := searchPage{Typed: v.QueryParam("reference")}
	reference, ok := dsr.ParseReference(p.Typed)
	// A number whose check sign does not fit is a slip of the hand: that is
	// said before anything is looked up.
	p.Misread = !ok
	if ok {
		found, err := v.office.FindByReference(v.ctx, v.actor, reference)
		if err != nil && dsr.FaultOf(err) != dsr.NotFound {
			return err
		}
		p.Found = found
		if len(found) == 1 {
			return v.see(v.ofCase(found[0].Case, ""))
		}
	}
	return v.render(http.StatusOK, p)
}

// colleague is somebody who could take a task over.
type colleague struct{ ID, Name string }

// colleagues are those who could take a task of a kind, without the reader.
func (v *visit) colleagues(k dsr.TaskKind) ([]colleague, error) {
	staff, err := v.office.Colleagues(v.ctx, k)
	if err != nil {
		return nil, err
	}
	var out []colleague
	for _, x := range staff {
		// Nobody hands over to themselves.
		if x.ID != v.actor.ID && !x.Disabled {
			out = append(out, colleague{x.ID, x.Name})
		}
	}
	return out, nil
}
