//go:build linux

package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"connectrpc.com/connect"

	"airlock.invalid/guest/internal/boot"
	"airlock.invalid/guest/internal/device"
	"airlock.invalid/guest/internal/disk"
	"airlock.invalid/guest/internal/environ"
	"airlock.invalid/guest/internal/identity"
	"airlock.invalid/guest/internal/inroot"
	"airlock.invalid/guest/internal/kernel"
	"airlock.invalid/guest/internal/logbook"
	"airlock.invalid/guest/internal/rootfs"
	"airlock.invalid/guest/internal/rpc/agentv1"
)

// deviceDeadline bounds the wait for one device. Hot-adding takes a third of a second; an emulated
// machine on a host without a free CPU has been seen to be fifty times slower.
const deviceDeadline = 60 * time.Second

var errConfigured = errors.New("the sandbox has been configured already")

// Configure assembles the sandbox.
func (a *Agent) Configure(ctx context.Context, request *connect.Request[agentv1.ConfigureRequest]) (*connect.Response[agentv1.ConfigureResponse], error) {
	if !a.configuring.CompareAndSwap(false, true) {
		return nil, connect.NewError(connect.CodeFailedPrecondition, errConfigured)
	}
	c := &configuration{agent: a, request: request.Msg, hostname: request.Msg.GetHostname()}
	if c.hostname == "" {
		c.hostname = "airlock"
	}
	if err := c.run(ctx); err != nil {
		a.log.Printf(logbook.Error, "configure", "%v", err)
		return nil, connect.NewError(configureCode(err), err)
	}
	return connect.NewResponse(c.finish()), nil
}

func configureCode(err error) connect.Code {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return connect.CodeDeadlineExceeded
	case errors.Is(err, context.Canceled):
		return connect.CodeCanceled
	case isInvalid(err):
		return connect.CodeInvalidArgument
	case errors.Is(err, disk.ErrForeign), errors.Is(err, disk.ErrShrunk):
		return connect.CodeFailedPrecondition
	case errors.Is(err, disk.ErrDamaged):
		return connect.CodeDataLoss
	default:
		return connect.CodeInternal
	}
}

func isInvalid(err error) bool {
	invalid := []error{identity.ErrUnknown, rootfs.ErrTarget, rootfs.ErrShareType, device.ErrNoSerial}
	return slices.ContainsFunc(invalid, func(known error) bool { return errors.Is(err, known) })
}

// configuration is one run of Configure.
type configuration struct {
	agent    *Agent
	request  *agentv1.ConfigureRequest
	hostname string

	root      *inroot.Root
	user      identity.User
	env       []string
	formatted bool
	reset     bool
	measures  []*agentv1.Measure
	finished  []*agentv1.Step
}

type step struct {
	name string
	run  func(context.Context) error
}

func (c *configuration) run(ctx context.Context) error {
	for _, step := range c.steps() {
		began := time.Now()
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		// They are told together: on an emulated CPU, each message costs as much as many a step.
		c.finished = append(c.finished, &agentv1.Step{Name: step.name, DurationUs: time.Since(began).Microseconds()})
	}
	return c.root.Close()
}

func (c *configuration) steps() []step {
	steps := []step{
		// First of all: until then, a machine that was resumed is random like its siblings.
		{"entropy", c.mixEntropy},
		{"clock", c.setClock},
		{"hostname", c.setHostname},
		// Before the file systems, which take the device over.
		{"nested", c.enableNested},
		{"rootfs", c.mountImage},
		{"disk", c.mountDisk},
		{"overlay", c.mountOverlay},
		{"filesystems", c.mountFileSystems},
	}
	for _, share := range c.request.GetShares() {
		steps = append(steps, step{"share " + share.GetTag(), func(ctx context.Context) error {
			return withDeadline(ctx, func(ctx context.Context) error {
				return rootfs.MountShare(ctx, c.root, share)
			})
		}})
	}
	return append(steps, step{"names", c.writeNames}, step{"user", c.findUser}, step{"harden", c.harden})
}

func withDeadline(ctx context.Context, run func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, deviceDeadline)
	defer cancel()
	return run(ctx)
}

func awaitBlock(ctx context.Context, serial string) (path string, err error) {
	err = withDeadline(ctx, func(ctx context.Context) error {
		path, err = device.AwaitBlock(ctx, serial)
		return err
	})
	return path, err
}

