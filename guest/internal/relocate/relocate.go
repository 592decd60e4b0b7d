//go:build linux

// Package relocate takes a running process to another working directory and halts it there, until it
// is taken back: a process that did nothing but stand in a share must not keep the share mounted.
//
// Only the process itself can change its directory, so it is made to call chdir by way of ptrace.
// It is halted for as long as it is away and so never sees it.
package relocate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Errors of Away.
var (
	ErrUnsupported = errors.New("this process cannot be taken elsewhere")
	errGone        = errors.New("the process has ended")
)

// Exclusive runs a function while nobody else collects statuses of children.
type Exclusive func(func())

// Visitor is a halted process that is away from its directory.
type Visitor struct {
	Pid  int
	back chan string
	done chan error
}

// Away halts all threads of a process and takes it to `/`. A process may have as many system call
// filters as are known to let chdir through.
func Away(exclusive Exclusive, pid, filters int) (*Visitor, error) {
	visitor := &Visitor{Pid: pid, back: make(chan string), done: make(chan error, 1)}
	started := make(chan error)
	go func() {
		// ptrace belongs to the thread that began it; this one ends with the visit.
		runtime.LockOSThread()
		v := visit{pid: pid, filters: filters}
		var err error
		exclusive(func() { err = v.leave() })
		started <- err
		if err != nil {
			return
		}
		dir := <-visitor.back
		exclusive(func() { err = v.comeBack(dir) })
		visitor.done <- err
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return visitor, nil
}

// Back takes the process to a directory and lets it go on, there or, with an error, where it is.
func (v *Visitor) Back(dir string) error {
	v.back <- dir
	return <-v.done
}

type visit struct {
	pid, filters int
	tasks        []int
}

func (v *visit) leave() error {
	if err := v.suits(); err != nil {
		return err
	}
	if err := v.halt(); err != nil {
		v.release()
		return err
	}
	if err := chdir(v.pid, "/"); err != nil {
		v.release()
		return err
	}
	// Threads may have directories of their own.
	for _, task := range v.tasks {
		dir, err := os.Readlink(fmt.Sprintf("/proc/%d/task/%d/cwd", v.pid, task))
		root, rootErr := os.Readlink(fmt.Sprintf("/proc/%d/task/%d/root", v.pid, task))
		if err != nil || rootErr != nil || dir != root {
			v.release()
			return ErrUnsupported
		}
	}
	return nil
}

func (v *visit) comeBack(dir string) error {
	err := chdir(v.pid, dir)
	v.release()
	return err
}

// suits leaves out processes that a foreign system call may kill, or that somebody else traces.
func (v *visit) suits() error {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.pid))
	if err != nil {
		return errGone
	}
	if !suitable(string(text), v.filters) {
		return ErrUnsupported
	}
	return nil
}

// suitable reads a status of /proc. Strict mode, the value 1, has no filters to count.
func suitable(status string, filters int) bool {
	fields := map[string]string{}
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		fields[name] = strings.TrimSpace(value)
	}
	count, err := strconv.Atoi(fields["Seccomp_filters"])
	filtered := fields["Seccomp"] == "2" && err == nil && count <= filters
	return fields["TracerPid"] == "0" && (fields["Seccomp"] == "0" || filtered)
}

// halt stops every thread; a thread that one of them starts meanwhile is found in the next round.
func (v *visit) halt() error {
	known := map[int]bool{}
	for {
		dirs, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/[0-9]*", v.pid))
		found := 0
		for _, dir := range dirs {
			task, err := strconv.Atoi(filepath.Base(dir))
			if err != nil || known[task] {
				continue
			}
			known[task] = true
			found++
			if err := v.haltTask(task); err != nil {
				return err
			}
		}
		if found == 0 {
			return nil
		}
	}
}

func (v *visit) haltTask(task int) error {
	if err := ptrace(unix.PTRACE_SEIZE, task, 0, unix.PTRACE_O_TRACESYSGOOD); err != nil {
		if errors.Is(err, unix.ESRCH) && task != v.pid {
			return nil
		}
		return fmt.Errorf("halt: %w", err)
	}
	v.tasks = append(v.tasks, task)
	if err := ptrace(unix.PTRACE_INTERRUPT, task, 0, 0); err != nil {
		return fmt.Errorf("halt: %w", err)
	}
	for {
		status, err := awaitStop(task, haltDeadline)
		if err != nil {
			return err
		}
		if status.TrapCause() == unix.PTRACE_EVENT_STOP {
			return nil
		}
		// A signal was faster; it is delivered, and the halt comes after it.
		if err := ptrace(unix.PTRACE_CONT, task, 0, uintptr(status.StopSignal())); err != nil {
			return err
		}
	}
}

func (v *visit) release() {
	for _, task := range v.tasks {
		// ESRCH: it was killed while it was halted.
		_ = ptrace(unix.PTRACE_DETACH, task, 0, 0)
	}
	v.tasks = nil
}

const (
	// haltDeadline is passed only by a thread that waits in the kernel for a device or a server.
	haltDeadline = 2 * time.Second
	// callDeadline is what the server of a share may take for chdir; a thread that is given up in the
	// middle of the call is lost.
	callDeadline = 30 * time.Second
	stopPause    = 200 * time.Microsecond
)

// awaitStop waits for a thread to stop and takes no status of one that ended: that is for the reaper.
func awaitStop(task int, limit time.Duration) (unix.WaitStatus, error) {
	for deadline := time.Now().Add(limit); ; time.Sleep(stopPause) {
		var info unix.Siginfo
		flags := unix.WEXITED | unix.WSTOPPED | unix.WNOWAIT | unix.WALL | unix.WNOHANG
		if err := unix.Waitid(unix.P_PID, task, &info, flags, nil); err != nil {
			return 0, errGone
		}
		if info.Signo == 0 {
			if time.Now().After(deadline) {
				return 0, ErrUnsupported
			}
			continue
		}
		const stopped, trapped = 5, 4
		if info.Code != stopped && info.Code != trapped {
			return 0, errGone
		}
		var status unix.WaitStatus
		if _, err := unix.Wait4(task, &status, unix.WALL, nil); err != nil {
			return 0, errGone
		}
		return status, nil
	}
}

// ptracePointer is for requests that read or write our memory.
func ptracePointer(request int, task int, address uintptr, data unsafe.Pointer) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(task), address, uintptr(data), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func ptrace(request int, task int, address, data uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(task), address, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
