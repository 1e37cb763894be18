package store

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/evidence"
)

// FsckOptions are what Fsck compares the database with.
type FsckOptions struct {
	// Keys are the public keys of the checkpoints (I9). Without one the chains
	// and heads are checked, and no signature.
	Keys []ed25519.PublicKey
	// Workflows lists the IDs of the open workflows (I3). nil leaves I3 out:
	// the database is checked while Temporal is away.
	Workflows func(ctx context.Context) ([]string, error)
	// Patience is how long a command may wait for its mark before it counts as
	// lost (I4); 0 is five minutes.
	Patience time.Duration
}

// The invariants that Fsck checks, in the order of its report.
var fsckChecks = []struct{ invariant, text string }{
	{"I2", "one form token is one filing, one filing has its cases once"},
	{"I3", "each open case has the workflow of its epoch"},
	{"I4", "each command is applied, in order, by a run that answered"},
	{"I5", "each effect has one derived row, and what it says happened"},
	{"I9", "the record is whole, and each case ends where its record does"},
	{"I10", "time never runs back in a case"},
	{"I11", "each due date is what its clock's events give"},
	{"I12", "each notice was sent, or a person knows that it was not"},
	{"I13", "each open case has a next thing"},
	{"I14", "what was accepted is there"},
	{"two-people", "nobody agreed with their own proposal"},
}

// FsckCheck is one invariant with the number of rows that were looked at.
type FsckCheck struct {
	Invariant, Text string
	Rows            int
}

// FsckProblem is one thing that is wrong. It names no person.
type FsckProblem struct {
	Invariant, Organisation, Case string // Case is "" where there is none
	What                          string
}

// String is one line: invariant, organisation, case, what.
func (p FsckProblem) String() string {
	return fmt.Sprintf("%s: organisation %s, case %s: %s", p.Invariant, p.Organisation, p.Case, p.What)
}

// FsckReport is what Fsck found.
type FsckReport struct {
	Checks   []FsckCheck
	Problems []FsckProblem
}

// OK says that every check looked at something and nothing is wrong. An empty
// database is not ok: nothing was proven about it.
func (r FsckReport) OK() bool {
	for _, c := range r.Checks {
		if c.Rows == 0 {
			return false
		}
	}
	return len(r.Checks) > 0 && len(r.Problems) == 0
}

// String prints each check with its count, then the problems, then the judgment.
func (r FsckReport) String() string {
	var b strings.Builder
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%-10s %6d rows  %s\n", c.Invariant, c.Rows, c.Text)
	}
	for _, p := range r.Problems {
		b.WriteString(p.String() + "\n")
	}
	switch {
	case r.OK():
		b.WriteString("ok\n")
	case len(r.Problems) > 0:
		fmt.Fprintf(&b, "NOT ok: %d problems\n", len(r.Problems))
	default:
		b.WriteString("NOT ok: nothing was checked\n")
	}
	return b.String()
}

// Fsck checks the invariants of every organisation, each in one snapshot, and
// changes nothing. An error says that it could not look; what it saw is in the
// report.
func (s *Store) Fsck(ctx context.Context, o FsckOptions) (FsckReport, error) {
	if o.Patience == 0 {
		o.Patience = 5 * time.Minute
	}
	k := &checker{s: s, o: o, rows: map[string]int{}, runs: map[string]bool{}}
	if o.Workflows != nil {
		ids, err := o.Workflows(ctx)
		if err != nil {
			return FsckReport{}, err
		}
		for _, id := range ids {
			k.runs[id] = true
		}
	}
	organisations, err := s.Organisations(ctx)
	if err != nil {
		return FsckReport{}, err
	}
	for _, id := range organisations {
		k.id = id
		if err := s.For(id).snapshot(ctx, k.organisation); err != nil {
			return FsckReport{}, err
		}
	}
	if err := k.record(ctx, organisations); err != nil {
		return FsckReport{}, err
	}
	var r FsckReport
	checks := append(slices.Clone(fsckChecks), actChecks...)
	for _, c := range checks {
		if c.invariant == "I3" && o.Workflows == nil {
			continue
		}
		r.Checks = append(r.Checks, FsckCheck{Invariant: c.invariant, Text: c.text, Rows: k.rows[c.invariant]})
	}
	order := map[string]int{}
	for i, c := range checks {
		order[c.invariant] = i
	}
	sort.SliceStable(k.problems, func(i, j int) bool {
		return order[k.problems[i].Invariant] < order[k.problems[j].Invariant]
	})
	r.Problems = k.problems
	return r, nil
}

// checker goes through the organisations one by one.
type checker struct {
	s        *Store
	o        FsckOptions
	id       string
	t        *tx
	rows     map[string]int
	runs     map[string]bool
	problems []FsckProblem

	cases       []*caseRow
	submissions map[string]*submissionRow
	tasks       map[string]map[string]bool // open tasks of a case, by kind
	milestones  map[string]map[string]bool // unfired milestones of a case, by name
	effects     map[string][]effectRow
	ordered     map[string][]extensionRow // extensions of a case
}

