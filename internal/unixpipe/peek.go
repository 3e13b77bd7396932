//go:build linux

package unixpipe

import (
	"io"
	"syscall"

	"github.com/winsys-go/ipc/internal/linux"
)

// peek shows what has come, and how much that is, and takes nothing.
func (f *inflow) peek(p []byte) (n, available int, err error) {
	if !f.mu.TryLock() {
		return 0, 0, errNothing
	}
	defer f.mu.Unlock()
	outer := f.raw.Control(func(fd uintptr) { n, available, err = f.look(int(fd), p) })
	if outer != nil {
		return 0, 0, mend(outer)
	}
	if f.failed != nil {
		return 0, 0, f.failed
	}
	return n, available, err
}

// look looks into the socket, as far as the stream goes on there, and then into
// the ring.
func (f *inflow) look(fd int, p []byte) (n, available int, err error) {
	if f.goneOver() {
		err = f.drain(fd)
	} else {
		n, available, err = f.lookIntoSocket(fd, p)
		if f.start == 0 || f.at+uint64(available) < f.start {
			return n, available, err
		}
	}
	if f.failed != nil {
		return 0, 0, f.failed
	}
	var filled int
	if filled, f.failed = f.ring.refresh(); f.failed != nil {
		return 0, 0, f.failed
	}
	rest := p[n:]
	if n < available { // the kernel does not show what is past an offer
		rest = nil
	}
	rest = rest[:min(len(rest), filled)]
	f.ring.look(rest)
	if n, available = n+len(rest), available+filled; available > 0 {
		err = nil
	}
	return n, available, err
}

// lookIntoSocket is look for the bytes of the stream that are there.
func (f *inflow) lookIntoSocket(fd int, p []byte) (n, available int, err error) {
	look := p
	if len(p) == 0 {
		look = f.bells[:1] // to tell the end from nothing
	}
	n, err = peekOnce(fd, look)
	if err != nil {
		return 0, 0, err
	}
	n = min(n, len(p))
	arrived, _ := linux.Arrived(fd)
	if available = max(n, arrived); f.ring == nil {
		return n, available, nil
	}
	f.goneOver()
	if f.start != 0 && f.failed == nil {
		available = int(min(uint64(available), f.start-f.at))
	}
	return min(n, available), available, nil
}

// drain takes what is in the socket behind the stream, and says whether that is
// its end.
func (f *inflow) drain(fd int) error {
	for range mostTries {
		if f.ended {
			return io.EOF
		}
		_, err := f.receive(fd)
		switch {
		case err == syscall.EAGAIN:
			return errNothing
		case err == io.EOF:
			f.ended = true
		case err != nil:
			return err
		}
	}
	f.failed = errBells
	return f.failed
}

// peekOnce looks at what is in the socket.
func peekOnce(fd int, p []byte) (int, error) {
	for {
		n, _, err := syscall.Recvfrom(fd, p, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, errNothing
		case err != nil:
			return 0, mendRead(err)
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}
