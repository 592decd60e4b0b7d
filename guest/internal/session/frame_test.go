//go:build linux

package session

import (
	"bytes"
	"encoding/binary"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"airlock.invalid/guest/internal/rpc/agentv1"
)

func TestFrameIsWhatConnectWouldSend(t *testing.T) {
	fields := map[protowire.Number]func([]byte) *agentv1.ExecResponse{
		stdoutField: func(text []byte) *agentv1.ExecResponse {
			return &agentv1.ExecResponse{Response: &agentv1.ExecResponse_Stdout{Stdout: text}}
		},
		stderrField: func(text []byte) *agentv1.ExecResponse {
			return &agentv1.ExecResponse{Response: &agentv1.ExecResponse_Stderr{Stderr: text}}
		},
	}
	for field, response := range fields {
		for _, count := range []int{1, 127, 128, 70_000, mostBytes} {
			frame := newFrame(mostBytes)
			text := bytes.Repeat([]byte{'x'}, count)
			copy(frame.output(), text)
			message, err := proto.Marshal(response(text))
			if err != nil {
				t.Fatal(err)
			}
			envelope := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
			if !bytes.Equal(frame.enclose(field, count), append(envelope, message...)) {
				t.Errorf("field %d with %d bytes is encoded differently", field, count)
			}
		}
	}
}
