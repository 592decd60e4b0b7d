//go:build linux

package port

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

// readBytes is the size of one read of the port; the HTTP/2 server itself reads in tiny pieces.
const readBytes = 64 << 10

// conn makes the port look like a network connection, which the HTTP/2 server wants.
//
// A host that hangs up and connects again at once may leave no trace but the bytes: the port reports
// its state, not its history. So a client preface at the start of a read, in the middle of a
// connection, ends this connection and begins the next on the same open port.
type conn struct {
	file    *os.File
	buffer  []byte
	pending []byte
	// begun is set when the first bytes, which are the connection's own preface, have been read.
	begun    bool
	replaced atomic.Bool
	closed   atomic.Bool
}

// successor returns the connection that began on the port of this one, nil when there is none.
func (c *conn) successor() *conn {
	if c == nil || !c.replaced.Load() {
		return nil
	}
	// The lost connection may have left deadlines behind.
	_ = c.file.SetDeadline(time.Time{})
	return &conn{file: c.file, buffer: c.buffer, pending: c.pending}
}

// Read is called by one goroutine, which has ended when successor is called.
func (c *conn) Read(into []byte) (int, error) {
	if c.replaced.Load() {
		return 0, io.EOF
	}
	if len(c.pending) == 0 {
		if c.buffer == nil {
			c.buffer = make([]byte, readBytes)
		}
		count, err := c.file.Read(c.buffer)
		if count <= 0 {
			return 0, err
		}
		c.pending = c.buffer[:count]
		if c.begun && bytes.HasPrefix(c.pending, []byte(http2.ClientPreface)) {
			c.replaced.Store(true)
			return 0, io.EOF
		}
	}
	c.begun = true
	count := copy(into, c.pending)
	c.pending = c.pending[count:]
	return count, nil
}

func (c *conn) Write(bytes []byte) (int, error) {
	if c.replaced.Load() || c.closed.Load() {
		return 0, net.ErrClosed
	}
	return c.file.Write(bytes)
}

// Close closes the port unless it has been passed on to the next connection.
func (c *conn) Close() error {
	if c.closed.Swap(true) || c.replaced.Load() {
		return nil
	}
	return c.file.Close()
}

type address string

func (address) Network() string  { return "virtio-serial" }
func (a address) String() string { return string(a) }

func (c *conn) LocalAddr() net.Addr                 { return address(c.file.Name()) }
func (c *conn) RemoteAddr() net.Addr                { return address("host") }
func (c *conn) SetDeadline(at time.Time) error      { return c.file.SetDeadline(at) }
func (c *conn) SetReadDeadline(at time.Time) error  { return c.file.SetReadDeadline(at) }
func (c *conn) SetWriteDeadline(at time.Time) error { return c.file.SetWriteDeadline(at) }
