package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"madoguchi/clock"
)

// What a condition may be at most. A condition has no loop and calls nothing,
// so that these bound its time as well: it takes no more steps than it has
// parts, each over a list that a person wrote or filled in.
const (
	maxCondition = 500  // letters
	maxParts     = 100  // nodes of the expression
	maxMemory    = 1000 // values that an evaluation may make
)

// Condition is a compiled "if" of a pack: an expression over a closed
// environment that is true or false, without effects. It is never changed after
// load and may be evaluated by many at once.
type Condition struct {
	text    string
	inputs  []*variable // in the order of the text, each once
	program *vm.Program
}

// bound is a condition and the kind of request that it is for; "" for every one.
type bound struct {
	kind string
	*Condition
}

// shape is what a part of a condition is.
type shape string

const (
	truth  shape = "true or false"
	word   shape = "word"
	list   shape = "list of words"
	day    shape = "day"
	quoted shape = "text" // in quotes: a word, or a day
)

// use is where a condition stands, which decides what it may look at.
type use struct {
	of     string // "a test", for the message
	spaces []string
}

var (
	ofTest      = use{"a test", []string{"request", "item", "policy", "case"}}
	ofRecipient = use{"a recipient", []string{"request", "item", "policy", "case"}}
	ofIdentity  = use{"a rule of proof", []string{"request", "policy"}}
	ofFee       = use{"a fee", []string{"request", "policy"}}
)

// environment is what conditions see. Its names are those of variables.
type environment struct {
	Request requestView `expr:"request"`
	Item    itemView    `expr:"item"`
	Policy  policyView  `expr:"policy"`
	Case    caseView    `expr:"case"`
}

type requestView struct {
	Kind       string   `expr:"kind"`
	Channel    string   `expr:"channel"`
	Population string   `expr:"population"`
	Service    string   `expr:"service"`
	Filer      string   `expr:"filer"`
	Ground     string   `expr:"ground"`
	Fields     []string `expr:"fields"`
	Sensitive  bool     `expr:"sensitive"`
	Entrusted  bool     `expr:"entrusted"`
	ArrivedOn  string   `expr:"arrived_on"`
}

type itemView struct {
	System     string   `expr:"system"`
	Category   string   `expr:"category"`
	Country    string   `expr:"country"`
	Fields     []string `expr:"fields"`
	Fixed      bool     `expr:"fixed"`
	Kept       bool     `expr:"kept"`
	Holds      bool     `expr:"holds"`
	OthersInIt bool     `expr:"others_in_it"`
	Doubtful   bool     `expr:"doubtful"`
	Opinion    bool     `expr:"opinion"`
}

type policyView struct {
	NoGround   bool   `expr:"no_ground"`
	Freeze     bool   `expr:"freeze"`
	PersonOnly bool   `expr:"person_only"`
	Promise    string `expr:"promise"`
	FixedField bool   `expr:"fixed_field"`
	WiderScope bool   `expr:"wider_scope"`
}

type caseView struct {
	Frozen   bool `expr:"frozen"`
	Reopened bool `expr:"reopened"`
}

// variable is one name of the environment.
type variable struct {
	name  string
	shape shape
	says  string
	words func(*Pack) []string // the words it can be; nil where any word may stand
	get   func(environment) any
}

// these are words that no pack changes.
func these(words []string) func(*Pack) []string { return func(*Pack) []string { return words } }

// named are the IDs of one list of a pack. A statute knows no organisation, and
// there any word may stand.
func named[T any](of func(*Pack) []T, id func(T) string) func(*Pack) []string {
	return func(p *Pack) []string {
		if p == nil {
			return nil
		}
		out := []string{}
		for _, x := range of(p) {
			out = append(out, id(x))
		}
		return out
	}
}

