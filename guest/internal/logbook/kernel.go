//go:build linux

package logbook

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

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
	buffer := make([]byte, 8192)
	for {
		count, err := kmsg.Read(buffer)
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
