package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"madoguchi/dsr"
	"madoguchi/packs"
	"madoguchi/policy"
)

// newer is a copy of an organisation's folder with a text replaced in its pack,
// each replacement exactly once.
func newer(t *testing.T, slug string, replace ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), slug)
	whole := t.TempDir()
	if err := os.CopyFS(whole, packs.Files); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(whole, slug), dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pack.yaml")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("%s does not say %q", slug, replace[i])
		}
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAChangeOfAPolicyIsToldInWordsAndForWhomItIs(t *testing.T) {
	dir := newer(t, "kai", `version: "2026.1"`, `version: "2027.1"`,
		"channels: [portal, telephone]", "channels: [portal, telephone, mail]",
		"  - id: fraud\n    clause: \"3 H\"\n", "  - id: profiling\n    clause: \"3 H\"\n",
		"appointments: true", "appointments: false",
		"notify: false", "notify: true",
		"documents: [call-back, residence-card, my-number-card, driving-licence, passport]", "documents: [call-back, residence-card, driving-licence, passport]",
		"role: joint-user", "role: third-party",
		"purposes: [accurate-reception]", "purposes: [accurate-reception, training]",
		"requirements:\n", "times:\n  availability: { start: event, unit: calendar-days, n: 14, end_point: end-of-day }\n  recipient: { start: event, unit: business-days, n: 9 }\nnumbers: { upload_files: 4 }\nfees:\n  - { kinds: [disclosure], yen: 300, clause: \"7\", text: { ja: 300円, en: 300 yen, vi: 300 yên, de: 300 Yen } }\nrequirements:\n")
	out, complaint, code := asked(t, "policy", "diff", "kai", dir, "--on", "2026-11-22")
	if code != 0 {
		t.Fatal(complaint)
	}
	ja, _, _ := asked(t, "policy", "diff", "kai", dir, "--on", "2026-11-22", "--voice", "ja")
	parts := byHeading(out)
	for heading, sentences := range map[string][]string{
		"Worse for the person": {
			"Data is now used for a further purpose: Preventing misuse [policy 3 H]", "Disclosure of retained personal data – telephone: My Number card (front only) can no longer be used to prove who one is [policy 7; Art. 37(1)]",
			"Telling a recipient: longer, 9 business days in place of 5 business days", "Disclosure of retained personal data: a fee is now charged (300 yen) [policy 7; Art. 38(1)]",
			"Recording, for: now also training", "Files in a request: was “10”, is now “4”",
		},
		"Better for the person": {"The desk can now be reached by e-mail", "Time to download the answer: longer, 14 days in place of 7 days", "Change, people are told of a change: now so",
			"Data is no longer used for: Preventing misuse [policy 3 H]"},
		"Neither": {"Version of the pack: was “2026.1”, is now “2027.1”", "Who handles the data, only with an active appointment: no longer so"},
	} {
		for _, s := range sentences {
			if !strings.Contains(parts[heading], s) {
				t.Errorf("%q is not under %s:\n%s", s, heading, out)
			}
		}
	}
	if !strings.Contains(ja, "手数料がかかるようになります(300円)") || !strings.Contains(ja, "新しい目的に使うようになります: ") {
		t.Error(ja)
	}
	for _, s := range []string{out, ja} {
		if m := untold.FindString(s); m != "" {
			t.Errorf("%s has no words", m)
		}
	}
	back, _, _ := asked(t, "policy", "diff", dir, "kai", "--on", "2026-11-22")
	if parts := byHeading(back); !strings.Contains(parts["Better for the person"], "no fee is charged any more (300 yen)") || !strings.Contains(parts["Worse for the person"], "shorter, 7 days in place of 14 days") {
		t.Error(back)
	}
	// As JSON, the same changes with their lines.
	var all []compared
	data, _, _ := asked(t, "policy", "diff", "kai", dir, "--on", "2026-11-22", "--json")
	if err := json.Unmarshal([]byte(data), &all); err != nil || len(all) != 1 || len(all[0].Changes) < 12 || all[0].Is != "2027.1" {
		t.Error(err, data)
	}
}

func byHeading(out string) map[string]string {
	parts, heading := map[string]string{}, ""
	for line := range strings.Lines(out) {
		switch {
		case strings.HasPrefix(line, "  "):
			parts[heading] += line
		case strings.TrimSpace(line) != "":
			heading = strings.TrimSpace(line)
		}
	}
	return parts
}

