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

// Probe applies the hardening to a thread that is thrown away and says what works here.
func Probe() []Measure {
	results := make(chan []Measure)
	go func() {
		runtime.LockOSThread()
		results <- hardenThread()
	}()
	return <-results
}

func hardenThread() []Measure {
	namespace := func(id string, flag int) Measure {
		return Measure{ID: id, Err: unix.Unshare(flag)}
	}
	return []Measure{
		{"no-new-privs", true, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)},
		{ID: "mount-namespace", Err: ownMounts()},
		namespace("ipc-namespace", unix.CLONE_NEWIPC),
		namespace("uts-namespace", unix.CLONE_NEWUTS),
	}
}

// ownMounts gives the thread mounts of its own: changes of the agent's mounts still reach them, theirs
// reach nobody.
func ownMounts() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, "")
}
