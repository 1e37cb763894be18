package officetest

import (
	"context"

	"madoguchi/dsr"
)

// Instruction gives what an act needs: the last look before a system changes
// something.
func (o *office) Instruction(ctx context.Context, effect string) (dsr.Instruction, error) {
	var out dsr.Instruction
	_, err := o.with(ctx, caseOf(effect), 0, func(f *file) error {
		e := f.effect(effect)
		if e.Action == dsr.ActionErase && (f.facts.CoolingOff || f.facts.Stopped) {
			o.house.fault("%s erases while it can be stopped", f.facts.Case)
		}
		if e.Action == dsr.ActionFreeze || e.Action == dsr.ActionPreserve {
			f.hold(e) // from now on it may stand, whatever becomes of the call
		}
		out = dsr.Instruction{Action: e.Action, Token: e.Case, Record: "record of " + Canary}
		return nil
	})
	return out, err
}

// SaveActed verifies the effect.
func (o *office) SaveActed(ctx context.Context, effect string, fence int, _ dsr.Acted) error {
	_, err := o.with(ctx, caseOf(effect), 0, func(f *file) error {
		e := f.effect(effect)
		if e.Fence != fence || e.State == dsr.EffectVerified {
			return nil
		}
		e.State = dsr.EffectVerified
		f.acts = append(f.acts, Act{Action: e.Action, System: e.Connector, Object: e.Object, Stage: f.facts.Stage, Plan: e.PlanVersion, At: o.house.Now()})
		switch e.Action {
		case dsr.ActionRelease:
			delete(f.holds, e.Connector)
		case dsr.ActionCorrect: // lets go what was in dispute, in the same act
			delete(f.holds[e.Connector], dsr.HoldFreeze)
		}
		return nil
	})
	return err
}

// hold notes that a system holds something for this case.
func (f *file) hold(e *dsr.Effect) {
	if f.holds[e.Connector] == nil {
		f.holds[e.Connector] = map[dsr.HoldKind]bool{}
	}
	kind := dsr.HoldPreservation
	if e.Action == dsr.ActionFreeze {
		kind = dsr.HoldFreeze
	}
	f.holds[e.Connector][kind] = true
}

// Act carries one instruction out.
func (s *System) Act(_ context.Context, key string, in dsr.Instruction) (dsr.Acted, error) {
	if s.Refuses != nil {
		if err := s.Refuses(in); err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.calls++
			return dsr.Acted{}, err
		}
	}
	return dsr.Acted{Rows: 1}, s.call(key)
}
