//go:build linux

// Package session runs one process for the host: it relays input, output, terminal sizes and
// signals, and reports the exit.
package session

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"airlock.invalid/guest/internal/launch"
	"airlock.invalid/guest/internal/reap"
	"airlock.invalid/guest/internal/rpc/agentv1"
)

const (
	// mostBytes bounds one output message, which just fits into a frame of HTTP/2 as the host takes it.
	mostBytes = pipeBytes - headBytes
	// fewBytes is what an output begins with: most have little to say.
	fewBytes = 32 << 10
	// pipeBytes is what a pipe holds: sixteen times what it does by itself, as each message costs turns of
	// several threads.
	pipeBytes = 1 << 20
	// queuedInputs bounds the input messages that wait for a process that does not read.
	queuedInputs = 64
	// quietAfterExit is how long the output may be silent, after the process has ended, while
	// a background process still holds it open. Output of the process itself is never cut: it is in
	// the kernel's buffers already.
	quietAfterExit = 500 * time.Millisecond
	// drainAfterExit bounds the same for background processes that go on writing.
	drainAfterExit = 10 * time.Second
	// requestEnd is the time a host has for ending its requests after the exit was reported.
	requestEnd = 500 * time.Millisecond
)

var errOver = errors.New("the call has ended")

// Stream is the host's end.
type Stream interface {
	Receive() (*agentv1.ExecRequest, error)
	Send(*agentv1.ExecResponse) error
	// SendEncoded sends a response that is in its envelope already.
	SendEncoded([]byte) error
}

// Request says what to run.
type Request struct {
	Spec launch.Spec
	// Terminal is the size of the terminal; nil means pipes.
	Terminal *agentv1.TerminalSize
	// Ptmx is the path of the container's terminal multiplexer.
	Ptmx string
	// Started is told the process; it may be nil.
	Started func(*reap.Process)
}

// Run launches the process and relays until it has ended or the host is gone.
func Run(ctx context.Context, reaper *reap.Reaper, request Request, stream Stream) error {
	spec := request.Spec
	channel, err := openChannel(&spec, request.Terminal, request.Ptmx)
	if err != nil {
		return err
	}
	defer channel.close()
	process, err := launch.Start(reaper, spec)
	channel.closeChildEnds()
	if err != nil {
		return err
	}
	if request.Started != nil {
		request.Started(process)
	}
	r := &relay{channel: channel, process: process, reaper: reaper, stream: stream}
	return r.run(ctx)
}

type relay struct {
	*channel
	process *reap.Process
	reaper  *reap.Reaper
	stream  Stream
	sending sync.Mutex
	// over is set, under sending, when the call returns: a stream must not be used after that.
	over bool
	// drainUntil is the end of the drain in Unix nanoseconds, 0 while the process runs.
	drainUntil atomic.Int64
}

func (r *relay) run(ctx context.Context) error {
	started := &agentv1.Started{Pid: uint32(r.process.Pid)}
	if err := r.send(&agentv1.ExecResponse{Response: &agentv1.ExecResponse_Started{Started: started}}); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer r.end()
	received := make(chan struct{})
	go func() {
		defer close(received)
		r.receive(ctx)
	}()
	var outputs sync.WaitGroup
	for _, output := range r.outputs {
		outputs.Go(func() {
			if err := r.pump(output); err != nil {
				cancel(err)
			}
		})
	}
	select {
	case <-ctx.Done():
		// The host is gone: closing our ends hangs up the terminal or breaks the pipes.
		return context.Cause(ctx)
	case <-r.process.Done:
	}
	r.limitDrain()
	outputs.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	status := r.process.Status
	exited := &agentv1.Exited{Code: uint32(status.Code), Signal: uint32(status.Signal)}
	if err := r.send(&agentv1.ExecResponse{Response: &agentv1.ExecResponse_Exited{Exited: exited}}); err != nil {
		return err
	}
	awaitEnd(ctx, received)
	return nil
}

// awaitEnd lets the host end its requests. A response that ends before its request resets the
// HTTP/2 stream, which some clients take for a failure.
func awaitEnd(ctx context.Context, received <-chan struct{}) {
	select {
	case <-received:
	case <-ctx.Done():
	case <-time.After(requestEnd):
	}
}

