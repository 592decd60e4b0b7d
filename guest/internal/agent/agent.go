//go:build linux

// Package agent is the service that the guest offers to the host.
package agent

import (
	"context"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/logbook"
	"airlock.invalid/guest/internal/reap"
	"airlock.invalid/guest/internal/rpc/agentv1"
	"airlock.invalid/guest/internal/rpc/agentv1/agentv1connect"
)

// Agent implements AgentService.
type Agent struct {
	agentv1connect.UnimplementedAgentServiceHandler
	version string
	// booted is the time from the kernel's start to the agent's.
	booted time.Duration
	reaper *reap.Reaper
	log    *logbook.Book
}

// New returns the service of a machine that has just booted.
func New(version string, booted time.Duration, reaper *reap.Reaper, log *logbook.Book) *Agent {
	return &Agent{version: version, booted: booted, reaper: reaper, log: log}
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
