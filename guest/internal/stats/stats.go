//go:build linux

// Package stats reads the guest's load from the kernel.
package stats

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/rpc/agentv1"
)

// times are the ticks of one CPU since boot.
type times struct{ busy, total uint64 }

// Meter remembers the previous reading, because CPU load is a difference. The zero value is ready.
type Meter struct {
	mu   sync.Mutex
	last []times
}

// Read takes a reading. Disk is the mount point of the disk, empty when there is none yet.
func (m *Meter) Read(disk string) (*agentv1.StatsResponse, error) {
	var texts [3]string
	for i, name := range []string{"/proc/stat", "/proc/meminfo", "/proc/loadavg"} {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		texts[i] = string(text)
	}
	response := &agentv1.StatsResponse{CpuPercent: m.percent(parseCPUs(texts[0]))}
	memory := parseMemory(texts[1])
	response.MemoryTotalBytes = memory["MemTotal"]
	response.MemoryUsedBytes = memory["MemTotal"] - memory["MemAvailable"]
	// A text of the kernel that cannot be parsed leaves zeros, which is what the panel shows then.
	_, _ = fmt.Sscan(texts[2], &response.Load_1, &response.Load_5, &response.Load_15)
	response.Processes = countProcesses()
	var fs unix.Statfs_t
	if disk != "" && unix.Statfs(disk, &fs) == nil {
		block := uint64(fs.Bsize)
		response.DiskSizeBytes = int64(fs.Blocks * block)
		response.DiskUsedBytes = int64((fs.Blocks - fs.Bfree) * block)
	}
	return response, nil
}

func (m *Meter) percent(now []times) []float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	percent := make([]float64, len(now))
	for i := range now {
		if i >= len(m.last) {
			continue
		}
		total := now[i].total - m.last[i].total
		if busy := now[i].busy - m.last[i].busy; total > 0 && busy <= total {
			percent[i] = 100 * float64(busy) / float64(total)
		}
	}
	m.last = now
	return percent
}

// parseCPUs reads the lines cpu0, cpu1, … of /proc/stat.
func parseCPUs(text string) []times {
	var cpus []times
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasPrefix(fields[0], "cpu") || fields[0] == "cpu" {
			continue
		}
		var cpu times
		// user nice system idle iowait irq softirq steal; the guest columns are in user already.
		for i, field := range fields[1:min(len(fields), 9)] {
			ticks, err := strconv.ParseUint(field, 10, 64)
			if err != nil {
				break
			}
			cpu.total += ticks
			if i != 3 && i != 4 {
				cpu.busy += ticks
			}
		}
		cpus = append(cpus, cpu)
	}
	return cpus
}

// parseMemory reads /proc/meminfo into bytes.
func parseMemory(text string) map[string]int64 {
	values := map[string]int64{}
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(line, ":")
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			continue
		}
		if kib, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
			values[name] = kib << 10
		}
	}
	return values
}

// countProcesses counts user processes other than the agent: the kernel's threads have no
// executable.
func countProcesses() uint32 {
	// The pattern is constant, so Glob cannot fail.
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	var count uint32
	for _, link := range links {
		if _, err := os.Readlink(link); err == nil && link != "/proc/1/exe" {
			count++
		}
	}
	return count
}
