//go:build linux

package port

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// endless is a request body that never ends.
type endless struct{ sent chan<- int }

func (e endless) Read(into []byte) (int, error) {
	e.sent <- len(into)
	return len(into), nil
}

func TestInputsThatNobodyReadsDoNotHoldUpOtherCalls(t *testing.T) {
	const stuck = 40
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	mux := http.NewServeMux()
	mux.HandleFunc("/stuck", func(w http.ResponseWriter, request *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-request.Context().Done()
	})
	mux.HandleFunc("/call", func(w http.ResponseWriter, request *http.Request) {
		_, _ = io.Copy(w, request.Body)
	})
	host, guest := net.Pipe()
	defer host.Close()
	go newServer().ServeConn(guest, &http2.ServeConnOpts{Context: ctx, Handler: mux})
	client := &http.Client{Transport: &http2.Transport{
		AllowHTTP: true,
		DialTLSContext: func(context.Context, string, string, *tls.Config) (net.Conn, error) {
			return host, nil
		},
	}}
	post := func(path string, body io.Reader) *http.Response {
		t.Helper()
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://guest"+path, body)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	sent := make(chan int, 1024)
	for range stuck {
		response := post("/stuck", endless{sent})
		defer response.Body.Close()
	}
	for total := 0; total < stuck*streamWindow; {
		select {
		case count := <-sent:
			total += count
		case <-ctx.Done():
			t.Fatalf("the inputs stopped after %d bytes", total)
		}
	}
	message := bytes.Repeat([]byte("x"), 1000)
	response := post("/call", bytes.NewReader(message))
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || !bytes.Equal(answer, message) {
		t.Errorf("got %q, %v", answer, err)
	}
}
