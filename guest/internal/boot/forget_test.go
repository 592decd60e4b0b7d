//go:build linux

package boot

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestForgetLeavesNothingOfAFile(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "module.ko"), filepath.Join(dir, "other")
	if err := os.WriteFile(path, bytes.Repeat([]byte("content"), 10_000), 0o600); err != nil {
		t.Fatal(err)
	}
	// Shows what the file's pages hold when it is gone.
	if err := os.Link(path, other); err != nil {
		t.Fatal(err)
	}
	if err := Forget(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	content, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(content, make([]byte, 70_000)) {
		t.Error("its pages are not all zeros")
	}
}
