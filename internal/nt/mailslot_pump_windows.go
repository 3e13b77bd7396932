package nt

import (
	"bytes"
	"crypto/rand"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/win32"
)

// A pump is the queue of a mailslot whose reads cannot be overlapped: those of
// Wine 8.0, which are sockets. A thread of its own takes every message as it
// comes, and blocks in between. It has a writer of its own, too: a token that it
// sends and finds again says that all that was sent before has come, and ends
// the last read.
type pump struct {
	slot, event, writer windows.Handle
	token               []byte

	mu       sync.Mutex
	arrived  sync.Cond // changes of what follows
	messages [][]byte
	sent     uint64 // tokens
	found    uint64
	failed   error
	closing  bool
	ended    chan struct{}
}

// longestPumped is more than a socket of Wine takes.
const longestPumped = 1 << 20

func openPump(slot, event windows.Handle, name string) (*pump, error) {
	// This Wine takes the time without end for a short one.
	if err := win32.SetMailslotInfo(slot, win32.MAILSLOT_WAIT_FOREVER); err != nil {
		return nil, err
	}
	writer, err := openWriter(name)
	if err != nil {
		return nil, err
	}
	p := &pump{slot: slot, event: event, writer: writer, token: []byte(rand.Text()), ended: make(chan struct{})}
	p.arrived.L = &p.mu
	go p.run()
	return p, nil
}

// run reads until it finds the token of close.
func (p *pump) run() {
	defer close(p.ended)
	buf := make([]byte, longestPumped)
	for {
		var n uint32
		err := windows.ReadFile(p.slot, buf, &n, nil)
		switch err {
		case windows.ERROR_BROKEN_PIPE: // Wine's word for an empty message
			n, err = 0, nil
		case windows.ERROR_INSUFFICIENT_BUFFER: // which those that are no sockets know
			buf = make([]byte, 2*len(buf))
			continue
		}
		if p.deliver(buf[:n], err) {
			return
		}
	}
}

// deliver keeps what was read, and reports whether that was all.
func (p *pump) deliver(message []byte, err error) (last bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.arrived.Broadcast()
	switch {
	case err != nil:
		p.failed = err
		windows.SetEvent(p.event)
		return true
	case bytes.Equal(message, p.token):
		p.found++
		return p.closing && p.found == p.sent
	}
	p.messages = append(p.messages, bytes.Clone(message))
	windows.SetEvent(p.event)
	return false
}

// awaitToken waits until all that was sent before has come. mu is held, and is
// not meanwhile.
func (p *pump) awaitToken() error {
	p.sent++
	ticket := p.sent
	p.mu.Unlock()
	err := windows.WriteFile(p.writer, p.token, new(uint32), nil)
	p.mu.Lock()
	if err != nil {
		return err
	}
	for p.found < ticket && p.failed == nil {
		p.arrived.Wait()
	}
	return p.failed
}

func (p *pump) look() (size, count int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.awaitToken(); err != nil {
		return none, 0, err
	}
	if len(p.messages) == 0 {
		return none, 0, nil
	}
	return len(p.messages[0]), len(p.messages), nil
}

func (p *pump) take(buf []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	copy(buf, p.messages[0])
	p.messages[0] = nil
	p.messages = p.messages[1:]
	if len(p.messages) == 0 {
		windows.ResetEvent(p.event)
	}
	return nil
}

// beginWait makes sure that a wait finds what was sent before it.
func (p *pump) beginWait() { p.look() }

func (p *pump) endWait() {}

func (p *pump) close() error {
	p.mu.Lock()
	p.closing = true
	err := p.awaitToken()
	p.mu.Unlock()
	if err == nil {
		<-p.ended
	}
	windows.CloseHandle(p.writer)
	return windows.CloseHandle(p.slot)
}