func (k *checker) wrong(invariant, caseID, what string, args ...any) {
	k.problems = append(k.problems, FsckProblem{Invariant: invariant, Organisation: k.id, Case: caseID, What: fmt.Sprintf(what, args...)})
}

// find names each case that a query gives. The query has one parameter, the
// organisation, before args.
func (k *checker) find(invariant, what, query string, args ...any) error {
	var ids []string
	if err := k.t.db.Raw(query, append([]any{k.id}, args...)...).Scan(&ids).Error; err != nil {
		return err
	}
	for _, id := range ids {
		k.wrong(invariant, id, "%s", what)
	}
	return nil
}

// count adds the rows of the organisation's tables to what a check looked at.
func (k *checker) count(invariant string, tables ...string) error {
	for _, table := range tables {
		var n int
		if err := k.t.db.Raw("SELECT COUNT(*) FROM "+table+" WHERE organisation = ?", k.id).Scan(&n).Error; err != nil {
			return err
		}
		k.rows[invariant] += n
	}
	return nil
}

func (k *checker) organisation(t *tx) error {
	k.t = t
	if err := k.read(); err != nil {
		return err
	}
	for _, check := range []func() error{k.filings, k.workflows, k.commands, k.ledger, k.times, k.clocks, k.notices, k.next, k.accepted, k.twoPeople, k.versions, k.acts} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// read loads the shells, which several checks go through.
func (k *checker) read() error {
	k.cases, k.submissions = nil, map[string]*submissionRow{}
	k.tasks, k.milestones, k.effects = map[string]map[string]bool{}, map[string]map[string]bool{}, map[string][]effectRow{}
	db := k.t.db
	if err := db.Omit("scope_sealed", "claims_sealed", "findings_sealed", "hold_sealed").Where("organisation = ?", k.id).Order("id").Find(&k.cases).Error; err != nil {
		return err
	}
	var submissions []*submissionRow
	if err := db.Omit("person_sealed", "contact_sealed", "candidates_sealed", "candidate_sealed", "delivery_sealed").
		Where("organisation = ?", k.id).Find(&submissions).Error; err != nil {
		return err
	}
	for _, s := range submissions {
		k.submissions[s.ID] = s
	}
	for _, x := range []struct {
		into  map[string]map[string]bool
		query string
	}{
		{k.tasks, "SELECT case_id, kind FROM tasks WHERE organisation = ? AND state IN ('open', 'claimed')"},
		{k.milestones, "SELECT case_id, name FROM milestones WHERE organisation = ? AND fired_at = 0 AND cancelled_at = 0"},
	} {
		rows, err := db.Raw(x.query, k.id).Rows()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, what string
			if err := rows.Scan(&id, &what); err != nil {
				return err
			}
			if x.into[id] == nil {
				x.into[id] = map[string]bool{}
			}
			x.into[id][what] = true
		}
		if err := rows.Err(); err != nil {
			return err
		}
	}
	var effects []effectRow
	if err := db.Where("organisation = ?", k.id).Find(&effects).Error; err != nil {
		return err
	}
	for _, e := range effects {
		k.effects[e.CaseID] = append(k.effects[e.CaseID], e)
	}
	return nil
}

// filings is I2.
func (k *checker) filings() error {
	if err := k.count("I2", "submissions", "cases"); err != nil {
		return err
	}
	const of = `SELECT c.id FROM cases c JOIN submissions s ON s.organisation = c.organisation AND s.id = c.submission WHERE c.organisation = ? AND `
	for _, x := range []struct{ what, where string }{
		{"its submission has lost the mark of its form token or of its content", "(length(s.intake_key) <> 64 OR length(s.fingerprint) <> 64)"},
		{"its submission shares form token or reference with another one", `EXISTS (SELECT 1 FROM submissions x
			WHERE x.organisation = s.organisation AND x.id <> s.id AND (x.reference = s.reference OR x.channel = s.channel AND x.intake_key = s.intake_key))`},
		{"another case of its submission has its number", "EXISTS (SELECT 1 FROM cases x WHERE x.organisation = c.organisation AND x.submission = c.submission AND x.number = c.number AND x.id < c.id)"},
		{"it was not filed exactly once, as its first command", `(SELECT COUNT(*) FROM commands m WHERE m.organisation = c.organisation
			AND m.case_id = c.id AND (m.kind = 'filed') <> (m.number = 1)) + CASE WHEN EXISTS (SELECT 1 FROM commands m
			WHERE m.organisation = c.organisation AND m.case_id = c.id AND m.number = 1) THEN 0 ELSE 1 END > 0`},
	} {
		if err := k.find("I2", x.what, of+x.where); err != nil {
			return err
		}
	}
	return nil
}

