//go:build linux

// Package launch starts a process of the container: in its root, with its ids and its hardening.
//
// The steps run on an operating system thread of their own, which is thrown away afterwards. Root
// directory, namespaces and ids belong to threads on Linux, so the agent itself stays untouched, a
// failing step is known by name, and no second program has to be executed first.
package launch

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/environ"
	"airlock.invalid/guest/internal/reap"
)

// ErrEmptyCommand says that a command has no program.
var ErrEmptyCommand = errors.New("the command is empty")

// Identity is what a process runs as.
type Identity struct {
	UID, GID uint32
	Groups   []uint32
}

// Spec describes a process.
type Spec struct {
	// Root is the directory that becomes `/`; empty keeps the agent's root.
	Root string
	// Dir is the working directory below Root; where it does not exist, `/` is used.
	Dir  string
	Argv []string
	Env  []string
	// Identity is nil to keep the agent's ids.
	Identity *Identity
	Harden   bool
	// Files are the standard input, output and error.
	Files [3]*os.File
	// Terminal makes the standard input the controlling terminal.
	Terminal bool
}

// Error is a step that failed.
type Error struct {
	Step string
	Err  error
}

func (e *Error) Error() string { return e.Step + ": " + e.Err.Error() }

// Unwrap returns the system's error.
func (e *Error) Unwrap() error { return e.Err }

// Start launches the process.
func Start(reaper *reap.Reaper, spec Spec) (*reap.Process, error) {
	if len(spec.Argv) == 0 || spec.Argv[0] == "" {
		return nil, ErrEmptyCommand
	}
	type result struct {
		process *reap.Process
		err     error
	}
	results := make(chan result)
	go func() {
		// Never unlocked: the thread ends with this function and takes its root and ids with it.
		runtime.LockOSThread()
		path, err := prepareThread(spec)
		if err != nil {
			results <- result{err: err}
			return
		}
		process, err := reaper.Start(func() (int, error) { return fork(path, spec) })
		results <- result{process, err}
	}()
	r := <-results
	return r.process, r.err
}

func prepareThread(spec Spec) (path string, err error) {
	if spec.Harden {
		for _, measure := range hardenThread(spec.Root) {
			if measure.Required && measure.Err != nil {
				return "", &Error{measure.ID, measure.Err}
			}
			if measure.ID == mountNamespace && measure.Err == nil {
				// The thread is in it already.
				spec.Root = ""
			}
		}
	}
	if err := enterRoot(spec); err != nil {
		return "", err
	}
	if spec.Identity != nil {
		if err := takeIdentity(*spec.Identity); err != nil {
			return "", err
		}
	}
	return lookPath(spec.Argv[0], environ.Get(spec.Env, "PATH"))
}

func enterRoot(spec Spec) error {
	// The thread shares root and working directory with all others until this call.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return &Error{"unshare", err}
	}
	if spec.Root != "" {
		if err := unix.Chroot(spec.Root); err != nil {
			return &Error{"chroot", err}
		}
	}
	if spec.Dir == "" || unix.Chdir(spec.Dir) != nil {
		if err := unix.Chdir("/"); err != nil {
			return &Error{"chdir", err}
		}
	}
	return nil
}

func fork(path string, spec Spec) (int, error) {
	files := make([]uintptr, len(spec.Files))
	for i, file := range spec.Files {
		files[i] = file.Fd()
	}
	attr := &syscall.ProcAttr{
		Env:   spec.Env,
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: spec.Terminal},
	}
	pid, err := syscall.ForkExec(path, spec.Argv, attr)
	if errors.Is(err, unix.ENOEXEC) {
		// As execvp does: a script without a first line naming its interpreter.
		argv := append([]string{"/bin/sh", path}, spec.Argv[1:]...)
		pid, err = syscall.ForkExec("/bin/sh", argv, attr)
	}
	if err != nil {
		return 0, &Error{"exec " + path, err}
	}
	return pid, nil
}

// lookPath finds the program as execvp does, seen from the current thread's root and ids.
func lookPath(name, path string) (string, error) {
	if strings.Contains(name, "/") {
		return name, checkExecutable(name)
	}
	if path == "" {
		path = environ.DefaultPath
	}
	denied := false
	for _, dir := range strings.Split(path, ":") {
		if dir == "" {
			dir = "."
		}
		candidate := dir + "/" + name
		err := checkExecutable(candidate)
		if err == nil {
			return candidate, nil
		}
		denied = denied || errors.Is(err, unix.EACCES)
	}
	if denied {
		return "", &Error{"exec " + name, unix.EACCES}
	}
	return "", &Error{"exec " + name, fmt.Errorf("not found in PATH: %w", unix.ENOENT)}
}

func checkExecutable(path string) error {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return &Error{"exec " + path, err}
	}
	if stat.Mode&unix.S_IFMT == unix.S_IFDIR {
		return &Error{"exec " + path, unix.EACCES}
	}
	if err := unix.Access(path, unix.X_OK); err != nil {
		return &Error{"exec " + path, err}
	}
	return nil
}
