package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"

	"madoguchi/dsr"
	"madoguchi/server"
	"madoguchi/server/servertest"
)

func TestHeadersOnEveryAnswer(t *testing.T) {
	want, err := os.ReadFile("testdata/headers.txt")
	if err != nil {
		t.Fatal(err)
	}
	w := servertest.New()
	b := open(t, w.Server())
	css := attrOf(b.get("/").Body.String(), `rel="stylesheet" href="`)
	for _, path := range []string{"/", "/nowhere", "/healthz", "/readyz", "/o/izumisano/", "/o/izumisano/my", "/dev/mailbox", css} {
		h := b.get(path).Header()
		for line := range strings.Lines(string(want)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if path == css && name == "Cache-Control" {
				value = "public, max-age=31536000, immutable"
			}
			if h.Get(name) != value {
				t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), value)
			}
		}
		if h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS on plain http", path)
		}
	}
	s := w.Server()
	s.BaseURL, s.Mailbox, s.Production = "https://dsr.example", nil, true
	b = open(t, s)
	b.host = "dsr.example"
	if b.get("/").Header().Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS on https")
	}
	r := b.post("/voice", "voice", "vi", "next", "/")
	for _, part := range []string{"__Host-voice=vi", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(r.Header().Get("Set-Cookie"), part) {
			t.Errorf("the cookie has no %s: %s", part, r.Header().Get("Set-Cookie"))
		}
	}
	if b.get("/dev/mailbox").Code != 404 {
		t.Error("a mailbox in production")
	}
}

func attrOf(body, before string) string {
	_, rest, _ := strings.Cut(body, before)
	v, _, _ := strings.Cut(rest, `"`)
	return v
}

func TestWhatAnotherSiteSendsIsRefused(t *testing.T) {
	w := servertest.New()
	x := w.AddSubmission("izumisano")
	for _, h := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}}, {"Origin": {"null"}}} {
		b := open(t, w.Server())
		b.cookies["session-izumisano"] = w.Session(x)
		b.header = h
		for _, path := range []string{"/o/izumisano/request", "/o/izumisano/my/case/" + x.Status.Cases[0].Case + "/withdraw", "/voice"} {
			if r := b.post(path); r.Code != http.StatusForbidden {
				t.Errorf("%v %s: %d", h, path, r.Code)
			}
		}
	}
	if x.Status.Cases[0].Withdrawn {
		t.Error("withdrawn by another site")
	}
	b := open(t, w.Server())
	b.header = http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"http://127.0.0.1"}}
	wantStatus(t, b.post("/o/izumisano/request"), http.StatusSeeOther)
}

func TestTheHostHeaderMakesNoLinkAndProductionRefusesOthers(t *testing.T) {
	w := servertest.New()
	b := open(t, w.Server())
	for _, host := range []string{"evil.example", "evil.example:80", "127.0.0.1@evil.example", "[::1]", "evil.example/x"} {
		b.host = host
		r := b.get("/o/izumisano/")
		if strings.Contains(r.Body.String(), "evil.example") || strings.Contains(r.Header().Get("Location"), "evil") {
			t.Errorf("host %q comes back", host)
		}
	}
	s := w.Server()
	s.BaseURL, s.Mailbox, s.Production = "https://dsr.example", nil, true
	b = open(t, s)
	b.host = "evil.example"
	wantStatus(t, b.get("/"), http.StatusMisdirectedRequest)
	wantStatus(t, b.get("/healthz"), 200)
}

// byAddress notes the keys that limits are counted by.
type byAddress struct {
	server.Accounts
	keys []string
}

func (a *byAddress) Allow(ctx context.Context, scope, key string, limit, window int) (bool, error) {
	if scope == "draft-ip" {
		a.keys = append(a.keys, key)
	}
	return a.Accounts.Allow(ctx, scope, key, limit, window)
}

