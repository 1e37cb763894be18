package worker

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"madoguchi/dsr"
)

// Deliverer hands one command to its case's run: nil when a start is on its
// way or the command was applied, Unavailable to try again later, another
// fault when the database refused to apply it.
type Deliverer interface {
	Deliver(ctx context.Context, d Delivery) error
}

// Relay hands a case's commands to its run, strictly by number: it claims the
// lowest that is not applied, and no other of that case is claimed meanwhile.
// Several cases go side by side. A delivery may happen twice; the applied mark
// makes the second one harmless.
type Relay struct {
	backlog Backlog
	engine  Deliverer
	log     zerolog.Logger
	woken   chan struct{}
}

const (
	claimed    = 32              // deliveries of one organisation in one pass
	sideBySide = 4               // cases at a time: few, for two cores and one file
	nudge      = 2 * time.Second // a page that waits for the effect waits no longer (design: How a command travels, 2)
	givingBack = 3 * time.Second
)

// NewRelay makes a relay. A server without a worker in its process uses one
// for Nudge alone.
func NewRelay(b Backlog, e Deliverer, log zerolog.Logger) *Relay {
	return &Relay{backlog: b, engine: e, log: log, woken: make(chan struct{}, 1)}
}

// Nudge is for the handler that has just written a command: it tries at once,
// claiming by the same rule, for at most two seconds. It reports whether the
// case has nothing left to carry out; false means "recorded, being carried
// out". It never fails: the relay comes anyway.
func (r *Relay) Nudge(ctx context.Context, organisation, caseID string) bool {
	ctx, done := context.WithTimeout(ctx, nudge)
	defer done()
	defer r.wake()
	for ctx.Err() == nil {
		d, ok, err := r.backlog.ClaimDelivery(ctx, organisation, caseID)
		if err != nil {
			return false
		}
		if !ok {
			return true
		}
		if r.deliver(ctx, d) != nil || d.Acked < d.Epoch {
			return false
		}
	}
	return false
}

// wake lets the loop look at once.
func (r *Relay) wake() {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// pass goes through all organisations once.
func (r *Relay) pass(ctx context.Context) (more bool, err error) {
	organisations, err := r.backlog.Organisations(ctx)
	if err != nil {
		return false, err
	}
	for _, o := range organisations {
		deliveries, err := r.backlog.ClaimDeliveries(ctx, o, claimed)
		if err != nil {
			return more, err
		}
		if r.deliverAll(ctx, deliveries) {
			more = true
		}
	}
	return more, nil
}

// deliverAll delivers commands of different cases and reports whether one was
// applied, so that the next of its case may follow at once.
func (r *Relay) deliverAll(ctx context.Context, deliveries []Delivery) bool {
	var away, applied atomic.Bool
	var busy sync.WaitGroup
	slots := make(chan struct{}, sideBySide)
	for _, d := range deliveries {
		slots <- struct{}{}
		busy.Go(func() {
			defer func() { <-slots }()
			if away.Load() {
				r.giveBack(ctx, d, CodeAway)
				return
			}
			err := r.deliver(ctx, d)
			if err == nil && d.Acked >= d.Epoch {
				applied.Store(true)
			}
			if dsr.CodeOf(err) == CodeAway {
				away.Store(true)
			}
		})
	}
	busy.Wait()
	return applied.Load()
}

// deliver hands over one claimed command, or gives the claim back.
func (r *Relay) deliver(ctx context.Context, d Delivery) error {
	err := r.engine.Deliver(ctx, d)
	if err == nil && d.Acked >= d.Epoch {
		// The run says that it has heard the command. The mark in the database
		// is what counts; without it the command comes again.
		if ok, markErr := r.backlog.IsApplied(ctx, d.Organisation, d.Command); markErr == nil && !ok {
			err = dsr.Fail(dsr.Unavailable, "engine.not-applied")
		}
	}
	if err == nil {
		return nil
	}
	code := dsr.CodeOf(err)
	say := r.log.Debug()
	if f := dsr.FaultOf(err); f != dsr.Unavailable {
		say = r.log.Error().Str("fault", string(f)) // the command can never be applied in this run: fsck will name it
	}
	say.Str("case", d.Case).Str("command", d.Command).Int("number", d.Number).Int("epoch", d.Epoch).Str("code", code).Msg("not delivered")
	r.giveBack(ctx, d, code)
	return err
}

// giveBack lets others have the command. If that fails, the claim ends by
// itself.
func (r *Relay) giveBack(ctx context.Context, d Delivery, code string) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), givingBack)
	defer done()
	if err := r.backlog.Undelivered(ctx, d.Organisation, d.Command, code); err != nil {
		r.log.Warn().Str("command", d.Command).Str("code", dsr.CodeOf(err)).Msg("claim not given back")
	}
}
