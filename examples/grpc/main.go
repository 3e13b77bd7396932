// Command grpc is gRPC over a named pipe: a server that greets, and its client.
//
//	go run . serve greeter      in one terminal
//	go run . greet greeter you  in another
//
// All that is special to pipes is [dial] and the listener.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/winsys-go/ipc"
)

// A dialer is [ipc.DialPipe], or that of a namespace.
type dialer func(ctx context.Context, name string) (*ipc.PipeConn, error)

// dial makes a client of the pipe name. A pipe is as private as its namespace, so
// it needs no TLS.
func dial(name string, d dialer) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///"+name,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, name string) (net.Conn, error) {
			c, err := d(ctx, name)
			if err != nil {
				return nil, err // not a nil *ipc.PipeConn
			}
			return c, nil
		}))
}

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "serve":
		l, err := ipc.ListenPipe(args[1], nil)
		if err != nil {
			log.Fatal(err)
		}
		log.Fatal(newServer().Serve(l))
	case len(args) == 3 && args[0] == "greet":
		c, err := dial(args[1], ipc.DialPipe)
		if err != nil {
			log.Fatal(err)
		}
		defer c.Close()
		greeting, err := greet(context.Background(), c, args[2])
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(greeting)
	default:
		log.Fatal("usage: grpc serve PIPE | grpc greet PIPE WHOM")
	}
}

// The service has one method. Most programs have theirs generated from a .proto
// file instead.

const greetMethod = "/ipc.example.Greeter/Greet"

var service = grpc.ServiceDesc{
	ServiceName: "ipc.example.Greeter",
	HandlerType: (*any)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "Greet", Handler: handleGreet}},
}

func newServer() *grpc.Server {
	s := grpc.NewServer()
	s.RegisterService(&service, nil)
	return s
}

func handleGreet(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	var whom wrapperspb.StringValue
	if err := decode(&whom); err != nil {
		return nil, err
	}
	return wrapperspb.String("hello, " + whom.Value), nil
}

func greet(ctx context.Context, c *grpc.ClientConn, whom string) (string, error) {
	var greeting wrapperspb.StringValue
	err := c.Invoke(ctx, greetMethod, wrapperspb.String(whom), &greeting)
	return greeting.Value, err
}
