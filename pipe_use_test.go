//go:build linux || windows

package ipc_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/winsys-go/ipc"
)

// TestPipeHTTP: a hundred clients at once, of a pipe with fewer instances than
// that, and of one with as many as they like.
func TestPipeHTTP(t *testing.T) {
	for _, most := range []int{0, 7} {
		t.Run(fmt.Sprintf("%d instances", most), func(t *testing.T) {
			n := pipeNamespace(t)
			l := must(n.ListenPipe("http", &ipc.PipeOptions{MaxInstances: most}))
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				w.Write(b)
			})}
			served := make(chan error, 1)
			go func() { served <- server.Serve(l) }()
			var clients sync.WaitGroup
			for i := range 100 {
				clients.Go(func() {
					client := pipeHTTP(n)
					client.Transport.(*http.Transport).DisableKeepAlives = most > 0
					defer client.CloseIdleConnections()
					for k := range 5 {
						text := strings.Repeat(fmt.Sprintf("%d of client %d. ", k, i), 1+k*500)
						r, err := client.Post("http://pipe/", "text/plain", strings.NewReader(text))
						if err != nil {
							t.Errorf("client %d: %v", i, err)
							return
						}
						if b, err := io.ReadAll(r.Body); string(b) != text || err != nil {
							t.Errorf("client %d: %d bytes instead of %d, %v", i, len(b), len(text), err)
						}
						r.Body.Close()
					}
				})
			}
			clients.Wait()
			server.Close()
			if err := <-served; err != http.ErrServerClosed {
				t.Errorf("the server ended with %v", err)
			}
		})
	}
}

func pipeHTTP(n *ipc.Namespace) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return n.DialPipe(ctx, "http") },
	}}
}

type doubler struct{}

func (doubler) Double(in int, out *int) error { *out = 2 * in; return nil }

// TestPipeRPC: net/rpc over both modes.
func TestPipeRPC(t *testing.T) {
	for _, mode := range []bool{false, true} {
		n := pipeNamespace(t)
		server, client := pipePair(t, n, &ipc.PipeOptions{MessageMode: mode})
		s := rpc.NewServer()
		must(0, s.RegisterName("N", doubler{}))
		go s.ServeConn(server)
		c := rpc.NewClient(client)
		var twice int
		if err := c.Call("N.Double", 21, &twice); err != nil || twice != 42 {
			t.Errorf("got %d, %v", twice, err)
		}
		c.Close()
	}
}

// TestPipeTLS: TLS over both modes.
func TestPipeTLS(t *testing.T) {
	certificate, roots := selfSigned(t)
	for _, mode := range []bool{false, true} {
		n := pipeNamespace(t)
		server, client := pipePair(t, n, &ipc.PipeOptions{MessageMode: mode})
		s := tls.Server(server, &tls.Config{Certificates: []tls.Certificate{certificate}})
		c := tls.Client(client, &tls.Config{RootCAs: roots, ServerName: "pipe"})
		text := bytes.Repeat([]byte("secret "), 100_000)
		go func() {
			c.Write(text)
			c.CloseWrite()
		}()
		if got, err := io.ReadAll(s); !bytes.Equal(got, text) || err != nil {
			t.Errorf("%d bytes of %d, %v", len(got), len(text), err)
		}
	}
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"pipe"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	roots := x509.NewCertPool()
	roots.AddCert(must(x509.ParseCertificate(der)))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// TestPipeWithdrawn: a message whose writer ran out of time is never read, all
// others are, whatever the moment.
func TestPipeWithdrawn(t *testing.T) {
	n := pipeNamespace(t)
	server, client := pipePair(t, n, &ipc.PipeOptions{MessageMode: true})
	const last = 1 << 20
	sent, failed := make(chan uint32, last), 0
	go func() {
		defer close(sent)
		for i := range uint32(shorter(400)) {
			m := make([]byte, 4+int(i)*2971%1_500_000)
			binary.LittleEndian.PutUint32(m, i)
			client.SetWriteDeadline(time.Now().Add(time.Duration(i%7) * 100 * time.Microsecond))
			err := client.WriteMessage(m)
			switch {
			case err == nil:
				sent <- i
			case errors.Is(err, os.ErrDeadlineExceeded):
				failed++
			default:
				t.Errorf("write: %v", err)
			}
		}
		client.SetWriteDeadline(time.Time{})
		must(0, client.WriteMessage(binary.LittleEndian.AppendUint32(nil, last)))
		client.CloseWrite()
	}()
	var got []uint32
	for {
		m, err := server.ReadMessage()
		if err == io.EOF {
			break
		}
		must(0, err)
		i := binary.LittleEndian.Uint32(m)
		if i != last && len(m) != 4+int(i)*2971%1_500_000 {
			t.Fatalf("message %d has %d bytes", i, len(m))
		}
		got = append(got, i)
	}
	for want := range sent {
		if len(got) == 0 || got[0] != want {
			t.Fatalf("message %d was sent and did not come; the next that did: %v", want, got)
		}
		got = got[1:]
	}
	if len(got) != 1 || got[0] != last {
		t.Errorf("messages that were withdrawn came all the same: %v", got)
	}
	if failed == 0 {
		t.Error("no write ran out of time")
	}
}

// TestPipeTransactCancelled: a transaction ends with its context, leaves the
// deadlines as they were, and its reply is the next message.
func TestPipeTransactCancelled(t *testing.T) {
	n := pipeNamespace(t)
	server, client := pipePair(t, n, &ipc.PipeOptions{MessageMode: true})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := client.Transact(ctx, []byte("one"))
		ended <- err
	}()
	if m := must(server.ReadMessage()); string(m) != "one" {
		t.Errorf("the request is %q", m)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("transact: %v", err)
	}
	must(0, server.WriteMessage([]byte("late")))
	if _, err := client.Transact(t.Context(), []byte("two")); !errors.Is(err, ipc.ErrPipeBusy) {
		t.Errorf("transact before the late reply was read: %v", err)
	}
	if m := must(client.ReadMessage()); string(m) != "late" {
		t.Errorf("the late reply is %q", m)
	}
	// A cancelled context writes nothing but does no harm either.
	if _, err := client.Transact(ctx, []byte("three")); !errors.Is(err, context.Canceled) {
		t.Errorf("transact: %v", err)
	}
}

