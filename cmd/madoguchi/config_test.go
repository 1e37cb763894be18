package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// production is an environment that starts.
func production(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	keep := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x"), 0o400); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return map[string]string{
		"MODE": "production", "ADDR": "127.0.0.1:8443", "BASE_URL": "https://dsr.example.jp",
		"TRUSTED_PROXY": "127.0.0.1/32", "DATA_DIR": filepath.Join(dir, "data"),
		"ROOT_KEY_FILE": keep("root.key"), "SIGNING_KEY_FILE": keep("signing.key"),
		"DATABASE_URL": "postgres://app:hunter2@db/madoguchi", "TEMPORAL_ADDRESS": "temporal:7233",
		"SMTP_ADDRESS": "smtp.example.jp:587", "MAIL_FROM": "madoguchi@example.jp",
	}
}

func TestWithoutAnySettingItStartsForDevelopment(t *testing.T) {
	c, err := parseConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || c.Mode != modeDevelopment || c.DatabaseURL != "" || c.TemporalAddress != "" {
		t.Errorf("%+v", c)
	}
	if c, err = parseConfig(map[string]string{"ADDR": "", "SWEEP_INTERVAL": ""}); err != nil || c.Addr != "127.0.0.1:8080" {
		t.Errorf("an empty variable is not the default: %q, %v", c.Addr, err)
	}
	if _, err := parseConfig(production(t)); err != nil {
		t.Errorf("a complete production environment is refused: %v", err)
	}
}

