package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"madoguchi/policy"
)

// policyCmd is everything about policies that needs neither a database nor a
// server: a line for each command, each in a file of its own.
type policyCmd struct {
	Check policyCheckCmd `cmd:"" help:"Say what is wrong with policies, and what promises less than the law."`
	Show  policyShowCmd  `cmd:"" help:"Print the policy of an organisation as it is carried out, with the layer and the place of every line."`
	Diff  policyDiffCmd  `cmd:"" help:"Say what a change of a policy means for people, and which open cases it touches."`
	Test  policyTestCmd  `cmd:"" help:"Run the scenarios beside the policies, and say which requirement each shows to hold."`
}

// policyFolder are the packs that a command of the group reads: --packs, else
// PACKS_DIR, else what is built in.
type policyFolder struct {
	Packs string `name:"packs" placeholder:"DIR" help:"Folder of policy packs, laws and calendars, in place of PACKS_DIR and of what is built in."`
}

// packTree are the packs as files, and how their names look to who asked: under
// shown, "" for what is built in.
type packTree struct {
	fs.FS
	shown func(file string) string
}

func (f policyFolder) tree(s *surroundings) (packTree, error) {
	if f.Packs == "" {
		c, err := s.settings()
		if err != nil {
			return packTree{}, err
		}
		f.Packs = c.PacksDir
	}
	if f.Packs == "" {
		a, err := s.almanac()
		if err != nil {
			return packTree{}, err
		}
		return packTree{a.fsys, func(file string) string { return file }}, nil
	}
	if info, err := os.Stat(f.Packs); err != nil || !info.IsDir() {
		return packTree{}, fmt.Errorf("%s is not a folder that can be read", f.Packs)
	}
	return packTree{os.DirFS(f.Packs), func(file string) string { return filepath.Join(f.Packs, filepath.FromSlash(file)) }}, nil
}

// only puts one organisation's folder in place of every other one, over the law,
// the book, the calendars and the defaults of the tree. place is its folder or
// its pack.yaml.
func (t packTree) only(place string) (packTree, error) {
	info, err := os.Stat(place)
	if err != nil {
		return t, fmt.Errorf("%s: can't be read", place)
	}
	folder := place
	if !info.IsDir() {
		folder = filepath.Dir(place)
		if filepath.Base(place) != "pack.yaml" {
			return t, fmt.Errorf("%s: a policy is a file called pack.yaml in a folder of its organisation's name", place)
		}
	}
	whole, err := filepath.Abs(folder)
	if err != nil {
		return t, err
	}
	if _, err := os.Stat(filepath.Join(whole, "pack.yaml")); err != nil {
		if _, err := os.Stat(filepath.Join(whole, "defaults.yaml")); err == nil {
			return policyFolder{Packs: folder}.tree(nil)
		}
		return t, fmt.Errorf("%s: there is neither a pack.yaml nor a folder of packs", place)
	}
	slug := filepath.Base(whole)
	return packTree{oneOf{slug: slug, own: os.DirFS(whole), rest: t.FS}, func(file string) string {
		if rest, own := strings.CutPrefix(file, slug+"/"); own {
			return filepath.Join(folder, filepath.FromSlash(rest))
		}
		return t.shown(file)
	}}, nil
}

// oneOf are the files of one organisation and those that belong to none.
type oneOf struct {
	slug      string
	own, rest fs.FS
}

// Open finds a file of the organisation below its slug, every other one in the
// rest.
func (o oneOf) Open(name string) (fs.File, error) {
	if name == o.slug {
		return o.own.Open(".")
	}
	if file, own := strings.CutPrefix(name, o.slug+"/"); own {
		return o.own.Open(file)
	}
	return o.rest.Open(name)
}

// ReadDir lists a folder; of organisations, the top has this one alone.
func (o oneOf) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == o.slug {
		return fs.ReadDir(o.own, ".")
	}
	if folder, own := strings.CutPrefix(name, o.slug+"/"); own {
		return fs.ReadDir(o.own, folder)
	}
	all, err := fs.ReadDir(o.rest, name)
	if err != nil || name != "." {
		return all, err
	}
	kept := []fs.DirEntry{named{o.slug}}
	for _, e := range all {
		if _, err := fs.Stat(o.rest, path.Join(e.Name(), "pack.yaml")); errors.Is(err, fs.ErrNotExist) && e.Name() != o.slug {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

// named is a folder that is known by its name alone.
type named struct{ name string }

func (n named) Name() string               { return n.name }
func (n named) IsDir() bool                { return true }
func (n named) Type() fs.FileMode          { return fs.ModeDir }
func (n named) Info() (fs.FileInfo, error) { return nil, fs.ErrNotExist }

// load reads the packs of a tree; what is wrong with them comes as problems, with
// the files named as who asked knows them.
func (t packTree) load() (*policy.Library, policy.Problems, error) {
	library, err := policy.Load(t.FS, policy.Options{})
	var ps policy.Problems
	if errors.As(err, &ps) {
		for i := range ps {
			ps[i].File = t.shown(ps[i].File)
		}
		return nil, ps, nil
	}
	return library, nil, err
}