// TestPipeDialCancelled: many wait for an instance, and each is released by
// its own context or by an instance, never by another's.
func TestPipeDialCancelled(t *testing.T) {
	n := pipeNamespace(t)
	l := must(n.ListenPipe("p", &ipc.PipeOptions{MaxInstances: 1}))
	defer l.Close()
	first := must(n.TryDialPipe("p"))
	defer first.Close()
	server := must(l.AcceptPipe(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error, 20)
	connected := make(chan *ipc.PipeConn, 20)
	for i := range 20 {
		mine := ctx
		if i%2 == 0 {
			mine = within(t)
		}
		go func() {
			c, err := n.DialPipe(mine, "p")
			if err == nil {
				connected <- c
			}
			results <- err
		}()
	}
	cancel()
	for range 10 {
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled dial: %v", err)
		}
	}
	for range 10 { // one after the other
		server.Close()
		if err := <-results; err != nil {
			t.Fatalf("a dial that waits: %v", err)
		}
		server = must(l.AcceptPipe(t.Context()))
		(<-connected).Close()
	}
	server.Close()
}

// TestPipeNamesAsTheyAre: dots and spaces at the end of a name, which Windows takes
// off many a path, belong to it, for those who wait for an instance as well.
func TestPipeNamesAsTheyAre(t *testing.T) {
	n := pipeNamespace(t)
	for _, name := range []string{"a", "a.", "a ", "a. .", "...", `a\b`, `a.\b`, `a \b`} {
		l := must(n.ListenPipe(name, &ipc.PipeOptions{MaxInstances: 1}))
		defer l.Close()
		client := must(n.TryDialPipe(name))
		defer client.Close()
		defer must(l.AcceptPipe(t.Context())).Close()
		soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := n.DialPipe(soon, name); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q: to wait while it is busy gives %v", name, err)
		}
		cancel()
	}
}

