package policy

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"madoguchi/clock"
)

// changed loads the made-up organisation with some of its text replaced.
func changed(t testing.TB, replace ...string) (*Pack, error) {
	t.Helper()
	text := string(testdata(t, "working_small.yaml"))
	for i := 0; i+1 < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the working pack has no %q", replace[i])
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	l, err := Load(library(t, []byte(text)), Options{})
	if err != nil {
		return nil, err
	}
	p, _ := l.BySlug("small")
	return p, nil
}

// withIf is the working pack with a condition on its first test.
func withIf(t testing.TB, scalar string) (*Pack, error) {
	return changed(t, "article: 33(2)(i), text: same }", "article: 33(2)(i), text: same, if: "+scalar+" }")
}

// What is wrong with a condition is said at its own letter, with what to write
// instead.
func TestABadConditionIsRefusedAtItsLetterWithTheCure(t *testing.T) {
	p, err := changed(t)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat(`request.channel == "portal" or `, 40) + `request.sensitive`
	for name, c := range map[string]struct{ text, at, message, instead string }{
		"a name that is not there":         {`request.chanel == "portal"`, "request.chanel", `there is no "request.chanel"`, `write "request.channel"`},
		"a space that is not there":        {`person.name == "Linh"`, "person", `there is no "person.name"`, "write one of request.kind"},
		"a bare word":                      {`sensitive`, "sensitive", `there is no "sensitive"`, "write "},
		"a name of another use":            {`request.fee`, "request.fee", `there is no "request.fee"`, "write "},
		"a word that it never is":          {`request.channel == "phone"`, `"phone"`, `request.channel is never "phone"`, `write one of portal, telephone`},
		"a word misspelt":                  {`request.kind == "disclosur"`, `"disclosur"`, `request.kind is never "disclosur"`, `write "disclosure"`},
		"an ID that the pack has not":      {`request.population == "customers"`, `"customers"`, "is never", `write "customer"`},
		"an ID of a list that is empty":    {`request.service == "shop"`, `"shop"`, "is never", "the pack has none"},
		"a field that the pack has not":    {`"nam" in request.fields`, `"nam"`, "request.fields is never", `write "name"`},
		"a word in a written list":         {`request.channel in ["portal", "web"]`, `"web"`, "is never", "write one of"},
		"true compared with a word":        {`request.sensitive == "yes"`, "request.sensitive", `request.sensitive is true or false and "yes" is a text`, "or not request.sensitive"},
		"a word as truth":                  {`request.channel and request.sensitive`, "request.channel", "is a word, and not true or false", `request.channel == "…"`},
		"a list as truth":                  {`not request.fields`, "request.fields", "is a list of words, and not true", `"…" in request.fields`},
		"a list compared":                  {`request.fields == "name"`, "request.fields", "a list is compared with ==", `"…" in request.fields`},
		"a word in a word":                 {`"portal" in request.channel`, "request.channel", "is a word and no list", "write =="},
		"truth in a list":                  {`request.sensitive in ["a"]`, "request.sensitive", "only a word is in a list", "in ["},
		"an order of words":                {`request.channel < "post"`, "request.channel", "< has an order for days alone", "== or !="},
		"a day that is none":               {`request.arrived_on >= "2026-02-30"`, `"2026-02-30"`, "is no day", `"2026-04-01"`},
		"a day written otherwise":          {`request.arrived_on >= "1.4.2026"`, `"1.4.2026"`, "is no day", `"2026-04-01"`},
		"the whole a word":                 {`request.kind`, "request.kind", "is a word, and not true or false", `request.kind == "…"`},
		"the whole a constant":             {`true`, "true", "looks at nothing", "leave \"if\" out"},
		"two constants":                    {`"a" == "a" or request.sensitive`, `"a"`, "always the same or never", "with a name"},
		"a constant in a list":             {`"a" in ["a"]`, `"a"`, "always in that list or never", "request.kind in"},
		"an empty list":                    {`request.kind in []`, "[]", "the list is empty", "between the brackets"},
		"a list of names":                  {`request.kind in [request.channel]`, "request.channel", "is no word in quotes", `["…"`},
		"one equals sign":                  {`request.kind = "disclosure"`, `= "disclosure"`, `"=" compares nothing`, `write "=="`},
		"contains":                         {`request.fields contains "name"`, `contains`, `"contains" is not part`, `write "name" in request.fields`},
		"a regular expression":             {`request.kind matches "(a+)+$"`, `matches`, `"matches" is not part`, "use names"},
		"a number":                         {`request.channel == 3`, "3", "has no numbers", "compare words"},
		"nothing":                          {`request.ground == nil`, "nil", "nothing is nil", `with ""`},
		"a function":                       {`len(request.fields) == 1`, "len(", "calls none", "use names"},
		"the wall clock":                   {`now().Year() > 2026`, "now", "", "use names"},
		"a method":                         {`request.kind.String() == ""`, "request", "", ""},
		"an endless range":                 {`1 in 0..999999999`, "", "", ""},
		"a loop":                           {`all(request.fields, # == "name")`, "all(", "calls none", "use names"},
		"a loop in a loop":                 {`any(0..1000000, any(0..1000000, # > 0))`, "any(", "calls none", "use names"},
		"a choice":                         {`request.sensitive ? true : false`, "", "chooses nothing", "two rules"},
		"an if":                            {`if request.sensitive { true } else { false }`, "", "chooses nothing", "two rules"},
		"a variable":                       {`let x = request.sensitive; x`, "", "is not part of a condition", "use names"},
		"an index":                         {`request.fields[0] == "name"`, "", "is not part of a condition", "use names"},
		"a slice":                          {`request.fields[1:] == "name"`, "", "is not part of a condition", "use names"},
		"optional chaining":                {`request?.sensitive`, "", "is not part of a condition", "use names"},
		"another member by another way":    {`request["sensi" + "tive"]`, "", "is not part of a condition", "use names"},
		"the environment itself":           {`$env.request.sensitive`, "", "", ""},
		"a pipe":                           {`request.fields | len() == 1`, "", "", ""},
		"a sum":                            {`request.kind + "x" == "y"`, "+", `"+" is not part`, "use names"},
		"half of one":                      {`request.sensitive and`, "", "that can be read", "joined by"},
		"a bracket open":                   {`(request.sensitive`, "", "that can be read", "joined by"},
		"a quote open":                     {`request.kind == "x`, "", "that can be read", "joined by"},
		"empty":                            {` `, "", "the condition is empty", "leave \"if\" out"},
		"too many letters":                 {long, "", "one has at most 500", "write two rules"},
		"deep":                             {strings.Repeat("(", 400) + "request.sensitive", "", "", ""},
		"deep nots":                        {strings.Repeat("not ", 110) + "request.sensitive", "", "more than 100 parts", "write two rules"},
		"a map":                            {`{"a": request.sensitive}`, "", "is not part of a condition", "use names"},
		"a word that is no word at all":    {`request.kind == 'disclosure' && !request.sensitiv`, "request.sensitiv", `there is no "request.sensitiv"`, `write "request.sensitive"`},
		"the value of another's list":      {`"x" in request.kind or request.sensitive`, "request.kind", "is a word and no list", ""},
		"an unknown member of a known one": {`request.fields.name`, "", "", ""},
	} {
		_, f := compile(c.text, ofTest, p)
		if f == nil {
			t.Errorf("%s: %s is taken", name, c.text)
			continue
		}
		if !strings.Contains(f.message, c.message) || !strings.Contains(f.instead, c.instead) || f.instead == "" {
			t.Errorf("%s: %s\n got %q; %q\nwant %q; %q", name, c.text, f.message, f.instead, c.message, c.instead)
		}
		if strings.ContainsAny(f.message, "\n") || len(f.message) > 250 {
			t.Errorf("%s: the message is no sentence: %q", name, f.message)
		}
		if got := after(c.text, f.at); c.at != "" && !strings.HasPrefix(got, c.at) {
			t.Errorf("%s: letter %d is at %q, want %q", name, f.at, got, c.at)
		}
	}
}