// variables are all names, in the order of the manual.
var variables = []*variable{
	{"request.kind", word, "what is asked for", these(KindCodes), func(e environment) any { return e.Request.Kind }},
	{"request.channel", word, "the way it came in", these(channelCodes), func(e environment) any { return e.Request.Channel }},
	{"request.population", word, "who the person is to the organisation: an ID of `populations`",
		named(func(p *Pack) []Population { return p.Populations }, func(x Population) string { return x.ID }), func(e environment) any { return e.Request.Population }},
	{"request.entrusted", truth, "that population's data is held for a client", nil, func(e environment) any { return e.Request.Entrusted }},
	{"request.service", word, "where the data came from: an ID of `services`",
		named(func(p *Pack) []Service { return p.Services }, func(x Service) string { return x.ID }), func(e environment) any { return e.Request.Service }},
	{"request.filer", word, "who filed", these(filerCodes), func(e environment) any { return e.Request.Filer }},
	{"request.ground", word, "the reason that was given (Art. 35)", these(GroundCodes), func(e environment) any { return e.Request.Ground }},
	{"request.fields", list, "what is said to be wrong: IDs of `fields`",
		named(func(p *Pack) []DataField { return p.Fields }, func(x DataField) string { return x.ID }), func(e environment) any { return e.Request.Fields }},
	{"request.sensitive", truth, "sensitive, financial or employment data is asked about", nil, func(e environment) any { return e.Request.Sensitive }},
	{"request.arrived_on", day, "the day of arrival in the desk's zone", nil, func(e environment) any { return e.Request.ArrivedOn }},
	{"item.system", word, "the connected system: an ID of `systems`",
		named(func(p *Pack) []SystemRef { return p.Systems }, func(x SystemRef) string { return x.ID }), func(e environment) any { return e.Item.System }},
	{"item.category", word, "the category of the system's mapping", nil, func(e environment) any { return e.Item.Category }},
	{"item.country", word, "where that system's data is (`JP`)", nil, func(e environment) any { return e.Item.Country }},
	{"item.fields", list, "the pack's `fields` that lie in it",
		named(func(p *Pack) []DataField { return p.Fields }, func(x DataField) string { return x.ID }), func(e environment) any { return e.Item.Fields }},
	{"item.fixed", truth, "one of these the policy calls unchangeable", nil, func(e environment) any { return e.Item.Fixed }},
	{"item.kept", truth, "a statute of `retention` keeps it", nil, func(e environment) any { return e.Item.Kept }},
	{"item.holds", truth, "the system can freeze, suspend and preserve", nil, func(e environment) any { return e.Item.Holds }},
	{"item.others_in_it", truth, "another person's name stands in it", nil, func(e environment) any { return e.Item.OthersInIt }},
	{"item.doubtful", truth, "found by a contact that others share", nil, func(e environment) any { return e.Item.Doubtful }},
	{"item.opinion", truth, "one of its columns is an evaluation and no fact", nil, func(e environment) any { return e.Item.Opinion }},
	{"policy.no_ground", truth, "the kind is promised without a ground", nil, func(e environment) any { return e.Policy.NoGround }},
	{"policy.freeze", truth, "the kind promises a freeze", nil, func(e environment) any { return e.Policy.Freeze }},
	{"policy.person_only", truth, "the policy's text admits the person alone", nil, func(e environment) any { return e.Policy.PersonOnly }},
	{"policy.promise", word, "the measure that the kind promises in place of its own", these(promisable), func(e environment) any { return e.Policy.Promise }},
	{"policy.fixed_field", truth, "the policy calls some field unchangeable", nil, func(e environment) any { return e.Policy.FixedField }},
	{"policy.wider_scope", truth, "the promise reaches further than personal data", nil, func(e environment) any { return e.Policy.WiderScope }},
	{"case.frozen", truth, "data in dispute is held", nil, func(e environment) any { return e.Case.Frozen }},
	{"case.reopened", truth, "closed before, and worked on again", nil, func(e environment) any { return e.Case.Reopened }},
}

