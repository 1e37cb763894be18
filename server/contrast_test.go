package server

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var cssToken = regexp.MustCompile(`--([a-z0-9-]+): #([0-9a-f]{6});`)

// tokens reads the colours of one theme of the stylesheet.
func tokens(css string) map[string]string {
	out := map[string]string{}
	for _, m := range cssToken.FindAllStringSubmatch(css, -1) {
		out[m[1]] = m[2]
	}
	return out
}

// contrast is the ratio of WCAG 2.2 of two colours, 1 to 21.
func contrast(a, b string) float64 {
	l := func(hex string) float64 {
		sum := 0.0
		for i, w := range []float64{0.2126, 0.7152, 0.0722} {
			n, _ := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
			c := float64(n) / 255
			if c <= 0.04045 {
				c /= 12.92
			} else {
				c = math.Pow((c+0.055)/1.055, 2.4)
			}
			sum += w * c
		}
		return sum
	}
	x, y := l(a), l(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// faint lists the pairs of a theme that are too close to be read.
func faint(theme map[string]string) []string {
	var out []string
	for _, p := range []struct {
		ink, ground string
		least       float64
	}{
		{"ink", "ground", 7}, {"ink", "ground-2", 7}, {"ink", "ground-3", 7}, {"ink", "soon-ground", 7}, {"ink", "good-ground", 7},
		{"ink-2", "ground", 4.5}, {"ink-2", "ground-2", 4.5}, {"ink-2", "ground-3", 4.5}, {"ink-2", "good-ground", 4.5},
		{"link", "ground", 4.5}, {"link", "ground-2", 4.5}, {"link", "ground-3", 4.5}, {"link-over", "ground-3", 4.5},
		{"act-ink", "act", 4.5}, {"act-ink", "act-over", 4.5}, {"ground", "wrong", 4.5}, {"ground", "good", 4.5},
		{"wrong", "ground", 4.5}, {"good", "ground", 4.5}, {"soon", "ground", 4.5}, {"today", "ground", 4.5},
		{"line-2", "ground", 3}, // the borders of controls
	} {
		if theme[p.ink] == "" || theme[p.ground] == "" {
			out = append(out, p.ink+" or "+p.ground+" is not there")
			continue
		}
		if c := contrast(theme[p.ink], theme[p.ground]); c < p.least-0.05 {
			out = append(out, p.ink+" on "+p.ground+": "+strconv.FormatFloat(c, 'f', 2, 64))
		}
	}
	return out
}

func TestTextsCanBeReadInBothThemes(t *testing.T) {
	b, err := staticFiles.ReadFile("static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	css := string(b)
	light, dark, ok := strings.Cut(css, "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("no dark theme")
	}
	dark, _, _ = strings.Cut(dark, "@layer base")
	for name, theme := range map[string]map[string]string{"light": tokens(light), "dark": tokens(dark)} {
		for _, f := range faint(theme) {
			t.Errorf("%s: %s", name, f)
		}
	}
	// The check sees a fault.
	planted := tokens(light)
	planted["ink-2"] = "999999"
	if len(faint(planted)) == 0 {
		t.Error("grey on grey is not found")
	}
}
