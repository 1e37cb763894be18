package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"madoguchi/clock"
)

// Options say what Load puts together.
type Options struct {
	// Demonstration lays packs/demonstration over every pack: minutes in place
	// of days.
	Demonstration bool

	// without leaves one rule of the floor out: a test's way to see that it is
	// that rule and no other which finds a fault.
	without string
}

// Library is every pack of an installation. It is never changed after Load
// and may be read by many at once.
type Library struct {
	packs    []*Pack
	slug     map[string]*Pack
	id       map[string]*Pack
	byDigest map[string]*Pack
	// versions are all of an organisation's, by slug, the oldest first; the last
	// one is the pack.
	versions map[string][]*Pack
	book     *clock.Book
	laws     []*Law
}

// Packs are all packs, by slug: the newest version of each.
func (l *Library) Packs() []*Pack { return append([]*Pack(nil), l.packs...) }

// BySlug finds the pack of a place in an address.
func (l *Library) BySlug(slug string) (*Pack, bool) { p, ok := l.slug[slug]; return p, ok }

// ByID finds the pack of an organisation.
func (l *Library) ByID(id string) (*Pack, bool) { p, ok := l.id[id]; return p, ok }

// ByDigest finds the version of a pack that a case is pinned to, among all that
// are kept.
func (l *Library) ByDigest(digest string) (*Pack, bool) { p, ok := l.byDigest[digest]; return p, ok }

// Laws are the statutory baselines (packs/law) by regime, also those that no
// pack uses, in alphabetical order.
func (l *Library) Laws() []*Law { return append([]*Law(nil), l.laws...) }

// Rules is the book: the rules of every law that the installation knows
// (packs/rules), also those that no pack uses.
func (l *Library) Rules() *clock.Book { return l.book }

// defaultsFile is packs/defaults.yaml: our own numbers where neither the
// statute nor a policy gives one, and the catalogue of papers.
type defaultsFile struct {
	Times     timeRules         `json:"times"`
	ByKind    timeRules         `json:"target_by_kind"`
	Numbers   *numbers          `json:"numbers"`
	Identity  []identityDefault `json:"identity"`
	Documents []Document        `json:"documents"`
}

// overlayFile is one file of packs/demonstration.
type overlayFile struct {
	For     []string  `json:"for"` // slugs, or "all"
	Times   timeRules `json:"times,omitempty"`
	Numbers *numbers  `json:"numbers,omitempty"`
}

// Load reads every pack below fsys (the folder packs/) and puts the layers
// together. It returns all problems at once, as Problems, and no library when
// there is one: a pack that promises less than the law does not load.
func Load(fsys fs.FS, opts Options) (*Library, error) {
	s, err := compileSchemas(fsys)
	if err != nil {
		return nil, err
	}
	l := &loader{fsys: fsys, schemas: s, laws: map[string]*Law{}, trees: map[string]*tree{}}
	l.readBook()
	l.readLaws()
	defaultsTree := l.read("defaults.yaml", s.defaults, &l.defaults)
	for i := range l.defaults.Identity {
		rule := &l.defaults.Identity[i].IdentityRule
		rule.conditions = conditions(defaultsTree, fmt.Sprintf("/identity/%d/if", i), rule.If, ofIdentity, nil, &l.problems)
	}
	overlays := l.readOverlays()
	files, err := fs.Glob(fsys, "*/pack.yaml")
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("policy: there is no <slug>/pack.yaml to load")
	}
	lib := &Library{slug: map[string]*Pack{}, id: map[string]*Pack{}, byDigest: map[string]*Pack{}, versions: map[string][]*Pack{}, book: l.book}
	for _, file := range files {
		newest := l.draft(file)
		all := l.older(newest, path.Dir(file))
		for _, d := range all {
			l.finish(d, defaultsTree, overlays, opts)
		}
		if newest == nil || !newest.whole {
			continue
		}
		p, t := &newest.Pack, newest.tree
		if other := lib.slug[p.Slug]; other != nil {
			l.problems = append(l.problems, t.problem("/slug", fmt.Sprintf("the slug %q is taken by another pack", p.Slug), "choose another"))
		}
		if other := lib.id[p.ID]; other != nil {
			l.problems = append(l.problems, t.problem("/id", "the id is taken by another pack", "make a new UUID"))
		}
		lib.packs, lib.slug[p.Slug], lib.id[p.ID] = append(lib.packs, p), p, p
		for _, d := range all {
			lib.versions[p.Slug] = append(lib.versions[p.Slug], &d.Pack)
			lib.byDigest[d.Digest] = &d.Pack
		}
	}
	l.strays()
	if len(l.problems) > 0 {
		return nil, l.problems.sorted()
	}
	for _, regime := range l.regimes() {
		lib.laws = append(lib.laws, l.laws[regime])
	}
	sort.Slice(lib.packs, func(i, j int) bool { return lib.packs[i].Slug < lib.packs[j].Slug })
	return lib, nil
}

