package server

import (
	"html/template"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"madoguchi/dsr"
)

// seen is what the layout of one page sees, with the page's own type in the
// place of the interface.
type seen[P page] struct {
	view
	Page P
}

// typed checks every field, method and function that a page's template names,
// in branches that no test has gone through, too.
func typed[P page](p P) (name string, check func(*template.Template) error) {
	return p.name(), func(t *template.Template) error { return templatecheck.CheckHTML(t, seen[P]{}) }
}

func TestEveryTemplateNamesOnlyWhatItsPageHas(t *testing.T) {
	pages, err := loadTemplates()
	if err != nil {
		t.Fatal(err)
	}
	checks := map[string]func(*template.Template) error{}
	add := func(name string, check func(*template.Template) error) { checks[name] = check }
	add(typed(boardPage{}))
	add(typed(boardsPage{}))
	add(typed(boardListPage{}))
	add(typed(calendarsPage{}))
	add(typed(datesPage{}))
	add(typed(approvePage{}))
	add(typed(casePage{}))
	add(typed(taskPage{}))
	add(typed(papersPage{}))
	add(typed(authorityPage{}))
	add(typed(investigationPage{}))
	add(typed(stoppedPage{}))
	add(typed(recipientPage{}))
	add(typed(lettersPage{}))
	add(typed(printPage{}))
	add(typed(appointmentsPage{}))
	add(typed(caseLetterPage{}))
	add(typed(askWithdrawalPage{}))
	add(typed(comparePage{}))
	add(typed(keyInPage{}))
	add(typed(keyedInPage{}))
	add(typed(queuePage{}))
	add(typed(searchPage{}))
	add(typed(reviewPage{}))
	add(typed(signInPage{}))
	add(typed(keptPage{}))
	add(typed(desksPage{}))
	add(typed(idlePage{}))
	add(typed(talkPage{caseFrame: caseFrame{Tab: "notes"}}))
	add(typed(talkPage{}))
	add(typed(errorPage{Desk: true}))
	add(typed(errorPage{}))
	add(typed(formPage{}))
	add(typed(organisationsPage{}))
	add(typed(mailboxPage{}))
	add(typed(mailPage{}))
	add(typed(confirmPage{}))
	add(typed(downloadPage{}))
	add(typed(identityPage{}))
	add(typed(beginPage{}))
	add(typed(checkPage{}))
	add(typed(receiptPage{}))
	add(typed(findPage{}))
	add(typed(codePage{}))
	add(typed(deadLinkPage{}))
	add(typed(startPage{}))
	add(typed(askPage{}))
	add(typed(policyPage{}))
	add(typed(statusPage{}))
	add(typed(outcomePage{}))
	add(typed(letterPage{}))
	add(typed(stopPage{}))
	for name, set := range pages {
		if checks[name] == nil {
			t.Errorf("the page %s has no type here", name)
			continue
		}
		if err := checks[name](set[dsr.VoiceJa].Lookup("layout")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	files, err := fs.Glob(templateFiles, "templates/*/[a-z]*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := path.Base(path.Dir(f)) + "/" + strings.TrimSuffix(path.Base(f), ".html"); pages[name] == nil && !strings.HasPrefix(name, "shared/") {
			t.Errorf("%s is no page", f)
		}
	}
	t.Logf("counts: %d pages, %d templates", len(checks), len(files))

	// The planted faults: each names what the page does not have, in a branch
	// that is not taken.
	for _, fault := range []string{`{{.Page.Nothing}}`, `{{if .Wrong}}{{.Page.Organisations.Nothing}}{{end}}`, `{{range .Page.Organisations}}{{.Nmae}}{{end}}`,
		`{{.Pth "/"}}`, `{{.Path}}`, `{{size "ten"}}`} {
		planted, err := template.New("layout").Funcs(textFuncs(dsr.VoiceEn)).Parse(fault)
		if err != nil {
			t.Fatal(err)
		}
		_, check := typed(organisationsPage{})
		if check(planted) == nil {
			t.Errorf("%s passes", fault)
		}
	}
}