// VariableTable is the environment of conditions as the manual's table, in
// Markdown, a line each.
func VariableTable() string {
	var b strings.Builder
	b.WriteString("| name | is a | says |\n|---|---|---|\n")
	for _, v := range variables {
		says := v.says
		if v.words != nil && v.shape != list {
			if words := v.words(nil); len(words) > 0 {
				says += ": `" + strings.Join(words, "`, `") + "`"
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.name, v.shape, says)
	}
	return b.String()
}

// environment is what conditions see of a request and an item at the
// organisation of p.
func (p *Pack) environment(r Request, it Item) environment {
	offer, _ := p.Offer(r.Kind)
	e := environment{
		Request: requestView{Kind: r.Kind, Channel: r.Channel, Population: r.Population, Service: r.Service, Filer: r.Filer, Ground: r.Ground,
			Fields: r.Fields, Sensitive: r.Sensitive, Entrusted: p.Entrusted(r.Population)},
		Item: itemView{System: it.System, Category: it.Category, OthersInIt: it.OthersInIt, Doubtful: it.Doubtful, Opinion: it.Opinion},
		Policy: policyView{NoGround: offer.NoGround, Freeze: offer.Freeze, PersonOnly: offer.PersonOnly, Promise: offer.Promise,
			FixedField: len(p.fixed()) > 0, WiderScope: p.Scope != nil && p.Scope.WiderThanLaw},
		Case: caseView{Frozen: r.Frozen, Reopened: r.Reopened},
	}
	if e.Request.Filer == "" {
		e.Request.Filer = filerCodes[0]
	}
	if !r.ArrivedOn.IsZero() {
		e.Request.ArrivedOn = r.ArrivedOn.String()
	}
	if it.System == "" {
		return e
	}
	for _, s := range p.Systems {
		if s.ID == it.System {
			e.Item.Country, e.Item.Holds = s.Country, s.Holds
		}
	}
	columns := it.Columns
	if len(columns) == 0 {
		columns = []string{""}
	}
	for _, f := range p.Fields {
		if slices.ContainsFunc(columns, func(c string) bool {
			return anyHas(f.Places, Place{System: it.System, Category: it.Category, Column: c})
		}) {
			e.Item.Fields = append(e.Item.Fields, f.ID)
			e.Item.Fixed = e.Item.Fixed || f.Fixed
		}
	}
	for _, r := range p.RetentionFor(Place{System: it.System, Category: it.Category}) {
		e.Item.Kept = e.Item.Kept || len(r.Statute) > 0
	}
	return e
}

// met reports whether every condition that is for a kind holds, with what each
// looked at. One that cannot be judged counts as doubt says: a test is asked and
// a recipient told rather than not, a fee is not charged.
func met(all []bound, kind string, env environment, doubt bool) (bool, []Looked) {
	holds := true
	var looked []Looked
	for _, b := range all {
		if b.kind != "" && b.kind != kind {
			continue
		}
		value, err := b.eval(env)
		if err != nil {
			value = doubt
		}
		l := Looked{Expression: b.text, Holds: value}
		for _, v := range b.inputs {
			l.Inputs = append(l.Inputs, Input{Name: v.name, Value: show(v.get(env))})
		}
		looked = append(looked, l)
		holds = holds && value
	}
	return holds, looked
}

// eval runs the condition. It cannot panic; an error would be a fault of the
// machine that runs it, as everything that a pack can get wrong was refused when
// it was loaded.
func (c *Condition) eval(env environment) (value bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("policy: condition %q: %v", c.text, r)
		}
	}()
	machine := vm.VM{MemoryBudget: maxMemory}
	out, err := machine.Run(c.program, env)
	if err != nil {
		return false, fmt.Errorf("policy: condition %q: %w", c.text, err)
	}
	value, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("policy: condition %q gave %T", c.text, out)
	}
	return value, nil
}

// show is a value as a reason says it.
func show(v any) string {
	switch v := v.(type) {
	case []string:
		if len(v) > 0 {
			return "[" + strings.Join(v, ", ") + "]"
		}
	case string:
		if v != "" {
			return v
		}
	case bool:
		return fmt.Sprint(v)
	}
	return "–"
}

