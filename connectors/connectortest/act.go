package connectortest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"madoguchi/dsr"
)

// Actor is a connector that changes something.
type Actor interface {
	Act(ctx context.Context, key string, in dsr.Instruction) (dsr.Acted, error)
}

// Acting is a connected system in a known state with somebody in it whose data
// is changed. What the system itself does and refuses is asked of it directly,
// never of the connector.
type Acting struct {
	Actor Actor
	// Calls and Changes read the system's own two counts for an effect key.
	Calls, Changes func(key string) int
	// Record is the person; Row one of their rows in Category, Column a column
	// of it that may be put right and holds Before; Emptied is one that may be
	// empty, Fixed one that may not be put right, Beside another column.
	Record, Category, Row, Column, Before, After string
	Emptied, Fixed, Beside                       string
	// Erasable is a category that may be erased, Rows those of the person in
	// it, all of them. Stranger is a row of somebody else there, and Others a
	// category that may not be erased, "" when there is none.
	Erasable string
	Rows     []string
	Stranger string
	Others   string
	// Value reads what stands in a column of Category; There how many of the
	// rows of Erasable there are; Holds how many holds of a token.
	Value func(row, column string) string
	There func(rows ...string) int
	Holds func(token string, kind dsr.HoldKind) int
	// What the system does of its own accord; nil is done, an error refused.
	Write         func(row, column, value string) error
	HandOver, Use func(record, category, field string) error
	Dispose       func(rows ...string) error // of Erasable
	Import        func(row string) error     // of Erasable, as it was at the beginning
}

// The tokens of two cases.
const (
	ours   = "case-1"
	theirs = "case-2"
)

// RunActs tests a connector that changes something; open makes a fresh system.
func RunActs(t *testing.T, open func(t *testing.T) Acting) {
	for _, c := range actChecks {
		t.Run(c.name, func(t *testing.T) {
			for _, complaint := range c.do(t.Context(), open(t)) {
				t.Error(complaint)
			}
		})
	}
}

type actCheck struct {
	name string
	do   func(ctx context.Context, f Acting) complaints
}

var actChecks = []actCheck{
	{"a frozen field is not written, used or handed over", frozen},
	{"a freeze without a field is on all of the record", frozenWhole},
	{"a suspended category is not used or handed over, for good", suspended},
	{"a preserved record is not disposed of", preserved},
	{"a correction puts the value right and ends its freeze", corrected},
	{"a correction over a changed value changes nothing and leaves the freeze", overChanged},
	{"content that is removed is gone", emptied},
	{"an erasure leaves no row, takes no other and has no way back", erased},
	{"another case's hold forbids", forbidden},
	{"rows of others are never changed", strangers},
	{"the same key again changes nothing", again},
	{"the same key at once is carried out once", atOnce},
	{"of two cases that put one value right at once, one is told that it changed", rivals},
	{"an act that is called off changes nothing and is done later", calledOff},
	{"a release lets go what this case holds for a while and nothing else", released},
	{"what cannot be done is said and not done", unable},
	{"a record that is not there is not held", nobodys},
}

// act carries an instruction out and complains when it fails.
func (c *complaints) act(ctx context.Context, f Acting, key string, in dsr.Instruction) dsr.Acted {
	acted, err := f.Actor.Act(ctx, key, in)
	if err != nil {
		c.add("%s: %v", in.Action, err)
	}
	return acted
}

// refuse carries an instruction out that must fail with a fault and a code.
func (c *complaints) refuse(ctx context.Context, f Acting, key string, in dsr.Instruction, fault dsr.Fault, code string) {
	_, err := f.Actor.Act(ctx, key, in)
	if dsr.FaultOf(err) != fault || dsr.CodeOf(err) != code {
		c.add("%s: %v, want %s %s", in.Action, err, fault, code)
		return
	}
	c.judge(string(in.Action), err, Fixture{Record: f.Record, By: dsr.Identifiers{Name: f.Before, Mail: f.After}})
	if f.Changes(key) != 0 {
		c.add("%s: an act that failed was counted", in.Action)
	}
}

// refused complains about what the system did although it must not.
func (c *complaints) refused(what string, err error) {
	if err == nil {
		c.add("%s: the system did it", what)
	}
}

func (c *complaints) done(what string, err error) {
	if err != nil {
		c.add("%s: %v", what, err)
	}
}

