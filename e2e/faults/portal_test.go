package faults

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// form is a form as it stands in a page.
type form struct {
	action string
	fields url.Values
}

// typed is what the person of the walk answers, by what a field says of itself.
var typed = map[string]string{"name": "Nguyen Thi Walk", "bday-year": "1990", "bday-month": "4", "bday-day": "12", "email": "walk@example.org"}

// formIn reads the last form of a page that posts to path or, for "", the last
// one, and answers it: the first radio button of a group, and what typed has.
func formIn(t testing.TB, page string) (f form) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	must(t, err)
	attr := func(n *html.Node, name string) string {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	for n := range doc.Descendants() {
		switch n.Data {
		case "form":
			if strings.Contains(attr(n, "action"), "/request") {
				f = form{action: attr(n, "action"), fields: url.Values{}}
			}
		case "input", "textarea":
			name := attr(n, "name")
			if name == "" || f.fields == nil {
				continue
			}
			switch attr(n, "type") {
			case "radio":
				if f.fields.Get(name) == "" {
					f.fields.Set(name, attr(n, "value"))
				}
			case "hidden":
				f.fields.Set(name, attr(n, "value"))
			default:
				f.fields.Set(name, typed[attr(n, "autocomplete")])
			}
		}
	}
	if f.action == "" {
		t.Fatalf("no form in:\n%.2000s", page)
	}
	return f
}

// visitor is a person's browser: cookies, no scripts.
type visitor struct {
	base string
	http *http.Client
}

func visit(base string) *visitor {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &visitor{base: base, http: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

// get and post follow redirects and give the last page.
func (v *visitor) get(path string) (int, string, error) {
	return read(v.http.Get(v.base + path))
}

func (v *visitor) post(path string, fields url.Values) (int, string, error) {
	return read(v.http.PostForm(v.base+path, fields))
}

func read(resp *http.Response, err error) (int, string, error) {
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// walk goes through the portal's questions once and gives the form that is
// sent at the end: its fields are learnt from the pages.
func walk(t testing.TB, base string) form {
	t.Helper()
	v := visit(base)
	code, page, err := v.get("/o/" + slug + "/request")
	for step := 0; step < 20; step++ {
		if err != nil || code >= 400 {
			t.Fatalf("step %d of the form: %d %v\n%.2000s", step, code, err, page)
		}
		f := formIn(t, page)
		if strings.HasSuffix(f.action, "/send") {
			return f
		}
		code, page, err = v.post(f.action, f.fields)
	}
	t.Fatal("the form does not end")
	return form{}
}

// filling is one person's filled form, ready to be sent as often as need be.
type filling struct {
	form
	token string
}

// fill fills a walked form for the n-th person, with a form token of their own.
func (f form) fill(n int) filling {
	mine := filling{form: form{action: f.action, fields: url.Values{}}, token: rand.Text()}
	for name, values := range f.fields {
		value := values[0]
		switch {
		case name == "form":
			value = mine.token
		case value == typed["name"]:
			value = fmt.Sprintf("Nguyen Thi Number %d", n)
		case value == typed["email"]:
			value = fmt.Sprintf("person-%d@example.org", n)
		}
		mine.fields.Set(name, value)
	}
	return mine
}

var referenceInPage = regexp.MustCompile(`class="reference">(M-[0-9A-Z]{4}-[0-9A-Z]{4})<`)

// once sends the form once. The reference is "" when no receipt came; a page
// that says the form is wrong is an error that no repetition mends.
func (f filling) once(base string) (reference string, status int, err error) {
	status, page, err := visit(base).post(f.action, f.fields)
	if err != nil || status >= 500 {
		return "", status, nil
	}
	m := referenceInPage.FindStringSubmatch(page)
	if m == nil {
		return "", status, fmt.Errorf("%d and no reference: %.1500s", status, page)
	}
	return m[1], status, nil
}

// persist sends the form until it holds its reference, and says how often.
func (f filling) persist(base string, limit time.Duration) (reference string, sent int, err error) {
	for deadline := time.Now().Add(limit); ; time.Sleep(60 * time.Millisecond) {
		reference, _, err := f.once(base)
		if sent++; reference != "" || err != nil {
			return reference, sent, err
		}
		if time.Now().After(deadline) {
			return "", sent, fmt.Errorf("no receipt in %s", limit)
		}
	}
}
