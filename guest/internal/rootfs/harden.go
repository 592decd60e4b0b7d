//go:build linux

package rootfs

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/inroot"
)

// nodes are the devices that every process may use. A virtual machine within needs its own, which is
// there only when it was asked for.
var nodes = []string{"null", "zero", "full", "random", "urandom", "tty", "kvm"}

// makeNodes copies device nodes of the machine.
func makeNodes(dir string) error {
	for _, name := range nodes {
		var stat unix.Stat_t
		err := unix.Stat("/dev/"+name, &stat)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err == nil {
			err = unix.Mknod(dir+"/"+name, stat.Mode, int(stat.Rdev))
		}
		if err == nil {
			// The umask has taken rights away.
			err = unix.Chmod(dir+"/"+name, stat.Mode&0o777)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return os.Symlink("pts/ptmx", dir+"/ptmx")
}

// RemoveDevices takes the nodes of the machine's disks, of its links to the host and of its memory away.
// The kernel's own file system of devices is the same wherever it is mounted, so that root would find
// them in a mount of its own.
func RemoveDevices() error {
	entries, err := os.ReadDir("/dev")
	if err != nil {
		return err
	}
	var failed error
	for _, entry := range entries {
		if isMachines(entry.Name(), entry.Type()) {
			failed = errors.Join(failed, os.Remove("/dev/"+entry.Name()))
		}
	}
	return failed
}

func isMachines(name string, mode os.FileMode) bool {
	block := mode&os.ModeDevice != 0 && mode&os.ModeCharDevice == 0
	return block || strings.HasPrefix(name, "vport") ||
		slices.Contains([]string{"kmsg", "mem", "kmem", "port", "nvram", "hpet", "snapshot", "loop-control"}, name)
}

// Parts of the kernel's file systems that container engines withhold, and the kernel's symbols.
var (
	hidden = []string{
		"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kallsyms", "/proc/kcore", "/proc/keys",
		"/proc/key-users", "/proc/kmsg", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
		"/proc/slabinfo", "/proc/timer_list", "/proc/timer_stats", "/proc/vmallocinfo",
		"/sys/devices/virtual/powercap", "/sys/firmware", "/sys/kernel/debug", "/sys/kernel/security",
		"/sys/kernel/tracing",
	}
	readOnlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
)

// Mask hides and write-protects parts of the kernel's file systems. What this kernel does not have
// needs no mask.
func Mask(root *inroot.Root) error {
	if err := os.MkdirAll(empty, 0o555); err != nil {
		return err
	}
	var failed error
	for _, name := range hidden {
		failed = errors.Join(failed, mask(root, name, true))
	}
	for _, name := range readOnlyPaths {
		failed = errors.Join(failed, mask(root, name, false))
	}
	return failed
}

// mask lays something read-only over a file: nothing, or the file itself.
func mask(root *inroot.Root, name string, hide bool) error {
	file, isDir, err := root.Find(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	source := file.Path()
	switch {
	case hide && isDir:
		source = empty
	case hide:
		source = os.DevNull
	}
	if err := unix.Mount(source, file.Path(), "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mask %s: %w", name, err)
	}
	// See cover. Nothing can be written through the device.
	masked, _, err := root.Find(name)
	if err != nil {
		return err
	}
	defer masked.Close()
	if err := unix.Mount("", masked.Path(), "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("mask %s: %w", name, err)
	}
	return nil
}
