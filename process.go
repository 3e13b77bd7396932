package ipc

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/winsys-go/ipc/internal/backend"
)

// A Process is signalled when a process has ended, and stays so.
type Process struct {
	pid    int
	native engineProcess

	mu      sync.Mutex
	closed  bool
	stop    context.CancelFunc
	stopped context.Context
	bridges map[*engineNamespace]*engineEvent // set at the end of the process
}

// OpenProcess opens the process with that id, which need not use this package.
// The id may be reused after the process has ended and been reaped by its
// parent; the handle stays with the process that it was opened for.
//
//   - [ErrNoProcess]: there is none.
//   - [ErrUnsupported]: the system has no handles to processes (Linux before
//     5.3).
func OpenProcess(pid int) (*Process, error) {
	native, err := openProcess(pid)
	if err != nil {
		return nil, fail("open process", strconv.Itoa(pid), err)
	}
	p := &Process{pid: pid, native: native, bridges: map[*engineNamespace]*engineEvent{}}
	p.stopped, p.stop = context.WithCancel(context.Background())
	return p, nil
}

// PID gives the id of the process.
func (p *Process) PID() int {
	if p == nil {
		return 0
	}
	return p.pid
}

// Name gives the id of the process as text.
func (p *Process) Name() string { return strconv.Itoa(p.PID()) }

// String names the process for people.
func (p *Process) String() string { return "process " + p.Name() }

// Wait blocks until the process has ended or ctx is done.
//
//   - [ErrClosed]: the handle was closed before or during the wait.
//   - the context's error.
func (p *Process) Wait(ctx context.Context) error {
	if p == nil {
		return failNil("wait for process")
	}
	if ok, err := p.TryWait(); ok || err != nil {
		return err
	}
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.stopped, cancel)()
	err := p.native.Wait(both)
	switch {
	case err == nil:
		return nil
	case p.stopped.Err() != nil:
		err = ErrClosed
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	return fail("wait for process", p.Name(), err)
}

// TryWait reports whether the process has ended.
func (p *Process) TryWait() (bool, error) {
	if p == nil {
		return false, failNil("wait for process")
	}
	if p.stopped.Err() != nil {
		return false, fail("wait for process", p.Name(), ErrClosed)
	}
	ended, err := p.native.Exited()
	if err != nil {
		return false, fail("wait for process", p.Name(), err)
	}
	return ended, nil
}

// Close closes the handle; its blocked waits return ErrClosed. Closing it again
// does nothing.
func (p *Process) Close() error {
	if p == nil {
		return failNil("close process")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	p.stop()
	for _, b := range p.bridges {
		b.Close()
	}
	if err := p.native.Close(); err != nil {
		return fail("close process", p.Name(), err)
	}
	return nil
}

func (p *Process) ref() (reference, error) {
	if p == nil {
		return reference{}, errNilObject
	}
	return reference{process: p}, nil
}

// in returns a handle that stands for p in a namespace: an anonymous event
// that is set when the process has ended, so that a wait over it and other
// objects is one wait of one engine.
func (p *Process) in(n *engineNamespace) (*engineObject, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	b, ok := p.bridges[n]
	if !ok {
		b = &engineEvent{}
		if err := n.Create(&b.Object, backend.Spec{Kind: backend.Event, ManualReset: true}); err != nil {
			return nil, err
		}
		p.bridges[n] = b
		go func() {
			if p.native.Wait(p.stopped) == nil {
				b.Set()
			}
		}()
	}
	// The event may lag behind the process by a scheduling delay.
	if ended, _ := p.native.Exited(); ended {
		b.Set()
	}
	return &b.Object, nil
}

// homeOf gives the namespace of the first of the objects that are there.
func homeOf(refs []*engineObject) *engineNamespace {
	for _, o := range refs {
		if o != nil && o.Namespace() != nil {
			return o.Namespace()
		}
	}
	return nil
}

// resolveProcesses fills in the handles of the processes among objs, in the
// namespace of the other objects or, when there are none, in the user's own.
func resolveProcesses(refs []*engineObject, objs []Waitable) error {
	home := homeOf(refs)
	if home == nil {
		n, err := DefaultNamespace()
		if err != nil {
			return unwrapOnce(err)
		}
		home = n.engine
	}
	for i, o := range objs {
		p, ok := o.(*Process)
		if !ok {
			continue
		}
		object, err := p.in(home)
		if err != nil {
			return fmt.Errorf("process %d: %w", p.pid, err)
		}
		refs[i] = object
	}
	return nil
}
