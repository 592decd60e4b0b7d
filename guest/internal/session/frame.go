//go:build linux

package session

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
)

// headBytes is the longest that stands before an output in the body of an answer.
const headBytes = envelopeBytes + 1 + binary.MaxVarintLen32

// envelopeBytes are what Connect puts before a message: flags and length.
// https://connectrpc.com/docs/protocol#streaming-response
const envelopeBytes = 5

// Fields of ExecResponse.
const (
	stdoutField protowire.Number = 2
	stderrField protowire.Number = 3
)

// frame holds an output and has room for what stands before it on the wire, so that it goes there as it was
// read. Encoding it as a message would copy it twice, and make two frames of HTTP/2 of it.
type frame []byte

func newFrame(outputBytes int) frame { return make(frame, headBytes+outputBytes) }

// output is where an output is read into.
func (f frame) output() []byte { return f[headBytes:] }

// enclose returns an ExecResponse with the first bytes of the output, in its envelope.
func (f frame) enclose(field protowire.Number, count int) []byte {
	message := protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.BytesType), uint64(count))
	begin := headBytes - envelopeBytes - len(message)
	f[begin] = 0
	binary.BigEndian.PutUint32(f[begin+1:], uint32(len(message)+count))
	copy(f[begin+envelopeBytes:], message)
	return f[begin : headBytes+count]
}
