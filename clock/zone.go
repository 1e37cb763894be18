package clock

import (
	"embed"
	"strings"
	"sync"
	"time"
)

// TZVersion is the release of the IANA time zone database whose files are inside
// this package. It is part of every calendar's digest: a new release is a new
// version of every calendar.
const TZVersion = "2025c"

//go:embed zoneinfo
var zoneFiles embed.FS

var zones sync.Map // name → *time.Location; every load of a name gives one pointer

// Zone is a time zone from the embedded files. A name without a file is an error
// that names the field "zone": the host is never asked, because two hosts may
// hold two releases.
func Zone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	if name == "" || strings.ContainsAny(name, `.\`) {
		return nil, wrong("zone", "%q is not a known time zone", name)
	}
	data, err := zoneFiles.ReadFile("zoneinfo/" + name)
	if err != nil {
		return nil, wrong("zone", "%q is not a known time zone", name)
	}
	loc, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return nil, wrong("zone", "the data of time zone %q cannot be read", name)
	}
	kept, _ := zones.LoadOrStore(name, loc)
	return kept.(*time.Location), nil
}
