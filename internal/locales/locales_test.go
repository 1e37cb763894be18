package locales

import (
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
)

// The sets of voices that a file may declare: pages, letters, staff.
var voiceSets = [][]dsr.Voice{
	{dsr.VoiceJa, dsr.VoiceJaEasy, dsr.VoiceEn, dsr.VoiceVi, dsr.VoiceDe},
	{dsr.VoiceJa, dsr.VoiceEn, dsr.VoiceVi, dsr.VoiceDe},
	{dsr.VoiceJa, dsr.VoiceEn},
}

var (
	kanji     = regexp.MustCompile(`[\p{Han}々〆ヶ]`)
	reading   = regexp.MustCompile(`^[\p{Hiragana}\p{Katakana}ー・ ]+$`)
	forbidden = map[dsr.Voice]*regexp.Regexp{
		// A text says what happened and what to do; it does not beg, joke or blame.
		dsr.VoiceEn: regexp.MustCompile(`(?i)\b(please|oops|valid|invalid|illegal|abort)\b`),
		// "khai báo" is to declare, which is not disclosure.
		dsr.VoiceVi: regexp.MustCompile(`(?i)khai báo`),
		// The GDPR's word for something else than suspension of use.
		dsr.VoiceDe: regexp.MustCompile(`(?i)Einschränkung der Verarbeitung|ungültig`),
	}
	// An apology belongs where we are late, not where somebody mistyped.
	apology = regexp.MustCompile(`(?i)\bsorry\b`)
)

// check finds everything that is wrong with a catalogue and names key and voice.
func check(c *catalogue) (problems []string) {
	say := func(key, format string, args ...any) {
		problems = append(problems, c.from[key]+": "+key+": "+fmt.Sprintf(format, args...))
	}
	for key, texts := range c.texts {
		declared := c.voices[key]
		if !slices.ContainsFunc(voiceSets, func(s []dsr.Voice) bool { return slices.Equal(s, declared) }) {
			say(key, "the file declares voices %v, which is no set of readers", declared)
		}
		one, counted := strings.CutSuffix(key, ".one")
		want := declared
		if counted {
			want = nil // Japanese and Vietnamese need no form for one
			for _, v := range declared {
				if v == dsr.VoiceEn || v == dsr.VoiceDe {
					want = append(want, v)
				}
			}
			if c.texts[one+".other"] == nil {
				say(key, "has no %s.other", one)
			}
		}
		for _, v := range want {
			if strings.TrimSpace(texts[v]) == "" {
				say(key, "has no %s", v)
			}
		}
		var first map[string]bool
		for _, v := range dsr.Voices {
			text, ok := texts[v]
			if !ok {
				continue
			}
			if !slices.Contains(declared, v) {
				say(key, "has %s, which the file does not declare", v)
			}
			names := map[string]bool{}
			for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
				names[m[1]] = true
			}
			if strings.ContainsAny(placeholder.ReplaceAllString(text, ""), "{}") {
				say(key, "%s has a brace that names nothing", v)
			}
			delete(names, "n") // "1 day" needs no number
			if first == nil {
				first = names
			} else if fmt.Sprint(first) != fmt.Sprint(names) {
				say(key, "%s has other words in braces than the voices before it", v)
			}
			rest := text
			if v == dsr.VoiceJaEasy {
				for _, m := range furigana.FindAllStringSubmatch(text, -1) {
					if !reading.MatchString(m[2]) {
						say(key, "the reading %q is not kana", m[2])
					}
					if !kanji.MatchString(m[1]) {
						say(key, "%q needs no reading", m[1])
					}
				}
				rest = furigana.ReplaceAllString(text, "")
				if m := kanji.FindString(rest); m != "" {
					say(key, "ja-easy has %q without its reading", m)
				}
			}
			if strings.ContainsAny(rest, "[]") {
				say(key, "%s has a bracket that is no reading", v)
			}
			if re := forbidden[v]; re != nil && re.MatchString(text) {
				say(key, "%s says %q", v, re.FindString(text))
			}
			if strings.HasPrefix(key, "error.") && apology.MatchString(text) {
				say(key, "%s says %q", v, apology.FindString(text))
			}
		}
	}
	sort.Strings(problems)
	return problems
}