// looks reports whether the condition looks at a name.
func (c *Condition) looks(name string) bool {
	return slices.ContainsFunc(c.inputs, func(v *variable) bool { return v.name == name })
}

// settled reports whether a condition is decided by the pack and the kind alone,
// whoever asks; value is what it is then.
func (c *Condition) settled(p *Pack, kind string) (value, is bool) {
	for _, v := range c.inputs {
		if !strings.HasPrefix(v.name, "policy.") && v.name != "request.kind" {
			return false, false
		}
	}
	value, err := c.eval(p.environment(Request{Kind: kind}, Item{}))
	return value, err == nil
}

// fault is what is wrong with a condition: where in its text (in letters, from
// zero), what, and what to write instead.
type fault struct {
	at               int
	message, instead string
}

// compile reads a condition. p is the pack whose IDs may stand in it, nil for a
// statute's, where any may.
func compile(text string, in use, p *Pack) (*Condition, *fault) {
	if n := len([]rune(text)); n > maxCondition {
		return nil, &fault{0, fmt.Sprintf("the condition has %d letters; one has at most %d", n, maxCondition), "write two rules, or fewer alternatives"}
	}
	config := conf.New(environment{})
	config.MaxNodes = maxParts
	tree, err := parser.ParseWithConfig(text, config)
	if err != nil {
		return nil, unreadable(text, err)
	}
	r := &reader{use: in, pack: p}
	if s := r.read(tree.Node); r.wrong == nil && s != truth {
		r.fail(start(tree.Node), fmt.Sprintf("the condition is a %s, and not true or false", s), "compare it: "+r.compared(tree.Node))
	}
	if r.wrong == nil && len(r.inputs) == 0 {
		r.fail(start(tree.Node), "the condition looks at nothing, so that it is always the same", "leave \"if\" out, or look at one of "+strings.Join(r.names(), ", "))
	}
	if r.wrong != nil {
		return nil, r.wrong
	}
	program, err := expr.Compile(text, expr.Env(environment{}), expr.AsBool(), expr.DisableAllBuiltins(), expr.MaxNodes(maxParts))
	if err != nil {
		return nil, unreadable(text, err)
	}
	return &Condition{text: text, inputs: r.inputs, program: program}, nil
}

// unreadable is a fault for what the expression's own reader refused.
func unreadable(text string, err error) *fault {
	f := &fault{message: "this is not a condition that can be read", instead: "write comparisons joined by \"and\", \"or\", \"not\", as in \"Conditions\" of docs/packs.md"}
	var fe *file.Error
	if !errors.As(err, &fe) {
		return f
	}
	f.at = fe.From
	switch {
	case strings.Contains(fe.Message, "maximum allowed nodes"):
		f.message, f.instead = fmt.Sprintf("the condition has more than %d parts", maxParts), "write two rules, or fewer alternatives"
	case strings.Contains(fe.Message, `Operator("=")`), strings.HasPrefix(after(text, fe.From), "= "):
		f.message, f.instead = "\"=\" compares nothing", "write \"==\""
	case strings.TrimSpace(text) == "":
		f.message, f.instead = "the condition is empty", "write one, or leave \"if\" out"
	case fe.Message != "":
		f.message += " (" + fe.Message + ")"
	}
	return f
}

// after is the rest of a text behind n letters.
func after(text string, n int) string {
	if r := []rune(text); n < len(r) {
		return string(r[n:])
	}
	return ""
}

// example is the name in a message that has no better one.
const example = "request.kind"

// reader checks an expression part by part: the names, what fits together, and
// the words. Everything that is not named here is not part of the language, so
// that nothing in it can loop, call or fail.
type reader struct {
	use    use
	pack   *Pack
	inputs []*variable
	wrong  *fault // the first one
}

func (r *reader) fail(n ast.Node, message, instead string) shape {
	if r.wrong == nil {
		r.wrong = &fault{n.Location().From, message, instead}
	}
	return truth
}

// names are those that may stand here.
func (r *reader) names() []string {
	var names []string
	for _, v := range variables {
		if space, _, _ := strings.Cut(v.name, "."); has(r.use.spaces, space) {
			names = append(names, v.name)
		}
	}
	return names
}

