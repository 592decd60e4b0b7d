//go:build linux

// Package disk prepares the sandbox's writable disk: it formats a blank one, checks one that was
// not unmounted, grows one whose device has grown, and mounts it.
package disk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/launch"
	"airlock.invalid/guest/internal/reap"
)

// Errors of Mount.
var (
	ErrForeign = errors.New("the disk is not Airlock's and is left alone")
	ErrShrunk  = errors.New("the disk is smaller than its file system")
	ErrDamaged = errors.New("the disk's file system needs a repair by hand")
)

const label = "airlock-disk"

// blueprint is where a file system is made before it is copied; it is sparse and takes a few MiB.
const blueprint = "/run/airlock-disk.ext4"

// Mount prepares the device and mounts it on target.
func Mount(ctx context.Context, reaper *reap.Reaper, device, target string) (formatted bool, err error) {
	file, err := os.OpenFile(device, os.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return false, fmt.Errorf("size of %s: %w", device, err)
	}
	head := make([]byte, min(size, headBytes))
	if _, err := file.ReadAt(head, 0); err != nil {
		return false, fmt.Errorf("read %s: %w", device, err)
	}
	found, super, err := classify(head)
	if err != nil {
		return false, err
	}
	if found != ours {
		if found == unfinished {
			// The size, and with it the layout, may have changed since the attempt.
			flags := uint32(unix.FALLOC_FL_PUNCH_HOLE | unix.FALLOC_FL_KEEP_SIZE)
			if err := unix.Fallocate(int(file.Fd()), flags, 0, size); err != nil {
				return false, fmt.Errorf("clear the unfinished disk: %w", err)
			}
		}
		if err := format(ctx, reaper, file, size); err != nil {
			return false, fmt.Errorf("format: %w", err)
		}
		return true, mount(device, target)
	}
	return false, mountExisting(ctx, reaper, existing{device, target, uint64(size), super})
}

type existing struct {
	device, target string
	sizeBytes      uint64
	superblock
}

func mountExisting(ctx context.Context, reaper *reap.Reaper, disk existing) error {
	if disk.superblock.sizeBytes > disk.sizeBytes {
		return fmt.Errorf("%w: %d bytes, %d needed", ErrShrunk, disk.sizeBytes, disk.superblock.sizeBytes)
	}
	if !disk.clean {
		if err := check(ctx, reaper, disk.device); err != nil {
			return err
		}
	}
	if err := mount(disk.device, disk.target); err != nil {
		return err
	}
	// Less than a block group cannot be used and is not worth a try at every start.
	const worthwhile = 128 << 20
	if disk.sizeBytes < disk.superblock.sizeBytes+worthwhile {
		return nil
	}
	code, printed, err := launch.Tool(ctx, reaper, "/sbin/resize2fs", disk.device)
	if err == nil && code != 0 {
		err = fmt.Errorf("resize2fs exited with %d: %s", code, printed)
	}
	return err
}

func mount(device, target string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	// The disk was blank when it was formatted: the kernel need not fill its inode tables with zeros.
	if err := unix.Mount(device, target, "ext4", 0, "noinit_itable"); err != nil {
		return fmt.Errorf("mount %s: %w", device, err)
	}
	return nil
}

// check repairs what is safe to repair; that includes replaying the journal.
func check(ctx context.Context, reaper *reap.Reaper, device string) error {
	const uncorrected = 4
	code, printed, err := launch.Tool(ctx, reaper, "/sbin/e2fsck", "-p", device)
	if err != nil {
		return err
	}
	if code >= uncorrected {
		return fmt.Errorf("%w: e2fsck exited with %d: %s", ErrDamaged, code, printed)
	}
	return nil
}

// format survives a power cut at any point. The file system is made in memory; the disk gets a mark
// first, then everything but the first block, and the superblock in place of the mark last.
func format(ctx context.Context, reaper *reap.Reaper, disk *os.File, size int64) error {
	image, err := makeBlueprint(ctx, reaper, size)
	if err != nil {
		return err
	}
	defer image.Close()
	mark := make([]byte, firstBlock)
	copy(mark, formatting)
	if err := writeDurably(disk, mark); err != nil {
		return err
	}
	if err := copyData(disk, image, firstBlock); err != nil {
		return err
	}
	if err := disk.Sync(); err != nil {
		return err
	}
	first := make([]byte, firstBlock)
	if _, err := image.ReadAt(first, 0); err != nil {
		return err
	}
	return writeDurably(disk, first)
}

func makeBlueprint(ctx context.Context, reaper *reap.Reaper, size int64) (*os.File, error) {
	image, err := os.OpenFile(blueprint, os.O_RDWR|os.O_CREATE|os.O_TRUNC|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	// The file lives on through its descriptor, and ends with it.
	defer os.Remove(blueprint)
	if err := image.Truncate(size); err != nil {
		_ = image.Close()
		return nil, err
	}
	code, printed, err := launch.Tool(ctx, reaper, "/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096",
		"-L", label, "-m", "0", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1", blueprint)
	if err == nil && code != 0 {
		err = fmt.Errorf("mke2fs exited with %d: %s", code, printed)
	}
	if err != nil {
		_ = image.Close()
		return nil, err
	}
	return image, nil
}

// copyData copies what is not a hole, from an offset on. The disk is blank, so holes need no zeros.
func copyData(to, from *os.File, offset int64) error {
	for {
		start, err := from.Seek(offset, unix.SEEK_DATA)
		if errors.Is(err, unix.ENXIO) {
			return nil
		}
		if err != nil {
			return err
		}
		end, err := from.Seek(start, unix.SEEK_HOLE)
		if err != nil {
			return err
		}
		if _, err := to.Seek(start, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(to, io.NewSectionReader(from, start, end-start)); err != nil {
			return err
		}
		offset = end
	}
}

func writeDurably(disk *os.File, bytes []byte) error {
	if _, err := disk.WriteAt(bytes, 0); err != nil {
		return err
	}
	return disk.Sync()
}
