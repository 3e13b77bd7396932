//go:build linux

package unixpipe

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// A Conn is one end of a connection. Bytes go through the socket as they are;
// messages in frames, unless the peer is a foreign one.
type Conn struct {
	deadlines
	pipes    *Pipes
	sock     *net.UnixConn
	raw      syscall.RawConn
	server   bool
	message  bool // the pipe has messages
	framed   bool // and the peer knows of frames
	noReads  bool // by the pipe's direction
	noWrites bool
	room     *room // server: whom to tell that an instance is free
	taken    bool  // from another process, where the room is

	incoming inflow // if rings
	outgoing outflow
	rings    atomic.Bool // the peer knows of rings, and its hello was read

	greeted    atomic.Bool // the peer's hello was read, or is not to be expected
	hearing    gate        // who waits for it
	greeting   gate        // guards the following
	hello      [helloSize]byte
	helloRead  int
	helloError error

	flag atomic.Pointer[flag] // server: to raise; client: to look at
	gone atomic.Bool          // it was disconnected by this end, or handed over

	handedOver atomic.Bool // to another process, for whoever finds it gone

	mu     sync.Mutex // guards the following
	closed bool
	kept   *os.File   // the descriptor that the peer sent: a server's instance
	given  []*os.File // what another process gets

	reading gate // guards in
	in      reader
	writing gate   // guards the following
	out     []byte // a header
	open    bool   // parts of a message were sent, and not yet the last
	owed    []byte // what must be sent before anything else
}

var _ backend.PipeConn = (*Conn)(nil)

// smallestBuffer is the least that the kernel is told to buffer, so that it
// takes a frame of maxAtomic at once or not at all.
const smallestBuffer = 4 * maxAtomic

func newConn(p *Pipes, sock *net.UnixConn, spec *backend.PipeSpec) *Conn {
	c := &Conn{
		pipes: p, sock: sock,
		message: spec.Message, framed: spec.Message,
		hearing: newGate(), greeting: newGate(), reading: newGate(), writing: newGate(),
	}
	c.raw, _ = sock.SyscallConn() // fails only for a nil socket
	c.deadlines.socket = bothWays{&c.incoming, &c.outgoing}
	c.incoming.init(sock, c.raw)
	c.in.memory = c.incoming.switched.Load
	c.outgoing.init(sock, c.raw, c.peerHasRings)
	return c
}

// limit forbids what the direction of the pipe does not allow.
func (c *Conn) limit(noReads, noWrites bool) { c.noReads, c.noWrites = noReads, noWrites }

// foreign makes c one whose peer speaks bytes only and knows nothing of
// directions, of which the kernel tells it.
func (c *Conn) foreign() {
	c.framed = false
	c.greeted.Store(true)
	if c.noReads {
		c.sock.CloseRead()
	}
	if c.noWrites {
		c.sock.CloseWrite()
	}
}

// Message reports whether the pipe has messages, Server whether this is the
// server's end.
func (c *Conn) Message() bool { return c.message }
func (c *Conn) Server() bool  { return c.server }

// disconnected reports whether the server has disconnected the client, or the
// connection is another process's.
func (c *Conn) disconnected() bool {
	return c.gone.Load() || !c.server && c.flag.Load().raised()
}

// receiveNow reads with descriptors, if there is something.
func (c *Conn) receiveNow(b, oob []byte) (n, oobn int, err error) {
	return c.receiveWith(b, oob, 0)
}

func (c *Conn) receiveWith(b, oob []byte, flags int) (n, oobn int, err error) {
	outer := c.raw.Control(func(fd uintptr) {
		for {
			n, oobn, _, _, err = syscall.Recvmsg(int(fd), b, oob, flags|syscall.MSG_DONTWAIT|syscall.MSG_CMSG_CLOEXEC)
			if err != syscall.EINTR {
				return
			}
		}
	})
	switch {
	case outer != nil:
		return 0, 0, mend(outer)
	case err == syscall.EAGAIN:
		return 0, 0, errNothing
	case err == nil && n == 0 && len(b) > 0:
		return 0, oobn, io.EOF
	}
	return n, oobn, mendRead(err)
}

// peerHasRings reports whether the peer is known to take what is large through
// memory.
func (c *Conn) peerHasRings() bool {
	c.greetNow()
	return c.rings.Load()
}

// source is where the bytes after the hello come from.
func (c *Conn) source(p []byte) (int, error) {
	if c.rings.Load() {
		return c.incoming.read(p)
	}
	n, err := c.sock.Read(p)
	if err != nil {
		err = mendRead(err)
	}
	return n, err
}

func (c *Conn) sourceNow(p []byte) (int, error) {
	if c.rings.Load() {
		return c.incoming.readNow(p)
	}
	n, _, err := c.receiveNow(p, nil)
	return n, err
}

// readable says why nothing can be read, if so.
func (c *Conn) readable() error {
	if c.noReads {
		return errWrongWay
	}
	if c.disconnected() {
		return c.whyGone()
	}
	return c.greet()
}

// whyGone is the error of a connection that was disconnected.
func (c *Conn) whyGone() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.whyGoneLocked()
}

func (c *Conn) whyGoneLocked() error {
	switch {
	case c.closed:
		return backend.ErrPipeClosed
	case c.handedOver.Load():
		return errGiven
	}
	return backend.ErrPipeNotConnected
}

// afterRead is what a read returns: what it has read does not count when the
// client was disconnected meanwhile.
func (c *Conn) afterRead(n int, err error) (int, error) {
	if c.disconnected() {
		return 0, c.whyGone()
	}
	return n, err
}

