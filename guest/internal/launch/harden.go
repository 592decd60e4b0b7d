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
		namespace("mount-namespace", unix.CLONE_NEWNS),
		namespace("ipc-namespace", unix.CLONE_NEWIPC),
		namespace("uts-namespace", unix.CLONE_NEWUTS),
	}
}
