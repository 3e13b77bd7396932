package ntpipe

import (
	"runtime"
	"sync/atomic"

	"golang.org/x/sys/windows"

	"github.com/winsys-go/ipc/internal/backend"
	"github.com/winsys-go/ipc/internal/bequest"
)

// A connection can go over to another process: its handle does, with everything
// that the kernel knows of it. Here it is dead but for Close from then on.
//
// The listener counts the instances of a limited pipe, so it must learn when the
// other process has closed one, or has died. For that there is a lease: a pipe whose
// writing end the other process has with the instance, and which it cannot write
// to. When that is closed, the read of this process ends.
// Until then it has the instance open itself, and closes it when the next one
// listens, as ever.

// A Given is what the kernel does not know, or need not tell, of a connection that
// goes to another process.
type Given struct {
	Server  bool `json:"server,omitempty"`
	Message bool `json:"message,omitempty"`
	Ended   bool `json:"ended,omitempty"` // the peer's end was read
	Mute    bool `json:"mute,omitempty"`  // CloseWrite was called
}

// A gift is what a connection has lent.
type gift struct {
	loans []*bequest.Loan
	lease *lease // or nil
}

// Give hands the connection over. The loans are its handle and perhaps that of a
// lease. Close takes them back, and so does undo, after which the connection is as
// before.
func (c *Conn) Give() (g Given, loans []*bequest.Loan, undo func(), err error) {
	for _, gate := range []gate{c.reading, c.writing} {
		if !gate.tryEnter() {
			return g, nil, nil, errInUse
		}
		defer gate.leave()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return g, nil, nil, backend.ErrPipeClosed
	case c.given:
		return g, nil, nil, errGiven
	case c.gone.Load():
		return g, nil, nil, backend.ErrPipeNotConnected
	case c.uses.Load() > 0:
		return g, nil, nil, errInUse
	case c.inside:
		return g, nil, nil, errInside
	}
	if err := c.lend(); err != nil {
		return g, nil, nil, wrap(err)
	}
	c.given = true
	return Given{c.server, c.message, c.ended, c.mute.Load()}, c.gift.loans, c.ungive, nil
}

// lend makes the loans. A lease that came with the connection goes on with it.
func (c *Conn) lend() error {
	loan, err := bequest.Lend(c.native)
	if err != nil {
		return err
	}
	c.gift.loans = append(c.gift.loans, loan)
	switch {
	case c.token != 0:
		loan, err = bequest.LendBare(c.token)
	case c.limited:
		c.gift.lease, loan, err = newLease(c)
	default:
		return nil
	}
	if err != nil {
		c.takeBack()
		return err
	}
	c.gift.loans = append(c.gift.loans, loan)
	return nil
}

func (c *Conn) ungive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.takeBack()
	c.given = false
}

// takeBack takes the loans back, so that a lease ends without consequences.
func (c *Conn) takeBack() {
	if c.gift.lease != nil {
		c.gift.lease.conn.Store(nil)
	}
	c.gift.close()
	c.gift = gift{}
}

func (g *gift) close() {
	for _, l := range g.loans {
		l.Close()
	}
}

// A lease tells when another process has let go of a connection.
type lease struct {
	operation // a read that has no other end
	reads     windows.Handle
	buf       [1]byte
	conn      atomic.Pointer[Conn] // nil: it was taken back
}

// newLease makes a lease, and lends the end that the other process is to have.
func newLease(c *Conn) (*lease, *bequest.Loan, error) {
	reads, writes, err := anonymous()
	if err != nil {
		return nil, nil, err
	}
	defer windows.CloseHandle(writes)
	k, err := bind(reads)
	var loan *bequest.Loan
	if err == nil {
		loan, err = bequest.LendBare(writes)
	}
	if err != nil {
		windows.CloseHandle(reads)
		return nil, nil, err
	}
	l := &lease{reads: reads}
	l.conn.Store(c)
	var pin runtime.Pinner
	pin.Pin(l)
	l.ended = func(error) {
		pin.Unpin()
		windows.CloseHandle(reads)
		if c := l.conn.Load(); c != nil {
			c.letGo()
		}
	}
	err = k.start(&l.operation, func(o *windows.Overlapped) error {
		var n uint32
		return windows.ReadFile(reads, l.buf[:], &n, o)
	})
	if err != windows.ERROR_IO_PENDING {
		pin.Unpin()
		windows.CloseHandle(reads)
		loan.Close()
		return nil, nil, err
	}
	return l, loan, nil
}
