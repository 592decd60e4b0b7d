//go:build linux

package rootfs

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/holders"
	"airlock.invalid/guest/internal/power"
)

// ShareMount is a mounted share.
type ShareMount struct {
	Target string
	Device holders.Device
}

// ShareMounts lists the mounts of the shares with the tags, in the order in which they were made.
func ShareMounts(tags []string) ([]ShareMount, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return shareMounts(string(text), tags), nil
}

func shareMounts(mountinfo string, tags []string) []ShareMount {
	var mounts []ShareMount
	for line := range strings.Lines(mountinfo) {
		place, kind, found := strings.Cut(line, " - ")
		fields, source := strings.Fields(place), strings.Fields(kind)
		if !found || len(fields) < 6 || len(source) < 2 {
			continue
		}
		device, ok := holders.ParseDevice(fields[2])
		isShare := (source[0] == "virtiofs" || source[0] == "9p") && slices.Contains(tags, power.Unescape(source[1]))
		if ok && isShare && fields[3] == "/" {
			mounts = append(mounts, ShareMount{power.Unescape(fields[4]), device})
		}
	}
	return mounts
}

// UnmountShare unmounts a share with what is mounted inside it, in the namespaces of all hardened
// processes, too: their mounts follow. The error is EBUSY when one of them uses it.
func UnmountShare(mount ShareMount) error {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	inside := power.MountsBelow(string(text), mount.Target+"/")
	for _, target := range append(inside, mount.Target) {
		if err := unix.Unmount(target, unix.UMOUNT_NOFOLLOW); err != nil && !errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("unmount %s: %w", target, err)
		}
	}
	return nil
}

// InContainer is a path as processes of the container see it.
func InContainer(path string) string {
	if inside, found := strings.CutPrefix(path, Root); found && strings.HasPrefix(inside, "/") {
		return inside
	}
	return path
}