func (r *reader) read(n ast.Node) shape {
	if r.wrong != nil {
		return truth
	}
	switch n := n.(type) {
	case *ast.BoolNode:
		return truth
	case *ast.StringNode:
		return quoted
	case *ast.IdentifierNode:
		return r.name(n, n.Value)
	case *ast.MemberNode:
		space, ok := n.Node.(*ast.IdentifierNode)
		property, plain := n.Property.(*ast.StringNode)
		if !ok || !plain || n.Optional || n.Method {
			return r.foreign(n)
		}
		return r.name(n, space.Value+"."+property.Value)
	case *ast.UnaryNode:
		if n.Operator != "not" && n.Operator != "!" {
			return r.foreign(n)
		}
		return r.truthOf(n.Node)
	case *ast.BinaryNode:
		return r.binary(n)
	case *ast.ArrayNode:
		return r.fail(n, "a list stands by itself", "write \"in\" before it: "+example+" in [\"…\", \"…\"]")
	case *ast.IntegerNode, *ast.FloatNode:
		return r.fail(n, "a condition has no numbers", "compare words, days, or what is true or false")
	case *ast.NilNode:
		return r.fail(n, "nothing is nil in a condition", "compare with \"\" for what is not known")
	}
	return r.foreign(n)
}

// name finds a name of the environment.
func (r *reader) name(n ast.Node, name string) shape {
	for _, v := range variables {
		if v.name != name {
			continue
		}
		if space, _, _ := strings.Cut(name, "."); !has(r.use.spaces, space) {
			return r.fail(start(n), fmt.Sprintf("%s knows no %q", r.use.of, name), "look at one of "+strings.Join(r.names(), ", "))
		}
		if !slices.Contains(r.inputs, v) {
			r.inputs = append(r.inputs, v)
		}
		return v.shape
	}
	instead := "write one of " + strings.Join(r.names(), ", ")
	if near := nearest(name, r.names()); near != "" {
		instead = fmt.Sprintf("write %q", near)
	}
	return r.fail(start(n), fmt.Sprintf("there is no %q", name), instead)
}

// start is the part at which the reader of a message should look: the first
// word of a name and not the dot in it.
func start(n ast.Node) ast.Node {
	if m, ok := n.(*ast.MemberNode); ok {
		return start(m.Node)
	}
	return n
}

// foreign refuses what other languages have.
func (r *reader) foreign(n ast.Node) shape {
	const instead = "use names, words in quotes, ==, !=, <, <=, >, >=, in, and, or, not"
	switch n := n.(type) {
	case *ast.CallNode:
		return r.fail(start(n.Callee), fmt.Sprintf("%s(…) is a function, and a condition calls none", n.Callee), instead)
	case *ast.BuiltinNode:
		return r.fail(n, fmt.Sprintf("%s(…) is a function, and a condition calls none", n.Name), instead)
	case *ast.BinaryNode:
		return r.fail(n, fmt.Sprintf("%q is not part of a condition", n.Operator), instead)
	case *ast.UnaryNode:
		return r.fail(n, fmt.Sprintf("%q is not part of a condition", n.Operator), instead)
	case *ast.ConditionalNode:
		return r.fail(n, "a condition chooses nothing", "write two rules, one with \"not\"")
	}
	return r.fail(n, "this is not part of a condition", instead)
}

func (r *reader) truthOf(n ast.Node) shape {
	if s := r.read(n); s != truth {
		r.fail(start(n), fmt.Sprintf("%s is a %s, and not true or false", n, s), "compare it: "+r.compared(n))
	}
	return truth
}

