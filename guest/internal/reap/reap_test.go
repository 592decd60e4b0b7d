//go:build linux

package reap

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var reaper = New()

func TestMain(m *testing.M) {
	go reaper.Run(context.Background())
	os.Exit(m.Run())
}

func start(t *testing.T, script string) *Process {
	t.Helper()
	process, err := reaper.Start(func() (int, error) {
		return syscall.ForkExec("/bin/sh", []string{"sh", "-c", script}, &syscall.ProcAttr{
			Files: []uintptr{0, 1, 2},
			Sys:   &syscall.SysProcAttr{Setpgid: true},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return process
}

func within(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the process was not reaped")
	}
}

func TestStatuses(t *testing.T) {
	tests := map[string]struct {
		script string
		want   Status
	}{
		"success":  {"exit 0", Status{}},
		"a code":   {"exit 42", Status{Code: 42}},
		"a signal": {"kill -KILL $$", Status{Code: 137, Signal: unix.SIGKILL}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			process := start(t, test.script)
			within(t, process.Done)
			if process.Status != test.want {
				t.Errorf("got %+v, want %+v", process.Status, test.want)
			}
		})
	}
}

func TestATracedProcessThatStopsHasNotEnded(t *testing.T) {
	// ptrace belongs to the thread that began it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	process, err := reaper.Start(func() (int, error) {
		return syscall.ForkExec("/bin/sleep", []string{"sleep", "60"}, &syscall.ProcAttr{
			Sys: &syscall.SysProcAttr{Ptrace: true},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	// It has stopped at its exec, which is collected here or by Run.
	for stopped := false; !stopped; {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		stopped = strings.Contains(string(text), ") t ")
	}
	reaper.collect()
	select {
	case <-process.Done:
		t.Fatalf("it counts as ended: %+v", process.Status)
	default:
	}
	if err := reaper.Signal(process, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	within(t, process.Done)
	if process.Status.Signal != unix.SIGKILL {
		t.Errorf("got %+v", process.Status)
	}
}

func TestAReapedProcessIsNotSignalled(t *testing.T) {
	process := start(t, "exit 0")
	within(t, process.Done)
	if err := reaper.Signal(process, unix.SIGKILL); !errors.Is(err, unix.ESRCH) {
		t.Errorf("got %v", err)
	}
}

func TestAFailedStartLeavesNothing(t *testing.T) {
	failure := errors.New("no fork")
	if _, err := reaper.Start(func() (int, error) { return 0, failure }); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	if len(reaper.children) != 0 {
		t.Errorf("%d children are known", len(reaper.children))
	}
}

func TestWaitNone(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := reaper.WaitNone(ctx); err != nil {
		t.Fatalf("without children: %v", err)
	}
	process := start(t, "exec sleep 60")
	short, cancelShort := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancelShort()
	if err := reaper.WaitNone(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a child: %v", err)
	}
	if err := reaper.Signal(process, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := reaper.WaitNone(ctx); err != nil {
		t.Errorf("after the last child: %v", err)
	}
	within(t, process.Done)
}
