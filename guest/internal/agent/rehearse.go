//go:build linux

package agent

import (
	"net/http"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"

	"airlock.invalid/guest/internal/rpc/agentv1"
	"airlock.invalid/guest/internal/rpc/agentv1/agentv1connect"
)

// Rehearse does what is done once in the life of a machine and would otherwise be done by the first
// calls: a snapshot that is taken afterwards has it.
func (a *Agent) Rehearse(handler http.Handler) {
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
	// What an answer is made with, its end in JSON included, is made by a first one: here, that there is no
	// sandbox yet.
	call(handler, agentv1connect.AgentServiceExecProcedure, "application/connect+proto")
	call(handler, agentv1connect.AgentServiceHelloProcedure, "application/proto")
}

func call(handler http.Handler, procedure, contentType string) {
	request, err := http.NewRequest(http.MethodPost, procedure, http.NoBody)
	if err != nil {
		return
	}
	// Calls in both directions exist in HTTP/2 only.
	request.Proto, request.ProtoMajor, request.ProtoMinor = "HTTP/2.0", 2, 0
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Connect-Protocol-Version", "1")
	handler.ServeHTTP(unheard{}, request)
}

// unheard is an answer that goes nowhere.
type unheard http.Header

func (u unheard) Header() http.Header          { return http.Header(u) }
func (unheard) Write(text []byte) (int, error) { return len(text), nil }
func (unheard) WriteHeader(int)                {}
func (unheard) Flush()                         {}
