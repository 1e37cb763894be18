package evidence

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var morning = time.Date(2026, 11, 16, 0, 30, 0, 123456789, time.UTC)

// chain makes a case with n honest events.
func chain(t testing.TB, id string, n int) []Event {
	t.Helper()
	head := Head{Organisation: "org-1", Case: id}
	var events []Event
	for i := range n {
		e := Event{Organisation: "org-1", Case: id, At: morning.Add(time.Duration(i) * time.Minute), Kind: "stage-changed", Actor: "staff-7", ActorKind: "staff",
			Data: map[string]any{"transition": i, "to": fmt.Sprintf("stage-%d", i)}}
		e, next, err := Append(head, e)
		if err != nil {
			t.Fatal(err)
		}
		head = next
		events = append(events, e)
	}
	return events
}

// record is an honest record of three cases with two checkpoints over it, and two events newer than both.
type record struct {
	chains map[string][]Event
	signer *Signer
	points []Checkpoint
}

func honest(t testing.TB) *record {
	t.Helper()
	signer, err := LoadOrCreateSigner(filepath.Join(t.TempDir(), "evidence"))
	if err != nil {
		t.Fatal(err)
	}
	r := &record{chains: map[string][]Event{}, signer: signer}
	for _, id := range []string{"case-a", "case-b", "case-c"} {
		r.chains[id] = chain(t, id, 8)
	}
	r.sign(t, 4)
	r.sign(t, 6)
	return r
}