func TestAForgedAddressDoesNotEscapeTheLimits(t *testing.T) {
	for _, c := range []struct {
		name    string
		proxies []netip.Prefix
		remote  string
		forged  string
		want    string
	}{
		{"no proxy", nil, "192.0.2.7:1", "203.0.113.9", "192.0.2.7"},
		{"not from the proxy", []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}, "192.0.2.7:1", "203.0.113.9", "192.0.2.7"},
		{"loopback is no proxy by itself", []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}, "127.0.0.1:1", "203.0.113.9", "127.0.0.1"},
		{"the proxy", []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}, "198.51.100.4:1", "1.2.3.4, 203.0.113.9", "203.0.113.9"},
	} {
		w := servertest.New()
		s := w.Server()
		a := &byAddress{Accounts: s.Accounts}
		s.Accounts = a
		s.TrustedProxies = c.proxies
		b := open(t, s)
		b.remote = c.remote
		b.header = http.Header{"X-Forwarded-For": {c.forged}, "X-Real-Ip": {c.forged}}
		b.post("/o/izumisano/request")
		if len(a.keys) != 1 || a.keys[0] != c.want {
			t.Errorf("%s: counted by %v, want %s", c.name, a.keys, c.want)
		}
	}
}

func TestLimitsSayWhenToComeBack(t *testing.T) {
	w := servertest.New()
	w.Limited["draft-ip"] = true
	b := open(t, w.Server())
	r := b.post("/o/izumisano/request")
	wantStatus(t, r, http.StatusTooManyRequests)
	if r.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	w.Limited = map[string]bool{"filing-ip": true}
	body := fill(t, b)
	r = b.post("/o/izumisano/request/send", hidden(t, body, "/o/izumisano/request/send")...)
	wantStatus(t, r, http.StatusTooManyRequests)
	wantText(t, r, "Nguyễn Văn Minh")
}

func TestErrorsShowAReferenceAndNothingElse(t *testing.T) {
	w := servertest.New()
	x := w.AddSubmission("izumisano")
	var logged []server.Entry
	s := w.Server()
	s.Log = func(e server.Entry) { logged = append(logged, e) }
	b := open(t, s)
	b.cookies["session-izumisano"] = w.Session(x)
	w.Fail["Status"] = errors.New("pq: relation \"person\" at /srv/madoguchi/store.go:12")
	r := b.get("/o/izumisano/my")
	wantStatus(t, r, 500)
	if strings.Contains(r.Body.String(), "pq:") || strings.Contains(r.Body.String(), "store.go") {
		t.Error("the cause is on the page")
	}
	e := logged[len(logged)-1]
	if e.Incident == "" || !strings.Contains(r.Body.String(), e.Incident) || e.Err == nil || e.Route != "/o/:slug/my" || e.Status != 500 {
		t.Errorf("logged %+v", e)
	}
	w.Fail["Status"] = dsr.Fail(dsr.Unavailable, "error.unavailable")
	r = b.get("/o/izumisano/my")
	wantStatus(t, r, 503)
	if r.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	r = b.do("DELETE", "/o/izumisano/my", nil, "")
	wantStatus(t, r, http.StatusMethodNotAllowed)
}

func TestProbesNameTheCause(t *testing.T) {
	w := servertest.New()
	b := open(t, w.Server())
	wantStatus(t, b.get("/readyz"), 200)
	w.PartsDown["temporal"] = "not reachable"
	r := b.get("/readyz")
	wantStatus(t, r, 503)
	wantText(t, r, "temporal: not reachable", "database: ready")
	wantStatus(t, b.get("/readyz?part=portal"), 200)
	w.PartsDown["database"] = "away"
	wantStatus(t, b.get("/readyz?part=portal"), 503)
	wantStatus(t, b.get("/healthz"), 200)
}

func TestWrongSettingsStopTheStart(t *testing.T) {
	for name, change := range map[string]func(*server.Server){
		"no accounts":           func(s *server.Server) { s.Accounts = nil },
		"no address":            func(s *server.Server) { s.BaseURL = "dsr.example" },
		"a path in the address": func(s *server.Server) { s.BaseURL = "https://dsr.example/x" },
		"production on http":    func(s *server.Server) { s.Production, s.Mailbox = true, nil },
		"production with a mailbox": func(s *server.Server) {
			s.Production, s.BaseURL = true, "https://dsr.example"
		},
	} {
		s := servertest.New().Server()
		change(s)
		if _, err := s.Handler(); err == nil {
			t.Errorf("%s: starts", name)
		}
	}
}

func TestEveryRouteHasARule(t *testing.T) {
	routes := servertest.New().Server().Routes()
	for _, r := range routes {
		if r.Rule.String() == "" {
			t.Errorf("%s %s has no rule", r.Method, r.Path)
		}
		if r.Method == "GET" && r.Upload {
			t.Errorf("%s takes files by GET", r.Path)
		}
	}
	t.Logf("%d routes", len(routes))
}
