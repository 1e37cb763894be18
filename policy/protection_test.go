package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"madoguchi/clock"
)

const promise = "amendment: { clause: \"8\", notify: false, no_weakening: true,"

// The parts of the small pack that two versions of it differ in.
var (
	promises = []string{`amendment: { clause: "8", notify: false,`, promise}
	noFreeze = []string{"freeze: true, ", ""}
)

func feeOf(yen string, more ...string) []string {
	return []string{"purposes:\n", "fees:\n  - { kinds: [disclosure], yen: " + yen + ", clause: \"7\", text: { ja: 手数料 }" + strings.Join(more, "") + " }\npurposes:\n"}
}

func with(parts ...[]string) []string { return slices.Concat(parts...) }

func protected(t testing.TB, l *Library, h Held) Protection {
	t.Helper()
	x, ok := l.Protection("small", h)
	if !ok {
		t.Fatal("there is no protection")
	}
	return x
}

func wonFor(x Protection, duty, line string) Won {
	for _, w := range x.Won {
		if w.Name == duty && (line == "" || w.Line == line) {
			return w
		}
	}
	return Won{}
}

// fee is what a disclosure costs.
func fee(p *Pack) int {
	f, _ := p.FeeFor(Request{Kind: "disclosure", Channel: "portal"})
	return f.Yen
}

// Three versions: the first promises more, the second charges and does not freeze,
// the third charges more still.
func amended(t testing.TB) *Library {
	return loadedAs(t, versioned(t, promises, with(from("2", "2026-04-01"), promises, feeOf("300"), noFreeze), with(from("3", "2026-10-01"), promises, feeOf("500"), noFreeze)))
}

// QOO-02: no retroactive weakening without consent.
func TestDataHeldBeforeAChangeKeepsTheProtectionOfItsTime(t *testing.T) {
	l := amended(t)
	for _, c := range []struct {
		name     string
		held     Held
		fee      int
		freeze   bool
		versions string // that bind beside the one at arrival
	}{
		{"acquired under the first", Held{Received: on(t, "2026-11-20"), Acquired: on(t, "2026-03-31")}, 0, true, "1 2"},
		{"acquired on an unknown day", Held{Received: on(t, "2026-11-20")}, 0, true, "1 2"},
		{"acquired under the second", Held{Received: on(t, "2026-11-20"), Acquired: on(t, "2026-04-01")}, 300, false, "2"},
		{"acquired under the third", Held{Received: on(t, "2026-11-20"), Acquired: on(t, "2026-10-01")}, 500, false, ""},
		{"received under the second", Held{Received: on(t, "2026-05-01")}, 0, true, "1"},
		{"received under the first", Held{Received: on(t, "2026-03-01")}, 0, true, ""},
		{"agreed to the second", Held{Received: on(t, "2026-11-20"), Consents: []Given{{"2", on(t, "2026-05-01"), "portal"}}}, 300, false, "2"},
		{"agreed to the third", Held{Received: on(t, "2026-11-20"), Consents: []Given{{"3", on(t, "2026-11-20"), "paper"}}}, 500, false, ""},
		{"agreed after the arrival", Held{Received: on(t, "2026-11-20"), Consents: []Given{{"3", on(t, "2026-11-21"), "paper"}}}, 0, true, "1 2"},
		{"agreed to a version that there is not", Held{Received: on(t, "2026-11-20"), Consents: []Given{{"9", on(t, "2026-05-01"), "portal"}}}, 0, true, "1 2"},
	} {
		x := protected(t, l, c.held)
		offer, _ := x.Pack.Offer("correction")
		var binds []string
		for _, v := range x.Since {
			binds = append(binds, v.Version)
		}
		if fee(x.Pack) != c.fee || offer.Freeze != c.freeze || strings.Join(binds, " ") != c.versions {
			t.Errorf("%s: a fee of %d, freeze %v, bound by %v; want %d, %v, %q", c.name, fee(x.Pack), offer.Freeze, binds, c.fee, c.freeze, c.versions)
		}
	}
	x := protected(t, l, Held{Received: on(t, "2026-11-20"), Acquired: on(t, "2026-03-31")})
	if w := wonFor(x, "fee", "fees/disclosure"); w.Why != WonOlder || strings.Join(w.Versions, " ") != "1" || w.Was != "500" || w.Is != nothing || w.Sense != Better {
		t.Errorf("the fee: %+v", w)
	}
	if x.Pack.Digest != x.Receipt.Digest || x.Receipt.Version != "3" || fee(x.Receipt) != 500 {
		t.Errorf("the version at arrival is %s, and charges %d", x.Receipt.Version, fee(x.Receipt))
	}
}

