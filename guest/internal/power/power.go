//go:build linux

// Package power brings the machine to rest and ends it.
package power

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/reap"
)

// killDeadline bounds the wait for processes that were killed; only one stuck in the kernel takes
// that long.
const killDeadline = 3 * time.Second

// Settle ends all processes and brings the disk, where one is mounted, to rest, so that it is clean.
func Settle(ctx context.Context, reaper *reap.Reaper, disk string, grace time.Duration) error {
	if grace > 0 {
		// Interactive shells ignore TERM but end with HUP. Stopped processes have to run again to take
		// a signal.
		signalAll(unix.SIGTERM)
		signalAll(unix.SIGHUP)
		signalAll(unix.SIGCONT)
		if waitNone(ctx, reaper, grace) == nil {
			return rest(disk)
		}
	}
	signalAll(unix.SIGKILL)
	killed := waitNone(ctx, reaper, killDeadline)
	if killed != nil {
		killed = fmt.Errorf("processes are left: %w", killed)
	}
	return errors.Join(killed, rest(disk))
}

// rest makes the disk's file system read-only, which leaves it as clean as unmounting does. Of all that is
// mounted, only it outlives the machine, and what processes wrote into shares left with them. The kernel
// refuses while something in it is open for writing, such as a file that is mounted itself.
func rest(disk string) error {
	if unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, "") == nil {
		return nil
	}
	return unmountAll()
}

// signalAll reaches every process but this one. ESRCH says that there is none.
func signalAll(number unix.Signal) { _ = unix.Kill(-1, number) }

func waitNone(ctx context.Context, reaper *reap.Reaper, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return reaper.WaitNone(ctx)
}

func unmountAll() error {
	unix.Sync()
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	var failed error
	for _, target := range MountsBelow(string(text), "/mnt/") {
		err := unix.Unmount(target, 0)
		if errors.Is(err, unix.EBUSY) {
			// Something still holds it. Nothing new can come to it, and what was written is safe.
			_ = unix.Mount("", target, "", unix.MS_REMOUNT|unix.MS_RDONLY, "")
			err = errors.Join(fmt.Errorf("unmount %s: %w", target, err), unix.Unmount(target, unix.MNT_DETACH))
		}
		failed = errors.Join(failed, err)
	}
	unix.Sync()
	return failed
}

var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// Unescape reads a field of a mountinfo text.
func Unescape(field string) string { return unescape.Replace(field) }

// MountsBelow lists the mount points with the prefix in a mountinfo text, latest first.
func MountsBelow(mountinfo, prefix string) []string {
	var targets []string
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		const target = 4
		if len(fields) <= target {
			continue
		}
		if path := Unescape(fields[target]); strings.HasPrefix(path, prefix) {
			targets = append([]string{path}, targets...)
		}
	}
	return targets
}

// Off powers the machine off. It does not return.
func Off() {
	unix.Sync()
	for {
		// It returns only when the hardware refuses, which leaves nothing but another try.
		_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
		time.Sleep(time.Second)
	}
}