// sign makes a checkpoint as it was made when every chain had n events.
func (r *record) sign(t testing.TB, n int) {
	t.Helper()
	var prev *Checkpoint
	if len(r.points) > 0 {
		prev = &r.points[len(r.points)-1]
	}
	var heads []Head
	for _, events := range r.chains {
		heads = append(heads, HeadOf(events[n-1]))
	}
	cp, err := r.signer.Sign(prev, heads, morning.Add(time.Duration(n)*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	r.points = append(r.points, cp)
}

func (r *record) all() []Event {
	var all []Event
	for _, id := range []string{"case-a", "case-b", "case-c"} {
		all = append(all, r.chains[id]...)
	}
	return all
}

func (r *record) verify() Report { return Verify(Chains(r.all()), r.points, r.signer.Public()) }

// rehash makes a chain sound in itself again from place i on, as somebody with the run of the database could.
func rehash(t testing.TB, events []Event, i int) {
	t.Helper()
	for ; i < len(events); i++ {
		head := Head{Organisation: events[0].Organisation, Case: events[0].Case}
		if i > 0 {
			head = HeadOf(events[i-1])
		}
		e, _, err := Append(head, events[i])
		if err != nil {
			t.Fatal(err)
		}
		events[i] = e
	}
}

func TestAnHonestRecordIsOK(t *testing.T) {
	r := honest(t)
	report := r.verify()
	if !report.OK() || report.Cases != 3 || report.Events != 24 || report.Checkpoints != 2 || report.Compared != 6 || report.Newer != 6 {
		t.Errorf("%+v\n%s", report, report)
	}
	t.Log(strings.TrimSpace(report.String()))
}

func TestWhatWasDoneToTheRecordIsFoundAndNamed(t *testing.T) {
	const id = "case-b"
	set := func(r *record, events []Event) { r.chains[id] = events }
	faults := map[string]struct {
		do    func(t *testing.T, r *record, events []Event)
		seq   int64
		fault Fault
	}{
		"an event's data is edited": {func(t *testing.T, r *record, e []Event) {
			e[2].Data = map[string]any{"transition": 2, "to": "closed"}
		}, 3, Edited},
		"an event's time is edited":  {func(t *testing.T, r *record, e []Event) { e[2].At = e[2].At.Add(time.Microsecond) }, 3, Edited},
		"an event's actor is edited": {func(t *testing.T, r *record, e []Event) { e[2].Actor = "staff-8" }, 3, Edited},
		"the first event is edited":  {func(t *testing.T, r *record, e []Event) { e[0].Kind = "filed" }, 1, Edited},
		"an event is edited and hashed anew": {func(t *testing.T, r *record, e []Event) {
			e[2].Actor = "staff-8"
			rehash(t, e[:3], 2)
		}, 3, Edited},
		"an event's data holds what can't be hashed": {func(t *testing.T, r *record, e []Event) { e[2].Data = map[string]any{"share": 0.5} }, 3, Edited},
		"an event's link is edited": {func(t *testing.T, r *record, e []Event) {
			e[2].PrevHash = slices.Clone(e[2].PrevHash)
			e[2].PrevHash[0]++
		}, 3, Edited},
		"an event's hash is edited": {func(t *testing.T, r *record, e []Event) {
			e[2].Hash = slices.Clone(e[2].Hash)
			e[2].Hash[0]++
		}, 3, Edited},
		"an event is written anew and linked to nothing": {func(t *testing.T, r *record, e []Event) {
			forged, _, err := Append(Head{Organisation: "org-1", Case: id, Seq: 2, Hash: []byte("nothing")}, e[2])
			if err != nil {
				t.Fatal(err)
			}
			e[2] = forged
		}, 3, Edited},
		"an event is deleted":        {func(t *testing.T, r *record, e []Event) { set(r, slices.Delete(e, 2, 3)) }, 3, Deleted},
		"three events are deleted":   {func(t *testing.T, r *record, e []Event) { set(r, slices.Delete(e, 2, 5)) }, 3, Deleted},
		"the first event is deleted": {func(t *testing.T, r *record, e []Event) { set(r, slices.Delete(e, 0, 1)) }, 1, Deleted},
		"an event is deleted and the rest renumbered": {func(t *testing.T, r *record, e []Event) {
			e = slices.Delete(e, 2, 3)
			for i := 2; i < len(e); i++ {
				e[i].Seq--
			}
			set(r, e)
		}, 3, Deleted},
		"an event is inserted with a number twice": {func(t *testing.T, r *record, e []Event) {
			forged, _, err := Append(HeadOf(e[1]), Event{Organisation: "org-1", Case: id, At: e[1].At, Kind: "approved", Actor: "staff-8", ActorKind: "staff"})
			if err != nil {
				t.Fatal(err)
			}
			set(r, slices.Insert(e, 2, forged))
		}, 3, Inserted},
		"an event is inserted and the rest renumbered": {func(t *testing.T, r *record, e []Event) {
			forged, _, err := Append(HeadOf(e[1]), Event{Organisation: "org-1", Case: id, At: e[1].At, Kind: "approved", Actor: "staff-8", ActorKind: "staff"})
			if err != nil {
				t.Fatal(err)
			}
			for i := 2; i < len(e); i++ {
				e[i].Seq++
			}
			set(r, slices.Insert(e, 2, forged))
		}, 3, Inserted},
		"an event of another case is inserted": {func(t *testing.T, r *record, e []Event) {
			e[2].Case = id
			foreign := r.chains["case-a"][2]
			foreign.Case = id
			set(r, slices.Insert(e, 3, foreign))
		}, 3, Inserted},
		"two events exchange their numbers": {func(t *testing.T, r *record, e []Event) {
			e[2].Seq, e[4].Seq = e[4].Seq, e[2].Seq
			e[2], e[4] = e[4], e[2]
		}, 3, Swapped},
		"two neighbours exchange their numbers": {func(t *testing.T, r *record, e []Event) {
			e[2].Seq, e[3].Seq = e[3].Seq, e[2].Seq
			e[2], e[3] = e[3], e[2]
		}, 3, Swapped},
		"two events exchange their content": {func(t *testing.T, r *record, e []Event) {
			e[2].Data, e[4].Data = e[4].Data, e[2].Data
			e[2].At, e[4].At = e[4].At, e[2].At
		}, 3, Swapped},
		"two events stand in the wrong order": {func(t *testing.T, r *record, e []Event) { e[2], e[3] = e[3], e[2] }, 3, Swapped},
		"the end is cut off":                  {func(t *testing.T, r *record, e []Event) { set(r, e[:4]) }, 5, Cut},
		"all but the first event is cut off":  {func(t *testing.T, r *record, e []Event) { set(r, e[:1]) }, 2, Cut},
		"the case is dropped":                 {func(t *testing.T, r *record, e []Event) { delete(r.chains, id) }, 6, Dropped},
		"the case is written anew": {func(t *testing.T, r *record, e []Event) {
			e[2].Actor = "staff-8"
			rehash(t, e, 2)
		}, 6, Rewritten},
		"an event is deleted and the rest hashed anew": {func(t *testing.T, r *record, e []Event) {
			e = slices.Delete(e, 2, 3)
			rehash(t, e, 2)
			set(r, e)
		}, 6, Rewritten},
	}
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			r := honest(t)
			f.do(t, r, r.chains[id])
			report := r.verify()
			if report.OK() {
				t.Fatal("not found")
			}
			found := slices.ContainsFunc(report.Problems, func(p Problem) bool {
				return p.Case == id && p.Organisation == "org-1" && p.Seq == f.seq && p.Fault == f.fault
			})
			if !found {
				t.Errorf("want %s at event %d of %s, got\n%s", f.fault, f.seq, id, report)
			}
			for _, p := range report.Problems {
				if p.Case != id {
					t.Errorf("an honest case is accused: %s", p)
				}
			}
			if len(report.Problems) > 2 {
				t.Errorf("one deed, %d problems:\n%s", len(report.Problems), report)
			}
			needsCheckpoint := f.fault == Cut || f.fault == Dropped || f.fault == Rewritten
			if err := VerifyChain(r.chains[id]); (err == nil) != needsCheckpoint {
				t.Errorf("the chain alone says %v", err)
			} else if err != nil && !strings.Contains(err.Error(), "case "+id+", event ") {
				t.Errorf("the error doesn't name case and event: %v", err)
			}
		})
	}
	t.Logf("%d deeds planted", len(faults))
}

