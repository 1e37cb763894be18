package dsr

import "strings"

// crockford is Crockford's base32 alphabet: no I, L, O or U, so that a number
// read over the telephone is read one way.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewReference makes the number that a person quotes, M-XXXX-XXXX, from seven
// random bytes: seven random signs and a check sign. It names a submission.
func NewReference(random [7]byte) string {
	var b [8]byte
	for i, r := range random {
		b[i] = crockford[r&31]
	}
	b[7] = crockford[referenceCheck(b[:7])]
	return "M-" + string(b[:4]) + "-" + string(b[4:])
}

// ParseReference reads a reference as people type it (lower case, spaces, O
// for 0, I or L for 1, full-width signs) and gives its written form. An
// ending "-1" that names one case is dropped. It reports false for a number
// whose check sign does not fit, so that a typing mistake is found before
// anything is looked up.
func ParseReference(typed string) (string, bool) {
	var signs []byte
	for _, r := range strings.ToUpper(typed) {
		if r >= '！' && r <= '～' { // full-width forms
			r -= '！' - '!'
		}
		switch {
		case r == 'O':
			r = '0'
		case r == 'I' || r == 'L':
			r = '1'
		}
		if r < 128 && strings.IndexByte(crockford, byte(r)) >= 0 {
			signs = append(signs, byte(r))
		}
	}
	if len(signs) > 0 && signs[0] == 'M' && len(signs) >= 9 {
		signs = signs[1:]
	}
	if len(signs) < 8 || len(signs) > 10 {
		return "", false
	}
	signs = signs[:8]
	if crockford[referenceCheck(signs[:7])] != signs[7] {
		return "", false
	}
	return "M-" + string(signs[:4]) + "-" + string(signs[4:8]), true
}

// referenceCheck weighs each sign by its place. The weights are odd, hence
// units modulo 32: one wrong sign is always found, two neighbours exchanged in
// all but one of sixteen pairs.
func referenceCheck(signs []byte) int {
	sum := 0
	for i, s := range signs {
		sum += (2*i + 1) * strings.IndexByte(crockford, s)
	}
	return sum % 32
}
