// Notices prints THIRD_PARTY_NOTICES.md: every module in the two built programs
// with its version and licence, then each licence's text once. It reads the
// module cache, so what is printed is what was built. A module whose
// repository has no licence file stops it.
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// module is one library in a program.
type module struct {
	path, version, dir string
	programs           []string
}

func main() {
	page, err := page()
	if err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
	os.Stdout.WriteString(page)
}

// programs are the two that are built, by the folder of their module.
var programs = []struct{ name, folder, pkg string }{
	{"madoguchi", ".", "./cmd/madoguchi"},
	{"madoguchi-temporal", "standalone", "."},
}

// modules asks go for the modules that a program's packages come from.
func modules(folder, pkg string) ([]module, error) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", pkg)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64") // the same list on every machine
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", pkg, err)
	}
	var found []module
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) == 3 {
			found = append(found, module{path: f[0], version: f[1], dir: f[2]})
		}
	}
	slices.SortFunc(found, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return slices.CompactFunc(found, func(a, b module) bool { return a.path == b.path }), nil
}

func page() (string, error) {
	all := map[string]*module{}
	for _, p := range programs {
		found, err := modules(p.folder, p.pkg)
		if err != nil {
			return "", err
		}
		for _, m := range found {
			key := m.path + "@" + m.version
			if all[key] == nil {
				all[key] = &m
			}
			all[key].programs = append(all[key].programs, p.name)
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	all["Go"] = &module{path: "Go's standard library", dir: strings.TrimSpace(string(goroot)), programs: []string{"madoguchi", "madoguchi-temporal"}}

	var b strings.Builder
	b.WriteString(`<!-- Made by "make docs" from the module cache. Do not edit. -->
# Third-party notices

The libraries in the two programs, and their licences. The texts follow, each once.

| library | version | in | licence | text |
|---|---|---|---|---|
`)
	numbers := map[[32]byte]int{}
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		m := all[key]
		files, err := licences(m.dir)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			// A part of a larger repository has its terms in another part.
			other := all[name]
			if err != nil && other != m && repository(other.path) == repository(m.path) {
				files, err = licences(other.dir)
			}
		}
		if why := without[m.path]; err != nil && why != "" {
			fmt.Fprintf(&b, "| %s | %s | %s | no licence file: %s | |\n", m.path, m.version, strings.Join(m.programs, ", "), why)
			continue
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", key, err)
		}
		kind := ""
		var refs []string
		for _, text := range files {
			if k := kindOf(text); kind == "" || kind == "see text" {
				kind = k
			}
			sum := sha256.Sum256([]byte(strings.Join(strings.Fields(text), " ")))
			n, known := numbers[sum]
			if !known {
				texts = append(texts, text)
				n = len(texts)
				numbers[sum] = n
			}
			refs = append(refs, fmt.Sprintf("[%d](#text-%d)", n, n))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", m.path, m.version, strings.Join(m.programs, ", "), kind, strings.Join(refs, " "))
	}
	for i, text := range texts {
		fence := "```"
		if strings.Contains(text, fence) {
			fence = "~~~~"
		}
		fmt.Fprintf(&b, "\n## Text %d\n\n%stext\n%s\n%s\n", i+1, fence, strings.TrimSpace(text), fence)
	}
	return b.String(), nil
}

// without lists the modules that come without a licence file, each looked at by
// a person; the page says so in plain words.
var without = map[string]string{
	"github.com/nexus-rpc/nexus-proto-annotations": "annotations required by go.temporal.io/api; the same owner's other modules are MIT",
}

// repository is the part of a module's path that names where it is kept.
func repository(path string) string {
	parts := strings.SplitN(path, "/", 4)
	return strings.Join(parts[:min(len(parts), 3)], "/")
}

// legal matches the files that say under which terms a module comes.
var legal = regexp.MustCompile(`(?i)^(li[cs]en[cs]e|copying|notice|patents)([-._].*)?$`)

// licences returns the texts of a folder's legal files, in the order of names.
func licences(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, e := range entries {
		if e.IsDir() || !legal.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))))
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("no licence file in %s", dir)
	}
	return texts, nil
}

// kindOf names a licence by what it says.
func kindOf(text string) string {
	flat := strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, k := range []struct{ words, name string }{
		{"mozilla public license", "MPL-2.0"},
		{"apache license", "Apache-2.0"},
		{"neither the name", "BSD-3-Clause"},
		{"names of its contributors may be used", "BSD-3-Clause"},
		{"redistribution and use in source and binary forms", "BSD-2-Clause"},
		{"permission to use, copy, modify, and/or distribute", "ISC"},
		{"permission to use, copy, modify, and distribute", "ISC"},
		{"permission is hereby granted, free of charge", "MIT"},
		{"this is free and unencumbered software", "Unlicense"},
		{"cc0 1.0", "CC0-1.0"},
	} {
		if strings.Contains(flat, k.words) {
			return k.name
		}
	}
	return "see text"
}
