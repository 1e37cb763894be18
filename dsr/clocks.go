package dsr

import (
	"slices"
	"time"

	"madoguchi/clock"
	"madoguchi/policy"
)

// ClockOf is one clock of a case: what it counts, by which rule and calendar.
type ClockOf struct {
	Name string // ClockTarget, ClockLegal, ClockExposure
	Rule clock.Rule
	// Calendar is the ID of the calendar that it counts by.
	Calendar string
	Events   []clock.Event
}

// ClocksOf are the clocks that run on a case of a kind after what happened to it,
// the answer target first, then each law's due, then the exposure where the
// person may sue. Nothing runs before a start.
func ClocksOf(p *policy.Pack, kind string, events []clock.Event) (out []ClockOf) {
	start, ok := begun(events)
	if !ok {
		return nil
	}
	target := p.TargetFor(kind)
	out = append(out, ClockOf{ClockTarget, target, p.Calendar, counted(events, target, false)})
	for _, l := range legal(p, kind, start.At) {
		out = append(out, ClockOf{ClockLegal, l.Rule, l.Calendar, counted(events, l.Rule, true)})
	}
	if offer, _ := p.Offer(kind); offer.Exposure {
		out = append(out, ClockOf{ClockExposure, exposure(p, start.At), p.Calendar, []clock.Event{start}})
	}
	return out
}

// The zones in which a day begins first and ends last.
var (
	firstDay = time.FixedZone("UTC+14", 14*60*60)
	lastDay  = time.FixedZone("UTC-12", -12*60*60)
)

// daysOf are the civil days that an instant may have somewhere, the desk's first.
func daysOf(p *policy.Pack, at time.Time) [3]clock.Date {
	return [3]clock.Date{clock.DateOf(at.In(zoneOf(p))), clock.DateOf(at.In(lastDay)), clock.DateOf(at.In(firstDay))}
}

// governs reports whether a rule governs what arrived at an instant, by the day
// that it was where the law holds. A rule without a zone goes by the desk's day.
func governs(p *policy.Pack, r clock.Rule, at time.Time) bool {
	zone, err := clock.Zone(r.Zone)
	if err != nil {
		zone = zoneOf(p)
	}
	return r.InForce(clock.DateOf(at.In(zone)))
}

// legal are the laws' dues for what arrived at an instant. Around midnight the desk
// may have another day than the law's own territory, whose day chooses the rule.
func legal(p *policy.Pack, kind string, at time.Time) (out []policy.LegalClock) {
	seen := map[string]bool{}
	for _, on := range daysOf(p, at) {
		for _, l := range p.LegalClocks(kind, on) {
			if !seen[l.Rule.ID] && governs(p, l.Rule, at) {
				seen[l.Rule.ID], out = true, append(out, l)
			}
		}
	}
	return out
}

// exposure is the rule of the exposure of what arrived at an instant.
func exposure(p *policy.Pack, at time.Time) clock.Rule {
	days := daysOf(p, at)
	for _, on := range days {
		if r := p.ExposureOn(on); governs(p, r, at) {
			return r
		}
	}
	return p.ExposureOn(days[0])
}

// begun is the start from which the laws count: the earlier of arrival and deemed
// arrival (C.2 rule 13). ok is false when nothing has begun.
func begun(events []clock.Event) (at clock.Event, ok bool) {
	for _, e := range events {
		if e.Kind == clock.Start && (!ok || e.At.Before(at.At)) {
			at, ok = e, true
		}
	}
	return at, ok
}

// counted are the events that a rule counts: a law's from the deemed arrival,
// ours from the arrival, and of extensions and dates that hold the rule's own.
func counted(events []clock.Event, rule clock.Rule, law bool) []clock.Event {
	out := slices.DeleteFunc(slices.Clone(events), func(e clock.Event) bool {
		return e.Kind == clock.Start && (law || e.Cause == clock.CauseDeemed) || (e.Kind == clock.Prolonged || e.Kind == clock.Held) && e.Rule != rule.ID
	})
	if start, ok := begun(events); law && ok {
		out = append([]clock.Event{start}, out...)
	}
	return out
}

// DeemedArrival is when a letter should have arrived. Art. 39(2) deems a demand to
// arrive at the time at which it ordinarily should have: the day of posting and
// the days that post takes. The statute names no hour; we take the beginning of
// that day, the earliest reading, so that no time of the person's is lost to a
// letter that lay in the house. A day that is none, or that lies after the
// arrival or after now, is refused.
func DeemedArrival(p *policy.Pack, postedOn string, arrived, now time.Time) (time.Time, error) {
	day, err := clock.ParseDate(postedOn)
	if err != nil {
		return time.Time{}, Fail(Invalid, "error.date-unreadable")
	}
	zone := zoneOf(p)
	switch {
	case day.After(clock.DateOf(now.In(zone))):
		return time.Time{}, Fail(Invalid, "error.posted-in-future")
	case day.After(clock.DateOf(arrived.In(zone))):
		return time.Time{}, Fail(Invalid, "error.posted-after-arrival")
	}
	return clock.DeemedArrival(day, p.Times.TransitDays).In(zone), nil
}

// zoneOf is the zone of the desk.
func zoneOf(p *policy.Pack) *time.Location {
	zone, err := clock.Zone(p.Zone)
	if err != nil {
		return time.UTC // the pack was checked when it was loaded
	}
	return zone
}
