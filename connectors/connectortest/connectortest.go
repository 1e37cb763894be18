// Package connectortest says what any connector must do, whatever it connects
// to: give back values exactly, never give somebody else's rows, count by the
// effect's key, and leave nothing about a person in an error or on a log. One
// that changes something must do all of it or nothing, once, and be believed
// by the system's own refusals only.
package connectortest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"madoguchi/dsr"
)

// Connector is what is tested, as the activities use it.
type Connector interface {
	Lookup(ctx context.Context, key string, by dsr.Identifiers) ([]dsr.Candidate, error)
	Collect(ctx context.Context, key, record string, by dsr.Identifiers) ([]dsr.Record, error)
}

// Fixture is a connected system in a known state.
type Fixture struct {
	Connector Connector
	// Calls and Changes read the system's own two counts for an effect key;
	// nil when it keeps none.
	Calls, Changes func(key string) int
	// Record is the key of a person whom By finds.
	Record string
	By     dsr.Identifiers
	// Exact are values that the person's records hold and that must come back
	// to the byte; Foreign are texts of other people's records.
	Exact, Foreign []string
	// Broken are the same system in ways it can fail: away, refused, not as
	// mapped. By name.
	Broken map[string]Connector
}

// codes is the closed list of what a connector may say.
var codes = []string{"connector.away", "connector.refused", "connector.mapping", "connector.record", "connector.too-large",
	"connector.unsupported", "connector.changed", "connector.held"}

// Run tests a connector; open makes a fresh fixture.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			for _, complaint := range c.do(t.Context(), open(t)) {
				t.Error(complaint)
			}
		})
	}
}

// check is one promise. It gives complaints, so that a test of the check can
// see them.
type check struct {
	name string
	do   func(ctx context.Context, f Fixture) complaints
}

var checks = []check{
	{"lookup finds the person and tells by what", finds},
	{"nobody is found by nothing", nothing},
	{"values come back exactly", exact},
	{"rows of others are never given", foreign},
	{"every record is whole", whole},
	{"the same key twice is two calls and one change", twice},
	{"a record that is not there is said to be so", absent},
	{"a context that is over is unavailable", over},
	{"failures say a code and nothing about a person", quiet},
}

func finds(ctx context.Context, f Fixture) (c complaints) {
	found, err := f.Connector.Lookup(ctx, "finds", f.By)
	i := slices.IndexFunc(found, func(c dsr.Candidate) bool { return c.Key == f.Record })
	if err != nil || i < 0 {
		c.add("%d candidates without the person, %v", len(found), err)
	}
	for _, one := range found {
		if one.Connector == "" || len(one.Matched) == 0 {
			c.add("a candidate without a system or without anything that agrees")
		}
	}
	return c
}

func nothing(ctx context.Context, f Fixture) (c complaints) {
	for _, by := range []dsr.Identifiers{{}, {Name: " ", Kana: "・", Mail: "@", Phone: "-", BornOn: "0000-00-00", Number: " "}} {
		if found, err := f.Connector.Lookup(ctx, "nothing", by); err != nil || len(found) != 0 {
			c.add("%d candidates, %v", len(found), err)
		}
	}
	return c
}

func exact(ctx context.Context, f Fixture) (c complaints) {
	all := cells(c.collect(ctx, f, "exact"))
	for i, want := range f.Exact {
		if !slices.Contains(all, want) {
			c.add("value %d did not come back as it is stored", i)
		}
	}
	return c
}

func foreign(ctx context.Context, f Fixture) (c complaints) {
	for _, cell := range cells(c.collect(ctx, f, "foreign")) {
		for i, other := range f.Foreign {
			if strings.Contains(cell, other) {
				c.add("text %d of somebody else was given", i)
			}
		}
	}
	return c
}

