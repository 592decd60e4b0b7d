//go:build linux

package port

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/sys/unix"
)

// pair returns a connection on one end of a packet socket, whose reads keep the boundaries of
// writes as the port's do, and the other end.
func pair(t *testing.T) (*conn, *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	host := os.NewFile(uintptr(fds[1]), "host")
	guest := &conn{file: os.NewFile(uintptr(fds[0]), "guest")}
	t.Cleanup(func() {
		_ = host.Close()
		_ = guest.file.Close()
	})
	return guest, host
}

func write(t *testing.T, host *os.File, text string) {
	t.Helper()
	if _, err := host.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func readFull(t *testing.T, from io.Reader, count int) string {
	t.Helper()
	buffer := make([]byte, count)
	if _, err := io.ReadFull(from, buffer); err != nil {
		t.Fatal(err)
	}
	return string(buffer)
}

func TestANewPrefaceEndsAConnectionAndBeginsTheNext(t *testing.T) {
	first, host := pair(t)
	write(t, host, http2.ClientPreface+"one")
	if got := readFull(t, first, len(http2.ClientPreface)+3); got != http2.ClientPreface+"one" {
		t.Fatalf("got %q", got)
	}
	if first.successor() != nil {
		t.Fatal("a successor before its time")
	}
	write(t, host, "not at the start: "+http2.ClientPreface)
	readFull(t, first, 18+len(http2.ClientPreface))
	write(t, host, http2.ClientPreface+"two")
	if _, err := first.Read(make([]byte, 10)); !errors.Is(err, io.EOF) {
		t.Fatalf("got %v", err)
	}
	if _, err := first.Write([]byte("late")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the old connection still writes: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := first.successor()
	if second == nil {
		t.Fatal("no successor")
	}
	if got := readFull(t, second, len(http2.ClientPreface)+3); got != http2.ClientPreface+"two" {
		t.Errorf("got %q", got)
	}
	if _, err := second.Write([]byte("answer")); err != nil {
		t.Error(err)
	}
}

func TestAHangUpEndsTheConnectionWithoutSuccessor(t *testing.T) {
	guest, host := pair(t)
	write(t, host, http2.ClientPreface)
	readFull(t, guest, len(http2.ClientPreface))
	_ = host.Close()
	if _, err := guest.Read(make([]byte, 10)); !errors.Is(err, io.EOF) {
		t.Fatalf("got %v", err)
	}
	if guest.successor() != nil {
		t.Error("a successor without a preface")
	}
}
