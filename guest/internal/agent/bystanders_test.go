//go:build linux

package agent

import (
	"fmt"
	"os"
	"os/exec"
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
	places, others := standing(found, func(_ int, dir string) bool { return dir == "/project" })
	if len(places) != 1 || places[1<<30] != "/project" {
		t.Errorf("got %v", places)
	}
	if !slices.Equal(others, found[1:]) {
		t.Errorf("got %v", others)
	}
	places, others = standing(found, func(int, string) bool { return false })
	if len(places) != 0 || !slices.Equal(others, found) {
		t.Errorf("a process with a root of its own: got %v, %v", places, others)
	}
}

func TestADirectoryThatIsGoneIsAUse(t *testing.T) {
	parent := t.TempDir()
	dir := parent + "/x"
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	sleeper := exec.Command("sleep", "60")
	sleeper.Dir = dir
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = sleeper.Process.Kill()
		_ = sleeper.Wait()
	}()
	process := fmt.Sprintf("/proc/%d/", sleeper.Process.Pid)
	if !sameFile(process+"cwd", process+"root"+dir) {
		t.Error("it is not where it was started")
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if sameFile(process+"cwd", process+"root"+dir+" (deleted)") {
		t.Error("a removed directory has a name")
	}
}
