//go:build linux

// Package reap starts processes and collects the statuses of all children, including the orphans
// that the kernel gives to PID 1. It is the only caller of wait in the agent, so no status is stolen.
package reap

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sys/unix"
)

// Status says how a process ended.
type Status struct {
	// Code is the exit code, 128 + n when signal n ended the process.
	Code int
	// Signal is the ending signal, 0 when the process exited by itself.
	Signal unix.Signal
}

// Process is a started child.
type Process struct {
	Pid int
	// Done is closed when the process has been reaped; Status is valid from then on.
	Done   chan struct{}
	Status Status
}

// Reaper owns all children of this process.
type Reaper struct {
	mu       sync.Mutex
	children map[int]*Process
	// changed is closed and replaced after every collected status.
	changed chan struct{}
}

// New returns a reaper; Run has to be running for it to collect anything.
func New() *Reaper {
	return &Reaper{children: map[int]*Process{}, changed: make(chan struct{})}
}

// Run collects statuses until the context ends.
func (r *Reaper) Run(ctx context.Context) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGCHLD)
	defer signal.Stop(signals)
	for {
		r.collect()
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
	}
}

// Start calls fork, which starts a child and returns its pid, and registers the child before its
// status can be collected.
func (r *Reaper) Start(fork func() (int, error)) (*Process, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := fork()
	if err != nil {
		return nil, err
	}
	process := &Process{Pid: pid, Done: make(chan struct{})}
	r.children[pid] = process
	return process, nil
}

// Signal sends a signal to the process unless it has been reaped, so that a reused pid is never hit.
func (r *Reaper) Signal(process *Process, number unix.Signal) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.children[process.Pid] != process {
		return unix.ESRCH
	}
	return unix.Kill(process.Pid, number)
}

// Exclusive runs a function while no status is collected: it waits for processes itself.
func (r *Reaper) Exclusive(run func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	run()
}

// WaitNone waits until there is no child left.
func (r *Reaper) WaitNone(ctx context.Context) error {
	for {
		r.mu.Lock()
		changed := r.changed
		var info unix.Siginfo
		err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		r.mu.Unlock()
		if errors.Is(err, unix.ECHILD) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (r *Reaper) collect() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var raw unix.WaitStatus
		pid, err := unix.Wait4(-1, &raw, unix.WNOHANG, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if !raw.Exited() && !raw.Signaled() {
			// A process that is traced has stopped.
			continue
		}
		if process, ok := r.children[pid]; ok {
			delete(r.children, pid)
			process.Status = statusOf(raw)
			close(process.Done)
		}
		close(r.changed)
		r.changed = make(chan struct{})
	}
}

func statusOf(raw unix.WaitStatus) Status {
	if raw.Signaled() {
		return Status{Code: 128 + int(raw.Signal()), Signal: raw.Signal()}
	}
	return Status{Code: raw.ExitStatus()}
}
