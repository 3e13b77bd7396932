package shm

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/reading"
)

// A Mailslot is the end of a mailslot that receives. It is an object to wait
// for, signalled while there are messages.
type Mailslot struct {
	endpoint
	timeout atomic.Int64 // of a read, in nanoseconds; 0: none; negative: it does not wait

	mu     localMutex // guards the reading of messages
	closed bool
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
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.view.mem == nil {
		return 0, nil, backend.ErrClosed
	}
	head, length, ok, err := m.view.next()
	switch {
	case err != nil:
		return 0, nil, err
	case !ok:
		m.giveBack()
		return 0, nil, backend.ErrMailslotEmpty
	case own:
		buf = make([]byte, length)
	case length > uint64(len(buf)):
		return int(length), nil, backend.ErrShortBuffer
	}
	m.view.read(head, buf[:length])
	if err := m.view.damaged(); err != nil {
		return 0, nil, err
	}
	m.view.head.store(uint64(head.advance(wordsOf(length))))
	raceAcquireOne(&m.Object)
	m.afterTaking()
	return int(length), buf, nil
}

// afterTaking tells those concerned that there is more room, or no message any
// more.
func (m *Mailslot) afterTaking() {
	if wanted := m.view.wanted.load(); wanted != 0 && m.view.used()+wanted <= m.view.size && m.view.wanted.cas(wanted, 0) {
		persist(m.room.Set)
	}
	if m.word.load()&slowBit != 0 && m.view.empty() {
		persist(m.update)
	}
}

// giveBack frees the memory of an empty ring that has had much in it.
func (m *Mailslot) giveBack() {
	if m.view.reserved.load() > keptMemory && m.gate.LockFast() {
		m.view.giveBack()
		if !m.gate.UnlockFast() {
			persist(m.gate.Unlock)
		}
	}
}

// SetReadTimeout sets how long a read that begins from now on waits: 0 for
// ever, a negative time not at all.
func (m *Mailslot) SetReadTimeout(d time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.view.mem == nil {
		return backend.ErrClosed
	}
	m.timeout.Store(int64(d))
	m.view.timeout.store(uint64(d))
	return nil
}

// Len is the number of messages.
func (m *Mailslot) Len() (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.view.mem == nil {
		return 0, backend.ErrClosed
	}
	return m.view.messages(), nil
}

// Info describes the mailslot.
func (m *Mailslot) Info() (backend.Info, error) {
	info, err := m.Object.Info()
	if err != nil {
		return info, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return info, backend.ErrClosed
	}
	if _, length, ok, err := m.view.next(); ok && err == nil {
		info.Mailslot.Next = int64(length)
	}
	return info, nil
}

// Close closes this end, and with it the mailslot: its messages are lost, its
// name is free. Blocked reads end with ErrClosed.
func (m *Mailslot) Close() error {
	m.mu.Lock()
	if m.closed || m.n == nil {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	m.mu.Unlock()
	return m.closeParts(m)
}
