package scenario

import (
	"encoding"
	"maps"
	"reflect"
	"strings"
	"unicode"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/policy"
)

// versionsView says which versions of a policy bind, and in what one of them won.
func versionsView(x policy.Protection) map[string]any {
	versions := func(all []*policy.Pack) []any {
		out := make([]any, len(all))
		for i, p := range all {
			out[i] = p.Version
		}
		return out
	}
	left, won := &named{}, &named{}
	for _, l := range x.Left {
		left.add(l.Version, map[string]any{"why": l.Why})
	}
	for _, w := range x.Won {
		v, _ := view(reflect.ValueOf(w)).(map[string]any)
		won.add(w.Line, v)
	}
	return map[string]any{"receipt": x.Receipt.Version, "since": versions(x.Since), "amendments": versions(x.Amendments), "left_out": left, "won": won}
}

// courseView is a course as scenarios name its parts, with what is known already.
func courseView(p *policy.Pack, r policy.Request, c dsr.Course, known map[string]any) map[string]any {
	taken := "no"
	if offer, ok := p.Offer(r.Kind); ok && offer.Online {
		taken = "online"
	} else if ok {
		taken = "desk"
	}
	m := map[string]any{
		"taken": taken, "entrusted": p.Entrusted(r.Population), "stages": texts(c.Stages), "answer_to": c.AnswerTo,
		"freeze": string(c.Freeze), "investigation": c.Investigation, "measures": texts(c.Measures), "outcome": string(c.Outcome),
		"approver": string(c.Approver), "cooling_off": c.CoolingOff, "notices": texts(c.Notices), "fee": nil,
		"identity": map[string]any{"level": c.Identity.Level, "documents": documents(c.Identity.Documents), "needed": c.Identity.Needed,
			"contact": c.Identity.Contact, "layer": c.IdentityWhy.Layer, "clause": c.IdentityWhy.Clause, "why": c.IdentityWhy.String()},
		"authority": documents(c.Authority),
		// What is asked whatever the item.
		"asked": tests(p.Asked(r, policy.Item{})), "not_asked": tests(p.NotAsked(r, policy.Item{})),
	}
	maps.Copy(m, known)
	if c.Fee != nil {
		m["fee"] = map[string]any{"yen": c.Fee.Yen, "clause": c.Fee.Clause, "why": c.Fee.Why.String()}
	}
	var items []any
	for _, it := range c.Items {
		items = append(items, map[string]any{"asked": tests(it.Asked), "not_asked": tests(it.NotAsked), "allowed": texts(it.Allowed)})
	}
	m["items"] = items
	told := &named{}
	for _, x := range c.Recipients {
		told.add(x.ID, map[string]any{"role": x.Role, "clause": x.Clause, "why": x.Why.String()})
	}
	m["recipients"] = told
	clocks := &named{}
	for _, x := range c.Clocks {
		name := x.Name
		if name == dsr.ClockLegal {
			name = x.Rule.ID // several laws may run at once
		}
		v := map[string]any{"rule": x.Rule.ID, "due_on": day(x.Result.DueOn), "from_on": day(x.Result.FromOn), "unknown": ""}
		if x.Unknown != nil {
			v["unknown"] = x.Unknown.Error()
		}
		clocks.add(name, v)
	}
	m["clocks"] = clocks
	return m
}

