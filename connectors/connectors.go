// Package connectors finds the systems that hold an organisation's personal
// data. Each is a mapping file below the folder of packs,
// <organisation>/systems/<id>.yaml; what connects to it is a package of its
// own below this one.
package connectors

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"madoguchi/connectors/sqltable"
	"madoguchi/dsr"
)

// Registry knows every connected system by organisation and ID. It is safe for
// use by many goroutines.
type Registry struct {
	dsn      func(setting string) string
	mappings map[name]*sqltable.Mapping
	slugs    map[string]string // by the organisation's ID

	mu   sync.Mutex
	open map[name]*sqltable.System
}

// name is where a system belongs: the organisation's folder, its own ID.
type name struct{ slug, id string }

// New reads every mapping below packs, the folder of packs. dsn gives the
// value of a setting, "" when it is not set; it is asked when a system is
// first used. All that is wrong with the mappings comes back at once, as
// sqltable.Problems.
func New(packs fs.FS, dsn func(setting string) string) (*Registry, error) {
	r := &Registry{dsn: dsn, mappings: map[name]*sqltable.Mapping{}, slugs: map[string]string{}, open: map[name]*sqltable.System{}}
	files, err := fs.Glob(packs, "*/systems/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("connectors: %w", err)
	}
	var all sqltable.Problems
	for _, file := range files {
		m, err := sqltable.Load(packs, file)
		var ps sqltable.Problems
		if errors.As(err, &ps) {
			all = append(all, ps...)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("connectors: %w", err)
		}
		if base := strings.TrimSuffix(path.Base(file), ".yaml"); base != m.ID {
			all = append(all, sqltable.Problem{File: file, Line: 1, Column: 1, Message: fmt.Sprintf("the file of the system %q is called %s.yaml", m.ID, m.ID)})
			continue
		}
		slug := strings.SplitN(file, "/", 2)[0]
		r.mappings[name{slug, m.ID}] = m
		if err := r.belong(packs, slug); err != nil {
			return nil, err
		}
	}
	if len(all) > 0 {
		return nil, all
	}
	return r, nil
}

// belong learns the organisation's ID from the pack beside its systems. A
// folder without a pack is known by its name alone.
func (r *Registry) belong(packs fs.FS, slug string) error {
	b, err := fs.ReadFile(packs, slug+"/pack.yaml")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("connectors: %w", err)
	}
	var pack struct {
		ID string `yaml:"id"`
	}
	if err := yaml.Unmarshal(b, &pack); err != nil {
		return fmt.Errorf("connectors: %s/pack.yaml cannot be read", slug)
	}
	if pack.ID != "" {
		r.slugs[pack.ID] = slug
	}
	return nil
}

// Connector gives a system of an organisation, named by its ID or its slug.
// NotFound "connector.unknown" when there is no such mapping; Unavailable
// "connector.away" when its setting is empty.
func (r *Registry) Connector(organisation, id string) (*sqltable.System, error) {
	slug := organisation
	if s, ok := r.slugs[organisation]; ok {
		slug = s
	}
	at := name{slug, id}
	m := r.mappings[at]
	if m == nil {
		return nil, dsr.Fail(dsr.NotFound, "connector.unknown", "connector", id)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.open[at]; s != nil {
		return s, nil
	}
	s, err := sqltable.Open(m, r.dsn(m.Connection))
	if err != nil {
		return nil, err
	}
	r.open[at] = s
	return s, nil
}

// Settings lists the names of the settings that the mappings ask for, sorted.
func (r *Registry) Settings() []string {
	var names []string
	seen := map[string]bool{}
	for _, m := range r.mappings {
		if !seen[m.Connection] {
			seen[m.Connection] = true
			names = append(names, m.Connection)
		}
	}
	sort.Strings(names)
	return names
}

// Setting is the name of the setting that holds a system's address, "" for a
// system that has no mapping.
func (r *Registry) Setting(organisation, id string) string {
	slug := organisation
	if s, ok := r.slugs[organisation]; ok {
		slug = s
	}
	if m := r.mappings[name{slug, id}]; m != nil {
		return m.Connection
	}
	return ""
}

// Systems lists the IDs of an organisation's systems, sorted.
func (r *Registry) Systems(organisation string) []string {
	slug := organisation
	if s, ok := r.slugs[organisation]; ok {
		slug = s
	}
	var ids []string
	for at := range r.mappings {
		if at.slug == slug {
			ids = append(ids, at.id)
		}
	}
	sort.Strings(ids)
	return ids
}

// Check asks every system whether it is as its mapping says; the first that
// is not is the error.
func (r *Registry) Check(ctx context.Context) error {
	var all []name
	for at := range r.mappings {
		all = append(all, at)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].slug+"/"+all[i].id < all[j].slug+"/"+all[j].id })
	for _, at := range all {
		s, err := r.Connector(at.slug, at.id)
		if err == nil {
			err = s.Check(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Close lets every system go.
func (r *Registry) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for at, s := range r.open {
		errs = append(errs, s.Close())
		delete(r.open, at)
	}
	return errors.Join(errs...)
}
