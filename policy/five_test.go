package policy

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"madoguchi/clock"
	"madoguchi/packs"
)

// byChannel says which proofs can be given by which channel; a picture (how
// "") can always be sent afterwards.
var byChannel = map[string][]string{
	"call-back": {"telephone"}, "contact-code": {"portal", "mail", "telephone"}, "shown-at-counter": {"counter"},
	"address-on-file": {"post", "fax"}, "copy-in-letter": {"post", "fax"},
}

// unprovable lists the kinds and channels of a pack that ask for a proof which
// cannot be given there.
func unprovable(p *Pack, kinds []string) (bad []string) {
	for _, kind := range kinds {
		for _, channel := range p.Desk.Channels {
			for _, sensitive := range []bool{false, true} {
				id := p.IdentityFor(kind, channel, sensitive)
				given := 0
				for _, d := range id.Documents {
					fits, here := byChannel[d.ID]
					if d.How != "" && (!here || !slices.Contains(fits, channel)) || d.How == "code" && !id.Contact || d.For != "" {
						continue
					}
					given++
				}
				if id.Needed < 1 || given < id.Needed || given < len(id.Documents) {
					bad = append(bad, strings.Join([]string{p.Slug, kind, channel, id.Level}, " "))
				}
			}
		}
	}
	return bad
}

func carried() (ks []string) {
	for _, k := range KindCodes {
		if len(KindMeasures[k]) > 0 {
			ks = append(ks, k)
		}
	}
	return ks
}

func TestEveryKindCanBeProvenByEveryChannelOfThePack(t *testing.T) {
	n := 0
	for _, p := range load(t, false).Packs() {
		for _, bad := range unprovable(p, carried()) {
			t.Error(bad)
		}
		n += len(carried()) * len(p.Desk.Channels)
		// The check sees a call back that is asked of somebody who wrote a letter,
		// and a rule that accepts nothing.
		q := *p
		q.Kinds = []KindOffer{{Kind: "suspension", Identity: []IdentityRule{{Level: "L1", Documents: []string{"call-back"}}}}}
		q.Desk.Channels = []string{"post"}
		if len(unprovable(&q, []string{"suspension"})) == 0 {
			t.Error("a planted call back by post is not seen")
		}
		q.Kinds[0].Identity[0].Documents = nil
		if len(unprovable(&q, []string{"suspension"})) == 0 {
			t.Error("a rule that accepts nothing is not seen")
		}
	}
	t.Logf("%d pairs of kind and channel", n)
}

func TestTheRuleForAChannelComesBeforeTheGeneralOne(t *testing.T) {
	p := *pack(t, "izumisano")
	p.Kinds = []KindOffer{{Kind: "correction", Identity: []IdentityRule{
		{Level: "L2", Documents: []string{"passport"}, Contact: true}, {Channels: []string{"telephone"}, Level: "L1", Documents: []string{"call-back"}}}}}
	if id := p.IdentityFor("correction", "telephone", false); id.Level != "L1" || id.Needed != 1 || id.Documents[0].ID != "call-back" {
		t.Errorf("by telephone: %+v", id)
	}
	if id := p.IdentityFor("correction", "post", false); id.Level != "L2" || id.Documents[0].ID != "passport" {
		t.Errorf("the pack's general rule does not come before the defaults' rule for a channel: %+v", id)
	}
}

// B.3, D.6 and the ruling on the telephone.
func TestProofByChannelAndPapersOfARepresentative(t *testing.T) {
	for _, x := range []struct{ slug, kind, channel, level, first string }{
		{"kai", "disclosure", "telephone", "L2", "call-back"},
		{"kai", "disclosure", "portal", "L2", "residence-card"},
		{"kai", "suspension", "telephone", "L1", "call-back"},
		{"scsk-serviceware", "suspension", "post", "L1", "address-on-file"},
		{"scsk-serviceware", "suspension", "portal", "L1", "contact-code"},
		{"scsk-serviceware", "disclosure", "post", "L2", "copy-in-letter"},
		{"qoo10", "correction", "fax", "L2", "copy-in-letter"},
		{"izumisano", "erasure", "counter", "L2", "shown-at-counter"},
	} {
		id := pack(t, x.slug).IdentityFor(x.kind, x.channel, false)
		if id.Level != x.level || id.Documents[0].ID != x.first || id.Needed != 1 {
			t.Errorf("%s %s by %s: %s, %d of %v", x.slug, x.kind, x.channel, id.Level, id.Needed, id.Documents[0].ID)
		}
	}
	for _, p := range load(t, false).Packs() {
		for kind, want := range map[string][]string{
			"statutory": {"family-register", "residence-record", "guardianship-certificate"}, "delegated": {"power-of-attorney", "bar-number"}, "": nil, "person": nil,
		} {
			var got []string
			for _, d := range p.AuthorityDocuments(kind) {
				got = append(got, d.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %q: %v", p.Slug, kind, got)
			}
		}
		for id, d := range p.documents {
			for _, v := range PageVoices {
				if d.Title[v] == "" || d.Mask[v] == "" {
					t.Errorf("%s lacks %s", id, v)
				}
			}
		}
		for _, d := range p.identity {
			for _, id := range d.Documents {
				if _, ok := p.Document(id); !ok {
					t.Errorf("the defaults name a document %q that is not there", id)
				}
			}
		}
	}
}

// columns reads a mapping file: the columns of each category.
func columns(t *testing.T, fsys fs.FS, file string) map[string][]string {
	t.Helper()
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		t.Fatal(err)
	}
	tree, ps := parse(file, b)
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	cats := map[string][]string{}
	for _, c := range tree.root.(map[string]any)["categories"].([]any) {
		c := c.(map[string]any)
		id := c["id"].(string)
		for _, col := range c["columns"].([]any) {
			cats[id] = append(cats[id], col.(map[string]any)["name"].(string))
		}
	}
	return cats
}