func TestAnAlteredCheckpointIsFoundAndNamed(t *testing.T) {
	stranger, err := LoadOrCreateSigner(filepath.Join(t.TempDir(), "other"))
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]struct {
		do    func(r *record)
		seq   int64
		fault Fault
	}{
		"its time":                      {func(r *record) { r.points[1].At = r.points[1].At.Add(time.Hour) }, 2, Forged},
		"its number of cases":           {func(r *record) { r.points[1].Cases-- }, 2, Forged},
		"its number of events":          {func(r *record) { r.points[1].Events-- }, 2, Forged},
		"its root":                      {func(r *record) { r.points[1].Root = slices.Repeat([]byte{7}, 32) }, 2, Forged},
		"its predecessor":               {func(r *record) { r.points[1].Prev = nil }, 2, Forged},
		"its signature":                 {func(r *record) { r.points[1].Signature[5]++ }, 2, Forged},
		"no signature":                  {func(r *record) { r.points[1].Signature = nil }, 2, Forged},
		"one of its heads":              {func(r *record) { r.points[1].Heads[1].Seq-- }, 2, Forged},
		"a head left out":               {func(r *record) { r.points[1].Heads = r.points[1].Heads[1:] }, 2, Forged},
		"a head left out, count lower":  {func(r *record) { r.points[1].Heads = r.points[1].Heads[1:]; r.points[1].Cases-- }, 2, Forged},
		"the first of them is gone":     {func(r *record) { r.points = r.points[1:] }, 2, Missing},
		"its number, to hide a missing": {func(r *record) { r.points[1].Number = 1; r.points = r.points[1:] }, 1, Forged},
		"one in the middle is gone": {func(r *record) {
			cp, err := r.signer.Sign(&r.points[1], r.points[1].Heads, morning.Add(9*time.Hour))
			if err != nil {
				panic(err)
			}
			r.points = []Checkpoint{r.points[0], cp}
		}, 3, Missing},
		"another's signature": {func(r *record) {
			cp, err := stranger.Sign(&r.points[0], r.points[1].Heads, r.points[1].At)
			if err != nil {
				panic(err)
			}
			r.points[1] = cp
		}, 2, Forged},
		"another's signature under our name": {func(r *record) {
			cp, err := stranger.Sign(&r.points[0], r.points[1].Heads, r.points[1].At)
			if err != nil {
				panic(err)
			}
			cp.KeyID = KeyID(r.signer.Public())
			r.points[1] = cp
		}, 2, Forged},
		"two of one number": {func(r *record) { r.points = append(r.points, r.points[1]) }, 2, Forged},
	} {
		t.Run(name, func(t *testing.T) {
			r := honest(t)
			f.do(r)
			report := r.verify()
			if report.OK() || !slices.ContainsFunc(report.Problems, func(p Problem) bool {
				return p.Case == "" && p.Seq == f.seq && p.Fault == f.fault && strings.HasPrefix(p.String(), fmt.Sprintf("checkpoint %d: ", f.seq))
			}) {
				t.Errorf("want %s at checkpoint %d, got\n%s", f.fault, f.seq, report)
			}
		})
	}
}

