package clock_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// What the oracle knows of days, zones and calendars, gathered by walking. Nothing
// here calls the package under test: TestTheOracleStandsAlone holds that.

// day counts the days from 2000-01-01 = 0; civil[day] is its date.
type day int

// civilDay is one square of a wall calendar.
type civilDay struct {
	y, m, d int
	weekday int // 0 is Sunday
	text    string
}

// The oracle's time is the years in which its questions lie and end.
const (
	oracleFrom = 2000
	oracleTo   = 2060
)

var (
	civil  []civilDay
	dayOn  = map[[3]int]day{}
	length = [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
)

// init walks every day once: 2000-01-01 was a Saturday.
func init() {
	weekday := 6
	for y := oracleFrom; y < oracleTo; y++ {
		for m := 1; m <= 12; m++ {
			for d := 1; d <= monthLength(y, m); d++ {
				dayOn[[3]int{y, m, d}] = day(len(civil))
				civil = append(civil, civilDay{y, m, d, weekday, fmt.Sprintf("%04d-%02d-%02d", y, m, d)})
				weekday = (weekday + 1) % 7
			}
		}
	}
}

func monthLength(y, m int) int {
	if m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		return 29
	}
	return length[m-1]
}

func (d day) String() string { return civil[d].text }

// walkedZone is a zone as somebody sees it who looks at a clock on its wall once
// in each hour. Instants are minutes since 1970 in UTC.
type walkedZone struct {
	loc    *time.Location
	first  day
	begins []int // day − first → its first minute
	// odd has, for each day that is not 24 hours long, the minute of the day that
	// the wall clock shows at each of its minutes.
	odd     map[day][]int
	changes []int // the minutes at which the wall clock was put on or back
}

// The years that are walked; questions start in the ten years after the first two.
const (
	walkFrom = 2019
	walkTo   = 2042
)

var ordinaryDay = func() []int {
	wall := make([]int, 1440)
	for m := range wall {
		wall[m] = m
	}
	return wall
}()

