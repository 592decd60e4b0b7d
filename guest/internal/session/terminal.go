//go:build linux

package session

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/rpc/agentv1"
)

// openTerminal makes a new terminal in the devpts instance that ptmx belongs to.
func openTerminal(ptmx string, size *agentv1.TerminalSize) (master, slave *os.File, err error) {
	fd, err := unix.Open(ptmx, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", ptmx, err)
	}
	master = os.NewFile(uintptr(fd), ptmx)
	slaveFd, err := openPeer(fd)
	if err != nil {
		_ = master.Close()
		return nil, nil, err
	}
	resize(fd, size)
	return master, os.NewFile(uintptr(slaveFd), "pts"), nil
}

func openPeer(master int) (int, error) {
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return 0, fmt.Errorf("unlock terminal: %w", err)
	}
	flags := uintptr(unix.O_RDWR | unix.O_NOCTTY | unix.O_CLOEXEC)
	peer, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(master), unix.TIOCGPTPEER, flags)
	if errno != 0 {
		return 0, fmt.Errorf("open terminal: %w", errno)
	}
	return int(peer), nil
}

// resize fails only on a terminal that is gone, where nobody needs it.
func resize(fd int, size *agentv1.TerminalSize) {
	_ = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{
		Row: uint16(min(size.GetRows(), 65535)),
		Col: uint16(min(size.GetColumns(), 65535)),
	})
}

// typed are the signals that a terminal makes from control characters.
var typed = map[unix.Signal]byte{unix.SIGINT: 0x03, unix.SIGQUIT: 0x1c}

// typeSignal types the signal's control character, so that a program in raw mode gets it as a key.
// A terminal whose input is full takes no key, there the line discipline is told directly.
func typeSignal(master *os.File, number unix.Signal) {
	withFd(master, func(fd int) {
		if _, err := unix.Write(fd, []byte{typed[number]}); err != nil {
			_ = unix.IoctlSetInt(fd, unix.TIOCSIG, int(number))
		}
	})
}

// foregroundGroup returns the process group that has the terminal, 0 when there is none.
func foregroundGroup(master *os.File) (group int) {
	withFd(master, func(fd int) {
		if found, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil {
			group = found
		}
	})
	return group
}

func withFd(file *os.File, use func(fd int)) {
	raw, err := file.SyscallConn()
	if err != nil {
		return
	}
	// The error says that the file was closed in the meantime: the terminal is gone.
	_ = raw.Control(func(fd uintptr) { use(int(fd)) })
}
