//go:build linux

package unixpipe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// errChanged says that the server has changed while a client was connecting.
var errChanged = errors.New("the server of the pipe changed meanwhile")

// errFull says that as many clients have connected, and were not accepted, as
// the kernel allows.
var errFull = fmt.Errorf("%w: too many clients wait to be accepted", backend.ErrPipeBusy)

// maxTries bounds how often a client starts over because of that.
const maxTries = 10

// Dial connects to a pipe.
func (p *Pipes) Dial(ctx context.Context, name string, wait bool) (backend.PipeConn, error) {
	key := key(name)
	for try := 0; ; {
		c, err := p.dialOnce(ctx, key, wait)
		switch {
		case err == errFull && wait:
			if err := pause(ctx, fullPause); err != nil {
				return nil, err
			}
		case errors.Is(err, backend.ErrPipeBusy) && wait:
		case errors.Is(err, errChanged) && try < maxTries:
			try++
		case errors.Is(err, errChanged), errors.Is(err, fs.ErrNotExist):
			if err := p.stillThere(); err != nil {
				return nil, err
			}
			return nil, backend.ErrNotExist
		case err != nil:
			return nil, err
		default:
			if err := p.add(c); err != nil {
				c.Close()
				return nil, err
			}
			return c, nil
		}
	}
}

// dialOnce returns ErrPipeBusy when there was no instance; if it is to wait,
// it has waited, and it is worth while to try again.
func (p *Pipes) dialOnce(ctx context.Context, key string, wait bool) (*Conn, error) {
	card, alive, err := p.openCard(key)
	if errors.Is(err, fs.ErrNotExist) {
		return p.dialForeign(key)
	}
	if err != nil {
		return nil, err
	}
	defer card.Close()
	if !alive {
		if err := p.sweep(key); err != nil {
			return nil, err
		}
		return nil, errChanged
	}
	info, err := readCard(card)
	if errors.Is(err, errNoCard) {
		err = backend.ErrNotExist // as yet
	}
	if err != nil {
		return nil, err
	}
	if info.MaxInstances > 0 {
		taken, err := takeSlot(card, info.MaxInstances)
		if !taken && err == nil && wait {
			taken, err = p.awaitSlot(ctx, key, card, info.MaxInstances)
		}
		if err != nil {
			return nil, err
		}
		if !taken {
			return nil, backend.ErrPipeBusy
		}
	}
	return p.connect(key, card, &info.PipeSpec)
}

// connect connects to a server that lives. If the pipe is limited, an instance
// of it was taken through card, which goes to the server.
func (p *Pipes) connect(key string, card *os.File, spec *backend.PipeSpec) (*Conn, error) {
	sock, err := p.dialSocket(key, newAddress())
	if err != nil {
		return nil, err
	}
	if !p.dir.Names(cardPrefix+key, card) {
		sock.Close()
		return nil, errChanged
	}
	c := newConn(p, sock, spec)
	c.limit(spec.Direction == backend.Inbound, spec.Direction == backend.Outbound)
	if spec.InputBuffer > 0 {
		sock.SetWriteBuffer(max(spec.InputBuffer, smallestBuffer))
	}
	slot := card
	if spec.MaxInstances == 0 {
		slot = nil
	}
	// A server that has closed it already is for the reads to tell.
	sendHello(sock, spec.Message, 0, slot)
	return c, nil
}

// dialForeign connects to a program that does not use this package. The lock
// keeps servers that do from beginning meanwhile.
func (p *Pipes) dialForeign(key string) (*Conn, error) {
	if err := p.isForeign(key); err != nil {
		return nil, err
	}
	unlock, err := p.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := p.isForeign(key); err != nil {
		return nil, err
	}
	sock, err := p.dialSocket(key, nil)
	if errors.Is(err, errChanged) {
		err = backend.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	c := newConn(p, sock, &backend.PipeSpec{})
	c.foreign()
	return c, nil
}

// isForeign returns nil when a pipe has a socket and no card.
func (p *Pipes) isForeign(key string) error {
	if _, err := p.dir.Kind(cardPrefix + key); err == nil {
		return errChanged
	}
	kind, err := p.dir.Kind(socketPrefix + key)
	if err == nil && !linux.IsSocket(kind) {
		err = backend.ErrNotExist
	}
	return err
}

// dialSocket never blocks.
func (p *Pipes) dialSocket(key string, local *net.UnixAddr) (*net.UnixConn, error) {
	path, err := p.dir.SocketPath(socketPrefix + key)
	if err != nil {
		return nil, err
	}
	sock, err := net.DialUnix("unix", local, &net.UnixAddr{Name: path, Net: "unix"})
	switch {
	case err == nil:
		return sock, nil
	case errors.Is(err, syscall.EAGAIN):
		return nil, errFull
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil, errChanged
	}
	return nil, linux.Explain(mend(err))
}
