//go:build linux

package boot

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// CalmMonitor lets the monitor thread of Go's runtime sleep longer. While anything runs, it wakes up every
// 20 microseconds, which took a quarter of an emulated CPU in a start: each time a timer is set and two threads take
// turns. What it does is not urgent, as nothing here computes for long or waits long in the kernel.
func CalmMonitor() error {
	thread, err := monitorThread("/proc/self/task")
	if err != nil {
		return err
	}
	// How much later than asked for the kernel may wake a thread up, in nanoseconds.
	const slack = "5000000"
	return os.WriteFile(fmt.Sprintf("/proc/%d/timerslack_ns", thread), []byte(slack), 0)
}

// monitorThread is the first thread that the runtime starts beside the one that the program began with.
func monitorThread(tasks string) (int, error) {
	entries, err := filepath.Glob(tasks + "/*")
	if err != nil {
		return 0, err
	}
	var threads []int
	for _, entry := range entries {
		if id, err := strconv.Atoi(filepath.Base(entry)); err == nil && id != os.Getpid() {
			threads = append(threads, id)
		}
	}
	if len(threads) == 0 {
		return 0, fmt.Errorf("no second thread in %s", tasks)
	}
	return slices.Min(threads), nil
}
