//go:build linux

package rootfs

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/inroot"
)

type fileSystem struct {
	target, source, fstype string
	flags                  uintptr
	data                   string
}

const noExec = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC

// containerFileSystems are in the order of mounting. Hardened, the kernel's own are read-only, and the
// devices are a file system without those of the machine.
func containerFileSystems(harden bool) []fileSystem {
	var readOnly uintptr
	devices := fileSystem{"/dev", "/dev", "", unix.MS_BIND | unix.MS_REC, ""}
	if harden {
		readOnly = unix.MS_RDONLY
		devices = fileSystem{"/dev", "dev", "tmpfs", unix.MS_NOSUID | unix.MS_NOEXEC, "mode=0755,size=1m"}
	}
	return []fileSystem{
		{"/proc", "proc", "proc", 0, ""},
		{"/sys", "sysfs", "sysfs", noExec | readOnly, ""},
		{"/sys/fs/cgroup", "cgroup2", "cgroup2", readOnly, ""},
		devices,
		{"/dev/pts", "devpts", "devpts", unix.MS_NOSUID | unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"},
		{"/dev/shm", "shm", "tmpfs", noExec, "mode=1777,size=64m"},
		// A tmpfs of its own, because nested container engines mount overlays there.
		{"/tmp", "tmp", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=1777"},
		{"/airlock/disk", Disk + "/userdata", "", unix.MS_BIND, ""},
	}
}

// deviceLinks are the names that shells and scripts expect beside the device nodes.
var deviceLinks = map[string]string{
	"fd":     "/proc/self/fd",
	"stdin":  "/proc/self/fd/0",
	"stdout": "/proc/self/fd/1",
	"stderr": "/proc/self/fd/2",
}

// MountFileSystems mounts what every process expects to find. It comes before the shares, so that
// a project below /tmp or /dev stays visible.
func MountFileSystems(root *inroot.Root, harden bool) error {
	if err := os.MkdirAll(Disk+"/userdata", 0o755); err != nil {
		return err
	}
	for _, fs := range containerFileSystems(harden) {
		if err := mountIn(root, fs); err != nil {
			return fmt.Errorf("mount %s: %w", fs.target, err)
		}
		if fs.target == "/dev" {
			if err := fillDev(root, harden); err != nil {
				return fmt.Errorf("fill /dev: %w", err)
			}
		}
	}
	return nil
}

func fillDev(root *inroot.Root, harden bool) error {
	dev, err := root.FindDir("/dev")
	if err != nil {
		return err
	}
	defer dev.Close()
	if harden {
		if err := makeNodes(dev.Path()); err != nil {
			return err
		}
	}
	for name, target := range deviceLinks {
		if err := os.Symlink(target, dev.Path()+"/"+name); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

func mountIn(root *inroot.Root, fs fileSystem) error {
	dir, err := root.ForceDir(fs.target)
	if err != nil {
		return err
	}
	defer dir.Close()
	return unix.Mount(fs.source, dir.Path(), fs.fstype, fs.flags, fs.data)
}