// workflows is I3. A run of an older epoch may still be open: it ends itself
// when it next asks, and can change nothing until then.
func (k *checker) workflows() error {
	if k.o.Workflows == nil {
		return nil
	}
	for _, c := range k.cases {
		k.rows["I3"]++
		open := k.runs[fmt.Sprintf("dsr/%s/%d", c.ID, c.Epoch)]
		recent := c.EvidenceAt > k.t.later(-time.Minute)
		switch {
		case dsr.Stage(c.Stage).Open() && !open && c.AckedEpoch == c.Epoch && !recent:
			k.wrong("I3", c.ID, "the workflow of epoch %d answered and is gone", c.Epoch)
		case dsr.Stage(c.Stage).Open() && !open && c.LastCommand == c.AppliedCommand && !recent:
			k.wrong("I3", c.ID, "there is no workflow of epoch %d", c.Epoch)
		case !dsr.Stage(c.Stage).Open() && open && !recent:
			k.wrong("I3", c.ID, "it is closed and its workflow is open")
		}
	}
	return nil
}

// commands is I4.
func (k *checker) commands() error {
	if err := k.count("I4", "cases", "commands"); err != nil {
		return err
	}
	const of = `SELECT c.id FROM cases c WHERE c.organisation = ? AND `
	const sub = `FROM commands m WHERE m.organisation = c.organisation AND m.case_id = c.id`
	late := k.t.later(-k.o.Patience)
	for _, x := range []struct {
		what, where string
		args        []any
	}{
		{"a command waits for its mark", "EXISTS (SELECT 1 " + sub + " AND m.applied_at = 0 AND m.at < ?)", []any{late}},
		{"no run of its epoch has answered, and no command will start one",
			"c.stage <> 'closed' AND c.acked_epoch < c.epoch AND c.applied_command = c.last_command AND c.evidence_at < ?", []any{late}},
		{"it counts other commands than there are", "(c.last_command <> (SELECT COUNT(*) " + sub + ") OR c.last_command <> (SELECT COALESCE(MAX(m.number), 0) " + sub + "))", nil},
		{"its marks and its count of applied commands differ", "EXISTS (SELECT 1 " + sub + " AND (m.applied_at > 0) <> (m.number <= c.applied_command))", nil},
		{"a command was applied by no epoch, or by one to come", "EXISTS (SELECT 1 " + sub + " AND m.applied_at > 0 AND (m.applied_epoch < 1 OR m.applied_epoch > c.epoch))", nil},
		{"a run answered for an epoch to come", "c.acked_epoch > c.epoch", nil},
		{"it is closed over a command", "c.stage = 'closed' AND c.applied_command <> c.last_command", nil},
	} {
		if err := k.find("I4", x.what, of+x.where, x.args...); err != nil {
			return err
		}
	}
	return nil
}

// ledger is I5, and I6 with it: an ID that is not derived would be another
// effect after a restore.
func (k *checker) ledger() error {
	k.rows["I5"] += len(k.cases)
	for _, c := range k.cases {
		collected, systems := 0, map[string]bool{}
		seen := map[string]bool{}
		for _, e := range k.effects[c.ID] {
			k.rows["I5"]++
			id := effectID(c.ID, e.Connector, dsr.Action(e.Action), e.Object, e.PlanVersion)
			if e.ID != id {
				k.wrong("I5", c.ID, "effect %s does not have the ID that its fields give", e.ID)
			}
			if seen[id] {
				k.wrong("I5", c.ID, "effect %s has a second row", id)
			}
			seen[id] = true
			tried := e.Fence > 0 && e.PermittedAt > 0
			ok := e.Epoch <= c.Epoch && e.Fence == e.Tries
			switch e.State {
			case dsr.EffectPlanned, dsr.EffectWaived:
				ok = ok && e.VerifiedAt == 0
			case dsr.EffectAttempting, dsr.EffectFailed:
				ok = ok && tried && e.VerifiedAt == 0
			case dsr.EffectVerified:
				ok = ok && tried && e.VerifiedAt >= e.PermittedAt
			default:
				ok = false
			}
			if !ok {
				k.wrong("I5", c.ID, "effect %s is %s, and its fence, epoch and times say otherwise", e.ID, e.State)
			}
			if e.Action != string(dsr.ActionCollect) || e.PlanVersion != c.PlanVersion {
				continue
			}
			collected++
			systems[e.Connector] = e.State == dsr.EffectVerified
			if c.CollectedAt != 0 && e.State != dsr.EffectVerified && e.State != dsr.EffectWaived {
				k.wrong("I5", c.ID, "it counts as collected, and effect %s is %s", e.ID, e.State)
			}
		}
		p, err := k.t.o.current()
		if err != nil {
			return err
		}
		if c.CollectedAt != 0 && collected == 0 && len(p.Systems) > 0 {
			k.wrong("I5", c.ID, "it counts as collected, and no system was asked")
		}
	}
	return k.find("I5", "it holds an item that no verified effect brought", `SELECT DISTINCT i.case_id FROM items i WHERE i.organisation = ?
		AND NOT EXISTS (SELECT 1 FROM effects e WHERE e.organisation = i.organisation AND e.case_id = i.case_id AND e.connector = i.system
		AND e.action = 'collect' AND e.plan_version = i.plan_version AND e.state = 'verified')`)
}

