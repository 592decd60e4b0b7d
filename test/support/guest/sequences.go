// Command sequences prints what a kernel makes up for connections: the initial sequence numbers of TCP
// connections whose addresses and ports are always the same, and ports that the kernel chooses itself.
package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	listenPort = 7000
	firstPort  = 7100
	count      = 8
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	everything := uint16(0x0300) // ETH_P_ALL in network order
	capture, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, int(everything))
	if err != nil {
		return err
	}
	patience := syscall.Timeval{Sec: 20}
	if err := syscall.SetsockoptTimeval(capture, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &patience); err != nil {
		return err
	}
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: listenPort})
	if err != nil {
		return err
	}
	defer listener.Close()
	for port := firstPort; port < firstPort+count; port++ {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}, Timeout: 20 * time.Second}
		connection, err := dialer.Dial("tcp4", listener.Addr().String())
		if err != nil {
			return err
		}
		defer connection.Close()
		sequence, err := sequenceOfSyn(capture, uint16(port))
		if err != nil {
			return err
		}
		fmt.Println("sequence", sequence)
	}
	for range count {
		connection, err := net.Dial("tcp4", listener.Addr().String())
		if err != nil {
			return err
		}
		defer connection.Close()
		fmt.Println("port", connection.LocalAddr().(*net.TCPAddr).Port)
	}
	return nil
}

// sequenceOfSyn reads IP packets until the first one of a connection from the port.
func sequenceOfSyn(capture int, port uint16) (uint32, error) {
	packet := make([]byte, 65536)
	for {
		length, _, err := syscall.Recvfrom(capture, packet, 0)
		if err != nil {
			return 0, err
		}
		if length < 40 || packet[0]>>4 != 4 || packet[9] != syscall.IPPROTO_TCP {
			continue
		}
		tcp := packet[int(packet[0]&15)*4 : length]
		const syn, ack = 2, 16
		if binary.BigEndian.Uint16(tcp) == port && tcp[13]&(syn|ack) == syn {
			return binary.BigEndian.Uint32(tcp[4:]), nil
		}
	}
}
