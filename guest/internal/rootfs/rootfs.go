//go:build linux

// Package rootfs assembles the container's root: image, overlay, kernel file systems and shares.
package rootfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Where the parts are mounted in the agent's own root. Parts is a mount of its own.
const (
	Parts = "/mnt"
	Image = "/mnt/image"
	Disk  = "/mnt/disk"
	Root  = "/mnt/root"
	empty = "/mnt/empty"
)

// Ptmx is the container's terminal multiplexer.
const Ptmx = Root + "/dev/pts/ptmx"

// MountImage mounts the image's block device.
func MountImage(device string) error {
	if err := os.MkdirAll(Image, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(device, Image, "erofs", unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("mount %s as erofs: %w", device, err)
	}
	return nil
}

// MountOverlay lays the disk's upper directory over the image. When the disk's upper directory
// belongs to another image it is emptied first, which reset reports.
func MountOverlay(imageID string, harden bool) (reset bool, err error) {
	reset, err = prepareUpper(Disk+"/overlay", imageID)
	if err != nil {
		return false, err
	}
	if err := os.MkdirAll(Root, 0o755); err != nil {
		return false, err
	}
	// redirect_dir lets directories of the image be renamed; xino gives all files one st_dev. Both
	// store facts about the image in the upper directory, which never outlives its image. An index
	// would refuse the upper directory after the disk was copied, and buys only unbroken hard links.
	options := "lowerdir=" + Image + ",upperdir=" + Disk + "/overlay/upper,workdir=" + Disk +
		"/overlay/work,redirect_dir=on,xino=auto,index=off"
	var flags uintptr
	if harden {
		// An image may bring device nodes.
		flags = unix.MS_NODEV
	}
	if err := unix.Mount("overlay", Root, "overlay", flags, options); err != nil {
		return false, fmt.Errorf("mount overlay: %w%s", err, kernelLines("overlay"))
	}
	// Mounts made here later, and their ends, reach the namespaces of processes, whose mounts follow
	// these (package launch): a suspend unmounts the shares and mounts them again.
	if err := unix.Mount("", Root, "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return false, fmt.Errorf("share the mounts of %s: %w", Root, err)
	}
	return reset, nil
}

// prepareUpper implements the rule that a changed image discards what was written over the old one.
func prepareUpper(dir, imageID string) (reset bool, err error) {
	idFile := filepath.Join(dir, ".image_id")
	known, err := os.ReadFile(idFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	if id := strings.TrimSpace(string(known)); id != "" && id == imageID {
		return false, nil
	}
	_, err = os.Stat(filepath.Join(dir, "upper"))
	reset = err == nil
	// The id goes first: an interrupted removal must not pass for a complete upper directory.
	if err := removeDurably(idFile); err != nil {
		return false, err
	}
	if err := os.RemoveAll(dir); err != nil {
		return false, err
	}
	for _, name := range []string{"upper", "work"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return false, err
		}
	}
	return reset, writeDurably(idFile, imageID+"\n")
}

// writeDurably makes a file that has all of its content or does not exist, whenever the machine dies:
// an empty id would cost everything that was written over the image.
func writeDurably(name, content string) error {
	draft := name + ".new"
	file, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(draft, name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func removeDurably(file string) error {
	if err := os.Remove(file); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	return syncDir(filepath.Dir(file))
}

func syncDir(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// kernelLines returns the kernel's latest messages that contain a word, as an appendix to an error.
func kernelLines(word string) string {
	buffer := make([]byte, 256<<10)
	count, err := unix.Klogctl(unix.SYSLOG_ACTION_READ_ALL, buffer)
	if err != nil {
		return ""
	}
	var lines []string
	for line := range strings.Lines(string(buffer[:count])) {
		if strings.Contains(line, word) {
			lines = append(lines, "\n  "+strings.TrimSpace(line))
		}
	}
	const most = 20
	return strings.Join(lines[max(0, len(lines)-most):], "")
}
