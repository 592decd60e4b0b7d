//go:build linux

package holders

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func deviceOf(t *testing.T, path string) Device {
	t.Helper()
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		t.Fatal(err)
	}
	return Device{unix.Major(stat.Dev), unix.Minor(stat.Dev)}
}

// startIn starts a program that waits for its input to end, with a file as descriptor 3.
func startIn(t *testing.T, dir string, file *os.File) int {
	t.Helper()
	command := exec.Command("cat")
	command.Dir = dir
	if file != nil {
		command.ExtraFiles = []*os.File{file}
	}
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = command.Wait()
	})
	return command.Process.Pid
}

// shared is a directory on a file system of its own.
func shared(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "holders")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestAWorkingDirectoryAndAnOpenFileAreUses(t *testing.T) {
	dir := shared(t)
	file, err := os.Create(filepath.Join(dir, "open"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	pid := startIn(t, dir, file)
	found := OfProcess(pid, map[Device]bool{deviceOf(t, dir): true})
	want := []Holder{
		{pid, "cat", Directory, dir},
		{pid, "cat", File, filepath.Join(dir, "open")},
	}
	if !slices.Equal(found, want) {
		t.Errorf("got %v, want %v", found, want)
	}
}

func TestAProcessElsewhereHoldsNothing(t *testing.T) {
	dir := shared(t)
	pid := startIn(t, "/", nil)
	if found := OfProcess(pid, map[Device]bool{deviceOf(t, dir): true}); len(found) > 0 {
		t.Errorf("got %v", found)
	}
}

func TestAMappingIsAUse(t *testing.T) {
	dir := shared(t)
	file, err := os.Create(filepath.Join(dir, "a file"))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Truncate(4096); err != nil {
		t.Fatal(err)
	}
	memory, err := unix.Mmap(int(file.Fd()), 0, 4096, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(memory)
	_ = file.Close()
	found := OfProcess(os.Getpid(), map[Device]bool{deviceOf(t, dir): true})
	want := Holder{os.Getpid(), Command(os.Getpid()), Mapping, filepath.Join(dir, "a file")}
	if !slices.Contains(found, want) {
		t.Errorf("got %v, want %v", found, want)
	}
}

func TestAProcessThatHasGoneHoldsNothing(t *testing.T) {
	command := exec.Command("true")
	if err := command.Run(); err != nil {
		t.Fatal(err)
	}
	if found := OfProcess(command.Process.Pid, map[Device]bool{{0, 0}: true}); len(found) > 0 {
		t.Errorf("got %v", found)
	}
}

func TestAPrivateMountIsFound(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can mount")
	}
	dir := shared(t)
	script := "mount -t tmpfs none " + dir + " && echo && exec cat"
	command := exec.Command("unshare", "--mount", "sh", "-c", script)
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = input.Close()
		_ = command.Wait()
	}()
	if _, err := output.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	pid := command.Process.Pid
	mounted := deviceOf(t, fmt.Sprintf("/proc/%d/root%s", pid, dir))
	found := Mounts(map[Device]bool{mounted: true})
	if len(found) != 1 || found[0].Kind != Mount || found[0].Path != dir {
		t.Errorf("got %v", found)
	}
}

func TestParseDevice(t *testing.T) {
	if got, ok := parseDevice("00:2d", 16); !ok || got != (Device{0, 45}) {
		t.Errorf("got %v, %v", got, ok)
	}
	for _, text := range []string{"", "1", "x:1", "1:"} {
		if _, ok := parseDevice(text, 10); ok {
			t.Errorf("%q is a device", text)
		}
	}
}
