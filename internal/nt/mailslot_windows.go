package nt

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/reading"
	"github.com/winsys-go/ipc/internal/sddl"
	"github.com/winsys-go/ipc/internal/win32"
)

// A Mailslot is the end of a mailslot that reads. The Object in it is an event
// that is set while there is a message, whenever somebody waits for that.
type Mailslot struct {
	Object
	timeout atomic.Int64 // of a read, in nanoseconds; 0: none; negative: it does not wait
	max     int64        // bytes of a message; 0: no limit

	mu    sync.Mutex // guards queue
	queue queue
}

// A queue has the messages of a mailslot.
type queue interface {
	// look gives the size of the first message, or none, and the number of all.
	look() (size, count int, err error)
	// take takes the first message, which look has found, and copies it into
	// buf, which has its size.
	take(buf []byte) error
	// Between beginWait and endWait the event is set while there is a message.
	beginWait()
	endWait()
	// close ends the mailslot. Nobody waits or reads.
	close() error
}

// none is the size of the first message when there is none.
const none = -1

var _ backend.MailslotReader = (*Mailslot)(nil)

// What is empty, or too short, is told as ReadFile tells it.
var (
	errEmpty = fmt.Errorf("%w: wait for a message with Get, or set a longer ReadTimeout: %w", backend.ErrMailslotEmpty, windows.ERROR_SEM_TIMEOUT)
	errShort = fmt.Errorf("%w: the message is still there: read it into a larger buffer: %w", backend.ErrShortBuffer, windows.ERROR_INSUFFICIENT_BUFFER)
)

// What the paths of mailslots begin with, in the kernel and for those who open
// files: after a question mark these are taken as they are, as the kernel takes
// them, and after a dot they would lose dots and spaces at the end.
const (
	mailslotDirectory = `\??\mailslot\`
	mailslotFiles     = `\\?\mailslot\`
)

// mailslotName is the name of a mailslot in its directory, which is that of the
// machine: where other names begin with Local\, this has no prefix.
func (n *Namespace) mailslotName(name string) string {
	return strings.TrimPrefix(n.prefix, Local) + name
}

// CreateMailslot makes m the reader of a new mailslot. CreateMailslotW would do,
// but nobody promises that what it makes can be read with overlapped reads.
func (n *Namespace) CreateMailslot(m *Mailslot, spec *backend.MailslotSpec) error {
	security, err := sddl.Attributes(spec.Security)
	if err != nil {
		return err
	}
	name := n.mailslotName(spec.Name)
	slot, err := win32.CreateMailslotFile(mailslotDirectory+name, 0, uint32(spec.MaxMessage), win32.READ_TIMEOUT_FOREVER, security)
	if err == windows.ERROR_ALREADY_EXISTS {
		return fmt.Errorf("%w: it has a reader, and there can be only one: %w", backend.ErrExist, err)
	}
	if err != nil {
		return wrap(err)
	}
	event, err := windows.CreateEventEx(nil, nil, windows.CREATE_EVENT_MANUAL_RESET, windows.EVENT_ALL_ACCESS)
	if err != nil {
		windows.CloseHandle(slot)
		return wrap(err)
	}
	if m.queue, err = openQueue(slot, event, name); err != nil {
		windows.CloseHandle(event)
		windows.CloseHandle(slot)
		return wrap(err)
	}
	m.max = spec.MaxMessage
	m.timeout.Store(int64(spec.ReadTimeout))
	m.mailslot = m
	return n.bind(&m.Object, event, &backend.Spec{Kind: backend.Mailslot, Name: spec.Name}, "", false)
}

// openQueue finds out in which way messages can be read.
func openQueue(slot, event windows.Handle, name string) (queue, error) {
	mode, err := win32.QueryFileMode(slot)
	if err == nil && mode&(win32.FILE_SYNCHRONOUS_IO_ALERT|win32.FILE_SYNCHRONOUS_IO_NONALERT) != 0 {
		return openPump(slot, event, name)
	}
	return openKernelQueue(slot, event), nil
}

// beginWait is called before each wait for the event, endWait after it.
func (m *Mailslot) beginWait() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queue.beginWait()
}

func (m *Mailslot) endWait() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queue.endWait()
}

// Get gives the next message, and waits for it.
func (m *Mailslot) Get(ctx context.Context) (message []byte, err error) {
	_, message, err = m.get(ctx, nil, true)
	return message, err
}

// GetInto is Get into buf. If the message does not fit it stays where it is, and
// its size is returned.
func (m *Mailslot) GetInto(ctx context.Context, buf []byte) (int, error) {
	n, _, err := m.get(ctx, buf, false)
	return n, err
}

// TryGet gives the next message if there is one.
func (m *Mailslot) TryGet() (message []byte, err error) {
	_, message, err = m.Take(nil, true)
	return message, err
}

// TryGetInto is TryGet into buf.
func (m *Mailslot) TryGetInto(buf []byte) (int, error) {
	n, _, err := m.Take(buf, false)
	return n, err
}

func (m *Mailslot) get(ctx context.Context, buf []byte, own bool) (int, []byte, error) {
	return reading.Get(ctx, m, time.Duration(m.timeout.Load()), buf, own)
}

// Wait blocks until there is a message, and leaves it there.
func (m *Mailslot) Wait(ctx context.Context) error { return m.wait(ctx) }

// Take takes the next message, into buf or into memory of its own.
func (m *Mailslot) Take(buf []byte, own bool) (int, []byte, error) {
	if err := m.use(); err != nil {
		return 0, nil, err
	}
	defer m.unuse()
	m.mu.Lock()
	defer m.mu.Unlock()
	size, _, err := m.queue.look()
	switch {
	case err != nil:
		return 0, nil, wrap(err)
	case size == none:
		return 0, nil, errEmpty
	case own:
		buf = make([]byte, size)
	case size > len(buf):
		return size, nil, errShort
	}
	if err := m.queue.take(buf[:size]); err != nil {
		return 0, nil, wrap(err)
	}
	return size, buf[:size], nil
}

// SetReadTimeout sets how long a read that begins from now on waits: 0 for
// ever, a negative time not at all. The kernel is not told: it would end the
// reads that waits are made of.
func (m *Mailslot) SetReadTimeout(d time.Duration) error {
	return m.using(func(windows.Handle) error {
		m.timeout.Store(int64(d))
		return nil
	})
}

// look is that of the queue.
func (m *Mailslot) look() (size, count int, err error) {
	err = m.using(func(windows.Handle) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		size, count, err = m.queue.look()
		return err
	})
	return size, count, err
}

// Len is the number of messages.
func (m *Mailslot) Len() (int, error) {
	_, count, err := m.look()
	return count, err
}

// Info describes the mailslot. It knows of no handle but this one.
func (m *Mailslot) Info() (backend.Info, error) {
	size, count, err := m.look()
	if err != nil {
		return backend.Info{}, err
	}
	return backend.Info{
		Kind: m.kind, Name: m.name, Signaled: count > 0, Handles: 1, Waiters: m.waiters(),
		Mailslot: &backend.MailslotInfo{
			MaxMessage: m.max, Next: int64(size), Messages: count, Bytes: -1, ReadTimeout: time.Duration(m.timeout.Load()),
			Reader: &backend.Client{PID: os.Getpid(), Command: commandOf(windows.GetCurrentProcessId())},
		},
	}, nil
}
