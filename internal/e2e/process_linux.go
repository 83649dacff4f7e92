package e2e

import (
	"os/exec"
	"syscall"
)

// endWithParent makes the kernel end a child when this process dies, however
// it dies: a scenario that is killed leaves nothing running.
func endWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
