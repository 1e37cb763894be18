package notices

import (
	"regexp"
	"strconv"
	"strings"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// article is a place in the Act as packs write it: "33(2)(ii)", "28-2(1)".
var article = regexp.MustCompile(`^(\d+)(?:-(\d+))?(?:\((\d+)\))?(?:\(([ivx]+)\))?$`)

// Ground writes the ground of a decision as letters cite it: article,
// paragraph and item of the Act, and the clause of the policy where there is
// one. articles is one place or several, "33(2)(i)" or "35(1), 35(5)".
func Ground(voice dsr.Voice, articles, clause string) string {
	voice = voice.Letter()
	var places []string
	for _, a := range strings.Split(articles, ",") {
		places = append(places, place(voice, strings.TrimSpace(a)))
	}
	key := "letter.ground"
	if clause != "" {
		key = "letter.ground-clause"
	}
	return locales.T(voice, key, "place", locales.List(voice, places...), "clause", clause)
}

func place(voice dsr.Voice, a string) string {
	m := article.FindStringSubmatch(a)
	if m == nil {
		return locales.T(voice, "letter.article", "n", a)
	}
	s := locales.T(voice, "letter.article", "n", m[1])
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
	if m[4] != "" {
		s += locales.T(voice, "letter.item", "n", strconv.Itoa(roman(m[4])))
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