func TestNothingThatChangedIsSaidToBeNothing(t *testing.T) {
	out, complaint, code := asked(t, "policy", "diff", "kai", "kai", "--on", "2026-11-22")
	if code != 0 || !strings.Contains(out, "Nothing changes.") {
		t.Error(out, complaint)
	}
	for want, line := range map[string][]string{
		"nowhere: there is no such folder and no such version; there is ": {"policy", "diff", "nowhere", "kai"},
		"--organisation: there is no \"qoo10\" in either":                 {"policy", "diff", "kai", "kai", "--organisation", "qoo10"},
	} {
		if _, complaint, code := asked(t, line...); code != 1 || !strings.Contains(complaint, want) {
			t.Errorf("%v: %s", line, complaint)
		}
	}
}

// Every line that a shipped policy has can become new, be gone, lose each of its
// facts and get each of them: there is a sentence for it in both voices.
func TestEveryLineHasASentenceForEachWayInWhichItCanChange(t *testing.T) {
	n, sorts := 0, map[string]bool{}
	for _, p := range organisations(t) {
		for _, voice := range []dsr.Voice{"en", "ja"} {
			r := reader{voice, p}
			say := func(c policy.Change) {
				told := toldChanges([]policy.Change{c}, r, r)
				if len(told) == 0 {
					t.Errorf("%s %s: %s is not told", voice, c.Line().ID, c.Sort)
				}
				for _, x := range told {
					n++
					if strings.TrimSpace(x.text) == "" || untold.MatchString(x.text) || x.where == "" {
						t.Errorf("%s %s: %q", voice, c.Line().ID, x.text)
					}
				}
			}
			for _, l := range p.Effective(day(t)).Lines {
				sorts[l.Says] = true
				say(policy.Change{Sort: policy.ChangeNew, Sense: policy.Same, Is: &l})
				say(policy.Change{Sort: policy.ChangeGone, Sense: policy.Same, Was: &l})
				other := l
				other.Clause += "9"
				say(policy.Change{Sort: policy.ChangeMoved, Sense: policy.Same, Was: &l, Is: &other})
				for i, f := range l.Facts {
					if slices.Contains(ofExtension, f.Name) {
						continue
					}
					less := l
					less.Facts = append(append([]policy.Fact{}, l.Facts[:i]...), l.Facts[i+1:]...)
					say(policy.Change{Sort: policy.ChangeFacts, Sense: policy.Same, Was: &l, Is: &less, Facts: []string{f.Name}})
					say(policy.Change{Sort: policy.ChangeFacts, Sense: policy.Same, Was: &less, Is: &l, Facts: []string{f.Name}})
				}
			}
		}
	}
	if len(sorts) < 40 {
		t.Errorf("only %d sorts of lines", len(sorts))
	}
	t.Logf("counts: %d sentences for %d sorts of lines", n, len(sorts))
	// The check sees a sort of line that nobody gave words.
	p := organisations(t)[0]
	planted := policy.Line{Section: "fees", ID: "fees/x", Says: "surcharge", Layer: "policy", Source: "x", Facts: []policy.Fact{{Name: "yen", Values: []string{"1"}}}}
	if told := toldChanges([]policy.Change{{Sort: policy.ChangeNew, Is: &planted}}, reader{"en", p}, reader{"en", p}); !untold.MatchString(told[0].text) {
		t.Errorf("a line without words is not seen: %q", told[0].text)
	}
}

// With --database the open cases of the earlier version are counted and named by
// reference, and by nothing else of anybody.
func TestTheOpenCasesOfAnEarlierVersionAreNamedByReference(t *testing.T) {
	data := t.TempDir()
	environ := func() map[string]string { return map[string]string{"MODE": modeDevelopment, "DATA_DIR": data} }
	here, filed := oneCase(t, environ())
	dir := newer(t, "izumisano", `version: "2026.1"`, `version: "2027.1"`)
	diff := func(was, is string) string {
		t.Helper()
		var out, complaints bytes.Buffer
		if code := run(t.Context(), []string{"policy", "diff", was, is, "--on", "2026-11-22", "--database"}, &surroundings{env: environ(), out: &out, err: &complaints}); code != 0 {
			t.Fatalf("exit %d: %s", code, complaints.String())
		}
		if strings.Contains(out.String(), markHere) || strings.Contains(out.String(), filed.ID) {
			t.Errorf("more than references:\n%s", out.String())
		}
		return out.String()
	}
	if out := diff("izumisano", dir); !regexp.MustCompile(`(?m)^Open cases that arrived under the old version \(` + here.Digest[:12] + `\): 1\n  M-[0-9A-Z-]+-1$`).MatchString(out) {
		t.Error(out)
	}
	if out := diff(dir, "izumisano"); !regexp.MustCompile(`(?m)^Open cases that arrived under the old version \([0-9a-f]{12}\): 0$`).MatchString(out) {
		t.Error(out)
	}
}
