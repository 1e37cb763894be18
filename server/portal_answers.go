package server

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"madoguchi/dsr"
)

// answers are what a person typed, as typed, by the name of the field. What is
// kept is never the tidied form: a form that comes back shows their own words.
type answers map[string]string

// answerNames are the fields of the form: nothing else is taken from a browser.
var answerNames = formFields()

func formFields() []string {
	names := append([]string(nil), wishesStep.names...)
	names = append(names, "relation", "service", "whom", "acting", "rep_name", "rep_kana", "rep_address", "scope", "topics", "away", "content")
	for _, k := range []dsr.Kind{dsr.KindDeletion, dsr.KindErasure, dsr.KindSuspension} {
		names = append(names, string(k)+"_scope", string(k)+"_topics", string(k)+"_ground")
	}
	for _, k := range []dsr.Kind{dsr.KindCorrection, dsr.KindAddition} {
		for n := 1; n <= maxClaims; n++ {
			for _, part := range []string{"field", "other", "now", "should", "more"} {
				names = append(names, claimName(k, n, part))
			}
		}
	}
	return append(names, "full_name", "kana", "other_names", "year", "month", "day", "number", "address", "reach", "mail", "phone", "post",
		"delivery", "delivery_post", "letters")
}

// tidy folds what different keyboards make of the same text: full-width signs
// and digits, half-width kana, several spaces, signs that cannot be seen.
func tidy(s string) string {
	s = norm.NFC.String(width.Fold.String(s))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == '\u200b', r == '\ufeff', r == '\u2060':
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// tidyLines is tidy for several lines, without folding: an address keeps its
// lines and a free text its signs.
func tidyLines(s string) string {
	s = strings.ReplaceAll(norm.NFC.String(s), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// katakana writes hiragana as katakana, because readings are kept in it.
func katakana(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'ぁ' && r <= 'ゖ' {
			return r + ('ァ' - 'ぁ')
		}
		return r
	}, s)
}

// dashes are the signs that people type for a hyphen in a number.
var dashes = strings.NewReplacer("ー", "-", "－", "-", "‐", "-", "‑", "-", "–", "-", "—", "-", "−", "-", "―", "-")

// tidyMail takes the spaces and wrappings out of a mail address.
func tidyMail(s string) string {
	s = strings.ReplaceAll(tidy(s), " ", "")
	s = strings.TrimPrefix(s, "mailto:")
	return strings.Trim(s, "<>.,;")
}

// goodMail reports whether a tidied text can be a mail address.
func goodMail(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return false
	}
	_, domain, _ := strings.Cut(s, "@")
	return strings.Contains(strings.Trim(domain, "."), ".") && !strings.ContainsAny(domain, "[]")
}

// tidyPhone keeps digits, plus and hyphens.
func tidyPhone(s string) string { return strings.ReplaceAll(dashes.Replace(tidy(s)), " ", "") }

var phoneShape = regexp.MustCompile(`^\+?[0-9()-]{6,20}$`)

// codeDigits takes a one-time code as people type it: spaces, hyphens and
// full-width digits are fine.
func codeDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, width.Fold.String(s))
}

// era is an era of the Japanese calendar: its first day and the first day of
// the next.
type era struct {
	names     []string
	from, end time.Time
}

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

var eras = []era{
	{[]string{"令和", "れいわ", "R"}, day(2019, 5, 1), day(9999, 1, 1)},
	{[]string{"平成", "へいせい", "H"}, day(1989, 1, 8), day(2019, 5, 1)},
	{[]string{"昭和", "しょうわ", "S"}, day(1926, 12, 25), day(1989, 1, 8)},
	{[]string{"大正", "たいしょう", "T"}, day(1912, 7, 30), day(1926, 12, 25)},
	{[]string{"明治", "めいじ", "M"}, day(1868, 1, 25), day(1912, 7, 30)},
}