// QOO-25, D-18: consent that a policy deems from use is no consent.
func TestDeemedConsentNeverWeakens(t *testing.T) {
	l := amended(t)
	for _, source := range []string{"deemed", "use", "", "silence"} {
		x := protected(t, l, Held{Received: on(t, "2026-11-20"), Consents: []Given{{"3", on(t, "2026-10-02"), source}}})
		if fee(x.Pack) != 0 || len(x.Left) != 0 {
			t.Errorf("%q: a fee of %d, left out %v", source, fee(x.Pack), x.Left)
		}
	}
	for _, source := range ConsentSources {
		x := protected(t, l, Held{Received: on(t, "2026-11-20"), Consents: []Given{{"3", on(t, "2026-10-02"), source}}})
		if fee(x.Pack) != 500 || len(x.Left) != 2 || x.Left[0] != (LeftOut{"1", "consented"}) {
			t.Errorf("%q: a fee of %d, left out %v", source, fee(x.Pack), x.Left)
		}
	}
}

// SJ-11, SSW: who promises nothing about older data pins the version all the same.
func TestWithoutThePromiseTheVersionAtArrivalStands(t *testing.T) {
	l := loadedAs(t, versioned(t, nil, with(from("2", "2026-04-01"), feeOf("300"))))
	x := protected(t, l, Held{Received: on(t, "2026-11-20"), Acquired: on(t, "2020-01-01")})
	if x.Pack != x.Receipt || fee(x.Pack) != 300 || len(x.Left) != 1 || x.Left[0] != (LeftOut{"1", "no-promise"}) {
		t.Errorf("a fee of %d, left out %v", fee(x.Pack), x.Left)
	}
	x = protected(t, l, Held{Received: on(t, "2026-03-31"), Until: on(t, "2026-11-20")})
	if fee(x.Pack) != 0 || x.Pack != x.Receipt {
		t.Errorf("an amendment charges %d for a case that was there before it", fee(x.Pack))
	}
}

// The promise itself is protection: a version that drops it does not free itself
// of it, unless the person agreed.
func TestThePromiseCannotBeAmendedAway(t *testing.T) {
	l := loadedAs(t, versioned(t, promises, with(from("2", "2026-04-01"), feeOf("300"))))
	if x := protected(t, l, Held{Received: on(t, "2026-11-20")}); fee(x.Pack) != 0 || !x.Pack.Amendment.NoWeakening {
		t.Errorf("a fee of %d; the promise holds: %v", fee(x.Pack), x.Pack.Amendment.NoWeakening)
	}
	if x := protected(t, l, Held{Received: on(t, "2026-11-20"), Consents: []Given{{"2", on(t, "2026-05-01"), "counter"}}}); fee(x.Pack) != 300 || x.Pack.Amendment.NoWeakening {
		t.Errorf("agreed: a fee of %d", fee(x.Pack))
	}
}

func TestAnAmendmentDuringTheCaseHelpsAndNeverHarms(t *testing.T) {
	l := loadedAs(t, versioned(t, feeOf("300"), with(from("2", "2026-04-01"), feeOf("200")), with(from("3", "2026-06-01"), feeOf("500"), noFreeze), with(from("4", "2026-10-01"))))
	for day, want := range map[string]struct {
		fee  int
		wins string
	}{"2026-03-31": {300, ""}, "2026-04-01": {200, "2"}, "2026-06-01": {200, "2"}, "2026-10-01": {0, "4"}} {
		x := protected(t, l, Held{Received: on(t, "2026-03-01"), Until: on(t, day)})
		offer, _ := x.Pack.Offer("correction")
		w := wonFor(x, "fee", "")
		if fee(x.Pack) != want.fee || !offer.Freeze || strings.Join(w.Versions, " ") != want.wins || want.wins != "" && w.Why != WonAmendment {
			t.Errorf("until %s: a fee of %d, freeze %v, %+v", day, fee(x.Pack), offer.Freeze, w)
		}
	}
	p := l.Versions("small")[0]
	if x := protected(t, l, Held{Pinned: p.Digest, Received: on(t, "2030-01-01")}); x.Receipt != p {
		t.Errorf("pinned to version 1 and carried out by %s", x.Receipt.Version)
	}
	if _, ok := l.Protection("small", Held{Pinned: "gone"}); ok {
		t.Error("a digest that nobody keeps has a protection")
	}
	if _, ok := l.Protection("nobody", Held{Received: aDay}); ok {
		t.Error("a slug that nobody has has a protection")
	}
}

