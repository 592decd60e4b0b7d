//go:build linux

package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/device"
	"airlock.invalid/guest/internal/disk"
	"airlock.invalid/guest/internal/identity"
	"airlock.invalid/guest/internal/inroot"
	"airlock.invalid/guest/internal/launch"
	"airlock.invalid/guest/internal/logbook"
	"airlock.invalid/guest/internal/reap"
	"airlock.invalid/guest/internal/rpc/agentv1"
)

func TestExecErrors(t *testing.T) {
	step := func(err error) error { return &launch.Error{Step: "exec x", Err: err} }
	tests := map[string]struct {
		err  error
		want connect.Code
	}{
		"no such program":       {step(fmt.Errorf("not found in PATH: %w", unix.ENOENT)), connect.CodeNotFound},
		"a file as directory":   {step(unix.ENOTDIR), connect.CodeNotFound},
		"not executable":        {step(unix.EACCES), connect.CodePermissionDenied},
		"hardening refused":     {step(unix.EPERM), connect.CodePermissionDenied},
		"too many processes":    {step(unix.EAGAIN), connect.CodeResourceExhausted},
		"arguments too long":    {step(unix.E2BIG), connect.CodeInvalidArgument},
		"nothing to run":        {launch.ErrEmptyCommand, connect.CodeInvalidArgument},
		"the stream's own ends": {io.ErrClosedPipe, connect.CodeUnknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := connect.CodeOf(execError(test.err)); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
	if execError(nil) != nil {
		t.Error("no error became one")
	}
}

func TestConfigureCodes(t *testing.T) {
	for want, errs := range map[connect.Code][]error{
		connect.CodeInvalidArgument:    {identity.ErrUnknown, device.ErrNoSerial},
		connect.CodeFailedPrecondition: {disk.ErrForeign, disk.ErrShrunk},
		connect.CodeDataLoss:           {disk.ErrDamaged},
		connect.CodeDeadlineExceeded:   {context.DeadlineExceeded},
		connect.CodeInternal:           {unix.EIO},
	} {
		for _, err := range errs {
			if got := configureCode(fmt.Errorf("step: %w", err)); got != want {
				t.Errorf("%v: got %v, want %v", err, got, want)
			}
		}
	}
}

func TestConfigureIsCalledOnce(t *testing.T) {
	agent := New("1", 0, reap.New(), &logbook.Book{})
	agent.configuring.Store(true)
	_, err := agent.Configure(context.Background(), connect.NewRequest(&agentv1.ConfigureRequest{}))
	if connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("got %v", err)
	}
}

func TestASpecLiesOverTheWorld(t *testing.T) {
	w := &world{
		user:   identity.User{UID: 1, GID: 2, Groups: []uint32{3}},
		env:    []string{"A=1", "B=2"},
		dir:    "/work",
		harden: true,
	}
	spec, err := w.spec(&agentv1.ExecStart{Argv: []string{"make"}, Env: []string{"B=3", "TERM=x"}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(spec.Env, []string{"A=1", "B=3", "TERM=x"}) || spec.Dir != "/work" || !spec.Harden {
		t.Errorf("got %+v", spec)
	}
	if spec.Identity.UID != 1 || spec.Identity.GID != 2 || !slices.Equal(spec.Identity.Groups, []uint32{3}) {
		t.Errorf("got %+v", spec.Identity)
	}
	if spec, _ := w.spec(&agentv1.ExecStart{Argv: []string{"x"}, Cwd: "/other"}); spec.Dir != "/other" {
		t.Errorf("got directory %q", spec.Dir)
	}
	for _, argv := range [][]string{nil, {""}} {
		if _, err := w.spec(&agentv1.ExecStart{Argv: argv}); !errors.Is(err, launch.ErrEmptyCommand) {
			t.Errorf("%q: got %v", argv, err)
		}
	}
}

func TestBaseEnvLeavesAnUnknownTimeZoneOut(t *testing.T) {
	dir := t.TempDir()
	zones := filepath.Join(dir, "usr/share/zoneinfo/Europe")
	if err := os.MkdirAll(zones, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(zones, "Berlin"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	root, err := inroot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for zone, known := range map[string]bool{"Europe/Berlin": true, "Europe/Nowhere": false, "": false} {
		env := baseEnv(root, "/home/x", zone)
		if slices.Contains(env, "TZ="+zone) != known || !slices.Contains(env, "HOME=/home/x") {
			t.Errorf("%q: got %q", zone, env)
		}
	}
}
