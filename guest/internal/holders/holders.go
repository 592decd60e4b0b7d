//go:build linux

// Package holders finds out who uses a file system, so that a user can be told why it cannot be
// unmounted.
package holders

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Device identifies a mounted file system, as in a stat or in mountinfo.
type Device struct{ Major, Minor uint32 }

// Kind is a way to use a file system.
type Kind string

// The kinds, the common ones first.
const (
	Directory  Kind = "directory"
	Root       Kind = "root"
	Executable Kind = "executable"
	File       Kind = "file"
	Mapping    Kind = "mapping"
	// Mount is a mount of the file system in a namespace that a process made for itself.
	Mount Kind = "mount"
)

// Holder is one use.
type Holder struct {
	Pid     int
	Command string
	Kind    Kind
	// Path in the agent's view.
	Path string
}

// Find lists the uses of the file systems by all processes but this one. A process that ends
// meanwhile holds nothing.
func Find(devices map[Device]bool) []Holder {
	var found []Holder
	for _, pid := range processes() {
		if pid != os.Getpid() {
			found = append(found, OfProcess(pid, devices)...)
		}
	}
	return found
}

// OfProcess lists the uses by one process.
func OfProcess(pid int, devices map[Device]bool) []Holder {
	p := process{dir: fmt.Sprintf("/proc/%d", pid), pid: pid, devices: devices, seen: map[use]bool{}}
	// Threads may have working directories of their own.
	tasks, _ := filepath.Glob(p.dir + "/task/[0-9]*")
	for _, task := range tasks {
		p.link(Directory, task+"/cwd")
		p.link(Root, task+"/root")
	}
	p.link(Executable, p.dir+"/exe")
	files, _ := filepath.Glob(p.dir + "/fd/[0-9]*")
	for _, file := range files {
		p.link(File, file)
	}
	p.mappings()
	return p.found
}

// Command is the name of a process.
func Command(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "?"
	}
	return strings.TrimSuffix(string(name), "\n")
}

// Session is the session of a process, 0 when the process has gone.
func Session(pid int) int {
	id, err := unix.Getsid(pid)
	if err != nil {
		return 0
	}
	return id
}

func processes() []int {
	// The pattern is constant, so Glob cannot fail.
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	pids := make([]int, 0, len(dirs))
	for _, dir := range dirs {
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

type use struct {
	kind Kind
	path string
}

type process struct {
	dir     string
	pid     int
	devices map[Device]bool
	seen    map[use]bool
	found   []Holder
}

func (p *process) add(kind Kind, path string) {
	if p.seen[use{kind, path}] {
		return
	}
	p.seen[use{kind, path}] = true
	p.found = append(p.found, Holder{p.pid, Command(p.pid), kind, path})
}

func (p *process) link(kind Kind, link string) {
	var stat unix.Statx_t
	// The cached answer will do: a server that is asked for a removed file says that there is none.
	err := unix.Statx(unix.AT_FDCWD, link, unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE, &stat)
	if err != nil || !p.devices[Device{stat.Dev_major, stat.Dev_minor}] {
		return
	}
	path, err := os.Readlink(link)
	if err != nil {
		return
	}
	p.add(kind, path)
}

// mappings reads lines such as `7f… r-xp 00000000 00:2d 1234   /path`.
func (p *process) mappings() {
	text, err := os.ReadFile(p.dir + "/maps")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		const device, path = 3, 5
		if len(fields) <= path {
			continue
		}
		if number, ok := parseDevice(fields[device], 16); ok && p.devices[number] {
			p.add(Mapping, strings.Join(fields[path:], " "))
		}
	}
}

// Mounts lists the mounts of the file systems in other mount namespaces than this process's. After an
// unmount, which takes along all copies that follow ours, they are those that somebody made private.
func Mounts(devices map[Device]bool) []Holder {
	var found []Holder
	namespaces := map[string]bool{namespace(os.Getpid()): true}
	for _, pid := range processes() {
		if name := namespace(pid); !namespaces[name] {
			namespaces[name] = true
			found = append(found, mountsOf(pid, devices)...)
		}
	}
	return found
}

// mountsOf reads lines such as `36 35 98:0 /mnt1 /mnt2 rw,noatime …`.
func mountsOf(pid int, devices map[Device]bool) []Holder {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	if err != nil {
		return nil
	}
	var found []Holder
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		const device, target = 2, 4
		if len(fields) <= target {
			continue
		}
		if number, ok := ParseDevice(fields[device]); ok && devices[number] {
			found = append(found, Holder{pid, Command(pid), Mount, fields[target]})
		}
	}
	return found
}

// namespace names the mount namespace of a process; empty when it has gone or is the kernel's.
func namespace(pid int) string {
	name, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid))
	return name
}

// ParseDevice reads a device as mountinfo has it, in decimal.
func ParseDevice(text string) (Device, bool) { return parseDevice(text, 10) }

func parseDevice(text string, base int) (Device, bool) {
	left, right, found := strings.Cut(text, ":")
	major, err := strconv.ParseUint(left, base, 32)
	minor, minorErr := strconv.ParseUint(right, base, 32)
	return Device{uint32(major), uint32(minor)}, found && err == nil && minorErr == nil
}