// record is I9: every chain, every signature, and the end of each case's chain
// as the case knows it.
func (k *checker) record(ctx context.Context, organisations []string) error {
	// Checkpoints first: what is recorded while we read is newer than them.
	checkpoints, err := k.s.Checkpoints(ctx)
	if err != nil {
		return err
	}
	if len(k.o.Keys) == 0 {
		checkpoints = nil
	}
	var failed error
	var source iter.Seq2[[]evidence.Event, error] = func(yield func([]evidence.Event, error) bool) {
		for _, id := range organisations {
			k.id = id
			more := true
			failed = k.s.For(id).snapshot(ctx, func(t *tx) error {
				k.t = t
				var err error
				more, err = k.chains(yield)
				return err
			})
			if failed != nil || !more {
				return
			}
		}
	}
	found := evidence.Verify(source, checkpoints, k.o.Keys...)
	if failed != nil {
		return failed
	}
	k.rows["I9"] += found.Events + found.Checkpoints
	for _, p := range found.Problems {
		k.id = p.Organisation
		k.wrong("I9", p.Case, "%s", p.String())
	}
	if found.Events > 0 && len(k.o.Keys) > 0 && found.Checkpoints == 0 {
		k.id = ""
		k.wrong("I9", "", "no checkpoint was ever signed: a cut or dropped record would not be seen")
	}
	return nil
}

// chains gives every chain of an organisation to the verifier, and compares
// its end with the case's own.
func (k *checker) chains(yield func([]evidence.Event, error) bool) (more bool, err error) {
	var cases []caseRow
	if err := k.t.db.Select("id", "evidence_seq", "evidence_head", "evidence_at").Where("organisation = ?", k.id).Order("id").Find(&cases).Error; err != nil {
		return false, err
	}
	for _, c := range cases {
		es, err := k.t.chain(c.ID)
		if err != nil {
			return false, err
		}
		if len(es) == 0 {
			k.wrong("I9", c.ID, "it has no record")
			continue
		}
		last := es[len(es)-1]
		if last.Seq != c.EvidenceSeq || fmt.Sprintf("%x", last.Hash) != c.EvidenceHead || micros(last.At) != c.EvidenceAt {
			k.wrong("I9", c.ID, "its record ends at event %d, and it knows of %d", last.Seq, c.EvidenceSeq)
		}
		if !yield(es, nil) {
			return false, nil
		}
	}
	return true, nil
}

// times is I10.
func (k *checker) times() error {
	if err := k.count("I10", "evidence", "commands", "clock_events"); err != nil {
		return err
	}
	soon := k.t.later(time.Minute)
	for _, x := range []struct {
		what, query string
		args        []any
	}{
		{"an event of its record is earlier than the one before it", `SELECT DISTINCT e.case_id FROM evidence e JOIN evidence p
			ON p.organisation = e.organisation AND p.case_id = e.case_id AND p.seq = e.seq - 1 WHERE e.organisation = ? AND e.at < p.at`, nil},
		{"a command is earlier than the one before it", `SELECT DISTINCT m.case_id FROM commands m JOIN commands p
			ON p.organisation = m.organisation AND p.case_id = m.case_id AND p.number = m.number - 1 WHERE m.organisation = ? AND m.at < p.at`, nil},
		{"a command was applied before it was given", "SELECT DISTINCT case_id FROM commands WHERE organisation = ? AND applied_at > 0 AND applied_at < at", nil},
		{"its clock ran back", `SELECT DISTINCT e.case_id FROM clock_events e JOIN clock_events p
			ON p.organisation = e.organisation AND p.case_id = e.case_id AND p.seq = e.seq - 1 WHERE e.organisation = ? AND e.at < p.at`, nil},
		{"an event of its record lies in the future", "SELECT DISTINCT case_id FROM evidence WHERE organisation = ? AND at > ?", []any{soon}},
		{"it was closed or answered before it was received", `SELECT id FROM cases WHERE organisation = ?
			AND (closed_at > 0 AND closed_at < received_at OR answered_at > 0 AND answered_at < received_at OR arrived_at > received_at)`, nil},
	} {
		if err := k.find("I10", x.what, x.query, x.args...); err != nil {
			return err
		}
	}
	return nil
}

