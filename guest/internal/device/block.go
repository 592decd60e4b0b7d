//go:build linux

package device

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	err = Await(ctx, fmt.Sprintf("block device with serial %q", serial), func() (bool, error) {
		path = findBlock("/sys/block", serial)
		return path != "" && isLive(path), nil
	})
	return path, err
}

// isLive says whether a disk can be opened. It is in sysfs a moment before that, and announced after it.
func isLive(path string) bool {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_ = unix.Close(fd)
	}
	// Other errors are for whoever uses the disk.
	return !errors.Is(err, unix.ENXIO) && !errors.Is(err, unix.ENOENT)
}

func findBlock(sysBlock, serial string) string {
	// The pattern is constant, so Glob cannot fail.
	files, _ := filepath.Glob(sysBlock + "/vd*/serial")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil && strings.TrimSpace(string(text)) == serial {
			return "/dev/" + filepath.Base(filepath.Dir(file))
		}
	}
	return ""
}
