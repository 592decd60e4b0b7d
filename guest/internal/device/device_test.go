//go:build linux

package device

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFindBlock(t *testing.T) {
	root := t.TempDir()
	for name, serial := range map[string]string{"vda": "rootfs", "vdb": "disk\n", "sda": "other"} {
		dir := filepath.Join(root, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "serial"), []byte(serial), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for serial, want := range map[string]string{"rootfs": "/dev/vda", "disk": "/dev/vdb", "other": "", "": ""} {
		if got := findBlock(root, serial); got != want {
			t.Errorf("%q: got %q, want %q", serial, got, want)
		}
	}
}

func TestAwait(t *testing.T) {
	failure := errors.New("broken")
	tests := map[string]struct {
		probe func() (bool, error)
		want  error
	}{
		"a device that is there":    {func() (bool, error) { return true, nil }, nil},
		"a probe that fails":        {func() (bool, error) { return false, failure }, failure},
		"a device that never comes": {func() (bool, error) { return false, nil }, context.DeadlineExceeded},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			if err := Await(ctx, Wanted{What: "the device", Subsystem: "block"}, test.probe); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestIsOpenable(t *testing.T) {
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// A Unix socket is a file that cannot be opened: ENXIO, as from a device that is being added.
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for path, want := range map[string]bool{there: true, socket: false, there + "-not": false} {
		if got := isOpenable(path); got != want {
			t.Errorf("isOpenable(%q) = %v, want %v", path, got, want)
		}
	}
}

func TestIsOf(t *testing.T) {
	event := []byte("add@/devices/pci0000:00/block/vda\x00ACTION=add\x00SUBSYSTEM=block\x00DEVNAME=vda\x00")
	for subsystem, want := range map[string]bool{"block": true, "blo": false, "virtio": false} {
		if got := isOf(event, subsystem); got != want {
			t.Errorf("%s: got %v, want %v", subsystem, got, want)
		}
	}
}
