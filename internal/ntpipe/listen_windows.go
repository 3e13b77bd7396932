package ntpipe

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/sddl"
)

const (
	// spare is how many instances listen, so that as many clients can come at one
	// time and find the pipe free.
	spare = 4
	// crowd is how many clients, not accepted yet, stop a listener from making
	// more instances.
	crowd = 128
	// bufferSize is the system's choice: without a buffer each write would wait
	// for its reader.
	bufferSize = 64 << 10
	// patience is how long a listener waits for the system to have room again.
	patience = 50 * time.Millisecond
)

// A Listener makes the instances of a pipe.
type Listener struct {
	pipes    *Pipes
	spec     backend.PipeSpec
	path     *uint16
	security *windows.SecurityAttributes
	mark     windows.Handle
	deadline deadline
	closing  chan struct{}
	arrived  chan struct{} // has something while there are clients in ready

	mu        sync.Mutex
	closed    bool
	instances int                    // all that exist
	listening map[*instance]struct{} // those without a client
	ready     []*Conn                // those with a client that was not accepted
	busy      sync.WaitGroup         // with instances that listen
	later     bool                   // replenish will be tried again
}

// An instance listens.
type instance struct {
	operation
	handle windows.Handle
	key    key
}

// Listen makes the first instance of a pipe, which nobody else may have made,
// and some more.
func (p *Pipes) Listen(spec backend.PipeSpec) (backend.PipeListener, error) {
	path, err := p.path(spec.Name)
	if err != nil {
		return nil, err
	}
	security, err := sddl.ForPipe(spec.Security)
	if err != nil {
		return nil, err
	}
	l := &Listener{
		pipes: p, spec: spec, path: path, security: security,
		closing: make(chan struct{}), arrived: make(chan struct{}, 1), listening: map[*instance]struct{}{},
	}
	if exists(p.prefix + spec.Name) { // Wine does not look at the flag
		return nil, fmt.Errorf("%w: %w", backend.ErrExist, windows.ERROR_ACCESS_DENIED) // what Windows says
	}
	l.mu.Lock()
	err = l.listen(windows.FILE_FLAG_FIRST_PIPE_INSTANCE)
	l.mu.Unlock()
	if err == windows.ERROR_PIPE_BUSY || err == windows.ERROR_ACCESS_DENIED && exists(p.prefix+spec.Name) { // else it is not for this process
		return nil, fmt.Errorf("%w: %w", backend.ErrExist, err)
	}
	if err != nil {
		return nil, wrap(err)
	}
	l.mark = markPipe(p.prefix, &spec)
	if err := l.replenish(); err == windows.ERROR_ACCESS_DENIED {
		l.Close()
		return nil, fmt.Errorf("the descriptor does not let the server make more instances: %w", wrap(err))
	}
	if err := p.add(l); err != nil {
		return nil, err
	}
	return l, nil
}

var access = map[backend.Direction]uint32{
	backend.Duplex:   windows.PIPE_ACCESS_DUPLEX,
	backend.Inbound:  windows.PIPE_ACCESS_INBOUND,
	backend.Outbound: windows.PIPE_ACCESS_OUTBOUND,
}

// create makes an instance. No pipe of this package is for other machines. The
// kernel knows no limit: it would count an instance as long as the client has
// not closed its end.
func (l *Listener) create(flags uint32) (windows.Handle, error) {
	mode := uint32(windows.PIPE_TYPE_BYTE | windows.PIPE_READMODE_BYTE)
	if l.spec.Message {
		mode = windows.PIPE_TYPE_MESSAGE | windows.PIPE_READMODE_MESSAGE
	}
	return windows.CreateNamedPipe(l.path, access[l.spec.Direction]|windows.FILE_FLAG_OVERLAPPED|flags,
		mode|windows.PIPE_REJECT_REMOTE_CLIENTS, windows.PIPE_UNLIMITED_INSTANCES,
		size(l.spec.OutputBuffer), size(l.spec.InputBuffer), 0, l.security)
}

func size(asked int) uint32 {
	if asked == 0 {
		return bufferSize
	}
	return uint32(asked)
}

