package faults

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/mailsink"
	"madoguchi/internal/temporalproc"
)

// pending is what the status page says, in English, while something waits.
const pending = "It is being carried out; open this page again in a moment."

// Temporal dead, the mail server refusing, the connected system gone: every
// filing is accepted at once, the page says that it waits, and all is caught up.
func TestEverythingDownIsAcceptedAndCaughtUp(t *testing.T) {
	t.Parallel()
	const forms = 20
	r := onPostgres(t, "development")
	address := freeAddress(t)
	r.env["TEMPORAL_ADDRESS"] = address
	mailAddress := r.sink.Addr()
	r.sink.Stop()
	r.launch(r.server)
	walked := walk(t, r.base)
	var references []string
	var slowest time.Duration
	var last *visitor
	for n := range forms {
		began := time.Now()
		last = visit(r.base)
		f := walked.fill(n)
		code, page, err := last.post(f.action, f.fields)
		must(t, err)
		m := referenceInPage.FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("form %d: %d and no receipt", n, code)
		}
		references = append(references, m[1])
		slowest = max(slowest, time.Since(began))
	}
	if slowest > 10*time.Second {
		t.Errorf("a receipt took %s", slowest)
	}
	code, page, err := last.get("/o/" + slug + "/my?lang=en")
	must(t, err)
	if code != http.StatusOK || !strings.Contains(page, pending) {
		t.Errorf("the status page (%d) does not say that something waits", code)
	}
	code, parts := r.get("/readyz")
	for _, want := range []string{"Temporal does not answer; requests are accepted and wait", "the mail server does not answer; mails wait"} {
		if code != http.StatusServiceUnavailable || !strings.Contains(parts, want) {
			t.Errorf("readyz %d does not say %q:\n%s", code, want, parts)
		}
	}
	if !r.portalReady() {
		t.Error("the portal is not ready, and it needs the database only")
	}

	// The worker comes first, and tries in vain for a while.
	r.launch(r.worker)
	until(t, time.Minute, "a mail was tried", func() bool {
		return r.number("SELECT COUNT(*) FROM notices WHERE error_code = 'mail.away'") > 0
	})
	_, port, err := net.SplitHostPort(address)
	must(t, err)
	n, err := strconv.Atoi(port)
	must(t, err)
	ctx, done := context.WithTimeout(t.Context(), 90*time.Second)
	defer done()
	r.temporal, err = temporalproc.Start(ctx, temporalproc.Options{DataDir: r.dir + "/temporal", Port: n})
	must(t, err)
	t.Cleanup(r.temporal.Stop)
	r.sink = &mailsink.Sink{Dir: r.sink.Dir}
	must(t, r.sink.Start(mailAddress))
	r.settled()
	until(t, time.Minute, "each case is at identity with its run", func() bool {
		return len(r.look(references, runs(t, address)).wrong("identity")) == 0
	})
	if n := r.number("SELECT COUNT(*) FROM notices WHERE state = 'failed' OR sends > 1"); n != 0 {
		t.Errorf("%d mails failed or were sent twice, because the mail server was away", n)
	}
	if _, page, err = last.get("/o/" + slug + "/my?lang=en"); err != nil || strings.Contains(page, pending) {
		t.Errorf("the page still says that something waits (%v)", err)
	}

	// The connected system is not there yet: the lookup waits for it.
	c := r.desk()
	f := c.file(50)
	c.stage(f, dsr.StageIdentity)
	c.prove(f)
	until(t, time.Minute, "the system was found to be away", func() bool {
		return r.number("SELECT COUNT(*) FROM effects WHERE case_id = ? AND state = 'attempting' AND error_code = 'connector.away'", f.id()) > 0
	})
	r.makeSystem()
	c.verify(f)
	c.stage(f, dsr.StageReview)
	r.settled()
	r.whole()
	t.Logf("counts: %d of %d filings accepted with Temporal, mail and the connected system away, the slowest in %d ms; %d cases caught up, %d mails accepted",
		len(references), forms, slowest.Milliseconds(), forms+1, r.number("SELECT COUNT(*) FROM notices WHERE state = 'accepted'"))
}

// A killed `up` leaves nothing behind that holds a port or a file, and what was
// accepted goes on after the next start.
func TestAKilledUpLeavesNoOrphanAndGoesOn(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	walked := walk(t, r.base)
	ref, _, err := walked.fill(0).once(r.base)
	must(t, err)
	left := children(t, r.up.pid())
	if len(left) == 0 {
		t.Fatal("no Temporal is seen: nothing would be found left behind either")
	}
	r.up.kill()
	killed := time.Now()
	until(t, 5*time.Second, "Temporal has gone with it", func() bool {
		for _, pid := range left {
			if alive(pid) {
				return false
			}
		}
		return true
	})
	gone := time.Since(killed)
	l, err := net.Listen("tcp", strings.TrimPrefix(r.base, "http://"))
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	l.Close()
	began := time.Now()
	r.launch(r.up) // takes the lock of the data and of Temporal's file
	back := time.Since(began)
	if again := children(t, r.up.pid()); len(again) == 0 {
		t.Error("the second start has no Temporal")
	}
	r.settled()
	const there = "SELECT COUNT(*) FROM submissions s JOIN cases c ON c.submission = s.id WHERE s.reference = ? AND c.stage = 'identity'"
	until(t, 2*time.Minute, "the request from before the kill is at identity", func() bool { return r.number(there, ref) == 1 })
	ref2, _, err := walked.fill(1).once(r.base)
	if err != nil || ref2 == "" || ref2 == ref {
		t.Errorf("after the kill: %q %v", ref2, err)
	}
	until(t, 2*time.Minute, "the request from after it too", func() bool { return r.number(there, ref2) == 1 })
	r.settled()
	r.whole()
	t.Logf("counts: %d children gone %d ms after the kill, ready again after %.1f s, 2 requests at identity", len(left), gone.Milliseconds(), back.Seconds())
}

// The look for orphans sees one: a child whose parent is killed without taking
// it along.
func TestTheLookForOrphansSeesOne(t *testing.T) {
	r := newRig(t, "demonstration")
	p := r.part("sleep", func() bool { return true })
	p.program, p.args = "/bin/sh", []string{"-c", "sleep 300 & wait"}
	must(t, p.start())
	var left []int
	until(t, 10*time.Second, "the child is there", func() bool { left = children(t, p.pid()); return len(left) == 1 })
	p.kill()
	if !alive(left[0]) {
		t.Error("the orphan is not seen")
	}
	must(t, syscall.Kill(left[0], syscall.SIGKILL))
	until(t, 10*time.Second, "the orphan has ended", func() bool { return !alive(left[0]) })
}
