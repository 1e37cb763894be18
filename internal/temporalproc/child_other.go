//go:build !linux

package temporalproc

import "syscall"

// childAttributes put the child into a process group of its own; without the
// kernel's parent-death signal the child watches its parent's ID itself.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
