// Package samples carries the pictures that a demonstration uploads: drawn by
// internal/sample/cards, marked as samples, of nobody.
package samples

import _ "embed"

// ResidenceCard is a made-up residence card of the demonstration's person.
//
//go:embed residence-card-sample.png
var ResidenceCard []byte
