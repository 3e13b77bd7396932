//go:build linux

package ipc_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"

	"github.com/winsys-go/ipc"
)

// A server that answers one message with another, and a client that asks.
func ExampleCallPipe() {
	n, remove := exampleNamespace() // a program uses ipc.ListenPipe and ipc.CallPipe
	defer remove()

	l, err := n.ListenPipe("greeter", &ipc.PipeOptions{MessageMode: true})
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.AcceptPipe(context.Background())
			if err != nil {
				return // closed
			}
			if name, err := c.ReadMessage(); err == nil {
				c.WriteMessage(fmt.Appendf(nil, "hello, %s", name))
			}
			c.Close()
		}
	}()

	reply, err := n.CallPipe(context.Background(), `\\.\pipe\Greeter`, []byte("world"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", reply)
	// Output: hello, world
}

// A pipe is a net.Listener and its connections are net.Conns, so whatever works
// over TCP works over a pipe: here a web server.
func ExampleListenPipe_http() {
	n, remove := exampleNamespace()
	defer remove()

	l, err := n.ListenPipe("web", nil)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.ToUpper(r.URL.Path))
	})}
	go server.Serve(l)
	defer server.Close()

	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return n.DialPipe(ctx, "web") },
	}}
	defer client.CloseIdleConnections()
	r, err := client.Get("http://pipe/quiet")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	fmt.Printf("%s %v\n", body, err)
	// Output: /QUIET <nil>
}

// Only so many clients at once; the next one does not wait.
func ExampleTryDialPipe() {
	n, remove := exampleNamespace()
	defer remove()

	l, err := n.ListenPipe("printer", &ipc.PipeOptions{MaxInstances: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	first, err := n.TryDialPipe("printer")
	if err != nil {
		log.Fatal(err)
	}
	defer first.Close()
	_, err = n.TryDialPipe("printer")
	fmt.Println(err)
	// Output: ipc: dial pipe "printer": all instances of the pipe are busy (wait with DialPipe, or let the server have more instances)
}

// What is written to the one end of an anonymous pipe is read from the other.
func ExampleAnonymousPipe() {
	r, w, err := ipc.AnonymousPipe()
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		fmt.Fprint(w, "through the pipe")
		w.Close()
	}()
	text, err := io.ReadAll(r)
	fmt.Printf("%s %v\n", text, err)
	// Output: through the pipe <nil>
}