func day(d clock.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func texts[T ~string](all []T) []any {
	out := make([]any, len(all))
	for i, x := range all {
		out[i] = string(x)
	}
	return out
}

func documents(all []policy.Document) *named {
	n := &named{}
	for _, d := range all {
		n.add(d.ID, view(reflect.ValueOf(d)))
	}
	return n
}

func tests(all []policy.Asked) *named {
	n := &named{}
	for _, a := range all {
		v, _ := view(reflect.ValueOf(a.Exemption)).(map[string]any)
		v["layer"], v["why"] = a.Layer, a.Why.String()
		n.add(a.ID, v)
	}
	return n
}

// packView is a pack as loaded, under the words of the pack language: all of it,
// what is left out too, so that a scenario can say that something is not there.
// Added is what the layers below give: the statute, the articles of the kinds, the
// tests by kind, the proof by kind and channel with its papers, the times, and
// where to complain.
func packView(p *policy.Pack) map[string]any {
	m, _ := view(reflect.ValueOf(*p)).(map[string]any)
	delete(m, "exemptions") // one ID stands for several there; "tests" has them by kind
	kinds, _ := m["kinds"].(*named)
	byKind := map[string]any{}
	for _, k := range p.Kinds {
		if v, ok := kinds.each[k.Kind].(map[string]any); ok {
			v["article"], v["fee_possible"], v["exposure"] = k.Basis, k.FeePossible, k.Exposure
		}
		n := &named{}
		for _, e := range p.ExemptionsFor(k.Kind) {
			v, _ := view(reflect.ValueOf(e)).(map[string]any)
			v["layer"] = e.Layer
			n.add(e.ID, v)
		}
		byKind[k.Kind] = n
	}
	m["tests"] = byKind
	m["proof"], m["papers"] = proof(p)
	statute, _ := view(reflect.ValueOf(p.Law)).(map[string]any)
	delete(statute, "exemptions")
	m["statute"] = statute
	times := &named{}
	for _, r := range p.Rules() {
		times.add(r.ID, view(reflect.ValueOf(r)))
	}
	m["times"], m["numbers"] = times, numbers(p.Times)
	complain := &named{}
	for _, b := range p.WhereToComplain() {
		complain.add(b.ID, view(reflect.ValueOf(b)))
	}
	m["where_to_complain"] = complain
	m["authority"] = map[string]any{"statutory": documents(p.AuthorityDocuments("statutory")), "delegated": documents(p.AuthorityDocuments("delegated"))}
	return m
}

// proof is what is asked for each kind by each channel of the desk, and the
// papers that are accepted anywhere.
func proof(p *policy.Pack) (table map[string]any, papers *named) {
	table, papers = map[string]any{}, &named{}
	add := func(all []policy.Document) {
		for _, d := range all {
			if papers.each[d.ID] == nil {
				papers.add(d.ID, view(reflect.ValueOf(d)))
			}
		}
	}
	for _, k := range p.Kinds {
		channels := map[string]any{}
		for _, c := range p.Desk.Channels {
			id, sensitive := p.IdentityFor(k.Kind, c, false), p.IdentityFor(k.Kind, c, true)
			add(id.Documents)
			channels[c] = map[string]any{"level": id.Level, "sensitive_level": sensitive.Level, "documents": documents(id.Documents), "contact": id.Contact}
		}
		table[k.Kind] = channels
	}
	add(p.AuthorityDocuments("statutory"))
	add(p.AuthorityDocuments("delegated"))
	return table, papers
}

// numbers are the plain counts and shares of the times, each by its name in the
// pack language.
func numbers(t policy.Times) map[string]any {
	m := map[string]any{}
	v := reflect.ValueOf(t)
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.Int:
			m[snake(v.Type().Field(i).Name)] = int(f.Int())
		case reflect.Slice, reflect.Map:
			if f.Type().Elem().Kind() == reflect.Int {
				m[snake(v.Type().Field(i).Name)] = view(f)
			}
		}
	}
	return m
}

// snake is a Go name as a pack writes it: MaxDownloads is max_downloads.
func snake(name string) string {
	var b strings.Builder
	rs := []rune(name)
	for i, r := range rs {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(rs[i-1]) || i+1 < len(rs) && unicode.IsLower(rs[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// view turns a value of the pack language into mappings, lists and plain values.
// A list of things that have a name of their own becomes one by name.
func view(v reflect.Value) any {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		return view(v.Elem())
	}
	if t, ok := v.Interface().(encoding.TextMarshaler); ok {
		if v.IsZero() {
			return ""
		}
		b, _ := t.MarshalText()
		return string(b)
	}
	switch v.Kind() {
	case reflect.Struct:
		m := map[string]any{}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if name := wordOf(f); name != "" {
				m[name] = view(v.Field(i))
			} else if f.Anonymous && f.IsExported() {
				inner, _ := view(v.Field(i)).(map[string]any)
				for k, x := range inner {
					m[k] = x
				}
			}
		}
		return m
	case reflect.Map:
		m := map[string]any{}
		for _, k := range v.MapKeys() {
			m[k.String()] = view(v.MapIndex(k))
		}
		return m
	case reflect.Slice:
		if name := nameOf(v.Type().Elem()); name != "" {
			n := &named{}
			for i := range v.Len() {
				m, _ := view(v.Index(i)).(map[string]any)
				id, _ := m[name].(string)
				n.add(id, m)
			}
			return n
		}
		out := make([]any, v.Len())
		for i := range out {
			out[i] = view(v.Index(i))
		}
		return out
	}
	return v.Interface()
}

// wordOf is what the pack language calls a field, "" for what it does not have.
func wordOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "-" || !f.IsExported() {
		return ""
	}
	return name
}

// nameOf is the word under which the things of a list have their name.
func nameOf(t reflect.Type) string {
	if t.Kind() != reflect.Struct {
		return ""
	}
	for _, word := range []string{"id", "kind", "field", "regime"} {
		for i := range t.NumField() {
			if wordOf(t.Field(i)) == word && t.Field(i).Type.Kind() == reflect.String {
				return word
			}
		}
	}
	return ""
}
