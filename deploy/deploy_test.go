// Package deploy holds examples of configuration. Its tests read them as the
// programs that they are for would: what names a setting, a command or an image
// must name one that there is.
package deploy

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// tags returns, for each field of a struct type in cmd/madoguchi, its name and
// its tag: the program's own source says which settings and commands exist.
func tags(t *testing.T, file, typ string) map[string]reflect.StructTag {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../cmd/madoguchi", file), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]reflect.StructTag{}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != typ {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			if field.Tag == nil {
				continue
			}
			tag, err := strconv.Unquote(field.Tag.Value)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range field.Names {
				found[name.Name] = reflect.StructTag(tag)
			}
		}
		return false
	})
	if len(found) == 0 {
		t.Fatalf("no fields of %s in %s", typ, file)
	}
	return found
}

func settings(t *testing.T) map[string]bool {
	keys := map[string]bool{}
	for _, tag := range tags(t, "config.go", "config") {
		keys[tag.Get("env")] = true
	}
	return keys
}

func commands(t *testing.T) map[string]bool {
	names := map[string]bool{}
	for field, tag := range tags(t, "main.go", "cli") {
		name := tag.Get("name")
		if name == "" {
			name = strings.ToLower(field)
		}
		names[name] = true
	}
	return names
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// envFile returns KEY=VALUE lines, or a complaint with its line.
func envFile(b []byte) (map[string]string, error) {
	values := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || !regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`).MatchString(key) {
			return nil, fmt.Errorf("line %d: %q is not KEY=VALUE", n, line)
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", n, key)
		}
		values[key] = value
	}
	return values, lines.Err()
}

// unknown returns the keys that are no setting.
func unknown(known map[string]bool, values map[string]string) []string {
	var wrong []string
	for key := range values {
		if !known[key] {
			wrong = append(wrong, key)
		}
	}
	slices.Sort(wrong)
	return wrong
}

func TestEveryKeyOfTheExampleFilesIsASetting(t *testing.T) {
	known := settings(t)
	files, _ := filepath.Glob("two-hosts/*.env")
	if len(files) != 3 {
		t.Fatalf("%d files, want 3", len(files))
	}
	for _, path := range files {
		values, err := envFile(read(t, path))
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if wrong := unknown(known, values); len(wrong) > 0 {
			t.Errorf("%s: no such setting: %v", path, wrong)
		}
	}
	planted, err := envFile([]byte("ADDR=x\nADRESS=y\n"))
	if wrong := unknown(known, planted); err != nil || !slices.Equal(wrong, []string{"ADRESS"}) {
		t.Errorf("the check misses a planted key: %v, %v", wrong, err)
	}
	for _, bad := range []string{"ADDR", "addr=x", "ADDR=1\nADDR=2"} {
		if _, err := envFile([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// unit is a systemd unit: section, key, values in order.
type unit map[string]map[string][]string

func parseUnit(b []byte) (unit, error) {
	u, section := unit{}, ""
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = strings.Trim(line, "[]")
			u[section] = map[string][]string{}
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok || section == "" {
				return nil, fmt.Errorf("line %d: %q", n, line)
			}
			u[section][key] = append(u[section][key], value)
		}
	}
	return u, lines.Err()
}

// hardening is what security asks of a unit: no way up, nothing to write but its
// own folder, no core dumps.
var hardening = map[string]string{
	"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
	"CapabilityBoundingSet": "", "RestrictAddressFamilies": "AF_INET AF_INET6", "RestrictNamespaces": "yes", "LimitCORE": "0",
	"SystemCallArchitectures": "native", "MemoryDenyWriteExecute": "yes", "LockPersonality": "yes", "UMask": "0077",
}

// checkUnit returns what is wrong with a unit.
func checkUnit(u unit, commands map[string]bool) []string {
	var wrong []string
	service := u["Service"]
	words := strings.Fields(strings.Join(service["ExecStart"], " "))
	if len(words) != 2 || filepath.Base(words[0]) != "madoguchi" || !commands[words[1]] {
		wrong = append(wrong, fmt.Sprintf("ExecStart %q is not madoguchi with one of its commands", words))
	}
	if user := service["User"]; len(user) != 1 || user[0] == "root" {
		wrong = append(wrong, "User")
	}
	for key, want := range hardening {
		if got := service[key]; len(got) != 1 || got[0] != want {
			wrong = append(wrong, fmt.Sprintf("%s is %q, want %q", key, got, want))
		}
	}
	if len(service["SystemCallFilter"]) == 0 {
		wrong = append(wrong, "SystemCallFilter")
	}
	slices.Sort(wrong)
	return wrong
}

func TestEveryUnitRunsACommandThatExistsAndIsHardened(t *testing.T) {
	files, _ := filepath.Glob("systemd/*.service")
	if len(files) != 2 {
		t.Fatalf("%d units, want 2", len(files))
	}
	for _, path := range files {
		u, err := parseUnit(read(t, path))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if wrong := checkUnit(u, commands(t)); len(wrong) > 0 {
			t.Errorf("%s: %v", path, wrong)
		}
		// Each unit reads the example file of its own name.
		env := strings.Join(u["Service"]["EnvironmentFile"], " ")
		if _, err := os.Stat(filepath.Join("two-hosts", filepath.Base(env))); err != nil {
			t.Errorf("%s: there is no example of %s", path, env)
		}
	}
	planted, err := parseUnit([]byte("[Service]\nExecStart=/usr/local/bin/madoguchi dance\nUser=root\nProtectSystem=no\n"))
	if err != nil || len(checkUnit(planted, commands(t))) < len(hardening) {
		t.Errorf("the check misses planted faults: %v, %v", checkUnit(planted, commands(t)), err)
	}
}

// compose is the part of a compose file that is checked.
type compose struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Command     []string          `yaml:"command"`
		Environment map[string]string `yaml:"environment"`
		Ports       []string          `yaml:"ports"`
		DependsOn   map[string]any    `yaml:"depends_on"`
	} `yaml:"services"`
}

// pinned reports whether an image names a full version, or is built here.
func pinned(image string) bool {
	return image == "madoguchi:local" || image == "scratch" ||
		regexp.MustCompile(`^[a-z0-9./-]+:\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?(@sha256:[0-9a-f]{64})?$`).MatchString(image)
}

func checkCompose(c compose, known, commands map[string]bool) []string {
	var wrong []string
	for name, s := range c.Services {
		if !pinned(s.Image) {
			wrong = append(wrong, fmt.Sprintf("%s: image %q has no full version", name, s.Image))
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				wrong = append(wrong, fmt.Sprintf("%s: port %s is open to other machines", name, p))
			}
		}
		for other := range s.DependsOn {
			if _, ok := c.Services[other]; !ok {
				wrong = append(wrong, fmt.Sprintf("%s: depends on %s, which is not there", name, other))
			}
		}
		if s.Image != "madoguchi:local" {
			continue
		}
		if len(s.Command) != 1 || !commands[s.Command[0]] {
			wrong = append(wrong, fmt.Sprintf("%s: %q is no command", name, s.Command))
		}
		for _, key := range unknown(known, s.Environment) {
			wrong = append(wrong, fmt.Sprintf("%s: no such setting: %s", name, key))
		}
	}
	slices.Sort(wrong)
	return wrong
}

func TestTheComposeFileNamesWhatExists(t *testing.T) {
	file := read(t, "compose.yaml")
	var c compose
	if err := yaml.Unmarshal(file, &c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"server", "worker", "migrate", "postgres", "temporal"} {
		if _, ok := c.Services[want]; !ok {
			t.Errorf("there is no service %s", want)
		}
	}
	if len(c.Services["server"].Environment) < 10 {
		t.Errorf("the shared settings did not reach the server: %v", c.Services["server"].Environment)
	}
	for _, wrong := range checkCompose(c, settings(t), commands(t)) {
		t.Error(wrong)
	}
	// What the file asks of its reader is what the example offers, no more and
	// no less.
	example, err := envFile(read(t, "compose/example.env"))
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+)`).FindAllSubmatch(file, -1) {
		asked[string(m[1])] = true
		if _, ok := example[string(m[1])]; !ok {
			t.Errorf("example.env lacks %s", m[1])
		}
	}
	if wrong := unknown(asked, example); len(wrong) > 0 {
		t.Errorf("compose.yaml never asks for %v", wrong)
	}

	var planted compose
	if err := yaml.Unmarshal([]byte("services: {a: {image: 'postgres:latest', ports: ['8080:8080'], depends_on: {b: {}}}, c: {image: 'madoguchi:local', command: [dance], environment: {ADRESS: x}}}"), &planted); err != nil {
		t.Fatal(err)
	}
	if wrong := checkCompose(planted, settings(t), commands(t)); len(wrong) != 5 {
		t.Errorf("the check finds %d of 5 planted faults: %v", len(wrong), wrong)
	}
}

