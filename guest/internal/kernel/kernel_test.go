//go:build linux

package kernel

import "testing"

func TestCanNest(t *testing.T) {
	tests := map[string]struct {
		cpuinfo string
		want    bool
	}{
		"nothing":        {"", false},
		"Intel's":        {"processor\t: 0\nflags\t\t: fpu vmx sse\n", true},
		"AMD's":          {"flags\t\t: fpu svm\n", true},
		"neither":        {"flags\t\t: fpu sse\n", false},
		"one much alike": {"flags\t\t: svm_lock\n", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := canNest([]byte(test.cpuinfo)); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
