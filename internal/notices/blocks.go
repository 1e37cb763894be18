package notices

import (
	"cmp"
	"strings"
	"time"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// block is a piece of a letter. Page and plain text are made from the same
// blocks.
type block struct {
	sort  string // "h2", "h3", "p", "facts", "list", "quote"
	lines []string
	names []string // of facts
}

// writer collects the blocks of one letter.
type writer struct {
	voice  dsr.Voice
	d      Data
	code   string // "N-14"
	key    string // "letter.N-14", or the key of a variant: "letter.N-14i"
	blocks []block
}

// t is a text of the catalogue; a key that begins with a dot is this letter's
// own. The words that many letters use are given each time.
func (w *writer) t(key string, args ...any) string {
	if strings.HasPrefix(key, ".") {
		key = w.key + key
	}
	args = append(args, "organisation", w.d.Organisation, "reference", w.d.Reference, "kind", w.kinds(),
		"arrived", w.day(w.d.ArrivedAt), "target", w.due(w.d.TargetAt, w.d.TargetOn), "by", w.until(w.d.ReplyBy),
		"available", w.until(w.d.AvailableUntil), "downloads", w.d.Downloads, "reopen", w.day(w.d.ReopenUntil),
		"old", w.due(w.d.OldTarget, w.d.OldOn), "law", w.law(w.d.Kind), "at", w.moment(w.d.EraseAt))
	if own := w.d.Law[key]; own != "" {
		return locales.Say(own, args...)
	}
	return locales.T(w.voice, key, args...)
}

// kind is a kind of request in the law's term.
func (w *writer) kind(k dsr.Kind) string {
	key := "kind." + string(k) + ".letter"
	return cmp.Or(w.d.Law[key], locales.T(w.voice, key))
}

// kinds are the kinds of the request in the law's terms.
func (w *writer) kinds() string {
	kinds := w.d.Kinds
	if len(kinds) == 0 {
		kinds = []dsr.Kind{w.d.Kind}
	}
	var words []string
	for _, k := range kinds {
		words = append(words, w.kind(k))
	}
	return locales.List(w.voice, words...)
}

// day is a date as letters have it: by era in Japanese, elsewhere in full.
func (w *writer) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return locales.OfficialDate(w.voice, t.In(w.d.Zone))
}

// until is a date that somebody must keep, with its weekday where the voice
// has no era, and with the time of day in demonstrations.
func (w *writer) until(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case w.d.WithTime:
		return locales.DateTime(w.voice, t.In(w.d.Zone), true)
	case w.voice == dsr.VoiceJa:
		return locales.OfficialDate(w.voice, t.In(w.d.Zone))
	}
	return locales.Date(w.voice, t.In(w.d.Zone), true)
}

// due is a target: its civil date where that is known, else as until writes it.
// The end of a day, here or in another zone, is never told as an hour of the next.
func (w *writer) due(t time.Time, on string) string {
	day, err := time.Parse(time.DateOnly, on)
	switch {
	case t.IsZero(), err != nil, w.d.WithTime && on == t.In(w.d.Zone).Format(time.DateOnly):
		return w.until(t)
	case w.voice == dsr.VoiceJa:
		return locales.OfficialDate(w.voice, day)
	}
	return locales.Date(w.voice, day, true)
}

// moment is when something was or will be done: date, time of day and zone.
func (w *writer) moment(t time.Time) string {
	return locales.DateTime(w.voice, t.In(w.d.Zone), true)
}

// civil is a civil date that is kept as text, as letters have it.
func (w *writer) civil(on string) string {
	t, err := time.Parse(time.DateOnly, on)
	if err != nil {
		return ""
	}
	return locales.OfficialDate(w.voice, t)
}

func (w *writer) add(sort string, lines ...string) {
	w.blocks = append(w.blocks, block{sort: sort, lines: lines})
}

func (w *writer) h2(key string, args ...any) { w.add("h2", w.t(key, args...)) }
func (w *writer) p(key string, args ...any)  { w.add("p", w.t(key, args...)) }
func (w *writer) list(lines ...string)       { w.add("list", lines...) }
func (w *writer) quote(said string)          { w.add("quote", strings.Split(strings.TrimSpace(said), "\n")...) }
func (w *writer) facts(names, values []string) {
	w.blocks = append(w.blocks, block{"facts", values, names})
}

// html is the body of the page, headings from h2.
func (w *writer) html() string {
	var b strings.Builder
	for _, k := range w.blocks {
		switch k.sort {
		case "h2", "h3", "p":
			b.WriteString("<" + k.sort + ">" + escape(k.lines[0]) + "</" + k.sort + ">\n")
		case "list":
			b.WriteString("<ul>\n")
			for _, l := range k.lines {
				b.WriteString("<li>" + escape(l) + "</li>\n")
			}
			b.WriteString("</ul>\n")
		case "quote":
			b.WriteString("<blockquote><p>")
			for i, l := range k.lines {
				if i > 0 {
					b.WriteString("<br>")
				}
				b.WriteString(escape(strings.TrimRight(l, "\r")))
			}
			b.WriteString("</p></blockquote>\n")
		case "facts":
			b.WriteString("<dl>\n")
			for i, l := range k.lines {
				b.WriteString("<dt>" + escape(k.names[i]) + "</dt><dd>" + escape(l) + "</dd>\n")
			}
			b.WriteString("</dl>\n")
		}
	}
	return b.String()
}

// text is the same letter for a mail programme or a printer without a page.
func (w *writer) text(title string) string {
	var b strings.Builder
	b.WriteString(title + "\n" + strings.Repeat("=", 40) + "\n")
	colon := ": "
	if w.voice == dsr.VoiceJa {
		colon = ":"
	}
	for _, k := range w.blocks {
		b.WriteString("\n")
		for i, l := range k.lines {
			l = strings.TrimRight(l, "\r")
			switch k.sort {
			case "h2":
				b.WriteString("■ " + l + "\n")
			case "h3":
				b.WriteString("□ " + l + "\n")
			case "list":
				b.WriteString("- " + l + "\n")
			case "quote":
				b.WriteString("> " + l + "\n")
			case "facts":
				b.WriteString(k.names[i] + colon + l + "\n")
			default:
				b.WriteString(l + "\n")
			}
		}
	}
	return b.String()
}