func whole(ctx context.Context, f Fixture) (c complaints) {
	for _, r := range c.collect(ctx, f, "whole") {
		if r.Matched == "" || r.Category == "" {
			c.add("%v: matched %q", r, r.Matched)
		}
		for _, voice := range dsr.Voices {
			if r.Title[string(voice)] == "" || r.Source[string(voice)] == "" {
				c.add("%v: no title or source in %s", r, voice)
			}
		}
		for _, row := range r.Rows {
			if len(row) != len(r.Columns) {
				c.add("%v: %d cells in %d columns", r, len(row), len(r.Columns))
			}
		}
	}
	return c
}

func twice(ctx context.Context, f Fixture) (c complaints) {
	first, second := c.collect(ctx, f, "twice"), c.collect(ctx, f, "twice")
	if !reflect.DeepEqual(first, second) {
		c.add("the second call gave something else")
	}
	if f.Calls != nil && (f.Calls("twice") != 2 || f.Changes("twice") != 1) {
		c.add("%d calls, %d changes", f.Calls("twice"), f.Changes("twice"))
	}
	return c
}

func absent(ctx context.Context, f Fixture) (c complaints) {
	for _, record := range []string{"", "nobody", f.Record + "?", f.Record + "%", "%"} {
		records, err := f.Connector.Collect(ctx, "absent", record, f.By)
		if dsr.FaultOf(err) != dsr.NotFound || len(records) != 0 {
			c.add("%q: %d records, %v", record, len(records), err)
		}
	}
	return c
}

func over(ctx context.Context, f Fixture) (c complaints) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	_, err := f.Connector.Collect(ctx, "over", f.Record, f.By)
	c.judge("called off", err, f)
	if dsr.FaultOf(err) != dsr.Unavailable {
		c.add("fault %q", dsr.FaultOf(err))
	}
	return c
}

func quiet(ctx context.Context, f Fixture) (c complaints) {
	written, err := capture(func() {
		for how, broken := range f.Broken {
			_, err := broken.Lookup(ctx, "quiet", f.By)
			c.judge(how+", lookup", err, f)
			_, err = broken.Collect(ctx, "quiet", f.Record, f.By)
			c.judge(how+", collect", err, f)
		}
		c.collect(ctx, f, "quiet")
	})
	if err != nil || written > 0 {
		c.add("%d bytes were written to the process's output, %v", written, err)
	}
	return c
}

type complaints []string

func (c *complaints) add(format string, args ...any) { *c = append(*c, fmt.Sprintf(format, args...)) }

func (c *complaints) collect(ctx context.Context, f Fixture, key string) []dsr.Record {
	records, err := f.Connector.Collect(ctx, key, f.Record, f.By)
	if err != nil || len(records) == 0 {
		c.add("%d records were collected, %v", len(records), err)
	}
	return records
}

func cells(records []dsr.Record) []string {
	var all []string
	for _, r := range records {
		for _, row := range r.Rows {
			all = append(all, row...)
		}
	}
	return all
}

// judge complains unless err is of the closed list and holds nothing of what
// was asked by.
func (c *complaints) judge(how string, err error, f Fixture) {
	var e *dsr.Error
	if !errors.As(err, &e) {
		c.add("%s: %T is not an error with a fault", how, err)
		return
	}
	if !slices.Contains(codes, e.Code) {
		c.add("%s: %q is not a code of the list", how, e.Code)
	}
	text := fmt.Sprintf("%v %+v %v", err, err, e.Args)
	for u := errors.Unwrap(err); u != nil; u = errors.Unwrap(u) {
		text += fmt.Sprintf(" %v", u)
	}
	for _, secret := range []string{f.By.Name, f.By.Kana, f.By.BornOn, f.By.Number, f.By.Mail, f.By.Phone, f.Record} {
		if secret != "" && strings.Contains(text, secret) {
			c.add("%s: the error quotes what it was asked by", how)
		}
	}
}

// capture counts the bytes that do writes to the process's standard output and
// error.
func capture(do func()) (written int64, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = w, w
	counted := make(chan int64)
	go func() {
		n, _ := io.Copy(io.Discard, r) // ends with the pipe
		counted <- n
	}()
	do()
	os.Stdout, os.Stderr = stdout, stderr
	err = w.Close()
	return <-counted, errors.Join(err, r.Close())
}
