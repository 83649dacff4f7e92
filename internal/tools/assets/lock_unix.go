//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// lock takes the lock of a file, which the system frees when we end, however we do. It calls waiting once if another
// process holds it.
func lock(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	const retry = 200 * time.Millisecond
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644) //nolint:gosec // no secret
	if err != nil {
		return nil, err
	}
	for first := true; ; first = false {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:gosec // a descriptor fits
		if err == nil {
			return func() { file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			file.Close()
			return nil, err
		}
		if first {
			waiting()
		}
		select {
		case <-time.After(retry):
		case <-ctx.Done():
			file.Close()
			return nil, ctx.Err()
		}
	}
}
