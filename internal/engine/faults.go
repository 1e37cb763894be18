package engine

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"madoguchi/activities"
	"madoguchi/dsr"
)

// Interceptor translates the error of every activity, local or not, before
// Temporal keeps it. It is part of the client, so that every worker made of
// the client has it.
type Interceptor struct {
	interceptor.InterceptorBase
	log zerolog.Logger
}

// NewInterceptor makes an interceptor that tells the log what it translated.
func NewInterceptor(log zerolog.Logger) *Interceptor { return &Interceptor{log: log} }

// InterceptActivity puts the translation around an activity.
func (i *Interceptor) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	t := &translator{log: i.log}
	t.Next = next
	return t
}

type translator struct {
	interceptor.ActivityInboundInterceptorBase
	log zerolog.Logger
}

// ExecuteActivity runs the activity. A panic becomes a fault too: its text
// would stand in the history, and a panic about a person's data may quote them.
func (t *translator) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			t.log.Error().Str("type", fmt.Sprintf("%T", p)).Bytes("stack", debug.Stack()).Msg("activity panicked")
			result, err = nil, dsr.Fail(dsr.Internal, activities.CodeInternal)
		}
		if err == nil {
			return
		}
		about := activity.GetInfo(ctx)
		t.log.Warn().Str("activity", about.ActivityType.Name).Str("workflow", about.WorkflowExecution.ID).
			Int32("attempt", about.Attempt).Str("fault", string(dsr.FaultOf(err))).Str("code", dsr.CodeOf(err)).
			Str("type", fmt.Sprintf("%T", innermost(err))).Msg("activity failed")
		err = activities.Outward(err)
	}()
	return t.Next.ExecuteActivity(ctx, in)
}

// innermost is the error at the bottom, of which the log gets the type: its
// text may name a person.
func innermost(err error) error {
	for {
		wrapper, ok := err.(interface{ Unwrap() error })
		if !ok || wrapper.Unwrap() == nil {
			return err
		}
		err = wrapper.Unwrap()
	}
}
