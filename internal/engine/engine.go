// Package engine is the typed door to Temporal: it starts a case's run, hands
// it a command, and translates faults both ways. Nothing else in the house
// speaks to Temporal's frontend.
//
// Temporal may be away at any time. The client connects lazily, every call has
// a short deadline, and whatever goes wrong on the way is Unavailable, to be
// tried again: what was accepted is in the database and is never lost.
//
// There is no payload codec and no memo: payloads hold IDs, enums, counts and
// times, and a search for planted personal data in histories must see them in
// clear.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/encoding/protojson"

	"madoguchi/activities"
	"madoguchi/dsr"
	"madoguchi/worker"
	"madoguchi/workflows"
)

// Codes of what can go wrong at this door. All are Unavailable.
const (
	CodeAway     = worker.CodeAway    // Temporal does not answer
	CodeLater    = "engine.later"     // the run has the command and is not done with it
	CodeNotThere = "engine.not-there" // no such run, or it is closed: a start or a newer epoch is on its way
	CodeRefused  = "engine.refused"   // the run has another epoch
)

// patience is how long a delivery may take. The relay comes again; the run goes
// on meanwhile.
const patience = 4 * time.Second

// Engine is a connection to one Temporal namespace.
type Engine struct {
	client    client.Client
	namespace string
	log       zerolog.Logger
}

// Open makes a client. It does not connect: the server starts without Temporal.
// more changes the connection: TLS towards a cluster.
func Open(address, namespace string, log zerolog.Logger, more ...func(*client.Options)) (*Engine, error) {
	o := client.Options{
		HostPort:     address,
		Namespace:    namespace,
		Logger:       logger{log},
		Identity:     "madoguchi", // the default would write the host's name into histories
		Interceptors: []interceptor.ClientInterceptor{NewInterceptor(log)},
	}
	for _, m := range more {
		m(&o)
	}
	c, err := client.NewLazyClient(o)
	if err != nil {
		return nil, fmt.Errorf("temporal client: %w", err)
	}
	return &Engine{client: c, namespace: namespace, log: log}, nil
}

// Client is the connection, for the worker.
func (e *Engine) Client() client.Client { return e.client }

// Close ends the connection.
func (e *Engine) Close() { e.client.Close() }

// Ready reports whether Temporal answers: nil, or Unavailable.
func (e *Engine) Ready(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, 2*time.Second)
	defer done()
	if _, err := e.client.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return away(err)
	}
	return nil
}

// Prepare tells Temporal of our search attributes. Doing it again is harmless.
func (e *Engine) Prepare(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, 10*time.Second)
	defer done()
	keyword := enums.INDEXED_VALUE_TYPE_KEYWORD
	_, err := e.client.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: e.namespace,
		SearchAttributes: map[string]enums.IndexedValueType{
			workflows.AttributeOrganisation.GetName(): keyword,
			workflows.AttributeKind.GetName():         keyword,
			workflows.AttributeStage.GetName():        keyword,
		},
	})
	var there *serviceerror.AlreadyExists
	var denied *serviceerror.PermissionDenied
	switch {
	case err == nil, errors.As(err, &there):
		return nil
	case errors.As(err, &denied): // a managed cluster: its operator has made them, or starts will say what is missing
		e.log.Warn().Msg("search attributes cannot be made by this account")
		return nil
	}
	return away(err)
}

// OpenWorkflows lists the IDs of the open workflows. Temporal's lists lag
// behind what happens by a moment.
func (e *Engine) OpenWorkflows(ctx context.Context) (ids []string, err error) {
	var page []byte
	for {
		list, err := e.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: e.namespace, PageSize: 500,
			Query: "ExecutionStatus = 'Running'", NextPageToken: page})
		if err != nil {
			return nil, away(err)
		}
		for _, x := range list.Executions {
			ids = append(ids, x.Execution.WorkflowId)
		}
		if page = list.NextPageToken; len(page) == 0 {
			return ids, nil
		}
	}
}

// Deliver hands one command to its case's run. The command that began an epoch
// starts the run; nil then means that the start is on its way, and the run's
// first activity says when it has arrived. For every other command nil means
// that it was applied. Errors are Unavailable, or the fault with which the
// database refused to apply it.
func (e *Engine) Deliver(ctx context.Context, d worker.Delivery) error {
	ctx, done := context.WithTimeout(ctx, patience)
	defer done()
	if d.Acked < d.Epoch {
		return e.start(ctx, d)
	}
	handle, err := e.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID:     d.Command,
		WorkflowID:   workflows.ID(d.Case, d.Epoch), // no run ID: continue-as-new changes it
		UpdateName:   workflows.UpdateDeliver,
		WaitForStage: client.WorkflowUpdateStageCompleted,
		Args:         []any{workflows.Command{Command: d.Command, Number: d.Number, Kind: d.What, Epoch: d.Epoch}},
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	return delivered(err)
}

// start starts the run of a case's epoch. The ID is never used twice, so a
// second start finds the first, also when that run has ended.
func (e *Engine) start(ctx context.Context, d worker.Delivery) error {
	kind, ok := workflows.Type(d.Kind)
	if !ok {
		return dsr.Errorf(dsr.Unavailable, CodeNotThere, "no workflow for kind %s", d.Kind)
	}
	_, err := e.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       workflows.ID(d.Case, d.Epoch),
		TaskQueue:                                workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy:                 enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.AttributeOrganisation.ValueSet(d.Organisation),
			workflows.AttributeKind.ValueSet(string(d.Kind)),
			workflows.AttributeStage.ValueSet(string(d.Stage)),
		),
	}, kind, workflows.Start{
		Run:  activities.Run{Organisation: d.Organisation, Case: d.Case, Epoch: d.Epoch},
		Kind: d.Kind,
	})
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if err == nil || errors.As(err, &started) {
		return nil
	}
	return away(err)
}

// delivered translates the answer to an update.
func delivered(err error) error {
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	var nobody *serviceerror.NotFound
	switch {
	case err == nil:
		return nil
	case errors.As(err, &late), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return dsr.Errorf(dsr.Unavailable, CodeLater, "%T", err)
	case errors.As(err, &nobody):
		return dsr.Errorf(dsr.Unavailable, CodeNotThere, "%T", err)
	}
	var passed *temporal.ApplicationError
	if errors.As(err, &passed) {
		refused := activities.Inward(err)
		if refused.Code == activities.CodeSuperseded {
			return dsr.Fail(dsr.Unavailable, CodeRefused)
		}
		return refused
	}
	return away(err)
}

// away is the fault of everything that Temporal's frontend or the network says.
// The text stays here: it may hold addresses.
func away(err error) error { return dsr.Errorf(dsr.Unavailable, CodeAway, "%T", err) }

// Record writes the history of a case's run as JSON, in the form that
// Temporal's replayer reads. Replay tests keep such files.
func (e *Engine) Record(ctx context.Context, caseID string, epoch int, w io.Writer) error {
	events := e.client.GetWorkflowHistory(ctx, workflows.ID(caseID, epoch), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var whole history.History
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return away(err)
		}
		whole.Events = append(whole.Events, event)
	}
	text, err := protojson.MarshalOptions{Indent: "  "}.Marshal(&whole)
	if err != nil {
		return fmt.Errorf("history as JSON: %w", err)
	}
	_, err = w.Write(text)
	return err
}
