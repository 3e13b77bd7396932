package ipc

import (
	"context"
	"fmt"
	"io"

	"github.com/winsys-go/ipc/internal/backend"
)

// A PipeDirection says which way the data of a pipe go.
type PipeDirection uint8

// The directions, as seen by the server.
const (
	// PipeDuplex: both ends read and write.
	PipeDuplex PipeDirection = iota
	// PipeInbound: clients write and the server reads (PIPE_ACCESS_INBOUND).
	PipeInbound
	// PipeOutbound: the server writes and clients read (PIPE_ACCESS_OUTBOUND).
	PipeOutbound
)

// PipeOptions are the attributes of a pipe. Nil and the zero value mean bytes,
// both ways, for any number of clients.
type PipeOptions struct {
	// MessageMode makes what is written at once a message, which is read as
	// such, also when it is empty. Otherwise the pipe has bytes.
	MessageMode bool
	// Direction says which way the data go.
	Direction PipeDirection
	// MaxInstances is how many clients there can be at once; others find the
	// pipe busy. From 1 to 255; 0 and 255 mean any number.
	MaxInstances int
	// InputBuffer and OutputBuffer are how many bytes the system keeps for the
	// server, or for each client, to read, before those who write have to wait.
	// 0 means the system's choice. They are advice.
	InputBuffer, OutputBuffer int
	// DotNet lets .NET programs of the same user find the pipe where it is a Unix
	// socket: they look for it at CoreFxPipe_NAME in the directory for temporary
	// files. They write and read bytes. On Windows they find every pipe.
	DotNet bool
	// Security is a security descriptor in SDDL, on Windows.
	// [ErrUnsupported] elsewhere: the namespace is the boundary.
	Security string
}

// ListenPipe makes the pipe name and becomes its server. The name may begin with
// \\.\pipe\; case does not matter. Close of the listener gives it up, as does
// the end of the process, however it comes.
//
//   - [ErrExist]: the pipe has a server, or a file that no server of this
//     package has left is in its place, or that of DotNet. The file is not
//     touched.
//   - [ErrInvalidName]: empty, more than 256 characters, not UTF-8, with a
//     slash, or with nothing, "." or ".." between backslashes.
//   - [ErrInvalid]: an option is out of its range.
//   - the errors of [OpenNamespace].
//
// # Linux notes
//
// A pipe is a Unix socket in the directory of its namespace, and its byte mode
// is what any program finds that connects to it: see [PipeAddr].
//
// # Windows notes
//
// A pipe is the kernel's, for programs of this machine. Its name is taken until
// the last connection is closed, too.
func ListenPipe(name string, o *PipeOptions) (*PipeListener, error) { return listenPipe(nil, name, o) }

// ListenPipe is like the function [ListenPipe], in n.
func (n *Namespace) ListenPipe(name string, o *PipeOptions) (*PipeListener, error) {
	if n == nil {
		return nil, failNil("listen on pipe")
	}
	return listenPipe(n, name, o)
}

func listenPipe(n *Namespace, name string, o *PipeOptions) (*PipeListener, error) {
	const op = "listen on pipe"
	if o == nil {
		o = &PipeOptions{}
	}
	err := o.check()
	if err != nil {
		return nil, fail(op, name, err)
	}
	pipes, base, err := placePipe(n, name)
	if err != nil {
		return nil, fail(op, name, err)
	}
	native, err := pipes.Listen(backend.PipeSpec{
		Name: base, Message: o.MessageMode, Direction: backend.Direction(o.Direction), MaxInstances: o.MaxInstances,
		InputBuffer: o.InputBuffer, OutputBuffer: o.OutputBuffer, Security: o.Security, DotNet: o.DotNet,
	})
	if err != nil {
		return nil, fail(op, name, err)
	}
	return &PipeListener{native: native, name: name, addr: &PipeAddr{Name: base, Path: native.Path()}}, nil
}

func (o *PipeOptions) check() error {
	switch {
	case o.Direction > PipeOutbound:
		return fmt.Errorf("%w: there is no direction %d", ErrInvalid, o.Direction)
	case o.MaxInstances < 0 || o.MaxInstances > backend.MaxInstances:
		return fmt.Errorf("%w: %d instances, where 1 to %d are possible, or 0 for any number", ErrInvalid, o.MaxInstances, backend.MaxInstances)
	case o.InputBuffer < 0 || o.OutputBuffer < 0 || o.InputBuffer > maxBuffer || o.OutputBuffer > maxBuffer:
		return fmt.Errorf("%w: buffers have from 0 to %d bytes", ErrInvalid, maxBuffer)
	}
	return checkSecurity(o.Security)
}

