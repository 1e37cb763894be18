package dsr

import (
	"errors"
	"fmt"
)

// Fault is the sort of thing that went wrong. Six are enough, and they survive
// every border: the store, Temporal and HTTP each have one table for them.
type Fault string

// The faults.
const (
	NotFound    Fault = "not-found"
	Invalid     Fault = "invalid"
	Conflict    Fault = "conflict"
	Forbidden   Fault = "forbidden"
	Unavailable Fault = "unavailable"
	Internal    Fault = "internal"
)

// Retryable reports whether the same call may succeed later.
func (f Fault) Retryable() bool { return f == Unavailable || f == Internal }

// Error is a fault with a code from a closed list and a message that a person
// may read. Details go to the wrapped error and the log, never to the page.
type Error struct {
	Fault Fault
	// Code is a key of the message catalogue ("error.task-taken"), so that the
	// reader gets the sentence in their own language. It never holds data.
	Code string
	// Args fill the catalogue's sentence. IDs, names of colleagues, times; no
	// personal data of a requester.
	Args map[string]string
	// Err is the cause, for the log.
	Err error
}

// Error gives fault and code, which is all that may cross a border.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Fault, e.Code, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Fault, e.Code)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error with a fault, a catalogue code and a cause for the log.
func Errorf(f Fault, code, format string, args ...any) *Error {
	return &Error{Fault: f, Code: code, Err: fmt.Errorf(format, args...)}
}

// Fail makes an error with a fault and a catalogue code; args come in pairs.
func Fail(f Fault, code string, args ...string) *Error {
	e := &Error{Fault: f, Code: code}
	if len(args) > 0 {
		e.Args = map[string]string{}
		for i := 0; i+1 < len(args); i += 2 {
			e.Args[args[i]] = args[i+1]
		}
	}
	return e
}

// FaultOf is the fault of err: Internal when nobody said, "" for nil.
func FaultOf(err error) Fault {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Fault
	}
	return Internal
}

// CodeOf is the catalogue code of err, "error.internal" when nobody said.
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Code != "" {
		return e.Code
	}
	return "error.internal"
}
