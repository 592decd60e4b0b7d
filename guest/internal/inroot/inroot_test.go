//go:build linux

package inroot

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// tree makes an outer directory with a secret and, in it, a root with links that try to reach it.
func tree(t *testing.T) (outer string, root *Root) {
	t.Helper()
	outer = t.TempDir()
	inner := filepath.Join(outer, "root")
	must(t, os.MkdirAll(filepath.Join(inner, "etc"), 0o755))
	must(t, os.MkdirAll(filepath.Join(inner, "a/b"), 0o755))
	must(t, os.WriteFile(filepath.Join(outer, "secret"), []byte("outside"), 0o644))
	must(t, os.WriteFile(filepath.Join(inner, "etc/passwd"), []byte("inside"), 0o644))
	for name, target := range map[string]string{
		"absolute":    "/etc/passwd",
		"relative":    "etc/passwd",
		"up":          "../../../../../../etc/passwd",
		"escape":      "../secret",
		"a/escapedir": "../../..",
		"a/b/chain":   "../../absolute",
		"loop":        "loop",
		"dangling":    "/made/later",
		"etcdir":      "/etc",
		"outside":     outer,
		"etc/resolv":  outer + "/secret",
		"a/b/dots":    "..//./b/../../etc",
	} {
		must(t, os.Symlink(target, filepath.Join(inner, name)))
	}
	root, err := Open(inner)
	must(t, err)
	t.Cleanup(func() { _ = root.Close() })
	return outer, root
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestReadFileStaysInside(t *testing.T) {
	_, root := tree(t)
	tests := map[string]struct {
		path string
		err  error
	}{
		"a plain path":                       {"/etc/passwd", nil},
		"an absolute link is re-rooted":      {"/absolute", nil},
		"a relative link":                    {"relative", nil},
		"dots above the root stay at it":     {"/../../etc/passwd", nil},
		"a link with dots above the root":    {"/up", nil},
		"a chain of links":                   {"/a/b/chain", nil},
		"a linked directory":                 {"/etcdir/passwd", nil},
		"dots in a link's target":            {"/a/b/dots/passwd", nil},
		"a link that would escape":           {"/escape", unix.ENOENT},
		"a directory link that would escape": {"/a/escapedir/secret", unix.ENOENT},
		"an absolute link to outside":        {"/outside/secret", unix.ENOENT},
		"a loop":                             {"/loop", unix.ELOOP},
		"a file as directory":                {"/etc/passwd/x", unix.ENOTDIR},
		"a directory":                        {"/etc", unix.EINVAL},
		"a missing file":                     {"/nope", unix.ENOENT},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text, err := root.ReadFile(test.path)
			if !errors.Is(err, test.err) {
				t.Fatalf("got error %v, want %v", err, test.err)
			}
			if err == nil && string(text) != "inside" {
				t.Errorf("got %q", text)
			}
		})
	}
}

func TestOverwriteTakesOnlyItsOwnKind(t *testing.T) {
	outer, root := tree(t)
	etc := filepath.Join(outer, "root/etc")
	must(t, os.Link(filepath.Join(etc, "passwd"), filepath.Join(etc, "twice")))
	must(t, os.WriteFile(filepath.Join(etc, "own"), []byte("before"), 0o644))
	must(t, unix.Mkfifo(filepath.Join(etc, "pipe"), 0o600))
	for name, want := range map[string]bool{
		"/etc/own":     true,
		"/etcdir/own":  true,
		"/etc/twice":   false,
		"/etc/resolv":  false,
		"/etc/pipe":    false,
		"/etc/missing": false,
		"/etc":         false,
		"/outside/own": false,
	} {
		if got := root.Overwrite(name, []byte("inside")); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if root.Overwrite("/etc/own", []byte("longer than before")) {
		t.Error("a file of another length was overwritten")
	}
	for name, want := range map[string]string{"root/etc/own": "inside", "secret": "outside"} {
		got, err := os.ReadFile(filepath.Join(outer, name))
		must(t, err)
		if string(got) != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestWriteFileReplacesLinks(t *testing.T) {
	outer, root := tree(t)
	must(t, root.WriteFile("/etc/resolv", []byte("new")))
	must(t, root.WriteFile("/outside/made", []byte("new")))
	if text, err := os.ReadFile(filepath.Join(outer, "secret")); err != nil || string(text) != "outside" {
		t.Errorf("the file behind the link became %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(outer, "made")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was made outside: %v", err)
	}
	for _, path := range []string{"/etc/resolv", "/outside/made"} {
		if text, err := root.ReadFile(path); err != nil || string(text) != "new" {
			t.Errorf("%s: got %q, %v", path, text, err)
		}
	}
}

func TestMakeDirCreatesWhatIsMissing(t *testing.T) {
	outer, root := tree(t)
	for path, made := range map[string]string{
		"/x/y/z":          "x/y/z",
		"/dangling/below": "made/later/below",
		"/../../top":      "top",
		"/a/escapedir/q":  "q",
	} {
		dir, err := root.MakeDir(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		must(t, dir.Close())
		if stat, err := os.Stat(filepath.Join(outer, "root", made)); err != nil || !stat.IsDir() {
			t.Errorf("%s did not make %s: %v", path, made, err)
		}
	}
	if _, err := root.MakeDir("/etc/passwd"); !errors.Is(err, unix.ENOTDIR) {
		t.Errorf("a file in the way: got %v", err)
	}
}

func TestForceDirReplacesWhatIsInTheWay(t *testing.T) {
	for path, want := range map[string]string{
		"/etc/passwd":        "/etc/passwd",
		"/absolute/x/y":      "/absolute",
		"/loop/x":            "/loop",
		"/etc":               "",
		"/dangling/here":     "",
		"/outside/elsewhere": "",
	} {
		outer, root := tree(t)
		var replaced []string
		root.Replaced = func(name string) { replaced = append(replaced, name) }
		dir, err := root.ForceDir(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		must(t, dir.Close())
		if got := strings.Join(replaced, " "); got != want {
			t.Errorf("%s: replaced %q", path, got)
		}
		if text, err := os.ReadFile(filepath.Join(outer, "secret")); err != nil || string(text) != "outside" {
			t.Errorf("%s: a file outside became %q, %v", path, text, err)
		}
	}
}

func TestNoDescriptorIsLeftOpen(t *testing.T) {
	_, root := tree(t)
	before := openFiles(t)
	for _, path := range []string{"/a/b/chain", "/loop", "/nope/x", "/a/nope", "/etc/passwd/x", "/dangling"} {
		_, _ = root.ReadFile(path)
		_, _ = root.FindDir(path)
		_ = root.Executable(path)
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(entries)
}