// clocks is I11.
func (k *checker) clocks() error {
	if err := k.count("I11", "clock_events"); err != nil {
		return err
	}
	targets, err := k.dueMilestones()
	if err != nil {
		return err
	}
	if err := k.extensions(); err != nil {
		return err
	}
	for _, c := range k.cases {
		k.rows["I11"]++
		events, err := k.t.clockEvents(c)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			k.wrong("I11", c.ID, "its clocks have no events")
			continue
		}
		have := due{c.TargetAt, c.TargetOn, c.TargetRule, c.UnitsLeft, c.ExposureAt, c.GuardAt}
		want, answered, err := k.recompute(c, events)
		if err != nil {
			k.wrong("I11", c.ID, "its clocks can't be computed: %v", err)
			continue
		}
		if !dsr.Stage(c.Stage).Open() {
			want.targetAt = 0 // a closed case is due no more
		}
		if have != want {
			k.wrong("I11", c.ID, "its due dates are %+v, and its clock's events give %+v", have, want)
		}
		k.prolonged(c, events)
		if c.AnsweredAt != 0 && c.AnsweredTargetAt != answered {
			k.wrong("I11", c.ID, "it was answered against the target %d, which was %d", c.AnsweredTargetAt, answered)
		}
		paused := false
		for _, e := range events {
			paused = e.Kind == clock.Pause || paused && e.Kind != clock.Resume
		}
		paused = paused && dsr.Stage(c.Stage).Open()
		if paused != (c.PausedFor != "") {
			k.wrong("I11", c.ID, "its clock's events and its pause differ")
		}
		if at, armed := targets[c.ID]; dsr.Stage(c.Stage).Open() && c.AnsweredAt == 0 && c.TargetAt != 0 && (!armed || at != 0 && at != c.TargetAt) {
			k.wrong("I11", c.ID, "no milestone stands at its target")
		}
	}
	return nil
}

// extensions reads them and finds those that stand still, and a date that nobody
// was told.
func (k *checker) extensions() error {
	if err := k.count("I11", "extensions"); err != nil {
		return err
	}
	k.ordered = map[string][]extensionRow{}
	var rows []extensionRow
	if err := k.t.db.Where("organisation = ?", k.id).Order("ordered_at, id").Find(&rows).Error; err != nil {
		return err
	}
	for _, r := range rows {
		k.ordered[r.CaseID] = append(k.ordered[r.CaseID], r)
	}
	for _, x := range []struct{ what, query string }{
		{"the notice of an extension was sent, and nothing came of it", `SELECT x.case_id FROM extensions x JOIN notices n
			ON n.organisation = x.organisation AND n.id = x.notice WHERE x.organisation = ? AND x.state = 'sending' AND n.state = 'accepted'`},
		{"an extension is under way, and the case was answered or closed", `SELECT x.case_id FROM extensions x JOIN cases c
			ON c.organisation = x.organisation AND c.id = x.case_id WHERE x.organisation = ? AND x.state = 'sending' AND (c.stage = 'closed' OR c.answered_at > 0)`},
		{"it counts as told a date, and its record says of none", `SELECT c.id FROM cases c WHERE c.organisation = ? AND c.told_at > 0 AND NOT EXISTS (SELECT 1 FROM evidence e
			WHERE e.organisation = c.organisation AND e.case_id = c.id AND e.kind IN ('notice', 'extension-in-force')
			AND e.data LIKE '%"told_at":' || CAST(c.told_at AS TEXT) || '%')`},
	} {
		if err := k.find("I11", x.what, x.query); err != nil {
			return err
		}
	}
	return nil
}

// prolonged compares the extensions in force with the events of the present
// clocks: each has the other.
func (k *checker) prolonged(c *caseRow, events []clock.Event) {
	var began time.Time
	var there []clock.Event
	for _, e := range events {
		switch e.Kind {
		case clock.Start:
			began = e.At // a reopened case has new clocks
		case clock.Prolonged:
			there = append(there, e)
		}
	}
	for _, x := range k.ordered[c.ID] {
		if x.State != extensionInForce || instant(x.SentAt).Before(began) {
			continue
		}
		at := slices.Index(there, x.prolonged(instant(x.SentAt)))
		if at < 0 {
			k.wrong("I11", c.ID, "an extension is in force, and its clock's events do not have it")
			continue
		}
		there = slices.Delete(there, at, at+1)
	}
	if len(there) > 0 {
		k.wrong("I11", c.ID, "its clock was prolonged, and no extension is in force")
	}
}

