package parcel

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// mark stands where a text was covered. Its length says nothing about what was
// there.
const mark = "■■■"

// Lengths in folded characters from which a name is distinctive enough to be
// looked for inside words, and to be found without its marks over letters. A
// short one ("An") would otherwise cover half of every sentence.
const (
	insideWords  = 4
	withoutMarks = 6
)

// needle is a text that must not be in the parcel, in the forms by which it is
// found: any case, any composition of marks, full and half width, with
// characters that cannot be seen left out.
type needle struct {
	folded string
	fold   folding
	whole  bool // only as a whole word
}

// folding says what else is taken for the same.
type folding struct {
	marks  bool // Nguyễn and Nguyen
	spaces bool // 田中 太郎 and 田中太郎; else any run of spaces is one
}

// needles makes needles of texts, leaving out what has nothing to look for.
func needles(texts []string) []needle {
	var list []needle
	for _, text := range texts {
		text = strings.ToValidUTF8(text, "\ufffd")
		n := needle{fold: folding{spaces: ideographic(text)}}
		n.folded, _ = n.fold.apply(text)
		n.folded = strings.TrimSpace(n.folded)
		letters := utf8.RuneCountInString(n.folded)
		if !n.fold.spaces {
			n.whole = letters < insideWords
			if letters >= withoutMarks {
				n.fold.marks = true
				n.folded, _ = n.fold.apply(text)
				n.folded = strings.TrimSpace(n.folded)
			}
		}
		if strings.Trim(n.folded, "■ ") != "" { // the mark itself hides nothing
			list = append(list, n)
		}
	}
	return list
}

// ideographic reports whether a text is in a script that writes without
// spaces.
func ideographic(s string) bool {
	for _, r := range norm.NFKC.String(s) {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			return true
		}
	}
	return false
}

// span is a part of the original text, in bytes.
type span struct{ from, to int }

// apply folds s. spans has, for each byte of the result, the part of s that it
// comes from.
func (f folding) apply(s string) (folded string, spans []span) {
	var out []byte
	caser := cases.Fold()
	for i := 0; i < len(s); {
		n := norm.NFKD.NextBoundaryInString(s[i:], true)
		if n <= 0 {
			n = len(s) - i
		}
		part := s[i : i+n]
		if n > 1 || part[0] >= utf8.RuneSelf {
			part = caser.String(norm.NFKD.String(part))
			part = norm.NFKD.String(part)
		} else if c := part[0]; c >= 'A' && c <= 'Z' {
			part = string(c + 'a' - 'A')
		}
		for _, r := range part {
			switch {
			case unicode.IsSpace(r):
				if f.spaces || len(out) > 0 && out[len(out)-1] == ' ' {
					continue
				}
				r = ' '
			case f.spaces && (r == '・' || r == '·'):
				continue
			case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
				continue // cannot be seen
			case f.marks && r >= 0x300 && r <= 0x36f:
				continue
			case f.marks && r == 'đ':
				r = 'd'
			}
			before := len(out)
			out = utf8.AppendRune(out, r)
			for range len(out) - before {
				spans = append(spans, span{i, i + n})
			}
		}
		i += n
	}
	return string(out), spans
}

// haystack is a text that is looked through for many needles: each way of
// folding is done once.
type haystack struct {
	text string
	done map[folding]straw
}

type straw struct {
	folded string
	spans  []span
}

func hay(text string) *haystack { return &haystack{text, map[folding]straw{}} }

// find gives the parts of the text in which a needle is.
func (h *haystack) find(n needle) []span {
	done, ok := h.done[n.fold]
	if !ok {
		done.folded, done.spans = n.fold.apply(h.text)
		h.done[n.fold] = done
	}
	folded, spans := done.folded, done.spans
	var found []span
	for at := 0; ; {
		i := strings.Index(folded[at:], n.folded)
		if i < 0 {
			return found
		}
		i += at
		end := i + len(n.folded)
		at = i + 1
		if n.whole {
			before, _ := utf8.DecodeLastRuneInString(folded[:i])
			after, _ := utf8.DecodeRuneInString(folded[end:])
			first, _ := utf8.DecodeRuneInString(n.folded)
			last, _ := utf8.DecodeLastRuneInString(n.folded)
			if i > 0 && wordly(first) && wordly(before) || end < len(folded) && wordly(last) && wordly(after) {
				continue
			}
		}
		found = append(found, span{spans[i].from, spans[end-1].to})
		at = end
	}
}

// wordly includes combining marks: "An" is not a word in "Ân" written in two
// characters.
func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// cover puts the mark in place of every needle in s. What is covered can make
// a whole word of what stood beside it, so it looks again until nothing is
// found.
func cover(s string, ns []needle) (covered string, changed bool) {
	for range 8 {
		more := false
		if s, more = coverOnce(s, ns); !more {
			break
		}
		changed = true
	}
	return s, changed
}

func coverOnce(s string, ns []needle) (covered string, changed bool) {
	h := hay(s)
	var hide []bool
	for _, n := range ns {
		for _, f := range h.find(n) {
			if !changed {
				changed, hide = true, make([]bool, len(s))
			}
			for i := f.from; i < f.to; i++ {
				hide[i] = true
			}
		}
	}
	if !changed {
		return s, false
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case !hide[i]:
			b.WriteByte(s[i])
		case i == 0 || !hide[i-1]:
			b.WriteString(mark)
		}
	}
	return b.String(), true
}