// The place is right however the text is quoted.
func TestAConditionsPlaceIsInsideItsText(t *testing.T) {
	for name, c := range map[string]struct {
		scalar string
		into   int // letters from the beginning of the scalar to the fault
	}{
		"plain":         {`request.sensitive and request.kin == "disclosure"`, 22},
		"single quotes": {`'request.sensitive and request.kin == "disclosure"'`, 23},
		"double quotes": {`"request.sensitive and request.kin == 'disclosure'"`, 23},
	} {
		_, err := withIf(t, c.scalar)
		var ps Problems
		if !errors.As(err, &ps) {
			t.Fatalf("%s: %v", name, err)
		}
		text := string(testdata(t, "working_small.yaml"))
		row := strings.Count(text[:strings.Index(text, "article: 33(2)(i), text: same")], "\n") + 1
		before := strings.Split(text, "\n")[row-1]
		want := len([]rune(before[:strings.Index(before, " }")])) + len(", if: ") + c.into + 1
		if ps[0].Line != row || ps[0].Column != want {
			t.Errorf("%s: %d:%d, want %d:%d", name, ps[0].Line, ps[0].Column, row, want)
		}
	}
	// A text over several lines has the line in which it begins.
	text := strings.Replace(string(testdata(t, "working_small.yaml")), "exemptions:\n  - { id: X1, kinds: [disclosure], clause: 5(1), article: 33(2)(i), text: same }",
		"exemptions:\n  - id: X1\n    kinds: [disclosure]\n    clause: 5(1)\n    article: 33(2)(i)\n    text: same\n    if: >\n      request.kin == 'x'\n      or request.sensitive", 1)
	row := strings.Count(text[:strings.Index(text, "if: >")], "\n") + 1
	_, err := Load(library(t, []byte(text)), Options{})
	var ps Problems
	if !errors.As(err, &ps) || ps[0].Line != row || !strings.Contains(ps[0].Message, "request.kin") {
		t.Errorf("want line %d: %v", row, err)
	}
}

