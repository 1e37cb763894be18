package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"madoguchi/connectors"
	"madoguchi/dsr"
	"madoguchi/e2e/driver"
	"madoguchi/packs"
	"madoguchi/policy"
)

// japanese are words of the Japanese law that no letter under another law has.
var japanese = regexp.MustCompile(`Act on the Protection|Schutz personenbezogener Informationen|Offenlegung personenbezogener|個人情報保護法|APPI|PPC|Artikel 3[3-9]|Article 3[3-9]`)

// A sixth organisation, a clinic under the GDPR that is data alone, takes a
// request from the form to the answer, and its letters speak of its own law.
func TestAClinicUnderAnotherLawAnswersARequest(t *testing.T) {
	folder := t.TempDir()
	for _, from := range []fs.FS{packs.Files, os.DirFS("../policy/testdata/clinic")} {
		err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(from, name)
			if err != nil {
				return err
			}
			to := filepath.Join(folder, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
				return err
			}
			return os.WriteFile(to, b, 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	l, err := policy.Load(os.DirFS(folder), policy.Options{Demonstration: true})
	if err != nil {
		t.Fatal(err)
	}
	p, ok := l.BySlug("hoerklinik")
	if !ok {
		t.Fatal("no clinic")
	}
	systems, err := connectors.New(os.DirFS(folder), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	o := driver.Start(t, driver.Options{Env: []string{"PACKS_DIR=" + folder}})
	all := []*request{
		{pack: p, kind: dsr.KindDisclosure, want: plan{dsr.MeasureDisclose, dsr.MeasureWithhold}, who: ordinary(t, systems.Setting(p.ID, "patients"), 0), titles: titles(t, os.DirFS(folder), p)},
		{pack: p, kind: dsr.KindCorrection, want: plan{dsr.MeasureCorrect, dsr.MeasureOutside}, who: ordinary(t, systems.Setting(p.ID, "patients"), 1), titles: titles(t, os.DirFS(folder), p)},
		{pack: p, kind: dsr.KindSuspension, want: plan{dsr.MeasureSuspend, dsr.MeasureRefuse}, who: ordinary(t, systems.Setting(p.ID, "patients"), 2), titles: titles(t, os.DirFS(folder), p)},
	}
	each(t, o, "until it is agreed", all, (*request).untilAgreed)
	o.Pass(time.Minute) // a code may be asked for every half minute
	each(t, o, "until it is told", all, (*request).untilTold)
	for i, notice := range []string{"N-13", "N-17", "N-18"} {
		r := all[i]
		if r.got.notice != notice || r.got.voice != dsr.VoiceDe {
			t.Errorf("the %s is told by %s in %q", r.kind, r.got.notice, r.got.voice)
		}
		for _, letter := range r.letters {
			if found := japanese.FindString(letter); found != "" {
				t.Errorf("a letter of the clinic has %q:\n%s", found, letter)
			}
		}
	}
	for _, told := range []string{"DSGVO", "Bayerisches Landesamt für Datenschutzaufsicht", "Auskunft über Ihre Daten"} {
		if len(all[0].letters) > 0 && !regexp.MustCompile(regexp.QuoteMeta(told)).MatchString(all[0].letters[len(all[0].letters)-1]) {
			t.Errorf("the answer does not say %q:\n%s", told, all[0].letters[len(all[0].letters)-1])
		}
	}
	b := o.Visitor("visitor")
	for _, v := range []dsr.Voice{dsr.VoiceDe, dsr.VoiceEn, dsr.VoiceVi, dsr.VoiceJa} {
		b.Open("/o/hoerklinik/")
		b.Press(ownNames[v])
		pages := []string{"/o/hoerklinik/", "/o/hoerklinik/policy"}
		for _, k := range p.Kinds {
			pages = append(pages, "/o/hoerklinik/ask/"+k.Kind)
		}
		for _, page := range pages {
			b.Open(page)
			if found := japanese.FindString(b.Text()); b.Status != 200 || found != "" {
				t.Errorf("%s in %s is answered by %d and has %q", page, v, b.Status, found)
			}
		}
	}
	if japanese.FindString("gemäß Artikel 33 des Gesetzes zum Schutz personenbezogener Informationen") == "" {
		t.Error("a letter of the Japanese law is not seen")
	}
	o.Stop()
	for _, command := range [][]string{{"checkpoint"}, {"audit", "verify"}, {"fsck"}, {"policy", "check"}, {"policy", "test"}} {
		if out, ok := o.Command(command...); !ok {
			t.Errorf("%s: %s", command[0], out)
		}
	}
}
