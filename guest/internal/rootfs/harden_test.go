//go:build linux

package rootfs

import (
	"os"
	"testing"
)

func TestWhichDevicesAreTheMachines(t *testing.T) {
	const block, character = os.ModeDevice, os.ModeDevice | os.ModeCharDevice
	for name, test := range map[string]struct {
		mode os.FileMode
		want bool
	}{
		"vda":      {block, true},
		"loop0":    {block, true},
		"vport1p2": {character, true},
		"kmsg":     {character, true},
		"null":     {character, false},
		"tty":      {character, false},
		"kvm":      {character, false},
		"pts":      {os.ModeDir, false},
		"fd":       {os.ModeSymlink, false},
	} {
		if got := isMachines(name, test.mode); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