// afterWrite is what a write returns. A write that breaks may be the first
// that a client, who never reads, hears of having been disconnected.
func (c *Conn) afterWrite(err error) error {
	if err == nil {
		return nil
	}
	if err = mend(err); err == errBroken && !c.server {
		c.greetNow()
	}
	switch {
	case c.disconnected():
		return c.whyGone()
	case err == errBroken && c.outgoing.shut.Load():
		return errShut
	}
	return err
}

// Read reads bytes as they come, and of messages at most the rest of one.
func (c *Conn) Read(p []byte) (int, error) {
	if err := c.readable(); err != nil {
		return c.afterRead(0, err)
	}
	if c.framed {
		return c.readFramed(p)
	}
	if c.message { // not in the midst of a transaction with a foreign peer
		c.reading.enter()
		defer c.reading.leave()
	}
	return c.afterRead(c.source(p))
}

// Write writes bytes, or a message.
func (c *Conn) Write(p []byte) (int, error) {
	switch {
	case c.noWrites:
		return 0, errWrongWay
	case c.disconnected():
		return 0, c.whyGone()
	case c.framed:
		return c.writeFramed(p)
	case len(p) == 0:
		return 0, nil
	}
	if c.message {
		c.writing.enter()
		defer c.writing.leave()
	}
	n, err := c.outgoing.write(nil, p)
	return n, c.afterWrite(err)
}

// Peek looks at what has arrived, without blocking.
func (c *Conn) Peek(p []byte) (backend.Peeked, error) {
	if c.noReads {
		return backend.Peeked{}, errWrongWay
	}
	err := c.greetNow()
	if c.disconnected() {
		return backend.Peeked{}, c.whyGone()
	}
	var seen backend.Peeked
	if err == nil {
		if c.framed {
			seen, err = c.peekFramed(p)
		} else {
			seen, err = c.peekBytes(p)
		}
	}
	if err == errNothing {
		err = nil
	}
	return seen, err
}

func (c *Conn) peekBytes(p []byte) (backend.Peeked, error) {
	if c.rings.Load() {
		n, available, err := c.incoming.peek(p)
		return backend.Peeked{N: n, Available: available}, err
	}
	look := p
	if len(p) == 0 {
		look = make([]byte, 1) // to tell the end from nothing
	}
	n, _, err := c.receiveWith(look, nil, syscall.MSG_PEEK)
	if err != nil {
		return backend.Peeked{}, err
	}
	n = min(n, len(p))
	return backend.Peeked{N: n, Available: max(n, c.arrived())}, nil
}

// arrived gives how many bytes there are for this end that were not read.
func (c *Conn) arrived() (n int) {
	if c.rings.Load() {
		_, n, _ = c.incoming.peek(nil)
		return n
	}
	c.raw.Control(func(fd uintptr) { n, _ = linux.Arrived(int(fd)) })
	return n
}

// CloseWrite ends what goes out; the peer reads to the end of it.
func (c *Conn) CloseWrite() error {
	if c.disconnected() {
		return c.whyGone()
	}
	if c.framed && !c.noWrites {
		c.writing.enter()
		defer c.writing.leave()
		c.pay()
	}
	c.outgoing.shut.Store(true)
	return c.afterWrite(c.sock.CloseWrite())
}

// Disconnect takes the connection from the client, and from both sides what
// they have not read. The instance stays taken until Close.
func (c *Conn) Disconnect() error {
	if !c.server {
		return errNotServer
	}
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return backend.ErrPipeClosed
	}
	if c.handedOver.Load() {
		return errGiven
	}
	if !c.gone.CompareAndSwap(false, true) {
		return backend.ErrPipeNotConnected
	}
	if f := c.flag.Load(); f != nil {
		f.page.Raise(f.index)
	}
	c.sock.CloseRead() // which fail when the client is gone
	c.sock.CloseWrite()
	c.outgoing.stop()
	c.incoming.stop()
	return nil
}

// Peer asks the kernel who the peer was when it connected, or listened.
func (c *Conn) Peer() (backend.Peer, error) {
	var cred *syscall.Ucred
	var err error
	if outer := c.raw.Control(func(fd uintptr) {
		cred, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); outer != nil {
		return backend.Peer{}, mend(outer)
	}
	if err != nil {
		return backend.Peer{}, os.NewSyscallError("getsockopt", err)
	}
	return backend.Peer{PID: int(cred.Pid), UID: int(cred.Uid), GID: int(cred.Gid)}, nil
}

// Close closes this end and, of a server, frees the instance.
func (c *Conn) Close() error {
	if (c.room != nil || c.server && c.taken) && !c.handedOver.Load() {
		c.greetNow() // with which the instance comes
	}
	c.mu.Lock()
	closed, kept, given := c.closed, c.kept, c.given
	c.closed, c.kept, c.given = true, nil, nil
	c.mu.Unlock()
	if closed {
		return nil
	}
	c.pipes.remove(c)
	c.outgoing.stop()
	err := mend(c.sock.Close())
	c.incoming.close()
	c.outgoing.close()
	if c.handedOver.Load() { // with the instance
		for _, f := range given {
			f.Close()
		}
		if kept != nil {
			kept.Close()
		}
		return err
	}
	if kept != nil {
		linux.UnlockAll(kept) // the client may not have closed it yet
		kept.Close()
	}
	c.room.wake()
	return err
}
