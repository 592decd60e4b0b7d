//go:build linux

// Package syscallfilter denies system calls that reach far into the kernel and that no ordinary
// program needs. It is a list of what is denied, not of what is allowed: a new call is not in it.
package syscallfilter

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data, which the filter sees.
const (
	numberAt = 0
	archAt   = 4
)

// x32Bit marks the calls of the x32 ABI, under which every call has a second number.
const x32Bit = 0x40000000

const (
	allow = unix.SECCOMP_RET_ALLOW
	// A denied call fails as one for which the process lacks a right; of a foreign ABI none is there.
	deny    = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	missing = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
)

// abi is one way to call the kernel of a CPU.
type abi struct {
	arch    uint32
	numbers []uint32
	// x32 is set where the bit has a meaning.
	x32 bool
}

// Install puts the filter in force for the calling thread and everything it starts.
func Install() error {
	abis, known := abisOf[runtime.GOARCH]
	if !known {
		return fmt.Errorf("there is no list of system calls for %s", runtime.GOARCH)
	}
	program, err := assemble(abis)
	if err != nil {
		return err
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	// The raw call, because the library's wrapper may change threads.
	_, _, errno := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&filter)))
	runtime.KeepAlive(program)
	if errno != 0 {
		return errno
	}
	return nil
}

func assemble(abis []abi) ([]unix.SockFilter, error) {
	raw, err := bpf.Assemble(instructions(abis))
	if err != nil {
		return nil, err
	}
	program := make([]unix.SockFilter, len(raw))
	for i, in := range raw {
		program[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	return program, nil
}

// instructions checks the ABI first: a number means another call under another one.
func instructions(abis []abi) []bpf.Instruction {
	program := []bpf.Instruction{bpf.LoadAbsolute{Off: archAt, Size: 4}}
	for _, abi := range abis {
		body := abi.body()
		program = append(program, bpf.JumpIf{Cond: bpf.JumpEqual, Val: abi.arch, SkipFalse: uint8(len(body))})
		program = append(program, body...)
	}
	return append(program, bpf.RetConstant{Val: missing})
}

func (a abi) body() []bpf.Instruction {
	body := []bpf.Instruction{bpf.LoadAbsolute{Off: numberAt, Size: 4}}
	if a.x32 {
		body = append(body,
			bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: x32Bit, SkipFalse: 1},
			bpf.RetConstant{Val: missing})
	}
	for at, number := range a.numbers {
		// To the denial behind the list and the allowance.
		body = append(body, bpf.JumpIf{Cond: bpf.JumpEqual, Val: number, SkipTrue: uint8(len(a.numbers) - at)})
	}
	return append(body, bpf.RetConstant{Val: allow}, bpf.RetConstant{Val: deny})
}
