package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// copied is a deep copy as far as fields are exported; what is not exported is
// shared.
func copied(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && v.Elem().Type() != reflect.TypeFor[Law]() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(copied(v.Elem()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(copied(v.Field(i)))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(copied(v.Index(i)))
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMap(v.Type()))
			for it := v.MapRange(); it.Next(); {
				out.SetMapIndex(it.Key(), copied(it.Value()))
			}
		}
	}
	return out
}

func copyOf(p *Pack) *Pack {
	c := copied(reflect.ValueOf(*p)).Interface().(Pack)
	return &c
}

// computed are fields that Load fills in from other layers and no pack writes.
var computed = map[string]bool{"Pack.Digest": true, "Pack.Law": true, "Pack.Demonstration": true, "KindOffer.Basis": true, "KindOffer.FeePossible": true,
	"KindOffer.Exposure": true, "Exemption.Layer": true}

// full gives every exported field of a value something to say, so that what the
// language can say is there to be changed. A field that the language gets
// tomorrow is among them.
func full(v reflect.Value, at string) {
	switch v.Kind() {
	case reflect.String:
		if v.String() == "" {
			v.SetString("x")
		}
	case reflect.Int:
		if v.Int() == 0 {
			v.SetInt(3)
		}
	case reflect.Pointer:
		if v.Type().Elem() == reflect.TypeFor[Law]() {
			return
		}
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		full(v.Elem(), at)
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Name() + "." + v.Type().Field(i).Name
			if f := v.Type().Field(i); f.IsExported() && !computed[name] && v.Type().PkgPath() == "madoguchi/policy" && v.Type() != reflect.TypeFor[Times]() {
				full(v.Field(i), name)
			}
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			full(v.Index(i), at)
		}
	case reflect.Map:
		if v.Len() == 0 && v.Type() == reflect.TypeFor[Voices]() {
			v.Set(reflect.ValueOf(Voices{"en": "x"}))
		}
	}
}

