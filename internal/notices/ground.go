package notices

import (
	"regexp"
	"strconv"
	"strings"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// article is a place in a law as packs write it: "33(2)(ii)", "28-2(1)",
// "17(3)(b)".
var article = regexp.MustCompile(`^(\d+)(?:-(\d+))?(?:\((\d+)\))?(?:\(([ivx]+|[a-h])\))?$`)

// Ground writes the ground of a decision as letters cite it: article,
// paragraph and item of the law, and the clause of the policy where there is
// one. articles is one place or several, "33(2)(i)" or "35(1), 35(5)"; law are
// the law's own texts, as in Data.
func Ground(voice dsr.Voice, articles, clause string, law map[string]string) string {
	voice = voice.Letter()
	say := func(key string, args ...any) string {
		if own := law[key]; own != "" {
			return locales.Say(own, args...)
		}
		return locales.T(voice, key, args...)
	}
	var places []string
	for _, a := range strings.Split(articles, ",") {
		places = append(places, place(voice, strings.TrimSpace(a), say))
	}
	key := "letter.ground"
	if clause != "" {
		key = "letter.ground-clause"
	}
	return say(key, "place", locales.List(voice, places...), "clause", clause)
}

func place(voice dsr.Voice, a string, say func(key string, args ...any) string) string {
	m := article.FindStringSubmatch(a)
	if m == nil {
		return say("letter.article", "n", a)
	}
	s := say("letter.article", "n", m[1])
	if m[2] != "" {
		s += locales.T(voice, "letter.article-branch", "b", m[2])
	}
	if voice == dsr.VoiceEn { // written as the translations of Japanese statutes do
		if m[3] != "" {
			s += "(" + m[3] + ")"
		}
		if m[4] != "" {
			s += "(" + m[4] + ")"
		}
		return s
	}
	if m[3] != "" {
		s += locales.T(voice, "letter.paragraph", "n", m[3])
	}
	switch {
	case m[4] == "":
	case strings.Trim(m[4], "ivx") == "":
		s += locales.T(voice, "letter.item", "n", strconv.Itoa(roman(m[4])))
	default: // European laws count their points by letters
		s += locales.T(voice, "letter.point", "n", m[4])
	}
	return s
}

// roman reads a small Roman number, as item numbers are written.
func roman(s string) int {
	value := map[byte]int{'i': 1, 'v': 5, 'x': 10}
	sum := 0
	for i := range len(s) {
		v := value[s[i]]
		if i+1 < len(s) && value[s[i+1]] > v {
			v = -v
		}
		sum += v
	}
	return sum
}