func freeze(f Acting, token string) dsr.Instruction {
	return dsr.Instruction{Action: dsr.ActionFreeze, Token: token, Record: f.Record, Fields: []dsr.Field{{Category: f.Category, Column: f.Column}}}
}

func correct(f Acting) dsr.Instruction {
	return dsr.Instruction{Action: dsr.ActionCorrect, Token: ours, Record: f.Record, Category: f.Category, Rows: []string{f.Row},
		Changes: []dsr.Change{{Row: f.Row, Column: f.Column, Before: f.Before, After: f.After}}}
}

func erase(f Acting) dsr.Instruction {
	return dsr.Instruction{Action: dsr.ActionErase, Token: ours, Record: f.Record, Category: f.Erasable, Rows: f.Rows}
}

func preserve(f Acting, token string) dsr.Instruction {
	return dsr.Instruction{Action: dsr.ActionPreserve, Token: token, Record: f.Record}
}

func frozen(ctx context.Context, f Acting) (c complaints) {
	if acted := c.act(ctx, f, "k", freeze(f, ours)); acted.Rows != 1 || f.Holds(ours, dsr.HoldFreeze) != 1 {
		c.add("%d holds were placed, %d are there", acted.Rows, f.Holds(ours, dsr.HoldFreeze))
	}
	c.refused("a write", f.Write(f.Row, f.Column, "x"))
	c.refused("a use", f.Use(f.Record, f.Category, f.Column))
	c.refused("a hand-over", f.HandOver(f.Record, f.Category, f.Column))
	c.refused("a hand-over of everything", f.HandOver(f.Record, "", ""))
	if f.Value(f.Row, f.Column) != f.Before {
		c.add("the frozen value is another one")
	}
	c.done("a write beside it", f.Write(f.Row, f.Beside, "7"))
	c.done("a use of what is beside it", f.Use(f.Record, f.Category, f.Beside))
	return c
}

func frozenWhole(ctx context.Context, f Acting) (c complaints) {
	c.act(ctx, f, "k", dsr.Instruction{Action: dsr.ActionFreeze, Token: ours, Record: f.Record})
	c.refused("a write", f.Write(f.Row, f.Beside, "7"))
	c.refused("a use", f.Use(f.Record, f.Category, f.Beside))
	c.refused("a hand-over of another category", f.HandOver(f.Record, f.Erasable, ""))
	// The correction passes, and what it was not about stays frozen.
	c.act(ctx, f, "k2", correct(f))
	c.refused("a write beside what was corrected", f.Write(f.Row, f.Beside, "7"))
	return c
}

func suspended(ctx context.Context, f Acting) (c complaints) {
	in := dsr.Instruction{Action: dsr.ActionSuspend, Token: ours, Record: f.Record, Category: f.Category, Rows: []string{f.Row}}
	if acted := c.act(ctx, f, "k", in); acted.Rows != 1 || f.Holds(ours, dsr.HoldSuspension) != 1 {
		c.add("%d holds were placed, %d are there", acted.Rows, f.Holds(ours, dsr.HoldSuspension))
	}
	c.act(ctx, f, "k2", dsr.Instruction{Action: dsr.ActionRelease, Token: ours, Record: f.Record})
	c.refused("a use", f.Use(f.Record, f.Category, f.Beside))
	c.refused("a hand-over", f.HandOver(f.Record, f.Category, ""))
	if f.Category != f.Erasable {
		c.done("a use of another category", f.Use(f.Record, f.Erasable, ""))
	}
	c.done("a use of somebody else's", f.Use(f.Record+"0", f.Category, ""))
	return c
}

func preserved(ctx context.Context, f Acting) (c complaints) {
	if acted := c.act(ctx, f, "k", preserve(f, ours)); acted.Rows != 1 {
		c.add("%d holds were placed", acted.Rows)
	}
	c.refused("a disposal", f.Dispose(f.Rows[0]))
	if f.There(f.Rows...) != len(f.Rows) {
		c.add("a preserved row is gone")
	}
	c.done("a disposal of somebody else's", f.Dispose(f.Stranger))
	c.done("a use", f.Use(f.Record, f.Category, ""))
	return c
}

