package ipc

import (
	"sync"

	"github.com/winsys-go/ipc/internal/backend"
)

// A pipePlace opens the pipes of a namespace at their first use. A failure is
// not remembered.
type pipePlace struct {
	mu      sync.Mutex
	closed  bool
	pipes   backend.Pipes
	connect func() (backend.Pipes, error)
}

func (p *pipePlace) open() (backend.Pipes, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	if p.pipes == nil {
		pipes, err := p.connect()
		if err != nil {
			return nil, err
		}
		p.pipes = pipes
	}
	return p.pipes, nil
}

func (p *pipePlace) close() error {
	p.mu.Lock()
	pipes := p.pipes
	p.pipes, p.closed = nil, true
	p.mu.Unlock()
	if pipes == nil {
		return nil
	}
	return pipes.Close()
}

func (d *defaultNamespace) pipePlace() *pipePlace {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pipes
}

// placePipe finds the pipes that name belongs to, and the name within them.
func placePipe(n *Namespace, name string) (backend.Pipes, string, error) {
	where, base, err := splitPipeName(name)
	if err != nil {
		return nil, "", err
	}
	place := defaults[where].pipePlace()
	if n != nil {
		if n.engine == nil {
			return nil, "", ErrClosed
		}
		if where == global && n.pipes != place {
			return nil, "", errGlobalElsewhere
		}
		place = n.pipes
	}
	pipes, err := place.open()
	return pipes, base, err
}
