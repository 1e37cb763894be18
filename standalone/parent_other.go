//go:build !linux

package main

// armParentDeath does nothing: without the kernel's signal the watch on the
// parent's ID ends the process within a second.
func armParentDeath() error { return nil }
