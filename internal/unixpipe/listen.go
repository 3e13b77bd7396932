//go:build linux

package unixpipe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/linux"
)

// A Listener is the server of a pipe: it has the lock on its card.
type Listener struct {
	deadlines
	pipes *Pipes
	key   string
	spec  backend.PipeSpec
	sock  *net.UnixListener
	card  *os.File
	alias string // where .NET finds it; may be empty
	room  *room  // nil: any number of instances
	flags flagger
	turn  gate // of those who accept
	done  chan struct{}
	close sync.Once
}

// onlyOne gives a listener the deadlines of a connection.
type onlyOne struct{ *net.UnixListener }

func (o onlyOne) SetReadDeadline(t time.Time) error { return o.SetDeadline(t) }
func (onlyOne) SetWriteDeadline(time.Time) error    { return nil }

// Listen becomes the server of a pipe.
//
//   - ErrExist: it has a living one, or something else is in its place.
func (p *Pipes) Listen(spec backend.PipeSpec) (backend.PipeListener, error) {
	if spec.MaxInstances == backend.MaxInstances {
		spec.MaxInstances = 0
	}
	unlock, err := p.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := p.stillThere(); err != nil {
		return nil, err
	}
	l := &Listener{
		pipes: p, key: key(spec.Name), spec: spec,
		flags: flagger{gate: newGate()}, turn: newGate(), done: make(chan struct{}),
	}
	if err := l.makeRoom(); err != nil {
		return nil, err
	}
	err = l.begin()
	if err == nil {
		err = p.add(l)
	}
	if err != nil {
		l.end()
		return nil, explain(err)
	}
	return l, nil
}

