package ntpipe

import (
	"errors"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
)

// device is what the names of all pipes begin with.
const device = `\\.\pipe\`

// Pipes are the pipes whose names begin with a prefix, and what was opened
// through it.
type Pipes struct {
	prefix string

	mu     sync.Mutex
	closed bool
	open   map[closer]struct{}
	root   *handle // the device, once a client has had to wait
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
	return &Pipes{prefix: prefix, open: map[closer]struct{}{}}
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

// device opens \\.\pipe\ itself, through which clients wait.
func (p *Pipes) device() (*handle, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, backend.ErrClosed
	}
	if p.root != nil {
		return p.root, nil
	}
	path, err := windows.UTF16PtrFromString(device)
	if err != nil {
		return nil, err
	}
	h, err := windows.CreateFile(path, windows.GENERIC_READ|windows.SYNCHRONIZE, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE,
		nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		return nil, wrap(err)
	}
	p.root, err = newHandle(h)
	return p.root, err
}

// Close closes every listener and connection.
func (p *Pipes) Close() error {
	p.mu.Lock()
	open, root := p.open, p.root
	p.closed, p.open, p.root = true, nil, nil
	p.mu.Unlock()
	var failed []error
	if root != nil {
		_, err := root.close()
		failed = append(failed, err)
	}
	for c := range open {
		failed = append(failed, c.Close())
	}
	return errors.Join(failed...)
}
