package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"madoguchi/internal/scenario"
)

func TestPolicyTestCountsRequirementsAndScenarios(t *testing.T) {
	s := policyCommand(t, "test")
	if s.code != 0 || s.err != "" {
		t.Fatalf("exit %d, %s\n%s", s.code, s.err, s.out)
	}
	for _, want := range []string{"kai: ", "99 requirements: ", "  IZ-11      1  later: provision stop", "  SJ-06      1  pass", "  D-16       1  pass", "readings: 33 pass"} {
		if !strings.Contains(s.out, want) {
			t.Errorf("no %q in\n%s", want, s.out)
		}
	}
	one := policyCommand(t, "test", "--organisation", "kai")
	if one.code != 0 || !strings.Contains(one.out, "16 requirements: ") || strings.Contains(one.out, "QOO-") {
		t.Errorf("of one organisation: exit %d\n%s", one.code, one.out)
	}
	var report scenario.Report
	if err := json.Unmarshal([]byte(policyCommand(t, "test", "--json").out), &report); err != nil || len(report.Requirements) != 99 || len(report.Results) < 99 || report.Failed() {
		t.Errorf("as JSON: %v, %d requirements, %d results", err, len(report.Requirements), len(report.Results))
	}
	page, err := os.ReadFile("../../docs/requirements.md")
	if err != nil || policyCommand(t, "test", "--markdown").out != string(page) {
		t.Errorf("--markdown is not docs/requirements.md (%v); run: make docs", err)
	}
}

// The freeze is taken out of a copy of the packs, and a scenario sees it.
func TestPolicyTestNamesWhatCameOutOtherwise(t *testing.T) {
	dir := packsCopy(t, "qoo10/pack.yaml", "    freeze: true\n", "", "    freeze_until: corrected\n", "", "    carries: { freeze_until: settled }\n", "")
	s := policyCommand(t, "test", "--packs", dir)
	for _, want := range []string{"FAIL disputed-data-is-frozen-until-corrected for qoo10: ", filepath.Join(dir, "qoo10", "scenarios", "rights.yaml") + ":", ": freeze: expected promised, got desk", "QOO-05     2  fail"} {
		if !strings.Contains(s.out, want) {
			t.Errorf("no %q in\n%s", want, s.out)
		}
	}
	if s.code != 1 || !strings.Contains(s.err, "not everything came out as the scenarios say") {
		t.Errorf("exit %d, %s", s.code, s.err)
	}
	if s := policyCommand(t, "test", "--packs", dir, "--organisation", "kai"); s.code != 0 {
		t.Errorf("another organisation is red too: %s", s.out)
	}
}

// A requirement that nobody shows is red, and so is a scenario that does not parse.
func TestPolicyTestIsRedWithoutAScenario(t *testing.T) {
	dir := packsCopy(t, "kai/scenarios/page.yaml", "proves: [KAI-16]", "proves: [KAI-15]")
	if s := policyCommand(t, "test", "--packs", dir); s.code != 1 || !strings.Contains(s.out, "KAI-16     0  missing") {
		t.Errorf("exit %d\n%s", s.code, s.out)
	}
	dir = packsCopy(t, "kai/scenarios/page.yaml", "proves: [KAI-16]", "prove: [KAI-16]")
	if s := policyCommand(t, "test", "--packs", dir); s.code != 1 || !strings.Contains(s.err, filepath.Join(dir, "kai", "scenarios", "page.yaml")+":") || !strings.Contains(s.err, `write "proves"`) {
		t.Errorf("exit %d\n%s", s.code, s.err)
	}
	if s := policyCommand(t, "test", "--organisation", "nobody"); s.code != 1 || !strings.Contains(s.err, `there is no "nobody"`) {
		t.Errorf("exit %d\n%s", s.code, s.err)
	}
}