// parseYear reads a year as people write it: 1965, 昭和40, 昭和元年, S40, S.40.
func parseYear(typed string) (year int, of *era, ok bool) {
	s := strings.ToUpper(strings.ReplaceAll(tidy(typed), " ", ""))
	s = strings.TrimSuffix(strings.TrimSuffix(s, "年"), "年生")
	for i := range eras {
		for _, n := range eras[i].names {
			rest, found := strings.CutPrefix(s, n)
			if !found {
				continue
			}
			rest = strings.TrimLeft(rest, ".-")
			if rest == "元" {
				rest = "1"
			}
			k, err := strconv.Atoi(rest)
			if err != nil || k < 1 || k > 99 {
				return 0, nil, false
			}
			return eras[i].from.Year() + k - 1, &eras[i], true
		}
	}
	k, err := strconv.Atoi(s)
	return k, nil, err == nil && k >= 1000 && k <= 9999
}

// parseNumber reads a month or a day: 7, ０７, 7月.
func parseNumber(typed, unit string) (int, bool) {
	k, err := strconv.Atoi(strings.TrimSuffix(strings.ReplaceAll(tidy(typed), " ", ""), unit))
	return k, err == nil && k >= 1 && k <= 31
}

// birthDate reads the three fields. Year and day in each other's place are put
// right. problem is a key ending: "" when all is well; the field it concerns
// is given with it.
func birthDate(a answers, today time.Time) (bornOn, problem, at string) {
	y, m, d := a["year"], a["month"], a["day"]
	if tidy(y)+tidy(m)+tidy(d) == "" {
		return "", "missing", "year"
	}
	year, of, ok := parseYear(y)
	if !ok {
		if swapped, of2, ok2 := parseYear(d); ok2 {
			if _, isDay := parseNumber(y, "日"); isDay {
				year, of, ok, d = swapped, of2, true, y
			}
		}
	}
	if !ok {
		return "", "year", "year"
	}
	month, ok := parseNumber(m, "月")
	if !ok || month > 12 {
		return "", "month", "month"
	}
	dom, ok := parseNumber(d, "日")
	if !ok {
		return "", "day", "day"
	}
	t := day(year, month, dom)
	switch {
	case t.Day() != dom || int(t.Month()) != month:
		return "", "impossible", "day"
	case of != nil && (t.Before(of.from) || !t.Before(of.end)):
		return "", "era", "year"
	case t.After(today):
		return "", "future", "year"
	case year < 1870:
		return "", "year", "year"
	}
	return t.Format("2006-01-02"), "", ""
}

// emptyWishes are the wishes of the answers before their pages are read.
func (v *visit) emptyWishes(a answers) []dsr.Wish {
	var ws []dsr.Wish
	for _, k := range v.wished(a) {
		ws = append(ws, dsr.Wish{Kind: k})
	}
	return ws
}

// filing makes of the answers what is filed, or says what is missing, step by
// step: mistakes carry the step they belong to.
func (v *visit) filing(a answers, formToken string) (dsr.Filing, map[string]mistakes) {
	f := dsr.Filing{FormToken: formToken, Channel: dsr.ChannelPortal, Voice: v.lettersVoice(a)}
	f.Wishes = v.emptyWishes(a)
	wrong := map[string]mistakes{}
	for _, st := range v.steps(a) {
		ms := st.check(v, a, &f)
		if len(ms) > 0 {
			wrong[st.slug] = ms
		}
	}
	for i := range f.Wishes {
		switch w := &f.Wishes[i]; {
		case w.Kind == dsr.KindDisclosure:
		case f.Contact.ByPost:
			w.Delivery = "post"
		default:
			// There is nothing to carry away but the letter, which is on the page.
			w.Delivery = "download"
		}
	}
	// Where we write to is the filer's; it says nothing of somebody they act for.
	p := &f.Person
	if f.Representative != nil {
		p = &f.Representative.Person
	}
	p.Mail, p.Phone = f.Contact.Mail, f.Contact.Phone
	return f, wrong
}

// lettersVoice is the voice of the letters: the one chosen for them, else that
// of the page.
func (v *visit) lettersVoice(a answers) dsr.Voice {
	if x := dsr.Voice(a["letters"]); x.Valid() {
		return x
	}
	return v.voice
}