// makeRoom removes what a dead server has left, and nothing else.
func (l *Listener) makeRoom() error {
	p := l.pipes
	card, alive, err := p.openCard(l.key)
	switch {
	case err == nil:
		defer card.Close()
		if alive {
			info, _ := readCard(card)
			return fmt.Errorf("%w: process %d serves it", backend.ErrExist, info.PID)
		}
		if !isCard(card) {
			return fmt.Errorf("%w: %s is not a file of this package, which is left there: choose another name", backend.ErrExist, card.Name())
		}
		if err := p.removeDead(l.key); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", backend.ErrExist, err)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	for _, name := range []string{socketPrefix + l.key, roomPrefix + l.key} {
		kind, err := p.dir.Kind(name)
		path := filepath.Join(p.dir.Path(), name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !linux.IsSocket(kind):
			return fmt.Errorf("%w: %s is %s, which is left there: choose another name", backend.ErrExist, path, linux.KindName(kind))
		case p.served(name):
			return fmt.Errorf("%w: a program that does not use this package listens on %s", backend.ErrExist, path)
		default:
			if err := p.dir.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin makes the files. The card is written last: before that nobody connects.
func (l *Listener) begin() (err error) {
	if l.card, err = l.pipes.dir.OpenFile(cardPrefix+l.key, true); err != nil {
		return err
	}
	if err := linux.LockByte(l.card, serverByte); err != nil {
		return err
	}
	if l.sock, err = l.socket(socketPrefix); err != nil {
		return err
	}
	l.deadlines.socket = onlyOne{l.sock}
	if l.spec.MaxInstances > 0 {
		sock, err := l.socket(roomPrefix)
		if err != nil {
			return err
		}
		l.room = &room{sock}
	}
	if l.spec.DotNet {
		if l.alias, err = makeAlias(l.Path(), l.spec.Name); err != nil {
			return err
		}
	}
	return writeCard(l.card, &l.spec, os.Getpid())
}

// socket makes one of the pipe's sockets.
func (l *Listener) socket(prefix string) (*net.UnixListener, error) {
	name := prefix + l.key
	path, err := l.pipes.dir.SocketPath(name)
	if err != nil {
		return nil, err
	}
	sock, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, &fs.PathError{Op: "listen", Path: filepath.Join(l.pipes.dir.Path(), name), Err: mend(err)}
	}
	sock.SetUnlinkOnClose(false) // that is done under the lock
	if err := l.pipes.dir.Grant(name); err != nil {
		sock.Close()
		return nil, errors.Join(err, l.pipes.dir.Remove(name))
	}
	return sock, nil
}

// Path is where programs that do not use this package find the pipe.
func (l *Listener) Path() string { return filepath.Join(l.pipes.dir.Path(), socketPrefix+l.key) }

// Close gives the name up. Connections that were accepted go on.
func (l *Listener) Close() error {
	err := error(nil)
	l.close.Do(func() {
		l.pipes.remove(l)
		l.sock.Close() // which may leave the descriptor that the lock needs
		unlock, lockErr := l.pipes.lock()
		if lockErr == nil {
			defer unlock()
			err = l.end()
		} else {
			l.shut() // somebody else will find the files, and remove them
			err = lockErr
		}
	})
	return err
}

// end removes the files and closes them. The directory is locked.
func (l *Listener) end() error {
	var failed error
	if l.alias != "" {
		failed = removeAlias(l.alias, l.Path())
	}
	if l.room != nil {
		failed = errors.Join(failed, l.pipes.dir.Remove(roomPrefix+l.key))
	}
	if l.sock != nil {
		failed = errors.Join(failed, l.pipes.dir.Remove(socketPrefix+l.key))
	}
	if l.card != nil {
		failed = errors.Join(failed, l.pipes.dir.Remove(cardPrefix+l.key))
	}
	l.shut()
	return failed
}

func (l *Listener) shut() {
	close(l.done)
	if l.sock != nil {
		l.sock.Close()
	}
	l.room.close()
	if l.card != nil {
		l.card.Close()
	}
	l.flags.gate.enter()
	l.flags.close()
	l.flags.gate.leave()
}

// Accept waits for a client. What keeps it from accepting for the moment, such
// as a want of descriptors, it waits out.
func (l *Listener) Accept(ctx context.Context) (backend.PipeConn, error) {
	if err := l.turn.enterUntil(ctx); err != nil {
		return nil, err
	}
	defer l.turn.leave()
	defer l.interrupt(ctx)()
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		sock, err := l.sock.AcceptUnix()
		switch {
		case err == nil:
			if c := l.welcome(sock); c != nil {
				if err := l.pipes.add(c); err != nil {
					c.Close()
					return nil, err
				}
				return c, nil
			}
			wait = time.Millisecond
		case passes(err):
			l.pause(ctx, wait)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		default:
			return nil, mend(err)
		}
	}
}

// passes reports whether an error of accept is not the listener's own.
func passes(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// pause waits before the next attempt, or until the listener is closed.
func (l *Listener) pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-l.done:
	}
}

// welcome makes a connection of a socket that was accepted, unless a client
// without an instance of its own finds none.
func (l *Listener) welcome(sock *net.UnixConn) *Conn {
	c := newConn(l.pipes, sock, &l.spec)
	c.server, c.room = true, l.room
	c.limit(l.spec.Direction == backend.Outbound, l.spec.Direction == backend.Inbound)
	if l.spec.OutputBuffer > 0 {
		sock.SetWriteBuffer(max(l.spec.OutputBuffer, smallestBuffer))
	}
	if isOurs(sock.RemoteAddr()) {
		c.flag.Store(l.flags.greet(sock, l.spec.Message))
		return c
	}
	c.foreign()
	if l.spec.MaxInstances == 0 {
		return c
	}
	card, err := l.pipes.dir.OpenFile(cardPrefix+l.key, false)
	if err == nil {
		taken, err := takeSlot(card, l.spec.MaxInstances)
		if taken && err == nil {
			c.kept = card
			return c
		}
		card.Close()
	}
	sock.Close()
	return nil
}
