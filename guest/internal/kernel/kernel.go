//go:build linux

// Package kernel makes the few settings of the running kernel that the host asks for.
package kernel

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Requests of the random device (include/uapi/linux/random.h), not in x/sys.
const (
	rndAddEntropy = 0x40085203
	rndReseedCRNG = 0x5207
)

// MixEntropy adds the host's random bytes to the generator, counts them as entropy and makes the
// generator use them at once. After a snapshot was resumed this keeps two machines apart.
func MixEntropy(bytes []byte) error {
	if len(bytes) == 0 {
		return nil
	}
	random, err := os.OpenFile("/dev/urandom", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer random.Close()
	// struct rand_pool_info { int entropy_count; int buf_size; __u32 buf[]; }
	pool := binary.NativeEndian.AppendUint32(nil, uint32(len(bytes)*8))
	pool = binary.NativeEndian.AppendUint32(pool, uint32(len(bytes)))
	pool = append(pool, bytes...)
	if err := ioctl(random, rndAddEntropy, uintptr(unsafe.Pointer(&pool[0]))); err != nil {
		return fmt.Errorf("add entropy: %w", err)
	}
	if err := ioctl(random, rndReseedCRNG, 0); err != nil {
		return fmt.Errorf("reseed: %w", err)
	}
	return nil
}

// DropCaches gives the memory of unused file caches back. It does not join free pages into the large blocks that
// the balloon reports: each page that is moved leaves its content behind, and a snapshot keeps that.
func DropCaches() error {
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0)
}

// CanNest says whether the machine's CPU can run virtual machines itself, as far as it tells: only x86 does.
func CanNest() bool {
	text, err := os.ReadFile("/proc/cpuinfo")
	return err != nil || runtime.GOARCH != "amd64" || canNest(text)
}

func canNest(cpuinfo []byte) bool {
	fields := strings.Fields(string(cpuinfo))
	return slices.Contains(fields, "vmx") || slices.Contains(fields, "svm")
}

func ioctl(file *os.File, request, argument uintptr) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, file.Fd(), request, argument); errno != 0 {
		return errno
	}
	return nil
}

// SetHostname names the machine.
func SetHostname(name string) error {
	if err := unix.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("set hostname %q: %w", name, err)
	}
	return nil
}

// RaiseLoopback brings the loopback interface up, which gives it its addresses.
func RaiseLoopback() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("raise loopback: %w", err)
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request); err != nil {
		return fmt.Errorf("raise loopback: %w", err)
	}
	return nil
}
