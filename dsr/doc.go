// Package dsr is the language of the product: the kinds of request a person
// may make about their own data, the stages a case goes through, the commands
// that move it, who may give them, and the faults that can come back.
//
// It is pure: no clock, no database, no network. A value of this package may
// be used inside a workflow. Everything that names a person (Person, Contact,
// Answer, …) prints itself redacted, whatever formats it; only the code that
// renders a page or a letter reads the fields.
package dsr
