package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"madoguchi/dsr"
)

// Codes that workflows branch on, and the codes of what goes wrong between us
// and Temporal. A code is a key of the catalogue and goes on the wire.
const (
	CodeOrder         = "error.command-order"    // a lower command is not applied yet
	CodePending       = "error.commands-pending" // the case cannot close yet
	CodeSuperseded    = "error.superseded"       // a newer epoch runs the case
	CodeTimeout       = "error.timeout"
	CodeInternal      = "error.internal"
	CodeSystemAway    = "error.system-away"    // a connected system cannot be asked now
	CodeSystemRefused = "error.system-refused" // a connected system refuses to answer us
)

// Outward makes of any error what may cross the border to Temporal: the fault
// as its type, the code as its message, and nothing else. Go error identity,
// arguments and causes are lost on the way, on purpose: histories keep errors
// and cannot be erased, and a cause may name a person.
func Outward(err error) error {
	var passed *temporal.ApplicationError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		err = dsr.Fail(dsr.Unavailable, CodeTimeout)
	case errors.As(err, &passed) && known(passed.Type()):
		return passed
	}
	fault := dsr.FaultOf(err)
	return temporal.NewApplicationErrorWithOptions(dsr.CodeOf(err), string(fault),
		temporal.ApplicationErrorOptions{NonRetryable: !fault.Retryable()})
}

// Inward reads what came over the border from Temporal. It is nil for nil;
// what nobody translated is Internal.
func Inward(err error) *dsr.Error {
	if err == nil {
		return nil
	}
	var mine *dsr.Error
	if errors.As(err, &mine) {
		return mine
	}
	var passed *temporal.ApplicationError
	if errors.As(err, &passed) && known(passed.Type()) {
		return &dsr.Error{Fault: dsr.Fault(passed.Type()), Code: passed.Message()}
	}
	var late *temporal.TimeoutError
	if errors.As(err, &late) {
		return &dsr.Error{Fault: dsr.Unavailable, Code: CodeTimeout}
	}
	return &dsr.Error{Fault: dsr.Internal, Code: CodeInternal}
}

// known reports whether an error type on the wire is one of our faults.
func known(kind string) bool {
	switch dsr.Fault(kind) {
	case dsr.NotFound, dsr.Invalid, dsr.Conflict, dsr.Forbidden, dsr.Unavailable, dsr.Internal:
		return true
	}
	return false
}