func corrected(ctx context.Context, f Acting) (c complaints) {
	c.act(ctx, f, "k", freeze(f, ours))
	c.act(ctx, f, "k2", preserve(f, ours))
	if acted := c.act(ctx, f, "k3", correct(f)); acted.Rows != 1 || acted.Again {
		c.add("%d values were put right", acted.Rows)
	}
	if f.Value(f.Row, f.Column) != f.After {
		c.add("the value is not the one that was decided")
	}
	if f.Holds(ours, dsr.HoldFreeze) != 0 || f.Holds(ours, dsr.HoldPreservation) != 1 {
		c.add("%d freezes and %d preservations are left", f.Holds(ours, dsr.HoldFreeze), f.Holds(ours, dsr.HoldPreservation))
	}
	c.done("a use of the right value", f.Use(f.Record, f.Category, f.Column))
	return c
}

// overChanged sees a correction that overwrites, and one whose release comes
// before the value is compared: both leave the field open.
func overChanged(ctx context.Context, f Acting) (c complaints) {
	c.act(ctx, f, "k", freeze(f, ours))
	in := correct(f)
	in.Changes[0].Before += "?"
	c.refuse(ctx, f, "k2", in, dsr.Conflict, "connector.changed")
	if f.Value(f.Row, f.Column) != f.Before {
		c.add("a value was overwritten that nobody decided on")
	}
	c.refused("a write after it", f.Write(f.Row, f.Column, "x"))
	if f.Holds(ours, dsr.HoldFreeze) != 1 {
		c.add("the freeze is gone before the correction")
	}
	// All or nothing: one right change beside a wrong one.
	in = correct(f)
	in.Changes = append(in.Changes, dsr.Change{Row: f.Row, Column: f.Emptied, Before: "not this", After: "x"})
	c.refuse(ctx, f, "k3", in, dsr.Conflict, "connector.changed")
	if f.Value(f.Row, f.Column) != f.Before {
		c.add("a part of a correction was carried out")
	}
	return c
}

func emptied(ctx context.Context, f Acting) (c complaints) {
	in := correct(f)
	in.Changes[0] = dsr.Change{Row: f.Row, Column: f.Emptied, Before: f.Value(f.Row, f.Emptied)}
	c.act(ctx, f, "k", in)
	if f.Value(f.Row, f.Emptied) != "" {
		c.add("the content is still there")
	}
	in.Changes[0] = dsr.Change{Row: f.Row, Column: f.Emptied, After: "x"}
	c.act(ctx, f, "k2", in)
	if f.Value(f.Row, f.Emptied) != "x" {
		c.add("nothing can be written where nothing is")
	}
	in.Changes[0] = dsr.Change{Row: f.Row, Column: f.Column, Before: f.Before}
	c.act(ctx, f, "k3", in)
	if f.Value(f.Row, f.Column) != "" {
		c.add("content that may not be NULL is still there")
	}
	return c
}

func erased(ctx context.Context, f Acting) (c complaints) {
	c.act(ctx, f, "k", preserve(f, ours))
	if acted := c.act(ctx, f, "k2", erase(f)); acted.Rows != len(f.Rows) {
		c.add("%d rows were erased", acted.Rows)
	}
	if f.There(f.Rows...) != 0 {
		c.add("%d rows are left", f.There(f.Rows...))
	}
	if f.There(f.Stranger) != 1 {
		c.add("somebody else's row is gone")
	}
	for _, row := range f.Rows {
		c.refused("taking an erased row back", f.Import(row))
	}
	if f.There(f.Rows...) != 0 {
		c.add("an erased row came back")
	}
	c.done("a disposal of somebody else's", f.Dispose(f.Stranger))
	c.done("taking somebody else's back", f.Import(f.Stranger))
	if f.Holds(ours, dsr.HoldPreservation) != 1 {
		c.add("the rest is no longer preserved")
	}
	return c
}

