//go:build linux

package launch

import (
	"runtime"

	"golang.org/x/sys/unix"
)

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
