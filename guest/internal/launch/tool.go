//go:build linux

package launch

import (
	"context"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/reap"
)

// Tool runs one of the agent's own tools and returns its exit code with what it printed. A context
// that ends kills the tool.
func Tool(ctx context.Context, reaper *reap.Reaper, argv ...string) (code int, printed string, err error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, "", err
	}
	defer null.Close()
	reader, writer, err := os.Pipe()
	if err != nil {
		return 0, "", err
	}
	defer reader.Close()
	process, err := Start(reaper, Spec{
		Argv:  argv,
		Env:   []string{"PATH=/sbin:/bin", "LC_ALL=C"},
		Files: [3]*os.File{null, writer, writer},
	})
	_ = writer.Close()
	if err != nil {
		return 0, "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = reaper.Signal(process, unix.SIGKILL) })
	defer stop()
	// Output that cannot be read is only missing from a message; the exit code decides.
	text, _ := io.ReadAll(io.LimitReader(reader, 64<<10))
	<-process.Done
	return process.Status.Code, strings.TrimSpace(string(text)), ctx.Err()
}
