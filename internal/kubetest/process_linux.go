package kubetest

import "syscall"

// sysProcAttr ties the life of a child to ours: the kernel kills it when we end, even if we are killed ourselves. A
// process group of its own keeps the terminal's Ctrl-C from it, so that Close, not the terminal, ends it.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
