//go:build linux && amd64

package relocate

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// threadsVariable makes this program a process with many threads instead of a test.
const threadsVariable = "AIRLOCK_TEST_THREADS"

func TestMain(m *testing.M) {
	if os.Getenv(threadsVariable) != "" {
		manyThreads()
		return
	}
	os.Exit(m.Run())
}

func manyThreads() {
	for range 8 {
		go func() {
			runtime.LockOSThread()
			_ = unix.Nanosleep(&unix.Timespec{Sec: 1}, nil)
		}()
	}
	time.Sleep(100 * time.Millisecond)
	fmt.Println("here")
	time.Sleep(500 * time.Millisecond)
	dir, _ := os.Readlink("/proc/self/cwd")
	fmt.Println(dir)
}

func alone(run func()) { run() }

// start runs a script in a directory and returns what it prints, line by line.
func start(t *testing.T, dir, script string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	command := exec.Command("bash", "-c", script)
	command.Dir = dir
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command, bufio.NewScanner(output)
}

func cwd(t *testing.T, pid int) string {
	t.Helper()
	dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func state(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text[strings.LastIndex(string(text), ")")+2:]))[0]
}

func TestAProcessIsHaltedElsewhereAndComesBack(t *testing.T) {
	dir := t.TempDir()
	scripts := map[string]string{
		"sleeping":            "echo here; read -t 2 _ < <(sleep 5); pwd -P; echo done",
		"computing":           "echo here; for ((i = 0; i < 300000; i++)); do :; done; pwd -P; echo done",
		"waiting for a child": "echo here; sleep 1; pwd -P; echo done",
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			command, lines := start(t, dir, script)
			pid := command.Process.Pid
			lines.Scan()
			visitor, err := Away(alone, pid, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := cwd(t, pid); got != "/" {
				t.Errorf("it is in %s", got)
			}
			if got := state(t, pid); got != "t" {
				t.Errorf("it is in state %s", got)
			}
			if err := visitor.Back(dir); err != nil {
				t.Fatal(err)
			}
			lines.Scan()
			if got := lines.Text(); got != dir {
				t.Errorf("it goes on in %s", got)
			}
			lines.Scan()
			if got := lines.Text(); got != "done" {
				t.Errorf("it says %q", got)
			}
		})
	}
}

func TestInterruptedCallsGoOn(t *testing.T) {
	dir := t.TempDir()
	// sleep fails loudly when its call returns too early or with an unknown error.
	command, lines := start(t, dir, "exec 2>&1; echo here; sleep 0.7 && echo slept")
	lines.Scan()
	child := 0
	for child == 0 {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", command.Process.Pid))
		_, _ = fmt.Sscan(string(text), &child)
	}
	for range 3 {
		for _, pid := range []int{child, command.Process.Pid} {
			visitor, err := Away(alone, pid, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := visitor.Back(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	lines.Scan()
	if got := lines.Text(); got != "slept" {
		t.Errorf("got %q", got)
	}
}

func TestAProcessWithManyThreadsComesBack(t *testing.T) {
	dir := t.TempDir()
	command, lines := start(t, dir, "exec env "+threadsVariable+"=1 "+os.Args[0])
	lines.Scan()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", command.Process.Pid))
	if err != nil || len(tasks) < 3 {
		t.Fatalf("%d threads, %v", len(tasks), err)
	}
	visitor, err := Away(alone, command.Process.Pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := visitor.Back(dir); err != nil {
		t.Fatal(err)
	}
	lines.Scan()
	if got := lines.Text(); got != dir {
		t.Errorf("it goes on in %q", got)
	}
}

func TestADirectoryThatIsGoneIsAnErrorAndTheProcessGoesOn(t *testing.T) {
	command, lines := start(t, t.TempDir(), "echo here; sleep 0.3; echo done")
	lines.Scan()
	visitor, err := Away(alone, command.Process.Pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := visitor.Back("/no/such/directory"); !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %v", err)
	}
	lines.Scan()
	if got := lines.Text(); got != "done" {
		t.Errorf("got %q", got)
	}
}

func TestOnlyKnownFiltersLetAProcessBeTakenAway(t *testing.T) {
	tests := map[string]struct {
		status  string
		filters int
		want    bool
	}{
		"no filter":         {"TracerPid:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n", 0, true},
		"ours":              {"TracerPid:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n", 1, true},
		"its own":           {"TracerPid:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n", 0, false},
		"ours and its own":  {"TracerPid:\t0\nSeccomp:\t2\nSeccomp_filters:\t2\n", 1, false},
		"uncounted filters": {"TracerPid:\t0\nSeccomp:\t2\n", 1, false},
		"strict mode":       {"TracerPid:\t0\nSeccomp:\t1\nSeccomp_filters:\t0\n", 1, false},
		"a debugger":        {"TracerPid:\t7\nSeccomp:\t0\nSeccomp_filters:\t0\n", 1, false},
	}
	for name, test := range tests {
		if got := suitable(test.status, test.filters); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestSignalsAreNotBlockedAfterAnError(t *testing.T) {
	command, lines := start(t, t.TempDir(), "echo here; sleep 60")
	lines.Scan()
	pid := command.Process.Pid
	before := statusField(t, pid, "SigBlk")
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	v := visit{pid: pid}
	if err := v.halt(); err != nil {
		t.Fatal(err)
	}
	defer v.release()
	// The one signal that cannot be blocked stops it before it makes the call.
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := chdir(pid, "/"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	if got := statusField(t, pid, "SigBlk"); got != before {
		t.Errorf("it blocks %s instead of %s", got, before)
	}
}

func statusField(t *testing.T, pid int, name string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n"+name+":")
	value, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(value)
}

func TestAProcessThatEndedCannotBeTakenAway(t *testing.T) {
	command := exec.Command("true")
	if err := command.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := Away(alone, command.Process.Pid, 0); err == nil {
		t.Error("it was")
	}
}
