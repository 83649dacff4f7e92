//go:build !linux

package kubetest

import "syscall"

// sysProcAttr leaves a child in our process group, so that the terminal's Ctrl-C reaches it too. There is no way here
// to have it killed when we are.
func sysProcAttr() *syscall.SysProcAttr { return nil }
