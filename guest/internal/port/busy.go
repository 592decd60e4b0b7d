//go:build linux

package port

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// busyFlag is a port over which nothing is said: the host only sees whether it is open.
type busyFlag struct {
	path string
	fd   int
	up   bool
}

func (f *busyFlag) raise() error {
	if f.up {
		return nil
	}
	fd, err := unix.Open(f.path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", f.path, err)
	}
	f.fd, f.up = fd, true
	return nil
}

func (f *busyFlag) lower() {
	if f.up {
		_ = unix.Close(f.fd)
		f.up = false
	}
}
