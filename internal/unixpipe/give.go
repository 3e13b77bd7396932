//go:build linux

package unixpipe

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// A connection can go over to another process, with what Given says and the
// descriptors of its socket and, of a server, its instance. What has been read
// ahead, or is owed, cannot: so neither end of it may be in the midst of anything.
//
// Nor can a ring: a connection that has one stays, and one that was handed over
// never gets one.
//
// Two things stay behind. The flag of Disconnect is a page that only its maker can
// write to, and whose descriptor was not kept; and the room, where clients wait for
// an instance, is the listener's. So Disconnect in the other process does not take
// back what has arrived, and clients notice an instance that is freed there when
// they look by themselves.

// A Given is the state of a connection that goes to another process.
type Given struct {
	Server   bool `json:"server,omitempty"`
	Message  bool `json:"message,omitempty"`
	Framed   bool `json:"framed,omitempty"`
	NoReads  bool `json:"noReads,omitempty"`
	NoWrites bool `json:"noWrites,omitempty"`
	Greeted  bool `json:"greeted,omitempty"`
}

var (
	errGiven = fmt.Errorf("%w: it was handed to another process: all that is left to do here is Close", backend.ErrInvalidUse)
	errInUse = fmt.Errorf("%w: it is being read from or written to, so it cannot be handed over", backend.ErrInvalidUse)
	errRing  = fmt.Errorf("%w: it moves its data through shared memory already: hand it over before much was written", backend.ErrInvalidUse)
	errAhead = fmt.Errorf("%w: a message is half read, half written or read ahead by Peek, so it cannot be handed over", backend.ErrInvalidUse)
)

// Give hands the connection over: from then on it can only be closed here, which
// closes the files, too. They are the socket and perhaps the instance. Undo takes
// that back.
func (c *Conn) Give() (g Given, files []*os.File, undo func(), err error) {
	for _, gate := range []*gate{&c.hearing, &c.greeting, &c.reading, &c.writing} {
		if !gate.tryEnter() {
			return g, nil, nil, errInUse
		}
		defer gate.leave()
	}
	for _, mu := range []*sync.Mutex{&c.incoming.mu, &c.outgoing.mu} { // bytes have no gates
		if !mu.TryLock() {
			return g, nil, nil, errInUse
		}
		defer mu.Unlock()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return g, nil, nil, backend.ErrPipeClosed
	case c.disconnected():
		return g, nil, nil, c.whyGoneLocked()
	case c.helloError != nil:
		return g, nil, nil, c.helloError
	case c.incoming.ring != nil || c.outgoing.accepted():
		return g, nil, nil, errRing
	case !c.greeted.Load() && c.helloRead > 0, c.in.begun(), c.open, len(c.owed) > 0:
		return g, nil, nil, errAhead
	}
	if files, err = c.duplicates(); err != nil {
		return g, nil, nil, err
	}
	c.given = files
	c.handedOver.Store(true)
	c.gone.Store(true)
	c.sock.SetDeadline(longAgo) // for a Read that is blocked
	return Given{c.server, c.message, c.framed, c.noReads, c.noWrites, c.greeted.Load()}, files, c.ungive, nil
}

// duplicates makes what another process gets: a duplicate of the socket and, of a
// server, of the instance.
func (c *Conn) duplicates() ([]*os.File, error) {
	socket, err := linux.Duplicate(c.raw, "pipe")
	if err != nil {
		return nil, err
	}
	if !c.server || c.kept == nil {
		return []*os.File{socket}, nil
	}
	var instance *os.File
	raw, err := c.kept.SyscallConn()
	if err == nil {
		instance, err = linux.Duplicate(raw, "instance")
	}
	if err != nil {
		socket.Close()
		return nil, err
	}
	return []*os.File{socket, instance}, nil
}

func (c *Conn) ungive() {
	c.mu.Lock()
	files := c.given
	c.given = nil
	c.mu.Unlock()
	for _, f := range files {
		f.Close()
	}
	c.gone.Store(false)
	c.handedOver.Store(false)
	c.deadlines.restore()
}

// begun reports whether anything of the stream was read and not given out.
func (r *reader) begun() bool { return r.message.begun || len(r.buf) > 0 || r.err != nil }

// Take makes a connection of what was given. It owns the files, also when it
// fails.
func Take(g Given, files []*os.File) (*Conn, error) {
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if len(files) == 0 || len(files) > 2 {
		return nil, errors.New("a connection is one descriptor, or two")
	}
	generic, err := net.FileConn(files[0])
	if err != nil {
		return nil, err
	}
	sock, ok := generic.(*net.UnixConn)
	if !ok {
		generic.Close()
		return nil, errors.New("it is not a Unix socket")
	}
	c := newConn(&Pipes{}, sock, &backend.PipeSpec{Message: g.Message})
	c.server, c.framed, c.taken = g.Server, g.Framed, true
	c.limit(g.NoReads, g.NoWrites)
	c.greeted.Store(g.Greeted)
	if len(files) == 2 {
		c.kept, files = files[1], files[:1]
	}
	return c, nil
}
