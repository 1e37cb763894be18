package faults

import (
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
)

// reminder is when the demonstration asks again for proof (packs/demonstration).
const reminder = 5 * time.Minute

// remind files while the port's clock stands behind, so that the reminder is
// due on the real clock within soon, and puts the clock right again. It returns
// the case.
func (c *counter) remind(n int, soon time.Duration) filed {
	c.Helper()
	c.move(soon - reminder)
	f := c.file(n)
	c.stage(f, dsr.StageIdentity)
	c.move(0)
	return f
}

// once waits until the reminder of a case was fired and mailed, and checks that
// it happened once. It returns who fired it.
func (c *counter) once(f filed) (by string) {
	c.Helper()
	until(c, 2*time.Minute, "the reminder is mailed", func() bool {
		return c.number("SELECT COUNT(*) FROM notices WHERE case_id = ? AND code = 'N-27' AND state = 'accepted'", f.id()) > 0
	})
	fired := c.texts("SELECT fired_by FROM milestones WHERE case_id = ? AND fired_at > 0", f.id())
	notices := c.number("SELECT COUNT(*) FROM notices WHERE case_id = ? AND code = 'N-27'", f.id())
	commands := c.number("SELECT COUNT(*) FROM commands WHERE case_id = ? AND kind = 'fell-due'", f.id())
	if len(fired) != 1 || notices != 1 || commands != 1 {
		c.Errorf("fired %v, %d notices, %d commands", fired, notices, commands)
	}
	mails, err := c.sink.List()
	must(c, err)
	received := 0
	for _, m := range mails {
		if strings.Contains(strings.Join(m.To, " "), f.Mail) {
			received++
		}
	}
	if sent := c.number("SELECT COUNT(*) FROM notices WHERE submission = ? AND state = 'accepted'", f.Submission); received != sent {
		c.Errorf("%d mails arrived for %d notices", received, sent)
	}
	return strings.Join(fired, " ")
}

// With the sweep off the run's timer reminds and escalates; with Temporal dead
// the sweep does; with both, it happens once.
func TestDeadlinesFireByTimerBySweepAndWithBothOnce(t *testing.T) {
	t.Parallel()
	began := time.Now()
	r := onPostgres(t, "demonstration")
	r.env["SWEEP_INTERVAL"] = "10m" // off: its first pass finds nothing yet
	r.move(0)
	c := r.start().desk()
	clerk := c.handler
	clerk.Roles = []dsr.Role{dsr.RoleClerk}
	until(t, time.Minute, "the first sweep is over", func() bool {
		return r.number("SELECT COUNT(*) FROM heartbeats WHERE name = 'sweep' AND at > ?", r.worker.startedAt()) == 1
	})

	f := c.remind(0, 12*time.Second)
	if by := c.once(f); by != "timer" {
		t.Errorf("with the sweep off the reminder was fired by %q", by)
	}

	// The answer target of a call keyed in weeks late has passed: the timer escalates.
	late := c.call(10, clerk, 24)
	until(t, 2*time.Minute, "the overdue call is escalated", func() bool {
		return r.number("SELECT COUNT(*) FROM tasks WHERE case_id = ? AND kind = 'escalation' AND cause = 'due'", late.id()) > 0
	})
	if by := r.texts("SELECT DISTINCT fired_by FROM milestones WHERE case_id = ? AND fired_at > 0", late.id()); len(by) != 1 || by[0] != "timer" {
		t.Errorf("with the sweep off the overdue call was escalated by %q", by)
	}

	// The same with both: whoever comes first, it happens once.
	r.worker.kill()
	r.env["SWEEP_INTERVAL"] = "50ms"
	r.launch(r.worker)
	const both = 4
	var cases []filed
	for n := range both {
		cases = append(cases, c.remind(1+n, 10*time.Second))
	}
	by := map[string]int{}
	for _, f := range cases {
		by[c.once(f)]++
	}
	if by["timer"]+by["sweep"] != both {
		t.Errorf("with both: %v", by)
	}

	// Temporal is dead: the sweep reminds, and the run hears of it later.
	dead := c.file(20)
	c.stage(dead, dsr.StageIdentity)
	r.settled()
	must(t, r.temporal.Down(t.Context()))
	r.move(reminder + time.Second)
	if by := c.once(dead); by != "sweep" {
		t.Errorf("with Temporal dead the reminder was fired by %q", by)
	}
	must(t, r.temporal.Up(t.Context()))
	r.settled()
	if by := c.once(dead); by != "sweep" {
		t.Errorf("after Temporal came back: fired by %q", by)
	}
	r.whole()
	t.Logf("counts: 1 reminder and 1 escalation by the timer alone, %d with both (timer %d, sweep %d), 1 by the sweep while Temporal was dead, each mailed once, %.0f s",
		both, by["timer"], by["sweep"], time.Since(began).Seconds())
}
