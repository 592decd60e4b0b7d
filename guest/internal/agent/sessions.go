//go:build linux

package agent

import (
	"context"
	"errors"
	"sync"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/reap"
)

var errSuspending = errors.New("the sandbox is being suspended")

// sessionGrace is what a hung-up process gets before it is killed.
const sessionGrace = 3 * time.Second

// attachment is one Exec call; process is nil until it has started.
type attachment struct {
	process *reap.Process
	cancel  context.CancelCauseFunc
	over    chan struct{}
}

// sessions are the Exec calls that the host is attached to. The zero value is ready.
type sessions struct {
	mu sync.Mutex
	// closed refuses new calls while there are no shares.
	closed bool
	all    map[*attachment]bool
}

func (s *sessions) begin(ctx context.Context) (context.Context, *attachment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, errSuspending
	}
	ctx, cancel := context.WithCancelCause(ctx)
	attached := &attachment{cancel: cancel, over: make(chan struct{})}
	if s.all == nil {
		s.all = map[*attachment]bool{}
	}
	s.all[attached] = true
	return ctx, attached, nil
}

func (s *sessions) started(attached *attachment, process *reap.Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	attached.process = process
}

func (s *sessions) end(attached *attachment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, attached)
	attached.cancel(nil)
	close(attached.over)
}

// leaders are the first processes of the attached sessions, which name their sessions in the kernel.
func (s *sessions) leaders() (leaders map[int]bool, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	leaders = map[int]bool{}
	for attached := range s.all {
		if attached.process != nil {
			leaders[attached.process.Pid] = true
		}
	}
	return leaders, len(s.all)
}

func (s *sessions) setClosed(closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = closed
}

// hangUp ends all attached sessions as a terminal that is closed does: processes that ignore HUP, or
// have left their session, go on.
func (s *sessions) hangUp(ctx context.Context, reaper *reap.Reaper) {
	s.mu.Lock()
	all := make([]*attachment, 0, len(s.all))
	for attached := range s.all {
		all = append(all, attached)
	}
	s.mu.Unlock()
	var ended sync.WaitGroup
	for _, attached := range all {
		ended.Go(func() {
			// No process that has started ends with this code otherwise: the host tells a suspension by it.
			attached.cancel(connect.NewError(connect.CodeFailedPrecondition, errSuspending))
			select {
			case <-attached.over:
			case <-ctx.Done():
				return
			}
			if attached.process != nil {
				endLeader(ctx, reaper, attached.process)
			}
		})
	}
	ended.Wait()
}

// endLeader ends the first process of a session, which leads its process group.
func endLeader(ctx context.Context, reaper *reap.Reaper, process *reap.Process) {
	select {
	case <-process.Done:
		return
	default:
	}
	// ESRCH: it has just ended.
	_ = unix.Kill(-process.Pid, unix.SIGHUP)
	_ = unix.Kill(-process.Pid, unix.SIGCONT)
	select {
	case <-process.Done:
		return
	case <-ctx.Done():
		return
	case <-time.After(sessionGrace):
	}
	_ = reaper.Signal(process, unix.SIGKILL)
	select {
	case <-process.Done:
	case <-ctx.Done():
	case <-time.After(sessionGrace):
	}
}
