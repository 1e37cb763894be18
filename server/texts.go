package server

import (
	"fmt"
	"html/template"
	"regexp"
	"time"

	"madoguchi/clock"
	"madoguchi/dsr"
	"madoguchi/internal/locales"
)

// say is a text of the catalogue in a voice, sayHTML the same with furigana,
// speaks whether there is one.
func say(v dsr.Voice, key string, args ...any) string { return locales.T(v, key, args...) }

func sayHTML(v dsr.Voice, key string, args ...any) template.HTML {
	return locales.HTML(v, key, args...)
}

func speaks(key string) bool { return locales.Has(key) }

// t is a text in the visit's voice.
func (v *visit) t(key string, args ...any) string { return say(v.voice, key, args...) }

// h is a text in the visit's voice with its furigana.
func (v *visit) h(key string, args ...any) template.HTML { return sayHTML(v.voice, key, args...) }

// own is a text of the law that the organisation stands under, or the
// catalogue's where that law has none of its own.
func (v *visit) own(key string, args ...any) template.HTML {
	if v.pack != nil {
		if text := v.pack.Law.Own(key, string(v.voice)); text != "" {
			return template.HTML(template.HTMLEscapeString(locales.Say(text, args...)))
		}
	}
	return v.h(key, args...)
}

// organisation is the organisation's name in the visit's voice, "" outside one.
func (v *visit) organisation() string {
	if v.pack == nil {
		return ""
	}
	return v.packText(v.pack.Entity.Name)
}

// packText is a text of the organisation's pack in the visit's voice.
func (v *visit) packText(m map[string]string) string { return textOf(v.pack, m, v.voice) }

// targetOn is the civil date of a case's target. It is that of the rule which
// counts: a day that ends in another zone may end here on the next one, and the
// end of a day is the midnight after it.
func (v *visit) targetOn(s dsr.Shell) string {
	if s.TargetOn != "" && s.AnsweredAt == 0 {
		return s.TargetOn
	}
	return clock.DateOf(v.at(s.TargetAt)).String()
}

// daysToTarget is how many civil days lie between today and a case's target;
// negative when it is past.
func (v *visit) daysToTarget(s dsr.Shell) int {
	on, err := clock.ParseDate(v.targetOn(s))
	if err != nil {
		return v.daysUntil(s.TargetAt)
	}
	return clock.DateOf(v.now().In(v.zone)).DaysUntil(on)
}

// inTarget is how far away a case's target is, in words.
func (v *visit) inTarget(s dsr.Shell) string { return v.inDays(s.TargetAt, v.daysToTarget(s)) }

// in is how far away an instant is, in words: "in 3 days", "today", "2 days
// ago"; below a day in demonstration times, minutes.
func (v *visit) in(micros int64) string { return v.inDays(micros, v.daysUntil(micros)) }

// inDays says a number of days; micros is the instant, for times of minutes.
func (v *visit) inDays(micros int64, n int) string {
	if v.pack != nil && v.pack.Demonstration {
		left := v.at(micros).Sub(v.now())
		if left > 0 && left < 2*time.Hour {
			return v.t("portal.in.minutes", "n", int(left.Minutes())+1)
		}
	}
	switch {
	case n > 0:
		return v.t("portal.in.days", "n", n)
	case n == 0:
		return v.t("portal.in.today")
	}
	return v.t("portal.in.past", "n", -n)
}

// civil is a civil date as recorded ("2026-12-04") in words.
func (v *visit) civil(on string) string { return locales.Day(v.voice, on, true) }

// birthday is a date of birth in words: without the weekday, and in Japanese
// by the year that people write in forms.
func (v *visit) birthday(on string) string {
	d, err := clock.ParseDate(on)
	if err != nil {
		return on
	}
	if v.voice.Letter() == dsr.VoiceJa {
		return fmt.Sprintf("%d年%d月%d日", d.Y, int(d.M), d.D)
	}
	return locales.OfficialDate(v.voice, d.In(time.UTC))
}

// date is an instant's civil date in the organisation's zone.
func (v *visit) date(micros int64) string { return locales.Date(v.voice, v.at(micros), true) }

// dateTime is an instant with time of day and zone, because a reader may sit
// in another one.
func (v *visit) dateTime(micros int64) string { return locales.DateTime(v.voice, v.at(micros), true) }

// duration is a length of time in words.
func (v *visit) duration(d time.Duration) string { return locales.Duration(v.voice, d) }

// event is an event of a timeline as a sentence. One that the catalogue does
// not know is still an event: it is named as such and never left out.
func (v *visit) event(e dsr.TimelineEntry) template.HTML {
	key := e.Code
	if !speaks(key) {
		key = "portal.timeline.other"
	}
	var args []any
	for k, x := range e.Args {
		args = append(args, k, x)
	}
	return v.h(key, args...)
}

var provision = regexp.MustCompile(`(\d+(?:\.\d+)?)(?:\((\d+)\))?`)

// article writes provisions as packs have them ("35(1), 35(5)") in the way a
// voice cites them.
func article(v dsr.Voice, basis string) string {
	return provision.ReplaceAllStringFunc(basis, func(m string) string {
		p := provision.FindStringSubmatch(m)
		art, para := p[1], p[2]
		switch v {
		case dsr.VoiceJa, dsr.VoiceJaEasy:
			if para == "" {
				return art + "条"
			}
			return art + "条" + para + "項"
		case dsr.VoiceVi:
			if para == "" {
				return "Điều " + art
			}
			return "Điều " + art + " khoản " + para
		case dsr.VoiceDe:
			if para == "" {
				return "Art. " + art
			}
			return "Art. " + art + " Abs. " + para
		}
		return "Art. " + m
	})
}

// voiceName is a voice's own name for itself.
func voiceName(v dsr.Voice) string {
	switch v {
	case dsr.VoiceJa:
		return "日本語"
	case dsr.VoiceJaEasy:
		return "やさしい日本語"
	case dsr.VoiceEn:
		return "English"
	case dsr.VoiceVi:
		return "Tiếng Việt"
	case dsr.VoiceDe:
		return "Deutsch"
	}
	return string(v)
}
