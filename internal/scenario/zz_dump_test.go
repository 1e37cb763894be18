package scenario

import (
	"encoding/json"
	"os"
	"testing"

	"madoguchi/dsr"
)

func (n *named) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"__ids": n.ids, "__each": n.each})
}

func TestZZDump(t *testing.T) {
	out := os.Getenv("DUMP")
	if out == "" {
		return
	}
	s := suite(t)
	all := map[string]any{}
	for _, p := range s.Library.Packs() {
		pv := packView(p)
		all[p.Slug] = pv
		for _, x := range s.Scenarios {
			if x.slug == p.Slug || x.slug == "" && x.law == p.LawName {
				if x.Request != nil {
					all[p.Slug+"/"+x.ID] = courseView(p, x.request(p), dsr.CourseOf(p, x.request(p), x.answers(p, s.Calendars)))
				}
			}
		}
	}
	b, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(out, b, 0o644)
}