func TestEveryTextIsThereInEveryVoiceOfItsReaders(t *testing.T) {
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.texts) == 0 {
		t.Fatal("no text was checked")
	}
	for _, p := range check(c) {
		t.Error(p)
	}
	t.Logf("%d keys checked", len(c.texts))
}

func TestPlantedFaultsAreFound(t *testing.T) {
	const page, staff = "voices: [ja, ja-easy, en, vi, de]\ntexts:\n", "voices: [ja, en]\ntexts:\n"
	good := "  a: {ja: 名前, ja-easy: \"[名前|なまえ]\", en: Name, vi: Tên, de: Name}\n"
	for _, f := range []struct{ name, yaml, want string }{
		{"nothing wrong", page + good, ""},
		{"a voice is missing", page + "  a: {ja: 名前, ja-easy: なまえ, en: Name, vi: Tên}\n", "a: has no de"},
		{"a voice is empty", page + "  a: {ja: 名前, ja-easy: なまえ, en: Name, vi: '', de: Name}\n", "a: has no vi"},
		{"staff need two only", staff + "  a: {ja: 名前, en: Name}\n", ""},
		{"staff text in a third voice", staff + "  a: {ja: 名前, en: Name, de: Name}\n", "has de, which the file does not declare"},
		{"a set of voices that no reader has", "voices: [ja]\ntexts:\n  a: {ja: 名前}\n", "no set of readers"},
		{"a word in braces is missing", staff + "  a: {ja: '{name}さん', en: somebody}\n", "other words in braces"},
		{"a broken brace", staff + "  a: {ja: 'さん', en: '{ name}'}\n", "brace that names nothing"},
		{"kanji without its reading", page + "  a: {ja: 名前, ja-easy: 名前, en: Name, vi: Tên, de: Name}\n", `"名" without its reading`},
		{"a reading in kanji", page + "  a: {ja: 名前, ja-easy: '[名前|名前]', en: Name, vi: Tên, de: Name}\n", "is not kana"},
		{"furigana outside easy Japanese", staff + "  a: {ja: '[名前|なまえ]', en: Name}\n", "bracket that is no reading"},
		{"begging", staff + "  a: {ja: 名前, en: Please write your name}\n", `says "Please"`},
		{"blaming", staff + "  a: {ja: 名前, en: Invalid name}\n", `says "Invalid"`},
		{"an apology for a typing mistake", staff + "  error.a: {ja: 名前, en: Sorry}\n", `says "Sorry"`},
		{"to declare is not to disclose", page + "  a: {ja: 開示, ja-easy: みる, en: See, vi: khai báo, de: Sehen}\n", `says "khai báo"`},
		{"one without other", staff + "  a.one: {en: 1 day}\n", "has no a.other"},
		{"one without German", page + "  a.one: {en: 1 day}\n  a.other: {ja: '{n}', ja-easy: '{n}', en: '{n}', vi: '{n}', de: '{n}'}\n", "a.one: has no de"},
	} {
		t.Run(f.name, func(t *testing.T) {
			c, err := parse([]source{{"x.yaml", []byte(f.yaml)}})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(check(c), "\n")
			if (f.want == "") != (got == "") || !strings.Contains(got, f.want) {
				t.Errorf("got %q, want %q", got, f.want)
			}
		})
	}
	for name, list := range map[string][]source{
		"a key in two files":    {{"x.yaml", []byte(staff + "  a: {ja: あ, en: a}\n")}, {"y.yaml", []byte(staff + "  a: {ja: あ, en: a}\n")}},
		"a file without voices": {{"x.yaml", []byte("texts:\n  a: {ja: あ, en: a}\n")}},
		"a key twice":           {{"x.yaml", []byte(staff + "  a: {ja: あ, en: a}\n  a: {ja: い, en: b}\n")}},
		"no YAML":               {{"x.yaml", []byte("texts: [")}},
	} {
		if _, err := parse(list); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// code is an error code in a Go source: somebody may come to read it.
var code = regexp.MustCompile(`"(error\.[a-z][a-z-]*)"`)

func unknownCodes(src string, has func(string) bool) (unknown []string) {
	for _, m := range code.FindAllStringSubmatch(src, -1) {
		if !has(m[1]) {
			unknown = append(unknown, m[1])
		}
	}
	return unknown
}

func TestEveryErrorCodeHasASentence(t *testing.T) {
	if got := unknownCodes(`dsr.Fail(dsr.Invalid, "error.never-written")`, Has); len(got) != 1 {
		t.Fatalf("a planted code was not found: %v", got)
	}
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && strings.Trim(d.Name(), "./") != ""
		if d.IsDir() && (hidden || d.Name() == "standalone" || d.Name() == "data" || strings.HasSuffix(d.Name(), "test")) {
			return fs.SkipDir // not ours, or a test's own world
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		b, err := os.ReadFile(path)
		files++
		for _, c := range unknownCodes(string(b), Has) {
			t.Errorf("%s: %s is not in the catalogue", path, c)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files read, %v", files, err)
	}
}

// event is a kind of record in a Go source of the store: the timeline names it.
var event = regexp.MustCompile(`\brecord\([^"\n]*"([a-z][a-z-]*)"`)

func wordlessEvents(src string, has func(string) bool) (wordless []string) {
	for _, m := range event.FindAllStringSubmatch(src, -1) {
		if !has("timeline." + m[1]) {
			wordless = append(wordless, m[1])
		}
	}
	return wordless
}

func TestEveryEventOfTheRecordHasWords(t *testing.T) {
	if got := wordlessEvents("\treturn t.record(c, dsr.Engine, \"never-happened\", data{})", Has); len(got) != 1 {
		t.Fatalf("a planted event was not found: %v", got)
	}
	files, err := filepath.Glob("../store/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files read, %v", len(files), err)
	}
	events := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		events += len(event.FindAll(b, -1))
		for _, e := range wordlessEvents(string(b), Has) {
			t.Errorf("%s: timeline.%s has no text", f, e)
		}
	}
	if events == 0 {
		t.Error("no event was found")
	}
}

func TestEveryWordOfTheDomainHasAText(t *testing.T) {
	var keys []string
	add := func(prefix string, word string, endings ...string) {
		if len(endings) == 0 {
			endings = []string{""}
		}
		for _, e := range endings {
			keys = append(keys, prefix+word+e)
		}
	}
	for _, k := range dsr.Kinds {
		add("kind.", string(k), ".card", ".hint", ".letter")
	}
	for _, s := range dsr.Stages {
		add("stage.", string(s))
		if s != dsr.StageFraud { // the person sees the stage before
			add("stage.", string(s), ".public")
		}
	}
	for _, o := range dsr.Outcomes {
		add("outcome.", string(o))
	}
	for _, c := range dsr.Channels {
		add("channel.", string(c))
	}
	for _, k := range dsr.TaskKinds {
		add("task.", string(k))
	}
	for _, r := range dsr.Roles {
		add("role.", string(r))
	}
	for _, v := range dsr.Voices {
		add("voice.", string(v))
	}
	for _, c := range dsr.CommandKinds {
		add("timeline.", string(c))
	}
	for _, f := range dsr.Figures {
		add("board.figure.", string(f))
	}
	for _, b := range []dsr.Badge{dsr.BadgeOnTrack, dsr.BadgeSoon, dsr.BadgeToday, dsr.BadgeOverdue, dsr.BadgePaused, dsr.BadgeInTime, dsr.BadgeWasLate, dsr.BadgeNoAnswer} {
		add("badge.", string(b))
	}
	for _, m := range dsr.Measures {
		add("measure.", string(m))
		if m != dsr.MeasureOutside { // no letter lists it
			add("letter.measure.", string(m))
		}
	}
	for _, a := range dsr.Actions {
		add("action.", string(a))
	}
	for _, h := range []dsr.HoldKind{dsr.HoldFreeze, dsr.HoldPreservation, dsr.HoldSuspension} {
		add("hold.", string(h))
	}
	for _, k := range dsr.Kinds {
		for _, f := range k.Findings() {
			add("finding.", string(f))
		}
	}
	for _, r := range []dsr.RecipientResult{dsr.RecipientInformed, dsr.RecipientUnreachable, dsr.RecipientDeclined} {
		add("recipient-result.", string(r))
		add("letter.recipient.", string(r))
	}
	for _, g := range dsr.Grounds {
		add("portal.ground.", g)
		add("desk.ground.", g)
	}
	for _, r := range dsr.Relations {
		add("relation.", r)
	}
	for _, r := range []string{"statutory", "delegated"} {
		add("representative.", r)
	}
	for _, s := range []string{dsr.EffectPlanned, dsr.EffectAttempting, dsr.EffectVerified, dsr.EffectFailed, dsr.EffectWaived} {
		add("effect.", s)
	}
	for _, f := range []dsr.Fault{dsr.NotFound, dsr.Invalid, dsr.Conflict, dsr.Forbidden, dsr.Unavailable, dsr.Internal} {
		add("error.", string(f))
	}
	for step := dsr.StepReceived; step <= dsr.StepAnswered; step++ {
		add("step.", fmt.Sprint(int(step)))
	}
	for _, k := range keys {
		if !Has(k) {
			t.Errorf("%s has no text", k)
		}
	}
}

func TestATextIsFilledAndAForeignOneFallsBack(t *testing.T) {
	for _, f := range []struct {
		name, got, want string
	}{
		{"a name", T(dsr.VoiceEn, "error.task-taken", "name", "Sato"), "Sato claimed this task first. Choose another one from the queue."},
		{"an unknown key", T(dsr.VoiceEn, "no.such.key"), "[no.such.key]"},
		{"one", T(dsr.VoiceEn, "left.days", "n", 1), "1 working day left"},
		{"many", T(dsr.VoiceDe, "left.days", "n", 3), "noch 3 Arbeitstage"},
		{"one falls back to other", T(dsr.VoiceVi, "left.days", "n", 1), "còn 1 ngày làm việc"},
		{"a number that is missing stays visible", T(dsr.VoiceEn, "left.days"), "{n} working days left"},
		{"staff text in easy Japanese is Japanese", T(dsr.VoiceJaEasy, "role.clerk"), "受付"},
		{"staff text in Vietnamese is English", T(dsr.VoiceVi, "role.clerk"), "clerk"},
		{"readings are left out of plain text", T(dsr.VoiceJaEasy, "portal.receipt.reference"), "受付番号"},
		{"a value is not read for braces", T(dsr.VoiceEn, "portal.check.change-of", "what", "{secret}", "secret", "x"), "Change “{secret}”"},
		{"ruby", string(HTML(dsr.VoiceJaEasy, "portal.receipt.reference")), "<ruby>受付番号<rp>(</rp><rt>うけつけばんごう</rt><rp>)</rp></ruby>"},
		{"values are escaped", string(HTML(dsr.VoiceEn, "portal.check.change-of", "what", "<b>[a|b]</b>")), "Change “&lt;b&gt;[a|b]&lt;/b&gt;”"},
		{"a text inside a text keeps its readings", string(HTML(dsr.VoiceJaEasy, "portal.check.change-of", "what", HTML(dsr.VoiceJaEasy, "portal.person.name"))),
			"「<ruby>名前<rp>(</rp><rt>なまえ</rt><rp>)</rp></ruby>」を なおす"},
		{"a text inside a plain text has none", T(dsr.VoiceJaEasy, "portal.check.change-of", "what", HTML(dsr.VoiceJaEasy, "portal.person.name")), "「名前」を なおす"},
		{"escapes come back in plain text", T(dsr.VoiceEn, "portal.check.change-of", "what", template.HTML("a &amp; b")), "Change “a & b”"},
		{"a list", List(dsr.VoiceEn, "a", "b", "c"), "a, b and c"},
		{"a Japanese list", List(dsr.VoiceJa, "a", "b"), "a、b"},
		{"a fault with a code", Fault(dsr.VoiceEn, dsr.Fail(dsr.Conflict, "error.task-taken", "name", "Sato")), "Sato claimed this task first. Choose another one from the queue."},
		{"a fault with an unknown code", Fault(dsr.VoiceEn, dsr.Fail(dsr.NotFound, "error.secret")), T(dsr.VoiceEn, "error.not-found")},
		{"an error of nobody's", Fault(dsr.VoiceEn, os.ErrClosed), T(dsr.VoiceEn, "error.internal")},
	} {
		if f.got != f.want {
			t.Errorf("%s: got %q, want %q", f.name, f.got, f.want)
		}
	}
	if got := Voices("left.days"); len(got) != 5 {
		t.Errorf("left.days is spoken in %v", got)
	}
	if !Has("left.days") || Has("no.such.key") || len(Keys()) == 0 {
		t.Error("Has or Keys is wrong")
	}
}

func TestDatesAreWrittenAsEachVoiceWritesThem(t *testing.T) {
	tokyo, err := clock.Zone("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 12, 6, 1, 5, 0, 0, time.UTC).In(tokyo)
	for _, f := range []struct{ got, want string }{
		{Date(dsr.VoiceJa, at, true), "2026年12月6日(日)"},
		{Date(dsr.VoiceJaEasy, at, false), "12月6日(日)"},
		{Date(dsr.VoiceEn, at, true), "Sunday 6 December 2026"},
		{Date(dsr.VoiceVi, at, true), "Chủ nhật, 06/12/2026"},
		{Date(dsr.VoiceVi, at, false), "Chủ nhật, 06/12"},
		{Date(dsr.VoiceDe, at, true), "Sonntag, 6. Dezember 2026"},
		{Day(dsr.VoiceEn, "2026-12-06", false), "Sunday 6 December"},
		{Day(dsr.VoiceEn, "", false), ""},
		{DateTime(dsr.VoiceJa, at, true), "2026年12月6日(日)10:05(日本時間)"},
		{DateTime(dsr.VoiceEn, at, true), "Sunday 6 December 2026, 10:05 (Japan time, JST)"},
		{DateTime(dsr.VoiceVi, at, true), "10:05 Chủ nhật, 06/12/2026 (giờ Nhật Bản, JST)"},
		{DateTime(dsr.VoiceDe, at, true), "Sonntag, 6. Dezember 2026, 10:05 Uhr (japanische Zeit, JST)"},
		{DateTime(dsr.VoiceEn, at.UTC(), true), "Sunday 6 December 2026, 01:05 (UTC)"},
		{OfficialDate(dsr.VoiceJa, at), "令和8年12月6日"},
		{OfficialDate(dsr.VoiceJa, time.Date(2019, 5, 1, 0, 0, 0, 0, tokyo)), "令和元年5月1日"},
		{OfficialDate(dsr.VoiceJa, time.Date(2019, 4, 30, 0, 0, 0, 0, tokyo)), "平成31年4月30日"},
		{OfficialDate(dsr.VoiceJa, time.Date(1989, 1, 7, 0, 0, 0, 0, tokyo)), "昭和64年1月7日"},
		{OfficialDate(dsr.VoiceDe, at), "6. Dezember 2026"},
		{Date(dsr.VoiceEn, time.Time{}, true), ""},
		{Left(dsr.VoiceJa, 3), "あと3営業日"},
		{Left(dsr.VoiceEn, 3), "3 working days left"},
		{Left(dsr.VoiceEn, 0), "due today"},
		{Left(dsr.VoiceJaEasy, -2), "2日 おくれ"},
		{Left(dsr.VoiceDe, -1), "1 Arbeitstag zu spät"},
		{LeftTime(dsr.VoiceEn, 2*time.Hour+10*time.Minute), "2 hours 10 minutes left"},
		{LeftTime(dsr.VoiceJa, -5*time.Minute), "5分超過"},
		{Duration(dsr.VoiceEn, 25*time.Hour+30*time.Minute), "1 day 1 hour"},
		{Duration(dsr.VoiceEn, 10*time.Second), "less than a minute"},
		{Size(dsr.VoiceEn, 1_234_567), "1.2 MB"},
		{Size(dsr.VoiceDe, 1_234_567), "1,2 MB"},
		{Size(dsr.VoiceEn, 340_000), "340 KB"},
		{Size(dsr.VoiceEn, 1), "1 byte"},
	} {
		if f.got != f.want {
			t.Errorf("got %q, want %q", f.got, f.want)
		}
	}
}