// checkDockerfile returns what is wrong with a Dockerfile.
func checkDockerfile(b []byte, known map[string]bool) []string {
	var wrong []string
	text := strings.ReplaceAll(string(b), "\\\n", " ")
	stages, user := 0, ""
	for line := range strings.SplitSeq(text, "\n") {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "", "#":
		case "FROM":
			stages++
			user = ""
			if image, _, _ := strings.Cut(rest, " "); !pinned(image) {
				wrong = append(wrong, "image "+image)
			}
		case "USER":
			user = rest
		case "ENV":
			key, _, _ := strings.Cut(rest, "=")
			if key != "CGO_ENABLED" && !known[key] {
				wrong = append(wrong, "setting "+key)
			}
		case "RUN", "COPY", "WORKDIR", "ARG", "EXPOSE", "VOLUME", "ENTRYPOINT", "CMD":
		default:
			if !strings.HasPrefix(word, "#") {
				wrong = append(wrong, "instruction "+word)
			}
		}
	}
	if stages < 2 {
		wrong = append(wrong, "one stage: the compiler would be shipped")
	}
	if user == "" || strings.HasPrefix(user, "0") || user == "root" {
		wrong = append(wrong, "it runs as root")
	}
	return wrong
}

func TestTheDockerfileIsPinnedAndDoesNotRunAsRoot(t *testing.T) {
	if wrong := checkDockerfile(read(t, "Dockerfile"), settings(t)); len(wrong) > 0 {
		t.Error(wrong)
	}
	if wrong := checkDockerfile([]byte("FROM golang\nENV ADRESS=x\nRUNN y\n"), settings(t)); len(wrong) != 5 {
		t.Errorf("the check finds %d of 5 planted faults: %v", len(wrong), wrong)
	}
}

func TestTheProxiesNameTheAddressThatIsTrusted(t *testing.T) {
	env, err := envFile(read(t, "two-hosts/server.env"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"proxy/nginx.conf", "proxy/Caddyfile"} {
		b := string(read(t, path))
		if !strings.Contains(b, env["ADDR"]) || !strings.Contains(b, strings.TrimPrefix(env["BASE_URL"], "https://")) || !strings.Contains(b, env["TRUSTED_PROXY"]) {
			t.Errorf("%s does not fit server.env", path)
		}
		if strings.Count(b, "{") != strings.Count(b, "}") {
			t.Errorf("%s: braces do not match", path)
		}
	}
}
