//go:build linux

package device

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// AwaitBlock waits for the virtio block device with the serial and returns its path.
func AwaitBlock(ctx context.Context, serial string) (path string, err error) {
	err = Await(ctx, fmt.Sprintf("block device with serial %q", serial), func() (bool, error) {
		path = findBlock("/sys/block", serial)
		return path != "", nil
	})
	return path, err
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
