package engine

import (
	"fmt"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/log"

	"madoguchi/activities"
)

// logger gives what the SDK says to zerolog: its fixed sentences and, of the
// values, those whose keys are known to hold IDs, enums and counts. Errors are
// told by fault, code and type, never by their text.
type logger struct{ log zerolog.Logger }

var _ log.Logger = logger{}

// told are the keys whose values may be written.
var told = map[string]bool{
	"Namespace": true, "TaskQueue": true, "WorkerID": true, "WorkerType": true, "WorkflowType": true,
	"WorkflowID": true, "RunID": true, "ActivityID": true, "ActivityType": true, "Attempt": true,
	"UpdateID": true, "UpdateName": true, "EventID": true, "EventType": true, "StackTrace": true,
	"case": true, "epoch": true, "stage": true, "fault": true, "code": true,
}

func (l logger) Debug(msg string, keyvals ...any) { write(l.log.Debug(), msg, keyvals) }
func (l logger) Info(msg string, keyvals ...any)  { write(l.log.Info(), msg, keyvals) }
func (l logger) Warn(msg string, keyvals ...any)  { write(l.log.Warn(), msg, keyvals) }
func (l logger) Error(msg string, keyvals ...any) { write(l.log.Error(), msg, keyvals) }

func write(e *zerolog.Event, msg string, keyvals []any) {
	for i := 0; i+1 < len(keyvals); i += 2 {
		key, _ := keyvals[i].(string)
		if err, ok := keyvals[i+1].(error); ok {
			inward := activities.Inward(err)
			e = e.Str("fault", string(inward.Fault)).Str("code", inward.Code).Str("type", fmt.Sprintf("%T", innermost(err)))
		} else if told[key] {
			e = e.Str(key, fmt.Sprint(keyvals[i+1]))
		}
	}
	e.Msg(msg)
}
