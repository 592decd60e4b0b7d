//go:build linux

package rootfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/device"
	"airlock.invalid/guest/internal/inroot"
	"airlock.invalid/guest/internal/rpc/agentv1"
)

// Errors of MountShare.
var (
	ErrTarget    = errors.New("the share's target has to be an absolute path below /")
	ErrShareType = errors.New("the share's type is unknown")
)

// 9p: large messages, and the one cache mode that sees the host's changes at once and still lets
// programs map files writably.
const options9p = "trans=virtio,version=9p2000.L,msize=1048576,cache=mmap"

// MountShare waits for the share's device, mounts it in the root and covers its soft masks.
func MountShare(ctx context.Context, root *inroot.Root, share *agentv1.Share) error {
	if !path.IsAbs(share.GetTarget()) || path.Clean(share.GetTarget()) == "/" {
		return fmt.Errorf("%w: %q", ErrTarget, share.GetTarget())
	}
	fstype, options, err := shareType(share.GetType())
	if err != nil {
		return err
	}
	dir, err := root.ForceDir(share.GetTarget())
	if err != nil {
		return err
	}
	defer dir.Close()
	var flags uintptr = unix.MS_NODEV
	if share.GetReadOnly() {
		flags |= unix.MS_RDONLY
	}
	wanted := device.Wanted{What: fmt.Sprintf("%s share with tag %q", fstype, share.GetTag()), Subsystem: "virtio"}
	err = device.Await(ctx, wanted, func() (bool, error) {
		if fstype == "9p" && !has9pTag(share.GetTag()) {
			// Asked all the same, the kernel would log an error.
			return false, nil
		}
		err := unix.Mount(share.GetTag(), dir.Path(), fstype, flags, options)
		if errors.Is(err, unix.EINVAL) && fstype == "virtiofs" {
			// This is how virtiofs says that no device has the tag; nothing in sysfs would tell.
			return false, nil
		}
		if errors.Is(err, unix.ENOENT) && fstype == "9p" {
			// The tag is in sysfs a moment before the driver can use it, which it announces.
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return fmt.Errorf("mount %s share %q on %s: %w", fstype, share.GetTag(), share.GetTarget(), err)
	}
	return coverMasks(root, share)
}

func shareType(kind agentv1.ShareType) (fstype, options string, err error) {
	switch kind {
	case agentv1.ShareType_SHARE_TYPE_VIRTIOFS:
		return "virtiofs", "", nil
	case agentv1.ShareType_SHARE_TYPE_9P:
		return "9p", options9p, nil
	default:
		return "", "", fmt.Errorf("%w: %v", ErrShareType, kind)
	}
}

func has9pTag(tag string) bool {
	// The pattern is constant, so Glob cannot fail.
	files, _ := filepath.Glob("/sys/bus/virtio/drivers/9pnet_virtio/virtio*/mount_tag")
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.TrimRight(string(text), "\x00\n") == tag
	})
}

func coverMasks(root *inroot.Root, share *agentv1.Share) error {
	if len(share.GetSoftMasks()) == 0 {
		return nil
	}
	if err := os.MkdirAll(empty, 0o555); err != nil {
		return err
	}
	mounted, err := root.FindDir(share.GetTarget())
	if err != nil {
		return err
	}
	defer mounted.Close()
	// Resolved inside the share: a link in it must not move the cover to another place.
	inside, err := inroot.Open(mounted.Path())
	if err != nil {
		return err
	}
	defer inside.Close()
	for _, mask := range share.GetSoftMasks() {
		if err := cover(inside, mask, share.GetReadOnly()); err != nil {
			return fmt.Errorf("mask %q: %w", mask, err)
		}
	}
	return nil
}

func cover(share *inroot.Root, mask string, readOnly bool) error {
	find := share.MakeDir
	if readOnly {
		find = share.FindDir
	}
	dir, err := find(mask)
	if readOnly && errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := unix.Mount(empty, dir.Path(), "", unix.MS_BIND, ""); err != nil {
		return err
	}
	// The read-only flag is ignored in the call that makes a bind mount: it needs a second one, on
	// the mount itself, which has to be looked up again.
	covered, err := find(mask)
	if err != nil {
		return err
	}
	defer covered.Close()
	return unix.Mount("", covered.Path(), "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
}