// A fee that one version asks of some and another of others is asked only of
// whom both ask it, and the lower of the two.
func TestOfTwoFeesThatCannotBeOrderedOnlyWhatBothAskIsCharged(t *testing.T) {
	l := loadedAs(t, versioned(t, with(promises, feeOf("300", `, if: request.channel == "portal"`)),
		with(from("2", "2026-04-01"), promises, feeOf("200", `, if: request.population == "customer"`))))
	x := protected(t, l, Held{Received: on(t, "2026-11-20")})
	for _, c := range []struct {
		r    Request
		want int
	}{
		{Request{Kind: "disclosure", Channel: "portal", Population: "customer"}, 200},
		{Request{Kind: "disclosure", Channel: "telephone", Population: "customer"}, 0},
		{Request{Kind: "disclosure", Channel: "portal"}, 0},
	} {
		if f, _ := x.Pack.FeeFor(c.r); f.Yen != c.want {
			t.Errorf("%+v: %d yen", c.r, f.Yen)
		}
	}
	if w := wonFor(x, "fee", ""); w.Why != WonTogether || strings.Join(w.Versions, " ") != "1 2" {
		t.Errorf("%+v", w)
	}
}

// The ordinary target waits for the person and can be extended; one of more days
// that does neither is better in that, and worse in the days.
func TestOfTwoTargetsTheDaysOfOneAndThePausesOfTheOtherAreCarriedOut(t *testing.T) {
	l := loadedAs(t, versioned(t, promises, with(from("2", "2026-04-01"), promises, []string{"purposes:\n", "times:\n  target: { start: arrival, unit: business-days, n: 13 }\npurposes:\n"})))
	x := protected(t, l, Held{Received: on(t, "2026-11-20")})
	r := x.Pack.Times.Target
	if r.N != 10 || r.Extension != nil || len(r.Pauses) != 0 {
		t.Errorf("%d %s, %+v, %v", r.N, r.Unit, r.Extension, r.Pauses)
	}
	if w := wonFor(x, "time", "clocks/target"); w.Why != WonTogether || strings.Join(w.Versions, " ") != "1 2" {
		t.Errorf("%+v", w)
	}
	for _, v := range l.Versions("small") {
		for _, d := range Compare(v, x.Pack) {
			if d.Name == "time" && d.Sense != Better {
				t.Errorf("against version %s: %+v", v.Version, d)
			}
		}
	}
}

// One change for each duty, the better side first, and the lines it is told on.
var respects = []struct {
	duty, line   string
	better, less []string
}{
	{"offered", "kinds/ad-opt-out", []string{"populations:\n", "  - { kind: ad-opt-out, online: false, clause: \"5\", who_may_file: [person, statutory-representative, delegated-agent], answer_to: person }\npopulations:\n"}, nil},
	{"offered", "kinds/disclosure", nil, []string{"kind: disclosure, online: true", "kind: disclosure, online: false"}},
	{"answer-to", "kinds/inquiry/answer", nil, []string{"kind: inquiry, online: false, clause: \"5\", who_may_file: [person, statutory-representative, delegated-agent], answer_to: person", "kind: inquiry, online: false, clause: \"5\", who_may_file: [person, statutory-representative, delegated-agent], answer_to: filer"}},
	{"identity", "identity/disclosure/telephone", nil, []string{"kind: disclosure, ", "kind: disclosure, identity: [{ channels: [telephone], level: L1 }], "}},
	{"no-ground", "kinds/deletion/no-ground", nil, []string{", no_ground: true", ""}},
	{"promise", "kinds/deletion/promise", nil, []string{", promise: suspend", ""}},
	{"freeze", "kinds/correction/freeze", nil, noFreeze},
	{"investigation", "kinds/correction/investigate", []string{"kind: correction, ", "kind: correction, investigate: true, "}, nil},
	{"exemption", "exemptions/disclosure/harm", []string{"  - { id: X1, kinds: [disclosure], clause: 5(1), article: 33(2)(i), text: same }\n", ""}, nil},
	{"exemption", "exemptions/disclosure/harm", []string{"article: 33(2)(i), text: same", "article: 33(2)(i), text: narrower, condition: Grave harm to the body"}, nil},
	{"fee", "fees/disclosure", nil, feeOf("300")},
	{"time", "clocks/target", []string{"purposes:\n", "times:\n  target: { start: arrival, unit: business-days, n: 5 }\npurposes:\n"}, []string{"purposes:\n", "times:\n  target: { start: arrival, unit: business-days, n: 8 }\npurposes:\n"}},
	{"time", "clocks/identity_expiry", nil, []string{"purposes:\n", "times:\n  identity_expiry: { start: event, unit: business-days, n: 11 }\npurposes:\n"}},
	{"number", "numbers/max_downloads", nil, []string{"purposes:\n", "numbers: { max_downloads: 2 }\npurposes:\n"}},
	{"retention", "retention/slips", nil, []string{"years: 7 }", "years: 10 }"}},
	{"retention", "retention/calls", []string{"retention:\n", "retention:\n  - { id: calls, clause: \"6\", text: { ja: 録音は一年 } }\nretention:\n"}, nil},
	{"fixed-field", "fields/name", []string{"fixed: true, clause", "clause"}, nil},
	{"entrusted", "populations/clients", []string{"purposes:\n", "purposes:\n"}, nil},
	{"scope", "about/scope", []string{"security:\n", "scope: { clause: \"1\", wider_than_law: true, text: { ja: 広い } }\nsecurity:\n"}, nil},
	{"purpose", "purposes/letters", nil, []string{"recipients:\n", "  - { id: letters, clause: \"2\", text: { ja: お知らせ } }\nrecipients:\n"}},
	{"recording", "recording", []string{"security:\n", "recording: { clause: \"3\", purposes: [quality], text: { ja: 録音 } }\nsecurity:\n"}, []string{"security:\n", "recording: { clause: \"3\", purposes: [quality, training], text: { ja: 録音 } }\nsecurity:\n"}},
	{"complaint-body", "complaints/body", []string{"security:\n", "complaint_bodies:\n  - { id: body, kind: authority, name: { ja: 団体 }, address: { ja: 東京 } }\nsecurity:\n"}, nil},
	{"amendment", "amendment", []string{"notify: false", "notify: true"}, nil},
}

