//go:build linux

package rootfs

import (
	"slices"
	"testing"

	"airlock.invalid/guest/internal/holders"
)

func TestShareMounts(t *testing.T) {
	const mountinfo = `1 1 0:2 / / rw - rootfs none rw
23 20 0:30 / /mnt/root rw shared:1 - overlay overlay rw
24 23 0:31 / /mnt/root/home/a\040b rw shared:2 - virtiofs project rw
25 24 0:20 /empty /mnt/root/home/a\040b/.airlock ro shared:3 - tmpfs tmpfs rw
26 23 0:31 /sub /mnt/root/bound rw - virtiofs project rw
27 23 0:33 / /mnt/root/data rw - 9p data rw,trans=virtio
28 23 0:34 / /mnt/root/other rw - 9p other rw
`
	got := shareMounts(mountinfo, []string{"project", "data"})
	want := []ShareMount{
		{"/mnt/root/home/a b", holders.Device{Major: 0, Minor: 31}},
		{"/mnt/root/data", holders.Device{Major: 0, Minor: 33}},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestInContainer(t *testing.T) {
	for path, want := range map[string]string{
		"/mnt/root/home/me": "/home/me",
		"/mnt/rooted/x":     "/mnt/rooted/x",
		"socket:[123]":      "socket:[123]",
		"/mnt/root":         "/mnt/root",
		"/home/x (deleted)": "/home/x (deleted)",
	} {
		if got := InContainer(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}