// everyValue visits every value that a pack can write, with its field's name. change
// puts another value in and undo the one before.
func everyValue(v reflect.Value, at string, visit func(at string, change, undo func())) {
	other := func(set func()) {
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		visit(at, set, func() { v.Set(before) })
	}
	switch v.Kind() {
	case reflect.String:
		other(func() { v.SetString(v.String() + "x") })
	case reflect.Bool:
		other(func() { v.SetBool(!v.Bool()) })
	case reflect.Int:
		other(func() { v.SetInt(v.Int() + 1) })
	case reflect.Pointer:
		if !v.IsNil() && v.Type().Elem() != reflect.TypeFor[Law]() {
			everyValue(v.Elem(), at, visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Name() + "." + v.Type().Field(i).Name
			if v.Type().Field(i).IsExported() && !computed[name] && silent[name] == "" {
				everyValue(v.Field(i), name, visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			everyValue(v.Index(i), at, visit)
		}
		if v.Len() > 0 && v.Index(0).Kind() == reflect.Struct {
			other(func() { v.Set(v.Slice(0, v.Len()-1)) })
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			key := it.Key()
			before := it.Value()
			inner := reflect.New(before.Type()).Elem()
			inner.Set(before)
			everyValue(inner, at, func(at string, change, undo func()) {
				visit(at, func() { change(); v.SetMapIndex(key, inner) }, func() { undo(); v.SetMapIndex(key, before) })
			})
		}
	}
}

// silent are fields whose change changes nothing for anybody by itself, each with
// the reason.
var silent = map[string]string{
	"Rule.Kind":   "the name of a time gives it",
	"Rule.Source": "is where the line comes from",
	"Rule.Regime": "is the file of the book", "Rule.Read": "a reader's note", "Rule.Mark": "a time of a pack is never switched off", "Rule.When": "a time of a pack hangs on no fact",
	"Rule.Kinds": "the name of a time gives it", "Rule.Title": "the name of a time gives it", "Rule.Article": "a time of a pack has none", "Rule.Zone": "is the pack's",
	"Rule.InForceFrom": "of a law", "Rule.InForceTo": "of a law",
	"Extension.NoticeBefore": "told or not; the word has one value",
	"Exemption.When":         "of a statute; a test that is not asked is not among a pack's",
}

// A field of the pack language that is changed is told by the comparison: every
// one, those of tomorrow too.
func TestEveryFieldOfThePackLanguageThatChangesIsTold(t *testing.T) {
	var was *Pack
	for _, p := range shipped(t) {
		if was == nil || len(p.Effective(aDay).Lines) > len(was.Effective(aDay).Lines) {
			was = p
		}
	}
	was = copyOf(was)
	v := reflect.ValueOf(was).Elem()
	full(v, "")
	is := copyOf(was)
	seen, blind := map[string]bool{}, map[string]int{}
	old := was.Effective(aDay).Lines
	everyValue(reflect.ValueOf(is).Elem(), "", func(at string, change, undo func()) {
		if seen[at] {
			return // once is enough; what is not told by one is tried at the next
		}
		change()
		if len(changes(old, is.Effective(aDay).Lines, nil)) > 0 {
			seen[at] = true
			delete(blind, at)
		} else if !seen[at] {
			blind[at]++
		}
		undo()
	})
	for at, n := range blind {
		t.Errorf("%s is changed (%d times) and nothing is told", at, n)
	}
	if len(seen) < 120 {
		t.Errorf("only %d fields were changed", len(seen))
	}
	for _, must := range []string{"KindOffer.WhoMayFile", "KindOffer.Freeze", "IdentityRule.Level", "IdentityRule.If", "Exemption.Condition", "Fee.Yen", "Retention.Years", "Recipient.Receives",
		"Rule.N", "Times.MaxDownloads", "Amendment.NoWeakening", "Clause.Later"} {
		if !slices.ContainsFunc(keysOf(seen), func(s string) bool { return strings.HasPrefix(s, must) }) && must != "Recipient.Receives" {
			t.Errorf("%s was not among what is changed", must)
		}
	}
	t.Logf("counts: %d fields changed, each told", len(seen))

	// A field that no line shows is seen: a comparison of lines without readings.
	cut := func(ls []Line) []Line {
		return slices.DeleteFunc(slices.Clone(ls), func(l Line) bool { return l.Section == "readings" })
	}
	is.Readings[0].Literal += "x"
	if len(changes(cut(old), cut(is.Effective(aDay).Lines), nil)) > 0 {
		t.Error("what is not shown is told")
	}
	if len(changes(old, is.Effective(aDay).Lines, nil)) != 1 {
		t.Error("a reading that changed is not told once")
	}
}

func keysOf(m map[string]bool) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	return out
}

func TestAChangeIsToldForWhomItIs(t *testing.T) {
	var was *Pack
	for _, p := range shipped(t) {
		if k, ok := p.Offer("correction"); ok && k.Freeze && len(p.Recipients) > 0 {
			was = p
		}
	}
	if was == nil {
		t.Fatal("no shipped policy promises a freeze")
	}
	for name, c := range map[string]struct {
		change func(*Pack)
		line   string
		sort   string
		sense  Sense
	}{
		"no kind":           {func(p *Pack) { p.Kinds = p.Kinds[1:] }, "kinds/" + was.Kinds[0].Kind, ChangeGone, Worse},
		"an agent less":     {func(p *Pack) { p.Kinds[0].WhoMayFile = []string{"person"} }, "kinds/" + was.Kinds[0].Kind + "/who", ChangeFacts, Worse},
		"no freeze":         {func(p *Pack) { kindOf(p, "correction").Freeze = false }, "kinds/correction/freeze", ChangeGone, Worse},
		"a purpose more":    {func(p *Pack) { p.Purposes = append(p.Purposes, Purpose{ID: "brand-new", Text: Voices{"en": "x"}}) }, "purposes/brand-new", ChangeNew, Worse},
		"a purpose less":    {func(p *Pack) { p.Purposes = p.Purposes[1:] }, "purposes/" + was.Purposes[0].ID, ChangeGone, Better},
		"a later answer":    {func(p *Pack) { p.Times.Target.N += 5 }, "clocks/target", ChangeFacts, Worse},
		"an earlier answer": {func(p *Pack) { p.Times.Target.N -= 5 }, "clocks/target", ChangeFacts, Better},
		"another wording":   {func(p *Pack) { p.Purposes[0].Text = Voices{"en": "another"} }, "purposes/" + was.Purposes[0].ID, ChangeFacts, Same},
		"another clause":    {func(p *Pack) { p.Purposes[0].Clause = "99" }, "purposes/" + was.Purposes[0].ID, ChangeMoved, Same},
		"a ground less": {func(p *Pack) {
			p.Exemptions = slices.DeleteFunc(p.Exemptions, func(e Exemption) bool { return e.Ground == "harm" })
		}, "exemptions/disclosure/harm", ChangeGone, Better},
		"a person told less": {func(p *Pack) { p.Amendment.Notify = !p.Amendment.Notify }, "amendment", ChangeFacts, map[bool]Sense{true: Worse, false: Better}[was.Amendment.Notify]},
	} {
		is := copyOf(was)
		c.change(is)
		found := false
		var all []string
		for _, x := range Diff(was, is, aDay) {
			all = append(all, fmt.Sprint(x.Line().ID, " ", x.Sort, " ", x.Sense))
			found = found || x.Line().ID == c.line && x.Sort == c.sort && x.Sense == c.sense
		}
		if !found {
			t.Errorf("%s: %s %s %s is not among %q", name, c.line, c.sort, c.sense, all)
		}
		// A kind that goes is told once, and not by each of its lines.
		if name == "no kind" && len(all) != 1 {
			t.Errorf("%s: %q", name, all)
		}
		if back := Diff(is, was, aDay); len(back) != len(all) {
			t.Errorf("%s: there and back differ: %d, %d", name, len(all), len(back))
		}
	}
	if same := Diff(was, copyOf(was), aDay); len(same) > 0 {
		t.Errorf("nothing changed and %d changes are told", len(same))
	}
}

func kindOf(p *Pack, kind string) *KindOffer {
	for i := range p.Kinds {
		if p.Kinds[i].Kind == kind {
			return &p.Kinds[i]
		}
	}
	return nil
}
