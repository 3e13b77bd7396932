package backend

import (
	"context"
	"errors"
	"net"
	"time"
)

// The sentinels of pipes.
var (
	ErrPipeBusy = errors.New("all instances of the pipe are busy")
	// ErrPipeUnread is ErrPipeBusy for a transaction.
	ErrPipeUnread       error = unread{}
	ErrPipeNotConnected       = errors.New("the pipe was disconnected")
	ErrBrokenPipe             = errors.New("the other end of the pipe is closed")
	ErrPipeProtocol           = errors.New("the other end does not keep to the protocol of pipes")

	// ErrPipeClosed is both ErrClosed and net.ErrClosed.
	ErrPipeClosed error = closedPipe{}
)

type unread struct{}

func (unread) Error() string {
	return "a message that was not read is there: read it first, then ask"
}

func (unread) Is(target error) bool { return target == ErrPipeBusy }

type closedPipe struct{}

func (closedPipe) Error() string   { return "the pipe is closed: open it again" }
func (closedPipe) Unwrap() []error { return []error{ErrClosed, net.ErrClosed} }

// A Direction says which way the data of a pipe go. The values are part of the
// format of a pipe's card.
type Direction uint8

// The directions, as seen by the server.
const (
	Duplex   Direction = iota
	Inbound            // from clients to the server
	Outbound           // from the server to clients
)

// MaxPipeName is the longest name of a pipe, in characters.
const MaxPipeName = 256

// MaxInstances is the most that a pipe can be limited to; it means no limit,
// as PIPE_UNLIMITED_INSTANCES does.
const MaxInstances = 255

// MaxMessage is the size of the largest message of a pipe, in bytes.
const MaxMessage = 1<<31 - 1

// A PipeSpec says what pipe to make.
type PipeSpec struct {
	Name         string
	Message      bool
	Direction    Direction
	MaxInstances int // 0 and 255: no limit
	InputBuffer  int // bytes; 0: the system's choice
	OutputBuffer int
	Security     string // Windows: a descriptor in SDDL
	DotNet       bool   // Unix: also where .NET looks for it
}

// A PipeInfo describes a pipe that somebody listens on.
type PipeInfo struct {
	PipeSpec
	PID     int    // of the server
	Clients int    // instances that are in use; -1: not known
	Path    string // see PipeListener
}

// A Peer is the process at the other end.
type Peer struct {
	PID      int
	UID, GID int    // -1 where the system has none
	User     string // Windows: its security identifier
}

// A Peeked is what a look at an incoming pipe found.
type Peeked struct {
	N         int // bytes copied
	Available int // bytes that have arrived; on a message pipe, of the next message
	Left      int // bytes of the message that were not copied, arrived or not
}

// Pipes are the named pipes of one namespace.
type Pipes interface {
	Listen(PipeSpec) (PipeListener, error)
	// Dial connects to a pipe. When all instances are busy, it waits until ctx is
	// done, or returns ErrPipeBusy if it is not to wait.
	Dial(ctx context.Context, name string, wait bool) (PipeConn, error)
	List() ([]PipeInfo, error)
	// Close closes every listener and connection.
	Close() error
}

// A PipeListener is the server's hold on the name of a pipe.
type PipeListener interface {
	Accept(ctx context.Context) (PipeConn, error)
	SetDeadline(t time.Time) error
	Path() string // for programs that do not use this package; may be empty
	Close() error
}

// A PipeConn is one end of a connection. Reads give io.EOF itself at the end.
type PipeConn interface {
	Message() bool
	Server() bool
	Read(p []byte) (int, error)
	Write(p []byte) (int, error)
	ReadMessage() ([]byte, error)
	ReadPart(p []byte) (n int, more bool, err error)
	Peek(p []byte) (Peeked, error)
	Transact(ctx context.Context, request []byte) ([]byte, error)
	CloseWrite() error
	Disconnect() error
	Peer() (Peer, error)
	SetDeadline(t time.Time) error
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	Close() error
}
