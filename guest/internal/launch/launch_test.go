//go:build linux

package launch

import (
	"context"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"airlock.invalid/guest/internal/reap"
)

var reaper = reap.New()

func TestMain(m *testing.M) {
	go reaper.Run(context.Background())
	os.Exit(m.Run())
}

// printed runs a script and returns what it wrote.
func printed(t *testing.T, spec Spec, script string) string {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	spec.Argv = []string{"sh", "-c", script}
	spec.Env = []string{"PATH=/usr/bin:/bin"}
	spec.Files = [3]*os.File{null, writer, writer}
	process, err := Start(reaper, spec)
	_ = writer.Close()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	<-process.Done
	return string(text)
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("changing ids and namespaces needs root")
	}
}

func TestIdentityIsTheProcessesOnly(t *testing.T) {
	needRoot(t)
	const script = "id -u; id -g; id -G | tr ' ' '\\n' | sort -n | tr '\\n' ' '"
	tests := map[string]struct {
		id   Identity
		want string
	}{
		"ids and groups":         {Identity{1234, 5678, []uint32{7, 4000000000}}, "1234\n5678\n7 5678 4000000000 "},
		"no supplementary group": {Identity{1234, 5678, nil}, "1234\n5678\n5678 "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := printed(t, Spec{Identity: &test.id}, script); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if os.Getuid() != 0 || os.Getgid() != 0 {
		t.Error("the agent's own ids have changed")
	}
}

func TestHardeningIsTheProcessesOnly(t *testing.T) {
	needRoot(t)
	const script = `for f in NoNewPrivs Seccomp CapBnd; do grep $f: /proc/self/status | cut -f2; done
for n in mnt ipc uts; do readlink /proc/self/ns/$n; done`
	plain := strings.Fields(printed(t, Spec{}, script))
	hardened := strings.Fields(printed(t, Spec{Harden: true}, script))
	if len(plain) != 6 || len(hardened) != 6 || plain[0] != "0" || hardened[0] != "1" || hardened[1] != "2" {
		t.Fatalf("got %q and %q", plain, hardened)
	}
	bounds, err := strconv.ParseUint(hardened[2], 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, capability := range dropped {
		if bounds&(1<<capability) != 0 {
			t.Errorf("capability %d is left", capability)
		}
	}
	for i := 2; i < 6; i++ {
		if plain[i] == hardened[i] {
			t.Errorf("both are in %s", plain[i])
		}
	}
	for _, measure := range Probe("") {
		if measure.Err != nil {
			t.Errorf("%s: %v", measure.ID, measure.Err)
		}
	}
}

func TestRootDirectoryAndWorkingDirectory(t *testing.T) {
	needRoot(t)
	// The shell has to be found inside, so the root is a bind-free stand-in: the real one.
	for dir, want := range map[string]string{"/usr": "/usr\n", "/no/such/dir": "/\n", "": "/\n"} {
		if got := printed(t, Spec{Root: "/", Dir: dir}, "pwd"); got != want {
			t.Errorf("%q: got %q, want %q", dir, got, want)
		}
	}
	_, err := Start(reaper, Spec{Root: t.TempDir(), Argv: []string{"/bin/sh"}})
	if err == nil || err.Error() != "exec /bin/sh: no such file or directory" {
		t.Errorf("a root without a shell: got %v", err)
	}
}

func TestToolReportsCodeAndOutput(t *testing.T) {
	code, text, err := Tool(context.Background(), reaper, "/bin/sh", "-c", "echo out; echo err >&2; exit 3")
	if err != nil || code != 3 || text != "out\nerr" {
		t.Errorf("got %d %q %v", code, text, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if code, _, err := Tool(ctx, reaper, "/bin/sh", "-c", "exec sleep 60"); err == nil || code != 137 {
		t.Errorf("a cancelled tool: got %d, %v", code, err)
	}
}
