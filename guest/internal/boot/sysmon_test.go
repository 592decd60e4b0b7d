//go:build linux

package boot

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

func TestMonitorThread(t *testing.T) {
	tasks := t.TempDir()
	if _, err := monitorThread(tasks); err == nil {
		t.Error("a thread was found where there is none")
	}
	for _, id := range []int{os.Getpid(), 70, 62, 100} {
		if err := os.Mkdir(filepath.Join(tasks, strconv.Itoa(id)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if thread, err := monitorThread(tasks); err != nil || thread != 62 {
		t.Errorf("got %d, %v", thread, err)
	}
}

func TestCalmMonitor(t *testing.T) {
	if err := CalmMonitor(); err != nil {
		t.Fatal(err)
	}
	thread, err := monitorThread("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("/proc/" + strconv.Itoa(thread) + "/timerslack_ns")
	if err != nil || string(text) != "5000000\n" {
		t.Errorf("slack %q, %v", text, err)
	}
}