// recompute gives what a case's columns should be, and the target that was
// valid when it was answered. When the pack or the calendar that computed them
// is no longer kept, the record of that computation stands for it.
func (k *checker) recompute(c *caseRow, events []clock.Event) (want due, answered int64, err error) {
	s, ok := k.submissions[c.Submission]
	if !ok {
		return want, 0, fmt.Errorf("there is no submission %s", c.Submission)
	}
	p, kept := k.s.Packs.ByDigest(s.PackDigest)
	if kept {
		if p, err = k.t.pack(s); err != nil {
			return want, 0, err
		}
		_, kept = k.t.o.pins(p, c, events)
	}
	if kept {
		r, err := k.t.o.read(p, c, events)
		if want = r.due(); err != nil || c.AnsweredAt == 0 {
			return want, 0, err
		}
		var before []clock.Event
		for _, e := range events {
			if micros(e.At) <= c.AnsweredAt {
				before = append(before, e)
			}
		}
		then, err := k.t.o.read(p, c, before)
		if answered = then.due().targetAt; answered == 0 {
			answered = c.AnsweredAt
		}
		return want, answered, err
	}
	chain, err := k.t.chain(c.ID)
	if err != nil {
		return want, 0, err
	}
	number := func(d map[string]any, name string) (n int64) {
		fmt.Sscan(fmt.Sprint(d[name]), &n)
		return n
	}
	for _, e := range chain {
		if e.Kind != "clock" {
			continue
		}
		rule := c.TargetRule // before there were several clocks no case kept it
		if e.Data["clocks"] != nil {
			rule = fmt.Sprint(e.Data["rule"])
		}
		want = due{targetAt: number(e.Data, "target_at"), targetOn: fmt.Sprint(e.Data["target_on"]), targetRule: rule,
			unitsLeft:  number(e.Data, "units_left"),
			exposureAt: number(e.Data, "exposure_at"), guardAt: number(e.Data, "guard_at")}
	}
	return want, c.AnsweredTargetAt, nil
}

// dueMilestones are the instants of the milestones at the answer targets of
// the present occasions: 0 when it has fired.
func (k *checker) dueMilestones() (map[string]int64, error) {
	rows, err := k.t.db.Raw(`SELECT m.case_id, CASE WHEN m.fired_at > 0 THEN 0 ELSE m.due_at END FROM milestones m JOIN cases c
		ON c.organisation = m.organisation AND c.id = m.case_id WHERE m.organisation = ? AND m.name = ? AND m.cancelled_at = 0
		AND m.occasion = CAST(c.occasion AS TEXT)`, k.id, milestoneDue).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var id string
		var at int64
		if err := rows.Scan(&id, &at); err != nil {
			return nil, err
		}
		out[id] = at
	}
	return out, rows.Err()
}

// notices is I12.
func (k *checker) notices() error {
	if err := k.count("I12", "notices", "cases"); err != nil {
		return err
	}
	// A notice without a case belongs to the submission: the first case stands for it.
	const of = `SELECT DISTINCT c.id FROM notices n JOIN cases c ON c.organisation = n.organisation AND c.submission = n.submission
		AND (c.id = n.case_id OR n.case_id = '' AND c.number = 1) WHERE n.organisation = ? AND `
	late, day := k.t.later(-k.o.Patience), micros(clock.DaysAfter(k.t.now, -1))
	for _, x := range []struct {
		what, where string
		args        []any
	}{
		{"a notice was sent more than three times", "n.sends > 3", nil},
		{"a notice does not have the Message-ID of its own", "n.message_id NOT LIKE n.id || '@%'", nil},
		{"a notice counts as sent, and was never sent", "n.state = 'accepted' AND (n.sends < 1 OR n.accepted_at = 0)", nil},
		{"a letter counts as posted, and nobody printed or posted it", `n.channel = 'post' AND n.state <> 'none'
			AND (n.printed_at = 0 OR n.posted_at < n.printed_at OR n.posted_by = '')`, nil},
		{"a letter waits to be posted, and nobody was told", `n.channel = 'post' AND n.posted_at = 0 AND NOT (n.code IN ('N-12', 'N-13') AND c.delivery <> 'download')
			AND (c.stage <> 'closed' OR n.code IN ('N-12', 'N-13', 'N-14', 'N-15', 'N-16', 'N-17', 'N-18', 'N-19', 'N-20', 'N-21', 'N-23', 'N-34')) AND NOT EXISTS (SELECT 1 FROM tasks k
			WHERE k.organisation = n.organisation AND k.case_id = c.id AND k.kind IN ('post-letter', 'reach-person') AND k.occasion = 'notice/' || n.id)`, nil},
		{"a notice has no tries left, and nobody was told", "n.state IN ('queued', 'sending') AND n.sends >= 3 AND n.claimed_until < ?", []any{late}},
		{"nobody tries to send a notice", "n.state IN ('queued', 'sending') AND n.sends < 3 AND n.queued_at < ? AND n.next_try_at < ? AND n.claimed_until < ?", []any{day, day, day}},
		// One about an extension that ended was taken back: whoever ordered it knows.
		{"a notice failed, and nobody was told", `n.state = 'failed' AND n.code <> 'N-26'
			AND NOT (n.code = 'N-07' AND n.error_code = 'withdrawn' AND EXISTS (SELECT 1 FROM extensions x
			WHERE x.organisation = n.organisation AND x.notice = n.id AND x.state IN ('late', 'cancelled')))
			AND (c.stage <> 'closed' OR n.code IN ('N-12', 'N-13', 'N-14', 'N-15', 'N-16', 'N-17', 'N-18', 'N-19', 'N-20', 'N-21', 'N-23', 'N-34')) AND NOT EXISTS (SELECT 1 FROM tasks k
			JOIN cases d ON d.organisation = k.organisation AND d.id = k.case_id WHERE k.organisation = n.organisation AND d.submission = n.submission
			AND k.kind = 'reach-person' AND k.occasion = 'notice/' || n.id)`, nil},
		{"a notice by mail waits for nobody", "n.channel = 'mail' AND n.state = 'none'", nil},
	} {
		if err := k.find("I12", x.what, of+x.where, x.args...); err != nil {
			return err
		}
	}
	for _, x := range []struct{ what, where string }{
		{"its receipt was never written", "NOT EXISTS (SELECT 1 FROM notices n WHERE n.organisation = c.organisation AND n.case_id = c.id AND n.code = 'N-01')"},
		{"it counts as answered, and no answer was written", `c.answered_at > 0 AND NOT EXISTS (SELECT 1 FROM notices n
			WHERE n.organisation = c.organisation AND n.case_id = c.id AND n.code IN ('N-12', 'N-13', 'N-14', 'N-15', 'N-17', 'N-18', 'N-23'))`},
	} {
		if err := k.find("I12", x.what, "SELECT c.id FROM cases c WHERE c.organisation = ? AND "+x.where); err != nil {
			return err
		}
	}
	return nil
}