func TestEachDutyIsCarriedOverFromWhicheverVersionIsBetter(t *testing.T) {
	told := map[string]bool{"who-may-file": true} // see the next test: the law has its own list for every kind
	for _, c := range respects {
		better, less := c.better, c.less
		if c.duty == "retention" && len(better) > 0 {
			better = []string{better[0], strings.TrimSuffix(better[1], "retention:\n")}
		}
		if c.duty == "entrusted" {
			two := []string{"populations:\n", "populations:\n  - { id: clients, text: { ja: 委託元の利用者 } }\n"}
			client := []string{"recipients:\n", "recipients:\n  - { id: client, role: client, clause: \"3\", text: { ja: 委託元 } }\n"}
			better = with(two, client)
			less = with([]string{"populations:\n", "populations:\n  - { id: clients, entrusted: true, text: { ja: 委託元の利用者 } }\n"}, client)
		}
		promises := promises
		if c.duty == "amendment" {
			promises = []string{"text: { ja: 変わることがあります }", "no_weakening: true, text: { ja: 変わることがあります }"}
		}
		told[c.duty] = true
		older := loadedAs(t, versioned(t, with(better, promises), with(from("2", "2026-04-01"), less, promises)))
		newer := loadedAs(t, versioned(t, with(less, promises), with(from("2", "2026-04-01"), better, promises)))
		for name, x := range map[string]Protection{
			WonOlder:     protected(t, older, Held{Received: on(t, "2026-11-20")}),
			WonAmendment: protected(t, newer, Held{Received: on(t, "2026-01-20"), Until: on(t, "2026-11-20")}),
		} {
			all := older.Versions("small")
			good, bad := all[0], all[1]
			if name == WonAmendment {
				all = newer.Versions("small")
				good, bad = all[1], all[0]
			}
			w := wonFor(x, c.duty, c.line)
			if w.Why != name || strings.Join(w.Versions, " ") != good.Version || w.Sense != Better {
				t.Errorf("%s %s: %+v of %+v", c.duty, c.line, w, x.Won)
			}
			if d := Compare(good, x.Pack); len(d) > 0 {
				t.Errorf("%s %s: what is carried out is not the better version: %+v", c.duty, name, d)
			}
			if d := Compare(bad, x.Pack); !slices.ContainsFunc(d, func(d Duty) bool { return d.Name == c.duty && d.Line == c.line && d.Sense == Better }) {
				t.Errorf("%s %s: it is not better than the other: %+v", c.duty, name, d)
			}
		}
		// The other way round nothing is taken over.
		if x := protected(t, older, Held{Received: on(t, "2026-01-20"), Until: on(t, "2026-11-20")}); x.Pack != x.Receipt {
			t.Errorf("%s: an amendment that is worse changes an open case: %+v", c.duty, x.Improved())
		}
	}
	for _, name := range DutyNames[:slices.Index(DutyNames, "channels")] {
		if !told[name] {
			t.Errorf("no change of %s", name)
		}
	}
}

