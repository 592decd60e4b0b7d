//go:build linux

package rootfs

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMergeHosts(t *testing.T) {
	const full = "127.0.0.1\tlocalhost\n127.0.1.1\tairlock\n::1\tlocalhost ip6-localhost ip6-loopback\n"
	tests := map[string]struct{ text, want string }{
		"an empty file":                 {"", full},
		"our own file stays as it is":   {full, full},
		"other entries are kept":        {"10.1.2.3 db\n", full + "10.1.2.3 db\n"},
		"a comment is not an entry":     {"# 127.0.0.1 localhost\n", full + "# 127.0.0.1 localhost\n"},
		"what is there is not repeated": {"127.0.0.1 x localhost # c\n::1 localhost\n", "127.0.1.1\tairlock\n127.0.0.1 x localhost # c\n::1 localhost\n"},
		"another name does not suffice": {"127.0.0.1 localhost.example\n127.0.1.1 airlock\n::1 localhost\n", "127.0.0.1\tlocalhost\n127.0.0.1 localhost.example\n127.0.1.1 airlock\n::1 localhost\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := MergeHosts(test.text, "airlock"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestADurableFileReplacesTheOneBeforeAndLeavesNoDraft(t *testing.T) {
	dir := t.TempDir()
	for _, content := range []string{"longer", "short"} {
		if err := writeDurably(dir+"/id", content); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(dir + "/id"); err != nil || string(got) != content {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("got %v, %v", names, err)
	}
}

func TestPrepareUpper(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "overlay")
	file := filepath.Join(dir, "upper", "file")
	steps := []struct {
		name, id    string
		reset, kept bool
	}{
		{"the first start resets nothing", "one", false, false},
		{"the same image keeps what was written", "one", false, true},
		{"another image discards it", "two", true, false},
		{"and keeps again", "two", false, true},
	}
	for _, step := range steps {
		reset, err := prepareUpper(dir, step.id)
		if err != nil || reset != step.reset {
			t.Fatalf("%s: reset %v, %v", step.name, reset, err)
		}
		if _, err := os.Stat(file); (err == nil) != step.kept {
			t.Fatalf("%s: %v", step.name, err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// A draft of the id that a killed machine left does no harm.
	if err := os.WriteFile(filepath.Join(dir, ".image_id.new"), []byte("tw"), 0o644); err != nil {
		t.Fatal(err)
	}
	if reset, err := prepareUpper(dir, "two"); err != nil || reset {
		t.Errorf("with a draft: reset %v, %v", reset, err)
	}
	// An interrupted removal leaves no id, and so cannot pass for complete.
	if err := os.Remove(filepath.Join(dir, ".image_id")); err != nil {
		t.Fatal(err)
	}
	if reset, err := prepareUpper(dir, "two"); err != nil || !reset {
		t.Errorf("without id: reset %v, %v", reset, err)
	}
}