// next is I13: no orphan waits.
func (k *checker) next() error {
	for _, c := range k.cases {
		k.rows["I13"]++
		if !dsr.Stage(c.Stage).Open() || c.LastCommand > c.AppliedCommand {
			continue // closed, or a command is on its way: its being late is I4's
		}
		if why := k.orphan(c, k.submissions[c.Submission]); why != "" {
			k.wrong("I13", c.ID, "at %s: %s", c.Stage, why)
		}
	}
	return nil
}

// orphan says what a case at its stage waits for in vain; "" for nothing. At
// each stage it is either the run's turn, which must have answered for the
// present epoch, or somebody's, who must have a task or a milestone.
func (k *checker) orphan(c *caseRow, s *submissionRow) string {
	run := ""
	if c.AckedEpoch != c.Epoch {
		run = "it is the run's turn, and none has answered"
	}
	task := func(kinds ...dsr.TaskKind) bool {
		for _, kind := range kinds {
			if k.tasks[c.ID][string(kind)] {
				return true
			}
		}
		return false
	}
	milestone := func(name string) bool { return k.milestones[c.ID][name] }
	unless := func(ok bool, what string) string {
		if ok {
			return run // who acts is there, and the run must hear of it
		}
		return what
	}
	proposed := c.Proposal > c.Agreed && c.Proposal > c.SentBack
	switch {
	case s == nil:
		return "its submission is gone"
	case c.WithdrawalFinalAt != 0, c.ExpiredAt != 0:
		return run
	case c.WithdrawnAt != 0:
		return unless(milestone(milestoneWithdrawal), "withdrawn, and no milestone ends the time to take it back")
	case c.Question != "" && c.Stage != string(dsr.StageClarification):
		return run
	}
	switch dsr.Stage(c.Stage) {
	case dsr.StageTriage:
		return unless(c.ClassifiedAt != 0 || task(dsr.TaskClassify), "nobody has the task to classify it")
	case dsr.StageIdentity:
		switch {
		case proven(s), c.Decided != "":
			return run
		case proposed:
			return unless(task(dsr.TaskApprove), "nobody has the task to decide about the proposal")
		}
		return unless(task(dsr.TaskVerifyIdentity, dsr.TaskReachPerson) || milestone(milestoneIdentityExpiry),
			"nobody has the task to verify the identity, and the wait does not expire")
	case dsr.StageClarification:
		return unless(c.Question == "" || task(dsr.TaskReachPerson) || milestone(milestoneQuestionExpiry), "the wait for the answer does not expire")
	case dsr.StageSearch:
		return unless(!k.failedUnseen(c, dsr.ActionPreserve, dsr.ActionCollect), "a system failed, and nobody has the task to see to it")
	case dsr.StageInvestigation:
		return unless(c.InvestigatedAt != 0 || c.Decided != "" || task(dsr.TaskInvestigate), "nobody has the task to look into it")
	case dsr.StageExecution:
		switch {
		case c.StoppedAt != 0:
			return unless(task(dsr.TaskErasureStopped), "its erasure was stopped, and nobody has the task to say how it goes on")
		case c.CoolingUntil > micros(k.t.now):
			return unless(milestone(milestoneCooling), "nothing ends its cooling-off")
		}
		return unless(!k.failedUnseen(c, dsr.ActionSuspend, dsr.ActionCorrect, dsr.ActionErase), "a system failed, and nobody has the task to see to it")
	case dsr.StageNotified:
		return unless(!k.failedUnseen(c, dsr.ActionRelease), "a system failed, and nobody has the task to see to it")
	case dsr.StageReview:
		return unless(proposed || c.Decided != "" || task(dsr.TaskReview), "nobody has the task to review it")
	case dsr.StageDecision:
		return unless(!proposed || task(dsr.TaskApprove), "nobody has the task to decide about the proposal")
	case dsr.StageDelivery:
		return unless(c.DeliveredAt != 0 || task(dsr.TaskHandOver) || milestone(milestoneAvailability), "nobody hands it over, and its availability does not end")
	case dsr.StageAuthority:
		switch {
		case !needsAuthority(s), c.Decided != "":
			return run
		case proposed:
			return unless(task(dsr.TaskApprove), "nobody has the task to decide about the proposal")
		}
		return unless(task(dsr.TaskAuthority, dsr.TaskAdmit, dsr.TaskReachPerson) || milestone(milestoneAuthorityExpiry),
			"nobody has the task to see the representative's papers, and the wait does not expire")
	case dsr.StageFee, dsr.StageFraud:
		return unless(len(k.tasks[c.ID]) > 0 || len(k.milestones[c.ID]) > 0, "nobody has a task, and no milestone comes")
	}
	return run
}

