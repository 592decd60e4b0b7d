//go:build linux

package agent

import (
	"context"
	"errors"
	"net/http"
	"syscall"

	"connectrpc.com/connect"

	"airlock.invalid/guest/internal/launch"
	"airlock.invalid/guest/internal/reap"
	"airlock.invalid/guest/internal/rootfs"
	"airlock.invalid/guest/internal/rpc/agentv1"
	"airlock.invalid/guest/internal/session"
)

var (
	errNotConfigured = errors.New("the sandbox has not been configured yet")
	errNoStart       = errors.New("the first request has to be start")
	errEnding        = errors.New("the machine is shutting down")
)

// Exec runs one process.
func (a *Agent) Exec(ctx context.Context, stream *connect.BidiStream[agentv1.ExecRequest, agentv1.ExecResponse]) error {
	world := a.world.Load()
	if world == nil {
		return connect.NewError(connect.CodeFailedPrecondition, errNotConfigured)
	}
	if a.ending.Load() {
		return connect.NewError(connect.CodeUnavailable, errEnding)
	}
	ctx, attached, err := a.sessions.begin(ctx)
	if err != nil {
		return connect.NewError(connect.CodeUnavailable, err)
	}
	defer a.sessions.end(attached)
	first, err := stream.Receive()
	if err != nil {
		return err
	}
	start := first.GetStart()
	if start == nil {
		return connect.NewError(connect.CodeInvalidArgument, errNoStart)
	}
	spec, err := world.spec(start)
	if err != nil {
		return execError(err)
	}
	return execError(session.Run(ctx, a.reaper, session.Request{
		Spec:     spec,
		Terminal: start.GetTerminal(),
		Ptmx:     rootfs.Ptmx,
		Started:  func(process *reap.Process) { a.sessions.started(attached, process) },
	}, answer{stream, ctx.Value(bodyKey{}).(http.ResponseWriter)}))
}

// bodyKey is the key of a context's value that is the body of the answer.
type bodyKey struct{}

// WithBody lets Exec write to the body of its answer, beside Connect.
func WithBody(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(body http.ResponseWriter, request *http.Request) {
		ctx := context.WithValue(request.Context(), bodyKey{}, body)
		handler.ServeHTTP(body, request.WithContext(ctx))
	})
}

// answer is the stream of a call. Connect sends each message at once, so those that are encoded already
// come in the right order.
type answer struct {
	*connect.BidiStream[agentv1.ExecRequest, agentv1.ExecResponse]
	body http.ResponseWriter
}

func (a answer) SendEncoded(response []byte) error {
	if _, err := a.body.Write(response); err != nil {
		return err
	}
	return http.NewResponseController(a.body).Flush()
}

// execError chooses the code by what the system said; errors of the stream pass unchanged.
func execError(err error) error {
	var errno syscall.Errno
	var step *launch.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, launch.ErrEmptyCommand):
		return connect.NewError(connect.CodeInvalidArgument, err)
	case !errors.As(err, &step):
		return err
	case errors.As(err, &errno) && (errno == syscall.ENOENT || errno == syscall.ENOTDIR):
		return connect.NewError(connect.CodeNotFound, err)
	case errno == syscall.EACCES || errno == syscall.EPERM:
		return connect.NewError(connect.CodePermissionDenied, err)
	case errno == syscall.ENOMEM || errno == syscall.EAGAIN:
		return connect.NewError(connect.CodeResourceExhausted, err)
	default:
		return connect.NewError(connect.CodeInvalidArgument, err)
	}
}
