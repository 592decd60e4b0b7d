//go:build linux

// Package boot does what the first process of the machine owes the kernel: kernel file systems,
// modules and signals.
package boot

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// modulesDir has a directory per kernel release with the modules as <name>.ko and the lists of what
// to load, in order.
const modulesDir = "/lib/modules"

type mount struct {
	source, target, fstype string
	flags                  uintptr
	data                   string
}

var kernelFileSystems = []mount{
	{"proc", "/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
	{"sysfs", "/sys", "sysfs", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
	{"devtmpfs", "/dev", "devtmpfs", unix.MS_NOSUID, "mode=0755"},
	{"tmpfs", "/run", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=0755"},
	{"tmpfs", "/mnt", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=0755"},
}

// MountKernelFileSystems mounts what the agent itself works with.
func MountKernelFileSystems() error {
	unix.Umask(0o022)
	for _, m := range kernelFileSystems {
		if err := os.MkdirAll(m.target, 0o755); err != nil {
			return fmt.Errorf("create %s: %w", m.target, err)
		}
		err := unix.Mount(m.source, m.target, m.fstype, m.flags, m.data)
		// The kernel may have mounted devtmpfs already.
		if err != nil && !errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("mount %s on %s: %w", m.fstype, m.target, err)
		}
	}
	return nil
}

// KeepModules lets the kernel load no module by itself: whenever it misses one, it would start a program that the
// machine does not have. It did so for each disk that is opened before it is quite there.
func KeepModules() error {
	err := os.WriteFile("/proc/sys/kernel/modprobe", []byte("\n"), 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// IgnoreSignals takes the terminal and termination signals from PID 1: only the host ends the machine.
// They are caught and dropped rather than ignored, because children would inherit an ignored signal.
func IgnoreSignals() {
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM,
		unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGUSR1, unix.SIGUSR2, unix.SIGPIPE,
		unix.SIGALRM, unix.SIGPWR)
}

// LoadModules loads the modules of a list that were built for the running kernel, in the list's
// order. A kernel without any has what it needs built in. Modules for absent hardware (optional) may
// fail. Their files are gone then.
func LoadModules(list string, optional bool) error {
	return eachModule(list, func(path string) error {
		if err := loadModule(path); err != nil && !optional {
			return err
		}
		return Forget(path)
	})
}

// ForgetModules removes the files of a list's modules, which nobody is going to load.
func ForgetModules(list string) error {
	return eachModule(list, Forget)
}

func eachModule(list string, do func(path string) error) error {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return fmt.Errorf("uname: %w", err)
	}
	dir := filepath.Join(modulesDir, unix.ByteSliceToString(name.Release[:]))
	text, err := os.ReadFile(filepath.Join(dir, list))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range ParseModuleList(text) {
		if err := do(filepath.Join(dir, name+".ko")); err != nil {
			return fmt.Errorf("module %s: %w", name, err)
		}
	}
	return nil
}

// Forget removes a file of the initramfs and fills it with zeros before. Memory keeps what was in it when it is
// freed, and a snapshot leaves out only zeros.
func Forget(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if _, err := file.Write(make([]byte, info.Size())); err != nil {
		return err
	}
	return os.Remove(path)
}

// ParseModuleList returns the names in a list, one per line.
func ParseModuleList(text []byte) []string {
	return strings.Fields(string(text))
}

func loadModule(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	err = unix.FinitModule(int(file.Fd()), "", 0)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	return err
}
