package servertest

import (
	"context"

	"madoguchi/dsr"
)

// StopPage answers from World.Stops: a token that is not there, or is of
// another organisation, is unknown.
func (o *office) StopPage(_ context.Context, token string) (dsr.StopPage, error) {
	leave, err := o.enter("StopPage")
	defer leave()
	if err != nil {
		return dsr.StopPage{}, err
	}
	p := o.w.Stops[token]
	if p == nil || p.Organisation != o.id {
		return dsr.StopPage{}, dsr.Fail(dsr.NotFound, "error.link-unknown")
	}
	return *p, nil
}

func (o *office) StopErasure(_ context.Context, token string) error {
	leave, err := o.enter("StopErasure")
	defer leave()
	p := o.w.Stops[token]
	switch {
	case err != nil:
		return err
	case p == nil || p.Organisation != o.id:
		return dsr.Fail(dsr.NotFound, "error.link-unknown")
	case p.Over:
		return dsr.Fail(dsr.Conflict, "error.not-now")
	}
	p.Stopped = true
	return nil
}

// TakeOnline makes the portal of an organisation take these kinds, whatever its
// pack says so far.
func (w *World) TakeOnline(slug string, kinds ...dsr.Kind) {
	p := w.Pack(slug)
	for i := range p.Kinds {
		for _, k := range kinds {
			if p.Kinds[i].Kind == string(k) {
				p.Kinds[i].Online = true
			}
		}
	}
}
