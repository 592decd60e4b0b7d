//go:build linux

package port

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTheBusyPortIsOpenExactlyWhileTheFlagIsUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "busy")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	flag := &busyFlag{path: path}
	isOpen := func() bool {
		var stat unix.Stat_t
		return flag.up && unix.Fstat(flag.fd, &stat) == nil
	}
	flag.lower()
	for range 2 {
		for range 2 {
			if err := flag.raise(); err != nil || !isOpen() {
				t.Fatalf("not open: %v", err)
			}
		}
		fd := flag.fd
		flag.lower()
		flag.lower()
		if err := unix.Fstat(fd, &unix.Stat_t{}); err == nil || isOpen() {
			t.Fatal("still open")
		}
	}
	missing := &busyFlag{path: path + "-missing"}
	if err := missing.raise(); err == nil {
		t.Error("a missing port is no error")
	}
}
