//go:build linux

package unixpipe

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/winsys-go/ipc/internal/linux"
)

// takeSlot takes one of the instances of a pipe for as long as the open file
// of its card lives, whichever process has it then. It does not block.
func takeSlot(card *os.File, most int) (bool, error) {
	first := rand.IntN(most)
	for i := range most {
		err := linux.LockByte(card, int64(slotBytes+(first+i)%most))
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, syscall.EAGAIN) {
			return false, err
		}
	}
	return false, nil
}

// takenSlots counts the instances of a pipe that are taken.
func takenSlots(card *os.File, most int) (n int, err error) {
	for i := range most {
		taken, err := linux.ByteLocked(card, int64(slotBytes+i))
		if err != nil {
			return 0, err
		}
		if taken {
			n++
		}
	}
	return n, nil
}

// A room is where clients wait for an instance: a socket whose connections the
// server closes, one for each instance that is freed and without a word, in the
// order in which they came. If the server dies instead, the kernel closes all.
type room struct {
	socket *net.UnixListener
}

// wake sends the first client that still waits to look again.
func (r *room) wake() {
	if r == nil {
		return
	}
	raw, err := r.socket.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) {
		for {
			client, _, err := syscall.Accept4(int(fd), syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
			if err == syscall.EINTR {
				continue
			}
			if err != nil {
				return
			}
			_, _, err = syscall.Recvfrom(client, make([]byte, 1), syscall.MSG_DONTWAIT)
			syscall.Close(client)
			if err == syscall.EAGAIN { // it has not left
				return
			}
		}
	})
}

func (r *room) close() {
	if r != nil {
		r.socket.Close()
	}
}

// lookAgain is how long a client waits at most before it looks by itself. The
// server may have had no descriptor left to wake it with, or the one that was
// woken may have died on its way.
const lookAgain = time.Second

// awaitSlot waits for an instance, and may return without one, when it is worth
// while to begin anew.
func (p *Pipes) awaitSlot(ctx context.Context, key string, card *os.File, most int) (taken bool, err error) {
	path, err := p.dir.SocketPath(roomPrefix + key)
	if err != nil {
		return false, err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, syscall.EAGAIN): // the room is full
		return false, pause(ctx, fullPause)
	default: // the server is leaving: whoever dials again finds out
		return false, nil
	}
	defer conn.Close()
	// What was freed before this client was in the room woke nobody.
	taken, err = takeSlot(card, most)
	if taken || err != nil {
		return taken, err
	}
	waiting := &deadlines{socket: conn}
	waiting.SetReadDeadline(time.Now().Add(lookAgain))
	defer waiting.interrupt(ctx)()
	_, end := conn.Read(make([]byte, 1))
	return takeAfterWait(ctx, card, most, end == io.EOF)
}

// takeAfterWait takes an instance, whether or not ctx is done: one that a client was
// woken for is no other's. If it was woken and finds none, it naps and looks again: the
// server cannot free one of a client that is still saying hello, but that client
// itself, when it notices.
func takeAfterWait(ctx context.Context, card *os.File, most int, woken bool) (taken bool, err error) {
	for nap := shortNap; ; nap *= 2 {
		taken, err = takeSlot(card, most)
		if taken || err != nil {
			return taken, err
		}
		if err := ctx.Err(); err != nil || !woken || nap > longNap {
			return false, err
		}
		time.Sleep(nap)
	}
}

// The naps of a client that was woken and has found no instance.
const (
	shortNap = 100 * time.Microsecond
	longNap  = 10 * time.Millisecond
)

// fullPause is how long a client waits before it tries again to get into a
// queue that is full, which the kernel does not tell the end of.
const fullPause = 10 * time.Millisecond

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
