//go:build linux

// Package power ends the machine.
package power

import (
	"time"

	"golang.org/x/sys/unix"
)

// Off powers the machine off. It does not return.
func Off() {
	unix.Sync()
	for {
		// It returns only when the hardware refuses, which leaves nothing but another try.
		_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
		time.Sleep(time.Second)
	}
}