func TestALossIsNeverSignedOver(t *testing.T) {
	for name, f := range map[string]struct {
		do    func(r *record) []Head
		fault Fault
	}{
		"dropped": {func(r *record) []Head { return r.points[1].Heads[:2] }, Dropped},
		"cut": {func(r *record) []Head {
			heads := slices.Clone(r.points[1].Heads)
			heads[2] = HeadOf(r.chains["case-c"][4])
			return heads
		}, Cut},
		"rewritten": {func(r *record) []Head {
			heads := slices.Clone(r.points[1].Heads)
			heads[2].Hash = slices.Repeat([]byte{1}, 32)
			return heads
		}, Rewritten},
	} {
		r := honest(t)
		_, err := r.signer.Sign(&r.points[1], f.do(r), morning.Add(9*time.Hour))
		var loss *ChainError
		if !errors.As(err, &loss) || len(loss.Problems) != 1 || loss.Problems[0].Fault != f.fault || loss.Problems[0].Case != "case-c" {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := honest(t)
	for name, heads := range map[string][]Head{
		"nothing":        nil,
		"one case twice": {r.points[0].Heads[0], r.points[0].Heads[0]},
		"an empty chain": {{Organisation: "org-1", Case: "case-z"}},
	} {
		if _, err := r.signer.Sign(nil, heads, morning); err == nil {
			t.Errorf("%s was signed", name)
		}
	}
}

func TestNothingCheckedIsNotOK(t *testing.T) {
	r := honest(t)
	for name, report := range map[string]Report{
		"nothing":       Verify(Chains(nil), nil, r.signer.Public()),
		"no checkpoint": Verify(Chains(r.all()), nil, r.signer.Public()),
		"no events":     Verify(Chains(nil), r.points, r.signer.Public()),
		"checkpoints without heads": Verify(Chains(r.all()), func() []Checkpoint {
			points := slices.Clone(r.points)
			for i := range points {
				points[i].Heads = nil
			}
			return points
		}(), r.signer.Public()),
		"no key": Verify(Chains(r.all()), r.points),
		"records that can't be read": Verify(func(yield func([]Event, error) bool) {
			_ = yield(r.chains["case-a"], nil) && yield(nil, errors.New("disk"))
		}, r.points, r.signer.Public()),
	} {
		if report.OK() || !strings.Contains(report.String(), "NOT ok") {
			t.Errorf("%s: %s", name, report)
		}
	}
	var _ iter.Seq2[[]Event, error] = Chains(nil)
}

func TestAnOlderCheckpointMayLoseItsHeads(t *testing.T) {
	r := honest(t)
	r.points[0].Heads = nil
	if report := r.verify(); !report.OK() || report.Compared != 3 {
		t.Error(report)
	}
	if err := VerifyCheckpoint(r.points[1], r.points[1].Heads, r.signer.Public()); err != nil {
		t.Error(err)
	}
	if err := VerifyCheckpoint(r.points[1], r.points[1].Heads[:2], r.signer.Public()); err == nil {
		t.Error("a checkpoint fits two of its three heads")
	}
}

func TestTheRecordHoldsNoFractionsNoProseAndNoAddresses(t *testing.T) {
	head := Head{Organisation: "org-1", Case: "case-1"}
	event := Event{Organisation: "org-1", Case: "case-1", At: morning, Kind: "filed", ActorKind: "person"}
	for name, v := range map[string]any{
		"a fraction":      0.5,
		"a float":         map[string]any{"deep": []any{float32(1)}},
		"bytes":           []byte("bytes"),
		"a struct":        struct{ A int }{1},
		"a mail address":  "anh@example.org",
		"a wide address":  "ａｎｈ＠example.org",
		"lines":           "first\nsecond",
		"prose":           strings.Repeat("word ", 101),
		"broken UTF-8":    "\xff",
		"a key that is":   map[string]int{"anh@example.org": 1},
		"a map by number": map[int]int{1: 1},
		"too large":       uint64(1 << 63),
	} {
		event.Data = map[string]any{"value": v}
		_, _, err := Append(head, event)
		if err == nil {
			t.Errorf("%s stands in the record", name)
		} else if strings.Contains(err.Error(), "example.org:") || strings.Contains(err.Error(), "anh@") {
			t.Errorf("%s is quoted: %v", name, err)
		}
	}
	event.Data = map[string]any{"calendar": "jp@2026.1", "holiday": "建国記念の日"}
	if _, _, err := Append(head, event); err != nil {
		t.Error(err)
	}
	event.Actor = "anh@example.org"
	if _, _, err := Append(head, event); err == nil {
		t.Error("an address acts")
	}
	event.Actor, event.Case = "", "case-2"
	if _, _, err := Append(head, event); err == nil {
		t.Error("an event was chained to another case")
	}
}

func TestTheRecordNeverRunsBack(t *testing.T) {
	events := chain(t, "case-a", 2)
	e, head, err := Append(HeadOf(events[1]), Event{Organisation: "org-1", Case: "case-a", At: morning.Add(-time.Hour), Kind: "withdrawn", ActorKind: "person"})
	if err != nil || !e.At.Equal(events[1].At) || !head.At.Equal(e.At) {
		t.Errorf("%v, %v", e.At, err)
	}
	back := e
	back.At = morning.Add(-time.Hour)
	back.Hash, err = hashOf(back)
	if err != nil {
		t.Fatal(err)
	}
	var broken *ChainError
	if err := VerifyChain([]Event{events[0], events[1], back}); !errors.As(err, &broken) || broken.Problems[0].Fault != RanBack || broken.Problems[0].Seq != 3 {
		t.Error(err)
	}
}

// These bytes are in databases. If this test fails, every record made before the change has become unverifiable:
// make a new form beside this one, never another output.
func TestTheCanonicalFormStays(t *testing.T) {
	type stage string
	head := Head{Organisation: "0190", Case: "0191"}
	e, head, err := Append(head, Event{Organisation: "0190", Case: "0191", At: morning.In(time.FixedZone("JST", 9*3600)), Kind: "filed", Actor: "", ActorKind: "person", Data: map[string]any{
		"z": nil, "b": true, "a": -1, "kind": stage("disclosure"), "list": []any{1, "二", uint8(3)}, "map": map[string]int{"y": 2, "x": 1},
		"text": "a \"quote\", a \\, <tag> & \t", "at": morning,
	}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := Canonical(e)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "event-1.json", text)
	golden(t, "event-1.sha256", []byte(hex.EncodeToString(e.Hash)))
	second, head, err := Append(head, Event{Organisation: "0190", Case: "0191", At: morning.Add(time.Second), Kind: "closed", Actor: "0192", ActorKind: "staff"})
	if err != nil {
		t.Fatal(err)
	}
	if text, err = Canonical(second); err != nil {
		t.Fatal(err)
	}
	golden(t, "event-2.json", text)
	golden(t, "event-2.sha256", []byte(hex.EncodeToString(second.Hash)))
	other := Head{Organisation: "0190", Case: "0199", Seq: 3, Hash: slices.Repeat([]byte{1}, 32)}
	third := Head{Organisation: "0180", Case: "0200", Seq: 1, Hash: slices.Repeat([]byte{2}, 32)}
	cp := Checkpoint{Number: 2, At: e.At, Cases: 3, Events: 6, KeyID: "0011223344556677", Prev: []byte{9}, Root: merkle([]Head{third, head, other})}
	golden(t, "checkpoint.txt", cp.statement())

	// The way through a database changes nothing.
	data, err := CanonicalData(e.Data)
	if err != nil {
		t.Fatal(err)
	}
	back := e
	if back.Data, err = ParseData(data); err != nil {
		t.Fatal(err)
	}
	back.At = time.UnixMicro(e.At.UnixMicro())
	if err := VerifyChain([]Event{back, second}); err != nil {
		t.Error(err)
	}
	if again, err := CanonicalData(back.Data); err != nil || !bytes.Equal(again, data) {
		t.Errorf("%s, %v", again, err)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_EVIDENCE") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, want)
	}
}

func TestTheSigningKeyIsMadeOnceAndReadByItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "evidence")
	if _, err := LoadSigner(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	first, err := LoadOrCreateSigner(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadOrCreateSigner(path)
	if err != nil || !first.Public().Equal(again.Public()) {
		t.Errorf("a second key: %v", err)
	}
	public, err := LoadPublic(path + ".pub")
	if err != nil || !public.Equal(first.Public()) {
		t.Errorf("the public key: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if _, err := LoadPublic(path); err == nil {
		t.Error("a signing key passes for a public one")
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateSigner(path); err == nil || !strings.Contains(err.Error(), "chmod 0400") {
		t.Errorf("a key that all may read: %v", err)
	}
}

func TestNonsenseDoesNotTakeForEver(t *testing.T) {
	events := chain(t, "case-a", 2000)
	for i := range events {
		events[i].Actor = "nobody"
	}
	began := time.Now()
	if err := VerifyChain(events); err == nil {
		t.Error("nonsense verifies")
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %s", took)
	}
}
