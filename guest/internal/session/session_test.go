//go:build linux

package session

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/proto"

	"airlock.invalid/guest/internal/launch"
	"airlock.invalid/guest/internal/reap"
	"airlock.invalid/guest/internal/rpc/agentv1"
)

var reaper = reap.New()

func TestMain(m *testing.M) {
	go reaper.Run(context.Background())
	os.Exit(m.Run())
}

// fakeHost is the host's end of a stream: it plays requests and records responses.
type fakeHost struct {
	requests chan *agentv1.ExecRequest
	stdout   strings.Builder
	stderr   strings.Builder
	exited   *agentv1.Exited
	// onOutput sees all output so far; it is called in order.
	onOutput func(all string)
}

func (h *fakeHost) Receive() (*agentv1.ExecRequest, error) {
	request, ok := <-h.requests
	if !ok {
		return nil, io.EOF
	}
	return request, nil
}

func (h *fakeHost) Send(response *agentv1.ExecResponse) error {
	switch response := response.GetResponse().(type) {
	case *agentv1.ExecResponse_Stdout:
		h.stdout.Write(response.Stdout)
		if h.onOutput != nil {
			h.onOutput(h.stdout.String())
		}
	case *agentv1.ExecResponse_Stderr:
		h.stderr.Write(response.Stderr)
	case *agentv1.ExecResponse_Exited:
		h.exited = response.Exited
		close(h.requests)
	}
	return nil
}

func (h *fakeHost) SendEncoded(response []byte) error {
	decoded := &agentv1.ExecResponse{}
	if err := proto.Unmarshal(response[envelopeBytes:], decoded); err != nil {
		return err
	}
	return h.Send(decoded)
}

func newHost(requests ...*agentv1.ExecRequest) *fakeHost {
	host := &fakeHost{requests: make(chan *agentv1.ExecRequest, 16)}
	for _, request := range requests {
		host.requests <- request
	}
	return host
}

func shell(script string) Request {
	return Request{
		Spec: launch.Spec{Argv: []string{"sh", "-c", script}, Env: []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}},
		Ptmx: "/dev/ptmx",
	}
}

func inTerminal(request Request) Request {
	request.Terminal = &agentv1.TerminalSize{Rows: 33, Columns: 99}
	return request
}

func run(t *testing.T, request Request, host *fakeHost) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return Run(ctx, reaper, request, host)
}

func stdin(text string) *agentv1.ExecRequest {
	return &agentv1.ExecRequest{Request: &agentv1.ExecRequest_Stdin{Stdin: []byte(text)}}
}

func stdinEnd() *agentv1.ExecRequest {
	return &agentv1.ExecRequest{Request: &agentv1.ExecRequest_StdinEnd{StdinEnd: &agentv1.StdinEnd{}}}
}

func signal(number unix.Signal) *agentv1.ExecRequest {
	return &agentv1.ExecRequest{Request: &agentv1.ExecRequest_Signal{Signal: uint32(number)}}
}