// accepted is I14: the journal of what a client was told, against what is there.
func (k *checker) accepted() error {
	if err := k.count("I14", "accepted", "submissions", "cases"); err != nil {
		return err
	}
	if err := k.find("I14", "its submission is there, and was never accepted", `SELECT c.id FROM cases c WHERE c.organisation = ?
		AND NOT EXISTS (SELECT 1 FROM accepted a WHERE a.organisation = c.organisation AND a.submission = c.submission)`); err != nil {
		return err
	}
	// A reclassified case has a sibling that was not filed: one for each.
	rows, err := k.t.db.Raw(`SELECT a.submission, a.cases, a.at, COALESCE(s.received_at, 0),
		COUNT(c.id) - COALESCE(SUM(CASE WHEN c.decided = 'reclassified' OR c.outcome = 'reclassified' THEN 1 ELSE 0 END), 0), COALESCE(MIN(c.id), '')
		FROM accepted a LEFT JOIN submissions s ON s.organisation = a.organisation AND s.id = a.submission
		LEFT JOIN cases c ON c.organisation = a.organisation AND c.submission = a.submission
		WHERE a.organisation = ? GROUP BY a.submission, a.cases, a.at, s.received_at`, k.id).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var submission, first string
		var told, at, received, there int64
		if err := rows.Scan(&submission, &told, &at, &received, &there, &first); err != nil {
			return err
		}
		switch {
		case received == 0:
			k.wrong("I14", first, "submission %s was accepted and is gone", submission)
		case told != there:
			k.wrong("I14", first, "submission %s was accepted with %d cases and has %d", submission, told, there)
		case at != received:
			k.wrong("I14", first, "submission %s was accepted at another time than it was received", submission)
		}
	}
	return rows.Err()
}

// twoPeople checks again what the database's constraint and the transactions
// say.
func (k *checker) twoPeople() error {
	if err := k.count("two-people", "cases", "proposals"); err != nil {
		return err
	}
	var outcomes []string
	for _, o := range dsr.Outcomes {
		if o.TwoPeople() {
			outcomes = append(outcomes, string(o))
		}
	}
	const agreed = `FROM proposals p WHERE p.organisation = c.organisation AND p.case_id = c.id AND p.version = c.agreed
		AND p.verdict = 'approved' AND p.approver <> '' AND p.approver <> p.proposer`
	for _, x := range []struct {
		what, where string
		args        []any
	}{
		{"one person proposed and agreed", `EXISTS (SELECT 1 FROM proposals p WHERE p.organisation = c.organisation AND p.case_id = c.id
			AND p.verdict <> '' AND p.approver = p.proposer)`, nil},
		{"it closed in a way that needs two people, and nobody agreed", "c.stage = 'closed' AND c.outcome IN ? AND c.agreed = 0", []any{outcomes}},
		{"it counts as agreed, and no other person agreed with that version", "c.agreed > 0 AND NOT EXISTS (SELECT 1 " + agreed + ")", nil},
		{"it is decided otherwise than was agreed", "c.agreed > 0 AND c.decided <> '' AND NOT EXISTS (SELECT 1 " + agreed + " AND p.outcome = c.decided)", nil},
		{"it has a package that nobody agreed to", "c.package_at > 0 AND c.agreed = 0", nil},
	} {
		if err := k.find("two-people", x.what, "SELECT c.id FROM cases c WHERE c.organisation = ? AND "+x.where, x.args...); err != nil {
			return err
		}
	}
	return nil
}
