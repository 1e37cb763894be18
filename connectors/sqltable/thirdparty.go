package sqltable

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"madoguchi/dsr"
	"madoguchi/internal/vault"
)

// propose adds to each record the names of other people that occur in it,
// wherever in the person's records the mapping pointed them out: who is the
// other party of a consultation is called by the family name in a message. A
// part of a name is proposed where it stands alone, unless it is a part of the
// person's own name. These are proposals; a person answers each.
func propose(records []dsr.Record, p dsr.Person) {
	var names []string
	for _, r := range records {
		for _, name := range r.ThirdParties {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	own := map[string]bool{}
	for _, text := range []string{p.Name, p.Kana, p.OtherNames} {
		for _, part := range strings.Fields(norm.NFKC.String(text)) {
			own[vault.NormaliseName(part)] = true
		}
	}
	for i := range records {
		r := &records[i]
		var cells []string
		for _, row := range r.Rows {
			cells = append(cells, row...)
		}
		for _, name := range names {
			whole := occurrences(cells, name)
			if whole > 0 && !slices.Contains(r.ThirdParties, name) {
				r.ThirdParties = append(r.ThirdParties, name)
			}
			parts := strings.Fields(norm.NFKC.String(name))
			if len(parts) < 2 {
				continue
			}
			for _, part := range parts {
				// A part of one letter or ideograph is in half of all words.
				if utf8.RuneCountInString(part) > 1 && !own[vault.NormaliseName(part)] && !slices.Contains(r.ThirdParties, part) && occurrences(cells, part) > whole {
					r.ThirdParties = append(r.ThirdParties, part)
				}
			}
		}
	}
}

// occurrences counts a name in cells, in normalised forms. In a script that
// has spaces it counts whole words only.
func occurrences(cells []string, name string) int {
	n := 0
	if ideograph(name) {
		name = vault.NormaliseName(name)
		for _, cell := range cells {
			n += strings.Count(vault.NormaliseName(cell), name)
		}
		return n
	}
	want := words(name)
	for _, cell := range cells {
		have := words(cell)
		for i := 0; len(want) > 0 && i+len(want) <= len(have); i++ {
			if slices.Equal(have[i:i+len(want)], want) {
				n++
			}
		}
	}
	return n
}

func words(s string) []string {
	list := strings.FieldsFunc(norm.NFKC.String(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	for i := range list {
		list[i] = vault.NormaliseName(list[i])
	}
	return list
}

func ideograph(s string) bool {
	for _, r := range s {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			return true
		}
	}
	return false
}