func forbidden(ctx context.Context, f Acting) (c complaints) {
	c.act(ctx, f, "k", freeze(f, ours))
	c.act(ctx, f, "k2", freeze(f, theirs))
	c.refuse(ctx, f, "k3", correct(f), dsr.Conflict, "connector.held")
	c.act(ctx, f, "k4", preserve(f, theirs))
	c.refuse(ctx, f, "k5", erase(f), dsr.Conflict, "connector.held")
	if f.Value(f.Row, f.Column) != f.Before || f.There(f.Rows...) != len(f.Rows) {
		c.add("what another case holds was changed")
	}
	if f.Holds(ours, dsr.HoldFreeze) != 1 {
		c.add("our own freeze is gone although nothing was corrected")
	}
	c.act(ctx, f, "k6", dsr.Instruction{Action: dsr.ActionRelease, Token: theirs, Record: f.Record})
	c.act(ctx, f, "k7", erase(f))
	c.act(ctx, f, "k8", dsr.Instruction{Action: dsr.ActionRelease, Token: ours, Record: f.Record})
	return c
}

func strangers(ctx context.Context, f Acting) (c complaints) {
	in := erase(f)
	in.Rows = append([]string{f.Stranger}, f.Rows...)
	c.refuse(ctx, f, "k", in, dsr.Conflict, "connector.changed")
	if f.There(f.Stranger) != 1 || f.There(f.Rows...) != len(f.Rows) {
		c.add("an erasure with somebody else's row in it erased something")
	}
	in = correct(f)
	in.Record = f.Record + "0"
	_, err := f.Actor.Act(ctx, "k2", in)
	if err == nil || f.Value(f.Row, f.Column) != f.Before {
		c.add("a value was put right in somebody else's name")
	}
	return c
}

func again(ctx context.Context, f Acting) (c complaints) {
	twice := func(in dsr.Instruction, meanwhile func()) {
		key := "again-" + string(in.Action)
		first := c.act(ctx, f, key, in)
		meanwhile()
		second := c.act(ctx, f, key, in)
		if first.Again || !second.Again || second.Rows != first.Rows && in.Action != dsr.ActionRelease {
			c.add("%s: first %+v, then %+v", in.Action, first, second)
		}
		if f.Calls(key) != 2 || f.Changes(key) != 1 {
			c.add("%s: %d calls, %d changes", in.Action, f.Calls(key), f.Changes(key))
		}
	}
	nothing := func() {}
	twice(freeze(f, ours), nothing)
	// The system goes on after the correction; our second call is late.
	twice(correct(f), func() { c.done("a write", f.Write(f.Row, f.Column, f.Before)) })
	if f.Value(f.Row, f.Column) != f.Before {
		c.add("the second call with one key wrote again")
	}
	twice(preserve(f, ours), nothing)
	twice(dsr.Instruction{Action: dsr.ActionRelease, Token: ours, Record: f.Record}, func() { c.act(ctx, f, "again-other", preserve(f, ours)) })
	if f.Holds(ours, dsr.HoldPreservation) != 1 {
		c.add("a late second release let a new hold go")
	}
	twice(dsr.Instruction{Action: dsr.ActionSuspend, Token: ours, Record: f.Record, Category: f.Category}, nothing)
	twice(erase(f), nothing)
	return c
}

func atOnce(ctx context.Context, f Acting) (c complaints) {
	const calls = 4
	var wait sync.WaitGroup
	acted, errs := make([]dsr.Acted, calls), make([]error, calls)
	for i := range calls {
		wait.Go(func() { acted[i], errs[i] = f.Actor.Act(ctx, "k", correct(f)) })
	}
	wait.Wait()
	first := 0
	for i := range calls {
		c.done("one of several at once", errs[i])
		if !acted[i].Again {
			first++
		}
	}
	if first != 1 || f.Changes("k") != 1 || f.Value(f.Row, f.Column) != f.After {
		c.add("%d of %d calls at once carried it out, %d changes are counted", first, calls, f.Changes("k"))
	}
	return c
}

func rivals(ctx context.Context, f Acting) (c complaints) {
	var wait sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		in := correct(f)
		in.Token = fmt.Sprintf("rival-%d", i)
		in.Changes[0].After += fmt.Sprint(i)
		wait.Go(func() { _, errs[i] = f.Actor.Act(ctx, in.Token, in) })
	}
	wait.Wait()
	won := -1
	for i, err := range errs {
		switch {
		case err == nil && won < 0:
			won = i
		case dsr.CodeOf(err) != "connector.changed":
			c.add("one of several cases: %v", err)
		}
	}
	if won < 0 || f.Value(f.Row, f.Column) != f.After+fmt.Sprint(won) {
		c.add("case %d put the value right, and it is another one", won)
	}
	return c
}