// nowhere lists the places that no mapping knows.
func nowhere(mapped map[string]map[string][]string, places []Place) (bad []Place) {
	for _, q := range places {
		cats, ok := mapped[q.System]
		cols, there := cats[q.Category]
		if !ok || q.Category != "" && !there || q.Column != "" && !slices.Contains(cols, q.Column) {
			bad = append(bad, q)
		}
	}
	return bad
}

func TestEveryPlaceIsAColumnOfItsMapping(t *testing.T) {
	n := 0
	for _, p := range load(t, false).Packs() {
		mapped := map[string]map[string][]string{}
		for _, s := range p.Systems {
			if mapped[s.ID] = columns(t, packs.Files, s.Mapping); !s.Holds {
				t.Errorf("%s: %s cannot hold", p.Slug, s.ID)
			}
		}
		look := func(what string, places []Place) {
			n += len(places)
			for _, q := range nowhere(mapped, places) {
				t.Errorf("%s: %s: no mapping has %+v", p.Slug, what, q)
			}
		}
		for _, f := range p.Fields {
			look(f.ID, f.Places)
			if f.Fixed && f.Clause == "" {
				t.Errorf("%s: %s is fixed by no clause", p.Slug, f.ID)
			}
			for _, q := range f.Places {
				if got, ok := p.FieldAt(q); !ok || got.ID != f.ID {
					t.Errorf("%s: at %+v is %q and not %q", p.Slug, q, got.ID, f.ID)
				}
			}
		}
		if f, ok := p.Field("name"); !ok || len(f.Places) == 0 {
			t.Errorf("%s: a wrong name cannot be said", p.Slug)
		}
		if f, ok := p.Field("other"); !ok || len(f.Places) != 0 {
			t.Errorf("%s: something else cannot be said: %+v", p.Slug, f)
		}
		for _, r := range p.Recipients {
			look(r.ID, r.Receives)
		}
		for _, r := range p.Retention {
			look(r.ID, r.Places)
			for _, q := range r.Places {
				if q.Column = r.From; r.From != "" {
					look(r.ID+" from", []Place{q})
				}
			}
		}
		if len(nowhere(mapped, []Place{{System: p.Systems[0].ID, Category: "nobody"}, {System: "none"}})) != 2 {
			t.Error("a planted place is not seen")
		}
	}
	if n < 40 {
		t.Errorf("only %d places looked at", n)
	}
	t.Logf("%d places", n)
}

func TestWhoIsToldAndWhatIsKeptFollowThePlace(t *testing.T) {
	ids := func(rs []Recipient) (got []string) {
		for _, r := range rs {
			got = append(got, r.ID)
		}
		return got
	}
	q := pack(t, "qoo10")
	for _, x := range []struct {
		at   Place
		want []string
	}{
		{Place{"members", "profile", "address"}, []string{"entities", "counterparties"}},
		{Place{"members", "profile", "phone"}, []string{"entities"}},
		{Place{"members", "profile", ""}, []string{"entities", "counterparties"}},
		{Place{"members", "orders", ""}, nil},
		{Place{"elsewhere", "profile", ""}, nil},
	} {
		if got := ids(q.RecipientsOf(x.at)); !slices.Equal(got, x.want) {
			t.Errorf("%+v: %v, want %v", x.at, got, x.want)
		}
	}
	kept := pack(t, "score-japan").RetentionFor(Place{System: "waybills", Category: "waybills"})
	if len(kept) != 1 || kept[0].Years != 7 || kept[0].From != "issued_on" || len(kept[0].Statute) == 0 {
		t.Errorf("waybills: %+v", kept)
	}
	if got := pack(t, "score-japan").RetentionFor(Place{System: "shippers", Category: "profile"}); len(got) != 0 {
		t.Errorf("an account: %+v", got)
	}
	own := pack(t, "scsk-serviceware").RetentionFor(Place{System: "applicants", Category: "selection"})
	if len(own) != 1 || own[0].Years != 1 || len(own[0].Statute) != 0 {
		t.Errorf("a selection: %+v", own)
	}
}

