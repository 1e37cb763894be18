package clock

// Clock is a rule and the calendar that it counts by, checked to go together.
// It holds nothing of a case and may be shared between goroutines: one Clock
// answers for many cases.
type Clock struct {
	rule Rule // normal
	cal  *Calendar
}

// New checks that a rule and a calendar go together. cal may be nil when the rule
// needs none. The error is an *Error that names the field of the rule or the
// calendar.
func New(rule Rule, cal *Calendar) (*Clock, error) {
	if err := rule.Validate(); err != nil {
		return nil, err
	}
	return &Clock{rule: rule, cal: cal}, nil
}

// Due says where the clock stands after what happened, without the reasons: the
// Result has no Steps. It is what a list of many cases asks for; Explained gives
// the same result with its reasons.
func (c *Clock) Due(events []Event) (Result, error) {
	out, err := Compute(c.rule, c.cal, events)
	out.Steps = nil
	return out, err
}

// Explained is Due with the reasons of the result.
func (c *Clock) Explained(events []Event) (Result, error) {
	return Compute(c.rule, c.cal, events)
}
