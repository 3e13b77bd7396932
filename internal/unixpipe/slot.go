//go:build linux

package unixpipe

import (
	"context"
	"errors"
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

// A room is where clients wait for an instance: a socket whose connections the
// server closes, without a word, when an instance is free. If it dies instead,
// the kernel does.
type room struct {
	socket *net.UnixListener
}

// wake sends all who wait to look again. One of them may be dead or die before
// it has taken the instance, so that to wake one would not do.
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
			switch err {
			case nil:
				syscall.Close(client)
			case syscall.EINTR:
			default:
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

// lookAgain is how long a client waits at most before it looks by itself: the
// server cannot wake anybody while it is out of descriptors.
const lookAgain = time.Second

// awaitSlot waits for an instance, or for a sign that there may be one; taken
// says which.
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
	conn.Read(make([]byte, 1))
	return false, ctx.Err()
}

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
