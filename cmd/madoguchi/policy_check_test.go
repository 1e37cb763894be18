package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"madoguchi/packs"
)

// policyCommand runs `madoguchi policy` over what is built in, unless told
// otherwise.
func policyCommand(t testing.TB, args ...string) said {
	t.Helper()
	var out, complaints bytes.Buffer
	s := &surroundings{env: map[string]string{"DATA_DIR": t.TempDir()}, out: &out, err: &complaints}
	code := run(t.Context(), append([]string{"policy"}, args...), s)
	return said{code, out.String(), complaints.String()}
}

// packsCopy is a folder with a copy of the packs that are built in, in which one
// file was changed.
func packsCopy(t testing.TB, file string, change ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "packs")
	if err := os.CopyFS(dir, packs.Files); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, filepath.FromSlash(file))
	b, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(change...).Replace(string(b))
	if text == string(b) {
		t.Fatalf("nothing of %s was changed", file)
	}
	if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPolicyCheckSaysWhatEachPolicyHas(t *testing.T) {
	s := policyCommand(t, "check")
	if s.code != 0 || s.err != "" {
		t.Fatalf("exit %d, %s", s.code, s.err)
	}
	for _, want := range []string{"izumisano 2026.1 over appi", "nothing below the law", "kinds       13: 6 by the portal, 7 by the desk", "law N1 N2 X1 X2 X3", "reading X3 X4", "D-18", "requirements: "} {
		if !strings.Contains(s.out, want) {
			t.Errorf("no %q in\n%s", want, s.out)
		}
	}
	var found checkJSON
	if err := json.Unmarshal([]byte(policyCommand(t, "check", "--json").out), &found); err != nil {
		t.Fatal(err)
	}
	if len(found.Organisations) != strings.Count(s.out, "nothing below the law") || len(found.Organisations) < 5 || found.Problems == nil || len(found.Problems) != 0 {
		t.Errorf("%d organisations, %d problems", len(found.Organisations), len(found.Problems))
	}
}

const feeOnCorrection = "fees:\n  - { kinds: [correction], yen: 500, clause: \"7\", text: { ja: 手数料, ja-easy: お金, en: Fee, vi: Phí, de: Gebühr } }\namendment:"

// The same fault, asked for by each way of naming a place.
func TestPolicyCheckNamesPlaceCureArticleAndClause(t *testing.T) {
	dir := packsCopy(t, "kai/pack.yaml", "amendment:", feeOnCorrection)
	pack := filepath.Join(dir, "kai", "pack.yaml")
	lines := strings.Split(string(read(t, pack)), "\n")
	for name, args := range map[string][]string{
		"the folder of packs": {dir}, "--packs": {"--packs", dir}, "an organisation": {filepath.Join(dir, "kai")}, "a file": {pack},
		"a file over another folder": {"--packs", dir, pack},
	} {
		s := policyCommand(t, append([]string{"check"}, args...)...)
		if s.code != 1 || !strings.Contains(s.err, "1 problem found") {
			t.Errorf("%s: exit %d, %s", name, s.code, s.err)
		}
		m := regexp.MustCompile(`(?m)^(.*pack\.yaml):(\d+):(\d+): a fee on correction has no basis$`).FindStringSubmatch(s.out)
		if m == nil || m[1] != pack {
			t.Errorf("%s: %s", name, s.out)
			continue
		}
		if line, _ := strconv.Atoi(m[2]); !strings.Contains(lines[line-1], "yen: 500") {
			t.Errorf("%s: line %d is %q", name, line, lines[line-1])
		}
		for _, want := range []string{"instead: leave the kind out of the fee", "below:   Art. 38(1), clause 7 of the policy", "floor:   fee-without-basis: "} {
			if !strings.Contains(s.out, want) {
				t.Errorf("%s: no %q in\n%s", name, want, s.out)
			}
		}
		if strings.Contains(s.out, "nothing below the law") {
			t.Errorf("%s: says that there is nothing, too", name)
		}
	}
	var found checkJSON
	s := policyCommand(t, "check", "--json", pack)
	if err := json.Unmarshal([]byte(s.out), &found); err != nil || s.code != 1 || len(found.Problems) != 1 || len(found.Organisations) != 0 {
		t.Fatalf("exit %d, %v, %+v", s.code, err, found)
	}
	if p := found.Problems[0]; p.Rule != "fee-without-basis" || p.Article != "38(1)" || p.Clause != "7" || p.Line < 2 || p.Column < 2 || p.File != pack {
		t.Errorf("%+v", p)
	}
}

// One organisation's folder is checked without the others, over the law that is
// built in; what is wrong with those is not its problem.
func TestPolicyCheckOfOneOrganisationLeavesTheOthersOut(t *testing.T) {
	dir := packsCopy(t, "kai/pack.yaml", "amendment:", feeOnCorrection)
	s := policyCommand(t, "check", "--packs", dir, filepath.Join(dir, "qoo10"))
	if s.code != 0 || !strings.HasPrefix(s.out, "qoo10 ") || strings.Count(s.out, "nothing below the law") != 1 {
		t.Errorf("exit %d\n%s%s", s.code, s.out, s.err)
	}
	t.Chdir(filepath.Join(dir, "score-japan"))
	if s := policyCommand(t, "check", "."); s.code != 0 || !strings.HasPrefix(s.out, "score-japan ") {
		t.Errorf("here: exit %d\n%s%s", s.code, s.out, s.err)
	}
}

// An older version stays below the organisation's folder and under the same floor.
func TestPolicyCheckReadsOlderVersionsToo(t *testing.T) {
	dir := packsCopy(t, "kai/pack.yaml", "version: \"2026.1\"", "version: \"2027.1\"\nin_force_from: \"2027-04-01\"")
	kai := filepath.Join(dir, "kai")
	older := strings.Replace(string(read(t, filepath.Join(kai, "pack.yaml"))), "version: \"2027.1\"\nin_force_from: \"2027-04-01\"", "version: \"2026.1\"", 1)
	file := filepath.Join(kai, "versions", "2026.1.yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for text, code := range map[string]int{older: 0, strings.Replace(older, "amendment:", feeOnCorrection, 1): 1} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if s := policyCommand(t, "check", kai); s.code != code || (code == 1) != strings.Contains(s.out, file+":") {
			t.Errorf("exit %d, want %d\n%s%s", s.code, code, s.out, s.err)
		}
	}
}

func TestPolicyCheckOfWhatIsNoPolicyIsASentence(t *testing.T) {
	empty := t.TempDir()
	other := filepath.Join(empty, "policy.txt")
	if err := os.WriteFile(other, []byte("\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"can't be read":                    {filepath.Join(empty, "none")},
		"neither a pack.yaml nor":          {empty},
		"is a file called pack.yaml":       {other},
		"is not a folder that can be read": {"--packs", other},
		"schema/pack.schema.json":          {"--packs", empty},
	} {
		if s := policyCommand(t, append([]string{"check"}, args...)...); s.code != 1 || !strings.Contains(s.err, want) || s.out != "" {
			t.Errorf("%v: exit %d, %q, want %q", args, s.code, s.err, want)
		}
	}
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
