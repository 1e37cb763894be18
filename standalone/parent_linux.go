package main

import "golang.org/x/sys/unix"

// armParentDeath asks the kernel for SIGKILL at the parent's death. It must run
// on the thread that main is locked to.
func armParentDeath() error {
	return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
}
