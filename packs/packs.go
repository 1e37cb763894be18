// Package packs carries the policy packs, the statutory baselines and the
// calendars inside the binary. It holds data and no rules: package policy and
// package clock read it.
package packs

import "embed"

// Files is this folder: */pack.yaml, law/, demonstration/, schema/,
// calendars/, */scenarios/, defaults.yaml.
//
//go:embed *.yaml */*.yaml */systems/*.yaml */scenarios/*.yaml schema/*.json
var Files embed.FS