const maxBuffer = 1 << 30

// DialPipe connects to the pipe name, as a client. When all its instances are
// busy, it waits for one until ctx is done. It reads and writes as the
// direction of the pipe allows. That the server has not accepted yet is no
// matter: what is written waits for it.
//
//   - [ErrNotExist]: nobody listens.
//   - [ErrVersion]: its server uses a version of this package with another
//     protocol.
//   - [ErrInvalidName]: as for [ListenPipe].
//   - [ErrUnsupported]: the name is of a pipe of another machine.
//   - the context's error.
func DialPipe(ctx context.Context, name string) (*PipeConn, error) {
	return dialPipe(ctx, "dial pipe", nil, name, true)
}

// DialPipe is like the function [DialPipe], in n.
func (n *Namespace) DialPipe(ctx context.Context, name string) (*PipeConn, error) {
	if n == nil {
		return nil, failNil("dial pipe")
	}
	return dialPipe(ctx, "dial pipe", n, name, true)
}

// TryDialPipe is [DialPipe] without waiting.
//
//   - [ErrPipeBusy]: all instances are busy.
func TryDialPipe(name string) (*PipeConn, error) {
	return dialPipe(context.Background(), "dial pipe", nil, name, false)
}

// TryDialPipe is like the function [TryDialPipe], in n.
func (n *Namespace) TryDialPipe(name string) (*PipeConn, error) {
	if n == nil {
		return nil, failNil("dial pipe")
	}
	return dialPipe(context.Background(), "dial pipe", n, name, false)
}

func dialPipe(ctx context.Context, op string, n *Namespace, name string, wait bool) (*PipeConn, error) {
	pipes, base, err := placePipe(n, name)
	if err != nil {
		return nil, fail(op, name, err)
	}
	native, err := pipes.Dial(ctx, base, wait)
	if err != nil {
		return nil, fail(op, name, err)
	}
	return &PipeConn{native: native, name: name, addr: &PipeAddr{Name: base}}, nil
}

// CallPipe connects to the pipe name, which must be one of messages, sends a
// request, and returns the reply: it is DialPipe, Transact and Close.
//
//   - [ErrInvalidUse]: the pipe has bytes.
//   - the errors of [DialPipe] and [PipeConn.Transact].
func CallPipe(ctx context.Context, name string, request []byte) (reply []byte, err error) {
	return callPipe(ctx, nil, name, request)
}

// CallPipe is like the function [CallPipe], in n.
func (n *Namespace) CallPipe(ctx context.Context, name string, request []byte) (reply []byte, err error) {
	if n == nil {
		return nil, failNil("call pipe")
	}
	return callPipe(ctx, n, name, request)
}

func callPipe(ctx context.Context, n *Namespace, name string, request []byte) ([]byte, error) {
	c, err := dialPipe(ctx, "call pipe", n, name, true)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	reply, err := c.native.Transact(ctx, request)
	if err != nil {
		return nil, fail("call pipe", name, noReply(err))
	}
	return reply, nil
}

// noReply says what the end of a connection is for who waits for a reply.
func noReply(err error) error {
	if err == io.EOF {
		return fmt.Errorf("the other end closed the connection without a reply: %w", err)
	}
	return err
}

// PipeInfo describes a pipe that has a server.
type PipeInfo struct {
	Name         string // as the server spells it, without a prefix
	MessageMode  bool
	Direction    PipeDirection
	MaxInstances int // 0: any number
	ServerPID    int
	// Clients is how many instances are in use: by clients, whether they were
	// accepted or not, and by connections that their server has not closed. It is
	// -1 where that is not known, as of a pipe with any number of instances.
	Clients int
	// Path is that of the listener's [PipeAddr].
	Path string
}

// Pipes lists the pipes of n that have a server, ordered by name.
func (n *Namespace) Pipes() ([]PipeInfo, error) {
	const op = "list pipes"
	if n == nil || n.engine == nil {
		return nil, failNil(op)
	}
	pipes, err := n.pipes.open()
	if err != nil {
		return nil, fail(op, n.Dir(), err)
	}
	list, err := pipes.List()
	if err != nil {
		return nil, fail(op, n.Dir(), err)
	}
	infos := make([]PipeInfo, len(list))
	for i, p := range list {
		infos[i] = PipeInfo{
			Name: p.Name, MessageMode: p.Message, Direction: PipeDirection(p.Direction),
			MaxInstances: p.MaxInstances, ServerPID: p.PID, Clients: p.Clients, Path: p.Path,
		}
	}
	return infos, nil
}
