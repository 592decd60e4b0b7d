//go:build linux

package relocate

import (
	"bytes"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// belowStack is the space below the stack pointer that belongs to the running function.
	belowStack  = 256
	codeSegment = 0x33
	setSigMask  = 0x420b
	getSigMask  = 0x420a
	sigSetBytes = 8
)

// System calls that were interrupted by the halt carry these results until the thread goes on.
const (
	restartSys          = -512
	restartNoIntr       = -513
	restartNoHand       = -514
	restartRestartBlock = -516
)

var systemCall = []byte{0x0f, 0x05}

// chdir makes a halted thread change its process's working directory.
func chdir(task int, dir string) error {
	var saved unix.PtraceRegs
	if err := unix.PtraceGetRegs(task, &saved); err != nil {
		return err
	}
	if saved.Cs != codeSegment {
		return ErrUnsupported
	}
	path := append([]byte(dir), 0)
	address := (uintptr(saved.Rsp) - belowStack - uintptr(len(path))) &^ 15
	code := uintptr(saved.Rip)
	restore, err := overwrite(task, map[uintptr][]byte{address: path, code: systemCall})
	if err != nil {
		return err
	}
	result, err := callChdir(task, saved, address)
	return errors.Join(err, restore(), unix.PtraceSetRegs(task, resumed(saved)), result.err())
}

type result int64

func (r result) err() error {
	if r < 0 {
		return fmt.Errorf("chdir: %w", unix.Errno(-r))
	}
	return nil
}

func callChdir(task int, regs unix.PtraceRegs, path uintptr) (called result, err error) {
	// A signal would be delivered in the middle of what is not the program's.
	unblock, err := blockSignals(task)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, unblock()) }()
	regs.Rax, regs.Orig_rax, regs.Rdi = unix.SYS_CHDIR, ^uint64(0), uint64(path)
	if err := unix.PtraceSetRegs(task, &regs); err != nil {
		return 0, err
	}
	// To the begin of the call, then to its end.
	for range 2 {
		if err := ptrace(unix.PTRACE_SYSCALL, task, 0, 0); err != nil {
			return 0, err
		}
		status, err := awaitStop(task, callDeadline)
		if err != nil {
			return 0, err
		}
		if status.StopSignal() != unix.SIGTRAP|0x80 {
			return 0, fmt.Errorf("%w: it stopped with %v", ErrUnsupported, status.StopSignal())
		}
	}
	if err := unix.PtraceGetRegs(task, &regs); err != nil {
		return 0, err
	}
	return result(regs.Rax), nil
}

// blockSignals blocks all signals of a halted thread and returns how to let them through again.
func blockSignals(task int) (unblock func() error, err error) {
	var before uint64
	if err := ptracePointer(getSigMask, task, sigSetBytes, unsafe.Pointer(&before)); err != nil {
		return nil, err
	}
	all := ^uint64(0)
	if err := ptracePointer(setSigMask, task, sigSetBytes, unsafe.Pointer(&all)); err != nil {
		return nil, err
	}
	return func() error { return ptracePointer(setSigMask, task, sigSetBytes, unsafe.Pointer(&before)) }, nil
}

// resumed are the registers with which the thread goes on. The kernel repeats an interrupted call only
// when the thread leaves a halt by way of a signal, so it is done here as the kernel does it.
func resumed(regs unix.PtraceRegs) *unix.PtraceRegs {
	if int64(regs.Orig_rax) < 0 {
		return &regs
	}
	switch int64(regs.Rax) {
	case restartSys, restartNoIntr, restartNoHand:
		regs.Rax = regs.Orig_rax
	case restartRestartBlock:
		regs.Rax = unix.SYS_RESTART_SYSCALL
	default:
		return &regs
	}
	regs.Rip -= uint64(len(systemCall))
	regs.Orig_rax = ^uint64(0)
	return &regs
}

// overwrite changes a halted process's memory and returns how to change it back.
func overwrite(task int, changes map[uintptr][]byte) (restore func() error, err error) {
	before := map[uintptr][]byte{}
	restore = func() error {
		var failed error
		for address, content := range before {
			_, err := unix.PtracePokeData(task, address, content)
			failed = errors.Join(failed, err)
		}
		return failed
	}
	for address, content := range changes {
		old := make([]byte, len(content))
		if _, err := unix.PtracePeekData(task, address, old); err != nil {
			return nil, errors.Join(fmt.Errorf("read its memory: %w", err), restore())
		}
		if bytes.Equal(old, content) {
			continue
		}
		before[address] = old
		if _, err := unix.PtracePokeData(task, address, content); err != nil {
			return nil, errors.Join(fmt.Errorf("write its memory: %w", err), restore())
		}
	}
	return restore, nil
}
