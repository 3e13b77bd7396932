package shm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/winsys-go/ipc/internal/backend"
)

// A MailslotWriter is an end of a mailslot that sends.
type MailslotWriter struct {
	endpoint
	calls   calls
	closing localMutex // a second Close returns when the first has, too
	untold  bool       // who waits for the mailslot; guarded by the gate
}

var errNoReader = fmt.Errorf("%w: the mailslot's reader has closed it or ended: open it again when there is another", backend.ErrNotExist)

// Put sends a message, and waits for room.
func (w *MailslotWriter) Put(ctx context.Context, message []byte) error {
	return w.put(ctx, message, true)
}

// TryPut sends a message if there is room. It waits for other writers as long
// as they write, not for as long as they wait.
func (w *MailslotWriter) TryPut(message []byte) error {
	return w.put(context.Background(), message, false)
}

func (w *MailslotWriter) put(ctx context.Context, message []byte, mayWait bool) error {
	if !w.calls.begin() {
		return backend.ErrClosed
	}
	defer w.calls.end()
	if err := w.check(message); err != nil {
		return err
	}
	if !w.gate.LockFast() {
		if err := w.enterGate(ctx, mayWait); err != nil {
			return err
		}
	}
	err := w.send(ctx, message, mayWait)
	w.unlockGate()
	return err
}

// check refuses what can never be sent.
func (w *MailslotWriter) check(message []byte) error {
	if w.view.mem == nil {
		return backend.ErrClosed
	}
	if uint64(len(message)) > w.view.most {
		return fmt.Errorf("%w: it has %d bytes, the mailslot takes %d: send less, or create it with a larger MaxMessageSize or QueueBytes",
			backend.ErrMessageTooBig, len(message), w.view.most)
	}
	return nil
}

func (w *MailslotWriter) enterGate(ctx context.Context, mayWait bool) error {
	if mayWait {
		return w.lockGate(ctx)
	}
	return w.tryGate()
}

// lockGate waits for its turn to write.
func (w *MailslotWriter) lockGate(ctx context.Context) error {
	_, err := w.gate.Lock(ctx) // who died with it is none of the next one's business
	return err
}

// gateNap is how long a TryPut waits before it looks again whether the owner of
// the gate waits for room.
const gateNap = time.Millisecond

// tryGate is lockGate without waiting for room.
func (w *MailslotWriter) tryGate() error {
	for giveUp := w.n.sys.Now() + int64(w.n.patience); w.n.sys.Now() < giveUp; {
		ctx, cancel := withTimeout(gateNap)
		err := w.lockGate(ctx)
		cancel()
		switch {
		case !errors.Is(err, context.DeadlineExceeded):
			return err
		case w.ended():
			return errNoReader
		case w.view.wanted.load() != 0:
			return backend.ErrMailslotFull
		}
	}
	return fmt.Errorf("%w: another writer of the mailslot does not come to its end", backend.ErrStalled)
}

// unlockGate lets the next one write. What is sent is sent: if somebody who does
// not move holds the namespace up, the rest is done when he does.
func (w *MailslotWriter) unlockGate() {
	if w.untold || !w.gate.UnlockFast() {
		persist(w.leaveGate)
	}
}

// leaveGate tells who waits for the mailslot, and then lets the gate go: if this
// process dies in between, its reaper tells them.
func (w *MailslotWriter) leaveGate() error {
	if w.untold {
		if err := w.update(); errors.Is(err, backend.ErrStalled) {
			return err
		}
		w.untold = false
	}
	return w.gate.Unlock()
}

// send puts a message into the ring, and may wait for room.
func (w *MailslotWriter) send(ctx context.Context, message []byte, mayWait bool) error {
	need := wordsOf(uint64(len(message))) * wordSize
	for {
		if w.ended() {
			return errNoReader
		}
		tail, ok, err := w.view.place(need)
		switch {
		case err != nil:
			return err
		case ok:
			return w.sendAt(tail, message)
		case !mayWait:
			return backend.ErrMailslotFull
		}
		if err := w.awaitRoom(ctx, tail, need); err != nil {
			return err
		}
	}
}

func (w *MailslotWriter) sendAt(tail cursor, message []byte) error {
	raceRelease(&w.Object)
	w.view.write(tail, message)
	if err := w.view.damaged(); err != nil {
		return err
	}
	if w.word.load()&slowBit == 0 {
		return nil
	}
	err := w.update()
	if errors.Is(err, backend.ErrStalled) {
		w.untold = true
		return nil
	}
	return err
}

// awaitRoom waits until the reader has made room.
func (w *MailslotWriter) awaitRoom(ctx context.Context, tail cursor, need uint64) error {
	w.view.wanted.store(need)
	defer w.view.wanted.store(0)
	if w.view.look(tail, need) || w.ended() {
		return nil // since before the reader could know
	}
	return w.room.Wait(ctx)
}

// Info describes the mailslot.
func (w *MailslotWriter) Info() (backend.Info, error) {
	if !w.calls.begin() {
		return backend.Info{}, backend.ErrClosed
	}
	defer w.calls.end()
	return w.Object.Info()
}

// Close closes this end. Blocked Puts end with ErrClosed.
func (w *MailslotWriter) Close() error {
	w.closing.Lock()
	defer w.closing.Unlock()
	if !w.calls.over() {
		return nil
	}
	for _, o := range []*Object{&w.room.Object, &w.gate.Object} {
		if o.n == nil {
			continue
		}
		if err := o.refuseWaits(); err != nil {
			w.n.failThrough(o, backend.ErrClosed)
		}
	}
	w.calls.wait()
	if w.n == nil {
		return nil
	}
	return w.closeParts(w)
}
