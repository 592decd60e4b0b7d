//go:build linux

// Command agent is the first process of the machine: it assembles the sandbox and runs the host's
// commands in it.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime"
	"time"

	"connectrpc.com/connect"
	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/agent"
	"airlock.invalid/guest/internal/boot"
	"airlock.invalid/guest/internal/kernel"
	"airlock.invalid/guest/internal/logbook"
	"airlock.invalid/guest/internal/port"
	"airlock.invalid/guest/internal/power"
	"airlock.invalid/guest/internal/reap"
	"airlock.invalid/guest/internal/rpc/agentv1/agentv1connect"
)

// version is stamped by the build.
var version = "0.0.0"

const (
	controlPort = "airlock.control"
	busyPort    = "airlock.busy"
)

func init() {
	// Keeps the first thread for main: launching a process uses up the thread it runs on, and the
	// first thread is what /proc/self shows.
	runtime.LockOSThread()
}

func main() {
	booted := sinceBoot()
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "agent: this program is the init of Airlock's virtual machine")
		os.Exit(2)
	}
	ended := make(chan error)
	// On a goroutine that any thread may run: the turns of one that is bound to its thread are turns of threads.
	go func() { ended <- run(context.Background(), booted) }()
	if err := <-ended; err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
	}
	// Without a link to the host the machine is of no use to anybody.
	power.Off()
}

func run(ctx context.Context, booted time.Duration) error {
	boot.IgnoreSignals()
	if err := boot.MountKernelFileSystems(); err != nil {
		return err
	}
	if err := boot.KeepModules(); err != nil {
		return err
	}
	book := &logbook.Book{}
	if err := boot.CalmMonitor(); err != nil {
		book.Printf(logbook.Warn, "boot", "the runtime's monitor is not calmed: %v", err)
	}
	// The HTTP/2 server reports lost connections here.
	log.SetFlags(0)
	log.SetOutput(book.Lines("link"))
	began := time.Now()
	if err := boot.LoadModules("boot.list", false); err != nil {
		return err
	}
	if !kernel.CanNest() {
		if err := boot.ForgetModules("nested.list"); err != nil {
			return err
		}
	}
	if err := kernel.RaiseLoopback(); err != nil {
		return err
	}
	book.Printf(logbook.Debug, "boot", "agent began %d ms after the kernel, modules took %d ms",
		booted.Milliseconds(), time.Since(began).Milliseconds())
	reaper := reap.New()
	go reaper.Run(ctx)
	go func() {
		if err := logbook.FollowKernel(book); err != nil {
			book.Printf(logbook.Warn, "log", "the kernel's log is closed: %v", err)
		}
	}()
	device, err := port.Find(ctx, controlPort)
	if err != nil {
		return err
	}
	busy, err := port.Find(ctx, busyPort)
	if err != nil {
		return err
	}
	service := agent.New(version, booted, reaper, book)
	mux := http.NewServeMux()
	// The link is local memory: compressing would cost more than it saves.
	uncompressed := connect.WithCompression("gzip", nil, nil)
	path, handler := agentv1connect.NewAgentServiceHandler(service, uncompressed)
	mux.Handle(path, agent.WithBody(handler))
	service.Rehearse(mux)
	return port.Serve(ctx, device, busy, mux)
}

func sinceBoot() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}