func TestProcesses(t *testing.T) {
	tests := map[string]struct {
		request        Request
		input          []*agentv1.ExecRequest
		stdout, stderr string
		code, signal   uint32
	}{
		"output and errors are apart":        {shell("echo out; echo err >&2"), nil, "out\n", "err\n", 0, 0},
		"the exit code is passed on":         {shell("exit 7"), nil, "", "", 7, 0},
		"a signal's number is added to 128":  {shell("kill -9 $$"), nil, "", "", 137, 9},
		"input arrives and ends":             {shell("cat; echo end"), []*agentv1.ExecRequest{stdin("a\n"), stdin("b\n"), stdinEnd()}, "a\nb\nend\n", "", 0, 0},
		"a terminal has the size asked for":  {inTerminal(shell("stty size; tty >/dev/null && echo tty")), nil, "33 99\r\ntty\r\n", "", 0, 0},
		"a terminal has one output":          {inTerminal(shell("echo err >&2")), nil, "err\r\n", "", 0, 0},
		"the end of input is not typed":      {inTerminal(shell("stty -echo; read x; echo got $x")), []*agentv1.ExecRequest{stdinEnd(), stdin("later\n")}, "", "", 0, 0},
		"a missing directory means the root": {func() Request { r := shell("pwd"); r.Spec.Dir = "/does/not/exist"; return r }(), nil, "/\n", "", 0, 0},
		"large output is complete":           {shell("head -c 300000 /dev/zero | tr '\\0' x"), nil, strings.Repeat("x", 300000), "", 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			host := newHost(test.input...)
			if err := run(t, test.request, host); err != nil {
				t.Fatal(err)
			}
			got := host.stdout.String()
			if name == "the end of input is not typed" {
				// Whether the typed line is echoed depends on who is first.
				if !strings.HasSuffix(got, "got later\r\n") {
					t.Errorf("got output %q", got)
				}
			} else if got != test.stdout {
				t.Errorf("got output %.80q, want %.80q", got, test.stdout)
			}
			if host.stderr.String() != test.stderr {
				t.Errorf("got errors %q, want %q", host.stderr.String(), test.stderr)
			}
			if host.exited.GetCode() != test.code || host.exited.GetSignal() != test.signal {
				t.Errorf("got %v", host.exited)
			}
		})
	}
}

func TestSignals(t *testing.T) {
	tests := map[string]struct {
		request Request
		signal  unix.Signal
		code    uint32
	}{
		"by number to a process with pipes":   {shell("echo ready; exec sleep 60"), unix.SIGTERM, 143},
		"an interrupt typed into a terminal":  {inTerminal(shell("echo ready; exec sleep 60")), unix.SIGINT, 130},
		"a quit typed into a terminal":        {inTerminal(shell("ulimit -c 0; echo ready; exec sleep 60")), unix.SIGQUIT, 131},
		"another one to a terminal's process": {inTerminal(shell("echo ready; exec sleep 60")), unix.SIGUSR1, 138},
		"a program may catch the typed key":   {inTerminal(shell("trap 'exit 5' INT; echo ready; while :; do sleep 0.05; done")), unix.SIGINT, 5},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			host := newHost()
			sent := false
			host.onOutput = func(all string) {
				if !sent && strings.Contains(all, "ready") {
					sent = true
					host.requests <- signal(test.signal)
				}
			}
			if err := run(t, test.request, host); err != nil {
				t.Fatal(err)
			}
			if host.exited.GetCode() != test.code {
				t.Errorf("got %v, want code %d", host.exited, test.code)
			}
		})
	}
}

func TestResizeReachesTheProcess(t *testing.T) {
	host := newHost()
	sent := false
	host.onOutput = func(all string) {
		if !sent && strings.Contains(all, "ready") {
			sent = true
			size := &agentv1.TerminalSize{Rows: 11, Columns: 22}
			host.requests <- &agentv1.ExecRequest{Request: &agentv1.ExecRequest_Resize{Resize: size}}
		}
	}
	script := "trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done"
	if err := run(t, inTerminal(shell(script)), host); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(host.stdout.String(), "11 22") {
		t.Errorf("got %q", host.stdout.String())
	}
}

func TestABackgroundProcessDoesNotHoldUpTheExit(t *testing.T) {
	for name, request := range map[string]Request{
		"pipes":    shell("sleep 5 & echo started"),
		"terminal": inTerminal(shell("trap '' HUP; sleep 5 & echo started")),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			host := newHost()
			if err := run(t, request, host); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it took %v", took)
			}
			if !strings.Contains(host.stdout.String(), "started") {
				t.Errorf("got %q", host.stdout.String())
			}
		})
	}
}