// finish lays a version over the law and the defaults, and judges it.
func (l *loader) finish(d *draft, defaultsTree *tree, overlays []overlay, opts Options) {
	f, t := &d.packFile, d.tree
	p := &f.Pack
	layers := []*tree{defaultsTree, t}
	law := l.laws[p.LawName]
	if law == nil {
		l.problems = append(l.problems, t.problem("/law", fmt.Sprintf("there is no law/%s.yaml", p.LawName), "write one of "+strings.Join(l.regimes(), ", ")))
		return
	}
	d.whole = true
	layers = append(layers, l.trees["law/"+p.LawName+".yaml"])
	layers = append(layers, l.bookLayers(p, law)...)
	ch := &checker{tree: t, pack: p, law: law, fsys: l.fsys, ownPapers: f.Documents}
	for _, e := range p.Exemptions {
		ch.ownTests = append(ch.ownTests, e.ID)
	}
	ch.own()
	ch.below(false, opts.without)
	ch.beside(l.book)
	rules := timeRules{}
	rules.over(l.defaults.Times)
	rules.over(f.Rules)
	byKind := timeRules{}
	byKind.over(l.defaults.ByKind)
	l.defaults.Numbers.over(&p.Times)
	f.Numbers.over(&p.Times)
	if opts.Demonstration {
		for _, o := range overlays {
			if has(o.For, "all") || has(o.For, p.Slug) {
				rules.over(o.Times)
				byKind.shorten(o.Times)
				o.Numbers.over(&p.Times)
				p.Demonstration = true
				layers = append(layers, o.tree)
			}
		}
	}
	l.compose(f, law, rules, byKind, t)
	ch.composed()
	ch.below(true, opts.without)
	l.problems = append(l.problems, ch.problems...)
	p.Digest = digest(layers)
}

// loader holds what one Load has read so far.
type loader struct {
	fsys     fs.FS
	schemas  *schemas
	laws     map[string]*Law
	trees    map[string]*tree
	book     *clock.Book
	defaults defaultsFile
	problems Problems
}

