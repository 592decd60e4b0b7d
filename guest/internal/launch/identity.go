//go:build linux

package launch

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// takeIdentity changes the ids of the current thread only. It uses the raw calls, because the
// library's wrappers change all threads.
func takeIdentity(id Identity) error {
	steps := []struct {
		name string
		call func() syscall.Errno
	}{
		{"setgroups", func() syscall.Errno { return setGroups(id.Groups) }},
		{"setgid", func() syscall.Errno { return setAll(unix.SYS_SETRESGID, id.GID) }},
		{"setuid", func() syscall.Errno { return setAll(unix.SYS_SETRESUID, id.UID) }},
	}
	for _, step := range steps {
		if errno := step.call(); errno != 0 {
			return &Error{step.name, errno}
		}
	}
	return nil
}

func setGroups(groups []uint32) syscall.Errno {
	first := unsafe.Pointer(unsafe.SliceData(groups))
	_, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(first), 0)
	runtime.KeepAlive(groups)
	return errno
}

// setAll sets the real, effective and saved id.
func setAll(call uintptr, id uint32) syscall.Errno {
	_, _, errno := unix.RawSyscall(call, uintptr(id), uintptr(id), uintptr(id))
	return errno
}