func TestEachWrongSettingIsNamedInOneSentence(t *testing.T) {
	inData := func(e map[string]string) string {
		if err := os.MkdirAll(e["DATA_DIR"], 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(e["DATA_DIR"], "root.key")
		if err := os.WriteFile(path, []byte("x"), 0o400); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tc := range []struct {
		key, value string
		names      string // the setting the sentence begins with; empty: key
	}{
		{key: "MODE", value: "prod"},
		{key: "ADDR", value: "8080"},
		{key: "BASE_URL", value: "http://dsr.example.jp"},
		{key: "BASE_URL", value: "dsr.example.jp"},
		{key: "BASE_URL", value: "https://dsr.example.jp/portal"},
		{key: "BASE_URL", value: "-"},
		{key: "TLS_CERT_FILE", value: "/nowhere/cert.pem"},
		{key: "TLS_KEY_FILE", value: "/nowhere/key.pem"},
		{key: "TRUSTED_PROXY", value: "proxy"},
		{key: "TRUSTED_PROXY", value: "0.0.0.0/0"},
		{key: "TRUSTED_PROXY", value: "-", names: "TLS_CERT_FILE"},
		{key: "DATABASE_URL", value: "mysql://app:hunter2@db/x"},
		{key: "DATABASE_URL", value: "-"}, // nothing wrong: SQLite
		{key: "DATABASE_OWNER_URL", value: "hunter2"},
		{key: "TEMPORAL_ADDRESS", value: "temporal"},
		{key: "TEMPORAL_TLS_CA_FILE", value: "/nowhere/ca.pem"},
		{key: "TEMPORAL_TLS_CERT_FILE", value: "/nowhere/ca.pem"},
		{key: "MADOGUCHI_TEMPORAL_BIN", value: "/nowhere/temporal"},
		{key: "SMTP_ADDRESS", value: "-"},
		{key: "SMTP_ADDRESS", value: "smtp.example.jp"},
		{key: "SMTP_TLS", value: "none"},
		{key: "SMTP_TLS", value: "yes"},
		{key: "SMTP_USERNAME", value: "desk"},
		{key: "SMTP_PASSWORD_FILE", value: "/nowhere/password"},
		{key: "MAIL_FROM", value: "-"},
		{key: "MAIL_FROM", value: "desk"},
		{key: "ROOT_KEY_FILE", value: "-"},
		{key: "ROOT_KEY_FILE", value: "in DATA_DIR"},
		{key: "ROOT_KEY_FILE", value: "/nowhere/root.key"},
		{key: "SIGNING_KEY_FILE", value: "-"},
		{key: "PACKS_DIR", value: "/nowhere/packs"},
		{key: "LOG_LEVEL", value: "loud"},
		{key: "SWEEP_INTERVAL", value: "soon"},
		{key: "SWEEP_INTERVAL", value: "1h"},
		{key: "RELAY_INTERVAL", value: "0s"},
	} {
		e := production(t)
		switch tc.value {
		case "-":
			delete(e, tc.key)
		case "in DATA_DIR":
			e[tc.key] = inData(e)
		default:
			e[tc.key] = tc.value
		}
		_, err := parseConfig(e)
		if tc.key == "DATABASE_URL" && tc.value == "-" {
			if err != nil {
				t.Errorf("SQLite in production: %v", err)
			}
			continue
		}
		name := tc.names
		if name == "" {
			name = tc.key
		}
		if err == nil || !strings.Contains("\n"+err.Error(), "\n"+name+" ") {
			t.Errorf("%s=%s: got %v, want a sentence that begins with %s", tc.key, tc.value, err, name)
			continue
		}
		for sentence := range strings.SplitSeq(err.Error(), "\n") {
			if !strings.ContainsAny(sentence, ";:") {
				t.Errorf("%q says what is wrong but not what to do", sentence)
			}
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s=%s: the sentence repeats a password: %v", tc.key, tc.value, err)
		}
	}
}

func TestAKeyFileThatOthersCanReadIsRefusedInProduction(t *testing.T) {
	e := production(t)
	if err := os.Chmod(e["ROOT_KEY_FILE"], 0o440); err != nil {
		t.Fatal(err)
	}
	if _, err := parseConfig(e); err == nil || !strings.Contains(err.Error(), "chmod 400") {
		t.Errorf("got %v", err)
	}
	// A link does not hide where the key lies.
	e = production(t)
	if err := os.MkdirAll(e["DATA_DIR"], 0o700); err != nil {
		t.Fatal(err)
	}
	target, link := filepath.Join(e["DATA_DIR"], "k"), filepath.Join(t.TempDir(), "link")
	if err := os.WriteFile(target, []byte("x"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	e["ROOT_KEY_FILE"] = link
	if _, err := parseConfig(e); err == nil || !strings.Contains(err.Error(), "inside DATA_DIR") {
		t.Errorf("got %v", err)
	}
}

func TestAllWrongSettingsAreToldAtOnceAndEachOnce(t *testing.T) {
	_, err := parseConfig(map[string]string{"MODE": "x", "ADDR": "y", "SWEEP_INTERVAL": "soon", "LOG_LEVEL": "z"})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, key := range []string{"MODE", "ADDR", "SWEEP_INTERVAL", "LOG_LEVEL"} {
		if n := strings.Count("\n"+err.Error(), "\n"+key+" "); n != 1 {
			t.Errorf("%s is named %d times in:\n%v", key, n, err)
		}
	}
}

func TestTheConfigCommandMasksSecretsAndNamesWhatIsWrong(t *testing.T) {
	e := maps.Clone(production(t))
	e["LOG_LEVEL"] = "loud"
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"config"}, &surroundings{env: e, out: &out, err: &errs})
	if code != 1 || !strings.Contains(errs.String(), "LOG_LEVEL") {
		t.Errorf("exit %d, %s", code, &errs)
	}
	if strings.Contains(out.String()+errs.String(), "hunter2") {
		t.Error("the password is printed")
	}
	for _, want := range []string{"dsr.example.jp", "(set, not shown)", "RELAY_INTERVAL"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not printed in:\n%s", want, &out)
		}
	}
}

func TestEverySettingIsDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range (config{}).list() {
		if s.key == "" || !strings.HasSuffix(s.desc, ".") || seen[s.key] {
			t.Errorf("%+v lacks a name or a description, or is there twice", s)
		}
		seen[s.key] = true
	}
}

func TestTheSettingsPageIsCurrent(t *testing.T) {
	page, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != settingsPage() {
		t.Error("docs/settings.md is stale; run: make docs")
	}
}

func TestACommandThatDoesNotExistExitsWithTwo(t *testing.T) {
	for args, want := range map[string]int{"dance": 2, "version": 0, "--help": 0, "config --markdown": 0} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), strings.Fields(args), &surroundings{out: &out, err: &errs}); code != want {
			t.Errorf("%s: exit %d, want %d: %s", args, code, want, &errs)
		}
	}
}