func (l *loader) regimes() []string {
	var names []string
	for name := range l.laws {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// read parses, judges and decodes one file into v. It returns nil and keeps
// the problems when the file cannot be used.
func (l *loader) read(file string, schema *jsonschema.Schema, v any) *tree {
	b, ok := l.bytes(file)
	if !ok {
		return nil
	}
	t, ps := parse(file, b)
	if len(ps) == 0 {
		ps = judge(t, schema, l.schemas.words)
	}
	if len(ps) == 0 {
		ps = decode(t, v)
	}
	l.problems = append(l.problems, ps...)
	if len(ps) > 0 {
		return nil
	}
	l.trees[file] = t
	return t
}

// bytes reads a file. One that is too big comes back as too big and unread; ok is
// false, and the problem kept, when it cannot be read.
func (l *loader) bytes(file string) (b []byte, ok bool) {
	info, err := fs.Stat(l.fsys, file)
	// A size is asked for first so that a huge file is not even read.
	if err == nil && info.Size() > maxBytes {
		return make([]byte, maxBytes+1), true
	}
	if err == nil {
		b, err = fs.ReadFile(l.fsys, file)
	}
	if err != nil {
		l.problems = append(l.problems, Problem{File: file, Line: 1, Column: 1, Message: "the file cannot be read", Instead: "add it"})
	}
	return b, err == nil
}

// decode fills v and refuses what v has no field for: the second of two locks,
// so that schema and types cannot drift apart unseen.
func decode(t *tree, v any) Problems {
	b, err := json.Marshal(t.root)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		err = d.Decode(v)
	}
	if err != nil {
		return Problems{t.problem("", "the file does not fit the pack language: "+strings.TrimPrefix(err.Error(), "json: "), "see docs/packs.md")}
	}
	return nil
}

func (l *loader) readLaws() {
	files, _ := fs.Glob(l.fsys, "law/*.yaml")
	for _, file := range files {
		law := &Law{}
		t := l.read(file, l.schemas.law, law)
		if t == nil {
			continue
		}
		if name := strings.TrimSuffix(path.Base(file), ".yaml"); law.Regime != name {
			l.problems = append(l.problems, t.problem("/regime", fmt.Sprintf("the regime is %q in a file called %s", law.Regime, path.Base(file)), fmt.Sprintf("write %q", name)))
		}
		l.problems = append(l.problems, checkTexts(t, nil)...)
		for i, e := range law.Exemptions {
			law.Exemptions[i].Layer = "law"
			if e.Text != "" || e.Clause != "" {
				l.problems = append(l.problems, t.problem(fmt.Sprintf("/exemptions/%d", i), "a statute's test has no policy clause", "leave text and clause out"))
			}
			law.Exemptions[i].conditions = conditions(t, fmt.Sprintf("/exemptions/%d/if", i), e.If, ofTest, nil, &l.problems)
		}
		l.lawClocks(t, law)
		l.problems = append(l.problems, law.complete(t)...)
		l.laws[law.Regime] = law
	}
}

type overlay struct {
	overlayFile
	tree *tree
}

func (l *loader) readOverlays() []overlay {
	files, _ := fs.Glob(l.fsys, "demonstration/*.yaml")
	var os []overlay
	for _, file := range files {
		o := overlay{}
		if o.tree = l.read(file, l.schemas.overlay, &o.overlayFile); o.tree != nil {
			os = append(os, o)
		}
	}
	return os
}

// over puts the rules of a higher layer over r.
func (r timeRules) over(higher timeRules) {
	for name, doc := range higher {
		r[name] = doc
	}
}

// shorten puts the demonstration's target in place of every target by kind, so
// that none stays longer than the ordinary one.
func (r timeRules) shorten(higher timeRules) {
	if doc, ok := higher["target"]; ok {
		for name := range r {
			r[name] = doc
		}
	}
}

// compose fills in what the lower layers give: times, kinds' law, exemptions,
// identity.
func (l *loader) compose(f *packFile, law *Law, rules, byKind timeRules, t *tree) {
	p := &f.Pack
	p.Law, p.book = law, l.book
	if err := p.Times.set(rules, byKind, f.Rules, p); err != nil {
		l.problems = append(l.problems, t.problem("/times", err.Error(), "see docs/packs.md for the rules and their words"))
	}
	for i, k := range p.Kinds {
		if lk, ok := law.Kind(k.Kind); ok {
			p.Kinds[i].Basis, p.Kinds[i].FeePossible, p.Kinds[i].Exposure = lk.Article, lk.FeePossible, lk.Exposure
			if len(k.Words) == 0 {
				p.Kinds[i].Words = lk.Title
			}
		}
	}
	p.Exemptions = layerExemptions(p, law)
	p.documents = map[string]Document{}
	for _, d := range append(append([]Document(nil), l.defaults.Documents...), f.Documents...) {
		if _, ok := p.documents[d.ID]; !ok {
			p.catalogue = append(p.catalogue, d.ID)
		}
		p.documents[d.ID] = d
	}
	p.identity = l.defaults.Identity
	p.ownNumbers, p.ownDocuments = f.Numbers, map[string]bool{}
	for _, d := range f.Documents {
		p.ownDocuments[d.ID] = true
	}
}

// layerExemptions puts the policy's tests over the statute's, kind by kind.
// Facts (is it held, whose is it) always come from the law. Grounds: where
// the policy lists none for a kind, the law's list holds; where it lists some,
// the list is a promise, and a ground it leaves out is not used. The condition
// is the law's unless the policy's own is narrower, which favours the person.
func layerExemptions(p *Pack, law *Law) []Exemption {
	listed := map[string]bool{}
	used := map[string]bool{} // id of the law's test + kind, replaced by one of the pack
	var grounds []Exemption
	for _, e := range p.Exemptions {
		e.Layer = "policy"
		for _, k := range e.Kinds {
			base, ok := law.exemption(e.Article, k)
			if !ok {
				continue // the checker has said so
			}
			used[base.ID+" "+k] = true
			if !base.fact() {
				listed[k] = true
			}
			e = fill(e, base, k)
		}
		grounds = append(grounds, e)
	}
	var before, after []Exemption
	for _, e := range law.Exemptions {
		var kinds []string
		for _, k := range e.Kinds {
			if !used[e.ID+" "+k] && (e.fact() || !listed[k]) && e.asked(p, k) {
				kinds = append(kinds, k)
			}
		}
		if len(kinds) == 0 {
			continue
		}
		e.Kinds, e.Layer = kinds, "law"
		if e.looks("policy.fixed_field") {
			// The ground is the policy's own; what is carried out is its reading.
			k, _ := p.Offer(kinds[0])
			e.Clause, e.Reading, e.Layer = p.fixed()[0].Clause, k.Reading, "reading"
		}
		if e.Effect == "redact" {
			after = append(after, e)
		} else {
			before = append(before, e)
		}
	}
	return append(append(before, grounds...), after...)
}

// fill takes from the statute's test for a kind what the pack's leaves out, and
// the statute's condition where the pack's text is wider. When the statute asks
// its test only on a condition, so does the pack.
func fill(e, base Exemption, kind string) Exemption {
	var law []bound
	for _, c := range base.conditions {
		law = append(law, bound{kind, c.Condition})
	}
	e.conditions = append(law, e.conditions...)
	for _, x := range []struct{ to, from *string }{
		{&e.Ground, &base.Ground}, {&e.Class, &base.Class}, {&e.Approver, &base.Approver},
		{&e.Effect, &base.Effect}, {&e.ReasonCode, &base.ReasonCode}, {&e.Condition, &base.Condition},
	} {
		if *x.to == "" {
			*x.to = *x.from
		}
	}
	if e.Text == "wider" {
		e.Condition, e.Layer = base.Condition, "reading"
	}
	for _, x := range []struct{ to, from *Voices }{{&e.Question, &base.Question}, {&e.Evidence, &base.Evidence}, {&e.Reason, &base.Reason}} {
		if len(*x.to) == 0 {
			*x.to = *x.from
		}
	}
	return e
}

// digest is the identity of the layers: the hash of every file's name, length
// and bytes, in the order of their names. A version keeps its digest when it is
// put beside a newer one, as it goes by the name it had as the pack.
func digest(layers []*tree) string {
	sorted := make([]*tree, 0, len(layers))
	for _, t := range layers {
		if t != nil {
			sorted = append(sorted, t)
		}
	}
	name := func(t *tree) string {
		if slug, _, ok := strings.Cut(t.file, versionsFolder); ok {
			return slug + "/pack.yaml"
		}
		return t.file
	}
	sort.Slice(sorted, func(i, j int) bool { return name(sorted[i]) < name(sorted[j]) })
	h := sha256.New()
	for _, t := range sorted {
		fmt.Fprintf(h, "%d %s %d\n", len(name(t)), name(t), len(t.bytes))
		h.Write(t.bytes)
	}
	return hex.EncodeToString(h.Sum(nil))
}
