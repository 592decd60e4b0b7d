//go:build linux

package device

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrNoSerial says that a device was asked for without saying which.
var ErrNoSerial = errors.New("the device's serial is missing")

// AwaitBlock waits for the virtio block device with the serial and returns its path.
func AwaitBlock(ctx context.Context, serial string) (path string, err error) {
	if serial == "" {
		return "", ErrNoSerial
	}
	wanted := Wanted{What: fmt.Sprintf("block device with serial %q", serial), Subsystem: "block"}
	err = Await(ctx, wanted, func() (bool, error) {
		path = findBlock("/sys/block", serial)
		return path != "" && isOpenable(path), nil
	})
	return path, err
}

// isOpenable tells a device that is ready from one that the kernel is just adding: its files in /sys
// and /dev exist a moment before it can be opened, and its event comes after that. The event of
// another device may make us look in between.
func isOpenable(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return !errors.Is(err, unix.ENXIO) && !errors.Is(err, os.ErrNotExist)
	}
	file.Close()
	return true
}

func findBlock(sysBlock, serial string) string {
	// A machine has fewer of them than there are letters.
	for letter := 'a'; letter <= 'z'; letter++ {
		name := "vd" + string(letter)
		text, err := os.ReadFile(sysBlock + "/" + name + "/serial")
		if err == nil && strings.TrimSpace(string(text)) == serial {
			return "/dev/" + name
		}
	}
	return ""
}