func (c *configuration) setClock(context.Context) error {
	return setClock(c.request.GetClock())
}

func (c *configuration) mixEntropy(context.Context) error {
	return kernel.MixEntropy(c.request.GetEntropy())
}

func (c *configuration) setHostname(context.Context) error {
	return kernel.SetHostname(c.hostname)
}

func (c *configuration) mountImage(ctx context.Context) error {
	path, err := awaitBlock(ctx, c.request.GetRootfs().GetSerial())
	if err != nil {
		return err
	}
	return rootfs.MountImage(path)
}

func (c *configuration) mountDisk(ctx context.Context) error {
	path, err := awaitBlock(ctx, c.request.GetDisk().GetSerial())
	if err != nil {
		return err
	}
	c.formatted, err = disk.Mount(ctx, c.agent.reaper, path, rootfs.Disk)
	if err == nil {
		c.agent.diskMounted.Store(true)
	}
	return err
}

func (c *configuration) mountOverlay(context.Context) (err error) {
	if c.reset, err = rootfs.MountOverlay(c.request.GetRootfs().GetImageDigest(), c.request.GetHarden()); err != nil {
		return err
	}
	if c.root, err = inroot.Open(rootfs.Root); err != nil {
		return err
	}
	c.root.Replaced = func(name string) {
		c.agent.log.Printf(logbook.Warn, "configure", "%s was no directory and has been replaced by one", name)
	}
	return nil
}

func (c *configuration) mountFileSystems(context.Context) error {
	if err := rootfs.MountFileSystems(c.root, c.request.GetHarden()); err != nil {
		return inTheWay(err)
	}
	return nil
}

// inTheWay tells the way out of what a program of the sandbox has made of its root file system.
func inTheWay(err error) error {
	return fmt.Errorf("%w. A program may have put something in the way: `airlock rm` gives the sandbox a new root file system", err)
}

// writeNames goes on without the files: a program that made one unwritable must not keep the sandbox
// from its next start.
func (c *configuration) writeNames(context.Context) error {
	if err := errors.Join(rootfs.WriteNames(c.root, c.hostname), rootfs.WriteMachineID(c.root)); err != nil {
		c.agent.log.Printf(logbook.Warn, "configure", "not all files with names could be written: %v", err)
	}
	return nil
}

func (c *configuration) findUser(context.Context) (err error) {
	if c.user, err = c.lookupUser(); err != nil {
		return err
	}
	base := baseEnv(c.root, c.user.Home, c.request.GetTimeZone())
	c.env = environ.Merge(base, c.request.GetEnv())
	return nil
}

// lookupUser falls back on the image's own files: the sandbox's are in the hands of its programs.
func (c *configuration) lookupUser() (identity.User, error) {
	user, err := lookupUser(c.root, c.request.GetUser())
	if err == nil {
		return user, nil
	}
	image, openErr := inroot.Open(rootfs.Image)
	if openErr != nil {
		return identity.User{}, errors.Join(err, openErr)
	}
	defer image.Close()
	user, imageErr := lookupUser(image, c.request.GetUser())
	if imageErr != nil {
		return identity.User{}, imageErr
	}
	c.agent.log.Printf(logbook.Warn, "configure", "%v: /etc/passwd or /etc/group has been changed in the sandbox, the image's are used", err)
	return user, nil
}

func (c *configuration) enableNested(context.Context) error {
	if !c.request.GetNested() {
		return nil
	}
	// One of the two modules fails: they are for different makers' CPUs.
	if err := boot.LoadModules("nested.list", true); err != nil {
		return err
	}
	if _, err := os.Stat("/dev/kvm"); err != nil {
		c.agent.log.Printf(logbook.Warn, "configure", "nested virtualisation was asked for, but /dev/kvm is missing")
	}
	return nil
}

// finish opens the sandbox for processes.
func (c *configuration) finish() *agentv1.ConfigureResponse {
	request := c.request
	c.agent.world.Store(&world{
		user:   c.user,
		env:    c.env,
		dir:    request.GetWorkingDir(),
		harden: request.GetHarden(),
		shares: request.GetShares(),
	})
	return &agentv1.ConfigureResponse{
		Uid:           c.user.UID,
		Gid:           c.user.GID,
		Groups:        c.user.Groups,
		Home:          c.user.Home,
		Measures:      c.measures,
		OverlayReset:  c.reset,
		DiskFormatted: c.formatted,
		Steps:         c.finished,
	}
}