func (r *reader) binary(n *ast.BinaryNode) shape {
	switch n.Operator {
	case "and", "&&", "or", "||":
		r.truthOf(n.Left)
		return r.truthOf(n.Right)
	case "in":
		return r.in(n)
	case "==", "!=", "<", "<=", ">", ">=":
	case "contains":
		return r.fail(n, "\"contains\" is not part of a condition", fmt.Sprintf("write %s in %s", n.Right, n.Left))
	default:
		return r.foreign(n)
	}
	a, b := r.read(n.Left), r.read(n.Right)
	if r.wrong != nil {
		return truth
	}
	ordered := n.Operator != "==" && n.Operator != "!="
	switch {
	case a == list || b == list:
		return r.fail(start(n.Left), "a list is compared with "+n.Operator, "write \"…\" in "+r.listOf(n))
	case ordered && a != day && b != day:
		return r.fail(start(n.Left), fmt.Sprintf("%s has an order for days alone", n.Operator), "compare words with == or !=")
	case a == b && a != quoted, a == quoted && (b == word || b == day), b == quoted && (a == word || a == day):
	case a == quoted && b == quoted:
		return r.fail(n.Left, "two words in quotes are always the same or never", "compare one with a name")
	default:
		return r.fail(start(n.Left), fmt.Sprintf("%s is %s and %s is %s", n.Left, article(a), n.Right, article(b)), "compare like with like: "+r.compared(n.Left))
	}
	r.words(n.Left, n.Right)
	r.words(n.Right, n.Left)
	return truth
}

// in is membership: a word in a list of the environment, or in one that is
// written out.
func (r *reader) in(n *ast.BinaryNode) shape {
	a := r.read(n.Left)
	if r.wrong == nil && a != word && a != quoted {
		return r.fail(start(n.Left), fmt.Sprintf("%s is %s, and only a word is in a list", n.Left, article(a)), "write "+example+" in [\"…\"]")
	}
	if written, ok := n.Right.(*ast.ArrayNode); ok {
		if r.wrong == nil && a == quoted {
			return r.fail(n.Left, "a word in quotes is always in that list or never", "write "+example+" in [\"…\"]")
		}
		if len(written.Nodes) == 0 {
			return r.fail(written, "the list is empty", "write the words between the brackets")
		}
		for _, x := range written.Nodes {
			if _, ok := x.(*ast.StringNode); !ok {
				return r.fail(start(x), fmt.Sprintf("%s is no word in quotes", x), "write [\"…\", \"…\"]")
			}
			r.words(n.Left, x)
		}
		return truth
	}
	if s := r.read(n.Right); r.wrong == nil && s != list {
		return r.fail(start(n.Right), fmt.Sprintf("%s is %s and no list", n.Right, article(s)), "write ==, or a list in brackets")
	}
	r.words(n.Right, n.Left)
	return truth
}

// words refuses a text in quotes that the name beside it can never be.
func (r *reader) words(named, text ast.Node) {
	s, ok := text.(*ast.StringNode)
	v := variableOf(named)
	if !ok || v == nil || r.wrong != nil {
		return
	}
	if v.shape == day {
		if _, err := clock.ParseDate(s.Value); err != nil {
			r.fail(s, fmt.Sprintf("%q is no day", s.Value), "write \"2026-04-01\"")
		}
		return
	}
	if v.words == nil || s.Value == "" && v.shape == word { // "" is: not known
		return
	}
	can := v.words(r.pack)
	if can == nil || has(can, s.Value) {
		return
	}
	instead := "write one of " + strings.Join(can, ", ")
	if near := nearest(s.Value, can); near != "" {
		instead = fmt.Sprintf("write %q", near)
	} else if len(can) == 0 {
		instead = "the pack has none; add it there first"
	}
	r.fail(s, fmt.Sprintf("%s is never %q", v.name, s.Value), instead)
}

// variableOf is the name that a part is, nil for none.
func variableOf(n ast.Node) *variable {
	for _, v := range variables {
		if n.String() == v.name {
			return v
		}
	}
	return nil
}

// compared is an example of a comparison for a part.
func (r *reader) compared(n ast.Node) string {
	v := variableOf(n)
	switch {
	case v == nil:
		return example + " == \"…\""
	case v.shape == list:
		return "\"…\" in " + v.name
	case v.shape == day:
		return v.name + " >= \"2026-04-01\""
	case v.shape == truth:
		return v.name + ", or not " + v.name
	}
	return v.name + " == \"…\""
}