// A rule looks only at what there is when it is asked.
func TestAConditionLooksOnlyAtWhatThereIs(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"proof of an item": {"who_may_file: [person, statutory-representative, delegated-agent], answer_to: person }\npopulations",
			"who_may_file: [person, statutory-representative, delegated-agent], answer_to: person, identity: [{ level: L1, if: item.fixed }] }\npopulations", `a rule of proof knows no "item.fixed"`},
		"a fee of a case": {"security:\n", "fees:\n  - { kinds: [disclosure], yen: 300, clause: \"5\", text: { ja: 手数料 }, if: case.reopened }\nsecurity:\n", `a fee knows no "case.reopened"`},
	} {
		if _, err := changed(t, c.from, c.to); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestConditionsDecideAndSayWhy(t *testing.T) {
	p, err := changed(t,
		"article: 33(2)(i), text: same }", `article: 33(2)(i), text: same, if: 'request.channel != "telephone" or "name" in item.fields' }`,
		"receives: [{ system: cards, category: profile, column: address }] }", `receives: [{ system: cards, category: profile, column: address }], if: not request.entrusted and item.holds }`,
		"security:\n", "fees:\n  - { kinds: [disclosure], yen: 300, clause: \"5\", text: { ja: 手数料 }, if: request.arrived_on >= \"2027-01-01\" }\nsecurity:\n",
		"{ kind: suspension, online: false, clause: \"5\", who_may_file: [person, statutory-representative, delegated-agent], answer_to: person }",
		"{ kind: suspension, online: false, clause: \"5\", who_may_file: [person, statutory-representative, delegated-agent], answer_to: person, identity: [{ level: L2, documents: [passport, residence-card], if: request.filer != \"person\" }, { level: L1, documents: [call-back] }] }",
	)
	if err != nil {
		t.Fatal(err)
	}
	ids := func(as []Asked) (out []string) {
		for _, a := range as {
			out = append(out, a.ID)
		}
		return out
	}
	phone := Request{Kind: "disclosure", Channel: "telephone"}
	slips, profile := Item{System: "cards", Category: "slips"}, Item{System: "cards", Category: "profile", Columns: []string{"name"}}
	if got := ids(p.Asked(phone, slips)); slices.Contains(got, "X1") {
		t.Errorf("asked although the condition is not met: %v", got)
	}
	var not []Asked
	for _, a := range p.NotAsked(phone, slips) {
		if a.ID == "X1" {
			not = append(not, a)
		}
	}
	if len(not) != 1 {
		t.Fatalf("not asked: %v", ids(p.NotAsked(phone, slips)))
	}
	if got, want := not[0].Why.String(), `not met: request.channel != "telephone" or "name" in item.fields (request.channel is telephone, item.fields is –)`; got != want {
		t.Errorf("why not:\n got %s\nwant %s", got, want)
	}
	for _, x := range []struct {
		r  Request
		it Item
	}{{phone, profile}, {Request{Kind: "disclosure", Channel: "portal"}, slips}} {
		if got := ids(p.Asked(x.r, x.it)); !slices.Contains(got, "X1") {
			t.Errorf("%+v: not asked: %v", x, got)
		}
	}
	for _, a := range p.Asked(phone, profile) {
		if a.ID == "X1" {
			want := Why{Layer: "policy", Article: "33(2)(i)", Clause: "5(1)", Conditions: []Looked{{Expression: `request.channel != "telephone" or "name" in item.fields`,
				Holds: true, Inputs: []Input{{"request.channel", "telephone"}, {"item.fields", "[name]"}}}}}
			if !reflect.DeepEqual(a.Why, want) {
				t.Errorf("why: %+v", a.Why)
			}
		}
		if a.ID == "N1" && a.Why.String() != "always" {
			t.Errorf("N1: %s", a.Why)
		}
	}

	address := []Place{{System: "cards", Category: "profile", Column: "address"}}
	if told := p.Tells(Request{Kind: "correction"}, address); len(told) != 1 || told[0].Why.String() != "not request.entrusted and item.holds (request.entrusted is false, item.holds is true)" {
		t.Errorf("told: %+v", told)
	}
	if told := p.Tells(Request{Kind: "correction"}, []Place{{System: "cards", Category: "slips"}}); len(told) != 0 {
		t.Errorf("told of what they were not given: %+v", told)
	}

	if _, due := p.FeeFor(Request{Kind: "disclosure", ArrivedOn: clock.On(2026, 12, 31)}); due {
		t.Error("a fee before its day")
	}
	if fee, due := p.FeeFor(Request{Kind: "disclosure", ArrivedOn: clock.On(2027, 1, 1)}); !due || fee.Yen != 300 || fee.Why.Article != "38(1)" || len(fee.Why.Conditions) != 1 {
		t.Errorf("no fee: %+v", fee)
	}
	if _, due := p.FeeFor(Request{Kind: "disclosure"}); due {
		t.Error("a fee for a request whose day is not known")
	}

	for filer, level := range map[string]string{"": "L1", "person": "L1", "delegated-agent": "L2"} {
		id, why := p.IdentityOf(Request{Kind: "suspension", Channel: "telephone", Filer: filer})
		if id.Level != level || why.Layer != "policy" {
			t.Errorf("%q: %s %+v", filer, id.Level, why)
		}
	}
	if id, why := p.IdentityOf(Request{Kind: "disclosure", Channel: "portal"}); id.Level != "L2" || why.Layer != "defaults" {
		t.Errorf("defaults: %+v", why)
	}
}

// What stood in the law's tests as words stands there as conditions, with the
// same meaning: C1 falls away where a kind is promised without a ground, M1 is
// asked where a field is called fixed.
func TestTheLawsOwnConditionsAreDecidedByThePolicy(t *testing.T) {
	p, err := changed(t)
	if err != nil {
		t.Fatal(err)
	}
	asked := func(p *Pack, kind, id string) (Asked, bool) {
		for _, a := range p.Asked(Request{Kind: kind}, Item{}) {
			if a.ID == id {
				return a, true
			}
		}
		return Asked{}, false
	}
	if a, ok := asked(p, "correction", "C1"); !ok || a.Why.String() != "not policy.no_ground (policy.no_ground is false)" || a.Why.Layer != "law" {
		t.Errorf("C1: %v %s", ok, a.Why)
	}
	if _, ok := asked(p, "deletion", "C1"); ok {
		t.Error("C1 is asked where no ground is needed")
	}
	if a, ok := asked(p, "correction", "M1"); !ok || a.Why.Layer != "reading" || a.Why.String() != "policy.fixed_field (policy.fixed_field is true)" {
		t.Errorf("M1: %v %+v", ok, a.Why)
	}
	q, err := changed(t, "fixed: true, clause: \"5\", ", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := asked(q, "correction", "M1"); ok {
		t.Error("M1 is asked where no field is fixed")
	}
	if p.Exemptions == nil || slices.ContainsFunc(p.ExemptionsFor("deletion"), func(e Exemption) bool { return e.ID == "C1" }) {
		t.Error("a test that can never be asked is in the list")
	}
}

// The condition of a pack comes on top of the statute's and never in its place.
func TestAPacksConditionComesOnTopOfTheLaws(t *testing.T) {
	p, err := changed(t, "exemptions:\n", "exemptions:\n  - { id: C1, kinds: [correction], clause: \"5\", article: \"34(1)\", text: same, if: request.sensitive }\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, sensitive := range []bool{true, false} {
		r := Request{Kind: "correction", Sensitive: sensitive}
		var why string
		for _, a := range append(p.Asked(r, Item{}), p.NotAsked(r, Item{})...) {
			if a.ID == "C1" {
				why = a.Why.String()
			}
		}
		want := "not policy.no_ground (policy.no_ground is false); request.sensitive (request.sensitive is true)"
		if !sensitive {
			want = "not policy.no_ground (policy.no_ground is false); not met: request.sensitive (request.sensitive is false)"
		}
		if why != want {
			t.Errorf("sensitive %v:\n got %s\nwant %s", sensitive, why, want)
		}
	}
}

// The manual's table and the environment are one thing.
func TestTheManualListsEveryNameOfAConditionAndNoOther(t *testing.T) {
	manual, err := os.ReadFile("../docs/packs.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(manual), VariableTable()) {
		t.Errorf("docs/packs.md lacks the table of names as it is:\n%s", VariableTable())
	}
	var names []string
	env := reflect.TypeFor[environment]()
	for i := range env.NumField() {
		space := env.Field(i)
		for j := range space.Type.NumField() {
			names = append(names, space.Tag.Get("expr")+"."+space.Type.Field(j).Tag.Get("expr"))
		}
	}
	var listed []string
	shapes := map[shape]reflect.Type{truth: reflect.TypeFor[bool](), word: reflect.TypeFor[string](), day: reflect.TypeFor[string](), list: reflect.TypeFor[[]string]()}
	for _, v := range variables {
		listed = append(listed, v.name)
		if got := reflect.TypeOf(v.get(environment{Request: requestView{Fields: []string{}}, Item: itemView{Fields: []string{}}})); got != shapes[v.shape] {
			t.Errorf("%s is a %s and gives %s", v.name, v.shape, got)
		}
	}
	slices.Sort(names)
	slices.Sort(listed)
	if !slices.Equal(names, listed) {
		t.Errorf("the environment has %v, the table %v", names, listed)
	}
	// Each name gives its own value, which one in the wrong place would not.
	marked := environment{}
	n := 0
	var mark func(v reflect.Value)
	mark = func(v reflect.Value) {
		for i := range v.NumField() {
			n++
			switch f := v.Field(i); f.Kind() {
			case reflect.Struct:
				mark(f)
			case reflect.String:
				f.SetString(v.Type().Field(i).Tag.Get("expr"))
			case reflect.Slice:
				f.Set(reflect.ValueOf([]string{v.Type().Field(i).Tag.Get("expr")}))
			}
		}
	}
	mark(reflect.ValueOf(&marked).Elem())
	for _, v := range variables {
		_, member, _ := strings.Cut(v.name, ".")
		switch got := v.get(marked).(type) {
		case string:
			if got != member {
				t.Errorf("%s gives %s", v.name, got)
			}
		case []string:
			if got[0] != member {
				t.Errorf("%s gives %v", v.name, got)
			}
		}
	}
}

// Whatever is written, loading and asking end at once and never panic: a
// condition has no loop, so that the longest one is as quick as its length.
func TestTheLongestConditionIsJudgedAtOnce(t *testing.T) {
	text := strings.TrimSuffix(strings.Repeat(`"zz" in request.fields or `, 16), " or ")
	c, f := compile(text, ofTest, nil)
	if f != nil {
		t.Fatalf("%+v", f)
	}
	env := environment{}
	for i := range 10_000 {
		env.Request.Fields = append(env.Request.Fields, strconv.Itoa(i))
	}
	begin := time.Now()
	if value, err := c.eval(env); value || err != nil {
		t.Fatalf("%v %v", value, err)
	}
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("%s over 10,000 fields", took)
	}
	p, err := withIf(t, "request.sensitive")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	for range 8 { // one pack, many who ask
		go func() {
			for i := range 500 {
				p.Asked(Request{Kind: "disclosure", Sensitive: i%2 == 0}, Item{System: "cards", Category: "profile"})
			}
			done <- true
		}()
	}
	for range 8 {
		<-done
	}
}

func FuzzAnyTextIsAConditionOrASentence(f *testing.F) {
	for _, s := range []string{`request.kind == "disclosure"`, `not (policy.no_ground or "name" in request.fields)`, `request.kind in ["a"]`, `a?.b[1:2]{`, "let x = 1; x", "\x00", "#", "$env", "all(a,#)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, wrong := compile(s, ofTest, nil)
		switch {
		case wrong != nil:
			if wrong.message == "" || wrong.instead == "" || wrong.at < 0 {
				t.Errorf("%q: %+v", s, wrong)
			}
		default:
			for _, env := range []environment{{}, {Request: requestView{Kind: "disclosure", Fields: []string{"name"}, Sensitive: true}}} {
				if _, err := c.eval(env); err != nil {
					t.Errorf("%q: %v", s, err)
				}
			}
		}
	})
}
