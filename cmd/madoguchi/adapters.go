package main

import (
	"context"
	"strings"
	"time"

	"madoguchi/activities"
	"madoguchi/connectors"
	"madoguchi/internal/mailsink"
	"madoguchi/internal/store"
	"madoguchi/server"
	"madoguchi/worker"
)

// The adapters of this file let concrete parts stand behind the interfaces
// that their users declare; they decide nothing.

// offices is the store as activities see it.
type offices struct{ *store.Store }

func (o offices) Office(organisation string) activities.Office { return o.For(organisation) }

// offices2 is the store as the pages see it.
type offices2 struct{ *store.Store }

func (o offices2) Office(organisation string) server.Office { return o.For(organisation) }

// systems are the connectors as activities see them.
type systems struct{ *connectors.Registry }

func (s systems) Connector(organisation, id string) (activities.Connector, error) {
	return s.Registry.Connector(organisation, id)
}

// mailbox is the sink as the demonstration's page sees it.
type mailbox struct{ *mailsink.Sink }

func (m mailbox) Mails() ([]server.Mail, error) {
	all, err := m.Sink.List()
	var out []server.Mail
	for _, x := range all {
		out = append(out, mailOf(x))
	}
	return out, err
}

func (m mailbox) Mail(id string) (server.Mail, error) {
	x, err := m.Sink.Get(id)
	return mailOf(x), err
}

// backlog is the store as the worker's loops see it.
type backlog struct{ a *app }

func (b backlog) Organisations(ctx context.Context) ([]string, error) {
	return b.a.store.Organisations(ctx)
}

func delivery(d store.Delivery) worker.Delivery {
	return worker.Delivery{Organisation: d.Organisation, Case: d.Case, Kind: d.Kind, Stage: d.Stage, Command: d.Command,
		Number: d.Number, What: d.What, Epoch: d.Epoch, Acked: d.Acked, Tries: d.Tries}
}

func (b backlog) ClaimDeliveries(ctx context.Context, organisation string, limit int) ([]worker.Delivery, error) {
	all, err := b.a.store.For(organisation).ClaimDeliveries(ctx, limit)
	var out []worker.Delivery
	for _, d := range all {
		out = append(out, delivery(d))
	}
	return out, err
}

func (b backlog) ClaimDelivery(ctx context.Context, organisation, caseID string) (worker.Delivery, bool, error) {
	d, ok, err := b.a.store.For(organisation).ClaimDelivery(ctx, caseID)
	return delivery(d), ok, err
}

func (b backlog) Undelivered(ctx context.Context, organisation, command, code string) error {
	return b.a.store.For(organisation).Undelivered(ctx, command, code)
}

func (b backlog) IsApplied(ctx context.Context, organisation, command string) (bool, error) {
	return b.a.store.For(organisation).IsApplied(ctx, command)
}

func (b backlog) DueMilestones(ctx context.Context, organisation string, limit int) ([]worker.DueMilestone, error) {
	all, err := b.a.store.For(organisation).DueMilestones(ctx, limit)
	var out []worker.DueMilestone
	for _, m := range all {
		out = append(out, worker.DueMilestone(m))
	}
	return out, err
}

func (b backlog) FallDue(ctx context.Context, organisation, caseID, milestone, by string) error {
	_, err := b.a.store.For(organisation).FallDue(ctx, caseID, milestone, by)
	return err
}

func (b backlog) ClaimNotices(ctx context.Context, organisation string, limit int) ([]worker.Outgoing, error) {
	all, err := b.a.store.For(organisation).ClaimNotices(ctx, limit)
	var out []worker.Outgoing
	for _, m := range all {
		out = append(out, worker.Outgoing{Notice: m.Notice, To: m.To, From: m.From, Subject: m.Subject, Text: m.Text,
			MessageID: m.MessageID, Voice: m.Voice})
	}
	return out, err
}

func (b backlog) NoticeAccepted(ctx context.Context, organisation, notice string) error {
	return b.a.store.For(organisation).NoticeAccepted(ctx, notice)
}

func (b backlog) NoticeFailed(ctx context.Context, organisation, notice, code string) error {
	return b.a.store.For(organisation).NoticeFailed(ctx, notice, code)
}

func (b backlog) Tidy(ctx context.Context, organisation string) error {
	return b.a.store.For(organisation).Tidy(ctx)
}

func (b backlog) ClaimErasures(ctx context.Context, organisation string, limit int) ([]worker.Erasure, error) {
	all, err := b.a.store.For(organisation).ClaimErasures(ctx, limit)
	var out []worker.Erasure
	for _, e := range all {
		out = append(out, worker.Erasure(e))
	}
	return out, err
}

func (b backlog) ErasureDone(ctx context.Context, organisation, erasure string, fence, rows int) error {
	return b.a.store.For(organisation).ErasureDone(ctx, erasure, fence, rows)
}

func (b backlog) ErasureFailed(ctx context.Context, organisation, erasure string, fence int, code string) error {
	return b.a.store.For(organisation).ErasureFailed(ctx, erasure, fence, code)
}

// Checkpoint signs once an hour, whoever asks.
func (b backlog) Checkpoint(ctx context.Context) error {
	return b.a.store.Checkpoint(ctx, b.a.signer, time.Hour)
}

func (b backlog) Beat(ctx context.Context, loop string) error { return b.a.store.Beat(ctx, loop) }

func mailOf(m mailsink.Mail) server.Mail {
	return server.Mail{ID: m.ID, To: strings.Join(m.To, ", "), Subject: m.Subject, Text: m.Text, At: m.At.UnixMicro()}
}
