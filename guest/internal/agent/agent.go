//go:build linux

// Package agent is the service that the guest offers to the host.
package agent

import (
	"context"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/kernel"
	"airlock.invalid/guest/internal/launch"
	"airlock.invalid/guest/internal/logbook"
	"airlock.invalid/guest/internal/power"
	"airlock.invalid/guest/internal/reap"
	"airlock.invalid/guest/internal/rootfs"
	"airlock.invalid/guest/internal/rpc/agentv1"
	"airlock.invalid/guest/internal/stats"
)

// Agent implements AgentService.
type Agent struct {
	version string
	// booted is the time from the kernel's start to the agent's.
	booted time.Duration
	reaper *reap.Reaper
	log    *logbook.Book
	load   stats.Meter
	// probed says which measures of the hardening this kernel takes; it is found out once.
	probed func() []launch.Measure

	configuring atomic.Bool
	diskMounted atomic.Bool
	ending      atomic.Bool
	sessions    sessions
	// detaching lets one call at a time change the shares.
	detaching sync.Mutex
	// bystanders are halted as long as the shares are away.
	bystanders []bystander
	// world is nil until Configure has finished.
	world atomic.Pointer[world]
}

// New returns the service of a machine that has just booted.
func New(version string, booted time.Duration, reaper *reap.Reaper, log *logbook.Book) *Agent {
	probed := sync.OnceValue(func() []launch.Measure { return launch.Probe(rootfs.Parts) })
	return &Agent{version: version, booted: booted, reaper: reaper, log: log, probed: probed}
}

// Hello says who answers.
func (a *Agent) Hello(context.Context, *connect.Request[agentv1.HelloRequest]) (*connect.Response[agentv1.HelloResponse], error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return nil, connect.NewError(connect.CodeInternal, err)
	}
	return connect.NewResponse(&agentv1.HelloResponse{
		AgentVersion:  a.version,
		KernelRelease: unix.ByteSliceToString(name.Release[:]),
		BootUs:        a.booted.Microseconds(),
	}), nil
}

// Quiesce makes the machine small before it is saved.
func (a *Agent) Quiesce(context.Context, *connect.Request[agentv1.QuiesceRequest]) (*connect.Response[agentv1.QuiesceResponse], error) {
	debug.FreeOSMemory()
	if err := kernel.DropCaches(); err != nil {
		return nil, connect.NewError(connect.CodeInternal, err)
	}
	return connect.NewResponse(&agentv1.QuiesceResponse{}), nil
}

// SyncClock keeps the clock near the host's.
func (a *Agent) SyncClock(_ context.Context, request *connect.Request[agentv1.SyncClockRequest]) (*connect.Response[agentv1.SyncClockResponse], error) {
	if clock := request.Msg.GetClock(); clock != nil {
		if err := kernel.FollowClock(clock.GetSeconds(), clock.GetNanos()); err != nil {
			return nil, connect.NewError(connect.CodeInvalidArgument, err)
		}
	}
	return connect.NewResponse(&agentv1.SyncClockResponse{}), nil
}

func setClock(clock *agentv1.Clock) error {
	if clock == nil {
		return nil
	}
	return kernel.SetClock(clock.GetSeconds(), clock.GetNanos())
}

// Stats reads the load.
func (a *Agent) Stats(context.Context, *connect.Request[agentv1.StatsRequest]) (*connect.Response[agentv1.StatsResponse], error) {
	disk := ""
	if a.diskMounted.Load() {
		disk = rootfs.Disk
	}
	response, err := a.load.Read(disk)
	if err != nil {
		return nil, connect.NewError(connect.CodeInternal, err)
	}
	return connect.NewResponse(response), nil
}

// Logs streams the log until the host has enough.
func (a *Agent) Logs(ctx context.Context, _ *connect.Request[agentv1.LogsRequest], stream *connect.ServerStream[agentv1.LogEntry]) error {
	recent, next, stop := a.log.Follow()
	defer stop()
	send := func(entry logbook.Entry) error {
		return stream.Send(&agentv1.LogEntry{
			Level:  agentv1.LogLevel(entry.Level),
			Target: entry.Target,
			Text:   entry.Text,
		})
	}
	for _, entry := range recent {
		if err := send(entry); err != nil {
			return err
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case entry := <-next:
			if err := send(entry); err != nil {
				return err
			}
		}
	}
}

// answerDeadline is the time the answer of Shutdown has to get out.
const answerDeadline = 250 * time.Millisecond

// Shutdown ends everything and powers the machine off after the answer.
func (a *Agent) Shutdown(ctx context.Context, request *connect.Request[agentv1.ShutdownRequest]) (*connect.Response[agentv1.ShutdownResponse], error) {
	if !a.ending.CompareAndSwap(false, true) {
		return nil, connect.NewError(connect.CodeFailedPrecondition, errEnding)
	}
	grace := time.Duration(request.Msg.GetGraceMs()) * time.Millisecond
	// The host may hang up; the disk is brought to rest all the same.
	if err := power.Settle(context.WithoutCancel(ctx), a.reaper, rootfs.Disk, grace); err != nil {
		a.log.Printf(logbook.Error, "shutdown", "%v", err)
	}
	time.AfterFunc(answerDeadline, power.Off)
	return connect.NewResponse(&agentv1.ShutdownResponse{}), nil
}
