package temporalproc

import "syscall"

// childAttributes make the kernel kill the child when the supervising thread
// ends, which also covers the moment before the child has asked for that
// itself; and put it into a process group of its own, so that Ctrl-C in a
// terminal reaches this process only, which then stops the child in order.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
