//go:build linux

// Package port opens the virtio-serial port that leads to the host and serves HTTP/2 on it.
package port

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/device"
)

// Windows and frame size with which one stream can fill the link (measured; the defaults of 64 KiB
// make throughput a matter of round trips).
//
// What a stream has received counts against the connection's window until the handler has read it, so
// a process that does not read its input keeps its part for good. All streams together fit into the
// connection's window, which is just below the 2 GiB that HTTP/2 knows: however many are stuck, a
// control call gets through.
const (
	streamWindow     = 1 << 20
	maxStreams       = 2000
	connectionWindow = maxStreams * streamWindow
	maxFrame         = 1 << 20
)

// kept has the nodes of our ports, in the agent's own root: those in /dev are taken away from the
// processes of a hardened sandbox.
const kept = "/ports"

// Find waits for the port with the name and returns the path of its device. The driver makes ports
// after the device, when the host has told it their names.
func Find(ctx context.Context, name string) (path string, err error) {
	var stat unix.Stat_t
	wanted := device.Wanted{What: "virtio port " + name, Subsystem: "virtio-ports"}
	err = device.Await(ctx, wanted, func() (bool, error) {
		path = find(name)
		return path != "" && unix.Stat(path, &stat) == nil, nil
	})
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(kept, 0o700); err != nil {
		return "", err
	}
	path = filepath.Join(kept, name)
	if err := unix.Mknod(path, stat.Mode, int(stat.Rdev)); err != nil {
		return "", fmt.Errorf("make %s: %w", path, err)
	}
	return path, nil
}

func find(name string) string {
	// The pattern is constant, so Glob cannot fail.
	files, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil && strings.TrimSpace(string(text)) == name {
			return "/dev/" + filepath.Base(filepath.Dir(file))
		}
	}
	return ""
}

// Serve serves one host connection after the other until the context ends. While it waits for the next
// one, and nothing of the last is left, the port busy is closed: the host sees that and may save the
// machine in this state.
func Serve(ctx context.Context, path, busy string, handler http.Handler) error {
	server := newServer()
	flag := &busyFlag{path: busy}
	if err := flag.raise(); err != nil {
		return err
	}
	var current *conn
	for ctx.Err() == nil {
		next, err := current.successor(), error(nil)
		if next == nil {
			// ServeConn has closed the port, which drops what the lost connection left in it.
			next, err = open(ctx, path, flag)
		}
		if err != nil {
			return err
		}
		current = next
		server.ServeConn(current, &http2.ServeConnOpts{Context: ctx, Handler: handler})
	}
	return ctx.Err()
}

func newServer() *http2.Server {
	return &http2.Server{
		MaxConcurrentStreams:         maxStreams,
		MaxReadFrameSize:             maxFrame,
		MaxUploadBufferPerStream:     streamWindow,
		MaxUploadBufferPerConnection: connectionWindow,
	}
}

// open opens the port and waits until the host is at the other end.
func open(ctx context.Context, path string, flag *busyFlag) (*conn, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := waitForHost(ctx, fd, flag); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("wait for the host on %s: %w", path, err)
	}
	return &conn{file: os.NewFile(uintptr(fd), path)}, nil
}

// waitForHost returns when the port is connected. While it is not, poll reports a hang-up at once;
// an edge-triggered epoll sleeps until the driver announces a change.
func waitForHost(ctx context.Context, fd int, flag *busyFlag) error {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(epoll)
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLET&0xffffffff, Fd: int32(fd)}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		return err
	}
	for ctx.Err() == nil {
		polled := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLOUT}}
		_, err := unix.Poll(polled, 0)
		if err == nil && polled[0].Revents&unix.POLLHUP == 0 {
			return flag.raise()
		}
		flag.lower()
		var events [1]unix.EpollEvent
		_, err = unix.EpollWait(epoll, events[:], -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
	return ctx.Err()
}
