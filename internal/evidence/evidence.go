// Package evidence is the chained record of a case: what happened, when, by whom, under which version of which rule.
//
// It is pure. Append links an event to the one before it, VerifyChain checks one case, Sign and Verify guard all cases
// together; the store writes the rows, in the transaction of the change that they tell of.
//
// A chain by itself shows an event that was edited, deleted, inserted or swapped. It does not show that its end was
// cut off, that a whole case was dropped, or that somebody with the run of the database wrote a case anew with fresh
// hashes: those are found against a checkpoint, a signed list of the heads of all chains. Two things stay out of reach
// and are said here rather than promised: what was changed after the newest checkpoint and before the next, and a
// loss of records together with their checkpoints. Keep a copy of the checkpoints elsewhere.
//
// No event holds anything about a person: identifiers, enums, counts, times and the steps of an arithmetic only.
// Not sealed either, for the record outlives the key.
package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// form is the version of the canonical form; it is hashed with every event.
const form = 1

// longest is the most bytes that one text in Data may have. Identifiers and steps of arithmetic are shorter; prose is not.
const longest = 500

// Event is one thing that happened to a case.
type Event struct {
	Organisation string         // the organisation's ID
	Case         string         // the case's ID
	Seq          int64          // 1 for the first of a case, then without a gap
	At           time.Time      // UTC, microseconds; never before the event before it
	Kind         string         // what happened
	Actor        string         // an ID, never a name
	ActorKind    string         // person, staff, clock, system, ...
	Data         map[string]any // identifiers, enums, counts, times, arithmetic; texts, whole numbers, truth values, lists and maps of them
	PrevHash     []byte         // the hash of the event before; empty for the first
	Hash         []byte         // SHA-256 over all of the above
}

// Head is the end of a case's chain: all that is needed to append to it, and all that a checkpoint signs of it.
type Head struct {
	Organisation string
	Case         string
	Seq          int64
	At           time.Time // of the last event; zero for an empty chain
	Hash         []byte
}

// HeadOf returns the head that an event makes.
func HeadOf(e Event) Head {
	return Head{Organisation: e.Organisation, Case: e.Case, Seq: e.Seq, At: e.At, Hash: e.Hash}
}

// Append links an event to the head of its chain and returns it as it must be stored, with the new head. An empty
// chain's head has only organisation and case. Seq, PrevHash and Hash are set here; At is cut to microseconds in UTC
// and lifted to the last event's if the clock ran back, because a record must not run back and a change must not fail
// for it. An error says that Data holds what no record may hold, or that event and head are not of one case.
func Append(prev Head, e Event) (Event, Head, error) {
	if e.Organisation != prev.Organisation || e.Case != prev.Case {
		return Event{}, Head{}, fmt.Errorf("evidence: an event of case %s can't follow one of case %s", e.Case, prev.Case)
	}
	if e.Organisation == "" || e.Case == "" || e.Kind == "" || e.ActorKind == "" {
		return Event{}, Head{}, errors.New("evidence: an event needs organisation, case, kind and kind of actor")
	}
	if e.At.IsZero() {
		return Event{}, Head{}, errors.New("evidence: an event needs its time")
	}
	e.At = e.At.UTC().Truncate(time.Microsecond)
	if e.At.Before(prev.At) {
		e.At = prev.At.UTC().Truncate(time.Microsecond)
	}
	e.Seq = prev.Seq + 1
	e.PrevHash = bytes.Clone(prev.Hash)
	hash, err := hashOf(e)
	if err != nil {
		return Event{}, Head{}, err
	}
	e.Hash = hash
	return e, HeadOf(e), nil
}

