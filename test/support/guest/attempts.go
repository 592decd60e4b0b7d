// Command attempts tries what hardening denies and what it must not, and prints how each attempt ended:
// `ok` or the name of the error. With the argument `queue` it makes a message queue and waits.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// numbers of system calls by CPU.
var numbers = map[string]map[string]uintptr{
	"amd64": {"msgget": 68, "keyctl": 250, "bpf": 321, "perf_event_open": 298, "io_uring_setup": 425},
	"arm64": {"msgget": 186, "keyctl": 219, "bpf": 280, "perf_event_open": 241, "io_uring_setup": 425},
}[runtime.GOARCH]

func main() {
	if len(os.Args) > 1 && os.Args[1] == "queue" {
		const create = 0o1600
		fmt.Println("queue", call("msgget", 77, create))
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	for _, name := range []string{"keyctl", "bpf", "perf_event_open", "io_uring_setup"} {
		// No call takes this, so only a filter says EPERM.
		fmt.Println(name, call(name, ^uintptr(0), 0))
	}
	fmt.Println("ptrace", trace())
	fmt.Println("euid", os.Geteuid())
}

func call(name string, first, second uintptr) string {
	if _, _, errno := syscall.Syscall(numbers[name], first, second, 0); errno != 0 {
		if errno == syscall.EPERM {
			return "EPERM"
		}
		return errno.Error()
	}
	return "ok"
}

// trace does what a debugger does with a program that it starts.
func trace() string {
	runtime.LockOSThread()
	command := exec.Command("/bin/true")
	command.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := command.Start(); err != nil {
		return err.Error()
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(command.Process.Pid, &status, 0, nil); err != nil {
		return err.Error()
	}
	var registers syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(command.Process.Pid, &registers); err != nil {
		return err.Error()
	}
	if err := syscall.PtraceDetach(command.Process.Pid); err != nil {
		return err.Error()
	}
	return "ok"
}
