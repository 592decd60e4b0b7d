//go:build linux

package launch

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/syscallfilter"
)

// Filters is the number of system call filters that a hardened process is started with.
const Filters = 1

// Measure is one step of the hardening and how it went.
type Measure struct {
	ID       string
	Required bool
	Err      error
}

// Probe applies the hardening to a thread that is thrown away and says what works here for processes
// with the root directory.
func Probe(root string) []Measure {
	results := make(chan []Measure)
	go func() {
		runtime.LockOSThread()
		results <- hardenThread(root)
	}()
	return <-results
}

// mountNamespace is the measure that also enters the root directory.
const mountNamespace = "mount-namespace"

func hardenThread(root string) []Measure {
	namespace := func(id string, flag int) Measure {
		return Measure{ID: id, Err: unix.Unshare(flag)}
	}
	return []Measure{
		{"no-new-privs", true, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)},
		{ID: mountNamespace, Err: ownMounts(root)},
		namespace("ipc-namespace", unix.CLONE_NEWIPC),
		namespace("uts-namespace", unix.CLONE_NEWUTS),
		{ID: "capabilities", Err: dropCapabilities()},
		// The last one, so that it cannot be in the way of another.
		{ID: "system-call-filter", Err: syscallfilter.Install()},
	}
}

// ownMounts gives the thread mounts of its own: changes of the agent's mounts still reach them, theirs
// reach nobody.
func ownMounts(root string) error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return err
	}
	if root == "" {
		return nil
	}
	return moveToTop(root)
}

// moveToTop makes a mount the root of the namespace. After a mere chroot the namespace would begin at
// the agent's root, which others then see in /proc in front of the process's paths. The mount is moved
// and not pivoted to, because the initramfs cannot be pivoted away from.
func moveToTop(root string) error {
	if err := unix.Chdir(root); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return err
	}
	return unix.Chroot(".")
}

// dropped are capabilities that concern the machine and not what runs in it. Root keeps those over
// files, users, networks and mounts, which package managers and the like need. Without PTRACE nothing
// of the agent can be reached through /proc, while processes with the same rights still debug one another;
// without MKNOD a removed device node stays away.
var dropped = []int{
	unix.CAP_SYS_MODULE, unix.CAP_SYS_RAWIO, unix.CAP_SYS_BOOT, unix.CAP_SYS_TIME, unix.CAP_SYS_PACCT,
	unix.CAP_SYS_PTRACE, unix.CAP_SYS_TTY_CONFIG, unix.CAP_SYSLOG, unix.CAP_MKNOD,
	unix.CAP_MAC_ADMIN, unix.CAP_MAC_OVERRIDE, unix.CAP_AUDIT_CONTROL, unix.CAP_AUDIT_READ,
	unix.CAP_WAKE_ALARM, unix.CAP_BLOCK_SUSPEND, unix.CAP_LINUX_IMMUTABLE, unix.CAP_DAC_READ_SEARCH,
	unix.CAP_PERFMON, unix.CAP_BPF, unix.CAP_CHECKPOINT_RESTORE,
}

// dropCapabilities takes them from what the thread executes, whoever it becomes.
func dropCapabilities() error {
	for _, capability := range dropped {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(capability), 0, 0, 0); err != nil {
			return fmt.Errorf("capability %d: %w", capability, err)
		}
	}
	return nil
}
