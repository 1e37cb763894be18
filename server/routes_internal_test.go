package server

import (
	"net/url"
	"strings"
	"testing"
)

func TestARouteWithoutARuleStopsTheStart(t *testing.T) {
	fine := func(*visit) error { return nil }
	s := &Server{base: &url.URL{Scheme: "http", Host: "127.0.0.1"}}
	for name, c := range map[string]struct {
		routes []Route
		says   string
	}{
		"no rule":         {[]Route{{Method: "GET", Path: "/x", Handler: fine}}, "no rule"},
		"staff, no role":  {[]Route{{Method: "GET", Path: "/x", Rule: Staff(), Handler: fine}}, "no role"},
		"no handler":      {[]Route{{Method: "GET", Path: "/x", Rule: Anyone}}, "no handler"},
		"the same twice":  {[]Route{{Method: "GET", Path: "/x", Rule: Anyone, Handler: fine}, {Method: "GET", Path: "/x", Rule: Probe, Handler: fine}}, "twice"},
		"nothing's wrong": {[]Route{{Method: "GET", Path: "/x", Rule: Anyone, Handler: fine}}, ""},
	} {
		_, err := s.build(c.routes)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPicturesLoseEverythingButThePicture(t *testing.T) {
	for _, way := range []int{1, 2, 3, 4, 5, 6, 7, 8} {
		// The corner that a telephone means to be top left.
		corner := map[int][2]int{1: {0, 0}, 2: {3, 0}, 3: {3, 1}, 4: {0, 1}, 5: {0, 0}, 6: {0, 1}, 7: {3, 1}, 8: {3, 0}}[way]
		t0 := turned{way: way, w: 4, h: 2}
		if way >= 5 {
			t0.w, t0.h = 2, 4
		}
		if x, y := t0.source(0, 0); x != corner[0] || y != corner[1] {
			t.Errorf("way %d: top left is taken from %d,%d, want %v", way, x, y, corner)
		}
	}
}

func TestOnlyOurOwnPagesAreLedTo(t *testing.T) {
	for path, want := range map[string]bool{"/": true, "/o/x/my": true, "/o/x?a=b": true, "//evil": false, "/\\evil": false, "https://evil": false,
		"": false, "x": false, "/a\nb": false, "/%2f%2fevil": false, "/a//b": false, "javascript:x": false} {
		if got := local(path); got != want {
			t.Errorf("local(%q) = %v", path, got)
		}
	}
}
