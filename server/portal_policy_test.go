package server_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/policy"
	"madoguchi/server/servertest"
)

// The page has, for every organisation and in every voice, what Art. 32(1) and
// Order 10 ask for, as its pack has it: nothing is left out, and what the policy
// does not say is marked where it would stand.
func TestThePublicPageHasEverythingOfArticle32(t *testing.T) {
	w := servertest.New()
	s := w.Server()
	points := 0
	for _, voice := range dsr.Voices {
		b := open(t, s)
		b.cookies["voice"] = string(voice)
		for _, p := range w.Library.Packs() {
			page := b.get("/o/" + p.Slug + "/policy").Body.String()
			want := due(p, voice)
			points += len(want)
			for _, lacking := range lacks(page, want) {
				t.Errorf("%s (%s) lacks %s", p.Slug, voice, lacking)
			}
			gone := string(locales.HTML(voice, "portal.policy.missing"))
			marks := 0
			for _, m := range p.ToBeSupplied {
				if m.Field != "member-terms" {
					marks++
				}
			}
			if n := strings.Count(page, gone); n < marks {
				t.Errorf("%s (%s): %d marks for %d things to be supplied", p.Slug, voice, n, marks)
			}
			// Assumed hours are the calendar's and never appear as the organisation's.
			if hours := string(locales.HTML(voice, "word.hours")); len(p.Desk.Hours) == 0 && strings.Contains(strings.ReplaceAll(page, "<dt>"+hours+`</dt><dd><span class="tag soon">`, ""), "<dt>"+hours+"</dt>") {
				t.Errorf("%s (%s) shows hours that are not published", p.Slug, voice)
			}
			// The check sees what is left out.
			for what, text := range want {
				if len(lacks(strings.ReplaceAll(plainPage(page), plainPage(html.EscapeString(text)), ""), map[string]string{what: text})) == 0 {
					t.Errorf("%s (%s): %s could be left out unseen", p.Slug, voice, what)
				}
			}
		}
	}
	t.Logf("counts: %d points of the page", points)
}

// due are the texts that the page must have, by what they are.
func due(p *policy.Pack, voice dsr.Voice) map[string]string {
	want := map[string]string{}
	add := func(what string, m policy.Voices) {
		if len(m) > 0 {
			want[what] = p.Text(m, string(voice))
		}
	}
	add("name", p.Entity.Name)
	add("address", p.Entity.Address)
	add("hours", p.Desk.Hours)
	add("post", p.Desk.Post)
	add("note", p.Desk.Note)
	for what, s := range map[string]string{"phone": p.Desk.Phone, "fax": p.Desk.Fax, "mail": p.Desk.Mail} {
		if s != "" {
			want[what] = s
		}
	}
	for _, x := range p.Purposes {
		add("purpose "+x.ID, x.Text)
	}
	for _, x := range p.Kinds {
		add("kind "+x.Kind, x.Words)
		for _, who := range x.WhoMayFile {
			want["filer "+who] = locales.T(voice, "portal.policy.filer."+who)
		}
	}
	for _, x := range p.Fees {
		add("fee "+x.Clause, x.Text)
	}
	for _, x := range p.Recipients {
		add("recipient "+x.ID, x.Text)
		want["role of "+x.ID] = locales.T(voice, "portal.policy.recipient."+x.Role)
	}
	for _, x := range p.Security {
		add("security "+x.Clause, x.Text)
	}
	for _, x := range p.Retention {
		add("retention "+x.ID, x.Text)
	}
	for _, x := range p.WhereToComplain() {
		add("complaints "+x.ID, x.Name)
		add("address of "+x.ID, x.Address)
	}
	add("amendment", p.Amendment.Text)
	if p.Roles != nil {
		add("roles", p.Roles.Text)
	}
	if p.Recording != nil {
		add("recording", p.Recording.Text)
	}
	if p.Scope != nil {
		add("scope", p.Scope.Text)
	}
	return want
}

// lacks are the points whose text is not on the page. Readings over words are
// left out on both sides.
func lacks(page string, want map[string]string) (out []string) {
	page = plainPage(page)
	for what, text := range want {
		if !strings.Contains(page, plainPage(html.EscapeString(strings.TrimSpace(text)))) {
			out = append(out, what)
		}
	}
	return out
}

// readings are those over words in easy Japanese.
var readings = regexp.MustCompile(`<rp>\(</rp><rt>[^<]*</rt><rp>\)</rp>|</?ruby>`)

func plainPage(s string) string { return readings.ReplaceAllString(s, "") }
