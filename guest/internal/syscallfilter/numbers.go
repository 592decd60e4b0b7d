//go:build linux

package syscallfilter

import "golang.org/x/sys/unix"

// abisOf are the ways to call the kernel on each CPU, that of 32-bit programs included.
var abisOf = map[string][]abi{
	"amd64": {
		{arch: unix.AUDIT_ARCH_X86_64, numbers: amd64Numbers, x32: true},
		{arch: unix.AUDIT_ARCH_I386, numbers: i386Numbers},
	},
	"arm64": {
		{arch: unix.AUDIT_ARCH_AARCH64, numbers: arm64Numbers},
		{arch: unix.AUDIT_ARCH_ARM, numbers: armNumbers},
	},
}

// The numbers are written out, because x/sys has those of the CPU that is compiled for only; a test
// compares these with them. An ABI that never had a call lacks it here.

var amd64Numbers = []uint32{
	// Code in the kernel: modules, another kernel, programs for its virtual machine.
	175, // init_module
	313, // finit_module
	176, // delete_module
	174, // create_module
	178, // query_module
	177, // get_kernel_syms
	246, // kexec_load
	320, // kexec_file_load
	321, // bpf
	// Views into the kernel and across processes, and traps for its copies.
	298, // perf_event_open
	323, // userfaultfd
	103, // syslog
	212, // lookup_dcookie
	304, // open_by_handle_at
	279, // move_pages
	256, // migrate_pages
	// A second way for nearly every call.
	425, // io_uring_setup
	426, // io_uring_enter
	427, // io_uring_register
	// Keys, which have no namespace.
	248, // add_key
	249, // request_key
	250, // keyctl
	// The machine as a whole.
	169, // reboot
	167, // swapon
	168, // swapoff
	163, // acct
	179, // quotactl
	443, // quotactl_fd
	172, // iopl
	173, // ioperm
	153, // vhangup
	// What is left of old kernels.
	180, // nfsservctl
	134, // uselib
	136, // ustat
	139, // sysfs
	156, // _sysctl
}

var arm64Numbers = []uint32{
	// Code in the kernel: modules, another kernel, programs for its virtual machine.
	105, // init_module
	273, // finit_module
	106, // delete_module
	104, // kexec_load
	294, // kexec_file_load
	280, // bpf
	// Views into the kernel and across processes, and traps for its copies.
	241, // perf_event_open
	282, // userfaultfd
	116, // syslog
	18,  // lookup_dcookie
	265, // open_by_handle_at
	239, // move_pages
	238, // migrate_pages
	// A second way for nearly every call.
	425, // io_uring_setup
	426, // io_uring_enter
	427, // io_uring_register
	// Keys, which have no namespace.
	217, // add_key
	218, // request_key
	219, // keyctl
	// The machine as a whole.
	142, // reboot
	224, // swapon
	225, // swapoff
	89,  // acct
	60,  // quotactl
	443, // quotactl_fd
	58,  // vhangup
	// What is left of old kernels.
	42, // nfsservctl
}

var i386Numbers = []uint32{
	// Code in the kernel: modules, another kernel, programs for its virtual machine.
	128, // init_module
	350, // finit_module
	129, // delete_module
	127, // create_module
	167, // query_module
	130, // get_kernel_syms
	283, // kexec_load
	357, // bpf
	// Views into the kernel and across processes, and traps for its copies.
	336, // perf_event_open
	374, // userfaultfd
	103, // syslog
	253, // lookup_dcookie
	342, // open_by_handle_at
	317, // move_pages
	294, // migrate_pages
	// A second way for nearly every call.
	425, // io_uring_setup
	426, // io_uring_enter
	427, // io_uring_register
	// Keys, which have no namespace.
	286, // add_key
	287, // request_key
	288, // keyctl
	// The machine as a whole.
	88,  // reboot
	87,  // swapon
	115, // swapoff
	51,  // acct
	131, // quotactl
	443, // quotactl_fd
	110, // iopl
	101, // ioperm
	111, // vhangup
	// What is left of old kernels.
	169, // nfsservctl
	86,  // uselib
	62,  // ustat
	135, // sysfs
	149, // _sysctl
	166, // vm86
	113, // vm86old
}

var armNumbers = []uint32{
	// Code in the kernel: modules, another kernel, programs for its virtual machine.
	128, // init_module
	379, // finit_module
	129, // delete_module
	347, // kexec_load
	401, // kexec_file_load
	386, // bpf
	// Views into the kernel and across processes, and traps for its copies.
	364, // perf_event_open
	388, // userfaultfd
	103, // syslog
	249, // lookup_dcookie
	371, // open_by_handle_at
	344, // move_pages
	400, // migrate_pages
	// A second way for nearly every call.
	425, // io_uring_setup
	426, // io_uring_enter
	427, // io_uring_register
	// Keys, which have no namespace.
	309, // add_key
	310, // request_key
	311, // keyctl
	// The machine as a whole.
	88,  // reboot
	87,  // swapon
	115, // swapoff
	51,  // acct
	131, // quotactl
	443, // quotactl_fd
	111, // vhangup
	// What is left of old kernels.
	169, // nfsservctl
	86,  // uselib
	62,  // ustat
	135, // sysfs
	149, // _sysctl
}
