package evidence

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Checkpoint is a signed statement of how far every chain had grown at one time. One is made each hour.
type Checkpoint struct {
	Number int64     // 1 for the first, then without a gap
	At     time.Time // UTC, microseconds
	Cases  int       // how many chains there were
	Events int64     // how many events in them
	Root   []byte    // the root of the Merkle tree over the heads, in the order of organisation and case
	Prev   []byte    // the digest of the checkpoint before, signature and all; empty for the first
	KeyID  string    // names the signing key
	// Signature is Ed25519 over all of the above, in the form that statement writes.
	Signature []byte
	// Heads are what Root is made of. They make it possible to name the case that lost something. An older checkpoint
	// may be kept without them: its place in the row of checkpoints is still checked.
	Heads []Head
}

// Signer signs checkpoints.
type Signer struct{ key ed25519.PrivateKey }

// Public returns the key that VerifyCheckpoint and Verify need.
func (s *Signer) Public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

// KeyID names a public key: 16 hexadecimal digits of its hash.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

// LoadOrCreateSigner reads the signing key at path (PEM, PKCS #8, mode 0400) or makes one there, and writes its public
// half beside it (path + ".pub", PEM) for whoever verifies the record elsewhere. Of two processes that start at once,
// one makes the key and both use it.
func LoadOrCreateSigner(path string) (*Signer, error) {
	signer, err := LoadSigner(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = createKey(path); err == nil || errors.Is(err, fs.ErrExist) {
			signer, err = LoadSigner(path)
		}
	}
	if err != nil {
		return nil, err
	}
	text, err := PublicPEM(signer.Public())
	if err != nil {
		return nil, err
	}
	if have, err := os.ReadFile(path + ".pub"); err == nil && bytes.Equal(have, text) {
		return signer, nil
	}
	if err := writeWhole(path+".pub", text, 0o444, os.Rename); err != nil {
		return nil, fmt.Errorf("evidence: writing the public key: %w", err)
	}
	return signer, nil
}

