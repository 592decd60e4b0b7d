//go:build linux

package power

import (
	"slices"
	"testing"
)

func TestMountsBelow(t *testing.T) {
	const mountinfo = `1 1 0:2 / / rw - rootfs none rw
20 1 0:20 / /mnt rw - tmpfs tmpfs rw
21 20 254:0 / /mnt/image ro - erofs /dev/vda ro
22 20 254:16 / /mnt/disk rw - ext4 /dev/vdb rw
23 20 0:30 / /mnt/root rw - overlay overlay rw
24 23 0:31 / /mnt/root/home/a\040b rw - virtiofs project rw
25 1 0:32 / /mntx rw - tmpfs tmpfs rw
`
	want := []string{"/mnt/root/home/a b", "/mnt/root", "/mnt/disk", "/mnt/image"}
	if got := MountsBelow(mountinfo, "/mnt/"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