// Where a law leaves it to the policy who may file, whoever one of the versions
// admits is admitted.
func TestWhoeverAVersionAdmitsMayFile(t *testing.T) {
	l := loadedAs(t, versioned(t, promises, with(from("2", "2026-04-01"), promises)))
	for i, who := range [][]string{{"person", "statutory-representative"}, {"person", "delegated-agent"}} {
		l.versions["small"][i].Kinds[0].WhoMayFile = who
	}
	x := protected(t, l, Held{Received: on(t, "2026-11-20")})
	if got := strings.Join(x.Pack.Kinds[0].WhoMayFile, " "); got != "person delegated-agent statutory-representative" {
		t.Errorf("admitted are %s", got)
	}
	if w := wonFor(x, "who-may-file", "kinds/disclosure/who"); w.Why != WonTogether || w.Sense != Better {
		t.Errorf("%+v", w)
	}
}

// Whatever versions there were: what is carried out is worse than none of those
// that bind, and knowing more of the past or agreeing to less never harms.
func TestWhatIsCarriedOutIsNeverWorseThanAVersionThatBinds(t *testing.T) {
	pool := [][2][]string{{nil, noFreeze}, {nil, feeOf("300")}, {feeOf("200"), feeOf("300", `, if: request.channel == "portal"`)}, {nil, {", no_ground: true", ""}},
		{nil, {", promise: suspend", ""}}, {{"fixed: true, clause", "clause"}, nil}, {{"  - { id: X1, kinds: [disclosure], clause: 5(1), article: 33(2)(i), text: same }\n", ""}, nil},
		{nil, {"kind: disclosure, online: true", "kind: disclosure, identity: [{ channels: [telephone], level: L1 }], online: true"}}, {nil, {"years: 7 }", "years: 10 }"}}}
	days := []string{"", "2026-02-01", "2026-04-01", "2026-06-01"}
	// A few dozen versions, chosen by chance but the same ones every time.
	chance := rand.New(rand.NewPCG(9, 2026))
	var libraries []*Library
	for range 10 {
		var versions [][]string
		for i := range 1 + chance.IntN(len(days)) {
			var v []string
			if i > 0 {
				v = from(fmt.Sprint(i+1), days[i])
			}
			fees := false
			for _, pair := range pool {
				side := pair[chance.IntN(2)]
				isFee := len(side) > 0 && strings.Contains(side[1], "fees:")
				if isFee && fees {
					continue
				}
				fees = fees || isFee
				v = append(v, side...)
			}
			if chance.IntN(2) == 0 {
				v = append(v, promises...)
			}
			versions = append(versions, v)
		}
		libraries = append(libraries, loadedAs(t, versioned(t, versions...)))
	}
	n := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		l := rapid.SampledFrom(libraries).Draw(r, "library")
		count := len(l.Versions("small"))
		day := func(name string) clock.Date {
			return clock.On(2026, 1, 1).AddDays(rapid.IntRange(0, 200).Draw(r, name))
		}
		h := Held{Received: day("received"), Until: day("until")}
		if rapid.Bool().Draw(r, "known") {
			h.Acquired = day("acquired")
		}
		if rapid.Bool().Draw(r, "agreed") {
			h.Consents = []Given{{fmt.Sprint(rapid.IntRange(1, count).Draw(r, "to")), day("on"), "portal"}}
		}
		x := protected(t, l, h)
		for _, v := range slices.Concat(x.Since, []*Pack{x.Receipt}, x.Amendments) {
			for _, d := range Compare(v, x.Pack) {
				n[string(d.Sense)]++
				if d.Sense == Worse {
					r.Fatalf("below version %s: %+v", v.Version, d)
				}
			}
		}
		// Every fee that is charged is one that each version that binds charges too.
		for _, channel := range channelCodes {
			req := Request{Kind: "disclosure", Channel: channel}
			is, _ := x.Pack.FeeFor(req)
			for _, v := range slices.Concat(x.Since, []*Pack{x.Receipt}, x.Amendments) {
				if was, _ := v.FeeFor(req); is.Yen > was.Yen {
					r.Fatalf("by %s %d yen are charged, and by version %s %d", channel, is.Yen, v.Version, was.Yen)
				}
			}
		}
		free := h
		free.Consents, free.Acquired = nil, clock.Date{}
		for _, d := range Compare(x.Pack, protected(t, l, free).Pack) {
			if d.Sense == Worse {
				r.Fatalf("with no consent and an unknown day it is worse: %+v", d)
			}
		}
	})
	if n[string(Better)] < 20 {
		t.Errorf("hardly anything was ever better: %v", n)
	}
}
