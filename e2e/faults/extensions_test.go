package faults

import (
	"fmt"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/mailsink"
)

// prolonged is what is left of an order to extend a case's target.
type prolonged struct {
	state         string
	orders        int // rows of extensions
	events        int // what the clock heard
	entries       int // "in force" in the record
	target, from  int64
	to            int64
	notices, late int // N-07 of the order; tasks that say that it came too late
}

// wrong says what does not go together: an extension is in force once, with one
// event and one entry in the record, and the target where it was told; or it is
// late, and then nothing moved and a person knows.
func (p prolonged) wrong() (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if p.orders != 1 || p.notices != 1 {
		say("%d orders with %d notices", p.orders, p.notices)
	}
	switch p.state {
	case "in-force":
		if p.events != 1 || p.entries != 1 || p.late != 0 {
			say("in force with %d events, %d entries and %d tasks", p.events, p.entries, p.late)
		}
		if p.target != p.to || p.to <= p.from {
			say("in force, and the target is %d: it was to move from %d to %d", p.target, p.from, p.to)
		}
	case "late":
		if p.events != 0 || p.entries != 0 || p.late != 1 {
			say("late with %d events, %d entries and %d tasks", p.events, p.entries, p.late)
		}
		if p.target != p.from {
			say("late, and the target moved from %d to %d", p.from, p.target)
		}
	default:
		say("neither in force nor late: %q", p.state)
	}
	return out
}

func (r *rig) prolonged(id string) (p prolonged) {
	r.Helper()
	must(r, r.db.QueryRow(r.bind(`SELECT x.state, x.from_at, x.to_at, c.target_at FROM extensions x JOIN cases c ON c.id = x.case_id WHERE x.case_id = ?`), id).
		Scan(&p.state, &p.from, &p.to, &p.target))
	p.orders = r.number("SELECT COUNT(*) FROM extensions WHERE case_id = ?", id)
	p.events = r.number("SELECT COUNT(*) FROM clock_events WHERE case_id = ? AND kind = 'extension'", id)
	p.entries = r.number("SELECT COUNT(*) FROM evidence WHERE case_id = ? AND kind = 'extension-in-force'", id)
	p.notices = r.number("SELECT COUNT(*) FROM notices WHERE case_id = ? AND code = 'N-07' AND occasion LIKE 'extension/%'", id)
	p.late = r.number("SELECT COUNT(*) FROM tasks WHERE case_id = ? AND kind = 'escalation' AND cause = 'extension-late'", id)
	return p
}

// The worker is killed while the notice of an extension is sent: before the mail
// server took it, and after it kept the mail and could not say so. Back in time the extension is in force once; back too late it never is.
func TestAnExtensionIsInForceOnceOrLateAlthoughTheWorkerIsKilled(t *testing.T) {
	t.Parallel()
	began := time.Now()
	r := onPostgres(t, "development")
	r.move(0)
	c := r.start().desk()
	clerk, approver := c.handler, c.handler
	clerk.Roles, approver.Roles = []dsr.Role{dsr.RoleClerk}, []dsr.Role{dsr.RoleApprover}
	faults := []mailsink.Fault{{Refuse: 451}, {Drop: mailsink.DropAfterData}}
	var cases []filed
	for n := range 2 * len(faults) {
		cases = append(cases, c.call(n, clerk, 0))
	}
	for _, f := range cases {
		c.stage(f, dsr.StageIdentity)
		until(t, time.Minute, "proof is waited for", func() bool {
			return r.number("SELECT COUNT(*) FROM cases WHERE id = ? AND paused_for = 'identity'", f.id()) == 1
		})
		must(t, c.o.PapersArrived(t.Context(), clerk, f.id(), []string{c.document()})) // and the clock runs
	}
	r.settled()
	order := func(n int) {
		t.Helper()
		f := cases[n]
		r.sink.Fault(faults[n%len(faults)])
		before := r.sink.Counts()
		must(t, c.o.Extend(t.Context(), approver, f.id(), dsr.Extension{Clock: "target", N: 5, Ground: "searching"}))
		// By the sink's own counts: a try that ended without an answer is not counted
		// as a send for longer than it lasts.
		until(t, time.Minute, "the notice is on its way", func() bool {
			now := r.sink.Counts()
			if faults[n%len(faults)].Drop != "" {
				return now.Dropped > before.Dropped // the mail is kept
			}
			return now.Refused > before.Refused
		})
		r.worker.kill()
	}

	var ahead time.Duration
	for n := range faults {
		order(n)
		r.sink.Fault(mailsink.Fault{})
		ahead += 10 * time.Minute // who was killed had claimed the mail for a while
		r.move(ahead)
		r.launch(r.worker)
		until(t, 2*time.Minute, "the extension is in force", func() bool { return r.prolonged(cases[n].id()).state == "in-force" })
	}
	due := time.UnixMicro(r.prolonged(cases[0].id()).from)
	for n := range faults {
		order(len(faults) + n)
		if n+1 < len(faults) {
			r.launch(r.worker)
		}
	}
	// The mail server is well again, and it is too late.
	r.sink.Fault(mailsink.Fault{})
	r.move(time.Until(due) + time.Minute)
	r.launch(r.worker)
	for n := range faults {
		until(t, 2*time.Minute, "the extension is late", func() bool { return r.prolonged(cases[len(faults)+n].id()).state == "late" })
	}
	r.settled()
	states := map[string]int{}
	for _, f := range cases {
		p := r.prolonged(f.id())
		states[p.state]++
		for _, w := range p.wrong() {
			t.Error(w)
		}
		// The check sees what it is for, on the run's own data.
		for what, spoil := range map[string]func(*prolonged){
			"doubled in the clock":         func(p *prolonged) { p.events++ },
			"doubled in the record":        func(p *prolonged) { p.entries += 2 },
			"a target that is elsewhere":   func(p *prolonged) { p.target++ },
			"a second order":               func(p *prolonged) { p.orders++ },
			"a second notice":              func(p *prolonged) { p.notices++ },
			"late and in force":            func(p *prolonged) { p.state = map[string]string{"late": "in-force", "in-force": "late"}[p.state] },
			"an order that hangs for good": func(p *prolonged) { p.state = "sending" },
		} {
			if spoil(&p); len(p.wrong()) == 0 {
				t.Errorf("%s is not seen", what)
			}
			p = r.prolonged(f.id())
		}
	}
	if states["in-force"] != len(faults) || states["late"] != len(faults) {
		t.Errorf("states: %v", states)
	}
	r.whole()
	t.Logf("counts: %d extensions in force, %d late, %d kills, %.0f s", states["in-force"], states["late"], 2*len(faults), time.Since(began).Seconds())
}
