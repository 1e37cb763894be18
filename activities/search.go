package activities

import (
	"context"

	"madoguchi/dsr"
)

// PlanInput asks for the ledger rows of an action.
type PlanInput struct {
	Run
	Action dsr.Action `json:"action"`
}

// Plan is the part of the ledger that an action has in a case.
type Plan struct {
	Effects []dsr.Effect `json:"effects"`
}

// PlanEffects writes the ledger rows of an action that are not there yet, one
// per connected system, and gives all of them.
func (a *Activities) PlanEffects(ctx context.Context, in PlanInput) (Plan, error) {
	effects, err := a.Offices.Office(in.Organisation).PlanEffects(ctx, in.Case, in.Epoch, in.Action)
	return Plan{Effects: effects}, err
}

// EffectInput names one row of the ledger.
type EffectInput struct {
	Run
	Effect string `json:"effect"`
}

// EffectOutput says how far an effect is, and how much it found: a count, never
// what.
type EffectOutput struct {
	State string `json:"state"`
	Count int    `json:"count"`
}

// LookUp asks one connected system for records that may be the person's, and
// seals what it gave. Forbidden when the permission is gone.
func (a *Activities) LookUp(ctx context.Context, in EffectInput) (EffectOutput, error) {
	return a.attempt(ctx, in, func(office Office, system Connector, e dsr.Effect) (int, error) {
		ids, err := office.Identifiers(ctx, e.ID)
		if err != nil {
			return 0, err
		}
		found, err := system.Lookup(ctx, e.ID, ids)
		if err != nil {
			return 0, a.failed(ctx, office, e, err)
		}
		return len(found), office.SaveCandidates(ctx, e.ID, e.Fence, found)
	})
}

// Collect asks one connected system for everything it holds about the record
// that a person chose, and seals it.
func (a *Activities) Collect(ctx context.Context, in EffectInput) (EffectOutput, error) {
	return a.attempt(ctx, in, func(office Office, system Connector, e dsr.Effect) (int, error) {
		record, ids, err := office.Locator(ctx, e.ID)
		if err != nil {
			return 0, err
		}
		records, err := system.Collect(ctx, e.ID, record, ids)
		if err != nil {
			return 0, a.failed(ctx, office, e, err)
		}
		return len(records), office.SaveRecords(ctx, e.ID, e.Fence, records)
	})
}

// attempt takes the permission at the last moment and does one try, unless
// there is nothing left to do.
func (a *Activities) attempt(ctx context.Context, in EffectInput, try func(Office, Connector, dsr.Effect) (int, error)) (EffectOutput, error) {
	office := a.Offices.Office(in.Organisation)
	e, err := office.Permit(ctx, in.Effect, in.Epoch)
	if err != nil {
		return EffectOutput{}, err
	}
	if e.State != dsr.EffectAttempting {
		return EffectOutput{State: e.State}, nil
	}
	system, err := a.Connectors.Connector(in.Organisation, e.Connector)
	if err != nil {
		return EffectOutput{}, a.failed(ctx, office, e, err)
	}
	n, err := try(office, system, e)
	if err != nil {
		return EffectOutput{}, err
	}
	return EffectOutput{State: dsr.EffectVerified, Count: n}, nil
}

// failed records a failed try and gives the error on with nothing but fault and
// code: what a connected system says may name a person.
func (a *Activities) failed(ctx context.Context, office Office, e dsr.Effect, err error) error {
	fault, code := dsr.Unavailable, CodeSystemAway
	if f := dsr.FaultOf(err); f != dsr.Internal {
		fault, code = f, dsr.CodeOf(err)
	}
	if fault == dsr.Forbidden { // it is the system that forbids, not our own permission
		fault, code = dsr.Invalid, CodeSystemRefused
	}
	if recordErr := office.FailEffect(ctx, e.ID, e.Fence, code, false); recordErr != nil {
		return recordErr
	}
	return dsr.Fail(fault, code)
}

// GiveUpInput names an effect whose last try failed, and with what code.
type GiveUpInput struct {
	PlanInput
	Effect string `json:"effect"`
	Code   string `json:"code"`
}

// GiveUp records that an effect is left to a person, which opens a task. It is
// apart from the tries, so that it happens also when the last try died with
// its worker. The fence of that try is in the ledger.
func (a *Activities) GiveUp(ctx context.Context, in GiveUpInput) error {
	office := a.Offices.Office(in.Organisation)
	effects, err := office.PlanEffects(ctx, in.Case, in.Epoch, in.Action)
	if err != nil {
		return err
	}
	for _, e := range effects {
		if e.ID == in.Effect && e.State != dsr.EffectVerified && e.State != dsr.EffectWaived {
			return office.FailEffect(ctx, e.ID, e.Fence, in.Code, true)
		}
	}
	return nil
}
