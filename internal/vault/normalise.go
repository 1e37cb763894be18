package vault

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// The functions here bring a value into the one form that is fingerprinted, so that a search finds it however it was
// typed. Each returns "" when nothing is left that could be searched for. They are not for display, and not for
// deciding whether two people are the same person: that is the handler's to decide.

// fold turns full-width letters and digits into ASCII, half-width kana into full-width kana with their sound marks
// joined, every kind of space into one, and drops what can't be seen.
func fold(s string) string {
	s = norm.NFKC.String(s)
	var out strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			out.WriteByte(' ')
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r): // zero-width joiners, marks of direction
		default:
			out.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// NormaliseMail folds an e-mail address: width, case and spaces, and the domain in its ASCII form.
func NormaliseMail(s string) string {
	s = strings.ToLower(strings.ReplaceAll(fold(s), " ", ""))
	s = strings.TrimPrefix(s, "mailto:")
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 {
		return ""
	}
	domain := strings.TrimSuffix(s[at+1:], ".")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	if domain == "" {
		return ""
	}
	return s[:at] + "@" + domain
}

var extension = regexp.MustCompile(`(内線|ext\.?|x|#).*$`)

// NormalisePhone folds a telephone number into + and digits. A number without a country is Japanese: 03-1234-5678,
// （０３）１２３４－５６７８ and +81 (0)3 1234 5678 are one. Extensions are dropped.
func NormalisePhone(s string) string {
	s = extension.ReplaceAllString(strings.ToLower(fold(s)), "")
	s = strings.ReplaceAll(s, "(0)", "")
	var digits strings.Builder
	international := false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case r == '+' && digits.Len() == 0:
			international = true
		}
	}
	d := digits.String()
	switch {
	case international:
	case strings.HasPrefix(d, "010"): // the prefix for calls abroad from Japan
		d = d[3:]
	case strings.HasPrefix(d, "00"):
		d = d[2:]
	case strings.HasPrefix(d, "0"):
		d = "81" + d[1:]
	case strings.HasPrefix(d, "81") && len(d) >= 11: // no Japanese number starts without 0
	default:
		d = "81" + d
	}
	if rest, japanese := strings.CutPrefix(d, "810"); japanese {
		d = "81" + rest
	}
	if len(d) < 7 {
		return ""
	}
	return "+" + d
}

// NormaliseName folds a name: width, case, and no spaces or middle dots, which people set or leave out as they like.
// Marks over letters stay (An and Ân are two names), and so do variants of characters (髙 and 高).
func NormaliseName(s string) string {
	s = cases.Fold().String(fold(s))
	s = strings.Map(func(r rune) rune {
		switch r {
		case ' ', '・', '·', '.', ',':
			return -1
		case '’', '‘', 'ʼ', '`', '´':
			return '\''
		case '‐', '‑', '‒', '–', '—', '−':
			return '-'
		}
		return r
	}, s)
	return norm.NFC.String(s)
}

// Eras by the year before their first, so that era year 1 is the era's own. Births before Meiji are not looked for.
var eras = map[string]int{
	"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018,
	"m": 1867, "t": 1911, "s": 1925, "h": 1988, "r": 2018,
}

var (
	yearFirst = regexp.MustCompile(`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$`)
	yearLast  = regexp.MustCompile(`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$`)
	compact   = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`)
	eraFirst  = regexp.MustCompile(`^(明治|大正|昭和|平成|令和|[mtshr])\.?(\d{1,2}|元)[-/.年](\d{1,2})[-/.月](\d{1,2})日?$`)
)

// NormaliseBirthDate turns a written date into YYYY-MM-DD: 1990-01-02, 1990/1/2, １９９０年１月２日, 19900102, 平成2年1月2日,
// H2.1.2. With the year last the day comes first, as Vietnamese and Germans write. A date that does not exist is "".
func NormaliseBirthDate(s string) string {
	s = strings.ReplaceAll(strings.ToLower(fold(s)), " ", "")
	var y, m, d string
	base := 0
	if p := yearFirst.FindStringSubmatch(s); p != nil {
		y, m, d = p[1], p[2], p[3]
	} else if p := compact.FindStringSubmatch(s); p != nil {
		y, m, d = p[1], p[2], p[3]
	} else if p := yearLast.FindStringSubmatch(s); p != nil {
		y, m, d = p[3], p[2], p[1]
	} else if p := eraFirst.FindStringSubmatch(s); p != nil {
		base, y, m, d = eras[p[1]], p[2], p[3], p[4]
		if y == "元" {
			y = "1"
		}
	} else {
		return ""
	}
	year, _ := strconv.Atoi(y) // digits by the patterns
	month, _ := strconv.Atoi(m)
	day, _ := strconv.Atoi(d)
	year += base
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Year() != year || int(t.Month()) != month || t.Day() != day {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
}
