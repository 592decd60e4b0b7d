//go:build linux

package agent

import (
	"slices"
	"testing"

	"airlock.invalid/guest/internal/holders"
)

func TestWhoOnlyStandsInAShareIsToldFromWhoUsesIt(t *testing.T) {
	found := []holders.Holder{
		{Pid: 1 << 30, Command: "sh", Kind: holders.Directory, Path: "/mnt/root/project"},
		{Pid: 1<<30 + 1, Command: "vi", Kind: holders.Directory, Path: "/mnt/root/project"},
		{Pid: 1<<30 + 1, Command: "vi", Kind: holders.File, Path: "/mnt/root/project/file"},
	}
	isInContainer := func(int) bool { return true }
	places, others := standing(found, isInContainer)
	if len(places) != 1 || places[1<<30] != "/project" {
		t.Errorf("got %v", places)
	}
	if !slices.Equal(others, found[1:]) {
		t.Errorf("got %v", others)
	}
	places, others = standing(found, func(int) bool { return false })
	if len(places) != 0 || !slices.Equal(others, found) {
		t.Errorf("a process with a root of its own: got %v, %v", places, others)
	}
}

func TestADirectoryThatIsGoneIsAUse(t *testing.T) {
	found := []holders.Holder{
		{Pid: 1 << 30, Command: "sh", Kind: holders.Directory, Path: "/mnt/root/project/x (deleted)"},
	}
	if places, others := standing(found, func(int) bool { return true }); len(places) != 0 || len(others) != 1 {
		t.Errorf("got %v, %v", places, others)
	}
}
