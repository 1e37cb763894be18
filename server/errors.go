package server

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// statuses is the one table from faults to HTTP.
var statuses = map[dsr.Fault]int{
	dsr.NotFound:    http.StatusNotFound,
	dsr.Invalid:     http.StatusUnprocessableEntity,
	dsr.Conflict:    http.StatusConflict,
	dsr.Forbidden:   http.StatusForbidden,
	dsr.Unavailable: http.StatusServiceUnavailable,
	dsr.Internal:    http.StatusInternalServerError,
}

// statusOf is the HTTP status of an error: the table for faults, the router's
// own for what never reached a handler.
func statusOf(err error) int {
	var many *tooMany
	var big *http.MaxBytesError
	var router *echo.HTTPError
	switch {
	case errors.As(err, &many):
		return http.StatusTooManyRequests
	case errors.As(err, &big):
		return http.StatusRequestEntityTooLarge
	case errors.As(err, &router):
		return router.Code
	}
	return statuses[dsr.FaultOf(err)]
}

// tooMany is a limit that was reached. It is no fault of the domain: the same
// act is fine later.
type tooMany struct {
	After int // seconds after which it is certainly over
}

// Error names the limit's end.
func (t *tooMany) Error() string { return fmt.Sprintf("too many tries, again after %d s", t.After) }

// errorPage is what a person sees when we cannot give them their page.
type errorPage struct {
	Status int
	// Title is a catalogue key, Text the sentence itself.
	Title, Text string
	// Incident is a reference to quote; "" where nothing is wrong with us.
	Incident string
	// Desk says that staff read it; Back is where they go on.
	Desk bool
	Back string
}

func (p errorPage) name() string {
	if p.Desk {
		return "desk/error"
	}
	return "portal/error"
}

// answerError turns what went wrong into a page in the reader's voice. Unknown
// things look alike whatever is unknown: the same words and no reference.
func (s *Server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status := statusOf(err)
	p := errorPage{Status: status}
	key := strconv.Itoa(status)
	switch status {
	case http.StatusNotFound, http.StatusForbidden, http.StatusConflict, http.StatusUnprocessableEntity,
		http.StatusTooManyRequests, http.StatusRequestEntityTooLarge, http.StatusServiceUnavailable:
	case http.StatusMethodNotAllowed:
		key, status = "404", http.StatusMethodNotAllowed
	case http.StatusUnauthorized, http.StatusBadRequest, http.StatusMisdirectedRequest, http.StatusUnsupportedMediaType:
		key = "400"
	default:
		status, key = http.StatusInternalServerError, "500"
	}
	p.Status = status
	voice, _ := c.Get("voice").(dsr.Voice)
	if voice == "" {
		voice = s.voiceOf(c, nil)
	}
	if p.Desk, p.Back = deskError(c, status); p.Desk {
		v := &visit{Context: c, s: s, voice: voice}
		v.useStaffVoice()
		voice = v.voice
	}
	p.Title, p.Text = "fault."+key+".title", say(voice, "fault."+key+".text")
	var many *tooMany
	var fault *dsr.Error
	switch {
	case errors.As(err, &many):
		c.Response().Header().Set("Retry-After", strconv.Itoa(many.After))
		p.Text = say(voice, "fault.429.text", "n", (many.After+59)/60)
	case status == http.StatusForbidden, status == http.StatusConflict, status == http.StatusUnprocessableEntity:
		// The sentence of the fault says more than the status.
		if errors.As(err, &fault) && speaks(fault.Code) {
			p.Text = locales.Fault(voice, err)
		}
	}
	if status == http.StatusServiceUnavailable {
		c.Response().Header().Set("Retry-After", "60")
	}
	if status >= 500 {
		p.Incident = newIncident()
		c.Set("incident", p.Incident)
	}
	c.Set("error", err)
	v := &visit{Context: c, s: s, ctx: c.Request().Context(), voice: voice, zone: time.UTC}
	if rerr := v.render(status, p); rerr != nil {
		c.Set("error", errors.Join(err, rerr))
		_ = c.String(http.StatusInternalServerError, "Internal error "+p.Incident)
	}
}

// newIncident makes the reference of an incident, random and short enough to
// be read over the telephone.
func newIncident() string {
	t := rand.Text()
	return "E-" + t[:4] + "-" + t[4:8]
}

// guard turns a panic into an incident.
func (s *Server) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				if r == http.ErrAbortHandler {
					panic(r)
				}
				// The value may hold anything, a person's data too: its type is
				// all that may go on.
				err = dsr.Errorf(dsr.Internal, "error.internal", "panic of type %T", r)
			}
		}()
		return next(c)
	}
}

// keepLog gives one entry for each answered request.
func (s *Server) keepLog(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		err := next(c)
		if err != nil {
			s.answerError(err, c)
		}
		if s.Log == nil {
			return nil
		}
		e := Entry{Method: c.Request().Method, Route: c.Path(), Status: c.Response().Status, Took: time.Since(began)}
		e.Organisation, _ = c.Get("organisation").(string)
		e.Incident, _ = c.Get("incident").(string)
		if failed, ok := c.Get("error").(error); ok {
			e.Fault, e.Code, e.Err = string(dsr.FaultOf(failed)), dsr.CodeOf(failed), failed
		}
		s.Log(e)
		return nil
	}
}
