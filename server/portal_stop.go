package server

import (
	"net/http"

	"madoguchi/dsr"
)

// stopPage is what the link of a cooling-off opens: the reference, until when,
// and one button. It names nobody and says nothing of what would be erased:
// whoever holds the link may stop, and nothing else.
type stopPage struct {
	Known         bool
	Reference     string
	Until, In     string
	Stopped, Over bool
	Path          string
	Reach         reach
}

func (stopPage) name() string { return "portal/stop" }

// stop is GET /o/:slug/stop/:token. Looking changes nothing: programs that
// follow the links of a mail must not stop anything.
func (s *Server) stop(v *visit) error { return v.renderStop(http.StatusOK) }

// renderStop shows how things stand. An unknown link, one of another
// organisation and one that was never made look alike.
func (v *visit) renderStop(status int) error {
	x, err := v.office.StopPage(v.ctx, v.Param("token"))
	switch {
	case dsr.FaultOf(err) == dsr.NotFound, err == nil && x.Organisation != v.pack.ID:
		return v.render(http.StatusNotFound, stopPage{Reach: v.reach()})
	case err != nil:
		return err
	}
	p := stopPage{Known: true, Reference: x.Reference, Stopped: x.Stopped, Over: x.Over, Reach: v.reach(), Path: v.Request().URL.Path}
	// After that time nothing is promised; the button works as long as it can.
	if x.Until > v.now().UnixMicro() {
		p.Until, p.In = v.dateTime(x.Until), v.in(x.Until)
	}
	return v.render(status, p)
}

// stopNow is POST /o/:slug/stop/:token. Pressing twice is pressing once.
func (s *Server) stopNow(v *visit) error {
	x, err := v.office.StopPage(v.ctx, v.Param("token"))
	switch {
	case dsr.FaultOf(err) == dsr.NotFound, err == nil && x.Organisation != v.pack.ID:
		return v.render(http.StatusNotFound, stopPage{Reach: v.reach()})
	case err != nil:
		return err
	case x.Stopped:
		return v.see(v.Request().URL.Path)
	}
	// Asked even when it is too late: that somebody tried is part of the record.
	err = v.office.StopErasure(v.ctx, v.Param("token"))
	switch dsr.FaultOf(err) {
	case "":
		return v.see(v.Request().URL.Path)
	case dsr.Conflict, dsr.NotFound:
		// It began, or was stopped, between the two.
		return v.renderStop(http.StatusConflict)
	}
	return err
}
