package storetest

import (
	"testing"

	"madoguchi/dsr"
)

// Run checks every promise of the suite; open gives a fresh house each time.
func Run(t *testing.T, open func(t *testing.T) *House) {
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) { p.keep(t, open(t)) })
	}
}

// promise is one thing that the store does, whatever the database.
type promise struct {
	name string
	keep func(t *testing.T, h *House)
}

var promises = []promise{
	{"a case goes from filing to its end", journey},
}

func journey(t *testing.T, h *House) {
	c := h.File(t).ToClosed(t)
	if f := c.Facts(t); f.Outcome != dsr.OutcomePartial {
		t.Fatalf("%+v", f)
	}
}