// listen makes one more instance and lets it listen. l.mu is locked.
func (l *Listener) listen(flags uint32) error {
	h, err := l.create(flags)
	if err != nil {
		return err
	}
	k, err := bind(h)
	if err != nil {
		windows.CloseHandle(h)
		return err
	}
	l.instances++
	i := &instance{handle: h, key: k}
	var pin runtime.Pinner
	pin.Pin(i)
	i.ended = func(err error) {
		pin.Unpin()
		l.mu.Lock()
		l.connected(i, err)
		l.mu.Unlock()
		l.replenish()
	}
	l.listening[i] = struct{}{}
	l.busy.Add(1)
	err = k.start(&i.operation, func(o *windows.Overlapped) error { return windows.ConnectNamedPipe(h, o) })
	if err == windows.ERROR_IO_PENDING {
		return nil
	}
	pin.Unpin()
	return l.connected(i, err)
}

// connected takes an instance that has ceased to listen. l.mu is locked.
func (l *Listener) connected(i *instance, err error) error {
	defer l.busy.Done()
	delete(l.listening, i)
	if err == windows.ERROR_PIPE_CONNECTED || err == windows.ERROR_NO_DATA { // the latter: and it has left
		err = nil
	}
	if err != nil || l.closed {
		windows.CloseHandle(i.handle)
		l.instances--
		return err
	}
	l.ready = append(l.ready, l.newConn(i))
	l.signal()
	return nil
}

func (l *Listener) newConn(i *instance) *Conn {
	c := newConn(l.pipes, &handle{native: i.handle, key: i.key, closing: make(chan struct{})}, l.spec.Message)
	c.server, c.freed, c.limited = true, l.free, l.limited()
	c.noReads, c.noWrites = l.spec.Direction == backend.Outbound, l.spec.Direction == backend.Inbound
	return c
}

// signal wakes one that accepts.
func (l *Listener) signal() {
	select {
	case l.arrived <- struct{}{}:
	default:
	}
}

// replenish makes as many instances listen as should. If that fails, it tries
// again later.
func (l *Listener) replenish() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && len(l.listening) < spare && len(l.ready) < crowd && l.allowed() {
		if err := l.listen(0); err != nil {
			l.tryLater()
			return err
		}
	}
	return nil
}

func (l *Listener) tryLater() {
	if l.later {
		return
	}
	l.later = true
	time.AfterFunc(patience, func() {
		l.mu.Lock()
		l.later = false
		l.mu.Unlock()
		l.replenish()
	})
}

// allowed reports whether there may be one more instance.
func (l *Listener) allowed() bool {
	return !l.limited() || l.instances < l.spec.MaxInstances
}

func (l *Listener) limited() bool {
	return l.spec.MaxInstances != 0 && l.spec.MaxInstances != backend.MaxInstances
}

// free notes that an accepted connection was closed.
func (l *Listener) free() {
	l.mu.Lock()
	l.instances--
	l.mu.Unlock()
	l.replenish()
}

// Accept takes the next client.
func (l *Listener) Accept(ctx context.Context) (backend.PipeConn, error) {
	limit := limit{ctx: ctx, passed: l.deadline.channel()}
	for {
		if isClosed(l.closing) {
			return nil, backend.ErrPipeClosed
		}
		if err := limit.over(); err != nil {
			return nil, err
		}
		if c := l.next(); c != nil {
			l.replenish()
			if err := l.pipes.add(c); err != nil {
				return nil, err
			}
			return c, nil
		}
		select {
		case <-l.arrived:
		case <-l.closing:
		case <-limit.passed:
		case <-limit.done():
		}
	}
}

// next takes the first client that waits, if there is one.
func (l *Listener) next() *Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ready) == 0 {
		return nil
	}
	c := l.ready[0]
	l.ready = l.ready[1:]
	if len(l.ready) > 0 {
		l.signal()
	}
	return c
}

// SetDeadline ends every Accept at t.
func (l *Listener) SetDeadline(t time.Time) error {
	if isClosed(l.closing) {
		return backend.ErrPipeClosed
	}
	l.deadline.set(t)
	return nil
}

// Path is empty: the name says it all.
func (l *Listener) Path() string { return "" }

// shut ends the Accepts.
func (l *Listener) shut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.closed = true
	close(l.closing)
	return true
}

// Close closes the instances that were not accepted.
func (l *Listener) Close() error {
	if !l.shut() {
		return nil
	}
	l.pipes.remove(l)
	if l.mark != 0 {
		windows.CloseHandle(l.mark)
	}
	l.mu.Lock()
	ready := l.ready
	l.ready = nil
	for i := range l.listening {
		windows.CancelIoEx(i.handle, &i.overlapped)
	}
	l.mu.Unlock()
	l.busy.Wait()
	var failed []error
	for _, c := range ready {
		failed = append(failed, c.Close())
	}
	return errors.Join(failed...)
}
