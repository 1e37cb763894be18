package worker

import (
	"context"
	"time"

	"madoguchi/activities"
	"madoguchi/dsr"
)

const (
	swept     = 100 // milestones of one organisation in one pass
	letters   = 2   // mails of one organisation in one pass: both are sent within the minute that a claim lasts
	sending   = 30 * time.Second
	recording = 5 * time.Second
)

// BySweep is who fired a milestone when the sweep did.
const BySweep = "sweep"

// each goes through the organisations one by one. A fault in one does not keep
// the others waiting; the last fault is reported.
func (w *Worker) each(ctx context.Context, do func(organisation string) (more bool, err error)) (more bool, err error) {
	organisations, err := w.Backlog.Organisations(ctx)
	if err != nil {
		return false, err
	}
	for _, o := range organisations {
		again, failed := do(o)
		more = more || again
		if failed != nil {
			err = failed
		}
	}
	return more, err
}

// sweep lets fall due what fell due and was not fired by a run's timer.
func (w *Worker) sweep(ctx context.Context) (bool, error) {
	return w.each(ctx, func(o string) (bool, error) {
		due, err := w.Backlog.DueMilestones(ctx, o, swept)
		if err != nil {
			return false, err
		}
		var last error
		for _, m := range due {
			if err := w.Backlog.FallDue(ctx, o, m.Case, m.Milestone, BySweep); err != nil {
				w.Log.Warn().Str("case", m.Case).Str("milestone", m.Milestone).Str("code", dsr.CodeOf(err)).Msg("milestone not fired")
				last = err
			}
		}
		return len(due) == swept && last == nil, last
	})
}

// post sends mails. A mail is claimed and counted before it is sent, so that a
// worker killed in between sends it once more at worst, with the same
// Message-ID, and never more than three times.
func (w *Worker) post(ctx context.Context) (bool, error) {
	return w.each(ctx, func(o string) (bool, error) {
		mails, err := w.Backlog.ClaimNotices(ctx, o, letters)
		if err != nil {
			return false, err
		}
		var last error
		for _, m := range mails {
			if err := w.send(ctx, o, m); err != nil {
				last = err
			}
		}
		return len(mails) == letters, last
	})
}

// send sends one mail and records what came of it. A failed mail is no fault
// of the loop: it changes no case, and the database knows when to try again.
func (w *Worker) send(ctx context.Context, organisation string, m Outgoing) error {
	limited, done := context.WithTimeout(ctx, sending)
	failed := w.Post.Send(limited, m)
	done()
	if failed != nil && ctx.Err() != nil {
		return nil // stopping: nobody knows whether it went; the claim ends by itself
	}
	ctx, done = context.WithTimeout(context.WithoutCancel(ctx), recording)
	defer done()
	if failed == nil {
		return w.Backlog.NoticeAccepted(ctx, organisation, m.Notice)
	}
	w.Log.Warn().Str("notice", m.Notice).Str("code", dsr.CodeOf(failed)).Msg("mail not sent")
	return w.Backlog.NoticeFailed(ctx, organisation, m.Notice, dsr.CodeOf(failed))
}

// tidy deletes what is due.
func (w *Worker) tidy(ctx context.Context) (bool, error) {
	return w.each(ctx, func(o string) (bool, error) { return false, w.Backlog.Tidy(ctx, o) })
}

// checkpoint signs all heads of the chained records.
func (w *Worker) checkpoint(ctx context.Context) (bool, error) {
	return false, w.Backlog.Checkpoint(ctx)
}

// erasures is how many scheduled erasures a pass claims of one organisation.
const erasures = 8

// erase carries out what was kept until a statute's period ended and fell due.
// The case is closed, often for years: the recorded approval permits it, and the
// connected system carries one key out once.
func (w *Worker) erase(ctx context.Context) (bool, error) {
	return w.each(ctx, func(o string) (bool, error) {
		due, err := w.Backlog.ClaimErasures(ctx, o, erasures)
		if err != nil {
			return false, err
		}
		for _, e := range due {
			if err := w.eraseOne(ctx, o, e); err != nil {
				return false, err
			}
		}
		return len(due) == erasures, nil
	})
}

// eraseOne does one of them and records what was read back. A failed one is no
// fault of the loop: the database knows when to try again, and tells a person.
func (w *Worker) eraseOne(ctx context.Context, organisation string, e Erasure) error {
	var acted dsr.Acted
	system, failed := w.Activities.Connectors.Connector(organisation, e.Connector)
	if failed == nil {
		limited, done := context.WithTimeout(ctx, sending)
		acted, failed = system.Act(limited, e.ID, e.Instruction)
		done()
	}
	if failed != nil && ctx.Err() != nil {
		return nil // stopping: nobody knows whether it was done; the claim ends by itself, and the key is the same
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), recording)
	defer done()
	if failed == nil {
		return w.Backlog.ErasureDone(ctx, organisation, e.ID, e.Fence, acted.Rows)
	}
	code := activities.CodeSystemAway // what a system says in its own words may name a person
	if dsr.FaultOf(failed) != dsr.Internal {
		code = dsr.CodeOf(failed)
	}
	w.Log.Warn().Str("erasure", e.ID).Str("code", code).Msg("scheduled erasure not done")
	return w.Backlog.ErasureFailed(ctx, organisation, e.ID, e.Fence, code)
}