// TestPipeInvalid: nil handles, closed ones and impossible arguments give
// errors.
func TestPipeInvalid(t *testing.T) {
	n := pipeNamespace(t)
	var c *ipc.PipeConn
	var l *ipc.PipeListener
	var r *ipc.PipeReader
	var w *ipc.PipeWriter
	var none *ipc.Namespace
	use := func(c *ipc.PipeConn) map[string]error {
		e := map[string]error{
			"disconnect": c.Disconnect(), "close for writing": c.CloseWrite(), "deadline": c.SetDeadline(time.Time{}),
			"read deadline": c.SetReadDeadline(time.Time{}), "write deadline": c.SetWriteDeadline(time.Time{}),
			"write message": c.WriteMessage(nil),
		}
		_, e["read"] = c.Read(make([]byte, 1))
		_, e["write"] = c.Write([]byte("x"))
		_, e["read message"] = c.ReadMessage()
		_, _, e["read part"] = c.ReadPart(nil)
		_, e["peek"] = c.Peek(nil)
		_, e["transact"] = c.Transact(t.Context(), nil)
		_, e["peer"] = c.Peer()
		return e
	}
	for what, err := range use(c) {
		wantPipeError(t, "nil: "+what, err, ipc.ErrInvalid)
	}
	for what, err := range use(&ipc.PipeConn{}) {
		wantPipeError(t, "zero: "+what, err, ipc.ErrInvalid)
	}
	_, errAccept := l.Accept()
	_, errRead := r.Read(nil)
	_, errWrite := w.Write(nil)
	_, errListen := none.ListenPipe("p", nil)
	_, errDial := none.DialPipe(t.Context(), "p")
	_, errTry := none.TryDialPipe("p")
	_, errCall := none.CallPipe(t.Context(), "p", nil)
	_, errList := none.Pipes()
	for i, err := range []error{errAccept, errRead, errWrite, errListen, errDial, errTry, errCall, errList,
		l.Close(), c.Close(), r.Close(), w.Close(), l.SetDeadline(time.Time{}), r.SetReadDeadline(time.Time{}), w.SetWriteDeadline(time.Time{})} {
		wantPipeError(t, fmt.Sprint("nil: ", i), err, ipc.ErrInvalid)
	}
	if c.Name() != "" || l.Name() != "" || c.MessageMode() || c.LocalAddr() == nil || l.Addr() == nil {
		t.Error("nil handles have something")
	}

	server, client := pipePair(t, n, &ipc.PipeOptions{MessageMode: true})
	server.Close()
	client.Close()
	for _, end := range []*ipc.PipeConn{server, client} {
		for what, err := range use(end) {
			if end == client && what == "disconnect" {
				continue
			}
			wantPipeError(t, "closed: "+what, err, ipc.ErrClosed)
			wantPipeError(t, "closed: "+what, err, net.ErrClosed)
		}
	}
	for _, o := range []ipc.PipeOptions{{Direction: 3}, {InputBuffer: -1}, {OutputBuffer: 1 << 40}} {
		_, err := n.ListenPipe("p", &o)
		wantPipeError(t, fmt.Sprintf("%+v", o), err, ipc.ErrInvalid)
	}
	_, err := n.ListenPipe("p", &ipc.PipeOptions{Security: "nonsense"})
	wantPipeError(t, "security", err, errSecurity)
}

func wantPipeError(t *testing.T, what string, err, want error) {
	t.Helper()
	var e *ipc.Error
	if !errors.Is(err, want) || !errors.As(err, &e) || e.Op == "" {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// TestPipeClosed: closing an end releases what is blocked on it; closing the
// namespace closes everything.
func TestPipeClosed(t *testing.T) {
	for _, o := range []ipc.PipeOptions{{}, {MessageMode: true}} {
		n := pipeNamespace(t)
		l := must(n.ListenPipe("p", &o))
		client := must(n.TryDialPipe("p"))
		server := must(l.AcceptPipe(t.Context()))
		blocked := make(chan error, 3)
		go func() {
			_, err := server.Read(make([]byte, 1))
			blocked <- err
		}()
		go func() {
			_, err := client.Write(make([]byte, 64<<20))
			blocked <- err
		}()
		go func() {
			_, err := l.Accept()
			blocked <- err
		}()
		time.Sleep(time.Millisecond) // more or less blocked: each moment is as good
		must(0, n.Close())
		for range 3 {
			if err := <-blocked; !errors.Is(err, ipc.ErrClosed) && !errors.Is(err, ipc.ErrBrokenPipe) && err != io.EOF && err != nil {
				t.Errorf("a blocked operation: %v", err)
			}
		}
		if _, err := n.ListenPipe("p", nil); !errors.Is(err, ipc.ErrClosed) {
			t.Errorf("listen in a closed namespace: %v", err)
		}
	}
}

// TestAnonymousDeadline: a blocked end is released by its deadline and by Close,
// and goes on after the former.
func TestAnonymousDeadline(t *testing.T) {
	s := pipeScene{T: t}
	r, w := s.anonymous()
	must(0, r.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	_, err := r.Read(make([]byte, 1))
	wantPipeError(t, "read", err, os.ErrDeadlineExceeded)
	must(0, w.SetWriteDeadline(time.Now().Add(20*time.Millisecond)))
	_, err = w.Write(make([]byte, 1<<20))
	wantPipeError(t, "write", err, os.ErrDeadlineExceeded)
	must(0, r.SetReadDeadline(time.Time{}))
	must(0, w.SetWriteDeadline(time.Time{}))
	go w.Write([]byte("x")) // Windows has withdrawn what was not read
	must(r.Read(make([]byte, 1)))

	r, _ = s.anonymous()
	end := blocked(s, func() (int, error) { return r.Read(make([]byte, 1)) })
	must(0, r.Close())
	_, err = end()
	wantPipeError(t, "the blocked read", err, net.ErrClosed)
}
