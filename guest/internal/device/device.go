//go:build linux

// Package device waits for hot-added devices by listening to the kernel's events.
package device

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"
)

// kernelEvents is the multicast group in which the kernel announces devices.
const kernelEvents = 1

// Await calls probe, and calls it again after every event of the kernel, until it says that the
// device is there or the context ends. What names the device in the error.
func Await(ctx context.Context, what string, probe func() (found bool, err error)) error {
	// Listening begins before the first probe, so no event is lost between the two.
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return fmt.Errorf("listen to device events: %w", err)
	}
	defer unix.Close(socket)
	if err := unix.Bind(socket, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: kernelEvents}); err != nil {
		return fmt.Errorf("listen to device events: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("listen to device events: %w", err)
	}
	defer unix.Close(wake)
	finished := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(finished)
		_, _ = unix.Write(wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
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
			return fmt.Errorf("%s did not appear in time: %w", what, ctx.Err())
		}
		waitForEvent(socket, wake)
	}
}

// waitForEvent returns after one or more events, or when it is woken. An overrun socket counts as
// an event: the caller probes again anyway.
func waitForEvent(socket, wake int) {
	polled := []unix.PollFd{
		{Fd: int32(socket), Events: unix.POLLIN},
		{Fd: int32(wake), Events: unix.POLLIN},
	}
	if _, err := unix.Poll(polled, -1); err != nil {
		return
	}
	buffer := make([]byte, 8192)
	for {
		if _, _, err := unix.Recvfrom(socket, buffer, unix.MSG_DONTWAIT); err != nil {
			return
		}
	}
}
