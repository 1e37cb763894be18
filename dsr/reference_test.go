package dsr

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestAReferenceIsReadAsPeopleTypeIt(t *testing.T) {
	ref := NewReference([7]byte{0, 1, 18, 31, 20, 7, 9})
	full := strings.Map(func(r rune) rune { return r - '!' + '！' }, strings.ReplaceAll(ref, "-", ""))
	for _, typed := range []string{ref, strings.ToLower(ref), strings.ReplaceAll(ref, "-", ""), strings.ReplaceAll(ref, "-", " "),
		ref + "-1", "  " + ref + " ", strings.ReplaceAll(ref, "0", "O"), strings.ReplaceAll(ref, "1", "l"), full, strings.TrimPrefix(ref, "M-")} {
		if got, ok := ParseReference(typed); !ok || got != ref {
			t.Errorf("%q: %q %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "M", "M-0000", strings.Repeat("7", 200), "ご", "M-ABCD-EFG"} {
		if got, ok := ParseReference(typed); ok {
			t.Errorf("%q was taken as %q", typed, got)
		}
	}
}

func TestOneWrongSignIsAlwaysFound(t *testing.T) {
	tried := 0
	for n := range 200 {
		var b [7]byte
		for i := range b {
			b[i] = byte(rand.N(256))
		}
		ref := []byte(NewReference(b))
		for i := 2; i < len(ref); i++ {
			if ref[i] == '-' {
				continue
			}
			for _, s := range []byte(crockford) {
				if s == ref[i] {
					continue
				}
				wrong := append([]byte(nil), ref...)
				wrong[i] = s
				tried++
				if got, ok := ParseReference(string(wrong)); ok {
					t.Fatalf("reference %d: %s was taken as %s", n, wrong, got)
				}
			}
		}
	}
	t.Logf("counts: %d references with one wrong sign, all refused", tried)
}

func TestWhateverFormatsAPersonShowsNothing(t *testing.T) {
	const secret = "Nguyễn Văn Bí Mật"
	p := Person{Name: secret, Mail: secret}
	for _, v := range []any{p, Contact{Mail: secret}, Filing{Person: p, Contact: Contact{Mail: secret}}, Wish{Scope: secret},
		Identifiers{Name: secret}, Candidate{Key: secret, Person: p}, Record{ThirdParties: []string{secret}, Rows: [][]string{{secret}}},
		Redaction{Text: secret}, Decision{Reason: secret}, Message{Text: secret}, Note{Text: secret}, Letter{Text: secret},
		Draft{Answers: map[string]string{"name": secret}}, Item{Decision: Decision{Reason: secret}}, Parcel{Desk: []string{secret}},
		Change{Row: secret, Before: secret}, Claim{Now: secret}, Instruction{Record: secret, Changes: []Change{{After: secret}}}, Finding{Checked: secret},
		Decision{Alternative: secret, Difficulty: secret, Changes: []Change{{Before: secret}}}, RecipientPage{Text: secret},
		PostedLetter{Name: secret, Address: secret, Letter: Letter{Text: secret}}} {
		for _, format := range []string{"%v", "%+v", "%s"} {
			if out := fmt.Sprintf(format, v); strings.Contains(out, secret) {
				t.Errorf("%T with %s: %s", v, format, out)
			}
		}
	}
}