// LoadSigner reads the signing key at path. A missing file is fs.ErrNotExist; one that others may read is refused.
func LoadSigner(path string) (*Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("evidence: the signing key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("evidence: the signing key %s can be read by others than its owner; run chmod 0400 on it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("evidence: the signing key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("evidence: %s is not a signing key", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("evidence: %s is not a signing key", path)
	}
	return &Signer{key: key}, nil
}

// PublicPEM writes a public key as the .pub file has it.
func PublicPEM(public ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("evidence: the public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// LoadPublic reads a .pub file.
func LoadPublic(path string) (ed25519.PublicKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("evidence: the public key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("evidence: %s is not a public key", path)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	key, ok := parsed.(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("evidence: %s is not a public key for checkpoints", path)
	}
	return key, nil
}

// createKey draws a signing key and puts it at path; fs.ErrExist when another process was faster.
func createKey(path string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("evidence: making a signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("evidence: making a signing key: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := writeWhole(path, text, 0o400, os.Link); err != nil {
		return fmt.Errorf("evidence: writing the signing key: %w", err)
	}
	return nil
}

// writeWhole puts a file in its place at once, on the disk before it returns. With os.Link as place it replaces
// nothing (fs.ErrExist), with os.Rename it does.
func writeWhole(path string, text []byte, mode fs.FileMode, place func(from, to string) error) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(folder, ".new-key-*")
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(text)
	if err := errors.Join(err, draft.Chmod(mode), draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := place(draft.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Sign makes the checkpoint that follows prev (nil before the first) over the heads of all chains. It refuses, with a
// *ChainError that names the cases, when a head that prev lists is gone, shorter or another: a loss must be looked
// into and never be signed over. Without chains there is nothing to sign, which is an error too.
func (s *Signer) Sign(prev *Checkpoint, heads []Head, at time.Time) (Checkpoint, error) {
	heads, err := ordered(heads)
	if err != nil {
		return Checkpoint{}, err
	}
	cp := Checkpoint{Number: 1, At: at.UTC().Truncate(time.Microsecond), Cases: len(heads), Root: merkle(heads), KeyID: KeyID(s.Public()), Heads: heads}
	for _, h := range heads {
		cp.Events += h.Seq
	}
	if prev != nil {
		if problems := lost(*prev, heads); len(problems) > 0 {
			return Checkpoint{}, &ChainError{Problems: problems}
		}
		cp.Number = prev.Number + 1
		cp.Prev = prev.digest()
		if cp.At.Before(prev.At) {
			cp.At = prev.At
		}
	}
	cp.Signature = ed25519.Sign(s.key, cp.statement())
	return cp, nil
}

// VerifyCheckpoint checks a checkpoint's signature against the public keys, and that it speaks of exactly these heads
// (nil: those that it lists itself, if any).
func VerifyCheckpoint(cp Checkpoint, heads []Head, keys ...ed25519.PublicKey) error {
	forged := func(what string, args ...any) error {
		return &ChainError{Problems: []Problem{{Seq: cp.Number, Fault: Forged, What: fmt.Sprintf("forged: "+what, args...)}}}
	}
	i := slices.IndexFunc(keys, func(k ed25519.PublicKey) bool { return KeyID(k) == cp.KeyID })
	if i < 0 || len(keys[i]) != ed25519.PublicKeySize {
		return forged("it names the key %q, which is not ours", cp.KeyID)
	}
	if !ed25519.Verify(keys[i], cp.statement(), cp.Signature) {
		return forged("its signature does not fit")
	}
	if heads == nil {
		heads = cp.Heads
	}
	if heads == nil {
		return nil
	}
	heads, err := ordered(heads)
	if err != nil {
		return forged("its list of heads is not one: %v", err)
	}
	if len(heads) != cp.Cases {
		return forged("it was signed over %d cases and lists %d", cp.Cases, len(heads))
	}
	if !bytes.Equal(merkle(heads), cp.Root) {
		return forged("it was signed over other heads than it lists")
	}
	return nil
}

// statement is what is signed.
func (cp Checkpoint) statement() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "madoguchi evidence checkpoint\n"+`{"at":%d,"cases":%d,"events":%d,"form":%d,"key":`, cp.At.UnixMicro(), cp.Cases, cp.Events, form)
	writeString(&b, cp.KeyID)
	fmt.Fprintf(&b, `,"number":%d,"prev":"%x","root":"%x"}`, cp.Number, cp.Prev, cp.Root)
	return b.Bytes()
}

// digest is what the next checkpoint is chained to.
func (cp Checkpoint) digest() []byte {
	sum := sha256.Sum256(append(cp.statement(), cp.Signature...))
	return sum[:]
}

// ordered sorts a copy of the heads and refuses an empty list, an empty chain and one case twice.
func ordered(heads []Head) ([]Head, error) {
	if len(heads) == 0 {
		return nil, errors.New("evidence: there is no record to sign")
	}
	heads = slices.Clone(heads)
	slices.SortFunc(heads, compareHeads)
	for i, h := range heads {
		if h.Seq < 1 || len(h.Hash) != sha256.Size {
			return nil, fmt.Errorf("evidence: the head of case %s has no event", h.Case)
		}
		if i > 0 && compareHeads(heads[i-1], h) == 0 {
			return nil, fmt.Errorf("evidence: case %s has two heads", h.Case)
		}
	}
	return heads, nil
}

// compareHeads is the order of the tree. It is signed, so it may not change.
func compareHeads(a, b Head) int {
	return cmp.Or(strings.Compare(a.Organisation, b.Organisation), strings.Compare(a.Case, b.Case))
}

// lost names what a checkpoint lists and these heads no longer have. Whether a longer chain still goes through the
// signed hash only its events can tell.
func lost(prev Checkpoint, heads []Head) []Problem {
	var problems []Problem
	for _, was := range prev.Heads {
		i, ok := slices.BinarySearchFunc(heads, was, compareHeads)
		if !ok {
			problems = append(problems, droppedProblem(was, prev))
			continue
		}
		problems = append(problems, compareEnd(was, prev, heads[i].Seq, heads[i].Hash)...)
	}
	return problems
}

// compareEnd compares the signed end of a chain with what is there: how many events, and the hash of the one that
// was the end then.
func compareEnd(was Head, cp Checkpoint, length int64, hash []byte) []Problem {
	p := Problem{Organisation: was.Organisation, Case: was.Case, Seq: was.Seq}
	switch {
	case length < was.Seq:
		p.Seq, p.Fault = length+1, Cut
		p.What = fmt.Sprintf("cut: %s missing, which checkpoint %d signed", span(length+1, was.Seq), cp.Number)
	case length == was.Seq && !bytes.Equal(hash, was.Hash):
		p.Fault = Rewritten
		p.What = fmt.Sprintf("rewritten: it is not the event that checkpoint %d signed", cp.Number)
	default:
		return nil
	}
	return []Problem{p}
}

// droppedProblem names a case of which nothing is left.
func droppedProblem(was Head, cp Checkpoint) Problem {
	return Problem{was.Organisation, was.Case, was.Seq, Dropped, fmt.Sprintf("dropped: the case and its %d events are gone, which checkpoint %d signed", was.Seq, cp.Number)}
}

// merkle is the root of the tree of RFC 6962, section 2.1, over the heads: leaves and nodes are hashed with different
// first bytes, so that no node can pass for a leaf. A tree, so that one case's place in it can be shown to an outsider
// without the others.
func merkle(heads []Head) []byte {
	if len(heads) == 1 {
		var b bytes.Buffer
		b.WriteByte(0)
		b.WriteString(`{"case":`)
		writeString(&b, heads[0].Case)
		fmt.Fprintf(&b, `,"hash":"%x","organisation":`, heads[0].Hash)
		writeString(&b, heads[0].Organisation)
		fmt.Fprintf(&b, `,"seq":%d}`, heads[0].Seq)
		sum := sha256.Sum256(b.Bytes())
		return sum[:]
	}
	k := 1
	for k*2 < len(heads) {
		k *= 2
	}
	node := append([]byte{1}, merkle(heads[:k])...)
	sum := sha256.Sum256(append(node, merkle(heads[k:])...))
	return sum[:]
}

// Report is what Verify found.
type Report struct {
	Problems    []Problem
	Cases       int   // chains read
	Events      int   // events read and hashed again
	Checkpoints int   // checkpoints whose signature was checked
	Compared    int   // heads of checkpoints compared with their chains
	Newer       int64 // events that no checkpoint has signed yet
}

// OK says that everything was checked and nothing is wrong. A record without a case, an event or a checkpoint is not
// ok: nothing was proven about it.
func (r Report) OK() bool {
	return len(r.Problems) == 0 && r.Cases > 0 && r.Events > 0 && r.Checkpoints > 0 && r.Compared > 0
}

// String prints the counts, then the problems, then the judgment.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cases %d, events %d, checkpoints %d, heads compared %d, events newer than the newest checkpoint %d, problems %d\n",
		r.Cases, r.Events, r.Checkpoints, r.Compared, r.Newer, len(r.Problems))
	for _, p := range r.Problems {
		b.WriteString(p.String() + "\n")
	}
	switch {
	case r.OK():
		b.WriteString("ok: the record is whole\n")
	case len(r.Problems) > 0:
		b.WriteString("NOT ok\n")
	case r.Events == 0:
		b.WriteString("NOT ok: no event was checked\n")
	default:
		b.WriteString("NOT ok: no checkpoint was checked, so a cut or dropped record would not be seen\n")
	}
	return b.String()
}

// Chains turns a list of events into the source that Verify reads: one case after the other, in the order in which
// each case first appears.
func Chains(events []Event) iter.Seq2[[]Event, error] {
	return func(yield func([]Event, error) bool) {
		type name struct{ organisation, id string }
		var names []name
		byCase := map[name][]Event{}
		for _, e := range events {
			n := name{e.Organisation, e.Case}
			if _, seen := byCase[n]; !seen {
				names = append(names, n)
			}
			byCase[n] = append(byCase[n], e)
		}
		for _, n := range names {
			if !yield(byCase[n], nil) {
				return
			}
		}
	}
}

// Verify checks the whole record: every chain by itself, every checkpoint's signature and its place in the row, and
// every head that a checkpoint lists against the chain. Source yields the events of one case at a time, in the order
// of their numbers, so that memory holds one case; checkpoints come in any order. Several keys are given after the
// signing key was changed.
func Verify(source iter.Seq2[[]Event, error], checkpoints []Checkpoint, keys ...ed25519.PublicKey) Report {
	var r Report
	checkpoints = slices.Clone(checkpoints)
	slices.SortStableFunc(checkpoints, func(a, b Checkpoint) int { return cmp.Compare(a.Number, b.Number) })
	type name struct{ organisation, id string }
	type signed struct {
		head Head
		cp   Checkpoint
	}
	expected := map[name][]signed{}
	for i, cp := range checkpoints {
		r.Checkpoints++
		if err := VerifyCheckpoint(cp, nil, keys...); err != nil {
			var broken *ChainError
			if errors.As(err, &broken) {
				r.Problems = append(r.Problems, broken.Problems...)
			}
			continue // what it lists can't be believed
		}
		r.Problems = append(r.Problems, place(checkpoints, i)...)
		for _, h := range cp.Heads {
			n := name{h.Organisation, h.Case}
			expected[n] = append(expected[n], signed{h, cp})
		}
	}
	seen := map[name]bool{}
	for events, err := range source {
		if err != nil {
			r.Problems = append(r.Problems, Problem{Fault: Unread, What: "the records could not be read to their end"})
			break
		}
		if len(events) == 0 {
			continue
		}
		r.Cases++
		r.Events += len(events)
		n := name{events[0].Organisation, events[0].Case}
		if seen[n] {
			r.Problems = append(r.Problems, Problem{n.organisation, n.id, events[0].Seq, Inserted, "inserted: the case comes twice"})
		}
		seen[n] = true
		found := check(events)
		r.Problems = append(r.Problems, found...)
		newest := int64(0)
		said := map[Fault]bool{}
		for _, was := range slices.Backward(expected[n]) { // the newest says it best, and once is enough
			r.Compared++
			newest = max(newest, was.head.Seq)
			length := events[len(events)-1].Seq
			i := slices.IndexFunc(events, func(e Event) bool { return e.Seq == was.head.Seq })
			var problems []Problem
			switch {
			case length < was.head.Seq:
				problems = compareEnd(was.head, was.cp, length, nil)
			case i >= 0 && len(found) == 0:
				// With problems inside, the chain has said already what was done to it.
				problems = compareEnd(was.head, was.cp, was.head.Seq, events[i].Hash)
			}
			for _, p := range problems {
				if !said[p.Fault] {
					r.Problems = append(r.Problems, p)
				}
				said[p.Fault] = true
			}
		}
		r.Newer += max(0, events[len(events)-1].Seq-newest)
	}
	for n, list := range expected {
		if !seen[n] {
			newest := list[len(list)-1]
			r.Compared++
			r.Problems = append(r.Problems, droppedProblem(newest.head, newest.cp))
		}
	}
	slices.SortStableFunc(r.Problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Organisation, b.Organisation), strings.Compare(a.Case, b.Case), cmp.Compare(a.Seq, b.Seq))
	})
	return r
}

// place checks that a checkpoint follows the one before it.
func place(row []Checkpoint, i int) []Problem {
	cp := row[i]
	say := func(fault Fault, what string, args ...any) []Problem {
		return []Problem{{Seq: cp.Number, Fault: fault, What: fmt.Sprintf(what, args...)}}
	}
	if i == 0 {
		if cp.Number != 1 {
			return say(Missing, "missing: the checkpoints before it are gone")
		}
		return nil
	}
	before := row[i-1]
	switch {
	case cp.Number == before.Number:
		return say(Forged, "forged: there are two checkpoints of this number")
	case cp.Number != before.Number+1:
		return say(Missing, "missing: %d before it", cp.Number-before.Number-1)
	case !bytes.Equal(cp.Prev, before.digest()):
		return say(Forged, "forged: it was not made after checkpoint %d as it is now", before.Number)
	case cp.At.Before(before.At):
		return say(RanBack, "its time is before checkpoint %d's", before.Number)
	}
	return nil
}
