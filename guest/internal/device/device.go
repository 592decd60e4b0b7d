//go:build linux

// Package device waits for hot-added devices by listening to the kernel's events.
package device

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// kernelEvents is the multicast group in which the kernel announces devices.
const kernelEvents = 1

// Wanted is a device that is waited for.
type Wanted struct {
	// What it is, for an error.
	What string
	// Subsystem in whose events the kernel announces it, such as "block".
	Subsystem string
}

// Await calls probe, and calls it again after the kernel's events of the device's subsystem, until it
// says that the device is there or the context ends.
func Await(ctx context.Context, wanted Wanted, probe func() (found bool, err error)) error {
	// Most devices have come before they are waited for.
	if found, err := probe(); found || err != nil {
		return err
	}
	// Listening begins before the next probe, so no event is lost between the two.
	events, err := listen()
	if err != nil {
		return fmt.Errorf("listen to device events: %w", err)
	}
	defer events.close()
	finished := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(finished)
		events.interrupt()
	})
	defer func() {
		// The callback may be running: the descriptor is closed only after it.
		if !stop() {
			<-finished
		}
	}()
	for {
		found, err := probe()
		if found || err != nil {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s did not appear in time: %w", wanted.What, ctx.Err())
		}
		events.await(wanted.Subsystem)
	}
}

// eventSocket hears what the kernel announces.
type eventSocket struct {
	socket, wake int
}

func listen() (eventSocket, error) {
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return eventSocket{}, err
	}
	if err := unix.Bind(socket, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: kernelEvents}); err != nil {
		_ = unix.Close(socket)
		return eventSocket{}, err
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		_ = unix.Close(socket)
		return eventSocket{}, err
	}
	return eventSocket{socket, wake}, nil
}

func (e eventSocket) close() {
	_ = unix.Close(e.wake)
	_ = unix.Close(e.socket)
}

// interrupt ends await, now or when it is called.
func (e eventSocket) interrupt() {
	_, _ = unix.Write(e.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
}

// await returns after one or more events of the subsystem, or when it is interrupted. One device has a
// dozen events of others: its bridge, its queues, its cache.
func (e eventSocket) await(subsystem string) {
	polled := []unix.PollFd{
		{Fd: int32(e.socket), Events: unix.POLLIN},
		{Fd: int32(e.wake), Events: unix.POLLIN},
	}
	for {
		if _, err := unix.Poll(polled, -1); err != nil || polled[1].Revents != 0 || e.heard(subsystem) {
			return
		}
	}
}

// heard takes all events that wait and says whether one was of the subsystem. An overrun socket may have lost
// one.
func (e eventSocket) heard(subsystem string) (heard bool) {
	buffer := make([]byte, 8192)
	for {
		count, _, err := unix.Recvfrom(e.socket, buffer, unix.MSG_DONTWAIT)
		if err != nil {
			return heard || !errors.Is(err, unix.EAGAIN)
		}
		heard = heard || isOf(buffer[:count], subsystem)
	}
}

// isOf looks into an event, which is a headline and variables, each with a NUL at its end.
func isOf(event []byte, subsystem string) bool {
	return bytes.Contains(event, []byte("\x00SUBSYSTEM="+subsystem+"\x00"))
}