// pump relays one output. It does not read while the host takes nothing, so the process is slowed
// down instead of memory filled. The error is the host's, never the output's.
func (r *relay) pump(output output) error {
	frame := newFrame(fewBytes)
	for {
		buffer := frame.output()
		count, err := output.file.Read(buffer)
		late := errors.Is(err, os.ErrDeadlineExceeded)
		if count > 0 || late {
			// A deadline that has passed hides what the process left in the kernel's buffers, and on a
			// busy machine it may have passed before anything was read.
			count += readAvailable(output.file, buffer[count:])
		}
		if count > 0 {
			if err := r.sendEncoded(frame.enclose(output.field, count)); err != nil {
				return err
			}
			if count == len(buffer) && count < mostBytes {
				frame = newFrame(mostBytes)
			}
			r.extendDrain(output.file)
		}
		if err != nil && (!late || count == 0 || r.drained()) {
			return nil
		}
	}
}

// drained says whether the time for the output of background processes is over.
func (r *relay) drained() bool { return time.Now().UnixNano() >= r.drainUntil.Load() }

// readAvailable adds what can be read at once. A terminal gives at most 4 KiB per call, and a message
// costs far more than a read.
func readAvailable(file *os.File, buffer []byte) (total int) {
	withFd(file, func(fd int) {
		for total < len(buffer) {
			count, err := unix.Read(fd, buffer[total:])
			if err != nil || count <= 0 {
				// End and errors come again at the next ordinary read.
				return
			}
			total += count
		}
	})
	return total
}

func (r *relay) limitDrain() {
	r.drainUntil.Store(time.Now().Add(drainAfterExit).UnixNano())
	for _, output := range r.outputs {
		r.extendDrain(output.file)
	}
}

func (r *relay) extendDrain(file *os.File) {
	end := r.drainUntil.Load()
	if end == 0 {
		return
	}
	deadline := time.Now().Add(quietAfterExit)
	if last := time.Unix(0, end); last.Before(deadline) {
		deadline = last
	}
	_ = file.SetReadDeadline(deadline)
}

func (r *relay) send(response *agentv1.ExecResponse) error {
	return r.whileOpen(func() error { return r.stream.Send(response) })
}

func (r *relay) sendEncoded(response []byte) error {
	return r.whileOpen(func() error { return r.stream.SendEncoded(response) })
}

func (r *relay) whileOpen(send func() error) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	if r.over {
		return errOver
	}
	return send()
}

// end waits for a message that is being sent and refuses further ones: sending on the stream of a
// call that has returned panics, and a panic of process 1 is the end of the machine.
func (r *relay) end() {
	r.sending.Lock()
	defer r.sending.Unlock()
	r.over = true
}

// receive obeys the host until the stream ends. Input and sizes keep their order in a queue;
// signals overtake input that the process does not read.
func (r *relay) receive(ctx context.Context) {
	queue := make(chan func(), queuedInputs)
	defer close(queue)
	go func() {
		for action := range queue {
			action()
		}
	}()
	enqueue := func(action func()) {
		select {
		case queue <- action:
		case <-ctx.Done():
		}
	}
	for {
		request, err := r.stream.Receive()
		if err != nil {
			if errors.Is(err, io.EOF) {
				enqueue(r.endInput)
			}
			return
		}
		switch request := request.GetRequest().(type) {
		case *agentv1.ExecRequest_Stdin:
			enqueue(func() { r.writeInput(request.Stdin) })
		case *agentv1.ExecRequest_StdinEnd:
			enqueue(r.endInput)
		case *agentv1.ExecRequest_Resize:
			enqueue(func() { r.resize(request.Resize) })
		case *agentv1.ExecRequest_Signal:
			r.signal(unix.Signal(request.Signal))
		}
	}
}

func (r *relay) signal(number unix.Signal) {
	if number <= 0 || number > 64 {
		return
	}
	if _, ok := typed[number]; ok && r.terminal != nil {
		typeSignal(r.terminal, number)
		return
	}
	if r.terminal != nil {
		// An interactive shell shrugs off most signals; the job in its foreground is meant too.
		if group := foregroundGroup(r.terminal); group > 0 && group != r.process.Pid {
			_ = unix.Kill(-group, number)
		}
	}
	// ESRCH: the process has just ended, its exit is on the way.
	_ = r.reaper.Signal(r.process, number)
}