// walkZone asks for the wall time of every hour. In these years every zone that is
// looked at lies whole hours from UTC and changes on a full hour.
func walkZone(name string, file []byte) *walkedZone {
	loc, err := time.LoadLocationFromTZData(name, file)
	if err != nil {
		panic(err)
	}
	z := &walkedZone{loc: loc, odd: map[day][]int{}}
	minute := int(time.Date(walkFrom, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / 60)
	end := int(time.Date(walkTo, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / 60)
	today, last, offset := [3]int{}, [3]int{}, 0
	var hours []int // what the wall showed at each hour of today
	for ; minute < end; minute += 60 {
		at := time.Unix(int64(minute)*60, 0).In(loc)
		y, m, d := at.Date()
		_, off := at.Zone()
		if at.Minute() != 0 {
			panic(name + " is not whole hours from UTC")
		}
		if off != offset && last != [3]int{} {
			z.changes = append(z.changes, minute)
		}
		offset = off
		if today = [3]int{y, int(m), d}; today != last {
			if len(z.begins) == 0 {
				z.first = dayOn[today]
			} else {
				z.keep(hours)
			}
			z.begins, hours, last = append(z.begins, minute), nil, today
		}
		hours = append(hours, at.Hour())
	}
	z.begins = z.begins[1:] // the first day was not seen from its beginning
	z.first++
	delete(z.odd, z.first-1)
	return z
}

// keep remembers a day that is shorter or longer than others.
func (z *walkedZone) keep(hours []int) {
	if len(hours) == 24 {
		return
	}
	var wall []int
	for _, h := range hours {
		for m := range 60 {
			wall = append(wall, h*60+m)
		}
	}
	z.odd[z.first+day(len(z.begins)-1)] = wall
}

// dayOf is the local day of a minute.
func (z *walkedZone) dayOf(minute int) day {
	at := (minute - z.begins[0]) / 1440
	if at < 0 || at >= len(z.begins) {
		panic("a question outside the years that were walked")
	}
	for at+1 < len(z.begins) && z.begins[at+1] <= minute {
		at++
	}
	for z.begins[at] > minute {
		at--
	}
	return z.first + day(at)
}

// begin is the first minute of a day.
func (z *walkedZone) begin(d day) int { return z.begins[d-z.first] }

// wall is what the clock on the wall shows through a day.
func (z *walkedZone) wall(d day) []int {
	if wall, ok := z.odd[d]; ok {
		return wall
	}
	return ordinaryDay
}

// office is the oracle's own reading of a calendar.
type office struct {
	id, version, zoneName string
	text                  string // of a calendar that is not shipped
	zone                  *walkedZone
	from, to              day        // covered, as far as the zone was walked
	open                  [][]bool   // day − from → minute of the day as it passes → open; nil on a closed day
	holiday               []bool     // day − from → closed by a holiday or a closure although its weekday has hours
	spans                 [][][2]int // day − from → hours, for drawing questions at openings and closes
}

// officeFile and holidayList are calendar files, as docs/calendars.md writes them.
type officeFile struct {
	Kind     string              `yaml:"kind"`
	ID       string              `yaml:"id"`
	Version  string              `yaml:"version"`
	Zone     string              `yaml:"zone"`
	Covers   spanFile            `yaml:"covers"`
	Weekly   map[string][]string `yaml:"weekly"`
	Holidays any                 `yaml:"holidays"`
	Closed   []spanFile          `yaml:"closed"`
	Open     []struct {
		On    string   `yaml:"on"`
		Hours []string `yaml:"hours"`
	} `yaml:"open"`
}

type spanFile struct {
	On     string `yaml:"on"`
	From   string `yaml:"from"`
	To     string `yaml:"to"`
	Annual string `yaml:"annual"`
}

type holidayList struct {
	ID      string            `yaml:"id"`
	Version string            `yaml:"version"`
	Covers  spanFile          `yaml:"covers"`
	Days    map[string]string `yaml:"days"`
	Working map[string]string `yaml:"working"`
}

// isHolidayList looks at the file as text.
func isHolidayList(file []byte) bool { return strings.Contains("\n"+string(file), "\nkind: holidays") }

// has reports whether a date, as text, lies in a span. Texts of dates compare as
// dates do; "12-29..01-03" goes over the turn of the year.
func (s spanFile) has(date string) bool {
	if s.On != "" {
		return date == s.On
	}
	if s.Annual == "" {
		return s.From <= date && date <= s.To
	}
	first, last, several := strings.Cut(s.Annual, "..")
	if !several {
		last = first
	}
	if md := date[5:]; first <= last {
		return first <= md && md <= last
	} else {
		return md >= first || md <= last
	}
}

// hoursOf reads "09:00-17:30" texts as minutes of the day.
func hoursOf(texts []string) [][2]int {
	var out [][2]int
	for _, text := range texts {
		var h1, m1, h2, m2 int
		if _, err := fmt.Sscanf(text, "%d:%d-%d:%d", &h1, &m1, &h2, &m2); err != nil {
			panic(text + ": " + err.Error())
		}
		out = append(out, [2]int{h1*60 + m1, h2*60 + m2})
	}
	return out
}

// readOffice walks the covered days and decides each of them anew: week, then
// closures and holidays, then days that a decree or the office opens against them.
func readOffice(file []byte, lists map[string]holidayList, zones map[string]*walkedZone) *office {
	var f officeFile
	if err := yaml.Unmarshal(file, &f); err != nil {
		panic(err)
	}
	o := &office{id: f.ID, version: f.Version, zoneName: f.Zone, zone: zones[f.Zone]}
	if o.zone == nil {
		panic(f.ID + ": zone " + f.Zone + " was not walked")
	}
	var used []holidayList
	covers := []spanFile{f.Covers}
	for _, ref := range strings.Fields(strings.Trim(fmt.Sprint(f.Holidays), "[]")) {
		if ref == "<nil>" {
			continue
		}
		list, ok := lists[ref]
		if !ok {
			panic(f.ID + ": no holiday list " + ref)
		}
		used, covers = append(used, list), append(covers, list.Covers)
	}
	covered := func(date string) bool {
		for _, c := range covers {
			if c.From != "" && (date < c.From || date > c.To) {
				return false
			}
		}
		return true
	}
	names := [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	shapes := map[string][]bool{}
	o.from = o.zone.first
	for d := o.zone.first; d < o.zone.first+day(len(o.zone.begins)); d++ {
		date := d.String()
		if !covered(date) {
			if len(o.open) > 0 {
				break
			}
			o.from = d + 1
			continue
		}
		o.to = d
		hours := f.Weekly[names[civil[d].weekday]]
		shut := false
		for _, s := range f.Closed {
			shut = shut || s.has(date)
		}
		for _, list := range used {
			_, listed := list.Days[date]
			shut = shut || listed
		}
		festive := shut && len(hours) > 0
		for _, list := range used { // a weekly day off that is worked for another day
			if worked, ok := list.Working[date]; ok && len(hours) == 0 && !shut {
				var y, m, dd int
				if _, err := fmt.Sscanf(worked, "%d-%d-%d", &y, &m, &dd); err != nil {
					panic(err)
				}
				hours = f.Weekly[names[civil[dayOn[[3]int{y, m, dd}]].weekday]]
			}
		}
		if shut {
			hours = nil
		}
		for _, extra := range f.Open {
			if extra.On == date {
				hours, festive = extra.Hours, false
			}
		}
		o.holiday = append(o.holiday, festive)
		o.spans = append(o.spans, hoursOf(hours))
		if len(hours) == 0 {
			o.open = append(o.open, nil)
			continue
		}
		wall, key := ordinaryDay, strings.Join(hours, " ")
		if odd, ok := o.zone.odd[d]; ok {
			wall, key = odd, key+date
		}
		if shapes[key] == nil {
			shapes[key] = openThrough(wall, hoursOf(hours))
		}
		o.open = append(o.open, shapes[key])
	}
	return o
}

// openThrough says for each minute that passes on a day whether the office is open:
// it opens when the wall clock first shows an opening time, or a later one, and
// closes when it first shows the closing time, or a later one.
func openThrough(wall []int, hours [][2]int) []bool {
	open := make([]bool, len(wall))
	for _, h := range hours {
		opened, closed := false, false
		for k, shows := range wall {
			opened = opened || shows >= h[0]
			closed = closed || shows >= h[1]
			if opened && !closed {
				open[k] = true
			}
		}
	}
	return open
}

// beyond is thrown where an answer would need a day that the calendar is silent about.
type beyond struct{}

// on is what passes on a day, nil when it is closed.
func (o *office) on(d day) []bool {
	if d < o.from || d > o.to {
		panic(beyond{})
	}
	return o.open[d-o.from]
}

// opens reports whether the office opens on a day.
func (o *office) opens(d day) bool { return o.on(d) != nil }

// close is the minute at which the last open minute of a day has passed.
func (o *office) close(d day) int {
	open := o.on(d)
	for k := len(open) - 1; k >= 0; k-- {
		if open[k] {
			return o.zone.begin(d) + k + 1
		}
	}
	panic(fmt.Sprintf("%s is closed on %s", o.id, d))
}
