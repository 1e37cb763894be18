package locales

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"madoguchi/dsr"
)

var (
	monthsEn = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	monthsDe = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
	daysJa   = [...]string{"日", "月", "火", "水", "木", "金", "土"}
	daysEn   = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	daysVi   = [...]string{"Chủ nhật", "Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy"}
	daysDe   = [...]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
)

// Date writes the civil date of t with its weekday. t must be in the
// organisation's zone. The zero time gives "".
func Date(voice dsr.Voice, t time.Time, withYear bool) string {
	if t.IsZero() {
		return ""
	}
	y, m, d := t.Date()
	w := t.Weekday()
	var s string
	switch voice {
	case dsr.VoiceJa, dsr.VoiceJaEasy:
		s = fmt.Sprintf("%d月%d日(%s)", m, d, daysJa[w])
		if withYear {
			s = fmt.Sprintf("%d年", y) + s
		}
	case dsr.VoiceVi:
		s = fmt.Sprintf("%s, %02d/%02d", daysVi[w], d, m)
		if withYear {
			s += fmt.Sprintf("/%04d", y)
		}
	case dsr.VoiceDe:
		s = fmt.Sprintf("%s, %d. %s", daysDe[w], d, monthsDe[m-1])
		if withYear {
			s += fmt.Sprintf(" %d", y)
		}
	default:
		s = fmt.Sprintf("%s %d %s", daysEn[w], d, monthsEn[m-1])
		if withYear {
			s += fmt.Sprintf(" %d", y)
		}
	}
	return s
}

// Day writes a civil date that is kept as text ("2026-12-06"). What is no date
// comes back as it was.
func Day(voice dsr.Voice, on string, withYear bool) string {
	t, err := time.Parse(time.DateOnly, on)
	if err != nil {
		return on
	}
	return Date(voice, t, withYear)
}

// DateTime writes date, time of day and, always, whose time it is: readers sit
// in other zones than the desk. t must be in the organisation's zone.
func DateTime(voice dsr.Voice, t time.Time, withYear bool) string {
	if t.IsZero() {
		return ""
	}
	date, clock, zone := Date(voice, t, withYear), t.Format("15:04"), t.Format("MST")
	japan := zone == "JST"
	switch voice {
	case dsr.VoiceJa, dsr.VoiceJaEasy:
		if japan {
			zone = "日本時間"
		}
		return fmt.Sprintf("%s%s(%s)", date, clock, zone)
	case dsr.VoiceVi:
		if japan {
			zone = "giờ Nhật Bản, JST"
		}
		return fmt.Sprintf("%s %s (%s)", clock, date, zone)
	case dsr.VoiceDe:
		if japan {
			zone = "japanische Zeit, JST"
		}
		return fmt.Sprintf("%s, %s Uhr (%s)", date, clock, zone)
	}
	if japan {
		zone = "Japan time, JST"
	}
	return fmt.Sprintf("%s, %s (%s)", date, clock, zone)
}

// eras of the Japanese calendar that a living person's letter can need.
var eras = []struct {
	name    string
	y, m, d int
}{
	{"令和", 2019, 5, 1}, {"平成", 1989, 1, 8}, {"昭和", 1926, 12, 25}, {"大正", 1912, 7, 30},
}

// OfficialDate writes a date as letters have it: in Japanese by era
// (令和8年12月6日), elsewhere in full without the weekday.
func OfficialDate(voice dsr.Voice, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	y, m, d := t.Date()
	switch voice {
	case dsr.VoiceJa, dsr.VoiceJaEasy:
		for _, e := range eras {
			if y*10000+int(m)*100+d >= e.y*10000+e.m*100+e.d {
				year := strconv.Itoa(y - e.y + 1)
				if y == e.y {
					year = "元"
				}
				return fmt.Sprintf("%s%s年%d月%d日", e.name, year, m, d)
			}
		}
		return fmt.Sprintf("%d年%d月%d日", y, m, d)
	case dsr.VoiceVi:
		return fmt.Sprintf("%02d/%02d/%04d", d, m, y)
	case dsr.VoiceDe:
		return fmt.Sprintf("%d. %s %d", d, monthsDe[m-1], y)
	}
	return fmt.Sprintf("%d %s %d", d, monthsEn[m-1], y)
}

// Left says how many working days are left until a date: 0 is today, below 0
// is late.
func Left(voice dsr.Voice, businessDays int) string {
	switch {
	case businessDays == 0:
		return T(voice, "left.today")
	case businessDays < 0:
		return T(voice, "left.late", "n", -businessDays)
	}
	return T(voice, "left.days", "n", businessDays)
}

// LeftTime says how much time is left, for targets that are hours or minutes
// away (demonstration times); below 0 is late.
func LeftTime(voice dsr.Voice, d time.Duration) string {
	if d < 0 {
		return T(voice, "left.time-late", "time", Duration(voice, -d))
	}
	return T(voice, "left.time", "time", Duration(voice, d))
}

// Duration writes a length of time in its two largest units of days, hours and
// minutes; less than a minute is said so.
func Duration(voice dsr.Voice, d time.Duration) string {
	d = d.Abs()
	if d < time.Minute {
		return T(voice, "duration.moment")
	}
	minutes := int(d / time.Minute)
	var parts []string
	add := func(key string, n int) {
		if n > 0 && len(parts) < 2 {
			parts = append(parts, T(voice, key, "n", n))
		}
	}
	add("duration.days", minutes/(24*60))
	add("duration.hours", minutes/60%24)
	if minutes < 24*60 {
		add("duration.minutes", minutes%60)
	}
	if voice.Letter() == dsr.VoiceJa {
		return strings.Join(parts, "")
	}
	return strings.Join(parts, " ")
}

// Size writes a number of bytes as people read it: "340 KB", "1.2 MB".
func Size(voice dsr.Voice, bytes int) string {
	switch {
	case bytes < 1000:
		return T(voice, "size.bytes", "n", bytes)
	case bytes < 1000*1000:
		return strconv.Itoa((bytes+500)/1000) + " KB"
	}
	s := strconv.FormatFloat(float64(bytes)/1e6, 'f', 1, 64)
	if voice == dsr.VoiceVi || voice == dsr.VoiceDe {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + " MB"
}

// List joins words as a sentence does: "a, b and c", 「a、b、c」.
func List(voice dsr.Voice, items ...string) string {
	if voice.Letter() == dsr.VoiceJa {
		return strings.Join(items, "、")
	}
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + T(voice, "list.and") + items[last]
}