// Canonical returns the bytes that are hashed: one JSON object, keys in order, no spaces, whole numbers only, hashes
// in hexadecimal, the time in microseconds. The same event gives the same bytes on every machine and in every release.
func Canonical(e Event) ([]byte, error) {
	data, err := CanonicalData(e.Data)
	if err != nil {
		return nil, err
	}
	for where, s := range map[string]string{"the organisation": e.Organisation, "the case": e.Case, "the kind": e.Kind, "the actor": e.Actor, "the kind of actor": e.ActorKind} {
		if err := mayStand(s, where); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	b.WriteString(`{"actor":`)
	writeString(&b, e.Actor)
	b.WriteString(`,"actor_kind":`)
	writeString(&b, e.ActorKind)
	fmt.Fprintf(&b, `,"at":%d,"case":`, e.At.UnixMicro())
	writeString(&b, e.Case)
	b.WriteString(`,"data":`)
	b.Write(data)
	fmt.Fprintf(&b, `,"form":%d,"kind":`, form)
	writeString(&b, e.Kind)
	b.WriteString(`,"organisation":`)
	writeString(&b, e.Organisation)
	fmt.Fprintf(&b, `,"prev":"%x","seq":%d}`, e.PrevHash, e.Seq)
	return b.Bytes(), nil
}

// CanonicalData returns the bytes that the store keeps for Data; ParseData reads them again. No data is {}.
func CanonicalData(data map[string]any) ([]byte, error) {
	if len(data) == 0 {
		return []byte("{}"), nil
	}
	var b bytes.Buffer
	if err := write(&b, reflect.ValueOf(data), "data", 0); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// ParseData reads what CanonicalData wrote. Numbers stay exact (json.Number).
func ParseData(text []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var data map[string]any
	if err := d.Decode(&data); err != nil {
		return nil, errors.New("evidence: the data of an event can't be read") // the cause may quote it
	}
	if d.More() {
		return nil, errors.New("evidence: the data of an event goes on after its end")
	}
	return data, nil
}

// hashOf hashes an event. The line in front keeps the hash of an event from being the hash of anything else we sign.
func hashOf(e Event) ([]byte, error) {
	text, err := Canonical(e)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte("madoguchi evidence event\n"), text...))
	return sum[:], nil
}

// write puts a value into its canonical form. where names it in an error, which never quotes the value.
func write(b *bytes.Buffer, v reflect.Value, where string, depth int) error {
	if depth > 12 {
		return fmt.Errorf("evidence: %s is nested too deeply", where)
	}
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) {
		if v.IsNil() {
			b.WriteString("null")
			return nil
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		b.WriteString("null")
		return nil
	}
	if n, ok := v.Interface().(json.Number); ok {
		whole, err := strconv.ParseInt(string(n), 10, 64)
		if err != nil || strconv.FormatInt(whole, 10) != string(n) {
			return fmt.Errorf("evidence: %s is not a whole number", where)
		}
		b.WriteString(string(n))
		return nil
	}
	if at, ok := v.Interface().(time.Time); ok {
		b.WriteString(strconv.FormatInt(at.UnixMicro(), 10))
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		return writeText(b, v.String(), where)
	case reflect.Bool:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if v.Uint() > math.MaxInt64 {
			return fmt.Errorf("evidence: %s is too large a number", where)
		}
		b.WriteString(strconv.FormatUint(v.Uint(), 10))
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return fmt.Errorf("evidence: %s is bytes; write a hash in hexadecimal", where)
		}
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := write(b, v.Index(i), where+"["+strconv.Itoa(i)+"]", depth+1); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case reflect.Map:
		return writeMap(b, v, where, depth)
	case reflect.Float32, reflect.Float64:
		// Machines and releases print them differently; a share is two whole numbers.
		return fmt.Errorf("evidence: %s is a fraction; write whole numbers", where)
	default:
		return fmt.Errorf("evidence: %s is a %s, which has no place in a record", where, v.Kind())
	}
	return nil
}

// writeMap sorts by bytes, which is the same order in every locale and language.
func writeMap(b *bytes.Buffer, v reflect.Value, where string, depth int) error {
	if v.Type().Key().Kind() != reflect.String {
		return fmt.Errorf("evidence: the keys of %s are not texts", where)
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
	b.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeText(b, key.String(), "a key of "+where); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := write(b, v.MapIndex(key), where+"."+key.String(), depth+1); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// writeText is writeString for what the caller chose.
func writeText(b *bytes.Buffer, s, where string) error {
	if err := mayStand(s, where); err != nil {
		return err
	}
	writeString(b, s)
	return nil
}

// address is a mail address; a version of a calendar or a pack ("jp@2026.1") is none.
var address = regexp.MustCompile(`[@＠][^\s@＠]*[.．]\pL{2,}`)

// mayStand refuses the texts that most often are a person: prose, lines and mail addresses. What passes is no proof;
// the canary scanner is.
func mayStand(s, where string) error {
	switch {
	case !utf8.ValidString(s):
		return fmt.Errorf("evidence: %s is not UTF-8", where)
	case len(s) > longest:
		return fmt.Errorf("evidence: %s is longer than %d bytes; a record holds identifiers, not prose", where, longest)
	case strings.ContainsAny(s, "\n\r\x00") || address.MatchString(s):
		return fmt.Errorf("evidence: %s looks like an address or like prose; a record holds identifiers", where)
	}
	return nil
}

// writeString escapes only what JSON demands, so that the form does not hang on a library's taste.
func writeString(b *bytes.Buffer, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
