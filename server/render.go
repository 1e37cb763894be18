package server

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

//go:embed all:templates
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// page is what one template renders: each page is a struct of its own, so that
// what a page needs can be read in one place. name is the template's file
// below templates/, without ".html" ("portal/start").
type page interface{ name() string }

// mistaken is a page with a form that came back: the layout puts "Error:" in
// front of its title.
type mistaken interface{ hasMistakes() bool }

// pageSet is one page in each voice: parsed per voice, so that {{t "key"}}
// knows whom it speaks to.
type pageSet map[dsr.Voice]*template.Template

// view is what the layout sees; .Page is the page's own struct.
type view struct {
	// Lang is for the html element, Voice the chosen voice.
	Lang   string
	Voice  dsr.Voice
	Voices []voiceChoice
	// Here is where choosing a voice comes back to.
	Here string
	// Slug and Organisation are of the organisation in the path, "" outside.
	Slug, Organisation string
	// Home is the organisation's start page, "/" outside one.
	Home string
	// Demonstration says that minutes stand for days here.
	Demonstration bool
	SignedIn      bool
	Staff         dsr.Staff
	Roles         []dsr.Role
	Style, Icon   string
	Wrong         bool
	Page          page

	v *visit
}

// voiceChoice is one button of the language bar.
type voiceChoice struct {
	Voice   dsr.Voice
	Lang    string
	Name    string
	Current bool
}

// Date is an instant's civil date in the organisation's zone, with weekday.
func (w view) Date(micros int64) string { return w.v.date(micros) }

// Time is an instant with its time of day and zone.
func (w view) Time(micros int64) string { return w.v.dateTime(micros) }

// On is a civil date (YYYY-MM-DD), with weekday.
func (w view) On(date string) string { return w.v.civil(date) }

// Event is an event of a timeline as a sentence.
func (w view) Event(e dsr.TimelineEntry) template.HTML { return w.v.event(e) }

// Path is an address of the organisation: {{$.Path "/my"}}.
func (w view) Path(rest string) string { return w.v.path(rest) }

// Text is a text of the pack in the page's voice.
func (w view) Text(m map[string]string) string { return w.v.packText(m) }

// render executes a page into a buffer, then sends it: a page is whole or it
// is an error page.
func (v *visit) render(status int, p page) error {
	set, ok := v.s.pages[p.name()]
	if !ok {
		return dsr.Errorf(dsr.Internal, "error.internal", "no template %q", p.name())
	}
	w := view{Lang: lang(v.voice), Voice: v.voice, Home: "/", Style: v.s.sheet.path, Icon: v.s.sheet.icon, Page: p, v: v,
		SignedIn: v.submission != "", Staff: v.staff, Roles: v.actor.Roles}
	if m, ok := p.(mistaken); ok {
		w.Wrong = m.hasMistakes()
	}
	if v.pack != nil {
		w.Slug, w.Organisation, w.Home = v.pack.Slug, v.packText(v.pack.Entity.Name), v.path("/")
		w.Demonstration = v.pack.Demonstration
	}
	w.Here = w.Home
	if v.Request().Method == http.MethodGet && status == http.StatusOK && local(v.Request().URL.Path) {
		w.Here = v.Request().URL.Path
	}
	for _, x := range dsr.Voices {
		w.Voices = append(w.Voices, voiceChoice{Voice: x, Lang: lang(x), Name: voiceName(x), Current: x == v.voice})
	}
	var b bytes.Buffer
	err := set[v.voice].ExecuteTemplate(&b, "layout", w)
	if err != nil {
		return dsr.Errorf(dsr.Internal, "error.internal", "template %s: %w", p.name(), err)
	}
	return v.HTMLBlob(status, b.Bytes())
}

// lang is the BCP 47 tag of a voice for the lang attribute.
func lang(v dsr.Voice) string { return string(v.Letter()) }

// parsed are the pages of this program, parsed once: they are built in and never
// change.
var parsed = sync.OnceValues(loadTemplates)