func TestOutputIsCompleteForAHostThatTakesItSlowly(t *testing.T) {
	for name, request := range map[string]Request{
		"pipes":    shell("head -c 60000 /dev/zero | tr '\\0' x; sleep 5 &"),
		"terminal": inTerminal(shell("head -c 3000 /dev/zero | tr '\\0' x; trap '' HUP; sleep 5 &")),
	} {
		t.Run(name, func(t *testing.T) {
			host := newHost()
			// Longer than the silence after which the output counts as ended.
			host.onOutput = func(string) { time.Sleep(quietAfterExit + 100*time.Millisecond) }
			if err := run(t, request, host); err != nil {
				t.Fatal(err)
			}
			want := map[string]int{"pipes": 60000, "terminal": 3000}[name]
			if got := host.stdout.Len(); got != want {
				t.Errorf("got %d bytes, want %d", got, want)
			}
		})
	}
}

func TestAHostThatIsGoneHangsUpTheTerminal(t *testing.T) {
	marker := t.TempDir() + "/hangup"
	host := newHost()
	ctx, cancel := context.WithCancel(context.Background())
	host.onOutput = func(all string) {
		if strings.Contains(all, "ready") {
			cancel()
		}
	}
	script := "trap 'touch " + marker + "; exit 0' HUP; echo ready; while :; do sleep 0.05; done"
	if err := Run(ctx, reaper, inTerminal(shell(script)), host); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(marker); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the process was not hung up")
		}
	}
}

func TestLaunchErrorsNameTheStep(t *testing.T) {
	dir := t.TempDir()
	plain := dir + "/plain"
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		argv []string
		want error
		text string
	}{
		"not in PATH":      {[]string{"no-such-program"}, unix.ENOENT, "exec no-such-program: not found in PATH: no such file or directory"},
		"no such file":     {[]string{dir + "/missing"}, unix.ENOENT, "exec " + dir + "/missing: no such file or directory"},
		"not executable":   {[]string{plain}, unix.EACCES, "exec " + plain + ": permission denied"},
		"a directory":      {[]string{dir}, unix.EACCES, "exec " + dir + ": permission denied"},
		"no program":       {nil, launch.ErrEmptyCommand, "the command is empty"},
		"an empty program": {[]string{""}, launch.ErrEmptyCommand, "the command is empty"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			request := shell("")
			request.Spec.Argv = test.argv
			err := run(t, request, newHost())
			if !errors.Is(err, test.want) || err.Error() != test.text {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAScriptWithoutInterpreterIsRunByTheShell(t *testing.T) {
	script := t.TempDir() + "/script"
	if err := os.WriteFile(script, []byte("echo plain $1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	request := shell("")
	request.Spec.Argv = []string{script, "word"}
	host := newHost()
	if err := run(t, request, host); err != nil {
		t.Fatal(err)
	}
	if host.stdout.String() != "plain word\n" {
		t.Errorf("got %q", host.stdout.String())
	}
}

func TestTwoProcessesAtOnceKeepTheirStatuses(t *testing.T) {
	codes := make(chan uint32, 20)
	for i := range cap(codes) {
		go func() {
			host := newHost()
			script := "exit " + string(rune('0'+i%10))
			_ = run(t, shell(script), host)
			codes <- host.exited.GetCode() - uint32(i%10)
		}()
	}
	for range cap(codes) {
		if difference := <-codes; difference != 0 {
			t.Errorf("a process got another one's status (%d)", difference)
		}
	}
}

func TestOutputThatIsHeldWhenTheTimeIsOverIsNotLost(t *testing.T) {
	reader, writer, err := pipe(false)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	defer writer.Close()
	if _, err := writer.WriteString("held"); err != nil {
		t.Fatal(err)
	}
	// As after an exit on a machine that is too busy to come to the read in time.
	if err := reader.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	host := newHost()
	if err := (&relay{stream: host}).pump(output{reader, stdoutField}); err != nil {
		t.Fatal(err)
	}
	if got := host.stdout.String(); got != "held" {
		t.Errorf("output %q", got)
	}
}
