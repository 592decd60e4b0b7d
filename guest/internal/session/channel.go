//go:build linux

package session

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/encoding/protowire"

	"airlock.invalid/guest/internal/launch"
	"airlock.invalid/guest/internal/rpc/agentv1"
)

type output struct {
	file *os.File
	// field is the one of ExecResponse that has it.
	field protowire.Number
}

// channel is the agent's side of a process's standard files.
type channel struct {
	// terminal is nil for pipes.
	terminal  *os.File
	input     *os.File
	outputs   []output
	childEnds []*os.File
}

// openChannel makes a terminal or three pipes and puts the process's ends into the spec.
func openChannel(spec *launch.Spec, terminal *agentv1.TerminalSize, ptmx string) (*channel, error) {
	if terminal == nil {
		return openPipes(spec)
	}
	master, slave, err := openTerminal(ptmx, terminal)
	if err != nil {
		return nil, err
	}
	if spec.Identity != nil {
		// The group `tty` has the id 5 wherever it exists; mesg and write need it.
		if err := slave.Chown(int(spec.Identity.UID), 5); err != nil {
			_ = master.Close()
			_ = slave.Close()
			return nil, fmt.Errorf("give the terminal to the user: %w", err)
		}
	}
	spec.Files = [3]*os.File{slave, slave, slave}
	spec.Terminal = true
	return &channel{
		terminal:  master,
		input:     master,
		outputs:   []output{{master, stdoutField}},
		childEnds: []*os.File{slave},
	}, nil
}

func openPipes(spec *launch.Spec) (*channel, error) {
	c := &channel{}
	// The standard input, output and error; the first is read by the process.
	for i, field := range []protowire.Number{0, stdoutField, stderrField} {
		reader, writer, err := pipe(i == 0)
		if err != nil {
			c.closeChildEnds()
			c.close()
			return nil, err
		}
		if i == 0 {
			c.input, spec.Files[i] = writer, reader
		} else {
			c.outputs = append(c.outputs, output{reader, field})
			spec.Files[i] = writer
		}
		c.childEnds = append(c.childEnds, spec.Files[i])
	}
	return c, nil
}

// pipe leaves the process's end blocking, as programs expect, and makes ours pollable.
func pipe(childReads bool) (reader, writer *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("pipe: %w", err)
	}
	// Fails only where the kernel allows less; then it is slower.
	_, _ = unix.FcntlInt(uintptr(fds[0]), unix.F_SETPIPE_SZ, pipeBytes)
	ours := fds[0]
	if childReads {
		ours = fds[1]
	}
	if err := unix.SetNonblock(ours, true); err != nil {
		_ = unix.Close(fds[0])
		_ = unix.Close(fds[1])
		return nil, nil, fmt.Errorf("pipe: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe"), nil
}

// writeInput ignores errors: a process that closed its input, or ended, does not want it.
func (c *channel) writeInput(bytes []byte) { _, _ = c.input.Write(bytes) }

// endInput closes a pipe. A terminal has no end of input but the character its user types.
func (c *channel) endInput() {
	if c.terminal == nil {
		_ = c.input.Close()
	}
}

func (c *channel) resize(size *agentv1.TerminalSize) {
	if c.terminal != nil {
		withFd(c.terminal, func(fd int) { resize(fd, size) })
	}
}

func (c *channel) closeChildEnds() {
	for _, file := range c.childEnds {
		_ = file.Close()
	}
	c.childEnds = nil
}

func (c *channel) close() {
	if c.input != nil {
		_ = c.input.Close()
	}
	for _, output := range c.outputs {
		_ = output.file.Close()
	}
}
