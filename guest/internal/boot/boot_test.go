//go:build linux

package boot

import (
	"slices"
	"testing"
)

func TestParseModuleList(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"nothing":                 {"", nil},
		"the order is kept":       {"virtio_ring\nvirtio\n", []string{"virtio_ring", "virtio"}},
		"blank lines are dropped": {"\n a \n\nb", []string{"a", "b"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := ParseModuleList([]byte(test.text)); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
