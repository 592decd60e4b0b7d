//go:build linux

package logbook

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// FollowKernel copies the kernel's warnings and errors from now on into the book. It returns when the kernel's
// log cannot be read any more.
func FollowKernel(book *Book) error {
	kmsg, err := os.OpenFile("/dev/kmsg", os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer kmsg.Close()
	// What the kernel says about its own boot is of no use to the sandbox's user.
	if _, err := kmsg.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	conn, err := kmsg.SyscallConn()
	if err != nil {
		return err
	}
	buffer := make([]byte, 8192)
	for {
		count, err := readRecord(conn, buffer)
		if errors.Is(err, unix.EPIPE) {
			// The kernel has overwritten what was next; reading goes on with what is left.
			continue
		}
		if err != nil {
			return err
		}
		if entry, ok := parseKernel(string(buffer[:count])); ok {
			book.Add(entry)
		}
	}
}

// settling is how long the kernel's messages are left alone once there are any: they come in bursts, when devices are
// added, and then there is other work.
const settling = 500 * time.Millisecond

func readRecord(conn syscall.RawConn, buffer []byte) (count int, err error) {
	hasWaited := false
	waiting := conn.Read(func(fd uintptr) bool {
		count, err = unix.Read(int(fd), buffer)
		isEmpty := errors.Is(err, unix.EAGAIN)
		hasWaited = hasWaited || isEmpty
		return !isEmpty
	})
	if hasWaited {
		time.Sleep(settling)
	}
	return max(count, 0), errors.Join(waiting, err)
}

// parseKernel reads one record, "priority,sequence,time,flags;text", and drops what is not a warning.
func parseKernel(record string) (Entry, bool) {
	head, text, ok := strings.Cut(record, ";")
	priority, _, _ := strings.Cut(head, ",")
	number, err := strconv.Atoi(priority)
	if !ok || err != nil {
		return Entry{}, false
	}
	const severityMask, warning, failure = 7, 4, 3
	severity := number & severityMask
	if severity > warning {
		return Entry{}, false
	}
	level := Warn
	if severity <= failure {
		level = Error
	}
	text, _, _ = strings.Cut(text, "\n")
	return Entry{Level: level, Target: "kernel", Text: strings.ReplaceAll(text, `\x0a`, " ")}, true
}