// D.5, with what the policies promise laid over the statute.
func TestTheTestsOfAChangeAreTheStatutesUnlessAPolicyPromisesMore(t *testing.T) {
	lib := load(t, false)
	base := map[string]string{
		"correction": "N1|34(3)|RC-17|not-held C1|34(1)|RC-08|withhold C2|34(2)|RC-08|withhold C3|34(1)|RC-08|withhold",
		"addition":   "N1|34(3)|RC-17|not-held C1|34(1)|RC-08|withhold C2|34(2)|RC-08|withhold C3|34(1)|RC-08|withhold",
		"deletion":   "N1|34(3)|RC-17|not-held C1|34(1)|RC-08|withhold C2|34(2)|RC-08|withhold C3|34(1)|RC-08|withhold S3|35(2), 35(6)|RC-09|keep",
		"suspension": "N1|35(7)|RC-17|not-held S1|35(1), 35(5)|RC-11|withhold S2|35(2), 35(6)|RC-16|alternative",
		"erasure":    "N1|35(7)|RC-17|not-held S1|35(1), 35(5)|RC-11|withhold S2|35(2), 35(6)|RC-16|alternative S3|35(2), 35(6)|RC-09|keep",
	}
	own := map[string]string{
		// 5ア: two fields are fixed, read with D-07.
		"qoo10 correction": base["correction"] + " M1|34(2)|RC-20|withhold",
		// 7: no ground has to be shown; the substitute measure is read with D-01.
		"score-japan deletion":   "N1|34(3)|RC-17|not-held S3|35(2), 35(6)|RC-09|keep X4|35(2), 35(6)|RC-16|alternative",
		"score-japan suspension": "N1|35(7)|RC-17|not-held X4|35(2), 35(6)|RC-16|alternative",
	}
	for _, p := range lib.Packs() {
		for kind, want := range base {
			if w := own[p.Slug+" "+kind]; w != "" {
				want = w
			}
			var got []string
			for _, e := range p.ExemptionsFor(kind) {
				got = append(got, strings.Join([]string{e.ID, e.Article, e.ReasonCode, e.Effect}, "|"))
				for _, v := range LetterVoices {
					if e.Reason[v] == "" {
						t.Errorf("%s: %s has no sentence in %s", p.Slug, e.ID, v)
					}
				}
				if e.Question["ja"] == "" || e.Question["en"] == "" || e.Evidence["ja"] == "" || e.Evidence["en"] == "" {
					t.Errorf("%s: %s asks nothing", p.Slug, e.ID)
				}
			}
			if g := strings.Join(got, " "); g != want {
				t.Errorf("%s %s:\n got %s\nwant %s", p.Slug, kind, g, want)
			}
		}
	}
	sj, qoo := pack(t, "score-japan"), pack(t, "qoo10")
	if e, _ := sj.Exemption("deletion", "X4"); e.Layer != "reading" || e.Reading != "D-01" || e.Clause != "7" {
		t.Errorf("X4: %+v", e)
	}
	if e, _ := qoo.Exemption("correction", "M1"); e.Layer != "reading" || e.Reading != "D-07" || e.Clause != "5ア" {
		t.Errorf("M1: %+v", e)
	}
}

