package clock

import "testing"

func TestProvisionalFromIsTheFirstDayThatIsNotOfficialYet(t *testing.T) {
	const head = "id: a\nversion: \"1\"\nzone: Asia/Tokyo\ncovers: {from: 2026-01-01, to: 2026-12-31}\nweekly: {mon: [\"09:00-17:00\"]}\n"
	cal, err := ParseCalendar([]byte(head + "source: the door\nprovisional: [{on: 2026-03-05}, {from: 2026-06-01, to: 2026-06-03}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if cal.Source != "the door" {
		t.Errorf("source %q", cal.Source)
	}
	for from, want := range map[string]string{"": "2026-03-05", "2020-01-01": "2026-03-05", "2026-03-05": "2026-03-05", "2026-03-06": "2026-06-01",
		"2026-06-02": "2026-06-02", "2026-06-03": "2026-06-03", "2026-06-04": "", "2026-12-31": "", "2030-01-01": ""} {
		on, err := ParseDate(from)
		if err != nil {
			t.Fatal(err)
		}
		if got := cal.ProvisionalFrom(on).String(); got != want {
			t.Errorf("from %q: %q, want %q", from, got, want)
		}
	}
	cal, err = ParseCalendar([]byte(head))
	if err != nil {
		t.Fatal(err)
	}
	if got := cal.ProvisionalFrom(Date{}); !got.IsZero() {
		t.Errorf("every day is official, and %s", got)
	}
}

func TestLocateFindsTheFieldOrItsParent(t *testing.T) {
	data := []byte("zone: Asia/Tokyo\nevents:\n  - {kind: start, at: 2026-10-01T10:00}\n  - kind: pause\n    at: 2026-10-05T10:00\n")
	for field, want := range map[string][2]int{"events[1].at": {5, 9}, "zone": {1, 7}, "events[1].cause": {4, 9}, "moon": {1, 1}, "": {1, 1}} {
		given := &Error{Field: field, Message: "is wrong"}
		got := Locate(data, given)
		if got.Line != want[0] || got.Column != want[1] || got.Message != "is wrong" || got.Field != field {
			t.Errorf("%s: %d:%d, want %v", field, got.Line, got.Column, want)
		}
		if given.Line != 0 {
			t.Errorf("%s: the error that was given changed", field)
		}
	}
	if got := Locate([]byte("a: [\n"), &Error{Field: "a"}); got.Field != "a" {
		t.Errorf("a file that cannot be read: %+v", got)
	}
}

func TestAmountSaysANumberOfUnits(t *testing.T) {
	for voice, want := range map[string]string{"en": "1 business day", "de": "1 Arbeitstag", "ja": "1営業日", "vi": "1 ngày làm việc", "tlh": "1 business day"} {
		if got := Amount(1, BusinessDays, voice); got != want {
			t.Errorf("%s: %q, want %q", voice, got, want)
		}
	}
	if got := Amount(2, MonthsEU, "en"); got != "2 months" {
		t.Error(got)
	}
}
