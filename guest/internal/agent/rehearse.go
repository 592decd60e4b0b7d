//go:build linux

package agent

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	"airlock.invalid/guest/internal/rpc/agentv1"
)

// Rehearse does what is done once in the life of a machine and would otherwise be done by the first
// Configure: a snapshot that is taken afterwards has it.
func (a *Agent) Rehearse() {
	a.probed()
	// A message's coder is worked out when the message is first used.
	messages := agentv1.File_airlock_agent_v1_agent_proto.Messages()
	for i := range messages.Len() {
		kind, err := protoregistry.GlobalTypes.FindMessageByName(messages.Get(i).FullName())
		if err != nil {
			continue
		}
		message := kind.New().Interface()
		if text, err := proto.Marshal(message); err == nil {
			_ = proto.Unmarshal(text, message)
		}
	}
}