// loadTemplates parses every page in every voice. A page is a file below
// templates/<area>/ whose name does not begin with "_"; it is wrapped by the
// area's _layout.html (the portal's, if it has none) and may use what stands
// in templates/shared and in the area's other "_" files.
func loadTemplates() (map[string]pageSet, error) {
	pages := map[string]pageSet{}
	shared, err := fs.Glob(templateFiles, "templates/shared/*.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(templateFiles, "templates/*/*.html")
	if err != nil {
		return nil, err
	}
	for _, v := range dsr.Voices {
		bases := map[string]*template.Template{}
		for _, f := range files {
			area, file := path.Base(path.Dir(f)), path.Base(f)
			if area == "shared" || strings.HasPrefix(file, "_") {
				continue
			}
			base := bases[area]
			if base == nil {
				parts, gerr := fs.Glob(templateFiles, "templates/"+area+"/_*.html")
				if gerr != nil {
					return nil, gerr
				}
				switch {
				case contains(parts, "templates/"+area+"/_layout.html"):
				case area == "board": // the same house, the same frame
					parts = append(parts, "templates/desk/_layout.html")
				default:
					parts = append(parts, "templates/portal/_layout.html")
				}
				base, err = template.New("").Funcs(textFuncs(v)).Option("missingkey=error").
					ParseFS(templateFiles, append(append([]string(nil), shared...), parts...)...)
				if err != nil {
					return nil, fmt.Errorf("server: templates of %s: %w", area, err)
				}
				bases[area] = base
			}
			t, err := base.Clone()
			if err == nil {
				t, err = t.ParseFS(templateFiles, f)
			}
			if err != nil {
				return nil, fmt.Errorf("server: template %s: %w", f, err)
			}
			name := area + "/" + strings.TrimSuffix(file, ".html")
			if pages[name] == nil {
				pages[name] = pageSet{}
			}
			pages[name][v] = t
		}
	}
	return pages, nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// textFuncs are the functions of templates that depend on the voice alone.
func textFuncs(v dsr.Voice) template.FuncMap {
	return template.FuncMap{
		// t is a plain text, for attributes and titles; h a text with its
		// furigana, for everything that is read on the page.
		"t":    func(key string, args ...any) string { return say(v, key, args...) },
		"h":    func(key string, args ...any) template.HTML { return sayHTML(v, key, args...) },
		"size": func(bytes int) string { return strings.ReplaceAll(locales.Size(v, bytes), " ", "\u00a0") },
		// article is a provision ("33(1)") as the voice cites it.
		// has says whether the catalogue has a text at all.
		"has":  speaks,
		"join": strings.Join,
		// letter marks the body of a stored letter, which internal/notices has
		// escaped when it was written.
		"letter": func(l dsr.Letter) template.HTML { return template.HTML(l.HTML) },
		"list":   func(xs ...any) []any { return xs },
	}
}

// stylesheet is the one file that pages load, named by its content so that it
// can be kept for ever.
type stylesheet struct {
	path  string // of app.css
	icon  string
	files map[string][]byte // by hashed name
	types map[string]string
}

func loadStylesheet() (stylesheet, error) {
	s := stylesheet{files: map[string][]byte{}, types: map[string]string{}}
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png"}
	err := fs.WalkDir(staticFiles, "static", func(p string, d fs.DirEntry, err error) error {
		kind, served := kinds[path.Ext(p)]
		if err != nil || d.IsDir() || !served {
			return err
		}
		b, err := staticFiles.ReadFile(p)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		ext := path.Ext(p)
		name := strings.TrimSuffix(path.Base(p), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		s.files[name], s.types[name] = b, kind
		switch path.Base(p) {
		case "app.css":
			s.path = "/static/" + name
		case "icon.svg":
			s.icon = "/static/" + name
		}
		return nil
	})
	return s, err
}

// static gives a file by its hashed name: the only answers that may be kept.
func (s *Server) static(v *visit) error {
	b, ok := s.sheet.files[v.Param("file")]
	if !ok {
		return dsr.Fail(dsr.NotFound, "error.not-found")
	}
	v.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return v.Blob(http.StatusOK, s.sheet.types[v.Param("file")], b)
}

// daysUntil is how many civil days lie between now and an instant, in the
// organisation's zone; negative when it is past.
func (v *visit) daysUntil(micros int64) int {
	a, b := v.now().In(v.zone), v.at(micros)
	return clock.DateOf(a).DaysUntil(clock.DateOf(b))
}