// What the five policies promise or take away, as the engine reads it.
func TestWhatThePoliciesPromise(t *testing.T) {
	var got []string
	for _, p := range load(t, false).Packs() {
		for _, k := range p.Kinds {
			for name, is := range map[string]bool{"promises " + k.Promise: k.Promise != "", "needs no ground": k.NoGround, "freezes": k.Freeze, "person only " + k.Reading: k.PersonOnly} {
				if is {
					got = append(got, p.Slug+" "+k.Kind+" "+name)
				}
			}
			if !slices.Equal(k.WhoMayFile, []string{"person", "statutory-representative", "delegated-agent"}) {
				t.Errorf("%s %s: %v", p.Slug, k.Kind, k.WhoMayFile)
			}
		}
		for _, x := range p.Populations {
			if x.Entrusted {
				got = append(got, p.Slug+" entrusted "+x.ID)
			}
		}
		if p.Roles != nil && p.Roles.Appointments {
			got = append(got, p.Slug+" appoints")
		}
		if p.Recording != nil {
			got = append(got, p.Slug+" records "+strings.Join(p.Recording.Purposes, ", "))
		}
	}
	slices.Sort(got)
	want := []string{
		"kai addition person only D-11", "kai appoints", "kai correction person only D-11", "kai deletion person only D-11",
		"kai disclosure person only D-11", "kai provision-stop person only D-11", "kai records accurate-reception", "kai suspension person only D-11",
		"qoo10 correction freezes",
		"score-japan deletion needs no ground", "score-japan deletion promises suspend", "score-japan suspension needs no ground",
		"scsk-serviceware entrusted client-entrusted", "scsk-serviceware records confirmation, evaluation, training",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// renamed is a copy of the packs in which every organisation has another slug,
// ID, name, alias, address and contact.
func renamed(t *testing.T) (fstest.MapFS, map[string]string) {
	t.Helper()
	slugs := map[string]string{}
	for i, p := range load(t, false).Packs() {
		slugs[p.Slug] = "house-" + string(rune('a'+i))
	}
	m := fstest.MapFS{}
	err := fs.WalkDir(packs.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(packs.Files, name)
		if err != nil {
			return err
		}
		folder, rest, _ := strings.Cut(name, "/")
		slug, ours := slugs[folder]
		if ours {
			name = slug + "/" + rest
		}
		if ours && path.Base(name) == "pack.yaml" {
			tree, ps := parse(name, b)
			if len(ps) > 0 {
				t.Fatal(ps)
			}
			root := tree.root.(map[string]any)
			other := map[string]any{}
			for _, v := range PageVoices {
				other[v] = "Somebody else " + slug
			}
			root["slug"], root["id"] = slug, "00000000-0000-4000-8000-00000000000"+slug[len(slug)-1:]
			entity, desk := root["entity"].(map[string]any), root["desk"].(map[string]any)
			entity["name"], entity["aliases"], desk["name"] = other, []any{"Alias " + slug}, other
			for _, x := range []struct {
				in  map[string]any
				key string
				to  any
			}{{entity, "address", other}, {desk, "post", other}, {desk, "phone", "03-0000-0000"}, {desk, "mail", "desk@example.jp"}} {
				if x.in[x.key] != nil {
					x.in[x.key] = x.to
				}
			}
			for _, s := range root["systems"].([]any) {
				s := s.(map[string]any)
				s["mapping"] = slug + "/" + strings.TrimPrefix(s["mapping"].(string), folder+"/")
			}
			if b, err = json.Marshal(root); err != nil {
				return err
			}
		}
		m[name] = &fstest.MapFile{Data: b}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return m, slugs
}

// rules is a pack without what the organisation is called and where it is.
func rules(p *Pack) Pack {
	q := *p
	q.ID, q.Slug, q.Digest, q.Entity = "", "", "", Entity{}
	q.Desk.Name, q.Desk.Phone, q.Desk.Mail, q.Desk.Post = nil, "", "", nil
	q.Systems = slices.Clone(p.Systems)
	for i := range q.Systems {
		q.Systems[i].Mapping = path.Base(q.Systems[i].Mapping)
	}
	return q
}

// No rule hangs on who an organisation is.
func TestAnOrganisationByAnotherNameHasTheSameRules(t *testing.T) {
	m, slugs := renamed(t)
	copied, err := Load(m, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range load(t, false).Packs() {
		q, ok := copied.BySlug(slugs[p.Slug])
		if !ok || q.Entity.Name["en"] == p.Entity.Name["en"] || q.ID == p.ID || q.Digest == p.Digest {
			t.Fatalf("%s was not renamed", p.Slug)
		}
		a, b := rules(p), rules(q)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s has other rules by another name", p.Slug)
		}
		b.Kinds = slices.Clone(b.Kinds)
		if b.Kinds[0].Online = false; reflect.DeepEqual(a, b) {
			t.Error("a planted difference is not seen")
		}
	}
}

// QOO-19: the marketplace is managed from Singapore, so that the law there runs
// beside Japan's, by its own days.
func TestOneOrganisationStandsUnderTwoLaws(t *testing.T) {
	p := pack(t, "qoo10")
	if !slices.Equal(p.Also, []Beside{{Regime: "sg-pdpa", Calendar: "sg", Clause: "12ア"}}) {
		t.Fatalf("also: %+v", p.Also)
	}
	var laws, figures []string
	for _, c := range p.LegalClocks("disclosure", clock.On(2026, time.November, 20)) {
		laws = append(laws, c.Rule.Regime)
		if c.Rule.Unit != clock.NoFigure {
			figures = append(figures, fmt.Sprintf("%s %d %s %s", c.Rule.ID, c.Rule.N, c.Rule.Unit, c.Calendar))
		}
	}
	if !slices.Equal(figures, []string{"sg-pdpa.21.access 30 calendar-days sg"}) || !slices.Contains(laws, "appi") {
		t.Errorf("figures %v of %v", figures, laws)
	}
	for _, other := range load(t, false).Packs() {
		if other != p && len(other.Also) != 0 {
			t.Errorf("%s: %+v", other.Slug, other.Also)
		}
	}
}