func calledOff(ctx context.Context, f Acting) (c complaints) {
	over, cancel := context.WithCancel(ctx)
	cancel()
	for _, in := range []dsr.Instruction{freeze(f, ours), correct(f), erase(f)} {
		_, err := f.Actor.Act(over, "k-"+string(in.Action), in)
		if dsr.FaultOf(err) != dsr.Unavailable {
			c.add("%s: %v", in.Action, err)
		}
	}
	if f.Value(f.Row, f.Column) != f.Before || f.There(f.Rows...) != len(f.Rows) || f.Holds(ours, dsr.HoldFreeze) != 0 {
		c.add("something was changed")
	}
	for _, in := range []dsr.Instruction{freeze(f, ours), correct(f)} {
		if acted := c.act(ctx, f, "k-"+string(in.Action), in); acted.Again || acted.Rows != 1 {
			c.add("%s: later it was %+v", in.Action, acted)
		}
	}
	return c
}

func released(ctx context.Context, f Acting) (c complaints) {
	c.act(ctx, f, "k", freeze(f, ours))
	c.act(ctx, f, "k2", preserve(f, ours))
	c.act(ctx, f, "k3", preserve(f, theirs))
	c.act(ctx, f, "k4", dsr.Instruction{Action: dsr.ActionSuspend, Token: ours, Record: f.Record, Category: f.Category})
	if acted := c.act(ctx, f, "k5", dsr.Instruction{Action: dsr.ActionRelease, Token: ours, Record: f.Record}); acted.Rows != 2 {
		c.add("%d holds were let go", acted.Rows)
	}
	if f.Holds(ours, dsr.HoldFreeze) != 0 || f.Holds(ours, dsr.HoldPreservation) != 0 || f.Holds(theirs, dsr.HoldPreservation) != 1 || f.Holds(ours, dsr.HoldSuspension) != 1 {
		c.add("a hold is left, or gone that was to stay")
	}
	c.done("a write to what was frozen", f.Write(f.Row, f.Column, f.Before))
	return c
}

func unable(ctx context.Context, f Acting) (c complaints) {
	wrong := func(change func(*dsr.Instruction)) dsr.Instruction {
		in := correct(f)
		change(&in)
		return in
	}
	cases := []dsr.Instruction{
		wrong(func(in *dsr.Instruction) { in.Category = "no-such-category" }),
		wrong(func(in *dsr.Instruction) { in.Changes[0].Column = "no_such_column" }),
		wrong(func(in *dsr.Instruction) { in.Changes[0].Column = f.Column + `" = '' --` }),
		wrong(func(in *dsr.Instruction) { in.Changes[0].Column = f.Fixed }),
		wrong(func(in *dsr.Instruction) { in.Changes = nil }),
		wrong(func(in *dsr.Instruction) { in.Changes = append(in.Changes, in.Changes[0]) }),
		wrong(func(in *dsr.Instruction) { in.Rows = []string{"another row"} }),
		wrong(func(in *dsr.Instruction) { in.Token = "" }),
		wrong(func(in *dsr.Instruction) { in.Action = "shred" }),
		{Action: dsr.ActionErase, Token: ours, Record: f.Record, Category: f.Erasable},
		{Action: dsr.ActionFreeze, Token: ours, Record: f.Record, Fields: []dsr.Field{{Category: f.Category, Column: "no_such_column"}}},
		{Action: dsr.ActionSuspend, Token: ours, Record: f.Record, Category: "no-such-category"},
	}
	if f.Others != "" {
		cases = append(cases, dsr.Instruction{Action: dsr.ActionErase, Token: ours, Record: f.Record, Category: f.Others, Rows: []string{f.Row}})
	}
	for _, in := range cases {
		c.refuse(ctx, f, "k", in, dsr.Invalid, "connector.unsupported")
	}
	if f.Value(f.Row, f.Column) != f.Before || f.There(f.Rows...) != len(f.Rows) {
		c.add("something was changed all the same")
	}
	return c
}

func nobodys(ctx context.Context, f Acting) (c complaints) {
	for _, record := range []string{"", "nobody", f.Record + "%"} {
		c.refuse(ctx, f, "k", dsr.Instruction{Action: dsr.ActionPreserve, Token: ours, Record: record}, dsr.NotFound, "connector.record")
	}
	return c
}
