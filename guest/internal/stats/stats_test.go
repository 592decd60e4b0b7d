//go:build linux

package stats

import (
	"slices"
	"testing"
)

func TestPercent(t *testing.T) {
	var meter Meter
	reading := func(text string) []float64 { return meter.percent(parseCPUs(text)) }
	const head = "cpu  9 9 9 9 9 9 9 9 0 0\n"
	steps := []struct {
		name, text string
		want       []float64
	}{
		{"the first reading has no difference", head + "cpu0 10 0 10 80 0 0 0 0 0 0\ncpu1 0 0 0 100 0 0 0 0 0 0\nintr 1\n", []float64{0, 0}},
		{"waiting for a disk is idle", head + "cpu0 35 0 10 130 25 0 0 0 0 0\ncpu1 0 0 0 200 0 0 0 0 0 0\n", []float64{25, 0}},
		{"no time has passed", head + "cpu0 35 0 10 130 25 0 0 0 0 0\ncpu1 0 0 0 200 0 0 0 0 0 0\n", []float64{0, 0}},
		{"a CPU was added", head + "cpu0 135 0 10 130 25 0 0 0 0 0\ncpu1 0 0 0 200 0 0 0 0 0 0\ncpu2 5 0 0 5 0 0 0 0 0 0\n", []float64{100, 0, 0}},
	}
	for _, step := range steps {
		if got := reading(step.text); !slices.Equal(got, step.want) {
			t.Errorf("%s: got %v, want %v", step.name, got, step.want)
		}
	}
}

func TestParseMemory(t *testing.T) {
	got := parseMemory("MemTotal:        1000 kB\nMemAvailable:     400 kB\nHugePages_Total:       0\nodd\n")
	if got["MemTotal"] != 1000<<10 || got["MemAvailable"] != 400<<10 {
		t.Errorf("got %v", got)
	}
}
