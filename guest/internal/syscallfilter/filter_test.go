//go:build linux

package syscallfilter

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// verdict runs the filter for one call.
func verdict(t *testing.T, abis []abi, arch, number uint32) uint32 {
	t.Helper()
	machine, err := bpf.NewVM(instructions(abis))
	if err != nil {
		t.Fatal(err)
	}
	// The machine of the library reads in network order, the kernel's in its own.
	call := make([]byte, 64)
	binary.BigEndian.PutUint32(call[numberAt:], number)
	binary.BigEndian.PutUint32(call[archAt:], arch)
	result, err := machine.Run(call)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(result)
}

func TestEachNumberIsJudgedByItsABI(t *testing.T) {
	amd64, arm64 := abisOf["amd64"], abisOf["arm64"]
	tests := map[string]struct {
		abis         []abi
		arch, number uint32
		want         uint32
	}{
		"read":                                 {amd64, unix.AUDIT_ARCH_X86_64, 0, allow},
		"mount, as root may":                   {amd64, unix.AUDIT_ARCH_X86_64, 165, allow},
		"chdir, as a suspension needs":         {amd64, unix.AUDIT_ARCH_X86_64, 80, allow},
		"ptrace, as debuggers need":            {amd64, unix.AUDIT_ARCH_X86_64, 101, allow},
		"the newest call":                      {amd64, unix.AUDIT_ARCH_X86_64, 460, allow},
		"init_module":                          {amd64, unix.AUDIT_ARCH_X86_64, 175, deny},
		"bpf":                                  {amd64, unix.AUDIT_ARCH_X86_64, 321, deny},
		"the same number in 32-bit programs":   {amd64, unix.AUDIT_ARCH_I386, 321, allow},
		"init_module in 32-bit programs":       {amd64, unix.AUDIT_ARCH_I386, 128, deny},
		"read by its x32 number":               {amd64, unix.AUDIT_ARCH_X86_64, x32Bit, missing},
		"bpf by its x32 number":                {amd64, unix.AUDIT_ARCH_X86_64, x32Bit | 321, missing},
		"an ABI that the CPU does not have":    {amd64, unix.AUDIT_ARCH_AARCH64, 0, missing},
		"bpf on arm64":                         {arm64, unix.AUDIT_ARCH_AARCH64, 280, deny},
		"read on arm64":                        {arm64, unix.AUDIT_ARCH_AARCH64, 63, allow},
		"bpf in 32-bit programs of arm64":      {arm64, unix.AUDIT_ARCH_ARM, 386, deny},
		"the private calls of 32-bit programs": {arm64, unix.AUDIT_ARCH_ARM, 0xf0005, allow},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := verdict(t, test.abis, test.arch, test.number); got != test.want {
				t.Errorf("got %#x, want %#x", got, test.want)
			}
		})
	}
	for arch, abis := range abisOf {
		for _, abi := range abis {
			for _, number := range abi.numbers {
				if got := verdict(t, abis, abi.arch, number); got != deny {
					t.Errorf("%s: %d of %#x: got %#x", arch, number, abi.arch, got)
				}
			}
		}
	}
}

func TestTheNumbersAreThoseOfTheCPU(t *testing.T) {
	numbers := abisOf[runtime.GOARCH][0].numbers
	for name, number := range map[string]uint32{
		"init_module": unix.SYS_INIT_MODULE, "finit_module": unix.SYS_FINIT_MODULE,
		"delete_module": unix.SYS_DELETE_MODULE, "kexec_load": unix.SYS_KEXEC_LOAD,
		"kexec_file_load": unix.SYS_KEXEC_FILE_LOAD, "bpf": unix.SYS_BPF,
		"perf_event_open": unix.SYS_PERF_EVENT_OPEN, "userfaultfd": unix.SYS_USERFAULTFD,
		"lookup_dcookie": unix.SYS_LOOKUP_DCOOKIE, "open_by_handle_at": unix.SYS_OPEN_BY_HANDLE_AT,
		"move_pages": unix.SYS_MOVE_PAGES, "migrate_pages": unix.SYS_MIGRATE_PAGES,
		"io_uring_setup": unix.SYS_IO_URING_SETUP, "io_uring_enter": unix.SYS_IO_URING_ENTER,
		"io_uring_register": unix.SYS_IO_URING_REGISTER, "add_key": unix.SYS_ADD_KEY,
		"request_key": unix.SYS_REQUEST_KEY, "keyctl": unix.SYS_KEYCTL, "reboot": unix.SYS_REBOOT,
		"swapon": unix.SYS_SWAPON, "swapoff": unix.SYS_SWAPOFF, "acct": unix.SYS_ACCT,
		"quotactl": unix.SYS_QUOTACTL, "quotactl_fd": unix.SYS_QUOTACTL_FD, "vhangup": unix.SYS_VHANGUP,
		"nfsservctl": unix.SYS_NFSSERVCTL, "syslog": unix.SYS_SYSLOG,
	} {
		if !slices.Contains(numbers, number) {
			t.Errorf("%s (%d) is not denied", name, number)
		}
	}
}

// filteredVariable makes this program a filtered process instead of a test.
const filteredVariable = "AIRLOCK_TEST_FILTERED"

func TestMain(m *testing.M) {
	if os.Getenv(filteredVariable) != "" {
		os.Exit(filtered())
	}
	os.Exit(m.Run())
}

// filtered says with its exit code what the kernel made of the filter.
func filtered() int {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 2
	}
	if err := Install(); err != nil {
		return 3
	}
	// Without the filter it would complain about its arguments.
	if _, _, errno := unix.RawSyscall(unix.SYS_KEYCTL, ^uintptr(0), 0, 0); !errors.Is(errno, unix.EPERM) {
		return 4
	}
	if unix.Chdir("/") != nil {
		return 5
	}
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil || !strings.Contains(string(status), "Seccomp:\t2") {
		return 6
	}
	return 0
}

func TestTheKernelTakesTheFilter(t *testing.T) {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), filteredVariable+"=1")
	if err := command.Run(); err != nil {
		t.Error(err)
	}
}