func (r *reader) listOf(n *ast.BinaryNode) string {
	if v := variableOf(n.Left); v != nil && v.shape == list {
		return v.name
	}
	return n.Right.String()
}

// article is a shape with its article.
func article(s shape) string {
	if s == truth {
		return string(s)
	}
	return "a " + string(s)
}

// conditions compiles the "if" at a pointer of a file; what is wrong with it is
// kept with its place inside the text.
func conditions(t *tree, pointer, text string, in use, p *Pack, problems *Problems) []bound {
	if text == "" {
		return nil
	}
	c, f := compile(text, in, p)
	if f != nil {
		pr := t.problem(pointer, f.message, f.instead)
		pr.Line, pr.Column = t.inside(pointer, text, f.at)
		*problems = append(*problems, pr)
		return nil
	}
	return []bound{{"", c}}
}

// conditions compiles every "if" of the organisation's own file, with the IDs
// that may stand in it.
func (c *checker) conditions() {
	p := c.pack
	for i := range p.Exemptions {
		x := &p.Exemptions[i]
		x.conditions = conditions(c.tree, fmt.Sprintf("/exemptions/%d/if", i), x.If, ofTest, p, &c.problems)
	}
	for i := range p.Recipients {
		x := &p.Recipients[i]
		x.conditions = conditions(c.tree, fmt.Sprintf("/recipients/%d/if", i), x.If, ofRecipient, p, &c.problems)
	}
	for i := range p.Fees {
		x := &p.Fees[i]
		x.conditions = conditions(c.tree, fmt.Sprintf("/fees/%d/if", i), x.If, ofFee, p, &c.problems)
	}
	for i := range p.Kinds {
		for j := range p.Kinds[i].Identity {
			x := &p.Kinds[i].Identity[j]
			x.conditions = conditions(c.tree, fmt.Sprintf("/kinds/%d/identity/%d/if", i, j), x.If, ofIdentity, p, &c.problems)
		}
	}
	c.never()
}

// never refuses what no request can ever reach: a test, a fee or a rule of proof
// whose condition the pack itself decides against it, and a rule of proof behind
// one that always holds.
func (c *checker) never() {
	p := c.pack
	out := func(at string, all []bound, kinds []string, of string) {
		for _, b := range all {
			if !slices.ContainsFunc(kinds, func(k string) bool { value, is := b.settled(p, k); return value || !is }) {
				_, looked := met([]bound{b}, kinds[0], p.environment(Request{Kind: kinds[0]}, Item{}), false)
				c.fail(at+"/if", fmt.Sprintf("%s is never reached: %s", of, Why{Conditions: looked}), "leave it out, or change the condition")
			}
		}
	}
	for i, x := range p.Exemptions {
		out(fmt.Sprintf("/exemptions/%d", i), x.conditions, x.Kinds, x.ID)
	}
	for i, x := range p.Fees {
		out(fmt.Sprintf("/fees/%d", i), x.conditions, x.Kinds, "the fee")
	}
	for i, k := range p.Kinds {
		for j, rule := range k.Identity {
			at := fmt.Sprintf("/kinds/%d/identity/%d", i, j)
			out(at, rule.conditions, []string{k.Kind}, "the rule of proof")
			for _, before := range k.Identity[:j] {
				if before.If == "" && covers(before.Channels, rule.Channels) {
					c.fail(at, fmt.Sprintf("%s: this rule of proof is never reached: one before it always holds", k.Kind), "put the rules with an \"if\" first, or leave it out")
					break
				}
			}
		}
	}
}

// covers reports whether a rule for channels stands before every one for others:
// both general, or for channels of which the other has no more.
func covers(channels, others []string) bool {
	if len(channels) == 0 || len(others) == 0 {
		return len(channels) == len(others)
	}
	return !slices.ContainsFunc(others, func(x string) bool { return !has(channels, x) })
}
