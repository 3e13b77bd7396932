package ntpipe

import (
	"errors"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// device is what the paths of all pipes begin with. After a question mark a path is
// taken as it is: after a dot, dots and spaces at its end would be taken off, here but
// not where await asks the kernel.
const device = `\\?\pipe\`

// Pipes are the pipes whose names begin with a prefix, and what was opened
// through it.
type Pipes struct {
	prefix string

	mu     sync.Mutex
	closed bool
	open   map[closer]struct{}

	closing chan struct{} // ends the clients that wait
}

// A closer is a listener or a connection.
type closer interface {
	shut() bool
	Close() error
}

var _ backend.Pipes = (*Pipes)(nil)

// Open returns the pipes \\.\pipe\prefix….
func Open(prefix string) *Pipes {
	markProcess()
	return &Pipes{prefix: prefix, open: map[closer]struct{}{}, closing: make(chan struct{})}
}

// path gives the kernel's name of a pipe.
func (p *Pipes) path(name string) (*uint16, error) {
	path, err := windows.UTF16PtrFromString(device + p.prefix + name)
	return path, wrap(err)
}

// add keeps c, to close it with the pipes; if they are closed, it closes c.
func (p *Pipes) add(c closer) error {
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.open[c] = struct{}{}
	}
	p.mu.Unlock()
	if closed {
		c.Close()
		return backend.ErrClosed
	}
	return nil
}

func (p *Pipes) remove(c closer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
}

// Close closes every listener and connection.
func (p *Pipes) Close() error {
	p.mu.Lock()
	open := p.open
	if !p.closed {
		close(p.closing)
	}
	p.closed, p.open = true, nil
	p.mu.Unlock()
	var failed []error
	for c := range open {
		failed = append(failed, c.Close())
	}
	return errors.Join(failed...)
}
