package policy

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"madoguchi/clock"
)

// versionsFolder, below an organisation's folder, holds the older versions of its
// pack, one file for each, named after the version.
const versionsFolder = "/versions/"

// Versions are all versions of a pack that are kept, the oldest first; the last
// one is what BySlug gives.
func (l *Library) Versions(slug string) []*Pack { return slices.Clone(l.versions[slug]) }

// At is the version in force on a civil date at the desk: the first one before
// any other came. ok is false for a slug that no pack has.
func (l *Library) At(slug string, day clock.Date) (p *Pack, ok bool) {
	for _, v := range l.versions[slug] {
		if p == nil || !v.from().After(day) {
			p = v
		}
	}
	return p, p != nil
}

// from is the day from which the version is carried out, the zero date for the
// first one.
func (p *Pack) from() clock.Date {
	d, _ := clock.ParseDate(p.InForceFrom)
	return d
}

// file is where the version stands below the folder of packs.
func (p *Pack) file() string {
	if p.until.IsZero() {
		return p.Slug + "/pack.yaml"
	}
	return p.Slug + versionsFolder + p.Version + ".yaml"
}

// draft is a version that was read and not yet laid over the law.
type draft struct {
	packFile
	tree  *tree
	whole bool // its law is there
}

// draft reads a version; nil when it cannot be used.
func (l *loader) draft(file string) *draft {
	d := &draft{}
	if d.tree = l.read(file, l.schemas.pack, &d.packFile); d.tree == nil {
		return nil
	}
	if _, err := clock.ParseDate(d.InForceFrom); err != nil && d.InForceFrom != "" {
		l.problems = append(l.problems, d.tree.problem("/in_force_from", fmt.Sprintf("there is no day %s", d.InForceFrom), "write a day of the calendar"))
	}
	return d
}

// older reads the older versions in a folder, puts the newest after them, and
// says until when each was in force. A gap is not possible, as one version ends
// where the next begins; two that begin on one day are refused.
func (l *loader) older(newest *draft, slug string) []*draft {
	files, _ := fs.Glob(l.fsys, slug+versionsFolder+"*.yaml")
	var all []*draft
	for _, file := range files {
		d := l.draft(file)
		if d == nil {
			continue
		}
		fail := func(pointer, message, instead string) {
			l.problems = append(l.problems, d.tree.problem(pointer, message, instead))
		}
		if name := strings.TrimSuffix(path.Base(file), ".yaml"); d.Version != name {
			fail("/version", fmt.Sprintf("the version is %q in a file called %s", d.Version, path.Base(file)), fmt.Sprintf("name the file %s.yaml; its text stays as it was, so that its digest does", d.Version))
		}
		if newest != nil {
			switch {
			case d.ID != newest.ID:
				fail("/id", "the id is not that of the pack", "an organisation keeps its id in every version")
			case d.Version == newest.Version:
				fail("/version", fmt.Sprintf("the pack itself is version %s", newest.Version), "give the newer text a version of its own")
			}
		}
		all = append(all, d)
	}
	if newest != nil {
		all = append(all, newest)
	}
	slices.SortStableFunc(all, func(a, b *draft) int { return a.from().Compare(b.from()) })
	for i, d := range all[:max(len(all)-1, 0)] {
		next := all[i+1]
		d.until = next.from()
		if d.from() == next.from() {
			l.problems = append(l.problems, next.tree.problem("/in_force_from", fmt.Sprintf("versions %s and %s are in force from one day", d.Version, next.Version), "write \"in_force_from\" in each version but the first"))
		}
		if d == newest {
			l.problems = append(l.problems, d.tree.problem("/in_force_from", fmt.Sprintf("version %s is newer than the pack", all[len(all)-1].Version), "keep the newest version as pack.yaml"))
		}
	}
	return all
}

// strays refuses versions of an organisation that has no pack.
func (l *loader) strays() {
	files, _ := fs.Glob(l.fsys, "*"+versionsFolder+"*.yaml")
	for _, file := range files {
		pack := path.Dir(path.Dir(file)) + "/pack.yaml"
		if _, err := fs.Stat(l.fsys, pack); err != nil {
			l.problems = append(l.problems, Problem{File: file, Line: 1, Column: 1, Message: "older versions stand beside no pack", Instead: "add " + pack})
		}
	}
}
